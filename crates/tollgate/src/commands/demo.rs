//! `tollgate demo`: a control plane with the managed gateway, a node "london" and a sample backend,
//! each a process of its own so that one can be killed and the others looked at; seeded with the
//! walk-through, whose commands it prints.

use crate::cli::DemoArgs;
use crate::endpoints::Endpoints;
use crate::{Failure, sample_backend, signals};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tollgate_error::{Code, Problem};

const WALK_THROUGH: &str = include_str!("../../../../examples/walkthrough/walkthrough.sh");
const SERVICE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/tollgate/providers/Microsoft.ApiManagement/service/tollgate";
/// A first start makes keys, certificates and a database; machines may be slow.
const START_LIMIT: Duration = Duration::from_secs(60);
const SAMPLE_BACKEND: &str = "127.0.0.1:7090";
const LONDON: &str = "127.0.0.1:8090";
const ANY: &str = "127.0.0.1:0";

pub fn demo(args: &DemoArgs) -> Result<ExitCode, Failure> {
    super::gateway::runtime()?.block_on(run(args))
}

async fn run(args: &DemoArgs) -> Result<ExitCode, Failure> {
    let data = &args.data;
    // absolute, because it is printed in commands that may be pasted anywhere
    let data =
        &std::fs::create_dir_all(data).and_then(|()| data.canonicalize()).map_err(|cause| unusable(data, &cause))?;
    let listen = |address: &'static str| if args.any_port { ANY } else { address };
    let (backend, backend_url) = sample(listen(SAMPLE_BACKEND)).await?;
    tokio::spawn(sample_backend::serve(backend));

    let mut control = Control::start(data, args.any_port).await?;
    control.seed(&backend_url).await?;
    let (london, london_url) = control.start_london(data, listen(LONDON)).await?;
    control.endpoints["sampleBackend"] = json!(backend_url);
    control.endpoints["london"] = json!(london_url);
    Endpoints::rewrite(data, &control.endpoints)?;
    control.print(data, &backend_url, &london_url);

    signals::asked_to_end().await;
    end(london);
    control.end(data);
    Ok(ExitCode::SUCCESS)
}

fn unusable(data: &Path, cause: &dyn std::fmt::Display) -> Problem {
    Problem::new(Code::DATA_DIRECTORY_UNUSABLE, format!("cannot use {}: {cause}", data.display()))
}

async fn sample(address: &str) -> Result<(TcpListener, String), Problem> {
    let taken = |cause: std::io::Error| {
        Problem::new(Code::PORT_TAKEN, format!("cannot listen on {address} for the sample backend: {cause}"))
            .with_hint("stop what listens there, or use --any-port")
    };
    let listener = TcpListener::bind(address).await.map_err(taken)?;
    let url = format!("http://{}", listener.local_addr().map_err(taken)?);
    Ok((listener, url))
}

/// The `tollgate up` child and what is known of it.
struct Control {
    child: Child,
    endpoints: Value,
    token: String,
    up_flags: String,
    http: reqwest::Client,
}

impl Control {
    async fn start(data: &Path, any_port: bool) -> Result<Control, Failure> {
        let mut flags = Vec::new();
        if any_port {
            for flag in ["management", "management-tls", "developer", "http", "https", "admin"] {
                flags.extend([format!("--{flag}-listen"), ANY.to_owned()]);
            }
        }
        let _ = std::fs::remove_file(data.join("endpoints.json"));
        let mut child = spawn(
            data,
            "up",
            &[&["up".to_owned(), "--data".to_owned(), data.display().to_string()], flags.as_slice()].concat(),
        )?;
        let endpoints: Value = wait_for(&mut child, &data.join("up.log"), || {
            std::fs::read(data.join("endpoints.json")).ok().and_then(|text| serde_json::from_slice(&text).ok())
        })
        .await?;
        let token = std::fs::read_to_string(data.join("admin.token"))
            .map_err(|cause| unusable(data, &cause))?
            .trim()
            .to_owned();
        let up_flags = if any_port { fixed_flags(&endpoints) } else { String::new() };
        Ok(Control { child, endpoints, token, up_flags, http: reqwest::Client::new() })
    }

    fn url(&self, key: &str) -> String {
        self.endpoints[key].as_str().unwrap_or_default().to_owned()
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let failed =
            |why: String| Problem::new(Code::MANAGEMENT_REQUEST_INVALID, format!("seeding {path} failed: {why}"));
        let url = format!("{}{SERVICE}/{path}?api-version=2024-05-01", self.url("management"));
        let method = method.parse().map_err(|_| failed("method".to_owned()))?;
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(|cause| failed(cause.to_string()))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|cause| failed(cause.to_string()))?;
        if !status.is_success() {
            return Err(failed(format!("{status}: {text}")).into());
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// What the walk-through makes, at its end.
    async fn seed(&self, backend: &str) -> Result<(), Failure> {
        let document = |value: &str| json!({ "properties": { "format": "rawxml", "value": value } });
        let put = [
            (
                "gateways/london",
                json!({ "properties": { "locationData": { "name": "London office" }, "description": "The gateway in the London office" } }),
            ),
            (
                "apis/cat-facts",
                json!({ "properties": { "displayName": "Cat Facts", "path": "cat-facts", "serviceUrl": backend, "protocols": ["http", "https"], "subscriptionRequired": false } }),
            ),
            (
                "apis/cat-facts/operations/get-fact",
                json!({ "properties": { "displayName": "Get a fact", "method": "GET", "urlTemplate": "/fact" } }),
            ),
            ("apis/cat-facts/operations/get-fact/policies/policy", document(&walk_through_policy())),
            (
                "products/cats",
                json!({ "properties": { "displayName": "Cats", "state": "published", "subscriptionRequired": true } }),
            ),
            (
                "namedValues/greeting",
                json!({ "properties": { "displayName": "greeting", "value": "hello from Tollgate" } }),
            ),
        ];
        for (path, body) in put {
            self.call("PUT", path, Some(body)).await?;
        }
        for link in ["gateways/london/apis/cat-facts", "products/cats/apis/cat-facts"] {
            self.call("PUT", link, None).await?;
        }
        Ok(())
    }

    /// Starts the node from its deployment page, as its operator would.
    async fn start_london(&self, data: &Path, listen: &str) -> Result<(Child, String), Failure> {
        let deployment = self.call("GET", "gateways/london/deployment", None).await?;
        let file = data.join("london.conf");
        let conf = deployment["envConf"].as_str().unwrap_or_default();
        std::fs::write(&file, conf).map_err(|cause| unusable(data, &cause))?;
        let mut args: Vec<String> = vec![
            "gateway".into(),
            "--env-file".into(),
            file.display().to_string(),
            "--http-listen".into(),
            listen.into(),
        ];
        args.extend(["--https-listen", ANY, "--admin-listen", ANY].map(str::to_owned));
        let mut child = spawn(data, "london", &args)?;
        let log = data.join("london.log");
        let url = wait_for(&mut child, &log, || {
            let said = std::fs::read_to_string(&log).ok()?;
            let line = said.lines().rfind(|line| line.contains("gateway traffic"))?;
            line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned)
        })
        .await?;
        Ok((child, url))
    }

    fn print(&self, data: &Path, backend: &str, london: &str) {
        let binary = std::env::current_exe().map_or_else(|_| "tollgate".to_owned(), |path| path.display().to_string());
        println!("Tollgate {}", env!("CARGO_PKG_VERSION"));
        println!("  management portal   {}/", self.url("management"));
        println!("  managed gateway     {}", self.url("http"));
        println!("  node \"london\"       {london}   (log: {})", data.join("london.log").display());
        println!("  sample backend      {backend}");
        println!("  admin token         {}", self.token);
        println!("\nThe walk-through. Paste this first, then the steps in order; each can be repeated.\n");
        for (name, value) in [
            ("MANAGEMENT", self.url("management")),
            ("TOKEN", self.token.clone()),
            ("MANAGED", self.url("http")),
            ("LONDON", london.to_owned()),
            ("BACKEND", backend.to_owned()),
            ("DATA", data.display().to_string()),
            ("TOLLGATE", binary),
            ("UP_FLAGS", self.up_flags.clone()),
        ] {
            println!("export {name}='{value}'");
        }
        let steps = WALK_THROUGH.find("API=").map_or("", |at| &WALK_THROUGH[at..]);
        println!("{steps}");
        println!("ready; Ctrl-C ends all of it");
    }

    /// Ends the child, or the one that step 9 started in its place.
    fn end(mut self, data: &Path) {
        if let Ok(Some(_)) = self.child.try_wait()
            && let Ok(pid) = std::fs::read_to_string(data.join("tollgate.pid"))
        {
            terminate(pid.trim());
            return;
        }
        end(self.child);
    }
}

/// The walk-through's own document, out of its step 5.
fn walk_through_policy() -> String {
    let body = WALK_THROUGH.split("<<'POLICY'\n").nth(1).and_then(|rest| rest.split("\nPOLICY").next()).unwrap_or("{}");
    let json: Value = serde_json::from_str(body).unwrap_or_default();
    json["properties"]["value"].as_str().unwrap_or_default().to_owned()
}

/// Listen flags that give a second start the addresses of the first.
fn fixed_flags(endpoints: &Value) -> String {
    let pairs = [
        ("management", "management"),
        ("management-tls", "managementTls"),
        ("developer", "developer"),
        ("http", "http"),
        ("https", "https"),
        ("admin", "admin"),
    ];
    let flags = pairs.iter().filter_map(|(flag, key)| {
        let address = endpoints[*key].as_str().and_then(|url| url.split("://").nth(1)).unwrap_or(ANY);
        address.parse::<SocketAddr>().ok().map(|address| format!("--{flag}-listen {address}"))
    });
    flags.collect::<Vec<_>>().join(" ")
}

/// Starts this binary with its output in `DATA/{name}.log`.
fn spawn(data: &Path, name: &str, args: &[String]) -> Result<Child, Problem> {
    let log = std::fs::File::create(data.join(format!("{name}.log"))).map_err(|cause| unusable(data, &cause))?;
    let errors = log.try_clone().map_err(|cause| unusable(data, &cause))?;
    let failed =
        |cause: std::io::Error| Problem::new(Code::SETTING_INVALID, format!("cannot start `tollgate {name}`: {cause}"));
    let binary = std::env::current_exe().map_err(failed)?;
    Command::new(binary).args(args).stdin(Stdio::null()).stdout(log).stderr(errors).spawn().map_err(failed)
}

async fn wait_for<T>(child: &mut Child, log: &Path, mut look: impl FnMut() -> Option<T>) -> Result<T, Problem> {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        let ended = child.try_wait().ok().flatten().is_some();
        if ended || started.elapsed() > START_LIMIT {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            let last: Vec<&str> = said.lines().rev().take(6).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            return Err(Problem::new(
                Code::PORT_TAKEN,
                format!("a part of the demo did not start:\n{}", last.join("\n")),
            )
            .with_hint("--any-port picks free ports"));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn terminate(pid: &str) {
    // The standard library has no signal but SIGKILL, and draining wants SIGTERM.
    let _ = Command::new("kill").args(["-TERM", pid]).stderr(Stdio::null()).status();
}

fn end(mut child: Child) {
    terminate(&child.id().to_string());
    let _ = child.wait();
}
