//! `System.Xml.Linq`, with XPath 1.0 and what samples use of `XmlDocument`, over one tree.
//!
//! An [`XNode`] is a shared handle on a document, element, attribute or other node, as a .NET
//! reference is. Nothing is fetched: external entities and DTDs are never resolved.

mod axes;
mod convert;
mod dom;
mod dtd;
mod edit;
mod equal;
mod name;
mod node;
mod parse;
mod print;
mod scope;
mod xpath;

pub use axes::{Axis, Walk};
pub use convert::{duration, duration_text};
pub use edit::{Content, Inserter, verify_declaration};
pub use equal::deep_equals;
pub use name::{XML, XMLNS, XName, is_xml_blank, verify_nc_name};
pub use node::{NodeKind, SharedDeclaration, XDeclaration, XDocumentType, XNode};
pub use parse::{ParseOptions, parse_document, parse_element};
pub use print::Layout;
pub use xpath::{DocumentOrder, Focus, Pattern, Scope, XPath, XPathValue};

/// A .NET `XmlException`.
fn xml_error(message: impl Into<String>) -> crate::dotnet::data::error::DotnetError {
    crate::dotnet::data::error::DotnetError::new("System.Xml.XmlException", message)
}

#[cfg(test)]
mod tests;
