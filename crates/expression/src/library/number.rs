//! Numeric types, `Boolean`, `Math`.

use super::{TypeTable, format};
use crate::dotnet::text::decimal::MidpointRounding;
use crate::dotnet::text::number::{self as text, IntType, NumberStyles, Primitive};
use crate::dotnet::text::{Decimal, math};
use crate::run::{Args, Native, Outcome, Thrown, ops};
use crate::types::{DefId, known};
use crate::value::Value;

pub fn int_type(id: DefId) -> Option<IntType> {
    Some(match id {
        known::SBYTE => IntType::SByte,
        known::BYTE => IntType::Byte,
        known::INT16 => IntType::Int16,
        known::UINT16 => IntType::UInt16,
        known::CHAR => IntType::Char,
        known::INT32 => IntType::Int32,
        known::UINT32 => IntType::UInt32,
        known::INT64 => IntType::Int64,
        known::UINT64 => IntType::UInt64,
        _ => return None,
    })
}

/// The style argument, wherever it stands.
fn style(a: &Args<'_, '_>) -> Option<NumberStyles> {
    a.args.iter().find_map(|arg| match arg {
        Value::Enum(_, number) => Some(NumberStyles(*number as i32)),
        _ => None,
    })
}

pub fn parse_text(id: DefId, source: &str, style: Option<NumberStyles>) -> Outcome {
    if let Some(kind) = int_type(id) {
        let value = match style {
            Some(style) => text::parse_integer(source, style, kind)?,
            None => text::parse_integer_default(source, kind)?,
        };
        return Ok(crate::program_integer(id, value));
    }
    let float = style.unwrap_or(NumberStyles::FLOAT_DEFAULT);
    Ok(match id {
        known::SINGLE => Value::Single(text::parse_f32(source, float)?),
        known::DOUBLE => Value::Double(text::parse_f64(source, float)?),
        _ => Value::Decimal(format::from_decimal(Decimal::parse(source, style.unwrap_or(NumberStyles::NUMBER))?)),
    })
}

fn parse(a: &mut Args<'_, '_>, id: DefId) -> Outcome {
    let source = a.text(0, "s")?.as_str().to_owned();
    parse_text(id, &source, style(a))
}

fn try_parse(a: &mut Args<'_, '_>, id: DefId) -> Outcome {
    let parsed = a.opt_str(0).and_then(|source| parse_text(id, source.as_str(), style(a)).ok());
    let present = parsed.is_some();
    let zero = crate::run::default_value(&crate::types::Type::of(id));
    a.set_out(a.len() - 1, parsed.unwrap_or(zero));
    Ok(Value::Bool(present))
}

/// `ToString(format)`, `ToString(format, provider)`, `ToString(provider)`.
pub fn to_text(a: &mut Args<'_, '_>) -> Outcome {
    let value = a.value(0);
    let format = a.str_or_empty(1).to_owned();
    let made = a.run.format(&value, &format)?;
    a.make(made)
}

fn compare(a: &mut Args<'_, '_>) -> Outcome {
    let (x, y) = (a.value(0), a.value(1));
    if matches!(x, Value::SByte(_) | Value::Byte(_) | Value::Int16(_) | Value::UInt16(_)) && !y.is_null() {
        return Ok(Value::Int32((ops::to_i128(&x) - ops::to_i128(&y)) as i32));
    }
    Ok(Value::Int32(a.run.compare(&x, &y)? as i32))
}

fn equals(a: &mut Args<'_, '_>) -> Outcome {
    let (x, y) = (a.value(0), a.value(1));
    a.run.equals(&x, &y).map(Value::Bool)
}

/// What .NET 7 gave the integers: static members of generic mathematics that are public.
macro_rules! integer_members {
    ($name:literal, $keyword:literal, $id:expr) => {
        TypeTable {
            decl: concat!(
                "struct System.",
                $name,
                " : IComparable, IComparable<",
                $keyword,
                ">, IFormattable, IEquatable<",
                $keyword,
                ">"
            ),
            members: &[
                (concat!("static ", $keyword, " Abs(", $keyword, " value)"), abs),
                (concat!("static ", $keyword, " Max(", $keyword, " x, ", $keyword, " y)"), |a| pick(a, true)),
                (concat!("static ", $keyword, " Min(", $keyword, " x, ", $keyword, " y)"), |a| pick(a, false)),
                (
                    concat!(
                        "static ", $keyword, " Clamp(", $keyword, " value, ", $keyword, " min, ", $keyword, " max)"
                    ),
                    clamp,
                ),
                (concat!("static int Sign(", $keyword, " value)"), sign),
                (concat!("static bool IsEvenInteger(", $keyword, " value)"), |a| {
                    Ok(Value::Bool(ops::to_i128(a.get(0)) & 1 == 0))
                }),
                (concat!("static bool IsOddInteger(", $keyword, " value)"), |a| {
                    Ok(Value::Bool(ops::to_i128(a.get(0)) & 1 != 0))
                }),
                (concat!("static bool IsPow2(", $keyword, " value)"), |a| {
                    let value = ops::to_i128(a.get(0));
                    Ok(Value::Bool(value > 0 && value & (value - 1) == 0))
                }),
                (concat!("static bool IsNegative(", $keyword, " value)"), |a| {
                    Ok(Value::Bool(ops::to_i128(a.get(0)) < 0))
                }),
                (concat!("static bool IsPositive(", $keyword, " value)"), |a| {
                    Ok(Value::Bool(ops::to_i128(a.get(0)) >= 0))
                }),
                (concat!("static ", $keyword, " PopCount(", $keyword, " value)"), |a| {
                    integer_extra(a, |value, bits| unsigned(value, bits).count_ones().into(), $id)
                }),
                (concat!("static ", $keyword, " LeadingZeroCount(", $keyword, " value)"), |a| {
                    integer_extra(
                        a,
                        |value, bits| (unsigned(value, bits).leading_zeros() + u32::from(bits) - 128).into(),
                        $id,
                    )
                }),
                (concat!("static ", $keyword, " TrailingZeroCount(", $keyword, " value)"), |a| {
                    integer_extra(a, |value, bits| unsigned(value, bits).trailing_zeros().min(bits.into()).into(), $id)
                }),
                (concat!("static ", $keyword, " RotateLeft(", $keyword, " value, int rotateAmount)"), |a| {
                    rotate(a, $id, false)
                }),
                (concat!("static ", $keyword, " RotateRight(", $keyword, " value, int rotateAmount)"), |a| {
                    rotate(a, $id, true)
                }),
                (concat!("static ", $keyword, " Log2(", $keyword, " value)"), |a| {
                    if ops::to_i128(a.get(0)) < 0 {
                        return Err(Thrown::out_of_range("Non-negative number required.", "value"));
                    }
                    integer_extra(a, |value, _| value.checked_ilog2().unwrap_or(0).into(), $id)
                }),
                (
                    concat!(
                        "static (",
                        $keyword,
                        " Quotient, ",
                        $keyword,
                        " Remainder) DivRem(",
                        $keyword,
                        " left, ",
                        $keyword,
                        " right)"
                    ),
                    |a| div_rem(a, $id),
                ),
            ],
        }
    };
}

/// What the signed ones have besides.
macro_rules! signed_members {
    ($name:literal, $keyword:literal) => {
        TypeTable {
            decl: concat!(
                "struct System.",
                $name,
                " : IComparable, IComparable<",
                $keyword,
                ">, IFormattable, IEquatable<",
                $keyword,
                ">"
            ),
            members: &[
                (concat!("static ", $keyword, " CopySign(", $keyword, " value, ", $keyword, " sign)"), copy_sign),
                (concat!("static ", $keyword, " MaxMagnitude(", $keyword, " x, ", $keyword, " y)"), |a| {
                    magnitude(a, true)
                }),
                (concat!("static ", $keyword, " MinMagnitude(", $keyword, " x, ", $keyword, " y)"), |a| {
                    magnitude(a, false)
                }),
            ],
        }
    };
}

pub static INTEGERS: &[TypeTable] = &[
    integer_members!("SByte", "sbyte", known::SBYTE),
    integer_members!("Byte", "byte", known::BYTE),
    integer_members!("Int16", "short", known::INT16),
    integer_members!("UInt16", "ushort", known::UINT16),
    integer_members!("Int32", "int", known::INT32),
    integer_members!("UInt32", "uint", known::UINT32),
    integer_members!("Int64", "long", known::INT64),
    integer_members!("UInt64", "ulong", known::UINT64),
    signed_members!("SByte", "sbyte"),
    signed_members!("Int16", "short"),
    signed_members!("Int32", "int"),
    signed_members!("Int64", "long"),
];

macro_rules! numeric {
    ($name:literal, $keyword:literal, $id:expr, [$($extra:expr),* $(,)?]) => {
        TypeTable {
            decl: concat!("struct System.", $name, " : IComparable, IComparable<", $keyword, ">, IFormattable, IEquatable<", $keyword, ">"),
            members: &[
                (concat!("static ", $keyword, " Parse(string s)"), |a| parse(a, $id)),
                (concat!("static ", $keyword, " Parse(string s, IFormatProvider provider)"), |a| parse(a, $id)),
                (concat!("static ", $keyword, " Parse(string s, System.Globalization.NumberStyles style)"), |a| parse(a, $id)),
                (concat!("static ", $keyword, " Parse(string s, System.Globalization.NumberStyles style, IFormatProvider provider)"), |a| parse(a, $id)),
                (concat!("static bool TryParse(string s, out ", $keyword, " result)"), |a| try_parse(a, $id)),
                (concat!("static bool TryParse(string s, System.Globalization.NumberStyles style, IFormatProvider provider, out ", $keyword, " result)"), |a| try_parse(a, $id)),
                ("string ToString()", to_text),
                ("string ToString(string format)", to_text),
                ("string ToString(IFormatProvider provider)", to_text),
                ("string ToString(string format, IFormatProvider provider)", to_text),
                (concat!("int CompareTo(", $keyword, " value)"), compare),
                ("int CompareTo(object value)", super::object::compare_to_object),
                (concat!("static bool TryParse(string s, IFormatProvider provider, out ", $keyword, " result)"), |a| try_parse(a, $id)),
                (concat!("bool Equals(", $keyword, " obj)"), equals),
                ("bool Equals(object obj)", equals),
                $($extra),*
            ],
        }
    };
}

fn nothing(_a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Null)
}

pub(super) fn float_test(a: &mut Args<'_, '_>, test: fn(f64) -> bool) -> Outcome {
    Ok(Value::Bool(test(a.f64(0))))
}

fn is_integer(value: f64) -> bool {
    value.is_finite() && value.trunc() == value
}

fn decimal_map(a: &mut Args<'_, '_>, map: fn(Decimal) -> Decimal) -> Outcome {
    Ok(Value::Decimal(format::from_decimal(map(format::decimal(a.decimal(0))))))
}

fn decimal_op(a: &mut Args<'_, '_>, op: fn(Decimal, Decimal) -> crate::dotnet::text::DotnetResult<Decimal>) -> Outcome {
    Ok(Value::Decimal(format::from_decimal(op(format::decimal(a.decimal(0)), format::decimal(a.decimal(1)))?)))
}

/// Whether a whole number is odd.
fn parity(a: &Args<'_, '_>) -> Option<bool> {
    let rest = a.decimal(0).checked_rem(rust_decimal::Decimal::TWO)?;
    rest.fract().is_zero().then_some(!rest.is_zero())
}

fn decimal_magnitude(a: &mut Args<'_, '_>, max: bool) -> Outcome {
    let (x, y) = (a.decimal(0), a.decimal(1));
    let is_greater = (x.abs(), x) > (y.abs(), y);
    Ok(a.value(usize::from(is_greater != max)))
}

/// `new decimal(number)`.
fn to_decimal(a: &mut Args<'_, '_>) -> Outcome {
    super::convert::convert(a, known::DECIMAL)
}

/// `decimal.ToInt32` and its kin: the fraction is cut off.
fn truncated(a: &mut Args<'_, '_>, id: DefId) -> Outcome {
    let value = Primitive::Decimal(format::decimal(a.decimal(0)));
    let Some(kind) = int_type(id) else { return Err(Thrown::null_reference()) };
    Ok(crate::program_integer(id, value.cast_checked(kind)?))
}

/// `int.MaxMagnitude` and its kin are left to `Math`; here what integers have besides.
fn integer_extra(a: &mut Args<'_, '_>, read: fn(i128, u8) -> i128, id: DefId) -> Outcome {
    let bits = int_type(id).map_or(32, IntType::bits);
    Ok(crate::program_integer(id, read(ops::to_i128(a.get(0)), bits)))
}

/// The bits moved around: `RotateLeft`, `RotateRight`.
fn rotate(a: &mut Args<'_, '_>, id: DefId, right: bool) -> Outcome {
    let Some(kind) = int_type(id) else { return Err(Thrown::null_reference()) };
    let bits = i32::from(kind.bits());
    let by = a.i32(1).rem_euclid(bits);
    let left = if right { (bits - by) % bits } else { by };
    let value = unsigned(ops::to_i128(a.get(0)), kind.bits());
    let turned = value << left | value >> (bits - left);
    Ok(crate::program_integer(id, kind.wrap(unsigned(turned as i128, kind.bits()) as i128)))
}

/// The value with the sign of the other.
fn copy_sign(a: &mut Args<'_, '_>) -> Outcome {
    let (value, sign) = (ops::to_i128(a.get(0)), ops::to_i128(a.get(1)));
    let wanted = if sign < 0 { -value.abs() } else { value.abs() };
    let Some(id) = a.get(0).runtime_type().and_then(|ty| ty.def()) else { return Err(Thrown::null_reference()) };
    if !int_type(id).is_some_and(|kind| kind.contains(wanted)) {
        return Err(Thrown::overflow("Negating the minimum value of a twos complement number is invalid."));
    }
    Ok(crate::program_integer(id, wanted))
}

/// The value that is further from zero, or nearer to it; of equals, the positive one is the greater.
fn magnitude(a: &mut Args<'_, '_>, max: bool) -> Outcome {
    let (x, y) = (ops::to_i128(a.get(0)), ops::to_i128(a.get(1)));
    let is_greater = (x.abs(), x) > (y.abs(), y);
    Ok(a.value(usize::from(is_greater != max)))
}

/// The bits of an integer as an unsigned number.
fn unsigned(value: i128, bits: u8) -> u128 {
    value as u128 & (u128::MAX >> (128 - u32::from(bits)))
}

/// `Round` of double and decimal: digits and mode in any combination.
pub(super) fn round(a: &mut Args<'_, '_>) -> Outcome {
    let (mut digits, mut mode) = (None, MidpointRounding::ToEven);
    for arg in a.args.iter().skip(1) {
        match arg {
            Value::Int32(number) => digits = Some(*number),
            Value::Enum(_, number) => mode = MidpointRounding::from_i32(*number as i32)?,
            _ => {}
        }
    }
    Ok(match a.get(0) {
        Value::Decimal(number) => {
            Value::Decimal(format::from_decimal(format::decimal(*number).round_mode(digits.unwrap_or(0), mode)?))
        }
        other => Value::Double(match digits {
            Some(digits) => math::round_digits(ops::to_f64(other), digits, mode)?,
            None => math::round(ops::to_f64(other), mode),
        }),
    })
}

fn float(a: &mut Args<'_, '_>, map: fn(f64) -> f64) -> Outcome {
    Ok(Value::Double(map(a.f64(0))))
}

pub(super) fn abs(a: &mut Args<'_, '_>) -> Outcome {
    let overflow = || Thrown::overflow("Negating the minimum value of a twos complement number is invalid.");
    Ok(match a.get(0) {
        Value::Double(v) => Value::Double(v.abs()),
        Value::Single(v) => Value::Single(v.abs()),
        Value::Decimal(v) => Value::Decimal(v.abs()),
        Value::Int32(v) => Value::Int32(v.checked_abs().ok_or_else(overflow)?),
        Value::Int64(v) => Value::Int64(v.checked_abs().ok_or_else(overflow)?),
        Value::Int16(v) => Value::Int16(v.checked_abs().ok_or_else(overflow)?),
        Value::SByte(v) => Value::SByte(v.checked_abs().ok_or_else(overflow)?),
        other => other.clone(),
    })
}

pub(super) fn pick(a: &mut Args<'_, '_>, max: bool) -> Outcome {
    let (x, y) = (a.value(0), a.value(1));
    if let (Value::Double(x), Value::Double(y)) = (&x, &y) {
        return Ok(Value::Double(if max { math::max(*x, *y) } else { math::min(*x, *y) }));
    }
    if let (Value::Single(x), Value::Single(y)) = (&x, &y) {
        let (x, y) = (f64::from(*x), f64::from(*y));
        return Ok(Value::Single(if max { math::max(x, y) } else { math::min(x, y) } as f32));
    }
    let order = a.run.compare(&x, &y)?;
    Ok(if (order == std::cmp::Ordering::Less) == max { y } else { x })
}

pub(super) fn sign(a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Int32(match a.get(0) {
        Value::Decimal(v) => format::decimal(*v).sign(),
        Value::Double(_) | Value::Single(_) => math::sign(a.f64(0))?,
        other => ops::to_i128(other).signum() as i32,
    }))
}

fn rounding(a: &mut Args<'_, '_>, float: fn(f64) -> f64, decimal: fn(Decimal) -> Decimal) -> Outcome {
    match a.get(0) {
        Value::Decimal(_) => decimal_map(a, decimal),
        _ => Ok(Value::Double(float(a.f64(0)))),
    }
}

pub(super) fn clamp(a: &mut Args<'_, '_>) -> Outcome {
    let (value, low, high) = (a.value(0), a.value(1), a.value(2));
    if a.run.compare(&low, &high)? == std::cmp::Ordering::Greater {
        let (low, high) = (format::plain(&low), format::plain(&high));
        return Err(math::clamp_failure(&low, &high).into());
    }
    if a.run.compare(&value, &low)? == std::cmp::Ordering::Less {
        return Ok(low);
    }
    Ok(if a.run.compare(&value, &high)? == std::cmp::Ordering::Greater { high } else { value })
}

/// `DivRem(left, right)`: quotient and remainder in a tuple.
fn div_rem(a: &mut Args<'_, '_>, id: DefId) -> Outcome {
    let (x, y) = (ops::to_i128(a.get(0)), ops::to_i128(a.get(1)));
    if y == 0 {
        return Err(Thrown::divide_by_zero());
    }
    let kind = int_type(id).ok_or_else(Thrown::null_reference)?;
    if !kind.contains(x / y) && matches!(id, known::INT32 | known::INT64) {
        return Err(Thrown::arithmetic_overflow());
    }
    let item = crate::types::Type::of(id);
    let ty =
        crate::types::Type::tuple(vec![item.clone(), item], vec![Some("Quotient".into()), Some("Remainder".into())]);
    let parts = vec![crate::program_integer(id, kind.wrap(x / y)), crate::program_integer(id, x % y)];
    Ok(Value::object(super::tuple::TupleObject::new(ty, parts)))
}

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "enum System.MidpointRounding { ToEven, AwayFromZero, ToZero, ToNegativeInfinity, ToPositiveInfinity }",
        members: &[],
    },
    TypeTable {
        decl: "flags enum System.Globalization.NumberStyles { None = 0, AllowLeadingWhite = 1, AllowTrailingWhite = 2, AllowLeadingSign = 4, Integer = 7, AllowTrailingSign = 8, AllowParentheses = 16, AllowDecimalPoint = 32, AllowThousands = 64, Number = 111, AllowExponent = 128, Float = 167, AllowCurrencySymbol = 256, Currency = 383, Any = 511, AllowHexSpecifier = 512, HexNumber = 515 }",
        members: &[],
    },
    numeric!(
        "SByte",
        "sbyte",
        known::SBYTE,
        [("const sbyte MaxValue = 127", nothing), ("const sbyte MinValue = -128", nothing)]
    ),
    numeric!(
        "Byte",
        "byte",
        known::BYTE,
        [("const byte MaxValue = 255", nothing), ("const byte MinValue = 0", nothing)]
    ),
    numeric!(
        "Int16",
        "short",
        known::INT16,
        [("const short MaxValue = 32767", nothing), ("const short MinValue = -32768", nothing)]
    ),
    numeric!(
        "UInt16",
        "ushort",
        known::UINT16,
        [("const ushort MaxValue = 65535", nothing), ("const ushort MinValue = 0", nothing)]
    ),
    numeric!(
        "Int32",
        "int",
        known::INT32,
        [("const int MaxValue = 2147483647", nothing), ("const int MinValue = -2147483648", nothing)]
    ),
    numeric!(
        "UInt32",
        "uint",
        known::UINT32,
        [("const uint MaxValue = 4294967295", nothing), ("const uint MinValue = 0", nothing)]
    ),
    numeric!(
        "Int64",
        "long",
        known::INT64,
        [
            ("const long MaxValue = 9223372036854775807", nothing),
            ("const long MinValue = -9223372036854775808", nothing)
        ]
    ),
    numeric!(
        "UInt64",
        "ulong",
        known::UINT64,
        [("const ulong MaxValue = 18446744073709551615", nothing), ("const ulong MinValue = 0", nothing)]
    ),
    numeric!(
        "Single",
        "float",
        known::SINGLE,
        [
            ("const float MaxValue = 3.40282347E+38", nothing),
            ("const float MinValue = -3.40282347E+38", nothing),
            ("const float Epsilon = 1.401298E-45", nothing),
            ("static float NaN", |_| Ok(Value::Single(f32::NAN))),
            ("static float PositiveInfinity", |_| Ok(Value::Single(f32::INFINITY))),
            ("static float NegativeInfinity", |_| Ok(Value::Single(f32::NEG_INFINITY))),
            ("static bool IsNaN(float f)", |a| float_test(a, f64::is_nan)),
            ("static bool IsInfinity(float f)", |a| float_test(a, f64::is_infinite)),
            ("static bool IsPositiveInfinity(float f)", |a| float_test(a, |v| v == f64::INFINITY)),
            ("static bool IsNegativeInfinity(float f)", |a| float_test(a, |v| v == f64::NEG_INFINITY)),
            ("static bool IsFinite(float f)", |a| float_test(a, f64::is_finite)),
            ("static bool IsNegative(float f)", |a| float_test(a, f64::is_sign_negative)),
            ("static bool IsNormal(float f)", |a| Ok(Value::Bool(a.f32(0).is_normal()))),
            ("static bool IsSubnormal(float f)", |a| Ok(Value::Bool(a.f32(0).is_subnormal()))),
            ("static bool IsInteger(float value)", |a| float_test(a, is_integer)),
            ("const float Pi = 3.14159274", nothing),
            ("const float E = 2.71828175", nothing),
        ]
    ),
    numeric!(
        "Double",
        "double",
        known::DOUBLE,
        [
            ("const double MaxValue = 1.7976931348623157E+308", nothing),
            ("const double MinValue = -1.7976931348623157E+308", nothing),
            ("const double Epsilon = 4.9406564584124654E-324", nothing),
            ("static double NaN", |_| Ok(Value::Double(f64::NAN))),
            ("static double PositiveInfinity", |_| Ok(Value::Double(f64::INFINITY))),
            ("static double NegativeInfinity", |_| Ok(Value::Double(f64::NEG_INFINITY))),
            ("static bool IsNaN(double d)", |a| float_test(a, f64::is_nan)),
            ("static bool IsInfinity(double d)", |a| float_test(a, f64::is_infinite)),
            ("static bool IsPositiveInfinity(double d)", |a| float_test(a, |v| v == f64::INFINITY)),
            ("static bool IsNegativeInfinity(double d)", |a| float_test(a, |v| v == f64::NEG_INFINITY)),
            ("static bool IsFinite(double d)", |a| float_test(a, f64::is_finite)),
            ("static bool IsNegative(double d)", |a| float_test(a, f64::is_sign_negative)),
            ("static bool IsNormal(double d)", |a| float_test(a, f64::is_normal)),
            ("static bool IsSubnormal(double d)", |a| float_test(a, f64::is_subnormal)),
            ("static bool IsInteger(double value)", |a| float_test(a, is_integer)),
            ("static bool IsEvenInteger(double value)", |a| float_test(a, |v| is_integer(v) && v % 2.0 == 0.0)),
            ("static bool IsOddInteger(double value)", |a| float_test(a, |v| is_integer(v) && v % 2.0 != 0.0)),
            ("const double Pi = 3.1415926535897931", nothing),
            ("const double E = 2.7182818284590451", nothing),
            ("const double Tau = 6.2831853071795862", nothing),
            ("const double NegativeZero = -0.0", nothing),
        ]
    ),
    numeric!(
        "Decimal",
        "decimal",
        known::DECIMAL,
        [
            ("const decimal MaxValue = 79228162514264337593543950335.0", nothing),
            ("const decimal One = 1", nothing),
            ("const decimal Zero = 0", nothing),
            ("static decimal MinValue", |_| Ok(Value::Decimal(rust_decimal::Decimal::MIN))),
            ("static decimal Round(decimal d)", round),
            ("static decimal Round(decimal d, int decimals)", round),
            ("static decimal Round(decimal d, MidpointRounding mode)", round),
            ("static decimal Round(decimal d, int decimals, MidpointRounding mode)", round),
            ("static decimal Floor(decimal d)", |a| decimal_map(a, Decimal::floor)),
            ("static decimal Ceiling(decimal d)", |a| decimal_map(a, Decimal::ceiling)),
            ("static decimal Truncate(decimal d)", |a| decimal_map(a, Decimal::truncate)),
            ("static decimal Negate(decimal d)", |a| decimal_map(a, Decimal::negate)),
            ("static decimal Add(decimal d1, decimal d2)", |a| decimal_op(a, Decimal::checked_add)),
            ("static decimal Subtract(decimal d1, decimal d2)", |a| decimal_op(a, Decimal::checked_sub)),
            ("static decimal Multiply(decimal d1, decimal d2)", |a| decimal_op(a, Decimal::checked_mul)),
            ("static decimal Divide(decimal d1, decimal d2)", |a| decimal_op(a, Decimal::checked_div)),
            ("static decimal Remainder(decimal d1, decimal d2)", |a| decimal_op(a, Decimal::checked_rem)),
            ("const decimal MinusOne = -1", nothing),
            ("new(int value)", to_decimal),
            ("new(uint value)", to_decimal),
            ("new(long value)", to_decimal),
            ("new(ulong value)", to_decimal),
            ("new(float value)", to_decimal),
            ("new(double value)", to_decimal),
            ("new(int[] bits)", |a| {
                let bits = crate::value::downcast::<super::array::Array>(a.get(0));
                let bits = bits.ok_or_else(|| Thrown::argument_null("bits"))?.to_vec();
                let bits: Vec<i32> = bits.iter().map(|bit| ops::to_i128(bit) as i32).collect();
                Ok(Value::Decimal(format::from_decimal(Decimal::from_bits(&bits)?)))
            }),
            ("new(int lo, int mid, int hi, bool isNegative, byte scale)", |a| {
                let scale = ops::to_i128(a.get(4)) as u8;
                let made = Decimal::from_parts(a.i32(0), a.i32(1), a.i32(2), a.bool(3), scale)?;
                Ok(Value::Decimal(format::from_decimal(made)))
            }),
            ("static int[] GetBits(decimal d)", |a| {
                let bits = format::decimal(a.decimal(0)).get_bits().map(Value::Int32);
                Ok(Value::object(super::array::Array::new(crate::types::Type::int(), bits.to_vec())))
            }),
            ("byte Scale", |a| Ok(Value::Byte(format::decimal(a.decimal(0)).scale()))),
            ("static int Compare(decimal d1, decimal d2)", super::object::compare_to),
            ("static bool Equals(decimal d1, decimal d2)", equals),
            ("static decimal Abs(decimal value)", abs),
            ("static decimal Max(decimal x, decimal y)", |a| pick(a, true)),
            ("static decimal Min(decimal x, decimal y)", |a| pick(a, false)),
            ("static int Sign(decimal d)", sign),
            ("static decimal Clamp(decimal value, decimal min, decimal max)", clamp),
            ("static sbyte ToSByte(decimal value)", |a| truncated(a, known::SBYTE)),
            ("static byte ToByte(decimal value)", |a| truncated(a, known::BYTE)),
            ("static short ToInt16(decimal value)", |a| truncated(a, known::INT16)),
            ("static ushort ToUInt16(decimal value)", |a| truncated(a, known::UINT16)),
            ("static int ToInt32(decimal d)", |a| truncated(a, known::INT32)),
            ("static uint ToUInt32(decimal d)", |a| truncated(a, known::UINT32)),
            ("static long ToInt64(decimal d)", |a| truncated(a, known::INT64)),
            ("static ulong ToUInt64(decimal d)", |a| truncated(a, known::UINT64)),
            ("static float ToSingle(decimal d)", |a| Ok(Value::Single(ops::to_f64(a.get(0)) as f32))),
            ("static double ToDouble(decimal d)", |a| Ok(Value::Double(ops::to_f64(a.get(0))))),
            ("static bool IsNegative(decimal value)", |a| Ok(Value::Bool(a.decimal(0).is_sign_negative()))),
            ("static bool IsPositive(decimal value)", |a| Ok(Value::Bool(a.decimal(0).is_sign_positive()))),
            ("static bool IsInteger(decimal value)", |a| Ok(Value::Bool(a.decimal(0).fract().is_zero()))),
            ("static bool IsEvenInteger(decimal value)", |a| Ok(Value::Bool(parity(a) == Some(false)))),
            ("static bool IsOddInteger(decimal value)", |a| Ok(Value::Bool(parity(a) == Some(true)))),
            ("static decimal CopySign(decimal value, decimal sign)", |a| {
                let (value, sign) = (a.decimal(0).abs(), a.decimal(1));
                Ok(Value::Decimal(if sign.is_sign_negative() { -value } else { value }))
            }),
            ("static decimal MaxMagnitude(decimal x, decimal y)", |a| decimal_magnitude(a, true)),
            ("static decimal MinMagnitude(decimal x, decimal y)", |a| decimal_magnitude(a, false)),
            ("static long ToOACurrency(decimal value)", |a| {
                let scaled = Primitive::Decimal(
                    format::decimal(a.decimal(0))
                        .checked_mul(Decimal::from(10_000i64))?
                        .round_mode(0, MidpointRounding::ToEven)?,
                );
                let Some(kind) = int_type(known::INT64) else { return Err(Thrown::null_reference()) };
                Ok(crate::program_integer(known::INT64, scaled.cast_checked(kind)?))
            }),
            ("static decimal FromOACurrency(long cy)", |a| {
                let units = i128::from(a.i64(0));
                Ok(Value::Decimal(rust_decimal::Decimal::from_i128_with_scale(units, 4).normalize()))
            }),
        ]
    ),
    TypeTable {
        decl: "struct System.Boolean : IComparable, IComparable<bool>, IEquatable<bool>",
        members: &[
            ("static string TrueString", |_| Ok(Value::literal("True"))),
            ("static string FalseString", |_| Ok(Value::literal("False"))),
            ("static bool Parse(string value)", |a| {
                Ok(Value::Bool(text::parse_boolean(a.text(0, "value")?.as_str())?))
            }),
            ("static bool TryParse(string value, out bool result)", |a| {
                let parsed = a.opt_str(0).and_then(|source| text::try_parse_boolean(source.as_str()));
                a.set_out(1, Value::Bool(parsed.unwrap_or(false)));
                Ok(Value::Bool(parsed.is_some()))
            }),
            ("int CompareTo(bool value)", compare),
            ("int CompareTo(object obj)", super::object::compare_to_object),
            ("bool Equals(bool obj)", equals),
            ("string ToString(IFormatProvider provider)", to_text),
        ],
    },
    TypeTable { decl: "static class System.Math", members: MATH },
];

static MATH: &[(&str, Native)] = &[
    ("const double PI = 3.1415926535897931", nothing),
    ("const double E = 2.7182818284590451", nothing),
    ("static int Abs(int value)", abs),
    ("static long Abs(long value)", abs),
    ("static double Abs(double value)", abs),
    ("static float Abs(float value)", abs),
    ("static decimal Abs(decimal value)", abs),
    ("static short Abs(short value)", abs),
    ("static sbyte Abs(sbyte value)", abs),
    ("const double Tau = 6.2831853071795862", nothing),
    ("static short Max(short val1, short val2)", |a| pick(a, true)),
    ("static ushort Max(ushort val1, ushort val2)", |a| pick(a, true)),
    ("static sbyte Max(sbyte val1, sbyte val2)", |a| pick(a, true)),
    ("static short Min(short val1, short val2)", |a| pick(a, false)),
    ("static ushort Min(ushort val1, ushort val2)", |a| pick(a, false)),
    ("static sbyte Min(sbyte val1, sbyte val2)", |a| pick(a, false)),
    ("static byte Clamp(byte value, byte min, byte max)", clamp),
    ("static sbyte Clamp(sbyte value, sbyte min, sbyte max)", clamp),
    ("static short Clamp(short value, short min, short max)", clamp),
    ("static ushort Clamp(ushort value, ushort min, ushort max)", clamp),
    ("static uint Clamp(uint value, uint min, uint max)", clamp),
    ("static ulong Clamp(ulong value, ulong min, ulong max)", clamp),
    ("static float Clamp(float value, float min, float max)", clamp),
    ("static int Sign(short value)", sign),
    ("static int Sign(sbyte value)", sign),
    ("static int Sign(float value)", sign),
    ("static double Asinh(double d)", |a| float(a, f64::asinh)),
    ("static double Acosh(double d)", |a| float(a, f64::acosh)),
    ("static double Atanh(double d)", |a| float(a, f64::atanh)),
    ("static double CopySign(double x, double y)", |a| Ok(Value::Double(a.f64(0).copysign(a.f64(1))))),
    ("static double FusedMultiplyAdd(double x, double y, double z)", |a| {
        Ok(Value::Double(a.f64(0).mul_add(a.f64(1), a.f64(2))))
    }),
    ("static double ScaleB(double x, int n)", |a| Ok(Value::Double(math::scale(a.f64(0), a.i32(1))))),
    ("static int ILogB(double x)", |a| Ok(Value::Int32(math::exponent(a.f64(0))))),
    ("static double BitIncrement(double x)", |a| float(a, f64::next_up)),
    ("static double BitDecrement(double x)", |a| float(a, f64::next_down)),
    ("static double MaxMagnitude(double x, double y)", |a| {
        Ok(Value::Double(math::magnitude(a.f64(0), a.f64(1), true)))
    }),
    ("static double MinMagnitude(double x, double y)", |a| {
        Ok(Value::Double(math::magnitude(a.f64(0), a.f64(1), false)))
    }),
    ("static double ReciprocalEstimate(double d)", |a| float(a, f64::recip)),
    ("static double ReciprocalSqrtEstimate(double d)", |a| float(a, |v| v.sqrt().recip())),
    ("static (double Sin, double Cos) SinCos(double x)", |a| {
        let (sin, cos) = a.f64(0).sin_cos();
        let double = crate::types::Type::of(known::DOUBLE);
        let ty = crate::types::Type::tuple(vec![double.clone(), double], vec![Some("Sin".into()), Some("Cos".into())]);
        Ok(Value::object(super::tuple::TupleObject::new(ty, vec![Value::Double(sin), Value::Double(cos)])))
    }),
    ("static ulong BigMul(uint a, uint b)", |a| Ok(Value::UInt64(a.u64(0).wrapping_mul(a.u64(1))))),
    ("static long BigMul(long a, long b, out long low)", |a| {
        let product = i128::from(a.i64(0)) * i128::from(a.i64(1));
        a.set_out(2, Value::Int64(product as i64));
        Ok(Value::Int64((product >> 64) as i64))
    }),
    ("static ulong BigMul(ulong a, ulong b, out ulong low)", |a| {
        let product = u128::from(a.u64(0)) * u128::from(a.u64(1));
        a.set_out(2, Value::UInt64(product as u64));
        Ok(Value::UInt64((product >> 64) as u64))
    }),
    ("static long DivRem(long a, long b, out long result)", |a| {
        let (x, y) = (a.i64(0), a.i64(1));
        if y == 0 {
            return Err(Thrown::divide_by_zero());
        }
        a.set_out(2, Value::Int64(x.wrapping_rem(y)));
        Ok(Value::Int64(x.checked_div(y).ok_or_else(Thrown::arithmetic_overflow)?))
    }),
    ("static (sbyte Quotient, sbyte Remainder) DivRem(sbyte left, sbyte right)", |a| div_rem(a, known::SBYTE)),
    ("static (byte Quotient, byte Remainder) DivRem(byte left, byte right)", |a| div_rem(a, known::BYTE)),
    ("static (short Quotient, short Remainder) DivRem(short left, short right)", |a| div_rem(a, known::INT16)),
    ("static (ushort Quotient, ushort Remainder) DivRem(ushort left, ushort right)", |a| div_rem(a, known::UINT16)),
    ("static (int Quotient, int Remainder) DivRem(int left, int right)", |a| div_rem(a, known::INT32)),
    ("static (uint Quotient, uint Remainder) DivRem(uint left, uint right)", |a| div_rem(a, known::UINT32)),
    ("static (long Quotient, long Remainder) DivRem(long left, long right)", |a| div_rem(a, known::INT64)),
    ("static (ulong Quotient, ulong Remainder) DivRem(ulong left, ulong right)", |a| div_rem(a, known::UINT64)),
    ("static int Max(int val1, int val2)", |a| pick(a, true)),
    ("static uint Max(uint val1, uint val2)", |a| pick(a, true)),
    ("static long Max(long val1, long val2)", |a| pick(a, true)),
    ("static ulong Max(ulong val1, ulong val2)", |a| pick(a, true)),
    ("static float Max(float val1, float val2)", |a| pick(a, true)),
    ("static double Max(double val1, double val2)", |a| pick(a, true)),
    ("static decimal Max(decimal val1, decimal val2)", |a| pick(a, true)),
    ("static byte Max(byte val1, byte val2)", |a| pick(a, true)),
    ("static int Min(int val1, int val2)", |a| pick(a, false)),
    ("static uint Min(uint val1, uint val2)", |a| pick(a, false)),
    ("static long Min(long val1, long val2)", |a| pick(a, false)),
    ("static ulong Min(ulong val1, ulong val2)", |a| pick(a, false)),
    ("static float Min(float val1, float val2)", |a| pick(a, false)),
    ("static double Min(double val1, double val2)", |a| pick(a, false)),
    ("static decimal Min(decimal val1, decimal val2)", |a| pick(a, false)),
    ("static byte Min(byte val1, byte val2)", |a| pick(a, false)),
    ("static double Round(double a)", round),
    ("static double Round(double value, int digits)", round),
    ("static double Round(double value, MidpointRounding mode)", round),
    ("static double Round(double value, int digits, MidpointRounding mode)", round),
    ("static decimal Round(decimal d)", round),
    ("static decimal Round(decimal d, int decimals)", round),
    ("static decimal Round(decimal d, MidpointRounding mode)", round),
    ("static decimal Round(decimal d, int decimals, MidpointRounding mode)", round),
    ("static double Floor(double d)", |a| rounding(a, f64::floor, Decimal::floor)),
    ("static decimal Floor(decimal d)", |a| rounding(a, f64::floor, Decimal::floor)),
    ("static double Ceiling(double a)", |a| rounding(a, f64::ceil, Decimal::ceiling)),
    ("static decimal Ceiling(decimal d)", |a| rounding(a, f64::ceil, Decimal::ceiling)),
    ("static double Truncate(double d)", |a| rounding(a, f64::trunc, Decimal::truncate)),
    ("static decimal Truncate(decimal d)", |a| rounding(a, f64::trunc, Decimal::truncate)),
    ("static int Sign(int value)", sign),
    ("static int Sign(long value)", sign),
    ("static int Sign(double value)", sign),
    ("static int Sign(decimal value)", sign),
    ("static int Clamp(int value, int min, int max)", clamp),
    ("static long Clamp(long value, long min, long max)", clamp),
    ("static double Clamp(double value, double min, double max)", clamp),
    ("static decimal Clamp(decimal value, decimal min, decimal max)", clamp),
    ("static double Sqrt(double d)", |a| float(a, f64::sqrt)),
    ("static double Cbrt(double d)", |a| float(a, f64::cbrt)),
    ("static double Exp(double d)", |a| float(a, f64::exp)),
    ("static double Log(double d)", |a| float(a, f64::ln)),
    ("static double Log(double a, double newBase)", |a| Ok(Value::Double(math::log(a.f64(0), a.f64(1))))),
    ("static double Log10(double d)", |a| float(a, f64::log10)),
    ("static double Log2(double x)", |a| float(a, f64::log2)),
    ("static double Pow(double x, double y)", |a| Ok(Value::Double(math::pow(a.f64(0), a.f64(1))))),
    ("static double Sin(double a)", |a| float(a, f64::sin)),
    ("static double Cos(double d)", |a| float(a, f64::cos)),
    ("static double Tan(double a)", |a| float(a, f64::tan)),
    ("static double Asin(double d)", |a| float(a, f64::asin)),
    ("static double Acos(double d)", |a| float(a, f64::acos)),
    ("static double Atan(double d)", |a| float(a, f64::atan)),
    ("static double Atan2(double y, double x)", |a| Ok(Value::Double(a.f64(0).atan2(a.f64(1))))),
    ("static double Sinh(double value)", |a| float(a, f64::sinh)),
    ("static double Cosh(double value)", |a| float(a, f64::cosh)),
    ("static double Tanh(double value)", |a| float(a, f64::tanh)),
    ("static double IEEERemainder(double x, double y)", |a| {
        Ok(Value::Double(math::ieee_remainder(a.f64(0), a.f64(1))))
    }),
    ("static long BigMul(int a, int b)", |a| Ok(Value::Int64(i64::from(a.i32(0)) * i64::from(a.i32(1))))),
    ("static int DivRem(int a, int b, out int result)", |a| {
        let (x, y) = (a.i32(0), a.i32(1));
        if y == 0 {
            return Err(Thrown::divide_by_zero());
        }
        a.set_out(2, Value::Int32(x.wrapping_rem(y)));
        Ok(Value::Int32(x.checked_div(y).ok_or_else(Thrown::arithmetic_overflow)?))
    }),
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn numbers() {
        check(&[
            ("Math.DivRem(7, 2).Quotient + Math.DivRem(7L, 2L).Remainder", "4"),
            ("Math.DivRem(1, 0)", "!DivideByZeroException"),
            ("Math.BigMul(int.MaxValue, 2)", "4294967294"),
            ("Math.CopySign(3, -0.0)", "-3"),
            ("Math.ScaleB(1.5, 4) + Math.ILogB(8.0)", "27"),
            ("Math.MaxMagnitude(-3, 2)", "-3"),
            ("Math.Clamp((byte)9, (byte)1, (byte)5)", "5"),
            ("Math.Sign(-2f)", "-1"),
            ("Math.Abs(sbyte.MinValue)", "!OverflowException"),
            (
                "int.Abs(-5) + int.Max(1, 2) + int.PopCount(255) + int.LeadingZeroCount(1) + int.TrailingZeroCount(8)",
                "49",
            ),
            ("int.IsPow2(8) && !int.IsEvenInteger(3) && long.Clamp(9, 1, 5) == 5", "True"),
            ("(5).CompareTo((object)5L)", "!ArgumentException"),
            ("(5).CompareTo(null)", "1"),
            ("decimal.GetBits(1.5m)[3]", "65536"),
            ("new decimal(15, 0, 0, true, 1)", "-1.5"),
            ("decimal.ToInt32(2.9m) + decimal.Compare(1m, 2m)", "1"),
            ("decimal.ToByte(256m)", "!OverflowException"),
            ("(1.50m).Scale + (1.0m).GetHashCode() - (1.00m).GetHashCode()", "2"),
            ("double.IsInteger(2.0) && float.IsNegative(-1f) && double.IsSubnormal(double.Epsilon)", "True"),
            ("int n; return int.TryParse(\"12\", null, out n) + \",\" + n;", "True,12"),
        ]);
    }
}
