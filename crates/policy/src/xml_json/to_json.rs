//! XML to JSON.

use super::NESTING_MAX;
use tollgate_expression::dotnet::data::json::{Formatting, JScalar, JsonWriter};
use tollgate_expression::dotnet::data::xml::{NodeKind, ParseOptions, XMLNS, XName, XNode, parse_document};

/// Marks elements that are arrays even when they stand alone.
const JSON: &str = "http://james.newtonking.com/projects/json";

#[derive(Debug, Clone, Copy)]
pub struct ToJson {
    /// With `@`, `#` and `?` in the names.
    pub direct: bool,
    pub always_array: bool,
    pub empty: Empty,
    pub trim: bool,
}

/// What an element without content becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// Null for `<a/>`, empty text for `<a></a>`.
    AsWritten,
    Text,
    Null,
}

/// # Errors
/// The text is no XML, or nested too deep.
pub fn to_json(text: &str, options: ToJson) -> Result<String, String> {
    let parse = ParseOptions { prohibit_dtd: true, ..ParseOptions::default() };
    let document = parse_document(text, parse).map_err(|error| error.message)?;
    let mut writer = Writer { out: JsonWriter::new(Formatting::None), options };
    writer.out.begin_object();
    if options.direct {
        writer.declaration(&document);
    }
    writer.groups(&document.nodes(), &[], 0)?;
    writer.out.end();
    Ok(writer.out.finish())
}

struct Writer {
    out: JsonWriter,
    options: ToJson,
}

impl Writer {
    fn declaration(&mut self, document: &XNode) {
        let Some(declaration) = document.declaration() else { return };
        let declaration = declaration.borrow();
        self.out.name("?xml");
        self.out.begin_object();
        let parts = [
            ("@version", &declaration.version),
            ("@encoding", &declaration.encoding),
            ("@standalone", &declaration.standalone),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                self.out.name(name);
                self.out.string(value);
            }
        }
        self.out.end();
    }

    /// Nodes of one name become one member, an array where they are several. Attributes of
    /// `javascript-friendly` share the names of elements.
    fn groups(&mut self, nodes: &[XNode], attributes: &[XNode], depth: usize) -> Result<(), String> {
        if depth > NESTING_MAX {
            return Err(format!("the XML is nested deeper than {NESTING_MAX}"));
        }
        let mut groups: indexmap::IndexMap<String, Vec<&XNode>> = indexmap::IndexMap::new();
        for node in attributes.iter().chain(nodes) {
            if let Some(name) = self.name(node) {
                groups.entry(name).or_default().push(node);
            }
        }
        for (name, group) in groups {
            self.out.name(&name);
            if name == "$t" && !self.options.direct {
                let text: String = group.iter().map(|node| node.value().to_string()).collect();
                self.text(&text);
                continue;
            }
            let is_child = depth > 0 && group.first().is_some_and(|node| node.is_element());
            let is_array = group.len() > 1 || (self.options.always_array && is_child);
            if is_array || group.first().is_some_and(|node| is_marked(node)) {
                self.out.begin_array();
                for node in group {
                    self.value(node, depth)?;
                }
                self.out.end();
            } else if let Some(node) = group.first() {
                self.value(node, depth)?;
            }
        }
        Ok(())
    }

    fn value(&mut self, node: &XNode, depth: usize) -> Result<(), String> {
        if !node.is_element() {
            self.text(&node.value());
            return Ok(());
        }
        let attributes: Vec<XNode> = node.attributes().into_iter().filter(|attribute| !directs(attribute)).collect();
        let children: Vec<XNode> = node.nodes().into_iter().filter(|child| self.name(child).is_some()).collect();
        match children.as_slice() {
            [] if attributes.is_empty() => {
                let null = match self.options.empty {
                    Empty::AsWritten => node.is_empty_element(),
                    Empty::Text => false,
                    Empty::Null => true,
                };
                if null {
                    self.out.scalar(&JScalar::Null);
                } else {
                    self.out.string("");
                }
                return Ok(());
            }
            [only] if attributes.is_empty() && self.is_plain_text(only) => {
                self.text(&only.value());
                return Ok(());
            }
            _ => {}
        }
        self.out.begin_object();
        self.groups(&children, &attributes, depth + 1)?;
        self.out.end();
        Ok(())
    }

    fn is_plain_text(&self, node: &XNode) -> bool {
        node.kind() == NodeKind::Text || (!self.options.direct && node.kind() == NodeKind::CData)
    }

    fn text(&mut self, text: &str) {
        let text = if self.options.trim { text.trim() } else { text };
        if text.is_empty() && self.options.empty == Empty::Null {
            self.out.scalar(&JScalar::Null);
        } else {
            self.out.string(text);
        }
    }

    /// `None`: the node is left out.
    fn name(&self, node: &XNode) -> Option<String> {
        if !self.options.direct {
            return match node.kind() {
                NodeKind::Element | NodeKind::Attribute => Some(node.dom_name().replace(':', "$")),
                NodeKind::Text | NodeKind::CData => Some("$t".to_owned()),
                _ => None,
            };
        }
        match node.kind() {
            NodeKind::Element => Some(node.dom_name()),
            NodeKind::Attribute => Some(format!("@{}", node.dom_name())),
            NodeKind::Text => Some("#text".to_owned()),
            NodeKind::CData => Some("#cdata-section".to_owned()),
            NodeKind::ProcessingInstruction => Some(format!("?{}", node.dom_name())),
            NodeKind::Document | NodeKind::Comment | NodeKind::DocumentType => None,
        }
    }
}

/// Whether an attribute only directs the conversion.
fn directs(attribute: &XNode) -> bool {
    let Some(name) = attribute.name() else { return false };
    (name.namespace == JSON && name.local == "Array") || (name.namespace == XMLNS && attribute.value() == JSON)
}

fn is_marked(node: &XNode) -> bool {
    let mark = node.attribute_named(&XName::new(JSON, "Array")).map(|attribute| attribute.value());
    mark.is_some_and(|value| matches!(value.as_str(), "true" | "1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECT: ToJson = ToJson { direct: true, always_array: false, empty: Empty::AsWritten, trim: false };

    fn check(text: &str, options: ToJson, expected: &str) {
        assert_eq!(to_json(text, options).as_deref(), Ok(expected), "{text}");
    }

    #[test]
    fn direct_is_what_json_net_gives() {
        check(
            "<a x='1'><b>2</b><b>3</b><c/><d></d>t</a>",
            DIRECT,
            r##"{"a":{"@x":"1","b":["2","3"],"c":null,"d":"","#text":"t"}}"##,
        );
        check(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><!--c--><a/>",
            DIRECT,
            r#"{"?xml":{"@version":"1.0","@encoding":"utf-8"},"a":null}"#,
        );
        check(
            "<p:a xmlns:p='urn:p'><![CDATA[x]]></p:a>",
            DIRECT,
            r##"{"p:a":{"@xmlns:p":"urn:p","#cdata-section":"x"}}"##,
        );
        check("<a>\u{e9}\"</a>", DIRECT, "{\"a\":\"\u{e9}\\\"\"}");
        check(
            "<a xmlns:j='http://james.newtonking.com/projects/json'><b j:Array='true'>1</b></a>",
            DIRECT,
            r#"{"a":{"b":["1"]}}"#,
        );
    }

    #[test]
    fn javascript_friendly_names_are_plain() {
        let friendly = ToJson { direct: false, ..DIRECT };
        check("<?xml version='1.0'?><a x='1'>t<b>2</b></a>", friendly, r#"{"a":{"x":"1","$t":"t","b":"2"}}"#);
        check("<p:a xmlns:p='urn:p'><p:b>1</p:b></p:a>", friendly, r#"{"p$a":{"xmlns$p":"urn:p","p$b":"1"}}"#);
        check("<a><![CDATA[x]]></a>", friendly, r#"{"a":"x"}"#);
    }

    #[test]
    fn options_change_arrays_empties_and_blanks() {
        check("<a><b><c>1</c></b></a>", ToJson { always_array: true, ..DIRECT }, r#"{"a":{"b":[{"c":["1"]}]}}"#);
        check("<a><b/><c></c></a>", ToJson { empty: Empty::Text, ..DIRECT }, r#"{"a":{"b":"","c":""}}"#);
        check("<a><b/><c></c></a>", ToJson { empty: Empty::Null, ..DIRECT }, r#"{"a":{"b":null,"c":null}}"#);
        check("<a> x </a>", ToJson { trim: true, ..DIRECT }, r#"{"a":"x"}"#);
    }

    #[test]
    fn bad_documents_are_told() {
        let deep = format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000));
        for wrong in ["", "<a", "{}", "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", &deep] {
            assert!(to_json(wrong, DIRECT).is_err(), "{}", &wrong[..wrong.len().min(50)]);
        }
    }
}
