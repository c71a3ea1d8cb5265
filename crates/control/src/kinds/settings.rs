//! Settings that other parts read: caches, sign-in of portal users, portal content, wikis and documentation.
//! Source: management-api.md, chapters 10, 13 and 16.

use super::links::existing;
use super::{Behaviour, Default, Draft, Field, Kind, Module, Render, Route, Type, subscriptions};
use crate::api::error::Failure;
use crate::api::{Answer, Call, list, read, write};
use crate::edit::Edit;
use crate::resource::Resource;
use crate::state::View;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const TEXT: Type = Type::Text { min: 0, max: 4000 };
/// Longest page of a wiki or a document.
const CONTENT_CHARS_MAX: usize = 1 << 20;

const CLIENT_ID: Field = Field::text("clientId", 1, 500).required();
/// Kept when a PUT leaves it out; read by `listSecrets` only.
const CLIENT_SECRET: Field = Field::text("clientSecret", 1, 4000).secret().kept();

pub static CACHES: Kind = Kind {
    path: "caches",
    noun: "Cache",
    fields: &[
        Field::text("description", 0, 2000),
        Field::text("connectionString", 1, 300).required().sealed(),
        Field::text("useFromLocation", 1, 256).required(),
        Field::text("resourceId", 0, 2000),
    ],
    ..Kind::DEFAULT
};

pub static AUTHORIZATION_SERVERS: Kind = Kind {
    path: "authorizationServers",
    noun: "AuthorizationServer",
    fields: &[
        Field::text("displayName", 1, 50).required(),
        Field::text("description", 0, 2000),
        Field::text("clientRegistrationEndpoint", 0, 2000).required(),
        Field::text("authorizationEndpoint", 1, 2000).required(),
        Field::list("authorizationMethods", &TEXT),
        Field::list("clientAuthenticationMethod", &TEXT),
        Field::list(
            "tokenBodyParameters",
            &Type::Object(&[Field::text("name", 1, 200).required(), Field::text("value", 0, 4000).required()]),
        ),
        Field::text("tokenEndpoint", 0, 2000),
        Field::new("supportState", Type::Flag),
        Field::text("defaultScope", 0, 2000),
        Field::list("bearerTokenSendingMethods", &TEXT),
        Field::list(
            "grantTypes",
            &Type::OneOf(&["authorizationCode", "implicit", "resourceOwnerPassword", "clientCredentials"]),
        )
        .required(),
        CLIENT_ID,
        CLIENT_SECRET,
        Field::text("resourceOwnerUsername", 0, 500).secret().kept(),
        Field::text("resourceOwnerPassword", 0, 500).secret().kept(),
        Field::new("useInTestConsole", Type::Flag),
        Field::new("useInApiDocumentation", Type::Flag),
    ],
    ..Kind::DEFAULT
};

pub static OPENID_PROVIDERS: Kind = Kind {
    path: "openidConnectProviders",
    noun: "OpenIdConnectProvider",
    name_chars_max: 256,
    fields: &[
        Field::text("displayName", 1, 50).required(),
        Field::text("description", 0, 2000),
        Field::text("metadataEndpoint", 1, 2000).required(),
        CLIENT_ID,
        CLIENT_SECRET,
        Field::new("useInTestConsole", Type::Flag),
        Field::new("useInApiDocumentation", Type::Flag),
    ],
    ..Kind::DEFAULT
};

pub static IDENTITY_PROVIDERS: Kind = Kind {
    path: "identityProviders",
    noun: "IdentityProvider",
    names: &["aad", "aadB2C", "facebook", "google", "microsoft", "twitter"],
    fields: &[
        Field::text("type", 0, 50),
        Field::text("signinTenant", 0, 500),
        Field::list("allowedTenants", &TEXT),
        Field::text("authority", 0, 500),
        Field::text("signupPolicyName", 0, 500),
        Field::text("signinPolicyName", 0, 500),
        Field::text("profileEditingPolicyName", 0, 500),
        Field::text("passwordResetPolicyName", 0, 500),
        Field::text("clientLibrary", 0, 16),
        CLIENT_ID,
        CLIENT_SECRET.required(),
    ],
    ..Kind::DEFAULT
};

const PAGES: &[Field] = &[Field::list("documents", &Type::Object(&[Field::text("documentationId", 1, 2000)]))];
pub static API_WIKI: Kind =
    Kind { path: "apis/wikis", noun: "Wiki", names: &["default"], fields: PAGES, ..Kind::DEFAULT };
pub static PRODUCT_WIKI: Kind =
    Kind { path: "products/wikis", noun: "Wiki", names: &["default"], fields: PAGES, ..Kind::DEFAULT };

pub static DOCUMENTATIONS: Kind = Kind {
    path: "documentations",
    noun: "Documentation",
    name_chars_max: 256,
    fields: &[Field::text("title", 0, 1000), Field::text("content", 0, CONTENT_CHARS_MAX)],
    ..Kind::DEFAULT
};

pub static CONTENT_TYPES: Kind =
    Kind { path: "contentTypes", noun: "ContentType", free_form: true, can_patch: false, ..Kind::DEFAULT };
pub static CONTENT_ITEMS: Kind =
    Kind { path: "contentTypes/contentItems", noun: "ContentItem", free_form: true, can_patch: false, ..Kind::DEFAULT };

pub static PORTAL_REVISIONS: Kind = Kind {
    path: "portalRevisions",
    noun: "PortalRevision",
    name_chars_max: 256,
    fields: &[
        Field::text("description", 0, 2000),
        Field::flag("isCurrent", false),
        Field::text("status", 0, 50).read_only().default_to(Default::Absent),
        Field::new("createdDateTime", Type::Time).read_only(),
        Field::new("updatedDateTime", Type::Time).read_only(),
    ],
    can_delete: false,
    behaviour: &PortalRevisions,
    ..Kind::DEFAULT
};

pub static PORTAL_CONFIGS: Kind = Kind {
    path: "portalconfigs",
    noun: "PortalConfig",
    names: &["default"],
    free_form: true,
    put_is_ok: true,
    can_delete: false,
    ..Kind::DEFAULT
};

pub static PORTAL_SETTINGS: Kind = Kind {
    path: "portalsettings",
    noun: "PortalSettings",
    names: &["signin", "signup", "delegation"],
    fields: &[
        Field::new("enabled", Type::Flag),
        Field::object(
            "termsOfService",
            &[
                Field::text("text", 0, 100_000),
                Field::new("enabled", Type::Flag),
                Field::new("consentRequired", Type::Flag),
            ],
        ),
        Field::text("url", 0, 2000),
        Field::text("validationKey", 0, 500).secret().kept(),
        Field::object("subscriptions", &[Field::flag("enabled", false)]),
        Field::object("userRegistration", &[Field::flag("enabled", false)]),
    ],
    put_is_ok: true,
    can_delete: false,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module {
    kinds: &[
        &CACHES,
        &AUTHORIZATION_SERVERS,
        &OPENID_PROVIDERS,
        &IDENTITY_PROVIDERS,
        &API_WIKI,
        &PRODUCT_WIKI,
        &DOCUMENTATIONS,
        &CONTENT_TYPES,
        &CONTENT_ITEMS,
        &PORTAL_REVISIONS,
        &PORTAL_CONFIGS,
        &PORTAL_SETTINGS,
    ],
    routes: &[
        Route::read("POST", "authorizationServers/{}/listSecrets", |call, view| {
            secrets(
                call,
                view,
                &AUTHORIZATION_SERVERS,
                &["clientSecret", "resourceOwnerUsername", "resourceOwnerPassword"],
            )
        }),
        Route::read("POST", "openidConnectProviders/{}/listSecrets", |call, view| {
            secrets(call, view, &OPENID_PROVIDERS, &["clientSecret"])
        }),
        Route::read("POST", "identityProviders/{}/listSecrets", |call, view| {
            secrets(call, view, &IDENTITY_PROVIDERS, &["clientSecret"])
        }),
        Route::read("POST", "portalsettings/delegation/listSecrets", |_, view| {
            let found = existing(view, "portalsettings/delegation", "PortalSettings")?;
            Ok(Answer::json(json!({ "validationKey": found.text("validationKey") })))
        }),
        Route::write("PATCH", "portalsettings/{}", |call, edit| {
            write::patch(call, &PORTAL_SETTINGS, &call.properties()?, edit)?;
            Ok(Answer::no_content())
        }),
        Route::read("GET", "allPolicies", all_policies),
    ],
    seed,
};

fn secrets(call: &Call, view: &dyn View, kind: &Kind, fields: &[&str]) -> Result<Answer, Failure> {
    let found = existing(view, &format!("{}/{}", kind.path, call.name(0)), kind.noun)?;
    let told: Map<String, Value> =
        fields.iter().filter_map(|field| Some(((*field).to_owned(), found.text(field)?.into()))).collect();
    Ok(Answer::json(told.into()))
}

/// Every policy document, with the scope it is for.
fn all_policies(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let render = call.render(view, true);
    let item = |policy: &Arc<Resource>| {
        let mut body = read::render(policy, &render);
        body["properties"] = json!({ "referencePolicyId": body["id"], "complianceState": "Compliant" });
        body
    };
    list::page(call, None, super::policies::all(view).iter().map(item).collect())
}

struct PortalRevisions;

impl Behaviour for PortalRevisions {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        let now = edit.now_text();
        if draft.previous.is_none() {
            draft.set("createdDateTime", now.as_str());
        }
        draft.set("updatedDateTime", now);
        draft.set("status", "completed");
        Ok(())
    }

    /// One revision is current.
    fn stored(&self, draft: &Draft<'_>, edit: &mut Edit<'_>) -> Result<(), Failure> {
        if draft.properties.get("isCurrent") != Some(&Value::Bool(true)) {
            return Ok(());
        }
        for other in edit.list(PORTAL_REVISIONS.path) {
            if other.flag("isCurrent") && !other.path.eq_ignore_ascii_case(draft.path) {
                let mut former = Resource::clone(&other);
                former.properties.insert("isCurrent".into(), false.into());
                edit.put(former);
            }
        }
        Ok(())
    }

    fn render(&self, _: &Resource, _: &Render<'_>, properties: &mut Map<String, Value>) {
        properties.insert("provisioningState".into(), "Succeeded".into());
    }
}

fn seed(edit: &mut Edit<'_>) {
    let settings = [
        ("portalsettings/signin", json!({ "enabled": false })),
        (
            "portalsettings/signup",
            json!({ "enabled": true, "termsOfService": { "enabled": false, "consentRequired": false } }),
        ),
        (
            "portalsettings/delegation",
            json!({ "subscriptions": { "enabled": false }, "userRegistration": { "enabled": false },
                    "validationKey": subscriptions::new_key() }),
        ),
    ];
    for (path, properties) in settings {
        if edit.get(path).is_none()
            && let Value::Object(properties) = properties
        {
            edit.put(Resource::new(&PORTAL_SETTINGS, path, properties));
        }
    }
    if edit.get("portalconfigs/default").is_none() {
        edit.put(Resource::new(&PORTAL_CONFIGS, "portalconfigs/default", Map::new()));
    }
}
