//! Tokens that were verified a short while ago: a client sends the same one for an hour, and a
//! signature costs more than everything else about it.
//!
//! Only what cannot change is remembered: that the signature is right under a key. Times, audiences,
//! issuers and claims are judged each time.

use crate::jose::{Claims, Provider};
use ahash::RandomState;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Parts that are locked one by one, so that workers seldom meet.
const SHARDS: usize = 16;
/// Tokens remembered for one policy, in bytes of their text. Twice this at most.
const BYTES_MAX: usize = 1024 * 1024;
/// Longer tokens are verified each time.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// A verified token.
#[derive(Debug)]
pub struct Known {
    pub claims: Claims,
    pub is_signed: bool,
    /// Whose key signed it; `None`: a key of the document itself.
    pub provider: Option<Arc<Provider>>,
}

/// One policy's memory. It is as old as the compiled document: a changed key is another document.
pub struct Memory {
    shards: [Mutex<Shard>; SHARDS],
    hash: RandomState,
}

/// Two generations: what is asked for moves to the young one; the old one is dropped whole.
#[derive(Default)]
struct Shard {
    young: HashMap<Box<str>, Arc<Known>, RandomState>,
    old: HashMap<Box<str>, Arc<Known>, RandomState>,
    young_bytes: usize,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory { shards: Default::default(), hash: RandomState::new() }
    }
}

impl Memory {
    fn shard(&self, token: &str) -> Option<&Mutex<Shard>> {
        let index = usize::try_from(self.hash.hash_one(token) % SHARDS as u64).ok()?;
        self.shards.get(index)
    }

    pub fn get(&self, token: &str) -> Option<Arc<Known>> {
        let mut shard = self.shard(token)?.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = shard.young.get(token) {
            return Some(known.clone());
        }
        let (token, known) = shard.old.remove_entry(token)?;
        shard.put(token, known.clone());
        Some(known)
    }

    pub fn put(&self, token: &str, known: Arc<Known>) {
        if token.len() > TOKEN_BYTES_MAX {
            return;
        }
        if let Some(shard) = self.shard(token) {
            shard.lock().unwrap_or_else(PoisonError::into_inner).put(token.into(), known);
        }
    }

    pub fn forget(&self, token: &str) {
        if let Some(shard) = self.shard(token) {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            if shard.young.remove(token).is_some() {
                shard.young_bytes = shard.young_bytes.saturating_sub(token.len());
            }
            shard.old.remove(token);
        }
    }
}

impl Shard {
    fn put(&mut self, token: Box<str>, known: Arc<Known>) {
        let length = token.len();
        if self.young_bytes + length > BYTES_MAX / SHARDS && !self.young.is_empty() {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        if self.young.insert(token, known).is_none() {
            self.young_bytes += length;
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::Compact;

    fn known() -> Arc<Known> {
        let Ok(Compact::Signed { header, payload, .. }) = Compact::parse("eyJhbGciOiJub25lIn0.e30.") else {
            panic!("a token");
        };
        let claims = Claims::decode(&header, payload).expect("claims");
        Arc::new(Known { claims, is_signed: false, provider: None })
    }

    #[test]
    fn what_is_used_stays_and_the_whole_stays_within_its_bounds() {
        let memory = Memory::default();
        let known = known();
        let token = |number: usize| format!("{number:0>1000}");
        memory.put("kept", known.clone());
        for number in 0..10_000 {
            memory.put(&token(number), known.clone());
            assert!(memory.get("kept").is_some(), "after {number}");
        }
        let held: usize = memory
            .shards
            .iter()
            .map(|shard| shard.lock().map(|shard| shard.young.len() + shard.old.len()).unwrap_or_default())
            .sum();
        assert!(held * 1_000 <= 2 * BYTES_MAX + SHARDS * 1_000, "{held} tokens");
        assert!(memory.get(&token(0)).is_none(), "the oldest are gone");
        memory.forget("kept");
        assert!(memory.get("kept").is_none());
        memory.put(&"x".repeat(TOKEN_BYTES_MAX + 1), known);
        assert!(memory.get(&"x".repeat(TOKEN_BYTES_MAX + 1)).is_none());
    }
}
