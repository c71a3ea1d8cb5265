//! Backends: which one to call, and the connections to it. Knows nothing of policies or clients.

mod balance;
mod breaker;
mod connect;
mod identity;
mod pool;
mod tls;

pub use balance::{Selection, select};
pub use breaker::{Breaker, Open, Outcome};
pub use identity::Identities;
pub use pool::{LocalExecutor, Protocol, Route, UpstreamBody, UpstreamError, Upstreams};
pub use tls::{TlsClient, TlsClients, TlsOptions, parse_pem};

use crate::runtime::Credentials;
use smol_str::SmolStr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use tollgate_expression::context::{self, Url};
use tollgate_policy::host::Proxy;

/// A backend entity of the configuration: one address, or a pool of other entities.
pub struct BackendEntity {
    pub context: Arc<context::Backend>,
    /// Absent for a pool.
    pub url: Option<Url>,
    pub tls: Option<Arc<TlsClient>>,
    pub credentials: Credentials,
    pub breaker: Option<Arc<Breaker>>,
    pub members: Vec<Member>,
    /// What an affinity cookie says of it: the same on every node, and not its name.
    pub affinity_token: SmolStr,
    /// Cookie that keeps a client at one member.
    pub affinity_cookie: Option<SmolStr>,
    /// Status of the answer when no member can be called.
    pub failure_status: Option<u16>,
    pub proxy: Option<Proxy>,
    /// Position of the round robin.
    pub turn: AtomicUsize,
}

/// A member of a pool.
#[derive(Debug, Clone)]
pub struct Member {
    pub backend: SmolStr,
    /// Lower is preferred.
    pub priority: u32,
    /// Share of the calls; 0: only when no other member can be called.
    pub weight: u32,
}
