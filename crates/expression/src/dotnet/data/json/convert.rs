//! Conversions: the explicit operators of `JToken`, and `Convert.ChangeType` on what a value holds.

use super::{JScalar, JToken, TokenType};
use crate::dotnet::data::error::{DotnetError, Result};
use crate::dotnet::data::number::{is_number_blank, parse_double};
use crate::dotnet::data::time::{DateTime, DateTimeKind, DateTimeOffset, TICKS_PER_DAY, date_ticks};
use base64::Engine as _;
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};
use smol_str::SmolStr;

/// The .NET type a token is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Boolean,
    Char,
    SByte,
    Byte,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Single,
    Double,
    Decimal,
    DateTime,
    DateTimeOffset,
    Guid,
    TimeSpan,
    Uri,
    String,
    Bytes,
}

impl Target {
    /// As exception texts of casts name it.
    fn shown(self) -> &'static str {
        match self {
            Target::Boolean => "Boolean",
            Target::Char => "Char",
            Target::SByte => "SByte",
            Target::Byte => "Byte",
            Target::Int16 => "Int16",
            Target::UInt16 => "UInt16",
            Target::Int32 => "Int32",
            Target::UInt32 => "UInt32",
            Target::Int64 => "Int64",
            Target::UInt64 => "UInt64",
            Target::Single => "Single",
            Target::Double => "Double",
            Target::Decimal => "Decimal",
            Target::DateTime => "DateTime",
            Target::DateTimeOffset => "DateTimeOffset",
            Target::Guid => "Guid",
            Target::TimeSpan => "TimeSpan",
            Target::Uri => "Uri",
            Target::String => "String",
            Target::Bytes => "byte array",
        }
    }

    /// Token types whose values may be cast to this.
    fn accepts(self, from: TokenType) -> bool {
        use TokenType as T;
        if matches!(from, T::String | T::Comment | T::Raw) {
            return true;
        }
        match self {
            Target::Boolean => matches!(from, T::Integer | T::Float | T::Boolean),
            Target::Char => matches!(from, T::Integer | T::Float),
            Target::DateTime | Target::DateTimeOffset => from == T::Date,
            Target::Guid => matches!(from, T::Guid | T::Bytes),
            Target::TimeSpan => from == T::TimeSpan,
            Target::Uri => from == T::Uri,
            Target::String => {
                !matches!(from, T::Object | T::Array | T::Constructor | T::Property | T::Null | T::Undefined)
            }
            Target::Bytes => matches!(from, T::Bytes | T::Integer),
            _ => matches!(from, T::Integer | T::Float | T::Boolean),
        }
    }

    fn always_nullable(self) -> bool {
        matches!(self, Target::String | Target::Uri | Target::Bytes)
    }

    /// Bounds of an integer type and how its overflow text names it.
    fn integer_bounds(self) -> Option<(i128, i128, &'static str)> {
        Some(match self {
            Target::SByte => (i8::MIN.into(), i8::MAX.into(), "a signed byte"),
            Target::Byte => (0, u8::MAX.into(), "an unsigned byte"),
            Target::Int16 => (i16::MIN.into(), i16::MAX.into(), "an Int16"),
            Target::UInt16 => (0, u16::MAX.into(), "a UInt16"),
            Target::Int32 => (i32::MIN.into(), i32::MAX.into(), "an Int32"),
            Target::UInt32 => (0, u32::MAX.into(), "a UInt32"),
            Target::Int64 => (i64::MIN.into(), i64::MAX.into(), "an Int64"),
            Target::UInt64 => (0, u64::MAX.into(), "a UInt64"),
            Target::Char => (0, u16::MAX.into(), "a character"),
            _ => return None,
        })
    }
}

impl JToken {
    /// `(T)token`, or `(T?)token` when `nullable`. Integers up to 64 bits come back as
    /// [`JScalar::Integer`], `ulong` as [`JScalar::UInt64`], a `char` as a text.
    ///
    /// # Errors
    /// `ArgumentException` ("Can not convert Object to String."), or what the conversion throws.
    pub fn cast(&self, target: Target, nullable: bool) -> Result<JScalar> {
        let holder = self.property_value();
        let token = holder.as_ref().unwrap_or(self);
        let kind = token.token_type();
        let refused = || DotnetError::argument(format!("Can not convert {kind} to {}.", target.shown()));
        let Some(scalar) = token.scalar() else { return Err(refused()) };
        if scalar.is_null() && (nullable || target.always_nullable()) {
            return Ok(JScalar::Null);
        }
        if !target.accepts(kind) {
            return Err(refused());
        }
        match (target, &scalar) {
            (Target::String, _) => Ok(JScalar::String(scalar.conversion_text())),
            (Target::Bytes, JScalar::Bytes(_)) => Ok(scalar),
            (Target::Bytes, JScalar::String(text) | JScalar::Comment(text) | JScalar::Raw(text)) => decode_base64(text),
            (Target::Bytes, _) => Err(refused()),
            (Target::Guid, JScalar::Bytes(bytes)) => guid_of_bytes(bytes),
            (Target::Boolean, JScalar::BigInteger(_)) => Ok(JScalar::Boolean(true)),
            _ => scalar.change_type(target),
        }
    }

    /// `token.Value<T>()` of the extensions: a value converted by `Convert.ChangeType`.
    ///
    /// # Errors
    /// `InvalidCastException` for containers, or what the conversion throws.
    pub fn value_as(&self, target: Target, nullable: bool) -> Result<JScalar> {
        let Some(scalar) = self.scalar() else {
            return Err(DotnetError::invalid_cast(format!(
                "Cannot cast {} to Newtonsoft.Json.Linq.JToken.",
                self.class_name()
            )));
        };
        if scalar.is_null() && (nullable || target.always_nullable()) {
            return Ok(JScalar::Null);
        }
        if scalar.is_null() {
            return Err(DotnetError::invalid_cast("Null object cannot be converted to a value type."));
        }
        match (target, &scalar) {
            (Target::String, JScalar::Bytes(_)) => Err(invalid_cast(&scalar, target)),
            (Target::Guid | Target::TimeSpan | Target::Uri | Target::Bytes | Target::DateTimeOffset, from)
                if from.dotnet_type() != Some(type_name(target)) =>
            {
                Err(invalid_cast(&scalar, target))
            }
            _ => scalar.change_type(target),
        }
    }
}

fn type_name(target: Target) -> &'static str {
    match target {
        Target::Boolean => "System.Boolean",
        Target::Char => "System.Char",
        Target::SByte => "System.SByte",
        Target::Byte => "System.Byte",
        Target::Int16 => "System.Int16",
        Target::UInt16 => "System.UInt16",
        Target::Int32 => "System.Int32",
        Target::UInt32 => "System.UInt32",
        Target::Int64 => "System.Int64",
        Target::UInt64 => "System.UInt64",
        Target::Single => "System.Single",
        Target::Double => "System.Double",
        Target::Decimal => "System.Decimal",
        Target::DateTime => "System.DateTime",
        Target::DateTimeOffset => "System.DateTimeOffset",
        Target::Guid => "System.Guid",
        Target::TimeSpan => "System.TimeSpan",
        Target::Uri => "System.Uri",
        Target::String => "System.String",
        Target::Bytes => "System.Byte[]",
    }
}

fn invalid_cast(from: &JScalar, target: Target) -> DotnetError {
    let from = from.dotnet_type().unwrap_or("System.Object");
    if matches!(from, "System.Byte[]" | "System.Guid" | "System.Uri" | "System.TimeSpan" | "System.DateTimeOffset") {
        return DotnetError::invalid_cast("Object must implement IConvertible.");
    }
    DotnetError::invalid_cast(format!("Invalid cast from '{from}' to '{}'.", type_name(target)))
}

fn overflow(what: &str) -> DotnetError {
    DotnetError::overflow(format!("Value was either too large or too small for {what}."))
}

fn bad_number(text: &str) -> DotnetError {
    DotnetError::format(format!("The input string '{text}' was not in a correct format."))
}

fn decode_base64(text: &str) -> Result<JScalar> {
    let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(compact).map_err(|_| {
        DotnetError::format(
            "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two \
             padding characters, or an illegal character among the padding characters.",
        )
    })?;
    Ok(JScalar::Bytes(bytes.into()))
}

/// `new Guid(byte[])`: the first three parts are little-endian.
fn guid_of_bytes(bytes: &[u8]) -> Result<JScalar> {
    let mut guid: [u8; 16] = bytes
        .try_into()
        .map_err(|_| DotnetError::argument("Byte array for Guid must be exactly 16 bytes long. (Parameter 'b')"))?;
    guid[0..4].reverse();
    guid[4..6].reverse();
    guid[6..8].reverse();
    Ok(JScalar::Guid(guid))
}

impl JScalar {
    /// `Convert.ChangeType(value, target, InvariantCulture)`.
    ///
    /// # Errors
    /// `FormatException`, `OverflowException` or `InvalidCastException`.
    pub fn change_type(&self, target: Target) -> Result<JScalar> {
        match target {
            Target::String => Ok(JScalar::String(self.conversion_text())),
            Target::Boolean => self.as_boolean().map(JScalar::Boolean),
            Target::Double => self.as_double().map(JScalar::Float),
            Target::Single => self.as_double().map(|number| JScalar::Single(number as f32)),
            Target::Decimal => self.as_decimal().map(JScalar::Decimal),
            Target::DateTime => self.as_date().map(JScalar::Date),
            Target::DateTimeOffset => self.as_date_offset().map(JScalar::DateOffset),
            Target::Guid => match self {
                JScalar::Guid(_) => Ok(self.clone()),
                _ => parse_guid(&self.conversion_text()),
            },
            Target::TimeSpan => match self {
                JScalar::TimeSpan(_) => Ok(self.clone()),
                _ => parse_time_span(&self.conversion_text()),
            },
            Target::Uri => Ok(JScalar::Uri(self.conversion_text())),
            Target::Bytes => match self {
                JScalar::Bytes(_) => Ok(self.clone()),
                _ => Err(invalid_cast(self, target)),
            },
            Target::Char => self.as_char(),
            Target::UInt64 => self.as_integer(target).map(|number| JScalar::UInt64(number as u64)),
            _ => self.as_integer(target).map(|number| JScalar::Integer(number as i64)),
        }
    }

    fn as_char(&self) -> Result<JScalar> {
        match self {
            JScalar::String(text) | JScalar::Comment(text) | JScalar::Raw(text) => {
                if text.encode_utf16().count() != 1 {
                    return Err(DotnetError::format("String must be exactly one character long."));
                }
                Ok(JScalar::String(text.clone()))
            }
            JScalar::Integer(_) | JScalar::Int32(_) | JScalar::UInt64(_) => {
                let unit = self.as_integer(Target::Char)? as u32;
                let c = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
                Ok(JScalar::String(SmolStr::from_iter([c])))
            }
            _ => Err(invalid_cast(self, Target::Char)),
        }
    }

    fn as_boolean(&self) -> Result<bool> {
        match self {
            JScalar::Boolean(value) => Ok(*value),
            JScalar::Integer(number) => Ok(*number != 0),
            JScalar::Int32(number) => Ok(*number != 0),
            JScalar::UInt64(number) => Ok(*number != 0),
            JScalar::Float(number) => Ok(*number != 0.0),
            JScalar::Single(number) => Ok(*number != 0.0),
            JScalar::Decimal(number) => Ok(!number.is_zero()),
            JScalar::String(text) | JScalar::Comment(text) | JScalar::Raw(text) => {
                let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
                if trimmed.eq_ignore_ascii_case("true") {
                    Ok(true)
                } else if trimmed.eq_ignore_ascii_case("false") {
                    Ok(false)
                } else {
                    Err(DotnetError::format(format!("String '{text}' was not recognized as a valid Boolean.")))
                }
            }
            _ => Err(invalid_cast(self, Target::Boolean)),
        }
    }

    fn as_integer(&self, target: Target) -> Result<i128> {
        let (min, max, name) = target.integer_bounds().ok_or_else(|| invalid_cast(self, target))?;
        let number = match self {
            JScalar::Integer(number) => i128::from(*number),
            JScalar::Int32(number) => i128::from(*number),
            JScalar::UInt64(number) => i128::from(*number),
            JScalar::BigInteger(digits) => digits.parse().map_err(|_| overflow(name))?,
            JScalar::Boolean(value) => i128::from(*value),
            JScalar::Float(number) => rounded(*number).ok_or_else(|| overflow(name))?,
            JScalar::Single(number) => rounded(f64::from(*number)).ok_or_else(|| overflow(name))?,
            JScalar::Decimal(number) => number.round().to_i128().ok_or_else(|| overflow(name))?,
            JScalar::String(text) | JScalar::Comment(text) | JScalar::Raw(text) => {
                parse_integer(text).ok_or_else(|| bad_number(text))?.ok_or_else(|| overflow(name))?
            }
            _ => return Err(invalid_cast(self, target)),
        };
        if (min..=max).contains(&number) { Ok(number) } else { Err(overflow(name)) }
    }

    pub(super) fn as_double(&self) -> Result<f64> {
        match self {
            JScalar::Float(number) => Ok(*number),
            JScalar::Single(number) => Ok(f64::from(*number)),
            JScalar::Integer(number) => Ok(*number as f64),
            JScalar::Int32(number) => Ok(f64::from(*number)),
            JScalar::UInt64(number) => Ok(*number as f64),
            JScalar::Decimal(number) => Ok(number.to_f64().unwrap_or(f64::NAN)),
            JScalar::Boolean(value) => Ok(if *value { 1.0 } else { 0.0 }),
            JScalar::BigInteger(text) | JScalar::String(text) | JScalar::Comment(text) | JScalar::Raw(text) => {
                parse_double(&without_thousands(text)).ok_or_else(|| bad_number(text))
            }
            _ => Err(invalid_cast(self, Target::Double)),
        }
    }

    fn as_decimal(&self) -> Result<Decimal> {
        let too_large = || overflow("a Decimal");
        match self {
            JScalar::Decimal(number) => Ok(*number),
            JScalar::Integer(number) => Ok(Decimal::from(*number)),
            JScalar::Int32(number) => Ok(Decimal::from(*number)),
            JScalar::UInt64(number) => Ok(Decimal::from(*number)),
            JScalar::Boolean(value) => Ok(Decimal::from(u8::from(*value))),
            // Fifteen digits of a double, seven of a float, are significant.
            JScalar::Float(number) => Decimal::from_f64(*number).map(|number| number.normalize()).ok_or_else(too_large),
            JScalar::Single(number) => {
                Decimal::from_f32(*number).map(|number| number.normalize()).ok_or_else(too_large)
            }
            JScalar::BigInteger(text) | JScalar::String(text) | JScalar::Comment(text) | JScalar::Raw(text) => {
                let plain = without_thousands(text);
                let plain = plain.trim_matches(is_number_blank);
                if parse_double(plain).is_none_or(|number| !number.is_finite()) || plain.contains(['e', 'E']) {
                    return Err(bad_number(text));
                }
                plain.parse().map_err(|_| too_large())
            }
            _ => Err(invalid_cast(self, Target::Decimal)),
        }
    }

    fn as_date(&self) -> Result<DateTime> {
        match self {
            JScalar::Date(date) => Ok(*date),
            JScalar::DateOffset(date) => Ok(DateTime { ticks: date.ticks, kind: DateTimeKind::Unspecified }),
            JScalar::String(text) | JScalar::Comment(text) | JScalar::Raw(text) => {
                parse_date(text).ok_or_else(|| bad_date(text))
            }
            _ => Err(invalid_cast(self, Target::DateTime)),
        }
    }

    fn as_date_offset(&self) -> Result<DateTimeOffset> {
        match self {
            JScalar::DateOffset(date) => Ok(*date),
            JScalar::String(text) => match DateTimeOffset::parse_iso(text) {
                Some(date) => Ok(date),
                None => self.as_date().map(|date| DateTimeOffset { ticks: date.ticks, offset_minutes: 0 }),
            },
            _ => self.as_date().map(|date| DateTimeOffset { ticks: date.ticks, offset_minutes: 0 }),
        }
    }
}

/// Half to even, as `Convert.ToInt32(double)` rounds; `None` beyond all integer types.
fn rounded(number: f64) -> Option<i128> {
    let rounded = number.round_ties_even();
    (rounded.abs() < 1e20).then_some(rounded as i128)
}

/// `NumberStyles.Integer`: `None` for a wrong format, `Some(None)` for too many digits.
fn parse_integer(text: &str) -> Option<Option<i128>> {
    let trimmed = text.trim_end_matches('\0').trim_matches(is_number_blank);
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(trimmed.parse().ok())
}

/// `AllowThousands`: commas before the point are skipped.
fn without_thousands(text: &str) -> String {
    let whole = text.find('.').unwrap_or(text.len());
    let starts_with_digit = text
        .trim_start_matches(is_number_blank)
        .trim_start_matches(['-', '+'])
        .starts_with(|c: char| c.is_ascii_digit());
    if !starts_with_digit {
        return text.to_owned();
    }
    text[..whole].chars().filter(|c| *c != ',').chain(text[whole..].chars()).collect()
}

fn bad_date(text: &str) -> DotnetError {
    DotnetError::format(format!("String '{text}' was not recognized as a valid DateTime."))
}

/// ISO dates with and without a time, and the invariant `MM/dd/yyyy[ HH:mm:ss]`.
fn parse_date(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if let Some(date) = DateTime::parse_iso(text) {
        return Some(date);
    }
    let spaced = text.replacen(' ', "T", 1);
    let (date, time) = spaced.split_once('T').unwrap_or((&spaced, "00:00:00"));
    let mut numbers = date.split(['-', '/']).map(|part| part.parse::<u32>().ok());
    let (a, b, c) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let iso =
        if date.contains('/') && !date.starts_with(|_| date.find('/') == Some(4)) { (c, a, b) } else { (a, b, c) };
    let day = date_ticks(iso.0 as i32, iso.1, iso.2)?;
    let clock = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
    let time = DateTime::parse_iso(&format!("0001-01-01T{clock}"))?;
    (numbers.next().is_none() && time.ticks < TICKS_PER_DAY)
        .then_some(DateTime { ticks: day + time.ticks, kind: time.kind })
}

fn parse_guid(text: &str) -> Result<JScalar> {
    let trimmed = text.trim();
    let bare = trimmed
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .or_else(|| trimmed.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')))
        .unwrap_or(trimmed);
    let dashes: Vec<usize> = bare.bytes().enumerate().filter(|(_, b)| *b == b'-').map(|(index, _)| index).collect();
    let digits: Vec<u32> = bare.chars().filter(|c| *c != '-').map_while(|c| c.to_digit(16)).collect();
    let shaped = dashes == [8, 13, 18, 23] || (dashes.is_empty() && bare == trimmed);
    if digits.len() != 32 || bare.chars().count() != 32 + dashes.len() || !shaped {
        return Err(DotnetError::format(
            "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
        ));
    }
    let mut guid = [0; 16];
    for (byte, pair) in guid.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = (pair[0] * 16 + pair[1]) as u8;
    }
    Ok(JScalar::Guid(guid))
}

/// `[-][d.]hh:mm[:ss[.fffffff]]` or whole days.
fn parse_time_span(text: &str) -> Result<JScalar> {
    let bad = || DotnetError::format(format!("String '{text}' was not recognized as a valid TimeSpan."));
    let trimmed = text.trim();
    let (negative, rest) = trimmed.strip_prefix('-').map_or((false, trimmed), |rest| (true, rest));
    let number = |part: &str| -> Result<i64> {
        let plain = !part.is_empty() && part.len() <= 8 && part.bytes().all(|b| b.is_ascii_digit());
        if plain { part.parse().map_err(|_| bad()) } else { Err(bad()) }
    };
    let (clock, fraction) = match rest.rsplit_once('.') {
        Some((clock, fraction)) if clock.contains(':') => (clock, fraction),
        _ => (rest, ""),
    };
    let mut ticks = 0;
    match clock.split_once(':') {
        None => ticks += number(clock)? * TICKS_PER_DAY,
        Some((first, others)) => {
            let (days, hours) = first.split_once('.').unwrap_or(("0", first));
            let (minutes, seconds) = others.split_once(':').unwrap_or((others, "0"));
            let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
            if hours > 23 || minutes > 59 || seconds > 59 {
                return Err(DotnetError::overflow(format!(
                    "The TimeSpan string '{text}' could not be parsed because at least one of the numeric components is out of range or contains too many digits."
                )));
            }
            ticks += number(days)? * TICKS_PER_DAY + ((hours * 60 + minutes) * 60 + seconds) * 10_000_000;
        }
    }
    if !fraction.is_empty() {
        ticks += number(&format!("{fraction:0<7}"))?;
    }
    Ok(JScalar::TimeSpan(if negative { -ticks } else { ticks }))
}
