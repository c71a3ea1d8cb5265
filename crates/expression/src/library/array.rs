//! Arrays, and `System.Array`.

use super::TypeTable;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{Type, known};
use crate::value::{Cursor, Object, Value, downcast};
use std::any::Any;
use std::cell::RefCell;
use std::cmp::Ordering;

/// `T[]`, `T[,]`. Bytes are kept as bytes.
pub struct Array {
    element: Type,
    items: RefCell<Items>,
    /// Lengths of the dimensions.
    sizes: Vec<usize>,
}

enum Items {
    Values(Vec<Value>),
    Bytes(Vec<u8>),
}

impl Array {
    pub fn new(element: Type, items: Vec<Value>) -> Array {
        let sizes = vec![items.len()];
        Array::shaped(element, items, sizes)
    }

    pub fn shaped(element: Type, items: Vec<Value>, sizes: Vec<usize>) -> Array {
        if element.is(known::BYTE) && sizes.len() == 1 {
            let bytes = items.iter().map(|item| crate::run::ops::to_i128(item) as u8).collect();
            return Array::bytes(bytes);
        }
        Array { element, items: RefCell::new(Items::Values(items)), sizes }
    }

    pub fn bytes(content: Vec<u8>) -> Array {
        let sizes = vec![content.len()];
        Array { element: Type::of(known::BYTE), items: RefCell::new(Items::Bytes(content)), sizes }
    }

    pub fn strings(items: impl IntoIterator<Item = Value>) -> Value {
        Value::object(Array::new(Type::string(), items.into_iter().collect()))
    }

    pub fn element(&self) -> &Type {
        &self.element
    }

    pub fn len(&self) -> usize {
        match &*self.items.borrow() {
            Items::Values(items) => items.len(),
            Items::Bytes(bytes) => bytes.len(),
        }
    }

    /// Lengths of the dimensions.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    pub fn rank(&self) -> usize {
        self.sizes.len()
    }

    pub fn is_bytes(&self) -> bool {
        matches!(*self.items.borrow(), Items::Bytes(_))
    }

    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        match &*self.items.borrow() {
            Items::Bytes(bytes) => Some(bytes.clone()),
            Items::Values(_) => None,
        }
    }

    pub fn get(&self, index: usize) -> Option<Value> {
        match &*self.items.borrow() {
            Items::Values(items) => items.get(index).cloned(),
            Items::Bytes(bytes) => bytes.get(index).map(|byte| Value::Byte(*byte)),
        }
    }

    pub fn put(&self, index: usize, value: Value) -> bool {
        match &mut *self.items.borrow_mut() {
            Items::Values(items) => items.get_mut(index).map(|place| *place = value).is_some(),
            Items::Bytes(bytes) => {
                let byte = crate::run::ops::to_i128(&value) as u8;
                bytes.get_mut(index).map(|place| *place = byte).is_some()
            }
        }
    }

    fn flat(&self, index: &[i64]) -> Option<usize> {
        let mut flat = 0usize;
        for (index, size) in index.iter().zip(&self.sizes) {
            let index = usize::try_from(*index).ok().filter(|index| index < size)?;
            flat = flat * size + index;
        }
        Some(flat)
    }

    pub fn at(&self, index: &[i64]) -> Option<Value> {
        self.get(self.flat(index)?)
    }

    pub fn set(&self, index: &[i64], value: Value) -> Result<(), Thrown> {
        let flat = self.flat(index).ok_or_else(Thrown::index_out_of_range)?;
        // Arrays of references are covariant: the element is checked when it is stored.
        if self.element.is_reference() && !value.is_null() && !crate::run::is_instance(&value, &self.element) {
            return Err(Thrown::new(
                "System.ArrayTypeMismatchException",
                "Attempted to access an element as a type incompatible with the array.",
            ));
        }
        self.put(flat, value);
        Ok(())
    }

    pub fn to_vec(&self) -> Vec<Value> {
        match &*self.items.borrow() {
            Items::Values(items) => items.clone(),
            Items::Bytes(bytes) => bytes.iter().map(|byte| Value::Byte(*byte)).collect(),
        }
    }

    /// Replaces all items by as many others.
    pub fn replace(&self, items: Vec<Value>) {
        for (index, item) in items.into_iter().enumerate() {
            self.put(index, item);
        }
    }
}

impl Object for Array {
    fn type_of(&self) -> Type {
        Type::Array(self.element.clone().into(), self.sizes.len() as u8)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        let this = this.clone();
        let mut at = 0;
        Ok(Some(Box::new(move |_: &mut Run<'_>| {
            at += 1;
            Ok(downcast::<Array>(&this).and_then(|array| array.get(at - 1)))
        })))
    }

    fn count(&self) -> Option<usize> {
        Some(self.len())
    }
}

fn array<'a>(a: &'a Args<'_, '_>, index: usize, parameter: &str) -> Result<&'a Array, Thrown> {
    a.object_arg::<Array>(index, parameter)
}

/// The content of a `byte[]` parameter that must not be null.
pub fn bytes(a: &Args<'_, '_>, at: usize, parameter: &str) -> Result<Vec<u8>, Thrown> {
    a.get(at).to_bytes().ok_or_else(|| Thrown::argument_null(parameter))
}

/// The part of a sequence that `index` and `count` arguments at `at` and `at + 1` choose.
pub fn part<'t, T>(a: &Args<'_, '_>, items: &'t [T], at: usize, names: (&str, &str)) -> Result<&'t [T], Thrown> {
    let negative = |name: &str| Thrown::out_of_range("Non-negative number required.", name);
    let start = usize::try_from(a.i32(at)).map_err(|_| negative(names.0))?;
    let count = usize::try_from(a.i32(at + 1)).map_err(|_| negative(names.1))?;
    items
        .get(start..start.saturating_add(count))
        .ok_or_else(|| Thrown::out_of_range("Index and count must refer to a location within the buffer.", names.0))
}

/// The units of a `char[]` parameter that must not be null.
pub fn units(a: &Args<'_, '_>, at: usize, parameter: &str) -> Result<Vec<u16>, Thrown> {
    let array = a.object_arg::<Array>(at, parameter)?;
    Ok(array.to_vec().iter().map(|unit| crate::run::ops::to_i128(unit) as u16).collect())
}

/// A new `char[]`.
pub fn chars(units: impl IntoIterator<Item = u16>) -> Value {
    Value::object(Array::new(Type::of(known::CHAR), units.into_iter().map(Value::Char).collect()))
}

/// Sorts stably with a fallible comparison.
pub fn sort(
    items: &mut [Value],
    mut compare: impl FnMut(&Value, &Value) -> Result<Ordering, Thrown>,
) -> Result<(), Thrown> {
    let mut failed = None;
    items.sort_by(|x, y| {
        if failed.is_some() {
            return Ordering::Equal;
        }
        compare(x, y).unwrap_or_else(|thrown| {
            failed = Some(thrown);
            Ordering::Equal
        })
    });
    failed.map_or(Ok(()), Err)
}

fn sort_with(a: &mut Args<'_, '_>, comparer: Value) -> Outcome {
    let mut items = array(a, 0, "array")?.to_vec();
    a.run.steps(items.len() * 8)?;
    let run = &mut *a.run;
    sort(&mut items, |x, y| super::comparer::compare(run, &comparer, x, y))?;
    array(a, 0, "array")?.replace(items);
    Ok(Value::Null)
}

fn copy(a: &mut Args<'_, '_>, from: usize, at: i64, to: usize, to_at: i64, count: i64) -> Outcome {
    let source = array(a, from, "sourceArray")?.to_vec();
    let target = array(a, to, "destinationArray")?;
    let negative =
        |name: &str| Thrown::out_of_range("Number was less than the array's lower bound in the first dimension.", name);
    if count < 0 {
        return Err(Thrown::out_of_range("Non-negative number required.", "length"));
    }
    if at < 0 || to_at < 0 {
        return Err(negative(if at < 0 { "sourceIndex" } else { "destinationIndex" }));
    }
    let (at, to_at, count) = (at as usize, to_at as usize, count as usize);
    if at + count > source.len() {
        return Err(Thrown::argument_of(
            "Source array was not long enough. Check the source index, length, and the array's lower bounds.",
            "sourceArray",
        ));
    }
    if to_at + count > target.len() {
        return Err(Thrown::argument_of(
            "Destination array was not long enough. Check the destination index, length, and the array's lower bounds.",
            "destinationArray",
        ));
    }
    for (offset, item) in source.into_iter().skip(at).take(count).enumerate() {
        target.put(to_at + offset, stored(&item, &target.element)?);
    }
    Ok(Value::Null)
}

fn find(a: &mut Args<'_, '_>, last: bool) -> Result<Option<(usize, Value)>, Thrown> {
    let items = array(a, 0, "array")?.to_vec();
    if a.is_null(1) {
        return Err(Thrown::argument_null("match"));
    }
    let mut found = None;
    let order: Vec<usize> = if last { (0..items.len()).rev().collect() } else { (0..items.len()).collect() };
    for index in order {
        let Some(item) = items.get(index) else { break };
        if matches!(a.invoke(1, std::slice::from_ref(item))?, Value::Bool(true)) {
            found = Some((index, item.clone()));
            break;
        }
    }
    Ok(found)
}

fn index_of(a: &mut Args<'_, '_>) -> Outcome {
    let items = array(a, 0, "array")?.to_vec();
    let wanted = a.value(1);
    for (index, item) in items.iter().enumerate() {
        if a.run.equals(item, &wanted)? {
            return Ok(Value::Int32(index as i32));
        }
    }
    Ok(Value::Int32(-1))
}

/// How many numbers stand after the first `fixed` arguments.
fn numbers(a: &Args<'_, '_>, fixed: usize) -> usize {
    a.args.iter().skip(fixed).take_while(|arg| matches!(arg, Value::Int32(_))).count()
}

/// `IndexOf(array, value[, start[, count]])` and `LastIndexOf`.
fn item_index(a: &mut Args<'_, '_>, last: bool) -> Outcome {
    let items = array(a, 0, "array")?.to_vec();
    let given = a.len() - 2;
    let places = if last {
        super::list::span_back(a, 2, given, items.len())?
    } else {
        super::list::span(a, 2, given, items.len())?
    };
    let wanted = a.value(1);
    let run = &mut *a.run;
    let found = super::list::search(&items, places, last, |item| run.equals(item, &wanted))?;
    Ok(Value::Int32(found.map_or(-1, |at| at as i32)))
}

/// `FindIndex(array[, start[, count]], match)` and `FindLastIndex`.
fn find_index(a: &mut Args<'_, '_>, last: bool) -> Outcome {
    let items = array(a, 0, "array")?.to_vec();
    let (given, test) = (a.len() - 2, a.value(a.len() - 1));
    if test.is_null() {
        return Err(Thrown::argument_null("match"));
    }
    let places = if last {
        super::list::span_back(a, 1, given, items.len())?
    } else {
        super::list::span(a, 1, given, items.len())?
    };
    let run = &mut *a.run;
    let found = super::list::search(&items, places, last, |item| {
        Ok(matches!(run.invoke(&test, std::slice::from_ref(item))?, Value::Bool(true)))
    })?;
    Ok(Value::Int32(found.map_or(-1, |at| at as i32)))
}

/// `BinarySearch(array[, index, length], value[, comparer])`.
fn binary_search(a: &mut Args<'_, '_>, part: bool, comparer: bool) -> Outcome {
    let items = array(a, 0, "array")?.to_vec();
    let places = if part { index_and_length(a, 1, items.len())? } else { 0..items.len() };
    let at = if part { 3 } else { 1 };
    let wanted = a.value(at);
    let order = if comparer { a.value(at + 1) } else { Value::Null };
    super::list::binary_search(a.run, &items, places, &wanted, &order)
}

/// The part that `(index, length)` name.
fn index_and_length(a: &Args<'_, '_>, at: usize, len: usize) -> Result<std::ops::Range<usize>, Thrown> {
    let number = |at: usize, name: &str| {
        usize::try_from(a.i32(at)).map_err(|_| Thrown::out_of_range("Non-negative number required.", name))
    };
    let (start, count) = (number(at, "index")?, number(at + 1, "length")?);
    if start.checked_add(count).is_none_or(|end| end > len) {
        return Err(Thrown::argument(
            "Offset and length were out of bounds for the array or count is greater than the number of elements from \
             index to the end of the source collection.",
        ));
    }
    Ok(start..start + count)
}

/// `Sort(array[, index, length][, comparer])`.
fn sort_part(a: &mut Args<'_, '_>) -> Outcome {
    let mut items = array(a, 0, "array")?.to_vec();
    let part = numbers(a, 1) == 2;
    let places = if part { index_and_length(a, 1, items.len())? } else { 0..items.len() };
    let order = a.value(if part { 3 } else { 1 });
    a.run.steps(places.len() * 8)?;
    let run = &mut *a.run;
    if let Some(chosen) = items.get_mut(places) {
        sort(chosen, |x, y| super::comparer::compare(run, &order, x, y))?;
    }
    array(a, 0, "array")?.replace(items);
    Ok(Value::Null)
}

/// `Sort(keys, items[, comparer])`: the items follow their keys.
fn sort_pairs(a: &mut Args<'_, '_>) -> Outcome {
    let keys = array(a, 0, "keys")?.to_vec();
    if a.is_null(1) {
        let order = a.value(2);
        return sort_with(a, order);
    }
    let items = array(a, 1, "items")?.to_vec();
    if items.len() < keys.len() {
        return Err(Thrown::argument(
            "Offset and length were out of bounds for the array or count is greater than the number of elements from \
             index to the end of the source collection.",
        ));
    }
    let order = a.value(2);
    a.run.steps(keys.len() * 8)?;
    let mut pairs: Vec<(Value, Value)> = keys.into_iter().zip(items).collect();
    let mut failed = None;
    let run = &mut *a.run;
    pairs.sort_by(|(x, _), (y, _)| {
        super::comparer::compare(run, &order, x, y).unwrap_or_else(|thrown| {
            failed.get_or_insert(thrown);
            Ordering::Equal
        })
    });
    if let Some(thrown) = failed {
        return Err(thrown);
    }
    let (keys, items): (Vec<Value>, Vec<Value>) = pairs.into_iter().unzip();
    array(a, 0, "keys")?.replace(keys);
    array(a, 1, "items")?.replace(items);
    Ok(Value::Null)
}

/// The indices of `GetValue` and `SetValue`, one a dimension.
fn indices(a: &Args<'_, '_>, at: usize) -> Result<Vec<i64>, Thrown> {
    let found = match a.get(at) {
        Value::Obj(_) => {
            a.object::<Array>(at)?.to_vec().iter().map(|item| crate::run::ops::to_i128(item) as i64).collect()
        }
        Value::Null => return Err(Thrown::argument_null("indices")),
        _ => a.args.iter().skip(at).map(|item| crate::run::ops::to_i128(item) as i64).collect::<Vec<i64>>(),
    };
    if found.len() != a.object::<Array>(0)?.rank() {
        return Err(Thrown::argument("Array was not a one-dimensional array."));
    }
    Ok(found)
}

fn get_value(a: &mut Args<'_, '_>) -> Outcome {
    let at = indices(a, 1)?;
    a.object::<Array>(0)?.at(&at).ok_or_else(Thrown::index_out_of_range)
}

fn set_value(a: &mut Args<'_, '_>) -> Outcome {
    let at = indices(a, 2)?;
    let array = a.object::<Array>(0)?;
    array.set(&at, stored(&a.value(1), &array.element)?)?;
    Ok(Value::Null)
}

/// A value as an array of this element stores it when it is copied: numbers widen, objects unbox.
fn stored(value: &Value, element: &Type) -> Outcome {
    if value.is_null() && element.is_value_type() {
        return match element.nullable_inner() {
            Some(_) => Ok(Value::Null),
            None => Ok(crate::run::default_value(element)),
        };
    }
    if value.is_null() || crate::run::is_instance(value, element) {
        return Ok(value.clone());
    }
    let from = value.runtime_type().and_then(|ty| ty.def());
    let widened = match (from, element.def()) {
        (Some(from), Some(to)) if crate::types::convert::widens(from, to) => match to {
            known::DOUBLE => Some(Value::Double(crate::run::ops::to_f64(value))),
            known::SINGLE => Some(Value::Single(crate::run::ops::to_f64(value) as f32)),
            known::DECIMAL => None,
            to => Some(crate::program_integer(to, crate::run::ops::to_i128(value))),
        },
        _ => None,
    };
    widened.ok_or_else(|| {
        Thrown::invalid_cast(
            "At least one element in the source array could not be cast down to the destination array type.".to_owned(),
        )
    })
}

/// `CreateInstance(type, lengths)`.
fn create(a: &mut Args<'_, '_>) -> Outcome {
    let element = super::reflection::type_of(a.get(0)).ok_or_else(|| Thrown::argument_null("elementType"))?;
    let given: Vec<Value> = match a.get(1) {
        Value::Obj(_) => a.object::<Array>(1)?.to_vec(),
        _ => a.args.iter().skip(1).cloned().collect(),
    };
    let mut sizes = Vec::new();
    let mut count = 1usize;
    for size in given {
        let size = usize::try_from(crate::run::ops::to_i128(&size))
            .map_err(|_| Thrown::out_of_range("Non-negative number required.", "length"))?;
        count = count.saturating_mul(size);
        sizes.push(size);
    }
    a.run.charge(count.saturating_mul(size_of::<Value>()))?;
    let default = crate::run::default_value(&element);
    Ok(Value::object(Array::shaped(element, vec![default; count], sizes)))
}

fn fill_part(a: &mut Args<'_, '_>) -> Outcome {
    let value = a.value(1);
    let target = array(a, 0, "array")?;
    let places = super::list::span(a, 2, 2, target.len())?;
    for at in places {
        target.put(at, value.clone());
    }
    Ok(Value::Null)
}

/// What later versions and older code have of `Array` besides.
static MORE: &[(&str, crate::run::Native)] = &[
    ("static int MaxLength", |_| Ok(Value::Int32(2_147_483_591))),
    ("bool IsFixedSize", |_| Ok(Value::Bool(true))),
    ("bool IsReadOnly", |_| Ok(Value::Bool(false))),
    ("bool IsSynchronized", |_| Ok(Value::Bool(false))),
    ("object SyncRoot", |a| Ok(a.value(0))),
    ("long GetLongLength(int dimension)", |a| {
        let size = usize::try_from(a.i32(1)).ok().and_then(|at| a.object::<Array>(0).ok()?.sizes.get(at).copied());
        size.map(|size| Value::Int64(size as i64)).ok_or_else(Thrown::index_out_of_range)
    }),
    ("object GetValue(int index1, int index2)", get_value),
    ("object GetValue(int index1, int index2, int index3)", get_value),
    ("object GetValue(params int[] indices)", get_value),
    ("void SetValue(object value, int index1, int index2)", set_value),
    ("void SetValue(object value, int index1, int index2, int index3)", set_value),
    ("void SetValue(object value, params int[] indices)", set_value),
    ("void CopyTo(Array array, long index)", |a| {
        let (at, count) = (a.i64(2), a.object::<Array>(0)?.len() as i64);
        copy(a, 0, 0, 1, at, count)
    }),
    ("void Initialize()", |_| Ok(Value::Null)),
    ("static Array CreateInstance(Type elementType, int length)", create),
    ("static Array CreateInstance(Type elementType, int length1, int length2)", create),
    ("static Array CreateInstance(Type elementType, params int[] lengths)", create),
    ("static IReadOnlyList<T> AsReadOnly<T>(T[] array)", |a| {
        array(a, 0, "array")?;
        Ok(a.value(0))
    }),
    ("static void Sort<T>(T[] array, int index, int length)", sort_part),
    ("static void Sort<T>(T[] array, int index, int length, IComparer<T> comparer)", sort_part),
    ("static void Sort(Array array)", sort_part),
    ("static void Sort<K, V>(K[] keys, V[] items)", sort_pairs),
    ("static void Sort<K, V>(K[] keys, V[] items, IComparer<K> comparer)", sort_pairs),
    ("static void Reverse<T>(T[] array)", |a| {
        let mut items = array(a, 0, "array")?.to_vec();
        items.reverse();
        array(a, 0, "array")?.replace(items);
        Ok(Value::Null)
    }),
    ("static int IndexOf<T>(T[] array, T value)", |a| item_index(a, false)),
    ("static int IndexOf<T>(T[] array, T value, int startIndex)", |a| item_index(a, false)),
    ("static int IndexOf<T>(T[] array, T value, int startIndex, int count)", |a| item_index(a, false)),
    ("static int IndexOf(Array array, object value, int startIndex)", |a| item_index(a, false)),
    ("static int LastIndexOf<T>(T[] array, T value)", |a| item_index(a, true)),
    ("static int LastIndexOf<T>(T[] array, T value, int startIndex)", |a| item_index(a, true)),
    ("static int LastIndexOf<T>(T[] array, T value, int startIndex, int count)", |a| item_index(a, true)),
    ("static int LastIndexOf(Array array, object value)", |a| item_index(a, true)),
    ("static int BinarySearch<T>(T[] array, T value)", |a| binary_search(a, false, false)),
    ("static int BinarySearch<T>(T[] array, T value, IComparer<T> comparer)", |a| binary_search(a, false, true)),
    ("static int BinarySearch<T>(T[] array, int index, int length, T value)", |a| binary_search(a, true, false)),
    ("static int BinarySearch<T>(T[] array, int index, int length, T value, IComparer<T> comparer)", |a| {
        binary_search(a, true, true)
    }),
    ("static int BinarySearch(Array array, object value)", |a| binary_search(a, false, false)),
    ("static int FindIndex<T>(T[] array, Predicate<T> match)", |a| find_index(a, false)),
    ("static int FindIndex<T>(T[] array, int startIndex, Predicate<T> match)", |a| find_index(a, false)),
    ("static int FindIndex<T>(T[] array, int startIndex, int count, Predicate<T> match)", |a| find_index(a, false)),
    ("static int FindLastIndex<T>(T[] array, Predicate<T> match)", |a| find_index(a, true)),
    ("static int FindLastIndex<T>(T[] array, int startIndex, Predicate<T> match)", |a| find_index(a, true)),
    ("static int FindLastIndex<T>(T[] array, int startIndex, int count, Predicate<T> match)", |a| find_index(a, true)),
    ("static void Copy(Array sourceArray, Array destinationArray, long length)", |a| {
        let count = a.i64(2);
        copy(a, 0, 0, 1, 0, count)
    }),
    (
        "static void Copy(Array sourceArray, long sourceIndex, Array destinationArray, long destinationIndex, long length)",
        |a| {
            let (at, to_at, count) = (a.i64(1), a.i64(3), a.i64(4));
            copy(a, 0, at, 2, to_at, count)
        },
    ),
    (
        "static void ConstrainedCopy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)",
        |a| {
            let (at, to_at, count) = (i64::from(a.i32(1)), i64::from(a.i32(3)), i64::from(a.i32(4)));
            copy(a, 0, at, 2, to_at, count)
        },
    ),
    ("static void Fill<T>(T[] array, T value, int startIndex, int count)", fill_part),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Array : System.Collections.IList", members: MORE },
    TypeTable {
        decl: "class System.Array : System.Collections.IList",
        members: &[
            ("int Length", |a| Ok(Value::Int32(a.object::<Array>(0)?.len() as i32))),
            ("long LongLength", |a| Ok(Value::Int64(a.object::<Array>(0)?.len() as i64))),
            ("int Rank", |a| Ok(Value::Int32(a.object::<Array>(0)?.rank() as i32))),
            ("int GetLength(int dimension)", |a| {
                let dimension = a.i32(1) as usize;
                let size = a.object::<Array>(0)?.sizes.get(dimension).copied();
                size.map(|size| Value::Int32(size as i32)).ok_or_else(Thrown::index_out_of_range)
            }),
            ("int GetUpperBound(int dimension)", |a| {
                let dimension = a.i32(1) as usize;
                let size = a.object::<Array>(0)?.sizes.get(dimension).copied();
                size.map(|size| Value::Int32(size as i32 - 1)).ok_or_else(Thrown::index_out_of_range)
            }),
            ("int GetLowerBound(int dimension)", |_| Ok(Value::Int32(0))),
            ("object GetValue(int index)", |a| {
                let index = i64::from(a.i32(1));
                a.object::<Array>(0)?.at(&[index]).ok_or_else(Thrown::index_out_of_range)
            }),
            ("void SetValue(object value, int index)", |a| {
                let (value, index) = (a.value(1), i64::from(a.i32(2)));
                a.object::<Array>(0)?.set(&[index], value)?;
                Ok(Value::Null)
            }),
            ("object Clone()", |a| {
                let array = a.object::<Array>(0)?;
                Ok(Value::object(Array::shaped(array.element.clone(), array.to_vec(), array.sizes.clone())))
            }),
            ("void CopyTo(Array array, int index)", |a| {
                let (at, count) = (i64::from(a.i32(2)), a.object::<Array>(0)?.len() as i64);
                copy(a, 0, 0, 1, at, count)
            }),
            ("System.Collections.IEnumerator GetEnumerator()", super::list::enumerator),
            ("static T[] Empty<T>()", |a| Ok(Value::object(Array::new(a.ty(0), Vec::new())))),
            ("static void Sort<T>(T[] array)", |a| sort_with(a, Value::Null)),
            ("static void Sort<T>(T[] array, IComparer<T> comparer)", |a| {
                let comparer = a.value(1);
                sort_with(a, comparer)
            }),
            ("static void Sort<T>(T[] array, Comparison<T> comparison)", |a| {
                let comparer = a.value(1);
                sort_with(a, comparer)
            }),
            ("static void Reverse(Array array)", |a| {
                let mut items = array(a, 0, "array")?.to_vec();
                items.reverse();
                array(a, 0, "array")?.replace(items);
                Ok(Value::Null)
            }),
            ("static void Reverse(Array array, int index, int length)", |a| {
                let (at, count) = (a.i32(1), a.i32(2));
                let mut items = array(a, 0, "array")?.to_vec();
                let range = usize::try_from(at).ok().zip(usize::try_from(count).ok());
                let part = range.and_then(|(at, count)| items.get_mut(at..at.checked_add(count)?));
                part.ok_or_else(|| Thrown::argument("Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection."))?.reverse();
                array(a, 0, "array")?.replace(items);
                Ok(Value::Null)
            }),
            ("static int IndexOf(Array array, object value)", index_of),
            ("static bool Exists<T>(T[] array, Predicate<T> match)", |a| Ok(Value::Bool(find(a, false)?.is_some()))),
            ("static T Find<T>(T[] array, Predicate<T> match)", |a| {
                let default = crate::run::default_value(&a.ty(0));
                Ok(find(a, false)?.map_or(default, |found| found.1))
            }),
            ("static T FindLast<T>(T[] array, Predicate<T> match)", |a| {
                let default = crate::run::default_value(&a.ty(0));
                Ok(find(a, true)?.map_or(default, |found| found.1))
            }),
            ("static T[] FindAll<T>(T[] array, Predicate<T> match)", |a| {
                let items = array(a, 0, "array")?.to_vec();
                let mut kept = Vec::new();
                for item in items {
                    if matches!(a.invoke(1, std::slice::from_ref(&item))?, Value::Bool(true)) {
                        kept.push(item);
                    }
                }
                Ok(Value::object(Array::new(a.ty(0), kept)))
            }),
            ("static bool TrueForAll<T>(T[] array, Predicate<T> match)", |a| {
                for item in array(a, 0, "array")?.to_vec() {
                    if !matches!(a.invoke(1, &[item])?, Value::Bool(true)) {
                        return Ok(Value::Bool(false));
                    }
                }
                Ok(Value::Bool(true))
            }),
            ("static void ForEach<T>(T[] array, Action<T> action)", |a| {
                for item in array(a, 0, "array")?.to_vec() {
                    a.invoke(1, &[item])?;
                }
                Ok(Value::Null)
            }),
            ("static R[] ConvertAll<T, R>(T[] array, Converter<T, R> converter)", |a| {
                let mut converted = Vec::new();
                for item in array(a, 0, "array")?.to_vec() {
                    converted.push(a.invoke(1, &[item])?);
                }
                Ok(Value::object(Array::new(a.ty(1), converted)))
            }),
            ("static void Copy(Array sourceArray, Array destinationArray, int length)", |a| {
                let count = i64::from(a.i32(2));
                copy(a, 0, 0, 1, 0, count)
            }),
            (
                "static void Copy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)",
                |a| {
                    let (at, to_at, count) = (i64::from(a.i32(1)), i64::from(a.i32(3)), i64::from(a.i32(4)));
                    copy(a, 0, at, 2, to_at, count)
                },
            ),
            ("static void Clear(Array array)", |a| {
                let target = array(a, 0, "array")?;
                let default = crate::run::default_value(&target.element);
                target.replace(vec![default; target.len()]);
                Ok(Value::Null)
            }),
            ("static void Clear(Array array, int index, int length)", |a| {
                let (at, count) = (a.i32(1), a.i32(2));
                let target = array(a, 0, "array")?;
                if at < 0 || count < 0 || at as usize + count as usize > target.len() {
                    return Err(Thrown::index_out_of_range());
                }
                let default = crate::run::default_value(&target.element);
                for index in at as usize..at as usize + count as usize {
                    target.put(index, default.clone());
                }
                Ok(Value::Null)
            }),
            ("static void Fill<T>(T[] array, T value)", |a| {
                let value = a.value(1);
                let target = array(a, 0, "array")?;
                target.replace(vec![value; target.len()]);
                Ok(Value::Null)
            }),
            ("static void Resize<T>(ref T[] array, int newSize)", |a| {
                let size = usize::try_from(a.i32(1))
                    .map_err(|_| Thrown::out_of_range("Non-negative number required.", "newSize"))?;
                a.run.charge(size * size_of::<Value>())?;
                let mut items = match a.get(0) {
                    Value::Cell(cell) => downcast::<Array>(&cell.borrow()).map(Array::to_vec).unwrap_or_default(),
                    _ => Vec::new(),
                };
                let element = a.ty(0);
                items.resize(size, crate::run::default_value(&element));
                a.set_out(0, Value::object(Array::new(element, items)));
                Ok(Value::Null)
            }),
        ],
    },
    TypeTable {
        decl: "static class System.Buffer",
        members: &[("static void BlockCopy(Array src, int srcOffset, Array dst, int dstOffset, int count)", |a| {
            let (at, to_at, count) = (i64::from(a.i32(1)), i64::from(a.i32(3)), i64::from(a.i32(4)));
            if at < 0 || to_at < 0 || count < 0 {
                return Err(Thrown::out_of_range("Non-negative number required.", "count"));
            }
            let (from, to) = (array(a, 0, "src")?, array(a, 2, "dst")?);
            if (at + count) as usize > from.len() || (to_at + count) as usize > to.len() {
                return Err(Thrown::argument(
                    "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.",
                ));
            }
            copy(a, 0, at, 2, to_at, count)
        })],
    },
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn arrays() {
        check(&[
            ("var a = new[] { 3, 1, 2 }; Array.Sort(a, 1, 2); return a;", "[3, 1, 2]"),
            ("var k = new[] { 2, 1 }; var v = new[] { \"b\", \"a\" }; Array.Sort(k, v); return v;", "[a, b]"),
            ("var a = new[] { \"b\", \"A\" }; Array.Sort(a, StringComparer.Ordinal); return a;", "[A, b]"),
            ("var a = new[] { 1, 2, 3 }; Array.Sort(a, (x, y) => y - x); return a;", "[3, 2, 1]"),
            ("Array.IndexOf(new[] { 1, 2, 1 }, 1, 1)", "2"),
            ("Array.IndexOf(new[] { 1, 2, 1 }, 1, 4)", "!ArgumentOutOfRangeException"),
            ("Array.LastIndexOf(new[] { 1, 2, 1 }, 1, 1)", "0"),
            ("Array.BinarySearch(new[] { 1, 3, 5 }, 4)", "-3"),
            ("Array.BinarySearch(new[] { 1, 3, 5 }, 1, 2, 5)", "2"),
            ("Array.FindIndex(new[] { 1, 2, 3 }, 1, x => x > 1)", "1"),
            ("Array.FindLastIndex(new[] { 1, 2, 3 }, x => x < 3)", "1"),
            ("var a = new long[2]; Array.Copy(new[] { 1, 2 }, a, 2); return a;", "[1, 2]"),
            ("var a = new int[2]; Array.Copy(new[] { 1L, 2L }, a, 2); return a;", "!InvalidCastException"),
            ("var a = new int[1]; Array.Copy(new[] { 1, 2 }, a, 2); return a;", "!ArgumentException"),
            (
                "var a = new int[2, 3]; a.SetValue(5, 1, 2); return a[1, 2] + a.GetLength(1) + a.Rank + (int)a.GetValue(1, 2);",
                "15",
            ),
            ("var a = Array.CreateInstance(typeof(int), 2); a.SetValue(7, 1); return a;", "[0, 7]"),
            ("var a = new[] { 1, 2, 3 }; Array.Fill(a, 9, 1, 1); return a;", "[1, 9, 3]"),
            ("var a = new[] { 1, 2 }; Array.Resize(ref a, 3); return a;", "[1, 2, 0]"),
            ("new[] { 1 }.GetValue(1)", "!IndexOutOfRangeException"),
            ("Array.ConvertAll(new[] { 1, 2 }, x => x + \"!\")", "[1!, 2!]"),
            ("Array.Empty<int>().Length", "0"),
        ]);
    }
}
