//! The C# expression language of policies: text → checked program → value.
//!
//! This crate opens no socket, reads no clock and spawns no task: what an expression may learn of
//! the world stands in [`context::Context`]. A checked program cannot panic and cannot exceed its
//! budget.

pub mod context;
mod program;
mod value;

pub use program::{Budget, Exception, Expected, Needs, Program, compile, end_of_expression};
pub use value::Value;
