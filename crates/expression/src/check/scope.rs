//! Locals, scopes and functions.

use super::{Check, Checker};
use crate::program::Const;
use crate::program::node::{Function, Node, Stmt};
use crate::syntax::ast::{self, Name};
use crate::types::Type;
use smol_str::SmolStr;
use tollgate_error::{Code, Span};

pub struct Local {
    pub name: SmolStr,
    pub ty: Type,
    pub slot: u32,
    pub function: usize,
    /// A closure shares it.
    pub captured: bool,
    pub constant: Option<Const>,
    /// Loop and `using` variables.
    pub read_only: Option<&'static str>,
}

#[derive(Clone)]
pub enum Binding<'t> {
    Local(usize),
    /// A range variable of a query: a member of the hidden local.
    Carried(usize),
    Function(&'t ast::LocalFunction, usize),
}

#[derive(Default)]
pub struct Scope<'t> {
    pub names: Vec<(SmolStr, Binding<'t>)>,
    /// Type parameters of a generic local function.
    pub types: Vec<(SmolStr, Type)>,
    /// Names that blocks inside have declared: one of them cannot be declared here afterwards.
    pub inner: Vec<SmolStr>,
    pub locals: Vec<usize>,
}

/// What `return` does in a function.
#[derive(Clone)]
pub enum Returns {
    /// The program: converted to the type that is expected.
    Program(Type),
    Type(Type),
    Void,
    /// A lambda whose result is being inferred: the types and constants met so far.
    Infer(Vec<(Type, Option<Const>)>, bool),
}

pub struct FunctionScope<'t> {
    pub name: String,
    pub slots: u32,
    /// Local, slot outside, slot inside.
    pub captures: Vec<(usize, u32, u32)>,
    pub returns: Returns,
    /// Loops and switches around the statement that is checked.
    pub loops: u32,
    pub switches: u32,
    pub handlers: u32,
    /// Finally blocks around it: control cannot leave them.
    pub finallys: u32,
    /// Tells bindings of one lambda with different types apart.
    pub instance: usize,
    pub params: Vec<usize>,
    /// Slots of `out` parameters.
    pub outs: Vec<u32>,
    /// The switches around the statement that is checked, for `goto case`.
    pub cases: Vec<(Type, &'t [ast::Section])>,
}

impl<'t> Checker<'t> {
    pub(super) fn enter_function(&mut self, name: &str, returns: Returns) {
        self.instances += 1;
        self.functions.push(FunctionScope {
            name: name.to_owned(),
            slots: 0,
            captures: Vec::new(),
            returns,
            loops: 0,
            switches: 0,
            handlers: 0,
            finallys: 0,
            instance: self.instances,
            params: Vec::new(),
            outs: Vec::new(),
            cases: Vec::new(),
        });
        self.enter_scope();
    }

    pub(super) fn leave_function(&mut self, body: Stmt, params: u32) -> Function {
        self.leave_scope();
        let Some(scope) = self.functions.pop() else {
            return Function {
                name: String::new(),
                params,
                slots: 0,
                captures: Vec::new(),
                shared_params: Vec::new(),
                returns: false,
                outs: Vec::new(),
                body,
            };
        };
        let shared = |local: &&usize| self.locals.get(**local).is_some_and(|local| local.captured);
        let slot = |local: &usize| self.locals.get(*local).map_or(0, |local| local.slot);
        Function {
            params,
            slots: scope.slots,
            captures: scope.captures.iter().map(|(_, outer, inner)| (*outer, *inner)).collect(),
            shared_params: scope.params.iter().filter(shared).map(slot).collect(),
            returns: matches!(scope.returns, Returns::Type(_)),
            outs: scope.outs,
            name: scope.name,
            body,
        }
    }

    pub(super) fn enter_scope(&mut self) {
        self.scopes.push(Scope::default());
    }

    /// The slots of the scope's locals that closures share.
    pub(super) fn leave_scope(&mut self) -> Vec<u32> {
        let scope = self.scopes.pop().unwrap_or_default();
        if let Some(outer) = self.scopes.last_mut() {
            outer.inner.extend(scope.names.iter().map(|(name, _)| name.clone()).filter(|name| !name.starts_with('<')));
            outer.inner.extend(scope.inner);
        }
        let shared = scope.locals.iter().filter_map(|local| self.locals.get(*local)).filter(|local| local.captured);
        shared.map(|local| local.slot).collect()
    }

    pub(super) fn new_slot(&mut self) -> u32 {
        match self.functions.last_mut() {
            Some(function) => {
                function.slots += 1;
                function.slots - 1
            }
            None => 0,
        }
    }

    /// A local that only the checker knows.
    pub(super) fn temporary(&mut self) -> u32 {
        self.new_slot()
    }

    /// Adds a local to the innermost scope; C# allows no second one of that name in the function
    /// around it.
    pub(super) fn declare(&mut self, name: &Name, ty: Type) -> usize {
        if name.text != "_" || !ty.is_error() {
            self.refuse_duplicate(name);
        }
        let slot = self.new_slot();
        let function = self.functions.len().saturating_sub(1);
        let local =
            Local { name: name.text.clone(), ty, slot, function, captured: false, constant: None, read_only: None };
        self.locals.push(local);
        let index = self.locals.len() - 1;
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.push((name.text.clone(), Binding::Local(index)));
            scope.locals.push(index);
        }
        index
    }

    /// A local without a name.
    pub(super) fn hidden(&mut self, ty: Type) -> usize {
        let slot = self.new_slot();
        let function = self.functions.len().saturating_sub(1);
        let name = SmolStr::default();
        self.locals.push(Local { name, ty, slot, function, captured: false, constant: None, read_only: None });
        self.locals.len() - 1
    }

    pub(super) fn refuse_duplicate(&mut self, name: &Name) {
        let taken = self.scopes.iter().any(|scope| scope.names.iter().any(|(found, _)| *found == name.text));
        if taken || name.text == "context" {
            let message = format!("a local variable named `{}` is already declared in this scope", name.text);
            let _ = self.report::<()>(Code::EXPRESSION_CHECK, name.span, message);
        } else if self.scopes.last().is_some_and(|scope| scope.inner.contains(&name.text)) {
            let message = format!("a block inside has already declared a local variable named `{}`", name.text);
            let _ = self.report::<()>(Code::EXPRESSION_CHECK, name.span, message);
        }
    }

    pub(super) fn find_name(&self, name: &str) -> Option<Binding<'t>> {
        let mut scopes = self.scopes.iter().rev();
        scopes.find_map(|scope| scope.names.iter().rev().find(|(found, _)| found == name)).map(|(_, b)| b.clone())
    }

    /// The slot of a local in the innermost function; shares it where that is another one's.
    pub(super) fn slot_of(&mut self, index: usize) -> u32 {
        let current = self.functions.len().saturating_sub(1);
        let Some(local) = self.locals.get_mut(index) else { return 0 };
        let (mut slot, owner) = (local.slot, local.function);
        if owner == current {
            return slot;
        }
        local.captured = true;
        for depth in owner + 1..=current {
            let Some(function) = self.functions.get_mut(depth) else { break };
            if let Some(found) = function.captures.iter().find(|capture| capture.0 == index) {
                slot = found.2;
                continue;
            }
            let inner = function.slots;
            function.slots += 1;
            function.captures.push((index, slot, inner));
            slot = inner;
        }
        slot
    }

    pub(super) fn local_node(&mut self, index: usize, span: Span) -> Node {
        Node::Local(self.slot_of(index), span)
    }

    pub(super) fn local_type(&self, index: usize) -> Type {
        self.locals.get(index).map_or(Type::Error, |local| local.ty.clone())
    }

    pub(super) fn function(&mut self) -> Check<&mut FunctionScope<'t>> {
        self.functions.last_mut().ok_or(super::Reported)
    }
}
