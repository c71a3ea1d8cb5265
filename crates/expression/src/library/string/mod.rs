//! `System.String`.

mod search;

use super::TypeTable;
use super::array::Array;
use crate::dotnet::text::composite::{self, Segment};
use crate::dotnet::text::string as text;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::value::{Str, Value, downcast};
use search::{comparison, equals, index_of, index_of_any, order, order_parts, out_of_range, test, units_of};

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
    let is_broken = this.is_broken() || old.is_broken() || a.opt_str(2).is_some_and(Str::is_broken);
    if is_broken && !old.is_empty() && a.len() == 3 {
        // Halves of surrogate pairs are in the units only.
        let new = a.opt_str(2).map(|new| new.units().to_vec()).unwrap_or_default();
        let made = super::builder::replaced(a.run, &this.units().to_vec(), &old.units().to_vec(), &new)?;
        return Ok(Value::Str(Str::from_units(&made)));
    }
    let made = if a.len() > 3 {
        let compare = comparison(a, 3, Ordinal)?;
        text::replace_with(this.as_str(), old.as_str(), &new, compare)?
    } else {
        text::replace(this.as_str(), old.as_str(), &new)?
    };
    Ok(Value::string(made))
}

fn insert(a: &mut Args<'_, '_>) -> Outcome {
    let (this, value) = (a.str(0)?.clone(), a.text(2, "value")?.clone());
    let made = text::insert(this.as_str(), a.i32(1), value.as_str())?;
    a.run.charge(made.len())?;
    let start = a.i32(1).max(0) as usize;
    Ok(Value::Str(Str::concat(&[&this.slice(0, start), &value, &this.slice(start, usize::MAX)])))
}

fn remove(a: &mut Args<'_, '_>) -> Outcome {
    let this = a.str(0)?.clone();
    let count = a.args.get(2).map(|_| a.i32(2));
    let made = text::remove(this.as_str(), a.i32(1), count)?;
    a.run.charge(made.len())?;
    let start = a.i32(1).max(0) as usize;
    let rest = count.map_or(usize::MAX, |count| start + count.max(0) as usize);
    Ok(Value::Str(Str::concat(&[&this.slice(0, start), &this.slice(rest, usize::MAX)])))
}

fn copy_to(a: &mut Args<'_, '_>) -> Outcome {
    let this = a.str(0)?.units().to_vec();
    let target = a.object_arg::<Array>(2, "destination")?;
    let count = usize::try_from(a.i32(4)).map_err(|_| out_of_range("count"))?;
    let start = usize::try_from(a.i32(1)).map_err(|_| out_of_range("sourceIndex"))?;
    let part = this.get(start..start.saturating_add(count)).ok_or_else(|| out_of_range("sourceIndex"))?;
    let to = usize::try_from(a.i32(3)).ok().filter(|to| to + count <= target.len());
    let to = to.ok_or_else(|| out_of_range("destinationIndex"))?;
    for (offset, unit) in part.iter().enumerate() {
        target.put(to + offset, Value::Char(*unit));
    }
    Ok(Value::Null)
}

fn normal(a: &mut Args<'_, '_>) -> Result<String, Thrown> {
    let this = a.str(0)?.clone();
    let form = match a.args.get(1) {
        Some(_) => text::NormalizationForm::from_i32(a.i32(1))?,
        None => text::NormalizationForm::FormC,
    };
    if this.is_broken() {
        return Err(Thrown::argument_of("Invalid Unicode code point found at index 0.", "strInput"));
    }
    Ok(text::normalize(this.as_str(), form))
}

/// `ReplaceLineEndings`: every line ending of Unicode becomes the one given.
fn replace_line_endings(a: &mut Args<'_, '_>) -> Outcome {
    let end = match a.args.get(1) {
        Some(_) => a.text(1, "replacementText")?.clone(),
        None => Str::literal("\n"),
    };
    let this = a.str(0)?.clone();
    let mut made = String::with_capacity(this.as_str().len());
    let mut rest = this.as_str().chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' | '\n' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                if c == '\r' {
                    rest.next_if_eq(&'\n');
                }
                a.run.charge(end.as_str().len())?;
                made.push_str(end.as_str());
            }
            _ => made.push(c),
        }
    }
    a.make(made)
}

fn pad(a: &mut Args<'_, '_>, left: bool) -> Outcome {
    let this = a.str(0)?.clone();
    let width = a.i32(1);
    let fill = if a.len() > 2 { a.char(2) } else { u16::from(b' ') };
    if width < 0 {
        return Err(Thrown::out_of_range("Non-negative number required.", "totalWidth"));
    }
    let missing = (width as usize).saturating_sub(this.len());
    a.run.charge(missing.saturating_mul(2))?;
    if missing == 0 {
        return Ok(Value::Str(this));
    }
    let fill = Str::from_units(&vec![fill; missing]);
    Ok(Value::Str(if left { Str::concat(&[&fill, &this]) } else { Str::concat(&[&this, &fill]) }))
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
    joined(a, 0)
}

/// `string.Join` of a separator at `at`, values after it, and perhaps a start and a count.
pub fn joined(a: &mut Args<'_, '_>, at: usize) -> Outcome {
    let separator = match a.get(at) {
        Value::Char(unit) => Str::from_char(*unit),
        other => Str::new(other.as_str().unwrap_or("")),
    };
    let values = a.value(at + 1);
    if values.is_null() {
        return Err(Thrown::argument_null("value"));
    }
    let mut texts = printed(a, &values)?;
    if a.len() > at + 2 {
        let chosen = super::array::part(a, &texts, at + 2, ("startIndex", "count"))?;
        texts = chosen.to_vec();
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

/// `Concat` of its arguments.
fn concat(a: &mut Args<'_, '_>) -> Outcome {
    let mut texts = Vec::new();
    for value in a.args {
        texts.push(if value.is_null() { Str::new("") } else { a.run.print_str(value)? });
    }
    concatenated(a, &texts)
}

/// `Concat` of the items of its argument.
fn concat_all(a: &mut Args<'_, '_>) -> Outcome {
    let values = a.value(0);
    if values.is_null() {
        return Err(Thrown::argument_null("values"));
    }
    let texts = printed(a, &values)?;
    concatenated(a, &texts)
}

fn concatenated(a: &mut Args<'_, '_>, texts: &[Str]) -> Outcome {
    let parts: Vec<&Str> = texts.iter().collect();
    a.run.charge(parts.iter().map(|part| part.as_str().len()).sum())?;
    Ok(Value::Str(Str::concat(&parts)))
}

/// `string.Format` of the arguments after the format.
pub fn compose(a: &mut Args<'_, '_>, format_at: usize) -> Result<String, Thrown> {
    let values: Vec<Value> = a.args.iter().skip(format_at + 1).cloned().collect();
    composed(a, format_at, &values)
}

/// `string.Format` of the `params object[]` after the format.
pub fn compose_all(a: &mut Args<'_, '_>, format_at: usize) -> Result<String, Thrown> {
    a.text(format_at, "format")?;
    let values = a.object_arg::<Array>(format_at + 1, "args")?.to_vec();
    composed(a, format_at, &values)
}

fn composed(a: &mut Args<'_, '_>, format_at: usize, values: &[Value]) -> Result<String, Thrown> {
    let format = a.text(format_at, "format")?.as_str().to_owned();
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

fn format(a: &mut Args<'_, '_>) -> Outcome {
    compose(a, 0).map(Value::string)
}

fn format_by(a: &mut Args<'_, '_>) -> Outcome {
    compose(a, 1).map(Value::string)
}

fn to_array(a: &mut Args<'_, '_>) -> Outcome {
    let all = a.str(0)?.units().to_vec();
    let units = match a.len() {
        1 => all,
        _ => super::array::part(a, &all, 1, ("startIndex", "length"))?.to_vec(),
    };
    a.run.charge(units.len() * size_of::<Value>())?;
    let items = units.into_iter().map(Value::Char).collect();
    Ok(Value::object(Array::new(crate::types::Type::of(crate::types::known::CHAR), items)))
}

fn map(a: &mut Args<'_, '_>, change: fn(&str) -> String) -> Outcome {
    let this = a.str(0)?.clone();
    if !this.is_broken() {
        return a.make(change(this.as_str()));
    }
    // A lone surrogate has no case.
    let mut units = Vec::with_capacity(this.len());
    for part in char::decode_utf16(this.units().to_vec()) {
        match part {
            Ok(c) => units.extend(change(c.encode_utf8(&mut [0; 4])).encode_utf16()),
            Err(alone) => units.push(alone.unpaired_surrogate()),
        }
    }
    a.run.charge(units.len() * 2)?;
    Ok(Value::Str(Str::from_units(&units)))
}

use text::StringComparison::{CurrentCulture, Ordinal};

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "enum System.Text.NormalizationForm { FormC = 1, FormD = 2, FormKC = 5, FormKD = 6 }",
        members: &[],
    },
    TypeTable { decl: "flags enum System.StringSplitOptions { None, RemoveEmptyEntries, TrimEntries }", members: &[] },
    TypeTable {
        decl: "class System.String : IEnumerable<char>, IComparable, IComparable<string>, IEquatable<string>",
        members: STRING,
    },
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
    ("int IndexOf(string value, int startIndex, int count, StringComparison comparisonType)", |a| index_of(a, false)),
    ("int LastIndexOf(char value)", |a| index_of(a, true)),
    ("int LastIndexOf(char value, int startIndex)", |a| index_of(a, true)),
    ("int LastIndexOf(char value, int startIndex, int count)", |a| index_of(a, true)),
    ("int LastIndexOf(string value)", |a| index_of(a, true)),
    ("int LastIndexOf(string value, int startIndex)", |a| index_of(a, true)),
    ("int LastIndexOf(string value, StringComparison comparisonType)", |a| index_of(a, true)),
    ("int LastIndexOf(string value, int startIndex, int count)", |a| index_of(a, true)),
    ("int LastIndexOf(string value, int startIndex, StringComparison comparisonType)", |a| index_of(a, true)),
    ("int LastIndexOf(string value, int startIndex, int count, StringComparison comparisonType)", |a| {
        index_of(a, true)
    }),
    ("int IndexOfAny(char[] anyOf)", |a| index_of_any(a, false)),
    ("int IndexOfAny(char[] anyOf, int startIndex)", |a| index_of_any(a, false)),
    ("int IndexOfAny(char[] anyOf, int startIndex, int count)", |a| index_of_any(a, false)),
    ("int LastIndexOfAny(char[] anyOf)", |a| index_of_any(a, true)),
    ("int LastIndexOfAny(char[] anyOf, int startIndex)", |a| index_of_any(a, true)),
    ("int LastIndexOfAny(char[] anyOf, int startIndex, int count)", |a| index_of_any(a, true)),
    ("bool Contains(string value)", |a| test(a, Ordinal, text::contains)),
    ("bool Contains(char value)", |a| test(a, Ordinal, text::contains)),
    ("bool Contains(string value, StringComparison comparisonType)", |a| test(a, Ordinal, text::contains)),
    ("bool Contains(char value, StringComparison comparisonType)", |a| test(a, Ordinal, text::contains)),
    ("bool StartsWith(string value)", |a| test(a, CurrentCulture, text::starts_with)),
    ("bool StartsWith(char value)", |a| test(a, Ordinal, text::starts_with)),
    ("bool StartsWith(string value, StringComparison comparisonType)", |a| test(a, CurrentCulture, text::starts_with)),
    ("bool StartsWith(string value, bool ignoreCase, System.Globalization.CultureInfo culture)", |a| {
        test(a, CurrentCulture, text::starts_with)
    }),
    ("bool EndsWith(string value)", |a| test(a, CurrentCulture, text::ends_with)),
    ("bool EndsWith(char value)", |a| test(a, Ordinal, text::ends_with)),
    ("bool EndsWith(string value, StringComparison comparisonType)", |a| test(a, CurrentCulture, text::ends_with)),
    ("bool EndsWith(string value, bool ignoreCase, System.Globalization.CultureInfo culture)", |a| {
        test(a, CurrentCulture, text::ends_with)
    }),
    ("string Replace(char oldChar, char newChar)", replace),
    ("string Replace(string oldValue, string newValue)", replace),
    ("string Replace(string oldValue, string newValue, StringComparison comparisonType)", replace),
    (
        "string Replace(string oldValue, string newValue, bool ignoreCase, System.Globalization.CultureInfo culture)",
        replace,
    ),
    ("string ReplaceLineEndings()", replace_line_endings),
    ("string ReplaceLineEndings(string replacementText)", replace_line_endings),
    ("string Insert(int startIndex, string value)", insert),
    ("string Remove(int startIndex)", remove),
    ("string Remove(int startIndex, int count)", remove),
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
    ("string ToLower(System.Globalization.CultureInfo culture)", |a| map(a, text::to_lower_invariant)),
    ("string ToLowerInvariant()", |a| map(a, text::to_lower_invariant)),
    ("string ToUpper()", |a| map(a, text::to_upper_invariant)),
    ("string ToUpper(System.Globalization.CultureInfo culture)", |a| map(a, text::to_upper_invariant)),
    ("string ToUpperInvariant()", |a| map(a, text::to_upper_invariant)),
    ("char[] ToCharArray()", to_array),
    ("char[] ToCharArray(int startIndex, int length)", to_array),
    ("void CopyTo(int sourceIndex, char[] destination, int destinationIndex, int count)", copy_to),
    ("string Normalize()", |a| normal(a).map(Value::string)),
    ("string Normalize(System.Text.NormalizationForm normalizationForm)", |a| normal(a).map(Value::string)),
    ("bool IsNormalized()", |a| Ok(Value::Bool(normal(a)? == a.str(0)?.as_str()))),
    ("bool IsNormalized(System.Text.NormalizationForm normalizationForm)", |a| {
        Ok(Value::Bool(normal(a)? == a.str(0)?.as_str()))
    }),
    ("string ToString()", |a| Ok(Value::Str(a.str(0)?.clone()))),
    ("string ToString(IFormatProvider provider)", |a| Ok(Value::Str(a.str(0)?.clone()))),
    ("TypeCode GetTypeCode()", |a| Ok(super::convert::type_code(a.get(0)))),
    ("static string Intern(string str)", |a| Ok(Value::literal(a.text(0, "str")?.smol().clone()))),
    ("object Clone()", |a| Ok(a.value(0))),
    ("int GetHashCode(StringComparison comparisonType)", |a| {
        let comparer = super::comparer::of_comparison(a.i32(1))?;
        let this = a.value(0);
        Ok(Value::Int32(super::comparer::hash(a.run, &comparer, &this)? as i32))
    }),
    ("bool Equals(string value)", equals),
    ("bool Equals(object obj)", equals),
    ("bool Equals(string value, StringComparison comparisonType)", equals),
    ("static bool Equals(string a, string b)", equals),
    ("static bool Equals(string a, string b, StringComparison comparisonType)", equals),
    ("int CompareTo(string strB)", |a| order(a, CurrentCulture)),
    ("int CompareTo(object value)", |a| order(a, CurrentCulture)),
    ("static int Compare(string strA, string strB)", |a| order(a, CurrentCulture)),
    ("static int Compare(string strA, string strB, bool ignoreCase)", |a| order(a, CurrentCulture)),
    ("static int Compare(string strA, string strB, StringComparison comparisonType)", |a| order(a, CurrentCulture)),
    ("static int Compare(string strA, string strB, bool ignoreCase, System.Globalization.CultureInfo culture)", |a| {
        order(a, CurrentCulture)
    }),
    ("static int Compare(string strA, int indexA, string strB, int indexB, int length)", |a| {
        order_parts(a, CurrentCulture)
    }),
    ("static int Compare(string strA, int indexA, string strB, int indexB, int length, bool ignoreCase)", |a| {
        order_parts(a, CurrentCulture)
    }),
    (
        "static int Compare(string strA, int indexA, string strB, int indexB, int length, bool ignoreCase, System.Globalization.CultureInfo culture)",
        |a| order_parts(a, CurrentCulture),
    ),
    (
        "static int Compare(string strA, int indexA, string strB, int indexB, int length, StringComparison comparisonType)",
        |a| order_parts(a, CurrentCulture),
    ),
    ("static int CompareOrdinal(string strA, int indexA, string strB, int indexB, int length)", |a| {
        order_parts(a, Ordinal)
    }),
    ("static int CompareOrdinal(string strA, string strB)", |a| order(a, Ordinal)),
    ("static bool IsNullOrEmpty(string value)", |a| Ok(Value::Bool(a.opt_str(0).is_none_or(Str::is_empty)))),
    ("static bool IsNullOrWhiteSpace(string value)", |a| Ok(Value::Bool(text::is_white(a.str_or_empty(0))))),
    ("static string Join(string separator, params string[] value)", join),
    ("static string Join(string separator, params object[] values)", join),
    ("static string Join(string separator, IEnumerable<string> values)", join),
    ("static string Join<T>(string separator, IEnumerable<T> values)", join),
    ("static string Join(string separator, string[] value, int startIndex, int count)", join),
    ("static string Join(char separator, params string[] value)", join),
    ("static string Join(char separator, string[] value, int startIndex, int count)", join),
    ("static string Join(char separator, params object[] values)", join),
    ("static string Join<T>(char separator, IEnumerable<T> values)", join),
    ("static string Concat(object arg0)", concat),
    ("static string Concat(object arg0, object arg1)", concat),
    ("static string Concat(object arg0, object arg1, object arg2)", concat),
    ("static string Concat(params object[] args)", concat_all),
    ("static string Concat<T>(IEnumerable<T> values)", concat_all),
    ("static string Concat(IEnumerable<string> values)", concat_all),
    ("static string Concat(string str0, string str1)", concat),
    ("static string Concat(string str0, string str1, string str2)", concat),
    ("static string Concat(string str0, string str1, string str2, string str3)", concat),
    ("static string Concat(params string[] values)", concat_all),
    ("static string Format(string format, object arg0)", format),
    ("static string Format(string format, object arg0, object arg1)", format),
    ("static string Format(string format, object arg0, object arg1, object arg2)", format),
    ("static string Format(string format, params object[] args)", |a| compose_all(a, 0).map(Value::string)),
    ("static string Format(IFormatProvider provider, string format, object arg0)", format_by),
    ("static string Format(IFormatProvider provider, string format, object arg0, object arg1)", format_by),
    ("static string Format(IFormatProvider provider, string format, object arg0, object arg1, object arg2)", format_by),
    ("static string Format(IFormatProvider provider, string format, params object[] args)", |a| {
        compose_all(a, 1).map(Value::string)
    }),
    ("static string Copy(string str)", |a| Ok(Value::string(a.text(0, "str")?.smol().clone()))),
    ("IEnumerator<char> GetEnumerator()", super::list::enumerator),
];

#[cfg(test)]
mod tests;
