//! What the catalogue promises: every example runs, and every attribute, default and failure answer
//! of every element has an executed case in `cases/`.

use serde_yaml_ng::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tollgate_policy::ScopeKind;
use tollgate_policy::catalogue::{self, POLICIES};
use tollgate_policy::document::{self, Element};
use tollgate_policy::fault::Reason;
use tollgate_policy::grammar::{Content, Policy, Section, Shape};
use tollgate_policy::simulation::{AnswerSpec, Entrance, Names, RequestSpec, Stage, StubHost, play};
use tollgate_policy::trace::Outcome;

/// The example of a policy as a document where the policy may stand.
fn example(policy: &Policy) -> (ScopeKind, String) {
    let section = Section::ALL.into_iter().find(|section| policy.sections.contains(*section)).expect("a section");
    let scope = ScopeKind::ALL.into_iter().rev().find(|scope| policy.scopes.contains(*scope)).expect("a scope");
    let name = section.name();
    (scope, format!("<policies><{name}>{}</{name}></policies>", policy.example))
}

#[test]
fn every_example_runs() {
    let names = Names { lenient: true, ..Names::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for policy in POLICIES {
        let name = policy.shape.name;
        let (scope, text) = example(policy);
        let stage = Stage::compile(&[(scope, text.clone())], &names);
        assert!(stage.is_sound(), "{name}: {text}: {:?}", stage.documents[0].1.diagnostics);
        let on_error = !policy.sections.contains(Section::Inbound)
            && !policy.sections.contains(Section::Backend)
            && !policy.sections.contains(Section::Outbound);
        let entrance = if on_error { Entrance::Refused(404) } else { Entrance::Inbound };
        let answer = AnswerSpec { json: Some(serde_json::json!({ "id": 1 })), ..AnswerSpec::default() };
        let host = StubHost::new(vec![answer.clone()], vec![answer], BTreeMap::new());
        // Policies that read a body of one kind only get that kind.
        let body = if matches!(name, "xml-to-json" | "xsl-transform") { "<order><item /></order>" } else { "{}" };
        let request = RequestSpec { method: "POST".into(), body: Some(body.into()), ..RequestSpec::default() };
        let played = runtime.block_on(play(&host, &stage.chain, &request, &entrance, &names, None)).expect("played");
        if name == "base" || name == "include-fragment" {
            // Other policies stand in their place.
            continue;
        }
        let step = played.trace.trace_entries.steps().find(|step| step.policy.element == name);
        let step = step.unwrap_or_else(|| panic!("{name} did not run: {:#?}", played.trace));
        let is_mistake =
            |reason: &Option<String>| reason.is_none() || reason.as_deref() == Some("ExpressionValueEvaluationFailure");
        let mistaken = step.error.as_ref().is_some_and(|error| is_mistake(&error.reason));
        assert!(step.outcome != Outcome::Failed || !mistaken, "{name}: {step:#?}");
    }
}

/// Golden: what has no executed case. It is to be empty.
#[test]
fn every_attribute_default_and_failure_has_a_case() {
    let covered = covered();
    let mut wanted = BTreeSet::new();
    for policy in POLICIES {
        promises(policy.shape, policy.shape.name, &mut wanted);
    }
    wanted.extend(Reason::ALL.iter().map(|reason| format!("failure {}", reason.text())));
    let uncovered: Vec<&str> = wanted.difference(&covered).map(String::as_str).collect();
    let golden = root().join("tests/uncovered.txt");
    let text: String = uncovered.iter().map(|line| format!("{line}\n")).collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &text).expect("the golden file");
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(text, expected, "write a case in tests/cases for what is listed, and take it off the list");
}

/// Where the list above sees them.
#[test]
fn elements_name_their_reasons_by_the_enum() {
    let mut files = Vec::new();
    collect(&root().join("src/elements"), "rs", &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        assert!(!code.contains("with_reason(\""), "{} has a reason that is no `fault::Reason`", file.display());
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `element@attribute` for each attribute, `element@attribute by default` for each default.
fn promises(shape: &Shape, key: &str, out: &mut BTreeSet<String>) {
    for attribute in shape.attributes {
        out.insert(format!("{key}@{}", attribute.name));
        if attribute.default.is_some() {
            out.insert(format!("{key}@{} by default", attribute.name));
        }
    }
    if let Some(children) = shape.content.children() {
        for child in children {
            let name = child.shape.name;
            // Policies inside policies (`set-header` in `return-response`) are promised once.
            if catalogue::find(name).is_none() {
                out.insert(format!("{key}/{name}"));
                promises(child.shape, &format!("{key}/{name}"), out);
            }
        }
    }
}

/// What the cases that run have.
fn covered() -> BTreeSet<String> {
    let mut files = Vec::new();
    collect(&root().join("tests/cases"), "yaml", &mut files);
    let mut out = BTreeSet::new();
    for file in files {
        let came = std::fs::read_to_string(file.with_extension("out")).unwrap_or_default();
        for line in came.lines().filter_map(|line| line.strip_prefix("last error: ")) {
            // `last error: SOURCE REASON at …`; some reasons are of several words.
            let reason = line.split(" at ").next().and_then(|told| told.split_once(' ')).map(|(_, reason)| reason);
            out.insert(format!("failure {}", reason.unwrap_or_default()));
        }
        let text = std::fs::read_to_string(&file).expect("a case");
        let case: Value = serde_yaml_ng::from_str(&text).expect("YAML");
        let ran = case.get("requests").and_then(Value::as_sequence).is_some_and(|requests| !requests.is_empty());
        // A refusal is the only outcome that some attributes have (Service Fabric, Dapr).
        let refused: Vec<&str> = came.lines().filter(|line| line.contains(" TG2109 ")).collect();
        let sound = !came.lines().any(|line| line.starts_with("error "));
        if refused.is_empty() && !(ran && sound) {
            continue;
        }
        let texts = |key: &str| case.get(key).and_then(Value::as_mapping).cloned().unwrap_or_default();
        let fragments = case.get("names").and_then(|names| names.get("fragments")).and_then(Value::as_mapping).cloned();
        let (mut documents, mut found): (Vec<String>, BTreeSet<String>) = (Vec::new(), BTreeSet::new());
        for (_, text) in texts("documents").iter().chain(&fragments.unwrap_or_default()) {
            documents.extend(text.as_str().map(str::to_owned));
        }
        for section in ["inbound", "backend", "outbound", "on-error"] {
            documents
                .extend(case.get(section).and_then(Value::as_str).map(|text| format!("<fragment>{text}</fragment>")));
        }
        for text in &documents {
            if let Some(root) = document::parse(text).root {
                root.elements().for_each(|element| walk(element, &mut found));
            }
        }
        let told = |key: &String| {
            refused.iter().any(|line| line.contains(&format!("`{}`", key.split('@').next().unwrap_or(key))))
        };
        out.extend(found.into_iter().filter(|key| sound || key.contains('@') && told(key)));
    }
    out
}

/// Sections and policies, wherever they stand.
fn walk(element: &Element, out: &mut BTreeSet<String>) {
    match catalogue::find(&element.name) {
        Some(policy) => shown(element, policy.shape, policy.shape.name, out),
        None => element.elements().for_each(|child| walk(child, out)),
    }
}

fn shown(element: &Element, shape: &Shape, key: &str, out: &mut BTreeSet<String>) {
    out.insert(key.to_owned());
    for attribute in shape.attributes {
        if element.attribute(attribute.name).is_some() {
            out.insert(format!("{key}@{}", attribute.name));
        } else if attribute.default.is_some() {
            out.insert(format!("{key}@{} by default", attribute.name));
        }
    }
    match shape.content {
        Content::Policies => element.elements().for_each(|child| walk(child, out)),
        Content::Children(children) | Content::Set(children) | Content::ChildrenOrText(children) => {
            for child in element.elements() {
                let known = children.iter().find(|known| known.shape.name == child.name);
                match known {
                    Some(known) if catalogue::find(&child.name).is_none() => {
                        shown(child, known.shape, &format!("{key}/{}", child.name), out);
                    }
                    _ => walk(child, out),
                }
            }
        }
        Content::Nothing | Content::Text { .. } | Content::Free => {}
    }
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            collect(&entry, extension, found);
        } else if entry.extension().is_some_and(|found| found == extension) {
            found.push(entry);
        }
    }
}
