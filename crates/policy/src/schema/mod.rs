//! Validation of bodies and values against JSON Schema and XML Schema. Knows schemas and texts,
//! nothing of policies. Source: reference/policies.md, chapter 6.

mod bundle;
mod json;
mod message;
mod prepare;
mod xml;

pub use bundle::bundle;
pub use json::{JsonOptions, JsonSchema, syntax as json_syntax};
pub use xml::{XmlSchema, schema_id, soap_payload, syntax as xml_syntax};

/// Findings told of one text; a text that is wrong in more places is wrong enough.
pub const FINDINGS_MAX: usize = 100;

/// What is wrong with a text, and where. Lines and positions as the reader of the format counts them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub message: String,
    pub line: usize,
    pub position: usize,
}
