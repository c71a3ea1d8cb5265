//! The end-to-end world (tests only)
