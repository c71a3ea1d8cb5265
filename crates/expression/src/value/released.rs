//! Objects that are let go without recursion: a list of a list of a list… a million deep must not
//! take a stack frame a level when its last owner goes.

use super::{Cursor, Object, Value};
use crate::run::{Run, Thrown};
use crate::types::Type;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;

/// Objects dropped inside one another before the rest waits in a queue.
const DEPTH_MAX: u32 = 50;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static WAITING: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// An object on the heap. `None` only while it is dropped.
pub struct Released<T: Object>(Option<T>);

impl<T: Object> Released<T> {
    pub fn new(object: T) -> Released<T> {
        Released(Some(object))
    }
}

impl<T: Object> Drop for Released<T> {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            release(object);
        }
    }
}

fn release<T: 'static>(object: T) {
    // While a thread ends its queue may be gone: then there is nothing but to recurse.
    let Ok(depth) = DEPTH.try_with(Cell::get) else { return drop(object) };
    if depth >= DEPTH_MAX {
        let _ = WAITING.try_with(|waiting| waiting.borrow_mut().push(Box::new(object)));
        return;
    }
    let _ = DEPTH.try_with(|cell| cell.set(depth + 1));
    drop(object);
    if depth == 0 {
        while let Ok(Some(next)) = WAITING.try_with(|waiting| waiting.borrow_mut().pop()) {
            drop(next);
        }
    }
    let _ = DEPTH.try_with(|cell| cell.set(depth));
}

impl<T: Object> Object for Released<T> {
    fn type_of(&self) -> Type {
        self.0.as_ref().map_or_else(Type::object, Object::type_of)
    }

    fn as_any(&self) -> &dyn Any {
        match &self.0 {
            Some(object) => object.as_any(),
            None => self,
        }
    }

    fn print(&self, run: &mut Run<'_>) -> Result<String, Thrown> {
        self.0.as_ref().map_or(Ok(String::new()), |object| object.print(run))
    }

    fn equals(&self, other: &Value, run: &mut Run<'_>) -> Result<bool, Thrown> {
        self.0.as_ref().map_or(Ok(false), |object| object.equals(other, run))
    }

    fn is_same(&self, other: &dyn Object) -> bool {
        self.0.as_ref().is_some_and(|object| object.is_same(other))
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        self.0.as_ref().map_or(Ok(None), |object| object.hash(run))
    }

    fn compare(&self, other: &Value, run: &mut Run<'_>) -> Result<Option<Ordering>, Thrown> {
        self.0.as_ref().map_or(Ok(None), |object| object.compare(other, run))
    }

    fn enumerate(&self, this: &Value, run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        self.0.as_ref().map_or(Ok(None), |object| object.enumerate(this, run))
    }

    fn count(&self) -> Option<usize> {
        self.0.as_ref().and_then(Object::count)
    }
}
