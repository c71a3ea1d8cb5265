//! `System.String` and `System.Char`.

use super::TypeTable;
use super::array::Array;
use super::comparer::{Comparer, by_comparison};
use crate::dotnet::text::composite::{self, Segment};
use crate::dotnet::text::string as text;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::value::{Str, Value, downcast};

/// `StringComparison` of an argument; the overload without one compares ordinally.
fn comparison(a: &Args<'_, '_>, at: usize, default: text::StringComparison) -> Result<text::StringComparison, Thrown> {
    match a.get(at) {
        Value::Enum(_, number) => Ok(text::StringComparison::from_i32(*number as i32)?),
        Value::Bool(true) => Ok(text::StringComparison::CurrentCultureIgnoreCase),
        Value::Bool(false) => Ok(CurrentCulture),
        _ => Ok(default),
    }
}

/// A string or character argument as text.
fn needle(a: &Args<'_, '_>, at: usize, parameter: &str) -> Result<Str, Thrown> {
    match a.get(at) {
        Value::Str(text) => Ok(text.clone()),
        Value::Char(unit) => Ok(Str::from_char(*unit)),
        _ => Err(Thrown::argument_null(parameter)),
    }
}

fn slice(a: &mut Args<'_, '_>) -> Outcome {
    let this = a.str(0)?;
    let length = this.len() as i64;
    let start = i64::from(a.i32(1));
    let has_length = a.len() > 2;
    if start < 0 {
        return Err(Thrown::out_of_range("StartIndex cannot be less than zero.", "startIndex"));
    }
    if start > length {
        return Err(Thrown::out_of_range("startIndex cannot be larger than length of string.", "startIndex"));
    }
    let count = if has_length { i64::from(a.i32(2)) } else { length - start };
    if count < 0 {
        return Err(Thrown::out_of_range("Length cannot be less than zero.", "length"));
    }
    if start + count > length {
        return Err(Thrown::out_of_range("Index and length must refer to a location within the string.", "length"));
    }
    Ok(Value::Str(this.slice(start as usize, count as usize)))
}

/// `IndexOf` in all its forms: value, then start, count and comparison in any combination.
fn index_of(a: &mut Args<'_, '_>, last: bool) -> Outcome {
    let this = a.str(0)?.clone();
    let default = if matches!(a.get(1), Value::Char(_)) { Ordinal } else { CurrentCulture };
    let what = needle(a, 1, "value")?;
    let mut numbers = Vec::new();
    let mut compare = default;
    for at in 2..a.len() {
        match a.get(at) {
            Value::Int32(number) => numbers.push(*number),
            _ => compare = comparison(a, at, default)?,
        }
    }
    let length = this.len() as i32;
    let out = |name: &str| {
        Thrown::out_of_range(
            "Index was out of range. Must be non-negative and less than or equal to the size of the collection.",
            name,
        )
    };
    let start = numbers.first().copied();
    if last {
        let end = match start {
            Some(start) if start < -1 || start > length => return Err(out("startIndex")),
            Some(start) => (start + 1).min(length),
            None => length,
        };
        let part = this.slice(0, end.max(0) as usize);
        let found = text::last_index_of(part.as_str(), what.as_str(), compare);
        return Ok(Value::Int32(found.map_or(-1, |at| at as i32)));
    }
    let start = start.unwrap_or(0);
    if start < 0 || start > length {
        return Err(out("startIndex"));
    }
    let count = numbers.get(1).copied().unwrap_or(length - start);
    if count < 0 || start + count > length {
        return Err(Thrown::out_of_range(
            "Count must be positive and count must refer to a location within the string/array/collection.",
            "count",
        ));
    }
    let part = this.slice(start as usize, count as usize);
    let found = text::index_of(part.as_str(), what.as_str(), compare);
    Ok(Value::Int32(found.map_or(-1, |at| at as i32 + start)))
}

fn index_of_any(a: &mut Args<'_, '_>, last: bool) -> Outcome {
    let this = a.str(0)?.units().to_vec();
    let any = units_of(a.get(1))?;
    let start = if a.len() > 2 { a.i32(2).max(0) as usize } else { 0 };
    let mut found = this
        .iter()
        .enumerate()
        .skip(if last { 0 } else { start })
        .filter(|(_, unit)| any.contains(unit))
        .map(|(at, _)| at);
    let at = if last { found.next_back() } else { found.next() };
    Ok(Value::Int32(at.map_or(-1, |at| at as i32)))
}

fn units_of(value: &Value) -> Result<Vec<u16>, Thrown> {
    let array = downcast::<Array>(value).ok_or_else(|| Thrown::argument_null("anyOf"))?;
    Ok(array.to_vec().iter().map(|unit| crate::run::ops::to_i128(unit) as u16).collect())
}

fn split(a: &mut Args<'_, '_>) -> Outcome {
    let this = a.str(0)?.clone();
    let (mut count, mut options) = (i32::MAX, 0);
    for at in 2..a.len() {
        match a.get(at) {
            Value::Int32(number) => count = *number,
            Value::Enum(_, number) => options = *number as i32,
            _ => {}
        }
    }
    if count < 0 {
        return Err(Thrown::out_of_range("Non-negative number required.", "count"));
    }
    let options = text::StringSplitOptions::from_i32(options)?;
    let separators: Vec<String> = match a.get(1) {
        Value::Char(unit) => vec![String::from_utf16_lossy(&[*unit])],
        Value::Str(text) => vec![text.as_str().to_owned()],
        other => match downcast::<Array>(other) {
            Some(array) => array.to_vec().iter().map(|item| item.to_text().to_string()).collect(),
            None => Vec::new(),
        },
    };
    let separators: Vec<&str> =
        separators.iter().map(String::as_str).filter(|separator| !separator.is_empty()).collect();
    let is_string = matches!(a.get(1), Value::Str(_));
    let parts = if separators.is_empty() && is_string {
        vec![this.as_str()]
    } else {
        text::split(this.as_str(), &separators, count, options)
    };
    a.run.charge(parts.len() * 64)?;
    Ok(Array::strings(parts.into_iter().map(Value::string)))
}

fn trim(a: &mut Args<'_, '_>, start: bool, end: bool) -> Outcome {
    let this = a.str(0)?;
    let units = this.units();
    let set: Option<Vec<u16>> = match a.get(1) {
        Value::Char(unit) => Some(vec![*unit]),
        other => downcast::<Array>(other)
            .map(|array| array.to_vec().iter().map(|unit| crate::run::ops::to_i128(unit) as u16).collect()),
    };
    let gone = |unit: Option<u16>| {
        unit.is_some_and(|unit| match &set {
            Some(set) if !set.is_empty() => set.contains(&unit),
            _ => char::from_u32(unit.into()).is_some_and(text::is_white_space),
        })
    };
    let (mut from, mut to) = (0, units.len());
    while start && from < to && gone(units.get(from)) {
        from += 1;
    }
    while end && to > from && gone(units.get(to - 1)) {
        to -= 1;
    }
    Ok(Value::Str(this.slice(from, to - from)))
}

fn replace(a: &mut Args<'_, '_>) -> Outcome {
    let this = a.str(0)?.clone();
    if let (Value::Char(old), Value::Char(new)) = (a.get(1), a.get(2)) {
        let units: Vec<u16> =
            this.units().to_vec().into_iter().map(|unit| if unit == *old { *new } else { unit }).collect();
        return Ok(Value::Str(Str::from_units(&units)));
    }
    let old = a.text(1, "oldValue")?.clone();
    let new = a.str_or_empty(2).to_owned();
    let growth = this.as_str().matches(old.as_str()).count().saturating_mul(new.len());
    a.run.charge(this.as_str().len().saturating_add(growth))?;
    let made = if a.len() > 3 {
        let compare = comparison(a, 3, Ordinal)?;
        text::replace_with(this.as_str(), old.as_str(), &new, compare)?
    } else {
        text::replace(this.as_str(), old.as_str(), &new)?
    };
    Ok(Value::string(made))
}

fn pad(a: &mut Args<'_, '_>, left: bool) -> Outcome {
    let this = a.str(0)?.clone();
    let width = a.i32(1);
    let fill = if a.len() > 2 { a.char(2) } else { u16::from(b' ') };
    if width < 0 {
        return Err(Thrown::out_of_range("Non-negative number required.", "totalWidth"));
    }
    let missing = (width as usize).saturating_sub(this.len());
    a.run.charge(missing)?;
    if missing == 0 {
        return Ok(Value::Str(this));
    }
    let fill = Str::from_units(&vec![fill; missing]);
    Ok(Value::Str(if left { Str::concat(&[&fill, &this]) } else { Str::concat(&[&this, &fill]) }))
}

fn test(
    a: &mut Args<'_, '_>,
    default: text::StringComparison,
    test: fn(&str, &str, text::StringComparison) -> bool,
) -> Outcome {
    let this = a.str(0)?;
    let what = needle(a, 1, "value")?;
    let default = if matches!(a.get(1), Value::Char(_)) { Ordinal } else { default };
    let compare = comparison(a, 2, default)?;
    Ok(Value::Bool(test(this.as_str(), what.as_str(), compare)))
}

fn equals(a: &mut Args<'_, '_>) -> Outcome {
    let compare = match a.get(2) {
        Value::Enum(_, number) => by_comparison(*number as i32),
        _ => Comparer::Ordinal,
    };
    Ok(Value::Bool(match (a.get(0), a.get(1)) {
        (Value::Str(x), Value::Str(y)) => compare.equal(x, y),
        (x, y) => x.is_null() && y.is_null(),
    }))
}

fn order(a: &mut Args<'_, '_>, default: Comparer) -> Outcome {
    let compare = match a.get(2) {
        Value::Enum(_, number) => by_comparison(*number as i32),
        Value::Bool(true) => Comparer::CultureIgnoreCase,
        _ => default,
    };
    Ok(Value::Int32(match (a.get(0), a.get(1)) {
        (Value::Str(x), Value::Str(y)) if compare == Comparer::Ordinal => text::compare_ordinal(x.as_str(), y.as_str()),
        (Value::Str(x), Value::Str(y)) => compare.order(x, y) as i32,
        (x, y) => (!x.is_null()).cmp(&!y.is_null()) as i32,
    }))
}

/// The printed items of a sequence.
fn printed(a: &mut Args<'_, '_>, values: &Value) -> Result<Vec<Str>, Thrown> {
    let mut texts = Vec::new();
    for item in a.run.collect(values)? {
        texts.push(if item.is_null() { Str::new("") } else { a.run.print_str(&item)? });
    }
    Ok(texts)
}

fn join(a: &mut Args<'_, '_>) -> Outcome {
    let separator = match a.get(0) {
        Value::Char(unit) => Str::from_char(*unit),
        other => Str::new(other.as_str().unwrap_or("")),
    };
    let values = a.value(1);
    if values.is_null() {
        return Err(Thrown::argument_null("value"));
    }
    let mut texts = printed(a, &values)?;
    if a.len() > 2 {
        let (start, count) = (a.i32(2).max(0) as usize, a.i32(3).max(0) as usize);
        texts = texts.into_iter().skip(start).take(count).collect();
    }
    let mut parts: Vec<&Str> = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            parts.push(&separator);
        }
        parts.push(text);
    }
    a.run.charge(parts.iter().map(|part| part.as_str().len()).sum())?;
    Ok(Value::Str(Str::concat(&parts)))
}

fn concat(a: &mut Args<'_, '_>) -> Outcome {
    let mut texts = Vec::new();
    let only_sequence = a.len() == 1
        && !matches!(a.get(0), Value::Str(_))
        && a.get(0)
            .runtime_type()
            .is_some_and(|ty| crate::types::convert::find_super(&ty, crate::types::known::ENUMERABLE_OBJECT).is_some());
    if only_sequence {
        let values = a.value(0);
        texts = printed(a, &values)?;
    } else {
        for value in a.args {
            texts.push(if value.is_null() { Str::new("") } else { a.run.print_str(value)? });
        }
    }
    let parts: Vec<&Str> = texts.iter().collect();
    a.run.charge(parts.iter().map(|part| part.as_str().len()).sum())?;
    Ok(Value::Str(Str::concat(&parts)))
}

/// `string.Format` of arguments after `at`.
pub fn compose(a: &mut Args<'_, '_>, format_at: usize) -> Result<String, Thrown> {
    let format = a.text(format_at, "format")?.as_str().to_owned();
    let mut values: Vec<Value> = a.args.iter().skip(format_at + 1).cloned().collect();
    if let [only] = values.as_slice()
        && let Some(array) = downcast::<Array>(only)
    {
        values = array.to_vec();
    }
    let mut out = String::new();
    for segment in composite::parse(&format)? {
        match segment {
            Segment::Literal(text) => out.push_str(&text),
            Segment::Argument { index, alignment, format } => {
                let value = values.get(index).cloned().ok_or_else(composite::index_out_of_range)?;
                let text = match (&value, format) {
                    (Value::Null, _) => String::new(),
                    (_, Some(format)) => a.run.format(&value, &format)?,
                    (_, None) => a.run.print_str(&value)?.as_str().to_owned(),
                };
                a.run.charge(text.len() + alignment.unsigned_abs() as usize)?;
                composite::push_aligned(&mut out, &text, alignment);
            }
        }
    }
    a.run.charge(out.len())?;
    Ok(out)
}

fn char_at(a: &Args<'_, '_>) -> Result<u16, Thrown> {
    if let Value::Char(unit) = a.get(0) {
        return Ok(*unit);
    }
    let text = a.text(0, "s")?;
    let index = usize::try_from(a.i32(1)).ok();
    index
        .and_then(|index| text.units().get(index))
        .ok_or_else(|| Thrown::out_of_range("Specified argument was out of the range of valid values.", "index"))
}

fn class(a: &mut Args<'_, '_>, test: fn(text::UnicodeCategory) -> bool) -> Outcome {
    Ok(Value::Bool(test(text::category_of_unit(char_at(a)?))))
}

fn to_array(a: &mut Args<'_, '_>) -> Outcome {
    let units = a.str(0)?.units().to_vec();
    a.run.charge(units.len() * size_of::<Value>())?;
    let items = units.into_iter().map(Value::Char).collect();
    Ok(Value::object(Array::new(crate::types::Type::of(crate::types::known::CHAR), items)))
}

fn map(a: &mut Args<'_, '_>, change: fn(&str) -> String) -> Outcome {
    let made = change(a.str(0)?.as_str());
    a.make(made)
}

fn map_char(a: &mut Args<'_, '_>, change: fn(char) -> char) -> Outcome {
    let unit = a.char(0);
    let changed = char::from_u32(unit.into()).map(change).and_then(|c| u16::try_from(u32::from(c)).ok());
    Ok(Value::Char(changed.unwrap_or(unit)))
}

use text::StringComparison::{CurrentCulture, Ordinal};

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "flags enum System.StringSplitOptions { None, RemoveEmptyEntries, TrimEntries }", members: &[] },
    TypeTable {
        decl: "class System.String : IEnumerable<char>, IComparable, IComparable<string>, IEquatable<string>",
        members: STRING,
    },
    TypeTable { decl: "struct System.Char : IComparable, IComparable<char>, IEquatable<char>", members: CHAR },
];

static STRING: &[(&str, Native)] = &[
    ("new(char c, int count)", |a| {
        let count =
            usize::try_from(a.i32(1)).map_err(|_| Thrown::out_of_range("'count' must be non-negative.", "count"))?;
        a.run.charge(count * 2)?;
        Ok(Value::Str(Str::from_units(&vec![a.char(0); count])))
    }),
    ("new(char[] value)", |a| {
        Ok(Value::Str(if a.is_null(0) { Str::new("") } else { Str::from_units(&units_of(a.get(0))?) }))
    }),
    ("new(char[] value, int startIndex, int length)", |a| {
        let units = units_of(a.get(0))?;
        let (start, length) = (a.i32(1), a.i32(2));
        let part = usize::try_from(start)
            .ok()
            .zip(usize::try_from(length).ok())
            .and_then(|(start, length)| units.get(start..start.checked_add(length)?));
        part.map(|part| Value::Str(Str::from_units(part))).ok_or_else(|| {
            Thrown::out_of_range(
                "Index was out of range. Must be non-negative and less than or equal to the size of the collection.",
                "startIndex",
            )
        })
    }),
    ("static string Empty", |_| Ok(Value::literal(""))),
    ("int Length", |a| Ok(Value::Int32(a.str(0)?.len() as i32))),
    ("char this[int index]", |a| {
        let index = usize::try_from(a.i32(1)).ok();
        index
            .and_then(|index| a.str(0).ok()?.units().get(index))
            .map(Value::Char)
            .ok_or_else(Thrown::index_out_of_range)
    }),
    ("string Substring(int startIndex)", slice),
    ("string Substring(int startIndex, int length)", slice),
    ("int IndexOf(char value)", |a| index_of(a, false)),
    ("int IndexOf(char value, int startIndex)", |a| index_of(a, false)),
    ("int IndexOf(char value, int startIndex, int count)", |a| index_of(a, false)),
    ("int IndexOf(char value, StringComparison comparisonType)", |a| index_of(a, false)),
    ("int IndexOf(string value)", |a| index_of(a, false)),
    ("int IndexOf(string value, int startIndex)", |a| index_of(a, false)),
    ("int IndexOf(string value, int startIndex, int count)", |a| index_of(a, false)),
    ("int IndexOf(string value, StringComparison comparisonType)", |a| index_of(a, false)),
    ("int IndexOf(string value, int startIndex, StringComparison comparisonType)", |a| index_of(a, false)),
    ("int LastIndexOf(char value)", |a| index_of(a, true)),
    ("int LastIndexOf(char value, int startIndex)", |a| index_of(a, true)),
    ("int LastIndexOf(string value)", |a| index_of(a, true)),
    ("int LastIndexOf(string value, int startIndex)", |a| index_of(a, true)),
    ("int LastIndexOf(string value, StringComparison comparisonType)", |a| index_of(a, true)),
    ("int IndexOfAny(char[] anyOf)", |a| index_of_any(a, false)),
    ("int IndexOfAny(char[] anyOf, int startIndex)", |a| index_of_any(a, false)),
    ("int LastIndexOfAny(char[] anyOf)", |a| index_of_any(a, true)),
    ("bool Contains(string value)", |a| test(a, Ordinal, text::contains)),
    ("bool Contains(char value)", |a| test(a, Ordinal, text::contains)),
    ("bool Contains(string value, StringComparison comparisonType)", |a| test(a, Ordinal, text::contains)),
    ("bool Contains(char value, StringComparison comparisonType)", |a| test(a, Ordinal, text::contains)),
    ("bool StartsWith(string value)", |a| test(a, CurrentCulture, text::starts_with)),
    ("bool StartsWith(char value)", |a| test(a, Ordinal, text::starts_with)),
    ("bool StartsWith(string value, StringComparison comparisonType)", |a| test(a, CurrentCulture, text::starts_with)),
    ("bool EndsWith(string value)", |a| test(a, CurrentCulture, text::ends_with)),
    ("bool EndsWith(char value)", |a| test(a, Ordinal, text::ends_with)),
    ("bool EndsWith(string value, StringComparison comparisonType)", |a| test(a, CurrentCulture, text::ends_with)),
    ("string Replace(char oldChar, char newChar)", replace),
    ("string Replace(string oldValue, string newValue)", replace),
    ("string Replace(string oldValue, string newValue, StringComparison comparisonType)", replace),
    ("string Insert(int startIndex, string value)", |a| {
        let made = text::insert(a.str(0)?.as_str(), a.i32(1), a.text(2, "value")?.as_str())?;
        a.make(made)
    }),
    ("string Remove(int startIndex)", |a| {
        let made = text::remove(a.str(0)?.as_str(), a.i32(1), None)?;
        a.make(made)
    }),
    ("string Remove(int startIndex, int count)", |a| {
        let made = text::remove(a.str(0)?.as_str(), a.i32(1), Some(a.i32(2)))?;
        a.make(made)
    }),
    ("string PadLeft(int totalWidth)", |a| pad(a, true)),
    ("string PadLeft(int totalWidth, char paddingChar)", |a| pad(a, true)),
    ("string PadRight(int totalWidth)", |a| pad(a, false)),
    ("string PadRight(int totalWidth, char paddingChar)", |a| pad(a, false)),
    ("string Trim()", |a| trim(a, true, true)),
    ("string Trim(char trimChar)", |a| trim(a, true, true)),
    ("string Trim(params char[] trimChars)", |a| trim(a, true, true)),
    ("string TrimStart()", |a| trim(a, true, false)),
    ("string TrimStart(char trimChar)", |a| trim(a, true, false)),
    ("string TrimStart(params char[] trimChars)", |a| trim(a, true, false)),
    ("string TrimEnd()", |a| trim(a, false, true)),
    ("string TrimEnd(char trimChar)", |a| trim(a, false, true)),
    ("string TrimEnd(params char[] trimChars)", |a| trim(a, false, true)),
    ("string[] Split(char separator, StringSplitOptions options = 0)", split),
    ("string[] Split(char separator, int count, StringSplitOptions options = 0)", split),
    ("string[] Split(string separator, StringSplitOptions options = 0)", split),
    ("string[] Split(string separator, int count, StringSplitOptions options = 0)", split),
    ("string[] Split(params char[] separator)", split),
    ("string[] Split(char[] separator, int count)", split),
    ("string[] Split(char[] separator, StringSplitOptions options)", split),
    ("string[] Split(char[] separator, int count, StringSplitOptions options)", split),
    ("string[] Split(string[] separator, StringSplitOptions options)", split),
    ("string[] Split(string[] separator, int count, StringSplitOptions options)", split),
    ("string ToLower()", |a| map(a, text::to_lower_invariant)),
    ("string ToLowerInvariant()", |a| map(a, text::to_lower_invariant)),
    ("string ToUpper()", |a| map(a, text::to_upper_invariant)),
    ("string ToUpperInvariant()", |a| map(a, text::to_upper_invariant)),
    ("char[] ToCharArray()", to_array),
    ("string ToString()", |a| Ok(Value::Str(a.str(0)?.clone()))),
    ("object Clone()", |a| Ok(a.value(0))),
    ("bool Equals(string value)", equals),
    ("bool Equals(object obj)", equals),
    ("bool Equals(string value, StringComparison comparisonType)", equals),
    ("static bool Equals(string a, string b)", equals),
    ("static bool Equals(string a, string b, StringComparison comparisonType)", equals),
    ("int CompareTo(string strB)", |a| order(a, Comparer::Culture)),
    ("int CompareTo(object value)", |a| order(a, Comparer::Culture)),
    ("static int Compare(string strA, string strB)", |a| order(a, Comparer::Culture)),
    ("static int Compare(string strA, string strB, bool ignoreCase)", |a| order(a, Comparer::Culture)),
    ("static int Compare(string strA, string strB, StringComparison comparisonType)", |a| order(a, Comparer::Culture)),
    ("static int CompareOrdinal(string strA, string strB)", |a| order(a, Comparer::Ordinal)),
    ("static bool IsNullOrEmpty(string value)", |a| Ok(Value::Bool(a.opt_str(0).is_none_or(Str::is_empty)))),
    ("static bool IsNullOrWhiteSpace(string value)", |a| Ok(Value::Bool(text::is_white(a.str_or_empty(0))))),
    ("static string Join(string separator, params string[] value)", join),
    ("static string Join(string separator, params object[] values)", join),
    ("static string Join(string separator, IEnumerable<string> values)", join),
    ("static string Join<T>(string separator, IEnumerable<T> values)", join),
    ("static string Join(string separator, string[] value, int startIndex, int count)", join),
    ("static string Join(char separator, params string[] value)", join),
    ("static string Join(char separator, params object[] values)", join),
    ("static string Join<T>(char separator, IEnumerable<T> values)", join),
    ("static string Concat(object arg0)", concat),
    ("static string Concat(object arg0, object arg1)", concat),
    ("static string Concat(object arg0, object arg1, object arg2)", concat),
    ("static string Concat(params object[] args)", concat),
    ("static string Concat<T>(IEnumerable<T> values)", concat),
    ("static string Concat(IEnumerable<string> values)", concat),
    ("static string Concat(string str0, string str1)", concat),
    ("static string Concat(string str0, string str1, string str2)", concat),
    ("static string Concat(string str0, string str1, string str2, string str3)", concat),
    ("static string Concat(params string[] values)", concat),
    ("static string Format(string format, object arg0)", |a| compose(a, 0).map(Value::string)),
    ("static string Format(string format, object arg0, object arg1)", |a| compose(a, 0).map(Value::string)),
    ("static string Format(string format, object arg0, object arg1, object arg2)", |a| {
        compose(a, 0).map(Value::string)
    }),
    ("static string Format(string format, params object[] args)", |a| compose(a, 0).map(Value::string)),
    ("static string Format(IFormatProvider provider, string format, object arg0)", |a| {
        compose(a, 1).map(Value::string)
    }),
    ("static string Format(IFormatProvider provider, string format, params object[] args)", |a| {
        compose(a, 1).map(Value::string)
    }),
    ("static string Copy(string str)", |a| Ok(Value::string(a.text(0, "str")?.smol().clone()))),
    ("IEnumerator<char> GetEnumerator()", super::list::enumerator),
];

static CHAR: &[(&str, Native)] = &[
    ("const char MaxValue = '\\uffff'", |_| Ok(Value::Null)),
    ("const char MinValue = '\\0'", |_| Ok(Value::Null)),
    ("static bool IsDigit(char c)", |a| class(a, text::UnicodeCategory::is_digit)),
    ("static bool IsDigit(string s, int index)", |a| class(a, text::UnicodeCategory::is_digit)),
    ("static bool IsLetter(char c)", |a| class(a, text::UnicodeCategory::is_letter)),
    ("static bool IsLetter(string s, int index)", |a| class(a, text::UnicodeCategory::is_letter)),
    ("static bool IsLetterOrDigit(char c)", |a| class(a, text::UnicodeCategory::is_letter_or_digit)),
    ("static bool IsLetterOrDigit(string s, int index)", |a| class(a, text::UnicodeCategory::is_letter_or_digit)),
    ("static bool IsNumber(char c)", |a| class(a, text::UnicodeCategory::is_number)),
    ("static bool IsUpper(char c)", |a| class(a, text::UnicodeCategory::is_upper)),
    ("static bool IsUpper(string s, int index)", |a| class(a, text::UnicodeCategory::is_upper)),
    ("static bool IsLower(char c)", |a| class(a, text::UnicodeCategory::is_lower)),
    ("static bool IsLower(string s, int index)", |a| class(a, text::UnicodeCategory::is_lower)),
    ("static bool IsPunctuation(char c)", |a| class(a, text::UnicodeCategory::is_punctuation)),
    ("static bool IsSymbol(char c)", |a| class(a, text::UnicodeCategory::is_symbol)),
    ("static bool IsSeparator(char c)", |a| class(a, text::UnicodeCategory::is_separator)),
    ("static bool IsControl(char c)", |a| class(a, text::UnicodeCategory::is_control)),
    ("static bool IsSurrogate(char c)", |a| class(a, text::UnicodeCategory::is_surrogate)),
    ("static bool IsSurrogate(string s, int index)", |a| class(a, text::UnicodeCategory::is_surrogate)),
    ("static bool IsHighSurrogate(char c)", |a| Ok(Value::Bool((0xD800..0xDC00).contains(&a.char(0))))),
    ("static bool IsLowSurrogate(char c)", |a| Ok(Value::Bool((0xDC00..0xE000).contains(&a.char(0))))),
    ("static bool IsWhiteSpace(char c)", |a| {
        Ok(Value::Bool(char::from_u32(a.char(0).into()).is_some_and(text::is_white_space)))
    }),
    ("static bool IsWhiteSpace(string s, int index)", |a| {
        let unit = char_at(a)?;
        Ok(Value::Bool(char::from_u32(unit.into()).is_some_and(text::is_white_space)))
    }),
    ("static char ToUpper(char c)", |a| map_char(a, text::to_upper_char)),
    ("static char ToUpperInvariant(char c)", |a| map_char(a, text::to_upper_char)),
    ("static char ToLower(char c)", |a| map_char(a, text::to_lower_char)),
    ("static char ToLowerInvariant(char c)", |a| map_char(a, text::to_lower_char)),
    ("static double GetNumericValue(char c)", |a| {
        Ok(Value::Double(char::from_u32(a.char(0).into()).map_or(-1.0, text::numeric_value)))
    }),
    ("static char Parse(string s)", |a| {
        Ok(Value::Char(crate::dotnet::text::number::parse_char(a.text(0, "s")?.as_str())?))
    }),
    ("static bool TryParse(string s, out char result)", |a| {
        let parsed = a.opt_str(0).filter(|text| text.len() == 1).and_then(|text| text.units().get(0));
        a.set_out(1, Value::Char(parsed.unwrap_or(0)));
        Ok(Value::Bool(parsed.is_some()))
    }),
    ("static string ToString(char c)", |a| Ok(Value::Str(Str::from_char(a.char(0))))),
    ("static string ConvertFromUtf32(int utf32)", |a| {
        let c = u32::try_from(a.i32(0)).ok().and_then(char::from_u32);
        let c = c.ok_or_else(|| Thrown::out_of_range("A valid UTF32 value is between 0x000000 and 0x10ffff, inclusive, and should not include surrogate codepoint values (0x00d800 ~ 0x00dfff).", "utf32"))?;
        a.make(c.to_string())
    }),
    ("string ToString()", |a| Ok(Value::Str(Str::from_char(a.char(0))))),
    ("int CompareTo(char value)", |a| Ok(Value::Int32(i32::from(a.char(0)) - i32::from(a.char(1))))),
    ("bool Equals(char obj)", |a| Ok(Value::Bool(a.char(0) == a.char(1)))),
];
