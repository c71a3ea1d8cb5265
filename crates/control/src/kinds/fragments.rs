//! `policyFragments`: parts of policies under a name. Source: management-api.md, chapter 7.

use super::links::existing;
use super::policies::{self, Stored};
use super::{Behaviour, Default, Draft, Field, Kind, Module, Render, Route};
use crate::api::error::Failure;
use crate::api::{Answer, Call, Query, list, read};
use crate::edit::Edit;
use crate::outside::Outside;
use crate::resource::Resource;
use crate::state::View;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tollgate_policy::compile::compile_fragment;

/// Longest fragment, as of policies.
const FRAGMENT_CHARS_MAX: usize = 1 << 20;

pub static FRAGMENTS: Kind = Kind {
    path: "policyFragments",
    noun: "PolicyFragment",
    fields: &[
        Field::text("value", 1, FRAGMENT_CHARS_MAX).required(),
        Field::text("description", 0, 1000),
        Field::one_of("format", &["xml", "rawxml", "xml-link", "rawxml-link"]).default_to(Default::Text("xml")),
    ],
    can_patch: false,
    behaviour: &Fragments,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module {
    kinds: &[&FRAGMENTS],
    routes: &[Route::read("POST", "policyFragments/{}/listReferences", list_references)],
    ..Module::DEFAULT
};

struct Fragments;

impl Behaviour for Fragments {
    fn prepare<'a>(
        &'a self,
        outside: &'a Outside,
        properties: &'a mut Map<String, Value>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(policies::fetch_link(outside, properties))
    }

    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        let Some(text) = draft.text("value").map(str::to_owned) else { return Ok(()) };
        let compiled = compile_fragment(&text, &Stored::of(edit));
        draft.findings.extend(policies::findings(&text, &compiled.diagnostics));
        Ok(())
    }

    /// Where it is included it must still fit.
    fn stored(&self, draft: &Draft<'_>, edit: &mut Edit<'_>) -> Result<(), Failure> {
        // Fragments that come to include each other are seen only now.
        let text = draft.text("value").unwrap_or_default();
        let compiled = compile_fragment(text, &Stored::of(edit));
        let findings = policies::findings(text, &compiled.diagnostics);
        if !findings.is_empty() {
            return Err(Failure::Validation(findings));
        }
        policies::refuse_broken(policies::users_of_fragment(draft.name(), edit), edit)
    }

    fn deleting(&self, fragment: &Resource, _: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        match policies::users_of_fragment(fragment.name(), edit).first() {
            Some(user) => Err(Failure::invalid("id", format!("the fragment is included by '/{user}'"))),
            None => Ok(()),
        }
    }

    fn render(&self, _: &Resource, render: &Render<'_>, properties: &mut Map<String, Value>) {
        policies::show_text(render, properties);
        properties.insert("provisioningState".into(), "Succeeded".into());
    }
}

fn list_references(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let fragment = existing(view, &format!("policyFragments/{}", call.name(0)), "PolicyFragment")?;
    let render = call.render(view, true);
    let items = policies::users_of_fragment(fragment.name(), view)
        .iter()
        .filter_map(|path| view.get(path))
        .map(|user| read::render(&user, &render))
        .collect();
    list::page(call, None, items)
}
