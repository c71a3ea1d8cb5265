//! The world as one exchange may act on it: implements the ports of the policy crate.

use crate::body::{Body, RequestBodyFacts};
use crate::forward;
use crate::listener::ConnectionFacts;
use crate::log::LogLevel;
use crate::respond;
use crate::runtime::{ApiKind, ServedApi, ServedOperation};
use crate::upstream::Protocol;
use crate::worker::{LocalRuntime, Worker};
use http::{HeaderValue, Request, header};
use http_body_util::{BodyExt, Limited};
use hyper::upgrade::OnUpgrade;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_expression::context::{self, BodyState, Context, Environment, Instant100ns, Response, Url};
use tollgate_policy::host::{
    ForwardOptions, LogEntry, LogSeverity, Mock, MockWanted, QuotaHit, QuotaStanding, RateHit, RateStanding,
    SideRequest,
};
use tollgate_policy::{Exchange, Fault, Host};

/// What belongs to one exchange and is no business of policies.
pub struct RequestHost {
    pub worker: Rc<Worker>,
    pub runtime: Rc<LocalRuntime>,
    pub connection: Rc<ConnectionFacts>,
    pub api: Option<Arc<ServedApi>>,
    pub operation: Option<Arc<ServedOperation>>,
    /// `Host` as the client sent it, to tell whether a policy has set another.
    pub original_host: Option<HeaderValue>,
    pub client_body: Rc<RequestBodyFacts>,
    /// Present when the client asks for a WebSocket.
    pub client_upgrade: Cell<Option<OnUpgrade>>,
    pub upgrade_wanted: bool,
    pub backend_upgrade: Cell<Option<OnUpgrade>>,
    pub backend_status: Cell<Option<u16>>,
    pub backend_time: Cell<Duration>,
    /// `source/reason` of the last fault, for telemetry.
    pub last_fault: RefCell<Option<String>>,
}

impl RequestHost {
    pub fn wants_upgrade(&self) -> bool {
        self.upgrade_wanted
    }

    pub fn api_kind(&self) -> Option<ApiKind> {
        self.api.as_ref().map(|api| api.kind)
    }

    pub fn add_backend_time(&self, time: Duration) {
        self.backend_time.set(self.backend_time.get() + time);
    }
}

impl Host for RequestHost {
    fn now(&self) -> Instant100ns {
        now()
    }

    async fn forward(&self, exchange: &mut Exchange, options: &ForwardOptions) -> Result<(), Fault> {
        forward::forward(self, exchange, options).await
    }

    async fn send(&self, request: SideRequest) -> Result<Response, Fault> {
        const SOURCE: &str = "send-request";
        let timeout = request.timeout;
        match tokio::time::timeout(timeout, self.side_call(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(respond::backend_timeout(SOURCE)),
        }
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn rate(&self, hit: &RateHit<'_>) -> RateStanding {
        self.worker.node.counters.rate(hit, Instant::now())
    }

    fn quota(&self, hit: &QuotaHit<'_>) -> QuotaStanding {
        self.worker.node.counters.quota(hit, now())
    }

    fn log(&self, context: &Context, entry: &LogEntry<'_>) {
        let level = match entry.severity {
            LogSeverity::Verbose => LogLevel::Debug,
            LogSeverity::Information => LogLevel::Info,
            LogSeverity::Error => LogLevel::Error,
        };
        let log = &self.worker.node.log;
        if !log.enabled(level) {
            return;
        }
        let mut fields: Vec<(&str, serde_json::Value)> = vec![
            ("source", entry.source.into()),
            ("correlationId", uuid::Uuid::from_bytes(context.request_id.0).to_string().into()),
        ];
        fields.extend(entry.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str().into())));
        log.event(level, "Trace", entry.message, &fields);
    }

    fn backend_url(&self, id: &str) -> Option<Url> {
        self.runtime.backends.get(id)?.url.clone()
    }

    fn mock_response(&self, _: &Context, wanted: &MockWanted<'_>) -> Option<Mock> {
        crate::mock::example(self.operation.as_ref()?.definition.as_ref()?, wanted)
    }

    fn seat_take(&self, key: &str, seats: u64) -> bool {
        self.worker.node.counters.seat_take(key, seats)
    }

    fn seat_leave(&self, key: &str) {
        self.worker.node.counters.seat_leave(key);
    }

    fn error_response(&self, context: &Context, fault: &Fault) -> Response {
        let reason = fault.reason.as_deref().unwrap_or_default();
        *self.last_fault.borrow_mut() = Some(format!("{}/{reason}", fault.source));
        respond::fault_response(fault, &context.request_id.0)
    }
}

impl RequestHost {
    async fn side_call(&self, side: SideRequest) -> Result<Response, Fault> {
        const SOURCE: &str = "send-request";
        let url = side.url;
        let mut headers = side.headers;
        forward::strip_hop_by_hop(&mut headers);
        headers.remove(header::CONTENT_LENGTH);
        if !side.body.is_empty() {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(side.body.len()));
        }
        if !headers.contains_key(header::HOST) {
            let authority =
                if url.is_default_port() { url.host.to_string() } else { format!("{}:{}", url.host, url.port) };
            if let Ok(value) = HeaderValue::try_from(authority) {
                headers.insert(header::HOST, value);
            }
        }
        let mut request = Request::new(Body::full(side.body));
        *request.method_mut() = side.method;
        *request.uri_mut() = http::Uri::from(url.path_and_query.clone());
        *request.headers_mut() = headers;
        let sent = self.worker.upstreams.send(&url, &self.runtime.default_tls, Protocol::Http1, request);
        let response = sent.await.map_err(|error| respond::backend_failed(SOURCE, &error))?;
        let (mut parts, body) = response.into_parts();
        forward::strip_hop_by_hop(&mut parts.headers);
        let limit = self.worker.node.settings.limits.body_bytes_max;
        let content = Limited::new(body, limit).collect().await.map_err(|error| {
            respond::bad_gateway(SOURCE, format!("the answer of the side call cannot be read: {error}"))
        })?;
        Ok(Response {
            status_code: parts.status.as_u16(),
            status_reason: None,
            headers: parts.headers,
            body: context::Body::new(BodyState::Buffered(content.to_bytes())),
        })
    }
}

/// The wall clock as .NET counts it.
pub fn now() -> Instant100ns {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Instant100ns::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}

/// What expressions may learn of the world; one per worker.
pub struct WorkerEnvironment {
    pub log: crate::log::Log,
}

impl Environment for WorkerEnvironment {
    fn now(&self) -> Instant100ns {
        now()
    }

    fn entropy(&self, buffer: &mut [u8]) {
        rand::Rng::fill_bytes(&mut rand::rng(), buffer);
    }

    fn trace(&self, message: &str) {
        self.log.event(LogLevel::Debug, "Trace", message, &[("source", "context.Trace".into())]);
    }
}
