//! What a document is compiled to, and the chain of plans that one request runs.

use crate::elements::cross_domain::cors::Cors;
use crate::elements::cross_domain::cross_domain_policy::{self, PolicyFile};
use crate::grammar::Section;
use crate::instruction::{Instruction, Op};
use smol_str::SmolStr;
use std::fmt::Write;
use std::sync::Arc;
use tollgate_error::Span;
use tollgate_expression::context::Response;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeKind {
    Global,
    Product,
    Api,
    Operation,
}

impl ScopeKind {
    pub const ALL: [ScopeKind; 4] = [ScopeKind::Global, ScopeKind::Product, ScopeKind::Api, ScopeKind::Operation];

    pub fn name(self) -> &'static str {
        match self {
            ScopeKind::Global => "global",
            ScopeKind::Product => "product",
            ScopeKind::Api => "api",
            ScopeKind::Operation => "operation",
        }
    }
}

/// Where a step stands: for `LastError`, logs and traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub element: &'static str,
    pub scope: ScopeKind,
    pub section: Section,
    /// `choose[3]/when[2]`, positions from 1 among the elements of the parent.
    pub path: String,
    /// The policy's `id` attribute.
    pub policy_id: Option<SmolStr>,
    /// In the document, or in the fragment when one is named.
    pub span: Span,
    /// From 1.
    pub line: u32,
    pub column: u32,
    pub fragment: Option<SmolStr>,
}

/// One compiled document. Shared between workers.
#[derive(Debug)]
pub struct Plan {
    pub(crate) scope: ScopeKind,
    /// By `Section as usize`. `None`: the section is absent and inherits.
    pub(crate) sections: [Option<Block>; 4],
    pub(crate) needs: Needs,
    /// `cors`, `cross-domain` and `<base/>` that stand directly in inbound, in order.
    pub(crate) preflight: Vec<Preflight>,
}

/// The instructions of one section and the places they come from.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub code: Vec<Instruction>,
    pub places: Vec<Arc<Place>>,
    pub regions: Vec<Region>,
}

impl Block {
    /// One step a line, those of parallel branches indented.
    fn list(&self, out: &mut String, depth: usize) {
        for (index, instruction) in self.code.iter().enumerate() {
            let place = &self.places[instruction.place as usize];
            let at = format!("{}:{}", place.line, place.column);
            let _ = write!(out, "{:indent$}{index:4}  {at:<8}", "", indent = 4 * depth);
            let _ = match &instruction.op {
                Op::Step(step) => write!(out, "{} {step:?}", place.element),
                Op::Wait(wait) => write!(out, "await {} {wait:?}", place.element),
                Op::JumpUnless { condition, target } => write!(out, "unless {condition:?} go to {target}"),
                Op::Jump(target) => write!(out, "go to {target}"),
                Op::Base => write!(out, "base"),
                Op::RetryBegin(retry) => write!(out, "retry {retry:?}"),
                Op::RetryEnd { target } => write!(out, "again from {target} while the condition of retry holds"),
                Op::SeatTake(seat) => write!(out, "limit-concurrency {seat:?}"),
                Op::SeatLeave => write!(out, "leave limit-concurrency"),
                Op::CacheValueBegin { value, target } => {
                    write!(out, "cache-value {value:?}, when fresh go to {target}")
                }
                Op::CacheValueEnd => write!(out, "store what cache-value computed"),
                Op::Parallel(parallel) => write!(out, "wait {parallel:?}"),
            };
            if instruction.needs.request_body {
                out.push_str("  [request body]");
            }
            if instruction.needs.response_body {
                out.push_str("  [response body]");
            }
            if let Some(fragment) = &place.fragment {
                let _ = write!(out, "  (fragment {fragment})");
            }
            out.push('\n');
            if let Op::Parallel(parallel) = &instruction.op {
                for branch in &parallel.branches {
                    branch.list(out, depth + 1);
                }
            }
        }
    }

    fn add_points(&self, points: &mut Vec<Point>) {
        for instruction in &self.code {
            let place = &self.places[instruction.place as usize];
            if let Op::Parallel(parallel) = &instruction.op {
                parallel.branches.iter().for_each(|branch| branch.add_points(points));
            }
            let kind = match &instruction.op {
                Op::Jump(_) | Op::Base | Op::SeatLeave | Op::RetryBegin(_) | Op::CacheValueEnd => continue,
                Op::JumpUnless { .. } => PointKind::Condition,
                Op::RetryEnd { .. } => PointKind::Retry,
                Op::Step(_) | Op::Wait(_) | Op::SeatTake(_) | Op::CacheValueBegin { .. } | Op::Parallel(_) => {
                    PointKind::Element
                }
            };
            // An element may be several instructions; it counts once.
            if !points.iter().any(|point| Arc::ptr_eq(&point.place, place)) {
                points.push(Point { place: place.clone(), kind });
            }
        }
    }

    /// Every instruction, those of parallel branches included.
    pub fn each(&self, see: &mut dyn FnMut(&Instruction)) {
        for instruction in &self.code {
            see(instruction);
            if let Op::Parallel(parallel) = &instruction.op {
                parallel.branches.iter().for_each(|branch| branch.each(see));
            }
        }
    }
}

/// Instructions `start..end`, whose faults a handler sees first. Inner regions come first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Region {
    pub start: u32,
    pub end: u32,
    pub handler: Handler,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handler {
    /// The `RetryEnd` at `end` decides.
    Retry,
    /// A `limit-concurrency` seat is given back.
    Seat,
    /// A `cache-value` under way is given up.
    CacheValue,
}

#[derive(Debug)]
pub(crate) enum Preflight {
    Base,
    Cors(Arc<Cors>, Arc<Place>),
    CrossDomain(Arc<PolicyFile>),
}

/// A part of a plan that a test can reach.
#[derive(Debug, Clone)]
pub struct Point {
    pub place: Arc<Place>,
    pub kind: PointKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointKind {
    Element,
    /// A `when`, which holds or does not.
    Condition,
    /// A `retry`, which runs again or does not.
    Retry,
}

impl Plan {
    pub fn scope(&self) -> ScopeKind {
        self.scope
    }

    /// The plan in readable form, one step a line, by section.
    pub fn listing(&self) -> String {
        let mut out = String::new();
        for section in Section::ALL {
            let Some(block) = &self.sections[section as usize] else { continue };
            let _ = writeln!(out, "{}:", section.name());
            block.list(&mut out, 0);
        }
        out
    }

    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// What can run, in the order of the documents: for coverage.
    pub fn points(&self) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        for block in self.sections.iter().flatten() {
            block.add_points(&mut points);
        }
        points
    }

    /// The file that `cross-domain` serves, when the path is the file's.
    pub fn cross_domain_file(&self, path: &str) -> Option<Response> {
        let file = self.preflight.iter().find_map(|item| match item {
            Preflight::CrossDomain(file) => Some(file),
            Preflight::Base | Preflight::Cors(..) => None,
        });
        file.filter(|_| path == cross_domain_policy::PATH).map(|file| file.answer())
    }

    pub(crate) fn block(&self, section: Section) -> Option<&Block> {
        self.sections[section as usize].as_ref()
    }
}

/// What a plan needs of the exchange before its steps run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Some step reads the request body: it is buffered before that step.
    pub request_body: bool,
    pub response_body: bool,
    /// A `cors` policy stands in inbound: preflight requests are answered.
    pub cors: bool,
}

/// The plans in play for one request, broad to narrow. `<base/>` in a narrower one runs the same
/// section of the next broader one that is present. Cheap to clone.
#[derive(Clone, Default)]
pub struct Chain {
    pub global: Option<Arc<Plan>>,
    pub product: Option<Arc<Plan>>,
    pub api: Option<Arc<Plan>>,
    pub operation: Option<Arc<Plan>>,
}

impl Chain {
    /// Narrow to broad.
    pub fn plans(&self) -> [Option<&Plan>; 4] {
        [self.operation.as_deref(), self.api.as_deref(), self.product.as_deref(), self.global.as_deref()]
    }
}
