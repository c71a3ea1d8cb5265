//! Values through bytes and back.

use super::*;
use crate::{Budget, Expected, compile};

/// The value of an expression, before and after it went through bytes.
fn both(expression: &str) -> (Value, Option<Value>) {
    let program = compile(expression, Expected::Object).expect("it compiles");
    let value = crate::library::context::with_empty_context(|run| Ok(program.run(run.context, Budget::default())))
        .expect("a context")
        .expect("a value");
    let back = encode(&value).and_then(|bytes| decode(&bytes));
    (value, back)
}

#[test]
fn values_keep_type_and_text() {
    for expression in [
        "@(true)",
        "@('x')",
        "@(42)",
        "@(42L)",
        "@((byte)7)",
        "@(1.5)",
        "@(1.5f)",
        "@(1.50m)",
        "@(\"text\")",
        "@(\"\\ud800\")",
        "@(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc))",
        "@(TimeSpan.FromSeconds(90))",
        "@(Guid.Parse(\"00112233-4455-6677-8899-aabbccddeeff\"))",
        "@(StringComparison.Ordinal)",
        "@(XElement.Parse(\"<a b='1'><c> x </c>y</a>\"))",
        "@(XDocument.Parse(\"<a>&lt;</a>\"))",
        "@(JObject.Parse(\"{\\\"a\\\":[1,2.5,null,\\\"2026-01-02T03:04:05Z\\\"],\\\"b\\\":{}}\"))",
    ] {
        let (value, back) = both(expression);
        let back = back.unwrap_or_else(|| panic!("{expression} is not stored"));
        assert_eq!((value.type_name(), value.to_text()), (back.type_name(), back.to_text()), "{expression}");
    }
}

#[test]
fn collections_keep_their_items() {
    for (expression, items) in [
        ("new int[] { 1, 2 }", "String.Join(\",\", (int[])VALUE)"),
        ("new List<string> { \"a\", \"b\" }", "String.Join(\",\", (List<string>)VALUE)"),
    ] {
        let (value, back) = both(&format!("@({expression})"));
        assert_eq!(back.map(|back| back.type_name()), Some(value.type_name()), "{items}");
    }
    let (value, back) = both("@(new Dictionary<string, int> { [\"a\"] = 1 })");
    assert_eq!(back.map(|back| back.type_name()), Some(value.type_name()));
    let (value, back) = both("@(Encoding.UTF8.GetBytes(\"abc\"))");
    assert_eq!(back.and_then(|back| back.to_bytes()), value.to_bytes());
}

#[test]
fn what_lives_here_only_is_not_stored() {
    assert!(both("@(context.Request)").1.is_none());
}

#[test]
fn foreign_bytes_are_no_value() {
    let good = encode(&json::parse("{\"a\": [1, {\"b\": \"c\"}]}")).expect("bytes");
    for end in 0..good.len() {
        assert!(decode(&good[..end]).is_none(), "cut at {end}");
    }
    for at in 0..good.len() {
        for byte in 0..=255 {
            let mut bad = good.clone();
            bad[at] = byte;
            // Whatever comes of it, it comes without a panic.
            let _ = decode(&bad);
        }
    }
}

#[test]
fn deep_values_are_refused() {
    let deep = format!("{}{}", "[".repeat(2 * NESTING_MAX), "]".repeat(2 * NESTING_MAX));
    let value = json::parse(&deep);
    assert!(value.is_null() || encode(&value).is_none());
}
