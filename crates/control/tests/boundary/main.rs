//! What the control plane does at its HTTP boundary.

mod conventions;
#[cfg(target_os = "linux")]
mod disk;
mod documents;
mod feed;
mod gateways;
mod kinds;
mod service;
