//! The documents that one gateway needs: the closure of its APIs, and nothing else.
//! Source: design, chapter 6. Pure: state in, documents out.

mod integrations;

use crate::kinds::{apis, authorizations, policies};
use crate::resource::{self, Resource, api_base};
use crate::service::ServiceAddress;
use crate::state::{State, View};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tollgate_contract::MANAGED_GATEWAY;
use tollgate_contract::snapshot::{
    Api, ApiVersion, Backend, BackendProxy, Certificate, CertificateAuthority, Diagnostic, Document, Fragment, Gateway,
    Hostname, Key, Kind, NamedValue, Operation, Policy, PoolMember, Product, Schema, Scope, Subscription,
    SubscriptionScope, User, VersioningScheme,
};
use tollgate_policy::compile::Uses;

pub type Documents = BTreeMap<Key, Document>;

/// What documents refer to, remembered between projections: to find it out means to compile them.
#[derive(Default)]
pub struct UsesMemory {
    /// By path; valid while neither the document nor anything it could include has changed.
    known: BTreeMap<String, (Stamp, Arc<Uses>)>,
}

/// Revision of the document; revisions and number of what may stand in it.
type Stamp = (u64, u64, usize);

impl UsesMemory {
    fn of(&mut self, document: &Resource, included: (u64, usize), state: &State) -> Arc<Uses> {
        let stamp = (document.revision, included.0, included.1);
        if let Some((known, uses)) = self.known.get(&document.path)
            && *known == stamp
        {
            return Arc::clone(uses);
        }
        let uses = Arc::new(policies::uses_of(document, state));
        self.known.insert(document.path.clone(), (stamp, Arc::clone(&uses)));
        uses
    }

    fn included(state: &State) -> (u64, usize) {
        let kinds = ["namedValues", "policyFragments", "schemas"];
        let all: Vec<_> = kinds.into_iter().flat_map(|kind| state.all(kind)).collect();
        (all.iter().map(|resource| resource.revision).max().unwrap_or(0), all.len())
    }
}

/// Everything that `gateway` is sent. `None`: there is no such gateway.
pub fn project(state: &State, service: &ServiceAddress, gateway: &str, memory: &mut UsesMemory) -> Option<Documents> {
    let gateway = state.get(&format!("gateways/{gateway}"))?;
    let mut builder = Builder { state, service, gateway, out: Documents::new(), uses: Uses::default() };
    builder.gateway();
    let apis = builder.apis();
    let products = builder.products(&apis);
    builder.policies(&apis, &products, memory);
    builder.fragments(memory);
    builder.subscriptions(&apis, &products);
    builder.hostnames();
    builder.backends();
    builder.cache();
    builder.loggers();
    builder.certificates();
    builder.authorizations();
    builder.named_values();
    builder.diagnostics(&apis);
    builder.schemas(&apis);
    Some(builder.out)
}

struct Builder<'a> {
    state: &'a State,
    service: &'a ServiceAddress,
    gateway: Arc<Resource>,
    out: Documents,
    /// What the documents sent so far refer to.
    uses: Uses,
}

impl Builder<'_> {
    fn put(&mut self, kind: Kind, id: impl Into<String>, document: Document) {
        self.out.insert(Key { kind, id: id.into() }, document);
    }

    fn gateway(&mut self) {
        let id = self.gateway.name().to_owned();
        let region = self.gateway.properties.get("locationData").and_then(|location| location.get("name"));
        let document = Gateway {
            id: id.clone(),
            region: region.and_then(Value::as_str).unwrap_or_default().to_owned(),
            is_managed: id == MANAGED_GATEWAY,
            service_id: self.service.id(),
            service_name: self.service.name.clone(),
            debug_key: crate::debug_credential::key(&self.gateway),
        };
        self.put(Kind::Gateway, id, Document::Gateway(document));
    }

    /// Every revision of every API of the gateway, with its operations. Returns the names without
    /// revision, in lower case.
    fn apis(&mut self) -> BTreeSet<String> {
        let links = self.state.list(&format!("{}/apis", self.gateway.path));
        let names: BTreeSet<String> = links.iter().map(|link| link.name().to_lowercase()).collect();
        let all = self.state.list("apis");
        for api in all.iter().filter(|api| names.contains(&api_base(api.name()).to_lowercase())) {
            let document = self.api(api);
            self.put(Kind::Api, api.name(), Document::Api(document));
            for operation in self.state.list(&format!("{}/operations", api.path)) {
                let document = operation_document(api, &operation);
                self.put(
                    Kind::Operation,
                    format!("{}/{}", api.name(), operation.name()),
                    Document::Operation(document),
                );
            }
        }
        names
    }

    fn api(&self, api: &Resource) -> Api {
        let parameter = |name: &str| {
            let names = api.properties.get("subscriptionKeyParameterNames");
            names.and_then(|names| names.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let text = |field: &str| api.text(field).unwrap_or_default().to_owned();
        Api {
            id: api.name().to_owned(),
            display_name: text("displayName"),
            path: text("path"),
            protocols: texts(api.properties.get("protocols")),
            service_url: api.text("serviceUrl").filter(|url| !url.is_empty()).map(str::to_owned),
            subscription_required: api.flag("subscriptionRequired"),
            subscription_key_header: parameter("header"),
            subscription_key_query: parameter("query"),
            revision: text("apiRevision"),
            is_current: api.flag("isCurrent"),
            is_online: true,
            version: self.api_version(api),
            api_type: text("type"),
        }
    }

    fn api_version(&self, api: &Resource) -> Option<ApiVersion> {
        let set = self.state.get(self.service.below(api.text("apiVersionSetId")?)?)?;
        let parameter = |field: &str| set.text(field).unwrap_or_default().to_owned();
        let (scheme, parameter) = match set.text("versioningScheme")?.to_ascii_lowercase().as_str() {
            "header" => (VersioningScheme::Header, parameter("versionHeaderName")),
            "query" => (VersioningScheme::Query, parameter("versionQueryName")),
            _ => (VersioningScheme::Segment, String::new()),
        };
        Some(ApiVersion { name: api.text("apiVersion").unwrap_or_default().to_owned(), scheme, parameter })
    }

    /// Products with an API of the gateway. Returns their names in lower case.
    fn products(&mut self, apis: &BTreeSet<String>) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for product in self.state.list("products") {
            let linked: Vec<String> = self
                .state
                .list(&format!("{}/apis", product.path))
                .iter()
                .map(|link| link.name().to_owned())
                .filter(|api| apis.contains(&api.to_lowercase()))
                .collect();
            if linked.is_empty() {
                continue;
            }
            names.insert(product.name().to_lowercase());
            let limit = product.properties.get("subscriptionsLimit").and_then(Value::as_i64);
            let document = Product {
                id: product.name().to_owned(),
                display_name: product.text("displayName").unwrap_or_default().to_owned(),
                subscription_required: product.flag("subscriptionRequired"),
                approval_required: product.flag("approvalRequired"),
                subscriptions_limit: limit.and_then(|limit| i32::try_from(limit).ok()),
                published: product.text("state").is_some_and(|state| state.eq_ignore_ascii_case("published")),
                apis: linked,
                groups: self.groups(&format!("{}/groups", product.path)),
            };
            self.put(Kind::Product, product.name(), Document::Product(document));
        }
        names
    }

    fn groups(&self, links: &str) -> Vec<(String, String)> {
        self.state.list(links).iter().filter_map(|link| self.group(link.name())).collect()
    }

    /// `(id, display name)`.
    fn group(&self, name: &str) -> Option<(String, String)> {
        let group = self.state.get(&format!("groups/{name}"))?;
        Some((group.name().to_owned(), group.text("displayName").unwrap_or_default().to_owned()))
    }

    fn policies(&mut self, apis: &BTreeSet<String>, products: &BTreeSet<String>, memory: &mut UsesMemory) {
        let included = UsesMemory::included(self.state);
        for policy in policies::all(self.state) {
            let names: Vec<&str> = policy.path.split('/').skip(1).step_by(2).collect();
            let (id, scope) = match (policy.kind.path, names.as_slice()) {
                ("policies", _) => ("global".to_owned(), Scope::Global),
                ("products/policies", [product, ..]) if products.contains(&product.to_lowercase()) => {
                    (format!("product/{product}"), Scope::Product { product: (*product).to_owned() })
                }
                ("apis/policies", [api, ..]) if apis.contains(&api_base(api).to_lowercase()) => {
                    (format!("api/{api}"), Scope::Api { api: (*api).to_owned() })
                }
                ("apis/operations/policies", [api, operation, ..]) if apis.contains(&api_base(api).to_lowercase()) => (
                    format!("operation/{api}/{operation}"),
                    Scope::Operation { api: (*api).to_owned(), operation: (*operation).to_owned() },
                ),
                _ => continue,
            };
            add_uses(&mut self.uses, &memory.of(&policy, included, self.state));
            let text = policy.text("value").unwrap_or_default().to_owned();
            self.put(Kind::Policy, id, Document::Policy(Policy { scope, text }));
        }
    }

    fn fragments(&mut self, memory: &mut UsesMemory) {
        let included = UsesMemory::included(self.state);
        let mut waiting: Vec<String> = self.uses.fragments.iter().cloned().collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if !seen.insert(id.to_lowercase()) {
                continue;
            }
            let Some(fragment) = self.state.get(&format!("policyFragments/{id}")) else { continue };
            let uses = memory.of(&fragment, included, self.state);
            waiting.extend(uses.fragments.iter().cloned());
            add_uses(&mut self.uses, &uses);
            let text = fragment.text("value").unwrap_or_default().to_owned();
            let id = fragment.name().to_owned();
            self.put(Kind::Fragment, id.clone(), Document::Fragment(Fragment { id, text }));
        }
    }

    fn subscriptions(&mut self, apis: &BTreeSet<String>, products: &BTreeSet<String>) {
        let mut owners = BTreeSet::new();
        for subscription in self.state.list("subscriptions") {
            let Some(scope) = self.scope(&subscription) else { continue };
            let is_needed = match &scope {
                SubscriptionScope::Product { product } => products.contains(&product.to_lowercase()),
                SubscriptionScope::Api { api } => apis.contains(&api.to_lowercase()),
                SubscriptionScope::AllApis | SubscriptionScope::Service => !apis.is_empty(),
            };
            if !is_needed {
                continue;
            }
            let owner = subscription.text("ownerId").map(|owner| resource::last(owner).to_owned());
            owners.extend(owner.clone());
            let text = |field: &str| subscription.text(field).map(str::to_owned);
            let keys = [text("primaryKey").unwrap_or_default(), text("secondaryKey").unwrap_or_default()];
            let document = Subscription {
                id: subscription.name().to_owned(),
                display_name: text("displayName").unwrap_or_default(),
                scope,
                active: subscription.text("state").is_some_and(|state| state.eq_ignore_ascii_case("active")),
                key_digests: keys.each_ref().map(|key| hex(&Sha256::digest(key.as_bytes()))),
                keys: self.uses.subscription_keys.then_some(keys),
                owner,
                created_date: text("createdDate").unwrap_or_default(),
                start_date: text("startDate"),
                end_date: text("endDate"),
                expiration_date: text("expirationDate"),
            };
            self.put(Kind::Subscription, subscription.name(), Document::Subscription(document));
        }
        for owner in owners {
            self.user(&owner);
        }
    }

    fn scope(&self, subscription: &Resource) -> Option<SubscriptionScope> {
        let scope = subscription.text("scope")?;
        if scope.trim_end_matches('/').eq_ignore_ascii_case(&self.service.id()) {
            return Some(SubscriptionScope::Service);
        }
        let path = self.service.below(scope)?;
        let mut parts = path.split('/');
        let collection = parts.next()?.to_ascii_lowercase();
        match (collection.as_str(), parts.next()) {
            ("products", Some(product)) => Some(SubscriptionScope::Product { product: product.to_owned() }),
            ("apis", Some(api)) => Some(SubscriptionScope::Api { api: api_base(api).to_owned() }),
            ("apis", None) => Some(SubscriptionScope::AllApis),
            _ => None,
        }
    }

    fn user(&mut self, name: &str) {
        let Some(user) = self.state.get(&format!("users/{name}")) else { return };
        let text = |field: &str| user.text(field).unwrap_or_default().to_owned();
        let mut groups: BTreeSet<(String, String)> = self
            .state
            .all("groups/users")
            .iter()
            .filter(|link| link.name().eq_ignore_ascii_case(name))
            .filter_map(|link| self.group(resource::last(link.parent()?)))
            .collect();
        groups.extend(self.group("developers"));
        let identities = user.properties.get("identities").and_then(Value::as_array).cloned().unwrap_or_default();
        let part = |identity: &Value, name: &str| identity.get(name).and_then(Value::as_str).map(str::to_owned);
        let document = User {
            id: user.name().to_owned(),
            email: text("email"),
            first_name: text("firstName"),
            last_name: text("lastName"),
            note: text("note"),
            registration_date: text("registrationDate"),
            groups: groups.into_iter().collect(),
            identities: identities
                .iter()
                .filter_map(|identity| Some((part(identity, "id")?, part(identity, "provider")?)))
                .collect(),
        };
        self.put(Kind::User, user.name(), Document::User(document));
    }

    fn named_values(&mut self) {
        for value in self.state.list("namedValues") {
            let display_name = value.text("displayName").unwrap_or(value.name());
            if !self.uses.named_values.contains(display_name) || !policies::may_have(&value, self.gateway.name()) {
                continue;
            }
            let document = NamedValue {
                id: value.name().to_owned(),
                display_name: display_name.to_owned(),
                value: value.text("value").unwrap_or_default().to_owned(),
                secret: value.flag("secret"),
            };
            self.put(Kind::NamedValue, value.name(), Document::NamedValue(document));
        }
    }

    fn backends(&mut self) {
        let mut waiting: Vec<String> = if self.uses.any_backend {
            self.state.list("backends").iter().map(|backend| backend.name().to_owned()).collect()
        } else {
            self.uses.backends.iter().cloned().collect()
        };
        let mut seen = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if !seen.insert(id.to_lowercase()) {
                continue;
            }
            let Some(backend) = self.state.get(&format!("backends/{id}")) else { continue };
            let document = self.filled(backend_document(&backend));
            waiting.extend(document.pool.iter().map(|member| member.backend.clone()));
            self.uses.certificates.extend(document.certificates.iter().cloned());
            self.put(Kind::Backend, backend.name(), Document::Backend(document));
        }
    }

    fn hostnames(&mut self) {
        for hostname in self.state.list(&format!("{}/hostnameConfigurations", self.gateway.path)) {
            let certificate = resource::last(hostname.text("certificateId").unwrap_or_default()).to_owned();
            self.uses.certificates.insert(certificate.clone());
            let document = Hostname {
                id: hostname.name().to_owned(),
                hostname: hostname.text("hostname").unwrap_or_default().to_owned(),
                certificate,
                negotiate_client_certificate: hostname.flag("negotiateClientCertificate"),
                http2_enabled: hostname.flag("http2Enabled"),
            };
            self.put(Kind::Hostname, hostname.name(), Document::Hostname(document));
        }
        for authority in self.state.list(&format!("{}/certificateAuthorities", self.gateway.path)) {
            let Some(certificate) = self.state.get(&format!("certificates/{}", authority.name())) else { continue };
            let document = CertificateAuthority {
                id: authority.name().to_owned(),
                pem: certificate.text("chainPem").unwrap_or_default().to_owned(),
                is_trusted: authority.flag("isTrusted"),
            };
            self.put(Kind::CertificateAuthority, authority.name(), Document::CertificateAuthority(document));
        }
    }

    fn certificates(&mut self) {
        for certificate in self.state.list("certificates") {
            let thumbprint = certificate.text("thumbprint").unwrap_or_default();
            let is_named = |named: &String| {
                named.eq_ignore_ascii_case(certificate.name()) || named.eq_ignore_ascii_case(thumbprint)
            };
            if !self.uses.any_certificate && !self.uses.certificates.iter().any(is_named) {
                continue;
            }
            let document = Certificate {
                id: certificate.name().to_owned(),
                thumbprint: thumbprint.to_owned(),
                chain_pem: certificate.text("chainPem").unwrap_or_default().to_owned(),
                private_key_pem: certificate.text("privateKeyPem").unwrap_or_default().to_owned(),
            };
            self.put(Kind::Certificate, certificate.name(), Document::Certificate(document));
        }
    }

    /// Connections of credential providers that a document names.
    fn authorizations(&mut self) {
        if self.uses.authorizations.is_empty() && !self.uses.any_authorization {
            return;
        }
        for (provider, authorization) in authorizations::all(self.state) {
            let id = format!("{}/{}", provider.name(), authorization.name());
            let is_named = self.uses.authorizations.iter().any(|named| named.eq_ignore_ascii_case(&id));
            if (is_named || self.uses.any_authorization)
                && let Some(document) = authorizations::document(&provider, &authorization, self.state)
            {
                self.put(Kind::Authorization, id, Document::Authorization(document));
            }
        }
    }

    /// Those of the service that policies name, and those of the APIs when a policy reads any.
    fn schemas(&mut self, names: &BTreeSet<String>) {
        for id in self.uses.schemas.clone() {
            let Some(schema) = self.state.get(&format!("schemas/{id}")) else { continue };
            let (format, document) = match schema.properties.get("value") {
                Some(text) => ("xml", text),
                None => ("json", schema.properties.get("document").unwrap_or(&Value::Null)),
            };
            let (id, format, document) = (schema.name().to_owned(), format.to_owned(), document.clone());
            self.put(Kind::Schema, id.clone(), Document::Schema(Schema { id, api: None, format, document }));
        }
        if !self.uses.api_schemas {
            return;
        }
        for api in names.iter().flat_map(|name| apis::revisions(name, self.state)).collect::<Vec<_>>() {
            for schema in self.state.list(&format!("{}/schemas", api.path)) {
                let document = Schema {
                    id: schema.name().to_owned(),
                    api: Some(api.name().to_owned()),
                    format: schema.text("contentType").unwrap_or_default().to_owned(),
                    document: schema.properties.get("document").cloned().unwrap_or_default(),
                };
                let key = format!("{}/{}", api.name(), schema.name());
                self.put(Kind::Schema, key, Document::Schema(document));
            }
        }
    }

    fn diagnostics(&mut self, names: &BTreeSet<String>) {
        let of_apis = names.iter().flat_map(|name| apis::revisions(name, self.state)).collect::<Vec<_>>();
        for diagnostic in self.state.list("diagnostics") {
            self.put(Kind::Diagnostic, diagnostic.name(), Document::Diagnostic(diagnostic_document(&diagnostic, None)));
        }
        for api in of_apis {
            for diagnostic in self.state.list(&format!("{}/diagnostics", api.path)) {
                let document = diagnostic_document(&diagnostic, Some(api.name()));
                let id = format!("{}/{}", api.name(), diagnostic.name());
                self.put(Kind::Diagnostic, id, Document::Diagnostic(document));
            }
        }
    }
}

fn operation_document(api: &Resource, operation: &Resource) -> Operation {
    let text = |field: &str| operation.text(field).unwrap_or_default().to_owned();
    let parts = ["templateParameters", "request", "responses"];
    let definition: serde_json::Map<String, Value> =
        parts.iter().filter_map(|part| Some(((*part).to_owned(), operation.properties.get(*part)?.clone()))).collect();
    Operation {
        api: api.name().to_owned(),
        name: operation.name().to_owned(),
        display_name: text("displayName"),
        method: text("method"),
        url_template: text("urlTemplate"),
        definition: (!definition.is_empty()).then_some(Value::Object(definition)),
    }
}

fn backend_document(backend: &Resource) -> Backend {
    let at = |path: &[&str]| {
        path.iter().try_fold(None::<&Value>, |value, step| {
            value.map_or_else(|| backend.properties.get(*step), |value| value.get(*step)).map(Some)
        })
    };
    let at = |path: &[&str]| at(path).flatten();
    let lists = |path: &[&str]| -> Vec<(String, Vec<String>)> {
        let map = at(path).and_then(Value::as_object);
        map.into_iter().flatten().map(|(name, values)| (name.clone(), texts(Some(values)))).collect()
    };
    let text = |path: &[&str]| at(path).and_then(Value::as_str).map(str::to_owned);
    let mut certificates = texts(at(&["credentials", "certificateIds"]));
    certificates.extend(texts(at(&["credentials", "certificate"])));
    let members = at(&["pool", "services"]).and_then(Value::as_array);
    let number = |member: &Value, name: &str, default: u64| {
        u32::try_from(member.get(name).and_then(Value::as_u64).unwrap_or(default)).unwrap_or(u32::MAX)
    };
    Backend {
        id: backend.name().to_owned(),
        url: text(&["url"]).filter(|url| !url.is_empty()),
        validate_certificate_chain: at(&["tls", "validateCertificateChain"]).and_then(Value::as_bool).unwrap_or(true),
        validate_certificate_name: at(&["tls", "validateCertificateName"]).and_then(Value::as_bool).unwrap_or(true),
        headers: lists(&["credentials", "header"]),
        query: lists(&["credentials", "query"]),
        authorization: text(&["credentials", "authorization", "scheme"]).zip(text(&[
            "credentials",
            "authorization",
            "parameter",
        ])),
        certificates: certificates.iter().map(|id| resource::last(id).to_owned()).collect(),
        pool: members
            .into_iter()
            .flatten()
            .filter_map(|member| {
                Some(PoolMember {
                    backend: resource::last(member.get("id")?.as_str()?).to_owned(),
                    priority: number(member, "priority", 1),
                    weight: number(member, "weight", 1),
                })
            })
            .collect(),
        affinity_cookie: text(&["pool", "sessionAffinity", "sessionId", "name"]),
        failure_status: at(&["pool", "failureResponse", "statusCode"])
            .and_then(Value::as_u64)
            .and_then(|status| u16::try_from(status).ok()),
        proxy: text(&["proxy", "url"]).map(|url| BackendProxy {
            url,
            username: text(&["proxy", "username"]),
            password: text(&["proxy", "password"]),
        }),
        server_thumbprints: texts(at(&["tls", "serverCertificateThumbprints"])),
        server_names: at(&["tls", "serverX509Names"])
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|name| {
                let part = |field: &str| name.get(field).and_then(Value::as_str).map(str::to_owned);
                Some((part("name")?, part("issuerCertificateThumbprint").unwrap_or_default()))
            })
            .collect(),
        circuit_breaker: at(&["circuitBreaker"]).cloned(),
    }
}

fn diagnostic_document(diagnostic: &Resource, api: Option<&str>) -> Diagnostic {
    let sampling = diagnostic.properties.get("sampling").and_then(|sampling| sampling.get("percentage"));
    Diagnostic {
        id: diagnostic.name().to_owned(),
        api: api.map(str::to_owned),
        sampling_percentage: sampling.and_then(Value::as_f64).unwrap_or(100.0),
        always_log_errors: diagnostic.text("alwaysLog").is_some_and(|always| always.eq_ignore_ascii_case("allErrors")),
        log_client_ip: diagnostic.flag("logClientIp"),
    }
}

fn add_uses(into: &mut Uses, more: &Uses) {
    into.named_values.extend(more.named_values.iter().cloned());
    into.fragments.extend(more.fragments.iter().cloned());
    into.backends.extend(more.backends.iter().cloned());
    into.certificates.extend(more.certificates.iter().cloned());
    into.schemas.extend(more.schemas.iter().cloned());
    into.api_schemas |= more.api_schemas;
    into.subscription_keys |= more.subscription_keys;
    into.any_backend |= more.any_backend;
    into.any_certificate |= more.any_certificate;
    into.authorizations.extend(more.authorizations.iter().cloned());
    into.any_authorization |= more.any_authorization;
    into.loggers.extend(more.loggers.iter().cloned());
    into.cache |= more.cache;
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array);
    items.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        use std::fmt::Write;
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// A kind as the wire spells it, for digests.
pub fn kind_word(kind: Kind) -> String {
    serde_json::to_value(kind).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
