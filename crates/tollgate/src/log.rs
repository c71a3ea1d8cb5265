//! The control plane's log: to standard error, level by `TOLLGATE_LOG` (default `info`). The
//! gateway has a log of its own, in the vocabulary of the self-hosted gateway.

use tracing_subscriber::EnvFilter;

pub fn start() {
    let filter = EnvFilter::try_from_env("TOLLGATE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let started =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).try_init();
    // Only a second start in one process could fail, and then the first one serves.
    let _ = started;
}
