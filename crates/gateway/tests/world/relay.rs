//! An HTTP proxy as tests need it: it notes what it is asked for.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

pub struct Relay {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    /// `refusal`: the answer to everything, instead of doing it.
    pub fn start(refusal: Option<&'static str>) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
        let address = listener.local_addr().expect("address");
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = heads.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = seen.clone();
                std::thread::spawn(move || relay(stream, &seen, refusal));
            }
        });
        Relay { address, heads }
    }

    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("lock").clone()
    }
}

/// One request or one tunnel.
fn relay(mut client: TcpStream, seen: &Mutex<Vec<String>>, refusal: Option<&str>) {
    let mut reader = BufReader::new(client.try_clone().expect("clone"));
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    seen.lock().expect("lock").push(head.clone());
    if let Some(refusal) = refusal {
        let _ = client.write_all(refusal.as_bytes());
        return;
    }
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    if head.starts_with("CONNECT ") {
        let Ok(mut server) = TcpStream::connect(&target) else { return };
        let _ = client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
        let (mut to, mut from) = (server.try_clone().expect("clone"), client.try_clone().expect("clone"));
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
        let _ = std::io::copy(&mut server, &mut client);
        return;
    }
    let rest = target.strip_prefix("http://").unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let Ok(mut server) = TcpStream::connect(authority) else { return };
    let lines: Vec<&str> = head.lines().skip(1).filter(|line| !line.to_lowercase().starts_with("proxy-")).collect();
    let method = head.split(' ').next().unwrap_or_default();
    let _ = server.write_all(
        format!("{method} /{path} HTTP/1.1\r\nConnection: close\r\n{}\r\n\r\n", lines.join("\r\n")).as_bytes(),
    );
    // The backend answers, finds no further request, and closes.
    let _ = server.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = server.take(64 * 1024).read_to_end(&mut answer);
    let _ = client.write_all(&answer);
}
