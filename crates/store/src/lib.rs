//! Resources, change log and telemetry in SQLite or PostgreSQL.
//!
//! - [`resources`]: one transaction per write, each with the next revision and its entries in the
//!   change log. A resource is a JSON document under a path; this crate does not look inside.
//! - [`telemetry`]: nodes, minute rollups, request records; every batch is taken once.
//! - [`keyring`]: secrets are sealed before they reach a database.
//!
//! What is acknowledged survives the end of the process. Nothing here knows of HTTP or of kinds.

mod database;
mod error;
pub mod keyring;
pub mod resources;
pub mod telemetry;

pub use database::Store;
pub use error::StoreError;
pub use keyring::Keyring;
pub use resources::{Change, Content, Expect, Loaded, Record, RevisionSummary, Transaction, Write};
pub use telemetry::{NodeRow, RequestRow, RollupQuery, RollupRow};
