//! `cache-store`. Source: reference/policies.md, chapter 8. What is stored and what is not are
//! decisions of ours: see the doc below.

use super::response::{content, stored_headers};
use crate::check::Node;
use crate::coding;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Host;
use crate::instruction::Next;
use crate::operand::Dynamic;
use bytes::Bytes;
use std::time::Duration;
use tollgate_expression::Value;
use tollgate_expression::context::{Body, BodyState, Response};

pub static SHAPE: Shape = Shape {
    name: "cache-store",
    doc: "Keeps the response for requests that `cache-lookup` finds to be the same; without a lookup in inbound it does \
          nothing.\n\n\
          Stored are responses with status 200 of at most 2 MiB, without their `Set-Cookie` headers and decoded \
          (`Content-Encoding`), so that any client can read them. Never stored: a part (206) or a 304, anything but a \
          200 where the request was conditional, event streams, `Vary: *`, `Cache-Control: no-store`, and \
          `private` unless the lookup varies by developer or allows private responses. Other `Vary` headers are not \
          looked at: the lookup names what tells responses apart.",
    attributes: &[
        Attr::new("duration", Kind::SECONDS, "Seconds for which it is kept; 0 keeps nothing.").required(),
        Attr::new(
            "cache-response",
            Kind::Bool,
            "`true` stores the response whatever its status and whatever its `Cache-Control` says; `false` does not \
             store it.",
        ),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "caching",
    sections: Sections::of("o"),
    scopes: Scopes::ALL,
    once: true,
    emit,
    example: r#"<cache-store duration="3600" />"#,
};

#[derive(Debug)]
pub struct CacheStore {
    duration: Dynamic<Duration>,
    cache_response: Option<Dynamic<bool>>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = CacheStore { duration: node.seconds_of("duration")?, cache_response: node.bool_of("cache-response") };
    emitter.uses().cache = true;
    emitter.wait(node, Wait::CacheStore(step))
}

impl CacheStore {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let duration = self.duration.get(&exchange.context)?;
        let asked = match &self.cache_response {
            Some(flag) => Some(flag.get(&exchange.context)?),
            None => None,
        };
        let Some(wanted) = exchange.run.wanted.clone() else { return Ok(Next::Continue) };
        let storable = exchange
            .context
            .response
            .as_ref()
            .is_some_and(|response| wanted.may_store(response, asked.unwrap_or(false)));
        if !storable || asked == Some(false) || duration.is_zero() {
            return Ok(Next::Continue);
        }
        if let Some(content) = content(exchange).await
            && let Some(stored) = stored(exchange, content)
        {
            host.cache_put(&wanted.key, Value::response(stored), duration, wanted.cache).await;
        }
        if let Some(response) = &mut exchange.context.response {
            wanted.downstream.tell(&mut response.headers, duration);
        }
        Ok(Next::Continue)
    }
}

/// A copy for the cache. `None`: its content coding cannot be undone.
fn stored(exchange: &Exchange, content: Bytes) -> Option<Response> {
    let response = exchange.context.response.as_ref()?;
    let mut headers = response.headers.clone();
    let content = coding::decode(&mut headers, content, super::response::BYTES_MAX).ok()?;
    if headers.contains_key(http::header::CONTENT_ENCODING) {
        return None;
    }
    Some(Response {
        status_code: response.status_code,
        status_reason: response.status_reason.clone(),
        headers: stored_headers(exchange, response, content.len()),
        body: Body::new(BodyState::Buffered(content)),
    })
}
