//! The tree: shared nodes that know their parent, and the handle through which all else works.
//!
//! Children are owned from above; the way up is weak, so that a tree is freed when its last handle
//! goes. A handle also holds the root it was reached from: `JObject.Parse(text)["a"].Parent` works
//! although nobody keeps the object. Trees may be deep, so no walk here recurses.

use super::{Formatting, JScalar, JsonWriter};
use crate::dotnet::data::error::{DotnetError, Result};
use indexmap::IndexMap;
use smol_str::SmolStr;
use std::cell::RefCell;
use std::fmt;
use std::rc::{Rc, Weak};

/// `JTokenType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenType {
    None,
    Object,
    Array,
    Constructor,
    Property,
    Comment,
    Integer,
    Float,
    String,
    Boolean,
    Null,
    Undefined,
    Date,
    Raw,
    Bytes,
    Guid,
    Uri,
    TimeSpan,
}

impl TokenType {
    /// All members in order of their numbers.
    pub const ALL: [TokenType; 18] = [
        TokenType::None,
        TokenType::Object,
        TokenType::Array,
        TokenType::Constructor,
        TokenType::Property,
        TokenType::Comment,
        TokenType::Integer,
        TokenType::Float,
        TokenType::String,
        TokenType::Boolean,
        TokenType::Null,
        TokenType::Undefined,
        TokenType::Date,
        TokenType::Raw,
        TokenType::Bytes,
        TokenType::Guid,
        TokenType::Uri,
        TokenType::TimeSpan,
    ];
}

impl fmt::Display for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A `JToken`: clones are the same token, and `==` asks for that identity, as C# does.
#[derive(Clone)]
pub struct JToken {
    pub(super) node: Rc<Node>,
    /// The root this token was reached from; `None` where that is the token itself.
    keep: Option<Rc<Node>>,
}

pub(super) struct Node {
    pub(super) parent: RefCell<Weak<Node>>,
    pub(super) kind: Kind,
}

/// The properties of an object by name, in order. The keyed hash withstands names chosen to collide.
pub(super) type Properties = IndexMap<SmolStr, Rc<Node>, ahash::RandomState>;

pub(super) enum Kind {
    Object(RefCell<Properties>),
    Array(RefCell<Vec<Rc<Node>>>),
    Constructor(SmolStr, RefCell<Vec<Rc<Node>>>),
    /// Name and value; the value is there except while the tree is being built or freed.
    Property(SmolStr, RefCell<Option<Rc<Node>>>),
    Value(RefCell<JScalar>),
}

impl Node {
    pub(super) fn new(kind: Kind) -> Rc<Node> {
        Rc::new(Node { parent: RefCell::new(Weak::new()), kind })
    }

    pub(super) fn value(scalar: JScalar) -> Rc<Node> {
        Node::new(Kind::Value(RefCell::new(scalar)))
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

    pub(super) fn token_type(&self) -> TokenType {
        match &self.kind {
            Kind::Object(_) => TokenType::Object,
            Kind::Array(_) => TokenType::Array,
            Kind::Constructor(..) => TokenType::Constructor,
            Kind::Property(..) => TokenType::Property,
            Kind::Value(scalar) => scalar.borrow().token_type(),
        }
    }

    /// Full name of the .NET class.
    pub(super) fn class_name(&self) -> &'static str {
        match &self.kind {
            Kind::Object(_) => "Newtonsoft.Json.Linq.JObject",
            Kind::Array(_) => "Newtonsoft.Json.Linq.JArray",
            Kind::Constructor(..) => "Newtonsoft.Json.Linq.JConstructor",
            Kind::Property(..) => "Newtonsoft.Json.Linq.JProperty",
            Kind::Value(scalar) => match &*scalar.borrow() {
                JScalar::Raw(_) => "Newtonsoft.Json.Linq.JRaw",
                _ => "Newtonsoft.Json.Linq.JValue",
            },
        }
    }

    pub(super) fn child_count(&self) -> usize {
        match &self.kind {
            Kind::Object(properties) => properties.borrow().len(),
            Kind::Array(items) | Kind::Constructor(_, items) => items.borrow().len(),
            Kind::Property(_, value) => usize::from(value.borrow().is_some()),
            Kind::Value(_) => 0,
        }
    }

    pub(super) fn child(&self, index: usize) -> Option<Rc<Node>> {
        match &self.kind {
            Kind::Object(properties) => properties.borrow().get_index(index).map(|(_, node)| node.clone()),
            Kind::Array(items) | Kind::Constructor(_, items) => items.borrow().get(index).cloned(),
            Kind::Property(_, value) => value.borrow().clone().filter(|_| index == 0),
            Kind::Value(_) => None,
        }
    }

    pub(super) fn index_of(&self, child: &Rc<Node>) -> Option<usize> {
        match &self.kind {
            Kind::Object(properties) => match &child.kind {
                Kind::Property(name, _) => {
                    properties.borrow().get_full(name).filter(|(_, _, n)| Rc::ptr_eq(n, child)).map(|(index, ..)| index)
                }
                _ => None,
            },
            Kind::Array(items) | Kind::Constructor(_, items) => {
                items.borrow().iter().position(|n| Rc::ptr_eq(n, child))
            }
            Kind::Property(_, value) => value.borrow().as_ref().filter(|n| Rc::ptr_eq(n, child)).map(|_| 0),
            Kind::Value(_) => None,
        }
    }

    fn take_children(&self, into: &mut Vec<Rc<Node>>) {
        match &self.kind {
            Kind::Object(properties) => into.extend(std::mem::take(&mut *properties.borrow_mut()).into_values()),
            Kind::Array(items) | Kind::Constructor(_, items) => into.append(&mut items.borrow_mut()),
            Kind::Property(_, value) => into.extend(value.borrow_mut().take()),
            Kind::Value(_) => {}
        }
    }
}

/// Frees a tree of any depth without recursion.
impl Drop for Node {
    fn drop(&mut self) {
        if matches!(self.kind, Kind::Value(_)) {
            return;
        }
        let mut pending = Vec::new();
        self.take_children(&mut pending);
        while let Some(node) = pending.pop() {
            if Rc::strong_count(&node) == 1 {
                node.take_children(&mut pending);
            }
        }
    }
}

impl PartialEq for JToken {
    fn eq(&self, other: &JToken) -> bool {
        Rc::ptr_eq(&self.node, &other.node)
    }
}

impl Eq for JToken {}

impl fmt::Debug for JToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json(Formatting::None))
    }
}

impl From<JScalar> for JToken {
    fn from(scalar: JScalar) -> JToken {
        JToken::value(scalar)
    }
}

/// Making tokens.
impl JToken {
    pub(super) fn root_of(node: Rc<Node>) -> JToken {
        JToken { node, keep: None }
    }

    /// A handle on a node of the same tree.
    pub(super) fn reach(&self, node: Rc<Node>) -> JToken {
        JToken { node, keep: Some(self.keep.as_ref().unwrap_or(&self.node).clone()) }
    }

    /// `new JObject()`.
    pub fn object() -> JToken {
        JToken::root_of(Node::new(Kind::Object(RefCell::default())))
    }

    /// `new JArray()`.
    pub fn array() -> JToken {
        JToken::root_of(Node::new(Kind::Array(RefCell::default())))
    }

    /// `new JConstructor(name)`.
    pub fn constructor(name: impl Into<SmolStr>) -> JToken {
        JToken::root_of(Node::new(Kind::Constructor(name.into(), RefCell::default())))
    }

    /// `new JProperty(name, value)`. A value that has a parent is copied.
    pub fn property(name: impl Into<SmolStr>, value: &JToken) -> JToken {
        let property = JToken::root_of(Node::new(Kind::Property(name.into(), RefCell::new(None))));
        property.put_value(value.unparented(&property));
        property
    }

    /// `new JValue(value)`.
    pub fn value(scalar: JScalar) -> JToken {
        JToken::root_of(Node::value(scalar))
    }

    /// `JValue.CreateNull()`.
    pub fn null() -> JToken {
        JToken::value(JScalar::Null)
    }

    /// `JValue.CreateString(text)`.
    pub fn string(text: impl Into<SmolStr>) -> JToken {
        JToken::value(JScalar::String(text.into()))
    }

    /// `DeepClone()`: a tree of its own.
    pub fn deep_clone(&self) -> JToken {
        let root = shallow(&self.node);
        let mut pending = vec![(self.node.clone(), root.clone())];
        while let Some((from, to)) = pending.pop() {
            for index in 0..from.child_count() {
                let Some(child) = from.child(index) else { continue };
                let copy = shallow(&child);
                copy.set_parent(&to);
                match (&to.kind, &copy.kind) {
                    (Kind::Object(properties), Kind::Property(name, _)) => {
                        properties.borrow_mut().insert(name.clone(), copy.clone());
                    }
                    (Kind::Array(items) | Kind::Constructor(_, items), _) => items.borrow_mut().push(copy.clone()),
                    (Kind::Property(_, value), _) => *value.borrow_mut() = Some(copy.clone()),
                    _ => {}
                }
                if child.child_count() > 0 {
                    pending.push((child, copy));
                }
            }
        }
        JToken::root_of(root)
    }

    /// The token to put below `parent`: itself, or a copy where it already stands in a tree, or
    /// would become its own ancestor.
    pub(super) fn unparented(&self, parent: &JToken) -> Rc<Node> {
        let own_ancestor = || self.child_count() > 0 && Rc::ptr_eq(&parent.root().node, &self.node);
        if self.node.parent().is_some() || self == parent || own_ancestor() {
            self.deep_clone().node.clone()
        } else {
            self.node.clone()
        }
    }
}

fn shallow(node: &Node) -> Rc<Node> {
    Node::new(match &node.kind {
        Kind::Object(properties) => Kind::Object(RefCell::new(Properties::with_capacity_and_hasher(
            properties.borrow().len(),
            ahash::RandomState::new(),
        ))),
        Kind::Array(_) => Kind::Array(RefCell::default()),
        Kind::Constructor(name, _) => Kind::Constructor(name.clone(), RefCell::default()),
        Kind::Property(name, _) => Kind::Property(name.clone(), RefCell::new(None)),
        Kind::Value(scalar) => Kind::Value(RefCell::new(scalar.borrow().clone())),
    })
}

/// What a token is and where it stands.
impl JToken {
    pub fn token_type(&self) -> TokenType {
        self.node.token_type()
    }

    /// Full name of the .NET class, such as `Newtonsoft.Json.Linq.JObject`.
    pub fn class_name(&self) -> &'static str {
        self.node.class_name()
    }

    pub fn is_object(&self) -> bool {
        matches!(self.node.kind, Kind::Object(_))
    }

    pub fn is_array(&self) -> bool {
        matches!(self.node.kind, Kind::Array(_))
    }

    pub fn is_constructor(&self) -> bool {
        matches!(self.node.kind, Kind::Constructor(..))
    }

    pub fn is_property(&self) -> bool {
        matches!(self.node.kind, Kind::Property(..))
    }

    pub fn is_value(&self) -> bool {
        matches!(self.node.kind, Kind::Value(_))
    }

    /// Whether the class is a `JContainer`.
    pub fn is_container(&self) -> bool {
        !self.is_value()
    }

    /// Tells tokens apart: the same for the same token only.
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.node).addr()
    }

    /// `JValue.Value`; `None` for other classes.
    pub fn scalar(&self) -> Option<JScalar> {
        match &self.node.kind {
            Kind::Value(scalar) => Some(scalar.borrow().clone()),
            _ => None,
        }
    }

    /// Runs `read` on `JValue.Value` without copying it.
    pub fn with_scalar<T>(&self, read: impl FnOnce(&JScalar) -> T) -> Option<T> {
        match &self.node.kind {
            Kind::Value(scalar) => Some(read(&scalar.borrow())),
            _ => None,
        }
    }

    /// `JValue.Value = value`; nothing on other classes.
    pub fn set_scalar(&self, value: JScalar) {
        if let Kind::Value(scalar) = &self.node.kind {
            *scalar.borrow_mut() = value;
        }
    }

    /// `JProperty.Name` or `JConstructor.Name`.
    pub fn name(&self) -> Option<SmolStr> {
        match &self.node.kind {
            Kind::Property(name, _) | Kind::Constructor(name, _) => Some(name.clone()),
            _ => None,
        }
    }

    /// Number of children; 0 for a value.
    pub fn child_count(&self) -> usize {
        self.node.child_count()
    }

    /// `HasValues`.
    pub fn has_values(&self) -> bool {
        self.child_count() > 0
    }

    /// The child at an index, if there is one.
    pub fn child(&self, index: usize) -> Option<JToken> {
        self.node.child(index).map(|node| self.reach(node))
    }

    /// `Children()`: properties of an object, items of an array, the value of a property.
    pub fn children(&self) -> Vec<JToken> {
        (0..self.child_count()).filter_map(|index| self.child(index)).collect()
    }

    /// `Parent`.
    pub fn parent(&self) -> Option<JToken> {
        self.node.parent().map(|node| self.reach(node))
    }

    /// `Root`.
    pub fn root(&self) -> JToken {
        let mut node = self.node.clone();
        while let Some(parent) = node.parent() {
            node = parent;
        }
        self.reach(node)
    }

    /// `First`.
    ///
    /// # Errors
    /// `InvalidOperationException` on a value.
    pub fn first(&self) -> Result<Option<JToken>> {
        self.require_children()?;
        Ok(self.child(0))
    }

    /// `Last`.
    ///
    /// # Errors
    /// `InvalidOperationException` on a value.
    pub fn last(&self) -> Result<Option<JToken>> {
        self.require_children()?;
        Ok(self.child_count().checked_sub(1).and_then(|index| self.child(index)))
    }

    fn require_children(&self) -> Result<()> {
        if self.is_value() { Err(self.no_child_access("access")) } else { Ok(()) }
    }

    pub(super) fn no_child_access(&self, verb: &str) -> DotnetError {
        DotnetError::invalid_operation(format!("Cannot {verb} child value on {}.", self.class_name()))
    }

    /// `Next`: the sibling after this token.
    pub fn next(&self) -> Option<JToken> {
        self.sibling(|index| index.checked_add(1))
    }

    /// `Previous`: the sibling before this token.
    pub fn previous(&self) -> Option<JToken> {
        self.sibling(|index| index.checked_sub(1))
    }

    fn sibling(&self, step: impl FnOnce(usize) -> Option<usize>) -> Option<JToken> {
        let parent = self.node.parent()?;
        let node = parent.child(step(parent.index_of(&self.node)?)?)?;
        Some(self.reach(node))
    }

    /// `Ancestors()`: from the parent up.
    pub fn ancestors(&self) -> Vec<JToken> {
        std::iter::successors(self.parent(), JToken::parent).collect()
    }

    /// `AncestorsAndSelf()`.
    pub fn ancestors_and_self(&self) -> Vec<JToken> {
        std::iter::successors(Some(self.clone()), JToken::parent).collect()
    }

    /// `Descendants()` in document order; nothing for a value.
    pub fn descendants(&self) -> Vec<JToken> {
        let mut found = Vec::new();
        let mut pending = self.children();
        pending.reverse();
        while let Some(token) = pending.pop() {
            let mut children = token.children();
            children.reverse();
            pending.append(&mut children);
            found.push(token);
        }
        found
    }

    /// `DescendantsAndSelf()`.
    pub fn descendants_and_self(&self) -> Vec<JToken> {
        let mut found = vec![self.clone()];
        found.append(&mut self.descendants());
        found
    }

    /// `AfterSelf()`: the siblings after this token.
    pub fn after_self(&self) -> Vec<JToken> {
        std::iter::successors(self.next(), JToken::next).collect()
    }

    /// `BeforeSelf()`: the siblings before this token, first first.
    pub fn before_self(&self) -> Vec<JToken> {
        let Some(parent) = self.parent() else { return Vec::new() };
        parent.children().into_iter().take_while(|sibling| sibling != self).collect()
    }

    /// `Path`, such as `a.b[0]['c d']`.
    pub fn path(&self) -> String {
        let mut steps = Vec::new();
        let mut node = self.node.clone();
        if node.parent().is_none() {
            return String::new();
        }
        if let Kind::Property(name, _) = &node.kind {
            steps.push(super::reader::Step::Name(name.clone()));
        }
        while let Some(parent) = node.parent() {
            match &parent.kind {
                Kind::Property(name, _) => steps.push(super::reader::Step::Name(name.clone())),
                Kind::Array(_) | Kind::Constructor(..) => {
                    steps.push(super::reader::Step::Index(parent.index_of(&node).unwrap_or(0)));
                }
                _ => {}
            }
            node = parent;
        }
        steps.reverse();
        super::reader::build_path(steps.iter())
    }

    /// `ToString(formatting)`: JSON text.
    pub fn to_json(&self, formatting: Formatting) -> String {
        let mut writer = JsonWriter::new(formatting);
        writer.token(self);
        writer.finish()
    }

    /// `ToString()`: a value's own text, indented JSON of anything else.
    pub fn text(&self) -> SmolStr {
        match &self.node.kind {
            Kind::Value(scalar) => scalar.borrow().text(),
            _ => self.to_json(Formatting::Indented).into(),
        }
    }
}
