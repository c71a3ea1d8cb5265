//! One request on its way through the pipeline.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use smol_str::SmolStr;
use std::pin::Pin;
use tollgate_expression::context::{Body, BodyState, Context, Response, Url};

pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A body that nobody has read yet.
pub type BodyStream = Pin<Box<dyn http_body::Body<Data = Bytes, Error = BodyError>>>;

/// The state that steps change. `context` is what expressions see; a body is in exactly one place:
/// in the stream here (context says `Streaming`) or buffered in the context.
pub struct Exchange {
    pub context: Context,
    pub request_body: Option<BodyStream>,
    pub response_body: Option<BodyStream>,
    /// Where forward-request sends the request; `context.request.url` shows it.
    pub target: Target,
    /// Buffering limit of a body that a policy reads, in bytes.
    pub body_bytes_max: usize,
    /// What steps leave for later steps and for the end of the exchange.
    pub run: crate::run::RunState,
}

/// The backend in play.
#[derive(Clone, Default)]
pub struct Target {
    /// `backend-id` of set-backend-service; wins over `base_url`.
    pub backend_id: Option<SmolStr>,
    /// Scope of the document that set `backend_id`.
    pub backend_scope: Option<crate::plan::ScopeKind>,
    /// `base-url` of set-backend-service, else the API's service URL.
    pub base_url: Option<Url>,
    /// What authentication-certificate shows to the backend.
    pub client_certificate: Option<ClientCertificate>,
    /// `proxy`: how requests reach the backend.
    pub proxy: Option<crate::host::Proxy>,
}

/// Who the gateway is in a TLS handshake that it starts.
#[derive(Clone, PartialEq, Eq)]
pub enum ClientCertificate {
    /// A certificate of the configuration, by id without case or by thumbprint.
    Stored(SmolStr),
    Pfx {
        data: Bytes,
        password: SmolStr,
    },
}

/// Logs never show credentials.
impl std::fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ClientCertificate::Stored(name) => write!(f, "certificate {name}"),
            ClientCertificate::Pfx { .. } => f.write_str("a PFX"),
        }
    }
}

impl Exchange {
    /// Path and query below the base path: what set-backend-service keeps and rewrite-uri replaces.
    /// `context.request.url` is always `target.base_url` joined with this.
    pub fn relative_url(&self) -> &str {
        crate::url::relative(self.target.base_url.as_ref(), self.context.request.url.path_and_query.as_str())
    }

    /// Points the request at another base URL and keeps path and query below it.
    pub fn rebase(&mut self, base: Url) {
        if let Some(joined) = crate::url::join(&base, self.relative_url()) {
            let url = &mut self.context.request.url;
            url.path_and_query = joined;
            url.scheme = base.scheme;
            url.host = base.host.clone();
            url.port = base.port;
            self.target.base_url = Some(base);
        }
    }

    /// Replaces path and query below the base path. `false`: it is not a path.
    pub fn set_relative_url(&mut self, relative: &str) -> bool {
        let Some(wanted) = crate::url::path_and_query(relative) else { return false };
        let joined = match &self.target.base_url {
            Some(base) => crate::url::join(base, wanted.as_str()),
            None => Some(wanted),
        };
        match joined {
            Some(joined) => {
                self.context.request.url.path_and_query = joined;
                true
            }
            None => false,
        }
    }

    /// The response, made as an empty 200 when there is none yet.
    pub fn response(&mut self) -> &mut Response {
        self.context.response.get_or_insert_with(empty_response)
    }

    pub fn set_request_body(&mut self, content: Bytes) {
        self.request_body = None;
        frame(&mut self.context.request.headers, content.len());
        self.context.request.body.set(BodyState::Buffered(content));
    }

    pub fn set_response_body(&mut self, content: Bytes) {
        self.response_body = None;
        let response = self.response();
        frame(&mut response.headers, content.len());
        response.body.set(BodyState::Buffered(content));
    }
}

/// A 200 with nothing in it.
pub fn empty_response() -> Response {
    Response { status_code: 200, status_reason: None, headers: HeaderMap::new(), body: Body::default() }
}

/// The headers of a message whose body was replaced by decoded content.
pub fn frame(headers: &mut HeaderMap, length: usize) {
    headers.remove(header::TRANSFER_ENCODING);
    headers.remove(header::CONTENT_ENCODING);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
}
