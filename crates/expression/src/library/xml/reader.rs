//! `XmlReader` over a tree: the text is read whole at the first `Read`, so what is wrong with it shows
//! then, where .NET gets as far as the place itself.

use super::node::{kind_number, value};
use crate::dotnet::data::xml::{Layout, NodeKind, ParseOptions, XName, XNode, is_xml_blank, parse_document};
use crate::library::TypeTable;
use crate::library::io;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::types::{Type, known, registry};
use crate::value::{Object, Str, Value, downcast};
use std::any::Any;
use std::cell::{Cell, RefCell};

struct Reader {
    /// The text that is still to be read, and how.
    pending: RefCell<Option<(Str, ParseOptions)>>,
    skip: Skip,
    /// A document, or the element that is read.
    top: RefCell<XNode>,
    at: RefCell<Position>,
}

#[derive(Clone)]
enum Position {
    Initial,
    Declaration,
    On(XNode),
    /// On the end tag of an element.
    End(XNode),
    Attribute(XNode),
    Eof,
}

#[derive(Clone, Copy, Default)]
struct Skip {
    blanks: bool,
    comments: bool,
    instructions: bool,
}

impl Object for Reader {
    fn type_of(&self) -> Type {
        Type::named("System.Xml.XmlReader")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A reader of a node that is there already.
pub fn over(node: XNode) -> Value {
    Value::object(Reader {
        pending: RefCell::default(),
        skip: Skip::default(),
        top: RefCell::new(node),
        at: RefCell::new(Position::Initial),
    })
}

/// `XmlReaderSettings`.
#[derive(Default)]
struct Settings {
    blanks: Cell<bool>,
    comments: Cell<bool>,
    instructions: Cell<bool>,
    /// `DtdProcessing`: prohibit, ignore, parse.
    dtd: Cell<i64>,
}

impl Object for Settings {
    fn type_of(&self) -> Type {
        Type::named("System.Xml.XmlReaderSettings")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn create(a: &mut Args<'_, '_>) -> Outcome {
    let text = a.object_arg::<io::Reader>(0, "input")?.rest()?;
    a.run.charge(text.as_str().len())?;
    let (mut skip, mut dtd) = (Skip::default(), 0);
    if let Some(settings) = downcast::<Settings>(a.get(1)) {
        skip = Skip {
            blanks: settings.blanks.get(),
            comments: settings.comments.get(),
            instructions: settings.instructions.get(),
        };
        dtd = settings.dtd.get();
    }
    let options = ParseOptions { preserve_whitespace: !skip.blanks, prohibit_dtd: dtd == 0 };
    Ok(Value::object(Reader {
        pending: RefCell::new(Some((text, options))),
        skip,
        top: RefCell::new(XNode::document()),
        at: RefCell::new(Position::Initial),
    }))
}

fn invalid(message: impl Into<String>) -> Thrown {
    Thrown::new("System.Xml.XmlException", message)
}

fn is_blank_text(node: &XNode) -> bool {
    node.kind() == NodeKind::Text && node.value().chars().all(is_xml_blank)
}

impl Reader {
    fn read(&self) -> Result<bool, Thrown> {
        if let Some((text, options)) = self.pending.take() {
            *self.top.borrow_mut() = parse_document(text.as_str(), options)?;
        }
        loop {
            let next = self.next();
            let is_skipped = match &next {
                Position::On(node) => {
                    self.skip.comments && node.kind() == NodeKind::Comment
                        || self.skip.instructions && node.kind() == NodeKind::ProcessingInstruction
                        || self.skip.blanks && is_blank_text(node)
                }
                _ => false,
            };
            let is_end = matches!(next, Position::Eof);
            *self.at.borrow_mut() = next;
            if !is_skipped {
                return Ok(!is_end);
            }
        }
    }

    fn next(&self) -> Position {
        let top = self.top.borrow();
        let at = self.at.borrow().clone();
        match at {
            Position::Initial if top.kind() != NodeKind::Document => Position::On(top.clone()),
            Position::Initial if top.declaration().is_some() => Position::Declaration,
            Position::Initial | Position::Declaration => top.node_at(0).map_or(Position::Eof, Position::On),
            Position::On(node) if node.is_element() && !node.is_empty_element() => {
                node.node_at(0).map_or_else(|| Position::End(node.clone()), Position::On)
            }
            Position::On(node) | Position::End(node) => self.after(&top, &node),
            Position::Attribute(attribute) => match attribute.parent() {
                Some(owner) if !owner.is_empty_element() => {
                    owner.node_at(0).map_or_else(|| Position::End(owner.clone()), Position::On)
                }
                Some(owner) => self.after(&top, &owner),
                None => Position::Eof,
            },
            Position::Eof => Position::Eof,
        }
    }

    /// What stands behind a node with all it contains.
    fn after(&self, top: &XNode, node: &XNode) -> Position {
        if node == top {
            return Position::Eof;
        }
        match (node.next_node(), node.parent_node()) {
            (Some(next), _) => Position::On(next),
            (None, Some(parent)) if parent.is_element() => Position::End(parent),
            _ => Position::Eof,
        }
    }

    /// Goes past the current node with all it contains.
    fn pass(&self) -> Result<(), Thrown> {
        let node = match &*self.at.borrow() {
            Position::On(node) => Some(node.clone()),
            _ => None,
        };
        if let Some(node) = node {
            *self.at.borrow_mut() = Position::End(node);
        }
        self.read().map(|_| ())
    }

    /// The node that the reader is on; none at end tags and outside.
    fn node(&self) -> Option<XNode> {
        match &*self.at.borrow() {
            Position::On(node) | Position::Attribute(node) => Some(node.clone()),
            _ => None,
        }
    }

    /// The node whose name shows.
    fn named(&self) -> Option<XNode> {
        match &*self.at.borrow() {
            Position::On(node) | Position::Attribute(node) | Position::End(node) => Some(node.clone()),
            _ => None,
        }
    }

    /// `XmlNodeType`.
    fn kind(&self) -> i64 {
        match &*self.at.borrow() {
            Position::On(node) if is_blank_text(node) => 13,
            Position::On(node) | Position::Attribute(node) => kind_number(node.kind()),
            Position::End(_) => 15,
            Position::Declaration => 17,
            Position::Initial | Position::Eof => 0,
        }
    }

    fn move_to_content(&self) -> Result<i64, Thrown> {
        if matches!(*self.at.borrow(), Position::Initial) {
            self.read()?;
        }
        self.move_to_element();
        loop {
            match self.kind() {
                kind @ (0 | 1 | 3 | 4 | 15) => return Ok(kind),
                _ => self.read()?,
            };
        }
    }

    fn move_to_element(&self) -> bool {
        let owner = match &*self.at.borrow() {
            Position::Attribute(attribute) => attribute.parent(),
            _ => None,
        };
        let moved = owner.is_some();
        if let Some(owner) = owner {
            *self.at.borrow_mut() = Position::On(owner);
        }
        moved
    }

    /// The element that the reader is on, or whose attribute.
    fn element(&self) -> Option<XNode> {
        let node = self.node()?;
        if node.kind() == NodeKind::Attribute { node.parent() } else { Some(node).filter(XNode::is_element) }
    }

    fn move_to(&self, attribute: Option<XNode>) -> bool {
        let found = attribute.is_some();
        if let Some(attribute) = attribute {
            *self.at.borrow_mut() = Position::Attribute(attribute);
        }
        found
    }

    /// How many elements stand above.
    fn depth(&self) -> usize {
        let top = self.top.borrow();
        let Some(node) = self.named() else { return 0 };
        let above = std::iter::successors(node.parent(), |node| if *node == *top { None } else { node.parent() });
        if node == *top { 0 } else { above.count() }
    }
}

fn reader<'a>(a: &'a Args<'_, '_>) -> Result<&'a Reader, Thrown> {
    a.object::<Reader>(0)
}

/// Whether the current name is the one that the arguments from `at` on give: `name`, or `local, uri`.
fn is_named(a: &Args<'_, '_>, at: usize) -> Result<bool, Thrown> {
    let Some(node) = reader(a)?.named() else { return Ok(false) };
    Ok(match (a.opt_str(at), a.opt_str(at + 1)) {
        (Some(local), Some(uri)) => {
            node.name().is_some_and(|name| name.local == *local.smol() && name.namespace == *uri.smol())
        }
        (Some(name), None) => node.dom_name() == name.as_str(),
        (None, _) => true,
    })
}

fn attribute(a: &Args<'_, '_>) -> Result<Option<XNode>, Thrown> {
    let Some(element) = reader(a)?.element() else { return Ok(None) };
    Ok(match (a.get(1), a.opt_str(2)) {
        (Value::Int32(index), _) => {
            let index = usize::try_from(*index).ok();
            let found = index.and_then(|index| element.attributes().into_iter().nth(index));
            return found
                .map(Some)
                .ok_or_else(|| Thrown::out_of_range("Specified argument was out of the range of valid values.", "i"));
        }
        (Value::Str(local), Some(uri)) => {
            element.attribute_named(&XName::new(uri.smol().clone(), local.smol().clone()))
        }
        (Value::Str(name), None) => {
            element.attributes().into_iter().find(|attribute| attribute.dom_name() == name.as_str())
        }
        _ => return Err(Thrown::argument_null("name")),
    })
}

fn get_attribute(a: &mut Args<'_, '_>) -> Outcome {
    Ok(attribute(a)?.map_or(Value::Null, |attribute| Value::string(attribute.value())))
}

/// The text of the element that the reader is on; the reader goes past it.
fn element_text(a: &mut Args<'_, '_>) -> Result<smol_str::SmolStr, Thrown> {
    if reader(a)?.move_to_content()? != 1 {
        return Err(Thrown::invalid_operation("The ReadElementContentAs method is not supported on this node type."));
    }
    let element = reader(a)?.element().ok_or_else(Thrown::null_reference)?;
    if element.has_elements() {
        return Err(invalid("ReadElementContentAs() methods cannot be called on an element that has child elements."));
    }
    reader(a)?.pass()?;
    let text = element.value();
    a.run.charge(text.len())?;
    Ok(text)
}

fn read_start(a: &mut Args<'_, '_>) -> Outcome {
    let kind = reader(a)?.move_to_content()?;
    if kind != 1 {
        return Err(invalid(format!("'{}' is an invalid XmlNodeType.", kind_name(kind))));
    }
    if !is_named(a, 1)? {
        return Err(invalid(format!("Element '{}' was not found.", a.str_or_empty(1))));
    }
    reader(a)?.read()?;
    Ok(Value::Null)
}

fn kind_name(kind: i64) -> String {
    crate::library::format::enum_name(registry().full("System.Xml.XmlNodeType", 0).unwrap_or(known::INT32), kind)
}

/// Reads on to an element of the name within the current one, or anywhere.
fn read_to(a: &mut Args<'_, '_>, descendant: bool) -> Outcome {
    let start = reader(a)?.element();
    if descendant && start.as_ref().is_some_and(XNode::is_empty_element) {
        return Ok(Value::Bool(false));
    }
    while reader(a)?.read()? {
        a.run.step()?;
        if descendant && matches!(&*reader(a)?.at.borrow(), Position::End(node) if Some(node) == start.as_ref()) {
            return Ok(Value::Bool(false));
        }
        if reader(a)?.kind() == 1 && is_named(a, 1)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn read_to_sibling(a: &mut Args<'_, '_>) -> Outcome {
    loop {
        a.run.step()?;
        reader(a)?.pass()?;
        match reader(a)?.kind() {
            1 if is_named(a, 1)? => return Ok(Value::Bool(true)),
            0 | 15 => return Ok(Value::Bool(false)),
            _ => {}
        }
    }
}

fn markup(a: &mut Args<'_, '_>, outer: bool) -> Outcome {
    let Some(node) = reader(a)?.node() else {
        reader(a)?.read()?;
        return a.make("");
    };
    a.run.steps(node.size())?;
    let text = match (node.kind(), outer) {
        (NodeKind::Attribute, false) => return Ok(Value::string(node.value())),
        (NodeKind::Attribute, true) => return Ok(Value::string(node.to_xml(Layout::default())?)),
        (NodeKind::Element, true) => node.to_xml(Layout::default())?,
        (NodeKind::Element, false) => node.inner_xml()?,
        _ => String::new(),
    };
    reader(a)?.pass()?;
    a.make(text)
}

fn name(a: &Args<'_, '_>, read: fn(&XNode) -> String) -> Outcome {
    let reader = reader(a)?;
    if matches!(*reader.at.borrow(), Position::Declaration) {
        return Ok(Value::string("xml"));
    }
    let has_name = |node: &XNode| !matches!(node.kind(), NodeKind::Text | NodeKind::CData | NodeKind::Comment);
    Ok(Value::string(reader.named().filter(has_name).map(|node| read(&node)).unwrap_or_default()))
}

/// `XNode.ReadFrom(reader)`: the current node, past which the reader goes.
pub fn read_from(a: &mut Args<'_, '_>) -> Outcome {
    if a.is_null(0) {
        return Err(Thrown::argument_null("reader"));
    }
    if matches!(*reader(a)?.at.borrow(), Position::Initial | Position::Eof) {
        return Err(Thrown::invalid_operation("The XmlReader state should be Interactive."));
    }
    let kind = reader(a)?.kind();
    let node = reader(a)?.node().filter(|node| node.kind() != NodeKind::Attribute).ok_or_else(|| {
        Thrown::invalid_operation(&format!("The XmlReader should not be on a node of type {}.", kind_name(kind)))
    })?;
    super::content::charge_nodes(a.run, node.size())?;
    reader(a)?.pass()?;
    Ok(value(node.deep_clone()))
}

/// `XElement.Load(reader)`.
pub fn load_element(a: &mut Args<'_, '_>) -> Outcome {
    if a.is_null(0) {
        return Err(Thrown::argument_null("reader"));
    }
    let kind = reader(a)?.move_to_content()?;
    if kind != 1 {
        let message =
            format!("The XmlReader should be on a node of type Element instead of a node of type {}.", kind_name(kind));
        return Err(Thrown::invalid_operation(&message));
    }
    let element = read_from(a)?;
    if reader(a)?.move_to_content()? != 0 {
        return Err(Thrown::invalid_operation("The XmlReader state should be EndOfFile after this operation."));
    }
    Ok(element)
}

fn integer(a: &mut Args<'_, '_>, style: fn(&str) -> Outcome) -> Outcome {
    let text = element_text(a)?;
    style(&text)
}

static READER: &[(&str, Native)] = &[
    ("static XmlReader Create(System.IO.TextReader input)", create),
    ("static XmlReader Create(System.IO.TextReader input, System.Xml.XmlReaderSettings settings)", create),
    ("bool Read()", |a| {
        a.run.step()?;
        Ok(Value::Bool(reader(a)?.read()?))
    }),
    ("bool EOF", |a| Ok(Value::Bool(matches!(*reader(a)?.at.borrow(), Position::Eof)))),
    ("System.Xml.XmlNodeType NodeType", |a| Ok(node_type(reader(a)?.kind()))),
    ("System.Xml.XmlNodeType MoveToContent()", |a| Ok(node_type(reader(a)?.move_to_content()?))),
    ("string Name", |a| name(a, XNode::dom_name)),
    ("string LocalName", |a| {
        name(a, |node| node.name().map_or_else(|| node.dom_name(), |name| name.local.to_string()))
    }),
    ("string NamespaceURI", |a| name(a, |node| node.name().map(|name| name.namespace.into()).unwrap_or_default())),
    ("string Prefix", |a| name(a, XNode::dom_prefix)),
    ("string Value", |a| {
        let node = reader(a)?.node().filter(|node| !node.is_element());
        Ok(Value::string(node.map(|node| node.value()).unwrap_or_default()))
    }),
    ("bool HasValue", |a| Ok(Value::Bool(reader(a)?.node().is_some_and(|node| !node.is_element())))),
    ("int Depth", |a| {
        let reader = reader(a)?;
        Ok(Value::Int32(reader.depth() as i32))
    }),
    ("bool IsEmptyElement", |a| Ok(Value::Bool(reader(a)?.node().is_some_and(|node| node.is_empty_element())))),
    ("bool HasAttributes", |a| {
        Ok(Value::Bool(reader(a)?.element().is_some_and(|element| element.first_attribute().is_some())))
    }),
    ("int AttributeCount", |a| {
        Ok(Value::Int32(reader(a)?.element().map_or(0, |element| element.attributes().len() as i32)))
    }),
    ("string GetAttribute(string name)", get_attribute),
    ("string GetAttribute(string name, string namespaceURI)", get_attribute),
    ("string GetAttribute(int i)", get_attribute),
    ("string this[string name]", get_attribute),
    ("string this[int i]", get_attribute),
    ("bool MoveToAttribute(string name)", |a| {
        let found = attribute(a)?;
        Ok(Value::Bool(reader(a)?.move_to(found)))
    }),
    ("bool MoveToFirstAttribute()", |a| {
        let reader = reader(a)?;
        Ok(Value::Bool(reader.move_to(reader.element().and_then(|element| element.first_attribute()))))
    }),
    ("bool MoveToNextAttribute()", |a| {
        let reader = reader(a)?;
        let node = reader.node();
        let next = node.and_then(|node| match node.kind() {
            NodeKind::Attribute => node.next_attribute(),
            _ => node.first_attribute(),
        });
        Ok(Value::Bool(reader.move_to(next)))
    }),
    ("bool MoveToElement()", |a| Ok(Value::Bool(reader(a)?.move_to_element()))),
    ("bool IsStartElement()", |a| Ok(Value::Bool(reader(a)?.move_to_content()? == 1))),
    ("bool IsStartElement(string name)", |a| Ok(Value::Bool(reader(a)?.move_to_content()? == 1 && is_named(a, 1)?))),
    ("bool IsStartElement(string localname, string ns)", |a| {
        Ok(Value::Bool(reader(a)?.move_to_content()? == 1 && is_named(a, 1)?))
    }),
    ("void ReadStartElement()", read_start),
    ("void ReadStartElement(string name)", read_start),
    ("void ReadStartElement(string localname, string ns)", read_start),
    ("void ReadEndElement()", |a| {
        let kind = reader(a)?.move_to_content()?;
        if kind != 15 {
            return Err(invalid(format!("'{}' is an invalid XmlNodeType.", kind_name(kind))));
        }
        reader(a)?.read()?;
        Ok(Value::Null)
    }),
    ("string ReadElementContentAsString()", |a| Ok(Value::string(element_text(a)?))),
    ("string ReadElementString()", |a| Ok(Value::string(element_text(a)?))),
    ("string ReadElementString(string name)", |a| {
        reader(a)?.move_to_content()?;
        if !is_named(a, 1)? {
            return Err(invalid(format!("Element '{}' was not found.", a.str_or_empty(1))));
        }
        Ok(Value::string(element_text(a)?))
    }),
    ("int ReadElementContentAsInt()", |a| {
        integer(a, |text| {
            use crate::dotnet::text::number::{IntType, NumberStyles, parse_integer};
            Ok(Value::Int32(parse_integer(text, NumberStyles::INTEGER, IntType::Int32)? as i32))
        })
    }),
    ("string ReadOuterXml()", |a| markup(a, true)),
    ("string ReadInnerXml()", |a| markup(a, false)),
    ("string ReadString()", |a| {
        let reader = reader(a)?;
        if reader.kind() == 1 {
            reader.read()?;
        }
        let mut text = String::new();
        while let Some(node) = reader.node().filter(XNode::is_text) {
            text.push_str(&node.value());
            reader.read()?;
        }
        a.make(text)
    }),
    ("bool ReadToFollowing(string name)", |a| read_to(a, false)),
    ("bool ReadToFollowing(string localName, string namespaceURI)", |a| read_to(a, false)),
    ("bool ReadToDescendant(string name)", |a| read_to(a, true)),
    ("bool ReadToDescendant(string localName, string namespaceURI)", |a| read_to(a, true)),
    ("bool ReadToNextSibling(string name)", read_to_sibling),
    ("bool ReadToNextSibling(string localName, string namespaceURI)", read_to_sibling),
    ("void Skip()", |a| {
        reader(a)?.pass()?;
        Ok(Value::Null)
    }),
    ("void Close()", |a| {
        *reader(a)?.at.borrow_mut() = Position::Eof;
        Ok(Value::Null)
    }),
    ("void Dispose()", |_| Ok(Value::Null)),
];

fn node_type(kind: i64) -> Value {
    Value::Enum(registry().full("System.Xml.XmlNodeType", 0).unwrap_or(known::INT32), kind)
}

fn flag(a: &Args<'_, '_>, flag: fn(&Settings) -> &Cell<bool>) -> Outcome {
    flag(a.object::<Settings>(0)?).set(a.bool(1));
    Ok(Value::Null)
}

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Xml.XmlReader : IDisposable", members: READER },
    TypeTable { decl: "enum System.Xml.DtdProcessing { Prohibit, Ignore, Parse }", members: &[] },
    TypeTable {
        decl: "class System.Xml.XmlReaderSettings",
        members: &[
            ("new()", |_| Ok(Value::object(Settings::default()))),
            ("bool IgnoreWhitespace", |a| Ok(Value::Bool(a.object::<Settings>(0)?.blanks.get()))),
            ("set bool IgnoreWhitespace", |a| flag(a, |settings| &settings.blanks)),
            ("bool IgnoreComments", |a| Ok(Value::Bool(a.object::<Settings>(0)?.comments.get()))),
            ("set bool IgnoreComments", |a| flag(a, |settings| &settings.comments)),
            ("bool IgnoreProcessingInstructions", |a| Ok(Value::Bool(a.object::<Settings>(0)?.instructions.get()))),
            ("set bool IgnoreProcessingInstructions", |a| flag(a, |settings| &settings.instructions)),
            ("System.Xml.DtdProcessing DtdProcessing", |a| {
                let id = registry().full("System.Xml.DtdProcessing", 0).unwrap_or(known::INT32);
                Ok(Value::Enum(id, a.object::<Settings>(0)?.dtd.get()))
            }),
            ("set System.Xml.DtdProcessing DtdProcessing", |a| {
                a.object::<Settings>(0)?.dtd.set(a.i64(1));
                Ok(Value::Null)
            }),
        ],
    },
];
