//! `JContainer` and the tokens that contain others.

use super::sequence::{children_of, descendants, tokens};
use super::settings::merge_settings;
use super::token::{key, made_from, parse, set_key, token_arg};
use super::{optional, this, to_scalar, token_of, value};
use crate::dotnet::data::error::Result as DotnetResult;
use crate::dotnet::data::json::{self, JToken};
use crate::library::TypeTable;
use crate::library::array::Array;
use crate::library::dictionary::pair;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::{Type, convert, known};
use crate::value::{Cursor, Value, downcast};

/// A value that JSON has no token for.
pub fn undetermined(content: &Value) -> Thrown {
    let ty = content.runtime_type().map(|ty| ty.to_string_name()).unwrap_or_default();
    Thrown::argument(&format!("Could not determine JSON object type for type {ty}."))
}

/// Whether a content is many: a sequence, but no text, token or `byte[]`.
fn is_many(content: &Value) -> bool {
    if !matches!(content, Value::Obj(_) | Value::Part(_)) || token_of(content).is_some() {
        return false;
    }
    match downcast::<Array>(content) {
        Some(array) => !array.is_bytes(),
        None => content.runtime_type().is_some_and(|ty| convert::find_super(&ty, known::ENUMERABLE_OBJECT).is_some()),
    }
}

/// The token of a content that is one.
fn single(content: &Value) -> Result<JToken, Thrown> {
    if let Some(token) = token_of(content) {
        return Ok(token.clone());
    }
    match to_scalar(content).filter(|_| !matches!(content, Value::Char(_))) {
        Some(scalar) => Ok(JToken::value(scalar)),
        None => Err(undetermined(content)),
    }
}

/// The tokens of a content: of each item where it is many, also of those within.
fn contents(run: &mut Run<'_>, content: &Value, out: &mut Vec<JToken>) -> Result<(), Thrown> {
    run.charge(64)?;
    if !is_many(content) {
        out.push(single(content)?);
        return Ok(());
    }
    for item in run.collect(content)? {
        run.nested(|run| contents(run, &item, out))?;
    }
    Ok(())
}

/// Fills a new container with the arguments.
fn build(a: &mut Args<'_, '_>, container: JToken, from: usize) -> Outcome {
    if a.len() > from {
        fill(a, &container, from)?;
    }
    Ok(value(container))
}

fn fill(a: &mut Args<'_, '_>, container: &JToken, at: usize) -> Result<(), Thrown> {
    let content = a.value(at);
    let mut made = Vec::new();
    contents(a.run, &content, &mut made)?;
    for token in made {
        container.add(&token)?;
    }
    Ok(())
}

fn add(a: &mut Args<'_, '_>) -> Outcome {
    let container = this(a)?.clone();
    fill(a, &container, 1)?;
    Ok(Value::Null)
}

/// Puts content next to the token, in its order: what is put right behind goes in last first.
pub fn insert_content(
    a: &mut Args<'_, '_>,
    put: fn(&JToken, &JToken) -> DotnetResult<()>,
    last_first: bool,
) -> Outcome {
    let (token, content) = (this(a)?.clone(), a.value(1));
    let mut made = Vec::new();
    contents(a.run, &content, &mut made)?;
    if last_first {
        made.reverse();
    }
    for item in made {
        put(&token, &item)?;
    }
    Ok(Value::Null)
}

fn property(a: &mut Args<'_, '_>) -> Outcome {
    let name = a.text(0, "name")?.smol().clone();
    let content = a.value(1);
    a.run.charge(96)?;
    let item = if is_many(&content) {
        let array = JToken::array();
        let mut made = Vec::new();
        contents(a.run, &content, &mut made)?;
        for token in made {
            array.add(&token)?;
        }
        array
    } else {
        single(&content)?
    };
    Ok(value(JToken::property(name, &item)))
}

fn merge(a: &mut Args<'_, '_>) -> Outcome {
    let (container, content) = (this(a)?.clone(), a.value(1));
    if content.is_null() {
        return Ok(Value::Null);
    }
    let settings = merge_settings(a.get(2));
    let made = match token_of(&content) {
        Some(token) => token.clone(),
        None if is_many(&content) => {
            let array = JToken::array();
            let mut made = Vec::new();
            contents(a.run, &content, &mut made)?;
            for token in made {
                array.add(&token)?;
            }
            array
        }
        None => return Err(undetermined(&content)),
    };
    let size = made.descendants_and_self().len();
    a.run.steps(size)?;
    a.run.charge(size.saturating_mul(64))?;
    container.merge(&made, settings)?;
    Ok(Value::Null)
}

static CONTAINER: &[(&str, Native)] = &[
    ("int Count", |a| Ok(Value::Int32(this(a)?.child_count() as i32))),
    ("void Add(object content)", add),
    ("void AddFirst(object content)", |a| insert_content(a, JToken::add_first, true)),
    ("void RemoveAll()", |a| {
        this(a)?.clear()?;
        Ok(Value::Null)
    }),
    ("void ReplaceAll(object content)", |a| {
        let content = a.value(1);
        let mut made = Vec::new();
        contents(a.run, &content, &mut made)?;
        this(a)?.replace_all(&made)?;
        Ok(Value::Null)
    }),
    ("void Merge(object content)", merge),
    ("void Merge(object content, JsonMergeSettings settings)", merge),
    ("IEnumerable<JToken> Descendants()", |a| Ok(descendants(this(a)?.clone(), false))),
    ("IEnumerable<JToken> DescendantsAndSelf()", |a| Ok(descendants(this(a)?.clone(), true))),
];

/// The value of a property that is there.
fn get(a: &Args<'_, '_>, at: usize) -> Result<Option<JToken>, Thrown> {
    Ok(a.opt_str(at).and_then(|name| this(a).ok()?.get(name.as_str())))
}

static OBJECT: &[(&str, Native)] = &[
    ("new()", |_| Ok(value(JToken::object()))),
    ("new(JObject other)", |a| {
        let other = token_arg(a, 0).ok_or_else(|| Thrown::argument_null("other"))?;
        Ok(value(other.deep_clone()))
    }),
    ("new(params object[] content)", |a| build(a, JToken::object(), 0)),
    ("new(object content)", |a| build(a, JToken::object(), 0)),
    ("static JObject Parse(string json)", |a| parse(a, json::parse_object)),
    ("static JObject Parse(string json, JsonLoadSettings settings)", |a| parse(a, json::parse_object)),
    ("static JObject FromObject(object o)", |a| made_from(a, Some(("JObject", JToken::is_object)))),
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
        let missing = get(a, 1)?.is_none();
        if missing {
            a.run.charge(64)?;
            this(a)?.add_property(a.text(1, "propertyName")?.as_str(), &item)?;
        }
        Ok(Value::Bool(missing))
    }),
    ("bool Remove(string propertyName)", |a| {
        Ok(Value::Bool(this(a)?.remove_property(a.text(1, "propertyName")?.as_str())))
    }),
    ("bool ContainsKey(string propertyName)", |a| {
        Ok(Value::Bool(this(a)?.get(a.text(1, "propertyName")?.as_str()).is_some()))
    }),
    ("JProperty Property(string name)", |a| Ok(optional(this(a)?.property_named(a.text(1, "name")?.as_str())))),
    ("JProperty Property(string name, StringComparison comparison)", property_where),
    ("IEnumerable<JProperty> Properties()", |a| Ok(children_of(this(a)?.clone(), Type::of(known::JPROPERTY)))),
    ("IJEnumerable<JToken> PropertyValues()", |a| {
        Ok(tokens(this(a)?.children().iter().filter_map(JToken::property_value).collect()))
    }),
    ("JToken GetValue(string propertyName)", |a| Ok(optional(get(a, 1)?))),
    ("JToken GetValue(string propertyName, StringComparison comparison)", |a| {
        let found = property_where(a)?;
        Ok(optional(token_of(&found).and_then(JToken::property_value)))
    }),
    ("bool TryGetValue(string propertyName, out JToken value)", |a| {
        let found = get(a, 1)?;
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
        a.run.native(crate::library::list::enumerator, &[list], &[pair_type()])
    }),
];

/// The names and values of an object, as its own enumerator gives them.
pub fn pairs(a: &mut Args<'_, '_>) -> Outcome {
    let token = this(a)?.clone();
    Ok(crate::library::linq::lazy(pair_type(), move |_| Ok(pairs_cursor(token.clone()))))
}

/// The properties of an object one by one, as pairs.
pub fn pairs_cursor(token: JToken) -> Cursor {
    let ty = pair_type();
    let mut children = super::sequence::children_cursor(token);
    Box::new(move |run: &mut Run<'_>| {
        let Some(child) = children.next(run)? else { return Ok(None) };
        let child = token_of(&child).cloned().unwrap_or_else(JToken::null);
        let name = Value::string(child.name().unwrap_or_default());
        Ok(Some(pair(ty.clone(), name, optional(child.property_value()))))
    })
}

fn pair_type() -> Type {
    Type::generic(known::KEY_VALUE, vec![Type::string(), Type::of(known::JTOKEN)])
}

fn property_where(a: &mut Args<'_, '_>) -> Outcome {
    use crate::dotnet::text::string::{StringComparison, equals};
    let comparison = StringComparison::from_i32(a.i32(2))?;
    let Some(name) = a.opt_str(1) else { return Ok(Value::Null) };
    let token = this(a)?;
    let exact = token.property_named(name.as_str());
    Ok(optional(exact.or_else(|| token.property_where(name.as_str(), |x, y| equals(x, y, comparison)))))
}

/// An item that may be null; an array holds a JSON null then.
fn item(a: &Args<'_, '_>, at: usize) -> JToken {
    token_arg(a, at).unwrap_or_else(JToken::null)
}

static ARRAY: &[(&str, Native)] = &[
    ("new()", |_| Ok(value(JToken::array()))),
    ("new(JArray other)", |a| {
        let other = token_arg(a, 0).ok_or_else(|| Thrown::argument_null("other"))?;
        Ok(value(other.deep_clone()))
    }),
    ("new(params object[] content)", |a| build(a, JToken::array(), 0)),
    ("new(object content)", |a| build(a, JToken::array(), 0)),
    ("static JArray Parse(string json)", |a| parse(a, json::parse_array)),
    ("static JArray Parse(string json, JsonLoadSettings settings)", |a| parse(a, json::parse_array)),
    ("static JArray FromObject(object o)", |a| made_from(a, Some(("JArray", JToken::is_array)))),
    ("JToken this[int index]", key),
    ("set JToken this[int index]", set_key),
    ("JToken this[object key]", key),
    ("set JToken this[object key]", set_key),
    ("bool IsReadOnly", |_| Ok(Value::Bool(false))),
    ("void Add(JToken item)", |a| {
        a.run.charge(64)?;
        this(a)?.add(&item(a, 1))?;
        Ok(Value::Null)
    }),
    ("bool Remove(JToken item)", |a| {
        let array = this(a)?;
        Ok(Value::Bool(match token_arg(a, 1) {
            Some(item) => array.remove_item(&item)?,
            None => false,
        }))
    }),
    ("void RemoveAt(int index)", |a| {
        this(a)?.remove_at(a.i32(1))?;
        Ok(Value::Null)
    }),
    ("void Insert(int index, JToken item)", |a| {
        a.run.charge(64)?;
        this(a)?.insert(a.i32(1), &item(a, 2))?;
        Ok(Value::Null)
    }),
    ("int IndexOf(JToken item)", |a| {
        let array = this(a)?;
        Ok(Value::Int32(token_arg(a, 1).map_or(-1, |item| array.index_of(&item))))
    }),
    ("bool Contains(JToken item)", |a| {
        let array = this(a)?;
        Ok(Value::Bool(token_arg(a, 1).is_some_and(|item| array.index_of(&item) >= 0)))
    }),
    ("void CopyTo(JToken[] array, int arrayIndex)", |a| {
        let children = this(a)?.children();
        let target = a.object_arg::<Array>(1, "array")?;
        let start =
            usize::try_from(a.i32(2)).map_err(|_| Thrown::out_of_range("arrayIndex is less than 0.", "arrayIndex"))?;
        if start.saturating_add(children.len()) > target.len() {
            return Err(Thrown::argument(
                "The number of elements in the source JObject is greater than the available space from arrayIndex to the end of the destination array.",
            ));
        }
        for (at, child) in children.into_iter().enumerate() {
            target.put(start + at, value(child));
        }
        Ok(Value::Null)
    }),
    ("void Clear()", |a| {
        this(a)?.clear()?;
        Ok(Value::Null)
    }),
    ("IEnumerator<JToken> GetEnumerator()", crate::library::list::enumerator),
];

/// `new JConstructor(name, content)`.
fn constructor(a: &mut Args<'_, '_>) -> Outcome {
    let name = a.text(0, "name")?.smol().clone();
    if name.is_empty() {
        return Err(Thrown::argument_of("Constructor name cannot be empty.", "name"));
    }
    build(a, JToken::constructor(name), 1)
}

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class Newtonsoft.Json.Linq.JContainer : JToken", members: CONTAINER },
    TypeTable { decl: "class Newtonsoft.Json.Linq.JObject : JContainer, IDictionary<string, JToken>", members: OBJECT },
    TypeTable { decl: "class Newtonsoft.Json.Linq.JArray : JContainer, IList<JToken>", members: ARRAY },
    TypeTable {
        decl: "class Newtonsoft.Json.Linq.JProperty : JContainer",
        members: &[
            ("new(JProperty other)", |a| {
                let other = token_arg(a, 0).ok_or_else(|| Thrown::argument_null("other"))?;
                Ok(value(other.deep_clone()))
            }),
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
        decl: "class Newtonsoft.Json.Linq.JConstructor : JContainer",
        members: &[
            ("new(string name)", constructor),
            ("new(string name, object content)", constructor),
            ("new(string name, params object[] content)", constructor),
            ("string Name", |a| Ok(Value::string(this(a)?.name().unwrap_or_default()))),
        ],
    },
];
