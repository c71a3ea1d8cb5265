//! The members of `context` in a template: what is not there is told when the document is saved.
//! Source: reference/policies.md, chapter 9; corrections.md, 20.

use super::{Condition, Expression, Loop, Node, Operand, Template};
use serde_json::Value;

const URL: &[&str] = &["Scheme", "Host", "Port", "Path", "Query", "QueryString", "ToUri", "ToString"];
const REQUEST: &[&str] = &[
    "Url",
    "OriginalUrl",
    "Method",
    "OriginalMethod",
    "IpAddress",
    "MatchedParameters",
    "HasBody",
    "ClientCertificates",
    "Headers",
];
const RESPONSE: &[&str] = &["StatusCode", "Method", "Headers"];

impl Template {
    /// The first path below `context` that names what no context has.
    pub fn unknown_context(&self) -> Option<String> {
        let mut found = None;
        nodes(&self.0, &mut |operand| {
            if found.is_none() {
                found = unknown(operand);
            }
        });
        found
    }
}

fn unknown(operand: &Operand) -> Option<String> {
    let Operand::Path(root, keys) = operand else { return None };
    if root != "context" {
        return None;
    }
    let mut names = Vec::new();
    for key in keys {
        // What is worked out at run time is not known before.
        let Operand::Literal(Value::String(name)) = key else { break };
        names.push(name.as_str());
    }
    let is = |known: &[&str], name: &str| known.iter().any(|known| known.eq_ignore_ascii_case(name));
    let (first, rest) = names.split_first()?;
    let is_known = match (first.to_ascii_lowercase().as_str(), rest) {
        ("request" | "response" | "variables", []) | ("variables", _) => true,
        ("request", [member]) => is(REQUEST, member),
        ("request", [url, member, ..]) if is(&["Url", "OriginalUrl"], url) => is(URL, member),
        ("request", [member, ..]) => is(REQUEST, member),
        ("response", [member, ..]) => is(RESPONSE, member),
        _ => false,
    };
    (!is_known).then(|| format!("context.{}", names.join(".")))
}

fn nodes(all: &[Node], visit: &mut dyn FnMut(&Operand)) {
    for node in all {
        match node {
            Node::Text(_) | Node::Break | Node::Continue => {}
            Node::Output(value) | Node::Assign(_, value) => expression(value, visit),
            Node::Capture(_, body) => nodes(body, visit),
            Node::If(branches) => {
                for (test, body) in branches {
                    if let Some(test) = test {
                        condition(test, visit);
                    }
                    nodes(body, visit);
                }
            }
            Node::Case(subject, branches) => {
                operand(subject, visit);
                for (values, body) in branches {
                    values.iter().flatten().for_each(|value| operand(value, visit));
                    nodes(body, visit);
                }
            }
            Node::For(Loop { items, limit, offset, body, .. }) => {
                [Some(items), limit.as_ref(), offset.as_ref()]
                    .into_iter()
                    .flatten()
                    .for_each(|one| operand(one, visit));
                nodes(body, visit);
            }
        }
    }
}

fn expression(value: &Expression, visit: &mut dyn FnMut(&Operand)) {
    operand(&value.start, visit);
    value.filters.iter().flat_map(|(_, arguments)| arguments).for_each(|argument| operand(argument, visit));
}

fn condition(test: &Condition, visit: &mut dyn FnMut(&Operand)) {
    match test {
        Condition::Truth(one) => operand(one, visit),
        Condition::Compare(left, _, right) => {
            operand(left, visit);
            operand(right, visit);
        }
        Condition::And(left, right) | Condition::Or(left, right) => {
            condition(left, visit);
            condition(right, visit);
        }
        Condition::Not(inner) => condition(inner, visit),
    }
}

fn operand(one: &Operand, visit: &mut dyn FnMut(&Operand)) {
    visit(one);
    match one {
        Operand::Path(_, keys) => keys.iter().for_each(|key| operand(key, visit)),
        Operand::Range(from, to) => {
            operand(from, visit);
            operand(to, visit);
        }
        Operand::Literal(_) | Operand::Empty => {}
    }
}
