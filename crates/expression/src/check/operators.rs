//! Unary and binary operators.

use super::{Check, Checker, Overflow, Reported, Typed};
use crate::program::Const;
use crate::program::node::{Binary, Convert, Node, Operands, UnaryKind};
use crate::run::ops;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::types::convert::{self, Conversion};
use crate::types::{DefId, Type, known, registry};
use tollgate_error::{Code, Diagnostic, Span};

fn operands_of(id: DefId) -> Operands {
    match id {
        known::UINT32 => Operands::UInt32,
        known::INT64 => Operands::Int64,
        known::UINT64 => Operands::UInt64,
        known::SINGLE => Operands::Single,
        known::DOUBLE => Operands::Double,
        known::DECIMAL => Operands::Decimal,
        known::BOOLEAN => Operands::Bool,
        _ => Operands::Int32,
    }
}

pub(super) fn is_equality(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Eq | BinaryOp::Ne)
}

fn is_bitwise(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor)
}

pub(super) fn is_shift(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Shl | BinaryOp::Shr)
}

impl<'t> Checker<'t> {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &'t Expr, span: Span) -> Check<Typed> {
        if matches!(op, UnaryOp::PreIncrement | UnaryOp::PreDecrement | UnaryOp::PostIncrement | UnaryOp::PostDecrement)
        {
            return self.increment(op, operand, span);
        }
        // -2147483648 and -9223372036854775808 are literals of int and long.
        if op == UnaryOp::Minus
            && let ExprKind::Literal(crate::syntax::ast::Literal::Int(value, suffix)) = &operand.kind
        {
            use crate::syntax::token::Suffix;
            if *value == 1 << 31 && *suffix == Suffix::None {
                return Ok(self.typed_constant(Const::int(i32::MIN), Type::int(), span));
            }
            if *value == 1 << 63 && matches!(suffix, Suffix::None | Suffix::L) {
                let constant = Const::Integer(known::INT64, i64::MIN.into());
                return Ok(self.typed_constant(constant, Type::of(known::INT64), span));
            }
        }
        let value = self.value(operand)?;
        self.apply_unary(op, value, span)
    }

    pub(super) fn apply_unary(&mut self, op: UnaryOp, value: Typed, span: Span) -> Check<Typed> {
        if value.ty.is_error() {
            return Err(Reported);
        }
        let symbol = match op {
            UnaryOp::Plus => "+",
            UnaryOp::Minus => "-",
            UnaryOp::Not => "!",
            _ => "~",
        };
        let nullable = value.ty.nullable_inner().is_some();
        let lift = |ty: Type| if nullable { Type::nullable(ty) } else { ty };
        let inner = value.ty.without_nullable().clone();
        if op == UnaryOp::Not && inner == Type::bool() {
            if let Some(Const::Bool(constant)) = value.constant {
                return Ok(self.typed_constant(Const::Bool(!constant), Type::bool(), span));
            }
            let node = Node::Unary(UnaryKind::Not, Operands::Bool, false, Box::new(value.node));
            return Ok(Typed { node, ty: value.ty, constant: None, span });
        }
        if op == UnaryOp::Complement && inner.is_enum() {
            let id = inner.def().unwrap_or(known::INT32);
            let number = Node::Convert(Convert::Numeric(known::INT32, false), Box::new(value.node));
            let node = Node::Unary(UnaryKind::Complement, Operands::Int32, false, Box::new(number));
            return Ok(Typed {
                node: Node::Convert(Convert::Enum(id), Box::new(node)),
                ty: value.ty,
                constant: None,
                span,
            });
        }
        let promoted = match (op, inner.def()) {
            (UnaryOp::Not, _) => None,
            (UnaryOp::Minus, Some(known::UINT32)) => Some(known::INT64),
            (UnaryOp::Minus, Some(known::UINT64)) => None,
            (_, Some(id)) if known::is_integral(id) && id.0 < known::INT32.0 => Some(known::INT32),
            (UnaryOp::Complement, Some(id)) if known::is_integral(id) => Some(id),
            (UnaryOp::Complement, _) => None,
            (_, Some(id)) if known::is_numeric(id) => Some(id),
            _ => None,
        };
        if let Some(id) = promoted {
            let ty = lift(Type::of(id));
            let conversion = if inner.is(id) { Conversion::Keep } else { Conversion::Numeric(id) };
            let value = self.apply(value, &conversion, &ty)?;
            return self.arithmetic_unary(op, id, value, span);
        }
        if let Some(found) = self.user_unary(symbol, &value) {
            return self.call_unary(found, value, span);
        }
        let message = format!("operator `{symbol}` cannot be applied to operand of type `{}`", value.ty);
        self.report(Code::EXPRESSION_OPERATOR, span, message)
    }

    fn arithmetic_unary(&mut self, op: UnaryOp, id: DefId, value: Typed, span: Span) -> Check<Typed> {
        let operands = operands_of(id);
        if op == UnaryOp::Plus {
            return Ok(Typed { span, ..value });
        }
        if let Some(constant) = &value.constant {
            let folded = if op == UnaryOp::Minus {
                ops::negate(operands, constant.to_value(), self.overflow != Overflow::Unchecked)
            } else {
                Ok(ops::complement(operands, &constant.to_value()))
            };
            return match folded.ok().as_ref().and_then(Const::from_value) {
                Some(constant) => Ok(self.typed_constant(constant, value.ty, span)),
                None => self.overflows(span),
            };
        }
        let kind = if op == UnaryOp::Minus { UnaryKind::Negate } else { UnaryKind::Complement };
        let node = Node::Unary(kind, operands, self.is_checked(), Box::new(value.node));
        Ok(Typed { node, ty: value.ty, constant: None, span })
    }

    fn overflows<T>(&mut self, span: Span) -> Check<T> {
        self.report(Code::EXPRESSION_CHECK, span, "the operation overflows at compile time in checked mode")
    }

    /// A chain of operators, its left side walked without recursion.
    pub(super) fn binary_chain(&mut self, expr: &'t Expr, _op: BinaryOp) -> Check<Typed> {
        let mut spine = Vec::new();
        let mut left = expr;
        while let ExprKind::Binary(op, a, b) = &left.kind {
            spine.push((*op, &**b, left.span));
            left = a;
        }
        let mut value = self.bind(left);
        for (op, right, span) in spine.into_iter().rev() {
            let bound = self.bind_right(op, right);
            let combined = match (value, bound) {
                (Ok(a), Ok(b)) => self.combine(op, a, b, left.span, right.span, span),
                _ => Err(Reported),
            };
            value = combined.map(super::Bound::Value);
        }
        let bound = value?;
        self.value_of(bound, expr.span)
    }

    fn bind_right(&mut self, _op: BinaryOp, right: &'t Expr) -> Check<super::Bound<'t>> {
        self.bind(right)
    }

    pub(super) fn combine(
        &mut self,
        op: BinaryOp,
        left: super::Bound<'t>,
        right: super::Bound<'t>,
        left_span: Span,
        right_span: Span,
        span: Span,
    ) -> Check<Typed> {
        if op == BinaryOp::Coalesce {
            let left = self.value_of(left, left_span)?;
            return self.coalesce(left, right, span);
        }
        if is_equality(op) && is_tuple(&left) && is_tuple(&right) {
            return self.tuple_equality(op, left, right, span);
        }
        // `default` takes the type of the other side.
        let (left, right) = match (left, right) {
            (super::Bound::Default(at), super::Bound::Value(b)) if is_equality(op) => (self.default_of(&b.ty, at), b),
            (super::Bound::Value(a), super::Bound::Default(at)) if is_equality(op) => {
                let b = self.default_of(&a.ty, at);
                (a, b)
            }
            (left, right) => {
                let left = self.value_of(left, left_span);
                (left?, self.value_of(right, right_span)?)
            }
        };
        self.binary(op, left, right, span)
    }

    pub(super) fn binary(&mut self, op: BinaryOp, left: Typed, right: Typed, span: Span) -> Check<Typed> {
        if left.ty.is_error() || right.ty.is_error() {
            return Err(Reported);
        }
        if matches!(left.ty, Type::Dynamic) || matches!(right.ty, Type::Dynamic) {
            return self.dynamic_binary(op, left, right, span);
        }
        if matches!(op, BinaryOp::AndAlso | BinaryOp::OrElse) {
            return self.logical(op, left, right, span);
        }
        if let Some(found) = self.user_binary(op, &left, &right) {
            return self.call_operator(found, left, right, span);
        }
        if op == BinaryOp::Add && (left.ty.is(known::STRING) || right.ty.is(known::STRING)) {
            return self.concatenate(left, right, span);
        }
        if let Some(found) = self.enum_binary(op, &left, &right) {
            return self.apply_enum(op, found, left, right, span);
        }
        if let Some(id) = self.promoted(op, &left, &right) {
            return self.arithmetic(op, id, left, right, span);
        }
        if matches!(op, BinaryOp::Add | BinaryOp::Sub) && (left.ty.is_delegate() || right.ty.is_delegate()) {
            let ty = if left.ty.is_delegate() { left.ty.clone() } else { right.ty.clone() };
            if convert::is_subtype(&left.ty, &ty) && convert::is_subtype(&right.ty, &ty) {
                let operands = Operands::Delegate;
                let (left, right) = (left.node, right.node);
                let binary = Binary { op, operands, checked: false, lifted: false, left, right };
                return Ok(Typed { node: Node::Binary(Box::new(binary)), ty, constant: None, span });
            }
        }
        if is_equality(op)
            && let Some(operands) = self.equality(&left, &right)
        {
            return self.equals(op, operands, left, right, span);
        }
        let hint = if is_equality(op) && (left.ty.is(known::STRING) != right.ty.is(known::STRING)) {
            Some("compare texts: call `.ToString()` or parse the string".to_owned())
        } else {
            None
        };
        let message =
            format!("operator `{}` cannot be applied to operands of type `{}` and `{}`", op.text(), left.ty, right.ty);
        self.report_hint(Code::EXPRESSION_OPERATOR, span, message, hint)
    }

    fn logical(&mut self, op: BinaryOp, left: Typed, right: Typed, span: Span) -> Check<Typed> {
        let is_bool = |ty: &Type| *ty == Type::bool();
        if !is_bool(&left.ty) || !is_bool(&right.ty) {
            let bool_type = Type::bool();
            if self.implicit(&left, &bool_type).is_none() || self.implicit(&right, &bool_type).is_none() {
                let message = format!(
                    "operator `{}` cannot be applied to operands of type `{}` and `{}`",
                    op.text(),
                    left.ty,
                    right.ty
                );
                let hint = (left.ty.nullable_inner().is_some() || right.ty.nullable_inner().is_some())
                    .then(|| "compare a `bool?` with `== true`".to_owned());
                return self.report_hint(Code::EXPRESSION_OPERATOR, span, message, hint);
            }
        }
        let left = self.convert(left, &Type::bool())?;
        let right = self.convert(right, &Type::bool())?;
        if let (Some(Const::Bool(a)), Some(Const::Bool(b))) = (&left.constant, &right.constant) {
            let value = if op == BinaryOp::AndAlso { *a && *b } else { *a || *b };
            return Ok(self.typed_constant(Const::Bool(value), Type::bool(), span));
        }
        let (a, b) = (Box::new(left.node), Box::new(right.node));
        let node = if op == BinaryOp::AndAlso { Node::AndAlso(a, b) } else { Node::OrElse(a, b) };
        Ok(Typed { node, ty: Type::bool(), constant: None, span })
    }

    fn coalesce(&mut self, left: Typed, right: super::Bound<'t>, span: Span) -> Check<Typed> {
        if left.ty.is_error() {
            return Err(Reported);
        }
        let right_type = match &right {
            super::Bound::Value(value) => Some(value.ty.clone()),
            _ => None,
        };
        let message =
            |right: &str| format!("operator `??` cannot be applied to operands of type `{}` and `{right}`", left.ty);
        let shown = right_type.as_ref().map_or("?".to_owned(), ToString::to_string);
        if left.ty.is_value_type() && left.ty.nullable_inner().is_none()
            || matches!(left.ty, Type::Null) && matches!(right_type, Some(Type::Null) | None)
        {
            return self.report(Code::EXPRESSION_OPERATOR, span, message(&shown));
        }
        // A0, then A, then B (12.15).
        let candidates =
            [left.ty.nullable_inner().cloned(), Some(left.ty.clone()).filter(|ty| !matches!(ty, Type::Null))];
        for ty in candidates.into_iter().flatten() {
            let fits = match &right {
                super::Bound::Value(value) => self.implicit(value, &ty).is_some(),
                super::Bound::Lambda(..) | super::Bound::Group(_) => ty.is_delegate(),
                super::Bound::Throw(..) | super::Bound::Default(_) => true,
                _ => false,
            };
            if fits {
                let right = self.convert_bound(right, &ty)?;
                let node = Node::Coalesce(Box::new(left.node), Box::new(right.node));
                return Ok(Typed { node, ty, constant: None, span });
            }
        }
        if let super::Bound::Value(right) = right {
            let inner = Typed { ty: left.ty.without_nullable().clone(), ..left };
            if let Some(conversion) = self.implicit(&inner, &right.ty) {
                let slot = self.temporary();
                let read = Typed { node: Node::Local(slot, span), ty: inner.ty.clone(), constant: None, span };
                let converted = self.apply(read, &conversion, &right.ty)?;
                let kept = Node::IfSome(Box::new(inner.node), slot, Box::new(converted.node));
                let node = Node::Coalesce(Box::new(kept), Box::new(right.node));
                return Ok(Typed { node, ty: right.ty, constant: None, span });
            }
            let message = format!("operator `??` cannot be applied to operands of type `{}` and `{shown}`", inner.ty);
            return self.report(Code::EXPRESSION_OPERATOR, span, message);
        }
        self.report(Code::EXPRESSION_OPERATOR, span, message(&shown))
    }

    fn concatenate(&mut self, left: Typed, right: Typed, span: Span) -> Check<Typed> {
        for side in [&left, &right] {
            if matches!(side.ty, Type::Void) {
                return self.report(Code::EXPRESSION_OPERATOR, side.span, "`void` has no text");
            }
        }
        let text = |constant: &Option<Const>| match constant {
            Some(Const::Str(text)) => Some(text.clone()),
            Some(Const::Null) => Some(smol_str::SmolStr::default()),
            _ => None,
        };
        if let (Some(a), Some(b)) = (text(&left.constant), text(&right.constant)) {
            let joined = smol_str::format_smolstr!("{a}{b}");
            return Ok(self.typed_constant(Const::Str(joined), Type::string(), span));
        }
        let mut parts = Vec::new();
        for side in [left, right] {
            match side.node {
                Node::Concat(inner) if parts.is_empty() => parts.extend(Vec::from(inner)),
                node => parts.push(node),
            }
        }
        Ok(Typed { node: Node::Concat(parts.into()), ty: Type::string(), constant: None, span })
    }

    /// The enum that both sides become, and whether the result is it.
    fn enum_binary(&self, op: BinaryOp, left: &Typed, right: &Typed) -> Option<Type> {
        let (a, b) = (left.ty.without_nullable(), right.ty.without_nullable());
        let side = if a.is_enum() {
            a
        } else if b.is_enum() {
            b
        } else {
            return None;
        };
        let same = a == b
            || self.is_zero(left)
            || self.is_zero(right)
            || matches!(left.ty, Type::Null)
            || matches!(right.ty, Type::Null);
        let integral = |ty: &Type| ty.def().is_some_and(known::is_integral);
        let fits = match op {
            BinaryOp::Add => a.is_enum() != b.is_enum() && (integral(a) || integral(b)),
            BinaryOp::Sub => a == b || a.is_enum() && integral(b),
            _ => same && (op.is_comparison() || is_bitwise(op)),
        };
        fits.then(|| side.clone())
    }

    fn is_zero(&self, value: &Typed) -> bool {
        value.constant.as_ref().and_then(Const::integer) == Some(0)
    }

    fn apply_enum(&mut self, op: BinaryOp, ty: Type, left: Typed, right: Typed, span: Span) -> Check<Typed> {
        let lifted = left.ty.nullable_inner().is_some()
            || right.ty.nullable_inner().is_some()
            || matches!(left.ty, Type::Null)
            || matches!(right.ty, Type::Null);
        let both = left.ty.without_nullable() == right.ty.without_nullable();
        let int = if lifted { Type::nullable(Type::int()) } else { Type::int() };
        let convert = Conversion::Numeric(known::INT32);
        let left = self.apply(left, &convert, &int)?;
        let right = self.apply(right, &convert, &int)?;
        let result = self.arithmetic(op, known::INT32, left, right, span)?;
        if op.is_comparison() || op == BinaryOp::Sub && both {
            return Ok(result);
        }
        let id = ty.def().unwrap_or(known::INT32);
        let ty = if lifted { Type::nullable(ty) } else { ty };
        self.apply(result, &Conversion::Enum(id), &ty)
    }

    /// The type that binary numeric promotion (12.4.7) gives both operands.
    fn promoted(&self, op: BinaryOp, left: &Typed, right: &Typed) -> Option<DefId> {
        let null = |value: &Typed| matches!(value.ty, Type::Null);
        if null(left) && null(right) {
            return None;
        }
        let left_type = if null(left) { right.ty.without_nullable() } else { left.ty.without_nullable() };
        let right_type = if null(right) { left_type } else { right.ty.without_nullable() };
        let (a, b) = (left_type.def()?, right_type.def()?);
        if a == known::BOOLEAN && b == known::BOOLEAN {
            return (is_bitwise(op) || is_equality(op)).then_some(known::BOOLEAN);
        }
        let number = |id: DefId| known::is_numeric(id) || id == known::CHAR;
        if !number(a) || !number(b) {
            return None;
        }
        if is_shift(op) {
            let shift = convert::widens(b, known::INT32) || b == known::INT32;
            return (shift && known::is_integral(a)).then_some(if a.0 < known::INT32.0 { known::INT32 } else { a });
        }
        if is_bitwise(op) && !(known::is_integral(a) && known::is_integral(b)) {
            return None;
        }
        let either = |id: DefId| a == id || b == id;
        if either(known::DECIMAL) {
            return (!either(known::SINGLE) && !either(known::DOUBLE)).then_some(known::DECIMAL);
        }
        for id in [known::DOUBLE, known::SINGLE] {
            if either(id) {
                return Some(id);
            }
        }
        if either(known::UINT64) {
            let other = if a == known::UINT64 { right } else { left };
            let id = if a == known::UINT64 { b } else { a };
            let signed = matches!(id, known::SBYTE | known::INT16 | known::INT32 | known::INT64);
            let fits = other.constant.as_ref().and_then(Const::integer).is_some_and(|value| value >= 0);
            return (!signed || fits).then_some(known::UINT64);
        }
        if either(known::INT64) {
            return Some(known::INT64);
        }
        if either(known::UINT32) {
            let (other, id) = if a == known::UINT32 { (right, b) } else { (left, a) };
            let signed = matches!(id, known::SBYTE | known::INT16 | known::INT32);
            let fits =
                other.constant.as_ref().and_then(Const::integer).is_some_and(|value| value >= 0 && id == known::INT32);
            return Some(if signed && !fits { known::INT64 } else { known::UINT32 });
        }
        Some(known::INT32)
    }

    fn arithmetic(&mut self, op: BinaryOp, id: DefId, left: Typed, right: Typed, span: Span) -> Check<Typed> {
        let nullable = |value: &Typed| value.ty.nullable_inner().is_some() || matches!(value.ty, Type::Null);
        let lifted = nullable(&left) || nullable(&right);
        let right_id = if is_shift(op) { known::INT32 } else { id };
        let left = self.promote(left, id)?;
        let right = self.promote(right, right_id)?;
        let result = if op.is_comparison() { Type::bool() } else { Type::of(id) };
        let operands = operands_of(id);
        if let (Some(a), Some(b)) = (&left.constant, &right.constant)
            && !lifted
        {
            let checked = self.overflow != Overflow::Unchecked;
            return match ops::binary(op, operands, checked, false, &a.to_value(), &b.to_value()) {
                Ok(value) => {
                    let constant = Const::from_value(&value).ok_or(Reported)?;
                    Ok(self.typed_constant(constant, result, span))
                }
                Err(thrown)
                    if thrown.type_id().is_some_and(|id| registry().def(id).name == "DivideByZeroException") =>
                {
                    self.report(Code::EXPRESSION_CHECK, span, "division by constant zero")
                }
                Err(_) => self.overflows(span),
            };
        }
        let by_zero = matches!(op, BinaryOp::Div | BinaryOp::Rem)
            && match &right.constant {
                Some(Const::Integer(_, 0)) => true,
                Some(Const::Decimal(value)) => value.is_zero(),
                _ => false,
            };
        if by_zero {
            return self.report(Code::EXPRESSION_CHECK, span, "division by constant zero");
        }
        let ty = if lifted && !op.is_comparison() { Type::nullable(result) } else { result };
        let node = Node::Binary(Box::new(Binary {
            op,
            operands,
            checked: self.is_checked(),
            lifted,
            left: left.node,
            right: right.node,
        }));
        Ok(Typed { node, ty, constant: None, span })
    }

    fn promote(&mut self, value: Typed, id: DefId) -> Check<Typed> {
        if matches!(value.ty, Type::Null) || value.ty.without_nullable().is(id) {
            return Ok(value);
        }
        let ty = if value.ty.nullable_inner().is_some() { Type::nullable(Type::of(id)) } else { Type::of(id) };
        self.apply(value, &Conversion::Numeric(id), &ty)
    }

    /// How two operands of `==` are compared, when no operator is defined for them.
    fn equality(&self, left: &Typed, right: &Typed) -> Option<Operands> {
        let (a, b) = (&left.ty, &right.ty);
        // Of tuples only nullable ones come here; the others are compared element by element.
        if let (Type::Tuple(x), Type::Tuple(y)) = (a.without_nullable(), b.without_nullable()) {
            return (x == y).then_some(Operands::Equals);
        }
        let null = |ty: &Type| matches!(ty, Type::Null);
        if null(a) && null(b) {
            return Some(Operands::Reference);
        }
        if null(a) || null(b) {
            let other = if null(a) { b } else { a };
            return (other.is_reference() || other.nullable_inner().is_some()).then_some(Operands::Reference);
        }
        let text = |ty: &Type| ty.is(known::STRING);
        if text(a) && text(b) {
            return Some(Operands::String);
        }
        if !a.is_reference() || !b.is_reference() {
            return None;
        }
        if a.is_delegate() && a == b {
            return Some(Operands::Equals);
        }
        let related = convert::explicit(a, b).is_some_and(|c| is_reference_conversion(&c))
            || convert::explicit(b, a).is_some_and(|c| is_reference_conversion(&c));
        related.then_some(Operands::Reference)
    }

    fn equals(&mut self, op: BinaryOp, operands: Operands, left: Typed, right: Typed, span: Span) -> Check<Typed> {
        let text = |value: &Typed| value.ty.is(known::STRING);
        if operands == Operands::Reference
            && (text(&left) != text(&right))
            && !matches!(left.ty, Type::Null)
            && !matches!(right.ty, Type::Null)
        {
            let message =
                format!("`{}` between `{}` and `{}` compares references, not text", op.text(), left.ty, right.ty);
            let hint = "cast the other side to `(string)` to compare text";
            self.warnings
                .push(Diagnostic::warning(Code::EXPRESSION_REFERENCE_COMPARISON, span, message).with_hint(hint));
        }
        if let (Some(a), Some(b)) = (&left.constant, &right.constant)
            && (operands == Operands::String || *a == Const::Null && *b == Const::Null)
        {
            return Ok(self.typed_constant(Const::Bool((a == b) == (op == BinaryOp::Eq)), Type::bool(), span));
        }
        let node = Node::Binary(Box::new(Binary {
            op,
            operands,
            checked: false,
            lifted: false,
            left: left.node,
            right: right.node,
        }));
        Ok(Typed { node, ty: Type::bool(), constant: None, span })
    }

    fn dynamic_binary(&mut self, op: BinaryOp, left: Typed, right: Typed, span: Span) -> Check<Typed> {
        let ty = if op.is_comparison() || matches!(op, BinaryOp::AndAlso | BinaryOp::OrElse) {
            Type::bool()
        } else {
            Type::Dynamic
        };
        let used = crate::program::node::DynamicUse::Call;
        let node =
            Node::Dynamic(Box::new(left.node), format!("op:{}", op.text()).into(), vec![right.node].into(), used);
        Ok(Typed { node, ty, constant: None, span })
    }
}

fn is_tuple(bound: &super::Bound<'_>) -> bool {
    match bound {
        super::Bound::Tuple(..) => true,
        super::Bound::Value(value) => matches!(value.ty, Type::Tuple(_)),
        _ => false,
    }
}

fn is_reference_conversion(conversion: &Conversion) -> bool {
    matches!(conversion, Conversion::Keep | Conversion::Cast(_))
}
