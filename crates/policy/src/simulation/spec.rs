//! What a file says of a simulation: names that documents refer to, requests, answers of stubs.

use crate::compile::Sources;
use bytes::Bytes;
use http::{HeaderMap, Method};
use indexmap::IndexMap;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// What documents may refer to, from a file. Names that are not listed exist when `lenient`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Names {
    pub named_values: BTreeMap<String, String>,
    pub fragments: BTreeMap<String, String>,
    pub backends: BTreeMap<String, String>,
    pub certificates: Vec<String>,
    pub lenient: bool,
}

impl Sources for Names {
    fn named_value(&self, name: &str) -> Option<Arc<str>> {
        self.named_values.get(name).map(|value| Arc::from(value.as_str()))
    }

    fn fragment(&self, id: &str) -> Option<Arc<str>> {
        match self.fragments.get(id) {
            Some(text) => Some(Arc::from(text.as_str())),
            None => self.lenient.then(|| Arc::from("<fragment/>")),
        }
    }

    fn has_backend(&self, id: &str) -> bool {
        self.lenient || self.backends.contains_key(id)
    }

    fn has_certificate(&self, id: &str) -> bool {
        self.lenient || self.certificates.iter().any(|known| known == id)
    }

    fn assumes_named_values(&self) -> bool {
        self.lenient
    }
}

/// A request as a file describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct RequestSpec {
    pub method: String,
    /// As the client called it, under `https://gateway.example`.
    pub url: String,
    pub headers: IndexMap<String, OneOrMany>,
    pub body: Option<String>,
    pub ip: IpAddr,
    pub matched_parameters: IndexMap<String, String>,
    /// Where the API's backend is.
    pub service_url: String,
    pub subscription: Option<String>,
    pub product: Option<String>,
    pub user: Option<String>,
    pub url_template: String,
    /// `managed` or the id of a self-hosted gateway.
    pub gateway: String,
    /// Seconds by which the clock moves before the request.
    pub after: f64,
}

/// One text or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn values(&self) -> &[String] {
        match self {
            OneOrMany::One(value) => std::slice::from_ref(value),
            OneOrMany::Many(values) => values,
        }
    }
}

impl Default for RequestSpec {
    fn default() -> RequestSpec {
        RequestSpec {
            method: "GET".to_owned(),
            url: "https://gateway.example/facts/fact".to_owned(),
            headers: IndexMap::new(),
            body: None,
            ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            matched_parameters: IndexMap::new(),
            service_url: "http://backend.example/base".to_owned(),
            subscription: None,
            product: None,
            user: None,
            url_template: "/fact".to_owned(),
            gateway: "managed".to_owned(),
            after: 0.0,
        }
    }
}

/// What a stubbed server answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct AnswerSpec {
    /// Only requests to URLs with this beginning; any when left out.
    pub url: Option<String>,
    pub status: u16,
    pub reason: Option<String>,
    pub headers: IndexMap<String, OneOrMany>,
    pub body: String,
    /// No answer but a fault of this reason: `Timeout`, `BackendConnectionFailure`.
    pub fault: Option<String>,
    /// How often this answer is given before the next one of the list; for ever when left out.
    pub times: Option<usize>,
}

impl Default for AnswerSpec {
    fn default() -> AnswerSpec {
        AnswerSpec {
            url: None,
            status: 200,
            reason: None,
            headers: IndexMap::new(),
            body: String::new(),
            fault: None,
            times: None,
        }
    }
}

/// A request that a stubbed server received.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: Method,
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}
