//! `set-body`. Source: reference/policies.md, chapter 9; corrections.md, 20 and 31.

use crate::check::{Node, Operand};
use crate::document::Element;
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{BodyNeeds, Next, Step};
use crate::liquid::{Template, XsiNil};
use crate::operand::Dynamic;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use smol_str::SmolStr;
use tollgate_expression::context::{BodyState, Context};

pub static SHAPE: Shape = Shape {
    name: "set-body",
    doc: "Replaces the body of the request (inbound, backend) or of the response (outbound, on-error). \
          Content-Length follows; a charset in Content-Type becomes utf-8.",
    attributes: &[
        Attr::new("template", Kind::OneOf(&["liquid", "none"]), "`liquid`: the text is a Liquid template.").literal(),
        Attr::new("xsi-nil", Kind::OneOf(&["blank", "null"]), "What `xsi:nil=\"true\"` becomes in a template's input.")
            .literal()
            .default("blank"),
        Attr::new("parse-date", Kind::Bool, "Whether strings that look like dates become dates in a template's input.")
            .literal()
            .default("true"),
    ],
    content: Content::Text { kind: Kind::Body, expression: true, required: false },
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "transformation",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: "<set-body>{ \"ok\": true }</set-body>",
};

/// What a `set-body` does, also inside `return-response` and `send-request`.
#[derive(Debug)]
pub enum NewBody {
    Text(Dynamic<Bytes>),
    Liquid(Liquid),
}

/// A compiled template and how it reads its input.
pub struct Liquid {
    template: Template,
    nil: XsiNil,
    parse_date: bool,
    /// Which message is `body`; `None` where there is none (`return-response`).
    input: Option<Side>,
}

impl NewBody {
    /// `input`: the message that a template sees as `body`.
    pub fn new(node: &Node<'_>, input: Option<Side>, emitter: &mut Emitter<'_>) -> Option<NewBody> {
        if !is_liquid(node.element) {
            let text = |text: &str| Some(Bytes::copy_from_slice(text.as_bytes()));
            let content = node.text.as_ref().and_then(|operand| operand.dynamic(text));
            return Some(NewBody::Text(content.unwrap_or(Dynamic::Fixed(Bytes::new()))));
        }
        let text = match &node.text {
            Some(Operand::Literal(text, _)) => text.clone(),
            _ => SmolStr::default(),
        };
        let parsed = crate::liquid::parse(&text);
        if let Ok(template) = &parsed
            && let Some(path) = template.unknown_context()
        {
            let message = format!("the Liquid template names `{path}`, which the context of a template does not have");
            emitter.error(tollgate_error::Code::POLICY_VALUE_INVALID, node, message);
            return None;
        }
        match parsed {
            Ok(template) => Some(NewBody::Liquid(Liquid {
                template,
                nil: match node.literal_of("xsi-nil")?.eq_ignore_ascii_case("null") {
                    true => XsiNil::Null,
                    false => XsiNil::Blank,
                },
                parse_date: node.literal_of("parse-date")?.eq_ignore_ascii_case("true"),
                input,
            })),
            Err((at, message)) => {
                let line = text[..at].matches('\n').count() + 1;
                let message = format!("the Liquid template is wrong in its line {line}: {message}");
                emitter.error(tollgate_error::Code::POLICY_VALUE_INVALID, node, message);
                None
            }
        }
    }

    /// The bodies that must be buffered before it is worked out.
    pub fn reads(&self) -> BodyNeeds {
        match self {
            NewBody::Liquid(Liquid { input: Some(side), .. }) => {
                BodyNeeds { request_body: *side == Side::Request, response_body: *side == Side::Response }
            }
            _ => BodyNeeds::NONE,
        }
    }

    pub fn evaluate(&self, context: &Context) -> Result<Bytes, Fault> {
        match self {
            NewBody::Text(content) => content.get(context),
            NewBody::Liquid(liquid) => liquid.evaluate(context),
        }
    }
}

impl Liquid {
    fn evaluate(&self, context: &Context) -> Result<Bytes, Fault> {
        let message = match (self.input, &context.response) {
            (Some(Side::Request), _) => Some((&context.request.headers, &context.request.body)),
            (Some(Side::Response), Some(response)) => Some((&response.headers, &response.body)),
            _ => None,
        };
        let body = match message.map(|(headers, body)| (headers, body.state())) {
            Some((headers, BodyState::Buffered(content))) => {
                let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
                crate::liquid::from_body(&content, kind, self.nil, self.parse_date)
            }
            _ => Ok(serde_json::Value::Null),
        };
        let rendered = body.and_then(|body| {
            self.template.render(&serde_json::json!({ "body": body, "context": crate::liquid::from_context(context) }))
        });
        rendered
            .map(Bytes::from)
            .map_err(|problem| Fault::new("", 500, format!("the Liquid template failed: {problem}")))
    }
}

impl std::fmt::Debug for Liquid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a Liquid template")
    }
}

/// Its text is a template: not an expression, and names in double braces may be Liquid's.
pub fn is_liquid(element: &Element) -> bool {
    element.name == "set-body"
        && element
            .attribute("template")
            .is_some_and(|template| template.value.value.trim().eq_ignore_ascii_case("liquid"))
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let body = NewBody::new(node, Some(emitter.side()), emitter)?;
    let reads = body.reads();
    emitter.step_reading(node, reads, SetBody { side: emitter.side(), body })
}

#[derive(Debug)]
struct SetBody {
    side: Side,
    body: NewBody,
}

impl Step for SetBody {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let content = self.body.evaluate(&exchange.context)?;
        match self.side {
            Side::Request => {
                exchange.set_request_body(content);
                say_utf8(&mut exchange.context.request.headers);
            }
            Side::Response => {
                exchange.set_response_body(content);
                say_utf8(&mut exchange.response().headers);
            }
        }
        Ok(Next::Continue)
    }
}

/// Text that a policy wrote is UTF-8: a charset that says otherwise is replaced.
pub fn say_utf8(headers: &mut HeaderMap) {
    let Some(text) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return };
    let lower = text.to_ascii_lowercase();
    let Some(at) = lower.find("charset=") else { return };
    let from = at + "charset=".len();
    let to = lower[from..].find(';').map_or(text.len(), |length| from + length);
    if lower[from..to].trim().trim_matches('"') == "utf-8" {
        return;
    }
    if let Ok(value) = HeaderValue::from_str(&format!("{}utf-8{}", &text[..from], &text[to..])) {
        headers.insert(header::CONTENT_TYPE, value);
    }
}
