//! `GET /gateways/{gateway}/configuration?after={revision}&wait={s}` and its answer.

use crate::snapshot::{Document, Key};
use serde::{Deserialize, Serialize};

/// The answer when something changed: upserts and deletes that turn the configuration of revision
/// `base` into that of `revision`. Without `base` the upserts are the whole configuration.
/// Nothing changed: 304 without a body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Feed {
    /// [`crate::FORMAT`] of the sender.
    pub format: u32,
    pub gateway: String,
    /// Revision of the service that the gateway has after applying this.
    pub revision: u64,
    /// Revision this is a delta to; absent for a whole configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<u64>,
    /// Hex SHA-256 over all entries after applying; a node whose own digest differs asks for the
    /// whole. See [`Entry::digest`].
    pub digest: String,
    #[serde(default)]
    pub upserts: Vec<Entry>,
    #[serde(default)]
    pub deletes: Vec<Key>,
}

/// One document and the key it has. The digest of a configuration is the SHA-256 over the lines
/// `{kind}/{id} {entry digest}\n` in key order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub key: Key,
    /// Hex SHA-256 of the document's JSON as sent.
    pub digest: String,
    pub document: Document,
}
