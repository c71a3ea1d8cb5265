//! Texts of elements and attributes as .NET values, and back: `XmlConvert`.

use crate::dotnet::data::error::{DotnetError, Result};
use crate::dotnet::data::json::{JScalar, Target};
use crate::dotnet::data::number::double_text;
use std::fmt::Write as _;

/// `(T)element`, `(T)attribute`: the text as a value of the target type.
///
/// # Errors
/// `FormatException` or `OverflowException`.
pub fn convert_text(text: &str, target: Target) -> Result<JScalar> {
    let trimmed = text.trim();
    match (target, trimmed.to_ascii_lowercase().as_str()) {
        (Target::Boolean, "true" | "1") => Ok(JScalar::Boolean(true)),
        (Target::Boolean, "false" | "0") => Ok(JScalar::Boolean(false)),
        (Target::Boolean, shown) => {
            Err(DotnetError::format(format!("The string '{shown}' is not a valid Boolean value.")))
        }
        (Target::Double, "inf") => Ok(JScalar::Float(f64::INFINITY)),
        (Target::Double, "-inf") => Ok(JScalar::Float(f64::NEG_INFINITY)),
        (Target::TimeSpan, shown) if shown.trim_start_matches('-').starts_with('p') => duration(trimmed),
        _ => JScalar::string(text).change_type(target),
    }
}

/// What `XElement.Add(value)` and attribute values make of a value.
pub fn content_text(value: &JScalar) -> String {
    match value {
        JScalar::Boolean(value) => value.to_string(),
        JScalar::Float(number) if number.is_infinite() => if *number > 0.0 { "INF" } else { "-INF" }.to_owned(),
        JScalar::Float(number) => double_text(*number),
        JScalar::Date(date) => date.iso_text(),
        JScalar::DateOffset(date) if date.offset_minutes == 0 => date.iso_text().replace("+00:00", "Z"),
        JScalar::DateOffset(date) => date.iso_text(),
        JScalar::TimeSpan(ticks) => duration_text(*ticks),
        _ => value.text().into(),
    }
}

/// `PnDTnHnMnS`.
fn duration_text(ticks: i64) -> String {
    let mut text = String::from(if ticks < 0 { "-P" } else { "P" });
    let ticks = ticks.unsigned_abs();
    let seconds = ticks / 10_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let fraction = ticks % 10_000_000;
    if days > 0 {
        let _ = write!(text, "{days}D");
    }
    if !ticks.is_multiple_of(864_000_000_000) || ticks == 0 {
        text.push('T');
        for (amount, unit) in [(hours, 'H'), (minutes, 'M')] {
            if amount > 0 {
                let _ = write!(text, "{amount}{unit}");
            }
        }
        if !seconds.is_multiple_of(60) || fraction > 0 || ticks == 0 {
            let _ = write!(text, "{}", seconds % 60);
            if fraction > 0 {
                text.push_str(format!(".{fraction:07}").trim_end_matches('0'));
            }
            text.push('S');
        }
    }
    text
}

fn duration(text: &str) -> Result<JScalar> {
    let bad = || DotnetError::format(format!("The string '{text}' is not a valid TimeSpan value."));
    let (sign, rest) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let rest = rest.strip_prefix('P').ok_or_else(bad)?;
    let (mut in_time, mut number, mut seconds) = (false, String::new(), 0.0);
    for c in rest.chars() {
        let unit = match (c, in_time) {
            ('T', false) => {
                in_time = true;
                continue;
            }
            ('0'..='9' | '.', _) => {
                number.push(c);
                continue;
            }
            ('Y', false) => 365.0 * 86_400.0,
            ('M', false) => 30.0 * 86_400.0,
            ('D', false) => 86_400.0,
            ('H', true) => 3600.0,
            ('M', true) => 60.0,
            ('S', true) => 1.0,
            _ => return Err(bad()),
        };
        seconds += number.parse::<f64>().map_err(|_| bad())? * unit;
        number.clear();
    }
    if number.is_empty() { Ok(JScalar::TimeSpan((sign * seconds * 1e7).round() as i64)) } else { Err(bad()) }
}
