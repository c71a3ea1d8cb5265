//! `is`, `as`, and the patterns of `switch`.

use super::{Check, Checker, Reported, Typed};
use crate::program::Const;
use crate::program::node::{Node, Test};
use crate::syntax::ast::{Expr, ExprKind, Name, Pattern, TypeKind, TypeRef};
use crate::types::convert::{self, Conversion};
use crate::types::{Type, known};
use tollgate_error::{Code, Span};

impl<'t> Checker<'t> {
    pub(super) fn is_expression(&mut self, operand: &'t Expr, pattern: &'t Pattern, span: Span) -> Check<Typed> {
        let value = self.value(operand)?;
        let test = self.pattern(&value, pattern)?;
        let node = Node::Is(Box::new(value.node), Box::new(test));
        Ok(Typed { node, ty: Type::bool(), constant: None, span })
    }

    pub(super) fn as_expression(&mut self, operand: &'t Expr, ty: &'t TypeRef, span: Span) -> Check<Typed> {
        let value = self.value(operand);
        let to = self.resolve(ty)?;
        let value = value?;
        if to.is_value_type() && to.nullable_inner().is_none() {
            let message = format!(
                "the `as` operator must be used with a reference type or nullable type (`{to}` is a non-nullable value type)"
            );
            return self.report(Code::EXPRESSION_TYPE_MISMATCH, span, message);
        }
        self.testable(&value, &to, span)?;
        Ok(Typed { node: Node::As(Box::new(value.node), to.clone()), ty: to, constant: None, span })
    }

    /// Whether a test of the value for the type can tell anything: a reference, boxing or unboxing
    /// conversion must exist.
    fn testable(&mut self, value: &Typed, to: &Type, span: Span) -> Check<()> {
        if value.ty.is_error() || to.is_error() {
            return Err(Reported);
        }
        let inner = to.without_nullable();
        let fits = matches!(value.ty, Type::Null)
            || convert::is_subtype(&value.ty, to)
            || value.ty.without_nullable() == inner
            || matches!(convert::explicit(&value.ty, to), Some(Conversion::Keep | Conversion::Cast(_)))
            || value.ty.is_value_type() && convert::is_subtype(&value.ty, inner);
        if fits {
            return Ok(());
        }
        let message =
            format!("cannot convert type `{}` to `{to}` via a reference, boxing or unboxing conversion", value.ty);
        self.report(Code::EXPRESSION_TYPE_MISMATCH, span, message)
    }

    pub(super) fn pattern(&mut self, value: &Typed, pattern: &'t Pattern) -> Check<Test> {
        match pattern {
            Pattern::Var(name) => {
                let local = self.declare(name, value.ty.clone());
                Ok(Test::Always(Some(self.slot_of(local))))
            }
            Pattern::Const(constant) => self.constant_pattern(value, constant),
            Pattern::Type(ty, None) => {
                // `case X:` and `is X` where X is a constant.
                if let Some(test) = self.named_constant(value, ty)? {
                    return Ok(test);
                }
                let to = self.resolve(ty)?;
                if self.testable(value, &to, ty.span).is_err() {
                    // `is` with an unrelated type is a warning in C#, always false.
                    if value.ty.is_value_type() || to.is_value_type() {
                        self.diagnostics.pop();
                        return Ok(Test::Type(to, None));
                    }
                    return Err(Reported);
                }
                Ok(Test::Type(to, None))
            }
            Pattern::Type(ty, Some(name)) => {
                if matches!(&ty.kind, TypeKind::Named(path) if path.len() == 1 && path.first().is_some_and(|(n, _)| n.text == "var"))
                {
                    let local = self.declare(name, value.ty.clone());
                    return Ok(Test::Always(Some(self.slot_of(local))));
                }
                let to = self.resolve(ty)?;
                if to.nullable_inner().is_some() {
                    let message =
                        format!("it is not legal to use nullable type `{to}` in a pattern; use the underlying type");
                    return self.report(Code::EXPRESSION_CHECK, ty.span, message);
                }
                self.testable(value, &to, ty.span)?;
                if name.text == "_" {
                    return Ok(Test::Type(to, None));
                }
                let local = self.declare(name, to.clone());
                Ok(Test::Type(to, Some(self.slot_of(local))))
            }
        }
    }

    /// The constant that a type-like pattern names, when it names one.
    fn named_constant(&mut self, value: &Typed, ty: &'t TypeRef) -> Check<Option<Test>> {
        let TypeKind::Named(path) = &ty.kind else { return Ok(None) };
        if path.iter().any(|(_, arguments)| !arguments.is_empty()) {
            return Ok(None);
        }
        let (found, _) = self.speculate(|c| c.path_value(path));
        let Some(found) = found else { return Ok(None) };
        let Some(constant) = found.constant.clone() else {
            let message = "a constant value is expected";
            return self.report(Code::EXPRESSION_CHECK, ty.span, message);
        };
        let typed =
            Typed { node: self.constant(constant.clone()), ty: found.ty, constant: Some(constant), span: ty.span };
        self.constant_test(value, typed).map(Some)
    }

    fn path_value(&mut self, path: &'t [(Name, Vec<TypeRef>)]) -> Option<Typed> {
        let (first, rest) = path.split_first()?;
        let mut bound = self.simple_name(&first.0, &first.1, first.0.span).ok()?;
        for (name, _) in rest {
            bound = match bound {
                super::Bound::Value(value) => {
                    self.member_of(value, name, &[], name.span, super::member::Use::Read).ok()?
                }
                super::Bound::Type(ty) => self.type_member(ty, name).ok()?,
                super::Bound::Namespace(_) => return None,
                _ => return None,
            };
        }
        match bound {
            super::Bound::Value(value) => Some(value),
            _ => None,
        }
    }

    fn constant_pattern(&mut self, value: &Typed, constant: &'t Expr) -> Check<Test> {
        if let ExprKind::Default(None) = &constant.kind {
            let typed = self.default_of(&value.ty, constant.span);
            return Ok(Test::Constant(typed.node));
        }
        let typed = self.value(constant)?;
        self.constant_test(value, typed)
    }

    fn constant_test(&mut self, value: &Typed, constant: Typed) -> Check<Test> {
        if constant.constant.is_none() {
            return self.report(Code::EXPRESSION_CHECK, constant.span, "a constant value is expected");
        }
        if constant.constant == Some(Const::Null) {
            if value.ty.is_value_type() && value.ty.nullable_inner().is_none() {
                return self.no_conversion(&constant, &value.ty);
            }
            return Ok(Test::Constant(constant.node));
        }
        // Against `object` and other references the boxed constant itself is compared.
        let target = value.ty.without_nullable().clone();
        if target.is(known::OBJECT) || target.is_interface() || matches!(target, Type::Dynamic) {
            return Ok(Test::Constant(constant.node));
        }
        Ok(Test::Constant(self.convert(constant, &target)?.node))
    }
}
