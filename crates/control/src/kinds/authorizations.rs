//! `authorizationProviders/authorizations`: connections, each with a token of its own, and who may
//! use them. Source: management-api.md, chapter 16, and the OpenAPI file of 2024-05-01.
//!
//! A connection with the grant `AuthorizationCode` needs a refresh token, which a person's consent
//! gives: it is uploaded as `parameters.refreshToken`.

use super::authorization_providers::{parameters, token_url};
use super::{Behaviour, Default, Draft, Field, Kind, Module, Render, Type};
use crate::api::Query;
use crate::api::error::Failure;
use crate::edit::Edit;
use crate::resource::{self, Resource};
use crate::state::View;
use serde_json::{Map, Value, json};
use tollgate_contract::snapshot::{Authorization, AuthorizationAccess, AuthorizationGrant};

static PARAMETER: Type = Type::Text { min: 0, max: 16_000 };
const CODE: &str = "AuthorizationCode";

pub static AUTHORIZATIONS: Kind = Kind {
    path: "authorizationProviders/authorizations",
    noun: "Authorization",
    fields: &[
        Field::one_of("authorizationType", &["OAuth2"]).default_to(Default::Text("OAuth2")),
        Field::one_of("oauth2grantType", &[CODE, "ClientCredentials"]).required(),
        Field::new("parameters", Type::Map(&PARAMETER)).kept().secret(),
    ],
    can_patch: false,
    behaviour: &Authorizations,
    ..Kind::DEFAULT
};

pub static ACCESS_POLICIES: Kind = Kind {
    path: "authorizationProviders/authorizations/accessPolicies",
    noun: "AuthorizationAccessPolicy",
    fields: &[
        Field::text("tenantId", 0, 100),
        Field::text("objectId", 1, 100).required(),
        Field::list("appIds", &Type::Text { min: 1, max: 100 }),
    ],
    can_patch: false,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module { kinds: &[&AUTHORIZATIONS, &ACCESS_POLICIES], ..Module::DEFAULT };

struct Authorizations;

impl Behaviour for Authorizations {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        let provider = draft.path.rsplit_once("/authorizations/").and_then(|(parent, _)| edit.get(parent));
        // The provider may get this grant later; until then no gateway is sent the connection.
        if provider.is_none() {
            return Err(Failure::absent("AuthorizationProvider"));
        }
        Ok(())
    }

    fn deleting(&self, connection: &Resource, _: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let provider = connection.parent().map(resource::last).unwrap_or_default();
        let own = format!("{provider}/{}", connection.name());
        let names = |uses: &tollgate_policy::Uses| uses.authorizations.iter().any(|id| id.eq_ignore_ascii_case(&own));
        match super::policies::users_by(connection.name(), edit, names).first() {
            Some(user) => Err(Failure::invalid("authorizationId", format!("the connection is used by '/{user}'"))),
            None => Ok(()),
        }
    }

    fn render(&self, authorization: &Resource, _: &Render<'_>, properties: &mut Map<String, Value>) {
        if refresh_token(authorization).is_some() || authorization.text("oauth2grantType") != Some(CODE) {
            properties.insert("status".into(), "Connected".into());
            return;
        }
        properties.insert("status".into(), "Error".into());
        let message = "This connection is not authenticated.";
        properties.insert("error".into(), json!({ "code": "Unauthenticated", "message": message }));
    }
}

fn grant_name(properties: &Map<String, Value>) -> &'static str {
    match properties.get("oauth2grantType").and_then(Value::as_str) {
        Some(CODE) => "authorizationCode",
        _ => "clientCredentials",
    }
}

fn refresh_token(authorization: &Resource) -> Option<String> {
    let token = authorization.properties.get("parameters")?.get("refreshToken")?.as_str()?;
    (!token.is_empty()).then(|| token.to_owned())
}

/// The connections of every provider: `(provider, connection)`.
pub fn all(view: &dyn View) -> Vec<(std::sync::Arc<Resource>, std::sync::Arc<Resource>)> {
    let provider_of = |authorization: &Resource| {
        let (parent, _) = authorization.path.rsplit_once("/authorizations/")?;
        view.get(parent)
    };
    let connections = view.all(AUTHORIZATIONS.path).into_iter();
    connections.filter_map(|authorization| Some((provider_of(&authorization)?, authorization))).collect()
}

/// A connection as gateways are sent it. The connection's own parameters win over its provider's.
pub fn document(provider: &Resource, authorization: &Resource, view: &dyn View) -> Option<Authorization> {
    let grant = grant_name(&authorization.properties);
    let mut merged = parameters(&provider.properties, grant)?.clone();
    let own = authorization.properties.get("parameters").and_then(Value::as_object);
    merged.extend(own.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
    let text = |name: &str| merged.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let resource = text("resourceUri");
    let parameters = if resource.is_empty() { Vec::new() } else { vec![("resource".to_owned(), resource)] };
    let policies = view.all(ACCESS_POLICIES.path);
    let below = format!("{}/accesspolicies/", authorization.key());
    let policies = policies.iter().filter(|policy| policy.key().starts_with(&below));
    Some(Authorization {
        provider: provider.name().to_owned(),
        id: authorization.name().to_owned(),
        token_url: token_url(provider.text("identityProvider").unwrap_or_default(), &merged)?,
        grant: match grant {
            "authorizationCode" => AuthorizationGrant::RefreshToken,
            _ => AuthorizationGrant::ClientCredentials,
        },
        client_id: text("clientId"),
        client_secret: text("clientSecret"),
        scopes: text("scopes"),
        parameters,
        refresh_token: refresh_token(authorization),
        access_policies: policies
            .map(|policy| AuthorizationAccess {
                tenant_id: policy.text("tenantId").unwrap_or_default().to_owned(),
                object_id: policy.text("objectId").unwrap_or_default().to_owned(),
            })
            .collect(),
    })
}
