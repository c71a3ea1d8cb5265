//! OpenAPI 3 → operations and schemas.

use super::{
    FINDINGS_MAX, Imported, METHODS, OPERATIONS_MAX, Operation, RequiredQuery, SCHEMA_ID, resolve, template_names,
};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// Longest operation name.
const NAME_CHARS_MAX: usize = 80;
/// Longest display name of an operation.
const DISPLAY_NAME_CHARS_MAX: usize = 300;

pub(super) fn read(document: &Value, required_query: RequiredQuery) -> Result<Imported, Vec<String>> {
    let mut reader = Reader {
        document,
        required_query,
        schemas: document.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default(),
        names: HashSet::new(),
        ids: HashSet::new(),
        findings: Vec::new(),
    };
    let operations = reader.operations();
    if !reader.findings.is_empty() {
        reader.findings.truncate(FINDINGS_MAX);
        return Err(reader.findings);
    }
    let info = document.get("info");
    let text = |name: &str| info.and_then(|info| info.get(name)).and_then(Value::as_str).map(str::to_owned);
    let object = |name: &str| info.and_then(|info| info.get(name)).filter(|value| value.is_object()).cloned();
    let servers = servers(document);
    let mut protocols: Vec<String> =
        servers.iter().filter_map(|url| url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase())).collect();
    protocols.sort();
    protocols.dedup();
    Ok(Imported {
        display_name: text("title").filter(|title| !title.is_empty()),
        description: text("description"),
        terms_of_service_url: text("termsOfService"),
        contact: object("contact"),
        license: object("license"),
        service_url: servers.into_iter().next(),
        protocols,
        operations,
        components: (!reader.schemas.is_empty()).then(|| json!({ "schemas": reader.schemas })),
    })
}

/// Absolute server URLs, variables replaced by their defaults, without the slash at the end.
fn servers(document: &Value) -> Vec<String> {
    let servers = document.get("servers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    servers
        .iter()
        .filter_map(|server| {
            let mut url = server.get("url")?.as_str()?.to_owned();
            for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
                let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
                url = url.replace(&format!("{{{name}}}"), default);
            }
            let scheme = url.split_once("://")?.0.to_ascii_lowercase();
            ["http", "https", "ws", "wss"].contains(&scheme.as_str()).then(|| url.trim_end_matches('/').to_owned())
        })
        .collect()
}

struct Reader<'d> {
    document: &'d Value,
    required_query: RequiredQuery,
    /// The document's own, and those made for schemas written in place.
    schemas: Map<String, Value>,
    names: HashSet<String>,
    ids: HashSet<&'d str>,
    findings: Vec<String>,
}

impl<'d> Reader<'d> {
    fn operations(&mut self) -> Vec<Operation> {
        let Some(paths) = self.document.get("paths").and_then(Value::as_object) else {
            self.findings.push("the document has no 'paths'".to_owned());
            return Vec::new();
        };
        let mut operations = Vec::new();
        for (path, item) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
            if !path.starts_with('/') {
                self.findings.push(format!("paths.{path}: a path begins with '/'"));
                continue;
            }
            let item = match resolve(self.document, item) {
                Ok(item) => item,
                Err(why) => {
                    self.findings.push(format!("paths.{path}: {why}"));
                    continue;
                }
            };
            for method in METHODS {
                let Some(operation) = item.get(*method) else { continue };
                if !operation.is_object() {
                    self.findings.push(format!("paths.{path}.{method}: an operation must be an object"));
                    continue;
                }
                operations.push(self.operation(path, method, item, operation));
                if operations.len() > OPERATIONS_MAX {
                    self.findings.push(format!("the document has more than {OPERATIONS_MAX} operations"));
                    return operations;
                }
            }
        }
        operations
    }

    fn operation(&mut self, path: &str, method: &str, item: &'d Value, operation: &'d Value) -> Operation {
        let place = format!("paths.{path}.{method}");
        let text =
            |name: &str| operation.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let id = text("operationId");
        if let Some(id) = id
            && !self.ids.insert(id)
        {
            self.findings.push(format!("{place}: the operationId '{id}' is used twice"));
        }
        let name = self.unique_name(&id.map_or_else(|| safe_name(&format!("{method}-{path}")), safe_id));
        let base = type_base(path, method);
        let parameters = self.parameters(&place, &base, item, operation);
        let mut template = path.to_owned();
        let (mut in_template, mut in_query, mut in_header) = (Vec::new(), Vec::new(), Vec::new());
        for parameter in parameters {
            match parameter.place {
                "path" => in_template.push(parameter),
                "query" if parameter.required && self.required_query == RequiredQuery::Template => {
                    template.push(if template.contains('?') { '&' } else { '?' });
                    template.push_str(&format!("{0}={{{0}}}", parameter.name));
                    in_template.push(parameter);
                }
                "query" => in_query.push(parameter.contract),
                "header" => in_header.push(parameter.contract),
                _ => {}
            }
        }
        let template_parameters: Vec<Value> = template_names(&template)
            .into_iter()
            .map(|name| {
                in_template.iter().find(|parameter| parameter.name == name).map_or_else(
                    || json!({ "name": name, "type": "string", "required": true, "values": [] }),
                    |parameter| parameter.contract.clone(),
                )
            })
            .collect();
        let (body_description, representations) = self.request_body(&place, &base, operation);
        let mut properties = Map::new();
        let display: String =
            text("summary").or(id).map_or_else(|| format!("{} {path}", method.to_uppercase()), str::to_owned);
        properties
            .insert("displayName".into(), display.chars().take(DISPLAY_NAME_CHARS_MAX).collect::<String>().into());
        properties.insert("method".into(), method.to_uppercase().into());
        properties.insert("urlTemplate".into(), template.into());
        properties.insert("templateParameters".into(), template_parameters.into());
        if let Some(description) = text("description") {
            properties.insert("description".into(), description.into());
        }
        let mut request = Map::new();
        if let Some(description) = body_description {
            request.insert("description".into(), description.into());
        }
        request.insert("queryParameters".into(), in_query.into());
        request.insert("headers".into(), in_header.into());
        request.insert("representations".into(), representations.into());
        properties.insert("request".into(), request.into());
        properties.insert("responses".into(), self.responses(&place, &base, operation).into());
        Operation { name, properties }
    }

    fn unique_name(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.names.insert(name.to_lowercase()) {
            let suffix = format!("-{number}");
            name = wanted.chars().take(NAME_CHARS_MAX - suffix.len()).collect::<String>() + &suffix;
            number += 1;
        }
        name
    }

    /// The path's parameters and the operation's own, which replace them.
    fn parameters(&mut self, place: &str, base: &str, item: &'d Value, operation: &'d Value) -> Vec<Parameter> {
        let mut out: Vec<Parameter> = Vec::new();
        for holder in [item, operation] {
            let list = holder.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for parameter in list {
                match resolve(self.document, parameter).and_then(|parameter| self.parameter(base, parameter)) {
                    Ok(parameter) => {
                        out.retain(|known| known.name != parameter.name || known.place != parameter.place);
                        out.push(parameter);
                    }
                    Err(why) => self.findings.push(format!("{place}.parameters: {why}")),
                }
            }
        }
        out
    }

    fn parameter(&mut self, base: &str, parameter: &'d Value) -> Result<Parameter, String> {
        let text = |name: &str| parameter.get(name).and_then(Value::as_str);
        let name = text("name").filter(|name| !name.is_empty()).ok_or("a parameter has no name")?;
        let place = match text("in") {
            Some("path") => "path",
            Some("query") => "query",
            Some("header") => "header",
            Some("cookie") => "cookie",
            _ => return Err(format!("the parameter '{name}' must say in: path, query, header or cookie")),
        };
        let required = place == "path" || parameter.get("required").and_then(Value::as_bool).unwrap_or(false);
        let content_schema = || parameter.get("content")?.as_object()?.values().next()?.get("schema");
        let written = parameter.get("schema").or_else(content_schema);
        let schema = written.map(|schema| resolve(self.document, schema)).transpose()?;
        let mut contract = Map::new();
        contract.insert("name".into(), name.into());
        if let Some(description) = text("description") {
            contract.insert("description".into(), description.into());
        }
        contract.insert("type".into(), schema.map_or("string", type_of).into());
        if let Some(default) = schema.and_then(|schema| schema.get("default")).filter(|default| !default.is_null()) {
            contract.insert("defaultValue".into(), plain(default).into());
        }
        contract.insert("required".into(), required.into());
        let values = schema.and_then(|schema| schema.get("enum")).and_then(Value::as_array);
        let values: Vec<Value> = values.into_iter().flatten().map(|value| plain(value).into()).collect();
        contract.insert("values".into(), values.into());
        if let Some(examples) = examples(parameter) {
            contract.insert("examples".into(), examples);
        }
        if let Some(written) = written {
            self.keep_schema(&format!("{base}Request{}", capitals(name)), written, &mut contract)?;
        }
        Ok(Parameter { name: name.to_owned(), place, required, contract: contract.into() })
    }

    /// Names the schema of a parameter or a header, called `name` when it is written in place, where it says more
    /// than the contract has fields for.
    fn keep_schema(&mut self, name: &str, written: &'d Value, contract: &mut Map<String, Value>) -> Result<(), String> {
        const FIELDS: &[&str] =
            &["type", "enum", "default", "description", "title", "example", "examples", "deprecated", "nullable"];
        let fields = resolve(self.document, written)?.as_object();
        let says_more = |field: &String| !FIELDS.contains(&field.as_str()) && !field.starts_with("x-");
        if fields.is_some_and(|fields| fields.keys().any(says_more)) {
            contract.insert("schemaId".into(), SCHEMA_ID.into());
            contract.insert("typeName".into(), self.type_name(name, written)?.into());
        }
        Ok(())
    }

    fn request_body(&mut self, place: &str, base: &str, operation: &'d Value) -> (Option<&'d str>, Vec<Value>) {
        let Some(body) = operation.get("requestBody") else { return (None, Vec::new()) };
        match resolve(self.document, body) {
            Ok(body) => {
                let description = body.get("description").and_then(Value::as_str);
                (description, self.representations(&format!("{place}.requestBody"), &format!("{base}Request"), body))
            }
            Err(why) => {
                self.findings.push(format!("{place}.requestBody: {why}"));
                (None, Vec::new())
            }
        }
    }

    fn responses(&mut self, place: &str, base: &str, operation: &'d Value) -> Vec<Value> {
        let Some(responses) = operation.get("responses").and_then(Value::as_object) else { return Vec::new() };
        let mut out: Vec<Value> = Vec::new();
        let codes = responses.keys().filter(|code| *code != "default" && !code.starts_with("x-")).count();
        for (code, response) in responses.iter().filter(|(code, _)| !code.starts_with("x-")) {
            // The management API knows codes only: a range is told by its first, the default where it is alone.
            let status = match code.as_str() {
                "default" if codes > 0 => continue,
                "default" => Some(200),
                range if range.len() == 3 && range.to_ascii_uppercase().ends_with("XX") => {
                    range[..1].parse::<u16>().ok().map(|class| class * 100)
                }
                code => code.parse().ok(),
            };
            let Some(status) = status.filter(|status| (100..=599).contains(status)) else {
                self.findings.push(format!("{place}.responses: '{code}' is not a status code"));
                continue;
            };
            let response = match resolve(self.document, response) {
                Ok(response) => response,
                Err(why) => {
                    self.findings.push(format!("{place}.responses.{code}: {why}"));
                    continue;
                }
            };
            if out.iter().any(|known| known["statusCode"] == status) {
                continue;
            }
            let mut contract = Map::new();
            contract.insert("statusCode".into(), status.into());
            if let Some(description) = response.get("description").and_then(Value::as_str) {
                contract.insert("description".into(), description.into());
            }
            let here = format!("{place}.responses.{code}");
            contract.insert("headers".into(), self.headers(&here, &format!("{base}{status}Response"), response).into());
            contract.insert(
                "representations".into(),
                self.representations(&here, &format!("{base}{status}Response"), response).into(),
            );
            out.push(contract.into());
        }
        out
    }

    fn headers(&mut self, place: &str, base: &str, response: &'d Value) -> Vec<Value> {
        let headers = response.get("headers").and_then(Value::as_object);
        let mut out = Vec::new();
        for (name, header) in headers.into_iter().flatten() {
            let Ok(header) = resolve(self.document, header) else { continue };
            let schema = header.get("schema").and_then(|schema| resolve(self.document, schema).ok());
            let mut contract = Map::new();
            contract.insert("name".into(), name.as_str().into());
            if let Some(description) = header.get("description").and_then(Value::as_str) {
                contract.insert("description".into(), description.into());
            }
            contract.insert("type".into(), schema.map_or("string", type_of).into());
            let required = header.get("required").and_then(Value::as_bool).unwrap_or(false);
            contract.insert("required".into(), required.into());
            contract.insert("values".into(), json!([]));
            if let Some(written) = header.get("schema")
                && let Err(why) = self.keep_schema(&format!("{base}{}", capitals(name)), written, &mut contract)
            {
                self.findings.push(format!("{place}.headers.{name}: {why}"));
            }
            out.push(contract.into());
        }
        out
    }

    /// `content` → representations. A schema written in place becomes a named one: `base`, for all content types.
    fn representations(&mut self, place: &str, base: &str, holder: &'d Value) -> Vec<Value> {
        let Some(content) = holder.get("content").and_then(Value::as_object) else { return Vec::new() };
        let mut out = Vec::new();
        for (content_type, media) in content {
            let mut contract = Map::new();
            contract.insert("contentType".into(), content_type.as_str().into());
            if let Some(examples) = examples(media) {
                contract.insert("examples".into(), examples);
            }
            if let Some(schema) =
                media.get("schema").filter(|schema| schema.as_object().is_some_and(|map| !map.is_empty()))
            {
                match self.type_name(base, schema) {
                    Ok(type_name) => {
                        contract.insert("schemaId".into(), SCHEMA_ID.into());
                        contract.insert("typeName".into(), type_name.into());
                    }
                    Err(why) => self.findings.push(format!("{place}.content.{content_type}: {why}")),
                }
            }
            out.push(contract.into());
        }
        out
    }

    fn type_name(&mut self, base: &str, schema: &'d Value) -> Result<String, String> {
        const SCHEMAS: &str = "#/components/schemas/";
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            resolve(self.document, schema)?;
            if let Some(name) = reference.strip_prefix(SCHEMAS).filter(|name| !name.contains('/')) {
                return Ok(name.replace("~1", "/").replace("~0", "~"));
            }
        }
        let mut name = base.to_owned();
        let mut number = 2;
        while self.schemas.get(&name).is_some_and(|known| known != schema) {
            name = format!("{base}-{number}");
            number += 1;
        }
        self.schemas.insert(name.clone(), schema.clone());
        Ok(name)
    }
}

struct Parameter {
    name: String,
    place: &'static str,
    required: bool,
    contract: Value,
}

/// `example` and `examples` → the management API's map.
fn examples(holder: &Value) -> Option<Value> {
    if let Some(examples) = holder.get("examples").and_then(Value::as_object) {
        let kept: Map<String, Value> = examples
            .iter()
            .filter(|(_, example)| example.is_object())
            .map(|(name, e)| (name.clone(), e.clone()))
            .collect();
        return (!kept.is_empty()).then(|| kept.into());
    }
    holder.get("example").map(|value| json!({ "default": { "value": value } }))
}

/// The first type that is not null.
fn type_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(name)) => name,
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("string")
        }
        _ => "string",
    }
}

/// A default or an enumerated value as the management API has it: text.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `get-pets-petId` of `get` and `/pets/{petId}`.
fn safe_name(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, '_' | '.') {
            out.push(c);
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    let name: String = out.trim_matches('-').chars().take(NAME_CHARS_MAX).collect();
    if name.is_empty() { "operation".to_owned() } else { name }
}

/// An operationId, with what names must not hold replaced.
fn safe_id(id: &str) -> String {
    let safe = |c: char| if "*#&+:<>?/\\%".contains(c) || c.is_whitespace() || c.is_control() { '-' } else { c };
    id.chars().map(safe).take(NAME_CHARS_MAX).collect()
}

/// `PetsPetIdGet` of `/pets/{petId}` and `get`, as Azure names the types of schemas written in place.
fn type_base(path: &str, method: &str) -> String {
    capitals(path) + &capitals(method)
}

/// `XPageSize` of `x-page-size`.
fn capitals(text: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    text.split(|c: char| !c.is_alphanumeric()).map(capital).collect()
}
