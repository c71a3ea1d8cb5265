//! Standard numeric format strings (`C D E F G N P R X B` with precision).

use super::custom::format_custom;
use super::digits::{Digits, Source};
use crate::dotnet::text::error::{DotnetError, DotnetResult};

/// The longest precision that is printed; .NET allows 999,999,999 and would fill a gigabyte.
const PRECISION_MAX: usize = 1_000_000;

/// Significant digits that custom format strings see of a double and of a float.
const CUSTOM_DIGITS_F64: usize = 15;
const CUSTOM_DIGITS_F32: usize = 7;

/// Below these many digits before the point `G` and `R` do not switch to `E` notation.
const ROUND_TRIP_DIGITS_F64: usize = 17;
const ROUND_TRIP_DIGITS_F32: usize = 9;

const CURRENCY_SYMBOL: char = '¤';
const DEFAULT_DECIMALS: usize = 2;
const DEFAULT_EXPONENT_DECIMALS: usize = 6;

/// What a format string asks for.
pub(super) enum Specifier {
    Standard { letter: u8, precision: Option<usize> },
    Custom,
}

/// Reads a format string: a letter with digits is standard, all else custom, empty is `G`.
pub(super) fn specifier(format: &str) -> DotnetResult<Specifier> {
    let bytes = format.as_bytes();
    let Some(&letter) = bytes.first() else { return Ok(Specifier::Standard { letter: b'G', precision: None }) };
    if letter == 0 {
        return Ok(Specifier::Standard { letter: b'G', precision: None });
    }
    if !letter.is_ascii_alphabetic() {
        return Ok(Specifier::Custom);
    }
    let digits = bytes[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = &bytes[1 + digits..];
    if !rest.is_empty() && rest[0] != 0 {
        return Ok(Specifier::Custom);
    }
    let mut precision = 0usize;
    for digit in &bytes[1..=digits] {
        if precision >= 100_000_000 {
            return Err(DotnetError::bad_format_specifier());
        }
        precision = precision * 10 + usize::from(digit - b'0');
    }
    if precision > PRECISION_MAX {
        return Err(DotnetError::out_of_memory());
    }
    Ok(Specifier::Standard { letter, precision: (digits > 0).then_some(precision) })
}

/// `ToString(format)` of an integer of `bits` bits (8, 16, 32 or 64); `value` must fit it.
pub fn format_integer(value: i128, bits: u8, format: &str) -> DotnetResult<String> {
    if format.is_empty() {
        return Ok(itoa::Buffer::new().format(value).to_owned());
    }
    let digits = || Digits::from_magnitude(value.unsigned_abs(), value < 0, 0, Source::Integer);
    let Specifier::Standard { letter, precision } = specifier(format)? else {
        return format_custom(digits(), format);
    };
    let bits_of_value = value as u128 & (u128::MAX >> (128 - u32::from(bits.clamp(1, 128))));
    let width = precision.unwrap_or(0);
    Ok(match letter {
        b'G' | b'g' if width == 0 => itoa::Buffer::new().format(value).to_owned(),
        b'D' | b'd' => {
            let sign = if value < 0 { "-" } else { "" };
            zero_padded(sign, itoa::Buffer::new().format(value.unsigned_abs()), width)
        }
        b'X' => zero_padded("", &format!("{bits_of_value:X}"), width),
        b'x' => zero_padded("", &format!("{bits_of_value:x}"), width),
        b'B' | b'b' => zero_padded("", &format!("{bits_of_value:b}"), width),
        _ => format_digits(digits(), letter, precision)?,
    })
}

// Not `{:0>width$}`: a formatting width above 65,535 panics.
fn zero_padded(sign: &str, text: &str, width: usize) -> String {
    let zeros = width.saturating_sub(text.len());
    let mut out = String::with_capacity(sign.len() + zeros + text.len());
    out.push_str(sign);
    out.extend(std::iter::repeat_n('0', zeros));
    out.push_str(text);
    out
}

/// `ToString()` of a double.
pub fn print_f64(value: f64) -> String {
    if let Some(name) = not_finite(value) {
        return name.to_owned();
    }
    // Integers below 2^53 are common and need no digit search.
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 && (value != 0.0 || value.is_sign_positive()) {
        return itoa::Buffer::new().format(value as i64).to_owned();
    }
    general(Digits::shortest_f64(value), ROUND_TRIP_DIGITS_F64, 'E')
}

/// `ToString()` of a float.
pub fn print_f32(value: f32) -> String {
    if let Some(name) = not_finite(f64::from(value)) {
        return name.to_owned();
    }
    general(Digits::shortest_f32(value), ROUND_TRIP_DIGITS_F32, 'E')
}

fn not_finite(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value == f64::INFINITY {
        Some("Infinity")
    } else if value == f64::NEG_INFINITY {
        Some("-Infinity")
    } else {
        None
    }
}

/// `ToString(format)` of a double.
pub fn format_f64(value: f64, format: &str) -> DotnetResult<String> {
    if format.is_empty() {
        return Ok(print_f64(value));
    }
    let float = Float {
        exact: value,
        shortest: || Digits::shortest_f64(value),
        round_trip_digits: ROUND_TRIP_DIGITS_F64,
        custom_digits: CUSTOM_DIGITS_F64,
    };
    float.format(format)
}

/// `ToString(format)` of a float.
pub fn format_f32(value: f32, format: &str) -> DotnetResult<String> {
    if format.is_empty() {
        return Ok(print_f32(value));
    }
    let float = Float {
        exact: f64::from(value),
        shortest: || Digits::shortest_f32(value),
        round_trip_digits: ROUND_TRIP_DIGITS_F32,
        custom_digits: CUSTOM_DIGITS_F32,
    };
    float.format(format)
}

struct Float<F: Fn() -> Digits> {
    exact: f64,
    shortest: F,
    round_trip_digits: usize,
    custom_digits: usize,
}

impl<F: Fn() -> Digits> Float<F> {
    fn format(&self, format: &str) -> DotnetResult<String> {
        if let Some(name) = not_finite(self.exact) {
            return Ok(name.to_owned());
        }
        let Specifier::Standard { letter, precision } = specifier(format)? else {
            return format_custom(Digits::significant(self.exact, self.custom_digits), format);
        };
        let decimals = precision.unwrap_or(DEFAULT_DECIMALS);
        let digits = match letter.to_ascii_uppercase() {
            b'C' | b'F' | b'N' => Digits::places(self.exact, decimals),
            b'P' => Digits::places(self.exact, decimals + 2),
            b'E' => Digits::significant(self.exact, precision.unwrap_or(DEFAULT_EXPONENT_DECIMALS) + 1),
            b'G' if precision.is_some_and(|count| count > 0) => {
                Digits::significant(self.exact, precision.unwrap_or_default())
            }
            b'G' | b'R' => {
                let exponent = if letter.is_ascii_uppercase() { 'E' } else { 'e' };
                return Ok(general((self.shortest)(), self.round_trip_digits, exponent));
            }
            _ => return Err(DotnetError::bad_format_specifier()),
        };
        format_digits(digits, letter, precision)
    }
}

/// `ToString(format)` of a decimal.
pub(crate) fn format_decimal_digits(number: Digits, format: &str) -> DotnetResult<String> {
    match specifier(format)? {
        Specifier::Standard { letter, precision } => format_digits(number, letter, precision),
        Specifier::Custom => format_custom(number, format),
    }
}

/// Prints `number` by a standard format letter, rounding what is not rounded yet.
fn format_digits(mut number: Digits, letter: u8, precision: Option<usize>) -> DotnetResult<String> {
    let rounded = number.source == Source::Floating;
    let decimals = precision.unwrap_or(DEFAULT_DECIMALS);
    let exponent = if letter.is_ascii_uppercase() { 'E' } else { 'e' };
    let mut out = String::new();
    match letter.to_ascii_uppercase() {
        b'C' => {
            number.round(i64::from(number.scale) + decimals as i64, rounded);
            let (open, close) = if number.negative { ("(", ")") } else { ("", "") };
            out.push_str(open);
            out.push(CURRENCY_SYMBOL);
            fixed(&mut out, &number, decimals, true);
            out.push_str(close);
        }
        b'F' | b'N' => {
            number.round(i64::from(number.scale) + decimals as i64, rounded);
            push_sign(&mut out, &number);
            fixed(&mut out, &number, decimals, letter.eq_ignore_ascii_case(&b'N'));
        }
        b'P' => {
            if !number.is_zero() {
                number.scale += 2;
            }
            number.round(i64::from(number.scale) + decimals as i64, rounded);
            push_sign(&mut out, &number);
            fixed(&mut out, &number, decimals, true);
            out.push_str(" %");
        }
        b'E' => {
            let decimals = precision.unwrap_or(DEFAULT_EXPONENT_DECIMALS);
            number.round(decimals as i64 + 1, rounded);
            push_sign(&mut out, &number);
            scientific(&mut out, &number, decimals, exponent);
        }
        b'G' => return Ok(general_digits(number, precision, exponent, rounded)),
        _ => return Err(DotnetError::bad_format_specifier()),
    }
    Ok(out)
}

fn general_digits(mut number: Digits, precision: Option<usize>, exponent: char, rounded: bool) -> String {
    if number.source == Source::Decimal && precision.is_none() {
        // The digits of a decimal are all significant, trailing zeros too.
        let mut out = String::new();
        if !number.is_zero() {
            push_sign(&mut out, &number);
        }
        plain(&mut out, &number.digits, i64::from(number.scale));
        return out;
    }
    let count = precision.filter(|count| *count > 0).unwrap_or(number.digits.len());
    number.round(count as i64, rounded);
    general(number, count, exponent)
}

fn push_sign(out: &mut String, number: &Digits) {
    if number.negative {
        out.push('-');
    }
}

/// The shorter of plain and `E` notation, as `G` means it.
fn general(number: Digits, digits_max: usize, exponent: char) -> String {
    let mut out = String::with_capacity(24);
    push_sign(&mut out, &number);
    let scale = i64::from(number.scale);
    if scale > digits_max as i64 || scale < -3 {
        plain(&mut out, &number.digits, 1);
        push_exponent(&mut out, exponent, scale - 1, 2, true);
    } else {
        plain(&mut out, &number.digits, scale);
    }
    out
}

/// The digits with the point after the first `point` of them.
fn plain(out: &mut String, digits: &[u8], point: i64) {
    let whole = point.max(0) as usize;
    if whole == 0 {
        out.push('0');
    }
    push_padded(out, digits, whole);
    let fraction = digits.get(whole..).unwrap_or_default();
    if !fraction.is_empty() || point < 0 {
        out.push('.');
        out.extend(std::iter::repeat_n('0', point.min(0).unsigned_abs() as usize));
        push_ascii(out, fraction);
    }
}

/// At least one digit before the point, exactly `decimals` behind it.
fn fixed(out: &mut String, number: &Digits, decimals: usize, grouped: bool) {
    let whole = number.scale.max(0) as usize;
    if whole == 0 {
        out.push('0');
    } else if grouped {
        for position in 0..whole {
            if position > 0 && (whole - position).is_multiple_of(3) {
                out.push(',');
            }
            out.push(number.digits.get(position).map_or('0', |digit| char::from(*digit)));
        }
    } else {
        push_padded(out, &number.digits, whole);
    }
    if decimals > 0 {
        out.push('.');
        let zeros = (number.scale.min(0).unsigned_abs() as usize).min(decimals);
        out.extend(std::iter::repeat_n('0', zeros));
        push_padded(out, number.digits.get(whole..).unwrap_or_default(), decimals - zeros);
    }
}

fn scientific(out: &mut String, number: &Digits, decimals: usize, exponent: char) {
    push_padded(out, &number.digits, 1);
    if decimals > 0 {
        out.push('.');
        push_padded(out, number.digits.get(1..).unwrap_or_default(), decimals);
    }
    let power = if number.is_zero() { 0 } else { i64::from(number.scale) - 1 };
    push_exponent(out, exponent, power, 3, true);
}

/// `e+05`: the letter, the sign and at least `digits_min` digits.
pub(super) fn push_exponent(out: &mut String, letter: char, power: i64, digits_min: usize, plus: bool) {
    out.push(letter);
    if power < 0 {
        out.push('-');
    } else if plus {
        out.push('+');
    }
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(power.unsigned_abs());
    out.extend(std::iter::repeat_n('0', digits_min.saturating_sub(text.len())));
    out.push_str(text);
}

/// The first `count` digits, zeros where there are fewer.
fn push_padded(out: &mut String, digits: &[u8], count: usize) {
    let present = &digits[..digits.len().min(count)];
    push_ascii(out, present);
    out.extend(std::iter::repeat_n('0', count - present.len()));
}

fn push_ascii(out: &mut String, digits: &[u8]) {
    out.extend(digits.iter().map(|digit| char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: DotnetResult<String>) -> String {
        result.unwrap_or_else(|error| error.message)
    }

    #[test]
    fn doubles() {
        let check = |value: f64, format: &str, expected: &str| {
            assert_eq!(text(format_f64(value, format)), expected, "{value:?} {format:?}");
        };
        for (value, format, expected) in [
            (0.1 + 0.2, "", "0.30000000000000004"),
            (1e15, "", "1000000000000000"),
            (1e16, "", "10000000000000000"),
            (1e17, "", "1E+17"),
            (1234567890123456789.0, "", "1.2345678901234568E+18"),
            (1e21, "R", "1E+21"),
            (1e-5, "", "1E-05"),
            (0.000123, "", "0.000123"),
            (0.0001, "", "0.0001"),
            (-0.0, "", "-0"),
            (-0.0, "F2", "-0.00"),
            (5e-324, "", "5E-324"),
            (f64::MAX, "", "1.7976931348623157E+308"),
            (f64::NAN, "F2", "NaN"),
            (f64::NEG_INFINITY, "", "-Infinity"),
            (2.5, "F0", "2"),
            (3.5, "F0", "4"),
            (0.5, "F0", "0"),
            (0.125, "F2", "0.12"),
            (2.345, "F2", "2.35"),
            (0.1, "F20", "0.10000000000000000555"),
            (1234.5678, "N2", "1,234.57"),
            (-1234.5, "C2", "(¤1,234.50)"),
            (0.256, "P", "25.60 %"),
            (-0.256, "P1", "-25.6 %"),
            (0.0, "P", "0.00 %"),
            (1234.5678, "E2", "1.23E+003"),
            (1234.5678, "e", "1.234568e+003"),
            (0.0, "E2", "0.00E+000"),
            (1234.5678, "G3", "1.23E+03"),
            (0.000012345, "G2", "1.2E-05"),
            (123.456, "G0", "123.456"),
            (123.456, "g17", "123.456"),
            (1e10, "G", "10000000000"),
            (1.0, "D", "Format specifier was invalid."),
            (1.0, "F1000000000", "Format specifier was invalid."),
        ] {
            check(value, format, expected);
        }
    }

    #[test]
    fn floats() {
        for (value, format, expected) in [
            (0.1f32, "", "0.1"),
            (1.0 / 3.0, "", "0.33333334"),
            (f32::MAX, "", "3.4028235E+38"),
            (16_777_216.0, "", "16777216"),
            (1e9, "", "1E+09"),
            (0.1, "F10", "0.1000000015"),
            (0.1, "G9", "0.100000001"),
        ] {
            assert_eq!(text(format_f32(value, format)), expected, "{value:?} {format:?}");
        }
    }

    #[test]
    fn integers() {
        for (value, bits, format, expected) in [
            (255, 32, "X", "FF"),
            (-1, 32, "x", "ffffffff"),
            (-1, 8, "X4", "00FF"),
            (-42, 32, "D5", "-00042"),
            (42, 32, "D", "42"),
            (5, 32, "B8", "00000101"),
            (1_234_567, 32, "N0", "1,234,567"),
            (i128::from(i64::MAX), 64, "N0", "9,223,372,036,854,775,807"),
            (12_345, 32, "G2", "1.2E+04"),
            (100, 32, "G", "100"),
            (100, 32, "E1", "1.0E+002"),
            (65, 32, "c0", "¤65"),
            (5, 32, "P0", "500 %"),
            (0, 32, "P0", "0 %"),
            (15, 32, "R", "Format specifier was invalid."),
            (15, 32, "Q", "Format specifier was invalid."),
        ] {
            assert_eq!(text(format_integer(value, bits, format)), expected, "{value} {format:?}");
        }
    }
}
