//! Lambdas, local functions, method groups, and what `return` returns.

use super::arguments::{Argument, ArgumentValue};
use super::member::{Group, delegate_signature};
use super::overload::Candidate;
use super::scope::{Binding, Returns};
use super::{Bound, Check, Checker, Reported, Typed};
use crate::program::Const;
use crate::program::node::{Convert, Function, Node, Stmt};
use crate::syntax::ast::{self, Body, ExprKind, Lambda, Passing, UnaryOp};
use crate::types::{Inference, MemberId, Type, best_common, convert, known, registry};
use std::sync::Arc;
use tollgate_error::{Code, Diagnostic, Span};

/// A lambda, the binding of the function around it, and its parameters' types.
pub type ShapeKey = (usize, usize, Vec<Type>);

/// What a lambda's body is with given parameter types.
#[derive(Clone)]
pub struct Shape {
    pub findings: Vec<Diagnostic>,
    pub returns: Vec<(Type, Option<Const>)>,
    /// The body may be a statement: it returns nothing, or is a call whose value is dropped.
    pub statement: bool,
    /// The end cannot be reached without `return` or `throw` as far as the tree shows.
    pub only_throws: bool,
}

impl<'t> Checker<'t> {
    fn bind_lambda(&mut self, lambda: &'t Lambda, params: &[Type], returns: Returns) -> (Function, Returns, bool) {
        self.bindings += 1;
        let outer = std::mem::replace(&mut self.overflow, super::Overflow::Default);
        let receivers = std::mem::take(&mut self.receivers);
        self.enter_function("lambda", returns);
        let mut slots = Vec::new();
        for (param, ty) in lambda.params.iter().zip(params) {
            let local = self.declare(&param.name, ty.clone());
            slots.push(local);
            for carried in &param.carries {
                if let Some(scope) = self.scopes.last_mut() {
                    scope.names.push((carried.text.clone(), Binding::Carried(local)));
                }
            }
        }
        if let Some(function) = self.functions.last_mut() {
            function.params = slots;
        }
        let mut statement = false;
        let body = match &lambda.body {
            Body::Expr(value) => {
                statement = is_statement_expression(value);
                self.expression_body(value)
            }
            Body::Block(block) => self.block(block, Vec::new()),
        };
        let returns = self.functions.last().map_or(Returns::Void, |function| function.returns.clone());
        if let (Body::Block(_), Returns::Infer(found, _)) = (&lambda.body, &returns) {
            statement = found.is_empty();
        }
        let function = self.leave_function(body, lambda.params.len() as u32);
        self.overflow = outer;
        self.receivers = receivers;
        (function, returns, statement)
    }

    /// The expression of `x => …`: returned, or evaluated where nothing is expected.
    pub(super) fn expression_body(&mut self, value: &'t ast::Expr) -> Stmt {
        let span = value.span;
        let returns = self.functions.last().map(|function| function.returns.clone());
        self.enter_scope();
        let body = match returns {
            Some(Returns::Void) => match self.bind(value) {
                Ok(Bound::Value(value)) => Stmt::Expr(value.node),
                Ok(Bound::Throw(node, _)) => Stmt::Expr(node),
                Ok(other) => {
                    let _ = self.value_of(other, span);
                    Stmt::Empty
                }
                Err(Reported) => Stmt::Empty,
            },
            _ => match self.return_value(value) {
                Ok(node) => Stmt::Return(Some(node), span),
                Err(Reported) => Stmt::Empty,
            },
        };
        let fresh = self.leave_scope();
        if fresh.is_empty() { body } else { Stmt::Block { fresh, body: vec![body], span } }
    }

    /// The value of `return`, converted to what the function returns.
    pub(super) fn return_value(&mut self, expr: &'t ast::Expr) -> Check<Node> {
        let returns = self.function()?.returns.clone();
        match returns {
            Returns::Type(ty) => Ok(self.value_as(expr, &ty)?.node),
            Returns::Void => self.report(
                Code::EXPRESSION_CHECK,
                expr.span,
                "the function returns nothing; `return` cannot have a value",
            ),
            Returns::Program(ty) => self.program_value(expr, &ty),
            Returns::Infer(..) => {
                let bound = self.bind(expr)?;
                if let Bound::Throw(node, _) = bound {
                    return Ok(node);
                }
                if let Bound::Value(value) = &bound
                    && matches!(value.ty, Type::Void)
                {
                    // `x => Call()` with nothing to return: an action.
                    let node = self.constant(Const::Null);
                    if let Some(function) = self.functions.last_mut()
                        && let Returns::Infer(found, _) = &mut function.returns
                    {
                        found.push((Type::Void, None));
                    }
                    return Ok(node);
                }
                let value = match bound {
                    // Bodies that have no type of their own fit by conversion only.
                    Bound::Lambda(..) | Bound::Default(_) | Bound::Group(_) | Bound::Tuple(..) => {
                        if let Some(function) = self.functions.last_mut()
                            && let Returns::Infer(_, untyped) = &mut function.returns
                        {
                            *untyped = true;
                        }
                        return Ok(self.constant(Const::Null));
                    }
                    other => self.value_of(other, expr.span)?,
                };
                if let Some(function) = self.functions.last_mut()
                    && let Returns::Infer(found, _) = &mut function.returns
                {
                    found.push((value.ty.clone(), value.constant.clone()));
                }
                Ok(value.node)
            }
        }
    }

    /// The result of the program. A string target takes anything that prints: an attribute of a
    /// policy is text in the end.
    fn program_value(&mut self, expr: &'t ast::Expr, ty: &Type) -> Check<Node> {
        let bound = self.bind(expr)?;
        let value = match bound {
            Bound::Value(value) if !matches!(value.ty, Type::Void) => value,
            Bound::Value(_) | Bound::Type(_) | Bound::Namespace(_) | Bound::Group(_) => {
                self.value_of(bound, expr.span)?;
                return Err(Reported);
            }
            Bound::Lambda(..) => {
                let message =
                    format!("cannot convert lambda expression to type `{ty}` because it is not a delegate type");
                return self.report(Code::EXPRESSION_TYPE_MISMATCH, expr.span, message);
            }
            other => return Ok(self.convert_bound(other, ty)?.node),
        };
        if self.implicit(&value, ty).is_none() && ty.is(known::STRING) && !value.ty.is_error() {
            let text = Typed {
                node: Node::Convert(Convert::Cast(Type::object()), Box::new(value.node)),
                ty: Type::object(),
                ..value
            };
            return Ok(Node::Dynamic(
                Box::new(text.node),
                "text".into(),
                Box::default(),
                crate::program::node::DynamicUse::Get,
            ));
        }
        Ok(self.convert(value, ty)?.node)
    }

    pub(super) fn shape(&mut self, lambda: &'t Lambda, params: &[Type]) -> Shape {
        let instance = self.functions.last().map_or(0, |function| function.instance);
        let key = (std::ptr::from_ref(lambda).addr(), instance, params.to_vec());
        if let Some(shape) = self.shapes.get(&key) {
            return shape.clone();
        }
        let ((_, returns, statement), findings) =
            self.speculate(|c| c.bind_lambda(lambda, params, Returns::Infer(Vec::new(), false)));
        let (returns, untyped) = match returns {
            Returns::Infer(found, untyped) => (found, untyped),
            _ => (Vec::new(), false),
        };
        let only_throws = untyped || returns.is_empty() && ends_in_throw(&lambda.body);
        let shape = Shape { findings, returns, statement, only_throws };
        self.shapes.insert(key, shape.clone());
        shape
    }

    /// The inferred result type; none when the body has findings or returns nothing.
    pub(super) fn lambda_result(&mut self, lambda: &'t Lambda, params: &[Type]) -> Option<Type> {
        if params.iter().any(Type::mentions_param) || !takes(lambda, params) {
            return None;
        }
        let shape = self.shape(lambda, params);
        if !shape.findings.is_empty() || shape.returns.is_empty() {
            return None;
        }
        let types: Vec<Type> = shape.returns.iter().map(|(ty, _)| ty.clone()).collect();
        best_common(&types).filter(|ty| !matches!(ty, Type::Void | Type::Null))
    }

    /// Whether the lambda converts to the delegate type.
    pub(super) fn lambda_fits(&mut self, lambda: &'t Lambda, ty: &Type) -> bool {
        let Some((params, result)) = delegate_signature(ty) else { return false };
        if !takes(lambda, &params) {
            return false;
        }
        for (declared, param) in lambda.params.iter().zip(&params) {
            if let Some(declared) = &declared.ty {
                let (resolved, _) = self.speculate(|c| c.resolve(declared));
                if resolved.as_ref().ok() != Some(param) {
                    return false;
                }
            }
        }
        let shape = self.shape(lambda, &params);
        if !shape.findings.is_empty() {
            return false;
        }
        if matches!(result, Type::Void) {
            return shape.statement || shape.returns.iter().all(|(ty, _)| matches!(ty, Type::Void));
        }
        if shape.returns.is_empty() {
            return shape.only_throws;
        }
        shape.returns.iter().all(|(ty, constant)| {
            let value =
                Typed { node: Node::Const(0), ty: ty.clone(), constant: constant.clone(), span: Span::default() };
            !matches!(ty, Type::Void) && self.implicit(&value, &result).is_some()
        })
    }

    /// Reports the findings inside a lambda that kept its call from having an overload.
    pub(super) fn explain_lambda(
        &mut self,
        lambda: &'t Lambda,
        members: &[MemberId],
        receiver: Option<&Type>,
        arguments: &[Argument<'t>],
    ) {
        let Some(receiver) = receiver else { return };
        for member in members {
            let entry = registry().member(*member);
            let mut inference = Inference::new(entry.owner_arity, entry.type_params.len());
            if entry.is_extension
                && let Some(first) = entry.params.first()
            {
                inference.lower(receiver, &first.ty);
            }
            (0..inference.count()).for_each(|at| {
                inference.fix(at);
            });
            let offset = usize::from(entry.is_extension);
            let owner = convert::find_super(receiver, entry.owner).unwrap_or(Type::Error);
            for (param, argument) in entry.params.iter().skip(offset).zip(arguments) {
                let ArgumentValue::Lambda(found) = argument.value else { continue };
                let ty = inference.apply(&param.ty.substitute(owner.args()));
                let Some((params, _)) = delegate_signature(&ty) else { continue };
                if !std::ptr::eq(found, lambda) || !takes(lambda, &params) || params.iter().any(Type::mentions_param) {
                    continue;
                }
                let shape = self.shape(lambda, &params);
                if !shape.findings.is_empty() {
                    self.diagnostics.extend(shape.findings);
                    return;
                }
                let is_known = delegate_signature(&ty).is_some_and(|(_, result)| !result.mentions_param());
                if is_known && !self.lambda_fits(lambda, &ty) {
                    let _ = self.lambda_as(lambda, &ty, argument.span);
                    return;
                }
            }
        }
    }

    pub(super) fn lambda_as(&mut self, lambda: &'t Lambda, ty: &Type, span: Span) -> Check<Typed> {
        let Some((params, result)) = delegate_signature(ty) else {
            let message = format!("cannot convert lambda expression to type `{ty}` because it is not a delegate type");
            return self.report(Code::EXPRESSION_TYPE_MISMATCH, span, message);
        };
        if !takes(lambda, &params) {
            let message = format!("delegate `{ty}` does not take {} arguments", lambda.params.len());
            return self.report(Code::EXPRESSION_TYPE_MISMATCH, span, message);
        }
        for (declared, param) in lambda.params.iter().zip(&params) {
            if let Some(declared) = &declared.ty {
                let resolved = self.resolve(declared)?;
                if resolved != *param {
                    let message = format!("the parameter is declared as `{resolved}` but should be `{param}`");
                    return self.report(Code::EXPRESSION_TYPE_MISMATCH, declared.span, message);
                }
            }
        }
        let before = self.diagnostics.len();
        let returns = if matches!(result, Type::Void) { Returns::Void } else { Returns::Type(result) };
        let (function, _, statement) = self.bind_lambda(lambda, &params, returns.clone());
        if self.diagnostics.len() > before {
            return Err(Reported);
        }
        if matches!(returns, Returns::Void) && matches!(lambda.body, Body::Expr(_)) && !statement {
            let message = "only assignment, call, increment, decrement and new can be used as a statement";
            return self.report(Code::EXPRESSION_CHECK, span, message);
        }
        Ok(Typed { node: Node::Lambda(Arc::new(function), ty.clone()), ty: ty.clone(), constant: None, span })
    }

    /// The method of a group that takes these parameters.
    fn group_method(&mut self, group: &Group<'t>, params: &[Type], span: Span) -> Option<super::overload::Chosen> {
        let arguments: Vec<Argument<'t>> = params
            .iter()
            .map(|ty| Argument {
                name: None,
                passing: Passing::Value,
                value: ArgumentValue::Typed(Typed { node: Node::Const(0), ty: ty.clone(), constant: None, span }),
                span,
            })
            .collect();
        self.speculate(|c| c.choose(group, &arguments, span)).0.ok()
    }

    pub(super) fn group_result(&mut self, group: &Group<'t>, params: &[Type]) -> Option<Type> {
        if params.iter().any(Type::mentions_param) {
            return None;
        }
        if let Some((function, index)) = group.local {
            let found = self.local_for(group, function, index, params).map(|(_, result)| result);
            return found.filter(|ty| !matches!(ty, Type::Void));
        }
        self.group_method(group, params, Span::default())
            .map(|chosen| chosen.result)
            .filter(|ty| !matches!(ty, Type::Void))
    }

    pub(super) fn group_fits(&mut self, group: &Group<'t>, ty: &Type) -> bool {
        let Some((params, result)) = delegate_signature(ty) else { return false };
        if group.local.is_some() {
            return self.local_as(group, ty).is_some();
        }
        if matches!(result, Type::Void) {
            return self.group_method(group, &params, Span::default()).is_some();
        }
        self.group_result(group, &params).is_some_and(|found| convert::is_subtype(&found, &result))
    }

    pub(super) fn group_as(&mut self, group: Group<'t>, ty: &Type) -> Check<Typed> {
        let span = group.name.span;
        let Some((params, result)) = delegate_signature(ty) else {
            let message =
                format!("cannot convert method group `{}` to `{ty}`; did you intend to call it?", group.name.text);
            return self.report(Code::EXPRESSION_TYPE_MISMATCH, span, message);
        };
        if group.local.is_some() {
            return match self.local_as(&group, ty) {
                Some(typed) => Ok(typed),
                None => {
                    let message = format!("no overload of `{}` fits the delegate `{ty}`", group.name.text);
                    self.report(Code::EXPRESSION_NO_OVERLOAD, span, message)
                }
            };
        }
        let chosen = self.group_method(&group, &params, span);
        let Some(chosen) = chosen.filter(|chosen| {
            !chosen.expanded && (matches!(result, Type::Void) || convert::is_subtype(&chosen.result, &result))
        }) else {
            let message = format!("no overload of `{}` fits the delegate `{ty}`", group.name.text);
            return self.report(Code::EXPRESSION_NO_OVERLOAD, span, message);
        };
        let receiver = group.receiver.map(|receiver| Box::new(receiver.node));
        let target = self.target(chosen.member, &chosen.types);
        Ok(Typed { node: Node::Delegate(target, receiver, ty.clone()), ty: ty.clone(), constant: None, span })
    }

    /// All candidates of constructors of a type.
    pub(super) fn constructors(&self, ty: &Type) -> Vec<Candidate> {
        let Some(id) = ty.def() else { return Vec::new() };
        registry().own(id, "new").iter().map(|member| Candidate::new(*member, ty)).collect()
    }
}

/// Assignment, call, increment, decrement and object creation (13.7).
pub fn is_statement_expression(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ExprKind::Assign(..) | ExprKind::Call(..) | ExprKind::New(..) => true,
        ExprKind::Unary(op, _) => matches!(
            op,
            UnaryOp::PreIncrement | UnaryOp::PreDecrement | UnaryOp::PostIncrement | UnaryOp::PostDecrement
        ),
        ExprKind::Conditional(_, rest) => is_statement_expression(rest),
        ExprKind::Parens(_) => false,
        _ => false,
    }
}

/// Whether the lambda has as many parameters as the delegate; `delegate { … }` takes any.
fn takes(lambda: &Lambda, params: &[Type]) -> bool {
    lambda.any_params || params.len() == lambda.params.len()
}

fn ends_in_throw(body: &Body) -> bool {
    match body {
        Body::Expr(value) => matches!(value.kind, ExprKind::Throw(_)),
        Body::Block(block) => block.statements.last().is_some_and(|s| matches!(s.kind, ast::StmtKind::Throw(_))),
    }
}
