//! Which elements and branches of the documents no test reached.

use std::collections::BTreeMap;
use std::fmt::Write;
use tollgate_policy::plan::{Point, PointKind};
use tollgate_policy::simulation::Stage;
use tollgate_policy::trace::{Outcome, PlaceOf, Step, Trace};

/// Over all tests of a run, by document.
#[derive(Default)]
pub struct Coverage {
    documents: BTreeMap<String, BTreeMap<Key, Reached>>,
}

/// Section, line, column and path: an element that several places include counts at each.
type Key = (String, u32, u32, String);

struct Reached {
    element: String,
    kind: PointKind,
    ran: bool,
    /// A condition held; a retry ran again.
    yes: bool,
    no: bool,
}

impl Coverage {
    /// `label` names the document of a scope.
    pub fn add(&mut self, stage: &Stage, label: impl Fn(&str) -> String, traces: &[Trace]) {
        for (_, compiled) in &stage.documents {
            for Point { place, kind } in compiled.plan.iter().flat_map(|plan| plan.points()) {
                let place = PlaceOf::of(&place);
                let reached = Reached { element: place.element.clone(), kind, ran: false, yes: false, no: false };
                self.documents.entry(named(&place, &label)).or_default().entry(key(&place)).or_insert(reached);
            }
        }
        for step in traces.iter().flat_map(|trace| trace.trace_entries.steps()) {
            self.reach(step, &label);
        }
    }

    fn reach(&mut self, step: &Step, label: &impl Fn(&str) -> String) {
        let document = self.documents.get_mut(&named(&step.policy, label));
        let Some(reached) = document.and_then(|points| points.get_mut(&key(&step.policy))) else { return };
        reached.ran = true;
        match (reached.kind, step.outcome) {
            (PointKind::Condition, Outcome::Skipped) | (PointKind::Retry, Outcome::Ran) => reached.no = true,
            (PointKind::Condition, Outcome::Ran) | (PointKind::Retry, Outcome::Repeated) => reached.yes = true,
            _ => {}
        }
    }

    pub fn report(&self) -> String {
        let mut out = String::from("coverage\n");
        for (document, points) in &self.documents {
            let elements = points.len();
            let ran = points.values().filter(|point| point.ran).count();
            let branching = || points.values().filter(|point| point.kind != PointKind::Element);
            let taken: usize = branching().map(|point| usize::from(point.yes) + usize::from(point.no)).sum();
            let branches = 2 * branching().count();
            let _ = writeln!(out, "  {document}: elements {ran}/{elements}, branches {taken}/{branches}");
            for ((section, line, column, path), point) in points {
                let place = format!("{section} {line}:{column}");
                let element = if point.kind == PointKind::Condition { path } else { &point.element };
                if !point.ran {
                    let _ = writeln!(out, "    {place:<20} {element} never ran");
                    continue;
                }
                let (yes, no) = match point.kind {
                    PointKind::Element => continue,
                    PointKind::Condition => ("never held", "always held"),
                    PointKind::Retry => ("never ran again", "always ran again"),
                };
                if !point.yes {
                    let _ = writeln!(out, "    {place:<20} {element} {yes}");
                }
                if !point.no {
                    let _ = writeln!(out, "    {place:<20} {element} {no}");
                }
            }
        }
        out
    }
}

fn named(place: &PlaceOf, label: &impl Fn(&str) -> String) -> String {
    match &place.fragment {
        Some(fragment) => format!("fragment {fragment}"),
        None => label(&place.scope),
    }
}

fn key(place: &PlaceOf) -> Key {
    (place.section.clone(), place.line, place.column, place.path.clone())
}
