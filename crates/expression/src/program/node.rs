//! The instructions of a program: a tree whose names, types and overloads are resolved.

use crate::run::Native;
use crate::syntax::ast::BinaryOp;
use crate::types::convert::Conversion;
use crate::types::{DefId, MemberId, Type, registry};
use std::fmt;
use std::sync::Arc;
use tollgate_error::Span;

/// A lambda, a local function or the program itself.
#[derive(Debug)]
pub struct Function {
    pub name: String,
    /// The first slots of the frame.
    pub params: u32,
    /// Slots of the frame.
    pub slots: u32,
    /// `(slot outside, slot inside)` of shared variables.
    pub captures: Vec<(u32, u32)>,
    /// Parameters that closures inside share.
    pub shared_params: Vec<u32>,
    /// Every path must return a value.
    pub returns: bool,
    /// Slots of parameters that must be assigned before control leaves.
    pub outs: Vec<u32>,
    pub body: Stmt,
}

/// Which arithmetic an operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operands {
    Int32,
    UInt32,
    Int64,
    UInt64,
    Single,
    Double,
    Decimal,
    Bool,
    String,
    /// Reference equality.
    Reference,
    /// Equality of two values of one type (nullable tuples, delegates).
    Equals,
    /// Combination and removal of delegates.
    Delegate,
}

/// A call of a member of the library.
pub struct Call {
    pub native: Native,
    /// The table's text, for the listing.
    pub text: &'static str,
    /// Type arguments of the owner, then of the method.
    pub types: Box<[Type]>,
    pub args: Box<[Node]>,
    /// The first argument is `this`, which must not be null.
    pub instance: bool,
    /// Where the arguments stand among the constants, side by side, when all are constants.
    pub constants: Option<u32>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("text", &self.text).field("args", &self.args).finish_non_exhaustive()
    }
}

/// A member as a conversion or a delegate.
#[derive(Clone)]
pub struct Target {
    pub native: Native,
    pub text: &'static str,
    pub types: Arc<[Type]>,
    pub instance: bool,
}

impl Target {
    pub fn new(member: MemberId, types: &[Type]) -> Target {
        let entry = registry().member(member);
        Target { native: entry.native, text: entry.text, types: types.into(), instance: !entry.is_static }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// What a conversion does at run time.
#[derive(Debug, Clone)]
pub enum Convert {
    /// To the numeric type; `true` throws on overflow.
    Numeric(DefId, bool),
    Enum(DefId),
    Unwrap,
    Cast(Type),
    /// Chosen by the value's own type. `true`: a cast.
    Dynamic(Type, bool),
    /// `true`: null stays null.
    User(Target, bool),
    Tuple(Type, Vec<Vec<Convert>>),
}

impl Convert {
    /// What `conversion` to `to` does, in order. `checked`: integers throw on overflow.
    pub fn steps(conversion: &Conversion, to: &Type, checked: bool, out: &mut Vec<Convert>) {
        match conversion {
            Conversion::Keep => {}
            Conversion::Numeric(id) => out.push(Convert::Numeric(*id, checked)),
            Conversion::Enum(id) => out.push(Convert::Enum(*id)),
            Conversion::Unwrap => out.push(Convert::Unwrap),
            Conversion::Cast(ty) => out.push(Convert::Cast(ty.clone())),
            Conversion::Dynamic(ty, cast) => out.push(Convert::Dynamic(ty.clone(), *cast)),
            Conversion::User(member, before, after, lifted) => {
                if let Some(param) = registry().member(*member).params.first() {
                    Convert::steps(before, &param.ty, checked, out);
                }
                out.push(Convert::User(Target::new(*member, &[]), *lifted));
                Convert::steps(after, to, checked, out);
            }
            Conversion::Then(first, second) => {
                Convert::steps(first, to, checked, out);
                Convert::steps(second, to, checked, out);
            }
            Conversion::Tuple(items) => {
                let types: Vec<Type> = match to.without_nullable() {
                    Type::Tuple(tuple) => tuple.items.clone(),
                    _ => Vec::new(),
                };
                let mut parts = Vec::new();
                for (item, ty) in items.iter().zip(&types) {
                    let mut part = Vec::new();
                    Convert::steps(item, ty, checked, &mut part);
                    parts.push(part);
                }
                if parts.iter().any(|part| !part.is_empty()) {
                    out.push(Convert::Tuple(to.without_nullable().clone(), parts));
                }
            }
        }
    }
}

#[derive(Debug)]
pub struct Binary {
    pub op: BinaryOp,
    pub operands: Operands,
    /// Throws on overflow.
    pub checked: bool,
    /// An operand may be null.
    pub lifted: bool,
    pub left: Node,
    pub right: Node,
}

impl Binary {
    /// Whether it gives true or false, never null.
    pub fn is_condition(&self) -> bool {
        let logic = matches!(self.operands, Operands::Bool | Operands::String | Operands::Reference | Operands::Equals);
        !self.lifted && (logic || self.op.is_comparison())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryKind {
    Negate,
    Complement,
    Not,
}

/// A piece of an interpolated string.
#[derive(Debug)]
pub enum Piece {
    Text(u32),
    /// Value, alignment, format.
    Hole(Node, i32, Option<String>),
}

/// A test of a value, binding a local where it succeeds.
#[derive(Debug)]
pub enum Test {
    /// The type, and the slot to fill.
    Type(Type, Option<u32>),
    /// Equality with a constant.
    Constant(Node),
    Always(Option<u32>),
}

#[derive(Debug)]
pub enum Node {
    Const(u32),
    Local(u32, Span),
    SetLocal(u32, Box<Node>),
    /// The variable itself, for `ref` and `out`.
    Ref(u32, bool, Span),
    /// A fresh variable, for a discarded `out`.
    Discard,
    Call(Box<Call>),
    Invoke(Box<Node>, Box<[Node]>),
    Convert(Convert, Box<Node>),
    Unary(UnaryKind, Operands, bool, Box<Node>),
    Binary(Box<Binary>),
    AndAlso(Box<Node>, Box<Node>),
    OrElse(Box<Node>, Box<Node>),
    /// String concatenation of all.
    Concat(Box<[Node]>),
    Interpolate(Box<[Piece]>),
    Ternary(Box<(Node, Node, Node)>),
    Coalesce(Box<Node>, Box<Node>),
    /// Keeps the first in the slot; null when it is null, else the second.
    IfSome(Box<Node>, u32, Box<Node>),
    Sequence(Box<[Node]>, Box<Node>),
    Is(Box<Node>, Box<Test>),
    As(Box<Node>, Type),
    TypeOf(Type),
    Default(Type),
    /// Element type and sizes.
    NewArray(Type, Box<[Node]>),
    /// An array of these; sizes per dimension.
    ArrayOf(Type, Box<[Node]>, Vec<usize>),
    Element(Box<Node>, Box<[Node]>),
    SetElement(Box<Node>, Box<[Node]>, Box<Node>),
    Tuple(Type, Box<[Node]>),
    Item(Box<Node>, usize),
    /// A copy of the tuple with one element replaced.
    WithItem(Box<Node>, usize, Box<Node>),
    Lambda(Arc<Function>, Type),
    /// A member as a delegate; the receiver where it has one.
    Delegate(Target, Option<Box<Node>>, Type),
    Throw(Box<Node>),
    /// Late binding of `dynamic`: receiver, member, arguments.
    Dynamic(Box<Node>, Box<str>, Box<[Node]>, DynamicUse),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DynamicUse {
    Get,
    Set,
    Index,
    Call,
}

#[derive(Debug)]
pub struct Case {
    /// Tests with their guards; an absent test is `default`.
    pub labels: Vec<(Option<Test>, Option<Node>)>,
    pub body: Vec<Stmt>,
    /// Locals of the section that closures share.
    pub fresh: Vec<u32>,
}

#[derive(Debug)]
pub struct Handler {
    /// `None`: everything.
    pub ty: Option<Type>,
    pub slot: Option<u32>,
    pub fresh: Vec<u32>,
    pub filter: Option<Node>,
    pub body: Stmt,
}

#[derive(Debug)]
pub enum Stmt {
    Empty,
    Expr(Node),
    /// A declaration without a value.
    Declare(u32),
    /// `fresh`: locals declared in it that closures share.
    Block {
        fresh: Vec<u32>,
        body: Vec<Stmt>,
        span: Span,
    },
    If(Node, Box<Stmt>, Box<Stmt>),
    While(Node, Box<Stmt>),
    Do(Box<Stmt>, Node),
    For {
        condition: Option<Node>,
        step: Vec<Node>,
        body: Box<Stmt>,
    },
    /// The source, the item's slot, what converts or takes apart the item, the body.
    Foreach {
        source: Node,
        slot: u32,
        fresh: Vec<u32>,
        prepare: Vec<Node>,
        body: Box<Stmt>,
    },
    Return(Option<Node>, Span),
    Break(Span),
    Continue(Span),
    Throw(Option<Node>),
    Try {
        body: Box<Stmt>,
        handlers: Vec<Handler>,
        finally: Option<Box<Stmt>>,
    },
    /// The value is kept in the slot.
    Switch {
        value: Node,
        slot: u32,
        cases: Vec<Case>,
        span: Span,
    },
    /// The value must not be null; nothing else locks, a run has one thread.
    Lock(Node),
    Goto(u32, Span),
    /// Index of the section.
    GotoCase(usize),
    Label(u32, Box<Stmt>),
}

impl Stmt {
    /// The constant that it returns, when that is all it does.
    pub fn as_constant(&self) -> Option<u32> {
        match self {
            Stmt::Return(Some(Node::Const(index)), _) => Some(*index),
            Stmt::Block { body, .. } => match body.as_slice() {
                [only] => only.as_constant(),
                _ => None,
            },
            _ => None,
        }
    }
}
