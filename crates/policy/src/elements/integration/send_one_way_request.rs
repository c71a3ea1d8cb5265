//! `send-one-way-request`. Source: reference/policies.md, chapter 11.

use super::send_request::{CHILDREN, Call, MODE, TIMEOUT};
use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Content, Policy, Scopes, Sections, Shape};
use crate::host::Host;
use crate::instruction::Next;
use std::fmt;

pub static SHAPE: Shape = Shape {
    name: "send-one-way-request",
    doc: "Calls another service without waiting for its answer; failures are not seen.",
    attributes: &[MODE, TIMEOUT],
    content: Content::Set(CHILDREN),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "integration",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<send-one-way-request mode="new">
  <set-url>https://hooks.example.com/seen</set-url>
  <set-method>POST</set-method>
  <set-body>seen</set-body>
</send-one-way-request>"#,
};

pub struct SendOneWayRequest(Call);

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let call = Call::new(node, emitter)?;
    let reads = call.reads();
    emitter.wait_reading(node, reads, Wait::SendOneWayRequest(SendOneWayRequest(call)))
}

impl SendOneWayRequest {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let request = self.0.request(exchange, host).await?;
        host.send_detached(request).await;
        Ok(Next::Continue)
    }
}

impl fmt::Debug for SendOneWayRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
