//! `set-variable`. Source: reference/policies.md, chapter 9; corrections.md, 7.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Object;
use smol_str::SmolStr;
use std::fmt;

pub static SHAPE: Shape = Shape {
    name: "set-variable",
    doc: "Sets a variable that expressions read as `context.Variables[\"name\"]`, for the rest of the request.",
    attributes: &[
        Attr::new("name", Kind::Name, "The variable's name; names differ by case.").required().literal(),
        Attr::new("value", Kind::Object, "A literal is a string; an expression keeps its type.").required(),
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
    example: r#"<set-variable name="tier" value="gold" />"#,
};

struct SetVariable {
    name: SmolStr,
    value: Object,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    emitter.step(node, SetVariable { name: node.literal_of("name")?, value: node.object_of("value")? })
}

impl Step for SetVariable {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let value = self.value.get(&exchange.context)?;
        exchange.context.variables.set(self.name.clone(), value);
        Ok(Next::Continue)
    }
}

impl fmt::Debug for SetVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} = {:?}", self.name, self.value)
    }
}
