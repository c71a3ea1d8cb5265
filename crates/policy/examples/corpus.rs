//! Compiles every document below a folder and says what came of it:
//! `cargo run -p tollgate-policy --example corpus -- FOLDER [--verbose]`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tollgate_error::{Diagnostic, LineIndex};
use tollgate_policy::simulation::Names;
use tollgate_policy::{ScopeKind, compile, compile_fragment, document};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap_or_else(|| ".".to_owned());
    let verbose = arguments.next().is_some();
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files)?;
    files.sort();
    let names = Names { lenient: true, ..Names::default() };
    let (mut accepted, mut refused) = (0, 0);
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for file in &files {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        let is_fragment = document::parse(&text).root.is_some_and(|root| root.name == "fragment");
        let compiled =
            if is_fragment { compile_fragment(&text, &names) } else { compile(&text, ScopeKind::Api, &names) };
        let compiled = match compiled.plan {
            // Documents of the wild do not say at which scope they were written.
            None if !is_fragment => {
                let scopes = [ScopeKind::Product, ScopeKind::Global].map(|scope| compile(&text, scope, &names));
                scopes.into_iter().find(|other| other.plan.is_some()).unwrap_or(compiled)
            }
            _ => compiled,
        };
        let errors: Vec<&Diagnostic> = compiled.diagnostics.iter().filter(|found| found.is_error()).collect();
        if compiled.plan.is_some() {
            accepted += 1;
            continue;
        }
        refused += 1;
        let index = LineIndex::new(&text);
        println!("{}", file.strip_prefix(&folder).unwrap_or(file).display());
        for found in errors.iter().take(if verbose { usize::MAX } else { 3 }) {
            let at = index.position(found.span.start);
            println!("    {}:{} {} {}", at.line, at.column, found.code, found.message);
        }
        for found in errors {
            let name = found.message.split(':').next().unwrap_or_default();
            *reasons.entry(format!("{} {name}", found.code)).or_default() += 1;
        }
    }
    println!("\n{} files, {accepted} accepted, {refused} refused", files.len());
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    for (reason, count) in reasons {
        println!("{count:5} {reason}");
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "xml") {
            files.push(path);
        }
    }
    Ok(())
}
