//! `loggers`, and `diagnostics` of the service and of an API: what is told of requests, and to whom.
//! Source: management-api.md, chapter 10.

use super::links::check_reference;
use super::{Behaviour, Draft, Field, Kind, Module, Render, Type};
use crate::api::Query;
use crate::api::error::Failure;
use crate::edit::Edit;
use crate::resource::{self, Resource};
use crate::state::View;
use serde_json::{Map, Value};

const TEXT: Type = Type::Text { min: 0, max: 4000 };
const MASK: Type = Type::Object(&[Field::text("value", 0, 1000), Field::one_of("mode", &["Mask", "Hide"])]);
const MESSAGE: &[Field] = &[
    Field::list("headers", &TEXT),
    Field::object("body", &[Field::new("bytes", Type::Integer { min: 0, max: 8192 })]),
    Field::object("dataMasking", &[Field::list("queryParams", &MASK), Field::list("headers", &MASK)]),
];
const PIPELINE: &[Field] = &[Field::object("request", MESSAGE), Field::object("response", MESSAGE)];

pub static LOGGERS: Kind = Kind {
    path: "loggers",
    noun: "Logger",
    name_chars_max: 256,
    fields: &[
        Field::one_of("loggerType", &["azureEventHub", "applicationInsights", "azureMonitor", "kafka"]).required(),
        Field::text("description", 0, 256),
        Field::new("credentials", Type::Map(&TEXT)).secret().kept(),
        Field::flag("isBuffered", true),
        Field::text("resourceId", 0, 2000),
    ],
    behaviour: &Loggers,
    ..Kind::DEFAULT
};

const DIAGNOSTIC_FIELDS: &[Field] = &[
    Field::reference("loggerId", "loggers").required(),
    Field::one_of("alwaysLog", &["allErrors"]),
    Field::object(
        "sampling",
        &[Field::one_of("samplingType", &["fixed"]), Field::new("percentage", Type::Number { min: 0.0, max: 100.0 })],
    ),
    Field::object("frontend", PIPELINE),
    Field::object("backend", PIPELINE),
    Field::flag("logClientIp", false),
    Field::one_of("httpCorrelationProtocol", &["None", "Legacy", "W3C"]),
    Field::one_of("verbosity", &["verbose", "information", "error"]),
    Field::one_of("operationNameFormat", &["Name", "Url"]),
    Field::new("metrics", Type::Flag),
];

pub static OF_SERVICE: Kind = Kind {
    path: "diagnostics",
    noun: "Diagnostic",
    fields: DIAGNOSTIC_FIELDS,
    behaviour: &Diagnostics,
    ..Kind::DEFAULT
};
pub static OF_API: Kind = Kind {
    path: "apis/diagnostics",
    noun: "Diagnostic",
    fields: DIAGNOSTIC_FIELDS,
    behaviour: &Diagnostics,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module { kinds: &[&LOGGERS, &OF_SERVICE, &OF_API], ..Module::DEFAULT };

struct Loggers;

impl Behaviour for Loggers {
    fn check(&self, draft: &mut Draft<'_>, _: &Edit<'_>) -> Result<(), Failure> {
        let is_monitor = draft.text("loggerType") == Some("azureMonitor");
        if !is_monitor && !draft.properties.contains_key("credentials") {
            draft.refuse("credentials", "'credentials' must not be empty for this logger type");
        }
        // Kafka is reached through its REST interface.
        if draft.text("loggerType") == Some("kafka") {
            let missing: Vec<&str> = ["endpoint", "topic"]
                .into_iter()
                .filter(|name| {
                    let credentials = draft.properties.get("credentials");
                    credentials.and_then(|credentials| credentials.get(*name)).is_none()
                })
                .collect();
            for name in missing {
                draft.refuse("credentials", format!("'credentials' of a Kafka logger must have '{name}'"));
            }
        }
        Ok(())
    }

    fn deleting(&self, logger: &Resource, query: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let uses = |other: &Resource| {
            other.text("loggerId").is_some_and(|id| resource::last(id).eq_ignore_ascii_case(logger.name()))
        };
        for kind in [&OF_SERVICE, &OF_API] {
            for user in edit.all(kind.path).iter().filter(|other| uses(other)) {
                if !query.flag("force") {
                    return Err(Failure::invalid("loggerId", format!("the logger is used by '/{}'", user.path)));
                }
                edit.remove(&user.path);
            }
        }
        let names = |uses: &tollgate_policy::Uses| uses.loggers.iter().any(|id| id.eq_ignore_ascii_case(logger.name()));
        match super::policies::users_by(logger.name(), edit, names).first() {
            Some(user) => Err(Failure::invalid("loggerId", format!("the logger is used by '/{user}'"))),
            None => Ok(()),
        }
    }

    /// Credentials are shown as names of secrets, as Azure does.
    fn render(&self, logger: &Resource, _: &Render<'_>, properties: &mut Map<String, Value>) {
        let Some(credentials) = logger.properties.get("credentials").and_then(Value::as_object) else { return };
        let shown: Map<String, Value> = credentials
            .iter()
            .map(|(name, value)| {
                let is_reference = value.as_str().is_some_and(|text| text.starts_with("{{") && text.ends_with("}}"));
                // The event hub's own name is no secret.
                let shown = if is_reference || name == "name" {
                    value.clone()
                } else {
                    "{{Logger-Credentials--hidden}}".into()
                };
                (name.clone(), shown)
            })
            .collect();
        properties.insert("credentials".into(), shown.into());
    }
}

struct Diagnostics;

impl Behaviour for Diagnostics {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        const NAMES: [&str; 4] = ["applicationinsights", "azuremonitor", "local", "azureeventhub"];
        if !NAMES.contains(&draft.name().to_lowercase().as_str()) {
            draft.refuse("diagnosticId", format!("'{}' must be one of {}", draft.name(), NAMES.join(", ")));
        }
        check_reference(draft, edit, "loggerId");
        Ok(())
    }
}
