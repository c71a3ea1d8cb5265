//! `tollgate expression eval`: one expression, or a file of vectors.

use crate::Failure;
use crate::cli::EvalArgs;
use std::io::{BufRead, BufWriter, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use tollgate_error::{Code, Problem, render};
use tollgate_expression::{Expected, compile, vectors};

/// Longest expression that is read from standard input, in bytes.
const INPUT_BYTES_MAX: u64 = 16 * 1024 * 1024;

pub fn eval(args: &EvalArgs) -> Result<ExitCode, Failure> {
    match (&args.vectors, &args.expression) {
        (Some(file), _) => eval_vectors(file),
        (None, Some(expression)) => eval_one(expression, args.context.as_deref()),
        (None, None) => Err(Failure::Settings(Problem::new(Code::SETTING_MISSING, "no expression given"))),
    }
}

fn eval_one(expression: &str, context: Option<&Path>) -> Result<ExitCode, Failure> {
    let mut text = expression.to_owned();
    if expression == "-" {
        text.clear();
        std::io::stdin()
            .take(INPUT_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(|cause| unreadable(&"standard input", &cause))?;
    }
    let text = text.trim();
    let context = match context {
        Some(file) => {
            let bytes = std::fs::read(file).map_err(|cause| unreadable(&file.display(), &cause))?;
            let context = serde_json::from_slice(&bytes).map_err(|cause| unreadable(&file.display(), &cause))?;
            vectors::check_context(&context).map_err(|cause| unreadable(&file.display(), &cause))?;
            context
        }
        None => serde_json::Value::Null,
    };
    match compile(text, Expected::Object) {
        Ok(program) => eprint!("{}", render("expression", text, program.warnings())),
        Err(diagnostics) => {
            eprint!("{}", render("expression", text, &diagnostics));
            return Ok(ExitCode::from(1));
        }
    }
    let got = vectors::evaluate(text, &context);
    println!("{}", serde_json::to_string_pretty(&got).unwrap_or_default());
    Ok(if got.get("error").is_some() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// A line `{id, got}` for each line `{id, expr, context}`. Source: oracle/README.md.
fn eval_vectors(file: &Path) -> Result<ExitCode, Failure> {
    let input = std::fs::File::open(file).map_err(|cause| unreadable(&file.display(), &cause))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (number, line) in std::io::BufReader::new(input).lines().enumerate() {
        let line = line.map_err(|cause| unreadable(&file.display(), &cause))?;
        if line.trim().is_empty() {
            continue;
        }
        let vector: serde_json::Value = serde_json::from_str(&line)
            .map_err(|cause| unreadable(&format!("{} line {}", file.display(), number + 1), &cause))?;
        let got = vectors::evaluate(vector["expr"].as_str().unwrap_or_default(), &vector["context"]);
        let written = writeln!(out, "{}", serde_json::json!({ "id": vector["id"], "got": got }));
        if written.is_err() {
            // the reader went away: nothing is left to say
            return Ok(ExitCode::SUCCESS);
        }
    }
    let _ = out.flush();
    Ok(ExitCode::SUCCESS)
}

fn unreadable(what: &dyn std::fmt::Display, cause: &dyn std::fmt::Display) -> Failure {
    Failure::Settings(Problem::new(Code::SETTING_INVALID, format!("cannot read {what}: {cause}")))
}
