//! `tollgate policy explain`: what a request would run, where each element comes from, what it needs.

use super::check::compile_at;
use super::known::Known;
use super::read;
use crate::Failure;
use crate::cli::{DocumentArgs, ExplainArgs, Format};
use std::path::PathBuf;
use std::process::ExitCode;
use tollgate_error::{Problem, render};
use tollgate_policy::compile::{Compiled, Uses};
use tollgate_policy::compose::{Effective, Scoped, effective};
use tollgate_policy::{ScopeKind, Sources};

/// A document that was named on the command line.
pub struct Document {
    pub file: PathBuf,
    pub scope: ScopeKind,
    pub text: String,
    pub compiled: Compiled,
}

/// The documents of one request, compiled, broad to narrow.
///
/// # Errors
/// One cannot be read, or two are of the same scope.
pub fn documents(args: &DocumentArgs, sources: &dyn Sources) -> Result<Vec<Document>, Failure> {
    let named = [
        (Some(&args.file), args.scope.kind()),
        (args.global.as_ref(), Some(ScopeKind::Global)),
        (args.product.as_ref(), Some(ScopeKind::Product)),
        (args.api.as_ref(), Some(ScopeKind::Api)),
        (args.operation.as_ref(), Some(ScopeKind::Operation)),
    ];
    let mut out: Vec<Document> = Vec::new();
    for (file, scope) in named {
        let Some(file) = file else { continue };
        let text = read(file)?;
        let (scope, compiled) = compile_at(file, &text, scope, sources);
        if let Some(other) = out.iter().find(|other| other.scope == scope) {
            let message = format!("{} and {} are both of {} scope", other.file.display(), file.display(), scope.name());
            let problem = Problem::new(tollgate_error::Code::SETTING_INVALID, message);
            return Err(Failure::Settings(problem.with_hint("say with --scope of which scope the first one is")));
        }
        out.push(Document { file: file.clone(), scope, text, compiled });
    }
    out.sort_by_key(|document| document.scope);
    Ok(out)
}

pub fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let known = Known::against(&args.against)?;
    let documents = documents(&args.documents, &known)?;
    let scoped: Vec<Scoped<'_>> =
        documents.iter().map(|document| Scoped { scope: document.scope, text: &document.text }).collect();
    let whole = effective(&scoped, &|id| known.fragment(id));
    match args.format {
        Format::Text => print_text(&documents, &whole),
        Format::Json => println!("{}", serde_json::to_string_pretty(&json(&documents, &whole)).unwrap_or_default()),
    }
    for document in &documents {
        eprint!("{}", render(&document.file.display().to_string(), &document.text, &document.compiled.diagnostics));
    }
    let sound = documents.iter().all(|document| document.compiled.plan.is_some());
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn print_text(documents: &[Document], whole: &Effective) {
    println!("effective policy\n\n{}", whole.document());
    for document in documents {
        let Some(plan) = &document.compiled.plan else { continue };
        println!("plan of {} ({} scope)\n\n{}", document.file.display(), document.scope.name(), plan.listing());
    }
    println!("needs");
    for (what, needed) in needs(documents) {
        println!("  {what:<16} {needed}");
    }
}

/// What the documents together need of the gateway and of the service.
fn needs(documents: &[Document]) -> Vec<(&'static str, String)> {
    let any = |pick: fn(tollgate_policy::plan::Needs) -> bool| {
        documents.iter().filter_map(|document| document.compiled.plan.as_ref()).any(|plan| pick(plan.needs()))
    };
    let names = |pick: fn(&Uses) -> &std::collections::BTreeSet<String>| {
        let mut all: Vec<&str> =
            documents.iter().flat_map(|document| pick(&document.compiled.uses)).map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        all.join(", ")
    };
    let mut out = Vec::new();
    let read = |flag: bool| if flag { "buffered: a policy reads it" } else { "streams through" }.to_owned();
    out.push(("request body", read(any(|needs| needs.request_body))));
    out.push(("response body", read(any(|needs| needs.response_body))));
    for (what, names) in [
        ("named values", names(|uses| &uses.named_values)),
        ("fragments", names(|uses| &uses.fragments)),
        ("backends", names(|uses| &uses.backends)),
        ("certificates", names(|uses| &uses.certificates)),
    ] {
        if !names.is_empty() {
            out.push((what, names));
        }
    }
    if documents.iter().any(|document| document.compiled.uses.any_backend) {
        out.push(("any backend", "a backend id is an expression".to_owned()));
    }
    if documents.iter().any(|document| document.compiled.uses.subscription_keys) {
        out.push(("subscription keys", "a policy reads them".to_owned()));
    }
    out
}

fn json(documents: &[Document], whole: &Effective) -> serde_json::Value {
    let plans: Vec<_> = documents
        .iter()
        .map(|document| {
            serde_json::json!({
                "file": document.file.display().to_string(),
                "scope": document.scope.name(),
                "listing": document.compiled.plan.as_ref().map(|plan| plan.listing()),
            })
        })
        .collect();
    let needs: serde_json::Map<_, _> =
        needs(documents).into_iter().map(|(what, needed)| (what.to_owned(), needed.into())).collect();
    serde_json::json!({ "effective": whole, "document": whole.document(), "plans": plans, "needs": needs })
}
