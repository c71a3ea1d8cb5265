//! `quota-by-key`. Source: reference/policies.md, chapter 4.

use super::rate_limit_by_key::{amount, seconds_up};
use crate::check::Node;
use crate::elements::Deferred;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{Ports, QuotaHit, QuotaStanding};
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use http::{HeaderValue, header};
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tollgate_error::Code;
use tollgate_expression::context::Instant100ns;

pub static SHAPE: Shape = Shape {
    name: "quota-by-key",
    doc: "Limits calls or kilobytes per key in fixed windows. Several policies that count one key in a request count once.",
    attributes: &[
        Attr::new("calls", Kind::Int { min: 1, max: i64::MAX }, "Calls allowed in a window.").literal(),
        Attr::new("bandwidth", Kind::Int { min: 1, max: i64::MAX }, "Kilobytes allowed in a window.").literal(),
        Attr::new("renewal-period", Kind::SECONDS, "Length of the window in seconds, 300 at least; 0 never renews.")
            .required()
            .literal(),
        Attr::new("counter-key", Kind::Text, "The key.").required(),
        Attr::new("increment-condition", Kind::Bool, "Whether this call counts.").default("true"),
        Attr::new("increment-count", Kind::COUNT, "How much this call counts.").default("1"),
        Attr::new("first-period-start", Kind::Instant, "Where the windows are anchored, as `yyyy-MM-ddTHH:mm:ssZ`.")
            .literal()
            .default("0001-01-01T00:00:00Z"),
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
    example: r#"<quota-by-key calls="10000" bandwidth="40000" renewal-period="3600" counter-key="@(context.Request.IpAddress)" />"#,
};

/// Windows of quotas are at least this long, unless they never renew.
const PERIOD_MIN: Duration = Duration::from_secs(300);

/// A quota of bandwidth in play: when the answer is out, the host adds its bytes and those of the
/// request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferQuota {
    pub key: SmolStr,
    pub kilobytes: u64,
    pub period: Duration,
    pub first_period_start: Instant100ns,
}

struct QuotaByKey {
    calls: Option<u64>,
    kilobytes: Option<u64>,
    period: Duration,
    first_period_start: Instant100ns,
    key: Dynamic<SmolStr>,
    condition: Dynamic<bool>,
    count: Dynamic<i64>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let number = |name| node.literal_of(name).and_then(|text| text.parse::<u64>().ok());
    let (calls, kilobytes) = (number("calls"), number("bandwidth"));
    if calls.is_none() && kilobytes.is_none() {
        emitter.error(Code::POLICY_ATTRIBUTE_MISSING, node, "`quota-by-key` needs `calls` or `bandwidth`");
        return None;
    }
    let period = *node.seconds_of("renewal-period")?.fixed()?;
    if !period.is_zero() && period < PERIOD_MIN {
        let message = "`renewal-period` of `quota-by-key` is less than 300 seconds".to_owned();
        emitter.warn(node, message, "use 300 or more, or `rate-limit-by-key` for short windows");
    }
    let first_period_start = parse_instant(&node.literal_of("first-period-start")?)?;
    let step = QuotaByKey {
        calls,
        kilobytes,
        period,
        first_period_start,
        key: node.text_of("counter-key")?,
        condition: node.bool_of("increment-condition")?,
        count: node.int_of("increment-count")?,
    };
    emitter.step(node, Arc::new(step))
}

/// `yyyy-MM-dd[THH:mm:ss[.fff]][Z]`, UTC.
pub fn parse_instant(text: &str) -> Option<Instant100ns> {
    let text = text.trim().trim_end_matches(['Z', 'z']);
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let mut date = date.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let time = time.split('.').next()?;
    let mut time = time.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next().unwrap_or(Some(0))?);
    let in_range = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !in_range || !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return None;
    }
    // Days from civil, by Howard Hinnant's algorithm.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some(Instant100ns::from_unix(days * 86_400 + hour * 3_600 + minute * 60 + second, 0))
}

/// `Ok` when the quota holds.
pub fn verdict(source: &'static str, standing: QuotaStanding) -> Result<(), Fault> {
    let kind = match (standing.calls_exceeded, standing.bandwidth_exceeded) {
        (true, _) => "call volume",
        (false, true) => "bandwidth",
        (false, false) => return Ok(()),
    };
    let wait = standing.renews_in.map(seconds_up);
    let message = match wait {
        Some(seconds) => format!("Out of {kind} quota. Quota will be replenished in {}.", clock(seconds)),
        None => format!("Out of {kind} quota."),
    };
    let mut fault =
        Fault::new(source, 403, message.clone()).with_reason(Reason::QuotaExceeded).with_public_message(message);
    fault.status_reason = Some("Quota Exceeded".into());
    if let Some(seconds) = wait {
        fault.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Err(fault)
}

/// `[d.]hh:mm:ss`.
fn clock(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let time = format!("{:02}:{:02}:{:02}", rest / 3_600, rest % 3_600 / 60, rest % 60);
    if days == 0 { time } else { format!("{days}.{time}") }
}

impl QuotaByKey {
    fn hit<'k>(&self, key: &'k str, add_calls: u64) -> QuotaHit<'k> {
        QuotaHit {
            key,
            calls: self.calls,
            kilobytes: self.kilobytes,
            period: self.period,
            first_period_start: self.first_period_start,
            add_calls,
            add_bytes: 0,
        }
    }
}

impl Step for Arc<QuotaByKey> {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let key = self.key.get(context)?;
        let counted = exchange.run.quota_keys.contains(&key);
        let (add, later) = match (self.condition.fixed(), self.count.fixed()) {
            (Some(true), Some(count)) if !counted => (amount(*count), false),
            (Some(_), Some(_)) => (0, false),
            _ => (0, !counted),
        };
        verdict("quota-by-key", ports.quota(&self.hit(&key, add)))?;
        if add > 0 {
            exchange.run.quota_keys.push(key.clone());
        }
        if let Some(kilobytes) = self.kilobytes
            && !exchange.run.transfer_quotas.iter().any(|quota| quota.key == key)
        {
            exchange.run.transfer_quotas.push(TransferQuota {
                key: key.clone(),
                kilobytes,
                period: self.period,
                first_period_start: self.first_period_start,
            });
        }
        if later {
            exchange.run.deferred.push(Arc::new(CountLater { policy: self.clone(), key }));
        }
        Ok(Next::Continue)
    }
}

struct CountLater {
    policy: Arc<QuotaByKey>,
    key: SmolStr,
}

impl Deferred for CountLater {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<(), Fault> {
        let context = &exchange.context;
        if self.policy.condition.get(context)? && !exchange.run.quota_keys.contains(&self.key) {
            let count = amount(self.policy.count.get(context)?);
            ports.quota(&self.policy.hit(&self.key, count));
            exchange.run.quota_keys.push(self.key.clone());
        }
        Ok(())
    }
}

impl fmt::Debug for QuotaByKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(calls) = self.calls {
            write!(f, "{calls} calls ")?;
        }
        if let Some(kilobytes) = self.kilobytes {
            write!(f, "{kilobytes} kB ")?;
        }
        write!(f, "in {:?} for {:?}", self.period, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_anchor_windows() {
        let check = |text: &str, expected: Option<i64>| {
            assert_eq!(parse_instant(text).map(|instant| instant.0), expected, "{text}");
        };
        check("0001-01-01T00:00:00Z", Some(0));
        check("1970-01-01T00:00:00Z", Some(Instant100ns::UNIX_EPOCH.0));
        check("2000-02-29T12:00:00Z", Some(Instant100ns::from_unix(951_825_600, 0).0));
        check("2026-13-01T00:00:00Z", None);
        check("soon", None);
    }

    #[test]
    fn waits_print_as_time_spans() {
        assert_eq!(clock(86_399), "23:59:59");
        assert_eq!(clock(21 * 86_400 + 6 * 3_600 + 9 * 60 + 16), "21.06:09:16");
    }
}
