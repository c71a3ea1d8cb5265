//! `DateTime`, `DateTimeOffset`, `TimeSpan`.

use super::{TypeTable, format};
use crate::dotnet::text::datetime::{
    self, DateTimeStyles, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND,
};
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::known;
use crate::value::{DateKind, DateTime, Value};

pub fn now(run: &Run<'_>) -> datetime::DateTime {
    format::date(DateTime { ticks: run.context.environment.now().0, kind: DateKind::Utc })
}

pub fn parse_date(run: &mut Run<'_>, text: &str) -> Outcome {
    Ok(format::from_date(datetime::parse(text, DateTimeStyles(0), now(run))?))
}

fn date(a: &Args<'_, '_>, at: usize) -> datetime::DateTime {
    format::date(a.date(at))
}

fn span(a: &Args<'_, '_>, at: usize) -> datetime::TimeSpan {
    format::span(a.span(at))
}

fn from_span(span: datetime::TimeSpan) -> Outcome {
    Ok(Value::TimeSpan(span.ticks()))
}

/// `new DateTime(year, …)`: numbers, then a kind.
fn make(a: &mut Args<'_, '_>) -> Outcome {
    let mut numbers: Vec<i32> = Vec::new();
    let mut kind = datetime::DateTimeKind::Unspecified;
    for arg in a.args {
        match arg {
            Value::Int32(number) => numbers.push(*number),
            Value::Enum(_, number) => kind = datetime::DateTimeKind::from_i32(*number as i32)?,
            _ => {}
        }
    }
    let at = |index: usize| numbers.get(index).copied().unwrap_or(0);
    let made = datetime::DateTime::from_parts(at(0), at(1), at(2), at(3), at(4), at(5), at(6), kind)?;
    Ok(format::from_date(made))
}

fn add(
    a: &mut Args<'_, '_>,
    add: fn(datetime::DateTime, f64) -> crate::dotnet::text::DotnetResult<datetime::DateTime>,
) -> Outcome {
    Ok(format::from_date(add(date(a, 0), a.f64(1))?))
}

fn read(a: &mut Args<'_, '_>, read: fn(datetime::DateTime) -> i32) -> Outcome {
    Ok(Value::Int32(read(date(a, 0))))
}

fn total(a: &mut Args<'_, '_>, ticks: i64) -> Outcome {
    Ok(Value::Double(span(a, 0).total(ticks)))
}

fn from_units(a: &mut Args<'_, '_>, ticks: i64) -> Outcome {
    from_span(datetime::TimeSpan::from_units(a.f64(0), ticks)?)
}

fn exact(a: &mut Args<'_, '_>) -> Outcome {
    let text = a.text(0, "s")?.as_str().to_owned();
    let formats = formats(a, 1)?;
    let formats: Vec<&str> = formats.iter().map(String::as_str).collect();
    Ok(format::from_date(datetime::parse_exact(&text, &formats, DateTimeStyles(style(a)), now(a.run))?))
}

fn style(a: &Args<'_, '_>) -> i32 {
    a.args
        .iter()
        .find_map(|arg| if let Value::Enum(_, number) = arg { Some(*number as i32) } else { None })
        .unwrap_or(0)
}

fn parse(a: &mut Args<'_, '_>) -> Outcome {
    let made = datetime::parse(a.text(0, "s")?.as_str(), DateTimeStyles(style(a)), now(a.run))?;
    Ok(format::from_date(made))
}

/// Puts a parsed value, or the default, in the last argument.
fn attempt(a: &mut Args<'_, '_>, parsed: Option<Value>, default: Value) -> Outcome {
    let present = parsed.is_some();
    a.set_out(a.len() - 1, parsed.unwrap_or(default));
    Ok(Value::Bool(present))
}

fn order(a: &mut Args<'_, '_>, test: fn(std::cmp::Ordering) -> bool) -> Outcome {
    let (x, y) = (a.value(0), a.value(1));
    Ok(Value::Bool(test(a.run.compare(&x, &y)?)))
}

fn same(a: &mut Args<'_, '_>) -> Outcome {
    let (x, y) = (a.value(0), a.value(1));
    a.run.equals(&x, &y).map(Value::Bool)
}

fn differ(a: &mut Args<'_, '_>) -> Outcome {
    let (x, y) = (a.value(0), a.value(1));
    a.run.equals(&x, &y).map(|equal| Value::Bool(!equal))
}

macro_rules! compared {
    ($name:literal, $decl:literal, [$($member:expr),* $(,)?]) => {
        TypeTable {
            decl: $decl,
            members: &[
                (concat!("static bool operator ==(", $name, " a, ", $name, " b)"), same),
                (concat!("static bool operator !=(", $name, " a, ", $name, " b)"), differ),
                (concat!("static bool operator <(", $name, " a, ", $name, " b)"), |a| order(a, std::cmp::Ordering::is_lt)),
                (concat!("static bool operator >(", $name, " a, ", $name, " b)"), |a| order(a, std::cmp::Ordering::is_gt)),
                (concat!("static bool operator <=(", $name, " a, ", $name, " b)"), |a| order(a, std::cmp::Ordering::is_le)),
                (concat!("static bool operator >=(", $name, " a, ", $name, " b)"), |a| order(a, std::cmp::Ordering::is_ge)),
                (concat!("bool Equals(", $name, " value)"), same),
                (concat!("int CompareTo(", $name, " value)"), super::object::compare_to),
                ("int CompareTo(object value)", super::object::compare_to_object),
                (concat!("static int Compare(", $name, " t1, ", $name, " t2)"), super::object::compare_to),
                (concat!("static bool Equals(", $name, " t1, ", $name, " t2)"), same),
                ("string ToString()", super::number::to_text),
                ("string ToString(string format)", super::number::to_text),
                ("string ToString(IFormatProvider provider)", super::number::to_text),
                ("string ToString(string format, IFormatProvider provider)", super::number::to_text),
                $($member),*
            ],
        }
    };
}

/// The texts of a `string[]` argument, or the one of a `string`.
fn formats(a: &Args<'_, '_>, at: usize) -> Result<Vec<String>, Thrown> {
    match a.get(at) {
        Value::Str(text) => Ok(vec![text.as_str().to_owned()]),
        other => {
            let array = crate::value::downcast::<super::array::Array>(other);
            let array = array.ok_or_else(|| Thrown::argument_null("format"))?;
            Ok(array.to_vec().iter().map(|item| item.as_str().unwrap_or("").to_owned()).collect())
        }
    }
}

fn number_of(a: &Args<'_, '_>, count: usize) -> Vec<i32> {
    (0..count).map(|at| a.i32(at)).collect()
}

/// `new DateTime(…, microsecond[, kind])`.
fn make_fine(a: &mut Args<'_, '_>) -> Outcome {
    let parts = number_of(a, 7);
    let micro = a.i32(7);
    if !(0..1000).contains(&micro) {
        return Err(Thrown::out_of_range("Valid values are between 0 and 999, inclusive.", "microsecond"));
    }
    let kind = match a.get(8) {
        Value::Enum(_, number) => datetime::DateTimeKind::from_i32(*number as i32)?,
        _ => datetime::DateTimeKind::Unspecified,
    };
    let [year, month, day, hour, minute, second, milli] = parts[..] else { return Err(Thrown::null_reference()) };
    let made = datetime::DateTime::from_parts(year, month, day, hour, minute, second, milli, kind)?;
    Ok(format::from_date(made.add_ticks(i64::from(micro) * 10)?))
}

/// Ticks of Windows' epoch, 1601-01-01.
const FILE_TIME_TICKS: i64 = 504_911_232_000_000_000;

/// Ticks of the epoch of OLE dates, 1899-12-30.
const OLE_TICKS: i64 = 599_264_352_000_000_000;

fn from_file_time(a: &mut Args<'_, '_>, kind: DateKind) -> Outcome {
    let ticks = a
        .i64(0)
        .checked_add(FILE_TIME_TICKS)
        .filter(|ticks| *ticks >= FILE_TIME_TICKS && *ticks <= datetime::MAX_TICKS);
    let ticks = ticks.ok_or_else(|| Thrown::out_of_range("Not a valid Win32 FileTime.", "fileTime"))?;
    Ok(Value::DateTime(DateTime { ticks, kind }))
}

fn to_file_time(ticks: i64) -> Outcome {
    let ticks = ticks - FILE_TIME_TICKS;
    if ticks < 0 {
        return Err(Thrown::out_of_range("Not a valid Win32 FileTime.", ""));
    }
    Ok(Value::Int64(ticks))
}

/// `FromOADate`: days since 1899-12-30, the fraction counting forward even before it.
fn from_ole(a: &mut Args<'_, '_>) -> Outcome {
    let value = a.f64(0);
    if value.is_nan() || value >= 2_958_466.0 || value <= -657_435.0 {
        return Err(Thrown::argument("Not a legal OleAut date."));
    }
    let mut millis = (value * 86_400_000.0 + if value >= 0.0 { 0.5 } else { -0.5 }) as i64;
    if millis < 0 {
        millis -= millis % 86_400_000 * 2;
    }
    Ok(Value::DateTime(DateTime { ticks: OLE_TICKS + millis * TICKS_PER_MILLISECOND, kind: DateKind::Unspecified }))
}

fn to_ole(a: &mut Args<'_, '_>) -> Outcome {
    let mut ticks = a.date(0).ticks;
    if ticks == 0 {
        return Ok(Value::Double(0.0));
    }
    if ticks < TICKS_PER_DAY {
        ticks += OLE_TICKS;
    }
    if ticks < 31_241_376_000_000_000 {
        return Err(Thrown::overflow("Not a legal OleAut date."));
    }
    let mut millis = (ticks - OLE_TICKS) / TICKS_PER_MILLISECOND;
    if millis < 0 {
        let fraction = millis % 86_400_000;
        if fraction != 0 {
            millis -= (86_400_000 + fraction) * 2;
        }
    }
    Ok(Value::Double(millis as f64 / 86_400_000.0))
}

/// `ToBinary`: the kind in the two high bits.
fn to_binary(a: &mut Args<'_, '_>) -> Outcome {
    let date = a.date(0);
    Ok(Value::Int64(match date.kind {
        DateKind::Unspecified => date.ticks,
        DateKind::Utc => date.ticks | 1 << 62,
        DateKind::Local => date.ticks | i64::MIN,
    }))
}

fn from_binary(a: &mut Args<'_, '_>) -> Outcome {
    let data = a.i64(0);
    let ticks = data & ((1 << 62) - 1);
    if ticks > datetime::MAX_TICKS {
        return Err(Thrown::argument_of(
            "The binary data must result in a DateTime with ticks between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.",
            "dateData",
        ));
    }
    let kind = match data as u64 >> 62 {
        0 => DateKind::Unspecified,
        1 => DateKind::Utc,
        _ => DateKind::Local,
    };
    Ok(Value::DateTime(DateTime { ticks, kind }))
}

/// `ToLongDateString` and its kin.
fn with_format(a: &mut Args<'_, '_>, text: &str) -> Outcome {
    let value = a.value(0);
    let made = a.run.format(&value, text)?;
    a.make(made)
}

fn offset_parsed(a: &mut Args<'_, '_>) -> Outcome {
    let text = a.text(0, "input")?.as_str().to_owned();
    Ok(format::from_offset(datetime::parse_offset(&text, DateTimeStyles(style(a)), now(a.run))?))
}

fn offset_exact(a: &mut Args<'_, '_>) -> Outcome {
    let formats = formats(a, 1)?;
    let formats: Vec<&str> = formats.iter().map(String::as_str).collect();
    let text = a.text(0, "input")?.as_str().to_owned();
    Ok(format::from_offset(datetime::parse_exact_offset(&text, &formats, DateTimeStyles(style(a)), now(a.run))?))
}

fn no_offset() -> Value {
    Value::DateTimeOffset(crate::value::DateTimeOffset::default())
}

/// A part of what the clock of a `DateTimeOffset` shows.
fn part(a: &mut Args<'_, '_>, read: fn(datetime::DateTime) -> i32) -> Outcome {
    Ok(Value::Int32(read(unix(a).date_time())))
}

fn day_of_week(date: datetime::DateTime) -> Value {
    let id = crate::types::registry().full("System.DayOfWeek", 0).unwrap_or(known::INT32);
    Value::Enum(id, date.day_of_week().into())
}

fn shifted(a: &mut Args<'_, '_>, ticks: i64) -> Outcome {
    Ok(format::from_offset(unix(a).map_clock(|clock| clock.add_ticks(ticks))?))
}

fn negated(ticks: i64) -> Result<i64, Thrown> {
    ticks.checked_neg().ok_or_else(|| {
        Thrown::out_of_range("The added or subtracted value results in an un-representable DateTime.", "value")
    })
}

/// `new DateTimeOffset(…, offset)` of 6, 7 or 8 numbers.
fn make_offset(a: &mut Args<'_, '_>) -> Outcome {
    let count = a.len() - 1;
    let mut parts = number_of(a, count);
    parts.resize(8, 0);
    let [year, month, day, hour, minute, second, milli, micro] = parts[..] else {
        return Err(Thrown::null_reference());
    };
    let kind = datetime::DateTimeKind::Unspecified;
    let clock = datetime::DateTime::from_parts(year, month, day, hour, minute, second, milli, kind)?;
    let clock = clock.add_ticks(i64::from(micro) * 10)?;
    Ok(format::from_offset(datetime::DateTimeOffset::new(clock, span(a, count))?))
}

/// `FromDays(int, …)` and its kin: whole counts of the units, in order.
fn whole_units(a: &mut Args<'_, '_>, units: &[i64]) -> Outcome {
    let ticks: i128 = units.iter().enumerate().map(|(at, unit)| i128::from(a.i64(at)) * i128::from(*unit)).sum();
    i64::try_from(ticks)
        .map(Value::TimeSpan)
        .map_err(|_| Thrown::out_of_range("TimeSpan overflowed because the duration is too long.", ""))
}

/// The units from days down to microseconds.
const UNITS: [i64; 6] = [TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, TICKS_PER_MILLISECOND, 10];

/// `TimeSpan.ParseExact(text, format or formats, provider[, styles])`.
fn span_exact(a: &mut Args<'_, '_>) -> Outcome {
    let formats = formats(a, 1)?;
    let text = a.text(0, "input")?.as_str().to_owned();
    let negative = style(a) & 1 != 0;
    let mut failed = None;
    for format in &formats {
        match datetime::TimeSpan::parse_exact(&text, format, negative) {
            Ok(span) => return from_span(span),
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.map_or_else(|| Thrown::format("No format specifiers were provided."), Thrown::from))
}

fn nothing(_a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Null)
}

fn unix(a: &mut Args<'_, '_>) -> datetime::DateTimeOffset {
    format::offset(a.offset(0))
}

fn clock(
    a: &mut Args<'_, '_>,
    change: impl Fn(datetime::DateTime, f64) -> crate::dotnet::text::DotnetResult<datetime::DateTime>,
) -> Outcome {
    let amount = a.f64(1);
    Ok(format::from_offset(unix(a).map_clock(|clock| change(clock, amount))?))
}

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "enum System.DayOfWeek { Sunday, Monday, Tuesday, Wednesday, Thursday, Friday, Saturday }",
        members: &[],
    },
    TypeTable { decl: "enum System.DateTimeKind { Unspecified, Utc, Local }", members: &[] },
    TypeTable { decl: "enum System.Globalization.TimeSpanStyles { None, AssumeNegative }", members: &[] },
    TypeTable {
        decl: "flags enum System.Globalization.DateTimeStyles { None = 0, AllowLeadingWhite = 1, AllowTrailingWhite = 2, AllowInnerWhite = 4, AllowWhiteSpaces = 7, NoCurrentDateDefault = 8, AdjustToUniversal = 16, AssumeLocal = 32, AssumeUniversal = 64, RoundtripKind = 128 }",
        members: &[],
    },
    compared!(
        "DateTime",
        "struct System.DateTime : IComparable, IComparable<DateTime>, IEquatable<DateTime>, IFormattable",
        [
            ("new(long ticks)", |a| Ok(format::from_date(datetime::DateTime::from_ticks(
                a.i64(0),
                datetime::DateTimeKind::Unspecified
            )?))),
            ("new(long ticks, DateTimeKind kind)", |a| Ok(format::from_date(datetime::DateTime::from_ticks(
                a.i64(0),
                datetime::DateTimeKind::from_i32(a.i32(1))?
            )?))),
            ("new(int year, int month, int day)", make),
            ("new(int year, int month, int day, int hour, int minute, int second)", make),
            ("new(int year, int month, int day, int hour, int minute, int second, DateTimeKind kind)", make),
            ("new(int year, int month, int day, int hour, int minute, int second, int millisecond)", make),
            (
                "new(int year, int month, int day, int hour, int minute, int second, int millisecond, DateTimeKind kind)",
                make
            ),
            ("static DateTime Now", |a| Ok(format::from_date(now(a.run).with_kind(datetime::DateTimeKind::Local)))),
            ("static DateTime UtcNow", |a| Ok(format::from_date(now(a.run)))),
            ("static DateTime Today", |a| Ok(format::from_date(
                now(a.run).date().with_kind(datetime::DateTimeKind::Local)
            ))),
            ("static DateTime MinValue", |_| Ok(Value::DateTime(DateTime::default()))),
            ("static DateTime MaxValue", |_| Ok(Value::DateTime(DateTime {
                ticks: 3_155_378_975_999_999_999,
                kind: DateKind::Unspecified
            }))),
            ("static DateTime UnixEpoch", |_| Ok(Value::DateTime(DateTime {
                ticks: 621_355_968_000_000_000,
                kind: DateKind::Utc
            }))),
            ("static DateTime Parse(string s)", parse),
            ("static DateTime Parse(string s, IFormatProvider provider)", parse),
            (
                "static DateTime Parse(string s, IFormatProvider provider, System.Globalization.DateTimeStyles styles)",
                parse
            ),
            (
                "new(int year, int month, int day, int hour, int minute, int second, int millisecond, int microsecond)",
                make_fine
            ),
            (
                "new(int year, int month, int day, int hour, int minute, int second, int millisecond, int microsecond, DateTimeKind kind)",
                make_fine
            ),
            ("static DateTime FromBinary(long dateData)", from_binary),
            ("static DateTime FromFileTime(long fileTime)", |a| from_file_time(a, DateKind::Local)),
            ("static DateTime FromFileTimeUtc(long fileTime)", |a| from_file_time(a, DateKind::Utc)),
            ("static DateTime FromOADate(double d)", from_ole),
            ("long ToBinary()", to_binary),
            ("long ToFileTime()", |a| to_file_time(a.date(0).ticks)),
            ("long ToFileTimeUtc()", |a| to_file_time(a.date(0).ticks)),
            ("double ToOADate()", to_ole),
            ("string ToLongDateString()", |a| with_format(a, "D")),
            ("string ToLongTimeString()", |a| with_format(a, "T")),
            ("string ToShortDateString()", |a| with_format(a, "d")),
            ("string ToShortTimeString()", |a| with_format(a, "t")),
            ("DateTime AddMicroseconds(double value)", |a| add(a, datetime::DateTime::add_microseconds)),
            ("int Microsecond", |a| read(a, datetime::DateTime::microsecond)),
            ("int Nanosecond", |a| read(a, datetime::DateTime::nanosecond)),
            (
                "static DateTime ParseExact(string s, string[] formats, IFormatProvider provider, System.Globalization.DateTimeStyles style)",
                exact
            ),
            (
                "static bool TryParseExact(string s, string[] formats, IFormatProvider provider, System.Globalization.DateTimeStyles style, out DateTime result)",
                |a| {
                    let parsed = exact(a).ok();
                    attempt(a, parsed, Value::DateTime(DateTime::default()))
                }
            ),
            ("static bool TryParse(string s, IFormatProvider provider, out DateTime result)", |a| {
                let parsed = parse(a).ok();
                attempt(a, parsed, Value::DateTime(DateTime::default()))
            }),
            ("static DateTime ParseExact(string s, string format, IFormatProvider provider)", exact),
            (
                "static DateTime ParseExact(string s, string format, IFormatProvider provider, System.Globalization.DateTimeStyles style)",
                exact
            ),
            ("static bool TryParse(string s, out DateTime result)", |a| {
                let parsed = parse(a).ok();
                attempt(a, parsed, Value::DateTime(DateTime::default()))
            }),
            (
                "static bool TryParse(string s, IFormatProvider provider, System.Globalization.DateTimeStyles styles, out DateTime result)",
                |a| {
                    let parsed = parse(a).ok();
                    attempt(a, parsed, Value::DateTime(DateTime::default()))
                }
            ),
            (
                "static bool TryParseExact(string s, string format, IFormatProvider provider, System.Globalization.DateTimeStyles style, out DateTime result)",
                |a| {
                    let parsed = exact(a).ok();
                    attempt(a, parsed, Value::DateTime(DateTime::default()))
                }
            ),
            ("static int DaysInMonth(int year, int month)", |a| Ok(Value::Int32(datetime::days_in_month(
                a.i32(0),
                a.i32(1)
            )?))),
            ("static bool IsLeapYear(int year)", |a| Ok(Value::Bool(datetime::is_leap_year(a.i32(0))?))),
            ("static DateTime SpecifyKind(DateTime value, DateTimeKind kind)", |a| Ok(format::from_date(
                date(a, 0).with_kind(datetime::DateTimeKind::from_i32(a.i32(1))?)
            ))),
            ("DateTime AddDays(double value)", |a| add(a, datetime::DateTime::add_days)),
            ("DateTime AddHours(double value)", |a| add(a, datetime::DateTime::add_hours)),
            ("DateTime AddMinutes(double value)", |a| add(a, datetime::DateTime::add_minutes)),
            ("DateTime AddSeconds(double value)", |a| add(a, datetime::DateTime::add_seconds)),
            ("DateTime AddMilliseconds(double value)", |a| add(a, datetime::DateTime::add_milliseconds)),
            ("DateTime AddTicks(long value)", |a| Ok(format::from_date(date(a, 0).add_ticks(a.i64(1))?))),
            ("DateTime AddMonths(int months)", |a| Ok(format::from_date(date(a, 0).add_months(a.i32(1))?))),
            ("DateTime AddYears(int value)", |a| Ok(format::from_date(date(a, 0).add_years(a.i32(1))?))),
            ("DateTime Add(TimeSpan value)", |a| Ok(format::from_date(date(a, 0).add_span(span(a, 1))?))),
            ("DateTime Subtract(TimeSpan value)", |a| Ok(format::from_date(date(a, 0).subtract_span(span(a, 1))?))),
            ("TimeSpan Subtract(DateTime value)", |a| from_span(date(a, 0).subtract(date(a, 1)))),
            ("static DateTime operator +(DateTime d, TimeSpan t)", |a| Ok(format::from_date(
                date(a, 0).add_span(span(a, 1))?
            ))),
            ("static DateTime operator -(DateTime d, TimeSpan t)", |a| Ok(format::from_date(
                date(a, 0).subtract_span(span(a, 1))?
            ))),
            ("static TimeSpan operator -(DateTime d1, DateTime d2)", |a| from_span(date(a, 0).subtract(date(a, 1)))),
            ("int Year", |a| read(a, datetime::DateTime::year)),
            ("int Month", |a| read(a, datetime::DateTime::month)),
            ("int Day", |a| read(a, datetime::DateTime::day)),
            ("int Hour", |a| read(a, datetime::DateTime::hour)),
            ("int Minute", |a| read(a, datetime::DateTime::minute)),
            ("int Second", |a| read(a, datetime::DateTime::second)),
            ("int Millisecond", |a| read(a, datetime::DateTime::millisecond)),
            ("int DayOfYear", |a| read(a, datetime::DateTime::day_of_year)),
            ("DayOfWeek DayOfWeek", |a| {
                let id = crate::types::registry().full("System.DayOfWeek", 0).unwrap_or(known::INT32);
                Ok(Value::Enum(id, date(a, 0).day_of_week().into()))
            }),
            ("DateTimeKind Kind", |a| {
                let id = crate::types::registry().full("System.DateTimeKind", 0).unwrap_or(known::INT32);
                Ok(Value::Enum(id, a.date(0).kind as i64))
            }),
            ("long Ticks", |a| Ok(Value::Int64(a.date(0).ticks))),
            ("DateTime Date", |a| Ok(format::from_date(date(a, 0).date()))),
            ("TimeSpan TimeOfDay", |a| from_span(date(a, 0).time_of_day())),
            ("DateTime ToUniversalTime()", |a| Ok(format::from_date(date(a, 0).to_universal_time()))),
            ("DateTime ToLocalTime()", |a| Ok(format::from_date(date(a, 0).to_local_time()))),
            ("bool IsDaylightSavingTime()", |_| Ok(Value::Bool(false))),
        ]
    ),
    compared!(
        "TimeSpan",
        "struct System.TimeSpan : IComparable, IComparable<TimeSpan>, IEquatable<TimeSpan>, IFormattable",
        [
            ("new(long ticks)", |a| Ok(Value::TimeSpan(a.i64(0)))),
            ("new(int hours, int minutes, int seconds)", |a| from_span(datetime::TimeSpan::from_parts(
                0,
                a.i32(0),
                a.i32(1),
                a.i32(2),
                0,
                0
            )?)),
            ("new(int days, int hours, int minutes, int seconds)", |a| from_span(datetime::TimeSpan::from_parts(
                a.i32(0),
                a.i32(1),
                a.i32(2),
                a.i32(3),
                0,
                0
            )?)),
            ("new(int days, int hours, int minutes, int seconds, int milliseconds)", |a| from_span(
                datetime::TimeSpan::from_parts(a.i32(0), a.i32(1), a.i32(2), a.i32(3), a.i32(4), 0)?
            )),
            ("static TimeSpan Zero", |_| Ok(Value::TimeSpan(0))),
            ("static TimeSpan MaxValue", |_| Ok(Value::TimeSpan(i64::MAX))),
            ("static TimeSpan MinValue", |_| Ok(Value::TimeSpan(i64::MIN))),
            ("new(int days, int hours, int minutes, int seconds, int milliseconds, int microseconds)", |a| from_span(
                datetime::TimeSpan::from_parts(a.i32(0), a.i32(1), a.i32(2), a.i32(3), a.i32(4), a.i32(5))?
            )),
            ("const long NanosecondsPerTick = 100", nothing),
            ("const long TicksPerMicrosecond = 10", nothing),
            ("const long TicksPerMillisecond = 10000", nothing),
            ("const long TicksPerSecond = 10000000", nothing),
            ("const long TicksPerMinute = 600000000", nothing),
            ("const long TicksPerHour = 36000000000", nothing),
            ("const long TicksPerDay = 864000000000", nothing),
            ("static TimeSpan FromDays(int days)", |a| whole_units(a, &UNITS[..1])),
            (
                "static TimeSpan FromDays(int days, int hours = 0, long minutes = 0, long seconds = 0, long milliseconds = 0, long microseconds = 0)",
                |a| whole_units(a, &UNITS)
            ),
            ("static TimeSpan FromHours(int hours)", |a| whole_units(a, &UNITS[1..2])),
            (
                "static TimeSpan FromHours(int hours, long minutes = 0, long seconds = 0, long milliseconds = 0, long microseconds = 0)",
                |a| whole_units(a, &UNITS[1..])
            ),
            ("static TimeSpan FromMinutes(long minutes)", |a| whole_units(a, &UNITS[2..3])),
            (
                "static TimeSpan FromMinutes(long minutes, long seconds = 0, long milliseconds = 0, long microseconds = 0)",
                |a| whole_units(a, &UNITS[2..])
            ),
            ("static TimeSpan FromSeconds(long seconds)", |a| whole_units(a, &UNITS[3..4])),
            ("static TimeSpan FromSeconds(long seconds, long milliseconds = 0, long microseconds = 0)", |a| {
                whole_units(a, &UNITS[3..])
            }),
            ("static TimeSpan FromMilliseconds(long milliseconds, long microseconds = 0)", |a| whole_units(
                a,
                &UNITS[4..]
            )),
            ("static TimeSpan FromMicroseconds(long microseconds)", |a| whole_units(a, &UNITS[5..])),
            ("static TimeSpan FromMicroseconds(double value)", |a| from_units(a, 10)),
            ("int Microseconds", |a| Ok(Value::Int32(span(a, 0).microseconds()))),
            ("int Nanoseconds", |a| Ok(Value::Int32(span(a, 0).nanoseconds()))),
            ("double TotalMicroseconds", |a| total(a, 10)),
            ("double TotalNanoseconds", |a| Ok(Value::Double(span(a, 0).total_nanoseconds()))),
            ("TimeSpan Multiply(double factor)", |a| from_span(span(a, 0).multiply(a.f64(1))?)),
            ("TimeSpan Divide(double divisor)", |a| from_span(span(a, 0).divide(a.f64(1))?)),
            ("double Divide(TimeSpan ts)", |a| Ok(Value::Double(span(a, 0).ratio(span(a, 1))))),
            ("static TimeSpan operator *(double factor, TimeSpan timeSpan)", |a| from_span(
                span(a, 1).multiply(a.f64(0))?
            )),
            ("static TimeSpan Parse(string input, IFormatProvider formatProvider)", |a| {
                from_span(datetime::TimeSpan::parse(a.text(0, "input")?.as_str())?)
            }),
            ("static bool TryParse(string input, IFormatProvider formatProvider, out TimeSpan result)", |a| {
                let parsed = a.opt_str(0).and_then(|text| datetime::TimeSpan::try_parse(text.as_str()));
                attempt(a, parsed.map(|span| Value::TimeSpan(span.ticks())), Value::TimeSpan(0))
            }),
            ("static TimeSpan ParseExact(string input, string format, IFormatProvider formatProvider)", span_exact),
            ("static TimeSpan ParseExact(string input, string[] formats, IFormatProvider formatProvider)", span_exact),
            (
                "static TimeSpan ParseExact(string input, string format, IFormatProvider formatProvider, System.Globalization.TimeSpanStyles styles)",
                span_exact
            ),
            (
                "static TimeSpan ParseExact(string input, string[] formats, IFormatProvider formatProvider, System.Globalization.TimeSpanStyles styles)",
                span_exact
            ),
            (
                "static bool TryParseExact(string input, string format, IFormatProvider formatProvider, out TimeSpan result)",
                |a| {
                    let parsed = span_exact(a).ok();
                    attempt(a, parsed, Value::TimeSpan(0))
                }
            ),
            (
                "static bool TryParseExact(string input, string[] formats, IFormatProvider formatProvider, out TimeSpan result)",
                |a| {
                    let parsed = span_exact(a).ok();
                    attempt(a, parsed, Value::TimeSpan(0))
                }
            ),
            (
                "static bool TryParseExact(string input, string format, IFormatProvider formatProvider, System.Globalization.TimeSpanStyles styles, out TimeSpan result)",
                |a| {
                    let parsed = span_exact(a).ok();
                    attempt(a, parsed, Value::TimeSpan(0))
                }
            ),
            ("static TimeSpan FromDays(double value)", |a| from_units(a, TICKS_PER_DAY)),
            ("static TimeSpan FromHours(double value)", |a| from_units(a, TICKS_PER_HOUR)),
            ("static TimeSpan FromMinutes(double value)", |a| from_units(a, TICKS_PER_MINUTE)),
            ("static TimeSpan FromSeconds(double value)", |a| from_units(a, TICKS_PER_SECOND)),
            ("static TimeSpan FromMilliseconds(double value)", |a| from_units(a, TICKS_PER_MILLISECOND)),
            ("static TimeSpan FromTicks(long value)", |a| Ok(Value::TimeSpan(a.i64(0)))),
            ("static TimeSpan Parse(string s)", |a| from_span(datetime::TimeSpan::parse(a.text(0, "s")?.as_str())?)),
            ("static bool TryParse(string s, out TimeSpan result)", |a| {
                let parsed = a
                    .opt_str(0)
                    .and_then(|text| datetime::TimeSpan::try_parse(text.as_str()))
                    .map(|span| Value::TimeSpan(span.ticks()));
                attempt(a, parsed, Value::TimeSpan(0))
            }),
            ("int Days", |a| Ok(Value::Int32(span(a, 0).days()))),
            ("int Hours", |a| Ok(Value::Int32(span(a, 0).hours()))),
            ("int Minutes", |a| Ok(Value::Int32(span(a, 0).minutes()))),
            ("int Seconds", |a| Ok(Value::Int32(span(a, 0).seconds()))),
            ("int Milliseconds", |a| Ok(Value::Int32(span(a, 0).milliseconds()))),
            ("long Ticks", |a| Ok(Value::Int64(a.span(0)))),
            ("double TotalDays", |a| total(a, TICKS_PER_DAY)),
            ("double TotalHours", |a| total(a, TICKS_PER_HOUR)),
            ("double TotalMinutes", |a| total(a, TICKS_PER_MINUTE)),
            ("double TotalSeconds", |a| total(a, TICKS_PER_SECOND)),
            ("double TotalMilliseconds", |a| Ok(Value::Double(span(a, 0).total_milliseconds()))),
            ("TimeSpan Add(TimeSpan ts)", |a| from_span(span(a, 0).checked_add(span(a, 1))?)),
            ("TimeSpan Subtract(TimeSpan ts)", |a| from_span(span(a, 0).checked_sub(span(a, 1))?)),
            ("TimeSpan Negate()", |a| from_span(span(a, 0).checked_neg()?)),
            ("TimeSpan Duration()", |a| from_span(span(a, 0).duration()?)),
            ("static TimeSpan operator +(TimeSpan t)", |a| Ok(a.value(0))),
            ("static TimeSpan operator -(TimeSpan t)", |a| from_span(span(a, 0).checked_neg()?)),
            ("static TimeSpan operator +(TimeSpan a, TimeSpan b)", |a| from_span(span(a, 0).checked_add(span(a, 1))?)),
            ("static TimeSpan operator -(TimeSpan a, TimeSpan b)", |a| from_span(span(a, 0).checked_sub(span(a, 1))?)),
            ("static TimeSpan operator *(TimeSpan a, double factor)", |a| from_span(span(a, 0).multiply(a.f64(1))?)),
            ("static TimeSpan operator /(TimeSpan a, double divisor)", |a| from_span(span(a, 0).divide(a.f64(1))?)),
            ("static double operator /(TimeSpan a, TimeSpan b)", |a| Ok(Value::Double(span(a, 0).ratio(span(a, 1))))),
        ]
    ),
    compared!(
        "DateTimeOffset",
        "struct System.DateTimeOffset : IComparable, IComparable<DateTimeOffset>, IEquatable<DateTimeOffset>, IFormattable",
        [
            ("new(DateTime dateTime)", |a| Ok(format::from_offset(datetime::DateTimeOffset::from_date_time(date(
                a, 0
            ))))),
            ("new(DateTime dateTime, TimeSpan offset)", |a| Ok(format::from_offset(datetime::DateTimeOffset::new(
                date(a, 0),
                span(a, 1)
            )?))),
            ("new(long ticks, TimeSpan offset)", |a| {
                let clock = datetime::DateTime::from_ticks(a.i64(0), datetime::DateTimeKind::Unspecified)?;
                Ok(format::from_offset(datetime::DateTimeOffset::new(clock, span(a, 1))?))
            }),
            ("new(int year, int month, int day, int hour, int minute, int second, TimeSpan offset)", make_offset),
            (
                "new(int year, int month, int day, int hour, int minute, int second, int millisecond, TimeSpan offset)",
                make_offset
            ),
            (
                "new(int year, int month, int day, int hour, int minute, int second, int millisecond, int microsecond, TimeSpan offset)",
                make_offset
            ),
            ("static DateTimeOffset MinValue", |_| Ok(format::from_offset(datetime::DateTimeOffset::MIN))),
            ("static DateTimeOffset MaxValue", |_| Ok(format::from_offset(datetime::DateTimeOffset::MAX))),
            ("static DateTimeOffset UnixEpoch", |_| Ok(format::from_offset(datetime::DateTimeOffset::UNIX_EPOCH))),
            ("static DateTimeOffset FromFileTime(long fileTime)", |a| {
                let Value::DateTime(date) = from_file_time(a, DateKind::Utc)? else {
                    return Err(Thrown::null_reference());
                };
                Ok(Value::DateTimeOffset(crate::value::DateTimeOffset { ticks: date.ticks, offset: 0 }))
            }),
            ("static DateTimeOffset Parse(string input, IFormatProvider formatProvider)", offset_parsed),
            (
                "static DateTimeOffset Parse(string input, IFormatProvider formatProvider, System.Globalization.DateTimeStyles styles)",
                offset_parsed
            ),
            ("static bool TryParse(string input, out DateTimeOffset result)", |a| {
                let parsed = offset_parsed(a).ok();
                attempt(a, parsed, no_offset())
            }),
            ("static bool TryParse(string input, IFormatProvider formatProvider, out DateTimeOffset result)", |a| {
                let parsed = offset_parsed(a).ok();
                attempt(a, parsed, no_offset())
            }),
            (
                "static bool TryParse(string input, IFormatProvider formatProvider, System.Globalization.DateTimeStyles styles, out DateTimeOffset result)",
                |a| {
                    let parsed = offset_parsed(a).ok();
                    attempt(a, parsed, no_offset())
                }
            ),
            (
                "static DateTimeOffset ParseExact(string input, string format, IFormatProvider formatProvider)",
                offset_exact
            ),
            (
                "static DateTimeOffset ParseExact(string input, string format, IFormatProvider formatProvider, System.Globalization.DateTimeStyles styles)",
                offset_exact
            ),
            (
                "static DateTimeOffset ParseExact(string input, string[] formats, IFormatProvider formatProvider, System.Globalization.DateTimeStyles styles)",
                offset_exact
            ),
            (
                "static bool TryParseExact(string input, string format, IFormatProvider formatProvider, System.Globalization.DateTimeStyles styles, out DateTimeOffset result)",
                |a| {
                    let parsed = offset_exact(a).ok();
                    attempt(a, parsed, no_offset())
                }
            ),
            (
                "static bool TryParseExact(string input, string[] formats, IFormatProvider formatProvider, System.Globalization.DateTimeStyles styles, out DateTimeOffset result)",
                |a| {
                    let parsed = offset_exact(a).ok();
                    attempt(a, parsed, no_offset())
                }
            ),
            ("bool EqualsExact(DateTimeOffset other)", |a| { Ok(Value::Bool(a.offset(0) == a.offset(1))) }),
            ("DateTime Date", |a| Ok(format::from_date(unix(a).date_time().date()))),
            ("TimeSpan TimeOfDay", |a| from_span(unix(a).date_time().time_of_day())),
            ("DayOfWeek DayOfWeek", |a| Ok(day_of_week(unix(a).date_time()))),
            ("int DayOfYear", |a| part(a, datetime::DateTime::day_of_year)),
            ("int Month", |a| part(a, datetime::DateTime::month)),
            ("int Day", |a| part(a, datetime::DateTime::day)),
            ("int Minute", |a| part(a, datetime::DateTime::minute)),
            ("int Second", |a| part(a, datetime::DateTime::second)),
            ("int Millisecond", |a| part(a, datetime::DateTime::millisecond)),
            ("int Microsecond", |a| part(a, datetime::DateTime::microsecond)),
            ("int Nanosecond", |a| part(a, datetime::DateTime::nanosecond)),
            ("long UtcTicks", |a| Ok(Value::Int64(a.offset(0).utc_ticks()))),
            ("int TotalOffsetMinutes", |a| Ok(Value::Int32(a.offset(0).offset.into()))),
            ("DateTimeOffset Add(TimeSpan timeSpan)", |a| {
                let ticks = a.span(1);
                shifted(a, ticks)
            }),
            ("DateTimeOffset AddTicks(long ticks)", |a| {
                let ticks = a.i64(1);
                shifted(a, ticks)
            }),
            ("DateTimeOffset AddMilliseconds(double milliseconds)", |a| clock(a, datetime::DateTime::add_milliseconds)),
            ("DateTimeOffset AddMicroseconds(double microseconds)", |a| clock(a, datetime::DateTime::add_microseconds)),
            ("DateTimeOffset AddMonths(int months)", |a| {
                let months = a.i32(1);
                Ok(format::from_offset(unix(a).map_clock(|clock| clock.add_months(months))?))
            }),
            ("DateTimeOffset AddYears(int years)", |a| {
                let years = a.i32(1);
                Ok(format::from_offset(unix(a).map_clock(|clock| clock.add_years(years))?))
            }),
            ("TimeSpan Subtract(DateTimeOffset value)", |a| {
                from_span(format::offset(a.offset(0)).subtract(format::offset(a.offset(1))))
            }),
            ("DateTimeOffset Subtract(TimeSpan value)", |a| {
                let ticks = negated(a.span(1))?;
                shifted(a, ticks)
            }),
            ("DateTimeOffset ToLocalTime()", |a| Ok(format::from_offset(unix(a).to_universal_time()))),
            ("long ToFileTime()", |a| to_file_time(a.offset(0).utc_ticks())),
            ("static DateTimeOffset operator +(DateTimeOffset a, TimeSpan b)", |a| {
                let ticks = a.span(1);
                shifted(a, ticks)
            }),
            ("static DateTimeOffset operator -(DateTimeOffset a, TimeSpan b)", |a| {
                let ticks = negated(a.span(1))?;
                shifted(a, ticks)
            }),
            ("static DateTimeOffset UtcNow", |a| Ok(format::from_offset(datetime::DateTimeOffset::from_date_time(
                now(a.run)
            )))),
            ("static DateTimeOffset Now", |a| Ok(format::from_offset(datetime::DateTimeOffset::from_date_time(now(
                a.run
            ))))),
            ("static DateTimeOffset FromUnixTimeSeconds(long seconds)", |a| Ok(format::from_offset(
                datetime::DateTimeOffset::from_unix_time_seconds(a.i64(0))?
            ))),
            ("static DateTimeOffset FromUnixTimeMilliseconds(long milliseconds)", |a| Ok(format::from_offset(
                datetime::DateTimeOffset::from_unix_time_milliseconds(a.i64(0))?
            ))),
            ("static DateTimeOffset Parse(string input)", |a| Ok(format::from_offset(datetime::parse_offset(
                a.text(0, "input")?.as_str(),
                DateTimeStyles(0),
                now(a.run)
            )?))),
            ("long ToUnixTimeSeconds()", |a| Ok(Value::Int64(unix(a).to_unix_time_seconds()))),
            ("long ToUnixTimeMilliseconds()", |a| Ok(Value::Int64(unix(a).to_unix_time_milliseconds()))),
            ("DateTime DateTime", |a| Ok(format::from_date(unix(a).date_time()))),
            ("DateTime UtcDateTime", |a| Ok(format::from_date(unix(a).utc_date_time()))),
            ("DateTime LocalDateTime", |a| Ok(format::from_date(unix(a).local_date_time()))),
            ("TimeSpan Offset", |a| from_span(unix(a).offset())),
            ("long Ticks", |a| Ok(Value::Int64(a.offset(0).ticks))),
            ("int Year", |a| Ok(Value::Int32(unix(a).date_time().year()))),
            ("int Hour", |a| Ok(Value::Int32(unix(a).date_time().hour()))),
            ("DateTimeOffset AddDays(double days)", |a| clock(a, datetime::DateTime::add_days)),
            ("DateTimeOffset AddHours(double hours)", |a| clock(a, datetime::DateTime::add_hours)),
            ("DateTimeOffset AddMinutes(double minutes)", |a| clock(a, datetime::DateTime::add_minutes)),
            ("DateTimeOffset AddSeconds(double seconds)", |a| clock(a, datetime::DateTime::add_seconds)),
            ("DateTimeOffset ToUniversalTime()", |a| Ok(format::from_offset(unix(a).to_universal_time()))),
            ("DateTimeOffset ToOffset(TimeSpan offset)", |a| Ok(format::from_offset(unix(a).to_offset(span(a, 1))?))),
            ("static TimeSpan operator -(DateTimeOffset a, DateTimeOffset b)", |a| {
                let (x, y) = (format::offset(a.offset(0)), format::offset(a.offset(1)));
                from_span(x.subtract(y))
            }),
            ("implicit DateTimeOffset(DateTime dateTime)", |a| Ok(format::from_offset(
                datetime::DateTimeOffset::from_date_time(date(a, 0))
            ))),
        ]
    ),
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn dates() {
        check(&[
            ("new DateTime(2024, 2, 29, 1, 2, 3, 4, 5).ToString(\"ss.ffffff\")", "03.004005"),
            (
                "new DateTime(2024, 2, 29).ToOADate() + \",\" + DateTime.FromOADate(45351.5).ToString(\"s\")",
                "45351,2024-02-29T12:00:00",
            ),
            ("DateTime.FromFileTimeUtc(0).ToString(\"o\")", "1601-01-01T00:00:00.0000000Z"),
            ("new DateTime(2024, 2, 29, 0, 0, 0, DateTimeKind.Utc).ToFileTimeUtc()", "133536384000000000"),
            ("DateTime.FromBinary(new DateTime(2024, 2, 29, 0, 0, 0, DateTimeKind.Utc).ToBinary()).Kind", "Utc"),
            (
                "new DateTime(2024, 2, 29).ToLongDateString() + \"|\" + new DateTime(2024, 2, 29, 13, 5, 9).ToShortTimeString()",
                "Thursday, 29 February 2024|13:05",
            ),
            ("DateTime.Compare(new DateTime(2024, 1, 1), new DateTime(2023, 1, 1))", "1"),
            (
                "DateTime.ParseExact(\"2024/02\", new[] { \"yyyy-MM\", \"yyyy/MM\" }, null, System.Globalization.DateTimeStyles.None).ToString(\"s\")",
                "2024-02-01T00:00:00",
            ),
            ("new DateTime(2024, 1, 1).CompareTo((object)1)", "!ArgumentException"),
            ("new DateTime(1).GetHashCode() + DateTime.UnixEpoch.Year", "1971"),
        ]);
    }

    #[test]
    fn offsets() {
        check(&[
            (
                "new DateTimeOffset(2024, 1, 31, 0, 0, 0, TimeSpan.FromHours(1)).AddMonths(1).ToString(\"o\")",
                "2024-02-29T00:00:00.0000000+01:00",
            ),
            (
                "(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.FromHours(1)) - TimeSpan.FromHours(1)).ToString(\"s\")",
                "2023-12-31T23:00:00",
            ),
            (
                "DateTimeOffset.ParseExact(\"2024-02-29 +02:00\", \"yyyy-MM-dd zzz\", null).UtcDateTime.ToString(\"s\")",
                "2024-02-28T22:00:00",
            ),
            (
                "DateTimeOffset d; return DateTimeOffset.TryParse(\"x\", out d) + d.ToString(\"s\");",
                "False0001-01-01T00:00:00",
            ),
            ("DateTimeOffset.MaxValue.Year + DateTimeOffset.UnixEpoch.DayOfYear", "10000"),
            (
                "new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).EqualsExact(new DateTimeOffset(2024, 1, 1, 1, 0, 0, TimeSpan.FromHours(1)))",
                "False",
            ),
            ("new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.FromSeconds(90))", "!ArgumentException"),
        ]);
    }

    #[test]
    fn spans() {
        check(&[
            ("TimeSpan.FromSeconds(90, milliseconds: 500)", "00:01:30.5000000"),
            ("TimeSpan.FromDays(1, 2, 3)", "1.02:03:00"),
            ("TimeSpan.FromMinutes(1.5) * 2", "00:03:00"),
            ("2 * TimeSpan.FromMinutes(1.5)", "00:03:00"),
            ("TimeSpan.FromHours(3).Divide(TimeSpan.FromHours(2))", "1.5"),
            ("TimeSpan.ParseExact(\"1:30\", \"h\\\\:mm\", null)", "01:30:00"),
            (
                "TimeSpan.ParseExact(\"1:30\", new[] { \"c\", \"h\\\\:mm\" }, null, System.Globalization.TimeSpanStyles.AssumeNegative)",
                "-01:30:00",
            ),
            ("TimeSpan s; return TimeSpan.TryParse(\"1.00:00\", null, out s) + \",\" + s;", "True,1.00:00:00"),
            ("TimeSpan.TicksPerDay + TimeSpan.FromTicks(15).Nanoseconds", "864000000500"),
            ("TimeSpan.FromDays(int.MaxValue)", "!ArgumentOutOfRangeException"),
            ("TimeSpan.FromDays(1e9)", "!OverflowException"),
        ]);
    }
}
