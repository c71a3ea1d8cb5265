//! The end-to-end world: real processes of the built binary on free ports, a client of the
//! management API, upstreams that misbehave on demand. For tests and the bench only.
//!
//! ```no_run
//! # async fn story() -> anyhow::Result<()> {
//! let world = tollgate_testkit::World::start().await?;
//! let london = world.node("london").await?;
//! assert_eq!(london.get("/nothing").await?.status(), 404);
//! # Ok(()) }
//! ```

mod client;
mod process;
mod upstream;
mod world;

pub use client::{Answer, Management};
pub use process::{Process, binary};
pub use upstream::Upstream;
pub use world::{Node, World, eventually};
