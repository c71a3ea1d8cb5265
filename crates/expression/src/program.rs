//! A checked program: compiled once, run per request.

use crate::{Value, context::Context};
use tollgate_error::Diagnostic;

/// What the place of an expression wants its value to be. C#'s implicit conversions apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    String,
    Bool,
    Int32,
    Double,
    Bytes,
    /// Any type (`set-variable`, `cache-store-value`).
    Object,
}

/// Limits of one run. Crossing one is an exception, never a hang.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    pub steps: u64,
    pub bytes: u64,
    pub nesting: u32,
}

/// What a program reads, so that bodies stay streamed unless one does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    pub request_body: bool,
    pub response_body: bool,
    /// `context.Subscription.PrimaryKey` or `SecondaryKey`: a gateway then needs keys, not digests.
    pub subscription_keys: bool,
}

/// What left a program instead of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The .NET type name, such as `System.FormatException`.
    pub type_name: &'static str,
    pub message: String,
}

/// A compiled expression, shared between workers.
#[derive(Debug)]
pub struct Program {}

/// Compiles `@(…)` or `@{…}` (the marker included). Named values are already replaced.
///
/// # Errors
/// Every finding in one pass; spans are in `source`.
pub fn compile(source: &str, expected: Expected) -> Result<Program, Vec<Diagnostic>> {
    let _ = (source, expected);
    Ok(Program {})
}

/// The length in bytes of the expression at the start of `text` (which starts with `@(` or `@{`),
/// marker and closing bracket included, honouring C# strings, chars and comments. `None`: it does
/// not end.
pub fn end_of_expression(text: &str) -> Option<usize> {
    let _ = text;
    None
}

impl Program {
    pub fn needs(&self) -> Needs {
        Needs::default()
    }

    /// The value, when the expression is constant.
    pub fn constant(&self) -> Option<&Value> {
        None
    }

    /// The program in readable form, one instruction a line.
    pub fn listing(&self) -> String {
        String::new()
    }

    /// # Errors
    /// The exception that left the expression.
    pub fn run(&self, context: &Context, budget: Budget) -> Result<Value, Exception> {
        let _ = (context, budget);
        Ok(Value::Null)
    }
}
