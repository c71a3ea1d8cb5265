//! What .NET 7 gave `double` and `float`: the static members of generic mathematics, most of them as
//! in `Math`.

use super::TypeTable;
use super::number::{abs, clamp, float_test, pick, round, sign};
use crate::dotnet::text::math;
use crate::run::{Args, Outcome};
use crate::value::Value;

/// A result in the precision of the first argument.
fn real(a: &Args<'_, '_>, result: f64) -> Outcome {
    Ok(match a.get(0) {
        Value::Single(_) => Value::Single(result as f32),
        _ => Value::Double(result),
    })
}

fn map(a: &mut Args<'_, '_>, of: fn(f64) -> f64) -> Outcome {
    real(a, of(a.f64(0)))
}

fn map_two(a: &mut Args<'_, '_>, of: fn(f64, f64) -> f64) -> Outcome {
    real(a, of(a.f64(0), a.f64(1)))
}

fn rounded(a: &mut Args<'_, '_>) -> Outcome {
    match round(a)? {
        Value::Double(result) => real(a, result),
        other => Ok(other),
    }
}

/// The value next to a `float` or `double`.
fn next(a: &mut Args<'_, '_>, up: bool) -> Outcome {
    Ok(match a.get(0) {
        Value::Single(v) => Value::Single(if up { v.next_up() } else { v.next_down() }),
        _ => Value::Double(if up { a.f64(0).next_up() } else { a.f64(0).next_down() }),
    })
}

macro_rules! real_members {
    ($name:literal, $real:literal) => {
        TypeTable {
            decl: concat!(
                "struct System.",
                $name,
                " : IComparable, IComparable<",
                $real,
                ">, IFormattable, IEquatable<",
                $real,
                ">"
            ),
            members: &[
                (concat!("static ", $real, " Abs(", $real, " value)"), abs),
                (concat!("static int Sign(", $real, " value)"), sign),
                (concat!("static ", $real, " Max(", $real, " x, ", $real, " y)"), |a| pick(a, true)),
                (concat!("static ", $real, " Min(", $real, " x, ", $real, " y)"), |a| pick(a, false)),
                (concat!("static ", $real, " Clamp(", $real, " value, ", $real, " min, ", $real, " max)"), clamp),
                (concat!("static ", $real, " MaxMagnitude(", $real, " x, ", $real, " y)"), |a| {
                    map_two(a, |x, y| math::magnitude(x, y, true))
                }),
                (concat!("static ", $real, " MinMagnitude(", $real, " x, ", $real, " y)"), |a| {
                    map_two(a, |x, y| math::magnitude(x, y, false))
                }),
                (concat!("static ", $real, " CopySign(", $real, " value, ", $real, " sign)"), |a| {
                    map_two(a, f64::copysign)
                }),
                (concat!("static ", $real, " Floor(", $real, " x)"), |a| map(a, f64::floor)),
                (concat!("static ", $real, " Ceiling(", $real, " x)"), |a| map(a, f64::ceil)),
                (concat!("static ", $real, " Truncate(", $real, " x)"), |a| map(a, f64::trunc)),
                (concat!("static ", $real, " Round(", $real, " x)"), rounded),
                (concat!("static ", $real, " Round(", $real, " x, int digits)"), rounded),
                (concat!("static ", $real, " Round(", $real, " x, MidpointRounding mode)"), rounded),
                (concat!("static ", $real, " Round(", $real, " x, int digits, MidpointRounding mode)"), rounded),
                (concat!("static ", $real, " Sqrt(", $real, " x)"), |a| map(a, f64::sqrt)),
                (concat!("static ", $real, " Cbrt(", $real, " x)"), |a| map(a, f64::cbrt)),
                (concat!("static ", $real, " Hypot(", $real, " x, ", $real, " y)"), |a| map_two(a, f64::hypot)),
                (concat!("static ", $real, " Pow(", $real, " x, ", $real, " y)"), |a| map_two(a, math::pow)),
                (concat!("static ", $real, " Exp(", $real, " x)"), |a| map(a, f64::exp)),
                (concat!("static ", $real, " Log(", $real, " x)"), |a| map(a, f64::ln)),
                (concat!("static ", $real, " Log(", $real, " x, ", $real, " newBase)"), |a| map_two(a, math::log)),
                (concat!("static ", $real, " Log2(", $real, " value)"), |a| map(a, f64::log2)),
                (concat!("static ", $real, " Log10(", $real, " x)"), |a| map(a, f64::log10)),
                (concat!("static ", $real, " Sin(", $real, " x)"), |a| map(a, f64::sin)),
                (concat!("static ", $real, " Cos(", $real, " x)"), |a| map(a, f64::cos)),
                (concat!("static ", $real, " Tan(", $real, " x)"), |a| map(a, f64::tan)),
                (concat!("static ", $real, " Asin(", $real, " x)"), |a| map(a, f64::asin)),
                (concat!("static ", $real, " Acos(", $real, " x)"), |a| map(a, f64::acos)),
                (concat!("static ", $real, " Atan(", $real, " x)"), |a| map(a, f64::atan)),
                (concat!("static ", $real, " Atan2(", $real, " y, ", $real, " x)"), |a| map_two(a, f64::atan2)),
                (concat!("static ", $real, " Sinh(", $real, " x)"), |a| map(a, f64::sinh)),
                (concat!("static ", $real, " Cosh(", $real, " x)"), |a| map(a, f64::cosh)),
                (concat!("static ", $real, " Tanh(", $real, " x)"), |a| map(a, f64::tanh)),
                (concat!("static ", $real, " DegreesToRadians(", $real, " degrees)"), |a| {
                    map(a, |degrees| degrees * std::f64::consts::PI / 180.0)
                }),
                (concat!("static ", $real, " RadiansToDegrees(", $real, " radians)"), |a| {
                    map(a, |radians| radians * 180.0 / std::f64::consts::PI)
                }),
                (concat!("static ", $real, " Lerp(", $real, " value1, ", $real, " value2, ", $real, " amount)"), |a| {
                    let (low, high, amount) = (a.f64(0), a.f64(1), a.f64(2));
                    real(a, low * (1.0 - amount) + high * amount)
                }),
                (concat!("static ", $real, " BitIncrement(", $real, " x)"), |a| next(a, true)),
                (concat!("static ", $real, " BitDecrement(", $real, " x)"), |a| next(a, false)),
                (concat!("static bool IsPositive(", $real, " value)"), |a| float_test(a, f64::is_sign_positive)),
                (concat!("static bool IsRealNumber(", $real, " value)"), |a| float_test(a, |v| !v.is_nan())),
            ],
        }
    };
}

pub static TYPES: &[TypeTable] = &[real_members!("Double", "double"), real_members!("Single", "float")];
