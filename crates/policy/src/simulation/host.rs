//! The host of a simulation: stubbed backends and side calls, a clock that moves only when told,
//! counters and cache in memory.

use super::spec::{AnswerSpec, OneOrMany, Received, RequestSpec};
use crate::answer::default_answer;
use crate::exchange::{Exchange, Target, empty_response};
use crate::fault::Fault;
use crate::host::{
    CacheKind, ForwardOptions, Host, LogEntry, LogEvent, LogSeverity, Metric, QuotaHit, QuotaStanding, RateHit,
    RateStanding, SideRequest,
};
use crate::run::RunState;
use crate::url;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use indexmap::IndexMap;
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tollgate_expression::Value;
use tollgate_expression::context::{
    Api, Body, BodyState, Context, Deployment, Environment, Instant100ns, Operation, Product, Request, RequestId,
    Response, Subscription, User, Variables,
};

struct Quota {
    window: i64,
    calls: u64,
    bytes: u64,
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
    rates: RefCell<HashMap<String, Vec<i64>>>,
    quotas: RefCell<HashMap<String, Quota>>,
    seats: RefCell<HashMap<String, u64>>,
    cache: RefCell<HashMap<String, (i64, Value)>>,
}

/// 2026-01-02T03:04:05Z: where the clock starts.
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
        }
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
        let below_api =
            original.path_and_query.as_str().strip_prefix("/facts").unwrap_or(original.path_and_query.as_str());
        let mut to_backend = base.clone();
        to_backend.path_and_query = url::join(&base, below_api).ok_or("the URL cannot be joined")?;
        let headers = headers(&spec.headers)?;
        let body = spec.body.as_ref().map_or(BodyState::Absent, |body| BodyState::Buffered(Bytes::from(body.clone())));
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
            certificate: None,
        };
        let context = Context {
            request,
            response: None,
            variables: Variables::default(),
            api: Some(Arc::new(api(&base))),
            operation: Some(Arc::new(Operation {
                id: "get-fact".into(),
                name: "Get fact".into(),
                method: spec.method.as_str().into(),
                url_template: spec.url_template.as_str().into(),
            })),
            product: spec.product.as_deref().map(product),
            subscription: spec.subscription.as_deref().map(subscription),
            user: spec.user.as_deref().map(user),
            backend: None,
            deployment: Arc::new(deployment(&spec.gateway)),
            last_error: None,
            request_id: RequestId([0x11; 16]),
            timestamp: Instant100ns(self.clock.get()),
            tracing: false,
            environment: Rc::new(StubEnvironment { clock: self.clock.clone(), drawn: Cell::new(0) }),
        };
        Ok(Exchange {
            context,
            request_body: None,
            response_body: None,
            target: Target { backend_id: None, base_url: Some(base) },
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

fn respond(answer: &AnswerSpec, source: &'static str) -> Result<Response, Fault> {
    if let Some(reason) = &answer.fault {
        return Err(Fault::new(source, 500, format!("the stub gives no answer: {reason}")).with_reason(reason.as_str()));
    }
    let mut response = empty_response();
    response.status_code = answer.status;
    response.status_reason = answer.reason.as_deref().map(SmolStr::from);
    response.headers = headers(&answer.headers).map_err(|problem| Fault::new(source, 500, problem))?;
    if !answer.body.is_empty() {
        response.headers.entry(http::header::CONTENT_LENGTH).or_insert(HeaderValue::from(answer.body.len()));
        response.body.set(BodyState::Buffered(Bytes::from(answer.body.clone())));
    }
    Ok(response)
}

fn api(base: &tollgate_expression::context::Url) -> Api {
    Api {
        id: "facts".into(),
        name: "Facts".into(),
        path: "facts".into(),
        protocols: vec!["https".into()],
        service_url: Some(base.clone()),
        subscription_key_header: "Ocp-Apim-Subscription-Key".into(),
        subscription_key_query: "subscription-key".into(),
        revision: "1".into(),
        version: None,
        is_current_revision: true,
    }
}

fn product(id: &str) -> Arc<Product> {
    Arc::new(Product {
        id: id.into(),
        name: id.into(),
        approval_required: false,
        subscription_required: true,
        subscriptions_limit: None,
        published: true,
        groups: Vec::new(),
    })
}

fn subscription(id: &str) -> Arc<Subscription> {
    Arc::new(Subscription {
        id: id.into(),
        name: id.into(),
        key: "key-of-the-subscription".into(),
        primary_key: None,
        secondary_key: None,
        created_date: Instant100ns(START),
        start_date: None,
        end_date: None,
    })
}

fn user(id: &str) -> Arc<User> {
    Arc::new(User {
        id: id.into(),
        email: format!("{id}@example.com").into(),
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
        note: SmolStr::default(),
        registration_date: Instant100ns(START),
        groups: Vec::new(),
        identities: Vec::new(),
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
            self.note(format!("forward {options:?}"));
        }
        self.received.borrow_mut().push(Received {
            method: request.method.clone(),
            url: url.clone(),
            headers: request.headers.clone(),
            body,
        });
        exchange.context.response = Some(respond(&StubHost::answer(&self.backend, &url), "forward-request")?);
        Ok(())
    }

    async fn send(&self, request: SideRequest) -> Result<Response, Fault> {
        let url = request.url.to_string();
        self.side_received.borrow_mut().push(Received {
            method: request.method,
            url: url.clone(),
            headers: request.headers,
            body: request.body,
        });
        respond(&StubHost::answer(&self.side, &url), "send-request")
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
        calls.retain(|at| at + window > now);
        let used = calls.len() as u64;
        if used >= hit.calls {
            let oldest = calls.first().copied().unwrap_or(now);
            let wait = Duration::from_nanos(((oldest + window - now) as u64) * 100);
            return RateStanding { allowed: false, remaining: 0, retry_after: wait };
        }
        calls.extend((0..hit.increment).map(|_| now));
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

    async fn cache_get(&self, key: &str, _: CacheKind) -> Option<Value> {
        let cache = self.cache.borrow();
        cache.get(key).filter(|(until, _)| *until > self.clock.get()).map(|(_, value)| value.clone())
    }

    async fn cache_put(&self, key: &str, value: Value, duration: Duration, _: CacheKind) {
        let until = self.clock.get() + i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX / 4);
        self.cache.borrow_mut().insert(key.to_owned(), (until, value));
    }

    async fn cache_remove(&self, key: &str, _: CacheKind) {
        self.cache.borrow_mut().remove(key);
    }

    async fn identity_token(&self, resource: &str, client_id: Option<&str>) -> Result<SmolStr, Fault> {
        Ok(format!("token-for-{resource}-{}", client_id.unwrap_or("system")).into())
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
            "event {} {:?} {:?}: {}",
            event.logger, event.partition_id, event.partition_key, event.message
        ));
        Ok(())
    }
}
