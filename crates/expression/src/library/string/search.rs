//! Strings: search, equality and order.

use crate::dotnet::text::string::{
    self as text,
    StringComparison::{CurrentCulture, Ordinal},
};
use crate::library::array::Array;
use crate::run::{Args, Outcome, Thrown};
use crate::value::{Str, Value, downcast};

/// `IndexOf` and `LastIndexOf` in all their forms: value, then start, count and comparison.
pub fn index_of(a: &mut Args<'_, '_>, last: bool) -> Outcome {
    let this = a.str(0)?.clone();
    let default = if matches!(a.get(1), Value::Char(_)) { Ordinal } else { CurrentCulture };
    let what = needle(a, 1, "value")?;
    let (numbers, compare) = places(a, default)?;
    let length = this.len() as i32;
    let (start, count) = if last { backward(&numbers, length)? } else { forward(&numbers, length)? };
    a.run.steps(count / 64)?;
    let part = this.slice(start, count);
    let find = if last { text::last_index_of } else { text::index_of };
    let found = find(part.as_str(), what.as_str(), compare);
    Ok(Value::Int32(found.map_or(-1, |at| (at + start) as i32)))
}

pub fn index_of_any(a: &mut Args<'_, '_>, last: bool) -> Outcome {
    let this = a.str(0)?.units().to_vec();
    let any = units_of(a.get(1))?;
    let numbers: Vec<i32> = a.args.iter().skip(2).filter_map(Value::as_i32).collect();
    let length = this.len() as i32;
    let (start, count) = if last { backward(&numbers, length)? } else { forward(&numbers, length)? };
    let part = this.get(start..start + count).unwrap_or_default();
    let mut found = part.iter().enumerate().filter(|(_, unit)| any.contains(unit)).map(|(at, _)| at + start);
    let at = if last { found.next_back() } else { found.next() };
    Ok(Value::Int32(at.map_or(-1, |at| at as i32)))
}

pub fn test(
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

pub fn equals(a: &mut Args<'_, '_>) -> Outcome {
    let compare = comparison(a, 2, Ordinal)?;
    Ok(Value::Bool(match (a.get(0), a.get(1)) {
        (Value::Str(x), Value::Str(y)) if compare == Ordinal => x == y,
        (Value::Str(x), Value::Str(y)) => text::equals(x.as_str(), y.as_str(), compare),
        (x, y) => x.is_null() && y.is_null(),
    }))
}

/// `Compare(a, b, …)`: what follows says how.
pub fn order(a: &mut Args<'_, '_>, default: text::StringComparison) -> Outcome {
    let compare = comparison(a, 2, default)?;
    if !a.is_null(1) && a.opt_str(1).is_none() {
        return Err(Thrown::argument("Object must be of type String."));
    }
    Ok(Value::Int32(ordered(a.get(0), a.get(1), compare)))
}

/// `Compare(a, indexA, b, indexB, length, …)`.
pub fn order_parts(a: &mut Args<'_, '_>, default: text::StringComparison) -> Outcome {
    let compare = comparison(a, 5, default)?;
    if a.is_null(0) || a.is_null(2) {
        return Ok(Value::Int32(ordered(a.get(0), a.get(2), compare)));
    }
    let length = usize::try_from(a.i32(4)).map_err(|_| out_of_range("length"))?;
    let part = |at: usize, name: &str| {
        let text = a.str(at)?;
        let start = usize::try_from(a.i32(at + 1)).ok().filter(|start| *start <= text.len());
        Ok::<_, Thrown>(Value::Str(text.slice(start.ok_or_else(|| out_of_range(name))?, length)))
    };
    let (x, y) = (part(0, "indexA")?, part(2, "indexB")?);
    Ok(Value::Int32(ordered(&x, &y, compare)))
}

/// `StringComparison` of an argument; the overload without one compares ordinally.
pub fn comparison(
    a: &Args<'_, '_>,
    at: usize,
    default: text::StringComparison,
) -> Result<text::StringComparison, Thrown> {
    match a.get(at) {
        Value::Enum(_, number) => Ok(text::StringComparison::from_i32(*number as i32)?),
        Value::Bool(true) => Ok(text::StringComparison::CurrentCultureIgnoreCase),
        Value::Bool(false) => Ok(CurrentCulture),
        _ => Ok(default),
    }
}

pub fn units_of(value: &Value) -> Result<Vec<u16>, Thrown> {
    let array = downcast::<Array>(value).ok_or_else(|| Thrown::argument_null("anyOf"))?;
    Ok(array.to_vec().iter().map(|unit| crate::run::ops::to_i128(unit) as u16).collect())
}

pub fn out_of_range(name: &str) -> Thrown {
    Thrown::out_of_range(
        "Index was out of range. Must be non-negative and less than or equal to the size of the collection.",
        name,
    )
}

/// A string or character argument as text.
fn needle(a: &Args<'_, '_>, at: usize, parameter: &str) -> Result<Str, Thrown> {
    match a.get(at) {
        Value::Str(text) => Ok(text.clone()),
        Value::Char(unit) => Ok(Str::from_char(*unit)),
        _ => Err(Thrown::argument_null(parameter)),
    }
}

fn bad_count() -> Thrown {
    Thrown::out_of_range(
        "Count must be positive and count must refer to a location within the string/array/collection.",
        "count",
    )
}

/// The integer arguments after the first, and the comparison among them.
fn places(a: &Args<'_, '_>, default: text::StringComparison) -> Result<(Vec<i32>, text::StringComparison), Thrown> {
    let mut numbers = Vec::new();
    let mut compare = default;
    for at in 2..a.len() {
        match a.get(at) {
            Value::Int32(number) => numbers.push(*number),
            _ => compare = comparison(a, at, default)?,
        }
    }
    Ok((numbers, compare))
}

/// Start and length of what a search from the start looks at.
fn forward(numbers: &[i32], length: i32) -> Result<(usize, usize), Thrown> {
    let start = numbers.first().copied().unwrap_or(0);
    if start < 0 || start > length {
        return Err(out_of_range("startIndex"));
    }
    let count = numbers.get(1).copied().unwrap_or(length - start);
    if count < 0 || count > length - start {
        return Err(bad_count());
    }
    Ok((start as usize, count as usize))
}

/// The same of a search from the end, whose start is the last unit that it looks at.
fn backward(numbers: &[i32], length: i32) -> Result<(usize, usize), Thrown> {
    let Some(mut start) = numbers.first().copied() else { return Ok((0, length as usize)) };
    if length == 0 && (start == 0 || start == -1) {
        return Ok((0, 0));
    }
    if start < 0 || start > length {
        return Err(out_of_range("startIndex"));
    }
    let mut count = numbers.get(1).copied().unwrap_or(start + 1);
    if start == length {
        start -= 1;
        count -= i32::from(count > 0);
    }
    if count < 0 || count > start + 1 {
        return Err(bad_count());
    }
    Ok(((start + 1 - count) as usize, count as usize))
}

fn ordered(x: &Value, y: &Value, compare: text::StringComparison) -> i32 {
    match (x, y) {
        (Value::Str(x), Value::Str(y)) => text::compare_with(x.as_str(), y.as_str(), compare),
        (x, y) => (!x.is_null()).cmp(&!y.is_null()) as i32,
    }
}
