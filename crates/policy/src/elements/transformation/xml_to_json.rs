//! `xml-to-json`. Source: reference/policies.md, chapter 9.

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
use crate::xml_json::{Empty, ToJson, to_json};
use bytes::Bytes;
use smol_str::SmolStr;

pub static SHAPE: Shape = Shape {
    name: "xml-to-json",
    doc: "Converts the body from XML to JSON: of the request in inbound and backend, of the response in outbound and \
          on-error. `direct` keeps what the document says, as Json.NET does: attributes as `@name`, text beside them \
          as `#text`, the declaration as `?xml`. `javascript-friendly` gives names that scripts can use: attributes \
          under their own names, text beside them as `$t`, `$` for the colon of a prefix, no declaration. Comments are left out.",
    attributes: &[
        Attr::new("kind", Kind::OneOf(&["javascript-friendly", "direct"]), "The shape of the JSON.").required(),
        Attr::new("apply", Kind::OneOf(&["always", "content-type-xml"]), "Always, or only when the body is XML.")
            .required(),
        Attr::new(
            "consider-accept-header",
            Kind::Bool,
            "Whether to convert only when the client's Accept asks for JSON.",
        )
        .default("true"),
        Attr::new(
            "always-array-child-elements",
            Kind::Bool,
            "Whether child elements are arrays even where one stands alone.",
        )
        .default("false"),
        Attr::new(
            "empty-values",
            Kind::OneOf(&["preserve", "asNull"]),
            "Empty elements as empty text or as null. When left out, `<a/>` is null and `<a></a>` is empty text.",
        )
        .literal(),
        Attr::new("trim", Kind::Bool, "Whether blanks around texts are removed.").literal().default("false"),
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
    example: r#"<xml-to-json kind="direct" apply="content-type-xml" consider-accept-header="false" />"#,
};

#[derive(Debug)]
struct XmlToJson {
    side: Side,
    kind: Dynamic<SmolStr>,
    condition: Condition,
    always_array: Dynamic<bool>,
    empty: Empty,
    trim: bool,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = XmlToJson {
        side: emitter.side(),
        kind: node.text_of("kind")?,
        condition: Condition::new(node)?,
        always_array: node.bool_of("always-array-child-elements")?,
        empty: match node.literal_of("empty-values").as_deref() {
            Some("preserve") => Empty::Text,
            Some(_) => Empty::Null,
            None => Empty::AsWritten,
        },
        trim: node.literal_of("trim")?.eq_ignore_ascii_case("true"),
    };
    emitter.step_reading(node, emitter.own_body(), step)
}

impl Step for XmlToJson {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        if !self.condition.holds(context, self.side, &conversion::XML, &conversion::JSON)? {
            return Ok(Next::Continue);
        }
        let options = ToJson {
            direct: match self.kind.get(context)?.trim() {
                "direct" => true,
                "javascript-friendly" => false,
                other => {
                    return Err(Fault::new("", 500, format!("`{other}` is not one of javascript-friendly, direct")));
                }
            },
            always_array: self.always_array.get(context)?,
            empty: self.empty,
            trim: self.trim,
        };
        let json = to_json(&message::text(context, self.side), options)
            .map_err(|why| Fault::new("", 500, format!("the body cannot be converted to JSON: {why}")))?;
        message::replace(exchange, self.side, Bytes::from(json), Some("application/json"));
        Ok(Next::Continue)
    }
}
