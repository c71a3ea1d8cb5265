//! The calls a node makes. Over HTTP every one carries `Authorization: GatewayKey {token}`; within
//! one process (`tollgate up`) the same trait is answered by the control plane directly.

use crate::feed::Feed;
use crate::telemetry::{Batch, Heartbeat};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub type LinkFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, LinkError>> + Send + 'a>>;

/// A gateway's view of the control plane.
pub trait ControlPlane: Send + Sync {
    /// Waits up to `wait` for a revision after `after` (0: none yet). `None`: nothing changed.
    fn configuration(&self, after: u64, wait: Duration) -> LinkFuture<'_, Option<Feed>>;
    fn heartbeat(&self, heartbeat: Heartbeat) -> LinkFuture<'_, ()>;
    /// Acknowledged when it returns; repeating an acknowledged batch changes nothing.
    fn telemetry(&self, batch: Batch) -> LinkFuture<'_, ()>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkError {
    /// No answer: network, name resolution, TLS, time limit. Try again.
    Unreachable(String),
    /// The credential is not accepted. Trying again does not help until it is replaced or the
    /// control plane changes its mind.
    Unauthorized(String),
    /// The answer is not what the contract says.
    Invalid(String),
    /// The control plane failed (5xx) or asked to slow down. Try again.
    Unavailable(String),
}

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LinkError::Unreachable(why) => write!(f, "control plane unreachable: {why}"),
            LinkError::Unauthorized(why) => write!(f, "credential not accepted: {why}"),
            LinkError::Invalid(why) => write!(f, "unreadable answer: {why}"),
            LinkError::Unavailable(why) => write!(f, "control plane unavailable: {why}"),
        }
    }
}

impl std::error::Error for LinkError {}
