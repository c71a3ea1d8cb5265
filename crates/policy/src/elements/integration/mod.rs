//! Calls to other services beside the backend.

pub mod log_to_eventhub;
pub mod send_one_way_request;
pub mod send_request;
pub mod send_service_bus_message;
