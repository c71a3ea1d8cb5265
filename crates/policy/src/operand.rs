//! Values of attributes and texts: fixed when the document is compiled, or computed per request.

use crate::fault::Fault;
use bytes::Bytes;
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tollgate_error::Span;
use tollgate_expression::context::Context;
use tollgate_expression::{Budget, Exception, Needs, Program, Value};

/// Limits of one run of one expression. Azure stops an expression after five seconds; steps are
/// counted instead of time so that the same document fails the same way everywhere.
pub const EXPRESSION_BUDGET: Budget = Budget { steps: 50_000_000, bytes: 256 * 1024 * 1024, nesting: 256 };

/// A checked expression and where it stands.
#[derive(Debug)]
pub struct Code {
    pub program: Program,
    /// The C# text, for listings and traces.
    pub source: SmolStr,
    pub span: Span,
}

impl Code {
    /// # Errors
    /// `ExpressionValueEvaluationFailure` with the text of the exception. Source:
    /// reference/expressions.md, chapter 9.
    pub fn run(&self, context: &Context) -> Result<Value, Fault> {
        let outcome = self.program.run(context, EXPRESSION_BUDGET);
        context.environment.evaluated(&self.source, outcome.as_ref());
        outcome.map_err(|exception| evaluation_fault(&exception))
    }
}

fn evaluation_fault(exception: &Exception) -> Fault {
    Fault::new("", 500, format!("Expression evaluation failed. {}", exception.message))
        .with_reason("ExpressionValueEvaluationFailure")
}

/// A value that is known or an expression that gives one.
#[derive(Clone)]
pub enum Dynamic<T> {
    Fixed(T),
    Computed(Arc<Code>),
}

impl<T: Convert + Clone> Dynamic<T> {
    pub fn get(&self, context: &Context) -> Result<T, Fault> {
        match self {
            Dynamic::Fixed(value) => Ok(value.clone()),
            Dynamic::Computed(code) => T::convert(code.run(context)?),
        }
    }
}

impl<T> Dynamic<T> {
    pub fn fixed(&self) -> Option<&T> {
        match self {
            Dynamic::Fixed(value) => Some(value),
            Dynamic::Computed(_) => None,
        }
    }

    /// Replaces the fixed value, when it is one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Dynamic<U> {
        match self {
            Dynamic::Fixed(value) => Dynamic::Fixed(change(value)),
            Dynamic::Computed(code) => Dynamic::Computed(code),
        }
    }
}

impl Dynamic<SmolStr> {
    /// As `get`, with null kept apart from empty text.
    pub fn get_or_null(&self, context: &Context) -> Result<Option<SmolStr>, Fault> {
        match self {
            Dynamic::Fixed(value) => Ok(Some(value.clone())),
            Dynamic::Computed(code) => {
                let value = code.run(context)?;
                Ok(if value.is_null() { None } else { Some(value.to_text()) })
            }
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Dynamic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dynamic::Fixed(value) => value.fmt(f),
            Dynamic::Computed(code) => f.write_str(&one_line(&code.source)),
        }
    }
}

/// An expression on one line, cut where it is long: for listings.
pub fn one_line(source: &str) -> String {
    /// Enough to recognise an expression by.
    const CHARS_MAX: usize = 100;
    let mut line = String::new();
    for (count, word) in source.split_ascii_whitespace().enumerate() {
        if count > 0 {
            line.push(' ');
        }
        line.push_str(word);
    }
    if line.chars().count() > CHARS_MAX {
        line = line.chars().take(CHARS_MAX).collect();
        line.push('…');
    }
    line
}

/// A value of any .NET type (`set-variable`, `cache-store-value`).
#[derive(Clone)]
pub enum Object {
    Text(SmolStr),
    Computed(Arc<Code>),
}

impl Object {
    pub fn get(&self, context: &Context) -> Result<Value, Fault> {
        match self {
            Object::Text(text) => Ok(Value::string(text.clone())),
            Object::Computed(code) => code.run(context),
        }
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Text(text) => text.fmt(f),
            Object::Computed(code) => f.write_str(&one_line(&code.source)),
        }
    }
}

/// From what an expression gave to what a step needs. Laxer than C#: text that reads as a number
/// is one.
pub trait Convert: Sized {
    fn convert(value: Value) -> Result<Self, Fault>;
}

fn wrong(value: &Value, wanted: &str) -> Fault {
    let message = format!("Expression evaluation failed. The value `{}` is not {wanted}.", value.to_text());
    Fault::new("", 500, message).with_reason("ExpressionValueEvaluationFailure")
}

impl Convert for SmolStr {
    fn convert(value: Value) -> Result<SmolStr, Fault> {
        Ok(value.to_text())
    }
}

/// The content of a `byte[]`, or text in UTF-8.
impl Convert for Bytes {
    fn convert(value: Value) -> Result<Bytes, Fault> {
        Ok(match value.to_bytes() {
            Some(content) => Bytes::from(content),
            None => Bytes::copy_from_slice(value.to_text().as_bytes()),
        })
    }
}

impl Convert for bool {
    fn convert(value: Value) -> Result<bool, Fault> {
        match value.as_bool() {
            Some(flag) => Ok(flag),
            None => parse_bool(value.to_text().trim()).ok_or_else(|| wrong(&value, "a Boolean")),
        }
    }
}

impl Convert for i64 {
    fn convert(value: Value) -> Result<i64, Fault> {
        if let Some(number) = value.as_i32() {
            return Ok(i64::from(number));
        }
        let text = value.to_text();
        let number = text.trim().parse().ok().or_else(|| text.trim().parse::<f64>().ok().map(|number| number as i64));
        number.ok_or_else(|| wrong(&value, "an integer"))
    }
}

impl Convert for f64 {
    fn convert(value: Value) -> Result<f64, Fault> {
        value.to_text().trim().parse().map_err(|_| wrong(&value, "a number"))
    }
}

impl Convert for Duration {
    fn convert(value: Value) -> Result<Duration, Fault> {
        parse_seconds(value.to_text().trim()).ok_or_else(|| wrong(&value, "a duration"))
    }
}

/// `true` and `false` without case, as .NET reads them.
pub fn parse_bool(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Seconds as a number, an ISO 8601 duration (`P30D`) or a .NET time span (`00:05:00`). Source:
/// reference/policies.md, chapter 4, and `clock-skew` in chapter 5.
pub fn parse_seconds(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds.is_finite() && (0.0..1e15).contains(&seconds)).then(|| Duration::from_secs_f64(seconds));
    }
    if let Some(period) = text.strip_prefix('P') {
        return iso_duration(period);
    }
    time_span(text)
}

/// What follows the `P`. A year counts 365 days and a month 30, as `XmlConvert.ToTimeSpan` does.
fn iso_duration(period: &str) -> Option<Duration> {
    let mut seconds = 0.0;
    let mut in_time = false;
    let mut number = String::new();
    let mut found = false;
    for c in period.chars() {
        if c.is_ascii_digit() || c == '.' {
            number.push(c);
            continue;
        }
        if c == 'T' && number.is_empty() && !in_time {
            in_time = true;
            continue;
        }
        let unit = match (c, in_time) {
            ('Y', false) => 365.0 * 86_400.0,
            ('M', false) => 30.0 * 86_400.0,
            ('W', false) => 7.0 * 86_400.0,
            ('D', false) => 86_400.0,
            ('H', true) => 3_600.0,
            ('M', true) => 60.0,
            ('S', true) => 1.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit;
        number.clear();
        found = true;
    }
    (found && number.is_empty() && seconds < 1e15).then(|| Duration::from_secs_f64(seconds))
}

/// `[d.]hh:mm[:ss[.fff]]`.
fn time_span(text: &str) -> Option<Duration> {
    let mut parts = text.split(':');
    let first = parts.next()?;
    let (days, hours) = match first.split_once('.') {
        Some((days, hours)) => (days.parse::<u64>().ok()?, hours.parse::<u64>().ok()?),
        None => (0, first.parse::<u64>().ok()?),
    };
    let minutes = parts.next()?.parse::<u64>().ok()?;
    let seconds = parts.next().map_or(Some(0.0), |seconds| seconds.parse::<f64>().ok())?;
    if parts.next().is_some() || hours > 23 || minutes > 59 || !(0.0..60.0).contains(&seconds) || days > 10_000_000 {
        return None;
    }
    Some(Duration::from_secs(days * 86_400 + hours * 3_600 + minutes * 60) + Duration::from_secs_f64(seconds))
}

/// What some operands read together.
pub fn join(a: Needs, b: Needs) -> Needs {
    Needs {
        request_body: a.request_body || b.request_body,
        response_body: a.response_body || b.response_body,
        subscription_keys: a.subscription_keys || b.subscription_keys,
        client_certificate: a.client_certificate || b.client_certificate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_every_form() {
        let check = |text: &str, seconds: Option<f64>| {
            assert_eq!(parse_seconds(text).map(|duration| duration.as_secs_f64()), seconds, "{text}");
        };
        check("60", Some(60.0));
        check("0.5", Some(0.5));
        check("P30D", Some(2_592_000.0));
        check("PT1M30S", Some(90.0));
        check("P1DT1H", Some(90_000.0));
        check("00:05:00", Some(300.0));
        check("1.00:00:01", Some(86_401.0));
        check("", None);
        check("P", None);
        check("-1", None);
        check("25:00:00", None);
        check("ten", None);
    }
}
