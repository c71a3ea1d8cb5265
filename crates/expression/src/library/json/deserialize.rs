//! Tokens and text to values: `ToObject<T>`, `JsonConvert.DeserializeObject<T>`.

use super::convert::{cast, exact, target};
use super::{class, from_scalar, value};
use crate::dotnet::data::json::{
    self, DateParsing, JScalar, JToken, LoadOptions, ReadOptions, Target, TokenType, date_scalar, number_of_literal,
};
use crate::library::array::Array;
use crate::library::dictionary::Dictionary;
use crate::library::list::List;
use crate::library::tuple::TupleObject;
use crate::run::{Outcome, Run, Thrown, default_value};
use crate::types::{Type, convert, known, registry};
use crate::value::Value;

/// `token.ToObject<T>()`.
pub fn to_object(run: &mut Run<'_>, token: &JToken, ty: &Type) -> Outcome {
    if let Some((target, nullable)) = target(ty).filter(|(target, _)| *target != Target::Bytes) {
        return cast(token, target, nullable, ty);
    }
    let inner = ty.without_nullable();
    if let (true, Some(id), Some(scalar)) = (inner.is_enum(), inner.def(), token.scalar()) {
        return match scalar {
            JScalar::String(text) => enum_of(id, &text).ok_or_else(|| {
                Thrown::argument(&format!("Could not convert '{text}' to {}.", registry().def(id).name))
            }),
            _ => Reading { literal: None }.read(run, token, ty),
        };
    }
    Reading { literal: None }.read(run, token, ty)
}

/// `DeserializeObject<T>(text)`.
pub fn from_text(run: &mut Run<'_>, text: &str, ty: &Type, options: ReadOptions) -> Outcome {
    run.steps(text.len() / 16)?;
    let read = ReadOptions { depth_max: options.depth_max, ..ReadOptions::LITERAL };
    let Some(token) = json::parse_content(text, LoadOptions { read, ..LoadOptions::default() })? else {
        if ty.is_value_type() && ty.nullable_inner().is_none() {
            let message = format!(
                "No JSON content found and type '{}' is not nullable. Path '', line 0, position 0.",
                ty.to_string_name()
            );
            return Err(serialization(message));
        }
        return Ok(Value::Null);
    };
    Reading { literal: Some(options) }.read(run, &token, ty)
}

/// `DeserializeObject(text)`: plain values for scalars, tokens for the rest.
pub fn untyped(run: &mut Run<'_>, text: &str, options: ReadOptions) -> Outcome {
    run.steps(text.len() / 16)?;
    let token = json::parse_content(text, LoadOptions { read: options, ..LoadOptions::default() })?;
    Ok(token.map_or(Value::Null, |token| match token.scalar() {
        Some(scalar) => from_scalar(&scalar),
        None => value(token),
    }))
}

fn serialization(message: impl Into<String>) -> Thrown {
    Thrown::new("Newtonsoft.Json.JsonSerializationException", message)
}

fn enum_of(id: crate::types::DefId, text: &str) -> Option<Value> {
    let mut number = 0;
    for part in text.split(',').map(str::trim) {
        let named = registry().def(id).values.iter().find(|(name, _)| name.eq_ignore_ascii_case(part));
        number |= named.map(|(_, number)| *number).or_else(|| part.parse().ok())?;
    }
    Some(Value::Enum(id, number))
}

/// The serializer at work on a tree. `literal`: the tree holds texts and numbers as they are written,
/// and these say what untyped ones become.
struct Reading {
    literal: Option<ReadOptions>,
}

impl Reading {
    fn read(&self, run: &mut Run<'_>, token: &JToken, ty: &Type) -> Outcome {
        run.charge(64)?;
        run.nested(|run| self.read_inner(run, token, ty))
    }

    fn read_inner(&self, run: &mut Run<'_>, token: &JToken, ty: &Type) -> Outcome {
        if convert::is_subtype(ty, &Type::of(known::JTOKEN)) {
            return self.token(token, ty);
        }
        if matches!(ty, Type::Dynamic) || ty.is(known::OBJECT) {
            let token = self.settled(token);
            return Ok(match token.scalar() {
                Some(scalar) => from_scalar(&scalar),
                None => value(token),
            });
        }
        if token.token_type() == TokenType::Null && (ty.is_reference() || ty.nullable_inner().is_some()) {
            return Ok(Value::Null);
        }
        if let Some((target, nullable)) = target(ty) {
            return self.scalar(token, ty, target, nullable);
        }
        let inner = ty.without_nullable();
        if inner.is_enum() {
            return self.read_enum(token, inner);
        }
        match inner {
            Type::Array(element, 1) => {
                let items = self.items(run, token, element, ty)?;
                Ok(Value::object(Array::new((**element).clone(), items)))
            }
            Type::Tuple(tuple) => {
                let members = tuple.items.iter().enumerate();
                let members = members.map(|(at, ty)| (format!("Item{}", at + 1), ty.clone())).collect();
                self.members(run, token, ty, members)
            }
            Type::Anonymous(members) => {
                let members = members.iter().map(|(name, ty)| (name.to_string(), ty.clone())).collect();
                self.members(run, token, ty, members)
            }
            Type::Named(id, args) => self.collection(run, token, ty, *id, args),
            _ => Err(self.wrong(token, ty)),
        }
    }

    fn token(&self, token: &JToken, ty: &Type) -> Outcome {
        let token = self.settled(token);
        let fits = convert::is_subtype(&class(&token), ty);
        if token.token_type() == TokenType::Null && !(ty.is(known::JTOKEN) || fits) {
            return Ok(Value::Null);
        }
        if !fits {
            return Err(serialization(format!(
                "Deserialized JSON type '{}' is not compatible with expected type '{}'. Path '{}'.",
                class(&token).to_string_name(),
                ty.to_string_name(),
                token.path()
            )));
        }
        Ok(value(token))
    }

    /// The token with values in place of what is written.
    fn settled(&self, token: &JToken) -> JToken {
        let Some(options) = self.literal else { return token.clone() };
        let copy = token.deep_clone();
        for item in copy.descendants_and_self() {
            let made = match item.scalar() {
                Some(JScalar::Raw(text)) => number(&text, options),
                Some(JScalar::String(text)) => date_scalar(&text, options.dates),
                _ => None,
            };
            if let Some(made) = made {
                item.set_scalar(made);
            }
        }
        copy
    }

    fn scalar(&self, token: &JToken, ty: &Type, target: Target, nullable: bool) -> Outcome {
        let Some(scalar) = token.scalar() else { return Err(self.unreadable(token, ty, target)) };
        if scalar.is_null() {
            return if nullable { Ok(Value::Null) } else { Err(self.wrong(token, ty)) };
        }
        let converted = match (&scalar, target) {
            (JScalar::Raw(text), Target::String) => return Ok(Value::string(text.clone())),
            (JScalar::Boolean(flag), Target::String) if self.literal.is_some() => {
                return Ok(Value::string(if *flag { "true" } else { "false" }));
            }
            (JScalar::Raw(text), Target::Decimal) => JScalar::String(text.clone())
                .change_type(target)
                .or_else(|_| number_of_literal(text).unwrap_or(JScalar::Null).change_type(target)),
            (JScalar::Raw(text), _) => {
                let number = number_of_literal(text).unwrap_or(JScalar::Null);
                let whole = !matches!(number, JScalar::Float(_));
                if !whole && matches!(target, Target::Byte | Target::Int16 | Target::Int32) {
                    return Err(self.unreadable(token, ty, target));
                }
                number.change_type(target)
            }
            (JScalar::String(text), _) if text.is_empty() && nullable && target != Target::String => {
                return Ok(Value::Null);
            }
            (JScalar::String(text), Target::DateTime | Target::DateTimeOffset) => {
                let dates =
                    if target == Target::DateTime { DateParsing::DateTime } else { DateParsing::DateTimeOffset };
                date_scalar(text, dates).map_or_else(|| scalar.change_type(target), Ok)
            }
            (JScalar::String(text), Target::Bytes) => {
                return match JToken::string(text.clone()).cast(Target::Bytes, true) {
                    Ok(bytes) => exact(&bytes, ty),
                    Err(_) => Err(self.unreadable(token, ty, target)),
                };
            }
            _ => scalar.change_type(target),
        };
        match converted.map_err(Thrown::from).and_then(|scalar| exact(&scalar, ty)) {
            Ok(value) => Ok(value),
            Err(_) => Err(self.unreadable(token, ty, target)),
        }
    }

    fn read_enum(&self, token: &JToken, ty: &Type) -> Outcome {
        let id = ty.def().unwrap_or(known::INT32);
        match token.scalar() {
            Some(JScalar::String(name)) => enum_of(id, &name).ok_or_else(|| self.wrong(token, ty)),
            Some(JScalar::Raw(text)) => match number_of_literal(&text) {
                Some(JScalar::Integer(number)) => Ok(Value::Enum(id, number)),
                _ => Err(self.wrong(token, ty)),
            },
            Some(scalar) if scalar.token_type() == TokenType::Integer => {
                Ok(Value::Enum(id, crate::run::ops::to_i128(&from_scalar(&scalar)) as i64))
            }
            _ => Err(self.wrong(token, ty)),
        }
    }

    fn items(&self, run: &mut Run<'_>, token: &JToken, item: &Type, ty: &Type) -> Result<Vec<Value>, Thrown> {
        if !token.is_array() {
            return Err(self.wrong(token, ty));
        }
        token.children().iter().map(|child| self.read(run, child, item)).collect()
    }

    /// Named members; what is missing has its type's default. Names compare without case where no
    /// property has exactly the name.
    fn members(&self, run: &mut Run<'_>, token: &JToken, ty: &Type, members: Vec<(String, Type)>) -> Outcome {
        if !token.is_object() {
            return Err(self.wrong(token, ty));
        }
        let mut items = Vec::with_capacity(members.len());
        for (name, member) in members {
            let found = token.get(&name).or_else(|| {
                token.property_where(&name, |a, b| a.eq_ignore_ascii_case(b)).and_then(|found| found.property_value())
            });
            items.push(match found {
                Some(found) => self.read(run, &found, &member)?,
                None => default_value(&member),
            });
        }
        Ok(Value::object(TupleObject::new(ty.clone(), items)))
    }

    fn collection(
        &self,
        run: &mut Run<'_>,
        token: &JToken,
        ty: &Type,
        id: crate::types::DefId,
        args: &[Type],
    ) -> Outcome {
        const LISTS: &[crate::types::DefId] = &[
            known::LIST,
            known::ILIST,
            known::ICOLLECTION,
            known::ENUMERABLE,
            known::READ_ONLY_LIST,
            known::READ_ONLY_COLLECTION,
        ];
        let part = |at: usize| args.get(at).cloned().unwrap_or_else(Type::object);
        if LISTS.contains(&id) {
            let items = self.items(run, token, &part(0), ty)?;
            return Ok(Value::object(List::new(part(0), items)));
        }
        if id == known::HASH_SET || registry().def(id).full_name() == "System.Collections.Generic.ISet" {
            let items = self.items(run, token, &part(0), ty)?;
            return crate::library::set::new_set(run, part(0), Value::Null, items);
        }
        if id == known::KEY_VALUE {
            let wanted = [("Key".to_owned(), part(0)), ("Value".to_owned(), part(1))];
            let made = self.members(run, token, ty, wanted.into())?;
            let item = |at| crate::library::tuple::item(&made, at).unwrap_or_default();
            return Ok(crate::library::dictionary::pair(ty.clone(), item(0), item(1)));
        }
        if ![known::DICTIONARY, known::IDICTIONARY, known::READ_ONLY_DICTIONARY].contains(&id) || !token.is_object() {
            return Err(self.wrong(token, ty));
        }
        let dictionary = Dictionary::new(part(0), part(1), Value::Null);
        for child in token.children() {
            let name = JToken::string(child.name().unwrap_or_default());
            let key = Reading { literal: None }.read(run, &name, &part(0))?;
            let item = child.property_value().unwrap_or_else(JToken::null);
            let item = self.read(run, &item, &part(1))?;
            dictionary.set(run, key, item)?;
        }
        Ok(Value::object(dictionary))
    }

    /// A token that the serializer cannot make the type of.
    fn wrong(&self, token: &JToken, ty: &Type) -> Thrown {
        let shown = token.scalar().map_or_else(|| token.token_type().to_string(), |scalar| scalar.text().to_string());
        serialization(format!(
            "Error converting value {shown} to type '{}'. Path '{}'.",
            ty.to_string_name(),
            token.path()
        ))
    }

    /// The reader itself knows how to read some types, and complains itself.
    fn unreadable(&self, token: &JToken, ty: &Type, target: Target) -> Thrown {
        let what = match target {
            Target::Byte | Target::Int16 | Target::Int32 => "integer",
            Target::Decimal => "decimal",
            Target::Single | Target::Double => "double",
            Target::Boolean => "boolean",
            Target::String => "string",
            Target::DateTime | Target::DateTimeOffset => "date",
            Target::Bytes => "bytes",
            _ => return self.wrong(token, ty),
        };
        let path = token.path();
        let message = match token.scalar() {
            Some(JScalar::String(text)) => format!("Could not convert string to {what}: {text}. Path '{path}'."),
            Some(scalar) => format!("Input string '{}' is not a valid {what}. Path '{path}'.", scalar.text()),
            None => format!("Error reading {what}. Unexpected token: Start{}. Path '{path}'.", token.token_type()),
        };
        Thrown::new("Newtonsoft.Json.JsonReaderException", message)
    }
}

fn number(text: &str, options: ReadOptions) -> Option<JScalar> {
    let value = number_of_literal(text)?;
    if options.decimals && matches!(value, JScalar::Float(_)) {
        return JScalar::String(text.into()).change_type(Target::Decimal).ok();
    }
    Some(value)
}
