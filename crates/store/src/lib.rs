//! Resources, change log and telemetry in SQLite or PostgreSQL
