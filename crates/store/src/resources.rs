//! Resources and the change log. Every write is one transaction that takes the next revision.

use crate::database::{Database, NOTIFY_CHANNEL, reading, writing};
use crate::{Store, StoreError};
use serde_json::{Map, Value};
use sqlx::Row;

/// A document: its open part and its secret part. In the database the secret part is sealed.
#[derive(Clone, Default, PartialEq)]
pub struct Content {
    pub body: Map<String, Value>,
    pub secrets: Map<String, Value>,
}

/// Secrets must not reach a log.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").field("body", &self.body).finish_non_exhaustive()
    }
}

/// A stored resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Type path: `apis/operations`.
    pub kind: String,
    /// `apis/echo/operations/get`.
    pub path: String,
    /// The revision that wrote it last.
    pub revision: u64,
    pub content: Content,
}

/// All resources of a service at one revision.
#[derive(Debug, Default)]
pub struct Loaded {
    pub revision: u64,
    pub records: Vec<Record>,
}

/// What must hold of a resource when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    Any,
    Absent,
    /// It exists, last written by this revision.
    Revision(u64),
}

#[derive(Debug, Clone)]
pub struct Write {
    pub kind: String,
    pub path: String,
    pub expect: Expect,
    /// `None` deletes.
    pub content: Option<Content>,
}

/// Writes that are stored together or not at all.
#[derive(Debug, Clone)]
pub struct Transaction {
    pub service: String,
    pub actor: String,
    /// RFC 3339.
    pub at: String,
    /// The revision over which the writes were planned: when the store has another one, nothing is
    /// stored ([`StoreError::Moved`]). `None`: whatever it has.
    pub base: Option<u64>,
    pub writes: Vec<Write>,
}

/// One entry of the change log.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub revision: u64,
    pub service: String,
    pub at: String,
    pub actor: String,
    pub kind: String,
    pub path: String,
    pub before: Option<Content>,
    pub after: Option<Content>,
}

/// A revision in a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionSummary {
    pub revision: u64,
    pub at: String,
    pub actor: String,
    /// Resources written or deleted.
    pub changes: u64,
    /// Path of the first one.
    pub first_path: String,
}

impl Store {
    /// The latest revision in the database.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn revision(&self) -> Result<u64, StoreError> {
        let sql = "SELECT revision FROM head WHERE id = 1";
        let revision: i64 = reading!(self, |pool| sqlx::query(sql).fetch_one(pool).await?.try_get(0)?);
        unsigned(revision)
    }

    /// Every resource of a service, as of one revision.
    ///
    /// # Errors
    /// The database cannot be read, or a secret cannot be unsealed.
    pub async fn load(&self, service: &str) -> Result<Loaded, StoreError> {
        let head = "SELECT revision FROM head WHERE id = 1";
        let all = "SELECT kind, path, revision, body, sealed FROM resources WHERE service = $1 ORDER BY key";
        macro_rules! load {
            ($transaction:ident) => {{
                let revision: i64 = sqlx::query(head).fetch_one(&mut *$transaction).await?.try_get(0)?;
                let rows = sqlx::query(all).bind(service).fetch_all(&mut *$transaction).await?;
                let records = rows
                    .iter()
                    .map(|row| {
                        let path: String = row.try_get(1)?;
                        Ok(Record {
                            kind: row.try_get(0)?,
                            revision: unsigned(row.try_get(2)?)?,
                            content: self.unseal(service, &path, row.try_get(3)?, row.try_get(4)?)?,
                            path,
                        })
                    })
                    .collect::<Result<Vec<_>, StoreError>>()?;
                Ok(Loaded { revision: unsigned(revision)?, records })
            }};
        }
        match &self.inner.database {
            Database::Sqlite { readers, .. } => {
                let mut transaction = readers.begin().await?;
                load!(transaction)
            }
            Database::Postgres(pool) => {
                let mut transaction = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
                load!(transaction)
            }
        }
    }

    /// Stores a transaction and returns its revision. When this returns, it survives.
    ///
    /// # Errors
    /// `Moved` or `Changed` when it may not be stored as it was planned; otherwise the database
    /// could not. In every case nothing of it was stored.
    pub async fn commit(&self, transaction: Transaction) -> Result<u64, StoreError> {
        let Transaction { service, actor, at, base, writes } = transaction;
        let next = "UPDATE head SET revision = revision + 1 WHERE id = 1 RETURNING revision";
        let current = "SELECT revision, body, sealed FROM resources WHERE service = $1 AND key = $2";
        let upsert = "INSERT INTO resources (service, key, kind, path, revision, body, sealed) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (service, key) DO UPDATE SET \
                      path = excluded.path, revision = excluded.revision, body = excluded.body, sealed = excluded.sealed";
        let delete = "DELETE FROM resources WHERE service = $1 AND key = $2";
        let log = "INSERT INTO changes (revision, ordinal, service, at, actor, kind, path, before_body, before_sealed, \
                   after_body, after_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        // Sealing costs; it is done before the write lock is taken.
        let mut sealed = Vec::with_capacity(writes.len());
        for write in &writes {
            sealed.push(match &write.content {
                Some(content) => Some(self.seal(&service, &write.path, content)?),
                None => None,
            });
        }
        let revision: i64 = writing!(self, |open| {
            // In PostgreSQL the row lock of this statement puts writers in a row, so that
            // revisions become visible in their order.
            let revision: i64 = sqlx::query(next).fetch_one(&mut *open).await?.try_get(0)?;
            if let Some(base) = base
                && unsigned(revision - 1)? != base
            {
                return Err(StoreError::Moved { head: unsigned(revision - 1)? });
            }
            for (ordinal, (write, after)) in writes.iter().zip(sealed).enumerate() {
                let key = write.path.to_lowercase();
                let found = sqlx::query(current).bind(&service).bind(&key).fetch_optional(&mut *open).await?;
                let before: Option<(i64, String, String)> = match &found {
                    Some(row) => Some((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?)),
                    None => None,
                };
                let holds = match write.expect {
                    Expect::Any => true,
                    Expect::Absent => before.is_none(),
                    Expect::Revision(expected) => {
                        before.as_ref().is_some_and(|(found, ..)| u64::try_from(*found) == Ok(expected))
                    }
                };
                if !holds {
                    return Err(StoreError::Changed { path: write.path.clone() });
                }
                match &after {
                    Some((body, sealed)) => {
                        sqlx::query(upsert)
                            .bind(&service)
                            .bind(&key)
                            .bind(&write.kind)
                            .bind(&write.path)
                            .bind(revision)
                            .bind(body)
                            .bind(sealed)
                            .execute(&mut *open)
                            .await?;
                    }
                    None => {
                        sqlx::query(delete).bind(&service).bind(&key).execute(&mut *open).await?;
                    }
                }
                let (before_body, before_sealed) = before.map(|(_, body, sealed)| (body, sealed)).unzip();
                let (after_body, after_sealed) = after.unzip();
                sqlx::query(log)
                    .bind(revision)
                    .bind(i64::try_from(ordinal).unwrap_or(i64::MAX))
                    .bind(&service)
                    .bind(&at)
                    .bind(&actor)
                    .bind(&write.kind)
                    .bind(&write.path)
                    .bind(before_body)
                    .bind(before_sealed)
                    .bind(after_body)
                    .bind(after_sealed)
                    .execute(&mut *open)
                    .await?;
            }
            if matches!(self.inner.database, Database::Postgres(_)) {
                // Delivered when the transaction commits, and only then.
                sqlx::query("SELECT pg_notify($1, $2)")
                    .bind(NOTIFY_CHANNEL)
                    .bind(revision.to_string())
                    .execute(&mut *open)
                    .await?;
            }
            open.commit().await?;
            revision
        });
        let revision = unsigned(revision)?;
        self.inner.saw(revision);
        Ok(revision)
    }

    /// The change log of `revisions` revisions after `after`, in order; whole revisions only.
    ///
    /// # Errors
    /// The database cannot be read, or a secret cannot be unsealed.
    pub async fn changes(&self, service: &str, after: u64, revisions: u64) -> Result<Vec<Change>, StoreError> {
        let sql = "SELECT revision, at, actor, kind, path, before_body, before_sealed, after_body, after_sealed \
                   FROM changes WHERE service = $1 AND revision > $2 AND revision <= $3 ORDER BY revision, ordinal";
        let (from, to) = (signed(after), signed(after.saturating_add(revisions)));
        reading!(self, |pool| {
            let rows = sqlx::query(sql).bind(service).bind(from).bind(to).fetch_all(pool).await?;
            rows.iter()
                .map(|row| {
                    let path: String = row.try_get(4)?;
                    let content = |body: Option<String>, sealed: Option<String>| match (body, sealed) {
                        (Some(body), Some(sealed)) => self.unseal(service, &path, body, sealed).map(Some),
                        _ => Ok(None),
                    };
                    Ok(Change {
                        revision: unsigned(row.try_get(0)?)?,
                        service: service.to_owned(),
                        at: row.try_get(1)?,
                        actor: row.try_get(2)?,
                        kind: row.try_get(3)?,
                        before: content(row.try_get(5)?, row.try_get(6)?)?,
                        after: content(row.try_get(7)?, row.try_get(8)?)?,
                        path,
                    })
                })
                .collect()
        })
    }

    /// How many revisions a service has.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn revision_count(&self, service: &str) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(DISTINCT revision) FROM changes WHERE service = $1";
        let count: i64 = reading!(self, |pool| sqlx::query(sql).bind(service).fetch_one(pool).await?.try_get(0)?);
        unsigned(count)
    }

    /// Revisions of a service, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn revisions(&self, service: &str, skip: u64, top: u64) -> Result<Vec<RevisionSummary>, StoreError> {
        let sql = "SELECT revision, MIN(at), MIN(actor), COUNT(*), MIN(CASE WHEN ordinal = 0 THEN path END) \
                   FROM changes WHERE service = $1 GROUP BY revision ORDER BY revision DESC LIMIT $2 OFFSET $3";
        reading!(self, |pool| {
            let rows = sqlx::query(sql).bind(service).bind(signed(top)).bind(signed(skip)).fetch_all(pool).await?;
            rows.iter()
                .map(|row| {
                    Ok(RevisionSummary {
                        revision: unsigned(row.try_get(0)?)?,
                        at: row.try_get(1)?,
                        actor: row.try_get(2)?,
                        changes: unsigned(row.try_get(3)?)?,
                        first_path: row.try_get::<Option<String>, _>(4)?.unwrap_or_default(),
                    })
                })
                .collect()
        })
    }

    fn seal(&self, service: &str, path: &str, content: &Content) -> Result<(String, String), StoreError> {
        let body = Value::Object(content.body.clone()).to_string();
        let sealed = if content.secrets.is_empty() {
            String::new()
        } else {
            let plain = Value::Object(content.secrets.clone()).to_string();
            self.inner.keyring.seal(&plain, &context(service, path))?
        };
        Ok((body, sealed))
    }

    fn unseal(&self, service: &str, path: &str, body: String, sealed: String) -> Result<Content, StoreError> {
        let secrets = match sealed.as_str() {
            "" => Map::new(),
            sealed => object(path, &self.inner.keyring.open_seal(sealed, &context(service, path))?)?,
        };
        Ok(Content { body: object(path, &body)?, secrets })
    }
}

fn object(path: &str, text: &str) -> Result<Map<String, Value>, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::corrupt(format_args!("the body of {path}")))
}

fn context(service: &str, path: &str) -> String {
    format!("{service}/{}", path.to_lowercase())
}

pub(crate) fn unsigned(number: i64) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::corrupt(format_args!("the number {number}")))
}

/// Numbers past what a database holds count as its largest.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
