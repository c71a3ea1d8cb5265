//! A tree as C# again. Only tests print trees: printing and parsing give the same tree back.

use super::ast::*;
use super::token::Suffix;
use std::fmt::Write;

#[path = "../../tests/generate/mod.rs"]
mod generate;

pub fn print(tree: &Tree) -> String {
    let mut printer = Printer { out: String::new() };
    match tree {
        Tree::Expr(value) => {
            printer.out.push_str("@(");
            printer.expr(value);
            printer.out.push(')');
        }
        Tree::Block(block) => {
            printer.out.push_str("@{ ");
            block.statements.iter().for_each(|stmt| printer.stmt(stmt));
            printer.out.push('}');
        }
    }
    printer.out
}

struct Printer {
    out: String,
}

fn suffix(suffix: Suffix) -> &'static str {
    match suffix {
        Suffix::None => "",
        Suffix::U => "u",
        Suffix::L => "L",
        Suffix::UL => "ul",
        Suffix::F => "f",
        Suffix::D => "d",
        Suffix::M => "m",
    }
}

impl Printer {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn list<T>(&mut self, items: &[T], mut print: impl FnMut(&mut Self, &T)) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.text(", ");
            }
            print(self, item);
        }
    }

    fn name(&mut self, name: &Name) {
        // Any name may be a keyword that was written with `@`.
        let keyword = super::token::KEYWORDS.contains(&name.text.as_str());
        let _ = write!(self.out, "{}{}", if keyword { "@" } else { "" }, name.text);
    }

    fn ty(&mut self, ty: &TypeRef) {
        match &ty.kind {
            TypeKind::Named(path) => {
                for (at, (name, arguments)) in path.iter().enumerate() {
                    self.text(if at > 0 { "." } else { "" });
                    // A keyword here is a type.
                    self.text(&name.text);
                    self.types(arguments);
                }
            }
            TypeKind::Array(..) => {
                let (mut element, mut ranks) = (ty, Vec::new());
                while let TypeKind::Array(inner, rank) = &element.kind {
                    ranks.push(*rank);
                    element = inner;
                }
                self.ty(element);
                ranks.into_iter().for_each(|rank| self.rank(rank));
            }
            TypeKind::Nullable(inner) => {
                self.ty(inner);
                self.text("?");
            }
            TypeKind::Tuple(items) => {
                self.text("(");
                self.list(items, |p, (ty, name)| {
                    p.ty(ty);
                    if let Some(name) = name {
                        p.text(" ");
                        p.name(name);
                    }
                });
                self.text(")");
            }
            TypeKind::Omitted => {}
        }
    }

    fn rank(&mut self, rank: usize) {
        let _ = write!(self.out, "[{}]", ",".repeat(rank - 1));
    }

    fn types(&mut self, types: &[TypeRef]) {
        if !types.is_empty() {
            self.text("<");
            self.list(types, Printer::ty);
            self.text(">");
        }
    }

    /// UTF-16 units inside quotes of a kind.
    fn units(&mut self, units: &[u16], braces: bool) {
        for unit in units {
            match u8::try_from(*unit) {
                Ok(byte @ (b'{' | b'}')) if braces => {
                    let c = char::from(byte);
                    let _ = write!(self.out, "{c}{c}");
                }
                Ok(byte) if byte.is_ascii_alphanumeric() || b" .,;:+-*/<>=()[]{}!?#_".contains(&byte) => {
                    self.out.push(char::from(byte));
                }
                _ => {
                    let _ = write!(self.out, "\\u{unit:04X}");
                }
            }
        }
    }

    fn args(&mut self, open: &str, args: &[Arg], close: &str) {
        self.text(open);
        self.list(args, |p, arg| {
            if let Some(name) = &arg.name {
                p.name(name);
                p.text(": ");
            }
            p.text(passing(arg.passing));
            p.expr(&arg.value);
        });
        self.text(close);
    }

    fn body(&mut self, body: &Body) {
        match body {
            Body::Expr(value) => self.expr(value),
            Body::Block(block) => self.block(block),
        }
    }

    fn lambda(&mut self, lambda: &Lambda) {
        if lambda.any_params {
            self.text("delegate ");
            return self.body(&lambda.body);
        }
        self.text("(");
        self.list(&lambda.params, |p, param| {
            if let Some(ty) = &param.ty {
                p.ty(ty);
                p.text(" ");
            }
            p.name(&param.name);
        });
        self.text(") => ");
        self.body(&lambda.body);
    }

    fn pattern(&mut self, pattern: &Pattern) {
        match pattern {
            Pattern::Type(ty, name) => {
                self.ty(ty);
                if let Some(name) = name {
                    self.text(" ");
                    self.name(name);
                }
            }
            Pattern::Const(value) => self.expr(value),
            Pattern::Var(name) => {
                self.text("var ");
                self.name(name);
            }
        }
    }

    fn items(&mut self, items: &[ArrayInit]) {
        self.text("{ ");
        self.list(items, |p, item| match item {
            ArrayInit::Expr(value) => p.expr(value),
            ArrayInit::Nested(inner, _) => p.items(inner),
        });
        self.text(" }");
    }

    fn initializer(&mut self, init: &Initializer) {
        match init {
            Initializer::None => {}
            Initializer::Object(members) => {
                self.text(" { ");
                self.list(members, |p, (target, value, _)| {
                    match target {
                        MemberTarget::Name(name) => p.name(name),
                        MemberTarget::Index(args) => p.args("[", args, "]"),
                    }
                    p.text(" = ");
                    match value {
                        InitValue::Expr(value) => p.expr(value),
                        InitValue::Nested(init) => p.initializer(init),
                    }
                });
                self.text(" }");
            }
            Initializer::Collection(items) => {
                self.text(" { ");
                self.list(items, |p, (values, _)| match values.as_slice() {
                    [only] => p.expr(only),
                    many => {
                        p.text("{ ");
                        p.list(many, Printer::expr);
                        p.text(" }");
                    }
                });
                self.text(" }");
            }
        }
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Null => self.text("null"),
            Literal::Bool(value) => self.text(if *value { "true" } else { "false" }),
            Literal::Int(value, kind) => {
                let _ = write!(self.out, "{value}{}", suffix(*kind));
            }
            Literal::Real(digits, kind) => {
                let plain = *kind == Suffix::None && !digits.contains(['.', 'e']);
                let _ = write!(self.out, "{digits}{}", if plain { "d" } else { suffix(*kind) });
            }
            Literal::Char(unit) => {
                self.text("'");
                self.units(&[*unit], false);
                self.text("'");
            }
            Literal::Str(units) => {
                self.text("\"");
                self.units(units, false);
                self.text("\"");
            }
        }
    }

    fn interpolated(&mut self, parts: &[Interpolation]) {
        self.text("$\"");
        for part in parts {
            match part {
                Interpolation::Text(units) => self.units(units, true),
                Interpolation::Hole { value, alignment, format } => {
                    self.text("{");
                    self.expr(value);
                    if let Some(alignment) = alignment {
                        self.text(",");
                        self.expr(alignment);
                    }
                    if let Some(format) = format {
                        self.text(":");
                        self.units(format, true);
                    }
                    self.text("}");
                }
            }
        }
        self.text("\"");
    }

    fn words(&mut self, before: &str, value: &Expr, after: &str) {
        self.text(before);
        self.expr(value);
        self.text(after);
    }

    fn two(&mut self, a: &Expr, between: &str, b: &Expr) {
        self.words("", a, between);
        self.expr(b);
    }

    fn expr(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Interpolated(parts) => self.interpolated(parts),
            ExprKind::Name(name, types) => {
                self.name(name);
                self.types(types);
            }
            ExprKind::Type(ty) => self.ty(ty),
            ExprKind::Member(target, name, types) => {
                self.words("", target, ".");
                self.name(name);
                self.types(types);
            }
            // The receiver prints nothing: its access follows the question mark.
            ExprKind::Conditional(target, rest) => self.two(target, "?", rest),
            ExprKind::Receiver => {}
            ExprKind::Call(target, args) => {
                self.expr(target);
                self.args("(", args, ")");
            }
            ExprKind::Index(target, args) => {
                self.expr(target);
                self.args("[", args, "]");
            }
            ExprKind::Unary(op, operand) => self.unary(*op, operand),
            ExprKind::Binary(op, a, b) => self.two(a, &format!(" {} ", op.text()), b),
            ExprKind::Assign(op, a, b) => self.two(a, &format!(" {}= ", op.map_or("", BinaryOp::text)), b),
            ExprKind::Ternary(a, b, c) => {
                self.two(a, " ? ", b);
                self.words(" : ", c, "");
            }
            ExprKind::Cast(ty, operand) => {
                self.text("(");
                self.ty(ty);
                self.words(")", operand, "");
            }
            ExprKind::Is(operand, pattern) => {
                self.words("", operand, " is ");
                self.pattern(pattern);
            }
            ExprKind::As(operand, ty) => {
                self.words("", operand, " as ");
                self.ty(ty);
            }
            ExprKind::Lambda(lambda) => self.lambda(lambda),
            ExprKind::Parens(inner) => self.words("(", inner, ")"),
            ExprKind::Throw(inner) => self.words("throw ", inner, ""),
            ExprKind::NameOf(inner) => self.words("nameof(", inner, ")"),
            ExprKind::Checked(checked, inner) => {
                self.words(if *checked { "checked(" } else { "unchecked(" }, inner, ")");
            }
            ExprKind::Discard => self.text("_"),
            _ => self.creation(value),
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr) {
        match op {
            UnaryOp::PostIncrement => self.words("", operand, "++"),
            UnaryOp::PostDecrement => self.words("", operand, "--"),
            // A blank keeps `- -x` from becoming `--x`.
            UnaryOp::Plus => self.words("+ ", operand, ""),
            UnaryOp::Minus => self.words("- ", operand, ""),
            UnaryOp::Not => self.words("!", operand, ""),
            UnaryOp::Complement => self.words("~", operand, ""),
            UnaryOp::PreIncrement => self.words("++", operand, ""),
            UnaryOp::PreDecrement => self.words("--", operand, ""),
        }
    }

    fn creation(&mut self, value: &Expr) {
        match &value.kind {
            ExprKind::New(ty, args, init) => {
                self.text("new ");
                self.ty(ty);
                self.args("(", args, ")");
                self.initializer(init);
            }
            ExprKind::NewArray(element, sizes, rank, items) => {
                let (mut inner, mut ranks) = (element, Vec::new());
                while let TypeKind::Array(next, rank) = &inner.kind {
                    ranks.push(*rank);
                    inner = next;
                }
                self.text("new ");
                self.ty(inner);
                if sizes.is_empty() {
                    self.rank(*rank);
                } else {
                    self.text("[");
                    self.list(sizes, Printer::expr);
                    self.text("]");
                }
                ranks.into_iter().for_each(|rank| self.rank(rank));
                items.iter().for_each(|items| self.items(items));
            }
            ExprKind::NewImplicitArray(rank, items) => {
                self.text("new ");
                self.rank(*rank);
                self.items(items);
            }
            ExprKind::Anonymous(members) => {
                self.text("new { ");
                self.list(members, |p, (name, value)| {
                    p.name(name);
                    p.words(" = ", value, "");
                });
                self.text(" }");
            }
            ExprKind::Tuple(items) => {
                self.text("(");
                self.list(items, |p, (name, value)| {
                    if let Some(name) = name {
                        p.name(name);
                        p.text(": ");
                    }
                    p.expr(value);
                });
                self.text(")");
            }
            ExprKind::TypeOf(ty) => self.of("typeof", Some(ty)),
            ExprKind::SizeOf(ty) => self.of("sizeof", Some(ty)),
            ExprKind::Default(ty) => self.of("default", ty.as_ref()),
            ExprKind::Declaration(ty, name) => {
                if matches!(ty.kind, TypeKind::Omitted) {
                    self.text("var");
                } else {
                    self.ty(ty);
                }
                self.text(" ");
                self.name(name);
            }
            _ => {}
        }
    }

    fn of(&mut self, word: &str, ty: Option<&TypeRef>) {
        self.text(word);
        if let Some(ty) = ty {
            self.text("(");
            self.ty(ty);
            self.text(")");
        }
    }

    fn block(&mut self, block: &Block) {
        self.text("{ ");
        block.statements.iter().for_each(|stmt| self.stmt(stmt));
        self.text("} ");
    }

    fn local(&mut self, ty: &TypeRef, declarators: &[Declarator], is_const: bool) {
        self.text(if is_const { "const " } else { "" });
        self.ty(ty);
        self.text(" ");
        self.list(declarators, |p, declarator| {
            p.name(&declarator.name);
            match &declarator.init {
                Some(DeclaratorInit::Expr(value)) => p.words(" = ", value, ""),
                Some(DeclaratorInit::Array(items, _)) => {
                    p.text(" = ");
                    p.items(items);
                }
                None => {}
            }
        });
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Empty => self.text("; "),
            StmtKind::Block(block) => self.block(block),
            StmtKind::Expr(value) => self.words("", value, "; "),
            StmtKind::Local(ty, declarators, is_const) => {
                self.local(ty, declarators, *is_const);
                self.text("; ");
            }
            StmtKind::LocalFunction(function) => self.function(function),
            StmtKind::If(condition, then, other) => {
                self.words("if (", condition, ") ");
                self.stmt(then);
                if let Some(other) = other {
                    self.text("else ");
                    self.stmt(other);
                }
            }
            StmtKind::While(condition, body) => {
                self.words("while (", condition, ") ");
                self.stmt(body);
            }
            StmtKind::Do(body, condition) => {
                self.text("do ");
                self.stmt(body);
                self.words("while (", condition, "); ");
            }
            StmtKind::For(start, condition, step, body) => {
                self.text("for (");
                self.list(start, |p, stmt| match &stmt.kind {
                    StmtKind::Local(ty, declarators, _) => p.local(ty, declarators, false),
                    StmtKind::Expr(value) => p.expr(value),
                    _ => {}
                });
                self.text("; ");
                condition.iter().for_each(|condition| self.expr(condition));
                self.text("; ");
                self.list(step, Printer::expr);
                self.text(") ");
                self.stmt(body);
            }
            StmtKind::Foreach(target, source, body) => {
                self.text("foreach (");
                self.two(target, " in ", source);
                self.text(") ");
                self.stmt(body);
            }
            StmtKind::Return(value) => self.jump("return", value.as_ref()),
            StmtKind::Throw(value) => self.jump("throw", value.as_ref()),
            StmtKind::Break => self.text("break; "),
            StmtKind::Continue => self.text("continue; "),
            StmtKind::Goto(name) => {
                self.text("goto ");
                self.name(name);
                self.text("; ");
            }
            StmtKind::GotoCase(value) => self.words("goto case ", value, "; "),
            StmtKind::GotoDefault => self.text("goto default; "),
            StmtKind::Labeled(name, inner) => {
                self.name(name);
                self.text(": ");
                self.stmt(inner);
            }
            StmtKind::Lock(target, body) => {
                self.words("lock (", target, ") ");
                self.stmt(body);
            }
            StmtKind::Checked(checked, block) => {
                self.text(if *checked { "checked " } else { "unchecked " });
                self.block(block);
            }
            StmtKind::Using(resource, body) => {
                self.text("using (");
                match &resource.kind {
                    StmtKind::Local(ty, declarators, _) => self.local(ty, declarators, false),
                    StmtKind::Expr(value) => self.expr(value),
                    _ => {}
                }
                self.text(") ");
                self.stmt(body);
            }
            StmtKind::Try(..) | StmtKind::Switch(..) => self.branches(stmt),
        }
    }

    fn jump(&mut self, word: &str, value: Option<&Expr>) {
        self.text(word);
        value.iter().for_each(|value| self.words(" ", value, ""));
        self.text("; ");
    }

    fn branches(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Try(body, catches, finally) => {
                self.text("try ");
                self.block(body);
                for catch in catches {
                    self.text("catch ");
                    if let Some(ty) = &catch.ty {
                        self.text("(");
                        self.ty(ty);
                        if let Some(name) = &catch.name {
                            self.text(" ");
                            self.name(name);
                        }
                        self.text(") ");
                    }
                    catch.filter.iter().for_each(|filter| self.words("when (", filter, ") "));
                    self.block(&catch.body);
                }
                if let Some(finally) = finally {
                    self.text("finally ");
                    self.block(finally);
                }
            }
            StmtKind::Switch(value, sections) => {
                self.words("switch (", value, ") { ");
                for section in sections {
                    for (label, _) in &section.labels {
                        match label {
                            CaseLabel::Default => self.text("default: "),
                            CaseLabel::Case(pattern, guard) => {
                                self.text("case ");
                                self.pattern(pattern);
                                guard.iter().for_each(|guard| self.words(" when ", guard, ""));
                                self.text(": ");
                            }
                        }
                    }
                    section.body.iter().for_each(|stmt| self.stmt(stmt));
                }
                self.text("} ");
            }
            _ => {}
        }
    }

    fn function(&mut self, function: &LocalFunction) {
        self.ty(&function.result);
        self.text(" ");
        self.name(&function.name);
        if !function.type_params.is_empty() {
            self.text("<");
            self.list(&function.type_params, Printer::name);
            self.text(">");
        }
        self.text("(");
        self.list(&function.params, |p, param| {
            p.text(if param.is_params { "params " } else { passing(param.passing) });
            p.ty(&param.ty);
            p.text(" ");
            p.name(&param.name);
            param.default.iter().for_each(|value| p.words(" = ", value, ""));
        });
        self.text(") ");
        match &function.body {
            Body::Expr(value) => self.words("=> ", value, "; "),
            Body::Block(block) => self.block(block),
        }
    }
}

fn passing(passing: Passing) -> &'static str {
    match passing {
        Passing::Value => "",
        Passing::Ref => "ref ",
        Passing::Out => "out ",
        Passing::In => "in ",
    }
}

#[cfg(test)]
mod tests {
    use super::{generate, print};
    use crate::syntax::parse;

    /// The tree without its places.
    fn shape(tree: &crate::syntax::ast::Tree) -> String {
        let shown = format!("{tree:?}");
        let mut pieces = shown.split("Span {");
        let first = pieces.next().unwrap_or("").to_owned();
        pieces.fold(first, |all, piece| all + piece.split_once('}').map_or("", |(_, rest)| rest))
    }

    fn check(source: &str) {
        let Some(tree) = parse(source).tree else { return };
        let shape_before = shape(&tree);
        // Queries are calls with hidden names by then, which are not C#.
        if shape_before.contains("<>q") {
            return;
        }
        let printed = print(&tree);
        let again = parse(&printed);
        let Some(tree) = again.tree else { panic!("{source}\n{printed}\n{:?}", again.diagnostics) };
        assert_eq!(shape(&tree), shape_before, "{source}\n{printed}");
    }

    #[test]
    fn printing_and_parsing_give_the_same_tree() {
        for file in ["literals", "operators", "conversions", "functions", "statements", "refused"] {
            let path = format!("{}/tests/language/{file}.txt", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).unwrap();
            for line in text.lines().filter_map(|line| line.split_once(" ==> ")).map(|(source, _)| source.trim()) {
                check(&if line.starts_with('{') { format!("@{line}") } else { format!("@({line})") });
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn generated_programs_print_and_parse(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            check(&generate::program(&bytes));
        }
    }
}
