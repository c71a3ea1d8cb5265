//! What constructors and `Add` take: text, nodes, attributes, any value, and sequences of them.

use super::node;
use crate::dotnet::data::xml::{Content, Inserter, XNode, duration_text};
use crate::library::format;
use crate::run::{Run, Thrown};
use crate::types::{convert, known};
use crate::value::Value;

/// About what a node takes.
const NODE_BYTES: usize = 256;

/// The text that .NET's XML classes make of a value (`XContainer.GetStringValue`).
pub fn text_of(run: &mut Run<'_>, value: &Value) -> Result<String, Thrown> {
    Ok(match value {
        Value::Bool(flag) => flag.to_string(),
        Value::Double(number) if number.is_infinite() => infinity(*number > 0.0),
        Value::Single(number) if number.is_infinite() => infinity(*number > 0.0),
        Value::DateTime(date) => format::date(*date).format("yyyy-MM-ddTHH:mm:ss.FFFFFFFK")?,
        Value::DateTimeOffset(date) if date.offset == 0 => {
            format::offset(*date).format("yyyy-MM-ddTHH:mm:ss.FFFFFFF")? + "Z"
        }
        Value::DateTimeOffset(date) => format::offset(*date).format("yyyy-MM-ddTHH:mm:ss.FFFFFFFzzz")?,
        Value::TimeSpan(ticks) => duration_text(*ticks),
        Value::Obj(_) if node::node_of(value).is_some() => {
            return Err(Thrown::argument("An XObject cannot be used as a value."));
        }
        other => run.print_str(other)?.as_str().to_owned(),
    })
}

fn infinity(positive: bool) -> String {
    if positive { "INF" } else { "-INF" }.to_owned()
}

/// Gives each part of a content to `take`, sequences item by item as they come.
pub fn each(
    run: &mut Run<'_>,
    content: &Value,
    take: &mut dyn FnMut(&mut Run<'_>, Content) -> Result<(), Thrown>,
) -> Result<(), Thrown> {
    if content.is_null() {
        return Ok(());
    }
    if let Some(node) = node::node_of(content) {
        return take(run, Content::Node(node.clone()));
    }
    if let Value::Str(text) = content {
        run.charge(text.as_str().len())?;
        return take(run, Content::Text(text.smol().clone()));
    }
    if is_sequence(content) {
        let mut cursor = run.cursor(content)?;
        while let Some(item) = cursor.next(run)? {
            run.nested(|run| each(run, &item, take))?;
        }
        return Ok(());
    }
    let text = text_of(run, content)?;
    run.charge(text.len())?;
    take(run, Content::Text(text.into()))
}

fn is_sequence(value: &Value) -> bool {
    value.runtime_type().is_some_and(|ty| convert::find_super(&ty, known::ENUMERABLE_OBJECT).is_some())
}

/// `Add(content)`.
pub fn add(run: &mut Run<'_>, container: &XNode, content: &Value) -> Result<(), Thrown> {
    each(run, content, &mut |run, part| {
        charge(run, container, &part)?;
        Ok(container.add_content(&part)?)
    })
}

/// Adds the parts of a content at a place within `container`.
pub fn insert(run: &mut Run<'_>, container: &XNode, mut place: Inserter, content: &Value) -> Result<(), Thrown> {
    each(run, content, &mut |run, part| {
        charge(run, container, &part)?;
        Ok(place.add(&part)?)
    })?;
    place.finish();
    Ok(())
}

/// The parts of a content as they are before anything changes.
pub fn snapshot(run: &mut Run<'_>, content: &Value) -> Result<Vec<Content>, Thrown> {
    let mut parts = Vec::new();
    each(run, content, &mut |run, part| {
        run.charge(NODE_BYTES)?;
        parts.push(part);
        Ok(())
    })?;
    Ok(parts)
}

/// Adds parts that were set aside.
pub fn add_parts(run: &mut Run<'_>, container: &XNode, parts: &[Content]) -> Result<(), Thrown> {
    for part in parts {
        charge(run, container, part)?;
        container.add_content(part)?;
    }
    Ok(())
}

/// A node that is in a tree already is copied with all it contains.
fn charge(run: &mut Run<'_>, container: &XNode, part: &Content) -> Result<(), Thrown> {
    let Content::Node(node) = part else { return run.charge(NODE_BYTES) };
    let is_copied = node.parent_node().is_some() || container.root_node() == *node;
    charge_nodes(run, if is_copied { node.size() } else { 1 })
}

/// Counts the memory of nodes that are about to be made.
pub fn charge_nodes(run: &mut Run<'_>, count: usize) -> Result<(), Thrown> {
    run.steps(count)?;
    run.charge(count.saturating_mul(NODE_BYTES))
}
