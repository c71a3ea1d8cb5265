//! Which conversions exist between two types (C# specification, chapter 10).

use super::registry::{MemberId, Variance, registry};
use super::signature::MemberKind;
use super::{DefId, Type, known};
use crate::program::Const;

/// What has to happen to a value for it to be of the other type.
#[derive(Debug, Clone, PartialEq)]
pub enum Conversion {
    /// Nothing: identity, reference, boxing, into nullable.
    Keep,
    /// To the numeric type; null stays null.
    Numeric(DefId),
    /// To the enum; null stays null.
    Enum(DefId),
    /// `T?` to `T`: null throws.
    Unwrap,
    /// A run-time check: unboxing or a reference cast.
    Cast(Type),
    /// From `dynamic`: chosen by the value's own type at run time. `true`: a cast.
    Dynamic(Type, bool),
    /// Through an operator, with standard conversions around it. `true`: lifted over null.
    User(MemberId, Box<Conversion>, Box<Conversion>, bool),
    /// Both.
    Then(Box<Conversion>, Box<Conversion>),
    /// Element by element.
    Tuple(Vec<Conversion>),
}

/// The instantiation of `id` that `ty` is or inherits.
pub fn find_super(ty: &Type, id: DefId) -> Option<Type> {
    if ty.is(id) {
        return Some(ty.clone());
    }
    supers(ty).iter().find_map(|up| find_super(up, id))
}

/// Whether one of the constructions of `id` that a type is or derives from passes.
fn any_super(ty: &Type, id: DefId, passes: &dyn Fn(&Type) -> bool) -> bool {
    if ty.is(id) { passes(ty) } else { supers(ty).iter().any(|up| any_super(up, id, passes)) }
}

/// Base class and interfaces, directly.
pub fn supers(ty: &Type) -> Vec<Type> {
    match ty {
        Type::Named(id, args) => registry().def(*id).supers.iter().map(|up| up.substitute(args)).collect(),
        Type::Array(element, 1) => {
            let item = vec![(**element).clone()];
            vec![
                Type::of(known::ARRAY),
                Type::generic(known::ILIST, item.clone()),
                Type::generic(known::READ_ONLY_LIST, item),
            ]
        }
        Type::Array(..) => vec![Type::of(known::ARRAY)],
        Type::Tuple(_) => vec![Type::of(known::TUPLE_VALUE)],
        Type::Anonymous(_) => vec![Type::object()],
        _ => Vec::new(),
    }
}

/// Every type that `ty` is, itself first, each once.
pub fn all_supers(ty: &Type) -> Vec<Type> {
    let mut all = vec![ty.clone()];
    let mut at = 0;
    while let Some(next) = all.get(at).cloned() {
        for up in supers(&next) {
            if !all.contains(&up) {
                all.push(up);
            }
        }
        at += 1;
    }
    if !ty.is(known::OBJECT) && !all.iter().any(|up| up.is(known::OBJECT)) && !matches!(ty, Type::Void | Type::Null) {
        all.push(Type::object());
    }
    all
}

/// Identity, reference and boxing conversions: the value stays as it is.
pub fn is_subtype(from: &Type, to: &Type) -> bool {
    if from == to || from.is_error() || to.is_error() {
        return true;
    }
    if matches!(
        (from, to),
        (Type::Dynamic, Type::Named(known::OBJECT, _)) | (Type::Named(known::OBJECT, _), Type::Dynamic)
    ) {
        return true;
    }
    match (from, to) {
        (Type::Void, _) | (_, Type::Void | Type::Null) => return false,
        (Type::Null, _) => return to.is_reference() || to.nullable_inner().is_some(),
        _ => {}
    }
    if to.is(known::OBJECT) || matches!(to, Type::Dynamic) {
        return true;
    }
    if let Some(inner) = from.nullable_inner() {
        return (to.is_interface() || to.is(known::VALUE_TYPE)) && is_subtype(inner, to);
    }
    if let (Type::Array(a, ra), Type::Array(b, rb)) = (from, to) {
        return ra == rb && a.is_reference() && b.is_reference() && is_subtype(a, b);
    }
    if let Type::Named(id, args) = to {
        if let Type::Array(element, 1) = from
            && let Some(item) = args.first()
            && [known::ENUMERABLE, known::ILIST, known::ICOLLECTION, known::READ_ONLY_LIST, known::READ_ONLY_COLLECTION]
                .contains(id)
        {
            return **element == *item || element.is_reference() && is_subtype(element, item);
        }
        return any_super(from, *id, &|found| variant(*id, found.args(), args));
    }
    false
}

/// Whether a sequence of this type gives keys with values.
pub fn walks_pairs(ty: &Type) -> bool {
    find_super(ty, known::ENUMERABLE)
        .is_some_and(|walk| walk.args().first().is_some_and(|item| item.is(known::KEY_VALUE)))
}

fn variant(id: DefId, from: &[Type], to: &[Type]) -> bool {
    let params = &registry().def(id).params;
    from.iter().zip(to).zip(params).all(|((from, to), (_, variance))| {
        from == to
            || match variance {
                Variance::None => false,
                Variance::Out => from.is_reference() && is_subtype(from, to),
                Variance::In => to.is_reference() && is_subtype(to, from),
            }
    })
}

/// Implicit numeric conversions (10.2.3).
pub fn widens(from: DefId, to: DefId) -> bool {
    use known::{BYTE, CHAR, DECIMAL, DOUBLE, INT16, INT32, INT64, SBYTE, SINGLE, UINT16, UINT32, UINT64};
    let targets: &[DefId] = match from {
        SBYTE => &[INT16, INT32, INT64, SINGLE, DOUBLE, DECIMAL],
        BYTE => &[INT16, UINT16, INT32, UINT32, INT64, UINT64, SINGLE, DOUBLE, DECIMAL],
        INT16 => &[INT32, INT64, SINGLE, DOUBLE, DECIMAL],
        UINT16 => &[INT32, UINT32, INT64, UINT64, SINGLE, DOUBLE, DECIMAL],
        INT32 => &[INT64, SINGLE, DOUBLE, DECIMAL],
        UINT32 => &[INT64, UINT64, SINGLE, DOUBLE, DECIMAL],
        INT64 | UINT64 => &[SINGLE, DOUBLE, DECIMAL],
        CHAR => &[UINT16, INT32, UINT32, INT64, UINT64, SINGLE, DOUBLE, DECIMAL],
        SINGLE => &[DOUBLE],
        _ => &[],
    };
    targets.contains(&to)
}

/// Standard implicit conversions: no operator of a user's type.
pub fn standard_implicit(from: &Type, to: &Type) -> Option<Conversion> {
    if is_subtype(from, to) {
        let seen_as_pairs = from.is(known::JOBJECT) && walks_pairs(to);
        return Some(if seen_as_pairs { Conversion::Cast(to.clone()) } else { Conversion::Keep });
    }
    if let (Type::Tuple(a), Type::Tuple(b)) = (from, to)
        && a.items.len() == b.items.len()
    {
        let items: Option<Vec<_>> = a.items.iter().zip(&b.items).map(|(a, b)| implicit(a, b)).collect();
        return Some(Conversion::Tuple(items?));
    }
    let target = to.without_nullable();
    let source = match (from.nullable_inner(), to.nullable_inner()) {
        (Some(inner), Some(_)) => inner,
        (Some(_), None) => return None,
        _ => from,
    };
    if to.nullable_inner().is_some() && is_subtype(source, target) {
        return Some(Conversion::Keep);
    }
    match (source.def(), target.def()) {
        (Some(a), Some(b)) if widens(a, b) => Some(Conversion::Numeric(b)),
        _ => None,
    }
}

pub fn implicit(from: &Type, to: &Type) -> Option<Conversion> {
    standard_implicit(from, to).or_else(|| user(from, to, false))
}

/// A constant of type `int` (or `long`) fits smaller types when its value does; a zero fits enums.
pub fn implicit_constant(constant: &Const, from: &Type, to: &Type) -> Option<Conversion> {
    let target = to.without_nullable();
    let value = constant.integer()?;
    let id = target.def()?;
    if target.is_enum() {
        return (value == 0 && from.def().is_some_and(known::is_integral)).then_some(Conversion::Enum(id));
    }
    let fits = match (from.def()?, id) {
        (known::INT32, known::SBYTE) => i8::try_from(value).is_ok(),
        (known::INT32, known::BYTE) => u8::try_from(value).is_ok(),
        (known::INT32, known::INT16) => i16::try_from(value).is_ok(),
        (known::INT32, known::UINT16) => u16::try_from(value).is_ok(),
        (known::INT32, known::UINT32) => u32::try_from(value).is_ok(),
        (known::INT32 | known::INT64, known::UINT64) => u64::try_from(value).is_ok(),
        _ => false,
    };
    fits.then_some(Conversion::Numeric(id))
}

/// Explicit conversions; includes the implicit ones.
pub fn explicit(from: &Type, to: &Type) -> Option<Conversion> {
    if let Some(found) = standard_implicit(from, to) {
        return Some(found);
    }
    let (source, target) = (from.without_nullable(), to.without_nullable());
    let nullable_to_value = from.nullable_inner().is_some() && to.nullable_inner().is_none() && to.is_value_type();
    let plain = if source == target {
        Some(Conversion::Keep)
    } else {
        match (source.def(), target.def()) {
            (Some(a), Some(b)) => {
                let a_number = known::is_numeric(a) || a == known::CHAR;
                let b_number = known::is_numeric(b) || b == known::CHAR;
                if (a_number || source.is_enum()) && b_number {
                    Some(Conversion::Numeric(b))
                } else if target.is_enum() && (a_number || source.is_enum()) {
                    Some(Conversion::Enum(b))
                } else {
                    None
                }
            }
            _ => None,
        }
    };
    if let Some(plain) = plain {
        return Some(if nullable_to_value {
            Conversion::Then(Box::new(Conversion::Unwrap), Box::new(plain))
        } else {
            plain
        });
    }
    if let (Type::Tuple(a), Type::Tuple(b)) = (from, to)
        && a.items.len() == b.items.len()
    {
        let items: Option<Vec<_>> = a.items.iter().zip(&b.items).map(|(a, b)| explicit(a, b)).collect();
        return Some(Conversion::Tuple(items?));
    }
    if can_cast(from, to) {
        return Some(Conversion::Cast(to.clone()));
    }
    user(from, to, true)
}

/// Reference casts and unboxing (10.3.5, 10.3.7).
fn can_cast(from: &Type, to: &Type) -> bool {
    if matches!(from, Type::Void | Type::Null) || matches!(to, Type::Void) {
        return false;
    }
    if from.is(known::OBJECT) || matches!(from, Type::Dynamic) || is_subtype(to.without_nullable(), from) {
        return true;
    }
    if to.nullable_inner().is_some_and(|inner| is_subtype(inner, from)) && from.is_reference() {
        return true;
    }
    if let (Type::Array(a, ra), Type::Array(b, rb)) = (from, to) {
        return ra == rb && a.is_reference() && b.is_reference() && (can_cast(a, b) || is_subtype(a, b));
    }
    let sealed = |ty: &Type| {
        ty.is_value_type()
            || ty.is(known::STRING)
            || ty.is_delegate()
            || matches!(ty, Type::Anonymous(_) | Type::Array(..))
    };
    if from.is_interface() && to.is_interface() {
        return true;
    }
    if from.is_interface() && matches!(to, Type::Array(..)) {
        return supers(to).iter().any(|up| find_super(up, from.def().unwrap_or(known::OBJECT)).is_some());
    }
    if from.is_interface() && to.is_reference() {
        return !sealed(to);
    }
    if to.is_interface() && from.is_reference() {
        return !sealed(from);
    }
    if from.is_delegate() && to.is_delegate() && from.def() == to.def() {
        return true;
    }
    // Variant interface or class of the same definition.
    false
}

/// User-defined conversions (10.5): the operator with the most specific source and target.
fn user(from: &Type, to: &Type, is_explicit: bool) -> Option<Conversion> {
    if from.is_interface() || to.is_interface() || matches!(from, Type::Null | Type::Void) {
        return None;
    }
    let (source, target) = (from.without_nullable(), to.without_nullable());
    let standard = |a: &Type, b: &Type| {
        if is_explicit { standard_implicit(a, b).or_else(|| standard_explicit(a, b)) } else { standard_implicit(a, b) }
    };
    let mut found: Vec<(MemberId, Type, Type)> = Vec::new();
    for ty in all_supers(source).into_iter().chain(all_supers(target)) {
        let Some(id) = ty.def() else { continue };
        for member in registry().own(id, "op:convert") {
            let entry = registry().member(*member);
            if entry.kind == MemberKind::Explicit && !is_explicit {
                continue;
            }
            let Some(param) = entry.params.first() else { continue };
            let fits_in =
                |ty: &Type| standard(ty, &param.ty).is_some() || is_explicit && standard(&param.ty, ty).is_some();
            let fits_out = |ty: &Type| {
                standard(&entry.result, ty).is_some() || is_explicit && standard(ty, &entry.result).is_some()
            };
            if (fits_in(from) || fits_in(source))
                && (fits_out(to) || fits_out(target))
                && !found.iter().any(|f| f.0 == *member)
            {
                found.push((*member, param.ty.clone(), entry.result.clone()));
            }
        }
    }
    let sources: Vec<&Type> = found.iter().map(|f| &f.1).collect();
    let best_source = most_specific_source(&sources, from, source)?.clone();
    let targets: Vec<&Type> = found.iter().map(|f| &f.2).collect();
    let best_target = most_specific_target(&targets, to, target)?.clone();
    let mut best = found.into_iter().filter(|f| f.1 == best_source && f.2 == best_target);
    let (member, param, result) = best.next()?;
    let before = standard(from, &param).or_else(|| standard(source, &param))?;
    let after = standard(&result, to).or_else(|| standard(&result, target))?;
    let lifted = from.nullable_inner().is_some() && param.nullable_inner().is_none() && param.is_value_type();
    Some(Conversion::User(member, Box::new(before), Box::new(after), lifted))
}

/// Numeric, enum and nullable explicit conversions and casts, without operators of users' types.
fn standard_explicit(from: &Type, to: &Type) -> Option<Conversion> {
    let (source, target) = (from.without_nullable(), to.without_nullable());
    let back = standard_implicit(to, from).is_some();
    match (source.def(), target.def()) {
        (Some(a), Some(b)) if known::is_numeric(a) && (known::is_numeric(b) || b == known::CHAR) => {
            Some(if from.nullable_inner().is_some() && to.nullable_inner().is_none() {
                Conversion::Then(Box::new(Conversion::Unwrap), Box::new(Conversion::Numeric(b)))
            } else {
                Conversion::Numeric(b)
            })
        }
        _ if source == target && from != to => Some(Conversion::Unwrap),
        _ if back && from.is_reference() => Some(Conversion::Cast(to.clone())),
        _ => None,
    }
}

fn most_specific_source<'t>(types: &[&'t Type], from: &Type, inner: &Type) -> Option<&'t Type> {
    if let Some(exact) = types.iter().find(|ty| **ty == from).or_else(|| types.iter().find(|ty| **ty == inner)) {
        return Some(exact);
    }
    let encompassing: Vec<&&Type> = types.iter().filter(|ty| standard_implicit(from, ty).is_some()).collect();
    if encompassing.is_empty() {
        return types.iter().find(|ty| types.iter().all(|other| standard_implicit(other, ty).is_some())).copied();
    }
    encompassing
        .iter()
        .find(|ty| encompassing.iter().all(|other| standard_implicit(ty, other).is_some()))
        .map(|ty| **ty)
}

fn most_specific_target<'t>(types: &[&'t Type], to: &Type, inner: &Type) -> Option<&'t Type> {
    if let Some(exact) = types.iter().find(|ty| **ty == to).or_else(|| types.iter().find(|ty| **ty == inner)) {
        return Some(exact);
    }
    let inside: Vec<&&Type> = types.iter().filter(|ty| standard_implicit(ty, to).is_some()).collect();
    if inside.is_empty() {
        return types.iter().find(|ty| types.iter().all(|other| standard_implicit(ty, other).is_some())).copied();
    }
    inside.iter().find(|ty| inside.iter().all(|other| standard_implicit(other, ty).is_some())).map(|ty| **ty)
}
