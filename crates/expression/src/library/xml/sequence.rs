//! `System.Xml.Linq.Extensions`: the axes of every node of a sequence.

use super::name::optional_name;
use super::node::{element_type, node_of, value};
use crate::dotnet::data::xml::{Axis, XName, XNode};
use crate::library::TypeTable;
use crate::library::linq::{lazy, of_items};
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::Value;
use std::rc::Rc;

fn source(a: &Args<'_, '_>) -> Outcome {
    if a.is_null(0) { Err(Thrown::argument_null("source")) } else { Ok(a.value(0)) }
}

/// The nodes of an axis of each node, one after the other. `by_name`: elements or attributes only.
fn axis(a: &mut Args<'_, '_>, axis: Axis, item: Type, by_name: bool) -> Outcome {
    let source = source(a)?;
    let name: Option<XName> = optional_name(a, 1);
    if a.len() > 1 && name.is_none() {
        return Ok(of_items(item, Vec::new()));
    }
    Ok(lazy(item, move |run| {
        let mut outer = run.cursor(&source)?;
        let name = name.clone();
        let mut inner: Option<crate::dotnet::data::xml::Walk> = None;
        Ok(Box::new(move |run: &mut Run<'_>| {
            loop {
                run.step()?;
                if let Some(walk) = &mut inner
                    && let Some(found) = walk()?
                {
                    return Ok(Some(value(found)));
                }
                let Some(next) = outer.next(run)? else { return Ok(None) };
                let node = node_of(&next).ok_or_else(Thrown::null_reference)?;
                inner = Some(if by_name { node.walk_named(axis, name.clone()) } else { node.walk(axis) });
            }
        }))
    }))
}

fn elements(a: &mut Args<'_, '_>, along: Axis) -> Outcome {
    axis(a, along, element_type(), true)
}

fn attributes(a: &mut Args<'_, '_>) -> Outcome {
    axis(a, Axis::Attributes, Type::named("System.Xml.Linq.XAttribute"), true)
}

fn nodes(a: &mut Args<'_, '_>, along: Axis) -> Outcome {
    axis(a, along, Type::named("System.Xml.Linq.XNode"), false)
}

/// Takes every node of the sequence out of its tree, the sequence being read before.
fn remove(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a)?;
    for item in a.run.collect(&source)? {
        a.run.step()?;
        if let Some(node) = node_of(&item) {
            node.remove()?;
        }
    }
    Ok(Value::Null)
}

fn in_document_order(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a)?;
    Ok(lazy(a.ty(0), move |run| {
        let nodes: Vec<XNode> = run.collect(&source)?.iter().filter_map(node_of).cloned().collect();
        run.steps(nodes.len().saturating_mul(8))?;
        let mut sorted: Vec<XNode> = Vec::with_capacity(nodes.len());
        for node in &nodes {
            if nodes.first().is_some_and(|first| first.compare_order(node).is_none()) {
                return Err(Thrown::invalid_operation("A common ancestor is missing."));
            }
            sorted.push(node.clone());
        }
        sorted.sort_by(|a, b| a.compare_order(b).unwrap_or(std::cmp::Ordering::Equal));
        let sorted: Rc<[XNode]> = sorted.into();
        let mut at = 0;
        Ok(Box::new(move |_: &mut Run<'_>| {
            at += 1;
            Ok(sorted.get(at - 1).cloned().map(value))
        }))
    }))
}

static MEMBERS: &[(&str, Native)] = &[
    ("static IEnumerable<XElement> Elements(this IEnumerable<XContainer> source)", |a| elements(a, Axis::Nodes)),
    ("static IEnumerable<XElement> Elements(this IEnumerable<XContainer> source, XName name)", |a| {
        elements(a, Axis::Nodes)
    }),
    ("static IEnumerable<XElement> Descendants(this IEnumerable<XContainer> source)", |a| {
        elements(a, Axis::DescendantNodes)
    }),
    ("static IEnumerable<XElement> Descendants(this IEnumerable<XContainer> source, XName name)", |a| {
        elements(a, Axis::DescendantNodes)
    }),
    ("static IEnumerable<XElement> DescendantsAndSelf(this IEnumerable<XElement> source)", |a| {
        elements(a, Axis::DescendantNodesAndSelf)
    }),
    ("static IEnumerable<XElement> DescendantsAndSelf(this IEnumerable<XElement> source, XName name)", |a| {
        elements(a, Axis::DescendantNodesAndSelf)
    }),
    ("static IEnumerable<XElement> Ancestors(this IEnumerable<XNode> source)", |a| elements(a, Axis::Ancestors)),
    ("static IEnumerable<XElement> Ancestors(this IEnumerable<XNode> source, XName name)", |a| {
        elements(a, Axis::Ancestors)
    }),
    ("static IEnumerable<XElement> AncestorsAndSelf(this IEnumerable<XElement> source)", |a| {
        elements(a, Axis::AncestorsAndSelf)
    }),
    ("static IEnumerable<XElement> AncestorsAndSelf(this IEnumerable<XElement> source, XName name)", |a| {
        elements(a, Axis::AncestorsAndSelf)
    }),
    ("static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source)", attributes),
    ("static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source, XName name)", attributes),
    ("static IEnumerable<XNode> Nodes(this IEnumerable<XContainer> source)", |a| nodes(a, Axis::Nodes)),
    ("static IEnumerable<XNode> DescendantNodes(this IEnumerable<XContainer> source)", |a| {
        nodes(a, Axis::DescendantNodes)
    }),
    ("static IEnumerable<XNode> DescendantNodesAndSelf(this IEnumerable<XElement> source)", |a| {
        nodes(a, Axis::DescendantNodesAndSelf)
    }),
    ("static IEnumerable<T> InDocumentOrder<T>(this IEnumerable<T> source)", in_document_order),
    ("static void Remove(this IEnumerable<XNode> source)", remove),
    ("static void Remove(this IEnumerable<XAttribute> source)", remove),
];

pub static TYPES: &[TypeTable] = &[TypeTable { decl: "static class System.Xml.Linq.Extensions", members: MEMBERS }];
