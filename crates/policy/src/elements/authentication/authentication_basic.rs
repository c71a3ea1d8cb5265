//! `authentication-basic`. Source: reference/policies.md, chapter 5; corrections.md, 29.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, header};
use smol_str::SmolStr;
use std::fmt;
use tollgate_expression::context::Context;

pub static SHAPE: Shape = Shape {
    name: "authentication-basic",
    doc: "Sets `Authorization` to Basic credentials.",
    attributes: &[
        Attr::new("username", Kind::Text, "The user.").required(),
        Attr::new("password", Kind::Text, "The password.").required(),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "authentication",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: true,
    emit,
    example: r#"<authentication-basic username="service" password="secret" />"#,
};

pub struct Basic {
    username: Dynamic<SmolStr>,
    password: Dynamic<SmolStr>,
}

impl Basic {
    pub fn new(node: &Node<'_>) -> Option<Basic> {
        Some(Basic { username: node.text_of("username")?, password: node.text_of("password")? })
    }

    pub fn apply(&self, context: &Context, headers: &mut HeaderMap) -> Result<(), Fault> {
        headers.insert(header::AUTHORIZATION, self.value(context)?);
        Ok(())
    }

    fn value(&self, context: &Context) -> Result<HeaderValue, Fault> {
        let pair = format!("{}:{}", self.username.get(context)?, self.password.get(context)?);
        let text = format!("Basic {}", STANDARD.encode(pair));
        let mut value = HeaderValue::from_str(&text).map_err(|error| Fault::new("", 500, error.to_string()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    emitter.step(node, Basic::new(node)?)
}

impl Step for Basic {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let value = self.value(&exchange.context)?;
        exchange.context.request.headers.insert(header::AUTHORIZATION, value);
        Ok(Next::Continue)
    }
}

/// Listings never show credentials.
impl fmt::Debug for Basic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(credentials)")
    }
}
