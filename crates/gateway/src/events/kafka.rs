//! A topic of Kafka through its REST interface, version 2 (Confluent REST Proxy, Redpanda's HTTP
//! Proxy, Strimzi's bridge): see ADR 6.

use super::{Event, Failure, outcome};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, PartialEq, Eq)]
pub struct Topic {
    /// `https://host/topics/topic`
    url: String,
    credentials: Option<(String, String)>,
}

/// Never shows the password.
impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

impl Topic {
    pub fn new(credentials: &BTreeMap<String, String>) -> Result<Topic, String> {
        let need = |name: &str| credentials.get(name).ok_or_else(|| format!("its credentials lack `{name}`"));
        let endpoint = need("endpoint")?.trim_end_matches('/');
        if !(endpoint.starts_with("http://") || endpoint.starts_with("https://")) {
            return Err("`endpoint` is not the URL of a REST interface of Kafka".to_owned());
        }
        let topic = utf8_percent_encode(need("topic")?, NON_ALPHANUMERIC).to_string();
        let topic = topic.replace("%2D", "-").replace("%5F", "_").replace("%2E", ".");
        let credentials = credentials.get("username").cloned().zip(credentials.get("password").cloned());
        Ok(Topic { url: format!("{endpoint}/topics/{topic}"), credentials })
    }

    /// Keys and values go as bytes, so that consumers read exactly what the policy wrote.
    pub(super) async fn send(&self, client: &reqwest::Client, batch: &[Event]) -> Result<(), Failure> {
        let records: Vec<serde_json::Value> = batch
            .iter()
            .map(|event| {
                let mut record = serde_json::json!({ "value": STANDARD.encode(&event.message) });
                if let Some(key) = &event.partition_key {
                    record["key"] = STANDARD.encode(key.as_str()).into();
                }
                if let Some(partition) = event.partition_id.as_ref().and_then(|id| id.parse::<u32>().ok()) {
                    record["partition"] = partition.into();
                }
                record
            })
            .collect();
        let mut request = client
            .post(&self.url)
            .header("content-type", "application/vnd.kafka.binary.v2+json")
            .header("accept", "application/vnd.kafka.v2+json")
            .body(serde_json::json!({ "records": records }).to_string());
        if let Some((username, password)) = &self.credentials {
            request = request.basic_auth(username, Some(password));
        }
        outcome(request.send().await).await
    }
}
