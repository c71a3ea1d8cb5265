//! What decides which policies run.

pub mod base;
pub mod choose;
pub mod include_fragment;
pub mod limit_concurrency;
pub mod retry;
pub mod wait;
