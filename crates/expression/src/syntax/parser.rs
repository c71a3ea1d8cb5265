//! Tokens to tree: the machinery of the parser, and types. Expressions and statements stand in
//! their own files. Never panics; nesting is bounded.

use super::ast::{Name, Tree, TypeKind, TypeRef};
use super::lexer::Lexer;
use super::token::{Kind, Token};
use smol_str::SmolStr;
use tollgate_error::{Code, Diagnostic, Span};

/// Longest expression, in bytes. The longest in known documents is under 12 KB.
pub const SOURCE_BYTES_MAX: usize = 256 * 1024;
/// Brackets, operators and statements inside one another. Keeps the stack of every later pass flat.
pub const NESTING_MAX: u32 = 120;
/// Native stack that parsing may take, in bytes; threads have 2 MiB at least. Only builds without
/// optimization come near it before the nesting ends.
const STACK_BYTES_MAX: usize = 1024 * 1024;
/// Findings reported for one expression: after these the rest is noise.
const DIAGNOSTICS_MAX: usize = 50;

/// The parts of a source, and where its inside starts and ends.
pub struct Source {
    pub tree: Option<Tree>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses `@(…)` or `@{…}`. A tree comes back when the text could be read, findings or not.
pub fn parse(source: &str) -> Source {
    let refuse =
        |code, span, message: String| Source { tree: None, diagnostics: vec![Diagnostic::error(code, span, message)] };
    if source.len() > SOURCE_BYTES_MAX {
        let message = format!("the expression has {} bytes; at most {SOURCE_BYTES_MAX} are allowed", source.len());
        return refuse(Code::EXPRESSION_TOO_LARGE, Span::new(0, 2.min(source.len())), message);
    }
    let source = source.trim_end();
    let block = source.starts_with("@{");
    if !block && !source.starts_with("@(") {
        let message = "an expression starts with `@(` or `@{`".to_owned();
        return refuse(Code::EXPRESSION_SYNTAX, Span::new(0, source.len().min(2)), message);
    }
    let close = if block { '}' } else { ')' };
    let end = if source.len() > 2 && source.ends_with(close) { source.len() - 1 } else { source.len() };
    let mut lexer = Lexer::new(source, 2);
    let tokens = lexer.tokens(end);
    let mut parser = Parser::new(tokens, lexer.diagnostics);
    if end == source.len() {
        parser.error(Span::new(end.saturating_sub(1), end), format!("the expression does not end; `{close}` expected"));
    }
    let tree = if block { Some(Tree::Block(parser.body())) } else { parser.whole_expression().map(Tree::Expr) };
    parser.diagnostics.sort_by_key(|found| found.span.start);
    parser.diagnostics.truncate(DIAGNOSTICS_MAX);
    let tree = tree.filter(|_| parser.diagnostics.is_empty());
    Source { tree, diagnostics: parser.diagnostics }
}

/// A place that could not be parsed; the finding is recorded.
#[derive(Debug)]
pub struct Failed;

pub type Parsed<T> = Result<T, Failed>;

pub struct Parser {
    tokens: Vec<Token>,
    pub at: usize,
    depth: u32,
    /// While a speculation runs nothing is recorded.
    silent: u32,
    pub diagnostics: Vec<Diagnostic>,
    /// Numbers the hidden names of query translation.
    pub hidden: u32,
    stack_start: usize,
}

impl Parser {
    pub fn new(tokens: Vec<Token>, diagnostics: Vec<Diagnostic>) -> Parser {
        Parser { tokens, at: 0, depth: 0, silent: 0, diagnostics, hidden: 0, stack_start: crate::run::stack_address() }
    }

    fn whole_expression(&mut self) -> Option<super::ast::Expr> {
        let tree = self.expression().ok();
        if tree.is_some() && !self.at_end() {
            let found = self.describe();
            self.error(self.span(), format!("unexpected {found}; the expression should end here"));
        }
        tree
    }

    /// A parser for the tokens of an interpolation, at this one's depth.
    pub fn nested(&mut self, tokens: Vec<Token>) -> Parser {
        Parser {
            tokens,
            at: 0,
            depth: self.depth,
            silent: self.silent,
            diagnostics: std::mem::take(&mut self.diagnostics),
            hidden: self.hidden + 1000,
            stack_start: self.stack_start,
        }
    }

    pub fn absorb(&mut self, nested: Parser) {
        self.diagnostics = nested.diagnostics;
    }

    pub fn kind(&self) -> &Kind {
        self.kind_at(0)
    }

    pub fn kind_at(&self, ahead: usize) -> &Kind {
        self.tokens.get(self.at + ahead).map_or(&Kind::End, |token| &token.kind)
    }

    pub fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map(|token| token.span).unwrap_or_default()
    }

    /// The span of the token before.
    pub fn previous(&self) -> Span {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map(|token| token.span).unwrap_or_default()
    }

    pub fn at_end(&self) -> bool {
        matches!(self.kind(), Kind::End)
    }

    pub fn advance(&mut self) {
        if self.at < self.tokens.len() {
            self.at += 1;
        }
    }

    pub fn is(&self, punct: &str) -> bool {
        self.is_at(0, punct)
    }

    pub fn is_at(&self, ahead: usize, punct: &str) -> bool {
        matches!(self.kind_at(ahead), Kind::Punct(p) if *p == punct)
    }

    pub fn eat(&mut self, punct: &str) -> bool {
        let found = self.is(punct);
        if found {
            self.advance();
        }
        found
    }

    pub fn is_keyword(&self, word: &str) -> bool {
        matches!(self.kind(), Kind::Keyword(k) if *k == word)
    }

    pub fn eat_keyword(&mut self, word: &str) -> bool {
        let found = self.is_keyword(word);
        if found {
            self.advance();
        }
        found
    }

    /// A contextual word such as `when`.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self.kind(), Kind::Ident(name) if name == word)
    }

    pub fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    /// Whether the token before touches this one.
    pub fn touches(&self, ahead: usize) -> bool {
        match (self.tokens.get(self.at + ahead), self.tokens.get(self.at + ahead + 1)) {
            (Some(left), Some(right)) => left.span.end == right.span.start,
            _ => false,
        }
    }

    pub fn describe(&self) -> String {
        match self.kind() {
            Kind::End => "end of the expression".to_owned(),
            Kind::Ident(name) => format!("`{name}`"),
            Kind::Keyword(word) => format!("keyword `{word}`"),
            Kind::Punct(punct) => format!("`{punct}`"),
            Kind::Int(..) | Kind::Real(..) => "number".to_owned(),
            Kind::Char(_) => "character literal".to_owned(),
            Kind::Str(_) | Kind::Interpolated(_) => "string literal".to_owned(),
        }
    }

    pub fn error(&mut self, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(Code::EXPRESSION_SYNTAX, span, message));
    }

    pub fn newer(&mut self, span: Span, message: impl Into<String>, hint: &str) {
        self.report(Diagnostic::error(Code::EXPRESSION_NEWER_SYNTAX, span, message).with_hint(hint));
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        if self.silent == 0 && self.diagnostics.len() < DIAGNOSTICS_MAX * 4 {
            self.diagnostics.push(diagnostic);
        }
    }

    pub fn fail<T>(&mut self, expected: &str) -> Parsed<T> {
        let found = self.describe();
        self.error(self.span(), format!("{expected} expected, found {found}"));
        Err(Failed)
    }

    pub fn expect(&mut self, punct: &'static str) -> Parsed<Span> {
        if self.is(punct) {
            let span = self.span();
            self.advance();
            return Ok(span);
        }
        self.fail(&format!("`{punct}`"))
    }

    pub fn name(&mut self) -> Parsed<Name> {
        match self.kind() {
            Kind::Ident(text) => {
                let name = Name { text: text.clone(), span: self.span() };
                self.advance();
                Ok(name)
            }
            _ => self.fail("identifier"),
        }
    }

    /// Runs `parse` one level deeper.
    pub fn deeper<T>(&mut self, parse: impl FnOnce(&mut Parser) -> Parsed<T>) -> Parsed<T> {
        let stack = crate::run::stack_address().abs_diff(self.stack_start);
        if self.depth >= NESTING_MAX || stack > STACK_BYTES_MAX {
            let message = format!("the expression is nested deeper than {NESTING_MAX} levels");
            self.report(Diagnostic::error(Code::EXPRESSION_TOO_LARGE, self.span(), message));
            self.at = self.tokens.len().saturating_sub(1);
            return Err(Failed);
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Runs `parse` and goes back when it gives nothing.
    pub fn attempt<T>(&mut self, parse: impl FnOnce(&mut Parser) -> Option<T>) -> Option<T> {
        let (at, depth) = (self.at, self.depth);
        self.silent += 1;
        let parsed = parse(self);
        self.silent -= 1;
        if parsed.is_none() {
            self.at = at;
            self.depth = depth;
        }
        parsed
    }

    /// A type, suffixes (`?`, `[]`) included.
    pub fn type_ref(&mut self) -> Parsed<TypeRef> {
        self.deeper(|p| {
            let mut ty = p.type_without_suffix()?;
            loop {
                let start = ty.span;
                if p.is("?") {
                    p.advance();
                    ty = TypeRef { span: start.to(p.previous()), kind: TypeKind::Nullable(Box::new(ty)) };
                } else if p.is("[") && matches!(p.kind_at(1), Kind::Punct("]" | ",")) {
                    ty = p.array_suffix(ty)?;
                } else {
                    return Ok(ty);
                }
            }
        })
    }

    /// `[,][]`: the first bracket is the outermost array.
    pub fn array_suffix(&mut self, element: TypeRef) -> Parsed<TypeRef> {
        let mut ranks = Vec::new();
        while self.is("[") && matches!(self.kind_at(1), Kind::Punct("]" | ",")) {
            self.advance();
            let mut rank = 1;
            while self.eat(",") {
                rank += 1;
            }
            self.expect("]")?;
            ranks.push(rank);
        }
        let span = element.span.to(self.previous());
        Ok(ranks
            .into_iter()
            .rev()
            .fold(element, |inner, rank| TypeRef { kind: TypeKind::Array(Box::new(inner), rank), span }))
    }

    /// A named, keyword or tuple type without `?` and `[]`.
    pub fn type_without_suffix(&mut self) -> Parsed<TypeRef> {
        let start = self.span();
        if let Kind::Keyword(word) = *self.kind() {
            if is_type_keyword(word) {
                self.advance();
                let name = Name { text: SmolStr::new_static(word), span: start };
                return Ok(TypeRef { kind: TypeKind::Named(vec![(name, Vec::new())]), span: start });
            }
            return self.fail("type");
        }
        if self.is("(") {
            self.advance();
            let mut items = Vec::new();
            loop {
                let ty = self.type_ref()?;
                let name = matches!(self.kind(), Kind::Ident(_)).then(|| self.name()).transpose()?;
                items.push((ty, name));
                if !self.eat(",") {
                    break;
                }
            }
            self.expect(")")?;
            if items.len() < 2 {
                return self.fail("tuple type");
            }
            return Ok(TypeRef { kind: TypeKind::Tuple(items), span: start.to(self.previous()) });
        }
        let mut path = Vec::new();
        loop {
            let name = self.name()?;
            if path.is_empty() && name.text == "global" && self.eat("::") {
                continue;
            }
            let arguments = if self.is("<") { self.type_arguments()? } else { Vec::new() };
            path.push((name, arguments));
            if !(self.is(".") && matches!(self.kind_at(1), Kind::Ident(_))) {
                break;
            }
            self.advance();
        }
        Ok(TypeRef { kind: TypeKind::Named(path), span: start.to(self.previous()) })
    }

    /// `<A, B>`; `<,>` gives omitted types.
    pub fn type_arguments(&mut self) -> Parsed<Vec<TypeRef>> {
        self.expect("<")?;
        let mut arguments = Vec::new();
        loop {
            if matches!(self.kind(), Kind::Punct("," | ">")) {
                arguments.push(TypeRef { kind: TypeKind::Omitted, span: self.span() });
            } else {
                arguments.push(self.type_ref()?);
            }
            if !self.eat(",") {
                break;
            }
        }
        self.expect(">")?;
        Ok(arguments)
    }
}

pub fn is_type_keyword(word: &str) -> bool {
    matches!(
        word,
        "bool"
            | "byte"
            | "char"
            | "decimal"
            | "double"
            | "float"
            | "int"
            | "long"
            | "object"
            | "sbyte"
            | "short"
            | "string"
            | "uint"
            | "ulong"
            | "ushort"
            | "void"
    )
}
