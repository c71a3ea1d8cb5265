//! Conformance vectors: a context from JSON, an evaluation, and its result in the form that the
//! oracle's README gives for `expect`. Behind `tollgate expression eval`.

use crate::context::{
    Api, Body, BodyState, Context, Deployment, Environment, Group, Instant100ns, LastError, Operation, Product,
    Request, RequestId, Response, Scheme, Subscription, Url, User, Variables,
};
use crate::library::describe;
use crate::program::{Budget, Expected, compile};
use crate::value::Value;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;

/// Elapsed time of the stand-in context: 1234.5 ms.
const ELAPSED_TICKS: i64 = 12_345_000;

/// A clock with a fixed distance from the request's arrival, and recorded traces.
struct Stand {
    now: Instant100ns,
    traces: RefCell<Vec<String>>,
    seed: RefCell<u64>,
    /// Header names as the context writes them.
    names: Vec<SmolStr>,
}

impl Environment for Stand {
    fn now(&self) -> Instant100ns {
        self.now
    }

    fn entropy(&self, buffer: &mut [u8]) {
        // splitmix64: the vectors leave out what varies, so any numbers do.
        let mut seed = self.seed.borrow_mut();
        for byte in buffer {
            *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            *byte = (mixed ^ (mixed >> 27)) as u8;
        }
    }

    fn trace(&self, message: &str) {
        self.traces.borrow_mut().push(message.to_owned());
    }

    fn header_spelling(&self, name: &str) -> Option<SmolStr> {
        self.names.iter().find(|written| written.eq_ignore_ascii_case(name)).cloned()
    }
}

/// What an expression gives in a context: the oracle's `expect` form.
pub fn evaluate(expression: &str, context: &Json) -> Json {
    evaluate_within(expression, context, Budget::default())
}

/// The same within a budget of one's own.
pub fn evaluate_within(expression: &str, context: &Json, budget: Budget) -> Json {
    let program = match compile(expression, Expected::Object) {
        Ok(program) => program,
        Err(findings) => {
            let texts: Vec<String> =
                findings.iter().map(|found| format!("{}: {}", found.code, found.message)).collect();
            return json!({ "compileError": texts });
        }
    };
    let (context, stand) = stand_in(context);
    let outcome = program.run(&context, budget);
    let mut got = match outcome {
        Ok(value) => match describe::describe(&context, &value, budget) {
            Ok(described) => described,
            Err(exception) => json!({ "error": exception.type_name, "message": exception.message }),
        },
        Err(exception) => json!({ "error": exception.type_name, "message": exception.message }),
    };
    let traces = stand.traces.borrow();
    if let (Json::Object(got), false) = (&mut got, traces.is_empty()) {
        got.insert("traces".to_owned(), json!(*traces));
    }
    got
}

fn text(from: &Json, name: &str, default: &str) -> SmolStr {
    from.get(name).and_then(Json::as_str).unwrap_or(default).into()
}

fn optional(from: &Json, name: &str) -> Option<SmolStr> {
    from.get(name).and_then(Json::as_str).map(SmolStr::from)
}

fn date(text: &str) -> Option<Instant100ns> {
    crate::dotnet::data::time::DateTime::parse_iso(text).map(|date| Instant100ns(date.ticks))
}

fn url(text: &str) -> Option<Url> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = match scheme {
        "http" => Scheme::Http,
        "ws" => Scheme::Ws,
        "wss" => Scheme::Wss,
        _ => Scheme::Https,
    };
    let cut = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(cut);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, scheme.default_port()),
    };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let path = path.split('#').next().unwrap_or("/").to_owned();
    Some(Url { scheme, host: host.into(), port, path_and_query: path.parse().ok()? })
}

fn headers(from: Option<&Json>) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, values) in from.and_then(Json::as_object).into_iter().flatten() {
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        let values: Vec<&str> = match values {
            Json::Array(values) => values.iter().filter_map(Json::as_str).collect(),
            other => other.as_str().into_iter().collect(),
        };
        for value in values {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                map.append(name.clone(), value);
            }
        }
    }
    map
}

/// The oracle's stand-in lets a body be read any number of times; ours does what Azure does.
fn body(from: Option<&Json>) -> Body {
    match from {
        Some(Json::String(text)) => Body::replayed(text.clone().into_bytes().into()),
        Some(Json::Null) | None => Body::new(BodyState::Absent),
        Some(other) => Body::replayed(other.to_string().into_bytes().into()),
    }
}

fn response(from: &Json) -> Response {
    let status = from.get("status").or(from.get("statusCode")).and_then(Json::as_u64).unwrap_or(200);
    Response {
        status_code: status as u16,
        status_reason: optional(from, "reason"),
        headers: headers(from.get("headers")),
        body: body(from.get("body")),
    }
}

fn groups(from: &Json) -> Vec<Group> {
    let items = from.get("groups").and_then(Json::as_array).into_iter().flatten();
    items
        .map(|group| match group {
            Json::String(name) => Group { id: name.as_str().into(), name: name.as_str().into() },
            other => Group { id: text(other, "id", ""), name: text(other, "name", "") },
        })
        .collect()
}

fn request(from: &Json) -> Request {
    let default = "https://gateway.example.com/echo/resource?param1=sample";
    let called = from.get("url").and_then(Json::as_str).unwrap_or(default);
    let original = from.get("originalUrl").and_then(Json::as_str).unwrap_or(called);
    let fallback = || Url {
        scheme: Scheme::Https,
        host: "gateway.example.com".into(),
        port: 443,
        path_and_query: http::uri::PathAndQuery::from_static("/"),
    };
    let parameters = from.get("matchedParameters").and_then(Json::as_object).into_iter().flatten();
    Request {
        method: from.get("method").and_then(Json::as_str).and_then(|method| method.parse().ok()).unwrap_or(Method::GET),
        url: url(called).unwrap_or_else(fallback),
        original_url: url(original).unwrap_or_else(fallback),
        headers: headers(from.get("headers")),
        body: body(from.get("body")),
        ip_address: from
            .get("ipAddress")
            .and_then(Json::as_str)
            .and_then(|ip| ip.parse().ok())
            .unwrap_or(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7))),
        matched_parameters: parameters
            .map(|(name, value)| (name.as_str().into(), value.as_str().unwrap_or("").into()))
            .collect(),
        certificate: None,
    }
}

fn api(from: &Json) -> Api {
    let names = from.get("subscriptionKeyParameterNames").unwrap_or(&Json::Null);
    let protocols = from.get("protocols").and_then(Json::as_array);
    Api {
        id: text(from, "id", "echo-api"),
        name: text(from, "name", "Echo API"),
        path: text(from, "path", "echo"),
        protocols: match protocols {
            Some(list) => list.iter().filter_map(Json::as_str).map(SmolStr::from).collect(),
            None => vec!["https".into()],
        },
        service_url: url(from
            .get("serviceUrl")
            .and_then(Json::as_str)
            .unwrap_or("https://backend.example.com:8443/base")),
        subscription_key_header: text(names, "header", "Ocp-Apim-Subscription-Key"),
        subscription_key_query: text(names, "query", "subscription-key"),
        revision: text(from, "revision", "1"),
        version: optional(from, "version").or_else(|| from.get("version").is_none().then(|| "v1".into())),
        is_current_revision: from.get("isCurrentRevision").and_then(Json::as_bool).unwrap_or(true),
    }
}

fn subscription(from: &Json) -> Subscription {
    let at = |name: &str, default: &str| date(from.get(name).and_then(Json::as_str).unwrap_or(default));
    Subscription {
        id: text(from, "id", "sub-1"),
        name: text(from, "name", "My subscription"),
        key: text(from, "key", "0123456789abcdef0123456789abcdef"),
        primary_key: Some(text(from, "primaryKey", "0123456789abcdef0123456789abcdef")),
        secondary_key: Some(text(from, "secondaryKey", "fedcba9876543210fedcba9876543210")),
        created_date: at("createdDate", "2023-01-02T03:04:05Z").unwrap_or_default(),
        start_date: at("startDate", "2023-01-03T00:00:00Z"),
        end_date: from.get("endDate").and_then(Json::as_str).and_then(date),
    }
}

fn user(from: &Json) -> User {
    let identities = from.get("identities").and_then(Json::as_array).into_iter().flatten();
    User {
        id: text(from, "id", "1"),
        email: text(from, "email", "ada@example.com"),
        first_name: text(from, "firstName", "Ada"),
        last_name: text(from, "lastName", "Byron"),
        note: text(from, "note", ""),
        registration_date: date(from.get("registrationDate").and_then(Json::as_str).unwrap_or("2022-12-31T23:59:59Z"))
            .unwrap_or_default(),
        groups: groups(from),
        identities: identities.map(|identity| (text(identity, "id", ""), text(identity, "provider", ""))).collect(),
    }
}

fn product(from: &Json) -> Product {
    Product {
        id: text(from, "id", "starter"),
        name: text(from, "name", "Starter"),
        approval_required: from.get("approvalRequired").and_then(Json::as_bool).unwrap_or(false),
        subscription_required: from.get("subscriptionRequired").and_then(Json::as_bool).unwrap_or(true),
        subscriptions_limit: from
            .get("subscriptionLimit")
            .map_or(Some(1), |limit| limit.as_i64().map(|limit| limit as i32)),
        published: from.get("state").and_then(Json::as_str) != Some("NotPublished"),
        groups: groups(from),
    }
}

/// A part that may be null, or absent with defaults.
fn part<T>(context: &Json, name: &str, read: impl Fn(&Json) -> T) -> Option<Arc<T>> {
    match context.get(name) {
        Some(Json::Null) => None,
        Some(found) => Some(Arc::new(read(found))),
        None => Some(Arc::new(read(&Json::Null))),
    }
}

/// What a described context may hold. Source: oracle/README.md.
const CONTEXT_MEMBERS: [&str; 12] = [
    "api",
    "deployment",
    "lastError",
    "operation",
    "product",
    "request",
    "requestId",
    "response",
    "subscription",
    "timestamp",
    "user",
    "variables",
];

/// Whether a text that a person wrote describes a context; in vectors, what is not known is left out.
///
/// # Errors
/// What is wrong with it.
pub fn check_context(described: &Json) -> Result<(), String> {
    let members = described.as_object().ok_or("a context is a JSON object")?;
    match members.keys().find(|name| !CONTEXT_MEMBERS.contains(&name.as_str())) {
        Some(name) => Err(format!("a context has no `{name}`; it may have {}", CONTEXT_MEMBERS.join(", "))),
        None => Ok(()),
    }
}

/// The context that a vector describes, for benches and tools.
pub fn context(described: &Json) -> Context {
    stand_in(described).0
}

fn stand_in(context: &Json) -> (Context, Rc<Stand>) {
    let timestamp = context.get("timestamp").and_then(Json::as_str).and_then(date);
    let timestamp = timestamp.or_else(|| date("2024-02-29T13:05:09.123Z")).unwrap_or_default();
    let now = Instant100ns(timestamp.0 + ELAPSED_TICKS);
    let messages = ["request", "response"].iter().filter_map(|name| context.get(name)?.get("headers")?.as_object());
    let names = messages.flat_map(|headers| headers.keys()).map(SmolStr::from).collect();
    let stand = Rc::new(Stand { now, traces: RefCell::default(), seed: RefCell::new(1), names });
    let environment: Rc<dyn Environment> = Rc::clone(&stand) as Rc<dyn Environment>;
    let id = context.get("requestId").and_then(Json::as_str).unwrap_or("6f1b4c1e-0d5b-4b36-9c5e-2a1d3f4e5a6b");
    let id = crate::dotnet::text::guid::Guid::try_parse(id).map_or(0, |guid| guid.as_u128());
    let deployment = context.get("deployment").unwrap_or(&Json::Null);
    let mut variables = Variables::default();
    for (name, value) in context.get("variables").and_then(Json::as_object).into_iter().flatten() {
        variables.set(name.as_str().into(), variable(value));
    }
    let error = context.get("lastError").filter(|error| error.is_object());
    let built = Context {
        request: request(context.get("request").unwrap_or(&Json::Null)),
        response: context.get("response").filter(|found| found.is_object()).map(response),
        variables,
        api: part(context, "api", api),
        operation: part(context, "operation", |from| Operation {
            id: text(from, "id", "retrieve-resource"),
            name: text(from, "name", "Retrieve resource"),
            method: text(from, "method", "GET"),
            url_template: text(from, "urlTemplate", "/resource"),
        }),
        product: part(context, "product", product),
        subscription: part(context, "subscription", subscription),
        user: context.get("user").filter(|found| found.is_object()).map(|found| Arc::new(user(found))),
        backend: None,
        deployment: Arc::new(Deployment {
            gateway_id: text(deployment, "gatewayId", "managed"),
            instance_id: "managed".into(),
            is_managed: true,
            region: text(deployment, "region", "West Europe"),
            service_id: text(deployment, "serviceId", "contoso"),
            service_name: text(deployment, "serviceName", "contoso.azure-api.net"),
            certificates: Vec::new(),
        }),
        last_error: error.map(|error| LastError {
            source: text(error, "source", ""),
            reason: optional(error, "reason"),
            message: text(error, "message", "").to_string(),
            scope: optional(error, "scope"),
            section: optional(error, "section"),
            path: optional(error, "path").map(|path| path.to_string()),
            policy_id: optional(error, "policyId"),
        }),
        request_id: RequestId(id.to_be_bytes()),
        timestamp,
        tracing: false,
        environment,
    };
    (built, stand)
}

/// A variable of a vector's context.
fn variable(from: &Json) -> Value {
    match from {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => i32::try_from(whole).map_or(Value::Int64(whole), Value::Int32),
            None => Value::Double(number.as_f64().unwrap_or(0.0)),
        },
        Json::String(text) => Value::string(text.as_str()),
        Json::Object(typed) => typed_variable(typed),
        Json::Array(_) => Value::Null,
    }
}

fn typed_variable(typed: &Map<String, Json>) -> Value {
    let value = typed.get("value").unwrap_or(&Json::Null);
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    };
    match typed.get("$type").and_then(Json::as_str).unwrap_or("") {
        "long" => Value::Int64(text.parse().unwrap_or(0)),
        "decimal" => text.parse().map_or(Value::Null, Value::Decimal),
        "DateTime" => {
            date(&text).map_or(Value::Null, |at| crate::library::context::instant(at, crate::value::DateKind::Utc))
        }
        "Guid" => crate::dotnet::text::guid::Guid::try_parse(&text)
            .map_or(Value::Null, |guid| Value::Guid(guid.as_u128().to_be_bytes())),
        "byte[]" => crate::dotnet::text::encoding::from_base64(&text).map_or(Value::Null, Value::bytes),
        "string[]" => {
            let items = value.as_array().into_iter().flatten();
            crate::library::array::Array::strings(items.map(|item| item.as_str().map_or(Value::Null, Value::string)))
        }
        "JObject" | "JArray" | "JToken" => {
            crate::library::json::parse(&value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
        }
        "Jwt" => crate::library::jwt::decode(&text).unwrap_or_default(),
        "IResponse" => Value::response(response(value)),
        "Authorization" => crate::library::jwt::authorization(value),
        _ => Value::Null,
    }
}

/// Whether a result is what a vector expects: the exception's type, the fact of a refusal, or type,
/// value and text.
pub fn is_equal(expect: &Json, got: &Json) -> bool {
    if expect.get("compileError").is_some() {
        return got.get("compileError").is_some();
    }
    if let Some(error) = expect.get("error") {
        return got.get("error") == Some(error);
    }
    same(expect, got)
}

/// Types may be less exact than ours for dictionaries of the context.
fn same(expect: &Json, got: &Json) -> bool {
    match (expect, got) {
        (Json::Object(a), Json::Object(b)) => {
            a.iter().all(|(name, value)| b.get(name).is_some_and(|found| same(value, found)))
        }
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (a, b) => a == b,
    }
}
