//! Sockets and connections of a worker: accept, tell the protocol, serve, drain.
//!
//! Every worker has listeners of its own on the same addresses (SO_REUSEPORT), so the kernel spreads
//! connections and nothing is handed between threads.

mod guard;
mod tls;

pub use tls::{TlsHosts, TlsIdentity};

use crate::proxy;
use crate::upstream::LocalExecutor;
use crate::worker::Worker;
use guard::{Guard, Guarded};
use http::HeaderValue;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, Protocol, Socket, Type};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tollgate_error::{Code, Problem};
use tollgate_expression::context::Certificate;

/// Connections that wait in the kernel to be accepted.
const BACKLOG: i32 = 4096;
/// Pause after an accept that failed for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Streams of one HTTP/2 connection at a time.
const HTTP2_STREAMS_MAX: u32 = 256;
/// What a client that speaks HTTP/2 without TLS says first. RFC 9113 §3.4.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What all requests of a connection have in common.
pub struct ConnectionFacts {
    pub peer: SocketAddr,
    pub secure: bool,
    /// The peer's address as it is added to `X-Forwarded-For`.
    pub forwarded_for: HeaderValue,
    pub certificate: Option<Arc<Certificate>>,
    /// The client's certificate and those it showed with it, in DER.
    pub chain: Vec<bytes::Bytes>,
    /// Set when 101 was answered: from then on the bytes are not HTTP.
    pub upgrade_granted: Arc<AtomicBool>,
    pub http2: bool,
}

impl ConnectionFacts {
    /// In the words of the request log.
    pub fn protocol(&self) -> &'static str {
        if self.http2 { "HTTP/2" } else { "HTTP/1.1" }
    }
}

/// One address, bound once per worker.
///
/// # Errors
/// TG1004: taken, or not permitted.
pub fn bind(
    address: SocketAddr,
    workers: usize,
    setting: &str,
) -> Result<(SocketAddr, Vec<std::net::TcpListener>), Problem> {
    let taken = |error: std::io::Error| {
        Problem::new(Code::PORT_TAKEN, format!("cannot listen on {address}: {error}"))
            .with_hint(format!("choose another address with {setting}; port 0 picks a free one"))
    };
    // SO_REUSEPORT would share the port with any other process of the same user: the first socket is
    // bound without it, which fails when somebody else listens.
    let probe = socket(address, false).and_then(|probe| probe.local_addr()).map_err(taken)?;
    let bound = probe.as_socket().unwrap_or(address);
    let listeners: Result<Vec<_>, _> = (0..workers).map(|_| socket(bound, true).map(Into::into)).collect();
    Ok((bound, listeners.map_err(taken)?))
}

fn socket(address: SocketAddr, shared: bool) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}

/// Accepts until the node drains.
pub async fn accept(worker: Rc<Worker>, listener: std::net::TcpListener, secure: bool) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return worker.node.log.error("Listener", format!("cannot listen: {error}")),
    };
    let mut draining = worker.node.draining.subscribe();
    let open = Arc::new(tokio::sync::Semaphore::new(worker.node.settings.limits.connections_max));
    loop {
        let Ok(permit) = open.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = draining.wait_for(|draining| *draining) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                let worker = worker.clone();
                tokio::task::spawn_local(async move {
                    let counted = OpenConnection::new(worker.clone());
                    serve(worker, stream, peer, secure).await;
                    drop((counted, permit));
                });
            }
            Err(error) => {
                worker.node.stats.accept_errors.fetch_add(1, Ordering::Relaxed);
                if !is_about_one_connection(&error) {
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

fn is_about_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
    )
}

/// Counts a connection for as long as it is open.
struct OpenConnection(Rc<Worker>);

impl OpenConnection {
    fn new(worker: Rc<Worker>) -> OpenConnection {
        worker.node.stats.connections_accepted.fetch_add(1, Ordering::Relaxed);
        worker.node.stats.connections_open.fetch_add(1, Ordering::Relaxed);
        worker.connections.set(worker.connections.get() + 1);
        OpenConnection(worker)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.node.stats.connections_open.fetch_sub(1, Ordering::Relaxed);
        self.0.connections.set(self.0.connections.get() - 1);
    }
}

async fn serve(worker: Rc<Worker>, stream: TcpStream, peer: SocketAddr, secure: bool) {
    // Without it answers are only slower.
    let _ = stream.set_nodelay(true);
    let patience = worker.node.settings.limits.header_read;
    if !secure {
        // Otherwise it is gone, or silent before the first request.
        if let Ok(Ok((stream, first, http2))) = tokio::time::timeout(patience, first_bytes(stream)).await {
            serve_http(worker, stream, first, facts(peer, false, Vec::new(), http2)).await;
        }
        return;
    }
    match tokio::time::timeout(patience, tls::handshake(&worker, stream)).await {
        Ok(Ok((stream, chain))) => {
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            serve_http(worker, stream, Vec::new(), facts(peer, true, chain, http2)).await;
        }
        Ok(Err(error)) => {
            worker.node.stats.tls_failures.fetch_add(1, Ordering::Relaxed);
            worker.node.log.event(
                crate::log::LogLevel::Debug,
                "Listener",
                "TLS handshake failed",
                &[("peer", peer.to_string().into()), ("error", error.to_string().into())],
            );
        }
        Err(_) => {
            worker.node.stats.tls_failures.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn facts(peer: SocketAddr, secure: bool, chain: Vec<bytes::Bytes>, http2: bool) -> Rc<ConnectionFacts> {
    let address = peer.ip().to_canonical();
    let forwarded_for = HeaderValue::try_from(address.to_string()).unwrap_or(HeaderValue::from_static("unknown"));
    let peer = SocketAddr::new(address, peer.port());
    let upgrade_granted = Arc::default();
    let certificate = chain.first().map(|leaf| Arc::new(Certificate { der: leaf.clone(), private_key: None }));
    Rc::new(ConnectionFacts { peer, secure, forwarded_for, certificate, chain, upgrade_granted, http2 })
}

/// Reads until the bytes tell HTTP/2 with prior knowledge from HTTP/1.
async fn first_bytes(mut stream: TcpStream) -> std::io::Result<(TcpStream, Vec<u8>, bool)> {
    let mut first = Vec::with_capacity(HTTP2_PREFACE.len());
    loop {
        let mut byte = [0; HTTP2_PREFACE.len()];
        let wanted = HTTP2_PREFACE.len() - first.len();
        let read = stream.read(&mut byte[..wanted]).await?;
        first.extend_from_slice(&byte[..read]);
        if read == 0 || !HTTP2_PREFACE.starts_with(&first) {
            return Ok((stream, first, false));
        }
        if first.len() == HTTP2_PREFACE.len() {
            return Ok((stream, first, true));
        }
    }
}

async fn serve_http<T>(worker: Rc<Worker>, stream: T, first: Vec<u8>, facts: Rc<ConnectionFacts>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut draining = worker.node.draining.subscribe();
    let limits = worker.node.settings.limits.clone();
    let guard = (!facts.http2).then(|| Guard::new(facts.upgrade_granted.clone()));
    let io = TokioIo::new(Guarded::new(stream, guard, first));
    let http2 = facts.http2;
    let service = service_fn(move |request| {
        // Boxed, as the connection moves what it is given and this is kilobytes.
        let answer = Box::pin(proxy::handle(worker.clone(), facts.clone(), request));
        async move { Ok::<_, Infallible>(answer.await) }
    });
    // A connection that ends in an error has nobody left to tell.
    if http2 {
        let connection = http2::Builder::new(LocalExecutor)
            .timer(TokioTimer::new())
            .max_concurrent_streams(HTTP2_STREAMS_MAX)
            .max_header_list_size(u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX))
            .keep_alive_interval(Some(Duration::from_secs(60)))
            .serve_connection(io, service);
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            _ = draining.wait_for(|draining| *draining) => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    } else {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_read)
            .max_header_size(limits.header_bytes_max)
            .serve_connection(io, service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            _ = draining.wait_for(|draining| *draining) => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}
