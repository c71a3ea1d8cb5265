//! `System.Linq.Enumerable`: deferred sequences and what consumes them.

use super::TypeTable;
use super::array::Array;
use super::comparer;
use super::dictionary::Dictionary;
use super::list::{List, count_of};
use super::set;
use crate::program::node::Operands;
use crate::run::{Args, Native, Outcome, Run, Thrown, is_instance, ops};
use crate::syntax::ast::BinaryOp;
use crate::types::{Type, known, registry};
use crate::value::{Cursor, Object, Value, downcast};
use std::any::Any;
use std::cmp::Ordering;
use std::rc::Rc;

type Start = dyn Fn(&mut Run<'_>) -> Result<Cursor, Thrown>;

/// A sequence that is computed each time it is walked.
pub struct Lazy {
    item: Type,
    start: Rc<Start>,
    /// The sort keys, where more may be added (`ThenBy`): source, selectors, comparers, directions.
    order: Option<Rc<Order>>,
}

struct Order {
    source: Value,
    keys: Vec<(Value, Value, bool)>,
}

impl Object for Lazy {
    fn type_of(&self) -> Type {
        let id = if self.order.is_some() { known::ORDERED } else { known::ENUMERABLE };
        Type::generic(id, vec![self.item.clone()])
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, _this: &Value, run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        (self.start)(run).map(Some)
    }
}

pub fn lazy(item: Type, start: impl Fn(&mut Run<'_>) -> Result<Cursor, Thrown> + 'static) -> Value {
    Value::object(Lazy { item, start: Rc::new(start), order: None })
}

/// A sequence of items that are there already.
pub fn of_items(item: Type, items: Vec<Value>) -> Value {
    let items: Rc<[Value]> = items.into();
    lazy(item, move |_| {
        let items = Rc::clone(&items);
        let mut at = 0;
        Ok(Box::new(move |_: &mut Run<'_>| {
            at += 1;
            Ok(items.get(at - 1).cloned())
        }))
    })
}

/// `IGrouping<K, T>`.
pub struct Group {
    ty: Type,
    pub key: Value,
    pub items: Vec<Value>,
}

impl Object for Group {
    fn type_of(&self) -> Type {
        self.ty.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        let this = this.clone();
        let mut at = 0;
        Ok(Some(Box::new(move |_: &mut Run<'_>| {
            at += 1;
            Ok(downcast::<Group>(&this).and_then(|group| group.items.get(at - 1).cloned()))
        })))
    }

    fn count(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// `ILookup<K, T>`.
pub struct Lookup {
    ty: Type,
    groups: Vec<Value>,
    comparer: Value,
}

impl Object for Lookup {
    fn type_of(&self) -> Type {
        self.ty.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        let this = this.clone();
        let mut at = 0;
        Ok(Some(Box::new(move |_: &mut Run<'_>| {
            at += 1;
            Ok(downcast::<Lookup>(&this).and_then(|lookup| lookup.groups.get(at - 1).cloned()))
        })))
    }

    fn count(&self) -> Option<usize> {
        Some(self.groups.len())
    }
}

fn source(a: &Args<'_, '_>, index: usize, name: &str) -> Outcome {
    match a.value(index) {
        Value::Null => Err(Thrown::argument_null(name)),
        value => Ok(value),
    }
}

fn truth(value: &Value) -> bool {
    matches!(value, Value::Bool(true))
}

/// Calls a selector that may take the index too.
fn call(run: &mut Run<'_>, delegate: &Value, item: Value, index: Option<i32>) -> Outcome {
    match index {
        Some(index) => run.invoke(delegate, &[item, Value::Int32(index)]),
        None => run.invoke(delegate, &[item]),
    }
}

/// Maps each item to nothing, or to one.
fn filter_map(
    item: Type,
    source: Value,
    step: impl Fn(&mut Run<'_>, Value, i32) -> Result<Option<Value>, Thrown> + 'static,
) -> Value {
    let step = Rc::new(step);
    lazy(item, move |run| {
        let mut cursor = run.cursor(&source)?;
        let step = Rc::clone(&step);
        let mut index = -1;
        Ok(Box::new(move |run: &mut Run<'_>| {
            while let Some(item) = cursor.next(run)? {
                run.step()?;
                index += 1;
                if let Some(made) = step(run, item, index)? {
                    return Ok(Some(made));
                }
            }
            Ok(None)
        }))
    })
}

fn where_(a: &mut Args<'_, '_>, indexed: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let test = self::source(a, 1, "predicate")?;
    Ok(filter_map(a.ty(0), source, move |run, item, index| {
        let keep = call(run, &test, item.clone(), indexed.then_some(index))?;
        Ok(truth(&keep).then_some(item))
    }))
}

fn select(a: &mut Args<'_, '_>, indexed: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let selector = self::source(a, 1, "selector")?;
    Ok(filter_map(a.ty(1), source, move |run, item, index| {
        call(run, &selector, item, indexed.then_some(index)).map(Some)
    }))
}

fn select_many(a: &mut Args<'_, '_>, result: bool, indexed: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let selector = a.value(1);
    let combine = result.then(|| a.value(2));
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

fn take(a: &mut Args<'_, '_>) -> Outcome {
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

fn skip(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let count = a.i32(1);
    Ok(filter_map(a.ty(0), source, move |_, item, index| Ok((index >= count).then_some(item))))
}

fn take_while(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let test = a.value(1);
    Ok(lazy(a.ty(0), move |run| {
        let mut cursor = run.cursor(&source)?;
        let test = test.clone();
        let mut done = false;
        Ok(Box::new(move |run: &mut Run<'_>| {
            if done {
                return Ok(None);
            }
            match cursor.next(run)? {
                Some(item) if truth(&run.invoke(&test, std::slice::from_ref(&item))?) => Ok(Some(item)),
                _ => {
                    done = true;
                    Ok(None)
                }
            }
        }))
    }))
}

fn skip_while(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let test = a.value(1);
    Ok(lazy(a.ty(0), move |run| {
        let mut cursor = run.cursor(&source)?;
        let test = test.clone();
        let mut started = false;
        Ok(Box::new(move |run: &mut Run<'_>| {
            while let Some(item) = cursor.next(run)? {
                run.step()?;
                started = started || !truth(&run.invoke(&test, std::slice::from_ref(&item))?);
                if started {
                    return Ok(Some(item));
                }
            }
            Ok(None)
        }))
    }))
}

/// A sequence made whole when its walk starts.
fn whole(item: Type, make: impl Fn(&mut Run<'_>) -> Result<Vec<Value>, Thrown> + 'static) -> Value {
    lazy(item, move |run| {
        let items = make(run)?;
        let mut items = items.into_iter();
        Ok(Box::new(move |_: &mut Run<'_>| Ok(items.next())))
    })
}

fn sorted(item: Type, order: Order) -> Value {
    let order = Rc::new(order);
    let inner = Rc::clone(&order);
    let start = move |run: &mut Run<'_>| -> Result<Cursor, Thrown> {
        let items = run.collect(&inner.source)?;
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            let mut keys = Vec::with_capacity(inner.keys.len());
            for (selector, _, _) in &inner.keys {
                keys.push(if selector.is_null() {
                    item.clone()
                } else {
                    run.invoke(selector, std::slice::from_ref(&item))?
                });
            }
            keyed.push((keys, item));
        }
        run.steps(keyed.len().saturating_mul(8))?;
        let mut failed = None;
        keyed.sort_by(|(a, _), (b, _)| {
            for ((x, y), (_, comparer, descending)) in a.iter().zip(b).zip(&inner.keys) {
                if failed.is_some() {
                    return Ordering::Equal;
                }
                match comparer::compare(run, comparer, x, y) {
                    Ok(Ordering::Equal) => {}
                    Ok(order) => return if *descending { order.reverse() } else { order },
                    Err(thrown) => failed = Some(thrown),
                }
            }
            Ordering::Equal
        });
        if let Some(thrown) = failed {
            return Err(thrown);
        }
        let mut items = keyed.into_iter().map(|(_, item)| item);
        Ok(Box::new(move |_: &mut Run<'_>| Ok(items.next())))
    };
    Value::object(Lazy { item, start: Rc::new(start), order: Some(order) })
}

fn order_by(a: &mut Args<'_, '_>, descending: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let key = (a.value(1), a.value(2), descending);
    Ok(sorted(a.ty(0), Order { source, keys: vec![key] }))
}

fn order(a: &mut Args<'_, '_>, descending: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let key = (Value::Null, a.value(1), descending);
    Ok(sorted(a.ty(0), Order { source, keys: vec![key] }))
}

fn then_by(a: &mut Args<'_, '_>, descending: bool) -> Outcome {
    let before = a.object_arg::<Lazy>(0, "source")?.order.clone();
    let Some(before) = before else { return Err(Thrown::null_reference()) };
    let mut keys = before.keys.clone();
    keys.push((a.value(1), a.value(2), descending));
    Ok(sorted(a.ty(0), Order { source: before.source.clone(), keys }))
}

/// Items by key in order of first appearance.
fn group_items(
    run: &mut Run<'_>,
    source: &Value,
    key: &Value,
    element: Option<&Value>,
    comparer: &Value,
) -> Result<Vec<(Value, Vec<Value>)>, Thrown> {
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    let mut index: std::collections::HashMap<u64, Vec<usize>> = std::collections::HashMap::new();
    for item in run.collect(source)? {
        let found_key = run.invoke(key, std::slice::from_ref(&item))?;
        let value = match element {
            Some(element) => run.invoke(element, &[item])?,
            None => item,
        };
        let hash = comparer::hash(run, comparer, &found_key)?;
        let mut place = None;
        for at in index.get(&hash).into_iter().flatten() {
            if let Some((known, _)) = groups.get(*at)
                && comparer::equal(run, comparer, known, &found_key)?
            {
                place = Some(*at);
                break;
            }
        }
        let at = place.unwrap_or_else(|| {
            groups.push((found_key, Vec::new()));
            index.entry(hash).or_default().push(groups.len() - 1);
            groups.len() - 1
        });
        if let Some((_, items)) = groups.get_mut(at) {
            items.push(value);
        }
    }
    Ok(groups)
}

fn group_value(ty: &Type, key: Value, items: Vec<Value>) -> Value {
    Value::object(Group { ty: ty.clone(), key, items })
}

/// `GroupBy` in all its forms: where the element, the result and the comparer stand.
fn group_by(a: &mut Args<'_, '_>, element: Option<usize>, result: Option<usize>, comparer: Option<usize>) -> Outcome {
    let source = source(a, 0, "source")?;
    let key = a.value(1);
    let element_type = if element.is_some() { a.ty(2) } else { a.ty(0) };
    let group_type = Type::generic(known::GROUPING, vec![a.ty(1), element_type.clone()]);
    let element = element.map(|at| a.value(at));
    let result = result.map(|at| a.value(at));
    let comparer = comparer.map(|at| a.value(at)).unwrap_or_default();
    let item = match &result {
        Some(_) => a.types.last().cloned().unwrap_or_else(Type::object),
        None => group_type.clone(),
    };
    Ok(whole(item, move |run| {
        let groups = group_items(run, &source, &key, element.as_ref(), &comparer)?;
        let mut made = Vec::new();
        for (key, items) in groups {
            made.push(match &result {
                Some(result) => run.invoke(result, &[key, of_items(element_type.clone(), items)])?,
                None => group_value(&group_type, key, items),
            });
        }
        Ok(made)
    }))
}

fn join(a: &mut Args<'_, '_>, grouped: bool) -> Outcome {
    let (outer, inner) = (source(a, 0, "outer")?, source(a, 1, "inner")?);
    let (outer_key, inner_key, result, comparer) = (a.value(2), a.value(3), a.value(4), a.value(5));
    let inner_type = a.ty(1);
    Ok(whole(a.ty(3), move |run| {
        let groups = group_items(run, &inner, &inner_key, None, &comparer)?;
        let mut made = Vec::new();
        for item in run.collect(&outer)? {
            let key = run.invoke(&outer_key, std::slice::from_ref(&item))?;
            let mut matches: &[Value] = &[];
            if !key.is_null() {
                for (found, items) in &groups {
                    run.step()?;
                    if comparer::equal(run, &comparer, found, &key)? {
                        matches = items;
                        break;
                    }
                }
            }
            if grouped {
                made.push(run.invoke(&result, &[item, of_items(inner_type.clone(), matches.to_vec())])?);
            } else {
                for other in matches {
                    made.push(run.invoke(&result, &[item.clone(), other.clone()])?);
                }
            }
        }
        Ok(made)
    }))
}

fn zip(a: &mut Args<'_, '_>, with: bool) -> Outcome {
    let (first, second) = (source(a, 0, "first")?, source(a, 1, "second")?);
    let result = with.then(|| a.value(2));
    let pair = Type::tuple(vec![a.ty(0), a.ty(1)], vec![None, None]);
    let item = if with { a.ty(2) } else { pair.clone() };
    Ok(lazy(item, move |run| {
        let (mut left, mut right) = (run.cursor(&first)?, run.cursor(&second)?);
        let (result, pair) = (result.clone(), pair.clone());
        Ok(Box::new(move |run: &mut Run<'_>| {
            let (Some(x), Some(y)) = (left.next(run)?, right.next(run)?) else { return Ok(None) };
            match &result {
                Some(result) => run.invoke(result, &[x, y]).map(Some),
                None => Ok(Some(Value::object(super::tuple::TupleObject::new(pair.clone(), vec![x, y])))),
            }
        }))
    }))
}

fn concat(a: &mut Args<'_, '_>) -> Outcome {
    let (first, second) = (source(a, 0, "first")?, source(a, 1, "second")?);
    Ok(lazy(a.ty(0), move |run| {
        let mut cursor = run.cursor(&first)?;
        let mut rest = Some(second.clone());
        Ok(Box::new(move |run: &mut Run<'_>| {
            loop {
                if let Some(item) = cursor.next(run)? {
                    return Ok(Some(item));
                }
                match rest.take() {
                    Some(second) => cursor = run.cursor(&second)?,
                    None => return Ok(None),
                }
            }
        }))
    }))
}

fn around(a: &mut Args<'_, '_>, front: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let extra = a.value(1);
    Ok(whole(a.ty(0), move |run| {
        let mut items = run.collect(&source)?;
        if front {
            items.insert(0, extra.clone())
        } else {
            items.push(extra.clone())
        }
        Ok(items)
    }))
}

#[derive(Clone, Copy)]
enum SetOp {
    Distinct,
    Union,
    Intersect,
    Except,
}

/// Set operations; keys by selector or the items themselves.
fn set_op(
    a: &mut Args<'_, '_>,
    op: SetOp,
    second: Option<usize>,
    key: Option<usize>,
    comparer: Option<usize>,
) -> Outcome {
    let first = source(a, 0, "first")?;
    let second = second.map(|at| a.value(at));
    let key = key.map(|at| a.value(at));
    let comparer = comparer.map(|at| a.value(at)).unwrap_or_default();
    let item = a.ty(0);
    Ok(whole(item.clone(), move |run| {
        let key_of = |run: &mut Run<'_>, item: &Value| match &key {
            Some(key) => run.invoke(key, std::slice::from_ref(item)),
            None => Ok(item.clone()),
        };
        let others = match &second {
            Some(second) => run.collect(second)?,
            None => Vec::new(),
        };
        let seen = set::new_set(run, item.clone(), comparer.clone(), Vec::new())?;
        let mut kept = Vec::new();
        let items = run.collect(&first)?;
        match op {
            SetOp::Distinct | SetOp::Union => {
                for item in items.into_iter().chain(others) {
                    let key = key_of(run, &item)?;
                    if set::add(run, &seen, key)? {
                        kept.push(item);
                    }
                }
            }
            SetOp::Intersect | SetOp::Except => {
                for other in others {
                    // `IntersectBy` and `ExceptBy` take keys as the second sequence.
                    set::add(run, &seen, other)?;
                }
                for item in items {
                    let key = key_of(run, &item)?;
                    let keep = match op {
                        SetOp::Intersect => set::remove(run, &seen, &key)?,
                        _ => set::add(run, &seen, key)?,
                    };
                    if keep {
                        kept.push(item);
                    }
                }
            }
        }
        Ok(kept)
    }))
}

fn empty() -> Thrown {
    Thrown::invalid_operation("Sequence contains no elements")
}

fn no_match() -> Thrown {
    Thrown::invalid_operation("Sequence contains no matching element")
}

/// The first (or last) item that a predicate takes; without one the first of all.
fn pick(a: &mut Args<'_, '_>, last: bool) -> Result<Option<Value>, Thrown> {
    let source = source(a, 0, "source")?;
    let test = if a.len() > 1 { Some(self::source(a, 1, "predicate")?) } else { None };
    let mut found = None;
    let mut cursor = a.run.cursor(&source)?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        if let Some(test) = &test
            && !truth(&a.run.invoke(test, std::slice::from_ref(&item))?)
        {
            continue;
        }
        found = Some(item);
        if !last {
            break;
        }
    }
    Ok(found)
}

fn picked(a: &mut Args<'_, '_>, last: bool, or_default: bool) -> Outcome {
    let has_test = a.len() > 1;
    match pick(a, last)? {
        Some(item) => Ok(item),
        None if or_default => Ok(crate::run::default_value(&a.ty(0))),
        None => Err(if has_test { no_match() } else { empty() }),
    }
}

fn single(a: &mut Args<'_, '_>, or_default: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let test = if a.len() > 1 { Some(a.value(1)) } else { None };
    let mut found = None;
    let mut cursor = a.run.cursor(&source)?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        if let Some(test) = &test
            && !truth(&a.run.invoke(test, std::slice::from_ref(&item))?)
        {
            continue;
        }
        if found.is_some() {
            return Err(Thrown::invalid_operation(if test.is_some() {
                "Sequence contains more than one matching element"
            } else {
                "Sequence contains more than one element"
            }));
        }
        found = Some(item);
    }
    match found {
        Some(item) => Ok(item),
        None if or_default => Ok(crate::run::default_value(&a.ty(0))),
        None => Err(if test.is_some() { no_match() } else { empty() }),
    }
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

fn count(a: &mut Args<'_, '_>) -> Result<i64, Thrown> {
    let source = source(a, 0, "source")?;
    if a.len() == 1 {
        return Ok(count_of(a.run, &source)? as i64);
    }
    let test = a.value(1);
    let mut count = 0;
    let mut cursor = a.run.cursor(&source)?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        count += i64::from(truth(&a.run.invoke(&test, &[item])?));
    }
    Ok(count)
}

fn all(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let test = a.value(1);
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
    let selector = a.value(1);
    items.into_iter().map(|item| a.run.invoke(&selector, &[item])).collect()
}

fn sum_of(a: &mut Args<'_, '_>, operands: Operands, zero: Value, nullable: bool) -> Outcome {
    let items = selected(a)?;
    if operands == Operands::Single {
        // .NET sums floats as doubles.
        let total: f64 = items.iter().filter(|item| !item.is_null()).map(ops::to_f64).sum();
        return Ok(Value::Single(total as f32));
    }
    let _ = nullable;
    let mut total = zero;
    for item in items {
        if !item.is_null() {
            total = ops::binary(BinaryOp::Add, operands, true, false, &total, &item)?;
        }
    }
    Ok(total)
}

fn average_of(a: &mut Args<'_, '_>, operands: Operands, nullable: bool) -> Outcome {
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

/// `Max` and `Min`; `want` is the order that replaces the best so far.
fn extreme(a: &mut Args<'_, '_>, want: Ordering, result: usize) -> Outcome {
    let items = selected(a)?;
    let ty = a.ty(result);
    let mut best: Option<Value> = None;
    for item in items {
        if item.is_null() {
            continue;
        }
        best = Some(match best {
            None => item,
            Some(best) => {
                let nan = |value: &Value| {
                    matches!(value, Value::Double(v) if v.is_nan()) || matches!(value, Value::Single(v) if v.is_nan())
                };
                let order = a.run.compare(&item, &best)?;
                // NaN is less than everything, for Min and Max alike.
                let replace = if nan(&best) {
                    want == Ordering::Greater
                } else if nan(&item) {
                    want == Ordering::Less
                } else {
                    order == want
                };
                if replace { item } else { best }
            }
        });
    }
    match best {
        Some(best) => Ok(best),
        None if ty.is_value_type() && ty.nullable_inner().is_none() => Err(empty()),
        None => Ok(Value::Null),
    }
}

fn extreme_by(a: &mut Args<'_, '_>, want: Ordering) -> Outcome {
    let source = source(a, 0, "source")?;
    let selector = a.value(1);
    let mut best: Option<(Value, Value)> = None;
    for item in a.run.collect(&source)? {
        let key = a.run.invoke(&selector, std::slice::from_ref(&item))?;
        let replace = match &best {
            Some((_, found)) => a.run.compare(&key, found)? == want,
            None => true,
        };
        if replace {
            best = Some((item, key));
        }
    }
    match best {
        Some((item, _)) => Ok(item),
        None if a.ty(0).is_value_type() => Err(empty()),
        None => Ok(Value::Null),
    }
}

fn aggregate(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let mut cursor = a.run.cursor(&source)?;
    let seeded = a.len() > 2;
    let mut total = if seeded { a.value(1) } else { cursor.next(a.run)?.ok_or_else(empty)? };
    let work = a.value(if seeded { 2 } else { 1 });
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

fn to_dictionary(a: &mut Args<'_, '_>, element: Option<usize>, comparer: Option<usize>) -> Outcome {
    let source = source(a, 0, "source")?;
    let key = a.value(1);
    let element = element.map(|at| a.value(at));
    let comparer = comparer.map(|at| a.value(at)).unwrap_or_default();
    let value_type = if element.is_some() { a.ty(2) } else { a.ty(0) };
    let dictionary = Dictionary::new(a.ty(1), value_type, comparer);
    for item in a.run.collect(&source)? {
        let found = a.run.invoke(&key, std::slice::from_ref(&item))?;
        if found.is_null() {
            return Err(Thrown::argument_null("key"));
        }
        let value = match &element {
            Some(element) => a.run.invoke(element, &[item])?,
            None => item,
        };
        if !dictionary.add(a.run, found.clone(), value)? {
            let text = a.run.print_str(&found)?;
            return Err(Thrown::argument(&format!(
                "An item with the same key has already been added. Key: {}",
                text.as_str()
            )));
        }
    }
    Ok(Value::object(dictionary))
}

fn to_lookup(a: &mut Args<'_, '_>, element: Option<usize>, comparer: Option<usize>) -> Outcome {
    let source = source(a, 0, "source")?;
    let key = a.value(1);
    let element_type = if element.is_some() { a.ty(2) } else { a.ty(0) };
    let element = element.map(|at| a.value(at));
    let comparer = comparer.map(|at| a.value(at)).unwrap_or_default();
    let groups = group_items(a.run, &source, &key, element.as_ref(), &comparer)?;
    let args = vec![a.ty(1), element_type];
    let group_type = Type::generic(known::GROUPING, args.clone());
    let id = registry().full("System.Linq.ILookup", 2).unwrap_or(known::OBJECT);
    let groups = groups.into_iter().map(|(key, items)| group_value(&group_type, key, items)).collect();
    Ok(Value::object(Lookup { ty: Type::generic(id, args), groups, comparer }))
}

fn to_array(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let items = a.run.collect(&source)?;
    Ok(Value::object(Array::new(a.ty(0), items)))
}

fn cast(a: &mut Args<'_, '_>, only: bool) -> Outcome {
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

fn contains(a: &mut Args<'_, '_>) -> Outcome {
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

fn sequence_equal(a: &mut Args<'_, '_>) -> Outcome {
    let (first, second, comparer) = (source(a, 0, "first")?, source(a, 1, "second")?, a.value(2));
    let (first, second) = (a.run.collect(&first)?, a.run.collect(&second)?);
    if first.len() != second.len() {
        return Ok(Value::Bool(false));
    }
    for (x, y) in first.iter().zip(&second) {
        if !comparer::equal(a.run, &comparer, x, y)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn range(a: &mut Args<'_, '_>) -> Outcome {
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

fn repeat(a: &mut Args<'_, '_>) -> Outcome {
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

fn default_if_empty(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let default = if a.len() > 1 { a.value(1) } else { crate::run::default_value(&a.ty(0)) };
    Ok(whole(a.ty(0), move |run| {
        let mut items = run.collect(&source)?;
        if items.is_empty() {
            items.push(default.clone());
        }
        Ok(items)
    }))
}

/// Drops or keeps items at the end.
fn tail(a: &mut Args<'_, '_>, keep: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let count = a.i32(1).max(0) as usize;
    Ok(whole(a.ty(0), move |run| {
        let mut items = run.collect(&source)?;
        let cut = items.len().saturating_sub(count);
        if keep {
            return Ok(items.split_off(cut));
        }
        items.truncate(cut);
        Ok(items)
    }))
}

fn chunk(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let size = usize::try_from(a.i32(1)).ok().filter(|size| *size > 0);
    let size =
        size.ok_or_else(|| Thrown::out_of_range("Specified argument was out of the range of valid values.", "size"))?;
    let element = a.ty(0);
    Ok(whole(Type::array(element.clone()), move |run| {
        let items = run.collect(&source)?;
        Ok(items.chunks(size).map(|part| Value::object(Array::new(element.clone(), part.to_vec()))).collect())
    }))
}

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "interface System.Linq.IOrderedEnumerable<out T> : IEnumerable<T>", members: &[] },
    TypeTable {
        decl: "interface System.Linq.IGrouping<out K, out T> : IEnumerable<T>",
        members: &[("K Key", |a| Ok(a.object::<Group>(0)?.key.clone()))],
    },
    TypeTable {
        decl: "interface System.Linq.ILookup<K, T> : IEnumerable<IGrouping<K, T>>",
        members: &[
            ("int Count", |a| Ok(Value::Int32(a.object::<Lookup>(0)?.groups.len() as i32))),
            ("bool Contains(K key)", |a| lookup_items(a).map(|found| Value::Bool(found.is_some()))),
            ("IEnumerable<T> this[K key]", |a| {
                let found = lookup_items(a)?;
                Ok(of_items(a.ty(1), found.unwrap_or_default()))
            }),
        ],
    },
    TypeTable { decl: "static class System.Linq.Enumerable", members: ENUMERABLE },
    TypeTable { decl: "static class System.Linq.EnumerableAggregates", members: AGGREGATES },
];

fn lookup_items(a: &mut Args<'_, '_>) -> Result<Option<Vec<Value>>, Thrown> {
    let (target, key) = (a.value(0), a.value(1));
    let Some(lookup) = downcast::<Lookup>(&target) else { return Err(Thrown::null_reference()) };
    for group in &lookup.groups {
        if let Some(group) = downcast::<Group>(group)
            && comparer::equal(a.run, &lookup.comparer, &group.key, &key)?
        {
            return Ok(Some(group.items.clone()));
        }
    }
    Ok(None)
}

static ENUMERABLE: &[(&str, Native)] = &[
    ("static IEnumerable<T> Empty<T>()", |a| Ok(of_items(a.ty(0), Vec::new()))),
    ("static IEnumerable<int> Range(int start, int count)", range),
    ("static IEnumerable<T> Repeat<T>(T element, int count)", repeat),
    ("static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| where_(a, false)),
    ("static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)", |a| where_(a, true)),
    ("static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, R> selector)", |a| select(a, false)),
    ("static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, int, R> selector)", |a| select(a, true)),
    ("static IEnumerable<R> SelectMany<T, R>(this IEnumerable<T> source, Func<T, IEnumerable<R>> selector)", |a| {
        select_many(a, false, false)
    }),
    (
        "static IEnumerable<R> SelectMany<T, R>(this IEnumerable<T> source, Func<T, int, IEnumerable<R>> selector)",
        |a| select_many(a, false, true),
    ),
    (
        "static IEnumerable<R> SelectMany<T, C, R>(this IEnumerable<T> source, Func<T, IEnumerable<C>> collectionSelector, Func<T, C, R> resultSelector)",
        |a| select_many(a, true, false),
    ),
    ("static IEnumerable<T> Take<T>(this IEnumerable<T> source, int count)", take),
    ("static IEnumerable<T> Skip<T>(this IEnumerable<T> source, int count)", skip),
    ("static IEnumerable<T> TakeLast<T>(this IEnumerable<T> source, int count)", |a| tail(a, true)),
    ("static IEnumerable<T> SkipLast<T>(this IEnumerable<T> source, int count)", |a| tail(a, false)),
    ("static IEnumerable<T> TakeWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)", take_while),
    ("static IEnumerable<T> SkipWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)", skip_while),
    ("static IOrderedEnumerable<T> OrderBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        order_by(a, false)
    }),
    (
        "static IOrderedEnumerable<T> OrderBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IComparer<K> comparer)",
        |a| order_by(a, false),
    ),
    ("static IOrderedEnumerable<T> OrderByDescending<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        order_by(a, true)
    }),
    (
        "static IOrderedEnumerable<T> OrderByDescending<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IComparer<K> comparer)",
        |a| order_by(a, true),
    ),
    ("static IOrderedEnumerable<T> ThenBy<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector)", |a| {
        then_by(a, false)
    }),
    (
        "static IOrderedEnumerable<T> ThenBy<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector, IComparer<K> comparer)",
        |a| then_by(a, false),
    ),
    (
        "static IOrderedEnumerable<T> ThenByDescending<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector)",
        |a| then_by(a, true),
    ),
    (
        "static IOrderedEnumerable<T> ThenByDescending<T, K>(this IOrderedEnumerable<T> source, Func<T, K> keySelector, IComparer<K> comparer)",
        |a| then_by(a, true),
    ),
    ("static IOrderedEnumerable<T> Order<T>(this IEnumerable<T> source)", |a| order(a, false)),
    ("static IOrderedEnumerable<T> OrderDescending<T>(this IEnumerable<T> source)", |a| order(a, true)),
    ("static IEnumerable<IGrouping<K, T>> GroupBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        group_by(a, None, None, None)
    }),
    (
        "static IEnumerable<IGrouping<K, T>> GroupBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IEqualityComparer<K> comparer)",
        |a| group_by(a, None, None, Some(2)),
    ),
    (
        "static IEnumerable<IGrouping<K, E>> GroupBy<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector)",
        |a| group_by(a, Some(2), None, None),
    ),
    (
        "static IEnumerable<R> GroupBy<T, K, R>(this IEnumerable<T> source, Func<T, K> keySelector, Func<K, IEnumerable<T>, R> resultSelector)",
        |a| group_by(a, None, Some(2), None),
    ),
    (
        "static IEnumerable<R> GroupBy<T, K, E, R>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector, Func<K, IEnumerable<E>, R> resultSelector)",
        |a| group_by(a, Some(2), Some(3), None),
    ),
    (
        "static IEnumerable<R> Join<T, I, K, R>(this IEnumerable<T> outer, IEnumerable<I> inner, Func<T, K> outerKeySelector, Func<I, K> innerKeySelector, Func<T, I, R> resultSelector)",
        |a| join(a, false),
    ),
    (
        "static IEnumerable<R> Join<T, I, K, R>(this IEnumerable<T> outer, IEnumerable<I> inner, Func<T, K> outerKeySelector, Func<I, K> innerKeySelector, Func<T, I, R> resultSelector, IEqualityComparer<K> comparer)",
        |a| join(a, false),
    ),
    (
        "static IEnumerable<R> GroupJoin<T, I, K, R>(this IEnumerable<T> outer, IEnumerable<I> inner, Func<T, K> outerKeySelector, Func<I, K> innerKeySelector, Func<T, IEnumerable<I>, R> resultSelector)",
        |a| join(a, true),
    ),
    (
        "static IEnumerable<R> Zip<A, B, R>(this IEnumerable<A> first, IEnumerable<B> second, Func<A, B, R> resultSelector)",
        |a| zip(a, true),
    ),
    ("static IEnumerable<(A First, B Second)> Zip<A, B>(this IEnumerable<A> first, IEnumerable<B> second)", |a| {
        zip(a, false)
    }),
    ("static IEnumerable<T> Concat<T>(this IEnumerable<T> first, IEnumerable<T> second)", concat),
    ("static IEnumerable<T> Append<T>(this IEnumerable<T> source, T element)", |a| around(a, false)),
    ("static IEnumerable<T> Prepend<T>(this IEnumerable<T> source, T element)", |a| around(a, true)),
    ("static IEnumerable<T> Distinct<T>(this IEnumerable<T> source)", |a| set_op(a, SetOp::Distinct, None, None, None)),
    ("static IEnumerable<T> Distinct<T>(this IEnumerable<T> source, IEqualityComparer<T> comparer)", |a| {
        set_op(a, SetOp::Distinct, None, None, Some(1))
    }),
    ("static IEnumerable<T> DistinctBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        set_op(a, SetOp::Distinct, None, Some(1), None)
    }),
    ("static IEnumerable<T> Union<T>(this IEnumerable<T> first, IEnumerable<T> second)", |a| {
        set_op(a, SetOp::Union, Some(1), None, None)
    }),
    (
        "static IEnumerable<T> Union<T>(this IEnumerable<T> first, IEnumerable<T> second, IEqualityComparer<T> comparer)",
        |a| set_op(a, SetOp::Union, Some(1), None, Some(2)),
    ),
    ("static IEnumerable<T> Intersect<T>(this IEnumerable<T> first, IEnumerable<T> second)", |a| {
        set_op(a, SetOp::Intersect, Some(1), None, None)
    }),
    (
        "static IEnumerable<T> Intersect<T>(this IEnumerable<T> first, IEnumerable<T> second, IEqualityComparer<T> comparer)",
        |a| set_op(a, SetOp::Intersect, Some(1), None, Some(2)),
    ),
    ("static IEnumerable<T> Except<T>(this IEnumerable<T> first, IEnumerable<T> second)", |a| {
        set_op(a, SetOp::Except, Some(1), None, None)
    }),
    (
        "static IEnumerable<T> Except<T>(this IEnumerable<T> first, IEnumerable<T> second, IEqualityComparer<T> comparer)",
        |a| set_op(a, SetOp::Except, Some(1), None, Some(2)),
    ),
    ("static IEnumerable<T> Reverse<T>(this IEnumerable<T> source)", |a| {
        let source = source(a, 0, "source")?;
        Ok(whole(a.ty(0), move |run| {
            let mut items = run.collect(&source)?;
            items.reverse();
            Ok(items)
        }))
    }),
    ("static IEnumerable<R> Cast<R>(this System.Collections.IEnumerable source)", |a| cast(a, false)),
    ("static IEnumerable<R> OfType<R>(this System.Collections.IEnumerable source)", |a| cast(a, true)),
    ("static IEnumerable<T> AsEnumerable<T>(this IEnumerable<T> source)", |a| Ok(a.value(0))),
    ("static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source)", default_if_empty),
    ("static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source, T defaultValue)", default_if_empty),
    ("static IEnumerable<T[]> Chunk<T>(this IEnumerable<T> source, int size)", chunk),
    ("static T First<T>(this IEnumerable<T> source)", |a| picked(a, false, false)),
    ("static T First<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| picked(a, false, false)),
    ("static T FirstOrDefault<T>(this IEnumerable<T> source)", |a| picked(a, false, true)),
    ("static T FirstOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| picked(a, false, true)),
    ("static T FirstOrDefault<T>(this IEnumerable<T> source, T defaultValue)", |a| {
        let source = source(a, 0, "source")?;
        let mut cursor = a.run.cursor(&source)?;
        Ok(cursor.next(a.run)?.unwrap_or_else(|| a.value(1)))
    }),
    ("static T Last<T>(this IEnumerable<T> source)", |a| picked(a, true, false)),
    ("static T Last<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| picked(a, true, false)),
    ("static T LastOrDefault<T>(this IEnumerable<T> source)", |a| picked(a, true, true)),
    ("static T LastOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| picked(a, true, true)),
    ("static T Single<T>(this IEnumerable<T> source)", |a| single(a, false)),
    ("static T Single<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| single(a, false)),
    ("static T SingleOrDefault<T>(this IEnumerable<T> source)", |a| single(a, true)),
    ("static T SingleOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| single(a, true)),
    ("static T ElementAt<T>(this IEnumerable<T> source, int index)", |a| {
        let source = source(a, 0, "source")?;
        let index = i64::from(a.i32(1));
        element_at(a.run, &source, index)?.ok_or_else(Thrown::bad_index)
    }),
    ("static T ElementAtOrDefault<T>(this IEnumerable<T> source, int index)", |a| {
        let source = source(a, 0, "source")?;
        let index = i64::from(a.i32(1));
        Ok(element_at(a.run, &source, index)?.unwrap_or_else(|| crate::run::default_value(&a.ty(0))))
    }),
    ("static bool Any<T>(this IEnumerable<T> source)", |a| Ok(Value::Bool(pick(a, false)?.is_some()))),
    ("static bool Any<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| {
        Ok(Value::Bool(pick(a, false)?.is_some()))
    }),
    ("static bool All<T>(this IEnumerable<T> source, Func<T, bool> predicate)", all),
    ("static int Count<T>(this IEnumerable<T> source)", |a| Ok(Value::Int32(count(a)? as i32))),
    ("static int Count<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| {
        Ok(Value::Int32(count(a)? as i32))
    }),
    ("static long LongCount<T>(this IEnumerable<T> source)", |a| Ok(Value::Int64(count(a)?))),
    ("static long LongCount<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| Ok(Value::Int64(count(a)?))),
    ("static bool Contains<T>(this IEnumerable<T> source, T value)", contains),
    ("static bool Contains<T>(this IEnumerable<T> source, T value, IEqualityComparer<T> comparer)", contains),
    ("static bool SequenceEqual<T>(this IEnumerable<T> first, IEnumerable<T> second)", sequence_equal),
    (
        "static bool SequenceEqual<T>(this IEnumerable<T> first, IEnumerable<T> second, IEqualityComparer<T> comparer)",
        sequence_equal,
    ),
    ("static T Aggregate<T>(this IEnumerable<T> source, Func<T, T, T> func)", aggregate),
    ("static A Aggregate<T, A>(this IEnumerable<T> source, A seed, Func<A, T, A> func)", aggregate),
    (
        "static R Aggregate<T, A, R>(this IEnumerable<T> source, A seed, Func<A, T, A> func, Func<A, R> resultSelector)",
        aggregate,
    ),
    ("static T[] ToArray<T>(this IEnumerable<T> source)", to_array),
    ("static List<T> ToList<T>(this IEnumerable<T> source)", |a| {
        let source = source(a, 0, "source")?;
        let items = a.run.collect(&source)?;
        Ok(Value::object(List::new(a.ty(0), items)))
    }),
    ("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source)", |a| {
        let source = source(a, 0, "source")?;
        let (items, item) = (a.run.collect(&source)?, a.ty(0));
        set::new_set(a.run, item, Value::Null, items)
    }),
    ("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source, IEqualityComparer<T> comparer)", |a| {
        let source = source(a, 0, "source")?;
        let (items, item, comparer) = (a.run.collect(&source)?, a.ty(0), a.value(1));
        set::new_set(a.run, item, comparer, items)
    }),
    ("static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        to_dictionary(a, None, None)
    }),
    (
        "static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IEqualityComparer<K> comparer)",
        |a| to_dictionary(a, None, Some(2)),
    ),
    (
        "static Dictionary<K, E> ToDictionary<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector)",
        |a| to_dictionary(a, Some(2), None),
    ),
    (
        "static Dictionary<K, E> ToDictionary<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector, IEqualityComparer<K> comparer)",
        |a| to_dictionary(a, Some(2), Some(3)),
    ),
    ("static ILookup<K, T> ToLookup<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        to_lookup(a, None, None)
    }),
    (
        "static ILookup<K, T> ToLookup<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IEqualityComparer<K> comparer)",
        |a| to_lookup(a, None, Some(2)),
    ),
    (
        "static ILookup<K, E> ToLookup<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector)",
        |a| to_lookup(a, Some(2), None),
    ),
    ("static T Max<T>(this IEnumerable<T> source)", |a| extreme(a, Ordering::Greater, 0)),
    ("static T Min<T>(this IEnumerable<T> source)", |a| extreme(a, Ordering::Less, 0)),
    ("static R Max<T, R>(this IEnumerable<T> source, Func<T, R> selector)", |a| extreme(a, Ordering::Greater, 1)),
    ("static R Min<T, R>(this IEnumerable<T> source, Func<T, R> selector)", |a| extreme(a, Ordering::Less, 1)),
    ("static T MaxBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| extreme_by(a, Ordering::Greater)),
    ("static T MinBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| extreme_by(a, Ordering::Less)),
];

macro_rules! aggregates {
    ($(($ty:literal, $average:literal, $operands:expr, $zero:expr)),* $(,)?) => {
        &[$(
            (concat!("static ", $ty, " Sum(this IEnumerable<", $ty, "> source)"), |a| sum_of(a, $operands, $zero, false)),
            (concat!("static ", $ty, "? Sum(this IEnumerable<", $ty, "?> source)"), |a| sum_of(a, $operands, $zero, true)),
            (concat!("static ", $ty, " Sum<T>(this IEnumerable<T> source, Func<T, ", $ty, "> selector)"), |a| sum_of(a, $operands, $zero, false)),
            (concat!("static ", $ty, "? Sum<T>(this IEnumerable<T> source, Func<T, ", $ty, "?> selector)"), |a| sum_of(a, $operands, $zero, true)),
            (concat!("static ", $average, " Average(this IEnumerable<", $ty, "> source)"), |a| average_of(a, average($operands), false)),
            (concat!("static ", $average, "? Average(this IEnumerable<", $ty, "?> source)"), |a| average_of(a, average($operands), true)),
            (concat!("static ", $average, " Average<T>(this IEnumerable<T> source, Func<T, ", $ty, "> selector)"), |a| average_of(a, average($operands), false)),
            (concat!("static ", $average, "? Average<T>(this IEnumerable<T> source, Func<T, ", $ty, "?> selector)"), |a| average_of(a, average($operands), true)),
        )*]
    };
}

/// Integers are averaged through their exact sum.
fn average(operands: Operands) -> Operands {
    match operands {
        Operands::Int32 | Operands::Int64 => Operands::Int64,
        other => other,
    }
}

static AGGREGATES: &[(&str, Native)] = aggregates![
    ("int", "double", Operands::Int32, Value::Int32(0)),
    ("long", "double", Operands::Int64, Value::Int64(0)),
    ("float", "float", Operands::Single, Value::Single(0.0)),
    ("double", "double", Operands::Double, Value::Double(0.0)),
    ("decimal", "decimal", Operands::Decimal, Value::Decimal(rust_decimal::Decimal::ZERO)),
];
