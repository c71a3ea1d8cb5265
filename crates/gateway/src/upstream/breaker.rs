//! Circuit breakers of backends, one per node and backend; they outlive a configuration swap.
//! Source: reference/management-api.md (`circuitBreaker`), reference/gateway.md §9.

use parking_lot::Mutex;
use serde_json::Value;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Outcomes remembered per rule. A rule cannot ask for more failures than this.
const OUTCOMES_MAX: usize = 10_000;

#[derive(Debug, Clone, PartialEq)]
pub struct BreakerRule {
    pub condition: Condition,
    pub interval: Duration,
    /// Status codes that count as failures, inclusive.
    pub statuses: Vec<(u16, u16)>,
    /// Which calls without an answer count as failures.
    pub errors: Errors,
    pub trip: Duration,
    /// `Retry-After` of the backend's answer replaces `trip`.
    pub accept_retry_after: bool,
    /// Status of the answer while open; 503 when left out.
    pub failure_status: Option<u16>,
}

/// An open breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub retry_after: Duration,
    pub status: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Condition {
    Count(usize),
    /// 1..=100.
    Percentage(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Errors {
    None,
    All,
    /// Reasons as `context.LastError.Reason` has them.
    Of(Vec<String>),
}

/// What came of one call.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'o> {
    Status(u16, Option<Duration>),
    /// The reason of the error: `Timeout`, `BackendConnectionFailure`.
    NoAnswer(&'o str),
}

#[derive(Debug)]
pub struct Breaker {
    pub definition: Value,
    rules: Vec<BreakerRule>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    open_until: Option<Instant>,
    failure_status: Option<u16>,
    /// Per rule: when, and whether it failed.
    outcomes: Vec<VecDeque<(Instant, bool)>>,
}

impl Breaker {
    /// `None`: the definition has no usable rule.
    pub fn from_definition(definition: &Value) -> Option<Breaker> {
        let rules: Vec<BreakerRule> = definition.get("rules")?.as_array()?.iter().filter_map(rule).collect();
        if rules.is_empty() {
            return None;
        }
        let outcomes = rules.iter().map(|_| VecDeque::new()).collect();
        let state = Mutex::new(State { outcomes, ..State::default() });
        Some(Breaker { definition: definition.clone(), rules, state })
    }

    /// How long it stays open; `None` when it is closed.
    pub fn open_for(&self, now: Instant) -> Option<Open> {
        let state = self.state.lock();
        let open_until = state.open_until?;
        (open_until > now).then(|| Open { retry_after: open_until - now, status: state.failure_status })
    }

    pub fn record(&self, outcome: Outcome<'_>, now: Instant) {
        let state = &mut *self.state.lock();
        for (index, rule) in self.rules.iter().enumerate() {
            let failed = rule.counts(outcome);
            let outcomes = &mut state.outcomes[index];
            while outcomes.front().is_some_and(|(at, _)| now.duration_since(*at) >= rule.interval) {
                outcomes.pop_front();
            }
            if failed || matches!(rule.condition, Condition::Percentage(_)) {
                outcomes.push_back((now, failed));
            }
            if outcomes.len() > OUTCOMES_MAX {
                outcomes.pop_front();
            }
            let failures = outcomes.iter().filter(|(_, failed)| *failed).count();
            let trips = match rule.condition {
                Condition::Count(count) => failures >= count,
                Condition::Percentage(share) => failures > 0 && failures * 100 >= share * outcomes.len(),
            };
            if failed && trips {
                let asked = match outcome {
                    Outcome::Status(_, retry_after) if rule.accept_retry_after => retry_after,
                    _ => None,
                };
                outcomes.clear();
                state.open_until = Some(now + asked.unwrap_or(rule.trip));
                state.failure_status = rule.failure_status;
            }
        }
    }
}

impl BreakerRule {
    fn counts(&self, outcome: Outcome<'_>) -> bool {
        match (outcome, &self.errors) {
            (Outcome::Status(status, _), _) => self.statuses.iter().any(|(min, max)| (*min..=*max).contains(&status)),
            (Outcome::NoAnswer(_), Errors::All) => true,
            (Outcome::NoAnswer(_), Errors::None) => false,
            (Outcome::NoAnswer(reason), Errors::Of(reasons)) => {
                reasons.iter().any(|wanted| wanted.eq_ignore_ascii_case(reason))
            }
        }
    }
}

fn rule(value: &Value) -> Option<BreakerRule> {
    let condition = value.get("failureCondition")?;
    let number = |name: &str| condition.get(name).and_then(Value::as_u64).filter(|number| *number > 0);
    let (count, percentage) = (number("count"), number("percentage"));
    let condition_kind = match (count, percentage) {
        (Some(count), _) => Condition::Count((count as usize).min(OUTCOMES_MAX)),
        (None, Some(share)) => Condition::Percentage((share as usize).min(100)),
        (None, None) => return None,
    };
    let ranges = condition.get("statusCodeRanges").and_then(Value::as_array);
    let statuses: Vec<(u16, u16)> = ranges
        .map(|ranges| {
            let bound = |range: &Value, name: &str| {
                range.get(name).and_then(Value::as_u64).and_then(|number| u16::try_from(number).ok())
            };
            ranges.iter().filter_map(|range| Some((bound(range, "min")?, bound(range, "max")?))).collect()
        })
        .unwrap_or_default();
    let reasons = condition.get("errorReasons").and_then(Value::as_array);
    let reasons: Vec<String> =
        reasons.into_iter().flatten().filter_map(|reason| reason.as_str().map(str::to_owned)).collect();
    let failure_status = value.get("failureResponse").and_then(|response| response.get("statusCode"));
    // A backend that gives no answer is answered for with a 5xx: a rule that counts those counts it
    // too. So does one for "Server errors", as Azure's examples write it.
    let fails = statuses.iter().any(|(min, max)| *min <= 599 && *max >= 500);
    let all = fails || reasons.iter().any(|reason| reason.eq_ignore_ascii_case("Server errors"));
    Some(BreakerRule {
        condition: condition_kind,
        interval: iso_duration(condition.get("interval")?.as_str()?)?,
        errors: match reasons.is_empty() {
            _ if all => Errors::All,
            true => Errors::None,
            false => Errors::Of(reasons),
        },
        statuses,
        trip: iso_duration(value.get("tripDuration")?.as_str()?)?,
        accept_retry_after: value.get("acceptRetryAfter").and_then(Value::as_bool).unwrap_or(false),
        failure_status: failure_status.and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()),
    })
}

/// `PT1M30S`, `P1DT2H`.
fn iso_duration(text: &str) -> Option<Duration> {
    let span: jiff::Span = text.parse().ok()?;
    let seconds = span.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours())).ok()?;
    (seconds > 0.0).then(|| Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn opens_after_the_count_within_the_interval_and_closes_after_the_trip() {
        let breaker = Breaker::from_definition(&json!({"rules": [{
            "failureCondition": {"count": 2, "interval": "PT10S", "statusCodeRanges": [{"min": 500, "max": 599}]},
            "tripDuration": "PT1M", "acceptRetryAfter": true,
        }]}))
        .expect("rules");
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        breaker.record(Outcome::Status(500, None), at(0));
        breaker.record(Outcome::Status(404, None), at(1));
        breaker.record(Outcome::Status(503, None), at(11));
        assert_eq!(breaker.open_for(at(11)), None, "the first failure is too old");
        breaker.record(Outcome::NoAnswer("Timeout"), at(12));
        assert_eq!(breaker.open_for(at(12)).map(|open| open.retry_after), Some(Duration::from_secs(60)));
        assert_eq!(breaker.open_for(at(72)), None);
        breaker.record(Outcome::Status(500, None), at(80));
        breaker.record(Outcome::Status(500, Some(Duration::from_secs(5))), at(80));
        let open = breaker.open_for(at(80)).map(|open| open.retry_after);
        assert_eq!(open, Some(Duration::from_secs(5)), "the backend says how long");
    }

    #[test]
    fn only_the_reasons_named_count_and_the_answer_may_have_its_own_status() {
        let breaker = Breaker::from_definition(&json!({"rules": [{
            "failureCondition": {"percentage": 50, "interval": "PT10S", "errorReasons": ["timeout"]},
            "tripDuration": "PT1M", "failureResponse": {"statusCode": 429},
        }]}))
        .expect("rules");
        let now = Instant::now();
        breaker.record(Outcome::NoAnswer("BackendConnectionFailure"), now);
        breaker.record(Outcome::Status(500, None), now);
        assert_eq!(breaker.open_for(now), None);
        breaker.record(Outcome::NoAnswer("Timeout"), now);
        assert_eq!(breaker.open_for(now), None, "one of three is less than half");
        breaker.record(Outcome::NoAnswer("Timeout"), now);
        assert_eq!(breaker.open_for(now).and_then(|open| open.status), Some(429));
    }

    #[test]
    fn definitions_without_a_usable_rule_make_no_breaker() {
        for definition in [json!({}), json!({"rules": []}), json!({"rules": [{"failureCondition": {"count": 1}}]})] {
            assert!(Breaker::from_definition(&definition).is_none());
        }
    }
}
