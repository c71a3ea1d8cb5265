//! Certificates of the configuration as keys.

use super::key::{Curve, Key, Material, rsa_material};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use smol_str::SmolStr;
use std::fmt::Write;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

/// The public key of a certificate in DER. It answers to `id`, and to the certificate's thumbprint
/// as `x5t` and `kid` spell it.
pub fn signing_key(id: Option<SmolStr>, der: &[u8]) -> Option<Key> {
    let material = material(der)?;
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der);
    let mut ids: Vec<SmolStr> = id.into_iter().collect();
    ids.push(URL_SAFE_NO_PAD.encode(hash.as_ref()).into());
    ids.push(hex(hash.as_ref()).into());
    Some(Key { ids, algorithm: None, material })
}

/// Upper-case hex of the SHA-1 over a certificate in DER, as Azure shows it.
pub fn sha1_thumbprint(der: &[u8]) -> String {
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        let _ = write!(out, "{byte:02X}");
        out
    })
}

pub(super) fn material(der: &[u8]) -> Option<Material> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let info = certificate.public_key();
    match info.parsed().ok()? {
        PublicKey::RSA(key) => rsa_material(key.modulus.to_vec(), key.exponent.to_vec()),
        PublicKey::EC(point) => {
            let curve = match point.key_size() {
                256 => Curve::P256,
                384 => Curve::P384,
                521 | 528 => Curve::P521,
                _ => return None,
            };
            Some(Material::Ec { curve, point: point.data().to_vec() })
        }
        // Ed25519, RFC 8410.
        _ if info.algorithm.algorithm.to_id_string() == "1.3.101.112" => {
            Some(Material::Ed25519(info.subject_public_key.data.to_vec()))
        }
        _ => None,
    }
}
