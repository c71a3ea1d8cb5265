//! `products`, what they offer (`apis`), and to whom (`groups`). Source: management-api.md, chapter 9.

use super::links::{LINK_ID, LinkForm, answer_list, existing};
use super::{Behaviour, Field, Kind, Module, Render, Route, Type};
use crate::api::error::Failure;
use crate::api::{Answer, Call, Query, read};
use crate::edit::Edit;
use crate::resource::{self, Resource};
use crate::state::View;
use serde_json::{Map, Value};

pub static PRODUCTS: Kind = Kind {
    path: "products",
    noun: "Product",
    name_chars_max: 256,
    fields: &[
        Field::text("displayName", 1, 300).required(),
        Field::text("description", 0, 1000),
        Field::text("terms", 0, 65_536),
        Field::flag("subscriptionRequired", true),
        Field::flag("approvalRequired", false),
        Field::new("subscriptionsLimit", Type::Integer { min: 0, max: i32::MAX as i64 }),
        Field::one_of("state", &["notPublished", "published"]).default_to(super::Default::Text("notPublished")),
    ],
    behaviour: &Products,
    ..Kind::DEFAULT
};

pub static APIS: Kind = Kind {
    path: "products/apis",
    noun: "Api",
    name_chars_max: 256,
    fields: &[LINK_ID],
    link_to: Some("apis"),
    head_no_content: true,
    can_patch: false,
    ..Kind::DEFAULT
};

pub static GROUPS: Kind = Kind {
    path: "products/groups",
    noun: "Group",
    name_chars_max: 256,
    fields: &[LINK_ID],
    link_to: Some("groups"),
    head_no_content: true,
    can_patch: false,
    ..Kind::DEFAULT
};

struct Products;

impl Behaviour for Products {
    fn deleting(&self, product: &Resource, query: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let subscriptions = super::subscriptions::of_scope(edit, &product.path);
        if !subscriptions.is_empty() && !query.flag("deleteSubscriptions") {
            return Err(Failure::invalid(
                "deleteSubscriptions",
                format!(
                    "the product has {} subscriptions; delete them first or pass deleteSubscriptions=true",
                    subscriptions.len()
                ),
            ));
        }
        subscriptions.iter().for_each(|subscription| edit.remove_tree(&subscription.path));
        Ok(())
    }

    fn render(&self, product: &Resource, render: &Render<'_>, properties: &mut Map<String, Value>) {
        if render.query.flag("expandGroups") {
            let plain = Render { in_list: true, ..*render };
            let groups = render.view.list(&format!("{}/groups", product.path));
            properties.insert("groups".into(), groups.iter().map(|group| read::render(group, &plain)).collect());
        }
    }

    /// `tags=a,b`: products with one of the tags, by display name or id.
    fn listed(&self, product: &Resource, render: &Render<'_>) -> bool {
        let Some(wanted) = render.query.get("tags").filter(|tags| !tags.is_empty()) else { return true };
        let links = render.view.list(&format!("{}/tags", product.path));
        wanted.split(',').map(str::trim).any(|wanted| {
            links.iter().any(|link| {
                let tag = render.view.get(&format!("tags/{}", link.name()));
                let display_name = tag.as_deref().and_then(|tag| tag.text("displayName")).unwrap_or_default();
                link.name().eq_ignore_ascii_case(wanted) || display_name.eq_ignore_ascii_case(wanted)
            })
        })
    }
}

struct ApiLinks;

impl LinkForm for ApiLinks {
    const TYPE: &'static str = "products/apiLinks";
    const HOLDER: &'static str = "products";
    const FIELD: &'static str = "apiId";
    const TARGET: &'static str = "apis";
    const LINK: &'static str = "products/apis";
    const BELOW_TARGET: bool = false;
}

struct GroupLinks;

impl LinkForm for GroupLinks {
    const TYPE: &'static str = "products/groupLinks";
    const HOLDER: &'static str = "products";
    const FIELD: &'static str = "groupId";
    const TARGET: &'static str = "groups";
    const LINK: &'static str = "products/groups";
    const BELOW_TARGET: bool = false;
}

pub static MODULE: Module = Module {
    kinds: &[&PRODUCTS, &APIS, &GROUPS],
    routes: &[
        Route::read("GET", "apis/{}/products", products_of_api),
        Route::read("GET", "products/{}/subscriptions", subscriptions),
        Route::read("GET", "products/{}/apiLinks", ApiLinks::get_all),
        Route::read("GET", "products/{}/apiLinks/{}", ApiLinks::get_one),
        Route::write("PUT", "products/{}/apiLinks/{}", ApiLinks::put),
        Route::write("DELETE", "products/{}/apiLinks/{}", ApiLinks::delete),
        Route::read("GET", "products/{}/groupLinks", GroupLinks::get_all),
        Route::read("GET", "products/{}/groupLinks/{}", GroupLinks::get_one),
        Route::write("PUT", "products/{}/groupLinks/{}", GroupLinks::put),
        Route::write("DELETE", "products/{}/groupLinks/{}", GroupLinks::delete),
    ],
    ..Module::DEFAULT
};

/// Products that offer an API, whatever revision is asked for.
fn products_of_api(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    existing(view, &format!("apis/{}", call.name(0)), "Api")?;
    let api = resource::api_base(call.name(0));
    let products: Vec<_> = view
        .list("products")
        .into_iter()
        .filter(|product| view.get(&format!("{}/apis/{api}", product.path)).is_some())
        .collect();
    answer_list(call, view, "apis/products", &products)
}

fn subscriptions(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let product = existing(view, &format!("products/{}", call.name(0)), "Product")?;
    answer_list(call, view, "products/subscriptions", &super::subscriptions::of_scope(view, &product.path))
}
