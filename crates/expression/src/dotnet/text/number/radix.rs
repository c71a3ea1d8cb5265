//! `Convert.ToString(value, toBase)` and `Convert.ToInt32(text, fromBase)` and their kin.

use super::convert::IntType;
use crate::dotnet::text::error::{DotnetError, DotnetResult};

/// `Convert.ToString(value, to_base)`: base 2, 8 and 16 print the two's complement of the type's width.
pub fn integer_to_base(value: i128, of: IntType, to_base: i32) -> DotnetResult<String> {
    let bits = value as u128 & (u128::MAX >> (128 - u32::from(of.bits())));
    match to_base {
        2 => Ok(format!("{bits:b}")),
        8 => Ok(format!("{bits:o}")),
        10 => Ok(value.to_string()),
        16 => Ok(format!("{bits:x}")),
        _ => Err(DotnetError::argument("Invalid Base.", "")),
    }
}

/// `Convert.ToInt32(text, from_base)` for every integer type; no text is zero.
pub fn integer_from_base(text: Option<&str>, from_base: i32, to: IntType) -> DotnetResult<i128> {
    if !matches!(from_base, 2 | 8 | 10 | 16) {
        return Err(DotnetError::argument("Invalid Base.", ""));
    }
    let Some(text) = text else { return Ok(0) };
    if text.is_empty() {
        return Err(DotnetError::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "startIndex",
        ));
    }
    let (negative, digits) = sign(text, from_base, to)?;
    let magnitude = magnitude(digits, from_base as u32, to)?;
    if from_base == 10 {
        let value = if negative { -(magnitude as i128) } else { magnitude as i128 };
        return if to.contains(value) { Ok(value) } else { Err(to.overflow()) };
    }
    // Other bases give the bits of the type.
    if magnitude >> to.bits() != 0 {
        return Err(to.overflow());
    }
    Ok(to.wrap(magnitude as i128))
}

fn sign(text: &str, from_base: i32, to: IntType) -> DotnetResult<(bool, &str)> {
    let (negative, rest) = match text.as_bytes().first() {
        Some(b'-') if from_base != 10 => {
            return Err(DotnetError::argument("String cannot contain a minus sign if the base is not 10.", ""));
        }
        Some(b'-') if !to.is_signed() => {
            return Err(DotnetError::overflow(
                "The string was being parsed as an unsigned number and could not have a negative sign.",
            ));
        }
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let prefix = from_base == 16 && (rest.starts_with("0x") || rest.starts_with("0X"));
    Ok((negative, if prefix { &rest[2..] } else { rest }))
}

fn magnitude(digits: &str, base: u32, to: IntType) -> DotnetResult<u128> {
    let count = digits.chars().take_while(|ch| ch.is_digit(base)).count();
    if count == 0 {
        return Err(DotnetError::format("Could not find any recognizable digits."));
    }
    let mut value = 0u128;
    for digit in digits[..count].chars().filter_map(|ch| ch.to_digit(base)) {
        value = value * u128::from(base) + u128::from(digit);
        if value > u128::from(u64::MAX) {
            return Err(to.overflow());
        }
    }
    if count < digits.len() {
        return Err(DotnetError::format("Additional non-parsable characters are at the end of the string."));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases() {
        let from = |text, base, to| integer_from_base(Some(text), base, to).map_err(|error| error.message);
        assert_eq!(from("FF", 16, IntType::Int32), Ok(255));
        assert_eq!(from("0xff", 16, IntType::SByte), Ok(-1));
        assert_eq!(from("FFFFFFFF", 16, IntType::Int32), Ok(-1));
        assert_eq!(from("777", 8, IntType::Int32), Ok(511));
        assert_eq!(from("-12", 10, IntType::Int64), Ok(-12));
        assert_eq!(from("12", 3, IntType::Int64), Err("Invalid Base.".into()));
        assert_eq!(from("2", 2, IntType::Int64), Err("Could not find any recognizable digits.".into()));
        assert!(from("1FFFFFFFF", 16, IntType::Int32).is_err());
        let to = |value, of, base| integer_to_base(value, of, base).unwrap_or_default();
        assert_eq!(to(255, IntType::Int32, 16), "ff");
        assert_eq!(to(-1, IntType::Int32, 16), "ffffffff");
        assert_eq!(to(-1, IntType::Int16, 2), "1111111111111111");
        assert_eq!(to(-8, IntType::Int64, 10), "-8");
    }
}
