//! Backends as tests need them.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A backend that tells what it was sent: `GET /x` answers the request's head as text. Some paths do
/// other things; see [`serve`].
pub struct Upstream {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    pub fn start() -> Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
        let address = listener.local_addr().expect("address");
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = heads.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = seen.clone();
                std::thread::spawn(move || while_open(stream, &seen));
            }
        });
        Upstream { address, heads }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Heads of all requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("lock").clone()
    }
}

fn while_open(stream: TcpStream, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("clone"));
    let mut stream = stream;
    while let Some(head) = read_head(&mut reader) {
        seen.lock().expect("lock").push(head.clone());
        let body = read_body(&mut reader, &head);
        if !serve(&mut stream, &mut reader, &head, &body) {
            return;
        }
    }
}

fn read_head(reader: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            return Some(head);
        }
        head.push_str(&line);
    }
}

pub fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn read_body(reader: &mut impl BufRead, head: &str) -> Vec<u8> {
    if header(head, "transfer-encoding").is_some() {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return body;
            }
            let size = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
            let mut chunk = vec![0; size + 2];
            if reader.read_exact(&mut chunk).is_err() || size == 0 {
                return body;
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }
    let length = header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    body
}

/// Answers one request; `false` ends the connection.
fn serve(stream: &mut TcpStream, reader: &mut impl BufRead, head: &str, body: &[u8]) -> bool {
    let path = head.split(' ').nth(1).unwrap_or_default();
    let mut send = |text: &str| stream.write_all(text.as_bytes()).and_then(|()| stream.flush()).is_ok();
    let path = path.split('?').next().unwrap_or_default();
    match path.strip_prefix("/in").unwrap_or(path) {
        "/hang" => {
            std::thread::sleep(std::time::Duration::from_secs(30));
            false
        }
        "/close" => false,
        "/break" => {
            send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
            false
        }
        "/break-chunked" => {
            send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
            false
        }
        "/hop" => send(
            "HTTP/1.1 200 Very Good\r\nConnection: keep-alive, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\n\
             X-Kept: 1\r\nContent-Length: 2\r\n\r\nok",
        ),
        "/trailers" => send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n",
        ),
        "/no-content" => send("HTTP/1.1 204 No Content\r\n\r\n"),
        // To where `X-To` says.
        "/redirect" => {
            let to = header(head, "x-to").unwrap_or_default();
            send(&format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"))
        }
        "/garbage" => {
            send("nonsense\r\n\r\n");
            false
        }
        "/once" => {
            // Answers, and closes though it promised to stay.
            send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            false
        }
        "/ws" => {
            send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            let mut bytes = [0; 64];
            while let Ok(read) = reader.read(&mut bytes) {
                if read == 0 || stream.write_all(&bytes[..read]).is_err() {
                    return false;
                }
            }
            false
        }
        "/sse" => {
            send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
            send("9\r\ndata: 1\n\n\r\n");
            let mut line = String::new();
            // The second event comes when the test has seen the first and closes nothing.
            let _ = reader.read_line(&mut line);
            false
        }
        _ => {
            let text = format!("{head}\r\n{}", String::from_utf8_lossy(body));
            let length = text.len();
            send(&format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{text}"))
        }
    }
}
