//! What XSLT adds to XPath: variables and functions.

use super::format::DecimalFormat;
use super::run::{Engine, Frame, KeyIndex};
use smol_str::SmolStr;
use std::rc::Rc;
use tollgate_expression::dotnet::data::error::{DotnetError, Result};
use tollgate_expression::dotnet::data::xml::{DocumentOrder, Focus, NodeKind, Scope, XNode, XPathValue};

/// Every function that an expression may call; extensions by their local name.
pub const FUNCTIONS: [&str; 36] = [
    "last",
    "position",
    "count",
    "id",
    "local-name",
    "namespace-uri",
    "name",
    "string",
    "concat",
    "starts-with",
    "contains",
    "substring-before",
    "substring-after",
    "substring",
    "string-length",
    "normalize-space",
    "translate",
    "boolean",
    "not",
    "true",
    "false",
    "lang",
    "number",
    "sum",
    "floor",
    "ceiling",
    "round",
    "current",
    "key",
    "format-number",
    "generate-id",
    "system-property",
    "element-available",
    "function-available",
    "unparsed-entity-uri",
    "node-set",
];

/// The instructions, for `element-available()`.
const INSTRUCTIONS: [&str; 18] = [
    "apply-templates",
    "attribute",
    "call-template",
    "choose",
    "comment",
    "copy",
    "copy-of",
    "element",
    "fallback",
    "for-each",
    "if",
    "message",
    "number",
    "processing-instruction",
    "text",
    "value-of",
    "variable",
    "apply-imports",
];

/// An expression where it stands.
pub struct Here<'e> {
    pub engine: &'e Engine<'e>,
    pub frame: &'e Frame,
    pub namespaces: &'e [(&'e str, &'e str)],
}

fn fail(message: impl Into<String>) -> DotnetError {
    DotnetError::new("System.Xml.Xsl.XsltException", message)
}

impl Scope for Here<'_> {
    fn variable(&self, name: &str) -> Result<Option<XPathValue>> {
        let local = self.frame.locals.iter().rev().find(|(known, _)| known == name);
        if let Some((_, value)) = local {
            return Ok(Some(value.clone()));
        }
        match self.engine.global(name).map_err(fail)? {
            Some(value) => Ok(Some(value)),
            None => Err(fail(format!("The variable or parameter '{name}' is not defined or it is out of scope."))),
        }
    }

    fn call(&self, name: &str, arguments: &[XPathValue], focus: &Focus) -> Result<Option<XPathValue>> {
        let text = |index: usize| arguments.get(index).map(XPathValue::string).unwrap_or_default();
        Ok(Some(match (name, arguments) {
            ("current", []) => XPathValue::Nodes(vec![self.frame.focus.node.clone()]),
            ("key", [_, value]) => XPathValue::Nodes(self.key(&text(0), value, focus)?),
            ("format-number", [number, _] | [number, _, _]) => {
                let format = self.format(&text(2))?;
                XPathValue::String(format.write(number.number(), &text(1)))
            }
            ("generate-id", [] | [XPathValue::Nodes(_)]) => {
                let node = match arguments.first() {
                    Some(XPathValue::Nodes(nodes)) => nodes.first(),
                    _ => Some(&focus.node),
                };
                XPathValue::String(node.map(|node| self.id(node)).unwrap_or_default())
            }
            ("system-property", [_]) => self.property(&text(0)),
            ("element-available", [_]) => {
                let asked = text(0);
                let (prefix, local) = asked.split_once(':').unwrap_or(("", &asked));
                XPathValue::Boolean(self.namespace(prefix) == Some(super::XSL) && INSTRUCTIONS.contains(&local))
            }
            ("function-available", [_]) => {
                let asked = text(0);
                XPathValue::Boolean(FUNCTIONS.contains(&asked.as_str()) || asked.ends_with(":node-set"))
            }
            ("unparsed-entity-uri", [_]) => XPathValue::String(String::new()),
            (_, [XPathValue::Nodes(nodes)]) if self.is_node_set(name) => XPathValue::Nodes(nodes.clone()),
            (_, [other]) if self.is_node_set(name) => {
                let tree = XNode::document();
                tree.push(&XNode::text(other.string()));
                XPathValue::Nodes(vec![tree])
            }
            _ => return Ok(None),
        }))
    }

    fn order(&self, root: &XNode) -> Option<Rc<DocumentOrder>> {
        (*root == self.engine.source).then(|| Rc::clone(&self.engine.order))
    }
}

impl Here<'_> {
    fn namespace(&self, prefix: &str) -> Option<&str> {
        self.namespaces.iter().find(|(known, _)| *known == prefix).map(|(_, uri)| *uri)
    }

    /// `node-set()` of Microsoft and of EXSLT.
    fn is_node_set(&self, name: &str) -> bool {
        name.split_once(':').is_some_and(|(prefix, local)| {
            local == "node-set"
                && matches!(self.namespace(prefix), Some("urn:schemas-microsoft-com:xslt" | "http://exslt.org/common"))
        })
    }

    fn format(&self, name: &str) -> Result<DecimalFormat> {
        match self.engine.sheet.formats.get(name) {
            Some(format) => Ok(format.clone()),
            None if name.is_empty() => Ok(DecimalFormat::default()),
            None => Err(fail(format!("Decimal format '{name}' is not defined."))),
        }
    }

    fn property(&self, name: &str) -> XPathValue {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        if self.namespace(prefix) != Some(super::XSL) {
            return XPathValue::String(String::new());
        }
        match local {
            "version" => XPathValue::Number(1.0),
            "vendor" => XPathValue::String("Tollgate".to_owned()),
            _ => XPathValue::String(String::new()),
        }
    }

    /// An id by the place of the node in its tree.
    fn id(&self, node: &XNode) -> String {
        match self.engine.order.position(node) {
            Some(position) => format!("id{position}"),
            None => {
                let root = node.root_node();
                let position = DocumentOrder::of(&root).position(node).unwrap_or_default();
                format!("idt{position}")
            }
        }
    }

    fn key(&self, name: &str, value: &XPathValue, focus: &Focus) -> Result<Vec<XNode>> {
        if !self.engine.sheet.keys.contains_key(name) {
            return Err(fail(format!("Key '{name}' is not defined.")));
        }
        let root = focus.node.root_node();
        let index = if root == self.engine.source {
            let known = self.engine.keys.borrow().get(name).cloned();
            match known {
                Some(index) => index,
                None => {
                    let index = Rc::new(self.index(name, &root)?);
                    self.engine.keys.borrow_mut().insert(name.into(), Rc::clone(&index));
                    index
                }
            }
        } else {
            Rc::new(self.index(name, &root)?)
        };
        let of = |text: &str| index.get(text).cloned().unwrap_or_default();
        let XPathValue::Nodes(nodes) = value else { return Ok(of(&value.string())) };
        let mut found = Vec::new();
        for node in nodes {
            for hit in of(&node.value()) {
                if !found.contains(&hit) {
                    found.push(hit);
                }
            }
        }
        found.sort_by_key(|node| self.engine.order.position(node).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// The nodes of a tree by the values of a key.
    fn index(&self, name: &str, root: &XNode) -> Result<KeyIndex> {
        let mut index = KeyIndex::new();
        let Some(keys) = self.engine.sheet.keys.get(&SmolStr::from(name)) else { return Ok(index) };
        for node in std::iter::once(root.clone()).chain(root.descendant_nodes()) {
            let attributes = if node.kind() == NodeKind::Element { node.attributes() } else { Vec::new() };
            for node in std::iter::once(node).chain(attributes) {
                for key in keys {
                    self.engine.spend(1).map_err(fail)?;
                    let namespaces: Vec<(&str, &str)> =
                        key.namespaces.iter().map(|(prefix, uri)| (prefix.as_str(), uri.as_str())).collect();
                    if !key.pattern.matches(&node, &namespaces, self)? {
                        continue;
                    }
                    let focus = Focus { node: node.clone(), position: 1, size: 1 };
                    let values = match key.value.xpath.evaluate_in(&focus, &namespaces, self)? {
                        XPathValue::Nodes(nodes) => nodes.iter().map(|node| node.value().to_string()).collect(),
                        other => vec![other.string()],
                    };
                    for value in values {
                        let hits = index.entry(value).or_default();
                        if hits.last() != Some(&node) {
                            hits.push(node.clone());
                        }
                    }
                }
            }
        }
        Ok(index)
    }
}
