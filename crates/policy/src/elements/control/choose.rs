//! `choose`. Source: reference/policies.md, chapter 14.

use crate::check::Node;
use crate::emit::Emitter;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};

pub static WHEN: Shape = Shape {
    name: "when",
    doc: "A branch that runs when its condition is the first that holds.",
    attributes: &[Attr::new("condition", Kind::Bool, "The condition.").required()],
    content: Content::Policies,
};

pub static OTHERWISE: Shape = Shape {
    name: "otherwise",
    doc: "The branch that runs when no condition holds.",
    attributes: &[],
    content: Content::Policies,
};

pub static SHAPE: Shape = Shape {
    name: "choose",
    doc: "Runs the first branch whose condition holds.",
    attributes: &[],
    content: Content::Children(&[Child::some(&WHEN), Child::optional(&OTHERWISE)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "control",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<choose>
  <when condition="@(context.Request.Method == &quot;GET&quot;)"><set-variable name="kind" value="read" /></when>
  <otherwise><set-variable name="kind" value="write" /></otherwise>
</choose>"#,
};

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let mut ends = Vec::new();
    let last = node.children.len() - 1;
    for (position, branch) in node.children.iter().enumerate() {
        let outer = emitter.part(branch.element, position, "choose");
        let skip = match branch.shape.name {
            "when" => Some(emitter.jump_unless(branch, branch.bool_of("condition")?)),
            _ => None,
        };
        emitter.policies(branch.element);
        if position < last {
            ends.push(emitter.jump());
        }
        if let Some(skip) = skip {
            emitter.land(skip);
        }
        emitter.leave();
        emitter.place = outer;
    }
    for end in ends {
        emitter.land(end);
    }
    Some(())
}
