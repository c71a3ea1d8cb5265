//! `namedValues`: texts that policies name as `{{display-name}}`. Source: management-api.md, chapter 10.

use super::links::{check_unique, existing};
use super::{Behaviour, Draft, Field, Kind, Module, Render, Route, Type, policies};
use crate::api::error::Failure;
use crate::api::{Answer, Call, Query};
use crate::edit::Edit;
use crate::resource::Resource;
use crate::state::View;
use serde_json::{Map, Value, json};

/// Tags of one named value.
const TAGS_MAX: usize = 32;

/// A value kept elsewhere. Tollgate stores the address and says so; it does not read vaults.
pub const KEY_VAULT: Field =
    Field::object("keyVault", &[Field::text("secretIdentifier", 1, 2000), Field::text("identityClientId", 0, 200)]);

pub static NAMED_VALUES: Kind = Kind {
    path: "namedValues",
    noun: "NamedValue",
    name_chars_max: 256,
    fields: &[
        Field::text("displayName", 1, 256).required(),
        Field::text("value", 0, 4096).sealed(),
        Field::list("tags", &Type::Text { min: 1, max: 256 }),
        Field::flag("secret", false),
        KEY_VAULT,
        // Ours: the only gateways that may have it. Source: design, chapter 9.
        Field::list("gateways", &Type::Text { min: 1, max: 2000 }),
    ],
    behaviour: &NamedValues,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module {
    kinds: &[&NAMED_VALUES],
    routes: &[
        Route::read("POST", "namedValues/{}/listValue", list_value),
        Route::read("POST", "namedValues/{}/refreshSecret", refresh_secret),
    ],
    ..Module::DEFAULT
};

struct NamedValues;

impl Behaviour for NamedValues {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        let name = draft.text("displayName").unwrap_or_default().to_owned();
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')) {
            draft.refuse(
                "displayName",
                "'displayName' may contain only letters, digits, periods, dashes and underscores",
            );
        }
        check_unique(draft, edit, "namedValues", "displayName");
        let has_vault = draft.properties.contains_key("keyVault");
        if !draft.properties.contains_key("value") && !has_vault {
            draft.refuse("value", "'value' must not be empty unless 'keyVault' says where it is");
        }
        if has_vault {
            draft.set("secret", true);
        }
        if draft.properties.get("tags").and_then(Value::as_array).is_some_and(|tags| tags.len() > TAGS_MAX) {
            draft.refuse("tags", format!("'tags' must have at most {TAGS_MAX} items"));
        }
        let gateways: Vec<String> = draft
            .properties
            .get("gateways")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|id| edit.service.relative(id.as_str()?, "gateways"))
            .collect();
        for missing in gateways.iter().filter(|path| edit.get(path).is_none()) {
            draft.refuse("gateways", format!("'gateways' names nothing that exists: '/{missing}'"));
        }
        let is_renamed = draft.previous.as_deref().is_some_and(|previous| previous.text("displayName") != Some(&name));
        if let Some(previous) = draft.previous.as_deref().filter(|_| is_renamed)
            && let Some(user) =
                policies::users_of_named_value(previous.text("displayName").unwrap_or_default(), edit).first()
        {
            draft.refuse("displayName", format!("'displayName' cannot change while a policy uses it: '/{user}'"));
        }
        Ok(())
    }

    /// Policies that use it must still compile, and a restriction must not take the value from one
    /// that runs already.
    fn stored(&self, draft: &Draft<'_>, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let name = draft.text("displayName").unwrap_or_default();
        policies::refuse_broken(policies::users_of_named_value(name, edit), edit)?;
        if !draft.properties.contains_key("gateways") {
            return Ok(());
        }
        for path in policies::users_of_named_value(draft.text("displayName").unwrap_or_default(), edit) {
            let Some(policy) = edit.get(&path).filter(|policy| policy.kind.path != "policyFragments") else { continue };
            let uses = policies::uses_of(&policy, edit);
            if let Some(why) = policies::withheld(&uses, &policies::gateways_of(&path, edit), edit).into_iter().next() {
                return Err(Failure::invalid("gateways", format!("'/{path}': {why}")));
            }
        }
        Ok(())
    }

    fn deleting(&self, value: &Resource, _: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        match policies::users_of_named_value(value.text("displayName").unwrap_or_default(), edit).first() {
            Some(user) => Err(Failure::invalid("namedValueId", format!("the named value is used by '/{user}'"))),
            None => Ok(()),
        }
    }

    fn render(&self, value: &Resource, _: &Render<'_>, properties: &mut Map<String, Value>) {
        if value.flag("secret") {
            properties.remove("value");
        }
        show_vault(properties);
        properties.insert("provisioningState".into(), "Succeeded".into());
    }

    fn listed(&self, value: &Resource, render: &Render<'_>) -> bool {
        !render.query.flag("isKeyVaultRefreshFailed") || value.properties.contains_key("keyVault")
    }
}

/// Tells of every vault that it was not read.
pub fn show_vault(properties: &mut Map<String, Value>) {
    if let Some(vault) = properties.get_mut("keyVault").and_then(Value::as_object_mut) {
        let status = json!({ "code": "Failed", "message": "secrets are not read from vaults; set the value itself" });
        vault.insert("lastStatus".into(), status);
    }
}

fn list_value(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let found = existing(view, &format!("namedValues/{}", call.name(0)), "NamedValue")?;
    Ok(Answer::json(json!({ "value": found.text("value") })))
}

fn refresh_secret(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let found = existing(view, &format!("namedValues/{}", call.name(0)), "NamedValue")?;
    if !found.properties.contains_key("keyVault") {
        return Err(Failure::invalid("keyVault", "the named value is not kept in a key vault"));
    }
    Ok(Answer::resource(http::StatusCode::OK, found.path.clone()))
}
