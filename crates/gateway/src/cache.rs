//! What policies keep between requests: in the node's memory, or in Redis.
//!
//! A cache never fails a request and never holds one up: what is not there in time is not there.

mod address;
mod memory;
mod redis;

pub use self::redis::{ExternalCache, Redis};
pub use address::RedisAddress;
pub use memory::MemoryCache;

use crate::runtime::Runtime;
use bytes::Bytes;
use std::rc::Rc;
use std::time::Duration;
use tollgate_expression::Value;
use tollgate_expression::context::Instant100ns;
use tollgate_expression::value::wire;
use tollgate_policy::host::{CacheEntry, CacheKind, CacheRemoval};

/// Larger values are not stored. Source: reference/gateway.md, chapter 8.
const VALUE_BYTES_MAX: usize = 2 * 1024 * 1024 + 64 * 1024;
/// Longer values of time would not be told apart from "for ever".
const DURATION_MAX: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The caches as one worker sees them.
pub struct Caches<'w> {
    pub memory: &'w MemoryCache,
    pub external: &'w Rc<Redis>,
}

impl Caches<'_> {
    pub async fn get(&self, runtime: &Runtime, key: &str, kind: CacheKind, now: Instant100ns) -> Option<CacheEntry> {
        let bytes = match self.place(runtime, kind)? {
            Place::Memory => self.memory.get(key)?,
            Place::External(cache) => Bytes::from(self.external.get(cache, key).await?),
        };
        let (stored, rest) = bytes.split_first_chunk::<8>()?;
        let (until, value) = rest.split_first_chunk::<8>()?;
        let until = Instant100ns(i64::from_le_bytes(*until));
        if until <= now {
            return None;
        }
        Some(CacheEntry { value: wire::decode(value)?, stored: Instant100ns(i64::from_le_bytes(*stored)), until })
    }

    /// Does not wait for an external cache.
    pub fn put(
        &self,
        runtime: &Runtime,
        key: &str,
        value: &Value,
        duration: Duration,
        kind: CacheKind,
        now: Instant100ns,
    ) {
        let Some(place) = self.place(runtime, kind) else { return };
        let Some(value) = wire::encode(value).filter(|value| value.len() <= VALUE_BYTES_MAX) else { return };
        let duration = duration.min(DURATION_MAX);
        let ticks = i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX / 4);
        let mut bytes = Vec::with_capacity(value.len() + 16);
        bytes.extend_from_slice(&now.0.to_le_bytes());
        bytes.extend_from_slice(&now.0.saturating_add(ticks).to_le_bytes());
        bytes.extend_from_slice(&value);
        match place {
            Place::Memory => self.memory.put(key, Bytes::from(bytes), duration),
            Place::External(cache) => self.external.put(cache, key, bytes, duration),
        }
    }

    pub async fn remove(&self, runtime: &Runtime, key: &str, kind: CacheKind) -> CacheRemoval {
        match self.place(runtime, kind) {
            None => CacheRemoval::Failed("no external cache is configured".to_owned()),
            Some(Place::Memory) if self.memory.remove(key) => CacheRemoval::Removed,
            Some(Place::Memory) => CacheRemoval::Absent,
            Some(Place::External(cache)) => self.external.remove(cache, key).await,
        }
    }

    /// `None`: an external cache is wanted and there is none.
    fn place<'r>(&self, runtime: &'r Runtime, kind: CacheKind) -> Option<Place<'r>> {
        match (kind, &runtime.cache) {
            (CacheKind::Internal, _) | (CacheKind::PreferExternal, None) => Some(Place::Memory),
            (CacheKind::External | CacheKind::PreferExternal, Some(cache)) => Some(Place::External(cache)),
            (CacheKind::External, None) => None,
        }
    }
}

enum Place<'r> {
    Memory,
    External(&'r std::sync::Arc<ExternalCache>),
}
