//! What a section is made of: a flat list that one loop runs.
//!
//! Steps that need nothing but the exchange run inline behind one virtual call; only what waits
//! for the world is a future.

use crate::elements::Wait;
use crate::elements::caching::cache_value::CacheValue;
use crate::elements::control::limit_concurrency::Seat;
use crate::elements::control::retry::Retry;
use crate::elements::control::wait::Parallel;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::host::Ports;
use crate::operand::Dynamic;
use std::fmt;
use std::sync::Arc;

/// One line of a plan.
#[derive(Debug)]
pub struct Instruction {
    pub op: Op,
    /// Index into the places of its block.
    pub place: u32,
    /// Bodies that must be buffered before it runs.
    pub needs: BodyNeeds,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BodyNeeds {
    pub request_body: bool,
    pub response_body: bool,
}

impl BodyNeeds {
    pub const NONE: BodyNeeds = BodyNeeds { request_body: false, response_body: false };

    pub fn any(self) -> bool {
        self.request_body || self.response_body
    }
}

#[derive(Debug)]
pub enum Op {
    Step(Box<dyn Step>),
    Wait(Box<Wait>),
    JumpUnless {
        condition: Dynamic<bool>,
        target: u32,
    },
    Jump(u32),
    /// The same section of the next broader plan.
    Base,
    RetryBegin(Arc<Retry>),
    /// Closes the innermost retry, or runs its block again from `target`.
    RetryEnd {
        target: u32,
    },
    SeatTake(Box<Seat>),
    SeatLeave,
    /// Looks a value up; jumps when the cached one is fresh.
    CacheValueBegin {
        value: Arc<CacheValue>,
        target: u32,
    },
    /// Stores what the block of the innermost `cache-value` left in its variable.
    CacheValueEnd,
    /// Branches that run at the same time.
    Parallel(Box<Parallel>),
}

/// A step that does not wait.
pub trait Step: fmt::Debug + Send + Sync {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault>;
}

/// What follows a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Continue,
    /// `context.response` is the answer: no further policy of any section runs.
    Respond,
    /// A cached response was found: the rest of inbound and the backend are skipped.
    SkipToOutbound,
    /// The rest of this section is skipped, the next one runs.
    EndSection,
}
