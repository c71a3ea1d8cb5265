//! `cors`. Source: reference/policies.md, chapters 2.9 and 10.

use crate::check::Node;
use crate::elements::transformation::set_method::method;
use crate::emit::Emitter;
use crate::exchange::{Exchange, empty_response};
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use crate::plan::Preflight;
use http::{HeaderMap, HeaderValue, Method, header};
use smol_str::SmolStr;
use std::sync::Arc;
use tollgate_expression::context::{Context, Response};

static ORIGIN: Shape = Shape {
    name: "origin",
    doc: "`*`, or scheme, host and port of an allowed origin.",
    attributes: &[],
    content: Content::TEXT,
};
static METHOD: Shape = Shape { name: "method", doc: "A method, or `*`.", attributes: &[], content: Content::TEXT };
static HEADER: Shape = Shape { name: "header", doc: "A header, or `*`.", attributes: &[], content: Content::TEXT };

static ALLOWED_ORIGINS: Shape = Shape {
    name: "allowed-origins",
    doc: "The origins that may call.",
    attributes: &[],
    content: Content::Children(&[Child::some(&ORIGIN)]),
};
static ALLOWED_METHODS: Shape = Shape {
    name: "allowed-methods",
    doc: "The methods they may use; GET and POST when left out.",
    attributes: &[Attr::new(
        "preflight-result-max-age",
        Kind::COUNT,
        "Seconds for which a browser may keep the answer.",
    )
    .default("0")],
    content: Content::Children(&[Child::any(&METHOD)]),
};
static ALLOWED_HEADERS: Shape = Shape {
    name: "allowed-headers",
    doc: "The request headers they may send.",
    attributes: &[],
    content: Content::Children(&[Child::any(&HEADER)]),
};
static EXPOSE_HEADERS: Shape = Shape {
    name: "expose-headers",
    doc: "The response headers they may read.",
    attributes: &[],
    content: Content::Children(&[Child::any(&HEADER)]),
};

pub static SHAPE: Shape = Shape {
    name: "cors",
    doc: "Answers preflight requests and tells browsers which origins may read the answers. Errors of the gateway \
          carry its headers too.",
    attributes: &[
        Attr::new("allow-credentials", Kind::Bool, "Whether browsers may send credentials.").default("false"),
        Attr::new(
            "terminate-unmatched-request",
            Kind::Bool,
            "Whether a request from another origin is answered at once with an empty 200; otherwise it goes on without \
             the headers.",
        )
        .default("true"),
    ],
    content: Content::Set(&[
        Child::one(&ALLOWED_ORIGINS),
        Child::optional(&ALLOWED_METHODS),
        Child::optional(&ALLOWED_HEADERS),
        Child::optional(&EXPOSE_HEADERS),
    ]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "cross-domain",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: true,
    emit,
    example: r#"<cors allow-credentials="true">
  <allowed-origins><origin>https://app.example.com</origin></allowed-origins>
  <allowed-methods preflight-result-max-age="300"><method>GET</method><method>PUT</method></allowed-methods>
  <allowed-headers><header>Authorization</header></allowed-headers>
  <expose-headers><header>X-Calls-Left</header></expose-headers>
</cors>"#,
};

#[derive(Debug)]
pub struct Cors {
    credentials: Dynamic<bool>,
    terminate: Dynamic<bool>,
    origins: Vec<Dynamic<SmolStr>>,
    methods: Option<Vec<Dynamic<SmolStr>>>,
    max_age: Option<Dynamic<i64>>,
    headers: Vec<Dynamic<SmolStr>>,
    expose: Vec<Dynamic<SmolStr>>,
}

/// What the final answer of an allowed request carries.
#[derive(Debug, Clone)]
pub struct CorsGrant {
    allow_origin: HeaderValue,
    credentials: bool,
    expose: Option<HeaderValue>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let texts = |name: &str| -> Option<Vec<Dynamic<SmolStr>>> {
        node.child(name).map_or(Some(Vec::new()), |list| list.children.iter().map(Node::content).collect())
    };
    let methods = match node.child("allowed-methods") {
        Some(list) if !list.children.is_empty() => Some(texts("allowed-methods")?),
        _ => None,
    };
    let cors = Arc::new(Cors {
        credentials: node.bool_of("allow-credentials")?,
        terminate: node.bool_of("terminate-unmatched-request")?,
        origins: texts("allowed-origins")?,
        methods,
        max_age: node.child("allowed-methods").and_then(|list| list.int_of("preflight-result-max-age")),
        headers: texts("allowed-headers")?,
        expose: texts("expose-headers")?,
    });
    if emitter.is_direct() || emitter.is_in_fragment() {
        let place = emitter.current_place();
        emitter.preflight.push(Preflight::Cors(cors.clone(), place));
    }
    emitter.step(node, cors)
}

/// An origin as origins compare: lower case, no trailing slash, no default port.
fn normal(origin: &str) -> String {
    let origin = origin.trim().trim_end_matches('/').to_ascii_lowercase();
    let bare = match origin.split_once("://") {
        Some(("http", _)) => origin.strip_suffix(":80"),
        Some(("https", _)) => origin.strip_suffix(":443"),
        _ => None,
    };
    bare.map_or_else(|| origin.clone(), str::to_owned)
}

fn joined(values: &[Dynamic<SmolStr>], context: &Context) -> Result<Option<HeaderValue>, Fault> {
    let mut all = Vec::with_capacity(values.len());
    for value in values {
        all.push(value.get(context)?);
    }
    if all.is_empty() {
        return Ok(None);
    }
    let text = all.iter().map(|value| value.trim()).collect::<Vec<_>>().join(",");
    HeaderValue::from_str(&text)
        .map(Some)
        .map_err(|_| Fault::new("cors", 500, format!("`{text}` is not a header value")))
}

impl Cors {
    /// The value of `Access-Control-Allow-Origin`, when the request's origin is allowed.
    fn allowed(&self, origin: &HeaderValue, context: &Context) -> Result<Option<HeaderValue>, Fault> {
        let wanted = normal(&String::from_utf8_lossy(origin.as_bytes()));
        for allowed in &self.origins {
            let allowed = allowed.get(context)?;
            if allowed.trim() == "*" {
                // A browser refuses `*` together with credentials.
                let any = if self.credentials.get(context)? { origin.clone() } else { HeaderValue::from_static("*") };
                return Ok(Some(any));
            }
            if normal(&allowed) == wanted {
                return Ok(Some(origin.clone()));
            }
        }
        Ok(None)
    }

    fn allows_method(&self, method: &Method, context: &Context) -> Result<bool, Fault> {
        let Some(methods) = &self.methods else { return Ok(matches!(*method, Method::GET | Method::POST)) };
        for allowed in methods {
            let allowed = allowed.get(context)?;
            if allowed.trim() == "*" || allowed.trim().eq_ignore_ascii_case(method.as_str()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn allows_headers(&self, wanted: &str, context: &Context) -> Result<bool, Fault> {
        let mut allowed = Vec::with_capacity(self.headers.len());
        for header in &self.headers {
            let header = header.get(context)?;
            if header.trim() == "*" {
                return Ok(true);
            }
            allowed.push(header);
        }
        let mut names = wanted.split(',').map(str::trim).filter(|name| !name.is_empty());
        Ok(names.all(|name| allowed.iter().any(|allowed| allowed.trim().eq_ignore_ascii_case(name))))
    }

    pub fn terminates(&self, context: &Context) -> bool {
        self.terminate.get(context).unwrap_or(true)
    }

    /// The answer to a preflight request that this policy allows.
    pub fn preflight(&self, context: &Context) -> Result<Option<Response>, Fault> {
        let headers = &context.request.headers;
        let Some(origin) = headers.get(header::ORIGIN) else { return Ok(None) };
        let Some(allow_origin) = self.allowed(origin, context)? else { return Ok(None) };
        let wanted = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD).and_then(|value| value.to_str().ok());
        let Some(wanted) = wanted.and_then(|wanted| method(wanted).ok()) else { return Ok(None) };
        if !self.allows_method(&wanted, context)? {
            return Ok(None);
        }
        let asked = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
        let names = asked.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !self.allows_headers(names, context)? {
            return Ok(None);
        }
        let mut response = empty_response();
        let out = &mut response.headers;
        let credentials = self.credentials.get(context)?;
        CorsGrant { allow_origin, credentials, expose: None }.put(out);
        if let Ok(value) = HeaderValue::from_str(wanted.as_str()) {
            out.insert(header::ACCESS_CONTROL_ALLOW_METHODS, value);
        }
        if let Some(asked) = asked {
            out.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked);
        }
        if let Some(age) = &self.max_age {
            let age = age.get(context)?;
            if age > 0 {
                out.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(age));
            }
        }
        Ok(Some(response))
    }

    /// Lets the final answer carry the headers when the request's origin is allowed.
    pub fn grant(&self, exchange: &mut Exchange) -> Result<bool, Fault> {
        let context = &exchange.context;
        let Some(origin) = context.request.headers.get(header::ORIGIN) else { return Ok(false) };
        let Some(allow_origin) = self.allowed(origin, context)? else { return Ok(false) };
        // An OPTIONS request that an operation answers is no preflight, and what may be called is not asked.
        let method = &context.request.method;
        if *method != Method::OPTIONS && !self.allows_method(method, context)? {
            return Ok(false);
        }
        let grant = CorsGrant {
            allow_origin,
            credentials: self.credentials.get(context)?,
            expose: joined(&self.expose, context)?,
        };
        exchange.run.cors = Some(Box::new(grant));
        Ok(true)
    }
}

impl CorsGrant {
    pub fn put(&self, headers: &mut HeaderMap) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.allow_origin.clone());
        if self.credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if let Some(expose) = &self.expose {
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
        }
        let varies = headers.get_all(header::VARY).iter().any(|value| {
            value.to_str().is_ok_and(|value| value.split(',').any(|name| name.trim().eq_ignore_ascii_case("origin")))
        });
        if !varies {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
        }
    }
}

impl Step for Arc<Cors> {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        if !exchange.context.request.headers.contains_key(header::ORIGIN) || self.grant(exchange)? {
            return Ok(Next::Continue);
        }
        if self.terminate.get(&exchange.context)? {
            exchange.context.response = Some(empty_response());
            exchange.response_body = None;
            return Ok(Next::Respond);
        }
        Ok(Next::Continue)
    }
}
