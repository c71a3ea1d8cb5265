//! `tags`, what they are on, and lists by tag. Source: management-api.md, chapter 14.

use super::links::{LINK_ID, LinkForm, answer_list, check_unique, existing};
use super::{Behaviour, Draft, Field, Kind, Module, Render, Route, Type};
use crate::api::error::Failure;
use crate::api::{Answer, Call, list, read};
use crate::edit::Edit;
use crate::odata;
use crate::resource::{self, Resource};
use crate::state::View;
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub static TAGS: Kind = Kind {
    path: "tags",
    noun: "Tag",
    fields: &[Field::text("displayName", 1, 160).required()],
    behaviour: &Tags,
    ..Kind::DEFAULT
};

const ASSIGNMENT: Kind =
    Kind { noun: "Tag", fields: &[LINK_ID], link_to: Some("tags"), can_patch: false, ..Kind::DEFAULT };

pub static OF_API: Kind = Kind { path: "apis/tags", ..ASSIGNMENT };
pub static OF_OPERATION: Kind = Kind { path: "apis/operations/tags", ..ASSIGNMENT };
pub static OF_PRODUCT: Kind = Kind { path: "products/tags", ..ASSIGNMENT };

pub static DESCRIPTIONS: Kind = Kind {
    path: "apis/tagDescriptions",
    noun: "TagDescription",
    fields: &[
        Field::text("description", 0, 10_000),
        Field::text("externalDocsUrl", 0, 2000),
        Field::text("externalDocsDescription", 0, 2000),
        Field::text("displayName", 0, 160).read_only(),
        Field::new("tagId", Type::Text { min: 0, max: 2000 }).read_only(),
    ],
    can_patch: false,
    behaviour: &Descriptions,
    ..Kind::DEFAULT
};

pub static MODULE: Module = Module {
    kinds: &[&TAGS, &OF_API, &OF_OPERATION, &OF_PRODUCT, &DESCRIPTIONS],
    routes: &[
        Route::read("GET", "tags/{}/apiLinks", ApiLinks::get_all),
        Route::read("GET", "tags/{}/apiLinks/{}", ApiLinks::get_one),
        Route::write("PUT", "tags/{}/apiLinks/{}", ApiLinks::put),
        Route::write("DELETE", "tags/{}/apiLinks/{}", ApiLinks::delete),
        Route::read("GET", "tags/{}/operationLinks", OperationLinks::get_all),
        Route::read("GET", "tags/{}/operationLinks/{}", OperationLinks::get_one),
        Route::write("PUT", "tags/{}/operationLinks/{}", OperationLinks::put),
        Route::write("DELETE", "tags/{}/operationLinks/{}", OperationLinks::delete),
        Route::read("GET", "tags/{}/productLinks", ProductLinks::get_all),
        Route::read("GET", "tags/{}/productLinks/{}", ProductLinks::get_one),
        Route::write("PUT", "tags/{}/productLinks/{}", ProductLinks::put),
        Route::write("DELETE", "tags/{}/productLinks/{}", ProductLinks::delete),
        Route::read("GET", "apis/{}/tags", tags_of_api),
        Route::read("GET", "apisByTags", |call, view| by_tags(call, view, "apisByTags", &[APIS])),
        Route::read("GET", "productsByTags", |call, view| by_tags(call, view, "productsByTags", &[PRODUCTS])),
        Route::read("GET", "apis/{}/operationsByTags", |call, view| {
            by_tags(call, view, "apis/operationsByTags", &[OPERATIONS])
        }),
        Route::read("GET", "tagResources", |call, view| {
            by_tags(call, view, "tagResources", &[APIS, OPERATIONS, PRODUCTS])
        }),
    ],
    ..Module::DEFAULT
};

struct Tags;

impl Behaviour for Tags {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        check_unique(draft, edit, "tags", "displayName");
        Ok(())
    }

    /// `scope=apis/{apiId}`: tags that are used there.
    fn listed(&self, tag: &Resource, render: &Render<'_>) -> bool {
        let Some(scope) =
            render.query.get("scope").map(|scope| scope.trim_matches('/')).filter(|scope| !scope.is_empty())
        else {
            return true;
        };
        let below = format!("{}/", resource::key(scope));
        let is_used = |kind: &Kind| {
            let links = render.view.all(kind.path);
            links.iter().any(|link| link.name().eq_ignore_ascii_case(tag.name()) && link.key().starts_with(&below))
        };
        [&OF_API, &OF_OPERATION, &OF_PRODUCT].into_iter().any(is_used)
    }
}

struct Descriptions;

impl Behaviour for Descriptions {
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        // A description stands for the tag of its name.
        let tag = edit.get(&format!("tags/{}", draft.name()));
        let display_name = tag.as_deref().and_then(|tag| tag.text("displayName")).unwrap_or(draft.name()).to_owned();
        draft.set("displayName", display_name);
        if let Some(tag) = tag {
            draft.set("tagId", edit.service.full(&tag.path));
        }
        Ok(())
    }
}

macro_rules! link_form {
    ($name:ident, $form:literal, $field:literal, $target:literal, $link:literal) => {
        struct $name;
        impl LinkForm for $name {
            const TYPE: &'static str = $form;
            const HOLDER: &'static str = "tags";
            const FIELD: &'static str = $field;
            const TARGET: &'static str = $target;
            const LINK: &'static str = $link;
            const BELOW_TARGET: bool = true;
        }
    };
}

link_form!(ApiLinks, "tags/apiLinks", "apiId", "apis", "apis/tags");
link_form!(OperationLinks, "tags/operationLinks", "operationId", "apis/operations", "apis/operations/tags");
link_form!(ProductLinks, "tags/productLinks", "productId", "products", "products/tags");

fn tags_of_api(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let api = existing(view, &format!("apis/{}", call.name(0)), "Api")?;
    let links = view.list(&format!("{}/tags", api.path));
    let tags: Vec<_> = links.iter().filter_map(|link| view.get(&format!("tags/{}", link.name()))).collect();
    answer_list(call, view, "apis/tags", &tags)
}

/// One kind of resource that carries tags.
#[derive(Clone, Copy)]
struct Tagged {
    /// Its kind.
    path: &'static str,
    /// The kind of its assignments.
    links: &'static str,
    /// Its name in an item: `api`.
    item: &'static str,
    /// The query parameter that adds what has no tag.
    not_tagged: &'static str,
}

const APIS: Tagged = Tagged { path: "apis", links: "apis/tags", item: "api", not_tagged: "includeNotTaggedApis" };
const OPERATIONS: Tagged = Tagged {
    path: "apis/operations",
    links: "apis/operations/tags",
    item: "operation",
    not_tagged: "includeNotTaggedOperations",
};
const PRODUCTS: Tagged =
    Tagged { path: "products", links: "products/tags", item: "product", not_tagged: "includeNotTaggedProducts" };

/// Items `{"tag": {…}, "api": {…}}`, by tag and then by resource.
fn by_tags(call: &Call, view: &dyn View, list_name: &str, kinds: &[Tagged]) -> Result<Answer, Failure> {
    let below = match call.names.first() {
        Some(api) => format!("{}/", existing(view, &format!("apis/{api}"), "Api")?.key()),
        None => String::new(),
    };
    let mut items: Vec<(String, Value)> = Vec::new();
    for kind in kinds {
        let links: Vec<_> = view.all(kind.links).into_iter().filter(|link| link.key().starts_with(&below)).collect();
        for link in &links {
            let Some(holder) = link.parent().and_then(|path| view.get(path)) else { continue };
            let Some(tag) = view.get(&format!("tags/{}", link.name())) else { continue };
            let name = tag.text("displayName").unwrap_or(tag.name());
            let item = json!({ "tag": { "id": call.service.full(&tag.path), "name": name }, kind.item: flat(call, view, &holder) });
            items.push((format!("{} {}", name.to_lowercase(), holder.key()), item));
        }
        if call.query.flag(kind.not_tagged) {
            let tagged: Vec<String> = links.iter().filter_map(|link| link.parent().map(resource::key)).collect();
            let rest = view
                .all(kind.path)
                .into_iter()
                .filter(|held| held.key().starts_with(&below) && !tagged.contains(&held.key()));
            items.extend(rest.map(|held| (format!("~ {}", held.key()), json!({ kind.item: flat(call, view, &held) }))));
        }
    }
    items.sort_by(|left, right| left.0.cmp(&right.0));
    let mut items: Vec<Value> = items.into_iter().map(|(_, item)| item).collect();
    if list_name == "tagResources" {
        items = filter_resources(call, items)?;
        return list::page(call, None, items);
    }
    list::page(call, odata::fields_of(list_name), items)
}

/// `tagResources` filters on the fields of whichever resource an item holds.
fn filter_resources(call: &Call, items: Vec<Value>) -> Result<Vec<Value>, Failure> {
    let Some(text) = call.query.get("$filter").filter(|text| !text.trim().is_empty()) else { return Ok(items) };
    let filter = odata::Filter::parse(text, odata::fields_of("tagResources").unwrap_or(&[]))?;
    let holds = |item: &Value| {
        let inner = ["api", "operation", "product"].iter().find_map(|name| item.get(*name));
        let mut properties = inner.and_then(Value::as_object).cloned().unwrap_or_default();
        let aid = properties.get("id").cloned().unwrap_or_default();
        let name = properties.get("name").cloned().unwrap_or_default();
        properties.insert("aid".into(), aid);
        properties.insert("displayName".into(), name);
        filter.matches(&json!({ "properties": properties }))
    };
    Ok(items.into_iter().filter(holds).collect())
}

/// The properties with `id` and the display name as `name` beside them.
fn flat(call: &Call, view: &dyn View, held: &Arc<Resource>) -> Value {
    let mut body = read::render(held, &call.render(view, true));
    let mut out = Map::new();
    out.insert("id".into(), body["id"].take());
    out.insert("name".into(), held.text("displayName").unwrap_or(held.name()).into());
    if held.kind.path == "apis/operations"
        && let Some(api) = held.parent().and_then(|path| view.get(path))
    {
        out.insert("apiName".into(), api.text("displayName").unwrap_or(api.name()).into());
        for field in ["apiRevision", "apiVersion"] {
            if let Some(text) = api.text(field) {
                out.insert(field.into(), text.into());
            }
        }
    }
    if let Value::Object(properties) = body["properties"].take() {
        out.extend(properties.into_iter().filter(|(name, _)| name != "displayName"));
    }
    out.into()
}
