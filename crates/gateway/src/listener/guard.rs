//! Watches the bytes of an HTTP/1 connection before the parser sees them, and refuses every framing
//! that two parsers could read differently.
//!
//! The parser behind it is lenient where old software was: a line may end in a bare LF, and of
//! `Content-Length` beside `Transfer-Encoding` it drops one without telling. Here such a message is
//! spoiled (its bytes become NUL), so that the parser answers 400 and closes. The guard follows
//! heads and bodies only to know where the next head begins; it never changes a valid message.
//! Source: RFC 9112 §2.2, §5, §6, §7.1.

use memchr::{memchr, memchr2};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Longest line of a chunk size with its extensions, and of a trailer field.
const CHUNK_LINE_BYTES_MAX: usize = 4096;
/// Longest line of a head that is gathered when it arrives in parts; the parser's own limit on the
/// whole head is lower or equal.
const HEAD_LINE_BYTES_MAX: usize = 256 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a request line; empty lines are skipped.
    Start,
    Head,
    FixedBody(u64),
    ChunkSize,
    ChunkData(u64),
    /// Bytes of the CRLF after a chunk's data seen so far.
    ChunkEnd(u8),
    Trailer,
    /// A violation was found: nothing more of this connection is read.
    Spoiled,
    /// No longer HTTP/1 (an upgrade was granted).
    Raw,
}

/// What a head said about its body so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Framing {
    content_length: Option<u64>,
    chunked: bool,
    http_10: bool,
    upgrade: bool,
}

/// The state machine; knows nothing of sockets.
#[derive(Debug)]
pub struct Guard {
    state: State,
    framing: Framing,
    /// The beginning of a line whose end has not arrived.
    partial: Vec<u8>,
    upgrade_granted: Arc<AtomicBool>,
}

/// A line breaks the rules.
struct Violation;

impl Guard {
    /// `upgrade_granted` is set by whoever answers 101.
    pub fn new(upgrade_granted: Arc<AtomicBool>) -> Guard {
        Guard { state: State::Start, framing: Framing::default(), partial: Vec::new(), upgrade_granted }
    }

    /// Examines the next bytes of the connection, and spoils them from a violation on.
    pub fn inspect(&mut self, bytes: &mut [u8]) {
        if self.framing.upgrade && self.upgrade_granted.load(Ordering::Acquire) {
            self.state = State::Raw;
        }
        let mut at = 0;
        while at < bytes.len() {
            match self.step(&bytes[at..]) {
                Ok(used) => at += used,
                Err(Violation) => {
                    self.state = State::Spoiled;
                    bytes[at..].fill(0);
                    return;
                }
            }
        }
    }

    /// Takes at least one byte of `rest` (not empty).
    fn step(&mut self, rest: &[u8]) -> Result<usize, Violation> {
        match self.state {
            State::Raw => Ok(rest.len()),
            State::Spoiled => Err(Violation),
            State::FixedBody(left) => {
                let used = (rest.len() as u64).min(left);
                self.state = if used == left { State::Start } else { State::FixedBody(left - used) };
                Ok(used as usize)
            }
            State::ChunkData(left) => {
                let used = (rest.len() as u64).min(left);
                self.state = if used == left { State::ChunkEnd(0) } else { State::ChunkData(left - used) };
                Ok(used as usize)
            }
            State::ChunkEnd(seen) => {
                if rest[0] != b"\r\n"[usize::from(seen)] {
                    return Err(Violation);
                }
                self.state = if seen == 0 { State::ChunkEnd(1) } else { State::ChunkSize };
                Ok(1)
            }
            State::Start | State::Head | State::ChunkSize | State::Trailer => self.step_line(rest),
        }
    }

    fn step_line(&mut self, rest: &[u8]) -> Result<usize, Violation> {
        let limit = match self.state {
            State::ChunkSize | State::Trailer => CHUNK_LINE_BYTES_MAX,
            _ => HEAD_LINE_BYTES_MAX,
        };
        let Some(end) = memchr(b'\n', rest) else {
            self.partial.extend_from_slice(rest);
            return if self.partial.len() > limit { Err(Violation) } else { Ok(rest.len()) };
        };
        if self.partial.is_empty() {
            self.line(&rest[..end])?;
        } else {
            let mut line = std::mem::take(&mut self.partial);
            line.extend_from_slice(&rest[..end]);
            let checked = if line.len() > limit { Err(Violation) } else { self.line(&line) };
            line.clear();
            self.partial = line;
            checked?;
        }
        Ok(end + 1)
    }

    /// One line, without its LF.
    fn line(&mut self, line: &[u8]) -> Result<(), Violation> {
        let line = line.strip_suffix(b"\r").ok_or(Violation)?;
        if memchr2(b'\r', 0, line).is_some() {
            return Err(Violation);
        }
        match self.state {
            State::Start if line.is_empty() => {}
            State::Start => {
                self.framing = Framing { http_10: line.ends_with(b" HTTP/1.0"), ..Framing::default() };
                self.state = State::Head;
            }
            State::Head if line.is_empty() => {
                self.state = match self.framing {
                    Framing { chunked: true, .. } => State::ChunkSize,
                    Framing { content_length: Some(length @ 1..), .. } => State::FixedBody(length),
                    _ => State::Start,
                };
            }
            State::Head => self.framing.field(line)?,
            State::ChunkSize => {
                self.state = match chunk_size(line)? {
                    0 => State::Trailer,
                    size => State::ChunkData(size),
                };
            }
            State::Trailer if line.is_empty() => self.state = State::Start,
            State::Trailer => {
                let mut none = Framing::default();
                none.field(line)?;
                if none != Framing::default() {
                    return Err(Violation);
                }
            }
            State::FixedBody(_) | State::ChunkData(_) | State::ChunkEnd(_) | State::Spoiled | State::Raw => {}
        }
        Ok(())
    }
}

impl Framing {
    /// One header line. Names that the parser will refuse need no refusal here.
    fn field(&mut self, line: &[u8]) -> Result<(), Violation> {
        let colon = memchr(b':', line).ok_or(Violation)?;
        let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
        // A blank at the start folds this line into the one before; one before the colon makes a
        // name that some parsers trim.
        if name.is_empty() || matches!(name[0], b' ' | b'\t') || matches!(name[colon - 1], b' ' | b'\t') {
            return Err(Violation);
        }
        match name.len() {
            7 if name.eq_ignore_ascii_case(b"upgrade") => self.upgrade = true,
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                if self.content_length.is_some() || self.chunked {
                    return Err(Violation);
                }
                self.content_length = Some(decimal(value)?);
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                let lone = !self.chunked && self.content_length.is_none() && !self.http_10;
                if !lone || !value.eq_ignore_ascii_case(b"chunked") {
                    return Err(Violation);
                }
                self.chunked = true;
            }
            _ => {}
        }
        Ok(())
    }
}

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Digits only, and few enough not to overflow.
fn decimal(text: &[u8]) -> Result<u64, Violation> {
    if text.is_empty() || text.len() > 18 || !text.iter().all(u8::is_ascii_digit) {
        return Err(Violation);
    }
    Ok(text.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// `1a;name=value`: hexadecimal digits, then nothing or an extension.
fn chunk_size(line: &[u8]) -> Result<u64, Violation> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let extension_ok = match line.get(digits) {
        None => true,
        Some(b';') => line[digits..].iter().all(|byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f)),
        Some(_) => false,
    };
    if !(1..=15).contains(&digits) || !extension_ok {
        return Err(Violation);
    }
    let value = |digit: u8| u64::from((digit as char).to_digit(16).unwrap_or_default());
    Ok(line[..digits].iter().fold(0, |size, digit| size * 16 + value(*digit)))
}

/// A connection whose reads pass the guard. Bytes already read from it come first.
pub struct Guarded<T> {
    io: T,
    guard: Option<Guard>,
    first: Vec<u8>,
    /// Set while closing: what the client still sends is read and thrown away until then.
    linger: Option<Pin<Box<tokio::time::Sleep>>>,
    /// A spoiled message has been given its end.
    ended: bool,
}

const SPOILED_END: &[u8] = b"\0\r\n\r\n";

/// How long a closing connection reads on. Closing with unread bytes would reset the connection, and
/// the client might lose the answer that tells why.
const LINGER: std::time::Duration = std::time::Duration::from_millis(500);

impl<T> Guarded<T> {
    /// Without a guard (HTTP/2) it only gives back `first`.
    pub fn new(io: T, guard: Option<Guard>, first: Vec<u8>) -> Guarded<T> {
        Guarded { io, guard, first, linger: None, ended: false }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Guarded<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        if let Some(guard) = &this.guard
            && guard.state == State::Spoiled
        {
            // The end of a head, without which the parser would wait before it refuses; then nothing.
            if !this.ended && buffer.remaining() >= SPOILED_END.len() {
                buffer.put_slice(SPOILED_END);
                this.ended = true;
            }
            return Poll::Ready(Ok(()));
        }
        if this.first.is_empty() {
            std::task::ready!(Pin::new(&mut this.io).poll_read(cx, buffer))?;
        } else {
            let used = this.first.len().min(buffer.remaining());
            buffer.put_slice(&this.first[..used]);
            this.first.drain(..used);
        }
        if let Some(guard) = &mut this.guard {
            guard.inspect(&mut buffer.filled_mut()[before..]);
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            std::task::ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
        }
        let limit = this.linger.get_or_insert_with(|| Box::pin(tokio::time::sleep(LINGER)));
        let mut scratch = [0; 4096];
        loop {
            if limit.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            let mut buffer = ReadBuf::new(&mut scratch);
            match std::task::ready!(Pin::new(&mut this.io).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {}
                // The client is done, or gone.
                Ok(()) | Err(_) => return Poll::Ready(Ok(())),
            }
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        crate::small_write::poll_write_vectored(Pin::new(&mut self.get_mut().io), cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The number of bytes before the first spoiled one.
    fn good_bytes(text: &[u8], cuts: &[usize]) -> usize {
        let mut guard = Guard::new(Arc::default());
        let mut bytes = text.to_vec();
        let mut at = 0;
        for cut in cuts.iter().copied().chain([text.len()]) {
            let end = cut.clamp(at, text.len());
            guard.inspect(&mut bytes[at..end]);
            at = end;
        }
        bytes.iter().zip(text).take_while(|(now, was)| now == was).count()
    }

    const VALID: &[&str] = &[
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\na\nb\ncGET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\ntransfer-encoding:\tChunked \r\n\r\n3\r\na\nb\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
    ];

    /// Each ends with the violation in its last line.
    const REFUSED: &[&str] = &[
        "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length : 1\r\n\r\n",
        "GET / HTTP/1.1\r\n: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 1\r\n\r\n",
    ];

    #[test]
    fn valid_messages_pass_untouched_and_ambiguous_ones_are_spoiled() {
        for text in VALID {
            assert_eq!(good_bytes(text.as_bytes(), &[]), text.len(), "{text:?}");
        }
        for text in REFUSED {
            assert!(good_bytes(text.as_bytes(), &[]) < text.len(), "{text:?}");
        }
    }

    #[test]
    fn after_a_granted_upgrade_bytes_pass_untouched() {
        let granted = Arc::new(AtomicBool::new(false));
        let mut guard = Guard::new(granted.clone());
        let mut head = *b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
        guard.inspect(&mut head);
        granted.store(true, Ordering::Release);
        let mut frame = *b"\x81\x05he\nlo";
        guard.inspect(&mut frame);
        assert_eq!(&frame, b"\x81\x05he\nlo");
    }

    proptest! {
        #[test]
        fn the_verdict_does_not_depend_on_where_reads_end(
            index in 0..VALID.len() + REFUSED.len(),
            mut cuts in proptest::collection::vec(0usize..120, 0..6),
        ) {
            cuts.sort_unstable();
            let text = VALID.iter().chain(REFUSED).nth(index).copied().unwrap_or_default().as_bytes();
            let whole = good_bytes(text, &[]) == text.len();
            prop_assert_eq!(good_bytes(text, &cuts) == text.len(), whole);
        }

        #[test]
        fn any_bytes_end_in_a_verdict(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            good_bytes(&bytes, &[]);
        }
    }
}
