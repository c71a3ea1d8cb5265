//! What checks messages against schemas. Source: reference/policies.md, chapter 6.

pub mod validate_content;
pub mod validate_headers;
pub mod validate_odata_request;
pub mod validate_parameters;
pub mod validate_status_code;

mod odata;
mod parameter;

use crate::check::Node;
use crate::definition::Missing;
use crate::emit::Side;
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Kind};
use crate::operand::Dynamic;
use serde_json::{Value, json};
use smol_str::SmolStr;
use tollgate_expression::context::Context;

/// What a client sees of a failure that is not its own.
const GENERIC: &str = "The request could not be processed due to an internal error. Contact the API owner.";

/// Entries that one variable collects; what fails more often is known to fail.
const ENTRIES_MAX: usize = 1_000;

pub const ACTION: Kind = Kind::OneOf(&["ignore", "prevent", "detect"]);
pub const VARIABLE_DOC: &str = "The variable to which errors are appended: an array of objects with `Name`, `Type`, \
     `ValidationRule`, `Details` and `Action`.";

pub const fn action(name: &'static str, doc: &'static str) -> Attr {
    Attr::new(name, ACTION, doc)
}

pub const fn errors_variable() -> Attr {
    Attr::new("errors-variable-name", Kind::Name, VARIABLE_DOC).literal()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// No validation.
    Ignore,
    /// Record and go on.
    Detect,
    /// Record and stop.
    Prevent,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Action::Ignore => "ignore",
            Action::Detect => "detect",
            Action::Prevent => "prevent",
        }
    }

    pub fn evaluate(wanted: &Dynamic<SmolStr>, context: &Context) -> Result<Action, Fault> {
        let name = wanted.get(context)?;
        [Action::Ignore, Action::Detect, Action::Prevent]
            .into_iter()
            .find(|action| action.name().eq_ignore_ascii_case(name.trim()))
            .ok_or_else(|| Fault::new("", 500, format!("`{name}` is not one of ignore, prevent, detect")))
    }
}

/// One failed check.
#[derive(Debug)]
pub struct Problem {
    /// Of the parameter, header, content type or status; empty where there is none.
    pub name: String,
    /// `RequestBody`, `QueryParameter`, …
    pub kind: &'static str,
    pub rule: &'static str,
    /// For the operator.
    pub details: String,
    /// What the client sees; the generic text when it is not the client's fault.
    pub public: Option<String>,
    pub action: Action,
}

/// Where problems go.
#[derive(Debug)]
pub struct Report {
    variable: Option<SmolStr>,
    side: Side,
}

impl Report {
    pub fn new(node: &Node<'_>, side: Side, attributes: &[&str]) -> Report {
        Report { variable: attributes.iter().find_map(|name| node.literal_of(name)), side }
    }

    /// Appends the problems to the variable; the first that prevents is the fault.
    pub fn submit(&self, exchange: &mut Exchange, problems: Vec<Problem>) -> Result<(), Fault> {
        let problems: Vec<Problem> = problems.into_iter().filter(|problem| problem.action != Action::Ignore).collect();
        if problems.is_empty() {
            return Ok(());
        }
        if let Some(name) = &self.variable {
            let known = exchange.context.variables.get(name);
            let mut entries = match known.map(|value| serde_json::from_str(&value.to_text())) {
                Some(Ok(Value::Array(entries))) => entries,
                _ => Vec::new(),
            };
            let room = ENTRIES_MAX.saturating_sub(entries.len());
            entries.extend(problems.iter().take(room).map(entry));
            let value = tollgate_expression::Value::json(&Value::Array(entries).to_string());
            exchange.context.variables.set(name.clone(), value);
        }
        match problems.into_iter().find(|problem| problem.action == Action::Prevent) {
            Some(problem) => Err(self.fault(problem)),
            None => Ok(()),
        }
    }

    fn fault(&self, problem: Problem) -> Fault {
        let (status, reason) = match self.side {
            Side::Request => (400, Reason::BadRequest),
            Side::Response => (502, Reason::ResponseNotAllowed),
        };
        let public = problem.public.filter(|_| self.side == Side::Request).unwrap_or_else(|| GENERIC.to_owned());
        Fault::new("", status, problem.details).with_reason(reason).with_public_message(public)
    }
}

fn entry(problem: &Problem) -> Value {
    json!({
        "Name": problem.name,
        "Type": problem.kind,
        "ValidationRule": problem.rule,
        "Details": problem.details,
        "Action": problem.action.name(),
    })
}

/// The definition that something names cannot be had. `of`: `content type application/json`.
fn missing(why: Missing, name: &str, kind: &'static str, definition: &str, of: &str, action: Action) -> Problem {
    let (name, kind, rule, details) = match why {
        Missing::Schema | Missing::Unusable(_) => {
            let text = "API's schema does not exist or it could not be resolved.";
            let details = match why {
                Missing::Unusable(why) => format!("{text} {why}"),
                _ => text.to_owned(),
            };
            (String::new(), "ApiSchema", "", details)
        }
        Missing::Definitions => {
            (String::new(), "ApiSchema", "", "API's schema does not specify definitions.".to_owned())
        }
        Missing::Definition(_) => {
            let details =
                format!("API's schema does not contain definition {definition}, which is associated with the {of}.");
            (name.to_owned(), kind, "MissingDefinition", details)
        }
    };
    Problem { name, kind, rule, details, public: None, action }
}
