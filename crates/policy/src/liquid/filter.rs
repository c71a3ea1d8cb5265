//! The filters, under the names of C# naming mode.

use serde_json::Value;

const NAMES: [&str; 44] = [
    "Abs",
    "Append",
    "AtLeast",
    "AtMost",
    "Capitalize",
    "Ceil",
    "Compact",
    "Concat",
    "Currency",
    "Date",
    "Default",
    "DividedBy",
    "Downcase",
    "Escape",
    "First",
    "Floor",
    "H",
    "Join",
    "Last",
    "Lstrip",
    "Map",
    "Minus",
    "Modulo",
    "NewlineToBr",
    "Plus",
    "Prepend",
    "Remove",
    "RemoveFirst",
    "Replace",
    "ReplaceFirst",
    "Reverse",
    "Round",
    "Rstrip",
    "Size",
    "Slice",
    "Sort",
    "Split",
    "Strip",
    "StripHtml",
    "StripNewlines",
    "Times",
    "Truncate",
    "Uniq",
    "Upcase",
];

const MORE: [&str; 3] = ["TruncateWords", "UrlDecode", "UrlEncode"];

pub fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || MORE.contains(&name)
}

/// As DotLiquid writes a value.
pub fn print(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(print).collect(),
        Value::Object(_) => value.to_string(),
    }
}

/// A number, or what text reads as; 0 otherwise.
pub fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(0.0),
        Value::String(text) => text.trim().parse().unwrap_or(0.0),
        _ => 0.0,
    }
}

/// Whole results of whole numbers stay whole.
fn of_number(result: f64, whole: bool) -> Value {
    if whole && result.fract() == 0.0 && result.abs() < 9e15 { Value::from(result as i64) } else { Value::from(result) }
}

fn is_whole(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::String(text) => text.trim().parse::<i64>().is_ok(),
        _ => false,
    }
}

/// # Errors
/// A wrong pattern, division by zero.
pub fn apply(name: &str, input: Value, arguments: &[Value]) -> Result<Value, String> {
    let first = arguments.first().cloned().unwrap_or(Value::Null);
    let text = || print(&input);
    Ok(match name {
        "Abs" | "AtLeast" | "AtMost" | "Ceil" | "DividedBy" | "Floor" | "Minus" | "Modulo" | "Plus" | "Round"
        | "Times" => arithmetic(name, &input, arguments)?,
        "Compact" | "Concat" | "First" | "Join" | "Last" | "Map" | "Reverse" | "Size" | "Sort" | "Uniq" => {
            collection(name, input, &first)
        }
        "Append" => Value::from(text() + &print(&first)),
        "Prepend" => Value::from(print(&first) + &text()),
        "Capitalize" => Value::from(capitalize(&text())),
        "Downcase" => Value::from(text().to_lowercase()),
        "Upcase" => Value::from(text().to_uppercase()),
        "Strip" => Value::from(text().trim()),
        "Lstrip" => Value::from(text().trim_start()),
        "Rstrip" => Value::from(text().trim_end()),
        "Escape" | "H" => Value::from(escape(&text())),
        "NewlineToBr" => Value::from(text().replace("\r\n", "\n").replace('\n', "<br />\n")),
        "StripNewlines" => Value::from(text().replace(['\r', '\n'], "")),
        "StripHtml" => Value::from(strip_html(&text())),
        "Default" => match &input {
            Value::Null | Value::Bool(false) => first,
            Value::String(text) if text.is_empty() => first,
            Value::Array(items) if items.is_empty() => first,
            _ => input,
        },
        "Currency" => Value::from(format!("¤{}", grouped(number(&input)))),
        "Date" => Value::from(date(&text(), &print(&first))),
        "Remove" => Value::from(text().replace(&print(&first), "")),
        "RemoveFirst" => Value::from(text().replacen(&print(&first), "", 1)),
        "Replace" | "ReplaceFirst" => {
            let replacement = arguments.get(1).map(print).unwrap_or_default();
            Value::from(replace(&text(), &print(&first), &replacement, name == "ReplaceFirst")?)
        }
        "Slice" => Value::from(slice(
            &text(),
            number(&first) as i64,
            arguments.get(1).map_or(1, |length| number(length) as i64),
        )),
        "Split" => {
            let separator = print(&first);
            let text = text();
            Value::Array(match separator.as_str() {
                "" => text.chars().map(|c| Value::from(c.to_string())).collect(),
                separator => text.split(separator).filter(|part| !part.is_empty()).map(Value::from).collect(),
            })
        }
        "Truncate" => Value::from(truncate(&text(), arguments)),
        "TruncateWords" => Value::from(truncate_words(&text(), arguments)),
        "UrlEncode" => Value::from(
            percent_encoding::utf8_percent_encode(&text(), crate::url::QUERY_VALUE).to_string().replace("%20", "+"),
        ),
        "UrlDecode" => Value::from(
            percent_encoding::percent_decode_str(&text().replace('+', " ")).decode_utf8_lossy().into_owned(),
        ),
        _ => return Err(format!("filter `{name}` is not known")),
    })
}

fn arithmetic(name: &str, input: &Value, arguments: &[Value]) -> Result<Value, String> {
    let first = arguments.first().cloned().unwrap_or(Value::from(0));
    let (a, b) = (number(input), number(&first));
    let whole = is_whole(input) && (arguments.is_empty() || is_whole(&first));
    Ok(match name {
        "Abs" => of_number(a.abs(), is_whole(input)),
        "Ceil" => of_number(a.ceil(), true),
        "Floor" => of_number(a.floor(), true),
        "Round" => {
            let scale = 10_f64.powi(b.clamp(0.0, 15.0) as i32);
            of_number((a * scale).round_ties_even() / scale, b == 0.0)
        }
        "AtLeast" => of_number(a.max(b), whole),
        "AtMost" => of_number(a.min(b), whole),
        "Plus" => of_number(a + b, whole),
        "Minus" => of_number(a - b, whole),
        "Times" => of_number(a * b, whole),
        _ if b == 0.0 => return Err("division by zero".to_owned()),
        "DividedBy" if whole => of_number((a / b).trunc(), true),
        "DividedBy" => of_number(a / b, false),
        _ => of_number(a % b, whole),
    })
}

fn collection(name: &str, input: Value, first: &Value) -> Value {
    let items = match input {
        Value::Array(items) => items,
        Value::String(text) if name == "Size" => return Value::from(text.chars().count()),
        Value::Object(members) if name == "Size" => return Value::from(members.len()),
        Value::Null => return if name == "Size" { Value::from(0) } else { Value::Null },
        other if name == "Join" || name == "Size" => return if name == "Size" { Value::from(0) } else { other },
        other => vec![other],
    };
    let key = |item: &Value| {
        if first.is_null() { item.clone() } else { item.get(print(first)).cloned().unwrap_or(Value::Null) }
    };
    match name {
        "Size" => Value::from(items.len()),
        "First" => items.into_iter().next().unwrap_or(Value::Null),
        "Last" => items.into_iter().next_back().unwrap_or(Value::Null),
        "Compact" => Value::Array(items.into_iter().filter(|item| !item.is_null()).collect()),
        "Concat" => Value::Array(items.into_iter().chain(first.as_array().cloned().unwrap_or_default()).collect()),
        "Join" => {
            let separator = if first.is_null() { " ".to_owned() } else { print(first) };
            Value::from(items.iter().map(print).collect::<Vec<_>>().join(&separator))
        }
        "Map" => Value::Array(items.iter().map(key).collect()),
        "Reverse" => Value::Array(items.into_iter().rev().collect()),
        "Uniq" => {
            let mut seen: Vec<Value> = Vec::new();
            for item in items {
                if !seen.contains(&item) {
                    seen.push(item);
                }
            }
            Value::Array(seen)
        }
        _ => {
            let mut items = items;
            items.sort_by(|a, b| match (key(a), key(b)) {
                (Value::Number(a), Value::Number(b)) => {
                    a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(std::cmp::Ordering::Equal)
                }
                (a, b) => print(&a).cmp(&print(&b)),
            });
            Value::Array(items)
        }
    }
}

/// DotLiquid's `Replace` takes a .NET regular expression.
fn replace(text: &str, pattern: &str, replacement: &str, once: bool) -> Result<String, String> {
    if pattern.is_empty() {
        return Ok(text.to_owned());
    }
    let pattern = fancy_regex::Regex::new(pattern).map_err(|error| format!("`{pattern}` is not a pattern: {error}"))?;
    let limit = usize::from(once);
    pattern.try_replacen(text, limit, replacement).map(std::borrow::Cow::into_owned).map_err(|error| error.to_string())
}

fn capitalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut start = true;
    for c in text.chars() {
        if start {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        start = c.is_whitespace();
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn strip_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let Some(length) = rest[start..].find('>') else { break };
        out.push_str(&rest[..start]);
        rest = &rest[start + length + 1..];
    }
    out + rest
}

/// Two decimals and groups of three, as `ToString("C")` under the invariant culture.
fn grouped(number: f64) -> String {
    let text = format!("{:.2}", number.abs());
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "00"));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    let sign = if number < 0.0 { "-" } else { "" };
    format!("{sign}{out}.{decimals}")
}

fn slice(text: &str, from: i64, length: i64) -> String {
    let count = text.chars().count() as i64;
    let from = if from < 0 { (count + from).max(0) } else { from };
    text.chars().skip(from as usize).take(length.max(0) as usize).collect()
}

fn truncate(text: &str, arguments: &[Value]) -> String {
    let length = arguments.first().map_or(50, |length| number(length).max(0.0) as usize);
    let mark = arguments.get(1).map_or_else(|| "...".to_owned(), print);
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let kept: String = text.chars().take(length.saturating_sub(mark.chars().count())).collect();
    kept + &mark
}

fn truncate_words(text: &str, arguments: &[Value]) -> String {
    let count = arguments.first().map_or(15, |count| number(count).max(1.0) as usize);
    let mark = arguments.get(1).map_or_else(|| "...".to_owned(), print);
    let words: Vec<&str> = text.split(' ').collect();
    if words.len() <= count { text.to_owned() } else { words[..count].join(" ") + &mark }
}

/// A date as `yyyy-MM-ddTHH:mm:ss…` or `MM/dd/yyyy HH:mm:ss` by a C# format; other text stays.
fn date(text: &str, format: &str) -> String {
    let Some(parts) = super::input::date_parts(text) else { return text.to_owned() };
    let [year, month, day, hour, minute, second] = parts;
    let mut out = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(c).len();
        let piece = match (c, run / c.len_utf8()) {
            ('y', 4..) => format!("{year:04}"),
            ('y', _) => format!("{:02}", year % 100),
            ('M', 2) => format!("{month:02}"),
            ('M', 1) => month.to_string(),
            ('d', 2) => format!("{day:02}"),
            ('d', 1) => day.to_string(),
            ('H', 2) => format!("{hour:02}"),
            ('H', 1) => hour.to_string(),
            ('h', 2) => format!("{:02}", (hour + 11) % 12 + 1),
            ('h', 1) => ((hour + 11) % 12 + 1).to_string(),
            ('m', 2) => format!("{minute:02}"),
            ('m', 1) => minute.to_string(),
            ('s', 2) => format!("{second:02}"),
            ('s', 1) => second.to_string(),
            ('f', count) => "0".repeat(count),
            ('t', 2) => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            _ => rest[..run].to_owned(),
        };
        out.push_str(&piece);
        rest = &rest[run..];
    }
    out
}
