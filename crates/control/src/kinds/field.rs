//! The schema of a kind's fields, and the check of a body against it.

use crate::api::error::Finding;
use crate::service::ServiceAddress;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// One property. Undeclared properties of a body are ignored.
#[derive(Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub ty: Type,
    pub required: bool,
    /// Ignored in bodies; the previous value stays. The kind's behaviour sets it.
    pub read_only: bool,
    /// A PUT that does not name it keeps the previous value (keys).
    pub kept: bool,
    /// Used where a body does not name it (and `null`s it).
    pub default: Default,
    pub exposure: Exposure,
}

/// Who may see a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exposure {
    Open,
    /// Returned, but sealed in the store.
    Sealed,
    /// Never returned by GET, PUT or LIST; sealed in the store.
    Secret,
}

#[derive(Clone, Copy)]
pub enum Default {
    Absent,
    Flag(bool),
    Text(&'static str),
    Integer(i64),
    Make(fn() -> Value),
}

#[derive(Clone, Copy)]
pub enum Type {
    /// Length in characters.
    Text {
        min: usize,
        max: usize,
    },
    Flag,
    Integer {
        min: i64,
        max: i64,
    },
    Number {
        min: f64,
        max: f64,
    },
    /// RFC 3339; stored as sent.
    Time,
    /// ISO 8601 (`PT15M`).
    Duration,
    /// Matched without case, stored in the declared case.
    OneOf(&'static [&'static str]),
    /// A path of the kind named, given short (`/products/starter`) or in full; stored in full.
    Reference(&'static str),
    List(&'static Type),
    Object(&'static [Field]),
    /// An object with any names.
    Map(&'static Type),
    /// Any JSON, as sent.
    Any,
}

impl Field {
    pub const fn new(name: &'static str, ty: Type) -> Field {
        Field {
            name,
            ty,
            required: false,
            read_only: false,
            kept: false,
            default: Default::Absent,
            exposure: Exposure::Open,
        }
    }
    pub const fn text(name: &'static str, min: usize, max: usize) -> Field {
        Field::new(name, Type::Text { min, max })
    }
    pub const fn flag(name: &'static str, default: bool) -> Field {
        Field { default: Default::Flag(default), ..Field::new(name, Type::Flag) }
    }
    pub const fn one_of(name: &'static str, words: &'static [&'static str]) -> Field {
        Field::new(name, Type::OneOf(words))
    }
    pub const fn reference(name: &'static str, kind: &'static str) -> Field {
        Field::new(name, Type::Reference(kind))
    }
    pub const fn object(name: &'static str, fields: &'static [Field]) -> Field {
        Field::new(name, Type::Object(fields))
    }
    pub const fn list(name: &'static str, item: &'static Type) -> Field {
        Field::new(name, Type::List(item))
    }
    pub const fn any(name: &'static str) -> Field {
        Field::new(name, Type::Any)
    }
    #[must_use]
    pub const fn required(self) -> Field {
        Field { required: true, ..self }
    }
    #[must_use]
    pub const fn read_only(self) -> Field {
        Field { read_only: true, ..self }
    }
    #[must_use]
    pub const fn kept(self) -> Field {
        Field { kept: true, ..self }
    }
    #[must_use]
    pub const fn default_to(self, default: Default) -> Field {
        Field { default, ..self }
    }
    #[must_use]
    pub const fn secret(self) -> Field {
        Field { exposure: Exposure::Secret, ..self }
    }
    #[must_use]
    pub const fn sealed(self) -> Field {
        Field { exposure: Exposure::Sealed, ..self }
    }
}

/// Deepest object of a body. Real ones have six levels.
const DEPTH_MAX: usize = 32;

/// Checks `body` against `fields`: known fields only, normalised, with defaults; read-only and
/// kept fields come from `previous`. Every finding is reported.
pub fn check_fields(
    fields: &[Field],
    body: &Map<String, Value>,
    previous: Option<&Map<String, Value>>,
    service: &ServiceAddress,
    findings: &mut Vec<Finding>,
) -> Map<String, Value> {
    check_object(fields, body, previous, service, findings, "", 0)
}

fn check_object(
    fields: &[Field],
    body: &Map<String, Value>,
    previous: Option<&Map<String, Value>>,
    service: &ServiceAddress,
    findings: &mut Vec<Finding>,
    prefix: &str,
    depth: usize,
) -> Map<String, Value> {
    let mut out = Map::new();
    for field in fields {
        let target = format!("{prefix}{}", field.name);
        let before = previous.and_then(|previous| previous.get(field.name));
        if field.read_only {
            if let Some(before) = before {
                out.insert(field.name.to_owned(), before.clone());
            }
            continue;
        }
        let given = match body.get(field.name) {
            Some(Value::Null) => None,
            Some(given) => check_value(&field.ty, given, service, findings, &target, depth),
            None if field.kept => before.cloned(),
            None => None,
        };
        let value = given.or_else(|| match field.default {
            Default::Absent => None,
            Default::Flag(flag) => Some(Value::Bool(flag)),
            Default::Text(text) => Some(text.into()),
            Default::Integer(integer) => Some(integer.into()),
            Default::Make(make) => Some(make()),
        });
        match value {
            Some(value) => {
                out.insert(field.name.to_owned(), value);
            }
            // A wrong value has been reported; it is not also missing.
            None if field.required && body.get(field.name).is_none_or(Value::is_null) => {
                findings.push(Finding::new(&target, format!("'{}' must not be empty", field.name)));
            }
            None => {}
        }
    }
    out
}

fn check_value(
    ty: &Type,
    given: &Value,
    service: &ServiceAddress,
    findings: &mut Vec<Finding>,
    target: &str,
    depth: usize,
) -> Option<Value> {
    if depth > DEPTH_MAX {
        findings.push(Finding::new(target, format!("'{target}' is nested too deeply")));
        return None;
    }
    let mut refuse = |what: String| {
        findings.push(Finding::new(target, format!("'{target}' {what}")));
        None
    };
    match (ty, given) {
        (Type::Any, _) => Some(given.clone()),
        (Type::Text { min, max }, Value::String(text)) => match text.chars().count() {
            0 if *min > 0 => refuse("must not be empty".to_owned()),
            chars if chars < *min || chars > *max => {
                refuse(format!("must have between {min} and {max} characters, it has {chars}"))
            }
            _ => Some(given.clone()),
        },
        (Type::Flag, Value::Bool(_)) => Some(given.clone()),
        (Type::Flag, Value::String(text)) => match text.to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => refuse("must be true or false".to_owned()),
        },
        (Type::Integer { min, max }, Value::Number(number)) => match number.as_i64() {
            Some(integer) if (*min..=*max).contains(&integer) => Some(given.clone()),
            _ => refuse(format!("must be a whole number between {min} and {max}")),
        },
        (Type::Number { min, max }, Value::Number(number)) => match number.as_f64() {
            Some(number) if (*min..=*max).contains(&number) => Some(given.clone()),
            _ => refuse(format!("must be a number between {min} and {max}")),
        },
        (Type::Time, Value::String(text)) => match parse_time(text) {
            Some(_) => Some(given.clone()),
            None => refuse("must be a time such as 2026-01-31T10:00:00Z".to_owned()),
        },
        (Type::Duration, Value::String(text)) => match text.parse::<jiff::Span>() {
            Ok(_) if text.starts_with(['P', 'p', '-']) => Some(given.clone()),
            _ => refuse("must be a duration such as PT15M".to_owned()),
        },
        (Type::OneOf(words), Value::String(text)) => match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
            Some(word) => Some((*word).into()),
            None => refuse(format!("must be one of {}", words.join(", "))),
        },
        (Type::Reference(kind), Value::String(text)) => match service.relative(text, kind) {
            Some(path) => Some(service.full(&path).into()),
            None => refuse(format!("must name a resource, as /{kind}/… or in full")),
        },
        (Type::List(item), Value::Array(items)) => Some(Value::Array(
            items
                .iter()
                .enumerate()
                .filter_map(|(at, given)| {
                    check_value(item, given, service, findings, &format!("{target}[{at}]"), depth + 1)
                })
                .collect(),
        )),
        (Type::Object(fields), Value::Object(body)) => {
            Some(Value::Object(check_object(fields, body, None, service, findings, &format!("{target}."), depth + 1)))
        }
        (Type::Map(item), Value::Object(body)) => Some(Value::Object(
            body.iter()
                .filter_map(|(name, given)| {
                    let value = check_value(item, given, service, findings, &format!("{target}.{name}"), depth + 1)?;
                    Some((name.clone(), value))
                })
                .collect(),
        )),
        (expected, _) => refuse(format!("must be {}", expected.noun())),
    }
}

/// RFC 3339, or the same without an offset (UTC), as clients send both.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| format!("{text}Z").parse().ok())
}

impl Type {
    fn noun(&self) -> &'static str {
        match self {
            Type::Text { .. } | Type::OneOf(_) | Type::Reference(_) | Type::Time | Type::Duration => "text",
            Type::Flag => "true or false",
            Type::Integer { .. } | Type::Number { .. } => "a number",
            Type::List(_) => "a list",
            Type::Object(_) | Type::Map(_) => "an object",
            Type::Any => "anything",
        }
    }
}
