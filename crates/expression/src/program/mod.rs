//! A checked program: compiled once, run per request.

mod constant;
mod listing;
pub mod node;

pub use constant::{Const, integer_value};

use crate::check;
use crate::context::Context;
use crate::run::{self, Run};
use crate::syntax;
use crate::value::Value;
use node::Function;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_error::Diagnostic;

pub use crate::syntax::end::end_of_expression;

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
    /// Calls, loop turns and items of sequences.
    pub steps: u64,
    /// Bytes of strings, arrays and collections made, whether still alive or not.
    pub bytes: u64,
    /// Calls of local functions and lambdas inside one another.
    pub nesting: u32,
}

impl Default for Budget {
    /// Five seconds of Azure are about this many steps; a body of 64 MB fits.
    fn default() -> Budget {
        Budget { steps: 20_000_000, bytes: 256 * 1024 * 1024, nesting: 400 }
    }
}

/// What a program reads, so that bodies stay streamed unless one does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    pub request_body: bool,
    pub response_body: bool,
    /// `context.Subscription.PrimaryKey` or `SecondaryKey`: a gateway then needs keys, not digests.
    pub subscription_keys: bool,
    /// `context.Request.Certificate`: a gateway then asks clients for one.
    pub client_certificate: bool,
}

/// What left a program instead of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The .NET type name, such as `System.FormatException`.
    pub type_name: String,
    pub message: String,
}

/// A compiled expression, shared between workers.
#[derive(Debug)]
pub struct Program {
    id: u64,
    pub(crate) body: Function,
    pub(crate) constants: Vec<Const>,
    needs: Needs,
    warnings: Vec<Diagnostic>,
}

/// Compiles `@(…)` or `@{…}` (the marker included). Named values are already replaced.
///
/// # Errors
/// Every finding in one pass; spans are in `source`.
pub fn compile(source: &str, expected: Expected) -> Result<Program, Vec<Diagnostic>> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let parsed = syntax::parse(source);
    let Some(tree) = parsed.tree else { return Err(parsed.diagnostics) };
    let checked = check::check(&tree, expected)?;
    Ok(Program {
        id: NEXT.fetch_add(1, Ordering::Relaxed),
        body: checked.body,
        constants: checked.constants,
        needs: checked.needs,
        warnings: checked.warnings,
    })
}

impl Program {
    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// Findings that do not stop the program, such as comparisons by reference.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The value, when the expression is constant.
    pub fn constant(&self) -> Option<Value> {
        let constant = self.constants.get(self.body.body.as_constant()? as usize)?;
        // A part of the context has other content in each exchange.
        (!matches!(constant, Const::Part(_))).then(|| constant.to_value())
    }

    /// The program in readable form, one instruction a line.
    pub fn listing(&self) -> String {
        listing::listing(&self.body, &self.constants)
    }

    /// # Errors
    /// The exception that left the expression.
    pub fn run(&self, context: &Context, budget: Budget) -> Result<Value, Exception> {
        let constants = run::constants_of(self.id, &self.constants);
        if let Some(index) = self.body.body.as_constant() {
            return Ok(constants.get(index as usize).cloned().unwrap_or_default());
        }
        let mut run = Run::new(constants, context, budget);
        let outcome = run.program(&self.body);
        run.open_rings(&outcome);
        outcome.map_err(|thrown| run::exception(&mut run, &thrown))
    }
}
