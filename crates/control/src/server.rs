//! Listeners: the management API, the configuration API and the portal, over HTTP and HTTPS.

use crate::api::dispatch::{self, Scheme};
use crate::api::error::Failure;
use crate::assets;
use crate::control::Control;
use crate::publish::endpoint;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use percent_encoding::percent_decode_str;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tollgate_error::{Code, Problem};

/// Time for a TLS handshake and for a request head: idle connections that never ask cost memory.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// After a failed accept (no file descriptors left), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A bound listener.
pub struct Listener {
    socket: TcpListener,
    pub address: SocketAddr,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// `flag` is what a person chose the address with: `--management-listen`.
    ///
    /// # Errors
    /// TG1004 when the address cannot be bound.
    pub async fn bind(
        flag: &str,
        address: SocketAddr,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Result<Listener, Problem> {
        let refuse = |error: std::io::Error| {
            Problem::new(Code::PORT_TAKEN, format!("cannot listen on {address} ({flag}): {error}")).with_hint(format!(
                "another process may have the port; choose another address with {flag}, or port 0 for a free one"
            ))
        };
        let socket = TcpListener::bind(address).await.map_err(refuse)?;
        let address = socket.local_addr().map_err(refuse)?;
        Ok(Listener { socket, address, tls: tls.map(TlsAcceptor::from) })
    }

    /// Serves until `stop` is true, then lets calls in progress end.
    pub async fn serve(self, control: Control, mut stop: watch::Receiver<bool>) {
        let connections = tokio_util::task::TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = stopped(&mut stop) => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    let (control, tls, stop) = (control.clone(), self.tls.clone(), stop.clone());
                    connections.spawn(connection(stream, tls, control, stop));
                }
                Err(error) => {
                    tracing::warn!(%error, address = %self.address, "a connection cannot be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        connections.close();
        connections.wait().await;
    }
}

/// Waits for the end; also ends when nobody can tell any more.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn connection(stream: TcpStream, tls: Option<TlsAcceptor>, control: Control, stop: watch::Receiver<bool>) {
    // Answers are small and whole: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    match tls {
        None => speak(stream, Scheme("http"), control, stop).await,
        Some(tls) => match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => speak(stream, Scheme("https"), control, stop).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    scheme: Scheme,
    control: Control,
    mut stop: watch::Receiver<bool>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let control = control.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(scheme);
            Ok::<_, Infallible>(route(&control, request).await)
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    builder.http2().timer(TokioTimer::new());
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, "a connection ended early");
    }
}

/// The site map of the control plane.
async fn route(control: &Control, request: Request<Body>) -> Response {
    let path = request.uri().path().to_owned();
    let mut parts = path.split('/').skip(1);
    let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    match (first.to_ascii_lowercase().as_str(), second, third) {
        ("subscriptions", ..) => dispatch::answer(control, request).await,
        // The portal has pages below /gateways too, but none of these names.
        ("gateways", Some(gateway), Some(call @ ("configuration" | "heartbeat" | "telemetry")))
            if parts.next().is_none() =>
        {
            let call = call.to_owned();
            match percent_decode_str(gateway).decode_utf8() {
                Ok(gateway) => endpoint::answer(control, &gateway, &call, request).await,
                Err(_) => Failure::absent("Gateway").into_response(),
            }
        }
        ("exports", None, None) => dispatch::export(control, &request),
        ("healthz", None, None) => StatusCode::OK.into_response(),
        _ => assets::answer(&request),
    }
}
