//! What .NET's own library does, apart from the language: pure functions that know nothing of the
//! evaluator.

pub mod data;
pub mod text;
