//! Spans to text and back: `c`, `g`, `G` and custom format strings.

use super::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, TimeSpan};
use crate::dotnet::text::error::{DotnetError, DotnetResult};
use std::fmt::Write;

const DAYS_MAX: u64 = 10_675_199;
const DAY_DIGITS_MAX: usize = 8;

/// The parts of a span without its sign.
struct Parts {
    days: u64,
    hours: u64,
    minutes: u64,
    seconds: u64,
    fraction: u64,
}

impl Parts {
    fn of(span: TimeSpan) -> Self {
        let ticks = span.ticks().unsigned_abs();
        let count = |ticks_per_unit: i64| ticks / ticks_per_unit as u64;
        Self {
            days: count(TICKS_PER_DAY),
            hours: count(TICKS_PER_HOUR) % 24,
            minutes: count(TICKS_PER_MINUTE) % 60,
            seconds: count(TICKS_PER_SECOND) % 60,
            fraction: ticks % TICKS_PER_SECOND as u64,
        }
    }

    /// The span, if every part is in range.
    fn span(&self, negative: bool) -> Option<TimeSpan> {
        if self.days > DAYS_MAX || self.hours > 23 || self.minutes > 59 || self.seconds > 59 {
            return None;
        }
        let ticks = i128::from(self.days) * i128::from(TICKS_PER_DAY)
            + i128::from(self.hours) * i128::from(TICKS_PER_HOUR)
            + i128::from(self.minutes) * i128::from(TICKS_PER_MINUTE)
            + i128::from(self.seconds) * i128::from(TICKS_PER_SECOND)
            + i128::from(self.fraction);
        i64::try_from(if negative { -ticks } else { ticks }).ok().map(TimeSpan::from_ticks)
    }
}

impl TimeSpan {
    /// `ToString(format)`; an empty format is `c`.
    pub fn format(self, format: &str) -> DotnetResult<String> {
        let parts = Parts::of(self);
        let sign = if self.ticks() < 0 { "-" } else { "" };
        let Parts { days, hours, minutes, seconds, fraction } = parts;
        match format {
            "" | "c" | "t" | "T" => {
                let mut out = String::with_capacity(26);
                out.push_str(sign);
                // Writing into a string cannot fail.
                let _ = if days > 0 { write!(out, "{days}.") } else { Ok(()) };
                let _ = write!(out, "{hours:02}:{minutes:02}:{seconds:02}");
                let _ = if fraction > 0 { write!(out, ".{fraction:07}") } else { Ok(()) };
                Ok(out)
            }
            "g" => {
                let day = if days > 0 { format!("{days}:") } else { String::new() };
                let mut out = format!("{sign}{day}{hours}:{minutes:02}:{seconds:02}");
                if fraction > 0 {
                    let digits = format!("{fraction:07}");
                    out.push('.');
                    out.push_str(digits.trim_end_matches('0'));
                }
                Ok(out)
            }
            "G" => Ok(format!("{sign}{days}:{hours:02}:{minutes:02}:{seconds:02}.{fraction:07}")),
            _ if format.chars().nth(1).is_none() => Err(DotnetError::bad_format_string()),
            _ => custom(&parts, format),
        }
    }

    /// `TimeSpan.Parse(text)`.
    pub fn parse(text: &str) -> DotnetResult<Self> {
        read(text, Form::Any).map_err(|failure| failure.error(text))
    }

    /// `TimeSpan.TryParse(text, …)`.
    pub fn try_parse(text: &str) -> Option<Self> {
        read(text, Form::Any).ok()
    }

    /// `TimeSpan.ParseExact(text, format, …)`; `negative` is `TimeSpanStyles.AssumeNegative`.
    pub fn parse_exact(text: &str, format: &str, negative: bool) -> DotnetResult<Self> {
        let result = match format {
            "" => return Err(DotnetError::bad_format_string()),
            "c" | "t" | "T" => read(text, Form::Constant),
            "g" => read(text, Form::Short),
            "G" => read(text, Form::Long),
            _ if format.chars().nth(1).is_none() => return Err(DotnetError::bad_format_string()),
            _ => read_custom(text, format, negative)?,
        };
        result.map_err(|failure| failure.error(text))
    }
}

/// One piece of a custom format.
enum Piece {
    Field(char, usize),
    Literal(char),
}

fn pieces(format: &str) -> DotnetResult<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = format.chars().peekable();
    while let Some(ch) = rest.next() {
        match ch {
            'd' | 'h' | 'm' | 's' | 'f' | 'F' => {
                let mut count = 1;
                while rest.next_if_eq(&ch).is_some() {
                    count += 1;
                }
                let max = match ch {
                    'd' => DAY_DIGITS_MAX,
                    'f' | 'F' => 7,
                    _ => 2,
                };
                if count > max {
                    return Err(DotnetError::bad_format_string());
                }
                pieces.push(Piece::Field(ch, count));
            }
            '\'' | '"' => loop {
                match rest.next() {
                    Some(inner) if inner == ch => break,
                    Some('\\') => pieces.extend(rest.next().map(Piece::Literal)),
                    Some(inner) => pieces.push(Piece::Literal(inner)),
                    None => {
                        return Err(DotnetError::format(format!(
                            "Cannot find a matching quote character for the character '{ch}'."
                        )));
                    }
                }
            },
            '%' if rest.peek().is_some_and(|next| *next != '%') => {}
            '\\' => pieces.push(Piece::Literal(rest.next().ok_or_else(DotnetError::bad_format_string)?)),
            _ => return Err(DotnetError::bad_format_string()),
        }
    }
    Ok(pieces)
}

fn custom(parts: &Parts, format: &str) -> DotnetResult<String> {
    let mut out = String::new();
    for piece in pieces(format)? {
        let (letter, count) = match piece {
            Piece::Field(letter, count) => (letter, count),
            Piece::Literal(ch) => {
                out.push(ch);
                continue;
            }
        };
        let value = match letter {
            'd' => parts.days,
            'h' => parts.hours,
            'm' => parts.minutes,
            's' => parts.seconds,
            _ => {
                let digits = format!("{:07}", parts.fraction);
                let digits = &digits[..count];
                out.push_str(if letter == 'F' { digits.trim_end_matches('0') } else { digits });
                continue;
            }
        };
        // Writing into a string cannot fail.
        let _ = write!(out, "{value:0count$}");
    }
    Ok(out)
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// `TimeSpan.Parse`
    Any,
    /// `[d.]hh:mm:ss[.fffffff]`
    Constant,
    /// `[d:]h:mm:ss[.FFFFFFF]`
    Short,
    /// `d:hh:mm:ss.fffffff`
    Long,
}

enum Failure {
    Format,
    Range,
}

impl Failure {
    fn error(self, text: &str) -> DotnetError {
        match self {
            Self::Format => DotnetError::format(format!("String '{text}' was not recognized as a valid TimeSpan.")),
            Self::Range => DotnetError::overflow(format!(
                "The TimeSpan string '{text}' could not be parsed because at least one of the numeric components is out of \
                 range or contains too many digits."
            )),
        }
    }
}

/// The shapes a span may have: what stands between the numbers, and which numbers they are.
const SHAPES: [(&str, &str, &[Form]); 10] = [
    ("", "d", &[Form::Any]),
    (":", "hm", &[Form::Any, Form::Short]),
    ("::", "hms", &[Form::Any, Form::Constant, Form::Short]),
    (".:", "dhm", &[Form::Any]),
    ("::", "dhm", &[Form::Any]),
    ("::.", "hmsf", &[Form::Any, Form::Constant, Form::Short]),
    (".::", "dhms", &[Form::Any, Form::Constant]),
    (":::", "dhms", &[Form::Any, Form::Short]),
    (".::.", "dhmsf", &[Form::Any, Form::Constant]),
    (":::.", "dhmsf", &[Form::Any, Form::Short, Form::Long]),
];

fn read(text: &str, form: Form) -> Result<TimeSpan, Failure> {
    let trimmed = crate::dotnet::text::string::trim(text);
    let (negative, body) = match trimmed.strip_prefix('-') {
        Some(body) => (true, body),
        None => (false, trimmed),
    };
    let mut separators = String::new();
    let mut numbers = Vec::with_capacity(5);
    let mut rest = body;
    loop {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 || numbers.len() == 5 {
            return Err(Failure::Format);
        }
        let (number, after) = rest.split_at(digits);
        numbers.push(number);
        let mut after = after.chars();
        match after.next() {
            None => break,
            Some(separator @ (':' | '.')) => separators.push(separator),
            Some(_) => return Err(Failure::Format),
        }
        rest = after.as_str();
    }
    let mut failure = Failure::Format;
    for (between, fields, forms) in SHAPES {
        if between != separators || fields.len() != numbers.len() || !forms.contains(&form) {
            continue;
        }
        match assemble(fields, &numbers).and_then(|parts| parts.span(negative)) {
            Some(span) => return Ok(span),
            None => failure = Failure::Range,
        }
    }
    Err(failure)
}

fn assemble(fields: &str, numbers: &[&str]) -> Option<Parts> {
    let mut parts = Parts { days: 0, hours: 0, minutes: 0, seconds: 0, fraction: 0 };
    for (field, number) in fields.chars().zip(numbers) {
        let value = number.parse::<u64>().ok()?;
        match field {
            'd' => parts.days = value,
            'h' => parts.hours = value,
            'm' => parts.minutes = value,
            's' => parts.seconds = value,
            _ if number.len() > 7 => return None,
            _ => parts.fraction = value * 10u64.pow(7 - number.len() as u32),
        }
    }
    Some(parts)
}

fn read_custom(text: &str, format: &str, negative: bool) -> DotnetResult<Result<TimeSpan, Failure>> {
    let mut parts = Parts { days: 0, hours: 0, minutes: 0, seconds: 0, fraction: 0 };
    let mut seen = String::new();
    let mut rest = text;
    for piece in pieces(format)? {
        match piece {
            Piece::Literal(ch) => match rest.strip_prefix(ch) {
                Some(after) => rest = after,
                None => return Ok(Err(Failure::Format)),
            },
            Piece::Field(letter, count) => {
                let key = letter.to_ascii_lowercase();
                if seen.contains(key) {
                    return Err(DotnetError::bad_format_string());
                }
                seen.push(key);
                let max = match letter {
                    'd' if count == 1 => DAY_DIGITS_MAX,
                    'd' => count,
                    'f' | 'F' => count,
                    _ => 2,
                };
                let digits = rest.bytes().take(max).take_while(u8::is_ascii_digit).count();
                if digits < count && letter != 'F' {
                    return Ok(Err(Failure::Format));
                }
                let (number, after) = rest.split_at(digits);
                rest = after;
                // At most eight digits.
                let value = number.parse::<u64>().unwrap_or(0);
                match letter {
                    'd' => parts.days = value,
                    'h' => parts.hours = value,
                    'm' => parts.minutes = value,
                    's' => parts.seconds = value,
                    _ => parts.fraction = value * 10u64.pow(7 - digits as u32),
                }
            }
        }
    }
    if !rest.is_empty() {
        return Ok(Err(Failure::Format));
    }
    Ok(parts.span(negative).ok_or(Failure::Range))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn span(days: i32, hours: i32, minutes: i32, seconds: i32, milliseconds: i32) -> TimeSpan {
        TimeSpan::from_parts(days, hours, minutes, seconds, milliseconds, 0).expect("a span")
    }

    #[test]
    fn printed() {
        let value = span(1, 2, 3, 4, 5);
        for (value, format, expected) in [
            (value, "", "1.02:03:04.0050000"),
            (value, "g", "1:2:03:04.005"),
            (value, "G", "1:02:03:04.0050000"),
            (value, "d'.'hh'h'", "1.02h"),
            (value, "hh\\:mm", "02:03"),
            (value, "%s", "4"),
            (value, "fff", "005"),
            (value, "ss\\.FFFF", "04.005"),
            (span(0, 0, -1, -30, 0), "c", "-00:01:30"),
            (span(0, 1, 1, 1, 0), "g", "1:01:01"),
            (TimeSpan::MIN, "c", "-10675199.02:48:05.4775808"),
        ] {
            assert_eq!(value.format(format), Ok(expected.into()), "{format:?}");
        }
        for format in ["x", "hh:mm", "hhh", "'open", "%"] {
            assert!(value.format(format).is_err(), "{format:?}");
        }
    }

    #[test]
    fn read_back() {
        let message = |text: &str| TimeSpan::parse(text).map_err(|error| error.type_name);
        for (text, expected) in [
            ("01:02:03.5", span(0, 1, 2, 3, 500)),
            ("1.02:03:04", span(1, 2, 3, 4, 0)),
            ("25:00:00", span(25, 0, 0, 0, 0)),
            (" 6 ", span(6, 0, 0, 0, 0)),
            ("-0:30", span(0, 0, -30, 0, 0)),
            ("1:2:3:4.5", span(1, 2, 3, 4, 500)),
            ("3.4:05", span(3, 4, 5, 0, 0)),
        ] {
            assert_eq!(message(text), Ok(expected), "{text}");
        }
        for text in ["xyz", "", "1:", "1:2:3:4:5:6", "--1", "1-2"] {
            assert_eq!(message(text), Err("System.FormatException"), "{text}");
        }
        for text in ["24:00", "0:60", "10675200", "0:0:0.12345678"] {
            assert_eq!(message(text), Err("System.OverflowException"), "{text}");
        }
        assert_eq!(TimeSpan::parse_exact("02h05", "hh'h'mm", false), Ok(span(0, 2, 5, 0, 0)));
        assert_eq!(TimeSpan::parse_exact("02h05", "hh'h'mm", true), Ok(span(0, -2, -5, 0, 0)));
        assert!(TimeSpan::parse_exact("2", "hh", false).is_err());
        assert!(TimeSpan::parse_exact("1:02:03", "c", false).is_ok());
    }

    proptest! {
        #[test]
        fn every_span_reads_back(ticks: i64) {
            let span = TimeSpan::from_ticks(ticks);
            for format in ["c", "g", "G"] {
                prop_assert_eq!(TimeSpan::parse(&span.format(format).unwrap()), Ok(span));
            }
        }

        #[test]
        fn any_text_and_format(text: String, format: String) {
            let _ = (TimeSpan::parse(&text), TimeSpan::parse_exact(&text, &format, false), TimeSpan::ZERO.format(&format));
        }
    }
}
