//! Objects, arrays, anonymous objects.

use super::arguments::{Argument, ArgumentValue};
use super::{Bound, Check, Checker, Reported, Typed, functions};
use crate::program::node::Node;
use crate::syntax::ast::{
    self, ArrayInit, Expr, ExprKind, InitValue, Initializer, MemberTarget, Name, Passing, TypeRef, UnaryOp,
};
use crate::types::{Type, convert, known, registry};
use std::sync::Arc;
use tollgate_error::{Code, Span};

/// Elements of one array initialiser.
const ITEMS_MAX: usize = 100_000;

impl<'t> Checker<'t> {
    pub(super) fn new_object(
        &mut self,
        ty: &'t TypeRef,
        args: &'t [ast::Arg],
        init: &'t Initializer,
        span: Span,
    ) -> Check<Typed> {
        let resolved = self.resolve(ty);
        let arguments = self.arguments(args);
        let ty = resolved?;
        let mut arguments = arguments?;
        let Some(id) = ty.def() else {
            return self.report(Code::EXPRESSION_CHECK, span, format!("`{ty}` cannot be created with `new`"));
        };
        let def = registry().def(id);
        if ty.is_delegate() {
            return self.new_delegate(&ty, arguments, span);
        }
        if def.is_static || def.is_interface() {
            let message = format!("cannot create an instance of the static class or interface `{ty}`");
            return self.report(Code::EXPRESSION_CHECK, span, message);
        }
        let value = if arguments.is_empty() && def.kind.is_value() {
            self.default_of(&ty, span)
        } else if let Some(inner) = ty.nullable_inner().cloned() {
            let Some(argument) = arguments.pop() else { return Err(Reported) };
            let node = self.argument_as(argument, &inner)?;
            Typed { node, ty: ty.clone(), constant: None, span }
        } else {
            let candidates = self.constructors(&ty);
            if candidates.is_empty() {
                let message = format!("`{ty}` has no constructor that policy expressions may use");
                return self.report(Code::EXPRESSION_NO_OVERLOAD, span, message);
            }
            let Some(chosen) = self.resolve_candidates(&candidates, None, &arguments, &[], span, true)? else {
                let texts: Vec<&str> = candidates.iter().map(|c| registry().member(c.member).text).take(4).collect();
                let message = format!("no constructor of `{ty}` takes {}", self.describe_arguments(&arguments));
                return self.report_hint(
                    Code::EXPRESSION_NO_OVERLOAD,
                    span,
                    message,
                    Some(format!("there is `{}`", texts.join("`, `"))),
                );
            };
            let mut typed = self.emit_call(chosen, None, arguments, span)?;
            typed.ty = ty.clone();
            typed
        };
        self.initialize(value, init, span)
    }

    fn new_delegate(&mut self, ty: &Type, mut arguments: Vec<Argument<'t>>, span: Span) -> Check<Typed> {
        match (arguments.pop(), arguments.is_empty()) {
            (Some(argument), true) => {
                let node = self.argument_as(argument, ty)?;
                Ok(Typed { node, ty: ty.clone(), constant: None, span })
            }
            _ => self.report(Code::EXPRESSION_NO_OVERLOAD, span, "a delegate is made from one method"),
        }
    }

    fn initialize(&mut self, value: Typed, init: &'t Initializer, span: Span) -> Check<Typed> {
        if matches!(init, Initializer::None) {
            return Ok(value);
        }
        let slot = self.temporary();
        let mut nodes = vec![Node::SetLocal(slot, Box::new(value.node))];
        self.fill(slot, &value.ty, init, span, &mut nodes)?;
        let node = Node::Sequence(nodes.into(), Box::new(Node::Local(slot, span)));
        Ok(Typed { node, ty: value.ty, constant: None, span })
    }

    /// The instructions of an initializer on the object in `slot`.
    fn fill(&mut self, slot: u32, ty: &Type, init: &'t Initializer, span: Span, nodes: &mut Vec<Node>) -> Check<()> {
        let mut failed = false;
        match init {
            Initializer::None => {}
            Initializer::Object(members) => {
                for (target, value, at) in members {
                    let filled = match (target, value) {
                        (MemberTarget::Name(name), InitValue::Expr(value)) => {
                            self.member_init(slot, ty, name, value, *at)
                        }
                        (MemberTarget::Index(args), InitValue::Expr(value)) => {
                            self.index_init(slot, ty, args, value, *at)
                        }
                        (MemberTarget::Name(name), InitValue::Nested(init)) => {
                            self.nested_init(slot, ty, name, init, *at)
                        }
                        (MemberTarget::Index(_), InitValue::Nested(_)) => self.report(
                            Code::EXPRESSION_CHECK,
                            *at,
                            "a nested initializer of an index is not supported",
                        ),
                    };
                    match filled {
                        Ok(node) => nodes.push(node),
                        Err(Reported) => failed = true,
                    }
                }
            }
            Initializer::Collection(items) => {
                if convert::find_super(ty, known::ENUMERABLE_OBJECT).is_none()
                    && convert::find_super(ty, known::ENUMERABLE).is_none()
                {
                    let message =
                        format!("cannot initialize type `{ty}` with a collection initializer: it is not enumerable");
                    return self.report(Code::EXPRESSION_CHECK, span, message);
                }
                for (values, at) in items {
                    match self.add_call(slot, ty, values, *at) {
                        Ok(node) => nodes.push(node),
                        Err(Reported) => failed = true,
                    }
                }
            }
        }
        if failed { Err(Reported) } else { Ok(()) }
    }

    fn nested_init(&mut self, slot: u32, ty: &Type, name: &'t Name, init: &'t Initializer, span: Span) -> Check<Node> {
        let Some((member, owner)) = self.find_property(ty, &name.text) else { return self.no_member(ty, name) };
        let member_type = registry().member(member).result.substitute(owner.args());
        let inner = self.temporary();
        let get = self.instance_call(member, &owner, vec![Node::Local(slot, span)]);
        let mut nodes = vec![Node::SetLocal(inner, Box::new(get))];
        self.fill(inner, &member_type, init, span, &mut nodes)?;
        Ok(Node::Sequence(nodes.into(), Box::new(Node::Local(inner, span))))
    }

    /// `Add(values…)` of a collection initializer.
    fn add_call(&mut self, slot: u32, ty: &Type, values: &'t [Expr], span: Span) -> Check<Node> {
        let mut arguments = Vec::new();
        for value in values {
            let bound = self.bind(value)?;
            let value_span = value.span;
            let value = match bound {
                Bound::Value(value) => ArgumentValue::Typed(value),
                Bound::Lambda(lambda, _) => ArgumentValue::Lambda(lambda),
                Bound::Default(_) => ArgumentValue::Default,
                Bound::Tuple(items, _) => ArgumentValue::Tuple(items),
                other => ArgumentValue::Typed(self.value_of(other, value_span)?),
            };
            arguments.push(Argument { name: None, passing: Passing::Value, value, span: value_span });
        }
        for level in super::member::levels(ty) {
            let mut candidates = Vec::new();
            for owner in level {
                let Some(id) = owner.def() else { continue };
                candidates
                    .extend(registry().own(id, "Add").iter().map(|m| super::overload::Candidate::new(*m, &owner)));
            }
            if let Some(chosen) = self.resolve_candidates(&candidates, None, &arguments, &[], span, true)? {
                let receiver = Typed { node: Node::Local(slot, span), ty: ty.clone(), constant: None, span };
                return Ok(self.emit_call(chosen, Some(receiver), arguments, span)?.node);
            }
        }
        let message = format!("`{ty}.Add` does not take {}", self.describe_arguments(&arguments));
        self.report(Code::EXPRESSION_NO_OVERLOAD, span, message)
    }

    pub(super) fn new_array(
        &mut self,
        element: &'t TypeRef,
        sizes: &'t [Expr],
        rank: usize,
        items: Option<&'t [ArrayInit]>,
        span: Span,
    ) -> Check<Typed> {
        let element = self.resolve(element)?;
        let Some(items) = items else {
            let mut nodes = Vec::new();
            for size in sizes {
                let size_value = self.value(size)?;
                if size_value.constant.as_ref().and_then(crate::program::Const::integer).is_some_and(|size| size < 0) {
                    return self.report(
                        Code::EXPRESSION_CHECK,
                        size.span,
                        "cannot create an array with a negative size",
                    );
                }
                let argument = Argument {
                    name: None,
                    passing: Passing::Value,
                    value: ArgumentValue::Typed(size_value),
                    span: size.span,
                };
                nodes.push(self.index_argument(argument)?);
            }
            let ty = Type::Array(Arc::new(element.clone()), rank as u8);
            return Ok(Typed { node: Node::NewArray(element, nodes.into()), ty, constant: None, span });
        };
        for (depth, size) in sizes.iter().enumerate() {
            let given = self.value_as(size, &Type::int())?.constant.as_ref().and_then(crate::program::Const::integer);
            let Some(given) = given else {
                return self.report(
                    Code::EXPRESSION_CHECK,
                    size.span,
                    "the size beside an array initializer must be constant",
                );
            };
            if given != items_at(items, depth) as i128 {
                let message = format!("an array initializer of length {given} is expected");
                return self.report(Code::EXPRESSION_CHECK, span, message);
            }
        }
        self.array_of(&element, rank, items, span)
    }

    /// An array of given elements.
    pub(super) fn array_of(&mut self, element: &Type, rank: usize, items: &'t [ArrayInit], span: Span) -> Check<Typed> {
        let mut sizes = vec![0; rank];
        let mut nodes = Vec::new();
        self.array_items(element, items, rank, 0, &mut sizes, &mut nodes, span)?;
        let ty = Type::Array(Arc::new(element.clone()), rank as u8);
        Ok(Typed { node: Node::ArrayOf(element.clone(), nodes.into(), sizes), ty, constant: None, span })
    }

    #[allow(clippy::too_many_arguments, reason = "one recursion over dimensions")]
    fn array_items(
        &mut self,
        element: &Type,
        items: &'t [ArrayInit],
        rank: usize,
        depth: usize,
        sizes: &mut [usize],
        nodes: &mut Vec<Node>,
        span: Span,
    ) -> Check<()> {
        let known_size = depth > 0 && sizes.get(depth).is_some_and(|size| *size != 0 && *size != items.len());
        if known_size || nodes.len() > ITEMS_MAX {
            return self.report(Code::EXPRESSION_CHECK, span, "an array initializer of the same length is expected");
        }
        if let Some(size) = sizes.get_mut(depth) {
            *size = items.len();
        }
        let mut failed = false;
        for item in items {
            match item {
                ArrayInit::Nested(inner, at) if depth + 1 < rank => {
                    failed |= self.array_items(element, inner, rank, depth + 1, sizes, nodes, *at).is_err();
                }
                ArrayInit::Expr(value) if depth + 1 == rank => match self.value_as(value, element) {
                    Ok(value) => nodes.push(value.node),
                    Err(Reported) => failed = true,
                },
                ArrayInit::Nested(_, at) => {
                    return self.report(
                        Code::EXPRESSION_CHECK,
                        *at,
                        "an array initializer can only be used in a declaration; use `new[] {…}`",
                    );
                }
                ArrayInit::Expr(value) => {
                    return self.report(Code::EXPRESSION_CHECK, value.span, "a nested array initializer is expected");
                }
            }
        }
        if failed { Err(Reported) } else { Ok(()) }
    }

    pub(super) fn new_implicit_array(&mut self, rank: usize, items: &'t [ArrayInit], span: Span) -> Check<Typed> {
        if rank > 1 {
            let first = first_item(items);
            let element = match first {
                Some(first) => self.value(first)?.ty,
                None => {
                    return self.report(
                        Code::EXPRESSION_TYPE_MISMATCH,
                        span,
                        "no best type found for implicitly-typed array",
                    );
                }
            };
            return self.array_of(&element, rank, items, span);
        }
        let mut bound = Vec::new();
        let mut failed = false;
        for item in items {
            let ArrayInit::Expr(value) = item else {
                return self.report(
                    Code::EXPRESSION_CHECK,
                    span,
                    "an array initializer can only be used in a declaration; use `new[] {…}`",
                );
            };
            match self.bind(value) {
                Ok(item) => bound.push((item, value.span)),
                Err(Reported) => failed = true,
            }
        }
        if failed {
            return Err(Reported);
        }
        let values: Vec<&Typed> = bound
            .iter()
            .filter_map(|(item, _)| match item {
                Bound::Value(value) => Some(value),
                _ => None,
            })
            .collect();
        let Some(element) = self.best_common(&values).filter(|ty| !matches!(ty, Type::Null | Type::Void)) else {
            return self.report_hint(
                Code::EXPRESSION_TYPE_MISMATCH,
                span,
                "no best type found for implicitly-typed array",
                Some("name the type: `new object[] {…}`".to_owned()),
            );
        };
        let mut nodes = Vec::new();
        for (item, _) in bound {
            nodes.push(self.convert_bound(item, &element)?.node);
        }
        let count = nodes.len();
        let ty = Type::array(element.clone());
        Ok(Typed { node: Node::ArrayOf(element, nodes.into(), vec![count]), ty, constant: None, span })
    }

    pub(super) fn anonymous(&mut self, members: &'t [(Name, Expr)], span: Span) -> Check<Typed> {
        let mut types = Vec::new();
        let mut nodes = Vec::new();
        let mut failed = false;
        for (name, value) in members {
            if types.iter().any(|(found, _)| *found == name.text) {
                let message = format!("the anonymous type has two members named `{}`", name.text);
                let _ = self.report::<()>(Code::EXPRESSION_CHECK, name.span, message);
                failed = true;
            }
            match self.value(value) {
                Ok(value) if matches!(value.ty, Type::Null) => {
                    let message = format!("cannot assign `<null>` to the anonymous type member `{}`", name.text);
                    let _ = self.report::<()>(Code::EXPRESSION_TYPE_MISMATCH, value.span, message);
                    failed = true;
                }
                Ok(value) => {
                    types.push((name.text.clone(), value.ty));
                    nodes.push(value.node);
                }
                Err(Reported) => failed = true,
            }
        }
        if failed {
            return Err(Reported);
        }
        let ty = Type::Anonymous(Arc::new(types));
        Ok(Typed { node: Node::Tuple(ty.clone(), nodes.into()), ty, constant: None, span })
    }

    /// Whether an expression may stand as a statement.
    pub(super) fn statement_expression(&mut self, expr: &'t Expr) -> Check<Node> {
        let bound = match &expr.kind {
            // Nobody reads the value from before.
            ExprKind::Unary(UnaryOp::PostIncrement, operand) => {
                Bound::Value(self.increment(UnaryOp::PreIncrement, operand, expr.span)?)
            }
            ExprKind::Unary(UnaryOp::PostDecrement, operand) => {
                Bound::Value(self.increment(UnaryOp::PreDecrement, operand, expr.span)?)
            }
            _ => self.bind(expr)?,
        };
        if !functions::is_statement_expression(expr) {
            let message = "only assignment, call, increment, decrement and new can be used as a statement";
            return self.report(Code::EXPRESSION_CHECK, expr.span, message);
        }
        match bound {
            Bound::Value(value) => Ok(value.node),
            other => Ok(self.value_of(other, expr.span)?.node),
        }
    }
}

/// The number of items in a dimension of an array initializer.
fn items_at(items: &[ArrayInit], depth: usize) -> usize {
    match items.first() {
        Some(ArrayInit::Nested(inner, _)) if depth > 0 => items_at(inner, depth - 1),
        _ => items.len(),
    }
}

fn first_item(items: &[ArrayInit]) -> Option<&Expr> {
    match items.first()? {
        ArrayInit::Expr(value) => Some(value),
        ArrayInit::Nested(inner, _) => first_item(inner),
    }
}
