//! `apiVersionSets`: how callers tell which version they want. Source: management-api.md, chapter 8.

use super::{Behaviour, Draft, Field, Kind, Module, check_fields};
use crate::api::Query;
use crate::api::error::Failure;
use crate::edit::Edit;
use crate::resource::Resource;
use crate::state::View;
use serde_json::{Map, Value};

pub static VERSION_SETS: Kind = Kind {
    path: "apiVersionSets",
    noun: "ApiVersionSet",
    fields: &[
        Field::text("displayName", 1, 100).required(),
        Field::text("description", 0, 10_000),
        Field::one_of("versioningScheme", &["Segment", "Query", "Header"]).required(),
        Field::text("versionQueryName", 1, 100),
        Field::text("versionHeaderName", 1, 100),
    ],
    behaviour: &VersionSets,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module { kinds: &[&VERSION_SETS], ..Module::DEFAULT };

struct VersionSets;

impl Behaviour for VersionSets {
    fn check(&self, draft: &mut Draft<'_>, _: &Edit<'_>) -> Result<(), Failure> {
        let needed = match draft.text("versioningScheme") {
            Some("Query") => "versionQueryName",
            Some("Header") => "versionHeaderName",
            _ => return Ok(()),
        };
        if draft.text(needed).is_none() {
            draft.refuse(needed, format!("'{needed}' must not be empty for this versioning scheme"));
        }
        Ok(())
    }

    fn deleting(&self, set: &Resource, _: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let id = edit.service.full(&set.path).to_lowercase();
        match edit.list("apis").iter().find(|api| api.text("apiVersionSetId").is_some_and(|of| of.to_lowercase() == id))
        {
            Some(api) => {
                Err(Failure::invalid("versionSetId", format!("the version set is used by the API '{}'", api.name())))
            }
            None => Ok(()),
        }
    }
}

/// Path of the set that an API's body gives inline (`apiVersionSet: {name, versioningScheme, …}`): the one it names by
/// id, else one named after the API.
fn inline_path(draft: &Draft<'_>, edit: &Edit<'_>) -> Option<(String, Map<String, Value>)> {
    let given = draft.body.get("apiVersionSet")?.as_object()?;
    let id = given.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    let named = id.or(draft.text("apiVersionSetId")).and_then(|id| edit.service.relative(id, "apiVersionSets"));
    let path = named.unwrap_or_else(|| format!("apiVersionSets/{}", crate::resource::api_base(draft.name())));
    // Inline, `name` is what a set on its own calls `displayName`.
    let mut properties: Map<String, Value> = given
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "id" | "name"))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    if let Some(name) = given.get("name") {
        properties.entry("displayName").or_insert_with(|| name.clone());
    }
    Some((path, properties))
}

/// Lets an API refer to the set that its body gives inline.
pub fn name_inline(draft: &mut Draft<'_>, edit: &Edit<'_>) {
    let Some((path, properties)) = inline_path(draft, edit) else { return };
    let mut findings = Vec::new();
    if edit.get(&path).is_none() {
        check_fields(VERSION_SETS.fields, &properties, None, edit.service, &mut findings);
    }
    for finding in findings {
        draft.refuse(&format!("apiVersionSet.{}", finding.target), finding.message);
    }
    draft.set("apiVersionSetId", edit.service.full(&path));
}

/// Creates the set that an API's body gives inline, when it does not exist yet.
pub fn store_inline(draft: &Draft<'_>, edit: &mut Edit<'_>) {
    let Some((path, properties)) = inline_path(draft, edit) else { return };
    if edit.get(&path).is_none() {
        let properties = check_fields(VERSION_SETS.fields, &properties, None, edit.service, &mut Vec::new());
        edit.put(Resource::new(&VERSION_SETS, path, properties));
    }
}
