//! What a client's certificate is worth: its chain, and revocation lists.

use bytes::Bytes;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{CertificateError, Error, RootCertStore};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tollgate_error::{Code, Problem};
use tollgate_policy::host::ClientTrust;
use x509_parser::prelude::{FromDer, X509Certificate};

/// The authorities and revocation lists of one configuration.
#[derive(Default)]
pub struct ClientAuthorities {
    /// `None`: no authority at all.
    chains: Option<Arc<dyn ClientCertVerifier>>,
    /// The same with revocation lists; `None`: there are none.
    revocation: Option<Arc<dyn ClientCertVerifier>>,
    /// Those of the settings and of the configuration.
    own: Vec<CertificateDer<'static>>,
}

/// Lists of revoked certificates in PEM.
///
/// # Errors
/// TG1006: a file cannot be read.
pub fn read_lists(files: &[PathBuf]) -> Result<Vec<CertificateRevocationListDer<'static>>, Problem> {
    let mut lists = Vec::new();
    for file in files {
        let unusable = |error: &dyn std::fmt::Display| {
            Problem::new(Code::TLS_MATERIAL_INVALID, format!("cannot read {}: {error}", file.display()))
        };
        for list in CertificateRevocationListDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
            lists.push(list.map_err(|error| unusable(&error))?);
        }
    }
    Ok(lists)
}

impl ClientAuthorities {
    /// `roots`: the system's and `own`.
    pub fn new(
        roots: &Arc<RootCertStore>,
        own: Vec<CertificateDer<'static>>,
        lists: &[CertificateRevocationListDer<'static>],
    ) -> ClientAuthorities {
        let revocation = if lists.is_empty() { None } else { verifier(roots.clone(), lists) };
        ClientAuthorities { chains: verifier(roots.clone(), &[]), revocation, own }
    }

    pub fn own(&self) -> impl Iterator<Item = Bytes> {
        self.own.iter().map(|der| Bytes::copy_from_slice(der))
    }

    /// `chain`: what the client showed, its own certificate first.
    ///
    /// # Errors
    /// Why it is not trusted.
    pub fn check(&self, trust: &ClientTrust<'_>, chain: &[Bytes], now: Duration) -> Result<(), String> {
        let certificates: Vec<CertificateDer<'_>> =
            chain.iter().map(|der| CertificateDer::from(der.as_ref())).collect();
        let Some((leaf, others)) = certificates.split_first() else { return Err("there is none".to_owned()) };
        let verify = |verifier: &Arc<dyn ClientCertVerifier>, others: &[CertificateDer<'_>]| {
            verifier.verify_client_cert(leaf, others, within(leaf, now)).map(|_| ())
        };
        match trust {
            // A certificate that is itself an authority of the configuration needs no other.
            ClientTrust::Configured if self.own.iter().any(|own| own == leaf) => Ok(()),
            ClientTrust::Configured => {
                let chains = self.chains.as_ref().ok_or("the gateway has no authorities")?;
                verify(chains, others).map_err(|error| told(&error))
            }
            ClientTrust::NotRevoked => match self.revocation.as_ref().map(|lists| verify(lists, others)) {
                Some(Err(Error::InvalidCertificate(CertificateError::Revoked))) => Err("it is on a list".to_owned()),
                _ => Ok(()),
            },
            ClientTrust::IssuedBy(issuer) => {
                let mut roots = RootCertStore::empty();
                roots.add(CertificateDer::from(issuer.to_vec())).map_err(|error| told(&error))?;
                let only = verifier(Arc::new(roots), &[]).ok_or("the issuer cannot be used")?;
                verify(&only, &[]).map_err(|error| told(&error))
            }
        }
    }
}

impl ClientAuthorities {
    /// `X509Certificate2.Verify`: its chain leads to a trusted authority, all of it is valid now and none of it is
    /// known to be revoked. `others`: certificates that may stand between.
    pub fn verifies(&self, der: &[u8], others: &[Bytes], check_revocation: bool, now: Duration) -> bool {
        let leaf = CertificateDer::from(der);
        if self.own.contains(&leaf) {
            return within(&leaf, now).as_secs() == now.as_secs();
        }
        let others: Vec<CertificateDer<'_>> = others.iter().map(|der| CertificateDer::from(der.as_ref())).collect();
        let verifier = self.revocation.as_ref().filter(|_| check_revocation).or(self.chains.as_ref());
        let at = UnixTime::since_unix_epoch(now);
        verifier.is_some_and(|verifier| verifier.verify_client_cert(&leaf, &others, at).is_ok())
    }
}

fn verifier(
    roots: Arc<RootCertStore>,
    lists: &[CertificateRevocationListDer<'static>],
) -> Option<Arc<dyn ClientCertVerifier>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = WebPkiClientVerifier::builder_with_provider(roots, provider)
        .with_crls(lists.iter().cloned())
        .allow_unknown_revocation_status();
    builder.build().ok()
}

/// The time now, or the nearest at which the certificate is valid: the policy looks at dates itself.
fn within(leaf: &CertificateDer<'_>, now: Duration) -> UnixTime {
    let now = now.as_secs();
    let limits = X509Certificate::from_der(leaf).ok().and_then(|(_, certificate)| {
        let validity = certificate.validity();
        let start = u64::try_from(validity.not_before.timestamp()).ok()?;
        let end = u64::try_from(validity.not_after.timestamp()).ok()?;
        (start <= end).then_some((start, end))
    });
    let at = limits.map_or(now, |(start, end)| now.clamp(start, end));
    UnixTime::since_unix_epoch(Duration::from_secs(at))
}

fn told(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => "its issuer is not known".to_owned(),
        other => other.to_string(),
    }
}
