//! Certificates, OpenID providers and connections of a simulation.

use super::spec::{Names, RequestSpec, pem_blocks};
use crate::fault::Fault;
use crate::host::{Authorization, AuthorizationWanted, ClientTrust};
use crate::jose::{self, Provider};
use bytes::Bytes;
use smol_str::SmolStr;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tollgate_expression::context::{BodyState, Certificate, Response};

#[derive(Default)]
pub struct Credentials {
    certificates: Vec<(SmolStr, Arc<Certificate>)>,
    authorizations: BTreeMap<String, String>,
    /// Providers that were reached, by the URL of their metadata.
    pub providers: RefCell<HashMap<String, Arc<Provider>>>,
    client: RefCell<Client>,
}

/// The client of the request that runs.
#[derive(Default)]
struct Client {
    issuers: Vec<Bytes>,
    untrusted: Option<String>,
    revoked: Option<String>,
}

/// What is known of a client's certificate.
pub struct Trust {
    leaf: Bytes,
    trusted: bool,
    revoked: bool,
}

impl Trust {
    pub fn covers(&self, der: &[u8], check_revocation: bool) -> bool {
        self.trusted && self.leaf == der && !(check_revocation && self.revoked)
    }
}

impl Credentials {
    pub fn new(names: &Names) -> Credentials {
        let certificates = names.certificate_texts.iter().filter_map(|(id, text)| {
            let der = pem_blocks(text, "CERTIFICATE").into_iter().next()?;
            let private_key = pem_blocks(text, "PRIVATE KEY").into_iter().next();
            Some((SmolStr::from(id.as_str()), Arc::new(Certificate { der, private_key })))
        });
        Credentials {
            certificates: certificates.collect(),
            authorizations: names.authorizations.clone(),
            ..Credentials::default()
        }
    }

    pub fn certificates(&self) -> Vec<(SmolStr, Arc<Certificate>)> {
        self.certificates.clone()
    }

    /// The certificate of the client that a request comes from.
    pub fn client(&self, spec: &RequestSpec) -> Option<Arc<Certificate>> {
        let mut shown = pem_blocks(spec.certificate.as_deref()?, "CERTIFICATE").into_iter();
        let leaf = shown.next()?;
        *self.client.borrow_mut() = Client {
            issuers: shown.collect(),
            untrusted: spec.certificate_untrusted.clone(),
            revoked: spec.certificate_revoked.clone(),
        };
        Some(Arc::new(Certificate { der: leaf, private_key: None }))
    }

    /// What `Verify` says of the client's certificate; it trusts no other.
    pub fn trust_of(&self, spec: &RequestSpec) -> Option<Trust> {
        let leaf = pem_blocks(spec.certificate.as_deref()?, "CERTIFICATE").into_iter().next()?;
        let (trusted, revoked) = (spec.certificate_untrusted.is_none(), spec.certificate_revoked.is_some());
        Some(Trust { leaf, trusted, revoked })
    }

    pub fn client_trust(&self, trust: &ClientTrust<'_>) -> Result<(), String> {
        let client = self.client.borrow();
        let why = match trust {
            ClientTrust::Configured => &client.untrusted,
            ClientTrust::NotRevoked => &client.revoked,
            // The simulation checks no signatures: who is shown with the certificate has issued it.
            ClientTrust::IssuedBy(issuer) if client.issuers.iter().any(|shown| shown == issuer) => &None,
            ClientTrust::IssuedBy(_) => return Err("another authority issued it".to_owned()),
        };
        why.clone().map_or(Ok(()), Err)
    }

    pub fn client_issuers(&self) -> Vec<Bytes> {
        self.client.borrow().issuers.clone()
    }

    pub fn authorization(&self, wanted: &AuthorizationWanted<'_>) -> Result<Authorization, Fault> {
        let name = format!("{}/{}", wanted.provider, wanted.id);
        let token = self.authorizations.get(&name);
        let token = token.ok_or_else(|| Fault::new("", 500, format!("there is no connection `{name}`")))?;
        let claims = match wanted.principal {
            Some(principal) => {
                serde_json::json!({ "tenant": principal.tenant.as_str(), "object": principal.object.as_str() })
            }
            None => serde_json::json!({}),
        };
        Ok(Authorization { access_token: token.as_str().into(), claims })
    }
}

/// The provider that a stub describes: `get` answers for its metadata and its keys.
pub fn provider(url: &str, get: impl Fn(&str) -> Result<Response, Fault>) -> Result<Provider, Fault> {
    let unreachable = |why: String| Fault::new("", 500, why).with_reason("BackendConnectionFailure");
    let fetch = |url: &str| -> Result<Bytes, Fault> {
        let response = get(url).map_err(|fault| unreachable(fault.message.clone()))?;
        match response.body.state() {
            BodyState::Buffered(body) if response.status_code == 200 => Ok(body),
            _ => Err(unreachable(format!("IDX20807: Unable to retrieve document from: '{url}'"))),
        }
    };
    let metadata = jose::parse_metadata(url, &fetch(url)?).map_err(|error| unreachable(error.to_string()))?;
    let keys_url = jose::jwks_url(url, &metadata).map_err(|error| unreachable(error.to_string()))?.to_string();
    let keys = jose::parse_keys(&keys_url, &fetch(&keys_url)?).map_err(|error| unreachable(error.to_string()))?;
    Ok(Provider { issuer: metadata.issuer.into(), keys })
}
