//! `backends`: where APIs forward to, alone or in pools. Source: management-api.md, chapter 10.

use super::links::existing;
use super::{Behaviour, Draft, Field, Kind, Module, Route, Type};
use crate::api::error::Failure;
use crate::api::{Answer, Query};
use crate::edit::Edit;
use crate::resource::Resource;
use crate::state::View;
use http::StatusCode;
use serde_json::Value;

const TEXT: Type = Type::Text { min: 0, max: 4000 };
const TEXTS: Type = Type::List(&TEXT);
const NAMED_CERTIFICATE: Type =
    Type::Object(&[Field::text("name", 0, 1000), Field::text("issuerCertificateThumbprint", 0, 1000)]);
const STATUS_RANGE: Type = Type::Object(&[
    Field::new("min", Type::Integer { min: 200, max: 599 }).required(),
    Field::new("max", Type::Integer { min: 200, max: 599 }).required(),
]);
/// The answer while the breaker is open, or while no member of the pool can be called.
const FAILURE_RESPONSE: Field =
    Field::object("failureResponse", &[Field::new("statusCode", Type::Integer { min: 400, max: 599 })]);
const RULE: Type = Type::Object(&[
    Field::text("name", 0, 300),
    Field::object(
        "failureCondition",
        &[
            Field::new("count", Type::Integer { min: 1, max: 1_000_000 }),
            Field::new("percentage", Type::Integer { min: 1, max: 100 }),
            Field::new("interval", Type::Duration),
            Field::list("statusCodeRanges", &STATUS_RANGE),
            Field::list("errorReasons", &TEXT),
        ],
    ),
    Field::new("tripDuration", Type::Duration),
    Field::new("acceptRetryAfter", Type::Flag),
    FAILURE_RESPONSE,
]);
const MEMBER: Type = Type::Object(&[
    Field::reference("id", "backends").required(),
    Field::new("weight", Type::Integer { min: 0, max: 100 }),
    Field::new("priority", Type::Integer { min: 0, max: 100 }),
]);
/// Members of one pool.
const MEMBERS_MAX: usize = 30;

pub static BACKENDS: Kind = Kind {
    path: "backends",
    noun: "Backend",
    fields: &[
        Field::text("title", 0, 300),
        Field::text("description", 0, 2000),
        Field::text("resourceId", 0, 2000),
        Field::text("url", 0, 2000),
        Field::one_of("protocol", &["http", "soap"]),
        Field::one_of("type", &["Single", "Pool"]),
        Field::object(
            "credentials",
            &[
                Field::list("certificateIds", &TEXT),
                Field::list("certificate", &TEXT),
                Field::new("query", Type::Map(&TEXTS)),
                Field::new("header", Type::Map(&TEXTS)),
                Field::object(
                    "authorization",
                    &[Field::text("scheme", 1, 100).required(), Field::text("parameter", 1, 300).required()],
                ),
            ],
        )
        .sealed(),
        Field::object(
            "tls",
            &[
                Field::flag("validateCertificateChain", true),
                Field::flag("validateCertificateName", true),
                Field::list("serverCertificateThumbprints", &TEXT),
                Field::list("serverX509Names", &NAMED_CERTIFICATE),
            ],
        ),
        Field::object(
            "proxy",
            &[Field::text("url", 1, 2000).required(), Field::text("username", 0, 300), Field::text("password", 0, 300)],
        )
        .sealed(),
        Field::object("circuitBreaker", &[Field::list("rules", &RULE)]),
        Field::object(
            "pool",
            &[
                Field::list("services", &MEMBER),
                Field::object(
                    "sessionAffinity",
                    &[Field::object(
                        "sessionId",
                        &[Field::one_of("source", &["Cookie"]), Field::text("name", 1, 256).required()],
                    )],
                ),
                FAILURE_RESPONSE,
            ],
        ),
        Field::any("properties"),
    ],
    behaviour: &Backends,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module {
    kinds: &[&BACKENDS],
    routes: &[Route::read("POST", "backends/{}/reconnect", |call, view| {
        existing(view, &format!("backends/{}", call.name(0)), "Backend")?;
        // Gateways open connections by need and close idle ones: there is nothing that would have to be told.
        Ok(Answer { status: StatusCode::ACCEPTED, ..Answer::no_content() })
    })],
    ..Module::DEFAULT
};

struct Backends;

impl Behaviour for Backends {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        if draft.text("type") == Some("Pool") {
            check_pool(draft, edit);
        } else {
            for field in ["url", "protocol"] {
                if draft.text(field).is_none_or(str::is_empty) {
                    draft.refuse(field, format!("'{field}' must not be empty"));
                }
            }
            check_url(draft);
        }
        check_circuit_breaker(draft);
        Ok(())
    }

    fn deleting(&self, backend: &Resource, _: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let name = backend.name();
        let names = |uses: &tollgate_policy::Uses| uses.backends.iter().any(|id| id.eq_ignore_ascii_case(name));
        if let Some(user) = super::policies::users_by(name, edit, names).first() {
            return Err(Failure::invalid("backendId", format!("the backend is used by '/{user}'")));
        }
        let own = edit.service.full(&backend.path).to_lowercase();
        let is_member = |pool: &&std::sync::Arc<Resource>| members(&pool.properties).any(|id| id.to_lowercase() == own);
        match edit.list("backends").iter().find(is_member) {
            Some(pool) => {
                Err(Failure::invalid("backendId", format!("the backend is a member of the pool '{}'", pool.name())))
            }
            None => Ok(()),
        }
    }
}

fn members(properties: &serde_json::Map<String, Value>) -> impl Iterator<Item = &str> {
    let services = properties.get("pool").and_then(|pool| pool.get("services")).and_then(Value::as_array);
    services.into_iter().flatten().filter_map(|member| member.get("id").and_then(Value::as_str))
}

fn check_url(draft: &mut Draft<'_>) {
    let Some(url) = draft.text("url").filter(|url| !url.is_empty()).map(str::to_owned) else { return };
    let is_absolute = url::Url::parse(&url).is_ok_and(|url| url.has_host() || url.scheme() == "fabric");
    // A named value may stand for any part.
    if !is_absolute && !url.contains("{{") {
        draft.refuse("url", format!("'url' must be an absolute URL: '{url}'"));
    }
}

fn check_pool(draft: &mut Draft<'_>, edit: &Edit<'_>) {
    let ids: Vec<String> = members(&draft.properties).map(str::to_owned).collect();
    if ids.is_empty() || ids.len() > MEMBERS_MAX {
        draft.refuse("pool.services", format!("a pool must have 1 to {MEMBERS_MAX} services"));
    }
    for id in ids {
        let found = edit.service.below(&id).and_then(|path| edit.get(path));
        match found {
            None => draft.refuse("pool.services", format!("the backend '{id}' does not exist")),
            Some(member) if member.text("type") == Some("Pool") => {
                draft
                    .refuse("pool.services", format!("'{}' is a pool; pools have single backends only", member.name()));
            }
            Some(_) => {}
        }
    }
}

fn check_circuit_breaker(draft: &mut Draft<'_>) {
    let rules =
        draft.properties.get("circuitBreaker").and_then(|breaker| breaker.get("rules")).and_then(Value::as_array);
    let mut findings = Vec::new();
    for rule in rules.into_iter().flatten() {
        let Some(condition) = rule.get("failureCondition") else { continue };
        if condition.get("count").is_some() == condition.get("percentage").is_some() {
            findings.push(("circuitBreaker.rules", "a failure condition has either 'count' or 'percentage'"));
        }
        let ranges = condition.get("statusCodeRanges").and_then(Value::as_array);
        if ranges.into_iter().flatten().any(|range| range["min"].as_i64() > range["max"].as_i64()) {
            findings.push(("circuitBreaker.rules", "'min' of a status code range must not be above its 'max'"));
        }
    }
    findings.into_iter().for_each(|(target, message)| draft.refuse(target, message));
}
