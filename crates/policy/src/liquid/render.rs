//! Tree to text.

use super::{Condition, Expression, Loop, Node, OUTPUT_BYTES_MAX, Operand, TURNS_MAX, filter};
use serde_json::{Value, json};
use std::cmp::Ordering;

pub fn render(nodes: &[Node], globals: &Value) -> Result<String, String> {
    let mut run = Run { globals, locals: Vec::new(), out: String::new(), turns: 0 };
    run.nodes(nodes)?;
    Ok(run.out)
}

enum Flow {
    On,
    Break,
    Continue,
}

struct Run<'g> {
    globals: &'g Value,
    /// The last of a name counts.
    locals: Vec<(String, Value)>,
    out: String,
    turns: usize,
}

impl Run<'_> {
    fn nodes(&mut self, nodes: &[Node]) -> Result<Flow, String> {
        for node in nodes {
            match self.node(node)? {
                Flow::On => {}
                other => return Ok(other),
            }
            if self.out.len() > OUTPUT_BYTES_MAX {
                return Err(format!("the template writes more than {OUTPUT_BYTES_MAX} bytes"));
            }
        }
        Ok(Flow::On)
    }

    fn node(&mut self, node: &Node) -> Result<Flow, String> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Output(expression) => {
                let value = self.expression(expression)?;
                self.out.push_str(&filter::print(&value));
            }
            Node::Assign(name, expression) => {
                let value = self.expression(expression)?;
                self.assign(name, value);
            }
            Node::Capture(name, body) => {
                let outer = std::mem::take(&mut self.out);
                let flow = self.nodes(body)?;
                let text = std::mem::replace(&mut self.out, outer);
                self.assign(name, Value::from(text));
                return Ok(flow);
            }
            Node::If(branches) => {
                for (condition, body) in branches {
                    if condition.as_ref().is_none_or(|condition| self.holds(condition)) {
                        return self.nodes(body);
                    }
                }
            }
            Node::Case(subject, branches) => {
                let subject = self.operand(subject);
                for (values, body) in branches {
                    let fits = |value: &Operand| equal(&subject, &self.operand(value));
                    if values.as_ref().is_none_or(|values| values.iter().any(fits)) {
                        return self.nodes(body);
                    }
                }
            }
            Node::For(node) => self.for_loop(node)?,
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn assign(&mut self, name: &str, value: Value) {
        match self.locals.iter_mut().find(|(known, _)| known == name) {
            Some((_, slot)) => *slot = value,
            None => self.locals.push((name.to_owned(), value)),
        }
    }

    fn for_loop(&mut self, node: &Loop) -> Result<(), String> {
        let mut items = match self.operand(&node.items) {
            Value::Array(items) => items,
            Value::Null => Vec::new(),
            // A hash gives pairs; XML that has one child where it could have many gives the child.
            Value::Object(pairs) if !node.commas => {
                pairs.into_iter().map(|(name, value)| json!([name, value])).collect()
            }
            single => vec![single],
        };
        let number = |operand: &Option<Operand>| {
            operand.as_ref().map(|operand| filter::number(&self.operand(operand)).max(0.0) as usize)
        };
        let (offset, limit) = (number(&node.offset).unwrap_or(0), number(&node.limit).unwrap_or(usize::MAX));
        items = items.into_iter().skip(offset).take(limit).collect();
        if node.reversed {
            items.reverse();
        }
        let count = items.len();
        for (index, item) in items.into_iter().enumerate() {
            self.turns += 1;
            if self.turns > TURNS_MAX {
                return Err(format!("the template loops more than {TURNS_MAX} times"));
            }
            if node.commas && index > 0 {
                self.out.truncate(self.out.trim_end().len());
                self.out.push(',');
            }
            let state = json!({
                "index": index + 1, "index0": index, "rindex": count - index, "rindex0": count - index - 1,
                "first": index == 0, "last": index + 1 == count, "length": count,
            });
            let depth = self.locals.len();
            self.locals.push((node.name.clone(), item));
            self.locals.push(("forloop".to_owned(), state));
            let flow = self.nodes(&node.body)?;
            // What the body assigned stays; the loop's own names go.
            self.locals.drain(depth..depth + 2);
            if matches!(flow, Flow::Break) {
                break;
            }
        }
        Ok(())
    }

    fn expression(&self, expression: &Expression) -> Result<Value, String> {
        let mut value = self.operand(&expression.start);
        for (name, arguments) in &expression.filters {
            let arguments: Vec<Value> = arguments.iter().map(|argument| self.operand(argument)).collect();
            value = filter::apply(name, value, &arguments)?;
        }
        Ok(value)
    }

    fn operand(&self, operand: &Operand) -> Value {
        match operand {
            Operand::Literal(value) => value.clone(),
            Operand::Empty => Value::from(""),
            Operand::Range(from, to) => {
                let (from, to) = (filter::number(&self.operand(from)) as i64, filter::number(&self.operand(to)) as i64);
                let to = to.min(from.saturating_add(TURNS_MAX as i64));
                Value::Array((from..=to).map(Value::from).collect())
            }
            Operand::Path(name, keys) => {
                let local = self.locals.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value);
                let mut value = match local.or_else(|| member(self.globals, name)) {
                    Some(value) => value,
                    None => return Value::Null,
                };
                let mut made;
                for key in keys {
                    let key = self.operand(key);
                    match step(value, &key) {
                        Some(next) => value = next,
                        None => {
                            made = computed(value, &key);
                            value = &made;
                        }
                    }
                }
                value.clone()
            }
        }
    }

    fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Truth(operand) => !matches!(self.operand(operand), Value::Null | Value::Bool(false)),
            Condition::Not(inner) => !self.holds(inner),
            Condition::And(left, right) => self.holds(left) && self.holds(right),
            Condition::Or(left, right) => self.holds(left) || self.holds(right),
            Condition::Compare(left, operator, right) => self.compare(left, operator, right),
        }
    }

    fn compare(&self, left: &Operand, operator: &str, right: &Operand) -> bool {
        let is_empty = |value: &Value| match value {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(members) => members.is_empty(),
            _ => false,
        };
        let (a, b) = (self.operand(left), self.operand(right));
        let same = match (left, right) {
            (Operand::Empty, _) => is_empty(&b),
            (_, Operand::Empty) => is_empty(&a),
            _ => equal(&a, &b),
        };
        match operator {
            "==" => same,
            "!=" | "<>" => !same,
            "<" => order(&a, &b) == Some(Ordering::Less),
            ">" => order(&a, &b) == Some(Ordering::Greater),
            "<=" => matches!(order(&a, &b), Some(Ordering::Less | Ordering::Equal)),
            ">=" => matches!(order(&a, &b), Some(Ordering::Greater | Ordering::Equal)),
            "contains" => match &a {
                Value::Array(items) => items.iter().any(|item| equal(item, &b)),
                Value::Object(members) => members.contains_key(&filter::print(&b)),
                Value::String(text) => text.contains(&filter::print(&b)),
                _ => false,
            },
            "startsWith" | "StartsWith" => filter::print(&a).starts_with(&filter::print(&b)),
            _ => filter::print(&a).ends_with(&filter::print(&b)),
        }
    }
}

/// A member by name; by name without case when none has the very name.
fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let members = value.as_object()?;
    members
        .get(name)
        .or_else(|| members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn step<'v>(value: &'v Value, key: &Value) -> Option<&'v Value> {
    match (value, key) {
        (Value::Array(items), Value::Number(index)) => {
            let index = index.as_i64()?;
            let index = if index < 0 { items.len() as i64 + index } else { index };
            items.get(usize::try_from(index).ok()?)
        }
        (Value::Array(items), Value::String(name)) => match name.to_ascii_lowercase().as_str() {
            "first" => items.first(),
            "last" => items.last(),
            _ => None,
        },
        (_, key) => member(value, &filter::print(key)),
    }
}

/// Members that are worked out: `size`.
fn computed(value: &Value, key: &Value) -> Value {
    match (value, key.as_str()) {
        (Value::Array(items), Some("size" | "Size")) => Value::from(items.len()),
        (Value::Object(members), Some("size" | "Size")) => Value::from(members.len()),
        (Value::String(text), Some("size" | "Size")) => Value::from(text.chars().count()),
        _ => Value::Null,
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::Null, _) | (_, Value::Null) => None,
        _ => filter::number(a).partial_cmp(&filter::number(b)),
    }
}
