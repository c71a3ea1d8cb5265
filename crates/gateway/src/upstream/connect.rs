//! Opens transport connections: names to addresses, TCP, TLS.

use super::pool::UpstreamError;
use crate::small_write;
use ahash::AHashMap;
use base64::Engine as _;
use http::HeaderValue;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use smol_str::SmolStr;
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tollgate_policy::host::Proxy;

/// How long a resolved name is used. Short, because failover through DNS should work.
const NAME_LIFE: Duration = Duration::from_secs(5);
/// Names remembered per worker.
const NAMES_MAX: usize = 4096;
/// How long one of several addresses is tried.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(2);

/// Remembers names for a short time. One per worker.
#[derive(Default)]
pub struct Resolver {
    names: RefCell<AHashMap<(SmolStr, u16), Resolved>>,
}

struct Resolved {
    at: Instant,
    addresses: Vec<SocketAddr>,
}

impl Resolver {
    pub async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, UpstreamError> {
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let now = Instant::now();
        let key = (SmolStr::new(host), port);
        if let Some(known) = self.names.borrow().get(&key)
            && now.duration_since(known.at) < NAME_LIFE
        {
            return Ok(known.addresses.clone());
        }
        let found = tokio::net::lookup_host((host, port)).await;
        let addresses: Vec<SocketAddr> =
            found.map_err(|error| UpstreamError::Resolve(format!("cannot resolve {host}: {error}")))?.collect();
        if addresses.is_empty() {
            return Err(UpstreamError::Resolve(format!("{host} has no address")));
        }
        let mut names = self.names.borrow_mut();
        if names.len() >= NAMES_MAX {
            names.clear();
        }
        names.insert(key, Resolved { at: now, addresses: addresses.clone() });
        Ok(addresses)
    }

    pub fn forget(&self, host: &str, port: u16) {
        self.names.borrow_mut().remove(&(SmolStr::new(host), port));
    }
}

/// Connects to the first address that answers within `limit`.
pub async fn tcp(addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, UpstreamError> {
    let started = Instant::now();
    let mut last = UpstreamError::Connect("no address".into());
    for (index, address) in addresses.iter().enumerate() {
        let left = limit.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Err(UpstreamError::ConnectTimeout);
        }
        let is_last = index + 1 == addresses.len();
        let patience = if is_last { left } else { left.min(ADDRESS_TIMEOUT) };
        match tokio::time::timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Without it the answer is only slower.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = UpstreamError::Connect(format!("{address}: {error}")),
            Err(_) => last = UpstreamError::ConnectTimeout,
        }
    }
    Err(last)
}

pub async fn tls(
    stream: TcpStream,
    host: &str,
    config: Arc<ClientConfig>,
    limit: Duration,
) -> Result<TlsStream<TcpStream>, UpstreamError> {
    let name = ServerName::try_from(host.trim_start_matches('[').trim_end_matches(']').to_owned())
        .map_err(|_| UpstreamError::Tls(format!("{host} is no name for TLS")))?;
    match tokio::time::timeout(limit, TlsConnector::from(config).connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(UpstreamError::Tls(format!("{host}: {error}"))),
        Err(_) => Err(UpstreamError::ConnectTimeout),
    }
}

/// Bytes of a proxy's answer to CONNECT.
const PROXY_HEAD_BYTES_MAX: usize = 16 * 1024;

/// Opens a tunnel to `host` through the proxy at the other end of `stream` (RFC 9110 §9.3.6).
pub async fn tunnel(stream: &mut TcpStream, host: &str, port: u16, proxy: &Proxy) -> Result<(), UpstreamError> {
    let broken = |error: std::io::Error| UpstreamError::Proxy(format!("{proxy:?}: {error}"));
    let mut head = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n").into_bytes();
    if let Some(value) = proxy_authorization(proxy) {
        head.extend_from_slice(b"Proxy-Authorization: ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    stream.write_all(&head).await.map_err(broken)?;
    let mut answer = Vec::new();
    // Byte by byte: what follows the head belongs to the tunnel.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= PROXY_HEAD_BYTES_MAX {
            return Err(UpstreamError::Proxy(format!("{proxy:?}: its answer is too long")));
        }
        answer.push(stream.read_u8().await.map_err(broken)?);
    }
    let text = String::from_utf8_lossy(&answer);
    let mut lines = text.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse::<u16>().ok());
    match status {
        Some(200..300) => Ok(()),
        Some(407) => {
            let asked = lines.filter_map(|line| line.split_once(':'));
            let mut asked = asked.filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authenticate"));
            Err(proxy_refuses(asked.next().map_or("", |(_, value)| value.trim())))
        }
        Some(status) => Err(UpstreamError::Proxy(format!("{proxy:?} answered CONNECT with status code {status}"))),
        None => Err(UpstreamError::Proxy(format!("{proxy:?} does not speak HTTP"))),
    }
}

/// `asked`: the value of `Proxy-Authenticate`.
pub fn proxy_refuses(asked: &str) -> UpstreamError {
    let scheme = asked.split(' ').next().unwrap_or_default();
    let why = match scheme.to_ascii_lowercase().as_str() {
        "ntlm" | "negotiate" => format!("wants {scheme}, which is not supported; it must accept Basic"),
        _ => "does not accept the credentials".to_owned(),
    };
    UpstreamError::Proxy(why)
}

pub fn proxy_authorization(proxy: &Proxy) -> Option<HeaderValue> {
    let (username, password) = proxy.credentials.as_ref()?;
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
    let mut value = HeaderValue::try_from(format!("Basic {pair}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A plain or a TLS connection.
pub enum Transport {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Secure(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Secure(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Secure(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Secure(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Transport::Plain(stream) => small_write::poll_write_vectored(Pin::new(stream), cx, slices),
            Transport::Secure(stream) => small_write::poll_write_vectored(Pin::new(stream), cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Secure(stream) => stream.is_write_vectored(),
        }
    }
}
