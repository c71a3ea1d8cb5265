//! Who may call, and how often.

pub mod check_header;
pub mod get_authorization_context;
pub mod ip_filter;
pub mod quota;
pub mod quota_by_key;
pub mod rate_limit;
pub mod rate_limit_by_key;
mod tokens;
pub mod validate_azure_ad_token;
pub mod validate_client_certificate;
pub mod validate_jwt;
