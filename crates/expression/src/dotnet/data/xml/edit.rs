//! Changing the tree: what `XContainer`, `XElement` and `XNode` offer.

use super::name::is_xml_blank;
use super::node::{Kind, Node};
use super::{NodeKind, XDeclaration, XName, XNode};
use crate::dotnet::data::error::{DotnetError, Result};
use smol_str::SmolStr;
use std::rc::Rc;

impl XNode {
    /// `XDocument.Declaration = …`.
    pub fn set_declaration(&self, value: Option<XDeclaration>) {
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

    /// `Value = text`; an element loses its nodes.
    pub fn set_value(&self, new: &str) {
        match &self.node.kind {
            Kind::Attribute { value, .. } => *value.borrow_mut() = new.into(),
            Kind::Text(text) | Kind::CData(text) | Kind::Comment(text) => *text.borrow_mut() = new.into(),
            Kind::ProcessingInstruction { data, .. } => *data.borrow_mut() = new.into(),
            Kind::Element { self_closing, .. } => {
                self.remove_nodes();
                self_closing.set(false);
                if !new.is_empty() {
                    self.attach(0, XNode::text(new).node.clone());
                }
            }
            Kind::Document { .. } | Kind::DocumentType { .. } => {}
        }
    }

    /// `Add("text")`: joins a text at the end.
    ///
    /// # Errors
    /// `ArgumentException` for text other than blanks in a document.
    pub fn add_text(&self, text: &str) -> Result<()> {
        match &self.node.kind {
            Kind::Document { .. } if !text.chars().all(is_xml_blank) => {
                return Err(DotnetError::argument("Non-whitespace characters cannot be added to content."));
            }
            Kind::Element { self_closing, .. } => self_closing.set(false),
            _ => {}
        }
        if text.is_empty() {
            return Ok(());
        }
        let last = self.node.children.borrow().last().cloned();
        match last.as_ref().map(|node| &node.kind) {
            Some(Kind::Text(old)) => {
                let joined = SmolStr::from(format!("{}{text}", old.borrow()));
                *old.borrow_mut() = joined;
            }
            _ => self.attach(usize::MAX, XNode::text(text).node.clone()),
        }
        Ok(())
    }

    /// `Add(node or attribute)`. What has a parent is copied.
    ///
    /// # Errors
    /// `InvalidOperationException` for a second attribute of a name or a second root,
    /// `ArgumentException` for what the container cannot hold.
    pub fn add(&self, item: &XNode) -> Result<()> {
        if item.kind() == NodeKind::Attribute {
            return self.add_attribute(item);
        }
        self.insert(usize::MAX, item)
    }

    /// `AddFirst(node)`.
    ///
    /// # Errors
    /// As [`XNode::add`].
    pub fn add_first(&self, item: &XNode) -> Result<()> {
        if item.kind() == NodeKind::Attribute { self.add_attribute(item) } else { self.insert(0, item) }
    }

    fn add_attribute(&self, item: &XNode) -> Result<()> {
        let Kind::Element { attributes, .. } = &self.node.kind else {
            return Err(DotnetError::argument("An attribute cannot be added to content."));
        };
        let item = if item.node.parent().is_some() { item.deep_clone() } else { item.clone() };
        if item.name().is_some_and(|name| self.attribute_named(&name).is_some()) {
            return Err(DotnetError::invalid_operation("Duplicate attribute."));
        }
        item.node.set_parent(&self.node);
        attributes.borrow_mut().push(item.node.clone());
        Ok(())
    }

    fn insert(&self, at: usize, item: &XNode) -> Result<()> {
        let own_ancestor = !item.node.children.borrow().is_empty() && self.root_node() == *item;
        let copied = item.node.parent().is_some() || item == self || own_ancestor;
        let item = if copied { item.deep_clone() } else { item.clone() };
        match (&self.node.kind, item.kind()) {
            (_, NodeKind::Document) => {
                return Err(DotnetError::argument("A node of type Document cannot be added to content."));
            }
            (Kind::Document { .. }, NodeKind::Element) if self.root().is_some() => {
                return Err(DotnetError::invalid_operation(
                    "This operation would create an incorrectly structured document.",
                ));
            }
            (Kind::Document { .. }, NodeKind::Text) if !item.value().chars().all(is_xml_blank) => {
                return Err(DotnetError::argument("Non-whitespace characters cannot be added to content."));
            }
            (Kind::Document { .. }, NodeKind::CData) => {
                return Err(DotnetError::argument("A node of type CDATA cannot be added to content."));
            }
            (Kind::Element { .. }, NodeKind::DocumentType) => {
                return Err(DotnetError::argument("A node of type DocumentType cannot be added to content."));
            }
            (Kind::Document { .. } | Kind::Element { .. }, _) => {}
            _ => return Err(DotnetError::invalid_operation("This node cannot have children.")),
        }
        self.attach(at, item.node.clone());
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
        children.insert(at, node);
    }

    fn required_parent(&self) -> Result<(XNode, usize)> {
        let missing = || DotnetError::invalid_operation("The parent is missing.");
        let parent = self.parent_node().ok_or_else(missing)?;
        let at = parent.node.children.borrow().iter().position(|node| Rc::ptr_eq(node, &self.node));
        Ok((parent, at.unwrap_or(0)))
    }

    /// `AddAfterSelf(node)`.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent.
    pub fn add_after_self(&self, item: &XNode) -> Result<()> {
        let (parent, at) = self.required_parent()?;
        parent.insert(at + 1, item)
    }

    /// `AddBeforeSelf(node)`.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent.
    pub fn add_before_self(&self, item: &XNode) -> Result<()> {
        let (parent, at) = self.required_parent()?;
        parent.insert(at, item)
    }

    /// `Remove()` of a node or attribute.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent.
    pub fn remove(&self) -> Result<()> {
        let (parent, at) = self.required_parent()?;
        match (&self.node.kind, &parent.node.kind) {
            (Kind::Attribute { .. }, Kind::Element { attributes, .. }) => {
                attributes.borrow_mut().retain(|node| !Rc::ptr_eq(node, &self.node));
            }
            _ => {
                drop(parent.node.children.borrow_mut().remove(at));
                parent.close_if_bare();
            }
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

    /// `ReplaceWith(nodes)`.
    ///
    /// # Errors
    /// `InvalidOperationException` without a parent.
    pub fn replace_with(&self, items: &[XNode]) -> Result<()> {
        let (parent, at) = self.required_parent()?;
        self.remove()?;
        items.iter().enumerate().try_for_each(|(offset, item)| parent.insert(at + offset, item))
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
    /// As [`XNode::add`].
    pub fn set_element_value(&self, name: &XName, value: Option<&str>) -> Result<()> {
        match (self.element_named(name), value) {
            (Some(child), Some(value)) => child.set_value(value),
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
    /// As [`XNode::add`].
    pub fn set_attribute_value(&self, name: &XName, value: Option<&str>) -> Result<()> {
        match (self.attribute_named(name), value) {
            (Some(attribute), Some(value)) => attribute.set_value(value),
            (Some(attribute), None) => attribute.remove()?,
            (None, Some(value)) => self.add(&XNode::attribute(name.clone(), value))?,
            (None, None) => {}
        }
        Ok(())
    }
}
