//! `return-response`. Source: reference/policies.md, chapters 2.9 and 9.

use super::set_body::{self, NewBody, say_utf8};
use super::set_header::{self, HeaderEdit};
use super::set_status::{self, Status};
use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::{Exchange, empty_response, frame};
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use smol_str::SmolStr;
use tollgate_expression::context::BodyState;

pub static SHAPE: Shape = Shape {
    name: "return-response",
    doc: "Answers at once: no further policy of any section runs. The answer is the response in the named \
          variable, or an empty 200, changed by the children.",
    attributes: &[Attr::new(
        "response-variable-name",
        Kind::Name,
        "A variable that holds a response of `send-request`.",
    )
    .literal()],
    content: Content::Set(&[
        Child::optional(&set_status::SHAPE),
        Child::any(&set_header::SHAPE),
        Child::optional(&set_body::SHAPE),
    ]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "transformation",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<return-response>
  <set-status code="401" reason="Unauthorized" />
  <set-header name="WWW-Authenticate"><value>Bearer error="invalid_token"</value></set-header>
  <set-body>no</set-body>
</return-response>"#,
};

#[derive(Debug)]
struct ReturnResponse {
    variable: Option<SmolStr>,
    status: Option<Status>,
    headers: Vec<HeaderEdit>,
    body: Option<NewBody>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let status = match node.child("set-status") {
        Some(child) => Some(Status::new(child)?),
        None => None,
    };
    let headers = node.children_named("set-header").map(HeaderEdit::new).collect::<Option<Vec<_>>>()?;
    let body = match node.child("set-body") {
        Some(child) => Some(NewBody::new(child, None, emitter)?),
        None => None,
    };
    emitter.step(node, ReturnResponse { variable: node.literal_of("response-variable-name"), status, headers, body })
}

impl Step for ReturnResponse {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let mut response = match &self.variable {
            None => empty_response(),
            Some(name) => crate::response_value::take(context, name)?,
        };
        if let Some(status) = &self.status {
            status.apply(context, &mut response)?;
        }
        for edit in &self.headers {
            edit.evaluate(context)?.apply(&mut response.headers);
        }
        if let Some(body) = &self.body {
            let content = body.evaluate(context)?;
            frame(&mut response.headers, content.len());
            say_utf8(&mut response.headers);
            response.body.set(BodyState::Buffered(content));
        }
        exchange.response_body = None;
        exchange.context.response = Some(response);
        Ok(Next::Respond)
    }
}
