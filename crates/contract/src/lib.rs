//! What crosses a process boundary between control plane and gateway. Data only: no logic, no I/O,
//! no clock. JSON on the wire, camelCase, zstd around it; a field added later must have a default.
//!
//! - [`feed`]: what a gateway is sent: its whole configuration or a delta of it.
//! - [`snapshot`]: the documents a configuration is made of.
//! - [`telemetry`]: what a node sends back: heartbeats, rollups, request records.
//! - [`link`]: the calls themselves, over HTTP or within one process.

pub mod feed;
pub mod link;
pub mod snapshot;
pub mod telemetry;

/// Version of everything in this crate. A node refuses a feed of a newer format.
pub const FORMAT: u32 = 1;

/// Id of the gateway that every service has from the start.
pub const MANAGED_GATEWAY: &str = "managed";
