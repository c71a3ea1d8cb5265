//! `emit-metric`. Source: reference/policies.md, chapter 12; corrections.md, 18.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{Metric, Ports};
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use smol_str::SmolStr;
use tollgate_error::Code;

static DIMENSION: Shape = Shape {
    name: "dimension",
    doc: "A dimension. The value may be left out for those that the gateway knows, such as `API ID`.",
    attributes: &[Attr::new("name", Kind::Text, "The name.").required(), Attr::new("value", Kind::Text, "The value.")],
    content: Content::Nothing,
};

pub static SHAPE: Shape = Shape {
    name: "emit-metric",
    doc: "Adds to a custom metric.",
    attributes: &[
        Attr::new("name", Kind::Name, "The metric.").required().literal(),
        Attr::new("value", Kind::Number, "What to add.").default("1"),
        Attr::new("namespace", Kind::Text, "The namespace.").literal().default("API Management"),
    ],
    content: Content::Children(&[Child::some(&DIMENSION)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "observation",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<emit-metric name="orders" value="2" namespace="shop"><dimension name="API ID" /><dimension name="Tier" value="gold" /></emit-metric>"#,
};

/// Dimensions whose value the gateway knows.
const KNOWN: [&str; 8] =
    ["API ID", "Operation ID", "Product ID", "User ID", "Subscription ID", "Location", "Gateway ID", "Backend ID"];

/// More custom dimensions than this are refused by Azure's page and carried by real documents.
const CUSTOM_MAX: usize = 5;

#[derive(Debug)]
struct EmitMetric {
    name: SmolStr,
    namespace: SmolStr,
    value: Dynamic<f64>,
    dimensions: Vec<(Dynamic<SmolStr>, Option<Dynamic<SmolStr>>)>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let mut dimensions = Vec::new();
    for child in &node.children {
        let (name, value) = (child.text_of("name")?, child.text_of("value"));
        let known = name.fixed().is_none_or(|name| KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name)));
        if value.is_none() && !known {
            emitter.error(Code::POLICY_ATTRIBUTE_MISSING, child, "a custom `dimension` needs attribute `value`");
            return None;
        }
        dimensions.push((name, value));
    }
    let custom = dimensions.iter().filter(|(_, value)| value.is_some()).count();
    if custom > CUSTOM_MAX {
        emitter.warn(
            node,
            format!("`emit-metric` has {custom} custom dimensions; Azure documents at most {CUSTOM_MAX}"),
            "use fewer dimensions where the document must run on Azure too",
        );
    }
    let step = EmitMetric {
        name: node.literal_of("name")?,
        namespace: node.literal_of("namespace")?,
        value: node.number_of("value")?,
        dimensions,
    };
    emitter.step(node, step)
}

impl Step for EmitMetric {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let mut dimensions = Vec::with_capacity(self.dimensions.len());
        for (name, value) in &self.dimensions {
            let value = match value {
                Some(value) => Some(value.get(context)?),
                None => None,
            };
            dimensions.push((name.get(context)?, value));
        }
        let value = self.value.get(context)?;
        let metric = Metric { name: &self.name, namespace: &self.namespace, value, dimensions: &dimensions };
        ports.emit_metric(context, &metric);
        Ok(Next::Continue)
    }
}
