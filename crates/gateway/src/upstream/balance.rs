//! Picks the entity that a call goes to. Source: reference/policies.md §7 `set-backend-service`.

use super::BackendEntity;
use crate::runtime::Runtime;
use smol_str::SmolStr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Pools within pools that are followed.
const NESTING_MAX: usize = 4;

/// What a call with a backend id comes to.
pub enum Selection {
    Entity(Arc<BackendEntity>),
    Unknown,
    /// Every candidate's circuit breaker is open.
    Open {
        retry_after: Duration,
    },
}

pub fn select(runtime: &Runtime, id: &str, now: Instant) -> Selection {
    select_nested(runtime, id, now, 0)
}

fn select_nested(runtime: &Runtime, id: &str, now: Instant, depth: usize) -> Selection {
    let Some(entity) = runtime.backends.get(id) else { return Selection::Unknown };
    if entity.members.is_empty() || depth >= NESTING_MAX {
        return match entity.breaker.as_ref().and_then(|breaker| breaker.open_for(now)) {
            Some(retry_after) => Selection::Open { retry_after },
            None => Selection::Entity(entity.clone()),
        };
    }
    let mut soonest: Option<Duration> = None;
    let mut priorities: Vec<u32> = entity.members.iter().map(|member| member.priority).collect();
    priorities.sort_unstable();
    priorities.dedup();
    for priority in priorities {
        let mut candidates: Vec<(Arc<BackendEntity>, SmolStr, u32)> = Vec::new();
        for member in entity.members.iter().filter(|member| member.priority == priority) {
            match select_nested(runtime, &member.backend, now, depth + 1) {
                Selection::Entity(found) => candidates.push((found, member.backend.clone(), member.weight.max(1))),
                Selection::Open { retry_after } => {
                    soonest = Some(soonest.map_or(retry_after, |known| known.min(retry_after)));
                }
                Selection::Unknown => {}
            }
        }
        let total: u32 = candidates.iter().map(|(_, _, weight)| *weight).sum();
        if total == 0 {
            continue;
        }
        let mut turn = (entity.turn.fetch_add(1, Ordering::Relaxed) % total as usize) as u32;
        for (found, _, weight) in candidates {
            if turn < weight {
                return Selection::Entity(found);
            }
            turn -= weight;
        }
    }
    match soonest {
        Some(retry_after) => Selection::Open { retry_after },
        None => Selection::Unknown,
    }
}
