//! TLS towards backends: one rustls configuration per way of checking.

use ahash::AHashMap;
use parking_lot::Mutex;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha1::{Digest, Sha1};
use smol_str::SmolStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_error::{Code, Problem};

/// How a backend's certificate is checked, and what is shown to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TlsOptions {
    pub validate_chain: bool,
    pub validate_name: bool,
    /// Id of a client certificate.
    pub client_certificate: Option<String>,
    /// SHA-1 of server certificates that are accepted whatever their chain and name; hex, upper case.
    pub server_thumbprints: Vec<String>,
    /// Names that are accepted instead of the host's, and the thumbprint of who issued it.
    pub server_names: Vec<(String, String)>,
}

impl Default for TlsOptions {
    fn default() -> TlsOptions {
        TlsOptions {
            validate_chain: true,
            validate_name: true,
            client_certificate: None,
            server_thumbprints: Vec::new(),
            server_names: Vec::new(),
        }
    }
}

/// The two faces of one configuration: HTTP/1.1 only, and HTTP/2 preferred.
pub struct TlsClient {
    /// Tells configurations apart for as long as the process lives: connections are kept by it.
    pub id: u64,
    pub options: TlsOptions,
    pub http1: Arc<ClientConfig>,
    pub http2: Arc<ClientConfig>,
}

/// Configurations of one set of roots, made when first asked for.
pub struct TlsClients {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
    made: Mutex<AHashMap<TlsOptions, Arc<TlsClient>>>,
}

/// Configurations kept; policies may bring any number of certificates.
const MADE_MAX: usize = 1_000;

/// What a gateway shows of itself.
pub struct ClientIdentity {
    /// Leaf first.
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

impl TlsClient {
    fn new(options: TlsOptions, http1: ClientConfig) -> TlsClient {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let mut http2 = http1.clone();
        http2.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        TlsClient { id, options, http1: Arc::new(http1), http2: Arc::new(http2) }
    }
}

impl TlsClients {
    /// The system's roots and `extra` ones (DER).
    pub fn new(extra: &[CertificateDer<'static>]) -> TlsClients {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.add_parsable_certificates(extra.iter().cloned());
        TlsClients {
            roots: Arc::new(roots),
            provider: Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
            made: Mutex::default(),
        }
    }

    /// `certificate`: PEM chain and key that belong to `options.client_certificate`.
    ///
    /// # Errors
    /// TG1006: the client certificate cannot be used.
    pub fn get(&self, options: &TlsOptions, certificate: Option<(&str, &str)>) -> Result<Arc<TlsClient>, Problem> {
        self.get_or_make(options, || {
            let Some((chain_pem, key_pem)) = certificate else { return Ok(None) };
            let (chain, key) = parse_pem(chain_pem, key_pem)?;
            Ok(Some(ClientIdentity { chain, key }))
        })
    }

    /// `base` with another client certificate; `key` names it.
    ///
    /// # Errors
    /// TG1006: the client certificate cannot be used.
    pub fn with_identity(
        &self,
        base: &TlsClient,
        key: SmolStr,
        identity: impl FnOnce() -> Result<ClientIdentity, Problem>,
    ) -> Result<Arc<TlsClient>, Problem> {
        let options = TlsOptions { client_certificate: Some(key.into()), ..base.options.clone() };
        self.get_or_make(&options, || identity().map(Some))
    }

    pub fn roots(&self) -> &Arc<RootCertStore> {
        &self.roots
    }

    fn get_or_make(
        &self,
        options: &TlsOptions,
        identity: impl FnOnce() -> Result<Option<ClientIdentity>, Problem>,
    ) -> Result<Arc<TlsClient>, Problem> {
        if let Some(made) = self.made.lock().get(options) {
            return Ok(made.clone());
        }
        let made = Arc::new(TlsClient::new(options.clone(), self.make(options, identity()?)?));
        let mut all = self.made.lock();
        if all.len() >= MADE_MAX {
            all.clear();
        }
        all.insert(options.clone(), made.clone());
        Ok(made)
    }

    /// Refuses every backend: for roots that cannot be used at all.
    pub fn unusable() -> TlsClient {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let refuse = Lenient { chain: None, refuse_all: true, options: TlsOptions::default(), provider };
        let config = ClientConfig::builder()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(refuse))
            .with_no_client_auth();
        TlsClient::new(TlsOptions::default(), config)
    }

    fn make(&self, options: &TlsOptions, identity: Option<ClientIdentity>) -> Result<ClientConfig, Problem> {
        let unusable = |error: &dyn std::fmt::Display| {
            Problem::new(Code::TLS_MATERIAL_INVALID, format!("client certificate for a backend: {error}"))
        };
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&error))?;
        let pinned = !options.server_thumbprints.is_empty() || !options.server_names.is_empty();
        let strict = options.validate_chain && options.validate_name && !pinned;
        let builder = if strict && !self.roots.is_empty() {
            builder.with_root_certificates(self.roots.clone())
        } else {
            let chain = if options.validate_chain && !self.roots.is_empty() {
                let verifier =
                    WebPkiServerVerifier::builder_with_provider(self.roots.clone(), self.provider.clone()).build();
                Some(verifier.map_err(|error| unusable(&error))?)
            } else {
                None
            };
            let lenient = Lenient {
                chain,
                refuse_all: options.validate_chain && self.roots.is_empty() && !pinned,
                options: options.clone(),
                provider: self.provider.clone(),
            };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(lenient))
        };
        let Some(identity) = identity else { return Ok(builder.with_no_client_auth()) };
        builder.with_client_auth_cert(identity.chain, identity.key).map_err(|error| unusable(&error))
    }
}

/// A PEM chain (leaf first) and its key.
///
/// # Errors
/// TG1006.
pub fn parse_pem(
    chain_pem: &str,
    key_pem: &str,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Problem> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain_pem.as_bytes()).collect();
    let chain = chain.map_err(|error| Problem::new(Code::TLS_MATERIAL_INVALID, format!("certificate: {error}")))?;
    if chain.is_empty() {
        return Err(Problem::new(Code::TLS_MATERIAL_INVALID, "no certificate in the PEM text"));
    }
    // The parser's message may quote what it read; it is a key, so it is not passed on.
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes())
        .map_err(|_| Problem::new(Code::TLS_MATERIAL_INVALID, "no private key in the PEM text"))?;
    Ok((chain, key))
}

/// Checks otherwise than usual, as a backend entity's TLS settings say.
#[derive(Debug)]
struct Lenient {
    /// Checks chains; absent where they are not checked.
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// Checking was asked for and there is nothing to check against.
    refuse_all: bool,
    options: TlsOptions,
    provider: Arc<CryptoProvider>,
}

impl Lenient {
    /// The name's own check, apart from the chain's: the host's name, or one of the names that are
    /// accepted instead.
    fn check_name(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
    ) -> Result<(), rustls::Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        if self.options.server_names.is_empty() {
            return match self.options.validate_name {
                true => verify_server_name(&parsed, server_name),
                false => Ok(()),
            };
        }
        let issuer = intermediates.first().map(|issuer| thumbprint(issuer));
        let accepted = self.options.server_names.iter().any(|(name, issued_by)| {
            let by_issuer = issued_by.is_empty() || issuer.as_deref() == Some(issued_by);
            let named =
                ServerName::try_from(name.as_str()).is_ok_and(|name| verify_server_name(&parsed, &name).is_ok());
            by_issuer && named
        });
        if accepted { Ok(()) } else { Err(CertificateError::NotValidForName.into()) }
    }
}

/// SHA-1 in upper-case hex, as certificates are named.
fn thumbprint(certificate: &CertificateDer<'_>) -> String {
    Sha1::digest(certificate.as_ref()).iter().map(|byte| format!("{byte:02X}")).collect()
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.refuse_all {
            return Err(CertificateError::UnknownIssuer.into());
        }
        let pins = &self.options.server_thumbprints;
        if !pins.is_empty() {
            let shown = thumbprint(end_entity);
            if pins.contains(&shown) {
                return Ok(ServerCertVerified::assertion());
            }
            if self.options.server_names.is_empty() {
                return Err(CertificateError::ApplicationVerificationFailure.into());
            }
        }
        if let Some(chain) = &self.chain {
            match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
                Ok(_)
                | Err(rustls::Error::InvalidCertificate(
                    CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
                )) => {}
                Err(error) => return Err(error),
            }
        }
        self.check_name(end_entity, intermediates, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
