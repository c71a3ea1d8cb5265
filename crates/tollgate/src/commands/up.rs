//! `tollgate up` and `tollgate control-plane`.

use super::gateway::{environment, flags, runtime, url};
use crate::cli::{ControlPlaneArgs, UpArgs};
use crate::endpoints::Endpoints;
use crate::{Failure, signals};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tollgate_contract::MANAGED_GATEWAY;
use tollgate_control::{Control, Handle};
use tollgate_error::{Code, Problem};
use tollgate_gateway::{Gateway, GatewayHandle, Settings};

/// Random bytes in a made admin token: 256 bits cannot be guessed.
const TOKEN_BYTES: usize = 32;

pub fn up(args: &UpArgs) -> Result<ExitCode, Failure> {
    crate::log::start();
    runtime()?.block_on(async {
        let (handle, mut endpoints) = start(&args.control).await?;
        let settings = Settings::resolve(flags(&args.gateway), environment(), None)?;
        let gateway = Gateway::start(settings, Arc::new(handle.local_link(MANAGED_GATEWAY)))?;
        gateway.ready().await;
        name_gateway(&mut endpoints, &gateway);
        announce(&args.control.data, &endpoints)?;
        signals::asked_to_end().await;
        // the gateway first, so that what it counted is taken before the store closes
        gateway.drain().await;
        handle.shutdown().await;
        Ok(ExitCode::SUCCESS)
    })
}

pub fn control_plane(args: &ControlPlaneArgs) -> Result<ExitCode, Failure> {
    crate::log::start();
    runtime()?.block_on(async {
        let (handle, endpoints) = start(args).await?;
        announce(&args.data, &endpoints)?;
        signals::asked_to_end().await;
        handle.shutdown().await;
        Ok(ExitCode::SUCCESS)
    })
}

async fn start(args: &ControlPlaneArgs) -> Result<(Handle, Endpoints), Failure> {
    check_database(args.database.as_deref())?;
    std::fs::create_dir_all(&args.data).map_err(|cause| unusable(&args.data, &cause))?;
    let settings = tollgate_control::Settings {
        database: args.database.clone(),
        management_listen: args.management_listen,
        management_tls_listen: Some(args.management_tls_listen),
        certificate: args.tls_certificate.clone().zip(args.tls_key.clone()),
        gateway_endpoint: args.public_url.clone(),
        ..tollgate_control::Settings::local(args.data.clone(), admin_token(args)?)
    };
    let handle = Control::start(settings).await?;
    let endpoints = Endpoints {
        management: Some(url("http", handle.management)),
        management_tls: handle.management_tls.map(|address| url("https", address)),
        ..Endpoints::default()
    };
    Ok((handle, endpoints))
}

/// The kinds of database there are, before anything is made.
fn check_database(database: Option<&str>) -> Result<(), Problem> {
    match database {
        Some(url)
            if !["sqlite://", "sqlite:", "postgres://", "postgresql://"]
                .iter()
                .any(|scheme| url.starts_with(scheme)) =>
        {
            Err(Problem::new(Code::SETTING_INVALID, "--database names a kind of database that is not known")
                .with_hint("it takes sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME"))
        }
        _ => Ok(()),
    }
}

fn unusable(data: &Path, cause: &dyn std::fmt::Display) -> Problem {
    Problem::new(Code::DATA_DIRECTORY_UNUSABLE, format!("cannot use {}: {cause}", data.display()))
        .with_hint("name a folder that this user may write with --data")
}

/// The token that was given, else the one in DATA/admin.token, else a new one written there (0600).
fn admin_token(args: &ControlPlaneArgs) -> Result<String, Problem> {
    let path = args.data.join("admin.token");
    if let Some(token) = &args.admin_token {
        write_private(&path, token).map_err(|cause| unusable(&args.data, &cause))?;
        return Ok(token.clone());
    }
    match std::fs::read_to_string(&path) {
        Ok(token) if !token.trim().is_empty() => return Ok(token.trim().to_owned()),
        Ok(_) => {}
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
        Err(cause) => return Err(unusable(&args.data, &cause)),
    }
    let mut bytes = [0; TOKEN_BYTES];
    rand::Rng::fill_bytes(&mut rand::rng(), &mut bytes);
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write_private(&path, &token).map_err(|cause| unusable(&args.data, &cause))?;
    Ok(token)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let _ = std::fs::remove_file(path);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")
}

fn name_gateway(endpoints: &mut Endpoints, gateway: &GatewayHandle) {
    endpoints.http = gateway.http_addresses.first().map(|address| url("http", *address));
    endpoints.https = gateway.https_address().map(|address| url("https", address));
    endpoints.admin = gateway.admin_address.map(|address| url("http", address));
}

/// Tells people and scripts where everything is. The line `ready` is the last.
fn announce(data: &Path, endpoints: &Endpoints) -> Result<(), Problem> {
    std::fs::write(data.join("tollgate.pid"), format!("{}\n", std::process::id()))
        .map_err(|cause| unusable(data, &cause))?;
    endpoints.write(data)?;
    println!("Tollgate {}", env!("CARGO_PKG_VERSION"));
    for (name, value) in [
        ("management portal", &endpoints.management),
        ("the same over TLS", &endpoints.management_tls),
        ("managed gateway", &endpoints.http),
        ("gateway over TLS", &endpoints.https),
        ("metrics and health", &endpoints.admin),
    ] {
        if let Some(value) = value {
            println!("  {name:<20} {value}");
        }
    }
    println!("  {:<20} {}", "admin token in", data.join("admin.token").display());
    println!("ready");
    Ok(())
}
