//! The request path, top to bottom: admit → route → identify → run the policies → respond.

use crate::body::{Body, RequestBody, RequestBodyFacts};
use crate::debug;
use crate::forward;
use crate::host::{RequestEnvironment, RequestHost};
use crate::identify::{self, Caller};
use crate::listener::ConnectionFacts;
use crate::respond::{self, Refused};
use crate::route::{self, VersionHints};
use crate::runtime::{Runtime, ServedApi, ServedOperation};
use crate::telemetry::{Observation, ObservedBody};
use crate::worker::{LocalRuntime, Worker};
use http::header;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tollgate_expression::context::{self, BodyState, Context, RequestId, Scheme, Url, Variables};
use tollgate_policy::{Chain, Exchange, Fault, Target};

/// Paths that answer whether a configuration is loaded. Source: reference/gateway.md §3.
const PROBES: [&str; 2] = ["/status-0123456789abcdef", "/internal-status-0123456789abcdef"];

/// Answers one request. One configuration serves it from here to the end of its body.
pub async fn handle(
    worker: Rc<Worker>,
    connection: Rc<ConnectionFacts>,
    request: Request<Incoming>,
) -> Response<ObservedBody> {
    let started = Instant::now();
    let call = match admit(&worker, &connection, &request) {
        Ok(call) => call,
        Err(why) => return ObservedBody::unobserved(respond::refused(why)),
    };
    let Some(runtime) = worker.runtime() else {
        return ObservedBody::unobserved(respond::refused(Refused::NoConfiguration));
    };
    if PROBES.contains(&call.url.path()) {
        return ObservedBody::unobserved(Response::new(Body::full("Service is up".into())));
    }
    let route = find_route(&runtime, &call, &request);
    let (mut exchange, host, rest) = open(worker, connection, runtime, call, request, &route);
    let debug = debug::begin(&mut exchange, &host, started);
    match route {
        Ok(route) => serve(&mut exchange, &host, &route, &rest).await,
        Err(lost) => lose(&mut exchange, &host, lost).await,
    }
    debug::end(debug, &mut exchange, &host.worker, host.runtime.revision);
    finish(exchange, host, started)
}

/// The request as far as it is needed before an API is known.
struct Call {
    /// As the client called the gateway, with its dot segments resolved.
    url: Url,
    host: Option<HeaderValue>,
}

/// A route to an operation.
struct Route {
    api: Arc<ServedApi>,
    operation: Option<Arc<ServedOperation>>,
    parameters: Vec<(SmolStr, SmolStr)>,
    suffix_len: usize,
}

/// No operation fits; an API may.
struct Lost {
    api: Option<Arc<ServedApi>>,
    /// For a CORS preflight: the operation that the announced method would reach.
    preflight: Option<Option<Arc<ServedOperation>>>,
}

/// Refuses what no configuration could allow.
fn admit(worker: &Worker, connection: &ConnectionFacts, request: &Request<Incoming>) -> Result<Call, Refused> {
    let method = request.method();
    if matches!(*method, Method::CONNECT | Method::TRACE) {
        return Err(Refused::Method);
    }
    let uri = request.uri();
    let headers = request.headers();
    if let Some(expectation) = headers.get(header::EXPECT)
        && !expectation.as_bytes().eq_ignore_ascii_case(b"100-continue")
    {
        return Err(Refused::Expectation);
    }
    let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
    if target.len() > worker.node.settings.limits.target_bytes_max {
        return Err(Refused::TargetTooLong);
    }
    if !target.starts_with('/') || target.bytes().any(|byte| matches!(byte, b'\\' | b'<' | b'>' | b'"' | b'^' | b'`')) {
        return Err(Refused::BadTarget);
    }
    let mut lines = headers.get_all(header::HOST).iter();
    let host = lines.next();
    if lines.next().is_some() {
        return Err(Refused::BadHost);
    }
    // An absolute target's authority wins over the header; HTTP/2 has it in a pseudo-header.
    let host = match uri.authority() {
        Some(authority) if authority.as_str().contains('@') => return Err(Refused::BadHost),
        Some(authority) => Some(HeaderValue::from_str(authority.as_str()).map_err(|_| Refused::BadHost)?),
        None => host.cloned(),
    };
    let scheme = scheme(worker, connection, request);
    let (name, port) = match &host {
        Some(value) => host_and_port(value, scheme).ok_or(Refused::BadHost)?,
        None if request.version() == Version::HTTP_10 => (SmolStr::new_static("localhost"), scheme.default_port()),
        None => return Err(Refused::BadHost),
    };
    let path_and_query = match route::normalize(uri.path()).ok_or(Refused::BadTarget)? {
        Cow::Borrowed(_) => uri.path_and_query().cloned().unwrap_or_else(crate::url::root),
        Cow::Owned(path) => {
            let text = uri.query().map_or(path.clone(), |query| format!("{path}?{query}"));
            PathAndQuery::try_from(text).map_err(|_| Refused::BadTarget)?
        }
    };
    Ok(Call { url: Url { scheme, host: name, port, path_and_query }, host })
}

fn scheme(worker: &Worker, connection: &ConnectionFacts, request: &Request<Incoming>) -> Scheme {
    let mut secure = connection.secure;
    if worker.node.settings.trust_forwarded_proto
        && let Some(proto) = request.headers().get("x-forwarded-proto")
    {
        secure = proto.as_bytes().eq_ignore_ascii_case(b"https");
    }
    match (secure, is_websocket(request)) {
        (true, true) => Scheme::Wss,
        (false, true) => Scheme::Ws,
        (true, false) => Scheme::Https,
        (false, false) => Scheme::Http,
    }
}

fn is_websocket(request: &Request<Incoming>) -> bool {
    let headers = request.headers();
    request.version() == Version::HTTP_11
        && headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
        && headers
            .get_all(header::CONNECTION)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|option| option.trim().eq_ignore_ascii_case("upgrade")))
}

/// `name`, `name:port`, `[v6]:port`; anything else is no host.
fn host_and_port(value: &HeaderValue, scheme: Scheme) -> Option<(SmolStr, u16)> {
    let text = value.to_str().ok()?;
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()?),
        _ => (text, scheme.default_port()),
    };
    let bracketed = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let valid = match bracketed {
        Some(address) => address.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')),
        None => name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')),
    };
    (valid && !name.is_empty()).then(|| (SmolStr::new(name), port))
}

fn find_route(runtime: &Runtime, call: &Call, request: &Request<Incoming>) -> Result<Route, Lost> {
    let hints = VersionHints { headers: request.headers(), query: call.url.query() };
    let path = call.url.path();
    let Some(found) = runtime.routes.find(path, &hints) else { return Err(Lost { api: None, preflight: None }) };
    let api = found.api;
    let reachable = match call.url.scheme {
        Scheme::Http | Scheme::Ws => api.schemes.plain,
        Scheme::Https | Scheme::Wss => api.schemes.secure,
    };
    if !reachable {
        return Err(Lost { api: None, preflight: None });
    }
    let rest = &path[found.suffix_len..];
    if let Some(matched) = api.tree.find(request.method(), rest, call.url.query()) {
        let operation = api.operations.get(matched.operation).cloned();
        let parameters = matched.parameters;
        return Ok(Route { api: api.clone(), operation, parameters, suffix_len: found.suffix_len });
    }
    if api.accepts_any_operation(call.url.scheme) {
        return Ok(Route { api: api.clone(), operation: None, parameters: Vec::new(), suffix_len: found.suffix_len });
    }
    let announced = announced_method(request).map(|method| {
        let matched = api.tree.find(&method, rest, call.url.query());
        matched.and_then(|matched| api.operations.get(matched.operation).cloned())
    });
    Err(Lost { api: Some(api.clone()), preflight: announced })
}

/// The method that a CORS preflight asks about.
fn announced_method(request: &Request<Incoming>) -> Option<Method> {
    if request.method() != Method::OPTIONS || !request.headers().contains_key(header::ORIGIN) {
        return None;
    }
    let method = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    Method::from_bytes(method.as_bytes()).ok()
}

/// Builds the exchange. Nothing of the request is copied that can be moved.
fn open(
    worker: Rc<Worker>,
    connection: Rc<ConnectionFacts>,
    runtime: Rc<LocalRuntime>,
    call: Call,
    mut request: Request<Incoming>,
    route: &Result<Route, Lost>,
) -> (Exchange, RequestHost, PathAndQuery) {
    let api = match route {
        Ok(route) => Some(route.api.clone()),
        Err(lost) => lost.api.clone(),
    };
    let upgrade_wanted = is_websocket(&request);
    let client_upgrade = upgrade_wanted.then(|| hyper::upgrade::on(&mut request));
    let (parts, incoming) = request.into_parts();
    let mut headers = parts.headers;
    if let Some(host) = &call.host
        && parts.uri.authority().is_some()
    {
        headers.insert(header::HOST, host.clone());
    }
    let client_body = Rc::new(RequestBodyFacts::default());
    let bodyless = http_body::Body::is_end_stream(&incoming);
    let request_body: Option<tollgate_policy::BodyStream> =
        if bodyless { None } else { Some(Box::pin(RequestBody::new(incoming, client_body.clone()))) };
    let rest = call.url.path_and_query.clone();
    let context = Context {
        request: context::Request {
            method: parts.method,
            url: call.url.clone(),
            original_url: call.url,
            headers,
            body: context::Body::new(if bodyless { BodyState::Absent } else { BodyState::Streaming }),
            ip_address: connection.peer.ip(),
            matched_parameters: Vec::new(),
            certificate: connection.certificate.clone(),
        },
        response: None,
        variables: Variables::default(),
        api: api.as_ref().map(|api| api.context.clone()),
        operation: None,
        product: None,
        subscription: None,
        user: None,
        backend: None,
        deployment: runtime.deployment.clone(),
        last_error: None,
        request_id: RequestId(*uuid::Uuid::new_v4().as_bytes()),
        timestamp: crate::host::now(),
        tracing: false,
        environment: Rc::new(RequestEnvironment {
            worker: worker.clone(),
            runtime: runtime.clone(),
            connection: connection.clone(),
        }),
    };
    let base_url = api.as_ref().and_then(|api| api.service_base.clone());
    let body_bytes_max = worker.node.settings.limits.body_bytes_max;
    let exchange = Exchange {
        context,
        request_body,
        response_body: None,
        target: Target { base_url, ..Target::default() },
        body_bytes_max,
        run: tollgate_policy::run::RunState::default(),
    };
    let host = RequestHost {
        worker,
        runtime,
        connection,
        api,
        original_host: exchange.context.request.headers.get(header::HOST).cloned(),
        client_body,
        client_upgrade: Cell::new(client_upgrade),
        upgrade_wanted,
        operation: route.as_ref().ok().and_then(|route| route.operation.clone()),
        backend_upgrade: Cell::new(None),
        backend_status: Cell::new(None),
        backend_time: Cell::default(),
        last_fault: std::cell::RefCell::default(),
        seats: std::cell::RefCell::default(),
    };
    (exchange, host, rest)
}

/// Identify, then inbound → backend → outbound, or on-error.
async fn serve(exchange: &mut Exchange, host: &RequestHost, route: &Route, original: &PathAndQuery) {
    let api = &*route.api;
    let context = &mut exchange.context;
    context.operation = route.operation.as_ref().map(|operation| operation.context.clone());
    context.request.matched_parameters.clone_from(&route.parameters);
    if let Some(base) = &api.service_base {
        match crate::url::join(base, &original.path()[route.suffix_len..], original.query()) {
            Some(url) => context.request.url = url,
            None => return fail(exchange, host, &Chain::default(), respond::not_found()).await,
        }
    }
    let operation = route.operation.as_deref();
    let now_ms = (context.timestamp.0 - context::Instant100ns::UNIX_EPOCH.0) / 10_000;
    let headers = &context.request.headers;
    let caller = match identify::identify(&host.runtime, api, headers, original.query(), now_ms) {
        Ok(caller) => caller,
        Err(refusal) => {
            let fault = refusal.into_fault(api, &authority(&context.request.original_url));
            let chain = api.chain(&host.runtime, None, operation);
            return fail(exchange, host, &chain, fault).await;
        }
    };
    if api.is_broken(&host.runtime, &caller, operation) {
        return fail(exchange, host, &Chain::default(), respond::api_unavailable()).await;
    }
    let Caller { product, subscription, user } = caller;
    context.product = product.as_ref().map(|product| product.context.clone());
    context.subscription = subscription;
    context.user = user;
    let chain = api.chain(&host.runtime, product.as_deref(), operation);
    tollgate_policy::run::run(exchange, &chain, host).await;
}

/// No API or no operation: a preflight and the file of `cross-domain` may still be answered, all else is
/// not found.
async fn lose(exchange: &mut Exchange, host: &RequestHost, lost: Lost) {
    let file = host.runtime.global.plan();
    if let Some(file) = file.and_then(|plan| plan.cross_domain_file(exchange.context.request.original_url.path())) {
        exchange.context.response = Some(file);
        return;
    }
    let Some(api) = &lost.api else {
        let global = host.runtime.global.plan().cloned();
        return fail(exchange, host, &Chain { global, ..Chain::default() }, respond::not_found()).await;
    };
    if let Some(operation) = &lost.preflight {
        let product = api.open_product().map(|product| &**product);
        let chain = api.chain(&host.runtime, product, operation.as_deref());
        exchange.context.operation = operation.as_ref().map(|operation| operation.context.clone());
        if tollgate_policy::run::run_preflight(exchange, &chain, host).await {
            return;
        }
        exchange.context.operation = None;
    }
    let chain = api.chain(&host.runtime, None, None);
    fail(exchange, host, &chain, respond::not_found()).await;
}

/// The default answer of a fault, as the on-error policies in scope leave it.
async fn fail(exchange: &mut Exchange, host: &RequestHost, chain: &Chain, fault: Fault) {
    tollgate_policy::run::run_on_error(exchange, chain, host, fault).await;
}

/// The exchange's answer as HTTP, with whoever wants to know told when it has been sent.
fn finish(mut exchange: Exchange, host: RequestHost, started: Instant) -> Response<ObservedBody> {
    let answer = exchange.context.response.take().unwrap_or_else(|| context::Response {
        status_code: 200,
        status_reason: None,
        headers: http::HeaderMap::new(),
        body: context::Body::default(),
    });
    let status = StatusCode::from_u16(answer.status_code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let head_only = exchange.context.request.method == Method::HEAD;
    let bodyless = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) || status.is_informational();
    let mut headers = answer.headers;
    let body = match (exchange.response_body.take(), answer.body.state()) {
        (Some(stream), _) => Body::Stream(stream),
        (None, BodyState::Buffered(content) | BodyState::Replayed(content)) => {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(content.len()));
            Body::full(content)
        }
        (None, BodyState::Absent | BodyState::Streaming | BodyState::Consumed) => {
            if !head_only && !bodyless {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            Body::Empty
        }
    };
    let body = if head_only || bodyless { Body::Empty } else { body };
    if status == StatusCode::SWITCHING_PROTOCOLS {
        if let (Some(client), Some(backend)) = (host.client_upgrade.take(), host.backend_upgrade.take()) {
            host.connection.upgrade_granted.store(true, Ordering::Release);
            forward::tunnel(client, backend, host.worker.clone());
        }
    } else {
        forward::strip_hop_by_hop(&mut headers);
    }
    let mut response = Response::new(());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if let Some(reason) = answer.status_reason
        && let Ok(reason) = hyper::ext::ReasonPhrase::try_from(reason.as_bytes().to_vec())
    {
        response.extensions_mut().insert(reason);
    }
    let observation = Observation::new(started, &mut exchange, &host, status.as_u16());
    response.map(|()| ObservedBody::new(body, observation))
}

fn authority(url: &Url) -> String {
    if url.is_default_port() { url.host.to_string() } else { format!("{}:{}", url.host, url.port) }
}

#[cfg(test)]
mod tests {
    /// Bytes of the future of one request. It is moved once a request, so what is rare is boxed.
    const REQUEST_FUTURE_BYTES_MAX: usize = 6 * 1024;

    fn future_bytes<A, B, C, F>(_: fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_future_of_a_request_stays_small() {
        assert!(future_bytes(super::handle) <= REQUEST_FUTURE_BYTES_MAX, "{} bytes", future_bytes(super::handle));
    }
}
