//! APIs. Source: management-api, chapter 8.

use super::{Behaviour, Default, Draft, Field, Kind, Module, Render, Type, definitions, revisions, version_sets};
use crate::api::Query;
use crate::api::error::Failure;
use crate::edit::Edit;
use crate::outside::Outside;
use crate::resource::{Resource, api_base};
use crate::state::View;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use tollgate_contract::MANAGED_GATEWAY;

pub static MODULE: Module = Module { kinds: &[&APIS], ..Module::DEFAULT };

const PROTOCOL: Type = Type::OneOf(&["http", "https", "ws", "wss"]);

/// What clients send when an API names no other place for its keys.
const KEY_HEADER: &str = "Ocp-Apim-Subscription-Key";
const KEY_QUERY: &str = "subscription-key";

pub static APIS: Kind = Kind {
    path: "apis",
    noun: "Api",
    name_chars_max: 256,
    fields: &[
        Field::text("displayName", 1, 300),
        Field::text("description", 0, 10_000),
        Field::text("path", 0, 400),
        Field::text("serviceUrl", 0, 2000),
        Field::list("protocols", &PROTOCOL).default_to(Default::Make(|| json!(["https"]))),
        Field::flag("subscriptionRequired", true),
        Field::object(
            "subscriptionKeyParameterNames",
            &[
                Field::text("header", 1, 256).default_to(Default::Text(KEY_HEADER)),
                Field::text("query", 1, 256).default_to(Default::Text(KEY_QUERY)),
            ],
        )
        .default_to(Default::Make(|| json!({ "header": KEY_HEADER, "query": KEY_QUERY }))),
        Field::one_of("type", &["http", "soap", "websocket", "graphql", "odata", "grpc"])
            .default_to(Default::Text("http")),
        Field::any("authenticationSettings"),
        Field::any("contact"),
        Field::any("license"),
        Field::text("termsOfServiceUrl", 0, 2000),
        Field::text("apiVersion", 0, 100),
        Field::reference("apiVersionSetId", "apiVersionSets"),
        Field::text("apiVersionDescription", 0, 256),
        Field::text("apiRevisionDescription", 0, 256),
        Field::text("apiRevision", 1, 100).read_only(),
        Field::new("isCurrent", Type::Flag).read_only(),
        Field::new("createdDateTime", Type::Time).read_only(),
        Field::new("updatedDateTime", Type::Time).read_only(),
    ],
    behaviour: &Apis,
    ..Kind::DEFAULT
};

struct Apis;

impl Behaviour for Apis {
    fn prepare<'a>(
        &'a self,
        outside: &'a Outside,
        properties: &'a mut Map<String, Value>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(definitions::prepare(outside, properties))
    }

    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        revisions::copy_properties(draft, edit);
        definitions::check(draft, edit);
        version_sets::name_inline(draft, edit);
        if draft.text("displayName").is_none() {
            draft.refuse("displayName", "'displayName' must not be empty");
        }
        if draft.text("path").is_none() {
            draft.refuse("path", "'path' must not be missing; it may be empty");
        }
        let path = draft.text("path").unwrap_or_default().trim_matches('/').to_owned();
        draft.set("path", path.as_str());
        if path.contains(['?', '#', '*', ' ']) || path.split('/').any(|segment| segment == "." || segment == "..") {
            draft.refuse("path", format!("'{path}' is not a URL path"));
        }
        if let Some(url) = draft.text("serviceUrl").filter(|url| !url.is_empty()).map(str::to_owned) {
            let known = ["http", "https", "ws", "wss"];
            // `{{name}}` may stand for any part of it.
            let is_url = url::Url::parse(&url).is_ok_and(|parsed| known.contains(&parsed.scheme()));
            if !is_url && !url.contains("{{") {
                draft.refuse("serviceUrl", format!("'{url}' is not a URL with a scheme of {}", known.join(", ")));
            }
        }
        if draft.properties.get("protocols").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            draft.refuse("protocols", "'protocols' must not be empty");
        }
        set_revision(draft, edit);
        check_path_is_free(draft, &path, edit);
        Ok(())
    }

    fn stored(&self, draft: &Draft<'_>, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let is_new = draft.previous.is_none() && api_base(draft.name()) == draft.name();
        let managed = format!("gateways/{MANAGED_GATEWAY}");
        // Every API runs on the managed gateway until it is taken off it.
        if is_new && edit.get(&managed).is_some() {
            let link =
                Resource::new(&super::gateways::GATEWAY_APIS, format!("{managed}/apis/{}", draft.name()), Map::new());
            edit.put(link);
        }
        version_sets::store_inline(draft, edit);
        revisions::copy_children(draft, edit);
        definitions::store(draft, edit);
        Ok(())
    }

    fn deleting(&self, api: &Resource, query: &Query, edit: &mut Edit<'_>) -> Result<(), Failure> {
        let others = revisions(api.name(), edit).into_iter().filter(|other| other.key() != api.key());
        let others: Vec<_> = others.collect();
        if api_base(api.name()) != api.name() || others.is_empty() {
            return Ok(());
        }
        if !query.flag("deleteRevisions") {
            return Err(Failure::invalid(
                "apiId",
                "the current revision cannot be deleted while the API has others; delete them first, or all with \
                 deleteRevisions=true",
            ));
        }
        for other in others {
            edit.remove_tree(&other.path);
        }
        Ok(())
    }

    fn render(&self, _: &Resource, render: &Render<'_>, properties: &mut Map<String, Value>) {
        properties.insert("isOnline".to_owned(), true.into());
        properties.insert("provisioningState".to_owned(), "Succeeded".into());
        if render.query.flag("expandApiVersionSet")
            && let Some(id) = properties.get("apiVersionSetId").and_then(Value::as_str)
            && let Some(set) = render.service.below(id).and_then(|path| render.view.get(path))
        {
            let mut expanded = set.properties.clone();
            expanded.insert("id".to_owned(), id.into());
            expanded.insert("name".to_owned(), set.text("displayName").unwrap_or_default().into());
            properties.insert("apiVersionSet".to_owned(), expanded.into());
        }
    }
}

/// Every revision of an API, the current one first.
pub fn revisions(name: &str, view: &dyn View) -> Vec<std::sync::Arc<Resource>> {
    let base = api_base(name).to_lowercase();
    let mut out: Vec<_> =
        view.list("apis").into_iter().filter(|api| api_base(api.name()).to_lowercase() == base).collect();
    out.sort_by_key(|api| !api.flag("isCurrent"));
    out
}

/// `apiRevision` and `isCurrent` follow from the name; times are stamped.
fn set_revision(draft: &mut Draft<'_>, edit: &Edit<'_>) {
    let base_chars = api_base(draft.name()).len();
    let suffix = draft.name().get(base_chars + ";rev=".len()..).map(str::to_owned);
    if let Some(suffix) = &suffix
        && (suffix.is_empty() || suffix.len() > 100 || !suffix.bytes().all(|byte| byte.is_ascii_digit()))
    {
        draft.refuse("apiRevision", format!("'{suffix}' is not a revision number"));
    }
    if draft.previous.is_none() {
        let named = draft.body.get("apiRevision").and_then(Value::as_str).map(str::to_owned);
        draft.set("apiRevision", suffix.clone().or(named).unwrap_or_else(|| "1".to_owned()));
        draft.set("isCurrent", suffix.is_none());
        draft.set("createdDateTime", edit.now_text());
    }
    draft.set("updatedDateTime", edit.now_text());
}

/// A path belongs to one API, or to the versions of one set.
fn check_path_is_free(draft: &mut Draft<'_>, path: &str, edit: &Edit<'_>) {
    let base = api_base(draft.name()).to_lowercase();
    let lower = |value: Option<&str>| value.unwrap_or_default().to_lowercase();
    let (set, version) = (lower(draft.text("apiVersionSetId")), lower(draft.text("apiVersion")));
    let is_inline = draft.body.get("apiVersionSet").is_some_and(Value::is_object);
    if !set.is_empty() && !is_inline && edit.service.below(&set).is_none_or(|path| edit.get(path).is_none()) {
        draft.refuse("apiVersionSetId", "the version set does not exist");
    }
    for other in edit.list("apis") {
        if api_base(other.name()).to_lowercase() == base || !other.flag("isCurrent") {
            continue;
        }
        if !other.text("path").unwrap_or_default().eq_ignore_ascii_case(path) {
            continue;
        }
        let same_set = !set.is_empty() && lower(other.text("apiVersionSetId")) == set;
        if same_set && lower(other.text("apiVersion")) != version {
            continue;
        }
        let why = if same_set { "version of the same set" } else { "API" };
        draft.refuse("path", format!("'{path}' is the path of another {why}, '{}'", other.name()));
        return;
    }
}
