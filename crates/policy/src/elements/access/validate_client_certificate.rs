//! `validate-client-certificate`. Source: reference/policies.md, chapter 5; corrections.md, 13.
//!
//! The status of a failure is not documented by Azure: 403, as hand-written checks answer.

use super::tokens;
use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{ClientTrust, Ports};
use crate::instruction::{Next, Step};
use crate::jose::sha1_thumbprint;
use crate::operand::Dynamic;
use smol_str::SmolStr;
use tollgate_error::Code;
use tollgate_expression::context::{Context, Instant100ns};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

const NAME: &str = "validate-client-certificate";
/// Source: corrections.md, 13.
const IDENTITIES_MAX: usize = 10;

static IDENTITY: Shape = Shape {
    name: "identity",
    doc: "A certificate that is accepted: all attributes given here must fit it.",
    attributes: &[
        Attr::new("thumbprint", Kind::Name, "SHA-1 of the certificate in hex.").literal(),
        Attr::new("serial-number", Kind::Name, "Its serial number in hex.").literal(),
        Attr::new("common-name", Kind::Name, "The common name of its subject.").literal(),
        Attr::new("subject", Kind::Name, "Its subject as a distinguished name: `CN=client, O=\"Contoso, Inc.\"`.")
            .literal(),
        Attr::new("dns-name", Kind::Name, "A DNS name it is for.").literal(),
        Attr::new("issuer-subject", Kind::Name, "The subject of its issuer.").literal(),
        Attr::new("issuer-thumbprint", Kind::Name, "SHA-1 of its issuer's certificate in hex.").literal(),
        Attr::new(
            "issuer-certificate-id",
            Kind::Name,
            "The certificate of its issuer, by id; instead of the other attributes of the issuer.",
        )
        .literal(),
    ],
    content: Content::Nothing,
};

static IDENTITIES: Shape = Shape {
    name: "identities",
    doc: "Certificates that are accepted, at most ten: one must fit. Any, when left out.",
    attributes: &[],
    content: Content::Children(&[Child { shape: &IDENTITY, min: 1, max: IDENTITIES_MAX }]),
};

pub static SHAPE: Shape = Shape {
    name: NAME,
    doc: "Requires a client certificate in the TLS handshake. A gateway with this policy asks clients for one.",
    attributes: &[
        Attr::new(
            "validate-revocation",
            Kind::Bool,
            "Whether the certificate must not be on a revocation list. Lists are those that the gateway was given \
             (`net.server.tls.crl.file`); a certificate that no list covers passes.",
        )
        .literal()
        .default("true"),
        Attr::new(
            "validate-trust",
            Kind::Bool,
            "Whether the certificate must lead to an authority that the gateway trusts.",
        )
        .literal()
        .default("true"),
        Attr::new("validate-not-before", Kind::Bool, "Whether its time must have begun.").literal().default("true"),
        Attr::new("validate-not-after", Kind::Bool, "Whether its time must not be over.").literal().default("true"),
        Attr::new("ignore-error", Kind::Bool, "Whether to go on when the certificate is refused.")
            .literal()
            .default("false"),
    ],
    content: Content::Children(&[Child::optional(&IDENTITIES)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "access",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<validate-client-certificate validate-revocation="false" ignore-error="true">
  <identities>
    <identity subject="CN=client.example.com, O=&quot;Contoso, Inc.&quot;" issuer-subject="CN=Contoso CA" />
  </identities>
</validate-client-certificate>"#,
};

#[derive(Debug)]
struct ValidateClientCertificate {
    revocation: bool,
    trust: bool,
    not_before: bool,
    not_after: bool,
    ignore_error: bool,
    identities: Vec<Identity>,
}

#[derive(Debug)]
struct Identity {
    thumbprint: Option<SmolStr>,
    serial_number: Option<SmolStr>,
    common_name: Option<SmolStr>,
    subject: Option<Vec<String>>,
    dns_name: Option<SmolStr>,
    issuer_subject: Option<Vec<String>>,
    issuer_thumbprint: Option<SmolStr>,
    issuer_certificate: Option<SmolStr>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let flag = |name: &str| Some(node.literal_of(name)?.eq_ignore_ascii_case("true"));
    let identities = node.child("identities").into_iter().flat_map(|list| list.children_named("identity"));
    let identities: Vec<Option<Identity>> = identities.map(|identity| Identity::new(identity, emitter)).collect();
    let step = ValidateClientCertificate {
        revocation: flag("validate-revocation")?,
        trust: flag("validate-trust")?,
        not_before: flag("validate-not-before")?,
        not_after: flag("validate-not-after")?,
        ignore_error: flag("ignore-error")?,
        identities: identities.into_iter().collect::<Option<Vec<_>>>()?,
    };
    emitter.uses().client_certificate = true;
    emitter.step(node, step)
}

impl Identity {
    fn new(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<Identity> {
        const ISSUER: [&str; 2] = ["issuer-subject", "issuer-thumbprint"];
        if !IDENTITY.attributes.iter().any(|attribute| node.is_given(attribute.name)) {
            emitter.error(Code::POLICY_ATTRIBUTE_MISSING, node, "an `identity` needs at least one attribute");
            return None;
        }
        if node.is_given("issuer-certificate-id")
            && let Some(other) = ISSUER.into_iter().find(|name| node.is_given(name))
        {
            let message = format!("`issuer-certificate-id` excludes `{other}`");
            emitter.error(Code::POLICY_VALUE_INVALID, node, message);
            return None;
        }
        let issuer_certificate = node.literal_of("issuer-certificate-id");
        if let Some(id) = &issuer_certificate {
            emitter.uses_certificate(node, &Dynamic::Fixed(id.clone()))?;
        }
        let mut name = |attribute: &str| -> Result<Option<Vec<String>>, ()> {
            let Some(text) = node.literal_of(attribute) else { return Ok(None) };
            if let Some(parts) = distinguished_name(&text) {
                return Ok(Some(parts));
            }
            let message = format!("`{attribute}` is `{text}`, not a distinguished name such as `CN=client, O=Contoso`");
            emitter.error(Code::POLICY_VALUE_INVALID, node, message);
            Err(())
        };
        let (subject, issuer_subject) = (name("subject"), name("issuer-subject"));
        let hex = |attribute: &str| node.literal_of(attribute).map(|text| hex(&text));
        Some(Identity {
            thumbprint: hex("thumbprint"),
            serial_number: hex("serial-number"),
            common_name: node.literal_of("common-name"),
            subject: subject.ok()?,
            dns_name: node.literal_of("dns-name"),
            issuer_subject: issuer_subject.ok()?,
            issuer_thumbprint: hex("issuer-thumbprint"),
            issuer_certificate,
        })
    }

    fn fits(&self, certificate: &X509Certificate<'_>, der: &[u8], context: &Context, ports: &dyn Ports) -> bool {
        let same = |wanted: &Option<SmolStr>, given: &dyn Fn() -> String| {
            wanted.as_ref().is_none_or(|wanted| given().eq_ignore_ascii_case(wanted))
        };
        let serial = || hex(&certificate.raw_serial_as_string());
        let same_serial = |wanted: &SmolStr| serial().trim_start_matches('0') == wanted.trim_start_matches('0');
        let same_name = |wanted: &Option<Vec<String>>, given: &dyn Fn() -> Option<Vec<String>>| {
            wanted.as_ref().is_none_or(|wanted| given().is_some_and(|given| given == *wanted))
        };
        let names = || tollgate_expression::certificate_names(der);
        same(&self.thumbprint, &|| sha1_thumbprint(der))
            && self.serial_number.as_ref().is_none_or(same_serial)
            && same(&self.common_name, &|| common_name(certificate))
            && self.dns_name.as_ref().is_none_or(|wanted| is_for(certificate, wanted))
            && same_name(&self.subject, &|| distinguished_name(&names()?.0))
            && same_name(&self.issuer_subject, &|| distinguished_name(&names()?.1))
            && self.issuer_thumbprint.as_ref().is_none_or(|wanted| {
                let mut issuers = ports.client_issuers().into_iter();
                issuers
                    .any(|issuer| sha1_thumbprint(&issuer).eq_ignore_ascii_case(wanted) && is_issued_by(&issuer, ports))
            })
            && self.issuer_certificate.as_ref().is_none_or(|id| {
                tokens::certificate(context, id).is_some_and(|issuer| is_issued_by(&issuer.der, ports))
            })
    }
}

fn is_issued_by(issuer: &[u8], ports: &dyn Ports) -> bool {
    ports.client_trust(&ClientTrust::IssuedBy(issuer)).is_ok()
}

impl Step for ValidateClientCertificate {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        match self.check(&exchange.context, ports) {
            Err(fault) if !self.ignore_error => Err(fault),
            _ => Ok(Next::Continue),
        }
    }
}

impl ValidateClientCertificate {
    fn check(&self, context: &Context, ports: &dyn Ports) -> Result<(), Fault> {
        let Some(shown) = &context.request.certificate else {
            return Err(refused(Reason::ClientCertificateNotPresent, "Client certificate was not provided."));
        };
        let Ok((_, certificate)) = X509Certificate::from_der(&shown.der) else {
            return Err(refused(Reason::ClientCertificateInvalid, "Client certificate cannot be read."));
        };
        let now = ports.now();
        let (start, end) =
            (certificate.validity().not_before.timestamp(), certificate.validity().not_after.timestamp());
        if self.not_before && now < Instant100ns::from_unix(start, 0) {
            return Err(refused(Reason::ClientCertificateNotYetValid, "Client certificate is not yet valid."));
        }
        if self.not_after && now > Instant100ns::from_unix(end, 0) {
            return Err(refused(Reason::ClientCertificateExpired, "Client certificate has expired."));
        }
        if self.trust
            && let Err(why) = ports.client_trust(&ClientTrust::Configured)
        {
            return Err(refused(
                Reason::ClientCertificateNotTrusted,
                &format!("Client certificate is not trusted: {why}."),
            ));
        }
        if self.revocation
            && let Err(why) = ports.client_trust(&ClientTrust::NotRevoked)
        {
            return Err(refused(Reason::ClientCertificateRevoked, &format!("Client certificate was revoked: {why}.")));
        }
        let fits = |identity: &Identity| identity.fits(&certificate, &shown.der, context, ports);
        if self.identities.is_empty() || self.identities.iter().any(fits) {
            return Ok(());
        }
        Err(refused(Reason::ClientCertificateIdentityNotAllowed, "Client certificate matches no allowed identity."))
    }
}

fn refused(reason: Reason, message: &str) -> Fault {
    Fault::new(NAME, 403, format!("{message} Access denied."))
        .with_reason(reason)
        .with_public_message("Invalid client certificate")
}

/// Hex digits as they are compared: pasted ones come with blanks, colons, an invisible mark in front.
fn hex(text: &str) -> SmolStr {
    text.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase()).collect()
}

fn common_name(certificate: &X509Certificate<'_>) -> String {
    let name = certificate.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
    name.unwrap_or_default().to_owned()
}

/// Whether a DNS name is among those of the certificate, or its common name where it lists none.
fn is_for(certificate: &X509Certificate<'_>, wanted: &str) -> bool {
    let listed = certificate.subject_alternative_name().ok().flatten();
    let names: Vec<&str> = listed
        .iter()
        .flat_map(|names| &names.value.general_names)
        .filter_map(|name| if let GeneralName::DNSName(name) = name { Some(*name) } else { None })
        .collect();
    if names.is_empty() {
        return common_name(certificate).eq_ignore_ascii_case(wanted);
    }
    names.iter().any(|name| name.eq_ignore_ascii_case(wanted))
}

/// The parts of `CN=client, O="Contoso, Inc."` in order, as they are compared: without case and
/// without blanks around. `None`: it is no such name.
fn distinguished_name(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => part.extend(chars.next()),
            '"' => quoted = !quoted,
            '\\' if !quoted => part.extend(chars.next()),
            ',' | ';' if !quoted => parts.push(std::mem::take(&mut part)),
            c => part.push(c),
        }
    }
    parts.push(part);
    if quoted {
        return None;
    }
    let normal = |part: &String| {
        let (label, value) = part.split_once('=')?;
        let (label, value) = (label.trim().to_uppercase(), value.trim().to_lowercase());
        let label = if label == "ST" { "S".to_owned() } else { label };
        (!label.is_empty()).then(|| format!("{label}={value}"))
    };
    parts.iter().map(normal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguished_names_compare_by_their_parts() {
        let check = |a: &str, b: &str, same: bool| {
            assert_eq!(distinguished_name(a) == distinguished_name(b), same, "{a} and {b}");
        };
        check("CN=a,O=b", "cn = A ,  O=B", true);
        check("CN=a, O=\"Contoso, Inc.\"", "CN=a,O=Contoso\\, Inc.", true);
        check("CN=a, O=\"say \"\"x\"\"\"", "CN=a, O=\"say \"\"X\"\"\"", true);
        check("CN=a, ST=x", "CN=a, S=x", true);
        check("CN=a, O=b", "O=b, CN=a", false);
        assert_eq!(distinguished_name("nothing"), None);
        assert_eq!(distinguished_name("CN=\"a"), None);
    }

    #[test]
    fn hex_is_what_counts_in_a_thumbprint() {
        assert_eq!(hex("\u{200e}ab:cd 01"), "ABCD01");
    }
}
