//! Azure Event Hubs over HTTPS ("Send batch events").

use super::sas::{AccessKey, ConnectionString};
use super::{Event, Failure, outcome};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;

/// What a token of an identity is asked for.
pub(super) const AUDIENCE: &str = "https://eventhubs.azure.net";
/// How Azure names the gateway's own identity where a client id may stand.
const SYSTEM_ASSIGNED: &str = "SystemAssigned";

/// One hub, and how it lets the gateway in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHub {
    /// `https://host/hub`
    url: String,
    pub(super) access: Access,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// The key of the logger's connection string.
    Key(AccessKey),
    /// The gateway's identity, or the user-assigned one with this client id.
    Identity(Option<String>),
}

impl EventHub {
    /// `connectionString`, or `endpointAddress` with `identityClientId`; `name` is the hub.
    pub fn new(credentials: &BTreeMap<String, String>) -> Result<EventHub, String> {
        let given = |name: &str| credentials.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let (base, access, entity) = match (given("connectionString"), given("endpointAddress")) {
            (Some(text), _) => {
                let connection = ConnectionString::parse(text)
                    .map_err(|problem| format!("its connection string is unusable: {problem}"))?;
                (connection.base, Access::Key(connection.key), connection.entity)
            }
            (None, Some(address)) => {
                let identity = given("identityClientId").filter(|id| !id.eq_ignore_ascii_case(SYSTEM_ASSIGNED));
                (super::sas::base(address), Access::Identity(identity.map(str::to_owned)), None)
            }
            (None, None) => return Err("its credentials lack `connectionString` or `endpointAddress`".to_owned()),
        };
        let hub = given("name").map(str::to_owned).or(entity).filter(|hub| !hub.is_empty());
        let hub = hub.ok_or("its credentials lack `name`, the event hub")?;
        Ok(EventHub { url: format!("{base}/{}", escaped(&hub)), access })
    }

    /// The signature that `key` gives for this hub.
    pub(super) fn signature(&self, key: &AccessKey) -> String {
        key.authorization(&self.url)
    }

    pub(super) async fn send(
        &self,
        client: &reqwest::Client,
        authorization: &str,
        batch: &[Event],
    ) -> Result<(), Failure> {
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
            .header("authorization", authorization)
            .body(serde_json::Value::from(events).to_string());
        outcome(request.send().await).await
    }
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%2D", "-").replace("%5F", "_").replace("%2E", ".")
}
