//! `OrderBy` and its kin: stable, by one key after the other.

use super::{Lazy, source};
use crate::library::comparer;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::{Cursor, Value};
use std::cmp::Ordering;
use std::rc::Rc;

/// What is sorted, and by what: selector (null: the item), comparer, whether descending.
pub struct Order {
    source: Value,
    keys: Vec<(Value, Value, bool)>,
}

fn items_in_order(run: &mut Run<'_>, order: &Order) -> Result<Vec<Value>, Thrown> {
    let items = run.collect(&order.source)?;
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let mut keys = Vec::with_capacity(order.keys.len());
        for (selector, _, _) in &order.keys {
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
        for ((x, y), (_, comparer, descending)) in a.iter().zip(b).zip(&order.keys) {
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
    failed.map_or_else(|| Ok(keyed.into_iter().map(|(_, item)| item).collect()), Err)
}

fn sorted(item: Type, order: Order) -> Value {
    let order = Rc::new(order);
    let inner = Rc::clone(&order);
    let start = move |_: &mut Run<'_>| -> Result<Cursor, Thrown> {
        let order = Rc::clone(&inner);
        let mut items: Option<std::vec::IntoIter<Value>> = None;
        Ok(Box::new(move |run: &mut Run<'_>| {
            let items = match &mut items {
                Some(items) => items,
                None => items.insert(items_in_order(run, &order)?.into_iter()),
            };
            Ok(items.next())
        }))
    };
    Value::object(Lazy { item, start: Rc::new(start), order: Some(order) })
}

pub fn order_by(a: &mut Args<'_, '_>, descending: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let key = (self::source(a, 1, "keySelector")?, a.value(2), descending);
    Ok(sorted(a.ty(0), Order { source, keys: vec![key] }))
}

pub fn order(a: &mut Args<'_, '_>, descending: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let key = (Value::Null, a.value(1), descending);
    Ok(sorted(a.ty(0), Order { source, keys: vec![key] }))
}

pub fn then_by(a: &mut Args<'_, '_>, descending: bool) -> Outcome {
    let before = a.object_arg::<Lazy>(0, "source")?.order.clone();
    let Some(before) = before else { return Err(Thrown::null_reference()) };
    let mut keys = before.keys.clone();
    keys.push((source(a, 1, "keySelector")?, a.value(2), descending));
    Ok(sorted(a.ty(0), Order { source: before.source.clone(), keys }))
}
