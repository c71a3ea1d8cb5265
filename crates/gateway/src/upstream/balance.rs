//! Picks the entity that a call goes to. Source: reference/policies.md §7 `set-backend-service`.

use super::{BackendEntity, Open};
use crate::runtime::Runtime;
use http::{HeaderMap, header};
use smol_str::SmolStr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Pools within pools that are followed.
const NESTING_MAX: usize = 4;

/// What a call with a backend id comes to.
pub enum Selection {
    Entity {
        entity: Arc<BackendEntity>,
        /// Cookie that brings the client back to this member: name and value.
        cookie: Option<(SmolStr, SmolStr)>,
    },
    Unknown,
    /// Every candidate's circuit breaker is open.
    Open(Open),
}

/// `headers`: the request's, for the cookie of a pool with session affinity.
pub fn select(runtime: &Runtime, id: &str, headers: &HeaderMap, now: Instant) -> Selection {
    let Some(pool) = runtime.backends.get(id) else { return Selection::Unknown };
    let Some(cookie) = &pool.affinity_cookie else { return select_nested(runtime, id, now, 0) };
    let sent = cookie_value(headers, cookie);
    let is_at = |id: &SmolStr, sent: &str| runtime.backends.get(id).is_some_and(|one| one.affinity_token == sent);
    let known = sent.and_then(|sent| pool.members.iter().find(|member| is_at(&member.backend, sent)));
    if let Some(member) = known
        && let Selection::Entity { entity, .. } = select_nested(runtime, &member.backend, now, 1)
    {
        return Selection::Entity { entity, cookie: None };
    }
    match select_nested(runtime, id, now, 0) {
        Selection::Entity { entity, .. } => {
            let value = entity.affinity_token.clone();
            Selection::Entity { entity, cookie: Some((cookie.clone(), value)) }
        }
        other => other,
    }
}

fn select_nested(runtime: &Runtime, id: &str, now: Instant, depth: usize) -> Selection {
    let Some(entity) = runtime.backends.get(id) else { return Selection::Unknown };
    let open = entity.breaker.as_ref().and_then(|breaker| breaker.open_for(now));
    if entity.members.is_empty() || depth >= NESTING_MAX {
        return match open {
            Some(open) => Selection::Open(open),
            None => Selection::Entity { entity: entity.clone(), cookie: None },
        };
    }
    let mut soonest: Option<Open> = None;
    let mut priorities: Vec<u32> = entity.members.iter().map(|member| member.priority).collect();
    priorities.sort_unstable();
    priorities.dedup();
    for priority in priorities {
        let mut candidates: Vec<(Arc<BackendEntity>, u32)> = Vec::new();
        for member in entity.members.iter().filter(|member| member.priority == priority) {
            match select_nested(runtime, &member.backend, now, depth + 1) {
                Selection::Entity { entity: found, .. } => candidates.push((found, member.weight)),
                Selection::Open(open) => soonest = Some(sooner(soonest, open)),
                Selection::Unknown => {}
            }
        }
        if let Some(found) = by_weight(candidates, entity) {
            return Selection::Entity { entity: found, cookie: None };
        }
    }
    match soonest {
        Some(open) => Selection::Open(Open { status: entity.failure_status.or(open.status), ..open }),
        None => Selection::Unknown,
    }
}

/// In turns, each as often as its weight says. Weight 0 takes calls only where no other does.
fn by_weight(mut candidates: Vec<(Arc<BackendEntity>, u32)>, pool: &BackendEntity) -> Option<Arc<BackendEntity>> {
    if candidates.iter().any(|(_, weight)| *weight > 0) {
        candidates.retain(|(_, weight)| *weight > 0);
    }
    let total: u64 = candidates.iter().map(|(_, weight)| u64::from((*weight).max(1))).sum();
    let turns = pool.turn.fetch_add(1, Ordering::Relaxed) as u64;
    let mut turn = turns.checked_rem(total)?;
    for (found, weight) in candidates {
        let weight = u64::from(weight.max(1));
        if turn < weight {
            return Some(found);
        }
        turn -= weight;
    }
    None
}

fn sooner(known: Option<Open>, open: Open) -> Open {
    match known {
        Some(known) if known.retry_after <= open.retry_after => known,
        _ => open,
    }
}

fn cookie_value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}
