//! `System.Text.Encoding`.

use super::TypeTable;
use super::array::{Array, bytes, chars, part, units};
use crate::dotnet::text::encoding::Encoding;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::{Object, Str, Value, downcast};
use std::any::Any;
use std::cell::RefCell;

/// An encoding, and what it does at what it cannot convert.
#[derive(Clone, Copy, PartialEq, Eq)]
struct EncodingObject {
    encoding: Encoding,
    /// `EncoderFallback.ExceptionFallback`.
    throws_at_text: bool,
    /// `DecoderFallback.ExceptionFallback`.
    throws_at_bytes: bool,
    /// `Encoding.Default` is UTF-8 without it.
    preamble: bool,
}

impl Object for EncodingObject {
    fn type_of(&self) -> Type {
        Type::named("System.Text.Encoding")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(match self.encoding {
            Encoding::Utf8 => "System.Text.UTF8Encoding+UTF8EncodingSealed",
            Encoding::Ascii => "System.Text.ASCIIEncoding+ASCIIEncodingSealed",
            Encoding::Latin1 => "System.Text.Latin1Encoding+Latin1EncodingSealed",
            Encoding::Utf16Le | Encoding::Utf16Be => "System.Text.UnicodeEncoding",
            Encoding::Utf32Le | Encoding::Utf32Be => "System.Text.UTF32Encoding",
        }
        .to_owned())
    }

    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        Ok(downcast::<EncodingObject>(other).is_some_and(|other| other == self))
    }

    fn hash(&self, _run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        Ok(Some(self.encoding.code_page() as u64))
    }
}

/// `EncoderFallback` and `DecoderFallback`.
struct Fallback {
    throws: bool,
    decodes: bool,
}

impl Object for Fallback {
    fn type_of(&self) -> Type {
        Type::named(if self.decodes { "System.Text.DecoderFallback" } else { "System.Text.EncoderFallback" })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

thread_local! {
    /// The encodings that .NET has one object of.
    static SHARED: RefCell<Vec<(EncodingObject, Value)>> = const { RefCell::new(Vec::new()) };
}

fn shared(encoding: Encoding) -> Value {
    object(EncodingObject { encoding, throws_at_text: false, throws_at_bytes: false, preamble: true })
}

/// `Encoding.Unicode`, which text in memory is in.
pub fn utf16() -> Value {
    shared(Encoding::Utf16Le)
}

fn object(wanted: EncodingObject) -> Value {
    SHARED.with_borrow_mut(|shared| {
        if let Some((_, value)) = shared.iter().find(|(found, _)| *found == wanted) {
            return value.clone();
        }
        let value = Value::object(wanted);
        shared.push((wanted, value.clone()));
        value
    })
}

/// `GetEncoding(name or code page, encoder fallback, decoder fallback)`.
fn get(a: &mut Args<'_, '_>) -> Outcome {
    let encoding = match a.get(0) {
        Value::Int32(page) => Encoding::by_code_page(*page)?,
        _ => Encoding::by_name(a.text(0, "name")?.as_str())?,
    };
    let throws = |at: usize| downcast::<Fallback>(a.get(at)).is_some_and(|fallback| fallback.throws);
    if a.len() > 1 && (a.is_null(1) || a.is_null(2)) {
        return Err(Thrown::argument_null("value"));
    }
    Ok(object(EncodingObject { encoding, throws_at_text: throws(1), throws_at_bytes: throws(2), preamble: true }))
}

fn this<'a>(a: &'a Args<'_, '_>) -> Result<&'a EncodingObject, Thrown> {
    a.object::<EncodingObject>(0)
}

impl EncodingObject {
    fn encode(&self, run: &mut Run<'_>, text: &Str) -> Result<Vec<u8>, Thrown> {
        run.charge(text.as_str().len() * 2)?;
        if self.throws_at_text && (text.is_broken() || !self.encoding.has_all(text.as_str())) {
            return Err(Thrown::new(
                "System.Text.EncoderFallbackException",
                "Unable to translate a character to the code page of the encoding.",
            ));
        }
        Ok(self.encoding.get_bytes(text.as_str()))
    }

    fn decode(&self, run: &mut Run<'_>, content: &[u8]) -> Result<String, Thrown> {
        run.charge(content.len())?;
        if self.throws_at_bytes && !self.encoding.is_valid(content) {
            return Err(Thrown::new(
                "System.Text.DecoderFallbackException",
                "Unable to translate bytes from the code page of the encoding to Unicode.",
            ));
        }
        Ok(self.encoding.get_string(content))
    }
}

/// The text of a string or `char[]` argument, all of it or a part.
fn source(a: &Args<'_, '_>) -> Result<Str, Thrown> {
    let all = match a.get(1) {
        Value::Str(text) if a.len() == 2 => return Ok(text.clone()),
        Value::Str(text) => text.units().to_vec(),
        Value::Null if a.len() == 2 => return Err(Thrown::argument_null("s")),
        _ => units(a, 1, "chars")?,
    };
    Ok(Str::from_units(if a.len() > 2 { part(a, &all, 2, ("index", "count"))? } else { &all }))
}

fn encoded(a: &mut Args<'_, '_>) -> Result<Vec<u8>, Thrown> {
    let (text, encoding) = (source(a)?, *this(a)?);
    encoding.encode(a.run, &text)
}

fn get_bytes(a: &mut Args<'_, '_>) -> Outcome {
    encoded(a).map(Value::bytes)
}

/// `GetBytes(text, index, count, bytes, byteIndex)`.
fn write_bytes(a: &mut Args<'_, '_>) -> Outcome {
    let content = encoded(a)?;
    let items = content.iter().map(|byte| Value::Byte(*byte)).collect();
    write(a, items, ("bytes", "byteIndex"))
}

/// Writes into the array at argument 4 from the index at 5 on.
fn write(a: &mut Args<'_, '_>, items: Vec<Value>, names: (&str, &str)) -> Outcome {
    let target = a.object_arg::<Array>(4, names.0)?;
    let at = usize::try_from(a.i32(5)).ok().filter(|at| *at <= target.len());
    let at = at.ok_or_else(|| {
        Thrown::out_of_range(
            "Index was out of range. Must be non-negative and less than or equal to the size of the collection.",
            names.1,
        )
    })?;
    if at + items.len() > target.len() {
        return Err(Thrown::argument_of(
            "The output byte buffer is too small to contain the encoded data, encoding codepage or fallback.",
            names.0,
        ));
    }
    let count = items.len();
    for (offset, item) in items.into_iter().enumerate() {
        target.put(at + offset, item);
    }
    Ok(Value::Int32(count as i32))
}

fn byte_count(a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Int32(encoded(a)?.len() as i32))
}

fn decoded(a: &mut Args<'_, '_>) -> Result<String, Thrown> {
    let content = bytes(a, 1, "bytes")?;
    let encoding = *this(a)?;
    let shown = if a.len() > 2 { part(a, &content, 2, ("index", "count"))?.to_vec() } else { content };
    encoding.decode(a.run, &shown)
}

fn convert(a: &mut Args<'_, '_>) -> Outcome {
    let from = *a.object_arg::<EncodingObject>(0, "srcEncoding")?;
    let to = *a.object_arg::<EncodingObject>(1, "dstEncoding")?;
    let content = bytes(a, 2, "bytes")?;
    let content = if a.len() > 3 { part(a, &content, 3, ("index", "count"))?.to_vec() } else { content };
    let text = Str::new(from.decode(a.run, &content)?);
    to.encode(a.run, &text).map(Value::bytes)
}

/// `GetMaxByteCount` and `GetMaxCharCount`.
fn most(a: &mut Args<'_, '_>, name: &str, most: fn(Encoding, i64) -> i64) -> Outcome {
    let count = a.i32(1);
    if count < 0 {
        return Err(Thrown::out_of_range("Non-negative number required.", name));
    }
    i32::try_from(most(this(a)?.encoding, count.into())).map(Value::Int32).map_err(|_| {
        Thrown::out_of_range(
            "Too many bytes. The resulting number of chars is larger than what can be returned as an int.",
            name,
        )
    })
}

fn web_name(a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::string(this(a)?.encoding.web_name()))
}

fn flag(a: &mut Args<'_, '_>, of: fn(Encoding) -> bool) -> Outcome {
    Ok(Value::Bool(of(this(a)?.encoding)))
}

static ENCODING: &[(&str, Native)] = &[
    ("static Encoding UTF8", |_| Ok(shared(Encoding::Utf8))),
    ("static Encoding ASCII", |_| Ok(shared(Encoding::Ascii))),
    ("static Encoding Unicode", |_| Ok(shared(Encoding::Utf16Le))),
    ("static Encoding BigEndianUnicode", |_| Ok(shared(Encoding::Utf16Be))),
    ("static Encoding UTF32", |_| Ok(shared(Encoding::Utf32Le))),
    ("static Encoding Latin1", |_| Ok(shared(Encoding::Latin1))),
    ("static Encoding Default", |_| {
        let encoding = Encoding::Utf8;
        Ok(object(EncodingObject { encoding, throws_at_text: false, throws_at_bytes: false, preamble: false }))
    }),
    ("static Encoding GetEncoding(string name)", get),
    ("static Encoding GetEncoding(int codepage)", get),
    ("static Encoding GetEncoding(string name, EncoderFallback encoderFallback, DecoderFallback decoderFallback)", get),
    (
        "static Encoding GetEncoding(int codepage, EncoderFallback encoderFallback, DecoderFallback decoderFallback)",
        get,
    ),
    ("static byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes)", convert),
    ("static byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes, int index, int count)", convert),
    ("string WebName", web_name),
    ("string HeaderName", web_name),
    ("string BodyName", web_name),
    ("string EncodingName", |a| Ok(Value::string(this(a)?.encoding.encoding_name()))),
    ("int CodePage", |a| Ok(Value::Int32(this(a)?.encoding.code_page()))),
    ("int WindowsCodePage", |a| Ok(Value::Int32(if this(a)?.encoding.is_single_byte() { 1252 } else { 1200 }))),
    ("bool IsSingleByte", |a| flag(a, Encoding::is_single_byte)),
    ("bool IsBrowserDisplay", |a| flag(a, |encoding| matches!(encoding, Encoding::Utf8 | Encoding::Latin1))),
    ("bool IsBrowserSave", |a| {
        flag(a, |encoding| matches!(encoding, Encoding::Utf8 | Encoding::Latin1 | Encoding::Utf16Le))
    }),
    ("bool IsMailNewsDisplay", |a| {
        flag(a, |encoding| matches!(encoding, Encoding::Utf8 | Encoding::Latin1 | Encoding::Ascii))
    }),
    ("bool IsMailNewsSave", |a| {
        flag(a, |encoding| matches!(encoding, Encoding::Utf8 | Encoding::Latin1 | Encoding::Ascii))
    }),
    ("bool IsReadOnly", |_| Ok(Value::Bool(true))),
    ("bool IsAlwaysNormalized()", |a| flag(a, |encoding| matches!(encoding, Encoding::Ascii | Encoding::Latin1))),
    ("EncoderFallback EncoderFallback", |a| {
        Ok(Value::object(Fallback { throws: this(a)?.throws_at_text, decodes: false }))
    }),
    ("DecoderFallback DecoderFallback", |a| {
        Ok(Value::object(Fallback { throws: this(a)?.throws_at_bytes, decodes: true }))
    }),
    ("object Clone()", |a| Ok(Value::object(*this(a)?))),
    ("byte[] GetPreamble()", |a| {
        let this = this(a)?;
        Ok(Value::bytes(if this.preamble { this.encoding.preamble() } else { &[] }))
    }),
    ("byte[] GetBytes(string s)", get_bytes),
    ("byte[] GetBytes(string s, int index, int count)", get_bytes),
    ("byte[] GetBytes(char[] chars)", get_bytes),
    ("byte[] GetBytes(char[] chars, int index, int count)", get_bytes),
    ("int GetBytes(string s, int charIndex, int charCount, byte[] bytes, int byteIndex)", write_bytes),
    ("int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex)", write_bytes),
    ("int GetByteCount(string s)", byte_count),
    ("int GetByteCount(string s, int index, int count)", byte_count),
    ("int GetByteCount(char[] chars)", byte_count),
    ("int GetByteCount(char[] chars, int index, int count)", byte_count),
    ("string GetString(byte[] bytes)", |a| Ok(Value::string(decoded(a)?))),
    ("string GetString(byte[] bytes, int index, int count)", |a| Ok(Value::string(decoded(a)?))),
    ("char[] GetChars(byte[] bytes)", |a| Ok(chars(decoded(a)?.encode_utf16()))),
    ("char[] GetChars(byte[] bytes, int index, int count)", |a| Ok(chars(decoded(a)?.encode_utf16()))),
    ("int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)", |a| {
        let items = decoded(a)?.encode_utf16().map(Value::Char).collect();
        write(a, items, ("chars", "charIndex"))
    }),
    ("int GetCharCount(byte[] bytes)", |a| Ok(Value::Int32(decoded(a)?.encode_utf16().count() as i32))),
    ("int GetCharCount(byte[] bytes, int index, int count)", |a| {
        Ok(Value::Int32(decoded(a)?.encode_utf16().count() as i32))
    }),
    ("int GetMaxByteCount(int charCount)", |a| most(a, "charCount", Encoding::max_byte_count)),
    ("int GetMaxCharCount(int byteCount)", |a| most(a, "byteCount", Encoding::max_char_count)),
];

macro_rules! fallback {
    ($name:literal, $decodes:literal) => {
        TypeTable {
            decl: concat!("class System.Text.", $name),
            members: &[
                (concat!("static ", $name, " ExceptionFallback"), |_| {
                    Ok(Value::object(Fallback { throws: true, decodes: $decodes }))
                }),
                (concat!("static ", $name, " ReplacementFallback"), |_| {
                    Ok(Value::object(Fallback { throws: false, decodes: $decodes }))
                }),
            ],
        }
    };
}

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Text.Encoding", members: ENCODING },
    fallback!("EncoderFallback", false),
    fallback!("DecoderFallback", true),
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn texts_and_bytes() {
        check(&[
            (r#"BitConverter.ToString(Encoding.UTF8.GetBytes("é€😀"))"#, "C3-A9-E2-82-AC-F0-9F-98-80"),
            (r#"BitConverter.ToString(Encoding.ASCII.GetBytes("aé😀"))"#, "61-3F-3F-3F"),
            (r#"BitConverter.ToString(Encoding.Unicode.GetBytes("A€"))"#, "41-00-AC-20"),
            (r#"BitConverter.ToString(Encoding.BigEndianUnicode.GetBytes("A"))"#, "00-41"),
            (r#"BitConverter.ToString(Encoding.UTF32.GetBytes("A"))"#, "41-00-00-00"),
            (r#"BitConverter.ToString(Encoding.UTF8.GetBytes("\ud800x"))"#, "EF-BF-BD-78"),
            (r#"BitConverter.ToString(Encoding.UTF8.GetBytes("abcd", 1, 2))"#, "62-63"),
            (r#"BitConverter.ToString(Encoding.UTF8.GetBytes(new[] { 'a', 'b' }))"#, "61-62"),
            (
                r#"var b = new byte[4]; var n = Encoding.UTF8.GetBytes("abc", 1, 2, b, 1); return n + BitConverter.ToString(b);"#,
                "200-62-63-00",
            ),
            (r#"Encoding.UTF8.GetString(new byte[] { 104, 195, 169, 255 }, 0, 3)"#, "hé"),
            (r#"Encoding.UTF8.GetString(new byte[] { 255, 65 })"#, "\u{fffd}A"),
            (r#"Encoding.UTF8.GetString(new byte[] { 1 }, 0, 2)"#, "!ArgumentOutOfRangeException"),
            (r#"Encoding.UTF8.GetString(null)"#, "!ArgumentNullException"),
            (r#"Encoding.ASCII.GetString(new byte[] { 65, 200 })"#, "A?"),
            (r#"Encoding.Latin1.GetString(new byte[] { 233 })"#, "é"),
            (r#"new string(Encoding.UTF8.GetChars(new byte[] { 97, 98 }))"#, "ab"),
            (r#"Encoding.UTF8.GetByteCount("é") + Encoding.UTF8.GetCharCount(new byte[] { 195, 169 })"#, "3"),
            (
                r#"Encoding.UTF8.GetMaxByteCount(3) + "," + Encoding.ASCII.GetMaxByteCount(3) + "," + Encoding.Unicode.GetMaxByteCount(3)"#,
                "12,4,8",
            ),
            (r#"Encoding.UTF8.GetMaxCharCount(3) + "," + Encoding.Unicode.GetMaxCharCount(3)"#, "4,3"),
            (
                r#"BitConverter.ToString(Encoding.Convert(Encoding.UTF8, Encoding.Latin1, new byte[] { 195, 169 }))"#,
                "E9",
            ),
        ]);
    }

    #[test]
    fn the_encodings() {
        check(&[
            (
                r#"Encoding.UTF8.WebName + Encoding.UTF8.CodePage + Encoding.UTF8.EncodingName"#,
                "utf-865001Unicode (UTF-8)",
            ),
            (r#"Encoding.GetEncoding("ISO-8859-1").EncodingName"#, "Western European (ISO)"),
            (r#"Encoding.GetEncoding("utf-8") == Encoding.UTF8"#, "True"),
            (r#"Encoding.UTF8.Equals(Encoding.ASCII)"#, "False"),
            (r#"Encoding.GetEncoding("windows-1252")"#, "!ArgumentException"),
            (r#"Encoding.GetEncoding(1252)"#, "!NotSupportedException"),
            (r#"Encoding.GetEncoding(null)"#, "!ArgumentNullException"),
            (r#"Encoding.GetEncoding((string)null)"#, "!ArgumentNullException"),
            (r#"BitConverter.ToString(Encoding.UTF8.GetPreamble())"#, "EF-BB-BF"),
            (r#"Encoding.Default.GetPreamble().Length"#, "0"),
            (r#"Encoding.ASCII.IsSingleByte"#, "True"),
            (r#"Encoding.UTF8.ToString()"#, "System.Text.UTF8Encoding+UTF8EncodingSealed"),
            (
                r#"Encoding.GetEncoding("us-ascii", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback).GetBytes("é")"#,
                "!EncoderFallbackException",
            ),
            (
                r#"Encoding.GetEncoding("utf-8", EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback).GetString(new byte[] { 255 })"#,
                "!DecoderFallbackException",
            ),
        ]);
    }
}
