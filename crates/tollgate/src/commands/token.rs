//! `tollgate token`: a gateway token through the management API, for scripts.

use crate::Failure;
use crate::cli::TokenArgs;
use std::process::ExitCode;
use tollgate_error::{Code, Problem};

const SERVICE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/tollgate/providers/Microsoft.ApiManagement/service/tollgate";

pub fn token(args: &TokenArgs) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| Problem::new(Code::MANAGEMENT_REQUEST_INVALID, format!("cannot start: {cause}")))?;
    println!("GatewayKey {}", runtime.block_on(generate(args))?);
    Ok(ExitCode::SUCCESS)
}

async fn generate(args: &TokenArgs) -> Result<String, Failure> {
    let admin_token = match &args.admin_token {
        Some(token) => token.clone(),
        None => std::fs::read_to_string(args.data.join("admin.token")).map(|token| token.trim().to_owned()).map_err(
            |_| {
                Problem::new(Code::SETTING_MISSING, "no admin token")
                    .with_hint("give --admin-token, TOLLGATE_ADMIN_TOKEN, or --data with the control plane's folder")
            },
        )?,
    };
    let expiry = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * i64::from(args.days));
    let url = format!(
        "{}{SERVICE}/gateways/{}/generateToken?api-version=2024-05-01",
        args.url.trim_end_matches('/'),
        args.gateway
    );
    let failed = |why: String| {
        Problem::new(Code::MANAGEMENT_REQUEST_INVALID, format!("no token for gateway {}: {why}", args.gateway))
    };
    let body = serde_json::json!({ "keyType": args.key, "expiry": expiry.to_string() });
    let answer = reqwest::Client::new()
        .post(url)
        .bearer_auth(admin_token)
        .json(&body)
        .send()
        .await
        .map_err(|cause| failed(cause.to_string()))?;
    let status = answer.status();
    let json: serde_json::Value = answer.json().await.map_err(|cause| failed(cause.to_string()))?;
    match json["value"].as_str() {
        Some(token) if status.is_success() => Ok(token.to_owned()),
        _ => Err(failed(json["error"]["message"].as_str().unwrap_or(status.as_str()).to_owned()).into()),
    }
}
