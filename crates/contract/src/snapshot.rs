//! The documents of one gateway's configuration. Policies travel as text; nodes compile.
//! Ids are short names (`cat-facts`, `cat-facts;rev=2`); an operation's id is `{api}/{operation}`.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    Gateway,
    Api,
    Operation,
    Policy,
    Fragment,
    NamedValue,
    Backend,
    Product,
    Subscription,
    User,
    Certificate,
    Hostname,
    CertificateAuthority,
    Diagnostic,
    Authorization,
    Schema,
    Cache,
    Logger,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    pub kind: Kind,
    pub id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", content = "body")]
pub enum Document {
    Gateway(Gateway),
    Api(Api),
    Operation(Operation),
    Policy(Policy),
    Fragment(Fragment),
    NamedValue(NamedValue),
    Backend(Backend),
    Product(Product),
    Subscription(Subscription),
    User(User),
    Certificate(Certificate),
    Hostname(Hostname),
    CertificateAuthority(CertificateAuthority),
    Diagnostic(Diagnostic),
    Authorization(Authorization),
    Schema(Schema),
    Cache(Cache),
    Logger(Logger),
}

/// The gateway itself; there is exactly one, with the gateway's id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Gateway {
    pub id: String,
    /// `locationData.name`: what policies read as the region.
    pub region: String,
    pub is_managed: bool,
    pub service_id: String,
    pub service_name: String,
    /// Signs the debug credentials of this gateway:
    /// `aid={api}&p={purposes}&ex={Unix seconds}&sn={base64url HMAC-SHA256}`, the signature over
    /// everything before `&sn=` with this text as the key. Empty: the gateway takes none.
    pub debug_key: String,
}

/// One revision of an API that this gateway serves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Api {
    pub id: String,
    pub display_name: String,
    /// Suffix without outer slashes; may be empty. Versions of one set share it.
    pub path: String,
    /// Subset of `http`, `https`, `ws`, `wss`.
    pub protocols: Vec<String>,
    pub service_url: Option<String>,
    pub subscription_required: bool,
    pub subscription_key_header: String,
    pub subscription_key_query: String,
    pub revision: String,
    /// The current revision answers at `path`, every one at `path;rev=n`.
    pub is_current: bool,
    pub is_online: bool,
    pub version: Option<ApiVersion>,
    /// `http`, `soap`, `websocket`, `graphql`, `odata`, `grpc`.
    pub api_type: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApiVersion {
    /// Empty: the set's original, unversioned member.
    pub name: String,
    pub scheme: VersioningScheme,
    /// Name of the header or query parameter; empty for `segment`.
    pub parameter: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum VersioningScheme {
    #[default]
    Segment,
    Header,
    Query,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Operation {
    pub api: String,
    /// Without the API: `get-fact`.
    pub name: String,
    pub display_name: String,
    pub method: String,
    /// `/items/{id}?q={q}`; `*` at the end matches the rest.
    pub url_template: String,
    /// The parts of the definition that policies read (mock-response, validate-*): the management
    /// API's `request` and `responses`, as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition: Option<serde_json::Value>,
}

/// A policy document. Key ids: `global`, `product/{id}`, `api/{id}`, `operation/{api}/{name}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    pub scope: Scope,
    /// As it was saved, in either XML form.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "at")]
pub enum Scope {
    Global,
    Product { product: String },
    Api { api: String },
    Operation { api: String, operation: String },
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Fragment {
    pub id: String,
    pub text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamedValue {
    pub id: String,
    /// What `{{…}}` names.
    pub display_name: String,
    pub value: String,
    /// Secret values are masked in logs and traces.
    pub secret: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Backend {
    pub id: String,
    /// Absent for a pool.
    pub url: Option<String>,
    pub validate_certificate_chain: bool,
    pub validate_certificate_name: bool,
    /// SHA-1 of certificates that are accepted whatever their chain and name.
    pub server_thumbprints: Vec<String>,
    /// `(name, thumbprint of the issuer)`: names that are accepted instead of the host's.
    pub server_names: Vec<(String, String)>,
    /// Headers and query parameters added to every call.
    pub headers: Vec<(String, Vec<String>)>,
    pub query: Vec<(String, Vec<String>)>,
    /// `Authorization` of every call: scheme and parameter.
    pub authorization: Option<(String, String)>,
    /// Ids of client certificates.
    pub certificates: Vec<String>,
    pub pool: Vec<PoolMember>,
    /// Name of the cookie that keeps a client at one member of the pool.
    pub affinity_cookie: Option<String>,
    /// Status of the answer when no member of the pool can be called.
    pub failure_status: Option<u16>,
    pub proxy: Option<BackendProxy>,
    /// The management API's `circuitBreaker`, as it is.
    pub circuit_breaker: Option<serde_json::Value>,
}

/// An HTTP proxy on the way to a backend.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BackendProxy {
    pub url: String,
    pub username: Option<String>,
    pub password: Option<String>,
}

impl std::fmt::Debug for BackendProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BackendProxy").field("url", &self.url).finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PoolMember {
    pub backend: String,
    pub priority: u32,
    pub weight: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Product {
    pub id: String,
    pub display_name: String,
    pub subscription_required: bool,
    pub approval_required: bool,
    pub subscriptions_limit: Option<i32>,
    pub published: bool,
    /// Those of its APIs that this gateway serves.
    pub apis: Vec<String>,
    /// `(id, display name)`.
    pub groups: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    pub id: String,
    pub display_name: String,
    pub scope: SubscriptionScope,
    /// Only active subscriptions open anything; the others are sent so that their keys are told
    /// apart from unknown ones in logs.
    pub active: bool,
    /// Hex SHA-256 of the primary and the secondary key.
    pub key_digests: [String; 2],
    /// The keys themselves, only where a policy of this gateway reads them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<[String; 2]>,
    #[serde(default)]
    pub owner: Option<String>,
    /// RFC 3339.
    pub created_date: String,
    #[serde(default)]
    pub start_date: Option<String>,
    #[serde(default)]
    pub end_date: Option<String>,
    /// From this moment (RFC 3339) the subscription opens nothing.
    #[serde(default)]
    pub expiration_date: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "of")]
pub enum SubscriptionScope {
    Product {
        product: String,
    },
    /// The API's name without revision.
    Api {
        api: String,
    },
    AllApis,
    /// The built-in all-access subscription.
    Service,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct User {
    pub id: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub note: String,
    /// RFC 3339.
    pub registration_date: String,
    pub groups: Vec<(String, String)>,
    /// `(id, provider)`.
    pub identities: Vec<(String, String)>,
}

/// A certificate with its private key.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Certificate {
    pub id: String,
    /// SHA-1 in upper-case hex, as the management API shows it.
    pub thumbprint: String,
    /// Leaf first.
    pub chain_pem: String,
    /// PKCS#8.
    pub private_key_pem: String,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("id", &self.id)
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

/// One `hostnameConfiguration`: a host (or `*`) and the certificate that SNI chooses for it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hostname {
    pub id: String,
    pub hostname: String,
    pub certificate: String,
    pub negotiate_client_certificate: bool,
    pub http2_enabled: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CertificateAuthority {
    pub id: String,
    pub pem: String,
    pub is_trusted: bool,
}

/// A connection of a credential provider: how its tokens are got, and who may use them. Key id:
/// `{provider}/{id}`.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Authorization {
    pub provider: String,
    pub id: String,
    pub token_url: String,
    pub grant: AuthorizationGrant,
    pub client_id: String,
    pub client_secret: String,
    pub scopes: String,
    /// Further fields of a token request.
    pub parameters: Vec<(String, String)>,
    /// From the consent that a person gave.
    pub refresh_token: Option<String>,
    pub access_policies: Vec<AuthorizationAccess>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AuthorizationGrant {
    #[default]
    ClientCredentials,
    RefreshToken,
}

/// Somebody who may use a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthorizationAccess {
    pub tenant_id: String,
    pub object_id: String,
}

impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authorization")
            .field("provider", &self.provider)
            .field("id", &self.id)
            .field("grant", &self.grant)
            .finish_non_exhaustive()
    }
}

/// What is logged of requests. Key ids: `{id}` for all APIs, `{api}/{id}` for one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Diagnostic {
    pub id: String,
    pub api: Option<String>,
    /// 0..=100.
    pub sampling_percentage: f64,
    pub always_log_errors: bool,
    pub log_client_ip: bool,
}

/// What policies validate against. Key ids: `{id}` for a schema of the service, `{api}/{id}` for one
/// of an API's definition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Schema {
    pub id: String,
    pub api: Option<String>,
    /// `json` or `xml` for the service's, the media type for an API's.
    pub format: String,
    /// An object; the text of an XML schema.
    pub document: serde_json::Value,
}

/// The external cache of this gateway; at most one, with the cache's id.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Cache {
    pub id: String,
    /// As StackExchange.Redis reads it, or a `redis` URL.
    pub connection_string: String,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Where `log-to-eventhub` sends events.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Logger {
    pub id: String,
    /// `azureEventHub` or `kafka`.
    pub logger_type: String,
    /// The management API's `credentials`.
    pub credentials: std::collections::BTreeMap<String, String>,
}

impl std::fmt::Debug for Logger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logger").field("id", &self.id).field("type", &self.logger_type).finish_non_exhaustive()
    }
}
