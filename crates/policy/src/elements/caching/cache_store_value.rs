//! `cache-store-value`. Source: reference/policies.md, chapter 8.

use super::{CACHING_TYPE, caching_type, value_key};
use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{CacheKind, Host};
use crate::instruction::Next;
use crate::operand::{Dynamic, Object};
use smol_str::SmolStr;
use std::time::Duration;

pub static SHAPE: Shape = Shape {
    name: "cache-store-value",
    doc: "Keeps a value under a key, without waiting until it is kept. Strings, numbers, dates, `byte[]`, JSON, \
          arrays, lists, dictionaries, tuples and responses keep their type; what lives in one process only (a lazy \
          sequence, a part of `context`) is not kept, nor is more than 2 MiB.",
    attributes: &[
        Attr::new("key", Kind::Text, "The key.").required(),
        Attr::new("value", Kind::Object, "The value; it keeps its type.").required(),
        Attr::new("duration", Kind::SECONDS, "Seconds for which it is kept.").required(),
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
    example: r#"<cache-store-value key="greeting" value="hello" duration="60" />"#,
};

#[derive(Debug)]
pub struct CacheStoreValue {
    key: Dynamic<SmolStr>,
    value: Object,
    duration: Dynamic<Duration>,
    cache: CacheKind,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = CacheStoreValue {
        key: node.text_of("key")?,
        value: node.object_of("value")?,
        duration: node.seconds_of("duration")?,
        cache: caching_type(node),
    };
    emitter.uses().cache = true;
    emitter.wait(node, Wait::CacheStoreValue(step))
}

impl CacheStoreValue {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let context = &exchange.context;
        let (key, value) = (self.key.get(context)?, self.value.get(context)?);
        let duration = self.duration.get(context)?;
        if !duration.is_zero() {
            host.cache_put(&value_key(&key), value, duration, self.cache).await;
        }
        Ok(Next::Continue)
    }
}
