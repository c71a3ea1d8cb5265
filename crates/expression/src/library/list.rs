//! `List` and the interfaces of collections.

use super::TypeTable;
use super::array::{Array, sort};
use super::comparer;
use super::dictionary::changed;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{Type, known};
use crate::value::{Cursor, Object, Value, downcast};
use std::any::Any;
use std::cell::{Cell, RefCell};

pub struct List {
    item: Type,
    pub items: RefCell<Vec<Value>>,
    version: Cell<u32>,
}

impl List {
    pub fn new(item: Type, items: Vec<Value>) -> List {
        List { item, items: RefCell::new(items), version: Cell::new(0) }
    }

    fn change(&self) -> std::cell::RefMut<'_, Vec<Value>> {
        self.version.set(self.version.get().wrapping_add(1));
        self.items.borrow_mut()
    }
}

impl Object for List {
    fn type_of(&self) -> Type {
        Type::generic(known::LIST, vec![self.item.clone()])
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        let this = this.clone();
        let version = self.version.get();
        let mut at = 0;
        Ok(Some(Box::new(move |_: &mut Run<'_>| {
            let Some(list) = downcast::<List>(&this) else { return Ok(None) };
            if list.version.get() != version {
                return Err(changed());
            }
            at += 1;
            Ok(list.items.borrow().get(at - 1).cloned())
        })))
    }

    fn count(&self) -> Option<usize> {
        Some(self.items.borrow().len())
    }
}

/// `Count` of any collection.
pub fn count_of(run: &mut Run<'_>, value: &Value) -> Result<usize, Thrown> {
    match value {
        Value::Null => return Err(Thrown::null_reference()),
        Value::Str(text) => return Ok(text.len()),
        Value::Obj(object) => {
            if let Some(count) = object.count() {
                return Ok(count);
            }
        }
        _ => {}
    }
    let mut cursor = run.cursor(value)?;
    let mut count = 0;
    while cursor.next(run)?.is_some() {
        run.step()?;
        count += 1;
    }
    Ok(count)
}

fn index(a: &Args<'_, '_>, at: usize, len: usize) -> Result<usize, Thrown> {
    usize::try_from(a.i32(at)).ok().filter(|index| *index < len).ok_or_else(Thrown::bad_index)
}

/// `GetEnumerator()` as an object.
pub struct Enumerator {
    item: Type,
    cursor: RefCell<Cursor>,
    current: RefCell<Value>,
}

impl Object for Enumerator {
    fn type_of(&self) -> Type {
        Type::generic(known::ENUMERATOR, vec![self.item.clone()])
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub fn enumerator(a: &mut Args<'_, '_>) -> Outcome {
    let target = a.value(0);
    let cursor = a.run.cursor(&target)?;
    Ok(Value::object(Enumerator { item: a.ty(0), cursor: RefCell::new(cursor), current: RefCell::default() }))
}

fn add(a: &mut Args<'_, '_>) -> Outcome {
    a.run.charge(size_of::<Value>())?;
    let value = a.value(1);
    match a.get(0) {
        target if downcast::<List>(target).is_some() => a.object::<List>(0)?.change().push(value),
        target if downcast::<super::set::Set>(target).is_some() => {
            let target = target.clone();
            super::set::add(a.run, &target, value)?;
        }
        _ => return Err(Thrown::not_supported("Collection was of a fixed size.")),
    }
    Ok(Value::Null)
}

fn contains(a: &mut Args<'_, '_>) -> Outcome {
    let (target, wanted) = (a.value(0), a.value(1));
    let mut cursor = a.run.cursor(&target)?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        if a.run.equals(&item, &wanted)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn get(a: &mut Args<'_, '_>) -> Outcome {
    if let Some(array) = downcast::<Array>(a.get(0)) {
        return array.at(&[i64::from(a.i32(1))]).ok_or_else(Thrown::index_out_of_range);
    }
    if let Some(list) = downcast::<List>(a.get(0)) {
        let items = list.items.borrow();
        return Ok(items.get(index(a, 1, items.len())?).cloned().unwrap_or_default());
    }
    let target = a.value(0);
    super::linq::element_at(a.run, &target, i64::from(a.i32(1)))?.ok_or_else(Thrown::bad_index)
}

fn set(a: &mut Args<'_, '_>) -> Outcome {
    let value = a.value(2);
    if let Some(array) = downcast::<Array>(a.get(0)) {
        array.set(&[i64::from(a.i32(1))], value)?;
        return Ok(Value::Null);
    }
    let list = a.object::<List>(0)?;
    let at = index(a, 1, list.items.borrow().len())?;
    if let Some(place) = list.change().get_mut(at) {
        *place = value;
    }
    Ok(Value::Null)
}

fn position(a: &mut Args<'_, '_>, last: bool) -> Result<Option<usize>, Thrown> {
    let (target, wanted) = (a.value(0), a.value(1));
    let items = a.run.collect(&target)?;
    let start = if a.len() > 2 && !last { a.i32(2).max(0) as usize } else { 0 };
    let mut found = None;
    for (at, item) in items.iter().enumerate().skip(start) {
        if a.run.equals(item, &wanted)? {
            found = Some(at);
            if !last {
                break;
            }
        }
    }
    Ok(found)
}

fn index_of(a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Int32(position(a, false)?.map_or(-1, |at| at as i32)))
}

/// Items moved to make or close a gap that count as one step.
const ITEMS_A_STEP: usize = 64;

fn insert(a: &mut Args<'_, '_>) -> Outcome {
    a.run.charge(size_of::<Value>())?;
    let (at, value) = (a.i32(1), a.value(2));
    let list = a.object::<List>(0)?;
    let at = usize::try_from(at).ok().filter(|at| *at <= list.items.borrow().len());
    let at = at.ok_or_else(|| Thrown::out_of_range("Index must be within the bounds of the List.", "index"))?;
    list.change().insert(at, value);
    let moved = list.items.borrow().len() - at;
    a.run.steps(moved / ITEMS_A_STEP)?;
    Ok(Value::Null)
}

fn remove(a: &mut Args<'_, '_>) -> Outcome {
    if let Some(set) = downcast::<super::set::Set>(a.get(0)) {
        let _ = set;
        let (target, value) = (a.value(0), a.value(1));
        return super::set::remove(a.run, &target, &value).map(Value::Bool);
    }
    let at = position(a, false)?;
    if let Some(at) = at {
        a.object::<List>(0)?.change().remove(at);
    }
    Ok(Value::Bool(at.is_some()))
}

fn remove_at(a: &mut Args<'_, '_>) -> Outcome {
    let list = a.object::<List>(0)?;
    let at = index(a, 1, list.items.borrow().len())?;
    list.change().remove(at);
    let moved = list.items.borrow().len() - at;
    a.run.steps(moved / ITEMS_A_STEP)?;
    Ok(Value::Null)
}

fn clear(a: &mut Args<'_, '_>) -> Outcome {
    if downcast::<super::set::Set>(a.get(0)).is_some() {
        let target = a.value(0);
        super::set::clear(&target);
        return Ok(Value::Null);
    }
    a.object::<List>(0)?.change().clear();
    Ok(Value::Null)
}

fn count(a: &mut Args<'_, '_>) -> Outcome {
    let target = a.value(0);
    Ok(Value::Int32(count_of(a.run, &target)? as i32))
}

/// A checked `(index, count)` of a list.
fn range(a: &Args<'_, '_>, at: usize, count: usize, len: usize) -> Result<(usize, usize), Thrown> {
    let negative = |name: &str| Thrown::out_of_range("Non-negative number required.", name);
    let start = usize::try_from(a.i32(at)).map_err(|_| negative("index"))?;
    let count = usize::try_from(a.i32(count)).map_err(|_| negative("count"))?;
    if start + count > len {
        return Err(Thrown::argument(
            "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.",
        ));
    }
    Ok((start, count))
}

fn sort_with(a: &mut Args<'_, '_>, comparer: Value) -> Outcome {
    let mut items = a.object::<List>(0)?.items.borrow().clone();
    a.run.steps(items.len() * 8)?;
    let run = &mut *a.run;
    sort(&mut items, |x, y| comparer::compare(run, &comparer, x, y))?;
    *a.object::<List>(0)?.change() = items;
    Ok(Value::Null)
}

fn matching(a: &mut Args<'_, '_>) -> Result<Vec<(usize, Value)>, Thrown> {
    let items = a.object::<List>(0)?.items.borrow().clone();
    if a.is_null(1) {
        return Err(Thrown::argument_null("match"));
    }
    let mut found = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        if matches!(a.invoke(1, std::slice::from_ref(&item))?, Value::Bool(true)) {
            found.push((at, item));
        }
    }
    Ok(found)
}

fn copy_to(a: &mut Args<'_, '_>) -> Outcome {
    let target = a.value(0);
    let items = a.run.collect(&target)?;
    let at = if a.len() > 2 { a.i32(2).max(0) as usize } else { 0 };
    let array = a.object_arg::<Array>(1, "array")?;
    if at + items.len() > array.len() {
        return Err(Thrown::argument_of(
            "Destination array was not long enough. Check the destination index, length, and the array's lower bounds.",
            "destinationArray",
        ));
    }
    for (offset, item) in items.into_iter().enumerate() {
        array.put(at + offset, item);
    }
    Ok(Value::Null)
}

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "interface System.Collections.IEnumerable",
        members: &[("System.Collections.IEnumerator GetEnumerator()", enumerator)],
    },
    TypeTable {
        decl: "interface System.Collections.IEnumerator",
        members: &[
            ("bool MoveNext()", move_next),
            ("object Current", |a| Ok(a.object::<Enumerator>(0)?.current.borrow().clone())),
        ],
    },
    TypeTable {
        decl: "interface System.Collections.ICollection : System.Collections.IEnumerable",
        members: &[("int Count", count)],
    },
    TypeTable {
        decl: "interface System.Collections.IList : System.Collections.ICollection",
        members: &[
            ("object this[int index]", get),
            ("bool Contains(object value)", contains),
            ("int IndexOf(object value)", index_of),
        ],
    },
    TypeTable {
        decl: "interface System.Collections.Generic.IEnumerable<out T> : System.Collections.IEnumerable",
        members: &[("IEnumerator<T> GetEnumerator()", enumerator)],
    },
    TypeTable {
        decl: "interface System.Collections.Generic.IEnumerator<out T> : System.Collections.IEnumerator, IDisposable",
        members: &[
            ("bool MoveNext()", move_next),
            ("T Current", |a| Ok(a.object::<Enumerator>(0)?.current.borrow().clone())),
        ],
    },
    TypeTable {
        decl: "interface System.Collections.Generic.IReadOnlyCollection<out T> : IEnumerable<T>",
        members: &[("int Count", count)],
    },
    TypeTable {
        decl: "interface System.Collections.Generic.IReadOnlyList<out T> : IReadOnlyCollection<T>",
        members: &[("T this[int index]", get)],
    },
    TypeTable {
        decl: "interface System.Collections.Generic.ICollection<T> : IEnumerable<T>",
        members: &[
            ("int Count", count),
            ("bool IsReadOnly", |a| Ok(Value::Bool(downcast::<Array>(a.get(0)).is_some()))),
            ("void Add(T item)", add),
            ("bool Contains(T item)", contains),
            ("bool Remove(T item)", remove),
            ("void Clear()", clear),
            ("void CopyTo(T[] array, int arrayIndex)", copy_to),
        ],
    },
    TypeTable {
        decl: "interface System.Collections.Generic.IList<T> : ICollection<T>",
        members: &[
            ("T this[int index]", get),
            ("set T this[int index]", set),
            ("int IndexOf(T item)", index_of),
            ("void Insert(int index, T item)", insert),
            ("void RemoveAt(int index)", remove_at),
        ],
    },
    TypeTable {
        decl: "class System.Collections.Generic.List<T> : IList<T>, IReadOnlyList<T>, System.Collections.IList",
        members: LIST,
    },
];

fn move_next(a: &mut Args<'_, '_>) -> Outcome {
    let this = a.value(0);
    let Some(enumerator) = downcast::<Enumerator>(&this) else { return Err(Thrown::null_reference()) };
    a.run.step()?;
    let next = match enumerator.cursor.try_borrow_mut() {
        Ok(mut cursor) => cursor.next(a.run)?,
        Err(_) => None,
    };
    let moved = next.is_some();
    *enumerator.current.borrow_mut() = next.unwrap_or_default();
    Ok(Value::Bool(moved))
}

static LIST: &[(&str, crate::run::Native)] = &[
    ("new()", |a| Ok(Value::object(List::new(a.ty(0), Vec::new())))),
    ("new(int capacity)", |a| {
        if a.i32(0) < 0 {
            return Err(Thrown::out_of_range("Non-negative number required.", "capacity"));
        }
        Ok(Value::object(List::new(a.ty(0), Vec::new())))
    }),
    ("new(IEnumerable<T> collection)", |a| {
        let source = a.value(0);
        if source.is_null() {
            return Err(Thrown::argument_null("collection"));
        }
        let items = a.run.collect(&source)?;
        Ok(Value::object(List::new(a.ty(0), items)))
    }),
    ("int Count", count),
    ("int Capacity", count),
    ("T this[int index]", get),
    ("set T this[int index]", set),
    ("void Add(T item)", add),
    ("void AddRange(IEnumerable<T> collection)", |a| {
        let source = a.value(1);
        if source.is_null() {
            return Err(Thrown::argument_null("collection"));
        }
        let items = a.run.collect(&source)?;
        a.object::<List>(0)?.change().extend(items);
        Ok(Value::Null)
    }),
    ("void Insert(int index, T item)", insert),
    ("void InsertRange(int index, IEnumerable<T> collection)", |a| {
        let source = a.value(2);
        let items = a.run.collect(&source)?;
        let list = a.object::<List>(0)?;
        let at = usize::try_from(a.i32(1)).ok().filter(|at| *at <= list.items.borrow().len());
        let at = at.ok_or_else(Thrown::bad_index)?;
        list.change().splice(at..at, items);
        Ok(Value::Null)
    }),
    ("bool Remove(T item)", remove),
    ("void RemoveAt(int index)", remove_at),
    ("void RemoveRange(int index, int count)", |a| {
        let list = a.object::<List>(0)?;
        let (at, count) = range(a, 1, 2, list.items.borrow().len())?;
        list.change().drain(at..at + count);
        Ok(Value::Null)
    }),
    ("int RemoveAll(Predicate<T> match)", |a| {
        let found = matching(a)?;
        let gone: std::collections::HashSet<usize> = found.iter().map(|(at, _)| *at).collect();
        let mut at = 0;
        a.object::<List>(0)?.change().retain(|_| {
            at += 1;
            !gone.contains(&(at - 1))
        });
        Ok(Value::Int32(gone.len() as i32))
    }),
    ("void Clear()", clear),
    ("bool Contains(T item)", contains),
    ("int IndexOf(T item)", index_of),
    ("int IndexOf(T item, int index)", index_of),
    ("int LastIndexOf(T item)", |a| Ok(Value::Int32(position(a, true)?.map_or(-1, |at| at as i32)))),
    ("bool Exists(Predicate<T> match)", |a| Ok(Value::Bool(!matching(a)?.is_empty()))),
    ("T Find(Predicate<T> match)", |a| {
        let default = crate::run::default_value(&a.ty(0));
        Ok(matching(a)?.into_iter().next().map_or(default, |found| found.1))
    }),
    ("T FindLast(Predicate<T> match)", |a| {
        let default = crate::run::default_value(&a.ty(0));
        Ok(matching(a)?.pop().map_or(default, |found| found.1))
    }),
    ("int FindIndex(Predicate<T> match)", |a| {
        Ok(Value::Int32(matching(a)?.first().map_or(-1, |found| found.0 as i32)))
    }),
    ("int FindLastIndex(Predicate<T> match)", |a| {
        Ok(Value::Int32(matching(a)?.last().map_or(-1, |found| found.0 as i32)))
    }),
    ("List<T> FindAll(Predicate<T> match)", |a| {
        let items = matching(a)?.into_iter().map(|found| found.1).collect();
        Ok(Value::object(List::new(a.ty(0), items)))
    }),
    ("bool TrueForAll(Predicate<T> match)", |a| {
        let all = a.object::<List>(0)?.items.borrow().len();
        Ok(Value::Bool(matching(a)?.len() == all))
    }),
    ("void ForEach(Action<T> action)", |a| {
        let items = a.object::<List>(0)?.items.borrow().clone();
        let version = a.object::<List>(0)?.version.get();
        for item in items {
            a.invoke(1, &[item])?;
            if a.object::<List>(0)?.version.get() != version {
                return Err(changed());
            }
        }
        Ok(Value::Null)
    }),
    ("List<R> ConvertAll<R>(Converter<T, R> converter)", |a| {
        let items = a.object::<List>(0)?.items.borrow().clone();
        let mut converted = Vec::new();
        for item in items {
            converted.push(a.invoke(1, &[item])?);
        }
        Ok(Value::object(List::new(a.ty(1), converted)))
    }),
    ("List<T> GetRange(int index, int count)", |a| {
        let items = a.object::<List>(0)?.items.borrow().clone();
        let (at, count) = range(a, 1, 2, items.len())?;
        Ok(Value::object(List::new(a.ty(0), items.into_iter().skip(at).take(count).collect())))
    }),
    ("void Sort()", |a| sort_with(a, Value::Null)),
    ("void Sort(Comparison<T> comparison)", |a| {
        let comparer = a.value(1);
        sort_with(a, comparer)
    }),
    ("void Sort(IComparer<T> comparer)", |a| {
        let comparer = a.value(1);
        sort_with(a, comparer)
    }),
    ("void Reverse()", |a| {
        a.object::<List>(0)?.change().reverse();
        Ok(Value::Null)
    }),
    ("int BinarySearch(T item)", |a| {
        let items = a.object::<List>(0)?.items.borrow().clone();
        let wanted = a.value(1);
        let (mut low, mut high) = (0i32, items.len() as i32 - 1);
        while low <= high {
            let middle = low + (high - low) / 2;
            let Some(item) = items.get(middle as usize) else { break };
            match a.run.compare(item, &wanted)? {
                std::cmp::Ordering::Equal => return Ok(Value::Int32(middle)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle - 1,
            }
        }
        Ok(Value::Int32(!low))
    }),
    ("T[] ToArray()", |a| {
        let items = a.object::<List>(0)?.items.borrow().clone();
        a.run.charge(items.len() * size_of::<Value>())?;
        Ok(Value::object(Array::new(a.ty(0), items)))
    }),
    ("void CopyTo(T[] array)", copy_to),
    ("void CopyTo(T[] array, int arrayIndex)", copy_to),
    ("IReadOnlyList<T> AsReadOnly()", |a| Ok(a.value(0))),
    ("IEnumerator<T> GetEnumerator()", enumerator),
];
