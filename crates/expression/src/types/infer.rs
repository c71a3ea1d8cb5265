//! Type inference of generic methods (C# specification, 12.6.3): bounds and fixing. The phases, in
//! which lambdas are bound, are the checker's.

use super::convert::{find_super, implicit};
use super::registry::{Variance, registry};
use super::{Type, convert, known};

#[derive(Clone, Default)]
struct Bounds {
    exact: Vec<Type>,
    lower: Vec<Type>,
    upper: Vec<Type>,
    fixed: Option<Type>,
}

/// The unknowns of one call: `Type::Param(first + i)`.
#[derive(Clone)]
pub struct Inference {
    first: usize,
    bounds: Vec<Bounds>,
}

impl Inference {
    pub fn new(first: usize, count: usize) -> Inference {
        Inference { first, bounds: vec![Bounds::default(); count] }
    }

    fn bounds_mut(&mut self, ty: &Type) -> Option<&mut Bounds> {
        match ty {
            Type::Param(index) => self.bounds.get_mut(usize::from(*index).checked_sub(self.first)?),
            _ => None,
        }
    }

    pub fn is_fixed(&self, index: usize) -> bool {
        self.bounds.get(index).is_some_and(|bounds| bounds.fixed.is_some())
    }

    pub fn has_bounds(&self, index: usize) -> bool {
        self.bounds.get(index).is_some_and(|b| !(b.exact.is_empty() && b.lower.is_empty() && b.upper.is_empty()))
    }

    pub fn count(&self) -> usize {
        self.bounds.len()
    }

    /// Unknowns that `ty` mentions and that are not fixed.
    pub fn open(&self, ty: &Type) -> Vec<usize> {
        let mut found = Vec::new();
        self.collect(ty, &mut found);
        found
    }

    fn collect(&self, ty: &Type, found: &mut Vec<usize>) {
        match ty {
            Type::Param(index) => {
                if let Some(at) = usize::from(*index).checked_sub(self.first)
                    && at < self.bounds.len()
                    && !self.is_fixed(at)
                    && !found.contains(&at)
                {
                    found.push(at);
                }
            }
            Type::Named(_, args) => args.iter().for_each(|arg| self.collect(arg, found)),
            Type::Array(element, _) => self.collect(element, found),
            Type::Tuple(tuple) => tuple.items.iter().for_each(|item| self.collect(item, found)),
            _ => {}
        }
    }

    /// `ty` with what is fixed put in.
    pub fn apply(&self, ty: &Type) -> Type {
        let mut args: Vec<Type> = (0..self.first).map(|at| Type::Param(at as u8)).collect();
        for (at, bounds) in self.bounds.iter().enumerate() {
            args.push(bounds.fixed.clone().unwrap_or(Type::Param((self.first + at) as u8)));
        }
        ty.substitute(&args)
    }

    /// All type arguments, when each is fixed.
    pub fn finish(&self) -> Option<Vec<Type>> {
        self.bounds.iter().map(|bounds| bounds.fixed.clone()).collect()
    }

    pub fn exact(&mut self, from: &Type, to: &Type) {
        if let Some(bounds) = self.bounds_mut(to) {
            if bounds.fixed.is_none() && !bounds.exact.contains(from) {
                bounds.exact.push(from.clone());
            }
            return;
        }
        match (from, to) {
            (Type::Array(a, ra), Type::Array(b, rb)) if ra == rb => self.exact(a, b),
            (Type::Tuple(a), Type::Tuple(b)) if a.items.len() == b.items.len() => {
                for (a, b) in a.items.iter().zip(&b.items) {
                    self.exact(a, b);
                }
            }
            (Type::Named(a, args_a), Type::Named(b, args_b)) if a == b => {
                for (a, b) in args_a.iter().zip(args_b.iter()) {
                    self.exact(a, b);
                }
            }
            _ => {}
        }
    }

    pub fn lower(&mut self, from: &Type, to: &Type) {
        if matches!(from, Type::Null | Type::Void | Type::Error) {
            return;
        }
        if let Some(bounds) = self.bounds_mut(to) {
            if bounds.fixed.is_none() && !bounds.lower.contains(from) {
                bounds.lower.push(from.clone());
            }
            return;
        }
        if let (Some(a), Some(b)) = (from.nullable_inner(), to.nullable_inner()) {
            return self.lower(a, b);
        }
        match (from, to) {
            (Type::Array(a, ra), Type::Array(b, rb)) if ra == rb => {
                if a.is_reference() {
                    self.lower(a, b)
                } else {
                    self.exact(a, b)
                }
            }
            (Type::Tuple(a), Type::Tuple(b)) if a.items.len() == b.items.len() => {
                for (a, b) in a.items.iter().zip(&b.items) {
                    self.lower(a, b);
                }
            }
            (Type::Array(element, 1), Type::Named(id, args)) if is_array_interface(*id) => {
                if let Some(item) = args.first() {
                    if element.is_reference() { self.lower(element, item) } else { self.exact(element, item) }
                }
            }
            (_, Type::Named(id, args)) if !args.is_empty() => {
                let Some(found) = unique_super(from, to) else { return };
                let params = &registry().def(*id).params;
                for ((a, b), (_, variance)) in found.args().iter().zip(args.iter()).zip(params) {
                    match variance {
                        Variance::Out if a.is_reference() => self.lower(a, b),
                        Variance::In if a.is_reference() => self.upper(a, b),
                        _ => self.exact(a, b),
                    }
                }
            }
            _ => {}
        }
    }

    pub fn upper(&mut self, from: &Type, to: &Type) {
        if let Some(bounds) = self.bounds_mut(to) {
            if bounds.fixed.is_none() && !bounds.upper.contains(from) {
                bounds.upper.push(from.clone());
            }
            return;
        }
        match (from, to) {
            (Type::Named(a, args_a), Type::Named(b, args_b)) if a == b => {
                let params = &registry().def(*a).params;
                for ((a, b), (_, variance)) in args_a.iter().zip(args_b.iter()).zip(params) {
                    match variance {
                        Variance::Out if a.is_reference() => self.upper(a, b),
                        Variance::In if a.is_reference() => self.lower(a, b),
                        _ => self.exact(a, b),
                    }
                }
            }
            _ => self.exact(from, to),
        }
    }

    /// Chooses the type of one unknown from its bounds.
    pub fn fix(&mut self, index: usize) -> bool {
        let Some(bounds) = self.bounds.get_mut(index) else { return false };
        if bounds.fixed.is_some() {
            return true;
        }
        let mut candidates: Vec<Type> = Vec::new();
        for ty in bounds.exact.iter().chain(&bounds.lower).chain(&bounds.upper) {
            if !candidates.contains(ty) {
                candidates.push(ty.clone());
            }
        }
        candidates.retain(|candidate| {
            bounds.exact.iter().all(|ty| ty == candidate || same_but_dynamic(ty, candidate))
                && bounds.lower.iter().all(|ty| implicit_for_bounds(ty, candidate))
                && bounds.upper.iter().all(|ty| implicit_for_bounds(candidate, ty))
        });
        // From among the remaining ones, the one to which all others convert (12.6.3.13).
        let best =
            candidates.iter().find(|candidate| candidates.iter().all(|other| implicit_for_bounds(other, candidate)));
        bounds.fixed = best.cloned();
        bounds.fixed.is_some()
    }
}

fn same_but_dynamic(a: &Type, b: &Type) -> bool {
    convert::is_subtype(a, b) && convert::is_subtype(b, a)
}

fn implicit_for_bounds(from: &Type, to: &Type) -> bool {
    implicit(from, to).is_some()
}

fn is_array_interface(id: super::DefId) -> bool {
    [known::ENUMERABLE, known::ILIST, known::ICOLLECTION, known::READ_ONLY_LIST, known::READ_ONLY_COLLECTION]
        .contains(&id)
}

/// The one instantiation of the target's definition that `from` has; none when there are several.
fn unique_super(from: &Type, to: &Type) -> Option<Type> {
    let id = to.def()?;
    let all: Vec<Type> = convert::all_supers(from).into_iter().filter(|ty| ty.is(id)).collect();
    match all.as_slice() {
        [one] => Some(one.clone()),
        [] => find_super(from, id),
        _ => None,
    }
}

/// The best common type of values (12.6.3.15), for arrays, conditionals and lambdas' results.
pub fn best_common(types: &[Type]) -> Option<Type> {
    let mut inference = Inference::new(0, 1);
    for ty in types {
        inference.lower(ty, &Type::Param(0));
    }
    inference.fix(0);
    inference.finish()?.pop()
}
