//! Passwords of users: kept as salted digests, compared in constant time. Pure, besides the randomness of the salt.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac;
use sha2::Sha512;

/// OWASP's number for PBKDF2 with HMAC-SHA512 (2023).
const ROUNDS: u32 = 210_000;
const DIGEST_BYTES: usize = 32;
/// Longest password: what a hash is made of in bounded time.
pub const PASSWORD_CHARS_MAX: usize = 256;

/// `pbkdf2-sha512$rounds$salt$digest`.
pub fn hash(password: &str) -> String {
    let salt: [u8; 16] = rand::random();
    format!(
        "pbkdf2-sha512${ROUNDS}${}${}",
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(digest(password, &salt, ROUNDS))
    )
}

/// Whether `hashed` is of `password`; an unreadable one is of none.
pub fn verify(password: &str, hashed: &str) -> bool {
    let mut parts = hashed.split('$');
    let (Some("pbkdf2-sha512"), Some(rounds), Some(salt), Some(wanted)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Ok(rounds), Ok(salt), Ok(wanted)) =
        (rounds.parse::<u32>(), STANDARD_NO_PAD.decode(salt), STANDARD_NO_PAD.decode(wanted))
    else {
        return false;
    };
    // Comparing MACs under a fixed key takes the same time whatever the difference.
    let mac = |bytes: &[u8]| {
        let mut mac = Hmac::<Sha512>::new_from_slice(b"compare").unwrap_or_else(|_| unreachable!("HMAC takes any key"));
        mac.update(bytes);
        mac
    };
    rounds <= ROUNDS * 10 && mac(&digest(password, &salt, rounds)).verify(&mac(&wanted).finalize().into_bytes()).is_ok()
}

fn digest(password: &str, salt: &[u8], rounds: u32) -> [u8; DIGEST_BYTES] {
    let mut out = [0; DIGEST_BYTES];
    pbkdf2_hmac::<Sha512>(password.as_bytes(), salt, rounds, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_fits() {
        let hashed = hash("correct horse");
        assert!(verify("correct horse", &hashed));
        assert!(!verify("battery staple", &hashed));
        assert!(!verify("correct horse", "plain"));
        assert_ne!(hashed, hash("correct horse"), "every hash has its own salt");
    }
}
