//! What a regular expression finds: `Match`, `Group`, `Capture` and their collections.

use crate::dotnet::data::regex::{Capture, Match, Regex, Replacement};
use crate::library::TypeTable;
use crate::library::array::Array;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::{Cursor, Object, Str, Value, downcast};
use std::any::Any;
use std::rc::Rc;

/// The text that is searched.
pub struct Subject {
    text: Str,
    pub units: Vec<u16>,
}

impl Subject {
    pub fn new(text: Str) -> Rc<Subject> {
        let units = text.units().to_vec();
        Rc::new(Subject { text, units })
    }
}

/// One match with all it needs to answer questions.
pub struct Found {
    regex: Rc<Regex>,
    subject: Rc<Subject>,
    matched: Match,
}

impl Found {
    pub fn new(regex: &Rc<Regex>, subject: &Rc<Subject>, matched: Match) -> Rc<Found> {
        Rc::new(Found { regex: Rc::clone(regex), subject: Rc::clone(subject), matched })
    }

    fn text(&self, capture: Capture) -> Str {
        self.subject.text.slice(capture.index, capture.length)
    }

    fn captures(&self, slot: usize) -> &[Capture] {
        self.matched.captures.get(slot).map_or(&[], Vec::as_slice)
    }
}

/// `Match`; none for one that failed.
pub struct MatchObject(pub Option<Rc<Found>>);

/// A group that is not the whole match.
struct GroupObject {
    found: Option<Rc<Found>>,
    slot: usize,
}

struct CaptureObject {
    found: Rc<Found>,
    capture: Capture,
}

struct GroupCollection(Option<Rc<Found>>);

struct CaptureCollection {
    found: Option<Rc<Found>>,
    slot: usize,
}

pub struct MatchCollection(pub Vec<Rc<Found>>);

impl MatchObject {
    pub fn value(regex: Rc<Regex>, subject: Rc<Subject>, matched: Option<Match>) -> Value {
        Value::object(MatchObject(matched.map(|matched| Found::new(&regex, &subject, matched))))
    }
}

/// The place of a match, group or capture; none where it failed.
fn place(value: &Value) -> Option<(&Rc<Found>, Capture)> {
    if let Some(capture) = downcast::<CaptureObject>(value) {
        return Some((&capture.found, capture.capture));
    }
    let (found, slot) = group_of(value)?;
    Some((found, found.matched.group(slot)?))
}

/// The match that a match or group belongs to, and which group it is.
fn group_of(value: &Value) -> Option<(&Rc<Found>, usize)> {
    if let Some(matched) = downcast::<MatchObject>(value) {
        return Some((matched.0.as_ref()?, 0));
    }
    let group = downcast::<GroupObject>(value)?;
    Some((group.found.as_ref()?, group.slot))
}

fn print(value: &Value) -> String {
    place(value).map_or_else(String::new, |(found, capture)| found.text(capture).as_str().to_owned())
}

macro_rules! captured {
    ($name:ident, $full:literal, |$this:ident| $copy:expr) => {
        impl Object for $name {
            fn type_of(&self) -> Type {
                Type::named(concat!("System.Text.RegularExpressions.", $full))
            }

            fn as_any(&self) -> &dyn Any {
                self
            }

            fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
                let $this = self;
                Ok(print(&Value::object($copy)))
            }
        }
    };
}

captured!(MatchObject, "Match", |this| MatchObject(this.0.clone()));
captured!(GroupObject, "Group", |this| GroupObject { found: this.found.clone(), slot: this.slot });
captured!(CaptureObject, "Capture", |this| CaptureObject { found: Rc::clone(&this.found), capture: this.capture });

/// A collection that is read by index.
trait Indexed: Object {
    fn len(&self) -> usize;

    fn get(&self, index: usize) -> Option<Value>;
}

impl Indexed for GroupCollection {
    fn len(&self) -> usize {
        self.0.as_ref().map_or(1, |found| found.regex.groups().len())
    }

    /// By position, which is not the group's number where numbers were given.
    fn get(&self, index: usize) -> Option<Value> {
        if index >= self.len() {
            return None;
        }
        Some(match index {
            0 => Value::object(MatchObject(self.0.clone())),
            slot => Value::object(GroupObject { found: self.0.clone(), slot }),
        })
    }
}

impl GroupCollection {
    fn slot(&self, key: &Value) -> Option<usize> {
        let found = self.0.as_ref();
        match key {
            Value::Str(name) => match found {
                Some(found) => found.regex.slot_of_name(name.as_str()),
                None => (name.as_str() == "0").then_some(0),
            },
            other => {
                let number = other.as_i32()?;
                match found {
                    Some(found) => found.regex.slot_of_number(number),
                    None => (number == 0).then_some(0),
                }
            }
        }
    }

    fn names(&self) -> Vec<Value> {
        match &self.0 {
            Some(found) => found.regex.groups().iter().map(|group| Value::string(group.name.as_str())).collect(),
            None => vec![Value::literal("0")],
        }
    }
}

impl Indexed for CaptureCollection {
    fn len(&self) -> usize {
        self.found.as_ref().map_or(0, |found| found.captures(self.slot).len())
    }

    fn get(&self, index: usize) -> Option<Value> {
        let found = self.found.as_ref()?;
        let capture = found.captures(self.slot).get(index).copied()?;
        if self.slot == 0 {
            return Some(Value::object(MatchObject(Some(Rc::clone(found)))));
        }
        Some(Value::object(CaptureObject { found: Rc::clone(found), capture }))
    }
}

impl Indexed for MatchCollection {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Option<Value> {
        self.0.get(index).map(|found| Value::object(MatchObject(Some(Rc::clone(found)))))
    }
}

macro_rules! collection {
    ($name:ident) => {
        impl Object for $name {
            fn type_of(&self) -> Type {
                Type::named(concat!("System.Text.RegularExpressions.", stringify!($name)))
            }

            fn as_any(&self) -> &dyn Any {
                self
            }

            fn enumerate(&self, this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
                Ok(Some(walk::<$name>(this)))
            }

            fn count(&self) -> Option<usize> {
                Some(Indexed::len(self))
            }
        }
    };
}

collection!(GroupCollection);
collection!(CaptureCollection);
collection!(MatchCollection);

fn walk<T: Indexed>(this: &Value) -> Cursor {
    let this = this.clone();
    let mut at = 0;
    Box::new(move |_: &mut Run<'_>| {
        at += 1;
        Ok(downcast::<T>(&this).and_then(|items| items.get(at - 1)))
    })
}

fn item<T: Indexed>(a: &mut Args<'_, '_>) -> Outcome {
    let index = usize::try_from(a.i32(1)).ok();
    index
        .and_then(|index| a.object::<T>(0).ok()?.get(index))
        .ok_or_else(|| Thrown::out_of_range("Specified argument was out of the range of valid values.", "i"))
}

fn count<T: Indexed>(a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Int32(a.object::<T>(0)?.len() as i32))
}

fn copy_to<T: Indexed>(a: &mut Args<'_, '_>) -> Outcome {
    let items = a.object::<T>(0)?;
    let target = a.object_arg::<Array>(1, "array")?;
    let at = usize::try_from(a.i32(2))
        .map_err(|_| Thrown::out_of_range("Specified argument was out of the range of valid values.", "arrayIndex"))?;
    if at + items.len() > target.len() {
        return Err(Thrown::argument(
            "Destination array is not long enough to copy all the items in the collection. Check array index and length.",
        ));
    }
    for index in 0..items.len() {
        target.put(at + index, items.get(index).unwrap_or_default());
    }
    Ok(Value::Null)
}

/// `Groups[number]`, `Groups[name]`: a group that the pattern lacks is one that failed.
fn group(a: &mut Args<'_, '_>) -> Outcome {
    let groups = a.object::<GroupCollection>(0)?;
    if let Value::Null = a.get(1) {
        return Err(Thrown::argument_null("groupname"));
    }
    let found = groups.slot(a.get(1)).and_then(|slot| groups.get(slot));
    Ok(found.unwrap_or_else(|| Value::object(GroupObject { found: None, slot: 0 })))
}

fn next_match(a: &mut Args<'_, '_>) -> Outcome {
    let Some(found) = a.object::<MatchObject>(0)?.0.clone() else { return Ok(a.value(0)) };
    let next = super::search(a.run, |steps| found.regex.next(&found.subject.units, &found.matched, steps))?;
    Ok(MatchObject::value(Rc::clone(&found.regex), Rc::clone(&found.subject), next))
}

fn result(a: &mut Args<'_, '_>) -> Outcome {
    let replacement = a.text(1, "replacement")?.clone();
    let Some(found) = a.object::<MatchObject>(0)?.0.clone() else {
        return Err(Thrown::not_supported("Result cannot be called on a failed Match."));
    };
    let mut out = Vec::new();
    Replacement::new(&found.regex, replacement.as_str()).expand(&found.subject.units, &found.matched, &mut out);
    a.run.charge(out.len() * 2)?;
    Ok(Value::Str(Str::from_units(&out)))
}

static CAPTURE: &[(&str, Native)] = &[
    ("int Index", |a| Ok(Value::Int32(place(a.get(0)).map_or(0, |(_, capture)| capture.index as i32)))),
    ("int Length", |a| Ok(Value::Int32(place(a.get(0)).map_or(0, |(_, capture)| capture.length as i32)))),
    ("string Value", value),
    ("string ToString()", value),
];

fn value(a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Str(place(a.get(0)).map_or_else(|| Str::literal(""), |(found, capture)| found.text(capture))))
}

static GROUP: &[(&str, Native)] = &[
    ("bool Success", |a| Ok(Value::Bool(place(a.get(0)).is_some()))),
    ("string Name", |a| {
        let name = group_of(a.get(0)).and_then(|(found, slot)| Some(found.regex.groups().get(slot)?.name.clone()));
        let none = if downcast::<MatchObject>(a.get(0)).is_some() { "0" } else { "" };
        Ok(Value::string(name.unwrap_or_else(|| none.to_owned())))
    }),
    ("CaptureCollection Captures", |a| {
        let group = group_of(a.get(0));
        let (found, slot) = (group.map(|(found, _)| Rc::clone(found)), group.map_or(0, |(_, slot)| slot));
        Ok(Value::object(CaptureCollection { found, slot }))
    }),
];

static GROUPS: &[(&str, Native)] = &[
    ("int Count", count::<GroupCollection>),
    ("Group this[int groupnum]", group),
    ("Group this[string groupname]", group),
    ("System.Collections.IEnumerator GetEnumerator()", crate::library::list::enumerator),
    ("IEnumerable<string> Keys", |a| Ok(Array::strings(a.object::<GroupCollection>(0)?.names()))),
    ("IEnumerable<Group> Values", |a| {
        let groups = a.object::<GroupCollection>(0)?;
        let items = (0..groups.len()).filter_map(|slot| groups.get(slot)).collect();
        Ok(Value::object(Array::new(Type::named("System.Text.RegularExpressions.Group"), items)))
    }),
    ("bool ContainsKey(string key)", |a| {
        a.text(1, "key")?;
        Ok(Value::Bool(a.object::<GroupCollection>(0)?.slot(a.get(1)).is_some()))
    }),
    ("bool TryGetValue(string key, out Group value)", |a| {
        a.text(1, "key")?;
        let groups = a.object::<GroupCollection>(0)?;
        let found = groups.slot(a.get(1)).and_then(|slot| groups.get(slot));
        let present = found.is_some();
        a.set_out(2, found.unwrap_or_default());
        Ok(Value::Bool(present))
    }),
    ("void CopyTo(Group[] array, int arrayIndex)", copy_to::<GroupCollection>),
    ("bool IsReadOnly", |_| Ok(Value::Bool(true))),
];

macro_rules! indexed {
    ($name:ident, $item:literal) => {
        TypeTable {
            decl: concat!(
                "class System.Text.RegularExpressions.",
                stringify!($name),
                " : IList<",
                $item,
                ">, IReadOnlyList<",
                $item,
                ">, System.Collections.IList"
            ),
            members: &[
                ("int Count", count::<$name>),
                (concat!($item, " this[int i]"), item::<$name>),
                ("System.Collections.IEnumerator GetEnumerator()", crate::library::list::enumerator),
                (concat!("void CopyTo(", $item, "[] array, int arrayIndex)"), copy_to::<$name>),
                ("bool IsReadOnly", |_| Ok(Value::Bool(true))),
            ],
        }
    };
}

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Text.RegularExpressions.Capture", members: CAPTURE },
    TypeTable { decl: "class System.Text.RegularExpressions.Group : Capture", members: GROUP },
    TypeTable {
        decl: "class System.Text.RegularExpressions.Match : Group",
        members: &[
            ("static Match Empty", |_| Ok(Value::object(MatchObject(None)))),
            ("GroupCollection Groups", |a| Ok(Value::object(GroupCollection(a.object::<MatchObject>(0)?.0.clone())))),
            ("Match NextMatch()", next_match),
            ("string Result(string replacement)", result),
        ],
    },
    TypeTable {
        decl: "class System.Text.RegularExpressions.GroupCollection : IList<Group>, IReadOnlyList<Group>, System.Collections.IList, IReadOnlyDictionary<string, Group>",
        members: GROUPS,
    },
    indexed!(CaptureCollection, "Capture"),
    indexed!(MatchCollection, "Match"),
];
