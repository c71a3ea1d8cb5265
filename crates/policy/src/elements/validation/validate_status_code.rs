//! `validate-status-code`. Source: reference/policies.md, chapter 6; corrections.md, 14.

use super::{Action, Problem, Report, VARIABLE_DOC, action, errors_variable};
use crate::check::Node;
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use smol_str::SmolStr;

static STATUS_CODE: Shape = Shape {
    name: "status-code",
    doc: "Another action for one code that the operation does not declare.",
    attributes: &[
        Attr::new("code", Kind::STATUS, "The status code.").required().literal(),
        action("action", "What to do when the response has it.").required(),
    ],
    content: Content::Nothing,
};

pub static SHAPE: Shape = Shape {
    name: "validate-status-code",
    doc: "Checks that the status of the response is one that the operation declares.",
    attributes: &[
        action("unspecified-status-code-action", "What to do about a code that the operation does not declare.")
            .required(),
        errors_variable(),
        Attr::new("error-variable-name", Kind::Name, VARIABLE_DOC).literal(),
    ],
    content: Content::Children(&[Child::any(&STATUS_CODE)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "validation",
    sections: Sections::of("oe"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<validate-status-code unspecified-status-code-action="prevent" errors-variable-name="statusErrors">
  <status-code code="404" action="ignore" />
</validate-status-code>"#,
};

#[derive(Debug)]
struct ValidateStatusCode {
    unspecified: Dynamic<SmolStr>,
    codes: Vec<(u16, Dynamic<SmolStr>)>,
    report: Report,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let codes = node
        .children
        .iter()
        .map(|child| Some((child.literal_of("code")?.parse().ok()?, child.text_of("action")?)))
        .collect::<Option<Vec<_>>>()?;
    let step = ValidateStatusCode {
        unspecified: node.text_of("unspecified-status-code-action")?,
        codes,
        report: Report::new(node, Side::Response, &["errors-variable-name", "error-variable-name"]),
    };
    emitter.step(node, step)
}

impl Step for ValidateStatusCode {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let status = exchange.response().status_code;
        let definition = ports.definition(&exchange.context);
        if definition.is_some_and(|definition| definition.answer(status).is_some()) {
            return Ok(Next::Continue);
        }
        let own = self.codes.iter().find(|(code, _)| *code == status).map(|(_, action)| action);
        let problem = Problem {
            name: status.to_string(),
            kind: "StatusCode",
            rule: "Unspecified",
            details: format!("Response status code {status} is not allowed."),
            public: None,
            action: Action::evaluate(own.unwrap_or(&self.unspecified), &exchange.context)?,
        };
        self.report.submit(exchange, vec![problem])?;
        Ok(Next::Continue)
    }
}
