//! `rate-limit-by-key`. Source: reference/policies.md, chapter 4.

use crate::check::Node;
use crate::elements::Deferred;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{Ports, RateHit, RateStanding};
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use http::{HeaderName, HeaderValue, header};
use smol_str::{SmolStr, format_smolstr};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tollgate_expression::Value;

/// Windows of rate limits are at most 300 s.
pub const WINDOW: Kind = Kind::Seconds { min: 1, max: 300 };
pub const CALLS: Kind = Kind::Int { min: 1, max: i32::MAX as i64 };

pub const RETRY_HEADER: Attr = Attr::new(
    "retry-after-header-name",
    Kind::HeaderName,
    "Header with the seconds to wait, instead of `Retry-After`.",
)
.literal();
pub const RETRY_VARIABLE: Attr = Attr::new(
    "retry-after-variable-name",
    Kind::Name,
    "Variable with the seconds to wait, set when the limit is exceeded.",
)
.literal();
pub const REMAINING_HEADER: Attr =
    Attr::new("remaining-calls-header-name", Kind::HeaderName, "Response header with the calls left.").literal();
pub const REMAINING_VARIABLE: Attr =
    Attr::new("remaining-calls-variable-name", Kind::Name, "Variable with the calls left, set each time.").literal();
pub const TOTAL_HEADER: Attr =
    Attr::new("total-calls-header-name", Kind::HeaderName, "Response header with the value of `calls`.").literal();

pub static SHAPE: Shape = Shape {
    name: "rate-limit-by-key",
    doc: "Limits calls per key in a sliding window. A key has one counter on a gateway, whatever policies compute it. \
          With an expression in `increment-condition` or `increment-count` the call is counted at the end of outbound.",
    attributes: &[
        Attr::new("calls", CALLS, "Calls allowed in a window.").required(),
        Attr::new("renewal-period", WINDOW, "Length of the window in seconds.").required(),
        Attr::new("counter-key", Kind::Text, "The key.").required(),
        Attr::new("increment-condition", Kind::Bool, "Whether this call counts.").default("true"),
        Attr::new("increment-count", Kind::COUNT, "How much this call counts.").default("1"),
        Attr::new("increment-after-response", Kind::Bool, "Counts at the end of outbound.").literal().default("false"),
        RETRY_HEADER,
        RETRY_VARIABLE,
        REMAINING_HEADER,
        REMAINING_VARIABLE,
        TOTAL_HEADER,
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "access",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<rate-limit-by-key calls="5" renewal-period="60" counter-key="@(context.Request.IpAddress)" remaining-calls-header-name="X-Calls-Left" />"#,
};

/// Where a limit is told to the client and to later policies; shared with `rate-limit`.
#[derive(Default)]
pub struct Tell {
    retry_header: Option<HeaderName>,
    retry_variable: Option<SmolStr>,
    remaining_header: Option<HeaderName>,
    remaining_variable: Option<SmolStr>,
    total_header: Option<HeaderName>,
}

impl Tell {
    pub fn new(node: &Node<'_>) -> Tell {
        let header = |name| node.literal_of(name).and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok());
        Tell {
            retry_header: header("retry-after-header-name"),
            retry_variable: node.literal_of("retry-after-variable-name"),
            remaining_header: header("remaining-calls-header-name"),
            remaining_variable: node.literal_of("remaining-calls-variable-name"),
            total_header: header("total-calls-header-name"),
        }
    }

    /// Sets headers and variables; the fault when the limit is exceeded.
    pub fn tell(
        &self,
        source: &'static str,
        calls: u64,
        standing: RateStanding,
        exchange: &mut Exchange,
    ) -> Result<(), Fault> {
        if let Some(name) = &self.remaining_header {
            exchange.run.response_headers.push((name.clone(), HeaderValue::from(standing.remaining)));
        }
        if let Some(name) = &self.total_header {
            exchange.run.response_headers.push((name.clone(), HeaderValue::from(calls)));
        }
        if let Some(name) = &self.remaining_variable {
            exchange.context.variables.set(name.clone(), integer(standing.remaining));
        }
        if standing.allowed {
            return Ok(());
        }
        let wait = seconds_up(standing.retry_after);
        if let Some(name) = &self.retry_variable {
            exchange.context.variables.set(name.clone(), integer(wait));
        }
        let public = format!("Rate limit is exceeded. Try again in {wait} seconds.");
        let mut fault = Fault::new(source, 429, "Rate limit is exceeded.")
            .with_reason(Reason::RateLimitExceeded)
            .with_public_message(public);
        fault.headers.insert(self.retry_header.clone().unwrap_or(header::RETRY_AFTER), HeaderValue::from(wait));
        Err(fault)
    }
}

fn integer(number: u64) -> Value {
    Value::Int32(i32::try_from(number).unwrap_or(i32::MAX))
}

/// Whole seconds, at least one: a client that waits that long is let through.
pub fn seconds_up(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

struct RateLimitByKey {
    calls: Dynamic<i64>,
    window: Dynamic<Duration>,
    key: Dynamic<SmolStr>,
    condition: Dynamic<bool>,
    count: Dynamic<i64>,
    /// Counting waits for the end of outbound.
    later: bool,
    tell: Tell,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let condition = node.bool_of("increment-condition")?;
    let count = node.int_of("increment-count")?;
    let told = node.literal_of("increment-after-response").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
    let step = RateLimitByKey {
        calls: node.int_of("calls")?,
        window: node.seconds_of("renewal-period")?,
        key: node.text_of("counter-key")?,
        later: told || condition.fixed().is_none() || count.fixed().is_none(),
        condition,
        count,
        tell: Tell::new(node),
    };
    emitter.step(node, Arc::new(step))
}

/// Counts of a computed number; negative ones count nothing.
pub fn amount(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

impl Step for Arc<RateLimitByKey> {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let calls = amount(self.calls.get(context)?);
        let key = self.key.get(context)?;
        let window = self.window.get(context)?;
        let increment = if self.later || !self.condition.get(context)? { 0 } else { amount(self.count.get(context)?) };
        let standing = ports.rate(&RateHit { key: &key, calls, window, increment });
        self.tell.tell("rate-limit-by-key", calls, standing, exchange)?;
        if self.later {
            let later = CountLater { policy: self.clone(), key, calls, window };
            exchange.run.deferred.push(Arc::new(later));
        }
        Ok(Next::Continue)
    }
}

struct CountLater {
    policy: Arc<RateLimitByKey>,
    key: SmolStr,
    calls: u64,
    window: Duration,
}

impl Deferred for CountLater {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<(), Fault> {
        let context = &exchange.context;
        if self.policy.condition.get(context)? {
            let increment = amount(self.policy.count.get(context)?);
            ports.rate(&RateHit { key: &self.key, calls: self.calls, window: self.window, increment });
        }
        Ok(())
    }
}

impl fmt::Debug for RateLimitByKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} calls in {:?} for {:?}", self.calls, self.window, self.key)?;
        if self.later {
            write!(f, ", at the end {:?} if {:?}", self.count, self.condition)?;
        }
        Ok(())
    }
}

/// A counter's name that no `counter-key` can collide with by accident.
pub fn private_key(kind: &str, parts: &[&str]) -> SmolStr {
    format_smolstr!("\u{1}{kind}\u{1}{}", parts.join("\u{1}"))
}
