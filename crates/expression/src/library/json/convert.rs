//! Conversions of tokens: casts, implicit conversions from values, and `Value<T>`.

use super::{class, from_scalar, to_scalar, token_of, value};
use crate::dotnet::data::json::{JScalar, JToken, Target};
use crate::library::TypeTable;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::types::{Type, known, registry};
use crate::value::Value;
use std::sync::LazyLock;

/// The conversion target of a type, and whether null is allowed.
pub fn target(ty: &Type) -> Option<(Target, bool)> {
    let nullable = ty.nullable_inner().is_some();
    let target = match ty.without_nullable() {
        Type::Array(element, 1) if element.is(known::BYTE) => return Some((Target::Bytes, true)),
        Type::Named(id, _) => match *id {
            known::STRING => return Some((Target::String, true)),
            known::BOOLEAN => Target::Boolean,
            known::CHAR => Target::Char,
            known::SBYTE => Target::SByte,
            known::BYTE => Target::Byte,
            known::INT16 => Target::Int16,
            known::UINT16 => Target::UInt16,
            known::INT32 => Target::Int32,
            known::UINT32 => Target::UInt32,
            known::INT64 => Target::Int64,
            known::UINT64 => Target::UInt64,
            known::SINGLE => Target::Single,
            known::DOUBLE => Target::Double,
            known::DECIMAL => Target::Decimal,
            known::DATE_TIME => Target::DateTime,
            known::DATE_TIME_OFFSET => Target::DateTimeOffset,
            known::GUID => Target::Guid,
            known::TIME_SPAN => Target::TimeSpan,
            id if registry().def(id).name == "Uri" => return Some((Target::Uri, true)),
            _ => return None,
        },
        _ => return None,
    };
    Some((target, nullable))
}

/// A converted scalar in exactly the type that was asked for.
pub fn exact(scalar: &JScalar, ty: &Type) -> Outcome {
    let value = from_scalar(scalar);
    let id = ty.without_nullable().def();
    Ok(match (id, &value) {
        (_, Value::Null) => value,
        (Some(id), _) if known::is_numeric(id) => crate::run::ops::to_numeric(id, &value, false)?,
        (Some(known::CHAR), Value::Str(text)) => Value::Char(text.units().get(0).unwrap_or(0)),
        (Some(known::CHAR), number) => Value::Char(crate::run::ops::to_i128(number) as u16),
        _ => value,
    })
}

/// `(T)token`.
fn cast_to(a: &mut Args<'_, '_>, ty: &Type) -> Outcome {
    let Some((target, nullable)) = target(ty) else { return Ok(Value::Null) };
    match token_of(a.get(0)) {
        Some(token) => exact(&token.cast(target, nullable)?, ty),
        None if nullable => Ok(Value::Null),
        None => Err(Thrown::argument_null("value")),
    }
}

/// `Value<T>()` of a token that may be missing.
pub fn value_as(token: Option<&JToken>, ty: &Type) -> Outcome {
    let Some(token) = token else { return Ok(crate::run::default_value(ty)) };
    let own = class(token);
    if crate::types::convert::is_subtype(&own, ty) && !ty.is(known::OBJECT) {
        return Ok(value(token.clone()));
    }
    let Some(scalar) = token.scalar() else {
        if ty.is(known::OBJECT) {
            return Ok(value(token.clone()));
        }
        let to = Type::of(known::JTOKEN).to_string_name();
        return Err(Thrown::invalid_cast(format!("Cannot cast {} to {to}.", own.to_string_name())));
    };
    if ty.is(known::OBJECT) {
        return Ok(from_scalar(&scalar));
    }
    match target(ty) {
        Some((target, nullable)) => exact(&token.value_as(target, nullable)?, ty),
        None if scalar.is_null() && ty.is_reference() => Ok(Value::Null),
        None if scalar.is_null() => {
            Err(Thrown::invalid_cast("Null object cannot be converted to a value type.".to_owned()))
        }
        None => {
            let from = scalar.dotnet_type().unwrap_or("System.Object");
            Err(Thrown::invalid_cast(format!("Invalid cast from '{from}' to '{}'.", ty.to_string_name())))
        }
    }
}

/// `(T)token` for a type that tokens convert to.
pub fn cast(token: &JToken, target: Target, nullable: bool, ty: &Type) -> Outcome {
    exact(&token.cast(target, nullable)?, ty)
}

macro_rules! casts {
    ($($ty:literal),* $(,)?) => {
        &[$((concat!("explicit ", $ty, "(JToken value)"), |a| {
            static TYPE: LazyLock<Type> = LazyLock::new(|| named_type($ty));
            cast_to(a, &TYPE)
        })),*]
    };
}

fn named_type(text: &str) -> Type {
    registry().read_type(&crate::syntax::signature_tokens(text), &[]).unwrap_or_else(Type::object)
}

static CASTS: &[(&str, Native)] = casts![
    "bool",
    "bool?",
    "char",
    "char?",
    "sbyte",
    "sbyte?",
    "byte",
    "byte?",
    "short",
    "short?",
    "ushort",
    "ushort?",
    "int",
    "int?",
    "uint",
    "uint?",
    "long",
    "long?",
    "ulong",
    "ulong?",
    "float",
    "float?",
    "double",
    "double?",
    "decimal",
    "decimal?",
    "string",
    "DateTime",
    "DateTime?",
    "DateTimeOffset",
    "DateTimeOffset?",
    "Guid",
    "Guid?",
    "TimeSpan",
    "TimeSpan?",
    "byte[]",
    "Uri",
];

/// The implicit conversions make integers `long`, as Json.NET's do.
pub fn implicit(a: &mut Args<'_, '_>) -> Outcome {
    let scalar = match to_scalar(a.get(0)) {
        Some(JScalar::Int32(number)) => JScalar::Integer(number.into()),
        Some(scalar) => scalar,
        None => JScalar::Null,
    };
    a.run.charge(48)?;
    Ok(value(JToken::value(scalar)))
}

macro_rules! implicits {
    ($($ty:literal),* $(,)?) => {
        &[$((concat!("implicit JToken(", $ty, " value)"), implicit)),*]
    };
}

static IMPLICITS: &[(&str, Native)] = implicits![
    "bool",
    "bool?",
    "sbyte",
    "sbyte?",
    "byte",
    "byte?",
    "short",
    "short?",
    "ushort",
    "ushort?",
    "int",
    "int?",
    "uint",
    "uint?",
    "long",
    "long?",
    "ulong",
    "ulong?",
    "float",
    "float?",
    "double",
    "double?",
    "decimal",
    "decimal?",
    "string",
    "DateTime",
    "DateTime?",
    "DateTimeOffset",
    "DateTimeOffset?",
    "Guid",
    "Guid?",
    "TimeSpan",
    "TimeSpan?",
    "byte[]",
    "Uri",
];

/// The conversions of `JToken`, which its own table continues.
pub static CONVERSIONS: &[TypeTable] = &[
    TypeTable { decl: "class Newtonsoft.Json.Linq.JToken : IJEnumerable<JToken>", members: CASTS },
    TypeTable { decl: "class Newtonsoft.Json.Linq.JToken : IJEnumerable<JToken>", members: IMPLICITS },
];
