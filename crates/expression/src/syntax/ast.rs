//! The tree of an expression as it was written. Nothing is resolved here.

use super::token::Suffix;
use smol_str::SmolStr;
use tollgate_error::Span;

#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    pub text: SmolStr,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TypeRef {
    pub kind: TypeKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TypeKind {
    /// `A.B<C>.D`; a keyword type is one name.
    Named(Vec<(Name, Vec<TypeRef>)>),
    /// Element and number of dimensions.
    Array(Box<TypeRef>, usize),
    Nullable(Box<TypeRef>),
    Tuple(Vec<(TypeRef, Option<Name>)>),
    /// Left out: `typeof(List<>)`, lambda parameters.
    Omitted,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    Plus,
    Minus,
    Not,
    Complement,
    PreIncrement,
    PreDecrement,
    PostIncrement,
    PostDecrement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Mul,
    Div,
    Rem,
    Add,
    Sub,
    Shl,
    Shr,
    Lt,
    Gt,
    Le,
    Ge,
    Eq,
    Ne,
    And,
    Xor,
    Or,
    AndAlso,
    OrElse,
    Coalesce,
}

impl BinaryOp {
    pub fn is_comparison(self) -> bool {
        use BinaryOp::{Eq, Ge, Gt, Le, Lt, Ne};
        matches!(self, Lt | Gt | Le | Ge | Eq | Ne)
    }

    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Shl => "<<",
            BinaryOp::Shr => ">>",
            BinaryOp::Lt => "<",
            BinaryOp::Gt => ">",
            BinaryOp::Le => "<=",
            BinaryOp::Ge => ">=",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::And => "&",
            BinaryOp::Xor => "^",
            BinaryOp::Or => "|",
            BinaryOp::AndAlso => "&&",
            BinaryOp::OrElse => "||",
            BinaryOp::Coalesce => "??",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    Value,
    Ref,
    Out,
    In,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Arg {
    pub name: Option<Name>,
    pub passing: Passing,
    pub value: Expr,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Null,
    Bool(bool),
    Int(u64, Suffix),
    Real(SmolStr, Suffix),
    Char(u16),
    Str(Vec<u16>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Interpolation {
    Text(Vec<u16>),
    Hole { value: Box<Expr>, alignment: Option<Expr>, format: Option<Vec<u16>> },
}

#[derive(Debug, Clone, PartialEq)]
pub struct LambdaParam {
    pub name: Name,
    pub ty: Option<TypeRef>,
    /// Range variables that a query keeps in this one (`x` reads `parameter.x`).
    pub carries: Vec<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Expr(Box<Expr>),
    Block(Block),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Lambda {
    pub params: Vec<LambdaParam>,
    /// `delegate { … }` without a list: it fits delegates with any parameters.
    pub any_params: bool,
    pub body: Body,
}

/// What stands in the braces after `new T(…)`.
#[derive(Debug, Clone, PartialEq)]
pub enum Initializer {
    None,
    /// `{ Name = value, ["key"] = value }`.
    Object(Vec<(MemberTarget, InitValue, Span)>),
    /// `{ a, { b, c } }`: the arguments of each `Add`.
    Collection(Vec<(Vec<Expr>, Span)>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum MemberTarget {
    Name(Name),
    Index(Vec<Arg>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum InitValue {
    Expr(Expr),
    /// `Name = { … }`: fills what the member already holds.
    Nested(Initializer),
}

/// `{ 1, { 2, 3 } }` of an array.
#[derive(Debug, Clone, PartialEq)]
pub enum ArrayInit {
    Expr(Expr),
    Nested(Vec<ArrayInit>, Span),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// `is T` and `is T name`; a constant that reads like a type is told apart by the checker.
    Type(TypeRef, Option<Name>),
    Const(Box<Expr>),
    Var(Name),
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    Literal(Literal),
    Interpolated(Vec<Interpolation>),
    Name(Name, Vec<TypeRef>),
    /// A keyword type or other type syntax where an expression may stand (`string.Join`).
    Type(TypeRef),
    Member(Box<Expr>, Name, Vec<TypeRef>),
    /// `a?.b[0].c`: the second tree starts at [`ExprKind::Receiver`].
    Conditional(Box<Expr>, Box<Expr>),
    Receiver,
    Call(Box<Expr>, Vec<Arg>),
    Index(Box<Expr>, Vec<Arg>),
    Unary(UnaryOp, Box<Expr>),
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `=` when the operator is absent.
    Assign(Option<BinaryOp>, Box<Expr>, Box<Expr>),
    Ternary(Box<Expr>, Box<Expr>, Box<Expr>),
    Cast(TypeRef, Box<Expr>),
    Is(Box<Expr>, Pattern),
    As(Box<Expr>, TypeRef),
    Lambda(Box<Lambda>),
    New(TypeRef, Vec<Arg>, Initializer),
    /// `new T[a, b][]{…}`: element type, sizes, dimensions.
    NewArray(TypeRef, Vec<Expr>, usize, Option<Vec<ArrayInit>>),
    /// `new[] {…}` with its dimensions.
    NewImplicitArray(usize, Vec<ArrayInit>),
    Anonymous(Vec<(Name, Expr)>),
    Tuple(Vec<(Option<Name>, Expr)>),
    TypeOf(TypeRef),
    Default(Option<TypeRef>),
    NameOf(Box<Expr>),
    SizeOf(TypeRef),
    Checked(bool, Box<Expr>),
    Throw(Box<Expr>),
    Parens(Box<Expr>),
    /// `out var x`, `out int x`, `var x` in a deconstruction. `var` is an omitted type.
    Declaration(TypeRef, Name),
    Discard,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub statements: Vec<Stmt>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Declarator {
    pub name: Name,
    pub init: Option<DeclaratorInit>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DeclaratorInit {
    Expr(Expr),
    Array(Vec<ArrayInit>, Span),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Catch {
    pub ty: Option<TypeRef>,
    pub name: Option<Name>,
    pub filter: Option<Expr>,
    pub body: Block,
}

#[derive(Debug, Clone, PartialEq)]
pub enum CaseLabel {
    Default,
    Case(Pattern, Option<Expr>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    pub labels: Vec<(CaseLabel, Span)>,
    pub body: Vec<Stmt>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub name: Name,
    pub ty: TypeRef,
    pub passing: Passing,
    pub is_params: bool,
    pub default: Option<Expr>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LocalFunction {
    pub name: Name,
    pub type_params: Vec<Name>,
    pub result: TypeRef,
    pub params: Vec<Param>,
    pub body: Body,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StmtKind {
    Empty,
    Block(Block),
    Expr(Expr),
    /// `var` is [`TypeKind::Named`] with the one name `var`: a type may have that name too.
    Local(TypeRef, Vec<Declarator>, bool),
    LocalFunction(Box<LocalFunction>),
    If(Expr, Box<Stmt>, Option<Box<Stmt>>),
    While(Expr, Box<Stmt>),
    Do(Box<Stmt>, Expr),
    For(Vec<Stmt>, Option<Expr>, Vec<Expr>, Box<Stmt>),
    /// The target is a [`ExprKind::Declaration`] or a deconstruction of them.
    Foreach(Expr, Expr, Box<Stmt>),
    Return(Option<Expr>),
    Break,
    Continue,
    Throw(Option<Expr>),
    Try(Block, Vec<Catch>, Option<Block>),
    Switch(Expr, Vec<Section>),
    Using(Box<Stmt>, Box<Stmt>),
    Lock(Expr, Box<Stmt>),
    Checked(bool, Block),
    Goto(Name),
    GotoCase(Expr),
    GotoDefault,
    Labeled(Name, Box<Stmt>),
}

/// A whole source: `@(expression)` or `@{ statements }`.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree {
    Expr(Expr),
    Block(Block),
}
