//! The identity of the gateway itself: where its tokens come from (`authentication-managed-identity`).
//!
//! Three sources: an OAuth 2.0 client with a secret, a projected workload token that a token endpoint
//! exchanges (RFC 7523), and a local endpoint as virtual machines and App Service have it. Tokens are
//! kept for the node and renewed before they end.

use crate::fetch::{Call, FetchError, form};
use crate::renewed::{Fetched, Pace, Renewed};
use crate::settings::IdentitySettings;
use crate::upstream::TlsClient;
use crate::worker::Worker;
use ahash::AHashMap;
use parking_lot::Mutex;
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const PACE: Pace = Pace {
    retry_without: Duration::from_secs(5),
    retry_with: Duration::from_secs(30),
    forced: Duration::from_secs(300),
};
/// Resources may be computed from requests: beyond this many the memory starts anew.
const TOKENS_MAX: usize = 1_000;
/// A token is renewed so long before its end, or at half of a short life.
const MARGIN: Duration = Duration::from_secs(300);
/// A token that ends sooner is not sent any more.
const LAST_MOMENT: Duration = Duration::from_secs(10);
/// Life of a token whose answer does not tell it.
const LIFE_DEFAULT: Duration = Duration::from_secs(600);

/// An access token and what came with it.
#[derive(Clone, PartialEq)]
pub struct Token {
    pub access_token: SmolStr,
    /// The answer without its secrets.
    pub claims: Json,
    /// Replaces the refresh token that was used.
    pub refresh_token: Option<SmolStr>,
}

/// By resource and user-assigned identity.
type Tokens = AHashMap<(SmolStr, SmolStr), Arc<Renewed<Token>>>;

/// Tokens of one node's identity.
#[derive(Default)]
pub struct Identity(Mutex<Tokens>);

impl Identity {
    /// A token for `resource`; `client_id` names a user-assigned identity.
    ///
    /// # Errors
    /// No identity is configured, or its source gives no token.
    pub async fn token(
        &self,
        worker: &Rc<Worker>,
        tls: &Arc<TlsClient>,
        resource: &str,
        client_id: Option<&str>,
    ) -> Result<SmolStr, FetchError> {
        let key = (SmolStr::new(resource), SmolStr::new(client_id.unwrap_or_default()));
        let renewed = {
            let mut all = self.0.lock();
            if all.len() >= TOKENS_MAX && !all.contains_key(&key) {
                all.clear();
            }
            all.entry(key.clone()).or_insert_with(|| Renewed::new(PACE)).clone()
        };
        let fetch = || fetch(worker.clone(), tls.clone(), key.0.clone(), key.1.clone());
        Ok(renewed.get(worker.node.settings.limits.credential_fetch, false, fetch).await?.access_token.clone())
    }
}

async fn fetch(
    worker: Rc<Worker>,
    tls: Arc<TlsClient>,
    resource: SmolStr,
    client_id: SmolStr,
) -> Result<Fetched<Token>, FetchError> {
    let call = match &worker.node.settings.identity {
        IdentitySettings::None => {
            return Err(FetchError::Content("no managed identity is configured on this gateway".to_owned()));
        }
        IdentitySettings::ClientSecret { token_url, parameter, client_id: own, secret } => {
            if !client_id.is_empty() && !client_id.eq_ignore_ascii_case(own) {
                return Err(FetchError::Content(format!("identity {client_id} is not configured on this gateway")));
            }
            let (name, target) = target(parameter, &resource);
            let fields = [
                ("grant_type", "client_credentials"),
                ("client_id", own.as_str()),
                ("client_secret", secret.reveal()),
                (name, target.as_str()),
            ];
            Call::form(token_url, &fields)?
        }
        IdentitySettings::Workload { token_url, parameter, client_id: own, token_file } => {
            let assertion = tokio::fs::read_to_string(token_file).await;
            let assertion = assertion
                .map_err(|error| FetchError::Content(format!("cannot read {}: {error}", token_file.display())))?;
            let (name, target) = target(parameter, &resource);
            let fields = [
                ("grant_type", "client_credentials"),
                ("client_id", if client_id.is_empty() { own.as_str() } else { &client_id }),
                ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ("client_assertion", assertion.trim()),
                (name, target.as_str()),
            ];
            Call::form(token_url, &fields)?
        }
        IdentitySettings::Endpoint { url, header } => {
            let version = if header.is_some() { "2019-08-01" } else { "2018-02-01" };
            let mut fields = vec![("api-version", version), ("resource", resource.as_str())];
            if !client_id.is_empty() {
                fields.push(("client_id", &client_id));
            }
            let joint = if url.contains('?') { '&' } else { '?' };
            let call = Call::get_text(&format!("{url}{joint}{}", form(&fields)))?;
            match header {
                Some(secret) => call.header("x-identity-header", secret.reveal()),
                None => call.header("metadata", "true"),
            }
        }
    };
    token(&call.send(&worker, &tls).await?)
}

/// How a token endpoint is told what the token is for.
fn target<'p>(parameter: &'p str, resource: &str) -> (&'p str, String) {
    if parameter == "scope" && !resource.ends_with("/.default") {
        return (parameter, format!("{}/.default", resource.trim_end_matches('/')));
    }
    (parameter, resource.to_owned())
}

/// A token endpoint's answer. RFC 6749 §5.1; `expires_on` is Azure's.
///
/// # Errors
/// It holds no token.
pub fn token(body: &[u8]) -> Result<Fetched<Token>, FetchError> {
    let unusable = |why: &str| FetchError::Content(format!("the token endpoint's answer is unusable: {why}"));
    let mut answer: Json = serde_json::from_slice(body).map_err(|_| unusable("it is not JSON"))?;
    let take = |answer: &mut Json, name: &str| match answer.as_object_mut()?.shift_remove(name)? {
        Json::String(text) if !text.is_empty() => Some(SmolStr::from(text)),
        _ => None,
    };
    let access_token = take(&mut answer, "access_token").ok_or_else(|| unusable("it has no access_token"))?;
    if access_token.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(unusable("its access_token cannot stand in a header"));
    }
    let refresh_token = take(&mut answer, "refresh_token");
    take(&mut answer, "id_token");
    let life = life(&answer).unwrap_or(LIFE_DEFAULT);
    let fresh_for = if life > 2 * MARGIN { life - MARGIN } else { life / 2 };
    let usable_for = Some(life.saturating_sub(LAST_MOMENT));
    Ok(Fetched { value: Token { access_token, claims: answer, refresh_token }, fresh_for, usable_for })
}

fn life(answer: &Json) -> Option<Duration> {
    let seconds = |name: &str| match answer.get(name)? {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let bounded = |seconds: f64| Duration::from_secs_f64(seconds.clamp(0.0, 366.0 * 86_400.0));
    if let Some(seconds) = seconds("expires_in") {
        return Some(bounded(seconds));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    seconds("expires_on").map(|end| bounded(end - now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_token_endpoints() {
        let check = |body: &str, expected: Option<(&str, u64)>| {
            let read = token(body.as_bytes()).ok();
            let read = read.as_ref().map(|read| (read.value.access_token.as_str(), read.fresh_for.as_secs()));
            assert_eq!(read, expected, "{body}");
        };
        check(r#"{"access_token":"t","expires_in":3600}"#, Some(("t", 3300)));
        check(r#"{"access_token":"t","expires_in":"60"}"#, Some(("t", 30)));
        check(r#"{"access_token":"t"}"#, Some(("t", 300)));
        check(r#"{"access_token":"t","expires_on":"1"}"#, Some(("t", 0)));
        check(r#"{"access_token":"t","expires_in":-1e300}"#, Some(("t", 0)));
        check(r#"{"access_token":""}"#, None);
        check(r#"{"access_token":"a\nb"}"#, None);
        check(r#"["access_token"]"#, None);
        check("<html>", None);
        let kept = token(br#"{"access_token":"a","refresh_token":"r","id_token":"i","scope":"s"}"#).expect("a token");
        assert_eq!(kept.value.refresh_token.as_deref(), Some("r"));
        assert_eq!(kept.value.claims, serde_json::json!({ "scope": "s" }));
    }
}
