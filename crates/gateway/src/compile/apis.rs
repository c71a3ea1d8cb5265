//! APIs, their operations and the products that hold them.

use super::{Compiler, Touched, failure};
use crate::route::{Operations, Routes, Template};
use crate::runtime::{ApiKind, Schemes, ServedApi, ServedOperation, ServedProduct};
use ahash::AHashSet;
use http::HeaderName;
use smol_str::SmolStr;
use std::sync::Arc;
use tollgate_contract::snapshot::{Api, Document, Key, Kind, Operation};
use tollgate_error::Code;
use tollgate_expression::context;
use tollgate_policy::definition::{ApiSchemas, Definition};

const KEY_HEADER: &str = "Ocp-Apim-Subscription-Key";
const KEY_QUERY: &str = "subscription-key";

impl Compiler {
    /// Rebuilds products that changed; gives the ids of APIs (without revision) they hold or held.
    pub(super) fn build_products(&mut self, touched: &Touched, replanned: &AHashSet<Key>) -> AHashSet<SmolStr> {
        let product_plan = |key: &Key| key.kind == Kind::Policy && key.id.starts_with("product/");
        if !touched.kind(Kind::Product) && !replanned.iter().any(product_plan) {
            return AHashSet::new();
        }
        let mut moved = AHashSet::new();
        let mut products = ahash::AHashMap::new();
        for document in self.of_kind(Kind::Product) {
            let Document::Product(product) = document else { continue };
            let plan_key = Key { kind: Kind::Policy, id: format!("product/{}", product.id) };
            let own_key = Key { kind: Kind::Product, id: product.id.clone() };
            let id = SmolStr::new(&product.id);
            if !touched.keys.contains(&own_key)
                && !replanned.contains(&plan_key)
                && let Some(known) = self.products.get(&id)
            {
                products.insert(id, known.clone());
                continue;
            }
            let groups = product.groups.iter();
            let groups = groups.map(|(id, name)| context::Group { id: id.into(), name: name.into() }).collect();
            let served = ServedProduct {
                context: Arc::new(context::Product {
                    id: id.clone(),
                    name: SmolStr::new(&product.display_name),
                    approval_required: product.approval_required,
                    subscription_required: product.subscription_required,
                    subscriptions_limit: product.subscriptions_limit,
                    published: product.published,
                    groups,
                }),
                plan: self.plans.state(&plan_key),
                apis: product.apis.iter().map(SmolStr::new).collect(),
            };
            moved.extend(served.apis.iter().cloned());
            if let Some(known) = self.products.get(&id) {
                moved.extend(known.apis.iter().cloned());
            }
            products.insert(id, Arc::new(served));
        }
        for (id, gone) in &self.products {
            if !products.contains_key(id) {
                moved.extend(gone.apis.iter().cloned());
            }
        }
        self.products = products;
        moved
    }

    /// Rebuilds APIs that changed, and the routes if any did; tells how many.
    pub(super) fn build_apis(
        &mut self,
        touched: &Touched,
        replanned: &AHashSet<Key>,
        moved: &AHashSet<SmolStr>,
    ) -> usize {
        let dirty = dirty_apis(touched, replanned);
        let all = touched.kind(Kind::Diagnostic);
        let mut apis = std::collections::BTreeMap::new();
        let mut built = 0;
        for document in self.of_kind(Kind::Api) {
            let Document::Api(api) = document else { continue };
            let clean = !all && !dirty.contains(api.id.as_str()) && !moved.contains(base_id(&api.id));
            if clean && let Some(known) = self.apis.get(&api.id) {
                apis.insert(api.id.clone(), known.clone());
                continue;
            }
            built += 1;
            apis.insert(api.id.clone(), Arc::new(self.build_api(api)));
        }
        let changed = built > 0 || apis.len() != self.apis.len();
        self.apis = apis;
        if changed {
            let online = self.apis.values().filter(|api| api.is_online);
            self.routes = Arc::new(Routes::build(online));
        }
        built
    }

    fn build_api(&self, api: &Api) -> ServedApi {
        let mut failures = Vec::new();
        let or = |text: &str, default: &str| SmolStr::new(if text.is_empty() { default } else { text });
        let service_base = api.service_url.as_deref().filter(|url| !url.is_empty()).and_then(crate::url::parse);
        if api.service_url.as_deref().is_some_and(|url| !url.is_empty()) && service_base.is_none() {
            failures.push(api_failure(api, None, "its service URL is no absolute URL"));
        }
        let key_header = or(&api.subscription_key_header, KEY_HEADER);
        let base = SmolStr::new(base_id(&api.id));
        let (operations, tree) = self.build_operations(api, &mut failures);
        ServedApi {
            context: Arc::new(context::Api {
                id: base.clone(),
                name: SmolStr::new(&api.display_name),
                path: SmolStr::new(api.path.trim_matches('/')),
                protocols: api.protocols.iter().map(SmolStr::new).collect(),
                service_url: service_base.clone(),
                subscription_key_header: key_header.clone(),
                subscription_key_query: or(&api.subscription_key_query, KEY_QUERY),
                revision: or(&api.revision, "1"),
                version: api.version.as_ref().map(|version| SmolStr::new(&version.name)),
                is_current_revision: api.is_current,
            }),
            kind: match api.api_type.as_str() {
                "websocket" => ApiKind::WebSocket,
                "grpc" => ApiKind::Grpc,
                _ => ApiKind::Http,
            },
            schemes: schemes(&api.protocols),
            version: api.version.clone(),
            is_online: api.is_online || api.is_current,
            subscription_required: api.subscription_required,
            key_header: HeaderName::try_from(key_header.as_str())
                .unwrap_or(HeaderName::from_static("ocp-apim-subscription-key")),
            key_query: or(&api.subscription_key_query, KEY_QUERY),
            plan: self.plans.state(&Key { kind: Kind::Policy, id: format!("api/{}", api.id) }),
            operations,
            tree,
            products: self.products.values().filter(|product| product.apis.contains(&base)).cloned().collect(),
            sampling: self.sampling(Some(&base)),
            failures,
            service_base,
            base_id: base,
        }
    }

    fn build_operations(
        &self,
        api: &Api,
        failures: &mut Vec<tollgate_contract::telemetry::Failure>,
    ) -> (Vec<Arc<ServedOperation>>, Operations) {
        let prefix = format!("{}/", api.id);
        let first = Key { kind: Kind::Operation, id: prefix.clone() };
        let schemas = Arc::new(self.api_schemas(&prefix));
        let mut operations = Vec::new();
        let mut tree = Operations::default();
        let own = self
            .documents
            .range(first..)
            .take_while(|(key, _)| key.kind == Kind::Operation && key.id.starts_with(&prefix));
        for (_, entry) in own {
            let Document::Operation(operation) = &entry.document else { continue };
            match Template::parse(&operation.url_template) {
                Ok(template) => tree.insert(operations.len(), &operation.method, &template),
                Err(error) => failures.push(api_failure(api, Some(operation), &error.0)),
            }
            let plan_key = format!("operation/{}/{}", api.id, operation.name);
            operations.push(Arc::new(ServedOperation {
                context: Arc::new(context::Operation {
                    id: SmolStr::new(&operation.name),
                    name: SmolStr::new(&operation.display_name),
                    method: SmolStr::new(&operation.method),
                    url_template: SmolStr::new(&operation.url_template),
                }),
                definition: operation
                    .definition
                    .clone()
                    .map(|definition| Arc::new(Definition::new(definition, Arc::clone(&schemas)))),
                plan: self.plans.state(&Key { kind: Kind::Policy, id: plan_key }),
            }));
        }
        (operations, tree)
    }

    /// What the API's operations name; `prefix` is its id with a slash.
    fn api_schemas(&self, prefix: &str) -> ApiSchemas {
        let first = Key { kind: Kind::Schema, id: prefix.to_owned() };
        let own =
            self.documents.range(first..).take_while(|(key, _)| key.kind == Kind::Schema && key.id.starts_with(prefix));
        ApiSchemas::new(own.filter_map(|(_, entry)| match &entry.document {
            Document::Schema(schema) => Some((schema.id.clone(), schema.document.clone())),
            _ => None,
        }))
    }
}

fn api_failure(api: &Api, operation: Option<&Operation>, message: &str) -> tollgate_contract::telemetry::Failure {
    tollgate_contract::telemetry::Failure {
        api: api.id.clone(),
        operation: operation.map(|operation| operation.name.clone()),
        ..failure(message, Code::NODE_CONFIGURATION_INVALID)
    }
}

/// An API's name without `;rev=n`.
pub fn base_id(id: &str) -> &str {
    id.split_once(";rev=").map_or(id, |(base, _)| base)
}

/// APIs (with revision) whose documents or plans changed.
fn dirty_apis<'k>(touched: &'k Touched, replanned: &'k AHashSet<Key>) -> AHashSet<&'k str> {
    let mut dirty = AHashSet::new();
    for key in touched.keys.iter().chain(replanned) {
        let api = match key.kind {
            Kind::Api => Some(key.id.as_str()),
            Kind::Operation | Kind::Schema => key.id.rsplit_once('/').map(|(api, _)| api),
            Kind::Policy => match key.id.split_once('/') {
                Some(("api", api)) => Some(api),
                Some(("operation", rest)) => rest.rsplit_once('/').map(|(api, _)| api),
                _ => None,
            },
            _ => None,
        };
        dirty.extend(api);
    }
    dirty
}

fn schemes(protocols: &[String]) -> Schemes {
    let has = |word: &str| protocols.iter().any(|protocol| protocol.eq_ignore_ascii_case(word));
    if protocols.is_empty() {
        return Schemes { plain: true, secure: true };
    }
    Schemes { plain: has("http") || has("ws"), secure: has("https") || has("wss") }
}

impl ServedApi {
    /// WebSocket and gRPC APIs need no operations of their own.
    pub fn accepts_any_operation(&self, scheme: context::Scheme) -> bool {
        match self.kind {
            ApiKind::WebSocket => matches!(scheme, context::Scheme::Ws | context::Scheme::Wss),
            ApiKind::Grpc => self.operations.is_empty(),
            ApiKind::Http => false,
        }
    }

    /// Whether a scope that the request needs never compiled here.
    pub fn is_broken(
        &self,
        runtime: &crate::runtime::Runtime,
        caller: &crate::identify::Caller,
        operation: Option<&ServedOperation>,
    ) -> bool {
        let product = caller.product.as_ref().is_some_and(|product| product.plan.is_broken());
        let operation = operation.is_some_and(|operation| operation.plan.is_broken());
        runtime.global.is_broken() || self.plan.is_broken() || product || operation
    }
}
