//! Expressions.

use super::{Bound, Check, Checker, Overflow, Reported, Typed};
use crate::program::Const;
use crate::program::node::{Node, Piece};
use crate::syntax::ast::{Expr, ExprKind, Interpolation, Literal};
use crate::syntax::token::Suffix;
use crate::types::{Type, best_common, convert, known};
use rust_decimal::Decimal;
use smol_str::SmolStr;
use std::str::FromStr;
use tollgate_error::{Code, Span};

impl<'t> Checker<'t> {
    /// An expression whose type is its own.
    pub(super) fn value(&mut self, expr: &'t Expr) -> Check<Typed> {
        let bound = self.bind(expr)?;
        self.value_of(bound, expr.span)
    }

    pub(super) fn value_of(&mut self, bound: Bound<'t>, span: Span) -> Check<Typed> {
        match bound {
            Bound::Value(value) if matches!(value.ty, Type::Void) => {
                self.report(Code::EXPRESSION_CHECK, span, "the call returns no value (`void`)")
            }
            Bound::Value(value) => Ok(value),
            Bound::Type(ty) => {
                self.report(Code::EXPRESSION_CHECK, span, format!("`{ty}` is a type but is used like a variable"))
            }
            Bound::Namespace(name) => self.report(
                Code::EXPRESSION_CHECK,
                span,
                format!("`{name}` is a namespace but is used like a variable"),
            ),
            Bound::Group(group) => {
                let message = format!("method `{}` is used without `(…)`", group.name.text);
                self.report_hint(Code::EXPRESSION_CHECK, span, message, Some("did you mean to call it?".to_owned()))
            }
            Bound::Lambda(..) => self.report(
                Code::EXPRESSION_TYPE_MISMATCH,
                span,
                "a lambda expression has no type here; assign it to a `Func<…>`",
            ),
            Bound::Default(_) => {
                self.report(Code::EXPRESSION_TYPE_MISMATCH, span, "`default` has no type here; write `default(T)`")
            }
            Bound::Throw(..) => self.report(Code::EXPRESSION_CHECK, span, "a throw expression is not allowed here"),
            Bound::Tuple(..) => self.report(Code::EXPRESSION_TYPE_MISMATCH, span, "the tuple has no type here"),
        }
    }

    /// An expression for a place of known type.
    pub(super) fn value_as(&mut self, expr: &'t Expr, ty: &Type) -> Check<Typed> {
        let bound = self.bind(expr)?;
        if let Bound::Value(value) = &bound
            && matches!(value.ty, Type::Void)
        {
            return self.report(Code::EXPRESSION_CHECK, expr.span, "the call returns no value (`void`)");
        }
        if matches!(bound, Bound::Type(_) | Bound::Namespace(_)) {
            return self.value_of(bound, expr.span);
        }
        self.convert_bound(bound, ty)
    }

    pub(super) fn condition(&mut self, expr: &'t Expr) -> Check<Node> {
        Ok(self.value_as(expr, &Type::bool())?.node)
    }

    pub(super) fn bind(&mut self, expr: &'t Expr) -> Check<Bound<'t>> {
        self.guard(expr.span)?;
        let span = expr.span;
        let typed = match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal, span)?,
            ExprKind::Parens(inner) => return self.bind(inner),
            ExprKind::Name(name, arguments) => return self.simple_name(name, arguments, span),
            ExprKind::Type(ty) => return Ok(Bound::Type(self.resolve(ty)?)),
            ExprKind::Member(target, name, arguments) => return self.member(target, name, arguments, span),
            ExprKind::Receiver => {
                let (slot, ty) = self.receivers.last().cloned().ok_or(Reported)?;
                Typed { node: Node::Local(slot, span), ty, constant: None, span }
            }
            ExprKind::Call(target, args) => self.call(target, args, span)?,
            ExprKind::Index(target, args) => self.index(target, args, span)?,
            ExprKind::Conditional(target, rest) => self.conditional_access(target, rest, span)?,
            ExprKind::Unary(op, operand) => self.unary(*op, operand, span)?,
            ExprKind::Binary(op, ..) => self.binary_chain(expr, *op)?,
            ExprKind::Assign(op, target, value) => self.assign(*op, target, value, span)?,
            ExprKind::Ternary(condition, then, other) => return self.ternary(condition, then, other, span),
            ExprKind::Lambda(lambda) => return Ok(Bound::Lambda(lambda, span)),
            ExprKind::Default(None) => return Ok(Bound::Default(span)),
            ExprKind::Throw(value) => {
                let value = self.exception(value)?;
                return Ok(Bound::Throw(Node::Throw(Box::new(value)), span));
            }
            ExprKind::Tuple(items) => return self.tuple(items, span),
            ExprKind::Interpolated(parts) => self.interpolated(parts, span)?,
            _ => self.rare(expr)?,
        };
        Ok(Bound::Value(typed))
    }

    #[inline(never)]
    fn rare(&mut self, expr: &'t Expr) -> Check<Typed> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Cast(ty, operand) => {
                let to = self.resolve(ty);
                let bound = self.bind(operand);
                let to = to?;
                self.cast(bound?, &to, span)
            }
            ExprKind::Is(operand, pattern) => self.is_expression(operand, pattern, span),
            ExprKind::As(operand, ty) => self.as_expression(operand, ty, span),
            ExprKind::New(ty, args, initializer) => self.new_object(ty, args, initializer, span),
            ExprKind::NewArray(element, sizes, rank, items) => {
                self.new_array(element, sizes, *rank, items.as_deref(), span)
            }
            ExprKind::NewImplicitArray(rank, items) => self.new_implicit_array(*rank, items, span),
            ExprKind::Anonymous(members) => self.anonymous(members, span),
            ExprKind::TypeOf(ty) => {
                let ty = self.resolve(ty)?;
                Ok(Typed { node: Node::TypeOf(ty), ty: Type::of(known::TYPE), constant: None, span })
            }
            ExprKind::Default(Some(ty)) => {
                let ty = self.resolve(ty)?;
                Ok(self.default_of(&ty, span))
            }
            ExprKind::NameOf(operand) => self.name_of(operand, span),
            ExprKind::SizeOf(ty) => self.size_of(ty, span),
            ExprKind::Checked(checked, operand) => {
                let overflow = if *checked { Overflow::Checked } else { Overflow::Unchecked };
                let outer = std::mem::replace(&mut self.overflow, overflow);
                let value = self.value(operand);
                self.overflow = outer;
                value
            }
            ExprKind::Declaration(..) => {
                self.report(Code::EXPRESSION_SYNTAX, span, "a declaration is not allowed here")
            }
            ExprKind::Discard => self.report(Code::EXPRESSION_SYNTAX, span, "a discard is not allowed here"),
            _ => self.report(Code::EXPRESSION_SYNTAX, span, "unexpected expression"),
        }
    }

    fn literal(&mut self, literal: &Literal, span: Span) -> Check<Typed> {
        let (constant, ty) = match literal {
            Literal::Null => {
                return Ok(Typed {
                    node: self.constant(Const::Null),
                    ty: Type::Null,
                    constant: Some(Const::Null),
                    span,
                });
            }
            Literal::Bool(value) => (Const::Bool(*value), known::BOOLEAN),
            Literal::Char(unit) => (Const::Char(*unit), known::CHAR),
            Literal::Str(units) => (Const::text(units), known::STRING),
            Literal::Int(value, suffix) => {
                let fits = |max: u64| *value <= max;
                let id = match suffix {
                    Suffix::U if fits(u32::MAX.into()) => known::UINT32,
                    Suffix::L if fits(i64::MAX as u64) => known::INT64,
                    Suffix::U | Suffix::L | Suffix::UL => known::UINT64,
                    _ if fits(i32::MAX as u64) => known::INT32,
                    _ if fits(u32::MAX.into()) => known::UINT32,
                    _ if fits(i64::MAX as u64) => known::INT64,
                    _ => known::UINT64,
                };
                (Const::Integer(id, i128::from(*value)), id)
            }
            Literal::Real(digits, suffix) => return self.real(digits, *suffix, span),
        };
        Ok(self.typed_constant(constant, Type::of(ty), span))
    }

    fn real(&mut self, digits: &SmolStr, suffix: Suffix, span: Span) -> Check<Typed> {
        let (constant, id) = match suffix {
            Suffix::F => (digits.parse().ok().filter(|v: &f32| v.is_finite()).map(Const::Single), known::SINGLE),
            Suffix::M => {
                let parsed = if digits.contains('e') {
                    Decimal::from_scientific(digits).ok().map(|mut value| {
                        // A literal with an exponent keeps no negative scale: 1.23e5m is 123000.
                        if value.scale() == 0 {
                            value = value.trunc();
                        }
                        value
                    })
                } else {
                    Decimal::from_str(digits).ok()
                };
                (parsed.map(Const::Decimal), known::DECIMAL)
            }
            _ => (digits.parse().ok().filter(|v: &f64| v.is_finite()).map(Const::Double), known::DOUBLE),
        };
        match constant {
            Some(constant) => Ok(self.typed_constant(constant, Type::of(id), span)),
            None => self.report(Code::EXPRESSION_SYNTAX, span, "the constant is outside the range of its type"),
        }
    }

    fn conditional_access(&mut self, target: &'t Expr, rest: &'t Expr, span: Span) -> Check<Typed> {
        let target = self.value(target)?;
        if target.ty.is_value_type() && target.ty.nullable_inner().is_none() {
            let message = format!("operator `?` cannot be applied to an operand of type `{}`", target.ty);
            return self.report(Code::EXPRESSION_OPERATOR, target.span, message);
        }
        let slot = self.temporary();
        self.receivers.push((slot, target.ty.without_nullable().clone()));
        let value = self.bind(rest);
        self.receivers.pop();
        let Bound::Value(value) = value? else {
            return self.report(Code::EXPRESSION_CHECK, span, "a member access after `?.` must have a value");
        };
        let ty = match &value.ty {
            ty if ty.is_value_type() && ty.nullable_inner().is_none() => Type::nullable(ty.clone()),
            ty => ty.clone(),
        };
        let node = Node::IfSome(Box::new(target.node), slot, Box::new(value.node));
        Ok(Typed { node, ty, constant: None, span })
    }

    fn ternary(&mut self, condition: &'t Expr, then: &'t Expr, other: &'t Expr, span: Span) -> Check<Bound<'t>> {
        let condition = self.value_as(condition, &Type::bool());
        let then = self.bind(then);
        let other = self.bind(other);
        let (condition, then, other) = (condition?, then?, other?);
        let ty = match (&then, &other) {
            (Bound::Value(a), Bound::Value(b)) => self.common_type(a, b),
            (Bound::Value(a), _) => Some(a.ty.clone()).filter(|ty| !matches!(ty, Type::Null)),
            (_, Bound::Value(b)) => Some(b.ty.clone()).filter(|ty| !matches!(ty, Type::Null)),
            _ => None,
        };
        let Some(ty) = ty else {
            let name = |bound: &Bound<'t>| match bound {
                Bound::Value(value) => value.ty.to_string(),
                Bound::Lambda(..) => "lambda expression".to_owned(),
                Bound::Group(_) => "method group".to_owned(),
                _ => "?".to_owned(),
            };
            let (a, b) = (name(&then), name(&other));
            let message = format!(
                "type of conditional expression cannot be determined: no implicit conversion between `{a}` and `{b}`"
            );
            return self.report_hint(
                Code::EXPRESSION_TYPE_MISMATCH,
                span,
                message,
                Some("cast one of the two".to_owned()),
            );
        };
        let then = self.convert_bound(then, &ty);
        let other = self.convert_bound(other, &ty);
        let (then, other) = (then?, other?);
        let constant = match (&condition.constant, &then.constant, &other.constant) {
            (Some(Const::Bool(true)), Some(value), Some(_)) => Some(value.clone()),
            (Some(Const::Bool(false)), Some(_), Some(value)) => Some(value.clone()),
            _ => None,
        };
        if let Some(constant) = constant {
            return Ok(Bound::Value(self.typed_constant(constant, ty, span)));
        }
        let node = Node::Ternary(Box::new((condition.node, then.node, other.node)));
        Ok(Bound::Value(Typed { node, ty, constant: None, span }))
    }

    /// The type of `?:` (12.18): the one to which the other converts.
    fn common_type(&self, a: &Typed, b: &Typed) -> Option<Type> {
        if a.ty == b.ty {
            return Some(a.ty.clone()).filter(|ty| !matches!(ty, Type::Null));
        }
        let (to_b, to_a) = (self.implicit(a, &b.ty).is_some(), self.implicit(b, &a.ty).is_some());
        match (to_b, to_a) {
            (true, false) => Some(b.ty.clone()),
            (false, true) => Some(a.ty.clone()),
            // A constant converts both ways: then the types alone decide, as the C# compiler has it.
            (true, true) if convert::implicit(&a.ty, &b.ty).is_some() => Some(b.ty.clone()),
            (true, true) if convert::implicit(&b.ty, &a.ty).is_some() => Some(a.ty.clone()),
            _ => None,
        }
    }

    fn interpolated(&mut self, parts: &'t [Interpolation], span: Span) -> Check<Typed> {
        let mut pieces = Vec::new();
        let mut failed = false;
        for part in parts {
            match part {
                Interpolation::Text(units) => {
                    if let Node::Const(index) = self.constant(Const::text(units)) {
                        pieces.push(Piece::Text(index));
                    }
                }
                Interpolation::Hole { value, alignment, format } => {
                    let value = self.value_as(value, &Type::object());
                    let alignment = match alignment {
                        Some(expr) => self.alignment(expr),
                        None => Ok(0),
                    };
                    match (value, alignment) {
                        (Ok(value), Ok(alignment)) => {
                            let format = format.as_ref().map(|units| String::from_utf16_lossy(units));
                            pieces.push(Piece::Hole(value.node, alignment, format));
                        }
                        _ => failed = true,
                    }
                }
            }
        }
        if failed {
            return Err(Reported);
        }
        match pieces.as_slice() {
            [] => Ok(self.typed_constant(Const::Str(SmolStr::default()), Type::string(), span)),
            // Without holes it is a plain string, though not a constant to C# 7.3.
            [Piece::Text(index)] => Ok(Typed { node: Node::Const(*index), ty: Type::string(), constant: None, span }),
            _ => Ok(Typed { node: Node::Interpolate(pieces.into()), ty: Type::string(), constant: None, span }),
        }
    }

    fn alignment(&mut self, expr: &'t Expr) -> Check<i32> {
        let value = self.value_as(expr, &Type::int())?;
        match value.constant.and_then(|constant| constant.integer()) {
            Some(width) if width.unsigned_abs() <= 32_767 => Ok(width as i32),
            _ => self.report(Code::EXPRESSION_CHECK, expr.span, "the alignment must be a constant of at most 32767"),
        }
    }

    fn name_of(&mut self, operand: &'t Expr, span: Span) -> Check<Typed> {
        let name = match &operand.kind {
            ExprKind::Name(name, _) | ExprKind::Member(_, name, _) => name.text.clone(),
            ExprKind::Type(ty) => ty_name(ty),
            _ => return self.report(Code::EXPRESSION_CHECK, span, "the expression has no name"),
        };
        // The operand must exist, though it is not evaluated; an instance member needs no instance.
        if let ExprKind::Member(target, name, arguments) = &operand.kind
            && arguments.is_empty()
            && let (Ok(Bound::Type(ty)), _) = self.speculate(|c| c.bind(target))
            && self.find_property(&ty, &name.text).is_some()
        {
            return Ok(self.typed_constant(Const::Str(name.text.clone()), Type::string(), span));
        }
        let needs = self.needs;
        self.bind(operand)?;
        // Nothing of it is read.
        self.needs = needs;
        Ok(self.typed_constant(Const::Str(name), Type::string(), span))
    }

    fn size_of(&mut self, ty: &'t crate::syntax::ast::TypeRef, span: Span) -> Check<Typed> {
        let resolved = self.resolve(ty)?;
        let size = match resolved.def() {
            Some(known::SBYTE | known::BYTE | known::BOOLEAN) => 1,
            Some(known::INT16 | known::UINT16 | known::CHAR) => 2,
            Some(known::INT32 | known::UINT32 | known::SINGLE) => 4,
            Some(known::INT64 | known::UINT64 | known::DOUBLE) => 8,
            Some(known::DECIMAL) => 16,
            _ if resolved.is_enum() => 4,
            _ => {
                return self.report(
                    Code::EXPRESSION_CHECK,
                    span,
                    format!("`{resolved}` does not have a predefined size"),
                );
            }
        };
        Ok(self.typed_constant(Const::int(size), Type::int(), span))
    }

    /// What `throw` throws.
    pub(super) fn exception(&mut self, expr: &'t Expr) -> Check<Node> {
        let value = self.value(expr)?;
        if !matches!(value.ty, Type::Null) && convert::find_super(&value.ty, known::EXCEPTION).is_none() {
            let message =
                format!("the type caught or thrown must be derived from System.Exception, not `{}`", value.ty);
            return self.report(Code::EXPRESSION_TYPE_MISMATCH, expr.span, message);
        }
        Ok(value.node)
    }

    /// The best common type of bound values; a null literal adds nothing.
    pub(super) fn best_common(&self, values: &[&Typed]) -> Option<Type> {
        let types: Vec<Type> = values.iter().map(|value| value.ty.clone()).collect();
        let best = best_common(&types)?;
        values.iter().all(|value| self.implicit(value, &best).is_some()).then_some(best)
    }
}

fn ty_name(ty: &crate::syntax::ast::TypeRef) -> SmolStr {
    match &ty.kind {
        crate::syntax::ast::TypeKind::Named(path) => path.last().map(|(name, _)| name.text.clone()).unwrap_or_default(),
        _ => SmolStr::default(),
    }
}
