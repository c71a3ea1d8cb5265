//! `json-to-xml`. Source: reference/policies.md, chapter 9.

use super::conversion::{self, Condition};
use crate::check::Node;
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::message;
use crate::operand::Dynamic;
use crate::xml_json::{ToXml, to_xml};
use bytes::Bytes;
use smol_str::SmolStr;

pub static SHAPE: Shape = Shape {
    name: "json-to-xml",
    doc: "Converts the body from JSON to XML: of the request in inbound and backend, of the response in outbound and \
          on-error. Members become elements, items of an array repeat the element, `@name` becomes an attribute and \
          `#text` the text, as Json.NET converts them. What has no single root is put into `Document`, and items of \
          an array without a name are called `Item`.",
    attributes: &[
        Attr::new("apply", Kind::OneOf(&["always", "content-type-json"]), "Always, or only when the body is JSON.")
            .required(),
        Attr::new(
            "consider-accept-header",
            Kind::Bool,
            "Whether to convert only when the client's Accept asks for XML.",
        )
        .default("true"),
        Attr::new("parse-date", Kind::Bool, "Whether strings that look like dates are written as XML writes dates.")
            .literal()
            .default("true"),
        Attr::new("namespace-separator", Kind::Text, "What stands between prefix and name in the name of a member.")
            .default("_"),
        Attr::new(
            "namespace-prefix",
            Kind::Text,
            "How the names of members begin that declare namespaces, such as `xmlns`.",
        ),
        Attr::new("attribute-block-name", Kind::Text, "The member whose members become attributes."),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "transformation",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r##"<json-to-xml apply="always" consider-accept-header="false" namespace-separator=":" namespace-prefix="xmlns" attribute-block-name="#attrs" />"##,
};

#[derive(Debug)]
struct JsonToXml {
    side: Side,
    condition: Condition,
    parse_date: bool,
    separator: Dynamic<SmolStr>,
    namespace_prefix: Option<Dynamic<SmolStr>>,
    attribute_block: Option<Dynamic<SmolStr>>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = JsonToXml {
        side: emitter.side(),
        condition: Condition::new(node)?,
        parse_date: node.literal_of("parse-date")?.eq_ignore_ascii_case("true"),
        separator: node.text_of("namespace-separator")?,
        namespace_prefix: node.text_of("namespace-prefix"),
        attribute_block: node.text_of("attribute-block-name"),
    };
    emitter.step_reading(node, emitter.own_body(), step)
}

impl Step for JsonToXml {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        if !self.condition.holds(context, self.side, &conversion::JSON, &conversion::XML)? {
            return Ok(Next::Continue);
        }
        let optional = |value: &Option<Dynamic<SmolStr>>| -> Result<SmolStr, Fault> {
            value.as_ref().map_or(Ok(SmolStr::default()), |value| value.get(context))
        };
        let options = ToXml {
            parse_date: self.parse_date,
            separator: self.separator.get(context)?,
            namespace_prefix: optional(&self.namespace_prefix)?,
            attribute_block: optional(&self.attribute_block)?,
        };
        let xml = to_xml(&message::text(context, self.side), &options)
            .map_err(|why| Fault::new("", 500, format!("the body cannot be converted to XML: {why}")))?;
        message::replace(exchange, self.side, Bytes::from(xml), Some("application/xml"));
        Ok(Next::Continue)
    }
}
