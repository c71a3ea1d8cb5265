//! Literals of JSON text: numbers in all their notations, and texts that look like dates.

use super::{DateParsing, JScalar};
use crate::dotnet::data::time::{DateTime, DateTimeKind, DateTimeOffset, TICKS_MAX, UNIX_EPOCH_TICKS};

/// Digits of an integer, sign included, as Newtonsoft limits them.
pub(super) const INTEGER_CHARS_MAX: usize = 380;

/// The value of a number as it is written.
pub fn number_of_literal(text: &str) -> Option<JScalar> {
    number_of_text(text, text.chars().next()?, false)
}

/// The date that a text stands for, in the type that is asked for.
pub fn date_scalar(text: &str, dates: DateParsing) -> Option<JScalar> {
    match dates {
        DateParsing::None => None,
        DateParsing::DateTime => date_of_text(text).map(JScalar::Date),
        DateParsing::DateTimeOffset => {
            let date = date_of_text(text)?;
            let offset = DateTimeOffset::parse_iso(text);
            Some(JScalar::DateOffset(offset.unwrap_or(DateTimeOffset { ticks: date.ticks, offset_minutes: 0 })))
        }
    }
}

pub(super) fn number_of_text(text: &str, first: char, decimals: bool) -> Option<JScalar> {
    let bytes = text.as_bytes();
    if first == '0' && bytes.len() > 1 && !matches!(bytes[1], b'.' | b'e' | b'E') {
        let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let bits = match hex {
            Some(digits) if !digits.starts_with(['+', '-']) => u64::from_str_radix(digits, 16),
            Some(_) => return None,
            None => u64::from_str_radix(text, 8),
        };
        // Convert.ToInt64 takes the two's complement of 64 bits.
        return bits.ok().map(|bits| JScalar::Integer(bits as i64));
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return match text.parse::<i64>() {
            Ok(number) => Some(JScalar::Integer(number)),
            Err(_) if text.len() > INTEGER_CHARS_MAX => None,
            Err(_) => Some(JScalar::BigInteger(canonical_integer(text).into())),
        };
    }
    let double = crate::dotnet::data::number::parse_double(text)?;
    if decimals {
        let parsed = text.parse::<rust_decimal::Decimal>().or_else(|_| rust_decimal::Decimal::from_scientific(text));
        return parsed.ok().map(JScalar::Decimal);
    }
    Some(JScalar::Float(double))
}

fn canonical_integer(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    format!("{sign}{}", digits.trim_start_matches('0'))
}

/// The date a JSON text stands for by its looks: ISO with a time, or `/Date(ms)/`.
pub(super) fn date_of_text(text: &str) -> Option<DateTime> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'/' => microsoft_date(text.strip_prefix("/Date(")?.strip_suffix(")/")?),
        b'0'..=b'9' if (19..=40).contains(&bytes.len()) && bytes[10] == b'T' => DateTime::parse_iso(text),
        _ => None,
    }
}

fn microsoft_date(inner: &str) -> Option<DateTime> {
    let sign_at = inner.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-')).map(|(index, _)| index);
    let (milliseconds, offset) = inner.split_at(sign_at.unwrap_or(inner.len()));
    let kind = match offset.len() {
        0 => DateTimeKind::Utc,
        3.. if offset[1..].bytes().all(|b| b.is_ascii_digit() || b == b':') => DateTimeKind::Local,
        _ => return None,
    };
    let milliseconds: i64 = milliseconds.parse().ok()?;
    let ticks = milliseconds.checked_mul(10_000)?.checked_add(UNIX_EPOCH_TICKS)?;
    (0..=TICKS_MAX).contains(&ticks).then_some(DateTime { ticks, kind })
}
