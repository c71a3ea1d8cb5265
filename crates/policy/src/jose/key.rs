//! Keys that verify signatures.

use super::{base64_any, base64url, certificate};
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::fmt;

/// What a key is made of. The kind of a key decides which algorithms it may serve, never the token.
#[derive(Clone, PartialEq, Eq)]
pub enum Material {
    Secret(Vec<u8>),
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point: 4, x, y.
    Ec {
        curve: Curve,
        point: Vec<u8>,
    },
    Ed25519(Vec<u8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// Bytes of a coordinate.
    pub fn size(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
            Curve::P521 => 66,
        }
    }

    fn named(name: &str) -> Option<Curve> {
        match name {
            "P-256" => Some(Curve::P256),
            "P-384" => Some(Curve::P384),
            "P-521" => Some(Curve::P521),
            _ => None,
        }
    }
}

/// A key and the names a token may call it by.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// `kid`, and the thumbprint of a certificate in both spellings.
    pub ids: Vec<SmolStr>,
    /// The only algorithm it may be used with, where its owner says so.
    pub algorithm: Option<SmolStr>,
    pub material: Material,
}

impl Key {
    pub fn secret(id: Option<SmolStr>, bytes: Vec<u8>) -> Key {
        Key { ids: id.into_iter().collect(), algorithm: None, material: Material::Secret(bytes) }
    }

    /// From modulus and exponent in base64url. `None`: they are not.
    pub fn rsa(id: Option<SmolStr>, n: &str, e: &str) -> Option<Key> {
        let material = rsa_material(base64_any(n)?, base64_any(e)?)?;
        Some(Key { ids: id.into_iter().collect(), algorithm: None, material })
    }

    /// A public key of a JSON Web Key Set for signatures. `None`: of a kind that is not known, broken,
    /// for encryption, or symmetric (whoever publishes a secret has none). Source: RFC 7517, 7518 §6,
    /// 8037 §2.
    pub fn from_jwk(jwk: &Json) -> Option<Key> {
        let text = |name: &str| jwk.get(name).and_then(Json::as_str);
        let bytes = |name: &str| text(name).and_then(base64url);
        if text("use").is_some_and(|usage| usage != "sig") {
            return None;
        }
        let material = match text("kty")? {
            "RSA" => match (text("n").and_then(base64_any), text("e").and_then(base64_any)) {
                (Some(n), Some(e)) => rsa_material(n, e)?,
                _ => certificate::material(&leaf(jwk)?)?,
            },
            "EC" => {
                let curve = Curve::named(text("crv")?)?;
                let (x, y) = (bytes("x")?, bytes("y")?);
                if x.len() != curve.size() || y.len() != curve.size() {
                    return None;
                }
                Material::Ec { curve, point: [&[4], x.as_slice(), y.as_slice()].concat() }
            }
            "OKP" if text("crv") == Some("Ed25519") => Material::Ed25519(bytes("x").filter(|point| point.len() == 32)?),
            _ => return None,
        };
        let ids = [text("kid"), text("x5t")].into_iter().flatten().map(SmolStr::from).collect();
        Some(Key { ids, algorithm: text("alg").map(SmolStr::from), material })
    }

    pub fn is_called(&self, id: &str) -> bool {
        self.ids.iter().any(|known| known == id)
    }
}

/// The first certificate of `x5c`, in DER.
fn leaf(jwk: &Json) -> Option<Vec<u8>> {
    super::base64(jwk.get("x5c")?.as_array()?.first()?.as_str()?)
}

pub(super) fn rsa_material(modulus: Vec<u8>, exponent: Vec<u8>) -> Option<Material> {
    let significant = |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    let (modulus, exponent) = (significant(modulus), significant(exponent));
    (!modulus.is_empty() && !exponent.is_empty()).then_some(Material::Rsa { modulus, exponent })
}

/// Listings and logs never show secrets.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.material {
            Material::Secret(_) => "symmetric",
            Material::Rsa { .. } => "RSA",
            Material::Ec { .. } => "EC",
            Material::Ed25519(_) => "Ed25519",
        };
        write!(f, "{kind} key {:?}", self.ids)
    }
}
