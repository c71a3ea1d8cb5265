//! The world as one exchange may act on it: implements the ports of the policy crate.

use crate::authorizations;
use crate::body::{Body, RequestBodyFacts};
use crate::cache::Caches;
use crate::events::Event;
use crate::forward::{self, Choice};
use crate::listener::ConnectionFacts;
use crate::log::LogLevel;
use crate::respond;
use crate::runtime::{ApiKind, ServedApi, ServedOperation};
use crate::upstream::{Outcome, Protocol, Route, TlsClient};
use crate::worker::{LocalRuntime, Worker};
use http::{HeaderValue, Request, header};
use http_body_util::{BodyExt, Limited};
use hyper::upgrade::OnUpgrade;
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_expression::Value;
use tollgate_expression::context::{self, BodyState, Context, Environment, Instant100ns, Response, Url};
use tollgate_policy::definition::Definition;
use tollgate_policy::exchange::ClientCertificate;
use tollgate_policy::host::{
    self, Authorization, AuthorizationWanted, CacheEntry, CacheKind, CacheRemoval, ClientTrust, ForwardOptions,
    LogEntry, LogEvent, LogSeverity, Metric, QuotaHit, QuotaStanding, RateHit, RateStanding, SideRequest,
};
use tollgate_policy::jose::Provider;
use tollgate_policy::{Exchange, Fault, Host};

/// One-way requests of a worker that are on their way; further ones are dropped.
const DETACHED_MAX: usize = 1000;

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
    /// Seats that policies hold.
    pub seats: RefCell<Vec<String>>,
}

/// A request that is dropped on its way (its client has gone) gives back what its policies held.
impl Drop for RequestHost {
    fn drop(&mut self) {
        for seat in self.seats.borrow_mut().drain(..) {
            self.worker.node.counters.seat_leave(&seat);
        }
    }
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
        let choice = self.side_choice(&request)?;
        self.caller().call(request, choice).await
    }

    async fn send_detached(&self, request: SideRequest) {
        let running = &self.worker.detached;
        if running.get() >= DETACHED_MAX {
            let message = "a one-way request is not sent: too many are on their way";
            return self.worker.node.log.warn("Policy", message);
        }
        let choice = match self.side_choice(&request) {
            Ok(choice) => choice,
            Err(fault) => return log_one_way(&self.worker, &fault),
        };
        let (caller, worker) = (self.caller(), self.worker.clone());
        running.set(running.get() + 1);
        tokio::task::spawn_local(async move {
            if let Err(fault) = caller.call(request, choice).await {
                log_one_way(&worker, &fault);
            }
            worker.detached.set(worker.detached.get() - 1);
        });
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
        let taken = self.worker.node.counters.seat_take(key, seats);
        if taken {
            self.seats.borrow_mut().push(key.to_owned());
        }
        taken
    }

    fn seat_leave(&self, key: &str) {
        let mut held = self.seats.borrow_mut();
        if let Some(at) = held.iter().rposition(|seat| seat == key) {
            held.remove(at);
            self.worker.node.counters.seat_leave(key);
        }
    }

    fn backend(&self, id: &str) -> Option<Arc<context::Backend>> {
        Some(self.runtime.backends.get(id)?.context.clone())
    }

    async fn cache_get(&self, key: &str, cache: CacheKind) -> Option<CacheEntry> {
        self.caches().get(&self.runtime, key, cache, now()).await
    }

    async fn cache_put(&self, key: &str, value: Value, duration: Duration, cache: CacheKind) {
        self.caches().put(&self.runtime, key, &value, duration, cache, now());
    }

    async fn cache_remove(&self, key: &str, cache: CacheKind) -> CacheRemoval {
        self.caches().remove(&self.runtime, key, cache).await
    }

    /// By the access key that the settings have for the namespace, else by the managed identity.
    async fn service_bus_authorization(&self, resource: &Url, client_id: Option<&str>) -> Result<SmolStr, Fault> {
        let text = resource.to_string();
        let known = self.worker.node.settings.service_bus.iter().find(|known| known.is_of(&text));
        if let (Some(known), None) = (known, client_id) {
            let entity = text.strip_suffix("/messages").unwrap_or(&text);
            return Ok(known.key.authorization(entity).into());
        }
        let token = self.identity_token(host::SERVICE_BUS_AUDIENCE, client_id).await?;
        Ok(smol_str::format_smolstr!("Bearer {token}"))
    }

    fn emit_metric(&self, context: &Context, metric: &Metric<'_>) {
        self.worker.node.metrics.add(context, metric);
    }

    /// Whatever becomes of the event, the request goes on.
    fn log_event(&self, _: &Context, event: &LogEvent<'_>) -> Result<(), Fault> {
        match self.runtime.loggers.get(event.logger) {
            Some(logger) => {
                let text = |text: Option<&str>| text.map(SmolStr::new);
                let event = Event {
                    partition_id: text(event.partition_id),
                    partition_key: text(event.partition_key),
                    message: event.message.to_owned(),
                };
                self.worker.node.events.put(logger, event);
            }
            None => {
                let message = format!("an event is lost: logger {} cannot be used on this gateway", event.logger);
                self.worker.node.log.warn("Policy", message);
            }
        }
        Ok(())
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
        self.runtime.client_authorities.check(trust, &self.connection.chain, since_epoch())
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

    fn caches(&self) -> Caches<'_> {
        Caches { memory: &self.worker.node.cache, external: &self.worker.redis }
    }

    fn caller(&self) -> SideCaller {
        SideCaller { worker: self.worker.clone() }
    }

    /// Where a side call goes.
    fn side_choice(&self, request: &SideRequest) -> Result<Choice, Fault> {
        let mut choice = match &request.backend_id {
            Some(id) => forward::choose_entity(self, "", id, &request.url, None, &request.headers)?,
            None => {
                let tls = self.runtime.default_tls.clone();
                Choice { url: request.url.clone(), tls, entity: None, cookie: None }
            }
        };
        if let Some(certificate) = &request.client_certificate {
            choice.tls = self.identified(&choice.tls, certificate, "")?;
        }
        Ok(choice)
    }
}

/// Nobody waits for the outcome of a one-way request; the log has it.
fn log_one_way(worker: &Worker, fault: &Fault) {
    worker.node.log.warn("Policy", format!("a one-way request failed: {}", fault.message));
}

/// Makes side calls; outlives the request for those that nobody waits for.
struct SideCaller {
    worker: Rc<Worker>,
}

impl SideCaller {
    async fn call(&self, request: SideRequest, choice: Choice) -> Result<Response, Fault> {
        let timeout = request.timeout;
        let outcome = match tokio::time::timeout(timeout, self.exchange(request, &choice)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(respond::side_call_failed(format!("no answer within {timeout:?}"))),
        };
        if let Err(fault) = &outcome {
            choice.record(Outcome::NoAnswer(fault.reason.as_deref().unwrap_or_default()));
        }
        outcome
    }

    async fn exchange(&self, side: SideRequest, choice: &Choice) -> Result<Response, Fault> {
        let mut headers = side.headers;
        forward::strip_hop_by_hop(&mut headers);
        headers.remove(header::CONTENT_LENGTH);
        if !side.body.is_empty() {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(side.body.len()));
        }
        choice.put_credentials(&mut headers);
        if !headers.contains_key(header::HOST)
            && let Ok(value) = HeaderValue::try_from(forward::authority(&choice.url).as_str())
        {
            headers.insert(header::HOST, value);
        }
        let mut request = Request::new(Body::full(side.body));
        *request.method_mut() = side.method;
        *request.uri_mut() = http::Uri::from(choice.url.path_and_query.clone());
        *request.headers_mut() = headers;
        let proxy = side.proxy.as_ref().or_else(|| choice.entity.as_ref()?.proxy.as_ref());
        let route = Route { url: &choice.url, tls: &choice.tls, proxy };
        let sent = self.worker.upstreams.send(route, Protocol::Http1, request).await;
        let response = sent.map_err(|error| respond::side_call_failed(format!("the call failed: {error}")))?;
        choice.record(forward::answered(response.status(), response.headers()));
        let (mut parts, body) = response.into_parts();
        forward::strip_hop_by_hop(&mut parts.headers);
        let limit = self.worker.node.settings.limits.body_bytes_max;
        let content = Limited::new(body, limit)
            .collect()
            .await
            .map_err(|error| respond::side_call_failed(format!("the answer cannot be read: {error}")))?;
        Ok(Response {
            status_code: parts.status.as_u16(),
            status_reason: forward::reason(&parts),
            headers: parts.headers,
            body: context::Body::new(BodyState::Buffered(content.to_bytes())),
        })
    }
}

/// The wall clock as .NET counts it.
pub fn now() -> Instant100ns {
    let since = since_epoch();
    Instant100ns::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX), since.subsec_nanos())
}

fn since_epoch() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

/// What the expressions of one request may learn of the world.
pub struct RequestEnvironment {
    pub worker: Rc<Worker>,
    pub runtime: Rc<LocalRuntime>,
    pub connection: Rc<ConnectionFacts>,
}

impl Environment for RequestEnvironment {
    fn now(&self) -> Instant100ns {
        now()
    }

    fn entropy(&self, buffer: &mut [u8]) {
        rand::Rng::fill_bytes(&mut rand::rng(), buffer);
    }

    fn trace(&self, message: &str) {
        self.worker.node.log.event(LogLevel::Debug, "Trace", message, &[("source", "context.Trace".into())]);
    }

    fn trusts_certificate(&self, der: &[u8], check_revocation: bool) -> bool {
        let shown = self.connection.chain.get(1..).unwrap_or_default();
        self.runtime.client_authorities.verifies(der, shown, check_revocation, since_epoch())
    }
}
