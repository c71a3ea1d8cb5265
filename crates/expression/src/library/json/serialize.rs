//! Values to tokens and text: `JToken.FromObject`, `JsonConvert.SerializeObject`.

use super::settings::Style;
use super::{to_scalar, token_of};
use crate::dotnet::data::json::{Formatting, JScalar, JToken, JsonWriter};
use crate::library::dictionary::{Dictionary, Pair};
use crate::library::exception::ExceptionObject;
use crate::library::tuple::TupleObject;
use crate::run::{Run, Thrown};
use crate::types::Type;
use crate::value::{Value, downcast};
use smol_str::SmolStr;

/// A token as text, in the `Formatting` of an argument.
pub fn print_token(token: &JToken, formatting: &Value) -> String {
    let indented = matches!(formatting, Value::Enum(_, 1));
    let mut writer = JsonWriter::new(if indented { Formatting::Indented } else { Formatting::None });
    writer.token(token);
    writer.finish()
}

/// `JToken.FromObject`.
pub fn from_object(run: &mut Run<'_>, value: &Value) -> Result<JToken, Thrown> {
    styled(run, value, &Style::default())
}

/// The tokens of a value, as serializer settings shape them.
pub fn styled(run: &mut Run<'_>, value: &Value, style: &Style) -> Result<JToken, Thrown> {
    if let Some(token) = token_of(value) {
        return restyled(run, token, style);
    }
    if let Some(scalar) = to_scalar(value) {
        return Ok(JToken::value(style.scalar(run, scalar)?));
    }
    if let Some(node) = crate::library::xml::node::node_of(value) {
        let node = node.clone();
        return crate::library::xml::json::to_token(run, &node, false);
    }
    if let Some(ty) = crate::library::reflection::type_of(value) {
        return Ok(JToken::string(ty.to_string_name()));
    }
    run.nested(|run| from_container(run, value, style))
}

/// A token with its dates written as the settings say; the token itself where they say nothing.
fn restyled(run: &mut Run<'_>, token: &JToken, style: &Style) -> Result<JToken, Thrown> {
    if style.keeps_dates() {
        return Ok(token.clone());
    }
    let copy = token.deep_clone();
    for item in copy.descendants_and_self() {
        run.step()?;
        if let Some(scalar) = item.scalar() {
            item.set_scalar(style.scalar(run, scalar)?);
        }
    }
    Ok(copy)
}

fn from_container(run: &mut Run<'_>, value: &Value, style: &Style) -> Result<JToken, Thrown> {
    run.charge(64)?;
    if let Some(tuple) = downcast::<TupleObject>(value) {
        let names: Vec<SmolStr> = match tuple.ty() {
            Type::Anonymous(members) => members.iter().map(|(name, _)| name.clone()).collect(),
            _ => (1..=tuple.items().len()).map(|at| smol_str::format_smolstr!("Item{at}")).collect(),
        };
        return object(run, names.iter().cloned().zip(tuple.items().iter().cloned()), style);
    }
    if let Some(pair) = downcast::<Pair>(value) {
        let parts = [("Key".into(), pair.key.clone()), ("Value".into(), pair.value.clone())];
        return object(run, parts, style);
    }
    if let Some(exception) = downcast::<ExceptionObject>(value) {
        return from_exception(run, exception, style);
    }
    if let Some(object) = from_dictionary(run, value, style)? {
        return Ok(object);
    }
    match run.cursor(value) {
        Ok(mut cursor) => {
            let array = JToken::array();
            while let Some(item) = cursor.next(run)? {
                run.step()?;
                let item = styled(run, &item, style)?;
                array.add(&item)?;
            }
            return Ok(array);
        }
        Err(thrown) if thrown.exception().is_none() => return Err(thrown),
        Err(_) => {}
    }
    let members = crate::library::facts::properties(run, value)?;
    object(run, members, style)
}

/// An object of named values; those that the settings leave out are not in it.
fn object(
    run: &mut Run<'_>,
    members: impl IntoIterator<Item = (SmolStr, Value)>,
    style: &Style,
) -> Result<JToken, Thrown> {
    let object = JToken::object();
    for (name, item) in members {
        if style.leaves_out(&item) {
            continue;
        }
        run.charge(64)?;
        let item = styled(run, &item, style)?;
        object.add_property(&name, &item)?;
    }
    Ok(object)
}

/// A dictionary of the program or of the context.
fn from_dictionary(run: &mut Run<'_>, value: &Value, style: &Style) -> Result<Option<JToken>, Thrown> {
    let pairs = match downcast::<Dictionary>(value) {
        Some(dictionary) => dictionary.entries.borrow().iter().cloned().collect(),
        None => match crate::library::facts::pairs(run, value)? {
            Some(pairs) => pairs,
            None => return Ok(None),
        },
    };
    let object = JToken::object();
    for (key, item) in pairs {
        run.charge(64)?;
        let name = key_text(run, &key)?;
        let item = styled(run, &item, style)?;
        object.set_name(&name, Some(&item))?;
    }
    Ok(Some(object))
}

/// The property name of a dictionary's key: dates in ISO form, the rest as `ToString` has it.
fn key_text(run: &mut Run<'_>, key: &Value) -> Result<String, Thrown> {
    if let Some(scalar @ (JScalar::Date(_) | JScalar::DateOffset(_))) = to_scalar(key) {
        let text = print_token(&JToken::value(scalar), &Value::Null);
        return Ok(text.trim_matches('"').to_owned());
    }
    Ok(run.print_str(key)?.as_str().to_owned())
}

/// What `ISerializable` gives of an exception.
fn from_exception(run: &mut Run<'_>, exception: &ExceptionObject, style: &Style) -> Result<JToken, Thrown> {
    let text = |text: String| Value::string(text);
    let mut members: Vec<(SmolStr, Value)> = vec![
        ("ClassName".into(), text(exception.type_name())),
        ("Message".into(), text(exception.message(run))),
        ("Data".into(), Value::Null),
        ("InnerException".into(), exception.inner.clone()),
        ("HelpURL".into(), Value::Null),
        ("StackTraceString".into(), Value::Null),
        ("RemoteStackTraceString".into(), Value::Null),
        ("RemoteStackIndex".into(), Value::Int32(0)),
        ("ExceptionMethod".into(), Value::Null),
        ("HResult".into(), Value::Int32(-2_146_233_088)),
        ("Source".into(), Value::Null),
        ("WatsonBuckets".into(), Value::Null),
    ];
    if let Some(parameter) = &exception.parameter {
        members.push(("ParamName".into(), text(parameter.clone())));
    }
    object(run, members, style)
}
