//! The calls of nodes: configuration, heartbeat, telemetry. Over HTTP each proves itself with a
//! gateway token; within this process ([`LocalLink`]) the managed gateway needs none.

use super::feed::{Answer, Encoded};
use super::fleet::now_ms;
use crate::api::Query;
use crate::api::error::Failure;
use crate::control::Control;
use crate::gateway_token::Token;
use crate::resource::Resource;
use crate::state::{State, View};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::feed::Feed;
use tollgate_contract::link::{ControlPlane, LinkError, LinkFuture};
use tollgate_contract::telemetry::{Batch, Heartbeat};
use tollgate_error::{Code, Problem};

/// Longest time that a configuration call waits. Proxies cut idle calls after a minute or more.
const WAIT_MAX: Duration = Duration::from_secs(55);
/// Longest telemetry batch; a node sends every few seconds.
const BODY_BYTES_MAX: usize = 16 << 20;
/// The same after decompression.
const BODY_PLAIN_BYTES_MAX: usize = 64 << 20;
/// Most rollups and request records of one batch: they are stored in one transaction.
const BATCH_ITEMS_MAX: usize = 100_000;

impl Control {
    /// The control plane as the managed gateway of the same process calls it.
    pub fn local_link(&self, gateway: &str) -> LocalLink {
        LocalLink { control: self.clone(), gateway: gateway.to_owned() }
    }

    /// Waits up to `wait` until `look` has an answer other than `Current`.
    async fn await_news<T>(&self, wait: Duration, look: impl Fn(&State) -> Answer<T>) -> Answer<T> {
        let mut states = self.inner.state.subscribe();
        let deadline = tokio::time::Instant::now() + wait.min(WAIT_MAX);
        loop {
            let state = Arc::clone(&states.borrow_and_update());
            match look(&state) {
                Answer::Current => {}
                answer => return answer,
            }
            // The sender lives in this control plane: it cannot be gone.
            if !matches!(tokio::time::timeout_at(deadline, states.changed()).await, Ok(Ok(()))) {
                return Answer::Current;
            }
        }
    }

    async fn take_telemetry(&self, gateway: &Resource, batch: &Batch) -> Result<(), Failure> {
        let region = gateway.properties.get("locationData").and_then(|location| location.get("name"));
        let region = region.and_then(Value::as_str).unwrap_or_default();
        self.inner.store.take_batch(gateway.name(), region, batch, now_ms()).await?;
        Ok(())
    }
}

/// `/gateways/{gateway}/{configuration|heartbeat|telemetry}`.
pub async fn answer(control: &Control, gateway: &str, call: &str, request: Request<Body>) -> Response {
    let state = control.state();
    let gateway = match authenticate(&state, gateway, request.headers()) {
        Ok(gateway) => gateway,
        Err(problem) => return refuse(StatusCode::UNAUTHORIZED, &problem),
    };
    let (head, body) = request.into_parts();
    let answered = match (&head.method, call) {
        (&Method::GET, "configuration") => configuration(control, &gateway, &head).await,
        (&Method::POST, "heartbeat") => heartbeat(control, &gateway, &head, body).await,
        (&Method::POST, "telemetry") => telemetry(control, &gateway, &head, body).await,
        _ => Err(Failure::NotFound("Not found.".to_owned())),
    };
    answered.unwrap_or_else(IntoResponse::into_response)
}

/// The gateway whose token the headers carry.
fn authenticate(state: &State, gateway: &str, headers: &HeaderMap) -> Result<Arc<Resource>, Problem> {
    let refuse = |why: &str| {
        Problem::new(Code::NODE_CREDENTIAL_INVALID, format!("the gateway token is not accepted: {why}"))
            .with_hint("generate a token for this gateway and put it in config.service.auth")
    };
    let header = headers.get(header::AUTHORIZATION).ok_or_else(|| refuse("the Authorization header is missing"))?;
    let (scheme, token) = header
        .to_str()
        .ok()
        .and_then(|header| header.trim().split_once(' '))
        .ok_or_else(|| refuse("it is malformed"))?;
    if !scheme.eq_ignore_ascii_case("GatewayKey") {
        return Err(refuse("its scheme is not GatewayKey"));
    }
    let token = Token::parse(token.trim()).map_err(|error| refuse(&error.to_string()))?;
    if !token.id.eq_ignore_ascii_case(gateway) {
        return Err(refuse("it is for another gateway"));
    }
    let found = state.get(&format!("gateways/{gateway}")).ok_or_else(|| refuse("there is no such gateway"))?;
    let keys = ["primaryKey", "secondaryKey"].into_iter().filter_map(|field| found.text(field));
    token.verify(keys, Timestamp::now()).map_err(|error| refuse(&error.to_string()))?;
    Ok(found)
}

fn refuse(status: StatusCode, problem: &Problem) -> Response {
    let body = serde_json::to_string(problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("x-ms-error-code", HeaderValue::from_static(problem.code.0));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("GatewayKey"));
    }
    response
}

async fn configuration(control: &Control, gateway: &Resource, head: &Parts) -> Result<Response, Failure> {
    let query = Query::parse(head.uri.query().unwrap_or_default());
    let number = |name: &str| match query.get(name) {
        None | Some("") => Ok(0),
        Some(text) => text.parse::<u64>().map_err(|_| Failure::invalid(name, "must be a whole number")),
    };
    let (after, wait) = (number("after")?, Duration::from_secs(number("wait")?));
    let takes_zstd = head
        .headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("zstd")));
    let news = control
        .await_news(wait, |state| {
            match control.inner.publisher.encoded(state, control.service(), gateway.name(), after) {
                Ok(Answer::News(encoded)) => Answer::News(Ok(encoded)),
                Ok(Answer::Current) => Answer::Current,
                Ok(Answer::Gone) => Answer::Gone,
                Err(error) => Answer::News(Err(error)),
            }
        })
        .await;
    match news {
        Answer::Current => Ok(StatusCode::NOT_MODIFIED.into_response()),
        Answer::Gone => Err(Failure::absent("Gateway")),
        Answer::News(Err(error)) => Err(Failure::Internal(Problem::new(
            Code::NODE_FEED_INVALID,
            format!("the configuration cannot be encoded: {error}"),
        ))),
        Answer::News(Ok(Encoded { json, zstd })) => {
            let mut response = Response::new(Body::from(if takes_zstd { zstd } else { json }));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            if takes_zstd {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("zstd"));
            }
            Ok(response)
        }
    }
}

async fn heartbeat(control: &Control, gateway: &Resource, head: &Parts, body: Body) -> Result<Response, Failure> {
    let heartbeat: Heartbeat = read_json(head, body).await?;
    check_node(&heartbeat.node_id)?;
    control.inner.fleet.heard(gateway.name(), heartbeat).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn telemetry(control: &Control, gateway: &Resource, head: &Parts, body: Body) -> Result<Response, Failure> {
    let batch: Batch = read_json(head, body).await?;
    check_node(&batch.node_id)?;
    if batch.rollups.len() + batch.requests.len() + batch.traces.len() > BATCH_ITEMS_MAX {
        return Err(Failure::Content(format!("a batch has at most {BATCH_ITEMS_MAX} items")));
    }
    control.take_telemetry(gateway, &batch).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn check_node(id: &str) -> Result<(), Failure> {
    const NODE_ID_CHARS_MAX: usize = 256;
    if id.is_empty() || id.chars().count() > NODE_ID_CHARS_MAX {
        return Err(Failure::invalid("nodeId", format!("must have 1 to {NODE_ID_CHARS_MAX} characters")));
    }
    Ok(())
}

/// A JSON body, plain or zstd.
async fn read_json<T: DeserializeOwned>(head: &Parts, body: Body) -> Result<T, Failure> {
    let is_zstd = head.headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "zstd");
    let body = Limited::new(body, BODY_BYTES_MAX);
    let body = body.collect().await.map_err(|error| Failure::Content(error.to_string()))?.to_bytes();
    let plain = if is_zstd {
        zstd::bulk::decompress(&body, BODY_PLAIN_BYTES_MAX)
            .map_err(|error| Failure::Content(format!("the body is not zstd: {error}")))?
            .into()
    } else {
        body
    };
    serde_json::from_slice(&plain).map_err(|error| Failure::Content(error.to_string()))
}

/// A gateway's view of a control plane in the same process.
pub struct LocalLink {
    control: Control,
    gateway: String,
}

impl LocalLink {
    fn gateway(&self) -> Result<Arc<Resource>, LinkError> {
        let found = self.control.state().get(&format!("gateways/{}", self.gateway));
        found.ok_or_else(|| LinkError::Unauthorized(format!("there is no gateway '{}'", self.gateway)))
    }
}

impl ControlPlane for LocalLink {
    fn configuration(&self, after: u64, wait: Duration) -> LinkFuture<'_, Option<Feed>> {
        Box::pin(async move {
            let Control { inner } = &self.control;
            let look = |state: &State| inner.publisher.feed(state, &inner.service, &self.gateway, after);
            match self.control.await_news(wait, look).await {
                Answer::Current => Ok(None),
                Answer::News(feed) => Ok(Some(feed)),
                Answer::Gone => Err(LinkError::Unauthorized(format!("there is no gateway '{}'", self.gateway))),
            }
        })
    }

    fn heartbeat(&self, heartbeat: Heartbeat) -> LinkFuture<'_, ()> {
        Box::pin(async move {
            let gateway = self.gateway()?;
            let heard = self.control.inner.fleet.heard(gateway.name(), heartbeat).await;
            heard.map_err(|error| LinkError::Unavailable(error.problem().message))
        })
    }

    fn telemetry(&self, batch: Batch) -> LinkFuture<'_, ()> {
        Box::pin(async move {
            let gateway = self.gateway()?;
            let taken = self.control.take_telemetry(&gateway, &batch).await;
            taken.map_err(|failure| LinkError::Unavailable(failure.to_string()))
        })
    }
}
