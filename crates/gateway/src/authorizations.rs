//! Connections of credential providers: OAuth 2.0 tokens that `get-authorization-context` hands to
//! policies. Source: management-api.md, "Credential providers".
//!
//! A token is fetched when first asked for, kept for the node and renewed before it ends. A refresh
//! token that its server replaces lives in this node's memory; the stored one is tried after a
//! restart.

use crate::fetch::{Call, FetchError};
use crate::identity::{Token, token};
use crate::renewed::{Fetched, Pace, Renewed};
use crate::upstream::TlsClient;
use crate::worker::Worker;
use ahash::AHashMap;
use parking_lot::Mutex;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::snapshot::{Authorization, AuthorizationGrant};
use tollgate_policy::host::Principal;

const PACE: Pace = Pace {
    retry_without: Duration::from_secs(5),
    retry_with: Duration::from_secs(30),
    forced: Duration::from_secs(300),
};

/// A connection and its token.
struct Connection {
    /// What the token was fetched for; another definition is another token.
    definition: Arc<Authorization>,
    token: Arc<Renewed<Token>>,
    /// The refresh token that counts now.
    refresh_token: Arc<Mutex<Option<String>>>,
}

/// Those of one node, by `{provider}/{id}`. Only what a configuration names gets in.
#[derive(Default)]
pub struct Authorizations(Mutex<AHashMap<String, Connection>>);

impl Authorizations {
    /// # Errors
    /// The provider gives no token.
    pub async fn token(
        &self,
        worker: &Rc<Worker>,
        tls: &Arc<TlsClient>,
        definition: &Arc<Authorization>,
    ) -> Result<Arc<Token>, FetchError> {
        let (renewed, refresh_token) = self.connection(definition);
        let fetch = || fetch(worker.clone(), tls.clone(), definition.clone(), refresh_token.clone());
        renewed.get(worker.node.settings.limits.credential_fetch, false, fetch).await
    }

    fn connection(&self, definition: &Arc<Authorization>) -> (Arc<Renewed<Token>>, Arc<Mutex<Option<String>>>) {
        let mut all = self.0.lock();
        let key = format!("{}/{}", definition.provider, definition.id);
        if let Some(known) = all.get(&key)
            && known.definition == *definition
        {
            return (known.token.clone(), known.refresh_token.clone());
        }
        let refresh_token = Arc::new(Mutex::new(definition.refresh_token.clone()));
        let made = Connection {
            definition: definition.clone(),
            token: Renewed::new(PACE),
            refresh_token: refresh_token.clone(),
        };
        let token = made.token.clone();
        all.insert(key, made);
        (token, refresh_token)
    }
}

/// Whether the access policies of a connection let somebody use it. `None` is the gateway's own
/// identity: it may when there is any policy, unless the gateway's object id is configured, which
/// then must be named.
pub fn is_allowed(definition: &Authorization, principal: Option<&Principal>, own_object: Option<&str>) -> bool {
    definition.access_policies.iter().any(|policy| match (principal, own_object) {
        (Some(principal), _) => {
            policy.tenant_id.eq_ignore_ascii_case(&principal.tenant)
                && policy.object_id.eq_ignore_ascii_case(&principal.object)
        }
        (None, Some(own)) => policy.object_id.eq_ignore_ascii_case(own),
        (None, None) => true,
    })
}

async fn fetch(
    worker: Rc<Worker>,
    tls: Arc<TlsClient>,
    definition: Arc<Authorization>,
    refresh_token: Arc<Mutex<Option<String>>>,
) -> Result<Fetched<Token>, FetchError> {
    let scope = definition.scopes.trim();
    let current = refresh_token.lock().clone();
    let mut fields = vec![("client_id", definition.client_id.as_str()), ("client_secret", &definition.client_secret)];
    match (definition.grant, current.as_deref()) {
        (AuthorizationGrant::ClientCredentials, _) => fields.push(("grant_type", "client_credentials")),
        (AuthorizationGrant::RefreshToken, Some(current)) => {
            fields.extend([("grant_type", "refresh_token"), ("refresh_token", current)]);
        }
        (AuthorizationGrant::RefreshToken, None) => {
            return Err(FetchError::Content("nobody has consented to the connection yet".to_owned()));
        }
    }
    if !scope.is_empty() {
        fields.push(("scope", scope));
    }
    fields.extend(definition.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let fetched = token(&Call::form(&definition.token_url, &fields)?.send(&worker, &tls).await?)?;
    if let Some(next) = &fetched.value.refresh_token {
        *refresh_token.lock() = Some(next.to_string());
    }
    Ok(fetched)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_contract::snapshot::AuthorizationAccess;

    #[test]
    fn access_policies_decide() {
        let policy = AuthorizationAccess { tenant_id: "T".into(), object_id: "O".into() };
        let open = Authorization { access_policies: vec![policy], ..Authorization::default() };
        let closed = Authorization::default();
        let principal = |tenant: &str, object: &str| Some(Principal { tenant: tenant.into(), object: object.into() });
        let check = |definition: &Authorization, principal: Option<Principal>, own: Option<&str>, expected: bool| {
            assert_eq!(is_allowed(definition, principal.as_ref(), own), expected, "{principal:?} {own:?}");
        };
        check(&closed, None, None, false);
        check(&open, None, None, true);
        check(&open, None, Some("o"), true);
        check(&open, None, Some("x"), false);
        check(&open, principal("t", "o"), None, true);
        check(&open, principal("t", "x"), None, false);
        check(&open, principal("x", "o"), None, false);
        check(&closed, principal("t", "o"), None, false);
    }
}
