//! Debug credentials: who may have a request traced, and what the answer then tells.
//! Source: reference/gateway.md, chapter 13. The form of a credential is in the contract
//! (`snapshot::Gateway::debug_key`).

use crate::host::RequestHost;
use crate::worker::Worker;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use std::time::Instant;
use tollgate_contract::telemetry::TraceRecord;
use tollgate_expression::context::Instant100ns;
use tollgate_policy::Exchange;
use tollgate_policy::trace::{Masks, Recorder};

pub const CREDENTIAL: HeaderName = HeaderName::from_static("apim-debug-authorization");
const TRACE_ID: HeaderName = HeaderName::from_static("apim-trace-id");
const EXPIRED: HeaderName = HeaderName::from_static("apim-debug-authorization-expired");
const WRONG_API: HeaderName = HeaderName::from_static("apim-debug-authorization-wrongapi");
const INVALID: HeaderName = HeaderName::from_static("apim-debug-authorization-invalid");
/// What decided an answer that the gateway made itself.
const DECIDED_BY: HeaderName = HeaderName::from_static("tollgate-decided-by");

/// What a request's debug credential came to.
pub enum Debug {
    /// It carries none.
    Off,
    /// The request is traced under this id.
    On { id: String },
    /// The call is served as usual; the answer says why it is not traced.
    Refused { header: HeaderName, why: HeaderValue },
}

/// Looks at the credential, which goes no further, and begins to trace.
pub fn begin(exchange: &mut Exchange, host: &RequestHost, started: Instant) -> Debug {
    let Some(credential) = exchange.context.request.headers.remove(CREDENTIAL) else { return Debug::Off };
    let now = (exchange.context.timestamp.0 - Instant100ns::UNIX_EPOCH.0) / 10_000_000;
    let api = host.api.as_ref().map_or("", |api| api.base_id.as_str());
    let verdict = verify(credential.to_str().unwrap_or_default(), &host.runtime.debug_key, api, now);
    let (header, why) = match verdict {
        Ok(()) => {
            attach(exchange, host, started);
            // Time-ordered, so that whoever is asked for it knows whether it may still arrive.
            return Debug::On { id: uuid::Uuid::now_v7().to_string() };
        }
        Err(Refusal::Invalid) => (INVALID, HeaderValue::from_static("true")),
        Err(Refusal::Expired) => (EXPIRED, HeaderValue::from_static("true")),
        Err(Refusal::WrongApi(of)) => {
            let why = format!("the credential is for API {of}, the request is for {api}");
            (WRONG_API, HeaderValue::from_str(&why).unwrap_or(HeaderValue::from_static("true")))
        }
    };
    Debug::Refused { header, why }
}

fn attach(exchange: &mut Exchange, host: &RequestHost, started: Instant) {
    let mut masks = Masks::default();
    host.runtime.secrets.iter().for_each(|secret| masks.hide(secret));
    if let Some(api) = &host.api {
        masks.hide_header(api.key_header.clone());
        let key = exchange.context.request.headers.get(&api.key_header).and_then(|key| key.to_str().ok());
        if let Some(key) = key {
            masks.hide(key);
        }
        let query = exchange.context.request.original_url.query().unwrap_or_default();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            if name.eq_ignore_ascii_case(&api.key_query) {
                masks.hide(value);
            }
        }
    }
    exchange.context.tracing = true;
    let stopwatch = Box::new(move || u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX));
    Recorder::attach(exchange, stopwatch, masks);
}

/// Puts what the credential allows on the answer, and hands the trace over.
pub fn end(debug: Debug, exchange: &mut Exchange, worker: &Worker, revision: u64) {
    match debug {
        Debug::Off => {}
        Debug::Refused { header, why } => {
            exchange.response().headers.insert(header, why);
        }
        Debug::On { id } => {
            let decision = exchange.run.decision();
            let headers: &mut HeaderMap = &mut exchange.response().headers;
            if let Ok(id) = HeaderValue::from_str(&id) {
                headers.insert(TRACE_ID, id);
            }
            if let Some(Ok(line)) = decision.as_ref().map(|decision| HeaderValue::from_str(&decision.line(revision))) {
                headers.insert(DECIDED_BY, line);
            }
            let Some(recorder) = exchange.run.recorder.take() else { return };
            let mut trace = recorder.finish(&exchange.context, decision);
            trace.trace_id.clone_from(&id);
            trace.revision = revision;
            let timestamp_ms = (exchange.context.timestamp.0 - Instant100ns::UNIX_EPOCH.0) / 10_000;
            // A trace is maps, lists and text: it always has a JSON form.
            let document = serde_json::to_value(&trace).unwrap_or_default();
            worker.node.telemetry.add_trace(TraceRecord { id, timestamp_ms, document });
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Invalid,
    Expired,
    WrongApi(String),
}

/// `now` in Unix seconds; `api` without revision.
fn verify(credential: &str, key: &str, api: &str, now: i64) -> Result<(), Refusal> {
    let (signed, signature) = credential.trim().rsplit_once("&sn=").ok_or(Refusal::Invalid)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::Invalid)?;
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes()).map_err(|_| Refusal::Invalid)?;
    mac.update(signed.as_bytes());
    if key.is_empty() || mac.verify_slice(&signature).is_err() {
        return Err(Refusal::Invalid);
    }
    let part = |name: &str| signed.split('&').filter_map(|part| part.split_once('=')).find(|(found, _)| *found == name);
    let (_, expires) = part("ex").ok_or(Refusal::Invalid)?;
    if expires.parse::<i64>().map_err(|_| Refusal::Invalid)? <= now {
        return Err(Refusal::Expired);
    }
    let (_, of) = part("aid").ok_or(Refusal::Invalid)?;
    if of.eq_ignore_ascii_case(api) { Ok(()) } else { Err(Refusal::WrongApi(of.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(text: &str, key: &str) -> String {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes()).expect("a key");
        mac.update(text.as_bytes());
        format!("{text}&sn={}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    #[test]
    fn a_credential_holds_for_its_api_until_it_expires() {
        let good = signed("aid=echo&p=tracing&ex=1000", "k");
        let check = |credential: &str, key: &str, api: &str, now: i64, expected: Result<(), Refusal>| {
            assert_eq!(verify(credential, key, api, now), expected, "{credential}");
        };
        check(&good, "k", "echo", 999, Ok(()));
        check(&good, "k", "echo", 1000, Err(Refusal::Expired));
        check(&good, "k", "other", 999, Err(Refusal::WrongApi("echo".into())));
        check(&good, "other", "echo", 999, Err(Refusal::Invalid));
        check(&good.replace("echo", "xxxx"), "k", "xxxx", 999, Err(Refusal::Invalid));
        check(&signed("aid=echo&p=tracing", "k"), "k", "echo", 999, Err(Refusal::Invalid));
        check(&signed("aid=echo&p=tracing&ex=1000", ""), "", "echo", 999, Err(Refusal::Invalid));
        for broken in ["", "&sn=", "aid=echo", "aid=echo&ex=1&sn=%%%"] {
            check(broken, "k", "echo", 0, Err(Refusal::Invalid));
        }
    }
}
