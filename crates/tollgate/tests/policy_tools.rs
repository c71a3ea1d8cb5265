//! The policy tools as a person types them: what they print and how they end.

mod golden;

use golden::tollgate;

/// Against a file of `tests/policy-tools`.
fn check(file: &str, arguments: &[&str]) {
    golden::check(&format!("policy-tools/{file}"), &[arguments]);
}

const FILES: &str = "crates/tollgate/tests/policy-tools";

#[test]
fn the_example_suite_passes() {
    check("examples.txt", &["policy", "test", "examples/policy-tests", "--coverage"]);
}

#[test]
fn failing_tests_show_what_differs() {
    check("failing.txt", &["policy", "test", &format!("{FILES}/failing.test.yaml")]);
    check("filtered.txt", &["policy", "test", FILES, "--filter", "the header"]);
    check("no-test.txt", &["policy", "test", FILES, "--filter", "nothing has this name"]);
    check("no-file.txt", &["policy", "test", "crates/error"]);
}

#[test]
fn reports_have_the_form_that_ci_reads() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("a path");
    tollgate(&["policy", "test", &format!("{FILES}/failing.test.yaml"), "--junit", path]);
    let report = std::fs::read_to_string(file.path()).expect("the report");
    assert!(report.contains(r#"<testsuites name="tollgate policy test" tests="4" failures="3">"#), "{report}");
    assert!(report.contains(r#"name="the header is set" time="#), "{report}");
    assert!(report.contains("<failure message=\"status\">status\n    expected  201"), "{report}");
}

#[test]
fn documents_are_checked_in_every_format() {
    let broken = format!("{FILES}/broken.xml");
    for format in ["text", "json", "sarif", "github"] {
        check(&format!("check.{format}.txt"), &["policy", "check", &broken, "--format", format]);
    }
    check("check.none.txt", &["policy", "check", &format!("{FILES}/absent.xml")]);
}

#[test]
fn documents_are_checked_against_a_folder() {
    let folder = format!("{FILES}/apiops");
    check("against.txt", &["policy", "check", &folder, "--against", &folder, "--format", "json"]);
    check("against-nothing.txt", &["policy", "check", &folder, "--format", "json"]);
    check("against-no-folder.txt", &["policy", "check", &folder, "--against", "crates/absent"]);
}

#[test]
fn documents_are_told_apart_by_what_they_are_written_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    let text = "<policies>\r\n  <inbound><set-heder /></inbound>\r\n</policies>";
    let units =
        |order: fn(u16) -> [u8; 2]| std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect();
    let (little, big): (Vec<u8>, Vec<u8>) = (units(u16::to_le_bytes), units(u16::to_be_bytes));
    write("a.xml", &little);
    write("b.xml", &big);
    write("c.xml", b"<policies>\n  <inbound />\xe9\n</policies>");
    write("d.xml", b"<policies><inbound /></policies>");
    let came = tollgate(&["policy", "check", folder.path().to_str().expect("a path"), "--format", "json"]);
    assert_eq!(came.code, Some(1), "{}", came.err);
    let checked: serde_json::Value = serde_json::from_str(&came.out).expect("JSON");
    let found: Vec<_> = (0..4)
        .map(|at| &checked[at])
        .map(|file| {
            file["diagnostics"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| format!("{} {}:{}", one["code"], one["line"], one["column"]))
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(found, [vec![r#""TG2101" 2:13"#], vec![r#""TG2101" 2:13"#], vec![r#""TG2001" 2:14"#], vec![]]);
}

#[test]
fn an_effective_policy_tells_origins_plans_and_needs() {
    let [operation, api] = ["operation.xml", "api.xml"].map(|name| format!("{FILES}/explain/{name}"));
    check("explain.txt", &["policy", "explain", &operation, "--scope", "operation", "--api", &api]);
    check("explain-twice.txt", &["policy", "explain", &operation, "--scope", "api", "--api", &api]);
}

#[test]
fn a_document_runs_against_a_request() {
    let arguments =
        ["policy", "run", "examples/policy-tests/orders.xml", "--request", "examples/policy-tests/request.yaml"];
    let came = tollgate(&arguments);
    assert_eq!(came.code, Some(0), "{}", came.err);
    // Durations differ from run to run; what happened does not.
    for line in ["api-inspector", "when[1]", "retry", "again", "request.header x-kind: read", "< 200", r#"{"id":7}"#] {
        assert!(came.out.contains(line), "no {line} in\n{}", came.out);
    }
    let json: serde_json::Value =
        serde_json::from_str(&tollgate(&[&arguments[..], &["--format", "json"]].concat()).out).expect("JSON");
    assert_eq!(json["response"]["status"], 200);
    assert_eq!(json["backend"][1]["url"], "http://backend.example/base/7");
    assert_eq!(json["variables"]["kind"], "read");
    let inbound = json["trace"]["traceEntries"]["inbound"].as_array().expect("entries");
    assert_eq!(inbound[0]["source"], "api-inspector");
    assert!(inbound.iter().any(|entry| entry["data"]["policy"]["fragment"] == "caller"), "{json:#}");
}
