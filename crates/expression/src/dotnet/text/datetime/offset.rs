//! `System.DateTimeOffset`: a time of the clock and its distance from UTC.

use super::{
    DateTime, DateTimeKind, MAX_TICKS, TICKS_PER_HOUR, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND,
    TimeSpan, UNIX_EPOCH_TICKS,
};
use crate::dotnet::text::error::{DotnetError, DotnetResult};

/// The largest distance from UTC.
pub(super) const OFFSET_MAX: i64 = 14 * TICKS_PER_HOUR;

/// Compared by the moment, not by the clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct DateTimeOffset {
    utc_ticks: i64,
    offset_minutes: i16,
}

impl PartialEq for DateTimeOffset {
    fn eq(&self, other: &Self) -> bool {
        self.utc_ticks == other.utc_ticks
    }
}

impl Eq for DateTimeOffset {}

impl PartialOrd for DateTimeOffset {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DateTimeOffset {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.utc_ticks.cmp(&other.utc_ticks)
    }
}

impl std::hash::Hash for DateTimeOffset {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.utc_ticks.hash(state);
    }
}

impl DateTimeOffset {
    pub const MIN: Self = Self { utc_ticks: 0, offset_minutes: 0 };
    pub const MAX: Self = Self { utc_ticks: MAX_TICKS, offset_minutes: 0 };
    pub const UNIX_EPOCH: Self = Self { utc_ticks: UNIX_EPOCH_TICKS, offset_minutes: 0 };

    /// `new DateTimeOffset(dateTime)`: every kind is UTC here.
    pub fn from_date_time(value: DateTime) -> Self {
        Self { utc_ticks: value.ticks(), offset_minutes: 0 }
    }

    /// `new DateTimeOffset(dateTime, offset)`.
    pub fn new(clock: DateTime, offset: TimeSpan) -> DotnetResult<Self> {
        match clock.kind() {
            DateTimeKind::Local if offset.ticks() != 0 => {
                return Err(DotnetError::argument(
                    "The UTC Offset of the local dateTime parameter does not match the offset argument.",
                    "offset",
                ));
            }
            DateTimeKind::Utc if offset.ticks() != 0 => {
                return Err(DotnetError::argument("The UTC Offset for Utc DateTime instances must be 0.", "offset"));
            }
            _ => {}
        }
        let offset_minutes = valid_offset(offset)?;
        let utc_ticks = clock.ticks() - offset.ticks();
        if !(0..=MAX_TICKS).contains(&utc_ticks) {
            return Err(DotnetError::out_of_range(
                "The UTC time represented when the offset is applied must be between year 0 and 10,000.",
                "offset",
            ));
        }
        Ok(Self { utc_ticks, offset_minutes })
    }

    pub fn from_unix_time_seconds(seconds: i64) -> DotnetResult<Self> {
        if !(-62_135_596_800..=253_402_300_799).contains(&seconds) {
            return Err(DotnetError::out_of_range(
                "Valid values are between -62135596800 and 253402300799, inclusive.",
                "seconds",
            ));
        }
        Ok(Self { utc_ticks: seconds * TICKS_PER_SECOND + UNIX_EPOCH_TICKS, offset_minutes: 0 })
    }

    pub fn from_unix_time_milliseconds(milliseconds: i64) -> DotnetResult<Self> {
        if !(-62_135_596_800_000..=253_402_300_799_999).contains(&milliseconds) {
            return Err(DotnetError::out_of_range(
                "Valid values are between -62135596800000 and 253402300799999, inclusive.",
                "milliseconds",
            ));
        }
        Ok(Self { utc_ticks: milliseconds * TICKS_PER_MILLISECOND + UNIX_EPOCH_TICKS, offset_minutes: 0 })
    }

    pub fn to_unix_time_seconds(self) -> i64 {
        self.utc_ticks.div_euclid(TICKS_PER_SECOND) - UNIX_EPOCH_TICKS / TICKS_PER_SECOND
    }

    pub fn to_unix_time_milliseconds(self) -> i64 {
        self.utc_ticks.div_euclid(TICKS_PER_MILLISECOND) - UNIX_EPOCH_TICKS / TICKS_PER_MILLISECOND
    }

    pub fn utc_ticks(self) -> i64 {
        self.utc_ticks
    }

    pub fn offset(self) -> TimeSpan {
        TimeSpan::from_ticks(i64::from(self.offset_minutes) * TICKS_PER_MINUTE)
    }

    /// `DateTime`: what the clock shows, of no kind.
    pub fn date_time(self) -> DateTime {
        DateTime::raw(self.utc_ticks + self.offset().ticks(), DateTimeKind::Unspecified)
    }

    pub fn utc_date_time(self) -> DateTime {
        DateTime::raw(self.utc_ticks, DateTimeKind::Utc)
    }

    pub fn local_date_time(self) -> DateTime {
        DateTime::raw(self.utc_ticks, DateTimeKind::Local)
    }

    /// `ToOffset(offset)`.
    pub fn to_offset(self, offset: TimeSpan) -> DotnetResult<Self> {
        let ticks = self.utc_ticks.saturating_add(offset.ticks());
        Self::new(DateTime::from_ticks(ticks, DateTimeKind::Unspecified)?, offset)
    }

    /// `ToUniversalTime()` and, with UTC as local zone, `ToLocalTime()`.
    pub fn to_universal_time(self) -> Self {
        Self { offset_minutes: 0, ..self }
    }

    /// Applies an arithmetic of `DateTime` (`add_days`, …) to what the clock shows.
    pub fn map_clock(self, change: impl FnOnce(DateTime) -> DotnetResult<DateTime>) -> DotnetResult<Self> {
        Self::new(change(self.date_time())?, self.offset())
    }

    pub fn subtract(self, other: Self) -> TimeSpan {
        TimeSpan::from_ticks(self.utc_ticks - other.utc_ticks)
    }

    /// `EqualsExact`: the same moment and offset.
    pub fn equals_exact(self, other: Self) -> bool {
        self == other && self.offset_minutes == other.offset_minutes
    }
}

/// The offset in minutes, as far as .NET allows it.
fn valid_offset(offset: TimeSpan) -> DotnetResult<i16> {
    if offset.ticks() % TICKS_PER_MINUTE != 0 {
        return Err(DotnetError::argument("Offset must be specified in whole minutes.", "offset"));
    }
    if !(-OFFSET_MAX..=OFFSET_MAX).contains(&offset.ticks()) {
        return Err(DotnetError::out_of_range("Offset must be within plus or minus 14 hours.", "offset"));
    }
    Ok((offset.ticks() / TICKS_PER_MINUTE) as i16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        let clock = DateTime::from_parts(2024, 2, 29, 13, 5, 9, 123, DateTimeKind::Unspecified).expect("a time");
        let value = DateTimeOffset::new(clock, TimeSpan::from_ticks(2 * TICKS_PER_HOUR)).expect("an offset");
        assert_eq!(value.utc_date_time().hour(), 11);
        assert_eq!(value.to_unix_time_milliseconds(), 1_709_204_709_123);
        assert_eq!(value.to_universal_time(), value);
        assert_eq!(
            DateTimeOffset::from_unix_time_seconds(1_709_211_909).map(|value| value.date_time().ymd()),
            Ok((2024, 2, 29))
        );
        assert_eq!(DateTimeOffset::from_unix_time_milliseconds(-1).map(|value| value.to_unix_time_seconds()), Ok(-1));
        assert!(DateTimeOffset::new(clock, TimeSpan::from_ticks(1)).is_err());
        assert!(DateTimeOffset::new(clock, TimeSpan::from_ticks(15 * TICKS_PER_HOUR)).is_err());
    }
}
