//! The token that a simulated caller carries.

use super::spec::JwtSpec;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};
use tollgate_expression::context::Instant100ns;

/// Name and value of the header that carries the token at `now`.
pub fn header(spec: &JwtSpec, now: Instant100ns) -> Result<(HeaderName, HeaderValue), String> {
    let name: HeaderName = spec.header.parse().map_err(|_| format!("`{}` is not a header name", spec.header))?;
    let token = token(spec, now)?;
    let value = format!("{} {token}", spec.scheme);
    Ok((name, HeaderValue::from_str(value.trim()).map_err(|_| "the token does not fit into a header".to_owned())?))
}

fn token(spec: &JwtSpec, now: Instant100ns) -> Result<String, String> {
    let mut header = json!({ "alg": spec.algorithm, "typ": "JWT" });
    if let Some(kid) = &spec.kid {
        header["kid"] = kid.as_str().into();
    }
    let unix = (now.0 - Instant100ns::UNIX_EPOCH.0) / 10_000_000;
    let mut claims = spec.claims.clone();
    claims.entry("iat").or_insert(unix.into());
    if let Some(expires_in) = spec.expires_in {
        claims.entry("exp").or_insert((unix + expires_in).into());
    }
    let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!("{}.{}", part(&header), part(&Value::Object(claims)));
    let key = STANDARD.decode(&spec.key).map_err(|_| "the key of the token is not base64".to_owned())?;
    let signature = match spec.algorithm.as_str() {
        "HS256" => sign::<Hmac<Sha256>>(&key, &signed),
        "HS384" => sign::<Hmac<Sha384>>(&key, &signed),
        "HS512" => sign::<Hmac<Sha512>>(&key, &signed),
        "none" => Some(Vec::new()),
        other => return Err(format!("tokens are signed with HS256, HS384 or HS512, or `none`, not with {other}")),
    };
    let signature = signature.ok_or("the key of the token cannot be used")?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn sign<M: Mac + KeyInit>(key: &[u8], text: &str) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}
