//! One test file: its tests, each in a world of its own.

use super::coverage::Coverage;
use super::expect::differences;
use super::format::{self, EntranceSpec, Given, StepSpec, TestCase, TestFile};
use indexmap::IndexMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tollgate_error::{Problem, render};
use tollgate_expression::Value;
use tollgate_expression::context::Instant100ns;
use tollgate_policy::ScopeKind;
use tollgate_policy::simulation::{AnswerSpec, Entrance, Names, Stage, StubHost, play};

/// Most requests of one step.
const REPEAT_MAX: usize = 100_000;

/// What came of one test.
pub struct Outcome {
    /// The file, or the name it gives itself.
    pub suite: String,
    pub name: String,
    /// Empty: it passed.
    pub failures: Vec<String>,
    pub took: Duration,
}

/// Runs the tests of a file whose names have `filter`. `files` notes every file that was read.
pub async fn run_file(
    path: &Path,
    filter: Option<&str>,
    coverage: &mut Coverage,
    files: &mut Vec<PathBuf>,
) -> Result<Vec<Outcome>, Problem> {
    let file = TestFile::read(path)?;
    let suite = file.name.clone().unwrap_or_else(|| path.display().to_string());
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut outcomes = Vec::new();
    for test in &file.tests {
        if filter.is_some_and(|filter| !test.name.contains(filter) && !suite.contains(filter)) {
            continue;
        }
        let started = Instant::now();
        let failures = match run_test(&file, test, folder, coverage, files).await {
            Ok(failures) => failures,
            Err(why) => vec![why],
        };
        let name = test.name.clone();
        outcomes.push(Outcome { suite: suite.clone(), name, failures, took: started.elapsed() });
    }
    Ok(outcomes)
}

async fn run_test(
    file: &TestFile,
    test: &TestCase,
    folder: &Path,
    coverage: &mut Coverage,
    files: &mut Vec<PathBuf>,
) -> Result<Vec<String>, String> {
    let given: Given =
        format::typed(&format::merged(&file.given, &test.given)).map_err(|why| format!("given: {why}"))?;
    let names = given.names(folder, files).map_err(|problem| problem.to_string())?;
    let mut sources: IndexMap<&str, &str> = IndexMap::new();
    for (scope, source) in file.documents.iter().chain(&test.documents) {
        sources.insert(scope, source);
    }
    let mut documents = Vec::new();
    for (scope, source) in &sources {
        let scope = format::scope(scope)?;
        documents.push((scope, format::document(source, folder, files).map_err(|problem| problem.to_string())?));
    }
    let stage = Stage::compile(&documents, &names);
    if let Some(findings) = findings(&stage, &documents, &sources) {
        return Err(findings);
    }
    let host = world(&given, &names, folder, files)?;
    let (mut failures, mut traces) = (Vec::new(), Vec::new());
    for (index, step) in steps(test).iter().enumerate() {
        let base = format::merged(&file.request, &test.request);
        let request = format::request(&base, &step.request).map_err(|why| format!("request: {why}"))?;
        for round in 0..step.repeat.unwrap_or(1).min(REPEAT_MAX) {
            let played = play(&host, &stage.chain, &request, &entrance(step.entrance), &names, None).await?;
            let mut found = differences(&step.expect, &played);
            traces.push(played.trace);
            if found.is_empty() {
                continue;
            }
            if test.steps.len() > 1 || step.repeat.is_some() {
                found.insert(0, format!("in step {}, request {}:", index + 1, round + 1));
            }
            failures.append(&mut found);
            break;
        }
    }
    coverage.add(&stage, |scope| label(scope, &sources), &traces);
    Ok(failures)
}

/// A document as people find it.
fn label(scope: &str, sources: &IndexMap<&str, &str>) -> String {
    match sources.get(scope) {
        Some(source) if !source.trim_start().starts_with('<') => (*source).to_owned(),
        _ => format!("{scope} document"),
    }
}

fn steps(test: &TestCase) -> Vec<StepSpec> {
    if !test.steps.is_empty() {
        return test.steps.clone();
    }
    let expect = test.expect.clone().unwrap_or_default();
    vec![StepSpec { expect, entrance: test.entrance, ..StepSpec::default() }]
}

fn entrance(spec: EntranceSpec) -> Entrance {
    match spec {
        EntranceSpec::Inbound => Entrance::Inbound,
        EntranceSpec::Preflight => Entrance::Preflight,
        EntranceSpec::NotFound => Entrance::Refused(404),
        EntranceSpec::Unauthorized => Entrance::Refused(401),
    }
}

/// Why the documents do not compile; warnings alone are no reason.
fn findings(stage: &Stage, documents: &[(ScopeKind, String)], sources: &IndexMap<&str, &str>) -> Option<String> {
    if stage.is_sound() {
        return None;
    }
    let mut out = String::new();
    for ((scope, compiled), (_, text)) in stage.documents.iter().zip(documents) {
        let errors: Vec<_> = compiled.diagnostics.iter().filter(|found| found.is_error()).cloned().collect();
        out.push_str(&render(&label(scope.name(), sources), text, &errors));
    }
    Some(out)
}

/// The host that a test runs against.
///
/// # Errors
/// What is wrong with its description.
pub fn world(given: &Given, names: &Names, folder: &Path, files: &mut Vec<PathBuf>) -> Result<StubHost, String> {
    let backend = if given.backend.is_empty() { vec![AnswerSpec::default()] } else { given.backend.clone() };
    let backends = given.backends.iter().map(|(id, url)| (id.clone(), url.clone())).collect();
    let mut host = StubHost::new(backend, given.side_calls.clone(), backends).with_credentials(names);
    if let Some(definition) = &given.definition {
        let spec = definition.spec(folder, files).map_err(|why| format!("definition: {why}"))?;
        host = host.with_definition(spec.build());
    }
    if let Some(clock) = &given.clock {
        let at: jiff::Timestamp =
            clock.parse().map_err(|_| format!("clock: `{clock}` is not a time such as 2026-01-02T03:04:05Z"))?;
        host.set_clock(Instant100ns::from_unix(at.as_second(), at.subsec_nanosecond().unsigned_abs()));
    }
    for (key, value) in &given.cache {
        host.fill_cache(key, Value::string(smol_str::SmolStr::from(format::plain(value))));
    }
    Ok(host)
}

/// The names of a request file: what it does not list is assumed.
pub fn assumed(names: Names) -> Names {
    Names { lenient: true, ..names }
}
