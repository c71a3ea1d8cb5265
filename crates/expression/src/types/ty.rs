//! Static types.

use super::known;
use super::registry::registry;
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;

/// The number of a type definition in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefId(pub u16);

/// Type arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Args(Option<Arc<[Type]>>);

impl Args {
    pub fn new(types: Vec<Type>) -> Args {
        Args(if types.is_empty() { None } else { Some(types.into()) })
    }
}

impl std::ops::Deref for Args {
    type Target = [Type];

    fn deref(&self) -> &[Type] {
        self.0.as_deref().unwrap_or(&[])
    }
}

#[derive(Debug, Clone)]
pub struct TupleType {
    pub items: Vec<Type>,
    pub names: Vec<Option<SmolStr>>,
}

impl TupleType {
    /// Elements that a `ValueTuple` holds itself; the others are in the tuple of its field `Rest`.
    pub const FIRST: usize = 7;

    pub fn first(&self) -> &[Type] {
        self.items.get(..Self::FIRST).unwrap_or(&self.items)
    }

    /// The type of `Rest`.
    pub fn rest(&self) -> Option<Type> {
        let items = self.items.get(Self::FIRST..).filter(|items| !items.is_empty())?;
        Some(Type::tuple(items.to_vec(), vec![None; items.len()]))
    }
}

/// Names do not make a different type: conversion between them is the identity.
impl PartialEq for TupleType {
    fn eq(&self, other: &TupleType) -> bool {
        self.items == other.items
    }
}

impl Eq for TupleType {}

impl std::hash::Hash for TupleType {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.items.hash(state);
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// A finding was reported: everything fits it.
    Error,
    /// The type of `null`.
    Null,
    Void,
    Named(DefId, Args),
    Array(Arc<Type>, u8),
    Tuple(Arc<TupleType>),
    Anonymous(Arc<Vec<(SmolStr, Type)>>),
    /// A type parameter: of the type first, then of the method, in the signatures of the registry.
    Param(u8),
    Dynamic,
}

impl Type {
    pub fn of(id: DefId) -> Type {
        Type::Named(id, Args::default())
    }

    pub fn generic(id: DefId, args: Vec<Type>) -> Type {
        Type::Named(id, Args::new(args))
    }

    pub fn array(element: Type) -> Type {
        Type::Array(Arc::new(element), 1)
    }

    pub fn nullable(inner: Type) -> Type {
        Type::generic(known::NULLABLE, vec![inner])
    }

    pub fn tuple(items: Vec<Type>, names: Vec<Option<SmolStr>>) -> Type {
        Type::Tuple(Arc::new(TupleType { items, names }))
    }

    /// The type of a full name without type parameters; `object` when the library lacks it.
    pub fn named(full: &str) -> Type {
        Type::of(registry().full(full, 0).unwrap_or(known::OBJECT))
    }

    pub fn object() -> Type {
        Type::of(known::OBJECT)
    }

    pub fn string() -> Type {
        Type::of(known::STRING)
    }

    pub fn bool() -> Type {
        Type::of(known::BOOLEAN)
    }

    pub fn int() -> Type {
        Type::of(known::INT32)
    }

    pub fn enumerable(item: Type) -> Type {
        Type::generic(known::ENUMERABLE, vec![item])
    }

    pub fn def(&self) -> Option<DefId> {
        match self {
            Type::Named(id, _) => Some(*id),
            _ => None,
        }
    }

    pub fn is(&self, id: DefId) -> bool {
        matches!(self, Type::Named(found, _) if *found == id)
    }

    pub fn args(&self) -> &[Type] {
        match self {
            Type::Named(_, args) => args,
            _ => &[],
        }
    }

    /// `T` of `T?`.
    pub fn nullable_inner(&self) -> Option<&Type> {
        match self {
            Type::Named(id, args) if *id == known::NULLABLE => args.first(),
            _ => None,
        }
    }

    /// `T` of `T?`, otherwise itself.
    pub fn without_nullable(&self) -> &Type {
        self.nullable_inner().unwrap_or(self)
    }

    pub fn is_value_type(&self) -> bool {
        match self {
            Type::Named(id, _) => registry().def(*id).kind.is_value(),
            Type::Tuple(_) => true,
            _ => false,
        }
    }

    pub fn is_reference(&self) -> bool {
        match self {
            Type::Named(id, _) => !registry().def(*id).kind.is_value() && *id != known::VOID,
            Type::Array(..) | Type::Anonymous(_) | Type::Null | Type::Dynamic => true,
            _ => false,
        }
    }

    pub fn is_enum(&self) -> bool {
        matches!(self, Type::Named(id, _) if registry().def(*id).is_enum())
    }

    pub fn is_interface(&self) -> bool {
        matches!(self, Type::Named(id, _) if registry().def(*id).is_interface())
    }

    pub fn is_delegate(&self) -> bool {
        matches!(self, Type::Named(id, _) if registry().def(*id).delegate.is_some())
    }

    pub fn is_error(&self) -> bool {
        matches!(self, Type::Error)
    }

    /// Replaces type parameters. Missing ones stay.
    pub fn substitute(&self, args: &[Type]) -> Type {
        match self {
            Type::Param(index) => args.get(usize::from(*index)).cloned().unwrap_or_else(|| self.clone()),
            Type::Named(id, inner) if !inner.is_empty() => {
                Type::generic(*id, inner.iter().map(|ty| ty.substitute(args)).collect())
            }
            Type::Array(element, rank) => Type::Array(Arc::new(element.substitute(args)), *rank),
            Type::Tuple(tuple) => {
                Type::tuple(tuple.items.iter().map(|ty| ty.substitute(args)).collect(), tuple.names.clone())
            }
            Type::Anonymous(members) => Type::Anonymous(Arc::new(
                members.iter().map(|(name, ty)| (name.clone(), ty.substitute(args))).collect(),
            )),
            _ => self.clone(),
        }
    }

    pub fn mentions_param(&self) -> bool {
        match self {
            Type::Param(_) => true,
            Type::Named(_, args) => args.iter().any(Type::mentions_param),
            Type::Array(element, _) => element.mentions_param(),
            Type::Tuple(tuple) => tuple.items.iter().any(Type::mentions_param),
            Type::Anonymous(members) => members.iter().any(|(_, ty)| ty.mentions_param()),
            _ => false,
        }
    }

    /// The name that the run time gives: `System.Collections.Generic.List<System.Int32>`, as the
    /// conformance vectors write it.
    pub fn clr_name(&self) -> String {
        match self {
            Type::Named(id, args) => {
                let def = registry().def(*id);
                let mut name = def.full_name();
                if !args.is_empty() {
                    let args: Vec<String> = args.iter().map(Type::clr_name).collect();
                    name = format!("{name}<{}>", args.join(","));
                }
                name
            }
            Type::Array(element, rank) => {
                format!("{}[{}]", element.clr_name(), ",".repeat(usize::from(*rank) - 1))
            }
            Type::Tuple(tuple) => {
                let mut items: Vec<String> = tuple.first().iter().map(Type::clr_name).collect();
                items.extend(tuple.rest().map(|rest| rest.clr_name()));
                format!("System.ValueTuple<{}>", items.join(","))
            }
            Type::Anonymous(_) => "anonymous".to_owned(),
            Type::Dynamic => "System.Object".to_owned(),
            Type::Void => "System.Void".to_owned(),
            Type::Null => "null".to_owned(),
            Type::Error | Type::Param(_) => "?".to_owned(),
        }
    }

    /// `Type.ToString()`: ``System.Collections.Generic.List`1[System.Int32]``.
    pub fn to_string_name(&self) -> String {
        match self {
            Type::Named(id, args) if !args.is_empty() => {
                let args: Vec<String> = args.iter().map(Type::to_string_name).collect();
                format!("{}`{}[{}]", registry().def(*id).full_name(), args.len(), args.join(","))
            }
            Type::Array(element, rank) => {
                format!("{}[{}]", element.to_string_name(), ",".repeat(usize::from(*rank) - 1))
            }
            Type::Tuple(tuple) => {
                let mut items: Vec<String> = tuple.first().iter().map(Type::to_string_name).collect();
                items.extend(tuple.rest().map(|rest| rest.to_string_name()));
                format!("System.ValueTuple`{}[{}]", items.len(), items.join(","))
            }
            Type::Anonymous(members) => {
                let items: Vec<String> = members.iter().map(|(_, ty)| ty.to_string_name()).collect();
                format!("<>f__AnonymousType0`{}[{}]", items.len(), items.join(","))
            }
            _ => self.clr_name(),
        }
    }

    /// `Type.Name`: ``List`1``.
    pub fn short_name(&self) -> String {
        match self {
            Type::Named(id, args) if !args.is_empty() => format!("{}`{}", registry().def(*id).name, args.len()),
            Type::Named(id, _) => registry().def(*id).name.to_string(),
            Type::Array(element, rank) => format!("{}[{}]", element.short_name(), ",".repeat(usize::from(*rank) - 1)),
            Type::Tuple(tuple) => format!("ValueTuple`{}", tuple.items.len().min(TupleType::FIRST + 1)),
            Type::Anonymous(members) => format!("<>f__AnonymousType0`{}", members.len()),
            _ => self.clr_name(),
        }
    }
}

/// As C# writes it in messages: `List<int>`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Error => f.write_str("?"),
            Type::Null => f.write_str("<null>"),
            Type::Void => f.write_str("void"),
            Type::Dynamic => f.write_str("dynamic"),
            Type::Param(index) => write!(f, "T{index}"),
            Type::Array(element, rank) => write!(f, "{element}[{}]", ",".repeat(usize::from(*rank) - 1)),
            Type::Tuple(tuple) => {
                f.write_str("(")?;
                for (at, item) in tuple.items.iter().enumerate() {
                    write!(f, "{}{item}", if at == 0 { "" } else { ", " })?;
                    if let Some(Some(name)) = tuple.names.get(at) {
                        write!(f, " {name}")?;
                    }
                }
                f.write_str(")")
            }
            Type::Anonymous(members) => {
                f.write_str("<anonymous type: ")?;
                for (at, (name, ty)) in members.iter().enumerate() {
                    write!(f, "{}{ty} {name}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str(">")
            }
            Type::Named(id, args) => {
                if let Some(inner) = self.nullable_inner() {
                    return write!(f, "{inner}?");
                }
                let def = registry().def(*id);
                match known::keyword_of(*id) {
                    Some(keyword) => f.write_str(keyword)?,
                    None => f.write_str(&def.name)?,
                }
                if !args.is_empty() {
                    f.write_str("<")?;
                    for (at, arg) in args.iter().enumerate() {
                        write!(f, "{}{arg}", if at == 0 { "" } else { ", " })?;
                    }
                    f.write_str(">")?;
                }
                Ok(())
            }
        }
    }
}
