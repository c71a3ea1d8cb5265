//! The `tollgate` binary: verbs over the crates, nothing of its own that a library should hold.

mod cli;
mod commands;
mod endpoints;
mod log;
mod management;
mod sample_backend;
mod signals;

use clap::Parser;
use std::process::ExitCode;
use tollgate_error::Problem;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // clap itself exits with 2 for bad usage, as the contract asks.
    let cli = cli::Cli::parse();
    match commands::run(cli.command) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error {failure}");
            failure.exit_code()
        }
    }
}

/// Why a verb ended without doing its work.
#[derive(Debug)]
pub enum Failure {
    /// Bad usage or settings: exit code 2.
    Settings(Problem),
    /// Anything else: exit code 1.
    Failed(Problem),
}

impl Failure {
    fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Settings(_) => ExitCode::from(2),
            Failure::Failed(_) => ExitCode::from(1),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Settings(problem) | Failure::Failed(problem) => problem.fmt(f),
        }
    }
}

impl From<Problem> for Failure {
    /// Codes TG1001 to TG1003 concern settings; the rest are failures.
    fn from(problem: Problem) -> Failure {
        use tollgate_error::Code;
        match problem.code {
            Code::SETTING_INVALID | Code::SETTING_MISSING | Code::ENV_FILE_INVALID => Failure::Settings(problem),
            _ => Failure::Failed(problem),
        }
    }
}
