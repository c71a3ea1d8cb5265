//! A trace for a person at a terminal.

use super::{Change, Data, Decision, Entry, Evaluation, Outcome, Step, Trace};
use crate::operand::one_line;
use serde_json::Value;
use std::fmt::Write;

/// Longest value on a line, in characters.
const VALUE_CHARS_MAX: usize = 96;

pub fn render(trace: &Trace) -> String {
    let mut out = String::new();
    for (section, entries) in trace.trace_entries.sections() {
        if entries.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{section}");
        for entry in entries {
            match &entry.data {
                Data::Step(step) => show_step(entry, step, &mut out),
                Data::Other(data) => show_other(entry, data, &mut out),
            }
        }
    }
    match &trace.decided_by {
        Some(Decision::Policy(place)) => {
            let _ = writeln!(out, "answer decided by {} at {}", place.element, place.whereabouts());
        }
        Some(Decision::BuiltIn { step }) => {
            let _ = writeln!(out, "answer decided by the built-in step {step}");
        }
        None => {}
    }
    if trace.entries_left_out > 0 {
        let _ = writeln!(out, "{} further entries were left out", trace.entries_left_out);
    }
    out
}

fn show_step(entry: &Entry, step: &Step, out: &mut String) {
    let outcome = match step.outcome {
        Outcome::Ran => "",
        Outcome::Skipped => "skipped",
        Outcome::Repeated => "again",
        Outcome::Answered => "answered",
        Outcome::Failed => "failed",
    };
    let depth = step.policy.path.matches('/').count();
    // The innermost part of the path tells `when[2]` from its `choose`.
    let innermost = step.policy.path.rsplit('/').next().unwrap_or(&step.policy.element);
    let bare = innermost.split('[').next().unwrap_or(innermost);
    let name = if bare == step.policy.element { bare } else { innermost };
    let name = format!("{}{name}", "  ".repeat(depth));
    let time = milliseconds(&entry.elapsed);
    let place = step.policy.whereabouts();
    let line = format!("{time:>9} ms  {name:<32} {place:<20} {:>8.1} µs  {outcome}", step.duration_us);
    let _ = writeln!(out, "{}", line.trim_end());
    for Evaluation { expression, value, exception } in &step.expressions {
        let expression = one_line(expression);
        let _ = match (value, exception) {
            (_, Some(exception)) => writeln!(out, "{INDENT}{expression} threw: {exception}"),
            (value, None) => writeln!(out, "{INDENT}{expression} = {}", short(value.as_deref())),
        };
    }
    for Change { what, name, from, to } in &step.changes {
        let what = name.as_ref().map_or_else(|| what.clone(), |name| format!("{what} {name}"));
        let _ = match (from, to) {
            (None, to) => writeln!(out, "{INDENT}{what}: {}", short(to.as_deref())),
            (Some(_), None) => writeln!(out, "{INDENT}{what}: removed"),
            (from, to) => writeln!(out, "{INDENT}{what}: {} → {}", short(from.as_deref()), short(to.as_deref())),
        };
    }
    for message in &step.messages {
        let _ = writeln!(out, "{INDENT}trace: {}", short(Some(message)));
    }
    if let Some(error) = &step.error {
        let reason = error.reason.as_ref().map(|reason| format!(" {reason}")).unwrap_or_default();
        let _ = writeln!(out, "{INDENT}{}{reason}: {}", error.source, error.message);
    }
}

/// Under the names of the steps.
const INDENT: &str = "                ";

fn show_other(entry: &Entry, data: &Value, out: &mut String) {
    let time = milliseconds(&entry.elapsed);
    let what = summary(data);
    let _ = writeln!(out, "{time:>9} ms  {:<32} {what}", entry.source);
}

/// What a built-in entry says, on one line.
fn summary(data: &Value) -> String {
    let mut parts = Vec::new();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if let Some(request) = data.get("request") {
        parts.push(format!("{} {}", text(&request["method"]), text(&request["url"])));
    }
    if let Some(configuration) = data.get("configuration").and_then(Value::as_object) {
        for (name, what) in configuration {
            parts.push(format!("{name} {}", text(&what["id"])));
        }
    }
    if let Some(response) = data.get("response") {
        parts.push(format!("→ {}, body {}", text(&response["status"]["code"]), text(&response["body"])));
    }
    for failure in ["failure", "error"] {
        if let Some(error) = data.get(failure) {
            parts.push(format!("{}: {}", text(&error["reason"]), text(&error["message"])));
        }
    }
    parts.join(" ")
}

/// `00:00:00.0001234` as milliseconds with three decimals.
fn milliseconds(elapsed: &str) -> String {
    let mut parts = elapsed.split(':').map(|part| part.parse::<f64>().unwrap_or_default());
    let (hours, minutes, seconds) = (parts.next(), parts.next(), parts.next());
    let seconds = hours.unwrap_or_default() * 3600.0 + minutes.unwrap_or_default() * 60.0 + seconds.unwrap_or_default();
    format!("{:.3}", seconds * 1000.0)
}

fn short(text: Option<&str>) -> String {
    let Some(text) = text else { return "(none)".to_owned() };
    let line = text.replace('\r', "").replace('\n', "⏎");
    match line.char_indices().nth(VALUE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
