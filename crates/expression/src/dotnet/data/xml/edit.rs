//! Changing the tree: what `XContainer`, `XElement` and `XNode` offer.

use super::name::{XML, XMLNS, is_xml_blank};
use super::node::{Kind, Node};
use super::{NodeKind, SharedDeclaration, XDocumentType, XName, XNode};
use crate::dotnet::data::error::{DotnetError, Result};
use smol_str::SmolStr;
use std::rc::Rc;

impl XNode {
    /// `XDocument.Declaration = …`.
    pub fn set_declaration(&self, value: Option<SharedDeclaration>) {
        if let Kind::Document { declaration } = &self.node.kind {
            *declaration.borrow_mut() = value;
        }
    }

    /// `XElement.Name = name`.
    pub fn set_name(&self, new: XName) {
        if let Kind::Element { name, .. } = &self.node.kind {
            *name.borrow_mut() = new;
        }
    }

    /// `XProcessingInstruction.Target = name`.
    pub fn set_target(&self, new: &str) {
        if let Kind::ProcessingInstruction { target, .. } = &self.node.kind {
            *target.borrow_mut() = new.into();
        }
    }

    /// Changes what a document type says.
    pub fn change_type(&self, change: impl FnOnce(&mut XDocumentType)) {
        if let Kind::DocumentType(content) = &self.node.kind {
            change(&mut content.borrow_mut());
        }
    }

    /// `Value = text`; an element loses its nodes.
    ///
    /// # Errors
    /// `ArgumentException` for a namespace declaration that may not be.
    pub fn set_value(&self, new: &str) -> Result<()> {
        match &self.node.kind {
            Kind::Attribute { name, value } => {
                verify_declaration(name, new)?;
                *value.borrow_mut() = new.into();
            }
            Kind::Text(text) | Kind::CData(text) | Kind::Comment(text) => *text.borrow_mut() = new.into(),
            Kind::ProcessingInstruction { data, .. } => *data.borrow_mut() = new.into(),
            Kind::Element { .. } => {
                self.remove_nodes();
                self.add_text(new)?;
            }
            Kind::Document { .. } | Kind::DocumentType(_) => {}
        }
        Ok(())
    }

    /// `Add(content)`.
    ///
    /// # Errors
    /// `InvalidOperationException` for a second attribute of a name or a second root,
    /// `ArgumentException` for what the container cannot hold.
    pub fn add_content(&self, content: &Content) -> Result<()> {
        match content {
            Content::Text(text) => self.add_text(text),
            Content::Node(node) => self.add(node),
        }
    }

    /// Puts a node without a parent at the end, whatever stands there: the tree that a transformation
    /// makes may be a fragment with text at its top.
    pub fn push(&self, node: &XNode) {
        let count = self.node.children.borrow().len();
        self.attach(count, node.node.clone());
    }

    /// `Add("text")`: joins a text at the end.
    ///
    /// # Errors
    /// `ArgumentException` for text other than blanks in a document.
    pub fn add_text(&self, text: &str) -> Result<()> {
        self.validate_text(text)?;
        if let Kind::Element { self_closing, .. } = &self.node.kind {
            self_closing.set(false);
        }
        if text.is_empty() {
            return Ok(());
        }
        let last = self.node.children.borrow().last().cloned();
        if !last.is_some_and(|node| join(&node, text)) {
            self.attach(usize::MAX, XNode::text(text).node.clone());
        }
        Ok(())
    }

    /// `Add(node or attribute)`. What has a parent is copied.
    ///
    /// # Errors
    /// As [`XNode::add_content`].
    pub fn add(&self, item: &XNode) -> Result<()> {
        if item.kind() == NodeKind::Attribute {
            return self.add_attribute(item);
        }
        self.validate(item, Before::All)?;
        self.attach(usize::MAX, self.owned(item).node.clone());
        Ok(())
    }

    fn add_attribute(&self, item: &XNode) -> Result<()> {
        let Kind::Element { attributes, .. } = &self.node.kind else { return Err(no_attribute()) };
        if item.name().is_some_and(|name| self.attribute_named(&name).is_some()) {
            return Err(DotnetError::invalid_operation("Duplicate attribute."));
        }
        let item = if item.node.parent().is_some() { item.deep_clone() } else { item.clone() };
        item.node.set_parent(&self.node);
        attributes.borrow_mut().push(item.node.clone());
        Ok(())
    }

    /// The node itself, or a copy where it has a parent or would come to be in itself.
    fn owned(&self, item: &XNode) -> XNode {
        let above = item.node.parent().is_some() || self.root_node() == *item;
        if above { item.deep_clone() } else { item.clone() }
    }

    fn validate_text(&self, text: &str) -> Result<()> {
        if matches!(self.node.kind, Kind::Document { .. }) && !text.chars().all(is_xml_blank) {
            return Err(DotnetError::argument("Non-whitespace characters cannot be added to content."));
        }
        Ok(())
    }

    /// Whether a node may stand here, after the nodes that `before` tells.
    fn validate(&self, item: &XNode, before: Before) -> Result<()> {
        let refused = |kind: &str| {
            let message = format!("A node of type {kind} cannot be added to content.");
            Err(DotnetError::argument(message))
        };
        match (&self.node.kind, item.kind()) {
            (Kind::Document { .. } | Kind::Element { .. }, NodeKind::Document) => refused("Document"),
            (Kind::Element { .. }, NodeKind::DocumentType) => refused("DocumentType"),
            (Kind::Document { .. }, NodeKind::CData) => refused("CDATA"),
            (Kind::Document { .. }, NodeKind::Text) => self.validate_text(&item.value()),
            (Kind::Document { .. }, NodeKind::Element) => {
                self.validate_document(before, Some(NodeKind::DocumentType), None)
            }
            (Kind::Document { .. }, NodeKind::DocumentType) => {
                self.validate_document(before, None, Some(NodeKind::Element))
            }
            _ => Ok(()),
        }
    }

    /// One document type at most, then one element at most.
    fn validate_document(&self, before: Before, first: Option<NodeKind>, then: Option<NodeKind>) -> Result<()> {
        let split = match before {
            Before::All => usize::MAX,
            Before::Count(count) => count,
        };
        let mut allowed = if split == 0 { then } else { first };
        for (at, node) in self.nodes().iter().enumerate() {
            if matches!(node.kind(), NodeKind::Element | NodeKind::DocumentType) {
                if allowed != Some(node.kind()) {
                    let message = "This operation would create an incorrectly structured document.";
                    return Err(DotnetError::invalid_operation(message));
                }
                allowed = None;
            }
            if at + 1 == split {
                allowed = then;
            }
        }
        Ok(())
    }

    /// Puts a parentless node among the children, at the end where `at` is beyond it, without
    /// further questions.
    pub(super) fn attach(&self, at: usize, node: Rc<Node>) {
        if let Kind::Element { self_closing, .. } = &self.node.kind {
            self_closing.set(false);
        }
        node.set_parent(&self.node);
        let mut children = self.node.children.borrow_mut();
        let at = at.min(children.len());
        node.set_place(at);
        children.insert(at, node);
    }

    fn required_parent(&self) -> Result<XNode> {
        self.parent_node().ok_or_else(|| DotnetError::invalid_operation("The parent is missing."))
    }

    /// For `AddBeforeSelf`.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent.
    pub fn before_self(&self) -> Result<Inserter> {
        Ok(Inserter::new(self.required_parent()?, self.previous_node()))
    }

    /// For `AddAfterSelf`.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent.
    pub fn after_self(&self) -> Result<Inserter> {
        Ok(Inserter::new(self.required_parent()?, Some(self.clone())))
    }

    /// For `ReplaceWith`: takes this node out.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent.
    pub fn in_place(&self) -> Result<Inserter> {
        let inserter = self.before_self()?;
        self.remove()?;
        Ok(inserter)
    }

    /// For `AddFirst`.
    pub fn at_start(&self) -> Inserter {
        Inserter::new(self.clone(), None)
    }

    /// `Remove()` of a node or attribute.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent.
    pub fn remove(&self) -> Result<()> {
        let parent = self.required_parent()?;
        if let (Kind::Attribute { .. }, Kind::Element { attributes, .. }) = (&self.node.kind, &parent.node.kind) {
            attributes.borrow_mut().retain(|node| !Rc::ptr_eq(node, &self.node));
        } else if let Some(at) = self.place() {
            drop(parent.node.children.borrow_mut().remove(at));
            parent.close_if_bare();
        }
        self.node.clear_parent();
        Ok(())
    }

    /// An element whose last node went is printed as `<a />`.
    fn close_if_bare(&self) {
        if let Kind::Element { self_closing, .. } = &self.node.kind
            && self.node.children.borrow().is_empty()
        {
            self_closing.set(true);
        }
    }

    /// `RemoveNodes()`.
    pub fn remove_nodes(&self) {
        let removed = std::mem::take(&mut *self.node.children.borrow_mut());
        removed.iter().for_each(|node| node.clear_parent());
        if let Kind::Element { self_closing, .. } = &self.node.kind {
            self_closing.set(true);
        }
    }

    /// `RemoveAttributes()`.
    pub fn remove_attributes(&self) {
        if let Kind::Element { attributes, .. } = &self.node.kind {
            let removed = std::mem::take(&mut *attributes.borrow_mut());
            removed.iter().for_each(|node| node.clear_parent());
        }
    }

    /// `RemoveAll()`.
    pub fn remove_all(&self) {
        self.remove_attributes();
        self.remove_nodes();
    }

    /// `SetElementValue(name, value)`; `None` removes the element.
    ///
    /// # Errors
    /// As [`XNode::add_content`].
    pub fn set_element_value(&self, name: &XName, value: Option<&str>) -> Result<()> {
        match (self.element_named(name), value) {
            (Some(child), Some(value)) => child.set_value(value)?,
            (Some(child), None) => child.remove()?,
            (None, Some(value)) => {
                let child = XNode::element(name.clone());
                child.add_text(value)?;
                self.add(&child)?;
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// `SetAttributeValue(name, value)`; `None` removes the attribute.
    ///
    /// # Errors
    /// As [`XNode::add_content`].
    pub fn set_attribute_value(&self, name: &XName, value: Option<&str>) -> Result<()> {
        match (self.attribute_named(name), value) {
            (Some(attribute), Some(value)) => attribute.set_value(value)?,
            (Some(attribute), None) => attribute.remove()?,
            (None, Some(value)) => {
                verify_declaration(name, value)?;
                self.add(&XNode::attribute(name.clone(), value))?;
            }
            (None, None) => {}
        }
        Ok(())
    }
}

/// What an element can be given, one at a time: attributes are nodes here.
pub enum Content {
    Text(SmolStr),
    Node(XNode),
}

/// Which nodes of a document come before one that is added.
#[derive(Clone, Copy)]
enum Before {
    All,
    Count(usize),
}

/// Puts nodes at a place within a container: texts that follow one another join.
pub struct Inserter {
    parent: XNode,
    previous: Option<XNode>,
    text: Option<String>,
}

impl Inserter {
    fn new(parent: XNode, previous: Option<XNode>) -> Inserter {
        Inserter { parent, previous, text: None }
    }

    /// # Errors
    /// `ArgumentException` for attributes and what the container cannot hold,
    /// `InvalidOperationException` for a second root.
    pub fn add(&mut self, content: &Content) -> Result<()> {
        match content {
            Content::Text(text) => {
                self.parent.validate_text(text)?;
                self.text.get_or_insert_default().push_str(text);
                Ok(())
            }
            Content::Node(node) if node.kind() == NodeKind::Attribute => Err(no_attribute()),
            Content::Node(node) => {
                self.parent.validate(node, Before::Count(self.place()))?;
                let node = self.parent.owned(node);
                self.flush();
                self.insert(node);
                Ok(())
            }
        }
    }

    /// Writes what text is left.
    pub fn finish(mut self) {
        if self.text.as_ref().is_some_and(String::is_empty)
            && self.parent.node_count() == 0
            && let Kind::Element { self_closing, .. } = &self.parent.node.kind
        {
            self_closing.set(false);
        }
        self.flush();
    }

    /// How many nodes stand before the place.
    fn place(&self) -> usize {
        self.previous.as_ref().and_then(XNode::place).map_or(0, |place| place + 1)
    }

    fn flush(&mut self) {
        let Some(text) = self.text.take().filter(|text| !text.is_empty()) else { return };
        if !self.previous.as_ref().is_some_and(|previous| join(&previous.node, &text)) {
            self.insert(XNode::text(text));
        }
    }

    fn insert(&mut self, node: XNode) {
        self.parent.attach(self.place(), node.node.clone());
        self.previous = Some(self.parent.reach(node.node.clone()));
    }
}

/// Appends to a text node; false for any other.
fn join(node: &Node, text: &str) -> bool {
    let Kind::Text(old) = &node.kind else { return false };
    let joined = SmolStr::from(format!("{}{text}", old.borrow()));
    *old.borrow_mut() = joined;
    true
}

fn no_attribute() -> DotnetError {
    DotnetError::argument("An attribute cannot be added to content.")
}

/// What may be declared as a namespace.
///
/// # Errors
/// `ArgumentException` for reserved names and prefixes of nothing.
pub fn verify_declaration(name: &XName, value: &str) -> Result<()> {
    const XML_BOUND: &str = "The prefix 'xml' is bound to the namespace name \
        'http://www.w3.org/XML/1998/namespace'. Other prefixes must not be bound to this namespace name, and it must \
        not be declared as the default namespace.";
    const XMLNS_BOUND: &str = "The prefix 'xmlns' is bound to the namespace name 'http://www.w3.org/2000/xmlns/'. It \
        must not be declared. Other prefixes must not be bound to this namespace name, and it must not be declared as \
        the default namespace.";
    if !name.is_declaration() {
        return Ok(());
    }
    let prefix = if name.namespace == XMLNS { name.local.as_str() } else { "" };
    match (prefix, value) {
        ("", XML) => Err(DotnetError::argument(XML_BOUND)),
        ("", XMLNS) => Err(DotnetError::argument(XMLNS_BOUND)),
        ("", _) | ("xml", XML) => Ok(()),
        (_, "") => {
            let message = format!("The prefix '{prefix}' cannot be bound to the empty namespace name.");
            Err(DotnetError::argument(message))
        }
        (_, XML) | ("xml", _) => Err(DotnetError::argument(XML_BOUND)),
        (_, XMLNS) | ("xmlns", _) => Err(DotnetError::argument(XMLNS_BOUND)),
        _ => Ok(()),
    }
}
