//! `schemas` of an API (definitions that its operations name) and of the service (what policies validate against).
//! Source: management-api.md, chapter 8.

use super::{Behaviour, Draft, Field, Kind, Module, Render};
use crate::api::Query;
use crate::api::error::Failure;
use crate::edit::Edit;
use crate::openapi;
use crate::resource::Resource;
use crate::state::View;
use serde_json::{Map, Value};

/// Longest schema, as text.
const SCHEMA_CHARS_MAX: usize = 4 << 20;

pub static OF_API: Kind = Kind {
    path: "apis/schemas",
    noun: "Schema",
    fields: &[Field::text("contentType", 1, 300).required(), Field::any("document")],
    can_patch: false,
    behaviour: &OfApi,
    ..Kind::DEFAULT
};

pub static OF_SERVICE: Kind = Kind {
    path: "schemas",
    noun: "Schema",
    fields: &[
        Field::one_of("schemaType", &["xml", "json"]).required(),
        Field::text("description", 0, 10_000),
        Field::any("value"),
        Field::any("document"),
    ],
    can_patch: false,
    behaviour: &OfService,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module { kinds: &[&OF_API, &OF_SERVICE], ..Module::DEFAULT };

struct OfApi;

impl Behaviour for OfApi {
    fn check(&self, draft: &mut Draft<'_>, _: &Edit<'_>) -> Result<(), Failure> {
        // Definitions come as an object or as its text; they are kept as an object.
        let mut document = draft.properties.get("document").cloned().unwrap_or(Value::Null);
        if let Some(text) = document.get("value").and_then(Value::as_str)
            && is_definitions(draft.text("contentType").unwrap_or_default())
        {
            match serde_json::from_str::<Value>(text) {
                Ok(parsed) if parsed.is_object() => document = parsed,
                _ => draft.refuse("document.value", "'document.value' must be JSON for this content type"),
            }
        }
        if !document.is_object() {
            draft.refuse("document", "'document' must be an object");
        } else if document.to_string().len() > SCHEMA_CHARS_MAX {
            draft.refuse("document", format!("'document' is longer than {SCHEMA_CHARS_MAX} bytes"));
        }
        draft.set("document", document);
        Ok(())
    }

    /// `force=true` also drops the references.
    fn deleting(&self, schema: &Resource, query: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let Some(api) = schema.parent() else { return Ok(()) };
        for operation in edit.list(&format!("{api}/operations")) {
            let mut properties = Value::Object(operation.properties.clone());
            if !drop_references(&mut properties, schema.name()) {
                continue;
            }
            if !query.flag("force") {
                let message = format!(
                    "the schema is used by the operation '{}'; pass force=true to drop the references",
                    operation.name()
                );
                return Err(Failure::invalid("schemaId", message));
            }
            if let Value::Object(properties) = properties {
                edit.put(Resource { properties, ..Resource::clone(&operation) });
            }
        }
        Ok(())
    }

    fn render(&self, _: &Resource, render: &Render<'_>, properties: &mut Map<String, Value>) {
        properties.insert("provisioningState".into(), "Succeeded".into());
        if render.in_list {
            properties.remove("document");
        }
    }
}

fn is_definitions(content_type: &str) -> bool {
    content_type == openapi::COMPONENTS_TYPE || content_type.ends_with("swagger.definitions+json")
}

/// Removes `schemaId` and `typeName` wherever they name the schema; whether there was one.
fn drop_references(value: &mut Value, schema: &str) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().fold(false, |found, item| drop_references(item, schema) | found),
        Value::Object(map) => {
            let names = map.get("schemaId").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(schema));
            if names {
                map.remove("schemaId");
                map.remove("typeName");
            }
            map.values_mut().fold(names, |found, value| drop_references(value, schema) | found)
        }
        _ => false,
    }
}

struct OfService;

impl Behaviour for OfService {
    fn check(&self, draft: &mut Draft<'_>, _: &Edit<'_>) -> Result<(), Failure> {
        let field = match draft.text("schemaType") {
            Some("json") => "document",
            Some("xml") => "value",
            _ => return Ok(()),
        };
        let given = draft.properties.get(field).cloned();
        match (field, given) {
            (_, None) => draft.refuse(field, format!("'{field}' must not be empty for this schema type")),
            ("document", Some(document)) if !document.is_object() => {
                draft.refuse(field, "'document' must be an object")
            }
            ("value", Some(value)) if !value.is_string() => draft.refuse(field, "'value' must be text"),
            (_, Some(schema)) if schema.to_string().len() > SCHEMA_CHARS_MAX => {
                draft.refuse(field, format!("'{field}' is longer than {SCHEMA_CHARS_MAX} bytes"));
            }
            _ => {}
        }
        Ok(())
    }

    fn deleting(&self, schema: &Resource, _: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let name = schema.name();
        let names = |uses: &tollgate_policy::Uses| uses.schemas.iter().any(|id| id.eq_ignore_ascii_case(name));
        match super::policies::users_by(name, edit, names).first() {
            Some(user) => Err(Failure::invalid("schemaId", format!("the schema is used by '/{user}'"))),
            None => Ok(()),
        }
    }

    fn render(&self, _: &Resource, _: &Render<'_>, properties: &mut Map<String, Value>) {
        properties.insert("provisioningState".into(), "Succeeded".into());
    }
}
