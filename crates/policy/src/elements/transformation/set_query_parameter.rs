//! `set-query-parameter`. Source: reference/policies.md, chapter 9.

use super::set_header::{EXISTS_ACTION, EXISTS_ACTION_DOC, ExistsAction, VALUE};
use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use crate::url::{QUERY_VALUE, query_pairs};
use percent_encoding::utf8_percent_encode;
use smol_str::SmolStr;

pub static SHAPE: Shape = Shape {
    name: "set-query-parameter",
    doc: "Adds, replaces or removes a query parameter of the request that goes to the backend.",
    attributes: &[
        Attr::new("name", Kind::Name, "The parameter's name.").required(),
        Attr::new("exists-action", EXISTS_ACTION, EXISTS_ACTION_DOC).default("override"),
    ],
    content: Content::Children(&[Child::any(&VALUE)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "transformation",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<set-query-parameter name="version" exists-action="skip"><value>2</value></set-query-parameter>"#,
};

#[derive(Debug)]
struct SetQueryParameter {
    name: Dynamic<SmolStr>,
    action: Dynamic<SmolStr>,
    values: Vec<Dynamic<SmolStr>>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = SetQueryParameter {
        name: node.text_of("name")?,
        action: node.text_of("exists-action")?,
        values: node
            .children
            .iter()
            .map(|value| value.content().unwrap_or(Dynamic::Fixed(SmolStr::default())))
            .collect(),
    };
    let deletes = step.action.fixed().is_some_and(|action| action.eq_ignore_ascii_case("delete"));
    if step.values.is_empty() && step.action.fixed().is_some() && !deletes {
        emitter.error(
            tollgate_error::Code::POLICY_CHILD_MISSING,
            node,
            "element `set-query-parameter` needs a child `value` unless it deletes",
        );
        return None;
    }
    emitter.step(node, step)
}

impl Step for SetQueryParameter {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let name = self.name.get(context)?;
        let action = ExistsAction::evaluate(&self.action, context)?;
        let mut values = Vec::with_capacity(self.values.len());
        for value in &self.values {
            values.push(value.get(context)?);
        }
        let relative = exchange.relative_url();
        let (path, query) = relative.split_once('?').map_or((relative, ""), |(path, query)| (path, query));
        let exists = pairs(query).any(|pair| named(pair, &name));
        if exists && action == ExistsAction::Skip {
            return Ok(Next::Continue);
        }
        let keeps = action == ExistsAction::Append;
        let mut parts: Vec<String> =
            pairs(query).filter(|pair| keeps || !named(pair, &name)).map(str::to_owned).collect();
        if action != ExistsAction::Delete {
            let name = utf8_percent_encode(&name, QUERY_VALUE).to_string();
            parts.extend(values.iter().map(|value| format!("{name}={}", utf8_percent_encode(value, QUERY_VALUE))));
        }
        let changed = if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) };
        if exchange.set_relative_url(&changed) {
            Ok(Next::Continue)
        } else {
            Err(Fault::new("", 500, format!("`{changed}` is not a path and query")))
        }
    }
}

/// The raw `name=value` parts of a query.
pub fn pairs(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|pair| !pair.is_empty())
}

/// Whether a raw pair has this (decoded) name. Names of parameters compare without case, as in
/// ASP.NET.
pub fn named(pair: &str, name: &str) -> bool {
    query_pairs(pair).any(|(found, _)| found.eq_ignore_ascii_case(name))
}
