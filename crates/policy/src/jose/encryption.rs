//! Encrypted tokens. Source: RFC 7516, RFC 7518 §4 and §5.

use super::token::{Broken, Header, TOKEN_BYTES_MAX};
use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{self, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey, Pkcs1PrivateDecryptingKey,
    PrivateDecryptingKey,
};
use aws_lc_rs::{constant_time, digest, hmac};
use smol_str::SmolStr;
use std::fmt;
use std::io::Read;

/// A key that opens tokens.
pub struct DecryptionKey {
    pub ids: Vec<SmolStr>,
    pub material: Secret,
}

pub enum Secret {
    Symmetric(Vec<u8>),
    /// PKCS#8 in DER.
    Rsa(Vec<u8>),
}

impl DecryptionKey {
    pub fn symmetric(id: Option<SmolStr>, bytes: Vec<u8>) -> DecryptionKey {
        DecryptionKey { ids: id.into_iter().collect(), material: Secret::Symmetric(bytes) }
    }

    pub fn rsa(ids: Vec<SmolStr>, pkcs8: &[u8]) -> DecryptionKey {
        DecryptionKey { ids, material: Secret::Rsa(pkcs8.to_vec()) }
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "decryption key {:?}", self.ids)
    }
}

/// The content of an encrypted token, by the first key that opens it; keys that the token names come
/// first.
///
/// # Errors
/// No key opens it, or what it asks for is not known.
pub fn decrypt(
    header: &Header,
    protected: &str,
    parts: &[Vec<u8>; 4],
    keys: &[DecryptionKey],
) -> Result<Vec<u8>, Broken> {
    let failed = |why: &str| Broken::Decryption(why.to_owned());
    let [encrypted_key, vector, ciphertext, tag] = parts;
    let name = header.encryption.as_deref().unwrap_or_default();
    let Some(encryption) = Encryption::named(name) else {
        return Err(failed(&format!("The content encryption '{name}' is not supported")));
    };
    let Some(unwrap) = Unwrap::named(&header.algorithm) else {
        return Err(failed(&format!("The key management algorithm '{}' is not supported", header.algorithm)));
    };
    let is_named =
        |key: &DecryptionKey| [&header.key_id, &header.x5t].into_iter().flatten().any(|name| key.ids.contains(name));
    for named in [true, false] {
        for key in keys.iter().filter(|key| is_named(key) == named) {
            let opened = unwrap
                .content_key(&key.material, encrypted_key, encryption.key_bytes())
                .and_then(|content_key| encryption.open(&content_key, vector, ciphertext, tag, protected.as_bytes()));
            if let Some(content) = opened {
                return inflate(content, header.zip.as_deref());
            }
        }
    }
    Err(failed(if keys.is_empty() { "No decryption keys are configured" } else { "No key decrypts the token" }))
}

/// How the content's key was put in the token.
enum Unwrap {
    /// The shared key is the content's key.
    Direct,
    Oaep(&'static OaepAlgorithm),
    Pkcs1,
}

impl Unwrap {
    fn named(name: &str) -> Option<Unwrap> {
        match name {
            "dir" => Some(Unwrap::Direct),
            "RSA-OAEP" => Some(Unwrap::Oaep(&OAEP_SHA1_MGF1SHA1)),
            "RSA-OAEP-256" => Some(Unwrap::Oaep(&OAEP_SHA256_MGF1SHA256)),
            "RSA1_5" => Some(Unwrap::Pkcs1),
            _ => None,
        }
    }

    fn content_key(&self, key: &Secret, encrypted: &[u8], length: usize) -> Option<Vec<u8>> {
        match (self, key) {
            (Unwrap::Direct, Secret::Symmetric(shared)) => {
                (encrypted.is_empty() && shared.len() == length).then(|| shared.clone())
            }
            (Unwrap::Oaep(algorithm), Secret::Rsa(pkcs8)) => {
                let key = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?).ok()?;
                let mut plain = vec![0; key.min_output_size()];
                let plain = key.decrypt(algorithm, encrypted, &mut plain, None).ok()?;
                (plain.len() == length).then(|| plain.to_vec())
            }
            (Unwrap::Pkcs1, Secret::Rsa(pkcs8)) => {
                let key = Pkcs1PrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?).ok()?;
                let mut plain = vec![0; key.min_output_size()];
                match key.decrypt(encrypted, &mut plain) {
                    Ok(plain) if plain.len() == length => Some(plain.to_vec()),
                    // Wrong padding and wrong content must look the same: go on with a key that opens
                    // nothing. RFC 7516 §11.5.
                    _ => Some(substitute(pkcs8, encrypted, length)),
                }
            }
            _ => None,
        }
    }
}

/// A key nobody knows, the same each time for the same token.
fn substitute(pkcs8: &[u8], encrypted: &[u8], length: usize) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA512, digest::digest(&digest::SHA256, pkcs8).as_ref());
    let mut bytes = hmac::sign(&key, encrypted).as_ref().to_vec();
    bytes.truncate(length);
    bytes
}

enum Encryption {
    /// AES-CBC and HMAC: the algorithm of the latter; half of the key is for each.
    Cbc(hmac::Algorithm, &'static cipher::Algorithm),
    Gcm(&'static aead::Algorithm),
}

impl Encryption {
    fn named(name: &str) -> Option<Encryption> {
        Some(match name {
            "A128CBC-HS256" => Encryption::Cbc(hmac::HMAC_SHA256, &cipher::AES_128),
            "A192CBC-HS384" => Encryption::Cbc(hmac::HMAC_SHA384, &cipher::AES_192),
            "A256CBC-HS512" => Encryption::Cbc(hmac::HMAC_SHA512, &cipher::AES_256),
            "A128GCM" => Encryption::Gcm(&aead::AES_128_GCM),
            "A192GCM" => Encryption::Gcm(&aead::AES_192_GCM),
            "A256GCM" => Encryption::Gcm(&aead::AES_256_GCM),
            _ => return None,
        })
    }

    fn key_bytes(&self) -> usize {
        match self {
            Encryption::Cbc(hash, _) => hash.digest_algorithm().output_len(),
            Encryption::Gcm(algorithm) => algorithm.key_len(),
        }
    }

    fn open(&self, key: &[u8], vector: &[u8], ciphertext: &[u8], tag: &[u8], authenticated: &[u8]) -> Option<Vec<u8>> {
        match self {
            Encryption::Cbc(hash, algorithm) => {
                let (mac_key, content_key) = key.split_at_checked(key.len() / 2)?;
                let bits = u64::try_from(authenticated.len()).ok()?.checked_mul(8)?;
                let mut mac = hmac::Context::with_key(&hmac::Key::new(*hash, mac_key));
                for part in [authenticated, vector, ciphertext, &bits.to_be_bytes()] {
                    mac.update(part);
                }
                let mac = mac.sign();
                constant_time::verify_slices_are_equal(mac.as_ref().get(..mac_key.len())?, tag).ok()?;
                let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(algorithm, content_key).ok()?);
                let vector = DecryptionContext::Iv128(FixedLength::<16>::try_from(vector).ok()?);
                let mut content = ciphertext.to_vec();
                let plain = key.ok()?.decrypt(&mut content, vector).ok()?;
                Some(plain.to_vec())
            }
            Encryption::Gcm(algorithm) => {
                let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
                let nonce = Nonce::try_assume_unique_for_key(vector).ok()?;
                let mut content = [ciphertext, tag].concat();
                if tag.len() != algorithm.tag_len() {
                    return None;
                }
                let plain = key.open_in_place(nonce, Aad::from(authenticated), &mut content).ok()?;
                Some(plain.to_vec())
            }
        }
    }
}

/// `zip`: raw deflate, to no more than a token may be long.
fn inflate(content: Vec<u8>, zip: Option<&str>) -> Result<Vec<u8>, Broken> {
    match zip {
        None => Ok(content),
        Some("DEF") => {
            let mut plain = Vec::new();
            let limit = TOKEN_BYTES_MAX as u64 + 1;
            let read = flate2::read::DeflateDecoder::new(content.as_slice()).take(limit).read_to_end(&mut plain);
            match read {
                Ok(length) if length <= TOKEN_BYTES_MAX => Ok(plain),
                Ok(length) => Err(Broken::TooLong(length)),
                Err(_) => Err(Broken::Decryption("The token cannot be decompressed".into())),
            }
        }
        Some(other) => Err(Broken::Decryption(format!("The compression algorithm '{other}' is not supported"))),
    }
}
