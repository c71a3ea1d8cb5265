//! Events that policies send (`log-to-eventhub`): queued by workers, shipped in batches by the node.
//!
//! A request never waits for a logger. A logger that cannot keep up loses events, and they are counted.

mod event_hub;
mod kafka;
mod sas;

pub use sas::ConnectionString;

use crate::log::Log;
use crate::worker::Worker;
use event_hub::Access;
use parking_lot::Mutex;
use smol_str::SmolStr;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Events and bytes of one logger that wait.
const EVENTS_MAX: usize = 10_000;
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// Events and bytes of one batch. An event hub takes 1 MB (256 KB in the smallest tier), base64 and
/// framing included.
const BATCH_EVENTS_MAX: usize = 100;
const BATCH_BYTES_MAX: usize = 220 * 1024;
/// Events that come together go together.
const GATHER: Duration = Duration::from_millis(100);
/// Limit of one call.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// How long a node that stops waits for its events to be sent.
const FAREWELL: Duration = Duration::from_secs(2);
/// Pauses between tries of a batch; after the last it is dropped.
const PAUSES: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(4)];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub partition_id: Option<SmolStr>,
    pub partition_key: Option<SmolStr>,
    pub message: String,
}

/// Where a logger's events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    EventHub(event_hub::EventHub),
    Kafka(kafka::Topic),
}

impl Target {
    /// From the management API's logger.
    ///
    /// # Errors
    /// What its credentials lack.
    pub fn new(kind: &str, credentials: &BTreeMap<String, String>) -> Result<Target, String> {
        match kind.to_ascii_lowercase().as_str() {
            "azureeventhub" => event_hub::EventHub::new(credentials).map(Target::EventHub),
            "kafka" => kafka::Topic::new(credentials).map(Target::Kafka),
            other => Err(format!("a logger of type `{other}` takes no events")),
        }
    }
}

pub struct Logger {
    pub id: SmolStr,
    pub target: Target,
    waiting: Mutex<Waiting>,
    /// A task ships what waits.
    is_shipping: AtomicBool,
    pub dropped: AtomicU64,
    pub sent: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    bytes: usize,
}

impl Logger {
    pub fn new(id: &str, target: Target) -> Logger {
        Logger {
            id: SmolStr::new(id),
            target,
            waiting: Mutex::default(),
            is_shipping: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
            sent: AtomicU64::new(0),
        }
    }

    fn put(&self, event: Event) {
        let mut waiting = self.waiting.lock();
        if waiting.events.len() >= EVENTS_MAX || waiting.bytes + event.message.len() > BYTES_MAX {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        waiting.bytes += event.message.len();
        waiting.events.push_back(event);
    }

    /// Events for one partition, in order.
    fn take(&self) -> Vec<Event> {
        let mut waiting = self.waiting.lock();
        let mut batch: Vec<Event> = Vec::new();
        let mut bytes = 0;
        while let Some(event) = waiting.events.front() {
            let fits = batch.first().is_none_or(|first| first.partition_id == event.partition_id);
            let full = batch.len() >= BATCH_EVENTS_MAX || bytes + event.message.len() > BATCH_BYTES_MAX;
            if !batch.is_empty() && (full || !fits) {
                break;
            }
            let Some(event) = waiting.events.pop_front() else { break };
            bytes += event.message.len();
            waiting.bytes -= event.message.len();
            batch.push(event);
        }
        batch
    }
}

/// The workers' end.
#[derive(Clone)]
pub struct Outbox(UnboundedSender<Arc<Logger>>);

/// The node's end.
pub struct Inbox(UnboundedReceiver<Arc<Logger>>);

/// The queue holds loggers with events, each once at most, so it is bounded by their number.
pub fn channel() -> (Outbox, Inbox) {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    (Outbox(sender), Inbox(receiver))
}

impl Outbox {
    pub fn put(&self, logger: &Arc<Logger>, event: Event) {
        logger.put(event);
        if !logger.is_shipping.swap(true, Ordering::AcqRel) {
            // A node that has stopped ships nothing any more.
            let _ = self.0.send(logger.clone());
        }
    }
}

/// Ships for as long as it is polled. `worker` is of this thread and serves no requests: its calls get
/// the identity's tokens.
pub async fn ship(mut inbox: Inbox, worker: Rc<Worker>) {
    let log = worker.node.log.clone();
    let client = reqwest::Client::builder().timeout(CALL_LIMIT).build();
    let shipper = match client {
        Ok(client) => Rc::new(Shipper { client, worker, log }),
        Err(error) => return log.error("Events", format!("no events are sent: {error}")),
    };
    while let Some(logger) = inbox.0.recv().await {
        let shipper = shipper.clone();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(GATHER).await;
            loop {
                let batch = logger.take();
                if batch.is_empty() {
                    logger.is_shipping.store(false, Ordering::Release);
                    // What came between the two lines above has nobody else to ship it.
                    if logger.waiting.lock().events.is_empty() || logger.is_shipping.swap(true, Ordering::AcqRel) {
                        return;
                    }
                    continue;
                }
                shipper.deliver(&logger, &batch).await;
            }
        });
    }
}

/// Gives what still waits a last chance to be sent.
pub async fn farewell(loggers: impl Iterator<Item = &Arc<Logger>> + Clone) {
    const STEP: Duration = Duration::from_millis(10);
    let mut left = FAREWELL;
    while !left.is_zero() && loggers.clone().any(|logger| logger.is_shipping.load(Ordering::Acquire)) {
        tokio::time::sleep(STEP).await;
        left = left.saturating_sub(STEP);
    }
}

/// How a call to a logger went wrong.
enum Failure {
    /// Trying again may help.
    Passing(String),
    Lasting(String),
}

struct Shipper {
    client: reqwest::Client,
    worker: Rc<Worker>,
    log: Log,
}

impl Shipper {
    async fn deliver(&self, logger: &Logger, batch: &[Event]) {
        let mut pauses = PAUSES.iter();
        loop {
            let (problem, pause) = match self.send(&logger.target, batch).await {
                Ok(()) => {
                    logger.sent.fetch_add(batch.len() as u64, Ordering::Relaxed);
                    return;
                }
                Err(Failure::Passing(problem)) => (problem, pauses.next()),
                Err(Failure::Lasting(problem)) => (problem, None),
            };
            let Some(pause) = pause else {
                let dropped = logger.dropped.fetch_add(batch.len() as u64, Ordering::Relaxed) + batch.len() as u64;
                let message =
                    format!("logger {}: {} events are lost ({dropped} so far): {problem}", logger.id, batch.len());
                return self.log.warn("Events", message);
            };
            tokio::time::sleep(*pause).await;
        }
    }

    async fn send(&self, target: &Target, batch: &[Event]) -> Result<(), Failure> {
        match target {
            Target::EventHub(hub) => {
                let authorization = match &hub.access {
                    Access::Key(key) => hub.signature(key),
                    Access::Identity(client_id) => self.token(client_id.as_deref()).await?,
                };
                hub.send(&self.client, &authorization, batch).await
            }
            Target::Kafka(topic) => topic.send(&self.client, batch).await,
        }
    }

    /// Events come from requests, so there is a configuration.
    async fn token(&self, client_id: Option<&str>) -> Result<String, Failure> {
        let Some(runtime) = self.worker.runtime() else {
            return Err(Failure::Passing("the node has no configuration".to_owned()));
        };
        let identity = &self.worker.node.identity;
        let token = identity.token(&self.worker, &runtime.default_tls, event_hub::AUDIENCE, client_id).await;
        token.map(|token| format!("Bearer {token}")).map_err(|error| Failure::Passing(error.to_string()))
    }
}

/// The outcome of a call by its status.
async fn outcome(sent: Result<reqwest::Response, reqwest::Error>) -> Result<(), Failure> {
    let response = sent.map_err(|error| Failure::Passing(error.without_url().to_string()))?;
    match response.status().as_u16() {
        200..300 => Ok(()),
        status @ (408 | 429 | 500..) => Err(Failure::Passing(format!("status code {status}"))),
        status => Err(Failure::Lasting(format!("status code {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(partition: Option<&str>, bytes: usize) -> Event {
        Event { partition_id: partition.map(SmolStr::from), partition_key: None, message: "x".repeat(bytes) }
    }

    fn logger() -> Logger {
        let credentials = [("endpoint", "http://127.0.0.1:9"), ("topic", "t")];
        let credentials = credentials.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Logger::new("l", Target::new("kafka", &credentials).expect("a target"))
    }

    #[test]
    fn batches_are_of_one_partition_and_bounded() {
        let logger = logger();
        for partition in [Some("1"), Some("1"), None] {
            logger.put(event(partition, 10));
        }
        assert_eq!(logger.take().len(), 2);
        assert_eq!(logger.take().len(), 1);
        (0..3).for_each(|_| logger.put(event(None, BATCH_BYTES_MAX / 2 + 1)));
        assert_eq!(logger.take().len(), 1);
    }

    #[test]
    fn a_full_queue_drops_and_counts() {
        let logger = logger();
        (0..EVENTS_MAX + 5).for_each(|_| logger.put(event(None, 1)));
        assert_eq!(logger.dropped.load(Ordering::Relaxed), 5);
    }
}
