//! `DATA/endpoints.json`: the addresses in use, for scripts that start on port 0.

use serde::Serialize;
use std::path::Path;
use tollgate_error::{Code, Problem};

/// Every address this process listens on; absent ones are not served. `tollgate demo` adds
/// `sampleBackend` and `london`.
#[derive(Debug, Default, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// Management API, portal, configuration API over HTTP: `http://127.0.0.1:7070`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management: Option<String>,
    /// The same over HTTPS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management_tls: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub developer: Option<String>,
    /// The gateway's HTTP traffic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub https: Option<String>,
    /// Metrics and health.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin: Option<String>,
}

impl Endpoints {
    /// Written whole or not at all, so that a script never reads half a file.
    ///
    /// # Errors
    /// TG1005 when the data directory cannot be written.
    pub fn write(&self, data: &Path) -> Result<(), Problem> {
        Endpoints::rewrite(data, &serde_json::to_value(self).unwrap_or_default())
    }

    /// The same for an object that was read before and got further keys.
    ///
    /// # Errors
    /// TG1005 when the data directory cannot be written.
    pub fn rewrite(data: &Path, endpoints: &serde_json::Value) -> Result<(), Problem> {
        let unusable = |cause: std::io::Error| {
            Problem::new(
                Code::DATA_DIRECTORY_UNUSABLE,
                format!("cannot write endpoints.json in {}: {cause}", data.display()),
            )
        };
        let text = serde_json::to_string_pretty(endpoints).unwrap_or_default();
        let temporary = data.join("endpoints.json.new");
        std::fs::write(&temporary, text + "\n").map_err(unusable)?;
        std::fs::rename(&temporary, data.join("endpoints.json")).map_err(unusable)
    }
}
