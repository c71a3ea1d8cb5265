//! `tollgate trace`: one call through a gateway with a debug credential, and what its policies did.

use crate::Failure;
use crate::cli::{Format, TraceArgs};
use crate::management::{Management, block_on};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use std::process::ExitCode;
use tollgate_error::{Code, Problem};
use tollgate_policy::trace::{Trace, render};

/// A credential for one call needs no longer life.
const CREDENTIAL_LIFE: &str = "PT5M";

pub fn trace(args: &TraceArgs) -> Result<ExitCode, Failure> {
    let (answer, document) = block_on(call(args))?;
    match args.format {
        Format::Json => println!("{}", serde_json::to_string_pretty(&document).unwrap_or_default()),
        Format::Text => {
            let trace: Trace = serde_json::from_value(document).map_err(|cause| failed(cause.to_string()))?;
            print!("{}", render(&trace));
            print!("{answer}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The answer as people read it, and the trace of the call.
async fn call(args: &TraceArgs) -> Result<(String, Value), Problem> {
    let management = Management::open(&args.management.url, &args.management.credential)?;
    let (gateway, api) = (&args.gateway, &args.api);
    let wanted =
        json!({ "credentialsExpireAfter": CREDENTIAL_LIFE, "apiId": format!("/apis/{api}"), "purposes": ["tracing"] });
    let credential = management.post(&format!("gateways/{gateway}/listDebugCredentials"), &wanted).await?;
    let credential = credential["token"].as_str().unwrap_or_default();
    let method: Method = args.method.parse().map_err(|_| failed(format!("`{}` is no method", args.method)))?;
    let request = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
    let request = request.map_err(|cause| failed(cause.to_string()))?;
    let mut request = request
        .request(method, &args.target)
        .headers(headers(&args.headers)?)
        .header("Apim-Debug-Authorization", credential);
    if let Some(body) = &args.body {
        request = request.body(body.clone());
    }
    let answer = request.send().await.map_err(|cause| failed(cause.to_string()))?;
    let shown = format!("< {}\n", answer.status());
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let Some(id) = header("Apim-Trace-Id") else {
        let why = header("Apim-Debug-Authorization-WrongAPI")
            .unwrap_or_else(|| "the answer has no Apim-Trace-Id; is the address that of the gateway?".to_owned());
        return Err(failed(why));
    };
    let document = management.post(&format!("gateways/{gateway}/listTrace"), &json!({ "traceId": id })).await?;
    Ok((shown, document))
}

fn headers(given: &[String]) -> Result<HeaderMap, Problem> {
    let mut headers = HeaderMap::new();
    for line in given {
        let parsed = line.split_once(':').and_then(|(name, value)| {
            let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
            Some((name, HeaderValue::from_str(value.trim()).ok()?))
        });
        let (name, value) = parsed.ok_or_else(|| failed(format!("`{line}` is not `Name: value`")))?;
        headers.append(name, value);
    }
    Ok(headers)
}

fn failed(why: String) -> Problem {
    Problem::new(Code::MANAGEMENT_REQUEST_INVALID, format!("no trace: {why}"))
}
