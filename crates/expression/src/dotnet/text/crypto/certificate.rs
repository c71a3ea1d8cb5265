//! What `X509Certificate2` shows of a certificate.

use super::{HashAlgorithm, RsaKey};
use crate::dotnet::text::datetime::{DateTime, DateTimeKind};
use crate::dotnet::text::encoding::{from_base64, to_hex};
use crate::dotnet::text::error::{DotnetError, DotnetResult};
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use x509_parser::asn1_rs::{Any, ToDer};
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::parse_x509_certificate;
use x509_parser::prelude::X509Certificate;
use x509_parser::x509::X509Name;

/// `System.Security.Cryptography.X509Certificates.X509NameType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameType {
    SimpleName = 0,
    EmailName = 1,
    UpnName = 2,
    DnsName = 3,
    DnsFromAlternativeName = 4,
    UrlName = 5,
}

/// A parsed certificate; its private key, if there is one, is the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub raw: Vec<u8>,
    /// `Subject` and `Issuer` in .NET's form, the most specific part first.
    pub subject: String,
    pub issuer: String,
    /// Upper-case hexadecimal.
    pub serial_number: String,
    /// Upper-case hexadecimal SHA-1 of the whole.
    pub thumbprint: String,
    /// Local time, which is UTC.
    pub not_before: DateTime,
    pub not_after: DateTime,
    /// 1 to 3.
    pub version: u32,
    /// The object identifier of the signature algorithm in dots.
    pub signature_algorithm: String,
    /// The public key as DER (`SubjectPublicKeyInfo`).
    pub public_key_info: Vec<u8>,
    /// The object identifier of the public key's algorithm in dots.
    pub key_algorithm: String,
    /// The parameters of that algorithm as DER.
    pub key_parameters: Vec<u8>,
    /// The bits of the public key.
    pub public_key: Vec<u8>,
    pub extensions: Vec<Extension>,
    dns_names: Vec<String>,
    names: Names,
    issuer_names: Names,
}

/// `X509Extension`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// The object identifier in dots.
    pub oid: String,
    pub critical: bool,
    pub raw: Vec<u8>,
}

/// The parts that `GetNameInfo` chooses from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Names {
    simple: String,
    common: String,
    email: String,
    dns: String,
    url: String,
}

/// Object identifiers of name parts and what .NET calls them.
const PARTS: [(&str, &str); 16] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "S"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "T"),
    ("2.5.4.13", "Description"),
    ("2.5.4.17", "PostalCode"),
    ("2.5.4.42", "G"),
    ("2.5.4.43", "I"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    (EMAIL, "E"),
];
const EMAIL: &str = "1.2.840.113549.1.9.1";

/// `Subject` and `Issuer` of a certificate in DER as .NET prints them. `None`: it is none.
pub fn certificate_names(der: &[u8]) -> Option<(String, String)> {
    let (_, parsed) = parse_x509_certificate(der).ok()?;
    Some((distinguished_name(parsed.subject()), distinguished_name(parsed.issuer())))
}

impl Certificate {
    /// `new X509Certificate2(bytes)`: DER or PEM.
    pub fn parse(bytes: &[u8]) -> DotnetResult<Self> {
        let invalid = || DotnetError::cryptographic("ASN1 corrupted data.");
        let der = match std::str::from_utf8(bytes).ok().and_then(|text| text.split_once("-----BEGIN CERTIFICATE-----"))
        {
            Some((_, rest)) => {
                let (body, _) = rest.split_once("-----END CERTIFICATE-----").ok_or_else(invalid)?;
                from_base64(body).map_err(|_| invalid())?
            }
            None => bytes.to_vec(),
        };
        let (_, parsed) = parse_x509_certificate(&der).map_err(|_| invalid())?;
        let time = |seconds: i64| DateTime::from_unix(seconds, 0).with_kind(DateTimeKind::Local);
        Ok(Self {
            subject: distinguished_name(parsed.subject()),
            issuer: distinguished_name(parsed.issuer()),
            serial_number: to_hex(parsed.raw_serial()),
            thumbprint: to_hex(&HashAlgorithm::Sha1.hash(&der)),
            not_before: time(parsed.validity().not_before.timestamp()),
            not_after: time(parsed.validity().not_after.timestamp()),
            version: parsed.version().0.saturating_add(1),
            signature_algorithm: parsed.signature_algorithm.algorithm.to_id_string(),
            public_key_info: parsed.public_key().raw.to_vec(),
            key_algorithm: parsed.public_key().algorithm.algorithm.to_id_string(),
            key_parameters: parsed.public_key().algorithm.parameters.as_ref().map(encoded).unwrap_or_default(),
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
            extensions: parsed
                .extensions()
                .iter()
                .map(|extension| Extension {
                    oid: extension.oid.to_id_string(),
                    critical: extension.critical,
                    raw: extension.value.to_vec(),
                })
                .collect(),
            dns_names: alternative_names(&parsed, false)
                .into_iter()
                .filter_map(|name| match name {
                    GeneralName::DNSName(name) => Some((*name).to_owned()),
                    _ => None,
                })
                .collect(),
            names: Names::of(parsed.subject(), &alternative_names(&parsed, false)),
            issuer_names: Names::of(parsed.issuer(), &alternative_names(&parsed, true)),
            raw: der,
        })
    }

    /// `new X509Certificate2(bytes, password)`: as [`Self::parse`] or PKCS #12. Gives the private
    /// key, in PKCS #8, where there is one.
    pub fn open(bytes: &[u8], password: &str) -> DotnetResult<(Self, Option<Vec<u8>>)> {
        let plain = Self::parse(bytes);
        if plain.is_ok() {
            return plain.map(|certificate| (certificate, None));
        }
        if derivation_rounds(bytes) > DERIVATION_ROUNDS_MAX {
            return Err(DotnetError::cryptographic(
                "The PKCS#12 data exceeds the limit on the rounds of its key derivation.",
            ));
        }
        let archive = match Pkcs12Archive::from_pkcs12(bytes, password) {
            Ok(archive) => archive,
            Err(Error::MacError(_)) => {
                return Err(DotnetError::cryptographic("The specified network password is not correct."));
            }
            Err(_) => return Err(DotnetError::cryptographic("ASN1 corrupted data.")),
        };
        // The certificate of the first key; without a key the first certificate.
        let key = archive.keys.first();
        let own = key
            .and_then(|key| key.local_key_id.as_ref())
            .and_then(|id| archive.certs.iter().find(|found| found.local_key_id.as_deref() == Some(id.as_ref())));
        let found = own.or(archive.certs.first());
        let found = found.ok_or_else(|| DotnetError::cryptographic("The certificate content was empty or missing."))?;
        Ok((Self::parse(found.cert.as_der())?, key.map(|key| key.key.as_der().to_vec())))
    }

    /// `GetNameInfo(type, forIssuer)`.
    pub fn name_info(&self, kind: NameType, for_issuer: bool) -> &str {
        let names = if for_issuer { &self.issuer_names } else { &self.names };
        match kind {
            NameType::SimpleName => &names.simple,
            NameType::EmailName => &names.email,
            NameType::DnsName if names.dns.is_empty() => &names.common,
            NameType::DnsName | NameType::DnsFromAlternativeName => &names.dns,
            NameType::UrlName => &names.url,
            NameType::UpnName => "",
        }
    }

    /// The DNS names of the subject's alternative name.
    pub fn dns_names(&self) -> &[String] {
        &self.dns_names
    }

    /// `GetSerialNumber()`: the bytes, the least significant first.
    pub fn serial_number_bytes(&self) -> Vec<u8> {
        let bytes = crate::dotnet::text::encoding::from_hex(&self.serial_number).unwrap_or_default();
        bytes.into_iter().rev().collect()
    }

    /// `GetCertHash(algorithm)`.
    pub fn hash(&self, algorithm: HashAlgorithm) -> Vec<u8> {
        algorithm.hash(&self.raw)
    }

    /// `GetRSAPublicKey()`; `None` if the key is of another kind.
    pub fn rsa_public_key(&self) -> Option<RsaKey> {
        RsaKey::from_der(&self.public_key_info).ok()
    }
}

/// The whole of a short DER value: its head and what it holds.
fn encoded(value: &Any<'_>) -> Vec<u8> {
    value.to_der_vec().unwrap_or_default()
}

/// Rounds of one password-based derivation in PKCS #12 data: the data may come from a caller, who must
/// not choose for how long a worker computes.
const DERIVATION_ROUNDS_MAX: u64 = 2_000_000;

/// The largest count of rounds in PKCS #12 data: an INTEGER that follows a salt (an OCTET STRING).
fn derivation_rounds(bytes: &[u8]) -> u64 {
    let count_at = |at: usize| {
        let [0x04, salt_bytes @ 8..=64] = *bytes.get(at..at + 2)? else { return None };
        let after = at + 2 + usize::from(salt_bytes);
        let [0x02, length @ 1..=8] = *bytes.get(after..after + 2)? else { return None };
        let number = bytes.get(after + 2..after + 2 + usize::from(length))?;
        Some(number.iter().fold(0u64, |count, byte| count << 8 | u64::from(*byte)))
    };
    (0..bytes.len()).filter_map(count_at).max().unwrap_or(0)
}

fn alternative_names<'a>(certificate: &'a X509Certificate<'a>, of_issuer: bool) -> Vec<&'a GeneralName<'a>> {
    let extensions = certificate.extensions().iter().map(|extension| extension.parsed_extension());
    extensions
        .filter_map(|extension| match extension {
            ParsedExtension::SubjectAlternativeName(names) if !of_issuer => Some(&names.general_names),
            ParsedExtension::IssuerAlternativeName(names) if of_issuer => Some(&names.general_names),
            _ => None,
        })
        .flatten()
        .collect()
}

impl Names {
    fn of(name: &X509Name<'_>, alternatives: &[&GeneralName<'_>]) -> Self {
        let part = |id: &str| {
            let mut attributes = name.iter_attributes();
            attributes
                .find(|attribute| attribute.attr_type().to_id_string() == id)
                .and_then(|attribute| attribute.as_str().ok())
                .map(str::to_owned)
        };
        let alternative =
            |choose: fn(&GeneralName<'_>) -> Option<String>| alternatives.iter().find_map(|name| choose(name));
        let dns = alternative(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
        let email = alternative(|name| match name {
            GeneralName::RFC822Name(name) => Some((*name).to_owned()),
            _ => None,
        });
        let url = alternative(|name| match name {
            GeneralName::URI(name) => Some((*name).to_owned()),
            _ => None,
        });
        let simple = ["2.5.4.3", "2.5.4.11", "2.5.4.10", EMAIL].iter().find_map(|id| part(id));
        Self {
            simple: simple.or_else(|| email.clone()).or_else(|| dns.clone()).unwrap_or_default(),
            common: part("2.5.4.3").unwrap_or_default(),
            email: email.or_else(|| part(EMAIL)).unwrap_or_default(),
            dns: dns.unwrap_or_default(),
            url: url.unwrap_or_default(),
        }
    }
}

/// `CN=name, O="With, comma", C=IT`: the parts from last to first, as .NET prints them.
fn distinguished_name(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = name
        .iter()
        .map(|part| {
            let attributes: Vec<String> = part
                .iter()
                .map(|attribute| {
                    let id = attribute.attr_type().to_id_string();
                    let label = PARTS
                        .iter()
                        .find(|(known, _)| *known == id)
                        .map_or_else(|| format!("OID.{id}"), |(_, label)| (*label).to_owned());
                    let value = attribute.as_str().map_or_else(|_| to_hex(attribute.as_slice()), str::to_owned);
                    format!("{label}={}", quoted(&value))
                })
                .collect();
            attributes.join(" + ")
        })
        .collect();
    parts.reverse();
    parts.join(", ")
}

fn quoted(value: &str) -> String {
    let special = value.is_empty()
        || value.starts_with(' ')
        || value.ends_with(' ')
        || value.contains([',', '+', '=', '"', '\n', '<', '>', '#', ';']);
    if special { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `openssl req -x509 -subj "/C=IT/O=Big, Co/CN=api.example.com" -addext subjectAltName=DNS:alt.example.com`
    const PEM: &[u8] = include_bytes!("certificate_test.pem");

    #[test]
    fn fields() {
        let certificate = Certificate::parse(PEM).expect("a certificate");
        assert_eq!(certificate.subject, "CN=api.example.com, O=\"Big, Co\", C=IT");
        assert_eq!(certificate.issuer, certificate.subject);
        assert_eq!(certificate.serial_number, "0ABCDEF0");
        assert_eq!(certificate.serial_number_bytes(), [0xf0, 0xde, 0xbc, 0x0a]);
        assert_eq!((certificate.version, certificate.thumbprint.len()), (3, 40));
        assert_eq!(certificate.signature_algorithm, "1.2.840.113549.1.1.11");
        assert_eq!(certificate.name_info(NameType::SimpleName, false), "api.example.com");
        assert_eq!(certificate.name_info(NameType::DnsName, false), "alt.example.com");
        assert_eq!(certificate.name_info(NameType::DnsName, true), "api.example.com");
        assert!(certificate.not_before < certificate.not_after);
        assert_eq!(certificate.rsa_public_key().map(|key| key.key_size()), Some(2048));
        assert_eq!(Certificate::parse(&certificate.raw), Ok(certificate));
    }

    proptest! {
        #[test]
        fn any_bytes(bytes: Vec<u8>, cut in 0..800usize, flip in 0..800usize) {
            let _ = Certificate::parse(&bytes);
            let mut der = Certificate::parse(PEM).unwrap().raw;
            if let Some(byte) = der.get_mut(flip) {
                *byte ^= 0x41;
            }
            der.truncate(cut);
            let _ = Certificate::parse(&der);
        }
    }
}
