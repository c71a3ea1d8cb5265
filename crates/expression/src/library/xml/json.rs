//! `JsonConvert.SerializeXNode` and `DeserializeXNode`: XML as JSON and back, the way Json.NET's
//! `XmlNodeConverter` maps them.

use super::node::{node_of, value};
use crate::dotnet::data::json::{JToken, LoadOptions, TokenType, parse_content};
use crate::dotnet::data::xml::{NodeKind, XDeclaration, XMLNS, XName, XNode};
use crate::library::TypeTable;
use crate::library::json::token::charge_text;
use crate::library::json::{from_scalar, print_token};
use crate::run::{Args, Outcome, Run, Thrown};
use crate::value::Value;
use std::cell::RefCell;
use std::rc::Rc;

/// Attributes of this namespace direct the conversion.
const JSON: &str = "http://james.newtonking.com/projects/json";

/// The JSON of a node, under its name unless the root is omitted.
pub fn to_token(run: &mut Run<'_>, node: &XNode, omit_root: bool) -> Result<JToken, Thrown> {
    let object = JToken::object();
    if node.kind() == NodeKind::Document {
        if let Some(declaration) = node.declaration() {
            let declaration = declaration.borrow().clone();
            let parts = [("@version", declaration.version), ("@encoding", declaration.encoding)];
            let parts = parts.into_iter().chain([("@standalone", declaration.standalone)]);
            let made = JToken::object();
            for (name, value) in parts.filter_map(|(name, value)| Some((name, value?))) {
                made.add_property(name, &JToken::string(value))?;
            }
            object.add_property("?xml", &made)?;
        }
        if omit_root && let Some(root) = node.root() {
            return element(run, &root);
        }
        groups(run, &object, &node.nodes())?;
        return Ok(object);
    }
    if omit_root {
        return element(run, node);
    }
    groups(run, &object, std::slice::from_ref(node))?;
    Ok(object)
}

/// Nodes of one name become one property, an array where they are several.
fn groups(run: &mut Run<'_>, object: &JToken, nodes: &[XNode]) -> Result<(), Thrown> {
    let mut groups: Vec<(String, Vec<XNode>)> = Vec::new();
    for node in nodes.iter().filter(|node| !matches!(node.kind(), NodeKind::Comment | NodeKind::DocumentType)) {
        run.step()?;
        let name = property_name(node);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, group)) => group.push(node.clone()),
            None => groups.push((name, vec![node.clone()])),
        }
    }
    for (name, group) in groups {
        run.charge(96 + name.len())?;
        let value = match group.as_slice() {
            [one] if !is_array(one) => run.nested(|run| element(run, one))?,
            many => {
                let array = JToken::array();
                for node in many {
                    array.add(&run.nested(|run| element(run, node))?)?;
                }
                array
            }
        };
        object.add_property(&name, &value)?;
    }
    Ok(())
}

fn element(run: &mut Run<'_>, node: &XNode) -> Result<JToken, Thrown> {
    run.charge(64)?;
    if !node.is_element() {
        return Ok(JToken::string(node.value()));
    }
    let attributes: Vec<XNode> = node.attributes().into_iter().filter(|attribute| !directs(attribute)).collect();
    let children = node.nodes();
    match children.as_slice() {
        [only] if attributes.is_empty() && only.kind() == NodeKind::Text => return Ok(JToken::string(only.value())),
        [] if attributes.is_empty() && node.is_empty_element() => return Ok(JToken::null()),
        [] if attributes.is_empty() => return Ok(JToken::string("")),
        _ => {}
    }
    let object = JToken::object();
    for attribute in attributes {
        run.charge(96)?;
        object.add_property(&property_name(&attribute), &JToken::string(attribute.value()))?;
    }
    groups(run, &object, &children)?;
    Ok(object)
}

/// Whether an attribute only directs the conversion.
fn directs(attribute: &XNode) -> bool {
    let Some(name) = attribute.name() else { return false };
    name.namespace == JSON && name.local == "Array" || name.namespace == XMLNS && attribute.value() == JSON
}

fn is_array(node: &XNode) -> bool {
    let marked = node.attribute_named(&XName::new(JSON, "Array")).map(|attribute| attribute.value());
    marked.is_some_and(|value| matches!(value.as_str(), "true" | "1"))
}

fn property_name(node: &XNode) -> String {
    match node.kind() {
        NodeKind::Attribute => format!("@{}", node.dom_name()),
        NodeKind::CData => "#cdata-section".to_owned(),
        NodeKind::Text => "#text".to_owned(),
        NodeKind::ProcessingInstruction => format!("?{}", node.dom_name()),
        _ => node.dom_name(),
    }
}

fn serialize(a: &mut Args<'_, '_>) -> Outcome {
    let Some(node) = node_of(a.get(0)).cloned() else { return a.make("null") };
    let omit_root = a.bool(2);
    let token = to_token(a.run, &node, omit_root)?;
    let text = print_token(&token, a.get(1));
    a.make(text)
}

fn wrong(message: &str) -> Thrown {
    Thrown::new("Newtonsoft.Json.JsonSerializationException", message)
}

/// `DeserializeXNode(value, rootName)`.
fn deserialize(a: &mut Args<'_, '_>) -> Outcome {
    let text = a.text(0, "value")?.clone();
    let root = a.opt_str(1).filter(|name| !name.is_empty()).cloned();
    charge_text(a, text.as_str().len())?;
    let Some(token) = parse_content(text.as_str(), LoadOptions::default())? else { return Ok(Value::Null) };
    if token.token_type() == TokenType::Null {
        return Ok(Value::Null);
    }
    if !token.is_object() {
        return Err(wrong("XmlNodeConverter can only convert JSON that begins with an object."));
    }
    let document = XNode::document();
    match root {
        Some(name) => add_element(a.run, &document, name.as_str(), &token)?,
        None => add_members(a.run, &document, &token)?,
    }
    Ok(value(document))
}

/// Each property becomes attributes, text or elements of the parent.
fn add_members(run: &mut Run<'_>, parent: &XNode, object: &JToken) -> Result<(), Thrown> {
    for property in object.children() {
        let (Some(name), Some(item)) = (property.name(), property.property_value()) else { continue };
        if item.is_array() {
            for item in item.children() {
                add_member(run, parent, &name, &item)?;
            }
        } else {
            add_member(run, parent, &name, &item)?;
        }
    }
    Ok(())
}

fn add_member(run: &mut Run<'_>, parent: &XNode, name: &str, item: &JToken) -> Result<(), Thrown> {
    match name.chars().next() {
        Some('#') => {
            let text = text_of_token(run, item)?.unwrap_or_default();
            match name {
                "#cdata-section" => parent.add(&XNode::cdata(text))?,
                _ => parent.add(&XNode::text(text))?,
            }
            Ok(())
        }
        Some('?') if name == "?xml" => {
            let part = |name: &str| item.get(name).and_then(|part| part.scalar()).map(|scalar| scalar.text());
            let made = XDeclaration {
                version: part("@version"),
                encoding: part("@encoding"),
                standalone: part("@standalone"),
            };
            parent.set_declaration(Some(Rc::new(RefCell::new(made))));
            Ok(())
        }
        Some('@') if parent.is_element() => {
            let text = text_of_token(run, item)?.unwrap_or_default();
            let name = resolve(parent, name.get(1..).unwrap_or_default(), false)?;
            Ok(parent.set_attribute_value(&name, Some(&text))?)
        }
        _ => add_element(run, parent, name, item),
    }
}

fn add_element(run: &mut Run<'_>, parent: &XNode, name: &str, item: &JToken) -> Result<(), Thrown> {
    if parent.kind() == NodeKind::Document && parent.root().is_some() {
        return Err(wrong(
            "JSON root object has multiple properties. The root object must have a single property in order to create a \
             valid XML document. Consider specifying a DeserializeRootElementName.",
        ));
    }
    run.charge(256 + name.len())?;
    // Prefixes that the element declares itself count for its own name.
    let element = XNode::element(XName::new("", "pending"));
    for property in item.children().iter().filter(|_| item.is_object()) {
        if let (Some(name), Some(uri)) = (property.name(), property.property_value().and_then(|uri| uri.scalar())) {
            let declared = match name.strip_prefix("@xmlns") {
                Some("") => XName::new("", "xmlns"),
                Some(prefix) if prefix.starts_with(':') => XName::new(XMLNS, prefix.get(1..).unwrap_or_default()),
                _ => continue,
            };
            element.set_attribute_value(&declared, Some(&uri.text()))?;
        }
    }
    parent.add(&element)?;
    element.set_name(resolve(&element, name, true)?);
    if item.is_object() {
        return run.nested(|run| add_members(run, &element, item));
    }
    if item.is_array() {
        return run.nested(|run| add_member(run, &element, name, item));
    }
    if let Some(text) = text_of_token(run, item)? {
        element.add_text(&text)?;
    }
    Ok(())
}

/// A qualified name with the namespaces that are in scope at an element.
fn resolve(element: &XNode, name: &str, default: bool) -> Result<XName, Thrown> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let namespace = match prefix {
        "" if name == "xmlns" => return Ok(XName::new("", "xmlns")),
        "xmlns" => return Ok(XName::new(XMLNS, local)),
        "" if !default => None,
        prefix => element.namespace_of_prefix(prefix),
    };
    Ok(XName::get(local, &namespace.unwrap_or_default())?)
}

/// A scalar as `XmlConvert` writes it; none for null.
fn text_of_token(run: &mut Run<'_>, item: &JToken) -> Result<Option<String>, Thrown> {
    match item.scalar() {
        Some(scalar) if scalar.is_null() => Ok(None),
        Some(scalar) => super::content::text_of(run, &from_scalar(&scalar)).map(Some),
        None => Err(wrong("Cannot get an XML string value from token type 'StartObject'.")),
    }
}

pub static TYPES: &[TypeTable] = &[TypeTable {
    decl: "static class Newtonsoft.Json.JsonConvert",
    members: &[
        ("static string SerializeXNode(XObject node)", serialize),
        ("static string SerializeXNode(XObject node, Formatting formatting)", serialize),
        ("static string SerializeXNode(XObject node, Formatting formatting, bool omitRootObject)", serialize),
        ("static XDocument DeserializeXNode(string value)", deserialize),
        ("static XDocument DeserializeXNode(string value, string deserializeRootElementName)", deserialize),
    ],
}];
