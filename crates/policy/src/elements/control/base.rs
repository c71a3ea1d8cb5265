//! `base`. Source: reference/policies.md, chapter 2.2.

use crate::check::Node;
use crate::emit::Emitter;
use crate::grammar::{Content, Policy, Scopes, Sections, Shape};
use crate::plan::{Preflight, ScopeKind};
use tollgate_error::Code;

pub static SHAPE: Shape = Shape {
    name: "base",
    doc: "Runs the same section of the next broader scope that has a document.",
    attributes: &[],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "control",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: "<base />",
};

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    if emitter.is_in_fragment() {
        emitter.error(Code::POLICY_BASE_MISPLACED, node, "`base` may not stand in a fragment");
        return None;
    }
    if emitter.scope == ScopeKind::Global {
        emitter.error(
            Code::POLICY_BASE_MISPLACED,
            node,
            "`base` may not stand in the global document: no scope is broader",
        );
        return None;
    }
    if !emitter.is_direct() {
        emitter.error(Code::POLICY_BASE_MISPLACED, node, "`base` may only stand directly in a section");
        return None;
    }
    emitter.preflight.push(Preflight::Base);
    emitter.base();
    Some(())
}
