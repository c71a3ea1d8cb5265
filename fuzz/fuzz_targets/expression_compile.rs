//! The lexer, parser and checker never panic, whatever the text.
#![no_main]
use libfuzzer_sys::fuzz_target;
use tollgate_expression::{Expected, compile, end_of_expression};

fuzz_target!(|text: &str| {
    let _ = end_of_expression(text);
    let _ = compile(&format!("@({text})"), Expected::Object);
    let _ = compile(&format!("@{{{text}}}"), Expected::Object);
});
