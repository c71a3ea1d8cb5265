//! `tollgate policy check · explain`: the engine that runs in production, without a server.

use crate::Failure;
use crate::cli::{CheckArgs, CheckFormat, Scope};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tollgate_error::{Code, Diagnostic, LineIndex, Problem, Severity, render};
use tollgate_policy::{ScopeKind, Sources};

/// What only a service knows is assumed to exist.
struct Assume;

impl Sources for Assume {
    fn named_value(&self, _: &str) -> Option<Arc<str>> {
        None
    }
    fn assumes_named_values(&self) -> bool {
        true
    }
    fn fragment(&self, _: &str) -> Option<Arc<str>> {
        Some(Arc::from("<fragment />"))
    }
    fn has_backend(&self, _: &str) -> bool {
        true
    }
    fn has_certificate(&self, _: &str) -> bool {
        true
    }
}

#[derive(Serialize)]
struct Checked {
    file: String,
    ok: bool,
    diagnostics: Vec<Finding>,
    #[serde(skip)]
    text: String,
    #[serde(skip)]
    raw: Vec<Diagnostic>,
}

/// A diagnostic with its place as people count it. Contract: design §2.
#[derive(Serialize)]
struct Finding {
    severity: Severity,
    code: Code,
    message: String,
    hint: Option<String>,
    line: u32,
    column: u32,
}

pub fn check(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let mut files = Vec::new();
    for path in &args.paths {
        find_documents(path, &mut files)?;
    }
    let checked: Vec<Checked> =
        files.iter().map(|file| check_file(file, args.scope.into())).collect::<Result<_, _>>()?;
    match args.format {
        CheckFormat::Text => print_text(&checked),
        CheckFormat::Json => println!("{}", serde_json::to_string_pretty(&checked).unwrap_or_default()),
        CheckFormat::Sarif => println!("{}", serde_json::to_string_pretty(&sarif(&checked)).unwrap_or_default()),
        CheckFormat::Github => print_github(&checked),
    }
    Ok(if checked.iter().all(|file| file.ok) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

pub fn explain(file: &Path, scope: Scope) -> Result<ExitCode, Failure> {
    let text = read(file)?;
    let compiled = tollgate_policy::compile(&text, scope.into(), &Assume);
    if let Some(plan) = &compiled.plan {
        println!("{}", plan.listing());
    }
    eprint!("{}", render(&file.display().to_string(), &text, &compiled.diagnostics));
    Ok(if compiled.plan.is_some() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

impl From<Scope> for ScopeKind {
    fn from(scope: Scope) -> ScopeKind {
        match scope {
            Scope::Global => ScopeKind::Global,
            Scope::Product => ScopeKind::Product,
            Scope::Api => ScopeKind::Api,
            Scope::Operation => ScopeKind::Operation,
        }
    }
}

/// Files as named; folders are searched for `.xml`, in order of their names.
fn find_documents(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !path.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(|cause| unreadable(path, &cause))?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")) {
            find_documents(&entry, found)?;
        }
    }
    Ok(())
}

fn unreadable(path: &Path, cause: &dyn std::fmt::Display) -> Failure {
    Failure::Settings(
        Problem::new(Code::SETTING_INVALID, format!("cannot read {}: {cause}", path.display()))
            .with_hint("name policy documents, or folders that hold `.xml` files"),
    )
}

fn read(file: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(file).map_err(|cause| unreadable(file, &cause))?;
    String::from_utf8(bytes).map_err(|cause| unreadable(file, &cause))
}

fn check_file(file: &Path, scope: ScopeKind) -> Result<Checked, Failure> {
    let text = read(file)?;
    let compiled = match is_fragment(&text) {
        true => tollgate_policy::compile_fragment(&text, &Assume),
        false => tollgate_policy::compile(&text, scope, &Assume),
    };
    let index = LineIndex::new(&text);
    let diagnostics: Vec<Finding> = compiled
        .diagnostics
        .iter()
        .map(|found| {
            let place = index.position(found.span.start);
            Finding {
                severity: found.severity,
                code: found.code,
                message: found.message.clone(),
                hint: found.hint.clone(),
                line: place.line,
                column: place.column,
            }
        })
        .collect();
    let ok = !compiled.diagnostics.iter().any(Diagnostic::is_error);
    Ok(Checked { file: file.display().to_string(), ok, diagnostics, raw: compiled.diagnostics, text })
}

/// Whether the root element is `<fragment>`: declarations and comments may stand before it.
fn is_fragment(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = match rest {
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<?") => "?>",
            _ => {
                return rest
                    .strip_prefix("<fragment")
                    .is_some_and(|after| after.starts_with(['>', '/', ' ', '\t', '\r', '\n']));
            }
        };
        let Some(at) = rest.find(end) else { return false };
        rest = rest[at + end.len()..].trim_start();
    }
}

fn print_text(checked: &[Checked]) {
    for file in checked {
        print!("{}", render(&file.file, &file.text, &file.raw));
    }
    let bad = checked.iter().filter(|file| !file.ok).count();
    println!("{} checked, {} ok, {bad} with errors", checked.len(), checked.len() - bad);
}

/// Workflow commands that GitHub shows beside the lines of a pull request.
fn print_github(checked: &[Checked]) {
    for file in checked {
        for found in &file.diagnostics {
            let level = if found.severity == Severity::Error { "error" } else { "warning" };
            let text = found.message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
            println!(
                "::{level} file={},line={},col={},title={}::{text}",
                file.file, found.line, found.column, found.code
            );
        }
    }
}

/// SARIF 2.1.0.
fn sarif(checked: &[Checked]) -> serde_json::Value {
    let results: Vec<_> = checked
        .iter()
        .flat_map(|file| file.diagnostics.iter().map(move |found| (file, found)))
        .map(|(file, found)| {
            serde_json::json!({
                "ruleId": found.code,
                "level": if found.severity == Severity::Error { "error" } else { "warning" },
                "message": { "text": found.message },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": file.file },
                    "region": { "startLine": found.line, "startColumn": found.column },
                } }],
            })
        })
        .collect();
    serde_json::json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": { "name": "tollgate", "version": env!("CARGO_PKG_VERSION") } }, "results": results }],
    })
}
