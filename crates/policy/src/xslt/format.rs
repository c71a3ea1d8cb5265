//! `format-number()`. Source: XSLT 1.0, chapter 12.3, and the patterns of JDK 1.1 that it names.

use smol_str::SmolStr;

/// Digits of one number.
const DIGITS_MAX: usize = 500;

/// `xsl:decimal-format`.
#[derive(Debug, Clone)]
pub struct DecimalFormat {
    pub decimal: char,
    pub grouping: char,
    pub infinity: SmolStr,
    pub minus: char,
    pub nan: SmolStr,
    pub percent: char,
    pub per_mille: char,
    pub zero: char,
    pub digit: char,
    pub separator: char,
}

impl Default for DecimalFormat {
    fn default() -> DecimalFormat {
        DecimalFormat {
            decimal: '.',
            grouping: ',',
            infinity: "Infinity".into(),
            minus: '-',
            nan: "NaN".into(),
            percent: '%',
            per_mille: '\u{2030}',
            zero: '0',
            digit: '#',
            separator: ';',
        }
    }
}

/// One side of a pattern.
#[derive(Default)]
struct Picture {
    prefix: String,
    suffix: String,
    whole_min: usize,
    fraction_min: usize,
    fraction_max: usize,
    /// Digits between separators; 0: none.
    group: usize,
    scale: i32,
}

impl DecimalFormat {
    pub fn write(&self, number: f64, pattern: &str) -> String {
        if number.is_nan() {
            return self.nan.to_string();
        }
        let (positive, negative) = match pattern.split_once(self.separator) {
            Some((positive, negative)) => (positive, Some(negative)),
            None => (pattern, None),
        };
        let picture = self.picture(positive);
        let is_negative = number.is_sign_negative() && number != 0.0;
        let (prefix, suffix) = match negative.filter(|_| is_negative) {
            Some(negative) => {
                let negative = self.picture(negative);
                (negative.prefix, negative.suffix)
            }
            None if is_negative => (format!("{}{}", self.minus, picture.prefix), picture.suffix.clone()),
            None => (picture.prefix.clone(), picture.suffix.clone()),
        };
        let digits = if number.is_infinite() { self.infinity.to_string() } else { self.digits(number.abs(), &picture) };
        format!("{prefix}{digits}{suffix}")
    }

    fn picture(&self, pattern: &str) -> Picture {
        let mut picture = Picture::default();
        let is_number = |c: char| c == self.digit || c == self.zero || c == self.grouping || c == self.decimal;
        let (mut seen_number, mut seen_decimal, mut after) = (false, false, false);
        for c in pattern.chars() {
            if is_number(c) && !after {
                seen_number = true;
                match c {
                    c if c == self.decimal => seen_decimal = true,
                    c if c == self.grouping => picture.group = if seen_decimal { picture.group } else { usize::MAX },
                    c => {
                        let is_zero = c == self.zero;
                        if seen_decimal {
                            picture.fraction_max += 1;
                            picture.fraction_min += usize::from(is_zero);
                        } else {
                            picture.whole_min += usize::from(is_zero);
                            picture.group = match picture.group {
                                0 => 0,
                                usize::MAX => 1,
                                digits => digits + 1,
                            };
                        }
                    }
                }
                continue;
            }
            after = seen_number;
            if c == self.percent {
                picture.scale = 2;
            } else if c == self.per_mille {
                picture.scale = 3;
            }
            if after { &mut picture.suffix } else { &mut picture.prefix }.push(c);
        }
        if picture.group == usize::MAX {
            picture.group = 0;
        }
        picture
    }

    fn digits(&self, number: f64, picture: &Picture) -> String {
        let (whole, fraction) = round(number, picture.scale, picture.fraction_max.min(DIGITS_MAX));
        let fraction = fraction.trim_end_matches('0');
        let fraction = format!("{fraction:0<width$}", width = picture.fraction_min.min(DIGITS_MAX));
        let whole = whole.trim_start_matches('0');
        let mut whole = format!("{whole:0>width$}", width = picture.whole_min.min(DIGITS_MAX));
        if whole.is_empty() && fraction.is_empty() {
            whole.push('0');
        }
        let count = whole.len();
        let mut out = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if picture.group > 0 && index > 0 && (count - index).is_multiple_of(picture.group) {
                out.push(self.grouping);
            }
            out.push(self.own(digit));
        }
        if !fraction.is_empty() {
            out.push(self.decimal);
            out.extend(fraction.chars().map(|digit| self.own(digit)));
        }
        out
    }

    /// A digit in the script of the format's zero.
    fn own(&self, digit: char) -> char {
        let offset = digit.to_digit(10).unwrap_or(0);
        char::from_u32(u32::from(self.zero) + offset).unwrap_or(digit)
    }
}

/// Digits before and after the point of `number * 10^scale`, rounded half away from zero in decimal.
fn round(number: f64, scale: i32, decimals: usize) -> (String, String) {
    let text = format!("{number}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|digit| digit - b'0').collect();
    let point = whole.len() + scale.unsigned_abs() as usize;
    let wanted = point + decimals;
    while digits.len() < wanted {
        digits.push(0);
    }
    let up = digits.get(wanted).is_some_and(|next| *next >= 5);
    digits.truncate(wanted);
    let mut point = point;
    if up {
        let mut at = digits.len();
        loop {
            if at == 0 {
                digits.insert(0, 1);
                point += 1;
                break;
            }
            at -= 1;
            if digits[at] < 9 {
                digits[at] += 1;
                break;
            }
            digits[at] = 0;
        }
    }
    let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    let (whole, fraction) = text.split_at(point.min(text.len()));
    (whole.to_owned(), fraction.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_their_pictures() {
        let check = |number: f64, pattern: &str, expected: &str| {
            assert_eq!(DecimalFormat::default().write(number, pattern), expected, "{number} {pattern}");
        };
        check(1234.5, "#,##0.00", "1,234.50");
        check(0.5, "#.##", ".5");
        check(0.0, "#", "0");
        check(0.125, "0.00", "0.13");
        check(9.999, "0.0", "10.0");
        check(-3.0, "0;(0)", "(3)");
        check(-3.25, "0.#", "-3.3");
        check(0.256, "0%", "26%");
        check(1e21, "#,###", "1,000,000,000,000,000,000,000");
        check(f64::NAN, "0", "NaN");
        check(f64::INFINITY, "$0", "$Infinity");
        let german = DecimalFormat { decimal: ',', grouping: '.', ..DecimalFormat::default() };
        assert_eq!(german.write(1234567.891, "#.##0,00"), "1.234.567,89");
    }
}
