//! Text to numbers, Booleans and characters, by `NumberStyles`, under the invariant culture.

use super::convert::IntType;
use super::digits::{Digits, Source};
use crate::dotnet::text::error::{DotnetError, DotnetResult};
use smallvec::SmallVec;

/// `System.Globalization.NumberStyles`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberStyles(pub i32);

impl NumberStyles {
    pub const NONE: Self = Self(0);
    pub const ALLOW_LEADING_WHITE: Self = Self(0x1);
    pub const ALLOW_TRAILING_WHITE: Self = Self(0x2);
    pub const ALLOW_LEADING_SIGN: Self = Self(0x4);
    pub const ALLOW_TRAILING_SIGN: Self = Self(0x8);
    pub const ALLOW_PARENTHESES: Self = Self(0x10);
    pub const ALLOW_DECIMAL_POINT: Self = Self(0x20);
    pub const ALLOW_THOUSANDS: Self = Self(0x40);
    pub const ALLOW_EXPONENT: Self = Self(0x80);
    pub const ALLOW_CURRENCY_SYMBOL: Self = Self(0x100);
    pub const ALLOW_HEX_SPECIFIER: Self = Self(0x200);
    pub const ALLOW_BINARY_SPECIFIER: Self = Self(0x400);
    pub const INTEGER: Self = Self(0x7);
    pub const HEX_NUMBER: Self = Self(0x203);
    pub const BINARY_NUMBER: Self = Self(0x403);
    pub const NUMBER: Self = Self(0x6f);
    pub const FLOAT: Self = Self(0xa7);
    pub const CURRENCY: Self = Self(0x17f);
    pub const ANY: Self = Self(0x1ff);
    /// What `double.Parse(text)` takes.
    pub const FLOAT_DEFAULT: Self = Self(0xa7 | 0x40);

    pub fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    fn radix(self) -> Option<u32> {
        if self.has(Self::ALLOW_HEX_SPECIFIER) {
            Some(16)
        } else if self.has(Self::ALLOW_BINARY_SPECIFIER) {
            Some(2)
        } else {
            None
        }
    }
}

/// Fails on flags that do not exist or do not go together.
fn validate_integer_style(style: NumberStyles) -> DotnetResult<()> {
    if style.0 & !0x7ff != 0 {
        return Err(DotnetError::argument("An undefined NumberStyles value is being used.", "style"));
    }
    let radix = style.0 & 0x600;
    if radix == 0x600 || (radix != 0 && style.0 & !0x603 != 0) {
        return Err(DotnetError::argument(
            "With the AllowHexSpecifier or AllowBinarySpecifier bit set in the enum bit field, the only other valid \
             bits that can be combined into the enum value must be a subset of those in HexNumber or BinaryNumber.",
            "style",
        ));
    }
    Ok(())
}

/// The same for floating-point and decimal, which have no hexadecimal form.
pub(crate) fn validate_float_style(style: NumberStyles) -> DotnetResult<()> {
    if style.0 & !0x7ff != 0 {
        return Err(DotnetError::argument("An undefined NumberStyles value is being used.", "style"));
    }
    if style.0 & 0x600 != 0 {
        return Err(DotnetError::argument(
            "The number styles AllowHexSpecifier and AllowBinarySpecifier are not supported on floating point data \
             types.",
            "style",
        ));
    }
    Ok(())
}

/// What .NET takes for white space around a number.
fn is_white(byte: u8) -> bool {
    byte == b' ' || (0x09..=0x0d).contains(&byte)
}

/// Exponents above this are out of range of every type.
const EXPONENT_MAX: i32 = 100_000_000;
const CURRENCY_SYMBOL: &[u8] = "¤".as_bytes();

/// Reads `text` by `style`; `None` if it is no number.
pub(crate) fn parse_digits(text: &str, style: NumberStyles, source: Source) -> Option<Digits> {
    let mut reader = Reader { rest: text.as_bytes(), style, source, signed: false, open: false, currency: None };
    reader.currency = style.has(NumberStyles::ALLOW_CURRENCY_SYMBOL).then_some(CURRENCY_SYMBOL);
    let negative = reader.leading();
    let mut number = reader.body()?;
    let negative = reader.trailing() || negative;
    // .NET lets zeros (the character) follow: C strings.
    if reader.open || reader.rest.iter().any(|byte| *byte != 0) {
        return None;
    }
    number.negative = negative;
    if number.is_zero() && source != Source::Decimal {
        number.scale = 0;
    }
    Some(number)
}

struct Reader<'a> {
    rest: &'a [u8],
    style: NumberStyles,
    source: Source,
    signed: bool,
    /// A parenthesis waits for its end.
    open: bool,
    /// The currency symbol, until it was met.
    currency: Option<&'static [u8]>,
}

impl Reader<'_> {
    fn eat(&mut self, prefix: &[u8]) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn eat_currency(&mut self) -> bool {
        let met = self.currency.is_some_and(|symbol| self.eat(symbol));
        if met {
            self.currency = None;
        }
        met
    }

    /// White space, sign, parenthesis and currency symbol; true if negative.
    fn leading(&mut self) -> bool {
        let mut negative = false;
        let mut currency_met = false;
        while let Some(&byte) = self.rest.first() {
            let white = is_white(byte) && self.style.has(NumberStyles::ALLOW_LEADING_WHITE);
            // "-¤ 1" is a number, "- 1" is not; the invariant negative pattern is "-n".
            if white && (!self.signed || currency_met) {
                self.rest = &self.rest[1..];
            } else if !self.signed && self.style.has(NumberStyles::ALLOW_LEADING_SIGN) && matches!(byte, b'+' | b'-') {
                negative = byte == b'-';
                self.signed = true;
                self.rest = &self.rest[1..];
            } else if !self.signed && self.style.has(NumberStyles::ALLOW_PARENTHESES) && byte == b'(' {
                negative = true;
                self.signed = true;
                self.open = true;
                self.rest = &self.rest[1..];
            } else if self.eat_currency() {
                currency_met = true;
            } else {
                break;
            }
        }
        negative
    }

    /// White space, sign, parenthesis and currency symbol behind the digits; true if negative.
    fn trailing(&mut self) -> bool {
        let mut negative = false;
        while let Some(&byte) = self.rest.first() {
            if is_white(byte) && self.style.has(NumberStyles::ALLOW_TRAILING_WHITE) {
                self.rest = &self.rest[1..];
            } else if !self.signed && self.style.has(NumberStyles::ALLOW_TRAILING_SIGN) && matches!(byte, b'+' | b'-') {
                negative = byte == b'-';
                self.signed = true;
                self.rest = &self.rest[1..];
            } else if self.open && byte == b')' {
                self.open = false;
                self.rest = &self.rest[1..];
            } else if !self.eat_currency() {
                break;
            }
        }
        negative
    }

    /// Digits, groups, point and exponent.
    fn body(&mut self) -> Option<Digits> {
        let mut number = Digits { negative: false, scale: 0, digits: SmallVec::new(), source: self.source };
        let (mut any, mut point) = (false, false);
        while let Some(&byte) = self.rest.first() {
            match byte {
                b'0' if number.is_zero() => {
                    any = true;
                    number.scale -= i32::from(point);
                }
                b'0'..=b'9' => {
                    any = true;
                    number.digits.push(byte);
                    number.scale += i32::from(!point);
                }
                b'.' if !point && self.style.has(NumberStyles::ALLOW_DECIMAL_POINT) => point = true,
                b',' if any && !point && self.style.has(NumberStyles::ALLOW_THOUSANDS) => {}
                _ => break,
            }
            self.rest = &self.rest[1..];
        }
        if !any {
            return None;
        }
        if self.style.has(NumberStyles::ALLOW_EXPONENT) {
            number.scale = number.scale.saturating_add(self.exponent());
        }
        if self.source != Source::Decimal {
            while number.digits.last() == Some(&b'0') {
                number.digits.pop();
            }
        }
        Some(number)
    }

    /// The exponent, or 0 (and nothing read) if there is none.
    fn exponent(&mut self) -> i32 {
        let [b'e' | b'E', after @ ..] = self.rest else { return 0 };
        let (negative, digits) = match after {
            [b'-', digits @ ..] => (true, digits),
            [b'+', digits @ ..] => (false, digits),
            digits => (false, digits),
        };
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return 0;
        }
        let value = digits[..count].iter().fold(0i32, |value, digit| {
            if value >= EXPONENT_MAX { i32::MAX } else { value * 10 + i32::from(digit - b'0') }
        });
        self.rest = &digits[count..];
        if negative { -value } else { value }
    }
}

/// `int.Parse(text, style)` for every integer type.
pub fn parse_integer(text: &str, style: NumberStyles, to: IntType) -> DotnetResult<i128> {
    validate_integer_style(style)?;
    match read_integer(text, style, to) {
        Read::Value(value) => Ok(value),
        Read::Overflow => Err(to.overflow()),
        Read::NotANumber => Err(DotnetError::bad_number(text)),
    }
}

/// `int.Parse(text)`.
pub fn parse_integer_default(text: &str, to: IntType) -> DotnetResult<i128> {
    parse_integer(text, NumberStyles::INTEGER, to)
}

/// `int.TryParse(text, style, …)`; `Err` only for a style that is no style.
pub fn try_parse_integer(text: &str, style: NumberStyles, to: IntType) -> DotnetResult<Option<i128>> {
    validate_integer_style(style)?;
    Ok(match read_integer(text, style, to) {
        Read::Value(value) => Some(value),
        Read::Overflow | Read::NotANumber => None,
    })
}

enum Read {
    Value(i128),
    Overflow,
    NotANumber,
}

fn read_integer(text: &str, style: NumberStyles, to: IntType) -> Read {
    if let Some(radix) = style.radix() {
        return read_radix(text, style, to, radix);
    }
    let Some(number) = parse_digits(text, style, Source::Integer) else { return Read::NotANumber };
    let digits = number.digits.len() as i32;
    if number.is_zero() {
        return Read::Value(0);
    }
    // A fraction that is not zero, or more digits than any type has, is out of range.
    if number.scale > 20 || number.scale < digits {
        return Read::Overflow;
    }
    let value = (0..number.scale as usize)
        .map(|at| number.digits.get(at).map_or(0, |digit| i128::from(digit - b'0')))
        .fold(0i128, |value, digit| value * 10 + digit);
    let value = if number.negative { -value } else { value };
    if to.contains(value) { Read::Value(value) } else { Read::Overflow }
}

fn read_radix(text: &str, style: NumberStyles, to: IntType, radix: u32) -> Read {
    let mut rest = text;
    if style.has(NumberStyles::ALLOW_LEADING_WHITE) {
        rest = rest.trim_start_matches(|ch: char| ch.is_ascii() && is_white(ch as u8));
    }
    let count = rest.bytes().take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let (digits, mut after) = rest.split_at(count);
    if style.has(NumberStyles::ALLOW_TRAILING_WHITE) {
        after = after.trim_start_matches(|ch: char| ch.is_ascii() && is_white(ch as u8));
    }
    if count == 0 || after.bytes().any(|byte| byte != 0) {
        return Read::NotANumber;
    }
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Read::Value(0);
    }
    match u64::from_str_radix(significant, radix) {
        Ok(bits) if u128::from(bits) >> to.bits() == 0 => Read::Value(to.wrap(i128::from(bits))),
        _ => Read::Overflow,
    }
}

/// `double.Parse(text, style)`.
pub fn parse_f64(text: &str, style: NumberStyles) -> DotnetResult<f64> {
    try_parse_f64(text, style)?.ok_or_else(|| DotnetError::bad_number(text))
}

/// `double.TryParse(text, style, …)`; `Err` only for a style that is no style.
pub fn try_parse_f64(text: &str, style: NumberStyles) -> DotnetResult<Option<f64>> {
    validate_float_style(style)?;
    Ok(read_float(text, style))
}

/// `float.Parse(text, style)`.
pub fn parse_f32(text: &str, style: NumberStyles) -> DotnetResult<f32> {
    try_parse_f32(text, style)?.ok_or_else(|| DotnetError::bad_number(text))
}

/// `float.TryParse(text, style, …)`; `Err` only for a style that is no style.
pub fn try_parse_f32(text: &str, style: NumberStyles) -> DotnetResult<Option<f32>> {
    validate_float_style(style)?;
    Ok(read_float(text, style))
}

fn read_float<F: std::str::FromStr + From<f32> + std::ops::Neg<Output = F>>(
    text: &str,
    style: NumberStyles,
) -> Option<F> {
    let Some(number) = parse_digits(text, style, Source::Floating) else { return named_float(text) };
    let mut literal = String::with_capacity(number.digits.len() + 16);
    literal.push_str("0.");
    literal.extend(number.digits.iter().map(|digit| char::from(*digit)));
    literal.push('e');
    literal.push_str(itoa::Buffer::new().format(number.scale));
    let magnitude: F = if number.is_zero() { F::from(0.0) } else { literal.parse().ok()? };
    Some(if number.negative { -magnitude } else { magnitude })
}

fn named_float<F: From<f32> + std::ops::Neg<Output = F>>(text: &str) -> Option<F> {
    let name = super::super::string::trim(text);
    let (negative, name) = match name.as_bytes().first()? {
        b'-' => (true, &name[1..]),
        b'+' => (false, &name[1..]),
        _ => (false, name),
    };
    let value = if name.eq_ignore_ascii_case("Infinity") {
        f32::INFINITY
    } else if name.eq_ignore_ascii_case("NaN") {
        return Some(F::from(f32::NAN));
    } else {
        return None;
    };
    Some(F::from(if negative { -value } else { value }))
}

/// `bool.Parse(text)`.
pub fn parse_boolean(text: &str) -> DotnetResult<bool> {
    try_parse_boolean(text)
        .ok_or_else(|| DotnetError::format(format!("String '{text}' was not recognized as a valid Boolean.")))
}

/// `bool.TryParse(text, …)`.
pub fn try_parse_boolean(text: &str) -> Option<bool> {
    let text = text.trim_matches(|ch| ch == '\0' || super::super::string::is_white_space(ch));
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// `char.Parse(text)`: the only UTF-16 unit of it.
pub fn parse_char(text: &str) -> DotnetResult<u16> {
    let mut units = text.encode_utf16();
    match (units.next(), units.next()) {
        (Some(unit), None) => Ok(unit),
        _ => Err(DotnetError::format("String must be exactly one character long.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let parse = |text: &str, style, to| parse_integer(text, style, to).map_err(|error| error.message);
        let bad = |text: &str| Err(format!("The input string '{text}' was not in a correct format."));
        let default = |text: &str| parse(text, NumberStyles::INTEGER, IntType::Int32);
        assert_eq!(default(" -7 "), Ok(-7));
        assert_eq!(default("+15"), Ok(15));
        assert_eq!(default("0012\0"), Ok(12));
        for text in ["", " ", "4.2", "1,000", "0x1F", "12x", "- 1", "--1", "1-", "٣"] {
            assert_eq!(default(text), bad(text));
        }
        assert_eq!(default("99999999999"), Err("Value was either too large or too small for an Int32.".into()));
        assert_eq!(
            parse("256", NumberStyles::INTEGER, IntType::Byte),
            Err("Value was either too large or too small for an unsigned byte.".into())
        );
        assert!(parse("-1", NumberStyles::INTEGER, IntType::UInt32).is_err());
        assert_eq!(parse("-0", NumberStyles::INTEGER, IntType::UInt32), Ok(0));
        assert_eq!(parse("ff ", NumberStyles::HEX_NUMBER, IntType::SByte), Ok(-1));
        assert_eq!(parse("(1,234.00)", NumberStyles::ANY, IntType::Int32), Ok(-1234));
        assert_eq!(parse("1e3", NumberStyles::ANY, IntType::Int32), Ok(1000));
        assert_eq!(parse("¤ 5-", NumberStyles::ANY, IntType::Int32), Ok(-5));
        assert!(parse("1.5", NumberStyles::NUMBER, IntType::Int32).is_err());
        assert!(parse("1", NumberStyles(0x207), IntType::Int32).is_err());
    }

    #[test]
    fn floats() {
        let default = |text: &str| parse_f64(text, NumberStyles::FLOAT_DEFAULT).map_err(|error| error.message);
        assert_eq!(default("1e3"), Ok(1000.0));
        assert_eq!(default("1,234.5"), Ok(1234.5));
        assert_eq!(default(" .5"), Ok(0.5));
        assert_eq!(default("5."), Ok(5.0));
        assert_eq!(default("1e400"), Ok(f64::INFINITY));
        assert_eq!(default("1e-400"), Ok(0.0));
        assert_eq!(default("-Infinity"), Ok(f64::NEG_INFINITY));
        assert_eq!(default("1e99999999999"), Ok(f64::INFINITY));
        assert!(default("nan").is_ok_and(f64::is_nan));
        assert!(default("-0").is_ok_and(|value| value == 0.0 && value.is_sign_negative()));
        for text in ["abc", "", "1e", "e5", ".", "1.2.3", "1 2"] {
            assert!(default(text).is_err(), "{text}");
        }
        assert_eq!(parse_f32("3.4028235E+38", NumberStyles::FLOAT_DEFAULT), Ok(f32::MAX));
    }

    #[test]
    fn booleans_and_characters() {
        assert_eq!(try_parse_boolean(" TRUE\t"), Some(true));
        assert_eq!(try_parse_boolean("False"), Some(false));
        assert_eq!(try_parse_boolean("1"), None);
        assert_eq!(parse_char("é"), Ok(0xe9));
        assert!(parse_char("😀").is_err());
    }
}
