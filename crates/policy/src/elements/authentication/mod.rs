//! Credentials for backends and side calls.

pub mod authentication_basic;
pub mod authentication_certificate;
pub mod authentication_managed_identity;
