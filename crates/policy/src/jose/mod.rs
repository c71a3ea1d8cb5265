//! JSON Web Tokens: reading, decrypting and verifying them, and the keys that do it.
//!
//! Pure: bytes in, verdict out. Where keys come from and what time it is are the caller's business.
//! Source: RFC 7515 to 7519, 8037; reference/policies.md, chapter 5.

mod certificate;
mod encryption;
mod json;
mod key;
mod provider;
mod signature;
mod token;

pub use certificate::{sha1_thumbprint, signing_key};
pub use encryption::{DecryptionKey, decrypt};
pub use key::{Key, Material};
pub use provider::{Metadata, Provider};
pub use provider::{ProviderError, jwks_url, parse_keys, parse_metadata};
pub use signature::{Verdict, verify};
pub use token::{Broken, Claims, Compact, Header, TOKEN_BYTES_MAX};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Base64url without padding, as every part of a token is.
fn base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Base64 as `Convert.FromBase64String` reads it: blanks are skipped.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    if text.contains(char::is_whitespace) {
        let compact: String = text.split_whitespace().collect();
        return STANDARD.decode(compact).ok();
    }
    STANDARD.decode(text).ok()
}

/// Base64 in either alphabet, padded or not: what people paste as `n` and `e`.
pub fn base64_any(text: &str) -> Option<Vec<u8>> {
    let text = text.trim().trim_end_matches('=');
    URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok()
}
