//! The language and the library as tables: `language/*.txt` and `library/*.txt`, a line `expression
//! ==> what it is worth`.
//!
//! An expression that starts with `{` is a body. The right side is `Type value` (strings in JSON
//! form, sequences as `[…]`), `null`, `throws Type`, or `refused: part of a message or its hint`.

mod show;

use serde_json::Value;
use show::show;
use tollgate_expression::{Expected, compile, vectors};

const SEPARATOR: &str = " ==> ";

#[test]
fn every_line_is_worth_what_it_says() {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folders = ["language", "library"].map(|name| std::fs::read_dir(tests.join(name)).unwrap());
    let mut files: Vec<_> = folders.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut lines, mut wrong) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            lines += 1;
            if let Err(found) = check(line) {
                wrong.push(format!("{name}:{}: {line}\n    {found}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {lines} lines differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn check(line: &str) -> Result<(), String> {
    let (expression, expected) = line.split_once(SEPARATOR).ok_or("the line has no ` ==> `")?;
    let (expression, expected) = (expression.trim(), expected.trim());
    let source = if expression.starts_with('{') { format!("@{expression}") } else { format!("@({expression})") };
    let found = match (compile(&source, Expected::Object), expected.strip_prefix("refused:")) {
        (Err(findings), Some(part)) => {
            let shown: Vec<String> =
                findings.iter().map(|f| format!("{} ({})", f.message, f.hint.as_deref().unwrap_or(""))).collect();
            let found = shown.join("; ");
            return if found.contains(part.trim()) { Ok(()) } else { Err(found) };
        }
        (Err(findings), None) => format!("refused: {}", findings.first().map_or("", |found| &found.message)),
        (Ok(_), _) => show(&vectors::evaluate(&source, &Value::Null)),
    };
    if found == expected { Ok(()) } else { Err(found) }
}
