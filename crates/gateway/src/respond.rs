//! The one map from what went wrong to what the client is told.
//! Source: reference/policies.md §3: one line of JSON with blanks inside the braces.

use crate::body::Body;
use crate::upstream::UpstreamError;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use std::time::Duration;
use tollgate_error::Code;
use tollgate_expression::context::{self, BodyState};
use tollgate_policy::Fault;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Requests that never become an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// No configuration has arrived yet.
    NoConfiguration,
    /// `Host` is missing, stands twice, or is no host.
    BadHost,
    /// The target is not one a gateway serves.
    BadTarget,
    TargetTooLong,
    /// CONNECT and TRACE.
    Method,
    /// An `Expect` other than 100-continue.
    Expectation,
}

pub fn refused(why: Refused) -> Response<Body> {
    let (status, message) = match why {
        Refused::NoConfiguration => (503, "The gateway has no configuration yet"),
        Refused::BadHost => (400, "The Host header is missing or not valid"),
        Refused::BadTarget => (400, "The request target is not valid"),
        Refused::TargetTooLong => (414, "The request target is too long"),
        Refused::Method => (405, "Method not allowed"),
        Refused::Expectation => (417, "Expectation failed"),
    };
    let mut response = json(status, body(status, message));
    let headers = response.headers_mut();
    match why {
        Refused::NoConfiguration => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
            headers.insert("x-tollgate-code", HeaderValue::from_static(Code::REQUEST_NO_CONFIGURATION.0));
        }
        Refused::Method => {
            headers.insert(header::ALLOW, HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"));
        }
        Refused::BadHost | Refused::BadTarget | Refused::TargetTooLong | Refused::Expectation => {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
    response
}

/// No API, or no operation of it.
pub fn not_found() -> Fault {
    Fault::new("configuration", 404, "Unable to match incoming request to an operation.")
        .with_reason("OperationNotFound")
        .with_public_message("Resource not found")
}

/// The API's configuration never compiled here.
pub fn api_unavailable() -> Fault {
    let mut fault = Fault::new("configuration", 503, "the API's configuration does not compile on this node")
        .with_reason("ApiUnavailable")
        .with_public_message(format!("Service unavailable ({})", Code::REQUEST_API_UNAVAILABLE));
    fault.headers.insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
    fault
}

/// Every member of the backend is resting. `status`: what its `failureResponse` wants.
pub fn backend_open(source: &'static str, retry_after: Duration, status: Option<u16>) -> Fault {
    let status = status.unwrap_or(503);
    let mut fault =
        Fault::new(source, status, "the backend's circuit breaker is open").with_reason("BackendUnavailable");
    if status == 503 {
        fault.public_message = Some("Service unavailable".to_owned());
    }
    let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
    fault.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    fault
}

pub fn backend_timeout(source: &'static str) -> Fault {
    Fault::new(source, 504, "Request to the backend service timed out")
        .with_reason("Timeout")
        .with_public_message("Gateway timeout")
}

pub fn backend_failed(source: &'static str, error: &UpstreamError) -> Fault {
    match error {
        UpstreamError::ConnectTimeout => backend_timeout(source),
        UpstreamError::Resolve(_)
        | UpstreamError::Connect(_)
        | UpstreamError::Tls(_)
        | UpstreamError::Stale(_)
        | UpstreamError::Broken(_)
        | UpstreamError::Proxy(_) => bad_gateway(source, format!("Error occurred while calling the backend: {error}")),
    }
}

pub fn bad_gateway(source: &'static str, message: String) -> Fault {
    Fault::new(source, 502, message).with_reason("BackendConnectionFailure").with_public_message("Bad gateway")
}

/// A side call without an answer. Source: reference/corrections.md, 21: 500 and this reason, also
/// when it took too long.
pub fn side_call_failed(message: String) -> Fault {
    Fault::new("", 500, message).with_reason("BackendConnectionFailure")
}

/// The client broke off its own body, or sent one whose framing is wrong.
pub fn client_broken() -> Fault {
    Fault::new("forward-request", 400, "the request body broke off")
        .with_reason("ClientConnectionFailure")
        .with_public_message("Bad request")
}

/// The default answer of a fault: head and body.
pub fn fault_response(fault: &Fault, activity_id: &[u8; 16]) -> context::Response {
    let text = match &fault.public_message {
        Some(message) => body(fault.status, message),
        None if fault.status == 500 => format!(
            "{{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"{}\" }}",
            uuid::Uuid::from_bytes(*activity_id)
        ),
        None => {
            let reason = StatusCode::from_u16(fault.status).ok().and_then(|status| status.canonical_reason());
            body(fault.status, reason.unwrap_or("Error"))
        }
    };
    let mut headers = HeaderMap::with_capacity(fault.headers.len() + 2);
    headers.insert(header::CONTENT_TYPE, JSON);
    for (name, value) in &fault.headers {
        headers.append(name.clone(), value.clone());
    }
    context::Response {
        status_code: fault.status,
        status_reason: fault.status_reason.clone(),
        headers,
        body: context::Body::new(BodyState::Buffered(Bytes::from(text))),
    }
}

/// `{ "statusCode": 404, "message": "Resource not found" }`
fn body(status: u16, message: &str) -> String {
    let message = serde_json::Value::from(message);
    format!("{{ \"statusCode\": {status}, \"message\": {message} }}")
}

fn json(status: u16, text: String) -> Response<Body> {
    let mut response = Response::new(Body::full(Bytes::from(text)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(fault: &Fault) -> String {
        match fault_response(fault, &[0; 16]).body.state() {
            BodyState::Buffered(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn bodies_have_the_spacing_that_clients_know() {
        assert_eq!(text(&not_found()), r#"{ "statusCode": 404, "message": "Resource not found" }"#);
        let missing = "Access denied due to missing subscription key. Make sure to include subscription key when \
                       making requests to an API.";
        assert_eq!(body(401, missing).len(), 152);
        let internal = Fault::new("set-variable", 500, "secret detail");
        assert_eq!(
            text(&internal),
            r#"{ "statusCode": 500, "message": "Internal server error", "activityId": "00000000-0000-0000-0000-000000000000" }"#
        );
        assert_eq!(text(&Fault::new("x", 413, "y")), r#"{ "statusCode": 413, "message": "Payload Too Large" }"#);
    }
}
