//! Runs the chain of plans of one exchange.
//!
//! One loop for all sections: steps run inline, only what waits is awaited. `<base/>` pushes a frame
//! of the next broader plan. Source: reference/policies.md, chapters 2.2 and 2.9.

mod parallel;

pub(crate) use parallel::{Held, branch};

use crate::elements::access::quota_by_key::TransferQuota;
use crate::elements::caching::Wanted;
use crate::elements::caching::cache_value::{self, CacheValueState};
use crate::elements::control::retry::{self, RetryState};
use crate::elements::cross_domain::cors::{Cors, CorsGrant};
use crate::elements::routing::forward_request;
use crate::elements::{Deferred, Wait};
use crate::exchange::{Exchange, empty_response, frame};
use crate::fault::Fault;
use crate::grammar::Section;
use crate::host::{Host, read_body};
use crate::instruction::{BodyNeeds, Instruction, Next, Op};
use crate::plan::{Block, Chain, Handler, Place, Plan, Preflight};
use crate::trace::{Decision, Event, Recorder};
use http::{HeaderName, HeaderValue};
use smallvec::SmallVec;
use smol_str::SmolStr;
use std::rc::Rc;
use std::sync::Arc;
use tollgate_expression::context::{BodyState, LastError};

/// What steps leave for later: counters to increase at the end of outbound, headers to put on the
/// answer (CORS, remaining calls), the element that decided the answer.
#[derive(Default)]
pub struct RunState {
    /// The policy that made the answer or failed. `None`: the backend's answer went through.
    pub decided_by: Option<Arc<Place>>,
    /// The built-in step that failed before any policy ran (`configuration`, `authorization`).
    pub decided_in: Option<SmolStr>,
    /// Sees every step of a traced exchange.
    pub recorder: Option<Box<Recorder>>,
    /// Quotas of bandwidth to which the host adds the bytes of both messages when the answer is out.
    pub transfer_quotas: Vec<TransferQuota>,
    /// The answer came out of the response cache.
    pub cache_hit: bool,
    /// The lookup that `cache-store` may store for.
    pub(crate) wanted: Option<Rc<Wanted>>,
    /// After a hit: policies are passed over until so many `cache-store` have been seen.
    pub(crate) stores_to_pass: usize,
    pub(crate) cache_values: Vec<CacheValueState>,
    pub(crate) response_headers: SmallVec<[(HeaderName, HeaderValue); 2]>,
    pub(crate) deferred: Vec<Arc<dyn Deferred>>,
    pub(crate) quota_keys: Vec<SmolStr>,
    pub(crate) cors: Option<Box<CorsGrant>>,
    pub(crate) retries: Vec<RetryState>,
    pub(crate) seats: Vec<SmolStr>,
}

impl RunState {
    /// What decided the answer. `None`: the backend's went through.
    pub fn decision(&self) -> Option<Decision> {
        Decision::of(self.decided_by.as_deref(), self.decided_in.as_deref())
    }

    /// A `cache-lookup` looked and found nothing.
    pub fn cache_missed(&self) -> bool {
        self.wanted.is_some()
    }
}

/// Inbound → backend → outbound; a fault goes to on-error. At the end `context.response` holds the
/// answer, and `response_body` its stream when nobody buffered it.
pub async fn run<H: Host>(exchange: &mut Exchange, chain: &Chain, host: &H) {
    announce(exchange);
    if let Err(fault) = pipeline(exchange, chain, host).await {
        fail(exchange, chain, host, fault).await;
    }
    finish(exchange, host);
}

/// A fault of a built-in step (no operation, key missing): only on-error runs.
pub async fn run_on_error<H: Host>(exchange: &mut Exchange, chain: &Chain, host: &H, fault: Fault) {
    announce(exchange);
    grant_cors(exchange, chain, host);
    exchange.run.decided_in = Some(fault.source.clone());
    if let Some(recorder) = &mut exchange.run.recorder {
        recorder.refused(&fault);
    }
    fail(exchange, chain, host, fault).await;
    finish(exchange, host);
}

/// Tells a recorder which configuration serves the request.
fn announce(exchange: &mut Exchange) {
    let Exchange { context, run, .. } = exchange;
    if let Some(recorder) = &mut run.recorder {
        recorder.configured(context);
    }
}

/// A CORS preflight that matched no operation: the `cors` policies in scope answer it. `false`: no
/// policy does.
#[allow(clippy::unused_async, reason = "an answer may come to depend on a host that waits")]
pub async fn run_preflight<H: Host>(exchange: &mut Exchange, chain: &Chain, host: &H) -> bool {
    let _ = host;
    let mut answered = false;
    for (cors, place) in in_scope(chain) {
        answered = true;
        exchange.run.decided_by = Some(place.clone());
        match cors.preflight(&exchange.context) {
            Ok(Some(response)) => {
                exchange.context.response = Some(response);
                return true;
            }
            Ok(None) if cors.terminates(&exchange.context) => break,
            Ok(None) | Err(_) => {}
        }
    }
    if answered {
        exchange.context.response = Some(empty_response());
    }
    answered
}

/// The `cors` policies that stand directly in the effective inbound, in order.
fn in_scope(chain: &Chain) -> Vec<(&Cors, &Arc<Place>)> {
    fn collect<'p>(plans: &[Option<&'p Plan>], out: &mut Vec<(&'p Cors, &'p Arc<Place>)>) {
        let Some((first, rest)) = plans.split_first() else { return };
        match first {
            Some(plan) if plan.block(Section::Inbound).is_some() => {
                for item in &plan.preflight {
                    match item {
                        Preflight::Base => collect(rest, out),
                        Preflight::Cors(cors, place) => out.push((cors, place)),
                        Preflight::CrossDomain(_) => {}
                    }
                }
            }
            _ => collect(rest, out),
        }
    }
    let mut out = Vec::new();
    collect(&chain.plans(), &mut out);
    out
}

/// A fault before inbound: the answer still carries what `cors` allows.
fn grant_cors<H: Host>(exchange: &mut Exchange, chain: &Chain, _host: &H) {
    if exchange.context.request.headers.contains_key(http::header::ORIGIN) {
        for (cors, _) in in_scope(chain) {
            if cors.grant(exchange).is_ok_and(|granted| granted) {
                return;
            }
        }
    }
}

async fn pipeline<H: Host>(exchange: &mut Exchange, chain: &Chain, host: &H) -> Result<(), Fault> {
    let flow = section(exchange, chain, host, Section::Inbound).await?;
    if flow == Next::Respond {
        return Ok(());
    }
    if flow == Next::Continue && section(exchange, chain, host, Section::Backend).await? == Next::Respond {
        return Ok(());
    }
    if flow == Next::SkipToOutbound {
        exchange.run.stores_to_pass = stores(&chain.plans(), 0);
    }
    if exchange.context.response.is_none() {
        exchange.context.response = Some(empty_response());
    }
    put_response_headers(exchange);
    if section(exchange, chain, host, Section::Outbound).await? == Next::Respond {
        return Ok(());
    }
    run_deferred(exchange, host)
}

/// Fills `LastError` and the default answer, then runs on-error. A fault of on-error itself gives
/// the default answer of that fault.
async fn fail<H: Host>(exchange: &mut Exchange, chain: &Chain, host: &H, fault: Fault) {
    release_seats(exchange, host);
    exchange.run.stores_to_pass = 0;
    answer_fault(exchange, host, fault);
    if let Err(second) = section(exchange, chain, host, Section::OnError).await {
        release_seats(exchange, host);
        answer_fault(exchange, host, second);
    }
}

fn answer_fault<H: Host>(exchange: &mut Exchange, host: &H, fault: Fault) {
    exchange.response_body = None;
    exchange.context.response = Some(Host::error_response(host, &exchange.context, &fault));
    let fault = fault.into_parts();
    exchange.context.last_error = Some(LastError {
        source: fault.source,
        reason: fault.reason,
        message: fault.message,
        scope: fault.scope,
        section: fault.section,
        path: fault.path,
        policy_id: fault.policy_id,
    });
    put_response_headers(exchange);
}

/// The end of every exchange, however it went.
fn finish<H: Host>(exchange: &mut Exchange, host: &H) {
    release_seats(exchange, host);
    if exchange.context.response.is_none() {
        exchange.context.response = Some(empty_response());
    }
    // Counters whose increment reads the answer also count answers that policies made themselves.
    // A fault here has no answer to change any more.
    let _ = run_deferred(exchange, host);
    if let Some(grant) = exchange.run.cors.take() {
        grant.put(&mut exchange.response().headers);
    }
}

fn run_deferred<H: Host>(exchange: &mut Exchange, host: &H) -> Result<(), Fault> {
    for deferred in std::mem::take(&mut exchange.run.deferred) {
        deferred.run(exchange, host)?;
    }
    Ok(())
}

/// Headers that policies promised to the client, put on the answer of the moment so that later
/// policies see them.
pub(crate) fn put_response_headers(exchange: &mut Exchange) {
    let Exchange { context, run, .. } = exchange;
    if let Some(response) = &mut context.response {
        for (name, value) in &run.response_headers {
            response.headers.insert(name.clone(), value.clone());
        }
    }
}

fn release_seats<H: Host>(exchange: &mut Exchange, host: &H) {
    for key in exchange.run.seats.drain(..) {
        Host::seat_leave(host, &key);
    }
    for state in exchange.run.cache_values.drain(..) {
        cache_value::give_up(state, host);
    }
    exchange.run.retries.clear();
}

/// The `cache-store` policies of the effective outbound section.
fn stores(plans: &[Option<&Plan>; 4], from: usize) -> usize {
    let Some(frame) = enter(plans, from, Section::Outbound) else { return 0 };
    let count = |instruction: &Instruction| match &instruction.op {
        Op::Base => stores(plans, frame.broader),
        Op::Wait(wait) => usize::from(matches!(**wait, Wait::CacheStore(_))),
        _ => 0,
    };
    frame.block.code.iter().map(count).sum()
}

/// One running block and the next instruction in it.
struct Frame<'p> {
    block: &'p Block,
    at: usize,
    /// Index of the next broader plan.
    broader: usize,
}

fn enter<'p>(plans: &[Option<&'p Plan>; 4], from: usize, section: Section) -> Option<Frame<'p>> {
    (from..plans.len()).find_map(|index| {
        let block = plans[index]?.block(section)?;
        Some(Frame { block, at: 0, broader: index + 1 })
    })
}

async fn section<H: Host>(exchange: &mut Exchange, chain: &Chain, host: &H, section: Section) -> Result<Next, Fault> {
    let plans = chain.plans();
    let Some(mut frame) = enter(&plans, 0, section) else {
        return without_policies(exchange, host, section).await;
    };
    let mut outer: SmallVec<[Frame<'_>; 3]> = SmallVec::new();
    loop {
        let Some(instruction) = frame.block.code.get(frame.at) else {
            match outer.pop() {
                Some(next) => frame = next,
                None => return Ok(Next::Continue),
            }
            continue;
        };
        frame.at += 1;
        if exchange.run.stores_to_pass > 0 {
            match &instruction.op {
                Op::Base => {
                    if let Some(inner) = enter(&plans, frame.broader, section) {
                        outer.push(std::mem::replace(&mut frame, inner));
                    }
                }
                Op::Wait(wait) if matches!(**wait, Wait::CacheStore(_)) => exchange.run.stores_to_pass -= 1,
                _ => {}
            }
            continue;
        }
        let outcome = match &instruction.op {
            Op::Step(step) if !instruction.needs.any() => step.run(exchange, host),
            Op::Jump(target) => {
                frame.at = *target as usize;
                continue;
            }
            Op::JumpUnless { condition, target } if !instruction.needs.any() => {
                match condition.get(&exchange.context) {
                    Ok(true) => Ok(Next::Continue),
                    Ok(false) => {
                        record(exchange, frame.block, instruction, &Event::Skipped);
                        frame.at = *target as usize;
                        continue;
                    }
                    Err(fault) => Err(fault),
                }
            }
            Op::Base => match enter(&plans, frame.broader, section) {
                Some(inner) => {
                    outer.push(std::mem::replace(&mut frame, inner));
                    continue;
                }
                None => {
                    if let Err(fault) = without_policies(exchange, host, section).await {
                        Err(fault)
                    } else {
                        continue;
                    }
                }
            },
            _ => match waiting(exchange, host, instruction, &mut frame).await {
                Ok(Waited::Went(next)) => Ok(next),
                Ok(Waited::Jumped(event)) => {
                    record(exchange, frame.block, instruction, &event);
                    continue;
                }
                Err(fault) => Err(fault),
            },
        };
        match settle(exchange, host, instruction, &mut frame, &mut outer, outcome) {
            Settled::Go => {}
            Settled::End(Next::EndSection) => return Ok(Next::Continue),
            Settled::End(end) => return Ok(end),
            Settled::Failed(fault) => return Err(fault),
        }
    }
}

/// What follows an instruction that ran.
enum Settled {
    Go,
    End(Next),
    Failed(Fault),
}

fn settle<'p, H: Host>(
    exchange: &mut Exchange,
    host: &H,
    instruction: &Instruction,
    frame: &mut Frame<'p>,
    outer: &mut SmallVec<[Frame<'p>; 3]>,
    outcome: Result<Next, Fault>,
) -> Settled {
    match outcome {
        Ok(Next::Continue) => {
            record(exchange, frame.block, instruction, &Event::Ran);
            Settled::Go
        }
        Ok(end) => {
            record(exchange, frame.block, instruction, &Event::Answered);
            // A branch has told already.
            if !matches!(instruction.op, Op::Parallel(_)) {
                exchange.run.decided_by = Some(frame.block.places[instruction.place as usize].clone());
            }
            put_response_headers(exchange);
            release_seats(exchange, host);
            Settled::End(end)
        }
        Err(fault) => {
            let fault = locate(exchange, frame.block, instruction, fault);
            catch(exchange, host, fault, frame, outer).map_or(Settled::Go, Settled::Failed)
        }
    }
}

/// What a section does that no document has: the backend forwards, the others do nothing.
async fn without_policies<H: Host>(exchange: &mut Exchange, host: &H, section: Section) -> Result<Next, Fault> {
    if section == Section::Backend {
        forward_request::forward_by_default(exchange, host).await?;
    }
    Ok(Next::Continue)
}

/// What an instruction that may wait came to.
enum Waited {
    Went(Next),
    /// It jumped, which is told otherwise than a step that ran.
    Jumped(Event<'static>),
}

/// The instructions that may wait: all that read bodies, and those of other kinds than steps.
async fn waiting<H: Host>(
    exchange: &mut Exchange,
    host: &H,
    instruction: &Instruction,
    frame: &mut Frame<'_>,
) -> Result<Waited, Fault> {
    if instruction.needs.any() {
        buffer(exchange, instruction.needs).await?;
    }
    match &instruction.op {
        Op::Step(step) => return step.run(exchange, host).map(Waited::Went),
        Op::Wait(wait) => return wait.run(exchange, host).await.map(Waited::Went),
        Op::JumpUnless { condition, target } => {
            if !condition.get(&exchange.context)? {
                frame.at = *target as usize;
                return Ok(Waited::Jumped(Event::Skipped));
            }
        }
        Op::RetryBegin(retry) => exchange.run.retries.push(retry.begin()),
        Op::RetryEnd { target } => {
            if let Some(wait) = retry::again(exchange)? {
                frame.at = *target as usize;
                if !wait.is_zero() {
                    host.sleep(wait).await;
                }
                return Ok(Waited::Jumped(Event::Repeated));
            }
        }
        Op::CacheValueBegin { value, target } => {
            if !Box::pin(value.begin(exchange, host)).await? {
                frame.at = *target as usize;
                return Ok(Waited::Jumped(Event::Skipped));
            }
        }
        Op::CacheValueEnd => Box::pin(cache_value::end(exchange, host)).await?,
        // Boxed, because a branch may hold a `wait` of its own.
        Op::Parallel(parallel) => return Box::pin(parallel.run(exchange, host)).await.map(Waited::Went),
        Op::SeatTake(seat) => seat.take(exchange, host)?,
        Op::SeatLeave => {
            if let Some(key) = exchange.run.seats.pop() {
                Host::seat_leave(host, &key);
            }
        }
        Op::Jump(_) | Op::Base => {}
    }
    Ok(Waited::Went(Next::Continue))
}

/// Lets the innermost handler of a fault take over. `Some`: there is none.
fn catch<'p, H: Host>(
    exchange: &mut Exchange,
    host: &H,
    fault: Fault,
    frame: &mut Frame<'p>,
    outer: &mut SmallVec<[Frame<'p>; 3]>,
) -> Option<Fault> {
    loop {
        let at = frame.at as u32 - 1;
        for region in &frame.block.regions {
            if !(region.start..region.end).contains(&at) {
                continue;
            }
            match region.handler {
                Handler::Seat => {
                    if let Some(key) = exchange.run.seats.pop() {
                        Host::seat_leave(host, &key);
                    }
                }
                Handler::CacheValue => {
                    if let Some(state) = exchange.run.cache_values.pop() {
                        cache_value::give_up(state, host);
                    }
                }
                Handler::Retry => {
                    if let Some(state) = exchange.run.retries.last_mut() {
                        state.fault = Some(fault);
                        // The next run may go well.
                        state.decided_by = exchange.run.decided_by.take();
                        frame.at = region.end as usize;
                        return None;
                    }
                }
            }
        }
        match outer.pop() {
            Some(next) => *frame = next,
            None => return Some(fault),
        }
    }
}

fn record(exchange: &mut Exchange, block: &Block, instruction: &Instruction, event: &Event<'_>) {
    // Their policies are told of by the other instruction they have.
    if matches!(instruction.op, Op::RetryBegin(_) | Op::SeatLeave) {
        return;
    }
    let Exchange { context, run, .. } = exchange;
    if let Some(recorder) = &mut run.recorder {
        recorder.step(&block.places[instruction.place as usize], event, context);
    }
}

/// Says where a fault happened, unless it says so itself.
fn locate(exchange: &mut Exchange, block: &Block, instruction: &Instruction, mut fault: Fault) -> Fault {
    if fault.scope.is_none() {
        let place = &block.places[instruction.place as usize];
        if fault.source.is_empty() {
            fault.source = SmolStr::new_static(place.element);
        }
        fault.scope = Some(SmolStr::new_static(place.scope.name()));
        fault.section = Some(SmolStr::new_static(place.section.name()));
        fault.path = Some(place.path.clone());
        fault.policy_id.clone_from(&place.policy_id);
        exchange.run.decided_by = Some(place.clone());
    }
    record(exchange, block, instruction, &Event::Failed(&fault));
    fault
}

/// Buffers the bodies that the next step reads.
pub(crate) async fn buffer(exchange: &mut Exchange, needs: BodyNeeds) -> Result<(), Fault> {
    if needs.request_body
        && let Some(stream) = exchange.request_body.take()
    {
        let content = read_body(stream, exchange.body_bytes_max).await?;
        let request = &mut exchange.context.request;
        let content = crate::coding::decode(&mut request.headers, content, exchange.body_bytes_max)?;
        frame(&mut request.headers, content.len());
        request.body.set(BodyState::Buffered(content));
    }
    if needs.response_body
        && let Some(stream) = exchange.response_body.take()
        && let Some(response) = &mut exchange.context.response
    {
        let read = read_body(stream, exchange.body_bytes_max)
            .await
            .and_then(|content| crate::coding::decode(&mut response.headers, content, exchange.body_bytes_max));
        // A response that cannot be read is no fault of the caller.
        let content = read.map_err(|mut fault| {
            fault.status = 500;
            fault.with_reason("BackendConnectionFailure")
        })?;
        frame(&mut response.headers, content.len());
        response.body.set(BodyState::Buffered(content));
    }
    Ok(())
}
