//! Statements.

use super::ast::*;
use super::parser::{Failed, Parsed, Parser, is_type_keyword};
use super::token::Kind;
use tollgate_error::Span;

impl Parser {
    /// The inside of `@{…}`.
    pub fn body(&mut self) -> Block {
        let start = self.span();
        let mut statements = Vec::new();
        while !self.at_end() {
            if self.is("}") {
                self.error(self.span(), "unexpected `}`");
                self.advance();
                continue;
            }
            self.statement_or_skip(&mut statements);
        }
        Block { statements, span: start.to(self.previous()) }
    }

    /// One statement; after a finding the rest of it is skipped so that the next is still checked.
    fn statement_or_skip(&mut self, statements: &mut Vec<Stmt>) {
        let before = self.at;
        match self.statement() {
            Ok(statement) => statements.push(statement),
            Err(Failed) => {
                let mut depth = 0usize;
                while !self.at_end() {
                    match self.kind() {
                        Kind::Punct("{" | "(" | "[") => depth += 1,
                        Kind::Punct("}") if depth == 0 => break,
                        Kind::Punct(";") if depth == 0 => {
                            self.advance();
                            break;
                        }
                        Kind::Punct("}" | ")" | "]") => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    self.advance();
                }
                if self.at == before {
                    self.advance();
                }
            }
        }
    }

    pub fn block(&mut self) -> Parsed<Block> {
        self.deeper(|p| {
            let start = p.expect("{")?;
            let mut statements = Vec::new();
            while !p.is("}") && !p.at_end() {
                p.statement_or_skip(&mut statements);
            }
            p.expect("}")?;
            Ok(Block { statements, span: start.to(p.previous()) })
        })
    }

    pub fn statement(&mut self) -> Parsed<Stmt> {
        let start = self.span();
        let kind = self.deeper(Parser::statement_kind)?;
        Ok(Stmt { kind, span: start.to(self.previous()) })
    }

    fn semicolon(&mut self) -> Parsed<()> {
        if self.eat(";") {
            return Ok(());
        }
        let previous = self.previous();
        let found = self.describe();
        self.error(
            Span { start: previous.end.saturating_sub(1), end: previous.end },
            format!("`;` expected before {found}"),
        );
        Err(Failed)
    }

    fn statement_kind(&mut self) -> Parsed<StmtKind> {
        if self.is("{") {
            return Ok(StmtKind::Block(self.block()?));
        }
        if self.eat(";") {
            return Ok(StmtKind::Empty);
        }
        if let Kind::Keyword(word) = *self.kind() {
            if let Some(kind) = self.keyword_statement(word)? {
                return Ok(kind);
            }
        } else if matches!(self.kind(), Kind::Ident(_)) && self.is_at(1, ":") && !self.is_at(1, "::") {
            let name = self.name()?;
            self.advance();
            return Ok(StmtKind::Labeled(name, Box::new(self.statement()?)));
        }
        if self.is_word("yield") && matches!(self.kind_at(1), Kind::Keyword("return" | "break")) {
            self.error(self.span(), "iterators (`yield`) are not available in policy expressions; fill a list");
            return Err(Failed);
        }
        if self.is_word("async") && matches!(self.kind_at(1), Kind::Ident(_) | Kind::Keyword("void")) {
            self.error(self.span(), "async functions are not available in policy expressions");
            return Err(Failed);
        }
        if let Some(function) = self.local_function()? {
            return Ok(function);
        }
        if let Some(local) = self.local(false)? {
            self.semicolon()?;
            return Ok(local);
        }
        let value = self.expression()?;
        self.semicolon()?;
        Ok(StmtKind::Expr(value))
    }

    fn keyword_statement(&mut self, word: &'static str) -> Parsed<Option<StmtKind>> {
        let kind = match word {
            "if" => self.if_statement()?,
            "while" => {
                self.advance();
                let condition = self.condition()?;
                StmtKind::While(condition, Box::new(self.embedded()?))
            }
            "do" => {
                self.advance();
                let body = self.embedded()?;
                if !self.eat_keyword("while") {
                    return self.fail("`while`");
                }
                let condition = self.condition()?;
                self.semicolon()?;
                StmtKind::Do(Box::new(body), condition)
            }
            "for" => self.for_statement()?,
            "foreach" => self.foreach_statement()?,
            "return" => {
                self.advance();
                let value = if self.is(";") { None } else { Some(self.expression()?) };
                self.semicolon()?;
                StmtKind::Return(value)
            }
            "break" | "continue" => {
                self.advance();
                self.semicolon()?;
                if word == "break" { StmtKind::Break } else { StmtKind::Continue }
            }
            "throw" => {
                self.advance();
                let value = if self.is(";") { None } else { Some(self.expression()?) };
                self.semicolon()?;
                StmtKind::Throw(value)
            }
            "try" => self.try_statement()?,
            "switch" => self.switch_statement()?,
            "using" => self.using_statement()?,
            "lock" => {
                self.advance();
                let target = self.condition()?;
                StmtKind::Lock(target, Box::new(self.embedded()?))
            }
            "checked" | "unchecked" if self.is_at(1, "{") => {
                self.advance();
                StmtKind::Checked(word == "checked", self.block()?)
            }
            "goto" => self.goto_statement()?,
            "const" => {
                self.advance();
                let Some(local) = self.local(true)? else { return self.fail("constant declaration") };
                self.semicolon()?;
                local
            }
            "static" => {
                self.newer(
                    self.span(),
                    "a static local function is not C# 7.3",
                    "it came with C# 8; leave `static` out",
                );
                return Err(Failed);
            }
            "class" | "struct" | "enum" | "interface" | "namespace" | "public" | "private" | "unsafe" | "fixed"
            | "extern" | "event" | "internal" => {
                self.error(self.span(), format!("`{word}` cannot be used inside a policy expression"));
                return Err(Failed);
            }
            "else" | "catch" | "finally" | "case" => {
                self.error(self.span(), format!("unexpected keyword `{word}`"));
                return Err(Failed);
            }
            _ => return Ok(None),
        };
        Ok(Some(kind))
    }

    fn condition(&mut self) -> Parsed<Expr> {
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        Ok(condition)
    }

    /// The body of a control statement: C# allows no declaration there.
    fn embedded(&mut self) -> Parsed<Stmt> {
        let statement = self.statement()?;
        if matches!(statement.kind, StmtKind::Local(..) | StmtKind::LocalFunction(_) | StmtKind::Labeled(..)) {
            self.error(statement.span, "an embedded statement cannot be a declaration or labeled statement");
        }
        Ok(statement)
    }

    fn if_statement(&mut self) -> Parsed<StmtKind> {
        self.advance();
        let condition = self.condition()?;
        let then = self.embedded()?;
        let other = if self.eat_keyword("else") { Some(Box::new(self.embedded()?)) } else { None };
        Ok(StmtKind::If(condition, Box::new(then), other))
    }

    fn for_statement(&mut self) -> Parsed<StmtKind> {
        self.advance();
        self.expect("(")?;
        let mut start = Vec::new();
        if !self.is(";") {
            let span = self.span();
            if let Some(kind) = self.local(false)? {
                start.push(Stmt { kind, span: span.to(self.previous()) });
            } else {
                for value in self.expression_list()? {
                    start.push(Stmt { span: value.span, kind: StmtKind::Expr(value) });
                }
            }
        }
        self.expect(";")?;
        let condition = if self.is(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        let step = if self.is(")") { Vec::new() } else { self.expression_list()? };
        self.expect(")")?;
        Ok(StmtKind::For(start, condition, step, Box::new(self.embedded()?)))
    }

    fn expression_list(&mut self) -> Parsed<Vec<Expr>> {
        let mut list = vec![self.expression()?];
        while self.eat(",") {
            list.push(self.expression()?);
        }
        Ok(list)
    }

    fn foreach_statement(&mut self) -> Parsed<StmtKind> {
        self.advance();
        self.expect("(")?;
        let target = self.foreach_target()?;
        if !self.eat_keyword("in") {
            return self.fail("`in`");
        }
        let source = self.expression()?;
        self.expect(")")?;
        Ok(StmtKind::Foreach(target, source, Box::new(self.embedded()?)))
    }

    fn try_statement(&mut self) -> Parsed<StmtKind> {
        self.advance();
        let body = self.block()?;
        let mut catches = Vec::new();
        while self.eat_keyword("catch") {
            let (mut ty, mut name) = (None, None);
            if self.eat("(") {
                ty = Some(self.type_ref()?);
                if matches!(self.kind(), Kind::Ident(_)) {
                    name = Some(self.name()?);
                }
                self.expect(")")?;
            }
            let filter = if self.eat_word("when") { Some(self.condition()?) } else { None };
            catches.push(Catch { ty, name, filter, body: self.block()? });
        }
        let finally = if self.eat_keyword("finally") { Some(self.block()?) } else { None };
        if catches.is_empty() && finally.is_none() {
            return self.fail("`catch` or `finally`");
        }
        Ok(StmtKind::Try(body, catches, finally))
    }

    fn switch_statement(&mut self) -> Parsed<StmtKind> {
        self.advance();
        let value = self.condition()?;
        self.expect("{")?;
        let mut sections = Vec::new();
        while !self.is("}") {
            let mut labels = Vec::new();
            loop {
                let start = self.span();
                if self.is_keyword("default") && self.is_at(1, ":") {
                    self.advance();
                    self.advance();
                    labels.push((CaseLabel::Default, start));
                } else if self.eat_keyword("case") {
                    let pattern = self.case_pattern()?;
                    let guard = if self.eat_word("when") { Some(self.expression()?) } else { None };
                    self.expect(":")?;
                    labels.push((CaseLabel::Case(pattern, guard), start.to(self.previous())));
                } else {
                    break;
                }
            }
            if labels.is_empty() {
                return self.fail("`case` or `default`");
            }
            let mut body = Vec::new();
            while !(self.is("}") || self.is_keyword("case") || self.is_keyword("default") && self.is_at(1, ":")) {
                if self.at_end() {
                    return self.fail("`}`");
                }
                let before = self.at;
                self.statement_or_skip(&mut body);
                if self.at == before {
                    return Err(Failed);
                }
            }
            sections.push(Section { labels, body });
        }
        self.expect("}")?;
        Ok(StmtKind::Switch(value, sections))
    }

    /// `case` takes a whole constant expression (`case A + 1:`), or a type pattern.
    fn case_pattern(&mut self) -> Parsed<Pattern> {
        let constant = self.attempt(|p| {
            let value = p.expression().ok()?;
            let ends = p.is(":") || p.is_word("when");
            let name = matches!(value.kind, ExprKind::Name(..) | ExprKind::Member(..));
            (ends && !name).then_some(value)
        });
        match constant {
            Some(value) => Ok(Pattern::Const(Box::new(value))),
            None => self.pattern(),
        }
    }

    fn using_statement(&mut self) -> Parsed<StmtKind> {
        self.advance();
        if !self.is("(") {
            self.newer(
                self.previous(),
                "a using declaration is not C# 7.3",
                "it came with C# 8; write `using (…) { … }`",
            );
            return Err(Failed);
        }
        self.advance();
        let start = self.span();
        let kind = match self.local(false)? {
            Some(local) => local,
            None => StmtKind::Expr(self.expression()?),
        };
        let resource = Stmt { kind, span: start.to(self.previous()) };
        self.expect(")")?;
        Ok(StmtKind::Using(Box::new(resource), Box::new(self.embedded()?)))
    }

    fn goto_statement(&mut self) -> Parsed<StmtKind> {
        self.advance();
        let kind = if self.eat_keyword("case") {
            StmtKind::GotoCase(self.expression()?)
        } else if self.eat_keyword("default") {
            StmtKind::GotoDefault
        } else {
            StmtKind::Goto(self.name()?)
        };
        self.semicolon()?;
        Ok(kind)
    }

    /// `T a = 1, b` without the semicolon, when a declaration starts here.
    fn local(&mut self, is_const: bool) -> Parsed<Option<StmtKind>> {
        let ty = self.attempt(|p| {
            if matches!(p.kind(), Kind::Keyword(word) if !is_type_keyword(word)) {
                return None;
            }
            let ty = p.type_ref().ok()?;
            let named = matches!(p.kind(), Kind::Ident(_));
            (named
                && matches!(
                    p.kind_at(1),
                    Kind::Punct("=" | ";" | "," | ")") | Kind::End | Kind::Keyword("in") | Kind::Punct("}")
                ))
            .then_some(ty)
        });
        let Some(ty) = ty else { return Ok(None) };
        let mut declarators = Vec::new();
        loop {
            let name = self.name()?;
            let init = if self.eat("=") {
                let start = self.span();
                Some(if self.is("{") {
                    let items = self.array_items()?;
                    DeclaratorInit::Array(items, start.to(self.previous()))
                } else {
                    DeclaratorInit::Expr(self.expression()?)
                })
            } else {
                None
            };
            declarators.push(Declarator { name, init });
            if !self.eat(",") {
                break;
            }
        }
        Ok(Some(StmtKind::Local(ty, declarators, is_const)))
    }

    fn local_function(&mut self) -> Parsed<Option<StmtKind>> {
        let head = self.attempt(|p| {
            let result = p.type_ref().ok()?;
            let name = p.name().ok()?;
            let mut type_params = Vec::new();
            if p.eat("<") {
                loop {
                    type_params.push(p.name().ok()?);
                    if !p.eat(",") {
                        break;
                    }
                }
                p.expect(">").ok()?;
            }
            p.is("(").then_some((result, name, type_params))
        });
        let Some((result, name, type_params)) = head else { return Ok(None) };
        self.expect("(")?;
        let mut params = Vec::new();
        while !self.is(")") {
            params.push(self.param()?);
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        if self.is_word("where") {
            while !self.is("{") && !self.is("=>") && !self.at_end() {
                self.advance();
            }
        }
        let body = if self.eat("=>") {
            let value = self.expression()?;
            self.semicolon()?;
            Body::Expr(Box::new(value))
        } else {
            Body::Block(self.block()?)
        };
        Ok(Some(StmtKind::LocalFunction(Box::new(LocalFunction { name, type_params, result, params, body }))))
    }

    fn param(&mut self) -> Parsed<Param> {
        let mut passing = Passing::Value;
        let mut is_params = false;
        match self.kind() {
            Kind::Keyword("ref") => passing = Passing::Ref,
            Kind::Keyword("out") => passing = Passing::Out,
            Kind::Keyword("in") => passing = Passing::In,
            Kind::Keyword("params") => is_params = true,
            _ => {}
        }
        if passing != Passing::Value || is_params {
            self.advance();
        }
        let ty = self.type_ref()?;
        let name = self.name()?;
        let default = if self.eat("=") { Some(self.expression()?) } else { None };
        Ok(Param { name, ty, passing, is_params, default })
    }
}
