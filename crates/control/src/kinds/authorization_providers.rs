//! `authorizationProviders`: the OAuth 2.0 servers that connections of the credential manager get
//! tokens from. Source: management-api.md, chapter 16, and the OpenAPI file of 2024-05-01.

use super::{Behaviour, Draft, Field, Kind, Module, Render, Type};
use crate::api::error::Failure;
use crate::edit::Edit;
use crate::resource::Resource;
use serde_json::{Map, Value};

static PARAMETER: Type = Type::Text { min: 0, max: 4_000 };

const GRANTS: [&str; 2] = ["authorizationCode", "clientCredentials"];

pub static PROVIDERS: Kind = Kind {
    path: "authorizationProviders",
    noun: "AuthorizationProvider",
    fields: &[
        Field::text("displayName", 1, 300),
        Field::text("identityProvider", 1, 300).required(),
        // Sealed as a whole: the parameters of a grant hold the client's secret.
        Field::object(
            "oauth2",
            &[
                Field::text("redirectUrl", 0, 2_000),
                Field::object(
                    "grantTypes",
                    &[
                        Field::new("authorizationCode", Type::Map(&PARAMETER)),
                        Field::new("clientCredentials", Type::Map(&PARAMETER)),
                    ],
                ),
            ],
        )
        .sealed(),
    ],
    can_patch: false,
    behaviour: &Providers,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module { kinds: &[&PROVIDERS], ..Module::DEFAULT };

/// Token endpoints of providers that need no `tokenUrl`.
const TOKEN_URLS: &[(&str, &str)] = &[
    ("dropbox", "https://api.dropboxapi.com/oauth2/token"),
    ("github", "https://github.com/login/oauth/access_token"),
    ("google", "https://oauth2.googleapis.com/token"),
    ("linkedin", "https://www.linkedin.com/oauth/v2/accessToken"),
    ("salesforce", "https://login.salesforce.com/services/oauth2/token"),
    ("spotify", "https://accounts.spotify.com/api/token"),
];

struct Providers;

impl Behaviour for Providers {
    fn check(&self, draft: &mut Draft<'_>, _: &Edit<'_>) -> Result<(), Failure> {
        keep_secrets(draft);
        let provider = draft.text("identityProvider").unwrap_or_default().to_owned();
        let mut missing = Vec::new();
        for grant in GRANTS {
            if let Some(parameters) = parameters(&draft.properties, grant)
                && token_url(&provider, parameters).is_none()
            {
                missing.push(grant);
            }
        }
        for grant in missing {
            let target = format!("oauth2.grantTypes.{grant}.tokenUrl");
            draft.refuse(&target, "'tokenUrl' must not be empty for this identity provider");
        }
        Ok(())
    }

    fn render(&self, _: &Resource, _: &Render<'_>, properties: &mut Map<String, Value>) {
        for grant in GRANTS {
            if let Some(parameters) = parameters_mut(properties, grant) {
                parameters.remove("clientSecret");
            }
        }
    }
}

/// A secret that a body does not name stays: answers never have it.
fn keep_secrets(draft: &mut Draft<'_>) {
    let Some(previous) = draft.previous.clone() else { return };
    for grant in GRANTS {
        let Some(secret) = parameters(&previous.properties, grant).and_then(|kept| kept.get("clientSecret")) else {
            continue;
        };
        if let Some(parameters) = parameters_mut(&mut draft.properties, grant) {
            parameters.entry("clientSecret").or_insert_with(|| secret.clone());
        }
    }
}

/// The parameters of a grant that a provider offers.
pub fn parameters<'p>(properties: &'p Map<String, Value>, grant: &str) -> Option<&'p Map<String, Value>> {
    properties.get("oauth2")?.get("grantTypes")?.get(grant)?.as_object()
}

fn parameters_mut<'p>(properties: &'p mut Map<String, Value>, grant: &str) -> Option<&'p mut Map<String, Value>> {
    properties.get_mut("oauth2")?.get_mut("grantTypes")?.get_mut(grant)?.as_object_mut()
}

/// Where tokens are asked for: as the parameters say, or as the provider is known to have it.
pub fn token_url(identity_provider: &str, parameters: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(url) = text("tokenUrl") {
        return Some(url.to_owned());
    }
    if identity_provider.eq_ignore_ascii_case("aad") {
        let login = text("loginUri").unwrap_or("https://login.microsoftonline.com").trim_end_matches('/');
        return Some(format!("{login}/{}/oauth2/v2.0/token", text("tenantId").unwrap_or("common")));
    }
    let known = TOKEN_URLS.iter().find(|(name, _)| name.eq_ignore_ascii_case(identity_provider));
    known.map(|(_, url)| (*url).to_owned())
}
