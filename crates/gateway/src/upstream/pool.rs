//! Upstream connections of one worker: kept, reused, thrown away.
//!
//! HTTP/1.1 connections serve one exchange at a time and come back when the answer's body is read to
//! its end; HTTP/2 connections are shared. Nothing here decides about retries beyond the one rule
//! that a request which was never written may go on another connection.

use super::connect::{self, Resolver, Transport};
use super::tls::TlsClient;
use crate::body::Body;
use crate::settings::Limits;
use ahash::AHashMap;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use smol_str::SmolStr;
use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use thiserror::Error;
use tollgate_expression::context::{Scheme, Url};
use tollgate_policy::exchange::BodyError;
use tollgate_policy::host::Proxy;

/// Stale connections tried before a new one is opened.
const STALE_TRIES_MAX: usize = 8;

/// What the caller wants to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    Http1,
    /// TLS: what the backend chooses; plain: HTTP/1.1.
    Http2Or1,
    /// TLS or prior knowledge.
    Http2,
    /// HTTP/1.1 on a connection of its own, which may stop being HTTP.
    Upgrade,
}

#[derive(Debug, Error)]
pub enum UpstreamError {
    #[error("{0}")]
    Resolve(String),
    #[error("cannot connect to {0}")]
    Connect(String),
    #[error("connecting took too long")]
    ConnectTimeout,
    #[error("TLS handshake with {0}")]
    Tls(String),
    /// A kept connection was closed by the backend while the request was on its way.
    #[error("a kept connection was closed: {0}")]
    Stale(hyper::Error),
    #[error("{0}")]
    Broken(hyper::Error),
    /// The proxy on the way refuses.
    #[error("proxy {0}")]
    Proxy(String),
}

/// The way to a backend.
#[derive(Clone, Copy)]
pub struct Route<'r> {
    pub url: &'r Url,
    pub tls: &'r Arc<TlsClient>,
    pub proxy: Option<&'r Proxy>,
}

impl Route<'_> {
    fn is_secure(&self) -> bool {
        matches!(self.url.scheme, Scheme::Https | Scheme::Wss)
    }

    /// A proxy that relays requests itself, not a tunnel.
    fn relay(&self) -> Option<&Proxy> {
        self.proxy.filter(|_| !self.is_secure())
    }
}

/// One address and one way to speak to it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Origin {
    secure: bool,
    host: SmolStr,
    port: u16,
    /// Id of the TLS settings; 0 without TLS.
    tls: u64,
    proxy: Option<Proxy>,
}

impl Origin {
    fn new(route: &Route<'_>) -> Origin {
        let secure = route.is_secure();
        let tls = if secure { route.tls.id } else { 0 };
        Origin { secure, host: route.url.host.clone(), port: route.url.port, tls, proxy: route.proxy.cloned() }
    }
}

/// The connections of one worker.
pub struct Upstreams {
    http1: RefCell<AHashMap<Origin, Rc<Idle>>>,
    http2: RefCell<AHashMap<Origin, http2::SendRequest<Body>>>,
    resolver: Resolver,
    connect_limit: Duration,
    idle_max: usize,
    idle_limit: Duration,
}

/// Kept HTTP/1.1 connections to one origin, the latest used last.
struct Idle {
    senders: RefCell<Vec<(http1::SendRequest<Body>, Instant)>>,
    max: usize,
}

impl Upstreams {
    pub fn new(limits: &Limits) -> Upstreams {
        Upstreams {
            http1: RefCell::default(),
            http2: RefCell::default(),
            resolver: Resolver::default(),
            connect_limit: limits.connect,
            idle_max: limits.upstream_idle_max,
            idle_limit: limits.upstream_idle,
        }
    }

    /// Sends one request by a route. The request's target and headers are already as they go out.
    pub async fn send(
        &self,
        route: Route<'_>,
        protocol: Protocol,
        request: Request<Body>,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        if protocol == Protocol::Http1 && route.proxy.is_none() {
            return self.send_http1(Origin::new(&route), route.tls, request).await;
        }
        // Boxed, as is all that opens connections: every request's future is as large as the largest
        // of these.
        Box::pin(self.send_otherwise(route, protocol, request)).await
    }

    async fn send_otherwise(
        &self,
        route: Route<'_>,
        protocol: Protocol,
        mut request: Request<Body>,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        let origin = Origin::new(&route);
        let tls = route.tls;
        if let Some(proxy) = route.relay() {
            address_proxy(&mut request, route.url, proxy)?;
        }
        let response = match protocol {
            Protocol::Http1 => self.send_http1(origin, tls, request).await,
            Protocol::Http2Or1 if !origin.secure => self.send_http1(origin, tls, request).await,
            Protocol::Upgrade => self.send_upgrade(origin, tls, request).await,
            Protocol::Http2Or1 | Protocol::Http2 => self.send_http2(origin, tls, protocol, request).await,
        }?;
        if route.relay().is_some() && response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            let asked = response.headers().get(header::PROXY_AUTHENTICATE).and_then(|value| value.to_str().ok());
            return Err(connect::proxy_refuses(asked.unwrap_or_default()));
        }
        Ok(response)
    }

    /// A connection outside HTTP, for other protocols.
    pub async fn open(
        &self,
        host: &str,
        port: u16,
        secure: bool,
        tls: &Arc<TlsClient>,
    ) -> Result<Transport, UpstreamError> {
        let origin = Origin { secure, host: SmolStr::new(host), port, tls: 0, proxy: None };
        self.connect(&origin, &tls.http1).await
    }

    /// The same on a new connection: for a request that a kept one may have swallowed.
    pub async fn send_fresh(
        &self,
        route: Route<'_>,
        protocol: Protocol,
        mut request: Request<Body>,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        if protocol != Protocol::Http1 {
            return self.send(route, protocol, request).await;
        }
        if let Some(proxy) = route.relay() {
            address_proxy(&mut request, route.url, proxy)?;
        }
        Box::pin(self.send_new(&Origin::new(&route), route.tls, request)).await
    }

    async fn send_new(
        &self,
        origin: &Origin,
        tls: &Arc<TlsClient>,
        request: Request<Body>,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        let transport = self.connect(origin, &tls.http1).await?;
        let mut sender = open_http1(transport).await?;
        let response = sender.send_request(request).await.map_err(UpstreamError::Broken)?;
        Ok(lend(response, sender, self.idle(origin)))
    }

    async fn send_http1(
        &self,
        origin: Origin,
        tls: &Arc<TlsClient>,
        mut request: Request<Body>,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        let idle = self.idle(&origin);
        for _ in 0..STALE_TRIES_MAX {
            let Some(mut sender) = idle.take() else { break };
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(lend(response, sender, idle)),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(UpstreamError::Stale(error.into_error())),
                },
            }
        }
        Box::pin(self.send_new(&origin, tls, request)).await
    }

    async fn send_upgrade(
        &self,
        origin: Origin,
        tls: &Arc<TlsClient>,
        request: Request<Body>,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        let transport = self.connect(&origin, &tls.http1).await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(transport)).await.map_err(UpstreamError::Broken)?;
        tokio::task::spawn_local(async move {
            // Its end shows at the exchange that uses it.
            let _ = connection.with_upgrades().await;
        });
        let response = sender.send_request(request).await.map_err(UpstreamError::Broken)?;
        Ok(response.map(|incoming| UpstreamBody { incoming, lease: None }))
    }

    async fn send_http2(
        &self,
        origin: Origin,
        tls: &Arc<TlsClient>,
        protocol: Protocol,
        request: Request<Body>,
    ) -> Result<Response<UpstreamBody>, UpstreamError> {
        let known = self.http2.borrow().get(&origin).filter(|sender| !sender.is_closed()).cloned();
        let mut sender = match known {
            Some(sender) => sender,
            None => {
                let transport = self.connect(&origin, &tls.http2).await?;
                let negotiated = match &transport {
                    Transport::Secure(stream) => stream.get_ref().1.alpn_protocol() == Some(b"h2"),
                    Transport::Plain(_) => true,
                };
                if !negotiated && protocol == Protocol::Http2 {
                    return Err(UpstreamError::Tls(format!("{}: the backend does not speak HTTP/2", origin.host)));
                }
                if !negotiated {
                    let idle = self.idle(&origin);
                    let mut sender = open_http1(transport).await?;
                    let response = sender.send_request(request).await.map_err(UpstreamError::Broken)?;
                    return Ok(lend(response, sender, idle));
                }
                let (sender, connection) = http2::Builder::new(LocalExecutor)
                    .timer(hyper_util::rt::TokioTimer::new())
                    .handshake(TokioIo::new(transport))
                    .await
                    .map_err(UpstreamError::Broken)?;
                tokio::task::spawn_local(async move {
                    // Its end shows at the exchanges that use it.
                    let _ = connection.await;
                });
                self.http2.borrow_mut().insert(origin, sender.clone());
                sender
            }
        };
        let response = sender.send_request(request).await.map_err(UpstreamError::Broken)?;
        Ok(response.map(|incoming| UpstreamBody { incoming, lease: None }))
    }

    async fn connect(&self, origin: &Origin, config: &Arc<rustls::ClientConfig>) -> Result<Transport, UpstreamError> {
        let started = Instant::now();
        let (host, port) = match &origin.proxy {
            Some(proxy) => (&proxy.host, proxy.port),
            None => (&origin.host, origin.port),
        };
        let addresses = self.resolver.resolve(host, port).await?;
        let mut stream = match connect::tcp(&addresses, self.connect_limit).await {
            Ok(stream) => stream,
            Err(error) => {
                self.resolver.forget(host, port);
                return Err(error);
            }
        };
        if !origin.secure {
            return Ok(Transport::Plain(stream));
        }
        if let Some(proxy) = &origin.proxy {
            let left = self.connect_limit.saturating_sub(started.elapsed());
            let tunnel = connect::tunnel(&mut stream, &origin.host, origin.port, proxy);
            tokio::time::timeout(left, tunnel).await.map_err(|_| UpstreamError::ConnectTimeout)??;
        }
        let left = self.connect_limit.saturating_sub(started.elapsed());
        let stream = connect::tls(stream, &origin.host, config.clone(), left).await?;
        Ok(Transport::Secure(Box::new(stream)))
    }

    fn idle(&self, origin: &Origin) -> Rc<Idle> {
        if let Some(idle) = self.http1.borrow().get(origin) {
            return idle.clone();
        }
        let idle = Rc::new(Idle { senders: RefCell::default(), max: self.idle_max });
        self.http1.borrow_mut().insert(origin.clone(), idle.clone());
        idle
    }

    /// Throws away what has been idle too long; called now and then by the worker.
    pub fn sweep(&self) {
        let now = Instant::now();
        let mut origins = self.http1.borrow_mut();
        origins.retain(|_, idle| {
            let mut senders = idle.senders.borrow_mut();
            senders.retain(|(sender, since)| !sender.is_closed() && now.duration_since(*since) < self.idle_limit);
            !senders.is_empty() || Rc::strong_count(idle) > 1
        });
        self.http2.borrow_mut().retain(|_, sender| !sender.is_closed());
    }
}

/// A request as a proxy gets it: the whole URL as its target, and the proxy's credentials.
fn address_proxy(request: &mut Request<Body>, url: &Url, proxy: &Proxy) -> Result<(), UpstreamError> {
    let unusable = |_| UpstreamError::Proxy(format!("{proxy:?}: {url} cannot be asked for"));
    let uri: http::Uri = url.to_string().parse().map_err(unusable)?;
    *request.uri_mut() = uri;
    if let Some(value) = connect::proxy_authorization(proxy) {
        request.headers_mut().insert(header::PROXY_AUTHORIZATION, value);
    }
    Ok(())
}

async fn open_http1(transport: Transport) -> Result<http1::SendRequest<Body>, UpstreamError> {
    let (sender, connection) = http1::handshake(TokioIo::new(transport)).await.map_err(UpstreamError::Broken)?;
    tokio::task::spawn_local(async move {
        // Its end shows at the exchange that uses it.
        let _ = connection.await;
    });
    Ok(sender)
}

impl Idle {
    fn take(&self) -> Option<http1::SendRequest<Body>> {
        let mut senders = self.senders.borrow_mut();
        let mut at = senders.len();
        while at > 0 {
            at -= 1;
            if senders[at].0.is_closed() {
                senders.remove(at);
            } else if senders[at].0.is_ready() {
                return Some(senders.remove(at).0);
            }
        }
        None
    }

    fn put(&self, sender: http1::SendRequest<Body>) {
        let mut senders = self.senders.borrow_mut();
        if senders.len() < self.max && !sender.is_closed() {
            senders.push((sender, Instant::now()));
        }
    }
}

fn lend(response: Response<Incoming>, sender: http1::SendRequest<Body>, idle: Rc<Idle>) -> Response<UpstreamBody> {
    response.map(|incoming| {
        let mut body = UpstreamBody { incoming, lease: Some((sender, idle)) };
        body.give_back_at_end();
        body
    })
}

/// A backend's body; gives its connection back when it has been read to the end.
pub struct UpstreamBody {
    incoming: Incoming,
    lease: Option<(http1::SendRequest<Body>, Rc<Idle>)>,
}

impl UpstreamBody {
    fn give_back_at_end(&mut self) {
        if self.incoming.is_end_stream() {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        if let Some((sender, idle)) = self.lease.take() {
            idle.put(sender);
        }
    }
}

impl HttpBody for UpstreamBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let frame = std::task::ready!(Pin::new(&mut this.incoming).poll_frame(cx));
        Poll::Ready(match frame {
            Some(Ok(frame)) => {
                this.give_back_at_end();
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                this.lease = None;
                Some(Err(error.into()))
            }
            None => {
                this.give_back();
                None
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// Runs a connection's own futures on the worker's thread.
#[derive(Clone, Copy)]
pub struct LocalExecutor;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for LocalExecutor {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}
