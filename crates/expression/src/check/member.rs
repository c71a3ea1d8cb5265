//! Members: access, calls, indexers.

use super::overload::{Candidate, Chosen};
use super::{Bound, Check, Checker, Reported, Typed, hint};
use crate::library::context;
use crate::program::Const;
use crate::program::node::{Call, DynamicUse, Node};
use crate::syntax::ast::{self, Expr, ExprKind, Name, TypeRef};
use crate::types::{Member, MemberId, MemberKind, Type, convert, known, registry};
use tollgate_error::{Code, Span};

/// What a member is looked up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Read,
    Call,
}

/// Methods of one name, and what they are called on.
pub struct Group<'t> {
    pub receiver: Option<Typed>,
    /// The type whose static methods they are.
    pub owner: Option<Type>,
    pub name: &'t Name,
    pub arguments: Vec<Type>,
    pub local: Option<(&'t ast::LocalFunction, usize)>,
}

/// The types in which a member of `ty` is looked for, most derived first; a level is searched whole
/// before the next.
pub fn levels(ty: &Type) -> Vec<Vec<Type>> {
    if ty.is_interface() {
        let mut all = convert::all_supers(ty);
        all.retain(|up| !up.is(known::OBJECT));
        return vec![all, vec![Type::object()]];
    }
    let mut levels = Vec::new();
    let mut at = Some(ty.clone());
    while let Some(level) = at {
        at = convert::supers(&level).into_iter().find(|up| !up.is_interface());
        levels.push(vec![level]);
    }
    if !levels.last().is_some_and(|level| level.first().is_some_and(|ty| ty.is(known::OBJECT))) {
        levels.push(vec![Type::object()]);
    }
    levels
}

impl<'t> Checker<'t> {
    pub(super) fn member(
        &mut self,
        target: &'t Expr,
        name: &'t Name,
        arguments: &'t [TypeRef],
        span: Span,
    ) -> Check<Bound<'t>> {
        self.member_used(target, name, arguments, span, Use::Read)
    }

    fn member_used(
        &mut self,
        target: &'t Expr,
        name: &'t Name,
        arguments: &'t [TypeRef],
        span: Span,
        used: Use,
    ) -> Check<Bound<'t>> {
        match self.bind(target)? {
            Bound::Namespace(namespace) => self.qualified(namespace, name, arguments, span),
            Bound::Type(ty) => self.static_member(ty, name, arguments, span),
            bound => {
                let value = self.value_of(bound, target.span)?;
                self.member_of(value, name, arguments, span, used)
            }
        }
    }

    /// What a call calls.
    fn callee(&mut self, target: &'t Expr) -> Check<Bound<'t>> {
        let ExprKind::Member(inner, name, arguments) = &target.kind else { return self.bind(target) };
        self.guard(target.span)?;
        self.member_used(inner, name, arguments, target.span, Use::Call)
    }

    fn qualified(
        &mut self,
        namespace: String,
        name: &'t Name,
        arguments: &'t [TypeRef],
        span: Span,
    ) -> Check<Bound<'t>> {
        let full = format!("{namespace}.{}", name.text);
        if let Some(id) = registry().full(&full, arguments.len()) {
            let types = self.resolve_all(arguments)?;
            return Ok(Bound::Type(Type::generic(id, types)));
        }
        if registry().is_namespace(&full) {
            return Ok(Bound::Namespace(full));
        }
        let names = registry().defs().filter(|def| def.namespace == namespace).map(|def| def.name.as_str());
        let hint = hint::nearest(&name.text, names).map(|found| format!("did you mean `{namespace}.{found}`?"));
        let message = format!("the type `{full}` is not allowed in policy expressions or does not exist");
        self.report_hint(Code::EXPRESSION_TYPE_NOT_ALLOWED, span, message, hint)
    }

    fn resolve_all(&mut self, arguments: &'t [TypeRef]) -> Check<Vec<Type>> {
        arguments.iter().map(|argument| self.resolve(argument)).collect()
    }

    pub(super) fn type_member(&mut self, ty: Type, name: &'t Name) -> Check<Bound<'t>> {
        self.static_member(ty, name, &[], name.span)
    }

    fn static_member(&mut self, ty: Type, name: &'t Name, arguments: &'t [TypeRef], span: Span) -> Check<Bound<'t>> {
        if let Some(id) = ty.def()
            && let Some((_, value)) = registry().def(id).values.iter().find(|(found, _)| *found == name.text)
        {
            return Ok(Bound::Value(self.typed_constant(Const::Enum(id, *value), ty, span)));
        }
        for level in levels(&ty) {
            for owner in level {
                let Some(id) = owner.def() else { continue };
                for member in registry().own(id, &name.text) {
                    let entry = registry().member(*member);
                    if entry.kind == MemberKind::Get && entry.is_static {
                        return Ok(Bound::Value(self.static_get(*member, &owner, span)));
                    }
                    if entry.kind == MemberKind::Method {
                        let arguments = self.resolve_all(arguments)?;
                        return Ok(Bound::Group(Group {
                            receiver: None,
                            owner: Some(ty),
                            name,
                            arguments,
                            local: None,
                        }));
                    }
                    if entry.kind == MemberKind::Get {
                        let message = format!("an object is needed for the non-static member `{}.{}`", ty, name.text);
                        return self.report(Code::EXPRESSION_CHECK, span, message);
                    }
                }
            }
        }
        // A nested type, such as TimeZoneInfo.AdjustmentRule.
        if let Some(id) = ty.def()
            && let Some(nested) = registry().full(&format!("{}.{}", registry().def(id).full_name(), name.text), 0)
        {
            return Ok(Bound::Type(Type::of(nested)));
        }
        self.no_member(&ty, name)
    }

    fn static_get(&mut self, member: MemberId, owner: &Type, span: Span) -> Typed {
        let entry = registry().member(member);
        let ty = entry.result.substitute(owner.args());
        if let Some(constant) = &entry.constant {
            return self.typed_constant(constant.clone(), ty, span);
        }
        let node = self.call_node(entry, owner.args(), Vec::new(), false);
        Typed { node, ty, constant: None, span }
    }

    /// A member of a value.
    pub(super) fn member_of(
        &mut self,
        value: Typed,
        name: &'t Name,
        arguments: &'t [TypeRef],
        span: Span,
        used: Use,
    ) -> Check<Bound<'t>> {
        if value.ty.is_error() {
            return Err(Reported);
        }
        let typed = |node: Node, ty: Type| Ok(Bound::Value(Typed { node, ty, constant: None, span }));
        match &value.ty {
            Type::Dynamic => {
                let node =
                    Node::Dynamic(Box::new(value.node), name.text.as_str().into(), Box::default(), DynamicUse::Get);
                return typed(node, Type::Dynamic);
            }
            Type::Null => {
                return self.report(Code::EXPRESSION_OPERATOR, span, "operator `.` cannot be applied to `null`");
            }
            Type::Void => {
                return self.report(Code::EXPRESSION_OPERATOR, span, "operator `.` cannot be applied to `void`");
            }
            Type::Anonymous(members) => {
                if let Some(at) = members.iter().position(|(found, _)| *found == name.text)
                    && let Some((_, ty)) = members.get(at)
                {
                    let ty = ty.clone();
                    return typed(Node::Item(Box::new(value.node), at), ty);
                }
            }
            Type::Tuple(tuple) => {
                let by_name = tuple.names.iter().position(|found| found.as_deref() == Some(&name.text));
                let by_number =
                    name.text.strip_prefix("Item").and_then(|n| n.parse::<usize>().ok()).and_then(|n| n.checked_sub(1));
                if let Some(at) = by_name.or(by_number)
                    && let Some(ty) = tuple.items.get(at)
                {
                    let ty = ty.clone();
                    return typed(Node::Item(Box::new(value.node), at), ty);
                }
                if let ("Rest", Some(rest)) = (name.text.as_str(), tuple.rest()) {
                    return typed(self.rest(value.node, tuple.items.len(), &rest, span), rest);
                }
            }
            _ => {}
        }
        let property = self.find_property(&value.ty, &name.text);
        let is_group = self.has_method(&value.ty, &name.text) || !registry().extensions(&name.text).is_empty();
        // What cannot be called does not hide a method of its name from a call: `list.Count()`.
        let hides = |(member, owner): &(MemberId, Type)| {
            let ty = registry().member(*member).result.substitute(owner.args());
            used == Use::Read || !is_group || ty.is_delegate() || matches!(ty, Type::Dynamic)
        };
        if let Some((member, owner)) = property.filter(hides) {
            let entry = registry().member(member);
            if entry.is_static {
                // `Color Color`: a local named like its type.
                return Ok(Bound::Value(self.static_get(member, &owner, span)));
            }
            self.note_need(entry.text, &value.ty);
            let node = match self.fixed(member, &value.node) {
                Some(constant) => self.constant(constant),
                None => self.instance_call(member, &owner, vec![value.node]),
            };
            return typed(node, entry.result.substitute(owner.args()));
        }
        if is_group {
            let arguments = self.resolve_all(arguments)?;
            return Ok(Bound::Group(Group { receiver: Some(value), owner: None, name, arguments, local: None }));
        }
        self.no_member(&value.ty, name)
    }

    /// The value of a member that every exchange has, of a receiver that every exchange has.
    fn fixed(&self, member: MemberId, receiver: &Node) -> Option<Const> {
        let entry = registry().member(member);
        let Node::Const(index) = receiver else { return None };
        let receiver = self.constants.get(*index as usize).filter(|_| entry.is_readonly)?.to_value();
        let value = context::with_empty_context(|run| run.native(entry.native, &[receiver], &[]))?;
        Const::from_value(&value)
    }

    pub(super) fn instance_call(&mut self, member: MemberId, owner: &Type, args: Vec<Node>) -> Node {
        let entry = registry().member(member);
        let is_nullable = owner.nullable_inner().is_some();
        self.call_node(entry, owner.args(), args, !entry.is_static && !is_nullable)
    }

    /// A call of a member. Arguments that are all constants are passed from where they stand.
    pub(super) fn call_node(&mut self, entry: &Member, types: &[Type], args: Vec<Node>, instance: bool) -> Node {
        let constants = self.constant_run(&args);
        let (types, args) = (types.into(), args.into());
        Node::Call(Box::new(Call { native: entry.native, text: entry.text, types, args, instance, constants }))
    }

    /// A property or field, and the type that has it.
    pub(super) fn find_property(&self, ty: &Type, name: &str) -> Option<(MemberId, Type)> {
        for level in levels(ty) {
            for owner in level {
                let Some(id) = owner.def() else { continue };
                let own = registry().own(id, name);
                if let Some(found) = own.iter().find(|member| registry().is_kind(**member, MemberKind::Get)) {
                    return Some((*found, owner));
                }
                if !own.is_empty() {
                    return None;
                }
            }
        }
        None
    }

    fn has_method(&self, ty: &Type, name: &str) -> bool {
        let is_method =
            |id| registry().own(id, name).iter().any(|member| registry().is_kind(*member, MemberKind::Method));
        levels(ty).iter().flatten().any(|owner| owner.def().is_some_and(is_method))
    }

    pub(super) fn no_member<T>(&mut self, ty: &Type, name: &Name) -> Check<T> {
        let mut names: Vec<String> = Vec::new();
        match ty {
            Type::Anonymous(members) => names.extend(members.iter().map(|(name, _)| name.to_string())),
            Type::Tuple(tuple) => names.extend(tuple.names.iter().flatten().map(ToString::to_string)),
            _ => {}
        }
        for owner in levels(ty).into_iter().flatten() {
            if let Some(id) = owner.def() {
                let def = registry().def(id);
                names.extend(def.members.keys().map(ToString::to_string));
                names.extend(def.values.iter().map(|(name, _)| name.to_string()));
            }
        }
        let enumerable = convert::find_super(ty, known::ENUMERABLE).is_some();
        if enumerable {
            names.extend(registry().extension_names().map(ToString::to_string));
        }
        let mut hint =
            hint::nearest(&name.text, names.iter().map(String::as_str)).map(|found| format!("did you mean `{found}`?"));
        if ty.is(known::OBJECT) {
            hint = Some("cast it first, such as `((string)x)`".to_owned());
        }
        let message = format!("`{}` is not a member of `{ty}`", name.text);
        self.report_hint(Code::EXPRESSION_UNKNOWN_MEMBER, name.span, message, hint)
    }

    /// What of the exchange a program reads.
    pub(super) fn note_need(&mut self, text: &str, ty: &Type) {
        if text.starts_with("string PrimaryKey") || text.starts_with("string SecondaryKey") {
            self.needs.subscription_keys = true;
        }
        if text.starts_with("X509Certificate2 Certificate") {
            self.needs.client_certificate = true;
        }
        if text.starts_with("IMessageBody Body") {
            // Which message a response variable holds is known at run time only; it is buffered already.
            match ty.to_string().as_str() {
                "IRequest" => self.needs.request_body = true,
                _ => self.needs.response_body = true,
            }
        }
    }

    pub(super) fn call(&mut self, target: &'t Expr, args: &'t [ast::Arg], span: Span) -> Check<Typed> {
        let before = self.lent.len();
        let called = self.call_with(target, args, span);
        let lent = self.lent.split_off(before);
        self.give_back(called?, lent)
    }

    fn call_with(&mut self, target: &'t Expr, args: &'t [ast::Arg], span: Span) -> Check<Typed> {
        let bound = self.callee(target);
        let arguments = self.arguments(args);
        match bound? {
            Bound::Group(group) => self.call_group(group, arguments?, span),
            Bound::Value(value) if matches!(value.ty, Type::Dynamic) => {
                let mut nodes = Vec::new();
                for argument in arguments? {
                    nodes.push(self.dynamic_argument(argument)?);
                }
                // `d.Name(…)` calls the member; the access was bound just before.
                let node = match value.node {
                    Node::Dynamic(receiver, name, _, DynamicUse::Get) => {
                        Node::Dynamic(receiver, name, nodes.into(), DynamicUse::Call)
                    }
                    other => Node::Dynamic(Box::new(other), "".into(), nodes.into(), DynamicUse::Call),
                };
                Ok(Typed { node, ty: Type::Dynamic, constant: None, span })
            }
            Bound::Value(value) if value.ty.is_delegate() => self.invoke(value, arguments?, span),
            bound => {
                let what = match &bound {
                    Bound::Type(ty) => format!("`{ty}` is a type; write `new {ty}(…)` to make one"),
                    Bound::Value(value) => format!("a value of type `{}` cannot be called", value.ty),
                    _ => "this cannot be called".to_owned(),
                };
                self.report(Code::EXPRESSION_CHECK, target.span, what)
            }
        }
    }

    fn invoke(&mut self, value: Typed, arguments: Vec<super::arguments::Argument<'t>>, span: Span) -> Check<Typed> {
        let Some((params, result)) = delegate_signature(&value.ty) else { return Err(Reported) };
        if params.len() != arguments.len() {
            let message =
                format!("the delegate `{}` takes {} arguments, not {}", value.ty, params.len(), arguments.len());
            return self.report(Code::EXPRESSION_NO_OVERLOAD, span, message);
        }
        let mut nodes = Vec::new();
        for (argument, ty) in arguments.into_iter().zip(&params) {
            nodes.push(self.argument_as(argument, ty)?);
        }
        Ok(Typed { node: Node::Invoke(Box::new(value.node), nodes.into()), ty: result, constant: None, span })
    }

    fn call_group(
        &mut self,
        group: Group<'t>,
        arguments: Vec<super::arguments::Argument<'t>>,
        span: Span,
    ) -> Check<Typed> {
        if let Some((function, index)) = group.local {
            return self.call_local(function, index, &group.arguments, arguments, span);
        }
        let chosen = self.choose(&group, &arguments, span)?;
        self.emit_call(chosen, group.receiver, arguments, span)
    }

    /// The call of a chosen method.
    pub(super) fn emit_call(
        &mut self,
        chosen: Chosen,
        receiver: Option<Typed>,
        arguments: Vec<super::arguments::Argument<'t>>,
        span: Span,
    ) -> Check<Typed> {
        let entry = registry().member(chosen.member);
        let mut nodes = Vec::new();
        let mut rest = chosen.params.as_slice();
        let mut instance = !entry.is_static;
        if let Some(receiver) = receiver {
            if entry.is_extension {
                if let Some((first, others)) = rest.split_first() {
                    nodes.push(self.convert(receiver, &first.ty)?.node);
                    rest = others;
                }
            } else if !entry.is_static {
                // Members of `Nullable<T>` itself take a null; those that it inherits do not.
                instance = entry.owner != known::NULLABLE;
                self.note_need(entry.text, &receiver.ty);
                nodes.push(receiver.node);
            }
        }
        nodes.extend(self.emit_arguments(rest, &chosen.mapping, chosen.expanded, arguments)?);
        let node = self.call_node(entry, &chosen.types, nodes, instance);
        Ok(Typed { node, ty: chosen.result, constant: None, span })
    }

    pub(super) fn index(&mut self, target: &'t Expr, args: &'t [ast::Arg], span: Span) -> Check<Typed> {
        let value = self.value(target);
        let arguments = self.arguments(args);
        let (value, arguments) = (value?, arguments?);
        match &value.ty {
            Type::Error => Err(Reported),
            Type::Array(element, rank) => {
                let (element, rank) = ((**element).clone(), usize::from(*rank));
                let indices = self.array_indices(arguments, rank, span)?;
                let node = Node::Element(Box::new(value.node), indices.into());
                Ok(Typed { node, ty: element, constant: None, span })
            }
            Type::Dynamic => {
                let mut nodes = Vec::new();
                for argument in arguments {
                    nodes.push(self.dynamic_argument(argument)?);
                }
                let node = Node::Dynamic(Box::new(value.node), "".into(), nodes.into(), DynamicUse::Index);
                Ok(Typed { node, ty: Type::Dynamic, constant: None, span })
            }
            _ => {
                let chosen = self.choose_indexer(&value.ty, "this", &arguments, span)?;
                self.emit_call(chosen, Some(value), arguments, span)
            }
        }
    }

    pub(super) fn array_indices(
        &mut self,
        arguments: Vec<super::arguments::Argument<'t>>,
        rank: usize,
        span: Span,
    ) -> Check<Vec<Node>> {
        if arguments.len() != rank {
            return self.report(Code::EXPRESSION_CHECK, span, format!("wrong number of indices; {rank} expected"));
        }
        let mut nodes = Vec::new();
        for argument in arguments {
            nodes.push(self.index_argument(argument)?);
        }
        Ok(nodes)
    }

    pub(super) fn choose_indexer(
        &mut self,
        ty: &Type,
        key: &str,
        arguments: &[super::arguments::Argument<'t>],
        span: Span,
    ) -> Check<Chosen> {
        let mut any = false;
        for level in levels(ty) {
            let mut candidates = Vec::new();
            for owner in level {
                let Some(id) = owner.def() else { continue };
                candidates.extend(registry().own(id, key).iter().map(|member| Candidate::new(*member, &owner)));
            }
            any |= !candidates.is_empty();
            if let Some(chosen) = self.resolve_candidates(&candidates, None, arguments, &[], span, false)? {
                return Ok(chosen);
            }
        }
        let message = if any {
            format!("the indexer of `{ty}` does not take these arguments: {}", self.describe_arguments(arguments))
        } else if key == "this" {
            format!("cannot apply indexing with `[…]` to a value of type `{ty}`")
        } else {
            format!("the indexer of `{ty}` is read-only")
        };
        let hint = ty.is(known::OBJECT).then(|| "cast it first, such as `((JObject)x)[…]`".to_owned());
        self.report_hint(Code::EXPRESSION_OPERATOR, span, message, hint)
    }
}

/// Parameters and result of a delegate type.
pub fn delegate_signature(ty: &Type) -> Option<(Vec<Type>, Type)> {
    let Type::Named(id, args) = ty else { return None };
    let (params, result) = registry().def(*id).delegate.as_ref()?;
    Some((params.iter().map(|param| param.substitute(args)).collect(), result.substitute(args)))
}
