//! The data plane: takes requests, runs policies, calls backends, and tells the control plane.
//!
//! Reading order is the way of a request (`listener` → `proxy` → `route` → `identify` → `host` →
//! `forward` → `upstream` → `respond` → `telemetry`), then the way of a configuration
//! (`link` → `sync` → `compile` → `runtime`), then what holds both (`worker`, `node`, `gateway`).
//! This crate never imports the control plane; the two meet in `tollgate-contract`.

pub mod settings;

mod listener;
mod proxy;

mod body;
mod debug;
mod forward;
mod host;
mod identify;
mod respond;
mod route;
mod small_write;
mod upstream;
mod url;

mod authorizations;
mod client_trust;
mod fetch;
mod identity;
mod providers;
mod renewed;

mod cache;
mod counters;
mod custom_metrics;
mod events;
mod telemetry;

mod compile;
mod link;
mod runtime;
mod sync;

mod admin;
mod gateway;
pub mod log;
mod node;
mod worker;

pub use compile::digest as configuration_digest;
pub use gateway::{Gateway, GatewayHandle};
pub use link::{HttpLink, StaticLink};
pub use settings::Settings;
