//! `set-method`. Source: reference/policies.md, chapter 9.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Content, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use http::Method;
use smol_str::SmolStr;

pub static SHAPE: Shape = Shape {
    name: "set-method",
    doc: "Changes the method of the request that goes to the backend.",
    attributes: &[],
    content: Content::TEXT,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "transformation",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: "<set-method>POST</set-method>",
};

#[derive(Debug)]
struct SetMethod(Dynamic<SmolStr>);

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let wanted = node.content()?;
    if let Some(fixed) = wanted.fixed()
        && method(fixed).is_err()
    {
        emitter.error(tollgate_error::Code::POLICY_VALUE_INVALID, node, format!("`{fixed}` is not a method"));
        return None;
    }
    emitter.step(node, SetMethod(wanted))
}

/// A method from text.
pub fn method(text: &str) -> Result<Method, Fault> {
    let text = text.trim();
    Method::from_bytes(text.as_bytes()).map_err(|_| Fault::new("", 500, format!("`{text}` is not a method")))
}

impl Step for SetMethod {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        exchange.context.request.method = method(&self.0.get(&exchange.context)?)?;
        Ok(Next::Continue)
    }
}
