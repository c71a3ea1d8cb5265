//! `XmlDocument` and its nodes, as samples use them, over the tree of LINQ to XML. A prefix is not
//! part of a node here: it is what the declarations in scope say.

use super::container::charge_text;
use super::xpath;
use crate::dotnet::data::xml::{NodeKind, ParseOptions, XName, XNode, parse_document};
use crate::library::TypeTable;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::{Type, known, registry};
use crate::value::{Cursor, Object, Value, downcast};
use smol_str::SmolStr;
use std::any::Any;
use std::rc::Rc;

/// A node as `System.Xml` shows it.
struct DomNode(XNode);

impl Object for DomNode {
    fn type_of(&self) -> Type {
        Type::named(match self.0.kind() {
            NodeKind::Document => "System.Xml.XmlDocument",
            NodeKind::Element => "System.Xml.XmlElement",
            NodeKind::Attribute => "System.Xml.XmlAttribute",
            NodeKind::Text => "System.Xml.XmlText",
            NodeKind::CData => "System.Xml.XmlCDataSection",
            NodeKind::Comment => "System.Xml.XmlComment",
            NodeKind::ProcessingInstruction => "System.Xml.XmlProcessingInstruction",
            NodeKind::DocumentType => "System.Xml.XmlDocumentType",
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_same(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<DomNode>().is_some_and(|other| other.0 == self.0)
    }

    fn hash(&self, _run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        Ok(Some(self.0.address() as u64))
    }

    fn enumerate(&self, _this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        Ok(Some(walk(self.0.nodes())))
    }
}

/// A list that is computed anew each time it is looked at: .NET's lists are live.
struct NodeList {
    class: &'static str,
    nodes: Rc<dyn Fn() -> Vec<XNode>>,
}

impl Object for NodeList {
    fn type_of(&self) -> Type {
        Type::named(self.class)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, _this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        Ok(Some(walk((self.nodes)())))
    }
}

fn walk(nodes: Vec<XNode>) -> Cursor {
    let mut nodes = nodes.into_iter();
    Box::new(move |_: &mut Run<'_>| Ok(nodes.next().map(value)))
}

fn value(node: XNode) -> Value {
    Value::object(DomNode(node))
}

fn optional(node: Option<XNode>) -> Value {
    node.map_or(Value::Null, value)
}

fn list(class: &'static str, nodes: impl Fn() -> Vec<XNode> + 'static) -> Value {
    Value::object(NodeList { class, nodes: Rc::new(nodes) })
}

const LIST: &str = "System.Xml.XmlNodeList";

fn this<'a>(a: &'a Args<'_, '_>) -> Result<&'a XNode, Thrown> {
    a.object::<DomNode>(0).map(|node| &node.0)
}

fn arg(a: &Args<'_, '_>, at: usize) -> Option<XNode> {
    downcast::<DomNode>(a.get(at)).map(|node| node.0.clone())
}

fn items(a: &Args<'_, '_>) -> Result<Vec<XNode>, Thrown> {
    Ok((a.object::<NodeList>(0)?.nodes)())
}

/// Marks a document that keeps white space.
struct KeepsBlanks;

fn keeps_blanks(document: &XNode) -> bool {
    document.annotations().iter().any(|note| note.is::<KeepsBlanks>())
}

fn load(a: &mut Args<'_, '_>, text: &str) -> Outcome {
    charge_text(a, text.len())?;
    let document = this(a)?.clone();
    let options = ParseOptions { preserve_whitespace: keeps_blanks(&document), ..ParseOptions::default() };
    let read = parse_document(text, options)?;
    document.remove_nodes();
    document.set_declaration(read.declaration());
    for node in read.nodes() {
        node.remove()?;
        document.add(&node)?;
    }
    Ok(Value::Null)
}

/// `(qualifiedName, uri)`, `(prefix, localName, uri)` or `(name)`, as a name and its prefix.
fn read_name(a: &Args<'_, '_>) -> Result<(XName, SmolStr), Thrown> {
    let text = |at: usize| a.str_or_empty(at).to_owned();
    let (qualified, uri) = match a.len() {
        4 if text(1).is_empty() => (text(2), text(3)),
        4 => (format!("{}:{}", text(1), text(2)), text(3)),
        _ => (text(1), text(2)),
    };
    let (prefix, local) = qualified.split_once(':').unwrap_or(("", &qualified));
    Ok((XName::get(local, &uri)?, prefix.into()))
}

fn create_element(a: &mut Args<'_, '_>) -> Outcome {
    a.run.charge(256)?;
    let (name, prefix) = read_name(a)?;
    let namespace = name.namespace.clone();
    let element = XNode::element(name);
    if !prefix.is_empty() && !namespace.is_empty() {
        element.set_attribute_value(&XName::new(crate::dotnet::data::xml::XMLNS, prefix), Some(&namespace))?;
    }
    Ok(value(element))
}

fn create(a: &mut Args<'_, '_>, make: fn(SmolStr) -> XNode) -> Outcome {
    a.run.charge(128)?;
    Ok(value(make(a.str_or_empty(1).into())))
}

/// Where a node goes among the children.
#[derive(Clone, Copy)]
enum Place {
    First,
    Last,
    Before,
    After,
}

/// Moves a node here: the DOM takes it from where it was.
fn put(a: &mut Args<'_, '_>, place: Place) -> Outcome {
    let (parent, node) = (this(a)?.clone(), arg(a, 1).ok_or_else(Thrown::null_reference)?);
    a.run.charge(64)?;
    if std::iter::successors(Some(parent.clone()), XNode::parent_node).any(|above| above == node) {
        return Err(Thrown::argument("Cannot insert a node or any ancestor of that node as a child of itself."));
    }
    if node.parent_node().is_some() {
        node.remove()?;
    }
    let mut inserter = match (place, arg(a, 2)) {
        (Place::First, _) | (Place::After, None) => parent.at_start(),
        (Place::Last, _) | (Place::Before, None) => {
            parent.add(&node)?;
            return Ok(value(node));
        }
        (_, Some(reference)) if reference.parent_node().as_ref() != Some(&parent) => {
            return Err(Thrown::argument("The reference node is not a child of this node."));
        }
        (Place::Before, Some(reference)) => reference.before_self()?,
        (Place::After, Some(reference)) => reference.after_self()?,
    };
    inserter.add(&crate::dotnet::data::xml::Content::Node(node.clone()))?;
    inserter.finish();
    Ok(value(node))
}

fn remove_child(a: &mut Args<'_, '_>, at: usize) -> Outcome {
    let child = arg(a, at).filter(|child| child.parent_node().as_ref() == this(a).ok());
    let child = child.ok_or_else(|| Thrown::argument("The node to be removed is not a child of this node."))?;
    child.remove()?;
    Ok(value(child))
}

fn by_tag(a: &mut Args<'_, '_>) -> Outcome {
    let (node, name) = (this(a)?.clone(), a.str_or_empty(1).to_owned());
    let uri = a.opt_str(2).map(|uri| uri.smol().clone());
    a.run.steps(node.size())?;
    Ok(list(LIST, move || match &uri {
        None => node.elements_by_tag_name(&name),
        Some(uri) => {
            let fits = |node: &XNode| {
                node.name().is_some_and(|found| {
                    (name == "*" || found.local == name) && (uri == "*" || found.namespace == *uri)
                })
            };
            node.descendants(None).into_iter().filter(fits).collect()
        }
    }))
}

fn select(a: &mut Args<'_, '_>) -> Result<Vec<XNode>, Thrown> {
    let node = this(a)?.clone();
    xpath::select(a, &node, 1, 2)
}

/// The attribute of a qualified name, or of a local name and a namespace.
fn attribute(a: &Args<'_, '_>, element: &XNode, at: usize) -> Option<XNode> {
    let name = a.opt_str(at)?;
    match a.opt_str(at + 1) {
        Some(uri) => element.attribute_named(&XName::new(uri.smol().clone(), name.smol().clone())),
        None => element.attributes().into_iter().find(|attribute| attribute.dom_name() == name.as_str()),
    }
}

fn set_attribute(a: &mut Args<'_, '_>) -> Outcome {
    let (element, text) = (this(a)?.clone(), a.str_or_empty(2).to_owned());
    a.run.charge(128 + text.len())?;
    match attribute(a, &element, 1).filter(|_| a.len() == 3) {
        Some(found) => found.set_value(&text)?,
        None => {
            let name = a.str_or_empty(1);
            let (prefix, local) = name.split_once(':').unwrap_or(("", name));
            let uri = if prefix.is_empty() { None } else { element.namespace_of_prefix(prefix) };
            element.set_attribute_value(&XName::get(local, &uri.unwrap_or_default())?, Some(&text))?;
        }
    }
    Ok(Value::Null)
}

fn set_inner_xml(a: &mut Args<'_, '_>) -> Outcome {
    let (node, text) = (this(a)?.clone(), a.str_or_empty(1).to_owned());
    if node.kind() == NodeKind::Document {
        return load(a, &text);
    }
    charge_text(a, text.len())?;
    let options = ParseOptions { preserve_whitespace: true, ..ParseOptions::default() };
    let read = parse_document(&format!("<r>{text}</r>"), options)?;
    node.remove_nodes();
    for child in read.root().map(|root| root.nodes()).unwrap_or_default() {
        child.remove()?;
        node.add(&child)?;
    }
    Ok(Value::Null)
}

fn has_value(node: &XNode) -> bool {
    !matches!(node.kind(), NodeKind::Document | NodeKind::Element | NodeKind::DocumentType)
}

fn text_of(a: &mut Args<'_, '_>) -> Outcome {
    let text = this(a)?.value();
    a.run.charge(text.len())?;
    Ok(Value::string(text))
}

fn set_text(a: &mut Args<'_, '_>) -> Outcome {
    this(a)?.set_value(a.str_or_empty(1))?;
    Ok(Value::Null)
}

fn copy(a: &mut Args<'_, '_>, node: &XNode, deep: bool) -> Outcome {
    super::content::charge_nodes(a.run, node.size())?;
    let copy = node.deep_clone();
    if !deep {
        copy.remove_nodes();
    }
    Ok(value(copy))
}

static NODE: &[(&str, Native)] = &[
    ("string Name", |a| Ok(Value::string(this(a)?.dom_name()))),
    ("string LocalName", |a| {
        let node = this(a)?;
        Ok(Value::string(node.name().map_or_else(|| node.dom_name().into(), |name| name.local)))
    }),
    ("string NamespaceURI", |a| Ok(Value::string(this(a)?.name().map(|name| name.namespace).unwrap_or_default()))),
    ("string Prefix", |a| Ok(Value::string(this(a)?.dom_prefix()))),
    ("string Value", |a| if has_value(this(a)?) { text_of(a) } else { Ok(Value::Null) }),
    ("set string Value", |a| {
        if !has_value(this(a)?) {
            return Err(Thrown::invalid_operation("Cannot set a value on node type."));
        }
        set_text(a)
    }),
    ("string InnerText", text_of),
    ("set string InnerText", set_text),
    ("string InnerXml", |a| {
        let text = this(a)?.inner_xml()?;
        a.make(text)
    }),
    ("set string InnerXml", set_inner_xml),
    ("string OuterXml", |a| {
        let text = this(a)?.outer_xml()?;
        a.make(text)
    }),
    ("System.Xml.XmlNodeType NodeType", |a| {
        let id = registry().full("System.Xml.XmlNodeType", 0).unwrap_or(known::INT32);
        Ok(Value::Enum(id, super::node::kind_number(this(a)?.kind())))
    }),
    ("XmlNode ParentNode", |a| {
        let node = this(a)?;
        Ok(optional(node.parent_node().filter(|_| node.kind() != NodeKind::Attribute)))
    }),
    ("XmlDocument OwnerDocument", |a| {
        Ok(optional(this(a)?.owner_document().filter(|found| Some(found) != this(a).ok())))
    }),
    ("XmlNode FirstChild", |a| Ok(optional(this(a)?.node_at(0)))),
    ("XmlNode LastChild", |a| Ok(optional(this(a)?.nodes().pop()))),
    ("XmlNode NextSibling", |a| Ok(optional(this(a)?.next_node()))),
    ("XmlNode PreviousSibling", |a| Ok(optional(this(a)?.previous_node()))),
    ("bool HasChildNodes", |a| Ok(Value::Bool(this(a)?.node_count() > 0))),
    ("XmlNodeList ChildNodes", |a| {
        let node = this(a)?.clone();
        Ok(list(LIST, move || node.nodes()))
    }),
    ("XmlAttributeCollection Attributes", |a| {
        let node = this(a)?.clone();
        if !node.is_element() {
            return Ok(Value::Null);
        }
        Ok(list("System.Xml.XmlAttributeCollection", move || node.attributes()))
    }),
    ("XmlElement this[string name]", |a| {
        let wanted = a.str_or_empty(1);
        let children = this(a)?.elements(None);
        Ok(optional(children.into_iter().find(|child| child.dom_name() == wanted)))
    }),
    ("XmlElement this[string localname, string ns]", |a| {
        let name = XName::new(a.str_or_empty(2), a.str_or_empty(1));
        Ok(optional(this(a)?.element_named(&name)))
    }),
    ("XmlNodeList SelectNodes(string xpath)", |a| {
        let found = select(a)?;
        Ok(list(LIST, move || found.clone()))
    }),
    ("XmlNodeList SelectNodes(string xpath, System.Xml.XmlNamespaceManager nsmgr)", |a| {
        let found = select(a)?;
        Ok(list(LIST, move || found.clone()))
    }),
    ("XmlNode SelectSingleNode(string xpath)", |a| Ok(optional(select(a)?.into_iter().next()))),
    ("XmlNode SelectSingleNode(string xpath, System.Xml.XmlNamespaceManager nsmgr)", |a| {
        Ok(optional(select(a)?.into_iter().next()))
    }),
    ("XmlNode AppendChild(XmlNode newChild)", |a| put(a, Place::Last)),
    ("XmlNode PrependChild(XmlNode newChild)", |a| put(a, Place::First)),
    ("XmlNode InsertBefore(XmlNode newChild, XmlNode refChild)", |a| put(a, Place::Before)),
    ("XmlNode InsertAfter(XmlNode newChild, XmlNode refChild)", |a| put(a, Place::After)),
    ("XmlNode RemoveChild(XmlNode oldChild)", |a| remove_child(a, 1)),
    ("XmlNode ReplaceChild(XmlNode newChild, XmlNode oldChild)", |a| {
        put(a, Place::Before)?;
        remove_child(a, 2)
    }),
    ("void RemoveAll()", |a| {
        this(a)?.remove_all();
        Ok(Value::Null)
    }),
    ("XmlNode Clone()", |a| {
        let node = this(a)?.clone();
        copy(a, &node, true)
    }),
    ("XmlNode CloneNode(bool deep)", |a| {
        let node = this(a)?.clone();
        copy(a, &node, a.bool(1))
    }),
];

static DOCUMENT: &[(&str, Native)] = &[
    ("new()", |_| Ok(value(XNode::document()))),
    ("void LoadXml(string xml)", |a| {
        let text = a.text(1, "xml")?.clone();
        load(a, text.as_str())
    }),
    ("void Load(System.IO.TextReader txtReader)", |a| {
        let text = a.object_arg::<crate::library::io::Reader>(1, "txtReader")?.rest()?;
        load(a, text.as_str())
    }),
    ("void Save(System.IO.TextWriter writer)", |a| {
        let document = this(a)?.clone();
        let text = document.save_text(crate::dotnet::data::xml::Layout::INDENTED, "utf-16")?;
        a.run.charge(text.len())?;
        let writer = a.value(1);
        crate::library::io::write(a.run, &writer, &Value::string(text))?;
        Ok(Value::Null)
    }),
    ("bool PreserveWhitespace", |a| Ok(Value::Bool(keeps_blanks(this(a)?)))),
    ("set bool PreserveWhitespace", |a| {
        let mut notes = this(a)?.annotations();
        notes.retain(|note| !note.is::<KeepsBlanks>());
        if a.bool(1) {
            notes.push(Rc::new(KeepsBlanks));
        }
        Ok(Value::Null)
    }),
    ("XmlElement DocumentElement", |a| Ok(optional(this(a)?.root()))),
    ("System.Xml.XmlNameTable NameTable", |_| Ok(xpath::name_table())),
    ("XmlElement CreateElement(string name)", create_element),
    ("XmlElement CreateElement(string qualifiedName, string namespaceURI)", create_element),
    ("XmlElement CreateElement(string prefix, string localName, string namespaceURI)", create_element),
    ("XmlText CreateTextNode(string text)", |a| create(a, XNode::text)),
    ("XmlCDataSection CreateCDataSection(string data)", |a| create(a, XNode::cdata)),
    ("XmlComment CreateComment(string data)", |a| create(a, XNode::comment)),
    ("XmlAttribute CreateAttribute(string name)", |a| {
        a.run.charge(128)?;
        Ok(value(XNode::attribute(read_name(a)?.0, "")))
    }),
    ("XmlAttribute CreateAttribute(string qualifiedName, string namespaceURI)", |a| {
        a.run.charge(128)?;
        Ok(value(XNode::attribute(read_name(a)?.0, "")))
    }),
    ("XmlNode ImportNode(XmlNode node, bool deep)", |a| {
        let node = arg(a, 1).ok_or_else(Thrown::null_reference)?;
        copy(a, &node, a.bool(2))
    }),
    ("XmlNodeList GetElementsByTagName(string name)", by_tag),
    ("XmlNodeList GetElementsByTagName(string localName, string namespaceURI)", by_tag),
];

static ELEMENT: &[(&str, Native)] = &[
    ("bool IsEmpty", |a| Ok(Value::Bool(this(a)?.is_empty_element()))),
    ("bool HasAttributes", |a| Ok(Value::Bool(this(a)?.first_attribute().is_some()))),
    ("string GetAttribute(string name)", |a| {
        Ok(Value::string(attribute(a, this(a)?, 1).map(|found| found.value()).unwrap_or_default()))
    }),
    ("string GetAttribute(string localName, string namespaceURI)", |a| {
        Ok(Value::string(attribute(a, this(a)?, 1).map(|found| found.value()).unwrap_or_default()))
    }),
    ("XmlAttribute GetAttributeNode(string name)", |a| Ok(optional(attribute(a, this(a)?, 1)))),
    ("bool HasAttribute(string name)", |a| Ok(Value::Bool(attribute(a, this(a)?, 1).is_some()))),
    ("void SetAttribute(string name, string value)", |a| {
        a.args = a.args.get(..3).unwrap_or(a.args);
        set_attribute(a)
    }),
    ("void RemoveAttribute(string name)", |a| {
        if let Some(found) = attribute(a, this(a)?, 1) {
            found.remove()?;
        }
        Ok(Value::Null)
    }),
    ("XmlNodeList GetElementsByTagName(string name)", by_tag),
    ("XmlNodeList GetElementsByTagName(string localName, string namespaceURI)", by_tag),
];

fn item(a: &mut Args<'_, '_>) -> Outcome {
    let index = usize::try_from(a.i32(1)).ok();
    Ok(optional(index.and_then(|index| items(a).ok()?.into_iter().nth(index))))
}

fn named_item(a: &mut Args<'_, '_>) -> Outcome {
    let wanted = a.str_or_empty(1);
    Ok(optional(items(a)?.into_iter().find(|attribute| attribute.dom_name() == wanted)))
}

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Xml.XmlNode : System.Collections.IEnumerable", members: NODE },
    TypeTable { decl: "class System.Xml.XmlDocument : XmlNode", members: DOCUMENT },
    TypeTable { decl: "class System.Xml.XmlLinkedNode : XmlNode", members: &[] },
    TypeTable { decl: "class System.Xml.XmlElement : XmlLinkedNode", members: ELEMENT },
    TypeTable {
        decl: "class System.Xml.XmlAttribute : XmlNode",
        members: &[("XmlElement OwnerElement", |a| Ok(optional(this(a)?.parent())))],
    },
    TypeTable {
        decl: "class System.Xml.XmlCharacterData : XmlLinkedNode",
        members: &[("string Data", text_of), ("set string Data", set_text)],
    },
    TypeTable { decl: "class System.Xml.XmlText : XmlCharacterData", members: &[] },
    TypeTable { decl: "class System.Xml.XmlCDataSection : XmlCharacterData", members: &[] },
    TypeTable { decl: "class System.Xml.XmlComment : XmlCharacterData", members: &[] },
    TypeTable { decl: "class System.Xml.XmlProcessingInstruction : XmlLinkedNode", members: &[] },
    TypeTable { decl: "class System.Xml.XmlDocumentType : XmlLinkedNode", members: &[] },
    TypeTable {
        decl: "class System.Xml.XmlNodeList : System.Collections.IEnumerable",
        members: &[
            ("int Count", |a| Ok(Value::Int32(items(a)?.len() as i32))),
            ("XmlNode this[int i]", item),
            ("XmlNode Item(int index)", item),
        ],
    },
    TypeTable {
        decl: "class System.Xml.XmlAttributeCollection : System.Collections.IEnumerable",
        members: &[
            ("int Count", |a| Ok(Value::Int32(items(a)?.len() as i32))),
            ("XmlAttribute this[int i]", item),
            ("XmlAttribute this[string name]", named_item),
            ("XmlNode GetNamedItem(string name)", named_item),
            ("XmlNode Item(int index)", item),
            ("XmlAttribute Append(XmlAttribute node)", |a| {
                a.run.charge(64)?;
                let added = arg(a, 1).ok_or_else(Thrown::null_reference)?;
                let owner = items(a)?.first().and_then(XNode::parent);
                match owner {
                    Some(owner) => {
                        owner.set_attribute_value(&added.name().unwrap_or_else(|| XName::new("", "")), None)?;
                        owner.add(&added)?;
                    }
                    None => return Err(Thrown::not_supported("The element has no attributes yet: use SetAttribute.")),
                }
                Ok(value(added))
            }),
        ],
    },
];
