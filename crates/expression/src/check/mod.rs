//! Static check: tree to program. Names, overloads, conversions, definite assignment, reachability,
//! as C# 7.3 has them. Every finding in one pass; a tree with findings makes no program.

mod arguments;
mod assign;
mod convert;
mod create;
mod expr;
mod flow;
mod functions;
mod hint;
mod local_functions;
mod member;
mod names;
mod operators;
mod overload;
mod patterns;
mod references;
mod scope;
mod stmt;
mod switch;
mod tuples;
mod user_operators;

use crate::program::node::{Function, Node, Stmt};
use crate::program::{Const, Expected, Needs};
use crate::run::stack_address;
use crate::syntax::ast::{self, Tree};
use crate::types::Type;
use scope::{FunctionScope, Local, Scope};
use smol_str::SmolStr;
use std::collections::HashMap;
use tollgate_error::{Code, Diagnostic, Span};

/// Lambda bodies bound for one expression: overloads and nesting multiply them.
const BINDINGS_MAX: usize = 20_000;
/// Findings reported for one expression.
const DIAGNOSTICS_MAX: usize = 50;
/// Native stack that nested checks may take, in bytes.
const STACK_BYTES_MAX: usize = 900 * 1024;

pub struct Checked {
    pub body: Function,
    pub constants: Vec<Const>,
    pub needs: Needs,
    pub warnings: Vec<Diagnostic>,
}

/// A finding was recorded; what depends on it stays silent.
#[derive(Debug, Clone, Copy)]
pub struct Reported;

pub type Check<T> = Result<T, Reported>;

/// An expression that has a value.
#[derive(Debug)]
pub struct Typed {
    pub node: Node,
    pub ty: Type,
    pub constant: Option<Const>,
    pub span: Span,
}

/// What an expression turned out to be.
pub enum Bound<'t> {
    Value(Typed),
    Type(Type),
    Namespace(String),
    Group(member::Group<'t>),
    Lambda(&'t ast::Lambda, Span),
    /// `default` without a type.
    Default(Span),
    Throw(Node, Span),
    /// A tuple with an element that has no type of its own.
    Tuple(Vec<(Option<SmolStr>, Bound<'t>)>, Span),
}

pub struct Checker<'t> {
    diagnostics: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    constants: Vec<Const>,
    null: u32,
    locals: Vec<Local>,
    scopes: Vec<Scope<'t>>,
    functions: Vec<FunctionScope<'t>>,
    function_instances: Vec<local_functions::Instance<'t>>,
    /// Types of the receivers of `?.` that are being bound, with their slots.
    receivers: Vec<(u32, Type)>,
    /// Elements that arguments of the calls being bound refer to.
    lent: Vec<references::Lent>,
    /// Whether arithmetic throws on overflow here; constants do unless `unchecked`.
    overflow: Overflow,
    needs: Needs,
    bindings: usize,
    instances: usize,
    labels: HashMap<SmolStr, u32>,
    shapes: HashMap<functions::ShapeKey, functions::Shape>,
    stack_start: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Overflow {
    Default,
    Checked,
    Unchecked,
}

/// # Errors
/// All findings, in the order of their place.
pub fn check(tree: &Tree, expected: Expected) -> Result<Checked, Vec<Diagnostic>> {
    let mut checker = Checker::new();
    let result = match expected {
        Expected::String => Type::string(),
        Expected::Bool => Type::bool(),
        Expected::Int32 => Type::int(),
        Expected::Double => Type::of(crate::types::known::DOUBLE),
        Expected::Bytes => Type::array(Type::of(crate::types::known::BYTE)),
        Expected::Object => Type::object(),
    };
    checker.enter_function("program", scope::Returns::Program(result));
    let body = match tree {
        Tree::Expr(value) => checker.program_expression(value),
        Tree::Block(block) => checker.block(block, Vec::new()),
    };
    let function = checker.leave_function(body, 0);
    if checker.diagnostics.is_empty() {
        let is_block = matches!(tree, Tree::Block(_));
        flow::check(&function, is_block, &checker.constants, &mut checker.diagnostics);
    }
    checker.diagnostics.sort_by_key(|found| (found.span.start, found.span.end));
    checker.diagnostics.dedup();
    checker.diagnostics.truncate(DIAGNOSTICS_MAX);
    if !checker.diagnostics.is_empty() {
        return Err(checker.diagnostics);
    }
    checker.warnings.dedup();
    Ok(Checked { body: function, constants: checker.constants, needs: checker.needs, warnings: checker.warnings })
}

impl<'t> Checker<'t> {
    fn new() -> Checker<'t> {
        Checker {
            diagnostics: Vec::new(),
            warnings: Vec::new(),
            constants: vec![Const::Null],
            null: 0,
            locals: Vec::new(),
            scopes: Vec::new(),
            functions: Vec::new(),
            function_instances: Vec::new(),
            receivers: Vec::new(),
            lent: Vec::new(),
            overflow: Overflow::Default,
            needs: Needs::default(),
            bindings: 0,
            instances: 0,
            labels: HashMap::new(),
            shapes: HashMap::new(),
            stack_start: stack_address(),
        }
    }

    fn report<T>(&mut self, code: Code, span: Span, message: impl Into<String>) -> Check<T> {
        self.diagnostics.push(Diagnostic::error(code, span, message));
        Err(Reported)
    }

    fn report_hint<T>(&mut self, code: Code, span: Span, message: impl Into<String>, hint: Option<String>) -> Check<T> {
        let mut found = Diagnostic::error(code, span, message);
        found.hint = hint;
        self.diagnostics.push(found);
        Err(Reported)
    }

    /// Runs `work` without keeping its findings; they come back beside the result.
    fn speculate<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> (T, Vec<Diagnostic>) {
        let outer = std::mem::take(&mut self.diagnostics);
        let warnings = self.warnings.len();
        let result = work(self);
        let found = std::mem::replace(&mut self.diagnostics, outer);
        self.warnings.truncate(warnings);
        (result, found)
    }

    fn guard(&mut self, span: Span) -> Check<()> {
        if stack_address().abs_diff(self.stack_start) > STACK_BYTES_MAX || self.bindings > BINDINGS_MAX {
            return self.report(Code::EXPRESSION_TOO_LARGE, span, "the expression is too complex");
        }
        Ok(())
    }

    fn constant(&mut self, value: Const) -> Node {
        if value == Const::Null {
            return Node::Const(self.null);
        }
        Node::Const(self.find_or_add(vec![value]))
    }

    /// Where these constants stand side by side.
    fn find_or_add(&mut self, values: Vec<Const>) -> u32 {
        // Zero and minus zero are equal and not the same.
        let is_exact = |value: &Const| !matches!(value, Const::Double(_) | Const::Single(_) | Const::Decimal(_));
        let found = match values.iter().all(is_exact) {
            true => self.constants.windows(values.len()).position(|found| found == values),
            false => None,
        };
        let index = found.unwrap_or(self.constants.len());
        if found.is_none() {
            self.constants.extend(values);
        }
        index as u32
    }

    /// Where the arguments of a call stand among the constants, when all are constants.
    fn constant_run(&mut self, args: &[Node]) -> Option<u32> {
        let constant = |arg: &Node| match arg {
            Node::Const(index) => self.constants.get(*index as usize).cloned(),
            _ => None,
        };
        match args {
            [] => None,
            [Node::Const(index)] => Some(*index),
            args => {
                let values = args.iter().map(constant).collect::<Option<Vec<Const>>>()?;
                Some(self.find_or_add(values))
            }
        }
    }

    fn typed_constant(&mut self, value: Const, ty: Type, span: Span) -> Typed {
        Typed { node: self.constant(value.clone()), ty, constant: Some(value), span }
    }

    fn program_expression(&mut self, value: &'t ast::Expr) -> Stmt {
        self.enter_scope();
        let node = self.return_value(value).ok();
        let fresh = self.leave_scope();
        let span = value.span;
        let body = Stmt::Return(node, span);
        if fresh.is_empty() { body } else { Stmt::Block { fresh, body: vec![body], span } }
    }
}
