//! One HTTP request of the management API: read, authenticate, find, run, answer.
//! Source: reference/management-api.md, chapters 1 to 4.

use super::call::{Answer, Call, Conditions, Content, Query};
use super::error::Failure;
use super::{read, write};
use crate::control::{Control, Written};
use crate::edit::Edit;
use crate::kinds::{self, Kind, Route, Run};
use crate::resource;
use crate::service::PROVIDER;
use crate::state::{State, View};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// Longest body. An imported document may have 4 MB and grows when it is quoted as JSON text.
const BODY_BYTES_MAX: usize = 16 << 20;
/// Most path segments below the service; the deepest resource has six.
const SEGMENTS_MAX: usize = 12;
/// First api-version that is answered. All are answered alike.
const API_VERSION_FIRST: &str = "2021-08-01";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
/// Configuration revision that a write made. Source: design, chapter 9.
const REVISION: HeaderName = HeaderName::from_static("tollgate-revision");

/// Answers one management request.
pub async fn answer(control: &Control, request: Request<Body>) -> Response {
    let id = Uuid::new_v4().to_string();
    let client_id = request.headers().get(&CLIENT_REQUEST_ID).cloned();
    let origin = origin(request.headers(), request.extensions().get::<Scheme>());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = match handle(control, request).await {
        Ok(response) => response,
        Err(failure) => failure.into_response(),
    };
    challenge(&mut response, &origin);
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    tracing::debug!(%method, path, status = response.status().as_u16(), request_id = id, "management request");
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(client_id) = client_id {
        headers.insert(CLIENT_REQUEST_ID, client_id);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Tells an unauthenticated caller where a token would come from.
fn challenge(response: &mut Response, origin: &str) {
    if response.status() != StatusCode::UNAUTHORIZED {
        return;
    }
    // Never `claims=` here: the SDKs would start another sign-in.
    let challenge = format!("Bearer authorization_uri=\"{origin}/oauth2/v2.0/token\", error=\"invalid_token\"");
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
}

/// Answers a link that an export gave out: the token in the link is the credential.
pub fn export(control: &Control, request: &Request<Body>) -> Response {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let token = query.get("token").unwrap_or_default();
    let origin = origin(request.headers(), request.extensions().get::<Scheme>());
    let gateway = kinds::service::gateway_origin(&origin, &control.inner.fleet);
    match kinds::definitions::exported(token, gateway.as_deref(), control.service(), control.state().as_ref()) {
        Ok((media_type, text)) => {
            let mut response = Response::new(Body::from(text));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
            response
        }
        Err(failure) => {
            let mut response = failure.into_response();
            challenge(&mut response, &origin);
            response
        }
    }
}

/// What a path addresses.
enum Address {
    /// Below the service.
    Service(Vec<String>),
    /// The list of services of a subscription or group.
    Services,
    Subscriptions,
}

async fn handle(control: &Control, request: Request<Body>) -> Result<Response, Failure> {
    let (head, body) = request.into_parts();
    let caller = control.inner.authenticator.authenticate(&head.headers)?;
    let address = address(control, head.uri.path())?;
    let query = Query::parse(head.uri.query().unwrap_or_default());
    check_api_version(&query)?;
    let segments = match address {
        Address::Service(segments) => segments,
        Address::Services => {
            let origin = origin(&head.headers, head.extensions.get::<Scheme>());
            return Ok(json_response(StatusCode::OK, &services(control, &origin)));
        }
        Address::Subscriptions => return Ok(json_response(StatusCode::OK, &subscriptions(control))),
    };
    let state = control.state();
    let mut call = Call {
        caller,
        method: head.method,
        service: Arc::clone(&control.inner.service),
        fleet: Arc::clone(&control.inner.fleet),
        segments: canonical(segments, &state),
        names: Vec::new(),
        query,
        conditions: conditions(&head.headers),
        body: read_body(body).await?,
        origin: origin(&head.headers, head.extensions.get::<Scheme>()),
        raw_path: head.uri.path().to_owned(),
    };
    if let Some(route) = find_route(&mut call)? {
        return run_route(control, route, call, state).await;
    }
    let collection_or_item = resource::type_key(&call.path());
    let Some(kind) = kinds::find(&collection_or_item) else {
        // Folder tools probe each list and skip a type on this very answer.
        return Err(if call.segments.len() % 2 == 1 && call.method == Method::GET {
            Failure::NotInThisProduct
        } else {
            Failure::NotFound(format!("The resource type '{collection_or_item}' could not be found."))
        });
    };
    run_kind(control, kind, call, state).await
}

/// Which scheme the connection has; set by the listener.
#[derive(Debug, Clone, Copy)]
pub struct Scheme(pub &'static str);

fn address(control: &Control, path: &str) -> Result<Address, Failure> {
    let unknown = || Failure::NotFound(format!("The resource '{path}' was not found."));
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| percent_decode_str(segment).decode_utf8().map(|text| text.into_owned()))
        .collect::<Result<_, _>>()
        .map_err(|_| Failure::Content("the path is not UTF-8".to_owned()))?;
    if segments.iter().any(|segment| segment.contains('/') || segment == "." || segment == "..") {
        return Err(unknown());
    }
    let service = control.service();
    let is = |at: usize, literal: &str| segments.get(at).is_some_and(|found| found.eq_ignore_ascii_case(literal));
    if segments.len() == 1 {
        return Ok(Address::Subscriptions);
    }
    if !is(1, &service.subscription) {
        return Err(Failure::NotFound(format!("The subscription '{}' could not be found.", segments[1])));
    }
    let rest = if is(2, "resourceGroups") {
        if !is(3, &service.group) {
            let group = segments.get(3).map_or("", String::as_str);
            return Err(Failure::GroupNotFound(format!("Resource group '{group}' could not be found.")));
        }
        4
    } else {
        2
    };
    if !is(rest, "providers") || !is(rest + 1, PROVIDER) || !is(rest + 2, "service") {
        return Err(unknown());
    }
    let Some(name) = segments.get(rest + 3) else { return Ok(Address::Services) };
    if rest == 2 {
        return Err(unknown());
    }
    if !name.eq_ignore_ascii_case(&service.name) {
        return Err(Failure::NotFound(format!(
            "The Resource '{PROVIDER}/service/{name}' under resource group '{}' was not found.",
            service.group
        )));
    }
    let below = segments[rest + 4..].to_vec();
    if below.len() > SEGMENTS_MAX {
        return Err(unknown());
    }
    Ok(Address::Service(below))
}

/// `apis/echo;rev=2` is `apis/echo` when revision 2 is the current one.
fn canonical(mut segments: Vec<String>, state: &State) -> Vec<String> {
    if segments.len() >= 2 && segments[0].eq_ignore_ascii_case("apis") {
        let base = resource::api_base(&segments[1]);
        let revision = segments[1].get(base.len() + ";rev=".len()..).unwrap_or_default();
        if base.len() < segments[1].len()
            && state.get(&format!("apis/{base}")).is_some_and(|api| api.text("apiRevision") == Some(revision))
        {
            segments[1] = base.to_owned();
        }
    }
    segments
}

fn check_api_version(query: &Query) -> Result<(), Failure> {
    let version = query.get("api-version").filter(|version| !version.is_empty()).ok_or(Failure::ApiVersionMissing)?;
    let date = version.strip_suffix("-preview").unwrap_or(version);
    let is_date = date.len() == API_VERSION_FIRST.len() && date.parse::<jiff::civil::Date>().is_ok();
    // Dates of one form order as text.
    if is_date && date >= API_VERSION_FIRST { Ok(()) } else { Err(Failure::ApiVersionInvalid) }
}

fn conditions(headers: &HeaderMap) -> Conditions {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Conditions { if_match: text(header::IF_MATCH), if_none_match: text(header::IF_NONE_MATCH) }
}

async fn read_body(body: Body) -> Result<Option<Value>, Failure> {
    let bytes = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|error| {
        Failure::Content(if error.is::<LengthLimitError>() {
            format!("the body is longer than {BODY_BYTES_MAX} bytes")
        } else {
            format!("the body broke off: {error}")
        })
    })?;
    let bytes = bytes.to_bytes();
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    if text.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    serde_json::from_slice(text).map(Some).map_err(|error| Failure::Content(error.to_string()))
}

/// `https://host:port` as the client sees it. A proxy in front tells in `X-Forwarded-*`.
fn origin(headers: &HeaderMap, scheme: Option<&Scheme>) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text("x-forwarded-proto")
        .filter(|proto| matches!(*proto, "http" | "https"))
        .unwrap_or_else(|| scheme.map_or("http", |scheme| scheme.0));
    let host = text("x-forwarded-host").or_else(|| text("host"));
    // Goes into headers and links: nothing but a host and a port may be in it.
    let host = host.filter(|host| host.parse::<Authority>().is_ok_and(|host| !host.as_str().contains('@')));
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}

/// The route of a call, its names filled in.
fn find_route(call: &mut Call) -> Result<Option<&'static Route>, Failure> {
    let mut other_method = false;
    for route in kinds::routes() {
        let Some(names) = match_route(route.path, &call.segments) else { continue };
        let is_head = call.method == Method::HEAD && route.method == "GET";
        if call.method.as_str() == route.method || is_head {
            call.names = names;
            return Ok(Some(route));
        }
        other_method = true;
    }
    if other_method && kinds::find(&resource::type_key(&call.path())).is_none() {
        return Err(Failure::MethodNotAllowed(format!("The method {} is not allowed here.", call.method)));
    }
    Ok(None)
}

fn match_route(pattern: &str, segments: &[String]) -> Option<Vec<String>> {
    let pattern: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    if pattern.len() != segments.len() {
        return None;
    }
    let mut names = Vec::new();
    for (part, segment) in pattern.iter().zip(segments) {
        if *part == "{}" {
            names.push(segment.clone());
        } else if !part.eq_ignore_ascii_case(segment) {
            return None;
        }
    }
    Some(names)
}

async fn run_route(
    control: &Control,
    route: &'static Route,
    call: Call,
    state: Arc<State>,
) -> Result<Response, Failure> {
    match route.run {
        Run::Read(run) => respond(&call, run(&call, state.as_ref())?, &state, None),
        Run::Wait(run) => {
            let answer = run(control, &call).await?;
            respond(&call, answer, &control.state(), None)
        }
        Run::Write(run) => write_with(control, call, run).await,
    }
}

async fn run_kind(control: &Control, kind: &'static Kind, call: Call, state: Arc<State>) -> Result<Response, Failure> {
    let is_item = call.segments.len().is_multiple_of(2);
    match (call.method.as_str(), is_item) {
        ("GET", true) => respond(&call, read::get(&call, kind, state.as_ref())?, &state, None),
        ("HEAD", true) => respond(&call, read::head(&call, kind, state.as_ref())?, &state, None),
        ("GET" | "HEAD", false) => respond(&call, read::list(&call, kind, state.as_ref())?, &state, None),
        ("PUT" | "PATCH", true) => {
            let mut body = if kind.link_to.is_some() { Map::new() } else { call.properties()? };
            kind.behaviour.prepare(&control.inner.outside, &mut body).await?;
            let is_put = call.method == Method::PUT;
            write_with(control, call, move |call: &Call, edit: &mut Edit<'_>| {
                if is_put { write::put(call, kind, &body, edit) } else { write::patch(call, kind, &body, edit) }
            })
            .await
        }
        ("DELETE", true) => {
            write_with(control, call, move |call: &Call, edit: &mut Edit<'_>| write::delete(call, kind, edit)).await
        }
        (method, _) => Err(Failure::MethodNotAllowed(format!("The method {method} is not allowed here."))),
    }
}

async fn write_with(
    control: &Control,
    call: Call,
    run: impl Fn(&Call, &mut Edit<'_>) -> Result<Answer, Failure> + Send + Sync + 'static,
) -> Result<Response, Failure> {
    let call = Arc::new(call);
    let planned = Arc::clone(&call);
    let actor = call.caller.actor().to_owned();
    let Written { value, revision, state } = control.write(&actor, move |edit| run(&planned, edit)).await?;
    respond(&call, value, &state, revision)
}

fn respond(call: &Call, answer: Answer, state: &Arc<State>, revision: Option<u64>) -> Result<Response, Failure> {
    let mut response = match answer.content {
        Content::Empty => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = answer.status;
            response
        }
        Content::Json(value) => json_response(answer.status, &value),
        Content::Raw { media_type, bytes } => {
            let mut response = Response::new(Body::from(bytes));
            *response.status_mut() = answer.status;
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
            response
        }
        Content::Resource(path) => {
            let found = state.get(&path).ok_or_else(|| Failure::absent("Resource"))?;
            let shown = read::linked(&found, state.as_ref()).unwrap_or(found);
            let body = read::render(&shown, &call.render(state.as_ref(), false));
            let mut response = json_response(answer.status, &body);
            if let Ok(etag) = HeaderValue::from_str(&shown.etag()) {
                response.headers_mut().insert(header::ETAG, etag);
            }
            response
        }
    };
    if let Some(revision) = revision {
        response.headers_mut().insert(REVISION, revision.into());
    }
    Ok(response)
}

pub(crate) fn json_response(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

fn services(control: &Control, origin: &str) -> Value {
    json!({ "value": [kinds::service::document(control.service(), origin, &control.inner.fleet)] })
}

/// For the `az` client. Source: management-api, chapter 15.
fn subscriptions(control: &Control) -> Value {
    let id = &control.service().subscription;
    json!({ "value": [{
        "id": format!("/subscriptions/{id}"),
        "subscriptionId": id,
        "tenantId": id,
        "displayName": "Tollgate",
        "state": "Enabled",
        "subscriptionPolicies": {},
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    }] })
}
