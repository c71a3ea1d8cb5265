//! What a node has compiled and serves: immutable, shared by all workers, swapped whole.
//!
//! One request sees one `Runtime`. Nothing here is changed after it was built, except what a backend
//! has learnt about itself (its circuit breaker), which outlives a swap.

use crate::cache::ExternalCache;
use crate::client_trust::ClientAuthorities;
use crate::events::Logger;
use crate::route::{Operations, Routes};
use crate::upstream::{BackendEntity, Identities, TlsClient, TlsClients};
use ahash::{AHashMap, AHashSet};
use http::{HeaderMap, HeaderName};
use smol_str::SmolStr;
use std::sync::{Arc, OnceLock};
use tollgate_contract::snapshot::{ApiVersion, Authorization, SubscriptionScope};
use tollgate_contract::telemetry::Failure;
use tollgate_expression::context::{self, Deployment, Url};
use tollgate_policy::definition::Definition;
use tollgate_policy::{Chain, Plan};

/// One configuration, ready to serve.
pub struct Runtime {
    pub revision: u64,
    /// Hex SHA-256 over the documents, as the feed gives it.
    pub digest: String,
    pub routes: Arc<Routes>,
    /// By SHA-256 of the key.
    pub keys: Arc<AHashMap<[u8; 32], KeyEntry>>,
    pub backends: AHashMap<SmolStr, Arc<BackendEntity>>,
    /// What `caching-type` calls external.
    pub cache: Option<Arc<ExternalCache>>,
    pub loggers: AHashMap<SmolStr, Arc<Logger>>,
    pub deployment: Arc<Deployment>,
    pub global: PlanState,
    /// For backends that are plain URLs.
    pub default_tls: Arc<TlsClient>,
    /// The certificates that policies may show to backends, and what makes them TLS clients.
    pub identities: Arc<Identities>,
    pub tls_clients: Arc<TlsClients>,
    pub client_authorities: Arc<ClientAuthorities>,
    /// Connections of credential providers, by `{provider}/{id}` in lower case.
    pub authorizations: Arc<AHashMap<String, Arc<Authorization>>>,
    pub tls: Arc<crate::listener::TlsHosts>,
    pub failures: Vec<Failure>,
    /// Verifies debug credentials; empty: none are taken.
    pub debug_key: String,
    /// Values of secret named values, which no trace shows.
    pub secrets: Vec<String>,
    /// Sampling of request records for APIs without a diagnostic of their own.
    pub sampling: Sampling,
}

/// A policy scope of this configuration.
#[derive(Clone, Default)]
pub enum PlanState {
    /// The scope has no document.
    #[default]
    Absent,
    /// Compiled, or the last that did.
    Ready(Arc<Plan>),
    /// It never compiled here: what depends on it cannot be served.
    Broken,
}

impl PlanState {
    pub fn plan(&self) -> Option<&Arc<Plan>> {
        match self {
            PlanState::Ready(plan) => Some(plan),
            PlanState::Absent | PlanState::Broken => None,
        }
    }

    pub fn is_broken(&self) -> bool {
        matches!(self, PlanState::Broken)
    }
}

/// One revision of an API as it is served.
pub struct ServedApi {
    /// Without `;rev=n`.
    pub base_id: SmolStr,
    pub context: Arc<context::Api>,
    pub kind: ApiKind,
    pub schemes: Schemes,
    pub version: Option<ApiVersion>,
    pub is_online: bool,
    pub subscription_required: bool,
    pub key_header: HeaderName,
    pub key_query: SmolStr,
    pub plan: PlanState,
    pub operations: Vec<Arc<ServedOperation>>,
    pub tree: Operations,
    /// Every product that holds the API.
    pub products: Vec<Arc<ServedProduct>>,
    pub sampling: Option<Sampling>,
    /// What of it does not work, though the rest is served.
    pub failures: Vec<Failure>,
    /// Where the API's requests go unless a policy says otherwise.
    pub service_base: Option<Url>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKind {
    Http,
    WebSocket,
    Grpc,
}

/// Which schemes reach the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schemes {
    pub plain: bool,
    pub secure: bool,
}

pub struct ServedOperation {
    pub context: Arc<context::Operation>,
    /// For policies that read it.
    pub definition: Option<Arc<Definition>>,
    pub plan: PlanState,
}

pub struct ServedProduct {
    pub context: Arc<context::Product>,
    pub plan: PlanState,
    /// Ids of APIs, without revision.
    pub apis: AHashSet<SmolStr>,
}

/// What a subscription key opens.
#[derive(Clone)]
pub struct KeyEntry {
    pub subscription: Arc<ServedSubscription>,
    /// 0 primary, 1 secondary.
    pub which: usize,
}

pub struct ServedSubscription {
    pub scope: SubscriptionScope,
    pub active: bool,
    /// Unix milliseconds; from then on it opens nothing.
    pub expires_ms: Option<i64>,
    pub product: Option<Arc<ServedProduct>>,
    pub user: Option<Arc<context::User>>,
    /// The context without the key; the key is filled in when it is first seen.
    pub template: context::Subscription,
    seen: [OnceLock<Arc<context::Subscription>>; 2],
}

impl ServedSubscription {
    pub fn new(
        scope: SubscriptionScope,
        active: bool,
        expires_ms: Option<i64>,
        product: Option<Arc<ServedProduct>>,
        user: Option<Arc<context::User>>,
        template: context::Subscription,
    ) -> ServedSubscription {
        ServedSubscription { scope, active, expires_ms, product, user, template, seen: Default::default() }
    }

    /// The context of a request that carried `key`, its `which`th key.
    pub fn context(&self, which: usize, key: &str) -> Arc<context::Subscription> {
        let make = || {
            let template = &self.template;
            Arc::new(context::Subscription {
                id: template.id.clone(),
                name: template.name.clone(),
                key: SmolStr::new(key),
                primary_key: template.primary_key.clone(),
                secondary_key: template.secondary_key.clone(),
                created_date: template.created_date,
                start_date: template.start_date,
                end_date: template.end_date,
            })
        };
        self.seen.get(which).map_or_else(make, |slot| slot.get_or_init(make).clone())
    }
}

/// What is recorded of requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// 0.0..=1.0.
    pub share: f64,
    pub always_errors: bool,
}

impl Default for Sampling {
    fn default() -> Sampling {
        Sampling { share: 1.0, always_errors: true }
    }
}

impl ServedApi {
    /// The product that is open to callers without a key.
    pub fn open_product(&self) -> Option<&Arc<ServedProduct>> {
        self.products.iter().find(|product| !product.context.subscription_required)
    }

    /// The plans in play.
    pub fn chain(
        &self,
        runtime: &Runtime,
        product: Option<&ServedProduct>,
        operation: Option<&ServedOperation>,
    ) -> Chain {
        Chain {
            global: runtime.global.plan().cloned(),
            product: product.and_then(|product| product.plan.plan().cloned()),
            api: self.plan.plan().cloned(),
            operation: operation.and_then(|operation| operation.plan.plan().cloned()),
        }
    }
}

/// Headers and query parameters that a backend entity adds to every call.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    pub headers: HeaderMap,
    /// Escaped, joined with `&`; empty for none.
    pub query: String,
}
