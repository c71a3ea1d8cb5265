//! Ways to a control plane: over HTTP, and a fixed configuration for benches and tests.

use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::feed::Feed;
use tollgate_contract::link::{ControlPlane, LinkError, LinkFuture};
use tollgate_contract::telemetry::{Batch, Heartbeat};
use tollgate_error::{Code, Problem};

use crate::settings::LinkSettings;

/// Longest configuration that is read, unpacked: 10,000 APIs need about 60 MB.
const FEED_BYTES_MAX: usize = 1024 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Calls that carry little and answer at once.
const SHORT_CALL: Duration = Duration::from_secs(15);

/// The control plane behind `config.service.endpoint`.
pub struct HttpLink {
    client: reqwest::Client,
    /// `{endpoint}/gateways/{gateway}`.
    base: String,
    authorization: String,
    timeout: Duration,
}

impl HttpLink {
    /// The gateway's id is read from the token.
    ///
    /// # Errors
    /// TG1002: no endpoint or no token; TG1001: the token names no gateway; TG1006: the CA file
    /// cannot be used.
    pub fn new(settings: &LinkSettings) -> Result<HttpLink, Problem> {
        let missing = |name: &str| Problem::new(Code::SETTING_MISSING, format!("setting {name} is required"));
        let endpoint = settings.endpoint.as_deref().ok_or_else(|| missing("config.service.endpoint"))?;
        let token = settings.token.reveal();
        if token.is_empty() {
            return Err(missing("config.service.auth"));
        }
        let gateway =
            token.split('&').next().filter(|id| !id.is_empty() && id.len() < token.len()).ok_or_else(|| {
                Problem::new(Code::SETTING_INVALID, "setting config.service.auth is no gateway token")
                    .with_hint("it has the form `GatewayKey {gateway}&{expiry}&{signature}`")
            })?;
        let unusable = |error: &dyn std::fmt::Display| {
            Problem::new(Code::TLS_MATERIAL_INVALID, format!("the connection to the control plane: {error}"))
        };
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .no_proxy()
            .user_agent(concat!("tollgate-gateway/", env!("CARGO_PKG_VERSION")));
        if settings.disable_certificate_validation {
            builder = builder.danger_accept_invalid_certs(true);
        }
        if let Some(file) = &settings.ca_file {
            let pem = std::fs::read(file).map_err(|error| unusable(&format!("{}: {error}", file.display())))?;
            for certificate in reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| unusable(&error))? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        Ok(HttpLink {
            client: builder.build().map_err(|error| unusable(&error))?,
            base: format!("{endpoint}/gateways/{gateway}"),
            authorization: format!("GatewayKey {token}"),
            timeout: settings.timeout,
        })
    }

    async fn post<T: Serialize>(&self, path: &str, message: &T) -> Result<(), LinkError> {
        let json = serde_json::to_vec(message).map_err(|error| LinkError::Invalid(error.to_string()))?;
        let packed = zstd::encode_all(json.as_slice(), 1).map_err(|error| LinkError::Invalid(error.to_string()))?;
        let request = self
            .client
            .post(format!("{}/{path}", self.base))
            .header("authorization", &self.authorization)
            .header("content-type", "application/json")
            .header("content-encoding", "zstd")
            .timeout(SHORT_CALL)
            .body(packed);
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        check(&response)
    }

    async fn get_configuration(&self, after: u64, wait: Duration) -> Result<Option<Feed>, LinkError> {
        let wait = wait.min(self.timeout.saturating_sub(Duration::from_secs(5)));
        let request = self
            .client
            .get(format!("{}/configuration?after={after}&wait={}", self.base, wait.as_secs()))
            .header("authorization", &self.authorization)
            .header("accept", "application/json")
            .header("accept-encoding", "zstd")
            .timeout(self.timeout);
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        if response.status().as_u16() == 304 {
            return Ok(None);
        }
        check(&response)?;
        let packed = response.headers().get("content-encoding").is_some_and(|coding| coding == "zstd");
        let body = response.bytes().await.map_err(|error| unreachable(&error))?;
        // Unpacking and reading a large configuration takes long enough to keep others waiting.
        let read = tokio::task::spawn_blocking(move || read_feed(&body, packed));
        read.await.map_err(|error| LinkError::Invalid(error.to_string()))?.map(Some)
    }
}

fn read_feed(body: &[u8], packed: bool) -> Result<Feed, LinkError> {
    use std::io::Read;
    let invalid = |error: &dyn std::fmt::Display| LinkError::Invalid(error.to_string());
    if !packed {
        return serde_json::from_slice(body).map_err(|error| invalid(&error));
    }
    let decoder = zstd::Decoder::new(body).map_err(|error| invalid(&error))?;
    let mut text = Vec::new();
    let read = decoder.take(FEED_BYTES_MAX as u64 + 1).read_to_end(&mut text).map_err(|error| invalid(&error))?;
    if read > FEED_BYTES_MAX {
        return Err(LinkError::Invalid("the configuration is too large".into()));
    }
    serde_json::from_slice(&text).map_err(|error| invalid(&error))
}

fn unreachable(error: &reqwest::Error) -> LinkError {
    // The outer message says little; the innermost says what the network said. Neither has the token.
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    LinkError::Unreachable(inner.to_string())
}

fn check(response: &reqwest::Response) -> Result<(), LinkError> {
    let status = response.status();
    match status.as_u16() {
        200..300 => Ok(()),
        401 | 403 => Err(LinkError::Unauthorized(status.to_string())),
        408 | 429 | 500.. => Err(LinkError::Unavailable(status.to_string())),
        _ => Err(LinkError::Invalid(status.to_string())),
    }
}

impl ControlPlane for HttpLink {
    fn configuration(&self, after: u64, wait: Duration) -> LinkFuture<'_, Option<Feed>> {
        Box::pin(self.get_configuration(after, wait))
    }

    fn heartbeat(&self, heartbeat: Heartbeat) -> LinkFuture<'_, ()> {
        Box::pin(async move { self.post("heartbeat", &heartbeat).await })
    }

    fn telemetry(&self, batch: Batch) -> LinkFuture<'_, ()> {
        Box::pin(async move { self.post("telemetry", &batch).await })
    }
}

/// Gives one configuration and takes everything: a gateway without a control plane.
pub struct StaticLink {
    feed: Arc<Feed>,
}

impl StaticLink {
    pub fn new(feed: Feed) -> StaticLink {
        StaticLink { feed: Arc::new(feed) }
    }
}

impl ControlPlane for StaticLink {
    fn configuration(&self, after: u64, wait: Duration) -> LinkFuture<'_, Option<Feed>> {
        Box::pin(async move {
            if after != self.feed.revision {
                return Ok(Some((*self.feed).clone()));
            }
            tokio::time::sleep(wait).await;
            Ok(None)
        })
    }

    fn heartbeat(&self, _: Heartbeat) -> LinkFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn telemetry(&self, _: Batch) -> LinkFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}
