//! Tuples, anonymous objects and `System.Tuple`.

use super::TypeTable;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{TupleType, Type};
use crate::value::{Object, Value, downcast};
use smol_str::SmolStr;
use std::any::Any;
use std::cmp::Ordering;

/// A value tuple, a `System.Tuple` or an anonymous object: items that do not change.
pub struct TupleObject {
    ty: Type,
    items: Vec<Value>,
}

impl TupleObject {
    pub fn new(ty: Type, items: Vec<Value>) -> TupleObject {
        TupleObject { ty, items }
    }

    pub fn items(&self) -> &[Value] {
        &self.items
    }

    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// The items, those of the tuple in `Rest` one by one.
    fn flat(&self) -> Vec<Value> {
        let rest = self.items.get(TupleType::FIRST).filter(|_| matches!(self.ty, Type::Named(..)));
        let mut items = self.items.clone();
        if let Some(rest) = rest.and_then(downcast::<TupleObject>) {
            items.pop();
            items.extend(rest.flat());
        }
        items
    }

    /// Names and values as .NET's fields and properties have them.
    pub fn members(&self) -> Vec<(SmolStr, Value)> {
        if let Type::Anonymous(members) = &self.ty {
            return members.iter().map(|(name, _)| name.clone()).zip(self.items.iter().cloned()).collect();
        }
        let numbered = (1..=TupleType::FIRST).map(|at| smol_str::format_smolstr!("Item{at}"));
        let mut members: Vec<_> = numbered.zip(self.items.iter().cloned()).collect();
        let rest = match &self.ty {
            Type::Tuple(tuple) => tuple.rest().map(|ty| {
                let items = self.items.iter().skip(TupleType::FIRST).cloned().collect();
                Value::object(TupleObject::new(ty, items))
            }),
            _ => self.items.get(TupleType::FIRST).cloned(),
        };
        members.extend(rest.map(|rest| ("Rest".into(), rest)));
        members
    }
}

pub fn item(tuple: &Value, index: usize) -> Option<Value> {
    downcast::<TupleObject>(tuple)?.items.get(index).cloned()
}

/// A copy with one item replaced.
pub fn with_item(tuple: &Value, index: usize, value: Value) -> Option<Value> {
    let tuple = downcast::<TupleObject>(tuple)?;
    let mut items = tuple.items.clone();
    *items.get_mut(index)? = value;
    Some(Value::object(TupleObject::new(tuple.ty.clone(), items)))
}

impl Object for TupleObject {
    fn type_of(&self) -> Type {
        self.ty.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, run: &mut Run<'_>) -> Result<String, Thrown> {
        let mut texts = Vec::new();
        for item in &self.flat() {
            texts.push(run.print_str(item)?.as_str().to_owned());
        }
        Ok(match &self.ty {
            Type::Anonymous(members) if members.is_empty() => "{ }".to_owned(),
            Type::Anonymous(members) => {
                let parts: Vec<String> =
                    members.iter().zip(&texts).map(|((name, _), text)| format!("{name} = {text}")).collect();
                format!("{{ {} }}", parts.join(", "))
            }
            _ => format!("({})", texts.join(", ")),
        })
    }

    fn equals(&self, other: &Value, run: &mut Run<'_>) -> Result<bool, Thrown> {
        let Some(other) = downcast::<TupleObject>(other) else { return Ok(false) };
        if self.ty != other.ty || self.items.len() != other.items.len() {
            return Ok(false);
        }
        for (a, b) in self.items.iter().zip(&other.items) {
            if !run.equals(a, b)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        let mut all = 17u64;
        for item in &self.items {
            all = all.wrapping_mul(31).wrapping_add(run.hash(item)?);
        }
        Ok(Some(all))
    }

    fn compare(&self, other: &Value, run: &mut Run<'_>) -> Result<Option<Ordering>, Thrown> {
        if matches!(self.ty, Type::Anonymous(_)) {
            return Ok(None);
        }
        let Some(other) = downcast::<TupleObject>(other) else { return Ok(None) };
        for (a, b) in self.items.iter().zip(&other.items) {
            let order = run.compare(a, b)?;
            if order != Ordering::Equal {
                return Ok(Some(order));
            }
        }
        Ok(Some(Ordering::Equal))
    }
}

fn make(a: &mut Args<'_, '_>) -> Outcome {
    let Some(id) = crate::types::registry().full("System.Tuple", a.types.len()) else { return Ok(Value::Null) };
    let ty = Type::generic(id, a.types.to_vec());
    Ok(Value::object(TupleObject::new(ty, a.args.to_vec())))
}

/// `new Tuple<…>(…, rest)`.
fn make_nested(a: &mut Args<'_, '_>) -> Outcome {
    let is_tuple =
        downcast::<TupleObject>(a.get(TupleType::FIRST)).is_some_and(|rest| matches!(rest.ty, Type::Named(..)));
    if !is_tuple {
        return Err(Thrown::argument("The last element of an eight element tuple must be a Tuple."));
    }
    make(a)
}

/// `Tuple.Create` of eight: the last stands alone in `Rest`.
fn make_eight(a: &mut Args<'_, '_>) -> Outcome {
    let single = |types: &[Type]| {
        crate::types::registry().full("System.Tuple", types.len()).map(|id| Type::generic(id, types.to_vec()))
    };
    let mut types = a.types.to_vec();
    let mut items = a.args.to_vec();
    let last: Vec<Type> = types.drain(TupleType::FIRST.min(types.len())..).collect();
    let rest: Vec<Value> = items.drain(TupleType::FIRST.min(items.len())..).collect();
    let Some(rest_type) = single(&last) else { return Ok(Value::Null) };
    items.push(Value::object(TupleObject::new(rest_type.clone(), rest)));
    types.push(rest_type);
    let Some(ty) = single(&types) else { return Ok(Value::Null) };
    Ok(Value::object(TupleObject::new(ty, items)))
}

fn get<const AT: usize>(a: &mut Args<'_, '_>) -> Outcome {
    item(a.get(0), AT).ok_or_else(Thrown::null_reference)
}

fn value_tuple(a: &mut Args<'_, '_>) -> Outcome {
    let ty = Type::tuple(a.types.to_vec(), vec![None; a.types.len()]);
    Ok(Value::object(TupleObject::new(ty, a.args.to_vec())))
}

/// `Deconstruct` of a `System.Tuple`.
fn deconstruct(a: &mut Args<'_, '_>) -> Outcome {
    for at in 0..a.len() - 1 {
        let part = item(a.get(0), at).ok_or_else(Thrown::null_reference)?;
        a.set_out(at + 1, part);
    }
    Ok(Value::Null)
}

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "struct System.ValueTuple",
        members: &[
            ("static (A, B) Create<A, B>(A a, B b)", value_tuple),
            ("static (A, B, C) Create<A, B, C>(A a, B b, C c)", value_tuple),
            ("static (A, B, C, D) Create<A, B, C, D>(A a, B b, C c, D d)", value_tuple),
            ("static (A, B, C, D, E) Create<A, B, C, D, E>(A a, B b, C c, D d, E e)", value_tuple),
            ("static (A, B, C, D, E, F) Create<A, B, C, D, E, F>(A a, B b, C c, D d, E e, F f)", value_tuple),
            (
                "static (A, B, C, D, E, F, G) Create<A, B, C, D, E, F, G>(A a, B b, C c, D d, E e, F f, G g)",
                value_tuple,
            ),
            (
                "static (A, B, C, D, E, F, G, H) Create<A, B, C, D, E, F, G, H>(A a, B b, C c, D d, E e, F f, G g, H h)",
                value_tuple,
            ),
            ("int CompareTo(object other)", super::object::compare_to),
        ],
    },
    TypeTable {
        decl: "static class System.Tuple",
        members: &[
            ("static Tuple<A> Create<A>(A item1)", make),
            ("static Tuple<A, B> Create<A, B>(A item1, B item2)", make),
            ("static Tuple<A, B, C> Create<A, B, C>(A item1, B item2, C item3)", make),
            ("static Tuple<A, B, C, D> Create<A, B, C, D>(A item1, B item2, C item3, D item4)", make),
            ("static Tuple<A, B, C, D, E> Create<A, B, C, D, E>(A item1, B item2, C item3, D item4, E item5)", make),
            (
                "static Tuple<A, B, C, D, E, F> Create<A, B, C, D, E, F>(A item1, B item2, C item3, D item4, E item5, F item6)",
                make,
            ),
            (
                "static Tuple<A, B, C, D, E, F, G> Create<A, B, C, D, E, F, G>(A item1, B item2, C item3, D item4, E item5, F item6, G item7)",
                make,
            ),
            (
                "static Tuple<A, B, C, D, E, F, G, Tuple<H>> Create<A, B, C, D, E, F, G, H>(A item1, B item2, C item3, D item4, E item5, F item6, G item7, H item8)",
                make_eight,
            ),
        ],
    },
    TypeTable { decl: "class System.Tuple<A>", members: &[("new(A item1)", make), ("A Item1", get::<0>)] },
    TypeTable {
        decl: "class System.Tuple<A, B>",
        members: &[("new(A item1, B item2)", make), ("A Item1", get::<0>), ("B Item2", get::<1>)],
    },
    TypeTable {
        decl: "class System.Tuple<A, B, C>",
        members: &[
            ("new(A item1, B item2, C item3)", make),
            ("A Item1", get::<0>),
            ("B Item2", get::<1>),
            ("C Item3", get::<2>),
        ],
    },
    TypeTable {
        decl: "class System.Tuple<A, B, C, D>",
        members: &[
            ("new(A item1, B item2, C item3, D item4)", make),
            ("A Item1", get::<0>),
            ("B Item2", get::<1>),
            ("C Item3", get::<2>),
            ("D Item4", get::<3>),
        ],
    },
    TypeTable {
        decl: "class System.Tuple<A, B, C, D, E, F>",
        members: &[
            ("new(A item1, B item2, C item3, D item4, E item5, F item6)", make),
            ("A Item1", get::<0>),
            ("B Item2", get::<1>),
            ("C Item3", get::<2>),
            ("D Item4", get::<3>),
            ("E Item5", get::<4>),
            ("F Item6", get::<5>),
        ],
    },
    TypeTable {
        decl: "class System.Tuple<A, B, C, D, E, F, G>",
        members: &[
            ("new(A item1, B item2, C item3, D item4, E item5, F item6, G item7)", make),
            ("A Item1", get::<0>),
            ("B Item2", get::<1>),
            ("C Item3", get::<2>),
            ("D Item4", get::<3>),
            ("E Item5", get::<4>),
            ("F Item6", get::<5>),
            ("G Item7", get::<6>),
        ],
    },
    TypeTable {
        decl: "class System.Tuple<A, B, C, D, E, F, G, H>",
        members: &[
            ("new(A item1, B item2, C item3, D item4, E item5, F item6, G item7, H rest)", make_nested),
            ("A Item1", get::<0>),
            ("B Item2", get::<1>),
            ("C Item3", get::<2>),
            ("D Item4", get::<3>),
            ("E Item5", get::<4>),
            ("F Item6", get::<5>),
            ("G Item7", get::<6>),
            ("H Rest", get::<7>),
        ],
    },
    TypeTable {
        decl: "static class System.TupleExtensions",
        members: &[
            ("static void Deconstruct<A, B>(this Tuple<A, B> value, out A item1, out B item2)", deconstruct),
            (
                "static void Deconstruct<A, B, C>(this Tuple<A, B, C> value, out A item1, out B item2, out C item3)",
                deconstruct,
            ),
            ("static (A, B) ToValueTuple<A, B>(this Tuple<A, B> value)", |a| {
                let items = a.object::<TupleObject>(0)?.items.clone();
                let ty = Type::tuple(a.types.to_vec(), vec![None; items.len()]);
                Ok(Value::object(TupleObject::new(ty, items)))
            }),
        ],
    },
    TypeTable {
        decl: "class System.Tuple<A, B, C, D, E>",
        members: &[
            ("new(A item1, B item2, C item3, D item4, E item5)", make),
            ("A Item1", get::<0>),
            ("B Item2", get::<1>),
            ("C Item3", get::<2>),
            ("D Item4", get::<3>),
            ("E Item5", get::<4>),
        ],
    },
];
