//! Assignment, compound assignment, increment, deconstruction.

use super::arguments::Argument;
use super::member::levels;
use super::operators::is_shift;
use super::overload::Chosen;
use super::scope::Binding;
use super::{Bound, Check, Checker, Reported, Typed};
use crate::program::Const;
use crate::program::node::{DynamicUse, Node};
use crate::syntax::ast::{self, BinaryOp, Expr, ExprKind, UnaryOp};
use crate::types::{MemberId, MemberKind, Type, convert, known, registry};
use tollgate_error::{Code, Span};

/// Something that can be assigned, its parts kept in temporaries so that they are evaluated once.
pub(super) struct Place {
    pub kind: PlaceKind,
    pub ty: Type,
    /// Fills the temporaries.
    pub setup: Vec<Node>,
}

pub(super) enum PlaceKind {
    Local(usize),
    Property {
        receiver: Option<u32>,
        owner: Type,
        get: Option<MemberId>,
        set: MemberId,
    },
    Indexer {
        receiver: u32,
        indices: Vec<u32>,
        get: Option<Chosen>,
        set: Chosen,
    },
    Element {
        array: u32,
        indices: Vec<u32>,
    },
    /// An element of a tuple variable.
    Item(usize, usize),
    DynamicMember(u32, Box<str>),
    DynamicIndex(u32, Vec<u32>),
    Discard,
}

impl<'t> Checker<'t> {
    /// Keeps a value in a new temporary.
    pub(super) fn keep(&mut self, node: Node, setup: &mut Vec<Node>) -> u32 {
        let slot = self.temporary();
        setup.push(Node::SetLocal(slot, Box::new(node)));
        slot
    }

    pub(super) fn place(&mut self, expr: &'t Expr) -> Check<Place> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Parens(inner) => self.place(inner),
            ExprKind::Name(name, _) => match self.find_name(&name.text) {
                Some(Binding::Local(local)) => self.local_place(local, span),
                Some(_) => self.report(Code::EXPRESSION_CHECK, span, format!("cannot assign to `{}`", name.text)),
                None if name.text == "_" => Ok(Place { kind: PlaceKind::Discard, ty: Type::Error, setup: Vec::new() }),
                None => {
                    self.bind(expr)?;
                    self.not_assignable(span)
                }
            },
            ExprKind::Declaration(..) | ExprKind::Discard => self.declared_place(expr),
            ExprKind::Member(target, name, _) => self.member_place(target, name, span),
            ExprKind::Index(target, args) => self.index_place(target, args, span),
            _ => {
                self.bind(expr)?;
                self.not_assignable(span)
            }
        }
    }

    fn not_assignable<T>(&mut self, span: Span) -> Check<T> {
        self.report(
            Code::EXPRESSION_CHECK,
            span,
            "the left-hand side of an assignment must be a variable, property or indexer",
        )
    }

    fn local_place(&mut self, local: usize, span: Span) -> Check<Place> {
        let Some(found) = self.locals.get(local) else { return Err(Reported) };
        let name = found.name.clone();
        if found.constant.is_some() {
            return self.report(Code::EXPRESSION_CHECK, span, format!("cannot assign to the constant `{name}`"));
        }
        if let Some(kind) = found.read_only {
            return self.report(
                Code::EXPRESSION_CHECK,
                span,
                format!("cannot assign to `{name}` because it is a {kind}"),
            );
        }
        Ok(Place { kind: PlaceKind::Local(local), ty: self.local_type(local), setup: Vec::new() })
    }

    fn declared_place(&mut self, expr: &'t Expr) -> Check<Place> {
        let ExprKind::Declaration(ty, name) = &expr.kind else {
            return Ok(Place { kind: PlaceKind::Discard, ty: Type::Error, setup: Vec::new() });
        };
        let ty = match ty.kind {
            ast::TypeKind::Omitted => Type::Error,
            _ => self.resolve(ty)?,
        };
        let local = self.declare(name, ty.clone());
        Ok(Place { kind: PlaceKind::Local(local), ty, setup: Vec::new() })
    }

    fn member_place(&mut self, target: &'t Expr, name: &'t ast::Name, span: Span) -> Check<Place> {
        let mut setup = Vec::new();
        let bound = self.bind(target)?;
        let (ty, receiver) = match bound {
            Bound::Type(ty) => (ty, None),
            other => {
                let value = self.value_of(other, target.span)?;
                if let (Type::Tuple(tuple), ExprKind::Name(local, _)) = (&value.ty, &target.kind)
                    && let Some(Binding::Local(local)) = self.find_name(&local.text)
                {
                    let by_name = tuple.names.iter().position(|found| found.as_deref() == Some(&name.text));
                    let by_number = name
                        .text
                        .strip_prefix("Item")
                        .and_then(|n| n.parse::<usize>().ok())
                        .and_then(|n| n.checked_sub(1));
                    if let Some(at) = by_name.or(by_number)
                        && let Some(ty) = tuple.items.get(at)
                    {
                        return Ok(Place { kind: PlaceKind::Item(local, at), ty: ty.clone(), setup });
                    }
                }
                if matches!(value.ty, Type::Dynamic) {
                    let slot = self.keep(value.node, &mut setup);
                    let kind = PlaceKind::DynamicMember(slot, name.text.as_str().into());
                    return Ok(Place { kind, ty: Type::Dynamic, setup });
                }
                let ty = value.ty.clone();
                (ty, Some(self.keep(value.node, &mut setup)))
            }
        };
        let key = format!("set:{}", name.text);
        for owner in levels(&ty).into_iter().flatten() {
            let Some(id) = owner.def() else { continue };
            if let Some(set) = registry().own(id, &key).first() {
                let get =
                    registry().own(id, &name.text).iter().copied().find(|m| registry().is_kind(*m, MemberKind::Get));
                let ty = registry().member(*set).result.substitute(owner.args());
                return Ok(Place { kind: PlaceKind::Property { receiver, owner, get, set: *set }, ty, setup });
            }
        }
        if self.find_property(&ty, &name.text).is_some() || matches!(ty, Type::Anonymous(_)) {
            let message = format!("`{ty}.{}` cannot be assigned to: it is read-only", name.text);
            return self.report(Code::EXPRESSION_CHECK, span, message);
        }
        self.no_member(&ty, name)
    }

    fn index_place(&mut self, target: &'t Expr, args: &'t [ast::Arg], span: Span) -> Check<Place> {
        let value = self.value(target)?;
        let arguments = self.arguments(args)?;
        let mut setup = Vec::new();
        if let Type::Array(element, rank) = &value.ty {
            let (element, rank) = ((**element).clone(), usize::from(*rank));
            let array = self.keep(value.node, &mut setup);
            let nodes = self.array_indices(arguments, rank, span)?;
            let indices = nodes.into_iter().map(|node| self.keep(node, &mut setup)).collect();
            return Ok(Place { kind: PlaceKind::Element { array, indices }, ty: element, setup });
        }
        if matches!(value.ty, Type::Dynamic) {
            let slot = self.keep(value.node, &mut setup);
            let mut indices = Vec::new();
            for argument in arguments {
                let node = self.dynamic_argument(argument)?;
                indices.push(self.keep(node, &mut setup));
            }
            return Ok(Place { kind: PlaceKind::DynamicIndex(slot, indices), ty: Type::Dynamic, setup });
        }
        let set = self.choose_indexer(&value.ty, "set:this", &arguments, span)?;
        let get = self.speculate(|c| c.choose_indexer(&value.ty, "this", &arguments, span)).0.ok();
        let receiver = self.keep(value.node, &mut setup);
        let mut indices = Vec::new();
        for (argument, param) in arguments.into_iter().zip(&set.params) {
            let node = self.index_node(argument, &param.ty)?;
            indices.push(self.keep(node, &mut setup));
        }
        let ty = set.result.clone();
        Ok(Place { kind: PlaceKind::Indexer { receiver, indices, get, set }, ty, setup })
    }

    fn index_node(&mut self, argument: Argument<'t>, ty: &Type) -> Check<Node> {
        self.argument_as(argument, ty)
    }

    pub(super) fn read(&mut self, place: &Place, span: Span) -> Check<Typed> {
        let local = |slot: &u32| Node::Local(*slot, span);
        let node = match &place.kind {
            PlaceKind::Local(index) => self.local_node(*index, span),
            PlaceKind::Property { get: Some(get), owner, receiver, .. } => {
                let args = receiver.iter().map(local).collect();
                self.instance_call(*get, &owner.clone(), args)
            }
            PlaceKind::Indexer { get: Some(get), receiver, indices, .. } => {
                let args = std::iter::once(receiver).chain(indices).map(local).collect();
                self.chosen_call(get, args)
            }
            PlaceKind::Element { array, indices } => {
                Node::Element(Box::new(local(array)), indices.iter().map(local).collect())
            }
            PlaceKind::Item(index, at) => Node::Item(Box::new(self.local_node(*index, span)), *at),
            PlaceKind::DynamicMember(slot, name) => {
                Node::Dynamic(Box::new(local(slot)), name.clone(), Box::default(), DynamicUse::Get)
            }
            PlaceKind::DynamicIndex(slot, indices) => {
                Node::Dynamic(Box::new(local(slot)), "".into(), indices.iter().map(local).collect(), DynamicUse::Index)
            }
            _ => return self.report(Code::EXPRESSION_CHECK, span, "the left-hand side cannot be read"),
        };
        Ok(Typed { node, ty: place.ty.clone(), constant: None, span })
    }

    fn chosen_call(&mut self, chosen: &Chosen, args: Vec<Node>) -> Node {
        let entry = registry().member(chosen.member);
        self.call_node(entry, &chosen.types, args, !entry.is_static)
    }

    /// Writes `value`; the node's value is what was written.
    pub(super) fn write(&mut self, place: &Place, value: Node, span: Span) -> Node {
        let local = |slot: &u32| Node::Local(*slot, span);
        let with_value = |c: &mut Self, make: &dyn Fn(&mut Self, Node) -> Node, value: Node| {
            let kept = c.temporary();
            let call = make(c, Node::Local(kept, span));
            Node::Sequence(vec![Node::SetLocal(kept, Box::new(value)), call].into(), Box::new(Node::Local(kept, span)))
        };
        match &place.kind {
            PlaceKind::Local(index) => Node::SetLocal(self.slot_of(*index), Box::new(value)),
            PlaceKind::Property { receiver, owner, set, .. } => {
                let make = |c: &mut Self, value: Node| {
                    let args = receiver.iter().map(local).chain([value]).collect();
                    c.instance_call(*set, &owner.clone(), args)
                };
                with_value(self, &make, value)
            }
            PlaceKind::Indexer { receiver, indices, set, .. } => {
                let make = |c: &mut Self, value: Node| {
                    let args = std::iter::once(receiver).chain(indices).map(local).chain([value]).collect();
                    c.chosen_call(set, args)
                };
                with_value(self, &make, value)
            }
            PlaceKind::Element { array, indices } => {
                Node::SetElement(Box::new(local(array)), indices.iter().map(local).collect(), Box::new(value))
            }
            PlaceKind::Item(index, at) => {
                let slot = self.slot_of(*index);
                let tuple = Node::Local(slot, span);
                let make = |_: &mut Self, value: Node| {
                    Node::SetLocal(
                        slot,
                        Box::new(Node::WithItem(Box::new(Node::Local(slot, span)), *at, Box::new(value))),
                    )
                };
                let _ = tuple;
                with_value(self, &make, value)
            }
            PlaceKind::DynamicMember(slot, name) => {
                Node::Dynamic(Box::new(local(slot)), name.clone(), vec![value].into(), DynamicUse::Set)
            }
            PlaceKind::DynamicIndex(slot, indices) => {
                let args = indices.iter().map(local).chain([value]).collect();
                Node::Dynamic(Box::new(local(slot)), "".into(), args, DynamicUse::Set)
            }
            PlaceKind::Discard => value,
        }
    }

    fn sequence(setup: Vec<Node>, node: Node) -> Node {
        if setup.is_empty() { node } else { Node::Sequence(setup.into(), Box::new(node)) }
    }

    pub(super) fn assign(
        &mut self,
        op: Option<BinaryOp>,
        target: &'t Expr,
        value: &'t Expr,
        span: Span,
    ) -> Check<Typed> {
        if let ExprKind::Tuple(items) = &target.kind
            && op.is_none()
        {
            return self.deconstruct(items, value, span);
        }
        let place = self.place(target);
        let Some(op) = op else {
            let place = match place {
                Ok(place) => place,
                Err(Reported) => {
                    let _ = self.bind(value);
                    return Err(Reported);
                }
            };
            if matches!(place.kind, PlaceKind::Discard) {
                let value = self.value(value)?;
                return Ok(Typed { span, ..value });
            }
            let value = self.value_as(value, &place.ty)?;
            let node = self.write(&place, value.node, span);
            let ty = place.ty.clone();
            return Ok(Typed { node: Self::sequence(place.setup, node), ty, constant: None, span });
        };
        let bound = self.bind(value);
        let place = place?;
        let current = self.read(&place, span)?;
        let right = match bound? {
            Bound::Value(value) => value,
            other => self.convert_bound(other, &place.ty)?,
        };
        let right_fits = is_shift(op) || self.implicit(&right, &place.ty).is_some();
        let result = self.binary(op, current, right, span)?;
        let converted = self.compound_result(result, &place.ty, right_fits)?;
        let node = self.write(&place, converted.node, span);
        let ty = place.ty.clone();
        Ok(Typed { node: Self::sequence(place.setup, node), ty, constant: None, span })
    }

    /// `x op= y` casts the result back when `y` alone would convert (12.21.4).
    fn compound_result(&mut self, result: Typed, ty: &Type, right_fits: bool) -> Check<Typed> {
        if self.implicit(&result, ty).is_some() || !right_fits {
            return self.convert(result, ty);
        }
        match convert::explicit(&result.ty, ty) {
            Some(conversion) => self.apply(result, &conversion, ty),
            None => self.no_conversion(&result, ty),
        }
    }

    pub(super) fn increment(&mut self, op: UnaryOp, operand: &'t Expr, span: Span) -> Check<Typed> {
        let mut place = self.place(operand)?;
        let inner = place.ty.without_nullable().clone();
        let (binary, symbol) = match op {
            UnaryOp::PreIncrement | UnaryOp::PostIncrement => (BinaryOp::Add, "++"),
            _ => (BinaryOp::Sub, "--"),
        };
        let number = inner.def().is_some_and(|id| known::is_numeric(id) || id == known::CHAR) || inner.is_enum();
        if !number {
            let message = format!("operator `{symbol}` cannot be applied to operand of type `{}`", place.ty);
            return self.report(Code::EXPRESSION_OPERATOR, span, message);
        }
        let mut old = self.read(&place, span)?;
        let mut setup = std::mem::take(&mut place.setup);
        // A postfix operator gives the value from before: it is kept.
        let kept = match op {
            UnaryOp::PostIncrement | UnaryOp::PostDecrement => {
                let slot = self.keep(old.node, &mut setup);
                old.node = Node::Local(slot, span);
                Some(slot)
            }
            _ => None,
        };
        let one = self.typed_constant(Const::int(1), Type::int(), span);
        let one = if inner.is_enum() { one } else { self.convert_one(one, &inner)? };
        let sum = self.binary(binary, old, one, span)?;
        let ty = place.ty.clone();
        let new = match convert::explicit(&sum.ty, &ty) {
            Some(conversion) => self.apply(sum, &conversion, &ty)?,
            None => self.convert(sum, &ty)?,
        };
        let written = self.write(&place, new.node, span);
        let node = match kept {
            None => Self::sequence(setup, written),
            Some(slot) => {
                setup.push(written);
                Node::Sequence(setup.into(), Box::new(Node::Local(slot, span)))
            }
        };
        Ok(Typed { node, ty, constant: None, span })
    }

    /// The `1` of `++` in the type that is counted, where that is wider than int.
    fn convert_one(&mut self, one: Typed, ty: &Type) -> Check<Typed> {
        match ty.def() {
            Some(id) if known::is_numeric(id) && id.0 > known::INT32.0 => self.convert(one, ty),
            _ => Ok(one),
        }
    }

    /// `(a, b) = value`, `var (a, b) = value`.
    fn deconstruct(&mut self, items: &'t [(Option<ast::Name>, Expr)], value: &'t Expr, span: Span) -> Check<Typed> {
        let bound = self.bind(value);
        let mut parts: Vec<Bound<'t>> = Vec::new();
        let mut setup = Vec::new();
        match bound? {
            Bound::Tuple(found, _) => parts.extend(found.into_iter().map(|(_, part)| part)),
            other => {
                let value = self.value_of(other, value.span)?;
                let kept = self.keep(value.node, &mut setup);
                parts = self.parts(kept, &value.ty, items.len(), span)?.into_iter().map(Bound::Value).collect();
            }
        }
        if parts.len() != items.len() {
            let message = format!("cannot deconstruct {} elements into {} variables", parts.len(), items.len());
            return self.report(Code::EXPRESSION_TYPE_MISMATCH, span, message);
        }
        self.deconstruct_parts(items, parts, setup, span)
    }

    /// Assigns parts to targets: places first, then all values, then the writes.
    fn deconstruct_parts(
        &mut self,
        items: &'t [(Option<ast::Name>, Expr)],
        parts: Vec<Bound<'t>>,
        mut setup: Vec<Node>,
        span: Span,
    ) -> Check<Typed> {
        let mut writes = Vec::new();
        let (mut types, mut results) = (Vec::new(), Vec::new());
        for ((_, target), part) in items.iter().zip(parts) {
            if let ExprKind::Tuple(inner) = &target.kind {
                let value = self.value_of(part, span)?;
                let kept = self.keep(value.node, &mut setup);
                let inner_parts = self.parts(kept, &value.ty, inner.len(), span)?;
                if inner_parts.len() != inner.len() {
                    return self.report(
                        Code::EXPRESSION_TYPE_MISMATCH,
                        span,
                        "cannot deconstruct into this many variables",
                    );
                }
                let nested = self.deconstruct_parts(
                    inner,
                    inner_parts.into_iter().map(Bound::Value).collect(),
                    Vec::new(),
                    span,
                )?;
                writes.push(nested.node);
                types.push(value.ty);
                results.push(Node::Local(kept, span));
                continue;
            }
            let mut place = self.place(target)?;
            setup.append(&mut place.setup);
            let value = if place.ty.is_error() {
                let value = self.value_of(part, span)?;
                if let PlaceKind::Local(local) = place.kind
                    && let Some(local) = self.locals.get_mut(local)
                {
                    local.ty = value.ty.clone();
                }
                place.ty = value.ty.clone();
                value
            } else {
                self.convert_bound(part, &place.ty.clone())?
            };
            let kept = self.keep(value.node, &mut setup);
            writes.push(self.write(&place, Node::Local(kept, span), span));
            types.push(place.ty);
            results.push(Node::Local(kept, span));
        }
        setup.extend(writes);
        let names = vec![None; types.len()];
        let ty = Type::tuple(types, names);
        let node = Node::Sequence(setup.into(), Box::new(Node::Tuple(ty.clone(), results.into())));
        Ok(Typed { node, ty, constant: None, span })
    }

    /// The variables of a `foreach` that takes its items apart.
    pub(super) fn foreach_deconstruct(&mut self, target: &'t Expr, slot: u32, item: &Type) -> Check<Vec<Node>> {
        let ExprKind::Tuple(items) = &target.kind else { return Err(Reported) };
        let span = target.span;
        let parts = self.parts(slot, item, items.len(), span)?;
        if parts.len() != items.len() {
            return self.report(Code::EXPRESSION_TYPE_MISMATCH, span, "cannot deconstruct into this many variables");
        }
        let typed = self.deconstruct_parts(items, parts.into_iter().map(Bound::Value).collect(), Vec::new(), span)?;
        Ok(vec![typed.node])
    }

    /// `Name = value` of an object initializer, on the object in `slot`.
    pub(super) fn member_init(
        &mut self,
        slot: u32,
        ty: &Type,
        name: &'t ast::Name,
        value: &'t Expr,
        span: Span,
    ) -> Check<Node> {
        let key = format!("set:{}", name.text);
        for owner in levels(ty).into_iter().flatten() {
            let Some(id) = owner.def() else { continue };
            if let Some(set) = registry().own(id, &key).first() {
                let target = registry().member(*set).result.substitute(owner.args());
                let value = self.value_as(value, &target)?;
                return Ok(self.instance_call(*set, &owner, vec![Node::Local(slot, span), value.node]));
            }
        }
        if self.find_property(ty, &name.text).is_some() {
            return self.report(
                Code::EXPRESSION_CHECK,
                span,
                format!("`{ty}.{}` cannot be assigned to: it is read-only", name.text),
            );
        }
        self.no_member(ty, name)
    }

    /// `[index] = value` of an object initializer.
    pub(super) fn index_init(
        &mut self,
        slot: u32,
        ty: &Type,
        args: &'t [ast::Arg],
        value: &'t Expr,
        span: Span,
    ) -> Check<Node> {
        let arguments = self.arguments(args)?;
        let set = self.choose_indexer(ty, "set:this", &arguments, span)?;
        let mut nodes = vec![Node::Local(slot, span)];
        for (argument, param) in arguments.into_iter().zip(&set.params) {
            nodes.push(self.argument_as(argument, &param.ty)?);
        }
        nodes.push(self.value_as(value, &set.result)?.node);
        Ok(self.chosen_call(&set, nodes))
    }
}
