//! The C# expression language of policies: text → checked program → value.
//!
//! `syntax` (scan, lex, parse) → `check` (names, types, overloads, flow) → `program` (the tree that
//! runs, its listing and needs) → `run` (evaluation within a budget). `types` says what exists and
//! what converts to what; `library` holds the .NET members, one table entry beside each
//! implementation, over the pure functions of `dotnet`.
//!
//! This crate opens no socket, reads no clock and spawns no task: what an expression may learn of
//! the world stands in [`context::Context`]. A checked program cannot panic and cannot exceed its
//! budget.

mod check;
pub mod context;
mod docs;
pub mod dotnet;
mod library;
mod program;
mod run;
mod syntax;
mod types;
pub mod value;
pub mod vectors;

pub use docs::docs;
pub use dotnet::text::crypto::certificate_names;
pub use library::jwt::{Jwt, authorization, claim_values};
pub(crate) use program::integer_value as program_integer;
pub use program::{Budget, Exception, Expected, Needs, Program, compile, end_of_expression};
pub use value::Value;
