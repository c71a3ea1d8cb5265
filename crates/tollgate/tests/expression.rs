//! `tollgate expression eval` as a person types it.

mod golden;

const CONTEXT: &str = "crates/tollgate/tests/expression/context.json";
const VECTORS: &str = "crates/tollgate/tests/expression/vectors.jsonl";

/// Against a file of `tests/expression`, a command for each list of arguments after `eval`.
fn check(file: &str, evaluations: &[&[&str]]) {
    let commands: Vec<Vec<&str>> =
        evaluations.iter().map(|arguments| [&["expression", "eval"], *arguments].concat()).collect();
    let commands: Vec<&[&str]> = commands.iter().map(Vec::as_slice).collect();
    golden::check(&format!("expression/{file}"), &commands);
}

#[test]
fn a_value_is_shown_with_its_type_and_its_text() {
    check(
        "values.txt",
        &[
            &["@(1 + 1)"],
            &[r#"@("é" + '\t')"#],
            &["@(1.0 / 3)"],
            &["@(1.10m)"],
            &["@(context.Tracing)"],
            &["@(context.Timestamp)"],
            &["@(context.User)"],
            &["@(new[] { 1, 2 })"],
            &[r#"@(new JObject(new JProperty("a", 1)))"#],
            &[r#"@(new Dictionary<string, int> { ["a"] = 1 })"#],
            &[r#"@(Encoding.UTF8.GetBytes("abc"))"#],
            &["@{ context.Trace(\"seen\"); return \"x\"; }"],
        ],
    );
}

#[test]
fn what_does_not_compile_is_shown_with_carets() {
    check(
        "refused.txt",
        &[
            &["@(context.Requst.Method + fooo)"],
            &["@{\n    string s = 1;\n    return s.Lenght;\n}"],
            &[r#"@("😀" + Wrong)"#],
            &["@(1"],
            &["1 + 1"],
            &["@(1 switch { _ => 2 })"],
            &["@(File.ReadAllText(\"/etc/passwd\"))"],
        ],
    );
}

#[test]
fn warnings_do_not_stop_an_evaluation() {
    check("warnings.txt", &[&["@(context.Variables[\"a\"] == \"b\")", "--context", CONTEXT]]);
}

#[test]
fn an_exception_is_shown_with_its_type() {
    check(
        "exceptions.txt",
        &[
            &[r#"@(int.Parse("a"))"#],
            &[r#"@(context.Request.Headers["X-None"])"#],
            &["@(context.User.Id)"],
            &["@{ throw new ArgumentException(\"mine\"); }"],
            &["@{ while (true) { } return 1; }"],
        ],
    );
}

#[test]
fn a_context_comes_from_a_file() {
    check(
        "context.txt",
        &[
            &[r#"@(context.Request.Headers.GetValueOrDefault("x-in", "none"))"#, "--context", CONTEXT],
            &["@(context.Variables)", "--context", CONTEXT],
            &[r#"@(context.Request.Body.As<JObject>()["id"])"#, "--context", CONTEXT],
            &["@(context.Response.StatusCode)", "--context", CONTEXT],
            &["@(1)", "--context", "crates/tollgate/tests/expression/absent.json"],
            &["@(1)", "--context", "crates/tollgate/tests/expression.rs"],
            &["@(1)", "--context", "crates/tollgate/tests/expression/misspelt.json"],
        ],
    );
}

#[test]
fn vectors_give_a_line_each() {
    check(
        "vectors.txt",
        &[
            &["--vectors", VECTORS],
            &["--vectors", "crates/tollgate/tests/expression/absent.jsonl"],
            &["--vectors", "crates/tollgate/tests/expression.rs"],
            &[],
            &["@(1)", "--vectors", VECTORS],
        ],
    );
}
