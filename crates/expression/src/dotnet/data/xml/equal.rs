//! `XNode.DeepEquals`.

use super::XNode;
use super::node::{Kind, Node};
use std::rc::Rc;

/// `XNode.DeepEquals`; `None` is C#'s null. Attributes compare in order, neighbouring texts as one.
pub fn deep_equals(a: Option<&XNode>, b: Option<&XNode>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
    let mut pending = vec![(a.node.clone(), b.node.clone())];
    while let Some((a, b)) = pending.pop() {
        if !same_node(&a, &b) || !pair_content(&a, &b, &mut pending) {
            return false;
        }
    }
    true
}

/// Compares two nodes without what they contain.
fn same_node(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Document { .. }, Kind::Document { .. }) => true,
        (Kind::Element { name: an, attributes: aa, .. }, Kind::Element { name: bn, attributes: ba, .. }) => {
            let (aa, ba) = (aa.borrow(), ba.borrow());
            *an.borrow() == *bn.borrow()
                && aa.len() == ba.len()
                && aa.iter().zip(ba.iter()).all(|(a, b)| same_node(a, b))
        }
        (Kind::Attribute { name: an, value: av }, Kind::Attribute { name: bn, value: bv }) => {
            an == bn && *av.borrow() == *bv.borrow()
        }
        (Kind::Text(a), Kind::Text(b)) | (Kind::CData(a), Kind::CData(b)) | (Kind::Comment(a), Kind::Comment(b)) => {
            *a.borrow() == *b.borrow()
        }
        (
            Kind::ProcessingInstruction { target: at, data: ad },
            Kind::ProcessingInstruction { target: bt, data: bd },
        ) => *at.borrow() == *bt.borrow() && *ad.borrow() == *bd.borrow(),
        (Kind::DocumentType(a), Kind::DocumentType(b)) => *a.borrow() == *b.borrow(),
        _ => false,
    }
}

/// Puts aside the child nodes that have to be equal in pairs, and compares the texts between them.
fn pair_content(a: &Rc<Node>, b: &Rc<Node>, pending: &mut Vec<(Rc<Node>, Rc<Node>)>) -> bool {
    if is_bare(a) != is_bare(b) {
        return false;
    }
    let (a, b) = (a.children.borrow(), b.children.borrow());
    let (mut at, mut bt) = (0, 0);
    loop {
        if collect_text(&a, &mut at) != collect_text(&b, &mut bt) {
            return false;
        }
        match (a.get(at), b.get(bt)) {
            (None, None) => return true,
            (Some(a), Some(b)) => pending.push((a.clone(), b.clone())),
            _ => return false,
        }
        at += 1;
        bt += 1;
    }
}

/// No content at all, not even an empty text: printed as `<a />`.
fn is_bare(node: &Rc<Node>) -> bool {
    XNode::root_of(node.clone()).is_empty_element()
}

fn collect_text(nodes: &[Rc<Node>], at: &mut usize) -> String {
    let mut text = String::new();
    while let Some(Kind::Text(part)) = nodes.get(*at).map(|node| &node.kind) {
        text.push_str(&part.borrow());
        *at += 1;
    }
    text
}
