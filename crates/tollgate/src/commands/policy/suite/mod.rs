//! `tollgate policy test`: test files against the engine that runs in production.

mod coverage;
mod definition;
pub mod expect;
pub mod format;
mod junit;
pub mod runner;

use super::unreadable;
use crate::Failure;
use crate::cli::TestArgs;
use coverage::Coverage;
use runner::{Outcome, run_file};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};
use tollgate_error::{Code, Problem};

/// How often watched files are looked at.
const WATCH: Duration = Duration::from_millis(300);

pub fn test(args: &TestArgs) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| Problem::new(Code::SETTING_INVALID, format!("cannot start: {cause}")))?;
    loop {
        let mut read = Vec::new();
        let code = match runtime.block_on(run_once(args, &mut read)) {
            Ok(code) => code,
            Err(failure) if args.watch => {
                eprintln!("error {failure}");
                ExitCode::from(1)
            }
            Err(failure) => return Err(failure),
        };
        if !args.watch {
            return Ok(code);
        }
        let seen = stamps(args, &read);
        println!("watching {} files", seen.len());
        while stamps(args, &read) == seen {
            std::thread::sleep(WATCH);
        }
    }
}

async fn run_once(args: &TestArgs, read: &mut Vec<PathBuf>) -> Result<ExitCode, Failure> {
    let files = test_files(&args.paths)?;
    if files.is_empty() {
        let problem = Problem::new(Code::SETTING_INVALID, "there are no test files");
        return Err(Failure::Settings(problem.with_hint("their names end in `.test.yaml`")));
    }
    read.extend(files.iter().cloned());
    let mut coverage = Coverage::default();
    let mut outcomes = Vec::new();
    for file in &files {
        let came = run_file(file, args.filter.as_deref(), &mut coverage, read).await?;
        came.iter().for_each(show);
        outcomes.extend(came);
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count();
    println!("{} passed, {failed} failed", outcomes.len() - failed);
    if args.coverage {
        print!("{}", coverage.report());
    }
    if let Some(path) = &args.junit {
        std::fs::write(path, junit::report(&outcomes)).map_err(|cause| {
            let problem = Problem::new(Code::SETTING_INVALID, format!("cannot write {}: {cause}", path.display()));
            Failure::Settings(problem)
        })?;
    }
    if outcomes.is_empty() {
        let problem = Problem::new(Code::SETTING_INVALID, "no test has the text of --filter in its name");
        return Err(Failure::Settings(problem));
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn show(outcome: &Outcome) {
    let result = if outcome.failures.is_empty() { "ok    " } else { "FAILED" };
    println!("{result} {} · {}", outcome.suite, outcome.name);
    for failure in &outcome.failures {
        for line in failure.lines() {
            println!("       {line}");
        }
    }
}

/// Files as named; folders are searched for `.test.yaml` and `.test.yml`, in order of their names.
fn test_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            collect(path, &mut found)?;
        } else if path.exists() {
            found.push(path.clone());
        } else {
            return Err(unreadable(path, &"there is no such file or folder"));
        }
    }
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let listed = std::fs::read_dir(folder).map_err(|cause| unreadable(folder, &cause))?;
    let mut entries: Vec<PathBuf> = listed.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if entry.is_dir() {
            collect(&entry, found)?;
        } else if name.ends_with(".test.yaml") || name.ends_with(".test.yml") {
            found.push(entry);
        }
    }
    Ok(())
}

/// When each file was changed last; a further test file counts too.
fn stamps(args: &TestArgs, read: &[PathBuf]) -> Vec<(PathBuf, Option<SystemTime>)> {
    let mut files = test_files(&args.paths).unwrap_or_default();
    files.extend(read.iter().cloned());
    files.sort();
    files.dedup();
    let changed = |path: &PathBuf| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    files.into_iter().map(|path| (path.clone(), changed(&path))).collect()
}
