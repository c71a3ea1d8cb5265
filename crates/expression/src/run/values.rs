//! Equality, order, casts and defaults of values.

use super::{Outcome, Run, Thrown, ops};
use crate::library::tuple::TupleObject;
use crate::program::node::Operands;
use crate::types::{Type, convert, known};
use crate::value::{Cursor, DateKind, DateTime, DateTimeOffset, Object, Sequence, Value};
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

/// Whether the value is of the run-time type `ty` or one below it. Null is of none.
pub fn is_instance(value: &Value, ty: &Type) -> bool {
    let target = ty.without_nullable();
    match (value, target.def()) {
        (Value::Null, _) => return false,
        (_, Some(known::OBJECT)) => return true,
        (Value::Str(_), Some(known::STRING)) | (Value::Int32(_), Some(known::INT32)) => return true,
        _ => {}
    }
    let Some(found) = value.runtime_type() else { return false };
    if found == *target || matches!(target, Type::Dynamic) {
        return true;
    }
    // Arrays of equal width convert to one another in the run time; ours are told apart.
    !matches!(target, Type::Error) && convert::is_subtype(&found, target)
}

/// A value that is an instance of the type, as a reference of that type sees it.
pub fn as_instance(value: &Value, ty: &Type) -> Option<Value> {
    is_instance(value, ty).then(|| crate::library::json::seen_as(value.clone(), ty))
}

/// A cast or unboxing that the checker allowed.
pub fn cast(value: Value, ty: &Type) -> Outcome {
    if value.is_null() {
        let fits = ty.is_reference() || ty.nullable_inner().is_some();
        return if fits { Ok(value) } else { Err(Thrown::null_reference()) };
    }
    if let Some(seen) = as_instance(&value, ty) {
        return Ok(seen);
    }
    // An enum unboxes to its underlying type and back.
    match (&value, ty.without_nullable()) {
        (Value::Enum(_, number), target) if target.is(known::INT32) => return Ok(Value::Int32(*number as i32)),
        (Value::Int32(number), target) if target.is_enum() => {
            return Ok(Value::Enum(target.def().unwrap_or(known::INT32), (*number).into()));
        }
        _ => {}
    }
    let from = value.runtime_type().map(|ty| ty.to_string_name()).unwrap_or_default();
    let to = ty.without_nullable().to_string_name();
    Err(Thrown::invalid_cast(format!("Unable to cast object of type '{from}' to type '{to}'.")))
}

/// `default(T)`.
pub fn default_value(ty: &Type) -> Value {
    match ty {
        Type::Tuple(tuple) => {
            Value::object(TupleObject::new(ty.clone(), tuple.items.iter().map(default_value).collect()))
        }
        Type::Named(id, args) => match *id {
            known::BOOLEAN => Value::Bool(false),
            known::CHAR => Value::Char(0),
            known::SINGLE => Value::Single(0.0),
            known::DOUBLE => Value::Double(0.0),
            known::DECIMAL => Value::Decimal(Decimal::ZERO),
            known::DATE_TIME => Value::DateTime(DateTime { ticks: 0, kind: DateKind::Unspecified }),
            known::DATE_TIME_OFFSET => Value::DateTimeOffset(DateTimeOffset::default()),
            known::TIME_SPAN => Value::TimeSpan(0),
            known::GUID => Value::Guid([0; 16]),
            known::KEY_VALUE => {
                let part = |at: usize| args.get(at).map(default_value).unwrap_or_default();
                crate::library::dictionary::pair(ty.clone(), part(0), part(1))
            }
            id if known::is_integral(id) => crate::program_integer(id, 0),
            id if ty.is_enum() => Value::Enum(id, 0),
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}

/// Whether a value may lead to a closure: then its variables must live on with it.
pub fn may_hold_code(value: &Value) -> bool {
    let Some(ty) = value.runtime_type().filter(|_| matches!(value, Value::Obj(_))) else { return false };
    let plain =
        |ty: &Type| ty.is_value_type() || ty.is(known::STRING) || convert::find_super(ty, known::JTOKEN).is_some();
    match &ty {
        Type::Array(element, _) => !plain(element),
        Type::Named(id, args) if [known::LIST, known::HASH_SET, known::DICTIONARY].contains(id) => {
            !args.iter().all(plain)
        }
        other => !plain(other),
    }
}

/// `ReferenceEquals`. Two boxes are never the same object.
pub fn same_reference(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Str(left), Value::Str(right)) => left.is_same_object(right),
        (Value::Obj(left), Value::Obj(right)) => same_object(left, right),
        (Value::Part(left), Value::Part(right)) => left == right,
        _ => false,
    }
}

pub fn same_object(left: &Rc<dyn Object>, right: &Rc<dyn Object>) -> bool {
    std::ptr::addr_eq(Rc::as_ptr(left), Rc::as_ptr(right)) || left.is_same(&**right)
}

impl Run<'_> {
    /// `Equals(object, object)`.
    pub fn equals(&mut self, left: &Value, right: &Value) -> Result<bool, Thrown> {
        Ok(match (left, right) {
            (Value::Null, Value::Null) => true,
            (Value::Null, _) | (_, Value::Null) => false,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Char(a), Value::Char(b)) => a == b,
            (Value::Int32(a), Value::Int32(b)) => a == b,
            (Value::Double(a), Value::Double(b)) => a == b || a.is_nan() && b.is_nan(),
            (Value::Single(a), Value::Single(b)) => a == b || a.is_nan() && b.is_nan(),
            (Value::Decimal(a), Value::Decimal(b)) => a == b,
            (Value::DateTime(a), Value::DateTime(b)) => a.ticks == b.ticks,
            (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => a.utc_ticks() == b.utc_ticks(),
            (Value::TimeSpan(a), Value::TimeSpan(b)) => a == b,
            (Value::Guid(a), Value::Guid(b)) => a == b,
            (Value::Enum(a, x), Value::Enum(b, y)) => a == b && x == y,
            (Value::Part(a), Value::Part(b)) => a == b,
            (Value::Obj(a), other) => {
                if let Value::Obj(b) = other
                    && same_object(a, b)
                {
                    return Ok(true);
                }
                let object = Rc::clone(a);
                self.nested(|run| object.equals(other, run))?
            }
            (a, b) if ops::is_number(a) && std::mem::discriminant(a) == std::mem::discriminant(b) => {
                ops::to_i128(a) == ops::to_i128(b)
            }
            _ => false,
        })
    }

    /// `GetHashCode`, stable within a run only.
    pub fn hash(&mut self, value: &Value) -> Result<u64, Thrown> {
        let mut hasher = DefaultHasher::new();
        match value {
            Value::Str(text) => text.as_str().hash(&mut hasher),
            Value::Double(v) => (if *v == 0.0 { 0.0f64 } else { *v }).to_bits().hash(&mut hasher),
            Value::Single(v) => (if *v == 0.0 { 0.0f32 } else { *v }).to_bits().hash(&mut hasher),
            Value::Decimal(v) => v.hash(&mut hasher),
            Value::DateTime(v) => v.ticks.hash(&mut hasher),
            Value::DateTimeOffset(v) => v.utc_ticks().hash(&mut hasher),
            Value::TimeSpan(v) => v.hash(&mut hasher),
            Value::Guid(v) => v.hash(&mut hasher),
            Value::Part(v) => (*v as u8).hash(&mut hasher),
            Value::Obj(object) => {
                let object = Rc::clone(object);
                match self.nested(|run| object.hash(run))? {
                    Some(hash) => hash.hash(&mut hasher),
                    None => Rc::as_ptr(&object).cast::<u8>().addr().hash(&mut hasher),
                }
            }
            other => ops::to_i128(other).hash(&mut hasher),
        }
        Ok(hasher.finish())
    }

    /// `Comparer<T>.Default`.
    pub fn compare(&mut self, left: &Value, right: &Value) -> Result<Ordering, Thrown> {
        Ok(match (left, right) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Less,
            (_, Value::Null) => Ordering::Greater,
            (Value::Str(a), Value::Str(b)) => crate::library::comparer::culture(a, b, false),
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Double(a), Value::Double(b)) => float_order(*a, *b),
            (Value::Single(a), Value::Single(b)) => float_order(f64::from(*a), f64::from(*b)),
            (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
            (Value::DateTime(a), Value::DateTime(b)) => a.ticks.cmp(&b.ticks),
            (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => a.utc_ticks().cmp(&b.utc_ticks()),
            (Value::TimeSpan(a), Value::TimeSpan(b)) => a.cmp(b),
            (Value::Guid(a), Value::Guid(b)) => a.cmp(b),
            (Value::Enum(a, x), Value::Enum(b, y)) if a == b => x.cmp(y),
            (Value::Char(a), Value::Char(b)) => a.cmp(b),
            (Value::Obj(object), other) => {
                let object = Rc::clone(object);
                match self.nested(|run| object.compare(other, run))? {
                    Some(order) => order,
                    None => return Err(not_comparable()),
                }
            }
            (a, b) if ops::is_number(a) && std::mem::discriminant(a) == std::mem::discriminant(b) => {
                ops::to_i128(a).cmp(&ops::to_i128(b))
            }
            (Value::Str(_), _) => return Err(Thrown::argument("Object must be of type String.")),
            _ => return Err(not_comparable()),
        })
    }

    /// `GetEnumerator` of anything that `foreach` takes.
    pub fn cursor(&mut self, value: &Value) -> Result<Cursor, Thrown> {
        match value {
            Value::Str(text) => {
                let text = text.clone();
                let mut at = 0;
                Ok(Box::new(move |_: &mut Run<'_>| {
                    let unit = text.units().get(at);
                    at += 1;
                    Ok(unit.map(Value::Char))
                }))
            }
            Value::Obj(object) => {
                let object = Rc::clone(object);
                match self.nested(|run| object.enumerate(value, run))? {
                    Some(cursor) => Ok(Box::new(Guarded(cursor))),
                    None => Err(Thrown::invalid_operation("The object cannot be enumerated.")),
                }
            }
            Value::Part(part) => crate::library::context::enumerate(self, *part),
            _ => Err(Thrown::null_reference()),
        }
    }

    /// Every item, counted against the budget.
    pub fn collect(&mut self, value: &Value) -> Result<Vec<Value>, Thrown> {
        let mut cursor = self.cursor(value)?;
        let mut items = Vec::new();
        while let Some(item) = cursor.next(self)? {
            self.step()?;
            self.charge(size_of::<Value>())?;
            items.push(item);
        }
        Ok(items)
    }

    /// `a + b` and the like on promoted values, for sums.
    pub fn add(&mut self, operands: Operands, left: &Value, right: &Value) -> Outcome {
        ops::binary(crate::syntax::ast::BinaryOp::Add, operands, true, false, left, right)
    }
}

/// A walk over an object. Walks that feed one another (`q = q.Select(…)` in a loop) nest as deep as
/// the program made them: each looks at the stack before it goes on.
struct Guarded(Cursor);

impl Sequence for Guarded {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Option<Value>, Thrown> {
        run.look_at_stack()?;
        self.0.next(run)
    }
}

fn float_order(a: f64, b: f64) -> Ordering {
    // NaN comes first.
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

fn not_comparable() -> Thrown {
    Thrown::invalid_operation("Failed to compare two elements in the array.")
}
