//! XPath at work: axes, predicates, comparisons and the core functions.

use super::super::node::Node;
use super::super::{NodeKind, XNode};
use super::parse::{Axis, Expr, Operator, Step, Test};
use super::xpath_error;
use crate::dotnet::data::error::Result;
use crate::dotnet::data::number::double_text;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Nodes one evaluation may look at.
const STEPS_MAX: usize = 10_000_000;

/// What an expression is worth.
#[derive(Debug, Clone)]
pub enum XPathValue {
    /// In document order, each once.
    Nodes(Vec<XNode>),
    Boolean(bool),
    Number(f64),
    String(String),
}

impl XPathValue {
    pub fn boolean(&self) -> bool {
        match self {
            XPathValue::Nodes(nodes) => !nodes.is_empty(),
            XPathValue::Boolean(value) => *value,
            XPathValue::Number(number) => *number != 0.0 && !number.is_nan(),
            XPathValue::String(text) => !text.is_empty(),
        }
    }

    pub fn number(&self) -> f64 {
        match self {
            XPathValue::Number(number) => *number,
            XPathValue::Boolean(value) => f64::from(u8::from(*value)),
            XPathValue::String(text) => number_of(text),
            XPathValue::Nodes(_) => number_of(&self.string()),
        }
    }

    pub fn string(&self) -> String {
        match self {
            XPathValue::Nodes(nodes) => nodes.first().map(|node| node.value().to_string()).unwrap_or_default(),
            XPathValue::Boolean(value) => value.to_string(),
            XPathValue::Number(number) if *number == 0.0 => "0".to_owned(),
            XPathValue::Number(number) => double_text(*number),
            XPathValue::String(text) => text.clone(),
        }
    }
}

/// `number(string)`.
pub(super) fn number_of(text: &str) -> f64 {
    let trimmed = text.trim();
    let plain = trimmed.strip_prefix('-').unwrap_or(trimmed);
    if plain.is_empty() || !plain.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return f64::NAN;
    }
    trimmed.parse().unwrap_or(f64::NAN)
}

/// What an expression is evaluated against.
#[derive(Debug, Clone)]
pub struct Focus {
    pub node: XNode,
    /// From 1.
    pub position: usize,
    pub size: usize,
}

/// What a host language adds to XPath.
pub trait Scope {
    /// The value of `$name`, as the expression spells it. `None`: there is none.
    fn variable(&self, name: &str) -> Result<Option<XPathValue>>;

    /// A function that XPath does not have. `None`: neither has the host.
    fn call(&self, name: &str, arguments: &[XPathValue], focus: &Focus) -> Result<Option<XPathValue>>;

    /// The order of the nodes of a tree that does not change meanwhile, by its root.
    fn order(&self, root: &XNode) -> Option<Rc<DocumentOrder>> {
        let _ = root;
        None
    }
}

/// The nodes of one tree in document order.
pub struct DocumentOrder(HashMap<*const Node, usize>);

impl DocumentOrder {
    pub fn of(root: &XNode) -> DocumentOrder {
        DocumentOrder(root.document_order())
    }

    /// `None`: the node is of another tree.
    pub fn position(&self, node: &XNode) -> Option<usize> {
        self.0.get(&Rc::as_ptr(&node.node)).copied()
    }
}

/// XPath alone.
struct Plain;

impl Scope for Plain {
    fn variable(&self, _: &str) -> Result<Option<XPathValue>> {
        Ok(None)
    }

    fn call(&self, _: &str, _: &[XPathValue], _: &Focus) -> Result<Option<XPathValue>> {
        Ok(None)
    }
}

pub(super) fn evaluate(expr: &Expr, node: &XNode, namespaces: &[(&str, &str)]) -> Result<XPathValue> {
    let focus = Focus { node: node.clone(), position: 1, size: 1 };
    evaluate_in(expr, &focus, namespaces, &Plain)
}

pub(super) fn evaluate_in(
    expr: &Expr,
    focus: &Focus,
    namespaces: &[(&str, &str)],
    scope: &dyn Scope,
) -> Result<XPathValue> {
    let mut evaluation = Evaluation { namespaces, scope, order: None, steps: 0, origin: focus.node.clone() };
    evaluation.expr(expr, focus)
}

/// The exception where an expression needs what only a host could give.
fn needs_host() -> crate::dotnet::data::error::DotnetError {
    xpath_error("Namespace Manager or XsltContext needed. This query has a prefix, variable, or user-defined function.")
}

type Context = Focus;

struct Evaluation<'a> {
    namespaces: &'a [(&'a str, &'a str)],
    scope: &'a dyn Scope,
    /// Document order, made when first needed.
    order: Option<Rc<DocumentOrder>>,
    steps: usize,
    origin: XNode,
}

/// Whether a node is among those that a step of a pattern selects from its parent.
pub(super) fn step_selects(step: &Step, node: &XNode, namespaces: &[(&str, &str)], scope: &dyn Scope) -> Result<bool> {
    let mut evaluation = Evaluation { namespaces, scope, order: None, steps: 0, origin: node.clone() };
    let namespace = match &step.test {
        Test::Name { prefix: Some(prefix), .. } | Test::Any(Some(prefix)) => Some(evaluation.namespace(prefix)?),
        _ => None,
    };
    if !passes(node, step, namespace.as_deref()) {
        return Ok(false);
    }
    if step.predicates.is_empty() {
        return Ok(true);
    }
    let Some(parent) = node.parent_node() else { return Ok(false) };
    let mut siblings = along(&parent, step.axis);
    evaluation.spend(siblings.len())?;
    siblings.retain(|node| passes(node, step, namespace.as_deref()));
    Ok(evaluation.filter(siblings, &step.predicates)?.contains(node))
}

impl Evaluation<'_> {
    fn spend(&mut self, steps: usize) -> Result<()> {
        self.steps += steps;
        if self.steps > STEPS_MAX { Err(xpath_error("The xpath query is too complex.")) } else { Ok(()) }
    }

    fn expr(&mut self, expr: &Expr, context: &Context) -> Result<XPathValue> {
        self.spend(1)?;
        Ok(match expr {
            Expr::Literal(text) => XPathValue::String(text.clone()),
            Expr::Number(number) => XPathValue::Number(*number),
            Expr::Negate(inner) => XPathValue::Number(-self.expr(inner, context)?.number()),
            Expr::Binary(operator, left, right) => return self.binary(*operator, left, right, context),
            Expr::Call(name, arguments) => return self.call(name, arguments, context),
            Expr::Variable(name) => return self.scope.variable(name)?.ok_or_else(needs_host),
            Expr::Filter(inner, predicates) => {
                let nodes = self.nodes(inner, context)?;
                XPathValue::Nodes(self.filter(nodes, predicates)?)
            }
            Expr::Path { root, start, steps } => {
                let mut nodes = match start {
                    Some(start) => self.nodes(start, context)?,
                    None if *root => vec![context.node.root_node()],
                    None => vec![context.node.clone()],
                };
                for step in steps {
                    nodes = self.step(&nodes, step)?;
                }
                XPathValue::Nodes(nodes)
            }
        })
    }

    fn nodes(&mut self, expr: &Expr, context: &Context) -> Result<Vec<XNode>> {
        match self.expr(expr, context)? {
            XPathValue::Nodes(nodes) => Ok(nodes),
            _ => Err(super::not_nodes()),
        }
    }

    /// Puts nodes in document order, each once.
    fn ordered(&mut self, mut nodes: Vec<XNode>) -> Vec<XNode> {
        if nodes.len() < 2 {
            return nodes;
        }
        let order = self.order.get_or_insert_with(|| {
            let root = self.origin.root_node();
            self.scope.order(&root).unwrap_or_else(|| Rc::new(DocumentOrder::of(&root)))
        });
        nodes.sort_by_key(|node| order.position(node).unwrap_or(usize::MAX));
        let mut seen = HashSet::new();
        nodes.retain(|node| seen.insert(Rc::as_ptr(&node.node)));
        nodes
    }

    fn step(&mut self, from: &[XNode], step: &Step) -> Result<Vec<XNode>> {
        let namespace = match &step.test {
            Test::Name { prefix: Some(prefix), .. } | Test::Any(Some(prefix)) => Some(self.namespace(prefix)?),
            _ => None,
        };
        let mut found = Vec::new();
        for node in from {
            let mut nodes = along(node, step.axis);
            self.spend(nodes.len() + 1)?;
            nodes.retain(|node| passes(node, step, namespace.as_deref()));
            found.append(&mut self.filter(nodes, &step.predicates)?);
        }
        let forward = from.len() == 1 && !is_reverse(step.axis);
        Ok(if forward { found } else { self.ordered(found) })
    }

    fn namespace(&self, prefix: &str) -> Result<String> {
        let found = self.namespaces.iter().find(|(known, _)| *known == prefix);
        found.map(|(_, namespace)| (*namespace).to_owned()).ok_or_else(|| {
            if self.namespaces.is_empty() {
                xpath_error(
                    "Namespace Manager or XsltContext needed. This query has a prefix, variable, or user-defined function.",
                )
            } else {
                xpath_error(format!("Namespace prefix '{prefix}' is not defined."))
            }
        })
    }

    /// Applies predicates to nodes in the order of their axis.
    fn filter(&mut self, mut nodes: Vec<XNode>, predicates: &[Expr]) -> Result<Vec<XNode>> {
        for predicate in predicates {
            let size = nodes.len();
            let mut kept = Vec::new();
            for (index, node) in nodes.into_iter().enumerate() {
                let context = Context { node, position: index + 1, size };
                let keep = match self.expr(predicate, &context)? {
                    XPathValue::Number(number) => number == context.position as f64,
                    value => value.boolean(),
                };
                if keep {
                    kept.push(context.node);
                }
            }
            nodes = kept;
        }
        Ok(nodes)
    }

    fn binary(&mut self, operator: Operator, left: &Expr, right: &Expr, context: &Context) -> Result<XPathValue> {
        let first = self.expr(left, context)?;
        match operator {
            Operator::Or if first.boolean() => return Ok(XPathValue::Boolean(true)),
            Operator::And if !first.boolean() => return Ok(XPathValue::Boolean(false)),
            _ => {}
        }
        let second = self.expr(right, context)?;
        let (a, b) = match operator {
            Operator::Or | Operator::And => return Ok(XPathValue::Boolean(second.boolean())),
            Operator::Union => {
                return match (first, second) {
                    (XPathValue::Nodes(mut nodes), XPathValue::Nodes(more)) => {
                        nodes.extend(more);
                        Ok(XPathValue::Nodes(self.ordered(nodes)))
                    }
                    _ => Err(super::not_nodes()),
                };
            }
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Modulo => {
                (first.number(), second.number())
            }
            _ => return self.compare(operator, &first, &second).map(XPathValue::Boolean),
        };
        Ok(XPathValue::Number(match operator {
            Operator::Add => a + b,
            Operator::Subtract => a - b,
            Operator::Multiply => a * b,
            Operator::Divide => a / b,
            _ => a % b,
        }))
    }

    /// Node sets compare if any of their nodes does.
    fn compare(&mut self, operator: Operator, a: &XPathValue, b: &XPathValue) -> Result<bool> {
        match (a, b) {
            (XPathValue::Nodes(nodes), XPathValue::Boolean(_)) => {
                Ok(compare_atoms(operator, &XPathValue::Boolean(!nodes.is_empty()), b))
            }
            (XPathValue::Boolean(_), XPathValue::Nodes(nodes)) => {
                Ok(compare_atoms(operator, a, &XPathValue::Boolean(!nodes.is_empty())))
            }
            (XPathValue::Nodes(nodes), _) => {
                for node in nodes {
                    self.spend(1)?;
                    if self.compare(operator, &XPathValue::String(node.value().into()), b)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (_, XPathValue::Nodes(nodes)) => {
                self.spend(nodes.len())?;
                Ok(nodes.iter().any(|node| compare_atoms(operator, a, &XPathValue::String(node.value().into()))))
            }
            _ => Ok(compare_atoms(operator, a, b)),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Expr], context: &Context) -> Result<XPathValue> {
        match (name, arguments.len()) {
            ("position", 0) => return Ok(XPathValue::Number(context.position as f64)),
            ("last", 0) => return Ok(XPathValue::Number(context.size as f64)),
            ("true", 0) => return Ok(XPathValue::Boolean(true)),
            ("false", 0) => return Ok(XPathValue::Boolean(false)),
            _ => {}
        }
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.expr(argument, context)?);
        }
        if let Some(value) = self.scope.call(name, &values, context)? {
            return Ok(value);
        }
        if values.is_empty() {
            values.push(XPathValue::Nodes(vec![context.node.clone()]));
        }
        apply(name, arguments.len(), &values, context)
    }
}

/// The core functions whose arguments are values. A missing argument stands for the context node.
fn apply(name: &str, given: usize, values: &[XPathValue], context: &Context) -> Result<XPathValue> {
    let text = |index: usize| values.get(index).map(XPathValue::string).unwrap_or_default();
    let nodes = || match &values[0] {
        XPathValue::Nodes(nodes) => Ok(nodes),
        _ => Err(super::not_nodes()),
    };
    Ok(match (name, given) {
        ("count", 1) => XPathValue::Number(nodes()?.len() as f64),
        ("sum", 1) => XPathValue::Number(nodes()?.iter().map(|node| number_of(&node.value())).sum()),
        ("local-name", 0 | 1) => {
            let name = nodes()?.first().map(|node| node.name().map_or(node.target(), |name| Some(name.local)));
            XPathValue::String(name.flatten().unwrap_or_default().into())
        }
        ("namespace-uri", 0 | 1) => {
            let name = nodes()?.first().and_then(XNode::name);
            XPathValue::String(name.map(|name| name.namespace).unwrap_or_default().into())
        }
        ("name", 0 | 1) => {
            let named = nodes()?.first().filter(|node| node.name().is_some() || node.target().is_some());
            XPathValue::String(named.map(XNode::dom_name).unwrap_or_default())
        }
        ("id", 1) => XPathValue::Nodes(Vec::new()),
        ("string", 0 | 1) => XPathValue::String(text(0)),
        ("concat", 2..) => XPathValue::String(values.iter().map(XPathValue::string).collect()),
        ("starts-with", 2) => XPathValue::Boolean(text(0).starts_with(&text(1))),
        ("contains", 2) => XPathValue::Boolean(text(0).contains(&text(1))),
        ("substring-before", 2) => {
            XPathValue::String(text(0).split_once(&text(1)).map(|(before, _)| before.to_owned()).unwrap_or_default())
        }
        ("substring-after", 2) => {
            XPathValue::String(text(0).split_once(&text(1)).map(|(_, after)| after.to_owned()).unwrap_or_default())
        }
        ("substring", 2 | 3) => substring(&text(0), values[1].number(), values.get(2).map(XPathValue::number)),
        ("string-length", 0 | 1) => XPathValue::Number(text(0).encode_utf16().count() as f64),
        ("normalize-space", 0 | 1) => {
            XPathValue::String(text(0).split_ascii_whitespace().collect::<Vec<_>>().join(" "))
        }
        ("translate", 3) => {
            let (from, to): (Vec<char>, Vec<char>) = (text(1).chars().collect(), text(2).chars().collect());
            let original = text(0);
            let mapped = original.chars().filter_map(|c| match from.iter().position(|known| *known == c) {
                Some(index) => to.get(index).copied(),
                None => Some(c),
            });
            XPathValue::String(mapped.collect())
        }
        ("boolean", 1) => XPathValue::Boolean(values[0].boolean()),
        ("not", 1) => XPathValue::Boolean(!values[0].boolean()),
        ("lang", 1) => {
            let wanted = text(0).to_lowercase();
            let name = super::super::XName::new(super::super::name::XML, "lang");
            let found = context.node.ancestors_and_self(None).iter().find_map(|node| node.attribute_named(&name));
            let own = found.map(|node| node.value().to_lowercase()).unwrap_or_default();
            XPathValue::Boolean(own == wanted || own.starts_with(&format!("{wanted}-")))
        }
        ("number", 0 | 1) => XPathValue::Number(values[0].number()),
        ("floor", 1) => XPathValue::Number(values[0].number().floor()),
        ("ceiling", 1) => XPathValue::Number(values[0].number().ceil()),
        ("round", 1) => XPathValue::Number((values[0].number() + 0.5).floor()),
        ("position" | "last" | "true" | "false" | "count" | "sum" | "concat" | "contains" | "not", _) => {
            return Err(xpath_error(format!("Function '{name}' in '{name}()' has an invalid number of arguments.")));
        }
        _ => return Err(needs_host()),
    })
}

fn substring(text: &str, start: f64, length: Option<f64>) -> XPathValue {
    let start = (start + 0.5).floor();
    let end = length.map_or(f64::INFINITY, |length| start + (length + 0.5).floor());
    let units: Vec<u16> = text.encode_utf16().collect();
    let inside = units.iter().enumerate().filter(|(index, _)| {
        let position = (*index + 1) as f64;
        position >= start && position < end
    });
    XPathValue::String(String::from_utf16_lossy(&inside.map(|(_, unit)| *unit).collect::<Vec<_>>()))
}

fn compare_atoms(operator: Operator, a: &XPathValue, b: &XPathValue) -> bool {
    let any = |test: fn(&XPathValue) -> bool| test(a) || test(b);
    match operator {
        Operator::Equal | Operator::NotEqual => {
            let equal = if any(|value| matches!(value, XPathValue::Boolean(_))) {
                a.boolean() == b.boolean()
            } else if any(|value| matches!(value, XPathValue::Number(_))) {
                a.number() == b.number()
            } else {
                a.string() == b.string()
            };
            equal == (operator == Operator::Equal)
        }
        Operator::Less => a.number() < b.number(),
        Operator::LessOrEqual => a.number() <= b.number(),
        Operator::Greater => a.number() > b.number(),
        _ => a.number() >= b.number(),
    }
}

fn is_reverse(axis: Axis) -> bool {
    matches!(axis, Axis::Ancestor | Axis::AncestorOrSelf | Axis::Preceding | Axis::PrecedingSibling)
}

/// The nodes of an axis, nearest first.
fn along(node: &XNode, axis: Axis) -> Vec<XNode> {
    let up = |from: Option<XNode>| std::iter::successors(from, XNode::parent_node).collect::<Vec<_>>();
    match axis {
        Axis::Itself => vec![node.clone()],
        Axis::Child => node.nodes(),
        Axis::Parent => node.parent_node().into_iter().collect(),
        Axis::Attribute => node.attributes().into_iter().filter(|a| !a.is_namespace_declaration()).collect(),
        Axis::Descendant => node.descendant_nodes(),
        Axis::DescendantOrSelf => std::iter::once(node.clone()).chain(node.descendant_nodes()).collect(),
        Axis::Ancestor => up(node.parent_node()),
        Axis::AncestorOrSelf => up(Some(node.clone())),
        Axis::FollowingSibling => node.nodes_after_self(),
        Axis::PrecedingSibling => node.nodes_before_self().into_iter().rev().collect(),
        Axis::Following => {
            let own =
                if node.kind() == NodeKind::Attribute { node.parent().map(|e| e.descendant_nodes()) } else { None };
            let later = up(Some(node.clone())).into_iter().flat_map(|node| node.nodes_after_self());
            let later = later.flat_map(|node| std::iter::once(node.clone()).chain(node.descendant_nodes()));
            own.unwrap_or_default().into_iter().chain(later).collect()
        }
        Axis::Preceding => {
            let earlier = up(Some(node.clone())).into_iter().flat_map(|node| {
                let mut before = node.nodes_before_self();
                before.reverse();
                before
            });
            let subtrees = earlier.flat_map(|node| {
                let mut all = vec![node.clone()];
                all.extend(node.descendant_nodes());
                all.reverse();
                all
            });
            subtrees.collect()
        }
        Axis::Namespace => Vec::new(),
    }
}

pub(super) fn passes(node: &XNode, step: &Step, namespace: Option<&str>) -> bool {
    let principal = if step.axis == Axis::Attribute { NodeKind::Attribute } else { NodeKind::Element };
    match &step.test {
        Test::Node => node.kind() != NodeKind::DocumentType,
        Test::Text => node.is_text(),
        Test::Comment => node.kind() == NodeKind::Comment,
        Test::ProcessingInstruction(target) => {
            node.kind() == NodeKind::ProcessingInstruction
                && target.as_ref().is_none_or(|target| node.target().as_deref() == Some(target))
        }
        Test::Any(_) => {
            node.kind() == principal
                && namespace.is_none_or(|namespace| node.name().is_some_and(|name| name.namespace == namespace))
        }
        Test::Name { local, .. } => {
            node.kind() == principal
                && node
                    .name()
                    .is_some_and(|name| name.local == *local && name.namespace == namespace.unwrap_or_default())
        }
    }
}
