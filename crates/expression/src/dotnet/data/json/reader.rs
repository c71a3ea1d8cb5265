//! `JsonTextReader`: JSON and Newtonsoft's liberties with it, token by token, with its exact errors.
//!
//! The state machine follows the original's states, because paths and positions in messages depend
//! on them. Reading never recurses.

use super::literal::{INTEGER_CHARS_MAX, date_scalar, number_of_text};
use super::{JScalar, TokenType};
use crate::dotnet::data::error::{DotnetError, Result};
use smol_str::SmolStr;
use std::fmt::{self, Write as _};

/// Containers within each other, as `JsonSerializerSettings.MaxDepth` has it since version 13.
pub const DEPTH_MAX: usize = 64;

/// What a read gave: `JsonToken`. Values of scalars are taken from [`Reader::take_value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    None,
    StartObject,
    StartArray,
    StartConstructor,
    PropertyName,
    Comment,
    Raw,
    Integer,
    Float,
    String,
    Boolean,
    Null,
    Undefined,
    EndObject,
    EndArray,
    EndConstructor,
    Date,
    Bytes,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// `DateParseHandling`: whether texts that look like dates become dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateParsing {
    #[default]
    DateTime,
    DateTimeOffset,
    None,
}

/// What a reader makes of texts and numbers: `JsonSerializerSettings`, as far as reading goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadOptions {
    pub dates: DateParsing,
    /// `FloatParseHandling.Decimal`.
    pub decimals: bool,
    /// Numbers as they are written, in [`JScalar::Raw`]: for whoever knows their type.
    pub literal_numbers: bool,
    /// `MaxDepth`.
    pub depth_max: usize,
}

impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions { dates: DateParsing::DateTime, decimals: false, literal_numbers: false, depth_max: DEPTH_MAX }
    }
}

impl ReadOptions {
    /// Everything as it is written.
    pub const LITERAL: ReadOptions =
        ReadOptions { dates: DateParsing::None, decimals: false, literal_numbers: true, depth_max: DEPTH_MAX };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Start,
    Property,
    ObjectStart,
    Object,
    ArrayStart,
    Array,
    ConstructorStart,
    Constructor,
    PostValue,
    Finished,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    None,
    Object,
    Array,
    Constructor,
}

#[derive(Debug, Clone)]
struct Level {
    container: Container,
    /// Index of the value being read; -1 before the first.
    index: isize,
    name: Option<SmolStr>,
}

impl Level {
    fn new(container: Container) -> Level {
        Level { container, index: -1, name: None }
    }
}

/// One step of a path: `.name` or `[index]`.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Name(SmolStr),
    Index(usize),
}

/// Writes a path as messages and `JToken.Path` show it.
pub(super) fn build_path<'a>(steps: impl Iterator<Item = &'a Step>) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Index(index) => {
                let _ = write!(path, "[{index}]");
            }
            Step::Name(name) if name.contains(needs_brackets) => {
                path.push_str("['");
                super::escape_into(&mut path, name, '\'');
                path.push_str("']");
            }
            Step::Name(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
        }
    }
    path
}

fn needs_brackets(c: char) -> bool {
    matches!(
        c,
        '.' | ' '
            | '\''
            | '/'
            | '"'
            | '['
            | ']'
            | '('
            | ')'
            | '\t'
            | '\n'
            | '\r'
            | '\u{c}'
            | '\u{8}'
            | '\\'
            | '\u{85}'
            | '\u{2028}'
            | '\u{2029}'
    )
}

/// Where a reader stands: 1-based line, UTF-16 units from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// Reads one JSON text. After an error it must not be read further.
pub struct Reader<'a> {
    pub(super) text: &'a str,
    /// Byte offset of the next character.
    pub(super) at: usize,
    line: usize,
    line_start: usize,
    state: State,
    token: Token,
    pub(super) value: JScalar,
    stack: Vec<Level>,
    current: Level,
    options: ReadOptions,
    ended: bool,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Reader<'a> {
        Reader {
            text,
            at: 0,
            line: 1,
            line_start: 0,
            state: State::Start,
            token: Token::None,
            value: JScalar::Null,
            stack: Vec::new(),
            current: Level::new(Container::None),
            options: ReadOptions::default(),
            ended: false,
        }
    }

    pub fn with(mut self, options: ReadOptions) -> Reader<'a> {
        self.options = options;
        self
    }

    /// `TokenType`.
    pub fn token(&self) -> Token {
        self.token
    }

    /// `Value` of the token just read; null afterwards.
    pub fn take_value(&mut self) -> JScalar {
        std::mem::replace(&mut self.value, JScalar::Null)
    }

    /// `LineNumber` and `LinePosition`.
    pub fn position(&self) -> Position {
        let column = self.text[self.line_start..self.at].encode_utf16().count();
        let before_anything = self.state == State::Start && column == 0 && self.token != Token::Comment;
        Position { line: if before_anything { 0 } else { self.line }, column }
    }

    /// `Depth`: containers around the current token.
    pub fn depth(&self) -> usize {
        let start = matches!(self.token, Token::StartObject | Token::StartArray | Token::StartConstructor);
        if start || self.current.container == Container::None { self.stack.len() } else { self.stack.len() + 1 }
    }

    /// `Path` of the current token.
    pub fn path(&self) -> String {
        let inside = !matches!(self.state, State::ArrayStart | State::ObjectStart | State::ConstructorStart);
        let current = (inside && self.current.container != Container::None).then_some(&self.current);
        let steps: Vec<Step> = self
            .stack
            .iter()
            .chain(current)
            .filter_map(|level| match level.container {
                Container::Object => level.name.clone().map(Step::Name),
                Container::Array | Container::Constructor => Some(Step::Index(level.index.max(0) as usize)),
                Container::None => None,
            })
            .collect();
        build_path(steps.iter())
    }

    /// A `JsonReaderException` at the current place.
    pub fn error(&self, message: impl fmt::Display) -> DotnetError {
        self.error_of("Newtonsoft.Json.JsonReaderException", message)
    }

    /// The same with another exception type (`JsonSerializationException`).
    pub fn error_of(&self, type_name: &'static str, message: impl fmt::Display) -> DotnetError {
        let mut text = message.to_string();
        if !text.ends_with('\n') {
            text = text.trim().to_owned();
            if !text.ends_with('.') {
                text.push('.');
            }
            text.push(' ');
        }
        let Position { line, column } = self.position();
        let _ = write!(text, "Path '{}', line {line}, position {column}.", self.path());
        DotnetError::new(type_name, text)
    }

    /// `Read()`: false at the end.
    ///
    /// # Errors
    /// `JsonReaderException` with the path and the position.
    pub fn read(&mut self) -> Result<bool> {
        let has_more = self.read_next()?;
        self.ended = !has_more;
        Ok(has_more)
    }

    /// Whether the last thing read was the end of the text.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    fn read_next(&mut self) -> Result<bool> {
        loop {
            match self.state {
                State::Start
                | State::Property
                | State::Array
                | State::ArrayStart
                | State::Constructor
                | State::ConstructorStart => return self.read_value(),
                State::Object | State::ObjectStart => return self.read_object(),
                State::PostValue => {
                    if self.read_after_value()? {
                        return Ok(true);
                    }
                }
                State::Finished => return self.read_finished(),
            }
        }
    }

    /// `MoveToContent()`: skips comments; false at the end.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub fn move_to_content(&mut self) -> Result<bool> {
        while matches!(self.token, Token::None | Token::Comment) {
            if !self.read()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) fn peek(&self) -> Option<char> {
        match self.text.as_bytes().get(self.at) {
            Some(&byte) if byte < 0x80 => Some(char::from(byte)),
            Some(_) => self.text[self.at..].chars().next(),
            None => None,
        }
    }

    fn peek_byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    pub(super) fn skip(&mut self, c: char) {
        self.at += c.len_utf8();
        if c == '\r' && self.peek() == Some('\n') {
            self.at += 1;
        }
        if matches!(c, '\n' | '\r') {
            self.line += 1;
            self.line_start = self.at;
        }
    }

    fn skip_blanks(&mut self) {
        while let Some(c) = self.peek().filter(|c| c.is_whitespace() || *c == '\0') {
            self.skip(c);
        }
    }

    fn unexpected(&self, c: char) -> DotnetError {
        self.error(format_args!("Unexpected character encountered while parsing value: {c}."))
    }

    fn unexpected_end(&self) -> DotnetError {
        self.error("Unexpected end when reading JSON.")
    }

    fn read_value(&mut self) -> Result<bool> {
        while let Some(c) = self.peek() {
            match c {
                '"' | '\'' => return self.read_text(c).map(|()| true),
                't' => return self.keyword("true", "boolean", Token::Boolean, JScalar::Boolean(true)),
                'f' => return self.keyword("false", "boolean", Token::Boolean, JScalar::Boolean(false)),
                'n' => return self.read_n(),
                'N' => return self.keyword("NaN", "NaN", Token::Float, JScalar::Float(f64::NAN)),
                'I' => return self.keyword("Infinity", "Infinity", Token::Float, JScalar::Float(f64::INFINITY)),
                '-' if self.peek_byte(1) == Some(b'I') => {
                    return self.keyword("-Infinity", "-Infinity", Token::Float, JScalar::Float(f64::NEG_INFINITY));
                }
                'u' => return self.keyword("undefined", "undefined", Token::Undefined, JScalar::Undefined),
                '/' => return self.read_comment().map(|()| true),
                '{' => return self.start(Token::StartObject, JScalar::Null),
                '[' => return self.start(Token::StartArray, JScalar::Null),
                ']' => return self.end(Token::EndArray),
                ')' => return self.end(Token::EndConstructor),
                // An empty place between commas; the comma is left for the next read.
                ',' => return self.set_value(Token::Undefined, JScalar::Undefined),
                '\0' => self.skip(c),
                _ if c.is_whitespace() => self.skip(c),
                _ if c.is_numeric() || c == '-' || c == '.' => return self.read_number(c),
                _ => return Err(self.unexpected(c)),
            }
        }
        Ok(false)
    }

    fn read_object(&mut self) -> Result<bool> {
        while let Some(c) = self.peek() {
            match c {
                '}' => return self.end(Token::EndObject),
                '/' => return self.read_comment().map(|()| true),
                '\0' => self.skip(c),
                _ if c.is_whitespace() => self.skip(c),
                _ => return self.read_name(c).map(|()| true),
            }
        }
        Ok(false)
    }

    fn read_name(&mut self, first: char) -> Result<()> {
        let name = match first {
            '"' | '\'' => {
                self.at += 1;
                self.read_quoted(first)?
            }
            _ if is_identifier(first) => self.read_unquoted_name()?,
            _ => return Err(self.error(format_args!("Invalid property identifier character: {first}."))),
        };
        self.skip_blanks();
        match self.peek() {
            Some(':') => self.at += 1,
            other => {
                let c = other.unwrap_or('\0');
                return Err(self
                    .error(format_args!("Invalid character after parsing property name. Expected ':' but got: {c}.")));
            }
        }
        self.token = Token::PropertyName;
        self.current.name = Some(name.clone());
        self.value = JScalar::String(name);
        self.state = State::Property;
        Ok(())
    }

    fn read_unquoted_name(&mut self) -> Result<SmolStr> {
        let start = self.at;
        while let Some(c) = self.peek() {
            if is_identifier(c) {
                self.at += c.len_utf8();
            } else if c.is_whitespace() || c == ':' {
                return Ok(SmolStr::new(&self.text[start..self.at]));
            } else {
                return Err(self.error(format_args!("Invalid JavaScript property identifier character: {c}.")));
            }
        }
        Err(self.error("Unexpected end while parsing unquoted property name."))
    }

    fn read_after_value(&mut self) -> Result<bool> {
        while let Some(c) = self.peek() {
            match c {
                '}' => return self.end(Token::EndObject),
                ']' => return self.end(Token::EndArray),
                ')' => return self.end(Token::EndConstructor),
                '/' => return self.read_comment().map(|()| true),
                ',' => {
                    self.at += 1;
                    self.state = self.state_within();
                    return Ok(false);
                }
                '\0' => self.skip(c),
                _ if c.is_whitespace() => self.skip(c),
                _ => {
                    return Err(
                        self.error(format_args!("After parsing a value an unexpected character was encountered: {c}."))
                    );
                }
            }
        }
        self.state = State::Finished;
        Ok(false)
    }

    fn read_finished(&mut self) -> Result<bool> {
        self.skip_blanks();
        match self.peek() {
            None => {
                self.token = Token::None;
                Ok(false)
            }
            Some('/') => self.read_comment().map(|()| true),
            Some(c) => {
                Err(self.error(format_args!("Additional text encountered after finished reading JSON content: {c}.")))
            }
        }
    }

    fn state_within(&self) -> State {
        match self.current.container {
            Container::Object => State::Object,
            Container::Array => State::Array,
            Container::Constructor => State::Constructor,
            Container::None => State::Finished,
        }
    }

    fn start(&mut self, token: Token, value: JScalar) -> Result<bool> {
        self.at += 1;
        self.token = token;
        self.value = value;
        let (state, container) = match token {
            Token::StartObject => (State::ObjectStart, Container::Object),
            Token::StartArray => (State::ArrayStart, Container::Array),
            _ => (State::ConstructorStart, Container::Constructor),
        };
        self.state = state;
        self.count_value();
        let outer = std::mem::replace(&mut self.current, Level::new(container));
        if outer.container != Container::None {
            self.stack.push(outer);
            if self.stack.len() >= self.options.depth_max {
                return Err(
                    self.error(format_args!("The reader's MaxDepth of {} has been exceeded.", self.options.depth_max))
                );
            }
        }
        Ok(true)
    }

    fn end(&mut self, token: Token) -> Result<bool> {
        // An object's closing bracket is taken after its check, the others before it.
        let in_object = token == Token::EndObject && matches!(self.state, State::Object | State::ObjectStart);
        if !in_object {
            self.at += 1;
        }
        self.token = token;
        let outer = self.stack.pop().unwrap_or_else(|| Level::new(Container::None));
        let closed = std::mem::replace(&mut self.current, outer).container;
        let expected = match token {
            Token::EndObject => Container::Object,
            Token::EndArray => Container::Array,
            _ => Container::Constructor,
        };
        if closed != expected {
            return Err(self.error(format_args!("JsonToken {token} is not valid for closing JsonType {closed:?}.")));
        }
        self.after_value();
        if in_object {
            self.at += 1;
        }
        Ok(true)
    }

    fn count_value(&mut self) {
        if matches!(self.current.container, Container::Array | Container::Constructor) {
            self.current.index += 1;
        }
    }

    fn after_value(&mut self) {
        self.state = if self.current.container == Container::None { State::Finished } else { State::PostValue };
    }

    fn set_value(&mut self, token: Token, value: JScalar) -> Result<bool> {
        self.token = token;
        self.value = value;
        self.after_value();
        self.count_value();
        Ok(true)
    }

    fn keyword(&mut self, word: &str, name: &str, token: Token, value: JScalar) -> Result<bool> {
        if self.matches_word(word)? {
            return self.set_value(token, value);
        }
        Err(self.error(format_args!("Error parsing {name} value.")))
    }

    /// Takes a word that a separator or the end must follow.
    fn matches_word(&mut self, word: &str) -> Result<bool> {
        let rest = &self.text.as_bytes()[self.at..];
        if rest.len() < word.len() {
            self.at = self.text.len();
            return Err(self.unexpected_end());
        }
        let same = rest.iter().zip(word.as_bytes()).take_while(|(a, b)| a == b).count();
        self.at += same;
        if same < word.len() {
            return Ok(false);
        }
        Ok(match self.peek() {
            None | Some('}' | ']' | ',' | '\0') => true,
            Some('/') => matches!(self.peek_byte(1), Some(b'*' | b'/')),
            Some(')') => matches!(self.state, State::Constructor | State::ConstructorStart),
            Some(c) => c.is_whitespace(),
        })
    }

    fn read_n(&mut self) -> Result<bool> {
        match self.peek_byte(1) {
            Some(b'u') => self.keyword("null", "null", Token::Null, JScalar::Null),
            Some(b'e') => self.read_constructor(),
            Some(_) => Err(self.unexpected('n')),
            None => {
                self.at += 1;
                Err(self.unexpected_end())
            }
        }
    }

    fn read_constructor(&mut self) -> Result<bool> {
        if !self.matches_word("new")? {
            return Err(self.error("Unexpected content while parsing JSON."));
        }
        self.skip_blanks();
        let start = self.at;
        while let Some(c) = self.peek().filter(|c| c.is_alphanumeric()) {
            self.at += c.len_utf8();
        }
        let name = SmolStr::new(&self.text[start..self.at]);
        match self.peek() {
            None => return Err(self.error("Unexpected end while parsing constructor.")),
            Some(c) if c == '(' || c.is_whitespace() => {}
            Some(c) => return Err(self.error(format_args!("Unexpected character while parsing constructor: {c}."))),
        }
        self.skip_blanks();
        match self.peek() {
            Some('(') => self.start(Token::StartConstructor, JScalar::String(name)),
            other => {
                let c = other.unwrap_or('\0');
                Err(self.error(format_args!("Unexpected character while parsing constructor: {c}.")))
            }
        }
    }

    fn read_comment(&mut self) -> Result<()> {
        self.at += 1;
        let Some(second) = self.peek() else { return Err(self.error("Unexpected end while parsing comment.")) };
        if second != '*' && second != '/' {
            return Err(self.error(format_args!("Error parsing comment. Expected: *, got {second}.")));
        }
        self.at += 1;
        let start = self.at;
        loop {
            let end = self.at;
            match self.peek() {
                None if second == '/' => return self.set_comment(start, end),
                None => return Err(self.error("Unexpected end while parsing comment.")),
                Some('\r' | '\n') if second == '/' => return self.set_comment(start, end),
                Some('*') if second == '*' && self.peek_byte(1) == Some(b'/') => {
                    self.at += 2;
                    return self.set_comment(start, end);
                }
                Some(c) => self.skip(c),
            }
        }
    }

    fn set_comment(&mut self, start: usize, end: usize) -> Result<()> {
        self.token = Token::Comment;
        self.value = JScalar::Comment(SmolStr::new(&self.text[start..end]));
        Ok(())
    }

    fn read_text(&mut self, quote: char) -> Result<()> {
        self.at += 1;
        let text = self.read_quoted(quote)?;
        match date_scalar(&text, self.options.dates) {
            Some(date) => self.set_value(Token::Date, date).map(drop),
            None => self.set_value(Token::String, JScalar::String(text)).map(drop),
        }
    }

    fn read_number(&mut self, first: char) -> Result<bool> {
        let text = self.text;
        let start = self.at;
        loop {
            match self.peek() {
                Some('-' | '+' | 'a'..='f' | 'A'..='F' | 'x' | 'X' | '.' | '0'..='9') => self.at += 1,
                None | Some(',' | '}' | ']' | ')' | '/' | '\0') => break,
                Some(c) if c.is_whitespace() => break,
                Some(c) => {
                    return Err(self.error(format_args!("Unexpected character encountered while parsing number: {c}.")));
                }
            }
        }
        let digits = &text[start..self.at];
        self.after_value();
        self.count_value();
        match number_of_text(digits, first, self.options.decimals) {
            Some(value) => {
                let literal = self.options.literal_numbers && matches!(value, JScalar::Float(_) | JScalar::Integer(_));
                let value = if literal { JScalar::Raw(digits.into()) } else { value };
                self.token = if value.token_type() == TokenType::Integer { Token::Integer } else { Token::Float };
                self.value = value;
                Ok(true)
            }
            None if digits.len() > INTEGER_CHARS_MAX && digits.bytes().skip(1).all(|b| b.is_ascii_digit()) => {
                Err(self.error(format_args!("JSON integer {digits} is too large to parse.")))
            }
            None => Err(self.error(format_args!("Input string '{digits}' is not a valid number."))),
        }
    }
}

fn is_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
