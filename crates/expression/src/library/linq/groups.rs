//! Groups, lookups, joins, dictionaries.

use super::super::dictionary::Dictionary;
use super::{lazy, of_items, source, whole};
use crate::library::comparer;
use crate::library::tuple;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{Type, known, registry};
use crate::value::{Cursor, Object, Value, downcast};
use std::any::Any;
use std::collections::HashMap;

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
    index: Index,
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

/// Places of groups by the hash of their key.
#[derive(Default)]
struct Index {
    places: HashMap<u64, Vec<usize>>,
    comparer: Value,
}

impl Index {
    fn new(comparer: Value) -> Index {
        Index { places: HashMap::new(), comparer }
    }

    /// The place of a key, and the hash under which it stands or would stand.
    fn find<'k>(
        &self,
        run: &mut Run<'_>,
        key: &Value,
        key_at: impl Fn(usize) -> Option<&'k Value>,
    ) -> Result<(Option<usize>, u64), Thrown> {
        let hash = comparer::hash(run, &self.comparer, key)?;
        for at in self.places.get(&hash).into_iter().flatten() {
            if let Some(found) = key_at(*at)
                && comparer::equal(run, &self.comparer, found, key)?
            {
                return Ok((Some(*at), hash));
            }
        }
        Ok((None, hash))
    }
}

/// Items by key in order of first appearance.
struct Groups {
    groups: Vec<(Value, Vec<Value>)>,
    index: Index,
}

impl Groups {
    fn new(comparer: Value) -> Groups {
        Groups { groups: Vec::new(), index: Index::new(comparer) }
    }

    fn of(
        run: &mut Run<'_>,
        source: &Value,
        key: &Value,
        element: Option<&Value>,
        comparer: &Value,
    ) -> Result<Groups, Thrown> {
        let mut groups = Groups::new(comparer.clone());
        let mut cursor = run.cursor(source)?;
        while let Some(item) = cursor.next(run)? {
            run.step()?;
            run.charge(size_of::<Value>())?;
            let key = run.invoke(key, std::slice::from_ref(&item))?;
            let value = match element {
                Some(element) => run.invoke(element, &[item])?,
                None => item,
            };
            let at = groups.place(run, key)?;
            if let Some((_, items)) = groups.groups.get_mut(at) {
                items.push(value);
            }
        }
        Ok(groups)
    }

    fn find(&self, run: &mut Run<'_>, key: &Value) -> Result<(Option<usize>, u64), Thrown> {
        self.index.find(run, key, |at| self.groups.get(at).map(|(key, _)| key))
    }

    /// The place of the group of a key, new or there already.
    fn place(&mut self, run: &mut Run<'_>, key: Value) -> Result<usize, Thrown> {
        let (found, hash) = self.find(run, &key)?;
        Ok(found.unwrap_or_else(|| {
            self.groups.push((key, Vec::new()));
            self.index.places.entry(hash).or_default().push(self.groups.len() - 1);
            self.groups.len() - 1
        }))
    }

    fn items(&self, run: &mut Run<'_>, key: &Value) -> Result<&[Value], Thrown> {
        let (found, _) = self.find(run, key)?;
        Ok(found.and_then(|at| self.groups.get(at)).map_or(&[], |(_, items)| items.as_slice()))
    }
}

fn group_value(ty: &Type, key: Value, items: Vec<Value>) -> Value {
    Value::object(Group { ty: ty.clone(), key, items })
}

/// Where the element selector, the result selector and the comparer stand.
#[derive(Clone, Copy, Default)]
pub struct Places {
    pub element: Option<usize>,
    pub result: Option<usize>,
    pub comparer: Option<usize>,
}

/// `GroupBy` in all its forms.
pub fn group_by(a: &mut Args<'_, '_>, places: Places) -> Outcome {
    let source = source(a, 0, "source")?;
    let key = self::source(a, 1, "keySelector")?;
    let element_type = if places.element.is_some() { a.ty(2) } else { a.ty(0) };
    let group_type = Type::generic(known::GROUPING, vec![a.ty(1), element_type.clone()]);
    let element = places.element.map(|at| self::source(a, at, "elementSelector")).transpose()?;
    let result = places.result.map(|at| self::source(a, at, "resultSelector")).transpose()?;
    let comparer = places.comparer.map(|at| a.value(at)).unwrap_or_default();
    let item = match &result {
        Some(_) => a.types.last().cloned().unwrap_or_else(Type::object),
        None => group_type.clone(),
    };
    Ok(lazy(item, move |_| {
        let (source, key, element, result) = (source.clone(), key.clone(), element.clone(), result.clone());
        let (comparer, element_type, group_type) = (comparer.clone(), element_type.clone(), group_type.clone());
        let mut groups: Option<std::vec::IntoIter<(Value, Vec<Value>)>> = None;
        Ok(Box::new(move |run: &mut Run<'_>| {
            let groups = match &mut groups {
                Some(groups) => groups,
                None => {
                    let made = Groups::of(run, &source, &key, element.as_ref(), &comparer)?;
                    groups.insert(made.groups.into_iter())
                }
            };
            let Some((key, items)) = groups.next() else { return Ok(None) };
            match &result {
                Some(result) => run.invoke(result, &[key, of_items(element_type.clone(), items)]).map(Some),
                None => Ok(Some(group_value(&group_type, key, items))),
            }
        }))
    }))
}

/// `Join` and `GroupJoin`: the inner sequence is read whole at the first item, the outer one as it goes.
pub fn join(a: &mut Args<'_, '_>, grouped: bool) -> Outcome {
    let (outer, inner) = (source(a, 0, "outer")?, source(a, 1, "inner")?);
    let (outer_key, inner_key) = (source(a, 2, "outerKeySelector")?, source(a, 3, "innerKeySelector")?);
    let (result, comparer) = (source(a, 4, "resultSelector")?, a.value(5));
    let inner_type = a.ty(1);
    Ok(lazy(a.ty(3), move |run| {
        let mut cursor = run.cursor(&outer)?;
        let (inner, inner_key, outer_key) = (inner.clone(), inner_key.clone(), outer_key.clone());
        let (result, comparer, inner_type) = (result.clone(), comparer.clone(), inner_type.clone());
        let mut groups: Option<Groups> = None;
        let mut pending = Vec::new().into_iter();
        let mut current = Value::Null;
        Ok(Box::new(move |run: &mut Run<'_>| {
            loop {
                if let Some(other) = pending.next() {
                    return run.invoke(&result, &[current.clone(), other]).map(Some);
                }
                let Some(item) = cursor.next(run)? else { return Ok(None) };
                run.step()?;
                let groups = match &mut groups {
                    Some(groups) => groups,
                    None => groups.insert(Groups::of(run, &inner, &inner_key, None, &comparer)?),
                };
                let key = run.invoke(&outer_key, std::slice::from_ref(&item))?;
                let found = if key.is_null() { Vec::new() } else { groups.items(run, &key)?.to_vec() };
                if grouped {
                    return run.invoke(&result, &[item, of_items(inner_type.clone(), found)]).map(Some);
                }
                current = item;
                pending = found.into_iter();
            }
        }))
    }))
}

/// `CountBy` and `AggregateBy`: one pair a key. `seed`: a value, or a function of the key.
pub fn fold_by(a: &mut Args<'_, '_>, fold: Option<(usize, usize)>, comparer: usize, seed_is_function: bool) -> Outcome {
    let source = source(a, 0, "source")?;
    let key = self::source(a, 1, "keySelector")?;
    let fold = match fold {
        Some((seed, work)) => Some((a.value(seed), self::source(a, work, "func")?)),
        None => None,
    };
    let comparer = a.value(comparer);
    let value_type = if fold.is_some() { a.ty(2) } else { Type::int() };
    let pair_type = Type::generic(known::KEY_VALUE, vec![a.ty(1), value_type]);
    Ok(whole(pair_type.clone(), move |run| {
        let mut groups = Groups::new(comparer.clone());
        let mut totals: Vec<Value> = Vec::new();
        let mut cursor = run.cursor(&source)?;
        while let Some(item) = cursor.next(run)? {
            run.step()?;
            let key = run.invoke(&key, std::slice::from_ref(&item))?;
            let at = groups.place(run, key.clone())?;
            if at == totals.len() {
                totals.push(match &fold {
                    Some((seed, _)) if seed_is_function => run.invoke(seed, &[key])?,
                    Some((seed, _)) => seed.clone(),
                    None => Value::Int32(0),
                });
            }
            let total = totals.get(at).cloned().unwrap_or_default();
            let next = match &fold {
                Some((_, work)) => run.invoke(work, &[total, item])?,
                None => Value::Int32(crate::run::ops::to_i128(&total) as i32 + 1),
            };
            if let Some(place) = totals.get_mut(at) {
                *place = next;
            }
        }
        let pairs = groups.groups.into_iter().zip(totals);
        Ok(pairs.map(|((key, _), total)| crate::library::dictionary::pair(pair_type.clone(), key, total)).collect())
    }))
}

/// `ToDictionary` with selectors.
pub fn to_dictionary(a: &mut Args<'_, '_>, element: Option<usize>, comparer: Option<usize>) -> Outcome {
    let source = source(a, 0, "source")?;
    let key = self::source(a, 1, "keySelector")?;
    let element = element.map(|at| self::source(a, at, "elementSelector")).transpose()?;
    let comparer = comparer.map(|at| a.value(at)).unwrap_or_default();
    let value_type = if element.is_some() { a.ty(2) } else { a.ty(0) };
    let dictionary = Dictionary::new(a.ty(1), value_type, comparer);
    let mut cursor = a.run.cursor(&source)?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        let key = a.run.invoke(&key, std::slice::from_ref(&item))?;
        let value = match &element {
            Some(element) => a.run.invoke(element, &[item])?,
            None => item,
        };
        dictionary.add_new(a.run, key, value)?;
    }
    Ok(Value::object(dictionary))
}

/// `ToDictionary` of pairs or of tuples of two.
pub fn pairs_to_dictionary(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let dictionary = Dictionary::new(a.ty(0), a.ty(1), a.value(1));
    let mut cursor = a.run.cursor(&source)?;
    while let Some(item) = cursor.next(a.run)? {
        a.run.step()?;
        let (key, value) = match downcast::<crate::library::dictionary::Pair>(&item) {
            Some(pair) => (pair.key.clone(), pair.value.clone()),
            None => (tuple::item(&item, 0).unwrap_or_default(), tuple::item(&item, 1).unwrap_or_default()),
        };
        dictionary.add_new(a.run, key, value)?;
    }
    Ok(Value::object(dictionary))
}

pub fn to_lookup(a: &mut Args<'_, '_>, element: Option<usize>, comparer: Option<usize>) -> Outcome {
    let source = source(a, 0, "source")?;
    let key = self::source(a, 1, "keySelector")?;
    let element_type = if element.is_some() { a.ty(2) } else { a.ty(0) };
    let element = element.map(|at| self::source(a, at, "elementSelector")).transpose()?;
    let comparer = comparer.map(|at| a.value(at)).unwrap_or_default();
    let made = Groups::of(a.run, &source, &key, element.as_ref(), &comparer)?;
    let args = vec![a.ty(1), element_type];
    let group_type = Type::generic(known::GROUPING, args.clone());
    let id = registry().full("System.Linq.ILookup", 2).unwrap_or(known::OBJECT);
    let groups = made.groups.into_iter().map(|(key, items)| group_value(&group_type, key, items)).collect();
    Ok(Value::object(Lookup { ty: Type::generic(id, args), groups, index: made.index }))
}

/// The items of a lookup's key.
pub fn lookup_items(a: &mut Args<'_, '_>) -> Result<Option<Vec<Value>>, Thrown> {
    let (target, key) = (a.value(0), a.value(1));
    let Some(lookup) = downcast::<Lookup>(&target) else { return Err(Thrown::null_reference()) };
    let group = |at: usize| lookup.groups.get(at).and_then(downcast::<Group>);
    let (found, _) = lookup.index.find(a.run, &key, |at| group(at).map(|group| &group.key))?;
    Ok(found.and_then(group).map(|group| group.items.clone()))
}
