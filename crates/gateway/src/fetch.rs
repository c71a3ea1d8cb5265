//! Calls that the gateway makes for itself: keys, tokens. Small answers, whole, or nothing.

use crate::body::Body;
use crate::forward;
use crate::upstream::{Protocol, Route, TlsClient};
use crate::worker::Worker;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use http_body_util::{BodyExt, Limited};
use std::sync::Arc;
use thiserror::Error;
use tollgate_expression::context::{Scheme, Url};

/// Longest answer that is read, in bytes: a key set with certificate chains is a tenth of it.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Redirects followed for one call: real providers have one.
const REDIRECTS_MAX: usize = 5;

#[derive(Debug, Clone, Error)]
pub enum FetchError {
    #[error("{0} cannot be reached: {1}")]
    Unreachable(String, String),
    #[error("{0} answered {1}: {2}")]
    Status(String, u16, String),
    #[error("the answer of {0} cannot be read: {1}")]
    Body(String, String),
    #[error("{0} is not an absolute URL")]
    Url(String),
    #[error("{0}")]
    Content(String),
}

/// A request, to be sent by `send`.
pub struct Call {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Bytes,
    /// How many redirects may be followed yet.
    redirects: usize,
}

impl Call {
    pub fn get(url: Url) -> Call {
        Call { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new(), redirects: 0 }
    }

    /// # Errors
    /// The URL is not absolute.
    pub fn get_text(url: &str) -> Result<Call, FetchError> {
        Ok(Call::get(crate::url::parse(url).ok_or_else(|| FetchError::Url(url.to_owned()))?))
    }

    /// A form, as token endpoints take it.
    ///
    /// # Errors
    /// The URL is not absolute.
    pub fn form(url: &str, fields: &[(&str, &str)]) -> Result<Call, FetchError> {
        let url = crate::url::parse(url).ok_or_else(|| FetchError::Url(url.to_owned()))?;
        let body = Bytes::from(form(fields));
        let mut call = Call { method: Method::POST, url, headers: HeaderMap::new(), body, redirects: 0 };
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        Ok(call)
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Call {
        if let Ok(mut value) = HeaderValue::try_from(value) {
            value.set_sensitive(true);
            self.headers.insert(name, value);
        }
        self
    }

    /// Redirects are followed, as for what everybody may read.
    #[must_use]
    pub fn following(mut self) -> Call {
        self.redirects = REDIRECTS_MAX;
        self
    }

    /// The body of a 200.
    ///
    /// # Errors
    /// Every other outcome. How long it may take is the caller's business.
    pub async fn send(mut self, worker: &Worker, tls: &Arc<TlsClient>) -> Result<Bytes, FetchError> {
        loop {
            let place = self.place();
            let route = Route { url: &self.url, tls, proxy: None };
            let sent = worker.upstreams.send_fresh(route, Protocol::Http1, self.request()).await;
            let response = sent.map_err(|error| FetchError::Unreachable(place.clone(), error.to_string()))?;
            if self.redirects > 0
                && let Some(next) = forward::redirect(&self.url, &response)
                && (next.scheme == self.url.scheme || next.scheme == Scheme::Https)
            {
                self.redirects -= 1;
                self.url = next;
                continue;
            }
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), BODY_BYTES_MAX).collect().await;
            let body = body.map_err(|error| FetchError::Body(place.clone(), error.to_string()))?.to_bytes();
            return if status == 200 { Ok(body) } else { Err(FetchError::Status(place, status, excerpt(&body))) };
        }
    }

    /// The URL without its query, which may hold what is not for logs.
    fn place(&self) -> String {
        format!("{}://{}{}", self.url.scheme.as_str(), forward::authority(&self.url), self.url.path())
    }

    fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::full(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = http::Uri::from(self.url.path_and_query.clone());
        *request.headers_mut() = self.headers.clone();
        let headers = request.headers_mut();
        if let Ok(host) = HeaderValue::try_from(forward::authority(&self.url).as_str()) {
            headers.insert(header::HOST, host);
        }
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(concat!("tollgate/", env!("CARGO_PKG_VERSION"))));
        if !self.body.is_empty() {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        }
        request
    }
}

/// The start of an answer, for the log.
fn excerpt(body: &[u8]) -> String {
    const CHARS_MAX: usize = 200;
    String::from_utf8_lossy(body).chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect()
}

pub fn form(fields: &[(&str, &str)]) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}
