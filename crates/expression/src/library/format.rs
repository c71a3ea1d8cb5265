//! Texts of primitive values, and the bridge between values and the text functions' own types.

use crate::dotnet::text::datetime::{self, DateTimeKind};
use crate::dotnet::text::number::{format_f32, format_f64, format_integer, print_f32, print_f64};
use crate::dotnet::text::{self, DotnetError, guid::Guid};
use crate::run::Thrown;
use crate::types::{DefId, registry};
use crate::value::{DateKind, DateTime, DateTimeOffset, Value};
use rust_decimal::Decimal;
use smol_str::SmolStr;

impl From<DotnetError> for Thrown {
    fn from(error: DotnetError) -> Thrown {
        Thrown::new(error.type_name, error.message)
    }
}

impl From<crate::dotnet::data::error::DotnetError> for Thrown {
    fn from(error: crate::dotnet::data::error::DotnetError) -> Thrown {
        Thrown::new(error.type_name, error.message)
    }
}

pub fn decimal(value: Decimal) -> text::Decimal {
    let unpacked = value.unpack();
    let scale = unpacked.scale.min(28) as u8;
    text::Decimal::from_parts(unpacked.lo as i32, unpacked.mid as i32, unpacked.hi as i32, unpacked.negative, scale)
        .unwrap_or(text::Decimal::ZERO)
}

pub fn from_decimal(value: text::Decimal) -> Decimal {
    let mantissa = value.mantissa();
    Decimal::from_parts(
        mantissa as u32,
        (mantissa >> 32) as u32,
        (mantissa >> 64) as u32,
        value.is_negative(),
        u32::from(value.scale()),
    )
}

pub fn date(value: DateTime) -> datetime::DateTime {
    let kind = match value.kind {
        DateKind::Unspecified => DateTimeKind::Unspecified,
        DateKind::Utc => DateTimeKind::Utc,
        DateKind::Local => DateTimeKind::Local,
    };
    datetime::DateTime::from_ticks(value.ticks, kind).unwrap_or_default()
}

pub fn from_date(value: datetime::DateTime) -> Value {
    let kind = match value.kind() {
        DateTimeKind::Unspecified => DateKind::Unspecified,
        DateTimeKind::Utc => DateKind::Utc,
        DateTimeKind::Local => DateKind::Local,
    };
    Value::DateTime(DateTime { ticks: value.ticks(), kind })
}

pub fn offset(value: DateTimeOffset) -> datetime::DateTimeOffset {
    let clock = datetime::DateTime::from_ticks(value.ticks, DateTimeKind::Unspecified).unwrap_or_default();
    let offset = datetime::TimeSpan::from_ticks(i64::from(value.offset) * 600_000_000);
    datetime::DateTimeOffset::new(clock, offset).unwrap_or_default()
}

pub fn from_offset(value: datetime::DateTimeOffset) -> Value {
    let offset = (value.offset().ticks() / 600_000_000) as i16;
    Value::DateTimeOffset(DateTimeOffset { ticks: value.date_time().ticks(), offset })
}

pub fn span(ticks: i64) -> datetime::TimeSpan {
    datetime::TimeSpan::from_ticks(ticks)
}

pub fn guid(bytes: [u8; 16]) -> Guid {
    Guid::from_u128(u128::from_be_bytes(bytes))
}

pub fn from_guid(value: Guid) -> Value {
    Value::Guid(value.as_u128().to_be_bytes())
}

/// `ToString()` of a value that is not an object.
pub fn plain(value: &Value) -> SmolStr {
    let integer = |number: i128| SmolStr::new(itoa::Buffer::new().format(number));
    match value {
        Value::Bool(true) => SmolStr::new_static("True"),
        Value::Bool(false) => SmolStr::new_static("False"),
        Value::Int32(value) => SmolStr::new(itoa::Buffer::new().format(*value)),
        Value::Int64(value) => SmolStr::new(itoa::Buffer::new().format(*value)),
        Value::SByte(value) => integer((*value).into()),
        Value::Byte(value) => integer((*value).into()),
        Value::Int16(value) => integer((*value).into()),
        Value::UInt16(value) => integer((*value).into()),
        Value::UInt32(value) => integer((*value).into()),
        Value::UInt64(value) => integer((*value).into()),
        Value::Single(value) => print_f32(*value).into(),
        Value::Double(value) => print_f64(*value).into(),
        Value::Decimal(value) => decimal(*value).to_string().into(),
        Value::DateTime(value) => date(*value).format("").unwrap_or_default().into(),
        Value::DateTimeOffset(value) => offset(*value).format("").unwrap_or_default().into(),
        Value::TimeSpan(ticks) => span(*ticks).format("").unwrap_or_default().into(),
        Value::Guid(bytes) => guid(*bytes).format("D").unwrap_or_default().into(),
        Value::Enum(id, number) => enum_name(*id, *number).into(),
        Value::Char(unit) => String::from_utf16_lossy(&[*unit]).into(),
        Value::Str(text) => text.smol().clone(),
        _ => SmolStr::default(),
    }
}

/// `ToString(format)`. `None`: the type has no formats.
pub fn formatted(value: &Value, format: &str) -> Result<Option<String>, Thrown> {
    let integer = |value: i128, bits: u8| format_integer(value, bits, format);
    Ok(Some(match value {
        Value::SByte(value) => integer((*value).into(), 8)?,
        Value::Byte(value) => integer((*value).into(), 8)?,
        Value::Int16(value) => integer((*value).into(), 16)?,
        Value::UInt16(value) => integer((*value).into(), 16)?,
        Value::Int32(value) => integer((*value).into(), 32)?,
        Value::UInt32(value) => integer((*value).into(), 32)?,
        Value::Int64(value) => integer((*value).into(), 64)?,
        Value::UInt64(value) => integer((*value).into(), 64)?,
        Value::Single(value) => format_f32(*value, format)?,
        Value::Double(value) => format_f64(*value, format)?,
        Value::Decimal(value) => decimal(*value).format(format)?,
        Value::DateTime(value) => date(*value).format(format)?,
        Value::DateTimeOffset(value) => offset(*value).format(format)?,
        Value::TimeSpan(ticks) => span(*ticks).format(format)?,
        Value::Guid(bytes) => guid(*bytes).format(format)?,
        Value::Enum(id, number) => format_enum(*id, *number, format)?,
        _ => return Ok(None),
    }))
}

/// The name of an enum's value, names of flags, or the number.
pub fn enum_name(id: DefId, number: i64) -> String {
    let def = registry().def(id);
    if let Some((name, _)) = def.values.iter().find(|(_, value)| *value == number) {
        return name.to_string();
    }
    if def.kind == crate::types::DefKind::Enum(true) && number != 0 {
        let mut rest = number;
        let mut names = Vec::new();
        let mut values: Vec<_> = def.values.iter().filter(|(_, value)| *value != 0).collect();
        values.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
        for (name, value) in values {
            if rest & value == *value {
                rest &= !value;
                names.push(name.to_string());
            }
        }
        if rest == 0 {
            names.reverse();
            return names.join(", ");
        }
    }
    number.to_string()
}

fn format_enum(id: DefId, number: i64, format: &str) -> Result<String, Thrown> {
    Ok(match format {
        "" | "G" | "g" | "F" | "f" => enum_name(id, number),
        "D" | "d" => number.to_string(),
        "X" | "x" => format!("{:08X}", number as u32),
        _ => {
            let message = "Format string can be only \"G\", \"g\", \"X\", \"x\", \"F\", \"f\", \"D\" or \"d\".";
            return Err(Thrown::format(message));
        }
    })
}
