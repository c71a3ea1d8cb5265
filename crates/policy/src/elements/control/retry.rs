//! `retry`. Source: reference/policies.md, chapter 14; corrections.md, 8 and 9.

use crate::check::Node;
use crate::emit::{Emitter, body_needs};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::instruction::{BodyNeeds, Op};
use crate::operand::Dynamic;
use crate::plan::{Handler, Place};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tollgate_expression::context::Context;

/// Azure's documented range of `count` is 1 to 50; an expression that gives more retries as often.
const COUNT_MAX: i64 = 50;
const COUNT: Kind = Kind::Int { min: 1, max: COUNT_MAX };

pub static SHAPE: Shape = Shape {
    name: "retry",
    doc: "Runs the enclosed policies, and again while the condition holds after a run. With `interval` alone all waits \
          are alike; with `delta` they grow by it; with `delta` and `max-interval` they double, with some chance in \
          them, up to `max-interval`. `wait` may not stand inside.",
    attributes: &[
        Attr::new("condition", Kind::Bool, "Evaluated after each run; true runs the policies again.").required(),
        Attr::new("count", COUNT, "The most retries.").required(),
        Attr::new("interval", Kind::SECONDS, "Seconds between runs.").required(),
        Attr::new("max-interval", Kind::SECONDS, "With `delta`: the longest wait of exponential growth."),
        Attr::new("delta", Kind::SECONDS, "Seconds by which waits grow."),
        Attr::new("first-fast-retry", Kind::Bool, "Whether the first retry does not wait.").default("false"),
    ],
    content: Content::Policies,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "control",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<retry condition="@(context.Response == null || context.Response.StatusCode >= 500)" count="3" interval="1" first-fast-retry="true">
  <set-variable name="attempt" value="made" />
</retry>"#,
};

pub struct Retry {
    condition: Dynamic<bool>,
    count: Dynamic<i64>,
    interval: Dynamic<Duration>,
    max_interval: Option<Dynamic<Duration>>,
    delta: Option<Dynamic<Duration>>,
    first_fast: Dynamic<bool>,
}

/// One retry under way.
pub struct RetryState {
    retry: Arc<Retry>,
    made: i64,
    /// What ended the last run, when it failed.
    pub fault: Option<Fault>,
    /// The policy that failed then.
    pub decided_by: Option<Arc<Place>>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let retry = Retry {
        condition: node.bool_of("condition")?,
        count: node.int_of("count")?,
        interval: node.seconds_of("interval")?,
        max_interval: node.seconds_of("max-interval"),
        delta: node.seconds_of("delta"),
        first_fast: node.bool_of("first-fast-retry")?,
    };
    let needs = body_needs(node, BodyNeeds::NONE);
    emitter.op(Op::RetryBegin(Arc::new(retry)), BodyNeeds::NONE);
    let target = emitter.here();
    let place = emitter.place;
    emitter.policies(node.element);
    emitter.place = place;
    emitter.region(target, Handler::Retry);
    emitter.op(Op::RetryEnd { target }, needs);
    Some(())
}

impl Retry {
    pub fn begin(self: &Arc<Retry>) -> RetryState {
        RetryState { retry: self.clone(), made: 0, fault: None, decided_by: None }
    }

    /// The wait before retry `number` (from 1).
    fn wait(&self, number: i64, context: &Context) -> Result<Duration, Fault> {
        if number == 1 && self.first_fast.get(context)? {
            return Ok(Duration::ZERO);
        }
        let interval = self.interval.get(context)?;
        let Some(delta) = &self.delta else { return Ok(interval) };
        let delta = delta.get(context)?;
        let Some(longest) = &self.max_interval else {
            return Ok(interval + delta * u32::try_from(number - 1).unwrap_or(u32::MAX));
        };
        let jitter = 0.8 + 0.4 * fraction(context);
        let growth = delta.as_secs_f64() * jitter * 2_f64.powi(i32::try_from(number - 1).unwrap_or(i32::MAX).min(60));
        let longest = longest.get(context)?;
        Ok(Duration::try_from_secs_f64(interval.as_secs_f64() + growth).unwrap_or(longest).min(longest))
    }
}

/// At random between 0 and 1.
fn fraction(context: &Context) -> f64 {
    let mut bytes = [0; 4];
    context.environment.entropy(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

/// After a run of the block: how long to wait before the next. `None`: there is none. A fault of the
/// last run leaves the retry with it.
pub fn again(exchange: &mut Exchange) -> Result<Option<Duration>, Fault> {
    let Some(mut state) = exchange.run.retries.pop() else { return Ok(None) };
    let fault = state.fault.take();
    let context = &exchange.context;
    let count = state.retry.count.get(context)?.min(COUNT_MAX);
    let wait = if state.made < count && state.retry.condition.get(context)? {
        Some(state.retry.wait(state.made + 1, context)?)
    } else {
        None
    };
    match (wait, fault) {
        (Some(wait), _) => {
            state.made += 1;
            exchange.run.retries.push(state);
            Ok(Some(wait))
        }
        (None, Some(fault)) => {
            exchange.run.decided_by = state.decided_by;
            Err(fault)
        }
        (None, None) => Ok(None),
    }
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "up to {:?} times every {:?} while {:?}", self.count, self.interval, self.condition)
    }
}
