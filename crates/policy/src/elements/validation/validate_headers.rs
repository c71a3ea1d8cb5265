//! `validate-headers`. Source: reference/policies.md, chapter 6.

use super::parameter::{Subject, check, unspecified};
use super::{Action, Report, action, errors_variable};
use crate::check::Node;
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use http::HeaderMap;
use smol_str::SmolStr;

static HEADER: Shape = Shape {
    name: "header",
    doc: "Another action for one header, declared or not.",
    attributes: &[
        Attr::new("name", Kind::HeaderName, "The header's name.").required().literal(),
        action("action", "What to do about it.").required(),
    ],
    content: Content::Nothing,
};

pub static SHAPE: Shape = Shape {
    name: "validate-headers",
    doc: "Checks the headers of the response against those that the operation declares for its status.",
    attributes: &[
        action("specified-header-action", "What to do about a declared header that is wrong.").required(),
        action("unspecified-header-action", "What to do about a header that is not declared.").required(),
        errors_variable(),
    ],
    content: Content::Children(&[Child::any(&HEADER)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "validation",
    sections: Sections::of("oe"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<validate-headers specified-header-action="prevent" unspecified-header-action="ignore" errors-variable-name="headerErrors">
  <header name="Server" action="detect" />
</validate-headers>"#,
};

#[derive(Debug)]
struct ValidateHeaders {
    specified: Dynamic<SmolStr>,
    unspecified: Dynamic<SmolStr>,
    headers: Vec<(SmolStr, Dynamic<SmolStr>)>,
    report: Report,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let headers = node
        .children
        .iter()
        .map(|child| Some((child.literal_of("name")?, child.text_of("action")?)))
        .collect::<Option<Vec<_>>>()?;
    let step = ValidateHeaders {
        specified: node.text_of("specified-header-action")?,
        unspecified: node.text_of("unspecified-header-action")?,
        headers,
        report: Report::new(node, Side::Response, &["errors-variable-name"]),
    };
    emitter.uses().api_schemas = true;
    emitter.step(node, step)
}

impl Step for ValidateHeaders {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let definition = ports.definition(&exchange.context);
        let status = exchange.response().status_code;
        let context = &exchange.context;
        let (specified, unspecified_action) =
            (Action::evaluate(&self.specified, context)?, Action::evaluate(&self.unspecified, context)?);
        let own = |name: &str| self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let chosen = |name: &str, or: Action| match own(name) {
            Some((_, action)) => Action::evaluate(action, context),
            None => Ok(or),
        };
        let empty = HeaderMap::new();
        let headers = context.response.as_ref().map_or(&empty, |response| &response.headers);
        let declared = definition.as_ref().and_then(|definition| definition.answer(status));
        let declared = declared.map(|answer| answer.headers()).unwrap_or_default();
        let mut problems = Vec::new();
        for parameter in &declared {
            let action = chosen(parameter.name, specified)?;
            let values = values_of(headers, parameter.name);
            if let Some(definition) = definition.as_ref().filter(|_| action != Action::Ignore) {
                problems.extend(check(Subject::ResponseHeader, parameter, &values, definition.schemas(), action));
            }
        }
        for name in headers.keys() {
            if !declared.iter().any(|parameter| parameter.name.eq_ignore_ascii_case(name.as_str())) {
                let action = chosen(name.as_str(), unspecified_action)?;
                problems.push(unspecified(Subject::ResponseHeader, name.as_str(), action));
            }
        }
        self.report.submit(exchange, problems)?;
        Ok(Next::Continue)
    }
}

/// The lines of a header.
pub fn values_of(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}
