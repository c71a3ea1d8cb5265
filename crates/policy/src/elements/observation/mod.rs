//! What tells of a request.

pub mod emit_metric;
pub mod trace;
