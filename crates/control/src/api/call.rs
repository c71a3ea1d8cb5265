//! A management call after its bytes were read, and its answer before they are written.

use super::error::Failure;
use crate::auth::Caller;
use crate::kinds::Render;
use crate::publish::Fleet;
use crate::resource::Resource;
use crate::service::ServiceAddress;
use crate::state::View;
use http::{Method, StatusCode};
use serde_json::{Map, Value};
use std::sync::Arc;

/// One call of the management API. Holding one proves that its caller was authenticated.
pub struct Call {
    pub caller: Caller,
    pub method: Method,
    pub service: Arc<ServiceAddress>,
    pub fleet: Arc<Fleet>,
    /// What the path names below the service, decoded; empty for the service itself.
    pub segments: Vec<String>,
    /// The names among `segments` that a route's `{}` stand for.
    pub names: Vec<String>,
    pub query: Query,
    pub conditions: Conditions,
    /// `None`: no body, or an empty one.
    pub body: Option<Value>,
    /// `https://host:port` as the client wrote it; for absolute links.
    pub origin: String,
    /// The path as the client wrote it; for next links.
    pub raw_path: String,
}

impl Call {
    /// The path below the service: `apis/echo`.
    pub fn path(&self) -> String {
        self.segments.join("/")
    }

    /// A route's name by place, or "".
    pub fn name(&self, at: usize) -> &str {
        self.names.get(at).map_or("", String::as_str)
    }

    /// What this call's answer is rendered with.
    pub fn render<'a>(&'a self, view: &'a dyn View, in_list: bool) -> Render<'a> {
        Render { view, service: &self.service, query: &self.query, fleet: &self.fleet, in_list }
    }

    /// The body as an object; absent counts as empty.
    ///
    /// # Errors
    /// It is something else.
    pub fn object(&self) -> Result<&Map<String, Value>, Failure> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        match &self.body {
            None | Some(Value::Null) => Ok(&EMPTY),
            Some(Value::Object(body)) => Ok(body),
            Some(_) => Err(Failure::Content("the body must be a JSON object".to_owned())),
        }
    }

    /// `properties` of the body; absent counts as empty.
    ///
    /// # Errors
    /// It is not an object.
    pub fn properties(&self) -> Result<Map<String, Value>, Failure> {
        match self.object()?.get("properties") {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(properties)) => Ok(properties.clone()),
            Some(_) => Err(Failure::Content("'properties' must be an object".to_owned())),
        }
    }
}

/// Query parameters; names compare without case.
#[derive(Debug, Default, Clone)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(query: &str) -> Query {
        Query(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// `true` in any case.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// `If-Match` and `If-None-Match`.
#[derive(Debug, Default, Clone)]
pub struct Conditions {
    pub if_match: Option<String>,
    pub if_none_match: Option<String>,
}

impl Conditions {
    /// Whether the write may go on over `current`. `If-Match: *` is unconditional in this API, also
    /// where nothing exists. Source: management-api, chapter 3.
    ///
    /// # Errors
    /// `PreconditionFailed`.
    pub fn check(&self, current: Option<&Resource>) -> Result<(), Failure> {
        let matches = |header: &str| {
            current.is_some_and(|current| {
                let etag = current.etag();
                header.split(',').any(|one| {
                    let one = one.trim();
                    let one = one.strip_prefix("W/").unwrap_or(one);
                    one.trim_matches('"') == etag.trim_matches('"')
                })
            })
        };
        match self.if_match.as_deref().map(str::trim) {
            None | Some("*" | "") => {}
            Some(header) if matches(header) => {}
            Some(_) => return Err(Failure::PreconditionFailed),
        }
        match self.if_none_match.as_deref().map(str::trim) {
            Some("*") if current.is_some() => Err(Failure::PreconditionFailed),
            Some(header) if header != "*" && matches(header) => Err(Failure::PreconditionFailed),
            _ => Ok(()),
        }
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub content: Content,
}

#[derive(Debug)]
pub enum Content {
    Empty,
    Json(Value),
    /// The resource at this path with its ETag, rendered after the call's writes were stored.
    Resource(String),
    /// Bytes of another media type.
    Raw {
        media_type: &'static str,
        bytes: Vec<u8>,
    },
}

impl Answer {
    pub fn json(value: Value) -> Answer {
        Answer { status: StatusCode::OK, content: Content::Json(value) }
    }
    pub fn resource(status: StatusCode, path: impl Into<String>) -> Answer {
        Answer { status, content: Content::Resource(path.into()) }
    }
    pub fn no_content() -> Answer {
        Answer { status: StatusCode::NO_CONTENT, content: Content::Empty }
    }
}
