//! The ports through which policies act on the world. The gateway implements them; so do the
//! policy tools, with stubs.

use crate::definition::Definition;
use crate::exchange::{BodyStream, ClientCertificate, Exchange};
use crate::fault::Fault;
use crate::jose::Provider;
use bytes::Bytes;
use http::{HeaderMap, Method};
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tollgate_expression::Value;
use tollgate_expression::context::{Backend, Context, Instant100ns, Response, Url};

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

    // What follows has a default so that a host may leave it out; each default is the documented
    // behaviour of a gateway without the thing, never a silent pass.

    /// A side call that nobody waits for (`send-one-way-request`); it must not outlive its timeout.
    /// The default waits for it.
    async fn send_detached(&self, request: SideRequest) {
        let _ = self.send(request).await;
    }

    /// The URL of a backend entity, for `context.Request.Url`. `None`: a pool, or not known before
    /// the request is sent.
    fn backend_url(&self, id: &str) -> Option<Url> {
        let _ = id;
        None
    }

    /// What the API's definition says of the operation in play. `None`: nothing.
    fn definition(&self, context: &Context) -> Option<Arc<Definition>> {
        let _ = context;
        None
    }

    /// Takes one of `seats` concurrent executions of `key`. `false`: all are taken.
    fn seat_take(&self, key: &str, seats: u64) -> bool {
        let _ = (key, seats);
        false
    }

    /// Gives a seat back that `seat_take` gave.
    fn seat_leave(&self, key: &str) {
        let _ = key;
    }

    /// `context.Backend` of a backend entity, until a member of a pool has been chosen.
    fn backend(&self, id: &str) -> Option<Arc<Backend>> {
        let _ = id;
        None
    }

    /// A failing cache is a miss, in time: a host never waits long for one.
    async fn cache_get(&self, key: &str, cache: CacheKind) -> Option<CacheEntry> {
        let _ = (key, cache);
        None
    }

    /// Keeps a value without making the exchange wait for it; a cache that fails keeps nothing.
    async fn cache_put(&self, key: &str, value: Value, duration: Duration, cache: CacheKind) {
        let _ = (key, value, duration, cache);
    }

    async fn cache_remove(&self, key: &str, cache: CacheKind) -> CacheRemoval {
        let _ = (key, cache);
        CacheRemoval::Absent
    }

    /// The `Authorization` of a message to `resource`, a queue or topic of Service Bus. The default
    /// is a token of a managed identity.
    async fn service_bus_authorization(&self, resource: &Url, client_id: Option<&str>) -> Result<SmolStr, Fault> {
        let _ = resource;
        Ok(smol_str::format_smolstr!("Bearer {}", self.identity_token(SERVICE_BUS_AUDIENCE, client_id).await?))
    }

    /// A token of a managed identity for `resource`. `client_id`: a user-assigned identity.
    async fn identity_token(&self, resource: &str, client_id: Option<&str>) -> Result<SmolStr, Fault> {
        let _ = (resource, client_id);
        Err(Fault::new("authentication-managed-identity", 500, "no managed identity is configured on this gateway"))
    }

    /// The OpenID provider whose metadata is at `url`. `stale`: none of these keys fits a token, so
    /// they are fetched again unless that was done a short while ago.
    ///
    /// # Errors
    /// It was never reached.
    async fn openid_provider(&self, url: &str, stale: Option<&Arc<Provider>>) -> Result<Arc<Provider>, Fault> {
        let _ = stale;
        Err(Fault::new("", 500, format!("the OpenID provider at {url} cannot be reached from here"))
            .with_reason("BackendConnectionFailure"))
    }

    /// A token of a credential provider's connection.
    ///
    /// # Errors
    /// There is no such connection, its access policies forbid it, or the provider gives no token.
    async fn authorization(&self, wanted: &AuthorizationWanted<'_>) -> Result<Authorization, Fault> {
        let message = format!("connection `{}/{}` is not known to this gateway", wanted.provider, wanted.id);
        Err(Fault::new("get-authorization-context", 500, message))
    }

    /// What the chain of the client's certificate is worth. `Err`: why not.
    fn client_trust(&self, trust: &ClientTrust<'_>) -> Result<(), String> {
        let _ = trust;
        Err("this host trusts no authority".to_owned())
    }

    /// Certificates in DER that may have issued the client's: those it showed with its own, and the
    /// gateway's authorities.
    fn client_issuers(&self) -> Vec<Bytes> {
        Vec::new()
    }

    /// Counts a custom metric.
    fn emit_metric(&self, context: &Context, metric: &Metric<'_>) {
        let _ = (context, metric);
    }

    /// Sends an event to the logger entity `logger` (`log-to-eventhub`), without waiting.
    fn log_event(&self, context: &Context, event: &LogEvent<'_>) -> Result<(), Fault> {
        let _ = context;
        Err(Fault::new("log-to-eventhub", 500, format!("logger `{}` is not configured on this gateway", event.logger)))
    }
}

/// The part of a host that never waits, behind one pointer so that steps are compiled once.
pub trait Ports {
    fn now(&self) -> Instant100ns;
    fn rate(&self, hit: &RateHit<'_>) -> RateStanding;
    fn quota(&self, hit: &QuotaHit<'_>) -> QuotaStanding;
    fn log(&self, context: &Context, entry: &LogEntry<'_>);
    fn error_response(&self, context: &Context, fault: &Fault) -> Response;
    fn backend_url(&self, id: &str) -> Option<Url>;
    fn backend(&self, id: &str) -> Option<Arc<Backend>>;
    fn definition(&self, context: &Context) -> Option<Arc<Definition>>;
    fn seat_take(&self, key: &str, seats: u64) -> bool;
    fn seat_leave(&self, key: &str);
    fn client_trust(&self, trust: &ClientTrust<'_>) -> Result<(), String>;
    fn client_issuers(&self) -> Vec<Bytes>;
    fn emit_metric(&self, context: &Context, metric: &Metric<'_>);
    fn log_event(&self, context: &Context, event: &LogEvent<'_>) -> Result<(), Fault>;
}

impl<H: Host> Ports for H {
    fn now(&self) -> Instant100ns {
        Host::now(self)
    }
    fn rate(&self, hit: &RateHit<'_>) -> RateStanding {
        Host::rate(self, hit)
    }
    fn quota(&self, hit: &QuotaHit<'_>) -> QuotaStanding {
        Host::quota(self, hit)
    }
    fn log(&self, context: &Context, entry: &LogEntry<'_>) {
        Host::log(self, context, entry);
    }
    fn error_response(&self, context: &Context, fault: &Fault) -> Response {
        Host::error_response(self, context, fault)
    }
    fn backend_url(&self, id: &str) -> Option<Url> {
        Host::backend_url(self, id)
    }
    fn backend(&self, id: &str) -> Option<Arc<Backend>> {
        Host::backend(self, id)
    }
    fn definition(&self, context: &Context) -> Option<Arc<Definition>> {
        Host::definition(self, context)
    }
    fn seat_take(&self, key: &str, seats: u64) -> bool {
        Host::seat_take(self, key, seats)
    }
    fn seat_leave(&self, key: &str) {
        Host::seat_leave(self, key);
    }
    fn client_trust(&self, trust: &ClientTrust<'_>) -> Result<(), String> {
        Host::client_trust(self, trust)
    }
    fn client_issuers(&self) -> Vec<Bytes> {
        Host::client_issuers(self)
    }
    fn emit_metric(&self, context: &Context, metric: &Metric<'_>) {
        Host::emit_metric(self, context, metric);
    }
    fn log_event(&self, context: &Context, event: &LogEvent<'_>) -> Result<(), Fault> {
        Host::log_event(self, context, event)
    }
}

/// `caching-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CacheKind {
    #[default]
    PreferExternal,
    External,
    Internal,
}

/// Audience of identity tokens for Service Bus.
pub const SERVICE_BUS_AUDIENCE: &str = "https://servicebus.azure.net";

/// A value in a cache.
#[derive(Debug, Clone)]
pub struct CacheEntry {
    pub value: Value,
    pub stored: Instant100ns,
    /// When it ceases to be there.
    pub until: Instant100ns,
}

/// What came of taking a value out of a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheRemoval {
    Removed,
    /// There was none.
    Absent,
    Failed(String),
}

/// An HTTP proxy for calls of this exchange. The way to the proxy itself is never encrypted.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Proxy {
    pub host: SmolStr,
    pub port: u16,
    /// User name and password of Basic authentication.
    pub credentials: Option<(SmolStr, SmolStr)>,
}

/// Never shows the password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Metric<'a> {
    pub name: &'a str,
    pub namespace: &'a str,
    pub value: f64,
    /// `None`: the value of a default dimension (`API ID`, `Gateway ID`…), which the host knows.
    pub dimensions: &'a [(SmolStr, Option<SmolStr>)],
}

#[derive(Debug, Clone, Copy)]
pub struct LogEvent<'a> {
    pub logger: &'a str,
    pub partition_id: Option<&'a str>,
    pub partition_key: Option<&'a str>,
    pub message: &'a str,
}

/// Attributes of `forward-request`, evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
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

#[derive(Debug, Clone)]
pub struct SideRequest {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub timeout: Duration,
    pub client_certificate: Option<ClientCertificate>,
    pub proxy: Option<Proxy>,
    /// The backend entity to call. Path and query of `url` are then below its URL, and the rest of `url`
    /// is not used.
    pub backend_id: Option<SmolStr>,
}

/// What a client's certificate is asked for.
#[derive(Debug, Clone, Copy)]
pub enum ClientTrust<'a> {
    /// Its chain leads to an authority that the gateway trusts. Dates are not looked at.
    Configured,
    /// It stands on no revocation list that the gateway has.
    NotRevoked,
    /// The certificate with this DER issued it.
    IssuedBy(&'a [u8]),
}

/// Whose right to a connection counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub tenant: SmolStr,
    pub object: SmolStr,
}

#[derive(Debug, Clone, Copy)]
pub struct AuthorizationWanted<'a> {
    pub provider: &'a str,
    pub id: &'a str,
    /// `None`: the gateway's own identity.
    pub principal: Option<&'a Principal>,
}

/// What `get-authorization-context` puts into its variable.
#[derive(Clone)]
pub struct Authorization {
    pub access_token: SmolStr,
    /// An object.
    pub claims: serde_json::Value,
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
    use http_body_util::{BodyExt, LengthLimitError, Limited};
    match Limited::new(stream, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Fault::new(
            "",
            413,
            format!("the body is longer than {bytes_max} bytes, the limit of what policies can read"),
        )),
        Err(error) => {
            Err(Fault::new("", 500, format!("the body cannot be read: {error}")).with_reason("ClientConnectionFailure"))
        }
    }
}
