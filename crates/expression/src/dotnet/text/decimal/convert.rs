//! Decimals from and to the other numeric types.

use super::{Decimal, MANTISSA_MAX, POWERS, SCALE_MAX};
use crate::dotnet::text::error::DotnetResult;

/// How many decimal digits of a binary number a decimal takes over.
const DIGITS_F64: i32 = 15;
const DIGITS_F32: i32 = 7;

/// Powers of ten as doubles; those above 10^22 are rounded, as .NET's table is.
const POWERS_F64: [f64; 43] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38, 1e39,
    1e40, 1e41, 1e42,
];

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        Self::raw(value < 0, u128::from(value.unsigned_abs()), 0)
    }
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Self {
        Self::raw(false, u128::from(value), 0)
    }
}

impl Decimal {
    /// The nearest decimal integer; every C# integer type is exact.
    pub fn from_i128_saturating(value: i128) -> Self {
        Self::raw(value < 0, value.unsigned_abs().min(MANTISSA_MAX), 0)
    }

    /// `(decimal)value`: 15 significant digits.
    pub fn from_f64(value: f64) -> DotnetResult<Self> {
        from_float(value, ((value.to_bits() >> 52) & 0x7ff) as i32 - 1022, DIGITS_F64)
    }

    /// `(decimal)value`: 7 significant digits.
    pub fn from_f32(value: f32) -> DotnetResult<Self> {
        from_float(f64::from(value), ((value.to_bits() >> 23) & 0xff) as i32 - 126, DIGITS_F32)
    }

    /// `(double)value`; like .NET's own it may be off by an ulp.
    pub fn to_f64(self) -> f64 {
        // 2^64
        const HIGH: f64 = 18_446_744_073_709_551_616.0;
        let magnitude =
            (self.mantissa as u64 as f64 + (self.mantissa >> 64) as f64 * HIGH) / POWERS_F64[usize::from(self.scale)];
        if self.negative { -magnitude } else { magnitude }
    }

    /// The whole part.
    pub fn truncated(self) -> i128 {
        // Below 2^96.
        let whole = (self.mantissa / POWERS[usize::from(self.scale)]) as i128;
        if self.negative { -whole } else { whole }
    }
}

/// Scales to an integer of `digits` digits in floating point, exactly as .NET does, then drops zeros.
fn from_float(input: f64, exponent: i32, digits: i32) -> DotnetResult<Decimal> {
    if exponent < -94 {
        return Ok(Decimal::ZERO);
    }
    if exponent > 96 {
        return Err(Decimal::overflow());
    }
    let (above, least) = (POWERS_F64[digits as usize], POWERS_F64[digits as usize - 1]);
    let mut scaled = input.abs();
    // log10(2) as a 16-bit fraction.
    let mut power = digits - 1 - ((exponent * 19_728) >> 16);
    if power >= 0 {
        power = power.min(i32::from(SCALE_MAX));
        scaled *= POWERS_F64[power as usize];
    } else if power != -1 || scaled >= above {
        scaled /= POWERS_F64[(-power) as usize];
    } else {
        power = 0;
    }
    if scaled < least && power < i32::from(SCALE_MAX) {
        scaled *= 10.0;
        power += 1;
    }
    let mut mantissa = scaled.round_ties_even() as u128;
    if mantissa == 0 {
        return Ok(Decimal::ZERO);
    }
    if power < 0 {
        // 15 digits and at most 14 zeros.
        mantissa *= POWERS[(-power) as usize];
        if mantissa > MANTISSA_MAX {
            return Err(Decimal::overflow());
        }
        return Ok(Decimal::raw(input < 0.0, mantissa, 0));
    }
    let mut left = power.min(digits - 1);
    while left > 0 && mantissa.is_multiple_of(10) {
        mantissa /= 10;
        power -= 1;
        left -= 1;
    }
    Ok(Decimal::raw(input < 0.0, mantissa, power as u8))
}

#[cfg(test)]
mod tests {
    use super::super::tests::decimal;
    use super::*;

    #[test]
    fn from_doubles() {
        for (value, expected) in [
            (0.1, "0.1"),
            (1.25, "1.25"),
            (1.0 / 3.0, "0.333333333333333"),
            (123_456_789.123_456_79, "123456789.123457"),
            (1e20, "100000000000000000000"),
            (-2.5e-10, "-0.00000000025"),
            (1e-40, "0"),
            (100.0, "100"),
        ] {
            assert_eq!(Decimal::from_f64(value).map(|value| value.to_string()), Ok(expected.into()));
        }
        assert!(Decimal::from_f64(1e30).is_err());
        assert!(Decimal::from_f64(f64::NAN).is_err());
        assert_eq!(Decimal::from_f32(3.3).map(|value| value.to_string()), Ok("3.3".into()));
        assert_eq!(Decimal::from_f32(1.0 / 3.0).map(|value| value.to_string()), Ok("0.3333333".into()));
    }

    #[test]
    fn to_doubles() {
        assert_eq!(decimal("1.25").to_f64(), 1.25);
        assert_eq!(decimal("-79228162514264337593543950335").to_f64(), -7.922_816_251_426_434e28);
        assert_eq!(decimal("-2.9").truncated(), -2);
    }
}
