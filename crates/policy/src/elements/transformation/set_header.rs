//! `set-header`. Source: reference/policies.md, chapter 9; corrections.md, 19.

use crate::check::Node;
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use smallvec::SmallVec;
use smol_str::SmolStr;
use std::fmt;
use tollgate_expression::context::Context;

pub static VALUE: Shape = Shape {
    name: "value",
    doc: "One value of the header. Several become one line, joined with commas, except for headers \
          whose syntax forbids that, which become several lines.",
    attributes: &[],
    content: Content::Text { kind: Kind::Text, expression: true, required: false },
};

pub static SHAPE: Shape = Shape {
    name: "set-header",
    doc: "Sets, appends to, or removes a header: of the request in inbound and backend, of the \
          response in outbound and on-error.",
    attributes: &[
        Attr::new("name", Kind::HeaderName, "The header's name.").required(),
        Attr::new("exists-action", EXISTS_ACTION, EXISTS_ACTION_DOC).default("override"),
    ],
    content: Content::Children(&[Child::any(&VALUE)]),
};

pub const EXISTS_ACTION: Kind = Kind::OneOf(&["override", "skip", "append", "delete"]);
pub const EXISTS_ACTION_DOC: &str = "What to do when it is there already: `override` replaces all its values, `skip` keeps \
     it, `append` adds to it, `delete` removes it.";

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "transformation",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<set-header name="X-Gateway" exists-action="override"><value>tollgate</value></set-header>"#,
};

/// Headers that frame a message: no policy changes them.
const FRAMING: [HeaderName; 4] =
    [header::CONNECTION, header::CONTENT_LENGTH, HeaderName::from_static("keep-alive"), header::TRANSFER_ENCODING];

/// Headers that become several lines instead of one joined with commas.
const LINES: [HeaderName; 12] = [
    header::USER_AGENT,
    header::WWW_AUTHENTICATE,
    header::PROXY_AUTHENTICATE,
    header::COOKIE,
    header::SET_COOKIE,
    header::WARNING,
    header::DATE,
    header::EXPIRES,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::LAST_MODIFIED,
    header::RETRY_AFTER,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExistsAction {
    Override,
    Skip,
    Append,
    Delete,
}

impl ExistsAction {
    pub fn named(name: &str) -> Option<ExistsAction> {
        [
            ("override", ExistsAction::Override),
            ("skip", ExistsAction::Skip),
            ("append", ExistsAction::Append),
            ("delete", ExistsAction::Delete),
        ]
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name.trim()))
        .map(|(_, action)| action)
    }

    pub fn evaluate(wanted: &Dynamic<SmolStr>, context: &Context) -> Result<ExistsAction, Fault> {
        let name = wanted.get(context)?;
        ExistsAction::named(&name).ok_or_else(|| Fault::new("", 500, format!("`{name}` is not an exists-action")))
    }
}

/// What a `set-header` does, wherever it stands: also inside `return-response` and `send-request`.
pub struct HeaderEdit {
    name: Dynamic<SmolStr>,
    /// The name, when it is known at compile time.
    known_name: Option<HeaderName>,
    action: Dynamic<SmolStr>,
    known_action: Option<ExistsAction>,
    values: SmallVec<[Dynamic<SmolStr>; 1]>,
    /// The whole value, when every part is known at compile time.
    known_value: Option<HeaderValue>,
}

impl HeaderEdit {
    pub fn new(node: &Node<'_>) -> Option<HeaderEdit> {
        let name = node.text_of("name")?;
        let action = node.text_of("exists-action")?;
        let values: SmallVec<[Dynamic<SmolStr>; 1]> = node
            .children_named("value")
            .map(|value| value.content().unwrap_or(Dynamic::Fixed(SmolStr::default())))
            .collect();
        let known_value = match values.as_slice() {
            [Dynamic::Fixed(value)] => HeaderValue::from_bytes(value.as_bytes()).ok(),
            _ => None,
        };
        Some(HeaderEdit {
            known_name: name.fixed().and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok()),
            known_action: action.fixed().and_then(|action| ExistsAction::named(action)),
            name,
            action,
            values,
            known_value,
        })
    }

    /// Works out name, action and values.
    pub fn evaluate(&self, context: &Context) -> Result<Edit, Fault> {
        let name = match &self.known_name {
            Some(name) => name.clone(),
            None => {
                let name = self.name.get(context)?;
                HeaderName::from_bytes(name.trim().as_bytes())
                    .map_err(|_| Fault::new("", 500, format!("`{name}` is not a header name")))?
            }
        };
        let action = match self.known_action {
            Some(action) => action,
            None => ExistsAction::evaluate(&self.action, context)?,
        };
        let mut values = SmallVec::new();
        if action == ExistsAction::Delete {
            return Ok(Edit { name, action, values });
        }
        match &self.known_value {
            Some(value) => values.push(value.clone()),
            None if LINES.contains(&name) => {
                for value in &self.values {
                    values.push(header_value(&name, &value.get(context)?)?);
                }
            }
            None => {
                let mut joined = String::new();
                for (index, value) in self.values.iter().enumerate() {
                    if index > 0 {
                        joined.push(',');
                    }
                    joined.push_str(&value.get(context)?);
                }
                if !self.values.is_empty() {
                    values.push(header_value(&name, &joined)?);
                }
            }
        }
        Ok(Edit { name, action, values })
    }
}

/// Text as a header value; UTF-8 is allowed, control characters are not.
pub fn header_value(name: &HeaderName, text: &str) -> Result<HeaderValue, Fault> {
    HeaderValue::from_bytes(text.trim().as_bytes()).map_err(|_| {
        Fault::new("", 500, format!("the value of header `{name}` has characters that a header cannot hold"))
    })
}

/// An evaluated `set-header`.
pub struct Edit {
    name: HeaderName,
    action: ExistsAction,
    values: SmallVec<[HeaderValue; 1]>,
}

impl Edit {
    pub fn apply(self, headers: &mut HeaderMap) {
        if FRAMING.contains(&self.name) {
            return;
        }
        let Edit { name, action, values } = self;
        match action {
            ExistsAction::Delete => {
                if name != header::SERVER {
                    headers.remove(name);
                }
            }
            ExistsAction::Skip if headers.contains_key(&name) => {}
            ExistsAction::Skip | ExistsAction::Override => {
                let mut values = values.into_iter();
                match values.next() {
                    Some(first) => {
                        headers.insert(name.clone(), first);
                    }
                    None => {
                        headers.remove(&name);
                    }
                }
                for value in values {
                    headers.append(name.clone(), value);
                }
            }
            ExistsAction::Append if LINES.contains(&name) || !headers.contains_key(&name) => {
                for value in values {
                    headers.append(name.clone(), value);
                }
            }
            ExistsAction::Append => {
                let parts: Vec<&[u8]> =
                    headers.get_all(&name).iter().chain(&values).map(HeaderValue::as_bytes).collect();
                if let Ok(joined) = HeaderValue::from_bytes(&parts.join(&b","[..])) {
                    headers.insert(name, joined);
                }
            }
        }
    }
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let edit = HeaderEdit::new(node)?;
    if let Some(name) = edit.known_name.as_ref().filter(|name| FRAMING.contains(name)) {
        emitter.warn(node, format!("header `{name}` frames the message: it is not changed"), "remove the policy");
    }
    match emitter.side() {
        Side::Request => emitter.step(node, SetRequestHeader(edit)),
        Side::Response => emitter.step(node, SetResponseHeader(edit)),
    }
}

struct SetRequestHeader(HeaderEdit);
struct SetResponseHeader(HeaderEdit);

impl Step for SetRequestHeader {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let edit = self.0.evaluate(&exchange.context)?;
        edit.apply(&mut exchange.context.request.headers);
        Ok(Next::Continue)
    }
}

impl Step for SetResponseHeader {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let edit = self.0.evaluate(&exchange.context)?;
        edit.apply(&mut exchange.response().headers);
        Ok(Next::Continue)
    }
}

impl fmt::Debug for HeaderEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} {:?}", self.action, self.name, self.values)
    }
}

impl fmt::Debug for SetRequestHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {:?}", self.0)
    }
}

impl fmt::Debug for SetResponseHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "response {:?}", self.0)
    }
}
