//! Debug credentials of a gateway: made here, verified by its nodes without a call.
//! The form is in the contract (`snapshot::Gateway::debug_key`); source: management-api.md, chapter 11.
//! Pure: the caller brings the clock.

use crate::resource::Resource;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// The secret property that signs a gateway's credentials. A new one makes them void.
pub const KEY: &str = "debugKey";

pub fn key(gateway: &Resource) -> String {
    gateway.text(KEY).unwrap_or_default().to_owned()
}

/// The credential for one API (without revision) until `expires`.
pub fn sign(gateway: &Resource, api: &str, expires: Timestamp) -> String {
    let text = format!("aid={api}&p=tracing&ex={}", expires.as_second());
    let signature = URL_SAFE_NO_PAD.encode(mac(&key(gateway), &text));
    format!("{text}&sn={signature}")
}

fn mac(key: &str, text: &str) -> Vec<u8> {
    // HMAC takes keys of any length.
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes());
    let mut mac = mac.unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
