//! `cache-remove-value`. Source: reference/policies.md, chapter 8; corrections.md, 10.

use super::{CACHING_TYPE, caching_type};
use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{CacheKind, Host};
use crate::instruction::Next;
use crate::operand::Dynamic;
use smol_str::SmolStr;

pub static SHAPE: Shape = Shape {
    name: "cache-remove-value",
    doc: "Removes a cached value.",
    attributes: &[
        Attr::new("key", Kind::Text, "The key.").required(),
        Attr::new(
            "fail-on-cache-removal-error",
            Kind::Bool,
            "Accepted for documents that have it; a cache that fails never fails the request here.",
        )
        .default("false"),
        CACHING_TYPE,
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "caching",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<cache-remove-value key="greeting" />"#,
};

#[derive(Debug)]
pub struct CacheRemoveValue {
    key: Dynamic<SmolStr>,
    cache: CacheKind,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = CacheRemoveValue { key: node.text_of("key")?, cache: caching_type(node) };
    emitter.wait(node, Wait::CacheRemoveValue(step))
}

impl CacheRemoveValue {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let key = self.key.get(&exchange.context)?;
        host.cache_remove(&key, self.cache).await;
        Ok(Next::Continue)
    }
}
