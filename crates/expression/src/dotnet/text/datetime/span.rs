//! `System.TimeSpan`: construction, parts, arithmetic.

use super::{
    TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MICROSECOND, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND,
};
use crate::dotnet::text::error::{DotnetError, DotnetResult};

/// A number of ticks of 100 ns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimeSpan(i64);

const TOO_LONG: &str = "TimeSpan overflowed because the duration is too long.";
const NOT_A_NUMBER: &str = "TimeSpan does not accept floating point Not-a-Number values.";

fn too_long() -> DotnetError {
    DotnetError::overflow(TOO_LONG)
}

impl TimeSpan {
    pub const ZERO: Self = Self(0);
    pub const MIN: Self = Self(i64::MIN);
    pub const MAX: Self = Self(i64::MAX);

    pub const fn from_ticks(ticks: i64) -> Self {
        Self(ticks)
    }

    /// `new TimeSpan(days, hours, minutes, seconds, milliseconds, microseconds)`.
    pub fn from_parts(
        days: i32,
        hours: i32,
        minutes: i32,
        seconds: i32,
        milliseconds: i32,
        microseconds: i32,
    ) -> DotnetResult<Self> {
        let part = |count: i32, ticks: i64| i128::from(count) * i128::from(ticks);
        let ticks = part(days, TICKS_PER_DAY)
            + part(hours, TICKS_PER_HOUR)
            + part(minutes, TICKS_PER_MINUTE)
            + part(seconds, TICKS_PER_SECOND)
            + part(milliseconds, TICKS_PER_MILLISECOND)
            + part(microseconds, TICKS_PER_MICROSECOND);
        i64::try_from(ticks).map(Self).map_err(|_| DotnetError::out_of_range(TOO_LONG, ""))
    }

    /// `FromDays(double)` and its kin: `value` units of `ticks_per_unit`, cut to ticks.
    pub fn from_units(value: f64, ticks_per_unit: i64) -> DotnetResult<Self> {
        if value.is_nan() {
            return Err(DotnetError::argument(NOT_A_NUMBER, ""));
        }
        Self::from_f64_ticks(value * ticks_per_unit as f64)
    }

    /// `FromSeconds(long)` and its kin.
    pub fn from_whole_units(value: i64, ticks_per_unit: i64) -> DotnetResult<Self> {
        value.checked_mul(ticks_per_unit).map(Self).ok_or_else(|| DotnetError::out_of_range(TOO_LONG, ""))
    }

    fn from_f64_ticks(ticks: f64) -> DotnetResult<Self> {
        // i64::MAX as f64 is 2^63 itself, which .NET takes for MaxValue.
        if ticks.is_nan() || ticks > i64::MAX as f64 || ticks < i64::MIN as f64 {
            return Err(too_long());
        }
        Ok(Self(ticks as i64))
    }

    pub fn from_days(value: f64) -> DotnetResult<Self> {
        Self::from_units(value, TICKS_PER_DAY)
    }

    pub fn from_hours(value: f64) -> DotnetResult<Self> {
        Self::from_units(value, TICKS_PER_HOUR)
    }

    pub fn from_minutes(value: f64) -> DotnetResult<Self> {
        Self::from_units(value, TICKS_PER_MINUTE)
    }

    pub fn from_seconds(value: f64) -> DotnetResult<Self> {
        Self::from_units(value, TICKS_PER_SECOND)
    }

    pub fn from_milliseconds(value: f64) -> DotnetResult<Self> {
        Self::from_units(value, TICKS_PER_MILLISECOND)
    }

    pub fn from_microseconds(value: f64) -> DotnetResult<Self> {
        Self::from_units(value, TICKS_PER_MICROSECOND)
    }

    pub fn ticks(self) -> i64 {
        self.0
    }

    pub fn days(self) -> i32 {
        (self.0 / TICKS_PER_DAY) as i32
    }

    pub fn hours(self) -> i32 {
        (self.0 / TICKS_PER_HOUR % 24) as i32
    }

    pub fn minutes(self) -> i32 {
        (self.0 / TICKS_PER_MINUTE % 60) as i32
    }

    pub fn seconds(self) -> i32 {
        (self.0 / TICKS_PER_SECOND % 60) as i32
    }

    pub fn milliseconds(self) -> i32 {
        (self.0 / TICKS_PER_MILLISECOND % 1000) as i32
    }

    pub fn microseconds(self) -> i32 {
        (self.0 / TICKS_PER_MICROSECOND % 1000) as i32
    }

    pub fn nanoseconds(self) -> i32 {
        (self.0 % TICKS_PER_MICROSECOND * 100) as i32
    }

    /// `TotalDays` and its kin, by the ticks of the unit.
    pub fn total(self, ticks_per_unit: i64) -> f64 {
        self.0 as f64 / ticks_per_unit as f64
    }

    pub fn total_days(self) -> f64 {
        self.total(TICKS_PER_DAY)
    }

    pub fn total_hours(self) -> f64 {
        self.total(TICKS_PER_HOUR)
    }

    pub fn total_minutes(self) -> f64 {
        self.total(TICKS_PER_MINUTE)
    }

    pub fn total_seconds(self) -> f64 {
        self.total(TICKS_PER_SECOND)
    }

    pub fn total_milliseconds(self) -> f64 {
        const LIMIT: f64 = (i64::MAX / TICKS_PER_MILLISECOND) as f64;
        self.total(TICKS_PER_MILLISECOND).clamp(-LIMIT, LIMIT)
    }

    pub fn total_microseconds(self) -> f64 {
        self.total(TICKS_PER_MICROSECOND)
    }

    pub fn total_nanoseconds(self) -> f64 {
        self.0 as f64 * 100.0
    }

    pub fn checked_add(self, other: Self) -> DotnetResult<Self> {
        self.0.checked_add(other.0).map(Self).ok_or_else(too_long)
    }

    pub fn checked_sub(self, other: Self) -> DotnetResult<Self> {
        self.0.checked_sub(other.0).map(Self).ok_or_else(too_long)
    }

    pub fn checked_neg(self) -> DotnetResult<Self> {
        self.0
            .checked_neg()
            .map(Self)
            .ok_or_else(|| DotnetError::overflow("Negating the minimum value of a twos complement number is invalid."))
    }

    /// `Duration()`: without the sign.
    pub fn duration(self) -> DotnetResult<Self> {
        self.0.checked_abs().map(Self).ok_or_else(|| {
            DotnetError::overflow(
                "The duration cannot be returned for TimeSpan.MinValue because the absolute value of \
                 TimeSpan.MinValue exceeds the value of TimeSpan.MaxValue.",
            )
        })
    }

    /// `Multiply(factor)`, to the nearest tick.
    pub fn multiply(self, factor: f64) -> DotnetResult<Self> {
        if factor.is_nan() {
            return Err(DotnetError::argument(NOT_A_NUMBER, "factor"));
        }
        Self::from_f64_ticks((self.0 as f64 * factor).round_ties_even())
    }

    /// `Divide(divisor)`, to the nearest tick.
    pub fn divide(self, divisor: f64) -> DotnetResult<Self> {
        if divisor.is_nan() {
            return Err(DotnetError::argument(NOT_A_NUMBER, "divisor"));
        }
        Self::from_f64_ticks((self.0 as f64 / divisor).round_ties_even())
    }

    /// `Divide(other)`.
    pub fn ratio(self, other: Self) -> f64 {
        self.0 as f64 / other.0 as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        assert_eq!(TimeSpan::from_seconds(1.0 / 3.0).map(TimeSpan::ticks), Ok(3_333_333));
        assert_eq!(TimeSpan::from_seconds(59.9).map(TimeSpan::total_minutes), Ok(0.998_333_333_333_333_3));
        assert!(TimeSpan::from_days(f64::NAN).is_err() && TimeSpan::from_days(1e9).is_err());
        let negative = TimeSpan::from_ticks(-90 * TICKS_PER_SECOND);
        assert_eq!((negative.minutes(), negative.seconds()), (-1, -30));
        assert!(TimeSpan::MAX.checked_add(TimeSpan::from_ticks(1)).is_err());
        assert!(TimeSpan::MIN.checked_neg().is_err() && TimeSpan::MIN.duration().is_err());
        assert_eq!(TimeSpan::from_ticks(10).multiply(1.25).map(TimeSpan::ticks), Ok(12));
        assert!(TimeSpan::from_ticks(1).divide(0.0).is_err());
    }
}
