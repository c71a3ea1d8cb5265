//! The node's conversation with the control plane: configuration in, heartbeats and telemetry out.
//!
//! A control plane that is away is logged once, and once when it is back; the node serves what it has
//! for as long as it lives.

use crate::compile::{Changes, Compiler, FeedError};
use crate::gateway::HttpsOpener;
use crate::log::LogLevel;
use crate::node::Node;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tollgate_contract::link::{ControlPlane, LinkError};
use tollgate_contract::telemetry::Heartbeat;
use tollgate_error::Code;

/// How long the control plane may hold a call that has no news.
const WAIT: Duration = Duration::from_secs(30);
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Telemetry is delivered this often when there is any.
const DELIVERY: Duration = Duration::from_secs(2);
/// Pauses after failed calls: doubling, with jitter. Short at most, because a reconnect should be quick.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_millis(1500);
/// Pause after a refused credential: trying again helps only when it was replaced on the other side.
const PAUSE_UNAUTHORIZED: Duration = Duration::from_secs(10);
/// Limit of the last deliveries when the node stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// Runs until the node drains.
pub async fn run(
    node: Arc<Node>,
    link: Arc<dyn ControlPlane>,
    compiler: Compiler,
    http: SocketAddr,
    opener: HttpsOpener,
) {
    let session = Rc::new(Session { node: node.clone(), link, address: http.to_string(), changed: Notify::new() });
    let mut draining = node.draining.subscribe();
    tokio::select! {
        () = session.clone().follow_configuration(compiler, opener) => {}
        () = session.clone().send_heartbeats() => {}
        () = session.clone().deliver_telemetry() => {}
        _ = draining.wait_for(|draining| *draining) => {}
    }
    session.say_farewell().await;
}

struct Session {
    node: Arc<Node>,
    link: Arc<dyn ControlPlane>,
    address: String,
    /// A revision was applied: the next heartbeat is due now.
    changed: Notify,
}

/// Grows while calls fail.
struct Pause(Duration);

impl Pause {
    async fn wait(&mut self, error: &LinkError) {
        let base = match error {
            LinkError::Unauthorized(_) => PAUSE_UNAUTHORIZED,
            LinkError::Unreachable(_) | LinkError::Invalid(_) | LinkError::Unavailable(_) => self.0,
        };
        self.0 = (self.0 * 2).min(PAUSE_MAX);
        tokio::time::sleep(base.mul_f64(0.75 + rand::random::<f64>() / 2.0)).await;
    }

    fn reset(&mut self) {
        self.0 = PAUSE_MIN;
    }
}

impl Session {
    async fn follow_configuration(self: Rc<Self>, mut compiler: Compiler, opener: HttpsOpener) {
        self.node.log.info("Configuration", "loading the configuration");
        let mut pause = Pause(PAUSE_MIN);
        let mut down: Option<&'static str> = None;
        let mut after = 0;
        loop {
            match self.link.configuration(after, WAIT).await {
                Ok(feed) => {
                    pause.reset();
                    self.connected(&mut down);
                    let Some(feed) = feed else { continue };
                    match self.apply(&mut compiler, feed, &opener) {
                        Ok(()) => after = compiler.revision(),
                        Err(error) => {
                            after = 0;
                            self.disconnected(&mut down, &LinkError::Invalid(error));
                            pause.wait(&LinkError::Unavailable(String::new())).await;
                        }
                    }
                }
                Err(error) => {
                    self.disconnected(&mut down, &error);
                    pause.wait(&error).await;
                }
            }
        }
    }

    fn apply(
        &self,
        compiler: &mut Compiler,
        feed: tollgate_contract::feed::Feed,
        opener: &HttpsOpener,
    ) -> Result<(), String> {
        let started = Instant::now();
        let whole = feed.base.is_none();
        let (runtime, changes) = compiler.apply(feed).map_err(|error| match error {
            FeedError::OutOfStep(why) | FeedError::Unusable(why) => why,
        })?;
        let failures = runtime.failures.clone();
        let (revision, apis, operations) =
            (runtime.revision, runtime.routes.api_count(), runtime.routes.operation_count());
        self.node.runtime.store(Some(Arc::new(runtime)));
        self.node.applied.send_replace(revision);
        self.changed.notify_one();
        let fields = [
            ("revision", revision.into()),
            ("apis", apis.into()),
            ("operations", operations.into()),
            ("ms", (started.elapsed().as_secs_f64() * 1000.0).round().into()),
        ];
        self.node.log.event(LogLevel::Info, "Configuration", "routing table built", &fields);
        self.log_changes(revision, whole, &changes);
        for failure in failures {
            let fields = [
                ("code", failure.code.into()),
                ("api", failure.api.into()),
                ("operation", failure.operation.unwrap_or_default().into()),
                ("servingLastGood", failure.serving_last_good.into()),
            ];
            self.node.log.event(LogLevel::Error, "Configuration", &failure.message, &fields);
        }
        opener.open_if_possible();
        Ok(())
    }

    fn log_changes(&self, revision: u64, whole: bool, changes: &Changes) {
        let total = changes.upserts + changes.deletes;
        let more = if total > changes.names.len() { ", …" } else { "" };
        let fields = [
            ("revision", revision.into()),
            ("kind", if whole { "whole" } else { "delta" }.into()),
            ("upserts", changes.upserts.into()),
            ("deletes", changes.deletes.into()),
            ("changed", format!("{}{more}", changes.names.join(", ")).into()),
        ];
        self.node.log.event(LogLevel::Info, "Configuration", "revision applied", &fields);
    }

    /// Logs the end of an outage, and remembers that the control plane was there.
    fn connected(&self, down: &mut Option<&'static str>) {
        let stats = &self.node.stats;
        stats.control_plane_up.store(true, Ordering::Relaxed);
        stats.control_plane_seen.store(jiff::Timestamp::now().as_second(), Ordering::Relaxed);
        if down.take().is_some() {
            self.node.log.info("Configuration", "connected to the control plane again");
        }
    }

    /// Logs the beginning of an outage, and a change of its kind; not every attempt.
    fn disconnected(&self, down: &mut Option<&'static str>, error: &LinkError) {
        self.node.stats.control_plane_up.store(false, Ordering::Relaxed);
        let code = match error {
            LinkError::Unauthorized(_) => Code::NODE_CREDENTIAL_INVALID,
            LinkError::Invalid(_) => Code::NODE_FEED_INVALID,
            LinkError::Unreachable(_) | LinkError::Unavailable(_) => Code::NODE_CONTROL_PLANE_UNREACHABLE,
        };
        if *down == Some(code.0) {
            return;
        }
        *down = Some(code.0);
        let serving = if self.node.is_loaded() { "; serving the configuration applied last" } else { "" };
        let fields = [("code", code.0.into())];
        self.node.log.event(LogLevel::Warn, "Configuration", &format!("{error}{serving}; trying again"), &fields);
    }

    fn heartbeat(&self, stopping: bool) -> Heartbeat {
        let runtime = self.node.runtime.load_full();
        Heartbeat {
            node_id: self.node.settings.node_id.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            address: self.address.clone(),
            started: self.node.started.clone(),
            revision: runtime.as_ref().map_or(0, |runtime| runtime.revision),
            digest: runtime.as_ref().map(|runtime| runtime.digest.clone()).unwrap_or_default(),
            failures: runtime.as_ref().map(|runtime| runtime.failures.clone()).unwrap_or_default(),
            dropped_batches: self.node.telemetry.dropped(),
            stopping,
        }
    }

    /// Failures are not logged here: the configuration's conversation tells of outages.
    async fn send_heartbeats(self: Rc<Self>) {
        let mut pause = Pause(PAUSE_MIN);
        loop {
            match self.link.heartbeat(self.heartbeat(false)).await {
                Ok(()) => {
                    pause.reset();
                    // In time, or early because a revision was applied.
                    let _ = tokio::time::timeout(HEARTBEAT, self.changed.notified()).await;
                }
                Err(error) => pause.wait(&error).await,
            }
        }
    }

    async fn deliver_telemetry(self: Rc<Self>) {
        let mut pause = Pause(PAUSE_MIN);
        loop {
            // In time, or at once because somebody waits for a trace.
            let _ = tokio::time::timeout(DELIVERY, self.node.telemetry.urgent.notified()).await;
            self.node.telemetry.gather();
            while let Some(batch) = self.node.telemetry.next_batch() {
                let sequence = batch.sequence;
                match self.link.telemetry(batch).await {
                    Ok(()) => {
                        pause.reset();
                        self.node.telemetry.acknowledge(sequence);
                    }
                    Err(error) => {
                        pause.wait(&error).await;
                        self.node.telemetry.gather();
                    }
                }
            }
        }
    }

    /// The last heartbeat and what telemetry is left.
    async fn say_farewell(&self) {
        let last = async {
            // Waits for the workers, whose last requests still count.
            let limit = self.node.settings.drain_timeout;
            let started = Instant::now();
            while self.node.stats.connections_open.load(Ordering::Relaxed) > 0 && started.elapsed() < limit {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let _ = tokio::time::timeout(FAREWELL, async {
                let _ = self.link.heartbeat(self.heartbeat(true)).await;
                self.node.telemetry.gather();
                while let Some(batch) = self.node.telemetry.next_batch() {
                    let sequence = batch.sequence;
                    if self.link.telemetry(batch).await.is_err() {
                        break;
                    }
                    self.node.telemetry.acknowledge(sequence);
                }
            })
            .await;
        };
        last.await;
    }
}
