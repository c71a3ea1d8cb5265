//! Operations of an API. Source: management-api, chapter 8.

use super::{Behaviour, Draft, Field, Kind, Module, Type};
use crate::api::error::Failure;
use crate::edit::Edit;
use crate::resource;
use crate::state::View;
use serde_json::Value;
use std::collections::BTreeSet;

pub static MODULE: Module = Module { kinds: &[&OPERATIONS], ..Module::DEFAULT };

const PARAMETER: Type = Type::Object(&[
    Field::text("name", 1, 1000).required(),
    Field::text("description", 0, 10_000),
    Field::text("type", 1, 256).required(),
    Field::text("defaultValue", 0, 10_000),
    Field::new("required", Type::Flag),
    Field::list("values", &Type::Text { min: 0, max: 10_000 }),
    Field::text("schemaId", 0, 1000),
    Field::text("typeName", 0, 1000),
    Field::any("examples"),
]);

const REPRESENTATION: Type = Type::Object(&[
    Field::text("contentType", 1, 1000).required(),
    Field::text("schemaId", 0, 1000),
    Field::text("typeName", 0, 1000),
    Field::list("formParameters", &PARAMETER),
    Field::any("examples"),
]);

const RESPONSE: Type = Type::Object(&[
    Field::new("statusCode", Type::Integer { min: 0, max: 999 }).required(),
    Field::text("description", 0, 10_000),
    Field::list("representations", &REPRESENTATION),
    Field::list("headers", &PARAMETER),
]);

pub static OPERATIONS: Kind = Kind {
    path: "apis/operations",
    noun: "Operation",
    fields: &[
        Field::text("displayName", 1, 300).required(),
        Field::text("method", 1, 32).required(),
        Field::text("urlTemplate", 1, 1000).required(),
        Field::text("description", 0, 10_000),
        Field::list("templateParameters", &PARAMETER),
        Field::object(
            "request",
            &[
                Field::text("description", 0, 10_000),
                Field::list("queryParameters", &PARAMETER),
                Field::list("headers", &PARAMETER),
                Field::list("representations", &REPRESENTATION),
            ],
        ),
        Field::list("responses", &RESPONSE),
    ],
    behaviour: &Operations,
    ..Kind::DEFAULT
};

struct Operations;

impl Behaviour for Operations {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        let Some(method) = draft.text("method").map(str::to_ascii_uppercase) else { return Ok(()) };
        if http::Method::from_bytes(method.as_bytes()).is_err() {
            draft.refuse("method", format!("'{method}' is not an HTTP method"));
        }
        draft.set("method", method.as_str());
        let Some(mut template) = draft.text("urlTemplate").map(str::to_owned) else { return Ok(()) };
        if !template.starts_with('/') {
            template.insert(0, '/');
            draft.set("urlTemplate", template.as_str());
        }
        check_parameters(draft, &template);
        let api = resource::parent(draft.path).unwrap_or_default();
        let own = resource::key(draft.path);
        let taken = edit.list(&format!("{api}/operations")).into_iter().find(|other| {
            other.key() != own
                && other.text("method") == Some(method.as_str())
                && other.text("urlTemplate").is_some_and(|other| shape(other) == shape(&template))
        });
        if let Some(other) = taken {
            draft.refuse(
                "urlTemplate",
                format!("operation '{}' has the same method and URL template '{method} {template}'", other.name()),
            );
        }
        Ok(())
    }
}

/// Names in braces, in order.
fn placeholders(template: &str) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        if rest[at..].starts_with('}') {
            return Err(format!("'{template}' has a '}}' without '{{'"));
        }
        let inside = &rest[at + 1..];
        let end = inside.find('}').ok_or_else(|| format!("'{template}' has a '{{' without '}}'"))?;
        // `{*rest}` matches several segments.
        let name = inside[..end].trim_start_matches('*');
        if name.is_empty() || name.contains(['{', '/']) {
            return Err(format!("'{template}' has a placeholder without a proper name"));
        }
        out.push(name.to_owned());
        rest = &inside[end + 1..];
    }
    Ok(out)
}

/// The template with its names taken out: two of one shape match the same requests.
pub fn shape(template: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for character in template.chars() {
        match character {
            '{' => {
                inside = true;
                out.push('{');
            }
            '}' => {
                inside = false;
                out.push('}');
            }
            _ if inside => {}
            other => out.extend(other.to_lowercase()),
        }
    }
    out
}

fn check_parameters(draft: &mut Draft<'_>, template: &str) {
    let placeholders = match placeholders(template) {
        Ok(placeholders) => placeholders,
        Err(why) => return draft.refuse("urlTemplate", why),
    };
    let declared: Vec<String> = draft
        .properties
        .get("templateParameters")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|parameter| parameter.get("name")?.as_str().map(str::to_owned))
        .collect();
    let mut seen = BTreeSet::new();
    for name in &placeholders {
        if !seen.insert(name) {
            draft.refuse("urlTemplate", format!("the placeholder '{name}' stands more than once"));
        } else if !declared.contains(name) {
            draft.refuse("templateParameters", format!("the placeholder '{name}' of the URL template is not declared"));
        }
    }
    for name in &declared {
        if !placeholders.contains(name) {
            draft.refuse("templateParameters", format!("the parameter '{name}' is not in the URL template"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_come_apart() {
        assert_eq!(placeholders("/a/{x}/{*y}?q={z}"), Ok(vec!["x".to_owned(), "y".to_owned(), "z".to_owned()]));
        for wrong in ["/{", "/}", "/{}", "/{a/b}", "/{{a}}"] {
            assert!(placeholders(wrong).is_err(), "{wrong}");
        }
        assert_eq!(shape("/A/{x}/b"), shape("/a/{y}/b"));
        assert_ne!(shape("/a/{x}"), shape("/a/x"));
    }
}
