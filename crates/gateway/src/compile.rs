//! Documents to a [`Runtime`], aside from the running one.
//!
//! Only what a change touches is compiled again: plans, APIs, backends, keys and routes of the last
//! configuration are shared with the next. What does not compile keeps its last good form.

mod apis;
mod backends;
mod integrations;
mod people;
mod plans;

use crate::cache::ExternalCache;
use crate::client_trust::ClientAuthorities;
use crate::events::Logger;
use crate::listener::{TlsHosts, TlsIdentity};
use crate::route::Routes;
use crate::runtime::{KeyEntry, Runtime, Sampling, ServedApi, ServedProduct};
use crate::settings::{CacheSettings, Settings};
use crate::upstream::{BackendEntity, Identities, TlsClient, TlsClients, TlsOptions};
use ahash::{AHashMap, AHashSet};
use plans::Plans;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_contract::feed::{Entry, Feed};
use tollgate_contract::snapshot::{Authorization, Certificate, Diagnostic, Document, Key, Kind};
use tollgate_contract::telemetry::Failure;
use tollgate_error::{Code, Problem};
use tollgate_expression::context::{self, Deployment};

/// Turns feeds into runtimes. Owned by the sync task; never touched by requests.
pub struct Compiler {
    node_id: String,
    /// Certificate of the settings, for names that no hostname has.
    fallback: Option<(String, crate::settings::Secret)>,
    backend_authorities: Vec<CertificateDer<'static>>,
    revision: u64,
    /// The documents are not what was built: the next feed is a whole one and everything is built.
    out_of_step: bool,
    documents: BTreeMap<Key, Entry>,
    plans: Plans,
    products: AHashMap<SmolStr, Arc<ServedProduct>>,
    apis: BTreeMap<String, Arc<ServedApi>>,
    backends: AHashMap<SmolStr, Arc<BackendEntity>>,
    keys: Arc<AHashMap<[u8; 32], KeyEntry>>,
    routes: Arc<Routes>,
    revocation_lists: Vec<CertificateRevocationListDer<'static>>,
    asks_clients_always: bool,
    /// Whether clients were asked for a certificate by the last configuration.
    asks_clients: bool,
    tls_clients: Arc<TlsClients>,
    identities: Arc<Identities>,
    client_authorities: Arc<ClientAuthorities>,
    authorizations: Arc<AHashMap<String, Arc<Authorization>>>,
    tls_hosts: Arc<TlsHosts>,
    backend_failures: Vec<Failure>,
    cache_settings: CacheSettings,
    cache: Option<Arc<ExternalCache>>,
    loggers: AHashMap<SmolStr, Arc<Logger>>,
    integration_failures: Vec<Failure>,
    tls_failures: Vec<Failure>,
}

/// Why a feed cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedError {
    /// The delta is to another revision, or the digest differs: ask for the whole.
    OutOfStep(String),
    /// It is of a newer format, or not for this node.
    Unusable(String),
}

/// What a feed changed, for the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub upserts: usize,
    pub deletes: usize,
    pub apis_built: usize,
    pub plans_compiled: usize,
    /// `api/cat-facts`, the first few.
    pub names: Vec<String>,
}

/// Names listed in the log line of a change.
const NAMES_MAX: usize = 8;

/// The documents that differ from the last configuration.
#[derive(Default)]
struct Touched {
    keys: AHashSet<Key>,
    kinds: AHashSet<Kind>,
}

impl Touched {
    fn kind(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    fn add(&mut self, key: Key) {
        self.kinds.insert(key.kind);
        self.keys.insert(key);
    }
}

impl Compiler {
    /// # Errors
    /// TG1006: a certificate authority of the settings cannot be read.
    pub fn new(settings: &Settings) -> Result<Compiler, Problem> {
        let mut backend_authorities = Vec::new();
        for file in &settings.backend_ca_files {
            let unusable = |error: &dyn std::fmt::Display| {
                Problem::new(Code::TLS_MATERIAL_INVALID, format!("cannot read {}: {error}", file.display()))
            };
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
                backend_authorities.push(certificate.map_err(|error| unusable(&error))?);
            }
        }
        let revocation_lists = crate::client_trust::read_lists(&settings.revocation_list_files)?;
        let tls_clients = Arc::new(TlsClients::new(&backend_authorities));
        let own = backend_authorities.clone();
        let client_authorities = ClientAuthorities::new(tls_clients.roots(), own, &revocation_lists);
        Ok(Compiler {
            node_id: settings.node_id.clone(),
            fallback: settings.certificate.clone(),
            revocation_lists,
            asks_clients_always: settings.asks_client_certificate,
            asks_clients: false,
            tls_clients,
            identities: Arc::default(),
            client_authorities: Arc::new(client_authorities),
            authorizations: Arc::default(),
            backend_authorities,
            revision: 0,
            out_of_step: false,
            documents: BTreeMap::new(),
            plans: Plans::default(),
            products: AHashMap::new(),
            apis: BTreeMap::new(),
            backends: AHashMap::new(),
            keys: Arc::default(),
            routes: Arc::default(),
            tls_hosts: Arc::default(),
            backend_failures: Vec::new(),
            cache_settings: settings.cache.clone(),
            cache: None,
            loggers: AHashMap::new(),
            integration_failures: Vec::new(),
            tls_failures: Vec::new(),
        })
    }

    /// The revision that the documents are of; 0 before the first.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Applies a feed to the documents and compiles what it touches.
    ///
    /// # Errors
    /// The feed does not fit; what is served stays as it is, and the next feed must be a whole one.
    pub fn apply(&mut self, feed: Feed) -> Result<(Runtime, Changes), FeedError> {
        if feed.format > tollgate_contract::FORMAT {
            return Err(FeedError::Unusable(format!("configuration format {} is newer than this node", feed.format)));
        }
        if let Some(base) = feed.base
            && base != self.revision
        {
            return Err(FeedError::OutOfStep(format!("a delta to revision {base}, not {}", self.revision)));
        }
        let (touched, mut changes) = self.merge(feed.base.is_some(), feed.upserts, feed.deletes);
        let digest = digest(&self.documents);
        if !feed.digest.is_empty() && digest != feed.digest {
            self.out_of_step = true;
            return Err(FeedError::OutOfStep("the digest differs".into()));
        }
        self.out_of_step = false;
        self.revision = feed.revision;
        self.build(&touched, &mut changes);
        Ok((self.runtime(digest), changes))
    }

    /// Changes the documents; tells which differ from those that were built last.
    fn merge(&mut self, is_delta: bool, upserts: Vec<Entry>, mut deletes: Vec<Key>) -> (Touched, Changes) {
        let mut touched = Touched::default();
        if !is_delta {
            let kept: AHashSet<&Key> = upserts.iter().map(|entry| &entry.key).collect();
            deletes.extend(self.documents.keys().filter(|key| !kept.contains(key)).cloned());
        }
        let mut upserted = 0;
        for entry in upserts {
            let same = self.documents.get(&entry.key).is_some_and(|known| known.document == entry.document);
            if !same || self.out_of_step {
                touched.add(entry.key.clone());
                upserted += 1;
            }
            self.documents.insert(entry.key.clone(), entry);
        }
        let deleted = deletes.len();
        for key in deletes {
            self.documents.remove(&key);
            touched.add(key);
        }
        let mut names: Vec<String> = touched.keys.iter().map(name_of).collect();
        names.sort();
        names.truncate(NAMES_MAX);
        (touched, Changes { upserts: upserted, deletes: deleted, names, ..Changes::default() })
    }

    fn build(&mut self, touched: &Touched, changes: &mut Changes) {
        if touched.kind(Kind::CertificateAuthority) {
            let own = self.authorities();
            self.tls_clients = Arc::new(TlsClients::new(&own));
            let authorities = ClientAuthorities::new(self.tls_clients.roots(), own, &self.revocation_lists);
            self.client_authorities = Arc::new(authorities);
        }
        if touched.kind(Kind::Certificate) {
            self.identities = Arc::new(self.build_identities());
        }
        if touched.kind(Kind::Authorization) {
            self.authorizations = Arc::new(self.build_authorizations());
        }
        if touched.kind(Kind::Backend) || touched.kind(Kind::Certificate) || touched.kind(Kind::CertificateAuthority) {
            self.build_backends();
        }
        if touched.kind(Kind::Cache) || touched.kind(Kind::Gateway) {
            self.build_cache();
        }
        if touched.kind(Kind::Logger) {
            self.build_loggers();
        }
        let replanned = self.plans.update(&self.documents, touched);
        changes.plans_compiled = replanned.len();
        let moved_products = self.build_products(touched, &replanned);
        changes.apis_built = self.build_apis(touched, &replanned, &moved_products);
        if touched.kind(Kind::Subscription) || touched.kind(Kind::User) || !moved_products.is_empty() {
            self.keys = Arc::new(self.build_keys());
        }
        let asks_clients = self.asks_clients_always || self.plans.any_uses(|uses| uses.client_certificate);
        let asked_clients = std::mem::replace(&mut self.asks_clients, asks_clients);
        if touched.kind(Kind::Hostname)
            || touched.kind(Kind::Certificate)
            || self.tls_hosts.is_empty()
            || asks_clients != asked_clients
        {
            self.tls_hosts = Arc::new(self.build_tls_hosts());
        }
    }

    fn build_identities(&self) -> Identities {
        Identities::new(self.of_kind(Kind::Certificate).filter_map(|document| match document {
            Document::Certificate(certificate) => Some(certificate),
            _ => None,
        }))
    }

    fn build_authorizations(&self) -> AHashMap<String, Arc<Authorization>> {
        let documents = self.of_kind(Kind::Authorization).filter_map(|document| match document {
            Document::Authorization(authorization) => Some(authorization),
            _ => None,
        });
        let named = documents.map(|one| (format!("{}/{}", one.provider, one.id).to_lowercase(), Arc::new(one.clone())));
        named.collect()
    }

    fn authorities(&self) -> Vec<CertificateDer<'static>> {
        let mut all = self.backend_authorities.clone();
        for document in self.of_kind(Kind::CertificateAuthority) {
            if let Document::CertificateAuthority(authority) = document
                && authority.is_trusted
            {
                all.extend(CertificateDer::pem_slice_iter(authority.pem.as_bytes()).flatten());
            }
        }
        all
    }

    fn build_tls_hosts(&mut self) -> TlsHosts {
        let mut hosts = TlsHosts::default();
        let mut failures = Vec::new();
        for document in self.of_kind(Kind::Hostname) {
            let Document::Hostname(hostname) = document else { continue };
            let added = match self.certificate(&hostname.certificate) {
                Some(certificate) => hosts.add(
                    &hostname.hostname,
                    &TlsIdentity {
                        chain_pem: &certificate.chain_pem,
                        key_pem: &certificate.private_key_pem,
                        http2: hostname.http2_enabled,
                        ask_client: hostname.negotiate_client_certificate || self.asks_clients,
                    },
                ),
                None => Err(Problem::new(Code::TLS_MATERIAL_INVALID, "its certificate is missing")),
            };
            if let Err(problem) = added {
                failures.push(failure(&format!("hostname {}: {}", hostname.hostname, problem.message), problem.code));
            }
        }
        if let Some((chain, key)) = &self.fallback {
            let identity =
                TlsIdentity { chain_pem: chain, key_pem: key.reveal(), http2: true, ask_client: self.asks_clients };
            // Checked at start.
            let _ = hosts.set_fallback(&identity);
        }
        self.tls_failures = failures;
        hosts
    }

    fn runtime(&mut self, digest: String) -> Runtime {
        let default_tls = self.default_tls();
        Runtime {
            revision: self.revision,
            digest,
            routes: self.routes.clone(),
            keys: self.keys.clone(),
            default_tls,
            identities: self.identities.clone(),
            tls_clients: self.tls_clients.clone(),
            client_authorities: self.client_authorities.clone(),
            authorizations: self.authorizations.clone(),
            backends: self.backends.clone(),
            cache: self.cache.clone(),
            loggers: self.loggers.clone(),
            deployment: Arc::new(self.deployment()),
            global: self.plans.state(&Key { kind: Kind::Policy, id: "global".into() }),
            tls: self.tls_hosts.clone(),
            failures: self.failures(),
            debug_key: self.gateway().map(|gateway| gateway.debug_key.clone()).unwrap_or_default(),
            secrets: self.secrets(),
            sampling: self.sampling(None).unwrap_or_default(),
        }
    }

    /// Everything that does not run, however long ago it arrived.
    fn failures(&self) -> Vec<Failure> {
        let apis = self.apis.values().flat_map(|api| api.failures.iter().cloned());
        let rest = self.backend_failures.iter().chain(&self.tls_failures).chain(&self.integration_failures).cloned();
        self.plans.failures().chain(apis).chain(rest).collect()
    }

    fn default_tls(&mut self) -> Arc<TlsClient> {
        match self.tls_clients.get(&TlsOptions::default(), None) {
            Ok(client) => client,
            // Roots that rustls cannot use: backends over TLS fail one by one, with their own message.
            Err(_) => Arc::new(TlsClients::unusable()),
        }
    }

    fn gateway(&self) -> Option<&tollgate_contract::snapshot::Gateway> {
        self.of_kind(Kind::Gateway).find_map(|document| match document {
            Document::Gateway(gateway) => Some(gateway),
            _ => None,
        })
    }

    fn secrets(&self) -> Vec<String> {
        let secret = |document: &Document| match document {
            Document::NamedValue(value) if value.secret => Some(value.value.clone()),
            _ => None,
        };
        self.of_kind(Kind::NamedValue).filter_map(secret).collect()
    }

    fn deployment(&self) -> Deployment {
        let gateway = self.gateway().cloned().unwrap_or_default();
        let certificates = self.of_kind(Kind::Certificate).filter_map(|document| match document {
            Document::Certificate(certificate) => {
                let leaf = CertificateDer::from_pem_slice(certificate.chain_pem.as_bytes()).ok()?;
                let der = bytes::Bytes::copy_from_slice(&leaf);
                // A certificate without a key verifies signatures all the same.
                let key = PrivateKeyDer::from_pem_slice(certificate.private_key_pem.as_bytes()).ok();
                let private_key = key.map(|key| bytes::Bytes::copy_from_slice(key.secret_der()));
                Some((SmolStr::new(&certificate.id), Arc::new(context::Certificate { der, private_key })))
            }
            _ => None,
        });
        let certificates = certificates.collect();
        let instance = if gateway.is_managed { "managed" } else { self.node_id.as_str() };
        Deployment {
            gateway_id: gateway.id.into(),
            instance_id: instance.into(),
            is_managed: gateway.is_managed,
            region: gateway.region.into(),
            service_id: gateway.service_id.into(),
            service_name: gateway.service_name.into(),
            certificates,
        }
    }

    /// The diagnostic of an API, or of all APIs.
    fn sampling(&self, api: Option<&str>) -> Option<Sampling> {
        let found = self.of_kind(Kind::Diagnostic).find_map(|document| match document {
            Document::Diagnostic(diagnostic) if diagnostic.api.as_deref() == api => Some(diagnostic),
            _ => None,
        });
        found.map(|diagnostic: &Diagnostic| Sampling {
            share: (diagnostic.sampling_percentage / 100.0).clamp(0.0, 1.0),
            always_errors: diagnostic.always_log_errors,
        })
    }

    fn certificate(&self, id: &str) -> Option<&Certificate> {
        match &self.documents.get(&Key { kind: Kind::Certificate, id: id.to_owned() })?.document {
            Document::Certificate(certificate) => Some(certificate),
            _ => None,
        }
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Document> {
        of_kind(&self.documents, kind)
    }
}

/// Documents of one kind, in key order.
fn of_kind(documents: &BTreeMap<Key, Entry>, kind: Kind) -> impl Iterator<Item = &Document> {
    let first = Key { kind, id: String::new() };
    documents.range(first..).take_while(move |(key, _)| key.kind == kind).map(|(_, entry)| &entry.document)
}

fn failure(message: &str, code: Code) -> Failure {
    Failure { code: code.to_string(), message: message.to_owned(), ..Failure::default() }
}

fn kind_word(kind: Kind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(word)) => word,
        _ => format!("{kind:?}"),
    }
}

fn name_of(key: &Key) -> String {
    format!("{}/{}", kind_word(key.kind), key.id)
}

/// SHA-256 over the lines `{kind}/{id} {entry digest}` in key order.
pub fn digest(documents: &BTreeMap<Key, Entry>) -> String {
    let mut hash = Sha256::new();
    let mut word = (None, String::new());
    for (key, entry) in documents {
        if word.0 != Some(key.kind) {
            word = (Some(key.kind), kind_word(key.kind));
        }
        for part in [word.1.as_str(), "/", &key.id, " ", &entry.digest, "\n"] {
            hash.update(part.as_bytes());
        }
    }
    hex(&hash.finalize())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
