//! One file a verb.

mod demo;
mod docs;
mod expression;
mod gateway;
mod policy;
mod token;
mod trace;
mod up;

use crate::Failure;
use crate::cli::{Cli, Command, ExpressionCommand, PolicyCommand};
use clap::CommandFactory;
use std::process::ExitCode;

/// # Errors
/// Why the verb could not do its work.
pub fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Up(args) => up::up(&args),
        Command::ControlPlane(args) => up::control_plane(&args),
        Command::Gateway(args) => gateway::gateway(&args),
        Command::Demo(args) => demo::demo(&args),
        Command::Policy(PolicyCommand::Check(args)) => policy::check(&args),
        Command::Policy(PolicyCommand::Explain(args)) => policy::explain(&args),
        Command::Policy(PolicyCommand::Run(args)) => policy::run(&args),
        Command::Policy(PolicyCommand::Test(args)) => policy::test(&args),
        Command::Expression(ExpressionCommand::Eval(args)) => expression::eval(&args),
        Command::Token(args) => token::token(&args),
        Command::Trace(args) => trace::trace(&args),
        Command::Completion { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "tollgate", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Docs { write, check } => docs::docs(&write, check),
    }
}
