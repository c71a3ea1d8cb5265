//! What a node tells of its requests: rollups by minute, request records, log lines.
//!
//! A worker adds to its own [`Shard`]; the node's telemetry task gathers the shards into batches and
//! repeats each until the control plane has taken it. Nothing here delays a request.
//! Source: design §7.

mod hub;
mod record;
mod sketch;

pub use hub::{Hub, Totals};
pub use record::Shard;

use crate::body::{Body, RequestBodyFacts};
use crate::host::RequestHost;
use crate::runtime::ServedApi;
use crate::worker::Worker;
use bytes::Bytes;
use http::{Method, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use smol_str::SmolStr;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tollgate_contract::telemetry::{Cache, Outcome};
use tollgate_expression::context::{self, RequestId, Url};
use tollgate_policy::Exchange;
use tollgate_policy::elements::access::quota_by_key::TransferQuota;
use tollgate_policy::exchange::BodyError;
use tollgate_policy::host::QuotaHit;
use tollgate_policy::plan::Place;
use tollgate_policy::trace::Decision;

/// Whom and what a request concerned.
pub struct Subject {
    pub api: Option<Arc<ServedApi>>,
    pub operation: Option<Arc<context::Operation>>,
    pub product: Option<Arc<context::Product>>,
    pub subscription: Option<Arc<context::Subscription>>,
    pub user: Option<Arc<context::User>>,
    pub backend: Option<Arc<context::Backend>>,
    pub method: Method,
    pub url: Url,
    /// Where the request went, if it did.
    pub backend_url: Url,
    pub ip_address: IpAddr,
    pub request_id: RequestId,
    pub timestamp: context::Instant100ns,
}

impl Subject {
    pub fn of(exchange: &mut Exchange, host: &RequestHost) -> Subject {
        let context = &mut exchange.context;
        Subject {
            api: host.api.clone(),
            operation: context.operation.take(),
            product: context.product.take(),
            subscription: context.subscription.take(),
            user: context.user.take(),
            backend: context.backend.take(),
            method: context.request.method.clone(),
            url: context.request.original_url.clone(),
            backend_url: context.request.url.clone(),
            ip_address: context.request.ip_address,
            request_id: context.request_id,
            timestamp: context.timestamp,
        }
    }

    pub fn operation_name(&self) -> &str {
        self.operation.as_ref().map_or("", |operation| &operation.id)
    }
}

/// One request on its way to being recorded: filled when its answer has been sent.
pub struct Observation {
    worker: Rc<Worker>,
    /// Quotas that the bytes of both bodies count for.
    transfer_quotas: Vec<TransferQuota>,
    started: Instant,
    request_body: Rc<RequestBodyFacts>,
    pub subject: Subject,
    pub status: u16,
    pub backend_status: Option<u16>,
    pub backend_time: Duration,
    pub response_bytes: u64,
    pub last_error: Option<String>,
    /// What decided an answer that the gateway made itself.
    decided_by: Option<Arc<Place>>,
    decided_in: Option<SmolStr>,
    pub revision: u64,
    pub cache: Cache,
    pub protocol: &'static str,
    pub region: Arc<context::Deployment>,
}

impl Observation {
    pub fn new(started: Instant, exchange: &mut Exchange, host: &RequestHost, status: u16) -> Observation {
        let subject = Subject::of(exchange, host);
        Observation {
            worker: host.worker.clone(),
            transfer_quotas: std::mem::take(&mut exchange.run.transfer_quotas),
            started,
            request_body: host.client_body.clone(),
            subject,
            status,
            backend_status: host.backend_status.get(),
            backend_time: host.backend_time.get(),
            response_bytes: 0,
            last_error: host.last_fault.borrow_mut().take(),
            decided_by: exchange.run.decided_by.take(),
            decided_in: exchange.run.decided_in.take(),
            revision: host.runtime.revision,
            cache: match (exchange.run.cache_hit, exchange.run.cache_missed()) {
                (true, _) => Cache::Hit,
                (false, true) => Cache::Miss,
                (false, false) => Cache::None,
            },
            protocol: host.connection.protocol(),
            region: host.runtime.deployment.clone(),
        }
    }

    pub fn request_bytes(&self) -> u64 {
        self.request_body.bytes.get()
    }

    pub fn total_time(&self) -> Duration {
        self.started.elapsed()
    }

    fn count_transfer(&self) {
        for quota in &self.transfer_quotas {
            let hit = QuotaHit {
                key: &quota.key,
                calls: None,
                kilobytes: Some(quota.kilobytes),
                period: quota.period,
                first_period_start: quota.first_period_start,
                add_calls: 0,
                add_bytes: self.request_bytes() + self.response_bytes,
            };
            self.worker.node.counters.quota(&hit, crate::host::now());
        }
    }

    /// Source: reference/management-api.md, chapter 12.
    pub fn outcome(&self) -> Outcome {
        if self.status < 400 && self.last_error.as_deref() == Some(BROKEN_OFF) {
            return Outcome::Failed;
        }
        match self.status {
            0..400 => Outcome::Success,
            401 | 403 | 429 => Outcome::Blocked,
            400 | 500..=600 => Outcome::Failed,
            _ => Outcome::Other,
        }
    }
}

/// The backend broke off after its answer had begun.
const BROKEN_OFF: &str = "forward-request/BackendConnectionFailure";
const CLIENT_GONE: &str = "transfer-response/ClientConnectionFailure";

/// The answer's body on its way to the client. Its end, whichever it is, completes the observation.
pub struct ObservedBody {
    inner: Body,
    observation: Option<Box<Observation>>,
    ended: bool,
}

impl ObservedBody {
    pub fn new(inner: Body, observation: Observation) -> ObservedBody {
        ObservedBody { inner, observation: Some(Box::new(observation)), ended: false }
    }

    /// Answers that belong to no configuration are not recorded.
    pub fn unobserved(response: Response<Body>) -> Response<ObservedBody> {
        response.map(|inner| ObservedBody { inner, observation: None, ended: false })
    }
}

impl HttpBody for ObservedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let frame = std::task::ready!(Pin::new(&mut this.inner).poll_frame(cx));
        match (&frame, &mut this.observation) {
            (Some(Ok(frame)), Some(observation)) => {
                observation.response_bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
                this.ended = this.inner.is_end_stream();
            }
            (Some(Err(_)), Some(observation)) => {
                observation.last_error = Some(BROKEN_OFF.into());
                this.ended = true;
            }
            (None, _) => this.ended = true,
            (Some(_), None) => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for ObservedBody {
    fn drop(&mut self) {
        if let Some(mut observation) = self.observation.take() {
            let complete = self.ended || !matches!(self.inner, Body::Stream(_));
            if !complete && observation.last_error.is_none() {
                observation.last_error = Some(CLIENT_GONE.into());
            }
            observation.count_transfer();
            observation.worker.observe(&observation);
        }
    }
}

/// The request line's fields, in the words that users of Azure know.
/// Source: reference/gateway.md §11.
pub fn log_fields(observation: &Observation, total_us: u64) -> Vec<(&'static str, serde_json::Value)> {
    let subject = &observation.subject;
    let ms = |us: u64| us / 1000;
    let named = |name: Option<&str>| name.unwrap_or_default().to_owned();
    let api = subject.api.as_ref();
    let backend_ms = u64::try_from(observation.backend_time.as_millis()).unwrap_or(u64::MAX);
    let mut fields: Vec<(&'static str, serde_json::Value)> = vec![
        ("isRequestSuccess", (observation.outcome() == Outcome::Success).into()),
        ("totalTime", ms(total_us).into()),
        ("callerIpAddress", subject.ip_address.to_string().into()),
        ("region", observation.region.region.as_str().into()),
        ("correlationId", uuid::Uuid::from_bytes(subject.request_id.0).to_string().into()),
        ("method", subject.method.as_str().into()),
        ("url", record::masked_url(observation).into()),
        ("responseCode", observation.status.into()),
        ("responseSize", observation.response_bytes.into()),
        (
            "cache",
            match observation.cache {
                Cache::Hit => "hit".into(),
                Cache::Miss => "miss".into(),
                Cache::None => "none".into(),
            },
        ),
        ("backendTime", backend_ms.into()),
        ("apiId", named(api.map(|api| api.base_id.as_str())).into()),
        ("operationId", subject.operation_name().into()),
        ("productId", named(subject.product.as_ref().map(|product| product.id.as_str())).into()),
        ("userId", named(subject.user.as_ref().map(|user| user.id.as_str())).into()),
        ("apimSubscriptionId", named(subject.subscription.as_ref().map(|known| known.id.as_str())).into()),
        ("clientProtocol", observation.protocol.into()),
        ("apiRevision", named(api.map(|api| api.context.revision.as_str())).into()),
    ];
    if let Some(backend) = &subject.backend {
        fields.push(("backendId", backend.id.as_str().into()));
    }
    if observation.backend_status.is_some() {
        let target = &subject.backend_url;
        let base = format!("{}://{}:{}{}", target.scheme.as_str(), target.host, target.port, target.path());
        fields.push(("backendUrl", base.into()));
    }
    if let Some(decision) = Decision::of(observation.decided_by.as_deref(), observation.decided_in.as_deref()) {
        fields.push(("decidedBy", decision.line(observation.revision).into()));
    }
    if let Some(error) = &observation.last_error {
        let (source, reason) = error.split_once('/').unwrap_or((error, ""));
        let last = serde_json::json!({ "source": source, "reason": reason });
        fields.push(("lastError", last));
    }
    fields
}
