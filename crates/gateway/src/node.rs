//! What the threads of one node share.

use crate::authorizations::Authorizations;
use crate::cache::MemoryCache;
use crate::counters::Counters;
use crate::custom_metrics::CustomMetrics;
use crate::events::{Inbox, Outbox};
use crate::identity::Identity;
use crate::listener::TlsHosts;
use crate::log::Log;
use crate::providers::Providers;
use crate::runtime::Runtime;
use crate::settings::Settings;
use crate::telemetry::Hub;
use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};
use tokio::sync::watch;

pub struct Node {
    pub settings: Settings,
    pub log: Log,
    /// `None` until the first configuration has been applied.
    pub runtime: ArcSwapOption<Runtime>,
    /// The revision applied; follows `runtime`.
    pub applied: watch::Sender<u64>,
    pub counters: Counters,
    pub telemetry: Hub,
    pub providers: Providers,
    pub identity: Identity,
    pub authorizations: Authorizations,
    pub cache: MemoryCache,
    pub metrics: CustomMetrics,
    pub events: Outbox,
    /// Taken by the task that ships events.
    pub inbox: Mutex<Option<Inbox>>,
    /// True from the moment the node is asked to stop.
    pub draining: watch::Sender<bool>,
    /// Serves HTTPS before the first configuration.
    pub start_tls: TlsHosts,
    pub stats: Stats,
    /// RFC 3339.
    pub started: String,
}

/// Numbers for the metrics page.
#[derive(Default)]
pub struct Stats {
    pub connections_open: AtomicI64,
    pub connections_accepted: AtomicU64,
    pub accept_errors: AtomicU64,
    pub tls_failures: AtomicU64,
    /// Whether the last call to the control plane worked.
    pub control_plane_up: AtomicBool,
    /// Unix seconds of the last one that did.
    pub control_plane_seen: AtomicI64,
}

impl Node {
    pub fn new(settings: Settings, log: Log, start_tls: TlsHosts) -> Node {
        let (events, inbox) = crate::events::channel();
        Node {
            cache: MemoryCache::new(settings.cache.bytes_max),
            metrics: CustomMetrics::default(),
            events,
            inbox: Mutex::new(Some(inbox)),
            telemetry: Hub::new(settings.node_id.clone(), settings.workers),
            settings,
            log,
            runtime: ArcSwapOption::empty(),
            applied: watch::Sender::new(0),
            counters: Counters::default(),
            providers: Providers::default(),
            identity: Identity::default(),
            authorizations: Authorizations::default(),
            draining: watch::Sender::new(false),
            start_tls,
            stats: Stats::default(),
            started: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }

    pub fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    pub fn is_loaded(&self) -> bool {
        self.runtime.load().is_some()
    }
}
