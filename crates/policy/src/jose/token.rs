//! The compact form of a token and the claims inside.

use super::base64url;
use super::json::Object;
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::sync::Arc;
use thiserror::Error;
use tollgate_expression::{Jwt, claim_values};

/// Longest token, in characters. Source: `TokenValidationParameters.DefaultMaximumTokenSizeInBytes`
/// of the library that Azure uses.
pub const TOKEN_BYTES_MAX: usize = 250 * 1024;

/// Why a text is no token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Broken {
    #[error("IDX10209: Token has length: '{0}' which is larger than the MaximumTokenSizeInBytes: '{TOKEN_BYTES_MAX}'")]
    TooLong(usize),
    #[error("IDX12741: JWT must have three segments (JWS) or five segments (JWE)")]
    Segments,
    #[error("IDX14102: Unable to decode the header as Base64Url encoded string: {0}")]
    Header(String),
    #[error("IDX14101: Unable to decode the payload as Base64Url encoded string: {0}")]
    Payload(String),
    #[error("IDX14600: Unable to decode the signature as Base64Url encoded string")]
    Signature,
    #[error("IDX14314: the token's header has critical parameters that are not understood: '{0}'")]
    Critical(String),
    #[error("IDX10609: Decryption failed. {0}")]
    Decryption(String),
}

/// What a header says.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    pub algorithm: SmolStr,
    pub kind: Option<SmolStr>,
    pub key_id: Option<SmolStr>,
    /// SHA-1 of a certificate in base64url.
    pub x5t: Option<SmolStr>,
    /// JWE: how the content is encrypted, and whether it was compressed first.
    pub encryption: Option<SmolStr>,
    pub zip: Option<SmolStr>,
}

impl Header {
    fn parse(segment: &str) -> Result<Header, Broken> {
        let bytes = base64url(segment).ok_or_else(|| Broken::Header("it is not Base64Url".into()))?;
        let object = Object::parse(&bytes).map_err(Broken::Header)?;
        if let Some(critical) = object.get("crit") {
            return Err(Broken::Critical(critical.to_string()));
        }
        let text = |name: &str| object.text(name).map(SmolStr::from);
        Ok(Header {
            algorithm: text("alg").ok_or_else(|| Broken::Header("it has no `alg`".into()))?,
            kind: text("typ"),
            key_id: text("kid"),
            x5t: text("x5t"),
            encryption: text("enc"),
            zip: text("zip"),
        })
    }
}

/// A token taken apart, nothing of it verified.
#[derive(Debug, Clone)]
pub enum Compact<'t> {
    Signed {
        header: Header,
        /// Header and payload as they were signed.
        input: &'t str,
        payload: &'t str,
        /// Empty: not signed.
        signature: Vec<u8>,
    },
    Encrypted {
        header: Header,
        /// The header as it stands: it is authenticated with the content.
        protected: &'t str,
        /// Encrypted key, initialization vector, ciphertext, tag.
        parts: [Vec<u8>; 4],
    },
}

impl<'t> Compact<'t> {
    /// # Errors
    /// The text is no token in compact form.
    pub fn parse(text: &'t str) -> Result<Compact<'t>, Broken> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(Broken::TooLong(text.len()));
        }
        let segments: Vec<&str> = text.splitn(6, '.').collect();
        match *segments.as_slice() {
            [header, payload, signature] => Ok(Compact::Signed {
                input: text.get(..header.len() + 1 + payload.len()).ok_or(Broken::Segments)?,
                header: Header::parse(header)?,
                payload,
                signature: base64url(signature).ok_or(Broken::Signature)?,
            }),
            [protected, key, vector, ciphertext, tag] => {
                let part = |text: &str| {
                    base64url(text).ok_or_else(|| Broken::Decryption("A segment is not Base64Url encoded".into()))
                };
                Ok(Compact::Encrypted {
                    header: Header::parse(protected)?,
                    protected,
                    parts: [part(key)?, part(vector)?, part(ciphertext)?, part(tag)?],
                })
            }
            _ => Err(Broken::Segments),
        }
    }
}

/// A payload, read once.
#[derive(Debug, Clone)]
pub struct Claims {
    pub jwt: Jwt,
    /// Seconds since 1970.
    pub expires: Option<f64>,
    pub not_before: Option<f64>,
    pub issuer: Option<SmolStr>,
}

impl Claims {
    /// The claims of a payload in base64url.
    ///
    /// # Errors
    /// It is not a JSON object with unique names and usable times.
    pub fn decode(header: &Header, payload: &str) -> Result<Claims, Broken> {
        let bytes = base64url(payload).ok_or_else(|| Broken::Payload("it is not Base64Url".into()))?;
        Claims::parse(header, &bytes)
    }

    /// # Errors
    /// As `decode`.
    pub fn parse(header: &Header, payload: &[u8]) -> Result<Claims, Broken> {
        let object = Object::parse(payload).map_err(Broken::Payload)?;
        let expires = time(&object, "exp")?;
        let not_before = time(&object, "nbf")?;
        time(&object, "iat")?;
        let issuer = match object.get("iss") {
            None | Some(Json::Null) => None,
            Some(Json::String(issuer)) => Some(SmolStr::from(issuer.as_str())),
            Some(_) => return Err(Broken::Payload("`iss` is not a string".into())),
        };
        let claims = object.0.iter().map(|(name, value)| (name.clone(), claim_values(value))).collect();
        let jwt =
            Jwt { algorithm: Some(header.algorithm.clone()), kind: header.kind.clone(), claims: Arc::new(claims) };
        Ok(Claims { jwt, expires, not_before, issuer })
    }

    /// The values of a claim; `None` when the token has no such claim.
    pub fn get(&self, name: &str) -> Option<&[SmolStr]> {
        self.jwt.claims.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice())
    }
}

/// A NumericDate. Numbers in strings are taken as well, as the library of Azure does.
fn time(object: &Object, name: &str) -> Result<Option<f64>, Broken> {
    let seconds = match object.get(name) {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Number(number)) => number.as_f64(),
        Some(Json::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    match seconds {
        Some(seconds) if seconds.is_finite() => Ok(Some(seconds)),
        _ => Err(Broken::Payload(format!("`{name}` is not a time in seconds"))),
    }
}
