//! The scanner, lexer, parser and checker never panic, whatever the text.
#![no_main]
use libfuzzer_sys::fuzz_target;
use tollgate_expression::{Expected, compile, end_of_expression};

fuzz_target!(|text: &str| {
    let whole = [format!("@({text})"), format!("@{{{text}}}")];
    for source in &whole {
        let _ = end_of_expression(source);
        match compile(source, Expected::Object) {
            Ok(program) => drop(program.listing()),
            // Every finding stands inside the text.
            Err(findings) => assert!(findings.iter().all(|found| found.span.end as usize <= source.len() + 1)),
        }
    }
    let _ = compile(&whole[0], Expected::String);
});
