//! Local functions: their signatures, their calls, and one instance a list of type arguments.
//!
//! A generic function is bound once for every list of type arguments it is called with; bodies are
//! checked with those types.

use super::arguments::{Argument, ArgumentValue};
use super::member::{Group, delegate_signature};
use super::scope::{Binding, Local, Returns};
use super::{Bound, Check, Checker, Reported, Typed};
use crate::program::Const;
use crate::program::node::{Node, Stmt};
use crate::syntax::ast::{self, Body, Expr, ExprKind, LocalFunction, Name, Passing};
use crate::types::{Param, Type, convert, known};
use smol_str::SmolStr;
use std::sync::Arc;
use tollgate_error::{Code, Span};

/// Instances of generic local functions in one expression: a function that calls itself with ever
/// longer types has no end.
const INSTANCES_MAX: usize = 200;

/// A generic function bound for some type arguments.
pub struct Instance<'t> {
    function: &'t LocalFunction,
    /// The local that names the function itself.
    base: usize,
    types: Vec<Type>,
    local: usize,
    is_bound: bool,
}

/// Type parameters stand as [`Type::Param`] in the order of their declaration.
struct Signature {
    params: Vec<Param>,
    result: Type,
}

/// How arguments fit a signature.
struct Fit {
    types: Vec<Type>,
    params: Vec<Param>,
    mapping: Vec<Vec<usize>>,
    expanded: bool,
    result: Type,
}

impl<'t> Checker<'t> {
    /// Makes the names of a block's local functions known before its statements.
    pub(super) fn declare_functions(&mut self, statements: &'t [ast::Stmt]) -> Vec<(&'t LocalFunction, usize)> {
        let mut found = Vec::new();
        for statement in statements {
            if let ast::StmtKind::LocalFunction(function) = &statement.kind {
                let local = self.declare(&function.name, Type::object());
                if let Some(scope) = self.scopes.last_mut()
                    && let Some(entry) = scope.names.last_mut()
                {
                    entry.1 = Binding::Function(function, local);
                }
                if let Some(local) = self.locals.get_mut(local) {
                    // Functions may call one another before they are made.
                    local.captured = true;
                }
                found.push((&**function, local));
            }
        }
        found
    }

    /// The statement that makes a local function; a generic one is made by its instances.
    pub(super) fn local_function(&mut self, function: &'t LocalFunction, local: usize) -> Check<Stmt> {
        self.refuse_bad_params(function)?;
        if function.type_params.is_empty() { self.bind_function(function, local, &[]) } else { Ok(Stmt::Empty) }
    }

    /// The instances that calls asked for of the functions of a block. Binding one may ask for more.
    pub(super) fn bind_instances(&mut self, functions: &[usize]) -> Vec<Stmt> {
        let mut made = Vec::new();
        while let Some(instance) =
            self.function_instances.iter_mut().find(|instance| !instance.is_bound && functions.contains(&instance.base))
        {
            instance.is_bound = true;
            let (function, local, types) = (instance.function, instance.local, instance.types.clone());
            if let Ok(stmt) = self.bind_function(function, local, &types) {
                made.push(stmt);
            }
        }
        made
    }

    fn refuse_bad_params(&mut self, function: &'t LocalFunction) -> Check<()> {
        let mut optional = false;
        for (at, param) in function.params.iter().enumerate() {
            let is_last = at + 1 == function.params.len();
            if param.is_params && !(is_last && matches!(param.ty.kind, ast::TypeKind::Array(_, 1))) {
                let message = "`params` stands before the last parameter only, which must be an array";
                return self.report(Code::EXPRESSION_CHECK, param.name.span, message);
            }
            if optional && param.default.is_none() && !param.is_params {
                let message = "optional parameters must appear after all required parameters";
                return self.report(Code::EXPRESSION_CHECK, param.name.span, message);
            }
            optional |= param.default.is_some();
        }
        Ok(())
    }

    fn bind_function(&mut self, function: &'t LocalFunction, local: usize, types: &[Type]) -> Check<Stmt> {
        let type_names: Vec<(SmolStr, Type)> =
            function.type_params.iter().map(|name| name.text.clone()).zip(types.iter().cloned()).collect();
        let signature = self.signature(function, &type_names)?;
        let is_void = matches!(signature.result, Type::Void);
        let returns = if is_void { Returns::Void } else { Returns::Type(signature.result) };
        self.enter_function(&function.name.text, returns);
        if let Some(scope) = self.scopes.last_mut() {
            scope.types = type_names;
        }
        let outer = std::mem::replace(&mut self.overflow, super::Overflow::Default);
        let mut slots = Vec::new();
        for (param, typed) in function.params.iter().zip(signature.params) {
            let index = self.declare(&param.name, typed.ty);
            if param.passing == Passing::In
                && let Some(local) = self.locals.get_mut(index)
            {
                local.read_only = Some("`in` parameter");
            }
            if param.passing == Passing::Out {
                let slot = self.slot_of(index);
                self.function()?.outs.push(slot);
            }
            slots.push(index);
        }
        self.function()?.params = slots;
        let body = match &function.body {
            Body::Expr(value) => self.expression_body(value),
            Body::Block(block) => self.block(block, Vec::new()),
        };
        self.overflow = outer;
        let bound = self.leave_function(body, function.params.len() as u32);
        let slot = self.slot_of(local);
        let node = Node::Lambda(Arc::new(bound), Type::of(known::DELEGATE));
        Ok(Stmt::Expr(Node::SetLocal(slot, Box::new(node))))
    }

    fn signature(&mut self, function: &'t LocalFunction, type_names: &[(SmolStr, Type)]) -> Check<Signature> {
        self.enter_scope();
        if let Some(scope) = self.scopes.last_mut() {
            scope.types = type_names.to_vec();
        }
        let signature = self.signature_inside(function);
        self.leave_scope();
        signature
    }

    fn signature_inside(&mut self, function: &'t LocalFunction) -> Check<Signature> {
        let result = self.resolve(&function.result);
        let mut params = Vec::new();
        for param in &function.params {
            let ty = self.resolve(&param.ty)?;
            let default = param.default.as_ref().map(|value| self.default_value(value, &ty)).transpose()?;
            params.push(Param {
                name: param.name.text.clone(),
                ty,
                passing: param.passing,
                is_params: param.is_params,
                default,
            });
        }
        Ok(Signature { params, result: result? })
    }

    /// The default value of a parameter; null stands for the default of its type.
    fn default_value(&mut self, value: &'t Expr, ty: &Type) -> Check<Const> {
        if let ExprKind::Default(_) = value.kind {
            return Ok(Const::Null);
        }
        let typed = self.value_as(value, ty)?;
        let is_null = matches!(value.kind, ExprKind::Literal(ast::Literal::Null));
        match typed.constant {
            Some(constant) => Ok(constant),
            None if is_null => Ok(Const::Null),
            None => {
                self.report(Code::EXPRESSION_CHECK, value.span, "the default value of a parameter must be constant")
            }
        }
    }

    pub(super) fn call_local(
        &mut self,
        function: &'t LocalFunction,
        index: usize,
        explicit: &[Type],
        arguments: Vec<Argument<'t>>,
        span: Span,
    ) -> Check<Typed> {
        let Some(fit) = self.fit_local(function, explicit, &arguments)? else {
            let message = format!("`{}` does not take {}", function.name.text, self.describe_arguments(&arguments));
            let params: Vec<String> = function.params.iter().map(|param| param.name.text.to_string()).collect();
            let hint = Some(format!("its parameters are ({})", params.join(", ")));
            return self.report_hint(Code::EXPRESSION_NO_OVERLOAD, span, message, hint);
        };
        let nodes = self.emit_arguments(&fit.params, &fit.mapping, fit.expanded, arguments)?;
        let index = self.instance_of(function, index, fit.types, span)?;
        let target = self.local_node(index, function.name.span);
        Ok(Typed { node: Node::Invoke(Box::new(target), nodes.into()), ty: fit.result, constant: None, span })
    }

    /// How the arguments fit the function, expanded `params` tried last.
    fn fit_local(
        &mut self,
        function: &'t LocalFunction,
        explicit: &[Type],
        arguments: &[Argument<'t>],
    ) -> Check<Option<Fit>> {
        let names = function.type_params.iter().enumerate();
        let names: Vec<(SmolStr, Type)> = names.map(|(at, name)| (name.text.clone(), Type::Param(at as u8))).collect();
        let signature = self.signature(function, &names)?;
        if !explicit.is_empty() && explicit.len() != names.len() {
            return Ok(None);
        }
        let normal = self.fit_signature(&signature, names.len(), explicit, arguments, false);
        Ok(match normal {
            Some(fit) => Some(fit),
            None if signature.params.last().is_some_and(|param| param.is_params) => {
                self.fit_signature(&signature, names.len(), explicit, arguments, true)
            }
            None => None,
        })
    }

    fn fit_signature(
        &mut self,
        signature: &Signature,
        count: usize,
        explicit: &[Type],
        arguments: &[Argument<'t>],
        expanded: bool,
    ) -> Option<Fit> {
        let mapping = self.map_arguments(&signature.params, arguments, expanded)?;
        let element = |param: &Param| match (&param.ty, expanded && param.is_params) {
            (Type::Array(element, _), true) => (**element).clone(),
            (ty, _) => ty.clone(),
        };
        let types = if count == 0 || !explicit.is_empty() {
            explicit.to_vec()
        } else {
            let mut pairs = Vec::new();
            for (param, taken) in signature.params.iter().zip(&mapping) {
                pairs.extend(taken.iter().filter_map(|index| Some((arguments.get(*index)?, element(param)))));
            }
            self.infer(0, count, None, &pairs)?
        };
        let params: Vec<Param> = signature
            .params
            .iter()
            .map(|param| Param {
                ty: if count == 0 { param.ty.clone() } else { param.ty.substitute(&types) },
                ..param.clone()
            })
            .collect();
        for (param, taken) in params.iter().zip(&mapping) {
            let ty = element(param);
            for index in taken {
                if !self.argument_fits(arguments.get(*index)?, param, &ty) {
                    return None;
                }
            }
        }
        let result = if count == 0 { signature.result.clone() } else { signature.result.substitute(&types) };
        Some(Fit { types, params, mapping, expanded, result })
    }

    /// The local that holds the function for these type arguments.
    fn instance_of(&mut self, function: &'t LocalFunction, base: usize, types: Vec<Type>, span: Span) -> Check<usize> {
        if types.is_empty() {
            return Ok(base);
        }
        let same = |instance: &&Instance<'t>| instance.base == base && instance.types == types;
        if let Some(found) = self.function_instances.iter().find(same) {
            return Ok(found.local);
        }
        if self.function_instances.len() >= INSTANCES_MAX {
            return self.report(Code::EXPRESSION_TOO_LARGE, span, "too many different uses of generic local functions");
        }
        let owner = self.locals.get(base).map_or(0, |local| local.function);
        let Some(scope) = self.functions.get_mut(owner) else { return Err(Reported) };
        let slot = scope.slots;
        scope.slots += 1;
        let local = Local {
            name: function.name.text.clone(),
            ty: Type::object(),
            slot,
            function: owner,
            captured: true,
            constant: None,
            read_only: None,
        };
        self.locals.push(local);
        let local = self.locals.len() - 1;
        let declares = |binding: &Binding<'t>| matches!(binding, Binding::Function(_, index) if *index == base);
        let mut scopes = self.scopes.iter_mut().rev();
        if let Some(scope) = scopes.find(|scope| scope.names.iter().any(|(_, binding)| declares(binding))) {
            scope.locals.push(local);
        }
        self.function_instances.push(Instance { function, base, types, local, is_bound: false });
        Ok(local)
    }

    /// The function of a group for a delegate's parameters: the local that holds it, and its result.
    pub(super) fn local_for(
        &mut self,
        group: &Group<'t>,
        function: &'t LocalFunction,
        index: usize,
        params: &[Type],
    ) -> Option<(usize, Type)> {
        let span = group.name.span;
        let typed =
            |ty: &Type| ArgumentValue::Typed(Typed { node: Node::Const(0), ty: ty.clone(), constant: None, span });
        let arguments: Vec<Argument<'t>> =
            params.iter().map(|ty| Argument { name: None, passing: Passing::Value, value: typed(ty), span }).collect();
        let (fit, _) = self.speculate(|c| c.fit_local(function, &group.arguments, &arguments));
        let fit = fit.ok().flatten().filter(|fit| !fit.expanded && fit.params.len() == params.len())?;
        let local = self.speculate(|c| c.instance_of(function, index, fit.types, span)).0.ok()?;
        Some((local, fit.result))
    }

    /// Whether a local function converts to the delegate type.
    pub(super) fn local_as(&mut self, group: &Group<'t>, ty: &Type) -> Option<Typed> {
        let (function, index) = group.local?;
        let (params, result) = delegate_signature(ty)?;
        let (local, found) = self.local_for(group, function, index, &params)?;
        let fits = if matches!(result, Type::Void) {
            matches!(found, Type::Void)
        } else {
            !matches!(found, Type::Void) && convert::is_subtype(&found, &result)
        };
        let span = group.name.span;
        fits.then(|| Typed { node: self.local_node(local, span), ty: ty.clone(), constant: None, span })
    }

    /// A type parameter of a generic function around this place.
    pub(super) fn type_parameter(&self, name: &Name) -> Option<Type> {
        let mut scopes = self.scopes.iter().rev();
        scopes.find_map(|scope| scope.types.iter().find(|(found, _)| *found == name.text)).map(|(_, ty)| ty.clone())
    }

    /// Bound as a group, a generic function takes its type arguments.
    pub(super) fn local_group(
        &mut self,
        function: &'t LocalFunction,
        index: usize,
        name: &'t Name,
        arguments: &'t [ast::TypeRef],
    ) -> Check<Bound<'t>> {
        let mut types = Vec::new();
        for argument in arguments {
            types.push(self.resolve(argument)?);
        }
        Ok(Bound::Group(Group { receiver: None, owner: None, name, arguments: types, local: Some((function, index)) }))
    }
}
