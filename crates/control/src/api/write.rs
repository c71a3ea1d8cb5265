//! PUT, PATCH and DELETE of the generic resource path: planned over one state, stored as one.
//! Source: management-api, chapter 3.

use super::call::{Answer, Call};
use super::error::{Failure, Finding};
use super::read;
use crate::edit::Edit;
use crate::kinds::{self, Draft, Kind, check_fields};
use crate::resource::{self, Resource};
use crate::state::View;
use http::StatusCode;
use serde_json::{Map, Value};
use std::sync::Arc;

/// PUT: creates or replaces. `body` are the properties, links in them already fetched.
pub fn put(
    call: &Call,
    kind: &'static Kind,
    body: &Map<String, Value>,
    edit: &mut Edit<'_>,
) -> Result<Answer, Failure> {
    let path = address(&call.path(), kind, edit)?;
    let previous = edit.get(&path);
    call.conditions.check(previous.as_deref())?;
    if let Some(target) = kind.link_to {
        return put_link(path, previous.is_some(), kind, target, edit);
    }
    let status = if previous.is_some() || kind.put_is_ok { StatusCode::OK } else { StatusCode::CREATED };
    store(call, kind, path, previous, body, body, edit, status)
}

/// PATCH: JSON merge over what is stored, then the same checks as PUT.
pub fn patch(
    call: &Call,
    kind: &'static Kind,
    body: &Map<String, Value>,
    edit: &mut Edit<'_>,
) -> Result<Answer, Failure> {
    if !kind.can_patch || kind.link_to.is_some() {
        return Err(Failure::MethodNotAllowed(format!("{} cannot be patched", kind.path)));
    }
    let previous = read::find(&call.path(), kind, edit)?;
    call.conditions.check(Some(&previous))?;
    let mut merged = previous.properties.clone();
    merge(&mut merged, body);
    let path = previous.path.clone();
    store(call, kind, path, Some(previous), &merged, body, edit, StatusCode::OK)
}

/// Deepest merge; deeper objects are replaced. Bodies are no deeper.
const MERGE_DEPTH_MAX: usize = 32;

fn merge(into: &mut Map<String, Value>, patch: &Map<String, Value>) {
    fn step(into: &mut Map<String, Value>, patch: &Map<String, Value>, depth: usize) {
        for (name, value) in patch {
            match (into.get_mut(name), value) {
                // A cleared field stays as `null` so that the check falls back to its default.
                (Some(Value::Object(into)), Value::Object(patch)) if depth < MERGE_DEPTH_MAX => {
                    step(into, patch, depth + 1);
                }
                _ => {
                    into.insert(name.clone(), value.clone());
                }
            }
        }
    }
    step(into, patch, 0);
}

/// Checks and plans one resource. `whole`: what the resource is to be; `sent`: what the client sent.
#[allow(clippy::too_many_arguments, reason = "the parts of one write, used in two places")]
fn store(
    call: &Call,
    kind: &'static Kind,
    path: String,
    previous: Option<Arc<Resource>>,
    whole: &Map<String, Value>,
    sent: &Map<String, Value>,
    edit: &mut Edit<'_>,
    status: StatusCode,
) -> Result<Answer, Failure> {
    let mut findings = Vec::new();
    let before = previous.as_deref().map(|previous| &previous.properties);
    let properties = if kind.free_form {
        whole.clone()
    } else {
        check_fields(kind.fields, whole, before, &call.service, &mut findings)
    };
    let mut draft = Draft { kind, path: &path, previous, body: sent, properties, query: &call.query, findings };
    kind.behaviour.check(&mut draft, edit)?;
    if !draft.findings.is_empty() {
        return Err(Failure::Validation(draft.findings));
    }
    edit.put(Resource::new(kind, path.clone(), draft.properties.clone()));
    kind.behaviour.stored(&draft, edit)?;
    Ok(Answer::resource(status, path))
}

fn put_link(
    path: String,
    existed: bool,
    kind: &'static Kind,
    target: &str,
    edit: &mut Edit<'_>,
) -> Result<Answer, Failure> {
    let noun = kinds::find(target).map_or("Resource", |kind| kind.noun);
    let linked = edit.get(&format!("{target}/{}", resource::last(&path))).ok_or_else(|| Failure::absent(noun))?;
    // The link is known by the linked resource's own spelling of its name.
    let collection = path.rsplit_once('/').map_or("", |(collection, _)| collection);
    let path = format!("{collection}/{}", linked.name());
    if existed {
        return Ok(Answer::resource(StatusCode::OK, path));
    }
    let empty = Map::new();
    let query = super::Query::default();
    let mut draft = Draft {
        kind,
        path: &path,
        previous: None,
        body: &empty,
        properties: Map::new(),
        query: &query,
        findings: Vec::new(),
    };
    kind.behaviour.check(&mut draft, edit)?;
    if !draft.findings.is_empty() {
        return Err(Failure::Validation(draft.findings));
    }
    edit.put(Resource::new(kind, path.clone(), Map::new()));
    kind.behaviour.stored(&draft, edit)?;
    Ok(Answer::resource(StatusCode::CREATED, path))
}

/// DELETE: 204 also when it was not there; 404 when its parent is not.
pub fn delete(call: &Call, kind: &'static Kind, edit: &mut Edit<'_>) -> Result<Answer, Failure> {
    if !kind.can_delete {
        return Err(Failure::MethodNotAllowed(format!("{} cannot be deleted", kind.path)));
    }
    let path = call.path();
    if let Some(noun) = resource::parent(&path).and_then(|parent| read::missing_ancestor(parent, edit)) {
        return Err(Failure::absent(noun));
    }
    let Some(found) = edit.get(&path) else { return Ok(Answer::no_content()) };
    call.conditions.check(Some(&found))?;
    remove(&found, &call.query, edit)?;
    Ok(Answer::no_content())
}

/// Deletes a resource with all that belongs to it, as DELETE does.
pub fn remove(resource: &Resource, query: &super::Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
    resource.kind.behaviour.deleting(resource, query, edit)?;
    edit.remove_tree(&resource.path);
    resource.kind.behaviour.deleted(resource, edit)
}

/// The path a PUT writes: type segments in the reference's case, ancestors and the resource itself
/// in the case they were created with.
fn address(path: &str, kind: &'static Kind, view: &dyn View) -> Result<String, Failure> {
    if !kind.can_put {
        return Err(Failure::MethodNotAllowed(format!("{} cannot be written", kind.path)));
    }
    if let Some(existing) = view.get(path) {
        return Ok(existing.path.clone());
    }
    let name = resource::last(path);
    if let Some(finding) = check_name(name, kind) {
        return Err(Failure::Validation(vec![finding]));
    }
    let Some(parent) = resource::parent(path) else { return Ok(format!("{}/{name}", kind.path)) };
    match view.get(parent) {
        Some(parent) => Ok(format!("{}/{}/{name}", parent.path, kind.segment())),
        None => Err(Failure::absent(read::missing_ancestor(parent, view).unwrap_or("Resource"))),
    }
}

fn check_name(name: &str, kind: &Kind) -> Option<Finding> {
    const REFUSED: &[char] = &['*', '#', '&', '+', ':', '<', '>', '?', '/'];
    let target = "name";
    if !kind.names.is_empty() {
        return (!kind.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
            .then(|| Finding::new(target, format!("'{name}' must be one of {}", kind.names.join(", "))));
    }
    if name.is_empty() || name.chars().count() > kind.name_chars_max {
        return Some(Finding::new(target, format!("the name must have 1 to {} characters", kind.name_chars_max)));
    }
    name.chars()
        .find(|character| REFUSED.contains(character) || character.is_control())
        .map(|character| Finding::new(target, format!("the name must not contain {character:?}")))
}
