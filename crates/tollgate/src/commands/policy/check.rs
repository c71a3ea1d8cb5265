//! `tollgate policy check`: every error of documents at its line and column.

use super::known::Known;
use super::{decode, unreadable};
use crate::Failure;
use crate::cli::{CheckArgs, CheckFormat};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tollgate_error::{Code, Diagnostic, LineIndex, Severity, Span, render};
use tollgate_policy::{Compiled, ScopeKind, Sources};

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
    let known = Known::against(&args.against)?;
    let mut files = Vec::new();
    for path in &args.paths {
        let before = files.len();
        find_documents(path, &mut files)?;
        if files.len() == before {
            return Err(unreadable(path, &"no `.xml` file is in it"));
        }
    }
    let checked: Vec<Checked> =
        files.iter().map(|file| check_file(file, args.scope.kind(), &known)).collect::<Result<_, _>>()?;
    match args.format {
        CheckFormat::Text => print_text(&checked),
        CheckFormat::Json => println!("{}", serde_json::to_string_pretty(&checked).unwrap_or_default()),
        CheckFormat::Sarif => println!("{}", serde_json::to_string_pretty(&sarif(&checked)).unwrap_or_default()),
        CheckFormat::Github => print_github(&checked),
    }
    Ok(if checked.iter().all(|file| file.ok) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Compiles a document at the scope given, else at the scope its place in a folder tells, else at
/// the first scope where nothing is wrong with it (or the least).
pub fn compile_at(file: &Path, text: &str, scope: Option<ScopeKind>, sources: &dyn Sources) -> (ScopeKind, Compiled) {
    let at = |scope| (scope, tollgate_policy::compile(text, scope, sources));
    if let Some(scope) = scope.or_else(|| scope_by_place(file)) {
        return at(scope);
    }
    let mut best: Option<(usize, (ScopeKind, Compiled))> = None;
    for scope in [ScopeKind::Operation, ScopeKind::Api, ScopeKind::Product, ScopeKind::Global] {
        let tried = at(scope);
        let errors = tried.1.diagnostics.iter().filter(|found| found.is_error()).count();
        if errors == 0 {
            return tried;
        }
        if best.as_ref().is_none_or(|(fewest, _)| errors < *fewest) {
            best = Some((errors, tried));
        }
    }
    best.map_or_else(|| at(ScopeKind::Operation), |(_, tried)| tried)
}

/// What the APIOps layout says of a `policy.xml` by the folders it stands in.
fn scope_by_place(file: &Path) -> Option<ScopeKind> {
    if file.file_name()? != "policy.xml" {
        return None;
    }
    let mut folders = file.parent()?.iter().rev().map(|part| part.to_string_lossy().into_owned()).skip(1);
    match folders.next().as_deref() {
        Some("operations") => Some(ScopeKind::Operation),
        Some("apis") => Some(ScopeKind::Api),
        Some("products") => Some(ScopeKind::Product),
        _ => {
            let root = file.parent()?;
            let is_root = ["apis", "products", "named values", "policy fragments"];
            is_root.iter().any(|folder| root.join(folder).is_dir()).then_some(ScopeKind::Global)
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

fn check_file(file: &Path, scope: Option<ScopeKind>, known: &Known) -> Result<Checked, Failure> {
    let bytes = std::fs::read(file).map_err(|cause| unreadable(file, &cause))?;
    let (text, raw) = match decode(bytes) {
        Ok(text) => {
            let compiled = match is_fragment(&text) {
                true => tollgate_policy::compile_fragment(&text, known),
                false => compile_at(file, &text, scope, known).1,
            };
            (text, compiled.diagnostics)
        }
        Err(error) => not_text(error),
    };
    let index = LineIndex::new(&text);
    let diagnostics: Vec<Finding> = raw
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
    let ok = !raw.iter().any(Diagnostic::is_error);
    Ok(Checked { file: file.display().to_string(), ok, diagnostics, raw, text })
}

/// A file that is not text is one wrong document; the others are still told of.
fn not_text(error: std::string::FromUtf8Error) -> (String, Vec<Diagnostic>) {
    let good = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let found =
        Diagnostic::error(Code::POLICY_NOT_WELL_FORMED, Span::new(good, good), "the document is not text in UTF-8");
    (text, vec![found.with_hint("save it as UTF-8, or as UTF-16 with a byte order mark")])
}

/// Whether the root element is `<fragment>`: declarations and comments may stand before it.
pub fn is_fragment(text: &str) -> bool {
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
            let hint = found.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            let text = format!("{}{hint}", found.message);
            let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
            let property = |text: &str| text.replace('%', "%25").replace(':', "%3A").replace(',', "%2C");
            println!(
                "::{level} file={},line={},col={},title={}::{text}",
                property(&file.file),
                found.line,
                found.column,
                found.code
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
