//! Properties of programs generated from bytes: a checked program never panics, and folding
//! constants never changes what it is worth.

mod generate;

use proptest::prelude::*;
use tollgate_expression::{Budget, vectors};

const BUDGET: Budget = Budget { steps: 50_000, bytes: 8 * 1024 * 1024, nesting: 60 };

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_checked_program_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = vectors::evaluate_within(&generate::program(&bytes), &serde_json::Value::Null, BUDGET);
    }

    /// The generator should write programs, not noise.
    #[test]
    fn what_is_generated_parses(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let source = generate::program(&bytes);
        let got = vectors::evaluate_within(&source, &serde_json::Value::Null, BUDGET);
        let refused = got.get("compileError").map(ToString::to_string).unwrap_or_default();
        prop_assert!(!refused.contains("TG3001"), "{source}\n{refused}");
    }

    /// `a + b` folds when both are constant; through variables it is computed at run time.
    #[test]
    fn folding_never_changes_a_result(
        op in prop::sample::select(vec!["+", "-", "*", "/", "%", "<", "<=", "==", "!=", ">", ">=", "&", "|", "^", "<<", ">>"]),
        kind in prop::sample::select(vec!["int", "long", "uint", "ulong", "double", "float", "decimal", "byte", "char", "string", "bool"]),
        a in any::<i32>(),
        b in -40i32..40,
    ) {
        let (x, y) = (literal(kind, a), literal(kind, b));
        let constant = format!("@(unchecked({x} {op} {y}))");
        let computed = format!("@{{ {kind} a = {x}; {kind} b = {y}; return a {op} b; }}");
        let folded = vectors::evaluate(&constant, &serde_json::Value::Null);
        let run = vectors::evaluate(&computed, &serde_json::Value::Null);
        // What would throw at run time is refused as a constant; refusals differ in their words.
        if folded.get("compileError").is_none() {
            prop_assert_eq!(folded, run, "{} against {}", constant, computed);
        } else {
            prop_assert!(run.get("compileError").is_some() || run.get("error").is_some(), "{constant}: {folded} {run}");
        }
    }
}

fn literal(kind: &str, number: i32) -> String {
    match kind {
        "int" => format!("({number})"),
        "long" => format!("({number}L)"),
        "uint" => format!("{}u", number.unsigned_abs()),
        "ulong" => format!("{}ul", number.unsigned_abs()),
        "double" => format!("({number}.5)"),
        "float" => format!("({number}.5f)"),
        "decimal" => format!("({number}.50m)"),
        "byte" => format!("(byte){}", number as u8),
        "char" => format!("'{}'", char::from(b'a' + number.unsigned_abs() as u8 % 26)),
        "string" => format!("\"{number}\""),
        _ => (number % 2 == 0).to_string(),
    }
}
