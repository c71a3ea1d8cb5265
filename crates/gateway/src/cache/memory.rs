//! The built-in cache: one per node, shared by its workers, bounded in bytes.

use bytes::Bytes;
use moka::Expiry;
use moka::sync::Cache;
use std::time::{Duration, Instant};

/// What an entry costs besides key and content.
const ENTRY_BYTES: usize = 128;

pub struct MemoryCache(Cache<String, Entry>);

#[derive(Clone)]
struct Entry {
    content: Bytes,
    duration: Duration,
}

/// Every entry has its own time.
struct OwnTime;

impl Expiry<String, Entry> for OwnTime {
    fn expire_after_create(&self, _: &String, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.duration)
    }

    fn expire_after_update(&self, _: &String, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.duration)
    }
}

impl MemoryCache {
    pub fn new(bytes_max: usize) -> MemoryCache {
        let cache = Cache::builder()
            .max_capacity(bytes_max as u64)
            .weigher(|key: &String, entry: &Entry| {
                u32::try_from(key.len() + entry.content.len() + ENTRY_BYTES).unwrap_or(u32::MAX)
            })
            .expire_after(OwnTime)
            .build();
        MemoryCache(cache)
    }

    pub fn get(&self, key: &str) -> Option<Bytes> {
        self.0.get(key).map(|entry| entry.content)
    }

    pub fn put(&self, key: &str, content: Bytes, duration: Duration) {
        self.0.insert(key.into(), Entry { content, duration });
    }

    /// Whether there was one.
    pub fn remove(&self, key: &str) -> bool {
        self.0.remove(key).is_some()
    }

    /// Bytes in use, for the metrics page.
    pub fn bytes(&self) -> u64 {
        self.0.weighted_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_within_its_bytes() {
        let cache = MemoryCache::new(64 * 1024);
        for number in 0..1000 {
            cache.put(&format!("key-{number}"), Bytes::from(vec![0; 1024]), Duration::from_secs(60));
        }
        cache.0.run_pending_tasks();
        assert!(cache.bytes() <= 64 * 1024, "{}", cache.bytes());
        cache.put("too large", Bytes::from(vec![0; 128 * 1024]), Duration::from_secs(60));
        cache.0.run_pending_tasks();
        assert!(cache.get("too large").is_none());
    }

    #[test]
    fn what_is_removed_is_gone() {
        let cache = MemoryCache::new(64 * 1024);
        cache.put("a", Bytes::from_static(b"x"), Duration::from_secs(60));
        assert_eq!(cache.get("a").as_deref(), Some(&b"x"[..]));
        assert!(cache.remove("a") && !cache.remove("a"));
        assert!(cache.get("a").is_none());
    }
}
