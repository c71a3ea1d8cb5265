//! `ref` and `out` of what is no local variable: an element of an array, an item of a tuple.
//!
//! The call works on a hidden variable, which has the element's value before and gives its own back
//! after. That differs from an alias only for code that looks at the element during the call.

use super::arguments::ArgumentValue;
use super::assign::{Place, PlaceKind};
use super::{Check, Checker, Typed};
use crate::program::node::Node;
use crate::syntax::ast::Expr;
use crate::types::Type;
use tollgate_error::{Code, Span};

/// An element that a call refers to, and the variable that stands for it.
pub struct Lent {
    place: Place,
    local: usize,
    is_out: bool,
    span: Span,
}

impl<'t> Checker<'t> {
    /// The argument for `ref expr` or `out expr`.
    pub(super) fn lend(&mut self, expr: &'t Expr, is_out: bool) -> Check<ArgumentValue<'t>> {
        let span = expr.span;
        let place = self.place(expr)?;
        match place.kind {
            PlaceKind::Element { .. } | PlaceKind::Item(..) => {}
            PlaceKind::Property { .. } | PlaceKind::Indexer { .. } => {
                let message = "a property or indexer may not be passed as a ref or out argument";
                return self.report(Code::EXPRESSION_CHECK, span, message);
            }
            _ => {
                let message = "a ref or out argument must be a variable, an array element or a tuple item";
                return self.report(Code::EXPRESSION_CHECK, span, message);
            }
        }
        let ty = place.ty.clone();
        let local = self.hidden(ty.clone());
        self.lent.push(Lent { place, local, is_out, span });
        Ok(ArgumentValue::Variable { local, ty })
    }

    /// A call, with what it was lent fetched before and put back after.
    pub(super) fn give_back(&mut self, called: Typed, lent: Vec<Lent>) -> Check<Typed> {
        if lent.is_empty() {
            return Ok(called);
        }
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for Lent { mut place, local, is_out, span } in lent {
            let slot = self.slot_of(local);
            before.append(&mut place.setup);
            if !is_out {
                let value = self.read(&place, span)?.node;
                before.push(Node::SetLocal(slot, Box::new(value)));
            }
            after.push(self.write(&place, Node::Local(slot, span), span));
        }
        let Typed { node, ty, constant, span } = called;
        let result = self.keep(node, &mut before);
        before.append(&mut after);
        let result = if matches!(ty, Type::Void) { Node::Const(self.null) } else { Node::Local(result, span) };
        Ok(Typed { node: Node::Sequence(before.into(), Box::new(result)), ty, constant, span })
    }
}
