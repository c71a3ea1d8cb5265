//! Puts conversions into the program.

use super::{Bound, Check, Checker, Overflow, Reported, Typed};
use crate::program::Const;
use crate::program::node::{Convert, Node, Target};
use crate::run::ops;
use crate::types::convert::{self, Conversion};
use crate::types::{MemberId, Type, known};
use tollgate_error::{Code, Span};

impl<'t> Checker<'t> {
    /// The implicit conversion of an expression, constants considered.
    pub(super) fn implicit(&self, value: &Typed, to: &Type) -> Option<Conversion> {
        convert::implicit(&value.ty, to)
            .or_else(|| convert::implicit_constant(value.constant.as_ref()?, &value.ty, to))
            .or_else(|| matches!(value.ty, Type::Dynamic).then(|| Conversion::Dynamic(to.clone(), false)))
    }

    pub(super) fn is_checked(&self) -> bool {
        self.overflow == Overflow::Checked
    }

    pub(super) fn target(&self, member: MemberId, types: &[Type]) -> Target {
        Target::new(member, types)
    }

    /// `value` after `conversion`; constants are folded.
    pub(super) fn apply(&mut self, value: Typed, conversion: &Conversion, to: &Type) -> Check<Typed> {
        let span = value.span;
        if let Some(constant) = &value.constant
            && let Some(folded) = self.fold_conversion(constant, conversion, to, span)?
        {
            return Ok(self.typed_constant(folded, to.clone(), span));
        }
        let mut steps = Vec::new();
        Convert::steps(conversion, to, self.is_checked(), &mut steps);
        let constant = value.constant.filter(|_| steps.is_empty() && (to.is(known::STRING) || *to == value.ty));
        let node = steps.into_iter().fold(value.node, |node, step| Node::Convert(step, Box::new(node)));
        Ok(Typed { node, ty: to.clone(), constant, span })
    }

    fn fold_conversion(
        &mut self,
        constant: &Const,
        conversion: &Conversion,
        to: &Type,
        span: Span,
    ) -> Check<Option<Const>> {
        if to.nullable_inner().is_some() || *constant == Const::Null {
            return Ok(None);
        }
        match conversion {
            Conversion::Numeric(id) => {
                let checked = self.overflow != Overflow::Unchecked;
                match ops::to_numeric(*id, &constant.to_value(), checked) {
                    Ok(value) => Ok(Const::from_value(&value)),
                    Err(_) => {
                        let message =
                            format!("constant value `{}` cannot be converted to `{to}`", constant.to_value().to_text());
                        self.report(Code::EXPRESSION_TYPE_MISMATCH, span, message)
                    }
                }
            }
            Conversion::Enum(id) => Ok(constant_number(constant).map(|number| Const::Enum(*id, number))),
            _ => Ok(None),
        }
    }

    /// Converts implicitly or reports.
    pub(super) fn convert(&mut self, value: Typed, to: &Type) -> Check<Typed> {
        if value.ty.is_error() || to.is_error() {
            return Err(Reported);
        }
        match self.implicit(&value, to) {
            Some(conversion) => self.apply(value, &conversion, to),
            None => self.no_conversion(&value, to),
        }
    }

    pub(super) fn no_conversion<T>(&mut self, value: &Typed, to: &Type) -> Check<T> {
        let from = &value.ty;
        if let Some(constant) = value.constant.as_ref().filter(|constant| constant.integer().is_some())
            && to.def().is_some_and(|id| known::is_integral(id) && id != known::CHAR)
            && from.is(known::INT32)
        {
            let message = format!("constant value `{}` cannot be converted to `{to}`", constant.to_value().to_text());
            return self.report(Code::EXPRESSION_TYPE_MISMATCH, value.span, message);
        }
        let message = if matches!(from, Type::Null) {
            format!("cannot convert null to `{to}` because it is a non-nullable value type")
        } else {
            format!("cannot implicitly convert type `{from}` to `{to}`")
        };
        let hint = if matches!(from, Type::Null) {
            Some(format!("use `{to}?`, or another value"))
        } else if convert::explicit(from, to).is_some() {
            Some(format!("an explicit conversion exists: write `({to})…`"))
        } else if to.is(known::STRING) {
            Some("call `.ToString()`".to_owned())
        } else {
            None
        };
        self.report_hint(Code::EXPRESSION_TYPE_MISMATCH, value.span, message, hint)
    }

    /// Converts whatever was bound to a type that is known from outside.
    pub(super) fn convert_bound(&mut self, bound: Bound<'t>, to: &Type) -> Check<Typed> {
        if to.is_error() {
            return Err(Reported);
        }
        match bound {
            Bound::Value(value) => self.convert(value, to),
            Bound::Lambda(lambda, span) => self.lambda_as(lambda, to, span),
            Bound::Group(group) => self.group_as(group, to),
            Bound::Default(span) => Ok(self.default_of(to, span)),
            Bound::Throw(node, span) => Ok(Typed { node, ty: to.clone(), constant: None, span }),
            Bound::Tuple(items, span) => self.tuple_as(items, to, span),
            Bound::Type(ty) => self.not_a_value(format!("type `{ty}`"), Span::default()),
            Bound::Namespace(name) => self.not_a_value(format!("namespace `{name}`"), Span::default()),
        }
    }

    fn tuple_as(&mut self, items: Vec<(Option<smol_str::SmolStr>, Bound<'t>)>, to: &Type, span: Span) -> Check<Typed> {
        let Type::Tuple(target) = to.without_nullable().clone() else {
            return self.report(Code::EXPRESSION_TYPE_MISMATCH, span, format!("cannot convert the tuple to `{to}`"));
        };
        if target.items.len() != items.len() {
            return self.report(Code::EXPRESSION_TYPE_MISMATCH, span, format!("cannot convert the tuple to `{to}`"));
        }
        let mut nodes = Vec::new();
        for ((_, item), ty) in items.into_iter().zip(&target.items) {
            nodes.push(self.convert_bound(item, ty)?.node);
        }
        let ty = Type::Tuple(target);
        Ok(Typed { node: Node::Tuple(ty, nodes.into()), ty: to.clone(), constant: None, span })
    }

    pub(super) fn not_a_value<T>(&mut self, what: String, span: Span) -> Check<T> {
        self.report(Code::EXPRESSION_CHECK, span, format!("{what} is not a value"))
    }

    /// `default(T)`, constant where C# has it so.
    pub(super) fn default_of(&mut self, ty: &Type, span: Span) -> Typed {
        let constant = match ty {
            _ if ty.is_reference() || ty.nullable_inner().is_some() => None,
            _ => Const::from_value(&crate::run::default_value(ty)).filter(|constant| *constant != Const::Null),
        };
        match constant {
            Some(constant) => self.typed_constant(constant, ty.clone(), span),
            None => Typed { node: Node::Default(ty.clone()), ty: ty.clone(), constant: None, span },
        }
    }

    /// A cast.
    pub(super) fn cast(&mut self, bound: Bound<'t>, to: &Type, span: Span) -> Check<Typed> {
        let value = match bound {
            Bound::Value(value) => value,
            other => return self.convert_bound(other, to),
        };
        if value.ty.is_error() || to.is_error() {
            return Err(Reported);
        }
        let conversion = match convert::explicit(&value.ty, to) {
            Some(Conversion::Cast(_)) if matches!(value.ty, Type::Dynamic) => {
                Some(Conversion::Dynamic(to.clone(), true))
            }
            Some(conversion) => Some(conversion),
            None => self.implicit(&value, to),
        };
        let from = value.ty.clone();
        match conversion {
            Some(conversion) => {
                let mut typed = self.apply(value, &conversion, to)?;
                typed.span = span;
                Ok(typed)
            }
            None => {
                let hint = to.is(known::STRING).then(|| "call `.ToString()`".to_owned());
                let message = format!("cannot convert type `{from}` to `{to}`");
                self.report_hint(Code::EXPRESSION_TYPE_MISMATCH, span, message, hint)
            }
        }
    }
}

fn constant_number(constant: &Const) -> Option<i64> {
    match constant {
        Const::Enum(_, number) => Some(*number),
        other => i64::try_from(other.integer()?).ok(),
    }
}
