//! `xsl-transform`. Source: reference/policies.md, chapter 9.

use crate::check::Node;
use crate::document::{Element, Text};
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{LogEntry, LogSeverity, Ports};
use crate::instruction::{BodyNeeds, Next, Step};
use crate::message;
use crate::named_values::Unknown;
use crate::operand::Dynamic;
use crate::xslt::{Stylesheet, XSL};
use bytes::Bytes;
use smol_str::SmolStr;
use tollgate_error::Code;

static PARAMETER: Shape = Shape {
    name: "parameter",
    doc: "The value of an `xsl:param` of the stylesheet.",
    attributes: &[
        Attr::new("name", Kind::Name, "The parameter's name.").literal(),
        Attr::new("parameter-name", Kind::Name, "The same, as the policy statement spells it.").literal(),
    ],
    content: Content::Text { kind: Kind::Text, expression: true, required: false },
};

pub static SHAPE: Shape = Shape {
    name: "xsl-transform",
    doc: "Transforms the XML in the body with an XSLT 1.0 stylesheet: of the request in inbound, of the response in \
          outbound and on-error. The content is any number of `parameter` elements (attribute `name`; the text is \
          the value, or an expression), then one `xsl:stylesheet`. A stylesheet reads its input only: `document()`, \
          `xsl:import`, `xsl:include` and scripts are refused when the policy is saved.",
    attributes: &[],
    content: Content::Free,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "transformation",
    sections: Sections::of("ioe"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<xsl-transform>
  <parameter name="agent">@(context.Request.Headers.GetValueOrDefault("User-Agent", "none"))</parameter>
  <xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
    <xsl:param name="agent" />
    <xsl:template match="/"><order for="{$agent}"><xsl:copy-of select="//item" /></order></xsl:template>
  </xsl:stylesheet>
</xsl-transform>"#,
};

#[derive(Debug)]
struct XslTransform {
    side: Side,
    stylesheet: Stylesheet,
    parameters: Vec<(SmolStr, Dynamic<SmolStr>)>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let before = emitter.errors();
    let mut parameters = Vec::new();
    let mut needs = BodyNeeds::NONE;
    let mut sheet = None;
    for element in node.element.elements() {
        if element.name == "parameter" && sheet.is_none() {
            let child = emitter.check(element, &PARAMETER);
            let own = child.needs();
            needs.request_body |= own.request_body;
            needs.response_body |= own.response_body;
            match child.literal_of("name").or_else(|| child.literal_of("parameter-name")) {
                Some(name) => parameters.push((name, child.content().unwrap_or(Dynamic::Fixed(SmolStr::default())))),
                None => {
                    emitter.error(Code::POLICY_ATTRIBUTE_MISSING, &child, "element `parameter` needs attribute `name`")
                }
            }
        } else if is_stylesheet(element) && sheet.is_none() {
            sheet = Some(element);
        } else {
            let message = format!("`{}` may not stand in `xsl-transform` here", element.name);
            emitter.error(Code::POLICY_ELEMENT_UNKNOWN, node, message);
        }
    }
    let Some(element) = sheet else {
        emitter.error(Code::POLICY_CHILD_MISSING, node, "element `xsl-transform` needs a child `xsl:stylesheet`");
        return None;
    };
    let text = source_of(element, emitter);
    let stylesheet = match Stylesheet::compile(&text) {
        Ok(stylesheet) => stylesheet,
        Err(problems) => {
            for problem in problems {
                emitter.error(Code::POLICY_VALUE_INVALID, node, format!("the stylesheet cannot be used: {problem}"));
            }
            return None;
        }
    };
    for (name, _) in &parameters {
        if !stylesheet.has_parameter(name) {
            let message = format!("the stylesheet has no `xsl:param` called `{name}`");
            emitter.error(Code::POLICY_VALUE_INVALID, node, message);
        }
    }
    if emitter.errors() > before {
        return None;
    }
    let own = emitter.own_body();
    needs.request_body |= own.request_body;
    needs.response_body |= own.response_body;
    emitter.step_reading(node, needs, XslTransform { side: emitter.side(), stylesheet, parameters })
}

fn is_stylesheet(element: &Element) -> bool {
    let local = element.name.rsplit(':').next().unwrap_or(&element.name);
    matches!(local, "stylesheet" | "transform")
}

/// The stylesheet as it stands in the document, named values replaced. Doubled braces are also XSLT's:
/// those that name no value stay.
fn source_of(element: &Element, emitter: &mut Emitter<'_>) -> String {
    let source = emitter.source_text();
    let text = Text::verbatim(&source, element.span);
    let replaced = emitter.replace_named_values(&text, Unknown::Keep);
    let mut text = replaced.unwrap_or(text).value;
    // The prefix may be declared above, where the stylesheet alone does not show it.
    if let Some((prefix, _)) = element.name.split_once(':') {
        let declaration = format!("xmlns:{prefix}");
        if element.attribute(&declaration).is_none() {
            text.insert_str(1 + element.name.len(), &format!(" {declaration}=\"{XSL}\""));
        }
    }
    text
}

impl Step for XslTransform {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let mut parameters = Vec::with_capacity(self.parameters.len());
        for (name, value) in &self.parameters {
            parameters.push((name.clone(), value.get(context)?));
        }
        let input = message::text(context, self.side);
        let transformed = self
            .stylesheet
            .transform(&input, &parameters)
            .map_err(|why| Fault::new("", 500, format!("the body cannot be transformed: {why}")))?;
        for text in &transformed.messages {
            let entry =
                LogEntry { source: "xsl-transform", severity: LogSeverity::Information, message: text, metadata: &[] };
            ports.log(context, &entry);
        }
        message::replace(exchange, self.side, Bytes::from(transformed.text), None);
        if let Some(kind) = &transformed.media_type {
            message::set_content_type(exchange, self.side, kind);
        }
        Ok(Next::Continue)
    }
}
