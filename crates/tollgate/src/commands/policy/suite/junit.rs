//! The report that CI systems read.

use super::runner::Outcome;
use std::fmt::Write;

pub fn report(outcomes: &[Outcome]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let failures = outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count();
    let _ = writeln!(
        out,
        "<testsuites name=\"tollgate policy test\" tests=\"{}\" failures=\"{failures}\">",
        outcomes.len()
    );
    let mut rest = outcomes;
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|outcome| outcome.suite == first.suite).count();
        let (suite, others) = rest.split_at(count);
        rest = others;
        let failures = suite.iter().filter(|outcome| !outcome.failures.is_empty()).count();
        let name = escape(&first.suite);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\">"
        );
        for outcome in suite {
            let (test, seconds) = (escape(&outcome.name), outcome.took.as_secs_f64());
            let _ = write!(out, "    <testcase classname=\"{name}\" name=\"{test}\" time=\"{seconds:.3}\"");
            if outcome.failures.is_empty() {
                out.push_str("/>\n");
                continue;
            }
            let summary = outcome.failures.first().and_then(|text| text.lines().next()).unwrap_or_default();
            let _ = writeln!(
                out,
                ">\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
                escape(summary),
                escape(&outcome.failures.join("\n"))
            );
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// XML text; characters that XML cannot hold are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            control if control.is_control() => {}
            other => out.push(other),
        }
    }
    out
}
