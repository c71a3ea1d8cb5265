//! What kinds share about references: links told as resources of their own (`apiLinks`, `groupLinks`, …), lists of
//! what a link leads to, and checks that a named resource exists.
//!
//! A link is stored once, as `products/{p}/apis/{a}` or `apis/{a}/tags/{t}`. The link form that folder tools use is a
//! view of the same fact; it only adds a name. Source: management-api.md, chapter 14.

use super::{Draft, Field};
use crate::api::error::Failure;
use crate::api::{Answer, Call, list, read};
use crate::edit::Edit;
use crate::odata;
use crate::resource::{self, Resource};
use crate::state::View;
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Name of a link in its link form; absent: that of the resource it leads to.
pub const LINK_ID: Field = Field::text("linkId", 1, 256);

/// A collection of links in their link form.
pub trait LinkForm {
    /// `products/apiLinks`.
    const TYPE: &'static str;
    /// Type of the holder: `products`.
    const HOLDER: &'static str;
    /// The one property: `apiId`.
    const FIELD: &'static str;
    /// Kind the property refers to: `apis`.
    const TARGET: &'static str;
    /// Kind of the stored link: `products/apis`, `apis/tags`.
    const LINK: &'static str;
    /// Whether the stored link hangs below the target (`apis/{a}/tags/{t}`) and not below the holder.
    const BELOW_TARGET: bool;

    /// Path of the stored link of a holder and a target.
    fn link_path(holder: &str, target: &str) -> String {
        let (above, below) = if Self::BELOW_TARGET { (target, holder) } else { (holder, target) };
        format!("{above}/{}/{}", segment(Self::LINK), resource::last(below))
    }

    /// The links of a holder: the stored link and the path of its target.
    fn links(view: &dyn View, holder: &str) -> Vec<(Arc<Resource>, String)> {
        if Self::BELOW_TARGET {
            let name = resource::last(holder);
            let all = view.all(Self::LINK).into_iter().filter(|link| link.name().eq_ignore_ascii_case(name));
            return all
                .filter_map(|link| {
                    let target = link.parent()?.to_owned();
                    Some((link, target))
                })
                .collect();
        }
        let collection = format!("{holder}/{}", segment(Self::LINK));
        view.list(&collection)
            .into_iter()
            .map(|link| (Arc::clone(&link), format!("{}/{}", Self::TARGET, link.name())))
            .collect()
    }

    /// `GET {holder}/{}/{links}`.
    fn get_all(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
        let holder = holder::<Self>(call, view)?;
        let items =
            Self::links(view, &holder).iter().map(|(link, target)| body::<Self>(call, &holder, link, target)).collect();
        list::page(call, odata::fields_of(Self::TYPE), items)
    }

    fn get_one(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
        let holder = holder::<Self>(call, view)?;
        let (link, target) = named::<Self>(view, &holder, call.name(1)).ok_or_else(|| Failure::absent("Link"))?;
        Ok(Answer::json(body::<Self>(call, &holder, &link, &target)))
    }

    fn put(call: &Call, edit: &mut Edit<'_>) -> Result<Answer, Failure> {
        let holder = holder::<Self>(call, edit)?;
        let properties = call.properties()?;
        let given = properties.get(Self::FIELD).and_then(Value::as_str).unwrap_or_default();
        if given.is_empty() {
            return Err(Failure::invalid(Self::FIELD, format!("'{}' must not be empty", Self::FIELD)));
        }
        let target = edit.service.relative(given, Self::TARGET).and_then(|path| edit.get(&path)).ok_or_else(|| {
            Failure::invalid(Self::FIELD, format!("'{}' names nothing that exists: '{given}'", Self::FIELD))
        })?;
        let id = call.name(1);
        let known = named::<Self>(edit, &holder, id);
        if let Some((link, known_target)) = &known
            && !known_target.eq_ignore_ascii_case(&target.path)
        {
            edit.remove(&link.path);
        }
        let path = Self::link_path(&holder, &target.path);
        let kind = super::find(Self::LINK).ok_or_else(|| Failure::absent("Link"))?;
        let properties = Map::from_iter([("linkId".to_owned(), Value::from(id))]);
        let link = Resource::new(kind, path, properties);
        let body = body::<Self>(call, &holder, &link, &target.path);
        if edit.get(&link.path).is_none_or(|before| before.properties != link.properties) {
            edit.put(link);
        }
        let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
        Ok(Answer { status, ..Answer::json(body) })
    }

    fn delete(call: &Call, edit: &mut Edit<'_>) -> Result<Answer, Failure> {
        let holder = holder::<Self>(call, edit)?;
        if let Some((link, _)) = named::<Self>(edit, &holder, call.name(1)) {
            edit.remove(&link.path);
        }
        Ok(Answer::no_content())
    }
}

fn holder<F: LinkForm + ?Sized>(call: &Call, view: &dyn View) -> Result<String, Failure> {
    let path = format!("{}/{}", F::HOLDER, call.name(0));
    let noun = super::find(F::HOLDER).map_or("Resource", |kind| kind.noun);
    view.get(&path).map(|holder| holder.path.clone()).ok_or_else(|| Failure::absent(noun))
}

fn id_of(link: &Resource, target: &str) -> String {
    link.text("linkId").map_or_else(|| resource::last(target).to_owned(), str::to_owned)
}

fn named<F: LinkForm + ?Sized>(view: &dyn View, holder: &str, id: &str) -> Option<(Arc<Resource>, String)> {
    F::links(view, holder).into_iter().find(|(link, target)| id_of(link, target).eq_ignore_ascii_case(id))
}

fn body<F: LinkForm + ?Sized>(call: &Call, holder: &str, link: &Resource, target: &str) -> Value {
    let id = id_of(link, target);
    json!({
        "id": call.service.full(&format!("{holder}/{}/{id}", segment(F::TYPE))),
        "type": format!("{}/service/{}", crate::service::PROVIDER, F::TYPE),
        "name": id,
        "properties": { F::FIELD: call.service.full(target) },
    })
}

/// `apiLinks` of `products/apiLinks`.
fn segment(type_path: &str) -> &str {
    resource::last(type_path)
}

/// A page of resources of any kind, filtered by the fields of `type_path`.
pub fn answer_list(
    call: &Call,
    view: &dyn View,
    type_path: &str,
    resources: &[Arc<Resource>],
) -> Result<Answer, Failure> {
    let render = call.render(view, true);
    let items = resources.iter().map(|resource| read::render(resource, &render)).collect();
    list::page(call, odata::fields_of(type_path), items)
}

/// The resource at `path`, or "… not found."
pub fn existing(view: &dyn View, path: &str, noun: &str) -> Result<Arc<Resource>, Failure> {
    view.get(path).ok_or_else(|| Failure::absent(noun))
}

/// Adds a finding when the reference in a field (already in full) names nothing.
pub fn check_reference(draft: &mut Draft<'_>, edit: &Edit<'_>, field: &str) {
    let Some(path) = draft.text(field).and_then(|id| edit.service.below(id)).map(str::to_owned) else { return };
    if edit.get(&path).is_none() {
        draft.refuse(field, format!("'{field}' names nothing that exists: '/{path}'"));
    }
}

/// Adds a finding when another resource of the collection has the same text in a field, without case.
pub fn check_unique(draft: &mut Draft<'_>, edit: &Edit<'_>, collection: &str, field: &str) {
    let Some(value) = draft.text(field).map(str::to_lowercase) else { return };
    let taken = edit.list(collection).iter().any(|other| {
        !other.path.eq_ignore_ascii_case(draft.path)
            && other.text(field).is_some_and(|text| text.to_lowercase() == value)
    });
    if taken {
        draft.refuse(field, format!("'{field}' is already in use: '{value}'"));
    }
}
