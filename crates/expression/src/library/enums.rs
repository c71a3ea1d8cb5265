//! `System.Enum`: `Parse` and `TryParse`, which is all of its own that the allow-list has, and what
//! the values of the allowed enums inherit.

use super::{TypeTable, format};
use crate::run::{Args, Outcome, Thrown};
use crate::types::{DefId, Type, registry};
use crate::value::Value;

/// Why a text is no value of the enum.
enum Bad {
    Empty,
    Unknown,
    Overflow,
}

/// Names separated by commas, or a number.
fn read(id: DefId, text: &str, ignore_case: bool) -> Result<i64, Bad> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Bad::Empty);
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') {
        return match text.parse::<i128>() {
            Ok(number) => i32::try_from(number).map(i64::from).map_err(|_| Bad::Overflow),
            Err(_) => Err(Bad::Unknown),
        };
    }
    let values = &registry().def(id).values;
    let mut all = 0;
    for name in text.split(',').map(str::trim) {
        let same = |found: &str| if ignore_case { found.eq_ignore_ascii_case(name) } else { found == name };
        let found = values.iter().find(|(found, _)| same(found));
        all |= found.ok_or(Bad::Unknown)?.1;
    }
    Ok(all)
}

fn enum_id(ty: &Type) -> Result<DefId, Thrown> {
    match ty.def().filter(|_| ty.is_enum()) {
        Some(id) => Ok(id),
        None => Err(Thrown::argument_of("Type provided must be an Enum.", "enumType")),
    }
}

fn parse_as(a: &Args<'_, '_>, ty: &Type, text: usize) -> Outcome {
    let id = enum_id(ty)?;
    let ignore_case = a.bool(text + 1);
    let text = a.text(text, "value")?.as_str();
    read(id, text, ignore_case).map(|number| Value::Enum(id, number)).map_err(|bad| match bad {
        Bad::Empty => Thrown::argument_of("Must specify valid information for parsing in the string.", "value"),
        Bad::Unknown => Thrown::argument(&format!("Requested value '{}' was not found.", text.trim())),
        Bad::Overflow => Thrown::overflow("Value was either too large or too small for an Int32."),
    })
}

/// `Parse(Type, string[, bool])`.
fn parse(a: &mut Args<'_, '_>) -> Outcome {
    let Some(ty) = super::reflection::type_of(a.get(0)) else { return Err(Thrown::argument_null("enumType")) };
    parse_as(a, &ty, 1)
}

/// `Parse<T>(string[, bool])`.
fn parse_generic(a: &mut Args<'_, '_>) -> Outcome {
    parse_as(a, &a.ty(0), 0)
}

/// `TryParse<T>(string[, bool], out T)`.
fn try_parse(a: &mut Args<'_, '_>) -> Outcome {
    let id = enum_id(&a.ty(0))?;
    let out = a.len().saturating_sub(1);
    let ignore_case = out == 2 && a.bool(1);
    let found = a.opt_str(0).and_then(|text| read(id, text.as_str(), ignore_case).ok());
    a.set_out(out, Value::Enum(id, found.unwrap_or(0)));
    Ok(Value::Bool(found.is_some()))
}

/// `ToString(format)`: G, D, X, F.
fn to_text(a: &mut Args<'_, '_>) -> Outcome {
    let Value::Enum(id, number) = *a.get(0) else { return Err(Thrown::null_reference()) };
    let format = a.str_or_empty(1).to_owned();
    let text = match format.as_str() {
        "" | "G" | "g" => format::enum_name(id, number),
        "F" | "f" => flags(id, number).unwrap_or_else(|| number.to_string()),
        "D" | "d" => number.to_string(),
        "X" | "x" => format!("{:08X}", number as i32),
        _ => {
            let message = "Format string can be only \"G\", \"g\", \"X\", \"x\", \"F\", \"f\", \"D\" or \"d\".";
            return Err(Thrown::format(message));
        }
    };
    a.make(text)
}

/// The names whose bits make up the number, as for an enum with `[Flags]`.
fn flags(id: DefId, number: i64) -> Option<String> {
    let values = &registry().def(id).values;
    if let Some((name, _)) = values.iter().find(|(_, value)| *value == number) {
        return Some(name.to_string());
    }
    let mut sorted: Vec<_> = values.iter().filter(|(_, value)| *value != 0).collect();
    sorted.sort_by_key(|(_, value)| std::cmp::Reverse(*value as u64));
    let (mut rest, mut names) = (number, Vec::new());
    for (name, value) in sorted {
        if rest & value == *value {
            rest -= value;
            names.push(name.as_str());
        }
    }
    names.reverse();
    (rest == 0 && !names.is_empty()).then(|| names.join(", "))
}

/// `TryParse(Type, string[, bool], out object)`.
fn try_parse_object(a: &mut Args<'_, '_>) -> Outcome {
    let Some(ty) = super::reflection::type_of(a.get(0)) else { return Err(Thrown::argument_null("enumType")) };
    let id = enum_id(&ty)?;
    let found = a.opt_str(1).and_then(|text| read(id, text.as_str(), a.bool(2)).ok());
    a.set_out(a.len() - 1, found.map_or(Value::Null, |number| Value::Enum(id, number)));
    Ok(Value::Bool(found.is_some()))
}

fn compare(a: &mut Args<'_, '_>) -> Outcome {
    match (a.get(0), a.get(1)) {
        (Value::Enum(id, value), Value::Enum(other, with)) if id == other => Ok(Value::Int32(value.cmp(with) as i32)),
        (_, Value::Null) => Ok(Value::Int32(1)),
        _ => Err(Thrown::argument("Object must be the same type as the enum.")),
    }
}

pub static TYPES: &[TypeTable] = &[TypeTable {
    decl: "class System.Enum : System.ValueType, System.IComparable, System.IFormattable",
    members: &[
        ("static object Parse(Type enumType, string value)", parse),
        ("static object Parse(Type enumType, string value, bool ignoreCase)", parse),
        ("static T Parse<T>(string value)", parse_generic),
        ("static T Parse<T>(string value, bool ignoreCase)", parse_generic),
        ("static bool TryParse<T>(string value, out T result)", try_parse),
        ("static bool TryParse<T>(string value, bool ignoreCase, out T result)", try_parse),
        ("static bool TryParse(Type enumType, string value, out object result)", try_parse_object),
        ("static bool TryParse(Type enumType, string value, bool ignoreCase, out object result)", try_parse_object),
        ("string ToString()", to_text),
        ("string ToString(string format)", to_text),
        ("string ToString(string format, IFormatProvider provider)", to_text),
        ("string ToString(IFormatProvider provider)", to_text),
        ("int CompareTo(object target)", compare),
    ],
}];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn enums() {
        check(&[
            (r#"Enum.Parse(typeof(DayOfWeek), "Friday")"#, "Friday"),
            (r#"(DayOfWeek)Enum.Parse(typeof(DayOfWeek), "friday", true)"#, "Friday"),
            (r#"Enum.Parse(typeof(DayOfWeek), "3")"#, "Wednesday"),
            (r#"Enum.Parse(typeof(DayOfWeek), "Blursday")"#, "!ArgumentException"),
            (r#"Enum.Parse(typeof(DayOfWeek), "")"#, "!ArgumentException"),
            (r#"Enum.Parse(typeof(DayOfWeek), null)"#, "!ArgumentNullException"),
            (r#"Enum.Parse(typeof(int), "1")"#, "!ArgumentException"),
            (r#"Enum.Parse<DayOfWeek>("Monday") == DayOfWeek.Monday"#, "True"),
            (r#"Enum.TryParse("monday", true, out DayOfWeek d) ? d.ToString() : "-""#, "Monday"),
            (r#"Enum.TryParse<DayOfWeek>("x", out var d) + d.ToString()"#, "FalseSunday"),
            (
                r#"DayOfWeek.Monday.ToString("D") + DayOfWeek.Monday.ToString("X") + DayOfWeek.Monday.ToString("g")"#,
                "100000001Monday",
            ),
            (r#"((DayOfWeek)9).ToString()"#, "9"),
            (r#"RegexOptions.None.HasFlag(RegexOptions.Multiline)"#, "refused"),
            (r#"Enum.Parse(typeof(RegexOptions), "IgnoreCase, Multiline")"#, "IgnoreCase, Multiline"),
            (
                r#"DayOfWeek.Monday.CompareTo(DayOfWeek.Friday) + "," + DayOfWeek.Monday.Equals(DayOfWeek.Monday) + "," + DayOfWeek.Friday.GetHashCode()"#,
                "-1,True,5",
            ),
            (r#"DayOfWeek.Monday.ToString("q")"#, "!FormatException"),
        ]);
    }
}
