//! Azure Event Hubs over HTTPS ("Send batch events").

use super::sas::{AccessKey, ConnectionString};
use super::{Event, Failure, outcome};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;

/// One hub, let in by an access key of the logger's connection string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHub {
    /// `https://host/hub`
    url: String,
    key: AccessKey,
}

impl EventHub {
    pub fn new(credentials: &BTreeMap<String, String>) -> Result<EventHub, String> {
        let Some(text) = credentials.get("connectionString") else {
            return Err(match credentials.get("identityClientId") {
                Some(_) => "managed identities for loggers are not part of this version; give a connection string",
                None => "its credentials lack `connectionString`",
            }
            .to_owned());
        };
        let connection =
            ConnectionString::parse(text).map_err(|problem| format!("its connection string is unusable: {problem}"))?;
        let hub = credentials.get("name").cloned().or(connection.entity).filter(|hub| !hub.is_empty());
        let hub = hub.ok_or("its credentials lack `name`, the event hub")?;
        Ok(EventHub { url: format!("{}/{}", connection.base, escaped(&hub)), key: connection.key })
    }

    pub(super) async fn send(&self, client: &reqwest::Client, batch: &[Event]) -> Result<(), Failure> {
        let url = match batch.first().and_then(|event| event.partition_id.as_deref()) {
            Some(partition) => format!("{}/partitions/{}/messages", self.url, escaped(partition)),
            None => format!("{}/messages", self.url),
        };
        let events: Vec<serde_json::Value> = batch
            .iter()
            .map(|event| match &event.partition_key {
                Some(key) => serde_json::json!({
                    "Body": event.message,
                    "BrokerProperties": { "PartitionKey": key.as_str() },
                }),
                None => serde_json::json!({ "Body": event.message }),
            })
            .collect();
        let request = client
            .post(url)
            .header("content-type", "application/vnd.microsoft.servicebus.json")
            .header("authorization", self.key.authorization(&self.url))
            .body(serde_json::Value::from(events).to_string());
        outcome(request.send().await).await
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%5F", "_").replace("%2E", ".")
}
