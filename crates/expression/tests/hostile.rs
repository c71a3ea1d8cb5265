//! Expressions that would take all time, memory or stack: each ends in a diagnostic or in the
//! documented exception. Test threads have the 2 MiB of stack that workers have.

use serde_json::Value;
use tollgate_expression::{Budget, Expected, compile, end_of_expression, vectors};

/// A thousandth of what a run may take, so that each ends at once.
const BUDGET: Budget = Budget { steps: 200_000, bytes: 8 * 1024 * 1024, nesting: 400 };

const TIME: &str = "System.TimeoutException";
const MEMORY: &str = "System.OutOfMemoryException";
const STACK: &str = "System.InsufficientExecutionStackException";

#[track_caller]
fn ends(body: &str, expected: &str) {
    let source = if body.starts_with('{') { format!("@{body}") } else { format!("@({body})") };
    let got = vectors::evaluate_within(&source, &Value::Null, BUDGET);
    let found = match (got.get("error"), got.get("compileError")) {
        (Some(error), _) => error.as_str().unwrap_or_default().to_owned(),
        (None, Some(refused)) => refused.to_string(),
        _ => got.get("value").map(|value| value.as_str().unwrap_or_default().to_owned()).unwrap_or_default(),
    };
    assert_eq!(found, expected, "{body}");
}

#[test]
fn loops_end() {
    for body in [
        "{ while (true) { } }",
        "{ for (;;) ; }",
        "{ do { } while (true); }",
        "{ a: goto a; }",
        "{ switch (1) { case 1: goto case 1; } return 1; }",
        "{ while (true) { try { throw new Exception(); } catch { } finally { } } }",
        "{ var l = new List<int> { 1 }; while (true) l.AddRange(l); }",
        "Enumerable.Range(0, int.MaxValue).Count()",
        "Enumerable.Repeat(\"x\", int.MaxValue).Last()",
        "{ var l = Enumerable.Range(0, 3000); return l.SelectMany(a => l.SelectMany(b => l)).Count(); }",
        "{ var l = Enumerable.Range(0, 30000).ToList(); foreach (var i in l) l.Contains(-1); return 1; }",
        "{ var l = new List<int>(); for (int i = 0; i < 300000; i++) l.Insert(0, i); return 1; }",
        "{ var s = new string('a', 100000); int n = 0; while (true) n += s.IndexOf(\"b\"); }",
        "{ var a = new string('a', 100000); var b = new string('a', 100000); while (a == b) { } return 1; }",
    ] {
        ends(body, TIME);
    }
}

#[test]
fn memory_is_bounded() {
    for body in [
        "{ var s = \"x\"; while (true) s += s; }",
        "\"a\".PadLeft(int.MaxValue)",
        "new string('a', int.MaxValue)",
        "new int[int.MaxValue]",
        "new int[65536, 65536]",
        "string.Join(\"\", Enumerable.Repeat(new string('x', 10000), 10000))",
        "string.Concat(Enumerable.Repeat(new string('x', 10000), 10000))",
        "new string('a', 10000).Replace(\"a\", new string('b', 10000))",
        "{ var s = new string('a', 100000); while (true) s.Substring(1); }",
        "{ while (true) context.Trace(new string('x', 10000)); }",
    ] {
        ends(body, MEMORY);
    }
}

#[test]
fn recursion_ends() {
    for body in [
        "{ int F(int n) => F(n + 1); return F(0); }",
        "{ int A(int n) => B(n + 1); int B(int n) => A(n + 1); return A(0); }",
        "{ Func<int, int> f = null; f = n => f(n + 1) + 1; return f(0); }",
        "{ int F(int n) { try { return F(n + 1); } catch { return F(n + 1); } finally { F(n + 1); } } return F(0); }",
        "{ Func<int, int> f = null; f = n => new[] { n }.Select(f).Sum(); return f(0); }",
        "{ Func<int> f = () => 1; for (int i = 0; i < 30000; i++) { var g = f; f = () => g() + 1; } return f(); }",
        "{ IEnumerable<int> q = new[] { 1 }; for (int i = 0; i < 30000; i++) q = q.Select(x => x + 1); return q.First(); }",
        "{ IEnumerable<int> q = new[] { 1 }; for (int i = 0; i < 30000; i++) q = q.Concat(new[] { i }); return q; }",
        "{ object a = null; for (int i = 0; i < 30000; i++) a = (a, 1); return a.ToString(); }",
        "{ object a = null; for (int i = 0; i < 30000; i++) a = (a, 1); return a.GetHashCode(); }",
        "{ var a = new object[1]; a[0] = a; return a; }",
    ] {
        ends(body, STACK);
    }
}

/// Letting go of deep structures takes no stack either.
#[test]
fn deep_structures_are_let_go() {
    for body in [
        "{ object o = null; for (int i = 0; i < 50000; i++) o = new object[] { o }; return 1; }",
        "{ object o = null; for (int i = 0; i < 50000; i++) o = new List<object> { o }; return 1; }",
        "{ object o = null; for (int i = 0; i < 20000; i++) o = new Dictionary<string, object> { [\"a\"] = o }; return 1; }",
        "{ object o = null; for (int i = 0; i < 50000; i++) o = new { o }; return 1; }",
        "{ Exception e = null; for (int i = 0; i < 50000; i++) e = new Exception(\"x\", e); return 1; }",
        "{ Func<int> f = () => 1; for (int i = 0; i < 30000; i++) { var g = f; f = () => g() + 1; } return 1; }",
        "{ IEnumerable<int> q = new[] { 1 }; for (int i = 0; i < 50000; i++) q = q.Skip(0); return 1; }",
        "{ JToken o = null; for (int i = 0; i < 20000; i++) o = new JObject { [\"a\"] = o }; return 1; }",
        "{ JToken o = 1; for (int i = 0; i < 20000; i++) o = new JArray { o }; return 1; }",
    ] {
        ends(body, "1");
    }
}

#[track_caller]
fn refused(source: &str, message: &str) {
    let findings = compile(source, Expected::Object).expect_err("refused");
    let texts: Vec<&str> = findings.iter().map(|found| found.message.as_str()).collect();
    assert!(texts.iter().any(|text| text.contains(message)), "{texts:?}");
}

#[test]
fn compilation_is_bounded() {
    refused(&format!("@({})", "1".repeat(10 * 1024 * 1024)), "bytes");
    refused(&format!("@({}1{})", "(".repeat(10_000), ")".repeat(10_000)), "nested deeper");
    refused(&format!("@({}", "(".repeat(10_000)), "nested deeper");
    refused(&format!("@{{ {} }}", "{".repeat(10_000)), "nested deeper");
    refused(&format!("@(1{})", " + 1".repeat(10_000)), "in a row");
    refused(&format!("@({}1)", "-".repeat(10_001)), "nested deeper");
    refused(&format!("@({}1)", "(int)".repeat(10_000)), "nested deeper");
    refused(&format!("@(x{})", ".y".repeat(10_000)), "chain");
    refused(&format!("@({}1)", "x => ".repeat(10_000)), "nested deeper");
    refused(&format!("@({}1{})", "true ? ".repeat(10_000), " : 1".repeat(10_000)), "nested deeper");
    refused(&format!("@({}1{})", "new[] { ".repeat(10_000), " }".repeat(10_000)), "nested deeper");
    refused(&format!("@(typeof({}int{}))", "List<".repeat(10_000), ">".repeat(10_000)), "nested deeper");
    refused(&format!("@{{ {} return 1; }}", "if (true) ".repeat(10_000)), "nested deeper");
    refused(&format!("@({}1{})", "$\"{".repeat(1_000), "}\"".repeat(1_000)), "nested");
}

/// Overloads that lambdas choose multiply with nesting; the compiler gives up before it is slow.
#[test]
fn nested_lambdas_are_bounded() {
    let nested = |depth: usize| {
        let open: String = (0..depth).map(|at| format!("new[] {{ 1, 2 }}.Sum(x{at} => ")).collect();
        format!("@({open}1{})", ")".repeat(depth))
    };
    assert!(compile(&nested(6), Expected::Object).is_ok());
    refused(&nested(30), "too complex");
    refused(
        "@{ int F<T>(T x, int n) => n == 0 ? 0 : F(new List<T> { x }, n - 1); return F(1, 3); }",
        "generic local functions",
    );
}

#[test]
fn long_but_flat_expressions_compile() {
    let holes = "{1}".repeat(20_000);
    assert!(compile(&format!("@($\"{holes}\")"), Expected::String).is_ok());
    let statements = "x = x + 1; ".repeat(10_000);
    assert!(compile(&format!("@{{ int x = 0; {statements} return x; }}"), Expected::Object).is_ok());
    let items = "1, ".repeat(50_000);
    assert!(compile(&format!("@(new[] {{ {items} }}.Length)"), Expected::Object).is_ok());
    let cases: String = (0..5_000).map(|at| format!("case {at}: ")).collect();
    assert!(compile(&format!("@{{ switch (1) {{ {cases} return 1; }} return 2; }}"), Expected::Object).is_ok());
}

#[test]
fn what_does_not_end_is_a_finding() {
    for source in
        ["@(\"", "@('", "@(/*", "@($\"{", "@(@\"", "@{ return 1;", "@(", "@{", "@($\"{1:", "@($\"{1,", "@(\"\\"]
    {
        assert!(compile(source, Expected::Object).is_err(), "{source}");
        assert_eq!(end_of_expression(source), None, "{source}");
    }
    for text in ["", "x", "@", "@@(", "\u{0}", "@(\u{0})", "@(\u{feff}1)"] {
        let _ = compile(text, Expected::Object);
    }
}
