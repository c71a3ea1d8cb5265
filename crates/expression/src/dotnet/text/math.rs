//! `System.Math` where Rust's own functions differ from it.

use super::decimal::MidpointRounding;
use super::error::{DotnetError, DotnetResult};
use std::cmp::Ordering;

/// The most digits that `Math.Round` of a double takes.
const ROUNDING_DIGITS_MAX: i32 = 15;
/// Doubles from here on have no fraction.
const ROUNDING_LIMIT: f64 = 1e16;
/// The same for floats.
const ROUNDING_DIGITS_MAX_F32: i32 = 6;
const ROUNDING_LIMIT_F32: f32 = 1e8;

/// `Math.Round(value, mode)`.
pub fn round(value: f64, mode: MidpointRounding) -> f64 {
    match mode {
        MidpointRounding::ToEven => value.round_ties_even(),
        MidpointRounding::AwayFromZero => value.round(),
        MidpointRounding::ToZero => value.trunc(),
        MidpointRounding::ToNegativeInfinity => value.floor(),
        MidpointRounding::ToPositiveInfinity => value.ceil(),
    }
}

/// `Math.Round(value, digits, mode)`: scales, rounds and scales back, with the errors that brings.
pub fn round_digits(value: f64, digits: i32, mode: MidpointRounding) -> DotnetResult<f64> {
    if !(0..=ROUNDING_DIGITS_MAX).contains(&digits) {
        return Err(DotnetError::out_of_range("Rounding digits must be between 0 and 15, inclusive.", "digits"));
    }
    if value.abs() >= ROUNDING_LIMIT || value.is_nan() {
        return Ok(value);
    }
    let power = 10f64.powi(digits);
    Ok(round(value * power, mode) / power)
}

/// `MathF.Round(value, digits, mode)`.
pub fn round_digits_f32(value: f32, digits: i32, mode: MidpointRounding) -> DotnetResult<f32> {
    if !(0..=ROUNDING_DIGITS_MAX_F32).contains(&digits) {
        return Err(DotnetError::out_of_range("Rounding digits must be between 0 and 6, inclusive.", "digits"));
    }
    if value.abs() >= ROUNDING_LIMIT_F32 || value.is_nan() {
        return Ok(value);
    }
    let power = 10f32.powi(digits);
    Ok(round(f64::from(value * power), mode) as f32 / power)
}

/// `Math.Sign`; NaN has none.
pub fn sign(value: f64) -> DotnetResult<i32> {
    match value.partial_cmp(&0.0) {
        Some(ordering) => Ok(ordering as i32),
        None => Err(DotnetError {
            type_name: "System.ArithmeticException",
            message: "Function does not accept floating point Not-a-Number values.".into(),
        }),
    }
}

/// `Math.Max`: NaN wins, and 0 is above -0.
pub fn max(left: f64, right: f64) -> f64 {
    if left.is_nan() || (left == right && !left.is_sign_negative()) || left > right { left } else { right }
}

/// `Math.Min`: NaN wins, and -0 is below 0.
pub fn min(left: f64, right: f64) -> f64 {
    if left.is_nan() || (left == right && left.is_sign_negative()) || left < right { left } else { right }
}

/// `Math.Clamp`.
pub fn clamp(value: f64, low: f64, high: f64) -> DotnetResult<f64> {
    if low > high {
        return Err(clamp_failure(&super::number::print_f64(low), &super::number::print_f64(high)));
    }
    Ok(if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    })
}

/// What `Math.Clamp` of every type throws.
pub fn clamp_failure(low: &str, high: &str) -> DotnetError {
    DotnetError::argument(&format!("'{low}' cannot be greater than {high}."), "")
}

/// `Math.IEEERemainder`: to the nearest multiple, ties to the even one.
pub fn ieee_remainder(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let regular = x % y;
    if regular.is_nan() {
        return f64::NAN;
    }
    if regular == 0.0 && x.is_sign_negative() {
        return -0.0;
    }
    let alternative = regular - y.abs() * if x < 0.0 { -1.0 } else { 1.0 };
    match alternative.abs().partial_cmp(&regular.abs()) {
        Some(Ordering::Equal) => {
            let quotient = x / y;
            if (quotient.round_ties_even()).abs() > quotient.abs() { alternative } else { regular }
        }
        Some(Ordering::Less) => alternative,
        _ => regular,
    }
}

/// `Math.Log(value, base)`.
pub fn log(value: f64, base: f64) -> f64 {
    if value.is_nan() {
        return value;
    }
    if base.is_nan() {
        return base;
    }
    if base == 1.0 || (value != 1.0 && (base == 0.0 || base == f64::INFINITY)) {
        return f64::NAN;
    }
    value.ln() / base.ln()
}

/// `Math.Pow`, whose edge cases are C's, as Rust's are.
pub fn pow(x: f64, y: f64) -> f64 {
    x.powf(y)
}

/// `CompareTo` of doubles: NaN is equal to itself and below all else.
pub fn compare(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
}

/// `Equals` of doubles: NaN is equal to itself.
pub fn equals(left: f64, right: f64) -> bool {
    left == right || (left.is_nan() && right.is_nan())
}

/// `Math.Abs(int)` and its kin, for a type whose least value is `min`.
pub fn abs_integer(value: i128, min: i128) -> DotnetResult<i128> {
    if value == min {
        return Err(DotnetError::overflow("Negating the minimum value of a twos complement number is invalid."));
    }
    Ok(value.abs())
}

/// `Math.ScaleB(x, n)`: `x` times two to the `n`.
pub fn scale(x: f64, n: i32) -> f64 {
    // Three steps reach from the smallest subnormal to infinity and back without rounding twice.
    let mut value = x;
    let mut left = n.clamp(-2200, 2200);
    while left != 0 && value.is_finite() && value != 0.0 {
        let step = left.clamp(-1000, 1000);
        value *= 2f64.powi(step);
        left -= step;
    }
    value
}

/// `Math.ILogB(x)`: the exponent of two.
pub fn exponent(x: f64) -> i32 {
    if x == 0.0 {
        return i32::MIN;
    }
    if !x.is_finite() {
        return i32::MAX;
    }
    let exponent = ((x.to_bits() >> 52) & 0x7ff) as i32;
    if exponent == 0 { exponent_of_subnormal(x) } else { exponent - 1023 }
}

fn exponent_of_subnormal(x: f64) -> i32 {
    let mantissa = x.to_bits() & 0x000f_ffff_ffff_ffff;
    -1074 + 63 - mantissa.leading_zeros() as i32
}

/// `Math.MaxMagnitude` and `MinMagnitude`: by the distance from zero; NaN wins.
pub fn magnitude(x: f64, y: f64, larger: bool) -> f64 {
    if x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    let (ax, ay) = (x.abs(), y.abs());
    if ax == ay {
        return if larger == x.is_sign_negative() { y } else { x };
    }
    if (ax > ay) == larger { x } else { y }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding() {
        use MidpointRounding::{AwayFromZero, ToEven, ToNegativeInfinity, ToZero};
        for (value, digits, mode, expected) in [
            (2.5, 0, ToEven, 2.0),
            (-2.5, 0, ToEven, -2.0),
            (2.345, 2, ToEven, 2.35),
            (2.5, 0, AwayFromZero, 3.0),
            (1234.567, 1, ToEven, 1234.6),
            (-1.25, 1, ToZero, -1.2),
            (-1.21, 1, ToNegativeInfinity, -1.3),
            (1e300, 2, ToEven, 1e300),
        ] {
            assert_eq!(round_digits(value, digits, mode), Ok(expected), "{value} {digits}");
        }
        assert!(round_digits(1.0, 16, ToEven).is_err());
    }

    #[test]
    fn edges() {
        assert_eq!((sign(-4.2), sign(0.0)), (Ok(-1), Ok(0)));
        assert!(sign(f64::NAN).is_err());
        assert!(max(f64::NAN, 1.0).is_nan() && max(1.0, f64::NAN).is_nan() && min(1.0, f64::NAN).is_nan());
        assert!(max(-0.0, 0.0).is_sign_positive() && min(0.0, -0.0).is_sign_negative());
        assert_eq!(ieee_remainder(3.0, 2.0), -1.0);
        assert_eq!(ieee_remainder(5.0, 2.0), 1.0);
        assert_eq!(ieee_remainder(10.0, 3.0), 1.0);
        assert_eq!(log(8.0, 2.0), 3.0);
        assert!(log(2.0, 1.0).is_nan());
        assert_eq!(compare(1.0, f64::NAN), Ordering::Greater);
        assert_eq!(compare(f64::NAN, f64::NAN), Ordering::Equal);
        assert!(clamp(1.0, 3.0, 2.0).is_err());
        assert!(abs_integer(i128::from(i32::MIN), i128::from(i32::MIN)).is_err());
    }
}
