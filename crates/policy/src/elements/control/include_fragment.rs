//! `include-fragment`: the fragment's policies are compiled in place. Source: reference/policies.md,
//! chapter 2.4; fragments inside fragments are allowed here.

use crate::check::Node;
use crate::document;
use crate::emit::{Emitter, Origin};
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use tollgate_error::{Code, Diagnostic};

pub static SHAPE: Shape = Shape {
    name: "include-fragment",
    doc: "Inserts the policies of a stored fragment at this place.",
    attributes: &[Attr::new("fragment-id", Kind::Name, "The fragment's name.").required().literal()],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "control",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<include-fragment fragment-id="example" />"#,
};

/// Fragments inside fragments; Azure allows none, real trees are shallow.
const DEPTH_MAX: usize = 10;

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let id = node.literal_of("fragment-id")?;
    emitter.uses().fragments.insert(id.to_string());
    if !emitter.including.contains(&id) && emitter.including.len() >= DEPTH_MAX {
        let message = format!("fragments stand in one another more than {DEPTH_MAX} deep");
        emitter.error(Code::POLICY_FRAGMENT_CYCLE, node, message);
        return None;
    }
    if emitter.including.contains(&id) {
        let chain: Vec<&str> = emitter.including.iter().map(|id| id.as_str()).chain([id.as_str()]).collect();
        let message = format!("fragments include each other: {}", chain.join(" → "));
        emitter.error(Code::POLICY_FRAGMENT_CYCLE, node, message);
        return None;
    }
    let Some(text) = emitter.sources().fragment(&id) else {
        emitter.error(Code::POLICY_FRAGMENT_MISSING, node, format!("there is no fragment `{id}`"));
        return None;
    };
    let include = emitter.origin().fragment.as_ref().map_or(node.element.span, |(_, include)| *include);
    let parsed = document::parse(&text);
    let origin = Origin::new(text, Some((id.clone(), include)));
    let before = emitter.errors();
    emitter.including.push(id);
    emitter.within(origin, |emitter| {
        for found in parsed.diagnostics {
            emitter.report(found);
        }
        match parsed.root {
            Some(root) if root.name == "fragment" => emitter.policies(&root),
            Some(root) => {
                let message = format!("the root element is `{}`, not `fragment`", root.name);
                emitter.report(Diagnostic::error(Code::POLICY_ELEMENT_UNKNOWN, root.name_span, message));
            }
            None => {}
        }
    });
    emitter.including.pop();
    (emitter.errors() == before).then_some(())
}
