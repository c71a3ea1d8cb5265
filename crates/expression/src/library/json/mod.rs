//! Newtonsoft.Json: tokens and `JsonConvert`, over `dotnet::data::json`.

pub mod container;
pub mod convert;
pub mod deserialize;
pub mod exception;
pub mod sequence;
pub mod serialize;
pub mod settings;
#[cfg(test)]
mod tests;
pub mod token;

pub use serialize::print_token;

use crate::dotnet::data::json::{self, Formatting, JScalar, JToken, LoadOptions, TokenType};
use crate::dotnet::data::time;
use crate::program::node::DynamicUse;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::convert::{supers, walks_pairs};
use crate::types::{Type, known, registry};
use crate::value::{Cursor, DateKind, DateTime, DateTimeOffset, Object, Value, downcast};
use std::any::Any;
use std::cmp::Ordering;

/// A token as an object of the program. Two of them are the same object when their tokens are.
pub struct Token {
    token: JToken,
    /// A `JObject` seen through an interface of its names and values: walking it gives pairs.
    in_pairs: bool,
}

/// The class of a token.
pub fn class(token: &JToken) -> Type {
    match token.token_type() {
        TokenType::Object => Type::of(known::JOBJECT),
        TokenType::Array => Type::of(known::JARRAY),
        TokenType::Property => Type::of(known::JPROPERTY),
        TokenType::Raw | TokenType::Constructor => Type::named(token.class_name()),
        _ => Type::of(known::JVALUE),
    }
}

impl Object for Token {
    fn type_of(&self) -> Type {
        class(&self.token)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, run: &mut Run<'_>) -> Result<String, Thrown> {
        run.steps(self.token.child_count())?;
        Ok(self.token.text().to_string())
    }

    fn is_same(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Token>().is_some_and(|other| other.token == self.token)
    }

    /// Values are equal by what they hold, other tokens by identity.
    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        let Some(other) = token_of(other) else { return Ok(false) };
        Ok(match (self.token.scalar(), other.scalar()) {
            (Some(a), Some(b)) => a.equals(&b),
            _ => false,
        })
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        match self.token.scalar() {
            Some(scalar) => run.hash(&from_scalar(&scalar)).map(Some),
            None => Ok(Some(self.token.address() as u64)),
        }
    }

    fn compare(&self, other: &Value, _run: &mut Run<'_>) -> Result<Option<Ordering>, Thrown> {
        let (Some(a), Some(b)) = (self.token.scalar(), token_of(other).and_then(JToken::scalar)) else {
            return Ok(None);
        };
        Ok(Some(a.compare_to(&b)?))
    }

    fn enumerate(&self, _this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        let token = self.token.clone();
        Ok(Some(if self.in_pairs { container::pairs_cursor(token) } else { sequence::children_cursor(token) }))
    }

    fn count(&self) -> Option<usize> {
        Some(self.token.child_count())
    }
}

pub fn value(token: JToken) -> Value {
    Value::object(Token { token, in_pairs: false })
}

/// A value as a reference of the type sees it: a `JObject` is a sequence of tokens and one of pairs.
pub fn seen_as(value: Value, ty: &Type) -> Value {
    match token_of(&value) {
        Some(token) if token.is_object() && ty.is_interface() && walks_pairs(ty) => {
            Value::object(Token { token: token.clone(), in_pairs: true })
        }
        _ => value,
    }
}

/// What an interface's member does: the token's own member of that key, if it is a token.
pub fn own(a: &mut Args<'_, '_>, key: &str, other: Native) -> Outcome {
    let mut class = token_of(a.get(0)).map(class);
    while let Some(ty) = class {
        let own = ty.def().map(|id| registry().own(id, key)).unwrap_or_default();
        let taken = a.len() - 1 - usize::from(key.starts_with("set:"));
        let fitting = own.iter().find(|member| registry().member(**member).params.len() == taken);
        if let Some(member) = fitting {
            return (registry().member(*member).native)(a);
        }
        class = supers(&ty).into_iter().find(|up| !up.is_interface());
    }
    other(a)
}

pub fn optional(token: Option<JToken>) -> Value {
    token.map_or(Value::Null, value)
}

pub fn token_of(value: &Value) -> Option<&JToken> {
    downcast::<Token>(value).map(|token| &token.token)
}

pub fn this<'a>(a: &'a Args<'_, '_>) -> Result<&'a JToken, Thrown> {
    token_of(a.get(0)).ok_or_else(Thrown::null_reference)
}

/// A variable of a vector's context.
pub fn parse(text: &str) -> Value {
    json::parse_token(text, LoadOptions::default()).map_or(Value::Null, value)
}

fn from_kind(kind: time::DateTimeKind) -> DateKind {
    match kind {
        time::DateTimeKind::Utc => DateKind::Utc,
        time::DateTimeKind::Local => DateKind::Local,
        time::DateTimeKind::Unspecified => DateKind::Unspecified,
    }
}

pub fn from_scalar(scalar: &JScalar) -> Value {
    match scalar {
        JScalar::Null | JScalar::Undefined => Value::Null,
        JScalar::String(text) | JScalar::Comment(text) | JScalar::Raw(text) | JScalar::BigInteger(text) => {
            Value::string(text.clone())
        }
        JScalar::Uri(text) => crate::library::uri::from_text(text).unwrap_or_else(|_| Value::string(text.clone())),
        JScalar::Boolean(flag) => Value::Bool(*flag),
        JScalar::Integer(number) => Value::Int64(*number),
        JScalar::Int32(number) => Value::Int32(*number),
        JScalar::UInt64(number) => Value::UInt64(*number),
        JScalar::Float(number) => Value::Double(*number),
        JScalar::Single(number) => Value::Single(*number),
        JScalar::Decimal(number) => Value::Decimal(*number),
        JScalar::Date(date) => Value::DateTime(DateTime { ticks: date.ticks, kind: from_kind(date.kind) }),
        JScalar::DateOffset(date) => {
            Value::DateTimeOffset(DateTimeOffset { ticks: date.ticks, offset: date.offset_minutes })
        }
        JScalar::TimeSpan(ticks) => Value::TimeSpan(*ticks),
        JScalar::Bytes(bytes) => Value::bytes(bytes.to_vec()),
        JScalar::Guid(bytes) => Value::Guid(*bytes),
    }
}

/// The scalar of a value that JSON has a scalar for.
pub fn to_scalar(value: &Value) -> Option<JScalar> {
    Some(match value {
        Value::Null => JScalar::Null,
        Value::Str(text) => JScalar::String(text.smol().clone()),
        Value::Char(unit) => JScalar::String(String::from_utf16_lossy(&[*unit]).into()),
        Value::Bool(flag) => JScalar::Boolean(*flag),
        Value::Int32(number) => JScalar::Int32(*number),
        Value::Int64(number) => JScalar::Integer(*number),
        Value::UInt64(number) => JScalar::UInt64(*number),
        Value::SByte(_) | Value::Byte(_) | Value::Int16(_) | Value::UInt16(_) | Value::UInt32(_) => {
            JScalar::Integer(crate::run::ops::to_i128(value) as i64)
        }
        Value::Enum(_, number) => JScalar::Integer(*number),
        Value::Double(number) => JScalar::Float(*number),
        Value::Single(number) => JScalar::Single(*number),
        Value::Decimal(number) => JScalar::Decimal(*number),
        Value::DateTime(date) => JScalar::Date(time::DateTime {
            ticks: date.ticks,
            kind: match date.kind {
                DateKind::Utc => time::DateTimeKind::Utc,
                DateKind::Local => time::DateTimeKind::Local,
                DateKind::Unspecified => time::DateTimeKind::Unspecified,
            },
        }),
        Value::DateTimeOffset(date) => {
            JScalar::DateOffset(time::DateTimeOffset { ticks: date.ticks, offset_minutes: date.offset })
        }
        Value::TimeSpan(ticks) => JScalar::TimeSpan(*ticks),
        Value::Guid(bytes) => JScalar::Guid(*bytes),
        Value::Obj(_) => match value.to_bytes() {
            Some(bytes) => JScalar::Bytes(bytes.into()),
            None => JScalar::Uri(crate::library::uri::text_of(value)?.into()),
        },
        _ => return None,
    })
}

/// A body as a token type, read as the settings say. `None`: another type.
pub fn body(text: &str, ty: &Type, settings: &Value) -> Result<Option<Value>, Thrown> {
    let options = LoadOptions { read: settings::read_options(settings), ..LoadOptions::default() };
    let parsed = if ty.is(known::JOBJECT) {
        json::parse_object(text, options)
    } else if ty.is(known::JARRAY) {
        json::parse_array(text, options)
    } else if ty.is(known::JTOKEN) {
        json::parse_token(text, options)
    } else {
        return Ok(None);
    };
    Ok(Some(value(parsed?)))
}

/// In the form of the conformance vectors.
pub fn describe(value: &Value) -> Option<serde_json::Value> {
    let token = token_of(value)?;
    let (compact, text) = (token.to_json(Formatting::None), token.text());
    let mut shown =
        serde_json::json!({ "type": format!("{}:{}", token.class_name(), token.token_type()), "value": compact });
    if text != compact.as_str()
        && let serde_json::Value::Object(map) = &mut shown
    {
        map.insert("text".to_owned(), text.as_str().into());
    }
    Some(shown)
}

/// Members of a token through `dynamic`.
pub fn dynamic(
    run: &mut Run<'_>,
    receiver: &Value,
    name: &str,
    args: &[Value],
    used: DynamicUse,
) -> Result<Option<Value>, Thrown> {
    let Some(token) = token_of(receiver) else { return Ok(None) };
    Ok(Some(match used {
        DynamicUse::Get if token.is_object() => optional(token.get(name)),
        DynamicUse::Set if !name.is_empty() && token.is_object() => {
            let item = args.first().cloned().unwrap_or_default();
            let made = serialize::from_object(run, &item)?;
            token.set_name(name, Some(&made))?;
            item
        }
        DynamicUse::Index => match args.first() {
            Some(Value::Str(name)) => optional(token.index_name(name.as_str())?),
            Some(number) => optional(token.index_number(crate::run::ops::to_i128(number) as i32)?),
            None => Value::Null,
        },
        _ => return Ok(None),
    }))
}

/// Whether it is a `JValue`.
pub fn is_scalar(value: &Value) -> bool {
    token_of(value).and_then(JToken::scalar).is_some()
}

/// The value inside a token, for operators of `dynamic`.
pub fn plain(value: &Value) -> Value {
    match token_of(value).and_then(JToken::scalar) {
        Some(scalar) => from_scalar(&scalar),
        None => value.clone(),
    }
}
