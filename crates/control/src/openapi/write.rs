//! An API → OpenAPI 3.

use super::{Operation, retarget};
use serde_json::{Map, Value, json};

/// What an export needs besides the operations.
#[derive(Debug, Clone, Default)]
pub struct Api<'a> {
    pub title: &'a str,
    pub description: Option<&'a str>,
    /// The API's version, or its revision.
    pub version: &'a str,
    /// Where consumers call it: gateway URLs with the API's path.
    pub servers: Vec<String>,
    /// Names of the subscription key's header and query parameter; `None` when no key is needed.
    pub subscription_key: Option<(&'a str, &'a str)>,
    pub operations: Vec<Operation>,
    /// `document` of each schema resource.
    pub schemas: Vec<Value>,
}

/// The document. For Swagger 2 see [`super::downgrade`], for text the caller's serializer.
pub fn export(api: &Api<'_>) -> Value {
    let schemas = schemas(&api.schemas);
    let mut paths = Map::new();
    for operation in &api.operations {
        let text = |name: &str| operation.properties.get(name).and_then(Value::as_str).unwrap_or_default();
        let template = text("urlTemplate");
        let (path, _) = template.split_once('?').unwrap_or((template, ""));
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let method = text("method").to_ascii_lowercase();
        // OpenAPI has no wildcard methods and no custom ones; they would make the document invalid.
        if super::METHODS.contains(&method.as_str())
            && let Some(item) = paths.entry(path).or_insert_with(|| json!({})).as_object_mut()
        {
            item.insert(method, operation_object(operation, template, &schemas));
        }
    }
    let mut info = json!({ "title": api.title, "version": api.version });
    if let Some(description) = api.description {
        info["description"] = description.into();
    }
    let mut out = json!({
        "openapi": "3.0.1",
        "info": info,
        "servers": api.servers.iter().map(|url| json!({ "url": url })).collect::<Vec<_>>(),
        "paths": paths,
    });
    let mut components = Map::new();
    if !schemas.is_empty() {
        components.insert("schemas".into(), schemas.into());
    }
    if let Some((header, query)) = api.subscription_key {
        components.insert(
            "securitySchemes".into(),
            json!({
                "apiKeyHeader": { "type": "apiKey", "name": header, "in": "header" },
                "apiKeyQuery": { "type": "apiKey", "name": query, "in": "query" },
            }),
        );
        out["security"] = json!([{ "apiKeyHeader": [] }, { "apiKeyQuery": [] }]);
    }
    if !components.is_empty() {
        out["components"] = components.into();
    }
    out
}

/// All schemas of all documents by name; of two with one name the first stays.
fn schemas(documents: &[Value]) -> Map<String, Value> {
    let mut out = Map::new();
    for document in documents {
        let found = document.pointer("/components/schemas").or_else(|| document.get("definitions"));
        for (name, schema) in found.and_then(Value::as_object).into_iter().flatten() {
            out.entry(name.clone()).or_insert_with(|| {
                let mut schema = schema.clone();
                retarget(&mut schema, "#/definitions/", "#/components/schemas/");
                schema
            });
        }
    }
    out
}

fn operation_object(operation: &Operation, template: &str, schemas: &Map<String, Value>) -> Value {
    let properties = &operation.properties;
    let mut out = Map::new();
    for (from, to) in [("displayName", "summary"), ("description", "description")] {
        if let Some(text) = properties.get(from).filter(|text| text.as_str().is_some_and(|text| !text.is_empty())) {
            out.insert(to.into(), text.clone());
        }
    }
    out.insert("operationId".into(), operation.name.as_str().into());
    let query_of_template = template.split_once('?').map_or("", |(_, query)| query);
    let in_query = super::template_names(query_of_template);
    let mut parameters: Vec<Value> = list(properties.get("templateParameters"))
        .map(|parameter| {
            let is_query = parameter["name"].as_str().is_some_and(|name| in_query.contains(&name));
            parameter_object(parameter, if is_query { "query" } else { "path" }, schemas)
        })
        .collect();
    let request = properties.get("request");
    let of_request = |name: &str| request.and_then(|request| request.get(name));
    parameters
        .extend(list(of_request("queryParameters")).map(|parameter| parameter_object(parameter, "query", schemas)));
    parameters.extend(list(of_request("headers")).map(|parameter| parameter_object(parameter, "header", schemas)));
    if !parameters.is_empty() {
        out.insert("parameters".into(), parameters.into());
    }
    let content = content(of_request("representations"), schemas);
    if !content.is_empty() {
        let mut body = json!({ "content": content });
        if let Some(description) = of_request("description").filter(|text| text.is_string()) {
            body["description"] = description.clone();
        }
        out.insert("requestBody".into(), body);
    }
    let mut responses = Map::new();
    for response in list(properties.get("responses")) {
        let description = response.get("description").and_then(Value::as_str).unwrap_or_default();
        let mut object = json!({ "description": description });
        let headers: Map<String, Value> = list(response.get("headers"))
            .filter_map(|header| {
                let mut object = parameter_object(header, "header", schemas);
                let fields = object.as_object_mut()?;
                fields.remove("in");
                let Some(Value::String(name)) = fields.remove("name") else { return None };
                Some((name, object))
            })
            .collect();
        if !headers.is_empty() {
            object["headers"] = headers.into();
        }
        let content = self::content(response.get("representations"), schemas);
        if !content.is_empty() {
            object["content"] = content.into();
        }
        responses.insert(response["statusCode"].as_u64().unwrap_or(200).to_string(), object);
    }
    if responses.is_empty() {
        // A document without one is not valid.
        responses.insert("200".into(), json!({ "description": "" }));
    }
    out.insert("responses".into(), responses.into());
    out.into()
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn parameter_object(parameter: &Value, place: &str, schemas: &Map<String, Value>) -> Value {
    let mut out = json!({ "name": parameter["name"], "in": place });
    if let Some(description) = parameter.get("description").filter(|text| text.is_string()) {
        out["description"] = description.clone();
    }
    if place == "path" || parameter["required"] == true {
        out["required"] = true.into();
    }
    let ty = parameter["type"].as_str().filter(|ty| !ty.is_empty()).unwrap_or("string");
    let mut schema = json!({ "type": ty });
    let typed = |text: &Value| -> Value {
        let text = text.as_str().unwrap_or_default();
        match ty {
            // A value that is not of its type stays text, as it was given.
            "integer" | "number" | "boolean" | "array" | "object" => {
                serde_json::from_str(text).unwrap_or_else(|_| text.into())
            }
            _ => text.into(),
        }
    };
    let values: Vec<Value> = list(parameter.get("values")).map(typed).collect();
    if !values.is_empty() {
        schema["enum"] = values.into();
    }
    if let Some(default) = parameter.get("defaultValue").filter(|default| default.is_string()) {
        schema["default"] = typed(default);
    }
    // In place, because Swagger 2 has no references there.
    let named = parameter["typeName"].as_str().and_then(|name| schemas.get(name));
    out["schema"] = named.cloned().unwrap_or(schema);
    if let Some(examples) =
        parameter.get("examples").filter(|examples| examples.as_object().is_some_and(|e| !e.is_empty()))
    {
        out["examples"] = examples.clone();
    }
    out
}

fn content(representations: Option<&Value>, schemas: &Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    for representation in list(representations) {
        let Some(content_type) = representation["contentType"].as_str() else { continue };
        let mut media = Map::new();
        if let Some(name) = representation["typeName"].as_str().filter(|name| schemas.contains_key(*name)) {
            let pointer = name.replace('~', "~0").replace('/', "~1");
            media.insert("schema".into(), json!({ "$ref": format!("#/components/schemas/{pointer}") }));
        } else if let Some(form) =
            representation.get("formParameters").and_then(Value::as_array).filter(|f| !f.is_empty())
        {
            let properties: Map<String, Value> = form
                .iter()
                .filter_map(|p| {
                    Some((p["name"].as_str()?.to_owned(), parameter_object(p, "query", schemas)["schema"].take()))
                })
                .collect();
            let required: Vec<&Value> = form.iter().filter(|p| p["required"] == true).map(|p| &p["name"]).collect();
            let mut schema = json!({ "type": "object", "properties": properties });
            if !required.is_empty() {
                schema["required"] = json!(required);
            }
            media.insert("schema".into(), schema);
        }
        let examples =
            representation.get("examples").and_then(Value::as_object).filter(|examples| !examples.is_empty());
        if let Some(examples) = examples {
            media.insert("examples".into(), examples.clone().into());
        }
        out.insert(content_type.to_owned(), media.into());
    }
    out
}

impl Api<'_> {
    /// The document as JSON text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&export(self)).unwrap_or_default()
    }

    /// The document as YAML text.
    pub fn to_yaml(&self) -> String {
        serde_yaml_ng::to_string(&export(self)).unwrap_or_default()
    }

    /// The same API as Swagger 2, JSON text.
    pub fn to_swagger(&self) -> String {
        serde_json::to_string_pretty(&super::downgrade::to_swagger2(&export(self))).unwrap_or_default()
    }
}
