//! A worker's share of the telemetry.

use super::{Observation, sketch};
use crate::runtime::Sampling;
use ahash::AHashMap;
use parking_lot::Mutex;
use std::sync::Arc;
use tollgate_contract::telemetry::{Cache, Dimensions, Measures, Outcome, RequestRecord};
use tollgate_expression::context::Instant100ns;

/// Request records kept per worker and second; further requests are only in the rollups.
const RECORDS_PER_SECOND_MAX: u32 = 100;
/// Combinations of one gathering interval; further ones are added to the API alone.
const ROLLUPS_MAX: usize = 50_000;

/// Written by one worker, emptied by the telemetry task.
#[derive(Default)]
pub struct Shard(Mutex<ShardContents>);

#[derive(Default)]
pub struct ShardContents {
    rollups: AHashMap<RollupKey, (Names, Measures)>,
    pub records: Vec<RequestRecord>,
    second: i64,
    records_in_second: u32,
}

/// Identities stand for names; [`Names`] keeps what they point to alive until it is emptied.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct RollupKey {
    minute: i64,
    api: usize,
    operation: usize,
    product: usize,
    subscription: usize,
    user: usize,
    outcome: Outcome,
    cache: Cache,
    status_class: u8,
}

struct Names {
    api: Option<Arc<crate::runtime::ServedApi>>,
    operation: Option<Arc<tollgate_expression::context::Operation>>,
    product: Option<Arc<tollgate_expression::context::Product>>,
    subscription: Option<Arc<tollgate_expression::context::Subscription>>,
    user: Option<Arc<tollgate_expression::context::User>>,
}

fn identity<T>(thing: Option<&Arc<T>>) -> usize {
    thing.map_or(0, |thing| Arc::as_ptr(thing) as usize)
}

impl Shard {
    pub fn record(&self, observation: &Observation, total_us: u64, sampling: Sampling) {
        let subject = &observation.subject;
        let backend_us = u64::try_from(observation.backend_time.as_micros()).unwrap_or(u64::MAX);
        let timestamp_ms = unix_ms(subject.timestamp);
        let mut contents = self.0.lock();
        let crowded = contents.rollups.len() >= ROLLUPS_MAX;
        let key = RollupKey {
            minute: timestamp_ms.div_euclid(60_000) * 60,
            api: identity(subject.api.as_ref()),
            operation: if crowded { 0 } else { identity(subject.operation.as_ref()) },
            product: if crowded { 0 } else { identity(subject.product.as_ref()) },
            subscription: if crowded { 0 } else { identity(subject.subscription.as_ref()) },
            user: if crowded { 0 } else { identity(subject.user.as_ref()) },
            outcome: observation.outcome(),
            cache: observation.cache,
            status_class: u8::try_from(observation.status / 100).unwrap_or(0),
        };
        let (_, measures) = contents.rollups.entry(key).or_insert_with(|| {
            let names = Names {
                api: subject.api.clone(),
                operation: subject.operation.clone().filter(|_| !crowded),
                product: subject.product.clone().filter(|_| !crowded),
                subscription: subject.subscription.clone().filter(|_| !crowded),
                user: subject.user.clone().filter(|_| !crowded),
            };
            (names, Measures::default())
        });
        measures.calls += 1;
        measures.request_bytes += observation.request_bytes();
        measures.response_bytes += observation.response_bytes;
        sketch::record(&mut measures.total_time, total_us);
        sketch::record(&mut measures.backend_time, backend_us);
        if contents.admits_record(timestamp_ms, observation.outcome(), sampling) {
            contents.records.push(request_record(observation, timestamp_ms, total_us, backend_us));
        }
    }

    /// Everything since the last time.
    pub fn take(&self) -> ShardContents {
        std::mem::take(&mut *self.0.lock())
    }
}

pub struct NamedRollup {
    pub minute: i64,
    pub dimensions: Dimensions,
    /// 2 for 200 to 299, and so on.
    pub status_class: u8,
    pub measures: Measures,
}

impl ShardContents {
    fn admits_record(&mut self, timestamp_ms: i64, outcome: Outcome, sampling: Sampling) -> bool {
        let wanted = match outcome {
            Outcome::Success => false,
            _ => sampling.always_errors,
        };
        if !wanted && sampling.share < 1.0 && rand::random::<f64>() >= sampling.share {
            return false;
        }
        let second = timestamp_ms.div_euclid(1000);
        if second != self.second {
            (self.second, self.records_in_second) = (second, 0);
        }
        self.records_in_second += 1;
        self.records_in_second <= RECORDS_PER_SECOND_MAX
    }

    pub fn is_empty(&self) -> bool {
        self.rollups.is_empty() && self.records.is_empty()
    }

    /// Rollups with names, and records.
    pub fn into_parts(self) -> (Vec<NamedRollup>, Vec<RequestRecord>) {
        let named = self.rollups.into_iter().map(|(key, (names, measures))| {
            let dimensions = Dimensions {
                api: names.api.map(|api| api.base_id.to_string()).unwrap_or_default(),
                operation: names.operation.map(|operation| operation.id.to_string()).unwrap_or_default(),
                product: names.product.map(|product| product.id.to_string()).unwrap_or_default(),
                subscription: names.subscription.map(|subscription| subscription.id.to_string()).unwrap_or_default(),
                user: names.user.map(|user| user.id.to_string()).unwrap_or_default(),
                outcome: key.outcome,
                cache: key.cache,
            };
            NamedRollup { minute: key.minute, dimensions, status_class: key.status_class, measures }
        });
        (named.collect(), self.records)
    }
}

pub fn unix_ms(at: Instant100ns) -> i64 {
    (at.0 - Instant100ns::UNIX_EPOCH.0) / 10_000
}

fn request_record(observation: &Observation, timestamp_ms: i64, total_us: u64, backend_us: u64) -> RequestRecord {
    let subject = &observation.subject;
    RequestRecord {
        request_id: uuid::Uuid::from_bytes(subject.request_id.0).to_string(),
        timestamp_ms,
        api: subject.api.as_ref().map(|api| api.base_id.to_string()).unwrap_or_default(),
        operation: subject.operation_name().to_owned(),
        product: subject.product.as_ref().map(|product| product.id.to_string()).unwrap_or_default(),
        subscription: subject.subscription.as_ref().map(|subscription| subscription.id.to_string()).unwrap_or_default(),
        user: subject.user.as_ref().map(|user| user.id.to_string()).unwrap_or_default(),
        method: subject.method.to_string(),
        url: masked_url(observation),
        ip_address: subject.ip_address.to_string(),
        response_code: observation.status,
        backend_response_code: observation.backend_status,
        request_bytes: observation.request_bytes(),
        response_bytes: observation.response_bytes,
        cache: observation.cache,
        total_time_us: total_us,
        backend_time_us: backend_us,
        last_error: observation.last_error.clone(),
    }
}

/// The URL as it was called, without the subscription key.
pub fn masked_url(observation: &Observation) -> String {
    const DEFAULT: &str = "subscription-key";
    let url = &observation.subject.url;
    let own = observation.subject.api.as_ref().map_or(DEFAULT, |api| &api.key_query);
    match url.query() {
        Some(query) => {
            let pairs: Vec<String> = query
                .split('&')
                .map(|pair| match pair.split_once('=') {
                    Some((name, _)) if name.eq_ignore_ascii_case(own) || name.eq_ignore_ascii_case(DEFAULT) => {
                        format!("{name}=***")
                    }
                    _ => pair.to_owned(),
                })
                .collect();
            let text = url.to_string();
            format!("{}?{}", text.split('?').next().unwrap_or_default(), pairs.join("&"))
        }
        None => url.to_string(),
    }
}
