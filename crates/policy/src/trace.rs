//! What a traced exchange tells of each step.

use crate::fault::Fault;
use crate::plan::Place;
use tollgate_expression::context::Context;

#[derive(Debug)]
pub enum Event<'a> {
    Ran,
    /// A condition was false.
    Skipped,
    /// The step made the answer.
    Answered,
    Failed(&'a Fault),
}

/// Receives the steps of one exchange as they run. Absent on exchanges that nobody traces.
pub trait Recorder {
    /// `context` is the state after the step.
    fn event(&mut self, place: &Place, event: &Event<'_>, context: &Context);
}
