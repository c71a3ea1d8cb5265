//! `DateTime`, `DateTimeOffset`, `TimeSpan`.

use super::{TypeTable, format};
use crate::dotnet::text::datetime::{
    self, DateTimeStyles, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MILLISECOND, TICKS_PER_MINUTE, TICKS_PER_SECOND,
};
use crate::run::{Args, Outcome, Run};
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
    let made = datetime::parse_exact(
        a.text(0, "s")?.as_str(),
        &[a.text(1, "format")?.as_str()],
        DateTimeStyles(style(a)),
        now(a.run),
    )?;
    Ok(format::from_date(made))
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
                ("string ToString()", super::number::to_text),
                ("string ToString(string format)", super::number::to_text),
                ("string ToString(IFormatProvider provider)", super::number::to_text),
                ("string ToString(string format, IFormatProvider provider)", super::number::to_text),
                $($member),*
            ],
        }
    };
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
    TypeTable {
        decl: "flags enum System.Globalization.DateTimeStyles { None = 0, AllowLeadingWhite = 1, AllowTrailingWhite = 2, AllowInnerWhite = 4, AllowWhiteSpaces = 7, NoCurrentDateDefault = 8, AdjustToUniversal = 16, AssumeLocal = 32, AssumeUniversal = 64, RoundtripKind = 128 }",
        members: &[],
    },
    compared!(
        "DateTime",
        "struct System.DateTime : IComparable, IComparable<DateTime>, IFormattable",
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
        "struct System.TimeSpan : IComparable, IComparable<TimeSpan>, IFormattable",
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
            ("double TotalMilliseconds", |a| total(a, TICKS_PER_MILLISECOND)),
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
        "struct System.DateTimeOffset : IComparable, IComparable<DateTimeOffset>, IFormattable",
        [
            ("new(DateTime dateTime)", |a| Ok(format::from_offset(datetime::DateTimeOffset::from_date_time(date(
                a, 0
            ))))),
            ("new(DateTime dateTime, TimeSpan offset)", |a| Ok(format::from_offset(datetime::DateTimeOffset::new(
                date(a, 0),
                span(a, 1)
            )?))),
            ("new(int year, int month, int day, int hour, int minute, int second, TimeSpan offset)", |a| {
                let clock = datetime::DateTime::from_parts(
                    a.i32(0),
                    a.i32(1),
                    a.i32(2),
                    a.i32(3),
                    a.i32(4),
                    a.i32(5),
                    0,
                    datetime::DateTimeKind::Unspecified,
                )?;
                Ok(format::from_offset(datetime::DateTimeOffset::new(clock, span(a, 6))?))
            }),
            (
                "new(int year, int month, int day, int hour, int minute, int second, int millisecond, TimeSpan offset)",
                |a| {
                    let clock = datetime::DateTime::from_parts(
                        a.i32(0),
                        a.i32(1),
                        a.i32(2),
                        a.i32(3),
                        a.i32(4),
                        a.i32(5),
                        a.i32(6),
                        datetime::DateTimeKind::Unspecified,
                    )?;
                    Ok(format::from_offset(datetime::DateTimeOffset::new(clock, span(a, 7))?))
                }
            ),
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
