//! Operators that types of the library define, lifted over null where C# lifts them.

use super::{Check, Checker, Reported, Typed};
use crate::program::Const;
use crate::program::node::{Binary, Node, Operands};
use crate::syntax::ast::BinaryOp;
use crate::types::{MemberId, Type, convert, registry};
use tollgate_error::Span;

impl<'t> Checker<'t> {
    /// The unary operator that the library defines for the operand, and whether it is lifted.
    pub(super) fn user_unary(&self, symbol: &str, value: &Typed) -> Option<(MemberId, bool)> {
        let key = format!("op:{symbol}");
        for ty in convert::all_supers(value.ty.without_nullable()) {
            let Some(id) = ty.def() else { continue };
            for member in registry().own(id, &key) {
                let [operand] = registry().member(*member).params.as_slice() else { continue };
                if self.implicit(value, &operand.ty).is_some() {
                    return Some((*member, false));
                }
                if lifts(&operand.ty) && value.ty.nullable_inner() == Some(&operand.ty) {
                    return Some((*member, true));
                }
            }
        }
        None
    }

    pub(super) fn call_unary(&mut self, (member, lifted): (MemberId, bool), value: Typed, span: Span) -> Check<Typed> {
        let entry = registry().member(member);
        let Some(operand) = entry.params.first() else { return Err(Reported) };
        if !lifted {
            let value = self.convert(value, &operand.ty)?;
            let node = self.call_node(entry, &[], vec![value.node], false);
            return Ok(Typed { node, ty: entry.result.clone(), constant: None, span });
        }
        let slot = self.temporary();
        let call = self.call_node(entry, &[], vec![Node::Local(slot, span)], false);
        let node = Node::IfSome(Box::new(value.node), slot, Box::new(call));
        Ok(Typed { node, ty: Type::nullable(entry.result.clone()), constant: None, span })
    }

    /// The operator that the library defines for these operands.
    pub(super) fn user_binary(&self, op: BinaryOp, left: &Typed, right: &Typed) -> Option<(MemberId, bool)> {
        let key = format!("op:{}", op.text());
        let mut candidates: Vec<(MemberId, bool)> = Vec::new();
        for side in [&left.ty, &right.ty] {
            for ty in convert::all_supers(side.without_nullable()) {
                let Some(id) = ty.def() else { continue };
                for member in registry().own(id, &key) {
                    let entry = registry().member(*member);
                    let [first, second] = entry.params.as_slice() else { continue };
                    if candidates.iter().any(|found| found.0 == *member) {
                        continue;
                    }
                    if self.implicit(left, &first.ty).is_some() && self.implicit(right, &second.ty).is_some() {
                        candidates.push((*member, false));
                    } else if lifts(&first.ty)
                        && lifts(&second.ty)
                        && self.implicit(left, &Type::nullable(first.ty.clone())).is_some()
                        && self.implicit(right, &Type::nullable(second.ty.clone())).is_some()
                    {
                        candidates.push((*member, true));
                    }
                }
            }
        }
        let exact = candidates.iter().find(|(member, _)| {
            let entry = registry().member(*member);
            let fits =
                |at: usize, value: &Typed| entry.params.get(at).is_some_and(|p| p.ty == *value.ty.without_nullable());
            fits(0, left) && fits(1, right)
        });
        exact.or(candidates.first()).copied()
    }

    pub(super) fn call_operator(
        &mut self,
        (member, lifted): (MemberId, bool),
        left: Typed,
        right: Typed,
        span: Span,
    ) -> Check<Typed> {
        let entry = registry().member(member);
        let is_comparison = entry.result == Type::bool();
        let mut nodes = Vec::new();
        for (value, param) in [left, right].into_iter().zip(&entry.params) {
            let ty = if lifted { Type::nullable(param.ty.clone()) } else { param.ty.clone() };
            nodes.push(self.convert(value, &ty)?.node);
        }
        if !lifted {
            let node = self.call_node(entry, &[], nodes, false);
            return Ok(Typed { node, ty: entry.result.clone(), constant: None, span });
        }
        let (Some(right), Some(left)) = (nodes.pop(), nodes.pop()) else { return Err(Reported) };
        let (a, b) = (self.temporary(), self.temporary());
        let both = self.call_node(entry, &[], vec![Node::Local(a, span), Node::Local(b, span)], false);
        // What one null gives, and what two give.
        let (one, two) = match (entry.name.as_str(), is_comparison) {
            (_, false) => (Const::Null, Const::Null),
            ("==", _) => (Const::Bool(false), Const::Bool(true)),
            ("!=", _) => (Const::Bool(true), Const::Bool(false)),
            _ => (Const::Bool(false), Const::Bool(false)),
        };
        let is_null = |slot: u32, null: u32| {
            Node::Binary(Box::new(Binary {
                op: BinaryOp::Eq,
                operands: Operands::Reference,
                checked: false,
                lifted: false,
                left: Node::Local(slot, span),
                right: Node::Const(null),
            }))
        };
        let null = self.null;
        let left_null = Node::Ternary(Box::new((is_null(b, null), self.constant(two), self.constant(one.clone()))));
        let left_some = Node::Ternary(Box::new((is_null(b, null), self.constant(one), both)));
        let pick = Node::Ternary(Box::new((is_null(a, null), left_null, left_some)));
        let sets = vec![Node::SetLocal(a, Box::new(left)), Node::SetLocal(b, Box::new(right))];
        let ty = if is_comparison { Type::bool() } else { Type::nullable(entry.result.clone()) };
        Ok(Typed { node: Node::Sequence(sets.into(), Box::new(pick)), ty, constant: None, span })
    }
}

fn lifts(ty: &Type) -> bool {
    ty.is_value_type() && ty.nullable_inner().is_none()
}
