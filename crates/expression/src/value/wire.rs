//! Values as bytes, types kept: what a cache stores and another node reads. The form is ours and
//! carries a version; bytes that are not of this form are no value.

use super::{DateKind, DateTime, DateTimeOffset, Str, Value, downcast};
use crate::context::{Body, BodyState, Response};
use crate::dotnet::data::json::{JScalar, JToken};
use crate::dotnet::data::xml::{Layout, NodeKind, ParseOptions, XNode, parse_document, parse_element};
use crate::library::array::Array;
use crate::library::dictionary::Dictionary;
use crate::library::list::List;
use crate::library::tuple::TupleObject;
use crate::library::{json, uri, xml};
use crate::types::{DefId, Type, registry};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use rust_decimal::Decimal;
use smol_str::SmolStr;

/// The first byte of every encoding.
const VERSION: u8 = 1;
/// XML comes back as it was, and brings no document type.
const KEEP_BLANKS: ParseOptions = ParseOptions { preserve_whitespace: true, prohibit_dtd: true };
/// Values inside values: deeper ones are not stored and not read.
const NESTING_MAX: usize = 100;

/// `None`: the value, or something in it, lives in one process only (a delegate, a lazy sequence, a
/// part of the context) or is nested too deeply.
pub fn encode(value: &Value) -> Option<Vec<u8>> {
    let mut writer = Writer { out: vec![VERSION], depth: 0 };
    writer.value(value)?;
    Some(writer.out)
}

/// `None`: the bytes are not a value of this version. They may come from anywhere.
pub fn decode(bytes: &[u8]) -> Option<Value> {
    let (version, rest) = bytes.split_first()?;
    let mut reader = Reader { rest, depth: 0 };
    let value = (*version == VERSION).then(|| reader.value())??;
    reader.rest.is_empty().then_some(value)
}

/// What follows in the bytes. Numbers are part of the stored form: never reuse one.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Tag {
    Null,
    False,
    True,
    Char,
    SByte,
    Byte,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Single,
    Double,
    Decimal,
    DateTime,
    DateTimeOffset,
    TimeSpan,
    Guid,
    Enum,
    /// UTF-8.
    Text,
    /// UTF-16 units, for strings that are not well formed.
    Units,
    Bytes,
    Array,
    List,
    Dictionary,
    Tuple,
    Json,
    Uri,
    Response,
    /// `XElement`, as text.
    Element,
    /// `XDocument`, as text.
    Document,
}

const TAGS: [Tag; 32] = [
    Tag::Null,
    Tag::False,
    Tag::True,
    Tag::Char,
    Tag::SByte,
    Tag::Byte,
    Tag::Int16,
    Tag::UInt16,
    Tag::Int32,
    Tag::UInt32,
    Tag::Int64,
    Tag::UInt64,
    Tag::Single,
    Tag::Double,
    Tag::Decimal,
    Tag::DateTime,
    Tag::DateTimeOffset,
    Tag::TimeSpan,
    Tag::Guid,
    Tag::Enum,
    Tag::Text,
    Tag::Units,
    Tag::Bytes,
    Tag::Array,
    Tag::List,
    Tag::Dictionary,
    Tag::Tuple,
    Tag::Json,
    Tag::Uri,
    Tag::Response,
    Tag::Element,
    Tag::Document,
];

/// Kinds of JSON tokens and scalars in the stored form.
mod kind {
    pub const OBJECT: u8 = 0;
    pub const ARRAY: u8 = 1;
    pub const CONSTRUCTOR: u8 = 2;
    pub const PROPERTY: u8 = 3;
    pub const SCALAR: u8 = 4;
    pub const UNDEFINED: u8 = 5;
    pub const COMMENT: u8 = 6;
    pub const RAW: u8 = 7;
    pub const BIG_INTEGER: u8 = 8;
}

struct Writer {
    out: Vec<u8>,
    depth: usize,
}

impl Writer {
    fn tag(&mut self, tag: Tag) {
        self.out.push(tag as u8);
    }

    fn fixed(&mut self, tag: Tag, bytes: &[u8]) {
        self.tag(tag);
        self.out.extend_from_slice(bytes);
    }

    /// A length or count, seven bits a byte.
    fn count(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.out.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.out.extend_from_slice(bytes);
    }

    fn value(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::Null => self.tag(Tag::Null),
            Value::Bool(flag) => self.tag(if *flag { Tag::True } else { Tag::False }),
            Value::Char(unit) => self.fixed(Tag::Char, &unit.to_le_bytes()),
            Value::SByte(number) => self.fixed(Tag::SByte, &number.to_le_bytes()),
            Value::Byte(number) => self.fixed(Tag::Byte, &[*number]),
            Value::Int16(number) => self.fixed(Tag::Int16, &number.to_le_bytes()),
            Value::UInt16(number) => self.fixed(Tag::UInt16, &number.to_le_bytes()),
            Value::Int32(number) => self.fixed(Tag::Int32, &number.to_le_bytes()),
            Value::UInt32(number) => self.fixed(Tag::UInt32, &number.to_le_bytes()),
            Value::Int64(number) => self.fixed(Tag::Int64, &number.to_le_bytes()),
            Value::UInt64(number) => self.fixed(Tag::UInt64, &number.to_le_bytes()),
            Value::Single(number) => self.fixed(Tag::Single, &number.to_bits().to_le_bytes()),
            Value::Double(number) => self.fixed(Tag::Double, &number.to_bits().to_le_bytes()),
            Value::Decimal(number) => self.fixed(Tag::Decimal, &number.serialize()),
            Value::DateTime(date) => {
                self.fixed(Tag::DateTime, &date.ticks.to_le_bytes());
                self.out.push(date.kind as u8);
            }
            Value::DateTimeOffset(date) => {
                self.fixed(Tag::DateTimeOffset, &date.ticks.to_le_bytes());
                self.out.extend_from_slice(&date.offset.to_le_bytes());
            }
            Value::TimeSpan(ticks) => self.fixed(Tag::TimeSpan, &ticks.to_le_bytes()),
            Value::Guid(bytes) => self.fixed(Tag::Guid, bytes),
            Value::Enum(id, number) => {
                self.tag(Tag::Enum);
                self.definition(*id, 0);
                self.out.extend_from_slice(&number.to_le_bytes());
            }
            Value::Str(text) => self.text(text),
            Value::Obj(_) => return self.nested(|writer| writer.object(value)),
            Value::Cell(cell) => return self.value(&cell.borrow()),
            Value::Part(_) => return None,
        }
        Some(())
    }

    fn nested(&mut self, write: impl FnOnce(&mut Writer) -> Option<()>) -> Option<()> {
        self.depth += 1;
        let written = if self.depth > NESTING_MAX { None } else { write(self) };
        self.depth -= 1;
        written
    }

    fn text(&mut self, text: &Str) {
        if text.is_broken() {
            self.tag(Tag::Units);
            let units = text.units().to_vec();
            self.count(units.len());
            self.out.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        } else {
            self.tag(Tag::Text);
            self.bytes(text.as_str().as_bytes());
        }
    }

    fn object(&mut self, value: &Value) -> Option<()> {
        if let Some(array) = downcast::<Array>(value) {
            return self.array(array);
        }
        if let Some(list) = downcast::<List>(value) {
            self.tag(Tag::List);
            self.ty(list.item_type())?;
            return self.values(&list.items.borrow());
        }
        if let Some(dictionary) = downcast::<Dictionary>(value) {
            return self.dictionary(dictionary);
        }
        if let Some(tuple) = downcast::<TupleObject>(value) {
            self.tag(Tag::Tuple);
            self.ty(tuple.ty())?;
            return self.values(tuple.items());
        }
        if let Some(token) = json::token_of(value) {
            self.tag(Tag::Json);
            return self.token(token);
        }
        if let Some(text) = uri::text_of(value) {
            self.tag(Tag::Uri);
            self.bytes(text.as_bytes());
            return Some(());
        }
        if let Some(node) = xml::node::node_of(value) {
            return self.node(node);
        }
        let response = value.as_response()?;
        self.tag(Tag::Response);
        self.response(&response);
        Some(())
    }

    fn node(&mut self, node: &XNode) -> Option<()> {
        self.tag(match node.kind() {
            NodeKind::Element => Tag::Element,
            NodeKind::Document => Tag::Document,
            _ => return None,
        });
        let text = node.to_xml(Layout::default()).ok()?;
        self.bytes(text.as_bytes());
        Some(())
    }

    fn array(&mut self, array: &Array) -> Option<()> {
        if let Some(bytes) = array.to_bytes() {
            self.tag(Tag::Bytes);
            self.bytes(&bytes);
            return Some(());
        }
        if array.rank() != 1 {
            return None;
        }
        self.tag(Tag::Array);
        self.ty(array.element())?;
        self.values(&array.to_vec())
    }

    /// Dictionaries with a comparer of their own are not stored: the comparer lives here only.
    fn dictionary(&mut self, dictionary: &Dictionary) -> Option<()> {
        if dictionary.has_comparer() {
            return None;
        }
        self.tag(Tag::Dictionary);
        let [key, value] = dictionary.ty.args() else { return None };
        self.ty(key)?;
        self.ty(value)?;
        let entries = dictionary.entries.borrow();
        self.count(entries.len());
        for (key, value) in entries.iter() {
            self.value(key)?;
            self.value(value)?;
        }
        Some(())
    }

    fn values(&mut self, values: &[Value]) -> Option<()> {
        self.count(values.len());
        values.iter().try_for_each(|value| self.value(value))
    }

    fn definition(&mut self, id: DefId, arity: usize) {
        self.bytes(registry().def(id).full_name().as_bytes());
        self.count(arity);
    }

    /// 0: named; 1: array; 2: tuple.
    fn ty(&mut self, ty: &Type) -> Option<()> {
        match ty {
            Type::Named(id, args) => {
                self.out.push(0);
                self.definition(*id, args.len());
                args.iter().try_for_each(|arg| self.ty(arg))
            }
            Type::Array(element, 1) => {
                self.out.push(1);
                self.ty(element)
            }
            Type::Tuple(tuple) => {
                self.out.push(2);
                self.count(tuple.items.len());
                tuple.items.iter().try_for_each(|item| self.ty(item))
            }
            _ => None,
        }
    }

    fn token(&mut self, token: &JToken) -> Option<()> {
        if let Some(scalar) = token.scalar() {
            return self.scalar(&scalar);
        }
        let children = token.children();
        let name = token.name();
        if token.is_property() {
            self.out.push(kind::PROPERTY);
            self.bytes(name?.as_bytes());
            return self.nested(|writer| children.first().map_or(Some(()), |value| writer.token(value)));
        }
        if token.is_constructor() {
            self.out.push(kind::CONSTRUCTOR);
            self.bytes(name?.as_bytes());
        } else {
            self.out.push(if token.is_object() { kind::OBJECT } else { kind::ARRAY });
        }
        self.count(children.len());
        self.nested(|writer| children.iter().try_for_each(|child| writer.token(child)))
    }

    fn scalar(&mut self, scalar: &JScalar) -> Option<()> {
        let (kind, text) = match scalar {
            JScalar::Undefined => (kind::UNDEFINED, None),
            JScalar::Comment(text) => (kind::COMMENT, Some(text)),
            JScalar::Raw(text) => (kind::RAW, Some(text)),
            JScalar::BigInteger(digits) => (kind::BIG_INTEGER, Some(digits)),
            other => {
                self.out.push(kind::SCALAR);
                return self.value(&json::from_scalar(other));
            }
        };
        self.out.push(kind);
        if let Some(text) = text {
            self.bytes(text.as_bytes());
        }
        Some(())
    }

    fn response(&mut self, response: &Response) {
        self.out.extend_from_slice(&response.status_code.to_le_bytes());
        self.bytes(response.status_reason.as_deref().unwrap_or_default().as_bytes());
        self.count(response.headers.len());
        for (name, value) in &response.headers {
            self.bytes(name.as_str().as_bytes());
            self.bytes(value.as_bytes());
        }
        match response.body.state() {
            BodyState::Buffered(content) | BodyState::Replayed(content) => {
                self.out.push(1);
                self.bytes(&content);
            }
            BodyState::Absent | BodyState::Streaming | BodyState::Consumed => self.out.push(0),
        }
    }
}

struct Reader<'b> {
    rest: &'b [u8],
    depth: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*bytes)
    }

    fn count(&mut self) -> Option<usize> {
        let mut number = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self) -> Option<&[u8]> {
        let length = self.count()?;
        let (bytes, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<SmolStr> {
        Some(SmolStr::new(std::str::from_utf8(self.bytes()?).ok()?))
    }

    /// A number of items, each of which takes a byte at least.
    fn length(&mut self) -> Option<usize> {
        self.count().filter(|count| *count <= self.rest.len())
    }

    fn value(&mut self) -> Option<Value> {
        self.depth += 1;
        let value = if self.depth > 2 * NESTING_MAX { None } else { self.tagged() };
        self.depth -= 1;
        value
    }

    fn tagged(&mut self) -> Option<Value> {
        let tag = *TAGS.get(usize::from(self.byte()?))?;
        Some(match tag {
            Tag::Null => Value::Null,
            Tag::False => Value::Bool(false),
            Tag::True => Value::Bool(true),
            Tag::Char => Value::Char(u16::from_le_bytes(self.fixed()?)),
            Tag::SByte => Value::SByte(i8::from_le_bytes(self.fixed()?)),
            Tag::Byte => Value::Byte(self.byte()?),
            Tag::Int16 => Value::Int16(i16::from_le_bytes(self.fixed()?)),
            Tag::UInt16 => Value::UInt16(u16::from_le_bytes(self.fixed()?)),
            Tag::Int32 => Value::Int32(i32::from_le_bytes(self.fixed()?)),
            Tag::UInt32 => Value::UInt32(u32::from_le_bytes(self.fixed()?)),
            Tag::Int64 => Value::Int64(i64::from_le_bytes(self.fixed()?)),
            Tag::UInt64 => Value::UInt64(u64::from_le_bytes(self.fixed()?)),
            Tag::Single => Value::Single(f32::from_bits(u32::from_le_bytes(self.fixed()?))),
            Tag::Double => Value::Double(f64::from_bits(u64::from_le_bytes(self.fixed()?))),
            Tag::Decimal => Value::Decimal(decimal(self.fixed()?)?),
            Tag::DateTime => {
                let ticks = i64::from_le_bytes(self.fixed()?);
                let kind = [DateKind::Unspecified, DateKind::Utc, DateKind::Local];
                Value::DateTime(DateTime { ticks, kind: *kind.get(usize::from(self.byte()?))? })
            }
            Tag::DateTimeOffset => {
                let ticks = i64::from_le_bytes(self.fixed()?);
                Value::DateTimeOffset(DateTimeOffset { ticks, offset: i16::from_le_bytes(self.fixed()?) })
            }
            Tag::TimeSpan => Value::TimeSpan(i64::from_le_bytes(self.fixed()?)),
            Tag::Guid => Value::Guid(self.fixed()?),
            Tag::Enum => {
                let (id, _) = self.definition()?;
                Value::Enum(id, i64::from_le_bytes(self.fixed()?))
            }
            Tag::Text => Value::string(self.text()?),
            Tag::Units => {
                let length = self.length()?;
                let units: Option<Vec<u16>> = (0..length).map(|_| Some(u16::from_le_bytes(self.fixed()?))).collect();
                Value::Str(Str::from_units(&units?))
            }
            Tag::Bytes => Value::bytes(self.bytes()?.to_vec()),
            Tag::Array | Tag::List | Tag::Dictionary | Tag::Tuple => self.collection(tag)?,
            Tag::Json => json::value(self.token()?),
            Tag::Uri => uri::from_text(&self.text()?).ok()?,
            Tag::Response => Value::response(self.response()?),
            Tag::Element => xml::node::value(parse_element(&self.text()?, KEEP_BLANKS).ok()?),
            Tag::Document => xml::node::value(parse_document(&self.text()?, KEEP_BLANKS).ok()?),
        })
    }

    fn collection(&mut self, tag: Tag) -> Option<Value> {
        let ty = self.ty()?;
        Some(match tag {
            Tag::Array => Value::object(Array::new(ty, self.values()?)),
            Tag::List => Value::object(List::new(ty, self.values()?)),
            Tag::Tuple => Value::object(TupleObject::new(ty, self.values()?)),
            _ => {
                let dictionary = Dictionary::new(ty, self.ty()?, Value::Null);
                let entries: Option<Vec<(Value, Value)>> =
                    (0..self.length()?).map(|_| Some((self.value()?, self.value()?))).collect();
                let entries = entries?;
                crate::library::context::with_empty_context(|run| {
                    entries.into_iter().try_for_each(|(key, value)| dictionary.set(run, key, value))
                })?;
                Value::object(dictionary)
            }
        })
    }

    fn values(&mut self) -> Option<Vec<Value>> {
        (0..self.length()?).map(|_| self.value()).collect()
    }

    fn definition(&mut self) -> Option<(DefId, usize)> {
        let name = self.text()?;
        let arity = self.length()?;
        Some((registry().full(&name, arity)?, arity))
    }

    fn ty(&mut self) -> Option<Type> {
        self.depth += 1;
        let ty = if self.depth > 2 * NESTING_MAX { None } else { self.shaped_type() };
        self.depth -= 1;
        ty
    }

    fn shaped_type(&mut self) -> Option<Type> {
        match self.byte()? {
            0 => {
                let (id, arity) = self.definition()?;
                let args: Option<Vec<Type>> = (0..arity).map(|_| self.ty()).collect();
                Some(Type::generic(id, args?))
            }
            1 => Some(Type::array(self.ty()?)),
            2 => {
                let items: Option<Vec<Type>> = (0..self.length()?).map(|_| self.ty()).collect();
                let items = items?;
                let names = items.iter().map(|_| None).collect();
                Some(Type::tuple(items, names))
            }
            _ => None,
        }
    }

    fn token(&mut self) -> Option<JToken> {
        self.depth += 1;
        let token = if self.depth > 2 * NESTING_MAX { None } else { self.shaped_token() };
        self.depth -= 1;
        token
    }

    fn shaped_token(&mut self) -> Option<JToken> {
        Some(match self.byte()? {
            kind::OBJECT => self.children(JToken::object())?,
            kind::ARRAY => self.children(JToken::array())?,
            kind::CONSTRUCTOR => {
                let name = self.text()?;
                self.children(JToken::constructor(name))?
            }
            kind::PROPERTY => {
                let name = self.text()?;
                JToken::property(name, &self.token()?)
            }
            kind::SCALAR => JToken::value(json::to_scalar(&self.value()?)?),
            kind::UNDEFINED => JToken::value(JScalar::Undefined),
            kind::COMMENT => JToken::value(JScalar::Comment(self.text()?)),
            kind::RAW => JToken::value(JScalar::Raw(self.text()?)),
            kind::BIG_INTEGER => JToken::value(JScalar::BigInteger(self.text()?)),
            _ => return None,
        })
    }

    fn children(&mut self, parent: JToken) -> Option<JToken> {
        for _ in 0..self.length()? {
            parent.add(&self.token()?).ok()?;
        }
        Some(parent)
    }

    fn response(&mut self) -> Option<Response> {
        let status_code = u16::from_le_bytes(self.fixed()?);
        let reason = self.text()?;
        let mut headers = HeaderMap::new();
        for _ in 0..self.length()? {
            let name = HeaderName::from_bytes(self.bytes()?).ok()?;
            headers.append(name, HeaderValue::from_bytes(self.bytes()?).ok()?);
        }
        let state = match self.byte()? {
            0 => BodyState::Absent,
            _ => BodyState::Buffered(Bytes::copy_from_slice(self.bytes()?)),
        };
        let status_reason = (!reason.is_empty()).then_some(reason);
        Some(Response { status_code, status_reason, headers, body: Body::new(state) })
    }
}

/// Checked, because a decimal with a scale beyond 28 would not be one.
fn decimal(bytes: [u8; 16]) -> Option<Decimal> {
    let scale = bytes[2];
    (scale <= Decimal::MAX_SCALE as u8).then(|| Decimal::deserialize(bytes))
}

#[cfg(test)]
mod tests;
