//! `System.Convert`.

use super::TypeTable;
use super::array::{Array, bytes, part, units};
use super::format;
use super::number::{int_type, parse_text};
use crate::dotnet::text::encoding::{from_base64, from_hex, to_base64, to_hex};
use crate::dotnet::text::number::{self as text, IntType, Primitive};
use crate::run::{Args, Native, Outcome, Thrown, ops};
use crate::types::{DefId, Type, known};
use crate::value::{Str, Value};

/// What has an `IConvertible` of numbers.
fn primitive(value: &Value) -> Option<Primitive> {
    Some(match value {
        Value::Bool(flag) => Primitive::Boolean(*flag),
        Value::Single(number) => Primitive::Single(*number),
        Value::Double(number) => Primitive::Double(*number),
        Value::Decimal(number) => Primitive::Decimal(format::decimal(*number)),
        Value::Enum(_, number) => Primitive::Integer((*number).into(), IntType::Int32),
        other => Primitive::Integer(ops::to_i128(other), int_type(other.runtime_type()?.def()?)?),
    })
}

fn bad_cast(from: &Value, to: &str) -> Thrown {
    if matches!(from, Value::DateTime(_)) || to == "DateTime" && primitive(from).is_some() {
        let from = from.runtime_type().map(|ty| ty.short_name()).unwrap_or_default();
        return Thrown::invalid_cast(format!("Invalid cast from '{from}' to '{to}'."));
    }
    let from = from.runtime_type().map(|ty| ty.to_string_name()).unwrap_or_default();
    Thrown::invalid_cast(format!("Unable to cast object of type '{from}' to type 'System.IConvertible'."))
}

/// `Convert.ToX(value)`.
fn convert_to(value: &Value, id: DefId) -> Outcome {
    let value = &super::json::plain(value);
    match value {
        Value::Null => return Ok(crate::run::default_value(&Type::of(id))),
        Value::Str(source) => {
            return match id {
                known::BOOLEAN => Ok(Value::Bool(text::parse_boolean(source.as_str())?)),
                known::CHAR => Ok(Value::Char(text::parse_char(source.as_str())?)),
                _ => parse_text(id, source.as_str(), None),
            };
        }
        _ => {}
    }
    let Some(primitive) = primitive(value) else {
        return Err(bad_cast(value, crate::types::registry().def(id).name.as_str()));
    };
    if let Some(kind) = int_type(id) {
        return Ok(crate::program_integer(id, primitive.to_integer(kind)?));
    }
    Ok(match id {
        known::BOOLEAN => Value::Bool(primitive.to_boolean()?),
        known::SINGLE => Value::Single(primitive.to_single()?),
        known::DOUBLE => Value::Double(primitive.to_double()?),
        _ => Value::Decimal(format::from_decimal(primitive.to_decimal()?)),
    })
}

/// `Convert.ToX` in all its forms.
pub fn convert(a: &mut Args<'_, '_>, id: DefId) -> Outcome {
    // `Convert.ToInt32(text, base)`.
    if let (Some(kind), Value::Int32(base)) = (int_type(id), a.get(1)) {
        let number = text::integer_from_base(a.opt_str(0).map(Str::as_str), *base, kind)?;
        return Ok(crate::program_integer(id, number));
    }
    convert_to(a.get(0), id)
}

fn to_char_of_text(a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Char(text::parse_char(a.text(0, "value")?.as_str())?))
}

fn to_date(a: &mut Args<'_, '_>) -> Outcome {
    match super::json::plain(a.get(0)) {
        Value::Null => Ok(crate::run::default_value(&Type::of(known::DATE_TIME))),
        date @ Value::DateTime(_) => Ok(date),
        Value::Str(source) => super::time::parse_date(a.run, source.as_str()),
        other => Err(bad_cast(&other, "DateTime")),
    }
}

fn to_text(a: &mut Args<'_, '_>) -> Outcome {
    if let (Some(kind), Value::Int32(base)) =
        (a.get(0).runtime_type().and_then(|ty| ty.def()).and_then(int_type), a.get(1))
    {
        let made = text::integer_to_base(ops::to_i128(a.get(0)), kind, *base)?;
        return a.make(made);
    }
    match a.value(0) {
        Value::Null => a.make(""),
        value => a.run.print_str(&value).map(Value::Str),
    }
}

/// `TypeCode` by number, as far as `Convert` converts to it.
fn type_of_code(code: i64) -> Option<DefId> {
    Some(match code {
        1 => known::OBJECT,
        3 => known::BOOLEAN,
        4 => known::CHAR,
        5 => known::SBYTE,
        6 => known::BYTE,
        7 => known::INT16,
        8 => known::UINT16,
        9 => known::INT32,
        10 => known::UINT32,
        11 => known::INT64,
        12 => known::UINT64,
        13 => known::SINGLE,
        14 => known::DOUBLE,
        15 => known::DECIMAL,
        16 => known::DATE_TIME,
        18 => known::STRING,
        _ => return None,
    })
}

/// `Type.GetTypeCode`, `Convert.GetTypeCode`.
pub fn type_code(value: &Value) -> Value {
    let id = match value {
        Value::Enum(..) => Some(known::INT32),
        other => other.runtime_type().and_then(|ty| ty.def()),
    };
    let code = match value {
        Value::Null => 0,
        _ => (2..=18).find(|code| type_of_code(*code).is_some_and(|found| Some(found) == id)).unwrap_or(1),
    };
    Value::Enum(Type::named("System.TypeCode").def().unwrap_or(known::INT32), code)
}

fn change_type(a: &mut Args<'_, '_>) -> Outcome {
    let ty = match a.get(1) {
        Value::Enum(_, code) => type_of_code(*code)
            .map(Type::of)
            .ok_or_else(|| Thrown::argument("The specified TypeCode value is invalid."))?,
        other => super::reflection::type_of(other).ok_or_else(|| Thrown::argument_null("conversionType"))?,
    };
    let value = a.value(0);
    if value.is_null() {
        let is_value = ty.is_value_type() && ty.nullable_inner().is_none() && !matches!(a.get(1), Value::Enum(..));
        return if is_value {
            Err(Thrown::invalid_cast("Null object cannot be converted to a value type.".to_owned()))
        } else {
            Ok(Value::Null)
        };
    }
    if ty.nullable_inner().is_none() && crate::run::is_instance(&value, &ty) {
        return Ok(value);
    }
    match ty.def() {
        Some(known::STRING) if primitive(&value).is_some() || matches!(value, Value::DateTime(_)) => {
            a.run.print_str(&value).map(Value::Str)
        }
        Some(known::DATE_TIME) if matches!(value, Value::Str(_)) => to_date(a),
        Some(id) if known::is_numeric(id) || id == known::BOOLEAN || id == known::CHAR => convert_to(&value, id),
        _ if primitive(&value).is_some() || matches!(value, Value::Str(_)) => {
            let from = value.runtime_type().map(|ty| ty.to_string_name()).unwrap_or_default();
            Err(Thrown::invalid_cast(format!("Invalid cast from '{from}' to '{}'.", ty.to_string_name())))
        }
        _ => Err(bad_cast(&value, &ty.short_name())),
    }
}

/// `ToBase64String` and `ToBase64CharArray` of the whole or a part.
fn base64(a: &mut Args<'_, '_>) -> Outcome {
    let content = bytes(a, 0, "inArray")?;
    let content = if matches!(a.get(1), Value::Int32(_)) {
        part(a, &content, 1, ("offset", "length"))?.to_vec()
    } else {
        content
    };
    a.make(to_base64(&content, breaks_lines(a)?))
}

fn breaks_lines(a: &Args<'_, '_>) -> Result<bool, Thrown> {
    match a.args.last() {
        Some(Value::Enum(_, number @ (0 | 1))) => Ok(*number == 1),
        Some(Value::Enum(_, number)) => Err(Thrown::argument_of(&format!("Illegal enum value: {number}."), "options")),
        _ => Ok(false),
    }
}

fn base64_chars(a: &mut Args<'_, '_>) -> Outcome {
    let content = bytes(a, 0, "inArray")?;
    let text = to_base64(part(a, &content, 1, ("offsetIn", "length"))?, breaks_lines(a)?);
    let target = a.object_arg::<Array>(3, "outArray")?;
    let out = || {
        Thrown::out_of_range(
            "Either offset did not refer to a position in the string, or there is an insufficient length of destination character array.",
            "offsetOut",
        )
    };
    let at = usize::try_from(a.i32(4)).map_err(|_| out())?;
    if at.saturating_add(text.len()) > target.len() {
        return Err(out());
    }
    for (offset, byte) in text.bytes().enumerate() {
        target.put(at + offset, Value::Char(byte.into()));
    }
    Ok(Value::Int32(text.len() as i32))
}

fn new_bytes(a: &mut Args<'_, '_>, content: Vec<u8>) -> Outcome {
    a.run.charge(content.len())?;
    Ok(Value::bytes(content))
}

fn hex(a: &mut Args<'_, '_>, lower: bool) -> Outcome {
    let content = bytes(a, 0, "inArray")?;
    let content = if a.len() > 1 { part(a, &content, 1, ("offset", "length"))? } else { &content };
    let text = to_hex(content);
    a.make(if lower { text.to_ascii_lowercase() } else { text })
}

macro_rules! converts {
    ($($name:literal $keyword:literal $id:expr),* $(,)?) => {
        &[
            $(
                (concat!("static ", $keyword, " To", $name, "(object value)"), |a| convert(a, $id)),
                (concat!("static ", $keyword, " To", $name, "(object value, IFormatProvider provider)"), |a| convert(a, $id)),
            )*
        ]
    };
}

macro_rules! converts_text {
    ($($name:literal $keyword:literal $id:expr),* $(,)?) => {
        &[
            $(
                (concat!("static ", $keyword, " To", $name, "(string value)"), |a| convert(a, $id)),
                (concat!("static ", $keyword, " To", $name, "(string value, IFormatProvider provider)"), |a| convert(a, $id)),
            )*
        ]
    };
}

macro_rules! converts_base {
    ($($name:literal $keyword:literal $id:expr),* $(,)?) => {
        &[$((concat!("static ", $keyword, " To", $name, "(string value, int fromBase)"), |a| convert(a, $id))),*]
    };
}

/// Values in boxes; every primitive has its own overload in .NET, with the same results.
static OBJECTS: &[(&str, Native)] = converts![
    "Boolean" "bool" known::BOOLEAN,
    "Char" "char" known::CHAR,
    "SByte" "sbyte" known::SBYTE,
    "Byte" "byte" known::BYTE,
    "Int16" "short" known::INT16,
    "UInt16" "ushort" known::UINT16,
    "Int32" "int" known::INT32,
    "UInt32" "uint" known::UINT32,
    "Int64" "long" known::INT64,
    "UInt64" "ulong" known::UINT64,
    "Single" "float" known::SINGLE,
    "Double" "double" known::DOUBLE,
    "Decimal" "decimal" known::DECIMAL,
];

static TEXTS: &[(&str, Native)] = converts_text![
    "Boolean" "bool" known::BOOLEAN,
    "SByte" "sbyte" known::SBYTE,
    "Byte" "byte" known::BYTE,
    "Int16" "short" known::INT16,
    "UInt16" "ushort" known::UINT16,
    "Int32" "int" known::INT32,
    "UInt32" "uint" known::UINT32,
    "Int64" "long" known::INT64,
    "UInt64" "ulong" known::UINT64,
    "Single" "float" known::SINGLE,
    "Double" "double" known::DOUBLE,
    "Decimal" "decimal" known::DECIMAL,
];

static BASES: &[(&str, Native)] = converts_base![
    "SByte" "sbyte" known::SBYTE,
    "Byte" "byte" known::BYTE,
    "Int16" "short" known::INT16,
    "UInt16" "ushort" known::UINT16,
    "Int32" "int" known::INT32,
    "UInt32" "uint" known::UINT32,
    "Int64" "long" known::INT64,
    "UInt64" "ulong" known::UINT64,
];

static OTHERS: &[(&str, Native)] = &[
    ("static char ToChar(string value)", to_char_of_text),
    ("static char ToChar(string value, IFormatProvider provider)", to_char_of_text),
    ("static DateTime ToDateTime(object value)", to_date),
    ("static DateTime ToDateTime(object value, IFormatProvider provider)", to_date),
    ("static DateTime ToDateTime(string value)", to_date),
    ("static DateTime ToDateTime(string value, IFormatProvider provider)", to_date),
    ("static string ToString(object value)", to_text),
    ("static string ToString(object value, IFormatProvider provider)", to_text),
    ("static string ToString(string value)", |a| Ok(a.value(0))),
    ("static string ToString(string value, IFormatProvider provider)", |a| Ok(a.value(0))),
    ("static string ToString(byte value, int toBase)", to_text),
    ("static string ToString(short value, int toBase)", to_text),
    ("static string ToString(int value, int toBase)", to_text),
    ("static string ToString(long value, int toBase)", to_text),
    ("static object ChangeType(object value, Type conversionType)", change_type),
    ("static object ChangeType(object value, Type conversionType, IFormatProvider provider)", change_type),
    ("static object ChangeType(object value, TypeCode typeCode)", change_type),
    ("static object ChangeType(object value, TypeCode typeCode, IFormatProvider provider)", change_type),
    ("static TypeCode GetTypeCode(object value)", |a| Ok(type_code(a.get(0)))),
    ("static bool IsDBNull(object value)", |_| Ok(Value::Bool(false))),
    ("static string ToBase64String(byte[] inArray)", base64),
    ("static string ToBase64String(byte[] inArray, Base64FormattingOptions options)", base64),
    ("static string ToBase64String(byte[] inArray, int offset, int length)", base64),
    ("static string ToBase64String(byte[] inArray, int offset, int length, Base64FormattingOptions options)", base64),
    (
        "static int ToBase64CharArray(byte[] inArray, int offsetIn, int length, char[] outArray, int offsetOut)",
        base64_chars,
    ),
    (
        "static int ToBase64CharArray(byte[] inArray, int offsetIn, int length, char[] outArray, int offsetOut, Base64FormattingOptions options)",
        base64_chars,
    ),
    ("static byte[] FromBase64String(string s)", |a| {
        let content = from_base64(a.text(0, "s")?.as_str())?;
        new_bytes(a, content)
    }),
    ("static byte[] FromBase64CharArray(char[] inArray, int offset, int length)", |a| {
        let text = units(a, 0, "inArray")?;
        let content = from_base64(Str::from_units(part(a, &text, 1, ("offset", "length"))?).as_str())?;
        new_bytes(a, content)
    }),
    ("static string ToHexString(byte[] inArray)", |a| hex(a, false)),
    ("static string ToHexString(byte[] inArray, int offset, int length)", |a| hex(a, false)),
    ("static string ToHexStringLower(byte[] inArray)", |a| hex(a, true)),
    ("static string ToHexStringLower(byte[] inArray, int offset, int length)", |a| hex(a, true)),
    ("static byte[] FromHexString(string s)", |a| {
        let content = from_hex(a.text(0, "s")?.as_str())?;
        new_bytes(a, content)
    }),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "enum System.Base64FormattingOptions { None, InsertLineBreaks }", members: &[] },
    TypeTable {
        decl: "enum System.TypeCode { Empty, Object, DBNull, Boolean, Char, SByte, Byte, Int16, UInt16, Int32, UInt32, Int64, UInt64, Single, Double, Decimal, DateTime, String = 18 }",
        members: &[],
    },
    TypeTable { decl: "static class System.Convert", members: OBJECTS },
    TypeTable { decl: "static class System.Convert", members: TEXTS },
    TypeTable { decl: "static class System.Convert", members: BASES },
    TypeTable { decl: "static class System.Convert", members: OTHERS },
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn numbers_and_texts() {
        check(&[
            (r#"Convert.ToInt32("42") + Convert.ToInt32(2.5) + Convert.ToInt32(3.5)"#, "48"),
            (r#"Convert.ToInt32("ff", 16)"#, "255"),
            (r#"Convert.ToInt32("0xFF", 16)"#, "255"),
            (r#"Convert.ToInt32("1010", 2)"#, "10"),
            (r#"Convert.ToInt16("ffff", 16)"#, "-1"),
            (r#"Convert.ToInt32("12", 3)"#, "!ArgumentException"),
            (r#"Convert.ToInt32("", 16)"#, "!ArgumentOutOfRangeException"),
            (r#"Convert.ToInt32('7')"#, "55"),
            (r#"Convert.ToInt32((string)null)"#, "0"),
            (r#"Convert.ToInt32("4.5")"#, "!FormatException"),
            (r#"Convert.ToByte(256)"#, "!OverflowException"),
            (r#"Convert.ToBoolean("TRUE")"#, "True"),
            (r#"Convert.ToBoolean(0.1)"#, "True"),
            (r#"Convert.ToBoolean("1")"#, "!FormatException"),
            (r#"Convert.ToChar("ab")"#, "!FormatException"),
            (r#"Convert.ToChar((string)null)"#, "!ArgumentNullException"),
            (r#"Convert.ToChar(65)"#, "A"),
            (r#"Convert.ToInt32(Guid.Empty)"#, "!InvalidCastException"),
            (r#"Convert.ToInt32(DateTime.MinValue)"#, "!InvalidCastException"),
            (r#"Convert.ToDateTime("2024-02-29").Year"#, "2024"),
            (r#"Convert.ToDateTime(5)"#, "!InvalidCastException"),
            (r#"Convert.ToString((string)null) == null"#, "True"),
            (r#"Convert.ToString((object)null) == """#, "True"),
            (r#"Convert.ToString(255, 16) + Convert.ToString(5, 2) + Convert.ToString(8, 8)"#, "ff10110"),
            (r#"Convert.ToString(-1, 16) + Convert.ToString((short)-1, 16)"#, "ffffffffffff"),
            (r#"Convert.ToString(1.5)"#, "1.5"),
            (r#"Convert.ChangeType("5", typeof(int)).GetType().Name"#, "Int32"),
            (r#"Convert.ChangeType(5, TypeCode.String).GetType().Name"#, "String"),
            (r#"Convert.ChangeType(null, typeof(int))"#, "!InvalidCastException"),
            (r#"Convert.ChangeType("x", typeof(Guid))"#, "!InvalidCastException"),
            (r#"Convert.GetTypeCode(5L)"#, "Int64"),
        ]);
    }

    #[test]
    fn bytes_as_text() {
        check(&[
            (r#"Convert.ToBase64String(new byte[] { 1, 2, 3 }, 1, 2)"#, "AgM="),
            (r#"Convert.ToBase64String(new byte[] { 1, 2, 3 }, 1, 3)"#, "!ArgumentOutOfRangeException"),
            (r#"Convert.ToBase64String(null)"#, "!ArgumentNullException"),
            (r#"Convert.FromBase64String("A")"#, "!FormatException"),
            (
                r#"var o = new char[5]; var n = Convert.ToBase64CharArray(new byte[] { 1, 2, 3 }, 0, 3, o, 1); return n + new string(o, 1, 4);"#,
                "4AQID",
            ),
            (
                r#"Convert.ToHexString(new byte[] { 10, 255 }) + Convert.ToHexStringLower(new byte[] { 10, 255 })"#,
                "0AFF0aff",
            ),
            (r#"Convert.ToHexString(Convert.FromHexString("0aFF"))"#, "0AFF"),
            (r#"Convert.FromHexString("abc")"#, "!FormatException"),
        ]);
    }
}
