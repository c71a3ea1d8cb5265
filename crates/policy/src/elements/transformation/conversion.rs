//! When a body is converted: what `json-to-xml` and `xml-to-json` ask alike.

use crate::check::Node;
use crate::definition::media_type;
use crate::emit::Side;
use crate::fault::Fault;
use crate::message;
use crate::operand::Dynamic;
use smol_str::SmolStr;
use tollgate_expression::context::Context;

/// A kind of content: what `apply` calls it, and how its media types are told.
pub struct Form {
    pub apply: &'static str,
    pub is: fn(&str) -> bool,
}

pub static JSON: Form = Form { apply: "content-type-json", is: message::is_json };
pub static XML: Form = Form { apply: "content-type-xml", is: message::is_xml };

/// `apply` and `consider-accept-header`.
#[derive(Debug)]
pub struct Condition {
    apply: Dynamic<SmolStr>,
    considers_accept: Dynamic<bool>,
}

impl Condition {
    pub fn new(node: &Node<'_>) -> Option<Condition> {
        Some(Condition { apply: node.text_of("apply")?, considers_accept: node.bool_of("consider-accept-header")? })
    }

    /// Whether the body of `side`, said to be `from`, is to become `to`. An empty one stays.
    ///
    /// # Errors
    /// An expression fails, or gives `apply` a value that it does not have.
    pub fn holds(&self, context: &Context, side: Side, from: &Form, to: &Form) -> Result<bool, Fault> {
        if message::content(context, side).is_empty() {
            return Ok(false);
        }
        let wanted = match self.apply.get(context)?.trim() {
            "always" => true,
            other if other == from.apply => (from.is)(&media_type(&message::content_type(context, side))),
            other => return Err(Fault::new("", 500, format!("`{other}` is not one of always, {}", from.apply))),
        };
        Ok(wanted && (!self.considers_accept.get(context)? || message::accepts(context, to.is)))
    }
}
