//! Where requests go.

pub mod forward_request;
pub mod invoke_request;
pub mod proxy;
pub mod set_backend_service;
