//! `JToken`: what every token has.

use super::container::insert_content;
use super::convert::value_as;
use super::deserialize::to_object;
use super::sequence::{children, children_of, converted, tokens};
use super::serialize::from_object;
use super::settings::{errors_when_no_match, load_options};
use super::{optional, this, token_of, value};
use crate::dotnet::data::json::{self, Formatting, JScalar, JToken, LoadOptions, deep_equals};
use crate::library::TypeTable;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::types::{Type, known, registry};
use crate::value::Value;

/// `token[key]`.
pub fn index(token: &JToken, key: &Value) -> Result<Option<JToken>, Thrown> {
    match key {
        Value::Str(name) => Ok(token.index_name(name.as_str())?),
        Value::Int32(index) => Ok(token.index_number(*index)?),
        Value::Null => Err(Thrown::argument_null("key")),
        other => Err(token.wrong_key("Accessed", &crate::run::print_outside(other)).into()),
    }
}

/// The indexer's getter.
pub fn key(a: &mut Args<'_, '_>) -> Outcome {
    Ok(optional(index(this(a)?, a.get(1))?))
}

/// A token for a place that takes `JToken`; none for null.
pub fn token_arg(a: &Args<'_, '_>, at: usize) -> Option<JToken> {
    token_of(a.get(at)).cloned()
}

/// The indexer's setter.
pub fn set_key(a: &mut Args<'_, '_>) -> Outcome {
    let token = this(a)?.clone();
    let item = token_arg(a, 2);
    a.run.charge(64)?;
    match a.get(1) {
        Value::Str(name) => token.set_name(name.as_str(), item.as_ref())?,
        Value::Int32(index) => token.set_number(*index, item.as_ref())?,
        Value::Null => return Err(Thrown::argument_null("key")),
        other => return Err(token.wrong_key("Set", &crate::run::print_outside(other)).into()),
    }
    Ok(Value::Null)
}

/// Counts the work and the memory of reading a JSON text.
pub fn charge_text(a: &mut Args<'_, '_>, length: usize) -> Result<(), Thrown> {
    a.run.steps(length / 16)?;
    a.run.charge(length)
}

/// `Parse(json)`, `Parse(json, settings)`.
pub fn parse(
    a: &mut Args<'_, '_>,
    read: fn(&str, LoadOptions) -> crate::dotnet::data::error::Result<JToken>,
) -> Outcome {
    let text = a.text(0, "json")?.clone();
    charge_text(a, text.as_str().len())?;
    Ok(value(read(text.as_str(), load_options(a.get(1)))?))
}

/// The name of a class, and whether a token is of it.
pub type ClassTest = (&'static str, fn(&JToken) -> bool);

/// `FromObject(o)` of a class: none for `JToken`, which takes all.
pub fn made_from(a: &mut Args<'_, '_>, class: Option<ClassTest>) -> Outcome {
    let item = a.value(0);
    if item.is_null() {
        return Err(Thrown::argument_null("o"));
    }
    let made = from_object(a.run, &item)?;
    match class {
        Some((name, fits)) if !fits(&made) => {
            let message = format!("Object serialized to {}. {name} instance expected.", made.token_type());
            Err(Thrown::argument(&message))
        }
        _ => Ok(value(made)),
    }
}

fn formatting(a: &Args<'_, '_>, at: usize) -> Formatting {
    match a.get(at) {
        Value::Enum(_, 1) => Formatting::Indented,
        _ => Formatting::None,
    }
}

fn select(a: &mut Args<'_, '_>, many: bool) -> Outcome {
    let token = this(a)?.clone();
    let path = a.text(1, "path")?.as_str().to_owned();
    let strict = a.bool(2) || errors_when_no_match(a.get(2));
    a.run.steps(path.len())?;
    if many {
        return Ok(tokens(token.select_tokens(&path, strict)?));
    }
    Ok(optional(token.select_token(&path, strict)?))
}

fn key_value(a: &mut Args<'_, '_>) -> Outcome {
    let found = index(this(a)?, a.get(1))?;
    value_as(found.as_ref(), &a.ty(0))
}

/// `JTokenType`.
fn token_type(token: &JToken) -> Value {
    let id = registry().full("Newtonsoft.Json.Linq.JTokenType", 0).unwrap_or(known::INT32);
    let name = token.token_type().to_string();
    let number = registry().def(id).values.iter().find(|(found, _)| *found == name).map_or(0, |(_, number)| *number);
    Value::Enum(id, number)
}

/// Only containers have what comes first and last; a value complains.
fn end(a: &Args<'_, '_>, end: fn(&JToken) -> crate::dotnet::data::error::Result<Option<JToken>>) -> Outcome {
    Ok(optional(end(this(a)?)?))
}

static TOKEN: &[(&str, Native)] = &[
    ("static JToken Parse(string json)", |a| parse(a, json::parse_token)),
    ("static JToken Parse(string json, JsonLoadSettings settings)", |a| parse(a, json::parse_token)),
    ("static JToken FromObject(object o)", |a| made_from(a, None)),
    ("static bool DeepEquals(JToken t1, JToken t2)", |a| {
        Ok(Value::Bool(deep_equals(token_of(a.get(0)), token_of(a.get(1)))))
    }),
    ("JToken this[object key]", key),
    ("set JToken this[object key]", set_key),
    ("JTokenType Type", |a| Ok(token_type(this(a)?))),
    ("string Path", |a| {
        let path = this(a)?.path();
        a.make(path)
    }),
    ("bool HasValues", |a| Ok(Value::Bool(this(a)?.has_values()))),
    ("JContainer Parent", |a| Ok(optional(this(a)?.parent()))),
    ("JToken Root", |a| Ok(value(this(a)?.root()))),
    ("JToken First", |a| end(a, JToken::first)),
    ("JToken Last", |a| end(a, JToken::last)),
    ("JToken Next", |a| Ok(optional(this(a)?.next()))),
    ("JToken Previous", |a| Ok(optional(this(a)?.previous()))),
    ("IJEnumerable<JToken> Children()", |a| Ok(children(this(a)?.clone()))),
    ("IJEnumerable<T> Children<T>()", |a| Ok(children_of(this(a)?.clone(), a.ty(0)))),
    ("IEnumerable<JToken> Ancestors()", |a| Ok(tokens(this(a)?.ancestors()))),
    ("IEnumerable<JToken> AncestorsAndSelf()", |a| Ok(tokens(this(a)?.ancestors_and_self()))),
    ("IEnumerable<JToken> AfterSelf()", |a| Ok(tokens(this(a)?.after_self()))),
    ("IEnumerable<JToken> BeforeSelf()", |a| Ok(tokens(this(a)?.before_self()))),
    ("T Value<T>(object key)", key_value),
    ("IEnumerable<T> Values<T>()", |a| {
        let token = this(a)?.clone();
        if token.is_value() {
            return Err(Thrown::invalid_operation("Cannot access child value on Newtonsoft.Json.Linq.JValue."));
        }
        Ok(converted(token, a.ty(0)))
    }),
    ("T ToObject<T>()", |a| {
        let (token, ty) = (this(a)?.clone(), a.ty(0));
        to_object(a.run, &token, &ty)
    }),
    ("object ToObject(Type objectType)", |a| {
        let token = this(a)?.clone();
        let ty = crate::library::reflection::type_of(a.get(1)).unwrap_or_else(Type::object);
        to_object(a.run, &token, &ty)
    }),
    ("JToken SelectToken(string path)", |a| select(a, false)),
    ("JToken SelectToken(string path, bool errorWhenNoMatch)", |a| select(a, false)),
    ("JToken SelectToken(string path, JsonSelectSettings settings)", |a| select(a, false)),
    ("IEnumerable<JToken> SelectTokens(string path)", |a| select(a, true)),
    ("IEnumerable<JToken> SelectTokens(string path, bool errorWhenNoMatch)", |a| select(a, true)),
    ("IEnumerable<JToken> SelectTokens(string path, JsonSelectSettings settings)", |a| select(a, true)),
    ("JToken DeepClone()", |a| {
        let token = this(a)?.clone();
        let size = token.descendants_and_self().len();
        a.run.steps(size)?;
        a.run.charge(size.saturating_mul(64))?;
        Ok(value(token.deep_clone()))
    }),
    ("void Remove()", |a| {
        this(a)?.remove()?;
        Ok(Value::Null)
    }),
    ("void Replace(JToken value)", |a| {
        let item = token_arg(a, 1);
        this(a)?.replace(item.as_ref())?;
        Ok(Value::Null)
    }),
    ("void AddAfterSelf(object content)", |a| insert_content(a, JToken::add_after_self, true)),
    ("void AddBeforeSelf(object content)", |a| insert_content(a, JToken::add_before_self, false)),
    ("string ToString()", |a| {
        let text = this(a)?.text();
        a.make(text)
    }),
    ("string ToString(Formatting formatting)", |a| {
        let text = this(a)?.to_json(formatting(a, 1));
        a.make(text)
    }),
    ("IEnumerator<JToken> GetEnumerator()", crate::library::list::enumerator),
];

/// A `JValue` of a value; characters and unknown types have their own ways.
fn new_value(a: &mut Args<'_, '_>) -> Outcome {
    let scalar = match token_of(a.get(0)) {
        Some(token) => token.scalar(),
        None => super::to_scalar(a.get(0)).filter(|_| !matches!(a.get(0), Value::Char(_))),
    };
    let scalar = scalar.ok_or_else(|| super::container::undetermined(a.get(0)))?;
    a.run.charge(48)?;
    Ok(value(JToken::value(scalar)))
}

/// `ToString(format)` of what the value holds.
fn formatted(a: &mut Args<'_, '_>) -> Outcome {
    let inner = this(a)?.scalar().as_ref().map_or(Value::Null, super::from_scalar);
    if inner.is_null() {
        return a.make("");
    }
    let format = match a.get(1) {
        Value::Str(format) => format.as_str().to_owned(),
        _ => String::new(),
    };
    let text = a.run.format(&inner, &format)?;
    a.make(text)
}

fn compare(a: &mut Args<'_, '_>) -> Outcome {
    if a.is_null(1) {
        return Ok(Value::Int32(1));
    }
    let own = this(a)?.scalar().unwrap_or(JScalar::Null);
    let other = match token_of(a.get(1)) {
        Some(token) => token.scalar(),
        None => super::to_scalar(a.get(1)),
    };
    Ok(Value::Int32(own.compare_to(&other.unwrap_or(JScalar::Null))? as i32))
}

static VALUE: &[(&str, Native)] = &[
    ("new(JValue other)", new_value),
    ("new(object value)", new_value),
    ("new(string value)", super::convert::implicit),
    ("new(char value)", super::convert::implicit),
    ("new(long value)", super::convert::implicit),
    ("new(ulong value)", super::convert::implicit),
    ("new(double value)", super::convert::implicit),
    ("new(float value)", super::convert::implicit),
    ("new(bool value)", super::convert::implicit),
    ("new(decimal value)", super::convert::implicit),
    ("new(DateTime value)", super::convert::implicit),
    ("new(DateTimeOffset value)", super::convert::implicit),
    ("new(TimeSpan value)", super::convert::implicit),
    ("new(Guid value)", super::convert::implicit),
    ("new(Uri value)", super::convert::implicit),
    ("static JValue CreateNull()", |_| Ok(value(JToken::null()))),
    ("static JValue CreateUndefined()", |_| Ok(value(JToken::value(JScalar::Undefined)))),
    ("static JValue CreateString(string value)", super::convert::implicit),
    ("static JValue CreateComment(string value)", |a| {
        Ok(value(JToken::value(JScalar::Comment(a.str_or_empty(0).into()))))
    }),
    ("object Value", |a| Ok(this(a)?.scalar().as_ref().map_or(Value::Null, super::from_scalar))),
    ("set object Value", |a| {
        let scalar = super::to_scalar(a.get(1)).ok_or_else(|| super::container::undetermined(a.get(1)))?;
        this(a)?.set_scalar(scalar);
        Ok(Value::Null)
    }),
    ("string ToString(string format)", formatted),
    ("string ToString(IFormatProvider formatProvider)", formatted),
    ("string ToString(string format, IFormatProvider formatProvider)", formatted),
    ("int CompareTo(JValue obj)", compare),
    ("int CompareTo(object obj)", compare),
    ("bool Equals(JValue other)", |a| {
        let (x, y) = (a.value(0), a.value(1));
        a.run.equals(&x, &y).map(Value::Bool)
    }),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "enum Newtonsoft.Json.Linq.JTokenType { None, Object, Array, Constructor, Property, Comment, Integer, Float, String, Boolean, Null, Undefined, Date, Raw, Bytes, Guid, Uri, TimeSpan }",
        members: &[],
    },
    TypeTable { decl: "class Newtonsoft.Json.Linq.JToken : IJEnumerable<JToken>", members: TOKEN },
    TypeTable { decl: "class Newtonsoft.Json.Linq.JValue : JToken, IComparable, IFormattable", members: VALUE },
    TypeTable {
        decl: "class Newtonsoft.Json.Linq.JRaw : JValue",
        members: &[
            ("new(object rawJson)", |a| {
                let raw = a.value(0);
                let text = if raw.is_null() { crate::value::Str::new("") } else { a.run.print_str(&raw)? };
                Ok(value(JToken::value(JScalar::Raw(text.smol().clone()))))
            }),
            ("new(JRaw other)", new_value),
        ],
    },
];
