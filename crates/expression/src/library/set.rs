//! `HashSet`, `Queue`, `Stack`.

use super::dictionary::{Entries, changed};
use super::list::{count_of, enumerator};
use super::{TypeTable, array::Array};
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::{Type, known};
use crate::value::{Cursor, Object, Value, downcast};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

pub struct Set {
    item: Type,
    entries: RefCell<Entries>,
    comparer: Value,
    version: Cell<u32>,
}

impl Object for Set {
    fn type_of(&self) -> Type {
        Type::generic(known::HASH_SET, vec![self.item.clone()])
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        let this = this.clone();
        let version = self.version.get();
        let mut at = 0;
        Ok(Some(Box::new(move |_: &mut Run<'_>| {
            let Some(set) = downcast::<Set>(&this) else { return Ok(None) };
            if set.version.get() != version {
                return Err(changed());
            }
            let Some((found, (item, _))) = set.entries.borrow().from(at) else { return Ok(None) };
            at = found + 1;
            Ok(Some(item))
        })))
    }

    fn count(&self) -> Option<usize> {
        Some(self.entries.borrow().len())
    }
}

fn set_of(target: &Value) -> Result<&Set, Thrown> {
    downcast::<Set>(target).ok_or_else(Thrown::null_reference)
}

pub fn has(run: &mut Run<'_>, target: &Value, item: &Value) -> Result<bool, Thrown> {
    let set = set_of(target)?;
    Ok(set.entries.borrow().find(run, &set.comparer, item)?.is_some())
}

pub fn add(run: &mut Run<'_>, target: &Value, item: Value) -> Result<bool, Thrown> {
    let set = set_of(target)?;
    let mut entries = set.entries.borrow_mut();
    if entries.find(run, &set.comparer, &item)?.is_some() {
        return Ok(false);
    }
    set.version.set(set.version.get() + 1);
    entries.insert(run, &set.comparer, item, Value::Null)?;
    Ok(true)
}

pub fn remove(run: &mut Run<'_>, target: &Value, item: &Value) -> Result<bool, Thrown> {
    let set = set_of(target)?;
    let removed = set.entries.borrow_mut().remove(run, &set.comparer, item)?.is_some();
    if removed {
        set.version.set(set.version.get() + 1);
    }
    Ok(removed)
}

pub fn clear(target: &Value) {
    if let Some(set) = downcast::<Set>(target) {
        set.version.set(set.version.get() + 1);
        set.entries.borrow_mut().clear();
    }
}

pub fn new_set(run: &mut Run<'_>, item: Type, comparer: Value, items: Vec<Value>) -> Outcome {
    let set = Value::object(Set { item, entries: RefCell::default(), comparer, version: Cell::new(0) });
    for item in items {
        run.step()?;
        add(run, &set, item)?;
    }
    Ok(set)
}

fn make(a: &mut Args<'_, '_>, source: Option<usize>, comparer: Option<usize>) -> Outcome {
    let comparer = comparer.map(|at| a.value(at)).unwrap_or_default();
    let items = match source {
        Some(at) if a.is_null(at) => return Err(Thrown::argument_null("collection")),
        Some(at) => {
            let source = a.value(at);
            a.run.collect(&source)?
        }
        None => Vec::new(),
    };
    let item = a.ty(0);
    new_set(a.run, item, comparer, items)
}

/// The other operand of a set operation, as a set with this one's comparer.
fn other(a: &mut Args<'_, '_>) -> Outcome {
    let source = a.value(1);
    if source.is_null() {
        return Err(Thrown::argument_null("other"));
    }
    let items = a.run.collect(&source)?;
    let comparer = set_of(a.get(0))?.comparer.clone();
    let item = a.ty(0);
    new_set(a.run, item, comparer, items)
}

/// How many items of `a` are in `b`.
fn common(run: &mut Run<'_>, a: &Value, b: &Value) -> Result<usize, Thrown> {
    let mut count = 0;
    for item in run.collect(a)? {
        count += usize::from(has(run, b, &item)?);
    }
    Ok(count)
}

fn relation(a: &mut Args<'_, '_>, test: fn(usize, usize, usize) -> bool) -> Outcome {
    let other = other(a)?;
    let this = a.value(0);
    let both = common(a.run, &this, &other)?;
    let (own, others) = (count_of(a.run, &this)?, count_of(a.run, &other)?);
    Ok(Value::Bool(test(own, others, both)))
}

pub struct Line {
    item: Type,
    items: RefCell<VecDeque<Value>>,
    is_stack: bool,
    version: Cell<u32>,
}

impl Object for Line {
    fn type_of(&self) -> Type {
        Type::generic(if self.is_stack { known::STACK } else { known::QUEUE }, vec![self.item.clone()])
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        let this = this.clone();
        let version = self.version.get();
        let mut at = 0;
        Ok(Some(Box::new(move |_: &mut Run<'_>| {
            let Some(line) = downcast::<Line>(&this) else { return Ok(None) };
            if line.version.get() != version {
                return Err(changed());
            }
            at += 1;
            Ok(line.items.borrow().get(at - 1).cloned())
        })))
    }

    fn count(&self) -> Option<usize> {
        Some(self.items.borrow().len())
    }
}

fn line(a: &mut Args<'_, '_>, is_stack: bool, source: bool) -> Outcome {
    let mut items = VecDeque::new();
    if source {
        let source = a.value(0);
        if source.is_null() {
            return Err(Thrown::argument_null("collection"));
        }
        for item in a.run.collect(&source)? {
            if is_stack { items.push_front(item) } else { items.push_back(item) }
        }
    }
    Ok(Value::object(Line { item: a.ty(0), items: RefCell::new(items), is_stack, version: Cell::new(0) }))
}

fn push(a: &mut Args<'_, '_>) -> Outcome {
    a.run.charge(size_of::<Value>())?;
    let value = a.value(1);
    let line = a.object::<Line>(0)?;
    line.version.set(line.version.get() + 1);
    let mut items = line.items.borrow_mut();
    if line.is_stack {
        items.push_front(value)
    } else {
        items.push_back(value)
    }
    Ok(Value::Null)
}

fn empty(line: &Line) -> Thrown {
    Thrown::invalid_operation(if line.is_stack { "Stack empty." } else { "Queue empty." })
}

fn pop(a: &mut Args<'_, '_>) -> Outcome {
    let line = a.object::<Line>(0)?;
    line.version.set(line.version.get() + 1);
    let popped = line.items.borrow_mut().pop_front();
    popped.ok_or_else(|| empty(line))
}

fn peek(a: &mut Args<'_, '_>) -> Outcome {
    let line = a.object::<Line>(0)?;
    let first = line.items.borrow().front().cloned();
    first.ok_or_else(|| empty(line))
}

fn try_take(a: &mut Args<'_, '_>, take: bool) -> Outcome {
    let line = a.object::<Line>(0)?;
    if take {
        line.version.set(line.version.get() + 1);
    }
    let first = if take { line.items.borrow_mut().pop_front() } else { line.items.borrow().front().cloned() };
    let default = crate::run::default_value(&a.ty(0));
    a.set_out(1, first.clone().unwrap_or(default));
    Ok(Value::Bool(first.is_some()))
}

fn line_contains(a: &mut Args<'_, '_>) -> Outcome {
    let (target, wanted) = (a.value(0), a.value(1));
    for item in a.run.collect(&target)? {
        if a.run.equals(&item, &wanted)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn line_clear(a: &mut Args<'_, '_>) -> Outcome {
    let line = a.object::<Line>(0)?;
    line.version.set(line.version.get() + 1);
    line.items.borrow_mut().clear();
    Ok(Value::Null)
}

fn to_array(a: &mut Args<'_, '_>) -> Outcome {
    let target = a.value(0);
    let items = a.run.collect(&target)?;
    Ok(Value::object(Array::new(a.ty(0), items)))
}

fn count(a: &mut Args<'_, '_>) -> Outcome {
    let target = a.value(0);
    Ok(Value::Int32(count_of(a.run, &target)? as i32))
}

/// What `ISet` asks for.
static OPERATIONS: &[(&str, Native)] = &[
    ("bool Add(T item)", |a| {
        let (target, item) = (a.value(0), a.value(1));
        add(a.run, &target, item).map(Value::Bool)
    }),
    ("void UnionWith(IEnumerable<T> other)", |a| {
        let (this, source) = (a.value(0), other(a)?);
        for item in a.run.collect(&source)? {
            add(a.run, &this, item)?;
        }
        Ok(Value::Null)
    }),
    ("void IntersectWith(IEnumerable<T> other)", |a| {
        let (this, source) = (a.value(0), other(a)?);
        for item in a.run.collect(&this)? {
            if !has(a.run, &source, &item)? {
                remove(a.run, &this, &item)?;
            }
        }
        Ok(Value::Null)
    }),
    ("void ExceptWith(IEnumerable<T> other)", |a| {
        let (this, source) = (a.value(0), other(a)?);
        for item in a.run.collect(&source)? {
            remove(a.run, &this, &item)?;
        }
        Ok(Value::Null)
    }),
    ("void SymmetricExceptWith(IEnumerable<T> other)", |a| {
        let (this, source) = (a.value(0), other(a)?);
        for item in a.run.collect(&source)? {
            if !remove(a.run, &this, &item)? {
                add(a.run, &this, item)?;
            }
        }
        Ok(Value::Null)
    }),
    ("bool Overlaps(IEnumerable<T> other)", |a| relation(a, |_, _, both| both > 0)),
    ("bool SetEquals(IEnumerable<T> other)", |a| relation(a, |own, others, both| own == others && both == own)),
    ("bool IsSubsetOf(IEnumerable<T> other)", |a| relation(a, |own, _, both| both == own)),
    ("bool IsSupersetOf(IEnumerable<T> other)", |a| relation(a, |_, others, both| both == others)),
    ("bool IsProperSubsetOf(IEnumerable<T> other)", |a| relation(a, |own, others, both| both == own && own < others)),
    ("bool IsProperSupersetOf(IEnumerable<T> other)", |a| {
        relation(a, |own, others, both| both == others && own > others)
    }),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "interface System.Collections.Generic.ISet<T> : ICollection<T>", members: OPERATIONS },
    TypeTable {
        decl: "class System.Collections.Generic.HashSet<T> : ISet<T>, IReadOnlyCollection<T>",
        members: OPERATIONS,
    },
    TypeTable {
        decl: "class System.Collections.Generic.HashSet<T> : ISet<T>, IReadOnlyCollection<T>",
        members: &[
            ("new()", |a| make(a, None, None)),
            ("new(IEnumerable<T> collection)", |a| make(a, Some(0), None)),
            ("new(IEqualityComparer<T> comparer)", |a| make(a, None, Some(0))),
            ("new(IEnumerable<T> collection, IEqualityComparer<T> comparer)", |a| make(a, Some(0), Some(1))),
            ("new(int capacity)", |a| make(a, None, None)),
            ("new(int capacity, IEqualityComparer<T> comparer)", |a| make(a, None, Some(1))),
            ("int Count", count),
            ("bool Contains(T item)", |a| {
                let (target, item) = (a.value(0), a.value(1));
                has(a.run, &target, &item).map(Value::Bool)
            }),
            ("bool Remove(T item)", |a| {
                let (target, item) = (a.value(0), a.value(1));
                remove(a.run, &target, &item).map(Value::Bool)
            }),
            ("void Clear()", |a| {
                clear(a.get(0));
                Ok(Value::Null)
            }),
            ("int Capacity", count),
            ("IEqualityComparer<T> Comparer", |a| {
                Ok(match set_of(a.get(0))?.comparer.clone() {
                    Value::Null => super::comparer::default_comparer(),
                    comparer => comparer,
                })
            }),
            ("bool TryGetValue(T equalValue, out T actualValue)", |a| {
                let (target, wanted) = (a.value(0), a.value(1));
                let set = set_of(&target)?;
                let found = set.entries.borrow().find(a.run, &set.comparer, &wanted)?;
                let found = found.and_then(|at| set.entries.borrow().get(at).map(|(item, _)| item.clone()));
                let is_there = found.is_some();
                a.set_out(2, found.unwrap_or_else(|| crate::run::default_value(&a.ty(0))));
                Ok(Value::Bool(is_there))
            }),
            ("int EnsureCapacity(int capacity)", super::list::ensure_capacity),
            ("void TrimExcess()", |_| Ok(Value::Null)),
            ("void CopyTo(T[] array)", super::list::copy_to),
            ("void CopyTo(T[] array, int arrayIndex)", super::list::copy_to),
            ("int RemoveWhere(Predicate<T> match)", |a| {
                let this = a.value(0);
                let mut gone = 0;
                for item in a.run.collect(&this)? {
                    if matches!(a.invoke(1, std::slice::from_ref(&item))?, Value::Bool(true)) {
                        gone += i32::from(remove(a.run, &this, &item)?);
                    }
                }
                Ok(Value::Int32(gone))
            }),
            ("IEnumerator<T> GetEnumerator()", enumerator),
        ],
    },
    TypeTable {
        decl: "class System.Collections.Generic.Queue<T> : IReadOnlyCollection<T>, System.Collections.ICollection",
        members: &[
            ("new()", |a| line(a, false, false)),
            ("new(int capacity)", |a| line(a, false, false)),
            ("new(IEnumerable<T> collection)", |a| line(a, false, true)),
            ("int Count", count),
            ("void Enqueue(T item)", push),
            ("T Dequeue()", pop),
            ("T Peek()", peek),
            ("bool TryDequeue(out T result)", |a| try_take(a, true)),
            ("bool TryPeek(out T result)", |a| try_take(a, false)),
            ("bool Contains(T item)", line_contains),
            ("void Clear()", line_clear),
            ("T[] ToArray()", to_array),
            ("void CopyTo(T[] array, int arrayIndex)", super::list::copy_to),
            ("int Capacity", count),
            ("int EnsureCapacity(int capacity)", super::list::ensure_capacity),
            ("void TrimExcess()", |_| Ok(Value::Null)),
            ("IEnumerator<T> GetEnumerator()", enumerator),
        ],
    },
    TypeTable {
        decl: "class System.Collections.Generic.Stack<T> : IReadOnlyCollection<T>, System.Collections.ICollection",
        members: &[
            ("new()", |a| line(a, true, false)),
            ("new(int capacity)", |a| line(a, true, false)),
            ("new(IEnumerable<T> collection)", |a| line(a, true, true)),
            ("int Count", count),
            ("void Push(T item)", push),
            ("T Pop()", pop),
            ("T Peek()", peek),
            ("bool TryPop(out T result)", |a| try_take(a, true)),
            ("bool TryPeek(out T result)", |a| try_take(a, false)),
            ("bool Contains(T item)", line_contains),
            ("void Clear()", line_clear),
            ("T[] ToArray()", to_array),
            ("void CopyTo(T[] array, int arrayIndex)", super::list::copy_to),
            ("int Capacity", count),
            ("int EnsureCapacity(int capacity)", super::list::ensure_capacity),
            ("void TrimExcess()", |_| Ok(Value::Null)),
            ("IEnumerator<T> GetEnumerator()", enumerator),
        ],
    },
];
