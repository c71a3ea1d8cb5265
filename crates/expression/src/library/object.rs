//! `System.Object`, the primitive types' own members being in their own files; interfaces that have
//! no members of their own.

use super::TypeTable;
use crate::types::{convert, registry};
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
            ("int GetHashCode()", hash_code),
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
            ("int GetHashCode()", hash_code),
        ],
    },
    TypeTable {
        decl: "static class System.Nullable",
        members: &[
            ("static int Compare<T>(T? n1, T? n2)", compare_to),
            ("static bool Equals<T>(T? n1, T? n2)", |a| {
                let (x, y) = (a.value(0), a.value(1));
                a.run.equals(&x, &y).map(Value::Bool)
            }),
            ("static Type GetUnderlyingType(Type nullableType)", |a| {
                let ty = super::reflection::type_of(a.get(0))
                    .ok_or_else(|| crate::run::Thrown::argument_null("nullableType"))?;
                Ok(ty.nullable_inner().cloned().map_or(Value::Null, super::reflection::type_value))
            }),
        ],
    },
    TypeTable { decl: "interface System.IDisposable", members: &[("void Dispose()", dispose)] },
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

/// `Dispose` as the value's own class has it.
fn dispose(a: &mut crate::run::Args<'_, '_>) -> crate::run::Outcome {
    let mut class = a.get(0).runtime_type();
    while let Some(ty) = class {
        let own = ty.def().and_then(|id| registry().own(id, "Dispose").first());
        if let Some(member) = own {
            return (registry().member(*member).native)(a);
        }
        class = convert::supers(&ty).into_iter().find(|up| !up.is_interface());
    }
    Ok(Value::Null)
}

/// `CompareTo` of anything comparable.
pub fn compare_to(a: &mut crate::run::Args<'_, '_>) -> crate::run::Outcome {
    let (x, y) = (a.value(0), a.value(1));
    Ok(Value::Int32(a.run.compare(&x, &y)? as i32))
}

/// `CompareTo(object)`: null comes first, another type is an exception.
pub fn compare_to_object(a: &mut crate::run::Args<'_, '_>) -> crate::run::Outcome {
    let (own, other) = (a.get(0).runtime_type(), a.get(1).runtime_type());
    if let (Some(own), Some(other)) = (own, other)
        && own != other
    {
        return Err(crate::run::Thrown::argument(&format!("Object must be of type {}.", own.short_name())));
    }
    compare_to(a)
}

/// Equal numbers of different scales have one hash.
fn decimal_hash(number: rust_decimal::Decimal) -> i32 {
    if number.is_zero() {
        return 0;
    }
    let odd = number.unpack().lo & 1 != 0;
    let number = if odd { number } else { number.normalize() };
    let parts = number.unpack();
    let flags = parts.scale << 16 | u32::from(parts.negative) << 31;
    (flags ^ parts.hi ^ parts.mid ^ parts.lo) as i32
}

/// `GetHashCode()`: .NET's own numbers for values, which never change; any for objects and texts,
/// whose numbers differ from process to process.
fn hash_code(a: &mut crate::run::Args<'_, '_>) -> crate::run::Outcome {
    let folded = |bits: u64| (bits ^ (bits >> 32)) as i32;
    let value = a.value(0);
    Ok(Value::Int32(match &value {
        Value::Null => 0,
        Value::Char(unit) => i32::from(*unit) | i32::from(*unit) << 16,
        Value::Int64(number) | Value::TimeSpan(number) => folded(*number as u64),
        Value::UInt64(number) => folded(*number),
        Value::DateTime(at) => folded(at.ticks as u64),
        Value::DateTimeOffset(at) => folded(at.utc_ticks() as u64),
        Value::Double(number) if *number == 0.0 => 0,
        Value::Double(number) if number.is_nan() => folded(f64::INFINITY.to_bits()),
        Value::Double(number) => folded(number.to_bits()),
        Value::Single(number) if *number == 0.0 => 0,
        Value::Single(number) if number.is_nan() => f32::INFINITY.to_bits() as i32,
        Value::Single(number) => number.to_bits() as i32,
        Value::Decimal(number) => decimal_hash(*number),
        Value::Guid(bytes) => super::format::guid(*bytes).hash_code(),
        Value::Bool(_)
        | Value::SByte(_)
        | Value::Byte(_)
        | Value::Int16(_)
        | Value::UInt16(_)
        | Value::Int32(_)
        | Value::UInt32(_)
        | Value::Enum(..) => crate::run::ops::to_i128(&value) as i32,
        _ => folded(a.run.hash(&value)?),
    }))
}

/// `Equals(T)` and `==`.
pub fn same(a: &mut crate::run::Args<'_, '_>) -> crate::run::Outcome {
    let (x, y) = (a.value(0), a.value(1));
    a.run.equals(&x, &y).map(Value::Bool)
}

/// `!=`.
pub fn differ(a: &mut crate::run::Args<'_, '_>) -> crate::run::Outcome {
    let (x, y) = (a.value(0), a.value(1));
    a.run.equals(&x, &y).map(|equal| Value::Bool(!equal))
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

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn objects() {
        check(&[
            ("new object().ToString()", "System.Object"),
            ("object.Equals(1, 1) && !object.ReferenceEquals(1, 1) && object.Equals(null, null)", "True"),
            (
                "(5).GetHashCode() + \",\" + true.GetHashCode() + \",\" + 4294967297L.GetHashCode() + \",\" + (-1L).GetHashCode()",
                "5,1,0,0",
            ),
            ("(1.0).GetHashCode() + \",\" + 0.0.GetHashCode() + \",\" + ((int?)null).GetHashCode()", "1072693248,0,0"),
            ("\"a\".GetHashCode() == \"a\".GetHashCode()", "True"),
            ("1.GetType() == typeof(int)", "True"),
            ("Nullable.Compare<int>(null, 1) + \",\" + Nullable.Equals<int>(2, 2)", "-1,True"),
            ("Nullable.GetUnderlyingType(typeof(int?)).Name", "Int32"),
            ("Nullable.GetUnderlyingType(typeof(int)) == null", "True"),
        ]);
    }
}
