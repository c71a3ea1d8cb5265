//! Dates to text: standard and custom format strings under the invariant culture.

use super::{DateTime, DateTimeKind, DateTimeOffset, TICKS_PER_MINUTE, TICKS_PER_SECOND, TimeSpan};
use crate::dotnet::text::error::{DotnetError, DotnetResult};

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The name of a day of the week, 0 being Sunday; a `DayOfWeek` prints so.
pub fn day_name(day_of_week: i32) -> Option<&'static str> {
    DAYS.get(usize::try_from(day_of_week).ok()?).copied()
}

/// The longest format string that is expanded.
const OUTPUT_MAX: usize = 1_000_000;

/// The custom format that a standard letter stands for. `o`, `r`, `s` and `u` are the same in every culture.
pub(super) fn expand(letter: char) -> Option<&'static str> {
    Some(match letter {
        'd' => "MM/dd/yyyy",
        'D' => "dddd, dd MMMM yyyy",
        'f' => "dddd, dd MMMM yyyy HH:mm",
        'F' | 'U' => "dddd, dd MMMM yyyy HH:mm:ss",
        'g' => "MM/dd/yyyy HH:mm",
        'G' => "MM/dd/yyyy HH:mm:ss",
        'm' | 'M' => "MMMM dd",
        'o' | 'O' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
        'r' | 'R' => "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
        's' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
        't' => "HH:mm",
        'T' => "HH:mm:ss",
        'u' => "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
        'y' | 'Y' => "yyyy MMMM",
        _ => return None,
    })
}

impl DateTime {
    /// `ToString(format)`; an empty format is `G`.
    pub fn format(self, format: &str) -> DotnetResult<String> {
        print(self, None, format)
    }
}

impl DateTimeOffset {
    /// `ToString(format)`; an empty format is `MM/dd/yyyy HH:mm:ss zzz`.
    pub fn format(self, format: &str) -> DotnetResult<String> {
        print(self.date_time(), Some(self), format)
    }
}

fn print(clock: DateTime, moment: Option<DateTimeOffset>, format: &str) -> DotnetResult<String> {
    let offset = moment.map(DateTimeOffset::offset);
    let mut letters = format.chars();
    let pattern = match (letters.next(), letters.next()) {
        (None, _) => {
            if moment.is_some() {
                "MM/dd/yyyy HH:mm:ss zzz"
            } else {
                "MM/dd/yyyy HH:mm:ss"
            }
        }
        (Some(letter), None) => {
            let pattern = expand(letter).ok_or_else(DotnetError::bad_format_string)?;
            match (letter, moment) {
                ('U', Some(_)) => return Err(DotnetError::bad_format_string()),
                ('U', None) => return Printer::new(clock.to_universal_time(), None).run(pattern),
                ('r' | 'R' | 'u', Some(moment)) => {
                    return Printer::new(moment.utc_date_time(), Some(TimeSpan::ZERO)).run(pattern);
                }
                _ => pattern,
            }
        }
        _ => format,
    };
    Printer::new(clock, offset).run(pattern)
}

struct Printer {
    out: String,
    clock: DateTime,
    offset: Option<TimeSpan>,
}

impl Printer {
    fn new(clock: DateTime, offset: Option<TimeSpan>) -> Self {
        Self { out: String::with_capacity(32), clock, offset }
    }

    fn run(mut self, pattern: &str) -> DotnetResult<String> {
        let mut rest = pattern;
        while let Some(ch) = rest.chars().next() {
            let after = &rest[ch.len_utf8()..];
            rest = match ch {
                'd' | 'f' | 'F' | 'g' | 'h' | 'H' | 'm' | 'M' | 's' | 't' | 'y' | 'z' => {
                    let count = 1 + after.bytes().take_while(|byte| *byte == ch as u8).count();
                    self.field(ch, count)?;
                    &rest[count..]
                }
                'K' => {
                    self.kind();
                    after
                }
                '\'' | '"' => self.quoted(ch, after)?,
                '%' => {
                    let Some(next) = after.chars().next().filter(|next| *next != '%') else {
                        return Err(DotnetError::bad_format_string());
                    };
                    // `%` makes a standard letter a custom one.
                    let single = &after[..next.len_utf8()];
                    let nested = Self::new(self.clock, self.offset).run(single)?;
                    self.out.push_str(&nested);
                    &after[next.len_utf8()..]
                }
                '\\' => {
                    let next = after.chars().next().ok_or_else(DotnetError::bad_format_string)?;
                    self.out.push(next);
                    &after[next.len_utf8()..]
                }
                _ => {
                    self.out.push(ch);
                    after
                }
            };
            if self.out.len() > OUTPUT_MAX {
                return Err(DotnetError::out_of_memory());
            }
        }
        Ok(self.out)
    }

    fn field(&mut self, letter: char, count: usize) -> DotnetResult<()> {
        let clock = self.clock;
        match letter {
            'd' if count <= 2 => self.number(clock.day(), count),
            'd' => self.name(DAYS[clock.day_of_week() as usize % 7], count),
            'M' if count <= 2 => self.number(clock.month(), count),
            'M' => self.name(MONTHS[(clock.month() - 1) as usize % 12], count),
            'y' if count <= 2 => self.number(clock.year() % 100, count),
            'y' => self.number(clock.year(), count),
            'h' => self.number((clock.hour() + 11) % 12 + 1, count.min(2)),
            'H' => self.number(clock.hour(), count.min(2)),
            'm' => self.number(clock.minute(), count.min(2)),
            's' => self.number(clock.second(), count.min(2)),
            't' => {
                let mark = if clock.hour() < 12 { "AM" } else { "PM" };
                self.out.push_str(if count == 1 { &mark[..1] } else { mark });
            }
            'g' => self.out.push_str("A.D."),
            'z' => self.zone(count),
            _ => return self.fraction(letter == 'F', count),
        }
        Ok(())
    }

    fn number(&mut self, value: i32, digits_min: usize) {
        let mut buffer = itoa::Buffer::new();
        let text = buffer.format(value);
        self.out.extend(std::iter::repeat_n('0', digits_min.saturating_sub(text.len()).min(OUTPUT_MAX)));
        self.out.push_str(text);
    }

    fn name(&mut self, name: &str, count: usize) {
        self.out.push_str(if count == 3 { &name[..3] } else { name });
    }

    /// `f` keeps trailing zeros, `F` drops them, and the point with them.
    fn fraction(&mut self, trim: bool, count: usize) -> DotnetResult<()> {
        if count > 7 {
            return Err(DotnetError::bad_format_string());
        }
        let text = format!("{:07}", self.clock.ticks() % TICKS_PER_SECOND);
        let mut digits = &text[..count];
        if trim {
            digits = digits.trim_end_matches('0');
            if digits.is_empty() && self.out.ends_with('.') {
                self.out.pop();
            }
        }
        self.out.push_str(digits);
        Ok(())
    }

    fn zone(&mut self, count: usize) {
        // Local time is UTC, whatever the kind.
        let minutes = self.offset.unwrap_or(TimeSpan::ZERO).ticks() / TICKS_PER_MINUTE;
        self.out.push(if minutes < 0 { '-' } else { '+' });
        let minutes = minutes.unsigned_abs() as i32;
        self.number(minutes / 60, count.min(2));
        if count > 2 {
            self.out.push(':');
            self.number(minutes % 60, 2);
        }
    }

    fn kind(&mut self) {
        match (self.offset, self.clock.kind()) {
            (Some(_), _) | (None, DateTimeKind::Local) => self.zone(3),
            (None, DateTimeKind::Utc) => self.out.push('Z'),
            (None, DateTimeKind::Unspecified) => {}
        }
    }

    fn quoted<'a>(&mut self, quote: char, text: &'a str) -> DotnetResult<&'a str> {
        let mut escaped = false;
        for (at, ch) in text.char_indices() {
            match ch {
                _ if escaped => {
                    self.out.push(ch);
                    escaped = false;
                }
                '\\' => escaped = true,
                _ if ch == quote => return Ok(&text[at + 1..]),
                _ => self.out.push(ch),
            }
        }
        if escaped {
            return Err(DotnetError::bad_format_string());
        }
        Err(DotnetError::format(format!("Cannot find a matching quote character for the character '{quote}'.")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let at =
            |hour, millisecond, kind| DateTime::from_parts(2024, 2, 9, hour, 5, 9, millisecond, kind).expect("a time");
        let plain = at(13, 0, DateTimeKind::Unspecified);
        let utc = at(13, 120, DateTimeKind::Utc);
        for (value, format, expected) in [
            (plain, "", "02/09/2024 13:05:09"),
            (plain, "o", "2024-02-09T13:05:09.0000000"),
            (utc, "O", "2024-02-09T13:05:09.1200000Z"),
            (utc.to_local_time(), "o", "2024-02-09T13:05:09.1200000+00:00"),
            (plain, "s", "2024-02-09T13:05:09"),
            (plain, "u", "2024-02-09 13:05:09Z"),
            (plain, "r", "Fri, 09 Feb 2024 13:05:09 GMT"),
            (plain, "d", "02/09/2024"),
            (plain, "D", "Friday, 09 February 2024"),
            (plain, "f", "Friday, 09 February 2024 13:05"),
            (plain, "U", "Friday, 09 February 2024 13:05:09"),
            (plain, "g", "02/09/2024 13:05"),
            (plain, "t", "13:05"),
            (plain, "T", "13:05:09"),
            (plain, "M", "February 09"),
            (plain, "Y", "2024 February"),
            (utc, "ss.FFF", "09.12"),
            (plain, "ss.FFF", "09"),
            (utc, "yyyyMMddTHHmmssfff", "20240209T130509120"),
            (at(3, 0, DateTimeKind::Utc), "ddd, d MMM yy h:m:s tt", "Fri, 9 Feb 24 3:5:9 AM"),
            (at(0, 0, DateTimeKind::Utc), "hh 'o''clock' t", "12 oclock A"),
            (plain, "%d", "9"),
            (plain, "d/M", "9/2"),
            (plain, "\\yyyyy", "y2024"),
            (plain, "yyyyy", "02024"),
            (plain, "zzz z", "+00:00 +0"),
            (utc, "K", "Z"),
            (plain, "gg", "A.D."),
        ] {
            let text = if format == "K" { value.format("%K") } else { value.format(format) };
            assert_eq!(text, Ok(expected.into()), "{format:?}");
        }
        for format in ["q", "ffffffff", "%", "%%d", "'open", "\\"] {
            assert!(plain.format(format).is_err(), "{format:?}");
        }
    }

    #[test]
    fn offsets() {
        let clock = DateTime::from_parts(2024, 1, 1, 0, 0, 0, 0, DateTimeKind::Unspecified).expect("a time");
        let value = DateTimeOffset::new(clock, TimeSpan::from_ticks(-330 * TICKS_PER_MINUTE)).expect("an offset");
        for (format, expected) in [
            ("", "01/01/2024 00:00:00 -05:30"),
            ("o", "2024-01-01T00:00:00.0000000-05:30"),
            ("r", "Mon, 01 Jan 2024 05:30:00 GMT"),
            ("u", "2024-01-01 05:30:00Z"),
            ("s", "2024-01-01T00:00:00"),
            ("HH zz", "00 -05"),
        ] {
            assert_eq!(value.format(format), Ok(expected.into()), "{format:?}");
        }
        assert!(value.format("U").is_err());
    }
}
