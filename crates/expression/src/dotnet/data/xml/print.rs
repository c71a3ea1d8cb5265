//! Trees as text: `XNode.ToString` over `XmlWriter`, with its white space and its namespaces.

use super::name::{XMLNS, XName, is_xml_char};
use super::node::{Kind, Node, XDocumentType};
use super::scope::{Declared, Scopes};
use super::{NodeKind, XNode};
use crate::dotnet::data::error::{DotnetError, Result};
use smol_str::SmolStr;
use std::rc::Rc;

/// How a tree is laid out. The default is `SaveOptions.DisableFormatting`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    /// Two blanks a level and `\n`, none within mixed content.
    pub indented: bool,
    /// `SaveOptions.OmitDuplicateNamespaces`.
    pub omit_duplicates: bool,
}

impl Layout {
    pub const INDENTED: Layout = Layout { indented: true, omit_duplicates: false };
}

impl XNode {
    /// `ToString()`: without the declaration.
    ///
    /// # Errors
    /// `ArgumentException` for a character that XML cannot hold, `XmlException` for a prefix that
    /// stands for two namespaces in one tag.
    pub fn to_xml(&self, layout: Layout) -> Result<String> {
        let mut printer = Printer::new(layout);
        match &self.node.kind {
            Kind::Attribute { name, value } => {
                let prefix = self.parent().and_then(|element| element.prefix_of_namespace(&name.namespace));
                let prefix = printer.scopes.attribute_prefix(prefix, &name.namespace)?;
                printer.attribute(&qualified(&prefix, &name.local), &value.borrow())?;
                return Ok(printer.out.trim().to_owned());
            }
            Kind::Document { .. } => printer.nodes(self)?,
            _ => printer.tree(self)?,
        }
        Ok(printer.out)
    }

    /// `Save` to a writer of an encoding: the declaration, then the tree.
    ///
    /// # Errors
    /// As [`XNode::to_xml`].
    pub fn save_text(&self, layout: Layout, encoding: &str) -> Result<String> {
        let mut printer = Printer::new(layout);
        printer.out.push_str(&format!("<?xml version=\"1.0\" encoding=\"{encoding}\""));
        let standalone = self.declaration().and_then(|declaration| declaration.borrow().standalone.clone());
        if let Some(standalone) = standalone.filter(|value| value == "yes" || value == "no") {
            printer.out.push_str(&format!(" standalone=\"{standalone}\""));
        }
        printer.out.push_str("?>");
        match &self.node.kind {
            Kind::Document { .. } => printer.nodes(self)?,
            _ => printer.tree(self)?,
        }
        Ok(printer.out)
    }

    /// Whether the node prints as text of its parent.
    pub fn is_text(&self) -> bool {
        matches!(self.kind(), NodeKind::Text | NodeKind::CData)
    }
}

struct Printer {
    out: String,
    layout: Layout,
    /// Whether text stood among the nodes of the current element so far.
    mixed: bool,
    /// Where the content of the innermost start tag begins, to see that nothing followed it.
    content_at: usize,
    scopes: Scopes,
}

struct Open {
    node: Rc<Node>,
    next: usize,
    qualified: String,
    mixed_outside: bool,
}

impl Printer {
    fn new(layout: Layout) -> Printer {
        let scopes = Scopes::new(layout.omit_duplicates);
        Printer { out: String::new(), layout, mixed: false, content_at: usize::MAX, scopes }
    }

    /// The nodes of a document.
    fn nodes(&mut self, document: &XNode) -> Result<()> {
        for node in document.nodes() {
            if let Kind::Text(text) = &node.node.kind {
                self.mixed = true;
                self.out.push_str(&text.borrow());
            } else {
                self.tree(&node)?;
            }
        }
        Ok(())
    }

    fn tree(&mut self, root: &XNode) -> Result<()> {
        // Namespaces of the elements above give prefixes, but are not on the output.
        root.ancestors(None).iter().for_each(|element| self.scopes.declare_above(element));
        let mut open: Vec<Open> = Vec::new();
        self.begin(&root.node, &mut open)?;
        while let Some(top) = open.last_mut() {
            let child = top.node.children.borrow().get(top.next).cloned();
            top.next += 1;
            match child {
                Some(child) => self.begin(&child, &mut open)?,
                None => {
                    if let Some(done) = open.pop() {
                        self.end(&done, open.len());
                    }
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        if self.layout.indented && !self.mixed && !self.out.is_empty() {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", depth));
        }
    }

    fn begin(&mut self, node: &Rc<Node>, open: &mut Vec<Open>) -> Result<()> {
        match &node.kind {
            Kind::Element { name, self_closing, .. } => {
                self.line(open.len());
                let qualified = self.start_tag(node, &name.borrow())?;
                if node.children.borrow().is_empty() && self_closing.get() {
                    self.out.push_str(" />");
                    self.scopes.close();
                    return Ok(());
                }
                self.out.push('>');
                self.content_at = self.out.len();
                let mixed_outside = self.mixed;
                self.mixed &= !open.is_empty();
                open.push(Open { node: node.clone(), next: 0, qualified, mixed_outside });
            }
            Kind::Text(text) => {
                self.mixed = true;
                escape_text(&mut self.out, &text.borrow())?;
            }
            Kind::CData(text) => {
                self.mixed = true;
                self.out.push_str("<![CDATA[");
                self.raw(&text.borrow().replace("]]>", "]]]]><![CDATA[>"))?;
                self.out.push_str("]]>");
            }
            Kind::Comment(text) => {
                self.line(open.len());
                self.out.push_str("<!--");
                self.raw(&spaced_dashes(&text.borrow()))?;
                self.out.push_str("-->");
            }
            Kind::ProcessingInstruction { target, data } => {
                self.line(open.len());
                let data = data.borrow();
                let blank = if data.is_empty() { "" } else { " " };
                self.out.push_str(&format!("<?{}{blank}", target.borrow()));
                self.raw(&data.replace("?>", "? >"))?;
                self.out.push_str("?>");
            }
            Kind::DocumentType(content) => {
                self.line(open.len());
                self.document_type(&content.borrow());
            }
            Kind::Attribute { .. } | Kind::Document { .. } => {}
        }
        Ok(())
    }

    fn document_type(&mut self, content: &XDocumentType) {
        let XDocumentType { name, public_id, system_id, internal } = content;
        self.out.push_str(&format!("<!DOCTYPE {name}"));
        match (public_id, system_id) {
            (Some(public), system) => {
                let system = system.as_deref().unwrap_or_default();
                self.out.push_str(&format!(" PUBLIC \"{public}\" \"{system}\""));
            }
            (None, Some(system)) => self.out.push_str(&format!(" SYSTEM \"{system}\"")),
            (None, None) => self.out.push(' '),
        }
        if let Some(internal) = internal {
            self.out.push_str(&format!("[{internal}]"));
        }
        self.out.push('>');
    }

    fn end(&mut self, done: &Open, depth: usize) {
        if self.content_at != self.out.len() {
            self.line(depth);
        }
        self.mixed = done.mixed_outside;
        self.out.push_str("</");
        self.out.push_str(&done.qualified);
        self.out.push('>');
        self.scopes.close();
    }

    /// Writes `<name attributes`, with the declarations that are missing after the attributes.
    fn start_tag(&mut self, node: &Rc<Node>, name: &XName) -> Result<String> {
        let element = XNode::root_of(node.clone());
        let prefix = self.scopes.open(&element, name)?;
        let tag = qualified(&prefix, &name.local);
        self.out.push('<');
        self.out.push_str(&tag);
        for attribute in element.attributes() {
            let Some(name) = attribute.name() else { continue };
            let value = attribute.value();
            if name.is_declaration() {
                let prefix = if name.namespace == XMLNS { name.local.as_str() } else { "" };
                if self.scopes.declare(prefix, &value)? == Declared::Written {
                    self.declaration(prefix, &value)?;
                }
                continue;
            }
            let known = self.scopes.known_prefix(&name.namespace, false);
            let prefix = self.scopes.attribute_prefix(known, &name.namespace)?;
            self.attribute(&qualified(&prefix, &name.local), &value)?;
        }
        for (prefix, namespace) in self.scopes.missing() {
            self.declaration(&prefix, &namespace)?;
        }
        Ok(tag)
    }

    fn declaration(&mut self, prefix: &str, namespace: &str) -> Result<()> {
        if prefix.is_empty() {
            return self.attribute("xmlns", namespace);
        }
        self.attribute(&format!("xmlns:{prefix}"), namespace)
    }

    fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape_attribute(&mut self.out, value)?;
        self.out.push('"');
        Ok(())
    }

    /// Text without escapes; every line end becomes the writer's.
    fn raw(&mut self, text: &str) -> Result<()> {
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\r' if chars.peek() == Some(&'\n') => {}
                '\r' => self.out.push('\n'),
                c => push_checked(&mut self.out, c)?,
            }
        }
        Ok(())
    }
}

pub(super) fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}

/// A comment may hold no two dashes in a row and end with none.
fn spaced_dashes(text: &str) -> SmolStr {
    if !text.contains("--") && !text.ends_with('-') {
        return text.into();
    }
    let mut spaced = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if c == '-' && spaced.ends_with('-') {
            spaced.push(' ');
        }
        spaced.push(c);
    }
    if spaced.ends_with('-') {
        spaced.push(' ');
    }
    spaced.into()
}

fn push_checked(out: &mut String, c: char) -> Result<()> {
    if !is_xml_char(c) {
        let code = u32::from(c);
        let shown = if c == '\0' { '.' } else { c };
        let message = format!("'{shown}', hexadecimal value 0x{code:02X}, is an invalid character.");
        return Err(DotnetError::argument(message));
    }
    out.push(c);
    Ok(())
}

fn escape_text(out: &mut String, text: &str) -> Result<()> {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // `NewLineHandling.Replace`: every line end becomes the writer's.
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => out.push('\n'),
            _ => push_checked(out, c)?,
        }
    }
    Ok(())
}

fn escape_attribute(out: &mut String, text: &str) -> Result<()> {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            _ => push_checked(out, c)?,
        }
    }
    Ok(())
}
