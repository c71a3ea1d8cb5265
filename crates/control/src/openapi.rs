//! OpenAPI documents ↔ the operations and schemas of an API. Source: management-api.md, chapter 8.
//!
//! - [`upgrade`]: Swagger 2 → OpenAPI 3, so that there is one reader.
//! - [`read`]: OpenAPI 3 → [`Imported`].
//! - [`write`]: an API → OpenAPI 3, as JSON or YAML; [`downgrade`]: → Swagger 2.
//!
//! Pure: links are fetched, and resources stored, by the caller. Documents of other languages (WSDL, WADL, OData,
//! gRPC) are refused by name.

mod downgrade;
mod read;
mod upgrade;
mod write;

pub use write::{Api, export};

use serde_json::{Map, Value};

/// Longest document, in bytes: Azure's own import limit.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most operations of one document. The largest public ones (Microsoft Graph, GitHub) have fewer.
pub const OPERATIONS_MAX: usize = 20_000;
/// Findings that are told at once; a document that is wrong in one way is wrong so in many places.
const FINDINGS_MAX: usize = 20;
/// Longest chain of `$ref` that is followed: real ones have two or three steps, a loop has no end.
const REFERENCES_MAX: usize = 16;
/// Content type of the schema resource that an import makes.
pub const COMPONENTS_TYPE: &str = "application/vnd.oai.openapi.components+json";

/// What an import brings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub terms_of_service_url: Option<String>,
    pub contact: Option<Value>,
    pub license: Option<Value>,
    /// The first server with an absolute URL.
    pub service_url: Option<String>,
    /// `http`, `https`, `ws`, `wss`: schemes of the servers; empty when none is told.
    pub protocols: Vec<String>,
    pub operations: Vec<Operation>,
    /// `components` of the schema resource; `None` when nothing refers to a schema.
    pub components: Option<Value>,
}

/// An operation of an API: its name and its `properties` on the wire. The `schemaId` of its representations is
/// [`SCHEMA_ID`], which the caller replaces with the name it stores the schema under.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub name: String,
    pub properties: Map<String, Value>,
}

/// Stands for the name of the schema resource in imported operations.
pub const SCHEMA_ID: &str = "openapi-components";

/// What becomes of required query parameters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RequiredQuery {
    /// They become part of the URL template: `/items?q={q}`. Azure's default.
    #[default]
    Template,
    /// They stay query parameters.
    Query,
}

/// What the text must be. YAML is accepted wherever JSON is, and the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    OpenApi3,
    Swagger2,
}

/// Reads a document. The findings say where (`paths./pets.get`) and what.
pub fn import(text: &str, dialect: Dialect, required_query: RequiredQuery) -> Result<Imported, Vec<String>> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(vec![format!("the document is longer than {} MB", DOCUMENT_BYTES_MAX >> 20)]);
    }
    let document = parse(text)?;
    let said = |field: &str| {
        document.get(field).map(|version| version.as_str().map_or_else(|| version.to_string(), str::to_owned))
    };
    let document = match (said("openapi"), said("swagger")) {
        (Some(version), _) if version.starts_with("3.") => document,
        (None, Some(version)) if version.starts_with("2.") => upgrade::to_openapi3(&document)?,
        (Some(version), _) => return Err(vec![format!("OpenAPI {version} is not supported; 3.0 and 3.1 are")]),
        (_, Some(version)) => return Err(vec![format!("Swagger {version} is not supported; 2.0 is")]),
        (None, None) => {
            let wanted = if dialect == Dialect::OpenApi3 { "openapi: 3.x" } else { "swagger: '2.0'" };
            return Err(vec![format!("the document does not say its version ({wanted})")]);
        }
    };
    read::read(&document, required_query)
}

/// JSON when it begins like JSON, else YAML.
fn parse(text: &str) -> Result<Value, Vec<String>> {
    let text = text.trim_start_matches('\u{feff}');
    let document: Value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).or_else(|error| {
            // YAML's flow form begins with a brace, too.
            serde_yaml_ng::from_str(text).map_err(|_| vec![format!("the document is not JSON: {error}")])
        })?
    } else {
        serde_yaml_ng::from_str(text).map_err(|error| vec![format!("the document is not YAML: {error}")])?
    };
    if document.is_object() { Ok(document) } else { Err(vec!["the document is not an object".to_owned()]) }
}

/// Follows local references (`#/components/…`) from `value`.
fn resolve<'d>(document: &'d Value, value: &'d Value) -> Result<&'d Value, String> {
    let mut value = value;
    for _ in 0..REFERENCES_MAX {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok(value) };
        let pointer = reference.strip_prefix('#').ok_or_else(|| {
            format!("the reference '{reference}' leads out of the document; bundle it into one file first")
        })?;
        value = document.pointer(pointer).ok_or_else(|| format!("the reference '{reference}' leads nowhere"))?;
    }
    Err("references run in a circle".to_owned())
}

/// Renames the targets of every `$ref` below `value`.
fn retarget(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| retarget(item, from, to)),
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get_mut("$ref")
                && let Some(rest) = reference.strip_prefix(from)
            {
                *reference = format!("{to}{rest}");
            }
            map.values_mut().for_each(|value| retarget(value, from, to));
        }
        _ => {}
    }
}

const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The names in braces of a URL template, in order, without the `*` of a rest parameter.
pub fn template_names(template: &str) -> Vec<&str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|part| part.split('}').next())
        .map(|name| name.trim_start_matches('*'))
        .collect()
}

#[cfg(test)]
mod tests;
