//! `redirect-content-urls`. Source: reference/policies.md, chapter 9.

use crate::check::Node;
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Content, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::message;
use bytes::Bytes;
use tollgate_expression::context::{Context, Url};

pub static SHAPE: Shape = Shape {
    name: "redirect-content-urls",
    doc: "Replaces the backend's base URL in the response body with the gateway's URL of the API, so that links lead \
          through the gateway; in inbound the other way round. Headers stay as they are.",
    attributes: &[],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "transformation",
    sections: Sections::of("io"),
    scopes: Scopes::ALL,
    once: true,
    emit,
    example: "<redirect-content-urls />",
};

#[derive(Debug)]
struct RedirectContentUrls {
    side: Side,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    emitter.step_reading(node, emitter.own_body(), RedirectContentUrls { side: emitter.side() })
}

impl Step for RedirectContentUrls {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let content = message::content(&exchange.context, self.side);
        let Some(backend) = &exchange.target.base_url else { return Ok(Next::Continue) };
        if content.is_empty() {
            return Ok(Next::Continue);
        }
        let (backend, gateway) = (forms(backend, backend.path()), gateway(&exchange.context));
        let (from, to) = match self.side {
            Side::Response => (&backend, &gateway),
            Side::Request => (&gateway, &backend),
        };
        let Some(target) = to.first() else { return Ok(Next::Continue) };
        let mut changed = content.to_vec();
        for url in from {
            changed = replaced(&changed, url, target);
            // As JSON may escape slashes.
            changed = replaced(&changed, &url.replace('/', "\\/"), &target.replace('/', "\\/"));
        }
        if changed != content {
            message::replace(exchange, self.side, Bytes::from(changed), None);
        }
        Ok(Next::Continue)
    }
}

/// The API's URL at the gateway, as the client called it.
fn gateway(context: &Context) -> Vec<String> {
    let url = &context.request.original_url;
    let Some(api) = &context.api else { return forms(url, "") };
    let own = api.path.trim_matches('/');
    let mut path = if own.is_empty() { String::new() } else { format!("/{own}") };
    // A version in the path follows the API's own part.
    if let Some(version) = &api.version {
        let rest = url.path().get(path.len()..).unwrap_or_default().trim_start_matches('/');
        if !version.is_empty() && rest.split('/').next() == Some(version.as_str()) {
            path = format!("{path}/{version}");
        }
    }
    forms(url, &path)
}

/// A base URL without a slash at its end; with the port where it may stand, the usual form first.
fn forms(url: &Url, path: &str) -> Vec<String> {
    let path = path.trim_end_matches('/');
    let scheme = url.scheme.as_str();
    let with_port = format!("{scheme}://{}:{}{path}", url.host, url.port);
    if url.is_default_port() { vec![format!("{scheme}://{}{path}", url.host), with_port] } else { vec![with_port] }
}

/// Replaces whole URLs: what follows must not go on with the last name or the port.
fn replaced(content: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len());
    let mut rest = 0;
    for at in memchr::memmem::find_iter(content, from.as_bytes()) {
        let end = at + from.len();
        let goes_on = content.get(end).is_some_and(|next| {
            next.is_ascii_alphanumeric() || matches!(next, b'-' | b'.' | b'_' | b'~' | b'%' | b':' | b'@')
        });
        if goes_on {
            continue;
        }
        out.extend_from_slice(&content[rest..at]);
        out.extend_from_slice(to.as_bytes());
        rest = end;
    }
    out.extend_from_slice(&content[rest..]);
    out
}
