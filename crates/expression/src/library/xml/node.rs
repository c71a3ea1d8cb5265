//! `XObject`, `XNode`, the kinds of text, and the comparers of nodes.

use super::content;
use super::name::optional_name;
use crate::dotnet::data::error::DotnetError;
use crate::dotnet::data::xml::{
    Axis, Layout, NodeKind, Walk, XDocumentType, XName, XNode, deep_equals, verify_nc_name,
};
use crate::library::TypeTable;
use crate::library::linq::lazy;
use crate::run::{Args, Native, Outcome, Run, Thrown, is_instance};
use crate::types::{Type, known, registry};
use crate::value::{Object, Value, downcast};
use std::any::Any;
use std::cmp::Ordering;
use std::rc::Rc;

/// A node as an object of the program. Two of them are the same object when their nodes are.
pub struct NodeObject(pub XNode);

fn class(node: &XNode) -> &'static str {
    match node.kind() {
        NodeKind::Document => "System.Xml.Linq.XDocument",
        NodeKind::Element => "System.Xml.Linq.XElement",
        NodeKind::Attribute => "System.Xml.Linq.XAttribute",
        NodeKind::Text => "System.Xml.Linq.XText",
        NodeKind::CData => "System.Xml.Linq.XCData",
        NodeKind::Comment => "System.Xml.Linq.XComment",
        NodeKind::ProcessingInstruction => "System.Xml.Linq.XProcessingInstruction",
        NodeKind::DocumentType => "System.Xml.Linq.XDocumentType",
    }
}

impl Object for NodeObject {
    fn type_of(&self) -> Type {
        Type::named(class(&self.0))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, run: &mut Run<'_>) -> Result<String, Thrown> {
        run.steps(self.0.size())?;
        Ok(self.0.to_xml(Layout::INDENTED)?)
    }

    fn is_same(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<NodeObject>().is_some_and(|other| other.0 == self.0)
    }

    fn hash(&self, _run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        Ok(Some(self.0.address() as u64))
    }
}

pub fn element_type() -> Type {
    Type::named("System.Xml.Linq.XElement")
}

pub fn value(node: XNode) -> Value {
    Value::object(NodeObject(node))
}

pub fn optional(node: Option<XNode>) -> Value {
    node.map_or(Value::Null, value)
}

pub fn node_of(value: &Value) -> Option<&XNode> {
    downcast::<NodeObject>(value).map(|object| &object.0)
}

/// The node that a member is called on.
pub fn this<'a>(a: &'a Args<'_, '_>) -> Result<&'a XNode, Thrown> {
    node_of(a.get(0)).ok_or_else(Thrown::null_reference)
}

/// A node argument that must not be null.
pub fn node_arg<'a>(a: &'a Args<'_, '_>, at: usize, parameter: &str) -> Result<&'a XNode, Thrown> {
    node_of(a.get(at)).ok_or_else(|| Thrown::argument_null(parameter))
}

/// In the form of the conformance vectors: no added white space.
pub fn describe(value: &Value) -> Option<serde_json::Value> {
    let node = node_of(value)?;
    let (plain, text) = (node.to_xml(Layout::default()).ok()?, node.to_xml(Layout::INDENTED).ok()?);
    let mut shown = serde_json::json!({ "type": class(node), "value": plain });
    if text != plain
        && let serde_json::Value::Object(map) = &mut shown
    {
        map.insert("text".to_owned(), text.into());
    }
    Some(shown)
}

/// A deferred sequence of nodes; `start` begins a walk each time it is enumerated.
pub fn sequence(item: Type, start: impl Fn() -> Walk + 'static) -> Value {
    lazy(item, move |_| {
        let mut walk = start();
        Ok(Box::new(move |run: &mut Run<'_>| {
            run.step()?;
            Ok(walk()?.map(value))
        }))
    })
}

/// The nodes of an axis.
pub fn nodes(a: &Args<'_, '_>, axis: Axis) -> Outcome {
    let node = this(a)?.clone();
    Ok(sequence(Type::named("System.Xml.Linq.XNode"), move || node.walk(axis)))
}

/// The elements of an axis. A name that is given must fit; given as null, none does.
pub fn elements(a: &Args<'_, '_>, axis: Axis) -> Outcome {
    named(a, axis, element_type())
}

pub fn named(a: &Args<'_, '_>, axis: Axis, item: Type) -> Outcome {
    let node = this(a)?.clone();
    let name = optional_name(a, 1);
    if a.len() > 1 && name.is_none() {
        return Ok(crate::library::linq::of_items(item, Vec::new()));
    }
    Ok(sequence(item, move || node.walk_named(axis, name.clone())))
}

fn insert(a: &mut Args<'_, '_>, after: bool) -> Outcome {
    let (node, content) = (this(a)?.clone(), a.value(1));
    let place = if after { node.after_self()? } else { node.before_self()? };
    let Some(parent) = node.parent_node() else { return Ok(Value::Null) };
    content::insert(a.run, &parent, place, &content)?;
    Ok(Value::Null)
}

fn replace_with(a: &mut Args<'_, '_>) -> Outcome {
    let (node, content) = (this(a)?.clone(), a.value(1));
    let parent = node.parent_node();
    let place = node.in_place()?;
    if let Some(parent) = parent {
        content::insert(a.run, &parent, place, &content)?;
    }
    Ok(Value::Null)
}

pub fn remove(a: &mut Args<'_, '_>) -> Outcome {
    this(a)?.remove()?;
    Ok(Value::Null)
}

/// `SaveOptions` of an argument.
pub fn layout(a: &Args<'_, '_>, at: usize) -> Layout {
    let options = if a.len() > at { a.i32(at) } else { 0 };
    Layout { indented: options & 1 == 0, omit_duplicates: options & 2 != 0 }
}

fn to_string(a: &mut Args<'_, '_>) -> Outcome {
    let node = this(a)?.clone();
    a.run.steps(node.size())?;
    let text = node.to_xml(layout(a, 1))?;
    a.make(text)
}

fn order(a: &Args<'_, '_>, x: usize, y: usize) -> Result<Ordering, Thrown> {
    NodeComparer::order(a.get(x), a.get(y))
}

fn is_equal(a: &Args<'_, '_>, x: usize, y: usize) -> bool {
    NodeComparer::equal(a.get(x), a.get(y))
}

/// `XNode.DocumentOrderComparer`, `XNode.EqualityComparer`.
pub struct NodeComparer(&'static str);

impl Object for NodeComparer {
    fn type_of(&self) -> Type {
        Type::named(self.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl NodeComparer {
    /// `XNode.CompareDocumentOrder`.
    pub fn order(a: &Value, b: &Value) -> Result<Ordering, Thrown> {
        match (node_of(a), node_of(b)) {
            (None, None) => Ok(Ordering::Equal),
            (None, _) => Ok(Ordering::Less),
            (_, None) => Ok(Ordering::Greater),
            (Some(a), Some(b)) => {
                a.compare_order(b).ok_or_else(|| Thrown::invalid_operation("A common ancestor is missing."))
            }
        }
    }

    /// `XNode.DeepEquals`.
    pub fn equal(a: &Value, b: &Value) -> bool {
        deep_equals(node_of(a), node_of(b))
    }

    /// Agrees with [`NodeComparer::equal`].
    pub fn hash(run: &mut Run<'_>, value: &Value) -> Result<u64, Thrown> {
        let Some(node) = node_of(value) else { return Ok(0) };
        let name = node.name().as_ref().map(XName::to_string).unwrap_or_default();
        run.hash(&Value::string(format!("{name}\n{}", node.value())))
    }
}

const ORDER_COMPARER: &str = "System.Xml.Linq.XNodeDocumentOrderComparer";
const EQUALITY_COMPARER: &str = "System.Xml.Linq.XNodeEqualityComparer";

fn note(a: &Args<'_, '_>) -> Outcome {
    let wanted = a.ty(0);
    let notes = this(a)?.annotations();
    let mut values = notes.iter().filter_map(|note| note.downcast_ref::<Value>());
    Ok(values.find(|note| is_instance(note, &wanted)).cloned().unwrap_or_default())
}

static OBJECT: &[(&str, Native)] = &[
    ("string BaseUri", |a| a.make("")),
    ("XDocument Document", |a| Ok(optional(this(a)?.owner_document()))),
    ("XElement Parent", |a| Ok(optional(this(a)?.parent()))),
    ("System.Xml.XmlNodeType NodeType", |a| {
        let id = registry().full("System.Xml.XmlNodeType", 0).unwrap_or(known::INT32);
        Ok(Value::Enum(id, kind_number(this(a)?.kind())))
    }),
    ("void AddAnnotation(object annotation)", |a| {
        if a.is_null(1) {
            return Err(Thrown::argument_null("annotation"));
        }
        a.run.charge(size_of::<Value>())?;
        let annotation = a.value(1);
        this(a)?.annotations().push(Rc::new(annotation));
        Ok(Value::Null)
    }),
    ("T Annotation<T>()", |a| note(a)),
    ("IEnumerable<T> Annotations<T>()", |a| {
        let wanted = a.ty(0);
        let notes = this(a)?.annotations();
        let values = notes.iter().filter_map(|note| note.downcast_ref::<Value>());
        let found = values.filter(|note| is_instance(note, &wanted)).cloned().collect();
        Ok(crate::library::linq::of_items(wanted, found))
    }),
    ("void RemoveAnnotations<T>()", |a| {
        let wanted = a.ty(0);
        let is_kept = |note: &Value| !is_instance(note, &wanted);
        this(a)?.annotations().retain(|note| note.downcast_ref::<Value>().is_none_or(is_kept));
        Ok(Value::Null)
    }),
];

/// `XmlNodeType`.
pub fn kind_number(kind: NodeKind) -> i64 {
    match kind {
        NodeKind::Element => 1,
        NodeKind::Attribute => 2,
        NodeKind::Text => 3,
        NodeKind::CData => 4,
        NodeKind::ProcessingInstruction => 7,
        NodeKind::Comment => 8,
        NodeKind::Document => 9,
        NodeKind::DocumentType => 10,
    }
}

static NODE: &[(&str, Native)] = &[
    ("static XNodeDocumentOrderComparer DocumentOrderComparer", |_| Ok(Value::object(NodeComparer(ORDER_COMPARER)))),
    ("static XNodeEqualityComparer EqualityComparer", |_| Ok(Value::object(NodeComparer(EQUALITY_COMPARER)))),
    ("XNode NextNode", |a| Ok(optional(this(a)?.next_node()))),
    ("XNode PreviousNode", |a| Ok(optional(this(a)?.previous_node()))),
    ("void AddAfterSelf(object content)", |a| insert(a, true)),
    ("void AddAfterSelf(params object[] content)", |a| insert(a, true)),
    ("void AddBeforeSelf(object content)", |a| insert(a, false)),
    ("void AddBeforeSelf(params object[] content)", |a| insert(a, false)),
    ("IEnumerable<XElement> Ancestors()", |a| elements(a, Axis::Ancestors)),
    ("IEnumerable<XElement> Ancestors(XName name)", |a| elements(a, Axis::Ancestors)),
    ("static int CompareDocumentOrder(XNode n1, XNode n2)", |a| Ok(Value::Int32(order(a, 0, 1)? as i32))),
    ("IEnumerable<XNode> NodesAfterSelf()", |a| nodes(a, Axis::NodesAfterSelf)),
    ("IEnumerable<XNode> NodesBeforeSelf()", |a| nodes(a, Axis::NodesBeforeSelf)),
    ("IEnumerable<XElement> ElementsAfterSelf()", |a| elements(a, Axis::NodesAfterSelf)),
    ("IEnumerable<XElement> ElementsAfterSelf(XName name)", |a| elements(a, Axis::NodesAfterSelf)),
    ("IEnumerable<XElement> ElementsBeforeSelf()", |a| elements(a, Axis::NodesBeforeSelf)),
    ("IEnumerable<XElement> ElementsBeforeSelf(XName name)", |a| elements(a, Axis::NodesBeforeSelf)),
    ("bool IsAfter(XNode node)", |a| Ok(Value::Bool(order(a, 0, 1)? == Ordering::Greater))),
    ("bool IsBefore(XNode node)", |a| Ok(Value::Bool(order(a, 0, 1)? == Ordering::Less))),
    ("void Remove()", remove),
    ("void ReplaceWith(object content)", replace_with),
    ("void ReplaceWith(params object[] content)", replace_with),
    ("string ToString()", to_string),
    ("string ToString(SaveOptions options)", to_string),
    ("static bool DeepEquals(XNode n1, XNode n2)", |a| Ok(Value::Bool(is_equal(a, 0, 1)))),
    ("System.Xml.XmlReader CreateReader()", |a| Ok(super::reader::over(this(a)?.clone()))),
    ("static XNode ReadFrom(System.Xml.XmlReader reader)", super::reader::read_from),
];

/// A new node with the content of another.
fn copy(a: &mut Args<'_, '_>) -> Outcome {
    let node = node_arg(a, 0, "other")?.clone();
    content::charge_nodes(a.run, node.size())?;
    Ok(value(node.deep_clone()))
}

fn text_value(a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::string(this(a)?.value()))
}

fn set_text(a: &mut Args<'_, '_>) -> Outcome {
    this(a)?.set_value(a.text(1, "value")?.as_str())?;
    Ok(Value::Null)
}

fn instruction_name<'a>(a: &'a Args<'_, '_>, at: usize) -> Result<&'a str, Thrown> {
    let name = a.text(at, "target")?.as_str();
    verify_nc_name(name)?;
    if name.eq_ignore_ascii_case("xml") {
        let message = format!("'{name}' is an invalid name for a processing instruction.");
        return Err(DotnetError::argument(message).into());
    }
    Ok(name)
}

fn type_part(a: &Args<'_, '_>, part: fn(XDocumentType) -> Option<smol_str::SmolStr>) -> Outcome {
    let content = this(a)?.type_content().unwrap_or_default();
    Ok(part(content).map_or(Value::Null, Value::string))
}

fn set_type_part(a: &Args<'_, '_>, part: fn(&mut XDocumentType) -> &mut Option<smol_str::SmolStr>) -> Outcome {
    let new = a.opt_str(1).map(|text| text.smol().clone());
    this(a)?.change_type(|content| *part(content) = new);
    Ok(Value::Null)
}

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "enum System.Xml.XmlNodeType { None, Element, Attribute, Text, CDATA, EntityReference, Entity, ProcessingInstruction, Comment, Document, DocumentType, DocumentFragment, Notation, Whitespace, SignificantWhitespace, EndElement, EndEntity, XmlDeclaration }",
        members: &[],
    },
    TypeTable {
        decl: "flags enum System.Xml.Linq.LoadOptions { None, PreserveWhitespace, SetBaseUri, SetLineInfo = 4 }",
        members: &[],
    },
    TypeTable {
        decl: "flags enum System.Xml.Linq.SaveOptions { None, DisableFormatting, OmitDuplicateNamespaces }",
        members: &[],
    },
    TypeTable { decl: "class System.Xml.Linq.XObject", members: OBJECT },
    TypeTable { decl: "class System.Xml.Linq.XNode : XObject", members: NODE },
    TypeTable {
        decl: "class System.Xml.Linq.XText : XNode",
        members: &[
            ("new(string value)", |a| Ok(value(XNode::text(a.text(0, "value")?.smol().clone())))),
            ("new(XText other)", copy),
            ("string Value", text_value),
            ("set string Value", set_text),
        ],
    },
    TypeTable {
        decl: "class System.Xml.Linq.XCData : XText",
        members: &[
            ("new(string value)", |a| Ok(value(XNode::cdata(a.text(0, "value")?.smol().clone())))),
            ("new(XCData other)", copy),
        ],
    },
    TypeTable {
        decl: "class System.Xml.Linq.XComment : XNode",
        members: &[
            ("new(string value)", |a| Ok(value(XNode::comment(a.text(0, "value")?.smol().clone())))),
            ("new(XComment other)", copy),
            ("string Value", text_value),
            ("set string Value", set_text),
        ],
    },
    TypeTable {
        decl: "class System.Xml.Linq.XProcessingInstruction : XNode",
        members: &[
            ("new(string target, string data)", |a| {
                let data = a.text(1, "data")?.smol().clone();
                Ok(value(XNode::processing_instruction(instruction_name(a, 0)?, data)))
            }),
            ("new(XProcessingInstruction other)", copy),
            ("string Data", text_value),
            ("set string Data", set_text),
            ("string Target", |a| Ok(Value::string(this(a)?.target().unwrap_or_default()))),
            ("set string Target", |a| {
                this(a)?.set_target(instruction_name(a, 1)?);
                Ok(Value::Null)
            }),
        ],
    },
    TypeTable {
        decl: "class System.Xml.Linq.XDocumentType : XNode",
        members: &[
            ("new(string name, string publicId, string systemId, string internalSubset)", |a| {
                let text = |at: usize| a.opt_str(at).map(|text| text.smol().clone());
                let name = a.text(0, "name")?.smol().clone();
                let content = XDocumentType { name, public_id: text(1), system_id: text(2), internal: text(3) };
                Ok(value(XNode::document_type(content)))
            }),
            ("new(XDocumentType other)", copy),
            ("string Name", |a| type_part(a, |content| Some(content.name))),
            ("set string Name", |a| {
                let name = a.text(1, "value")?.smol().clone();
                this(a)?.change_type(|content| content.name = name);
                Ok(Value::Null)
            }),
            ("string PublicId", |a| type_part(a, |content| content.public_id)),
            ("set string PublicId", |a| set_type_part(a, |content| &mut content.public_id)),
            ("string SystemId", |a| type_part(a, |content| content.system_id)),
            ("set string SystemId", |a| set_type_part(a, |content| &mut content.system_id)),
            ("string InternalSubset", |a| type_part(a, |content| content.internal)),
            ("set string InternalSubset", |a| set_type_part(a, |content| &mut content.internal)),
        ],
    },
    TypeTable {
        decl: "class System.Xml.Linq.XNodeDocumentOrderComparer : System.Collections.Generic.IComparer<XNode>",
        members: &[
            ("new()", |_| Ok(Value::object(NodeComparer(ORDER_COMPARER)))),
            ("int Compare(XNode x, XNode y)", |a| Ok(Value::Int32(order(a, 1, 2)? as i32))),
        ],
    },
    TypeTable {
        decl: "class System.Xml.Linq.XNodeEqualityComparer : System.Collections.Generic.IEqualityComparer<XNode>",
        members: &[
            ("new()", |_| Ok(Value::object(NodeComparer(EQUALITY_COMPARER)))),
            ("bool Equals(XNode x, XNode y)", |a| Ok(Value::Bool(is_equal(a, 1, 2)))),
            ("int GetHashCode(XNode obj)", |a| {
                let node = a.value(1);
                Ok(Value::Int32(NodeComparer::hash(a.run, &node)? as i32))
            }),
        ],
    },
];
