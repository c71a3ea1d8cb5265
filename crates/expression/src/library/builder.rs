//! `System.Text.StringBuilder`.

use super::TypeTable;
use super::array::{Array, part, units};
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::{Object, Str, Value, downcast};
use std::any::Any;
use std::cell::{Cell, RefCell};

/// `Capacity` of a new builder.
const CAPACITY: usize = 16;
/// The largest step by which .NET's builder grows on its own.
const CHUNK_MAX: usize = 8000;

pub struct Builder {
    units: RefCell<Vec<u16>>,
    capacity: Cell<usize>,
    max: i32,
}

impl Object for Builder {
    fn type_of(&self) -> Type {
        Type::named("System.Text.StringBuilder")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(String::from_utf16_lossy(&self.units.borrow()))
    }
}

impl Builder {
    pub fn new(text: &[u16]) -> Builder {
        Builder::with_capacity(text, CAPACITY, i32::MAX)
    }

    fn with_capacity(text: &[u16], capacity: usize, max: i32) -> Builder {
        let capacity = Cell::new(capacity.max(text.len()));
        Builder { units: RefCell::new(text.to_vec()), capacity, max }
    }

    pub fn text(&self) -> Str {
        Str::from_units(&self.units.borrow())
    }

    /// Puts units in place of the `removed` ones at `at`.
    fn splice(&self, run: &mut Run<'_>, at: usize, removed: usize, new: &[u16]) -> Result<(), Thrown> {
        run.charge(new.len() * 2)?;
        let mut units = self.units.borrow_mut();
        let tail = units.len().saturating_sub(at);
        run.steps(tail / 64)?;
        if i32::try_from(units.len() + new.len() - removed).is_ok_and(|length| length <= self.max) {
            units.splice(at..at + removed, new.iter().copied());
            self.grow(units.len());
            return Ok(());
        }
        Err(Thrown::out_of_range("Capacity exceeds maximum capacity.", "requiredLength"))
    }

    /// `Capacity` after the text has come to a length: .NET adds a chunk of at most 8,000 units.
    fn grow(&self, length: usize) {
        let capacity = self.capacity.get();
        if length > capacity {
            self.capacity.set(capacity + (length - capacity).max(capacity.min(CHUNK_MAX)));
        }
    }

    pub fn append(&self, run: &mut Run<'_>, text: &Str) -> Result<(), Thrown> {
        if text.is_empty() {
            return Ok(());
        }
        let at = self.units.borrow().len();
        match text.units() {
            crate::value::Units::Wide(units) => self.splice(run, at, 0, units),
            ascii @ crate::value::Units::Ascii(_) => self.splice(run, at, 0, &ascii.to_vec()),
        }
    }
}

/// The builder inside a value.
pub fn of(value: &Value) -> Result<&Builder, Thrown> {
    downcast::<Builder>(value).ok_or_else(Thrown::null_reference)
}

fn out(name: &str) -> Thrown {
    Thrown::out_of_range(
        "Index was out of range. Must be non-negative and less than or equal to the size of the collection.",
        name,
    )
}

/// A value as `Append` and `Insert` write it: `char[]` as its characters, null as nothing.
fn piece(a: &mut Args<'_, '_>, at: usize) -> Result<Str, Thrown> {
    let value = a.value(at);
    if downcast::<Array>(&value).is_some_and(|array| array.element().is(crate::types::known::CHAR)) {
        return Ok(Str::from_units(&units(a, at, "value")?));
    }
    if value.is_null() { Ok(Str::new("")) } else { a.run.print_str(&value) }
}

fn add(a: &mut Args<'_, '_>, text: &Str) -> Outcome {
    let this = a.value(0);
    of(&this)?.append(a.run, text)?;
    Ok(this)
}

fn append(a: &mut Args<'_, '_>) -> Outcome {
    let text = piece(a, 1)?;
    add(a, &text)
}

/// `Append(value, startIndex, count)` of a string, a `char[]` or a builder.
fn append_part(a: &mut Args<'_, '_>) -> Outcome {
    if a.is_null(1) {
        return if a.i32(2) == 0 && a.i32(3) == 0 { Ok(a.value(0)) } else { Err(Thrown::argument_null("value")) };
    }
    let text = piece(a, 1)?.units().to_vec();
    let text = Str::from_units(part(a, &text, 2, ("startIndex", "count"))?);
    add(a, &text)
}

fn append_line(a: &mut Args<'_, '_>) -> Outcome {
    let text = a.opt_str(1).cloned().unwrap_or_else(|| Str::new(""));
    let text = Str::concat(&[&text, &Str::new("\n")]);
    add(a, &text)
}

fn append_format(a: &mut Args<'_, '_>, format_at: usize) -> Outcome {
    let text = Str::new(super::string::compose(a, format_at)?);
    add(a, &text)
}

fn append_format_all(a: &mut Args<'_, '_>, format_at: usize) -> Outcome {
    let text = Str::new(super::string::compose_all(a, format_at)?);
    add(a, &text)
}

fn append_join(a: &mut Args<'_, '_>) -> Outcome {
    let Value::Str(text) = super::string::joined(a, 1)? else { return Ok(a.value(0)) };
    add(a, &text)
}

fn insert(a: &mut Args<'_, '_>) -> Outcome {
    let this = a.value(0);
    let builder = of(&this)?;
    let at = usize::try_from(a.i32(1)).ok().filter(|at| *at <= builder.units.borrow().len());
    let at = at.ok_or_else(|| out("index"))?;
    let mut text = piece(a, 2)?.units().to_vec();
    match a.len() {
        4 => {
            let count = usize::try_from(a.i32(3)).map_err(|_| out("count"))?;
            a.run.charge(text.len().saturating_mul(count).saturating_mul(2))?;
            text = text.repeat(count);
        }
        5 => text = part(a, &text, 3, ("startIndex", "charCount"))?.to_vec(),
        _ => {}
    }
    builder.splice(a.run, at, 0, &text)?;
    Ok(this)
}

fn remove(a: &mut Args<'_, '_>) -> Outcome {
    let this = a.value(0);
    let builder = of(&this)?;
    let length = builder.units.borrow().len();
    let count =
        usize::try_from(a.i32(2)).map_err(|_| Thrown::out_of_range("Length cannot be less than zero.", "length"))?;
    let at = usize::try_from(a.i32(1))
        .map_err(|_| Thrown::out_of_range("StartIndex cannot be less than zero.", "startIndex"))?;
    if at.saturating_add(count) > length {
        return Err(out("length"));
    }
    builder.splice(a.run, at, count, &[])?;
    Ok(this)
}

/// `Replace(old, new)` of texts or characters, in all or in a part.
fn replace(a: &mut Args<'_, '_>) -> Outcome {
    let this = a.value(0);
    let builder = of(&this)?;
    let all = builder.units.borrow().clone();
    let (start, end) = if a.len() > 3 {
        let start = usize::try_from(a.i32(3)).ok().filter(|at| *at <= all.len()).ok_or_else(|| out("startIndex"))?;
        let count = usize::try_from(a.i32(4)).ok().filter(|count| start + count <= all.len());
        (start, start + count.ok_or_else(|| out("count"))?)
    } else {
        (0, all.len())
    };
    if a.is_null(1) {
        return Err(Thrown::argument_null("oldValue"));
    }
    let (old, new) = (piece(a, 1)?.units().to_vec(), piece(a, 2)?.units().to_vec());
    if old.is_empty() {
        return Err(Thrown::argument_of("The value cannot be an empty string.", "oldValue"));
    }
    a.run.steps(all.len() / 16)?;
    let made = replaced(a.run, all.get(start..end).unwrap_or_default(), &old, &new)?;
    builder.splice(a.run, start, end - start, &made)?;
    Ok(this)
}

/// Every `old` of a text replaced by `new`.
pub fn replaced(run: &mut Run<'_>, text: &[u16], old: &[u16], new: &[u16]) -> Result<Vec<u16>, Thrown> {
    let mut made = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(old) {
            run.charge(new.len())?;
            made.extend_from_slice(new);
            at += old.len();
        } else {
            made.extend(rest.first());
            at += 1;
        }
    }
    Ok(made)
}

/// `new StringBuilder(…)` in all its forms.
fn create(a: &mut Args<'_, '_>) -> Outcome {
    let text = a.args.iter().find_map(|arg| match arg {
        Value::Str(text) => Some(text.units().to_vec()),
        _ => None,
    });
    let numbers: Vec<i32> = a.args.iter().filter_map(Value::as_i32).collect();
    let text = text.unwrap_or_default();
    // `(value, startIndex, length, capacity)`, `(capacity, maxCapacity)`, `(value, capacity)`, `(capacity)`.
    let (text, capacity, max) = match numbers.as_slice() {
        [_, _, capacity] => (part(a, &text, 1, ("startIndex", "length"))?.to_vec(), *capacity, i32::MAX),
        [capacity, max] => (text, *capacity, *max),
        [capacity] => (text, *capacity, i32::MAX),
        _ => (text, 0, i32::MAX),
    };
    if max < 1 {
        return Err(Thrown::out_of_range("The maximum capacity must be greater than zero.", "maxCapacity"));
    }
    if capacity < 0 || capacity > max {
        return Err(Thrown::out_of_range("capacity must be a non-negative value.", "capacity"));
    }
    a.run.charge(text.len() * 2)?;
    let capacity = if capacity == 0 { CAPACITY.min(max as usize) } else { capacity as usize };
    Ok(Value::object(Builder::with_capacity(&text, capacity, max)))
}

fn set_length(a: &mut Args<'_, '_>) -> Outcome {
    let this = a.value(0);
    let builder = of(&this)?;
    let length = usize::try_from(a.i32(1)).map_err(|_| out("value"))?;
    let old = builder.units.borrow().len();
    if length > old {
        a.run.charge((length - old) * 2)?;
        builder.splice(a.run, old, 0, &vec![0; length - old])?;
    } else {
        builder.units.borrow_mut().truncate(length);
    }
    Ok(Value::Null)
}

fn copy_to(a: &mut Args<'_, '_>) -> Outcome {
    let all = of(a.get(0))?.units.borrow().clone();
    let target = a.object_arg::<Array>(2, "destination")?;
    let (at, to) = (a.i32(1), a.i32(3));
    let count = usize::try_from(a.i32(4)).map_err(|_| out("count"))?;
    let at = usize::try_from(at).map_err(|_| out("sourceIndex"))?;
    let to = usize::try_from(to).map_err(|_| out("destinationIndex"))?;
    let source = all
        .get(at..at.saturating_add(count))
        .ok_or_else(|| Thrown::argument("Source string was not long enough. Check sourceIndex and count."))?;
    if to.saturating_add(count) > target.len() {
        return Err(Thrown::argument(
            "Either offset did not refer to a position in the string, or there is an insufficient length of destination character array.",
        ));
    }
    for (offset, unit) in source.iter().enumerate() {
        target.put(to + offset, Value::Char(*unit));
    }
    Ok(Value::Null)
}

fn equals(a: &mut Args<'_, '_>) -> Outcome {
    let this = of(a.get(0))?;
    Ok(Value::Bool(downcast::<Builder>(a.get(1)).is_some_and(|other| *this.units.borrow() == *other.units.borrow())))
}

fn set_capacity(a: &mut Args<'_, '_>) -> Outcome {
    let this = of(a.get(0))?;
    let wanted = usize::try_from(a.i32(1)).map_err(|_| out("value"))?;
    if wanted < this.units.borrow().len() {
        return Err(Thrown::out_of_range("capacity was less than the current size.", "value"));
    }
    this.capacity.set(wanted);
    Ok(Value::Null)
}

macro_rules! each {
    ($before:literal, $after:literal, $work:expr, [$($ty:literal)*]) => {
        &[$((concat!("StringBuilder ", $before, $ty, $after), $work)),*]
    };
}

/// One overload a type: the values differ in how C# converts to them only.
static APPENDS: &[(&str, Native)] = each!("Append(", " value)", append, [
    "string" "char" "char[]" "bool" "sbyte" "byte" "short" "ushort" "int" "uint" "long" "ulong" "float" "double"
    "decimal" "object" "StringBuilder"
]);

static INSERTS: &[(&str, Native)] = each!("Insert(int index, ", " value)", insert, [
    "string" "char" "char[]" "bool" "sbyte" "byte" "short" "ushort" "int" "uint" "long" "ulong" "float" "double"
    "decimal" "object"
]);

static BUILDER: &[(&str, Native)] = &[
    ("new()", create),
    ("new(int capacity)", create),
    ("new(string value)", create),
    ("new(int capacity, int maxCapacity)", create),
    ("new(string value, int capacity)", create),
    ("new(string value, int startIndex, int length, int capacity)", create),
    ("int Length", |a| Ok(Value::Int32(of(a.get(0))?.units.borrow().len() as i32))),
    ("set int Length", set_length),
    ("int Capacity", |a| Ok(Value::Int32(of(a.get(0))?.capacity.get() as i32))),
    ("set int Capacity", set_capacity),
    ("int MaxCapacity", |a| Ok(Value::Int32(of(a.get(0))?.max))),
    ("int EnsureCapacity(int capacity)", |a| {
        let wanted = usize::try_from(a.i32(1)).map_err(|_| out("capacity"))?;
        let this = of(a.get(0))?;
        this.capacity.set(this.capacity.get().max(wanted));
        Ok(Value::Int32(this.capacity.get() as i32))
    }),
    ("char this[int index]", |a| {
        let index = usize::try_from(a.i32(1)).ok();
        let unit = index.and_then(|index| of(a.get(0)).ok()?.units.borrow().get(index).copied());
        unit.map(Value::Char).ok_or_else(Thrown::index_out_of_range)
    }),
    ("set char this[int index]", |a| {
        let index = usize::try_from(a.i32(1)).unwrap_or(usize::MAX);
        let unit = a.char(2);
        match of(a.get(0))?.units.borrow_mut().get_mut(index) {
            Some(place) => *place = unit,
            None => return Err(Thrown::bad_index()),
        }
        Ok(Value::Null)
    }),
    ("StringBuilder Append(char value, int repeatCount)", |a| {
        let count = usize::try_from(a.i32(2)).map_err(|_| out("repeatCount"))?;
        a.run.charge(count * 2)?;
        let text = Str::from_units(&vec![a.char(1); count]);
        add(a, &text)
    }),
    ("StringBuilder Append(string value, int startIndex, int count)", append_part),
    ("StringBuilder Append(char[] value, int startIndex, int charCount)", append_part),
    ("StringBuilder Append(StringBuilder value, int startIndex, int count)", append_part),
    ("StringBuilder AppendLine()", append_line),
    ("StringBuilder AppendLine(string value)", append_line),
    ("StringBuilder AppendFormat(string format, object arg0)", |a| append_format(a, 1)),
    ("StringBuilder AppendFormat(string format, object arg0, object arg1)", |a| append_format(a, 1)),
    ("StringBuilder AppendFormat(string format, object arg0, object arg1, object arg2)", |a| append_format(a, 1)),
    ("StringBuilder AppendFormat(string format, params object[] args)", |a| append_format_all(a, 1)),
    ("StringBuilder AppendFormat(IFormatProvider provider, string format, object arg0)", |a| append_format(a, 2)),
    ("StringBuilder AppendFormat(IFormatProvider provider, string format, object arg0, object arg1)", |a| {
        append_format(a, 2)
    }),
    (
        "StringBuilder AppendFormat(IFormatProvider provider, string format, object arg0, object arg1, object arg2)",
        |a| append_format(a, 2),
    ),
    ("StringBuilder AppendFormat(IFormatProvider provider, string format, params object[] args)", |a| {
        append_format_all(a, 2)
    }),
    ("StringBuilder AppendJoin(string separator, params object[] values)", append_join),
    ("StringBuilder AppendJoin(string separator, params string[] values)", append_join),
    ("StringBuilder AppendJoin<T>(string separator, IEnumerable<T> values)", append_join),
    ("StringBuilder AppendJoin(char separator, params object[] values)", append_join),
    ("StringBuilder AppendJoin(char separator, params string[] values)", append_join),
    ("StringBuilder AppendJoin<T>(char separator, IEnumerable<T> values)", append_join),
    ("StringBuilder Clear()", |a| {
        of(a.get(0))?.units.borrow_mut().clear();
        Ok(a.value(0))
    }),
    ("void CopyTo(int sourceIndex, char[] destination, int destinationIndex, int count)", copy_to),
    ("bool Equals(StringBuilder sb)", equals),
    ("StringBuilder Insert(int index, string value, int count)", insert),
    ("StringBuilder Insert(int index, char[] value, int startIndex, int charCount)", insert),
    ("StringBuilder Remove(int startIndex, int length)", remove),
    ("StringBuilder Replace(string oldValue, string newValue)", replace),
    ("StringBuilder Replace(string oldValue, string newValue, int startIndex, int count)", replace),
    ("StringBuilder Replace(char oldChar, char newChar)", replace),
    ("StringBuilder Replace(char oldChar, char newChar, int startIndex, int count)", replace),
    ("string ToString()", |a| {
        let text = of(a.get(0))?.text();
        a.run.charge(text.as_str().len())?;
        Ok(Value::Str(text))
    }),
    ("string ToString(int startIndex, int length)", |a| {
        let all = of(a.get(0))?.units.borrow();
        let text = part(a, &all, 1, ("startIndex", "length"))?;
        Ok(Value::Str(Str::from_units(text)))
    }),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Text.StringBuilder", members: APPENDS },
    TypeTable { decl: "class System.Text.StringBuilder", members: INSERTS },
    TypeTable { decl: "class System.Text.StringBuilder", members: BUILDER },
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn building() {
        check(&[
            (
                r#"new StringBuilder("a").Append(1).Append('b').Append(true).Append(2.5).Append((object)null).Append((string)null).ToString()"#,
                "a1bTrue2.5",
            ),
            (
                r#"new StringBuilder().Append(new[] { 'a', 'b', 'c' }).Append(new[] { 'a', 'b', 'c' }, 1, 2).ToString()"#,
                "abcbc",
            ),
            (r#"new StringBuilder().Append('x', 3).Append("abcd", 1, 2).ToString()"#, "xxxbc"),
            (r#"new StringBuilder().Append(new StringBuilder("q")).ToString()"#, "q"),
            (r#"new StringBuilder().AppendLine("a").AppendLine().ToString()"#, "a\n\n"),
            (r#"new StringBuilder().AppendFormat("{0:D3}|{1,4}", 7, "x").ToString()"#, "007|   x"),
            (r#"new StringBuilder().AppendJoin(", ", new[] { 1, 2 }).AppendJoin('-', "a", "b").ToString()"#, "1, 2a-b"),
            (r#"new StringBuilder("abc").Insert(1, 5).Insert(0, "xy", 2).ToString()"#, "xyxya5bc"),
            (r#"new StringBuilder("abc").Insert(4, "x")"#, "!ArgumentOutOfRangeException"),
            (r#"new StringBuilder("abcdef").Remove(1, 3).ToString()"#, "aef"),
            (r#"new StringBuilder("abc").Remove(1, 3)"#, "!ArgumentOutOfRangeException"),
            (r#"new StringBuilder("aXbX").Replace("X", "--").Replace('a', 'z').ToString()"#, "z--b--"),
            (r#"new StringBuilder("aaaa").Replace("a", "b", 1, 2).ToString()"#, "abba"),
            (r#"new StringBuilder("a").Replace("", "b")"#, "!ArgumentException"),
            (r#"new StringBuilder("a").Replace((string)null, "b")"#, "!ArgumentNullException"),
            (r#"var b = new StringBuilder("abc"); b[1] = 'X'; b.Length = 2; return b.ToString() + b[0];"#, "aXa"),
            (r#"new StringBuilder("abc")[3]"#, "!IndexOutOfRangeException"),
            (r#"var b = new StringBuilder("abc"); b[3] = 'x'; return b;"#, "!ArgumentOutOfRangeException"),
            (r#"new StringBuilder("abcdef").ToString(2, 3)"#, "cde"),
            (r#"new StringBuilder("ab").Clear().Length"#, "0"),
            (r#"new StringBuilder("ab").Equals(new StringBuilder("ab"))"#, "True"),
            (
                r#"new StringBuilder().Capacity + "," + new StringBuilder(40).Capacity + "," + new StringBuilder("12345678901234567").Append("x").Capacity"#,
                "16,40,34",
            ),
            (r#"new StringBuilder().Append("😀"[0]).Append("😀"[1]).ToString()"#, "😀"),
            (r#"var c = new char[3]; new StringBuilder("abcd").CopyTo(1, c, 0, 3); return new string(c);"#, "bcd"),
            (r#"new StringBuilder(-1)"#, "!ArgumentOutOfRangeException"),
        ]);
    }
}
