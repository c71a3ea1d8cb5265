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

    pub fn rank(&self) -> usize {
        self.sizes.len()
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
        return Err(negative("sourceIndex"));
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
        target.put(to_at + offset, item);
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

pub static TYPES: &[TypeTable] = &[
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
            ("static void Sort<K, V>(K[] keys, V[] items)", |a| {
                let keys = array(a, 0, "keys")?.to_vec();
                let items = array(a, 1, "items")?.to_vec();
                let mut order: Vec<Value> = (0..keys.len()).map(|at| Value::Int32(at as i32)).collect();
                let run = &mut *a.run;
                let at = |list: &[Value], index: &Value| {
                    list.get(crate::run::ops::to_i128(index) as usize).cloned().unwrap_or_default()
                };
                sort(&mut order, |x, y| run.compare(&at(&keys, x), &at(&keys, y)))?;
                array(a, 0, "keys")?.replace(order.iter().map(|index| at(&keys, index)).collect());
                array(a, 1, "items")?.replace(order.iter().map(|index| at(&items, index)).collect());
                Ok(Value::Null)
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
            ("static int IndexOf<T>(T[] array, T value)", index_of),
            ("static int IndexOf(Array array, object value)", index_of),
            ("static int LastIndexOf<T>(T[] array, T value)", |a| {
                let items = array(a, 0, "array")?.to_vec();
                let wanted = a.value(1);
                for (index, item) in items.iter().enumerate().rev() {
                    if a.run.equals(item, &wanted)? {
                        return Ok(Value::Int32(index as i32));
                    }
                }
                Ok(Value::Int32(-1))
            }),
            ("static int BinarySearch<T>(T[] array, T value)", |a| {
                let items = array(a, 0, "array")?.to_vec();
                let wanted = a.value(1);
                let (mut low, mut high) = (0i32, items.len() as i32 - 1);
                while low <= high {
                    let middle = low + (high - low) / 2;
                    let Some(item) = items.get(middle as usize) else { break };
                    match a.run.compare(item, &wanted)? {
                        Ordering::Equal => return Ok(Value::Int32(middle)),
                        Ordering::Less => low = middle + 1,
                        Ordering::Greater => high = middle - 1,
                    }
                }
                Ok(Value::Int32(!low))
            }),
            ("static bool Exists<T>(T[] array, Predicate<T> match)", |a| Ok(Value::Bool(find(a, false)?.is_some()))),
            ("static T Find<T>(T[] array, Predicate<T> match)", |a| {
                let default = crate::run::default_value(&a.ty(0));
                Ok(find(a, false)?.map_or(default, |found| found.1))
            }),
            ("static T FindLast<T>(T[] array, Predicate<T> match)", |a| {
                let default = crate::run::default_value(&a.ty(0));
                Ok(find(a, true)?.map_or(default, |found| found.1))
            }),
            ("static int FindIndex<T>(T[] array, Predicate<T> match)", |a| {
                Ok(Value::Int32(find(a, false)?.map_or(-1, |found| found.0 as i32)))
            }),
            ("static int FindLastIndex<T>(T[] array, Predicate<T> match)", |a| {
                Ok(Value::Int32(find(a, true)?.map_or(-1, |found| found.0 as i32)))
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
