//! The world as one exchange may act on it: implements the ports of the policy crate.

use crate::authorizations;
use crate::body::{Body, RequestBodyFacts};
use crate::forward;
use crate::listener::ConnectionFacts;
use crate::log::LogLevel;
use crate::respond;
use crate::runtime::{ApiKind, ServedApi, ServedOperation};
use crate::upstream::{Protocol, TlsClient};
use crate::worker::{LocalRuntime, Worker};
use http::{HeaderValue, Request, header};
use http_body_util::{BodyExt, Limited};
use hyper::upgrade::OnUpgrade;
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_expression::context::{self, BodyState, Context, Environment, Instant100ns, Response, Url};
use tollgate_policy::definition::Definition;
use tollgate_policy::exchange::ClientCertificate;
use tollgate_policy::host::{
    Authorization, AuthorizationWanted, ClientTrust, ForwardOptions, LogEntry, LogSeverity, QuotaHit, QuotaStanding,
    RateHit, RateStanding, SideRequest,
};
use tollgate_policy::jose::Provider;
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

    fn definition(&self, _: &Context) -> Option<Arc<Definition>> {
        self.operation.as_ref()?.definition.clone()
    }

    fn seat_take(&self, key: &str, seats: u64) -> bool {
        self.worker.node.counters.seat_take(key, seats)
    }

    fn seat_leave(&self, key: &str) {
        self.worker.node.counters.seat_leave(key);
    }

    async fn openid_provider(&self, url: &str, stale: Option<&Arc<Provider>>) -> Result<Arc<Provider>, Fault> {
        let providers = &self.worker.node.providers;
        let provider = providers.get(&self.worker, &self.runtime.default_tls, url, stale).await;
        provider.map_err(|error| {
            let message = format!("IDX20803: Unable to obtain configuration from: '{url}'. {error}");
            Fault::new("", 500, message).with_reason("BackendConnectionFailure")
        })
    }

    async fn identity_token(&self, resource: &str, client_id: Option<&str>) -> Result<SmolStr, Fault> {
        let identity = &self.worker.node.identity;
        let token = identity.token(&self.worker, &self.runtime.default_tls, resource, client_id).await;
        token.map_err(|error| {
            let message = format!("no token for {resource}: {error}");
            Fault::new("authentication-managed-identity", 500, message).with_reason("BackendConnectionFailure")
        })
    }

    async fn authorization(&self, wanted: &AuthorizationWanted<'_>) -> Result<Authorization, Fault> {
        const SOURCE: &str = "get-authorization-context";
        let name = format!("{}/{}", wanted.provider, wanted.id);
        let Some(definition) = self.runtime.authorizations.get(&name.to_lowercase()) else {
            let message = format!("connection {name} is not known to this gateway");
            return Err(Fault::new(SOURCE, 500, message).with_reason("AuthorizationNotFound"));
        };
        let own_object = self.worker.node.settings.identity_object_id.as_deref();
        if !authorizations::is_allowed(definition, wanted.principal, own_object) {
            let message = format!("no access policy of connection {name} allows the identity to use it");
            return Err(Fault::new(SOURCE, 500, message).with_reason("AuthorizationForbidden"));
        }
        let connections = &self.worker.node.authorizations;
        let token = connections.token(&self.worker, &self.runtime.default_tls, definition).await.map_err(|error| {
            Fault::new(SOURCE, 500, format!("connection {name} has no token: {error}"))
                .with_reason("BackendConnectionFailure")
        })?;
        Ok(Authorization { access_token: token.access_token.clone(), claims: token.claims.clone() })
    }

    fn client_trust(&self, trust: &ClientTrust<'_>) -> Result<(), String> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        self.runtime.client_authorities.check(trust, &self.connection.chain, now)
    }

    fn client_issuers(&self) -> Vec<bytes::Bytes> {
        self.connection.chain.iter().skip(1).cloned().chain(self.runtime.client_authorities.own()).collect()
    }

    fn error_response(&self, context: &Context, fault: &Fault) -> Response {
        let reason = fault.reason.as_deref().unwrap_or_default();
        *self.last_fault.borrow_mut() = Some(format!("{}/{reason}", fault.source));
        respond::fault_response(fault, &context.request_id.0)
    }
}

impl RequestHost {
    /// `base` showing a client certificate.
    ///
    /// # Errors
    /// There is no such certificate, or it cannot be used.
    pub fn identified(
        &self,
        base: &Arc<TlsClient>,
        certificate: &ClientCertificate,
        source: &'static str,
    ) -> Result<Arc<TlsClient>, Fault> {
        let client = self.runtime.identities.client(&self.runtime.tls_clients, base, certificate);
        client.map_err(|problem| Fault::new(source, 500, problem.message).with_reason("ClientCertificateUnusable"))
    }

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
        let tls = match &side.client_certificate {
            Some(certificate) => self.identified(&self.runtime.default_tls, certificate, SOURCE)?,
            None => self.runtime.default_tls.clone(),
        };
        let sent = self.worker.upstreams.send(&url, &tls, Protocol::Http1, request);
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
