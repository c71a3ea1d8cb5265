//! JSON schemas that refer to each other, as one.

use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Schemas that one may name, directly or through others.
const SCHEMAS_MAX: usize = 100;
/// Where the others stand in the whole.
const PLACE: &str = "tollgate-schemas";

/// `document` (or the part at `reference`) with every schema of the service that it names: `$ref`s such
/// as `/schemas/person#/definitions/name` or `person` become pointers within one document.
///
/// # Errors
/// One that it names is not there.
pub fn bundle(
    document: &Value,
    reference: Option<&str>,
    other: &mut dyn FnMut(&str) -> Option<Arc<Value>>,
) -> Result<Value, String> {
    let mut whole = document.clone();
    let mut known: Vec<String> = Vec::new();
    let mut others = Map::new();
    rewrite(&mut whole, "", &mut known);
    let mut next = 0;
    while let Some(id) = known.get(next).cloned() {
        next += 1;
        if next > SCHEMAS_MAX {
            return Err(format!("it names more than {SCHEMAS_MAX} schemas"));
        }
        let mut schema =
            other(&id).as_deref().cloned().ok_or_else(|| format!("it names schema `{id}`, which does not exist"))?;
        rewrite(&mut schema, &format!("/$defs/{PLACE}/{id}"), &mut known);
        others.insert(id, schema);
    }
    if !others.is_empty()
        && let Some(members) = whole.as_object_mut()
    {
        let definitions = members.entry("$defs").or_insert_with(|| json!({}));
        if let Some(definitions) = definitions.as_object_mut() {
            definitions.insert(PLACE.to_owned(), Value::Object(others));
        }
    }
    match reference {
        None => Ok(whole),
        Some(reference) => {
            let pointer = reference.trim_start_matches('#');
            if whole.pointer(pointer).is_none() {
                return Err(format!("it has no `{reference}`"));
            }
            if let Some(members) = whole.as_object_mut() {
                // What the document itself asks for does not hold for its parts.
                members.retain(|name, _| {
                    matches!(name.as_str(), "$defs" | "definitions" | "components" | "$schema")
                        || pointer.starts_with(&format!("/{name}"))
                });
                members.insert("$ref".to_owned(), format!("#{pointer}").into());
            }
            Ok(whole)
        }
    }
}

/// Points the references of a schema that stands at `place` into the whole.
fn rewrite(schema: &mut Value, place: &str, known: &mut Vec<String>) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, place, known)),
        Value::Object(members) => {
            // An id would give the references in it another base.
            if members.get("$id").is_some_and(Value::is_string) {
                members.remove("$id");
            }
            if !place.is_empty() {
                members.remove("$schema");
            }
            for (name, member) in members.iter_mut() {
                match (name.as_str(), &mut *member) {
                    ("$ref", Value::String(reference)) => *reference = pointed(reference, place, known),
                    ("enum" | "const" | "default" | "example" | "examples", _) => {}
                    _ => rewrite(member, place, known),
                }
            }
        }
        _ => {}
    }
}

fn pointed(reference: &str, place: &str, known: &mut Vec<String>) -> String {
    let (target, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    if target.is_empty() {
        return if fragment.is_empty() || fragment.starts_with('/') {
            format!("#{place}{fragment}")
        } else {
            reference.to_owned()
        };
    }
    let id = super::schema_id(target).unwrap_or(target.trim_start_matches("./")).to_owned();
    if !known.contains(&id) {
        known.push(id.clone());
    }
    format!("#/$defs/{PLACE}/{id}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{JsonOptions, JsonSchema};

    #[test]
    fn schemas_name_each_other() {
        let document =
            json!({"type": "object", "properties": {"owner": {"$ref": "/schemas/person#/definitions/name"}}});
        let person = json!({"$id": "urn:person", "definitions": {"name": {"$ref": "#/definitions/text"}, "text": {"type": "string"}}});
        let mut other = |id: &str| (id == "person").then(|| Arc::new(person.clone()));
        let whole = bundle(&document, None, &mut other).expect("a schema");
        let schema = JsonSchema::new(&whole, None, JsonOptions::default()).expect("a schema");
        assert_eq!(schema.check(r#"{"owner": "x"}"#), []);
        assert_eq!(schema.check(r#"{"owner": 1}"#).len(), 1);
        assert!(bundle(&json!({"$ref": "/schemas/none"}), None, &mut other).is_err());
        let part = bundle(&person, Some("#/definitions/name"), &mut other).expect("a schema");
        let schema = JsonSchema::new(&part, None, JsonOptions::default()).expect("a schema");
        assert_eq!(schema.check("1").len(), 1);
        assert!(bundle(&person, Some("#/definitions/none"), &mut other).is_err());
    }
}
