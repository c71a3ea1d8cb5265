//! Import and export of an API's definition. Source: management-api.md, chapter 8.
//!
//! An import is a PUT of an API with `format` and `value`. The document is fetched and read before the write begins
//! ([`prepare`]); what it brings travels in the body under [`IMPORTED`], so that it is read once and the write itself
//! stays short. An export is a link, valid for minutes, that needs no token.

use super::links::existing;
use super::operations::OPERATIONS;
use super::{Draft, Module, Route, apis, check_fields, schemas, subscriptions};
use crate::api::error::{Failure, Finding};
use crate::api::{Answer, Call, read};
use crate::edit::Edit;
use crate::gateway_token::{self, Token};
use crate::openapi::{self, Dialect, Imported, Operation, RequiredQuery};
use crate::outside::Outside;
use crate::resource::{self, Resource, api_base};
use crate::service::ServiceAddress;
use crate::state::View;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

/// Where a body carries what its document says. Clients cannot set it: [`prepare`] takes it out first.
const IMPORTED: &str = "$imported";
/// A link is good for at least five minutes; tokens end at full minutes.
const LINK_LIFE: SignedDuration = SignedDuration::from_mins(6);
/// Path of exports, beside the management API's own paths: it takes no other credential than its token.
pub const EXPORT_PATH: &str = "/exports";

pub static MODULE: Module = Module { routes: &[Route::read("GET", "apis/{}", get_or_export)], ..Module::DEFAULT };

/// Fetches and reads the document of an import.
pub async fn prepare(outside: &Outside, properties: &mut Map<String, Value>) -> Result<(), Failure> {
    properties.remove(IMPORTED);
    let text = |name: &str| properties.get(name).and_then(Value::as_str).map(str::to_owned);
    let Some(value) = text("value") else { return Ok(()) };
    let format = text("format").unwrap_or_default().to_ascii_lowercase();
    let (dialect, is_link) = match format.as_str() {
        "openapi" | "openapi+json" => (Dialect::OpenApi3, false),
        "openapi-link" | "openapi+json-link" => (Dialect::OpenApi3, true),
        "swagger-json" => (Dialect::Swagger2, false),
        "swagger-link-json" | "swagger-link" => (Dialect::Swagger2, true),
        // The endpoint itself is the backend; its schema comes separately, as `schemas/graphql`.
        "graphql-link" => {
            properties.entry("serviceUrl").or_insert_with(|| value.into());
            return Ok(());
        }
        "" => return Err(Failure::invalid("format", "'format' must not be empty when 'value' is given")),
        other => {
            let hint = "convert the definition to OpenAPI 3 and import that, or create the operations by hand";
            return Err(Failure::invalid(
                "format",
                format!("definitions of the format '{other}' are not imported; {hint}"),
            ));
        }
    };
    let document = if is_link { outside.fetch(&value, "representation").await? } else { value };
    let required_query = match text("translateRequiredQueryParameters").as_deref() {
        Some("query") => RequiredQuery::Query,
        _ => RequiredQuery::Template,
    };
    let imported = openapi::import(&document, dialect, required_query).map_err(|findings| {
        Failure::Validation(
            findings
                .into_iter()
                .map(|why| Finding::new("representation", format!("Parsing error(s): {why}")))
                .collect(),
        )
    })?;
    properties.insert(IMPORTED.to_owned(), to_body(imported));
    Ok(())
}

fn to_body(imported: Imported) -> Value {
    let operations: Vec<Value> = imported
        .operations
        .into_iter()
        .map(|operation| json!({ "name": operation.name, "properties": operation.properties }))
        .collect();
    json!({
        "properties": {
            "displayName": imported.display_name,
            "description": imported.description,
            "serviceUrl": imported.service_url,
            "protocols": if imported.protocols.is_empty() { Value::Null } else { imported.protocols.into() },
            "termsOfServiceUrl": imported.terms_of_service_url,
            "contact": imported.contact,
            "license": imported.license,
        },
        "operations": operations,
        "components": imported.components,
    })
}

/// Fills in what the document says and the body does not, and checks the operations.
pub fn check(draft: &mut Draft<'_>, edit: &Edit<'_>) {
    let Some(imported) = draft.body.get(IMPORTED) else { return };
    for (name, value) in imported["properties"].as_object().into_iter().flatten() {
        let is_given = draft.body.get(name).is_some_and(|given| !given.is_null());
        if !is_given && !value.is_null() {
            draft.properties.insert(name.clone(), value.clone());
        }
    }
    let mut addresses = std::collections::HashSet::new();
    let mut findings = Vec::new();
    for (name, properties) in operations(imported) {
        let mut wrong = Vec::new();
        check_fields(OPERATIONS.fields, properties, None, edit.service, &mut wrong);
        findings.extend(wrong.into_iter().map(|finding| {
            Finding::new("representation", format!("Parsing error(s): operation '{name}': {}", finding.message))
        }));
        let text = |field: &str| properties.get(field).and_then(Value::as_str).unwrap_or_default();
        if !addresses.insert(format!("{} {}", text("method"), super::operations::shape(text("urlTemplate")))) {
            let why = format!(
                "operation '{name}' has the method and URL template of another: {} {}",
                text("method"),
                text("urlTemplate")
            );
            findings.push(Finding::new("representation", format!("Parsing error(s): {why}")));
        }
    }
    draft.findings.extend(findings);
}

fn operations(imported: &Value) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
    imported["operations"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|operation| Some((operation["name"].as_str()?, operation["properties"].as_object()?)))
}

/// Replaces the operations and definitions of the API. Operations that stay keep their policies and tags.
pub fn store(draft: &Draft<'_>, edit: &mut Edit<'_>) {
    let Some(imported) = draft.body.get(IMPORTED) else { return };
    let api = draft.path;
    let mut kept = std::collections::HashSet::new();
    for (name, properties) in operations(imported) {
        let path = format!("{api}/operations/{name}");
        kept.insert(resource::key(&path));
        put_changed(Resource::new(&OPERATIONS, path, properties.clone()), edit);
    }
    for gone in edit.list(&format!("{api}/operations")).into_iter().filter(|operation| !kept.contains(&operation.key()))
    {
        edit.remove_tree(&gone.path);
    }
    let schema = format!("{api}/schemas/{}", openapi::SCHEMA_ID);
    for old in edit.list(&format!("{api}/schemas")) {
        let is_definitions = old.text("contentType").is_some_and(|ty| ty.ends_with("+json"));
        if is_definitions && !(old.path.eq_ignore_ascii_case(&schema) && imported["components"].is_object()) {
            edit.remove_tree(&old.path);
        }
    }
    if imported["components"].is_object() {
        let document = json!({ "components": imported["components"] });
        let properties =
            [("contentType".to_owned(), openapi::COMPONENTS_TYPE.into()), ("document".to_owned(), document)]
                .into_iter()
                .collect();
        put_changed(Resource::new(&schemas::OF_API, schema, properties), edit);
    }
}

/// Leaves alone what is the same, so that its ETag stays.
fn put_changed(resource: Resource, edit: &mut Edit<'_>) {
    if edit.get(&resource.path).is_none_or(|before| before.properties != resource.properties) {
        edit.put(resource);
    }
}

/// `GET apis/{id}`, and with `export=true` the link to its definition.
fn get_or_export(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    if !call.query.flag("export") {
        return if call.method == Method::HEAD {
            read::head(call, &apis::APIS, view)
        } else {
            read::get(call, &apis::APIS, view)
        };
    }
    let api = existing(view, &format!("apis/{}", call.name(0)), "Api")?;
    let format = call.query.get("format").unwrap_or_default().to_ascii_lowercase();
    let told = match format.as_str() {
        "openapi-link" | "openapi+json-link" => format.as_str(),
        "swagger-link" | "swagger-link-json" => "swagger-link-json",
        other => {
            return Err(Failure::invalid(
                "format",
                format!("'format' must be openapi-link, openapi+json-link or swagger-link; '{other}' is not exported"),
            ));
        }
    };
    let expiry = Timestamp::now().saturating_add(LINK_LIFE).map_err(|_| Failure::absent("Api"))?;
    let token = gateway_token::sign(&format!("{}|{told}", api.path), expiry, &signing_key(view)?);
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("token", &token).finish();
    Ok(Answer::json(json!({
        "id": call.service.full(&api.path),
        "format": told,
        "value": { "link": format!("{}{EXPORT_PATH}?{query}", call.origin) },
    })))
}

/// Every replica has it, and nobody outside.
fn signing_key(view: &dyn View) -> Result<String, Failure> {
    let master = view.get(subscriptions::MASTER).ok_or_else(|| Failure::absent("Subscription"))?;
    Ok(format!("export {}", master.text("secondaryKey").unwrap_or_default()))
}

/// What a link of [`get_or_export`] leads to: media type and text.
///
/// # Errors
/// `Unauthenticated` when the token is not one of ours, or has expired.
pub fn exported(
    token: &str,
    gateway: Option<&str>,
    service: &ServiceAddress,
    view: &dyn View,
) -> Result<(&'static str, String), Failure> {
    let refuse = |error: gateway_token::TokenError| Failure::Unauthenticated(error.to_string());
    let token = Token::parse(token).map_err(refuse)?;
    token.verify([signing_key(view)?.as_str()], Timestamp::now()).map_err(refuse)?;
    let (path, format) = token.id.rsplit_once('|').ok_or_else(|| Failure::absent("Api"))?;
    let api = existing(view, path, "Api")?;
    let header = |name: &str| {
        api.properties.get("subscriptionKeyParameterNames").and_then(|names| names.get(name)).and_then(Value::as_str)
    };
    let key = (header("header").unwrap_or_default(), header("query").unwrap_or_default());
    let children = |collection: &str| view.list(&format!("{}/{collection}", api.path));
    let document = openapi::Api {
        title: api.text("displayName").unwrap_or(api.name()),
        description: api.text("description").filter(|text| !text.is_empty()),
        version: api.text("apiVersion").or(api.text("apiRevision")).unwrap_or("1"),
        servers: vec![url(&api, gateway, service, view)],
        subscription_key: api.flag("subscriptionRequired").then_some(key),
        operations: children("operations")
            .iter()
            .map(|operation| Operation { name: operation.name().to_owned(), properties: operation.properties.clone() })
            .collect(),
        schemas: children("schemas").iter().filter_map(|schema| schema.properties.get("document").cloned()).collect(),
    };
    Ok(match format {
        "openapi-link" => ("application/vnd.oai.openapi", document.to_yaml()),
        "swagger-link-json" => ("application/json", document.to_swagger()),
        _ => ("application/json", document.to_json()),
    })
}

/// Where the managed gateway, at the origin `gateway`, serves the API; the path alone when nobody
/// knows where it is.
fn url(api: &Resource, gateway: Option<&str>, service: &ServiceAddress, view: &dyn View) -> String {
    let mut parts = vec![api.text("path").unwrap_or_default().to_owned()];
    let set = api.text("apiVersionSetId").and_then(|id| service.below(id)).and_then(|path| view.get(path));
    if set.is_some_and(|set| set.text("versioningScheme") == Some("Segment")) {
        parts.push(api.text("apiVersion").unwrap_or_default().to_owned());
    }
    parts.retain(|part| !part.is_empty());
    let mut url = format!("{}/{}", gateway.unwrap_or_default(), parts.join("/"));
    if api_base(api.name()) != api.name() {
        url.push_str(&format!(";rev={}", api.text("apiRevision").unwrap_or("1")));
    }
    url
}
