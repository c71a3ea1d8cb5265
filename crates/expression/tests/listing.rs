//! What expressions compile to: what each program reads and its listing, as golden files.
//!
//! A file of `listing/` holds cases: the expression, `----`, what came. Cases are apart by a line
//! `====`. `UPDATE_GOLDEN=1` writes the files anew.

use std::fmt::Write;
use tollgate_expression::{Expected, Needs, Program, compile};

const CASE: &str = "\n====\n";
const CAME: &str = "\n----\n";

#[test]
fn every_program_reads_and_does_what_its_file_says() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listing");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let expected = std::fs::read_to_string(&file).unwrap();
        let sources = expected.trim_end().split(CASE).map(|case| case.split(CAME).next().unwrap_or_default());
        let came: Vec<String> = sources.map(|source| format!("{source}{CAME}{}", show(source))).collect();
        let came = came.join(CASE.trim_start());
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, came).unwrap();
        } else {
            assert_eq!(came, expected, "{}", file.display());
        }
    }
}

fn show(source: &str) -> String {
    match compile(source, Expected::Object) {
        Ok(program) => format!("reads {}\n{}", reads(&program), program.listing()),
        Err(findings) => findings.iter().fold(String::new(), |mut out, found| {
            let _ = writeln!(out, "{}: {}", found.code, found.message);
            out
        }),
    }
}

/// The parts of the context that the host must have ready.
fn reads(program: &Program) -> String {
    let Needs { request_body, response_body, subscription_keys, client_certificate } = program.needs();
    let parts = [
        ("request body", request_body),
        ("response body", response_body),
        ("subscription keys", subscription_keys),
        ("client certificate", client_certificate),
    ];
    let named: Vec<&str> = parts.iter().filter(|(_, is_read)| *is_read).map(|(name, _)| *name).collect();
    if named.is_empty() { "no part that costs".to_owned() } else { named.join(", ") }
}
