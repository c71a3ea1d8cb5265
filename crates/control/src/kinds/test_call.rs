//! `POST testCall`: one request to a gateway, made from here, where no CORS rule stands in the way.
//! Source: portals/README.md.

use super::{Module, Route};
use crate::api::error::{Failure, Finding};
use crate::api::{Answer, Call};
use crate::control::Control;
use crate::outside::{Exchange, Outgoing};
use crate::state::View;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::{Map, Value, json};
use url::Url;

pub static MODULE: Module = Module { routes: &[Route::wait("POST", "testCall", test_call)], ..Module::DEFAULT };

/// Stands for an address that a node does not tell: it listens on every one of its machine.
const LOOPBACK: &str = "127.0.0.1";
/// What frames the message: a wrong value would break the call in ways that tell nothing of the API.
const FRAMING: [HeaderName; 5] =
    [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION, header::UPGRADE, header::TE];

fn test_call<'a>(control: &'a Control, call: &'a Call) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(async move {
        let body = call.object()?;
        let wanted = read(body)?;
        let gateway = control.state().get(&format!("gateways/{}", wanted.gateway));
        let gateway = gateway.ok_or_else(|| Failure::absent("Gateway"))?;
        let origin = match wanted.origin {
            Some(origin) => origin,
            None => {
                // Other replicas hear heartbeats too.
                control.inner.fleet.load().await?;
                control.inner.fleet.origin(gateway.name(), LOOPBACK).ok_or_else(|| {
                    Failure::Conflict(format!("No node of the gateway '{}' is online.", gateway.name()))
                })?
            }
        };
        let url = Url::parse(&format!("{origin}{}", wanted.path))
            .map_err(|error| Failure::invalid("path", format!("'path' makes no address: {error}")))?;
        let told = url.to_string();
        let call = Outgoing { method: wanted.method, url, headers: wanted.headers, body: wanted.body };
        let exchange = control.inner.outside.exchange(call).await.map_err(Failure::TestCall)?;
        Ok(Answer::json(document(exchange, &told)))
    })
}

/// A call as asked for, checked.
struct Wanted {
    gateway: String,
    /// `http://host:port`.
    origin: Option<String>,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: String,
}

fn read(body: &Map<String, Value>) -> Result<Wanted, Failure> {
    let mut findings = Vec::new();
    let mut refuse = |target: &str, message: String| findings.push(Finding::new(target, message));
    let mut text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(_) => {
            refuse(name, format!("'{name}' must be text"));
            String::new()
        }
    };
    let (gateway, url, method, path) = (text("gatewayId"), text("gatewayUrl"), text("method"), text("path"));
    let payload = text("body");
    if gateway.is_empty() {
        refuse("gatewayId", "'gatewayId' must not be empty".to_owned());
    }
    let origin = (!url.is_empty()).then(|| read_origin(&url));
    if origin == Some(None) {
        refuse("gatewayUrl", "'gatewayUrl' must be an origin such as http://127.0.0.1:8080".to_owned());
    }
    let method = method.parse::<Method>().unwrap_or_else(|_| {
        refuse("method", "'method' must be an HTTP method such as GET".to_owned());
        Method::GET
    });
    if !path.starts_with('/') || path.contains(|c: char| c == '#' || c.is_whitespace() || c.is_control()) {
        refuse("path", "'path' must begin with '/', and hold neither spaces nor '#'".to_owned());
    }
    let headers = read_headers(body.get("headers"), &mut refuse);
    if findings.is_empty() {
        Ok(Wanted { gateway, origin: origin.flatten(), method, path, headers, body: payload })
    } else {
        Err(Failure::Validation(findings))
    }
}

/// Scheme, host and port, and nothing else.
fn read_origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?;
    let is_bare = url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none();
    is_bare.then(|| url.as_str().trim_end_matches('/').to_owned())
}

fn read_headers(given: Option<&Value>, refuse: &mut impl FnMut(&str, String)) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let given = match given {
        None | Some(Value::Null) => return headers,
        Some(Value::Object(given)) => given,
        Some(_) => {
            refuse("headers", "'headers' must be an object of names and values".to_owned());
            return headers;
        }
    };
    for (name, value) in given {
        let parsed = name.parse::<HeaderName>().ok();
        let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
        match (parsed, value) {
            (Some(name), _) if FRAMING.contains(&name) => {
                refuse("headers", format!("the header '{name}' is set by the call itself"));
            }
            (Some(name), Some(value)) => {
                headers.append(name, value);
            }
            _ => refuse("headers", format!("'{name}' is not a header with a text value")),
        }
    }
    headers
}

fn document(exchange: Exchange, url: &str) -> Value {
    let headers: Vec<Value> = exchange
        .headers
        .iter()
        .map(|(name, value)| json!({ "name": name.as_str(), "value": String::from_utf8_lossy(value.as_bytes()) }))
        .collect();
    let (encoding, body) = shown(exchange.body, exchange.truncated);
    json!({
        "status": exchange.status.as_u16(),
        "headers": headers,
        "body": body,
        "bodyEncoding": encoding,
        "truncated": exchange.truncated,
        "durationMs": exchange.duration.as_secs_f64() * 1e3,
        "url": url,
    })
}

/// A body as text, else as base64. The cut of a long one may stand inside a character.
fn shown(body: Vec<u8>, truncated: bool) -> (&'static str, String) {
    match String::from_utf8(body) {
        Ok(text) => ("utf8", text),
        Err(error) => {
            let (valid, is_cut) = (error.utf8_error().valid_up_to(), error.utf8_error().error_len().is_none());
            let bytes = error.into_bytes();
            match std::str::from_utf8(&bytes[..valid]) {
                Ok(text) if truncated && is_cut => ("utf8", text.to_owned()),
                _ => ("base64", BASE64.encode(&bytes)),
            }
        }
    }
}
