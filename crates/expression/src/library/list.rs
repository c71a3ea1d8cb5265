//! `List` and the interfaces of collections.

use super::TypeTable;
use super::array::{Array, sort};
use super::comparer;
use super::dictionary::changed;
use super::json::own;
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

    pub fn item_type(&self) -> &Type {
        &self.item
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

/// `CopyTo(array[, index])` of any collection.
pub fn copy_to(a: &mut Args<'_, '_>) -> Outcome {
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

/// `EnsureCapacity`: room is made when it is needed.
pub fn ensure_capacity(a: &mut Args<'_, '_>) -> Outcome {
    let capacity = a.i32(1);
    if capacity < 0 {
        return Err(Thrown::out_of_range("Non-negative number required.", "capacity"));
    }
    let target = a.value(0);
    Ok(Value::Int32(capacity.max(count_of(a.run, &target)? as i32)))
}

/// `TrimExcess(capacity)`.
pub fn trim(a: &mut Args<'_, '_>) -> Outcome {
    let target = a.value(0);
    if a.i32(1) < count_of(a.run, &target)? as i32 {
        return Err(Thrown::out_of_range("capacity was less than the current size.", "capacity"));
    }
    Ok(Value::Null)
}

/// A part of a list or array of `len` items that `(start[, count])` at `at` name; all of it without.
pub fn span(a: &Args<'_, '_>, at: usize, given: usize, len: usize) -> Result<std::ops::Range<usize>, Thrown> {
    let out = |name: &str| {
        Thrown::out_of_range(
            "Index was out of range. Must be non-negative and less than or equal to the size of the collection.",
            name,
        )
    };
    if given == 0 {
        return Ok(0..len);
    }
    let start = usize::try_from(a.i32(at)).ok().filter(|start| *start <= len).ok_or_else(|| out("startIndex"))?;
    if given == 1 {
        return Ok(start..len);
    }
    let count = usize::try_from(a.i32(at + 1)).ok().filter(|count| *count <= len - start);
    let count = count.ok_or_else(|| {
        Thrown::out_of_range(
            "Count must be positive and count must refer to a location within the string/array/collection.",
            "count",
        )
    })?;
    Ok(start..start + count)
}

/// As [`span`], counted down from a start: what `LastIndexOf` and `FindLastIndex` search.
pub fn span_back(a: &Args<'_, '_>, at: usize, given: usize, len: usize) -> Result<std::ops::Range<usize>, Thrown> {
    if given == 0 {
        return Ok(0..len);
    }
    if len == 0 && matches!(a.i32(at), -1 | 0) {
        return Ok(0..0);
    }
    let start = usize::try_from(a.i32(at)).ok().filter(|start| *start < len);
    let start = start.ok_or_else(|| {
        Thrown::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "startIndex",
        )
    })?;
    let count = if given == 1 { start + 1 } else { usize::try_from(a.i32(at + 1)).unwrap_or(usize::MAX) };
    let from = (start + 1).checked_sub(count).ok_or_else(|| {
        Thrown::out_of_range(
            "Count must be positive and count must refer to a location within the string/array/collection.",
            "count",
        )
    })?;
    Ok(from..start + 1)
}

/// The first (or last) place of `items` that a test takes.
pub fn search(
    items: &[Value],
    places: std::ops::Range<usize>,
    last: bool,
    mut test: impl FnMut(&Value) -> Result<bool, Thrown>,
) -> Result<Option<usize>, Thrown> {
    let mut places = places;
    while let Some(at) = if last { places.next_back() } else { places.next() } {
        if let Some(item) = items.get(at)
            && test(item)?
        {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// `BinarySearch` among `items` in the given part.
pub fn binary_search(
    run: &mut Run<'_>,
    items: &[Value],
    part: std::ops::Range<usize>,
    wanted: &Value,
    order: &Value,
) -> Outcome {
    let (mut low, mut high) = (part.start as i32, part.end as i32 - 1);
    while low <= high {
        let middle = low + (high - low) / 2;
        let Some(item) = items.get(middle as usize) else { break };
        match comparer::compare(run, order, item, wanted)? {
            std::cmp::Ordering::Equal => return Ok(Value::Int32(middle)),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle - 1,
        }
    }
    Ok(Value::Int32(!low))
}

/// Where the delegate of a search stands, and how many numbers stand before it.
fn find_at(a: &mut Args<'_, '_>, last: bool) -> Result<Option<(usize, Value)>, Thrown> {
    let items = a.object::<List>(0)?.items.borrow().clone();
    let numbers = a.len() - 2;
    let test = a.value(a.len() - 1);
    if test.is_null() {
        return Err(Thrown::argument_null("match"));
    }
    let places = if last { span_back(a, 1, numbers, items.len())? } else { span(a, 1, numbers, items.len())? };
    let run = &mut *a.run;
    let found = search(&items, places, last, |item| {
        Ok(matches!(run.invoke(&test, std::slice::from_ref(item))?, Value::Bool(true)))
    })?;
    Ok(found.and_then(|at| items.get(at).map(|item| (at, item.clone()))))
}

fn found_index(a: &mut Args<'_, '_>, last: bool) -> Outcome {
    Ok(Value::Int32(find_at(a, last)?.map_or(-1, |found| found.0 as i32)))
}

fn found_item(a: &mut Args<'_, '_>, last: bool) -> Outcome {
    let default = crate::run::default_value(&a.ty(0));
    Ok(find_at(a, last)?.map_or(default, |found| found.1))
}

/// `IndexOf(item, …)` and `LastIndexOf(item, …)`.
fn item_index(a: &mut Args<'_, '_>, last: bool) -> Outcome {
    let items = a.object::<List>(0)?.items.borrow().clone();
    let numbers = a.len() - 2;
    let places = if last { span_back(a, 2, numbers, items.len())? } else { span(a, 2, numbers, items.len())? };
    let wanted = a.value(1);
    let run = &mut *a.run;
    let found = search(&items, places, last, |item| run.equals(item, &wanted))?;
    Ok(Value::Int32(found.map_or(-1, |at| at as i32)))
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
        members: &[("T Current", |a| Ok(a.object::<Enumerator>(0)?.current.borrow().clone()))],
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
            ("void Add(T item)", |a| own(a, "Add", add)),
            ("bool Contains(T item)", |a| own(a, "Contains", contains)),
            ("bool Remove(T item)", |a| own(a, "Remove", remove)),
            ("void Clear()", |a| own(a, "Clear", clear)),
            ("void CopyTo(T[] array, int arrayIndex)", copy_to),
        ],
    },
    TypeTable {
        decl: "interface System.Collections.Generic.IList<T> : ICollection<T>",
        members: &[
            ("T this[int index]", get),
            ("set T this[int index]", |a| own(a, "set:this", set)),
            ("int IndexOf(T item)", |a| own(a, "IndexOf", index_of)),
            ("void Insert(int index, T item)", |a| own(a, "Insert", insert)),
            ("void RemoveAt(int index)", |a| own(a, "RemoveAt", remove_at)),
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

/// `GetRange`, `Slice`.
fn part_of(a: &mut Args<'_, '_>) -> Outcome {
    let items = a.object::<List>(0)?.items.borrow().clone();
    let (at, count) = range(a, 1, 2, items.len())?;
    Ok(Value::object(List::new(a.ty(0), items.into_iter().skip(at).take(count).collect())))
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
    ("int IndexOf(T item, int index)", |a| item_index(a, false)),
    ("int IndexOf(T item, int index, int count)", |a| item_index(a, false)),
    ("int LastIndexOf(T item, int index)", |a| item_index(a, true)),
    ("int LastIndexOf(T item, int index, int count)", |a| item_index(a, true)),
    ("int LastIndexOf(T item)", |a| item_index(a, true)),
    ("bool Exists(Predicate<T> match)", |a| Ok(Value::Bool(find_at(a, false)?.is_some()))),
    ("T Find(Predicate<T> match)", |a| found_item(a, false)),
    ("T FindLast(Predicate<T> match)", |a| found_item(a, true)),
    ("int FindIndex(Predicate<T> match)", |a| found_index(a, false)),
    ("int FindIndex(int startIndex, Predicate<T> match)", |a| found_index(a, false)),
    ("int FindIndex(int startIndex, int count, Predicate<T> match)", |a| found_index(a, false)),
    ("int FindLastIndex(int startIndex, Predicate<T> match)", |a| found_index(a, true)),
    ("int FindLastIndex(int startIndex, int count, Predicate<T> match)", |a| found_index(a, true)),
    ("int FindLastIndex(Predicate<T> match)", |a| found_index(a, true)),
    ("List<T> FindAll(Predicate<T> match)", |a| {
        let items = matching(a)?.into_iter().map(|found| found.1).collect();
        Ok(Value::object(List::new(a.ty(0), items)))
    }),
    ("bool TrueForAll(Predicate<T> match)", |a| {
        let items = a.object::<List>(0)?.items.borrow().clone();
        if a.is_null(1) {
            return Err(Thrown::argument_null("match"));
        }
        for item in items {
            if !matches!(a.invoke(1, &[item])?, Value::Bool(true)) {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
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
    ("List<T> GetRange(int index, int count)", part_of),
    ("List<T> Slice(int start, int length)", part_of),
    ("int EnsureCapacity(int capacity)", ensure_capacity),
    ("void TrimExcess()", |_| Ok(Value::Null)),
    ("set int Capacity", |a| {
        let capacity = a.i32(1);
        if capacity < a.object::<List>(0)?.items.borrow().len() as i32 {
            return Err(Thrown::out_of_range("capacity was less than the current size.", "value"));
        }
        Ok(Value::Null)
    }),
    ("void Sort(int index, int count, IComparer<T> comparer)", |a| {
        let mut items = a.object::<List>(0)?.items.borrow().clone();
        let (at, count) = range(a, 1, 2, items.len())?;
        let order = a.value(3);
        a.run.steps(count * 8)?;
        let run = &mut *a.run;
        if let Some(part) = items.get_mut(at..at + count) {
            sort(part, |x, y| comparer::compare(run, &order, x, y))?;
        }
        *a.object::<List>(0)?.change() = items;
        Ok(Value::Null)
    }),
    ("void Reverse(int index, int count)", |a| {
        let list = a.object::<List>(0)?;
        let (at, count) = range(a, 1, 2, list.items.borrow().len())?;
        if let Some(part) = list.change().get_mut(at..at + count) {
            part.reverse();
        }
        Ok(Value::Null)
    }),
    ("void CopyTo(int index, T[] array, int arrayIndex, int count)", |a| {
        let items = a.object::<List>(0)?.items.borrow().clone();
        let (at, count) = range(a, 1, 4, items.len())?;
        let target = a.object_arg::<Array>(2, "array")?;
        let to = usize::try_from(a.i32(3)).ok().filter(|to| to + count <= target.len());
        let to = to.ok_or_else(|| Thrown::argument_of("Destination array was not long enough. Check the destination index, length, and the array's lower bounds.", "destinationArray"))?;
        for (offset, item) in items.into_iter().skip(at).take(count).enumerate() {
            target.put(to + offset, item);
        }
        Ok(Value::Null)
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
        let (items, wanted) = (a.object::<List>(0)?.items.borrow().clone(), a.value(1));
        binary_search(a.run, &items, 0..items.len(), &wanted, &Value::Null)
    }),
    ("int BinarySearch(T item, IComparer<T> comparer)", |a| {
        let (items, wanted, order) = (a.object::<List>(0)?.items.borrow().clone(), a.value(1), a.value(2));
        binary_search(a.run, &items, 0..items.len(), &wanted, &order)
    }),
    ("int BinarySearch(int index, int count, T item, IComparer<T> comparer)", |a| {
        let (items, wanted, order) = (a.object::<List>(0)?.items.borrow().clone(), a.value(3), a.value(4));
        let (at, count) = range(a, 1, 2, items.len())?;
        binary_search(a.run, &items, at..at + count, &wanted, &order)
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

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn lists() {
        check(&[
            ("var l = new List<int> { 3, 1, 2 }; l.Sort(1, 2, null); return l;", "[3, 1, 2]"),
            ("var l = new List<int> { 1, 2, 3 }; l.Reverse(0, 2); return l;", "[2, 1, 3]"),
            ("new List<int> { 1, 2, 1 }.LastIndexOf(1, 1)", "0"),
            ("new List<int> { 1, 2, 3 }.FindIndex(1, x => x > 1)", "1"),
            ("new List<int> { 1, 2, 3 }.FindLast(x => x < 3)", "2"),
            ("new List<int> { 1, 3 }.BinarySearch(2)", "-2"),
            ("new List<int> { 1, 2, 3 }.Slice(1, 2)", "[2, 3]"),
            ("new List<int> { 1 }.GetRange(0, 2)", "!ArgumentException"),
            ("new List<int> { 1 }[1]", "!ArgumentOutOfRangeException"),
            (
                "var l = new List<int> { 1, 2 }; foreach (var x in l) { l.Add(x); } return l;",
                "!InvalidOperationException",
            ),
            ("var n = 0; new List<int> { 1, 2, 3 }.Exists(x => { n++; return true; }); return n;", "1"),
            ("var a = new int[3]; new List<int> { 1, 2 }.CopyTo(1, a, 2, 1); return a;", "[0, 0, 2]"),
            (
                "var l = new List<int> { 1, 2 }; var e = l.GetEnumerator(); var s = 0; while (e.MoveNext()) { s += e.Current; } return s;",
                "3",
            ),
            ("new List<int> { 1, 2, 3 }.RemoveAll(x => x > 1)", "2"),
        ]);
    }

    #[test]
    fn sets_and_lines() {
        check(&[
            (
                "string s; new HashSet<string>(StringComparer.OrdinalIgnoreCase) { \"Ab\" }.TryGetValue(\"AB\", out s); return s;",
                "Ab",
            ),
            (
                "ISet<int> s = new HashSet<int> { 1 }; return s.Add(1) + \",\" + s.Add(2) + \",\" + s.IsSupersetOf(new[] { 1, 2 });",
                "False,True,True",
            ),
            ("var s = new HashSet<int> { 1, 2 }; s.SymmetricExceptWith(new[] { 2, 3 }); return s;", "[1, 3]"),
            ("new Queue<int>().Dequeue()", "!InvalidOperationException"),
            (
                "var q = new Queue<int>(new[] { 1, 2 }); foreach (var x in q) { q.Clear(); } return q;",
                "!InvalidOperationException",
            ),
            ("new Stack<int>(new[] { 1, 2 }).ToArray()", "[2, 1]"),
        ]);
    }

    #[test]
    fn dictionaries() {
        check(&[
            ("new Dictionary<string, int> { { \"a\", 1 } }[\"b\"]", "!KeyNotFoundException"),
            ("new Dictionary<string, int> { { \"a\", 1 }, { \"a\", 2 } }", "!ArgumentException"),
            ("new Dictionary<string, int> { { \"a\", 1 } }.Keys", "[a]"),
            (
                "new Dictionary<string, int>().Keys.ToString()",
                "System.Collections.Generic.Dictionary`2+KeyCollection[System.String,System.Int32]",
            ),
            (
                "try { return new Dictionary<string, int>()[\"k\"]; } catch (Exception e) { return e.Message; }",
                "The given key 'k' was not present in the dictionary.",
            ),
            ("KeyValuePair.Create(\"a\", 1)", "[a, 1]"),
            (
                "var d = new Dictionary<string, int> { [\"a\"] = 1 }; int v; return d.Remove(\"a\", out v) + \",\" + v + \",\" + d.Count;",
                "True,1,0",
            ),
            ("new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { [\"A\"] = 1 }[\"a\"]", "1"),
            ("new[] { 3, 1 }.OrderBy(x => x, Comparer<int>.Create((x, y) => y - x))", "[3, 1]"),
            ("Tuple.Create(1, 2, 3, 4, 5, 6, 7).Item7 + Tuple.Create(1, \"a\").ToString()", "7(1, a)"),
        ]);
    }
}
