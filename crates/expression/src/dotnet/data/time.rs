//! Instants as JSON and XML texts carry them: ISO 8601 in and out. Calendar arithmetic and custom
//! formats live elsewhere.

use std::fmt::Write as _;

pub const TICKS_PER_SECOND: i64 = 10_000_000;
pub const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
pub const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
pub const TICKS_PER_DAY: i64 = 24 * TICKS_PER_HOUR;
/// The last tick of the year 9999.
pub const TICKS_MAX: i64 = 3_155_378_975_999_999_999;
/// Ticks at 1970-01-01T00:00:00.
pub const UNIX_EPOCH_TICKS: i64 = 621_355_968_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateTimeKind {
    Unspecified,
    Utc,
    Local,
}

/// `System.DateTime`: ticks of 100 ns since 0001-01-01, and whose clock showed them. The local
/// zone is UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    pub ticks: i64,
    pub kind: DateTimeKind,
}

/// `System.DateTimeOffset`: the clock's ticks and its distance from UTC in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTimeOffset {
    pub ticks: i64,
    pub offset_minutes: i16,
}

/// A date and a time of day, broken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    pub year: i32,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    /// 100 ns units within the second.
    pub fraction: u32,
}

/// Breaks ticks down by the proleptic Gregorian calendar.
pub fn parts(ticks: i64) -> Parts {
    let days = ticks.div_euclid(TICKS_PER_DAY);
    let rest = ticks.rem_euclid(TICKS_PER_DAY);
    // Civil from days, counted from 0000-03-01 in eras of 400 years.
    let z = days + 306;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    Parts {
        year: (yoe + era * 400 + i64::from(month <= 2)) as i32,
        month: month as u32,
        day: (doy - (153 * mp + 2) / 5 + 1) as u32,
        hour: (rest / TICKS_PER_HOUR) as u32,
        minute: (rest / TICKS_PER_MINUTE % 60) as u32,
        second: (rest / TICKS_PER_SECOND % 60) as u32,
        fraction: (rest % TICKS_PER_SECOND) as u32,
    }
}

/// Ticks of a calendar date at midnight; `None` outside years 1 to 9999 or the month's days.
pub fn date_ticks(year: i32, month: u32, day: u32) -> Option<i64> {
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let m = i64::from(month);
    let doy = (153 * (if m > 2 { m - 3 } else { m + 9 }) + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    Some((era * 146_097 + doe - 306) * TICKS_PER_DAY)
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The zone at the end of an ISO text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    None,
    Utc,
    /// Minutes east of UTC.
    Offset(i16),
}

/// Reads `yyyy-MM-ddTHH:mm:ss[.f…][zone]`, at most seven digits of fraction, as Json.NET does.
pub fn parse_iso(text: &str) -> Option<(i64, Zone)> {
    let mut reader = IsoReader { text: text.as_bytes(), at: 0 };
    let year = reader.digits(2)? * 100 + reader.digits(2)?;
    let month = reader.after(b'-')?.digits(2)?;
    let day = reader.after(b'-')?.digits(2)?;
    let mut ticks = date_ticks(year as i32, month, day)?;
    let hour = reader.after(b'T')?.digits(2)?;
    let minute = reader.after(b':')?.digits(2)?;
    let second = reader.after(b':')?.digits(2)?;
    let fraction = reader.fraction()?;
    if hour > 24 || minute > 59 || second > 59 || (hour == 24 && (minute, second, fraction) != (0, 0, 0)) {
        return None;
    }
    ticks += i64::from(hour) * TICKS_PER_HOUR + i64::from(minute) * TICKS_PER_MINUTE;
    ticks += i64::from(second) * TICKS_PER_SECOND + i64::from(fraction);
    let zone = reader.zone();
    (reader.at == reader.text.len() && ticks <= TICKS_MAX).then_some((ticks, zone))
}

struct IsoReader<'a> {
    text: &'a [u8],
    at: usize,
}

impl IsoReader<'_> {
    fn digits(&mut self, count: usize) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + count)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.at += count;
        Some(digits.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0')))
    }

    fn after(&mut self, separator: u8) -> Option<&mut Self> {
        if self.text.get(self.at) != Some(&separator) {
            return None;
        }
        self.at += 1;
        Some(self)
    }

    fn fraction(&mut self) -> Option<u32> {
        if self.after(b'.').is_none() {
            return Some(0);
        }
        let mut value = 0;
        let mut count = 0;
        while count < 7 {
            let Some(digit) = self.digits(1) else { break };
            value = value * 10 + digit;
            count += 1;
        }
        (count > 0).then(|| value * 10_u32.pow(7 - count))
    }

    fn zone(&mut self) -> Zone {
        let sign = match self.text.get(self.at) {
            Some(b'Z' | b'z') => {
                self.at += 1;
                return Zone::Utc;
            }
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Zone::None,
        };
        self.at += 1;
        let Some(hours) = self.digits(2) else {
            self.at -= 1;
            return Zone::None;
        };
        self.after(b':');
        let minutes = self.digits(2).unwrap_or(0);
        Zone::Offset(sign * (hours * 60 + minutes) as i16)
    }
}

impl DateTime {
    /// Reads an ISO text; an offset moves the time to the local zone, UTC.
    pub fn parse_iso(text: &str) -> Option<DateTime> {
        let (ticks, zone) = parse_iso(text)?;
        match zone {
            Zone::None => Some(DateTime { ticks, kind: DateTimeKind::Unspecified }),
            Zone::Utc => Some(DateTime { ticks, kind: DateTimeKind::Utc }),
            Zone::Offset(minutes) => {
                let ticks = (ticks - i64::from(minutes) * TICKS_PER_MINUTE).clamp(0, TICKS_MAX);
                Some(DateTime { ticks, kind: DateTimeKind::Local })
            }
        }
    }

    /// The round-trip ISO text: no trailing zeros in the fraction, `Z` for UTC, the offset for local.
    pub fn iso_text(self) -> String {
        let mut text = iso_clock(self.ticks);
        match self.kind {
            DateTimeKind::Utc => text.push('Z'),
            DateTimeKind::Local => text.push_str("+00:00"),
            DateTimeKind::Unspecified => {}
        }
        text
    }

    /// `ToString()` under the invariant culture: `MM/dd/yyyy HH:mm:ss`.
    pub fn invariant_text(self) -> String {
        invariant_clock(self.ticks)
    }
}

impl DateTimeOffset {
    /// Reads an ISO text; without a zone the local one, UTC, holds.
    pub fn parse_iso(text: &str) -> Option<DateTimeOffset> {
        let (ticks, zone) = parse_iso(text)?;
        let offset_minutes = if let Zone::Offset(minutes) = zone { minutes } else { 0 };
        Some(DateTimeOffset { ticks, offset_minutes })
    }

    pub fn utc_ticks(self) -> i64 {
        self.ticks - i64::from(self.offset_minutes) * TICKS_PER_MINUTE
    }

    pub fn iso_text(self) -> String {
        iso_clock(self.ticks) + &self.offset_text()
    }

    /// `ToString()` under the invariant culture: `MM/dd/yyyy HH:mm:ss zzz`.
    pub fn invariant_text(self) -> String {
        format!("{} {}", invariant_clock(self.ticks), self.offset_text())
    }

    fn offset_text(self) -> String {
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let minutes = self.offset_minutes.unsigned_abs();
        format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

fn iso_clock(ticks: i64) -> String {
    let p = parts(ticks);
    let mut text = format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", p.year, p.month, p.day, p.hour, p.minute, p.second);
    if p.fraction != 0 {
        let _ = write!(text, ".{:07}", p.fraction);
        text.truncate(text.trim_end_matches('0').len());
    }
    text
}

fn invariant_clock(ticks: i64) -> String {
    let p = parts(ticks);
    format!("{:02}/{:02}/{:04} {:02}:{:02}:{:02}", p.month, p.day, p.year, p.hour, p.minute, p.second)
}

/// `TimeSpan.ToString()`: `[-][d.]hh:mm:ss[.fffffff]`.
pub fn time_span_text(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = ticks.unsigned_abs();
    let per_day = TICKS_PER_DAY as u64;
    let days = ticks / per_day;
    let rest = ticks % per_day;
    let second = TICKS_PER_SECOND as u64;
    let mut text = String::from(sign);
    if days > 0 {
        let _ = write!(text, "{days}.");
    }
    let _ = write!(text, "{:02}:{:02}:{:02}", rest / second / 3600, rest / second / 60 % 60, rest / second % 60);
    if !rest.is_multiple_of(second) {
        let _ = write!(text, ".{:07}", rest % second);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_texts_read_and_print() {
        for (text, printed) in [
            ("2024-02-29T13:05:09Z", Some("2024-02-29T13:05:09Z")),
            ("2024-02-29T13:05:09", Some("2024-02-29T13:05:09")),
            ("2024-02-29T13:05:09+02:00", Some("2024-02-29T11:05:09+00:00")),
            ("2024-02-29T13:05:09.1200000Z", Some("2024-02-29T13:05:09.12Z")),
            ("2024-02-29T24:00:00Z", Some("2024-03-01T00:00:00Z")),
            ("2023-02-29T13:05:09Z", None),
            ("2024-02-29T13:05:09.12345678Z", None),
            ("2024-02-29T13:05:09 ", None),
            ("0001-01-01T00:00:00", Some("0001-01-01T00:00:00")),
            ("9999-12-31T23:59:59.9999999Z", Some("9999-12-31T23:59:59.9999999Z")),
        ] {
            assert_eq!(DateTime::parse_iso(text).map(DateTime::iso_text).as_deref(), printed, "{text}");
        }
        assert_eq!(DateTime::parse_iso("2024-02-29T13:05:09Z").unwrap().invariant_text(), "02/29/2024 13:05:09");
        assert_eq!(time_span_text(5 * TICKS_PER_SECOND), "00:00:05");
        assert_eq!(time_span_text(-(TICKS_PER_DAY + 1)), "-1.00:00:00.0000001");
    }
}
