//! Which prefix stands for which namespace while a tree is printed: `XElement`'s own resolver, which
//! reads the declarations of the tree, over `XmlWellFormedWriter`, which knows what it has written.

use super::name::{XML, XMLNS, XName};
use super::{XNode, xml_error};
use crate::dotnet::data::error::{DotnetError, Result};
use smol_str::{SmolStr, format_smolstr};

/// What became of an explicit declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declared {
    Written,
    /// Already in scope, and duplicates are omitted.
    Omitted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Declared outside of the element; it only repeats that.
    Implied,
    /// Has to be declared at the end of the start tag.
    Missing,
    Written,
}

struct Entry {
    prefix: SmolStr,
    namespace: SmolStr,
    standing: Standing,
}

pub(super) struct Scopes {
    omit_duplicates: bool,
    /// Declarations of the tree, innermost last.
    declared: Vec<(SmolStr, SmolStr)>,
    /// Everything the output holds or implies, innermost last.
    output: Vec<Entry>,
    /// For each open element, the lengths of both before it.
    open: Vec<(usize, usize)>,
}

/// Entries of the output that no element makes: the empty prefix.
const FIXED: usize = 1;

impl Scopes {
    pub(super) fn new(omit_duplicates: bool) -> Scopes {
        let none = Entry { prefix: "".into(), namespace: "".into(), standing: Standing::Implied };
        Scopes { omit_duplicates, declared: Vec::new(), output: vec![none], open: Vec::new() }
    }

    /// Takes the declarations of an element above the printed tree; nearest element first.
    pub(super) fn declare_above(&mut self, element: &XNode) {
        for declaration in declarations(element) {
            self.declared.insert(0, declaration);
        }
    }

    /// Opens an element and gives its prefix.
    pub(super) fn open(&mut self, element: &XNode, name: &XName) -> Result<SmolStr> {
        self.open.push((self.declared.len(), self.output.len()));
        self.declared.extend(declarations(element));
        let known = self.known_prefix(&name.namespace, true).or_else(|| self.written_prefix(&name.namespace));
        let prefix = known.unwrap_or_default();
        self.imply(&prefix, &name.namespace)?;
        Ok(prefix)
    }

    pub(super) fn close(&mut self) {
        if let Some((declared, output)) = self.open.pop() {
            self.declared.truncate(declared);
            self.output.truncate(output);
        }
    }

    /// The prefix that the tree has for a namespace; the default namespace counts where allowed.
    pub(super) fn known_prefix(&self, namespace: &str, default: bool) -> Option<SmolStr> {
        if namespace.is_empty() {
            return Some(SmolStr::default());
        }
        let found = self.declared.iter().enumerate().rev().find(|(at, (prefix, known))| {
            let later = self.declared.get(at + 1..).unwrap_or_default();
            known == namespace && (default || !prefix.is_empty()) && !later.iter().any(|(hiding, _)| hiding == prefix)
        });
        match (found, namespace) {
            (Some((_, (prefix, _))), _) => Some(prefix.clone()),
            (None, XML) => Some("xml".into()),
            (None, XMLNS) => Some("xmlns".into()),
            (None, _) => None,
        }
    }

    /// The prefix that the output has for a namespace.
    fn written_prefix(&self, namespace: &str) -> Option<SmolStr> {
        let at = self.output.iter().rposition(|entry| entry.namespace == namespace)?;
        let prefix = &self.output.get(at)?.prefix;
        let hidden = self.output.get(at + 1..)?.iter().any(|entry| entry.prefix == *prefix);
        (!hidden).then(|| prefix.clone())
    }

    /// The prefix of an attribute, made up where there is none for its namespace.
    pub(super) fn attribute_prefix(&mut self, known: Option<SmolStr>, namespace: &str) -> Result<SmolStr> {
        if namespace.is_empty() {
            return Ok(SmolStr::default());
        }
        if namespace == XMLNS {
            return Ok("xmlns".into());
        }
        let known = if namespace == XML { Some("xml".into()) } else { known };
        let known = known.or_else(|| self.written_prefix(namespace)).filter(|prefix| !prefix.is_empty());
        let prefix = known.unwrap_or_else(|| self.new_prefix());
        self.imply(&prefix, namespace)?;
        Ok(prefix)
    }

    fn new_prefix(&self) -> SmolStr {
        let base = format_smolstr!("p{}", self.output.len() - FIXED);
        let is_free = |prefix: &SmolStr| !self.output.iter().any(|entry| entry.prefix == *prefix);
        if is_free(&base) {
            return base;
        }
        (0..).map(|number| format_smolstr!("{base}{number}")).find(is_free).unwrap_or(base)
    }

    fn find(&self, prefix: &str) -> Option<usize> {
        self.output.iter().rposition(|entry| entry.prefix == prefix)
    }

    fn is_own(&self, at: usize) -> bool {
        at >= self.open.last().map_or(FIXED, |(_, output)| *output)
    }

    /// A name uses the prefix for the namespace.
    fn imply(&mut self, prefix: &str, namespace: &str) -> Result<()> {
        let standing = match self.find(prefix) {
            Some(at) => {
                let known = self.output.get(at).map(|entry| entry.namespace.clone()).unwrap_or_default();
                if self.is_own(at) {
                    return if known == namespace { Ok(()) } else { Err(redefined(prefix, &known, namespace)) };
                }
                if known == namespace { Standing::Implied } else { Standing::Missing }
            }
            None if prefix == "xml" => Standing::Implied,
            None => Standing::Missing,
        };
        self.output.push(Entry { prefix: prefix.into(), namespace: namespace.into(), standing });
        Ok(())
    }

    /// An attribute `xmlns` or `xmlns:prefix`.
    pub(super) fn declare(&mut self, prefix: &str, namespace: &str) -> Result<Declared> {
        if !prefix.is_empty() && namespace.is_empty() {
            return Err(DotnetError::argument("Cannot use a prefix with an empty namespace."));
        }
        let omit = |omitted: bool| if omitted { Declared::Omitted } else { Declared::Written };
        let mut result = Declared::Written;
        if let Some(at) = self.find(prefix) {
            let own = self.is_own(at);
            let omit_duplicates = self.omit_duplicates;
            if let Some(entry) = self.output.get_mut(at) {
                if own {
                    if entry.namespace != namespace {
                        return Err(redefined(prefix, &entry.namespace, namespace));
                    }
                    let omitted = omit_duplicates && entry.standing != Standing::Missing;
                    entry.standing = Standing::Written;
                    return Ok(omit(omitted));
                }
                result = omit(omit_duplicates && entry.namespace == namespace);
            }
        }
        self.output.push(Entry { prefix: prefix.into(), namespace: namespace.into(), standing: Standing::Written });
        Ok(result)
    }

    /// The declarations that the innermost start tag lacks, in the order the writer gives them.
    pub(super) fn missing(&self) -> Vec<(SmolStr, SmolStr)> {
        let from = self.open.last().map_or(FIXED, |(_, output)| *output);
        let own = self.output.get(from..).unwrap_or_default();
        let missing = own.iter().rev().filter(|entry| entry.standing == Standing::Missing);
        missing.map(|entry| (entry.prefix.clone(), entry.namespace.clone())).collect()
    }
}

fn redefined(prefix: &str, from: &str, to: &str) -> DotnetError {
    xml_error(format!(
        "The prefix '{prefix}' cannot be redefined from '{from}' to '{to}' within the same start element tag."
    ))
}

fn declarations(element: &XNode) -> Vec<(SmolStr, SmolStr)> {
    let own = element.attributes().into_iter().filter_map(|attribute| {
        let name = attribute.name().filter(XName::is_declaration)?;
        let prefix = if name.namespace == XMLNS { name.local } else { SmolStr::default() };
        Some((prefix, attribute.value()))
    });
    own.collect()
}
