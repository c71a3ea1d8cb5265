//! A checked program neither panics nor leaves its budget. Half of the inputs are text, half are
//! programs generated from the bytes.
#![no_main]
use libfuzzer_sys::fuzz_target;
use tollgate_expression::{Budget, vectors};

#[path = "../../crates/expression/tests/generate/mod.rs"]
mod generate;

/// Small enough that a run takes well under a second.
const BUDGET: Budget = Budget { steps: 200_000, bytes: 16 * 1024 * 1024, nesting: 100 };

fuzz_target!(|bytes: &[u8]| {
    let Some((mode, rest)) = bytes.split_first() else { return };
    let source = match (mode % 2, std::str::from_utf8(rest)) {
        (0, Ok(text)) if text.starts_with('{') => format!("@{text}"),
        (0, Ok(text)) => format!("@({text})"),
        _ => generate::program(rest),
    };
    let _ = vectors::evaluate_within(&source, &serde_json::Value::Null, BUDGET);
});
