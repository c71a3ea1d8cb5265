//! Every type and member that an expression may name, read once from the library's tables.

use super::signature::{self, Member, MemberKind};
use super::{DefId, Type, known};
use crate::library::{TABLES, TypeTable};
use crate::syntax::token::Token;
use smol_str::SmolStr;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefKind {
    Class,
    Struct,
    Interface,
    /// `true`: a set of flags.
    Enum(bool),
    Delegate,
}

impl DefKind {
    pub fn is_value(self) -> bool {
        matches!(self, DefKind::Struct | DefKind::Enum(_))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variance {
    None,
    In,
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemberId(pub u32);

pub struct Def {
    pub namespace: SmolStr,
    pub name: SmolStr,
    pub kind: DefKind,
    /// No instance can be made or named as a value.
    pub is_static: bool,
    pub params: Vec<(SmolStr, Variance)>,
    /// The base class first.
    pub supers: Vec<Type>,
    pub members: HashMap<SmolStr, Vec<MemberId>>,
    pub values: Vec<(SmolStr, i64)>,
    /// Parameters and result, for a delegate.
    pub delegate: Option<(Vec<Type>, Type)>,
}

impl Def {
    pub fn full_name(&self) -> String {
        if self.namespace.is_empty() { self.name.to_string() } else { format!("{}.{}", self.namespace, self.name) }
    }

    pub fn is_enum(&self) -> bool {
        matches!(self.kind, DefKind::Enum(_))
    }

    pub fn is_interface(&self) -> bool {
        self.kind == DefKind::Interface
    }
}

#[derive(Default)]
pub struct Registry {
    defs: Vec<Def>,
    members: Vec<Member>,
    /// Full name → numbers of type parameters.
    by_full: HashMap<SmolStr, Vec<(usize, DefId)>>,
    by_simple: HashMap<(SmolStr, usize), Vec<DefId>>,
    namespaces: HashSet<SmolStr>,
    extensions: HashMap<SmolStr, Vec<MemberId>>,
    /// Table entries that could not be read. A test keeps it empty.
    pub problems: Vec<String>,
}

pub fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| Registry::build(TABLES))
}

/// Names that need no qualification in an expression.
pub const IMPORTED: &[&str] = &[
    "",
    "Gateway",
    "System",
    "System.Collections.Generic",
    "System.IO",
    "System.Linq",
    "System.Net",
    "System.Security.Cryptography",
    "System.Security.Cryptography.X509Certificates",
    "System.Text",
    "System.Text.RegularExpressions",
    "System.Xml",
    "System.Xml.Linq",
    "Newtonsoft.Json",
    "Newtonsoft.Json.Linq",
];

impl Registry {
    fn build(tables: &[&[TypeTable]]) -> Registry {
        let mut registry = Registry::default();
        for (full, arity) in known::KNOWN {
            registry.declare(full, *arity);
        }
        let mut heads = Vec::new();
        for table in tables.iter().flat_map(|tables| tables.iter()) {
            match signature::Head::read(table.decl) {
                Some(head) => {
                    let id = registry.declare(&head.full_name, head.params.len());
                    heads.push((id, head, table));
                }
                None => registry.problems.push(table.decl.to_owned()),
            }
        }
        for (id, head, _) in &heads {
            registry.fill(*id, head);
        }
        for (id, head, table) in &heads {
            for (text, native) in table.members {
                registry.add_member(*id, head, text, *native);
            }
        }
        registry
    }

    /// The number of a type, new or already there.
    fn declare(&mut self, full: &str, arity: usize) -> DefId {
        if let Some(id) = self.full(full, arity) {
            return id;
        }
        let id = DefId(self.defs.len() as u16);
        let (namespace, name) = full.rsplit_once('.').unwrap_or(("", full));
        self.defs.push(Def {
            namespace: namespace.into(),
            name: name.into(),
            kind: DefKind::Class,
            is_static: false,
            params: Vec::new(),
            supers: Vec::new(),
            members: HashMap::new(),
            values: Vec::new(),
            delegate: None,
        });
        self.by_full.entry(full.into()).or_default().push((arity, id));
        self.by_simple.entry((name.into(), arity)).or_default().push(id);
        let mut at = 0;
        while let Some(dot) = namespace.get(at..).and_then(|rest| rest.find('.')) {
            self.namespaces.insert(namespace.get(..at + dot).unwrap_or("").into());
            at += dot + 1;
        }
        self.namespaces.insert(namespace.into());
        id
    }

    fn fill(&mut self, id: DefId, head: &signature::Head) {
        let names: Vec<SmolStr> = head.params.iter().map(|(name, _)| name.clone()).collect();
        let mut supers = Vec::new();
        for text in &head.supers {
            match self.read_type(text, &names) {
                Some(ty) => supers.push(ty),
                None => self.problems.push(format!("{}: {text:?}", head.full_name)),
            }
        }
        let delegate = head.delegate.as_ref().map(|(result, params)| {
            let mut read = |tokens: &[Token]| {
                self.read_type(tokens, &names).unwrap_or_else(|| {
                    self.problems.push(head.full_name.clone());
                    Type::object()
                })
            };
            let result = read(result);
            (params.iter().map(|param| read(param)).collect(), result)
        });
        if let Some(def) = self.defs.get_mut(usize::from(id.0)) {
            def.kind = head.kind;
            def.is_static = head.is_static;
            def.params.clone_from(&head.params);
            def.values.clone_from(&head.values);
            def.delegate = delegate;
            if def.kind != DefKind::Interface && id != known::OBJECT {
                let base = match def.kind {
                    DefKind::Enum(_) => Some(known::ENUM),
                    DefKind::Struct => Some(known::VALUE_TYPE),
                    DefKind::Delegate => Some(known::DELEGATE),
                    _ => Some(known::OBJECT),
                };
                supers.extend(base.filter(|base| *base != id).map(Type::of));
            }
            def.supers = supers;
        }
    }

    fn add_member(&mut self, owner: DefId, head: &signature::Head, text: &'static str, native: crate::run::Native) {
        let class: Vec<SmolStr> = head.params.iter().map(|(name, _)| name.clone()).collect();
        let member = signature::read_member(self, owner, &class, text, native);
        let Some(member) = member else {
            self.problems.push(format!("{}: {text}", head.full_name));
            return;
        };
        let id = MemberId(self.members.len() as u32);
        if member.is_extension {
            self.extensions.entry(member.name.clone()).or_default().push(id);
        }
        if let Some(def) = self.defs.get_mut(usize::from(owner.0)) {
            def.members.entry(member.key()).or_default().push(id);
        }
        self.members.push(member);
    }

    /// Reads a type of a signature; `names` are the type parameters in scope.
    pub fn read_type(&self, tokens: &[Token], names: &[SmolStr]) -> Option<Type> {
        let mut parser = crate::syntax::signature_parser(tokens);
        let ty = parser.type_ref().ok()?;
        self.resolve_signature_type(&ty, names)
    }

    pub fn resolve_signature_type(&self, ty: &crate::syntax::ast::TypeRef, names: &[SmolStr]) -> Option<Type> {
        use crate::syntax::ast::TypeKind;
        match &ty.kind {
            TypeKind::Array(element, rank) => {
                let element = self.resolve_signature_type(element, names)?;
                Some(Type::Array(element.into(), *rank as u8))
            }
            TypeKind::Nullable(inner) => Some(Type::nullable(self.resolve_signature_type(inner, names)?)),
            TypeKind::Tuple(items) => {
                let types: Option<Vec<Type>> =
                    items.iter().map(|(ty, _)| self.resolve_signature_type(ty, names)).collect();
                Some(Type::tuple(types?, items.iter().map(|(_, n)| n.as_ref().map(|n| n.text.clone())).collect()))
            }
            TypeKind::Omitted => None,
            TypeKind::Named(path) => {
                let (last, args) = path.last()?;
                if path.len() == 1 {
                    if let Some(at) = names.iter().position(|name| *name == last.text) {
                        return Some(Type::Param(at as u8));
                    }
                    if last.text == "void" {
                        return Some(Type::Void);
                    }
                    if let Some(id) = known::by_keyword(&last.text) {
                        return Some(Type::of(id));
                    }
                }
                let args: Option<Vec<Type>> = args.iter().map(|arg| self.resolve_signature_type(arg, names)).collect();
                let args = args?;
                let id = if path.len() == 1 {
                    self.simple(&last.text, args.len())?
                } else {
                    let full: Vec<&str> = path.iter().map(|(name, _)| name.text.as_str()).collect();
                    self.full(&full.join("."), args.len())?
                };
                Some(Type::generic(id, args))
            }
        }
    }

    pub fn def(&self, id: DefId) -> &Def {
        // Ids are made by this registry only.
        &self.defs[usize::from(id.0)]
    }

    pub fn defs(&self) -> impl Iterator<Item = &Def> {
        self.defs.iter()
    }

    pub fn member(&self, id: MemberId) -> &Member {
        // Ids are made by this registry only.
        &self.members[id.0 as usize]
    }

    pub fn full(&self, name: &str, arity: usize) -> Option<DefId> {
        self.by_full.get(name)?.iter().find(|(found, _)| *found == arity).map(|(_, id)| *id)
    }

    /// A type by its simple name, as the imported namespaces give it.
    pub fn simple(&self, name: &str, arity: usize) -> Option<DefId> {
        let found = self.by_simple.get(&(SmolStr::from(name), arity))?;
        found.iter().copied().find(|id| IMPORTED.contains(&self.def(*id).namespace.as_str())).or(found.first().copied())
    }

    /// Whether the simple name needs no qualification.
    pub fn is_imported(&self, id: DefId) -> bool {
        IMPORTED.contains(&self.def(id).namespace.as_str())
    }

    pub fn is_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(name)
    }

    /// Numbers of type parameters with which a simple name exists.
    pub fn arities(&self, name: &str) -> Vec<usize> {
        (0..=8).filter(|arity| self.by_simple.contains_key(&(SmolStr::from(name), *arity))).collect()
    }

    pub fn extensions(&self, name: &str) -> &[MemberId] {
        self.extensions.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn extension_names(&self) -> impl Iterator<Item = &SmolStr> {
        self.extensions.keys()
    }

    /// Own members of a type by name key (`Name`, `set:Name`, `this`, `new`, `op:+`).
    pub fn own(&self, id: DefId, key: &str) -> &[MemberId] {
        self.def(id).members.get(key).map_or(&[], Vec::as_slice)
    }

    pub fn is_kind(&self, id: MemberId, kind: MemberKind) -> bool {
        self.member(id).kind == kind
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_table_entry_can_be_read() {
        assert_eq!(super::registry().problems, Vec::<String>::new());
    }
}
