//! Tuples: their literals, their parts, their equality.

use super::{Bound, Check, Checker, Reported, Typed};
use crate::program::node::Node;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Name};
use crate::types::{TupleType, Type, known};
use smol_str::SmolStr;
use tollgate_error::{Code, Span};

impl<'t> Checker<'t> {
    pub(super) fn tuple(&mut self, items: &'t [(Option<Name>, Expr)], span: Span) -> Check<Bound<'t>> {
        let mut bound = Vec::new();
        let inferred: Vec<Option<SmolStr>> = items.iter().map(|(_, item)| inferred_name(item)).collect();
        for (at, (name, item)) in items.iter().enumerate() {
            // A name that several elements would take from their expressions is taken by none.
            let name = match name {
                Some(name) => Some(name.text.clone()),
                None => inferred.get(at).cloned().flatten().filter(|name| {
                    inferred.iter().flatten().filter(|other| *other == name).count() == 1
                        && !items.iter().any(|(given, _)| given.as_ref().is_some_and(|given| given.text == *name))
                }),
            };
            bound.push((name, self.bind(item)?));
        }
        self.refuse_duplicate_elements(items)?;
        let typed = bound
            .iter()
            .all(|(_, item)| matches!(item, Bound::Value(value) if !matches!(value.ty, Type::Null | Type::Void)));
        if !typed {
            return Ok(Bound::Tuple(bound, span));
        }
        let (mut types, mut names, mut nodes) = (Vec::new(), Vec::new(), Vec::new());
        for (name, item) in bound {
            if let Bound::Value(value) = item {
                types.push(value.ty);
                nodes.push(value.node);
                names.push(name);
            }
        }
        let ty = Type::tuple(types, names);
        Ok(Bound::Value(Typed { node: Node::Tuple(ty.clone(), nodes.into()), ty, constant: None, span }))
    }

    fn refuse_duplicate_elements(&mut self, items: &'t [(Option<Name>, Expr)]) -> Check<()> {
        for (at, (name, _)) in items.iter().enumerate() {
            let Some(name) = name else { continue };
            let earlier = items.iter().take(at).filter_map(|(name, _)| name.as_ref());
            if earlier.into_iter().any(|earlier| earlier.text == name.text) {
                let message = format!("the tuple has two elements named `{}`", name.text);
                return self.report(Code::EXPRESSION_CHECK, name.span, message);
            }
        }
        Ok(())
    }

    /// The elements of a tuple that its field `Rest` holds.
    pub(super) fn rest(&mut self, tuple: Node, count: usize, ty: &Type, span: Span) -> Node {
        let mut setup = Vec::new();
        let slot = self.keep(tuple, &mut setup);
        let items = (TupleType::FIRST..count).map(|at| Node::Item(Box::new(Node::Local(slot, span)), at)).collect();
        Node::Sequence(setup.into(), Box::new(Node::Tuple(ty.clone(), items)))
    }

    /// The elements of a tuple or of a type with `Deconstruct` (key and value of a pair).
    pub(super) fn parts(&mut self, slot: u32, ty: &Type, count: usize, span: Span) -> Check<Vec<Typed>> {
        let read = |node: Node, ty: &Type| Typed { node, ty: ty.clone(), constant: None, span };
        match ty {
            Type::Tuple(tuple) => Ok(tuple
                .items
                .iter()
                .enumerate()
                .map(|(at, ty)| read(Node::Item(Box::new(Node::Local(slot, span)), at), ty))
                .collect()),
            Type::Named(id, args) if *id == known::KEY_VALUE && count == 2 => {
                let mut parts = Vec::new();
                for (name, part) in ["Key", "Value"].into_iter().zip(args.iter()) {
                    let Some((member, owner)) = self.find_property(ty, name) else { return Err(Reported) };
                    let node = self.instance_call(member, &owner, vec![Node::Local(slot, span)]);
                    parts.push(read(node, part));
                }
                Ok(parts)
            }
            _ => self.report(Code::EXPRESSION_TYPE_MISMATCH, span, format!("`{ty}` cannot be deconstructed")),
        }
    }

    /// `==` and `!=` of tuples: element by element, each with its own operator; every element is
    /// evaluated once, in order, before any is compared (12.12.11).
    pub(super) fn tuple_equality(
        &mut self,
        op: BinaryOp,
        left: Bound<'t>,
        right: Bound<'t>,
        span: Span,
    ) -> Check<Typed> {
        let mut setup = Vec::new();
        let left = self.tuple_parts(left, &mut setup, span)?;
        let right = self.tuple_parts(right, &mut setup, span)?;
        if left.len() != right.len() {
            let message = format!("tuples of {} and {} elements cannot be compared", left.len(), right.len());
            return self.report(Code::EXPRESSION_OPERATOR, span, message);
        }
        let mut all: Option<Node> = None;
        for (a, b) in left.into_iter().zip(right) {
            let compared = self.combine(op, a, b, span, span, span)?;
            let compared = self.convert(compared, &Type::bool())?.node;
            all = Some(match (all, op) {
                (None, _) => compared,
                (Some(all), BinaryOp::Eq) => Node::AndAlso(Box::new(all), Box::new(compared)),
                (Some(all), _) => Node::OrElse(Box::new(all), Box::new(compared)),
            });
        }
        let Some(all) = all else { return Err(Reported) };
        let node = if setup.is_empty() { all } else { Node::Sequence(setup.into(), Box::new(all)) };
        Ok(Typed { node, ty: Type::bool(), constant: None, span })
    }

    /// The elements of one side, those that are not constant kept in temporaries.
    fn tuple_parts(&mut self, side: Bound<'t>, setup: &mut Vec<Node>, span: Span) -> Check<Vec<Bound<'t>>> {
        match side {
            Bound::Tuple(items, _) => {
                let mut parts = Vec::new();
                for (_, item) in items {
                    parts.push(match item {
                        Bound::Value(value) if value.constant.is_none() => {
                            let slot = self.keep(value.node, setup);
                            Bound::Value(Typed { node: Node::Local(slot, span), ..value })
                        }
                        other => other,
                    });
                }
                Ok(parts)
            }
            other => {
                let value = self.value_of(other, span)?;
                let slot = self.keep(value.node, setup);
                Ok(self.parts(slot, &value.ty, 0, span)?.into_iter().map(Bound::Value).collect())
            }
        }
    }
}

/// The name that a tuple element takes from its expression.
fn inferred_name(expr: &Expr) -> Option<SmolStr> {
    let name = match &expr.kind {
        ExprKind::Name(name, _) | ExprKind::Member(_, name, _) => &name.text,
        ExprKind::Conditional(_, rest) => return inferred_name(rest),
        _ => return None,
    };
    // `Item1` means the place, not a name.
    let is_place = name.strip_prefix("Item").is_some_and(|digits| digits.parse::<u32>().is_ok());
    (!is_place).then(|| name.clone())
}
