//! The management API over HTTP: one call at a time, from bytes to a [`Call`], through a kind or a
//! route, to bytes.
//!
//! - [`dispatch`]: reads the request, finds what it addresses, writes the answer.
//! - [`read`], [`write`]: the verbs of the generic resource path.
//! - [`list`]: filter, pages, next link.
//! - [`error`]: the one map from failures to answers.

pub mod call;
pub mod dispatch;
pub mod error;
pub mod list;
pub mod read;
pub mod write;

pub use call::{Answer, Call, Conditions, Content, Query};
