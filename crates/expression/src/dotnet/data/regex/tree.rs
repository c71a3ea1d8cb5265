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
