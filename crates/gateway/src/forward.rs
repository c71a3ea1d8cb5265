//! Sends an exchange's request to its backend and takes the answer: headers that belong to one hop
//! are removed, bodies are passed on as they come. Source: reference/policies.md §7.

use crate::body::{Body, HeldBack};
use crate::host::RequestHost;
use crate::respond;
use crate::runtime::ApiKind;
use crate::upstream::{self, BackendEntity, Protocol, Route, Selection, TlsClient, UpstreamBody, UpstreamError};
use http::header::{self, HeaderName};
use http::uri::{Authority, PathAndQuery, Uri};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_expression::context::{self, BodyState, Scheme, Url};
use tollgate_policy::host::{ForwardOptions, HttpVersion};
use tollgate_policy::{Exchange, Fault};

const SOURCE: &str = "forward-request";
/// Redirects followed for one request.
const REDIRECTS_MAX: usize = 10;

/// A backend that was chosen.
pub struct Choice {
    pub url: Url,
    pub tls: Arc<TlsClient>,
    pub entity: Option<Arc<BackendEntity>>,
    /// Cookie that brings the client back to the same member of a pool.
    pub cookie: Option<(SmolStr, SmolStr)>,
}

impl Choice {
    /// Tells the breaker of the backend what came of a call.
    pub fn record(&self, outcome: upstream::Outcome<'_>) {
        if let Some(breaker) = self.entity.as_ref().and_then(|entity| entity.breaker.as_ref()) {
            breaker.record(outcome, Instant::now());
        }
    }

    /// The credentials of a backend entity, instead of what the request has.
    pub fn put_credentials(&self, headers: &mut HeaderMap) {
        let Some(entity) = &self.entity else { return };
        for name in entity.credentials.headers.keys() {
            headers.remove(name);
        }
        for (name, value) in &entity.credentials.headers {
            headers.append(name.clone(), value.clone());
        }
    }
}

/// Fills `context.response` and `response_body`; takes the request's body.
///
/// # Errors
/// The backend does not exist, cannot be reached, or does not answer in time.
pub async fn forward(host: &RequestHost, exchange: &mut Exchange, options: &ForwardOptions) -> Result<(), Fault> {
    let mut choice = choose(host, exchange)?;
    if let Some(certificate) = &exchange.target.client_certificate {
        choice.tls = host.identified(&choice.tls, certificate, SOURCE)?;
    }
    let started = Instant::now();
    let outcome = {
        // Pinned here, as a timeout moves what it is given.
        let answer = std::pin::pin!(exchange_with(host, exchange, options, &choice));
        tokio::time::timeout(options.timeout, answer).await
    };
    host.add_backend_time(started.elapsed());
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(_) => Err(respond::backend_timeout(SOURCE)),
    };
    match &outcome {
        Ok(response) => choice.record(answered(response.status(), response.headers())),
        // A client that broke off its own body says nothing of the backend.
        Err(_) if host.client_body.broken.get() => {}
        Err(fault) => choice.record(upstream::Outcome::NoAnswer(fault.reason.as_deref().unwrap_or_default())),
    }
    take_answer(host, exchange, outcome?)?;
    if let (Some((name, value)), Some(response)) = (&choice.cookie, &mut exchange.context.response)
        && let Ok(cookie) = HeaderValue::try_from(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax"))
    {
        response.headers.append(header::SET_COOKIE, cookie);
    }
    Ok(())
}

/// An answer as a circuit breaker sees it.
pub fn answered(status: StatusCode, headers: &HeaderMap) -> upstream::Outcome<'static> {
    upstream::Outcome::Status(status.as_u16(), retry_after(headers))
}

fn choose(host: &RequestHost, exchange: &mut Exchange) -> Result<Choice, Fault> {
    let runtime = &host.runtime;
    let Some(id) = exchange.target.backend_id.clone() else {
        if exchange.target.base_url.is_none() {
            return Err(respond::bad_gateway(SOURCE, "the API has no backend".into()));
        }
        let url = exchange.context.request.url.clone();
        return Ok(Choice { url, tls: runtime.default_tls.clone(), entity: None, cookie: None });
    };
    let request = &exchange.context.request;
    let choice = choose_entity(host, SOURCE, &id, &request.url, exchange.target.base_url.as_ref(), &request.headers)?;
    exchange.context.backend = choice.entity.as_ref().map(|entity| entity.context.clone());
    Ok(choice)
}

/// A backend entity, or a member of a pool. What follows `base` in `url` is called below its URL.
///
/// # Errors
/// It does not exist, or its circuit breaker is open.
pub fn choose_entity(
    host: &RequestHost,
    source: &'static str,
    id: &str,
    url: &Url,
    base: Option<&Url>,
    headers: &HeaderMap,
) -> Result<Choice, Fault> {
    let runtime = &host.runtime;
    let (entity, cookie) = match upstream::select(runtime, id, headers, Instant::now()) {
        Selection::Entity { entity, cookie } => (entity, cookie),
        Selection::Open(open) => return Err(respond::backend_open(source, open.retry_after, open.status)),
        Selection::Unknown => return Err(respond::bad_gateway(source, format!("backend {id} does not exist"))),
    };
    let Some(address) = &entity.url else {
        return Err(respond::bad_gateway(source, format!("backend {id} has no address")));
    };
    let tls = entity.tls.clone().unwrap_or_else(|| runtime.default_tls.clone());
    let url = rebase(url, base, address, &entity.credentials.query)
        .ok_or_else(|| respond::bad_gateway(source, format!("backend {id} has no usable URL")))?;
    Ok(Choice { url, tls, entity: Some(entity), cookie })
}

/// What follows the old base in `current`, put behind `base`; `extra` joins the query.
fn rebase(current: &Url, old_base: Option<&Url>, base: &Url, extra: &str) -> Option<Url> {
    let prefix = old_base.map_or("", |old| old.path().trim_end_matches('/'));
    let rest = current.path().strip_prefix(prefix).unwrap_or(current.path());
    let query = match (current.query(), extra) {
        (None, "") => None,
        (Some(query), "") => Some(query.to_owned()),
        (None, extra) => Some(extra.to_owned()),
        (Some(query), extra) => Some(format!("{query}&{extra}")),
    };
    crate::url::join(base, rest, query.as_deref())
}

/// One exchange with the backend, redirects followed where wanted.
async fn exchange_with(
    host: &RequestHost,
    exchange: &mut Exchange,
    options: &ForwardOptions,
    choice: &Choice,
) -> Result<Response<UpstreamBody>, Fault> {
    let mut body = take_body(exchange);
    let replay = match &body {
        Body::Full(content) => Some(content.clone()),
        Body::Empty => Some(bytes::Bytes::new()),
        Body::Stream(_) => None,
    };
    // `proxy` of the document wins over that of the backend entity.
    let of_entity = choice.entity.as_ref().and_then(|entity| entity.proxy.as_ref());
    let proxy = exchange.target.proxy.as_ref().or(of_entity);
    let mut expects = options.continue_timeout.filter(|_| !http_body::Body::is_end_stream(&body));
    let mut body_left = false;
    let mut method = exchange.context.request.method.clone();
    let mut url = choice.url.clone();
    let protocol = protocol(host, exchange, options);
    for _ in 0..=REDIRECTS_MAX {
        let hop = Hop { method: &method, url: &url, protocol, expects, body_left };
        // Another origin is not shown the client certificate that the chosen backend is.
        let tls = if same_origin(&url, &choice.url) { &choice.tls } else { &host.runtime.default_tls };
        let route = Route { url: &url, tls, proxy };
        let request = hop.request(host, exchange, choice, body)?;
        let response = match host.worker.upstreams.send(route, protocol, request).await {
            Ok(response) => response,
            // The backend closed a kept connection: the same request may go again if repeating it
            // is harmless and nothing of it is lost.
            Err(UpstreamError::Stale(_)) if replay.is_some() && method.is_idempotent() => {
                let again = Body::full(replay.clone().unwrap_or_default());
                let again = hop.request(host, exchange, choice, again)?;
                let retried = host.worker.upstreams.send_fresh(route, protocol, again);
                retried.await.map_err(|error| failed(host, &error))?
            }
            Err(error) => return Err(failed(host, &error)),
        };
        let Some(next) = options.follow_redirects.then(|| redirect(&url, &response)).flatten() else {
            return Ok(response);
        };
        let Some(content) = &replay else { return Ok(response) };
        let keeps_method = matches!(response.status().as_u16(), 307 | 308) || method == Method::HEAD;
        body = if keeps_method { Body::full(content.clone()) } else { Body::Empty };
        if !keeps_method {
            method = Method::GET;
            (expects, body_left) = (None, true);
        }
        url = next;
    }
    Err(respond::bad_gateway(SOURCE, "too many redirects".into()))
}

/// Holds the body back until the backend says `100 Continue`, or `limit` is over.
fn await_continue(request: &mut Request<Body>, limit: Duration) {
    let go = Arc::new(tokio::sync::Notify::new());
    let body = std::mem::take(request.body_mut());
    let said = go.clone();
    // Without an answer in time the body is sent all the same: RFC 9110 §10.1.1.
    let wait = async move {
        let _ = tokio::time::timeout(limit, said.notified()).await;
    };
    *request.body_mut() = Body::Stream(Box::pin(HeldBack { body, wait: Some(Box::pin(wait)) }));
    hyper::ext::on_informational(request, move |_| go.notify_one());
}

fn failed(host: &RequestHost, error: &UpstreamError) -> Fault {
    if host.client_body.broken.get() {
        return respond::client_broken();
    }
    respond::backend_failed(SOURCE, error)
}

/// Where an answer sends the client that called `from`.
pub fn redirect(from: &Url, response: &Response<UpstreamBody>) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    if location.starts_with('/') && !location.starts_with("//") {
        return Some(Url { path_and_query: PathAndQuery::try_from(location).ok()?, ..from.clone() });
    }
    crate::url::parse(location)
}

fn take_body(exchange: &mut Exchange) -> Body {
    match (exchange.request_body.take(), exchange.context.request.body.state()) {
        (Some(stream), _) => {
            exchange.context.request.body.set(BodyState::Consumed);
            Body::Stream(stream)
        }
        (None, BodyState::Buffered(content) | BodyState::Replayed(content)) => Body::full(content),
        (None, BodyState::Absent | BodyState::Streaming | BodyState::Consumed) => Body::Empty,
    }
}

fn protocol(host: &RequestHost, exchange: &Exchange, options: &ForwardOptions) -> Protocol {
    if host.wants_upgrade() {
        return Protocol::Upgrade;
    }
    let content_type = exchange.context.request.headers.get(header::CONTENT_TYPE);
    let grpc = host.api_kind() == Some(ApiKind::Grpc)
        || content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    match options.http_version {
        HttpVersion::Http2 => Protocol::Http2,
        _ if grpc => Protocol::Http2,
        HttpVersion::Http2Or1 => Protocol::Http2Or1,
        HttpVersion::Http1 => Protocol::Http1,
    }
}

/// One request on its way to one address.
struct Hop<'a> {
    method: &'a Method,
    url: &'a Url,
    protocol: Protocol,
    /// How long the body waits for `100 Continue`.
    expects: Option<Duration>,
    /// A redirect made another request of it, without the body.
    body_left: bool,
}

impl Hop<'_> {
    fn request(
        &self,
        host: &RequestHost,
        exchange: &Exchange,
        choice: &Choice,
        body: Body,
    ) -> Result<Request<Body>, Fault> {
        let headers = self.headers(host, exchange, choice, &body);
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = match self.protocol {
            Protocol::Http1 | Protocol::Upgrade => Uri::from(self.url.path_and_query.clone()),
            Protocol::Http2 | Protocol::Http2Or1 => absolute(self.url)?,
        };
        let http2 = self.protocol == Protocol::Http2;
        *request.version_mut() = if http2 { Version::HTTP_2 } else { Version::HTTP_11 };
        *request.headers_mut() = headers;
        if let Some(limit) = self.expects {
            request.headers_mut().insert(header::EXPECT, HeaderValue::from_static("100-continue"));
            await_continue(&mut request, limit);
        }
        Ok(request)
    }

    /// Headers as this address gets them. Another origin than the chosen backend's, where a redirect
    /// led, gets no credentials.
    fn headers(&self, host: &RequestHost, exchange: &Exchange, choice: &Choice, body: &Body) -> HeaderMap {
        let mut headers = exchange.context.request.headers.clone();
        let trailers = strip_hop_by_hop(&mut headers);
        if trailers {
            headers.insert(header::TE, HeaderValue::from_static("trailers"));
        }
        if host.wants_upgrade() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
            headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        }
        headers.remove(header::EXPECT);
        match body {
            Body::Stream(_) => {}
            Body::Full(content) => {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from(content.len()));
            }
            Body::Empty if matches!(*self.method, Method::POST | Method::PUT | Method::PATCH) => {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            Body::Empty => {
                headers.remove(header::CONTENT_LENGTH);
            }
        }
        append_forwarded_for(&mut headers, &host.connection.forwarded_for);
        if !same_origin(self.url, &choice.url) {
            for name in [header::HOST, header::AUTHORIZATION, header::COOKIE] {
                headers.remove(name);
            }
            let key = exchange.context.api.as_ref().map_or("", |api| api.subscription_key_header.as_str());
            headers.remove(key);
        } else {
            choice.put_credentials(&mut headers);
        }
        if self.body_left {
            headers.remove(header::CONTENT_TYPE);
            headers.remove(header::CONTENT_ENCODING);
        }
        set_host(host, &mut headers, self.url);
        headers
    }
}

fn same_origin(a: &Url, b: &Url) -> bool {
    a.scheme == b.scheme && a.port == b.port && a.host == b.host
}

fn absolute(url: &Url) -> Result<Uri, Fault> {
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(match url.scheme {
        Scheme::Https | Scheme::Wss => http::uri::Scheme::HTTPS,
        Scheme::Http | Scheme::Ws => http::uri::Scheme::HTTP,
    });
    parts.authority = Authority::try_from(authority(url).as_str()).ok();
    parts.path_and_query = Some(url.path_and_query.clone());
    Uri::from_parts(parts).map_err(|error| respond::bad_gateway(SOURCE, format!("backend URL: {error}")))
}

pub fn authority(url: &Url) -> SmolStr {
    if url.is_default_port() { url.host.clone() } else { smol_str::format_smolstr!("{}:{}", url.host, url.port) }
}

/// The backend's own host, unless a policy has set the header: then its value differs in identity
/// from the one the client sent.
fn set_host(host: &RequestHost, headers: &mut HeaderMap, url: &Url) {
    let current = headers.get(header::HOST);
    let set_by_policy = match (current, &host.original_host) {
        (Some(current), Some(original)) => current.as_bytes().as_ptr() != original.as_bytes().as_ptr(),
        (Some(_), None) => true,
        (None, _) => false,
    };
    if !set_by_policy && let Ok(value) = HeaderValue::from_str(&authority(url)) {
        headers.insert(header::HOST, value);
    }
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

fn append_forwarded_for(headers: &mut HeaderMap, peer: &HeaderValue) {
    let Some(known) = headers.get(&X_FORWARDED_FOR) else {
        headers.insert(X_FORWARDED_FOR, peer.clone());
        return;
    };
    let mut chain = known.as_bytes().to_vec();
    for further in headers.get_all(&X_FORWARDED_FOR).iter().skip(1) {
        chain.extend_from_slice(b", ");
        chain.extend_from_slice(further.as_bytes());
    }
    chain.extend_from_slice(b", ");
    chain.extend_from_slice(peer.as_bytes());
    if let Ok(value) = HeaderValue::from_bytes(&chain) {
        headers.insert(X_FORWARDED_FOR, value);
    }
}

const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");

/// Removes what concerns one connection only: RFC 9110 §7.6.1. Tells whether `TE: trailers` was
/// among it. Framing and addressing headers cannot be nominated away by `Connection`.
pub fn strip_hop_by_hop(headers: &mut HeaderMap) -> bool {
    if headers.contains_key(header::CONNECTION) {
        let nominated: Vec<HeaderName> = headers
            .get_all(header::CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|name| HeaderName::try_from(name.trim()).ok())
            .filter(|name| !matches!(*name, header::HOST | header::CONTENT_LENGTH | header::AUTHORIZATION))
            .collect();
        for name in nominated.iter().filter(|name| **name != header::TE) {
            headers.remove(name);
        }
        headers.remove(header::CONNECTION);
    }
    let trailers = headers.remove(header::TE).is_some_and(|value| {
        value.to_str().is_ok_and(|value| value.split(',').any(|coding| coding.trim().eq_ignore_ascii_case("trailers")))
    });
    headers.remove(header::TRANSFER_ENCODING);
    headers.remove(header::UPGRADE);
    headers.remove(KEEP_ALIVE);
    headers.remove(PROXY_CONNECTION);
    headers.remove(header::PROXY_AUTHORIZATION);
    headers.remove(header::PROXY_AUTHENTICATE);
    headers.remove(HTTP2_SETTINGS);
    trailers
}

fn take_answer(host: &RequestHost, exchange: &mut Exchange, mut response: Response<UpstreamBody>) -> Result<(), Fault> {
    host.backend_status.set(Some(response.status().as_u16()));
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        host.backend_upgrade.set(Some(hyper::upgrade::on(&mut response)));
        let (parts, _) = response.into_parts();
        exchange.context.response = Some(context::Response {
            status_code: 101,
            status_reason: None,
            headers: parts.headers,
            body: context::Body::default(),
        });
        exchange.response_body = None;
        return Ok(());
    }
    let (mut parts, body) = response.into_parts();
    if let Some(coding) = parts.headers.get(header::TRANSFER_ENCODING) {
        if !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
            return Err(respond::bad_gateway(SOURCE, "the backend uses a transfer coding that is not known".into()));
        }
        parts.headers.remove(header::CONTENT_LENGTH);
    }
    strip_hop_by_hop(&mut parts.headers);
    let status_reason = reason(&parts);
    let bodyless = http_body::Body::is_end_stream(&body);
    let state = if bodyless { BodyState::Absent } else { BodyState::Streaming };
    exchange.response_body = if bodyless { None } else { Some(Box::pin(body)) };
    exchange.context.response = Some(context::Response {
        status_code: parts.status.as_u16(),
        status_reason,
        headers: parts.headers,
        body: context::Body::new(state),
    });
    Ok(())
}

/// The reason phrase, where it is not the standard one.
pub fn reason(parts: &http::response::Parts) -> Option<SmolStr> {
    let reason = parts.extensions.get::<hyper::ext::ReasonPhrase>()?;
    std::str::from_utf8(reason.as_bytes()).ok().map(SmolStr::new)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Passes bytes both ways until either side is done.
pub fn tunnel(client: hyper::upgrade::OnUpgrade, backend: hyper::upgrade::OnUpgrade, keep: Rc<dyn std::any::Any>) {
    tokio::task::spawn_local(async move {
        let _keep = keep;
        let (Ok(client), Ok(backend)) = (client.await, backend.await) else { return };
        let mut client = hyper_util::rt::TokioIo::new(client);
        let mut backend = hyper_util::rt::TokioIo::new(backend);
        // Either side going away is the normal end.
        let _ = tokio::io::copy_bidirectional(&mut client, &mut backend).await;
    });
}
