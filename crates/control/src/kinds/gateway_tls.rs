//! What a gateway's TLS is made of: `hostnameConfigurations` and `certificateAuthorities`.
//! Source: management-api.md, chapter 11.

use super::links::check_reference;
use super::{Behaviour, Draft, Field, Kind, Module};
use crate::api::error::Failure;
use crate::edit::Edit;
use crate::state::View;

pub static HOSTNAMES: Kind = Kind {
    path: "gateways/hostnameConfigurations",
    noun: "GatewayHostnameConfiguration",
    fields: &[
        Field::text("hostname", 1, 253).required(),
        Field::reference("certificateId", "certificates").required(),
        Field::flag("negotiateClientCertificate", false),
        Field::flag("tls10Enabled", false),
        Field::flag("tls11Enabled", false),
        Field::flag("http2Enabled", true),
    ],
    can_patch: false,
    behaviour: &Hostnames,
    ..Kind::DEFAULT
};

/// The name is that of the certificate that is trusted, or sent along.
pub static AUTHORITIES: Kind = Kind {
    path: "gateways/certificateAuthorities",
    noun: "GatewayCertificateAuthority",
    fields: &[Field::flag("isTrusted", false)],
    can_patch: false,
    behaviour: &Authorities,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module { kinds: &[&HOSTNAMES, &AUTHORITIES], ..Module::DEFAULT };

struct Hostnames;

impl Behaviour for Hostnames {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        check_reference(draft, edit, "certificateId");
        let host = draft.text("hostname").unwrap_or_default();
        let bare = host.strip_prefix("*.").unwrap_or(host);
        let is_host = bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if host != "*" && !is_host {
            draft.refuse("hostname", "'hostname' must be a host name, '*.' and a host name, or '*'");
        }
        Ok(())
    }
}

struct Authorities;

impl Behaviour for Authorities {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        if edit.get(&format!("certificates/{}", draft.name())).is_none() {
            return Err(Failure::absent("Certificate"));
        }
        Ok(())
    }
}
