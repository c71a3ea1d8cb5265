//! `cache-lookup-value`. Source: reference/policies.md, chapter 8; corrections.md, 30.

use super::{CACHING_TYPE, caching_type, value_key};
use crate::check::Node;
use crate::elements::Wait;
use crate::elements::control::wait::Shared;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{CacheEntry, CacheKind, Host};
use crate::instruction::Next;
use crate::operand::{Dynamic, Object};
use smol_str::SmolStr;

pub static SHAPE: Shape = Shape {
    name: "cache-lookup-value",
    doc: "Reads a cached value into a variable. On a miss the variable becomes the default value, or stays unset.",
    attributes: &[
        Attr::new("key", Kind::Text, "The key.").required(),
        Attr::new("variable-name", Kind::Name, "The variable.").required().literal(),
        Attr::new("default-value", Kind::Object, "The value on a miss."),
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
    example: r#"<cache-lookup-value key="greeting" variable-name="greeting" default-value="hello" />"#,
};

#[derive(Debug)]
pub struct CacheLookupValue {
    key: Dynamic<SmolStr>,
    variable: SmolStr,
    default: Option<Object>,
    cache: CacheKind,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = CacheLookupValue {
        key: node.text_of("key")?,
        variable: node.literal_of("variable-name")?,
        default: node.object_of("default-value"),
        cache: caching_type(node),
    };
    emitter.uses().cache = true;
    emitter.wait(node, Wait::CacheLookupValue(step))
}

impl CacheLookupValue {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let key = self.wanted(exchange)?;
        let found = host.cache_get(&key, self.cache).await;
        self.keep(exchange, found)
    }

    /// The same while other branches of `wait` go on.
    pub async fn run_beside<H: Host>(&self, shared: &Shared<'_>, host: &H) -> Result<Next, Fault> {
        let key = self.wanted(&**shared.lock().await)?;
        let found = host.cache_get(&key, self.cache).await;
        self.keep(&mut **shared.lock().await, found)
    }

    fn wanted(&self, exchange: &Exchange) -> Result<String, Fault> {
        Ok(value_key(&self.key.get(&exchange.context)?))
    }

    fn keep(&self, exchange: &mut Exchange, found: Option<CacheEntry>) -> Result<Next, Fault> {
        let value = match (found, &self.default) {
            (Some(entry), _) => entry.value,
            (None, Some(default)) => default.get(&exchange.context)?,
            (None, None) => return Ok(Next::Continue),
        };
        exchange.context.variables.set(self.variable.clone(), value);
        Ok(Next::Continue)
    }
}
