//! GET, HEAD and LIST of the generic resource path, and the form a resource has on the wire.

use super::call::{Answer, Call};
use super::error::Failure;
use super::list;
use crate::kinds::{self, Exposure, Kind, Render};
use crate::odata;
use crate::resource::{self, Resource};
use crate::state::View;
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The resource as it goes over the wire: `id`, `type`, `name`, `properties`; of a link, the
/// resource it leads to.
pub fn render(resource: &Resource, render: &Render<'_>) -> Value {
    if let Some(target) = linked(resource, render.view) {
        return self::render(&target, render);
    }
    let mut properties: Map<String, Value> = resource
        .properties
        .iter()
        .filter(|(name, _)| resource.kind.field(name).is_none_or(|field| field.exposure != Exposure::Secret))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    resource.kind.behaviour.render(resource, render, &mut properties);
    json!({
        "id": render.service.full(&resource.path),
        "type": type_name(resource.kind),
        "name": resource.name(),
        "properties": properties,
    })
}

pub fn type_name(kind: &Kind) -> String {
    format!("{}/service/{}", crate::service::PROVIDER, kind.path)
}

/// What a link leads to; `None` when it is not a link.
pub fn linked(resource: &Resource, view: &dyn View) -> Option<Arc<Resource>> {
    view.get(&format!("{}/{}", resource.kind.link_to?, resource.name()))
}

/// The resource that a path names.
///
/// # Errors
/// "Api not found." for the first part of the path that does not exist.
pub fn find(path: &str, kind: &Kind, view: &dyn View) -> Result<Arc<Resource>, Failure> {
    view.get(path).ok_or_else(|| match resource::parent(path).and_then(|parent| missing_ancestor(parent, view)) {
        Some(noun) => Failure::absent(noun),
        None => Failure::absent(kind.noun),
    })
}

/// The noun of the outermost part of a path that does not exist.
pub fn missing_ancestor(path: &str, view: &dyn View) -> Option<&'static str> {
    if let Some(noun) = resource::parent(path).and_then(|parent| missing_ancestor(parent, view)) {
        return Some(noun);
    }
    if view.get(path).is_some() {
        return None;
    }
    Some(kinds::find(&resource::type_key(path)).map_or("Resource", |kind| kind.noun))
}

pub fn get(call: &Call, kind: &'static Kind, view: &dyn View) -> Result<Answer, Failure> {
    let found = find(&call.path(), kind, view)?;
    Ok(Answer::resource(StatusCode::OK, found.path.clone()))
}

pub fn head(call: &Call, kind: &'static Kind, view: &dyn View) -> Result<Answer, Failure> {
    let found = find(&call.path(), kind, view)?;
    if kind.head_no_content {
        return Ok(Answer::no_content());
    }
    Ok(Answer::resource(StatusCode::OK, found.path.clone()))
}

pub fn list(call: &Call, kind: &'static Kind, view: &dyn View) -> Result<Answer, Failure> {
    let collection = call.path();
    let parent = collection.rsplit_once('/').map(|(parent, _)| parent);
    if let Some(noun) = parent.and_then(|parent| missing_ancestor(parent, view)) {
        return Err(Failure::absent(noun));
    }
    let render = call.render(view, true);
    let items = view
        .list(&collection)
        .iter()
        .filter(|resource| kind.behaviour.listed(resource, &render))
        .map(|resource| self::render(resource, &render))
        .collect();
    list::page(call, odata::fields_of(kind.path), items)
}
