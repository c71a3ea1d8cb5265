//! `System.Linq.Enumerable`: deferred sequences and what consumes them.

mod fold;
mod groups;
mod order;
mod sets;
mod shape;
mod table;

pub use groups::Group;
pub use shape::element_at;
pub use table::{FAMILIES, TYPES};

use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{Type, known};
use crate::value::{Cursor, Object, Value};
use order::Order;
use std::any::Any;
use std::rc::Rc;

type Start = dyn Fn(&mut Run<'_>) -> Result<Cursor, Thrown>;

/// A sequence that is computed each time it is walked.
pub struct Lazy {
    item: Type,
    start: Rc<Start>,
    /// The sort keys, where more may be added (`ThenBy`): source, selectors, comparers, directions.
    order: Option<Rc<Order>>,
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

/// A sequence made whole when its first item is asked for.
fn whole(item: Type, make: impl Fn(&mut Run<'_>) -> Result<Vec<Value>, Thrown> + 'static) -> Value {
    let make = Rc::new(make);
    lazy(item, move |_| {
        let make = Rc::clone(&make);
        let mut items: Option<std::vec::IntoIter<Value>> = None;
        Ok(Box::new(move |run: &mut Run<'_>| {
            let items = match &mut items {
                Some(items) => items,
                None => items.insert(make(run)?.into_iter()),
            };
            Ok(items.next())
        }))
    })
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
