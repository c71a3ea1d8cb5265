//! JSON to XML and back, by the rules of Json.NET's `XmlNodeConverter` and what the policies change of
//! them. Knows texts only.

mod to_json;
mod to_xml;

pub use to_json::{Empty, ToJson, to_json};
pub use to_xml::{ToXml, to_xml};

/// Elements or containers within each other; bounds the native stack.
const NESTING_MAX: usize = 200;
