//! The sample backend of `tollgate demo`: cat facts, echo, slow, failing, streaming, breaking off.
//! It is an ordinary HTTP server that knows nothing of gateways.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

/// Longest delay that `/slow` and `/stream` accept, so that a demo cannot be tied up.
const DELAY_MS_MAX: u64 = 120_000;
/// Longest body that `/echo` accepts.
const ECHO_BYTES_MAX: usize = 16 * 1024 * 1024;

const FACTS: &[&str] = &[
    "Cats sleep for around 13 to 14 hours a day.",
    "A group of cats is called a clowder.",
    "A cat can jump up to six times its length.",
    "Cats have 32 muscles in each ear.",
    "The oldest known pet cat was found in a 9,500 year old grave on Cyprus.",
    "A cat's nose print is as unique as a fingerprint.",
    "Cats cannot taste sweetness.",
];

/// Serves until the task is dropped.
pub async fn serve(listener: TcpListener) -> std::io::Result<()> {
    axum::serve(listener, router()).await
}

fn router() -> Router {
    Router::new()
        .route("/", get(index))
        .route("/fact", get(fact))
        .route("/facts", get(facts))
        .route("/echo", any(echo))
        .route("/echo/{*rest}", any(echo))
        .route("/slow", any(slow))
        .route("/status/{code}", any(status))
        .route("/stream", get(events))
        .route("/break", get(break_off))
}

async fn index() -> Json<Value> {
    Json(json!({
        "name": "Tollgate sample backend",
        "paths": ["/fact", "/facts?limit=3", "/echo", "/slow?ms=1000", "/status/503", "/stream?events=5&ms=500", "/break"],
    }))
}

fn one_fact() -> Value {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let fact = FACTS[NEXT.fetch_add(1, Ordering::Relaxed) % FACTS.len()];
    json!({ "fact": fact, "length": fact.chars().count() })
}

async fn fact() -> Json<Value> {
    Json(one_fact())
}

#[derive(Deserialize)]
struct Limit {
    limit: Option<usize>,
}

async fn facts(Query(query): Query<Limit>) -> Json<Value> {
    let count = query.limit.unwrap_or(3).min(100);
    Json(json!({ "data": (0..count).map(|_| one_fact()).collect::<Vec<_>>() }))
}

/// Answers with what arrived.
async fn echo(method: Method, uri: Uri, headers: HeaderMap, request: Request) -> Response {
    let Ok(body) = axum::body::to_bytes(request.into_body(), ECHO_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let mut shown = serde_json::Map::new();
    for name in headers.keys() {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).collect();
        shown.insert(name.to_string(), json!(values.join(", ")));
    }
    Json(json!({
        "method": method.as_str(),
        "path": uri.path(),
        "query": uri.query().unwrap_or_default(),
        "headers": shown,
        "body": String::from_utf8_lossy(&body),
    }))
    .into_response()
}

#[derive(Deserialize)]
struct Delay {
    ms: Option<u64>,
    events: Option<usize>,
}

impl Delay {
    fn duration(&self, default_ms: u64) -> Duration {
        Duration::from_millis(self.ms.unwrap_or(default_ms).min(DELAY_MS_MAX))
    }
}

async fn slow(Query(delay): Query<Delay>) -> Json<Value> {
    let duration = delay.duration(1_000);
    tokio::time::sleep(duration).await;
    Json(json!({ "waitedMs": duration.as_millis() as u64 }))
}

async fn status(Path(code): Path<u16>) -> Response {
    match StatusCode::from_u16(code) {
        Ok(status) if code >= 200 => (status, Json(json!({ "status": code }))).into_response(),
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// Server-sent events, one every `ms`.
async fn events(Query(delay): Query<Delay>) -> Response {
    let (count, pause) = (delay.events.unwrap_or(5).min(10_000), delay.duration(500));
    let body = stream::unfold(0, move |at| async move {
        if at == count {
            return None;
        }
        if at > 0 {
            tokio::time::sleep(pause).await;
        }
        Some((Ok::<_, std::io::Error>(Bytes::from(format!("id: {at}\ndata: {}\n\n", one_fact()))), at + 1))
    });
    ([(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")], Body::from_stream(body))
        .into_response()
}

/// Announces 1,000 bytes, sends 10, and closes the connection.
async fn break_off() -> Response {
    let body =
        stream::iter([Ok(Bytes::from_static(b"0123456789")), Err(std::io::Error::other("broken off on purpose"))]);
    ([(header::CONTENT_LENGTH, "1000")], Body::from_stream(body)).into_response()
}
