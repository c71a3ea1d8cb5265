//! What can go wrong between this crate and a database.

use tollgate_error::{Code, Problem};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The transaction was planned over an older revision than the store has now.
    #[error("the store is at revision {head}")]
    Moved { head: u64 },
    /// A write's [`crate::Expect`] does not hold.
    #[error("{path} is not as expected")]
    Changed { path: String },
    #[error("{problem}")]
    Failed {
        problem: Problem,
        #[source]
        source: Option<sqlx::Error>,
    },
}

impl StoreError {
    pub(crate) fn new(problem: Problem) -> StoreError {
        StoreError::Failed { problem, source: None }
    }

    pub(crate) fn corrupt(what: impl std::fmt::Display) -> StoreError {
        StoreError::new(Problem::new(Code::STORE_CORRUPT, format!("the database holds something unreadable: {what}")))
    }

    /// For the person who asked.
    pub fn problem(&self) -> Problem {
        match self {
            StoreError::Failed { problem, .. } => problem.clone(),
            other => Problem::new(Code::MANAGEMENT_PRECONDITION_FAILED, other.to_string()),
        }
    }
}

/// Result codes of SQLite: <https://sqlite.org/rescode.html>.
const SQLITE_READONLY: i32 = 8;
const SQLITE_IOERR: i32 = 10;
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_NOTADB: i32 = 26;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        let code = error.as_database_error().and_then(|error| error.code()).map(|code| code.into_owned());
        // SQLite's extended codes keep the primary one in the low byte.
        let sqlite = code.as_deref().and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff);
        let postgres = code.as_deref().filter(|code| code.len() == 5);
        let problem = match (sqlite, postgres) {
            (_, Some("53100" | "25006")) | (Some(SQLITE_FULL | SQLITE_READONLY | SQLITE_IOERR), None) => {
                Problem::new(Code::STORE_FULL, format!("the database cannot write: {error}"))
                    .with_hint("free space on its disk or make it writable; nothing of this write was stored")
            }
            (Some(SQLITE_CORRUPT | SQLITE_NOTADB), None) => {
                Problem::new(Code::STORE_CORRUPT, format!("the file is not a sound database: {error}"))
                    .with_hint("restore it from a copy, or name another with --database")
            }
            _ => Problem::new(Code::STORE_UNAVAILABLE, format!("the database cannot be used: {error}"))
                .with_hint("check the URL in --database, and that the server runs or the folder is writable"),
        };
        StoreError::Failed { problem, source: Some(error) }
    }
}
