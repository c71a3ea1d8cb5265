//! The document lexer, the checker and both conversions never panic, whatever the text.
#![no_main]
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use tollgate_policy::{ScopeKind, Sources, compile, to_rawxml, to_xml};

struct Nothing;

impl Sources for Nothing {
    fn named_value(&self, _: &str) -> Option<Arc<str>> {
        None
    }
    fn fragment(&self, _: &str) -> Option<Arc<str>> {
        None
    }
    fn has_backend(&self, _: &str) -> bool {
        false
    }
    fn has_certificate(&self, _: &str) -> bool {
        false
    }
}

fuzz_target!(|text: &str| {
    let _ = compile(text, ScopeKind::Operation, &Nothing);
    let _ = (to_xml(text), to_rawxml(text));
});
