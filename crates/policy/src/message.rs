//! The message that a section works on: the request before the backend, the response after it.

use crate::emit::Side;
use crate::exchange::Exchange;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use tollgate_expression::context::{BodyState, Context, body_text};

/// The buffered body; empty when there is none.
pub fn content(context: &Context, side: Side) -> Bytes {
    let state = match (side, &context.response) {
        (Side::Request, _) => context.request.body.state(),
        (Side::Response, Some(response)) => response.body.state(),
        (Side::Response, None) => BodyState::Absent,
    };
    match state {
        BodyState::Buffered(content) => content,
        _ => Bytes::new(),
    }
}

pub fn headers(context: &Context, side: Side) -> Option<&HeaderMap> {
    match side {
        Side::Request => Some(&context.request.headers),
        Side::Response => context.response.as_ref().map(|response| &response.headers),
    }
}

/// `Content-Type`; empty when there is none.
pub fn content_type(context: &Context, side: Side) -> String {
    let value = headers(context, side).and_then(|headers| headers.get(header::CONTENT_TYPE));
    value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// The buffered body as text, by its charset.
pub fn text(context: &Context, side: Side) -> String {
    body_text(&content(context, side), &content_type(context, side))
}

/// Replaces the body, and its content type unless that stays.
pub fn replace(exchange: &mut Exchange, side: Side, content: Bytes, content_type: Option<&'static str>) {
    let headers = match side {
        Side::Request => {
            exchange.set_request_body(content);
            &mut exchange.context.request.headers
        }
        Side::Response => {
            exchange.set_response_body(content);
            &mut exchange.response().headers
        }
    };
    match content_type {
        Some(kind) => {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        None => crate::elements::transformation::set_body::say_utf8(headers),
    }
}

/// Whether the client asks for a media type that passes `is` in its `Accept`. Nothing asked is not
/// asked for.
pub fn accepts(context: &Context, is: impl Fn(&str) -> bool) -> bool {
    let values = context.request.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts.any(|part| {
            let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
            weight.and_then(|weight| weight.trim().parse::<f64>().ok()) == Some(0.0)
        });
        is(&kind) && !refused
    })
}

/// `application/json`, `text/json`, `…+json`.
pub fn is_json(kind: &str) -> bool {
    matches!(kind, "application/json" | "text/json") || kind.ends_with("+json")
}

/// `application/xml`, `text/xml`, `…+xml`.
pub fn is_xml(kind: &str) -> bool {
    matches!(kind, "application/xml" | "text/xml") || kind.ends_with("+xml")
}

pub fn set_content_type(exchange: &mut Exchange, side: Side, kind: &str) {
    let headers = match side {
        Side::Request => &mut exchange.context.request.headers,
        Side::Response => &mut exchange.response().headers,
    };
    if let Ok(value) = HeaderValue::from_str(kind) {
        headers.insert(header::CONTENT_TYPE, value);
    }
}
