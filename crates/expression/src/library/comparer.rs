//! Comparers.

use super::TypeTable;
use super::delegate::Delegate;
use crate::run::{Run, Thrown};
use crate::types::{Type, registry};
use crate::value::{Object, Str, Value, downcast};
use std::any::Any;
use std::cmp::Ordering;

/// `StringComparer` and the comparers of a type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Comparer {
    Default,
    Ordinal,
    OrdinalIgnoreCase,
    Culture,
    CultureIgnoreCase,
}

impl Object for Comparer {
    fn type_of(&self) -> Type {
        Type::of(registry().full("System.StringComparer", 0).unwrap_or(crate::types::known::OBJECT))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// By the numbers of `StringComparison`.
pub fn by_comparison(comparison: i32) -> Comparer {
    match comparison {
        5 => Comparer::OrdinalIgnoreCase,
        4 => Comparer::Ordinal,
        1 | 3 => Comparer::CultureIgnoreCase,
        _ => Comparer::Culture,
    }
}

/// Order of words, as ICU has it under the invariant culture.
pub fn culture(a: &Str, b: &Str, ignore_case: bool) -> Ordering {
    crate::dotnet::text::string::compare(a.as_str(), b.as_str(), ignore_case)
}

fn units_order(a: &Str, b: &Str) -> Ordering {
    a.units().to_vec().cmp(&b.units().to_vec())
}

/// Simple case mapping to upper, one unit to one.
pub fn upper(text: &str) -> String {
    text.chars()
        .map(|c| {
            let mut upper = c.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        })
        .collect()
}

impl Comparer {
    pub fn order(self, a: &Str, b: &Str) -> Ordering {
        match self {
            Comparer::Ordinal => units_order(a, b),
            Comparer::OrdinalIgnoreCase => {
                if a.is_ascii() && b.is_ascii() {
                    let fold = |s: &Str| s.as_str().bytes().map(|c| c.to_ascii_uppercase()).collect::<Vec<u8>>();
                    return fold(a).cmp(&fold(b));
                }
                units_order(&Str::new(upper(a.as_str())), &Str::new(upper(b.as_str())))
            }
            Comparer::CultureIgnoreCase => culture(a, b, true),
            Comparer::Default | Comparer::Culture => culture(a, b, false),
        }
    }

    pub fn equal(self, a: &Str, b: &Str) -> bool {
        match self {
            Comparer::Default | Comparer::Ordinal => a == b,
            Comparer::OrdinalIgnoreCase if a.is_ascii() && b.is_ascii() => a.as_str().eq_ignore_ascii_case(b.as_str()),
            other => other.order(a, b) == Ordering::Equal,
        }
    }

    fn key(self, text: &Str) -> Value {
        match self {
            Comparer::Default | Comparer::Ordinal | Comparer::Culture => Value::Str(text.clone()),
            _ => Value::string(upper(text.as_str())),
        }
    }
}

/// Compares with a comparer object, a `Comparison` delegate, or by default.
pub fn compare(run: &mut Run<'_>, comparer: &Value, a: &Value, b: &Value) -> Result<Ordering, Thrown> {
    if downcast::<Delegate>(comparer).is_some() {
        let order = run.invoke(comparer, &[a.clone(), b.clone()])?;
        return Ok(crate::run::ops::to_i128(&order).cmp(&0));
    }
    match (downcast::<Comparer>(comparer), a, b) {
        (Some(comparer), Value::Str(a), Value::Str(b)) => Ok(comparer.order(a, b)),
        _ => run.compare(a, b),
    }
}

/// Equality under a comparer.
pub fn equal(run: &mut Run<'_>, comparer: &Value, a: &Value, b: &Value) -> Result<bool, Thrown> {
    match (downcast::<Comparer>(comparer), a, b) {
        (Some(comparer), Value::Str(a), Value::Str(b)) => Ok(comparer.equal(a, b)),
        _ => run.equals(a, b),
    }
}

/// A hash that agrees with [`equal`].
pub fn hash(run: &mut Run<'_>, comparer: &Value, value: &Value) -> Result<u64, Thrown> {
    match (downcast::<Comparer>(comparer), value) {
        (Some(comparer), Value::Str(text)) => {
            let key = comparer.key(text);
            run.hash(&key)
        }
        _ => run.hash(value),
    }
}

fn object(comparer: Comparer) -> Value {
    Value::object(comparer)
}

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "enum System.StringComparison { CurrentCulture, CurrentCultureIgnoreCase, InvariantCulture, InvariantCultureIgnoreCase, Ordinal, OrdinalIgnoreCase }",
        members: &[],
    },
    TypeTable {
        decl: "class System.StringComparer : System.Collections.Generic.IComparer<string>, System.Collections.Generic.IEqualityComparer<string>",
        members: &[
            ("static StringComparer Ordinal", |_| Ok(object(Comparer::Ordinal))),
            ("static StringComparer OrdinalIgnoreCase", |_| Ok(object(Comparer::OrdinalIgnoreCase))),
            ("static StringComparer InvariantCulture", |_| Ok(object(Comparer::Culture))),
            ("static StringComparer InvariantCultureIgnoreCase", |_| Ok(object(Comparer::CultureIgnoreCase))),
            ("static StringComparer CurrentCulture", |_| Ok(object(Comparer::Culture))),
            ("static StringComparer CurrentCultureIgnoreCase", |_| Ok(object(Comparer::CultureIgnoreCase))),
            ("int Compare(string x, string y)", |a| {
                let (comparer, x, y) = (a.value(0), a.value(1), a.value(2));
                Ok(Value::Int32(compare(a.run, &comparer, &x, &y)? as i32))
            }),
            ("bool Equals(string x, string y)", |a| {
                let (comparer, x, y) = (a.value(0), a.value(1), a.value(2));
                Ok(Value::Bool(equal(a.run, &comparer, &x, &y)?))
            }),
            ("int GetHashCode(string obj)", |a| {
                let (comparer, x) = (a.value(0), a.value(1));
                Ok(Value::Int32(hash(a.run, &comparer, &x)? as i32))
            }),
        ],
    },
    TypeTable {
        decl: "interface System.Collections.Generic.IComparer<in T>",
        members: &[("int Compare(T x, T y)", |a| {
            let (comparer, x, y) = (a.value(0), a.value(1), a.value(2));
            Ok(Value::Int32(compare(a.run, &comparer, &x, &y)? as i32))
        })],
    },
    TypeTable {
        decl: "interface System.Collections.Generic.IEqualityComparer<in T>",
        members: &[("bool Equals(T x, T y)", |a| {
            let (comparer, x, y) = (a.value(0), a.value(1), a.value(2));
            Ok(Value::Bool(equal(a.run, &comparer, &x, &y)?))
        })],
    },
    TypeTable {
        decl: "class System.Collections.Generic.Comparer<T> : System.Collections.Generic.IComparer<T>",
        members: &[("static Comparer<T> Default", |_| Ok(object(Comparer::Default)))],
    },
    TypeTable {
        decl: "class System.Collections.Generic.EqualityComparer<T> : System.Collections.Generic.IEqualityComparer<T>",
        members: &[("static EqualityComparer<T> Default", |_| Ok(object(Comparer::Default)))],
    },
];
