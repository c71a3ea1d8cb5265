//! What an expression sees as `context`: plain data of one exchange.
//!
//! The pipeline that runs policies owns a [`Context`] and changes it between steps; an expression
//! only reads it. Source: reference/expressions.md, chapter 3.

use bytes::Bytes;
use http::{HeaderMap, Method};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

/// One exchange: the request, the response once there is one, and what the configuration says
/// about the API, operation, product, subscription and gateway in play.
pub struct Context {
    pub request: Request,
    /// Absent until a backend or a policy has answered.
    pub response: Option<Response>,
    pub variables: Variables,
    /// Absent for requests that match no API.
    pub api: Option<Arc<Api>>,
    pub operation: Option<Arc<Operation>>,
    pub product: Option<Arc<Product>>,
    pub subscription: Option<Arc<Subscription>>,
    pub user: Option<Arc<User>>,
    pub backend: Option<Arc<Backend>>,
    pub deployment: Arc<Deployment>,
    pub last_error: Option<LastError>,
    pub request_id: RequestId,
    /// When the request arrived.
    pub timestamp: Instant100ns,
    /// Whether this exchange is traced for a debug credential.
    pub tracing: bool,
    pub environment: Rc<dyn Environment>,
}

/// Time as .NET counts it: ticks of 100 ns since 0001-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Instant100ns(pub i64);

impl Instant100ns {
    /// Ticks at 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Instant100ns = Instant100ns(621_355_968_000_000_000);

    pub fn from_unix(seconds: i64, nanoseconds: u32) -> Instant100ns {
        Instant100ns(Self::UNIX_EPOCH.0 + seconds * 10_000_000 + i64::from(nanoseconds / 100))
    }
}

/// The only ways out of an expression. Implemented by the host that runs policies.
pub trait Environment {
    /// The time now; may not stand still between calls.
    fn now(&self) -> Instant100ns;
    /// Fills the buffer with random bytes (`Guid.NewGuid`, `Random`, `RNGCryptoServiceProvider`).
    fn entropy(&self, buffer: &mut [u8]);
    /// `context.Trace(message)`.
    fn trace(&self, message: &str);
    /// How a header's name was written on the wire, where the host knows. It shows when a program
    /// walks the headers.
    fn header_spelling(&self, _name: &str) -> Option<SmolStr> {
        None
    }
    /// An expression of a policy gave a value or threw. Only exchanges that are traced listen.
    fn evaluated(&self, expression: &str, outcome: Result<&crate::Value, &crate::Exception>) {
        let _ = (expression, outcome);
    }
    /// Whether the chain of a certificate (DER) ends in one that the host trusts
    /// (`X509Certificate2.Verify`, `VerifyNoRevocation`). A host without trust anchors trusts none.
    fn trusts_certificate(&self, _der: &[u8], _check_revocation: bool) -> bool {
        false
    }
}

/// The id of an exchange, an RFC 4122 UUID in network byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(pub [u8; 16]);

pub struct Request {
    pub method: Method,
    /// The URL as it will go to the backend.
    pub url: Url,
    /// The URL as the client called the gateway.
    pub original_url: Url,
    /// Names compare without case; several lines of one name are several values.
    pub headers: HeaderMap,
    pub body: Body,
    /// The address of the connecting peer.
    pub ip_address: IpAddr,
    /// Path template parameters, and query parameters named in the operation's template.
    pub matched_parameters: Vec<(SmolStr, SmolStr)>,
    /// The client's TLS certificate, if it showed one.
    pub certificate: Option<Arc<Certificate>>,
}

pub struct Response {
    pub status_code: u16,
    /// The reason phrase; `None` means the standard one of the code.
    pub status_reason: Option<SmolStr>,
    pub headers: HeaderMap,
    pub body: Body,
}

/// A URL in parts. `path` is escaped and starts with `/`; `query` is escaped, without the `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    pub scheme: Scheme,
    /// Without port; an IPv6 address keeps its brackets.
    pub host: SmolStr,
    pub port: u16,
    /// Path and query as one shared buffer: cheap to clone from the request line.
    pub path_and_query: http::uri::PathAndQuery,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
    Ws,
    Wss,
}

impl Scheme {
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Ws => "ws",
            Scheme::Wss => "wss",
        }
    }

    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Http | Scheme::Ws => 80,
            Scheme::Https | Scheme::Wss => 443,
        }
    }
}

impl Url {
    pub fn path(&self) -> &str {
        self.path_and_query.path()
    }

    /// Without the `?`; `None` when there is none.
    pub fn query(&self) -> Option<&str> {
        self.path_and_query.query()
    }

    pub fn is_default_port(&self) -> bool {
        self.port == self.scheme.default_port()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.host)?;
        if !self.is_default_port() {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(self.path_and_query.as_str())
    }
}

/// A message body as far as an expression may see it. The pipeline buffers a body before a step
/// whose program reads it ([`crate::Needs`]); one that nobody reads stays a stream outside.
#[derive(Default)]
pub struct Body(RefCell<BodyState>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum BodyState {
    /// The message has no body: `Body` is null.
    #[default]
    Absent,
    /// There is a body and it has not been buffered.
    Streaming,
    /// The decoded content (no transfer or content coding).
    Buffered(Bytes),
    /// Read without `preserveContent`: a further read throws, and nothing is left to send.
    Consumed,
    /// Content that every read finds again, as the conformance vectors' stand-in has it.
    Replayed(Bytes),
}

impl Body {
    pub fn new(state: BodyState) -> Body {
        Body(RefCell::new(state))
    }

    /// A body that can be read any number of times.
    pub fn replayed(content: Bytes) -> Body {
        Body::new(BodyState::Replayed(content))
    }

    pub fn state(&self) -> BodyState {
        self.0.borrow().clone()
    }

    pub fn is_absent(&self) -> bool {
        matches!(*self.0.borrow(), BodyState::Absent)
    }

    pub fn set(&self, state: BodyState) {
        *self.0.borrow_mut() = state;
    }

    /// The content for `As<T>(preserveContent)`. `None`: it was consumed before, or never buffered.
    pub fn read(&self, preserve_content: bool) -> Option<Bytes> {
        let mut state = self.0.borrow_mut();
        let content = match &*state {
            BodyState::Buffered(content) => content.clone(),
            BodyState::Replayed(content) => return Some(content.clone()),
            BodyState::Absent => return Some(Bytes::new()),
            BodyState::Streaming | BodyState::Consumed => return None,
        };
        if !preserve_content {
            *state = BodyState::Consumed;
        }
        Some(content)
    }
}

pub struct Api {
    pub id: SmolStr,
    pub name: SmolStr,
    /// The suffix under which the API is reached, without outer slashes.
    pub path: SmolStr,
    /// `http`, `https`, `ws`, `wss`.
    pub protocols: Vec<SmolStr>,
    pub service_url: Option<Url>,
    pub subscription_key_header: SmolStr,
    pub subscription_key_query: SmolStr,
    pub revision: SmolStr,
    /// Absent when the API is not versioned.
    pub version: Option<SmolStr>,
    pub is_current_revision: bool,
}

pub struct Operation {
    pub id: SmolStr,
    pub name: SmolStr,
    pub method: SmolStr,
    pub url_template: SmolStr,
}

pub struct Product {
    pub id: SmolStr,
    pub name: SmolStr,
    pub approval_required: bool,
    pub subscription_required: bool,
    pub subscriptions_limit: Option<i32>,
    pub published: bool,
    pub groups: Vec<Group>,
}

#[derive(Clone)]
pub struct Group {
    pub id: SmolStr,
    pub name: SmolStr,
}

pub struct Subscription {
    pub id: SmolStr,
    pub name: SmolStr,
    /// The key that was sent.
    pub key: SmolStr,
    /// Only present on a gateway whose policies read them.
    pub primary_key: Option<SmolStr>,
    pub secondary_key: Option<SmolStr>,
    pub created_date: Instant100ns,
    pub start_date: Option<Instant100ns>,
    pub end_date: Option<Instant100ns>,
}

pub struct User {
    pub id: SmolStr,
    pub email: SmolStr,
    pub first_name: SmolStr,
    pub last_name: SmolStr,
    pub note: SmolStr,
    pub registration_date: Instant100ns,
    pub groups: Vec<Group>,
    /// `(id, provider)`.
    pub identities: Vec<(SmolStr, SmolStr)>,
}

pub struct Backend {
    pub id: SmolStr,
    pub is_pool: bool,
    pub azure_region: SmolStr,
}

pub struct Deployment {
    /// `managed` on the managed gateway.
    pub gateway_id: SmolStr,
    /// The node; `managed` on the managed gateway.
    pub instance_id: SmolStr,
    pub is_managed: bool,
    /// The gateway's location name.
    pub region: SmolStr,
    pub service_id: SmolStr,
    pub service_name: SmolStr,
    /// By certificate id.
    pub certificates: Vec<(SmolStr, Arc<Certificate>)>,
}

/// An X.509 certificate in DER.
pub struct Certificate {
    pub der: Bytes,
    /// PKCS#8 DER, where the gateway holds the key and a policy may sign with it.
    pub private_key: Option<Bytes>,
}

/// Source: reference/policies.md, chapter 2.10.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastError {
    /// The policy's name or the built-in step (`configuration`, `authorization`…).
    pub source: SmolStr,
    pub reason: Option<SmolStr>,
    pub message: String,
    /// `global`, `product`, `api`, `operation`.
    pub scope: Option<SmolStr>,
    /// `inbound`, `backend`, `outbound`, `on-error`.
    pub section: Option<SmolStr>,
    /// Nesting, such as `choose[3]/when[2]`.
    pub path: Option<String>,
    pub policy_id: Option<SmolStr>,
}

/// `context.Variables`: names with case, values of any type.
#[derive(Default)]
pub struct Variables(Vec<(SmolStr, crate::Value)>);

impl Variables {
    pub fn get(&self, name: &str) -> Option<&crate::Value> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub fn set(&mut self, name: SmolStr, value: crate::Value) {
        match self.0.iter_mut().find(|(key, _)| *key == name) {
            Some((_, slot)) => *slot = value,
            None => self.0.push((name, value)),
        }
    }

    /// Takes a variable away, as if it had never been set.
    pub fn remove(&mut self, name: &str) -> Option<crate::Value> {
        let at = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.remove(at).1)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&SmolStr, &crate::Value)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A body as text: by the charset of its content type, else UTF-8; a byte-order mark is skipped.
pub fn body_text(content: &[u8], content_type: &str) -> String {
    crate::library::context::decode(content, content_type)
}
