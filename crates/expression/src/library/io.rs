//! `StringReader`, `StringWriter`, and what they inherit.

use super::TypeTable;
use super::array::{Array, part, units};
use super::builder::{self, Builder};
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::{Type, known};
use crate::value::{Object, Str, Value, downcast};
use std::any::Any;
use std::cell::{Cell, RefCell};

/// `StringReader`.
pub struct Reader {
    /// None once it is closed.
    text: RefCell<Option<Str>>,
    at: Cell<usize>,
}

/// `StringWriter`.
pub struct Writer {
    /// A `StringBuilder`.
    builder: Value,
    open: Cell<bool>,
    new_line: RefCell<Str>,
}

impl Object for Reader {
    fn type_of(&self) -> Type {
        Type::named("System.IO.StringReader")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for Writer {
    fn type_of(&self) -> Type {
        Type::named("System.IO.StringWriter")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(builder::of(&self.builder)?.text().as_str().to_owned())
    }
}

fn closed(message: &str) -> Thrown {
    Thrown::new("System.ObjectDisposedException", message)
}

impl Reader {
    fn text(&self) -> Result<Str, Thrown> {
        self.text.borrow().clone().ok_or_else(|| closed("Cannot read from a closed TextReader."))
    }

    /// What is left, which is then read.
    pub fn rest(&self) -> Result<Str, Thrown> {
        let text = self.text()?;
        let rest = text.slice(self.at.get(), usize::MAX);
        self.at.set(text.len());
        Ok(rest)
    }
}

/// Appends the text of a value to a writer.
///
/// # Errors
/// `ObjectDisposedException`, or what printing ends in.
pub fn write(run: &mut Run<'_>, writer: &Value, value: &Value) -> Result<(), Thrown> {
    let text = if value.is_null() { Str::new("") } else { run.print_str(value)? };
    let writer = downcast::<Writer>(writer).ok_or_else(Thrown::null_reference)?;
    if !writer.open.get() {
        return Err(closed("Cannot write to a closed TextWriter."));
    }
    builder::of(&writer.builder)?.append(run, &text)
}

fn read_line(a: &mut Args<'_, '_>) -> Outcome {
    let reader = a.object::<Reader>(0)?;
    let text = reader.text()?;
    let start = reader.at.get();
    let units = text.units();
    if start >= units.len() {
        return Ok(Value::Null);
    }
    let (cr, lf) = (u16::from(b'\r'), u16::from(b'\n'));
    let end = (start..units.len()).find(|at| units.get(*at).is_some_and(|unit| unit == cr || unit == lf));
    let end = end.unwrap_or(units.len());
    let two = units.get(end) == Some(cr) && units.get(end + 1) == Some(lf);
    reader.at.set((end + 1 + usize::from(two)).min(units.len()));
    a.run.steps((end - start) / 16)?;
    Ok(Value::Str(text.slice(start, end - start)))
}

fn read(a: &mut Args<'_, '_>, advance: bool) -> Outcome {
    let reader = a.object::<Reader>(0)?;
    let unit = reader.text()?.units().get(reader.at.get());
    if advance && unit.is_some() {
        reader.at.set(reader.at.get() + 1);
    }
    Ok(Value::Int32(unit.map_or(-1, i32::from)))
}

/// `Read(buffer, index, count)`, `ReadBlock(…)`.
fn read_block(a: &mut Args<'_, '_>) -> Outcome {
    let reader = a.object::<Reader>(0)?;
    let text = reader.text()?;
    let target = a.object_arg::<Array>(1, "buffer")?;
    let negative = |name: &str| Thrown::out_of_range("Non-negative number required.", name);
    let at = usize::try_from(a.i32(2)).map_err(|_| negative("index"))?;
    let count = usize::try_from(a.i32(3)).map_err(|_| negative("count"))?;
    if at.saturating_add(count) > target.len() {
        return Err(Thrown::argument(
            "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.",
        ));
    }
    let start = reader.at.get();
    let mut done = 0;
    while let Some(unit) = text.units().get(start + done).filter(|_| done < count) {
        target.put(at + done, Value::Char(unit));
        done += 1;
    }
    reader.at.set(start + done);
    Ok(Value::Int32(done as i32))
}

fn close_reader(a: &mut Args<'_, '_>) -> Outcome {
    *a.object::<Reader>(0)?.text.borrow_mut() = None;
    Ok(Value::Null)
}

fn new_writer(a: &mut Args<'_, '_>) -> Outcome {
    let given = a.args.iter().find(|arg| downcast::<Builder>(arg).is_some()).cloned();
    let builder = match given {
        Some(builder) => builder,
        None if a.len() == 2 => return Err(Thrown::argument_null("sb")),
        None => Value::object(Builder::new(&[])),
    };
    Ok(Value::object(Writer { builder, open: Cell::new(true), new_line: RefCell::new(Str::literal("\n")) }))
}

/// `Write(value)`: characters of an array, the text of anything else.
fn put(a: &mut Args<'_, '_>) -> Outcome {
    let value = match downcast::<Array>(a.get(1)) {
        Some(array) if array.element().is(known::CHAR) => {
            let all = units(a, 1, "buffer")?;
            let shown = if a.len() > 2 { part(a, &all, 2, ("index", "count"))? } else { &all };
            Value::Str(Str::from_units(shown))
        }
        _ => a.value(1),
    };
    let writer = a.value(0);
    write(a.run, &writer, &value)?;
    Ok(Value::Null)
}

fn put_format(a: &mut Args<'_, '_>) -> Outcome {
    let text = super::string::compose(a, 1)?;
    put_text(a, text)
}

fn put_format_all(a: &mut Args<'_, '_>) -> Outcome {
    let text = super::string::compose_all(a, 1)?;
    put_text(a, text)
}

fn put_text(a: &mut Args<'_, '_>, text: String) -> Outcome {
    let writer = a.value(0);
    write(a.run, &writer, &Value::string(text))?;
    Ok(Value::Null)
}

fn new_line(a: &mut Args<'_, '_>) -> Outcome {
    let writer = a.value(0);
    let line = a.object::<Writer>(0)?.new_line.borrow().clone();
    write(a.run, &writer, &Value::Str(line))?;
    Ok(Value::Null)
}

fn put_line(a: &mut Args<'_, '_>) -> Outcome {
    put(a)?;
    new_line(a)
}

fn close_writer(a: &mut Args<'_, '_>) -> Outcome {
    a.object::<Writer>(0)?.open.set(false);
    Ok(Value::Null)
}

macro_rules! each {
    ($name:literal, $work:expr, [$($ty:literal)*]) => {
        &[$((concat!("void ", $name, "(", $ty, " value)"), $work)),*]
    };
}

static WRITES: &[(&str, Native)] = each!("Write", put, [
    "string" "char" "char[]" "bool" "int" "uint" "long" "ulong" "float" "double" "decimal" "object" "StringBuilder"
]);

static WRITE_LINES: &[(&str, Native)] = each!("WriteLine", put_line, [
    "string" "char" "char[]" "bool" "int" "uint" "long" "ulong" "float" "double" "decimal" "object" "StringBuilder"
]);

static WRITER: &[(&str, Native)] = &[
    ("void Write(char[] buffer, int index, int count)", put),
    ("void Write(string format, object arg0)", put_format),
    ("void Write(string format, object arg0, object arg1)", put_format),
    ("void Write(string format, object arg0, object arg1, object arg2)", put_format),
    ("void Write(string format, params object[] arg)", put_format_all),
    ("void WriteLine()", new_line),
    ("void WriteLine(char[] buffer, int index, int count)", put_line),
    ("void WriteLine(string format, object arg0)", put_format_line),
    ("void WriteLine(string format, object arg0, object arg1)", put_format_line),
    ("void WriteLine(string format, object arg0, object arg1, object arg2)", put_format_line),
    ("void WriteLine(string format, params object[] arg)", |a| {
        put_format_all(a)?;
        new_line(a)
    }),
    ("string NewLine", |a| Ok(Value::Str(a.object::<Writer>(0)?.new_line.borrow().clone()))),
    ("set string NewLine", |a| {
        let line = a.opt_str(1).cloned().unwrap_or_else(|| Str::literal("\n"));
        *a.object::<Writer>(0)?.new_line.borrow_mut() = line;
        Ok(Value::Null)
    }),
    ("Encoding Encoding", |_| Ok(super::encoding::utf16())),
    ("void Flush()", |_| Ok(Value::Null)),
    ("void Close()", close_writer),
    ("void Dispose()", close_writer),
];

fn put_format_line(a: &mut Args<'_, '_>) -> Outcome {
    put_format(a)?;
    new_line(a)
}

static READER: &[(&str, Native)] = &[
    ("int Peek()", |a| read(a, false)),
    ("int Read()", |a| read(a, true)),
    ("int Read(char[] buffer, int index, int count)", read_block),
    ("int ReadBlock(char[] buffer, int index, int count)", read_block),
    ("string ReadLine()", read_line),
    ("string ReadToEnd()", |a| Ok(Value::Str(a.object::<Reader>(0)?.rest()?))),
    ("void Close()", close_reader),
    ("void Dispose()", close_reader),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.IO.TextReader : IDisposable", members: READER },
    TypeTable {
        decl: "class System.IO.StringReader : System.IO.TextReader",
        members: &[("new(string s)", |a| {
            let text = RefCell::new(Some(a.text(0, "s")?.clone()));
            Ok(Value::object(Reader { text, at: Cell::new(0) }))
        })],
    },
    TypeTable { decl: "class System.IO.TextWriter : IDisposable", members: WRITES },
    TypeTable { decl: "class System.IO.TextWriter : IDisposable", members: WRITE_LINES },
    TypeTable { decl: "class System.IO.TextWriter : IDisposable", members: WRITER },
    TypeTable {
        decl: "class System.IO.StringWriter : System.IO.TextWriter",
        members: &[
            ("new()", new_writer),
            ("new(IFormatProvider formatProvider)", |a| {
                a.args = &[];
                new_writer(a)
            }),
            ("new(StringBuilder sb)", |a| if a.is_null(0) { Err(Thrown::argument_null("sb")) } else { new_writer(a) }),
            ("new(StringBuilder sb, IFormatProvider formatProvider)", new_writer),
            ("StringBuilder GetStringBuilder()", |a| Ok(a.object::<Writer>(0)?.builder.clone())),
            ("string ToString()", |a| Ok(Value::Str(builder::of(&a.object::<Writer>(0)?.builder)?.text()))),
        ],
    },
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn reading() {
        check(&[
            (
                r#"using (var r = new StringReader("l1\r\nl2\n\nl4")) { return r.ReadLine() + r.ReadLine() + r.ReadLine() + r.ReadLine() + (r.ReadLine() == null); }"#,
                "l1l2l4True",
            ),
            (
                r#"var r = new StringReader("abc"); return r.Peek() + "," + r.Read() + r.ReadToEnd() + r.Read();"#,
                "97,97bc-1",
            ),
            (
                r#"var r = new StringReader("abc"); var c = new char[5]; var n = r.Read(c, 1, 4); return n + new string(c, 1, 3);"#,
                "3abc",
            ),
            (r#"var r = new StringReader("abc"); r.Close(); return r.ReadToEnd();"#, "!ObjectDisposedException"),
            (r#"new StringReader(null)"#, "!ArgumentNullException"),
            (
                r#"string line; var n = 0; using (TextReader r = new StringReader("a\nb")) { while ((line = r.ReadLine()) != null) n++; } return n;"#,
                "2",
            ),
        ]);
    }

    #[test]
    fn writing() {
        check(&[
            (
                r#"var w = new StringWriter(); w.Write("a{0}", 1); w.Write(2); w.Write('c'); w.WriteLine(1.5); w.Write(new[] { 'x', 'y' }); return w.ToString();"#,
                "a12c1.5\nxy",
            ),
            (
                r#"var w = new StringWriter { NewLine = "|" }; w.WriteLine("a"); w.WriteLine(); return w.ToString();"#,
                "a||",
            ),
            (
                r#"var b = new StringBuilder("x"); using (var w = new StringWriter(b)) { w.Write((string)null); w.Write(true); } return b.ToString();"#,
                "xTrue",
            ),
            (r#"var w = new StringWriter(); w.Dispose(); w.Write(1); return w;"#, "!ObjectDisposedException"),
            (r#"new StringWriter().Encoding.WebName"#, "utf-16"),
            (
                r#"var w = new StringWriter(System.Globalization.CultureInfo.InvariantCulture); w.Write(1.5); return w.GetStringBuilder().Length;"#,
                "3",
            ),
        ]);
    }
}
