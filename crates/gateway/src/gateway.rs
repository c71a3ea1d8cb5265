//! Starts and stops a gateway: workers on their threads, the node's own tasks on one more.

use crate::admin;
use crate::compile::Compiler;
use crate::events;
use crate::listener::{self, TlsHosts, TlsIdentity};
use crate::log::{Log, LogLevel};
use crate::node::Node;
use crate::settings::Settings;
use crate::sync;
use crate::worker::Worker;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tollgate_contract::link::ControlPlane;
use tollgate_error::{Code, Problem};

/// Stack of a worker. Policies nest within limits; the default of 2 MiB is enough for them.
const STACK_BYTES: usize = 4 * 1024 * 1024;

/// One gateway node.
pub struct Gateway;

/// A running gateway. Dropping it stops the node without draining.
pub struct GatewayHandle {
    /// Where HTTP is served.
    pub http_addresses: Vec<SocketAddr>,
    /// Where HTTPS is served from the start. A certificate that arrives with the configuration may
    /// open it later: see [`GatewayHandle::https_address`].
    pub https_addresses: Vec<SocketAddr>,
    /// Metrics and health.
    pub admin_address: Option<SocketAddr>,
    node: Arc<Node>,
    https: Arc<parking_lot::Mutex<Option<SocketAddr>>>,
    threads: Vec<JoinHandle<()>>,
}

/// What a worker can be told besides serving.
enum Command {
    /// Serve HTTPS on this socket too.
    Https(TcpListener),
}

impl Gateway {
    /// Binds, starts the threads, and begins to ask `link` for a configuration.
    ///
    /// # Errors
    /// TG1004: an address is taken; TG1006: a certificate cannot be used.
    pub fn start(settings: Settings, link: Arc<dyn ControlPlane>) -> Result<GatewayHandle, Problem> {
        let log = Log::start(settings.log.clone());
        Gateway::start_with_log(settings, link, log)
    }

    /// The same with a log of the caller's.
    ///
    /// # Errors
    /// As [`Gateway::start`].
    pub fn start_with_log(settings: Settings, link: Arc<dyn ControlPlane>, log: Log) -> Result<GatewayHandle, Problem> {
        log_settings(&log, &settings);
        let start_tls = start_tls(&settings)?;
        let compiler = Compiler::new(&settings)?;
        let workers = settings.workers;
        let (http, http_listeners) = listener::bind(settings.http_listen, workers, "--http-listen")?;
        let secure_from_start = !start_tls.is_empty();
        let https = match settings.https_listen {
            Some(address) if secure_from_start => Some(listener::bind(address, workers, "--https-listen")?),
            _ => None,
        };
        let admin = match settings.admin_listen {
            Some(address) => Some(listener::bind(address, 1, "--admin-listen")?),
            None => None,
        };
        let https_address = https.as_ref().map(|(address, _)| *address);
        let admin_address = admin.as_ref().map(|(address, _)| *address);
        let node = Arc::new(Node::new(settings, log, start_tls));
        log_addresses(&node.log, http, https_address, admin_address);

        let mut threads = Vec::with_capacity(workers + 1);
        let mut commands = Vec::with_capacity(workers);
        let mut secure = https.map(|(_, listeners)| listeners).unwrap_or_default().into_iter();
        for (index, listener) in http_listeners.into_iter().enumerate() {
            let (command, receiver) = unbounded_channel();
            if let Some(listener) = secure.next() {
                // The receiver is alive: it goes to the thread below.
                let _ = command.send(Command::Https(listener));
            }
            commands.push(command);
            threads.push(spawn_worker(node.clone(), index, listener, receiver)?);
        }
        let https = Arc::new(parking_lot::Mutex::new(https_address));
        let opener = HttpsOpener { node: node.clone(), commands, address: https.clone() };
        let admin_listener = admin.and_then(|(_, listeners)| listeners.into_iter().next());
        threads.push(spawn_node(node.clone(), link, compiler, admin_listener, http, opener)?);
        Ok(GatewayHandle {
            http_addresses: vec![http],
            https_addresses: https_address.into_iter().collect(),
            admin_address,
            node,
            https,
            threads,
        })
    }
}

impl GatewayHandle {
    /// Returns when a configuration is applied.
    pub async fn ready(&self) {
        let mut applied = self.node.applied.subscribe();
        // The sender lives in the node, which this handle holds.
        let _ = applied.wait_for(|_| self.node.is_loaded()).await;
    }

    /// The revision applied; 0 before the first.
    pub fn revision(&self) -> u64 {
        *self.node.applied.borrow()
    }

    /// Returns when a revision at least this high is applied.
    pub async fn applied(&self, revision: u64) {
        let mut applied = self.node.applied.subscribe();
        let _ = applied.wait_for(|now| *now >= revision && self.node.is_loaded()).await;
    }

    pub fn node_id(&self) -> &str {
        &self.node.settings.node_id
    }

    pub fn https_address(&self) -> Option<SocketAddr> {
        *self.https.lock()
    }

    /// Stops accepting, lets requests in flight finish, sends what telemetry is left, and returns
    /// when everything has ended or the drain limit is over.
    pub async fn drain(mut self) {
        self.node.draining.send_replace(true);
        let threads = std::mem::take(&mut self.threads);
        let waited = tokio::task::spawn_blocking(move || {
            for thread in threads {
                // A thread that panicked has nothing left to wait for.
                let _ = thread.join();
            }
        });
        let _ = waited.await;
        self.node.log.info("Node", "stopped");
        self.node.log.flush();
    }

    /// The same, blocking.
    pub fn shutdown(mut self) {
        self.node.draining.send_replace(true);
        for thread in std::mem::take(&mut self.threads) {
            let _ = thread.join();
        }
        self.node.log.info("Node", "stopped");
        self.node.log.flush();
    }
}

impl Drop for GatewayHandle {
    fn drop(&mut self) {
        self.node.draining.send_replace(true);
    }
}

fn start_tls(settings: &Settings) -> Result<TlsHosts, Problem> {
    let mut hosts = TlsHosts::default();
    if let Some((chain, key)) = &settings.certificate {
        let identity = TlsIdentity { chain_pem: chain, key_pem: key.reveal(), http2: true, ask_client: false };
        hosts.set_fallback(&identity)?;
    }
    Ok(hosts)
}

fn log_settings(log: &Log, settings: &Settings) {
    if !settings.understood.is_empty() {
        log.info("Settings", format!("settings read: {}", settings.understood.join(", ")));
    }
    if !settings.not_understood.is_empty() {
        log.warn("Settings", format!("settings not used: {}", settings.not_understood.join(", ")));
    }
    let fields = [
        ("nodeId", settings.node_id.as_str().into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("workers", settings.workers.into()),
        ("endpoint", settings.link.endpoint.clone().unwrap_or_default().into()),
    ];
    log.event(LogLevel::Info, "Node", "starting", &fields);
}

fn log_addresses(log: &Log, http: SocketAddr, https: Option<SocketAddr>, admin: Option<SocketAddr>) {
    let text = |address: Option<SocketAddr>| address.map_or("none".to_owned(), |address| address.to_string());
    let fields = [("http", http.to_string().into()), ("https", text(https).into()), ("admin", text(admin).into())];
    log.event(LogLevel::Info, "Listener", "listening", &fields);
}

fn cannot_start(error: std::io::Error) -> Problem {
    Problem::new(Code::SETTING_INVALID, format!("cannot start a thread: {error}"))
        .with_hint("lower the number of workers or raise the limit of threads")
}

fn spawn_worker(
    node: Arc<Node>,
    index: usize,
    listener: TcpListener,
    mut commands: UnboundedReceiver<Command>,
) -> Result<JoinHandle<()>, Problem> {
    let (started, outcome) = mpsc::channel();
    let thread = std::thread::Builder::new().name(format!("tollgate-worker-{index}")).stack_size(STACK_BYTES);
    let thread = thread.spawn(move || {
        let runtime = match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
            Ok(runtime) => runtime,
            Err(error) => {
                let _ = started.send(Err(error));
                return;
            }
        };
        let _ = started.send(Ok(()));
        runtime.block_on(async move {
            let worker = Worker::new(node.clone(), index);
            tokio::task::spawn_local(worker.clone().tick());
            tokio::task::spawn_local(listener::accept(worker.clone(), listener, false));
            let mut draining = node.draining.subscribe();
            loop {
                tokio::select! {
                    command = commands.recv() => match command {
                        Some(Command::Https(listener)) => {
                            tokio::task::spawn_local(listener::accept(worker.clone(), listener, true));
                        }
                        None => break,
                    },
                    _ = draining.wait_for(|draining| *draining) => break,
                }
            }
            drain(&worker).await;
        });
    });
    let thread = thread.map_err(cannot_start)?;
    match outcome.recv() {
        Ok(Ok(())) => Ok(thread),
        Ok(Err(error)) => Err(cannot_start(error)),
        Err(_) => Err(cannot_start(std::io::Error::other("the thread ended"))),
    }
}

/// Waits until the worker's connections are closed, or the limit is over.
async fn drain(worker: &Rc<Worker>) {
    const STEP: Duration = Duration::from_millis(5);
    let mut draining = worker.node.draining.subscribe();
    let _ = draining.wait_for(|draining| *draining).await;
    let started = Instant::now();
    while worker.has_connections() && started.elapsed() < worker.node.settings.drain_timeout {
        tokio::time::sleep(STEP).await;
    }
    worker.flush_lines();
}

/// Opens the HTTPS address once a configuration brings a certificate.
pub struct HttpsOpener {
    node: Arc<Node>,
    commands: Vec<UnboundedSender<Command>>,
    address: Arc<parking_lot::Mutex<Option<SocketAddr>>>,
}

impl HttpsOpener {
    pub fn open_if_possible(&self) {
        let wanted = self.node.runtime.load().as_ref().is_some_and(|runtime| !runtime.tls.is_empty());
        let Some(address) = self.node.settings.https_listen.filter(|_| wanted && self.address.lock().is_none()) else {
            return;
        };
        match listener::bind(address, self.commands.len(), "--https-listen") {
            Ok((bound, listeners)) => {
                *self.address.lock() = Some(bound);
                for (command, listener) in self.commands.iter().zip(listeners) {
                    // A worker that has ended serves nothing.
                    let _ = command.send(Command::Https(listener));
                }
                self.node.log.info("Listener", format!("listening for HTTPS on {bound}"));
            }
            Err(problem) => self.node.log.error("Listener", problem.to_string()),
        }
    }
}

fn spawn_node(
    node: Arc<Node>,
    link: Arc<dyn ControlPlane>,
    compiler: Compiler,
    admin: Option<TcpListener>,
    http: SocketAddr,
    opener: HttpsOpener,
) -> Result<JoinHandle<()>, Problem> {
    let thread = std::thread::Builder::new().name("tollgate-node".into()).stack_size(STACK_BYTES);
    let thread = thread.spawn(move || {
        let runtime = match Builder::new_current_thread().enable_all().build_local(LocalOptions::default()) {
            Ok(runtime) => runtime,
            Err(error) => return node.log.error("Node", format!("cannot start: {error}")),
        };
        runtime.block_on(async move {
            if let Some(listener) = admin {
                tokio::task::spawn_local(admin::serve(node.clone(), listener));
            }
            if let Some(inbox) = node.inbox.lock().take() {
                tokio::task::spawn_local(events::ship(inbox, Worker::new(node.clone(), 0)));
            }
            sync::run(node.clone(), link, compiler, http, opener).await;
            let loggers = node.runtime.load_full().map(|runtime| runtime.loggers.clone()).unwrap_or_default();
            events::farewell(loggers.values()).await;
        });
    });
    thread.map_err(cannot_start)
}
