//! What gateways are sent and what they send back.
//!
//! - [`projection`]: the documents that one gateway needs, and nothing else.
//! - [`feed`]: the same as deltas between revisions, encoded once per gateway.
//! - [`fleet`]: the nodes, who lives and who is current.
//! - [`endpoint`]: the calls of nodes, over HTTP and within this process.

pub mod endpoint;
pub mod feed;
pub mod fleet;
pub mod projection;

pub use endpoint::LocalLink;
pub use feed::{Encoded, Publisher};
pub use fleet::{Fleet, NodeCounts};
