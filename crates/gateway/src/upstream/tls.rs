//! TLS towards backends: one rustls configuration per way of checking.

use ahash::AHashMap;
use parking_lot::Mutex;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
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
}

impl Default for TlsOptions {
    fn default() -> TlsOptions {
        TlsOptions { validate_chain: true, validate_name: true, client_certificate: None }
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
        let refuse = Lenient { chain: None, refuse_all: true, provider };
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
        let builder = if options.validate_chain && options.validate_name && !self.roots.is_empty() {
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
                refuse_all: options.validate_chain && self.roots.is_empty(),
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

/// Checks less than usual, as a backend entity's flags say.
#[derive(Debug)]
struct Lenient {
    /// The chain is checked and a wrong name forgiven; without it nothing but the handshake is.
    chain: Option<Arc<WebPkiServerVerifier>>,
    /// Checking was asked for and there is nothing to check against.
    refuse_all: bool,
    provider: Arc<CryptoProvider>,
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
            return Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer));
        }
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
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
