//! Values to tokens and text: `JToken.FromObject`, `JsonConvert.SerializeObject`.

use super::settings::Style;
use super::{to_scalar, token_of};
use crate::dotnet::data::json::{Formatting, JScalar, JToken, JsonWriter};
use crate::library::array::Array;
use crate::library::dictionary::{Dictionary, Pair};
use crate::library::exception::ExceptionObject;
use crate::library::tuple::TupleObject;
use crate::run::{Run, Thrown, same_reference};
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
    Writing { style, open: Vec::new() }.token(run, value, None)
}

/// The serializer at work.
struct Writing<'s> {
    style: &'s Style,
    /// What the value that is written next is inside of, outermost first.
    open: Vec<Value>,
}

impl Writing<'_> {
    /// `member`: the property that has the value.
    fn token(&mut self, run: &mut Run<'_>, value: &Value, member: Option<&str>) -> Result<JToken, Thrown> {
        if let Some(token) = token_of(value) {
            return restyled(run, token, self.style);
        }
        if let Some(scalar) = to_scalar(value) {
            return Ok(JToken::value(self.style.scalar(run, scalar)?));
        }
        if let Some(node) = crate::library::xml::node::node_of(value) {
            let node = node.clone();
            return crate::library::xml::json::to_token(run, &node, false);
        }
        if let Some(ty) = crate::library::reflection::type_of(value) {
            return Ok(JToken::string(ty.to_string_name()));
        }
        run.steps(self.open.len() / LOOKED_AT_A_STEP)?;
        if self.open.iter().any(|outer| same_reference(outer, value)) {
            return Err(self_reference(value, member));
        }
        self.open.push(value.clone());
        let written = run.nested(|run| self.container(run, value));
        self.open.pop();
        written
    }

    fn container(&mut self, run: &mut Run<'_>, value: &Value) -> Result<JToken, Thrown> {
        run.charge(64)?;
        if let Some(tuple) = downcast::<TupleObject>(value) {
            return self.object(run, tuple.members());
        }
        if let Some(pair) = downcast::<Pair>(value) {
            return self.object(run, [("Key".into(), pair.key.clone()), ("Value".into(), pair.value.clone())]);
        }
        if let Some(exception) = downcast::<ExceptionObject>(value) {
            let members = exception_members(run, exception);
            return self.object(run, members);
        }
        if let Some(object) = self.dictionary(run, value)? {
            return Ok(object);
        }
        if let Some(grid) = downcast::<Array>(value).filter(|array| array.rank() > 1) {
            return self.grid(run, grid.sizes(), &grid.to_vec());
        }
        match run.cursor(value) {
            Ok(mut cursor) => {
                let array = JToken::array();
                while let Some(item) = cursor.next(run)? {
                    run.step()?;
                    let item = self.token(run, &item, None)?;
                    array.add(&item)?;
                }
                return Ok(array);
            }
            Err(thrown) if thrown.exception().is_none() => return Err(thrown),
            Err(_) => {}
        }
        let members = crate::library::facts::properties(run, value)?;
        self.object(run, members)
    }

    /// An array of more than one dimension: arrays inside one another.
    fn grid(&mut self, run: &mut Run<'_>, sizes: &[usize], items: &[Value]) -> Result<JToken, Thrown> {
        run.step()?;
        let array = JToken::array();
        if let [_, inner @ ..] = sizes
            && !inner.is_empty()
        {
            let width: usize = inner.iter().product();
            for row in items.chunks(width.max(1)) {
                array.add(&self.grid(run, inner, row)?)?;
            }
        } else {
            for item in items {
                run.charge(64)?;
                array.add(&self.token(run, item, None)?)?;
            }
        }
        Ok(array)
    }

    /// An object of named values; those that the settings leave out are not in it.
    fn object(
        &mut self,
        run: &mut Run<'_>,
        members: impl IntoIterator<Item = (SmolStr, Value)>,
    ) -> Result<JToken, Thrown> {
        let object = JToken::object();
        for (name, item) in members {
            if self.style.leaves_out(&item) {
                continue;
            }
            run.charge(64)?;
            let item = self.token(run, &item, Some(&name))?;
            object.add_property(&name, &item)?;
        }
        Ok(object)
    }

    /// A dictionary of the program or of the context.
    fn dictionary(&mut self, run: &mut Run<'_>, value: &Value) -> Result<Option<JToken>, Thrown> {
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
            let item = self.token(run, &item, None)?;
            object.set_name(&name, Some(&item))?;
        }
        Ok(Some(object))
    }
}

/// Outer values compared with the next one that count as one step.
const LOOKED_AT_A_STEP: usize = 16;

fn self_reference(value: &Value, member: Option<&str>) -> Thrown {
    let property = member.map(|name| format!(" for property '{name}'")).unwrap_or_default();
    let ty = value.runtime_type().map(|ty| ty.to_string_name()).unwrap_or_default();
    let message = format!("Self referencing loop detected{property} with type '{ty}'.");
    Thrown::new("Newtonsoft.Json.JsonSerializationException", message)
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

/// The property name of a dictionary's key: dates in ISO form, the rest as `ToString` has it.
fn key_text(run: &mut Run<'_>, key: &Value) -> Result<String, Thrown> {
    if let Some(scalar @ (JScalar::Date(_) | JScalar::DateOffset(_))) = to_scalar(key) {
        let text = print_token(&JToken::value(scalar), &Value::Null);
        return Ok(text.trim_matches('"').to_owned());
    }
    Ok(run.print_str(key)?.as_str().to_owned())
}

/// What `ISerializable` gives of an exception.
fn exception_members(run: &mut Run<'_>, exception: &ExceptionObject) -> Vec<(SmolStr, Value)> {
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
    members
}
