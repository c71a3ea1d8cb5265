//! Runs the chain of plans of one exchange.

use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::host::Host;
use crate::plan::Chain;

/// What steps leave for later: counters to increase at the end of outbound, headers to put on the
/// final answer (CORS, remaining calls), the element that decided the answer.
#[derive(Default)]
pub struct RunState {}

/// Inbound → backend → outbound; a fault goes to on-error. At the end `context.response` holds the
/// answer, and `response_body` its stream when nobody buffered it.
pub async fn run<H: Host>(exchange: &mut Exchange, chain: &Chain, host: &H) {
    let _ = (exchange, chain, host);
}

/// A fault of a built-in step (no operation, key missing): only on-error runs.
pub async fn run_on_error<H: Host>(exchange: &mut Exchange, chain: &Chain, host: &H, fault: Fault) {
    let _ = (exchange, chain, host, fault);
}

/// A CORS preflight that matched no operation: the `cors` policies in scope answer it. `false`: no
/// policy does.
pub async fn run_preflight<H: Host>(exchange: &mut Exchange, chain: &Chain, host: &H) -> bool {
    let _ = (exchange, chain, host);
    false
}
