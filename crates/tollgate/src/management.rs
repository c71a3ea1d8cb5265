//! A client of the management API for verbs that need a control plane.

use clap::Args;
use serde_json::Value;
use std::path::PathBuf;
use tollgate_error::{Code, Problem};

const SERVICE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/tollgate/providers/Microsoft.ApiManagement/service/tollgate";
const API_VERSION: &str = "2024-05-01";
/// Pages of a list that are followed.
const PAGES_MAX: usize = 10_000;

/// Where the control plane is, and what opens it.
#[derive(Args, Clone)]
pub struct ManagementArgs {
    /// The control plane
    #[arg(long, env = "TOLLGATE_MANAGEMENT_URL", default_value = "http://127.0.0.1:7070")]
    pub url: String,
    #[command(flatten)]
    pub credential: Credential,
}

#[derive(Args, Clone)]
pub struct Credential {
    /// Admin token of the control plane
    #[arg(long, env = "TOLLGATE_ADMIN_TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,
    /// Folder that holds admin.token, when no token is given
    #[arg(long, env = "TOLLGATE_DATA", default_value = "./tollgate-data")]
    pub data: PathBuf,
}

impl Credential {
    fn token(&self) -> Result<String, Problem> {
        match &self.admin_token {
            Some(token) => Ok(token.clone()),
            None => std::fs::read_to_string(self.data.join("admin.token"))
                .map(|token| token.trim().to_owned())
                .map_err(|_| {
                    Problem::new(Code::SETTING_MISSING, "no admin token").with_hint(
                        "give --admin-token, TOLLGATE_ADMIN_TOKEN, or --data with the control plane's folder",
                    )
                }),
        }
    }
}

pub struct Management {
    client: reqwest::Client,
    url: String,
    token: String,
}

/// An answer that is not the one asked for.
struct Unexpected {
    why: String,
    /// The control plane was reached, took the token, and refused what was asked.
    refused: bool,
}

impl Unexpected {
    fn unreachable(why: impl ToString) -> Unexpected {
        Unexpected { why: why.to_string(), refused: false }
    }
}

impl Management {
    /// # Errors
    /// TG1002: no token.
    pub fn open(url: &str, credential: &Credential) -> Result<Management, Problem> {
        Ok(Management {
            client: reqwest::Client::new(),
            url: url.trim_end_matches('/').to_owned(),
            token: credential.token()?,
        })
    }

    /// # Errors
    /// TG4001 with what the control plane said.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Problem> {
        let url = self.address(path);
        let answered = self.call(self.client.post(&url).json(body)).await;
        answered.map_err(|unexpected| failed(&format!("POST {path}"), unexpected))
    }

    /// Every resource of a collection.
    ///
    /// # Errors
    /// TG4001 with what the control plane said.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>, Problem> {
        let mut out = Vec::new();
        let mut next = Some(self.address(path));
        for _ in 0..PAGES_MAX {
            let Some(url) = next else { break };
            let page = self.call(self.client.get(&url)).await;
            let mut page = page.map_err(|unexpected| failed(&format!("GET {path}"), unexpected))?;
            if let Some(Value::Array(items)) = page.get_mut("value").map(Value::take) {
                out.extend(items);
            }
            next = page["nextLink"].as_str().filter(|link| !link.is_empty()).map(str::to_owned);
        }
        Ok(out)
    }

    fn address(&self, path: &str) -> String {
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{}{SERVICE}/{path}{joint}api-version={API_VERSION}", self.url)
    }

    async fn call(&self, request: reqwest::RequestBuilder) -> Result<Value, Unexpected> {
        let answer = request.bearer_auth(&self.token).send().await.map_err(Unexpected::unreachable)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(Unexpected::unreachable)?;
        let json: Value = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(|cause| Unexpected::unreachable(format!("{status}: {cause}")))?
        };
        if status.is_success() {
            return Ok(json);
        }
        let details = json["error"]["details"].as_array().into_iter().flatten();
        // The details say which field; without any, the error itself says what.
        let mut told: Vec<&str> = details.filter_map(|detail| detail["message"].as_str()).collect();
        if told.is_empty() {
            told.push(json["error"]["message"].as_str().unwrap_or("no message"));
        }
        let why = format!("{status}: {}", told.join("; "));
        Err(Unexpected { why, refused: !matches!(status.as_u16(), 401 | 403 | 500..) })
    }
}

fn failed(what: &str, Unexpected { why, refused }: Unexpected) -> Problem {
    let problem = Problem::new(Code::MANAGEMENT_REQUEST_INVALID, format!("{what}: {why}"));
    if refused {
        problem
    } else {
        problem.with_hint("check --url and the admin token, and that the control plane runs")
    }
}

/// Runs what waits for a control plane, on this thread.
///
/// # Errors
/// TG4001: no runtime; else what `work` says.
pub fn block_on<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| Problem::new(Code::MANAGEMENT_REQUEST_INVALID, format!("cannot start: {cause}")))?;
    runtime.block_on(work)
}
