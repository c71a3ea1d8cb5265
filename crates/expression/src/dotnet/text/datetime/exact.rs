//! `DateTime.ParseExact`: dates in a given form.

use super::format::{DAYS, MONTHS, expand};
use super::lexer::Lexer;
use super::parse::{DateTimeStyles, Failure, Fields, Moment, four_digit_year};
use super::{DateTime, DateTimeOffset};
use crate::dotnet::text::error::{DotnetError, DotnetResult};

/// `DateTime.ParseExact(text, formats, …, styles)`: the first format that fits.
pub fn parse_exact(text: &str, formats: &[&str], styles: DateTimeStyles, now: DateTime) -> DotnetResult<DateTime> {
    styles.validate(false)?;
    Ok(first_match(text, formats, styles, now, false)?.clock)
}

/// `DateTimeOffset.ParseExact(text, formats, …, styles)`.
pub fn parse_exact_offset(
    text: &str,
    formats: &[&str],
    styles: DateTimeStyles,
    now: DateTime,
) -> DotnetResult<DateTimeOffset> {
    styles.validate(true)?;
    first_match(text, formats, styles, now, true)?.with_offset().map_err(|failure| failure.error(text))
}

fn first_match(
    text: &str,
    formats: &[&str],
    styles: DateTimeStyles,
    now: DateTime,
    for_offset: bool,
) -> DotnetResult<Moment> {
    if text.is_empty() {
        return Err(Failure::Bad.error(text));
    }
    let Some((first, _)) = formats.split_first() else {
        return Err(DotnetError::format("No format specifiers were provided."));
    };
    if let [only] = formats {
        return read(text, only, styles, now, for_offset).map_err(|failure| failure.error(text));
    }
    if first.is_empty() {
        return Err(Failure::BadFormat.error(text));
    }
    for format in formats {
        if format.is_empty() {
            return Err(Failure::BadFormat.error(text));
        }
        if let Ok(moment) = read(text, format, styles, now, for_offset) {
            return Ok(moment);
        }
    }
    Err(Failure::Bad.error(text))
}

fn read(text: &str, format: &str, styles: DateTimeStyles, now: DateTime, for_offset: bool) -> Result<Moment, Failure> {
    if format.is_empty() {
        return Err(Failure::BadFormat);
    }
    let mut styles = styles;
    let mut pattern = format;
    let mut letters = format.chars();
    let mut fixed_utc = false;
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        pattern = expand(letter).ok_or(Failure::BadFormat)?;
        match letter {
            'U' if for_offset => return Err(Failure::BadFormat),
            'U' => {
                styles = DateTimeStyles(
                    styles.0 | DateTimeStyles::ASSUME_UNIVERSAL.0 | DateTimeStyles::ADJUST_TO_UNIVERSAL.0,
                )
            }
            'o' | 'O' => styles = DateTimeStyles(styles.0 | DateTimeStyles::ROUNDTRIP_KIND.0),
            'r' | 'R' | 'u' => fixed_utc = for_offset,
            _ => {}
        }
    }
    let chars: Vec<char> = text.chars().collect();
    let mut reader = Reader { lexer: Lexer::new(&chars), styles, fields: Fields::default(), met: Met::default() };
    if styles.has(DateTimeStyles::ALLOW_LEADING_WHITE) {
        reader.lexer.skip_white();
    }
    reader.pattern(pattern)?;
    if styles.has(DateTimeStyles::ALLOW_TRAILING_WHITE) {
        reader.lexer.skip_white();
    }
    if reader.lexer.peek().is_some() {
        return Err(Failure::Bad);
    }
    reader.adjust_hour()?;
    let mut fields = reader.fields;
    if fixed_utc {
        fields.offset = Some(0);
    }
    fields.finish(styles, now, for_offset)
}

/// What a second field of the same kind must repeat.
#[derive(Default)]
struct Met {
    hour: Option<i32>,
    minute: Option<i32>,
    second: Option<i32>,
    fraction: Option<f64>,
    twelve_hours: bool,
    afternoon: Option<bool>,
}

struct Reader<'a> {
    lexer: Lexer<'a>,
    styles: DateTimeStyles,
    fields: Fields,
    met: Met,
}

impl Reader<'_> {
    fn pattern(&mut self, pattern: &str) -> Result<(), Failure> {
        let mut rest = pattern;
        while let Some(ch) = rest.chars().next() {
            if self.styles.has(DateTimeStyles::ALLOW_INNER_WHITE) {
                self.lexer.skip_white();
            }
            let after = &rest[ch.len_utf8()..];
            rest = match ch {
                'd' | 'f' | 'F' | 'g' | 'h' | 'H' | 'm' | 'M' | 's' | 't' | 'y' | 'z' => {
                    let count = 1 + after.bytes().take_while(|byte| *byte == ch as u8).count();
                    self.field(ch, count)?;
                    &rest[count..]
                }
                'K' => {
                    self.kind()?;
                    after
                }
                'Z' => {
                    if self.fields.offset.is_some() || !(self.lexer.eat_word("GMT") || self.lexer.eat_word("Z")) {
                        return Err(Failure::Bad);
                    }
                    (self.fields.offset, self.fields.utc) = (Some(0), true);
                    after
                }
                '\'' | '"' => self.quoted(ch, after)?,
                '%' if !after.is_empty() && !after.starts_with('%') => after,
                '%' => return Err(Failure::BadFormat),
                '\\' => {
                    let next = after.chars().next().ok_or(Failure::BadFormat)?;
                    self.literal(next)?;
                    &after[next.len_utf8()..]
                }
                '.' if !self.lexer.eat('.') => {
                    // Without the point, an optional fraction is absent too.
                    if !after.starts_with('F') {
                        return Err(Failure::Bad);
                    }
                    after.trim_start_matches('F')
                }
                '.' => after,
                'G' if after.starts_with("MT") => {
                    if !self.lexer.eat_word("GMT") {
                        return Err(Failure::Bad);
                    }
                    self.fields.offset = Some(0);
                    &after[2..]
                }
                _ => {
                    self.literal(ch)?;
                    after
                }
            };
        }
        Ok(())
    }

    fn literal(&mut self, ch: char) -> Result<(), Failure> {
        if self.lexer.eat(ch) {
            return Ok(());
        }
        // White space that inner white may stand for was skipped already.
        if ch == ' ' && self.styles.has(DateTimeStyles::ALLOW_INNER_WHITE) { Ok(()) } else { Err(Failure::Bad) }
    }

    fn quoted<'a>(&mut self, quote: char, text: &'a str) -> Result<&'a str, Failure> {
        let mut escaped = false;
        for (at, ch) in text.char_indices() {
            match ch {
                '\\' if !escaped => escaped = true,
                _ if ch == quote && !escaped => return Ok(&text[at + 1..]),
                _ => {
                    escaped = false;
                    self.literal(ch)?;
                }
            }
        }
        Err(Failure::NoClosingQuote(quote))
    }

    fn field(&mut self, letter: char, count: usize) -> Result<(), Failure> {
        match letter {
            'd' if count > 2 => {
                let day = self.name(&DAYS, count)?;
                repeat(day as i32, &mut self.fields.day_of_week, letter)
            }
            'M' if count > 2 => {
                let month = self.name(&MONTHS, count)?;
                repeat(month as i32 + 1, &mut self.fields.month, letter)
            }
            'd' => repeat(self.number(count)?, &mut self.fields.day, letter),
            'M' => repeat(self.number(count)?, &mut self.fields.month, letter),
            'y' => {
                let year = self.number(count)?;
                repeat(if count <= 2 { four_digit_year(year) } else { year }, &mut self.fields.year, letter)
            }
            'h' | 'H' => {
                self.met.twelve_hours |= letter == 'h';
                repeat(self.number(count.min(2))?, &mut self.met.hour, letter)
            }
            'm' => repeat(self.number(count.min(2))?, &mut self.met.minute, letter),
            's' => repeat(self.number(count.min(2))?, &mut self.met.second, letter),
            'f' | 'F' => self.fraction(letter == 'F', count),
            't' => self.mark(count),
            'z' => self.offset(count),
            // `g`: the era, which may be absent from the text.
            _ => {
                if !(self.lexer.eat_word("A.D.") || self.lexer.eat_word("AD")) {
                    return Err(Failure::Bad);
                }
                Ok(())
            }
        }
    }

    /// One or two digits for a single letter, else exactly as many as letters.
    fn number(&mut self, count: usize) -> Result<i32, Failure> {
        let (value, digits) = self.lexer.digits(count.max(2));
        if digits == count || (count == 1 && digits == 2) { Ok(value) } else { Err(Failure::Bad) }
    }

    fn name(&mut self, names: &[&str], count: usize) -> Result<usize, Failure> {
        let name = |name: &str, lexer: &mut Lexer<'_>| {
            let length = if count == 3 { 3 } else { name.len() };
            let end = lexer.at + length;
            let met = lexer.text.get(lexer.at..end).is_some_and(|text| {
                text.iter().zip(name.chars()).all(|(left, right)| left.eq_ignore_ascii_case(&right))
            });
            if met {
                lexer.at = end;
            }
            met
        };
        names.iter().position(|candidate| name(candidate, &mut self.lexer)).ok_or(Failure::Bad)
    }

    fn fraction(&mut self, optional: bool, count: usize) -> Result<(), Failure> {
        if count > 7 {
            return Err(Failure::BadFormat);
        }
        let (value, digits) = self.lexer.digits(count);
        if digits < count && !optional {
            return Err(Failure::Bad);
        }
        let fraction = f64::from(value) / 10f64.powi(digits as i32);
        match self.met.fraction {
            Some(met) if met != fraction => Err(Failure::Repeated('f')),
            _ => {
                self.met.fraction = Some(fraction);
                Ok(())
            }
        }
    }

    fn mark(&mut self, count: usize) -> Result<(), Failure> {
        let afternoon = match self.lexer.peek() {
            Some('a' | 'A') => false,
            Some('p' | 'P') => true,
            _ => return Err(Failure::Bad),
        };
        self.lexer.at += 1;
        if count > 1 {
            if !matches!(self.lexer.peek(), Some('m' | 'M')) {
                return Err(Failure::Bad);
            }
            self.lexer.at += 1;
        }
        match self.met.afternoon {
            Some(met) if met != afternoon => Err(Failure::Repeated('t')),
            _ => {
                self.met.afternoon = Some(afternoon);
                Ok(())
            }
        }
    }

    fn offset(&mut self, count: usize) -> Result<(), Failure> {
        let negative = match self.lexer.peek() {
            Some('+') => false,
            Some('-') => true,
            _ => return Err(Failure::Bad),
        };
        self.lexer.at += 1;
        let hours = self.number(if count == 2 { 2 } else { 1 })?;
        let minutes = if count > 2 {
            self.lexer.eat(':');
            self.number(2)?
        } else {
            0
        };
        if minutes >= 60 {
            return Err(Failure::Bad);
        }
        let total = hours * 60 + minutes;
        repeat(if negative { -total } else { total }, &mut self.fields.offset, 'z')
    }

    fn kind(&mut self) -> Result<(), Failure> {
        match self.lexer.peek() {
            Some('Z') if self.fields.offset.is_none_or(|offset| offset == 0) => {
                self.lexer.at += 1;
                (self.fields.offset, self.fields.utc) = (Some(0), true);
                Ok(())
            }
            Some('+' | '-') => self.offset(3),
            _ => Ok(()),
        }
    }

    fn adjust_hour(&mut self) -> Result<(), Failure> {
        let mut hour = self.met.hour.unwrap_or(0);
        if self.met.twelve_hours {
            if hour > 12 {
                return Err(Failure::Bad);
            }
            hour %= 12;
            if self.met.afternoon == Some(true) {
                hour += 12;
            }
        } else if self.met.afternoon.is_some_and(|afternoon| afternoon != (hour >= 12)) {
            return Err(Failure::Bad);
        }
        self.fields.hour = hour;
        self.fields.minute = self.met.minute.unwrap_or(0);
        self.fields.second = self.met.second.unwrap_or(0);
        self.fields.fraction = self.met.fraction.unwrap_or(0.0);
        Ok(())
    }
}

/// Sets a field, or fails if it has another value already.
fn repeat(value: i32, field: &mut Option<i32>, letter: char) -> Result<(), Failure> {
    match *field {
        Some(met) if met != value => Err(Failure::Repeated(letter)),
        _ => {
            *field = Some(value);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dotnet::text::datetime::{DateTimeKind, MAX_TICKS, TICKS_PER_SECOND};
    use proptest::prelude::*;

    fn now() -> DateTime {
        DateTime::from_date(2025, 6, 15).expect("a date")
    }

    #[test]
    fn exact() {
        for (text, format, expected) in [
            ("20240229", "yyyyMMdd", "2024-02-29T00:00:00.0000000"),
            ("2024-02-09", "yyyy-M-d", "2024-02-09T00:00:00.0000000"),
            ("29/02/24 1:05 pm", "dd/MM/yy h:mm tt", "2024-02-29T13:05:00.0000000"),
            ("2024-02-29T13:05:09Z", "yyyy-MM-ddTHH:mm:ssZ", "2024-02-29T13:05:09.0000000+00:00"),
            ("2024-02-29T13:05:09Z", "yyyy-MM-dd'T'HH:mm:ss'Z'", "2024-02-29T13:05:09.0000000"),
            ("2024-02-29T13:05:09.1230000Z", "o", "2024-02-29T13:05:09.1230000Z"),
            ("2024-02-29T13:05:09+02:00", "yyyy-MM-ddTHH:mm:ssK", "2024-02-29T11:05:09.0000000+00:00"),
            ("13:05 -0500", "HH:mm zzz", "2025-06-15T18:05:00.0000000+00:00"),
            ("Thu, 29 Feb 2024 13:05:09 GMT", "r", "2024-02-29T13:05:09.0000000"),
            ("29 February 2024", "d MMMM yyyy", "2024-02-29T00:00:00.0000000"),
            ("13:05:09", "HH:mm:ss.FFF", "2025-06-15T13:05:09.0000000"),
            ("13:05:09.5", "HH:mm:ss.FFF", "2025-06-15T13:05:09.5000000"),
        ] {
            let result = parse_exact(text, &[format], DateTimeStyles::NONE, now()).and_then(|value| value.format("o"));
            assert_eq!(result.map_err(|error| error.message), Ok(expected.into()), "{text} {format}");
        }
        let message = |text: &str, format: &str| {
            parse_exact(text, &[format], DateTimeStyles::NONE, now()).map_err(|error| error.message)
        };
        assert_eq!(
            message("2024-2-9", "yyyy-MM-dd"),
            Err("String '2024-2-9' was not recognized as a valid DateTime.".into())
        );
        for (text, format) in [("", "d"), ("1", ""), ("1", "q"), ("20240230", "yyyyMMdd"), ("1x", "%d"), ("13", "hh")] {
            assert!(message(text, format).is_err(), "{text} {format}");
        }
        assert!(parse_exact("2024", &["MM", "yyyy"], DateTimeStyles::NONE, now()).is_ok());
        assert_eq!(
            parse_exact_offset("01/02/2024 +03:00", &["MM/dd/yyyy zzz"], DateTimeStyles::NONE, now())
                .and_then(|value| value.format("")),
            Ok("01/02/2024 00:00:00 +03:00".into())
        );
    }

    proptest! {
        #[test]
        fn printed_dates_read_back(ticks in 0..=MAX_TICKS) {
            let value = DateTime::raw(ticks, DateTimeKind::Utc);
            let text = value.format("o").unwrap();
            prop_assert_eq!(parse_exact(&text, &["o"], DateTimeStyles::NONE, now()), Ok(value));
            let format = "yyyy-MM-dd HH:mm:ss";
            let read = parse_exact(&value.format(format).unwrap(), &[format], DateTimeStyles::NONE, now());
            prop_assert_eq!(read.map(|read| read.ticks() / TICKS_PER_SECOND), Ok(ticks / TICKS_PER_SECOND));
        }

        #[test]
        fn any_text_and_format(text: String, format: String, letters in "[dfFghHmMstyzKZ'%. :/-]{0,12}") {
            let _ = parse_exact(&text, &[&format], DateTimeStyles::NONE, now());
            let _ = parse_exact(&text, &[&letters], DateTimeStyles(7), now());
            let _ = now().format(&letters).and_then(|text| parse_exact(&text, &[&letters], DateTimeStyles::NONE, now()));
        }
    }
}
