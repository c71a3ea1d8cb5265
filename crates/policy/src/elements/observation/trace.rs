//! `trace`. Source: reference/policies.md, chapter 12; corrections.md, 32; the policy's page of 2018,
//! where the message is the text of the element; documents from the wild, which compute the source.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{LogEntry, LogSeverity, Ports};
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use smol_str::SmolStr;

static MESSAGE: Shape = Shape { name: "message", doc: "What to say.", attributes: &[], content: Content::TEXT };

static METADATA: Shape = Shape {
    name: "metadata",
    doc: "A name and a value that go along.",
    attributes: &[
        Attr::new("name", Kind::Name, "The name.").required(),
        Attr::new("value", Kind::Text, "The value.").required(),
    ],
    content: Content::Nothing,
};

pub static SHAPE: Shape = Shape {
    name: "trace",
    doc: "Adds a line to the trace of the request and to the log.",
    attributes: &[
        Attr::new("source", Kind::Name, "Who says it.").required(),
        Attr::new("severity", Kind::OneOf(&["verbose", "information", "error"]), "How much it matters.")
            .literal()
            .default("verbose"),
    ],
    content: Content::ChildrenOrText(&[Child::one(&MESSAGE), Child::any(&METADATA)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "observation",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<trace source="billing" severity="information"><message>charged</message><metadata name="tier" value="gold" /></trace>"#,
};

#[derive(Debug)]
struct Trace {
    source: Dynamic<SmolStr>,
    severity: LogSeverity,
    message: Dynamic<SmolStr>,
    metadata: Vec<(Dynamic<SmolStr>, Dynamic<SmolStr>)>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let severity = match node.literal_of("severity")?.to_ascii_lowercase().as_str() {
        "error" => LogSeverity::Error,
        "information" => LogSeverity::Information,
        _ => LogSeverity::Verbose,
    };
    let metadata = node.children_named("metadata").map(|child| Some((child.text_of("name")?, child.text_of("value")?)));
    let step = Trace {
        source: node.text_of("source")?,
        severity,
        message: node.content().or_else(|| node.child("message")?.content())?,
        metadata: metadata.collect::<Option<Vec<_>>>()?,
    };
    emitter.step(node, step)
}

impl Step for Trace {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let source = self.source.get(context)?;
        let message = self.message.get(context)?;
        let mut metadata = Vec::with_capacity(self.metadata.len());
        for (name, value) in &self.metadata {
            metadata.push((name.get(context)?, value.get(context)?));
        }
        let entry = LogEntry { source: &source, severity: self.severity, message: &message, metadata: &metadata };
        ports.log(context, &entry);
        if let Some(recorder) = &mut exchange.run.recorder {
            let severity = match self.severity {
                LogSeverity::Verbose => "verbose",
                LogSeverity::Information => "information",
                LogSeverity::Error => "error",
            };
            recorder.message(&source, severity, &message, &metadata);
        }
        Ok(Next::Continue)
    }
}
