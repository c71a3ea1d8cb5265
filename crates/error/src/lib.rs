//! Codes, problems, diagnostics and spans: the one shape of everything that goes wrong.
//!
//! A [`Diagnostic`] is a finding in a text somebody wrote (a policy, an expression, a document).
//! A [`Problem`] is what stopped an operation. Both carry a [`Code`], and every code has a page
//! under `docs/errors/`. This crate knows nothing of HTTP: each plane maps once, at its edge.

mod code;
mod diagnostic;
mod problem;
mod span;

pub use code::{CODES, Code, CodeEntry};
pub use diagnostic::{Diagnostic, Severity, render};
pub use problem::Problem;
pub use span::{LineIndex, Position, Span};
