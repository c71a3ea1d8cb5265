//! `check-header`. Source: reference/policies.md, chapters 2.10 and 5.

use crate::check::Node;
use crate::elements::transformation::set_header::VALUE;
use crate::elements::transformation::set_status::status_code;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use smol_str::SmolStr;

pub static SHAPE: Shape = Shape {
    name: "check-header",
    doc: "Requires a header, and one of the listed values when there are any.",
    attributes: &[
        Attr::new("name", Kind::HeaderName, "The header.").required(),
        Attr::new("failed-check-httpcode", Kind::STATUS, "Status of the answer when the check fails.").required(),
        Attr::new("failed-check-error-message", Kind::Text, "`message` of the answer when the check fails.").required(),
        Attr::new("ignore-case", Kind::Bool, "Whether values compare without case.").required(),
    ],
    content: Content::Children(&[Child::any(&VALUE)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "access",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<check-header name="X-Api-Tier" failed-check-httpcode="403" failed-check-error-message="gold only" ignore-case="true">
  <value>gold</value>
</check-header>"#,
};

#[derive(Debug)]
struct CheckHeader {
    name: Dynamic<SmolStr>,
    status: Dynamic<i64>,
    message: Dynamic<SmolStr>,
    ignore_case: Dynamic<bool>,
    values: Vec<Dynamic<SmolStr>>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = CheckHeader {
        name: node.text_of("name")?,
        status: node.int_of("failed-check-httpcode")?,
        message: node.text_of("failed-check-error-message")?,
        ignore_case: node.bool_of("ignore-case")?,
        values: node
            .children
            .iter()
            .map(|value| value.content().unwrap_or(Dynamic::Fixed(SmolStr::default())))
            .collect(),
    };
    emitter.step(node, step)
}

impl Step for CheckHeader {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let name = self.name.get(context)?;
        let values: Vec<String> = context
            .request
            .headers
            .get_all(name.as_str())
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        if values.is_empty() {
            let message = format!("Header {name} was not found in the request. Access denied.");
            return Err(self.fault(exchange, Reason::HeaderNotFound, message)?);
        }
        if self.values.is_empty() {
            return Ok(Next::Continue);
        }
        let given = values.join(",");
        let ignore_case = self.ignore_case.get(context)?;
        for wanted in &self.values {
            let wanted = wanted.get(context)?;
            let same =
                |given: &str| if ignore_case { given.to_lowercase() == wanted.to_lowercase() } else { given == wanted };
            if same(&given) || values.iter().any(|value| same(value)) {
                return Ok(Next::Continue);
            }
        }
        let message = format!("Header {name} value of {given} is not allowed. Access denied.");
        Err(self.fault(exchange, Reason::HeaderValueNotAllowed, message)?)
    }
}

impl CheckHeader {
    fn fault(&self, exchange: &Exchange, reason: Reason, message: String) -> Result<Fault, Fault> {
        let status = status_code(self.status.get(&exchange.context)?)?;
        let public = self.message.get(&exchange.context)?;
        Ok(Fault::new("check-header", status, message).with_reason(reason).with_public_message(public))
    }
}
