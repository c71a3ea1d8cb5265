//! `System.Object`, the primitive types' own members being in their own files; interfaces that have
//! no members of their own.

use super::TypeTable;
use crate::value::Value;

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "class System.Object",
        members: &[
            ("new()", |_| Ok(Value::object(Plain))),
            ("string ToString()", |a| {
                let value = a.value(0);
                a.run.print_str(&value).map(Value::Str)
            }),
            ("bool Equals(object obj)", |a| {
                let (x, y) = (a.value(0), a.value(1));
                a.run.equals(&x, &y).map(Value::Bool)
            }),
            ("static bool Equals(object objA, object objB)", |a| {
                let (x, y) = (a.value(0), a.value(1));
                a.run.equals(&x, &y).map(Value::Bool)
            }),
            ("static bool ReferenceEquals(object objA, object objB)", |a| {
                Ok(Value::Bool(crate::run::same_reference(a.get(0), a.get(1))))
            }),
            ("int GetHashCode()", |a| {
                let value = a.value(0);
                let hash = a.run.hash(&value)?;
                Ok(Value::Int32((hash ^ (hash >> 32)) as i32))
            }),
            ("Type GetType()", |a| {
                let ty = a.get(0).runtime_type().unwrap_or_else(crate::types::Type::object);
                Ok(super::reflection::type_value(ty))
            }),
        ],
    },
    TypeTable { decl: "class System.ValueType", members: &[] },
    TypeTable { decl: "struct System.Void", members: &[] },
    TypeTable {
        decl: "struct System.Nullable<T>",
        members: &[
            ("bool HasValue", |a| Ok(Value::Bool(!a.is_null(0)))),
            ("T Value", |a| match a.value(0) {
                Value::Null => Err(crate::run::Thrown::invalid_operation("Nullable object must have a value.")),
                value => Ok(value),
            }),
            ("T GetValueOrDefault()", |a| match a.value(0) {
                Value::Null => Ok(crate::run::default_value(&a.ty(0))),
                value => Ok(value),
            }),
            ("T GetValueOrDefault(T defaultValue)", |a| Ok(if a.is_null(0) { a.value(1) } else { a.value(0) })),
            ("string ToString()", |a| {
                let value = a.value(0);
                if value.is_null() { a.make("") } else { a.run.print_str(&value).map(Value::Str) }
            }),
            ("bool Equals(object other)", |a| {
                let (x, y) = (a.value(0), a.value(1));
                a.run.equals(&x, &y).map(Value::Bool)
            }),
            ("int GetHashCode()", |a| {
                let value = a.value(0);
                if value.is_null() {
                    return Ok(Value::Int32(0));
                }
                let hash = a.run.hash(&value)?;
                Ok(Value::Int32((hash ^ (hash >> 32)) as i32))
            }),
        ],
    },
    TypeTable { decl: "interface System.IDisposable", members: &[("void Dispose()", |_| Ok(Value::Null))] },
    TypeTable { decl: "interface System.IComparable", members: &[("int CompareTo(object obj)", compare_to)] },
    TypeTable { decl: "interface System.IComparable<in T>", members: &[("int CompareTo(T other)", compare_to)] },
    TypeTable {
        decl: "interface System.IEquatable<T>",
        members: &[("bool Equals(T other)", |a| {
            let (x, y) = (a.value(0), a.value(1));
            a.run.equals(&x, &y).map(Value::Bool)
        })],
    },
    TypeTable { decl: "interface System.IFormatProvider", members: &[] },
    TypeTable {
        decl: "interface System.IFormattable",
        members: &[("string ToString(string format, IFormatProvider formatProvider)", |a| {
            let (value, format) = (a.value(0), a.str_or_empty(1).to_owned());
            let text = a.run.format(&value, &format)?;
            a.make(text)
        })],
    },
];

/// `CompareTo` of anything comparable.
pub fn compare_to(a: &mut crate::run::Args<'_, '_>) -> crate::run::Outcome {
    let (x, y) = (a.value(0), a.value(1));
    Ok(Value::Int32(a.run.compare(&x, &y)? as i32))
}

/// `new object()`.
struct Plain;

impl crate::value::Object for Plain {
    fn type_of(&self) -> crate::types::Type {
        crate::types::Type::object()
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
