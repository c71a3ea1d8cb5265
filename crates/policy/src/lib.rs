//! Policy documents: text → document → compose → check → plan → run.
//!
//! This crate opens no socket, reads no clock and spawns no task: all effects go through a
//! [`host::Host`]. A document is compiled once per node; a request runs a [`plan::Chain`] of the
//! plans of its scopes.

pub mod compile;
pub mod exchange;
pub mod fault;
pub mod host;
pub mod plan;
pub mod run;

pub use compile::{Compiled, Sources, Uses, compile};
pub use exchange::{BodyStream, Exchange, Target};
pub use fault::Fault;
pub use host::Host;
pub use plan::{Chain, Plan, ScopeKind};
