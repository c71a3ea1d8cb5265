//! Sequences that change shape item by item: filters, projections, parts, joins of ends.

use super::super::array::Array;
use super::{call, filter_map, lazy, source, truth, whole};
use crate::library::tuple::TupleObject;
use crate::run::{Args, Outcome, Run, Thrown, is_instance};
use crate::types::Type;
use crate::value::{Cursor, Value};
use std::collections::VecDeque;

pub fn where_(a: &mut Args<'_, '_>, indexed: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let test = self::source(a, 1, "predicate")?;
    Ok(filter_map(a.ty(0), source, move |run, item, index| {
        let keep = call(run, &test, item.clone(), indexed.then_some(index))?;
        Ok(truth(&keep).then_some(item))
    }))
}

pub fn select(a: &mut Args<'_, '_>, indexed: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let selector = self::source(a, 1, "selector")?;
    Ok(filter_map(a.ty(1), source, move |run, item, index| {
        call(run, &selector, item, indexed.then_some(index)).map(Some)
    }))
}

pub fn select_many(a: &mut Args<'_, '_>, result: bool, indexed: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let selector = self::source(a, 1, if result { "collectionSelector" } else { "selector" })?;
    let combine = if result { Some(self::source(a, 2, "resultSelector")?) } else { None };
    let item = a.ty(if result { 2 } else { 1 });
    Ok(lazy(item, move |run| {
        let mut outer = run.cursor(&source)?;
        let (selector, combine) = (selector.clone(), combine.clone());
        let mut inner: Option<(Value, Cursor)> = None;
        let mut index = -1;
        Ok(Box::new(move |run: &mut Run<'_>| {
            loop {
                run.step()?;
                if let Some((item, cursor)) = &mut inner
                    && let Some(found) = cursor.next(run)?
                {
                    return match &combine {
                        Some(combine) => run.invoke(combine, &[item.clone(), found]).map(Some),
                        None => Ok(Some(found)),
                    };
                }
                let Some(item) = outer.next(run)? else { return Ok(None) };
                index += 1;
                let sequence = call(run, &selector, item.clone(), indexed.then_some(index))?;
                inner = Some((item, run.cursor(&sequence)?));
            }
        }))
    }))
}

pub fn take(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let count = a.i32(1);
    Ok(lazy(a.ty(0), move |run| {
        let mut cursor = run.cursor(&source)?;
        let mut left = count;
        Ok(Box::new(move |run: &mut Run<'_>| {
            if left <= 0 {
                return Ok(None);
            }
            left -= 1;
            cursor.next(run)
        }))
    }))
}

pub fn skip(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let count = a.i32(1);
    Ok(filter_map(a.ty(0), source, move |_, item, index| Ok((index >= count).then_some(item))))
}

/// `TakeWhile` and `SkipWhile`.
pub fn take_while(a: &mut Args<'_, '_>, indexed: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let test = self::source(a, 1, "predicate")?;
    Ok(lazy(a.ty(0), move |run| {
        let mut cursor = run.cursor(&source)?;
        let test = test.clone();
        let (mut index, mut done) = (-1, false);
        Ok(Box::new(move |run: &mut Run<'_>| {
            if done {
                return Ok(None);
            }
            index += 1;
            if let Some(item) = cursor.next(run)?
                && truth(&call(run, &test, item.clone(), indexed.then_some(index))?)
            {
                return Ok(Some(item));
            }
            done = true;
            Ok(None)
        }))
    }))
}

pub fn skip_while(a: &mut Args<'_, '_>, indexed: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let test = self::source(a, 1, "predicate")?;
    Ok(lazy(a.ty(0), move |run| {
        let mut cursor = run.cursor(&source)?;
        let test = test.clone();
        let (mut index, mut started) = (-1, false);
        Ok(Box::new(move |run: &mut Run<'_>| {
            while let Some(item) = cursor.next(run)? {
                run.step()?;
                index += 1;
                started = started || !truth(&call(run, &test, item.clone(), indexed.then_some(index))?);
                if started {
                    return Ok(Some(item));
                }
            }
            Ok(None)
        }))
    }))
}

/// `TakeLast`: known when the source has ended.
pub fn take_last(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let count = a.i32(1).max(0) as usize;
    Ok(whole(a.ty(0), move |run| {
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut cursor = run.cursor(&source)?;
        let mut kept = VecDeque::new();
        while let Some(item) = cursor.next(run)? {
            run.step()?;
            run.charge(size_of::<Value>())?;
            if kept.len() == count {
                kept.pop_front();
            }
            kept.push_back(item);
        }
        Ok(kept.into())
    }))
}

/// `SkipLast`: runs `count` items ahead.
pub fn skip_last(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let count = a.i32(1).max(0) as usize;
    Ok(lazy(a.ty(0), move |run| {
        let mut cursor = run.cursor(&source)?;
        let mut ahead = VecDeque::new();
        Ok(Box::new(move |run: &mut Run<'_>| {
            while let Some(item) = cursor.next(run)? {
                run.step()?;
                ahead.push_back(item);
                if ahead.len() > count {
                    return Ok(ahead.pop_front());
                }
            }
            Ok(None)
        }))
    }))
}

/// `Zip` of two or three: with a selector, or to tuples.
pub fn zip(a: &mut Args<'_, '_>, count: usize, with: bool) -> Outcome {
    let names = ["first", "second", "third"];
    let mut sources = Vec::new();
    for (at, name) in names.iter().take(count).enumerate() {
        sources.push(source(a, at, name)?);
    }
    let result = if with { Some(source(a, count, "resultSelector")?) } else { None };
    let tuple = Type::tuple(a.types.iter().take(count).cloned().collect(), vec![None; count]);
    let item = if with { a.ty(count) } else { tuple.clone() };
    Ok(lazy(item, move |run| {
        let mut cursors = Vec::new();
        for source in &sources {
            cursors.push(run.cursor(source)?);
        }
        let (result, tuple) = (result.clone(), tuple.clone());
        Ok(Box::new(move |run: &mut Run<'_>| {
            run.step()?;
            let mut items = Vec::with_capacity(cursors.len());
            for cursor in &mut cursors {
                match cursor.next(run)? {
                    Some(item) => items.push(item),
                    None => return Ok(None),
                }
            }
            match &result {
                Some(result) => run.invoke(result, &items).map(Some),
                None => Ok(Some(Value::object(TupleObject::new(tuple.clone(), items)))),
            }
        }))
    }))
}

/// One sequence after the other; `Append` and `Prepend` are such with one item.
fn chain(item: Type, parts: Vec<Part>) -> Value {
    lazy(item, move |_| {
        let mut rest = parts.clone().into_iter();
        let mut cursor = None;
        Ok(Box::new(move |run: &mut Run<'_>| {
            loop {
                if let Some(found) = &mut cursor {
                    let found: &mut Cursor = found;
                    if let Some(item) = found.next(run)? {
                        return Ok(Some(item));
                    }
                    cursor = None;
                }
                match rest.next() {
                    Some(Part::All(source)) => cursor = Some(run.cursor(&source)?),
                    Some(Part::One(item)) => return Ok(Some(item)),
                    None => return Ok(None),
                }
            }
        }))
    })
}

#[derive(Clone)]
enum Part {
    All(Value),
    One(Value),
}

pub fn concat(a: &mut Args<'_, '_>) -> Outcome {
    let parts = vec![Part::All(source(a, 0, "first")?), Part::All(source(a, 1, "second")?)];
    Ok(chain(a.ty(0), parts))
}

pub fn append(a: &mut Args<'_, '_>) -> Outcome {
    let parts = vec![Part::All(source(a, 0, "source")?), Part::One(a.value(1))];
    Ok(chain(a.ty(0), parts))
}

pub fn prepend(a: &mut Args<'_, '_>) -> Outcome {
    let parts = vec![Part::One(a.value(1)), Part::All(source(a, 0, "source")?)];
    Ok(chain(a.ty(0), parts))
}

pub fn default_if_empty(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let default = if a.len() > 1 { a.value(1) } else { crate::run::default_value(&a.ty(0)) };
    Ok(lazy(a.ty(0), move |run| {
        let mut cursor = run.cursor(&source)?;
        let mut default = Some(default.clone());
        Ok(Box::new(move |run: &mut Run<'_>| {
            let item = cursor.next(run)?;
            // The default counts for an empty sequence only.
            let spare = default.take();
            Ok(item.or(spare))
        }))
    }))
}

pub fn chunk(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let size = usize::try_from(a.i32(1)).ok().filter(|size| *size > 0);
    let size =
        size.ok_or_else(|| Thrown::out_of_range("Specified argument was out of the range of valid values.", "size"))?;
    let element = a.ty(0);
    Ok(lazy(Type::array(element.clone()), move |run| {
        let mut cursor = run.cursor(&source)?;
        let element = element.clone();
        Ok(Box::new(move |run: &mut Run<'_>| {
            let mut part = Vec::new();
            while part.len() < size
                && let Some(item) = cursor.next(run)?
            {
                run.step()?;
                run.charge(size_of::<Value>())?;
                part.push(item);
            }
            Ok((!part.is_empty()).then(|| Value::object(Array::new(element.clone(), part))))
        }))
    }))
}

/// `Index()`: numbers and items.
pub fn index(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let tuple = Type::tuple(vec![Type::int(), a.ty(0)], vec![Some("Index".into()), Some("Item".into())]);
    Ok(filter_map(tuple.clone(), source, move |_, item, index| {
        Ok(Some(Value::object(TupleObject::new(tuple.clone(), vec![Value::Int32(index), item]))))
    }))
}

pub fn reverse(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    Ok(whole(a.ty(0), move |run| {
        let mut items = run.collect(&source)?;
        items.reverse();
        Ok(items)
    }))
}

pub fn cast(a: &mut Args<'_, '_>, only: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let ty = a.ty(0);
    Ok(filter_map(ty.clone(), source, move |_, item, _| {
        if only {
            return Ok(is_instance(&item, &ty).then_some(item));
        }
        if item.is_null() && ty.is_value_type() && ty.nullable_inner().is_none() {
            return Err(Thrown::null_reference());
        }
        crate::run::cast(item, &ty).map(Some)
    }))
}

pub fn range(a: &mut Args<'_, '_>) -> Outcome {
    let (start, count) = (a.i32(0), a.i32(1));
    if count < 0 || i64::from(start) + i64::from(count) - 1 > i64::from(i32::MAX) {
        return Err(Thrown::out_of_range("Specified argument was out of the range of valid values.", "count"));
    }
    Ok(lazy(Type::int(), move |_| {
        let mut at = 0;
        Ok(Box::new(move |_: &mut Run<'_>| {
            if at >= count {
                return Ok(None);
            }
            at += 1;
            Ok(Some(Value::Int32(start + (at - 1))))
        }))
    }))
}

pub fn repeat(a: &mut Args<'_, '_>) -> Outcome {
    let (value, count) = (a.value(0), a.i32(1));
    if count < 0 {
        return Err(Thrown::out_of_range("Specified argument was out of the range of valid values.", "count"));
    }
    Ok(lazy(a.ty(0), move |_| {
        let (value, mut left) = (value.clone(), count);
        Ok(Box::new(move |_: &mut Run<'_>| {
            if left <= 0 {
                return Ok(None);
            }
            left -= 1;
            Ok(Some(value.clone()))
        }))
    }))
}

pub fn element_at(run: &mut Run<'_>, source: &Value, index: i64) -> Result<Option<Value>, Thrown> {
    let Ok(mut left) = usize::try_from(index) else { return Ok(None) };
    let mut cursor = run.cursor(source)?;
    while let Some(item) = cursor.next(run)? {
        run.step()?;
        if left == 0 {
            return Ok(Some(item));
        }
        left -= 1;
    }
    Ok(None)
}
