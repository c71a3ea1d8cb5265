//! The tree: shared nodes that know their parent, and reading it.
//!
//! As in the JSON tree, children are owned from above and a handle keeps the root it was reached
//! from. No walk recurses.

use super::Layout;
use super::name::{XML, XMLNS, XName};
use crate::dotnet::data::error::{DotnetError, Result};
use smol_str::SmolStr;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::rc::{Rc, Weak};

/// What a node is: `XmlNodeType`, as far as trees have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodeKind {
    Document,
    Element,
    Attribute,
    Text,
    CData,
    Comment,
    ProcessingInstruction,
    DocumentType,
}

/// `XDeclaration`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct XDeclaration {
    pub version: Option<SmolStr>,
    pub encoding: Option<SmolStr>,
    pub standalone: Option<SmolStr>,
}

impl fmt::Display for XDeclaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<?xml")?;
        for (name, value) in
            [("version", &self.version), ("encoding", &self.encoding), ("standalone", &self.standalone)]
        {
            if let Some(value) = value {
                write!(f, " {name}=\"{value}\"")?;
            }
        }
        f.write_str("?>")
    }
}

/// A declaration as programs hold it: changed in place.
pub type SharedDeclaration = Rc<RefCell<XDeclaration>>;

/// What `<!DOCTYPE …>` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct XDocumentType {
    pub name: SmolStr,
    pub public_id: Option<SmolStr>,
    pub system_id: Option<SmolStr>,
    pub internal: Option<SmolStr>,
}

/// Any node or attribute. Clones are the same node, and `==` asks for that identity.
#[derive(Clone)]
pub struct XNode {
    pub(super) node: Rc<Node>,
    keep: Option<Rc<Node>>,
}

pub(super) struct Node {
    pub(super) parent: RefCell<Weak<Node>>,
    /// Where the node stood among its parent's children when last asked: a place to look first.
    place: Cell<usize>,
    /// `AddAnnotation`: objects of the program, which this tree only keeps.
    notes: RefCell<Vec<Rc<dyn Any>>>,
    pub(super) kind: Kind,
    /// Children of documents and elements.
    pub(super) children: RefCell<Vec<Rc<Node>>>,
}

pub(super) enum Kind {
    Document { declaration: RefCell<Option<SharedDeclaration>> },
    Element { name: RefCell<XName>, attributes: RefCell<Vec<Rc<Node>>>, self_closing: Cell<bool> },
    Attribute { name: XName, value: RefCell<SmolStr> },
    Text(RefCell<SmolStr>),
    CData(RefCell<SmolStr>),
    Comment(RefCell<SmolStr>),
    ProcessingInstruction { target: RefCell<SmolStr>, data: RefCell<SmolStr> },
    DocumentType(RefCell<XDocumentType>),
}

impl Node {
    pub(super) fn new(kind: Kind) -> Rc<Node> {
        let (parent, place, notes) = (RefCell::default(), Cell::default(), RefCell::default());
        Rc::new(Node { parent, place, notes, kind, children: RefCell::default() })
    }

    pub(super) fn set_place(&self, place: usize) {
        self.place.set(place);
    }

    /// Where the node stands among the children of its parent.
    pub(super) fn place_in(self: &Rc<Node>, parent: &Node) -> Option<usize> {
        let children = parent.children.borrow();
        let hint = self.place.get();
        let is_here = |at: &usize| children.get(*at).is_some_and(|node| Rc::ptr_eq(node, self));
        let near = [hint, hint.wrapping_sub(1), hint.wrapping_add(1)].into_iter().find(is_here);
        let found = near.or_else(|| children.iter().position(|node| Rc::ptr_eq(node, self)))?;
        self.place.set(found);
        Some(found)
    }

    pub(super) fn parent(&self) -> Option<Rc<Node>> {
        self.parent.borrow().upgrade()
    }

    pub(super) fn set_parent(&self, parent: &Rc<Node>) {
        *self.parent.borrow_mut() = Rc::downgrade(parent);
    }

    pub(super) fn clear_parent(&self) {
        *self.parent.borrow_mut() = Weak::new();
    }

    pub(super) fn is_element(&self) -> bool {
        matches!(self.kind, Kind::Element { .. })
    }

    pub(super) fn name(&self) -> Option<XName> {
        match &self.kind {
            Kind::Element { name, .. } => Some(name.borrow().clone()),
            Kind::Attribute { name, .. } => Some(name.clone()),
            _ => None,
        }
    }

    /// Text of a text or CDATA node.
    fn with_text(&self, read: impl FnOnce(&str)) {
        if let Kind::Text(text) | Kind::CData(text) = &self.kind {
            read(&text.borrow());
        }
    }
}

/// Frees a tree of any depth without recursion.
impl Drop for Node {
    fn drop(&mut self) {
        let mut pending = std::mem::take(&mut *self.children.borrow_mut());
        while let Some(node) = pending.pop() {
            if Rc::strong_count(&node) == 1 {
                pending.append(&mut node.children.borrow_mut());
            }
        }
    }
}

impl PartialEq for XNode {
    fn eq(&self, other: &XNode) -> bool {
        Rc::ptr_eq(&self.node, &other.node)
    }
}

impl Eq for XNode {}

impl fmt::Debug for XNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_xml(Layout::default()).unwrap_or_default())
    }
}

/// Making nodes.
impl XNode {
    pub(super) fn root_of(node: Rc<Node>) -> XNode {
        XNode { node, keep: None }
    }

    pub(super) fn reach(&self, node: Rc<Node>) -> XNode {
        XNode { node, keep: Some(self.keep.as_ref().unwrap_or(&self.node).clone()) }
    }

    /// `new XDocument()`.
    pub fn document() -> XNode {
        XNode::root_of(Node::new(Kind::Document { declaration: RefCell::default() }))
    }

    /// `new XElement(name)`.
    pub fn element(name: XName) -> XNode {
        let attributes = RefCell::default();
        XNode::root_of(Node::new(Kind::Element { name: RefCell::new(name), attributes, self_closing: Cell::new(true) }))
    }

    /// `new XAttribute(name, value)`.
    pub fn attribute(name: XName, value: impl Into<SmolStr>) -> XNode {
        XNode::root_of(Node::new(Kind::Attribute { name, value: RefCell::new(value.into()) }))
    }

    /// `new XText(value)`.
    pub fn text(value: impl Into<SmolStr>) -> XNode {
        XNode::root_of(Node::new(Kind::Text(RefCell::new(value.into()))))
    }

    /// `new XCData(value)`.
    pub fn cdata(value: impl Into<SmolStr>) -> XNode {
        XNode::root_of(Node::new(Kind::CData(RefCell::new(value.into()))))
    }

    /// `new XComment(value)`.
    pub fn comment(value: impl Into<SmolStr>) -> XNode {
        XNode::root_of(Node::new(Kind::Comment(RefCell::new(value.into()))))
    }

    /// `new XProcessingInstruction(target, data)`.
    pub fn processing_instruction(target: impl Into<SmolStr>, data: impl Into<SmolStr>) -> XNode {
        let data = RefCell::new(data.into());
        XNode::root_of(Node::new(Kind::ProcessingInstruction { target: RefCell::new(target.into()), data }))
    }

    /// `new XDocumentType(…)`.
    pub fn document_type(content: XDocumentType) -> XNode {
        XNode::root_of(Node::new(Kind::DocumentType(RefCell::new(content))))
    }

    /// A copy of the whole subtree, without a parent.
    pub fn deep_clone(&self) -> XNode {
        let root = shallow(&self.node);
        let mut pending = vec![(self.node.clone(), root.clone())];
        while let Some((from, to)) = pending.pop() {
            for child in from.children.borrow().iter() {
                let copy = shallow(child);
                copy.set_parent(&to);
                pending.push((child.clone(), copy.clone()));
                to.children.borrow_mut().push(copy);
            }
        }
        XNode::root_of(root)
    }
}

fn shallow(node: &Node) -> Rc<Node> {
    let copy = Node::new(match &node.kind {
        Kind::Document { declaration } => {
            let copy = declaration.borrow().as_ref().map(|shared| Rc::new(RefCell::new(shared.borrow().clone())));
            Kind::Document { declaration: RefCell::new(copy) }
        }
        Kind::Element { name, self_closing, .. } => {
            Kind::Element { name: name.clone(), attributes: RefCell::default(), self_closing: self_closing.clone() }
        }
        Kind::Attribute { name, value } => Kind::Attribute { name: name.clone(), value: value.clone() },
        Kind::Text(text) => Kind::Text(text.clone()),
        Kind::CData(text) => Kind::CData(text.clone()),
        Kind::Comment(text) => Kind::Comment(text.clone()),
        Kind::ProcessingInstruction { target, data } => {
            Kind::ProcessingInstruction { target: target.clone(), data: data.clone() }
        }
        Kind::DocumentType(content) => Kind::DocumentType(content.clone()),
    });
    if let (Kind::Element { attributes: from, .. }, Kind::Element { attributes: to, .. }) = (&node.kind, &copy.kind) {
        for attribute in from.borrow().iter() {
            let attribute = shallow(attribute);
            attribute.set_parent(&copy);
            to.borrow_mut().push(attribute);
        }
    }
    copy
}

/// What a node is and says.
impl XNode {
    pub fn kind(&self) -> NodeKind {
        match &self.node.kind {
            Kind::Document { .. } => NodeKind::Document,
            Kind::Element { .. } => NodeKind::Element,
            Kind::Attribute { .. } => NodeKind::Attribute,
            Kind::Text(_) => NodeKind::Text,
            Kind::CData(_) => NodeKind::CData,
            Kind::Comment(_) => NodeKind::Comment,
            Kind::ProcessingInstruction { .. } => NodeKind::ProcessingInstruction,
            Kind::DocumentType(_) => NodeKind::DocumentType,
        }
    }

    pub fn is_element(&self) -> bool {
        self.node.is_element()
    }

    /// `Name` of an element or attribute.
    pub fn name(&self) -> Option<XName> {
        self.node.name()
    }

    /// `Target` of a processing instruction.
    pub fn target(&self) -> Option<SmolStr> {
        match &self.node.kind {
            Kind::ProcessingInstruction { target, .. } => Some(target.borrow().clone()),
            _ => None,
        }
    }

    /// What a document type says.
    pub fn type_content(&self) -> Option<XDocumentType> {
        match &self.node.kind {
            Kind::DocumentType(content) => Some(content.borrow().clone()),
            _ => None,
        }
    }

    /// Tells nodes apart: the same for the same node only.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.node).addr()
    }

    /// The annotations, which the caller may change.
    pub fn annotations(&self) -> std::cell::RefMut<'_, Vec<Rc<dyn Any>>> {
        self.node.notes.borrow_mut()
    }

    /// `XDocument.Declaration`.
    pub fn declaration(&self) -> Option<SharedDeclaration> {
        match &self.node.kind {
            Kind::Document { declaration } => declaration.borrow().clone(),
            _ => None,
        }
    }

    /// `Value`: the text of an element with all its descendants, or the node's own.
    pub fn value(&self) -> SmolStr {
        match &self.node.kind {
            Kind::Attribute { value, .. } => value.borrow().clone(),
            Kind::Text(text) | Kind::CData(text) | Kind::Comment(text) => text.borrow().clone(),
            Kind::ProcessingInstruction { data, .. } => data.borrow().clone(),
            Kind::DocumentType(_) => SmolStr::default(),
            Kind::Document { .. } | Kind::Element { .. } => {
                if let [only] = &self.node.children.borrow()[..]
                    && let Kind::Text(text) | Kind::CData(text) = &only.kind
                {
                    return text.borrow().clone();
                }
                let mut value = String::new();
                let mut pending: Vec<Rc<Node>> = self.node.children.borrow().iter().rev().cloned().collect();
                while let Some(node) = pending.pop() {
                    node.with_text(|text| value.push_str(text));
                    pending.extend(node.children.borrow().iter().rev().cloned());
                }
                value.into()
            }
        }
    }

    /// `IsEmpty`: printed as `<a />`.
    pub fn is_empty_element(&self) -> bool {
        matches!(&self.node.kind, Kind::Element { self_closing, .. } if self_closing.get())
            && self.node.children.borrow().is_empty()
    }
}

/// Walking the tree.
impl XNode {
    /// The node above, of any kind.
    pub fn parent_node(&self) -> Option<XNode> {
        self.node.parent().map(|node| self.reach(node))
    }

    /// `Parent`: the element above; `None` for a root.
    pub fn parent(&self) -> Option<XNode> {
        self.parent_node().filter(XNode::is_element)
    }

    /// The topmost node.
    pub fn root_node(&self) -> XNode {
        let mut node = self.node.clone();
        while let Some(parent) = node.parent() {
            node = parent;
        }
        self.reach(node)
    }

    /// `Document`.
    pub fn owner_document(&self) -> Option<XNode> {
        Some(self.root_node()).filter(|root| root.kind() == NodeKind::Document)
    }

    /// `XDocument.Root`.
    pub fn root(&self) -> Option<XNode> {
        self.elements(None).into_iter().next()
    }

    /// `Nodes()`.
    pub fn nodes(&self) -> Vec<XNode> {
        self.node.children.borrow().iter().map(|node| self.reach(node.clone())).collect()
    }

    /// How many nodes a copy of this one has, attributes included.
    pub fn size(&self) -> usize {
        let own = std::iter::once(self.clone()).chain(self.descendant_nodes());
        own.map(|node| 1 + node.attributes().len()).sum()
    }

    /// `HasElements`.
    pub fn has_elements(&self) -> bool {
        self.node.children.borrow().iter().any(|node| node.is_element())
    }

    /// `Elements()`, `Elements(name)`.
    pub fn elements(&self, name: Option<&XName>) -> Vec<XNode> {
        let children = self.node.children.borrow();
        children.iter().filter(|node| is_named(node, name)).map(|node| self.reach(node.clone())).collect()
    }

    /// `Element(name)`.
    pub fn element_named(&self, name: &XName) -> Option<XNode> {
        let children = self.node.children.borrow();
        children.iter().find(|node| is_named(node, Some(name))).map(|node| self.reach(node.clone()))
    }

    /// `DescendantNodes()` in document order.
    pub fn descendant_nodes(&self) -> Vec<XNode> {
        let mut found = Vec::new();
        let mut pending: Vec<Rc<Node>> = self.node.children.borrow().iter().rev().cloned().collect();
        while let Some(node) = pending.pop() {
            pending.extend(node.children.borrow().iter().rev().cloned());
            found.push(self.reach(node));
        }
        found
    }

    /// `Descendants()`, `Descendants(name)`.
    pub fn descendants(&self, name: Option<&XName>) -> Vec<XNode> {
        self.descendant_nodes().into_iter().filter(|node| is_named(&node.node, name)).collect()
    }

    /// `DescendantsAndSelf()`.
    pub fn descendants_and_self(&self, name: Option<&XName>) -> Vec<XNode> {
        let own = Some(self.clone()).filter(|node| is_named(&node.node, name));
        own.into_iter().chain(self.descendants(name)).collect()
    }

    /// `Ancestors()`, `Ancestors(name)`: from the parent up.
    pub fn ancestors(&self, name: Option<&XName>) -> Vec<XNode> {
        std::iter::successors(self.parent(), XNode::parent).filter(|node| is_named(&node.node, name)).collect()
    }

    /// `AncestorsAndSelf()`.
    pub fn ancestors_and_self(&self, name: Option<&XName>) -> Vec<XNode> {
        std::iter::successors(Some(self.clone()), XNode::parent).filter(|node| is_named(&node.node, name)).collect()
    }

    /// `Attributes()`.
    pub fn attributes(&self) -> Vec<XNode> {
        match &self.node.kind {
            Kind::Element { attributes, .. } => {
                attributes.borrow().iter().map(|node| self.reach(node.clone())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// `Attribute(name)`.
    pub fn attribute_named(&self, name: &XName) -> Option<XNode> {
        let Kind::Element { attributes, .. } = &self.node.kind else { return None };
        let attributes = attributes.borrow();
        attributes.iter().find(|node| node.name().as_ref() == Some(name)).map(|node| self.reach(node.clone()))
    }

    /// `IsNamespaceDeclaration` of an attribute.
    pub fn is_namespace_declaration(&self) -> bool {
        matches!(&self.node.kind, Kind::Attribute { name, .. } if name.is_declaration())
    }

    /// `Nodes().Count()`.
    pub fn node_count(&self) -> usize {
        self.node.children.borrow().len()
    }

    pub fn node_at(&self, index: usize) -> Option<XNode> {
        self.node.children.borrow().get(index).map(|node| self.reach(node.clone()))
    }

    /// Where the node stands among its parent's nodes.
    pub fn place(&self) -> Option<usize> {
        self.node.place_in(&*self.node.parent()?)
    }

    /// `NodesAfterSelf()`.
    pub fn nodes_after_self(&self) -> Vec<XNode> {
        let Some((mut all, at)) = self.siblings() else { return Vec::new() };
        all.split_off(at + 1)
    }

    /// `NodesBeforeSelf()`, first first.
    pub fn nodes_before_self(&self) -> Vec<XNode> {
        let Some((mut all, at)) = self.siblings() else { return Vec::new() };
        all.truncate(at);
        all
    }

    /// This node's siblings with itself, and its place among them.
    fn siblings(&self) -> Option<(Vec<XNode>, usize)> {
        Some((self.parent_node()?.nodes(), self.place()?))
    }

    /// `NextNode`.
    pub fn next_node(&self) -> Option<XNode> {
        self.parent_node()?.node_at(self.place()? + 1)
    }

    /// `PreviousNode`.
    pub fn previous_node(&self) -> Option<XNode> {
        self.parent_node()?.node_at(self.place()?.checked_sub(1)?)
    }

    /// The node that follows in document order below `top`, as .NET's walks find it.
    ///
    /// # Errors
    /// `NullReferenceException` where the node was taken out of the tree since.
    pub fn following(&self, top: &XNode) -> Result<Option<XNode>> {
        if let Some(first) = self.node_at(0) {
            return Ok(Some(first));
        }
        let mut node = self.clone();
        while node != *top {
            if let Some(next) = node.next_node() {
                return Ok(Some(next));
            }
            node = node.parent_node().ok_or_else(|| {
                let message = "Object reference not set to an instance of an object.";
                DotnetError::new("System.NullReferenceException", message)
            })?;
        }
        Ok(None)
    }

    /// `CompareDocumentOrder`; `None`: the nodes are of different trees.
    pub fn compare_order(&self, other: &XNode) -> Option<Ordering> {
        let path = |node: &XNode| {
            let mut path: Vec<usize> =
                std::iter::successors(Some(node.clone()), XNode::parent_node).filter_map(|node| node.place()).collect();
            path.reverse();
            path
        };
        (self.root_node() == other.root_node()).then(|| path(self).cmp(&path(other)))
    }

    /// Position of every node of the tree in document order, attributes after their element.
    pub(super) fn document_order(&self) -> HashMap<*const Node, usize> {
        let root = self.root_node();
        let mut order = HashMap::new();
        for node in std::iter::once(root.clone()).chain(root.descendant_nodes()) {
            order.insert(Rc::as_ptr(&node.node), order.len());
            for attribute in node.attributes() {
                order.insert(Rc::as_ptr(&attribute.node), order.len());
            }
        }
        order
    }

    /// `GetNamespaceOfPrefix(prefix)`; `None` when it is not declared.
    pub fn namespace_of_prefix(&self, prefix: &str) -> Option<SmolStr> {
        match prefix {
            "xml" => return Some(XML.into()),
            "xmlns" => return Some(XMLNS.into()),
            _ => {}
        }
        let wanted = if prefix.is_empty() { XName::new("", "xmlns") } else { XName::new(XMLNS, prefix) };
        self.ancestors_and_self(None).iter().find_map(|element| element.attribute_named(&wanted)).map(|a| a.value())
    }

    /// `GetPrefixOfNamespace(namespace)`.
    pub fn prefix_of_namespace(&self, namespace: &str) -> Option<SmolStr> {
        match namespace {
            XML => return Some("xml".into()),
            XMLNS => return Some("xmlns".into()),
            _ => {}
        }
        let declared = self.ancestors_and_self(None).into_iter().flat_map(|element| element.attributes());
        let mut named = declared.filter(|a| a.is_namespace_declaration() && a.value() == namespace);
        named.find_map(|a| {
            let name = a.name()?;
            let prefix = if name.namespace == XMLNS { name.local } else { return None };
            (self.namespace_of_prefix(&prefix)? == namespace).then_some(prefix)
        })
    }
}

pub(super) fn is_named(node: &Node, name: Option<&XName>) -> bool {
    match (&node.kind, name) {
        (Kind::Element { .. }, None) => true,
        (Kind::Element { name: own, .. }, Some(name)) => *own.borrow() == *name,
        _ => false,
    }
}
