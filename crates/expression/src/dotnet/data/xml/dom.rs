//! `XmlDocument` and `XmlNode` over the same tree.

use super::name::XMLNS;
use super::print::qualified;
use super::{Layout, NodeKind, ParseOptions, XName, XNode, XPath, XPathValue, parse_document};
use crate::dotnet::data::error::Result;

impl XNode {
    /// `XmlDocument.LoadXml(text)`.
    ///
    /// # Errors
    /// `XmlException`.
    pub fn load_xml(text: &str) -> Result<XNode> {
        parse_document(text, ParseOptions::default())
    }

    /// `XmlNode.Name`: with the prefix the document uses, or `#text` and the like.
    pub fn dom_name(&self) -> String {
        match (self.kind(), self.name()) {
            (_, Some(name)) => qualified(&self.dom_prefix(), &name.local),
            (NodeKind::Document, _) => "#document".to_owned(),
            (NodeKind::Text, _) => "#text".to_owned(),
            (NodeKind::CData, _) => "#cdata-section".to_owned(),
            (NodeKind::Comment, _) => "#comment".to_owned(),
            _ => self.target().unwrap_or_default().to_string(),
        }
    }

    /// `XmlNode.Prefix`: what the document uses for the node's namespace.
    pub fn dom_prefix(&self) -> String {
        let Some(name) = self.name() else { return String::new() };
        if name.namespace.is_empty() || name == XName::new(XMLNS, "xmlns") {
            return String::new();
        }
        let is_default = self.is_element() && self.namespace_of_prefix("").unwrap_or_default() == name.namespace;
        let element = if self.is_element() { Some(self.clone()) } else { self.parent() };
        let prefix = if is_default { None } else { element.and_then(|e| e.prefix_of_namespace(&name.namespace)) };
        prefix.map(String::from).unwrap_or_default()
    }

    /// `XmlNode.OuterXml`.
    ///
    /// # Errors
    /// As [`XNode::to_xml`].
    pub fn outer_xml(&self) -> Result<String> {
        let text = self.to_xml(Layout::default())?;
        Ok(match self.declaration() {
            Some(declaration) => format!("{}{text}", declaration.borrow()),
            None => text,
        })
    }

    /// `XmlNode.InnerXml`.
    ///
    /// # Errors
    /// As [`XNode::to_xml`].
    pub fn inner_xml(&self) -> Result<String> {
        match self.kind() {
            NodeKind::Document => self.outer_xml(),
            _ => self.nodes().iter().map(|node| node.to_xml(Layout::default())).collect(),
        }
    }

    /// `XmlNode.SelectNodes(xpath)`; `namespaces` are the prefixes an `XmlNamespaceManager` holds.
    ///
    /// # Errors
    /// `XPathException`.
    pub fn select_nodes(&self, xpath: &str, namespaces: &[(&str, &str)]) -> Result<Vec<XNode>> {
        match XPath::parse(xpath)?.evaluate(self, namespaces)? {
            XPathValue::Nodes(nodes) => Ok(nodes),
            _ => Err(super::xpath::not_nodes()),
        }
    }

    /// `XmlNode.SelectSingleNode(xpath)`, `XPathSelectElement(xpath)`.
    ///
    /// # Errors
    /// `XPathException`.
    pub fn select_single_node(&self, xpath: &str, namespaces: &[(&str, &str)]) -> Result<Option<XNode>> {
        Ok(self.select_nodes(xpath, namespaces)?.into_iter().next())
    }

    /// `GetElementsByTagName(name)`; `*` is all.
    pub fn elements_by_tag_name(&self, name: &str) -> Vec<XNode> {
        self.descendants(None).into_iter().filter(|element| name == "*" || element.dom_name() == name).collect()
    }
}
