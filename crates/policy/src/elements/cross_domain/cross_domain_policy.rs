//! `cross-domain`. Source: reference/policies.md, chapter 10.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::{Exchange, empty_response, frame};
use crate::fault::Fault;
use crate::grammar::{Content, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::plan::Preflight;
use bytes::Bytes;
use http::{HeaderValue, header};
use std::sync::Arc;
use tollgate_error::Code;
use tollgate_expression::context::{BodyState, Response};

/// Where clients of the Adobe format look.
pub const PATH: &str = "/crossdomain.xml";

pub static SHAPE: Shape = Shape {
    name: "cross-domain",
    doc: "Serves a policy file in Adobe's format at `/crossdomain.xml` of the gateway. It stands directly in inbound; \
          its content is one `cross-domain-policy` element.",
    attributes: &[],
    content: Content::Free,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "cross-domain",
    sections: Sections::of("i"),
    scopes: Scopes::of("g"),
    once: true,
    emit,
    example: r#"<cross-domain>
  <cross-domain-policy>
    <allow-http-request-headers-from domain="*" headers="*" />
  </cross-domain-policy>
</cross-domain>"#,
};

/// The policy file.
#[derive(Debug)]
pub struct PolicyFile(Bytes);

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let mut elements = node.element.elements();
    let (Some(policy), None) = (elements.next(), elements.next()) else {
        emitter.error(Code::POLICY_CHILD_MISSING, node, "element `cross-domain` needs one child `cross-domain-policy`");
        return None;
    };
    if policy.name != "cross-domain-policy" {
        let message = format!("element `cross-domain` holds `cross-domain-policy`, not `{}`", policy.name);
        emitter.error(Code::POLICY_ELEMENT_UNKNOWN, node, message);
        return None;
    }
    if !emitter.is_direct() {
        emitter.error(Code::POLICY_ELEMENT_MISPLACED, node, "`cross-domain` stands directly in inbound");
        return None;
    }
    let source = emitter.source_text();
    let text = source.get(policy.span.start as usize..policy.span.end as usize).unwrap_or_default();
    let file = Arc::new(PolicyFile(Bytes::from(format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{text}"))));
    emitter.preflight.push(Preflight::CrossDomain(Arc::clone(&file)));
    emitter.step(node, file)
}

impl PolicyFile {
    pub fn answer(&self) -> Response {
        let mut response = empty_response();
        frame(&mut response.headers, self.0.len());
        response.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/x-cross-domain-policy"));
        response.body.set(BodyState::Buffered(self.0.clone()));
        response
    }
}

/// Requests to APIs pass.
impl Step for Arc<PolicyFile> {
    fn run(&self, _: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        Ok(Next::Continue)
    }
}
