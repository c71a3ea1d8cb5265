//! `certificates`: with private key, for gateways and towards backends. Source: management-api.md, chapter 10.

use super::links::existing;
use super::named_values::{KEY_VAULT, show_vault};
use super::{Behaviour, Draft, Field, Kind, Module, Render, Route, Type};
use crate::api::error::Failure;
use crate::api::{Answer, Query};
use crate::certificate;
use crate::edit::Edit;
use crate::resource::{self, Resource};
use crate::state::View;
use http::StatusCode;
use serde_json::{Map, Value};

/// Longest chain or key as PEM.
const PEM_CHARS_MAX: usize = 512 * 1024;

pub static CERTIFICATES: Kind = Kind {
    path: "certificates",
    noun: "Certificate",
    fields: &[
        Field::text("subject", 0, 10_000).read_only(),
        Field::text("thumbprint", 0, 100).read_only(),
        Field::new("expirationDate", Type::Time).read_only(),
        KEY_VAULT,
        // What gateways are sent. Leaf first; the key is PKCS#8.
        Field::text("chainPem", 0, PEM_CHARS_MAX).secret().read_only(),
        Field::text("privateKeyPem", 0, PEM_CHARS_MAX).secret().read_only(),
    ],
    can_patch: false,
    behaviour: &Certificates,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module {
    kinds: &[&CERTIFICATES],
    routes: &[Route::read("POST", "certificates/{}/refreshSecret", |call, view| {
        let found = existing(view, &format!("certificates/{}", call.name(0)), "Certificate")?;
        if !found.properties.contains_key("keyVault") {
            return Err(Failure::invalid("keyVault", "the certificate is not kept in a key vault"));
        }
        Ok(Answer::resource(StatusCode::OK, found.path.clone()))
    })],
    ..Module::DEFAULT
};

struct Certificates;

impl Behaviour for Certificates {
    fn check(&self, draft: &mut Draft<'_>, _: &Edit<'_>) -> Result<(), Failure> {
        let text = |name: &str| draft.body.get(name).and_then(Value::as_str).map(str::to_owned);
        let Some(data) = text("data").filter(|data| !data.is_empty()) else {
            if !draft.properties.contains_key("keyVault") {
                draft.refuse("data", "'data' must not be empty unless 'keyVault' says where the certificate is");
            }
            return Ok(());
        };
        match certificate::open(&data, &text("password").unwrap_or_default()) {
            Ok(material) => {
                draft.set("subject", material.subject);
                draft.set("thumbprint", material.thumbprint);
                draft.set("expirationDate", material.expiration_date);
                draft.set("chainPem", material.chain_pem);
                match material.private_key_pem {
                    Some(key) => draft.set("privateKeyPem", key),
                    None => {
                        draft.properties.remove("privateKeyPem");
                    }
                }
            }
            Err(problem) => {
                let hint = problem.hint.map(|hint| format!(": {hint}")).unwrap_or_default();
                draft.refuse("data", format!("{}{hint}", problem.message));
            }
        }
        Ok(())
    }

    fn deleting(&self, certificate: &Resource, _: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let own = certificate.name();
        let names = |other: &Resource| {
            other.text("certificateId").is_some_and(|id| resource::last(id).eq_ignore_ascii_case(own))
        };
        if let Some(user) = edit.all("gateways/hostnameConfigurations").iter().find(|other| names(other)) {
            return Err(Failure::invalid("certificateId", format!("the certificate is used by '/{}'", user.path)));
        }
        let thumbprint = certificate.text("thumbprint").unwrap_or_default();
        for named in [own, thumbprint].into_iter().filter(|named| !named.is_empty()) {
            let names =
                |uses: &tollgate_policy::Uses| uses.certificates.iter().any(|id| id.eq_ignore_ascii_case(named));
            if let Some(user) = super::policies::users_by(named, edit, names).first() {
                return Err(Failure::invalid("certificateId", format!("the certificate is used by '/{user}'")));
            }
        }
        let shown = |backend: &Resource| {
            let lists = ["certificateIds", "certificate"]
                .map(|list| backend.properties.get("credentials")?.get(list)?.as_array());
            let named = lists.into_iter().flatten().flatten().filter_map(Value::as_str);
            named.map(resource::last).any(|id| id.eq_ignore_ascii_case(own) || id.eq_ignore_ascii_case(thumbprint))
        };
        if let Some(backend) = edit.list("backends").iter().find(|backend| shown(backend)) {
            return Err(Failure::invalid("certificateId", format!("the certificate is used by '/{}'", backend.path)));
        }
        // A trust is a link to it without being one: it has properties.
        for authority in edit.all("gateways/certificateAuthorities") {
            if authority.name().eq_ignore_ascii_case(own) {
                edit.remove(&authority.path);
            }
        }
        Ok(())
    }

    fn render(&self, _: &Resource, _: &Render<'_>, properties: &mut Map<String, Value>) {
        show_vault(properties);
    }

    fn listed(&self, certificate: &Resource, render: &Render<'_>) -> bool {
        !render.query.flag("isKeyVaultRefreshFailed") || certificate.properties.contains_key("keyVault")
    }
}
