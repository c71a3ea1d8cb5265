//! Policies without a network: the engine that runs in production behind a host whose backends, side
//! calls, clock, counters and cache are described in a file. For `tollgate policy run` and `policy
//! test`, and for the tests of this crate.

mod credentials;
mod host;
mod jwt;
mod play;
mod spec;

pub use host::StubHost;
pub use play::{Entrance, Played, Stage, play};
pub use spec::{
    AnswerSpec, ApiSpec, DefinitionSpec, Identity, JwtSpec, Named, Names, OneOrMany, OperationSpec, ProductSpec,
    Received, RequestSpec, SubscriptionSpec, UserSpec,
};
