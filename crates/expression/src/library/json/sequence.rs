//! Sequences of tokens: walks that see the tree as it is, and `Newtonsoft.Json.Linq.Extensions`.

use super::convert::value_as;
use super::{optional, token_of, value};
use crate::dotnet::data::json::JToken;
use crate::library::TypeTable;
use crate::library::dictionary::{Pair, changed};
use crate::library::linq::{lazy, of_items};
use crate::run::{Args, Native, Outcome, Run, Thrown, is_instance};
use crate::types::{Type, known};
use crate::value::{Cursor, Value, downcast};

/// The children one by one; a change of their number meanwhile throws, as in .NET.
pub fn children_cursor(token: JToken) -> Cursor {
    let mut at = 0;
    let count = token.child_count();
    Box::new(move |_: &mut Run<'_>| {
        if token.child_count() != count {
            return Err(changed());
        }
        at += 1;
        Ok(token.child(at - 1).map(value))
    })
}

/// `Children()`.
pub fn children(token: JToken) -> Value {
    lazy(Type::of(known::JTOKEN), move |_| Ok(children_cursor(token.clone())))
}

/// The children that are of a class: `Properties()`, `Children<T>()`.
pub fn children_of(token: JToken, ty: Type) -> Value {
    lazy(ty.clone(), move |_| {
        let mut all = children_cursor(token.clone());
        let ty = ty.clone();
        Ok(Box::new(move |run: &mut Run<'_>| {
            while let Some(child) = all.next(run)? {
                run.step()?;
                if is_instance(&child, &ty) {
                    return Ok(Some(child));
                }
            }
            Ok(None)
        }))
    })
}

/// `Descendants()`, `DescendantsAndSelf()`.
pub fn descendants(token: JToken, with_self: bool) -> Value {
    lazy(Type::of(known::JTOKEN), move |_| Ok(descendants_cursor(token.clone(), with_self)))
}

fn descendants_cursor(token: JToken, with_self: bool) -> Cursor {
    let mut own = with_self.then(|| value(token.clone()));
    let mut open = vec![children_cursor(token)];
    Box::new(move |run: &mut Run<'_>| {
        if let Some(own) = own.take() {
            return Ok(Some(own));
        }
        while let Some(top) = open.last_mut() {
            run.step()?;
            match top.next(run)? {
                Some(child) => {
                    if let Some(token) = token_of(&child).filter(|token| token.is_container()) {
                        open.push(children_cursor(token.clone()));
                    }
                    return Ok(Some(child));
                }
                None => {
                    open.pop();
                }
            }
        }
        Ok(None)
    })
}

/// Tokens that are known already.
pub fn tokens(items: Vec<JToken>) -> Value {
    of_items(Type::of(known::JTOKEN), items.into_iter().map(value).collect())
}

/// Each child as a `T`: `Values<T>()`.
pub fn converted(token: JToken, ty: Type) -> Value {
    lazy(ty.clone(), move |_| {
        let mut all = children_cursor(token.clone());
        let ty = ty.clone();
        Ok(Box::new(move |run: &mut Run<'_>| match all.next(run)? {
            Some(child) => value_as(token_of(&child), &ty).map(Some),
            None => Ok(None),
        }))
    })
}

/// What one token of a source gives.
type Each = fn(&JToken, &Value) -> Result<Vec<JToken>, Thrown>;

/// Deferred: tokens of each token of the source, as `ty`.
fn flat(a: &mut Args<'_, '_>, ty: Type, each: Each) -> Outcome {
    if a.is_null(0) {
        return Err(Thrown::argument_null("source"));
    }
    let (source, key) = (a.value(0), a.value(1));
    Ok(lazy(ty.clone(), move |run| {
        let mut outer = run.cursor(&source)?;
        let (key, ty) = (key.clone(), ty.clone());
        let mut pending = Vec::new().into_iter();
        Ok(Box::new(move |run: &mut Run<'_>| {
            loop {
                run.step()?;
                if let Some(found) = pending.next() {
                    return value_as(Some(&found), &ty).map(Some);
                }
                let Some(item) = outer.next(run)? else { return Ok(None) };
                // An object's own sequence has names and values; the query goes through its properties.
                let pair = downcast::<Pair>(&item).map(|pair| pair.value.clone());
                let Some(token) = token_of(pair.as_ref().unwrap_or(&item)) else { continue };
                pending = each(token, &key)?.into_iter();
            }
        }))
    }))
}

fn by_key(token: &JToken, key: &Value) -> Result<Vec<JToken>, Thrown> {
    Ok(super::token::index(token, key)?.into_iter().collect())
}

fn own_children(token: &JToken, _: &Value) -> Result<Vec<JToken>, Thrown> {
    Ok(token.children())
}

/// `Values()`: a value is itself, a container its children.
fn values(token: &JToken, _: &Value) -> Result<Vec<JToken>, Thrown> {
    Ok(if token.is_container() { token.children() } else { vec![token.clone()] })
}

fn token() -> Type {
    Type::of(known::JTOKEN)
}

static EXTENSIONS: &[(&str, Native)] = &[
    ("static U Value<U>(this IEnumerable<JToken> value)", |a| {
        if a.is_null(0) {
            return Err(Thrown::argument_null("value"));
        }
        let token = token_of(a.get(0)).ok_or_else(|| Thrown::argument("Source value must be a JToken."))?;
        value_as(Some(token), &a.ty(0))
    }),
    ("static U Value<T, U>(this IEnumerable<T> value)", |a| {
        if a.is_null(0) {
            return Err(Thrown::argument_null("value"));
        }
        let token = token_of(a.get(0)).ok_or_else(|| Thrown::argument("Source value must be a JToken."))?;
        value_as(Some(token), &a.ty(1))
    }),
    ("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source)", |a| {
        let ty = a.ty(0);
        flat(a, ty, values)
    }),
    ("static IJEnumerable<JToken> Values(this IEnumerable<JToken> source)", |a| flat(a, token(), values)),
    ("static IJEnumerable<JToken> Values(this IEnumerable<JToken> source, object key)", |a| flat(a, token(), by_key)),
    ("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source, object key)", |a| {
        let ty = a.ty(0);
        flat(a, ty, by_key)
    }),
    ("static IJEnumerable<JProperty> Properties(this IEnumerable<JObject> source)", |a| {
        flat(a, Type::of(known::JPROPERTY), own_children)
    }),
    ("static IJEnumerable<JToken> Children<T>(this IEnumerable<T> source)", |a| flat(a, token(), own_children)),
    ("static IEnumerable<U> Children<T, U>(this IEnumerable<T> source)", |a| {
        let ty = a.ty(1);
        flat(a, ty, own_children)
    }),
    ("static IJEnumerable<JToken> Ancestors<T>(this IEnumerable<T> source)", |a| {
        flat(a, token(), |token, _| Ok(token.ancestors()))
    }),
    ("static IJEnumerable<JToken> AncestorsAndSelf<T>(this IEnumerable<T> source)", |a| {
        flat(a, token(), |token, _| Ok(token.ancestors_and_self()))
    }),
    ("static IJEnumerable<JToken> Descendants<T>(this IEnumerable<T> source)", |a| {
        flat(a, token(), |token, _| Ok(token.descendants()))
    }),
    ("static IJEnumerable<JToken> DescendantsAndSelf<T>(this IEnumerable<T> source)", |a| {
        flat(a, token(), |token, _| Ok(token.descendants_and_self()))
    }),
    ("static IJEnumerable<JToken> AsJEnumerable(this IEnumerable<JToken> source)", |a| Ok(a.value(0))),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "interface Newtonsoft.Json.Linq.IJEnumerable<out T> : IEnumerable<T>",
        members: &[("IJEnumerable<JToken> this[object key]", |a| match token_of(a.get(0)) {
            // A token is such a sequence itself; its own indexer comes first.
            Some(token) => Ok(optional(super::token::index(token, a.get(1))?)),
            None => flat(a, token(), by_key),
        })],
    },
    TypeTable { decl: "static class Newtonsoft.Json.Linq.Extensions", members: EXTENSIONS },
];
