//! `tollgate token`: a gateway token through the management API, for scripts.

use crate::Failure;
use crate::cli::TokenArgs;
use crate::management::{Management, block_on};
use std::process::ExitCode;
use tollgate_error::{Code, Problem};

pub fn token(args: &TokenArgs) -> Result<ExitCode, Failure> {
    println!("GatewayKey {}", block_on(generate(args))?);
    Ok(ExitCode::SUCCESS)
}

async fn generate(args: &TokenArgs) -> Result<String, Problem> {
    let management = Management::open(&args.management.url, &args.management.credential)?;
    let expiry = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * i64::from(args.days));
    let body = serde_json::json!({ "keyType": args.key, "expiry": expiry.to_string() });
    let answer = management.post(&format!("gateways/{}/generateToken", args.gateway), &body).await?;
    match answer["value"].as_str() {
        Some(token) => Ok(token.to_owned()),
        None => Err(Problem::new(
            Code::MANAGEMENT_REQUEST_INVALID,
            format!("no token for gateway {}: the answer has none", args.gateway),
        )),
    }
}
