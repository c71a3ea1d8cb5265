//! XML Schema.
//!
//! The validator reads one schema document at a time; what others give through `xs:include` is put
//! into it here. What it cannot check is refused when the schema is compiled, never skipped.

use super::{FINDINGS_MAX, Finding};
use std::collections::BTreeSet;
use std::sync::Arc;
use tollgate_expression::dotnet::data::xml::{Layout, ParseOptions, XName, XNode, parse_document};
use uppsala::{Parser, XmlError, XsdValidator};

const XS: &str = "http://www.w3.org/2001/XMLSchema";
/// Elements within each other, in schemas and in bodies: bounds the native stack.
const DEPTH_MAX: u32 = 128;
/// Schemas that one may include.
const INCLUDES_MAX: usize = 100;

pub struct XmlSchema {
    validator: XsdValidator,
}

impl std::fmt::Debug for XmlSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an XML schema")
    }
}

/// Gives the text of another schema by id.
pub type Others<'a> = &'a dyn Fn(&str) -> Option<Arc<str>>;

impl XmlSchema {
    /// # Errors
    /// It is no XML schema, or uses what cannot be checked here.
    pub fn new(text: &str, others: Others<'_>) -> Result<XmlSchema, String> {
        let schema = read(text)?;
        let mut included = BTreeSet::new();
        include(&schema, others, &mut included)?;
        let whole = schema.to_xml(Layout::default()).map_err(|error| error.message)?;
        let document = parser().parse(&whole).map_err(|error| message(&error))?;
        let validator = XsdValidator::from_schema(&document).map_err(|error| message(&error))?;
        Ok(XmlSchema { validator })
    }

    /// What is wrong with an XML text. Empty: nothing.
    pub fn check(&self, text: &str) -> Vec<Finding> {
        let document = match parser().parse(text.trim_start_matches('\u{feff}')) {
            Ok(document) => document,
            Err(error) => return vec![unreadable(&error)],
        };
        let errors = self.validator.validate(&document).into_iter().take(FINDINGS_MAX);
        errors
            .map(|error| Finding {
                message: sentence(&error.message),
                line: error.line.unwrap_or(0),
                position: error.column.unwrap_or(0),
            })
            .collect()
    }
}

/// What is wrong with a text as XML, without a schema.
pub fn syntax(text: &str) -> Vec<Finding> {
    match parser().parse(text.trim_start_matches('\u{feff}')) {
        Ok(_) => Vec::new(),
        Err(error) => vec![unreadable(&error)],
    }
}

/// The element in the body of a SOAP 1.1 or 1.2 envelope. `None`: a SOAP fault.
///
/// # Errors
/// It is no envelope with a payload.
pub fn soap_payload(text: &str) -> Result<Option<String>, Finding> {
    const SOAP: [&str; 2] = ["http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"];
    let wrong = |message: &str| Finding { message: message.to_owned(), line: 0, position: 0 };
    if let Some(finding) = syntax(text).into_iter().next() {
        return Err(finding);
    }
    let options = ParseOptions { prohibit_dtd: true, preserve_whitespace: true };
    let document = parse_document(text, options).map_err(|error| wrong(&error.message))?;
    let is = |node: &XNode, local: &str| {
        node.name().is_some_and(|name| name.local == local && SOAP.contains(&name.namespace.as_str()))
    };
    let envelope = document.root().filter(|root| is(root, "Envelope"));
    let envelope = envelope.ok_or_else(|| wrong("The root element is not a SOAP envelope."))?;
    let body = envelope.elements(None).into_iter().find(|child| is(child, "Body"));
    let body = body.ok_or_else(|| wrong("The SOAP envelope has no body."))?;
    let payload = body.elements(None).into_iter().next();
    let payload = payload.ok_or_else(|| wrong("The body of the SOAP envelope is empty."))?;
    if is(&payload, "Fault") {
        return Ok(None);
    }
    payload.to_xml(Layout::default()).map(Some).map_err(|error| wrong(&error.message))
}

fn unreadable(error: &XmlError) -> Finding {
    let (line, position) = place(error);
    Finding { message: sentence(&message(error)), line, position }
}

fn parser() -> Parser {
    Parser::new().with_max_depth(DEPTH_MAX).with_forbid_dtd(true)
}

fn read(text: &str) -> Result<XNode, String> {
    let options = ParseOptions { prohibit_dtd: true, ..ParseOptions::default() };
    let document = parse_document(text, options).map_err(|error| error.message)?;
    let root = document.root().ok_or("it is empty")?;
    if root.name() != Some(XName::new(XS, "schema")) {
        return Err("its root element is not `schema` of XML Schema".to_owned());
    }
    Ok(root)
}

/// Puts what the schema includes in place of its `xs:include` elements.
fn include(schema: &XNode, others: Others<'_>, included: &mut BTreeSet<String>) -> Result<(), String> {
    let attribute = |node: &XNode, name: &str| node.attribute_named(&XName::new("", name)).map(|found| found.value());
    let namespace = attribute(schema, "targetNamespace");
    for child in schema.elements(None) {
        let Some(name) = child.name().filter(|name| name.namespace == XS) else { continue };
        let location = attribute(&child, "schemaLocation");
        match name.local.as_str() {
            "include" => {
                let id = location.as_deref().and_then(schema_id).ok_or("an `xs:include` names no schema")?;
                if included.len() >= INCLUDES_MAX {
                    return Err(format!("it includes more than {INCLUDES_MAX} schemas"));
                }
                if included.insert(id.to_ascii_lowercase()) {
                    let text = others(id).ok_or_else(|| format!("it includes schema `{id}`, which does not exist"))?;
                    let other = read(&text).map_err(|why| format!("schema `{id}`: {why}"))?;
                    let own = attribute(&other, "targetNamespace");
                    if own.is_some() && own != namespace {
                        return Err(format!("it includes schema `{id}`, which has another target namespace"));
                    }
                    include(&other, others, included)?;
                    merge(schema, &other).map_err(|why| format!("schema `{id}`: {why}"))?;
                }
            }
            "import" if location.as_deref().and_then(schema_id).is_some() => {
                return Err("it imports another schema (`xs:import`), which cannot be checked here; \
                            put its definitions into one schema with `xs:include`"
                    .to_owned());
            }
            "redefine" | "override" => {
                return Err(format!("it uses `xs:{}`, which cannot be checked here", name.local));
            }
            _ => continue,
        }
        child.remove().map_err(|error| error.message)?;
    }
    Ok(())
}

/// Copies the definitions of `other` with the namespaces that they need.
fn merge(schema: &XNode, other: &XNode) -> Result<(), String> {
    let defaults = ["elementFormDefault", "attributeFormDefault", "blockDefault", "finalDefault"];
    for name in defaults {
        let value = |node: &XNode| node.attribute_named(&XName::new("", name)).map(|found| found.value());
        if value(schema) != value(other) {
            return Err(format!("its `{name}` differs from that of the schema that includes it"));
        }
    }
    let declarations: Vec<XNode> = other.attributes().into_iter().filter(XNode::is_namespace_declaration).collect();
    for child in other.elements(None) {
        let copy = child.deep_clone();
        for declaration in &declarations {
            let Some(name) = declaration.name() else { continue };
            if copy.attribute_named(&name).is_none() {
                copy.set_attribute_value(&name, Some(&declaration.value())).map_err(|error| error.message)?;
            }
        }
        schema.add(&copy).map_err(|error| error.message)?;
    }
    Ok(())
}

/// The id in `/schemas/{id}` or a full resource id.
pub fn schema_id(location: &str) -> Option<&str> {
    let (_, id) = location.rsplit_once("/schemas/").or_else(|| location.rsplit_once("schemas/"))?;
    Some(id.trim_end_matches('/')).filter(|id| !id.is_empty() && !id.contains('/'))
}

fn message(error: &XmlError) -> String {
    match error {
        XmlError::WellFormedness(error) => error.message.clone(),
        XmlError::Namespace(error) => error.message.clone(),
        XmlError::XPath(error) => error.message.clone(),
        XmlError::Validation(error) => error.message.clone(),
        XmlError::Parse(error) => error.message.clone(),
        XmlError::UnexpectedEof => "Unexpected end of file".to_owned(),
    }
}

fn place(error: &XmlError) -> (usize, usize) {
    match error {
        XmlError::WellFormedness(error) => (error.line, error.column),
        XmlError::Namespace(error) => (error.line, error.column),
        XmlError::Parse(error) => (error.line, error.column),
        _ => (0, 0),
    }
}

fn sentence(message: &str) -> String {
    if message.ends_with('.') { message.to_owned() } else { format!("{message}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(text: &str) -> Result<XmlSchema, String> {
        XmlSchema::new(text, &|id| {
            (id == "types").then(|| {
                r#"<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema"><x:simpleType name="Size">
                   <x:restriction base="x:int"><x:maxInclusive value="9"/></x:restriction></x:simpleType></x:schema>"#
                    .into()
            })
        })
    }

    #[test]
    fn bodies_are_checked_with_what_the_schema_includes() {
        let schema = compile(
            r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:include schemaLocation="/schemas/types"/>
               <xs:element name="box"><xs:complexType><xs:sequence><xs:element name="size" type="Size"/></xs:sequence>
               </xs:complexType></xs:element></xs:schema>"#,
        )
        .expect("a schema");
        assert_eq!(schema.check("<box><size>9</size></box>"), []);
        for wrong in ["<box><size>10</size></box>", "<box/>", "<crate/>", "<box", "", "<!DOCTYPE box><box/>"] {
            assert_ne!(schema.check(wrong), [], "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_checked_is_refused() {
        let check = |inner: &str, expected: &str| {
            let text = format!(r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{inner}</xs:schema>"#);
            let refused = compile(&text).err().unwrap_or_default();
            assert!(refused.contains(expected), "{refused}");
        };
        check(r#"<xs:import namespace="urn:a" schemaLocation="/schemas/types"/>"#, "xs:import");
        check(r#"<xs:include schemaLocation="/schemas/none"/>"#, "`none`, which does not exist");
        check("<xs:redefine schemaLocation=\"/schemas/types\"/>", "xs:redefine");
        assert!(compile("<a/>").is_err());
    }
}
