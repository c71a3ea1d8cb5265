//! Golden cases: documents and requests in `cases/*/*.yaml`, what came of them beside each. A case lists only what differs from the defaults of `simulation::RequestSpec`.

use indexmap::IndexMap;
use serde::Deserialize;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tollgate_error::LineIndex;
use tollgate_expression::context::BodyState;
use tollgate_policy::simulation::{AnswerSpec, DefinitionSpec, Names, Received, RequestSpec, StubHost};
use tollgate_policy::{Chain, Plan, ScopeKind, compile, run};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Case {
    /// Whole documents by scope: `global`, `product`, `api`, `operation`.
    #[serde(default)]
    documents: IndexMap<String, String>,
    /// Or only the content of a section, for an API document that inherits the rest.
    inbound: Option<String>,
    backend: Option<String>,
    outbound: Option<String>,
    on_error: Option<String>,
    #[serde(default)]
    names: Names,
    #[serde(default)]
    requests: Vec<RequestSpec>,
    #[serde(default)]
    answers: Vec<AnswerSpec>,
    #[serde(default)]
    side_answers: Vec<AnswerSpec>,
    /// Requests are CORS preflights that match no operation.
    #[serde(default)]
    preflight: bool,
    /// Requests that failed before inbound with this status.
    fault: Option<u16>,
    #[serde(default)]
    listing: bool,
    /// What the API's definition says.
    definition: Option<DefinitionSpec>,
}

impl Case {
    fn documents(&self) -> IndexMap<String, String> {
        let mut documents = self.documents.clone();
        let sections = [
            ("inbound", &self.inbound),
            ("backend", &self.backend),
            ("outbound", &self.outbound),
            ("on-error", &self.on_error),
        ];
        let given: String =
            sections.iter().filter_map(|(name, text)| Some(format!("<{name}>{}</{name}>\n", text.as_ref()?))).collect();
        if !given.is_empty() {
            documents.insert("api".to_owned(), format!("<policies>\n{given}</policies>"));
        }
        documents
    }
}

fn scope(name: &str) -> ScopeKind {
    ScopeKind::ALL.into_iter().find(|scope| scope.name() == name).expect("a scope")
}

fn run_case(text: &str) -> String {
    let case: Case = serde_yaml_ng::from_str(text).expect("a case");
    let mut out = String::new();
    let mut chain = Chain::default();
    let mut refused = false;
    for (name, text) in case.documents() {
        let compiled = compile(&text, scope(&name), &case.names);
        let index = LineIndex::new(&text);
        for found in &compiled.diagnostics {
            let at = index.position(found.span.start);
            let severity = if found.is_error() { "error" } else { "warning" };
            let _ = writeln!(out, "{severity} {name} {}:{} {} {}", at.line, at.column, found.code, found.message);
            if let Some(hint) = &found.hint {
                let _ = writeln!(out, "  hint: {hint}");
            }
        }
        refused |= compiled.plan.is_none();
        if let (true, Some(plan)) = (case.listing, &compiled.plan) {
            let _ = writeln!(out, "{}", plan.listing());
        }
        *slot(&mut chain, &name) = compiled.plan;
    }
    if refused {
        return out;
    }
    let host = StubHost::new(
        if case.answers.is_empty() { vec![AnswerSpec::default()] } else { case.answers.clone() },
        case.side_answers.clone(),
        case.names.backends.clone(),
    )
    .with_credentials(&case.names);
    let host = match case.definition.clone() {
        Some(definition) => host.with_definition(definition.build()),
        None => host,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for request in &case.requests {
        runtime.block_on(run_request(&case, request, &chain, &host, &mut out));
    }
    out
}

fn slot<'c>(chain: &'c mut Chain, name: &str) -> &'c mut Option<Arc<Plan>> {
    match scope(name) {
        ScopeKind::Global => &mut chain.global,
        ScopeKind::Product => &mut chain.product,
        ScopeKind::Api => &mut chain.api,
        ScopeKind::Operation => &mut chain.operation,
    }
}

async fn run_request(case: &Case, request: &RequestSpec, chain: &Chain, host: &StubHost, out: &mut String) {
    host.advance(Duration::from_secs_f64(request.after));
    let mut exchange = host.exchange(request).expect("a request");
    if case.preflight {
        if !run::run_preflight(&mut exchange, chain, host).await {
            let _ = writeln!(out, "> no policy answers the preflight");
            return;
        }
    } else if let Some(status) = case.fault {
        let fault =
            tollgate_policy::Fault::new("configuration", status, "Unable to match incoming request to an operation.")
                .with_reason("OperationNotFound");
        run::run_on_error(&mut exchange, chain, host, fault).await;
    } else {
        run::run(&mut exchange, chain, host).await;
    }
    let _ = writeln!(out, "> {} {}", request.method, request.url);
    for received in host.received.borrow_mut().drain(..) {
        show_received("backend", &received, out);
    }
    for received in host.side_received.borrow_mut().drain(..) {
        show_received("side call", &received, out);
    }
    for line in host.log.borrow_mut().drain(..) {
        let _ = writeln!(out, "log: {line}");
    }
    for wait in host.slept.borrow_mut().drain(..) {
        let _ = writeln!(out, "slept: {wait:?}");
    }
    let context = &exchange.context;
    for (name, value) in context.variables.iter() {
        let _ = writeln!(out, "variable {name}: {}", value.to_text());
    }
    if let Some(error) = &context.last_error {
        let _ = writeln!(
            out,
            "last error: {} {} at {} {} {} {}: {}",
            error.source,
            error.reason.as_deref().unwrap_or("-"),
            error.scope.as_deref().unwrap_or("-"),
            error.section.as_deref().unwrap_or("-"),
            error.path.as_deref().unwrap_or("-"),
            error.policy_id.as_deref().unwrap_or("-"),
            error.message
        );
    }
    if let Some(place) = &exchange.run.decided_by {
        let _ =
            writeln!(out, "decided by: {} at {} {}:{}", place.element, place.scope.name(), place.line, place.column);
    }
    let response = context.response.as_ref().expect("a response");
    let _ = writeln!(out, "answer: {} {}", response.status_code, response.status_reason.as_deref().unwrap_or(""));
    show_headers(&response.headers, out);
    show_body(&response.body.state(), out);
}

fn show_received(what: &str, received: &Received, out: &mut String) {
    let _ = writeln!(out, "{what}: {} {}", received.method, received.url);
    show_headers(&received.headers, out);
    if !received.body.is_empty() {
        let _ = writeln!(out, "  {}", String::from_utf8_lossy(&received.body));
    }
}

fn show_headers(headers: &http::HeaderMap, out: &mut String) {
    for (name, value) in headers {
        let _ = writeln!(out, "  {name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
}

fn show_body(body: &BodyState, out: &mut String) {
    let _ = match body {
        BodyState::Absent => Ok(()),
        BodyState::Buffered(content) => writeln!(out, "  {}", String::from_utf8_lossy(content)),
        other => writeln!(out, "  ({other:?})"),
    };
}

/// Every `cases/AREA/NAME.yaml` against `NAME.out` beside it; `UPDATE_GOLDEN=1` writes what came of
/// them.
#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut wrong = String::new();
    let mut count = 0;
    for area in files(&folder) {
        for path in files(&area).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "yaml")) {
            count += 1;
            let came = run_case(&std::fs::read_to_string(&path).expect("a case"));
            let golden = path.with_extension("out");
            let expected = std::fs::read_to_string(&golden).unwrap_or_default();
            if update {
                std::fs::write(&golden, &came).expect("a golden file");
            } else if came != expected {
                let _ = write!(wrong, "{}\n--- expected\n{expected}--- came\n{came}\n", path.display());
            }
        }
    }
    assert!(count > 40, "the cases were not found");
    assert!(wrong.is_empty(), "{wrong}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}
