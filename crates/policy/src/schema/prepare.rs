//! A schema as it was written to one that the validator reads: OpenAPI's own words, and what a policy
//! changes.

use super::JsonOptions;
use serde_json::{Map, Value, json};

/// Keywords whose value is one schema.
const ONE: [&str; 12] = [
    "not",
    "if",
    "then",
    "else",
    "items",
    "contains",
    "additionalItems",
    "additionalProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];
/// Keywords whose value is a list of schemas.
const LIST: [&str; 5] = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
/// Keywords whose value holds schemas by name.
const NAMED: [&str; 6] =
    ["properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies"];

pub fn prepare(schema: &mut Value, options: JsonOptions) {
    // `components` of an OpenAPI document.
    if let Some(Value::Object(schemas)) = schema.pointer_mut("/components/schemas") {
        schemas.values_mut().for_each(|schema| prepare(schema, options));
    }
    let Value::Object(members) = schema else { return };
    for name in ONE {
        if let Some(inner) = members.get_mut(name).filter(|inner| inner.is_object()) {
            prepare(inner, options);
        }
    }
    for name in LIST {
        if let Some(Value::Array(items)) = members.get_mut(name) {
            items.iter_mut().for_each(|inner| prepare(inner, options));
        }
    }
    for name in NAMED {
        if let Some(Value::Object(named)) = members.get_mut(name) {
            named.values_mut().for_each(|inner| prepare(inner, options));
        }
    }
    exclusive(members, "exclusiveMinimum", "minimum");
    exclusive(members, "exclusiveMaximum", "maximum");
    if let Some(allowed) = options.additional_properties {
        override_additional(members, allowed);
    }
    if options.case_insensitive_names {
        fold_names(members);
    }
    // Last: it may put the schema into another.
    if members.remove("nullable") == Some(Value::Bool(true)) {
        make_nullable(members);
    }
}

/// OpenAPI 3.0 and draft 4 say `true` beside the limit.
fn exclusive(members: &mut Map<String, Value>, flag: &str, limit: &str) {
    match members.get(flag) {
        Some(Value::Bool(true)) => {
            members.remove(flag);
            if let Some(limit) = members.remove(limit) {
                members.insert(flag.to_owned(), limit);
            }
        }
        Some(Value::Bool(false)) => {
            members.remove(flag);
        }
        _ => {}
    }
}

fn override_additional(members: &mut Map<String, Value>, allowed: bool) {
    members.remove("unevaluatedProperties");
    let is_object = members.get("type").is_some_and(|kind| kind == "object") || members.contains_key("properties");
    if allowed {
        if members.get("additionalProperties") == Some(&Value::Bool(false)) {
            members.remove("additionalProperties");
        }
    } else if is_object {
        members.insert("additionalProperties".to_owned(), false.into());
    }
}

fn fold_names(members: &mut Map<String, Value>) {
    if let Some(Value::Object(properties)) = members.get_mut("properties") {
        let old = std::mem::take(properties);
        properties.extend(old.into_iter().map(|(name, schema)| (name.to_lowercase(), schema)));
    }
    if let Some(Value::Array(names)) = members.get_mut("required") {
        for name in names {
            if let Value::String(text) = name {
                *text = text.to_lowercase();
            }
        }
    }
}

fn make_nullable(members: &mut Map<String, Value>) {
    const COMPOSING: [&str; 6] = ["$ref", "allOf", "anyOf", "oneOf", "not", "const"];
    let plain = !COMPOSING.iter().any(|name| members.contains_key(*name));
    match members.get_mut("type") {
        Some(Value::String(kind)) if plain => {
            let kind = std::mem::take(kind);
            members.insert("type".to_owned(), json!([kind, "null"]));
            if let Some(Value::Array(values)) = members.get_mut("enum")
                && !values.contains(&Value::Null)
            {
                values.push(Value::Null);
            }
        }
        Some(Value::Array(kinds)) if plain => kinds.push("null".into()),
        _ => {
            let inner = std::mem::take(members);
            members.insert("anyOf".to_owned(), json!([inner, { "type": "null" }]));
        }
    }
}
