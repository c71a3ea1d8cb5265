//! `XName` and `XNamespace`.

use crate::dotnet::data::xml::{XML, XMLNS, XName};
use crate::library::TypeTable;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::{Object, Value, downcast};
use smol_str::SmolStr;
use std::any::Any;

struct NameObject(XName);

impl Object for NameObject {
    fn type_of(&self) -> Type {
        Type::named("System.Xml.Linq.XName")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.0.to_string())
    }

    /// Names are atomized: equal ones are one object.
    fn is_same(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<NameObject>().is_some_and(|other| other.0 == self.0)
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        run.hash(&Value::string(self.0.to_string())).map(Some)
    }
}

struct NamespaceObject(SmolStr);

impl Object for NamespaceObject {
    fn type_of(&self) -> Type {
        Type::named("System.Xml.Linq.XNamespace")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.0.to_string())
    }

    fn is_same(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<NamespaceObject>().is_some_and(|other| other.0 == self.0)
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        run.hash(&Value::string(self.0.clone())).map(Some)
    }
}

pub fn name(name: XName) -> Value {
    Value::object(NameObject(name))
}

pub fn namespace(uri: SmolStr) -> Value {
    Value::object(NamespaceObject(uri))
}

/// A name argument that may be null.
pub fn optional_name(a: &Args<'_, '_>, at: usize) -> Option<XName> {
    downcast::<NameObject>(a.get(at)).map(|name| name.0.clone())
}

/// A name argument that must not be null.
pub fn name_arg(a: &Args<'_, '_>, at: usize, parameter: &str) -> Result<XName, Thrown> {
    a.object_arg::<NameObject>(at, parameter).map(|name| name.0.clone())
}

/// A namespace argument that must not be null.
pub fn namespace_arg(a: &Args<'_, '_>, at: usize, parameter: &str) -> Result<SmolStr, Thrown> {
    a.object_arg::<NamespaceObject>(at, parameter).map(|namespace| namespace.0.clone())
}

fn is_equal(a: &Args<'_, '_>) -> bool {
    crate::run::same_reference(a.get(0), a.get(1))
}

fn parse(a: &mut Args<'_, '_>) -> Outcome {
    Ok(name(XName::parse(a.text(0, "expandedName")?.as_str())?))
}

/// `namespace + local`, `GetName(local)`.
fn join(a: &mut Args<'_, '_>) -> Outcome {
    let uri = namespace_arg(a, 0, "ns")?;
    Ok(name(XName::get(a.text(1, "localName")?.as_str(), &uri)?))
}

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "class System.Xml.Linq.XName : IEquatable<XName>",
        members: &[
            ("static XName Get(string expandedName)", parse),
            ("static XName Get(string localName, string namespaceName)", |a| {
                let uri = a.text(1, "namespaceName")?.smol().clone();
                Ok(name(XName::get(a.text(0, "localName")?.as_str(), &uri)?))
            }),
            ("implicit XName(string expandedName)", |a| if a.is_null(0) { Ok(Value::Null) } else { parse(a) }),
            ("string LocalName", |a| Ok(Value::string(a.object::<NameObject>(0)?.0.local.clone()))),
            ("XNamespace Namespace", |a| Ok(namespace(a.object::<NameObject>(0)?.0.namespace.clone()))),
            ("string NamespaceName", |a| Ok(Value::string(a.object::<NameObject>(0)?.0.namespace.clone()))),
            ("static bool operator ==(XName left, XName right)", |a| Ok(Value::Bool(is_equal(a)))),
            ("static bool operator !=(XName left, XName right)", |a| Ok(Value::Bool(!is_equal(a)))),
        ],
    },
    TypeTable {
        decl: "class System.Xml.Linq.XNamespace",
        members: &[
            ("static XNamespace None", |_| Ok(namespace(SmolStr::default()))),
            ("static XNamespace Xml", |_| Ok(namespace(XML.into()))),
            ("static XNamespace Xmlns", |_| Ok(namespace(XMLNS.into()))),
            ("static XNamespace Get(string namespaceName)", |a| {
                Ok(namespace(a.text(0, "namespaceName")?.smol().clone()))
            }),
            ("implicit XNamespace(string namespaceName)", |a| {
                Ok(a.opt_str(0).map_or(Value::Null, |uri| namespace(uri.smol().clone())))
            }),
            ("string NamespaceName", |a| Ok(Value::string(a.object::<NamespaceObject>(0)?.0.clone()))),
            ("XName GetName(string localName)", join),
            ("static XName operator +(XNamespace ns, string localName)", join),
            ("static bool operator ==(XNamespace left, XNamespace right)", |a| Ok(Value::Bool(is_equal(a)))),
            ("static bool operator !=(XNamespace left, XNamespace right)", |a| Ok(Value::Bool(!is_equal(a)))),
        ],
    },
];
