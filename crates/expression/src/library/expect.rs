//! Tests of the library are pairs: an expression, and what it gives.

use crate::vectors;
use serde_json::{Value as Json, json};

/// Evaluates `@(text)`, or `@{text}` where the text holds a `return`, in the vectors' default
/// context. Expected is the printed value, `[a, b]` for a sequence, `null`, `!Type` for an
/// exception, or `refused`.
#[track_caller]
pub fn check(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let source = if text.contains("return ") { format!("@{{{text}}}") } else { format!("@({text})") };
        let got = shown(&vectors::evaluate(&source, &json!({})));
        if got != *expected {
            wrong.push(format!("{text}\n  expected {expected:?}\n  got      {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

fn shown(got: &Json) -> String {
    if got.get("compileError").is_some() {
        return "refused".to_owned();
    }
    if let Some(error) = got.get("error").and_then(Json::as_str) {
        return format!("!{}", error.rsplit('.').next().unwrap_or(error));
    }
    match got.get("text").or(got.get("value")) {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(items)) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Some(Json::Null) | None if got.is_array() => {
            let items = got.as_array().map(Vec::as_slice).unwrap_or_default();
            items.iter().map(shown).collect::<Vec<_>>().join("=")
        }
        Some(other) if !other.is_null() => other.to_string(),
        _ => "null".to_owned(),
    }
}
