//! Documents and requests, played through the engine.

use super::host::StubHost;
use super::spec::{Names, Received, RequestSpec};
use crate::compile::{Compiled, compile};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::plan::{Chain, ScopeKind};
use crate::run;
use crate::trace::{Masks, Recorder, Stopwatch, Trace};
use std::time::Duration;

/// Documents by scope, compiled.
pub struct Stage {
    pub chain: Chain,
    /// In the order given.
    pub documents: Vec<(ScopeKind, Compiled)>,
}

impl Stage {
    pub fn compile(documents: &[(ScopeKind, String)], names: &Names) -> Stage {
        let mut stage = Stage { chain: Chain::default(), documents: Vec::new() };
        for (scope, text) in documents {
            let compiled = compile(text, *scope, names);
            let slot = match scope {
                ScopeKind::Global => &mut stage.chain.global,
                ScopeKind::Product => &mut stage.chain.product,
                ScopeKind::Api => &mut stage.chain.api,
                ScopeKind::Operation => &mut stage.chain.operation,
            };
            slot.clone_from(&compiled.plan);
            stage.documents.push((*scope, compiled));
        }
        stage
    }

    /// Every document compiled.
    pub fn is_sound(&self) -> bool {
        self.documents.iter().all(|(_, compiled)| compiled.plan.is_some())
    }
}

/// How a request comes to the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entrance {
    /// Through inbound.
    Inbound,
    /// A CORS preflight that matches no operation.
    Preflight,
    /// It failed before inbound with this status: only on-error runs.
    Refused(u16),
}

/// What came of one request.
pub struct Played {
    /// After the end: the answer is its response.
    pub exchange: Exchange,
    pub trace: Trace,
    pub received: Vec<Received>,
    pub side_received: Vec<Received>,
    /// Lines of `trace`, metrics and events.
    pub log: Vec<String>,
    pub slept: Vec<Duration>,
}

/// Plays one request. The stopwatch is the simulation's own unless another is given.
///
/// # Errors
/// What is wrong with the description of the request.
pub async fn play(
    host: &StubHost,
    chain: &Chain,
    request: &RequestSpec,
    entrance: &Entrance,
    names: &Names,
    stopwatch: Option<Stopwatch>,
) -> Result<Played, String> {
    host.advance(Duration::from_secs_f64(request.after));
    let mut exchange = host.exchange(request)?;
    let mut masks = Masks::default();
    for name in &names.secrets {
        if let Some(value) = names.named_values.get(name) {
            masks.hide(value);
        }
    }
    Recorder::attach(&mut exchange, stopwatch.unwrap_or_else(|| host.stopwatch()), masks);
    match entrance {
        Entrance::Inbound => run::run(&mut exchange, chain, host).await,
        Entrance::Preflight => {
            if !run::run_preflight(&mut exchange, chain, host).await {
                let fault = unmatched(404);
                run::run_on_error(&mut exchange, chain, host, fault).await;
            }
        }
        Entrance::Refused(status) => run::run_on_error(&mut exchange, chain, host, unmatched(*status)).await,
    }
    let decision = exchange.run.decision();
    let recorder = exchange.run.recorder.take();
    let trace = recorder.map(|recorder| recorder.finish(&exchange.context, decision)).unwrap_or_default();
    Ok(Played {
        exchange,
        trace,
        received: host.received.take(),
        side_received: host.side_received.take(),
        log: host.log.take(),
        slept: host.slept.take(),
    })
}

fn unmatched(status: u16) -> Fault {
    Fault::new("configuration", status, "Unable to match incoming request to an operation.")
        .with_reason("OperationNotFound")
}
