//! Delegates: `Func`, `Action` and their kin.

use super::TypeTable;
use crate::program::node::{Function, Target};
use crate::run::{Outcome, Run, Thrown, same_reference};
use crate::types::Type;
use crate::value::{Object, Value, downcast};
use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

/// Something that can be called.
pub enum Delegate {
    /// A lambda or local function with the variables that it shares and the constants of its program:
    /// a lazy sequence in a variable outlives the run that made it.
    Closure { function: Arc<Function>, cells: Vec<Value>, constants: Rc<[Value]>, ty: Type },
    /// A member of the library.
    Member { target: Target, receiver: Option<Value>, ty: Type },
    /// `a + b`.
    Many { all: Vec<Value>, ty: Type },
}

impl Object for Delegate {
    fn type_of(&self) -> Type {
        match self {
            Delegate::Closure { ty, .. } | Delegate::Member { ty, .. } | Delegate::Many { ty, .. } => ty.clone(),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    /// Delegates of one method on one object are equal.
    fn equals(&self, other: &Value, run: &mut Run<'_>) -> Result<bool, Thrown> {
        Ok(match (self, downcast::<Delegate>(other)) {
            (Delegate::Member { target, receiver, .. }, Some(Delegate::Member { target: t, receiver: r, .. })) => {
                std::ptr::fn_addr_eq(target.native, t.native)
                    && target.text == t.text
                    && match (receiver, r) {
                        (Some(a), Some(b)) => same_reference(a, b),
                        (None, None) => true,
                        _ => false,
                    }
            }
            (Delegate::Many { all, .. }, Some(Delegate::Many { all: others, .. })) => {
                if all.len() != others.len() {
                    return Ok(false);
                }
                for (a, b) in all.iter().zip(others) {
                    if !run.equals(a, b)? {
                        return Ok(false);
                    }
                }
                true
            }
            _ => false,
        })
    }

    fn hash(&self, _run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        Ok(match self {
            Delegate::Closure { .. } => None,
            Delegate::Member { target, .. } => Some(target.text.len() as u64),
            Delegate::Many { all, .. } => Some(all.len() as u64),
        })
    }
}

impl Run<'_> {
    /// `a + b` and `a - b`: the invocation lists joined; the last occurrence of `b`'s in `a`'s removed.
    pub fn combine_delegates(&mut self, remove: bool, left: &Value, right: &Value) -> Outcome {
        let (mut all, others) = (calls(left), calls(right));
        if remove {
            let starts = (0..(all.len() + 1).saturating_sub(others.len())).rev();
            for start in starts.filter(|_| !others.is_empty()) {
                let mut same = true;
                for (a, b) in all.iter().skip(start).zip(&others) {
                    same = same && self.equals(a, b)?;
                }
                if same {
                    all.drain(start..start + others.len());
                    break;
                }
            }
        } else {
            all.extend(others);
        }
        self.charge(all.len() * size_of::<Value>())?;
        let ty = left.runtime_type().or(right.runtime_type()).unwrap_or_else(Type::object);
        Ok(match (all.pop(), all.is_empty()) {
            (None, _) => Value::Null,
            (Some(only), true) => only,
            (Some(last), false) => {
                all.push(last);
                Value::object(Delegate::Many { all, ty })
            }
        })
    }
}

/// The invocation list of a delegate; empty for null.
fn calls(delegate: &Value) -> Vec<Value> {
    match downcast::<Delegate>(delegate) {
        Some(Delegate::Many { all, .. }) => all.clone(),
        Some(_) => vec![delegate.clone()],
        None => Vec::new(),
    }
}

/// `Invoke` of a delegate whose arguments follow it.
pub fn invoke(a: &mut crate::run::Args<'_, '_>) -> Outcome {
    let rest: Vec<Value> = a.args.iter().skip(1).cloned().collect();
    a.invoke(0, &rest)
}

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Delegate", members: &[] },
    TypeTable { decl: "delegate void System.Action()", members: &[("void Invoke()", invoke)] },
    TypeTable { decl: "delegate void System.Action<in A>(A a)", members: &[("void Invoke(A a)", invoke)] },
    TypeTable {
        decl: "delegate void System.Action<in A, in B>(A a, B b)",
        members: &[("void Invoke(A a, B b)", invoke)],
    },
    TypeTable {
        decl: "delegate void System.Action<in A, in B, in C>(A a, B b, C c)",
        members: &[("void Invoke(A a, B b, C c)", invoke)],
    },
    TypeTable {
        decl: "delegate void System.Action<in A, in B, in C, in D>(A a, B b, C c, D d)",
        members: &[("void Invoke(A a, B b, C c, D d)", invoke)],
    },
    TypeTable { decl: "delegate R System.Func<out R>()", members: &[("R Invoke()", invoke)] },
    TypeTable { decl: "delegate R System.Func<in A, out R>(A a)", members: &[("R Invoke(A a)", invoke)] },
    TypeTable {
        decl: "delegate R System.Func<in A, in B, out R>(A a, B b)",
        members: &[("R Invoke(A a, B b)", invoke)],
    },
    TypeTable {
        decl: "delegate R System.Func<in A, in B, in C, out R>(A a, B b, C c)",
        members: &[("R Invoke(A a, B b, C c)", invoke)],
    },
    TypeTable {
        decl: "delegate R System.Func<in A, in B, in C, in D, out R>(A a, B b, C c, D d)",
        members: &[("R Invoke(A a, B b, C c, D d)", invoke)],
    },
    TypeTable {
        decl: "delegate R System.Func<in A, in B, in C, in D, in E, out R>(A a, B b, C c, D d, E e)",
        members: &[("R Invoke(A a, B b, C c, D d, E e)", invoke)],
    },
    TypeTable { decl: "delegate bool System.Predicate<in T>(T obj)", members: &[("bool Invoke(T obj)", invoke)] },
    TypeTable { decl: "delegate int System.Comparison<in T>(T x, T y)", members: &[("int Invoke(T x, T y)", invoke)] },
    TypeTable { decl: "delegate R System.Converter<in T, out R>(T input)", members: &[("R Invoke(T input)", invoke)] },
];
