//! What a control plane is started with, and the handle to a running one.

use crate::auth::Authenticator;
use crate::control::Control;
use crate::publish::LocalLink;
use crate::server::{Listener, stopped};
use crate::service::ServiceAddress;
use crate::tls::{ServerCertificate, Source};
use jiff::Timestamp;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tollgate_error::{Code, Problem};
use tollgate_store::{Keyring, Store};

/// How often a made certificate is looked at.
const CERTIFICATE_CHECK: Duration = Duration::from_secs(24 * 3600);
/// Calls in progress get this long when the control plane stops.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// Plain data; the binary fills it from flags, environment and files.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Holds the master key, TLS material and, by default, the database. Made when missing.
    pub data: PathBuf,
    /// `sqlite://…` or `postgres://…`; `None`: a SQLite file in `data`.
    pub database: Option<String>,
    pub admin_token: String,
    pub management_listen: SocketAddr,
    /// `None`: no HTTPS.
    pub management_tls_listen: Option<SocketAddr>,
    /// PEM files of the user's own; `None`: made under `data/tls`.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Further names for a made certificate.
    pub tls_names: Vec<String>,
    /// What `env.conf` tells gateways to call; `None`: where the caller reached the management API.
    pub gateway_endpoint: Option<String>,
    pub service: ServiceAddress,
}

impl Settings {
    /// Local defaults: loopback, ports 7070 and 7443.
    pub fn local(data: PathBuf, admin_token: String) -> Settings {
        Settings {
            data,
            database: None,
            admin_token,
            management_listen: SocketAddr::from(([127, 0, 0, 1], 7070)),
            management_tls_listen: Some(SocketAddr::from(([127, 0, 0, 1], 7443))),
            certificate: None,
            tls_names: Vec::new(),
            gateway_endpoint: None,
            service: ServiceAddress::default(),
        }
    }
}

/// A running control plane. Dropping it stops the listeners without draining.
pub struct Handle {
    pub control: Control,
    pub management: SocketAddr,
    pub management_tls: Option<SocketAddr>,
    /// The CA to trust, when the certificate was made here.
    pub ca_file: Option<PathBuf>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Control {
    /// Opens the store and starts the listeners.
    ///
    /// # Errors
    /// The data folder, database, key, certificate or an address cannot be used; each with a code
    /// and a hint.
    pub async fn start(settings: Settings) -> Result<Handle, Problem> {
        let data = &settings.data;
        std::fs::create_dir_all(data).map_err(|error| {
            Problem::new(Code::DATA_DIRECTORY_UNUSABLE, format!("cannot make {}: {error}", data.display()))
                .with_hint("name a writable folder with --data")
        })?;
        let keyring = Keyring::open(&data.join("master.key")).map_err(|error| error.problem())?;
        let url =
            settings.database.clone().unwrap_or_else(|| format!("sqlite://{}", data.join("tollgate.db").display()));
        let store = Store::open(&url, keyring).await.map_err(|error| error.problem())?;
        let authenticator = Authenticator::new(&settings.admin_token);
        let control = Control::open(store, settings.service.clone(), authenticator).await?;
        if let Some(endpoint) = &settings.gateway_endpoint {
            let _ = control.inner.endpoint.set(endpoint.trim_end_matches('/').to_owned());
        }

        let stop = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        let plain = Listener::bind("--management-listen", settings.management_listen, None).await?;
        let management = plain.address;
        let (mut management_tls, mut ca_file) = (None, None);
        if let Some(address) = settings.management_tls_listen {
            let source = match &settings.certificate {
                Some((certificate, key)) => Source::Files { certificate: certificate.clone(), key: key.clone() },
                None => Source::Made { folder: data.join("tls"), names: settings.tls_names.clone() },
            };
            let certificate = ServerCertificate::open(source, Timestamp::now())?;
            ca_file = certificate.ca_file();
            let config = certificate.server_config()?;
            let secure = Listener::bind("--management-tls-listen", address, Some(config)).await?;
            management_tls = Some(secure.address);
            tasks.spawn(secure.serve(control.clone(), stop.subscribe()));
            tasks.spawn(keep_certificate(certificate, stop.subscribe()));
        }
        tasks.spawn(plain.serve(control.clone(), stop.subscribe()));
        tracing::info!(%management, ?management_tls, "control plane started");
        Ok(Handle { control, management, management_tls, ca_file, stop, tasks })
    }
}

impl Handle {
    /// A gateway's link within this process.
    pub fn local_link(&self, gateway: &str) -> LocalLink {
        self.control.local_link(gateway)
    }

    /// Lets calls in progress end, then closes the store.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        let drained = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_MAX, drained).await.is_err() {
            tracing::warn!("some calls did not end in time");
        }
        self.tasks.shutdown().await;
        self.control.store().close().await;
    }
}

async fn keep_certificate(certificate: std::sync::Arc<ServerCertificate>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(CERTIFICATE_CHECK) => {}
            () = stopped(&mut stop) => return,
        }
        if let Err(problem) = certificate.refresh(Timestamp::now()) {
            tracing::error!(%problem, "the server certificate cannot be renewed");
        }
    }
}
