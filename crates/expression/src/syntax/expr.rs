//! Expressions.

use super::ast::*;
use super::parser::{Failed, Parsed, Parser, is_type_keyword};
use super::token::{Kind, Part, Token};
use tollgate_error::{Code, Diagnostic, Span};

/// Operators at one precedence; a longer chain would make every later pass recurse as deep.
const CHAIN_MAX: usize = 400;

pub(super) fn expr(kind: ExprKind, span: Span) -> Expr {
    Expr { kind, span }
}

impl Parser {
    pub fn expression(&mut self) -> Parsed<Expr> {
        self.deeper(|p| {
            if p.at_query() {
                return p.query();
            }
            if let Some(lambda) = p.lambda()? {
                return Ok(lambda);
            }
            let left = p.ternary()?;
            p.assignment(left)
        })
    }

    fn assignment(&mut self, left: Expr) -> Parsed<Expr> {
        let op = match self.kind() {
            Kind::Punct("=") => None,
            Kind::Punct("+=") => Some(BinaryOp::Add),
            Kind::Punct("-=") => Some(BinaryOp::Sub),
            Kind::Punct("*=") => Some(BinaryOp::Mul),
            Kind::Punct("/=") => Some(BinaryOp::Div),
            Kind::Punct("%=") => Some(BinaryOp::Rem),
            Kind::Punct("&=") => Some(BinaryOp::And),
            Kind::Punct("|=") => Some(BinaryOp::Or),
            Kind::Punct("^=") => Some(BinaryOp::Xor),
            Kind::Punct("<<=") => Some(BinaryOp::Shl),
            Kind::Punct(">") if self.touches(0) && self.is_at(1, ">=") => {
                self.advance();
                Some(BinaryOp::Shr)
            }
            Kind::Punct("??=") => {
                let hint = "`??=` came with C# 8; write `x = x ?? value`";
                self.newer(self.span(), "the coalescing assignment `??=` is not C# 7.3", hint);
                Some(BinaryOp::Coalesce)
            }
            _ => return Ok(left),
        };
        self.advance();
        let right = self.expression()?;
        let span = left.span.to(right.span);
        Ok(expr(ExprKind::Assign(op, Box::new(left), Box::new(right)), span))
    }

    fn ternary(&mut self) -> Parsed<Expr> {
        let condition = self.coalesce()?;
        if !self.is("?") {
            return Ok(condition);
        }
        self.deeper(|p| {
            p.advance();
            let then = p.expression()?;
            p.expect(":")?;
            let other = p.expression()?;
            let span = condition.span.to(other.span);
            Ok(expr(ExprKind::Ternary(Box::new(condition), Box::new(then), Box::new(other)), span))
        })
    }

    fn coalesce(&mut self) -> Parsed<Expr> {
        let left = self.binary(0)?;
        if !self.is("??") {
            return Ok(left);
        }
        self.deeper(|p| {
            p.advance();
            let right = p.coalesce_right()?;
            let span = left.span.to(right.span);
            Ok(expr(ExprKind::Binary(BinaryOp::Coalesce, Box::new(left), Box::new(right)), span))
        })
    }

    fn coalesce_right(&mut self) -> Parsed<Expr> {
        if self.is_keyword("throw") { self.throw_expression() } else { self.coalesce() }
    }

    fn throw_expression(&mut self) -> Parsed<Expr> {
        let start = self.span();
        self.advance();
        let value = self.coalesce()?;
        let span = start.to(value.span);
        Ok(expr(ExprKind::Throw(Box::new(value)), span))
    }

    /// The operator at hand, its precedence (higher binds tighter) and its number of tokens.
    fn binary_operator(&self) -> Option<(BinaryOp, u8, usize)> {
        let Kind::Punct(punct) = self.kind() else { return None };
        let found = match *punct {
            "||" => (BinaryOp::OrElse, 1),
            "&&" => (BinaryOp::AndAlso, 2),
            "|" => (BinaryOp::Or, 3),
            "^" => (BinaryOp::Xor, 4),
            "&" => (BinaryOp::And, 5),
            "==" => (BinaryOp::Eq, 6),
            "!=" => (BinaryOp::Ne, 6),
            "<" => (BinaryOp::Lt, 7),
            "<=" => (BinaryOp::Le, 7),
            ">=" => (BinaryOp::Ge, 7),
            ">" if self.touches(0) && self.is_at(1, ">") => return Some((BinaryOp::Shr, 8, 2)),
            ">" if self.touches(0) && self.is_at(1, ">=") => return None,
            ">" => (BinaryOp::Gt, 7),
            "<<" => (BinaryOp::Shl, 8),
            "+" => (BinaryOp::Add, 9),
            "-" => (BinaryOp::Sub, 9),
            "*" => (BinaryOp::Mul, 10),
            "/" => (BinaryOp::Div, 10),
            "%" => (BinaryOp::Rem, 10),
            _ => return None,
        };
        Some((found.0, found.1, 1))
    }

    /// Operators that bind at least as tight as `floor`.
    fn binary(&mut self, floor: u8) -> Parsed<Expr> {
        /// `is` and `as` stand with the comparisons.
        const RELATIONAL: u8 = 7;
        let mut left = self.unary()?;
        let mut chain = 0;
        loop {
            if floor <= RELATIONAL && self.eat_keyword("is") {
                left = self.is_pattern(left)?;
            } else if floor <= RELATIONAL && self.eat_keyword("as") {
                let ty = self.type_after_is()?;
                let span = left.span.to(ty.span);
                left = expr(ExprKind::As(Box::new(left), ty), span);
            } else if self.is_keyword("switch") && self.is_at(1, "{") {
                let hint = "switch expressions came with C# 8; use a switch statement or `?:`";
                self.newer(self.span(), "a switch expression is not C# 7.3", hint);
                return Err(Failed);
            } else {
                if self.is("..") {
                    self.newer(
                        self.span(),
                        "a range is not C# 7.3",
                        "ranges came with C# 8; use Substring, Skip or Take",
                    );
                    return Err(Failed);
                }
                let Some((op, precedence, tokens)) = self.binary_operator() else { return Ok(left) };
                if precedence < floor.max(1) {
                    return Ok(left);
                }
                if op == BinaryOp::Shr && self.touches(1) && self.is_at(2, ">") {
                    self.newer(
                        self.span(),
                        "the operator `>>>` is not C# 7.3",
                        "it came with C# 11; cast to unsigned and use `>>`",
                    );
                    return Err(Failed);
                }
                for _ in 0..tokens {
                    self.advance();
                }
                let right = self.deeper(|p| p.binary(precedence + 1))?;
                let span = left.span.to(right.span);
                left = expr(ExprKind::Binary(op, Box::new(left), Box::new(right)), span);
            }
            chain += 1;
            if chain > CHAIN_MAX {
                let message = format!("more than {CHAIN_MAX} operators in a row");
                let code = Code::EXPRESSION_TOO_LARGE;
                self.report(Diagnostic::error(code, self.span(), message));
                return Err(Failed);
            }
        }
    }

    fn is_pattern(&mut self, left: Expr) -> Parsed<Expr> {
        let pattern = self.pattern()?;
        let span = left.span.to(self.previous());
        Ok(expr(ExprKind::Is(Box::new(left), pattern), span))
    }

    /// What may follow `is` and `case`.
    pub fn pattern(&mut self) -> Parsed<Pattern> {
        for (word, version) in [("not", "9"), ("and", "9"), ("or", "9")] {
            if self.is_word(word) && !matches!(self.kind_at(1), Kind::Punct(_)) {
                let hint = format!("pattern combinators came with C# {version}; use `!(x is T)`, `&&`, `||`");
                self.newer(self.span(), format!("the pattern `{word}` is not C# 7.3"), &hint);
                return Err(Failed);
            }
        }
        if self.is("{") || matches!(self.kind(), Kind::Punct("<" | ">" | "<=" | ">=")) {
            self.newer(
                self.span(),
                "this pattern is not C# 7.3",
                "property and relational patterns came with C# 8 and 9",
            );
            return Err(Failed);
        }
        if self.is_word("var") && matches!(self.kind_at(1), Kind::Ident(_)) {
            self.advance();
            return Ok(Pattern::Var(self.name()?));
        }
        let typed = self.attempt(|p| {
            let ty = p.type_after_is().ok()?;
            if let Kind::Ident(word) = p.kind()
                && !matches!(word.as_str(), "when" | "and" | "or")
            {
                let name = p.name().ok()?;
                return Some(Pattern::Type(ty, Some(name)));
            }
            // `x is A.B` stays a type here; `case A.B + 1` and calls are constants.
            let constant = matches!(p.kind(), Kind::Punct("(" | "." | "+" | "-" | "*" | "/" | "[" | "<"));
            (!constant).then_some(Pattern::Type(ty, None))
        });
        let pattern = match typed {
            Some(pattern) => pattern,
            None => Pattern::Const(Box::new(self.deeper(|p| p.binary(8))?)),
        };
        let start = self.span();
        if self.is_word("and") || self.is_word("or") {
            let hint = "pattern combinators came with C# 9; use `&&` and `||`";
            self.newer(start, "pattern combinators are not C# 7.3", hint);
            return Err(Failed);
        }
        let is_tuple = matches!(&pattern, Pattern::Const(value) if matches!(value.kind, ExprKind::Tuple(_)));
        if is_tuple || self.is("{") && matches!(pattern, Pattern::Type(..)) {
            let hint = "property and positional patterns came with C# 8; compare the members";
            self.newer(start, "this pattern is not C# 7.3", hint);
            return Err(Failed);
        }
        Ok(pattern)
    }

    /// A type where `?` may also start a conditional: `x is int ? a : b`.
    fn type_after_is(&mut self) -> Parsed<TypeRef> {
        let mut ty = self.type_without_suffix()?;
        loop {
            if self.is("[") && matches!(self.kind_at(1), Kind::Punct("]" | ",")) {
                ty = self.array_suffix(ty)?;
            } else if self.is("?") && !self.starts_operand(1) {
                self.advance();
                ty = TypeRef { span: ty.span.to(self.previous()), kind: TypeKind::Nullable(Box::new(ty)) };
            } else {
                return Ok(ty);
            }
        }
    }

    /// Whether the token at `ahead` can start an expression.
    fn starts_operand(&self, ahead: usize) -> bool {
        match self.kind_at(ahead) {
            Kind::End => false,
            Kind::Punct(p) => matches!(*p, "(" | "+" | "-" | "!" | "~" | "++" | "--" | "["),
            Kind::Keyword(k) => !matches!(*k, "is" | "as"),
            _ => true,
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let op = match self.kind() {
            Kind::Punct("+") => UnaryOp::Plus,
            Kind::Punct("-") => UnaryOp::Minus,
            Kind::Punct("!") => UnaryOp::Not,
            Kind::Punct("~") => UnaryOp::Complement,
            Kind::Punct("++") => UnaryOp::PreIncrement,
            Kind::Punct("--") => UnaryOp::PreDecrement,
            Kind::Punct("^") => {
                self.newer(
                    start,
                    "an index from the end is not C# 7.3",
                    "`^1` came with C# 8; use `x[x.Length - 1]` or Last()",
                );
                return Err(Failed);
            }
            Kind::Punct("..") => {
                self.newer(start, "a range is not C# 7.3", "ranges came with C# 8; use Substring, Skip or Take");
                return Err(Failed);
            }
            Kind::Punct("&" | "*") => return self.fail("expression"),
            Kind::Keyword("throw") => return self.deeper(Parser::throw_expression),
            Kind::Ident(word) if word == "await" && matches!(self.kind_at(1), Kind::Ident(_)) => {
                self.error(start, "`await` can only be used in an async method; policy expressions have none");
                return Err(Failed);
            }
            Kind::Punct("(") => {
                if let Some(ty) = self.cast_type() {
                    return self.deeper(|p| {
                        let operand = p.unary()?;
                        let span = start.to(operand.span);
                        Ok(expr(ExprKind::Cast(ty, Box::new(operand)), span))
                    });
                }
                return self.postfix();
            }
            _ => return self.postfix(),
        };
        self.deeper(|p| {
            p.advance();
            let operand = p.unary()?;
            let span = start.to(operand.span);
            Ok(expr(ExprKind::Unary(op, Box::new(operand)), span))
        })
    }

    /// `(T)` when a cast follows; the cursor stands after it then.
    fn cast_type(&mut self) -> Option<TypeRef> {
        self.attempt(|p| {
            p.advance();
            let keyword = matches!(p.kind(), Kind::Keyword(word) if is_type_keyword(word));
            let ty = p.type_ref().ok()?;
            if !p.eat(")") {
                return None;
            }
            let certain = match ty.kind {
                TypeKind::Named(_) => keyword,
                _ => true,
            };
            let follows = match p.kind() {
                Kind::Ident(_) | Kind::Int(..) | Kind::Real(..) | Kind::Char(_) | Kind::Str(_) => true,
                Kind::Interpolated(_) => true,
                Kind::Keyword(word) => !matches!(*word, "is" | "as" | "switch"),
                Kind::Punct("(" | "!" | "~") => true,
                Kind::Punct("+" | "-" | "++" | "--") => certain,
                _ => false,
            };
            follows.then_some(ty)
        })
    }

    fn postfix(&mut self) -> Parsed<Expr> {
        let primary = self.primary()?;
        self.accessors(primary)
    }

    /// `.b`, `(…)`, `[…]`, `++`, `?.b` after `left`.
    fn accessors(&mut self, mut left: Expr) -> Parsed<Expr> {
        let mut chain = 0;
        loop {
            chain += 1;
            if chain > CHAIN_MAX {
                return self.fail("shorter chain of members");
            }
            let start = left.span;
            match self.kind() {
                Kind::Punct(".") => {
                    self.advance();
                    let name = self.name()?;
                    let types = self.generic_arguments();
                    let span = start.to(self.previous());
                    left = expr(ExprKind::Member(Box::new(left), name, types), span);
                }
                Kind::Punct("(") => {
                    let args = self.arguments("(", ")")?;
                    left = expr(ExprKind::Call(Box::new(left), args), start.to(self.previous()));
                }
                Kind::Punct("[") => {
                    let args = self.arguments("[", "]")?;
                    left = expr(ExprKind::Index(Box::new(left), args), start.to(self.previous()));
                }
                Kind::Punct("++") => {
                    self.advance();
                    left = expr(ExprKind::Unary(UnaryOp::PostIncrement, Box::new(left)), start.to(self.previous()));
                }
                Kind::Punct("--") => {
                    self.advance();
                    left = expr(ExprKind::Unary(UnaryOp::PostDecrement, Box::new(left)), start.to(self.previous()));
                }
                // Two tokens, as in C#: space may stand between them, and `a?.5:b` is a conditional.
                Kind::Punct("?") if self.is_at(1, ".") => {
                    return self.deeper(|p| {
                        p.advance();
                        p.advance();
                        let receiver = expr(ExprKind::Receiver, p.previous());
                        let name = p.name()?;
                        let types = p.generic_arguments();
                        let span = p.previous();
                        let first = expr(ExprKind::Member(Box::new(receiver), name, types), span);
                        p.conditional(left, first)
                    });
                }
                Kind::Punct("?") if self.is_at(1, "[") && self.is_conditional_index() => {
                    return self.deeper(|p| {
                        p.advance();
                        let receiver = expr(ExprKind::Receiver, p.previous());
                        let args = p.arguments("[", "]")?;
                        let span = p.previous();
                        let first = expr(ExprKind::Index(Box::new(receiver), args), span);
                        p.conditional(left, first)
                    });
                }
                Kind::Punct("!") if matches!(self.kind_at(1), Kind::Punct("." | ")" | ";" | "[" | ",")) => {
                    self.newer(self.span(), "the null-forgiving `!` is not C# 7.3", "it came with C# 8; leave it out");
                    return Err(Failed);
                }
                Kind::Ident(word) if word == "with" && self.is_at(1, "{") => {
                    self.newer(self.span(), "`with` is not C# 7.3", "it came with C# 9; make a new object");
                    return Err(Failed);
                }
                _ => return Ok(left),
            }
        }
    }

    fn conditional(&mut self, left: Expr, first: Expr) -> Parsed<Expr> {
        let rest = self.accessors(first)?;
        let span = left.span.to(rest.span);
        Ok(expr(ExprKind::Conditional(Box::new(left), Box::new(rest)), span))
    }

    /// `a?[0]` against `a ? [..` (no C# 7.3 expression starts with a bracket).
    fn is_conditional_index(&self) -> bool {
        true
    }

    /// `<T>` after a name when C# reads it as type arguments.
    fn generic_arguments(&mut self) -> Vec<TypeRef> {
        if !self.is("<") {
            return Vec::new();
        }
        let found = self.attempt(|p| {
            let types = p.type_arguments().ok()?;
            let certain = match p.kind() {
                Kind::End => true,
                Kind::Punct(next) => {
                    matches!(
                        *next,
                        "(" | ")"
                            | "]"
                            | "}"
                            | ":"
                            | ";"
                            | ","
                            | "."
                            | "?"
                            | "=="
                            | "!="
                            | "|"
                            | "^"
                            | "&&"
                            | "||"
                            | "&"
                            | "["
                            | "??"
                            | ">"
                            | ">="
                    )
                }
                Kind::Keyword(next) => matches!(*next, "is" | "as"),
                _ => false,
            };
            certain.then_some(types)
        });
        found.unwrap_or_default()
    }

    pub fn arguments(&mut self, open: &'static str, close: &'static str) -> Parsed<Vec<Arg>> {
        self.expect(open)?;
        let mut args = Vec::new();
        if !self.eat(close) {
            loop {
                args.push(self.argument()?);
                if !self.eat(",") {
                    break;
                }
            }
            self.expect(close)?;
        }
        Ok(args)
    }

    fn argument(&mut self) -> Parsed<Arg> {
        let name = if matches!(self.kind(), Kind::Ident(_)) && self.is_at(1, ":") {
            let name = self.name()?;
            self.advance();
            Some(name)
        } else {
            None
        };
        let passing = match self.kind() {
            Kind::Keyword("ref") => Passing::Ref,
            Kind::Keyword("out") => Passing::Out,
            Kind::Keyword("in") => Passing::In,
            _ => Passing::Value,
        };
        if passing != Passing::Value {
            self.advance();
        }
        if passing == Passing::Out {
            if self.is_word("_") && matches!(self.kind_at(1), Kind::Punct("," | ")")) {
                let span = self.span();
                self.advance();
                return Ok(Arg { name, passing, value: expr(ExprKind::Discard, span) });
            }
            if let Some(value) = self.attempt(Parser::declaration) {
                return Ok(Arg { name, passing, value });
            }
        }
        Ok(Arg { name, passing, value: self.expression()? })
    }

    /// `var x` or `T x` as an expression.
    fn declaration(&mut self) -> Option<Expr> {
        let start = self.span();
        let ty = if self.is_word("var") && matches!(self.kind_at(1), Kind::Ident(_)) {
            self.advance();
            TypeRef { kind: TypeKind::Omitted, span: start }
        } else {
            self.type_ref().ok()?
        };
        let name = self.name().ok()?;
        let span = start.to(name.span);
        matches!(self.kind(), Kind::Punct("," | ")") | Kind::Keyword("in"))
            .then_some(expr(ExprKind::Declaration(ty, name), span))
    }

    /// The target of `foreach`: `var x`, `T x`, `var (a, b)`, `(T a, var b)`.
    pub fn foreach_target(&mut self) -> Parsed<Expr> {
        if let Some(simple) = self.attempt(Parser::declaration) {
            return Ok(simple);
        }
        match self.deconstruction() {
            Some(target) => Ok(target),
            None => self.fail("loop variable"),
        }
    }

    /// `var (a, b)` or `(T a, var b)`; nothing when it is something else.
    pub fn deconstruction(&mut self) -> Option<Expr> {
        self.attempt(|p| {
            let start = p.span();
            if p.is_word("var") && p.is_at(1, "(") {
                p.advance();
                return p.var_tuple().ok();
            }
            if !p.eat("(") {
                return None;
            }
            let mut items = Vec::new();
            loop {
                let span = p.span();
                let item = if p.is("(") {
                    p.deeper(|p| p.deconstruction().ok_or(Failed)).ok()?
                } else if p.is_word("_") && matches!(p.kind_at(1), Kind::Punct("," | ")")) {
                    p.advance();
                    expr(ExprKind::Discard, span)
                } else {
                    p.declaration()?
                };
                items.push((None, item));
                if !p.eat(",") {
                    break;
                }
            }
            p.expect(")").ok()?;
            // Discards alone are names until the checker has looked.
            let declares = items.iter().any(|(_, item)| !matches!(item.kind, ExprKind::Discard));
            (items.len() > 1 && declares).then(|| expr(ExprKind::Tuple(items), start.to(p.previous())))
        })
    }

    /// `(a, (b, _))` after `var`.
    fn var_tuple(&mut self) -> Parsed<Expr> {
        self.deeper(|p| {
            let start = p.expect("(")?;
            let mut items = Vec::new();
            loop {
                let item = if p.is("(") {
                    p.var_tuple()?
                } else {
                    let name = p.name()?;
                    let span = name.span;
                    if name.text == "_" {
                        expr(ExprKind::Discard, span)
                    } else {
                        expr(ExprKind::Declaration(TypeRef { kind: TypeKind::Omitted, span }, name), span)
                    }
                };
                items.push((None, item));
                if !p.eat(",") {
                    break;
                }
            }
            p.expect(")")?;
            Ok(expr(ExprKind::Tuple(items), start.to(p.previous())))
        })
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let literal = match self.kind() {
            Kind::Int(value, suffix) => Literal::Int(*value, *suffix),
            Kind::Real(digits, suffix) => Literal::Real(digits.clone(), *suffix),
            Kind::Char(unit) => Literal::Char(*unit),
            Kind::Str(text) => Literal::Str(text.clone()),
            Kind::Keyword("true") => Literal::Bool(true),
            Kind::Keyword("false") => Literal::Bool(false),
            Kind::Keyword("null") => Literal::Null,
            Kind::Interpolated(parts) => {
                let parts = parts.clone();
                self.advance();
                return self.interpolated(parts, start);
            }
            Kind::Keyword(word) => return self.keyword_expression(word),
            Kind::Ident(_) => return self.simple_name(),
            Kind::Punct("(") => return self.parenthesized(),
            Kind::Punct("[") => {
                let hint = "collection expressions came with C# 12; write `new[] {…}` or `new List<T> {…}`";
                self.newer(start, "a collection expression is not C# 7.3", hint);
                return Err(Failed);
            }
            _ => return self.fail("expression"),
        };
        self.advance();
        if matches!(literal, Literal::Str(_)) && self.is_word("u8") && self.previous().end == self.span().start {
            let hint = "UTF-8 literals came with C# 11; call Encoding.UTF8.GetBytes";
            self.newer(self.span(), "the suffix `u8` is not C# 7.3", hint);
            return Err(Failed);
        }
        Ok(expr(ExprKind::Literal(literal), start))
    }

    fn simple_name(&mut self) -> Parsed<Expr> {
        let start = self.span();
        if self.is_word("nameof") && self.is_at(1, "(") {
            self.advance();
            self.advance();
            let operand = self.expression()?;
            self.expect(")")?;
            return Ok(expr(ExprKind::NameOf(Box::new(operand)), start.to(self.previous())));
        }
        if self.is_word("var")
            && self.is_at(1, "(")
            && let Some(target) = self.deconstruction()
        {
            return Ok(target);
        }
        let name = self.name()?;
        if name.text == "global" && self.eat("::") {
            return self.simple_name();
        }
        let types = self.generic_arguments();
        Ok(expr(ExprKind::Name(name, types), start.to(self.previous())))
    }

    fn parenthesized(&mut self) -> Parsed<Expr> {
        if let Some(target) = self.deconstruction() {
            return Ok(target);
        }
        let start = self.span();
        self.advance();
        let mut items = Vec::new();
        loop {
            let name = if matches!(self.kind(), Kind::Ident(_)) && self.is_at(1, ":") {
                let name = self.name()?;
                self.advance();
                Some(name)
            } else {
                None
            };
            if name.is_none() && self.is_word("var") && matches!(self.kind_at(1), Kind::Ident(_)) {
                let hint = "mixing came with C# 10; declare all variables or none";
                self.newer(self.span(), "a declaration beside an assignment is not C# 7.3", hint);
                return Err(Failed);
            }
            items.push((name, self.expression()?));
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        let span = start.to(self.previous());
        if items.len() == 1
            && items.first().is_some_and(|(name, _)| name.is_none())
            && let Some((_, inner)) = items.pop()
        {
            return Ok(expr(ExprKind::Parens(Box::new(inner)), span));
        }
        if items.len() < 2 {
            self.error(span, "a tuple has at least two elements");
            return Err(Failed);
        }
        Ok(expr(ExprKind::Tuple(items), span))
    }

    fn keyword_expression(&mut self, word: &'static str) -> Parsed<Expr> {
        let start = self.span();
        if is_type_keyword(word) {
            let ty = self.attempt(|p| {
                let ty = p.type_without_suffix().ok()?;
                p.is(".").then_some(ty)
            });
            return match ty {
                Some(ty) => Ok(expr(ExprKind::Type(ty), start)),
                None => self.fail("expression"),
            };
        }
        match word {
            "ref" => {
                let message = "`ref` locals, returns and expressions are not available in policy expressions";
                let hint = "`ref` parameters of local functions are: pass the variable or the element";
                self.report(Diagnostic::error(Code::EXPRESSION_SYNTAX, start, message).with_hint(hint));
                Err(Failed)
            }
            "new" => self.new_expression(),
            "default" => {
                self.advance();
                let ty = if self.eat("(") {
                    let ty = self.type_ref()?;
                    self.expect(")")?;
                    Some(ty)
                } else {
                    None
                };
                Ok(expr(ExprKind::Default(ty), start.to(self.previous())))
            }
            "typeof" | "sizeof" => {
                self.advance();
                self.expect("(")?;
                let ty = self.type_ref()?;
                self.expect(")")?;
                let span = start.to(self.previous());
                Ok(expr(if word == "typeof" { ExprKind::TypeOf(ty) } else { ExprKind::SizeOf(ty) }, span))
            }
            "checked" | "unchecked" => {
                self.advance();
                self.expect("(")?;
                let operand = self.expression()?;
                self.expect(")")?;
                let span = start.to(self.previous());
                Ok(expr(ExprKind::Checked(word == "checked", Box::new(operand)), span))
            }
            "delegate" => self.anonymous_method(),
            _ => self.fail("expression"),
        }
    }

    fn anonymous_method(&mut self) -> Parsed<Expr> {
        let start = self.span();
        self.advance();
        let any_params = !self.is("(");
        let params = if any_params { Vec::new() } else { self.typed_lambda_params()? };
        let body = Body::Block(self.block()?);
        let span = start.to(self.previous());
        Ok(expr(ExprKind::Lambda(Box::new(Lambda { params, any_params, body })), span))
    }

    fn interpolated(&mut self, parts: Vec<Part>, span: Span) -> Parsed<Expr> {
        let mut out = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) => out.push(Interpolation::Text(text)),
                Part::Hole { value, alignment, format } => {
                    let value = self.hole_expression(value)?;
                    let alignment = alignment.map(|tokens| self.hole_expression(tokens)).transpose()?;
                    out.push(Interpolation::Hole { value: Box::new(value), alignment, format });
                }
            }
        }
        Ok(expr(ExprKind::Interpolated(out), span))
    }

    fn hole_expression(&mut self, tokens: Vec<Token>) -> Parsed<Expr> {
        self.deeper(|p| {
            let mut nested = p.nested(tokens);
            let mut parsed = nested.expression();
            if parsed.is_ok() && !nested.at_end() {
                parsed = nested.fail("`}`");
            }
            p.absorb(nested);
            parsed
        })
    }

    /// A lambda, when one starts here.
    fn lambda(&mut self) -> Parsed<Option<Expr>> {
        let start = self.span();
        if self.is_word("async")
            && (self.is_at(1, "(") || matches!(self.kind_at(1), Kind::Ident(_)) && self.is_at(2, "=>"))
        {
            self.error(start, "async lambdas are not available in policy expressions");
            return Err(Failed);
        }
        if self.is_keyword("static") && (self.is_at(1, "(") || self.is_at(2, "=>")) {
            self.newer(start, "a static lambda is not C# 7.3", "static lambdas came with C# 9; leave `static` out");
            return Err(Failed);
        }
        let params = if matches!(self.kind(), Kind::Ident(_)) && self.is_at(1, "=>") {
            let name = self.name()?;
            vec![LambdaParam { name, ty: None, carries: Vec::new() }]
        } else if self.is("(") && self.closes_before_arrow() {
            self.typed_lambda_params()?
        } else {
            return Ok(None);
        };
        self.expect("=>")?;
        let body = if self.is("{") { Body::Block(self.block()?) } else { Body::Expr(Box::new(self.expression()?)) };
        let span = start.to(self.previous());
        Ok(Some(expr(ExprKind::Lambda(Box::new(Lambda { params, any_params: false, body })), span)))
    }

    /// Whether the bracket here closes right before `=>`.
    fn closes_before_arrow(&self) -> bool {
        let mut depth = 0usize;
        let mut ahead = 0;
        loop {
            match self.kind_at(ahead) {
                Kind::End | Kind::Punct(";") => return false,
                Kind::Punct("(" | "[" | "{") => depth += 1,
                Kind::Punct(")" | "]" | "}") => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return self.is_at(ahead + 1, "=>");
                    }
                }
                _ => {}
            }
            ahead += 1;
        }
    }

    fn typed_lambda_params(&mut self) -> Parsed<Vec<LambdaParam>> {
        self.expect("(")?;
        let mut params = Vec::new();
        while !self.is(")") {
            if let Kind::Keyword("ref" | "out" | "in") = self.kind() {
                self.error(self.span(), "lambdas with ref, out or in parameters are not supported");
                return Err(Failed);
            }
            let bare = matches!(self.kind(), Kind::Ident(_)) && matches!(self.kind_at(1), Kind::Punct("," | ")"));
            let ty = if bare { None } else { Some(self.type_ref()?) };
            let name = self.name()?;
            if name.text == "_" && params.iter().any(|earlier: &LambdaParam| earlier.name.text == "_") {
                let hint = "discard parameters came with C# 9; give each a name of its own";
                self.newer(name.span, "a second parameter `_` is not C# 7.3", hint);
                return Err(Failed);
            }
            params.push(LambdaParam { name, ty, carries: Vec::new() });
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(params)
    }
}
