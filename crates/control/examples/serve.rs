//! A control plane alone, for tests with outside clients:
//! `cargo run -p tollgate-control --example serve -- DATA [PORT [TLS-PORT]]`, token `test-token`.

use tollgate_control::{Control, Settings};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().unwrap_or_else(|| "tollgate-data".to_owned());
    let mut settings = Settings::local(data.into(), "test-token".to_owned());
    if let Some(port) = arguments.next() {
        settings.management_listen.set_port(port.parse()?);
    }
    match (arguments.next(), &mut settings.management_tls_listen) {
        (Some(port), Some(address)) => address.set_port(port.parse()?),
        (_, address) => *address = None,
    }
    settings.database = std::env::var("TOLLGATE_DATABASE").ok();
    let handle = Control::start(settings).await?;
    println!("http://{} {:?}", handle.management, handle.management_tls);
    tokio::signal::ctrl_c().await?;
    handle.shutdown().await;
    Ok(())
}
