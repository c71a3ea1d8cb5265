//! `System.Uri`, `WebUtility`, `Encoding`.

use super::TypeTable;
use crate::dotnet::text::encoding::{Encoding, bytes_to_string, from_base64, to_base64};
use crate::dotnet::text::web;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::{Type, known, registry};
use crate::value::{Object, Value, downcast};
use std::any::Any;

pub struct UriObject(pub String);

impl Object for UriObject {
    fn type_of(&self) -> Type {
        Type::of(registry().full("System.Uri", 0).unwrap_or(known::OBJECT))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.0.clone())
    }

    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        Ok(downcast::<UriObject>(other).is_some_and(|other| other.0 == self.0))
    }
}

pub fn from_text(text: &str) -> Outcome {
    Ok(Value::object(UriObject(text.to_owned())))
}

pub fn text_of(value: &Value) -> Option<String> {
    downcast::<UriObject>(value).map(|uri| uri.0.clone())
}

struct EncodingObject(Encoding);

impl Object for EncodingObject {
    fn type_of(&self) -> Type {
        Type::of(registry().full("System.Text.Encoding", 0).unwrap_or(known::OBJECT))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn encoding(name: &str) -> Outcome {
    Ok(Value::object(EncodingObject(Encoding::by_name(name)?)))
}

fn text_map(a: &mut Args<'_, '_>, map: fn(&str) -> String) -> Outcome {
    match a.opt_str(0) {
        Some(text) => {
            let made = map(text.as_str());
            a.make(made)
        }
        None => Ok(Value::Null),
    }
}

fn required(a: &mut Args<'_, '_>, parameter: &str, map: fn(&str) -> String) -> Outcome {
    let made = map(a.text(0, parameter)?.as_str());
    a.make(made)
}

pub fn bytes(a: &Args<'_, '_>, at: usize, parameter: &str) -> Result<Vec<u8>, Thrown> {
    a.get(at).to_bytes().ok_or_else(|| Thrown::argument_null(parameter))
}

static ENCODING: &[(&str, Native)] = &[
    ("static Encoding UTF8", |_| encoding("utf-8")),
    ("static Encoding ASCII", |_| encoding("us-ascii")),
    ("static Encoding Unicode", |_| encoding("utf-16")),
    ("static Encoding BigEndianUnicode", |_| encoding("utf-16BE")),
    ("static Encoding UTF32", |_| encoding("utf-32")),
    ("static Encoding Latin1", |_| encoding("iso-8859-1")),
    ("static Encoding Default", |_| encoding("utf-8")),
    ("static Encoding GetEncoding(string name)", |a| {
        let name = a.text(0, "name")?.as_str().to_owned();
        encoding(&name)
    }),
    ("static Encoding GetEncoding(int codepage)", |a| {
        Ok(Value::object(EncodingObject(Encoding::by_code_page(a.i32(0))?)))
    }),
    ("string WebName", |a| Ok(Value::string(a.object::<EncodingObject>(0)?.0.web_name()))),
    ("string EncodingName", |a| Ok(Value::string(a.object::<EncodingObject>(0)?.0.encoding_name()))),
    ("int CodePage", |a| Ok(Value::Int32(a.object::<EncodingObject>(0)?.0.code_page()))),
    ("byte[] GetBytes(string s)", |a| {
        let content = a.object::<EncodingObject>(0)?.0.get_bytes(a.text(1, "s")?.as_str());
        a.run.charge(content.len())?;
        Ok(Value::bytes(content))
    }),
    ("int GetByteCount(string s)", |a| {
        Ok(Value::Int32(a.object::<EncodingObject>(0)?.0.byte_count(a.text(1, "s")?.as_str()) as i32))
    }),
    ("string GetString(byte[] bytes)", |a| {
        let text = a.object::<EncodingObject>(0)?.0.get_string(&bytes(a, 1, "bytes")?);
        a.make(text)
    }),
    ("string GetString(byte[] bytes, int index, int count)", |a| {
        let content = bytes(a, 1, "bytes")?;
        let (at, count) = (a.i32(2).max(0) as usize, a.i32(3).max(0) as usize);
        let part = content.get(at..at.saturating_add(count));
        let part = part.ok_or_else(|| {
            Thrown::out_of_range("Index and count must refer to a location within the buffer.", "bytes")
        })?;
        let text = a.object::<EncodingObject>(0)?.0.get_string(part);
        a.make(text)
    }),
    ("char[] GetChars(byte[] bytes)", |a| {
        let text = a.object::<EncodingObject>(0)?.0.get_string(&bytes(a, 1, "bytes")?);
        let items = text.encode_utf16().map(Value::Char).collect();
        Ok(Value::object(super::array::Array::new(Type::of(known::CHAR), items)))
    }),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Text.Encoding", members: ENCODING },
    TypeTable {
        decl: "static class System.Net.WebUtility",
        members: &[
            ("static string UrlEncode(string value)", |a| text_map(a, web::url_encode)),
            ("static string UrlDecode(string encodedValue)", |a| text_map(a, web::url_decode)),
            ("static string HtmlEncode(string value)", |a| text_map(a, web::html_encode)),
            ("static string HtmlDecode(string value)", |a| text_map(a, web::html_decode)),
        ],
    },
    TypeTable {
        decl: "class System.Uri",
        members: &[
            ("static string EscapeDataString(string stringToEscape)", |a| {
                required(a, "stringToEscape", web::escape_data_string)
            }),
            ("static string EscapeUriString(string stringToEscape)", |a| {
                required(a, "stringToEscape", web::escape_uri_string)
            }),
            ("static string UnescapeDataString(string stringToUnescape)", |a| {
                required(a, "stringToUnescape", web::unescape_data_string)
            }),
        ],
    },
    TypeTable {
        decl: "static class System.BitConverter",
        members: &[("static string ToString(byte[] value)", |a| {
            let text = bytes_to_string(&bytes(a, 0, "value")?);
            a.make(text)
        })],
    },
    TypeTable {
        decl: "static class System.Convert",
        members: &[
            ("static string ToBase64String(byte[] inArray)", |a| {
                let text = to_base64(&bytes(a, 0, "inArray")?, false);
                a.make(text)
            }),
            ("static byte[] FromBase64String(string s)", |a| {
                let content = from_base64(a.text(0, "s")?.as_str())?;
                a.run.charge(content.len())?;
                Ok(Value::bytes(content))
            }),
        ],
    },
];
