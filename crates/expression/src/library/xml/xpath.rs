//! `System.Xml.XPath.Extensions` and `XmlNamespaceManager`.

use super::node::{element_type, node_arg, optional, value};
use crate::dotnet::data::xml::{XML, XMLNS, XNode, XPath, XPathValue};
use crate::library::TypeTable;
use crate::library::linq::of_items;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::types::Type;
use crate::value::{Object, Value, downcast};
use smol_str::SmolStr;
use std::any::Any;
use std::cell::RefCell;

/// `XmlNamespaceManager`: prefixes by scope, innermost last.
pub struct Manager(RefCell<Vec<Vec<(SmolStr, SmolStr)>>>);

impl Object for Manager {
    fn type_of(&self) -> Type {
        Type::named("System.Xml.XmlNamespaceManager")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Manager {
    /// The declarations that hold, those of inner scopes first.
    fn all(&self) -> Vec<(SmolStr, SmolStr)> {
        self.0.borrow().iter().rev().flat_map(|scope| scope.iter().rev().cloned()).collect()
    }

    fn find(&self, prefix: &str) -> Option<SmolStr> {
        match prefix {
            "xml" => Some(XML.into()),
            "xmlns" => Some(XMLNS.into()),
            _ => self.all().into_iter().find(|(known, _)| known == prefix).map(|(_, uri)| uri),
        }
    }
}

/// Evaluates an XPath argument on a node, with the prefixes of a resolver argument.
pub fn evaluate(a: &mut Args<'_, '_>, node: &XNode, path: usize, resolver: usize) -> Result<XPathValue, Thrown> {
    let text = a.text(path, "expression")?.as_str().to_owned();
    a.run.steps(text.len() + node.size())?;
    let declared = downcast::<Manager>(a.get(resolver)).map(Manager::all);
    let pairs: Vec<(&str, &str)> =
        declared.iter().flatten().map(|(prefix, uri)| (prefix.as_str(), uri.as_str())).collect();
    Ok(XPath::parse(&text)?.evaluate(node, &pairs)?)
}

/// The nodes that an XPath argument selects.
pub fn select(a: &mut Args<'_, '_>, node: &XNode, path: usize, resolver: usize) -> Result<Vec<XNode>, Thrown> {
    match evaluate(a, node, path, resolver)? {
        XPathValue::Nodes(nodes) => {
            a.run.charge(nodes.len() * 32)?;
            Ok(nodes)
        }
        _ => {
            let message = "Expression must evaluate to a node-set.";
            Err(Thrown::new("System.Xml.XPath.XPathException", message))
        }
    }
}

/// The elements selected; anything else among the nodes is an error, as in .NET.
fn elements(a: &mut Args<'_, '_>) -> Result<Vec<XNode>, Thrown> {
    let node = node_arg(a, 0, "node")?.clone();
    let found = select(a, &node, 1, 2)?;
    match found.iter().find(|node| !node.is_element()) {
        Some(other) => {
            let class = value(other.clone()).type_name();
            let message = format!("The XPath expression evaluated to unexpected type {class}.");
            Err(Thrown::invalid_operation(&message))
        }
        None => Ok(found),
    }
}

fn one(a: &mut Args<'_, '_>) -> Outcome {
    Ok(optional(elements(a)?.into_iter().next()))
}

fn many(a: &mut Args<'_, '_>) -> Outcome {
    Ok(of_items(element_type(), elements(a)?.into_iter().map(value).collect()))
}

fn any(a: &mut Args<'_, '_>) -> Outcome {
    let node = node_arg(a, 0, "node")?.clone();
    Ok(match evaluate(a, &node, 1, 2)? {
        XPathValue::Nodes(nodes) => of_items(Type::object(), nodes.into_iter().map(value).collect()),
        XPathValue::Boolean(flag) => Value::Bool(flag),
        XPathValue::Number(number) => Value::Double(number),
        XPathValue::String(text) => Value::string(text),
    })
}

static EXTENSIONS: &[(&str, Native)] = &[
    ("static XElement XPathSelectElement(this XNode node, string expression)", one),
    (
        "static XElement XPathSelectElement(this XNode node, string expression, System.Xml.IXmlNamespaceResolver resolver)",
        one,
    ),
    ("static IEnumerable<XElement> XPathSelectElements(this XNode node, string expression)", many),
    (
        "static IEnumerable<XElement> XPathSelectElements(this XNode node, string expression, System.Xml.IXmlNamespaceResolver resolver)",
        many,
    ),
    ("static object XPathEvaluate(this XNode node, string expression)", any),
    ("static object XPathEvaluate(this XNode node, string expression, System.Xml.IXmlNamespaceResolver resolver)", any),
];

fn add(a: &mut Args<'_, '_>) -> Outcome {
    let (prefix, uri) = (a.text(1, "prefix")?.smol().clone(), a.text(2, "uri")?.smol().clone());
    if matches!(prefix.as_str(), "xml" | "xmlns") && uri != if prefix == "xml" { XML } else { XMLNS } {
        return Err(Thrown::argument_of("Prefix cannot be bound to another namespace name.", "prefix"));
    }
    a.run.charge(64 + prefix.len() + uri.len())?;
    let mut scopes = a.object::<Manager>(0)?.0.borrow_mut();
    if let Some(scope) = scopes.last_mut() {
        scope.retain(|(known, _)| *known != prefix);
        scope.push((prefix, uri));
    }
    Ok(Value::Null)
}

static MANAGER: &[(&str, Native)] = &[
    ("new(System.Xml.XmlNameTable nameTable)", |_| Ok(Value::object(Manager(RefCell::new(vec![Vec::new()]))))),
    ("void AddNamespace(string prefix, string uri)", add),
    ("void RemoveNamespace(string prefix, string uri)", |a| {
        let (prefix, uri) = (a.text(1, "prefix")?.smol().clone(), a.text(2, "uri")?.smol().clone());
        if let Some(scope) = a.object::<Manager>(0)?.0.borrow_mut().last_mut() {
            scope.retain(|(known, bound)| *known != prefix || *bound != uri);
        }
        Ok(Value::Null)
    }),
    ("string LookupNamespace(string prefix)", |a| {
        let found = a.object::<Manager>(0)?.find(a.str_or_empty(1));
        Ok(match found {
            Some(uri) => Value::string(uri),
            None if a.str_or_empty(1).is_empty() => Value::string(""),
            None => Value::Null,
        })
    }),
    ("string LookupPrefix(string uri)", |a| {
        let manager = a.object::<Manager>(0)?;
        let wanted = a.str_or_empty(1);
        let found = manager
            .all()
            .into_iter()
            .find(|(prefix, uri)| uri == wanted && manager.find(prefix).is_some_and(|bound| bound == wanted));
        Ok(found.map_or(Value::Null, |(prefix, _)| Value::string(prefix)))
    }),
    ("bool HasNamespace(string prefix)", |a| {
        let scopes = a.object::<Manager>(0)?.0.borrow();
        let wanted = a.str_or_empty(1);
        Ok(Value::Bool(scopes.last().is_some_and(|scope| scope.iter().any(|(prefix, _)| prefix == wanted))))
    }),
    ("string DefaultNamespace", |a| Ok(Value::string(a.object::<Manager>(0)?.find("").unwrap_or_default()))),
    ("void PushScope()", |a| {
        a.run.charge(32)?;
        a.object::<Manager>(0)?.0.borrow_mut().push(Vec::new());
        Ok(Value::Null)
    }),
    ("bool PopScope()", |a| {
        let mut scopes = a.object::<Manager>(0)?.0.borrow_mut();
        let is_inner = scopes.len() > 1;
        if is_inner {
            scopes.pop();
        }
        Ok(Value::Bool(is_inner))
    }),
];

/// A name table, which only names its own type here: names need no table.
struct NameTable;

impl Object for NameTable {
    fn type_of(&self) -> Type {
        Type::named("System.Xml.NameTable")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub fn name_table() -> Value {
    Value::object(NameTable)
}

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "static class System.Xml.XPath.Extensions", members: EXTENSIONS },
    TypeTable { decl: "class System.Xml.XmlNameTable", members: &[] },
    TypeTable {
        decl: "class System.Xml.NameTable : System.Xml.XmlNameTable",
        members: &[("new()", |_| Ok(name_table()))],
    },
    TypeTable { decl: "interface System.Xml.IXmlNamespaceResolver", members: &[] },
    TypeTable { decl: "class System.Xml.XmlNamespaceManager : System.Xml.IXmlNamespaceResolver", members: MANAGER },
];
