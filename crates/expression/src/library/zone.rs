//! `TimeZoneInfo` and `TimeZone`. The local zone is UTC.

use super::{TypeTable, format};
use crate::dotnet::text::datetime::{self, Clock, Zone};
use crate::library::array::Array;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::{Type, known, registry};
use crate::value::{DateKind, Object, Value, downcast};
use std::any::Any;
use std::rc::Rc;

/// A `TimeZoneInfo`. `kind`: of the times that it gives.
struct ZoneObject {
    zone: Rc<Zone>,
    kind: DateKind,
}

impl Object for ZoneObject {
    fn type_of(&self) -> Type {
        Type::of(registry().full("System.TimeZoneInfo", 0).unwrap_or(known::OBJECT))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.zone.display_name.clone())
    }

    /// By id and rules.
    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        Ok(downcast::<ZoneObject>(other).is_some_and(|other| {
            other.zone.id.eq_ignore_ascii_case(&self.zone.id) && other.zone.has_same_rules(&self.zone)
        }))
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        run.hash(&Value::string(self.zone.id.to_ascii_uppercase())).map(Some)
    }
}

/// `TimeZone.CurrentTimeZone`.
struct CurrentZone;

impl Object for CurrentZone {
    fn type_of(&self) -> Type {
        Type::of(registry().full("System.TimeZone", 0).unwrap_or(known::OBJECT))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn value(zone: Zone, kind: DateKind) -> Value {
    Value::object(ZoneObject { zone: Rc::new(zone), kind })
}

fn found(id: &str) -> Outcome {
    let zone = Zone::by_id(id)?;
    let kind = if zone.id == "UTC" { DateKind::Utc } else { DateKind::Unspecified };
    Ok(value(zone, kind))
}

fn by_id(a: &Args<'_, '_>, at: usize, parameter: &str) -> Outcome {
    found(a.text(at, parameter)?.as_str())
}

fn this<'a>(a: &'a Args<'_, '_>) -> Result<&'a Zone, Thrown> {
    Ok(&a.object::<ZoneObject>(0)?.zone)
}

fn zone_of(value: &Value, parameter: &str) -> Result<(Rc<Zone>, DateKind), Thrown> {
    let object = downcast::<ZoneObject>(value).ok_or_else(|| Thrown::argument_null(parameter))?;
    Ok((Rc::clone(&object.zone), object.kind))
}

/// The moment of a time whose kind is not the zone's: Utc and Local are both UTC here.
fn moment(date: crate::value::DateTime) -> Option<i64> {
    (date.kind != DateKind::Unspecified).then_some(date.ticks)
}

/// How a clock of the zone shows a `DateTime` argument.
fn clock(a: &Args<'_, '_>, at: usize) -> Result<Clock, Thrown> {
    let zone = this(a)?;
    let date = a.date(at);
    Ok(match moment(date) {
        Some(utc) => {
            let shown = zone.from_utc(utc);
            match zone.clock(shown) {
                Clock::Once(_) => Clock::Once(zone.offset_at(utc)),
                other => other,
            }
        }
        None => zone.clock(format::date(date)),
    })
}

fn utc_offset(a: &mut Args<'_, '_>) -> Outcome {
    let zone = this(a)?;
    let offset = match a.get(1) {
        Value::DateTimeOffset(moment) => zone.offset_at(moment.utc_ticks()),
        _ => match moment(a.date(1)) {
            Some(utc) => zone.offset_at(utc),
            None => clock(a, 1)?.offset(),
        },
    };
    Ok(Value::TimeSpan(offset.ticks()))
}

fn is_daylight(a: &mut Args<'_, '_>) -> Outcome {
    let zone = this(a)?;
    let utc = match a.get(1) {
        Value::DateTimeOffset(moment) => moment.utc_ticks(),
        _ => match moment(a.date(1)) {
            Some(utc) => utc,
            None => a.date(1).ticks - clock(a, 1)?.offset().ticks(),
        },
    };
    Ok(Value::Bool(zone.is_daylight_at(utc)))
}

fn is_ambiguous(a: &mut Args<'_, '_>) -> Outcome {
    let clock = match a.get(1) {
        Value::DateTimeOffset(moment) => this(a)?.clock(this(a)?.from_utc(moment.utc_ticks())),
        _ => clock(a, 1)?,
    };
    Ok(Value::Bool(matches!(clock, Clock::Twice(..))))
}

fn ambiguous_offsets(a: &mut Args<'_, '_>) -> Outcome {
    let clock = match a.get(1) {
        Value::DateTimeOffset(moment) => this(a)?.clock(this(a)?.from_utc(moment.utc_ticks())),
        _ => clock(a, 1)?,
    };
    let Clock::Twice(before, after) = clock else {
        return Err(Thrown::argument_of("The supplied DateTime is not in an ambiguous time range.", "dateTime"));
    };
    let (low, high) = (before.min(after), before.max(after));
    let items = [low, high].map(|offset| Value::TimeSpan(offset.ticks()));
    Ok(Value::object(Array::new(Type::of(known::TIME_SPAN), items.to_vec())))
}

/// `ConvertTime(DateTime, source, destination)`.
fn convert(date: crate::value::DateTime, source: &Value, target: &Value) -> Outcome {
    let (from, from_kind) = zone_of(source, "sourceTimeZone")?;
    let (to, to_kind) = zone_of(target, "destinationTimeZone")?;
    if date.kind != DateKind::Unspecified && date.kind != from_kind {
        return Err(Thrown::argument_of(
            "The conversion could not be completed because the supplied DateTime did not have the Kind property set \
             correctly.  For example, when the Kind property is DateTimeKind.Local, the source time zone must be \
             TimeZoneInfo.Local.",
            "sourceTimeZone",
        ));
    }
    if from_kind != DateKind::Unspecified && from_kind == to_kind {
        return Ok(Value::DateTime(crate::value::DateTime { kind: from_kind, ..date }));
    }
    let utc = from.to_utc(format::date(date))?;
    let shown = to.from_utc(utc);
    Ok(Value::DateTime(crate::value::DateTime { ticks: shown.ticks(), kind: to_kind }))
}

/// The zone that the kind of a time names.
fn zone_of_kind(kind: DateKind) -> Value {
    value(Zone::utc(), if kind == DateKind::Utc { DateKind::Utc } else { DateKind::Local })
}

/// `ConvertTime(time, destination)`, the destination being a zone.
fn convert_to(time: &Value, target: &Value) -> Outcome {
    match time {
        Value::DateTimeOffset(time) => {
            let (to, _) = zone_of(target, "destinationTimeZone")?;
            let offset = to.offset_at(time.utc_ticks());
            Ok(format::from_offset(format::offset(*time).to_offset(offset)?))
        }
        Value::DateTime(date) => convert(*date, &zone_of_kind(date.kind), target),
        _ => Err(Thrown::null_reference()),
    }
}

fn custom(a: &mut Args<'_, '_>) -> Outcome {
    let text = |at: usize| a.opt_str(at).map(|text| text.as_str().to_owned()).unwrap_or_default();
    let id = a.text(0, "id")?.as_str().to_owned();
    let zone = Zone::custom(&id, format::span(a.span(1)), &text(2), &text(3))?;
    Ok(value(zone, DateKind::Unspecified))
}

fn set_id(a: &mut Args<'_, '_>, found: Option<&'static str>) -> Outcome {
    a.set_out(1, found.map_or(Value::Null, Value::string));
    Ok(Value::Bool(found.is_some()))
}

fn same_clock(a: &mut Args<'_, '_>, kind: DateKind) -> Outcome {
    Ok(Value::DateTime(crate::value::DateTime { ticks: a.date(1).ticks, kind }))
}

fn text(a: &mut Args<'_, '_>, read: fn(&Zone) -> &str) -> Outcome {
    let text = read(this(a)?).to_owned();
    a.make(text)
}

static INFO: &[(&str, Native)] = &[
    ("static TimeZoneInfo Utc", |_| Ok(value(Zone::utc(), DateKind::Utc))),
    ("static TimeZoneInfo Local", |_| Ok(value(Zone::utc(), DateKind::Local))),
    ("static TimeZoneInfo FindSystemTimeZoneById(string id)", |a| by_id(a, 0, "id")),
    ("static bool TryFindSystemTimeZoneById(string id, out TimeZoneInfo timeZoneInfo)", |a| {
        let found = by_id(a, 0, "id").unwrap_or_default();
        let is_known = !found.is_null();
        a.set_out(1, found);
        Ok(Value::Bool(is_known))
    }),
    ("static IReadOnlyList<TimeZoneInfo> GetSystemTimeZones()", |a| {
        let ids = datetime::ids();
        a.run.steps(ids.len() * 10)?;
        let mut zones: Vec<Zone> = ids.iter().filter_map(|id| Zone::by_id(id).ok()).collect();
        zones.sort_by(|x, y| x.base_offset().cmp(&y.base_offset()).then_with(|| x.display_name.cmp(&y.display_name)));
        let items = zones.into_iter().map(|zone| value(zone, DateKind::Unspecified)).collect();
        let item = Type::of(registry().full("System.TimeZoneInfo", 0).unwrap_or(known::OBJECT));
        Ok(Value::object(Array::new(item, items)))
    }),
    (
        "static TimeZoneInfo CreateCustomTimeZone(string id, TimeSpan baseUtcOffset, string displayName, string standardDisplayName)",
        custom,
    ),
    ("static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo destinationTimeZone)", |a| {
        convert_to(a.get(0), a.get(1))
    }),
    (
        "static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo sourceTimeZone, TimeZoneInfo destinationTimeZone)",
        |a| convert(a.date(0), a.get(1), a.get(2)),
    ),
    ("static DateTimeOffset ConvertTime(DateTimeOffset dateTimeOffset, TimeZoneInfo destinationTimeZone)", |a| {
        convert_to(a.get(0), a.get(1))
    }),
    ("static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string destinationTimeZoneId)", |a| {
        convert_to(a.get(0), &by_id(a, 1, "destinationTimeZoneId")?)
    }),
    (
        "static DateTime ConvertTimeBySystemTimeZoneId(DateTime dateTime, string sourceTimeZoneId, string destinationTimeZoneId)",
        |a| {
            let source = by_id(a, 1, "sourceTimeZoneId")?;
            convert(a.date(0), &source, &by_id(a, 2, "destinationTimeZoneId")?)
        },
    ),
    (
        "static DateTimeOffset ConvertTimeBySystemTimeZoneId(DateTimeOffset dateTimeOffset, string destinationTimeZoneId)",
        |a| convert_to(a.get(0), &by_id(a, 1, "destinationTimeZoneId")?),
    ),
    ("static DateTime ConvertTimeFromUtc(DateTime dateTime, TimeZoneInfo destinationTimeZone)", |a| {
        convert(a.date(0), &value(Zone::utc(), DateKind::Utc), a.get(1))
    }),
    ("static DateTime ConvertTimeToUtc(DateTime dateTime)", |a| {
        Ok(Value::DateTime(crate::value::DateTime { ticks: a.date(0).ticks, kind: DateKind::Utc }))
    }),
    ("static DateTime ConvertTimeToUtc(DateTime dateTime, TimeZoneInfo sourceTimeZone)", |a| {
        convert(a.date(0), a.get(1), &value(Zone::utc(), DateKind::Utc))
    }),
    ("static bool TryConvertIanaIdToWindowsId(string ianaId, out string windowsId)", |a| {
        let found = datetime::windows_id(a.text(0, "ianaId")?.as_str());
        set_id(a, found)
    }),
    ("static bool TryConvertWindowsIdToIanaId(string windowsId, out string ianaId)", |a| {
        let found = datetime::iana_id(a.text(0, "windowsId")?.as_str());
        set_id(a, found)
    }),
    ("static void ClearCachedData()", |_| Ok(Value::Null)),
    ("string Id", |a| text(a, |zone| &zone.id)),
    ("string DisplayName", |a| text(a, |zone| &zone.display_name)),
    ("string StandardName", |a| text(a, |zone| &zone.standard_name)),
    ("string DaylightName", |a| text(a, |zone| &zone.daylight_name)),
    ("bool HasIanaId", |a| Ok(Value::Bool(datetime::iana_id(&this(a)?.id).is_none()))),
    ("TimeSpan BaseUtcOffset", |a| Ok(Value::TimeSpan(this(a)?.base_offset().ticks()))),
    ("bool SupportsDaylightSavingTime", |a| Ok(Value::Bool(this(a)?.has_daylight_time()))),
    ("TimeSpan GetUtcOffset(DateTime dateTime)", utc_offset),
    ("TimeSpan GetUtcOffset(DateTimeOffset dateTimeOffset)", utc_offset),
    ("bool IsDaylightSavingTime(DateTime dateTime)", is_daylight),
    ("bool IsDaylightSavingTime(DateTimeOffset dateTimeOffset)", is_daylight),
    ("bool IsAmbiguousTime(DateTime dateTime)", is_ambiguous),
    ("bool IsAmbiguousTime(DateTimeOffset dateTimeOffset)", is_ambiguous),
    ("TimeSpan[] GetAmbiguousTimeOffsets(DateTime dateTime)", ambiguous_offsets),
    ("TimeSpan[] GetAmbiguousTimeOffsets(DateTimeOffset dateTimeOffset)", ambiguous_offsets),
    ("bool IsInvalidTime(DateTime dateTime)", |a| {
        let never = moment(a.date(1)).is_none() && matches!(clock(a, 1)?, Clock::Never(_));
        Ok(Value::Bool(never))
    }),
    ("bool HasSameRules(TimeZoneInfo other)", |a| {
        let (other, _) = zone_of(a.get(1), "other")?;
        Ok(Value::Bool(this(a)?.has_same_rules(&other)))
    }),
    ("bool Equals(TimeZoneInfo other)", super::object::same),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.TimeZoneInfo : IEquatable<TimeZoneInfo>", members: INFO },
    TypeTable {
        decl: "class System.TimeZone",
        members: &[
            ("static TimeZone CurrentTimeZone", |_| Ok(Value::object(CurrentZone))),
            ("string StandardName", |_| Ok(Value::string("Coordinated Universal Time"))),
            ("string DaylightName", |_| Ok(Value::string("Coordinated Universal Time"))),
            ("TimeSpan GetUtcOffset(DateTime time)", |_| Ok(Value::TimeSpan(0))),
            ("bool IsDaylightSavingTime(DateTime time)", |_| Ok(Value::Bool(false))),
            ("DateTime ToLocalTime(DateTime time)", |a| same_clock(a, DateKind::Local)),
            ("DateTime ToUniversalTime(DateTime time)", |a| same_clock(a, DateKind::Utc)),
        ],
    },
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn zones() {
        let rome = "TimeZoneInfo.FindSystemTimeZoneById(\"Europe/Rome\")";
        let offset = format!("{rome}.GetUtcOffset(new DateTime(2024, 7, 1)) + \",\" + {rome}.BaseUtcOffset");
        let gap = format!("TimeZoneInfo.ConvertTimeToUtc(new DateTime(2024, 3, 31, 2, 30, 0), {rome})");
        let invalid = format!(
            "{rome}.IsInvalidTime(new DateTime(2024, 3, 31, 2, 30, 0)) + \",\" + {rome}.IsAmbiguousTime(new DateTime(2024, 10, 27, 2, 30, 0))"
        );
        let both = format!("{rome}.GetAmbiguousTimeOffsets(new DateTime(2024, 10, 27, 2, 30, 0))");
        let kind =
            format!("TimeZoneInfo.ConvertTimeFromUtc(new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Local), {rome})");
        let daylight = format!(
            "{rome}.IsDaylightSavingTime(new DateTime(2024, 7, 1)) + \",\" + {rome}.SupportsDaylightSavingTime"
        );
        let moved = format!(
            "TimeZoneInfo.ConvertTime(new DateTimeOffset(2024, 7, 1, 12, 0, 0, TimeSpan.Zero), {rome}).ToString(\"o\")"
        );
        check(&[
            (&offset, "02:00:00,01:00:00"),
            (&gap, "!ArgumentException"),
            (&invalid, "True,True"),
            (&both, "[01:00:00, 02:00:00]"),
            (&kind, "!ArgumentException"),
            (&daylight, "True,True"),
            (&moved, "2024-07-01T14:00:00.0000000+02:00"),
            (
                "TimeZoneInfo.ConvertTimeBySystemTimeZoneId(new DateTime(2024, 1, 1, 12, 0, 0, DateTimeKind.Utc), \"Eastern Standard Time\").ToString(\"s\")",
                "2024-01-01T07:00:00",
            ),
            (
                "TimeZoneInfo.ConvertTimeBySystemTimeZoneId(new DateTime(2024, 1, 1), \"Asia/Tokyo\", \"UTC\").ToString(\"o\")",
                "2023-12-31T15:00:00.0000000Z",
            ),
            ("TimeZoneInfo.FindSystemTimeZoneById(\"Nowhere\")", "!TimeZoneNotFoundException"),
            ("TimeZoneInfo.FindSystemTimeZoneById(null)", "!ArgumentNullException"),
            (
                "TimeZoneInfo.Utc.DisplayName + TimeZoneInfo.Utc.BaseUtcOffset",
                "(UTC) Coordinated Universal Time00:00:00",
            ),
            (
                "string id; TimeZoneInfo.TryConvertWindowsIdToIanaId(\"Romance Standard Time\", out id); return id;",
                "Europe/Paris",
            ),
            (
                "TimeZoneInfo.CreateCustomTimeZone(\"x\", TimeSpan.FromHours(5), \"d\", \"s\").GetUtcOffset(new DateTime(2024, 1, 1))",
                "05:00:00",
            ),
            ("TimeZone.CurrentTimeZone.StandardName", "Coordinated Universal Time"),
        ]);
    }
}
