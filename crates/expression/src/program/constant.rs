//! Constants: the part of the values that programs can share between threads.

use crate::syntax::ast::Literal;
use crate::types::{DefId, Type, known};
use crate::value::{Part, Str, Value};
use rust_decimal::Decimal;
use smol_str::SmolStr;
use std::str::FromStr;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq)]
pub enum Const {
    Null,
    Bool(bool),
    Char(u16),
    /// The type tells the width; `UInt64` keeps its bits.
    Integer(DefId, i128),
    Single(f32),
    Double(f64),
    Decimal(Decimal),
    Enum(DefId, i64),
    Str(SmolStr),
    /// A text with a lone surrogate.
    Units(Arc<[u16]>),
    /// A part of the context that every exchange has.
    Part(Part),
}

impl Const {
    pub fn text(units: &[u16]) -> Const {
        match String::from_utf16(units) {
            Ok(text) => Const::Str(text.into()),
            Err(_) => Const::Units(units.into()),
        }
    }

    pub fn int(value: i32) -> Const {
        Const::Integer(known::INT32, value.into())
    }

    /// Values that C# can fold.
    pub fn from_value(value: &Value) -> Option<Const> {
        let integer = |id, value| Some(Const::Integer(id, value));
        match value {
            Value::Null => Some(Const::Null),
            Value::Bool(value) => Some(Const::Bool(*value)),
            Value::Char(unit) => Some(Const::Char(*unit)),
            Value::SByte(value) => integer(known::SBYTE, (*value).into()),
            Value::Byte(value) => integer(known::BYTE, (*value).into()),
            Value::Int16(value) => integer(known::INT16, (*value).into()),
            Value::UInt16(value) => integer(known::UINT16, (*value).into()),
            Value::Int32(value) => integer(known::INT32, (*value).into()),
            Value::UInt32(value) => integer(known::UINT32, (*value).into()),
            Value::Int64(value) => integer(known::INT64, (*value).into()),
            Value::UInt64(value) => integer(known::UINT64, (*value).into()),
            Value::Single(value) => Some(Const::Single(*value)),
            Value::Double(value) => Some(Const::Double(*value)),
            Value::Decimal(value) => Some(Const::Decimal(*value)),
            Value::Enum(id, value) => Some(Const::Enum(*id, *value)),
            Value::Str(text) if text.is_broken() => Some(Const::Units(text.units().to_vec().into())),
            Value::Str(text) => Some(Const::Str(text.smol().clone())),
            Value::Part(part) => Some(Const::Part(*part)),
            _ => None,
        }
    }

    pub fn to_value(&self) -> Value {
        match self {
            Const::Null => Value::Null,
            Const::Bool(value) => Value::Bool(*value),
            Const::Char(unit) => Value::Char(*unit),
            Const::Integer(id, value) => integer_value(*id, *value),
            Const::Single(value) => Value::Single(*value),
            Const::Double(value) => Value::Double(*value),
            Const::Decimal(value) => Value::Decimal(*value),
            Const::Enum(id, value) => Value::Enum(*id, *value),
            Const::Str(text) => Value::Str(Str::literal(text.clone())),
            Const::Units(units) => Value::Str(Str::literal_from_units(units)),
            Const::Part(part) => Value::Part(*part),
        }
    }

    /// The value of an integral or character constant.
    pub fn integer(&self) -> Option<i128> {
        match self {
            Const::Integer(_, value) => Some(*value),
            Const::Char(unit) => Some((*unit).into()),
            _ => None,
        }
    }

    /// A literal of the library's tables as the type it is declared with. The registry is being built
    /// then, so the caller tells whether that is an enum.
    pub fn literal_as((literal, negative): (Literal, bool), ty: &Type, is_enum: bool) -> Option<Const> {
        let id = ty.without_nullable().def();
        let sign = if negative { -1 } else { 1 };
        Some(match literal {
            Literal::Null => default_const(ty, is_enum),
            Literal::Bool(value) => Const::Bool(value),
            Literal::Char(unit) => Const::Char(unit),
            Literal::Str(units) => Const::text(&units),
            Literal::Int(value, _) => match id? {
                known::DOUBLE => Const::Double(value as f64 * f64::from(sign)),
                known::SINGLE => Const::Single(value as f32 * sign as f32),
                known::DECIMAL => Const::Decimal(Decimal::from(i128::from(value) as i64 * i64::from(sign))),
                id if is_enum => Const::Enum(id, value as i64),
                id => Const::Integer(id, i128::from(value) * i128::from(sign)),
            },
            Literal::Real(digits, _) => match id? {
                known::SINGLE => Const::Single(digits.parse::<f32>().ok()? * sign as f32),
                known::DECIMAL => Const::Decimal(Decimal::from_str(&digits).ok()? * Decimal::from(sign)),
                _ => Const::Double(digits.parse::<f64>().ok()? * f64::from(sign)),
            },
        })
    }
}

/// `default(T)` of the types that have constants.
fn default_const(ty: &Type, is_enum: bool) -> Const {
    match ty.def() {
        Some(known::BOOLEAN) => Const::Bool(false),
        Some(known::CHAR) => Const::Char(0),
        Some(known::SINGLE) => Const::Single(0.0),
        Some(known::DOUBLE) => Const::Double(0.0),
        Some(known::DECIMAL) => Const::Decimal(Decimal::ZERO),
        Some(id) if known::is_integral(id) => Const::Integer(id, 0),
        Some(id) if is_enum => Const::Enum(id, 0),
        _ => Const::Null,
    }
}

/// The value of an integral type; wraps.
pub fn integer_value(id: DefId, value: i128) -> Value {
    match id {
        known::CHAR => Value::Char(value as u16),
        known::SBYTE => Value::SByte(value as i8),
        known::BYTE => Value::Byte(value as u8),
        known::INT16 => Value::Int16(value as i16),
        known::UINT16 => Value::UInt16(value as u16),
        known::UINT32 => Value::UInt32(value as u32),
        known::INT64 => Value::Int64(value as i64),
        known::UINT64 => Value::UInt64(value as u64),
        _ => Value::Int32(value as i32),
    }
}
