//! Runs conformance vectors: `cargo run --example vectors -- FILE…`. Prints what differs from the
//! expectation, then counts by category.

use serde_json::Value;
use std::collections::BTreeMap;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for path in std::env::args().skip(1) {
        for line in std::fs::read_to_string(path)?.lines().filter(|line| !line.trim().is_empty()) {
            let vector: Value = serde_json::from_str(line)?;
            let text = |name: &str| vector.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
            let category = if text("category").is_empty() { "corpus".to_owned() } else { text("category") };
            let got =
                tollgate_expression::vectors::evaluate(&text("expr"), vector.get("context").unwrap_or(&Value::Null));
            let expect = vector.get("expect").unwrap_or(&Value::Null);
            let entry = counts.entry(category).or_default();
            entry.1 += 1;
            if tollgate_expression::vectors::is_equal(expect, &got) {
                entry.0 += 1;
            } else {
                let id = if text("id").is_empty() {
                    format!("{}#{}", text("document"), vector.get("n").unwrap_or(&Value::Null))
                } else {
                    text("id")
                };
                println!("{id}\n  expr   {}\n  expect {expect}\n  got    {got}", text("expr"));
            }
        }
    }
    let (mut passed, mut all) = (0, 0);
    for (category, (good, total)) in &counts {
        println!("{category:24} {good:5} of {total:5}");
        passed += good;
        all += total;
    }
    println!("{:24} {passed:5} of {all:5}", "all");
    Ok(())
}
