//! Expectations against what came: each difference is a paragraph that says where, what was
//! expected, and what came.

use super::format::{Expect, ExpectError, ExpectReceived, ExpectStep, Matcher, Rule, StepParts, plain};
use indexmap::IndexMap;
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::fmt::Write;
use tollgate_expression::context::BodyState;
use tollgate_policy::simulation::{Played, Received};
use tollgate_policy::trace::{Decision, Outcome, Step};

/// Everything that is not as expected.
pub fn differences(expect: &Expect, played: &Played) -> Vec<String> {
    let mut found = Vec::new();
    let context = &played.exchange.context;
    if let Some(response) = &context.response {
        if let Some(status) = expect.status
            && status != response.status_code
        {
            found.push(differs("status", &status.to_string(), &response.status_code.to_string()));
        }
        if let Some(reason) = &expect.reason
            && response.status_reason.as_deref() != Some(reason)
        {
            found.push(differs("reason", reason, response.status_reason.as_deref().unwrap_or("(none)")));
        }
        headers("header", &expect.headers, &response.headers, &mut found);
        let body = bytes(&response.body.state());
        body_of("body", expect.body.as_ref(), &expect.json, &body, &mut found);
    }
    received("backend", expect.backend.as_deref(), &played.received, &mut found);
    received("side call", expect.side_calls.as_deref(), &played.side_received, &mut found);
    for (name, wanted) in &expect.variables {
        let value = context.variables.get(name).map(|value| value.to_text().to_string());
        optional(&format!("variable {name}"), wanted.as_ref(), value.as_deref(), &mut found);
    }
    trace(expect, played, &mut found);
    if let Some(wanted) = &expect.last_error {
        last_error(wanted, played, &mut found);
    }
    if let Some(wanted) = &expect.decided_by {
        let came = match &played.trace.decided_by {
            Some(Decision::Policy(place)) => place.element.as_str(),
            Some(Decision::BuiltIn { step }) => step.as_str(),
            None => "backend",
        };
        if wanted != came {
            found.push(differs("decided by", wanted, came));
        }
    }
    for wanted in &expect.log {
        if !played.log.iter().any(|line| fits(wanted, line)) {
            found.push(differs("log", &shown(wanted), &played.log.join("\n")));
        }
    }
    if let Some(wanted) = expect.waited {
        let came = played.slept.iter().sum::<std::time::Duration>().as_secs_f64();
        if (wanted - came).abs() > 1e-6 {
            found.push(differs("waited", &wanted.to_string(), &came.to_string()));
        }
    }
    found
}

fn headers(what: &str, wanted: &IndexMap<String, Option<Matcher>>, headers: &http::HeaderMap, found: &mut Vec<String>) {
    for (name, wanted) in wanted {
        let values: Vec<String> = headers
            .get_all(name.as_str())
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        let came = (!values.is_empty()).then(|| values.join(", "));
        optional(&format!("{what} {name}"), wanted.as_ref(), came.as_deref(), found);
    }
}

/// `wanted` none: it must be absent.
fn optional(what: &str, wanted: Option<&Matcher>, came: Option<&str>, found: &mut Vec<String>) {
    match (wanted, came) {
        (None, None) => {}
        (None, Some(came)) => found.push(differs(what, "(absent)", came)),
        (Some(wanted), None) => found.push(differs(what, &shown(wanted), "(absent)")),
        (Some(wanted), Some(came)) if !fits(wanted, came) => found.push(differs(what, &shown(wanted), came)),
        (Some(_), Some(_)) => {}
    }
}

fn body_of(what: &str, wanted: Option<&Matcher>, paths: &IndexMap<String, Value>, body: &str, found: &mut Vec<String>) {
    if let Some(wanted) = wanted
        && !fits(wanted, body)
    {
        found.push(differs(what, &shown(wanted), body));
    }
    if paths.is_empty() {
        return;
    }
    let Ok(json) = serde_json::from_str::<Value>(body) else {
        found.push(differs(what, "JSON", body));
        return;
    };
    for (path, wanted) in paths {
        match at(&json, path) {
            Ok(came) if same(came.unwrap_or(&Value::Null), wanted) => {}
            Ok(came) => {
                let came = came.map_or_else(|| "(absent)".to_owned(), pretty);
                found.push(differs(&format!("{what} {path}"), &pretty(wanted), &came));
            }
            Err(why) => found.push(format!("{what}: {why}")),
        }
    }
}

fn received(what: &str, wanted: Option<&[ExpectReceived]>, came: &[Received], found: &mut Vec<String>) {
    let Some(wanted) = wanted else { return };
    if wanted.len() != came.len() {
        let list = |came: &[Received]| {
            let lines: Vec<String> = came.iter().map(|one| format!("{} {}", one.method, one.url)).collect();
            if lines.is_empty() { "(none)".to_owned() } else { lines.join("\n") }
        };
        found.push(differs(&format!("{what}s"), &format!("{} requests", wanted.len()), &list(came)));
        return;
    }
    for (index, (wanted, came)) in wanted.iter().zip(came).enumerate() {
        let what = if came_once(wanted, came) { continue } else { format!("{what} {}", index + 1) };
        if let Some(method) = &wanted.method
            && method != came.method.as_str()
        {
            found.push(differs(&format!("{what} method"), method, came.method.as_str()));
        }
        if let Some(url) = &wanted.url {
            optional(&format!("{what} URL"), Some(url), Some(&came.url), found);
        }
        headers(&format!("{what} header"), &wanted.headers, &came.headers, found);
        let body = String::from_utf8_lossy(&came.body);
        body_of(&format!("{what} body"), wanted.body.as_ref(), &wanted.json, &body, found);
    }
}

/// Whether nothing is expected of a request but that it came.
fn came_once(wanted: &ExpectReceived, _: &Received) -> bool {
    wanted.method.is_none()
        && wanted.url.is_none()
        && wanted.headers.is_empty()
        && wanted.body.is_none()
        && wanted.json.is_empty()
}

fn trace(expect: &Expect, played: &Played, found: &mut Vec<String>) {
    let steps: Vec<&Step> = played.trace.trace_entries.steps().collect();
    let mut rest = steps.iter();
    for wanted in &expect.trace {
        if !rest.any(|step| is_step(wanted, step)) {
            found.push(differs("trace", &step_shown(wanted), &listed(&steps)));
            break;
        }
    }
    for unwanted in &expect.not_in_trace {
        if steps.iter().any(|step| is_step(unwanted, step)) {
            found.push(differs("trace", &format!("no {}", step_shown(unwanted)), &listed(&steps)));
        }
    }
}

fn listed(steps: &[&Step]) -> String {
    let line = |step: &&Step| format!("{} {} {}", step.policy.section, step.policy.path, outcome(step.outcome));
    steps.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ran => "ran",
        Outcome::Skipped => "skipped",
        Outcome::Repeated => "repeated",
        Outcome::Answered => "answered",
        Outcome::Failed => "failed",
    }
}

fn is_step(wanted: &ExpectStep, step: &Step) -> bool {
    let place = &step.policy;
    match wanted {
        ExpectStep::Element(name) => place.element == *name && step.outcome != Outcome::Skipped,
        ExpectStep::Step(parts) => {
            let StepParts { element, path, section, scope, fragment, id, outcome: wanted, message } = &**parts;
            let is = |wanted: &Option<String>, came: &str| wanted.as_ref().is_none_or(|wanted| wanted == came);
            is(element, &place.element)
                && is(path, &place.path)
                && is(section, &place.section)
                && is(scope, &place.scope)
                && is(fragment, place.fragment.as_deref().unwrap_or_default())
                && is(id, place.id.as_deref().unwrap_or_default())
                && is(wanted, outcome(step.outcome))
                && message.as_ref().is_none_or(|wanted| step.messages.iter().any(|line| fits(wanted, line)))
        }
    }
}

fn step_shown(wanted: &ExpectStep) -> String {
    match wanted {
        ExpectStep::Element(name) => name.clone(),
        ExpectStep::Step(step) => {
            let StepParts { element, path, section, scope, fragment, id, outcome, message } = &**step;
            let mut parts = Vec::new();
            let message = message.as_ref().map(shown);
            for part in [section, path, element, scope, fragment, id, outcome, &message].into_iter().flatten() {
                parts.push(part.as_str());
            }
            parts.join(" ")
        }
    }
}

fn last_error(wanted: &ExpectError, played: &Played, found: &mut Vec<String>) {
    let Some(error) = &played.exchange.context.last_error else {
        found.push(differs("last error", wanted.reason.as_deref().unwrap_or("an error"), "(none)"));
        return;
    };
    let parts = [
        ("source", &wanted.source, Some(error.source.as_str())),
        ("reason", &wanted.reason, error.reason.as_deref()),
        ("scope", &wanted.scope, error.scope.as_deref()),
        ("section", &wanted.section, error.section.as_deref()),
        ("path", &wanted.path, error.path.as_deref()),
        ("policy id", &wanted.policy_id, error.policy_id.as_deref()),
    ];
    for (part, wanted, came) in parts {
        if let Some(wanted) = wanted
            && came != Some(wanted)
        {
            found.push(differs(&format!("last error {part}"), wanted, came.unwrap_or("(none)")));
        }
    }
    if let Some(message) = &wanted.message {
        optional("last error message", Some(message), Some(&error.message), found);
    }
}

fn fits(wanted: &Matcher, came: &str) -> bool {
    match wanted {
        Matcher::Equals(Value::Object(_) | Value::Array(_)) => {
            let Matcher::Equals(wanted) = wanted else { return false };
            serde_json::from_str::<Value>(came).is_ok_and(|came| same(&came, wanted))
        }
        Matcher::Equals(wanted) => plain(wanted) == came,
        Matcher::Rule(Rule::Contains(part)) => came.contains(part.as_str()),
        Matcher::Rule(Rule::Matches(pattern)) => {
            fancy_regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(came).unwrap_or(false))
        }
        Matcher::Rule(Rule::Not(unwanted)) => plain(unwanted) != came,
    }
}

fn shown(wanted: &Matcher) -> String {
    match wanted {
        Matcher::Equals(wanted) => match wanted {
            Value::String(text) => text.clone(),
            other => pretty(other),
        },
        Matcher::Rule(Rule::Contains(part)) => format!("text that contains {part}"),
        Matcher::Rule(Rule::Matches(pattern)) => format!("text that matches {pattern}"),
        Matcher::Rule(Rule::Not(unwanted)) => format!("anything but {}", plain(unwanted)),
    }
}

/// Equal as JSON: 1 and 1.0 are the same number, the order of members does not count.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// The part of a document at `$.a['b'][0]`. `None`: it has none.
fn at<'v>(json: &'v Value, path: &str) -> Result<Option<&'v Value>, String> {
    let wrong = || format!("`{path}` is not a path such as $.items[0].name");
    let mut rest = path.strip_prefix('$').ok_or_else(wrong)?;
    let mut here = Some(json);
    while !rest.is_empty() {
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(['.', '[']).unwrap_or(name.len());
            here = here.and_then(|value| value.get(&name[..end]));
            rest = &name[end..];
            continue;
        }
        let inner = rest.strip_prefix('[').ok_or_else(wrong)?;
        let (key, after) = match inner.strip_prefix('\'') {
            Some(quoted) => quoted.split_once("']").ok_or_else(wrong)?,
            None => inner.split_once(']').ok_or_else(wrong)?,
        };
        here = match (inner.starts_with('\''), key.parse::<usize>()) {
            (false, Ok(index)) => here.and_then(|value| value.get(index)),
            (false, Err(_)) => return Err(wrong()),
            (true, _) => here.and_then(|value| value.get(key)),
        };
        rest = after;
    }
    Ok(here)
}

/// One difference; over several lines as a diff.
fn differs(what: &str, wanted: &str, came: &str) -> String {
    if !wanted.contains('\n') && !came.contains('\n') {
        return format!("{what}\n    expected  {wanted}\n    came      {came}");
    }
    let mut out = what.to_owned();
    for change in TextDiff::from_lines(wanted, came).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        let _ = write!(out, "\n    {sign} {}", change.value().trim_end_matches('\n'));
    }
    out
}

/// A body as text.
pub fn bytes(body: &BodyState) -> String {
    match body {
        BodyState::Buffered(content) | BodyState::Replayed(content) => String::from_utf8_lossy(content).into_owned(),
        BodyState::Absent | BodyState::Streaming | BodyState::Consumed => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_into_json() {
        let json = serde_json::json!({ "a": [{ "b.c": 1 }], "d": null });
        let check = |path: &str, expected: Option<&str>| {
            let came = at(&json, path).expect("a path").map(ToString::to_string);
            assert_eq!(came.as_deref(), expected, "{path}");
        };
        check("$", Some(r#"{"a":[{"b.c":1}],"d":null}"#));
        check("$.a[0]['b.c']", Some("1"));
        check("$.d", Some("null"));
        check("$.a[1]", None);
        check("$.x.y", None);
        assert!(at(&json, "a.b").is_err());
        assert!(at(&json, "$.a[x]").is_err());
        assert!(at(&json, "$.a[").is_err());
    }

    #[test]
    fn differences_over_lines_are_shown_as_a_diff() {
        assert_eq!(differs("body", "a\nb\n", "a\nc\n"), "body\n      a\n    - b\n    + c");
        assert_eq!(differs("status", "200", "404"), "status\n    expected  200\n    came      404");
    }
}
