//! XSLT 1.0 over the XPath of `tollgate-expression`. Source: the recommendation of 16 November 1999;
//! reference/policies.md, chapter 9.
//!
//! A stylesheet is compiled once and run per request. It reaches nothing outside of its input:
//! `document()`, `xsl:import`, `xsl:include` and scripts are refused when it is compiled. Time,
//! memory and depth of one run are limited.

mod compile;
mod format;
mod instructions;
mod number;
mod output;
mod result;
mod run;
mod scope;

#[cfg(test)]
mod tests;

use indexmap::IndexMap;
use output::OutputOptions;
use smol_str::SmolStr;
use std::collections::HashMap;
use std::sync::Arc;
use tollgate_expression::dotnet::data::xml::{Pattern, XPath};

pub const XSL: &str = "http://www.w3.org/1999/XSL/Transform";

/// Instructions that one run may execute.
const STEPS_MAX: usize = 5_000_000;
/// Templates within each other. Each takes native stack.
const DEPTH_MAX: usize = 400;
/// Nodes that one run may make, in all trees together.
const NODES_MAX: usize = 2_000_000;
/// Characters that one run may write.
const CHARS_MAX: usize = 64 << 20;

/// A compiled stylesheet.
pub struct Stylesheet {
    templates: Vec<Template>,
    /// Index into `templates`.
    named: HashMap<SmolStr, usize>,
    /// `xsl:variable` and `xsl:param` at the top, in order.
    globals: IndexMap<SmolStr, Global>,
    keys: HashMap<SmolStr, Vec<Key>>,
    attribute_sets: HashMap<SmolStr, Vec<AttributeSet>>,
    formats: HashMap<SmolStr, format::DecimalFormat>,
    output: OutputOptions,
}

impl std::fmt::Debug for Stylesheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a stylesheet of {} templates", self.templates.len())
    }
}

/// What a transformation gives.
pub struct Transformed {
    pub text: String,
    /// `media-type` of `xsl:output`.
    pub media_type: Option<SmolStr>,
    /// Of `xsl:message`.
    pub messages: Vec<String>,
}

impl Stylesheet {
    /// Compiles the text of an `xsl:stylesheet` element.
    ///
    /// # Errors
    /// Everything that is wrong with it, or cannot be run here.
    pub fn compile(text: &str) -> Result<Stylesheet, Vec<String>> {
        compile::compile(text)
    }

    /// Whether the stylesheet declares a parameter of this name.
    pub fn has_parameter(&self, name: &str) -> bool {
        self.globals.get(name).is_some_and(|global| global.is_parameter)
    }

    /// Transforms an XML text.
    ///
    /// # Errors
    /// The text is no XML, the stylesheet fails on it, or it takes too much.
    pub fn transform(&self, input: &str, parameters: &[(SmolStr, SmolStr)]) -> Result<Transformed, String> {
        run::transform(self, input, parameters)
    }
}

/// Prefixes in scope at an instruction.
type Namespaces = Arc<[(SmolStr, SmolStr)]>;

/// An expression, with the prefixes in scope where it stands.
#[derive(Debug)]
struct Expr {
    xpath: XPath,
    namespaces: Namespaces,
}

struct Template {
    /// `None`: only by name.
    pattern: Option<(Pattern, Namespaces)>,
    mode: Option<SmolStr>,
    priority: f64,
    /// Its parameters and its content; the alternatives of a pattern share them.
    body: Arc<(Vec<Binding>, Body)>,
}

struct Global {
    is_parameter: bool,
    value: BoundValue,
}

struct Key {
    pattern: Pattern,
    namespaces: Namespaces,
    value: Expr,
}

#[derive(Clone, Default)]
struct AttributeSet {
    uses: Vec<SmolStr>,
    body: Arc<Body>,
}

type Body = Vec<Instruction>;

/// `xsl:param`, `xsl:variable` or `xsl:with-param`.
struct Binding {
    name: SmolStr,
    value: BoundValue,
}

enum BoundValue {
    Select(Expr),
    /// A tree made by instructions; empty text when there are none.
    Content(Body),
}

/// The name of an element or attribute to make, known at compile time.
#[derive(Clone, Debug)]
struct Name {
    prefix: SmolStr,
    namespace: SmolStr,
    local: SmolStr,
}

/// Text with expressions in braces.
#[derive(Debug)]
struct AttributeValue(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Expr(Expr),
}

/// A name that is worked out: `name` and `namespace` of `xsl:element` and `xsl:attribute`.
struct DynamicName {
    name: AttributeValue,
    namespace: Option<AttributeValue>,
    scope: Namespaces,
}

enum Instruction {
    Text {
        text: SmolStr,
        raw: bool,
    },
    Literal {
        name: Name,
        declarations: Namespaces,
        attributes: Vec<(Name, AttributeValue)>,
        sets: Vec<SmolStr>,
        body: Body,
    },
    Element {
        name: DynamicName,
        sets: Vec<SmolStr>,
        body: Body,
    },
    Attribute {
        name: DynamicName,
        body: Body,
    },
    Comment(Body),
    /// A processing instruction.
    Target {
        name: AttributeValue,
        body: Body,
    },
    ValueOf {
        select: Expr,
        raw: bool,
    },
    CopyOf(Expr),
    Copy {
        sets: Vec<SmolStr>,
        body: Body,
    },
    ApplyTemplates {
        select: Option<Expr>,
        mode: Option<SmolStr>,
        sorts: Vec<Sort>,
        with: Vec<Binding>,
    },
    CallTemplate {
        name: SmolStr,
        with: Vec<Binding>,
    },
    ForEach {
        select: Expr,
        sorts: Vec<Sort>,
        body: Body,
    },
    If {
        test: Expr,
        body: Body,
    },
    Choose(Vec<(Option<Expr>, Body)>),
    Variable(Binding),
    Number(Box<number::Numbering>),
    Message {
        terminate: bool,
        body: Body,
    },
}

struct Sort {
    select: Expr,
    descending: AttributeValue,
    numeric: AttributeValue,
    upper_first: AttributeValue,
}
