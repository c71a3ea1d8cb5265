//! Definite assignment and reachability (C# specification, 9.4 and 13.2), on the finished program.

use crate::program::Const;
use crate::program::node::{Function, Node, Piece, Stmt, Test};
use std::collections::BTreeSet;
use tollgate_error::{Code, Diagnostic, Span};

/// Which slots have a value for certain. `None`: the place cannot be reached.
type State = Option<BTreeSet<u32>>;

/// What a jump leaves: the states at every `break`, `continue` and `goto`.
#[derive(Default)]
struct Jumps {
    breaks: Vec<State>,
    continues: Vec<State>,
}

struct Flow<'f> {
    diagnostics: &'f mut Vec<Diagnostic>,
    constants: &'f [Const],
    jumps: Vec<Jumps>,
    /// Labels that some `goto` names, with what is assigned there.
    gotos: Vec<(u32, State)>,
    /// Parameters of the function at hand that must be assigned where it ends.
    outs: Vec<u32>,
}

/// Reports uses of unassigned locals and paths without `return`.
pub fn check(function: &Function, is_block: bool, constants: &[Const], diagnostics: &mut Vec<Diagnostic>) {
    let mut flow = Flow { diagnostics, constants, jumps: Vec::new(), gotos: Vec::new(), outs: Vec::new() };
    let end = flow.stmt(&function.body, Some(BTreeSet::new()));
    if is_block && end.is_some() {
        let span = match &function.body {
            Stmt::Block { span, .. } => *span,
            _ => Span::default(),
        };
        let at = Span { start: span.end.saturating_sub(1), end: span.end };
        let message = "not all code paths return a value";
        flow.diagnostics
            .push(Diagnostic::error(Code::EXPRESSION_FLOW, at, message).with_hint("add a `return` at the end"));
    }
}

fn join(a: State, b: State) -> State {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.intersection(&b).copied().collect()),
        (a, None) => a,
        (None, b) => b,
    }
}

impl Flow<'_> {
    fn nodes<'n>(&mut self, nodes: impl IntoIterator<Item = &'n Node>, mut state: State) -> State {
        for node in nodes {
            state = self.node(node, state);
        }
        state
    }

    fn assign(&mut self, slot: u32, state: State) -> State {
        state.map(|mut set| {
            set.insert(slot);
            set
        })
    }

    fn read(&mut self, slot: u32, span: Span, state: &mut State) {
        if let Some(set) = state
            && !set.contains(&slot)
        {
            self.diagnostics.push(Diagnostic::error(
                Code::EXPRESSION_UNASSIGNED,
                span,
                "use of an unassigned local variable",
            ));
            // Once is enough.
            set.insert(slot);
        }
    }

    /// The states after a condition that was true and one that was false.
    fn condition(&mut self, node: &Node, state: State) -> (State, State) {
        match node {
            Node::Const(_) | Node::Local(..) => {
                let state = self.node(node, state);
                (state.clone(), state)
            }
            Node::AndAlso(a, b) => {
                let (yes, no) = self.condition(a, state);
                let (yes, second_no) = self.condition(b, yes);
                (yes, join(no, second_no))
            }
            Node::OrElse(a, b) => {
                let (yes, no) = self.condition(a, state);
                let (second_yes, no) = self.condition(b, no);
                (join(yes, second_yes), no)
            }
            Node::Unary(crate::program::node::UnaryKind::Not, _, _, inner) => {
                let (yes, no) = self.condition(inner, state);
                (no, yes)
            }
            Node::Is(value, test) => {
                let state = self.node(value, state);
                match &**test {
                    Test::Type(_, Some(slot)) => (self.assign(*slot, state.clone()), state),
                    Test::Always(Some(slot)) => {
                        let state = self.assign(*slot, state);
                        (state.clone(), state)
                    }
                    _ => (state.clone(), state),
                }
            }
            Node::Ternary(parts) => {
                let (yes, no) = self.condition(&parts.0, state);
                let (a_yes, a_no) = self.condition(&parts.1, yes);
                let (b_yes, b_no) = self.condition(&parts.2, no);
                (join(a_yes, b_yes), join(a_no, b_no))
            }
            _ => {
                let state = self.node(node, state);
                (state.clone(), state)
            }
        }
    }

    fn node(&mut self, node: &Node, mut state: State) -> State {
        match node {
            Node::Const(_) | Node::TypeOf(_) | Node::Default(_) | Node::Discard => state,
            Node::Local(slot, span) => {
                self.read(*slot, *span, &mut state);
                state
            }
            Node::SetLocal(slot, value) => {
                // A lambda may name the variable that it is assigned to, as C# lets local functions.
                let state = if matches!(**value, Node::Lambda(..)) && is_function(value) {
                    self.assign(*slot, state)
                } else {
                    state
                };
                let state = self.node(value, state);
                self.assign(*slot, state)
            }
            Node::Ref(slot, is_out, span) => {
                if !is_out {
                    self.read(*slot, *span, &mut state);
                }
                self.assign(*slot, state)
            }
            Node::AndAlso(..) | Node::OrElse(..) | Node::Is(..) => {
                let (yes, no) = self.condition(node, state);
                join(yes, no)
            }
            Node::Unary(_, _, _, value) | Node::Convert(_, value) | Node::As(value, _) | Node::Item(value, _) => {
                self.node(value, state)
            }
            Node::Throw(value) => {
                self.node(value, state);
                None
            }
            Node::Binary(binary) => self.nodes([&binary.left, &binary.right], state),
            Node::Ternary(parts) => {
                let (yes, no) = self.condition(&parts.0, state);
                let a = self.node(&parts.1, yes);
                let b = self.node(&parts.2, no);
                join(a, b)
            }
            Node::Coalesce(a, b) => {
                let state = self.node(a, state);
                let other = self.node(b, state.clone());
                join(state, other)
            }
            Node::IfSome(a, slot, b) => {
                let state = self.node(a, state);
                let inner = self.assign(*slot, state.clone());
                let other = self.node(b, inner);
                join(state, other)
            }
            Node::Call(call) => {
                let outs: Vec<u32> = call.args.iter().filter_map(out_slot).collect();
                let state = self.nodes(call.args.iter(), state);
                outs.into_iter().fold(state, |state, slot| self.assign(slot, state))
            }
            Node::Invoke(target, args) => self.nodes(std::iter::once(&**target).chain(args.iter()), state),
            Node::Concat(parts) | Node::NewArray(_, parts) | Node::ArrayOf(_, parts, _) | Node::Tuple(_, parts) => {
                self.nodes(parts.iter(), state)
            }
            Node::Interpolate(pieces) => {
                let holes = pieces.iter().filter_map(|piece| match piece {
                    Piece::Hole(node, _, _) => Some(node),
                    Piece::Text(_) => None,
                });
                self.nodes(holes, state)
            }
            Node::Sequence(first, last) => self.nodes(first.iter().chain([&**last]), state),
            Node::Element(array, index) => self.nodes(std::iter::once(&**array).chain(index.iter()), state),
            Node::SetElement(array, index, value) => {
                self.nodes(std::iter::once(&**array).chain(index.iter()).chain([&**value]), state)
            }
            Node::WithItem(tuple, _, value) => self.nodes([&**tuple, &**value], state),
            Node::Delegate(_, receiver, _) => self.nodes(receiver.iter().map(|node| &**node), state),
            Node::Dynamic(receiver, _, args, _) => self.nodes(std::iter::once(&**receiver).chain(args.iter()), state),
            Node::Lambda(function, ty) => {
                self.lambda(function, ty, &state);
                state
            }
        }
    }

    /// A lambda's body starts with what is assigned where it stands.
    fn lambda(&mut self, function: &Function, ty: &crate::types::Type, state: &State) {
        // Local functions are made before their block runs: what they share is not tracked.
        let local_function = ty.is(crate::types::known::DELEGATE);
        let mut inside: BTreeSet<u32> = (0..function.params).filter(|slot| !function.outs.contains(slot)).collect();
        for (outer, inner) in &function.captures {
            if local_function || state.as_ref().is_none_or(|set| set.contains(outer)) {
                inside.insert(*inner);
            }
        }
        let jumps = std::mem::take(&mut self.jumps);
        let gotos = std::mem::take(&mut self.gotos);
        let outs = std::mem::replace(&mut self.outs, function.outs.clone());
        let end = self.stmt(&function.body, Some(inside));
        let span = match &function.body {
            Stmt::Block { span, .. } => *span,
            _ => Span::default(),
        };
        if end.is_some() && function.returns {
            let message = format!("not all code paths return a value in {}", function.name);
            self.diagnostics.push(Diagnostic::error(Code::EXPRESSION_FLOW, span, message));
        } else {
            self.leave(&end, span);
        }
        self.jumps = jumps;
        self.gotos = gotos;
        self.outs = outs;
    }

    /// Control leaves the function: `out` parameters must have a value.
    fn leave(&mut self, state: &State, span: Span) {
        let Some(set) = state else { return };
        if self.outs.iter().any(|slot| !set.contains(slot)) {
            let message = "the out parameter must be assigned before control leaves the function";
            self.diagnostics.push(Diagnostic::error(Code::EXPRESSION_UNASSIGNED, span, message));
        }
    }

    fn all(&mut self, body: &[Stmt], mut state: State) -> State {
        for stmt in body {
            state = self.stmt(stmt, state);
        }
        state
    }

    fn is_constant(&self, node: &Node, value: bool) -> bool {
        matches!(node, Node::Const(index) if self.constants.get(*index as usize) == Some(&Const::Bool(value)))
    }

    fn branch(&mut self, condition: &Node, state: State) -> (State, State) {
        let (yes, no) = self.condition(condition, state);
        if self.is_constant(condition, true) {
            (yes, None)
        } else if self.is_constant(condition, false) {
            (None, no)
        } else {
            (yes, no)
        }
    }

    fn loop_body(&mut self, body: &Stmt, state: State) -> (State, Jumps) {
        self.jumps.push(Jumps::default());
        let end = self.stmt(body, state);
        let jumps = self.jumps.pop().unwrap_or_default();
        (end, jumps)
    }

    fn stmt(&mut self, stmt: &Stmt, state: State) -> State {
        match stmt {
            Stmt::Empty | Stmt::Declare(_) => self.declare(stmt, state),
            Stmt::Expr(node) | Stmt::Lock(node) => self.node(node, state),
            Stmt::Block { body, .. } => self.all(body, state),
            Stmt::If(condition, then, other) => {
                let (yes, no) = self.branch(condition, state);
                let a = self.stmt(then, yes);
                let b = self.stmt(other, no);
                join(a, b)
            }
            Stmt::While(condition, body) => {
                let (yes, no) = self.branch(condition, state);
                let (_, jumps) = self.loop_body(body, yes);
                jumps.breaks.into_iter().fold(no, join)
            }
            Stmt::For { condition, step, body } => {
                let (yes, no) = match condition {
                    Some(condition) => self.branch(condition, state),
                    None => (state, None),
                };
                let (end, jumps) = self.loop_body(body, yes);
                let end = jumps.continues.into_iter().fold(end, join);
                self.nodes(step, end);
                jumps.breaks.into_iter().fold(no, join)
            }
            Stmt::Do(body, condition) => {
                let (end, jumps) = self.loop_body(body, state);
                let end = jumps.continues.into_iter().fold(end, join);
                let (_, no) = self.branch(condition, end);
                jumps.breaks.into_iter().fold(no, join)
            }
            Stmt::Foreach { source, slot, prepare, body, .. } => {
                let state = self.node(source, state);
                let inside = self.assign(*slot, state.clone());
                let inside = self.nodes(prepare, inside);
                let (_, jumps) = self.loop_body(body, inside);
                jumps.breaks.into_iter().fold(state, join)
            }
            Stmt::Return(value, span) => {
                let state = self.nodes(value, state);
                self.leave(&state, *span);
                None
            }
            Stmt::Break(_) => {
                if let Some(jumps) = self.jumps.last_mut() {
                    jumps.breaks.push(state);
                }
                None
            }
            Stmt::Continue(_) => {
                // A switch lets `continue` through to its loop.
                if let Some(jumps) = self.jumps.last_mut() {
                    jumps.continues.push(state);
                }
                None
            }
            Stmt::Throw(value) => {
                self.nodes(value, state);
                None
            }
            Stmt::Goto(label, _) => {
                self.gotos.push((*label, state));
                None
            }
            Stmt::GotoCase(_) => None,
            Stmt::Label(label, inner) => {
                // Backward jumps bring at least what is assigned here already.
                let jumped = self.gotos.iter().filter(|(found, _)| found == label).map(|(_, state)| state.clone());
                let state = jumped.collect::<Vec<_>>().into_iter().fold(state, join);
                self.stmt(inner, state)
            }
            Stmt::Try { body, handlers, finally } => self.try_stmt(body, handlers, finally.as_deref(), state),
            Stmt::Switch { value, slot, cases, span } => self.switch(value, *slot, cases, *span, state),
        }
    }

    fn declare(&mut self, stmt: &Stmt, state: State) -> State {
        // A declaration in a loop starts without a value each time.
        match stmt {
            Stmt::Declare(slot) => state.map(|mut set| {
                set.remove(slot);
                set
            }),
            _ => state,
        }
    }

    fn try_stmt(
        &mut self,
        body: &Stmt,
        handlers: &[crate::program::node::Handler],
        finally: Option<&Stmt>,
        state: State,
    ) -> State {
        let mut end = self.stmt(body, state.clone());
        for handler in handlers {
            let mut inside = state.clone();
            if let Some(slot) = handler.slot {
                inside = self.assign(slot, inside);
            }
            let inside = self.nodes(&handler.filter, inside);
            let handled = self.stmt(&handler.body, inside);
            end = join(end, handled);
        }
        if let Some(finally) = finally {
            let after = self.stmt(finally, state)?;
            return end.map(|mut set| {
                set.extend(after);
                set
            });
        }
        end
    }

    fn switch(
        &mut self,
        value: &Node,
        slot: u32,
        cases: &[crate::program::node::Case],
        span: Span,
        state: State,
    ) -> State {
        let state = self.node(value, state);
        let state = self.assign(slot, state);
        self.jumps.push(Jumps::default());
        let mut has_default = false;
        for case in cases {
            let mut inside: State = None;
            let mut first = true;
            for (test, guard) in &case.labels {
                let mut label = state.clone();
                match test {
                    None => has_default = true,
                    Some(Test::Type(_, Some(slot)) | Test::Always(Some(slot))) => label = self.assign(*slot, label),
                    Some(Test::Constant(node)) => label = self.node(node, label),
                    _ => {}
                }
                if matches!(test, Some(Test::Always(_))) && guard.is_none() {
                    has_default = true;
                }
                if let Some(guard) = guard {
                    label = self.condition(guard, label).0;
                }
                inside = if first { label } else { join(inside, label) };
                first = false;
            }
            let end = self.all(&case.body, inside);
            if end.is_some() {
                let message = "control cannot fall through from one case label to the next";
                let hint = "end the section with `break`, `return`, `throw` or `goto case`";
                self.diagnostics.push(Diagnostic::error(Code::EXPRESSION_FLOW, span, message).with_hint(hint));
            }
        }
        let jumps = self.jumps.pop().unwrap_or_default();
        if let Some(outer) = self.jumps.last_mut() {
            outer.continues.extend(jumps.continues);
        }
        let skipped = if has_default || self.handles_both(cases) { None } else { state };
        jumps.breaks.into_iter().fold(skipped, join)
    }
}

impl Flow<'_> {
    /// A switch with a case for true and one for false leaves nothing out.
    fn handles_both(&self, cases: &[crate::program::node::Case]) -> bool {
        [true, false].into_iter().all(|value| {
            cases.iter().flat_map(|case| &case.labels).any(|(test, guard)| {
                guard.is_none() && matches!(test, Some(Test::Constant(node)) if self.is_constant(node, value))
            })
        })
    }
}

fn out_slot(node: &Node) -> Option<u32> {
    match node {
        Node::Ref(slot, ..) => Some(*slot),
        _ => None,
    }
}

/// Local functions are lambdas without a delegate type of their own.
fn is_function(node: &Node) -> bool {
    matches!(node, Node::Lambda(_, ty) if ty.is(crate::types::known::DELEGATE))
}
