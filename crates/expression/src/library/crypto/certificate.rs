//! `System.Security.Cryptography.X509Certificates`.

use super::super::TypeTable;
use super::hash::{algorithm_of, oid};
use super::rsa::{RsaObject, pem, rsa};
use super::{bytes, enum_value, give, named, nothing};
use crate::context;
use crate::dotnet::text::crypto::{Certificate, Extension, HashAlgorithm, NameType, RsaKey};
use crate::dotnet::text::encoding::to_hex;
use crate::library::format;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::{Cursor, Object, Value, downcast};
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// `X509Certificate2`. Without content it has only its name, as .NET makes it of no bytes.
pub struct CertificateObject {
    content: Option<Rc<Certificate>>,
    /// PKCS #8.
    private_key: Option<Vec<u8>>,
    friendly_name: RefCell<String>,
    is_second: bool,
}

const SECOND: &str = "System.Security.Cryptography.X509Certificates.X509Certificate2";
const FIRST: &str = "System.Security.Cryptography.X509Certificates.X509Certificate";

impl Object for CertificateObject {
    fn type_of(&self) -> Type {
        named(if self.is_second { SECOND } else { FIRST })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(match &self.content {
            Some(content) if self.is_second => describe(content),
            _ => self.type_of().clr_name(),
        })
    }

    /// By issuer and serial number.
    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        let Some(other) = downcast::<CertificateObject>(other) else { return Ok(false) };
        Ok(match (&self.content, &other.content) {
            (Some(own), Some(other)) => own.issuer == other.issuer && own.serial_number == other.serial_number,
            (None, None) => true,
            _ => false,
        })
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        let thumbprint = self.content.as_ref().map(|content| content.thumbprint.clone()).unwrap_or_default();
        run.hash(&Value::string(thumbprint)).map(Some)
    }
}

/// `ToString()`.
fn describe(content: &Certificate) -> String {
    let sections = [
        ("Subject", content.subject.clone()),
        ("Issuer", content.issuer.clone()),
        ("Serial Number", content.serial_number.clone()),
        ("Not Before", content.not_before.format("").unwrap_or_default()),
        ("Not After", content.not_after.format("").unwrap_or_default()),
        ("Thumbprint", content.thumbprint.clone()),
    ];
    let mut text = String::new();
    for (at, (name, value)) in sections.iter().enumerate() {
        text.push_str(if at == 0 { "" } else { "\n" });
        text.push_str(&format!("[{name}]\n  {value}\n"));
    }
    text
}

/// A certificate of the context.
pub fn certificate(certificate: Arc<context::Certificate>) -> Value {
    let content = Certificate::parse(&certificate.der).ok().map(Rc::new);
    Value::object(CertificateObject {
        content,
        private_key: certificate.private_key.as_ref().map(|key| key.to_vec()),
        friendly_name: RefCell::default(),
        is_second: true,
    })
}

fn new_certificate(content: Certificate, private_key: Option<Vec<u8>>, is_second: bool) -> Value {
    Value::object(CertificateObject {
        content: Some(Rc::new(content)),
        private_key,
        friendly_name: RefCell::default(),
        is_second,
    })
}

/// `new X509Certificate2(bytes[, password[, flags]])`, or of another certificate.
fn make(a: &mut Args<'_, '_>, is_second: bool) -> Outcome {
    if let Some(from) = downcast::<CertificateObject>(a.get(0)) {
        let copy = CertificateObject {
            content: from.content.clone(),
            private_key: from.private_key.clone(),
            friendly_name: RefCell::new(from.friendly_name.borrow().clone()),
            is_second,
        };
        return Ok(Value::object(copy));
    }
    let raw = a.get(0).to_bytes().unwrap_or_default();
    if raw.is_empty() {
        if a.len() > 1 {
            return Err(Thrown::argument_of("Array may not be empty or null.", "rawData"));
        }
        return Ok(Value::object(CertificateObject {
            content: None,
            private_key: None,
            friendly_name: RefCell::default(),
            is_second,
        }));
    }
    a.run.steps(raw.len() / 16)?;
    let password = a.opt_str(1).map(|text| text.as_str().to_owned()).unwrap_or_default();
    let (content, key) = Certificate::open(&raw, &password)?;
    Ok(new_certificate(content, key, is_second))
}

/// `CreateFromPem(certificate[, key])`.
fn from_pem(a: &mut Args<'_, '_>) -> Outcome {
    let none = || {
        let message =
            "The certificate contents do not contain a PEM with a CERTIFICATE label, or the content is malformed.";
        Thrown::new("System.Security.Cryptography.CryptographicException", message)
    };
    let text = a.text(0, "certPem")?.as_str().to_owned();
    if !text.contains("-----BEGIN CERTIFICATE-----") {
        return Err(none());
    }
    let content = Certificate::parse(text.as_bytes()).map_err(|_| none())?;
    let key = match a.opt_str(1) {
        Some(pem) => Some(RsaKey::from_pem(pem.as_str())?.pkcs8_der()?),
        None => None,
    };
    Ok(new_certificate(content, key, true))
}

fn content(a: &Args<'_, '_>) -> Result<Rc<Certificate>, Thrown> {
    let object = a.object::<CertificateObject>(0)?;
    object.content.clone().ok_or_else(|| {
        let message = "m_safeCertContext is an invalid handle.";
        Thrown::new("System.Security.Cryptography.CryptographicException", message)
    })
}

fn text(a: &mut Args<'_, '_>, read: impl Fn(&Certificate) -> String) -> Outcome {
    let text = read(&*content(a)?);
    a.make(text)
}

fn raw(a: &mut Args<'_, '_>, read: impl Fn(&Certificate) -> Vec<u8>) -> Outcome {
    let content = read(&*content(a)?);
    give(a, content)
}

/// `GetCertHash([algorithm])`.
fn cert_hash(a: &mut Args<'_, '_>) -> Result<Vec<u8>, Thrown> {
    let algorithm = if a.len() > 1 { algorithm_of(a, 1)? } else { HashAlgorithm::Sha1 };
    Ok(content(a)?.hash(algorithm))
}

/// `Export(type[, password])`.
fn export(a: &mut Args<'_, '_>) -> Outcome {
    match a.i32(1) {
        1 => raw(a, |content| content.raw.clone()),
        _ => Err(Thrown::new("System.Security.Cryptography.CryptographicException", "Invalid content type.")),
    }
}

/// Asks the host whether the chain of the certificate ends in one that it trusts.
fn verify(a: &mut Args<'_, '_>, revocation: bool) -> Outcome {
    let content = content(a)?;
    Ok(Value::Bool(a.run.context.environment.trusts_certificate(&content.raw, revocation)))
}

struct Name(String);

impl Object for Name {
    fn type_of(&self) -> Type {
        named("System.Security.Cryptography.X509Certificates.X500DistinguishedName")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `PublicKey`, or the encoded part of one.
struct PublicKeyObject(Rc<Certificate>);

impl Object for PublicKeyObject {
    fn type_of(&self) -> Type {
        named("System.Security.Cryptography.X509Certificates.PublicKey")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `AsnEncodedData`, `X509Extension`.
struct Encoded {
    oid: String,
    raw: Vec<u8>,
    /// Of an extension.
    critical: Option<bool>,
}

impl Object for Encoded {
    fn type_of(&self) -> Type {
        named(match self.critical {
            Some(_) => "System.Security.Cryptography.X509Certificates.X509Extension",
            None => "System.Security.Cryptography.AsnEncodedData",
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `X509ExtensionCollection`.
struct Extensions(Rc<Certificate>);

impl Extensions {
    fn at(&self, index: usize) -> Option<Value> {
        self.0.extensions.get(index).map(extension)
    }
}

fn extension(extension: &Extension) -> Value {
    let Extension { oid, critical, raw } = extension.clone();
    Value::object(Encoded { oid, raw, critical: Some(critical) })
}

impl Object for Extensions {
    fn type_of(&self) -> Type {
        named("System.Security.Cryptography.X509Certificates.X509ExtensionCollection")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        let this = this.clone();
        let mut at = 0;
        Ok(Some(Box::new(move |_: &mut Run<'_>| {
            at += 1;
            Ok(downcast::<Extensions>(&this).and_then(|extensions| extensions.at(at - 1)))
        })))
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.extensions.len())
    }
}

fn public_rsa(content: &Certificate) -> Value {
    content.rsa_public_key().map_or(Value::Null, rsa)
}

fn certificate_arg<'a>(a: &'a Args<'_, '_>) -> Result<&'a CertificateObject, Thrown> {
    a.object_arg::<CertificateObject>(0, "certificate")
}

fn private_rsa(certificate: &CertificateObject) -> Outcome {
    let Some(der) = &certificate.private_key else { return Ok(Value::Null) };
    // A key of another kind is null here too.
    Ok(RsaKey::from_der(der).map_or(Value::Null, rsa))
}

/// `certificate.CopyWithPrivateKey(key)`.
fn with_key(a: &mut Args<'_, '_>) -> Outcome {
    let certificate = certificate_arg(a)?;
    if certificate.private_key.is_some() {
        return Err(Thrown::invalid_operation("The certificate already has an associated private key."));
    }
    let content = content(a)?;
    let key = a.object_arg::<RsaObject>(1, "privateKey")?.pair()?;
    if key.public_key_info().ok() != content.rsa_public_key().and_then(|own| own.public_key_info().ok()) {
        return Err(Thrown::argument_of(
            "The provided key does not match the public key for this certificate.",
            "privateKey",
        ));
    }
    let key = key.pkcs8_der()?;
    Ok(new_certificate((*content).clone(), Some(key), true))
}

/// `MatchesHostname(name)`: the DNS names, else the common name; `*` stands for one label.
fn matches_host(a: &mut Args<'_, '_>) -> Outcome {
    let host = a.text(1, "hostname")?.as_str().trim_end_matches('.').to_ascii_lowercase();
    let (wildcards, common) = (a.bool(2), a.bool(3));
    let content = content(a)?;
    let fits = |pattern: &str| {
        let pattern = pattern.to_ascii_lowercase();
        pattern == host
            || wildcards
                && pattern
                    .strip_prefix("*.")
                    .is_some_and(|rest| host.split_once('.').is_some_and(|(_, tail)| tail == rest))
    };
    let names = content.dns_names();
    let found = names.iter().any(|name| fits(name))
        || names.is_empty() && common && fits(content.name_info(NameType::SimpleName, false));
    Ok(Value::Bool(found))
}

static BASE: &[(&str, Native)] = &[
    ("new()", |a| make(a, false)),
    ("new(byte[] data)", |a| make(a, false)),
    ("new(byte[] rawData, string password)", |a| make(a, false)),
    ("new(byte[] rawData, string password, X509KeyStorageFlags keyStorageFlags)", |a| make(a, false)),
    ("new(X509Certificate cert)", |a| make(a, false)),
    ("string Issuer", |a| text(a, |content| content.issuer.clone())),
    ("string Subject", |a| text(a, |content| content.subject.clone())),
    ("bool Equals(X509Certificate other)", crate::library::object::same),
    ("byte[] Export(X509ContentType contentType)", export),
    ("byte[] Export(X509ContentType contentType, string password)", export),
    ("byte[] GetCertHash()", |a| cert_hash(a).map(Value::bytes)),
    ("byte[] GetCertHash(HashAlgorithmName hashAlgorithm)", |a| cert_hash(a).map(Value::bytes)),
    ("string GetCertHashString()", |a| {
        let text = to_hex(&cert_hash(a)?);
        a.make(text)
    }),
    ("string GetCertHashString(HashAlgorithmName hashAlgorithm)", |a| {
        let text = to_hex(&cert_hash(a)?);
        a.make(text)
    }),
    ("string GetEffectiveDateString()", |a| text(a, |content| content.not_before.format("").unwrap_or_default())),
    ("string GetExpirationDateString()", |a| text(a, |content| content.not_after.format("").unwrap_or_default())),
    ("string GetFormat()", |_| Ok(Value::string("X509"))),
    ("string GetIssuerName()", |a| text(a, |content| content.issuer.clone())),
    ("string GetName()", |a| text(a, |content| content.subject.clone())),
    ("string GetKeyAlgorithm()", |a| text(a, |content| content.key_algorithm.clone())),
    ("byte[] GetKeyAlgorithmParameters()", |a| raw(a, |content| content.key_parameters.clone())),
    ("string GetKeyAlgorithmParametersString()", |a| text(a, |content| to_hex(&content.key_parameters))),
    ("byte[] GetPublicKey()", |a| raw(a, |content| content.public_key.clone())),
    ("string GetPublicKeyString()", |a| text(a, |content| to_hex(&content.public_key))),
    ("byte[] GetRawCertData()", |a| raw(a, |content| content.raw.clone())),
    ("string GetRawCertDataString()", |a| text(a, |content| to_hex(&content.raw))),
    ("byte[] GetSerialNumber()", |a| raw(a, Certificate::serial_number_bytes)),
    ("string GetSerialNumberString()", |a| text(a, |content| content.serial_number.clone())),
    ("string ToString(bool fVerbose)", |a| {
        let object = a.object::<CertificateObject>(0)?;
        let made = match &object.content {
            Some(content) if object.is_second || a.bool(1) => describe(content),
            _ => object.type_of().clr_name(),
        };
        a.make(made)
    }),
    ("void Reset()", nothing),
    ("void Dispose()", nothing),
];

static SECOND_MEMBERS: &[(&str, Native)] = &[
    ("new()", |a| make(a, true)),
    ("new(byte[] rawData)", |a| make(a, true)),
    ("new(byte[] rawData, string password)", |a| make(a, true)),
    ("new(byte[] rawData, string password, X509KeyStorageFlags keyStorageFlags)", |a| make(a, true)),
    ("new(X509Certificate certificate)", |a| make(a, true)),
    ("static X509Certificate2 CreateFromPem(string certPem)", from_pem),
    ("static X509Certificate2 CreateFromPem(string certPem, string keyPem)", from_pem),
    ("static X509ContentType GetCertContentType(byte[] rawData)", |a| {
        let content = bytes(a, 0, "rawData")?;
        // A certificate starts with a SEQUENCE in a SEQUENCE; PKCS #12 with a version.
        let kind = if Certificate::parse(&content).is_ok() { 1 } else { 3 };
        Ok(enum_value("System.Security.Cryptography.X509Certificates.X509ContentType", kind))
    }),
    ("bool Archived", |_| Ok(Value::Bool(false))),
    ("string FriendlyName", |a| Ok(Value::string(a.object::<CertificateObject>(0)?.friendly_name.borrow().as_str()))),
    ("bool HasPrivateKey", |a| Ok(Value::Bool(a.object::<CertificateObject>(0)?.private_key.is_some()))),
    ("X500DistinguishedName SubjectName", |a| Ok(Value::object(Name(content(a)?.subject.clone())))),
    ("X500DistinguishedName IssuerName", |a| Ok(Value::object(Name(content(a)?.issuer.clone())))),
    ("DateTime NotBefore", |a| Ok(format::from_date(content(a)?.not_before))),
    ("DateTime NotAfter", |a| Ok(format::from_date(content(a)?.not_after))),
    ("AsymmetricAlgorithm PrivateKey", |a| private_rsa(a.object::<CertificateObject>(0)?)),
    ("PublicKey PublicKey", |a| Ok(Value::object(PublicKeyObject(content(a)?)))),
    ("byte[] RawData", |a| raw(a, |content| content.raw.clone())),
    ("string SerialNumber", |a| text(a, |content| content.serial_number.clone())),
    ("Oid SignatureAlgorithm", |a| Ok(oid(&content(a)?.signature_algorithm))),
    ("string Thumbprint", |a| text(a, |content| content.thumbprint.clone())),
    ("int Version", |a| Ok(Value::Int32(content(a)?.version as i32))),
    ("X509ExtensionCollection Extensions", |a| Ok(Value::object(Extensions(content(a)?)))),
    ("string GetNameInfo(X509NameType nameType, bool forIssuer)", |a| {
        let kind = match a.i32(1) {
            0 => NameType::SimpleName,
            1 => NameType::EmailName,
            2 => NameType::UpnName,
            3 => NameType::DnsName,
            4 => NameType::DnsFromAlternativeName,
            5 => NameType::UrlName,
            _ => return Err(Thrown::argument("Invalid name type.")),
        };
        let for_issuer = a.bool(2);
        text(a, |content| content.name_info(kind, for_issuer).to_owned())
    }),
    ("bool Verify()", |a| verify(a, true)),
    ("bool MatchesHostname(string hostname, bool allowWildcards = true, bool allowCommonName = true)", matches_host),
    ("string ExportCertificatePem()", |a| text(a, |content| pem("CERTIFICATE", &content.raw))),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "enum System.Security.Cryptography.X509Certificates.X509ContentType { Unknown = 0, Cert = 1, SerializedCert = 2, Pfx = 3, Pkcs12 = 3, SerializedStore = 4, Pkcs7 = 5, Authenticode = 6 }",
        members: &[],
    },
    TypeTable {
        decl: "enum System.Security.Cryptography.X509Certificates.X509NameType { SimpleName, EmailName, UpnName, DnsName, DnsFromAlternativeName, UrlName }",
        members: &[],
    },
    TypeTable {
        decl: "flags enum System.Security.Cryptography.X509Certificates.X509KeyStorageFlags { DefaultKeySet = 0, UserKeySet = 1, MachineKeySet = 2, Exportable = 4, UserProtected = 8, PersistKeySet = 16, EphemeralKeySet = 32 }",
        members: &[],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.X509Certificates.X500DistinguishedName",
        members: &[("string Name", |a| Ok(Value::string(a.object::<Name>(0)?.0.as_str())))],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.AsnEncodedData",
        members: &[
            ("Oid Oid", |a| Ok(oid(&a.object::<Encoded>(0)?.oid))),
            ("byte[] RawData", |a| Ok(Value::bytes(a.object::<Encoded>(0)?.raw.clone()))),
        ],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.X509Certificates.X509Extension : System.Security.Cryptography.AsnEncodedData",
        members: &[("bool Critical", |a| Ok(Value::Bool(a.object::<Encoded>(0)?.critical.unwrap_or(false))))],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.X509Certificates.X509ExtensionCollection : IEnumerable<X509Extension>",
        members: &[
            ("int Count", |a| Ok(Value::Int32(a.object::<Extensions>(0)?.0.extensions.len() as i32))),
            ("X509Extension this[int index]", |a| {
                let index = usize::try_from(a.i32(1)).ok();
                index.and_then(|index| a.object::<Extensions>(0).ok()?.at(index)).ok_or_else(Thrown::bad_index)
            }),
            ("X509Extension this[string oid]", |a| {
                let wanted = a.text(1, "oid")?.as_str();
                let found = a.object::<Extensions>(0)?.0.extensions.iter().find(|found| found.oid == wanted);
                Ok(found.map_or(Value::Null, extension))
            }),
        ],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.X509Certificates.PublicKey",
        members: &[
            ("Oid Oid", |a| Ok(oid(&a.object::<PublicKeyObject>(0)?.0.key_algorithm))),
            ("AsymmetricAlgorithm Key", |a| Ok(public_rsa(&a.object::<PublicKeyObject>(0)?.0))),
            ("AsnEncodedData EncodedKeyValue", |a| {
                let content = &a.object::<PublicKeyObject>(0)?.0;
                let (oid, raw) = (content.key_algorithm.clone(), content.public_key.clone());
                Ok(Value::object(Encoded { oid, raw, critical: None }))
            }),
            ("AsnEncodedData EncodedParameters", |a| {
                let content = &a.object::<PublicKeyObject>(0)?.0;
                let (oid, raw) = (content.key_algorithm.clone(), content.key_parameters.clone());
                Ok(Value::object(Encoded { oid, raw, critical: None }))
            }),
            ("RSA GetRSAPublicKey()", |a| Ok(public_rsa(&a.object::<PublicKeyObject>(0)?.0))),
            ("byte[] ExportSubjectPublicKeyInfo()", |a| {
                Ok(Value::bytes(a.object::<PublicKeyObject>(0)?.0.public_key_info.clone()))
            }),
        ],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.X509Certificates.X509Certificate : IDisposable",
        members: BASE,
    },
    TypeTable {
        decl: "class System.Security.Cryptography.X509Certificates.X509Certificate2 : X509Certificate",
        members: SECOND_MEMBERS,
    },
    TypeTable {
        decl: "static class System.Security.Cryptography.X509Certificates.RSACertificateExtensions",
        members: &[
            ("static RSA GetRSAPublicKey(this X509Certificate2 certificate)", |a| {
                certificate_arg(a)?;
                Ok(public_rsa(&*content(a)?))
            }),
            ("static RSA GetRSAPrivateKey(this X509Certificate2 certificate)", |a| private_rsa(certificate_arg(a)?)),
            ("static X509Certificate2 CopyWithPrivateKey(this X509Certificate2 certificate, RSA privateKey)", with_key),
        ],
    },
    TypeTable {
        decl: "static class Gateway.CertificateExtensions",
        members: &[("static bool VerifyNoRevocation(this X509Certificate2 certificate)", |a| {
            certificate_arg(a)?;
            verify(a, false)
        })],
    },
];
