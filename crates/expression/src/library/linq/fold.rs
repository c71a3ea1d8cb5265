//! What walks a sequence to one value.

use super::super::comparer;
use super::super::list::count_of;
use super::{source, truth};
use crate::library::array::Array;
use crate::program::node::Operands;
use crate::run::{Args, Outcome, Thrown, ops};
use crate::syntax::ast::BinaryOp;
use crate::value::Value;
use std::cmp::Ordering;

fn empty() -> Thrown {
    Thrown::invalid_operation("Sequence contains no elements")
}

fn no_match() -> Thrown {
    Thrown::invalid_operation("Sequence contains no matching element")
}

/// Which item of a sequence is wanted when several fit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pick {
    First,
    Last,
    Single,
}

/// The item that a predicate takes; without one an item of all.
fn pick(a: &mut Args<'_, '_>, pick: Pick, test: bool) -> Result<Option<Value>, Thrown> {
    let source = source(a, 0, "source")?;
    let test = if test { Some(self::source(a, 1, "predicate")?) } else { None };
    let mut found = None;
    let mut cursor = a.run.cursor(&source)?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        if let Some(test) = &test
            && !truth(&a.run.invoke(test, std::slice::from_ref(&item))?)
        {
            continue;
        }
        if pick == Pick::Single && found.is_some() {
            return Err(Thrown::invalid_operation(if test.is_some() {
                "Sequence contains more than one matching element"
            } else {
                "Sequence contains more than one element"
            }));
        }
        found = Some(item);
        if pick == Pick::First {
            break;
        }
    }
    Ok(found)
}

/// `First`, `Last`, `Single`.
pub fn picked(a: &mut Args<'_, '_>, wanted: Pick) -> Outcome {
    let test = a.len() > 1;
    pick(a, wanted, test)?.ok_or_else(if test { no_match } else { empty })
}

/// `FirstOrDefault` and its kin. `test`: a predicate follows the source; `default`: where one stands.
pub fn picked_or(a: &mut Args<'_, '_>, wanted: Pick, test: bool, default: Option<usize>) -> Outcome {
    let found = pick(a, wanted, test)?;
    Ok(found.unwrap_or_else(|| match default {
        Some(at) => a.value(at),
        None => crate::run::default_value(&a.ty(0)),
    }))
}

/// `Any`: a collection tells by its count.
pub fn any(a: &mut Args<'_, '_>) -> Outcome {
    let test = a.len() > 1;
    if !test
        && let Value::Obj(object) = a.get(0)
        && let Some(count) = object.count()
    {
        return Ok(Value::Bool(count > 0));
    }
    Ok(Value::Bool(pick(a, Pick::First, test)?.is_some()))
}

pub fn count(a: &mut Args<'_, '_>) -> Result<i64, Thrown> {
    let source = source(a, 0, "source")?;
    if a.len() == 1 {
        return Ok(count_of(a.run, &source)? as i64);
    }
    let test = self::source(a, 1, "predicate")?;
    let mut count = 0;
    let mut cursor = a.run.cursor(&source)?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        count += i64::from(truth(&a.run.invoke(&test, &[item])?));
    }
    Ok(count)
}

pub fn all(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let test = self::source(a, 1, "predicate")?;
    let mut cursor = a.run.cursor(&source)?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        if !truth(&a.run.invoke(&test, &[item])?) {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

/// Items, after the selector when there is one.
fn selected(a: &mut Args<'_, '_>) -> Result<Vec<Value>, Thrown> {
    let source = source(a, 0, "source")?;
    let items = a.run.collect(&source)?;
    if a.len() < 2 {
        return Ok(items);
    }
    let selector = self::source(a, 1, "selector")?;
    items.into_iter().map(|item| a.run.invoke(&selector, &[item])).collect()
}

pub fn sum_of(a: &mut Args<'_, '_>, operands: Operands, zero: Value) -> Outcome {
    let items = selected(a)?;
    if operands == Operands::Single {
        // .NET sums floats as doubles.
        let total: f64 = items.iter().filter(|item| !item.is_null()).map(ops::to_f64).sum();
        return Ok(Value::Single(total as f32));
    }
    let mut total = zero;
    for item in items {
        if !item.is_null() {
            total = ops::binary(BinaryOp::Add, operands, true, false, &total, &item)?;
        }
    }
    Ok(total)
}

pub fn average_of(a: &mut Args<'_, '_>, operands: Operands, nullable: bool) -> Outcome {
    let items: Vec<Value> = selected(a)?.into_iter().filter(|item| !item.is_null()).collect();
    if items.is_empty() {
        return if nullable { Ok(Value::Null) } else { Err(empty()) };
    }
    let count = items.len();
    match operands {
        Operands::Decimal => {
            let mut total = Value::Decimal(rust_decimal::Decimal::ZERO);
            for item in &items {
                total = ops::binary(BinaryOp::Add, operands, true, false, &total, item)?;
            }
            let count = Value::Decimal(rust_decimal::Decimal::from(count as u64));
            ops::binary(BinaryOp::Div, operands, true, false, &total, &count)
        }
        Operands::Int64 => {
            let total: i128 = items.iter().map(ops::to_i128).sum();
            Ok(Value::Double(total as f64 / count as f64))
        }
        Operands::Single => {
            let total: f64 = items.iter().map(ops::to_f64).sum();
            Ok(Value::Single((total / count as f64) as f32))
        }
        _ => {
            let total: f64 = items.iter().map(ops::to_f64).sum();
            Ok(Value::Double(total / count as f64))
        }
    }
}

fn is_nan(value: &Value) -> bool {
    matches!(value, Value::Double(v) if v.is_nan()) || matches!(value, Value::Single(v) if v.is_nan())
}

/// `Max` and `Min`; `want` is the order that replaces the best so far; `comparer`: where one stands.
pub fn extreme(a: &mut Args<'_, '_>, want: Ordering, result: usize, comparer: Option<usize>) -> Outcome {
    let items = match comparer {
        Some(_) => {
            let source = source(a, 0, "source")?;
            a.run.collect(&source)?
        }
        None => selected(a)?,
    };
    let comparer = comparer.map(|at| a.value(at)).unwrap_or_default();
    let ty = a.ty(result);
    let mut best: Option<Value> = None;
    for item in items {
        if item.is_null() {
            continue;
        }
        let Some(found) = &best else {
            best = Some(item);
            continue;
        };
        let order = comparer::compare(a.run, &comparer, &item, found)?;
        // NaN is less than everything, for Min and Max alike.
        let replace = if is_nan(found) {
            want == Ordering::Greater && !is_nan(&item)
        } else if is_nan(&item) {
            want == Ordering::Less
        } else {
            order == want
        };
        if replace {
            best = Some(item);
        }
    }
    match best {
        Some(best) => Ok(best),
        None if ty.is_value_type() && ty.nullable_inner().is_none() => Err(empty()),
        None => Ok(Value::Null),
    }
}

/// `MaxBy` and `MinBy`: the first item with the best key; null keys lose.
pub fn extreme_by(a: &mut Args<'_, '_>, want: Ordering) -> Outcome {
    let source = source(a, 0, "source")?;
    let selector = self::source(a, 1, "keySelector")?;
    let comparer = a.value(2);
    let mut best: Option<(Value, Value)> = None;
    let mut cursor = a.run.cursor(&source)?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        let key = a.run.invoke(&selector, std::slice::from_ref(&item))?;
        let replace = match &best {
            None => true,
            Some((_, found)) if found.is_null() => !key.is_null(),
            Some(_) if key.is_null() => false,
            Some((_, found)) => comparer::compare(a.run, &comparer, &key, found)? == want,
        };
        if replace {
            best = Some((item, key));
        }
    }
    match best {
        Some((item, _)) => Ok(item),
        None if a.ty(0).is_value_type() && a.ty(0).nullable_inner().is_none() => Err(empty()),
        None => Ok(Value::Null),
    }
}

pub fn aggregate(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let mut cursor = a.run.cursor(&source)?;
    let seeded = a.len() > 2;
    let mut total = if seeded { a.value(1) } else { cursor.next(a.run)?.ok_or_else(empty)? };
    let work = self::source(a, if seeded { 2 } else { 1 }, "func")?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        total = a.run.invoke(&work, &[total, item])?;
    }
    if a.len() > 3 {
        let result = a.value(3);
        return a.run.invoke(&result, &[total]);
    }
    Ok(total)
}

/// Whether the count is known without a walk.
pub fn try_count(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let count = match &source {
        Value::Str(text) => Some(text.len()),
        Value::Obj(object) => object.count(),
        _ => None,
    };
    a.set_out(1, Value::Int32(count.unwrap_or(0) as i32));
    Ok(Value::Bool(count.is_some()))
}

pub fn to_array(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let items = a.run.collect(&source)?;
    Ok(Value::object(Array::new(a.ty(0), items)))
}

pub fn contains(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let (wanted, comparer) = (a.value(1), a.value(2));
    let mut cursor = a.run.cursor(&source)?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        if comparer::equal(a.run, &comparer, &item, &wanted)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

pub fn sequence_equal(a: &mut Args<'_, '_>) -> Outcome {
    let (first, second, comparer) = (source(a, 0, "first")?, source(a, 1, "second")?, a.value(2));
    if let (Value::Obj(first), Value::Obj(second)) = (&first, &second)
        && let (Some(first), Some(second)) = (first.count(), second.count())
        && first != second
    {
        return Ok(Value::Bool(false));
    }
    let (mut left, mut right) = (a.run.cursor(&first)?, a.run.cursor(&second)?);
    loop {
        a.run.step()?;
        match (left.next(a.run)?, right.next(a.run)?) {
            (Some(x), Some(y)) if comparer::equal(a.run, &comparer, &x, &y)? => {}
            (None, None) => return Ok(Value::Bool(true)),
            _ => return Ok(Value::Bool(false)),
        }
    }
}
