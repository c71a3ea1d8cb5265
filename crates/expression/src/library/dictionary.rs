//! `Dictionary`, its keys and values, `KeyValuePair`, and the interfaces over them.

use super::comparer;
use super::json::own;
use super::{TypeTable, list};
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{Type, known};
use crate::value::{Cursor, Object, Value, downcast};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// `KeyValuePair<K, V>`.
pub struct Pair {
    ty: Type,
    pub key: Value,
    pub value: Value,
}

pub fn pair(ty: Type, key: Value, value: Value) -> Value {
    Value::object(Pair { ty, key, value })
}

impl Object for Pair {
    fn type_of(&self) -> Type {
        self.ty.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(format!("[{}, {}]", run.print_str(&self.key)?.as_str(), run.print_str(&self.value)?.as_str()))
    }

    fn equals(&self, other: &Value, run: &mut Run<'_>) -> Result<bool, Thrown> {
        let Some(other) = downcast::<Pair>(other) else { return Ok(false) };
        Ok(run.equals(&self.key, &other.key)? && run.equals(&self.value, &other.value)?)
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        Ok(Some(run.hash(&self.key)?.wrapping_mul(31).wrapping_add(run.hash(&self.value)?)))
    }
}

/// The storage of dictionaries and sets: entries in order of insertion, freed places taken first,
/// last freed first, as .NET does it (its order of enumeration follows from that).
#[derive(Default)]
pub struct Entries {
    places: Vec<Option<(Value, Value)>>,
    free: Vec<usize>,
    index: HashMap<u64, Vec<usize>>,
}

impl Entries {
    pub fn find(&self, run: &mut Run<'_>, comparer: &Value, key: &Value) -> Result<Option<usize>, Thrown> {
        let hash = comparer::hash(run, comparer, key)?;
        let Some(chain) = self.index.get(&hash) else { return Ok(None) };
        for at in chain {
            if let Some(Some((found, _))) = self.places.get(*at)
                && comparer::equal(run, comparer, found, key)?
            {
                return Ok(Some(*at));
            }
        }
        Ok(None)
    }

    pub fn get(&self, at: usize) -> Option<&(Value, Value)> {
        self.places.get(at).and_then(Option::as_ref)
    }

    pub fn put(&mut self, at: usize, value: Value) {
        if let Some(Some(entry)) = self.places.get_mut(at) {
            entry.1 = value;
        }
    }

    pub fn insert(&mut self, run: &mut Run<'_>, comparer: &Value, key: Value, value: Value) -> Result<(), Thrown> {
        run.charge(3 * size_of::<Value>())?;
        let hash = comparer::hash(run, comparer, &key)?;
        let at = match self.free.pop() {
            Some(at) => {
                if let Some(place) = self.places.get_mut(at) {
                    *place = Some((key, value));
                }
                at
            }
            None => {
                self.places.push(Some((key, value)));
                self.places.len() - 1
            }
        };
        self.index.entry(hash).or_default().push(at);
        Ok(())
    }

    pub fn remove(&mut self, run: &mut Run<'_>, comparer: &Value, key: &Value) -> Result<Option<Value>, Thrown> {
        let Some(at) = self.find(run, comparer, key)? else { return Ok(None) };
        let hash = comparer::hash(run, comparer, key)?;
        if let Some(chain) = self.index.get_mut(&hash) {
            chain.retain(|found| *found != at);
        }
        let removed = self.places.get_mut(at).and_then(Option::take);
        self.free.push(at);
        Ok(removed.map(|(_, value)| value))
    }

    pub fn clear(&mut self) {
        *self = Entries::default();
    }

    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// The first entry at or after a place.
    pub fn from(&self, mut at: usize) -> Option<(usize, (Value, Value))> {
        while at < self.places.len() {
            if let Some(Some(entry)) = self.places.get(at) {
                return Some((at, entry.clone()));
            }
            at += 1;
        }
        None
    }

    pub fn iter(&self) -> impl Iterator<Item = &(Value, Value)> {
        self.places.iter().flatten()
    }
}

pub struct Dictionary {
    pub ty: Type,
    pub entries: RefCell<Entries>,
    comparer: Value,
    version: Cell<u32>,
}

impl Dictionary {
    pub fn new(key: Type, value: Type, comparer: Value) -> Dictionary {
        let ty = Type::generic(known::DICTIONARY, vec![key, value]);
        Dictionary { ty, entries: RefCell::default(), comparer, version: Cell::new(0) }
    }

    /// It compares keys otherwise than by their own equality.
    pub fn has_comparer(&self) -> bool {
        !self.comparer.is_null()
    }

    fn pair_type(&self) -> Type {
        Type::generic(known::KEY_VALUE, self.ty.args().to_vec())
    }

    pub fn get(&self, run: &mut Run<'_>, key: &Value) -> Result<Option<Value>, Thrown> {
        let entries = self.entries.borrow();
        let at = entries.find(run, &self.comparer, key)?;
        Ok(at.and_then(|at| entries.get(at)).map(|entry| entry.1.clone()))
    }

    pub fn set(&self, run: &mut Run<'_>, key: Value, value: Value) -> Result<(), Thrown> {
        let mut entries = self.entries.borrow_mut();
        self.version.set(self.version.get() + 1);
        match entries.find(run, &self.comparer, &key)? {
            Some(at) => {
                // Overwriting does not disturb an enumeration.
                self.version.set(self.version.get() - 1);
                entries.put(at, value);
                Ok(())
            }
            None => entries.insert(run, &self.comparer, key, value),
        }
    }

    /// `Add`; `false` when the key is there.
    pub fn add(&self, run: &mut Run<'_>, key: Value, value: Value) -> Result<bool, Thrown> {
        let mut entries = self.entries.borrow_mut();
        if entries.find(run, &self.comparer, &key)?.is_some() {
            return Ok(false);
        }
        self.version.set(self.version.get() + 1);
        entries.insert(run, &self.comparer, key, value)?;
        Ok(true)
    }
}

impl Dictionary {
    /// `Add`: a key that is null or there already is an exception.
    pub fn add_new(&self, run: &mut Run<'_>, key: Value, value: Value) -> Result<(), Thrown> {
        if key.is_null() {
            return Err(Thrown::argument_null("key"));
        }
        if self.add(run, key.clone(), value)? {
            return Ok(());
        }
        let text = run.print_str(&key)?;
        let message = format!("An item with the same key has already been added. Key: {}", text.as_str());
        // .NET names the parameter only where it is null.
        Err(Thrown::argument(&message))
    }
}

pub fn changed() -> Thrown {
    Thrown::invalid_operation("Collection was modified; enumeration operation may not execute.")
}

impl Object for Dictionary {
    fn type_of(&self) -> Type {
        self.ty.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        Ok(Some(walk(this.clone(), Side::Both)))
    }

    fn count(&self) -> Option<usize> {
        Some(self.entries.borrow().len())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Keys,
    Values,
    Both,
}

fn walk(this: Value, side: Side) -> Cursor {
    let mut at = 0;
    let version = downcast::<Dictionary>(&this).map(|dictionary| dictionary.version.get());
    Box::new(move |_: &mut Run<'_>| {
        let Some(dictionary) = downcast::<Dictionary>(&this) else { return Ok(None) };
        if version != Some(dictionary.version.get()) {
            return Err(changed());
        }
        let Some((found, (key, value))) = dictionary.entries.borrow().from(at) else { return Ok(None) };
        at = found + 1;
        Ok(Some(match side {
            Side::Keys => key,
            Side::Values => value,
            Side::Both => pair(dictionary.pair_type(), key, value),
        }))
    })
}

/// `Keys` and `Values`: views of the dictionary.
pub struct View {
    dictionary: Value,
    side: Side,
}

impl View {
    /// The vectors name a view after its dictionary.
    pub fn owner(&self) -> Option<Type> {
        self.dictionary.runtime_type()
    }
}

impl Object for View {
    fn type_of(&self) -> Type {
        let ty = downcast::<Dictionary>(&self.dictionary).map(|d| d.ty.args().to_vec()).unwrap_or_default();
        let item = ty.into_iter().nth(usize::from(self.side == Side::Values)).unwrap_or_else(Type::object);
        Type::generic(known::ICOLLECTION, vec![item])
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        let args = downcast::<Dictionary>(&self.dictionary).map(|d| d.ty.args().to_vec()).unwrap_or_default();
        let args: Vec<String> = args.iter().map(Type::to_string_name).collect();
        let side = if self.side == Side::Keys { "Key" } else { "Value" };
        Ok(format!("System.Collections.Generic.Dictionary`2+{side}Collection[{}]", args.join(",")))
    }

    fn enumerate(&self, _this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        Ok(Some(walk(self.dictionary.clone(), self.side)))
    }

    fn count(&self) -> Option<usize> {
        downcast::<Dictionary>(&self.dictionary).and_then(Object::count)
    }
}

fn key_of(a: &Args<'_, '_>) -> Result<Value, Thrown> {
    match a.value(1) {
        Value::Null => Err(Thrown::argument_null("key")),
        key => Ok(key),
    }
}

fn missing(run: &mut Run<'_>, key: &Value) -> Thrown {
    let text = run.print_str(key).map(|text| text.as_str().to_owned()).unwrap_or_default();
    Thrown::key_not_found(&text)
}

/// Any object with keys: a `Dictionary`, or a part of the context.
pub fn lookup(run: &mut Run<'_>, target: &Value, key: &Value) -> Result<Option<Value>, Thrown> {
    if let Some(dictionary) = downcast::<Dictionary>(target) {
        return dictionary.get(run, key);
    }
    super::context::lookup(run, target, key)
}

fn get(a: &mut Args<'_, '_>) -> Outcome {
    let key = key_of(a)?;
    let target = a.value(0);
    match lookup(a.run, &target, &key)? {
        Some(value) => Ok(value),
        None if super::context::missing_is_null(&target) => Ok(Value::Null),
        None => Err(missing(a.run, &key)),
    }
}

fn set(a: &mut Args<'_, '_>) -> Outcome {
    let key = key_of(a)?;
    let (target, value) = (a.value(0), a.value(2));
    match downcast::<Dictionary>(&target) {
        Some(dictionary) => dictionary.set(a.run, key, value)?,
        None => return Err(Thrown::not_supported("Collection is read-only.")),
    }
    Ok(Value::Null)
}

fn add(a: &mut Args<'_, '_>) -> Outcome {
    let key = key_of(a)?;
    let (target, value) = (a.value(0), a.value(2));
    let Some(dictionary) = downcast::<Dictionary>(&target) else {
        return Err(Thrown::not_supported("Collection is read-only."));
    };
    dictionary.add_new(a.run, key, value)?;
    Ok(Value::Null)
}

fn try_add(a: &mut Args<'_, '_>) -> Outcome {
    let key = key_of(a)?;
    let (target, value) = (a.value(0), a.value(2));
    match downcast::<Dictionary>(&target) {
        Some(dictionary) => dictionary.add(a.run, key, value).map(Value::Bool),
        None => Ok(Value::Bool(false)),
    }
}

fn contains_key(a: &mut Args<'_, '_>) -> Outcome {
    let key = key_of(a)?;
    let target = a.value(0);
    Ok(Value::Bool(lookup(a.run, &target, &key)?.is_some()))
}

fn try_get(a: &mut Args<'_, '_>) -> Outcome {
    let key = key_of(a)?;
    let target = a.value(0);
    let found = lookup(a.run, &target, &key)?;
    let default = crate::run::default_value(&a.ty(1));
    a.set_out(2, found.clone().unwrap_or(default));
    Ok(Value::Bool(found.is_some()))
}

fn remove(a: &mut Args<'_, '_>) -> Outcome {
    let key = key_of(a)?;
    let target = a.value(0);
    let Some(dictionary) = downcast::<Dictionary>(&target) else {
        return Err(Thrown::not_supported("Collection is read-only."));
    };
    let removed = dictionary.entries.borrow_mut().remove(a.run, &dictionary.comparer, &key)?;
    if a.len() > 2 {
        let default = crate::run::default_value(&a.ty(1));
        a.set_out(2, removed.clone().unwrap_or(default));
    }
    Ok(Value::Bool(removed.is_some()))
}

fn view(a: &mut Args<'_, '_>, side: Side) -> Outcome {
    let target = a.value(0);
    if downcast::<Dictionary>(&target).is_some() {
        return Ok(Value::object(View { dictionary: target, side }));
    }
    let pairs = a.run.collect(&target)?;
    let part = |item: &Value| {
        downcast::<Pair>(item).map(|pair| if side == Side::Keys { pair.key.clone() } else { pair.value.clone() })
    };
    let items: Vec<Value> = pairs.iter().filter_map(part).collect();
    let item = a.ty(usize::from(side == Side::Values));
    Ok(Value::object(list::List::new(item, items)))
}

fn get_or_default(a: &mut Args<'_, '_>) -> Outcome {
    let key = key_of(a)?;
    let target = a.value(0);
    Ok(match lookup(a.run, &target, &key)? {
        Some(value) => value,
        None if a.len() > 2 => a.value(2),
        None => crate::run::default_value(&a.ty(1)),
    })
}

fn count(a: &mut Args<'_, '_>) -> Outcome {
    let target = a.value(0);
    Ok(Value::Int32(list::count_of(a.run, &target)? as i32))
}

/// `new Dictionary<K, V>(…)`: of another, with a comparer.
fn make(a: &mut Args<'_, '_>, source: Option<usize>, comparer: Option<usize>) -> Outcome {
    let comparer = comparer.map(|at| a.value(at)).unwrap_or_default();
    let dictionary = Dictionary::new(a.ty(0), a.ty(1), comparer);
    if let Some(at) = source {
        let source = a.value(at);
        if source.is_null() {
            return Err(Thrown::argument_null("dictionary"));
        }
        for item in a.run.collect(&source)? {
            if let Some(pair) = downcast::<Pair>(&item) {
                dictionary.add_new(a.run, pair.key.clone(), pair.value.clone())?;
            }
        }
    }
    Ok(Value::object(dictionary))
}

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "struct System.Collections.Generic.KeyValuePair<K, V>",
        members: &[
            ("new(K key, V value)", |a| {
                let ty = Type::generic(known::KEY_VALUE, a.types.to_vec());
                Ok(pair(ty, a.value(0), a.value(1)))
            }),
            ("K Key", |a| Ok(a.object::<Pair>(0)?.key.clone())),
            ("V Value", |a| Ok(a.object::<Pair>(0)?.value.clone())),
            ("void Deconstruct(out K key, out V value)", |a| {
                let pair = a.object::<Pair>(0)?;
                a.set_out(1, pair.key.clone());
                a.set_out(2, pair.value.clone());
                Ok(Value::Null)
            }),
        ],
    },
    TypeTable {
        decl: "static class System.Collections.Generic.KeyValuePair",
        members: &[("static KeyValuePair<K, V> Create<K, V>(K key, V value)", |a| {
            Ok(pair(Type::generic(known::KEY_VALUE, a.types.to_vec()), a.value(0), a.value(1)))
        })],
    },
    TypeTable {
        decl: "class System.Collections.Generic.Dictionary<K, V> : IDictionary<K, V>, IReadOnlyDictionary<K, V>",
        members: &[
            ("new()", |a| make(a, None, None)),
            ("new(int capacity)", |a| make(a, None, None)),
            ("new(IEqualityComparer<K> comparer)", |a| make(a, None, Some(0))),
            ("new(int capacity, IEqualityComparer<K> comparer)", |a| make(a, None, Some(1))),
            ("new(IDictionary<K, V> dictionary)", |a| make(a, Some(0), None)),
            ("new(IDictionary<K, V> dictionary, IEqualityComparer<K> comparer)", |a| make(a, Some(0), Some(1))),
            ("new(IEnumerable<KeyValuePair<K, V>> collection)", |a| make(a, Some(0), None)),
            ("new(IEnumerable<KeyValuePair<K, V>> collection, IEqualityComparer<K> comparer)", |a| {
                make(a, Some(0), Some(1))
            }),
            ("int Count", count),
            ("int Capacity", count),
            ("IEqualityComparer<K> Comparer", |a| {
                Ok(match a.object::<Dictionary>(0)?.comparer.clone() {
                    Value::Null => comparer::default_comparer(),
                    comparer => comparer,
                })
            }),
            ("int EnsureCapacity(int capacity)", list::ensure_capacity),
            ("void TrimExcess()", |_| Ok(Value::Null)),
            ("void TrimExcess(int capacity)", list::trim),
            ("V this[K key]", get),
            ("set V this[K key]", set),
            ("void Add(K key, V value)", add),
            ("bool TryAdd(K key, V value)", try_add),
            ("bool ContainsKey(K key)", contains_key),
            ("bool ContainsValue(V value)", |a| {
                let wanted = a.value(1);
                let values: Vec<Value> =
                    a.object::<Dictionary>(0)?.entries.borrow().iter().map(|entry| entry.1.clone()).collect();
                for value in values {
                    if a.run.equals(&value, &wanted)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }),
            ("bool TryGetValue(K key, out V value)", try_get),
            ("bool Remove(K key)", remove),
            ("bool Remove(K key, out V value)", remove),
            ("void Clear()", |a| {
                let dictionary = a.object::<Dictionary>(0)?;
                dictionary.version.set(dictionary.version.get() + 1);
                dictionary.entries.borrow_mut().clear();
                Ok(Value::Null)
            }),
            ("ICollection<K> Keys", |a| view(a, Side::Keys)),
            ("ICollection<V> Values", |a| view(a, Side::Values)),
            ("IEnumerator<KeyValuePair<K, V>> GetEnumerator()", list::enumerator),
        ],
    },
    TypeTable {
        decl: "interface System.Collections.Generic.IDictionary<K, V> : ICollection<KeyValuePair<K, V>>",
        members: &[
            ("V this[K key]", |a| own(a, "this", get)),
            ("set V this[K key]", |a| own(a, "set:this", set)),
            ("void Add(K key, V value)", |a| own(a, "Add", add)),
            ("bool ContainsKey(K key)", |a| own(a, "ContainsKey", contains_key)),
            ("bool TryGetValue(K key, out V value)", |a| own(a, "TryGetValue", try_get)),
            ("bool Remove(K key)", |a| own(a, "Remove", remove)),
            ("ICollection<K> Keys", |a| view(a, Side::Keys)),
            ("ICollection<V> Values", |a| view(a, Side::Values)),
        ],
    },
    TypeTable {
        decl: "interface System.Collections.Generic.IReadOnlyDictionary<K, V> : IReadOnlyCollection<KeyValuePair<K, V>>",
        members: &[
            ("V this[K key]", get),
            ("bool ContainsKey(K key)", contains_key),
            ("bool TryGetValue(K key, out V value)", try_get),
            ("IEnumerable<K> Keys", |a| view(a, Side::Keys)),
            ("IEnumerable<V> Values", |a| view(a, Side::Values)),
        ],
    },
    TypeTable {
        decl: "static class System.Collections.Generic.CollectionExtensions",
        members: &[
            ("static V GetValueOrDefault<K, V>(this IReadOnlyDictionary<K, V> dictionary, K key)", get_or_default),
            (
                "static V GetValueOrDefault<K, V>(this IReadOnlyDictionary<K, V> dictionary, K key, V defaultValue)",
                get_or_default,
            ),
            ("static bool TryAdd<K, V>(this IDictionary<K, V> dictionary, K key, V value)", try_add),
            ("static bool Remove<K, V>(this IDictionary<K, V> dictionary, K key, out V value)", remove),
        ],
    },
];
