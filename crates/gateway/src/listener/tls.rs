//! TLS towards clients: SNI chooses among the hostnames of the configuration, then the certificate of
//! the settings. Source: reference/gateway.md §7.

use crate::upstream::parse_pem;
use crate::worker::Worker;
use ahash::AHashMap;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::Acceptor;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tollgate_error::{Code, Problem};

/// Certificates of a client that are kept: more than any honest chain has.
const CHAIN_MAX: usize = 10;

/// The hosts of one configuration and how each greets.
#[derive(Default)]
pub struct TlsHosts {
    /// By host name in lower case; `*` and `*.example.com` are wildcards.
    hosts: AHashMap<String, Arc<ServerConfig>>,
    /// For clients whose name fits nothing.
    fallback: Option<Arc<ServerConfig>>,
}

/// A certificate and what its host wants.
pub struct TlsIdentity<'a> {
    pub chain_pem: &'a str,
    pub key_pem: &'a str,
    pub http2: bool,
    pub ask_client: bool,
}

impl TlsHosts {
    /// # Errors
    /// TG1006.
    pub fn add(&mut self, host: &str, identity: &TlsIdentity<'_>) -> Result<(), Problem> {
        let config = Arc::new(server_config(identity)?);
        if host == "*" {
            self.fallback = Some(config.clone());
        }
        self.hosts.insert(host.to_ascii_lowercase(), config);
        Ok(())
    }

    /// Serves every name that no host has.
    ///
    /// # Errors
    /// TG1006.
    pub fn set_fallback(&mut self, identity: &TlsIdentity<'_>) -> Result<(), Problem> {
        if self.fallback.is_none() {
            self.fallback = Some(Arc::new(server_config(identity)?));
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty() && self.fallback.is_none()
    }

    fn find(&self, name: Option<&str>) -> Option<Arc<ServerConfig>> {
        let named = name.map(str::to_ascii_lowercase).and_then(|name| {
            let wildcard = || name.split_once('.').and_then(|(_, parent)| self.hosts.get(&format!("*.{parent}")));
            self.hosts.get(&name).or_else(wildcard).cloned()
        });
        // A client without SNI gets the only host there is.
        let only = || if self.hosts.len() == 1 { self.hosts.values().next().cloned() } else { None };
        named.or_else(|| self.fallback.clone()).or_else(|| if name.is_none() { only() } else { None })
    }
}

fn server_config(identity: &TlsIdentity<'_>) -> Result<ServerConfig, Problem> {
    let unusable = |error: rustls::Error| Problem::new(Code::TLS_MATERIAL_INVALID, format!("certificate: {error}"));
    let (chain, key) = parse_pem(identity.chain_pem, identity.key_pem)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(unusable)?;
    let builder = if identity.ask_client {
        builder.with_client_cert_verifier(Arc::new(AnyClient(provider)))
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_single_cert(chain, key).map_err(unusable)?;
    config.alpn_protocols =
        if identity.http2 { vec![b"h2".to_vec(), b"http/1.1".to_vec()] } else { vec![b"http/1.1".to_vec()] };
    Ok(config)
}

/// Greets a client; gives the certificates it showed, its own first.
pub async fn handshake(
    worker: &Worker,
    stream: TcpStream,
) -> std::io::Result<(TlsStream<TcpStream>, Vec<bytes::Bytes>)> {
    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let hello = start.client_hello();
    let runtime = worker.node.runtime.load_full();
    let config = match &runtime {
        Some(runtime) => runtime.tls.find(hello.server_name()),
        None => worker.node.start_tls.find(hello.server_name()),
    };
    let config =
        config.ok_or_else(|| std::io::Error::other("no certificate for the name that the client asked for"))?;
    let stream = start.into_stream(config).await?;
    let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let chain = shown.iter().take(CHAIN_MAX).map(|der| bytes::Bytes::copy_from_slice(der)).collect();
    Ok((stream, chain))
}

/// Takes any client certificate, and none: policies decide about it.
#[derive(Debug)]
struct AnyClient(Arc<CryptoProvider>);

impl ClientCertVerifier for AnyClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
