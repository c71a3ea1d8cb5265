//! Metrics and health of a node, for machines on the same host.

use crate::node::Node;
use crate::runtime::Runtime;
use crate::telemetry::Totals;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Bounds of the duration histograms, in milliseconds. Source: reference/gateway.md §2,
/// `observability.opentelemetry.histogram.buckets`, with two finer ones.
const BOUNDS_MS: [u64; 12] = [1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

pub async fn serve(node: Arc<Node>, listener: std::net::TcpListener) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return node.log.error("Admin", format!("cannot listen: {error}")),
    };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let node = node.clone();
        tokio::task::spawn_local(async move {
            let service = service_fn(|request| {
                let answer = answer(&node, &request);
                async move { Ok::<_, Infallible>(answer) }
            });
            // Whoever asked is gone.
            let _ = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn answer(node: &Node, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let verbose = request.uri().query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("verbose")));
    match request.uri().path() {
        "/metrics" => text(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", metrics(node)),
        "/livez" => health(true, verbose, &[("process", true, "running".into())]),
        "/readyz" => {
            let checks = checks(node);
            health(checks[..2].iter().all(|(_, ok, _)| *ok), verbose, &checks)
        }
        "/startupz" => health(node.is_loaded(), verbose, &checks(node)[..1]),
        _ => text(StatusCode::NOT_FOUND, "text/plain", "not found\n".into()),
    }
}

/// What a node needs to serve (the first two), and what an operator wants to know.
fn checks(node: &Node) -> Vec<(&'static str, bool, String)> {
    let runtime = node.runtime.load_full();
    let configuration = match &runtime {
        Some(runtime) => format!("revision {}", runtime.revision),
        None => "none yet".to_owned(),
    };
    let seen = node.stats.control_plane_seen.load(Ordering::Relaxed);
    let age = jiff::Timestamp::now().as_second() - seen;
    let control_plane = if seen == 0 { "never reached".to_owned() } else { format!("last reached {age} s ago") };
    let failures = runtime.as_ref().map_or(0, |runtime| runtime.failures.len());
    let waiting = node.telemetry.waiting();
    vec![
        ("configuration", runtime.is_some(), configuration),
        ("serving", !node.is_draining(), if node.is_draining() { "draining".into() } else { "accepting".into() }),
        ("control-plane", node.stats.control_plane_up.load(Ordering::Relaxed), control_plane),
        ("failures", failures == 0, format!("{failures} parts of the configuration do not run")),
        (
            "telemetry",
            node.telemetry.dropped() == 0,
            format!("{waiting} waiting, {} dropped", node.telemetry.dropped()),
        ),
    ]
}

fn health(ok: bool, verbose: bool, checks: &[(&str, bool, String)]) -> Response<Full<Bytes>> {
    let mut body = String::new();
    if verbose {
        for (name, ok, detail) in checks {
            // Writing to a String cannot fail.
            let _ = writeln!(body, "[{}]{name}: {detail}", if *ok { '+' } else { '-' });
        }
    }
    body.push_str(if ok { "ok\n" } else { "not ready\n" });
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    text(status, "text/plain", body)
}

fn text(status: StatusCode, kind: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    response
}

fn metrics(node: &Node) -> String {
    let totals = node.telemetry.totals();
    let mut out = String::with_capacity(4096);
    let _ =
        out.write_str("# HELP tollgate_requests_total Requests answered.\n# TYPE tollgate_requests_total counter\n");
    for ((api, operation, class), count) in &totals.requests {
        let _ = writeln!(
            out,
            "tollgate_requests_total{{api=\"{}\",operation=\"{}\",code=\"{class}xx\"}} {count}",
            label(api),
            label(operation)
        );
    }
    histogram(&mut out, "tollgate_request_duration_seconds", "Received to sent.", &totals.total_time);
    histogram(&mut out, "tollgate_backend_duration_seconds", "Waiting for backends.", &totals.backend_time);
    let stats = &node.stats;
    let runtime = node.runtime.load_full();
    let up = u64::from(stats.control_plane_up.load(Ordering::Relaxed));
    let open = stats.connections_open.load(Ordering::Relaxed).max(0).unsigned_abs();
    let values: [(&str, &str, &str, u64); 13] = [
        ("tollgate_cache_bytes", "gauge", "Bytes in the built-in cache.", node.cache.bytes()),
        ("tollgate_request_bytes_total", "counter", "Bytes of request bodies.", totals.request_bytes),
        ("tollgate_response_bytes_total", "counter", "Bytes of answer bodies.", totals.response_bytes),
        ("tollgate_configuration_revision", "gauge", "Revision applied.", runtime.as_ref().map_or(0, |r| r.revision)),
        (
            "tollgate_configuration_apis",
            "gauge",
            "APIs served.",
            runtime.as_ref().map_or(0, |r| r.routes.api_count() as u64),
        ),
        (
            "tollgate_configuration_failures",
            "gauge",
            "Parts that do not run.",
            runtime.as_ref().map_or(0, |r| r.failures.len() as u64),
        ),
        ("tollgate_control_plane_up", "gauge", "Whether the last call worked.", up),
        ("tollgate_connections_open", "gauge", "Client connections.", open),
        (
            "tollgate_connections_accepted_total",
            "counter",
            "Client connections ever.",
            stats.connections_accepted.load(Ordering::Relaxed),
        ),
        ("tollgate_accept_errors_total", "counter", "Failed accepts.", stats.accept_errors.load(Ordering::Relaxed)),
        (
            "tollgate_tls_failures_total",
            "counter",
            "Failed handshakes with clients.",
            stats.tls_failures.load(Ordering::Relaxed),
        ),
        (
            "tollgate_telemetry_waiting",
            "gauge",
            "Rollups and records not yet delivered.",
            node.telemetry.waiting() as u64,
        ),
        (
            "tollgate_telemetry_dropped_total",
            "counter",
            "Rollups and records that did not fit.",
            node.telemetry.dropped(),
        ),
    ];
    for (name, kind, help, value) in values {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
    }
    if let Some(runtime) = &runtime {
        loggers(&mut out, runtime);
    }
    node.metrics.write(&mut out);
    let dropped = node.log.dropped();
    let _ =
        writeln!(out, "# TYPE tollgate_log_lines_dropped_total counter\ntollgate_log_lines_dropped_total {dropped}");
    out
}

fn loggers(out: &mut String, runtime: &Runtime) {
    if runtime.loggers.is_empty() {
        return;
    }
    let names = ["tollgate_events_sent_total", "tollgate_events_dropped_total"];
    let _ = writeln!(out, "# HELP {} Events of policies delivered.\n# TYPE {} counter", names[0], names[0]);
    for logger in runtime.loggers.values() {
        let _ =
            writeln!(out, "{}{{logger=\"{}\"}} {}", names[0], label(&logger.id), logger.sent.load(Ordering::Relaxed));
    }
    let _ = writeln!(out, "# HELP {} Events of policies lost.\n# TYPE {} counter", names[1], names[1]);
    for logger in runtime.loggers.values() {
        let _ = writeln!(
            out,
            "{}{{logger=\"{}\"}} {}",
            names[1],
            label(&logger.id),
            logger.dropped.load(Ordering::Relaxed)
        );
    }
}

fn histogram(out: &mut String, name: &str, help: &str, sketch: &tollgate_contract::telemetry::Sketch) {
    let bounds_us: Vec<u64> = BOUNDS_MS.iter().map(|ms| ms * 1000).collect();
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} histogram");
    for (bound, count) in BOUNDS_MS.iter().zip(Totals::at_bounds(sketch, &bounds_us)) {
        let _ = writeln!(out, "{name}_bucket{{le=\"{}\"}} {count}", *bound as f64 / 1000.0);
    }
    let _ = writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {}", sketch.count);
    let _ = writeln!(out, "{name}_sum {}\n{name}_count {}", sketch.sum_us as f64 / 1e6, sketch.count);
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
