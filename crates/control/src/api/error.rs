//! The one map from what went wrong to an answer of the management API.
//! Source: reference/management-api.md, chapter 4.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tollgate_error::{Code, Problem};
use tollgate_store::StoreError;

/// One wrong field, element or document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The JSON field, the policy element, or `representation`.
    pub target: String,
    pub message: String,
    /// Beyond Azure's form: where in a document, and what to do about it.
    pub place: Option<tollgate_error::Position>,
    pub hint: Option<String>,
}

impl Finding {
    pub fn new(target: impl Into<String>, message: impl Into<String>) -> Finding {
        Finding { target: target.into(), message: message.into(), place: None, hint: None }
    }
}

/// Why a management call is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("one or more fields contain incorrect values")]
    Validation(Vec<Finding>),
    #[error("the api-version parameter is missing")]
    ApiVersionMissing,
    #[error("the api-version is not valid")]
    ApiVersionInvalid,
    /// The body is not what it must be at all: not JSON, not an object, too large.
    #[error("the request content is invalid: {0}")]
    Content(String),
    /// A resource type of Azure that this product does not have.
    #[error("not in this product")]
    NotInThisProduct,
    #[error("not authenticated: {0}")]
    Unauthenticated(String),
    #[error("not permitted: {0}")]
    Forbidden(String),
    /// A whole sentence: "Api not found."
    #[error("{0}")]
    NotFound(String),
    #[error("{0}")]
    GroupNotFound(String),
    #[error("{0}")]
    MethodNotAllowed(String),
    #[error("{0}")]
    Conflict(String),
    #[error("{0}")]
    IdentifierInUse(String),
    #[error("the resource was changed since it was read")]
    PreconditionFailed,
    #[error("too many requests")]
    TooManyRequests { retry_after_s: u32 },
    /// A gateway did not answer a call that was made for the caller.
    #[error("{0}")]
    TestCall(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Internal(Problem),
}

impl Failure {
    /// A failure with one finding.
    pub fn invalid(target: impl Into<String>, message: impl Into<String>) -> Failure {
        Failure::Validation(vec![Finding::new(target, message)])
    }

    /// "Api not found."
    pub fn absent(noun: &str) -> Failure {
        Failure::NotFound(format!("{noun} not found."))
    }

    fn shape(&self) -> (StatusCode, &'static str, String) {
        use StatusCode as S;
        match self {
            Failure::Validation(_) => {
                (S::BAD_REQUEST, "ValidationError", "One or more fields contain incorrect values:".to_owned())
            }
            Failure::ApiVersionMissing => (
                S::BAD_REQUEST,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.".to_owned(),
            ),
            Failure::ApiVersionInvalid => (
                S::BAD_REQUEST,
                "InvalidApiVersionParameter",
                "The api-version is invalid. It has the form YYYY-MM-DD, optionally with -preview, and is 2021-08-01 \
                 or later."
                    .to_owned(),
            ),
            Failure::Content(why) => {
                (S::BAD_REQUEST, "InvalidRequestContent", format!("The request content was invalid: {why}"))
            }
            Failure::NotInThisProduct => {
                (S::BAD_REQUEST, "MethodNotAllowedInPricingTier", "Method not allowed in this pricing tier.".to_owned())
            }
            Failure::Unauthenticated(why) => {
                (S::UNAUTHORIZED, "AuthenticationFailed", format!("Authentication failed: {why}"))
            }
            Failure::Forbidden(why) => (S::FORBIDDEN, "AuthorizationFailed", why.clone()),
            Failure::NotFound(message) => (S::NOT_FOUND, "ResourceNotFound", message.clone()),
            Failure::GroupNotFound(message) => (S::NOT_FOUND, "ResourceGroupNotFound", message.clone()),
            Failure::MethodNotAllowed(message) => (S::METHOD_NOT_ALLOWED, "MethodNotAllowed", message.clone()),
            Failure::Conflict(message) => (S::CONFLICT, "Conflict", message.clone()),
            Failure::IdentifierInUse(message) => (S::CONFLICT, "IdentifierAlreadyInUse", message.clone()),
            Failure::PreconditionFailed => {
                (S::PRECONDITION_FAILED, "PreconditionFailed", "Resource was modified since last retrieval.".to_owned())
            }
            Failure::TooManyRequests { .. } => {
                (S::TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests. Try again later.".to_owned())
            }
            Failure::Store(StoreError::Moved { .. }) => {
                (S::CONFLICT, "Conflict", "The configuration was changed by another writer. Try again.".to_owned())
            }
            Failure::Store(StoreError::Changed { .. }) => Failure::PreconditionFailed.shape(),
            Failure::TestCall(why) => (S::BAD_REQUEST, "TestCallFailed", why.clone()),
            Failure::Store(error) => {
                let problem = error.problem();
                // Clients try again after 503; a full disk is not empty in a second.
                let (status, code) = match problem.code {
                    Code::STORE_FULL => (S::INSUFFICIENT_STORAGE, "InsufficientStorage"),
                    _ => (S::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
                };
                (status, code, told(&problem))
            }
            Failure::Internal(problem) => (S::INTERNAL_SERVER_ERROR, "InternalServerError", told(problem)),
        }
    }

    /// What to do about it, where that is known.
    fn hint(&self) -> Option<String> {
        match self {
            Failure::Store(error @ StoreError::Failed { .. }) => error.problem().hint,
            Failure::Internal(problem) => problem.hint.clone(),
            _ => None,
        }
    }
}

/// A problem without its hint, which stands beside the message.
fn told(problem: &Problem) -> String {
    format!("{}: {}", problem.code, problem.message)
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, code, message) = self.shape();
        if status.is_server_error() {
            tracing::error!(error = %self, "management request failed");
        }
        let mut error = json!({ "code": code, "message": message, "details": null });
        if let Some(hint) = self.hint() {
            error["hint"] = hint.into();
        }
        if let Failure::Validation(findings) = &self {
            error["details"] = findings
                .iter()
                .map(|finding| {
                    let mut detail = json!({ "code": code, "target": finding.target, "message": finding.message });
                    if let Some(place) = finding.place {
                        detail["lineNumber"] = place.line.into();
                        detail["columnNumber"] = place.column.into();
                    }
                    if let Some(hint) = &finding.hint {
                        detail["hint"] = hint.as_str().into();
                    }
                    detail
                })
                .collect();
        }
        let mut response = Response::new(Body::from(json!({ "error": error }).to_string()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        headers.insert("x-ms-error-code", HeaderValue::from_static(code));
        if let Failure::TooManyRequests { retry_after_s } = &self {
            headers.insert(header::RETRY_AFTER, (*retry_after_s).into());
        }
        response
    }
}
