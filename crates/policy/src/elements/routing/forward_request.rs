//! `forward-request`. Source: reference/policies.md, chapter 7.

use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{ForwardOptions, Host, HttpVersion};
use crate::instruction::{BodyNeeds, Next};
use crate::operand::Dynamic;
use std::fmt;
use std::time::Duration;
use tollgate_error::Code;

pub static SHAPE: Shape = Shape {
    name: "forward-request",
    doc: "Sends the request to the backend and waits for the head of its answer.",
    attributes: &[
        Attr::new("timeout", Kind::SECONDS, "Seconds until the head of the answer must have arrived.").default("300"),
        Attr::new("timeout-ms", Kind::COUNT, "The same in milliseconds; not together with `timeout`."),
        Attr::new("continue-timeout", Kind::SECONDS, "Seconds to wait for `100 Continue`."),
        Attr::new("http-version", Kind::OneOf(&["1", "2or1", "2"]), "HTTP to the backend; `2or1` prefers 2.")
            .literal()
            .default("1"),
        Attr::new("follow-redirects", Kind::Bool, "Whether redirects of the backend are followed.").default("false"),
        Attr::new("buffer-request-body", Kind::Bool, "Keeps the body so that `retry` can send it again.")
            .literal()
            .default("false"),
        Attr::new("buffer-response", Kind::Bool, "`false` passes each chunk on at once, as for server-sent events.")
            .literal()
            .default("true"),
        Attr::new("fail-on-error-status-code", Kind::Bool, "Whether an answer of 400 to 599 goes to on-error.")
            .literal()
            .default("false"),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "routing",
    sections: Sections::of("b"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<forward-request timeout="60" follow-redirects="true" />"#,
};

pub struct ForwardRequest {
    timeout: Dynamic<Duration>,
    timeout_ms: Option<Dynamic<i64>>,
    continue_timeout: Option<Dynamic<Duration>>,
    follow_redirects: Dynamic<bool>,
    fail_on_error_status_code: bool,
    /// The attributes that take no expression; the others are filled in per request.
    options: ForwardOptions,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    if node.is_given("timeout") && node.is_given("timeout-ms") {
        emitter.error(Code::POLICY_VALUE_INVALID, node, "`forward-request` takes `timeout` or `timeout-ms`, not both");
        return None;
    }
    let flag = |name| node.bool_of(name).and_then(|flag| flag.fixed().copied());
    let http_version = match node.literal_of("http-version")?.to_ascii_lowercase().as_str() {
        "2or1" => HttpVersion::Http2Or1,
        "2" => HttpVersion::Http2,
        _ => HttpVersion::Http1,
    };
    let buffer_request_body = flag("buffer-request-body")?;
    let step = ForwardRequest {
        timeout: node.seconds_of("timeout")?,
        timeout_ms: node.int_of("timeout-ms"),
        continue_timeout: node.seconds_of("continue-timeout"),
        follow_redirects: node.bool_of("follow-redirects")?,
        fail_on_error_status_code: flag("fail-on-error-status-code")?,
        options: ForwardOptions {
            http_version,
            buffer_request_body,
            buffer_response: flag("buffer-response")?,
            ..ForwardOptions::default()
        },
    };
    let reads = BodyNeeds { request_body: buffer_request_body, response_body: false };
    emitter.wait_reading(node, reads, Wait::ForwardRequest(step))
}

impl ForwardRequest {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let context = &exchange.context;
        let mut options = self.options.clone();
        options.timeout = match &self.timeout_ms {
            Some(milliseconds) => Duration::from_millis(u64::try_from(milliseconds.get(context)?).unwrap_or(0)),
            None => self.timeout.get(context)?,
        };
        options.follow_redirects = self.follow_redirects.get(context)?;
        if let Some(wait) = &self.continue_timeout {
            options.continue_timeout = Some(wait.get(context)?);
        }
        forward(exchange, host, &options).await?;
        if self.fail_on_error_status_code
            && let Some(status) = exchange.context.response.as_ref().map(|response| response.status_code)
            && (400..=599).contains(&status)
        {
            return Err(Fault::new(
                "forward-request",
                status,
                format!("The backend answered with status code {status}."),
            )
            .with_reason(Reason::BackendErrorStatusCode));
        }
        Ok(Next::Continue)
    }
}

async fn forward<H: Host>(exchange: &mut Exchange, host: &H, options: &ForwardOptions) -> Result<(), Fault> {
    // Of an earlier attempt inside `retry`.
    exchange.context.response = None;
    exchange.response_body = None;
    let outcome = host.forward(exchange, options).await;
    let Exchange { context, run, .. } = exchange;
    if let Some(recorder) = &mut run.recorder {
        recorder.forwarded(context, outcome.as_ref().err());
    }
    outcome
}

/// The backend section of a service without a global document.
pub async fn forward_by_default<H: Host>(exchange: &mut Exchange, host: &H) -> Result<(), Fault> {
    forward(exchange, host, &ForwardOptions::default()).await
}

impl fmt::Debug for ForwardRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.timeout_ms {
            Some(milliseconds) => write!(f, "within {milliseconds:?} ms")?,
            None => write!(f, "within {:?}", self.timeout)?,
        }
        if !matches!(self.follow_redirects, Dynamic::Fixed(false)) {
            write!(f, ", following redirects: {:?}", self.follow_redirects)?;
        }
        if !self.options.buffer_response {
            write!(f, ", unbuffered")?;
        }
        if self.fail_on_error_status_code {
            write!(f, ", failing on 400 to 599")?;
        }
        Ok(())
    }
}
