//! `$filter` text → checked expression.

use super::lists::{self, Field, FieldKind};
use super::{FILTER_BYTES_MAX, FILTER_DEPTH_MAX, QueryError, eval};
use jiff::Timestamp;

/// A checked filter: fields exist, values fit them.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    /// `field op value`; a bare flag is `field eq true`.
    Compare(&'static str, Operator, Literal),
    Call(Function, &'static str, String),
    /// `tags/any(t: …)` and `tags/all(t: …)`; inside, the variable is the field [`ELEMENT`].
    Elements {
        field: &'static str,
        all: bool,
        inner: Box<Expr>,
    },
}

/// Name of the element inside [`Expr::Elements`].
pub const ELEMENT: &str = "$it";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Operator {
    fn named(word: &str) -> Option<Operator> {
        Some(match word.to_ascii_lowercase().as_str() {
            "eq" => Operator::Eq,
            "ne" => Operator::Ne,
            "gt" => Operator::Gt,
            "ge" => Operator::Ge,
            "lt" => Operator::Lt,
            "le" => Operator::Le,
            _ => return None,
        })
    }

    /// The operator after its sides have changed places.
    fn mirrored(self) -> Operator {
        match self {
            Operator::Gt => Operator::Lt,
            Operator::Ge => Operator::Le,
            Operator::Lt => Operator::Gt,
            Operator::Le => Operator::Ge,
            same => same,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Null,
    Flag(bool),
    Number(f64),
    Text(String),
    Time(Timestamp),
}

pub fn parse(text: &str, fields: &'static [Field]) -> Result<Expr, QueryError> {
    if text.len() > FILTER_BYTES_MAX {
        return Err(QueryError::new("$filter", FILTER_BYTES_MAX, "the filter is too long"));
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Err(QueryError::new("$filter", 1, "the filter is empty"));
    }
    let end = text.chars().count() + 1;
    let mut parser = Parser { tokens, at: 0, end, fields, element: None, depth: 0 };
    let expr = parser.or()?;
    match parser.peek() {
        None => Ok(expr),
        Some(token) => Err(QueryError::new("$filter", token.position, format!("unexpected {}", token.shown()))),
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    /// Characters from 1.
    position: usize,
    kind: TokenKind,
}

#[derive(Debug, Clone, PartialEq)]
enum TokenKind {
    /// Field, keyword, function, number or bare date.
    Word(String),
    Text(String),
    /// `datetime'…'`, `datetimeoffset'…'`.
    Time(Timestamp),
    Open,
    Close,
    Comma,
    Colon,
}

impl Token {
    fn shown(&self) -> String {
        match &self.kind {
            TokenKind::Word(word) => format!("'{word}'"),
            TokenKind::Text(_) => "a text".to_owned(),
            TokenKind::Time(_) => "a date and time".to_owned(),
            TokenKind::Open => "'('".to_owned(),
            TokenKind::Close => "')'".to_owned(),
            TokenKind::Comma => "','".to_owned(),
            TokenKind::Colon => "':'".to_owned(),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let position = at + 1;
        let kind = match c {
            _ if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '(' => TokenKind::Open,
            ')' => TokenKind::Close,
            ',' => TokenKind::Comma,
            ':' => TokenKind::Colon,
            '\'' => {
                let (value, after) = quoted(&chars, at)?;
                at = after;
                tokens.push(Token { position, kind: TokenKind::Text(value) });
                continue;
            }
            _ if is_word(c) => {
                let start = at;
                while chars.get(at).is_some_and(|c| is_word(*c)) || is_time_colon(&chars, start, at) {
                    at += 1;
                }
                let word: String = chars[start..at].iter().collect();
                let is_prefix = word.eq_ignore_ascii_case("datetime") || word.eq_ignore_ascii_case("datetimeoffset");
                let kind = if is_prefix && chars.get(at) == Some(&'\'') {
                    let (value, after) = quoted(&chars, at)?;
                    at = after;
                    let time = eval::time(&value)
                        .ok_or_else(|| QueryError::new("$filter", position, "this is not a date and time"))?;
                    TokenKind::Time(time)
                } else {
                    TokenKind::Word(word)
                };
                tokens.push(Token { position, kind });
                continue;
            }
            other => return Err(QueryError::new("$filter", position, format!("unexpected character '{other}'"))),
        };
        at += 1;
        tokens.push(Token { position, kind });
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '/' | '-' | '.' | '+' | '$')
}

/// The colons of a bare date such as `2026-01-31T10:00:00Z`.
fn is_time_colon(chars: &[char], start: usize, at: usize) -> bool {
    chars.get(at) == Some(&':')
        && chars[start].is_ascii_digit()
        && chars.get(at + 1).is_some_and(char::is_ascii_digit)
        && at > start
}

/// A quoted text that starts at `at`, doubled quotes made single; and the place after it.
fn quoted(chars: &[char], at: usize) -> Result<(String, usize), QueryError> {
    let mut value = String::new();
    let mut next = at + 1;
    loop {
        match (chars.get(next), chars.get(next + 1)) {
            (Some('\''), Some('\'')) => {
                value.push('\'');
                next += 2;
            }
            (Some('\''), _) => return Ok((value, next + 1)),
            (Some(c), _) => {
                value.push(*c);
                next += 1;
            }
            (None, _) => return Err(QueryError::new("$filter", at + 1, "the text has no closing quote")),
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    /// Position after the last character.
    end: usize,
    fields: &'static [Field],
    /// Inside `any` or `all`: the variable, the only field there is.
    element: Option<String>,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn position(&self) -> usize {
        self.peek().map_or(self.end, |token| token.position)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn expected(&self, what: &str) -> QueryError {
        let found = self.peek().map_or_else(|| "the end".to_owned(), Token::shown);
        QueryError::new("$filter", self.position(), format!("expected {what}, found {found}"))
    }

    fn take(&mut self, kind: &TokenKind, what: &str) -> Result<(), QueryError> {
        if self.peek().is_some_and(|token| token.kind == *kind) {
            self.at += 1;
            return Ok(());
        }
        Err(self.expected(what))
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token { kind: TokenKind::Word(w), .. }) if w.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Expr, QueryError> {
        let mut left = self.and()?;
        while self.take_word("or") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, QueryError> {
        let mut left = self.not()?;
        while self.take_word("and") {
            left = Expr::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expr, QueryError> {
        self.depth += 1;
        if self.depth > FILTER_DEPTH_MAX {
            return Err(QueryError::new("$filter", self.position(), "the filter is nested too deeply"));
        }
        let expr = if self.take_word("not") { Expr::Not(Box::new(self.not()?)) } else { self.term()? };
        self.depth -= 1;
        Ok(expr)
    }

    fn term(&mut self) -> Result<Expr, QueryError> {
        if self.peek().is_some_and(|token| token.kind == TokenKind::Open) {
            self.at += 1;
            let inner = self.or()?;
            self.take(&TokenKind::Close, "')'")?;
            return Ok(inner);
        }
        let is_call = self.tokens.get(self.at + 1).is_some_and(|token| token.kind == TokenKind::Open);
        match self.peek() {
            Some(Token { kind: TokenKind::Word(word), .. }) if is_call && word.contains('/') => self.elements(),
            Some(Token { kind: TokenKind::Word(_), .. }) if is_call => self.call(),
            Some(Token { kind: TokenKind::Word(word), .. }) if literal_word(word).is_none() => self.comparison(),
            Some(_) => self.mirrored_comparison(),
            None => Err(self.expected("a condition")),
        }
    }

    fn comparison(&mut self) -> Result<Expr, QueryError> {
        let (name, kind) = self.field()?;
        let Some(operator) = self.operator() else {
            let ends = match self.peek() {
                None => true,
                Some(Token { kind: TokenKind::Word(word), .. }) => {
                    word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or")
                }
                Some(token) => token.kind == TokenKind::Close,
            };
            if kind == FieldKind::Flag && ends {
                return Ok(Expr::Compare(name, Operator::Eq, Literal::Flag(true)));
            }
            return Err(self.expected("a comparison (eq, ne, gt, ge, lt, le)"));
        };
        let value = self.literal(name, kind)?;
        Ok(Expr::Compare(name, operator, value))
    }

    /// `'x' eq name`.
    fn mirrored_comparison(&mut self) -> Result<Expr, QueryError> {
        let at = self.at;
        self.at += 1;
        let operator = self.operator().ok_or_else(|| self.expected("a comparison (eq, ne, gt, ge, lt, le)"))?;
        let (name, kind) = self.field()?;
        let after = std::mem::replace(&mut self.at, at);
        let value = self.literal(name, kind)?;
        self.at = after;
        Ok(Expr::Compare(name, operator.mirrored(), value))
    }

    /// `contains(field,'x')`, and `… eq true|false` after it as some clients write.
    fn call(&mut self) -> Result<Expr, QueryError> {
        let position = self.position();
        let Some(Token { kind: TokenKind::Word(word), .. }) = self.next() else {
            return Err(self.expected("a function"));
        };
        let (function, field_is_second) = match word.to_ascii_lowercase().as_str() {
            "substringof" => (Function::Contains, true),
            "contains" => (Function::Contains, false),
            "startswith" => (Function::StartsWith, false),
            "endswith" => (Function::EndsWith, false),
            _ => return Err(QueryError::new("$filter", position, format!("unknown function '{word}'"))),
        };
        self.take(&TokenKind::Open, "'('")?;
        let (name, text) = if field_is_second {
            let text = self.text()?;
            self.take(&TokenKind::Comma, "','")?;
            (self.text_field()?, text)
        } else {
            let name = self.text_field()?;
            self.take(&TokenKind::Comma, "','")?;
            (name, self.text()?)
        };
        self.take(&TokenKind::Close, "')'")?;
        let call = Expr::Call(function, name, text);
        let Some(operator) = self.operator() else { return Ok(call) };
        let position = self.position();
        let wanted = match self.next() {
            Some(Token { kind: TokenKind::Word(word), .. }) if word.eq_ignore_ascii_case("true") => true,
            Some(Token { kind: TokenKind::Word(word), .. }) if word.eq_ignore_ascii_case("false") => false,
            _ => return Err(QueryError::new("$filter", position, "expected true or false")),
        };
        match operator {
            Operator::Eq | Operator::Ne if (operator == Operator::Eq) == wanted => Ok(call),
            Operator::Eq | Operator::Ne => Ok(Expr::Not(Box::new(call))),
            other => Err(QueryError::new("$filter", position, format!("a function cannot be compared with {other}"))),
        }
    }

    /// `tags/any(t: …)`.
    fn elements(&mut self) -> Result<Expr, QueryError> {
        let position = self.position();
        let Some(Token { kind: TokenKind::Word(word), .. }) = self.next() else { return Err(self.expected("a field")) };
        let unknown = || QueryError::new("$filter", position, format!("unknown field '{word}'"));
        let (name, quantifier) = word.rsplit_once('/').ok_or_else(unknown)?;
        let field =
            lists::find(self.fields, name).filter(|field| field.kind == FieldKind::Texts).ok_or_else(unknown)?;
        let all = match quantifier.to_ascii_lowercase().as_str() {
            "any" => false,
            "all" => true,
            _ => return Err(unknown()),
        };
        self.take(&TokenKind::Open, "'('")?;
        let Some(Token { kind: TokenKind::Word(variable), .. }) = self.next() else {
            self.at -= 1;
            return Err(self.expected("a variable"));
        };
        self.take(&TokenKind::Colon, "':'")?;
        let outer = self.element.replace(variable);
        let inner = self.or()?;
        self.element = outer;
        self.take(&TokenKind::Close, "')'")?;
        Ok(Expr::Elements { field: field.name, all, inner: Box::new(inner) })
    }

    fn operator(&mut self) -> Option<Operator> {
        let Some(Token { kind: TokenKind::Word(word), .. }) = self.peek() else { return None };
        let operator = Operator::named(word)?;
        self.at += 1;
        Some(operator)
    }

    fn field(&mut self) -> Result<(&'static str, FieldKind), QueryError> {
        let position = self.position();
        let Some(Token { kind: TokenKind::Word(word), .. }) = self.peek().cloned() else {
            return Err(QueryError::new("$filter", position, "expected a field"));
        };
        self.at += 1;
        let unknown = || QueryError::new("$filter", position, format!("unknown field '{word}'"));
        if let Some(variable) = &self.element {
            return if word == *variable { Ok((ELEMENT, FieldKind::Text)) } else { Err(unknown()) };
        }
        lists::find(self.fields, &word).map(|field| (field.name, field.kind)).ok_or_else(unknown)
    }

    fn text_field(&mut self) -> Result<&'static str, QueryError> {
        let position = self.position();
        let (name, kind) = self.field()?;
        match kind {
            FieldKind::Text | FieldKind::Texts | FieldKind::Id(_) => Ok(name),
            _ => Err(QueryError::new("$filter", position, format!("'{name}' is not a text field"))),
        }
    }

    fn text(&mut self) -> Result<String, QueryError> {
        match self.next() {
            Some(Token { kind: TokenKind::Text(text), .. }) => Ok(text),
            _ => {
                self.at -= 1;
                Err(self.expected("a quoted text"))
            }
        }
    }

    /// A value that fits the field.
    fn literal(&mut self, name: &str, kind: FieldKind) -> Result<Literal, QueryError> {
        let position = self.position();
        let literal = match self.peek().map(|token| token.kind.clone()) {
            Some(TokenKind::Text(text)) => Literal::Text(text),
            Some(TokenKind::Time(time)) => Literal::Time(time),
            Some(TokenKind::Word(word)) => literal_word(&word).ok_or_else(|| self.expected("a value"))?,
            _ => return Err(self.expected("a value")),
        };
        self.at += 1;
        match (kind, literal) {
            (_, Literal::Null) => Ok(Literal::Null),
            (FieldKind::Text | FieldKind::Texts | FieldKind::Id(_), Literal::Text(text)) => Ok(Literal::Text(text)),
            (FieldKind::Flag, Literal::Flag(flag)) => Ok(Literal::Flag(flag)),
            (FieldKind::Number, Literal::Number(number)) => Ok(Literal::Number(number)),
            (FieldKind::Time, Literal::Time(time)) => Ok(Literal::Time(time)),
            (FieldKind::Time, Literal::Text(text)) => eval::time(&text)
                .map(Literal::Time)
                .ok_or_else(|| QueryError::new("$filter", position, "this is not a date and time")),
            _ => Err(QueryError::new("$filter", position, format!("'{name}' cannot be compared with this value"))),
        }
    }
}

/// `null`, `true`, `false`, numbers and bare dates.
fn literal_word(word: &str) -> Option<Literal> {
    match word.to_ascii_lowercase().as_str() {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Flag(true)),
        "false" => return Some(Literal::Flag(false)),
        _ => {}
    }
    if !word.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') {
        return None;
    }
    word.parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .map(Literal::Number)
        .or_else(|| eval::time(word).map(Literal::Time))
}
