//! XPath grammar: a lexer by hand and one function for each level of precedence.

use super::super::name::{is_name_char, is_name_start};
use super::xpath_error;
use crate::dotnet::data::error::{DotnetError, Result};

/// Brackets within each other; bounds the native stack.
const DEPTH_MAX: usize = 100;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Union,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Namespace,
    Parent,
    Preceding,
    PrecedingSibling,
    Itself,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// `*`, or `prefix:*`.
    Any(Option<String>),
    Name {
        prefix: Option<String>,
        local: String,
    },
    Node,
    Text,
    Comment,
    ProcessingInstruction(Option<String>),
}

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) axis: Axis,
    pub(super) test: Test,
    pub(super) predicates: Vec<Expr>,
}

#[derive(Debug, Clone)]
pub(super) enum Expr {
    Binary(Operator, Box<Expr>, Box<Expr>),
    Negate(Box<Expr>),
    Literal(String),
    Number(f64),
    Call(String, Vec<Expr>),
    /// `$name`, which only a host of expressions knows.
    Variable(String),
    Filter(Box<Expr>, Vec<Expr>),
    /// Steps from the root, from an expression, or from the context node.
    Path {
        root: bool,
        start: Option<Box<Expr>>,
        steps: Vec<Step>,
    },
}

impl Expr {
    /// Adds the functions that are called anywhere in it.
    pub(super) fn functions<'e>(&'e self, found: &mut Vec<&'e str>) {
        let steps_of = |steps: &'e [Step], found: &mut Vec<&'e str>| {
            steps.iter().flat_map(|step| &step.predicates).for_each(|predicate| predicate.functions(found));
        };
        match self {
            Expr::Binary(_, left, right) => {
                left.functions(found);
                right.functions(found);
            }
            Expr::Negate(inner) => inner.functions(found),
            Expr::Call(name, arguments) => {
                found.push(name);
                arguments.iter().for_each(|argument| argument.functions(found));
            }
            Expr::Filter(inner, predicates) => {
                inner.functions(found);
                predicates.iter().for_each(|predicate| predicate.functions(found));
            }
            Expr::Path { start, steps, .. } => {
                if let Some(start) = start {
                    start.functions(found);
                }
                steps_of(steps, found);
            }
            Expr::Literal(_) | Expr::Number(_) | Expr::Variable(_) => {}
        }
    }
}

pub(super) fn parse(text: &str) -> Result<Expr> {
    let mut parser = Parser { text, tokens: Vec::new(), at: 0, depth: 0 };
    parser.lex()?;
    if parser.tokens.is_empty() {
        return Err(xpath_error("Expression must evaluate to a node-set."));
    }
    let expr = parser.level(0)?;
    if parser.at < parser.tokens.len() {
        return Err(parser.invalid());
    }
    Ok(expr)
}

#[derive(Debug, Clone, PartialEq)]
enum Lexeme {
    Symbol(&'static str),
    /// A name, with its prefix; `*` as the local part of `prefix:*`.
    Name(Option<String>, String),
    Literal(String),
    Number(f64),
}

const SYMBOLS: [&str; 22] = [
    "::", "//", "..", "!=", "<=", ">=", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+", "-", "=", "<", ">", "*", "$",
];

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Lexeme>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn invalid(&self) -> DotnetError {
        xpath_error(format!("'{}' has an invalid token.", self.text))
    }

    fn lex(&mut self) -> Result<()> {
        let mut rest = self.text.trim_start();
        while let Some(c) = rest.chars().next() {
            let (token, length) = if c == '"' || c == '\'' {
                let end = rest[1..].find(c).ok_or_else(|| xpath_error("This is an unclosed string."))?;
                (Lexeme::Literal(rest[1..=end].to_owned()), end + 2)
            } else if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
                let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
                (Lexeme::Number(rest[..length].parse().map_err(|_| self.invalid())?), length)
            } else if is_name_start(c) && c != ':' {
                name(rest)
            } else {
                let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)).ok_or_else(|| self.invalid())?;
                (Lexeme::Symbol(symbol), symbol.len())
            };
            self.tokens.push(token);
            rest = rest[length..].trim_start();
        }
        Ok(())
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Lexeme::Symbol(found)) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        if self.take(symbol) { Ok(()) } else { Err(self.invalid()) }
    }

    /// The operator of a level of precedence that stands here.
    fn operator(&mut self, level: usize) -> Option<Operator> {
        let found = match (level, self.tokens.get(self.at)?) {
            (0, Lexeme::Name(None, name)) if name == "or" => Operator::Or,
            (1, Lexeme::Name(None, name)) if name == "and" => Operator::And,
            (2, Lexeme::Symbol("=")) => Operator::Equal,
            (2, Lexeme::Symbol("!=")) => Operator::NotEqual,
            (3, Lexeme::Symbol("<")) => Operator::Less,
            (3, Lexeme::Symbol("<=")) => Operator::LessOrEqual,
            (3, Lexeme::Symbol(">")) => Operator::Greater,
            (3, Lexeme::Symbol(">=")) => Operator::GreaterOrEqual,
            (4, Lexeme::Symbol("+")) => Operator::Add,
            (4, Lexeme::Symbol("-")) => Operator::Subtract,
            (5, Lexeme::Symbol("*")) => Operator::Multiply,
            (5, Lexeme::Name(None, name)) if name == "div" => Operator::Divide,
            (5, Lexeme::Name(None, name)) if name == "mod" => Operator::Modulo,
            (7, Lexeme::Symbol("|")) => Operator::Union,
            _ => return None,
        };
        self.at += 1;
        Some(found)
    }

    /// Levels: 0 or, 1 and, 2 equality, 3 order, 4 sums, 5 products, 6 minus, 7 union, 8 paths.
    fn level(&mut self, level: usize) -> Result<Expr> {
        match level {
            6 => {
                let mut negations = 0;
                while self.take("-") {
                    negations += 1;
                }
                let expr = self.level(7)?;
                return Ok(match negations {
                    0 => expr,
                    n if n % 2 == 1 => Expr::Negate(Box::new(expr)),
                    _ => Expr::Negate(Box::new(Expr::Negate(Box::new(expr)))),
                });
            }
            8 => return self.path(),
            _ => {}
        }
        let mut left = self.level(level + 1)?;
        let mut length = 0;
        while let Some(operator) = self.operator(level) {
            // A chain becomes a tree as deep as it is long.
            length += 1;
            if length > DEPTH_MAX * 4 {
                return Err(xpath_error("The xpath query is too complex."));
            }
            left = Expr::Binary(operator, Box::new(left), Box::new(self.level(level + 1)?));
        }
        Ok(left)
    }

    fn nested(&mut self) -> Result<Expr> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(xpath_error("The xpath query is too complex."));
        }
        let expr = self.level(0)?;
        self.depth -= 1;
        Ok(expr)
    }

    fn path(&mut self) -> Result<Expr> {
        if self.take("/") {
            let steps = if self.starts_step() { self.steps(Vec::new())? } else { Vec::new() };
            return Ok(Expr::Path { root: true, start: None, steps });
        }
        if self.take("//") {
            let steps = self.steps(vec![any_descendant()])?;
            return Ok(Expr::Path { root: true, start: None, steps });
        }
        let Some(primary) = self.primary()? else {
            let steps = self.steps(Vec::new())?;
            return Ok(Expr::Path { root: false, start: None, steps });
        };
        let predicates = self.predicates()?;
        let start = if predicates.is_empty() { primary } else { Expr::Filter(Box::new(primary), predicates) };
        let first = if self.take("//") {
            vec![any_descendant()]
        } else if self.take("/") {
            Vec::new()
        } else {
            return Ok(start);
        };
        let steps = self.steps(first)?;
        Ok(Expr::Path { root: false, start: Some(Box::new(start)), steps })
    }

    fn starts_step(&self) -> bool {
        matches!(self.tokens.get(self.at), Some(Lexeme::Name(..) | Lexeme::Symbol("." | ".." | "@" | "*")))
    }

    fn steps(&mut self, mut steps: Vec<Step>) -> Result<Vec<Step>> {
        loop {
            let step = self.step()?;
            steps.push(step);
            if self.take("//") {
                steps.push(any_descendant());
            } else if !self.take("/") {
                return Ok(steps);
            }
        }
    }

    /// A literal, number, call or bracketed expression; `None` where a step stands.
    fn primary(&mut self) -> Result<Option<Expr>> {
        let expr = match self.tokens.get(self.at).cloned() {
            Some(Lexeme::Literal(text)) => {
                self.at += 1;
                Expr::Literal(text)
            }
            Some(Lexeme::Number(number)) => {
                self.at += 1;
                Expr::Number(number)
            }
            Some(Lexeme::Symbol("(")) => {
                self.at += 1;
                let expr = self.nested()?;
                self.expect(")")?;
                expr
            }
            Some(Lexeme::Symbol("$")) => {
                let Some(Lexeme::Name(prefix, name)) = self.tokens.get(self.at + 1).cloned() else {
                    return Err(self.invalid());
                };
                self.at += 2;
                Expr::Variable(prefix.map_or(name.clone(), |prefix| format!("{prefix}:{name}")))
            }
            Some(Lexeme::Name(prefix, name))
                if self.tokens.get(self.at + 1) == Some(&Lexeme::Symbol("("))
                    && !matches!(name.as_str(), "node" | "text" | "comment" | "processing-instruction") =>
            {
                self.at += 2;
                let mut arguments = Vec::new();
                while !self.take(")") {
                    if !arguments.is_empty() {
                        self.expect(",")?;
                    }
                    arguments.push(self.nested()?);
                }
                Expr::Call(prefix.map_or(name.clone(), |prefix| format!("{prefix}:{name}")), arguments)
            }
            _ => return Ok(None),
        };
        Ok(Some(expr))
    }

    fn predicates(&mut self) -> Result<Vec<Expr>> {
        let mut predicates = Vec::new();
        while self.take("[") {
            predicates.push(self.nested()?);
            self.expect("]")?;
        }
        Ok(predicates)
    }

    fn step(&mut self) -> Result<Step> {
        if self.take(".") {
            return Ok(Step { axis: Axis::Itself, test: Test::Node, predicates: self.predicates()? });
        }
        if self.take("..") {
            return Ok(Step { axis: Axis::Parent, test: Test::Node, predicates: self.predicates()? });
        }
        let mut axis = if self.take("@") { Axis::Attribute } else { Axis::Child };
        if let Some(Lexeme::Name(None, name)) = self.tokens.get(self.at)
            && self.tokens.get(self.at + 1) == Some(&Lexeme::Symbol("::"))
        {
            axis = axis_named(name).ok_or_else(|| self.invalid())?;
            self.at += 2;
        }
        let test = self.node_test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn node_test(&mut self) -> Result<Test> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Lexeme::Symbol("*")) => Ok(Test::Any(None)),
            Some(Lexeme::Name(prefix, local)) if local == "*" => Ok(Test::Any(prefix)),
            Some(Lexeme::Name(None, name)) if self.is("(") => {
                self.at += 1;
                let test = match name.as_str() {
                    "node" => Test::Node,
                    "text" => Test::Text,
                    "comment" => Test::Comment,
                    "processing-instruction" => {
                        let target = match self.tokens.get(self.at).cloned() {
                            Some(Lexeme::Literal(target)) => {
                                self.at += 1;
                                Some(target)
                            }
                            _ => None,
                        };
                        Test::ProcessingInstruction(target)
                    }
                    _ => return Err(self.invalid()),
                };
                self.expect(")")?;
                Ok(test)
            }
            Some(Lexeme::Name(prefix, local)) => Ok(Test::Name { prefix, local }),
            _ => Err(self.invalid()),
        }
    }
}

fn any_descendant() -> Step {
    Step { axis: Axis::DescendantOrSelf, test: Test::Node, predicates: Vec::new() }
}

fn axis_named(name: &str) -> Option<Axis> {
    Some(match name {
        "ancestor" => Axis::Ancestor,
        "ancestor-or-self" => Axis::AncestorOrSelf,
        "attribute" => Axis::Attribute,
        "child" => Axis::Child,
        "descendant" => Axis::Descendant,
        "descendant-or-self" => Axis::DescendantOrSelf,
        "following" => Axis::Following,
        "following-sibling" => Axis::FollowingSibling,
        "namespace" => Axis::Namespace,
        "parent" => Axis::Parent,
        "preceding" => Axis::Preceding,
        "preceding-sibling" => Axis::PrecedingSibling,
        "self" => Axis::Itself,
        _ => return None,
    })
}

/// A name with an optional prefix at the start of the text, and its length.
fn name(text: &str) -> (Lexeme, usize) {
    let part = |text: &str| text.find(|c| !is_name_char(c) || c == ':').unwrap_or(text.len());
    let first = part(text);
    if let Some(rest) = text[first..].strip_prefix(':') {
        if rest.starts_with('*') {
            return (Lexeme::Name(Some(text[..first].to_owned()), "*".to_owned()), first + 2);
        }
        if rest.starts_with(|c| is_name_start(c) && c != ':') {
            let second = part(rest);
            let local = rest[..second].to_owned();
            return (Lexeme::Name(Some(text[..first].to_owned()), local), first + 1 + second);
        }
    }
    (Lexeme::Name(None, text[..first].to_owned()), first)
}
