//! `rate-limit`: per subscription. Source: reference/policies.md, chapter 4.

use super::rate_limit_by_key::{
    CALLS, REMAINING_HEADER, REMAINING_VARIABLE, RETRY_HEADER, RETRY_VARIABLE, TOTAL_HEADER, Tell, WINDOW, private_key,
};
use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{Ports, RateHit, RateStanding};
use crate::instruction::{Next, Step};
use crate::plan::ScopeKind;
use smol_str::{SmolStr, format_smolstr};
use std::fmt;
use std::time::Duration;
use tollgate_error::Code;
use tollgate_expression::context::Context;

const PART_ATTRIBUTES: [Attr; 4] = [
    Attr::new("name", Kind::Name, "Its display name.").literal(),
    Attr::new("id", Kind::Name, "Its id; wins over the name.").literal(),
    Attr::new("calls", CALLS, "Calls allowed in a window.").required().literal(),
    Attr::new("renewal-period", WINDOW, "Length of the window in seconds.").required().literal(),
];

static OPERATION: Shape = Shape {
    name: "operation",
    doc: "A limit of one operation.",
    attributes: &PART_ATTRIBUTES,
    content: Content::Nothing,
};

static API: Shape = Shape {
    name: "api",
    doc: "A limit of one API.",
    attributes: &PART_ATTRIBUTES,
    content: Content::Children(&[Child::any(&OPERATION)]),
};

pub static SHAPE: Shape = Shape {
    name: "rate-limit",
    doc: "Limits calls per subscription in a sliding window; a call without a subscription key is not limited. Limits of \
          APIs and operations inside count on their own, and all must allow.",
    attributes: &[
        Attr::new("calls", CALLS, "Calls allowed in a window.").required().literal(),
        Attr::new("renewal-period", WINDOW, "Length of the window in seconds.").required().literal(),
        RETRY_HEADER,
        RETRY_VARIABLE,
        REMAINING_HEADER,
        REMAINING_VARIABLE,
        TOTAL_HEADER,
    ],
    content: Content::Children(&[Child::any(&API)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "access",
    sections: Sections::of("i"),
    scopes: Scopes::of("pao"),
    once: true,
    emit,
    example: r#"<rate-limit calls="20" renewal-period="90" remaining-calls-header-name="X-Calls-Left" />"#,
};

/// What names an API or operation in a document.
#[derive(Debug, Clone)]
pub enum Subject {
    Id(SmolStr),
    Name(SmolStr),
}

impl Subject {
    /// Reports when neither is given.
    pub fn new(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<Subject> {
        match (node.literal_of("id"), node.literal_of("name")) {
            (Some(id), _) => Some(Subject::Id(id)),
            (None, Some(name)) => Some(Subject::Name(name)),
            (None, None) => {
                let message = format!("element `{}` needs attribute `name` or `id`", node.shape.name);
                emitter.error(Code::POLICY_ATTRIBUTE_MISSING, node, message);
                None
            }
        }
    }

    pub fn is(&self, id: &str, name: &str) -> bool {
        match self {
            Subject::Id(wanted) => wanted.eq_ignore_ascii_case(id),
            Subject::Name(wanted) => wanted.eq_ignore_ascii_case(name),
        }
    }
}

/// The entity that a document at `scope` belongs to: counters of one definition are its own.
pub fn definition(scope: ScopeKind, context: &Context) -> SmolStr {
    let api = context.api.as_ref().map_or("", |api| api.id.as_str());
    match scope {
        ScopeKind::Global => SmolStr::new_static("global"),
        ScopeKind::Product => {
            format_smolstr!("product/{}", context.product.as_ref().map_or("", |product| product.id.as_str()))
        }
        ScopeKind::Api => format_smolstr!("api/{api}"),
        ScopeKind::Operation => {
            format_smolstr!(
                "operation/{api}/{}",
                context.operation.as_ref().map_or("", |operation| operation.id.as_str())
            )
        }
    }
}

struct Limit {
    calls: u64,
    window: Duration,
}

impl Limit {
    fn new(node: &Node<'_>) -> Option<Limit> {
        Some(Limit {
            calls: node.literal_of("calls")?.parse().ok()?,
            window: *node.seconds_of("renewal-period")?.fixed()?,
        })
    }
}

/// The limit of one API, and those of its operations.
struct ApiLimit {
    api: Subject,
    limit: Limit,
    operations: Vec<(Subject, Limit)>,
}

struct RateLimit {
    scope: ScopeKind,
    /// Tells apart several definitions of one document.
    serial: usize,
    limit: Limit,
    apis: Vec<ApiLimit>,
    tell: Tell,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let mut apis = Vec::new();
    for api in &node.children {
        let mut operations = Vec::new();
        for operation in &api.children {
            operations.push((Subject::new(operation, emitter)?, Limit::new(operation)?));
        }
        apis.push(ApiLimit { api: Subject::new(api, emitter)?, limit: Limit::new(api)?, operations });
    }
    let step = RateLimit {
        scope: emitter.scope,
        serial: emitter.serial,
        limit: Limit::new(node)?,
        apis,
        tell: Tell::new(node),
    };
    emitter.step(node, step)
}

impl Step for RateLimit {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let Some(subscription) = context.subscription.clone() else { return Ok(Next::Continue) };
        let definition = definition(self.scope, context);
        let serial = format_smolstr!("{}", self.serial);
        let hit = |part: &str, limit: &Limit| {
            let key = private_key("rate-limit", &[&definition, &serial, part, &subscription.id]);
            ports.rate(&RateHit { key: &key, calls: limit.calls, window: limit.window, increment: 1 })
        };
        let mut tightest = (self.limit.calls, hit("", &self.limit));
        if let Some(api) = &context.api {
            for ApiLimit { api: subject, limit, operations } in &self.apis {
                if !subject.is(&api.id, &api.name) {
                    continue;
                }
                tightest = tighter(tightest, (limit.calls, hit(&api.id, limit)));
                let Some(operation) = &context.operation else { continue };
                for (subject, limit) in operations {
                    if subject.is(&operation.id, &operation.name) {
                        let part = format_smolstr!("{}/{}", api.id, operation.id);
                        tightest = tighter(tightest, (limit.calls, hit(&part, limit)));
                    }
                }
            }
        }
        let (calls, standing) = tightest;
        self.tell.tell("rate-limit", calls, standing, exchange)?;
        Ok(Next::Continue)
    }
}

/// The one that refuses for longest, else the one with fewest calls left.
fn tighter(a: (u64, RateStanding), b: (u64, RateStanding)) -> (u64, RateStanding) {
    let worse = match (a.1.allowed, b.1.allowed) {
        (true, true) => b.1.remaining < a.1.remaining,
        (false, false) => b.1.retry_after > a.1.retry_after,
        (allowed, _) => allowed,
    };
    if worse { b } else { a }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} calls in {:?} per subscription", self.limit.calls, self.limit.window)?;
        if !self.apis.is_empty() {
            write!(f, ", and of {} APIs", self.apis.len())?;
        }
        Ok(())
    }
}
