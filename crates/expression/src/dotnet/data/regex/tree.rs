//! What a pattern means: the tree the parser makes and the compiler flattens.

use super::class::CharClass;

#[derive(Debug, Clone)]
pub(super) enum Node {
    Empty,
    /// One unit, compared as it is.
    Unit(u16),
    Class(Box<CharClass>),
    Anchor(Anchor),
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
    Loop {
        node: Box<Node>,
        min: u32,
        max: u32,
        lazy: bool,
    },
    /// `slot` is captured; `balance` loses its last capture. One of them is given.
    Capture {
        slot: Option<usize>,
        balance: Option<usize>,
        node: Box<Node>,
    },
    Atomic(Box<Node>),
    Look {
        behind: bool,
        negate: bool,
        node: Box<Node>,
    },
    Backreference {
        slot: usize,
        ignore_case: bool,
        ecma: bool,
    },
    IfCaptured {
        slot: usize,
        yes: Box<Node>,
        no: Box<Node>,
    },
    IfMatches {
        test: Box<Node>,
        yes: Box<Node>,
        no: Box<Node>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    LineStart,
    LineEnd,
    Start,
    /// `\Z`, `$`: at the end or before a line feed there.
    EndOrNewline,
    End,
    /// `\G`: where the search began.
    Search,
    Boundary,
    NotBoundary,
    EcmaBoundary,
    NotEcmaBoundary,
}

impl Node {
    /// What of a pattern `RegexOptions.NonBacktracking` does not go with, as .NET describes it.
    pub(super) fn needs_backtracking(&self) -> Option<&'static str> {
        let all = |nodes: &[Node]| nodes.iter().find_map(Node::needs_backtracking);
        match self {
            Node::Empty | Node::Unit(_) | Node::Class(_) => None,
            Node::Anchor(Anchor::Search) => Some("contiguous matches (\\G)"),
            Node::Anchor(_) => None,
            Node::Concat(nodes) | Node::Alternate(nodes) => all(nodes),
            Node::Loop { node, .. } | Node::Capture { balance: None, node, .. } => node.needs_backtracking(),
            Node::Capture { .. } => {
                Some("balancing group (?<name1-name2>subexpression) or (?'name1-name2' subexpression)")
            }
            Node::Atomic(_) => Some("atomic subexpressions (?> pattern)"),
            Node::Look { negate: false, .. } => {
                Some("positive lookahead (?= pattern) or positive lookbehind (?<= pattern)")
            }
            Node::Look { .. } => Some("negative lookahead (?! pattern) or negative lookbehind (?<! pattern)"),
            Node::Backreference { .. } => Some("backreference (\\ number)"),
            Node::IfCaptured { .. } => Some(
                "captured group conditional (?( name ) yes-pattern | no-pattern ) or (?( number ) yes-pattern| no-pattern )",
            ),
            Node::IfMatches { .. } => Some("test conditional (?( test-pattern ) yes-pattern | no-pattern )"),
        }
    }
}
