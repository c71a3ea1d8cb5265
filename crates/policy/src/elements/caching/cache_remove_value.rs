//! `cache-remove-value`. Source: reference/policies.md, chapter 8; corrections.md, 10.

use super::{CACHING_TYPE, caching_type, value_key};
use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{CacheKind, CacheRemoval, Host};
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
            "Whether a cache that fails, or that has no such value, fails the request.",
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
    fails: Dynamic<bool>,
    cache: CacheKind,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = CacheRemoveValue {
        key: node.text_of("key")?,
        fails: node.bool_of("fail-on-cache-removal-error")?,
        cache: caching_type(node),
    };
    emitter.uses().cache = true;
    emitter.wait(node, Wait::CacheRemoveValue(step))
}

impl CacheRemoveValue {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let key = self.key.get(&exchange.context)?;
        let fails = self.fails.get(&exchange.context)?;
        let problem = match host.cache_remove(&value_key(&key), self.cache).await {
            CacheRemoval::Removed => return Ok(Next::Continue),
            CacheRemoval::Absent => format!("the cache has no value `{key}`"),
            CacheRemoval::Failed(problem) => format!("value `{key}` cannot be removed from the cache: {problem}"),
        };
        if fails {
            Err(Fault::new("", 500, problem).with_reason(Reason::CacheRemovalFailed))
        } else {
            Ok(Next::Continue)
        }
    }
}
