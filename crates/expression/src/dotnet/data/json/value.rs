//! What a `JValue` holds, and how it prints outside JSON.

use super::TokenType;
use crate::dotnet::data::number::{double_text, single_text};
use crate::dotnet::data::time::{DateTime, DateTimeOffset, time_span_text};
use base64::Engine as _;
use rust_decimal::Decimal;
use smol_str::SmolStr;
use std::rc::Rc;

/// `JValue.Value` with its .NET type. Dates are plain ticks; a GUID stands in the order its text shows.
#[derive(Debug, Clone, PartialEq)]
pub enum JScalar {
    Null,
    Undefined,
    Comment(SmolStr),
    /// Text of a `JRaw`, written without quotes.
    Raw(SmolStr),
    String(SmolStr),
    Boolean(bool),
    /// `long`: what parsing and the implicit conversions give.
    Integer(i64),
    /// An `int` that was boxed, as in `new JProperty("a", 1)`.
    Int32(i32),
    UInt64(u64),
    /// `BigInteger`: canonical decimal digits with sign.
    BigInteger(SmolStr),
    Float(f64),
    Single(f32),
    Decimal(Decimal),
    Date(DateTime),
    DateOffset(DateTimeOffset),
    /// Ticks of 100 ns.
    TimeSpan(i64),
    Bytes(Rc<[u8]>),
    Guid([u8; 16]),
    /// `Uri.OriginalString`.
    Uri(SmolStr),
}

impl JScalar {
    pub fn string(text: impl Into<SmolStr>) -> JScalar {
        JScalar::String(text.into())
    }

    pub fn token_type(&self) -> TokenType {
        match self {
            JScalar::Null => TokenType::Null,
            JScalar::Undefined => TokenType::Undefined,
            JScalar::Comment(_) => TokenType::Comment,
            JScalar::Raw(_) => TokenType::Raw,
            JScalar::String(_) => TokenType::String,
            JScalar::Boolean(_) => TokenType::Boolean,
            JScalar::Integer(_) | JScalar::Int32(_) | JScalar::UInt64(_) | JScalar::BigInteger(_) => TokenType::Integer,
            JScalar::Float(_) | JScalar::Single(_) | JScalar::Decimal(_) => TokenType::Float,
            JScalar::Date(_) | JScalar::DateOffset(_) => TokenType::Date,
            JScalar::TimeSpan(_) => TokenType::TimeSpan,
            JScalar::Bytes(_) => TokenType::Bytes,
            JScalar::Guid(_) => TokenType::Guid,
            JScalar::Uri(_) => TokenType::Uri,
        }
    }

    /// Whether `JValue.Value` is C#'s null.
    pub fn is_null(&self) -> bool {
        matches!(self, JScalar::Null | JScalar::Undefined)
    }

    /// `JValue.ToString()` under the invariant culture; empty for null.
    pub fn text(&self) -> SmolStr {
        match self {
            JScalar::Null | JScalar::Undefined => SmolStr::default(),
            JScalar::Bytes(_) => SmolStr::new_static("System.Byte[]"),
            _ => self.conversion_text(),
        }
    }

    /// `(string)token`: as [`JScalar::text`], but bytes become base64.
    pub fn conversion_text(&self) -> SmolStr {
        match self {
            JScalar::Null | JScalar::Undefined => SmolStr::default(),
            JScalar::Comment(text)
            | JScalar::Raw(text)
            | JScalar::String(text)
            | JScalar::BigInteger(text)
            | JScalar::Uri(text) => text.clone(),
            JScalar::Boolean(true) => SmolStr::new_static("True"),
            JScalar::Boolean(false) => SmolStr::new_static("False"),
            JScalar::Integer(number) => SmolStr::new(itoa::Buffer::new().format(*number)),
            JScalar::Int32(number) => SmolStr::new(itoa::Buffer::new().format(*number)),
            JScalar::UInt64(number) => SmolStr::new(itoa::Buffer::new().format(*number)),
            JScalar::Float(number) => double_text(*number).into(),
            JScalar::Single(number) => single_text(*number).into(),
            JScalar::Decimal(number) => number.to_string().into(),
            JScalar::Date(date) => date.invariant_text().into(),
            JScalar::DateOffset(date) => date.invariant_text().into(),
            JScalar::TimeSpan(ticks) => time_span_text(*ticks).into(),
            JScalar::Bytes(bytes) => base64::engine::general_purpose::STANDARD.encode(bytes).into(),
            JScalar::Guid(guid) => guid_text(guid).into(),
        }
    }

    /// Full name of the .NET type of `JValue.Value`; `None` for null.
    pub fn dotnet_type(&self) -> Option<&'static str> {
        Some(match self {
            JScalar::Null | JScalar::Undefined => return None,
            JScalar::Comment(_) | JScalar::Raw(_) | JScalar::String(_) => "System.String",
            JScalar::Boolean(_) => "System.Boolean",
            JScalar::Integer(_) => "System.Int64",
            JScalar::Int32(_) => "System.Int32",
            JScalar::UInt64(_) => "System.UInt64",
            JScalar::BigInteger(_) => "System.Numerics.BigInteger",
            JScalar::Float(_) => "System.Double",
            JScalar::Single(_) => "System.Single",
            JScalar::Decimal(_) => "System.Decimal",
            JScalar::Date(_) => "System.DateTime",
            JScalar::DateOffset(_) => "System.DateTimeOffset",
            JScalar::TimeSpan(_) => "System.TimeSpan",
            JScalar::Bytes(_) => "System.Byte[]",
            JScalar::Guid(_) => "System.Guid",
            JScalar::Uri(_) => "System.Uri",
        })
    }
}

/// `8-4-4-4-12` lower-case hexadecimal digits.
pub(super) fn guid_text(guid: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in guid.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
    }
    text
}
