//! `log-to-eventhub`. Source: reference/policies.md, chapter 11.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{LogEvent, Ports};
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use smol_str::SmolStr;
use tollgate_error::Code;

pub static SHAPE: Shape = Shape {
    name: "log-to-eventhub",
    doc: "Sends the text to a logger: an event hub, or a topic of Kafka. It is cut at 200 KB. The request does not wait; \
          events are sent in batches, and dropped and counted when the logger cannot keep up.",
    attributes: &[
        Attr::new("logger-id", Kind::Name, "The logger.").required().literal(),
        Attr::new("partition-id", Kind::Name, "The partition that takes the event.").literal(),
        Attr::new("partition-key", Kind::Text, "Events of one key go to one partition."),
    ],
    content: Content::Text { kind: Kind::Verbatim, expression: true, required: true },
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "integration",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<log-to-eventhub logger-id="audit">called</log-to-eventhub>"#,
};

/// Longer events are cut here.
const MESSAGE_BYTES_MAX: usize = 200 * 1024;

#[derive(Debug)]
struct LogToEventHub {
    logger: SmolStr,
    partition_id: Option<SmolStr>,
    partition_key: Option<Dynamic<SmolStr>>,
    message: Dynamic<SmolStr>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = LogToEventHub {
        logger: node.literal_of("logger-id")?,
        partition_id: node.literal_of("partition-id"),
        partition_key: node.text_of("partition-key"),
        message: node.content()?,
    };
    if step.partition_id.is_some() && step.partition_key.is_some() {
        emitter.error(
            Code::POLICY_VALUE_INVALID,
            node,
            "`log-to-eventhub` takes `partition-id` or `partition-key`, not both",
        );
        return None;
    }
    emitter.uses().loggers.insert(step.logger.to_string());
    if !emitter.sources().has_logger(&step.logger) {
        emitter.error(Code::POLICY_VALUE_INVALID, node, format!("there is no logger `{}`", step.logger));
        return None;
    }
    emitter.step(node, step)
}

impl Step for LogToEventHub {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let message = self.message.get(context)?;
        let partition_key = match &self.partition_key {
            Some(key) => key.get_or_null(context)?,
            None => None,
        };
        let mut end = message.len().min(MESSAGE_BYTES_MAX);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        let event = LogEvent {
            logger: &self.logger,
            partition_id: self.partition_id.as_deref(),
            partition_key: partition_key.as_deref(),
            message: &message[..end],
        };
        ports.log_event(context, &event)?;
        Ok(Next::Continue)
    }
}
