//! Gateways, the APIs they run, their keys, tokens, deployment texts and nodes.
//! Source: management-api, chapter 11; design, chapter 9.

use super::{Behaviour, Draft, Field, Kind, Module, Render, Route, policies};
use crate::api::Query;
use crate::api::error::{Failure, Finding};
use crate::api::list::whole;
use crate::api::{Answer, Call};
use crate::control::Control;
use crate::debug_credential;
use crate::edit::Edit;
use crate::gateway_token;
use crate::kinds::field::parse_time;
use crate::resource::{self, Resource};
use crate::state::View;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use tollgate_contract::MANAGED_GATEWAY;

pub static MODULE: Module = Module {
    kinds: &[&GATEWAYS, &GATEWAY_APIS],
    routes: &[
        Route::read("POST", "gateways/{}/listKeys", list_keys),
        Route::write("POST", "gateways/{}/regenerateKey", regenerate_key),
        Route::read("POST", "gateways/{}/generateToken", generate_token),
        Route::wait("GET", "gateways/{}/deployment", deployment),
        Route::read("POST", "gateways/{}/listDebugCredentials", list_debug_credentials),
        Route::write("POST", "gateways/{}/invalidateDebugCredentials", invalidate_debug_credentials),
        Route::wait("POST", "gateways/{}/listTrace", list_trace),
        Route::wait("GET", "gateways/{}/nodes", nodes),
    ],
    seed: |edit| {
        let path = format!("gateways/{MANAGED_GATEWAY}");
        if edit.get(&path).is_none() {
            let properties = [
                ("locationData".to_owned(), json!({ "name": MANAGED_GATEWAY })),
                ("description".to_owned(), "The gateway that runs with the control plane".into()),
                (PRIMARY.to_owned(), new_key()),
                (SECONDARY.to_owned(), new_key()),
            ];
            edit.put(Resource::new(&GATEWAYS, path, properties.into_iter().collect()));
        }
        // Gateways of earlier versions have none.
        for gateway in edit.list("gateways").iter().filter(|gateway| gateway.text(debug_credential::KEY).is_none()) {
            let mut gateway = Resource::clone(gateway);
            gateway.properties.insert(debug_credential::KEY.to_owned(), new_key());
            edit.put(gateway);
        }
    },
};

const PRIMARY: &str = "primaryKey";
const SECONDARY: &str = "secondaryKey";
/// Bytes of a key before base64: as long as the hash it is used with.
const KEY_BYTES: usize = 64;
/// Life of a token in a deployment text when nobody says.
const DEPLOYMENT_TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

pub static GATEWAYS: Kind = Kind {
    path: "gateways",
    noun: "Gateway",
    fields: &[
        Field::object(
            "locationData",
            &[
                Field::text("name", 1, 256).required(),
                Field::text("city", 0, 256),
                Field::text("district", 0, 256),
                Field::text("countryOrRegion", 0, 256),
            ],
        ),
        Field::text("description", 0, 1000),
        Field::text(PRIMARY, 1, 256).read_only().secret(),
        Field::text(SECONDARY, 1, 256).read_only().secret(),
        Field::text(debug_credential::KEY, 1, 256).read_only().secret(),
    ],
    behaviour: &Gateways,
    ..Kind::DEFAULT
};

struct Gateways;

impl Behaviour for Gateways {
    fn check(&self, draft: &mut Draft<'_>, _: &Edit<'_>) -> Result<(), Failure> {
        if draft.name().eq_ignore_ascii_case(MANAGED_GATEWAY) {
            draft.refuse("gatewayId", format!("'{MANAGED_GATEWAY}' is the gateway that every service has"));
        }
        if draft.previous.is_none() {
            draft.set(PRIMARY, new_key());
            draft.set(SECONDARY, new_key());
            draft.set(debug_credential::KEY, new_key());
        }
        Ok(())
    }

    fn deleting(&self, gateway: &Resource, _: &Query, _: &mut Edit<'_>) -> Result<(), Failure> {
        if gateway.name() == MANAGED_GATEWAY {
            return Err(Failure::MethodNotAllowed("The managed gateway cannot be deleted.".to_owned()));
        }
        Ok(())
    }

    fn render(&self, gateway: &Resource, render: &Render<'_>, properties: &mut Map<String, Value>) {
        let counts = render.fleet.counts(gateway.name());
        properties.insert("status".to_owned(), counts.status().into());
        properties.insert(
            "nodes".to_owned(),
            json!({ "online": counts.online, "current": counts.current, "total": counts.total }),
        );
    }

    /// Azure's lists have the self-hosted ones alone; folder tools would try to create the other.
    fn listed(&self, gateway: &Resource, _: &Render<'_>) -> bool {
        gateway.name() != MANAGED_GATEWAY
    }
}

pub static GATEWAY_APIS: Kind = Kind {
    path: "gateways/apis",
    noun: "Api",
    name_chars_max: 256,
    link_to: Some("apis"),
    behaviour: &GatewayApis,
    ..Kind::DEFAULT
};

struct GatewayApis;

impl Behaviour for GatewayApis {
    /// A gateway is not given an API whose policies need what the gateway may not have.
    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        let gateway = resource::last(draft.path.rsplit_once("/apis/").map_or("", |(gateway, _)| gateway));
        let here = [gateway.to_owned()].into();
        let api = draft.name().to_owned();
        for policy in policies::of_api(&api, edit) {
            for finding in policies::withheld(&policies::uses_of(&policy, edit), &here, edit) {
                draft.refuse("apiId", finding);
            }
        }
        Ok(())
    }
}

fn new_key() -> Value {
    BASE64.encode(rand::random::<[u8; KEY_BYTES]>()).into()
}

fn find(call: &Call, view: &dyn View) -> Result<Arc<Resource>, Failure> {
    view.get(&format!("gateways/{}", call.name(0))).ok_or_else(|| Failure::absent("Gateway"))
}

fn list_keys(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let gateway = find(call, view)?;
    Ok(Answer::json(json!({ "primary": gateway.text(PRIMARY), "secondary": gateway.text(SECONDARY) })))
}

/// The field of a `keyType`; the primary key when none is named and that is allowed.
fn key_field(key_type: Option<&str>) -> Result<&'static str, Failure> {
    match key_type.map(str::to_ascii_lowercase).as_deref() {
        Some("primary") => Ok(PRIMARY),
        Some("secondary") => Ok(SECONDARY),
        _ => Err(Failure::invalid("keyType", "'keyType' must be primary or secondary")),
    }
}

fn regenerate_key(call: &Call, edit: &mut Edit<'_>) -> Result<Answer, Failure> {
    let field = key_field(call.object()?.get("keyType").and_then(Value::as_str))?;
    let mut gateway = Resource::clone(&*find(call, edit)?);
    gateway.properties.insert(field.to_owned(), new_key());
    edit.put(gateway);
    Ok(Answer::no_content())
}

/// Azure's rule holds here: at most 30 days. [`deployment`] signs longer ones.
fn generate_token(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let gateway = find(call, view)?;
    let body = call.object()?;
    let field = key_field(body.get("keyType").and_then(Value::as_str))?;
    let expiry = body
        .get("expiry")
        .and_then(Value::as_str)
        .and_then(parse_time)
        .ok_or_else(|| Failure::invalid("expiry", "'expiry' must be a time such as 2026-01-31T10:00:00Z"))?;
    if !gateway_token::is_expiry_allowed(expiry, Timestamp::now()) {
        return Err(Failure::invalid("expiry", "'expiry' must be in the future, and at most 30 days away"));
    }
    let key = gateway.text(field).unwrap_or_default();
    Ok(Answer::json(json!({ "value": gateway_token::sign(gateway.name(), expiry, key) })))
}

/// Longest life of a debug credential. Source: reference/gateway.md, chapter 13.
const DEBUG_LIFE_MAX: SignedDuration = SignedDuration::from_hours(1);
/// How long `listTrace` waits for a trace that is on its way from its node.
const TRACE_WAIT: Duration = Duration::from_secs(8);
const TRACE_STEP: Duration = Duration::from_millis(50);

fn list_debug_credentials(call: &Call, view: &dyn View) -> Result<Answer, Failure> {
    let gateway = find(call, view)?;
    let body = call.object()?;
    let mut findings = Vec::new();
    let life = match body.get("credentialsExpireAfter") {
        None | Some(Value::Null) => Some(DEBUG_LIFE_MAX),
        Some(text) => text
            .as_str()
            .and_then(|text| text.parse::<jiff::Span>().ok())
            .and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok())
            .filter(|life| life.is_positive() && *life <= DEBUG_LIFE_MAX),
    };
    if life.is_none() {
        findings.push(Finding::new("credentialsExpireAfter", "must be an ISO 8601 duration of at most PT1H"));
    }
    let wanted = body.get("apiId").and_then(Value::as_str).unwrap_or_default();
    let api = view.get(&format!("apis/{}", resource::last(wanted)));
    if api.is_none() {
        findings.push(Finding::new("apiId", format!("there is no API '{wanted}'")));
    }
    let is_tracing = |purpose: &Value| purpose.as_str().is_some_and(|purpose| purpose.eq_ignore_ascii_case("tracing"));
    match body.get("purposes").and_then(Value::as_array) {
        Some(purposes) if !purposes.is_empty() && purposes.iter().all(is_tracing) => {}
        _ => findings.push(Finding::new("purposes", "must be [\"tracing\"]")),
    }
    match (api, life) {
        (Some(api), Some(life)) if findings.is_empty() => {
            let expires = Timestamp::now().saturating_add(life).unwrap_or(Timestamp::MAX);
            let token = debug_credential::sign(&gateway, resource::api_base(api.name()), expires);
            Ok(Answer::json(json!({ "token": token })))
        }
        _ => Err(Failure::Validation(findings)),
    }
}

fn invalidate_debug_credentials(call: &Call, edit: &mut Edit<'_>) -> Result<Answer, Failure> {
    let mut gateway = Resource::clone(&*find(call, edit)?);
    gateway.properties.insert(debug_credential::KEY.to_owned(), new_key());
    edit.put(gateway);
    Ok(Answer::no_content())
}

/// A trace that was made just now is waited for: the node sends it when the answer is out.
fn list_trace<'a>(control: &'a Control, call: &'a Call) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(async move {
        let gateway = find(call, control.state().as_ref())?;
        let id = call.object()?.get("traceId").and_then(Value::as_str).unwrap_or_default().to_owned();
        if id.is_empty() {
            return Err(Failure::invalid("traceId", "'traceId' must be what the Apim-Trace-Id header said"));
        }
        loop {
            if let Some(document) = control.store().trace(gateway.name(), &id).await? {
                return Ok(Answer::json(document));
            }
            if !may_arrive(&id, Timestamp::now()) {
                return Err(Failure::absent("Trace"));
            }
            tokio::time::sleep(TRACE_STEP).await;
        }
    })
}

/// Whether a trace with this id can still be on its way: ids are UUIDs that begin with their time.
fn may_arrive(id: &str, now: Timestamp) -> bool {
    let made = uuid::Uuid::parse_str(id).ok().and_then(|id| id.get_timestamp()).map(|at| at.to_unix().0);
    let made = made.and_then(|seconds| i64::try_from(seconds).ok());
    made.is_some_and(|made| now.as_second().abs_diff(made) <= TRACE_WAIT.as_secs())
}

/// Everything needed to start a node. `keyType` and `expiry` choose the token in it.
fn deployment<'a>(control: &'a Control, call: &'a Call) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(async move {
        let state = control.state();
        let gateway = find(call, state.as_ref())?;
        let field = key_field(Some(call.query.get("keyType").unwrap_or("primary")))?;
        let now = Timestamp::now();
        let expiry = match call.query.get("expiry") {
            None => now.saturating_add(DEPLOYMENT_TOKEN_LIFE).unwrap_or(Timestamp::MAX),
            Some(text) => parse_time(text)
                .filter(|expiry| *expiry > now)
                .ok_or_else(|| Failure::invalid("expiry", "'expiry' must be a time in the future"))?,
        };
        let token = gateway_token::sign(gateway.name(), expiry, gateway.text(field).unwrap_or_default());
        let endpoint = control.inner.endpoint.get().map_or(call.origin.as_str(), String::as_str);
        Ok(Answer::json(deployment_texts(gateway.name(), endpoint, &token, &expiry.to_string())))
    })
}

fn deployment_texts(gateway: &str, endpoint: &str, token: &str, expiry: &str) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let image = format!("tollgate:{version}");
    // Names of containers and Kubernetes objects have fewer characters than ids.
    let safe: String =
        gateway.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let name = safe.trim_matches('-');
    let env = format!("config.service.endpoint={endpoint}\nconfig.service.auth=GatewayKey {token}\n");
    let kubernetes = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}-token\ntype: Opaque\nstringData:\n  value: \"GatewayKey {token}\"\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-env\ndata:\n  config.service.endpoint: \"{endpoint}\"\n\
         ---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 1\n  selector:\n    matchLabels:\n      app: {name}\n\
         \x20 template:\n    metadata:\n      labels:\n        app: {name}\n    spec:\n      terminationGracePeriodSeconds: 60\n      containers:\n\
         \x20       - name: {name}\n          image: {image}\n          args: [\"gateway\"]\n          ports:\n\
         \x20           - name: http\n              containerPort: 8080\n            - name: https\n              containerPort: 8081\n\
         \x20         envFrom:\n            - configMapRef:\n                name: {name}-env\n\
         \x20         env:\n            - name: config.service.auth\n              valueFrom:\n                secretKeyRef:\n                  name: {name}-token\n                  key: value\n\
         ---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  selector:\n    app: {name}\n  ports:\n\
         \x20   - name: http\n      port: 80\n      targetPort: 8080\n    - name: https\n      port: 443\n      targetPort: 8081\n"
    );
    json!({
        "envConf": env,
        "docker": format!(
            "docker run --detach --restart unless-stopped --publish 80:8080 --publish 443:8081 --name {name} --env-file env.conf {image} gateway"
        ),
        "command": "tollgate gateway --env-file env.conf",
        "kubernetes": kubernetes,
        "expiry": expiry,
    })
}

fn nodes<'a>(control: &'a Control, call: &'a Call) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(async move {
        let gateway = find(call, control.state().as_ref())?;
        // Other replicas hear heartbeats too.
        control.inner.fleet.load().await?;
        Ok(whole(control.inner.fleet.list(gateway.name())))
    })
}
