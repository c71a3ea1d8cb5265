//! Time zones as `TimeZoneInfo` knows them, over the bundled IANA database: no file, no clock.

use super::zone_names::WINDOWS;
use super::{DateTime, DateTimeKind, MAX_TICKS, TICKS_PER_SECOND, TimeSpan, UNIX_EPOCH_TICKS};
use crate::dotnet::text::error::{DotnetError, DotnetResult};
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, Dst, TimeZone, TimeZoneDatabase};
use std::sync::OnceLock;

/// A zone and its names.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    pub id: String,
    pub display_name: String,
    pub standard_name: String,
    pub daylight_name: String,
    rules: Rules,
}

#[derive(Debug, Clone, PartialEq)]
enum Rules {
    /// Always this far from UTC.
    Fixed(TimeSpan),
    Iana(TimeZone),
}

/// What a clock of the zone shows, read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// One moment, this far from UTC.
    Once(TimeSpan),
    /// Skipped; with the distance of the standard time.
    Never(TimeSpan),
    /// Two moments: the distances before and after the clock is put back.
    Twice(TimeSpan, TimeSpan),
}

impl Clock {
    /// `GetUtcOffset`: the standard time decides where the clock does not.
    pub fn offset(self) -> TimeSpan {
        match self {
            Clock::Once(offset) | Clock::Never(offset) | Clock::Twice(_, offset) => offset,
        }
    }
}

fn database() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

fn seconds(seconds: i32) -> TimeSpan {
    TimeSpan::from_ticks(i64::from(seconds) * TICKS_PER_SECOND)
}

fn moment(utc_ticks: i64) -> Timestamp {
    let since = utc_ticks - UNIX_EPOCH_TICKS;
    let (whole, rest) = (since.div_euclid(TICKS_PER_SECOND), since.rem_euclid(TICKS_PER_SECOND) as i32 * 100);
    Timestamp::new(whole, rest).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn civil(clock: DateTime) -> civil::DateTime {
    let (year, month, day) = clock.ymd();
    let part = |value: i32| value as i8;
    let fraction = (clock.ticks() % TICKS_PER_SECOND) as i32 * 100;
    civil::DateTime::new(
        year as i16,
        part(month),
        part(day),
        part(clock.hour()),
        part(clock.minute()),
        part(clock.second()),
        fraction,
    )
    .unwrap_or_default()
}

/// `(UTC+01:00) name`.
fn display(offset: TimeSpan, name: &str) -> String {
    if offset.ticks() == 0 {
        return format!("(UTC) {name}");
    }
    let sign = if offset.ticks() < 0 { '-' } else { '+' };
    format!("(UTC{sign}{:02}:{:02}) {name}", offset.hours().abs(), offset.minutes().abs())
}

impl Zone {
    pub fn utc() -> Zone {
        let name = "Coordinated Universal Time";
        Zone {
            id: "UTC".to_owned(),
            display_name: format!("(UTC) {name}"),
            standard_name: name.to_owned(),
            daylight_name: name.to_owned(),
            rules: Rules::Fixed(TimeSpan::ZERO),
        }
    }

    /// `FindSystemTimeZoneById(id)`: an IANA or a Windows id.
    pub fn by_id(id: &str) -> DotnetResult<Zone> {
        if id.eq_ignore_ascii_case("UTC") {
            return Ok(Zone::utc());
        }
        let name = iana_id(id).unwrap_or(id);
        let found = database().get(name).map_err(|_| {
            DotnetError::time_zone_not_found(format!("The time zone ID '{id}' was not found on the local computer."))
        })?;
        let mut zone = Zone {
            id: id.to_owned(),
            display_name: String::new(),
            standard_name: id.to_owned(),
            daylight_name: id.to_owned(),
            rules: Rules::Iana(found),
        };
        zone.display_name = display(zone.base_offset(), id);
        Ok(zone)
    }

    /// `CreateCustomTimeZone(id, offset, displayName, standardName)`.
    pub fn custom(id: &str, offset: TimeSpan, display_name: &str, standard_name: &str) -> DotnetResult<Zone> {
        if id.is_empty() {
            return Err(DotnetError::argument("The specified ID parameter '' is not supported.", "id"));
        }
        if offset.ticks() % (60 * TICKS_PER_SECOND) != 0 {
            return Err(DotnetError::argument(
                "The TimeSpan parameter cannot be specified more precisely than whole minutes.",
                "baseUtcOffset",
            ));
        }
        if offset.ticks().abs() > 14 * 3600 * TICKS_PER_SECOND {
            return Err(DotnetError::out_of_range(
                "The TimeSpan parameter must be within plus or minus 14.0 hours.",
                "baseUtcOffset",
            ));
        }
        Ok(Zone {
            id: id.to_owned(),
            display_name: display_name.to_owned(),
            standard_name: standard_name.to_owned(),
            daylight_name: standard_name.to_owned(),
            rules: Rules::Fixed(offset),
        })
    }

    /// The distance from UTC at a moment (ticks of UTC).
    pub fn offset_at(&self, utc_ticks: i64) -> TimeSpan {
        match &self.rules {
            Rules::Fixed(offset) => *offset,
            Rules::Iana(zone) => seconds(zone.to_offset(moment(utc_ticks)).seconds()),
        }
    }

    pub fn is_daylight_at(&self, utc_ticks: i64) -> bool {
        match &self.rules {
            Rules::Fixed(_) => false,
            Rules::Iana(zone) => zone.to_offset_info(moment(utc_ticks)).dst() == Dst::Yes,
        }
    }

    /// Reads back what a clock of the zone shows.
    pub fn clock(&self, clock: DateTime) -> Clock {
        match &self.rules {
            Rules::Fixed(offset) => Clock::Once(*offset),
            Rules::Iana(zone) => match zone.to_ambiguous_timestamp(civil(clock)).offset() {
                AmbiguousOffset::Unambiguous { offset } => Clock::Once(seconds(offset.seconds())),
                AmbiguousOffset::Gap { before, .. } => Clock::Never(seconds(before.seconds())),
                AmbiguousOffset::Fold { before, after } => {
                    Clock::Twice(seconds(before.seconds()), seconds(after.seconds()))
                }
            },
        }
    }

    /// `BaseUtcOffset`: the distance of the standard time, as of 2025.
    pub fn base_offset(&self) -> TimeSpan {
        const JANUARY: i64 = 638_712_864_000_000_000;
        const JULY: i64 = 638_869_248_000_000_000;
        if self.is_daylight_at(JANUARY) { self.offset_at(JULY) } else { self.offset_at(JANUARY) }
    }

    /// `SupportsDaylightSavingTime`: whether it ever has had one.
    pub fn has_daylight_time(&self) -> bool {
        match &self.rules {
            Rules::Fixed(_) => false,
            Rules::Iana(zone) => zone.following(moment(0)).take(400).any(|change| change.dst() == Dst::Yes),
        }
    }

    /// `HasSameRules`.
    pub fn has_same_rules(&self, other: &Zone) -> bool {
        match (&self.rules, &other.rules) {
            (Rules::Iana(own), Rules::Iana(other)) => own == other,
            (Rules::Fixed(own), Rules::Fixed(other)) => own == other,
            _ => false,
        }
    }

    /// The moment at which a clock of the zone shows this, in ticks of UTC.
    ///
    /// # Errors
    /// The clock never shows it.
    pub fn to_utc(&self, clock: DateTime) -> DotnetResult<i64> {
        match self.clock(clock) {
            Clock::Never(_) => Err(DotnetError::argument(
                "The supplied DateTime represents an invalid time.  For example, when the clock is adjusted forward, \
                 any time in the period that is skipped is invalid.",
                "dateTime",
            )),
            found => Ok((clock.ticks() - found.offset().ticks()).clamp(0, MAX_TICKS)),
        }
    }

    /// What a clock of the zone shows at a moment.
    pub fn from_utc(&self, utc_ticks: i64) -> DateTime {
        let ticks = (utc_ticks + self.offset_at(utc_ticks).ticks()).clamp(0, MAX_TICKS);
        DateTime::from_ticks(ticks, DateTimeKind::Unspecified).unwrap_or_default()
    }
}

/// The IANA id of a Windows id.
pub fn iana_id(windows: &str) -> Option<&'static str> {
    WINDOWS.iter().find(|(name, _)| name.eq_ignore_ascii_case(windows)).map(|(_, iana)| *iana)
}

/// The Windows id of an IANA id, as far as it is the main one of its zone.
pub fn windows_id(iana: &str) -> Option<&'static str> {
    WINDOWS.iter().find(|(_, name)| name.eq_ignore_ascii_case(iana)).map(|(windows, _)| *windows)
}

/// The ids of the database.
pub fn ids() -> Vec<String> {
    database().available().map(|name| name.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_windows_zone_is_in_the_database() {
        for (windows, iana) in WINDOWS {
            assert!(Zone::by_id(windows).is_ok(), "{windows} is {iana}");
        }
        assert!(Zone::by_id("Nowhere/Land").is_err() && Zone::by_id("").is_err());
        assert_eq!(windows_id("Europe/Berlin"), Some("W. Europe Standard Time"));
    }

    #[test]
    fn clocks() {
        let rome = Zone::by_id("Europe/Rome").expect("a zone");
        let at = |hour, minute, month, day| {
            DateTime::from_parts(2024, month, day, hour, minute, 0, 0, DateTimeKind::Unspecified).expect("a time")
        };
        let hours = |hours: i64| TimeSpan::from_ticks(hours * 3600 * TICKS_PER_SECOND);
        assert_eq!(rome.clock(at(12, 0, 7, 1)), Clock::Once(hours(2)));
        assert_eq!(rome.clock(at(2, 30, 3, 31)), Clock::Never(hours(1)));
        assert_eq!(rome.clock(at(2, 30, 10, 27)), Clock::Twice(hours(2), hours(1)));
        assert_eq!((rome.base_offset(), rome.has_daylight_time()), (hours(1), true));
        assert_eq!(rome.from_utc(at(12, 0, 7, 1).ticks()).hour(), 14);
        assert_eq!(rome.display_name, "(UTC+01:00) Europe/Rome");
        assert!(!Zone::by_id("India Standard Time").expect("a zone").is_daylight_at(at(0, 0, 7, 1).ticks()));
    }
}
