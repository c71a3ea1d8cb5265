//! The world outside: documents behind links that a write names (`xml-link`, `openapi-link`), and
//! test calls to gateways. Nothing else of the control plane opens a connection.

use crate::api::error::{Failure, Finding};
use http::{HeaderMap, Method, StatusCode};
use reqwest::redirect::Policy;
use std::time::{Duration, Instant};

/// Longest document behind a link. Azure API Management's import limit is 4 MB.
const DOCUMENT_BYTES_MAX: usize = 4 << 20;
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest body of a test call that is kept; a person looks at it.
const EXCHANGE_BYTES_MAX: usize = 1 << 20;
/// Time for a test call from its head to the end of the answer.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone)]
pub struct Outside {
    client: reqwest::Client,
    /// Follows nothing and goes through no proxy: what it tells must be what a gateway said.
    direct: reqwest::Client,
}

/// One call to a gateway.
#[derive(Debug)]
pub struct Outgoing {
    pub method: Method,
    pub url: url::Url,
    pub headers: HeaderMap,
    pub body: String,
}

/// What a gateway answered, whatever its status.
#[derive(Debug)]
pub struct Exchange {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// At most [`EXCHANGE_BYTES_MAX`].
    pub body: Vec<u8>,
    /// The body was longer.
    pub truncated: bool,
    pub duration: Duration,
}

impl Outside {
    /// # Errors
    /// The TLS library cannot be set up.
    pub fn new() -> Result<Outside, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(FETCH_TIMEOUT).build()?;
        let direct = reqwest::Client::builder()
            .timeout(EXCHANGE_TIMEOUT)
            .redirect(Policy::none())
            .no_proxy()
            // Each call is its own: one that was kept open may be closed by the gateway just now.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Outside { client, direct })
    }

    /// Makes one call; redirects are answers like any other.
    ///
    /// # Errors
    /// Why there is no whole answer, as a sentence: unreachable, too late, broken off.
    pub async fn exchange(&self, call: Outgoing) -> Result<Exchange, String> {
        let url = call.url.to_string();
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                format!("'{url}' did not answer within {} s.", EXCHANGE_TIMEOUT.as_secs())
            } else if error.is_connect() {
                format!("'{url}' cannot be reached: {}.", cause(&error))
            } else {
                format!("'{url}' broke off: {}.", cause(&error))
            }
        };
        let mut request = self.direct.request(call.method, call.url).headers(call.headers);
        if !call.body.is_empty() {
            request = request.body(call.body);
        }
        let started = Instant::now();
        let mut response = request.send().await.map_err(failed)?;
        let (mut body, mut truncated) = (Vec::new(), false);
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            let room = EXCHANGE_BYTES_MAX - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                truncated = true;
                break;
            }
        }
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        Ok(Exchange { status, headers, body, truncated, duration: started.elapsed() })
    }

    /// The text behind a link.
    ///
    /// # Errors
    /// A validation failure on `target` that tells why the document could not be had.
    pub async fn fetch(&self, url: &str, target: &str) -> Result<String, Failure> {
        let refuse = |why: String| Failure::Validation(vec![Finding::new(target, format!("'{url}' {why}"))]);
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(refuse("is not an http or https URL".to_owned()));
        }
        let mut response = self
            .client
            .get(url)
            .send()
            .await
            .map_err(|error| refuse(format!("cannot be fetched: {}", cause(&error))))?;
        if !response.status().is_success() {
            return Err(refuse(format!("answered {}", response.status())));
        }
        let mut body = Vec::new();
        while let Some(chunk) =
            response.chunk().await.map_err(|error| refuse(format!("broke off: {}", cause(&error))))?
        {
            if body.len() + chunk.len() > DOCUMENT_BYTES_MAX {
                return Err(refuse(format!("is longer than {DOCUMENT_BYTES_MAX} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        String::from_utf8(body).map_err(|_| refuse("is not UTF-8 text".to_owned()))
    }
}

/// The innermost cause, which is what tells a person something.
fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
