//! A gateway with a backend behind it, in one process, on free ports.
#![allow(dead_code, reason = "every test file uses a part of it")]

pub mod documents;
pub mod redis;
pub mod relay;
pub mod upstream;

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tollgate_contract::feed::{Entry, Feed};
use tollgate_contract::link::{ControlPlane, LinkError, LinkFuture};
use tollgate_contract::snapshot::{Api, Document, Gateway as GatewayDocument, Key, Kind, Operation, Policy, Scope};
use tollgate_contract::telemetry::{Batch, Heartbeat};
use tollgate_gateway::log::LogFormat;
use tollgate_gateway::{Gateway, GatewayHandle, Settings};

/// The control plane as a test plays it.
#[derive(Default)]
pub struct Plane {
    state: Mutex<PlaneState>,
    changed: tokio::sync::Notify,
}

#[derive(Default)]
struct PlaneState {
    documents: BTreeMap<Key, Entry>,
    revision: u64,
    down: bool,
    pub heartbeats: Vec<Heartbeat>,
    pub batches: Vec<Batch>,
}

impl Plane {
    pub fn put(&self, kind: Kind, id: &str, document: Document) {
        let key = Key { kind, id: id.to_owned() };
        let json = serde_json::to_vec(&document).expect("json");
        let digest = hex(&Sha256::digest(&json));
        let mut state = self.state.lock().expect("lock");
        state.documents.insert(key.clone(), Entry { key, digest, document });
        state.revision += 1;
        drop(state);
        self.changed.notify_waiters();
    }

    pub fn delete(&self, kind: Kind, id: &str) {
        let mut state = self.state.lock().expect("lock");
        state.documents.remove(&Key { kind, id: id.to_owned() });
        state.revision += 1;
        drop(state);
        self.changed.notify_waiters();
    }

    pub fn set_down(&self, down: bool) {
        self.state.lock().expect("lock").down = down;
        self.changed.notify_waiters();
    }

    pub fn revision(&self) -> u64 {
        self.state.lock().expect("lock").revision
    }

    pub fn heartbeats(&self) -> Vec<Heartbeat> {
        self.state.lock().expect("lock").heartbeats.clone()
    }

    pub fn batches(&self) -> Vec<Batch> {
        self.state.lock().expect("lock").batches.clone()
    }

    fn feed(&self, after: u64) -> Result<Option<Feed>, LinkError> {
        let state = self.state.lock().expect("lock");
        if state.down {
            return Err(LinkError::Unreachable("down".into()));
        }
        if state.revision == after {
            return Ok(None);
        }
        Ok(Some(Feed {
            format: tollgate_contract::FORMAT,
            gateway: "london".into(),
            revision: state.revision,
            base: None,
            digest: tollgate_gateway::configuration_digest(&state.documents),
            upserts: state.documents.values().cloned().collect(),
            deletes: Vec::new(),
        }))
    }

    fn record<T>(&self, item: T, into: impl FnOnce(&mut PlaneState, T)) -> Result<(), LinkError> {
        let mut state = self.state.lock().expect("lock");
        if state.down {
            return Err(LinkError::Unreachable("down".into()));
        }
        into(&mut state, item);
        Ok(())
    }
}

impl ControlPlane for Plane {
    fn configuration(&self, after: u64, wait: Duration) -> LinkFuture<'_, Option<Feed>> {
        Box::pin(async move {
            let changed = self.changed.notified();
            match self.feed(after) {
                Ok(None) => {}
                answer => return answer,
            }
            let _ = tokio::time::timeout(wait, changed).await;
            self.feed(after)
        })
    }

    fn heartbeat(&self, heartbeat: Heartbeat) -> LinkFuture<'_, ()> {
        Box::pin(async move { self.record(heartbeat, |state, heartbeat| state.heartbeats.push(heartbeat)) })
    }

    fn telemetry(&self, batch: Batch) -> LinkFuture<'_, ()> {
        Box::pin(async move { self.record(batch, |state, batch| state.batches.push(batch)) })
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A running gateway "london".
pub struct World {
    pub plane: Arc<Plane>,
    pub gateway: GatewayHandle,
    pub address: SocketAddr,
    runtime: tokio::runtime::Runtime,
}

impl World {
    pub fn start() -> World {
        World::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Settings)) -> World {
        let any: SocketAddr = "127.0.0.1:0".parse().expect("address");
        let mut settings = Settings {
            http_listen: any,
            https_listen: Some(any),
            admin_listen: Some(any),
            workers: 2,
            drain_timeout: Duration::from_secs(5),
            ..Settings::default()
        };
        settings.log.format = LogFormat::None;
        settings.limits.connect = Duration::from_secs(2);
        change(&mut settings);
        let plane = Arc::new(Plane::default());
        plane.put(
            Kind::Gateway,
            "london",
            Document::Gateway(GatewayDocument {
                id: "london".into(),
                region: "London office".into(),
                ..Default::default()
            }),
        );
        let gateway = Gateway::start(settings, plane.clone()).expect("gateway");
        let address = gateway.http_addresses[0];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        World { plane, gateway, address, runtime }
    }

    /// An API at `path` in front of `backend`, with `METHOD /template` operations.
    pub fn api(self, path: &str, backend: &str, operations: &[&str]) -> World {
        let id = if path.is_empty() { "root" } else { path };
        self.plane.put(
            Kind::Api,
            id,
            Document::Api(Api {
                id: id.into(),
                display_name: id.into(),
                path: path.into(),
                service_url: Some(backend.into()),
                revision: "1".into(),
                is_current: true,
                is_online: true,
                ..Api::default()
            }),
        );
        for (index, operation) in operations.iter().enumerate() {
            let (method, template) = operation.split_once(' ').expect("METHOD /template");
            let name = format!("op{index}");
            self.plane.put(
                Kind::Operation,
                &format!("{id}/{name}"),
                Document::Operation(Operation {
                    api: id.into(),
                    name,
                    display_name: (*operation).into(),
                    method: method.into(),
                    url_template: template.into(),
                    definition: None,
                }),
            );
        }
        self
    }

    pub fn policy(self, api: &str, text: &str) -> World {
        let policy = Policy { scope: Scope::Api { api: api.into() }, text: text.into() };
        self.plane.put(Kind::Policy, &format!("api/{api}"), Document::Policy(policy));
        self
    }

    /// Waits until the gateway serves what the plane has now.
    pub fn applied(self) -> World {
        self.wait();
        self
    }

    pub fn wait(&self) {
        let revision = self.plane.revision();
        let waited = self
            .runtime
            .block_on(async { tokio::time::timeout(Duration::from_secs(20), self.gateway.applied(revision)).await });
        waited.expect("the revision is applied");
    }

    /// Sends bytes as they are and reads one answer.
    pub fn raw(&self, bytes: &[u8]) -> Answer {
        raw(self.address, bytes)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.raw(format!("GET {path} HTTP/1.1\r\nHost: gw.example\r\nConnection: close\r\n\r\n").as_bytes())
    }
}

/// Sends and reads until the peer closes or says nothing for a while.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("timeout");
    stream.write_all(bytes).expect("write");
    read_answer(&mut stream)
}

/// One answer as it came over the wire.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
    /// The connection ended before the body was complete.
    pub truncated: bool,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

pub fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let mut closed = false;
    loop {
        if let Some(answer) = parse(&bytes, closed) {
            return answer;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => closed = true,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

fn parse(bytes: &[u8], closed: bool) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return closed.then(|| Answer { status: 0, head: text.clone(), body: String::new(), truncated: true });
    };
    if head.starts_with("HTTP/1.1 100") {
        return parse(body.as_bytes(), closed);
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let mut answer = Answer { status, head: head.to_owned(), body: body.to_owned(), truncated: false };
    if let Some(length) = answer.header("content-length").and_then(|length| length.parse::<usize>().ok()) {
        answer.truncated = body.len() < length;
        return (!answer.truncated || closed).then_some(answer);
    }
    if answer.header("transfer-encoding").is_some() {
        let complete = body.ends_with("0\r\n\r\n") || body.contains("\r\n0\r\n");
        answer.truncated = !complete;
        return (complete || closed).then_some(answer);
    }
    (closed || matches!(status, 101 | 204 | 304)).then_some(answer)
}
