//! Patterns of XSLT: which nodes a template is for. Source: XSLT 1.0, chapter 5.2.

use super::eval::{Focus, Scope, XPathValue, evaluate_in, step_selects};
use super::parse::{Axis, Expr, Operator, Step, Test, parse};
use super::xpath_error;
use crate::dotnet::data::error::Result;
use crate::dotnet::data::xml::{NodeKind, XNode};

/// One alternative of a pattern (`a | b` has two).
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Starts at the root of the tree.
    root: bool,
    /// `id(…)` or `key(…)` at the start.
    start: Option<Expr>,
    steps: Vec<Step>,
}

impl Pattern {
    /// The alternatives of a pattern, in order.
    ///
    /// # Errors
    /// `XPathException` for what is no pattern.
    pub fn parse(text: &str) -> Result<Vec<Pattern>> {
        let mut found = Vec::new();
        collect(parse(text)?, text, &mut found)?;
        Ok(found)
    }

    /// Source: XSLT 1.0, chapter 5.5.
    pub fn default_priority(&self) -> f64 {
        let (false, None, [only]) = (self.root, &self.start, self.steps.as_slice()) else { return 0.5 };
        match &only.test {
            _ if !only.predicates.is_empty() => 0.5,
            Test::Name { .. } | Test::ProcessingInstruction(Some(_)) => 0.0,
            Test::Any(Some(_)) => -0.25,
            _ => -0.5,
        }
    }

    /// # Errors
    /// Those of its predicates.
    pub fn matches(&self, node: &XNode, namespaces: &[(&str, &str)], scope: &dyn Scope) -> Result<bool> {
        self.matches_up_to(self.steps.len(), node, namespaces, scope)
    }

    /// Whether the first `count` steps lead to the node.
    fn matches_up_to(
        &self,
        count: usize,
        node: &XNode,
        namespaces: &[(&str, &str)],
        scope: &dyn Scope,
    ) -> Result<bool> {
        let Some(last) = count.checked_sub(1) else { return self.starts_at(node, namespaces, scope) };
        let Some(step) = self.steps.get(last) else { return Ok(false) };
        if step.axis == Axis::DescendantOrSelf {
            // `//`: any node above, or this one, may be where the steps before lead to.
            let mut above = Some(node.clone());
            while let Some(candidate) = above {
                if self.matches_up_to(last, &candidate, namespaces, scope)? {
                    return Ok(true);
                }
                above = candidate.parent_node();
            }
            return Ok(false);
        }
        if (step.axis == Axis::Attribute) != (node.kind() == NodeKind::Attribute) {
            return Ok(false);
        }
        if !step_selects(step, node, namespaces, scope)? {
            return Ok(false);
        }
        match node.parent_node() {
            Some(parent) => self.matches_up_to(last, &parent, namespaces, scope),
            None => Ok(false),
        }
    }

    fn starts_at(&self, node: &XNode, namespaces: &[(&str, &str)], scope: &dyn Scope) -> Result<bool> {
        if let Some(start) = &self.start {
            let focus = Focus { node: node.clone(), position: 1, size: 1 };
            let found = evaluate_in(start, &focus, namespaces, scope)?;
            return Ok(matches!(found, XPathValue::Nodes(nodes) if nodes.contains(node)));
        }
        // A relative pattern may start anywhere.
        Ok(!self.root || node.parent_node().is_none())
    }
}

fn collect(expr: Expr, text: &str, found: &mut Vec<Pattern>) -> Result<()> {
    match expr {
        Expr::Binary(Operator::Union, left, right) => {
            collect(*left, text, found)?;
            collect(*right, text, found)
        }
        Expr::Path { root, start, steps } => {
            let start = match start {
                Some(start) => Some(id_or_key(*start).ok_or_else(|| not_a_pattern(text))?),
                None => None,
            };
            let fits = |step: &Step| {
                matches!(step.axis, Axis::Child | Axis::Attribute)
                    || (step.axis == Axis::DescendantOrSelf && step.test == Test::Node && step.predicates.is_empty())
            };
            if !steps.iter().all(fits) {
                return Err(not_a_pattern(text));
            }
            found.push(Pattern { root, start, steps });
            Ok(())
        }
        other => {
            let start = id_or_key(other).ok_or_else(|| not_a_pattern(text))?;
            found.push(Pattern { root: false, start: Some(start), steps: Vec::new() });
            Ok(())
        }
    }
}

fn id_or_key(expr: Expr) -> Option<Expr> {
    matches!(&expr, Expr::Call(name, _) if name == "id" || name == "key").then_some(expr)
}

fn not_a_pattern(text: &str) -> crate::dotnet::data::error::DotnetError {
    xpath_error(format!("'{text}' is an invalid XSLT pattern."))
}
