//! Newtonsoft.Json: tokens and `JsonConvert`.

use super::array::Array;
use super::dictionary::{Dictionary, Pair};
use super::linq::of_items;
use super::list::List;
use super::tuple::TupleObject;
use super::{TypeTable, format};
use crate::dotnet::data::json::{
    self, Formatting, JScalar, JToken, JsonWriter, MergeArray, MergeSettings, Target, TokenType, deep_equals,
};
use crate::dotnet::data::time;
use crate::program::node::DynamicUse;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::{Type, known, registry};
use crate::value::{Cursor, DateKind, DateTime, DateTimeOffset, Object, Value, downcast};
use smol_str::SmolStr;
use std::any::Any;
use std::cmp::Ordering;

/// A token as an object of the program. Two of them are the same object when their tokens are.
pub struct Token(pub JToken);

fn class(token: &JToken) -> Type {
    Type::of(registry().full(token.class_name(), 0).unwrap_or(known::JTOKEN))
}

impl Object for Token {
    fn type_of(&self) -> Type {
        class(&self.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, run: &mut Run<'_>) -> Result<String, Thrown> {
        run.steps(self.0.child_count())?;
        Ok(self.0.text().to_string())
    }

    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        if let Some(Token(other)) = downcast::<Token>(other) {
            if self.0 == *other {
                return Ok(true);
            }
            return Ok(match (self.0.scalar(), other.scalar()) {
                (Some(a), Some(b)) => a.equals(&b),
                _ => false,
            });
        }
        Ok(false)
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        match self.0.scalar() {
            Some(scalar) => run.hash(&from_scalar(&scalar)).map(Some),
            None => Ok(None),
        }
    }

    fn compare(&self, other: &Value, _run: &mut Run<'_>) -> Result<Option<Ordering>, Thrown> {
        let (Some(a), Some(b)) = (self.0.scalar(), downcast::<Token>(other).and_then(|other| other.0.scalar())) else {
            return Ok(None);
        };
        Ok(Some(a.compare_to(&b)?))
    }

    fn enumerate(&self, _this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        let token = self.0.clone();
        let mut at = 0;
        let count = token.child_count();
        Ok(Some(Box::new(move |_: &mut Run<'_>| {
            if token.child_count() != count {
                return Err(super::dictionary::changed());
            }
            at += 1;
            let Some(child) = token.child(at - 1) else { return Ok(None) };
            Ok(Some(value(child)))
        })))
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.child_count())
    }
}

pub fn value(token: JToken) -> Value {
    Value::object(Token(token))
}

fn optional(token: Option<JToken>) -> Value {
    token.map_or(Value::Null, value)
}

pub fn token_of(value: &Value) -> Option<&JToken> {
    downcast::<Token>(value).map(|token| &token.0)
}

fn this<'a>(a: &'a Args<'_, '_>) -> Result<&'a JToken, Thrown> {
    token_of(a.get(0)).ok_or_else(Thrown::null_reference)
}

/// A variable of a vector's context.
pub fn parse(text: &str) -> Value {
    json::parse_token(text).map_or(Value::Null, value)
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
        JScalar::Uri(text) => super::uri::from_text(text).unwrap_or_else(|_| Value::string(text.clone())),
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
            None => JScalar::Uri(super::uri::text_of(value)?.into()),
        },
        _ => return None,
    })
}

/// What `JToken.FromObject` and serialisation make of a value.
pub fn from_object(run: &mut Run<'_>, value: &Value) -> Result<JToken, Thrown> {
    if let Some(token) = token_of(value) {
        return Ok(token.clone());
    }
    if let Some(scalar) = to_scalar(value) {
        return Ok(JToken::value(scalar));
    }
    run.nested(|run| from_container(run, value))
}

fn from_container(run: &mut Run<'_>, value: &Value) -> Result<JToken, Thrown> {
    run.charge(64)?;
    if let Some(tuple) = downcast::<TupleObject>(value) {
        let object = JToken::object();
        let names: Vec<SmolStr> = match tuple.ty() {
            Type::Anonymous(members) => members.iter().map(|(name, _)| name.clone()).collect(),
            _ => (1..=tuple.items().len()).map(|at| smol_str::format_smolstr!("Item{at}")).collect(),
        };
        for (name, item) in names.iter().zip(tuple.items()) {
            let item = from_object(run, item)?;
            object.add_property(name, &item)?;
        }
        return Ok(object);
    }
    if let Some(dictionary) = downcast::<Dictionary>(value) {
        let object = JToken::object();
        let entries: Vec<(Value, Value)> = dictionary.entries.borrow().iter().cloned().collect();
        for (key, item) in entries {
            let name = run.print_str(&key)?;
            let item = from_object(run, &item)?;
            object.add_property(name.as_str(), &item)?;
        }
        return Ok(object);
    }
    if let Some(pair) = downcast::<Pair>(value) {
        let object = JToken::object();
        let (key, item) = (from_object(run, &pair.key)?, from_object(run, &pair.value)?);
        object.add_property("Key", &key)?;
        object.add_property("Value", &item)?;
        return Ok(object);
    }
    if let Some(pairs) = super::facts::pairs(run, value)? {
        let object = JToken::object();
        for (key, item) in pairs {
            let name = run.print_str(&key)?;
            let item = from_object(run, &item)?;
            object.add_property(name.as_str(), &item)?;
        }
        return Ok(object);
    }
    match run.cursor(value) {
        Ok(mut cursor) => {
            let array = JToken::array();
            while let Some(item) = cursor.next(run)? {
                run.step()?;
                let item = from_object(run, &item)?;
                array.add(&item)?;
            }
            return Ok(array);
        }
        Err(thrown) if thrown.exception().is_none() => return Err(thrown),
        Err(_) => {}
    }
    let object = JToken::object();
    for (name, content) in super::facts::properties(run, value)? {
        let content = from_object(run, &content)?;
        object.add_property(&name, &content)?;
    }
    Ok(object)
}

/// What the constructors and `Add` take: tokens, values, and sequences of them.
fn contents(run: &mut Run<'_>, content: &Value, out: &mut Vec<JToken>) -> Result<(), Thrown> {
    if let Some(token) = token_of(content) {
        out.push(token.clone());
        return Ok(());
    }
    if let Some(scalar) = to_scalar(content) {
        out.push(JToken::value(scalar));
        return Ok(());
    }
    if let Some(ty) = content.runtime_type()
        && crate::types::convert::find_super(&ty, known::ENUMERABLE_OBJECT).is_some()
        && downcast::<Dictionary>(content).is_none()
    {
        for item in run.collect(content)? {
            run.nested(|run| contents(run, &item, out))?;
        }
        return Ok(());
    }
    let type_name = content.runtime_type().map(|ty| ty.to_string_name()).unwrap_or_default();
    let _ = type_name;
    Err(Thrown::argument(&format!(
        "Could not determine JSON object type for type {}.",
        content.runtime_type().map(|ty| ty.to_string_name()).unwrap_or_default()
    )))
}

fn build(a: &mut Args<'_, '_>, container: JToken, from: usize) -> Outcome {
    let mut tokens = Vec::new();
    for at in from..a.len() {
        match a.value(at) {
            // `params object[]`.
            list if downcast::<Array>(&list).is_some_and(|array| array.element().is(known::OBJECT)) => {
                for item in a.run.collect(&list)? {
                    contents(a.run, &item, &mut tokens)?;
                }
            }
            item => contents(a.run, &item, &mut tokens)?,
        }
    }
    a.run.charge(tokens.len() * 64)?;
    for token in tokens {
        container.add(&token)?;
    }
    Ok(value(container))
}

fn property(a: &mut Args<'_, '_>) -> Outcome {
    let name = a.text(0, "name")?.smol().clone();
    let content = a.value(1);
    let mut tokens = Vec::new();
    if let Some(array) = downcast::<Array>(&content)
        && array.element().is(known::OBJECT)
    {
        for item in array.to_vec() {
            contents(a.run, &item, &mut tokens)?;
        }
    } else if let Some(token) = token_of(&content) {
        tokens.push(token.clone());
    } else {
        contents(a.run, &content, &mut tokens)?;
        let sequence = to_scalar(&content).is_none();
        if sequence {
            let array = JToken::array();
            for token in tokens.drain(..) {
                array.add(&token)?;
            }
            tokens.push(array);
        }
    }
    a.run.charge(96)?;
    let content = match tokens.as_slice() {
        [one] => one.clone(),
        [] => JToken::null(),
        many => {
            let array = JToken::array();
            for token in many {
                array.add(token)?;
            }
            array
        }
    };
    Ok(value(JToken::property(name, &content)))
}

fn key(a: &mut Args<'_, '_>) -> Outcome {
    let token = this(a)?.clone();
    Ok(optional(match a.get(1) {
        Value::Str(name) => token.index_name(name.as_str())?,
        Value::Int32(index) => token.index_number(*index)?,
        Value::Null => return Err(Thrown::argument_null("key")),
        _ => return Err(Thrown::argument("Accessed JToken values with invalid key value.")),
    }))
}

/// A token for a place that takes `JToken`; null where there is none.
fn token_arg(a: &Args<'_, '_>, at: usize) -> Option<JToken> {
    token_of(a.get(at)).cloned()
}

fn set_key(a: &mut Args<'_, '_>) -> Outcome {
    let token = this(a)?.clone();
    let item = token_arg(a, 2);
    match a.get(1) {
        Value::Str(name) => token.set_name(name.as_str(), item.as_ref())?,
        Value::Int32(index) => token.set_number(*index, item.as_ref())?,
        _ => return Err(Thrown::argument("Set JToken values with invalid key value.")),
    }
    a.run.charge(64)?;
    Ok(Value::Null)
}

/// The conversion target of a type, and whether null is allowed.
fn target(ty: &Type) -> Option<(Target, bool)> {
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
fn exact(scalar: &JScalar, ty: &Type) -> Outcome {
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
fn value_as(run: &mut Run<'_>, token: Option<&JToken>, ty: &Type) -> Outcome {
    let Some(token) = token else { return Ok(crate::run::default_value(ty)) };
    let own = class(token);
    if crate::types::convert::is_subtype(&own, ty) && !ty.is(known::OBJECT) {
        return Ok(value(token.clone()));
    }
    match target(ty) {
        Some((target, nullable)) => exact(&token.value_as(target, nullable)?, ty),
        None if ty.is(known::OBJECT) => match token.scalar() {
            Some(scalar) => Ok(from_scalar(&scalar)),
            None => Ok(value(token.clone())),
        },
        None => {
            let _ = run;
            Err(Thrown::invalid_cast(format!("Cannot cast {} to {}.", own.to_string_name(), ty.to_string_name())))
        }
    }
}

/// `ToObject<T>()` and `DeserializeObject<T>`.
pub fn to_object(run: &mut Run<'_>, token: &JToken, ty: &Type) -> Outcome {
    run.nested(|run| to_object_inner(run, token, ty))
}

fn to_object_inner(run: &mut Run<'_>, token: &JToken, ty: &Type) -> Outcome {
    run.charge(64)?;
    if crate::types::convert::is_subtype(&class(token), ty) && !ty.is(known::OBJECT) {
        return Ok(value(token.clone()));
    }
    let wrong = || {
        let text = format!("Error converting value to type '{}'. Path '{}'.", ty.to_string_name(), token.path());
        Thrown::new("Newtonsoft.Json.JsonSerializationException", text)
    };
    if token.token_type() == TokenType::Null && (ty.is_reference() || ty.nullable_inner().is_some()) {
        return Ok(Value::Null);
    }
    if let Some((target, nullable)) = target(ty) {
        if token.is_container() {
            return Err(wrong());
        }
        let _ = nullable;
        return token
            .value_as(target, nullable)
            .map_err(Thrown::from)
            .and_then(|scalar| exact(&scalar, ty))
            .map_err(|_| wrong());
    }
    let item_of = |ty: &Type| ty.args().first().cloned().unwrap_or_else(Type::object);
    match ty {
        Type::Dynamic => Ok(value(token.clone())),
        Type::Array(element, 1) => {
            let mut items = Vec::new();
            for child in array_children(token).ok_or_else(wrong)? {
                items.push(to_object(run, &child, element)?);
            }
            Ok(Value::object(Array::new((**element).clone(), items)))
        }
        Type::Named(id, _) if *id == known::OBJECT => Ok(match token.scalar() {
            Some(scalar) => from_scalar(&scalar),
            None => value(token.clone()),
        }),
        Type::Named(id, args) if [known::DICTIONARY, known::IDICTIONARY, known::READ_ONLY_DICTIONARY].contains(id) => {
            let part = |at: usize| args.get(at).cloned().unwrap_or_else(Type::object);
            let dictionary = Dictionary::new(part(0), part(1), Value::Null);
            if !token.is_object() {
                return Err(wrong());
            }
            for child in token.children() {
                let key = to_object(run, &JToken::string(child.name().unwrap_or_default()), &part(0))?;
                let item = child.property_value().unwrap_or_else(JToken::null);
                let item = to_object(run, &item, &part(1))?;
                dictionary.set(run, key, item)?;
            }
            Ok(Value::object(dictionary))
        }
        Type::Named(id, _)
            if [
                known::LIST,
                known::ILIST,
                known::ICOLLECTION,
                known::ENUMERABLE,
                known::READ_ONLY_LIST,
                known::READ_ONLY_COLLECTION,
                known::HASH_SET,
            ]
            .contains(id) =>
        {
            let item = item_of(ty);
            let mut items = Vec::new();
            for child in array_children(token).ok_or_else(wrong)? {
                items.push(to_object(run, &child, &item)?);
            }
            if *id == known::HASH_SET {
                return super::set::new_set(run, item, Value::Null, items);
            }
            Ok(Value::object(List::new(item, items)))
        }
        Type::Anonymous(members) => {
            let mut items = Vec::new();
            for (name, ty) in members.iter() {
                match token.get(name) {
                    Some(found) => items.push(to_object(run, &found, ty)?),
                    None => items.push(crate::run::default_value(ty)),
                }
            }
            Ok(Value::object(TupleObject::new(ty.clone(), items)))
        }
        _ if ty.is_enum() => {
            let id = ty.def().unwrap_or(known::INT32);
            match token.scalar() {
                Some(JScalar::String(name)) => {
                    let found = registry().def(id).values.iter().find(|(found, _)| found.eq_ignore_ascii_case(&name));
                    found.map(|(_, number)| Value::Enum(id, *number)).ok_or_else(wrong)
                }
                Some(scalar) => Ok(Value::Enum(id, crate::run::ops::to_i128(&from_scalar(&scalar)) as i64)),
                None => Err(wrong()),
            }
        }
        _ => Err(wrong()),
    }
}

fn array_children(token: &JToken) -> Option<Vec<JToken>> {
    token.is_array().then(|| token.children())
}

/// A body as a token type. `None`: another type.
pub fn body(text: &str, ty: &Type) -> Result<Option<Value>, Thrown> {
    let parsed = if ty.is(known::JOBJECT) {
        json::parse_object(text)
    } else if ty.is(known::JARRAY) {
        json::parse_array(text)
    } else if ty.is(known::JTOKEN) {
        json::parse_token(text)
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
            let made = from_object(run, &item)?;
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

/// The value inside a token, for operators of `dynamic`.
pub fn plain(value: &Value) -> Value {
    match token_of(value).and_then(JToken::scalar) {
        Some(scalar) => from_scalar(&scalar),
        None => value.clone(),
    }
}

fn formatting(a: &Args<'_, '_>, at: usize) -> Formatting {
    match a.get(at) {
        Value::Enum(_, 1) => Formatting::Indented,
        _ => Formatting::None,
    }
}

/// A token as text, in the `Formatting` of an argument.
pub fn print_token(token: &JToken, formatting: &Value) -> String {
    let indented = matches!(formatting, Value::Enum(_, 1));
    let mut writer = JsonWriter::new(if indented { Formatting::Indented } else { Formatting::None });
    writer.token(token);
    writer.finish()
}

fn serialize(a: &mut Args<'_, '_>) -> Outcome {
    let item = a.value(0);
    let token = from_object(a.run, &item)?;
    let text = print_token(&token, a.get(1));
    a.make(text)
}

fn tokens(items: Vec<JToken>) -> Value {
    of_items(Type::of(known::JTOKEN), items.into_iter().map(value).collect())
}

fn properties(token: &JToken) -> Value {
    of_items(Type::of(known::JPROPERTY), token.children().into_iter().map(value).collect())
}

fn select(a: &mut Args<'_, '_>, many: bool) -> Outcome {
    let token = this(a)?.clone();
    let path = a.text(1, "path")?.as_str().to_owned();
    let strict = a.bool(2);
    a.run.steps(path.len())?;
    if many {
        return Ok(tokens(token.select_tokens(&path, strict)?));
    }
    Ok(optional(token.select_token(&path, strict)?))
}

fn add(a: &mut Args<'_, '_>) -> Outcome {
    let container = this(a)?.clone();
    build(a, container, 1)?;
    Ok(Value::Null)
}

fn items_as(a: &mut Args<'_, '_>, items: Vec<JToken>, ty: &Type) -> Outcome {
    let mut converted = Vec::new();
    for item in items {
        converted.push(value_as(a.run, Some(&item), ty)?);
    }
    Ok(of_items(ty.clone(), converted))
}

fn merge_settings(a: &Args<'_, '_>) -> MergeSettings {
    let mut settings = MergeSettings::default();
    if let Some(found) = downcast::<SettingsObject>(a.get(2)) {
        settings.arrays = match found.array.get() {
            1 => MergeArray::Union,
            2 => MergeArray::Replace,
            3 => MergeArray::Merge,
            _ => MergeArray::Concat,
        };
        settings.nulls = found.null.get() == 1;
    }
    settings
}

struct SettingsObject {
    array: std::cell::Cell<i64>,
    null: std::cell::Cell<i64>,
}

impl Object for SettingsObject {
    fn type_of(&self) -> Type {
        Type::of(registry().full("Newtonsoft.Json.Linq.JsonMergeSettings", 0).unwrap_or(known::OBJECT))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn key_value(a: &mut Args<'_, '_>) -> Outcome {
    let _ = format::plain;
    let ty = a.ty(0);
    let token = this(a)?.clone();
    let found = match a.get(1) {
        Value::Str(name) => token.index_name(name.as_str())?,
        number => token.index_number(crate::run::ops::to_i128(number) as i32)?,
    };
    value_as(a.run, found.as_ref(), &ty)
}

/// `as<T>` of the sequence's tokens.
fn values_of(a: &mut Args<'_, '_>, name: Option<usize>, ty: &Type) -> Outcome {
    let source = a.value(0);
    let mut found = Vec::new();
    for item in a.run.collect(&source)? {
        let Some(token) = token_of(&item) else { continue };
        match name {
            Some(at) => found.extend(token.index_name(a.str_or_empty(at))?),
            None if token.is_container() => found.extend(token.children()),
            None => found.push(token.clone()),
        }
    }
    items_as(a, found, ty)
}

macro_rules! casts {
    ($($ty:literal),* $(,)?) => {
        &[$((concat!("explicit ", $ty, "(JToken value)"), |a| cast_to(a, &named_type($ty)))),*]
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
fn implicit(a: &mut Args<'_, '_>) -> Outcome {
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
    TypeTable { decl: "class Newtonsoft.Json.Linq.JToken : IEnumerable<JToken>", members: CASTS },
    TypeTable { decl: "class Newtonsoft.Json.Linq.JToken : IEnumerable<JToken>", members: IMPLICITS },
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "enum Newtonsoft.Json.Formatting { None, Indented }", members: &[] },
    TypeTable {
        decl: "enum Newtonsoft.Json.Linq.JTokenType { None, Object, Array, Constructor, Property, Comment, Integer, Float, String, Boolean, Null, Undefined, Date, Raw, Bytes, Guid, Uri, TimeSpan }",
        members: &[],
    },
    TypeTable { decl: "enum Newtonsoft.Json.Linq.MergeArrayHandling { Concat, Union, Replace, Merge }", members: &[] },
    TypeTable { decl: "flags enum Newtonsoft.Json.Linq.MergeNullValueHandling { Ignore, Merge }", members: &[] },
    TypeTable {
        decl: "class Newtonsoft.Json.Linq.JsonMergeSettings",
        members: &[
            ("new()", |_| Ok(Value::object(SettingsObject { array: Default::default(), null: Default::default() }))),
            ("set MergeArrayHandling MergeArrayHandling", |a| {
                a.object::<SettingsObject>(0)?.array.set(a.i64(1));
                Ok(Value::Null)
            }),
            ("set MergeNullValueHandling MergeNullValueHandling", |a| {
                a.object::<SettingsObject>(0)?.null.set(a.i64(1));
                Ok(Value::Null)
            }),
        ],
    },
    TypeTable { decl: "class Newtonsoft.Json.Linq.JToken : IEnumerable<JToken>", members: TOKEN },
    TypeTable { decl: "class Newtonsoft.Json.Linq.JContainer : JToken", members: CONTAINER },
    TypeTable { decl: "class Newtonsoft.Json.Linq.JObject : JContainer", members: OBJECT },
    TypeTable {
        decl: "class Newtonsoft.Json.Linq.JArray : JContainer, IList<JToken>",
        members: &[
            ("new()", |_| Ok(value(JToken::array()))),
            ("new(params object[] content)", |a| build(a, JToken::array(), 0)),
            ("new(object content)", |a| build(a, JToken::array(), 0)),
            ("static JArray Parse(string json)", |a| Ok(value(json::parse_array(a.text(0, "json")?.as_str())?))),
            ("static JArray FromObject(object o)", |a| {
                let item = a.value(0);
                from_object(a.run, &item).map(value)
            }),
            ("JToken this[int index]", key),
            ("set JToken this[int index]", set_key),
            ("JToken this[object key]", key),
            ("set JToken this[object key]", set_key),
            ("void Add(JToken item)", add),
            ("bool Remove(JToken item)", |a| {
                let item = token_arg(a, 1);
                let array = this(a)?;
                Ok(Value::Bool(match item {
                    Some(item) => array.remove_item(&item)?,
                    None => false,
                }))
            }),
            ("void RemoveAt(int index)", |a| {
                this(a)?.remove_at(a.i32(1))?;
                Ok(Value::Null)
            }),
            ("void Insert(int index, JToken item)", |a| {
                let item = token_arg(a, 2).unwrap_or_else(JToken::null);
                this(a)?.insert(a.i32(1), &item)?;
                Ok(Value::Null)
            }),
            ("int IndexOf(JToken item)", |a| {
                Ok(Value::Int32(token_arg(a, 1).map_or(-1, |item| this(a).map_or(-1, |array| array.index_of(&item)))))
            }),
            ("bool Contains(JToken item)", |a| {
                let item = token_arg(a, 1);
                Ok(Value::Bool(item.is_some_and(|item| this(a).is_ok_and(|array| array.index_of(&item) >= 0))))
            }),
            ("void Clear()", |a| {
                this(a)?.clear()?;
                Ok(Value::Null)
            }),
            ("IEnumerator<JToken> GetEnumerator()", super::list::enumerator),
        ],
    },
    TypeTable {
        decl: "class Newtonsoft.Json.Linq.JProperty : JContainer",
        members: &[
            ("new(string name, object content)", property),
            ("new(string name, params object[] content)", property),
            ("string Name", |a| Ok(Value::string(this(a)?.name().unwrap_or_default()))),
            ("JToken Value", |a| Ok(optional(this(a)?.property_value()))),
            ("set JToken Value", |a| {
                let item = token_arg(a, 1);
                this(a)?.set_property_value(item.as_ref())?;
                Ok(Value::Null)
            }),
        ],
    },
    TypeTable {
        decl: "class Newtonsoft.Json.Linq.JValue : JToken, IComparable, IFormattable",
        members: &[
            ("new(object value)", |a| {
                let scalar =
                    to_scalar(a.get(0)).ok_or_else(|| Thrown::argument("Could not determine JSON object type."))?;
                Ok(value(JToken::value(scalar)))
            }),
            ("new(string value)", implicit),
            ("new(long value)", implicit),
            ("new(double value)", implicit),
            ("new(bool value)", implicit),
            ("new(decimal value)", implicit),
            ("new(DateTime value)", implicit),
            ("new(Guid value)", implicit),
            ("static JValue CreateNull()", |_| Ok(value(JToken::null()))),
            ("static JValue CreateString(string value)", implicit),
            ("object Value", |a| Ok(this(a)?.scalar().as_ref().map_or(Value::Null, from_scalar))),
            ("set object Value", |a| {
                let scalar = to_scalar(a.get(1)).unwrap_or(JScalar::Null);
                this(a)?.set_scalar(scalar);
                Ok(Value::Null)
            }),
            ("string ToString(string format)", |a| {
                let inner = this(a)?.scalar().as_ref().map_or(Value::Null, from_scalar);
                let text = a.run.format(&inner, a.str_or_empty(1).to_owned().as_str())?;
                a.make(text)
            }),
            ("int CompareTo(JValue obj)", super::object::compare_to),
        ],
    },
    TypeTable { decl: "class Newtonsoft.Json.Linq.JConstructor : JContainer", members: &[] },
    TypeTable {
        decl: "class Newtonsoft.Json.Linq.JRaw : JValue",
        members: &[("new(object rawJson)", |a| Ok(value(JToken::value(JScalar::Raw(a.get(0).to_text())))))],
    },
    TypeTable {
        decl: "static class Newtonsoft.Json.Linq.Extensions",
        members: &[
            ("static U Value<U>(this IEnumerable<JToken> value)", |a| {
                let (token, ty) = (token_arg(a, 0), a.ty(0));
                value_as(a.run, token.as_ref(), &ty)
            }),
            ("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source)", |a| {
                let ty = a.ty(0);
                values_of(a, None, &ty)
            }),
            ("static IEnumerable<JToken> Values(this IEnumerable<JToken> source)", |a| {
                values_of(a, None, &Type::of(known::JTOKEN))
            }),
            ("static IEnumerable<JToken> Values(this IEnumerable<JToken> source, object key)", |a| {
                values_of(a, Some(1), &Type::of(known::JTOKEN))
            }),
            ("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source, object key)", |a| {
                let ty = a.ty(0);
                values_of(a, Some(1), &ty)
            }),
            ("static IEnumerable<JProperty> Properties(this IEnumerable<JObject> source)", |a| {
                values_of(a, None, &Type::of(known::JPROPERTY))
            }),
            ("static IEnumerable<JToken> Children<T>(this IEnumerable<T> source)", |a| {
                values_of(a, None, &Type::of(known::JTOKEN))
            }),
        ],
    },
    TypeTable {
        decl: "class Newtonsoft.Json.JsonSerializerSettings",
        members: &[("new()", |_| Ok(value(JToken::object())))],
    },
    TypeTable {
        decl: "static class Newtonsoft.Json.JsonConvert",
        members: &[
            ("static string SerializeObject(object value)", serialize),
            ("static string SerializeObject(object value, Formatting formatting)", serialize),
            ("static object DeserializeObject(string value)", |a| {
                let token = json::parse_token(a.text(0, "value")?.as_str())?;
                Ok(match token.scalar() {
                    Some(scalar) => from_scalar(&scalar),
                    None => value(token),
                })
            }),
            ("static T DeserializeObject<T>(string value)", |a| {
                let (token, ty) = (json::parse_token(a.text(0, "value")?.as_str())?, a.ty(0));
                to_object(a.run, &token, &ty)
            }),
            ("static T DeserializeAnonymousType<T>(string value, T anonymousTypeObject)", |a| {
                let (token, ty) = (json::parse_token(a.text(0, "value")?.as_str())?, a.ty(0));
                to_object(a.run, &token, &ty)
            }),
        ],
    },
];

static TOKEN: &[(&str, Native)] = &[
    ("static JToken Parse(string json)", |a| Ok(value(json::parse_token(a.text(0, "json")?.as_str())?))),
    ("static JToken FromObject(object o)", |a| {
        let item = a.value(0);
        if item.is_null() {
            return Err(Thrown::argument_null("o"));
        }
        from_object(a.run, &item).map(value)
    }),
    ("static bool DeepEquals(JToken t1, JToken t2)", |a| {
        Ok(Value::Bool(deep_equals(token_of(a.get(0)), token_of(a.get(1)))))
    }),
    ("JToken this[object key]", key),
    ("set JToken this[object key]", set_key),
    ("JTokenType Type", |a| {
        let id = registry().full("Newtonsoft.Json.Linq.JTokenType", 0).unwrap_or(known::INT32);
        let name = this(a)?.token_type().to_string();
        let number =
            registry().def(id).values.iter().find(|(found, _)| *found == name).map_or(0, |(_, number)| *number);
        Ok(Value::Enum(id, number))
    }),
    ("string Path", |a| {
        let path = this(a)?.path();
        a.make(path)
    }),
    ("bool HasValues", |a| Ok(Value::Bool(this(a)?.has_values()))),
    ("JContainer Parent", |a| Ok(optional(this(a)?.parent()))),
    ("JToken Root", |a| Ok(value(this(a)?.root()))),
    ("JToken First", |a| Ok(optional(this(a)?.first()?))),
    ("JToken Last", |a| Ok(optional(this(a)?.last()?))),
    ("JToken Next", |a| Ok(optional(this(a)?.next()))),
    ("JToken Previous", |a| Ok(optional(this(a)?.previous()))),
    ("IEnumerable<JToken> Children()", |a| Ok(tokens(this(a)?.children()))),
    ("IEnumerable<T> Children<T>()", |a| {
        let (ty, children) = (a.ty(0), this(a)?.children());
        let kept = children.into_iter().map(value).filter(|child| crate::run::is_instance(child, &ty)).collect();
        Ok(of_items(ty, kept))
    }),
    ("IEnumerable<JToken> Ancestors()", |a| Ok(tokens(this(a)?.ancestors()))),
    ("IEnumerable<JToken> AncestorsAndSelf()", |a| Ok(tokens(this(a)?.ancestors_and_self()))),
    ("IEnumerable<JToken> AfterSelf()", |a| Ok(tokens(this(a)?.after_self()))),
    ("IEnumerable<JToken> BeforeSelf()", |a| Ok(tokens(this(a)?.before_self()))),
    ("T Value<T>(object key)", key_value),
    ("IEnumerable<T> Values<T>()", |a| {
        let (ty, children) = (a.ty(0), this(a)?.children());
        items_as(a, children, &ty)
    }),
    ("T ToObject<T>()", |a| {
        let (token, ty) = (this(a)?.clone(), a.ty(0));
        to_object(a.run, &token, &ty)
    }),
    ("object ToObject(Type objectType)", |a| {
        let (token, ty) = (this(a)?.clone(), super::reflection::type_of(a.get(1)).unwrap_or_else(Type::object));
        to_object(a.run, &token, &ty)
    }),
    ("JToken SelectToken(string path)", |a| select(a, false)),
    ("JToken SelectToken(string path, bool errorWhenNoMatch)", |a| select(a, false)),
    ("IEnumerable<JToken> SelectTokens(string path)", |a| select(a, true)),
    ("IEnumerable<JToken> SelectTokens(string path, bool errorWhenNoMatch)", |a| select(a, true)),
    ("JToken DeepClone()", |a| Ok(value(this(a)?.deep_clone()))),
    ("void Remove()", |a| {
        this(a)?.remove()?;
        Ok(Value::Null)
    }),
    ("void Replace(JToken value)", |a| {
        let item = token_arg(a, 1);
        this(a)?.replace(item.as_ref())?;
        Ok(Value::Null)
    }),
    ("void AddAfterSelf(object content)", |a| {
        let item = a.value(1);
        let made = from_object(a.run, &item)?;
        this(a)?.add_after_self(&made)?;
        Ok(Value::Null)
    }),
    ("void AddBeforeSelf(object content)", |a| {
        let item = a.value(1);
        let made = from_object(a.run, &item)?;
        this(a)?.add_before_self(&made)?;
        Ok(Value::Null)
    }),
    ("string ToString()", |a| {
        let text = this(a)?.text();
        a.make(text)
    }),
    ("string ToString(Formatting formatting)", |a| {
        let text = this(a)?.to_json(formatting(a, 1));
        a.make(text)
    }),
    ("IEnumerator<JToken> GetEnumerator()", super::list::enumerator),
];

static CONTAINER: &[(&str, Native)] = &[
    ("int Count", |a| Ok(Value::Int32(this(a)?.child_count() as i32))),
    ("void Add(object content)", add),
    ("void AddFirst(object content)", |a| {
        let item = a.value(1);
        let made = from_object(a.run, &item)?;
        this(a)?.add_first(&made)?;
        Ok(Value::Null)
    }),
    ("void RemoveAll()", |a| {
        this(a)?.clear()?;
        Ok(Value::Null)
    }),
    ("void ReplaceAll(object content)", |a| {
        let item = a.value(1);
        let mut made = Vec::new();
        contents(a.run, &item, &mut made)?;
        this(a)?.replace_all(&made)?;
        Ok(Value::Null)
    }),
    ("void Merge(object content)", |a| {
        let item = a.value(1);
        let made = from_object(a.run, &item)?;
        this(a)?.merge(&made, MergeSettings::default())?;
        Ok(Value::Null)
    }),
    ("void Merge(object content, JsonMergeSettings settings)", |a| {
        let item = a.value(1);
        let made = from_object(a.run, &item)?;
        this(a)?.merge(&made, merge_settings(a))?;
        Ok(Value::Null)
    }),
    ("IEnumerable<JToken> Descendants()", |a| Ok(tokens(this(a)?.descendants()))),
    ("IEnumerable<JToken> DescendantsAndSelf()", |a| Ok(tokens(this(a)?.descendants_and_self()))),
];

static OBJECT: &[(&str, Native)] = &[
    ("new()", |_| Ok(value(JToken::object()))),
    ("new(params object[] content)", |a| build(a, JToken::object(), 0)),
    ("new(object content)", |a| build(a, JToken::object(), 0)),
    ("static JObject Parse(string json)", |a| Ok(value(json::parse_object(a.text(0, "json")?.as_str())?))),
    ("static JObject FromObject(object o)", |a| {
        let item = a.value(0);
        if item.is_null() {
            return Err(Thrown::argument_null("o"));
        }
        let made = from_object(a.run, &item)?;
        if made.is_object() {
            return Ok(value(made));
        }
        let message = format!("Object serialized to {}. JObject instance expected.", made.token_type());
        Err(Thrown::argument(&message))
    }),
    ("JToken this[string propertyName]", |a| Ok(optional(this(a)?.get(a.text(1, "propertyName")?.as_str())))),
    ("set JToken this[string propertyName]", set_key),
    ("JToken this[object key]", key),
    ("set JToken this[object key]", set_key),
    ("void Add(string propertyName, JToken value)", |a| {
        let item = token_arg(a, 2).unwrap_or_else(JToken::null);
        a.run.charge(64)?;
        this(a)?.add_property(a.text(1, "propertyName")?.as_str(), &item)?;
        Ok(Value::Null)
    }),
    ("bool TryAdd(string propertyName, JToken value)", |a| {
        let item = token_arg(a, 2).unwrap_or_else(JToken::null);
        let token = this(a)?;
        let name = a.text(1, "propertyName")?;
        let missing = token.get(name.as_str()).is_none();
        if missing {
            token.add_property(name.as_str(), &item)?;
        }
        Ok(Value::Bool(missing))
    }),
    ("bool Remove(string propertyName)", |a| {
        Ok(Value::Bool(this(a)?.remove_property(a.text(1, "propertyName")?.as_str())))
    }),
    ("bool ContainsKey(string propertyName)", |a| {
        Ok(Value::Bool(this(a)?.get(a.text(1, "propertyName")?.as_str()).is_some()))
    }),
    ("JProperty Property(string name)", |a| Ok(optional(this(a)?.property_named(a.str_or_empty(1))))),
    ("JProperty Property(string name, StringComparison comparison)", property_where),
    ("IEnumerable<JProperty> Properties()", |a| Ok(properties(this(a)?))),
    ("IEnumerable<JToken> PropertyValues()", |a| {
        Ok(tokens(this(a)?.children().iter().filter_map(JToken::property_value).collect()))
    }),
    ("JToken GetValue(string propertyName)", |a| Ok(optional(this(a)?.get(a.str_or_empty(1))))),
    ("JToken GetValue(string propertyName, StringComparison comparison)", |a| {
        let found = property_where(a)?;
        Ok(optional(token_of(&found).and_then(JToken::property_value)))
    }),
    ("bool TryGetValue(string propertyName, out JToken value)", |a| {
        let found = this(a)?.get(a.str_or_empty(1));
        let present = found.is_some();
        a.set_out(2, optional(found));
        Ok(Value::Bool(present))
    }),
    ("bool TryGetValue(string propertyName, StringComparison comparison, out JToken value)", |a| {
        let found = property_where(a)?;
        let found = token_of(&found).and_then(JToken::property_value);
        let present = found.is_some();
        a.set_out(3, optional(found));
        Ok(Value::Bool(present))
    }),
    ("IEnumerator<KeyValuePair<string, JToken>> GetEnumerator()", |a| {
        let list = pairs(a)?;
        a.run.native(super::list::enumerator, &[list], &[pair_type()])
    }),
];

/// The names and values of an object, as its own enumerator gives them.
pub fn pairs(a: &mut Args<'_, '_>) -> Outcome {
    let ty = pair_type();
    let pairs = this(a)?.children();
    let pairs = pairs.iter().map(|child| {
        super::dictionary::pair(
            ty.clone(),
            Value::string(child.name().unwrap_or_default()),
            optional(child.property_value()),
        )
    });
    Ok(Value::object(List::new(ty.clone(), pairs.collect())))
}

fn pair_type() -> Type {
    Type::generic(known::KEY_VALUE, vec![Type::string(), Type::of(known::JTOKEN)])
}

fn property_where(a: &mut Args<'_, '_>) -> Outcome {
    use crate::dotnet::text::string::{StringComparison, equals};
    let comparison = StringComparison::from_i32(a.i32(2))?;
    let found = this(a)?.property_where(a.str_or_empty(1), |x, y| equals(x, y, comparison));
    Ok(optional(found))
}
