//! `XContainer` and `XElement`.

use super::content::{self, text_of};
use super::name::{name, name_arg, namespace, namespace_arg};
use super::node::{self, element_type, elements, named, node_arg, nodes, optional, this, value};
use crate::dotnet::data::xml::{Axis, ParseOptions, XNode, parse_element};
use crate::library::TypeTable;
use crate::library::linq::of_items;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::types::Type;
use crate::value::Value;

fn add(a: &mut Args<'_, '_>) -> Outcome {
    let (container, content) = (this(a)?.clone(), a.value(1));
    content::add(a.run, &container, &content)?;
    Ok(Value::Null)
}

fn add_first(a: &mut Args<'_, '_>) -> Outcome {
    let (container, content) = (this(a)?.clone(), a.value(1));
    content::insert(a.run, &container, container.at_start(), &content)?;
    Ok(Value::Null)
}

/// Takes something off, then adds a content that was read before.
fn replace(a: &mut Args<'_, '_>, clear: fn(&XNode)) -> Outcome {
    let (container, content) = (this(a)?.clone(), a.value(1));
    let parts = content::snapshot(a.run, &content)?;
    clear(&container);
    content::add_parts(a.run, &container, &parts)?;
    Ok(Value::Null)
}

fn make(a: &mut Args<'_, '_>) -> Outcome {
    let element = XNode::element(name_arg(a, 0, "name")?);
    let content = a.value(1);
    content::charge_nodes(a.run, 1)?;
    content::add(a.run, &element, &content)?;
    Ok(value(element))
}

/// `LoadOptions` of an argument.
pub fn load_options(a: &Args<'_, '_>, at: usize) -> ParseOptions {
    let options = if a.len() > at { a.i32(at) } else { 0 };
    ParseOptions { preserve_whitespace: options & 1 != 0, ..ParseOptions::default() }
}

/// Counts the work and the memory of reading a text.
pub fn charge_text(a: &mut Args<'_, '_>, length: usize) -> Result<(), Thrown> {
    a.run.steps(length / 16)?;
    a.run.charge(length)
}

fn parse(a: &mut Args<'_, '_>) -> Outcome {
    let text = a.text(0, "text")?.clone();
    charge_text(a, text.as_str().len())?;
    Ok(value(parse_element(text.as_str(), load_options(a, 1))?))
}

/// The text of a value argument; none for null.
fn optional_text(a: &mut Args<'_, '_>, at: usize) -> Result<Option<String>, Thrown> {
    let content = a.value(at);
    if content.is_null() {
        return Ok(None);
    }
    let text = text_of(a.run, &content)?;
    a.run.charge(128 + text.len())?;
    Ok(Some(text))
}

fn set_value(a: &mut Args<'_, '_>) -> Outcome {
    let text = optional_text(a, 1)?.ok_or_else(|| Thrown::argument_null("value"))?;
    this(a)?.set_value(&text)?;
    Ok(Value::Null)
}

/// `Save(writer)`: the tree with a declaration.
pub fn save(a: &mut Args<'_, '_>) -> Outcome {
    let node = this(a)?.clone();
    a.run.steps(node.size())?;
    let text = node.save_text(node::layout(a, 2), "utf-16")?;
    a.run.charge(text.len())?;
    let writer = a.value(1);
    crate::library::io::write(a.run, &writer, &Value::string(text))?;
    Ok(Value::Null)
}

fn load(a: &mut Args<'_, '_>) -> Outcome {
    if let Some(reader) = crate::value::downcast::<crate::library::io::Reader>(a.get(0)) {
        let text = reader.rest()?;
        charge_text(a, text.as_str().len())?;
        return Ok(value(parse_element(text.as_str(), load_options(a, 1))?));
    }
    super::reader::load_element(a)
}

static CONTAINER: &[(&str, Native)] = &[
    ("XNode FirstNode", |a| Ok(optional(this(a)?.node_at(0)))),
    ("XNode LastNode", |a| {
        let container = this(a)?;
        Ok(optional(container.node_count().checked_sub(1).and_then(|last| container.node_at(last))))
    }),
    ("void Add(object content)", add),
    ("void Add(params object[] content)", add),
    ("void AddFirst(object content)", add_first),
    ("void AddFirst(params object[] content)", add_first),
    ("IEnumerable<XNode> DescendantNodes()", |a| nodes(a, Axis::DescendantNodes)),
    ("IEnumerable<XElement> Descendants()", |a| elements(a, Axis::DescendantNodes)),
    ("IEnumerable<XElement> Descendants(XName name)", |a| elements(a, Axis::DescendantNodes)),
    ("XElement Element(XName name)", |a| {
        let name = super::name::optional_name(a, 1);
        Ok(optional(name.and_then(|name| this(a).ok()?.element_named(&name))))
    }),
    ("IEnumerable<XElement> Elements()", |a| elements(a, Axis::Nodes)),
    ("IEnumerable<XElement> Elements(XName name)", |a| elements(a, Axis::Nodes)),
    ("IEnumerable<XNode> Nodes()", |a| nodes(a, Axis::Nodes)),
    ("void RemoveNodes()", |a| {
        this(a)?.remove_nodes();
        Ok(Value::Null)
    }),
    ("void ReplaceNodes(object content)", |a| replace(a, XNode::remove_nodes)),
    ("void ReplaceNodes(params object[] content)", |a| replace(a, XNode::remove_nodes)),
];

static ELEMENT: &[(&str, Native)] = &[
    ("new(XName name)", make),
    ("new(XName name, object content)", make),
    ("new(XName name, params object[] content)", make),
    ("new(XElement other)", |a| {
        let other = node_arg(a, 0, "other")?.clone();
        content::charge_nodes(a.run, other.size())?;
        Ok(value(other.deep_clone()))
    }),
    ("static IEnumerable<XElement> EmptySequence", |_| Ok(of_items(element_type(), Vec::new()))),
    ("static XElement Parse(string text)", parse),
    ("static XElement Parse(string text, LoadOptions options)", parse),
    ("static XElement Load(System.IO.TextReader textReader)", load),
    ("static XElement Load(System.IO.TextReader textReader, LoadOptions options)", load),
    ("static XElement Load(System.Xml.XmlReader reader)", load),
    ("static XElement Load(System.Xml.XmlReader reader, LoadOptions options)", load),
    ("void Save(System.IO.TextWriter textWriter)", save),
    ("void Save(System.IO.TextWriter textWriter, SaveOptions options)", save),
    ("XName Name", |a| Ok(this(a)?.name().map_or(Value::Null, name))),
    ("set XName Name", |a| {
        this(a)?.set_name(name_arg(a, 1, "value")?);
        Ok(Value::Null)
    }),
    ("string Value", |a| {
        let value = this(a)?.value();
        a.run.charge(value.len())?;
        Ok(Value::string(value))
    }),
    ("set string Value", set_value),
    ("void SetValue(object value)", set_value),
    ("bool HasAttributes", |a| Ok(Value::Bool(this(a)?.first_attribute().is_some()))),
    ("bool HasElements", |a| Ok(Value::Bool(this(a)?.has_elements()))),
    ("bool IsEmpty", |a| Ok(Value::Bool(this(a)?.is_empty_element()))),
    ("XAttribute FirstAttribute", |a| Ok(optional(this(a)?.first_attribute()))),
    ("XAttribute LastAttribute", |a| Ok(optional(this(a)?.attributes().pop()))),
    ("XAttribute Attribute(XName name)", |a| {
        let name = super::name::optional_name(a, 1);
        Ok(optional(name.and_then(|name| this(a).ok()?.attribute_named(&name))))
    }),
    ("IEnumerable<XAttribute> Attributes()", |a| named(a, Axis::Attributes, Type::named("System.Xml.Linq.XAttribute"))),
    ("IEnumerable<XAttribute> Attributes(XName name)", |a| {
        named(a, Axis::Attributes, Type::named("System.Xml.Linq.XAttribute"))
    }),
    ("IEnumerable<XElement> AncestorsAndSelf()", |a| elements(a, Axis::AncestorsAndSelf)),
    ("IEnumerable<XElement> AncestorsAndSelf(XName name)", |a| elements(a, Axis::AncestorsAndSelf)),
    ("IEnumerable<XNode> DescendantNodesAndSelf()", |a| nodes(a, Axis::DescendantNodesAndSelf)),
    ("IEnumerable<XElement> DescendantsAndSelf()", |a| elements(a, Axis::DescendantNodesAndSelf)),
    ("IEnumerable<XElement> DescendantsAndSelf(XName name)", |a| elements(a, Axis::DescendantNodesAndSelf)),
    ("XNamespace GetDefaultNamespace()", |a| Ok(namespace(this(a)?.namespace_of_prefix("").unwrap_or_default()))),
    ("XNamespace GetNamespaceOfPrefix(string prefix)", |a| {
        let prefix = a.text(1, "prefix")?.as_str();
        if prefix.is_empty() {
            return Err(Thrown::argument("'' is an invalid prefix."));
        }
        Ok(this(a)?.namespace_of_prefix(prefix).map_or(Value::Null, namespace))
    }),
    ("string GetPrefixOfNamespace(XNamespace ns)", |a| {
        let uri = namespace_arg(a, 1, "ns")?;
        Ok(this(a)?.prefix_of_namespace(&uri).map_or(Value::Null, Value::string))
    }),
    ("void RemoveAll()", |a| {
        this(a)?.remove_all();
        Ok(Value::Null)
    }),
    ("void RemoveAttributes()", |a| {
        this(a)?.remove_attributes();
        Ok(Value::Null)
    }),
    ("void ReplaceAll(object content)", |a| replace(a, XNode::remove_all)),
    ("void ReplaceAll(params object[] content)", |a| replace(a, XNode::remove_all)),
    ("void ReplaceAttributes(object content)", |a| replace(a, XNode::remove_attributes)),
    ("void ReplaceAttributes(params object[] content)", |a| replace(a, XNode::remove_attributes)),
    ("void SetAttributeValue(XName name, object value)", |a| {
        let (name, text) = (name_arg(a, 1, "name")?, optional_text(a, 2)?);
        this(a)?.set_attribute_value(&name, text.as_deref())?;
        Ok(Value::Null)
    }),
    ("void SetElementValue(XName name, object value)", |a| {
        let (name, text) = (name_arg(a, 1, "name")?, optional_text(a, 2)?);
        this(a)?.set_element_value(&name, text.as_deref())?;
        Ok(Value::Null)
    }),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Xml.Linq.XContainer : XNode", members: CONTAINER },
    TypeTable { decl: "class System.Xml.Linq.XElement : XContainer", members: ELEMENT },
];
