//! `set-status`. Source: reference/policies.md, chapter 9.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use smol_str::SmolStr;
use tollgate_expression::context::{Context, Response};

pub static SHAPE: Shape = Shape {
    name: "set-status",
    doc: "Sets status code and reason phrase of the response.",
    attributes: &[
        Attr::new("code", Kind::STATUS, "The status code.").required(),
        Attr::new("reason", Kind::Text, "The reason phrase; the standard one of the code when left out."),
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
    example: r#"<set-status code="202" reason="Accepted" />"#,
};

/// What a `set-status` does, also inside `return-response`.
#[derive(Debug)]
pub struct Status {
    code: Dynamic<i64>,
    reason: Option<Dynamic<SmolStr>>,
}

impl Status {
    pub fn new(node: &Node<'_>) -> Option<Status> {
        Some(Status { code: node.int_of("code")?, reason: node.text_of("reason") })
    }

    pub fn evaluate(&self, context: &Context) -> Result<(u16, Option<SmolStr>), Fault> {
        let reason = match &self.reason {
            Some(reason) => Some(reason.get(context)?).filter(|reason| !reason.is_empty()),
            None => None,
        };
        Ok((status_code(self.code.get(context)?)?, reason))
    }

    pub fn apply(&self, context: &Context, response: &mut Response) -> Result<(), Fault> {
        (response.status_code, response.status_reason) = self.evaluate(context)?;
        Ok(())
    }
}

/// A number as a status code.
pub fn status_code(number: i64) -> Result<u16, Fault> {
    u16::try_from(number)
        .ok()
        .filter(|code| (100..=999).contains(code))
        .ok_or_else(|| Fault::new("", 500, format!("{number} is not a status code")))
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    emitter.step(node, Status::new(node)?)
}

impl Step for Status {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let (code, reason) = self.evaluate(&exchange.context)?;
        let response = exchange.response();
        response.status_code = code;
        response.status_reason = reason;
        Ok(Next::Continue)
    }
}
