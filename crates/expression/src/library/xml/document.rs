//! `XDocument` and `XDeclaration`.

use super::container::{charge_text, load_options, save};
use super::content;
use super::node::{node_arg, optional, this, value};
use crate::dotnet::data::xml::{NodeKind, SharedDeclaration, XDeclaration, XNode, parse_document};
use crate::library::TypeTable;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::{Object, Value, downcast};
use smol_str::SmolStr;
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

struct DeclarationObject(SharedDeclaration);

impl Object for DeclarationObject {
    fn type_of(&self) -> Type {
        Type::named("System.Xml.Linq.XDeclaration")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.0.borrow().to_string())
    }

    fn is_same(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<DeclarationObject>().is_some_and(|other| Rc::ptr_eq(&other.0, &self.0))
    }

    fn hash(&self, _run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        Ok(Some(Rc::as_ptr(&self.0).addr() as u64))
    }
}

fn declaration(content: XDeclaration) -> Value {
    Value::object(DeclarationObject(Rc::new(RefCell::new(content))))
}

fn shared(value: &Value) -> Option<SharedDeclaration> {
    downcast::<DeclarationObject>(value).map(|object| Rc::clone(&object.0))
}

fn make(a: &mut Args<'_, '_>) -> Outcome {
    let document = XNode::document();
    content::charge_nodes(a.run, 1)?;
    let at = if let Some(declaration) = shared(a.get(0)) {
        document.set_declaration(Some(declaration));
        1
    } else {
        // `(XDeclaration)null` stands before the content.
        a.len().saturating_sub(1)
    };
    let content = a.value(at);
    content::add(a.run, &document, &content)?;
    Ok(value(document))
}

fn parse(a: &mut Args<'_, '_>) -> Outcome {
    let text = a.text(0, "text")?.clone();
    charge_text(a, text.as_str().len())?;
    Ok(value(parse_document(text.as_str(), load_options(a, 1))?))
}

fn part(a: &Args<'_, '_>, part: fn(&XDeclaration) -> &Option<SmolStr>) -> Outcome {
    let declaration = a.object::<DeclarationObject>(0)?.0.borrow();
    Ok(part(&declaration).clone().map_or(Value::Null, Value::string))
}

fn set_part(a: &Args<'_, '_>, part: fn(&mut XDeclaration) -> &mut Option<SmolStr>) -> Outcome {
    let new = a.opt_str(1).map(|text| text.smol().clone());
    *part(&mut a.object::<DeclarationObject>(0)?.0.borrow_mut()) = new;
    Ok(Value::Null)
}

static DOCUMENT: &[(&str, Native)] = &[
    ("new()", make),
    ("new(params object[] content)", make),
    ("new(XDeclaration declaration, params object[] content)", make),
    ("new(XDocument other)", |a| {
        let other = node_arg(a, 0, "other")?.clone();
        content::charge_nodes(a.run, other.size())?;
        Ok(value(other.deep_clone()))
    }),
    ("static XDocument Parse(string text)", parse),
    ("static XDocument Parse(string text, LoadOptions options)", parse),
    ("XDeclaration Declaration", |a| {
        Ok(this(a)?.declaration().map_or(Value::Null, |found| Value::object(DeclarationObject(found))))
    }),
    ("set XDeclaration Declaration", |a| {
        this(a)?.set_declaration(shared(a.get(1)));
        Ok(Value::Null)
    }),
    ("XDocumentType DocumentType", |a| {
        Ok(optional(this(a)?.nodes().into_iter().find(|node| node.kind() == NodeKind::DocumentType)))
    }),
    ("XElement Root", |a| Ok(optional(this(a)?.root()))),
    ("void Save(System.IO.TextWriter textWriter)", save),
    ("void Save(System.IO.TextWriter textWriter, SaveOptions options)", save),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Xml.Linq.XDocument : XContainer", members: DOCUMENT },
    TypeTable {
        decl: "class System.Xml.Linq.XDeclaration",
        members: &[
            ("new(string version, string encoding, string standalone)", |a| {
                let text = |at: usize| a.opt_str(at).map(|text| text.smol().clone());
                Ok(declaration(XDeclaration { version: text(0), encoding: text(1), standalone: text(2) }))
            }),
            ("new(XDeclaration other)", |a| {
                let other = a.object_arg::<DeclarationObject>(0, "other")?.0.borrow().clone();
                Ok(declaration(other))
            }),
            ("string Version", |a| part(a, |declaration| &declaration.version)),
            ("set string Version", |a| set_part(a, |declaration| &mut declaration.version)),
            ("string Encoding", |a| part(a, |declaration| &declaration.encoding)),
            ("set string Encoding", |a| set_part(a, |declaration| &mut declaration.encoding)),
            ("string Standalone", |a| part(a, |declaration| &declaration.standalone)),
            ("set string Standalone", |a| set_part(a, |declaration| &mut declaration.standalone)),
        ],
    },
];
