//! `System.Xml.Linq` and `System.Xml`, as far as expressions may name them: tables over
//! `dotnet::data::xml`.

pub mod attribute;
pub mod container;
pub mod content;
pub mod convert;
pub mod document;
pub mod dom;
pub mod exception;
pub mod json;
pub mod name;
pub mod node;
pub mod reader;
pub mod sequence;
pub mod xpath;

pub use node::{NodeComparer, describe};

use crate::dotnet::data::xml::{ParseOptions, parse_document, parse_element};
use crate::run::Thrown;
use crate::types::Type;
use crate::value::Value;

/// A body as `XElement`, `XDocument` or `XNode`. `None`: another type.
pub fn body(text: &str, ty: &Type) -> Result<Option<Value>, Thrown> {
    let name = ty.def().map(|id| crate::types::registry().def(id).full_name()).unwrap_or_default();
    let options = ParseOptions::default();
    Ok(Some(node::value(match name.as_str() {
        "System.Xml.Linq.XElement" | "System.Xml.Linq.XNode" | "System.Xml.Linq.XContainer" => {
            parse_element(text, options)?
        }
        "System.Xml.Linq.XDocument" => parse_document(text, options)?,
        _ => return Ok(None),
    })))
}

#[cfg(test)]
mod tests;
