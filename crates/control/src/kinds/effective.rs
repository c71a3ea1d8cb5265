//! "Calculate effective policy": what runs for an operation, with the origin of every element. Beside
//! Azure's paths, which have no call for it; source: reference/policies.md, chapter 2.2.

use super::links::existing;
use super::policies;
use super::{Module, Route};
use crate::api::error::Failure;
use crate::api::{Answer, Call, Query};
use crate::resource::Resource;
use crate::state::View;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tollgate_policy::compose::{Effective, Scoped, effective};
use tollgate_policy::to_xml;

pub static MODULE: Module = Module {
    routes: &[
        Route::read("GET", "effectivePolicy", |call, view| answer(call, view, "")),
        Route::read("GET", "products/{}/effectivePolicy", |call, view| {
            existing(view, &format!("products/{}", call.name(0)), "Product")?;
            answer(call, view, &format!("products/{}", call.name(0)))
        }),
        Route::read("GET", "apis/{}/effectivePolicy", |call, view| {
            existing(view, &format!("apis/{}", call.name(0)), "Api")?;
            answer(call, view, &format!("apis/{}", call.name(0)))
        }),
        Route::read("GET", "apis/{}/operations/{}/effectivePolicy", |call, view| {
            let path = format!("apis/{}/operations/{}", call.name(0), call.name(1));
            existing(view, &path, "Operation")?;
            answer(call, view, &path)
        }),
    ],
    ..Module::DEFAULT
};

/// `owner`: what the policies are of; empty for the service. `productId` in the query: the product
/// in whose context the request comes.
fn answer(call: &Call, view: &dyn View, owner: &str) -> Result<Answer, Failure> {
    let mut properties = Map::new();
    show(owner, &call.query, view, &mut properties)?;
    Ok(Answer::json(json!({ "properties": properties })))
}

/// Puts the effective policy of `owner` into `properties`: `value` as one document in the form that
/// the call asks for, `effective` as data, `documents` with the paths of what was composed.
///
/// # Errors
/// The product does not exist.
pub fn show(owner: &str, query: &Query, view: &dyn View, properties: &mut Map<String, Value>) -> Result<(), Failure> {
    let product = query.get("productId").filter(|product| !product.is_empty());
    if let Some(product) = product {
        existing(view, &format!("products/{product}"), "Product")?;
    }
    let documents = documents(owner, product, view);
    let whole = compose(&documents, view);
    let raw = query.get("format").is_some_and(|format| format.eq_ignore_ascii_case("rawxml"));
    let (format, value) = if raw { ("rawxml", whole.document()) } else { ("xml", to_xml(&whole.document())) };
    properties.insert("format".to_owned(), format.into());
    properties.insert("value".to_owned(), value.into());
    properties.insert("effective".to_owned(), serde_json::to_value(&whole).unwrap_or_default());
    let named = |document: &Arc<Resource>| json!({ "scope": policies::scope_of(&document.path).name(), "id": format!("/{}", document.path) });
    properties.insert("documents".to_owned(), documents.iter().map(named).collect());
    Ok(())
}

/// The documents in play, broad to narrow.
fn documents(owner: &str, product: Option<&str>, view: &dyn View) -> Vec<Arc<Resource>> {
    let mut owners = vec![String::new()];
    owners.extend(product.map(|product| format!("products/{product}")));
    match owner.split_once("/operations/") {
        Some((api, _)) => owners.extend([api.to_owned(), owner.to_owned()]),
        None if !owner.is_empty() && product.is_none_or(|product| owner != format!("products/{product}")) => {
            owners.push(owner.to_owned());
        }
        None => {}
    }
    let path = |owner: String| {
        if owner.is_empty() { "policies/policy".to_owned() } else { format!("{owner}/policies/policy") }
    };
    owners.into_iter().filter_map(|owner| view.get(&path(owner))).collect()
}

fn compose(documents: &[Arc<Resource>], view: &dyn View) -> Effective {
    let scoped: Vec<Scoped<'_>> = documents
        .iter()
        .map(|document| Scoped {
            scope: policies::scope_of(&document.path),
            text: document.text("value").unwrap_or_default(),
        })
        .collect();
    effective(&scoped, &|id| view.get(&format!("policyFragments/{id}"))?.text("value").map(Arc::from))
}
