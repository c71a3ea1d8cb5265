//! Objects on the heap.

use super::Value;
use crate::run::{Run, Thrown};
use crate::types::Type;
use std::any::Any;

/// A heap object. The defaults are those of `System.Object`.
pub trait Object: Any {
    fn type_of(&self) -> Type;

    fn as_any(&self) -> &dyn Any;

    /// `ToString()`.
    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.type_of().to_string_name())
    }

    /// `Equals(object)` with another object; the same one is equal already.
    fn equals(&self, _other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        Ok(false)
    }

    /// Whether this is a handle on the same .NET object as another.
    fn is_same(&self, _other: &dyn Object) -> bool {
        false
    }

    /// `GetHashCode()`, equal for equal objects. `None`: by identity.
    fn hash(&self, _run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        Ok(None)
    }

    /// `CompareTo`. `None`: not comparable.
    fn compare(&self, _other: &Value, _run: &mut Run<'_>) -> Result<Option<std::cmp::Ordering>, Thrown> {
        Ok(None)
    }

    /// `GetEnumerator()`. `None`: not enumerable.
    fn enumerate(&self, _this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        Ok(None)
    }

    /// `Count` without enumerating.
    fn count(&self) -> Option<usize> {
        None
    }
}

/// A walk over a sequence.
pub trait Sequence {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Option<Value>, Thrown>;
}

pub type Cursor = Box<dyn Sequence>;

impl<F> Sequence for F
where
    F: FnMut(&mut Run<'_>) -> Result<Option<Value>, Thrown>,
{
    fn next(&mut self, run: &mut Run<'_>) -> Result<Option<Value>, Thrown> {
        self(run)
    }
}

/// The object inside a value, when it is a `T`.
pub fn downcast<T: Object>(value: &Value) -> Option<&T> {
    match value {
        Value::Obj(object) => object.as_any().downcast_ref(),
        _ => None,
    }
}
