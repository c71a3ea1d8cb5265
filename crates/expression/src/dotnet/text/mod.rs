//! What .NET 9 on Linux prints, parses and computes for primitive things, under the invariant
//! culture and UTC. Pure functions: nothing here knows the evaluator, reads a clock or has entropy.
//!
//! No function panics, whatever its input; what .NET throws is a [`DotnetError`].

pub mod composite;
pub mod crypto;
pub mod datetime;
pub mod decimal;
pub mod encoding;
pub mod error;
pub mod guid;
pub mod math;
pub mod number;
pub mod random;
pub mod string;
pub mod web;

pub use decimal::Decimal;
pub use error::{DotnetError, DotnetResult};
