//! The program in readable form.

use super::Const;
use super::node::{Call, Convert, Function, Node, Piece, Stmt, Test};
use crate::types::Type;
use std::fmt::Write;

/// Longest text of a constant that is shown.
const CONSTANT_CHARS_MAX: usize = 60;

/// One instruction a line, operands indented below it.
pub fn listing(function: &Function, constants: &[Const]) -> String {
    let mut printer = Printer { out: String::new(), depth: 0, constants };
    printer.function(function);
    printer.out
}

/// `convert int to long`, as far as the instruction knows.
fn conversion(convert: &Convert) -> String {
    let cast = |is_cast: &bool| if *is_cast { "cast" } else { "convert" };
    match convert {
        Convert::Numeric(to, checked) => {
            format!("convert to {}{}", Type::of(*to), if *checked { " checked" } else { "" })
        }
        Convert::Enum(to) => format!("convert to {}", Type::of(*to)),
        Convert::Unwrap => "unwrap".to_owned(),
        Convert::Cast(to) => format!("cast to {to}"),
        Convert::Dynamic(to, is_cast) => format!("dynamic {} to {to}", cast(is_cast)),
        Convert::User(target, lifted) => format!("convert by {}{}", target.text, if *lifted { " lifted" } else { "" }),
        Convert::Tuple(to, items) => {
            let items: Vec<String> =
                items.iter().map(|steps| steps.iter().map(conversion).collect::<Vec<_>>().join(" then ")).collect();
            format!("convert items to {to}: {}", items.join("; "))
        }
    }
}

struct Printer<'p> {
    out: String,
    depth: usize,
    constants: &'p [Const],
}

impl Printer<'_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "  ".repeat(self.depth));
    }

    fn inside(&mut self, print: impl FnOnce(&mut Self)) {
        self.depth += 1;
        print(self);
        self.depth -= 1;
    }

    fn function(&mut self, function: &Function) {
        let captures: Vec<String> =
            function.captures.iter().map(|(outer, inner)| format!("${inner}=outer ${outer}")).collect();
        let captures = if captures.is_empty() { String::new() } else { format!(" captures {}", captures.join(", ")) };
        self.line(&format!("{} params {} slots {}{captures}", function.name, function.params, function.slots));
        self.inside(|p| p.stmt(&function.body));
    }

    fn nodes<'n>(&mut self, head: &str, nodes: impl IntoIterator<Item = &'n Node>) {
        self.line(head);
        self.inside(|p| nodes.into_iter().for_each(|node| p.node(node)));
    }

    fn constant(&self, index: u32) -> String {
        match self.constants.get(index as usize) {
            Some(Const::Str(text)) => {
                let shown: String = text.chars().take(CONSTANT_CHARS_MAX).collect();
                format!("const {shown:?}{}", if shown.len() < text.len() { "…" } else { "" })
            }
            Some(Const::Part(part)) => format!("part {part:?}"),
            Some(constant) => format!("const {} {}", constant.to_value().type_name(), constant.to_value().to_text()),
            None => "const ?".to_owned(),
        }
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Const(index) => {
                let text = self.constant(*index);
                self.line(&text);
            }
            Node::Local(slot, _) => self.line(&format!("local ${slot}")),
            Node::SetLocal(slot, value) => self.nodes(&format!("set ${slot}"), [&**value]),
            Node::Ref(slot, out, _) => self.line(&format!("{} ${slot}", if *out { "out" } else { "ref" })),
            Node::Discard => self.line("out _"),
            Node::Call(call) => self.call(call),
            Node::Invoke(target, args) => self.nodes("invoke", std::iter::once(&**target).chain(args.iter())),
            Node::Convert(convert, value) => self.nodes(&conversion(convert), [&**value]),
            Node::Unary(op, operands, checked, value) => {
                self.nodes(&format!("{op:?} {operands:?}{}", if *checked { " checked" } else { "" }), [&**value]);
            }
            Node::Binary(binary) => {
                let mut head = format!("{} {:?}", binary.op.text(), binary.operands);
                if binary.checked {
                    head.push_str(" checked");
                }
                if binary.lifted {
                    head.push_str(" lifted");
                }
                self.nodes(&head, [&binary.left, &binary.right]);
            }
            Node::AndAlso(a, b) => self.nodes("&&", [&**a, &**b]),
            Node::OrElse(a, b) => self.nodes("||", [&**a, &**b]),
            Node::Concat(parts) => self.nodes("concat", parts.iter()),
            Node::Interpolate(pieces) => self.interpolate(pieces),
            Node::Ternary(parts) => self.nodes("?:", [&parts.0, &parts.1, &parts.2]),
            Node::Coalesce(a, b) => self.nodes("??", [&**a, &**b]),
            Node::IfSome(a, slot, b) => self.nodes(&format!("?. ${slot}"), [&**a, &**b]),
            Node::Sequence(first, last) => self.nodes("sequence", first.iter().chain([&**last])),
            Node::Is(value, test) => {
                self.nodes("is", [&**value]);
                self.inside(|p| p.test(test));
            }
            Node::As(value, ty) => self.nodes(&format!("as {ty}"), [&**value]),
            Node::TypeOf(ty) => self.line(&format!("typeof {ty}")),
            Node::Default(ty) => self.line(&format!("default {ty}")),
            Node::NewArray(ty, sizes) => self.nodes(&format!("new {ty}[]"), sizes.iter()),
            Node::ArrayOf(ty, items, _) => self.nodes(&format!("array of {ty}"), items.iter()),
            Node::Element(array, index) => self.nodes("element", std::iter::once(&**array).chain(index.iter())),
            Node::SetElement(array, index, value) => {
                self.nodes("set element", std::iter::once(&**array).chain(index.iter()).chain([&**value]));
            }
            Node::Tuple(ty, items) => self.nodes(&format!("new {ty}"), items.iter()),
            Node::Item(tuple, index) => self.nodes(&format!("item {index}"), [&**tuple]),
            Node::WithItem(tuple, index, value) => self.nodes(&format!("with item {index}"), [&**tuple, &**value]),
            Node::Lambda(function, ty) => {
                self.line(&format!("{ty}"));
                self.inside(|p| p.function(function));
            }
            Node::Delegate(target, receiver, ty) => {
                self.nodes(&format!("{ty} of {}", target.text), receiver.iter().map(|node| &**node));
            }
            Node::Throw(value) => self.nodes("throw", [&**value]),
            Node::Dynamic(value, name, args, used) => {
                self.nodes(&format!("dynamic {used:?} {name}"), std::iter::once(&**value).chain(args.iter()));
            }
        }
    }

    fn call(&mut self, call: &Call) {
        let types: Vec<String> = call.types.iter().map(ToString::to_string).collect();
        let types = if types.is_empty() { String::new() } else { format!(" with {}", types.join(", ")) };
        self.nodes(&format!("call {}{types}", call.text), call.args.iter());
    }

    fn interpolate(&mut self, pieces: &[Piece]) {
        self.line("interpolate");
        self.inside(|p| {
            for piece in pieces {
                match piece {
                    Piece::Text(index) => {
                        let text = p.constant(*index);
                        p.line(&text);
                    }
                    Piece::Hole(value, alignment, format) => {
                        p.nodes(&format!("hole {alignment} {}", format.as_deref().unwrap_or("")), [value]);
                    }
                }
            }
        });
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Type(ty, Some(slot)) => self.line(&format!("is {ty} ${slot}")),
            Test::Type(ty, None) => self.line(&format!("is {ty}")),
            Test::Constant(value) => self.nodes("equals", [value]),
            Test::Always(_) => self.line("always"),
        }
    }

    fn stmts(&mut self, head: &str, body: &[Stmt]) {
        self.line(head);
        self.inside(|p| body.iter().for_each(|stmt| p.stmt(stmt)));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Empty => {}
            Stmt::Expr(node) => self.node(node),
            Stmt::Lock(node) => self.nodes("lock", [node]),
            Stmt::Declare(slot) => self.line(&format!("declare ${slot}")),
            Stmt::Block { body, .. } => body.iter().for_each(|stmt| self.stmt(stmt)),
            Stmt::If(condition, then, other) => {
                self.nodes("if", [condition]);
                self.stmts("then", std::slice::from_ref(&**then));
                if !matches!(**other, Stmt::Empty) {
                    self.stmts("else", std::slice::from_ref(&**other));
                }
            }
            Stmt::While(condition, body) => {
                self.nodes("while", [condition]);
                self.stmts("do", std::slice::from_ref(&**body));
            }
            Stmt::Do(body, condition) => {
                self.stmts("do", std::slice::from_ref(&**body));
                self.nodes("while", [condition]);
            }
            Stmt::For { condition, step, body } => {
                self.nodes("for", condition.iter().chain(step));
                self.stmts("do", std::slice::from_ref(&**body));
            }
            Stmt::Foreach { source, slot, prepare, body, .. } => {
                self.nodes(&format!("foreach ${slot}"), std::iter::once(source).chain(prepare));
                self.stmts("do", std::slice::from_ref(&**body));
            }
            Stmt::Return(value, _) => self.nodes("return", value),
            Stmt::Break(_) => self.line("break"),
            Stmt::Continue(_) => self.line("continue"),
            Stmt::Throw(value) => self.nodes("throw", value),
            Stmt::Try { body, handlers, finally } => {
                self.stmts("try", std::slice::from_ref(&**body));
                for handler in handlers {
                    let ty = handler.ty.as_ref().map(ToString::to_string).unwrap_or_default();
                    self.line(&format!("catch {ty}"));
                    self.inside(|p| {
                        handler.filter.iter().for_each(|filter| p.node(filter));
                        p.stmt(&handler.body);
                    });
                }
                if let Some(finally) = finally {
                    self.stmts("finally", std::slice::from_ref(&**finally));
                }
            }
            Stmt::Switch { value, slot, cases, .. } => {
                self.nodes(&format!("switch ${slot}"), [value]);
                for case in cases {
                    self.line("case");
                    self.inside(|p| {
                        for (test, guard) in &case.labels {
                            test.iter().for_each(|test| p.test(test));
                            guard.iter().for_each(|guard| p.node(guard));
                        }
                        case.body.iter().for_each(|stmt| p.stmt(stmt));
                    });
                }
            }
            Stmt::Goto(label, _) => self.line(&format!("goto {label}")),
            Stmt::GotoCase(section) => self.line(&format!("goto case {section}")),
            Stmt::Label(label, stmt) => {
                self.line(&format!("label {label}"));
                self.stmt(stmt);
            }
        }
    }
}
