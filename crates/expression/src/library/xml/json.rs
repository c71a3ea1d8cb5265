//! `JsonConvert.SerializeXNode`: XML as JSON, the way Json.NET's `XmlNodeConverter` maps it.

use super::node::node_of;
use crate::dotnet::data::json::JToken;
use crate::dotnet::data::xml::{NodeKind, XMLNS, XName, XNode};
use crate::library::TypeTable;
use crate::library::json::print_token;
use crate::run::{Args, Outcome, Run, Thrown};

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

pub static TYPES: &[TypeTable] = &[TypeTable {
    decl: "static class Newtonsoft.Json.JsonConvert",
    members: &[
        ("static string SerializeXNode(XObject node)", serialize),
        ("static string SerializeXNode(XObject node, Formatting formatting)", serialize),
        ("static string SerializeXNode(XObject node, Formatting formatting, bool omitRootObject)", serialize),
    ],
}];
