//! What browsers ask of other origins.

pub mod cors;
