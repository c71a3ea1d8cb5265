//! A stored resource as the control plane holds it in memory, and its address.
//!
//! Secrets are in clear text here (projection and checks need them); they leave this process only
//! through `listSecrets` and its like, the feed, and sealed through the store.

use crate::kinds::{Exposure, Kind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};
use std::fmt;

#[derive(Clone)]
pub struct Resource {
    pub kind: &'static Kind,
    /// `apis/echo/operations/get`: below the service, decoded, names in the case they were created
    /// with. See [`key`].
    pub path: String,
    /// The revision that wrote it last; 0 before it is stored.
    pub revision: u64,
    /// Every declared field, secret ones included.
    pub properties: Map<String, Value>,
}

impl Resource {
    pub fn new(kind: &'static Kind, path: impl Into<String>, properties: Map<String, Value>) -> Resource {
        Resource { kind, path: path.into(), revision: 0, properties }
    }

    /// The last segment.
    pub fn name(&self) -> &str {
        last(&self.path)
    }

    pub fn key(&self) -> String {
        key(&self.path)
    }

    /// `apis/echo` of `apis/echo/operations/get`; `None` for a top-level resource.
    pub fn parent(&self) -> Option<&str> {
        parent(&self.path)
    }

    pub fn text(&self, field: &str) -> Option<&str> {
        self.properties.get(field).and_then(Value::as_str)
    }

    pub fn flag(&self, field: &str) -> bool {
        self.properties.get(field).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn etag(&self) -> String {
        etag(self.revision)
    }

    /// Splits the properties into what is stored as it is and what is stored sealed.
    pub fn split(&self) -> (Map<String, Value>, Map<String, Value>) {
        let sealed =
            |name: &str| self.kind.fields.iter().any(|field| field.name == name && field.exposure != Exposure::Open);
        self.properties.clone().into_iter().partition(|(name, _)| !sealed(name))
    }
}

/// Secrets must not reach a log through `{:?}`.
impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource").field("path", &self.path).field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// What identifies a resource: its path without case.
pub fn key(path: &str) -> String {
    path.to_lowercase()
}

/// `apis/operations` of `apis/echo/operations/get` and of `apis/echo/operations`; without case.
pub fn type_key(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for segment in path.split('/').step_by(2) {
        if !out.is_empty() {
            out.push('/');
        }
        out.push_str(&segment.to_lowercase());
    }
    out
}

pub fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

pub fn parent(path: &str) -> Option<&str> {
    let (collection, _) = path.rsplit_once('/')?;
    collection.rsplit_once('/').map(|(parent, _)| parent)
}

/// Strong, quoted, new with every change: the eight bytes of the revision that wrote the resource.
pub fn etag(revision: u64) -> String {
    format!("\"{}\"", BASE64.encode(revision.to_be_bytes()))
}

/// Name of an API without `;rev=n`.
pub fn api_base(name: &str) -> &str {
    // ASCII lower case keeps every offset.
    name.to_ascii_lowercase().find(";rev=").map_or(name, |at| &name[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_apart() {
        assert_eq!(type_key("apis/Echo/Operations/get"), "apis/operations");
        assert_eq!(type_key("apis/Echo/operations"), "apis/operations");
        assert_eq!(parent("apis/echo/operations/get"), Some("apis/echo"));
        assert_eq!(parent("apis/echo"), None);
        assert_eq!(etag(1), "\"AAAAAAAAAAE=\"");
        assert_eq!((api_base("echo;rev=2"), api_base("echo"), api_base("Écho;REV=2")), ("echo", "echo", "Écho"));
    }
}
