//! The default error answer of a fault. Source: reference/policies.md, chapter 3.
//!
//! Hosts call it from `error_response`; nothing else makes error answers on the request path.

use crate::exchange::empty_response;
use crate::fault::Fault;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use std::fmt::Write;
use tollgate_expression::context::{BodyState, Context, Response};

/// One line of JSON with blanks inside the braces. An internal error tells nothing but the id under
/// which the log has it.
pub fn default_answer(context: &Context, fault: &Fault) -> Response {
    let mut response = empty_response();
    response.status_code = fault.status;
    response.status_reason.clone_from(&fault.status_reason);
    response.headers.clone_from(&fault.headers);
    let body = match &fault.public_message {
        Some(message) => body(fault.status, message, None),
        None if fault.status == 500 => body(500, "Internal server error", Some(&uuid(&context.request_id.0))),
        None => body(fault.status, standard_message(fault.status), None),
    };
    response.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    response.body.set(BodyState::Buffered(Bytes::from(body)));
    response
}

fn body(status: u16, message: &str, activity: Option<&str>) -> String {
    let message = serde_json::Value::from(message);
    match activity {
        Some(id) => format!("{{ \"statusCode\": {status}, \"message\": {message}, \"activityId\": \"{id}\" }}"),
        None => format!("{{ \"statusCode\": {status}, \"message\": {message} }}"),
    }
}

fn standard_message(status: u16) -> &'static str {
    match status {
        404 => "Resource not found",
        other => StatusCode::from_u16(other).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error"),
    }
}

fn uuid(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}
