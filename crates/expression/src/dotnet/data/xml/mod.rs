//! `System.Xml.Linq`, with XPath 1.0 and what samples use of `XmlDocument`, over one tree.
//!
//! An [`XNode`] is a shared handle on a document, element, attribute or other node, as a .NET
//! reference is. Nothing is fetched: external entities and DTDs are never resolved.

mod convert;
mod dom;
mod edit;
mod name;
mod node;
mod parse;
mod print;
mod xpath;

pub use convert::{content_text, convert_text};
pub use name::XName;
pub use node::{NodeKind, XDeclaration, XNode, deep_equals};
pub use parse::{ParseOptions, parse_document, parse_element};
pub use xpath::{XPath, XPathValue};

/// A .NET `XmlException`.
fn xml_error(message: impl Into<String>) -> crate::dotnet::data::error::DotnetError {
    crate::dotnet::data::error::DotnetError::new("System.Xml.XmlException", message)
}

#[cfg(test)]
mod tests;
