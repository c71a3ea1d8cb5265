//! What an expression costs on the request path, beside the same expression in CEL. Absolute numbers
//! are a machine's; the ratios are what `docs/performance.md` keeps.

use criterion::{Criterion, criterion_group, criterion_main};
use std::collections::HashMap;
use std::hint::black_box;
use tollgate_expression::{Budget, Expected, compile, vectors};

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const HEADER: &str = r#"@(context.Request.Headers.GetValueOrDefault("x","")=="y")"#;
const CONDITION: &str =
    r#"@(context.Deployment.Gateway.Id == "managed" && context.Request.OriginalUrl.Host != "london.example.com")"#;
const OBJECT: &str = r#"@(new JObject(new JProperty("a", 1), new JProperty("b", "two"), new JProperty("c", 3.5), new JProperty("d", true),
    new JProperty("e", "five"), new JProperty("f", 6), new JProperty("g", "seven"), new JProperty("h", 8), new JProperty("i", null),
    new JProperty("j", "ten")).ToString(Formatting.None))"#;
const VARIABLE: &str = r#"@(context.Variables.GetValueOrDefault<string>("tenant", "") == "contoso")"#;
const INTERPOLATED: &str = r#"@($"{context.Request.Method} {context.Request.OriginalUrl.Path} of {context.Variables["tenant"]}, try {1 + 2:D2}")"#;
const QUERY: &str =
    r#"@(((JArray)context.Variables["orders"]).Where(o => (int)o["total"] > 50).Select(o => (string)o["id"]).Count())"#;
const MATCH: &str =
    r#"@(System.Text.RegularExpressions.Regex.IsMatch(context.Request.OriginalUrl.Path, "^/[a-z]+/[0-9]+$"))"#;
const LOOP: &str = "@{ int s = 0; for (int i = 0; i < 1000; i++) { if (i % 3 == 0) s += i; } return s; }";
const FOLDED: &str = "@(\"a\" + \"b\" + (1 + 2 * 3 > 6 ? \"c\" : \"d\"))";

fn ours(c: &mut Criterion) {
    let orders: Vec<_> = (0..20).map(|n| serde_json::json!({ "id": format!("o{n}"), "total": n * 7 })).collect();
    let context = vectors::context(&serde_json::json!({
        "request": { "headers": { "x": ["y"], "accept": ["*/*"], "host": ["a"] } },
        "variables": { "tenant": "contoso", "orders": { "$type": "JArray", "value": orders } },
    }));
    for (name, source, expected) in [
        ("header lookup, compared", HEADER, Expected::Bool),
        ("condition of the walk-through", CONDITION, Expected::Bool),
        ("object of ten properties, printed", OBJECT, Expected::String),
        ("variable, compared", VARIABLE, Expected::Bool),
        ("text, interpolated", INTERPOLATED, Expected::String),
        ("query over 20 JSON objects", QUERY, Expected::Object),
        ("regular expression, matched", MATCH, Expected::Bool),
        ("loop of 1,000 turns", LOOP, Expected::Object),
        ("constant", FOLDED, Expected::String),
    ] {
        let program = compile(source, expected).expect("compiles");
        program.run(&context, Budget::default()).expect("runs");
        c.bench_function(name, |b| b.iter(|| black_box(&program).run(&context, Budget::default())));
    }
    c.bench_function("compile the condition", |b| b.iter(|| compile(black_box(CONDITION), Expected::Bool)));
}

fn cel(c: &mut Criterion) {
    let mut context = cel::Context::default();
    let headers: HashMap<String, String> =
        [("x", "y"), ("accept", "*/*"), ("host", "a")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    context.add_variable_from_value("headers", headers);
    context.add_variable_from_value("gateway", "managed".to_owned());
    context.add_variable_from_value("host", "gateway.example.com".to_owned());
    for (name, source) in [
        ("CEL: header lookup, compared", r#"("x" in headers ? headers["x"] : "") == "y""#),
        ("CEL: condition of the walk-through", r#"gateway == "managed" && host != "london.example.com""#),
    ] {
        let program = cel::Program::compile(source).expect("compiles");
        c.bench_function(name, |b| b.iter(|| black_box(&program).execute(&context)));
    }
}

criterion_group!(benches, ours, cel);
criterion_main!(benches);
