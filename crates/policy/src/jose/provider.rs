//! What an OpenID provider publishes: its metadata and its key set. Source: OpenID Connect Discovery
//! 1.0 §3 and §4.3, RFC 7517.

use super::key::Key;
use serde::Deserialize;
use serde_json::Value as Json;
use smol_str::SmolStr;
use thiserror::Error;

/// Keys of one provider that are kept: more than any rotates through.
const KEYS_MAX: usize = 256;

/// Why a provider's answer is not used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProviderError {
    #[error("IDX20803: Unable to obtain configuration from: '{0}'. {1}")]
    Metadata(String, String),
    #[error("IDX20806: Unable to obtain keys from: '{0}'. {1}")]
    Keys(String, String),
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    pub issuer: String,
    pub jwks_uri: String,
}

/// A provider as tokens are judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    pub issuer: SmolStr,
    pub keys: Vec<Key>,
}

/// # Errors
/// It is no metadata, or names no issuer and no keys.
pub fn parse_metadata(url: &str, body: &[u8]) -> Result<Metadata, ProviderError> {
    let unusable = |why: String| ProviderError::Metadata(url.to_owned(), why);
    let metadata: Metadata = serde_json::from_slice(body).map_err(|error| unusable(error.to_string()))?;
    if metadata.issuer.is_empty() {
        return Err(unusable("`issuer` is empty".into()));
    }
    Ok(metadata)
}

/// The URL of a provider's keys, which must be protected no worse than its metadata.
///
/// # Errors
/// It is no absolute URL, or plain HTTP behind HTTPS.
pub fn jwks_url(url: &str, metadata: &Metadata) -> Result<tollgate_expression::context::Url, ProviderError> {
    use tollgate_expression::context::Scheme;
    let unusable = |why: &str| ProviderError::Keys(metadata.jwks_uri.clone(), why.to_owned());
    let keys = crate::url::parse(&metadata.jwks_uri).ok_or_else(|| unusable("it is not an absolute URL"))?;
    let secure = crate::url::parse(url).is_some_and(|url| url.scheme == Scheme::Https);
    match keys.scheme {
        Scheme::Https => Ok(keys),
        Scheme::Http if !secure => Ok(keys),
        _ => Err(unusable("it is not an HTTPS URL, as that of the metadata is")),
    }
}

/// The keys of a set that verify signatures; others are passed over.
///
/// # Errors
/// It is no key set, or holds no usable key.
pub fn parse_keys(url: &str, body: &[u8]) -> Result<Vec<Key>, ProviderError> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Json>,
    }
    let unusable = |why: String| ProviderError::Keys(url.to_owned(), why);
    let set: Set = serde_json::from_slice(body).map_err(|error| unusable(error.to_string()))?;
    let keys: Vec<Key> = set.keys.iter().take(KEYS_MAX).filter_map(Key::from_jwk).collect();
    if keys.is_empty() {
        return Err(unusable("it holds no key for signatures".into()));
    }
    Ok(keys)
}
