//! `quota`: per subscription. Source: reference/policies.md, chapter 4; corrections.md, "Management
//! API": windows are anchored at activation, else creation, of the subscription.

use super::quota_by_key::verdict;
use super::rate_limit::{Subject, definition};
use super::rate_limit_by_key::private_key;
use crate::check::Node;
use crate::elements::access::quota_by_key::TransferQuota;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{Ports, QuotaHit};
use crate::instruction::{Next, Step};
use crate::plan::ScopeKind;
use smol_str::{SmolStr, format_smolstr};
use std::fmt;
use std::time::Duration;
use tollgate_error::Code;

const CALLS: Attr = Attr::new("calls", Kind::Int { min: 1, max: i64::MAX }, "Calls allowed in a period.").literal();
const BANDWIDTH: Attr =
    Attr::new("bandwidth", Kind::Int { min: 1, max: i64::MAX }, "Kilobytes allowed in a period.").literal();
const PERIOD: Attr =
    Attr::new("renewal-period", Kind::SECONDS, "Length of the period in seconds; 0 never renews.").required().literal();
const NAME: Attr = Attr::new("name", Kind::Name, "Its display name.").literal();
const ID: Attr = Attr::new("id", Kind::Name, "Its id; wins over the name.").literal();

static OPERATION: Shape = Shape {
    name: "operation",
    doc: "A quota of one operation.",
    attributes: &[NAME, ID, CALLS, BANDWIDTH, PERIOD],
    content: Content::Nothing,
};

static API: Shape = Shape {
    name: "api",
    doc: "A quota of one API.",
    attributes: &[NAME, ID, CALLS, BANDWIDTH, PERIOD],
    content: Content::Children(&[Child::any(&OPERATION)]),
};

pub static SHAPE: Shape = Shape {
    name: "quota",
    doc: "Limits calls or kilobytes per subscription in periods counted from the subscription's start; a call without a \
          subscription key is not limited.",
    attributes: &[CALLS, BANDWIDTH, PERIOD],
    content: Content::Children(&[Child::any(&API)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "access",
    sections: Sections::of("i"),
    scopes: Scopes::of("p"),
    once: true,
    emit,
    example: r#"<quota calls="10000" bandwidth="40000" renewal-period="3600" />"#,
};

struct Allowance {
    /// `None`: of the whole product.
    api: Option<Subject>,
    operation: Option<Subject>,
    calls: Option<u64>,
    kilobytes: Option<u64>,
    period: Duration,
}

struct Quota {
    scope: ScopeKind,
    serial: usize,
    allowances: Vec<Allowance>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let mut allowances = vec![allowance(node, None, None, emitter)?];
    for api in &node.children {
        let subject = Subject::new(api, emitter)?;
        allowances.push(allowance(api, Some(subject.clone()), None, emitter)?);
        for operation in &api.children {
            let inner = Subject::new(operation, emitter)?;
            allowances.push(allowance(operation, Some(subject.clone()), Some(inner), emitter)?);
        }
    }
    emitter.step(node, Quota { scope: emitter.scope, serial: emitter.serial, allowances })
}

fn allowance(
    node: &Node<'_>,
    api: Option<Subject>,
    operation: Option<Subject>,
    emitter: &mut Emitter<'_>,
) -> Option<Allowance> {
    let number = |name| node.literal_of(name).and_then(|text| text.parse::<u64>().ok());
    let (calls, kilobytes) = (number("calls"), number("bandwidth"));
    if calls.is_none() && kilobytes.is_none() {
        let message = format!("element `{}` needs attribute `calls` or `bandwidth`", node.shape.name);
        emitter.error(Code::POLICY_ATTRIBUTE_MISSING, node, message);
        return None;
    }
    let period = *node.seconds_of("renewal-period")?.fixed()?;
    Some(Allowance { api, operation, calls, kilobytes, period })
}

impl Step for Quota {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let Some(subscription) = context.subscription.clone() else { return Ok(Next::Continue) };
        let definition = definition(self.scope, context);
        let start = subscription.start_date.unwrap_or(subscription.created_date);
        let mut quotas = Vec::new();
        for (index, allowance) in self.allowances.iter().enumerate() {
            let api = context.api.as_ref();
            let operation = context.operation.as_ref();
            let of_api =
                allowance.api.as_ref().is_none_or(|wanted| api.is_some_and(|api| wanted.is(&api.id, &api.name)));
            let of_operation = allowance
                .operation
                .as_ref()
                .is_none_or(|wanted| operation.is_some_and(|operation| wanted.is(&operation.id, &operation.name)));
            if of_api && of_operation {
                let part = format_smolstr!("{}/{index}", self.serial);
                quotas.push((private_key("quota", &[&definition, &part, &subscription.id]), allowance));
            }
        }
        // Looked at before counted: a call that one of them refuses counts in none.
        for add_calls in [0, 1] {
            for (key, allowance) in &quotas {
                let hit = QuotaHit {
                    key,
                    calls: allowance.calls,
                    kilobytes: allowance.kilobytes,
                    period: allowance.period,
                    first_period_start: start,
                    add_calls,
                    add_bytes: 0,
                };
                verdict("quota", ports.quota(&hit))?;
            }
        }
        for (key, allowance) in quotas {
            if let Some(kilobytes) = allowance.kilobytes {
                let period = allowance.period;
                let transfer =
                    TransferQuota { key: SmolStr::clone(&key), kilobytes, period, first_period_start: start };
                exchange.run.transfer_quotas.push(transfer);
            }
        }
        Ok(Next::Continue)
    }
}

impl fmt::Debug for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for allowance in &self.allowances {
            write!(f, "{:?} calls {:?} kB in {:?}; ", allowance.calls, allowance.kilobytes, allowance.period)?;
        }
        f.write_str("per subscription")
    }
}
