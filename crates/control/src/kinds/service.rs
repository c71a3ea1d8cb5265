//! The service itself, its regions and its history of revisions.

use super::{Module, Route};
use crate::api::error::Failure;
use crate::api::list::whole;
use crate::api::{Answer, Call};
use crate::control::Control;
use crate::publish::Fleet;
use crate::service::{PROVIDER, ServiceAddress};
use futures_util::future::BoxFuture;
use http::Method;
use serde_json::{Value, json};
use tollgate_contract::MANAGED_GATEWAY;
use tollgate_store::{Content, RevisionSummary};

/// Port of a gateway's HTTP traffic unless it is told another. Source: design §2.
const MANAGED_PORT_DEFAULT: u16 = 8080;

/// What a single machine has instead of a cloud's regions.
const LOCATION: &str = "local";
/// Most revisions on one page.
const REVISIONS_PAGE_MAX: u64 = 1000;
const REVISIONS_PAGE_DEFAULT: u64 = 100;

pub static MODULE: Module = Module {
    routes: &[
        Route::read("GET", "", |call, _| Ok(Answer::json(document(&call.service, &call.origin, &call.fleet)))),
        Route::read("GET", "regions", |_, _| {
            Ok(whole(vec![json!({ "name": LOCATION, "isMasterRegion": true, "isDeleted": false })]))
        }),
        Route::wait("GET", "revisions", revisions),
        Route::wait("GET", "revisions/{}", revision),
    ],
    ..Module::DEFAULT
};

/// The service on the wire. `origin` is where the caller reached it; management and portals are
/// there. The gateway is where the managed gateway's latest node listens, and absent without one.
pub fn document(service: &ServiceAddress, origin: &str, fleet: &Fleet) -> Value {
    json!({
        "id": service.id(),
        "name": service.name,
        "type": format!("{PROVIDER}/service"),
        "location": LOCATION,
        "sku": { "name": "Premium", "capacity": 1 },
        "tags": {},
        "etag": "AAAAAAAAAAE=",
        "properties": {
            "publisherEmail": "administrator@localhost",
            "publisherName": service.name,
            "provisioningState": "Succeeded",
            "targetProvisioningState": "",
            // Clients expect an address always: where the managed gateway listens by default.
            "gatewayUrl": gateway_origin(origin, fleet).unwrap_or_else(|| default_gateway(origin)),
            "managementApiUrl": origin,
            "portalUrl": origin,
            "developerPortalUrl": null,
            "hostnameConfigurations": [],
            "virtualNetworkType": "None",
            "platformVersion": "undetermined",
        },
    })
}

fn default_gateway(origin: &str) -> String {
    let origin = url::Url::parse(origin).ok();
    format!("http://{}:{MANAGED_PORT_DEFAULT}", origin.as_ref().and_then(url::Url::host_str).unwrap_or("localhost"))
}

/// Where a caller that reached the management API at `origin` finds the managed gateway.
pub fn gateway_origin(origin: &str, fleet: &Fleet) -> Option<String> {
    let origin = url::Url::parse(origin).ok();
    let host = origin.as_ref().and_then(url::Url::host_str).unwrap_or("localhost");
    fleet.origin(MANAGED_GATEWAY, host)
}

/// `GET revisions`: newest first.
fn revisions<'a>(control: &'a Control, call: &'a Call) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(async move {
        let number = |name: &str, default: u64| match call.query.get(name) {
            None => Ok(default),
            Some(text) => text.parse::<u64>().map_err(|_| Failure::invalid(name, "must be a whole number")),
        };
        let skip = number("$skip", 0)?;
        let top = number("$top", REVISIONS_PAGE_DEFAULT)?.min(REVISIONS_PAGE_MAX);
        if top == 0 {
            return Err(Failure::invalid("$top", "must be at least 1"));
        }
        let service = &control.service().name;
        let count = control.store().revision_count(service).await?;
        let value: Vec<Value> = control.store().revisions(service, skip, top).await?.iter().map(summary).collect();
        let mut body = json!({ "value": value, "count": count });
        if skip + top < count {
            let version = call.query.get("api-version").unwrap_or_default();
            let (origin, path) = (&call.origin, &call.raw_path);
            body["nextLink"] = format!("{origin}{path}?api-version={version}&$top={top}&$skip={}", skip + top).into();
        }
        Ok(Answer::json(body))
    })
}

fn summary(revision: &RevisionSummary) -> Value {
    json!({
        "revision": revision.revision,
        "at": revision.at,
        "actor": revision.actor,
        "changes": revision.changes,
        "path": revision.first_path,
    })
}

/// `GET revisions/{n}`: what it changed, without secrets.
fn revision<'a>(control: &'a Control, call: &'a Call) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(async move {
        if call.method != Method::GET {
            return Err(Failure::MethodNotAllowed("Revisions can only be read.".to_owned()));
        }
        let absent = || Failure::absent("Revision");
        let number: u64 = call.name(0).parse().map_err(|_| absent())?;
        let before = number.checked_sub(1).ok_or_else(absent)?;
        let changes = control.store().changes(&control.service().name, before, 1).await?;
        let first = changes.first().ok_or_else(absent)?;
        let body = |content: &Option<Content>| content.as_ref().map(|content| content.body.clone());
        Ok(Answer::json(json!({
            "revision": number,
            "at": first.at,
            "actor": first.actor,
            "changes": changes
                .iter()
                .map(|change| json!({
                    "kind": change.kind,
                    "path": change.path,
                    "before": body(&change.before),
                    "after": body(&change.after),
                    "secretsChanged": change.before.as_ref().map(|content| &content.secrets)
                        != change.after.as_ref().map(|content| &content.secrets),
                }))
                .collect::<Vec<_>>(),
        })))
    })
}
