//! What a node is told at start: flags, environment, an env file, defaults, in this order.
//!
//! Every dotted name of reference/gateway.md §2 is understood, and the same name in upper case with
//! underscores. This module opens nothing but the env file; it never prints a value that may be a
//! secret.

mod env_file;
mod identity;
mod names;

use crate::cache::RedisAddress;
use crate::events::ConnectionString;
use crate::log::{LogFormat, LogLevel, LogSettings};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use tollgate_error::{Code, Problem};

pub use env_file::parse as parse_env_file;
pub use identity::IdentitySettings;
pub use names::canonical;

/// Text that must not show in logs.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Everything a node needs to start. Made by [`Settings::resolve`], or by hand for a gateway inside
/// another process.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Chosen at start unless given; tells nodes of one gateway apart.
    pub node_id: String,
    pub http_listen: SocketAddr,
    /// Bound as soon as there is a certificate: from `certificate`, or from the configuration.
    pub https_listen: Option<SocketAddr>,
    pub admin_listen: Option<SocketAddr>,
    /// Threads that serve requests; each has its own listeners and upstream connections.
    pub workers: usize,
    /// PEM texts (chain, PKCS#8 or SEC1 key) served when no hostname of the configuration fits.
    pub certificate: Option<(String, Secret)>,
    /// PEM files of certificate authorities that backends may be signed by, besides the system's.
    pub backend_ca_files: Vec<PathBuf>,
    /// PEM files of lists of revoked client certificates.
    pub revocation_list_files: Vec<PathBuf>,
    /// Ask every client for a certificate, not only where a policy looks at it.
    pub asks_client_certificate: bool,
    /// Where the gateway's own tokens come from.
    pub identity: IdentitySettings,
    /// The object id of that identity, as access policies of connections name it.
    pub identity_object_id: Option<String>,
    pub link: LinkSettings,
    pub log: LogSettings,
    pub limits: Limits,
    pub cache: CacheSettings,
    /// Connection strings of Service Bus namespaces, for `send-service-bus-message` without a managed
    /// identity.
    pub service_bus: Vec<ConnectionString>,
    /// Trust `X-Forwarded-Proto` for the scheme of the request URL.
    pub trust_forwarded_proto: bool,
    /// How long requests in flight may take to finish when the node stops.
    pub drain_timeout: Duration,
    /// Names that were given and understood, with where they came from; for the log.
    pub understood: Vec<String>,
    /// Names that were given and mean nothing here; for the log.
    pub not_understood: Vec<String>,
}

/// The way to the control plane. Unused by a gateway inside the control plane's process.
#[derive(Debug, Clone, Default)]
pub struct LinkSettings {
    /// `https://host[:port][/base]`.
    pub endpoint: Option<String>,
    /// `{gateway}&{expiry}&{signature}`, without the word `GatewayKey`.
    pub token: Secret,
    pub disable_certificate_validation: bool,
    /// PEM file of the authority that signed the endpoint's certificate.
    pub ca_file: Option<PathBuf>,
    /// Limit of one call.
    pub timeout: Duration,
}

/// The caches of policies.
#[derive(Debug, Clone)]
pub struct CacheSettings {
    /// Bytes of the built-in cache of this node.
    pub bytes_max: usize,
    /// Connection string of Redis, instead of the one that the configuration names.
    pub connection: Option<Secret>,
    /// Limit of one operation of an external cache; what takes longer is a miss.
    pub deadline: Duration,
}

impl Default for CacheSettings {
    fn default() -> CacheSettings {
        CacheSettings { bytes_max: 64 * 1024 * 1024, connection: None, deadline: Duration::from_millis(250) }
    }
}

/// Limits of the request path, each against a client or a backend that would exhaust the node.
#[derive(Debug, Clone)]
pub struct Limits {
    /// From the first byte of a head, or from the last answer on a kept connection.
    pub header_read: Duration,
    /// Bytes of a request head.
    pub header_bytes_max: usize,
    /// Header lines of a request head.
    pub header_count_max: usize,
    /// Bytes of a request target.
    pub target_bytes_max: usize,
    /// Bytes of a body that a policy reads.
    pub body_bytes_max: usize,
    pub connect: Duration,
    /// One fetch of keys or a token that a policy needs, all its calls together.
    pub credential_fetch: Duration,
    /// Idle upstream connections kept per backend address and worker.
    pub upstream_idle_max: usize,
    pub upstream_idle: Duration,
    /// Open client connections per worker; further ones wait in the kernel's queue.
    pub connections_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            header_read: Duration::from_secs(60),
            header_bytes_max: 64 * 1024,
            header_count_max: 100,
            target_bytes_max: 16 * 1024,
            body_bytes_max: 16 * 1024 * 1024,
            connect: Duration::from_secs(10),
            credential_fetch: Duration::from_secs(10),
            upstream_idle_max: 128,
            upstream_idle: Duration::from_secs(60),
            connections_max: 20_000,
        }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            node_id: uuid::Uuid::new_v4().simple().to_string(),
            http_listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8080),
            https_listen: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8081)),
            admin_listen: Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9901)),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            certificate: None,
            backend_ca_files: Vec::new(),
            revocation_list_files: Vec::new(),
            asks_client_certificate: false,
            identity: IdentitySettings::None,
            identity_object_id: None,
            link: LinkSettings { timeout: Duration::from_secs(100), ..LinkSettings::default() },
            log: LogSettings::default(),
            limits: Limits::default(),
            cache: CacheSettings::default(),
            service_bus: Vec::new(),
            trust_forwarded_proto: false,
            drain_timeout: Duration::from_secs(30),
            understood: Vec::new(),
            not_understood: Vec::new(),
        }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Flag,
    Environment,
    File,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Origin::Flag => "flag",
            Origin::Environment => "environment",
            Origin::File => "env file",
        })
    }
}

impl Settings {
    /// Resolves flag > environment > file > default. Flags carry dotted names, as
    /// [`names::OURS`] lists them.
    ///
    /// # Errors
    /// TG1003: the file cannot be read; TG1001: a value has not the form it needs.
    pub fn resolve(
        flags: impl IntoIterator<Item = (String, String)>,
        environment: impl IntoIterator<Item = (String, String)>,
        env_file: Option<&Path>,
    ) -> Result<Settings, Problem> {
        let mut given: BTreeMap<&'static str, (String, Origin)> = BTreeMap::new();
        let mut not_understood = Vec::new();
        if let Some(path) = env_file {
            let text = std::fs::read(path).map_err(|error| {
                Problem::new(Code::ENV_FILE_INVALID, format!("cannot read {}: {error}", path.display()))
                    .with_hint("the portal's deployment page of the gateway has the file")
            })?;
            for (name, value) in parse_env_file(&text, &path.display().to_string())? {
                match canonical(&name) {
                    Some(name) => {
                        given.insert(name, (value, Origin::File));
                    }
                    None => not_understood.push(format!("{name} (env file)")),
                }
            }
        }
        for (name, value) in environment {
            match canonical(&name) {
                // `WORKERS` in the environment is as likely somebody else's.
                Some(canonical) if !canonical.contains('.') => {}
                Some(canonical) => {
                    given.insert(canonical, (value, Origin::Environment));
                }
                None if names::looks_like_ours(&name) => not_understood.push(format!("{name} (environment)")),
                None => {}
            }
        }
        for (name, value) in flags {
            match canonical(&name) {
                Some(name) => {
                    given.insert(name, (value, Origin::Flag));
                }
                None => not_understood.push(format!("{name} (flag)")),
            }
        }
        let mut settings = Settings { not_understood, ..Settings::default() };
        settings.apply(&Given(given))?;
        Ok(settings)
    }

    fn apply(&mut self, given: &Given) -> Result<(), Problem> {
        for (name, (_, origin)) in &given.0 {
            self.understood.push(format!("{name} ({origin})"));
            if names::is_accepted_without_effect(name) {
                self.not_understood.push(format!("{name} ({origin}): known, not acted on by this version"));
                self.understood.pop();
            }
        }
        given.parse_into("node.id", &mut self.node_id)?;
        given.parse_into("net.server.http.listen", &mut self.http_listen)?;
        given.optional_into("net.server.https.listen", &mut self.https_listen)?;
        given.optional_into("net.server.admin.listen", &mut self.admin_listen)?;
        given.parse_into("workers", &mut self.workers)?;
        if self.workers == 0 || self.workers > WORKERS_MAX {
            return Err(given.invalid("workers", &format!("a number from 1 to {WORKERS_MAX}")));
        }
        given.parse_into("net.server.http.forwarded.proto.enabled", &mut self.trust_forwarded_proto)?;
        self.certificate = given.certificate()?;
        let files = |text: &str| text.split(',').map(|file| PathBuf::from(file.trim())).collect();
        self.backend_ca_files = given.text("net.client.tls.ca.file").map(files).unwrap_or_default();
        self.revocation_list_files = given.text("net.server.tls.crl.file").map(files).unwrap_or_default();
        given.parse_into("net.server.tls.client.certificate.requested", &mut self.asks_client_certificate)?;
        self.identity = given.identity()?;
        self.identity_object_id = given.text("identity.object.id").map(str::to_owned);
        self.apply_limits(given)?;
        self.apply_integrations(given)?;
        self.apply_log(given)?;
        self.link = given.link(&self.link)?;
        Ok(())
    }

    fn apply_limits(&mut self, given: &Given) -> Result<(), Problem> {
        let limits = &mut self.limits;
        given.span_into("net.server.drain.timeout", &mut self.drain_timeout)?;
        given.span_into("net.server.http.header.timeout", &mut limits.header_read)?;
        given.parse_into("net.server.http.header.bytes", &mut limits.header_bytes_max)?;
        given.parse_into("net.server.http.target.bytes", &mut limits.target_bytes_max)?;
        given.parse_into("net.server.http.connections", &mut limits.connections_max)?;
        given.parse_into("policy.body.bytes", &mut limits.body_bytes_max)?;
        given.span_into("net.client.connect.timeout", &mut limits.connect)?;
        given.span_into("net.client.idle.timeout", &mut limits.upstream_idle)?;
        given.parse_into("net.client.idle.connections", &mut limits.upstream_idle_max)
    }

    fn apply_integrations(&mut self, given: &Given) -> Result<(), Problem> {
        given.parse_into("cache.internal.bytes", &mut self.cache.bytes_max)?;
        given.span_into("cache.external.timeout", &mut self.cache.deadline)?;
        if let Some(text) = given.text("cache.external.connection") {
            RedisAddress::parse(text).map_err(|_| given.invalid("cache.external.connection", CONNECTION_FORM))?;
            self.cache.connection = Some(Secret::new(text));
        }
        // Separated by `|`: the strings themselves hold `;` and `,`.
        for text in given.text("integration.servicebus.connection").unwrap_or_default().split('|') {
            if !text.trim().is_empty() {
                let connection = ConnectionString::parse(text).map_err(|problem| {
                    given.invalid("integration.servicebus.connection", &format!("connection strings: {problem}"))
                })?;
                self.service_bus.push(connection);
            }
        }
        Ok(())
    }

    fn apply_log(&mut self, given: &Given) -> Result<(), Problem> {
        if let Some(format) = given.text("telemetry.logs.std") {
            self.log.format = LogFormat::from_word(format)
                .ok_or_else(|| given.invalid("telemetry.logs.std", "none, text or json"))?;
        }
        if let Some(level) = given.text("telemetry.logs.std.level") {
            self.log.level = LogLevel::from_word(level)
                .ok_or_else(|| given.invalid("telemetry.logs.std.level", "all, debug, info, warn, error or fatal"))?;
        }
        given.parse_into("telemetry.logs.std.color", &mut self.log.color)?;
        given.parse_into("telemetry.logs.std.requests", &mut self.log.requests)
    }
}

const CONNECTION_FORM: &str = "`host:port,password=…,ssl=true` or a `redis` URL";
/// More workers than any machine has cores.
const WORKERS_MAX: usize = 1024;

struct Given(BTreeMap<&'static str, (String, Origin)>);

impl Given {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|(value, _)| value.trim()).filter(|value| !value.is_empty())
    }

    fn invalid(&self, name: &str, form: &str) -> Problem {
        let origin = self.0.get(name).map_or("default".to_owned(), |(_, origin)| origin.to_string());
        Problem::new(Code::SETTING_INVALID, format!("setting {name} ({origin}) must be {form}"))
    }

    fn parse_into<T: FromStr>(&self, name: &str, slot: &mut T) -> Result<(), Problem> {
        if let Some(text) = self.text(name) {
            let lower = text.to_ascii_lowercase();
            let text = if matches!(lower.as_str(), "true" | "false") { &lower } else { text };
            *slot = text.parse().map_err(|_| self.invalid(name, form_of::<T>()))?;
        }
        Ok(())
    }

    /// `none` turns the thing off.
    fn optional_into<T: FromStr>(&self, name: &str, slot: &mut Option<T>) -> Result<(), Problem> {
        match self.text(name) {
            Some("none") => *slot = None,
            Some(text) => *slot = Some(text.parse().map_err(|_| self.invalid(name, form_of::<T>()))?),
            None => {}
        }
        Ok(())
    }

    /// `hh:mm:ss`, or a number of seconds.
    fn span_into(&self, name: &str, slot: &mut Duration) -> Result<(), Problem> {
        if let Some(text) = self.text(name) {
            *slot = time_span(text).ok_or_else(|| self.invalid(name, "a time span hh:mm:ss or seconds"))?;
        }
        Ok(())
    }

    fn certificate(&self) -> Result<Option<(String, Secret)>, Problem> {
        let (Some(chain), Some(key)) =
            (self.text("net.server.tls.certificate.file"), self.text("net.server.tls.key.file"))
        else {
            return Ok(None);
        };
        let read = |path: &str| {
            std::fs::read_to_string(path)
                .map_err(|error| Problem::new(Code::TLS_MATERIAL_INVALID, format!("cannot read {path}: {error}")))
        };
        Ok(Some((read(chain)?, Secret::new(read(key)?))))
    }

    fn link(&self, default: &LinkSettings) -> Result<LinkSettings, Problem> {
        let mut link = default.clone();
        if let Some(endpoint) = self.text("config.service.endpoint") {
            let with_scheme =
                if endpoint.contains("://") { endpoint.to_owned() } else { format!("https://{endpoint}") };
            let valid = with_scheme.parse::<http::Uri>().is_ok_and(|uri| {
                matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
            });
            if !valid {
                return Err(self.invalid("config.service.endpoint", "a host or an http(s) URL"));
            }
            link.endpoint = Some(with_scheme.trim_end_matches('/').to_owned());
        }
        let auth = self.text("config.service.auth").unwrap_or_default();
        link.token = match auth {
            "" | "key" => Secret::new(strip_scheme(self.text("config.service.auth.key").unwrap_or_default())),
            "azureAdApp" | "workloadIdentity" => {
                return Err(self
                    .invalid("config.service.auth", "a gateway token or the word key")
                    .with_hint("sign-in through an identity provider is not part of this version"));
            }
            token => Secret::new(strip_scheme(token)),
        };
        self.parse_into(
            "config.service.endpoint.disableCertificateValidation",
            &mut link.disable_certificate_validation,
        )?;
        link.ca_file = self.text("config.service.endpoint.ca.file").map(PathBuf::from);
        self.span_into("config.service.integration.timeout", &mut link.timeout)?;
        Ok(link)
    }
}

fn strip_scheme(token: &str) -> &str {
    match token.split_at_checked("GatewayKey ".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("GatewayKey ") => rest.trim(),
        _ => token,
    }
}

fn form_of<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    match name.rsplit("::").next().unwrap_or(name) {
        "bool" => "true or false",
        "SocketAddr" => "an address and port such as 0.0.0.0:8080",
        "usize" => "a whole number",
        _ => "valid",
    }
}

/// `[d.]hh:mm:ss` as .NET writes it, or seconds.
fn time_span(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        return (0.0..1e9).contains(&seconds).then(|| Duration::from_secs_f64(seconds));
    }
    let (days, clock) = match text.split_once('.') {
        Some((days, clock)) => (days.parse::<u64>().ok()?, clock),
        None => (0, text),
    };
    let mut parts = clock.split(':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let total = days.checked_mul(86_400)?.checked_add(hours.checked_mul(3600)?)?;
    (parts.next().is_none() && minutes < 60 && seconds < 60)
        .then(|| Duration::from_secs(total + minutes * 60 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(flags: &[(&str, &str)], environment: &[(&str, &str)], file: &str) -> Result<Settings, Problem> {
        let path = tempfile::NamedTempFile::new().expect("temporary file");
        std::fs::write(path.path(), file).expect("write");
        let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        Settings::resolve(own(flags), own(environment), Some(path.path()))
    }

    #[test]
    fn flag_wins_over_environment_over_file_over_default() {
        let file = "net.server.http.listen=127.0.0.1:1\nworkers=3\nnode.id=f\n";
        let settings = resolve(
            &[("net.server.http.listen", "127.0.0.1:3")],
            &[("NET_SERVER_HTTP_LISTEN", "127.0.0.1:2"), ("node.id", "e")],
            file,
        )
        .expect("valid");
        assert_eq!(settings.http_listen.port(), 3);
        assert_eq!(settings.node_id, "e");
        assert_eq!(settings.workers, 3);
        assert_eq!(settings.admin_listen.map(|address| address.port()), Some(9901));
    }

    #[test]
    fn a_file_of_the_azure_portal_is_understood() {
        let file = "\u{feff}config.service.endpoint=demo.configuration.azure-api.net\r\n\
                    config.service.auth=GatewayKey london&202612312359&c2ln==\r\n\
                    runtime.deployment.artifact.source=Azure Portal\r\nnonsense.name=1\r\n";
        let settings = resolve(&[], &[], file).expect("valid");
        assert_eq!(settings.link.endpoint.as_deref(), Some("https://demo.configuration.azure-api.net"));
        assert_eq!(settings.link.token.reveal(), "london&202612312359&c2ln==");
        assert!(settings.not_understood.iter().any(|name| name.starts_with("nonsense.name")));
        assert!(!format!("{settings:?}").contains("c2ln"), "a token shows nowhere");
    }

    #[test]
    fn values_without_the_right_form_are_named() {
        for (name, value) in [
            ("workers", "0"),
            ("workers", "many"),
            ("net.server.http.listen", "8080"),
            ("telemetry.logs.std", "xml"),
            ("telemetry.logs.std.level", "loud"),
            ("config.service.integration.timeout", "1:2"),
            ("config.service.endpoint", "ftp://x"),
            ("config.service.auth", "azureAdApp"),
            ("cache.internal.bytes", "much"),
            ("cache.external.connection", "https://secret@cache.example"),
            ("cache.external.timeout", "-1"),
            ("integration.servicebus.connection", "Endpoint=sb://a;SharedAccessKeyName=secret"),
        ] {
            let problem = resolve(&[(name, value)], &[], "").expect_err(name);
            assert_eq!(problem.code, Code::SETTING_INVALID, "{name}");
            assert!(problem.message.contains(name), "{problem}");
            assert!(!problem.message.contains("secret"), "{problem}");
        }
    }

    #[test]
    fn time_spans_read_as_dotnet_writes_them() {
        assert_eq!(time_span("00:01:40"), Some(Duration::from_secs(100)));
        assert_eq!(time_span("1.00:00:00"), Some(Duration::from_secs(86_400)));
        assert_eq!(time_span("45"), Some(Duration::from_secs(45)));
        assert_eq!(time_span("0.25"), Some(Duration::from_millis(250)));
        assert_eq!(time_span("00:99:00"), None);
        assert_eq!(time_span("99999999999999999999.00:00:00"), None);
    }
}
