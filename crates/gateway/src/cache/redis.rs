//! The external cache. Each worker has a connection of its own; what the server is like (its circuit
//! breaker) the workers learn together.

use super::RedisAddress;
use crate::compile::hex;
use crate::log::Log;
use crate::upstream::TlsClient;
use crate::worker::Worker;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, FromRedisValue, RedisConnectionInfo};
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex as AsyncMutex;
use tollgate_policy::host::CacheRemoval;

/// Failures in a row after which the server is left alone for [`REST`].
const FAILURES_MAX: u32 = 3;
const REST: Duration = Duration::from_secs(5);
/// Stores of one worker that have not ended; further ones are dropped.
const STORES_MAX: usize = 256;
/// Longer keys are hashed.
const KEY_BYTES_MAX: usize = 256;

/// A server as the configuration names it.
pub struct ExternalCache {
    pub address: RedisAddress,
    /// Before every key: services do not read each other's values.
    pub prefix: String,
    /// Limit of one operation, connecting included.
    pub deadline: Duration,
    pub tls: Arc<TlsClient>,
    health: Mutex<Health>,
}

#[derive(Default)]
struct Health {
    failures: u32,
    resting_until: Option<Instant>,
}

impl ExternalCache {
    pub fn new(address: RedisAddress, prefix: String, deadline: Duration, tls: Arc<TlsClient>) -> ExternalCache {
        ExternalCache { address, prefix, deadline, tls, health: Mutex::default() }
    }

    fn key(&self, key: &str) -> String {
        if key.len() <= KEY_BYTES_MAX {
            return format!("{}{key}", self.prefix);
        }
        format!("{}sha256:{}", self.prefix, hex(&Sha256::digest(key.as_bytes())))
    }

    fn is_resting(&self, now: Instant) -> bool {
        self.health.lock().resting_until.is_some_and(|until| until > now)
    }

    /// `true`: from now on it rests.
    fn failed(&self, now: Instant) -> bool {
        let mut health = self.health.lock();
        health.failures += 1;
        let rests = health.failures >= FAILURES_MAX && health.resting_until.is_none_or(|until| until <= now);
        if rests {
            health.resting_until = Some(now + REST);
        }
        rests
    }

    /// `true`: it is back.
    fn worked(&self) -> bool {
        let mut health = self.health.lock();
        let was_away = health.resting_until.take().is_some();
        health.failures = 0;
        was_away
    }
}

/// One worker's connection.
pub struct Redis {
    log: Log,
    worker: Weak<Worker>,
    connection: AsyncMutex<Option<(Arc<ExternalCache>, MultiplexedConnection)>>,
    stores: Cell<usize>,
}

impl Redis {
    pub fn new(log: Log, worker: Weak<Worker>) -> Redis {
        Redis { log, worker, connection: AsyncMutex::new(None), stores: Cell::new(0) }
    }

    pub async fn get(&self, cache: &Arc<ExternalCache>, key: &str) -> Option<Vec<u8>> {
        let mut command = redis::cmd("GET");
        command.arg(cache.key(key));
        self.run::<Option<Vec<u8>>>(cache, &command).await.ok().flatten()
    }

    pub fn put(self: &Rc<Redis>, cache: &Arc<ExternalCache>, key: &str, content: Vec<u8>, duration: Duration) {
        if self.stores.get() >= STORES_MAX || cache.is_resting(Instant::now()) {
            return;
        }
        let mut command = redis::cmd("SET");
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1);
        command.arg(cache.key(key)).arg(content).arg("PX").arg(milliseconds);
        let (redis, cache) = (self.clone(), cache.clone());
        self.stores.set(self.stores.get() + 1);
        tokio::task::spawn_local(async move {
            // A value that is not stored is a miss later.
            let _ = redis.run::<()>(&cache, &command).await;
            redis.stores.set(redis.stores.get() - 1);
        });
    }

    pub async fn remove(&self, cache: &Arc<ExternalCache>, key: &str) -> CacheRemoval {
        let mut command = redis::cmd("DEL");
        command.arg(cache.key(key));
        match self.run::<i64>(cache, &command).await {
            Ok(0) => CacheRemoval::Absent,
            Ok(_) => CacheRemoval::Removed,
            Err(problem) => CacheRemoval::Failed(problem),
        }
    }

    async fn run<T: FromRedisValue>(&self, cache: &Arc<ExternalCache>, command: &Cmd) -> Result<T, String> {
        if cache.is_resting(Instant::now()) {
            return Err("the server is not answering".to_owned());
        }
        let outcome = tokio::time::timeout(cache.deadline, self.ask(cache, command)).await;
        let problem = match outcome {
            Ok(Ok(value)) => {
                if cache.worked() {
                    self.log.info("Cache", format!("the external cache {:?} answers again", cache.address));
                }
                return Ok(value);
            }
            Ok(Err(problem)) => problem,
            Err(_) => format!("no answer within {:?}", cache.deadline),
        };
        if let Ok(mut kept) = self.connection.try_lock() {
            *kept = None;
        }
        if cache.failed(Instant::now()) {
            let rest = REST.as_secs();
            let message = format!("the external cache {:?} is left alone for {rest} s: {problem}", cache.address);
            self.log.warn("Cache", message);
        }
        Err(problem)
    }

    async fn ask<T: FromRedisValue>(&self, cache: &Arc<ExternalCache>, command: &Cmd) -> Result<T, String> {
        let mut connection = self.connection(cache).await?;
        command.query_async(&mut connection).await.map_err(|error| error.to_string())
    }

    /// The connection that is open, or a new one. Callers that come meanwhile wait for it.
    async fn connection(&self, cache: &Arc<ExternalCache>) -> Result<MultiplexedConnection, String> {
        let mut kept = self.connection.lock().await;
        if let Some((of, connection)) = &*kept
            && Arc::ptr_eq(of, cache)
        {
            return Ok(connection.clone());
        }
        let worker = self.worker.upgrade().ok_or("the worker has ended")?;
        let address = &cache.address;
        let stream = worker.upstreams.open(&address.host, address.port, address.secure, &cache.tls).await;
        let stream = stream.map_err(|error| error.to_string())?;
        let mut info = RedisConnectionInfo::default().set_db(address.database).set_skip_set_lib_name();
        if let Some(username) = &address.username {
            info = info.set_username(username);
        }
        if let Some(password) = &address.password {
            info = info.set_password(password);
        }
        let opened = MultiplexedConnection::new_with_config(&info, stream, AsyncConnectionConfig::default()).await;
        let (connection, driver) = opened.map_err(|error| error.to_string())?;
        tokio::task::spawn_local(driver);
        *kept = Some((cache.clone(), connection.clone()));
        Ok(connection)
    }
}
