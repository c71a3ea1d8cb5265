//! A checked program neither panics nor hangs.
#![no_main]
use libfuzzer_sys::fuzz_target;
use tollgate_expression::vectors;

fuzz_target!(|text: &str| {
    let _ = vectors::evaluate(&format!("@({text})"), &serde_json::Value::Null);
});
