//! Arithmetic, comparison and numeric conversion, as C# defines them.

use super::{Outcome, Thrown};
use crate::dotnet::text;
use crate::library::format::{self, from_decimal};
use crate::program::node::Operands;
use crate::syntax::ast::BinaryOp;
use crate::types::{DefId, known};
use crate::value::Value;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::cmp::Ordering;

/// The value of anything integral; fractions are cut.
pub fn to_i128(value: &Value) -> i128 {
    match value {
        Value::Int32(v) => (*v).into(),
        Value::Char(v) => (*v).into(),
        Value::SByte(v) => (*v).into(),
        Value::Byte(v) => (*v).into(),
        Value::Int16(v) => (*v).into(),
        Value::UInt16(v) => (*v).into(),
        Value::UInt32(v) => (*v).into(),
        Value::Int64(v) => (*v).into(),
        Value::UInt64(v) => (*v).into(),
        Value::Enum(_, v) => (*v).into(),
        Value::Single(v) => *v as i128,
        Value::Double(v) => *v as i128,
        Value::Decimal(v) => v.trunc().to_i128().unwrap_or(0),
        Value::Bool(v) => (*v).into(),
        _ => 0,
    }
}

pub fn to_f64(value: &Value) -> f64 {
    match value {
        Value::Double(v) => *v,
        Value::Single(v) => f64::from(*v),
        Value::Decimal(v) => decimal_to_f64(*v),
        other => to_i128(other) as f64,
    }
}

pub fn decimal_to_f64(value: Decimal) -> f64 {
    format::decimal(value).to_f64()
}

fn to_decimal(value: &Value) -> Decimal {
    match value {
        Value::Decimal(v) => *v,
        other => Decimal::from_i128_with_scale(to_i128(other), 0),
    }
}

pub fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::Int32(_)
            | Value::SByte(_)
            | Value::Byte(_)
            | Value::Int16(_)
            | Value::UInt16(_)
            | Value::UInt32(_)
            | Value::Int64(_)
            | Value::UInt64(_)
            | Value::Single(_)
            | Value::Double(_)
            | Value::Decimal(_)
    )
}

/// A numeric conversion. Unchecked from a fraction out of range: what .NET 9 gives (it saturates).
pub fn to_numeric(to: DefId, value: &Value, checked: bool) -> Outcome {
    Ok(match to {
        known::DOUBLE => Value::Double(to_f64(value)),
        known::SINGLE => Value::Single(match value {
            Value::Single(v) => *v,
            Value::Double(v) => *v as f32,
            Value::Decimal(v) => v.to_string().parse().unwrap_or(0.0),
            other => to_i128(other) as f32,
        }),
        known::DECIMAL => Value::Decimal(decimal_of(value)?),
        _ => integral(to, value, checked)?,
    })
}

fn decimal_of(value: &Value) -> Result<Decimal, Thrown> {
    match value {
        Value::Single(v) => Ok(from_decimal(text::Decimal::from_f32(*v)?)),
        Value::Double(v) => Ok(from_decimal(text::Decimal::from_f64(*v)?)),
        other => Ok(to_decimal(other)),
    }
}

fn integral(to: DefId, value: &Value, checked: bool) -> Outcome {
    let (min, max): (i128, i128) = match to {
        known::SBYTE => (i8::MIN.into(), i8::MAX.into()),
        known::BYTE => (0, u8::MAX.into()),
        known::INT16 => (i16::MIN.into(), i16::MAX.into()),
        known::UINT16 | known::CHAR => (0, u16::MAX.into()),
        known::UINT32 => (0, u32::MAX.into()),
        known::INT64 => (i64::MIN.into(), i64::MAX.into()),
        known::UINT64 => (0, u64::MAX.into()),
        _ => (i32::MIN.into(), i32::MAX.into()),
    };
    let float = match value {
        Value::Double(v) => Some(*v),
        Value::Single(v) => Some(f64::from(*v)),
        _ => None,
    };
    let wide = match value {
        Value::Decimal(v) => v.trunc().to_i128().unwrap_or(i128::MAX),
        other => to_i128(other),
    };
    let fits = (min..=max).contains(&wide) && !float.is_some_and(f64::is_nan);
    if !fits && matches!(value, Value::Decimal(_)) {
        return Err(Thrown::overflow(&format!("Value was either too large or too small for {}.", integral_name(to))));
    }
    if !fits && checked {
        return Err(Thrown::arithmetic_overflow());
    }
    let wrapped = match float {
        Some(float) if !fits => match to {
            // Small types go through int and wrap.
            known::SBYTE | known::BYTE | known::INT16 | known::UINT16 | known::CHAR => i128::from(float as i32),
            known::UINT32 => i128::from(float as u32),
            known::INT64 => i128::from(float as i64),
            known::UINT64 => i128::from(float as u64),
            _ => i128::from(float as i32),
        },
        _ => wide,
    };
    Ok(crate::program_integer(to, wrapped))
}

fn integral_name(id: DefId) -> &'static str {
    match id {
        known::SBYTE => "a signed byte",
        known::BYTE => "an unsigned byte",
        known::INT16 => "an Int16",
        known::UINT16 => "a UInt16",
        known::CHAR => "a character",
        known::UINT32 => "a UInt32",
        known::INT64 => "an Int64",
        known::UINT64 => "a UInt64",
        _ => "an Int32",
    }
}

pub fn negate(operands: Operands, value: Value, checked: bool) -> Outcome {
    let overflow = || if checked { Err(Thrown::arithmetic_overflow()) } else { Ok(()) };
    Ok(match (operands, value) {
        (_, Value::Int32(v)) => {
            if v == i32::MIN {
                overflow()?;
            }
            Value::Int32(v.wrapping_neg())
        }
        (_, Value::Int64(v)) => {
            if v == i64::MIN {
                overflow()?;
            }
            Value::Int64(v.wrapping_neg())
        }
        (_, Value::Single(v)) => Value::Single(-v),
        (_, Value::Double(v)) => Value::Double(-v),
        (_, Value::Decimal(v)) => Value::Decimal(-v),
        (_, other) => other,
    })
}

pub fn complement(_operands: Operands, value: &Value) -> Value {
    match value {
        Value::Int32(v) => Value::Int32(!v),
        Value::UInt32(v) => Value::UInt32(!v),
        Value::Int64(v) => Value::Int64(!v),
        Value::UInt64(v) => Value::UInt64(!v),
        other => other.clone(),
    }
}

macro_rules! integer_op {
    ($op:expr, $checked:expr, $a:expr, $b:expr, $variant:path, $signed:expr, $bits:expr, $shift:expr) => {{
        let (a, b) = ($a, $b);
        macro_rules! arithmetic {
            ($checked_op:ident, $wrapping_op:ident) => {
                match a.$checked_op(b) {
                    Some(value) => value,
                    None if $checked => return Err(Thrown::arithmetic_overflow()),
                    None => a.$wrapping_op(b),
                }
            };
        }
        match $op {
            BinaryOp::Add => $variant(arithmetic!(checked_add, wrapping_add)),
            BinaryOp::Sub => $variant(arithmetic!(checked_sub, wrapping_sub)),
            BinaryOp::Mul => $variant(arithmetic!(checked_mul, wrapping_mul)),
            BinaryOp::Div | BinaryOp::Rem if b == 0 => return Err(Thrown::divide_by_zero()),
            BinaryOp::Div => match a.checked_div(b) {
                Some(value) => $variant(value),
                None => return Err(Thrown::arithmetic_overflow()),
            },
            BinaryOp::Rem => match a.checked_rem(b) {
                Some(value) => $variant(value),
                None => return Err(Thrown::arithmetic_overflow()),
            },
            BinaryOp::And => $variant(a & b),
            BinaryOp::Or => $variant(a | b),
            BinaryOp::Xor => $variant(a ^ b),
            BinaryOp::Shl => $variant(a.wrapping_shl($shift)),
            BinaryOp::Shr => $variant(a.wrapping_shr($shift)),
            op => Value::Bool(compare(op, a.partial_cmp(&b))),
        }
    }};
}

macro_rules! float_op {
    ($op:expr, $a:expr, $b:expr, $variant:path) => {{
        let (a, b) = ($a, $b);
        match $op {
            BinaryOp::Add => $variant(a + b),
            BinaryOp::Sub => $variant(a - b),
            BinaryOp::Mul => $variant(a * b),
            BinaryOp::Div => $variant(a / b),
            BinaryOp::Rem => $variant(a % b),
            op => Value::Bool(compare(op, a.partial_cmp(&b))),
        }
    }};
}

fn compare(op: BinaryOp, order: Option<Ordering>) -> bool {
    match op {
        BinaryOp::Eq => order == Some(Ordering::Equal),
        BinaryOp::Ne => order != Some(Ordering::Equal),
        BinaryOp::Lt => order == Some(Ordering::Less),
        BinaryOp::Gt => order == Some(Ordering::Greater),
        BinaryOp::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        BinaryOp::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        _ => false,
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Gt | BinaryOp::Le | BinaryOp::Ge)
}

/// Operators on promoted operands; the shift count is an `int` whatever is shifted.
pub fn binary(op: BinaryOp, operands: Operands, checked: bool, lifted: bool, left: &Value, right: &Value) -> Outcome {
    if lifted && (left.is_null() || right.is_null()) {
        return Ok(lifted_null(op, operands, left, right));
    }
    Ok(match operands {
        Operands::Int32 => {
            let (Value::Int32(a), Value::Int32(b)) = (left, right) else { return Ok(mixed(op, left, right)) };
            let (a, b) = (*a, *b);
            integer_op!(op, checked, a, b, Value::Int32, true, 32, b as u32 & 31)
        }
        Operands::UInt32 => {
            let (a, b) = (to_i128(left) as u32, to_i128(right) as u32);
            integer_op!(op, checked, a, b, Value::UInt32, false, 32, b & 31)
        }
        Operands::Int64 => {
            let (a, b) = (to_i128(left) as i64, to_i128(right) as i64);
            integer_op!(op, checked, a, b, Value::Int64, true, 64, b as u32 & 63)
        }
        Operands::UInt64 => {
            let (a, b) = (to_i128(left) as u64, to_i128(right) as u64);
            integer_op!(op, checked, a, b, Value::UInt64, false, 64, b as u32 & 63)
        }
        Operands::Single => {
            let (Value::Single(a), Value::Single(b)) = (left, right) else { return Ok(mixed(op, left, right)) };
            float_op!(op, *a, *b, Value::Single)
        }
        Operands::Double => float_op!(op, to_f64(left), to_f64(right), Value::Double),
        Operands::Decimal => decimal(op, to_decimal(left), to_decimal(right))?,
        Operands::Bool => {
            let (a, b) = (matches!(left, Value::Bool(true)), matches!(right, Value::Bool(true)));
            Value::Bool(match op {
                BinaryOp::And => a & b,
                BinaryOp::Or => a | b,
                BinaryOp::Xor | BinaryOp::Ne => a != b,
                _ => a == b,
            })
        }
        Operands::String | Operands::Reference | Operands::Equals | Operands::Delegate => Value::Bool(false),
    })
}

fn lifted_null(op: BinaryOp, operands: Operands, left: &Value, right: &Value) -> Value {
    if is_comparison(op) {
        let both = left.is_null() && right.is_null();
        return Value::Bool(match op {
            BinaryOp::Eq => both,
            BinaryOp::Ne => !both,
            _ => false,
        });
    }
    // Three-valued logic of bool?.
    match (operands, op) {
        (Operands::Bool, BinaryOp::And)
            if matches!((left, right), (Value::Bool(false), _) | (_, Value::Bool(false))) =>
        {
            Value::Bool(false)
        }
        (Operands::Bool, BinaryOp::Or) if matches!((left, right), (Value::Bool(true), _) | (_, Value::Bool(true))) => {
            Value::Bool(true)
        }
        _ => Value::Null,
    }
}

/// Operands that were not promoted: only comparisons of equal enums and characters come here.
fn mixed(op: BinaryOp, left: &Value, right: &Value) -> Value {
    let order = to_f64(left).partial_cmp(&to_f64(right));
    Value::Bool(compare(op, order))
}

/// Scale and rounding of the result are .NET's.
fn decimal(op: BinaryOp, a: Decimal, b: Decimal) -> Outcome {
    let operation = match op {
        BinaryOp::Add => text::Decimal::checked_add,
        BinaryOp::Sub => text::Decimal::checked_sub,
        BinaryOp::Mul => text::Decimal::checked_mul,
        BinaryOp::Div => text::Decimal::checked_div,
        BinaryOp::Rem => text::Decimal::checked_rem,
        op => return Ok(Value::Bool(compare(op, a.partial_cmp(&b)))),
    };
    Ok(Value::Decimal(from_decimal(operation(format::decimal(a), format::decimal(b))?)))
}
