//! `System.Type`, as far as `typeof` and `GetType` give it: names and equality.

use super::TypeTable;
use crate::run::{Run, Thrown};
use crate::types::{Type, known, registry};
use crate::value::{Object, Value, downcast};
use std::any::Any;

pub struct TypeObject(pub Type);

impl Object for TypeObject {
    fn type_of(&self) -> Type {
        Type::of(known::TYPE)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.0.to_string_name())
    }

    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        Ok(downcast::<TypeObject>(other).is_some_and(|other| other.0 == self.0))
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        run.hash(&Value::string(self.0.clr_name())).map(Some)
    }
}

pub fn type_value(ty: Type) -> Value {
    Value::object(TypeObject(ty))
}

/// The type that a `Type` argument names.
pub fn type_of(value: &Value) -> Option<Type> {
    downcast::<TypeObject>(value).map(|object| object.0.clone())
}

pub static TYPES: &[TypeTable] = &[TypeTable {
    decl: "class System.Type",
    members: &[
        ("string Name", |a| {
            let name = a.object::<TypeObject>(0)?.0.short_name();
            a.make(name)
        }),
        ("string FullName", |a| {
            let name = a.object::<TypeObject>(0)?.0.to_string_name();
            a.make(name)
        }),
        ("string Namespace", |a| {
            let name = a.object::<TypeObject>(0)?.0.def().map(|id| registry().def(id).namespace.to_string());
            a.make(name.unwrap_or_default())
        }),
        ("bool IsArray", |a| Ok(Value::Bool(matches!(a.object::<TypeObject>(0)?.0, Type::Array(..))))),
        ("bool IsValueType", |a| Ok(Value::Bool(a.object::<TypeObject>(0)?.0.is_value_type()))),
        ("bool IsEnum", |a| Ok(Value::Bool(a.object::<TypeObject>(0)?.0.is_enum()))),
        ("bool IsGenericType", |a| Ok(Value::Bool(!a.object::<TypeObject>(0)?.0.args().is_empty()))),
        ("static bool operator ==(Type left, Type right)", |a| {
            let (x, y) = (a.value(0), a.value(1));
            a.run.equals(&x, &y).map(Value::Bool)
        }),
        ("static bool operator !=(Type left, Type right)", |a| {
            let (x, y) = (a.value(0), a.value(1));
            a.run.equals(&x, &y).map(|equal| Value::Bool(!equal))
        }),
    ],
}];
