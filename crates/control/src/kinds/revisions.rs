//! Revisions of an API, and `releases` that make one of them current. Source: management-api.md, chapter 8.
//!
//! The current revision is stored under the API's plain name and the others as `name;rev=n`. A release moves both:
//! what was current gets its suffix, what is released loses it. Links (products, gateways, subscriptions) name the
//! plain name and so follow by themselves; releases belong to the API and stay.

use super::links::existing;
use super::{Behaviour, Draft, Field, Kind, Module, Route, Type, apis};
use crate::api::error::Failure;
use crate::api::{Answer, Call, list};
use crate::edit::Edit;
use crate::odata;
use crate::resource::{self, Resource, api_base};
use crate::state::View;
use serde_json::{Value, json};
use std::sync::Arc;

pub static RELEASES: Kind = Kind {
    path: "apis/releases",
    noun: "ApiRelease",
    fields: &[
        Field::reference("apiId", "apis"),
        Field::text("notes", 0, 10_000),
        Field::new("createdDateTime", Type::Time).read_only(),
        Field::new("updatedDateTime", Type::Time).read_only(),
    ],
    behaviour: &Releases,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module {
    kinds: &[&RELEASES],
    routes: &[Route::read("GET", "apis/{}/revisions", list_revisions)],
    ..Module::DEFAULT
};

/// What of an API another revision or version takes over when the body does not say otherwise. The rest is made
/// anew (times, revision number) or belongs to one revision alone (its description).
const NOT_COPIED: [&str; 6] = [
    "apiRevision",
    "isCurrent",
    "createdDateTime",
    "updatedDateTime",
    "apiRevisionDescription",
    "apiVersionDescription",
];

/// The source of a new revision or version: `sourceApiId`, else for `name;rev=n` the current revision.
fn source(draft: &mut Draft<'_>, view: &dyn View, below: impl Fn(&str) -> Option<String>) -> Option<Arc<Resource>> {
    if draft.previous.is_some() {
        return None;
    }
    if let Some(id) = draft.body.get("sourceApiId").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        let found = below(id).and_then(|path| find(view, &path));
        if found.is_none() {
            draft.refuse("sourceApiId", format!("'sourceApiId' names nothing that exists: '{id}'"));
        }
        return found;
    }
    let base = api_base(draft.name());
    if base.len() == draft.name().len() {
        return None;
    }
    let found = view.get(&format!("apis/{base}"));
    if found.is_none() {
        draft.refuse("apiId", format!("a revision needs its API, and '{base}' does not exist"));
    }
    found
}

/// Fills a new revision or version with what its source has and the body does not name.
pub fn copy_properties(draft: &mut Draft<'_>, edit: &Edit<'_>) {
    let Some(source) = source(draft, edit, |id| edit.service.relative(id, "apis")) else { return };
    for (name, value) in &source.properties {
        if !draft.body.contains_key(name) && !NOT_COPIED.contains(&name.as_str()) {
            draft.properties.insert(name.clone(), value.clone());
        }
    }
}

/// Copies what hangs below the source: operations, policies, schemas, tags, diagnostics.
pub fn copy_children(draft: &Draft<'_>, edit: &mut Edit<'_>) {
    if draft.previous.is_some() {
        return;
    }
    let named = draft.body.get("sourceApiId").and_then(Value::as_str).and_then(|id| edit.service.relative(id, "apis"));
    let is_revision = api_base(draft.name()).len() != draft.name().len();
    let implied = is_revision.then(|| format!("apis/{}", api_base(draft.name())));
    let Some(source) = named.or(implied).and_then(|path| find(edit, &path)) else { return };
    if !source.path.eq_ignore_ascii_case(draft.path) {
        place(children(edit, &source.path), &source.path, draft.path, edit);
    }
}

/// The revision at `path`, where the current one may be named with its number, too.
pub fn find(view: &dyn View, path: &str) -> Option<Arc<Resource>> {
    view.get(path).or_else(|| {
        let base = api_base(path);
        let number = path.get(base.len() + ";rev=".len()..)?;
        view.get(base).filter(|api| api.text("apiRevision") == Some(number))
    })
}

/// Everything below a revision that is its own.
fn children(edit: &Edit<'_>, api: &str) -> Vec<Arc<Resource>> {
    edit.below(api).into_iter().filter(|child| child.kind.path != RELEASES.path).collect()
}

/// Writes copies of resources below `from` to the same place below `to`.
fn place(resources: Vec<Arc<Resource>>, from: &str, to: &str, edit: &mut Edit<'_>) {
    for child in resources {
        let Some(rest) = child.path.get(from.len()..) else { continue };
        edit.put(Resource::new(child.kind, format!("{to}{rest}"), child.properties.clone()));
    }
}

struct Releases;

impl Behaviour for Releases {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        let base = resource::parent(draft.path).map(api_base).unwrap_or_default().to_owned();
        match draft.text("apiId").and_then(|id| edit.service.below(id)).map(str::to_owned) {
            None => draft.refuse("apiId", "'apiId' must not be empty"),
            Some(path) if !api_base(&path).eq_ignore_ascii_case(&base) => {
                draft.refuse("apiId", format!("'apiId' must name a revision of '/{base}'"));
            }
            Some(path) if find(edit, &path).is_none() => {
                draft.refuse("apiId", format!("'apiId' names nothing that exists: '/{path}'"));
            }
            Some(_) => {}
        }
        let now = edit.now_text();
        if draft.previous.is_none() {
            draft.set("createdDateTime", now.as_str());
        }
        draft.set("updatedDateTime", now);
        Ok(())
    }

    fn stored(&self, draft: &Draft<'_>, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let Some(path) = draft.text("apiId").and_then(|id| edit.service.below(id)).map(str::to_owned) else {
            return Ok(());
        };
        // Changing the notes of a release must not undo a later one.
        let is_repeated =
            draft.previous.as_deref().is_some_and(|previous| previous.text("apiId") == draft.text("apiId"));
        if let Some(released) = find(edit, &path).filter(|_| !is_repeated) {
            make_current(&released, edit);
        }
        Ok(())
    }
}

fn make_current(released: &Arc<Resource>, edit: &mut Edit<'_>) {
    let base = api_base(&released.path).to_owned();
    let Some(current) = edit.get(&base).filter(|current| current.key() != released.key()) else { return };
    let retired = format!("{}/{};rev={}", "apis", current.name(), current.text("apiRevision").unwrap_or("1"));
    let (old, new) = (children(edit, &current.path), children(edit, &released.path));
    // Both trees go before either is written, so that nothing of one stays below the other.
    for child in old.iter().chain(&new) {
        edit.remove(&child.path);
    }
    edit.remove(&released.path);
    let now = edit.now_text();
    let with = |api: &Resource, path: &str, is_current: bool| {
        let mut moved = Resource::new(api.kind, path, api.properties.clone());
        moved.properties.insert("isCurrent".into(), is_current.into());
        moved.properties.insert("updatedDateTime".into(), now.as_str().into());
        moved
    };
    let plain = current.path.clone();
    edit.put(with(&current, &retired, false));
    edit.put(with(released, &plain, true));
    place(old, &current.path, &retired, edit);
    place(new, &released.path, &plain, edit);
}

fn list_revisions(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let api = existing(view, &format!("apis/{}", call.name(0)), "Api")?;
    let mut revisions = apis::revisions(api.name(), view);
    revisions.sort_by_key(|revision| revision.text("apiRevision").and_then(|number| number.parse::<u64>().ok()));
    let items = revisions
        .iter()
        .map(|revision| {
            let number = revision.text("apiRevision").unwrap_or("1");
            let path = revision.text("path").unwrap_or_default();
            let mut item = json!({
                "apiId": format!("/apis/{};rev={number}", api_base(revision.name())),
                "apiRevision": number,
                "createdDateTime": revision.text("createdDateTime"),
                "updatedDateTime": revision.text("updatedDateTime"),
                "privateUrl": format!("/{path};rev={number}"),
                "isOnline": true,
                "isCurrent": revision.flag("isCurrent"),
            });
            if let Some(description) = revision.text("apiRevisionDescription") {
                item["description"] = description.into();
            }
            item
        })
        .collect();
    list::page(call, odata::fields_of("apis/revisions"), items)
}
