//! `groups` of users, and the three that are built in. Source: management-api.md, chapter 9.
//!
//! Membership of the built-in groups follows from what a user is: everybody is a developer, user 1 an administrator.

use super::links::{answer_list, existing};
use super::{Behaviour, Draft, Field, Kind, Module, Route, users};
use crate::api::error::Failure;
use crate::api::{Answer, Call, Query};
use crate::edit::Edit;
use crate::resource::{self, Resource};
use crate::state::View;
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;

const ADMINISTRATORS: &str = "groups/administrators";
const DEVELOPERS: &str = "groups/developers";
const GUESTS: &str = "groups/guests";

pub static GROUPS: Kind = Kind {
    path: "groups",
    noun: "Group",
    name_chars_max: 256,
    fields: &[
        Field::text("displayName", 1, 300).required(),
        Field::text("description", 0, 1000),
        Field::flag("builtIn", false).read_only(),
        Field::one_of("type", &["custom", "system", "external"]).default_to(super::Default::Text("custom")),
        Field::text("externalId", 0, 500),
    ],
    behaviour: &Groups,
    ..Kind::DEFAULT
};

pub static USERS: Kind = Kind {
    path: "groups/users",
    noun: "User",
    link_to: Some("users"),
    head_no_content: true,
    can_patch: false,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module {
    kinds: &[&GROUPS, &USERS],
    routes: &[
        Route::read("GET", "groups/{}/users", users_of_group),
        Route::read("GET", "groups/{}/users/{}", user_of_group),
    ],
    seed,
};

struct Groups;

impl Behaviour for Groups {
    fn check(&self, draft: &mut Draft<'_>, _: &Edit<'_>) -> Result<(), Failure> {
        if draft.previous.as_deref().is_some_and(|previous| previous.flag("builtIn")) {
            return Err(built_in());
        }
        draft.set("builtIn", false);
        Ok(())
    }

    fn deleting(&self, group: &Resource, _: &Query, _: &mut Edit<'_>) -> Result<(), Failure> {
        if group.flag("builtIn") { Err(built_in()) } else { Ok(()) }
    }
}

fn built_in() -> Failure {
    Failure::MethodNotAllowed("Built-in groups cannot be changed or deleted.".to_owned())
}

/// Whether a user is in a group, by membership or by what the group is.
fn is_member(view: &dyn View, group: &str, user: &str) -> bool {
    let path = format!("groups/{group}");
    path.eq_ignore_ascii_case(DEVELOPERS)
        || (path.eq_ignore_ascii_case(ADMINISTRATORS)
            && user.eq_ignore_ascii_case(resource::last(users::ADMINISTRATOR)))
        || view.get(&format!("{path}/users/{user}")).is_some()
}

/// The groups of a user, built-in ones included, by name.
pub fn of_user(view: &dyn View, user: &str) -> Vec<Arc<Resource>> {
    view.list("groups").into_iter().filter(|group| is_member(view, group.name(), user)).collect()
}

fn users_of_group(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let group = existing(view, &format!("groups/{}", call.name(0)), "Group")?;
    let users: Vec<_> =
        view.list("users").into_iter().filter(|user| is_member(view, group.name(), user.name())).collect();
    answer_list(call, view, "groups/users", &users)
}

/// HEAD asks for membership and answers 204; GET gives the user.
fn user_of_group(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let group = existing(view, &format!("groups/{}", call.name(0)), "Group")?;
    let user = existing(view, &format!("users/{}", call.name(1)), "User")?;
    if !is_member(view, group.name(), user.name()) {
        return Err(Failure::absent("User"));
    }
    if call.method == Method::HEAD {
        return Ok(Answer::no_content());
    }
    Ok(Answer::resource(http::StatusCode::OK, user.path.clone()))
}

fn seed(edit: &mut Edit<'_>) {
    const BUILT_IN: [(&str, &str, &str); 3] = [
        (ADMINISTRATORS, "Administrators", "Built-in group of those who run the service."),
        (DEVELOPERS, "Developers", "Built-in group of everybody who is signed in."),
        (GUESTS, "Guests", "Built-in group of everybody who is not signed in."),
    ];
    for (path, name, description) in BUILT_IN {
        let properties = json!({ "displayName": name, "description": description, "builtIn": true, "type": "system" });
        if edit.get(path).is_none()
            && let Value::Object(properties) = properties
        {
            edit.put(Resource::new(&GROUPS, path, properties));
        }
    }
}
