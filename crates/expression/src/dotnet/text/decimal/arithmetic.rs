//! The four operations, remainder and comparison.

use super::wide::Wide;
use super::{Decimal, MANTISSA_MAX, POWERS, SCALE_MAX};
use crate::dotnet::text::error::{DotnetError, DotnetResult};
use std::cmp::Ordering;

/// Digits by which a remainder (below 2^96) can be scaled within 128 bits.
const CHUNK: usize = 9;

impl Decimal {
    /// The larger scale of both; digits are only lost if 96 bits do not hold the sum.
    pub fn checked_add(self, other: Self) -> DotnetResult<Self> {
        let scale = self.scale.max(other.scale);
        let aligned = |value: Self| POWERS[usize::from(scale - value.scale)];
        let (a, b) = (aligned(self), aligned(other));
        if let (Some(left), Some(right)) = (self.mantissa.checked_mul(a), other.mantissa.checked_mul(b))
            && left <= i128::MAX as u128 / 2
            && right <= i128::MAX as u128 / 2
        {
            let signed = |magnitude: u128, negative| if negative { -(magnitude as i128) } else { magnitude as i128 };
            let sum = signed(left, self.negative) + signed(right, other.negative);
            if sum.unsigned_abs() <= MANTISSA_MAX {
                return Ok(Self::raw(sum < 0, sum.unsigned_abs(), scale));
            }
        }
        let (left, right) = (Wide::product(self.mantissa, a), Wide::product(other.mantissa, b));
        let (sum, negative) = if self.negative == other.negative {
            (left.add(right), self.negative)
        } else {
            let (difference, flipped) = left.difference(right);
            (difference, self.negative != flipped)
        };
        let (mantissa, scale) = sum.fit(u32::from(scale))?;
        Ok(Self::raw(negative, mantissa, scale))
    }

    pub fn checked_sub(self, other: Self) -> DotnetResult<Self> {
        self.checked_add(other.negate())
    }

    /// The sum of both scales, as far as 28 places and 96 bits allow.
    pub fn checked_mul(self, other: Self) -> DotnetResult<Self> {
        let scale = u32::from(self.scale) + u32::from(other.scale);
        let small = self.mantissa <= u128::from(u32::MAX) && other.mantissa <= u128::from(u32::MAX);
        if small && scale > 47 {
            // .NET does not keep the scale of such a zero.
            return Ok(Self::ZERO);
        }
        let (mantissa, scale) = Wide::product(self.mantissa, other.mantissa).fit(scale)?;
        Ok(Self::raw(self.negative != other.negative, mantissa, scale))
    }

    /// As many places as needed, at most 28; an exact quotient keeps at least the difference of the scales.
    pub fn checked_div(self, other: Self) -> DotnetResult<Self> {
        if other.is_zero() {
            return Err(DotnetError::divide_by_zero());
        }
        let divisor = other.mantissa;
        let mut scale = i32::from(self.scale) - i32::from(other.scale);
        let (mut quotient, mut remainder) = (self.mantissa / divisor, self.mantissa % divisor);
        let mut inexact = remainder != 0;
        while scale < 0 || (remainder != 0 && scale < i32::from(SCALE_MAX)) {
            let wanted = if scale < 0 { -scale } else { i32::from(SCALE_MAX) - scale };
            let mut count = (wanted as usize).min(CHUNK);
            loop {
                let scaled = remainder * POWERS[count];
                let next = quotient * POWERS[count] + scaled / divisor;
                if next <= MANTISSA_MAX {
                    (quotient, remainder) = (next, scaled % divisor);
                    scale += count as i32;
                    break;
                }
                count -= 1;
                if count == 0 {
                    break;
                }
            }
            if count == 0 {
                if scale < 0 {
                    return Err(Self::overflow());
                }
                break;
            }
            inexact |= remainder != 0;
        }
        let twice = remainder * 2;
        if twice > divisor || (twice == divisor && quotient & 1 == 1) {
            quotient += 1;
            if quotient > MANTISSA_MAX {
                if scale == 0 {
                    return Err(Self::overflow());
                }
                quotient = MANTISSA_MAX / 10 + 1;
                scale -= 1;
            }
        }
        while inexact && scale > 0 && quotient.is_multiple_of(10) {
            quotient /= 10;
            scale -= 1;
        }
        Ok(Self::raw(self.negative != other.negative, quotient, scale as u8))
    }

    /// The sign is the dividend's; the scale the larger one, or the dividend's if it is the smaller number.
    pub fn checked_rem(self, other: Self) -> DotnetResult<Self> {
        if other.is_zero() {
            return Err(DotnetError::divide_by_zero());
        }
        if self.abs().cmp(&other.abs()) == Ordering::Less {
            return Ok(self);
        }
        if self.scale >= other.scale {
            // The divisor is not larger than the dividend, so it fits scaled.
            let divisor = other.mantissa * POWERS[usize::from(self.scale - other.scale)];
            return Ok(Self::raw(self.negative, self.mantissa % divisor, self.scale));
        }
        let mut left = usize::from(other.scale - self.scale);
        let mut remainder = self.mantissa % other.mantissa;
        while left > 0 {
            let count = left.min(CHUNK);
            remainder = remainder * POWERS[count] % other.mantissa;
            left -= count;
        }
        Ok(Self::raw(self.negative, remainder, other.scale))
    }

    fn cmp_magnitude(self, other: Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        let left = self.mantissa.checked_mul(POWERS[usize::from(scale - self.scale)]);
        let right = other.mantissa.checked_mul(POWERS[usize::from(scale - other.scale)]);
        match (left, right) {
            (Some(left), Some(right)) => left.cmp(&right),
            // Only the number of the smaller scale can overflow, and it is above 2^96 then.
            (None, _) => Ordering::Greater,
            (_, None) => Ordering::Less,
        }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    /// By value: the scale does not count, nor does the sign of zero.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.sign(), other.sign()) {
            (1, 1) => self.cmp_magnitude(*other),
            (-1, -1) => other.cmp_magnitude(*self),
            (left, right) => left.cmp(&right),
        }
    }
}

impl std::hash::Hash for Decimal {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        let normal = self.normalized();
        (normal.negative, normal.scale, normal.mantissa).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::decimal;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn operations() {
        let check = |left: &str, operator: char, right: &str, expected: &str| {
            let (a, b) = (decimal(left), decimal(right));
            let result = match operator {
                '+' => a.checked_add(b),
                '-' => a.checked_sub(b),
                '*' => a.checked_mul(b),
                '/' => a.checked_div(b),
                _ => a.checked_rem(b),
            };
            let text = result.map_or_else(|error| error.message, |value| value.to_string());
            assert_eq!(text, expected, "{left} {operator} {right}");
        };
        let overflow = "Value was either too large or too small for a Decimal.";
        for (left, operator, right, expected) in [
            ("1.0", '+', "2.00", "3.00"),
            ("0.1", '+', "0.2", "0.3"),
            ("1.5", '-', "1.50", "0.00"),
            ("79228162514264337593543950335", '+', "1", overflow),
            ("79228162514264337593543950335", '+', "0.4", "79228162514264337593543950335"),
            ("7922816251426433759354395033.5", '+', "0.05", "7922816251426433759354395034"),
            ("-5", '+', "7.25", "2.25"),
            ("1.5", '*', "2", "3.0"),
            ("100", '*', "1.10", "110.00"),
            ("0.0000000000000000000000000001", '*', "0.1", "0.0000000000000000000000000000"),
            ("0.000000000000000000000001", '*', "0.000000000000000000000001", "0"),
            ("79228162514264337593543950335", '*', "2", overflow),
            ("1", '/', "3", "0.3333333333333333333333333333"),
            ("2", '/', "3", "0.6666666666666666666666666667"),
            ("10", '/', "4", "2.5"),
            ("10.00", '/', "4", "2.50"),
            ("1.0", '/', "4", "0.25"),
            ("10", '/', "0.04", "250"),
            ("1", '/', "0.1", "10"),
            ("79228162514264337593543950335", '/', "0.1", overflow),
            ("1", '/', "0", "Attempted to divide by zero."),
            ("7.0", '%', "2.5", "2.0"),
            ("-7", '%', "2.50", "-2.00"),
            ("1.5", '%', "2", "1.5"),
        ] {
            check(left, operator, right, expected);
        }
    }

    #[test]
    fn comparison_ignores_the_scale() {
        assert_eq!(decimal("1.0"), decimal("1.00"));
        assert_eq!(decimal("-0"), decimal("0.0"));
        assert!(decimal("79228162514264337593543950335") > decimal("0.0000000000000000000000000001"));
        assert!(decimal("-2") < decimal("-1.99"));
    }

    proptest! {
        #[test]
        fn sums_come_apart(a in -1_000_000_000_000i64..1_000_000_000_000, b in -1_000_000_000_000i64..1_000_000_000_000,
                           s in 0..10u8, t in 0..10u8) {
            let make = |value: i64, scale| Decimal::raw(value < 0, u128::from(value.unsigned_abs()), scale);
            let (a, b) = (make(a, s), make(b, t));
            prop_assert_eq!(a.checked_add(b).unwrap().checked_sub(b).unwrap(), a);
            if !b.is_zero() {
                let product = a.checked_mul(b).unwrap();
                prop_assert_eq!(product.checked_div(b).unwrap(), a);
                let remainder = a.checked_rem(b).unwrap();
                prop_assert!(remainder.abs() < b.abs());
            }
        }

        #[test]
        fn nothing_panics(a in 0..=MANTISSA_MAX, b in 0..=MANTISSA_MAX, s in 0..=28u8, t in 0..=28u8, n: bool, m: bool) {
            let (a, b) = (Decimal::raw(n, a, s), Decimal::raw(m, b, t));
            let _ = (a.checked_add(b), a.checked_mul(b), a.checked_div(b), a.checked_rem(b), a.cmp(&b));
        }
    }
}
