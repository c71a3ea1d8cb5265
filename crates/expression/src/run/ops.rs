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

/// A number as operators compute with it, once its operands are promoted.
pub trait Number: Copy + PartialOrd {
    const OPERANDS: Operands;

    /// The number in a value of this type, or of one that converts to it.
    fn of(value: &Value) -> Self;

    fn value(self) -> Value;

    /// An operator that gives a number of the same type; the shift count is an `int` whatever is shifted.
    fn arithmetic(op: BinaryOp, checked: bool, left: Self, right: Self) -> Result<Self, Thrown>;
}

macro_rules! integers {
    ($($number:ident $variant:ident $shift_max:literal),*) => {$(
        impl Number for $number {
            const OPERANDS: Operands = Operands::$variant;

            #[inline]
            fn of(value: &Value) -> $number {
                match value {
                    Value::$variant(value) => *value,
                    other => to_i128(other) as $number,
                }
            }

            #[inline]
            fn value(self) -> Value {
                Value::$variant(self)
            }

            #[inline(always)]
            fn arithmetic(op: BinaryOp, checked: bool, left: $number, right: $number) -> Result<$number, Thrown> {
                let (exact, wrapped) = match op {
                    BinaryOp::Add => (left.checked_add(right), left.wrapping_add(right)),
                    BinaryOp::Sub => (left.checked_sub(right), left.wrapping_sub(right)),
                    BinaryOp::Mul => (left.checked_mul(right), left.wrapping_mul(right)),
                    BinaryOp::Div | BinaryOp::Rem if right == 0 => return Err(Thrown::divide_by_zero()),
                    BinaryOp::Div => return left.checked_div(right).ok_or_else(Thrown::arithmetic_overflow),
                    BinaryOp::Rem => return left.checked_rem(right).ok_or_else(Thrown::arithmetic_overflow),
                    BinaryOp::And => return Ok(left & right),
                    BinaryOp::Or => return Ok(left | right),
                    BinaryOp::Xor => return Ok(left ^ right),
                    BinaryOp::Shl => return Ok(left.wrapping_shl(right as u32 & $shift_max)),
                    BinaryOp::Shr => return Ok(left.wrapping_shr(right as u32 & $shift_max)),
                    _ => return Ok(left),
                };
                match exact {
                    None if checked => Err(Thrown::arithmetic_overflow()),
                    _ => Ok(wrapped),
                }
            }
        }
    )*};
}

integers!(i32 Int32 31, u32 UInt32 31, i64 Int64 63, u64 UInt64 63);

macro_rules! floats {
    ($($number:ident $variant:ident),*) => {$(
        impl Number for $number {
            const OPERANDS: Operands = Operands::$variant;

            #[inline]
            fn of(value: &Value) -> $number {
                match value {
                    Value::$variant(value) => *value,
                    other => to_f64(other) as $number,
                }
            }

            fn value(self) -> Value {
                Value::$variant(self)
            }

            fn arithmetic(op: BinaryOp, _checked: bool, left: $number, right: $number) -> Result<$number, Thrown> {
                Ok(match op {
                    BinaryOp::Add => left + right,
                    BinaryOp::Sub => left - right,
                    BinaryOp::Mul => left * right,
                    BinaryOp::Div => left / right,
                    BinaryOp::Rem => left % right,
                    _ => left,
                })
            }
        }
    )*};
}

floats!(f32 Single, f64 Double);

/// Scale and rounding of the result are .NET's.
impl Number for Decimal {
    const OPERANDS: Operands = Operands::Decimal;

    fn of(value: &Value) -> Decimal {
        to_decimal(value)
    }

    fn value(self) -> Value {
        Value::Decimal(self)
    }

    fn arithmetic(op: BinaryOp, _checked: bool, left: Decimal, right: Decimal) -> Result<Decimal, Thrown> {
        let operation = match op {
            BinaryOp::Add => text::Decimal::checked_add,
            BinaryOp::Sub => text::Decimal::checked_sub,
            BinaryOp::Mul => text::Decimal::checked_mul,
            BinaryOp::Div => text::Decimal::checked_div,
            BinaryOp::Rem => text::Decimal::checked_rem,
            _ => return Ok(left),
        };
        Ok(from_decimal(operation(format::decimal(left), format::decimal(right))?))
    }
}

/// A comparison; with `NaN` only `!=` is true.
#[inline]
pub fn compare<T: PartialOrd>(op: BinaryOp, left: T, right: T) -> bool {
    match op {
        BinaryOp::Eq => left == right,
        BinaryOp::Ne => left != right,
        BinaryOp::Lt => left < right,
        BinaryOp::Gt => left > right,
        BinaryOp::Le => left <= right,
        BinaryOp::Ge => left >= right,
        _ => false,
    }
}

/// Operators of `bool` that evaluate both sides.
pub fn logic(op: BinaryOp, left: bool, right: bool) -> bool {
    match op {
        BinaryOp::And => left & right,
        BinaryOp::Or => left | right,
        BinaryOp::Xor | BinaryOp::Ne => left != right,
        _ => left == right,
    }
}

/// Operators on promoted operands.
pub fn binary(op: BinaryOp, operands: Operands, checked: bool, lifted: bool, left: &Value, right: &Value) -> Outcome {
    fn numbers<T: Number>(op: BinaryOp, checked: bool, left: &Value, right: &Value) -> Outcome {
        let (left, right) = (T::of(left), T::of(right));
        if op.is_comparison() {
            return Ok(Value::Bool(compare(op, left, right)));
        }
        T::arithmetic(op, checked, left, right).map(T::value)
    }
    if lifted && (left.is_null() || right.is_null()) {
        return Ok(lifted_null(op, operands, left, right));
    }
    match operands {
        Operands::Int32 => numbers::<i32>(op, checked, left, right),
        Operands::UInt32 => numbers::<u32>(op, checked, left, right),
        Operands::Int64 => numbers::<i64>(op, checked, left, right),
        Operands::UInt64 => numbers::<u64>(op, checked, left, right),
        Operands::Single => numbers::<f32>(op, checked, left, right),
        Operands::Double => numbers::<f64>(op, checked, left, right),
        Operands::Decimal => numbers::<Decimal>(op, checked, left, right),
        Operands::Bool => Ok(Value::Bool(logic(op, left.is_true(), right.is_true()))),
        Operands::String | Operands::Reference | Operands::Equals | Operands::Delegate => Ok(Value::Bool(false)),
    }
}

fn lifted_null(op: BinaryOp, operands: Operands, left: &Value, right: &Value) -> Value {
    if op.is_comparison() {
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
