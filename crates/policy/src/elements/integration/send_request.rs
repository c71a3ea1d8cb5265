//! `send-request`. Source: reference/policies.md, chapter 11; corrections.md, 21 and 27.

use crate::check::Node;
use crate::elements::Wait;
use crate::elements::authentication::authentication_basic::{self, Basic};
use crate::elements::authentication::authentication_certificate::{self, Certificate};
use crate::elements::authentication::authentication_managed_identity::{self, ManagedIdentity};
use crate::elements::control::wait::Shared;
use crate::elements::routing::proxy::{self, Through};
use crate::elements::transformation::set_body::{self, NewBody};
use crate::elements::transformation::set_header::{self, HeaderEdit};
use crate::elements::transformation::set_method::{self, method};
use crate::emit::{Emitter, Side};
use crate::exchange::{Exchange, frame};
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{Host, SideRequest};
use crate::instruction::{BodyNeeds, Next};
use crate::operand::Dynamic;
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use smol_str::SmolStr;
use std::fmt;
use std::time::Duration;
use tollgate_error::Code;
use tollgate_expression::Value;
use tollgate_expression::context::{BodyState, Context, Response, Url};

pub static SET_URL: Shape = Shape {
    name: "set-url",
    doc: "The URL to call.",
    attributes: &[],
    content: Content::Text { kind: Kind::Url, expression: true, required: true },
};

pub const MODE: Attr = Attr::new(
    "mode",
    Kind::OneOf(&["new", "copy"]),
    "`copy` starts from the current request: method, URL, headers, and in inbound and backend its body.",
)
.default("new");
pub const TIMEOUT: Attr = Attr::new("timeout", Kind::SECONDS, "Seconds to wait for the answer.").default("60");

pub const CHILDREN: &[Child] = &[
    Child::optional(&SET_URL),
    Child::optional(&set_method::SHAPE),
    Child::any(&set_header::SHAPE),
    Child::optional(&set_body::SHAPE),
    Child::optional(&authentication_basic::SHAPE),
    Child::optional(&authentication_certificate::SHAPE),
    Child::optional(&authentication_managed_identity::SHAPE),
    Child::optional(&proxy::SHAPE),
];

pub static SHAPE: Shape = Shape {
    name: "send-request",
    doc: "Calls another service and keeps its response in a variable. Any status is a success.",
    attributes: &[
        MODE,
        Attr::new("response-variable-name", Kind::Name, "The variable that holds the response afterwards."),
        TIMEOUT,
        Attr::new(
            "ignore-error",
            Kind::Bool,
            "Whether a failed call leaves null in the variable instead of going to on-error.",
        )
        .literal()
        .default("false"),
    ],
    content: Content::Set(CHILDREN),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "integration",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<send-request mode="new" response-variable-name="status" timeout="5" ignore-error="true">
  <set-url>https://status.example.com/health</set-url>
  <set-method>GET</set-method>
</send-request>"#,
};

/// The request of `send-request` and `send-one-way-request`.
pub struct Call {
    copies: Dynamic<SmolStr>,
    copies_body: bool,
    url: Option<Dynamic<SmolStr>>,
    known_url: Option<Url>,
    method: Option<Dynamic<SmolStr>>,
    headers: Vec<HeaderEdit>,
    body: Option<NewBody>,
    basic: Option<Basic>,
    identity: Option<ManagedIdentity>,
    certificate: Option<Certificate>,
    proxy: Option<Through>,
    timeout: Dynamic<Duration>,
}

impl Call {
    pub fn new(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<Call> {
        let copies = node.text_of("mode")?;
        let url = node.child("set-url").and_then(Node::content);
        if url.is_none() && copies.fixed().is_some_and(|mode| !mode.eq_ignore_ascii_case("copy")) {
            let message = format!("element `{}` needs a child `set-url` unless it copies the request", node.shape.name);
            emitter.error(Code::POLICY_CHILD_MISSING, node, message);
            return None;
        }
        let body = match node.child("set-body") {
            Some(child) => Some(NewBody::new(child, Some(emitter.side()), emitter)?),
            None => None,
        };
        let basic = match node.child("authentication-basic") {
            Some(child) => Some(Basic::new(child)?),
            None => None,
        };
        let identity = match node.child("authentication-managed-identity") {
            Some(child) => Some(ManagedIdentity::new(child)?),
            None => None,
        };
        let certificate = match node.child("authentication-certificate") {
            Some(child) => Some(Certificate::new(child, emitter)?),
            None => None,
        };
        let proxy = match node.child("proxy") {
            Some(child) => Some(Through::new(child, emitter)?),
            None => None,
        };
        Some(Call {
            copies,
            copies_body: emitter.side() == Side::Request,
            known_url: url.as_ref().and_then(|url| url.fixed()).and_then(|url| crate::url::parse(url)),
            url,
            method: node.child("set-method").and_then(Node::content),
            headers: node.children_named("set-header").map(HeaderEdit::new).collect::<Option<Vec<_>>>()?,
            body,
            basic,
            identity,
            certificate,
            proxy,
            timeout: node.seconds_of("timeout")?,
        })
    }

    /// Bodies that must be buffered before the call.
    pub fn reads(&self) -> BodyNeeds {
        let may_copy = self.copies.fixed().is_none_or(|mode| mode.eq_ignore_ascii_case("copy"));
        let body = self.body.as_ref().map_or(BodyNeeds::NONE, NewBody::reads);
        let copied = may_copy && self.copies_body && self.body.is_none();
        BodyNeeds { request_body: copied || body.request_body, response_body: body.response_body }
    }

    pub async fn request<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<SideRequest, Fault> {
        let context = &exchange.context;
        let copies = self.copies.get(context)?.eq_ignore_ascii_case("copy");
        let url = self.url(context)?;
        let method = match &self.method {
            Some(wanted) => method(&wanted.get(context)?)?,
            None if copies => context.request.method.clone(),
            None => Method::GET,
        };
        let mut headers = if copies { context.request.headers.clone() } else { HeaderMap::new() };
        headers.remove(header::HOST);
        let mut content = Bytes::new();
        if copies
            && self.copies_body
            && let BodyState::Buffered(body) = context.request.body.state()
        {
            content = body;
        }
        for edit in &self.headers {
            edit.evaluate(context)?.apply(&mut headers);
        }
        if let Some(body) = &self.body {
            content = body.evaluate(context)?;
            set_body::say_utf8(&mut headers);
        }
        let timeout = self.timeout.get(context)?;
        let proxy = match &self.proxy {
            Some(proxy) => Some(proxy.evaluate(context)?),
            None => None,
        };
        if let Some(basic) = &self.basic {
            basic.apply(context, &mut headers)?;
        }
        let client_certificate = match &self.certificate {
            Some(certificate) => Some(certificate.evaluate(context)?),
            None => None,
        };
        if let Some(identity) = &self.identity {
            identity.apply_to(exchange, host, &mut headers).await?;
        }
        frame(&mut headers, content.len());
        if content.is_empty() {
            headers.remove(header::CONTENT_LENGTH);
        }
        Ok(SideRequest { method, url, headers, body: content, timeout, client_certificate, proxy, backend_id: None })
    }

    fn url(&self, context: &Context) -> Result<Url, Fault> {
        if let Some(url) = &self.known_url {
            return Ok(url.clone());
        }
        match &self.url {
            None => Ok(context.request.url.clone()),
            Some(text) => {
                let text = text.get(context)?;
                crate::url::parse(&text).ok_or_else(|| Fault::new("", 500, format!("`{text}` is not an absolute URL")))
            }
        }
    }
}

pub struct SendRequest {
    call: Call,
    variable: Option<Dynamic<SmolStr>>,
    ignore_error: bool,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let call = Call::new(node, emitter)?;
    let reads = call.reads();
    let step = SendRequest {
        call,
        variable: node.text_of("response-variable-name"),
        ignore_error: node.literal_of("ignore-error")?.eq_ignore_ascii_case("true"),
    };
    emitter.wait_reading(node, reads, Wait::SendRequest(step))
}

impl SendRequest {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let request = self.call.request(exchange, host).await?;
        let outcome = host.send(request).await;
        self.keep(exchange, outcome)
    }

    /// The same while other branches of `wait` go on.
    pub async fn run_beside<H: Host>(&self, needs: BodyNeeds, shared: &Shared<'_>, host: &H) -> Result<Next, Fault> {
        let request = {
            let mut exchange = shared.lock().await;
            crate::run::buffer(&mut exchange, needs).await?;
            self.call.request(&mut exchange, host).await?
        };
        let outcome = host.send(request).await;
        self.keep(&mut **shared.lock().await, outcome)
    }

    fn keep(&self, exchange: &mut Exchange, outcome: Result<Response, Fault>) -> Result<Next, Fault> {
        let value = match outcome {
            Ok(mut response) => {
                decode(&mut response, exchange.body_bytes_max);
                crate::response_value::store(response)
            }
            Err(_) if self.ignore_error => Value::Null,
            Err(fault) => return Err(fault),
        };
        if let Some(variable) = &self.variable {
            let name = variable.get(&exchange.context)?;
            exchange.context.variables.set(name, value);
        }
        Ok(Next::Continue)
    }
}

/// Policies read decoded content. Content that does not decode stays as it came.
fn decode(response: &mut Response, bytes_max: usize) {
    let BodyState::Buffered(coded) = response.body.state() else { return };
    let mut headers = response.headers.clone();
    if let Ok(content) = crate::coding::decode(&mut headers, coded, bytes_max)
        && !headers.contains_key(header::CONTENT_ENCODING)
        && response.headers.contains_key(header::CONTENT_ENCODING)
    {
        frame(&mut headers, content.len());
        response.headers = headers;
        response.body.set(BodyState::Buffered(content));
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.url {
            Some(url) => write!(f, "{url:?}")?,
            None => write!(f, "the current URL")?,
        }
        if let Some(proxy) = &self.proxy {
            write!(f, " through {proxy:?}")?;
        }
        write!(f, " within {:?}", self.timeout)
    }
}

impl fmt::Debug for SendRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)?;
        if let Some(variable) = &self.variable {
            write!(f, " into {variable:?}")?;
        }
        Ok(())
    }
}
