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
    /// No answer counts as a failure.
    pub errors: bool,
    pub trip: Duration,
    /// `Retry-After` of the backend's answer replaces `trip`.
    pub accept_retry_after: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Condition {
    Count(usize),
    /// 1..=100.
    Percentage(usize),
}

/// What came of one call.
#[derive(Debug, Clone, Copy)]
pub enum Outcome {
    Status(u16, Option<Duration>),
    NoAnswer,
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
        let state = Mutex::new(State { open_until: None, outcomes });
        Some(Breaker { definition: definition.clone(), rules, state })
    }

    /// How long it stays open; `None` when it is closed.
    pub fn open_for(&self, now: Instant) -> Option<Duration> {
        let open_until = self.state.lock().open_until?;
        (open_until > now).then(|| open_until - now)
    }

    pub fn record(&self, outcome: Outcome, now: Instant) {
        let mut state = self.state.lock();
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
            }
        }
    }
}

impl BreakerRule {
    fn counts(&self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Status(status, _) => self.statuses.iter().any(|(min, max)| (*min..=*max).contains(&status)),
            Outcome::NoAnswer => self.errors,
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
    let reasons = condition.get("errorReasons").and_then(Value::as_array).is_some_and(|reasons| !reasons.is_empty());
    Some(BreakerRule {
        condition: condition_kind,
        interval: iso_duration(condition.get("interval")?.as_str()?)?,
        // A backend that gives no answer at all is failing under either way of counting.
        errors: reasons || !statuses.is_empty(),
        statuses,
        trip: iso_duration(value.get("tripDuration")?.as_str()?)?,
        accept_retry_after: value.get("acceptRetryAfter").and_then(Value::as_bool).unwrap_or(false),
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
        breaker.record(Outcome::NoAnswer, at(12));
        assert_eq!(breaker.open_for(at(12)), Some(Duration::from_secs(60)));
        assert_eq!(breaker.open_for(at(72)), None);
        breaker.record(Outcome::Status(500, None), at(80));
        breaker.record(Outcome::Status(500, Some(Duration::from_secs(5))), at(80));
        assert_eq!(breaker.open_for(at(80)), Some(Duration::from_secs(5)), "the backend says how long");
    }

    #[test]
    fn definitions_without_a_usable_rule_make_no_breaker() {
        for definition in [json!({}), json!({"rules": []}), json!({"rules": [{"failureCondition": {"count": 1}}]})] {
            assert!(Breaker::from_definition(&definition).is_none());
        }
    }
}
