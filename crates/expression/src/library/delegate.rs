//! Delegates: `Func`, `Action` and their kin.

use super::TypeTable;
use crate::program::node::{Function, Target};
use crate::types::Type;
use crate::value::{Object, Value};
use std::any::Any;
use std::sync::Arc;

/// Something that can be called.
pub enum Delegate {
    /// A lambda or local function with the variables that it shares.
    Closure { function: Arc<Function>, cells: Vec<Value>, ty: Type },
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
}

/// `Invoke` of a delegate whose arguments follow it.
fn invoke(a: &mut crate::run::Args<'_, '_>) -> crate::run::Outcome {
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
