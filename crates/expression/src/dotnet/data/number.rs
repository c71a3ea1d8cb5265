//! Floating and decimal numbers as the shortest text that reads back the same, as .NET prints it.

use std::fmt::Write as _;

/// Above so many integral digits .NET turns to scientific notation (`double`).
const DOUBLE_DIGITS_MAX: i32 = 17;
/// The same of `float`.
const SINGLE_DIGITS_MAX: i32 = 9;

/// `double.ToString()` under the invariant culture.
pub fn double_text(value: f64) -> String {
    match special_text(value) {
        Some(text) => text.to_owned(),
        None => finite_text(ryu::Buffer::new().format_finite(value), DOUBLE_DIGITS_MAX),
    }
}

/// `float.ToString()` under the invariant culture.
pub fn single_text(value: f32) -> String {
    match special_text(f64::from(value)) {
        Some(text) => text.to_owned(),
        None => finite_text(ryu::Buffer::new().format_finite(value), SINGLE_DIGITS_MAX),
    }
}

fn special_text(value: f64) -> Option<&'static str> {
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

/// Lays out the digits of ryu's text as .NET's general format does.
fn finite_text(shortest: &str, digits_max: i32) -> String {
    let (sign, unsigned) = match shortest.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", shortest),
    };
    let (mantissa, exponent) = match unsigned.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().unwrap_or(0)),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    // Where the decimal point stands, counted from the first significant digit.
    let point = whole.len() as i32 + exponent - (all.len() - digits.len()) as i32;
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() {
        return format!("{sign}0");
    }
    let mut text = String::from(sign);
    if point > digits_max.max(digits.len() as i32) || point < -4 + 1 {
        text.push_str(&digits[..1]);
        if digits.len() > 1 {
            text.push('.');
            text.push_str(&digits[1..]);
        }
        let exponent = point - 1;
        let _ = write!(text, "E{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    } else if point <= 0 {
        text.push_str("0.");
        text.extend(std::iter::repeat_n('0', -point as usize));
        text.push_str(digits);
    } else if digits.len() as i32 <= point {
        text.push_str(digits);
        text.extend(std::iter::repeat_n('0', point as usize - digits.len()));
    } else {
        text.push_str(&digits[..point as usize]);
        text.push('.');
        text.push_str(&digits[point as usize..]);
    }
    text
}

/// Reads what `double.Parse` accepts with `NumberStyles.Float`: blanks around, sign, digits, point,
/// exponent.
pub fn parse_double(text: &str) -> Option<f64> {
    let trimmed = text.trim_matches(is_number_blank);
    let unsigned = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    match unsigned.to_ascii_lowercase().as_str() {
        "infinity" | "∞" => return Some(if trimmed.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        "nan" => return Some(f64::NAN),
        _ => {}
    }
    let plain = unsigned.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if !plain || !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    trimmed.parse().ok()
}

/// Blanks that .NET's number parsing skips on both sides.
pub fn is_number_blank(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_dotnet_prints_them() {
        for (value, expected) in [
            (1.0, "1"),
            (1.5, "1.5"),
            (-0.0, "-0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-5, "1E-05"),
            (0.0001, "0.0001"),
            (1234567890123456789.0, "1.2345678901234568E+18"),
            (9007199254740992.0, "9007199254740992"),
            (1e20, "1E+20"),
            (f64::MAX, "1.7976931348623157E+308"),
            (5e-324, "5E-324"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(double_text(value), expected);
        }
        assert_eq!(single_text(f32::MAX), "3.4028235E+38");
        assert_eq!(single_text(0.1), "0.1");
    }
}
