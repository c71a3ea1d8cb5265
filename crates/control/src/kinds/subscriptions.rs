//! `subscriptions`: who may call what, and the keys that prove it. Source: management-api.md, chapter 9.

use super::links::check_reference;
use super::{Behaviour, Draft, Field, Kind, Module, Render, Route, Type};
use crate::api::error::Failure;
use crate::api::{Answer, Call, Query};
use crate::edit::Edit;
use crate::resource::Resource;
use crate::state::View;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The built-in subscription, whose scope is the whole service.
pub const MASTER: &str = "subscriptions/master";

pub static SUBSCRIPTIONS: Kind = Kind {
    path: "subscriptions",
    noun: "Subscription",
    name_chars_max: 256,
    fields: &[
        Field::reference("ownerId", "users"),
        Field::text("scope", 1, 2000).required(),
        Field::text("displayName", 1, 100).required(),
        Field::one_of("state", &["suspended", "active", "expired", "submitted", "rejected", "cancelled"])
            .default_to(super::Default::Text("active")),
        Field::new("createdDate", Type::Time).read_only(),
        Field::new("startDate", Type::Time).kept(),
        Field::new("expirationDate", Type::Time),
        Field::new("endDate", Type::Time).kept(),
        Field::new("notificationDate", Type::Time),
        Field::text("primaryKey", 1, 256).secret().kept(),
        Field::text("secondaryKey", 1, 256).secret().kept(),
        Field::text("stateComment", 0, 2000),
        Field::flag("allowTracing", false),
    ],
    behaviour: &Subscriptions,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module {
    kinds: &[&SUBSCRIPTIONS],
    routes: &[
        Route::read("POST", "subscriptions/{}/listSecrets", list_secrets),
        Route::write("POST", "subscriptions/{}/regeneratePrimaryKey", |call, edit| {
            regenerate(call, edit, "primaryKey")
        }),
        Route::write("POST", "subscriptions/{}/regenerateSecondaryKey", |call, edit| {
            regenerate(call, edit, "secondaryKey")
        }),
    ],
    seed,
};

/// 32 hexadecimal digits.
pub fn new_key() -> String {
    rand::random::<[u8; 16]>().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Subscriptions whose scope is exactly the resource at `path`.
pub fn of_scope(view: &dyn View, path: &str) -> Vec<Arc<Resource>> {
    let suffix = format!("/{path}").to_lowercase();
    view.list("subscriptions")
        .into_iter()
        .filter(|subscription| subscription.text("scope").is_some_and(|scope| scope.to_lowercase().ends_with(&suffix)))
        .collect()
}

/// Subscriptions of the user at `path`.
pub fn of_owner(view: &dyn View, path: &str) -> Vec<Arc<Resource>> {
    let suffix = format!("/{path}").to_lowercase();
    view.list("subscriptions")
        .into_iter()
        .filter(|subscription| {
            subscription.text("ownerId").is_some_and(|owner| owner.to_lowercase().ends_with(&suffix))
        })
        .collect()
}

struct Subscriptions;

impl Behaviour for Subscriptions {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        check_scope(draft, edit);
        check_reference(draft, edit, "ownerId");
        check_limit(draft, edit);
        check_keys(draft, edit);
        let now = edit.now_text();
        if draft.previous.is_none() {
            draft.set("createdDate", now.as_str());
        }
        let state = draft.text("state").unwrap_or_default().to_owned();
        let is_new_state = draft.previous.as_ref().is_none_or(|previous| previous.text("state") != Some(&state));
        if is_new_state && state == "active" {
            if !draft.properties.contains_key("startDate") {
                draft.set("startDate", now);
            }
            draft.properties.remove("endDate");
        } else if is_new_state && matches!(state.as_str(), "cancelled" | "expired" | "rejected") {
            draft.set("endDate", now);
        }
        Ok(())
    }

    fn deleting(&self, subscription: &Resource, _: &Query, _: &mut Edit<'_>) -> Result<(), Failure> {
        if subscription.path.eq_ignore_ascii_case(MASTER) {
            return Err(Failure::MethodNotAllowed(
                "The built-in all-access subscription cannot be deleted.".to_owned(),
            ));
        }
        Ok(())
    }

    fn render(&self, subscription: &Resource, render: &Render<'_>, properties: &mut Map<String, Value>) {
        // `userId` and `productId` are filter fields only; `user` is expanded where asked.
        if render.query.get("$expand").is_some_and(|expand| expand.contains("user"))
            && let Some(user) = subscription
                .text("ownerId")
                .and_then(|id| render.service.below(id))
                .and_then(|path| render.view.get(path))
        {
            properties.insert("user".into(), crate::api::read::render(&user, render)["properties"].take());
        }
    }
}

/// `/products/{id}`, `/apis/{id}`, `/apis`, or the service itself for the built-in one; stored in full.
fn check_scope(draft: &mut Draft<'_>, edit: &Edit<'_>) {
    let Some(scope) = draft.text("scope").map(str::to_owned) else { return };
    let id = edit.service.id();
    if draft.path.eq_ignore_ascii_case(MASTER) {
        draft.set("scope", format!("{id}/"));
        return;
    }
    let below = edit.service.below(&scope).unwrap_or_default().to_owned();
    if below.eq_ignore_ascii_case("apis") {
        draft.set("scope", edit.service.full("apis"));
        return;
    }
    let named = ["products", "apis"]
        .iter()
        .find_map(|kind| below.contains('/').then(|| edit.service.relative(&scope, kind)).flatten());
    let Some(path) = named else {
        draft.refuse("scope", "'scope' must be /products/{productId}, /apis/{apiId} or /apis");
        return;
    };
    match edit.get(&path) {
        Some(found) => {
            // Keys open all revisions of an API.
            let path = crate::resource::api_base(&found.path).to_owned();
            draft.set("scope", edit.service.full(&path));
        }
        None => draft.refuse("scope", format!("'scope' names nothing that exists: '/{path}'")),
    }
}

/// `subscriptionsLimit` of a product: per user, counting what is open or asked for.
fn check_limit(draft: &mut Draft<'_>, edit: &Edit<'_>) {
    let Some(owner) = draft.text("ownerId").and_then(|id| edit.service.below(id)).map(str::to_owned) else { return };
    let Some(product) = draft.text("scope").and_then(|id| edit.service.below(id)).and_then(|path| edit.get(path))
    else {
        return;
    };
    let Some(limit) = product.properties.get("subscriptionsLimit").and_then(Value::as_u64) else { return };
    let is_open = |state: Option<&str>| matches!(state, Some("active" | "submitted" | "suspended"));
    let is_new = draft.previous.as_ref().is_none_or(|previous| !is_open(previous.text("state")));
    let others = of_scope(edit, &product.path)
        .iter()
        .filter(|other| !other.path.eq_ignore_ascii_case(draft.path))
        .filter(|other| is_open(other.text("state")))
        .filter(|other| {
            other
                .text("ownerId")
                .and_then(|id| edit.service.below(id))
                .is_some_and(|id| id.eq_ignore_ascii_case(&owner))
        })
        .count() as u64;
    if is_new && is_open(draft.text("state")) && others >= limit {
        draft.refuse("scope", format!("the product allows {limit} subscriptions a user, and the user has {others}"));
    }
}

/// Makes the keys that are not given, and refuses one that opens something already.
fn check_keys(draft: &mut Draft<'_>, edit: &Edit<'_>) {
    for field in ["primaryKey", "secondaryKey"] {
        let Some(key) = draft.text(field).map(str::to_owned) else {
            draft.set(field, new_key());
            continue;
        };
        let is_same = draft.previous.as_ref().is_some_and(|previous| previous.text(field) == Some(&key));
        let is_taken = !is_same
            && edit.list("subscriptions").iter().any(|other| {
                !other.path.eq_ignore_ascii_case(draft.path)
                    && (other.text("primaryKey") == Some(&key) || other.text("secondaryKey") == Some(&key))
            });
        if is_taken {
            draft.refuse(field, format!("'{field}' is in use by another subscription"));
        }
    }
    if draft.text("primaryKey").is_some() && draft.text("primaryKey") == draft.text("secondaryKey") {
        draft.refuse("secondaryKey", "'secondaryKey' must differ from 'primaryKey'");
    }
}

fn find(call: &Call, view: &dyn View) -> Result<Arc<Resource>, Failure> {
    super::links::existing(view, &format!("subscriptions/{}", call.name(0)), "Subscription")
}

fn list_secrets(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let found = find(call, view)?;
    Ok(Answer::json(json!({ "primaryKey": found.text("primaryKey"), "secondaryKey": found.text("secondaryKey") })))
}

fn regenerate(call: &Call, edit: &mut Edit<'_>, field: &str) -> Result<Answer, Failure> {
    let mut changed = Resource::clone(&*find(call, edit)?);
    changed.properties.insert(field.to_owned(), new_key().into());
    edit.put(changed);
    Ok(Answer::no_content())
}

fn seed(edit: &mut Edit<'_>) {
    if edit.get(MASTER).is_some() {
        return;
    }
    let properties = json!({
        "scope": format!("{}/", edit.service.id()),
        "displayName": "Built-in all-access subscription",
        "state": "active",
        "createdDate": edit.now_text(),
        "startDate": edit.now_text(),
        "primaryKey": new_key(),
        "secondaryKey": new_key(),
        "allowTracing": false,
    });
    if let Value::Object(properties) = properties {
        edit.put(Resource::new(&SUBSCRIPTIONS, MASTER, properties));
    }
}
