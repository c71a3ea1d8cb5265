//! What a traced exchange tells of each step: the document that `listTrace` answers with, that
//! `policy run` prints, and that `policy test` checks. Source: reference/gateway.md, chapter 13; what
//! Azure leaves open (`data` of a policy) is ours.
//!
//! A [`Recorder`] sees the steps as they run; exchanges that nobody traces have none.

mod mask;
mod recorder;
mod render;

pub use mask::{MASK, Masks};
pub use recorder::{Event, Recorder, Stopwatch};
pub use render::render;

use crate::grammar::Section;
use crate::plan::Place;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A whole trace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Trace {
    pub service_name: String,
    pub trace_id: String,
    /// Configuration revision that served the request; 0 where there is none.
    pub revision: u64,
    /// What decided the answer, when it was not the backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Decision>,
    pub trace_entries: Entries,
    /// Entries that were left out because there were too many.
    #[serde(skip_serializing_if = "is_zero")]
    pub entries_left_out: usize,
}

/// By section, each in the order in which it happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Entries {
    pub inbound: Vec<Entry>,
    pub backend: Vec<Entry>,
    pub outbound: Vec<Entry>,
    pub on_error: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// A policy's element name, or `api-inspector`, `request-forwarder`, `transfer-response`.
    pub source: String,
    /// RFC 3339.
    pub timestamp: String,
    /// Since the request arrived: `00:00:00.0001234`.
    pub elapsed: String,
    pub data: Data,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Data {
    Step(Box<Step>),
    Other(Value),
}

/// One step of a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub policy: PlaceOf,
    pub outcome: Outcome,
    pub duration_us: f64,
    /// What its expressions read and gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expressions: Vec<Evaluation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Lines of `trace` policies and of `context.Trace`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorOf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Ran,
    /// A condition was false: the branch did not run.
    Skipped,
    /// A retry runs its policies again.
    Repeated,
    /// The step made the answer; nothing runs after it.
    Answered,
    Failed,
}

/// A place as people look it up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlaceOf {
    pub element: String,
    pub scope: String,
    pub section: String,
    /// `choose[3]/when[2]`.
    pub path: String,
    /// In the document of the scope, or in the fragment when one is named.
    pub line: u32,
    pub column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragment: Option<String>,
    /// The policy's `id` attribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// What decided an answer that the gateway made itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Decision {
    /// `configuration`, `authorization`, … Read before a policy, of which nothing is required.
    BuiltIn {
        step: String,
    },
    Policy(PlaceOf),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    pub expression: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
}

/// One thing that a step changed. Absent `from` or `to`: it was or is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `request.method`, `request.url`, `request.header`, `request.body`, `response.status`,
    /// `response.header`, `response.body`, `variable`, `backend`.
    pub what: String,
    /// Of the header or variable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorOf {
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub message: String,
}

impl Entries {
    pub fn of(&mut self, section: Section) -> &mut Vec<Entry> {
        match section {
            Section::Inbound => &mut self.inbound,
            Section::Backend => &mut self.backend,
            Section::Outbound => &mut self.outbound,
            Section::OnError => &mut self.on_error,
        }
    }

    /// The sections by name, in the order in which they run.
    pub fn sections(&self) -> [(&'static str, &[Entry]); 4] {
        [
            (Section::Inbound.name(), &self.inbound),
            (Section::Backend.name(), &self.backend),
            (Section::Outbound.name(), &self.outbound),
            (Section::OnError.name(), &self.on_error),
        ]
    }

    /// The steps of policies, section by section.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.sections().into_iter().flat_map(|(_, entries)| entries).filter_map(|entry| match &entry.data {
            Data::Step(step) => Some(&**step),
            Data::Other(_) => None,
        })
    }
}

impl PlaceOf {
    pub fn of(place: &Place) -> PlaceOf {
        PlaceOf {
            element: place.element.to_owned(),
            scope: place.scope.name().to_owned(),
            section: place.section.name().to_owned(),
            path: place.path.clone(),
            line: place.line,
            column: place.column,
            fragment: place.fragment.as_ref().map(ToString::to_string),
            id: place.policy_id.as_ref().map(ToString::to_string),
        }
    }

    /// `api 4:9`, `fragment audit 2:5 (api)`.
    pub fn whereabouts(&self) -> String {
        match &self.fragment {
            Some(fragment) => format!("fragment {fragment} {}:{} ({})", self.line, self.column, self.scope),
            None => format!("{} {}:{}", self.scope, self.line, self.column),
        }
    }
}

impl Decision {
    /// Of what a run noted. `None`: the backend's answer went through.
    pub fn of(place: Option<&Place>, step: Option<&str>) -> Option<Decision> {
        match (place, step) {
            (Some(place), _) => Some(Decision::Policy(PlaceOf::of(place))),
            (None, Some(step)) => Some(Decision::BuiltIn { step: step.to_owned() }),
            (None, None) => None,
        }
    }

    /// One line for a header or a log: `rate-limit; scope=api; section=inbound; path=rate-limit[1]; at=4:9`.
    pub fn line(&self, revision: u64) -> String {
        match self {
            Decision::BuiltIn { step } => format!("{step}; revision={revision}"),
            Decision::Policy(place) => {
                let fragment = place.fragment.as_ref().map(|id| format!("; fragment={id}")).unwrap_or_default();
                let PlaceOf { element, scope, section, path, line, column, .. } = place;
                format!(
                    "{element}; scope={scope}; section={section}; path={path}{fragment}; at={line}:{column}; \
                     revision={revision}"
                )
            }
        }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_read_as_they_were_written() {
        let place = PlaceOf { element: "return-response".to_owned(), line: 3, ..PlaceOf::default() };
        for decision in [Decision::BuiltIn { step: "configuration".to_owned() }, Decision::Policy(place)] {
            let text = serde_json::to_string(&decision).expect("JSON");
            assert_eq!(serde_json::from_str::<Decision>(&text).expect("the same"), decision);
        }
    }
}
