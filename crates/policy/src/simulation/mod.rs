//! Policies without a network: the engine that runs in production behind a host whose backends, side
//! calls, clock, counters and cache are described in a file. For `tollgate policy run` and `policy
//! test`, and for the tests of this crate.

mod host;
mod spec;

pub use host::StubHost;
pub use spec::{AnswerSpec, Names, OneOrMany, Received, RequestSpec};
