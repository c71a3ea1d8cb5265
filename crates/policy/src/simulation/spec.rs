//! What a file says of a simulation: names that documents refer to, requests, answers of stubs.

use crate::compile::{SchemaSource, Sources};
use crate::definition::{ApiSchemas, Definition};
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
    /// Named values whose values no trace shows.
    pub secrets: Vec<String>,
    /// Certificates that are there to be used, by id: PEM, with a private key (PKCS#8) or without.
    pub certificate_texts: BTreeMap<String, String>,
    /// Connections of credential providers, as `provider/connection`, and their tokens.
    pub authorizations: BTreeMap<String, String>,
    /// Schemas of the service: JSON, or the text of an XML schema.
    pub schemas: BTreeMap<String, serde_json::Value>,
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
        self.lenient
            || self.certificates.iter().any(|known| known.eq_ignore_ascii_case(id))
            || self.certificate_texts.keys().any(|known| known.eq_ignore_ascii_case(id))
    }

    fn has_authorization(&self, provider: &str, id: &str) -> bool {
        self.lenient || self.authorizations.contains_key(&format!("{provider}/{id}"))
    }

    fn schema(&self, id: &str) -> Option<SchemaSource> {
        match self.schemas.get(id) {
            Some(serde_json::Value::String(text)) => Some(SchemaSource::Xml(text.as_str().into())),
            Some(document) => Some(SchemaSource::Json(Arc::new(document.clone()))),
            None => self.lenient.then_some(SchemaSource::Unknown),
        }
    }

    fn assumes_named_value(&self, _: &str) -> bool {
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
    /// The body as JSON; says so in `Content-Type`.
    pub json: Option<serde_json::Value>,
    /// Instead of `body`: bytes that arrive as they would from a client, in base64. A policy that reads
    /// them has their content coding undone.
    pub body_base64: Option<String>,
    pub ip: IpAddr,
    pub matched_parameters: IndexMap<String, String>,
    /// Where the API's backend is.
    pub service_url: String,
    pub api: ApiSpec,
    pub operation: OperationSpec,
    pub subscription: Option<Identity<SubscriptionSpec>>,
    pub product: Option<Identity<ProductSpec>>,
    pub user: Option<Identity<UserSpec>>,
    /// A token that the caller carries, made for the moment of the request.
    pub jwt: Option<JwtSpec>,
    pub url_template: String,
    /// `managed` or the id of a self-hosted gateway.
    pub gateway: String,
    /// Seconds by which the clock moves before the request.
    pub after: f64,
    /// The client's TLS certificate in PEM, with those that issued it behind.
    pub certificate: Option<String>,
    /// Why the gateway does not trust the client's certificate; trusted when left out.
    pub certificate_untrusted: Option<String>,
    /// Why it is said to be revoked.
    pub certificate_revoked: Option<String>,
}

/// The blocks of a PEM text of one kind (`CERTIFICATE`, `PRIVATE KEY`), decoded.
pub fn pem_blocks(text: &str, kind: &str) -> Vec<Bytes> {
    let (begin, end) = (format!("-----BEGIN {kind}-----"), format!("-----END {kind}-----"));
    let blocks = text.split(&begin).skip(1).filter_map(|rest| rest.split(&end).next());
    blocks.filter_map(crate::jose::base64).map(Bytes::from).collect()
}

/// Who or what is known of a request: an id, or more.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Identity<T> {
    Id(String),
    Known(T),
}

impl<T: Default + Named> Identity<T> {
    pub fn known(&self) -> T
    where
        T: Clone,
    {
        match self {
            Identity::Known(known) => known.clone(),
            Identity::Id(id) => T::named(id),
        }
    }
}

/// What an id alone says.
pub trait Named {
    fn named(id: &str) -> Self;
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct UserSpec {
    pub id: String,
    pub email: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub note: String,
    /// Ids, which are the names too.
    pub groups: Vec<String>,
    /// Id by provider.
    pub identities: IndexMap<String, String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct ProductSpec {
    pub id: String,
    pub name: Option<String>,
    pub approval_required: bool,
    pub subscription_required: Option<bool>,
    pub groups: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct SubscriptionSpec {
    pub id: String,
    pub name: Option<String>,
    pub key: Option<String>,
    pub primary_key: Option<String>,
    pub secondary_key: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct ApiSpec {
    pub id: String,
    pub name: String,
    /// Suffix of the gateway's URL.
    pub path: String,
    pub revision: String,
    pub version: Option<String>,
}

impl Default for ApiSpec {
    fn default() -> ApiSpec {
        ApiSpec {
            id: "facts".to_owned(),
            name: "Facts".to_owned(),
            path: "facts".to_owned(),
            revision: "1".to_owned(),
            version: None,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct OperationSpec {
    pub id: String,
    pub name: String,
}

impl Default for OperationSpec {
    fn default() -> OperationSpec {
        OperationSpec { id: "get-fact".to_owned(), name: "Get fact".to_owned() }
    }
}

/// A JSON Web Token. Times count from the moment of the request.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct JwtSpec {
    pub claims: serde_json::Map<String, serde_json::Value>,
    /// `HS256`, `HS384` or `HS512`.
    pub algorithm: String,
    /// In base64, as `validate-jwt` has it.
    pub key: String,
    pub kid: Option<String>,
    /// Seconds; negative for a token that is over.
    pub expires_in: Option<i64>,
    pub header: String,
    /// What stands before the token in the header.
    pub scheme: String,
}

impl Default for JwtSpec {
    fn default() -> JwtSpec {
        JwtSpec {
            claims: serde_json::Map::new(),
            algorithm: "HS256".to_owned(),
            key: String::new(),
            kid: None,
            expires_in: Some(3600),
            header: "Authorization".to_owned(),
            scheme: "Bearer".to_owned(),
        }
    }
}

impl Named for UserSpec {
    fn named(id: &str) -> UserSpec {
        UserSpec { id: id.to_owned(), ..UserSpec::default() }
    }
}

impl Named for ProductSpec {
    fn named(id: &str) -> ProductSpec {
        ProductSpec { id: id.to_owned(), ..ProductSpec::default() }
    }
}

impl Named for SubscriptionSpec {
    fn named(id: &str) -> SubscriptionSpec {
        SubscriptionSpec { id: id.to_owned(), ..SubscriptionSpec::default() }
    }
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
            json: None,
            body_base64: None,
            ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            matched_parameters: IndexMap::new(),
            service_url: "http://backend.example/base".to_owned(),
            api: ApiSpec::default(),
            operation: OperationSpec::default(),
            subscription: None,
            product: None,
            user: None,
            jwt: None,
            url_template: "/fact".to_owned(),
            gateway: "managed".to_owned(),
            after: 0.0,
            certificate: None,
            certificate_untrusted: None,
            certificate_revoked: None,
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
    /// The body as JSON; says so in `Content-Type`.
    pub json: Option<serde_json::Value>,
    /// No answer but a fault of this reason: `Timeout`, `BackendConnectionFailure`.
    pub fault: Option<String>,
    /// Side calls: answers with a smaller number overtake it. No time passes.
    pub delay: f64,
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
            json: None,
            fault: None,
            delay: 0.0,
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

/// What an API's definition says: the operation's contract, and the API's schemas by id.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct DefinitionSpec {
    /// `request`, `responses` and `templateParameters` of the management API.
    pub operation: serde_json::Value,
    pub schemas: BTreeMap<String, serde_json::Value>,
}

impl DefinitionSpec {
    pub fn build(self) -> Definition {
        Definition::new(self.operation, Arc::new(ApiSchemas::new(self.schemas)))
    }
}
