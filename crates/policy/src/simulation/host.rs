//! The host of a simulation: stubbed backends and side calls, a clock that moves only when told,
//! counters and cache in memory.

use super::credentials::{self, Credentials, Trust};
use super::spec::{
    AnswerSpec, ApiSpec, Identity, Names, OneOrMany, ProductSpec, Received, RequestSpec, SubscriptionSpec, UserSpec,
};
use crate::answer::default_answer;
use crate::definition::Definition;
use crate::exchange::{BodyStream, Exchange, Target, empty_response};
use crate::fault::Fault;
use crate::host::{
    Authorization, AuthorizationWanted, CacheEntry, CacheKind, CacheRemoval, ClientTrust, ForwardOptions, Host,
    HttpVersion, LogEntry, LogEvent, LogSeverity, Metric, Proxy, QuotaHit, QuotaStanding, RateHit, RateStanding,
    SideRequest,
};
use crate::jose::Provider;
use crate::run::RunState;
use crate::url;
use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body_util::BodyExt;
use indexmap::IndexMap;
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;
use tollgate_expression::Value;
use tollgate_expression::context::{
    Api, Backend, Body, BodyState, Context, Deployment, Environment, Group, Instant100ns, Operation, Product, Request,
    RequestId, Response, Subscription, User, Variables,
};
use tollgate_expression::value::wire;

struct Quota {
    window: i64,
    calls: u64,
    bytes: u64,
}

/// Values are kept as a gateway keeps them: as bytes.
struct Cached {
    value: Vec<u8>,
    stored: Instant100ns,
    until: Instant100ns,
}

/// The host. One per test or tool run; requests run one after the other.
pub struct StubHost {
    clock: Rc<Cell<i64>>,
    backend: RefCell<Vec<AnswerSpec>>,
    side: RefCell<Vec<AnswerSpec>>,
    backends: BTreeMap<String, String>,
    pub received: RefCell<Vec<Received>>,
    pub side_received: RefCell<Vec<Received>>,
    pub log: RefCell<Vec<String>>,
    pub slept: RefCell<Vec<Duration>>,
    /// Calls of one moment together: the clock stands still most of the time.
    rates: RefCell<HashMap<String, Vec<(i64, u64)>>>,
    quotas: RefCell<HashMap<String, Quota>>,
    seats: RefCell<HashMap<String, u64>>,
    cache: RefCell<HashMap<String, Cached>>,
    credentials: Credentials,
    definition: Option<Arc<Definition>>,
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// 2026-01-02T07:04:05Z: where the clock starts.
const START: i64 = 639_029_342_450_000_000;

impl StubHost {
    pub fn new(backend: Vec<AnswerSpec>, side: Vec<AnswerSpec>, backends: BTreeMap<String, String>) -> StubHost {
        StubHost {
            clock: Rc::new(Cell::new(START)),
            backend: RefCell::new(backend),
            side: RefCell::new(side),
            backends,
            received: RefCell::default(),
            side_received: RefCell::default(),
            log: RefCell::default(),
            slept: RefCell::default(),
            rates: RefCell::default(),
            quotas: RefCell::default(),
            seats: RefCell::default(),
            cache: RefCell::default(),
            credentials: Credentials::default(),
            definition: None,
        }
    }

    /// With the certificates and connections that documents refer to.
    #[must_use]
    pub fn with_credentials(mut self, names: &Names) -> StubHost {
        self.credentials = Credentials::new(names);
        self
    }

    /// Sets the clock: what is told of a request's time, and where windows and lives begin.
    pub fn set_clock(&self, now: Instant100ns) {
        self.clock.set(now.0);
    }

    /// Puts a value into the cache that stays there.
    pub fn fill_cache(&self, key: &str, value: Value) {
        let Some(value) = wire::encode(&value) else { return };
        let (stored, until) = (Instant100ns(self.clock.get()), Instant100ns(i64::MAX));
        let key = crate::elements::caching::value_key(key);
        self.cache.borrow_mut().insert(key, Cached { value, stored, until });
    }

    /// A stopwatch over the clock of the simulation: what waits takes time, nothing else does.
    pub fn stopwatch(&self) -> crate::trace::Stopwatch {
        let (clock, start) = (self.clock.clone(), self.clock.get());
        Box::new(move || u64::try_from(clock.get() - start).unwrap_or_default().saturating_mul(100))
    }

    /// The same with a definition of the API.
    #[must_use]
    pub fn with_definition(mut self, definition: Definition) -> StubHost {
        self.definition = Some(Arc::new(definition));
        self
    }

    pub fn advance(&self, by: Duration) {
        self.clock.set(self.clock.get() + i64::try_from(by.as_nanos() / 100).unwrap_or(i64::MAX / 4));
    }

    /// The exchange of a request at the door of the pipeline.
    ///
    /// # Errors
    /// What is wrong with the description.
    pub fn exchange(&self, spec: &RequestSpec) -> Result<Exchange, String> {
        let original = url::parse(&spec.url).ok_or_else(|| format!("`{}` is not a URL", spec.url))?;
        let base = url::parse(&spec.service_url).ok_or_else(|| format!("`{}` is not a URL", spec.service_url))?;
        let below_api = below(original.path_and_query.as_str(), &spec.api.path);
        let mut to_backend = base.clone();
        to_backend.path_and_query = url::join(&base, below_api).ok_or("the URL cannot be joined")?;
        let mut headers = headers(&spec.headers)?;
        if let Some(jwt) = &spec.jwt {
            let (name, value) = super::jwt::header(jwt, self.now())?;
            headers.insert(name, value);
        }
        let stream = spec.body_base64.as_deref().map(stream).transpose()?;
        let body = match (&spec.body, &spec.json) {
            _ if stream.is_some() => BodyState::Streaming,
            (Some(body), _) => BodyState::Buffered(Bytes::from(body.clone())),
            (None, Some(json)) => {
                headers.entry(http::header::CONTENT_TYPE).or_insert(JSON);
                BodyState::Buffered(Bytes::from(json.to_string()))
            }
            (None, None) => BodyState::Absent,
        };
        let request = Request {
            method: spec.method.parse().map_err(|_| format!("`{}` is not a method", spec.method))?,
            url: to_backend,
            original_url: original,
            headers,
            body: Body::new(body),
            ip_address: spec.ip,
            matched_parameters: spec
                .matched_parameters
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            certificate: self.credentials.client(spec),
        };
        let context = Context {
            request,
            response: None,
            variables: Variables::default(),
            api: Some(Arc::new(api(&spec.api, &base))),
            operation: Some(Arc::new(Operation {
                id: spec.operation.id.as_str().into(),
                name: spec.operation.name.as_str().into(),
                method: spec.method.as_str().into(),
                url_template: spec.url_template.as_str().into(),
            })),
            product: spec.product.as_ref().map(|known| product(&Identity::known(known))),
            subscription: spec.subscription.as_ref().map(|known| subscription(&Identity::known(known))),
            user: spec.user.as_ref().map(|known| user(&Identity::known(known))),
            backend: None,
            deployment: Arc::new(Deployment {
                certificates: self.credentials.certificates(),
                ..deployment(&spec.gateway)
            }),
            last_error: None,
            request_id: RequestId([0x11; 16]),
            timestamp: Instant100ns(self.clock.get()),
            tracing: false,
            environment: Rc::new(StubEnvironment {
                clock: self.clock.clone(),
                drawn: Cell::new(0),
                client: self.credentials.trust_of(spec),
            }),
        };
        Ok(Exchange {
            context,
            request_body: stream,
            response_body: None,
            target: Target { base_url: Some(base), ..Target::default() },
            body_bytes_max: 1024 * 1024,
            run: RunState::default(),
        })
    }

    /// The next answer of a list for a request.
    fn answer(answers: &RefCell<Vec<AnswerSpec>>, url: &str) -> AnswerSpec {
        let mut answers = answers.borrow_mut();
        let fits = |answer: &AnswerSpec| {
            answer.times != Some(0) && answer.url.as_ref().is_none_or(|start| url.starts_with(start.as_str()))
        };
        match answers.iter_mut().find(|answer| fits(answer)) {
            Some(answer) => {
                if let Some(times) = &mut answer.times {
                    *times -= 1;
                }
                answer.clone()
            }
            None => AnswerSpec { status: 404, ..AnswerSpec::default() },
        }
    }

    fn note(&self, line: String) {
        self.log.borrow_mut().push(line);
    }
}

/// What differs from a plain `<forward-request />`, as its attributes say it.
fn told(options: &ForwardOptions) -> String {
    let plain = ForwardOptions::default();
    let mut out = Vec::new();
    let mut tell = |differs: bool, text: String| out.extend(differs.then_some(text));
    tell(options.timeout != plain.timeout, format!("timeout {:?}", options.timeout));
    if let Some(wait) = options.continue_timeout {
        tell(true, format!("continue-timeout {wait:?}"));
    }
    let version = match options.http_version {
        HttpVersion::Http1 => "1",
        HttpVersion::Http2Or1 => "2or1",
        HttpVersion::Http2 => "2",
    };
    tell(options.http_version != plain.http_version, format!("http-version {version}"));
    tell(options.follow_redirects, "follow-redirects".to_owned());
    tell(options.buffer_request_body, "buffer-request-body".to_owned());
    tell(!options.buffer_response, "buffer-response off".to_owned());
    out.join(", ")
}

/// Bytes that nobody has read yet.
fn stream(base64: &str) -> Result<BodyStream, String> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(base64.trim());
    let bytes = bytes.map_err(|error| format!("the body is not base64: {error}"))?;
    Ok(Box::pin(http_body_util::Full::new(Bytes::from(bytes)).map_err(|never| match never {})))
}

fn headers(spec: &IndexMap<String, OneOrMany>) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, values) in spec {
        let name: HeaderName = name.parse().map_err(|_| format!("`{name}` is not a header name"))?;
        for value in values.values() {
            let value = HeaderValue::from_str(value).map_err(|_| format!("`{value}` is not a header value"))?;
            headers.append(name.clone(), value);
        }
    }
    Ok(headers)
}

/// Ready after so many turns of the others: what takes longer finishes later, without a clock.
struct Later {
    turns: usize,
}

impl Future for Later {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<()> {
        if self.turns == 0 {
            return Poll::Ready(());
        }
        self.turns -= 1;
        task.waker().wake_by_ref();
        Poll::Pending
    }
}

fn shown(proxy: &Proxy) -> String {
    let user = proxy.credentials.as_ref().map_or(String::new(), |(name, password)| format!("{name}:{password}@"));
    format!("{user}{}:{}", proxy.host, proxy.port)
}

fn respond(answer: &AnswerSpec, source: &'static str) -> Result<Response, Fault> {
    if let Some(reason) = &answer.fault {
        return Err(Fault::new(source, 500, format!("the stub gives no answer: {reason}")).with_reason(reason.as_str()));
    }
    let mut response = empty_response();
    response.status_code = answer.status;
    response.status_reason = answer.reason.as_deref().map(SmolStr::from);
    response.headers = headers(&answer.headers).map_err(|problem| Fault::new(source, 500, problem))?;
    let mut body = answer.body.clone();
    if let Some(json) = &answer.json {
        response.headers.entry(http::header::CONTENT_TYPE).or_insert(JSON);
        body = json.to_string();
    }
    if !body.is_empty() {
        response.headers.entry(http::header::CONTENT_LENGTH).or_insert(HeaderValue::from(body.len()));
        response.body.set(BodyState::Buffered(Bytes::from(body)));
    }
    Ok(response)
}

/// A path below the API's own.
fn below<'p>(path: &'p str, api: &str) -> &'p str {
    let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(api));
    rest.filter(|rest| rest.is_empty() || rest.starts_with(['/', '?'])).unwrap_or(path)
}

fn api(spec: &ApiSpec, base: &tollgate_expression::context::Url) -> Api {
    Api {
        id: spec.id.as_str().into(),
        name: spec.name.as_str().into(),
        path: spec.path.as_str().into(),
        protocols: vec!["https".into()],
        service_url: Some(base.clone()),
        subscription_key_header: "Ocp-Apim-Subscription-Key".into(),
        subscription_key_query: "subscription-key".into(),
        revision: spec.revision.as_str().into(),
        version: spec.version.as_deref().map(SmolStr::from),
        is_current_revision: true,
    }
}

fn groups(ids: &[String]) -> Vec<Group> {
    ids.iter().map(|id| Group { id: id.as_str().into(), name: id.as_str().into() }).collect()
}

fn product(spec: &ProductSpec) -> Arc<Product> {
    Arc::new(Product {
        id: spec.id.as_str().into(),
        name: spec.name.as_ref().unwrap_or(&spec.id).as_str().into(),
        approval_required: spec.approval_required,
        subscription_required: spec.subscription_required.unwrap_or(true),
        subscriptions_limit: None,
        published: true,
        groups: groups(&spec.groups),
    })
}

fn subscription(spec: &SubscriptionSpec) -> Arc<Subscription> {
    Arc::new(Subscription {
        id: spec.id.as_str().into(),
        name: spec.name.as_ref().unwrap_or(&spec.id).as_str().into(),
        key: spec.key.as_deref().unwrap_or("key-of-the-subscription").into(),
        primary_key: spec.primary_key.as_deref().map(SmolStr::from),
        secondary_key: spec.secondary_key.as_deref().map(SmolStr::from),
        created_date: Instant100ns(START),
        start_date: None,
        end_date: None,
    })
}

fn user(spec: &UserSpec) -> Arc<User> {
    let email = spec.email.clone().unwrap_or_else(|| format!("{}@example.com", spec.id));
    Arc::new(User {
        id: spec.id.as_str().into(),
        email: email.into(),
        first_name: spec.first_name.as_deref().unwrap_or("Ada").into(),
        last_name: spec.last_name.as_deref().unwrap_or("Lovelace").into(),
        note: spec.note.as_str().into(),
        registration_date: Instant100ns(START),
        groups: groups(&spec.groups),
        identities: spec.identities.iter().map(|(provider, id)| (id.into(), provider.into())).collect(),
    })
}

fn deployment(gateway: &str) -> Deployment {
    Deployment {
        gateway_id: gateway.into(),
        instance_id: gateway.into(),
        is_managed: gateway == "managed",
        region: "London office".into(),
        service_id: "tollgate".into(),
        service_name: "tollgate".into(),
        certificates: Vec::new(),
    }
}

/// The host's clock, and numbers that look random and are not.
struct StubEnvironment {
    clock: Rc<Cell<i64>>,
    drawn: Cell<u8>,
    client: Option<Trust>,
}

impl Environment for StubEnvironment {
    fn now(&self) -> Instant100ns {
        Instant100ns(self.clock.get())
    }

    fn entropy(&self, buffer: &mut [u8]) {
        for byte in buffer {
            self.drawn.set(self.drawn.get().wrapping_mul(5).wrapping_add(113));
            *byte = self.drawn.get();
        }
    }

    fn trace(&self, _message: &str) {}

    fn trusts_certificate(&self, der: &[u8], check_revocation: bool) -> bool {
        self.client.as_ref().is_some_and(|client| client.covers(der, check_revocation))
    }
}

impl Host for StubHost {
    fn now(&self) -> Instant100ns {
        Instant100ns(self.clock.get())
    }

    async fn forward(&self, exchange: &mut Exchange, options: &ForwardOptions) -> Result<(), Fault> {
        let request = &exchange.context.request;
        let body = match request.body.state() {
            BodyState::Buffered(content) => content,
            _ => Bytes::new(),
        };
        let url = request.url.to_string();
        if *options != ForwardOptions::default() {
            self.note(format!("forward with {}", told(options)));
        }
        if let Some(proxy) = &exchange.target.proxy {
            self.note(format!("forward through {}", shown(proxy)));
        }
        self.received.borrow_mut().push(Received {
            method: request.method.clone(),
            url: url.clone(),
            headers: request.headers.clone(),
            body,
        });
        if let Some(certificate) = &exchange.target.client_certificate {
            self.note(format!("forward as {certificate:?}"));
        }
        exchange.context.response = Some(respond(&StubHost::answer(&self.backend, &url), "forward-request")?);
        Ok(())
    }

    async fn send(&self, request: SideRequest) -> Result<Response, Fault> {
        if let Some(certificate) = &request.client_certificate {
            self.note(format!("side call as {certificate:?}"));
        }
        if let Some(proxy) = &request.proxy {
            self.note(format!("side call through {}", shown(proxy)));
        }
        let url = match &request.backend_id {
            None => request.url.to_string(),
            Some(id) => {
                let base = self.backends.get(id.as_str()).map_or("http://unknown.invalid", String::as_str);
                format!("{}{}", base.trim_end_matches('/'), request.url.path_and_query)
            }
        };
        self.side_received.borrow_mut().push(Received {
            method: request.method,
            url: url.clone(),
            headers: request.headers,
            body: request.body,
        });
        let answer = StubHost::answer(&self.side, &url);
        if answer.delay > 0.0 {
            Later { turns: answer.delay.ceil() as usize }.await;
        }
        respond(&answer, "")
    }

    async fn sleep(&self, duration: Duration) {
        self.slept.borrow_mut().push(duration);
        self.advance(duration);
    }

    fn rate(&self, hit: &RateHit<'_>) -> RateStanding {
        let now = self.clock.get();
        let window = i64::try_from(hit.window.as_nanos() / 100).unwrap_or(i64::MAX / 4);
        let mut rates = self.rates.borrow_mut();
        let calls = rates.entry(hit.key.to_owned()).or_default();
        calls.retain(|(at, _)| at + window > now);
        let used = calls.iter().map(|(_, count)| count).sum::<u64>();
        if used >= hit.calls {
            let oldest = calls.first().map_or(now, |(at, _)| *at);
            let wait = Duration::from_nanos(((oldest + window - now) as u64) * 100);
            return RateStanding { allowed: false, remaining: 0, retry_after: wait };
        }
        match calls.last_mut().filter(|(at, _)| *at == now) {
            Some((_, count)) => *count += hit.increment,
            None => calls.push((now, hit.increment)),
        }
        let remaining = hit.calls.saturating_sub(used + hit.increment);
        RateStanding { allowed: true, remaining, retry_after: Duration::ZERO }
    }

    fn quota(&self, hit: &QuotaHit<'_>) -> QuotaStanding {
        let now = self.clock.get();
        let period = i64::try_from(hit.period.as_nanos() / 100).unwrap_or(i64::MAX / 4);
        let elapsed = now - hit.first_period_start.0;
        let window = if period == 0 { 0 } else { elapsed.div_euclid(period) };
        let mut quotas = self.quotas.borrow_mut();
        let quota = quotas.entry(hit.key.to_owned()).or_insert(Quota { window, calls: 0, bytes: 0 });
        if quota.window != window {
            *quota = Quota { window, calls: 0, bytes: 0 };
        }
        let calls_exceeded = hit.calls.is_some_and(|limit| quota.calls >= limit);
        let bandwidth_exceeded = hit.kilobytes.is_some_and(|limit| quota.bytes >= limit * 1024);
        if !calls_exceeded && !bandwidth_exceeded {
            quota.calls += hit.add_calls;
        }
        quota.bytes += hit.add_bytes;
        let renews_in = (period > 0).then(|| Duration::from_nanos((period - elapsed.rem_euclid(period)) as u64 * 100));
        QuotaStanding { calls_exceeded, bandwidth_exceeded, renews_in }
    }

    fn log(&self, _: &Context, entry: &LogEntry<'_>) {
        let severity = match entry.severity {
            LogSeverity::Verbose => "verbose",
            LogSeverity::Information => "information",
            LogSeverity::Error => "error",
        };
        let metadata: String = entry.metadata.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        self.note(format!("trace {severity} {}: {}{metadata}", entry.source, entry.message));
    }

    fn error_response(&self, context: &Context, fault: &Fault) -> Response {
        default_answer(context, fault)
    }

    fn backend_url(&self, id: &str) -> Option<tollgate_expression::context::Url> {
        self.backends.get(id).and_then(|text| url::parse(text))
    }

    fn definition(&self, _: &Context) -> Option<Arc<Definition>> {
        self.definition.clone()
    }

    fn seat_take(&self, key: &str, seats: u64) -> bool {
        let mut taken = self.seats.borrow_mut();
        let taken = taken.entry(key.to_owned()).or_default();
        let free = *taken < seats;
        *taken += u64::from(free);
        free
    }

    fn seat_leave(&self, key: &str) {
        if let Some(taken) = self.seats.borrow_mut().get_mut(key) {
            *taken -= 1;
        }
    }

    fn backend(&self, id: &str) -> Option<Arc<Backend>> {
        let known = self.backends.contains_key(id);
        known.then(|| Arc::new(Backend { id: id.into(), is_pool: false, azure_region: SmolStr::default() }))
    }

    async fn cache_get(&self, key: &str, _: CacheKind) -> Option<CacheEntry> {
        let cache = self.cache.borrow();
        let entry = cache.get(key).filter(|entry| entry.until.0 > self.clock.get())?;
        Some(CacheEntry { value: wire::decode(&entry.value)?, stored: entry.stored, until: entry.until })
    }

    async fn cache_put(&self, key: &str, value: Value, duration: Duration, _: CacheKind) {
        let Some(value) = wire::encode(&value) else {
            self.note(format!("not cached: {}", value.type_name()));
            return;
        };
        let stored = Instant100ns(self.clock.get());
        let span = i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX / 4);
        let until = Instant100ns(stored.0.saturating_add(span));
        self.cache.borrow_mut().insert(key.to_owned(), Cached { value, stored, until });
    }

    async fn cache_remove(&self, key: &str, _: CacheKind) -> CacheRemoval {
        match self.cache.borrow_mut().remove(key) {
            Some(_) => CacheRemoval::Removed,
            None => CacheRemoval::Absent,
        }
    }

    async fn identity_token(&self, resource: &str, client_id: Option<&str>) -> Result<SmolStr, Fault> {
        Ok(format!("token-for-{resource}-{}", client_id.unwrap_or("system")).into())
    }

    async fn openid_provider(&self, url: &str, stale: Option<&Arc<Provider>>) -> Result<Arc<Provider>, Fault> {
        let known = self.credentials.providers.borrow().get(url).cloned();
        if let (Some(known), None) = (&known, stale) {
            return Ok(known.clone());
        }
        let answer = |url: &str| {
            self.note(format!("GET {url}"));
            respond(&StubHost::answer(&self.side, url), "")
        };
        let fresh = match (credentials::provider(url, answer), known) {
            (Ok(fresh), Some(known)) if fresh == *known => known,
            (Ok(fresh), _) => Arc::new(fresh),
            (Err(_), Some(known)) => known,
            (Err(fault), None) => return Err(fault),
        };
        self.credentials.providers.borrow_mut().insert(url.to_owned(), fresh.clone());
        Ok(fresh)
    }

    async fn authorization(&self, wanted: &AuthorizationWanted<'_>) -> Result<Authorization, Fault> {
        self.credentials.authorization(wanted)
    }

    fn client_trust(&self, trust: &ClientTrust<'_>) -> Result<(), String> {
        self.credentials.client_trust(trust)
    }

    fn client_issuers(&self) -> Vec<Bytes> {
        self.credentials.client_issuers()
    }

    fn emit_metric(&self, _: &Context, metric: &Metric<'_>) {
        let dimensions: String = metric
            .dimensions
            .iter()
            .map(|(name, value)| format!(" {name}={}", value.as_deref().unwrap_or("(default)")))
            .collect();
        self.note(format!("metric {}/{} {}{dimensions}", metric.namespace, metric.name, metric.value));
    }

    fn log_event(&self, _: &Context, event: &LogEvent<'_>) -> Result<(), Fault> {
        self.note(format!(
            "event {}{}{}: {}",
            event.logger,
            event.partition_id.map(|id| format!(" partition-id={id}")).unwrap_or_default(),
            event.partition_key.map(|key| format!(" partition-key={key}")).unwrap_or_default(),
            event.message
        ));
        Ok(())
    }
}
