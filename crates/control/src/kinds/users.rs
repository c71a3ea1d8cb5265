//! `users`: people who subscribe, and the administrator. Source: management-api.md, chapter 9.

use super::field::parse_time;
use super::links::{answer_list, existing};
use super::{Behaviour, Draft, Field, Kind, Module, Render, Route, Type, groups, subscriptions};
use crate::api::error::Failure;
use crate::api::{Answer, Call, Query, list, read};
use crate::edit::Edit;
use crate::gateway_token;
use crate::password;
use crate::resource::Resource;
use crate::state::View;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The administrator: exists from the start and stays.
pub const ADMINISTRATOR: &str = "users/1";

const IDENTITY: Type =
    Type::Object(&[Field::text("provider", 1, 100).required(), Field::text("id", 1, 500).required()]);

pub static USERS: Kind = Kind {
    path: "users",
    noun: "User",
    fields: &[
        Field::text("email", 1, 254).required(),
        Field::text("firstName", 1, 100).required(),
        Field::text("lastName", 1, 100).required(),
        Field::one_of("state", &["active", "blocked", "pending", "deleted"]).default_to(super::Default::Text("active")),
        Field::text("note", 0, 4000),
        Field::list("identities", &IDENTITY),
        Field::new("registrationDate", Type::Time).read_only(),
        Field::text("passwordHash", 0, 500).secret().read_only(),
        Field::text("primaryKey", 0, 100).secret().read_only(),
        Field::text("secondaryKey", 0, 100).secret().read_only(),
    ],
    behaviour: &Users,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module {
    kinds: &[&USERS],
    routes: &[
        Route::read("GET", "users/{}/groups", groups_of_user),
        Route::read("GET", "users/{}/subscriptions", subscriptions_of_user),
        Route::read("GET", "users/{}/subscriptions/{}", subscription_of_user),
        Route::read("GET", "users/{}/identities", identities),
        Route::read("POST", "users/{}/generateSsoUrl", generate_sso_url),
        Route::read("POST", "users/{}/token", token),
        Route::read("POST", "users/{}/confirmations/password/send", |call, view| {
            find(call, view).map(|_| Answer::no_content())
        }),
    ],
    seed,
};

struct Users;

impl Behaviour for Users {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        let email = draft.text("email").unwrap_or_default().to_owned();
        let looks_right = email
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
        if !email.is_empty() && (!looks_right || email.chars().any(char::is_whitespace)) {
            draft.refuse("email", "'email' must be an e-mail address");
        }
        let taken = edit.list("users").iter().any(|other| {
            !other.path.eq_ignore_ascii_case(draft.path)
                && other.text("email").is_some_and(|other| other.eq_ignore_ascii_case(&email))
        });
        if taken {
            return Err(Failure::IdentifierInUse(
                "Email address already in use. Use a different email address.".to_owned(),
            ));
        }
        if let Some(given) = draft.body.get("password").and_then(Value::as_str) {
            if given.chars().count() > password::PASSWORD_CHARS_MAX {
                draft.refuse(
                    "password",
                    format!("'password' must have at most {} characters", password::PASSWORD_CHARS_MAX),
                );
            } else {
                draft.set("passwordHash", password::hash(given));
            }
        }
        if !draft.properties.contains_key("identities") {
            draft.set("identities", json!([{ "provider": "Basic", "id": email }]));
        }
        if draft.previous.is_none() {
            draft.set("registrationDate", edit.now_text());
        }
        for key in ["primaryKey", "secondaryKey"] {
            if !draft.properties.contains_key(key) {
                draft.set(key, subscriptions::new_key());
            }
        }
        Ok(())
    }

    fn deleting(&self, user: &Resource, query: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        if user.path.eq_ignore_ascii_case(ADMINISTRATOR) {
            return Err(Failure::MethodNotAllowed("The administrator cannot be deleted.".to_owned()));
        }
        for subscription in subscriptions::of_owner(edit, &user.path) {
            if query.flag("deleteSubscriptions") {
                edit.remove_tree(&subscription.path);
            } else {
                let mut without = Resource::clone(&subscription);
                without.properties.remove("ownerId");
                edit.put(without);
            }
        }
        Ok(())
    }

    fn render(&self, user: &Resource, render: &Render<'_>, properties: &mut Map<String, Value>) {
        if render.query.flag("expandGroups") || !render.in_list {
            let groups = groups::of_user(render.view, user.name());
            let plain = Render { in_list: true, ..*render };
            let flat = |group: &Arc<Resource>| read::render(group, &plain)["properties"].take();
            properties.insert("groups".into(), groups.iter().map(flat).collect());
        }
    }
}

fn find(call: &Call, view: &dyn View) -> Result<Arc<Resource>, Failure> {
    existing(view, &format!("users/{}", call.name(0)), "User")
}

fn groups_of_user(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let user = find(call, view)?;
    answer_list(call, view, "users/groups", &groups::of_user(view, user.name()))
}

fn subscriptions_of_user(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let user = find(call, view)?;
    answer_list(call, view, "users/subscriptions", &subscriptions::of_owner(view, &user.path))
}

fn subscription_of_user(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let user = find(call, view)?;
    let name = call.name(1);
    let found =
        subscriptions::of_owner(view, &user.path).into_iter().find(|found| found.name().eq_ignore_ascii_case(name));
    let found = found.ok_or_else(|| Failure::absent("Subscription"))?;
    Ok(Answer::resource(http::StatusCode::OK, found.path.clone()))
}

fn identities(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let user = find(call, view)?;
    let identities = user.properties.get("identities").and_then(Value::as_array).cloned().unwrap_or_default();
    list::page(call, None, identities)
}

/// An hour is enough to follow a link.
fn generate_sso_url(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let user = find(call, view)?;
    let expiry =
        Timestamp::now().saturating_add(jiff::SignedDuration::from_hours(1)).map_err(|_| Failure::absent("User"))?;
    let token = gateway_token::sign(user.name(), expiry, user.text("primaryKey").unwrap_or_default());
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("token", &token).finish();
    Ok(Answer::json(json!({ "value": format!("{}/signin-sso?{query}", call.origin) })))
}

fn token(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let user = find(call, view)?;
    // The body is nested in this API's older versions and flat in its examples.
    let nested = call.properties()?;
    let body = if nested.is_empty() { call.object()?.clone() } else { nested };
    let field = match body.get("keyType").and_then(Value::as_str) {
        Some(key) if key.eq_ignore_ascii_case("primary") => "primaryKey",
        Some(key) if key.eq_ignore_ascii_case("secondary") => "secondaryKey",
        _ => return Err(Failure::invalid("keyType", "'keyType' must be primary or secondary")),
    };
    let expiry = body
        .get("expiry")
        .and_then(Value::as_str)
        .and_then(parse_time)
        .ok_or_else(|| Failure::invalid("expiry", "'expiry' must be a time such as 2026-01-31T10:00:00Z"))?;
    Ok(Answer::json(json!({ "value": gateway_token::sign(user.name(), expiry, user.text(field).unwrap_or_default()) })))
}

fn seed(edit: &mut Edit<'_>) {
    if edit.get(ADMINISTRATOR).is_some() {
        return;
    }
    let properties = json!({
        "email": "admin@tollgate.local",
        "firstName": "Administrator",
        "lastName": "Tollgate",
        "state": "active",
        "identities": [{ "provider": "Basic", "id": "admin@tollgate.local" }],
        "registrationDate": edit.now_text(),
        "primaryKey": subscriptions::new_key(),
        "secondaryKey": subscriptions::new_key(),
    });
    if let Value::Object(properties) = properties {
        edit.put(Resource::new(&USERS, ADMINISTRATOR, properties));
    }
}
