//! Runs a program within its budget. Nothing here indexes or unwraps what comes from outside.

mod call;
mod eval;
mod exec;
mod operator;
pub mod ops;
mod print;
mod thrown;
mod values;

pub use call::Args;
pub use print::print_outside;
pub use thrown::{Thrown, exception};
pub use values::{cast, default_value, is_instance, same_reference};

use crate::context::Context;
use crate::program::node::Function;
use crate::program::{Budget, Const};
use crate::value::Value;
use std::cell::RefCell;
use std::rc::Rc;

/// An implementation of a member.
pub type Native = fn(&mut Args<'_, '_>) -> Result<Value, Thrown>;

/// What a run returns at every step.
pub type Outcome = Result<Value, Thrown>;

/// Native stack that calls inside one another may take, in bytes. Workers have 2 MiB at least.
const STACK_BYTES_MAX: usize = 700 * 1024;

pub struct Run<'c> {
    pub context: &'c Context,
    budget: Budget,
    steps: u64,
    bytes: u64,
    depth: u32,
    /// Address of a local of the outermost frame, to tell how much stack is in use.
    stack_start: usize,
    frames: Vec<Value>,
    base: usize,
    constants: Rc<[Value]>,
    /// What `throw;` throws again.
    caught: Vec<Thrown>,
    /// Shared variables that were given an object: a closure among these may hold the variable that
    /// holds it, and such a ring would outlive the run.
    rings: Vec<Rc<RefCell<Value>>>,
}

/// A program's id and its constants.
type Place = Option<(u64, Rc<[Value]>)>;

thread_local! {
    /// Constants of the programs that this thread runs, as its own values.
    static CONSTANTS: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
}

/// Places for programs' constants on each thread; programs that share a place take turns.
const CONSTANT_PLACES: usize = 4096;

/// The constants of a program as values of this thread.
pub fn constants_of(id: u64, constants: &[Const]) -> Rc<[Value]> {
    CONSTANTS.with_borrow_mut(|places| {
        if places.is_empty() {
            places.resize(CONSTANT_PLACES, None);
        }
        let make = || constants.iter().map(Const::to_value).collect();
        let Some(place) = places.get_mut(id as usize % CONSTANT_PLACES) else { return make() };
        match place {
            Some((owner, values)) if *owner == id => Rc::clone(values),
            _ => {
                let values: Rc<[Value]> = make();
                *place = Some((id, Rc::clone(&values)));
                values
            }
        }
    })
}

/// Where the stack of this thread stands.
#[inline(never)]
pub fn stack_address() -> usize {
    let here = 0u8;
    std::ptr::from_ref(&here).addr()
}

impl<'c> Run<'c> {
    pub fn new(constants: Rc<[Value]>, context: &'c Context, budget: Budget) -> Run<'c> {
        Run {
            context,
            budget,
            steps: 0,
            bytes: 0,
            depth: 0,
            stack_start: stack_address(),
            frames: Vec::new(),
            base: 0,
            constants,
            caught: Vec::new(),
            rings: Vec::new(),
        }
    }

    pub fn program(&mut self, body: &Function) -> Outcome {
        self.frames.resize(body.slots as usize, Value::Null);
        self.function_body(body)
    }

    /// Empties shared variables that nothing can read any more, so that no ring of closures stays.
    pub fn open_rings(&mut self, outcome: &Outcome) {
        let rings = std::mem::take(&mut self.rings);
        if rings.is_empty() || outcome.as_ref().is_ok_and(values::may_hold_code) {
            return;
        }
        for ring in rings {
            // Dropped outside of the borrow: what goes may look at the variable.
            let content = ring.replace(Value::Null);
            drop(content);
        }
    }

    /// Counts one unit of work.
    pub fn step(&mut self) -> Result<(), Thrown> {
        self.steps += 1;
        if self.steps > self.budget.steps { Err(Thrown::out_of_steps(self.budget.steps)) } else { Ok(()) }
    }

    /// Counts work that a member does in one go.
    pub fn steps(&mut self, count: usize) -> Result<(), Thrown> {
        self.steps = self.steps.saturating_add(count as u64);
        if self.steps > self.budget.steps { Err(Thrown::out_of_steps(self.budget.steps)) } else { Ok(()) }
    }

    /// Steps that may still be taken.
    pub fn steps_left(&self) -> u64 {
        self.budget.steps.saturating_sub(self.steps)
    }

    /// Counts memory that is about to be taken.
    pub fn charge(&mut self, bytes: usize) -> Result<(), Thrown> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes > self.budget.bytes { Err(Thrown::out_of_bytes(self.budget.bytes)) } else { Ok(()) }
    }

    /// Bytes that may still be taken.
    pub fn bytes_left(&self) -> usize {
        usize::try_from(self.budget.bytes.saturating_sub(self.bytes)).unwrap_or(usize::MAX)
    }

    /// Fails when the native stack in use is near its limit.
    pub fn look_at_stack(&self) -> Result<(), Thrown> {
        if stack_address().abs_diff(self.stack_start) > STACK_BYTES_MAX { Err(Thrown::out_of_stack()) } else { Ok(()) }
    }

    /// Runs something that may recurse, bounded in depth and in native stack.
    pub fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Thrown>) -> Result<T, Thrown> {
        self.step()?;
        if self.depth >= self.budget.nesting {
            return Err(Thrown::out_of_stack());
        }
        self.look_at_stack()?;
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }
}
