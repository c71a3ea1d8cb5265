//! Backend entities. A circuit breaker keeps its state as long as its definition stays the same.

use super::{Compiler, failure};
use crate::runtime::Credentials;
use crate::upstream::{BackendEntity, Breaker, Member, TlsClient, TlsOptions};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use smol_str::SmolStr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use tollgate_contract::snapshot::{Backend, Document, Kind};
use tollgate_error::{Code, Problem};
use tollgate_expression::context;
use tollgate_policy::host::Proxy;

impl Compiler {
    pub(super) fn build_backends(&mut self) {
        let documents: Vec<Backend> = self
            .of_kind(Kind::Backend)
            .filter_map(|document| if let Document::Backend(backend) = document { Some(backend.clone()) } else { None })
            .collect();
        self.backend_failures.clear();
        let mut entities = ahash::AHashMap::new();
        for backend in &documents {
            let tls = match self.backend_tls(backend) {
                Ok(tls) => Some(tls),
                Err(problem) => {
                    let message = format!("backend {}: {}", backend.id, problem.message);
                    self.backend_failures.push(failure(&message, problem.code));
                    None
                }
            };
            let url = backend.url.as_deref().and_then(crate::url::parse);
            if url.is_none() && backend.pool.is_empty() {
                let message = format!("backend {}: it has no absolute URL", backend.id);
                self.backend_failures.push(failure(&message, Code::NODE_CONFIGURATION_INVALID));
            }
            let id = SmolStr::new(&backend.id);
            let entity = BackendEntity {
                context: Arc::new(context::Backend {
                    id: id.clone(),
                    is_pool: !backend.pool.is_empty(),
                    azure_region: SmolStr::default(),
                }),
                url,
                tls,
                credentials: credentials(backend),
                breaker: self.breaker(backend),
                members: backend.pool.iter().map(member).collect(),
                affinity_token: affinity_token(&id),
                affinity_cookie: backend.affinity_cookie.as_deref().map(SmolStr::new),
                failure_status: backend.failure_status,
                proxy: self.proxy(backend),
                turn: AtomicUsize::new(0),
            };
            entities.insert(id, Arc::new(entity));
        }
        self.backends = entities;
    }

    fn backend_tls(&mut self, backend: &Backend) -> Result<Arc<TlsClient>, Problem> {
        let client_certificate = backend.certificates.first().cloned();
        let material = match &client_certificate {
            Some(id) => {
                let certificate = self.certificate(id);
                let certificate = certificate.ok_or_else(|| {
                    Problem::new(Code::TLS_MATERIAL_INVALID, format!("client certificate {id} is missing"))
                })?;
                Some((
                    certificate.chain_pem.clone(),
                    certificate.private_key_pem.clone(),
                    certificate.thumbprint.clone(),
                ))
            }
            None => None,
        };
        let options = TlsOptions {
            validate_chain: backend.validate_certificate_chain,
            validate_name: backend.validate_certificate_name,
            // A renewed certificate is another configuration.
            server_thumbprints: backend.server_thumbprints.iter().map(|thumbprint| upper_hex(thumbprint)).collect(),
            server_names: backend.server_names.iter().map(|(name, issuer)| (name.clone(), upper_hex(issuer))).collect(),
            client_certificate: client_certificate
                .map(|id| format!("{id} {}", material.as_ref().map_or("", |(_, _, thumbprint)| thumbprint))),
        };
        self.tls_clients.get(&options, material.as_ref().map(|(chain, key, _)| (chain.as_str(), key.as_str())))
    }

    fn proxy(&mut self, backend: &Backend) -> Option<Proxy> {
        let proxy = backend.proxy.as_ref()?;
        let url = tollgate_policy::url::parse(&proxy.url).filter(|url| url.scheme == context::Scheme::Http);
        let Some(url) = url else {
            let message = format!("backend {}: its proxy has no `http://` URL", backend.id);
            self.backend_failures.push(failure(&message, Code::NODE_CONFIGURATION_INVALID));
            return None;
        };
        let text = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(SmolStr::new);
        let credentials = text(&proxy.username).map(|name| (name, text(&proxy.password).unwrap_or_default()));
        Some(Proxy { host: url.host, port: url.port, credentials })
    }

    fn breaker(&self, backend: &Backend) -> Option<Arc<Breaker>> {
        let definition = backend.circuit_breaker.as_ref()?;
        let known = self.backends.get(backend.id.as_str()).and_then(|entity| entity.breaker.clone());
        match known {
            Some(breaker) if breaker.definition == *definition => Some(breaker),
            _ => Breaker::from_definition(definition).map(Arc::new),
        }
    }
}

fn member(member: &tollgate_contract::snapshot::PoolMember) -> Member {
    Member { backend: SmolStr::new(&member.backend), priority: member.priority, weight: member.weight }
}

/// A thumbprint as it is compared: without separators, in upper case.
fn upper_hex(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_uppercase()
}

fn credentials(backend: &Backend) -> Credentials {
    let mut headers = HeaderMap::new();
    for (name, values) in &backend.headers {
        for value in values {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::try_from(value.as_str()))
            {
                headers.append(name, value);
            }
        }
    }
    if let Some((scheme, parameter)) = &backend.authorization
        && let Ok(value) = HeaderValue::try_from(format!("{scheme} {parameter}"))
    {
        headers.insert(header::AUTHORIZATION, value);
    }
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs: Vec<String> = backend
        .query
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| format!("{}={}", encode(name), encode(value))))
        .collect();
    Credentials { headers, query: pairs.join("&") }
}

fn affinity_token(backend: &str) -> SmolStr {
    let digest = Sha256::digest(backend.to_lowercase().as_bytes());
    SmolStr::from(super::hex(&digest[..8]))
}
