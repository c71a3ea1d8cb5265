//! What is inside an uploaded certificate: a PFX, or PEM, taken apart into what gateways need and the management API
//! shows. Source: management-api.md, chapter 10. Pure.

use base64::{Engine, engine::general_purpose::STANDARD};
use p12_keystore::{KeyStore, KeyStoreEntry, Pkcs12ImportPolicy};
use sha1::{Digest, Sha1};
use std::fmt;
use tollgate_error::{Code, Problem};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Longest PFX, decoded: a chain of a dozen RSA-8192 certificates and a key.
const PFX_BYTES_MAX: usize = 256 * 1024;

/// A certificate, its chain, and its private key when it came with one.
#[derive(Clone, PartialEq, Eq)]
pub struct Material {
    /// `CN=gw.example, O=…` as Azure shows it.
    pub subject: String,
    /// SHA-1 over the DER form, upper-case hex.
    pub thumbprint: String,
    /// RFC 3339, UTC.
    pub expiration_date: String,
    /// Leaf first.
    pub chain_pem: String,
    /// PKCS#8; a certificate authority has none.
    pub private_key_pem: Option<String>,
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Material")
            .field("subject", &self.subject)
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

/// Opens `data`: base64 of a PFX (with `password`), of a DER certificate, or of PEM text; or PEM text itself.
pub fn open(data: &str, password: &str) -> Result<Material, Problem> {
    if data.len() > PFX_BYTES_MAX * 4 / 3 + 4 {
        return Err(invalid("the certificate is larger than 256 KiB"));
    }
    if data.contains("-----BEGIN") {
        return from_pem(data);
    }
    let compact: String = data.split_whitespace().collect();
    let bytes = STANDARD.decode(compact).map_err(|_| invalid("the certificate's data is not base64"))?;
    if let Ok(text) = std::str::from_utf8(&bytes)
        && text.contains("-----BEGIN")
    {
        return from_pem(text);
    }
    match X509Certificate::from_der(&bytes) {
        Ok(([], _)) => describe(&[bytes], None),
        _ => from_pfx(&bytes, password),
    }
}

fn from_pfx(bytes: &[u8], password: &str) -> Result<Material, Problem> {
    // The store's own error does not tell a wrong password from a broken file.
    let store = KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed).map_err(|_| {
        invalid("the PFX cannot be opened").with_hint("is the password right, and the data a PKCS#12 file in base64?")
    })?;
    if let Some((_, chain)) = store.private_key_chain() {
        let certificates: Vec<Vec<u8>> =
            chain.certs().iter().map(|certificate| certificate.as_der().to_vec()).collect();
        if !certificates.is_empty() {
            return describe(&certificates, Some(pem("PRIVATE KEY", chain.key().as_der())));
        }
    }
    let certificates: Vec<Vec<u8>> = store
        .entries()
        .filter_map(|(_, entry)| match entry {
            KeyStoreEntry::Certificate(certificate) => Some(certificate.as_der().to_vec()),
            _ => None,
        })
        .collect();
    describe(&certificates, None)
}

fn from_pem(text: &str) -> Result<Material, Problem> {
    let mut certificates = Vec::new();
    let mut key = None;
    for item in rustls_pemfile::read_all(&mut text.as_bytes()) {
        match item.map_err(|_| invalid("the certificate's PEM text is broken"))? {
            rustls_pemfile::Item::X509Certificate(der) => certificates.push(der.to_vec()),
            rustls_pemfile::Item::Pkcs8Key(der) => key = Some(pem("PRIVATE KEY", der.secret_pkcs8_der())),
            rustls_pemfile::Item::Pkcs1Key(der) => key = Some(pem("RSA PRIVATE KEY", der.secret_pkcs1_der())),
            rustls_pemfile::Item::Sec1Key(der) => key = Some(pem("EC PRIVATE KEY", der.secret_sec1_der())),
            _ => {}
        }
    }
    describe(&certificates, key)
}

/// `chain`: DER, leaf first.
fn describe(chain: &[Vec<u8>], private_key_pem: Option<String>) -> Result<Material, Problem> {
    let leaf = chain.first().ok_or_else(|| invalid("there is no certificate in the data"))?;
    let (_, certificate) = X509Certificate::from_der(leaf).map_err(|_| invalid("the certificate is not X.509"))?;
    let expiration = jiff::Timestamp::from_second(certificate.validity().not_after.timestamp())
        .map_err(|_| invalid("the certificate's expiry is out of range"))?;
    Ok(Material {
        subject: certificate.subject().to_string(),
        thumbprint: Sha1::digest(leaf).iter().map(|byte| format!("{byte:02X}")).collect(),
        expiration_date: expiration.to_string(),
        chain_pem: chain.iter().map(|der| pem("CERTIFICATE", der)).collect(),
        private_key_pem,
    })
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    // Base64 is ASCII: chunks of bytes are chunks of characters.
    let lines: Vec<&str> = body.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn invalid(message: &str) -> Problem {
    Problem::new(Code::TLS_MATERIAL_INVALID, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A self-signed certificate of gw.tollgate.test, password "tollgate".
    const PFX: &str = include_str!("../tests/data/gateway.pfx.base64");

    #[test]
    fn a_pfx_opens_with_its_password() {
        let material = open(PFX, "tollgate").expect("opens");
        assert_eq!(material.thumbprint, "42517F28B96EC680A5D7A3FBDA574CE05B2D7E1F");
        assert!(material.subject.contains("CN=gw.tollgate.test"), "{}", material.subject);
        assert!(material.expiration_date.starts_with("2126-"), "{}", material.expiration_date);
        assert!(material.private_key_pem.as_deref().is_some_and(|key| key.starts_with("-----BEGIN PRIVATE KEY-----")));
        assert!(!format!("{material:?}").contains("PRIVATE"), "keys stay out of logs");
        let key = material.private_key_pem.clone().unwrap_or_default();
        let again = open(&format!("{}{key}", material.chain_pem), "").expect("PEM opens");
        assert_eq!(again, material, "PEM says the same as the PFX");
        let authority = open(&STANDARD.encode(&material.chain_pem), "").expect("base64 of PEM opens");
        assert_eq!((authority.thumbprint, authority.private_key_pem), (material.thumbprint, None));
    }

    #[test]
    fn what_does_not_open_is_told() {
        let check = |data: &str, password: &str, expected: &str| {
            assert_eq!(open(data, password).map_err(|problem| problem.message), Err(expected.to_owned()));
        };
        check(PFX, "wrong", "the PFX cannot be opened");
        check("&&&", "", "the certificate's data is not base64");
        check("aGVsbG8=", "", "the PFX cannot be opened");
        check("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "", "the certificate is not X.509");
        check("-----BEGIN NOTHING-----", "", "the certificate's PEM text is broken");
        check(&"A".repeat(PFX_BYTES_MAX * 2), "", "the certificate is larger than 256 KiB");
    }
}
