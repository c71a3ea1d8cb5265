//! Configurations as whole snapshots and as deltas between revisions. One projection and one
//! encoding per gateway and revision, shared by all its nodes.

use super::projection::{self, UsesMemory, hex, kind_word};
use crate::service::ServiceAddress;
use crate::state::State;
use bytes::Bytes;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use tollgate_contract::FORMAT;
use tollgate_contract::feed::{Entry, Feed};
use tollgate_contract::snapshot::Key;

/// Changes of a gateway that are remembered for deltas. A node further behind gets everything.
const HISTORY_MAX: usize = 256;
/// Encoded answers kept per gateway, one per revision that nodes ask from.
const ENCODINGS_MAX: usize = 16;
/// Level of zstd: 3 is its default, four times smaller at 300 MB/s.
const ZSTD_LEVEL: i32 = 3;

/// One answer, encoded.
#[derive(Clone)]
pub struct Encoded {
    pub json: Bytes,
    pub zstd: Bytes,
}

/// The feeds of all gateways.
#[derive(Default)]
pub struct Publisher {
    gateways: Mutex<HashMap<String, Arc<Mutex<GatewayFeed>>>>,
}

#[derive(Default)]
struct GatewayFeed {
    memory: UsesMemory,
    /// Revision of the state that `entries` were made from.
    computed: u64,
    /// Revision of the last change of this gateway's configuration: what nodes are told.
    revision: u64,
    digest: String,
    entries: BTreeMap<Key, Arc<Entry>>,
    /// Deltas exist from this revision on.
    since: u64,
    /// What changed, by revision.
    history: VecDeque<(u64, Vec<Key>)>,
    encodings: HashMap<Option<u64>, Encoded>,
}

/// What a node with `after` is to be told.
pub enum Answer<T> {
    /// It has everything.
    Current,
    News(T),
    /// The gateway does not exist.
    Gone,
}

impl Publisher {
    /// The digest of a gateway's configuration in `state`; empty when there is no such gateway.
    pub fn digest(&self, state: &State, service: &ServiceAddress, gateway: &str) -> String {
        self.with(state, service, gateway, |feed| feed.digest.clone()).unwrap_or_default()
    }

    /// News for a node that has revision `after` (0: nothing).
    pub fn feed(&self, state: &State, service: &ServiceAddress, gateway: &str, after: u64) -> Answer<Feed> {
        self.answer(state, service, gateway, after, |feed, base| feed.feed(gateway, base))
    }

    /// The same, encoded.
    ///
    /// # Errors
    /// The encoder fails, which memory alone can cause.
    pub fn encoded(
        &self,
        state: &State,
        service: &ServiceAddress,
        gateway: &str,
        after: u64,
    ) -> std::io::Result<Answer<Encoded>> {
        match self.answer(state, service, gateway, after, |feed, base| feed.encoded(gateway, base)) {
            Answer::News(encoded) => encoded.map(Answer::News),
            Answer::Current => Ok(Answer::Current),
            Answer::Gone => Ok(Answer::Gone),
        }
    }

    fn answer<T>(
        &self,
        state: &State,
        service: &ServiceAddress,
        gateway: &str,
        after: u64,
        make: impl FnOnce(&mut GatewayFeed, Option<u64>) -> T,
    ) -> Answer<T> {
        let answer = self.with(state, service, gateway, |feed| match feed.base(after) {
            Base::Current => Answer::Current,
            Base::Delta => Answer::News(make(feed, Some(after))),
            Base::Whole => Answer::News(make(feed, None)),
        });
        answer.unwrap_or(Answer::Gone)
    }

    /// Runs `read` over the feed of a gateway, brought up to `state`.
    fn with<T>(
        &self,
        state: &State,
        service: &ServiceAddress,
        gateway: &str,
        read: impl FnOnce(&mut GatewayFeed) -> T,
    ) -> Option<T> {
        let key = gateway.to_lowercase();
        let feed = Arc::clone(self.gateways.lock().entry(key.clone()).or_default());
        let mut feed = feed.lock();
        if feed.bring_up_to(state, service, gateway) {
            return Some(read(&mut feed));
        }
        // A gateway of the same name made later starts anew.
        self.gateways.lock().remove(&key);
        None
    }
}

enum Base {
    Current,
    Delta,
    Whole,
}

impl GatewayFeed {
    /// `false`: there is no such gateway.
    fn bring_up_to(&mut self, state: &State, service: &ServiceAddress, gateway: &str) -> bool {
        // A caller may hold a state older than what was published already.
        if state.revision <= self.computed && self.computed != 0 {
            return true;
        }
        let Some(documents) = projection::project(state, service, gateway, &mut self.memory) else { return false };
        let mut changed: Vec<Key> = self.entries.keys().filter(|key| !documents.contains_key(*key)).cloned().collect();
        for key in &changed {
            self.entries.remove(key);
        }
        for (key, document) in documents {
            if self.entries.get(&key).is_some_and(|entry| entry.document == document) {
                continue;
            }
            let json = serde_json::to_vec(&document).unwrap_or_default();
            let entry = Entry { key: key.clone(), digest: hex(&Sha256::digest(&json)), document };
            changed.push(key.clone());
            self.entries.insert(key, Arc::new(entry));
        }
        let is_first = self.computed == 0;
        self.computed = state.revision;
        if changed.is_empty() {
            return true;
        }
        self.revision = state.revision;
        self.digest = digest(&self.entries);
        self.encodings.clear();
        if is_first {
            self.since = state.revision;
        } else {
            self.history.push_back((state.revision, changed));
            if self.history.len() > HISTORY_MAX
                && let Some((revision, _)) = self.history.pop_front()
            {
                self.since = revision;
            }
        }
        true
    }

    fn base(&self, after: u64) -> Base {
        if after < self.since || after > self.computed || after == 0 {
            Base::Whole
        } else if after >= self.revision {
            Base::Current
        } else {
            Base::Delta
        }
    }

    fn feed(&self, gateway: &str, base: Option<u64>) -> Feed {
        let mut feed = Feed {
            format: FORMAT,
            gateway: gateway.to_owned(),
            revision: self.revision,
            base,
            digest: self.digest.clone(),
            upserts: Vec::new(),
            deletes: Vec::new(),
        };
        let Some(base) = base else {
            feed.upserts = self.entries.values().map(|entry| Entry::clone(entry)).collect();
            return feed;
        };
        let changed: BTreeSet<&Key> =
            self.history.iter().filter(|(revision, _)| *revision > base).flat_map(|(_, keys)| keys).collect();
        for key in changed {
            match self.entries.get(key) {
                Some(entry) => feed.upserts.push(Entry::clone(entry)),
                None => feed.deletes.push(key.clone()),
            }
        }
        feed
    }

    fn encoded(&mut self, gateway: &str, base: Option<u64>) -> std::io::Result<Encoded> {
        if let Some(encoded) = self.encodings.get(&base) {
            return Ok(encoded.clone());
        }
        let json = serde_json::to_vec(&self.feed(gateway, base))?;
        let encoded = Encoded { zstd: zstd::bulk::compress(&json, ZSTD_LEVEL)?.into(), json: json.into() };
        if self.encodings.len() >= ENCODINGS_MAX {
            self.encodings.clear();
        }
        self.encodings.insert(base, encoded.clone());
        Ok(encoded)
    }
}

/// See [`Feed::digest`].
fn digest(entries: &BTreeMap<Key, Arc<Entry>>) -> String {
    let mut hash = Sha256::new();
    for (key, entry) in entries {
        hash.update(format!("{}/{} {}\n", kind_word(key.kind), key.id, entry.digest));
    }
    hex(&hash.finalize())
}
