//! One request on its way through the pipeline.

use bytes::Bytes;
use smol_str::SmolStr;
use std::pin::Pin;
use tollgate_expression::context::{Context, Url};

pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// A body that nobody has read yet.
pub type BodyStream = Pin<Box<dyn http_body::Body<Data = Bytes, Error = BodyError>>>;

/// The state that steps change. `context` is what expressions see; a body is in exactly one place:
/// in the stream here (context says `Streaming`) or buffered in the context.
pub struct Exchange {
    pub context: Context,
    pub request_body: Option<BodyStream>,
    pub response_body: Option<BodyStream>,
    /// Where forward-request sends the request; `context.request.url` shows it.
    pub target: Target,
    /// Buffering limit of a body that a policy reads, in bytes.
    pub body_bytes_max: usize,
    /// What steps leave for later steps and for the end of the exchange.
    pub run: crate::run::RunState,
}

/// The backend in play.
#[derive(Clone, Default)]
pub struct Target {
    /// `backend-id` of set-backend-service; wins over `base_url`.
    pub backend_id: Option<SmolStr>,
    /// `base-url` of set-backend-service, else the API's service URL.
    pub base_url: Option<Url>,
}
