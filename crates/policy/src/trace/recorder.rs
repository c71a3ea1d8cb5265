//! Watches one exchange: what every step read, changed, and how long it took.

use super::{Change, Data, Decision, Entry, ErrorOf, Evaluation, Masks, Outcome, PlaceOf, Step, Trace};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::Section;
use crate::plan::Place;
use http::HeaderMap;
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;
use tollgate_expression::context::{Body, BodyState, Context, Environment, Instant100ns, Url};
use tollgate_expression::{Exception, Value};

/// Most entries of one trace: a retry in a loop must not fill the memory.
const ENTRIES_MAX: usize = 2_000;
/// Longest value that a trace shows, in characters.
const TEXT_CHARS_MAX: usize = 2_048;

/// Nanoseconds since the request arrived. The host's, because this crate reads no clock.
pub type Stopwatch = Box<dyn Fn() -> u64>;

#[derive(Debug)]
pub enum Event<'a> {
    Ran,
    /// A condition was false.
    Skipped,
    /// A retry begins again.
    Repeated,
    /// The step made the answer.
    Answered,
    Failed(&'a Fault),
}

/// Receives the steps of one exchange as they run.
pub struct Recorder {
    stopwatch: Stopwatch,
    started: Instant100ns,
    masks: Masks,
    watch: Rc<Watch>,
    before: Snapshot,
    last_ns: u64,
    /// Where built-in entries belong.
    section: Section,
    messages: Vec<String>,
    entries: super::Entries,
    count: usize,
    left_out: usize,
}

impl Recorder {
    /// Watches an exchange from now on.
    pub fn attach(exchange: &mut Exchange, stopwatch: Stopwatch, masks: Masks) {
        let context = &mut exchange.context;
        let watch = Rc::new(Watch { inner: context.environment.clone(), seen: RefCell::default() });
        context.environment = watch.clone();
        let mut recorder = Recorder {
            last_ns: stopwatch(),
            stopwatch,
            started: context.timestamp,
            masks,
            watch,
            before: Snapshot::of(context),
            section: Section::Inbound,
            messages: Vec::new(),
            entries: super::Entries::default(),
            count: 0,
            left_out: 0,
        };
        let request = &context.request;
        let headers = recorder.headers(&request.headers);
        let url = recorder.text(&request.original_url.to_string());
        recorder.note(
            "api-inspector",
            json!({ "request": { "method": request.method.as_str(), "url": url, "headers": headers } }),
        );
        exchange.run.recorder = Some(Box::new(recorder));
    }

    /// Hides a further value: a key that became known.
    pub fn hide(&mut self, secret: &str) {
        self.masks.hide(secret);
    }

    /// The configuration that serves the request is known.
    pub fn configured(&mut self, context: &Context) {
        let mut configuration = Map::new();
        if let Some(api) = &context.api {
            configuration.insert(
                "api".into(),
                json!({
                    "id": api.id.as_str(), "name": api.name.as_str(), "version": api.version.as_deref(),
                    "revision": api.revision.as_str(),
                    "from": self.url(&context.request.original_url), "to": self.url(&context.request.url),
                }),
            );
        }
        if let Some(operation) = &context.operation {
            configuration.insert(
                "operation".into(),
                json!({ "id": operation.id.as_str(), "method": operation.method.as_str(), "uriTemplate": operation.url_template.as_str() }),
            );
        }
        if let Some(product) = &context.product {
            configuration.insert("product".into(), json!({ "id": product.id.as_str(), "name": product.name.as_str() }));
        }
        if let Some(user) = &context.user {
            configuration.insert("user".into(), json!({ "id": user.id.as_str() }));
        }
        if let Some(subscription) = &context.subscription {
            self.masks.hide(&subscription.key);
            for key in [&subscription.primary_key, &subscription.secondary_key].into_iter().flatten() {
                self.masks.hide(key);
            }
            configuration.insert("subscription".into(), json!({ "id": subscription.id.as_str() }));
        }
        self.note("api-inspector", json!({ "configuration": configuration }));
        self.before = Snapshot::of(context);
        self.last_ns = (self.stopwatch)();
    }

    /// A step has run; `context` is the state after it.
    pub fn step(&mut self, place: &Place, event: &Event<'_>, context: &Context) {
        self.section = place.section;
        let after = Snapshot::of(context);
        let changes = self.before.changes(&after, &self.masks);
        self.before = after;
        let now = (self.stopwatch)();
        let (outcome, error) = match event {
            Event::Ran => (Outcome::Ran, None),
            Event::Skipped => (Outcome::Skipped, None),
            Event::Repeated => (Outcome::Repeated, None),
            Event::Answered => (Outcome::Answered, None),
            Event::Failed(fault) => (Outcome::Failed, Some(self.error(fault))),
        };
        let (expressions, traced) = self.watch.take(&self.masks);
        let mut messages = std::mem::take(&mut self.messages);
        messages.extend(traced);
        let step = Step {
            policy: PlaceOf::of(place),
            outcome,
            duration_us: now.saturating_sub(self.last_ns) as f64 / 1000.0,
            expressions,
            changes,
            messages,
            error,
        };
        self.push(place.section, place.element, now, Data::Step(Box::new(step)));
        // What the recorder itself took is nobody's time.
        self.last_ns = (self.stopwatch)();
    }

    /// A line of a `trace` policy; it goes to the step under way.
    pub fn message(&mut self, source: &str, severity: &str, message: &str, metadata: &[(SmolStr, SmolStr)]) {
        let mut line = format!("{severity} {source}: {message}");
        for (name, value) in metadata {
            let _ = write!(line, " {name}={value}");
        }
        let line = self.text(&line);
        self.messages.push(line);
    }

    /// The request was sent to the backend, and it answered, or did not.
    pub fn forwarded(&mut self, context: &Context, fault: Option<&Fault>) {
        self.section = Section::Backend;
        let request = &context.request;
        let sent = json!({ "method": request.method.as_str(), "url": self.text(&request.url.to_string()), "headers": self.headers(&request.headers) });
        let mut data = json!({ "request": sent });
        if let Some(backend) = &context.backend {
            data["backend"] = backend.id.as_str().into();
        }
        match (fault, &context.response) {
            (Some(fault), _) => data["failure"] = json!(self.error(fault)),
            (None, Some(response)) => data["response"] = self.response(response),
            (None, None) => {}
        }
        self.note("request-forwarder", data);
    }

    /// A built-in step refused the request.
    pub fn refused(&mut self, fault: &Fault) {
        self.section = Section::OnError;
        let data = json!({ "status": fault.status, "error": self.error(fault) });
        let source = fault.source.to_string();
        self.note(&source, data);
    }

    /// The whole, when the answer stands.
    pub fn finish(mut self, context: &Context, decided_by: Option<Decision>) -> Trace {
        if self.section != Section::OnError {
            self.section = Section::Outbound;
        }
        if let Some(response) = &context.response {
            let data = json!({ "response": self.response(response) });
            self.note("transfer-response", data);
        }
        Trace {
            service_name: context.deployment.service_name.to_string(),
            trace_id: String::new(),
            revision: 0,
            decided_by,
            trace_entries: self.entries,
            entries_left_out: self.left_out,
        }
    }

    fn note(&mut self, source: &str, data: Json) {
        let now = (self.stopwatch)();
        self.push(self.section, source, now, Data::Other(data));
    }

    fn push(&mut self, section: Section, source: &str, now_ns: u64, data: Data) {
        if self.count >= ENTRIES_MAX {
            self.left_out += 1;
            return;
        }
        self.count += 1;
        let ticks = i64::try_from(now_ns / 100).unwrap_or(i64::MAX);
        let timestamp = rfc3339(Instant100ns(self.started.0.saturating_add(ticks)));
        let entry = Entry { source: source.to_owned(), timestamp, elapsed: time_span(ticks), data };
        self.entries.of(section).push(entry);
    }

    fn text(&self, text: &str) -> String {
        self.masks.text(&cut(text))
    }

    fn error(&self, fault: &Fault) -> ErrorOf {
        ErrorOf {
            source: fault.source.to_string(),
            reason: fault.reason.as_ref().map(ToString::to_string),
            message: self.text(&fault.message),
        }
    }

    fn response(&self, response: &tollgate_expression::context::Response) -> Json {
        json!({
            "status": { "code": response.status_code, "reason": response.status_reason.as_deref() },
            "headers": self.headers(&response.headers),
            "body": size(&response.body),
        })
    }

    fn headers(&self, headers: &HeaderMap) -> Json {
        let one = |name: &http::HeaderName| {
            let value = joined(headers, name);
            json!({ "name": name.as_str(), "value": self.masks.header(name, &cut(&value)) })
        };
        headers.keys().map(one).collect()
    }

    fn url(&self, url: &Url) -> Json {
        json!({
            "scheme": url.scheme.as_str(), "host": url.host.as_str(), "port": url.port, "path": url.path(),
            "queryString": self.text(&url.query().map(|query| format!("?{query}")).unwrap_or_default()),
            "isDefaultPort": url.is_default_port(),
        })
    }
}

/// The environment of a watched exchange: passes everything on, and keeps what expressions gave.
struct Watch {
    inner: Rc<dyn Environment>,
    seen: RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    evaluations: Vec<Evaluation>,
    messages: Vec<String>,
}

impl Watch {
    fn take(&self, masks: &Masks) -> (Vec<Evaluation>, Vec<String>) {
        let Seen { mut evaluations, messages } = self.seen.take();
        for evaluation in &mut evaluations {
            evaluation.expression = masks.text(&evaluation.expression);
            for text in [&mut evaluation.value, &mut evaluation.exception].into_iter().flatten() {
                *text = masks.text(text);
            }
        }
        (evaluations, messages.iter().map(|message| masks.text(message)).collect())
    }
}

impl Environment for Watch {
    fn now(&self) -> Instant100ns {
        self.inner.now()
    }

    fn entropy(&self, buffer: &mut [u8]) {
        self.inner.entropy(buffer);
    }

    fn trace(&self, message: &str) {
        self.inner.trace(message);
        self.seen.borrow_mut().messages.push(cut(message));
    }

    fn header_spelling(&self, name: &str) -> Option<SmolStr> {
        self.inner.header_spelling(name)
    }

    fn evaluated(&self, expression: &str, outcome: Result<&Value, &Exception>) {
        let (value, exception) = match outcome {
            Ok(value) if value.is_null() => (Some("null".to_owned()), None),
            Ok(value) => (Some(cut(&value.to_text())), None),
            Err(exception) => (None, Some(cut(&exception.message))),
        };
        let expression = cut(expression);
        self.seen.borrow_mut().evaluations.push(Evaluation { expression, value, exception });
    }
}

/// What of an exchange steps can change.
struct Snapshot {
    method: String,
    url: String,
    request_headers: HeaderMap,
    request_body: String,
    response: Option<(String, HeaderMap, String)>,
    variables: Vec<(SmolStr, String)>,
    backend: Option<SmolStr>,
}

impl Snapshot {
    fn of(context: &Context) -> Snapshot {
        let request = &context.request;
        let status = |code: u16, reason: Option<&str>| match reason {
            Some(reason) => format!("{code} {reason}"),
            None => code.to_string(),
        };
        let shown = |value: &Value| if value.is_null() { "null".to_owned() } else { cut(&value.to_text()) };
        Snapshot {
            method: request.method.to_string(),
            url: request.url.to_string(),
            request_headers: request.headers.clone(),
            request_body: size(&request.body),
            response: context.response.as_ref().map(|response| {
                let status = status(response.status_code, response.status_reason.as_deref());
                (status, response.headers.clone(), size(&response.body))
            }),
            variables: context.variables.iter().map(|(name, value)| (name.clone(), shown(value))).collect(),
            backend: context.backend.as_ref().map(|backend| backend.id.clone()),
        }
    }

    fn changes(&self, after: &Snapshot, masks: &Masks) -> Vec<Change> {
        let mut out = Vec::new();
        let mut text = |what: &str, name: Option<&str>, from: Option<&str>, to: Option<&str>| {
            if from != to {
                let masked = |text: Option<&str>| text.map(|text| masks.text(text));
                out.push(Change { what: what.into(), name: name.map(Into::into), from: masked(from), to: masked(to) });
            }
        };
        text("request.method", None, Some(&self.method), Some(&after.method));
        text("request.url", None, Some(&self.url), Some(&after.url));
        text("request.body", None, Some(&self.request_body), Some(&after.request_body));
        text("backend", None, self.backend.as_deref(), after.backend.as_deref());
        let part =
            |of: &Snapshot, pick: fn(&(String, HeaderMap, String)) -> &String| of.response.as_ref().map(pick).cloned();
        text("response.status", None, part(self, |r| &r.0).as_deref(), part(after, |r| &r.0).as_deref());
        text("response.body", None, part(self, |r| &r.2).as_deref(), part(after, |r| &r.2).as_deref());
        for (name, value) in &after.variables {
            let before = self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            text("variable", Some(name), before, Some(value));
        }
        header_changes("request.header", Some(&self.request_headers), Some(&after.request_headers), masks, &mut out);
        let headers = |of: &Snapshot| of.response.as_ref().map(|response| response.1.clone());
        header_changes("response.header", headers(self).as_ref(), headers(after).as_ref(), masks, &mut out);
        out
    }
}

fn header_changes(
    what: &str,
    before: Option<&HeaderMap>,
    after: Option<&HeaderMap>,
    masks: &Masks,
    out: &mut Vec<Change>,
) {
    let empty = HeaderMap::new();
    let (before, after) = (before.unwrap_or(&empty), after.unwrap_or(&empty));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    for name in after.keys().chain(gone) {
        let value = |headers: &HeaderMap| headers.contains_key(name).then(|| joined(headers, name));
        let (from, to) = (value(before), value(after));
        if from != to {
            let masked = |text: Option<String>| text.map(|text| masks.header(name, &cut(&text)));
            let name = Some(name.to_string());
            out.push(Change { what: what.to_owned(), name, from: masked(from), to: masked(to) });
        }
    }
}

fn joined(headers: &HeaderMap, name: &http::HeaderName) -> String {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    values.join(", ")
}

fn size(body: &Body) -> String {
    match body.state() {
        BodyState::Absent => "none".to_owned(),
        BodyState::Buffered(content) | BodyState::Replayed(content) => format!("{} bytes", content.len()),
        BodyState::Streaming => "streaming".to_owned(),
        BodyState::Consumed => "consumed".to_owned(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// `00:00:00.0001234`, of ticks of 100 ns.
fn time_span(ticks: i64) -> String {
    let (seconds, rest) = (ticks / 10_000_000, ticks % 10_000_000);
    format!("{:02}:{:02}:{:02}.{rest:07}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `2026-01-02T03:04:05.0000000Z`.
fn rfc3339(at: Instant100ns) -> String {
    const TICKS_PER_DAY: i64 = 864_000_000_000;
    let (days, ticks) = (at.0.div_euclid(TICKS_PER_DAY), at.0.rem_euclid(TICKS_PER_DAY));
    // Days since 0000-03-01, so that the leap day is the last of its year (Howard Hinnant's
    // `civil_from_days`).
    let days = days + 306;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let (seconds, rest) = (ticks / 10_000_000, ticks % 10_000_000);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{rest:07}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_net_writes_them() {
        assert_eq!(time_span(1_234), "00:00:00.0001234");
        assert_eq!(time_span(36_610_000_001), "01:01:01.0000001");
        let check = |unix: i64, expected: &str| assert_eq!(rfc3339(Instant100ns::from_unix(unix, 0)), expected);
        check(0, "1970-01-01T00:00:00.0000000Z");
        check(951_782_400, "2000-02-29T00:00:00.0000000Z");
        check(1_767_323_045, "2026-01-02T03:04:05.0000000Z");
        check(1_740_787_199, "2025-02-28T23:59:59.0000000Z");
    }
}
