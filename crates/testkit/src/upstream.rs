//! Backends for tests: one that answers well, and ones that refuse, hang or break off.

use anyhow::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A small HTTP/1.1 server that answers every request head with the same bytes and counts them.
pub struct Upstream {
    pub address: SocketAddr,
    calls: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}";

#[derive(Clone, Copy)]
enum Manner {
    /// Answers and keeps the connection.
    Answer(&'static str),
    /// Answers after a while.
    Slow(Duration, &'static str),
    /// Reads and never answers.
    Hang,
    /// Sends these bytes and closes.
    BreakOff(&'static str),
}

impl Upstream {
    /// Answers 200 with a JSON body.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn ok() -> Result<Upstream> {
        Upstream::start(Manner::Answer(OK)).await
    }

    /// The same, `delay` later.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn slow(delay: Duration) -> Result<Upstream> {
        Upstream::start(Manner::Slow(delay, OK)).await
    }

    /// # Errors
    /// When no port is free.
    pub async fn hanging() -> Result<Upstream> {
        Upstream::start(Manner::Hang).await
    }

    /// Announces 1,000 bytes and sends 10.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn breaking_off() -> Result<Upstream> {
        Upstream::start(Manner::BreakOff("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789")).await
    }

    async fn start(manner: Manner) -> Result<Upstream> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let calls = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&calls);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, manner, Arc::clone(&counter)));
            }
        });
        Ok(Upstream { address, calls, task })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests seen so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(mut stream: TcpStream, manner: Manner, calls: Arc<AtomicU64>) {
    let mut seen = Vec::new();
    let mut buffer = [0; 16 * 1024];
    while let Ok(count) = stream.read(&mut buffer).await {
        if count == 0 {
            return;
        }
        seen.extend_from_slice(&buffer[..count]);
        while let Some(end) = seen.windows(4).position(|window| window == b"\r\n\r\n") {
            seen.drain(..end + 4);
            calls.fetch_add(1, Ordering::Relaxed);
            let outcome = match manner {
                Manner::Answer(bytes) => stream.write_all(bytes.as_bytes()).await,
                Manner::Slow(delay, bytes) => {
                    tokio::time::sleep(delay).await;
                    stream.write_all(bytes.as_bytes()).await
                }
                Manner::Hang => Ok(()),
                Manner::BreakOff(bytes) => {
                    let _ = stream.write_all(bytes.as_bytes()).await;
                    return;
                }
            };
            if outcome.is_err() {
                return;
            }
        }
    }
}
