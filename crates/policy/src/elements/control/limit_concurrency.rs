//! `limit-concurrency`. Source: reference/policies.md, chapter 4; corrections.md, 22.

use crate::check::Node;
use crate::emit::{Emitter, body_needs};
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Host;
use crate::instruction::{BodyNeeds, Op};
use crate::operand::Dynamic;
use crate::plan::Handler;
use smol_str::SmolStr;

pub static SHAPE: Shape = Shape {
    name: "limit-concurrency",
    doc: "Lets at most so many requests run the enclosed policies at the same time; a further one fails at once with 429.",
    attributes: &[
        Attr::new("key", Kind::Text, "Executions with the same key count together.").required(),
        Attr::new("max-count", Kind::Int { min: 1, max: i64::MAX }, "How many may run at the same time.")
            .required()
            .literal(),
    ],
    content: Content::Policies,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "access",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<limit-concurrency key="backend-1" max-count="3"><set-variable name="inside" value="yes" /></limit-concurrency>"#,
};

#[derive(Debug)]
pub struct Seat {
    key: Dynamic<SmolStr>,
    seats: u64,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let seat = Seat { key: node.text_of("key")?, seats: node.literal_of("max-count")?.parse().ok()? };
    emitter.op(Op::SeatTake(Box::new(seat)), body_needs(node, BodyNeeds::NONE));
    let start = emitter.here();
    let place = emitter.place;
    emitter.policies(node.element);
    emitter.place = place;
    emitter.region(start, Handler::Seat);
    emitter.op(Op::SeatLeave, BodyNeeds::NONE);
    Some(())
}

impl Seat {
    pub fn take<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<(), Fault> {
        let key = self.key.get(&exchange.context)?;
        if Host::seat_take(host, &key, self.seats) {
            exchange.run.seats.push(key);
            return Ok(());
        }
        let message = format!("Concurrency limit of {} is exceeded.", self.seats);
        Err(Fault::new("limit-concurrency", 429, message.clone())
            .with_reason(Reason::ConcurrencyLimitExceeded)
            .with_public_message(message))
    }
}
