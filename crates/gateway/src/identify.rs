//! Who calls: the subscription check. Source: reference/policies.md §2.3 and §3.
//!
//! A key is looked up by its SHA-256; this module never logs or keeps one.

use crate::route::percent_decode;
use crate::runtime::{Runtime, ServedApi, ServedProduct, ServedSubscription};
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tollgate_contract::snapshot::SubscriptionScope;
use tollgate_expression::context::{Subscription, User};
use tollgate_policy::Fault;

/// Longest key that is looked at; real ones have 32 characters.
const KEY_BYTES_MAX: usize = 1024;

/// What the configuration knows of the caller.
#[derive(Default)]
pub struct Caller {
    pub product: Option<Arc<ServedProduct>>,
    pub subscription: Option<Arc<Subscription>>,
    pub user: Option<Arc<User>>,
}

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    KeyMissing,
    KeyInvalid,
}

/// Decides by key, products and API. `now_ms`: Unix milliseconds.
///
/// # Errors
/// No key where one is needed, or one that opens nothing here.
pub fn identify(
    runtime: &Runtime,
    api: &ServedApi,
    headers: &HeaderMap,
    query: Option<&str>,
    now_ms: i64,
) -> Result<Caller, Refusal> {
    let from_header = headers.get(&api.key_header).map(HeaderValue::as_bytes).filter(|key| !key.is_empty());
    let from_query;
    let key = match from_header {
        Some(key) => Some(key),
        None => {
            from_query = query.and_then(|query| key_in_query(query, &api.key_query));
            from_query.as_deref().map(str::as_bytes)
        }
    };
    match key {
        Some(key) => with_key(runtime, api, key, now_ms),
        None => without_key(api).ok_or(Refusal::KeyMissing),
    }
}

fn key_in_query(query: &str, name: &str) -> Option<String> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_empty())
        .map(|(_, value)| percent_decode(value))
}

fn with_key(runtime: &Runtime, api: &ServedApi, key: &[u8], now_ms: i64) -> Result<Caller, Refusal> {
    if key.len() > KEY_BYTES_MAX {
        return Err(Refusal::KeyInvalid);
    }
    let digest: [u8; 32] = Sha256::digest(key).into();
    let entry = runtime.keys.get(&digest);
    let Some(entry) = entry.filter(|entry| entry.subscription.is_live(now_ms)) else {
        return Err(Refusal::KeyInvalid);
    };
    let subscription = &entry.subscription;
    if !subscription.opens(api) {
        // An open product lets a key of another product pass; an unknown key is refused above.
        let foreign_product = matches!(subscription.scope, SubscriptionScope::Product { .. });
        return match api.open_product() {
            Some(_) if foreign_product => without_key(api).ok_or(Refusal::KeyInvalid),
            _ => Err(Refusal::KeyInvalid),
        };
    }
    let text = std::str::from_utf8(key).map_err(|_| Refusal::KeyInvalid)?;
    Ok(Caller {
        product: subscription.product.clone(),
        subscription: Some(subscription.context(entry.which, text)),
        user: subscription.user.clone(),
    })
}

fn without_key(api: &ServedApi) -> Option<Caller> {
    match api.open_product() {
        Some(product) => Some(Caller { product: Some(product.clone()), ..Caller::default() }),
        None if !api.subscription_required => Some(Caller::default()),
        None => None,
    }
}

impl ServedSubscription {
    fn is_live(&self, now_ms: i64) -> bool {
        self.active && self.expires_ms.is_none_or(|expires| now_ms < expires)
    }

    fn opens(&self, api: &ServedApi) -> bool {
        match &self.scope {
            SubscriptionScope::Service | SubscriptionScope::AllApis => true,
            SubscriptionScope::Api { api: id } => *id == api.base_id,
            SubscriptionScope::Product { .. } => {
                self.product.as_ref().is_some_and(|product| product.apis.contains(&api.base_id))
            }
        }
    }
}

impl Refusal {
    /// `authority`: the host the client called, with its port where it gave one.
    pub fn into_fault(self, api: &ServedApi, authority: &str) -> Fault {
        let (reason, message) = match self {
            Refusal::KeyMissing => (
                "SubscriptionKeyNotFound",
                "Access denied due to missing subscription key. Make sure to include subscription key when making \
                 requests to an API.",
            ),
            Refusal::KeyInvalid => (
                "SubscriptionKeyInvalid",
                "Access denied due to invalid subscription key. Make sure to provide a valid key for an active \
                 subscription.",
            ),
        };
        let mut fault = Fault::new("authorization", 401, message).with_reason(reason).with_public_message(message);
        fault.status_reason = Some("Access Denied".into());
        let challenge = format!(
            "AzureApiManagementKey realm=\"https://{authority}/{}\",name=\"{}\",type=\"header\"",
            api.context.path, api.context.subscription_key_header
        );
        if let Ok(value) = HeaderValue::try_from(challenge) {
            fault.headers.insert(header::WWW_AUTHENTICATE, value);
        }
        fault
    }
}
