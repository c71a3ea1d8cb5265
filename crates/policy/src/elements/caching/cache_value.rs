//! `cache-value`. Source: reference/policies.md, chapter 8: the policy toolkit's description.

use super::{CACHING_TYPE, caching_type, value_key};
use crate::check::Node;
use crate::emit::{Emitter, body_needs};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{CacheKind, Host};
use crate::instruction::{BodyNeeds, Op};
use crate::operand::{Dynamic, Object};
use crate::plan::Handler;
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tollgate_expression::Value;
use tollgate_expression::context::Context;

static VALUE: Shape = Shape {
    name: "value",
    doc: "The policies that compute the value and leave it in the variable.",
    attributes: &[],
    content: Content::Policies,
};

pub static SHAPE: Shape = Shape {
    name: "cache-value",
    doc: "Gives a variable a cached value, and computes and stores it when there is none. Between `refresh-after` and \
          `expires-after` one request computes it anew while the others go on with the one that is there.\n\n\
          What is stored is the value that the policies leave in the variable, unless they leave none or null: then \
          the variable becomes the stale value, else the default value, else it stays unset. Both durations are \
          evaluated again after the policies. One request at a time refreshes a key on each node; when nothing is \
          cached, every request computes the value.",
    attributes: &[
        Attr::new("key", Kind::Text, "The key, shared with the other `cache-…-value` policies.").required(),
        Attr::new("variable-name", Kind::Name, "The variable.").required().literal(),
        Attr::new("expires-after", Kind::SECONDS, "Seconds for which a value is kept.").default("28800"),
        Attr::new(
            "refresh-after",
            Kind::SECONDS,
            "Seconds after which a value is computed anew; 0 computes it every time. As long as `expires-after` when \
             left out.",
        ),
        Attr::new("default-value", Kind::Object, "The value when there is no other."),
        CACHING_TYPE,
    ],
    content: Content::Children(&[Child::one(&VALUE)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "caching",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<cache-value key="rates" variable-name="rates" expires-after="600" refresh-after="60" default-value="none">
  <value><set-variable name="rates" value="@(context.Timestamp.Year)" /></value>
</cache-value>"#,
};

pub struct CacheValue {
    key: Dynamic<SmolStr>,
    variable: SmolStr,
    expires: Dynamic<Duration>,
    refresh: Option<Dynamic<Duration>>,
    default: Option<Object>,
    cache: CacheKind,
}

/// One whose policies are running.
pub struct CacheValueState {
    policy: Arc<CacheValue>,
    key: String,
    stale: Option<Value>,
    /// The seat of the one request that refreshes the key.
    seat: Option<SmolStr>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let value = Arc::new(CacheValue {
        key: node.text_of("key")?,
        variable: node.literal_of("variable-name")?,
        expires: node.seconds_of("expires-after")?,
        refresh: node.seconds_of("refresh-after"),
        default: node.object_of("default-value"),
        cache: caching_type(node),
    });
    emitter.uses().cache = true;
    let needs = body_needs(node, BodyNeeds::NONE);
    let begin = emitter.op(Op::CacheValueBegin { value, target: 0 }, needs);
    let start = emitter.here();
    let block = node.child("value")?;
    let outer = emitter.part(block.element, 0, "cache-value");
    emitter.policies(block.element);
    emitter.leave();
    emitter.place = outer;
    emitter.region(start, Handler::CacheValue);
    emitter.op(Op::CacheValueEnd, needs);
    emitter.land(begin);
    Some(())
}

impl CacheValue {
    /// Whether the policies must run.
    pub async fn begin<H: Host>(self: &Arc<CacheValue>, exchange: &mut Exchange, host: &H) -> Result<bool, Fault> {
        let key = value_key(&self.key.get(&exchange.context)?);
        let entry = host.cache_get(&key, self.cache).await;
        let mut state = CacheValueState { policy: self.clone(), key, stale: None, seat: None };
        if let Some(entry) = entry {
            let (expires, refresh) = self.durations(&exchange.context)?;
            let age = Host::now(host).0.saturating_sub(entry.stored.0);
            let younger = |limit: Duration| age < i64::try_from(limit.as_nanos() / 100).unwrap_or(i64::MAX);
            if younger(expires) {
                let seat = SmolStr::new(format!("cache-value:{}", state.key));
                let always = refresh.is_zero();
                let refreshes = always || (!younger(refresh) && Host::seat_take(host, &seat, 1));
                if !refreshes {
                    exchange.context.variables.set(self.variable.clone(), entry.value);
                    return Ok(false);
                }
                state.stale = Some(entry.value);
                state.seat = (!always).then_some(seat);
            }
        }
        exchange.context.variables.remove(&self.variable);
        exchange.run.cache_values.push(state);
        Ok(true)
    }

    fn durations(&self, context: &Context) -> Result<(Duration, Duration), Fault> {
        let expires = self.expires.get(context)?;
        let refresh = match &self.refresh {
            Some(refresh) => refresh.get(context)?,
            None => expires,
        };
        Ok((expires, refresh))
    }
}

/// After the policies of the innermost one.
pub async fn end<H: Host>(exchange: &mut Exchange, host: &H) -> Result<(), Fault> {
    let Some(state) = exchange.run.cache_values.pop() else { return Ok(()) };
    let outcome = keep(&state, exchange, host).await;
    give_up(state, host);
    outcome
}

/// Lets another request refresh the key.
pub fn give_up<H: Host>(state: CacheValueState, host: &H) {
    if let Some(seat) = state.seat {
        Host::seat_leave(host, &seat);
    }
}

async fn keep<H: Host>(state: &CacheValueState, exchange: &mut Exchange, host: &H) -> Result<(), Fault> {
    let CacheValueState { policy, key, stale, .. } = state;
    let context = &mut exchange.context;
    if let Some(value) = context.variables.get(&policy.variable).filter(|value| !value.is_null()).cloned() {
        let (expires, _) = policy.durations(context)?;
        if !expires.is_zero() {
            host.cache_put(key, value, expires, policy.cache).await;
        }
        return Ok(());
    }
    let value = match (stale, &policy.default) {
        (Some(stale), _) => stale.clone(),
        (None, Some(default)) => default.get(context)?,
        (None, None) => return Ok(()),
    };
    context.variables.set(policy.variable.clone(), value);
    Ok(())
}

impl fmt::Debug for CacheValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} into {} for {:?}", self.key, self.variable, self.expires)?;
        if let Some(refresh) = &self.refresh {
            write!(f, ", refreshed after {refresh:?}")?;
        }
        Ok(())
    }
}
