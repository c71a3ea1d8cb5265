//! The connection to one of the two databases, and what differs between them.

use crate::{Keyring, StoreError};
use sqlx::Connection;
use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tollgate_error::{Code, Problem};

/// How long a SQLite connection waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between attempts to hear of other replicas again.
const LISTEN_RETRY: Duration = Duration::from_secs(1);
/// Channel on which replicas tell each other of new revisions.
pub(crate) const NOTIFY_CHANNEL: &str = "tollgate_revision";

/// Handle to the store; clones share it.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) keyring: Keyring,
    /// Latest revision known here.
    pub(crate) head: watch::Sender<u64>,
}

pub(crate) enum Database {
    /// One writer, because SQLite has one; readers beside it (WAL).
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// Runs `$body` with `$pool` bound to the pool for reading. Written out for both databases: the
/// statements are the same, the types are not.
macro_rules! reading {
    ($store:expr, |$pool:ident| $body:expr) => {
        match &$store.inner.database {
            $crate::database::Database::Sqlite { readers: $pool, .. } => $body,
            $crate::database::Database::Postgres($pool) => $body,
        }
    };
}

/// Runs `$body` with `$transaction` bound to an open write transaction. The body must commit.
macro_rules! writing {
    ($store:expr, |$transaction:ident| $body:expr) => {
        match &$store.inner.database {
            $crate::database::Database::Sqlite { writer, .. } => {
                // IMMEDIATE takes the write lock now: upgrading a read lock later could fail.
                let mut $transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
                $body
            }
            $crate::database::Database::Postgres(pool) => {
                let mut $transaction = pool.begin().await?;
                $body
            }
        }
    };
}
pub(crate) use {reading, writing};

impl Store {
    /// Opens the database at a URL, `sqlite://path` or `postgres://…`, and brings its tables up to
    /// date. A SQLite file is made when it does not exist.
    ///
    /// # Errors
    /// TG7001 when it cannot be opened, TG7003 when a newer version has written it.
    pub async fn open(url: &str, keyring: Keyring) -> Result<Store, StoreError> {
        let database = if url.starts_with("sqlite:") {
            open_sqlite(url).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            open_postgres(url).await?
        } else {
            return Err(StoreError::new(
                Problem::new(Code::STORE_UNAVAILABLE, "the database URL names no known database")
                    .with_hint("it starts with sqlite:// or postgres://"),
            ));
        };
        let store = Store { inner: Arc::new(Inner { database, keyring, head: watch::Sender::new(0) }) };
        // Listening comes before reading the revision: what is written in between is then heard.
        if let Database::Postgres(pool) = &store.inner.database {
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen(NOTIFY_CHANNEL).await?;
            tokio::spawn(listen(listener, Arc::downgrade(&store.inner)));
        }
        let revision = store.revision().await?;
        store.inner.saw(revision);
        Ok(store)
    }

    /// The latest revision, also when another replica wrote it.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.inner.head.subscribe()
    }

    /// Ends all connections; waits for writes in progress.
    pub async fn close(&self) {
        match &self.inner.database {
            Database::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Database::Postgres(pool) => pool.close().await,
        }
    }
}

impl Inner {
    /// Revisions only grow; notifications may arrive out of order.
    pub(crate) fn saw(&self, revision: u64) {
        self.head.send_if_modified(|head| {
            let newer = revision > *head;
            if newer {
                *head = revision;
            }
            newer
        });
    }
}

async fn open_sqlite(url: &str) -> Result<Database, StoreError> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: what is acknowledged survives a power cut, not only the end of the process.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(CONNECT_TIMEOUT)
        // SQLite ends a transaction itself when the disk is full; the connection does not notice,
        // and would refuse every later one.
        .before_acquire(|connection, _| {
            let is_sound = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_sound) })
        })
        .connect_with(options.clone())
        .await?;
    sqlx::migrate!("migrations/sqlite").run(&writer).await.map_err(migration_failed)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(CONNECT_TIMEOUT)
        .connect_with(options.read_only(true).create_if_missing(false))
        .await?;
    Ok(Database::Sqlite { writer, readers })
}

async fn open_postgres(url: &str) -> Result<Database, StoreError> {
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(CONNECT_TIMEOUT)
        .connect(url)
        .await?;
    sqlx::migrate!("migrations/postgres").run(&pool).await.map_err(migration_failed)?;
    Ok(Database::Postgres(pool))
}

fn migration_failed(error: sqlx::migrate::MigrateError) -> StoreError {
    use sqlx::migrate::MigrateError as E;
    match error {
        E::Execute(error) | E::ExecuteMigration(error, _) => error.into(),
        E::VersionMissing(version) | E::VersionMismatch(version) => StoreError::new(
            Problem::new(Code::STORE_CORRUPT, format!("the database has migration {version} of another version"))
                .with_hint("a newer version has written it; start that one, or name another database"),
        ),
        other => StoreError::new(Problem::new(
            Code::STORE_UNAVAILABLE,
            format!("the tables cannot be brought up to date: {other}"),
        )),
    }
}

/// Hears of the revisions that other replicas write, until the store is gone.
async fn listen(mut listener: PgListener, inner: std::sync::Weak<Inner>) {
    loop {
        // `try_recv` gives `None` when the connection was lost: what was sent meanwhile is missed.
        let heard = listener.try_recv().await;
        let Some(inner) = inner.upgrade() else { return };
        let revision = match heard {
            Ok(Some(notification)) => notification.payload().parse().ok(),
            Ok(None) => None,
            Err(error) => {
                if matches!(error, sqlx::Error::PoolClosed) {
                    return;
                }
                tracing::warn!(%error, "not hearing of other replicas");
                tokio::time::sleep(LISTEN_RETRY).await;
                None
            }
        };
        match revision {
            Some(revision) => inner.saw(revision),
            None => {
                if let Ok(revision) = (Store { inner: Arc::clone(&inner) }).revision().await {
                    inner.saw(revision);
                }
            }
        }
    }
}
