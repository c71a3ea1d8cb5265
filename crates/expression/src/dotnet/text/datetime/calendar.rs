//! `System.DateTime`: construction, parts, arithmetic.

use super::{
    MAX_TICKS, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND, TimeSpan,
    UNIX_EPOCH_TICKS,
};
use crate::dotnet::text::error::{DotnetError, DotnetResult};

/// `System.DateTimeKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateTimeKind {
    #[default]
    Unspecified = 0,
    Utc = 1,
    Local = 2,
}

impl DateTimeKind {
    pub fn from_i32(value: i32) -> DotnetResult<Self> {
        match value {
            0 => Ok(Self::Unspecified),
            1 => Ok(Self::Utc),
            2 => Ok(Self::Local),
            _ => Err(DotnetError::argument("Invalid DateTimeKind value.", "kind")),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "Unspecified",
            Self::Utc => "Utc",
            Self::Local => "Local",
        }
    }
}

/// Ticks (100 ns) since 0001-01-01 and a kind. The kind takes no part in comparisons.
#[derive(Debug, Clone, Copy, Default)]
pub struct DateTime {
    ticks: i64,
    kind: DateTimeKind,
}

impl PartialEq for DateTime {
    fn eq(&self, other: &Self) -> bool {
        self.ticks == other.ticks
    }
}

impl Eq for DateTime {}

impl PartialOrd for DateTime {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for DateTime {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.ticks.cmp(&other.ticks)
    }
}

impl std::hash::Hash for DateTime {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.ticks.hash(state);
    }
}

/// `DateTime.IsLeapYear`.
pub fn is_leap_year(year: i32) -> DotnetResult<bool> {
    if !(1..=9999).contains(&year) {
        return Err(DotnetError::out_of_range("Year must be between 1 and 9999.", "year"));
    }
    Ok(leap(year))
}

fn leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// `DateTime.DaysInMonth`.
pub fn days_in_month(year: i32, month: i32) -> DotnetResult<i32> {
    if !(1..=12).contains(&month) {
        return Err(DotnetError::out_of_range("Month must be between one and twelve.", "month"));
    }
    is_leap_year(year)?;
    Ok(month_days(year, month))
}

fn month_days(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + i32::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 0001-01-01 to the first of the month.
fn days_before(year: i32, month: i32) -> i32 {
    let years = year - 1;
    let whole = years * 365 + years / 4 - years / 100 + years / 400;
    whole + (1..month).map(|month| month_days(year, month)).sum::<i32>()
}

/// Ticks of a date, if there is such a date.
pub(super) fn date_ticks(year: i32, month: i32, day: i32) -> Option<i64> {
    let valid = (1..=9999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= month_days(year, month);
    valid.then(|| i64::from(days_before(year, month) + day - 1) * TICKS_PER_DAY)
}

/// Ticks of a time of day, if there is such a time.
pub(super) fn time_ticks(hour: i32, minute: i32, second: i32) -> Option<i64> {
    let valid = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    valid.then(|| {
        i64::from(hour) * TICKS_PER_HOUR + i64::from(minute) * TICKS_PER_MINUTE + i64::from(second) * TICKS_PER_SECOND
    })
}

const NOT_REPRESENTABLE: &str = "The added or subtracted value results in an un-representable DateTime.";

impl DateTime {
    pub const MIN: Self = Self { ticks: 0, kind: DateTimeKind::Unspecified };
    pub const MAX: Self = Self { ticks: MAX_TICKS, kind: DateTimeKind::Unspecified };
    pub const UNIX_EPOCH: Self = Self { ticks: UNIX_EPOCH_TICKS, kind: DateTimeKind::Utc };

    /// `new DateTime(ticks, kind)`.
    pub fn from_ticks(ticks: i64, kind: DateTimeKind) -> DotnetResult<Self> {
        if (0..=MAX_TICKS).contains(&ticks) {
            Ok(Self { ticks, kind })
        } else {
            Err(DotnetError::out_of_range(
                "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.",
                "ticks",
            ))
        }
    }

    /// Ticks that are known to be in range.
    pub(super) fn raw(ticks: i64, kind: DateTimeKind) -> Self {
        Self { ticks: ticks.clamp(0, MAX_TICKS), kind }
    }

    /// `new DateTime(year, month, day)`.
    pub fn from_date(year: i32, month: i32, day: i32) -> DotnetResult<Self> {
        let ticks = date_ticks(year, month, day).ok_or_else(|| {
            DotnetError::out_of_range("Year, Month, and Day parameters describe an un-representable DateTime.", "")
        })?;
        Ok(Self { ticks, kind: DateTimeKind::Unspecified })
    }

    /// `new DateTime(year, month, day, hour, minute, second, millisecond, kind)`.
    #[expect(clippy::too_many_arguments, reason = "the constructor of .NET")]
    pub fn from_parts(
        year: i32,
        month: i32,
        day: i32,
        hour: i32,
        minute: i32,
        second: i32,
        millisecond: i32,
        kind: DateTimeKind,
    ) -> DotnetResult<Self> {
        let date = Self::from_date(year, month, day)?;
        let time = time_ticks(hour, minute, second).ok_or_else(|| {
            DotnetError::out_of_range("Hour, Minute, and Second parameters describe an un-representable DateTime.", "")
        })?;
        if !(0..1000).contains(&millisecond) {
            return Err(DotnetError::out_of_range("Valid values are between 0 and 999, inclusive.", "millisecond"));
        }
        Ok(Self { ticks: date.ticks + time + i64::from(millisecond) * TICKS_PER_MILLISECOND, kind })
    }

    /// From the seconds and nanoseconds since 1970 of a clock, as UTC; clamped to the years 1 to 9999.
    pub fn from_unix(seconds: i64, nanoseconds: u32) -> Self {
        let ticks = seconds.saturating_mul(TICKS_PER_SECOND).saturating_add(i64::from(nanoseconds / 100));
        Self::raw(ticks.saturating_add(UNIX_EPOCH_TICKS), DateTimeKind::Utc)
    }

    pub fn ticks(self) -> i64 {
        self.ticks
    }

    pub fn kind(self) -> DateTimeKind {
        self.kind
    }

    /// `DateTime.SpecifyKind`.
    pub fn with_kind(self, kind: DateTimeKind) -> Self {
        Self { kind, ..self }
    }

    /// `ToUniversalTime()`: local time is UTC.
    pub fn to_universal_time(self) -> Self {
        self.with_kind(DateTimeKind::Utc)
    }

    /// `ToLocalTime()`: local time is UTC.
    pub fn to_local_time(self) -> Self {
        self.with_kind(DateTimeKind::Local)
    }

    /// Year, month and day.
    pub fn ymd(self) -> (i32, i32, i32) {
        // Counted from 0000-03-01, so that the leap day is the last of its year.
        let days = self.ticks / TICKS_PER_DAY + 306;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year as i32, month as i32, day as i32)
    }

    pub fn year(self) -> i32 {
        self.ymd().0
    }

    pub fn month(self) -> i32 {
        self.ymd().1
    }

    pub fn day(self) -> i32 {
        self.ymd().2
    }

    pub fn hour(self) -> i32 {
        (self.ticks / TICKS_PER_HOUR % 24) as i32
    }

    pub fn minute(self) -> i32 {
        (self.ticks / TICKS_PER_MINUTE % 60) as i32
    }

    pub fn second(self) -> i32 {
        (self.ticks / TICKS_PER_SECOND % 60) as i32
    }

    pub fn millisecond(self) -> i32 {
        (self.ticks / TICKS_PER_MILLISECOND % 1000) as i32
    }

    pub fn microsecond(self) -> i32 {
        (self.ticks / 10 % 1000) as i32
    }

    pub fn nanosecond(self) -> i32 {
        (self.ticks % 10 * 100) as i32
    }

    /// 0 is Sunday.
    pub fn day_of_week(self) -> i32 {
        ((self.ticks / TICKS_PER_DAY + 1) % 7) as i32
    }

    /// 1 to 366.
    pub fn day_of_year(self) -> i32 {
        (self.ticks / TICKS_PER_DAY) as i32 - days_before(self.year(), 1) + 1
    }

    pub fn date(self) -> Self {
        Self { ticks: self.ticks - self.ticks % TICKS_PER_DAY, ..self }
    }

    pub fn time_of_day(self) -> TimeSpan {
        TimeSpan::from_ticks(self.ticks % TICKS_PER_DAY)
    }

    fn shifted(self, ticks: i64, parameter: &str) -> DotnetResult<Self> {
        match self.ticks.checked_add(ticks) {
            Some(sum) if (0..=MAX_TICKS).contains(&sum) => Ok(Self { ticks: sum, ..self }),
            _ => Err(DotnetError::out_of_range(NOT_REPRESENTABLE, parameter)),
        }
    }

    pub fn add_ticks(self, ticks: i64) -> DotnetResult<Self> {
        self.shifted(ticks, "value")
    }

    /// `Add(span)`.
    pub fn add_span(self, span: TimeSpan) -> DotnetResult<Self> {
        self.shifted(span.ticks(), "value")
    }

    /// `Subtract(span)`.
    pub fn subtract_span(self, span: TimeSpan) -> DotnetResult<Self> {
        match span.ticks().checked_neg() {
            Some(ticks) => self.shifted(ticks, "value"),
            None => Err(DotnetError::out_of_range(NOT_REPRESENTABLE, "value")),
        }
    }

    /// `Subtract(other)`.
    pub fn subtract(self, other: Self) -> TimeSpan {
        TimeSpan::from_ticks(self.ticks - other.ticks)
    }

    fn add_units(self, value: f64, ticks_per_unit: i64) -> DotnetResult<Self> {
        if value.abs() > (MAX_TICKS / ticks_per_unit) as f64 {
            return Err(DotnetError::out_of_range("Value to add was out of range.", "value"));
        }
        // The whole part is exact; the fraction is cut to ticks. NaN adds nothing.
        let whole = value.trunc();
        let fraction = ((value - whole) * ticks_per_unit as f64) as i64;
        self.add_ticks((whole as i64).saturating_mul(ticks_per_unit).saturating_add(fraction))
    }

    pub fn add_days(self, value: f64) -> DotnetResult<Self> {
        self.add_units(value, TICKS_PER_DAY)
    }

    pub fn add_hours(self, value: f64) -> DotnetResult<Self> {
        self.add_units(value, TICKS_PER_HOUR)
    }

    pub fn add_minutes(self, value: f64) -> DotnetResult<Self> {
        self.add_units(value, TICKS_PER_MINUTE)
    }

    pub fn add_seconds(self, value: f64) -> DotnetResult<Self> {
        self.add_units(value, TICKS_PER_SECOND)
    }

    pub fn add_milliseconds(self, value: f64) -> DotnetResult<Self> {
        self.add_units(value, TICKS_PER_MILLISECOND)
    }

    pub fn add_microseconds(self, value: f64) -> DotnetResult<Self> {
        self.add_units(value, 10)
    }

    /// Keeps the day, or takes the last of a shorter month.
    pub fn add_months(self, months: i32) -> DotnetResult<Self> {
        if !(-120_000..=120_000).contains(&months) {
            return Err(DotnetError::out_of_range("Months value must be between +/-120000.", "months"));
        }
        let (year, month, day) = self.ymd();
        let count = year * 12 + month - 1 + months;
        let (year, month) = (count.div_euclid(12), count.rem_euclid(12) + 1);
        if !(1..=9999).contains(&year) {
            return Err(DotnetError::out_of_range(NOT_REPRESENTABLE, "months"));
        }
        let day = day.min(month_days(year, month));
        let days = i64::from(days_before(year, month) + day - 1);
        Ok(Self { ticks: days * TICKS_PER_DAY + self.ticks % TICKS_PER_DAY, ..self })
    }

    pub fn add_years(self, years: i32) -> DotnetResult<Self> {
        if !(-10_000..=10_000).contains(&years) {
            return Err(DotnetError::out_of_range("Years value must be between +/-10000.", "years"));
        }
        self.add_months(years * 12).map_err(|_| DotnetError::out_of_range(NOT_REPRESENTABLE, "value"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(year: i32, month: i32, day: i32) -> DateTime {
        DateTime::from_date(year, month, day).expect("a date")
    }

    #[test]
    fn parts_and_arithmetic() {
        let leap = date(2024, 2, 29);
        assert_eq!(leap.ticks(), 638_447_616_000_000_000);
        assert_eq!((leap.day_of_week(), date(2024, 12, 31).day_of_year()), (4, 366));
        assert_eq!(leap.add_years(1).map(DateTime::ymd), Ok((2025, 2, 28)));
        assert_eq!(date(2024, 1, 31).add_months(1).map(DateTime::ymd), Ok((2024, 2, 29)));
        assert_eq!(date(2024, 1, 31).add_months(-13).map(DateTime::ymd), Ok((2022, 12, 31)));
        assert_eq!(
            date(2024, 1, 1).add_hours(25.5).map(|value| (value.day(), value.hour(), value.minute())),
            Ok((2, 1, 30))
        );
        assert_eq!(
            DateTime::MAX.add_days(1.0).map_err(|error| error.message),
            Err("The added or subtracted value results in an un-representable DateTime. (Parameter 'value')".into())
        );
        assert_eq!(
            DateTime::from_date(2023, 2, 29).map_err(|error| error.type_name),
            Err("System.ArgumentOutOfRangeException")
        );
        assert!(DateTime::from_parts(2024, 1, 1, 24, 0, 0, 0, DateTimeKind::Utc).is_err());
        assert_eq!((days_in_month(2023, 2), is_leap_year(2100)), (Ok(28), Ok(false)));
        assert!(days_in_month(2023, 13).is_err());
    }

    proptest! {
        #[test]
        fn ticks_and_parts_agree(ticks in 0..=MAX_TICKS) {
            let value = DateTime::raw(ticks, DateTimeKind::Utc);
            let (year, month, day) = value.ymd();
            let time = time_ticks(value.hour(), value.minute(), value.second()).unwrap();
            let fraction = value.ticks() % TICKS_PER_SECOND;
            prop_assert_eq!(date_ticks(year, month, day).unwrap() + time + fraction, ticks);
        }

        #[test]
        fn adding_never_panics(ticks in 0..=MAX_TICKS, amount: f64, count: i32) {
            let value = DateTime::raw(ticks, DateTimeKind::Utc);
            let _ = (value.add_days(amount), value.add_microseconds(amount), value.add_months(count), value.add_years(count));
        }
    }
}
