//! Gathers the workers' shards, keeps totals for the metrics page, and delivers batches.

use super::record::Shard;
use super::sketch;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;
use tollgate_contract::telemetry::{Batch, Dimensions, Measures, RequestRecord, Rollup, Sketch, TraceRecord};

/// Combinations of minute and dimensions that wait for delivery. A day of an outage with 70
/// combinations a minute.
const PENDING_ROLLUPS_MAX: usize = 100_000;
/// Request records that wait for delivery.
const PENDING_RECORDS_MAX: usize = 20_000;
/// Rollups and records of one batch, so that one body stays within a few megabytes.
const BATCH_ROLLUPS_MAX: usize = 2_000;
const BATCH_RECORDS_MAX: usize = 2_000;
/// Traces that wait for delivery; the control plane keeps no more of a gateway.
const PENDING_TRACES_MAX: usize = 100;
/// Traces of one batch: each may have a megabyte.
const BATCH_TRACES_MAX: usize = 8;

/// Telemetry of one node on its way out.
pub struct Hub {
    node_id: String,
    shards: Vec<Arc<Shard>>,
    state: Mutex<State>,
    dropped: AtomicU64,
    /// A trace waits: somebody is about to ask for it.
    pub urgent: Notify,
}

#[derive(Default)]
struct State {
    pending: BTreeMap<(i64, Dimensions), Measures>,
    records: VecDeque<RequestRecord>,
    traces: VecDeque<TraceRecord>,
    /// Cut and not yet acknowledged; repeated as it is.
    batch: Option<Batch>,
    sequence: u64,
    totals: Totals,
}

/// Since the start of the process, for the metrics page.
#[derive(Default, Clone)]
pub struct Totals {
    /// By API, operation and status class.
    pub requests: BTreeMap<(String, String, u8), u64>,
    pub total_time: Sketch,
    pub backend_time: Sketch,
    pub request_bytes: u64,
    pub response_bytes: u64,
}

impl Hub {
    pub fn new(node_id: String, workers: usize) -> Hub {
        Hub {
            node_id,
            shards: (0..workers).map(|_| Arc::default()).collect(),
            state: Mutex::default(),
            dropped: AtomicU64::new(0),
            urgent: Notify::new(),
        }
    }

    pub fn shard(&self, worker: usize) -> Arc<Shard> {
        self.shards[worker].clone()
    }

    /// Telemetry that did not fit any more.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Takes what the workers have; cheap enough for every metrics request.
    pub fn gather(&self) {
        for shard in &self.shards {
            let contents = shard.take();
            if contents.is_empty() {
                continue;
            }
            let (rollups, records) = contents.into_parts();
            let mut state = self.state.lock();
            for rollup in rollups {
                state.totals.add(&rollup.dimensions, rollup.status_class, &rollup.measures);
                merge(state.pending.entry((rollup.minute, rollup.dimensions)).or_default(), &rollup.measures);
            }
            state.records.extend(records);
            self.enforce_limits(&mut state);
        }
    }

    pub fn add_trace(&self, trace: TraceRecord) {
        let mut state = self.state.lock();
        state.traces.push_back(trace);
        if state.traces.len() > PENDING_TRACES_MAX {
            state.traces.pop_front();
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        drop(state);
        self.urgent.notify_one();
    }

    fn enforce_limits(&self, state: &mut State) {
        let mut dropped = 0;
        while state.pending.len() > PENDING_ROLLUPS_MAX {
            state.pending.pop_first();
            dropped += 1;
        }
        while state.records.len() > PENDING_RECORDS_MAX {
            state.records.pop_front();
            dropped += 1;
        }
        self.dropped.fetch_add(dropped, Ordering::Relaxed);
    }

    /// The batch to send next: the unacknowledged one again, else a new one.
    pub fn next_batch(&self) -> Option<Batch> {
        let mut state = self.state.lock();
        if state.batch.is_none() {
            let mut rollups = Vec::new();
            while rollups.len() < BATCH_ROLLUPS_MAX
                && let Some(((minute, dimensions), measures)) = state.pending.pop_first()
            {
                rollups.push(Rollup { minute, dimensions, measures });
            }
            let take = state.records.len().min(BATCH_RECORDS_MAX);
            let requests: Vec<RequestRecord> = state.records.drain(..take).collect();
            let take = state.traces.len().min(BATCH_TRACES_MAX);
            let traces: Vec<TraceRecord> = state.traces.drain(..take).collect();
            if rollups.is_empty() && requests.is_empty() && traces.is_empty() {
                return None;
            }
            state.sequence += 1;
            let sequence = state.sequence;
            state.batch = Some(Batch { node_id: self.node_id.clone(), sequence, rollups, requests, traces });
        }
        state.batch.clone()
    }

    pub fn acknowledge(&self, sequence: u64) {
        let mut state = self.state.lock();
        if state.batch.as_ref().is_some_and(|batch| batch.sequence == sequence) {
            state.batch = None;
        }
    }

    /// What waits for delivery: rollups and records.
    pub fn waiting(&self) -> usize {
        let state = self.state.lock();
        let batch = state.batch.as_ref().map_or(0, |batch| batch.rollups.len() + batch.requests.len());
        state.pending.len() + state.records.len() + batch
    }

    pub fn totals(&self) -> Totals {
        self.gather();
        self.state.lock().totals.clone()
    }
}

impl Totals {
    fn add(&mut self, dimensions: &Dimensions, status_class: u8, measures: &Measures) {
        let key = (dimensions.api.clone(), dimensions.operation.clone(), status_class);
        *self.requests.entry(key).or_default() += measures.calls;
        self.request_bytes += measures.request_bytes;
        self.response_bytes += measures.response_bytes;
        sketch::merge(&mut self.total_time, &measures.total_time);
        sketch::merge(&mut self.backend_time, &measures.backend_time);
    }

    /// Cumulative counts at the given bounds (microseconds), for a histogram.
    pub fn at_bounds(sketch: &Sketch, bounds_us: &[u64]) -> Vec<u64> {
        let counted = |bound: u64| {
            let within = sketch.buckets.iter().filter(|(bucket, _)| sketch::upper_bound(**bucket) <= bound as f64);
            within.map(|(_, count)| *count).sum()
        };
        bounds_us.iter().map(|bound| counted(*bound)).collect()
    }
}

fn merge(into: &mut Measures, from: &Measures) {
    into.calls += from.calls;
    into.request_bytes += from.request_bytes;
    into.response_bytes += from.response_bytes;
    sketch::merge(&mut into.total_time, &from.total_time);
    sketch::merge(&mut into.backend_time, &from.backend_time);
}
