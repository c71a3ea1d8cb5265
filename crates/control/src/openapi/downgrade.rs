//! OpenAPI 3, as [`super::export`] writes it → Swagger 2.

use super::{METHODS, retarget};
use serde_json::{Map, Value, json};

/// What Swagger 2 cannot say is left out: further servers, several examples of one media type.
pub(super) fn to_swagger2(document: &Value) -> Value {
    let mut out = json!({ "swagger": "2.0", "info": document["info"] });
    if let Some(url) = document.pointer("/servers/0/url").and_then(Value::as_str)
        && let Some((scheme, rest)) = url.split_once("://")
    {
        let (host, base) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        out["host"] = host.into();
        out["basePath"] = base.into();
        out["schemes"] = json!([scheme]);
    }
    let mut paths = Map::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        let operations: Map<String, Value> =
            METHODS.iter().filter_map(|method| Some(((*method).to_owned(), operation(item.get(*method)?)))).collect();
        paths.insert(path.clone(), operations.into());
    }
    out["paths"] = paths.into();
    if let Some(schemas) = document.pointer("/components/schemas") {
        out["definitions"] = schemas.clone();
    }
    if let Some(schemes) = document.pointer("/components/securitySchemes") {
        out["securityDefinitions"] = schemes.clone();
        out["security"] = document["security"].clone();
    }
    retarget(&mut out, "#/components/schemas/", "#/definitions/");
    out
}

fn operation(operation: &Value) -> Value {
    let mut out = operation.as_object().cloned().unwrap_or_default();
    let mut parameters: Vec<Value> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| flattened(parameter.clone()))
        .collect();
    if let Some(body) = out.remove("requestBody") {
        let media = body["content"].as_object().cloned().unwrap_or_default();
        let schema = media.values().find_map(|media| media.get("schema")).cloned().unwrap_or_else(|| json!({}));
        let mut parameter = json!({ "name": "body", "in": "body", "schema": schema });
        if let Some(description) = body.get("description") {
            parameter["description"] = description.clone();
        }
        parameters.push(parameter);
        out.insert("consumes".into(), media.keys().cloned().collect());
    }
    if !parameters.is_empty() {
        out.insert("parameters".into(), parameters.into());
    }
    let mut produces: Vec<String> = Vec::new();
    let mut responses = Map::new();
    for (code, response) in operation["responses"].as_object().into_iter().flatten() {
        let mut new = json!({ "description": response["description"] });
        let mut examples = Map::new();
        for (media_type, media) in response["content"].as_object().into_iter().flatten() {
            if !produces.contains(media_type) {
                produces.push(media_type.clone());
            }
            if let Some(schema) = media.get("schema") {
                new["schema"] = schema.clone();
            }
            let first = media["examples"].as_object().and_then(|examples| examples.values().next()?.get("value"));
            if let Some(example) = first {
                examples.insert(media_type.clone(), example.clone());
            }
        }
        if !examples.is_empty() {
            new["examples"] = examples.into();
        }
        if let Some(headers) = response["headers"].as_object() {
            new["headers"] = headers
                .iter()
                .map(|(name, header)| {
                    let mut header = flattened(header.clone());
                    header.as_object_mut().map(|fields| fields.remove("required"));
                    (name.clone(), header)
                })
                .collect();
        }
        responses.insert(code.clone(), new);
    }
    if !produces.is_empty() {
        out.insert("produces".into(), produces.into());
    }
    out.insert("responses".into(), responses.into());
    out.into()
}

/// The fields of `schema` move up; a list says what it is a list of.
fn flattened(parameter: Value) -> Value {
    let Value::Object(mut out) = parameter else { return parameter };
    out.remove("examples");
    if let Some(Value::Object(schema)) = out.remove("schema") {
        out.extend(schema);
    }
    if out.get("type").is_some_and(|ty| ty == "array") {
        out.entry("items").or_insert_with(|| json!({ "type": "string" }));
    }
    out.into()
}
