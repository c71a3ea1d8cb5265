//! Policy documents: text → document → compose → check → plan → run.
//!
//! This crate opens no socket, reads no clock and spawns no task: all effects go through a
//! [`host::Host`]. A document is compiled once per node; a request runs a [`plan::Chain`] of the
//! plans of its scopes.

pub mod catalogue;
mod check;
pub mod compile;
pub mod compose;
pub mod document;
pub mod elements;
mod emit;
pub mod grammar;
mod named_values;

pub mod answer;
mod coding;
pub mod definition;
pub mod exchange;
pub mod fault;
pub mod host;
pub mod instruction;
pub mod jose;
mod liquid;
mod message;
mod operand;
pub mod plan;
mod response_value;
pub mod run;
mod schema;
pub mod simulation;
pub mod trace;
pub mod url;
mod xml_json;
mod xslt;

pub use answer::default_answer;
pub use catalogue::docs;
pub use compile::{Compiled, SchemaSource, Sources, Uses, compile, compile_fragment};
pub use document::{to_rawxml, to_xml};
pub use exchange::{BodyStream, Exchange, Target};
pub use fault::Fault;
pub use host::Host;
pub use plan::{Chain, Plan, ScopeKind};
