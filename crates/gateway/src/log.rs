//! Log lines of a node: text or JSON, one line each, written by one thread.
//!
//! A line is handed over whole, so lines never interleave; when the writer cannot keep up, lines are
//! dropped and counted rather than requests delayed. Callers never pass secrets.
//! Source: reference/gateway.md §11.

use serde_json::{Map, Value};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    None,
    Text,
    Json,
}

impl LogFormat {
    pub fn from_word(word: &str) -> Option<LogFormat> {
        Some(match word.to_ascii_lowercase().as_str() {
            "none" => LogFormat::None,
            "text" => LogFormat::Text,
            "json" => LogFormat::Json,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

impl LogLevel {
    /// The words of `telemetry.logs.std.level`; `all` is everything there is.
    pub fn from_word(word: &str) -> Option<LogLevel> {
        Some(match word.to_ascii_lowercase().as_str() {
            "all" | "debug" => LogLevel::Debug,
            "info" => LogLevel::Info,
            "warn" => LogLevel::Warn,
            "error" => LogLevel::Error,
            "fatal" => LogLevel::Fatal,
            _ => return None,
        })
    }

    fn text_word(self) -> &'static str {
        match self {
            LogLevel::Debug => "Debug",
            LogLevel::Info => "Info",
            LogLevel::Warn => "Warn",
            LogLevel::Error => "Error",
            LogLevel::Fatal => "Fatal",
        }
    }

    fn json_word(self) -> &'static str {
        match self {
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Warn => "warn",
            LogLevel::Error => "error",
            LogLevel::Fatal => "fatal",
        }
    }

    fn color(self) -> &'static str {
        match self {
            LogLevel::Debug => "\x1b[2m",
            LogLevel::Info => "\x1b[32m",
            LogLevel::Warn => "\x1b[33m",
            LogLevel::Error | LogLevel::Fatal => "\x1b[31m",
        }
    }
}

#[derive(Debug, Clone)]
pub struct LogSettings {
    pub format: LogFormat,
    pub level: LogLevel,
    /// ANSI colour in text format; only on a terminal.
    pub color: bool,
    /// One line a request.
    pub requests: bool,
    /// Put before every line's category when several gateways share a process.
    pub prefix: Option<String>,
}

impl Default for LogSettings {
    fn default() -> LogSettings {
        LogSettings { format: LogFormat::Text, level: LogLevel::Info, color: true, requests: true, prefix: None }
    }
}

/// Lines waiting for the writer. More means that standard output is stuck.
const QUEUE_LINES_MAX: usize = 16_384;

/// Handle to the log of one node. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    settings: Arc<LogSettings>,
    queue: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

enum Message {
    Lines(String),
    Flush(SyncSender<()>),
}

impl Log {
    /// Starts the writer thread on standard output.
    pub fn start(mut settings: LogSettings) -> Log {
        settings.color &= std::io::IsTerminal::is_terminal(&std::io::stdout());
        Log::start_with(settings, Box::new(std::io::stdout()))
    }

    /// The same with a writer of the caller's.
    pub fn start_with(settings: LogSettings, output: Box<dyn std::io::Write + Send>) -> Log {
        let (queue, lines) = sync_channel(QUEUE_LINES_MAX);
        if settings.format != LogFormat::None {
            let writer = std::thread::Builder::new().name("tollgate-log".into());
            // Without a writer the queue's receiver is gone and lines are dropped: serving goes on.
            drop(writer.spawn(move || write_lines(&lines, output)));
        }
        Log { settings: Arc::new(settings), queue, dropped: Arc::new(AtomicU64::new(0)) }
    }

    pub fn enabled(&self, level: LogLevel) -> bool {
        self.settings.format != LogFormat::None && level >= self.settings.level
    }

    /// Whether request lines are written.
    pub fn requests_enabled(&self) -> bool {
        self.settings.requests && self.enabled(LogLevel::Info)
    }

    /// Lines that were not written because the output was stuck.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub fn info(&self, category: &str, message: impl Into<String>) {
        self.event(LogLevel::Info, category, &message.into(), &[]);
    }

    pub fn warn(&self, category: &str, message: impl Into<String>) {
        self.event(LogLevel::Warn, category, &message.into(), &[]);
    }

    pub fn error(&self, category: &str, message: impl Into<String>) {
        self.event(LogLevel::Error, category, &message.into(), &[]);
    }

    /// One line: level, time, category, message, `key: value` pairs.
    pub fn event(&self, level: LogLevel, category: &str, message: &str, fields: &[(&str, Value)]) {
        if !self.enabled(level) {
            return;
        }
        let mut line = String::with_capacity(160);
        self.render(&mut line, level, category, Some(message), fields);
        self.write(line);
    }

    /// Appends one rendered line to `out`; workers gather lines and hand them over together.
    pub fn render(
        &self,
        out: &mut String,
        level: LogLevel,
        category: &str,
        message: Option<&str>,
        fields: &[(&str, Value)],
    ) {
        let now = jiff::Timestamp::now();
        match self.settings.format {
            LogFormat::None => {}
            LogFormat::Text => self.render_text(out, now, level, category, message, fields),
            LogFormat::Json => render_json(out, now, level, category, message, fields),
        }
    }

    fn render_text(
        &self,
        out: &mut String,
        now: jiff::Timestamp,
        level: LogLevel,
        category: &str,
        message: Option<&str>,
        fields: &[(&str, Value)],
    ) {
        let (on, off) = if self.settings.color { (level.color(), "\x1b[0m") } else { ("", "") };
        let prefix = self.settings.prefix.as_deref().map_or(String::new(), |prefix| format!("{prefix} "));
        let time = now.strftime("%Y-%m-%dT%H:%M:%S%.3f");
        // Writing to a String cannot fail.
        let _ = write!(out, "{on}[{}]{off} {time} {prefix}[{category}]", level.text_word());
        if let Some(message) = message {
            out.push_str(", message: ");
            push_one_line(out, message);
        }
        for (name, value) in fields {
            let _ = write!(out, ", {name}: ");
            match value {
                Value::String(text) => push_one_line(out, text),
                Value::Bool(true) => out.push_str("True"),
                Value::Bool(false) => out.push_str("False"),
                other => {
                    let _ = write!(out, "{other}");
                }
            }
        }
        out.push('\n');
    }

    /// Hands over whole lines, each with its line end.
    pub fn write(&self, lines: String) {
        if self.queue.try_send(Message::Lines(lines)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns when everything handed over so far is written, or when there is no writer.
    pub fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.queue.send(Message::Flush(done)).is_ok() {
            let _ = wait.recv_timeout(std::time::Duration::from_secs(2));
        }
    }
}

/// Text of a value with its line breaks made visible, so that one event stays one line.
fn push_one_line(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
}

fn render_json(
    out: &mut String,
    now: jiff::Timestamp,
    level: LogLevel,
    category: &str,
    message: Option<&str>,
    fields: &[(&str, Value)],
) {
    let mut object = Map::new();
    object.insert("level".into(), level.json_word().into());
    object.insert("timestamp".into(), now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string().into());
    object.insert("category".into(), category.into());
    if let Some(message) = message {
        object.insert("message".into(), message.into());
    }
    for (name, value) in fields {
        object.insert((*name).to_owned(), value.clone());
    }
    out.push_str(&Value::Object(object).to_string());
    out.push('\n');
}

fn write_lines(lines: &Receiver<Message>, mut output: Box<dyn std::io::Write + Send>) {
    while let Ok(message) = lines.recv() {
        // A closed standard output must not end the node.
        match message {
            Message::Lines(text) => {
                let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
            }
            Message::Flush(done) => {
                let _ = output.flush();
                let _ = done.send(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(format: LogFormat) -> String {
        let settings = LogSettings { format, color: false, ..LogSettings::default() };
        let log = Log::start_with(settings, Box::new(std::io::sink()));
        let mut out = String::new();
        let fields = [("isRequestSuccess", true.into()), ("totalTime", 12.into()), ("url", "/a\nb".into())];
        log.render(&mut out, LogLevel::Info, "GatewayLogs", None, &fields);
        out
    }

    #[test]
    fn a_text_line_has_the_form_of_the_reference_and_stays_one_line() {
        let line = rendered(LogFormat::Text);
        assert!(line.starts_with("[Info] 20"), "{line}");
        assert!(line.ends_with(" [GatewayLogs], isRequestSuccess: True, totalTime: 12, url: /a\\nb\n"), "{line}");
        assert_eq!(line.matches('\n').count(), 1);
    }

    #[test]
    fn a_json_line_is_one_object() {
        let line = rendered(LogFormat::Json);
        let object: Value = serde_json::from_str(&line).expect("json");
        assert_eq!(object["url"], "/a\nb");
        assert_eq!(line.matches('\n').count(), 1);
    }
}
