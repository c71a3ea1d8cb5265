//! What lets browsers call from elsewhere.

pub mod cors;
pub mod cross_domain_policy;
pub mod jsonp;
