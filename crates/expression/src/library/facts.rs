//! Objects of the context as Json.NET sees them: an object of their properties, a dictionary of
//! their keys.

use super::dictionary::Pair;
use crate::run::{Run, Thrown};
use crate::types::{MemberKind, Type, convert, known, registry};
use crate::value::{Value, downcast};
use smol_str::SmolStr;

/// Second spellings of a property, which documents may read; an object is written with the first.
const ALIASES: &[(&str, &str)] = &[
    ("ILastError", "HttpErrorCode"),
    ("IProduct", "SubscriptionsLimit"),
    ("ISubscription", "CreatedTime"),
    ("BasicAuthCredentials", "Username"),
];

/// Names and values in the order of the type's table, the base's last.
pub fn properties(run: &mut Run<'_>, value: &Value) -> Result<Vec<(SmolStr, Value)>, Thrown> {
    let Some(ty) = value.runtime_type() else { return Ok(Vec::new()) };
    let mut found: Vec<(SmolStr, Value)> = Vec::new();
    for owner in convert::all_supers(&ty).into_iter().filter(|owner| !owner.is(known::OBJECT)) {
        let Some(id) = owner.def() else { continue };
        let def = registry().def(id);
        let mut members: Vec<_> = def.members.values().flatten().copied().collect();
        members.sort_by_key(|member| member.0);
        for member in members {
            let entry = registry().member(member);
            let is_alias = ALIASES.iter().any(|(ty, name)| *ty == def.name && *name == entry.name);
            if entry.kind != MemberKind::Get || entry.is_static || !entry.params.is_empty() || is_alias {
                continue;
            }
            if found.iter().any(|(name, _)| *name == entry.name) {
                continue;
            }
            let content = run.native(entry.native, std::slice::from_ref(value), owner.args())?;
            found.push((entry.name.clone(), content));
        }
    }
    Ok(found)
}

/// The pairs of a dictionary of the context; none when it is something else.
pub fn pairs(run: &mut Run<'_>, value: &Value) -> Result<Option<Vec<(Value, Value)>>, Thrown> {
    let is_dictionary = |ty: &Type| {
        convert::find_super(ty, known::READ_ONLY_DICTIONARY).is_some()
            || convert::find_super(ty, known::IDICTIONARY).is_some()
    };
    if !value.runtime_type().is_some_and(|ty| is_dictionary(&ty)) {
        return Ok(None);
    }
    let items = run.collect(value)?;
    let pair = |item: &Value| downcast::<Pair>(item).map(|pair| (pair.key.clone(), pair.value.clone()));
    Ok(Some(items.iter().filter_map(pair).collect()))
}
