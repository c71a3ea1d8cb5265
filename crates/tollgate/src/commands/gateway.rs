//! `tollgate gateway`: one node.

use crate::cli::{GatewayArgs, GatewayListenArgs};
use crate::{Failure, signals};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use tollgate_error::{Code, Problem};
use tollgate_gateway::{Gateway, HttpLink, Settings};

pub fn gateway(args: &GatewayArgs) -> Result<ExitCode, Failure> {
    let settings = Settings::resolve(flags(&args.listen), environment(), args.env_file.as_deref())?;
    runtime()?.block_on(async {
        let link = HttpLink::new(&settings.link)?;
        let handle = Gateway::start(settings, Arc::new(link))?;
        for address in &handle.http_addresses {
            println!("gateway traffic      {}", url("http", *address));
        }
        for address in &handle.https_addresses {
            println!("gateway traffic      {}", url("https", *address));
        }
        if let Some(address) = handle.admin_address {
            println!("metrics and health   {}", url("http", address));
        }
        signals::asked_to_end().await;
        handle.drain().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Listen flags under the dotted names of settings.
pub fn flags(listen: &GatewayListenArgs) -> Vec<(String, String)> {
    let address = |name: &str, value: Option<SocketAddr>| value.map(|value| (name.to_owned(), value.to_string()));
    [
        address("net.server.http.listen", listen.http_listen),
        address("net.server.https.listen", listen.https_listen),
        address("net.server.admin.listen", listen.admin_listen),
        listen.workers.map(|count| ("workers".to_owned(), count.to_string())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Variables that are text; others name nothing of ours.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// An address as people paste it: the unspecified address becomes loopback.
pub fn url(scheme: &str, mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        } else {
            IpAddr::V6(Ipv6Addr::LOCALHOST)
        });
    }
    format!("{scheme}://{address}")
}

pub fn runtime() -> Result<tokio::runtime::Runtime, Problem> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Problem::new(Code::SETTING_INVALID, format!("cannot start threads: {cause}")))
}
