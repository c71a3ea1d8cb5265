//! Who may call, and how often.

pub mod check_header;
pub mod ip_filter;
pub mod quota;
pub mod quota_by_key;
pub mod rate_limit;
pub mod rate_limit_by_key;
