//! `authentication-certificate`. Source: reference/policies.md, chapter 5.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::{ClientCertificate, Exchange};
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::jose::base64;
use crate::operand::{Dynamic, Object};
use bytes::Bytes;
use smol_str::SmolStr;
use std::fmt;
use tollgate_error::Code;
use tollgate_expression::Value;
use tollgate_expression::context::Context;

const NAME: &str = "authentication-certificate";

pub static SHAPE: Shape = Shape {
    name: NAME,
    doc: "Shows a client certificate to the backend in the TLS handshake.",
    attributes: &[
        Attr::new("thumbprint", Kind::Name, "A certificate of the configuration, by the SHA-1 of it in hex."),
        Attr::new("certificate-id", Kind::Name, "A certificate of the configuration, by id, without case."),
        Attr::new("body", Kind::Bytes, "The certificate itself: a PFX as `byte[]`, or in base64 as text."),
        Attr::new("password", Kind::Text, "Opens the PFX of `body`."),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "authentication",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<authentication-certificate thumbprint="CA06F56B258B7A0D4F2B05470939478651151984" />"#,
};

pub enum Certificate {
    Stored(Dynamic<SmolStr>),
    Pfx { body: Object, password: Option<Dynamic<SmolStr>> },
}

impl Certificate {
    pub fn new(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<Certificate> {
        const NAMES: [&str; 3] = ["thumbprint", "certificate-id", "body"];
        let given: Vec<&str> = NAMES.into_iter().filter(|name| node.is_given(name)).collect();
        if node.is_given("password") && !node.is_given("body") {
            emitter.error(Code::POLICY_VALUE_INVALID, node, "`password` opens `body`, and there is none");
            return None;
        }
        match *given.as_slice() {
            ["body"] => {
                let body = node.object_of("body")?;
                if let Object::Text(text) = &body
                    && base64(text).is_none_or(|bytes| bytes.is_empty())
                {
                    emitter.error(Code::POLICY_VALUE_INVALID, node, "`body` is neither an expression nor base64");
                    return None;
                }
                Some(Certificate::Pfx { body, password: node.text_of("password") })
            }
            [name] => {
                // Thumbprints are pasted with blanks and an invisible mark in front; ids have neither.
                let clean = |text: SmolStr| text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200e}').collect();
                let name = node.text_of(name)?.map(clean);
                emitter.uses_certificate(node, &name)?;
                Some(Certificate::Stored(name))
            }
            [] => {
                let message = format!("element `{NAME}` needs one of `{}`", NAMES.join("`, `"));
                emitter.error(Code::POLICY_ATTRIBUTE_MISSING, node, message);
                None
            }
            _ => {
                let message = format!("element `{NAME}` takes only one of `{}`", given.join("`, `"));
                emitter.error(Code::POLICY_VALUE_INVALID, node, message);
                None
            }
        }
    }

    pub fn evaluate(&self, context: &Context) -> Result<ClientCertificate, Fault> {
        match self {
            Certificate::Stored(name) => Ok(ClientCertificate::Stored(name.get(context)?)),
            Certificate::Pfx { body, password } => {
                let password = match password {
                    Some(password) => password.get_or_null(context)?.unwrap_or_default(),
                    None => SmolStr::default(),
                };
                let value: Value = body.get(context)?;
                let data = value.to_bytes().or_else(|| value.as_str().and_then(base64));
                let data = data.filter(|data| !data.is_empty());
                let data = data.ok_or_else(|| Fault::new(NAME, 500, "`body` gave no certificate"))?;
                Ok(ClientCertificate::Pfx { data: Bytes::from(data), password })
            }
        }
    }
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let certificate = Certificate::new(node, emitter)?;
    emitter.step(node, certificate)
}

impl Step for Certificate {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        exchange.target.client_certificate = Some(self.evaluate(&exchange.context)?);
        Ok(Next::Continue)
    }
}

/// Listings never show credentials.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Certificate::Stored(name) => name.fmt(f),
            Certificate::Pfx { .. } => f.write_str("(a PFX)"),
        }
    }
}
