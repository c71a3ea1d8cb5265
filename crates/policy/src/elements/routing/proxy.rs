//! `proxy`. Source: reference/policies.md, chapter 7.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{Ports, Proxy};
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use smol_str::SmolStr;
use std::fmt;
use tollgate_error::Code;
use tollgate_expression::context::{Context, Scheme};

pub static SHAPE: Shape = Shape {
    name: "proxy",
    doc: "Sends requests to the backend through an HTTP proxy. For `https` backends the proxy opens a tunnel \
          (`CONNECT`). Side calls take a `proxy` of their own.\n\n\
          User name and password go as Basic authentication. A proxy that insists on NTLM cannot be used: NTLM \
          authenticates connections, not requests, with algorithms that are broken; the request fails and says so.",
    attributes: &[
        Attr::new("url", Kind::Url, "`http://host:port` of the proxy.").required(),
        Attr::new("username", Kind::Text, "The user name, where the proxy asks for one."),
        Attr::new("password", Kind::Text, "The password."),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "routing",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: true,
    emit,
    example: r#"<proxy url="http://proxy.example.com:8080" username="gateway" password="secret" />"#,
};

pub struct Through {
    url: Dynamic<SmolStr>,
    username: Option<Dynamic<SmolStr>>,
    password: Option<Dynamic<SmolStr>>,
}

impl Through {
    pub fn new(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<Through> {
        let url = node.text_of("url")?;
        if let Some(Err(fault)) = url.fixed().map(|url| address(url)) {
            emitter.error(Code::POLICY_VALUE_INVALID, node, fault.message.clone());
            return None;
        }
        if node.is_given("password") && !node.is_given("username") {
            emitter.error(Code::POLICY_ATTRIBUTE_MISSING, node, "`proxy` has a `password` without a `username`");
            return None;
        }
        Some(Through { url, username: node.text_of("username"), password: node.text_of("password") })
    }

    pub fn evaluate(&self, context: &Context) -> Result<Proxy, Fault> {
        let (host, port) = address(&self.url.get(context)?)?;
        let text = |operand: &Option<Dynamic<SmolStr>>| match operand {
            Some(operand) => operand.get_or_null(context),
            None => Ok(None),
        };
        let username = text(&self.username)?.filter(|name| !name.is_empty());
        let credentials = match username {
            Some(username) => Some((username, text(&self.password)?.unwrap_or_default())),
            None => None,
        };
        Ok(Proxy { host, port, credentials })
    }
}

/// Host and port of a proxy's URL.
fn address(text: &str) -> Result<(SmolStr, u16), Fault> {
    match crate::url::parse(text) {
        Some(url) if url.scheme == Scheme::Http => Ok((url.host, url.port)),
        Some(_) => Err(Fault::new("", 500, format!("proxy `{text}` does not start with `http://`"))),
        None => Err(Fault::new("", 500, format!("`{text}` is not an absolute URL"))),
    }
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let through = Through::new(node, emitter)?;
    emitter.step(node, through)
}

impl Step for Through {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        exchange.target.proxy = Some(self.evaluate(&exchange.context)?);
        Ok(Next::Continue)
    }
}

/// Listings never show credentials.
impl fmt::Debug for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}
