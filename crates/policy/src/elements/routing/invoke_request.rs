//! `invoke-request`. Source: reference/policies.md, chapter 7: named in change logs and in the policy
//! toolkit only; what they leave open is decided in the doc below.

use crate::check::Node;
use crate::elements::Wait;
use crate::elements::transformation::set_method::method;
use crate::emit::Emitter;
use crate::exchange::{Exchange, frame};
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{Host, SideRequest};
use crate::instruction::Next;
use crate::operand::Dynamic;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use smol_str::SmolStr;
use std::fmt;
use std::time::Duration;
use tollgate_error::Code;
use tollgate_expression::context::Url;

static HEADER: Shape = Shape {
    name: "header",
    doc: "A header of the request.",
    attributes: &[
        Attr::new("name", Kind::HeaderName, "The name.").required(),
        Attr::new("value", Kind::Text, "The value.").required(),
    ],
    content: Content::Nothing,
};

static BODY: Shape = Shape {
    name: "body",
    doc: "The body of the request.",
    attributes: &[],
    content: Content::Text { kind: Kind::Verbatim, expression: true, required: false },
};

pub static SHAPE: Shape = Shape {
    name: "invoke-request",
    doc: "Calls a backend. With a variable name its response goes there; without one it becomes the response, and the \
          section ends.\n\n\
          With `backend-id` a `url` is a path below the backend's URL; without `url` the path and query of the \
          current request are called there. The call has the headers and the body that the children give, and no \
          others.",
    attributes: &[
        Attr::new("method", Kind::Name, "The method.").default("GET"),
        Attr::new("url", Kind::Name, "What to call: an absolute URL, or a path with `backend-id`."),
        Attr::new("backend-id", Kind::Name, "The backend entity to call."),
        Attr::new("response-variable-name", Kind::Name, "The variable that receives the response."),
    ],
    content: Content::Set(&[Child::any(&HEADER), Child::optional(&BODY)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "routing",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<invoke-request method="POST" url="https://stock.example.com/items" response-variable-name="stock">
  <header name="Content-Type" value="application/json" />
  <body>{"id": 1}</body>
</invoke-request>"#,
};

/// As long as `send-request` waits by default.
const TIMEOUT: Duration = Duration::from_secs(60);

pub struct InvokeRequest {
    method: Dynamic<SmolStr>,
    url: Option<Dynamic<SmolStr>>,
    backend: Option<Dynamic<SmolStr>>,
    variable: Option<Dynamic<SmolStr>>,
    headers: Vec<(Dynamic<SmolStr>, Dynamic<SmolStr>)>,
    body: Option<Dynamic<SmolStr>>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let backend = node.text_of("backend-id");
    let url = node.text_of("url");
    if let Some(id) = &backend {
        emitter.needs_backend(node, id)?;
    } else if let Some(text) = url.as_ref().and_then(|url| url.fixed())
        && crate::url::parse(text).is_none()
    {
        let message = format!("attribute `url` of `invoke-request` is `{text}`, not an absolute URL");
        emitter.error(Code::POLICY_VALUE_INVALID, node, message);
        return None;
    }
    if backend.is_none() && url.is_none() {
        emitter.error(Code::POLICY_ATTRIBUTE_MISSING, node, "`invoke-request` needs `url` or `backend-id`");
        return None;
    }
    let headers = node.children_named("header").map(|child| Some((child.text_of("name")?, child.text_of("value")?)));
    let step = InvokeRequest {
        method: node.text_of("method")?,
        url,
        backend,
        variable: node.text_of("response-variable-name"),
        headers: headers.collect::<Option<Vec<_>>>()?,
        body: node.child("body").and_then(Node::content),
    };
    emitter.wait(node, Wait::InvokeRequest(step))
}

impl InvokeRequest {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let request = self.request(exchange)?;
        let name = match &self.variable {
            Some(name) => Some(name.get(&exchange.context)?),
            None => None,
        };
        let response = host.send(request).await?;
        if let Some(name) = name {
            exchange.context.variables.set(name, crate::response_value::store(response));
            return Ok(Next::Continue);
        }
        exchange.response_body = None;
        exchange.context.response = Some(response);
        Ok(Next::EndSection)
    }

    fn request(&self, exchange: &Exchange) -> Result<SideRequest, Fault> {
        let context = &exchange.context;
        let backend_id = match &self.backend {
            Some(id) => Some(id.get(context)?),
            None => None,
        };
        let url = self.url(exchange, backend_id.is_some())?;
        let method = method(&self.method.get(context)?)?;
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let (name, value) = (name.get(context)?, value.get(context)?);
            let invalid = |what: &str| Fault::new("", 500, format!("`{what}` cannot stand in a header"));
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid(&name))?;
            headers.append(name, HeaderValue::from_str(&value).map_err(|_| invalid(&value))?);
        }
        let body = match &self.body {
            Some(body) => Bytes::from(body.get(context)?.to_string()),
            None => Bytes::new(),
        };
        if !body.is_empty() {
            frame(&mut headers, body.len());
        }
        Ok(SideRequest {
            method,
            url,
            headers,
            body,
            timeout: TIMEOUT,
            client_certificate: None,
            proxy: None,
            backend_id,
        })
    }

    /// Absolute, or with a backend: what stands below the backend's URL.
    fn url(&self, exchange: &Exchange, has_backend: bool) -> Result<Url, Fault> {
        let context = &exchange.context;
        let text = match &self.url {
            Some(url) => Some(url.get(context)?),
            None => None,
        };
        let text = text.as_deref();
        if !has_backend {
            let text = text.unwrap_or_default();
            return crate::url::parse(text)
                .ok_or_else(|| Fault::new("", 500, format!("`{text}` is not an absolute URL")));
        }
        let below = text.unwrap_or_else(|| exchange.relative_url());
        match crate::url::path_and_query(below) {
            Some(path_and_query) if !below.contains("://") => Ok(Url { path_and_query, ..context.request.url.clone() }),
            _ => Err(Fault::new("", 500, format!("`{below}` is not a path below the backend"))),
        }
    }
}

impl fmt::Debug for InvokeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.method)?;
        for part in [&self.url, &self.backend].into_iter().flatten() {
            write!(f, " {part:?}")?;
        }
        if let Some(variable) = &self.variable {
            write!(f, " into {variable:?}")?;
        }
        Ok(())
    }
}
