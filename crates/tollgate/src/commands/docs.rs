//! Reference pages that are generated from the tables in the code: `make docs`.

use crate::Failure;
use std::path::Path;
use std::process::ExitCode;
use tollgate_error::{CODES, Code, Problem};

pub fn docs(folder: &Path, check: bool) -> Result<ExitCode, Failure> {
    let mut stale = Vec::new();
    for (name, text) in pages() {
        let path = folder.join(&name);
        if std::fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        if check {
            stale.push(name);
            continue;
        }
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
        written.map_err(|cause| {
            Problem::new(Code::DATA_DIRECTORY_UNUSABLE, format!("cannot write {}: {cause}", path.display()))
        })?;
    }
    if stale.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("out of date, run `make docs`: {}", stale.join(", "));
    Ok(ExitCode::from(1))
}

/// Path below `docs/` and text of every generated page.
fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = CODES
        .iter()
        .map(|entry| {
            (
                format!("errors/{}.md", entry.code),
                format!("# {} · {}\n\n{}\n", entry.code, entry.title, entry.explanation),
            )
        })
        .collect();
    let list: String = CODES.iter().map(|entry| format!("- [{0}]({0}.md) {1}\n", entry.code, entry.title)).collect();
    pages.push(("errors/README.md".into(), format!("# Error codes\n\n{list}")));
    let policies = tollgate_policy::docs();
    let list: String = policies.iter().map(|(name, _)| format!("- [{name}]({name}.md)\n")).collect();
    pages.push((
        "policies/README.md".into(),
        format!("# Policy reference\n\nGenerated from the catalogue in the code: `make docs`.\n\n{list}"),
    ));
    pages.push(("expressions.md".into(), tollgate_expression::docs()));
    pages.extend(policies.into_iter().map(|(name, text)| (format!("policies/{name}.md"), text)));
    pages
}
