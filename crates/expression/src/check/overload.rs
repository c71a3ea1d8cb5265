//! Overload resolution (C# specification, 12.6.4).

use super::arguments::{Argument, ArgumentValue};
use super::member::{Group, delegate_signature, levels};
use super::{Check, Checker};
use crate::syntax::ast::Passing;
use crate::types::{Inference, MemberId, MemberKind, Param, Type, convert, known, registry};
use tollgate_error::{Code, Span};

/// A method that may be meant, with the type arguments of its owner put in.
pub struct Candidate {
    pub member: MemberId,
    pub owner: Type,
}

impl Candidate {
    pub fn new(member: MemberId, owner: &Type) -> Candidate {
        Candidate { member, owner: owner.clone() }
    }
}

/// The method that is called.
pub struct Chosen {
    pub member: MemberId,
    /// Type arguments: of the owner, then of the method.
    pub types: Vec<Type>,
    /// With all type arguments put in.
    pub params: Vec<Param>,
    /// The arguments of each parameter (the receiver's of an extension left out).
    pub mapping: Vec<Vec<usize>>,
    pub expanded: bool,
    pub result: Type,
}

/// A candidate that fits, and how.
struct Applicable {
    chosen: Chosen,
    /// Parameter type of each argument, as called and as declared.
    taken: Vec<Type>,
    declared: Vec<Type>,
    generic: bool,
    defaults: usize,
}

impl<'t> Checker<'t> {
    /// The method of a group that the arguments call.
    pub(super) fn choose(&mut self, group: &Group<'t>, arguments: &[Argument<'t>], span: Span) -> Check<Chosen> {
        let name = group.name;
        let mut any = Vec::new();
        let target = group.receiver.as_ref().map(|receiver| receiver.ty.clone()).or(group.owner.clone());
        let Some(target) = target else { return Err(super::Reported) };
        for level in levels(&target) {
            let mut candidates = Vec::new();
            for owner in level {
                let Some(id) = owner.def() else { continue };
                for member in registry().own(id, &name.text) {
                    let entry = registry().member(*member);
                    if entry.kind == MemberKind::Method && (group.receiver.is_none() || !entry.is_extension) {
                        candidates.push(Candidate::new(*member, &owner));
                    }
                }
            }
            candidates.retain(|candidate| registry().member(candidate.member).is_static == group.receiver.is_none());
            hide_inherited(&mut candidates);
            any.extend(candidates.iter().map(|candidate| candidate.member));
            if let Some(chosen) = self.resolve_candidates(&candidates, None, arguments, &group.arguments, span, true)? {
                return Ok(chosen);
            }
        }
        if let Some(receiver) = &group.receiver {
            let extensions: Vec<Candidate> = registry()
                .extensions(&name.text)
                .iter()
                .map(|member| Candidate::new(*member, &Type::of(registry().member(*member).owner)))
                .collect();
            any.extend(extensions.iter().map(|candidate| candidate.member));
            let chosen =
                self.resolve_candidates(&extensions, Some(&receiver.ty), arguments, &group.arguments, span, true)?;
            if let Some(chosen) = chosen {
                return Ok(chosen);
            }
            if self.extension_does_not_apply(&any, &receiver.ty) {
                return self.no_member(&target, name);
            }
        }
        self.no_overload(&any, group, arguments, span)
    }

    /// Every method found is an extension of something else.
    fn extension_does_not_apply(&self, members: &[MemberId], receiver: &Type) -> bool {
        members.iter().all(|member| {
            let entry = registry().member(*member);
            let Some(first) = entry.params.first().filter(|_| entry.is_extension) else { return false };
            let mut inference = Inference::new(entry.owner_arity, entry.type_params.len());
            inference.lower(receiver, &first.ty);
            (0..inference.count()).for_each(|at| {
                inference.fix(at);
            });
            let ty = inference.apply(&first.ty);
            ty.mentions_param() || convert::standard_implicit(receiver, &ty).is_none()
        })
    }

    fn no_overload(
        &mut self,
        members: &[MemberId],
        group: &Group<'t>,
        arguments: &[Argument<'t>],
        span: Span,
    ) -> Check<Chosen> {
        let name = group.name;
        // A lambda whose body has findings explains more than the overload does.
        let lambdas = arguments.iter().filter_map(|argument| match argument.value {
            ArgumentValue::Lambda(lambda) => Some(lambda),
            _ => None,
        });
        let before = self.diagnostics.len();
        for lambda in lambdas.collect::<Vec<_>>() {
            self.explain_lambda(lambda, members, group.receiver.as_ref().map(|receiver| &receiver.ty), arguments);
        }
        if self.diagnostics.len() > before {
            return Err(super::Reported);
        }
        let counts: Vec<String> =
            members.iter().map(|member| registry().member(*member).text.to_owned()).take(4).collect();
        let takes_count = members.iter().any(|member| {
            let entry = registry().member(*member);
            let offset = usize::from(entry.is_extension && group.receiver.is_some());
            let needed = entry.params.iter().skip(offset).filter(|p| p.default.is_none() && !p.is_params).count();
            let most = if entry.params.iter().any(|p| p.is_params) { usize::MAX } else { entry.params.len() - offset };
            (needed..=most).contains(&arguments.len())
        });
        let message = if takes_count {
            format!("no overload of `{}` takes {}", name.text, self.describe_arguments(arguments))
        } else {
            format!("no overload for method `{}` takes {} arguments", name.text, arguments.len())
        };
        let hint = (!counts.is_empty()).then(|| format!("there is `{}`", counts.join("`, `")));
        self.report_hint(Code::EXPRESSION_NO_OVERLOAD, span, message, hint)
    }

    /// The best of the candidates that fit; none when none does.
    pub(super) fn resolve_candidates(
        &mut self,
        candidates: &[Candidate],
        receiver: Option<&Type>,
        arguments: &[Argument<'t>],
        explicit: &[Type],
        span: Span,
        report_ambiguity: bool,
    ) -> Check<Option<Chosen>> {
        let mut fits: Vec<Applicable> = Vec::new();
        for candidate in candidates {
            self.guard(span)?;
            let normal = self.applicable(candidate, receiver, arguments, explicit, false);
            match normal {
                Some(found) => fits.push(found),
                None => fits.extend(self.applicable(candidate, receiver, arguments, explicit, true)),
            }
        }
        if fits.len() <= 1 {
            return Ok(fits.pop().map(|found| found.chosen));
        }
        let mut best = None;
        for at in 0..fits.len() {
            let wins = (0..fits.len()).all(|other| other == at || self.is_better(&fits, at, other, arguments));
            if wins {
                best = Some(at);
                break;
            }
        }
        match best {
            Some(at) => Ok(Some(fits.swap_remove(at).chosen)),
            None if report_ambiguity => {
                let texts: Vec<&str> =
                    fits.iter().map(|fit| registry().member(fit.chosen.member).text).take(2).collect();
                let message = format!("the call is ambiguous between `{}`", texts.join("` and `"));
                self.report(Code::EXPRESSION_NO_OVERLOAD, span, message)
            }
            None => Ok(Some(fits.swap_remove(0).chosen)),
        }
    }

    /// Which argument each parameter takes.
    pub(super) fn map_arguments(
        &self,
        params: &[Param],
        arguments: &[Argument<'t>],
        expanded: bool,
    ) -> Option<Vec<Vec<usize>>> {
        let mut mapping: Vec<Vec<usize>> = vec![Vec::new(); params.len()];
        let mut out_of_place = false;
        for (index, argument) in arguments.iter().enumerate() {
            let at = match argument.name {
                Some(name) => {
                    let at = params.iter().position(|param| param.name == name.text)?;
                    out_of_place |= at != index;
                    at
                }
                // After a name out of its place all arguments are named.
                None if out_of_place => return None,
                None if index >= params.len() || expanded && params.get(index).is_some_and(|p| p.is_params) => {
                    let last = params.len().checked_sub(1)?;
                    if !(expanded && params.get(last)?.is_params) {
                        return None;
                    }
                    last
                }
                None => index,
            };
            let place = mapping.get_mut(at)?;
            let takes_many = place.is_empty() || expanded && params.get(at)?.is_params;
            if !takes_many {
                return None;
            }
            place.push(index);
        }
        let complete = params
            .iter()
            .zip(&mapping)
            .all(|(param, taken)| !taken.is_empty() || param.default.is_some() || expanded && param.is_params);
        complete.then_some(mapping)
    }

    fn applicable(
        &mut self,
        candidate: &Candidate,
        receiver: Option<&Type>,
        arguments: &[Argument<'t>],
        explicit: &[Type],
        expanded: bool,
    ) -> Option<Applicable> {
        let entry = registry().member(candidate.member);
        if expanded && !entry.params.last().is_some_and(|param| param.is_params) {
            return None;
        }
        let offset = usize::from(receiver.is_some());
        let declared: Vec<Param> = entry.params.iter().skip(offset).cloned().collect();
        let mapping = self.map_arguments(&declared, arguments, expanded)?;
        let owner_args = candidate.owner.args();
        let count = entry.type_params.len();
        let substitute = |ty: &Type| ty.substitute(owner_args);
        let params: Vec<Param> =
            declared.iter().map(|param| Param { ty: substitute(&param.ty), ..param.clone() }).collect();
        let element = |param: &Param| match (&param.ty, expanded && param.is_params) {
            (Type::Array(element, _), true) => (**element).clone(),
            (ty, _) => ty.clone(),
        };
        let mut types: Vec<Type> = owner_args.to_vec();
        types.resize(entry.owner_arity, Type::object());
        if !explicit.is_empty() {
            if explicit.len() != count {
                return None;
            }
            types.extend(explicit.iter().cloned());
        } else if count > 0 {
            let mut pairs: Vec<(&Argument<'t>, Type)> = Vec::new();
            for (param, taken) in params.iter().zip(&mapping) {
                pairs.extend(taken.iter().filter_map(|index| Some((arguments.get(*index)?, element(param)))));
            }
            let this = entry.params.first().filter(|_| receiver.is_some()).map(|param| substitute(&param.ty));
            types.extend(self.infer(entry.owner_arity, count, receiver.zip(this.as_ref()), &pairs)?);
        }
        let finish = |ty: &Type| ty.substitute(&types);
        if let (Some(receiver), Some(first)) = (receiver, entry.params.first()) {
            convert::standard_implicit(receiver, &finish(&first.ty))
                .filter(|conversion| *conversion == convert::Conversion::Keep)?;
        }
        let params: Vec<Param> = params.iter().map(|param| Param { ty: finish(&param.ty), ..param.clone() }).collect();
        let mut taken = vec![Type::Error; arguments.len()];
        let mut declared_types = vec![Type::Error; arguments.len()];
        for ((param, plain), indices) in params.iter().zip(&declared).zip(&mapping) {
            let ty = element(param);
            for index in indices {
                let argument = arguments.get(*index)?;
                if !self.argument_fits(argument, param, &ty) {
                    return None;
                }
                *taken.get_mut(*index)? = ty.clone();
                *declared_types.get_mut(*index)? = element(plain);
            }
        }
        let defaults = mapping.iter().filter(|taken| taken.is_empty()).count();
        let result = finish(&entry.result);
        let mut all = params;
        if receiver.is_some()
            && let Some(first) = entry.params.first()
        {
            all.insert(0, Param { ty: finish(&first.ty), ..first.clone() });
        }
        let chosen = Chosen { member: candidate.member, types, params: all, mapping, expanded, result };
        Some(Applicable { chosen, taken, declared: declared_types, generic: count > 0, defaults })
    }

    pub(super) fn argument_fits(&mut self, argument: &Argument<'t>, param: &Param, ty: &Type) -> bool {
        let by_reference = param.passing == Passing::In && argument.passing == Passing::Value;
        if argument.passing != param.passing && !by_reference {
            return false;
        }
        match &argument.value {
            ArgumentValue::Typed(value) => self.implicit(value, ty).is_some(),
            ArgumentValue::Lambda(lambda) => self.lambda_fits(lambda, ty),
            ArgumentValue::Group(group) => self.group_fits(group, ty),
            ArgumentValue::Default | ArgumentValue::Throw(_) | ArgumentValue::Discard => true,
            ArgumentValue::Tuple(_) => matches!(ty.without_nullable(), Type::Tuple(_)),
            ArgumentValue::Variable { ty: found, .. } => found == ty,
            ArgumentValue::New(declared, _) => declared.as_ref().is_none_or(|declared| declared == ty),
        }
    }

    /// Type inference (12.6.3): first what has types, then lambdas whose parameters are known.
    pub(super) fn infer(
        &mut self,
        first: usize,
        count: usize,
        receiver: Option<(&Type, &Type)>,
        pairs: &[(&Argument<'t>, Type)],
    ) -> Option<Vec<Type>> {
        let mut inference = Inference::new(first, count);
        if let Some((from, to)) = receiver {
            inference.lower(from, to);
        }
        for (argument, ty) in pairs {
            match &argument.value {
                ArgumentValue::Typed(value) if argument.passing == Passing::Value => inference.lower(&value.ty, ty),
                ArgumentValue::Variable { ty: from, .. } => inference.exact(from, ty),
                ArgumentValue::New(Some(from), _) => inference.exact(from, ty),
                ArgumentValue::Lambda(lambda) => self.infer_params(&mut inference, lambda, ty),
                _ => {}
            }
        }
        let mut pending: Vec<&(&Argument<'t>, Type)> = pairs
            .iter()
            .filter(|(argument, _)| matches!(argument.value, ArgumentValue::Lambda(_) | ArgumentValue::Group(_)))
            .collect();
        // Each round fixes what nothing pending decides, then lets lambdas speak.
        for _ in 0..=count + pairs.len() {
            for at in 0..count {
                let param = Type::Param((first + at) as u8);
                let depends = pending
                    .iter()
                    .any(|(_, ty)| delegate_signature(ty).is_some_and(|(_, result)| mentions(&result, &param)));
                if !depends && inference.has_bounds(at) {
                    inference.fix(at);
                }
            }
            let ready = |inference: &Inference, ty: &Type| {
                delegate_signature(ty)
                    .is_none_or(|(params, _)| params.iter().all(|param| inference.open(param).is_empty()))
            };
            let mut ready_at = pending.iter().position(|(_, ty)| ready(&inference, ty));
            if ready_at.is_none() && !pending.is_empty() {
                // Parameters that stand in results of other lambdas too: fix those with bounds.
                for (_, ty) in &pending {
                    let Some((params, _)) = delegate_signature(ty) else { continue };
                    let open: Vec<usize> = params.iter().flat_map(|param| inference.open(param)).collect();
                    for open in open {
                        if inference.has_bounds(open) {
                            inference.fix(open);
                        }
                    }
                }
                ready_at = pending.iter().position(|(_, ty)| ready(&inference, ty));
            }
            let Some(at) = ready_at else { break };
            let (argument, ty) = pending.remove(at);
            self.infer_result(&mut inference, argument, ty);
        }
        (0..count).for_each(|at| {
            inference.fix(at);
        });
        inference.finish()
    }

    fn infer_params(&mut self, inference: &mut Inference, lambda: &'t crate::syntax::ast::Lambda, ty: &Type) {
        let Some((params, _)) = delegate_signature(ty) else { return };
        for (declared, param) in lambda.params.iter().zip(&params) {
            if let Some(declared) = &declared.ty {
                let (resolved, _) = self.speculate(|c| c.resolve(declared));
                if let Ok(resolved) = resolved {
                    inference.exact(&resolved, param);
                }
            }
        }
    }

    fn infer_result(&mut self, inference: &mut Inference, argument: &Argument<'t>, ty: &Type) {
        let Some((params, result)) = delegate_signature(ty) else { return };
        let params: Vec<Type> = params.iter().map(|param| inference.apply(param)).collect();
        match &argument.value {
            ArgumentValue::Lambda(lambda) => {
                if let Some(found) = self.lambda_result(lambda, &params) {
                    inference.lower(&found, &result);
                }
            }
            ArgumentValue::Group(group) => {
                if let Some(found) = self.group_result(group, &params) {
                    inference.lower(&found, &result);
                }
            }
            _ => {}
        }
    }

    /// Whether candidate `a` is better than `b` (12.6.4.3).
    fn is_better(&mut self, fits: &[Applicable], a: usize, b: usize, arguments: &[Argument<'t>]) -> bool {
        let (Some(a), Some(b)) = (fits.get(a), fits.get(b)) else { return false };
        let (mut a_wins, mut b_wins) = (false, false);
        for (index, argument) in arguments.iter().enumerate() {
            let (Some(x), Some(y)) = (a.taken.get(index), b.taken.get(index)) else { continue };
            if x == y {
                continue;
            }
            a_wins |= self.better_conversion(argument, x, y);
            b_wins |= self.better_conversion(argument, y, x);
        }
        if a_wins != b_wins {
            return a_wins;
        }
        if a_wins {
            return false;
        }
        if a.taken == b.taken || !a_wins {
            if a.generic != b.generic {
                return !a.generic;
            }
            if a.chosen.expanded != b.chosen.expanded {
                return !a.chosen.expanded;
            }
            if (a.defaults == 0) != (b.defaults == 0) {
                return a.defaults == 0;
            }
            if a.chosen.expanded && a.chosen.params.len() != b.chosen.params.len() {
                return a.chosen.params.len() > b.chosen.params.len();
            }
            let specific = |x: &[Type], y: &[Type]| {
                let pairs = x.iter().zip(y);
                pairs.clone().all(|(x, y)| !more_specific(y, x)) && pairs.clone().any(|(x, y)| more_specific(x, y))
            };
            if specific(&a.declared, &b.declared) {
                return true;
            }
            // The receiver of an extension: the more derived one wins.
            if let (Some(x), Some(y)) = (a.chosen.params.first(), b.chosen.params.first())
                && a.chosen.params.len() > arguments.len()
                && x.ty != y.ty
            {
                return convert::standard_implicit(&x.ty, &y.ty).is_some()
                    && convert::standard_implicit(&y.ty, &x.ty).is_none();
            }
        }
        false
    }

    /// Better conversion from an expression (12.6.4.4).
    fn better_conversion(&mut self, argument: &Argument<'t>, x: &Type, y: &Type) -> bool {
        match &argument.value {
            ArgumentValue::Typed(value) if value.ty == *x || value.ty == *y => {
                return value.ty == *x;
            }
            ArgumentValue::Lambda(lambda) => {
                let (Some((params, result_x)), Some((params_y, result_y))) =
                    (delegate_signature(x), delegate_signature(y))
                else {
                    return false;
                };
                if params != params_y {
                    return false;
                }
                if matches!(result_y, Type::Void) {
                    return !matches!(result_x, Type::Void);
                }
                return match self.lambda_result(lambda, &params) {
                    Some(found) if found == result_x || found == result_y => found == result_x,
                    _ => better_target(&result_x, &result_y),
                };
            }
            _ => {}
        }
        better_target(x, y)
    }
}

/// A method of an interface hides one with the same parameters of an interface below it.
fn hide_inherited(candidates: &mut Vec<Candidate>) {
    let params = |candidate: &Candidate| -> Vec<Type> {
        let entry = registry().member(candidate.member);
        entry.params.iter().map(|param| param.ty.substitute(candidate.owner.args())).collect()
    };
    let hidden: Vec<bool> = candidates
        .iter()
        .map(|base| {
            candidates.iter().any(|derived| {
                derived.owner != base.owner
                    && base
                        .owner
                        .def()
                        .is_some_and(|id| convert::find_super(&derived.owner, id).as_ref() == Some(&base.owner))
                    && params(derived) == params(base)
            })
        })
        .collect();
    let mut at = 0;
    candidates.retain(|_| {
        at += 1;
        !hidden.get(at - 1).copied().unwrap_or(false)
    });
}

fn mentions(ty: &Type, param: &Type) -> bool {
    ty == param
        || match ty {
            Type::Named(_, args) => args.iter().any(|arg| mentions(arg, param)),
            Type::Array(element, _) => mentions(element, param),
            Type::Tuple(tuple) => tuple.items.iter().any(|item| mentions(item, param)),
            _ => false,
        }
}

/// Better conversion target (12.6.4.7).
fn better_target(x: &Type, y: &Type) -> bool {
    let to_y = convert::implicit(x, y).is_some();
    let to_x = convert::implicit(y, x).is_some();
    if to_y != to_x {
        return to_y;
    }
    let signed = |ty: &Type| {
        ty.without_nullable()
            .def()
            .is_some_and(|id| matches!(id, known::SBYTE | known::INT16 | known::INT32 | known::INT64))
    };
    let unsigned = |ty: &Type| {
        ty.without_nullable()
            .def()
            .is_some_and(|id| matches!(id, known::BYTE | known::UINT16 | known::UINT32 | known::UINT64))
    };
    signed(x) && unsigned(y)
}

/// A type without a type parameter is more specific than the parameter (12.6.4.3).
fn more_specific(x: &Type, y: &Type) -> bool {
    match (x, y) {
        (Type::Param(_), _) => false,
        (_, Type::Param(_)) => true,
        (Type::Array(a, _), Type::Array(b, _)) => more_specific(a, b),
        (Type::Named(a, args_a), Type::Named(b, args_b)) if a == b => {
            args_a.iter().zip(args_b.iter()).any(|(a, b)| more_specific(a, b))
                && !args_a.iter().zip(args_b.iter()).any(|(a, b)| more_specific(b, a))
        }
        _ => false,
    }
}
