//! `wait`. Source: reference/policies.md, chapter 14.
//!
//! The branches share the exchange, as on Azure: one at a time holds it, and gives it away while it
//! waits for the world. Branches do not see each other's `retry` and `limit-concurrency`.

use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Host;
use crate::instruction::{BodyNeeds, Next, Op};
use crate::operand::Dynamic;
use crate::plan::Block;
use crate::run::{self, Held};
use futures_util::lock::Mutex;
use futures_util::stream::{FuturesUnordered, StreamExt};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::fmt;
use tollgate_error::{Code, Diagnostic};

pub static SHAPE: Shape = Shape {
    name: "wait",
    doc: "Runs its children at the same time and goes on when all, or the first, have finished. Children are \
          `send-request`, `cache-lookup-value` and `choose`; what stands in one branch of a `choose` runs in order. A \
          child that fails fails the policy at once, and the others are stopped.",
    attributes: &[Attr::new(
        "for",
        Kind::OneOf(&["all", "any"]),
        "`any` goes on with the first that finishes and stops the rest.",
    )
    .default("all")],
    content: Content::Policies,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "control",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<wait for="all">
  <send-request mode="new" response-variable-name="stock"><set-url>https://stock.example.com/1</set-url><set-method>GET</set-method></send-request>
  <send-request mode="new" response-variable-name="price"><set-url>https://price.example.com/1</set-url><set-method>GET</set-method></send-request>
</wait>"#,
};

/// What may run beside others. Source: the page's "Elements".
const CHILDREN: [&str; 3] = ["send-request", "cache-lookup-value", "choose"];

/// Branches of one `wait`; each is a side call at most, so this bounds what one request asks of others.
const BRANCHES_MAX: usize = 100;

pub struct Parallel {
    until: Dynamic<SmolStr>,
    pub(crate) branches: Vec<Block>,
}

/// The exchange while branches run.
pub type Shared<'x> = Mutex<&'x mut Exchange>;

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let until = node.text_of("for")?;
    if emitter.parent() == Some("retry") {
        emitter.error(Code::POLICY_ELEMENT_MISPLACED, node, "`wait` may not stand in `retry`");
        return None;
    }
    let before = emitter.errors();
    let mut branches = Vec::new();
    for (position, child) in node.element.elements().enumerate() {
        if !CHILDREN.contains(&child.name.as_str()) {
            let message = format!("`{}` may not stand in `wait`", child.name);
            let found = Diagnostic::error(Code::POLICY_ELEMENT_MISPLACED, child.name_span, message)
                .with_hint("allowed are `send-request`, `cache-lookup-value`, `choose`");
            emitter.report(found.in_element("wait"));
            continue;
        }
        branches.push(emitter.apart(|emitter| emitter.one(child, position)));
    }
    if branches.len() > BRANCHES_MAX {
        let message = format!("`wait` has more than {BRANCHES_MAX} children");
        emitter.error(Code::POLICY_CHILD_REPEATED, node, message);
    }
    if branches.is_empty() && emitter.errors() == before {
        emitter.error(Code::POLICY_CHILD_MISSING, node, "`wait` has no children");
    }
    if emitter.errors() > before {
        return None;
    }
    emitter.op(Op::Parallel(Box::new(Parallel { until, branches })), BodyNeeds::NONE);
    Some(())
}

impl Parallel {
    /// Runs the branches. A branch that answers (`return-response`) ends the pipeline.
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let any = self.until.get(&exchange.context)?.trim().eq_ignore_ascii_case("any");
        let held: Vec<RefCell<Held>> = self.branches.iter().map(|_| RefCell::default()).collect();
        let outcome = {
            let shared: Shared<'_> = Mutex::new(exchange);
            let mut running: FuturesUnordered<_> =
                self.branches.iter().zip(&held).map(|(block, held)| run::branch(block, &shared, held, host)).collect();
            loop {
                match running.next().await {
                    None => break Ok(Next::Continue),
                    Some(Ok(Next::Continue)) if any => break Ok(Next::Continue),
                    Some(Ok(Next::Continue)) => {}
                    Some(end) => break end,
                }
            }
        };
        // Those that were stopped give back what they hold.
        held.into_iter().for_each(|held| held.into_inner().release(host));
        outcome
    }
}

impl Wait {
    /// The steps that need the exchange only before and after they wait. `None`: this one holds it
    /// throughout.
    pub async fn run_beside<H: Host>(
        &self,
        needs: BodyNeeds,
        shared: &Shared<'_>,
        host: &H,
    ) -> Option<Result<Next, Fault>> {
        match self {
            Wait::SendRequest(step) => Some(step.run_beside(needs, shared, host).await),
            Wait::CacheLookupValue(step) if !needs.any() => Some(step.run_beside(shared, host).await),
            _ => None,
        }
    }
}

impl fmt::Debug for Parallel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "for {:?} of {} branches", self.until, self.branches.len())
    }
}
