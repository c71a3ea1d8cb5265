//! `XAttribute`.

use super::content::{self, text_of};
use super::name::{name, name_arg};
use super::node::{self, node_arg, optional, this, value};
use crate::dotnet::data::xml::{XNode, verify_declaration};
use crate::library::TypeTable;
use crate::library::linq::of_items;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::types::Type;
use crate::value::Value;

/// `new XAttribute(name, value)`.
fn make(a: &mut Args<'_, '_>) -> Outcome {
    let name = name_arg(a, 0, "name")?;
    let content = a.value(1);
    if content.is_null() {
        return Err(Thrown::argument_null("value"));
    }
    let text = text_of(a.run, &content)?;
    verify_declaration(&name, &text)?;
    a.run.charge(128 + text.len())?;
    Ok(value(XNode::attribute(name, text)))
}

fn set_value(a: &mut Args<'_, '_>) -> Outcome {
    let content = a.value(1);
    if content.is_null() {
        return Err(Thrown::argument_null("value"));
    }
    let text = text_of(a.run, &content)?;
    a.run.charge(text.len())?;
    this(a)?.set_value(&text)?;
    Ok(Value::Null)
}

static MEMBERS: &[(&str, Native)] = &[
    ("new(XName name, object value)", make),
    ("new(XAttribute other)", |a| {
        let other = node_arg(a, 0, "other")?.clone();
        content::charge_nodes(a.run, 1)?;
        Ok(value(other.deep_clone()))
    }),
    ("static IEnumerable<XAttribute> EmptySequence", |_| {
        Ok(of_items(Type::named("System.Xml.Linq.XAttribute"), Vec::new()))
    }),
    ("XName Name", |a| Ok(this(a)?.name().map_or(Value::Null, name))),
    ("string Value", |a| Ok(Value::string(this(a)?.value()))),
    ("set string Value", set_value),
    ("void SetValue(object value)", set_value),
    ("bool IsNamespaceDeclaration", |a| Ok(Value::Bool(this(a)?.is_namespace_declaration()))),
    ("XAttribute NextAttribute", |a| Ok(optional(this(a)?.next_attribute()))),
    ("XAttribute PreviousAttribute", |a| Ok(optional(this(a)?.previous_attribute()))),
    ("void Remove()", node::remove),
];

pub static TYPES: &[TypeTable] = &[TypeTable { decl: "class System.Xml.Linq.XAttribute : XObject", members: MEMBERS }];
