//! `XmlConvert`: durations, which no other part of the library reads or writes.

use super::name::is_xml_blank;
use crate::dotnet::data::error::{DotnetError, Result};
use std::fmt::Write as _;

/// `XmlConvert.ToString(TimeSpan)`: `PnDTnHnMnS`.
pub fn duration_text(ticks: i64) -> String {
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

/// `XmlConvert.ToTimeSpan`: `PnYnMnDTnHnMnS`, a year of 365 days, a month of 30.
///
/// # Errors
/// `FormatException`, `OverflowException`.
pub fn duration(text: &str) -> Result<i64> {
    const SECOND: i64 = 10_000_000;
    let bad = || DotnetError::format(format!("The string '{text}' is not a valid TimeSpan value."));
    let overflow = || DotnetError::overflow(format!("Value '{text}' was either too large or too small for TimeSpan."));
    let trimmed = text.trim_matches(is_xml_blank);
    let (negative, rest) = trimmed.strip_prefix('-').map_or((false, trimmed), |rest| (true, rest));
    let mut rest = rest.strip_prefix('P').ok_or_else(bad)?;
    let (mut in_time, mut ticks, mut parts, mut last) = (false, 0i64, 0, 0);
    while let Some(c) = rest.chars().next() {
        if c == 'T' && !in_time {
            in_time = true;
            last = 3;
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
        let (number, unit) = (rest.get(..end).unwrap_or_default(), rest.get(end..).unwrap_or_default().chars().next());
        let (rank, size) = match (unit, in_time) {
            (Some('Y'), false) => (1, 365 * 86_400 * SECOND),
            (Some('M'), false) => (2, 30 * 86_400 * SECOND),
            (Some('D'), false) => (3, 86_400 * SECOND),
            (Some('H'), true) => (4, 3600 * SECOND),
            (Some('M'), true) => (5, 60 * SECOND),
            (Some('S'), true) => (6, SECOND),
            _ => return Err(bad()),
        };
        if rank <= last && !(rank == 3 && last == 0) {
            return Err(bad());
        }
        last = rank;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || fraction.contains('.') || (rank != 6 && number.contains('.')) {
            return Err(bad());
        }
        let part = whole.parse::<i64>().ok().and_then(|whole| whole.checked_mul(size)).ok_or_else(overflow)?;
        let digits: String = fraction.chars().chain("0000000".chars()).take(7).collect();
        let part = part.checked_add(digits.parse().unwrap_or(0)).ok_or_else(overflow)?;
        ticks = ticks.checked_add(part).ok_or_else(overflow)?;
        parts += 1;
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    if parts == 0 || trimmed.ends_with('T') {
        return Err(bad());
    }
    Ok(if negative { -ticks } else { ticks })
}
