//! Comparers.

use super::TypeTable;
use super::delegate::Delegate;
use super::xml::NodeComparer;
use crate::dotnet::text::string::{self as text, StringComparison};
use crate::run::{Args, Outcome, Run, Thrown};
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

/// `Comparer<T>.Create(comparison)`, `EqualityComparer<T>.Create(equals, getHashCode)`.
enum Custom {
    Order(Value),
    Equality(Value, Value),
}

impl Object for Custom {
    fn type_of(&self) -> Type {
        let name = match self {
            Custom::Order(_) => "System.Collections.Generic.Comparer",
            Custom::Equality(..) => "System.Collections.Generic.EqualityComparer",
        };
        let id = registry().full(name, 1).unwrap_or(crate::types::known::OBJECT);
        Type::generic(id, vec![Type::object()])
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// By the numbers of `StringComparison`.
fn by_comparison(comparison: i32) -> Result<Comparer, Thrown> {
    Ok(match StringComparison::from_i32(comparison)? {
        StringComparison::OrdinalIgnoreCase => Comparer::OrdinalIgnoreCase,
        StringComparison::Ordinal => Comparer::Ordinal,
        StringComparison::CurrentCultureIgnoreCase | StringComparison::InvariantCultureIgnoreCase => {
            Comparer::CultureIgnoreCase
        }
        StringComparison::CurrentCulture | StringComparison::InvariantCulture => Comparer::Culture,
    })
}

/// The comparer of a `StringComparison`.
///
/// # Errors
/// `ArgumentException` for a number that is none.
pub fn of_comparison(comparison: i32) -> Outcome {
    by_comparison(comparison).map(object)
}

/// Order of words, as ICU has it under the invariant culture.
pub fn culture(a: &Str, b: &Str, ignore_case: bool) -> Ordering {
    crate::dotnet::text::string::compare(a.as_str(), b.as_str(), ignore_case)
}

impl Comparer {
    fn comparison(self) -> StringComparison {
        match self {
            Comparer::Ordinal => StringComparison::Ordinal,
            Comparer::OrdinalIgnoreCase => StringComparison::OrdinalIgnoreCase,
            Comparer::CultureIgnoreCase => StringComparison::InvariantCultureIgnoreCase,
            Comparer::Default | Comparer::Culture => StringComparison::InvariantCulture,
        }
    }

    pub fn order(self, a: &Str, b: &Str) -> Ordering {
        if self == Comparer::Ordinal && (a.is_broken() || b.is_broken()) {
            return a.units().to_vec().cmp(&b.units().to_vec());
        }
        text::compare_with(a.as_str(), b.as_str(), self.comparison()).cmp(&0)
    }

    pub fn equal(self, a: &Str, b: &Str) -> bool {
        match self {
            Comparer::Default | Comparer::Ordinal => a == b,
            other => text::equals(a.as_str(), b.as_str(), other.comparison()),
        }
    }

    fn key(self, text: &Str) -> Value {
        match self {
            Comparer::Default | Comparer::Ordinal | Comparer::Culture => Value::Str(text.clone()),
            _ => Value::string(text::to_upper_invariant(text.as_str())),
        }
    }
}

/// Compares with a comparer object, a `Comparison` delegate, or by default.
pub fn compare(run: &mut Run<'_>, comparer: &Value, a: &Value, b: &Value) -> Result<Ordering, Thrown> {
    if downcast::<Delegate>(comparer).is_some() {
        let order = run.invoke(comparer, &[a.clone(), b.clone()])?;
        return Ok(crate::run::ops::to_i128(&order).cmp(&0));
    }
    if let Some(Custom::Order(comparison)) = downcast::<Custom>(comparer) {
        let order = run.invoke(comparison, &[a.clone(), b.clone()])?;
        return Ok(crate::run::ops::to_i128(&order).cmp(&0));
    }
    match (downcast::<Comparer>(comparer), a, b) {
        (Some(comparer), Value::Str(a), Value::Str(b)) => Ok(comparer.order(a, b)),
        (None, ..) if downcast::<NodeComparer>(comparer).is_some() => NodeComparer::order(a, b),
        _ => run.compare(a, b),
    }
}

/// Equality under a comparer.
pub fn equal(run: &mut Run<'_>, comparer: &Value, a: &Value, b: &Value) -> Result<bool, Thrown> {
    if let Some(Custom::Equality(equals, _)) = downcast::<Custom>(comparer) {
        return Ok(matches!(run.invoke(equals, &[a.clone(), b.clone()])?, Value::Bool(true)));
    }
    match (downcast::<Comparer>(comparer), a, b) {
        (Some(comparer), Value::Str(a), Value::Str(b)) => Ok(comparer.equal(a, b)),
        (None, ..) if downcast::<NodeComparer>(comparer).is_some() => Ok(NodeComparer::equal(a, b)),
        _ => run.equals(a, b),
    }
}

/// A hash that agrees with [`equal`].
pub fn hash(run: &mut Run<'_>, comparer: &Value, value: &Value) -> Result<u64, Thrown> {
    if let Some(Custom::Equality(_, hash)) = downcast::<Custom>(comparer) {
        if hash.is_null() {
            return Err(Thrown::not_supported("Specified method is not supported."));
        }
        let made = run.invoke(hash, std::slice::from_ref(value))?;
        return Ok(crate::run::ops::to_i128(&made) as u64);
    }
    match (downcast::<Comparer>(comparer), value) {
        (Some(comparer), Value::Str(text)) => {
            let key = comparer.key(text);
            run.hash(&key)
        }
        (None, _) if downcast::<NodeComparer>(comparer).is_some() => NodeComparer::hash(run, value),
        _ => run.hash(value),
    }
}

/// `StringComparer.Compare`: by the difference, where the comparison is ordinal.
fn string_order(a: &mut Args<'_, '_>) -> Outcome {
    let (comparer, x, y) = (a.value(0), a.value(1), a.value(2));
    if let (Some(comparer), Value::Str(x), Value::Str(y)) = (downcast::<Comparer>(&comparer), &x, &y) {
        return Ok(Value::Int32(text::compare_with(x.as_str(), y.as_str(), comparer.comparison())));
    }
    Ok(Value::Int32(compare(a.run, &comparer, &x, &y)? as i32))
}

fn string_equal(a: &mut Args<'_, '_>) -> Outcome {
    let (comparer, x, y) = (a.value(0), a.value(1), a.value(2));
    Ok(Value::Bool(equal(a.run, &comparer, &x, &y)?))
}

fn string_hash(a: &mut Args<'_, '_>) -> Outcome {
    if a.is_null(1) {
        return Err(Thrown::argument_null("obj"));
    }
    let (comparer, x) = (a.value(0), a.value(1));
    Ok(Value::Int32(hash(a.run, &comparer, &x)? as i32))
}

/// `EqualityComparer<T>.Default`.
pub fn default_comparer() -> Value {
    object(Comparer::Default)
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
            ("static StringComparer FromComparison(StringComparison comparisonType)", |a| of_comparison(a.i32(0))),
            ("static StringComparer Create(System.Globalization.CultureInfo culture, bool ignoreCase)", |a| {
                Ok(object(if a.bool(1) { Comparer::CultureIgnoreCase } else { Comparer::Culture }))
            }),
            ("int Compare(string x, string y)", string_order),
            ("int Compare(object x, object y)", string_order),
            ("bool Equals(string x, string y)", string_equal),
            ("bool Equals(object x, object y)", string_equal),
            ("int GetHashCode(string obj)", string_hash),
            ("int GetHashCode(object obj)", string_hash),
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
        members: &[
            ("bool Equals(T x, T y)", |a| {
                let (comparer, x, y) = (a.value(0), a.value(1), a.value(2));
                Ok(Value::Bool(equal(a.run, &comparer, &x, &y)?))
            }),
            ("int GetHashCode(T obj)", |a| {
                let (comparer, x) = (a.value(0), a.value(1));
                Ok(Value::Int32(hash(a.run, &comparer, &x)? as i32))
            }),
        ],
    },
    TypeTable {
        decl: "class System.Collections.Generic.Comparer<T> : System.Collections.Generic.IComparer<T>",
        members: &[
            ("static Comparer<T> Default", |_| Ok(object(Comparer::Default))),
            ("static Comparer<T> Create(Comparison<T> comparison)", |a| match a.value(0) {
                Value::Null => Err(Thrown::argument_null("comparison")),
                comparison => Ok(Value::object(Custom::Order(comparison))),
            }),
        ],
    },
    TypeTable {
        decl: "class System.Collections.Generic.EqualityComparer<T> : System.Collections.Generic.IEqualityComparer<T>",
        members: &[
            ("static EqualityComparer<T> Default", |_| Ok(object(Comparer::Default))),
            (
                "static EqualityComparer<T> Create(Func<T, T, bool> equals, Func<T, int> getHashCode = null)",
                |a| match a.value(0) {
                    Value::Null => Err(Thrown::argument_null("equals")),
                    equals => Ok(Value::object(Custom::Equality(equals, a.value(1)))),
                },
            ),
        ],
    },
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn string_comparers() {
        check(&[
            (
                r#"StringComparer.Ordinal.Compare("a", "c") + "," + StringComparer.OrdinalIgnoreCase.Compare("a", "C")"#,
                "-2,-2",
            ),
            (
                r#"StringComparer.InvariantCulture.Compare("a", "B") + "," + StringComparer.Ordinal.Compare(null, "a")"#,
                "-1,-1",
            ),
            (r#"StringComparer.OrdinalIgnoreCase.Equals("É", "é")"#, "True"),
            (
                r#"StringComparer.OrdinalIgnoreCase.GetHashCode("ab") == StringComparer.OrdinalIgnoreCase.GetHashCode("AB")"#,
                "True",
            ),
            (r#"StringComparer.FromComparison(StringComparison.OrdinalIgnoreCase).Equals("a", "A")"#, "True"),
            (r#"StringComparer.Ordinal.GetHashCode((string)null)"#, "!ArgumentNullException"),
            (r#"new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["A"] = 1 }["a"]"#, "1"),
            (r#"new[] { "b", "A", "a" }.OrderBy(x => x, StringComparer.Ordinal)"#, "[A, a, b]"),
        ]);
    }
}
