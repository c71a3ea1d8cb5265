//! Values of the expression language.

mod object;
mod released;
mod text;
pub mod wire;

pub use object::{Cursor, Object, Sequence, downcast};
pub use text::{Joined, Str, Units};

use crate::types::{DefId, Type};
use rust_decimal::Decimal;
use smol_str::SmolStr;
use std::cell::RefCell;
use std::rc::Rc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateKind {
    #[default]
    Unspecified,
    Utc,
    Local,
}

/// Ticks of 100 ns since 0001-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateTime {
    pub ticks: i64,
    pub kind: DateKind,
}

/// `ticks` is the clock time at the offset, which is in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateTimeOffset {
    pub ticks: i64,
    pub offset: i16,
}

impl DateTimeOffset {
    pub fn utc_ticks(self) -> i64 {
        self.ticks - i64::from(self.offset) * 600_000_000
    }
}

/// A part of the context, read where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Context,
    Request,
    Response,
    RequestHeaders,
    ResponseHeaders,
    RequestBody,
    ResponseBody,
    RequestUrl,
    OriginalUrl,
    RequestQuery,
    OriginalQuery,
    ServiceUrl,
    ServiceQuery,
    MatchedParameters,
    Variables,
    Api,
    KeyNames,
    Operation,
    Product,
    Subscription,
    User,
    Backend,
    Deployment,
    Gateway,
    Certificates,
    LastError,
    GraphQl,
    GraphQlArguments,
    Sustainability,
}

/// A value as C# sees it. A nullable value is the value itself or null.
///
/// The tag is as wide as what follows it: with a narrow one every move of a value reads bytes that
/// were just written in other pieces, and processors wait for such writes to end.
#[derive(Clone, Default)]
#[repr(u64)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Char(u16),
    SByte(i8),
    Byte(u8),
    Int16(i16),
    UInt16(u16),
    Int32(i32),
    UInt32(u32),
    Int64(i64),
    UInt64(u64),
    Single(f32),
    Double(f64),
    Decimal(Decimal),
    DateTime(DateTime),
    DateTimeOffset(DateTimeOffset),
    /// Ticks of 100 ns.
    TimeSpan(i64),
    /// In the order of `Guid.ToByteArray`'s text form: big-endian, as printed.
    Guid([u8; 16]),
    Enum(DefId, i64),
    Str(Str),
    Part(Part),
    Obj(Rc<dyn Object>),
    /// A variable that a closure or a `ref` shares. Never seen by a program.
    Cell(Rc<RefCell<Value>>),
}

impl Value {
    /// A computed string (not a literal).
    pub fn string(text: impl Into<SmolStr>) -> Value {
        Value::Str(Str::new(text))
    }

    /// A string literal: equal literals are one object in C#.
    pub fn literal(text: impl Into<SmolStr>) -> Value {
        Value::Str(Str::literal(text))
    }

    pub fn object(object: impl Object) -> Value {
        Value::Obj(Rc::new(released::Released::new(object)))
    }

    /// A `byte[]`.
    pub fn bytes(content: impl Into<Vec<u8>>) -> Value {
        Value::object(crate::library::array::Array::bytes(content.into()))
    }

    /// A `JToken` of JSON text; null when it is none.
    pub fn json(text: &str) -> Value {
        crate::library::json::parse(text)
    }

    /// What `send-request` leaves in a variable.
    pub fn response(response: crate::context::Response) -> Value {
        Value::object(crate::library::context::ResponseObject(Rc::new(response)))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub fn is_true(&self) -> bool {
        matches!(self, Value::Bool(true))
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_i32(&self) -> Option<i32> {
        match self {
            Value::Int32(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Double(value) => Some(*value),
            Value::Single(value) => Some(f64::from(*value)),
            Value::Int32(value) => Some(f64::from(*value)),
            Value::Int64(value) => Some(*value as f64),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The content, when this is a `byte[]`.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        downcast::<crate::library::array::Array>(self).and_then(crate::library::array::Array::to_bytes)
    }

    /// The response, when this is one that `send-request` left.
    pub fn as_response(&self) -> Option<Rc<crate::context::Response>> {
        downcast::<crate::library::context::ResponseObject>(self).map(|object| Rc::clone(&object.0))
    }

    /// What `ToString()` gives under the invariant culture; empty for null.
    pub fn to_text(&self) -> SmolStr {
        crate::run::print_outside(self)
    }

    /// The .NET name of the run-time type, such as `System.Int32`.
    pub fn type_name(&self) -> String {
        self.runtime_type().map_or_else(|| "null".to_owned(), |ty| ty.clr_name())
    }

    /// The run-time type; none for null.
    pub fn runtime_type(&self) -> Option<Type> {
        use crate::types::known as k;
        let id = match self {
            Value::Null => return None,
            Value::Bool(_) => k::BOOLEAN,
            Value::Char(_) => k::CHAR,
            Value::SByte(_) => k::SBYTE,
            Value::Byte(_) => k::BYTE,
            Value::Int16(_) => k::INT16,
            Value::UInt16(_) => k::UINT16,
            Value::Int32(_) => k::INT32,
            Value::UInt32(_) => k::UINT32,
            Value::Int64(_) => k::INT64,
            Value::UInt64(_) => k::UINT64,
            Value::Single(_) => k::SINGLE,
            Value::Double(_) => k::DOUBLE,
            Value::Decimal(_) => k::DECIMAL,
            Value::DateTime(_) => k::DATE_TIME,
            Value::DateTimeOffset(_) => k::DATE_TIME_OFFSET,
            Value::TimeSpan(_) => k::TIME_SPAN,
            Value::Guid(_) => k::GUID,
            Value::Enum(id, _) => *id,
            Value::Str(_) => k::STRING,
            Value::Part(part) => return Some(crate::library::context::part_type(*part)),
            Value::Obj(object) => return Some(object.type_of()),
            Value::Cell(cell) => return cell.borrow().runtime_type(),
        };
        Some(Type::of(id))
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.type_name(), self.to_text())
    }
}
