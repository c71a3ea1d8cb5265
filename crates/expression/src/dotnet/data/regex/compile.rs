//! Tree to instructions for the matcher.

use super::class::CharClass;
use super::tree::{Anchor, Node};

/// Instructions refer to each other by index. `back` ones read to the left.
#[derive(Debug, Clone)]
pub(super) enum Inst {
    Unit {
        unit: u16,
        back: bool,
    },
    Class {
        class: usize,
        back: bool,
    },
    /// One class over and over, without a frame for every unit.
    Repeat {
        class: usize,
        min: u32,
        max: u32,
        lazy: bool,
        back: bool,
    },
    Anchor(Anchor),
    /// Goes on; tries `other` when that fails.
    Split {
        other: usize,
    },
    Jump(usize),
    /// Sets the counter to 0 and forgets the mark.
    LoopInit {
        register: usize,
    },
    /// Decides on another round; the body starts two instructions on.
    LoopHead {
        register: usize,
        min: u32,
        max: u32,
        lazy: bool,
        exit: usize,
    },
    LoopEnter {
        register: usize,
    },
    /// Remembers the place in a register.
    Mark {
        register: usize,
    },
    Capture {
        register: usize,
        slot: Option<usize>,
        balance: Option<usize>,
    },
    Backreference {
        slot: usize,
        ignore_case: bool,
        ecma: bool,
        back: bool,
    },
    /// Remembers how many ways back there are, and the place.
    Guard {
        register: usize,
    },
    /// Forgets the ways back since the guard; `rewind` also returns to its place.
    Commit {
        register: usize,
        rewind: bool,
    },
    /// Forgets them and fails.
    Refuse {
        register: usize,
    },
    IfCaptured {
        slot: usize,
        otherwise: usize,
    },
    Match,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Program {
    pub(super) code: Vec<Inst>,
    pub(super) classes: Vec<CharClass>,
    pub(super) registers: usize,
    /// Units every match starts with (left to right, exact case).
    pub(super) prefix: Vec<u16>,
    /// Class of the first unit of every match, when there is no prefix.
    pub(super) first: Option<usize>,
    /// Every match starts at the start of the text or of the search.
    pub(super) anchored: Option<Anchor>,
}

/// Flattens a tree. `back`: the whole pattern is matched from right to left.
pub(super) fn compile(node: &Node, back: bool) -> Program {
    let mut compiler = Compiler { program: Program::default() };
    compiler.node(node, back);
    compiler.emit(Inst::Match);
    let mut program = compiler.program;
    if !back {
        program.anchored = leading_anchor(node);
        leading_units(node, &mut program.prefix);
        if program.prefix.is_empty() {
            program.first = leading_class(node).map(|class| {
                program.classes.push(class);
                program.classes.len() - 1
            });
        }
    }
    program
}

struct Compiler {
    program: Program,
}

impl Compiler {
    fn emit(&mut self, inst: Inst) -> usize {
        self.program.code.push(inst);
        self.program.code.len() - 1
    }

    fn here(&self) -> usize {
        self.program.code.len()
    }

    /// Two registers side by side.
    fn registers(&mut self) -> usize {
        self.program.registers += 2;
        self.program.registers - 2
    }

    fn class(&mut self, class: &CharClass) -> usize {
        if let Some(known) = self.program.classes.iter().position(|known| known == class) {
            return known;
        }
        self.program.classes.push(class.clone());
        self.program.classes.len() - 1
    }

    fn patch(&mut self, at: usize, target: usize) {
        match &mut self.program.code[at] {
            Inst::Split { other } => *other = target,
            Inst::Jump(to) => *to = target,
            Inst::LoopHead { exit, .. } => *exit = target,
            Inst::IfCaptured { otherwise, .. } => *otherwise = target,
            _ => {}
        }
    }

    fn node(&mut self, node: &Node, back: bool) {
        match node {
            Node::Empty => {}
            Node::Unit(unit) => {
                self.emit(Inst::Unit { unit: *unit, back });
            }
            Node::Class(class) => {
                let class = self.class(class);
                self.emit(Inst::Class { class, back });
            }
            Node::Anchor(anchor) => {
                self.emit(Inst::Anchor(*anchor));
            }
            Node::Concat(items) if back => items.iter().rev().for_each(|item| self.node(item, back)),
            Node::Concat(items) => items.iter().for_each(|item| self.node(item, back)),
            Node::Alternate(branches) => self.alternate(branches, back),
            Node::Loop { node, min, max, lazy } => self.repeat(node, (*min, *max), *lazy, back),
            Node::Capture { slot, balance, node } => {
                let register = self.registers();
                self.emit(Inst::Mark { register });
                self.node(node, back);
                self.emit(Inst::Capture { register, slot: *slot, balance: *balance });
            }
            Node::Atomic(node) => {
                let register = self.registers();
                self.emit(Inst::Guard { register });
                self.node(node, back);
                self.emit(Inst::Commit { register, rewind: false });
            }
            Node::Look { behind, negate, node } => self.look(node, *behind, *negate),
            Node::Backreference { slot, ignore_case, ecma } => {
                self.emit(Inst::Backreference { slot: *slot, ignore_case: *ignore_case, ecma: *ecma, back });
            }
            Node::IfCaptured { slot, yes, no } => {
                let test = self.emit(Inst::IfCaptured { slot: *slot, otherwise: 0 });
                self.two_ways(test, yes, no, back);
            }
            Node::IfMatches { test, yes, no } => {
                let register = self.registers();
                self.emit(Inst::Guard { register });
                let split = self.emit(Inst::Split { other: 0 });
                match &**test {
                    Node::Look { .. } => self.node(test, back),
                    _ => self.node(test, false),
                }
                self.emit(Inst::Commit { register, rewind: true });
                self.two_ways(split, yes, no, back);
            }
        }
    }

    fn two_ways(&mut self, test: usize, yes: &Node, no: &Node, back: bool) {
        self.node(yes, back);
        let jump = self.emit(Inst::Jump(0));
        let otherwise = self.here();
        self.patch(test, otherwise);
        self.node(no, back);
        let end = self.here();
        self.patch(jump, end);
    }

    fn alternate(&mut self, branches: &[Node], back: bool) {
        let mut jumps = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            if index + 1 == branches.len() {
                self.node(branch, back);
                break;
            }
            let split = self.emit(Inst::Split { other: 0 });
            self.node(branch, back);
            jumps.push(self.emit(Inst::Jump(0)));
            let next = self.here();
            self.patch(split, next);
        }
        let end = self.here();
        jumps.into_iter().for_each(|jump| self.patch(jump, end));
    }

    fn repeat(&mut self, node: &Node, (min, max): (u32, u32), lazy: bool, back: bool) {
        let class = match node {
            Node::Unit(unit) => Some(self.class(&CharClass::unit(*unit, false))),
            Node::Class(class) => Some(self.class(class)),
            _ => None,
        };
        if let Some(class) = class {
            self.emit(Inst::Repeat { class, min, max, lazy, back });
            return;
        }
        if matches!(node, Node::Empty) || max == 0 {
            return;
        }
        if (min, max) == (1, 1) {
            return self.node(node, back);
        }
        let register = self.registers();
        self.emit(Inst::LoopInit { register });
        let head = self.emit(Inst::LoopHead { register, min, max, lazy, exit: 0 });
        self.emit(Inst::LoopEnter { register });
        self.node(node, back);
        self.emit(Inst::Jump(head));
        let exit = self.here();
        self.patch(head, exit);
    }

    fn look(&mut self, node: &Node, behind: bool, negate: bool) {
        let register = self.registers();
        self.emit(Inst::Guard { register });
        if !negate {
            self.node(node, behind);
            self.emit(Inst::Commit { register, rewind: true });
            return;
        }
        let split = self.emit(Inst::Split { other: 0 });
        self.node(node, behind);
        self.emit(Inst::Refuse { register });
        let after = self.here();
        self.patch(split, after);
    }
}

fn leading_anchor(node: &Node) -> Option<Anchor> {
    match node {
        Node::Anchor(anchor @ (Anchor::Start | Anchor::Search)) => Some(*anchor),
        Node::Concat(items) => items.first().and_then(leading_anchor),
        Node::Capture { node, .. } | Node::Atomic(node) => leading_anchor(node),
        _ => None,
    }
}

/// Collects the units a match must start with; true when all of the node is in them.
fn leading_units(node: &Node, prefix: &mut Vec<u16>) -> bool {
    match node {
        Node::Unit(unit) => {
            prefix.push(*unit);
            true
        }
        Node::Concat(items) => items.iter().all(|item| leading_units(item, prefix)),
        Node::Capture { node, .. } | Node::Atomic(node) => leading_units(node, prefix),
        Node::Loop { node, min: 1.., .. } => {
            leading_units(node, prefix);
            false
        }
        Node::Empty => true,
        _ => false,
    }
}

fn leading_class(node: &Node) -> Option<CharClass> {
    match node {
        Node::Class(class) => Some((**class).clone()),
        Node::Concat(items) => items.first().and_then(leading_class),
        Node::Capture { node, .. } | Node::Atomic(node) | Node::Loop { node, min: 1.., .. } => leading_class(node),
        _ => None,
    }
}
