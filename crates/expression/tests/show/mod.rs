//! Results in the short form of the tables: `Type value`, `null`, `throws Type`.

use serde_json::Value;

pub fn show(got: &Value) -> String {
    if let Some(error) = got.get("error") {
        return format!("throws {}", short(error));
    }
    match (short(&got["type"]).as_str(), &got["value"]) {
        ("null", _) => "null".to_owned(),
        ("grouping", _) => format!("grouping {} {}", plain(&got["key"]), plain(&got["items"])),
        ("String", value) => format!("String {value}"),
        (ty, value) => format!("{ty} {}", plain_value(value)),
    }
}

fn short(name: &Value) -> String {
    let name = name.as_str().unwrap_or_default();
    let words = name.split_inclusive(['<', ',', '>']);
    words.map(|word| word.rsplit_once('.').map_or(word, |(_, last)| last)).collect()
}

fn plain(item: &Value) -> String {
    match item {
        Value::Object(shown) => shown.get("value").map_or_else(|| plain_value(item), plain_value),
        other => plain_value(other),
    }
}

fn plain_value(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        Value::String(text) if text.parse::<f64>().is_ok() => text.clone(),
        other => other.to_string(),
    }
}
