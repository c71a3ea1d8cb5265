//! Casts and `Convert.To…` between the primitive types.

use crate::dotnet::text::decimal::Decimal;
use crate::dotnet::text::error::{DotnetError, DotnetResult};

/// The integer types of C#.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntType {
    SByte,
    Byte,
    Int16,
    UInt16,
    Char,
    Int32,
    UInt32,
    Int64,
    UInt64,
}

impl IntType {
    pub fn bits(self) -> u8 {
        match self {
            Self::SByte | Self::Byte => 8,
            Self::Int16 | Self::UInt16 | Self::Char => 16,
            Self::Int32 | Self::UInt32 => 32,
            Self::Int64 | Self::UInt64 => 64,
        }
    }

    pub fn is_signed(self) -> bool {
        matches!(self, Self::SByte | Self::Int16 | Self::Int32 | Self::Int64)
    }

    pub fn min(self) -> i128 {
        if self.is_signed() { -(1i128 << (self.bits() - 1)) } else { 0 }
    }

    pub fn max(self) -> i128 {
        (1i128 << (self.bits() - u8::from(self.is_signed()))) - 1
    }

    pub fn contains(self, value: i128) -> bool {
        (self.min()..=self.max()).contains(&value)
    }

    /// The low bits of `value` as this type: what an unchecked cast leaves.
    pub fn wrap(self, value: i128) -> i128 {
        match self {
            Self::SByte => i128::from(value as i8),
            Self::Byte => i128::from(value as u8),
            Self::Int16 => i128::from(value as i16),
            Self::UInt16 | Self::Char => i128::from(value as u16),
            Self::Int32 => i128::from(value as i32),
            Self::UInt32 => i128::from(value as u32),
            Self::Int64 => i128::from(value as i64),
            Self::UInt64 => i128::from(value as u64),
        }
    }

    /// The name of the type as `InvalidCastException` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::SByte => "SByte",
            Self::Byte => "Byte",
            Self::Int16 => "Int16",
            Self::UInt16 => "UInt16",
            Self::Char => "Char",
            Self::Int32 => "Int32",
            Self::UInt32 => "UInt32",
            Self::Int64 => "Int64",
            Self::UInt64 => "UInt64",
        }
    }

    /// `Value was either too large or too small for an Int32.`
    pub fn overflow(self) -> DotnetError {
        let what = match self {
            Self::SByte => "a signed byte",
            Self::Byte => "an unsigned byte",
            Self::Int16 => "an Int16",
            Self::UInt16 => "a UInt16",
            Self::Char => "a character",
            Self::Int32 => "an Int32",
            Self::UInt32 => "a UInt32",
            Self::Int64 => "an Int64",
            Self::UInt64 => "a UInt64",
        };
        DotnetError::overflow(format!("Value was either too large or too small for {what}."))
    }
}

/// A value of a primitive type, as `Convert` and casts take it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Primitive {
    Boolean(bool),
    /// Every integer type and `char`.
    Integer(i128, IntType),
    Single(f32),
    Double(f64),
    Decimal(Decimal),
}

impl Primitive {
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Boolean(_) => "Boolean",
            Self::Integer(_, of) => of.name(),
            Self::Single(_) => "Single",
            Self::Double(_) => "Double",
            Self::Decimal(_) => "Decimal",
        }
    }

    fn invalid_cast(self, to: &str) -> DotnetError {
        DotnetError::invalid_cast(format!("Invalid cast from '{}' to '{to}'.", self.type_name()))
    }

    /// `Convert.ToInt32` and its kin: rounds half to even, throws when out of range.
    pub fn to_integer(self, to: IntType) -> DotnetResult<i128> {
        match self {
            Self::Boolean(_) if to == IntType::Char => Err(self.invalid_cast(to.name())),
            Self::Boolean(value) => Ok(i128::from(value)),
            Self::Integer(value, _) if to.contains(value) => Ok(value),
            Self::Integer(..) => Err(to.overflow()),
            Self::Single(_) | Self::Double(_) | Self::Decimal(_) if to == IntType::Char => {
                Err(self.invalid_cast(to.name()))
            }
            Self::Single(value) => f64_to_integer(f64::from(value), to),
            Self::Double(value) => f64_to_integer(value, to),
            Self::Decimal(value) => {
                let rounded = value.round(0)?.truncated();
                if to.contains(rounded) { Ok(rounded) } else { Err(to.overflow()) }
            }
        }
    }

    /// `Convert.ToBoolean`.
    pub fn to_boolean(self) -> DotnetResult<bool> {
        Ok(match self {
            Self::Boolean(value) => value,
            Self::Integer(_, IntType::Char) => return Err(self.invalid_cast("Boolean")),
            Self::Integer(value, _) => value != 0,
            Self::Single(value) => value != 0.0,
            Self::Double(value) => value != 0.0,
            Self::Decimal(value) => !value.is_zero(),
        })
    }

    /// `Convert.ToDouble`.
    pub fn to_double(self) -> DotnetResult<f64> {
        match self {
            Self::Boolean(value) => Ok(f64::from(u8::from(value))),
            Self::Integer(_, IntType::Char) => Err(self.invalid_cast("Double")),
            _ => Ok(self.cast_f64()),
        }
    }

    /// `Convert.ToSingle`.
    pub fn to_single(self) -> DotnetResult<f32> {
        match self {
            Self::Boolean(value) => Ok(f32::from(u8::from(value))),
            Self::Integer(_, IntType::Char) => Err(self.invalid_cast("Single")),
            _ => Ok(self.cast_f32()),
        }
    }

    /// `Convert.ToDecimal`.
    pub fn to_decimal(self) -> DotnetResult<Decimal> {
        match self {
            Self::Boolean(value) => Ok(Decimal::from(i64::from(value))),
            Self::Integer(_, IntType::Char) => Err(self.invalid_cast("Decimal")),
            _ => self.cast_decimal(),
        }
    }

    /// `(double)value`; false and true are 0 and 1, though C# has no such cast.
    pub fn cast_f64(self) -> f64 {
        match self {
            Self::Boolean(value) => f64::from(u8::from(value)),
            Self::Integer(value, _) => value as f64,
            Self::Single(value) => f64::from(value),
            Self::Double(value) => value,
            Self::Decimal(value) => value.to_f64(),
        }
    }

    /// `(float)value`.
    pub fn cast_f32(self) -> f32 {
        match self {
            Self::Boolean(value) => f32::from(u8::from(value)),
            Self::Integer(value, _) => value as f32,
            Self::Single(value) => value,
            Self::Double(value) => value as f32,
            Self::Decimal(value) => value.to_f64() as f32,
        }
    }

    /// `(decimal)value`.
    pub fn cast_decimal(self) -> DotnetResult<Decimal> {
        match self {
            Self::Boolean(value) => Ok(Decimal::from(i64::from(value))),
            // Every integer type has at most 64 bits.
            Self::Integer(value, _) => Ok(Decimal::from_i128_saturating(value)),
            Self::Single(value) => Decimal::from_f32(value),
            Self::Double(value) => Decimal::from_f64(value),
            Self::Decimal(value) => Ok(value),
        }
    }

    /// `unchecked((int)value)`: integers wrap, floating-point numbers saturate (NaN is 0) as .NET 9
    /// does; small types take the low bits of the saturated `int`. A decimal throws.
    pub fn cast_unchecked(self, to: IntType) -> DotnetResult<i128> {
        match self {
            Self::Boolean(value) => Ok(i128::from(value)),
            Self::Integer(value, _) => Ok(to.wrap(value)),
            Self::Single(value) => Ok(saturate(f64::from(value), to)),
            Self::Double(value) => Ok(saturate(value, to)),
            Self::Decimal(_) => self.cast_decimal_to(to),
        }
    }

    /// `checked((int)value)`: throws when the truncated value is out of range.
    pub fn cast_checked(self, to: IntType) -> DotnetResult<i128> {
        let truncated = match self {
            Self::Boolean(value) => i128::from(value),
            Self::Integer(value, _) => value,
            Self::Single(value) => truncate_in_range(f64::from(value), to)?,
            Self::Double(value) => truncate_in_range(value, to)?,
            Self::Decimal(_) => return self.cast_decimal_to(to),
        };
        if to.contains(truncated) { Ok(truncated) } else { Err(DotnetError::arithmetic_overflow()) }
    }

    fn cast_decimal_to(self, to: IntType) -> DotnetResult<i128> {
        let Self::Decimal(value) = self else { return Err(DotnetError::arithmetic_overflow()) };
        let truncated = value.truncated();
        if to.contains(truncated) { Ok(truncated) } else { Err(to.overflow()) }
    }
}

fn saturate(value: f64, to: IntType) -> i128 {
    match to {
        IntType::UInt32 => i128::from(value as u32),
        IntType::Int64 => i128::from(value as i64),
        IntType::UInt64 => i128::from(value as u64),
        _ => to.wrap(i128::from(value as i32)),
    }
}

fn truncate_in_range(value: f64, to: IntType) -> DotnetResult<i128> {
    // `as` saturates, and no type reaches the ends of i128.
    let truncated = value.trunc() as i128;
    if value.is_nan() || !to.contains(truncated) { Err(DotnetError::arithmetic_overflow()) } else { Ok(truncated) }
}

fn f64_to_integer(value: f64, to: IntType) -> DotnetResult<i128> {
    let rounded = value.round_ties_even();
    match to {
        IntType::Int64 | IntType::UInt64 => truncate_in_range(rounded, to),
        IntType::UInt32 => {
            if value.is_nan() || !to.contains(rounded as i128) {
                Err(to.overflow())
            } else {
                Ok(rounded as i128)
            }
        }
        // .NET goes by way of Int32 and says so in the message.
        _ => {
            let wide = rounded as i128;
            if value.is_nan() || !IntType::Int32.contains(wide) {
                Err(IntType::Int32.overflow())
            } else if to.contains(wide) {
                Ok(wide)
            } else {
                Err(to.overflow())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn convert_rounds_half_to_even() {
        let convert = |value: f64, to| Primitive::Double(value).to_integer(to).map_err(|error| error.message);
        assert_eq!(convert(2.5, IntType::Int32), Ok(2));
        assert_eq!(convert(3.5, IntType::Int32), Ok(4));
        assert_eq!(convert(-2.5, IntType::Int64), Ok(-2));
        assert_eq!(convert(2_147_483_647.4, IntType::Int32), Ok(2_147_483_647));
        assert_eq!(convert(-0.4, IntType::UInt32), Ok(0));
        let overflow = "Value was either too large or too small for an Int32.";
        assert_eq!(convert(2_147_483_647.5, IntType::Int32), Err(overflow.into()));
        assert_eq!(convert(f64::NAN, IntType::Byte), Err(overflow.into()));
        assert_eq!(convert(1e20, IntType::Int64), Err("Arithmetic operation resulted in an overflow.".into()));
        assert!(convert(65.0, IntType::Char).is_err());
    }

    #[test]
    fn casts() {
        let cast = |value: f64, to| Primitive::Double(value).cast_unchecked(to).unwrap_or(i128::MIN);
        assert_eq!(cast(2.9, IntType::Int32), 2);
        assert_eq!(cast(1e20, IntType::Int32), 2_147_483_647);
        assert_eq!(cast(f64::NAN, IntType::Int64), 0);
        assert_eq!(cast(-1.0, IntType::UInt32), 0);
        assert_eq!(cast(300.5, IntType::Byte), 44);
        let int = |value| Primitive::Integer(value, IntType::Int32);
        assert_eq!(int(300).cast_unchecked(IntType::Byte), Ok(44));
        assert_eq!(int(-1).cast_unchecked(IntType::UInt32), Ok(4_294_967_295));
        assert!(int(300).cast_checked(IntType::Byte).is_err());
        assert!(Primitive::Double(255.9).cast_checked(IntType::Byte).is_ok());
        let ten_billion = Primitive::Decimal(Decimal::from(10_000_000_000i64));
        assert_eq!(
            ten_billion.cast_unchecked(IntType::Int32).map_err(|error| error.message),
            Err("Value was either too large or too small for an Int32.".into())
        );
    }
}
