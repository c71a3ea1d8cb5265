//! Who the gateway is towards backends: certificates of the configuration, and PFX files that
//! policies bring.

use super::tls::{ClientIdentity, TlsClient, TlsClients, parse_pem};
use ahash::AHashMap;
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use smol_str::{SmolStr, format_smolstr};
use std::sync::Arc;
use tollgate_contract::snapshot::Certificate;
use tollgate_error::{Code, Problem};
use tollgate_policy::exchange::ClientCertificate;

/// Longest PFX that is opened, in bytes.
const PFX_BYTES_MAX: usize = 256 * 1024;

/// The certificates of one configuration, by id without case and by thumbprint.
#[derive(Default)]
pub struct Identities(AHashMap<SmolStr, Arc<Certificate>>);

impl Identities {
    pub fn new<'c>(certificates: impl Iterator<Item = &'c Certificate>) -> Identities {
        let mut all = AHashMap::new();
        for certificate in certificates {
            let certificate = Arc::new(certificate.clone());
            all.insert(name(&certificate.thumbprint), certificate.clone());
            // An id wins over a thumbprint that looks like it.
            all.insert(name(&certificate.id), certificate);
        }
        Identities(all)
    }

    /// `base`, showing a client certificate besides.
    ///
    /// # Errors
    /// TG1006: there is no such certificate, or it cannot be used.
    pub fn client(
        &self,
        clients: &TlsClients,
        base: &TlsClient,
        certificate: &ClientCertificate,
    ) -> Result<Arc<TlsClient>, Problem> {
        match certificate {
            ClientCertificate::Stored(wanted) => {
                let missing = || Problem::new(Code::TLS_MATERIAL_INVALID, format!("there is no certificate {wanted}"));
                let stored = self.0.get(&name(wanted)).ok_or_else(missing)?;
                let key = format_smolstr!("{} {}", stored.id, stored.thumbprint);
                clients.with_identity(base, key, || {
                    let (chain, key) = parse_pem(&stored.chain_pem, &stored.private_key_pem)?;
                    Ok(ClientIdentity { chain, key })
                })
            }
            ClientCertificate::Pfx { data, password } => {
                let mut hash = Sha256::new();
                hash.update(data);
                hash.update(password.as_bytes());
                let key = format_smolstr!("pfx {}", crate::compile::hex(&hash.finalize()));
                clients.with_identity(base, key, || open_pfx(data, password))
            }
        }
    }
}

/// Thumbprints are pasted with blanks and an invisible mark; ids have neither.
fn name(text: &str) -> SmolStr {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200e}').flat_map(char::to_lowercase).collect()
}

fn open_pfx(data: &[u8], password: &str) -> Result<ClientIdentity, Problem> {
    let unusable = |why: &str| Problem::new(Code::TLS_MATERIAL_INVALID, format!("the PFX of a policy {why}"));
    if data.len() > PFX_BYTES_MAX {
        return Err(unusable("is larger than 256 KiB"));
    }
    let store = KeyStore::from_pkcs12(data, password, Pkcs12ImportPolicy::Relaxed);
    let store = store.map_err(|_| unusable("cannot be opened: is the password right?"))?;
    let (_, entry) = store.private_key_chain().ok_or_else(|| unusable("holds no private key"))?;
    let chain: Vec<_> = entry.certs().iter().map(|der| CertificateDer::from(der.as_der().to_vec())).collect();
    if chain.is_empty() {
        return Err(unusable("holds no certificate"));
    }
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(entry.key().as_der().to_vec()));
    Ok(ClientIdentity { chain, key })
}
