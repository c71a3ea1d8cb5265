//! Liquid templates of `set-body`, as DotLiquid runs them in C# naming mode. Source:
//! reference/policies.md, chapter 9; corrections.md, 20 and 35.
//!
//! Compiled once, rendered per request from plain data. Knows nothing of policies.

mod context;
mod filter;
mod input;
mod parse;
mod render;

pub use input::{XsiNil, from_body, from_context};
pub use parse::parse;

use serde_json::Value;

/// Longest rendering, in bytes: a loop over a large body ends here instead of filling memory.
const OUTPUT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Turns of all loops of one rendering together.
const TURNS_MAX: usize = 1_000_000;

/// Deepest nesting of blocks.
const NESTING_MAX: usize = 50;

#[derive(Debug, Clone)]
pub struct Template(Vec<Node>);

#[derive(Debug, Clone)]
enum Node {
    Text(String),
    Output(Expression),
    Assign(String, Expression),
    Capture(String, Vec<Node>),
    /// Conditions and blocks in order; `None` is `else`.
    If(Vec<(Option<Condition>, Vec<Node>)>),
    Case(Operand, Vec<(Option<Vec<Operand>>, Vec<Node>)>),
    For(Loop),
    Break,
    Continue,
}

#[derive(Debug, Clone)]
struct Loop {
    name: String,
    items: Operand,
    reversed: bool,
    limit: Option<Operand>,
    offset: Option<Operand>,
    /// `JSONArrayFor`: commas between the items.
    commas: bool,
    body: Vec<Node>,
}

#[derive(Debug, Clone)]
struct Expression {
    start: Operand,
    filters: Vec<(String, Vec<Operand>)>,
}

#[derive(Debug, Clone)]
enum Operand {
    Literal(Value),
    /// A name and the keys after it.
    Path(String, Vec<Operand>),
    Range(Box<Operand>, Box<Operand>),
    /// `blank` and `empty`.
    Empty,
}

#[derive(Debug, Clone)]
enum Condition {
    Truth(Operand),
    Compare(Operand, String, Operand),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
}

impl Template {
    /// # Errors
    /// What made the rendering stop.
    pub fn render(&self, globals: &Value) -> Result<String, String> {
        render::render(&self.0, globals)
    }
}

#[cfg(test)]
mod tests;
