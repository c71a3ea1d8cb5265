//! Custom numeric format strings (`#,##0.00;(0);zero`, `0.0%`, `0.###E+0`).

use super::digits::Digits;
use super::format::push_exponent;
use crate::dotnet::text::error::{DotnetError, DotnetResult};

/// The longest custom output; a scale of a million digits can only come from hostile input.
const OUTPUT_MAX: i64 = 1_000_000;

/// Zeros that an exponent is padded with at most.
const EXPONENT_DIGITS_MAX: usize = 10;

enum Token {
    /// `0` (must print) or `#`.
    Digit {
        zero: bool,
    },
    Point,
    Comma,
    Percent,
    PerMille,
    Literal(char),
    /// `E0`, `E+0`, `e-00`; `text` is what is printed when it is not the exponent.
    Exponent {
        letter: char,
        plus: bool,
        zeros: usize,
        text: String,
    },
}

/// One of up to three sections, with what its placeholders add up to.
struct Section {
    tokens: Vec<Token>,
    /// Placeholders, and those of them before the point.
    digits: i64,
    point: i64,
    /// Digits that print as `0` at least: before the point, and (negative) behind it.
    whole_min: i64,
    fraction_min: i64,
    grouped: bool,
    scale_adjust: i32,
    scientific: bool,
}

/// Prints `number` by a custom format string.
pub(super) fn format_custom(mut number: Digits, format: &str) -> DotnetResult<String> {
    let mut index = usable(format, if number.is_zero() { 2 } else { usize::from(number.negative) });
    let section = loop {
        let section = Section::parse(section_text(format, index));
        if number.is_zero() {
            number.clear_zero();
            break section;
        }
        number.scale += section.scale_adjust;
        let count =
            if section.scientific { section.digits } else { i64::from(number.scale) + section.digits - section.point };
        number.round(count, false);
        if number.is_zero() {
            // Rounded to nothing: the section for zero, if there is one, prints it.
            let zero = usable(format, 2);
            if zero != index {
                index = zero;
                continue;
            }
        }
        break section;
    };
    if i64::from(number.scale) > OUTPUT_MAX {
        return Err(DotnetError::out_of_memory());
    }
    Ok(section.print(&number, index == 0))
}

/// The section to use instead of `wanted`: the first, if `wanted` is absent or empty.
fn usable(format: &str, wanted: usize) -> usize {
    if wanted > 0 && section_text(format, wanted).is_empty() { 0 } else { wanted }
}

/// The text of the n-th section: up to a `;` that is neither quoted nor escaped.
fn section_text(format: &str, index: usize) -> &str {
    let mut start = 0;
    let mut seen = 0;
    let mut quote = None;
    let mut escaped = false;
    for (at, ch) in format.char_indices() {
        match (quote, ch) {
            _ if escaped => escaped = false,
            (_, '\0') => return if seen == index { &format[start..at] } else { "" },
            (Some(open), _) if ch == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(ch),
            (None, '\\') => escaped = true,
            (None, ';') if seen == index => return &format[start..at],
            (None, ';') => {
                seen += 1;
                start = at + 1;
            }
            _ => {}
        }
    }
    if seen == index { &format[start..] } else { "" }
}

impl Section {
    fn parse(text: &str) -> Self {
        let tokens = tokens(text);
        let mut section = Self {
            tokens: Vec::new(),
            digits: 0,
            point: -1,
            whole_min: 0,
            fraction_min: 0,
            grouped: false,
            scale_adjust: 0,
            scientific: false,
        };
        let (mut first_zero, mut last_zero) = (i64::MAX, 0);
        // Commas directly before the point scale by a thousand each; others ask for grouping.
        let (mut comma_at, mut commas) = (-1, 0);
        for token in &tokens {
            match token {
                Token::Digit { zero } => {
                    if *zero {
                        first_zero = first_zero.min(section.digits);
                        last_zero = section.digits + 1;
                    }
                    section.digits += 1;
                }
                Token::Point if section.point < 0 => section.point = section.digits,
                Token::Comma if section.digits > 0 && section.point < 0 => {
                    if comma_at == section.digits {
                        commas += 1;
                        continue;
                    }
                    section.grouped |= comma_at >= 0;
                    (comma_at, commas) = (section.digits, 1);
                }
                Token::Percent => section.scale_adjust += 2,
                Token::PerMille => section.scale_adjust += 3,
                Token::Exponent { .. } => section.scientific = true,
                _ => {}
            }
        }
        if section.point < 0 {
            section.point = section.digits;
        }
        if comma_at >= 0 {
            if comma_at == section.point {
                section.scale_adjust -= commas * 3;
            } else {
                section.grouped = true;
            }
        }
        section.whole_min = (section.point - first_zero).max(0);
        section.fraction_min = (section.point - last_zero).min(0);
        section.tokens = tokens;
        section
    }

    /// `default_section`: the sign is printed here and not by the section's own text.
    fn print(&self, number: &Digits, default_section: bool) -> String {
        let scale = i64::from(number.scale);
        // Position of the next digit, counted down to 1 at the point; digits that have no
        // placeholder (positive) or placeholders that have no digit (negative).
        let (position, surplus) =
            if self.scientific { (self.point, 0) } else { (scale.max(self.point), scale - self.point) };
        let digits_printed = self.whole_min.max(position + surplus.min(0));
        let mut out = Printer {
            out: String::with_capacity(16),
            digits: number.digits.iter(),
            position,
            grouped_digits: if self.grouped { digits_printed } else { 0 },
        };
        if number.negative && default_section && number.scale != 0 {
            out.out.push('-');
        }
        self.print_tokens(&mut out, number, surplus);
        let mut out = out.out;
        if number.negative && default_section && number.scale == 0 && !out.is_empty() {
            out.insert(0, '-');
        }
        out
    }

    fn print_tokens(&self, out: &mut Printer<'_>, number: &Digits, mut surplus: i64) {
        let mut exponent_due = self.scientific;
        let mut point_printed = false;
        for token in &self.tokens {
            if matches!(token, Token::Digit { .. } | Token::Point) {
                while surplus > 0 {
                    out.next_digit(b'0');
                    surplus -= 1;
                }
            }
            match token {
                Token::Digit { .. } if surplus < 0 => {
                    surplus += 1;
                    if out.position <= self.whole_min { out.digit(b'0') } else { out.position -= 1 }
                }
                Token::Digit { .. } => {
                    if out.digits.as_slice().is_empty() && out.position <= self.fraction_min {
                        out.position -= 1;
                    } else {
                        out.next_digit(b'0');
                    }
                }
                Token::Point => {
                    let wanted =
                        self.fraction_min < 0 || (self.point < self.digits && !out.digits.as_slice().is_empty());
                    if out.position == 0 && !point_printed && wanted {
                        out.out.push('.');
                        point_printed = true;
                    }
                }
                Token::Comma => {}
                Token::Percent => out.out.push('%'),
                Token::PerMille => out.out.push('‰'),
                Token::Literal(ch) => out.out.push(*ch),
                Token::Exponent { letter, plus, zeros, .. } if exponent_due => {
                    exponent_due = false;
                    let power = if number.is_zero() { 0 } else { i64::from(number.scale) - self.point };
                    push_exponent(&mut out.out, *letter, power, *zeros, *plus);
                }
                Token::Exponent { text, .. } => out.out.push_str(text),
            }
        }
    }
}

struct Printer<'a> {
    out: String,
    digits: std::slice::Iter<'a, u8>,
    position: i64,
    /// Digits before the point over which group separators are spread; 0 for none.
    grouped_digits: i64,
}

impl Printer<'_> {
    fn next_digit(&mut self, otherwise: u8) {
        let digit = self.digits.next().copied().unwrap_or(otherwise);
        self.digit(digit);
    }

    fn digit(&mut self, digit: u8) {
        self.out.push(char::from(digit));
        let after = self.position - 1;
        if after > 0 && after % 3 == 0 && after < self.grouped_digits {
            self.out.push(',');
        }
        self.position = after;
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(ch) = rest.next() {
        tokens.push(match ch {
            '0' => Token::Digit { zero: true },
            '#' => Token::Digit { zero: false },
            '.' => Token::Point,
            ',' => Token::Comma,
            '%' => Token::Percent,
            '‰' => Token::PerMille,
            '\'' | '"' => {
                tokens.extend(rest.by_ref().take_while(|inner| *inner != ch).map(Token::Literal));
                continue;
            }
            '\\' => match rest.next() {
                Some(escaped) => Token::Literal(escaped),
                None => continue,
            },
            'E' | 'e' => exponent(ch, &mut rest),
            _ => Token::Literal(ch),
        });
    }
    tokens
}

fn exponent(letter: char, rest: &mut std::str::Chars<'_>) -> Token {
    let after = rest.as_str();
    let sign = after.starts_with(['+', '-']);
    let zeros = after[usize::from(sign)..].bytes().take_while(|byte| *byte == b'0').count();
    if zeros == 0 {
        return Token::Literal(letter);
    }
    let (taken, left) = after.split_at(usize::from(sign) + zeros);
    *rest = left.chars();
    Token::Exponent {
        letter,
        plus: taken.starts_with('+'),
        zeros: zeros.min(EXPONENT_DIGITS_MAX),
        text: format!("{letter}{taken}"),
    }
}

#[cfg(test)]
mod tests {
    use crate::dotnet::text::number::{format_f64, format_integer};

    #[test]
    fn custom() {
        for (value, format, expected) in [
            (1234.5, "#,##0.00", "1,234.50"),
            (0.5, "#.##", ".5"),
            (0.5, "0.00", "0.50"),
            (2.5, "0", "3"),
            (0.125, "0.00", "0.13"),
            (1_234_567.891, "#,#", "1,234,568"),
            (12.0, "000", "012"),
            (0.0, "#", ""),
            (0.0, "0;-0;zero", "zero"),
            (-5.0, "0.0;(0.0)", "(5.0)"),
            (0.123, "0.0%", "12.3%"),
            (0.123, "0.0‰", "123.0‰"),
            (1_500_000.0, "0,,.0M", "1.5M"),
            (5.0, "'#'0", "#5"),
            (1e-5, "0.#######", "0.00001"),
            (987_654_321.0, "###-###-###", "987-654-321"),
            (1.0, "0 items", "1 items"),
            (-1.5, "0.0", "-1.5"),
            (-0.4, "0", "-0"),
            (-0.001, "0.0;neg;nil", "nil"),
            (12_345.0, "0.0E+0", "1.2E+4"),
            (0.00012, "0.##e-00", "1.2e-04"),
            (12_345.0, "##0.0E0", "123.5E2"),
            (7.0, "00000,000", "00,000,007"),
            (1.0, "\\0\"x\"0", "0x1"),
            (1.0, "no digits", "no digits"),
            (-1.0, "xy", "-xy"),
            (12.3, "0.00.0", "12.300"),
            (5.0, "'unterminated", "unterminated"),
        ] {
            assert_eq!(format_f64(value, format).unwrap_or_default(), expected, "{value} {format:?}");
        }
        assert_eq!(format_integer(-5, 32, "0;").unwrap_or_default(), "-5");
        assert_eq!(format_integer(1_234_567_890, 32, "(###) ###-####").unwrap_or_default(), "(123) 456-7890");
    }
}
