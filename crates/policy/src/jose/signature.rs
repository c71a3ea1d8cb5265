//! Signatures. The algorithm a token names must fit the kind of the key: a public key is never taken
//! for a secret.

use super::key::{Curve, Key, Material};
use super::token::Header;
use aws_lc_rs::signature::{self as sig, RsaParameters, UnparsedPublicKey, VerificationAlgorithm};
use aws_lc_rs::{hmac, rsa::PublicKeyComponents};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// By the key at this place.
    Signed(usize),
    /// A key that the token names, or one that fits it where it names none, says no.
    Invalid,
    /// No key fits what the token names.
    KeyNotFound,
    /// The token's algorithm is none that a key here may serve.
    UnknownAlgorithm,
}

/// Tries the keys that the token names. Where it names none, or none that is here, all that fit its
/// algorithm. Source: corrections.md, 23.
pub fn verify(header: &Header, input: &[u8], signature: &[u8], keys: &[&Key]) -> Verdict {
    let Some(algorithm) = Algorithm::named(&header.algorithm) else { return Verdict::UnknownAlgorithm };
    let names = [&header.key_id, &header.x5t];
    let is_named = |key: &Key| names.into_iter().flatten().any(|name| key.is_called(name));
    let any_named = keys.iter().any(|key| is_named(key));
    let fits = |key: &Key| {
        algorithm.fits(&key.material) && key.algorithm.as_ref().is_none_or(|only| *only == header.algorithm)
    };
    let mut tried = false;
    for (index, key) in keys.iter().enumerate() {
        if any_named && !is_named(key) || !fits(key) {
            continue;
        }
        tried = true;
        if algorithm.verify(&key.material, input, signature) {
            return Verdict::Signed(index);
        }
    }
    let names_none = header.key_id.is_none() && header.x5t.is_none();
    if any_named || (tried && names_none) { Verdict::Invalid } else { Verdict::KeyNotFound }
}

/// A signature algorithm of RFC 7518 §3.1 or RFC 8037.
enum Algorithm {
    Hmac(hmac::Algorithm),
    /// And the same for keys of 1024 bits and more, which the library of Azure still takes.
    Rsa(&'static RsaParameters),
    Ec(Curve, &'static dyn VerificationAlgorithm),
    Ed25519,
}

impl Algorithm {
    fn named(name: &str) -> Option<Algorithm> {
        Some(match name {
            "HS256" => Algorithm::Hmac(hmac::HMAC_SHA256),
            "HS384" => Algorithm::Hmac(hmac::HMAC_SHA384),
            "HS512" => Algorithm::Hmac(hmac::HMAC_SHA512),
            "RS256" => Algorithm::Rsa(&sig::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
            "RS384" => Algorithm::Rsa(&sig::RSA_PKCS1_2048_8192_SHA384),
            "RS512" => Algorithm::Rsa(&sig::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
            "PS256" => Algorithm::Rsa(&sig::RSA_PSS_2048_8192_SHA256),
            "PS384" => Algorithm::Rsa(&sig::RSA_PSS_2048_8192_SHA384),
            "PS512" => Algorithm::Rsa(&sig::RSA_PSS_2048_8192_SHA512),
            "ES256" => Algorithm::Ec(Curve::P256, &sig::ECDSA_P256_SHA256_FIXED),
            "ES384" => Algorithm::Ec(Curve::P384, &sig::ECDSA_P384_SHA384_FIXED),
            "ES512" => Algorithm::Ec(Curve::P521, &sig::ECDSA_P521_SHA512_FIXED),
            "EdDSA" => Algorithm::Ed25519,
            _ => return None,
        })
    }

    fn fits(&self, material: &Material) -> bool {
        match (self, material) {
            (Algorithm::Hmac(_), Material::Secret(_))
            | (Algorithm::Rsa(_), Material::Rsa { .. })
            | (Algorithm::Ed25519, Material::Ed25519(_)) => true,
            (Algorithm::Ec(wanted, _), Material::Ec { curve, .. }) => wanted == curve,
            _ => false,
        }
    }

    fn verify(&self, material: &Material, input: &[u8], signature: &[u8]) -> bool {
        match (self, material) {
            (Algorithm::Hmac(algorithm), Material::Secret(secret)) => {
                hmac::verify(&hmac::Key::new(*algorithm, secret), input, signature).is_ok()
            }
            (Algorithm::Rsa(parameters), Material::Rsa { modulus, exponent }) => {
                let key = PublicKeyComponents { n: modulus.as_slice(), e: exponent.as_slice() };
                key.verify(parameters, input, signature).is_ok()
            }
            (Algorithm::Ec(_, algorithm), Material::Ec { point, .. }) => {
                UnparsedPublicKey::new(*algorithm, point).verify(input, signature).is_ok()
            }
            (Algorithm::Ed25519, Material::Ed25519(point)) => {
                UnparsedPublicKey::new(&sig::ED25519, point).verify(input, signature).is_ok()
            }
            _ => false,
        }
    }
}
