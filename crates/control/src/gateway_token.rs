//! Access tokens that carry their own proof: `{id}&{yyyyMMddHHmm}&{signature}`. Gateways use them
//! (`Authorization: GatewayKey …`), users, and the management API's shared access signatures.
//!
//! The signature is base64 of HMAC-SHA512 with the key's text as bytes, over `{id}\n{expiry}` with the expiry as the
//! token writes it. Source: management-api.md, chapters 11 and 15; corrections.md, "Management API".
//! Pure: the caller brings keys and the clock.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, ToSpan, civil, tz::TimeZone};
use sha2::Sha512;

/// Longest token that is looked at: an id of 256 characters, a moment, a signature.
const TOKEN_BYTES_MAX: usize = 1024;
/// Azure's rule for the expiry of gateway tokens.
pub const LIFETIME_DAYS_MAX: i64 = 30;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token is not of the form id&yyyyMMddHHmm&signature")]
    Malformed,
    #[error("the token has expired")]
    Expired,
    #[error("the token's signature does not belong to any of the keys")]
    Signature,
}

/// A token taken apart; nothing is proven before [`Token::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: String,
    pub expiry: Timestamp,
    /// The expiry as written: what is signed.
    stamp: String,
    signature: Vec<u8>,
}

/// The token of `id` until the minute of `expiry`.
pub fn sign(id: &str, expiry: Timestamp, key: &str) -> String {
    let stamp = expiry.to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M").to_string();
    format!("{id}&{stamp}&{}", STANDARD.encode(signature(id, &stamp, key)))
}

impl Token {
    /// Reads the short form, and the long one `uid={id}&ex={ISO 8601}&sn={signature}`.
    pub fn parse(text: &str) -> Result<Token, TokenError> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Malformed);
        }
        if let Some(token) = Token::parse_long(text) {
            return token;
        }
        // An id may hold no `&` (it is not among the characters of identifiers).
        let mut parts = text.splitn(3, '&');
        let (Some(id), Some(stamp), Some(signature)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(TokenError::Malformed);
        };
        let is_stamp = stamp.len() == "yyyyMMddHHmm".len() && stamp.bytes().all(|b| b.is_ascii_digit());
        if id.is_empty() || !is_stamp {
            return Err(TokenError::Malformed);
        }
        let expiry = civil::DateTime::strptime("%Y%m%d%H%M", stamp).map_err(|_| TokenError::Malformed)?;
        Token::of(id, expiry, stamp, signature)
    }

    fn parse_long(text: &str) -> Option<Result<Token, TokenError>> {
        let (mut id, mut stamp, mut signature) = (None, None, None);
        for part in text.split('&') {
            let (name, value) = part.split_once('=')?;
            match name {
                "uid" => id = Some(value),
                "ex" => stamp = Some(value),
                "sn" => signature = Some(value),
                _ => return None,
            }
        }
        let (id, stamp, signature) = (id?, stamp?, signature?);
        let at: Option<Timestamp> = crate::odata::time(stamp);
        let expiry = at.map(|at| at.to_zoned(TimeZone::UTC).datetime());
        Some(expiry.ok_or(TokenError::Malformed).and_then(|expiry| Token::of(id, expiry, stamp, signature)))
    }

    fn of(id: &str, expiry: civil::DateTime, stamp: &str, signature: &str) -> Result<Token, TokenError> {
        let expiry = expiry.to_zoned(TimeZone::UTC).map_err(|_| TokenError::Malformed)?.timestamp();
        let signature = STANDARD.decode(signature.trim()).map_err(|_| TokenError::Malformed)?;
        Ok(Token { id: id.to_owned(), expiry, stamp: stamp.to_owned(), signature })
    }

    /// Holds when one of `keys` signed it and `now` is before the expiry. Signatures are compared in constant time.
    pub fn verify<'k>(&self, keys: impl IntoIterator<Item = &'k str>, now: Timestamp) -> Result<(), TokenError> {
        let mut is_signed = false;
        for key in keys {
            is_signed |= mac(&self.id, &self.stamp, key).verify_slice(&self.signature).is_ok();
        }
        if !is_signed {
            return Err(TokenError::Signature);
        }
        if now >= self.expiry { Err(TokenError::Expired) } else { Ok(()) }
    }
}

/// Whether Azure would sign a gateway token with this expiry: in the future, at most 30 days away.
pub fn is_expiry_allowed(expiry: Timestamp, now: Timestamp) -> bool {
    // A minute of grace: clients compute "30 days from now" before the call.
    let latest = now.checked_add((LIFETIME_DAYS_MAX * 24 * 60 + 1).minutes()).unwrap_or(Timestamp::MAX);
    expiry > now && expiry <= latest
}

fn mac(id: &str, stamp: &str, key: &str) -> Hmac<Sha512> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha512>::new_from_slice(key.as_bytes()).unwrap_or_else(|_| unreachable!("HMAC takes any key"));
    mac.update(id.as_bytes());
    mac.update(b"\n");
    mac.update(stamp.as_bytes());
    mac
}

fn signature(id: &str, stamp: &str, key: &str) -> Vec<u8> {
    mac(id, stamp, key).finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn a_token_has_id_minute_and_sha512_signature() {
        let token = sign("gw1", at("2026-02-01T00:00:59Z"), "secret");
        // printf 'gw1\n202602010000' | openssl dgst -sha512 -hmac secret -binary | base64 -w0
        assert_eq!(
            token,
            "gw1&202602010000&jWOKhjHaG2CfsjsK+S9ogC/Kjegie8fX50mRPLfR5aUAUggmxsAKCoylllYYLLvX+K0kehejLbP6IwhlyACl5w=="
        );
        assert_eq!(Token::parse(&token).map(|t| (t.id, t.expiry)), Ok(("gw1".into(), at("2026-02-01T00:00:00Z"))));
    }

    #[test]
    fn verification() {
        let token = sign("gw1", at("2026-02-01T00:00:00Z"), "second");
        let check = |text: &str, keys: &[&str], now: &str, expected| {
            let got = Token::parse(text).and_then(|t| t.verify(keys.iter().copied(), at(now)));
            assert_eq!(got, expected, "{text} {keys:?} {now}");
        };
        let (before, after) = ("2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z");
        check(&token, &["first", "second"], before, Ok(()));
        check(&token, &["first"], before, Err(TokenError::Signature));
        check(&token, &[], before, Err(TokenError::Signature));
        check(&token, &["second"], after, Err(TokenError::Expired));
        check(&token.replace("gw1", "gw2"), &["second"], before, Err(TokenError::Signature));
        check(&token.replace("20260201", "20990201"), &["second"], before, Err(TokenError::Signature));
        for broken in [
            "",
            "gw1",
            "gw1&202602010000",
            "&202602010000&aa==",
            "gw1&20260201&aa==",
            "gw1&202613010000&aa==",
            "gw1&202602010000&*",
        ] {
            check(broken, &["second"], before, Err(TokenError::Malformed));
        }
        check(&format!("{}&202602010000&aa==", "x".repeat(2000)), &["second"], before, Err(TokenError::Malformed));
    }

    #[test]
    fn the_long_form_signs_its_own_stamp() {
        let stamp = "2026-02-01T00:00:00.0000000Z";
        let sign = STANDARD.encode(signature("integration", stamp, "k"));
        let token = Token::parse(&format!("uid=integration&ex={stamp}&sn={sign}")).expect("well formed");
        assert_eq!(token.verify(["k"], at("2026-01-01T00:00:00Z")), Ok(()));
        assert_eq!(token.verify(["other"], at("2026-01-01T00:00:00Z")), Err(TokenError::Signature));
    }

    #[test]
    fn expiries() {
        let now = at("2026-01-01T00:00:00Z");
        assert!(is_expiry_allowed(at("2026-01-31T00:00:00Z"), now));
        assert!(!is_expiry_allowed(at("2026-01-31T00:02:00Z"), now));
        assert!(!is_expiry_allowed(now, now));
    }
}
