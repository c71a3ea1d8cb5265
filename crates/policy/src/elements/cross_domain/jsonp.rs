//! `jsonp`. Source: reference/policies.md, chapters 2.10 and 10; corrections.md, 38.

use crate::check::Node;
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::message;
use crate::operand::Dynamic;
use crate::url::query_value;
use bytes::Bytes;
use smol_str::SmolStr;

pub static SHAPE: Shape = Shape {
    name: "jsonp",
    doc: "Makes a JSON response a script that calls the function which the client names in a query parameter. Without \
          the parameter the response stays as it is; a name that is no JavaScript identifier is answered with 400.",
    attributes: &[
        Attr::new("callback-parameter-name", Kind::Name, "The query parameter of the client's request.").required()
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "cross-domain",
    sections: Sections::of("o"),
    scopes: Scopes::ALL,
    once: true,
    emit,
    example: r#"<jsonp callback-parameter-name="callback" />"#,
};

#[derive(Debug)]
struct Jsonp {
    parameter: Dynamic<SmolStr>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = Jsonp { parameter: node.text_of("callback-parameter-name")? };
    emitter.step_reading(node, emitter.own_body(), step)
}

impl Step for Jsonp {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let parameter = self.parameter.get(&exchange.context)?;
        let query = exchange.context.request.original_url.query().unwrap_or_default();
        let Some(callback) = query_value(query, &parameter) else { return Ok(Next::Continue) };
        if !is_identifier(&callback) {
            let message = format!("Value of callback parameter {parameter} is not a valid JavaScript identifier.");
            let fault = Fault::new("", 400, message.clone()).with_reason(Reason::CallbackParameterInvalid);
            return Err(fault.with_public_message(message));
        }
        // JSON may hold two characters that end a line in JavaScript.
        let json = message::text(&exchange.context, Side::Response);
        let json = json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
        let script = Bytes::from(format!("{callback}({json});"));
        message::replace(exchange, Side::Response, script, Some("application/javascript"));
        Ok(Next::Continue)
    }
}

fn is_identifier(text: &str) -> bool {
    const RESERVED: [&str; 38] = [
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "var",
    ];
    let mut chars = text.chars();
    let starts = chars.next().is_some_and(|c| c.is_alphabetic() || matches!(c, '$' | '_'));
    starts && chars.all(|c| c.is_alphanumeric() || matches!(c, '$' | '_')) && !RESERVED.contains(&text)
}
