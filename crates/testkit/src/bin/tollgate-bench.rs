//! `make bench`: the gateway beside nginx, HAProxy and Envoy in one run. Each subject is pinned to
//! core 0; the load generator (wrk) and the upstream (nginx) share core 1. Figures are medians over
//! the rounds; machines are shared and noisy, so only the ratios within one run mean something.

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tollgate_testkit::{Answer, Management, Process, eventually};

/// The body every subject passes on, in bytes. Source: design §4.
const BODY_BYTES: usize = 430;
const CONNECTIONS: &str = "32";
const START_LIMIT: Duration = Duration::from_secs(30);

/// The walk-through's policy with a limit that is counted and never reached.
const WALK_THROUGH: &str = r#"<policies><inbound><base /><choose><when condition="@(context.Deployment.Gateway.Id == "bench" && context.Request.OriginalUrl.Host != "london.example.com")"><rate-limit-by-key calls="1000000000" renewal-period="60" counter-key="@(context.Request.IpAddress)" /></when></choose></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"#;
const KEYED: &str = r#"<policies><inbound><base /><rate-limit calls="1000000000" renewal-period="60" /><set-header name="X-Caller" exists-action="override"><value>@(context.Subscription.Id + "/" + context.Request.IpAddress)</value></set-header></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"#;

struct Settings {
    seconds: u64,
    rounds: usize,
    propagations: usize,
}

/// One line of the table.
struct Subject {
    name: &'static str,
    url: String,
    headers: Vec<String>,
    pids: Vec<u32>,
    runs: Vec<Run>,
}

#[derive(Clone, Copy)]
struct Run {
    cpu_us: f64,
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
    resident_mib: f64,
}

/// A helper server that is killed when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let settings = settings()?;
    let folder = tempfile::Builder::new().prefix("tollgate-bench").tempdir()?;
    let upstream = free_port()?;
    let _upstream = nginx(folder.path(), "upstream", upstream, None, 1)?;

    let mut servers = Vec::new();
    let mut subjects = Vec::new();
    let port = free_port()?;
    servers.push(nginx(folder.path(), "nginx", port, Some(upstream), 0)?);
    subjects.push(subject("nginx", port, servers.last(), "/"));
    if let Some(program) = found("haproxy") {
        let port = free_port()?;
        servers.push(haproxy(&program, folder.path(), port, upstream)?);
        subjects.push(subject("HAProxy", port, servers.last(), "/"));
    }
    if let Some(program) = found("envoy") {
        let port = free_port()?;
        servers.push(envoy(&program, folder.path(), port, upstream)?);
        subjects.push(subject("Envoy", port, servers.last(), "/"));
    }
    let tollgate = Tollgate::start(folder.path(), upstream).await?;
    subjects.extend(tollgate.subjects());

    for subject in &subjects {
        wait_for(&subject.url, &subject.headers).await?;
    }
    for _ in 0..settings.rounds {
        for subject in &mut subjects {
            let run = measure(subject, settings.seconds)?;
            subject.runs.push(run);
        }
    }
    println!("{}", table(&subjects));
    println!("{}", tollgate.propagation(settings.propagations).await?);
    Ok(())
}

fn settings() -> Result<Settings> {
    let mut settings = Settings { seconds: 4, rounds: 5, propagations: 50 };
    let mut args = std::env::args().skip(1);
    while let Some(flag) = args.next() {
        let value: u64 = args.next().context("a number after each flag")?.parse()?;
        match flag.as_str() {
            "--seconds" => settings.seconds = value,
            "--rounds" => settings.rounds = value as usize,
            "--propagations" => settings.propagations = value as usize,
            other => bail!("unknown flag {other}: --seconds N, --rounds N, --propagations N"),
        }
    }
    Ok(settings)
}

fn subject(name: &'static str, port: u16, server: Option<&Server>, path: &str) -> Subject {
    let pids = server.map(|server| with_children(server.0.id())).unwrap_or_default();
    Subject { name, url: format!("http://127.0.0.1:{port}{path}"), headers: Vec::new(), pids, runs: Vec::new() }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn found(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    folders.into_iter().map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn pinned(core: u8, program: &Path, args: &[&str]) -> Result<Server> {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(program).args(args);
    Ok(Server(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("taskset")?))
}

/// nginx as upstream (answers by itself) or as proxy to `upstream`.
fn nginx(folder: &Path, name: &str, port: u16, upstream: Option<u16>, core: u8) -> Result<Server> {
    let program = found("nginx").context("nginx is not installed")?;
    let location = match upstream {
        None => format!("default_type application/json; return 200 '{}';", "x".repeat(BODY_BYTES)),
        Some(_) => "proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection '';".to_owned(),
    };
    let up = upstream
        .map(|port| format!("upstream up {{ server 127.0.0.1:{port}; keepalive 128; keepalive_requests 10000000; }}"))
        .unwrap_or_default();
    let prefix = folder.join(name);
    std::fs::create_dir_all(&prefix)?;
    let file = prefix.join("nginx.conf");
    std::fs::write(
        &file,
        format!(
            "daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error.log; events {{ worker_connections 1024; }}\n\
             http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;\n\
             {up}\nserver {{ listen 127.0.0.1:{port}; location / {{ {location} }} }} }}\n",
            prefix.display()
        ),
    )?;
    let server = pinned(core, &program, &["-p", &prefix.to_string_lossy(), "-c", &file.to_string_lossy()])?;
    wait_for_port(port)?;
    Ok(server)
}

fn haproxy(program: &Path, folder: &Path, port: u16, upstream: u16) -> Result<Server> {
    let file = folder.join("haproxy.cfg");
    std::fs::write(
        &file,
        format!(
            "global\n  nbthread 1\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n  http-reuse always\n\
             frontend f\n  bind 127.0.0.1:{port}\n  default_backend b\nbackend b\n  server s 127.0.0.1:{upstream}\n"
        ),
    )?;
    let server = pinned(0, program, &["-db", "-f", &file.to_string_lossy()])?;
    wait_for_port(port)?;
    Ok(server)
}

fn envoy(program: &Path, folder: &Path, port: u16, upstream: u16) -> Result<Server> {
    let file = folder.join("envoy.json");
    let address = |port: u16| json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } });
    let manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "b",
        "route_config": { "virtual_hosts": [{ "name": "v", "domains": ["*"], "routes": [{ "match": { "prefix": "/" }, "route": { "cluster": "c" } }] }] },
        "http_filters": [{ "name": "envoy.filters.http.router", "typed_config": { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" } }],
    });
    let endpoint = json!({ "cluster_name": "c", "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address(upstream) } }] }] });
    std::fs::write(
        &file,
        json!({ "static_resources": {
            "listeners": [{ "address": address(port), "filter_chains": [{ "filters": [{ "name": "envoy.filters.network.http_connection_manager", "typed_config": manager }] }] }],
            "clusters": [{ "name": "c", "connect_timeout": "5s", "type": "STATIC", "load_assignment": endpoint }],
        } })
        .to_string(),
    )?;
    let server = pinned(0, program, &["-c", &file.to_string_lossy(), "--concurrency", "1", "-l", "error"])?;
    wait_for_port(port)?;
    Ok(server)
}

fn wait_for_port(port: u16) -> Result<()> {
    let end = Instant::now() + START_LIMIT;
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        ensure!(Instant::now() < end, "nothing listens on port {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

async fn wait_for(url: &str, headers: &[String]) -> Result<()> {
    let http = reqwest::Client::new();
    eventually(START_LIMIT, async || {
        let mut request = http.get(url);
        for header in headers {
            let (name, value) = header.split_once(": ").context("header")?;
            request = request.header(name, value);
        }
        let answer = Answer::of(request.send().await?).await?.expect(&[200])?;
        ensure!(answer.text.len() == BODY_BYTES, "{url}: body of {} bytes", answer.text.len());
        Ok(())
    })
    .await
}

/// Control plane on core 1, one gateway node with one worker on core 0.
struct Tollgate {
    management: Management,
    gateway: Process,
    url: String,
    _control: Process,
}

impl Tollgate {
    async fn start(folder: &Path, upstream: u16) -> Result<Tollgate> {
        let data = folder.join("data");
        let any = "127.0.0.1:0";
        let control_args = [
            "control-plane",
            "--data",
            &data.to_string_lossy(),
            "--management-listen",
            any,
            "--management-tls-listen",
            any,
            "--developer-listen",
            any,
        ];
        let mut control = Process::start(&control_args, &[])?;
        control.line_with("ready", START_LIMIT).await?;
        pin(control.id(), 1)?;
        let endpoints: serde_json::Value = serde_json::from_slice(&std::fs::read(data.join("endpoints.json"))?)?;
        let token = std::fs::read_to_string(data.join("admin.token"))?;
        let management = Management::new(endpoints["management"].as_str().context("management")?, token.trim());
        management.put("gateways/bench", json!({ "locationData": { "name": "bench" } })).await?;
        for (api, required) in [("plain", false), ("walk", false), ("keyed", true)] {
            let body = json!({ "displayName": api, "path": api, "serviceUrl": format!("http://127.0.0.1:{upstream}"), "protocols": ["http"], "subscriptionRequired": required });
            management.put(&format!("apis/{api}"), body).await?;
            management
                .put(
                    &format!("apis/{api}/operations/get"),
                    json!({ "displayName": "get", "method": "GET", "urlTemplate": "/" }),
                )
                .await?;
            management.send("PUT", &format!("gateways/bench/apis/{api}"), None, &[]).await?.expect(&[200, 201])?;
        }
        management.policy("apis/walk/operations/get", WALK_THROUGH).await?;
        management.policy("apis/keyed", KEYED).await?;
        management.put("subscriptions/bench", json!({ "scope": "/apis/keyed", "displayName": "bench", "state": "active", "primaryKey": "bench-key", "secondaryKey": "bench-key-2" })).await?;
        let deployment = management.get("gateways/bench/deployment").await?;
        let file = folder.join("env.conf");
        std::fs::write(
            &file,
            format!("{}\ntelemetry.logs.std=none\n", deployment["envConf"].as_str().context("envConf")?),
        )?;
        let gateway_args = [
            "gateway",
            "--env-file",
            &file.to_string_lossy(),
            "--http-listen",
            any,
            "--https-listen",
            any,
            "--admin-listen",
            any,
            "--workers",
            "1",
        ];
        let mut gateway = Process::start(&gateway_args, &[])?;
        let line = gateway.line_with("gateway traffic", START_LIMIT).await?;
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).context("no address")?.to_owned();
        pin(gateway.id(), 0)?;
        Ok(Tollgate { management, gateway, url, _control: control })
    }

    fn subjects(&self) -> Vec<Subject> {
        let row = |name, api: &str, headers: Vec<String>| Subject {
            name,
            url: format!("{}/{api}/", self.url),
            headers,
            pids: vec![self.gateway.id()],
            runs: Vec::new(),
        };
        vec![
            row("Tollgate pass-through", "plain", vec![]),
            row("Tollgate walk-through policy", "walk", vec![]),
            row("Tollgate key + rate limit + expression", "keyed", vec!["Ocp-Apim-Subscription-Key: bench-key".into()]),
        ]
    }

    /// From the acknowledged PUT to the first answer under the new configuration.
    async fn propagation(&self, changes: usize) -> Result<String> {
        let http = reqwest::Client::new();
        let url = format!("{}/plain/", self.url);
        let mut took = Vec::new();
        for change in 0..changes {
            let document = format!(
                r#"<policies><inbound><base /></inbound><backend><base /></backend><outbound><base /><set-header name="X-Change" exists-action="override"><value>{change}</value></set-header></outbound><on-error><base /></on-error></policies>"#
            );
            self.management.policy("apis/plain", &document).await?;
            let acknowledged = Instant::now();
            loop {
                let answer = Answer::of(http.get(&url).send().await?).await?.expect(&[200])?;
                if answer.header("x-change") == change.to_string() {
                    break;
                }
                ensure!(acknowledged.elapsed() < START_LIMIT, "change {change} never arrived");
            }
            took.push(acknowledged.elapsed().as_secs_f64() * 1e3);
        }
        took.sort_by(f64::total_cmp);
        let at = |q: f64| took[((took.len() - 1) as f64 * q) as usize];
        Ok(format!(
            "propagation, acknowledged PUT to first answer under it, {changes} changes: median {:.1} ms, p95 {:.1} ms, max {:.1} ms",
            at(0.5),
            at(0.95),
            at(1.0)
        ))
    }
}

/// Pins every thread of a process.
fn pin(pid: u32, core: u8) -> Result<()> {
    let status =
        Command::new("taskset").args(["-acp", &core.to_string(), &pid.to_string()]).stdout(Stdio::null()).status()?;
    ensure!(status.success(), "taskset failed for {pid}");
    Ok(())
}

fn with_children(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    std::iter::once(pid).chain(children.split_whitespace().filter_map(|child| child.parse().ok())).collect()
}

/// User and system time of the processes so far, in µs.
fn cpu_us(pids: &[u32]) -> f64 {
    const TICK_US: f64 = 10_000.0;
    pids.iter()
        .filter_map(|pid| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok())
        .filter_map(|stat| {
            let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
            Some((fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?) * TICK_US)
        })
        .sum()
}

fn resident_mib(pids: &[u32]) -> f64 {
    pids.iter()
        .filter_map(|pid| std::fs::read_to_string(format!("/proc/{pid}/status")).ok())
        .filter_map(|status| {
            status
                .lines()
                .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok())
        })
        .sum::<f64>()
        / 1024.0
}

fn measure(subject: &Subject, seconds: u64) -> Result<Run> {
    let before = cpu_us(&subject.pids);
    let duration = format!("{seconds}s");
    let mut wrk = Command::new("taskset");
    wrk.args(["-c", "1", "wrk", "-t1", "-c", CONNECTIONS, "-d", &duration, "--latency"]);
    for header in &subject.headers {
        wrk.args(["-H", header]);
    }
    let output = wrk.arg(&subject.url).output().context("wrk")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success() && !said.contains("Non-2xx"), "{}: {said}", subject.name);
    let cpu = cpu_us(&subject.pids) - before;
    let requests: f64 =
        said.lines().find_map(|line| line.trim().split_once(" requests in ")).context("wrk's output")?.0.parse()?;
    let per_second: f64 = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("Requests/sec:"))
        .context("wrk's output")?
        .trim()
        .parse()?;
    let quantile = |name: &str| {
        said.lines().find_map(|line| line.trim().strip_prefix(name)).and_then(|text| microseconds(text.trim()))
    };
    Ok(Run {
        cpu_us: cpu / requests,
        per_second,
        p50_us: quantile("50%").context("wrk's 50%")?,
        p99_us: quantile("99%").context("wrk's 99%")?,
        resident_mib: resident_mib(&subject.pids),
    })
}

fn microseconds(text: &str) -> Option<f64> {
    let (number, factor) = [("us", 1.0), ("ms", 1e3), ("s", 1e6)]
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    Some(number.parse::<f64>().ok()? * factor)
}

fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn table(subjects: &[Subject]) -> String {
    let base = subjects.first().map_or(f64::NAN, |nginx| median(&nginx.runs, |run| run.cpu_us));
    let mut out = format!(
        "{:<40} {:>10} {:>8} {:>10} {:>9} {:>9} {:>8}\n",
        "", "CPU µs/req", "x nginx", "req/s", "p50 µs", "p99 µs", "RSS MiB"
    );
    for subject in subjects {
        let of = |f: fn(&Run) -> f64| median(&subject.runs, f);
        let _ = writeln!(
            out,
            "{:<40} {:>10.1} {:>8.2} {:>10.0} {:>9.0} {:>9.0} {:>8.1}",
            subject.name,
            of(|r| r.cpu_us),
            of(|r| r.cpu_us) / base,
            of(|r| r.per_second),
            of(|r| r.p50_us),
            of(|r| r.p99_us),
            of(|r| r.resident_mib)
        );
    }
    out
}
