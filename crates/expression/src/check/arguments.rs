//! Arguments of calls, before and after an overload is chosen.

use super::member::Group;
use super::{Bound, Check, Checker, Reported, Typed};
use crate::program::Const;
use crate::program::node::Node;
use crate::syntax::ast::{self, ExprKind, Lambda, Name, Passing};
use crate::types::{Param, Type, known};
use smol_str::SmolStr;
use tollgate_error::{Code, Span};

pub struct Argument<'t> {
    pub name: Option<&'t Name>,
    pub passing: Passing,
    pub value: ArgumentValue<'t>,
    pub span: Span,
}

pub enum ArgumentValue<'t> {
    Typed(Typed),
    Lambda(&'t Lambda),
    Group(Group<'t>),
    Default,
    Throw(Node),
    Tuple(Vec<(Option<SmolStr>, Bound<'t>)>),
    /// `out` of a local; its type when it has one already.
    Variable {
        local: usize,
        ty: Type,
    },
    /// `out T x`; no type: `out var x`.
    New(Option<Type>, &'t Name),
    Discard,
}

impl<'t> Checker<'t> {
    pub(super) fn arguments(&mut self, args: &'t [ast::Arg]) -> Check<Vec<Argument<'t>>> {
        let mut arguments = Vec::new();
        let mut failed = false;
        for arg in args {
            match self.argument(arg) {
                Ok(argument) => arguments.push(argument),
                Err(Reported) => failed = true,
            }
        }
        if failed { Err(Reported) } else { Ok(arguments) }
    }

    fn argument(&mut self, arg: &'t ast::Arg) -> Check<Argument<'t>> {
        let span = arg.value.span;
        let value = match (arg.passing, &arg.value.kind) {
            (Passing::Out, ExprKind::Discard) => ArgumentValue::Discard,
            (Passing::Out, ExprKind::Declaration(ty, name)) => {
                let ty = match ty.kind {
                    ast::TypeKind::Omitted => None,
                    _ => Some(self.resolve(ty)?),
                };
                ArgumentValue::New(ty, name)
            }
            (Passing::Out | Passing::Ref, _) => self.variable(&arg.value, arg.passing == Passing::Out)?,
            _ => match self.bind(&arg.value)? {
                Bound::Value(value) if matches!(value.ty, Type::Void) => {
                    return self.report(Code::EXPRESSION_CHECK, span, "the call returns no value (`void`)");
                }
                Bound::Value(value) => ArgumentValue::Typed(value),
                Bound::Lambda(lambda, _) => ArgumentValue::Lambda(lambda),
                Bound::Group(group) => ArgumentValue::Group(group),
                Bound::Default(_) => ArgumentValue::Default,
                Bound::Throw(node, _) => ArgumentValue::Throw(node),
                Bound::Tuple(items, _) => ArgumentValue::Tuple(items),
                other => {
                    self.value_of(other, span)?;
                    return Err(Reported);
                }
            },
        };
        Ok(Argument { name: arg.name.as_ref(), passing: arg.passing, value, span })
    }

    /// The variable after `ref` or `out`.
    fn variable(&mut self, expr: &'t ast::Expr, is_out: bool) -> Check<ArgumentValue<'t>> {
        let inner = match &expr.kind {
            ExprKind::Parens(inner) => inner,
            _ => expr,
        };
        if let ExprKind::Name(name, _) = &inner.kind
            && let Some(super::scope::Binding::Local(local)) = self.find_name(&name.text)
        {
            let read_only = self.locals.get(local).is_some_and(|l| l.read_only.is_some() || l.constant.is_some());
            if read_only {
                let message = format!("`{}` cannot be passed as ref or out because it is read-only", name.text);
                return self.report(Code::EXPRESSION_CHECK, expr.span, message);
            }
            return Ok(ArgumentValue::Variable { local, ty: self.local_type(local) });
        }
        if let ExprKind::Name(name, _) = &inner.kind
            && name.text == "_"
        {
            return Ok(ArgumentValue::Discard);
        }
        self.lend(inner, is_out)
    }

    /// One argument as the type of its parameter.
    pub(super) fn argument_as(&mut self, argument: Argument<'t>, ty: &Type) -> Check<Node> {
        let span = argument.span;
        match argument.value {
            ArgumentValue::Typed(value) => Ok(self.convert(value, ty)?.node),
            ArgumentValue::Lambda(lambda) => Ok(self.lambda_as(lambda, ty, span)?.node),
            ArgumentValue::Group(group) => Ok(self.group_as(group, ty)?.node),
            ArgumentValue::Default => Ok(self.default_of(ty, span).node),
            ArgumentValue::Throw(node) => Ok(node),
            ArgumentValue::Tuple(items) => Ok(self.convert_bound(Bound::Tuple(items, span), ty)?.node),
            ArgumentValue::Variable { local, .. } => {
                let is_out = argument.passing == Passing::Out;
                Ok(Node::Ref(self.slot_of(local), is_out, span))
            }
            ArgumentValue::New(declared, name) => {
                let local = self.declare(name, declared.unwrap_or_else(|| ty.clone()));
                Ok(Node::Ref(self.slot_of(local), true, span))
            }
            ArgumentValue::Discard => Ok(Node::Discard),
        }
    }

    pub(super) fn dynamic_argument(&mut self, argument: Argument<'t>) -> Check<Node> {
        self.argument_as(argument, &Type::object())
    }

    /// An array index: `int`, or what converts to `long`.
    pub(super) fn index_argument(&mut self, argument: Argument<'t>) -> Check<Node> {
        let span = argument.span;
        let ArgumentValue::Typed(value) = argument.value else {
            return self.report(Code::EXPRESSION_TYPE_MISMATCH, span, "an index must be a number");
        };
        for id in [known::INT32, known::UINT32, known::INT64, known::UINT64] {
            if self.implicit(&value, &Type::of(id)).is_some() {
                return Ok(self.convert(value, &Type::of(id))?.node);
            }
        }
        self.no_conversion(&value, &Type::int())
    }

    /// Arguments in the order of the parameters. `mapping` tells which argument each parameter takes;
    /// an expanded `params` takes all the rest.
    pub(super) fn emit_arguments(
        &mut self,
        params: &[Param],
        mapping: &[Vec<usize>],
        expanded: bool,
        arguments: Vec<Argument<'t>>,
    ) -> Check<Vec<Node>> {
        let mut arguments: Vec<Option<Argument<'t>>> = arguments.into_iter().map(Some).collect();
        let mut take = |index: &usize| arguments.get_mut(*index).and_then(Option::take);
        let mut nodes = Vec::new();
        for (at, param) in params.iter().enumerate() {
            let taken = mapping.get(at).map_or(&[][..], Vec::as_slice);
            if expanded && param.is_params {
                let element = match &param.ty {
                    Type::Array(element, _) => (**element).clone(),
                    _ => Type::object(),
                };
                let mut items = Vec::new();
                for index in taken {
                    if let Some(argument) = take(index) {
                        items.push(self.argument_as(argument, &element)?);
                    }
                }
                let count = items.len();
                nodes.push(Node::ArrayOf(element, items.into(), vec![count]));
            } else if let Some(argument) = taken.first().and_then(&mut take) {
                nodes.push(self.argument_as(argument, &param.ty)?);
            } else {
                nodes.push(self.default_argument(param));
            }
        }
        Ok(nodes)
    }

    fn default_argument(&mut self, param: &Param) -> Node {
        match &param.default {
            Some(Const::Null) | None => Node::Default(param.ty.clone()),
            Some(value) => self.constant(value.clone()),
        }
    }

    pub(super) fn describe_arguments(&self, arguments: &[Argument<'t>]) -> String {
        let texts = arguments.iter().map(|argument| match &argument.value {
            ArgumentValue::Typed(value) => value.ty.to_string(),
            ArgumentValue::Lambda(_) => "lambda expression".to_owned(),
            ArgumentValue::Group(_) => "method group".to_owned(),
            ArgumentValue::Default => "default".to_owned(),
            ArgumentValue::Throw(_) => "throw".to_owned(),
            ArgumentValue::Tuple(_) => "tuple".to_owned(),
            ArgumentValue::Variable { ty, .. } => format!("out {ty}"),
            ArgumentValue::New(ty, _) => ty.as_ref().map_or("out var".to_owned(), |ty| format!("out {ty}")),
            ArgumentValue::Discard => "out _".to_owned(),
        });
        format!("({})", texts.collect::<Vec<_>>().join(", "))
    }
}
