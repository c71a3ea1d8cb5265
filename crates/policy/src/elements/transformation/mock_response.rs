//! `mock-response`. Source: reference/policies.md, chapter 9; corrections.md, 33.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::{Exchange, empty_response, frame};
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use http::{HeaderValue, header};
use smol_str::SmolStr;
use tollgate_expression::context::BodyState;

pub static SHAPE: Shape = Shape {
    name: "mock-response",
    doc: "Answers at once with the operation's example for a status, a sample made from its schema, or an empty body.",
    attributes: &[
        Attr::new("status-code", Kind::STATUS, "The status of the answer.").literal().default("200"),
        Attr::new("content-type", Kind::Name, "Which of the operation's content types; the first when left out.")
            .literal(),
        Attr::new("index", Kind::COUNT, "Which example, from 0.").literal().default("0"),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "transformation",
    sections: Sections::of("ioe"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<mock-response status-code="200" content-type="application/json" />"#,
};

#[derive(Debug)]
struct MockResponse {
    status_code: u16,
    content_type: Option<SmolStr>,
    index: usize,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = MockResponse {
        status_code: node.literal_of("status-code")?.parse().ok()?,
        content_type: node.literal_of("content-type"),
        index: node.literal_of("index")?.parse().ok()?,
    };
    emitter.uses().api_schemas = true;
    emitter.step(node, step)
}

impl Step for MockResponse {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let mut response = empty_response();
        response.status_code = self.status_code;
        let definition = ports.definition(&exchange.context);
        let content_type = self.content_type.as_deref();
        let mock = definition.and_then(|definition| definition.mock(self.status_code, content_type, self.index));
        if let Some(mock) = mock {
            frame(&mut response.headers, mock.body.len());
            if let Ok(value) = HeaderValue::from_str(&mock.content_type) {
                response.headers.insert(header::CONTENT_TYPE, value);
            }
            response.body.set(BodyState::Buffered(mock.body));
        }
        exchange.response_body = None;
        exchange.context.response = Some(response);
        Ok(Next::Respond)
    }
}
