//! Nodes, minute rollups and request records.

use crate::database::{reading, writing};
use crate::resources::{signed, unsigned};
use crate::{Store, StoreError};
use serde::de::DeserializeOwned;
use sqlx::Row;
use tollgate_contract::telemetry::{Batch, Cache, Dimensions, Heartbeat, Measures, Outcome, RequestRecord, Sketch};

/// Request records that are kept; the oldest go first. About 600 MB of SQLite.
pub const REQUESTS_KEPT_MAX: i64 = 1_000_000;
/// Rows one query for request records reads at most.
pub const REQUESTS_READ_MAX: u64 = 10_000;

#[derive(Debug, Clone, PartialEq)]
pub struct NodeRow {
    pub gateway: String,
    pub first_seen_ms: i64,
    pub last_heartbeat_ms: i64,
    pub heartbeat: Heartbeat,
}

/// What rollups are asked for: `from <= minute < to` (Unix seconds), optionally of one gateway.
#[derive(Debug, Clone, Default)]
pub struct RollupQuery {
    pub from: i64,
    pub to: i64,
    pub gateway: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RollupRow {
    pub minute: i64,
    pub gateway: String,
    pub region: String,
    pub dimensions: Dimensions,
    pub measures: Measures,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RequestRow {
    pub gateway: String,
    pub region: String,
    pub record: RequestRecord,
}

impl Store {
    /// Notes that a node lives, and forgets those last heard of before `forget_ms`.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn note_heartbeat(
        &self,
        gateway: &str,
        heartbeat: &Heartbeat,
        now_ms: i64,
        forget_ms: i64,
    ) -> Result<(), StoreError> {
        let forget = "DELETE FROM nodes WHERE last_heartbeat_ms < $1";
        let sql = "INSERT INTO nodes (gateway, node, first_seen_ms, last_heartbeat_ms, heartbeat) \
                   VALUES ($1, $2, $3, $3, $4) ON CONFLICT (gateway, node) DO UPDATE SET \
                   last_heartbeat_ms = excluded.last_heartbeat_ms, heartbeat = excluded.heartbeat";
        let json = encode(heartbeat)?;
        writing!(self, |open| {
            sqlx::query(forget).bind(forget_ms).execute(&mut *open).await?;
            sqlx::query(sql).bind(gateway).bind(&heartbeat.node_id).bind(now_ms).bind(json).execute(&mut *open).await?;
            open.commit().await?;
        });
        Ok(())
    }

    /// The nodes heard of at or after `since_ms`, of one gateway or of all, by gateway and name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn nodes(&self, gateway: Option<&str>, since_ms: i64) -> Result<Vec<NodeRow>, StoreError> {
        let sql = "SELECT gateway, first_seen_ms, last_heartbeat_ms, heartbeat FROM nodes \
                   WHERE last_heartbeat_ms >= $1 AND ($2 = '' OR gateway = $2) ORDER BY gateway, node";
        reading!(self, |pool| {
            let rows = sqlx::query(sql).bind(since_ms).bind(gateway.unwrap_or("")).fetch_all(pool).await?;
            rows.iter()
                .map(|row| {
                    Ok(NodeRow {
                        gateway: row.try_get(0)?,
                        first_seen_ms: row.try_get(1)?,
                        last_heartbeat_ms: row.try_get(2)?,
                        heartbeat: decode("a heartbeat", row.try_get::<String, _>(3)?.as_bytes())?,
                    })
                })
                .collect()
        })
    }

    /// Takes a telemetry batch, once: `false` when it was taken before. The batch and the note that
    /// it was taken are one transaction.
    ///
    /// # Errors
    /// The database cannot be written; the batch was not taken.
    pub async fn take_batch(
        &self,
        gateway: &str,
        region: &str,
        batch: &Batch,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        // Sequences have no gaps, so the highest one taken tells all. The condition makes a
        // repeated batch touch no row.
        let claim = "INSERT INTO batches (gateway, node, sequence, at_ms) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (gateway, node) DO UPDATE SET sequence = excluded.sequence, at_ms = excluded.at_ms \
                     WHERE batches.sequence < excluded.sequence";
        let add_request = "INSERT INTO requests (timestamp_ms, gateway, region, record) VALUES ($1, $2, $3, $4)";
        let trim = "DELETE FROM requests WHERE id <= (SELECT MAX(id) FROM requests) - $1";
        let add_trace = "INSERT INTO traces (gateway, id, at_ms, document) VALUES ($1, $2, $3, $4) \
                         ON CONFLICT (gateway, id) DO NOTHING";
        let trim_traces = "DELETE FROM traces WHERE gateway = $1 AND id NOT IN \
                           (SELECT id FROM traces WHERE gateway = $1 ORDER BY at_ms DESC, id DESC LIMIT $2)";
        writing!(self, |open| {
            let claimed = sqlx::query(claim)
                .bind(gateway)
                .bind(&batch.node_id)
                .bind(signed(batch.sequence))
                .bind(now_ms)
                .execute(&mut *open)
                .await?;
            if claimed.rows_affected() == 0 {
                return Ok(false);
            }
            for rollup in &batch.rollups {
                let outcome = word(&rollup.dimensions.outcome)?;
                let cache = word(&rollup.dimensions.cache)?;
                let Dimensions { api, operation, product, subscription, user, .. } = &rollup.dimensions;
                macro_rules! with_key {
                    ($sql:expr) => {
                        sqlx::query($sql)
                            .bind(rollup.minute)
                            .bind(gateway)
                            .bind(region)
                            .bind(api)
                            .bind(operation)
                            .bind(product)
                            .bind(subscription)
                            .bind(user)
                            .bind(&outcome)
                            .bind(&cache)
                    };
                }
                let found = with_key!(READ_ROLLUP).fetch_optional(&mut *open).await?;
                let mut measures = rollup.measures.clone();
                if let Some(row) = &found {
                    add(
                        &mut measures,
                        &Measures {
                            calls: unsigned(row.try_get(0)?)?,
                            request_bytes: unsigned(row.try_get(1)?)?,
                            response_bytes: unsigned(row.try_get(2)?)?,
                            total_time: decode("a sketch", &row.try_get::<Vec<u8>, _>(3)?)?,
                            backend_time: decode("a sketch", &row.try_get::<Vec<u8>, _>(4)?)?,
                        },
                    );
                }
                with_key!(WRITE_ROLLUP)
                    .bind(signed(measures.calls))
                    .bind(signed(measures.request_bytes))
                    .bind(signed(measures.response_bytes))
                    .bind(encode(&measures.total_time)?.into_bytes())
                    .bind(encode(&measures.backend_time)?.into_bytes())
                    .execute(&mut *open)
                    .await?;
            }
            for record in &batch.requests {
                sqlx::query(add_request)
                    .bind(record.timestamp_ms)
                    .bind(gateway)
                    .bind(region)
                    .bind(encode(record)?)
                    .execute(&mut *open)
                    .await?;
            }
            if !batch.requests.is_empty() {
                sqlx::query(trim).bind(REQUESTS_KEPT_MAX).execute(&mut *open).await?;
            }
            for trace in &batch.traces {
                sqlx::query(add_trace)
                    .bind(gateway)
                    .bind(&trace.id)
                    .bind(trace.timestamp_ms)
                    .bind(encode(&trace.document)?)
                    .execute(&mut *open)
                    .await?;
            }
            if !batch.traces.is_empty() {
                sqlx::query(trim_traces).bind(gateway).bind(TRACES_KEPT_MAX).execute(&mut *open).await?;
            }
            open.commit().await?;
        });
        Ok(true)
    }

    /// # Errors
    /// The database cannot be read.
    pub async fn rollups(&self, query: &RollupQuery) -> Result<Vec<RollupRow>, StoreError> {
        let sql = "SELECT minute, gateway, region, api, operation, product, subscription, consumer, outcome, cache, \
                   calls, request_bytes, response_bytes, total_time, backend_time FROM rollups \
                   WHERE minute >= $1 AND minute < $2 AND ($3 = '' OR gateway = $3) ORDER BY minute";
        let gateway = query.gateway.as_deref().unwrap_or("");
        reading!(self, |pool| {
            let rows = sqlx::query(sql).bind(query.from).bind(query.to).bind(gateway).fetch_all(pool).await?;
            rows.iter()
                .map(|row| {
                    Ok(RollupRow {
                        minute: row.try_get(0)?,
                        gateway: row.try_get(1)?,
                        region: row.try_get(2)?,
                        dimensions: Dimensions {
                            api: row.try_get(3)?,
                            operation: row.try_get(4)?,
                            product: row.try_get(5)?,
                            subscription: row.try_get(6)?,
                            user: row.try_get(7)?,
                            outcome: from_word::<Outcome>(row.try_get(8)?)?,
                            cache: from_word::<Cache>(row.try_get(9)?)?,
                        },
                        measures: Measures {
                            calls: unsigned(row.try_get(10)?)?,
                            request_bytes: unsigned(row.try_get(11)?)?,
                            response_bytes: unsigned(row.try_get(12)?)?,
                            total_time: decode("a sketch", &row.try_get::<Vec<u8>, _>(13)?)?,
                            backend_time: decode("a sketch", &row.try_get::<Vec<u8>, _>(14)?)?,
                        },
                    })
                })
                .collect()
        })
    }

    /// Request records with `from_ms <= timestamp < to_ms`, newest first, at most
    /// [`REQUESTS_READ_MAX`].
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn requests(&self, from_ms: i64, to_ms: i64) -> Result<Vec<RequestRow>, StoreError> {
        let sql = "SELECT gateway, region, record FROM requests WHERE timestamp_ms >= $1 AND timestamp_ms < $2 \
                   ORDER BY timestamp_ms DESC, id DESC LIMIT $3";
        reading!(self, |pool| {
            let rows =
                sqlx::query(sql).bind(from_ms).bind(to_ms).bind(signed(REQUESTS_READ_MAX)).fetch_all(pool).await?;
            rows.iter()
                .map(|row| {
                    Ok(RequestRow {
                        gateway: row.try_get(0)?,
                        region: row.try_get(1)?,
                        record: decode("a request record", row.try_get::<String, _>(2)?.as_bytes())?,
                    })
                })
                .collect()
        })
    }
}

impl Store {
    /// A trace of a gateway, while it is among the last ones.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn trace(&self, gateway: &str, id: &str) -> Result<Option<serde_json::Value>, StoreError> {
        let sql = "SELECT document FROM traces WHERE gateway = $1 AND id = $2";
        reading!(self, |pool| {
            let row = sqlx::query(sql).bind(gateway).bind(id).fetch_optional(pool).await?;
            row.map(|row| decode("a trace", row.try_get::<String, _>(0)?.as_bytes())).transpose()
        })
    }
}

/// Traces kept of each gateway. Source: reference/gateway.md, chapter 13 (about 100).
const TRACES_KEPT_MAX: i64 = 100;

const READ_ROLLUP: &str = "SELECT calls, request_bytes, response_bytes, total_time, backend_time FROM rollups \
    WHERE minute = $1 AND gateway = $2 AND region = $3 AND api = $4 AND operation = $5 AND product = $6 \
    AND subscription = $7 AND consumer = $8 AND outcome = $9 AND cache = $10";

const WRITE_ROLLUP: &str = "INSERT INTO rollups (minute, gateway, region, api, operation, product, subscription, \
    consumer, outcome, cache, calls, request_bytes, response_bytes, total_time, backend_time) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
    ON CONFLICT (minute, gateway, region, api, operation, product, subscription, consumer, outcome, cache) \
    DO UPDATE SET calls = excluded.calls, request_bytes = excluded.request_bytes, \
    response_bytes = excluded.response_bytes, total_time = excluded.total_time, backend_time = excluded.backend_time";

/// Adds `more` to `measures`.
pub fn add(measures: &mut Measures, more: &Measures) {
    measures.calls = measures.calls.saturating_add(more.calls);
    measures.request_bytes = measures.request_bytes.saturating_add(more.request_bytes);
    measures.response_bytes = measures.response_bytes.saturating_add(more.response_bytes);
    add_sketch(&mut measures.total_time, &more.total_time);
    add_sketch(&mut measures.backend_time, &more.backend_time);
}

/// Adds `more` to `sketch`. The minimum of an empty sketch says nothing.
pub fn add_sketch(sketch: &mut Sketch, more: &Sketch) {
    if more.count == 0 {
        return;
    }
    sketch.min_us = if sketch.count == 0 { more.min_us } else { sketch.min_us.min(more.min_us) };
    sketch.max_us = sketch.max_us.max(more.max_us);
    sketch.count = sketch.count.saturating_add(more.count);
    sketch.sum_us = sketch.sum_us.saturating_add(more.sum_us);
    for (bucket, count) in &more.buckets {
        let bucket = sketch.buckets.entry(*bucket).or_default();
        *bucket = bucket.saturating_add(*count);
    }
}

fn encode(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::corrupt)
}

fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| StoreError::corrupt(format_args!("{what}: {error}")))
}

/// A unit variant as the wire spells it.
fn word(value: &impl serde::Serialize) -> Result<String, StoreError> {
    Ok(encode(value)?.trim_matches('"').to_owned())
}

fn from_word<T: DeserializeOwned>(word: String) -> Result<T, StoreError> {
    decode("a dimension", format!("\"{word}\"").as_bytes())
}
