//! What templates read: `body` and `context`, as plain data.

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
        Value::String(text) if text.contains('T') && text.len() >= 19 => {
            if let Some([year, month, day, hour, minute, second]) = date_parts(text) {
                *text = format!("{month:02}/{day:02}/{year:04} {hour:02}:{minute:02}:{second:02}");
            }
        }
        _ => {}
    }
}

/// Year to second of `yyyy-MM-ddTHH:mm:ss[.f][Z]` or `MM/dd/yyyy HH:mm:ss`.
pub fn date_parts(text: &str) -> Option<[u32; 6]> {
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
    if rest.is_empty() {
        return Some([date[0], date[1], date[2], 0, 0, 0]);
    }
    let time = rest.strip_prefix(['T', ' '])?;
    let part = |from: usize| time.get(from..from + 2)?.parse::<u32>().ok();
    if time.as_bytes().get(2) != Some(&b':') || time.as_bytes().get(5) != Some(&b':') {
        return None;
    }
    let after =
        time.get(8..).unwrap_or_default().trim_start_matches('.').trim_start_matches(|c: char| c.is_ascii_digit());
    (after.is_empty() || after == "Z").then_some(())?;
    let parts = [date[0], date[1], date[2], part(0)?, part(3)?, part(6)?];
    (parts[1] <= 12 && parts[2] <= 31 && parts[3] < 24 && parts[4] < 60 && parts[5] < 60).then_some(parts)
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
    let decode =
        |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), Value::from(decode(value))))
        .collect()
}
