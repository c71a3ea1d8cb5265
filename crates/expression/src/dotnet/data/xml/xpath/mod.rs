//! XPath 1.0: text to expression, expression to value.

mod eval;
mod parse;
mod pattern;

pub use eval::{DocumentOrder, Focus, Scope, XPathValue};
pub use pattern::Pattern;

use super::XNode;
use crate::dotnet::data::error::{DotnetError, Result};

/// A parsed expression.
#[derive(Debug, Clone)]
pub struct XPath {
    expr: parse::Expr,
}

impl XPath {
    /// # Errors
    /// `XPathException` for an expression that cannot be read.
    pub fn parse(text: &str) -> Result<XPath> {
        Ok(XPath { expr: parse::parse(text)? })
    }

    /// The value with `node` as the context; `namespaces` are prefix and name.
    ///
    /// # Errors
    /// `XPathException` for undeclared prefixes, unknown functions, and too much work.
    pub fn evaluate(&self, node: &XNode, namespaces: &[(&str, &str)]) -> Result<XPathValue> {
        eval::evaluate(&self.expr, node, namespaces)
    }

    /// The same with what a host language adds.
    ///
    /// # Errors
    /// As [`XPath::evaluate`], and those of the host.
    pub fn evaluate_in(&self, focus: &Focus, namespaces: &[(&str, &str)], scope: &dyn Scope) -> Result<XPathValue> {
        eval::evaluate_in(&self.expr, focus, namespaces, scope)
    }

    /// The functions that it calls, as it spells them.
    pub fn functions(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.expr.functions(&mut found);
        found
    }
}

fn xpath_error(message: impl Into<String>) -> DotnetError {
    DotnetError::new("System.Xml.XPath.XPathException", message)
}

/// The exception where nodes are wanted and the expression gives something else.
pub(super) fn not_nodes() -> DotnetError {
    xpath_error("Expression must evaluate to a node-set.")
}
