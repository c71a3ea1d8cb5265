//! `tollgate policy run`: documents, a request, stubbed backends; the answer and the trace.

use super::explain::documents;
use super::suite::expect::bytes;
use super::suite::format::{self, EntranceSpec, Given};
use super::suite::runner::{assumed, world};
use crate::Failure;
use crate::cli::{Format, RunArgs};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use tollgate_error::{Code, Problem, render};
use tollgate_policy::ScopeKind;
use tollgate_policy::simulation::{Entrance, Played, Stage, play};
use tollgate_policy::trace;

/// A request file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
struct RequestFile {
    given: Value,
    /// One, …
    request: Value,
    /// … or several, one after the other; `request` holds what they have in common.
    requests: Vec<Value>,
    entrance: EntranceSpec,
}

pub fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let (file, folder): (RequestFile, PathBuf) = match &args.request {
        None => (RequestFile::default(), PathBuf::from(".")),
        Some(path) => {
            let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
            (format::parse(path, &format::text(path)?)?, folder)
        }
    };
    let invalid = |why: String| Failure::Settings(Problem::new(Code::SETTING_INVALID, why));
    let given: Given = format::typed(&file.given).map_err(|why| invalid(format!("given: {why}")))?;
    let names = assumed(given.names(&folder, &mut Vec::new())?);
    let documents = documents(&args.documents, &names)?;
    for document in &documents {
        eprint!("{}", render(&document.file.display().to_string(), &document.text, &document.compiled.diagnostics));
    }
    let texts: Vec<(ScopeKind, String)> =
        documents.into_iter().map(|document| (document.scope, document.text)).collect();
    let stage = Stage::compile(&texts, &names);
    if !stage.is_sound() {
        return Ok(ExitCode::from(1));
    }
    let host = world(&given, &names, &folder, &mut Vec::new()).map_err(invalid)?;
    let entrance = match file.entrance {
        EntranceSpec::Inbound => Entrance::Inbound,
        EntranceSpec::Preflight => Entrance::Preflight,
        EntranceSpec::NotFound => Entrance::Refused(404),
        EntranceSpec::Unauthorized => Entrance::Refused(401),
    };
    let requests = if file.requests.is_empty() { vec![Value::Null] } else { file.requests };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|cause| Problem::new(Code::SETTING_INVALID, format!("cannot start: {cause}")))?;
    let mut answers = Vec::new();
    for own in &requests {
        let request = format::request(&file.request, own).map_err(|why| invalid(format!("request: {why}")))?;
        let started = Instant::now();
        let stopwatch = Box::new(move || u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX));
        let played = play(&host, &stage.chain, &request, &entrance, &names, Some(stopwatch));
        let played = runtime.block_on(played).map_err(|why| invalid(format!("request: {why}")))?;
        match args.format {
            Format::Text => print_text(&request.method, &request.url, &played),
            Format::Json => answers.push(to_json(&played)),
        }
    }
    if args.format == Format::Json {
        let whole = if answers.len() == 1 { answers.remove(0) } else { answers.into() };
        println!("{}", serde_json::to_string_pretty(&whole).unwrap_or_default());
    }
    Ok(ExitCode::SUCCESS)
}

fn print_text(method: &str, url: &str, played: &Played) {
    println!("> {method} {url}");
    print!("{}", trace::render(&played.trace));
    for line in &played.log {
        println!("log {line}");
    }
    if let Some(response) = &played.exchange.context.response {
        let reason = response.status_reason.as_deref().map(|reason| format!(" {reason}")).unwrap_or_default();
        println!("< {}{reason}", response.status_code);
        for (name, value) in &response.headers {
            println!("< {name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
        let body = bytes(&response.body.state());
        if !body.is_empty() {
            println!("\n{body}");
        }
    }
}

fn to_json(played: &Played) -> Value {
    let context = &played.exchange.context;
    let headers = |headers: &http::HeaderMap| -> Value {
        let one = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())])
        };
        headers.iter().map(one).collect()
    };
    let response = context.response.as_ref().map(|response| {
        json!({
            "status": response.status_code,
            "reason": response.status_reason.as_deref(),
            "headers": headers(&response.headers),
            "body": bytes(&response.body.state()),
        })
    });
    let received = |received: &[tollgate_policy::simulation::Received]| -> Value {
        let one = |one: &tollgate_policy::simulation::Received| {
            json!({
                "method": one.method.as_str(), "url": one.url, "headers": headers(&one.headers),
                "body": String::from_utf8_lossy(&one.body),
            })
        };
        received.iter().map(one).collect()
    };
    let variables: serde_json::Map<String, Value> =
        context.variables.iter().map(|(name, value)| (name.to_string(), value.to_text().as_str().into())).collect();
    let error = context.last_error.as_ref().map(|error| {
        json!({
            "source": error.source.as_str(), "reason": error.reason.as_deref(), "message": error.message,
            "scope": error.scope.as_deref(), "section": error.section.as_deref(), "path": error.path,
            "policyId": error.policy_id.as_deref(),
        })
    });
    json!({
        "response": response,
        "backend": received(&played.received),
        "sideCalls": received(&played.side_received),
        "variables": variables,
        "lastError": error,
        "log": played.log,
        "trace": played.trace,
    })
}
