//! Walks over the tree as .NET's iterators do them: each step looks at the tree as it is by then.

use super::node::is_named;
use super::{XName, XNode};
use crate::dotnet::data::error::Result;

/// Gives the next node, or none at the end.
pub type Walk = Box<dyn FnMut() -> Result<Option<XNode>>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    Nodes,
    DescendantNodes,
    DescendantNodesAndSelf,
    /// Of elements: the elements above.
    Ancestors,
    AncestorsAndSelf,
    NodesAfterSelf,
    NodesBeforeSelf,
    Attributes,
}

impl XNode {
    pub fn walk(&self, axis: Axis) -> Walk {
        let top = self.clone();
        match axis {
            Axis::Nodes => steps(self.node_at(0), move |node| {
                Ok(if node.parent_node().as_ref() == Some(&top) { node.next_node() } else { None })
            }),
            Axis::DescendantNodes => descendants(top, false),
            Axis::DescendantNodesAndSelf => descendants(top, true),
            Axis::Ancestors => steps(self.parent(), |node| Ok(node.parent())),
            Axis::AncestorsAndSelf => steps(Some(top), |node| Ok(node.parent())),
            Axis::NodesAfterSelf => steps(self.next_node(), |node| Ok(node.next_node())),
            Axis::NodesBeforeSelf => {
                let parent = self.parent_node();
                let first = parent.as_ref().and_then(|parent| parent.node_at(0)).filter(|first| *first != top);
                steps(first, move |node| {
                    let next = if node.parent_node() == parent { node.next_node() } else { None };
                    Ok(next.filter(|next| *next != top))
                })
            }
            Axis::Attributes => {
                let first = self.first_attribute();
                steps(first, move |attribute| {
                    Ok(if attribute.parent().as_ref() == Some(&top) { attribute.next_attribute() } else { None })
                })
            }
        }
    }

    /// The elements (or attributes) of a walk, those of a name where one is given.
    pub fn walk_named(&self, axis: Axis, name: Option<XName>) -> Walk {
        let mut walk = self.walk(axis);
        Box::new(move || {
            while let Some(node) = walk()? {
                let fits = if axis == Axis::Attributes {
                    name.as_ref().is_none_or(|name| node.name().as_ref() == Some(name))
                } else {
                    is_named(&node.node, name.as_ref())
                };
                if fits {
                    return Ok(Some(node));
                }
            }
            Ok(None)
        })
    }

    /// `FirstAttribute`.
    pub fn first_attribute(&self) -> Option<XNode> {
        self.attributes().into_iter().next()
    }

    /// `NextAttribute`.
    pub fn next_attribute(&self) -> Option<XNode> {
        let all = self.parent()?.attributes();
        let at = all.iter().position(|attribute| attribute == self)?;
        all.into_iter().nth(at + 1)
    }

    /// `PreviousAttribute`.
    pub fn previous_attribute(&self) -> Option<XNode> {
        let all = self.parent()?.attributes();
        let at = all.iter().position(|attribute| attribute == self)?;
        all.into_iter().nth(at.checked_sub(1)?)
    }
}

/// The first node, then what follows each; the next step is taken only when asked for.
fn steps(first: Option<XNode>, mut next: impl FnMut(&XNode) -> Result<Option<XNode>> + 'static) -> Walk {
    let mut first = first;
    let mut current: Option<XNode> = None;
    Box::new(move || {
        current = match (first.take(), current.take()) {
            (Some(first), _) => Some(first),
            (None, Some(node)) => next(&node)?,
            (None, None) => None,
        };
        Ok(current.clone())
    })
}

fn descendants(top: XNode, with_self: bool) -> Walk {
    let mut current: Option<XNode> = None;
    let mut is_started = false;
    Box::new(move || {
        current = match current.take() {
            Some(node) => node.following(&top)?,
            None if is_started => None,
            None if with_self => Some(top.clone()),
            None => top.following(&top)?,
        };
        is_started = true;
        Ok(current.clone())
    })
}
