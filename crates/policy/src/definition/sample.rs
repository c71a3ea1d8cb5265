//! Bodies for `mock-response`: examples, and samples made from schemas. Source:
//! reference/policies.md, chapter 9.

use super::{ApiSchemas, Representation, media_type};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use smol_str::SmolStr;

/// How often a schema may refer to itself within one sample, and how deep the sample goes.
const DEPTH_MAX: usize = 12;
/// Values in one sample.
const VALUES_MAX: usize = 10_000;

#[derive(Debug, Clone)]
pub struct Mock {
    pub content_type: SmolStr,
    pub body: Bytes,
}

/// The example of a representation. Examples are told by name in order; a lone `sample` is what older
/// contracts have.
pub fn of_example(known: &Representation<'_>, index: usize) -> Option<Mock> {
    let examples = known.contract.get("examples").and_then(Value::as_object);
    let chosen = examples.and_then(|examples| examples.values().nth(index).or_else(|| examples.values().next()));
    let value = chosen
        .map(|example| example.get("value").unwrap_or(example))
        .or_else(|| known.contract.get("sample"))
        .filter(|value| !value.is_null())?;
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(Mock { content_type: known.content_type.into(), body: Bytes::from(text) })
}

/// A sample of the representation's schema: JSON, or XML where the content type says so.
pub fn of_schema(known: &Representation<'_>, schemas: &ApiSchemas) -> Option<Mock> {
    let (schema, name) = (known.schema_id?, known.type_name?);
    let (document, pointer) = schemas.definition(schema, name).ok()?;
    let mut maker = Maker { document, values: 0, open: Vec::new() };
    let value = maker.value(document.pointer(&pointer)?, 0)?;
    let kind = media_type(known.content_type);
    let text = if kind.ends_with("/xml") || kind.ends_with("+xml") {
        let mut out = String::new();
        xml(name, &value, &mut out);
        out
    } else {
        value.to_string()
    };
    Some(Mock { content_type: known.content_type.into(), body: Bytes::from(text) })
}

struct Maker<'d> {
    document: &'d Value,
    values: usize,
    /// References being followed, outermost first.
    open: Vec<&'d str>,
}

impl<'d> Maker<'d> {
    /// `None`: the schema goes on for ever here, and what needs it is left out.
    fn value(&mut self, schema: &'d Value, depth: usize) -> Option<Value> {
        self.values += 1;
        if depth > DEPTH_MAX || self.values > VALUES_MAX {
            return None;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            // Once within itself is enough to show the shape.
            if self.open.contains(&reference) {
                return None;
            }
            let target = self.document.pointer(reference.strip_prefix('#')?)?;
            self.open.push(reference);
            let made = self.value(target, depth + 1);
            self.open.pop();
            return made;
        }
        for given in ["example", "default", "const"] {
            if let Some(value) = schema.get(given) {
                return Some(value.clone());
            }
        }
        let first = |list: &str| schema.get(list).and_then(Value::as_array).and_then(|items| items.first());
        if let Some(value) = first("examples").or_else(|| first("enum")) {
            return Some(value.clone());
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            return self.all_of(schema, parts, depth);
        }
        if let Some(choice) = first("oneOf").or_else(|| first("anyOf")) {
            return self.value(choice, depth + 1);
        }
        let kind = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
            kind => kind.and_then(Value::as_str),
        };
        match kind {
            Some("array") => Some(self.array(schema, depth)),
            Some("object") => Some(self.object(schema, depth)),
            None if schema.get("properties").is_some() => Some(self.object(schema, depth)),
            None if schema.get("items").is_some() => Some(self.array(schema, depth)),
            Some(kind) => Some(scalar(kind, schema)),
            None => Some(json!({})),
        }
    }

    fn all_of(&mut self, schema: &'d Value, parts: &'d [Value], depth: usize) -> Option<Value> {
        let mut merged = Map::new();
        for part in parts {
            match self.value(part, depth + 1) {
                Some(Value::Object(members)) => merged.extend(members),
                Some(other) if parts.len() == 1 => return Some(other),
                _ => {}
            }
        }
        if let Value::Object(own) = self.object(schema, depth) {
            merged.extend(own);
        }
        Some(Value::Object(merged))
    }

    fn object(&mut self, schema: &'d Value, depth: usize) -> Value {
        let mut members = Map::new();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if let Some(value) = self.value(property, depth + 1) {
                members.insert(name.clone(), value);
            }
        }
        if members.is_empty()
            && let Some(additional) = schema.get("additionalProperties").filter(|schema| schema.is_object())
            && let Some(value) = self.value(additional, depth + 1)
        {
            members.insert("property1".to_owned(), value);
        }
        Value::Object(members)
    }

    fn array(&mut self, schema: &'d Value, depth: usize) -> Value {
        let item = schema.get("items").and_then(|items| self.value(items, depth + 1));
        let at_least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1).clamp(1, 10);
        Value::Array(item.map(|item| vec![item; at_least as usize]).unwrap_or_default())
    }
}

fn scalar(kind: &str, schema: &Value) -> Value {
    let minimum = || schema.get("minimum").cloned();
    match kind {
        "integer" => minimum().unwrap_or_else(|| 0.into()),
        "number" => minimum().unwrap_or_else(|| 0.0.into()),
        "boolean" => true.into(),
        "null" => Value::Null,
        _ => match schema.get("format").and_then(Value::as_str) {
            Some("date-time") => "2020-01-01T00:00:00Z".into(),
            Some("date") => "2020-01-01".into(),
            Some("time") => "00:00:00Z".into(),
            Some("uuid") => "00000000-0000-0000-0000-000000000000".into(),
            Some("email") => "user@example.com".into(),
            Some("uri" | "url") => "https://example.com".into(),
            Some("hostname") => "example.com".into(),
            Some("ipv4") => "192.0.2.1".into(),
            Some("ipv6") => "2001:db8::1".into(),
            Some("byte") => "c3RyaW5n".into(),
            _ => {
                let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0).min(1000) as usize;
                let most = schema.get("maxLength").and_then(Value::as_u64).map_or(1000, |most| most.min(1000)) as usize;
                let text: String = "string".chars().cycle().take(least.max(6).min(most.max(least))).collect();
                text.into()
            }
        },
    }
}

/// A value as elements; items of an array repeat the element.
fn xml(name: &str, value: &Value, out: &mut String) {
    let name: String = name.chars().map(|c| if c.is_alphanumeric() || "_-.".contains(c) { c } else { '_' }).collect();
    match value {
        Value::Array(items) => items.iter().for_each(|item| xml(&name, item, out)),
        Value::Null => {
            out.push_str(&format!("<{name} />"));
        }
        _ => {
            out.push_str(&format!("<{name}>"));
            match value {
                Value::Object(members) => members.iter().for_each(|(name, value)| xml(name, value, out)),
                Value::String(text) => {
                    out.push_str(&text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
                }
                other => out.push_str(&other.to_string()),
            }
            out.push_str(&format!("</{name}>"));
        }
    }
}
