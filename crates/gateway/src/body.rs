//! Bodies on their way through: one type for what is sent to backends and to clients.

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use tollgate_policy::exchange::{BodyError, BodyStream};

/// A body that is sent.
#[derive(Default)]
pub enum Body {
    #[default]
    Empty,
    Full(Bytes),
    Stream(BodyStream),
}

impl Body {
    pub fn full(content: Bytes) -> Body {
        if content.is_empty() { Body::Empty } else { Body::Full(content) }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        match this {
            Body::Empty => Poll::Ready(None),
            Body::Full(content) => {
                let content = std::mem::take(content);
                *this = Body::Empty;
                Poll::Ready(Some(Ok(Frame::data(content))))
            }
            Body::Stream(stream) => stream.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Body::Empty => true,
            Body::Full(content) => content.is_empty(),
            Body::Stream(stream) => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Body::Empty => SizeHint::with_exact(0),
            Body::Full(content) => SizeHint::with_exact(content.len() as u64),
            Body::Stream(stream) => stream.size_hint(),
        }
    }
}

/// The client's body: counts its bytes for telemetry and remembers whether it broke off.
pub struct RequestBody {
    inner: Incoming,
    facts: Rc<RequestBodyFacts>,
}

#[derive(Debug, Default)]
pub struct RequestBodyFacts {
    pub bytes: Cell<u64>,
    /// The client broke off or its framing was wrong.
    pub broken: Cell<bool>,
}

impl RequestBody {
    pub fn new(inner: Incoming, facts: Rc<RequestBodyFacts>) -> RequestBody {
        RequestBody { inner, facts }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let frame = std::task::ready!(Pin::new(&mut this.inner).poll_frame(cx));
        Poll::Ready(match frame {
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len) as u64;
                this.facts.bytes.set(this.facts.bytes.get() + bytes);
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                this.facts.broken.set(true);
                Some(Err(error.into()))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A body of which nothing is sent before `wait` is over.
pub struct HeldBack {
    pub body: Body,
    pub wait: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl HttpBody for HeldBack {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if let Some(wait) = &mut this.wait {
            std::task::ready!(wait.as_mut().poll(cx));
            this.wait = None;
        }
        Pin::new(&mut this.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
