//! `DateTime`, `DateTimeOffset` and `TimeSpan` in the Gregorian calendar, with UTC as the local zone.

mod calendar;
mod exact;
mod format;
mod lexer;
mod offset;
mod parse;
mod span;
mod span_text;
mod zone;
mod zone_names;

pub use calendar::{DateTime, DateTimeKind, days_in_month, is_leap_year};
pub use exact::{parse_exact, parse_exact_offset};
pub use format::day_name;
pub use offset::DateTimeOffset;
pub use parse::{DateTimeStyles, parse, parse_offset};
pub use span::TimeSpan;
pub use zone::{Clock, Zone, iana_id, ids, windows_id};

pub const TICKS_PER_MICROSECOND: i64 = 10;
pub const TICKS_PER_MILLISECOND: i64 = 10_000;
pub const TICKS_PER_SECOND: i64 = 10_000_000;
pub const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;
pub const TICKS_PER_HOUR: i64 = 60 * TICKS_PER_MINUTE;
pub const TICKS_PER_DAY: i64 = 24 * TICKS_PER_HOUR;
/// 9999-12-31T23:59:59.9999999
pub const MAX_TICKS: i64 = 3_652_059 * TICKS_PER_DAY - 1;
/// 1970-01-01T00:00:00
pub const UNIX_EPOCH_TICKS: i64 = 719_162 * TICKS_PER_DAY;
