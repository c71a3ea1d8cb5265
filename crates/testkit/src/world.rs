//! A control plane with the managed gateway, and nodes on demand.

use crate::client::{Answer, Management};
use crate::process::Process;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::future::Future;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long anything may take to start: generous, because machines are shared.
const START_LIMIT: Duration = Duration::from_secs(60);

/// `tollgate up` on free ports over a temporary folder.
pub struct World {
    pub data: tempfile::TempDir,
    pub control: Process,
    pub management: Management,
    /// The managed gateway's address.
    pub managed: String,
    pub endpoints: Value,
    pub http: reqwest::Client,
    extra: Vec<String>,
}

/// One self-hosted gateway node.
pub struct Node {
    pub process: Process,
    pub url: String,
    pub admin: String,
    http: reqwest::Client,
}

impl World {
    /// # Errors
    /// When it does not start.
    pub async fn start() -> Result<World> {
        World::start_with(&[]).await
    }

    /// With further arguments for `tollgate up`.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_with(extra: &[&str]) -> Result<World> {
        let data = tempfile::Builder::new().prefix("tollgate-world").tempdir()?;
        let extra: Vec<String> = extra.iter().map(|arg| (*arg).to_owned()).collect();
        let any: [&str; 6] = ["127.0.0.1:0"; 6];
        let (control, endpoints) = up(data.path(), &any, &extra).await?;
        let token = std::fs::read_to_string(data.path().join("admin.token"))?.trim().to_owned();
        let management = Management::new(text(&endpoints, "management")?, token);
        let managed = text(&endpoints, "http")?;
        Ok(World { data, control, management, managed, endpoints, http: reqwest::Client::new(), extra })
    }

    /// SIGKILL for the control plane (and the managed gateway with it).
    pub fn kill(&mut self) {
        self.control.kill();
    }

    /// Starts it again on the same addresses over the same data.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(&mut self) -> Result<()> {
        let address = |key: &str| -> Result<String> {
            let url = text(&self.endpoints, key)?;
            Ok(url.split("://").nth(1).unwrap_or_default().trim_end_matches('/').to_owned())
        };
        let listen = [
            address("management")?,
            address("managementTls")?,
            "127.0.0.1:0".into(),
            address("http")?,
            "127.0.0.1:0".into(),
            address("admin")?,
        ];
        let listen: Vec<&str> = listen.iter().map(String::as_str).collect();
        let (control, endpoints) = up(self.data.path(), &listen, &self.extra).await?;
        (self.control, self.endpoints) = (control, endpoints);
        Ok(())
    }

    /// Creates gateway `id` if it is absent, and starts a node of it from its deployment page.
    ///
    /// # Errors
    /// When any of it fails.
    pub async fn node(&self, id: &str) -> Result<Node> {
        if self.management.send("GET", &format!("gateways/{id}"), None, &[]).await?.status == 404 {
            let location = json!({ "locationData": { "name": format!("{id} office") } });
            self.management.put(&format!("gateways/{id}"), location).await?;
        }
        let deployment = self.management.get(&format!("gateways/{id}/deployment")).await?;
        let file = self.data.path().join(format!("{id}.conf"));
        std::fs::write(&file, deployment["envConf"].as_str().context("no envConf")?)?;
        self.node_from(&file).await
    }

    /// Starts a node from a settings file.
    ///
    /// # Errors
    /// When it does not start listening.
    pub async fn node_from(&self, env_file: &Path) -> Result<Node> {
        let file = env_file.to_str().context("path")?;
        let any = "127.0.0.1:0";
        let args = ["gateway", "--env-file", file, "--http-listen", any, "--https-listen", any, "--admin-listen", any];
        let mut process = Process::start(&args, &[])?;
        let address =
            |line: String| line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
        let url = address(process.line_with("gateway traffic", START_LIMIT).await?).context("no address")?;
        let admin = address(process.line_with("metrics and health", START_LIMIT).await?).context("no address")?;
        Ok(Node { process, url, admin, http: self.http.clone() })
    }

    /// # Errors
    /// When no answer arrives.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        Answer::of(self.http.get(format!("{}{path}", self.managed)).send().await?).await
    }
}

impl Node {
    /// # Errors
    /// When no answer arrives.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        Answer::of(self.http.get(format!("{}{path}", self.url)).send().await?).await
    }
}

async fn up(data: &Path, listen: &[&str], extra: &[String]) -> Result<(Process, Value)> {
    let folder = data.to_str().context("path")?;
    let flags = [
        "--management-listen",
        "--management-tls-listen",
        "--developer-listen",
        "--http-listen",
        "--https-listen",
        "--admin-listen",
    ];
    let mut args = vec!["up", "--data", folder];
    for (flag, address) in flags.iter().zip(listen) {
        args.extend([*flag, *address]);
    }
    args.extend(extra.iter().map(String::as_str));
    let _ = std::fs::remove_file(data.join("endpoints.json"));
    let mut process = Process::start(&args, &[])?;
    process.line_with("ready", START_LIMIT).await?;
    let endpoints = serde_json::from_slice(&std::fs::read(data.join("endpoints.json"))?)?;
    Ok((process, endpoints))
}

fn text(endpoints: &Value, key: &str) -> Result<String> {
    Ok(endpoints[key].as_str().with_context(|| format!("no {key} in endpoints.json: {endpoints}"))?.to_owned())
}

/// Repeats `attempt` until it gives a value; for what takes a moment by nature (propagation,
/// telemetry).
///
/// # Errors
/// The last failure, after `limit`.
pub async fn eventually<T, F, A>(limit: Duration, mut attempt: A) -> Result<T>
where
    A: FnMut() -> F,
    F: Future<Output = Result<T>>,
{
    let end = Instant::now() + limit;
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(failure) if Instant::now() > end => bail!("not within {limit:?}: {failure:#}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}
