//! `decimal.Round`, `Truncate`, `Floor`, `Ceiling`.

use super::{Decimal, POWERS, SCALE_MAX};
use crate::dotnet::text::error::{DotnetError, DotnetResult};

/// `System.MidpointRounding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MidpointRounding {
    ToEven = 0,
    AwayFromZero = 1,
    ToZero = 2,
    ToNegativeInfinity = 3,
    ToPositiveInfinity = 4,
}

impl MidpointRounding {
    pub fn from_i32(value: i32) -> DotnetResult<Self> {
        Ok(match value {
            0 => Self::ToEven,
            1 => Self::AwayFromZero,
            2 => Self::ToZero,
            3 => Self::ToNegativeInfinity,
            4 => Self::ToPositiveInfinity,
            _ => {
                return Err(DotnetError::argument(
                    &format!("The value '{value}' is not valid for this usage of the type MidpointRounding."),
                    "mode",
                ));
            }
        })
    }
}

impl Decimal {
    /// `decimal.Round(value, decimals)`: half to even.
    pub fn round(self, decimals: i32) -> DotnetResult<Self> {
        self.round_mode(decimals, MidpointRounding::ToEven)
    }

    /// `decimal.Round(value, decimals, mode)`; a shorter scale is left as it is.
    pub fn round_mode(self, decimals: i32, mode: MidpointRounding) -> DotnetResult<Self> {
        if !(0..=i32::from(SCALE_MAX)).contains(&decimals) {
            return Err(DotnetError::out_of_range(
                "Decimal can only round to between 0 and 28 digits of precision.",
                "decimals",
            ));
        }
        let decimals = decimals as u8;
        if self.scale <= decimals {
            return Ok(self);
        }
        let power = POWERS[usize::from(self.scale - decimals)];
        let (mut quotient, rest) = (self.mantissa / power, self.mantissa % power);
        let up = match mode {
            MidpointRounding::ToEven => rest * 2 > power || (rest * 2 == power && quotient & 1 == 1),
            MidpointRounding::AwayFromZero => rest * 2 >= power,
            MidpointRounding::ToZero => false,
            MidpointRounding::ToNegativeInfinity => self.negative && rest != 0,
            MidpointRounding::ToPositiveInfinity => !self.negative && rest != 0,
        };
        quotient += u128::from(up);
        Ok(Self::raw(self.negative, quotient, decimals))
    }

    fn whole(self, mode: MidpointRounding) -> Self {
        // Zero places are always allowed.
        self.round_mode(0, mode).unwrap_or(self)
    }

    pub fn truncate(self) -> Self {
        self.whole(MidpointRounding::ToZero)
    }

    pub fn floor(self) -> Self {
        self.whole(MidpointRounding::ToNegativeInfinity)
    }

    pub fn ceiling(self) -> Self {
        self.whole(MidpointRounding::ToPositiveInfinity)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::decimal;
    use super::*;

    #[test]
    fn rounding() {
        use MidpointRounding::*;
        for (value, decimals, mode, expected) in [
            ("2.5", 0, ToEven, "2"),
            ("3.5", 0, ToEven, "4"),
            ("2.345", 2, ToEven, "2.34"),
            ("2.345", 2, AwayFromZero, "2.35"),
            ("-2.5", 0, AwayFromZero, "-3"),
            ("2.349", 2, ToZero, "2.34"),
            ("-2.341", 2, ToNegativeInfinity, "-2.35"),
            ("2.341", 2, ToPositiveInfinity, "2.35"),
            ("1.10", 3, ToEven, "1.10"),
        ] {
            assert_eq!(decimal(value).round_mode(decimals, mode).unwrap_or_default().to_string(), expected);
        }
        assert_eq!(decimal("-2.7").truncate().to_string(), "-2");
        assert_eq!(decimal("-2.1").floor().to_string(), "-3");
        assert_eq!(decimal("-2.1").ceiling().to_string(), "-2");
        assert!(decimal("1").round(29).is_err());
    }
}
