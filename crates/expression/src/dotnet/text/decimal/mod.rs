//! `System.Decimal`: a sign, 96 bits and a decimal scale that is kept (`1.0 + 2.00` is `3.00`).
//!
//! Not a wrapper of a decimal crate: scale and rounding of every operation must be .NET's.

mod arithmetic;
mod convert;
mod round;
mod wide;

use crate::dotnet::text::error::{DotnetError, DotnetResult};
use crate::dotnet::text::number::digits::{Digits, Source};
use crate::dotnet::text::number::{NumberStyles, format_decimal_digits, parse_digits, validate_float_style};
pub use round::MidpointRounding;

/// The largest mantissa: 96 ones.
pub(super) const MANTISSA_MAX: u128 = (1 << 96) - 1;
/// The most digits behind the point.
pub(super) const SCALE_MAX: u8 = 28;
pub(super) const POWERS: [u128; 39] = powers_of_ten();

const fn powers_of_ten() -> [u128; 39] {
    let mut powers = [1u128; 39];
    let mut at = 1;
    while at < 39 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
}

/// `mantissa × 10^-scale`; the mantissa fits 96 bits and the scale is at most 28.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decimal {
    negative: bool,
    scale: u8,
    mantissa: u128,
}

impl Decimal {
    pub const ZERO: Self = Self { negative: false, scale: 0, mantissa: 0 };
    pub const ONE: Self = Self { negative: false, scale: 0, mantissa: 1 };
    pub const MINUS_ONE: Self = Self { negative: true, scale: 0, mantissa: 1 };
    pub const MAX: Self = Self { negative: false, scale: 0, mantissa: MANTISSA_MAX };
    pub const MIN: Self = Self { negative: true, scale: 0, mantissa: MANTISSA_MAX };

    /// `new decimal(lo, mid, hi, isNegative, scale)`.
    pub fn from_parts(lo: i32, mid: i32, hi: i32, negative: bool, scale: u8) -> DotnetResult<Self> {
        if scale > SCALE_MAX {
            return Err(DotnetError::out_of_range(
                "Decimal's scale value must be between 0 and 28, inclusive.",
                "scale",
            ));
        }
        let mantissa = u128::from(lo as u32) | u128::from(mid as u32) << 32 | u128::from(hi as u32) << 64;
        Ok(Self { negative, scale, mantissa })
    }

    /// `new decimal(int[])` and the inverse of [`Decimal::get_bits`].
    pub fn from_bits(bits: &[i32]) -> DotnetResult<Self> {
        let invalid =
            || DotnetError::argument("Decimal constructor requires an array or span of four valid decimal bytes.", "");
        let [lo, mid, hi, flags] = bits else { return Err(invalid()) };
        if flags & 0x7f00_ffff != 0 {
            return Err(invalid());
        }
        Self::from_parts(*lo, *mid, *hi, *flags < 0, (flags >> 16) as u8).map_err(|_| invalid())
    }

    /// `decimal.GetBits`: low, middle, high, flags.
    pub fn get_bits(self) -> [i32; 4] {
        let flags = i32::from(self.scale) << 16 | if self.negative { i32::MIN } else { 0 };
        [self.mantissa as i32, (self.mantissa >> 32) as i32, (self.mantissa >> 64) as i32, flags]
    }

    /// A value whose parts are known to be in range, from integer arithmetic.
    pub(super) fn raw(negative: bool, mantissa: u128, scale: u8) -> Self {
        debug_assert!(mantissa <= MANTISSA_MAX && scale <= SCALE_MAX);
        Self { negative, scale, mantissa }
    }

    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    pub fn is_negative(self) -> bool {
        self.negative && self.mantissa != 0
    }

    pub fn scale(self) -> u8 {
        self.scale
    }

    /// The 96-bit magnitude without scale and sign.
    pub fn mantissa(self) -> u128 {
        self.mantissa
    }

    pub fn negate(self) -> Self {
        Self { negative: !self.negative, ..self }
    }

    pub fn abs(self) -> Self {
        Self { negative: false, ..self }
    }

    /// `Math.Sign`.
    pub fn sign(self) -> i32 {
        match (self.mantissa, self.negative) {
            (0, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }

    /// The same value with the shortest scale; equal values have equal normal forms (for hashing).
    pub fn normalized(mut self) -> Self {
        while self.scale > 0 && self.mantissa.is_multiple_of(10) {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self.negative &= self.mantissa != 0;
        self
    }

    /// `ToString(format)`; an empty format keeps the scale.
    pub fn format(self, format: &str) -> DotnetResult<String> {
        format_decimal_digits(self.digits(), format)
    }

    fn digits(self) -> Digits {
        Digits::from_magnitude(self.mantissa, self.negative, self.scale, Source::Decimal)
    }

    /// `decimal.Parse(text, style)`.
    pub fn parse(text: &str, style: NumberStyles) -> DotnetResult<Self> {
        validate_float_style(style)?;
        let number = parse_digits(text, style, Source::Decimal).ok_or_else(|| DotnetError::bad_number(text))?;
        Self::from_digits(&number).ok_or_else(Self::overflow)
    }

    /// `decimal.TryParse(text, style, …)`; `Err` only for a style that is no style.
    pub fn try_parse(text: &str, style: NumberStyles) -> DotnetResult<Option<Self>> {
        validate_float_style(style)?;
        Ok(parse_digits(text, style, Source::Decimal).and_then(|number| Self::from_digits(&number)))
    }

    /// Rounds half to even what 96 bits and 28 places do not hold; `None` if out of range.
    fn from_digits(number: &Digits) -> Option<Self> {
        let mut exponent = i64::from(number.scale);
        if number.is_zero() {
            let scale = (-exponent).clamp(0, i64::from(SCALE_MAX)) as u8;
            return Some(Self::raw(number.negative, 0, scale));
        }
        if exponent > 29 {
            return None;
        }
        let mut mantissa = 0u128;
        let mut rest = number.digits.as_slice();
        while exponent > 0 || (!rest.is_empty() && exponent > -i64::from(SCALE_MAX)) {
            let digit = rest.first().map_or(0, |digit| u128::from(digit - b'0'));
            let next = mantissa * 10 + digit;
            if next > MANTISSA_MAX {
                break;
            }
            mantissa = next;
            rest = rest.get(1..).unwrap_or_default();
            exponent -= 1;
        }
        if let Some((&first, tail)) = rest.split_first() {
            let above_half = first > b'5' || tail.iter().any(|digit| *digit != b'0');
            if first >= b'5' && (above_half || mantissa & 1 == 1) {
                mantissa += 1;
                if mantissa > MANTISSA_MAX {
                    // 2^96 / 10, rounded.
                    mantissa = MANTISSA_MAX / 10 + 1;
                    exponent += 1;
                }
            }
        }
        if exponent > 0 {
            return None;
        }
        if exponent < -i64::from(SCALE_MAX) {
            return Some(Self::raw(number.negative, 0, SCALE_MAX));
        }
        Some(Self::raw(number.negative, mantissa, (-exponent) as u8))
    }

    pub(super) fn overflow() -> DotnetError {
        DotnetError::overflow("Value was either too large or too small for a Decimal.")
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(self.mantissa);
        if self.is_negative() {
            f.write_str("-")?;
        }
        let scale = usize::from(self.scale);
        if scale == 0 {
            return f.write_str(digits);
        }
        match digits.len().checked_sub(scale) {
            Some(whole) if whole > 0 => write!(f, "{}.{}", &digits[..whole], &digits[whole..]),
            _ => {
                f.write_str("0.")?;
                for _ in digits.len()..scale {
                    f.write_str("0")?;
                }
                f.write_str(digits)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(super) fn decimal(text: &str) -> Decimal {
        Decimal::parse(text, NumberStyles::NUMBER).expect("a decimal literal")
    }

    #[test]
    fn text_keeps_the_scale() {
        for text in ["0", "0.00", "1.0", "12.50", "-0.001", "79228162514264337593543950335"] {
            assert_eq!(decimal(text).to_string(), text);
            assert_eq!(decimal(text).format("").unwrap_or_default(), text);
        }
        assert_eq!(decimal("1,234.50").to_string(), "1234.50");
        assert_eq!(decimal("0.33333333333333333333333333335").to_string(), "0.3333333333333333333333333334");
        assert_eq!(decimal("-0").to_string(), "0");
        assert_eq!(Decimal::parse("1.5e3", NumberStyles::ANY).map(|value| value.to_string()), Ok("1500".into()));
        assert!(Decimal::parse("79228162514264337593543950336", NumberStyles::NUMBER).is_err());
        assert!(Decimal::parse("1e3", NumberStyles::NUMBER).is_err());
    }

    #[test]
    fn formats() {
        for (value, format, expected) in [
            ("1.50", "0.####", "1.5"),
            ("1234.5678", "N1", "1,234.6"),
            ("2.5", "F0", "3"),
            ("2.345", "F2", "2.35"),
            ("0.00", "G", "0.00"),
            ("-0.001", "F2", "0.00"),
            ("1.0", "G", "1.0"),
            ("1.50", "G2", "1.5"),
            ("12345.678", "E3", "1.235E+004"),
            ("0.125", "P1", "12.5 %"),
            ("-3.5", "C", "(¤3.50)"),
        ] {
            assert_eq!(decimal(value).format(format).unwrap_or_default(), expected, "{value} {format}");
        }
        assert!(decimal("5.5").format("X").is_err());
        assert!(decimal("5.5").format("R").is_err());
    }

    proptest! {
        #[test]
        fn printed_decimals_read_back(mantissa in 0..=MANTISSA_MAX, scale in 0..=28u8, negative: bool) {
            let value = Decimal::raw(negative, mantissa, scale);
            let read = Decimal::parse(&value.to_string(), NumberStyles::NUMBER).unwrap();
            prop_assert_eq!((read.mantissa, read.scale), (mantissa, scale));
            prop_assert_eq!(value.format("").unwrap(), value.to_string());
        }
    }
}
