//! The nodes of all gateways: who lives, and who has the latest configuration.

use super::feed::Publisher;
use crate::resource;
use crate::service::ServiceAddress;
use crate::state::State;
use jiff::Timestamp;
use parking_lot::RwLock;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tollgate_contract::telemetry::Heartbeat;
use tollgate_store::{NodeRow, Store, StoreError};

/// A heartbeat comes every 10 s; one may be lost.
pub const ONLINE_MAX: Duration = Duration::from_secs(25);
/// Silent for longer: the node is taken for gone.
pub const STALE_MAX: Duration = Duration::from_secs(60);
/// Silent for longer: the node is no longer listed.
pub const LISTED_MAX: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeStatus {
    Online,
    Stale,
    Offline,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NodeCounts {
    pub online: usize,
    /// Online with the latest configuration.
    pub current: usize,
    /// Listed and not stopped by themselves.
    pub total: usize,
}

impl NodeCounts {
    /// "0 nodes", "1 of 1 nodes current".
    pub fn status(self) -> String {
        match self.total {
            0 => "0 nodes".to_owned(),
            total => format!("{} of {total} nodes current", self.current),
        }
    }
}

/// Tells the time; tests turn the hands.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

pub struct Fleet {
    clock: Clock,
    store: Store,
    publisher: Arc<Publisher>,
    service: Arc<ServiceAddress>,
    state: watch::Receiver<Arc<State>>,
    /// By gateway without case, then by node.
    nodes: RwLock<BTreeMap<(String, String), NodeRow>>,
}

impl Fleet {
    pub fn new(
        clock: Clock,
        store: Store,
        publisher: Arc<Publisher>,
        service: Arc<ServiceAddress>,
        state: watch::Receiver<Arc<State>>,
    ) -> Fleet {
        Fleet { clock, store, publisher, service, state, nodes: RwLock::default() }
    }

    /// Takes over what other replicas heard.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn load(&self) -> Result<(), StoreError> {
        let rows = self.store.nodes(None, self.now_ms() - millis(LISTED_MAX)).await?;
        let mut nodes = self.nodes.write();
        for row in rows {
            let key = (resource::key(&row.gateway), row.heartbeat.node_id.clone());
            match nodes.get(&key) {
                Some(known) if known.last_heartbeat_ms >= row.last_heartbeat_ms => {}
                _ => {
                    nodes.insert(key, row);
                }
            }
        }
        Ok(())
    }

    /// A node told that it lives.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn heard(&self, gateway: &str, heartbeat: Heartbeat) -> Result<(), StoreError> {
        let now = self.now_ms();
        self.store.note_heartbeat(gateway, &heartbeat, now, now - millis(LISTED_MAX)).await?;
        let key = (resource::key(gateway), heartbeat.node_id.clone());
        let mut nodes = self.nodes.write();
        nodes.retain(|_, node| is_listed(node, now));
        let first_seen_ms = nodes.get(&key).map_or(now, |known| known.first_seen_ms);
        nodes.insert(key, NodeRow { gateway: gateway.to_owned(), first_seen_ms, last_heartbeat_ms: now, heartbeat });
        Ok(())
    }

    pub fn counts(&self, gateway: &str) -> NodeCounts {
        let nodes = self.of(gateway);
        if nodes.is_empty() {
            return NodeCounts::default();
        }
        let state = Arc::clone(&self.state.borrow());
        let digest = self.publisher.digest(&state, &self.service, gateway);
        let now = self.now_ms();
        let online: Vec<_> = nodes.iter().filter(|node| status(node, now) == NodeStatus::Online).collect();
        NodeCounts {
            online: online.len(),
            current: online.iter().filter(|node| node.heartbeat.digest == digest).count(),
            total: nodes.iter().filter(|node| !node.heartbeat.stopping).count(),
        }
    }

    /// The nodes of a gateway as the management API shows them.
    pub fn list(&self, gateway: &str) -> Vec<Value> {
        let now = self.now_ms();
        let show = |node: &NodeRow| {
            let heartbeat = &node.heartbeat;
            json!({
                "nodeId": heartbeat.node_id,
                "version": heartbeat.version,
                "address": heartbeat.address,
                "started": heartbeat.started,
                "firstSeen": time(node.first_seen_ms),
                "lastHeartbeat": time(node.last_heartbeat_ms),
                "revision": heartbeat.revision,
                "digest": heartbeat.digest,
                "status": match status(node, now) {
                    NodeStatus::Online => "online",
                    NodeStatus::Stale => "stale",
                    NodeStatus::Offline => "offline",
                },
                "failures": heartbeat.failures,
                "droppedBatches": heartbeat.dropped_batches,
            })
        };
        self.of(gateway).iter().map(show).collect()
    }

    /// Where the online node of a gateway that was heard last is called: `http://10.0.0.7:8080`.
    /// `host` stands for the node's own when it listens on every address of its machine.
    pub fn origin(&self, gateway: &str, host: &str) -> Option<String> {
        let now = self.now_ms();
        let online = self.of(gateway).into_iter().filter(|node| status(node, now) == NodeStatus::Online);
        let node = online.max_by_key(|node| node.last_heartbeat_ms)?;
        let address = node.heartbeat.address;
        match address.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_unspecified() => Some(format!("http://{host}:{}", address.port())),
            Ok(address) => Some(format!("http://{address}")),
            Err(_) => None,
        }
    }

    /// The nodes of a gateway that are not forgotten yet.
    fn of(&self, gateway: &str) -> Vec<NodeRow> {
        let now = self.now_ms();
        let gateway = resource::key(gateway);
        let nodes = self.nodes.read();
        let from = (gateway.clone(), String::new());
        let all = nodes.range(from..).take_while(|((of, _), _)| *of == gateway).map(|(_, node)| node);
        all.filter(|node| is_listed(node, now)).cloned().collect()
    }

    fn now_ms(&self) -> i64 {
        (self.clock)().as_millisecond()
    }
}

fn is_listed(node: &NodeRow, now_ms: i64) -> bool {
    now_ms - node.last_heartbeat_ms <= millis(LISTED_MAX)
}

fn status(node: &NodeRow, now_ms: i64) -> NodeStatus {
    let silent = now_ms - node.last_heartbeat_ms;
    if node.heartbeat.stopping || silent > millis(STALE_MAX) {
        NodeStatus::Offline
    } else if silent > millis(ONLINE_MAX) {
        NodeStatus::Stale
    } else {
        NodeStatus::Online
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map(|at| at.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::gateways::GATEWAYS;
    use crate::resource::Resource;
    use std::sync::atomic::{AtomicI64, Ordering};
    use tollgate_store::Keyring;

    /// A fleet whose clock stands still until it is told a second.
    struct World {
        second: Arc<AtomicI64>,
        fleet: Fleet,
        digest: String,
        _data: tempfile::TempDir,
    }

    impl World {
        async fn new() -> World {
            let data = tempfile::tempdir().expect("a folder");
            let url = format!("sqlite://{}", data.path().join("fleet.db").display());
            let store = Store::open(&url, Keyring::new([7; 32])).await.expect("a store");
            let mut state = State::default();
            state.revision = 1;
            state.put(Arc::new(Resource::new(&GATEWAYS, "gateways/london", serde_json::Map::new())));
            let (publisher, service) = (Arc::new(Publisher::default()), Arc::new(ServiceAddress::default()));
            let digest = publisher.digest(&state, &service, "london");
            let (_, state) = watch::channel(Arc::new(state));
            let second = Arc::new(AtomicI64::new(0));
            let hands = Arc::clone(&second);
            let clock: Clock =
                Arc::new(move || Timestamp::from_second(hands.load(Ordering::Relaxed)).unwrap_or_default());
            let fleet = Fleet::new(clock, store, publisher, service, state);
            World { second, fleet, digest, _data: data }
        }

        async fn hear(&self, second: i64, node: &str, digest: &str, stopping: bool) {
            self.second.store(second, Ordering::Relaxed);
            let heartbeat = Heartbeat {
                node_id: node.to_owned(),
                address: "0.0.0.0:8080".to_owned(),
                digest: digest.to_owned(),
                stopping,
                ..Heartbeat::default()
            };
            self.fleet.heard("london", heartbeat).await.expect("heard");
        }

        /// What is shown at a second: the gateway's status and the status of each node.
        fn shown(&self, second: i64) -> (String, Vec<String>) {
            self.second.store(second, Ordering::Relaxed);
            let nodes = self.fleet.list("London");
            let nodes = nodes.iter().map(|node| node["status"].as_str().unwrap_or_default().to_owned());
            (self.fleet.counts("london").status(), nodes.collect())
        }

        fn check(&self, second: i64, status: &str, nodes: &[&str]) {
            assert_eq!(self.shown(second), (status.to_owned(), nodes.iter().map(|&node| node.into()).collect()));
        }
    }

    #[tokio::test]
    async fn a_silent_node_turns_stale_then_offline_then_is_forgotten() {
        const DAY: i64 = 24 * 3600;
        let world = World::new().await;
        world.check(0, "0 nodes", &[]);
        world.hear(0, "a", &world.digest, false).await;
        world.check(25, "1 of 1 nodes current", &["online"]);
        assert_eq!(world.fleet.origin("london", "localhost").as_deref(), Some("http://localhost:8080"));
        world.check(26, "0 of 1 nodes current", &["stale"]);
        assert_eq!(world.fleet.origin("london", "localhost"), None, "a stale node is not called");
        world.check(60, "0 of 1 nodes current", &["stale"]);
        world.check(61, "0 of 1 nodes current", &["offline"]);
        world.check(DAY, "0 of 1 nodes current", &["offline"]);
        world.check(DAY + 1, "0 nodes", &[]);
        world.hear(DAY + 1, "a", &world.digest, false).await;
        let first_seen = world.fleet.list("london")[0]["firstSeen"].clone();
        assert_eq!(first_seen, "1970-01-02T00:00:01Z", "a forgotten node that returns is new");
        world.fleet.load().await.expect("loaded");
        world.check(DAY + 1, "1 of 1 nodes current", &["online"]);
    }

    #[tokio::test]
    async fn current_nodes_have_what_the_feed_would_give() {
        let world = World::new().await;
        world.hear(0, "a", &world.digest, false).await;
        world.hear(0, "b", "of an older revision", false).await;
        world.check(1, "1 of 2 nodes current", &["online", "online"]);
        world.hear(2, "a", &world.digest, true).await;
        world.check(2, "0 of 1 nodes current", &["offline", "online"]);
    }
}
