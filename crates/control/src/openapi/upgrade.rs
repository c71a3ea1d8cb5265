//! Swagger 2 → OpenAPI 3: another place for the same things.

use super::{METHODS, resolve, retarget};
use serde_json::{Map, Value, json};

pub(super) fn to_openapi3(document: &Value) -> Result<Value, Vec<String>> {
    let Some(paths) = document.get("paths").and_then(Value::as_object) else {
        return Err(vec!["the document has no 'paths'".to_owned()]);
    };
    let mut findings = Vec::new();
    let mut new_paths = Map::new();
    for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
        match resolve(document, item) {
            Ok(item) => {
                new_paths.insert(path.clone(), path_item(document, item, &format!("paths.{path}"), &mut findings));
            }
            Err(why) => findings.push(format!("paths.{path}: {why}")),
        }
    }
    if !findings.is_empty() {
        findings.truncate(super::FINDINGS_MAX);
        return Err(findings);
    }
    let mut out = json!({
        "openapi": "3.0.1",
        "info": document.get("info").cloned().unwrap_or_else(|| json!({})),
        "servers": servers(document),
        "paths": new_paths,
        "components": { "schemas": document.get("definitions").cloned().unwrap_or_else(|| json!({})) },
    });
    retarget(&mut out, "#/definitions/", "#/components/schemas/");
    Ok(out)
}

fn servers(document: &Value) -> Value {
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    let Some(host) = text("host").filter(|host| !host.is_empty()) else { return json!([]) };
    let base = text("basePath").unwrap_or_default().trim_end_matches('/');
    let mut schemes: Vec<&str> =
        document.get("schemes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if schemes.is_empty() {
        schemes.push("https");
    }
    // The first server is where calls go; the encrypted one is the better guess.
    schemes.sort_by_key(|scheme| !matches!(*scheme, "https" | "wss"));
    schemes.iter().map(|scheme| json!({ "url": format!("{scheme}://{host}{base}") })).collect()
}

fn path_item(document: &Value, item: &Value, place: &str, findings: &mut Vec<String>) -> Value {
    let mut out = Map::new();
    let shared = item.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    for method in METHODS {
        let Some(operation) = item.get(*method).and_then(Value::as_object) else { continue };
        let own = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut parameters: Vec<Value> = Vec::new();
        for parameter in shared.iter().chain(&own) {
            match resolve(document, parameter) {
                Ok(parameter) => {
                    parameters.retain(|known| known["name"] != parameter["name"] || known["in"] != parameter["in"]);
                    parameters.push(parameter.clone());
                }
                Err(why) => findings.push(format!("{place}.{method}.parameters: {why}")),
            }
        }
        out.insert(
            (*method).to_owned(),
            new_operation(document, operation, parameters, &format!("{place}.{method}"), findings),
        );
    }
    out.into()
}

fn new_operation(
    document: &Value,
    operation: &Map<String, Value>,
    parameters: Vec<Value>,
    place: &str,
    findings: &mut Vec<String>,
) -> Value {
    let media = |name: &str, default: &str| -> Vec<String> {
        let own = operation.get(name).or_else(|| document.get(name)).and_then(Value::as_array);
        let list: Vec<String> = own.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if list.is_empty() { vec![default.to_owned()] } else { list }
    };
    let mut out = operation.clone();
    for name in ["parameters", "consumes", "produces", "schemes"] {
        out.remove(name);
    }
    let (body, plain): (Vec<Value>, Vec<Value>) =
        parameters.into_iter().partition(|parameter| matches!(parameter["in"].as_str(), Some("body" | "formData")));
    out.insert("parameters".into(), plain.into_iter().map(new_parameter).collect());
    let is_form = body.first().is_some_and(|parameter| parameter["in"] == "formData");
    if is_form {
        let has_file = body.iter().any(|parameter| parameter["type"] == "file");
        let default = if has_file { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
        out.insert("requestBody".into(), content(&media("consumes", default), Some(&form_schema(&body)), None));
    } else if let Some(parameter) = body.first() {
        let mut request = content(&media("consumes", "application/json"), parameter.get("schema"), None);
        if let Some(description) = parameter.get("description") {
            request["description"] = description.clone();
        }
        out.insert("requestBody".into(), request);
    }
    let mut responses = Map::new();
    for (code, response) in operation.get("responses").and_then(Value::as_object).into_iter().flatten() {
        let response = match resolve(document, response) {
            Ok(response) => response,
            Err(why) => {
                findings.push(format!("{place}.responses.{code}: {why}"));
                continue;
            }
        };
        let mut new = match response.get("schema") {
            Some(schema) => content(&media("produces", "application/json"), Some(schema), response.get("examples")),
            None => content(&[], None, response.get("examples")),
        };
        if let Some(description) = response.get("description") {
            new["description"] = description.clone();
        }
        if let Some(headers) = response.get("headers").and_then(Value::as_object) {
            new["headers"] =
                headers.iter().map(|(name, header)| (name.clone(), new_parameter(header.clone()))).collect();
        }
        responses.insert(code.clone(), new);
    }
    out.insert("responses".into(), responses.into());
    out.into()
}

/// `type`, `format`, `enum`… move into `schema`.
fn new_parameter(parameter: Value) -> Value {
    let Value::Object(parameter) = parameter else { return parameter };
    let (kept, schema): (Map<String, Value>, Map<String, Value>) = parameter.into_iter().partition(|(name, _)| {
        matches!(name.as_str(), "name" | "in" | "description" | "required" | "schema") || name.starts_with("x-")
    });
    let mut out = kept;
    out.entry("schema").or_insert_with(|| schema.into());
    out.into()
}

fn form_schema(parameters: &[Value]) -> Value {
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    for parameter in parameters {
        let Some(name) = parameter["name"].as_str() else { continue };
        let mut schema = new_parameter(parameter.clone())["schema"].take();
        if schema["type"] == "file" {
            schema["type"] = "string".into();
            schema["format"] = "binary".into();
        }
        if let Some(description) = parameter.get("description") {
            schema["description"] = description.clone();
        }
        if parameter["required"] == true {
            required.push(name.into());
        }
        properties.insert(name.to_owned(), schema);
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    schema
}

/// The same schema for every media type, with the example of each.
fn content(media_types: &[String], schema: Option<&Value>, examples: Option<&Value>) -> Value {
    let mut content = Map::new();
    let with_examples = examples.and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned();
    for media_type in media_types.iter().cloned().chain(with_examples) {
        let mut media = Map::new();
        if let Some(schema) = schema {
            media.insert("schema".into(), schema.clone());
        }
        if let Some(example) = examples.and_then(|examples| examples.get(&media_type)) {
            media.insert("example".into(), example.clone());
        }
        content.entry(media_type).or_insert_with(|| media.into());
    }
    if content.is_empty() { json!({}) } else { json!({ "content": content }) }
}
