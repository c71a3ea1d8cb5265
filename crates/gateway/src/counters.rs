//! Counters of one node: sliding windows for rates, fixed windows for quotas.
//!
//! A rate never lets more than `calls` through in any window: a call is remembered until it is a
//! whole window old. Up to [`EXACT_CALLS_MAX`] calls each is remembered by itself; above that, calls
//! close together are remembered as one at the time of the latest, which errs on the strict side.
//! Source: reference/policies.md §4, reference/gateway.md §9.

use ahash::AHashMap;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tollgate_expression::context::Instant100ns;
use tollgate_policy::host::{QuotaHit, QuotaStanding, RateHit, RateStanding};

const SHARDS: usize = 64;
/// Keys remembered per shard; a key costs about 200 bytes.
const KEYS_PER_SHARD_MAX: usize = 16_384;
/// Calls remembered one by one; also the number of steps of a coarser window.
const EXACT_CALLS_MAX: u64 = 1024;

/// All counters of a node. Shared by its workers.
pub struct Counters {
    hasher: ahash::RandomState,
    rates: Vec<Mutex<AHashMap<Box<str>, Rate>>>,
    quotas: Vec<Mutex<AHashMap<Box<str>, Quota>>>,
    /// Executions that hold a seat of `limit-concurrency`; bounded by the requests in flight.
    seats: Mutex<AHashMap<Box<str>, u64>>,
}

/// The calls of one key, oldest first.
#[derive(Default)]
struct Rate {
    entries: VecDeque<Entry>,
    total: u64,
    /// The longest window that asked; entries live that long.
    window: Duration,
}

struct Entry {
    first: Instant,
    /// Decides when it leaves the window.
    last: Instant,
    calls: u64,
}

#[derive(Default)]
struct Quota {
    /// Which window the numbers are of; windows are numbered from the anchor.
    window: i64,
    calls: u64,
    bytes: u64,
    /// 100 ns ticks at which the window ends; `None`: never.
    ends: Option<i64>,
}

impl Default for Counters {
    fn default() -> Counters {
        Counters {
            hasher: ahash::RandomState::new(),
            rates: (0..SHARDS).map(|_| Mutex::default()).collect(),
            quotas: (0..SHARDS).map(|_| Mutex::default()).collect(),
            seats: Mutex::default(),
        }
    }
}

impl Counters {
    pub fn rate(&self, hit: &RateHit<'_>, now: Instant) -> RateStanding {
        let mut shard = self.rates[self.shard(hit.key)].lock();
        if !shard.contains_key(hit.key) {
            make_room(&mut shard, |rate| rate.is_idle(now));
            shard.insert(hit.key.into(), Rate::default());
        }
        match shard.get_mut(hit.key) {
            Some(rate) => rate.hit(hit, now),
            // Unreachable: the key was put there a line above.
            None => RateStanding { allowed: true, remaining: 0, retry_after: Duration::ZERO },
        }
    }

    pub fn quota(&self, hit: &QuotaHit<'_>, now: Instant100ns) -> QuotaStanding {
        let mut shard = self.quotas[self.shard(hit.key)].lock();
        if !shard.contains_key(hit.key) {
            make_room(&mut shard, |quota| quota.ends.is_some_and(|ends| ends <= now.0));
        }
        let quota = shard.entry(hit.key.into()).or_default();
        quota.hit(hit, now)
    }

    /// Takes one of `seats` concurrent executions of `key`. `false`: all are taken.
    pub fn seat_take(&self, key: &str, seats: u64) -> bool {
        let mut taken = self.seats.lock();
        let now = taken.get(key).copied().unwrap_or(0);
        if now >= seats {
            return false;
        }
        taken.insert(key.into(), now + 1);
        true
    }

    pub fn seat_leave(&self, key: &str) {
        let mut taken = self.seats.lock();
        match taken.get_mut(key) {
            Some(1) | None => {
                taken.remove(key);
            }
            Some(now) => *now -= 1,
        }
    }

    fn shard(&self, key: &str) -> usize {
        (self.hasher.hash_one(key) % SHARDS as u64) as usize
    }
}

/// Keeps a shard within its limit: what is over goes first, then anything.
fn make_room<T>(shard: &mut AHashMap<Box<str>, T>, is_over: impl Fn(&T) -> bool) {
    if shard.len() < KEYS_PER_SHARD_MAX {
        return;
    }
    shard.retain(|_, counter| !is_over(counter));
    let excess: Vec<Box<str>> = match shard.len() {
        full if full >= KEYS_PER_SHARD_MAX => shard.keys().take(KEYS_PER_SHARD_MAX / 16).cloned().collect(),
        _ => Vec::new(),
    };
    for key in excess {
        shard.remove(&key);
    }
}

impl Rate {
    fn is_idle(&self, now: Instant) -> bool {
        self.entries.back().is_none_or(|entry| now.duration_since(entry.last) >= self.window)
    }

    fn hit(&mut self, hit: &RateHit<'_>, now: Instant) -> RateStanding {
        self.window = self.window.max(hit.window);
        while let Some(entry) = self.entries.front()
            && now.duration_since(entry.last) >= self.window
        {
            self.total -= entry.calls;
            self.entries.pop_front();
        }
        let used = if self.window == hit.window { self.total } else { self.within(hit.window, now) };
        let wanted = hit.increment.max(1);
        if used.saturating_add(wanted) > hit.calls {
            let retry_after = self.until_room(hit, used, wanted, now);
            return RateStanding { allowed: false, remaining: hit.calls.saturating_sub(used), retry_after };
        }
        if hit.increment > 0 {
            self.remember(hit, now);
        }
        let remaining = hit.calls - used - hit.increment;
        RateStanding { allowed: true, remaining, retry_after: Duration::ZERO }
    }

    fn within(&self, window: Duration, now: Instant) -> u64 {
        let young = self.entries.iter().rev().take_while(|entry| now.duration_since(entry.last) < window);
        young.map(|entry| entry.calls).sum()
    }

    fn remember(&mut self, hit: &RateHit<'_>, now: Instant) {
        self.total += hit.increment;
        let step = if hit.calls > EXACT_CALLS_MAX { hit.window / EXACT_CALLS_MAX as u32 } else { Duration::ZERO };
        match self.entries.back_mut() {
            Some(entry) if now == entry.last || now.duration_since(entry.first) < step => {
                entry.last = now;
                entry.calls += hit.increment;
            }
            _ => self.entries.push_back(Entry { first: now, last: now, calls: hit.increment }),
        }
    }

    /// When enough calls have left the window.
    fn until_room(&self, hit: &RateHit<'_>, used: u64, wanted: u64, now: Instant) -> Duration {
        let mut to_leave = used.saturating_add(wanted).saturating_sub(hit.calls);
        for entry in self.entries.iter().filter(|entry| now.duration_since(entry.last) < hit.window) {
            to_leave = to_leave.saturating_sub(entry.calls);
            if to_leave == 0 {
                return (entry.last + hit.window).saturating_duration_since(now);
            }
        }
        hit.window
    }
}

impl Quota {
    fn hit(&mut self, hit: &QuotaHit<'_>, now: Instant100ns) -> QuotaStanding {
        let period = i64::try_from(hit.period.as_nanos() / 100).unwrap_or(i64::MAX);
        let (window, ends) = if period == 0 {
            (0, None)
        } else {
            let window = (now.0.saturating_sub(hit.first_period_start.0)).div_euclid(period);
            let ends = hit.first_period_start.0.saturating_add(window.saturating_add(1).saturating_mul(period));
            (window, Some(ends))
        };
        if window != self.window {
            (self.calls, self.bytes) = (0, 0);
        }
        (self.window, self.ends) = (window, ends);
        let calls_exceeded = hit.calls.is_some_and(|limit| self.calls.saturating_add(hit.add_calls.max(1)) > limit);
        let bandwidth_exceeded = hit.kilobytes.is_some_and(|limit| self.bytes >= limit.saturating_mul(1024));
        // A refused call is not counted; bytes of an answer already sent always are.
        if !calls_exceeded && !bandwidth_exceeded {
            self.calls = self.calls.saturating_add(hit.add_calls);
        }
        self.bytes = self.bytes.saturating_add(hit.add_bytes);
        let renews_in = ends.map(|ends| Duration::from_nanos((ends.saturating_sub(now.0)).max(0) as u64 * 100));
        QuotaStanding { calls_exceeded, bandwidth_exceeded, renews_in }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(counters: &Counters, calls: u64, seconds: u64, now: Instant) -> RateStanding {
        let hit = RateHit { key: "k", calls, window: Duration::from_secs(seconds), increment: 1 };
        counters.rate(&hit, now)
    }

    #[test]
    fn five_calls_a_minute_let_five_through() {
        let counters = Counters::default();
        let start = Instant::now();
        for left in (0..5).rev() {
            assert_eq!(rate(&counters, 5, 60, start).remaining, left);
        }
        let refused = rate(&counters, 5, 60, start + Duration::from_secs(20));
        assert_eq!(refused, RateStanding { allowed: false, remaining: 0, retry_after: Duration::from_secs(40) });
        assert!(rate(&counters, 5, 60, start + Duration::from_secs(60)).allowed);
    }

    #[test]
    fn a_quota_renews_at_its_anchor() {
        let counters = Counters::default();
        let hit = |calls| QuotaHit {
            key: "k",
            calls: Some(calls),
            kilobytes: None,
            period: Duration::from_secs(10),
            first_period_start: Instant100ns(0),
            add_calls: 1,
            add_bytes: 0,
        };
        let at = |seconds: i64| Instant100ns(seconds * 10_000_000);
        assert!(!counters.quota(&hit(1), at(13)).calls_exceeded);
        let refused = counters.quota(&hit(1), at(14));
        assert!(refused.calls_exceeded);
        assert_eq!(refused.renews_in, Some(Duration::from_secs(6)));
        assert!(!counters.quota(&hit(1), at(20)).calls_exceeded);
    }

    proptest! {
        /// Whatever the times of the calls, no window holds more than the limit.
        #[test]
        fn no_window_ever_holds_more_than_the_limit(
            calls in 1u64..3000,
            gaps in proptest::collection::vec(0u64..400, 1..4000),
        ) {
            let counters = Counters::default();
            let window = Duration::from_secs(1);
            let mut now = Instant::now();
            let mut allowed = VecDeque::new();
            for gap in gaps {
                now += Duration::from_micros(gap);
                let standing = counters.rate(&RateHit { key: "k", calls, window, increment: 1 }, now);
                while allowed.front().is_some_and(|at| now.duration_since(*at) >= window) {
                    allowed.pop_front();
                }
                if standing.allowed {
                    allowed.push_back(now);
                } else {
                    prop_assert!(standing.retry_after > Duration::ZERO && standing.retry_after <= window);
                }
                prop_assert!(allowed.len() as u64 <= calls);
            }
        }
    }
}
