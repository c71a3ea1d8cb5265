//! `find-and-replace`. Source: reference/policies.md, chapter 9.

use crate::check::Node;
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use bytes::Bytes;
use smol_str::SmolStr;
use tollgate_expression::context::BodyState;

pub static SHAPE: Shape = Shape {
    name: "find-and-replace",
    doc: "Replaces every occurrence of a text in the body: of the request in inbound and backend, of the \
          response in outbound and on-error. Case matters.",
    attributes: &[
        Attr::new("from", Kind::Verbatim, "The text to look for.").required(),
        Attr::new("to", Kind::Verbatim, "What to put there; empty removes it.").required(),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "transformation",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<find-and-replace from="notebook" to="laptop" />"#,
};

#[derive(Debug)]
struct FindAndReplace {
    side: Side,
    from: Dynamic<SmolStr>,
    to: Dynamic<SmolStr>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = FindAndReplace { side: emitter.side(), from: node.text_of("from")?, to: node.text_of("to")? };
    if step.from.fixed().is_some_and(SmolStr::is_empty) {
        emitter.error(
            tollgate_error::Code::POLICY_VALUE_INVALID,
            node,
            "attribute `from` of `find-and-replace` is empty",
        );
        return None;
    }
    emitter.step_reading(node, emitter.own_body(), step)
}

impl Step for FindAndReplace {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let from = self.from.get(&exchange.context)?;
        let to = self.to.get(&exchange.context)?;
        let body = match (self.side, &exchange.context.response) {
            (Side::Request, _) => exchange.context.request.body.state(),
            (Side::Response, Some(response)) => response.body.state(),
            (Side::Response, None) => BodyState::Absent,
        };
        let BodyState::Buffered(content) = body else { return Ok(Next::Continue) };
        if let Some(changed) = replace(&content, from.as_bytes(), to.as_bytes()) {
            match self.side {
                Side::Request => exchange.set_request_body(changed),
                Side::Response => exchange.set_response_body(changed),
            }
        }
        Ok(Next::Continue)
    }
}

/// `None`: nothing was found.
fn replace(content: &Bytes, from: &[u8], to: &[u8]) -> Option<Bytes> {
    if from.is_empty() {
        return None;
    }
    let mut out = Vec::new();
    let mut rest = 0;
    for at in memchr::memmem::find_iter(content, from) {
        out.extend_from_slice(&content[rest..at]);
        out.extend_from_slice(to);
        rest = at + from.len();
    }
    if rest == 0 {
        return None;
    }
    out.extend_from_slice(&content[rest..]);
    Some(Bytes::from(out))
}
