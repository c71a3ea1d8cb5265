//! The control plane's own TLS: a certificate of the user's, or one signed by a CA made at first start, because the
//! official clients speak HTTPS only. Source: design, chapter 2.
//!
//! `DATA/tls/` holds `ca.pem`, `ca.key`, `server.pem`, `server.key`; keys are readable by their owner alone. The
//! server certificate is renewed when it is near its end, when its names no longer fit, or when its files are gone;
//! the CA stays, so that clients that trust it keep doing so.

use arc_swap::ArcSwap;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tollgate_error::{Code, Problem};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// Life of the CA made at first start: longer than anyone keeps an installation without touching it.
const CA_DAYS: i64 = 20 * 365;
/// Life of a server certificate: under the 398 days that some platforms still accept.
const SERVER_DAYS: i64 = 365;
/// Renewal begins this long before the end.
const RENEW_BEFORE_DAYS: i64 = 30;
/// Certificates are valid from a day before they are made: clocks differ.
const BACKDATE_DAYS: i64 = 1;

/// Where the server certificate comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// PEM files of the user's own: a chain, leaf first, and its key.
    Files { certificate: PathBuf, key: PathBuf },
    /// `DATA/tls`; `names` besides localhost, 127.0.0.1, ::1 and the host's name.
    Made { folder: PathBuf, names: Vec<String> },
}

/// The certificate in use, replaceable while the server runs.
#[derive(Debug)]
pub struct ServerCertificate {
    source: Source,
    current: ArcSwap<CertifiedKey>,
}

impl ServerCertificate {
    /// Reads the certificate, making what is missing.
    ///
    /// # Errors
    /// [`Code::TLS_MATERIAL_INVALID`], [`Code::DATA_DIRECTORY_UNUSABLE`].
    pub fn open(source: Source, now: Timestamp) -> Result<Arc<ServerCertificate>, Problem> {
        let key = load(&source, now)?;
        Ok(Arc::new(ServerCertificate { source, current: ArcSwap::from_pointee(key) }))
    }

    /// Reads again: renews a made certificate that is due, takes over user files that were replaced. Call daily.
    ///
    /// # Errors
    /// As [`ServerCertificate::open`]; the one in use stays.
    pub fn refresh(&self, now: Timestamp) -> Result<(), Problem> {
        self.current.store(Arc::new(load(&self.source, now)?));
        Ok(())
    }

    /// Where clients find the CA to trust; `None` with a certificate of the user's.
    pub fn ca_file(&self) -> Option<PathBuf> {
        match &self.source {
            Source::Files { .. } => None,
            Source::Made { folder, .. } => Some(folder.join("ca.pem")),
        }
    }

    /// TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1, no client certificates.
    ///
    /// # Errors
    /// [`Code::TLS_MATERIAL_INVALID`] when the TLS library refuses its own defaults.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, Problem> {
        let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(format!("TLS cannot be set up: {error}")))?;
        let mut config =
            builder.with_no_client_auth().with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn load(source: &Source, now: Timestamp) -> Result<CertifiedKey, Problem> {
    match source {
        Source::Files { certificate, key } => read_pair(certificate, key),
        Source::Made { folder, names } => {
            let (certificate, key) = (folder.join("server.pem"), folder.join("server.key"));
            let names = all_names(names);
            let ca = open_ca(folder, now)?;
            if !fits(&certificate, &key, &names, now) {
                make_server(&ca, &certificate, &key, &names, now)?;
            }
            read_pair(&certificate, &key)
        }
    }
}

fn read_pair(certificate: &Path, key: &Path) -> Result<CertifiedKey, Problem> {
    let chain: Vec<CertificateDer<'static>> = rustls_pemfile::certs(&mut read(certificate)?.as_slice())
        .collect::<Result<_, _>>()
        .map_err(|_| invalid(format!("{} is not PEM", certificate.display())))?;
    if chain.is_empty() {
        return Err(invalid(format!("{} holds no certificate", certificate.display())));
    }
    let key_der: PrivateKeyDer<'static> = rustls_pemfile::private_key(&mut read(key)?.as_slice())
        .ok()
        .flatten()
        .ok_or_else(|| invalid(format!("{} holds no private key", key.display())))?;
    CertifiedKey::from_der(chain, key_der, &aws_lc_rs::default_provider()).map_err(|error| {
        invalid(format!("{} and {} cannot be used together: {error}", certificate.display(), key.display()))
    })
}

/// The CA of a folder, made when it is not there. Certificate and key are one: both or neither.
fn open_ca(folder: &Path, now: Timestamp) -> Result<Issuer<'static, KeyPair>, Problem> {
    let (certificate_file, key_file) = (folder.join("ca.pem"), folder.join("ca.key"));
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Tollgate local CA");
    params.distinguished_name.push(DnType::OrganizationName, "Tollgate");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, now, CA_DAYS);
    if certificate_file.exists() && key_file.exists() {
        let text =
            String::from_utf8(read(&key_file)?).map_err(|_| invalid(format!("{} is not PEM", key_file.display())))?;
        let key = KeyPair::from_pem(&text).map_err(|error| invalid(format!("{}: {error}", key_file.display())))?;
        // The issuer's name and key are all that signing needs, and both are the same for every start.
        return Ok(Issuer::new(params, key));
    }
    fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
    let key = KeyPair::generate().map_err(making)?;
    let certificate = params.self_signed(&key).map_err(making)?;
    write(&key_file, key.serialize_pem().as_bytes(), true)?;
    write(&certificate_file, certificate.pem().as_bytes(), false)?;
    Ok(Issuer::new(params, key))
}

fn make_server(
    ca: &Issuer<'static, KeyPair>,
    certificate_file: &Path,
    key_file: &Path,
    names: &[String],
    now: Timestamp,
) -> Result<(), Problem> {
    let mut params = CertificateParams::new(names.to_vec()).map_err(making)?;
    params.distinguished_name.push(DnType::CommonName, names.first().map_or("localhost", String::as_str));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, now, SERVER_DAYS);
    let key = KeyPair::generate().map_err(making)?;
    let certificate = params.signed_by(&key, ca).map_err(making)?;
    write(key_file, key.serialize_pem().as_bytes(), true)?;
    write(certificate_file, certificate.pem().as_bytes(), false)
}

/// From the day before `now` for `days`.
fn set_validity(params: &mut CertificateParams, now: Timestamp, days: i64) {
    let today = now.to_zoned(TimeZone::UTC).date();
    let moment = |days: i64| {
        let date = today.saturating_add(days.days());
        rcgen::date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = moment(-BACKDATE_DAYS);
    params.not_after = moment(days);
}

/// Whether the certificate there is for these names and not near its end.
fn fits(certificate: &Path, key: &Path, names: &[String], now: Timestamp) -> bool {
    let Ok(text) = fs::read(certificate) else { return false };
    let Some(Ok(der)) = rustls_pemfile::certs(&mut text.as_slice()).next() else { return false };
    let Ok((_, parsed)) = X509Certificate::from_der(&der) else { return false };
    let renew_from = parsed.validity().not_after.timestamp() - RENEW_BEFORE_DAYS * 24 * 3600;
    let covered: Vec<String> = parsed
        .subject_alternative_name()
        .ok()
        .flatten()
        .map(|names| names.value.general_names.iter().filter_map(shown_name).collect())
        .unwrap_or_default();
    key.exists() && now.as_second() < renew_from && names.iter().all(|name| covered.contains(name))
}

fn shown_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| std::net::Ipv4Addr::from(b).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|b| std::net::Ipv6Addr::from(b).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// localhost first: it becomes the common name.
fn all_names(extra: &[String]) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    let host = fs::read_to_string("/etc/hostname").unwrap_or_default();
    for name in std::iter::once(host.trim()).chain(extra.iter().map(String::as_str)) {
        let is_name = !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'*'));
        if is_name && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn read(file: &Path) -> Result<Vec<u8>, Problem> {
    fs::read(file).map_err(|error| invalid(format!("{} cannot be read: {error}", file.display())))
}

/// Writes beside the file and renames, so that a crash leaves the old one or the new one.
fn write(file: &Path, bytes: &[u8], is_secret: bool) -> Result<(), Problem> {
    let beside = file.with_extension("new");
    let attempt = || -> std::io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, if is_secret { 0o600 } else { 0o644 });
        let mut out = options.open(&beside)?;
        out.write_all(bytes)?;
        out.sync_all()?;
        fs::rename(&beside, file)
    };
    attempt().map_err(|error| unusable(file, &error))
}

fn invalid(message: String) -> Problem {
    Problem::new(Code::TLS_MATERIAL_INVALID, message)
}

fn making(error: rcgen::Error) -> Problem {
    invalid(format!("a certificate cannot be made: {error}"))
}

fn unusable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(Code::DATA_DIRECTORY_UNUSABLE, format!("{} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn moment(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    fn made(folder: &Path, names: &[&str]) -> Source {
        Source::Made { folder: folder.to_owned(), names: names.iter().map(|name| (*name).to_owned()).collect() }
    }

    #[test]
    fn first_start_makes_a_ca_and_a_certificate_and_the_next_keeps_them() {
        let data = tempfile::tempdir().expect("a folder");
        let folder = data.path().join("tls");
        let file = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
        let first = ServerCertificate::open(made(&folder, &[]), moment("2026-01-01T00:00:00Z")).expect("opens");
        first.server_config().expect("a configuration");
        assert_eq!(first.ca_file(), Some(folder.join("ca.pem")));
        for key in ["ca.key", "server.key"] {
            let mode = fs::metadata(folder.join(key)).expect("is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{key}");
        }
        let (ca, server) = (file("ca.pem"), file("server.pem"));
        let restart = |names: &[&str], now: &str| {
            ServerCertificate::open(made(&folder, names), moment(now)).expect("opens");
            (file("ca.pem"), file("server.pem"))
        };
        assert_eq!(restart(&[], "2026-06-01T00:00:00Z"), (ca.clone(), server.clone()), "nothing is due");
        let (same_ca, renewed) = restart(&[], "2026-12-15T00:00:00Z");
        assert!(same_ca == ca && renewed != server, "the certificate is near its end");
        let (same_ca, renamed) = restart(&["gw.example.org"], "2026-12-15T00:00:00Z");
        assert!(same_ca == ca && renamed != renewed, "a name was added");
    }

    #[test]
    fn the_certificate_is_signed_by_the_ca() {
        let data = tempfile::tempdir().expect("a folder");
        ServerCertificate::open(made(data.path(), &[]), moment("2026-01-01T00:00:00Z")).expect("opens");
        let der = |name: &str| {
            let text = fs::read(data.path().join(name)).expect("is there");
            rustls_pemfile::certs(&mut text.as_slice()).next().expect("one").expect("PEM")
        };
        let mut roots = rustls::RootCertStore::empty();
        roots.add(der("ca.pem")).expect("a trust anchor");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .expect("a verifier");
        let now = rustls::pki_types::UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_780_000_000));
        for name in ["localhost", "127.0.0.1", "::1"] {
            use rustls::client::danger::ServerCertVerifier;
            let server = name.to_owned().try_into().expect("a name");
            verifier
                .verify_server_cert(&der("server.pem"), &[], &server, &[], now)
                .unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }

    #[test]
    fn files_of_the_user_are_taken_or_refused_by_name() {
        let data = tempfile::tempdir().expect("a folder");
        ServerCertificate::open(made(data.path(), &[]), moment("2026-01-01T00:00:00Z")).expect("opens");
        let check = |certificate: &str, key: &str, expected: Option<&str>| {
            let source = Source::Files { certificate: data.path().join(certificate), key: data.path().join(key) };
            let got =
                ServerCertificate::open(source, moment("2026-01-01T00:00:00Z")).err().map(|problem| problem.message);
            match expected {
                None => assert_eq!(got, None),
                Some(part) => assert!(got.as_deref().is_some_and(|message| message.contains(part)), "{got:?}"),
            }
        };
        check("server.pem", "server.key", None);
        check("server.pem", "ca.key", Some("cannot be used together"));
        check("server.key", "server.key", Some("holds no certificate"));
        check("server.pem", "ca.pem", Some("holds no private key"));
        check("nowhere.pem", "server.key", Some("cannot be read"));
    }
}
