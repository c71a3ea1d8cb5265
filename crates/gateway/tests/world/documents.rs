//! A server of small documents: keys, tokens.

use super::upstream::header;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server of small documents that can be changed and counts who asks.
#[derive(Clone, Default)]
pub struct Documents(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Status and body by path.
    answers: HashMap<String, (u16, String)>,
    /// Request head and body, in order.
    asked: Vec<String>,
}

impl Documents {
    pub fn start() -> (Documents, String) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        let documents = Documents::default();
        let served = documents.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                served.answer(stream);
            }
        });
        (documents, url)
    }

    pub fn put(&self, path: &str, status: u16, body: impl Into<String>) {
        self.0.lock().expect("lock").answers.insert(path.to_owned(), (status, body.into()));
    }

    pub fn asked(&self) -> Vec<String> {
        self.0.lock().expect("lock").asked.clone()
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().expect("clone"));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        let _ = reader.read_exact(&mut body);
        let path = head.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
        let mut state = self.0.lock().expect("lock");
        state.asked.push(format!("{head}{}", String::from_utf8_lossy(&body)));
        let (status, body) = state.answers.get(&path).cloned().unwrap_or((404, String::new()));
        let length = body.len();
        // The body of a redirect is where it leads.
        let location = if status == 301 { format!("Location: {body}\r\n") } else { String::new() };
        let _ = write!(
            stream,
            "HTTP/1.1 {status} X\r\n{location}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
    }
}
