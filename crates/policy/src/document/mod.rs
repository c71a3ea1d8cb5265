//! A policy document as a tree with places: raw and escaped XML alike.
//!
//! This module knows XML and where expressions begin and end; it knows no policy.
//! Source: reference/policies.md, chapters 2.1 and 2.6.

mod convert;
mod parse;
mod source;

pub use convert::{to_rawxml, to_xml};
pub(crate) use parse::starts_expression;
pub use parse::{Parsed, parse};
pub use source::Text;

use tollgate_error::Span;

/// Longest document or fragment, in bytes. Azure's documented limit for fragments.
pub const DOCUMENT_BYTES_MAX: usize = 512 * 1024;

/// Deepest nesting of elements. Real documents stay under 20; the limit bounds every recursion
/// over the tree.
pub const NESTING_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub name_span: Span,
    /// From `<` of the start tag to `>` of the end tag.
    pub span: Span,
    /// Between the tags; empty for `<a/>`.
    pub inner: Span,
    pub attributes: Vec<Attribute>,
    pub children: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub name_span: Span,
    pub value: Text,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Element(Element),
    Text(Text),
    /// Comments and processing instructions.
    Aside(Span),
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            _ => None,
        })
    }

    pub fn has_elements(&self) -> bool {
        self.elements().next().is_some()
    }

    /// The character data directly inside, comments left out.
    pub fn text(&self) -> Text {
        let mut all = Text::empty(self.inner);
        for node in &self.children {
            if let Node::Text(text) = node {
                all.append(text);
            }
        }
        all
    }

    /// The content as it stands in the source, tags included and comments cut out. Nothing is
    /// decoded (XML in a `set-body` is taken literally).
    pub fn inner_source(&self, source: &str) -> Text {
        let mut asides = Vec::new();
        collect_asides(self, &mut asides);
        let mut all = Text::empty(self.inner);
        let mut at = self.inner.start;
        for aside in asides {
            all.append(&Text::verbatim(source, Span { start: at, end: aside.start }));
            at = aside.end;
        }
        all.append(&Text::verbatim(source, Span { start: at, end: self.inner.end }));
        all
    }
}

fn collect_asides(element: &Element, out: &mut Vec<Span>) {
    for node in &element.children {
        match node {
            Node::Aside(span) => out.push(*span),
            Node::Element(child) => collect_asides(child, out),
            Node::Text(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
