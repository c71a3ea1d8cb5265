//! One thread's share of the gateway: its view of the configuration, its upstream connections, its
//! telemetry. Nothing of it leaves the thread.

use crate::cache::Redis;
use crate::log::LogLevel;
use crate::node::Node;
use crate::runtime::Runtime;
use crate::telemetry::{Observation, Shard};
use crate::upstream::Upstreams;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Log lines are handed to the writer when this much has gathered, or at the next tick.
const LINES_BYTES_MAX: usize = 32 * 1024;
const TICK: Duration = Duration::from_millis(50);
const SWEEP: Duration = Duration::from_secs(5);

/// A worker's hold of the runtime: requests count references here, not on the shared counter that
/// every thread would write to.
pub struct LocalRuntime(Arc<Runtime>);

impl std::ops::Deref for LocalRuntime {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        &self.0
    }
}

pub struct Worker {
    pub node: Arc<Node>,
    pub upstreams: Upstreams,
    pub redis: Rc<Redis>,
    /// Side calls that nobody waits for.
    pub detached: Cell<usize>,
    shard: Arc<Shard>,
    /// The runtime last seen, so that requests count references on this thread only.
    current: RefCell<Option<Rc<LocalRuntime>>>,
    lines: RefCell<String>,
    /// Client connections of this worker.
    pub connections: Cell<usize>,
}

impl Worker {
    pub fn new(node: Arc<Node>, index: usize) -> Rc<Worker> {
        Rc::new_cyclic(|worker| Worker {
            redis: Rc::new(Redis::new(node.log.clone(), worker.clone())),
            detached: Cell::new(0),
            upstreams: Upstreams::new(&node.settings.limits),
            shard: node.telemetry.shard(index),
            current: RefCell::new(None),
            lines: RefCell::default(),
            connections: Cell::new(0),
            node,
        })
    }

    /// The configuration that a request arriving now is served by.
    pub fn runtime(&self) -> Option<Rc<LocalRuntime>> {
        let latest = self.node.runtime.load();
        let latest = latest.as_ref()?;
        let mut current = self.current.borrow_mut();
        match &*current {
            Some(seen) if Arc::ptr_eq(&seen.0, latest) => Some(seen.clone()),
            _ => {
                let fresh = Rc::new(LocalRuntime(latest.clone()));
                *current = Some(fresh.clone());
                Some(fresh)
            }
        }
    }

    /// Called when an answer has been sent, or has failed to be.
    pub fn observe(&self, observation: &Observation) {
        let total_us = u64::try_from(observation.total_time().as_micros()).unwrap_or(u64::MAX);
        let sampling = self.sampling(observation);
        self.shard.record(observation, total_us, sampling);
        if self.node.log.requests_enabled() {
            let mut lines = self.lines.borrow_mut();
            let fields = crate::telemetry::log_fields(observation, total_us);
            self.node.log.render(&mut lines, LogLevel::Info, "GatewayLogs", None, &fields);
            if lines.len() >= LINES_BYTES_MAX {
                self.node.log.write(std::mem::take(&mut *lines));
            }
        }
    }

    fn sampling(&self, observation: &Observation) -> crate::runtime::Sampling {
        let own = observation.subject.api.as_ref().and_then(|api| api.sampling);
        own.or_else(|| self.current.borrow().as_ref().map(|runtime| runtime.sampling)).unwrap_or_default()
    }

    pub fn has_connections(&self) -> bool {
        self.connections.get() > 0
    }

    pub fn flush_lines(&self) {
        let mut lines = self.lines.borrow_mut();
        if !lines.is_empty() {
            self.node.log.write(std::mem::take(&mut *lines));
        }
    }

    /// Housekeeping for as long as the thread lives.
    pub async fn tick(self: Rc<Worker>) {
        let mut swept = Instant::now();
        loop {
            tokio::time::sleep(TICK).await;
            self.flush_lines();
            if swept.elapsed() >= SWEEP {
                self.upstreams.sweep();
                swept = Instant::now();
                // An old configuration is let go even when no request comes.
                drop(self.runtime());
            }
        }
    }
}
