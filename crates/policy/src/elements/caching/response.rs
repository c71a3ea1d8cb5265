//! Cached responses: what `cache-lookup` leaves for `cache-store`, what may be stored, and what
//! clients are told about caching.

use crate::exchange::{BodyError, BodyStream, Exchange, frame};
use crate::host::CacheKind;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};
use std::time::Duration;
use tollgate_expression::context::{Body, BodyState, Instant100ns, Response};

/// Larger responses are passed on and not stored. Source: reference/gateway.md, chapter 8.
pub const BYTES_MAX: usize = 2 * 1024 * 1024;

/// A lookup that missed.
#[derive(Debug)]
pub struct Wanted {
    pub key: String,
    pub cache: CacheKind,
    pub downstream: Downstream,
    pub allow_private: bool,
    /// The request is conditional or asks for a range.
    pub is_partial: bool,
}

/// What clients and caches between are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downstream {
    None,
    Private { must_revalidate: bool },
    Public { must_revalidate: bool },
}

impl Downstream {
    pub fn new(kind: &str, must_revalidate: bool) -> Downstream {
        match kind.trim().to_ascii_lowercase().as_str() {
            "private" => Downstream::Private { must_revalidate },
            "public" => Downstream::Public { must_revalidate },
            _ => Downstream::None,
        }
    }

    pub fn tell(self, headers: &mut HeaderMap, left: Duration) {
        let (word, must_revalidate) = match self {
            Downstream::None => {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
                return;
            }
            Downstream::Private { must_revalidate } => ("private", must_revalidate),
            Downstream::Public { must_revalidate } => ("public", must_revalidate),
        };
        let more = if must_revalidate { ", must-revalidate" } else { "" };
        let text = format!("{word}, max-age={}{more}", left.as_secs());
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(header::CACHE_CONTROL, value);
        }
    }

    /// The stored response as the client of a later request gets it.
    pub fn serve(self, stored: &Response, since: Instant100ns, until: Instant100ns, now: Instant100ns) -> Response {
        let mut headers = stored.headers.clone();
        self.tell(&mut headers, span(now, until));
        if self != Downstream::None {
            headers.insert(header::AGE, HeaderValue::from(span(since, now).as_secs()));
        }
        Response {
            status_code: stored.status_code,
            status_reason: stored.status_reason.clone(),
            headers,
            body: Body::new(stored.body.state()),
        }
    }
}

/// Zero when `to` is not later.
fn span(from: Instant100ns, to: Instant100ns) -> Duration {
    Duration::from_nanos(u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0).saturating_mul(100))
}

impl Wanted {
    /// Whether a response may be stored. `anyway`: `cache-response`, which stores whatever the status
    /// and whatever `Cache-Control` says. A part is never stored as if it were the whole.
    pub fn may_store(&self, response: &Response, anyway: bool) -> bool {
        let status = response.status_code;
        if matches!(status, 100..200 | 206 | 304) || (self.is_partial && status != 200) {
            return false;
        }
        let streams = response
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"text/event-stream"));
        if streams || has_directive(&response.headers, &header::VARY, "*") {
            return false;
        }
        if anyway {
            return true;
        }
        let says = |directive| has_directive(&response.headers, &header::CACHE_CONTROL, directive);
        status == 200 && !says("no-store") && (self.allow_private || !says("private"))
    }
}

fn has_directive(headers: &HeaderMap, name: &header::HeaderName, directive: &str) -> bool {
    let mut all = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(','));
    all.any(|item| item.split('=').next().is_some_and(|word| word.trim().eq_ignore_ascii_case(directive)))
}

/// What is kept of a response: cookies belong to one client, and what policies promised one caller
/// (remaining calls) is told anew to the next.
pub fn stored_headers(exchange: &Exchange, response: &Response, length: usize) -> HeaderMap {
    let mut headers = response.headers.clone();
    for name in [header::SET_COOKIE, header::AGE, header::CONNECTION, header::TRANSFER_ENCODING, header::TRAILER] {
        headers.remove(name);
    }
    for (name, _) in &exchange.run.response_headers {
        headers.remove(name);
    }
    frame(&mut headers, length);
    headers
}

/// Reads the response's body without taking it away: afterwards it is there as before. `None`: it is
/// too long to be stored, or broke off; what was read of it comes first, then the rest.
pub async fn content(exchange: &mut Exchange) -> Option<Bytes> {
    let response = exchange.context.response.as_ref()?;
    let Some(stream) = exchange.response_body.take() else {
        return match response.body.state() {
            BodyState::Buffered(content) | BodyState::Replayed(content) => {
                (content.len() <= BYTES_MAX).then_some(content)
            }
            BodyState::Absent => Some(Bytes::new()),
            BodyState::Streaming | BodyState::Consumed => None,
        };
    };
    let too_long = stream.size_hint().lower() > BYTES_MAX as u64;
    let mut replay = Replay { read: VecDeque::new(), rest: Some(stream), has_paused: false };
    let whole = !too_long && replay.fill(BYTES_MAX).await;
    let content = whole.then(|| replay.content());
    exchange.response_body = Some(Box::pin(replay));
    content
}

/// A stream of which a beginning has been read.
struct Replay {
    read: VecDeque<Result<Frame<Bytes>, BodyError>>,
    rest: Option<BodyStream>,
    /// Before an error it pauses once, so that what came before it is sent.
    has_paused: bool,
}

impl Replay {
    /// Reads to the end or past `bytes_max`; tells whether the end was reached in order.
    async fn fill(&mut self, bytes_max: usize) -> bool {
        let mut length = 0;
        while let Some(stream) = &mut self.rest {
            let Some(frame) = std::future::poll_fn(|task| stream.as_mut().poll_frame(task)).await else {
                self.rest = None;
                return true;
            };
            let broken = frame.is_err();
            length += frame.as_ref().ok().and_then(Frame::data_ref).map_or(0, Bytes::len);
            self.read.push_back(frame);
            if broken || length > bytes_max {
                return false;
            }
        }
        true
    }

    fn content(&self) -> Bytes {
        let mut parts = self.read.iter().filter_map(|frame| frame.as_ref().ok()?.data_ref());
        match (parts.next(), parts.next()) {
            (None, _) => Bytes::new(),
            (Some(only), None) => only.clone(),
            (Some(first), Some(second)) => [first, second].into_iter().chain(parts).flatten().copied().collect(),
        }
    }
}

impl HttpBody for Replay {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if matches!(this.read.front(), Some(Err(_))) && !this.has_paused {
            this.has_paused = true;
            task.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(frame) = this.read.pop_front() {
            return Poll::Ready(Some(frame));
        }
        let Some(stream) = &mut this.rest else { return Poll::Ready(None) };
        let frame = ready!(stream.as_mut().poll_frame(task));
        if frame.is_none() {
            this.rest = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.read.is_empty() && self.rest.as_ref().is_none_or(|stream| stream.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let read: u64 =
            self.read.iter().filter_map(|frame| frame.as_ref().ok()?.data_ref()).map(|data| data.len() as u64).sum();
        let rest = self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), |stream| stream.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(read + rest.lower());
        if let Some(upper) = rest.upper() {
            hint.set_upper(read + upper);
        }
        hint
    }
}
