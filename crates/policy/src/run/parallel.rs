//! One branch of a `wait`: the loop of a section, with the exchange held only while a step needs it.

use super::{Frame, Settled, Waited, buffer, record, settle, waiting};
use crate::elements::caching::cache_value::{self, CacheValueState};
use crate::elements::control::retry::{self, RetryState};
use crate::elements::control::wait::Shared;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::host::Host;
use crate::instruction::{Next, Op};
use crate::plan::Block;
use crate::run::RunState;
use crate::trace::Event;
use smallvec::SmallVec;
use smol_str::SmolStr;
use std::cell::RefCell;
use std::mem::swap;

/// What the policies around the running step hold. Each branch has its own.
#[derive(Default)]
pub struct Held {
    retries: Vec<RetryState>,
    seats: Vec<SmolStr>,
    cache_values: Vec<CacheValueState>,
}

impl Held {
    fn exchange(&mut self, run: &mut RunState) {
        swap(&mut self.retries, &mut run.retries);
        swap(&mut self.seats, &mut run.seats);
        swap(&mut self.cache_values, &mut run.cache_values);
    }

    pub fn release<H: Host>(self, host: &H) {
        self.seats.iter().for_each(|seat| Host::seat_leave(host, seat));
        self.cache_values.into_iter().for_each(|state| cache_value::give_up(state, host));
    }
}

pub async fn branch<H: Host>(
    block: &Block,
    shared: &Shared<'_>,
    held: &RefCell<Held>,
    host: &H,
) -> Result<Next, Fault> {
    let mut frame = Frame { block, at: 0, broader: usize::MAX };
    while let Some(instruction) = block.code.get(frame.at) {
        frame.at += 1;
        let beside = match &instruction.op {
            Op::Jump(target) => {
                frame.at = *target as usize;
                continue;
            }
            Op::Wait(wait) => wait.run_beside(instruction.needs, shared, host).await,
            _ => None,
        };
        let mut guard = shared.lock().await;
        let exchange: &mut Exchange = &mut guard;
        held.borrow_mut().exchange(&mut exchange.run);
        let mut pause = None;
        let outcome = match (beside, &instruction.op) {
            (Some(outcome), _) => outcome.map(Waited::Went),
            (None, Op::RetryEnd { target }) => match buffer(exchange, instruction.needs).await {
                Ok(()) => retry::again(exchange).map(|wait| {
                    if wait.is_some() {
                        frame.at = *target as usize;
                        pause = wait;
                        return Waited::Jumped(Event::Repeated);
                    }
                    Waited::Went(Next::Continue)
                }),
                Err(fault) => Err(fault),
            },
            // Boxed, because a branch may hold a `wait` of its own.
            (None, _) => Box::pin(waiting(exchange, host, instruction, &mut frame)).await,
        };
        let settled = match outcome {
            Ok(Waited::Jumped(event)) => {
                record(exchange, block, instruction, &event);
                Settled::Go
            }
            Ok(Waited::Went(next)) => settle(exchange, host, instruction, &mut frame, &mut SmallVec::new(), Ok(next)),
            Err(fault) => settle(exchange, host, instruction, &mut frame, &mut SmallVec::new(), Err(fault)),
        };
        held.borrow_mut().exchange(&mut exchange.run);
        drop(guard);
        match settled {
            Settled::Go => {}
            Settled::End(next) => return Ok(next),
            Settled::Failed(fault) => return Err(fault),
        }
        if let Some(wait) = pause.filter(|wait| !wait.is_zero()) {
            host.sleep(wait).await;
        }
    }
    Ok(Next::Continue)
}
