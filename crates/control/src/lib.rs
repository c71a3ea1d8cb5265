//! The control plane: resources are stored and edited here, gateways are sent what they need.
//!
//! A call of the management API goes `server` → `api` (read, authenticate, find) → `kinds` (what a
//! resource is) → `edit` (planned writes) → `control` (stored, then visible) → `publish` (sent to
//! gateways). This crate never looks at the gateway's code; both meet in `tollgate-contract`.

pub mod api;
mod assets;
pub mod auth;
pub mod certificate;
pub mod control;
mod debug_credential;
pub mod edit;
pub mod gateway_token;
pub mod kinds;
pub mod odata;
pub mod openapi;
pub mod outside;
pub mod password;
pub mod publish;
pub mod reports;
pub mod resource;
pub mod server;
pub mod service;
pub mod settings;
pub mod sketch;
pub mod state;
pub mod tls;

pub use control::Control;
pub use settings::{Handle, Settings};
