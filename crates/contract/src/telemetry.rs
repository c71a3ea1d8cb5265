//! What a node sends back. Source: design, chapter 7.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `POST /gateways/{gateway}/heartbeat`, every 10 s and after every applied revision.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Heartbeat {
    /// Chosen by the node at start; a restarted node has a new one unless it is told its name.
    pub node_id: String,
    /// Version of the software.
    pub version: String,
    /// Where it listens, for people.
    pub address: String,
    /// RFC 3339; when the process started.
    pub started: String,
    /// Revision applied; 0 before the first.
    pub revision: u64,
    /// Digest of the configuration applied.
    pub digest: String,
    /// What could not be applied.
    pub failures: Vec<Failure>,
    /// Telemetry batches that were dropped because the spool was full.
    pub dropped_batches: u64,
    /// The node is draining and will go.
    pub stopping: bool,
}

/// A part of the configuration that a node could not compile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Failure {
    pub api: String,
    pub operation: Option<String>,
    pub code: String,
    pub message: String,
    /// Whether the API still runs with its last good configuration.
    pub serving_last_good: bool,
}

/// `POST /gateways/{gateway}/telemetry`. The control plane takes each `(node_id, sequence)` once;
/// a node repeats a batch until it is acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Batch {
    pub node_id: String,
    /// From 1, without gaps within one node id.
    pub sequence: u64,
    pub rollups: Vec<Rollup>,
    pub requests: Vec<RequestRecord>,
    pub traces: Vec<TraceRecord>,
}

/// One traced request. Source: reference/gateway.md, chapter 13.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraceRecord {
    /// What `Apim-Trace-Id` said.
    pub id: String,
    /// Unix milliseconds, arrival of the request.
    pub timestamp_ms: i64,
    /// As `listTrace` answers it.
    pub document: serde_json::Value,
}

/// One minute of one combination of dimensions. Several rollups of the same minute and dimensions
/// are added up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rollup {
    /// Start of the minute, Unix seconds.
    pub minute: i64,
    pub dimensions: Dimensions,
    pub measures: Measures,
}

/// Ids are short names; empty for none.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Dimensions {
    /// Without revision.
    pub api: String,
    pub operation: String,
    pub product: String,
    pub subscription: String,
    pub user: String,
    pub outcome: Outcome,
    pub cache: Cache,
}

/// Source: reference/management-api.md, chapter 12.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Below 400.
    #[default]
    Success,
    /// 401, 403, 429.
    Blocked,
    /// 400 and 500..=600.
    Failed,
    /// The rest.
    Other,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cache {
    #[default]
    None,
    Hit,
    Miss,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Measures {
    pub calls: u64,
    pub request_bytes: u64,
    pub response_bytes: u64,
    /// Total time inside the gateway and behind it: request head received to response sent.
    pub total_time: Sketch,
    /// Time waited for backends.
    pub backend_time: Sketch,
}

/// A mergeable latency histogram. Bucket `i` counts values in `(γ^(i-1), γ^i]` microseconds with
/// γ = 1.02 (a percentile is right within 1 %); merging adds the counts. Values of 0 go to
/// bucket `i32::MIN`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Sketch {
    pub count: u64,
    pub sum_us: u64,
    pub min_us: u64,
    pub max_us: u64,
    pub buckets: BTreeMap<i32, u64>,
}

/// Growth of [`Sketch`] buckets.
pub const SKETCH_GAMMA: f64 = 1.02;

/// One request, as `reports/byRequest` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RequestRecord {
    pub request_id: String,
    /// Unix milliseconds, arrival.
    pub timestamp_ms: i64,
    pub api: String,
    pub operation: String,
    pub product: String,
    pub subscription: String,
    pub user: String,
    pub method: String,
    /// Without secrets: the subscription key in the query is masked.
    pub url: String,
    pub ip_address: String,
    pub response_code: u16,
    pub backend_response_code: Option<u16>,
    pub request_bytes: u64,
    pub response_bytes: u64,
    pub cache: Cache,
    pub total_time_us: u64,
    pub backend_time_us: u64,
    /// `source/reason` of the error that ended it, if one did.
    pub last_error: Option<String>,
}
