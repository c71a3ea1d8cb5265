//! What templates read: `body` and `context`, as plain data.

use crate::url::query_pairs;
use http::HeaderMap;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value, json};
use tollgate_expression::context::{Context, Url};

/// `xsi-nil`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XsiNil {
    Blank,
    Null,
}

/// Deepest nesting of an XML body.
const NESTING_MAX: usize = 200;

/// The body by its content type: JSON, XML, or plain text.
///
/// # Errors
/// The body is not what its content type says.
pub fn from_body(content: &[u8], content_type: &str, nil: XsiNil, parse_date: bool) -> Result<Value, String> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if content.is_empty() {
        return Ok(Value::Null);
    }
    if matches!(essence.as_str(), "application/json" | "text/json") || essence.ends_with("+json") {
        let mut value: Value =
            serde_json::from_slice(content).map_err(|error| format!("the body is not JSON: {error}"))?;
        if parse_date {
            dates(&mut value);
        }
        return Ok(value);
    }
    let text = String::from_utf8_lossy(content);
    if matches!(essence.as_str(), "application/xml" | "text/xml") || essence.ends_with("+xml") {
        return xml(&text, nil);
    }
    Ok(Value::from(text.into_owned()))
}

/// Strings that are dates print as .NET prints dates.
fn dates(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(dates),
        Value::Object(members) => members.values_mut().for_each(dates),
        Value::String(text) => {
            let looks = (text.contains('T') && text.len() >= 19) || text.starts_with("/Date(");
            if let Some([year, month, day, hour, minute, second]) =
                Some(&*text).filter(|_| looks).and_then(|t| date_parts(t))
            {
                *text = format!("{month:02}/{day:02}/{year:04} {hour:02}:{minute:02}:{second:02}");
            }
        }
        _ => {}
    }
}

/// Year to second of `yyyy-MM-ddTHH:mm:ss[.f][Z|±hh:mm]`, `MM/dd/yyyy HH:mm:ss` or `/Date(ms)/`. A time
/// with an offset is told in UTC.
pub fn date_parts(text: &str) -> Option<[u32; 6]> {
    if let Some(inner) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        // An offset after the milliseconds does not change the moment.
        let digits = inner.get(1..).and_then(|rest| rest.find(['+', '-'])).map_or(inner, |at| &inner[..=at]);
        return of_seconds(digits.parse::<i64>().ok()?.div_euclid(1000));
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u32>().ok();
    let bytes = text.as_bytes();
    let (date, rest) = match (bytes.get(4), bytes.get(2)) {
        (Some(b'-'), _) if bytes.get(7) == Some(&b'-') => {
            ([number(0, 4)?, number(5, 7)?, number(8, 10)?], text.get(10..)?)
        }
        (_, Some(b'/')) if bytes.get(5) == Some(&b'/') => {
            ([number(6, 10)?, number(0, 2)?, number(3, 5)?], text.get(10..)?)
        }
        _ => return None,
    };
    let days_of_month = match date[1] {
        2 if date[0] % 4 == 0 && (date[0] % 100 != 0 || date[0] % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if date[0] == 0 || date[2] == 0 || date[2] > days_of_month {
        return None;
    }
    if rest.is_empty() {
        return Some([date[0], date[1], date[2], 0, 0, 0]);
    }
    let time = rest.strip_prefix(['T', ' '])?;
    let part = |from: usize| time.get(from..from + 2)?.parse::<u32>().ok();
    if time.as_bytes().get(2) != Some(&b':') || time.as_bytes().get(5) != Some(&b':') {
        return None;
    }
    let parts = [date[0], date[1], date[2], part(0)?, part(3)?, part(6)?];
    if parts[3] > 23 || parts[4] > 59 || parts[5] > 59 {
        return None;
    }
    let after = time.get(8..).unwrap_or_default();
    let after = after.strip_prefix('.').map_or(after, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    if matches!(after, "" | "Z") {
        return Some(parts);
    }
    let (sign, offset) = match (after.strip_prefix('+'), after.strip_prefix('-')) {
        (Some(offset), _) => (1, offset),
        (_, Some(offset)) => (-1, offset),
        _ => return None,
    };
    let (hours, minutes) = offset.split_once(':')?;
    let offset = sign * (hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60);
    of_seconds(seconds_of(parts) - offset)
}

/// Seconds since 1970. Source: H. Hinnant, "chrono-compatible low-level date algorithms".
fn seconds_of([year, month, day, hour, minute, second]: [u32; 6]) -> i64 {
    let (month, day) = (i64::from(month), i64::from(day));
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    days * 86_400 + i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)
}

/// The reverse; `None` outside of the years that .NET has.
fn of_seconds(seconds: i64) -> Option<[u32; 6]> {
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let days = days.checked_add(719_468)?;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let parts = [year, month, day, rest / 3600, rest / 60 % 60, rest % 60];
    ((1..=9999).contains(&year)).then(|| parts.map(|part| part as u32))
}

/// Elements by local name: text, or a hash of children and attributes; repeated names are arrays.
fn xml(text: &str, nil: XsiNil) -> Result<Value, String> {
    let mut reader = Reader::from_str(text);
    let mut stack: Vec<Open> = vec![Open::default()];
    loop {
        let event = reader.read_event().map_err(|error| format!("the body is not XML: {error}"))?;
        match event {
            Event::Start(tag) => {
                if stack.len() > NESTING_MAX {
                    return Err(format!("the XML body is nested deeper than {NESTING_MAX}"));
                }
                stack.push(Open::new(&tag)?);
            }
            Event::Empty(tag) => {
                let open = Open::new(&tag)?;
                close(open, &mut stack, nil);
            }
            Event::Text(run) => {
                if let Some(open) = stack.last_mut() {
                    open.text.push_str(&run);
                }
            }
            Event::GeneralRef(name) => {
                if let (Some(open), Some(text)) = (stack.last_mut(), reference(&name)) {
                    open.text.push(text);
                }
            }
            Event::CData(run) => {
                if let Some(open) = stack.last_mut() {
                    open.text.push_str(&run);
                }
            }
            Event::End(_) => {
                if let Some(open) = stack.pop() {
                    close(open, &mut stack, nil);
                }
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    if stack.len() > 1 {
        return Err("the body is not XML: an element is not closed".to_owned());
    }
    Ok(stack.pop().map_or(Value::Null, |root| Value::Object(root.members)))
}

fn reference(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[derive(Default)]
struct Open {
    name: String,
    members: Map<String, Value>,
    text: String,
    nil: bool,
}

impl Open {
    fn new(tag: &quick_xml::events::BytesStart<'_>) -> Result<Open, String> {
        let local = |name: &str| name.rsplit(':').next().unwrap_or(name).to_owned();
        let mut open = Open { name: local(tag.name().as_ref()), ..Open::default() };
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| format!("the body is not XML: {error}"))?;
            let key = attribute.key.as_ref();
            let value = attribute.value.to_string();
            if key.starts_with("xmlns") {
                continue;
            }
            if key.ends_with(":nil") {
                open.nil = value == "true";
                continue;
            }
            open.members.insert(local(key), Value::from(value));
        }
        Ok(open)
    }
}

fn close(open: Open, stack: &mut [Open], nil: XsiNil) {
    let Some(parent) = stack.last_mut() else { return };
    let value = match () {
        () if open.nil && nil == XsiNil::Null => Value::Null,
        () if open.members.is_empty() => Value::from(open.text),
        () => Value::Object(open.members),
    };
    match parent.members.get_mut(&open.name) {
        Some(Value::Array(items)) => items.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
        None => {
            parent.members.insert(open.name, value);
        }
    }
}

/// `context` of a template.
pub fn from_context(context: &Context) -> Value {
    let request = &context.request;
    let matched: Map<String, Value> = request
        .matched_parameters
        .iter()
        .map(|(name, value)| (name.to_string(), Value::from(value.as_str())))
        .collect();
    let variables: Map<String, Value> =
        context.variables.iter().map(|(name, value)| (name.to_string(), variable(value))).collect();
    json!({
        "Request": {
            "Url": url(&request.url),
            "OriginalUrl": url(&request.original_url),
            "Method": request.method.as_str(),
            "OriginalMethod": request.method.as_str(),
            "IpAddress": request.ip_address.to_string(),
            "MatchedParameters": matched,
            "HasBody": !request.body.is_absent(),
            "ClientCertificates": [],
            "Headers": headers(&request.headers),
        },
        "Response": context.response.as_ref().map(|response| json!({
            "StatusCode": response.status_code,
            "Method": request.method.as_str(),
            "Headers": headers(&response.headers),
        })),
        "Variables": variables,
    })
}

/// JSON objects and arrays can be looked into; everything else is its text.
fn variable(value: &tollgate_expression::Value) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    if let Some(flag) = value.as_bool() {
        return Value::Bool(flag);
    }
    if let Some(number) = value.as_i32() {
        return Value::from(number);
    }
    let text = value.to_text();
    if value.as_str().is_none() && text.starts_with(['{', '[']) {
        return serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text.as_str()));
    }
    Value::from(text.as_str())
}

fn headers(headers: &HeaderMap) -> Value {
    let mut members = Map::new();
    for name in headers.keys() {
        let values: Vec<String> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
        members.insert(name.to_string(), Value::from(values.join(",")));
    }
    Value::Object(members)
}

fn url(url: &Url) -> Value {
    let query: Map<String, Value> = form(url.query().unwrap_or_default());
    json!({
        "Scheme": url.scheme.as_str(),
        "Host": url.host.as_str(),
        "Port": url.port,
        "Path": url.path(),
        "Query": query,
        "QueryString": url.query().map(|query| format!("?{query}")).unwrap_or_default(),
        "ToUri": url.to_string(),
        "ToString": url.to_string(),
    })
}

fn form(query: &str) -> Map<String, Value> {
    query_pairs(query).map(|(name, value)| (name.into_owned(), Value::from(value))).collect()
}
