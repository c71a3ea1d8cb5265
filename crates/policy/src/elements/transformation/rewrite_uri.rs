//! `rewrite-uri`. Source: reference/policies.md, chapter 9.

use super::set_query_parameter::{named, pairs};
use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use crate::url::{QUERY_VALUE, SEGMENT};
use percent_encoding::utf8_percent_encode;
use smol_str::SmolStr;

pub static SHAPE: Shape = Shape {
    name: "rewrite-uri",
    doc: "Replaces path and query of the request that goes to the backend; the backend's base path stays in front.",
    attributes: &[
        Attr::new(
            "template",
            Kind::Name,
            "Starts with `/`; `{name}` stands for a parameter of the operation's template.",
        )
        .required(),
        Attr::new(
            "copy-unmatched-params",
            Kind::Bool,
            "Whether query parameters that the operation's template does not name are appended.",
        )
        .default("true"),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "transformation",
    sections: Sections::of("ib"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<rewrite-uri template="/v2/facts?limit=1" copy-unmatched-params="false" />"#,
};

#[derive(Debug)]
struct RewriteUri {
    template: Dynamic<SmolStr>,
    copies: Dynamic<bool>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let template = node.text_of("template")?;
    if template.fixed().is_some_and(|template| !template.starts_with('/')) {
        emitter.warn(node, "the template of `rewrite-uri` does not start with `/`", "start it with `/`");
    }
    emitter.step(node, RewriteUri { template, copies: node.bool_of("copy-unmatched-params")? })
}

impl Step for RewriteUri {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let template = self.template.get(&exchange.context)?;
        let mut rewritten = fill(&template, exchange)?;
        if self.copies.get(&exchange.context)? {
            let operation = exchange.context.operation.as_deref();
            let consumed =
                operation.and_then(|operation| operation.url_template.split_once('?')).map_or("", |(_, query)| query);
            let mut separator = if rewritten.contains('?') { '&' } else { '?' };
            let query = exchange.relative_url().split_once('?').map_or("", |(_, query)| query);
            for pair in pairs(query) {
                if pairs(consumed).any(|known| named(pair, known.split('=').next().unwrap_or(known))) {
                    continue;
                }
                if !rewritten.ends_with(['?', '&']) {
                    rewritten.push(separator);
                }
                separator = '&';
                rewritten.push_str(pair);
            }
        }
        if exchange.set_relative_url(&rewritten) {
            Ok(Next::Continue)
        } else {
            Err(Fault::new("", 500, format!("`{rewritten}` is not a path and query")))
        }
    }
}

/// Puts matched parameters in place of `{name}`. Braces that name none stay.
fn fill(template: &str, exchange: &Exchange) -> Result<String, Fault> {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        let Some(length) = rest[start..].find('}') else { break };
        let name = rest[start + 1..start + length].trim_start_matches('*');
        let parameters = &exchange.context.request.matched_parameters;
        let value = parameters.iter().find(|(known, _)| known.trim_start_matches('*').eq_ignore_ascii_case(name));
        out.push_str(&rest[..start]);
        match value {
            Some((_, value)) if out.contains('?') => out.extend(utf8_percent_encode(value, QUERY_VALUE)),
            Some((_, value)) => out.extend(utf8_percent_encode(value.trim_start_matches('/'), SEGMENT)),
            None => out.push_str(&rest[start..=start + length]),
        }
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    Ok(out)
}
