//! Text to tokens.

use super::token::{KEYWORDS, Kind, PUNCTUATION, Part, Suffix, Token};
use smol_str::SmolStr;
use tollgate_error::{Code, Diagnostic, Span};

/// Interpolated strings inside holes of interpolated strings: deeper is refused.
const HOLES_NESTING_MAX: usize = 16;

pub struct Lexer<'t> {
    text: &'t str,
    at: usize,
    nesting: usize,
    pub diagnostics: Vec<Diagnostic>,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str, at: usize) -> Lexer<'t> {
        Lexer { text, at, nesting: 0, diagnostics: Vec::new() }
    }

    /// All tokens up to `end`, closed by [`Kind::End`].
    pub fn tokens(&mut self, end: usize) -> Vec<Token> {
        let mut tokens = Vec::new();
        let whole = self.text;
        self.text = whole.get(..end).unwrap_or(whole);
        while let Some(token) = self.next() {
            tokens.push(token);
        }
        tokens.push(Token { kind: Kind::End, span: Span::new(self.at, self.at) });
        self.text = whole;
        tokens
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn error(&mut self, start: usize, code: Code, message: &str) -> usize {
        self.diagnostics.push(Diagnostic::error(code, Span::new(start, self.at.max(start + 1)), message));
        self.diagnostics.len() - 1
    }

    fn hint(&mut self, index: usize, hint: &str) {
        if let Some(found) = self.diagnostics.get_mut(index) {
            found.hint = Some(hint.to_owned());
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find(is_line_end).unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                match rest.get(2..).and_then(|r| r.find("*/")) {
                    Some(length) => self.at += length + 4,
                    None => {
                        let start = self.at;
                        self.at = self.text.len();
                        self.error(start, Code::EXPRESSION_SYNTAX, "the comment does not end; `*/` expected");
                    }
                }
            } else {
                match rest.chars().next() {
                    Some(c) if c.is_whitespace() || c == '\u{feff}' => self.at += c.len_utf8(),
                    _ => return,
                }
            }
        }
    }

    fn next(&mut self) -> Option<Token> {
        loop {
            self.skip_blanks();
            let start = self.at;
            let c = self.peek()?;
            if let Some(kind) = self.token(c) {
                return Some(Token { kind, span: Span::new(start, self.at) });
            }
        }
    }

    fn token(&mut self, c: char) -> Option<Kind> {
        match c {
            '"' => Some(self.string()),
            '\'' => Some(self.character()),
            '$' | '@' => self.prefixed(c),
            '0'..='9' => Some(self.number()),
            '.' if self.peek_at(1).is_some_and(|b| b.is_ascii_digit()) => Some(self.number()),
            _ if c == '_' || c == '\\' || c.is_alphabetic() => Some(self.word(false)),
            _ => self.punctuation(c),
        }
    }

    fn prefixed(&mut self, c: char) -> Option<Kind> {
        let rest = self.rest();
        let (length, verbatim, interpolated) = if rest.starts_with("$@\"") || rest.starts_with("@$\"") {
            (3, true, true)
        } else if rest.starts_with("$\"") {
            (2, false, true)
        } else if rest.starts_with("@\"") {
            (2, true, false)
        } else if c == '@' && rest.chars().nth(1).is_some_and(|c| c == '_' || c.is_alphabetic()) {
            self.at += 1;
            return Some(self.word(true));
        } else {
            return self.punctuation(c);
        };
        let start = self.at;
        if rest.starts_with("@$") {
            let index = self.error(start, Code::EXPRESSION_NEWER_SYNTAX, "`@$\"…\"` is not C# 7.3");
            self.hint(index, "this order came with C# 8; write `$@\"…\"`");
        }
        if rest.get(length - 1..).is_some_and(|r| r.starts_with("\"\"\"") && !r.starts_with("\"\"\"\"") && !verbatim) {
            let index = self.error(start, Code::EXPRESSION_NEWER_SYNTAX, "raw string literals are not C# 7.3");
            self.hint(index, "raw string literals came with C# 11; use \"…\" or @\"…\"");
        }
        self.at += length;
        if interpolated { Some(self.interpolated(start, verbatim)) } else { Some(Kind::Str(self.verbatim(start))) }
    }

    fn verbatim(&mut self, start: usize) -> Vec<u16> {
        let mut text = Vec::new();
        loop {
            match self.bump() {
                Some('"') if self.peek() == Some('"') => {
                    self.at += 1;
                    text.push(u16::from(b'"'));
                }
                Some('"') => return text,
                Some(c) => push(&mut text, c),
                None => {
                    self.error(start, Code::EXPRESSION_SYNTAX, "the string does not end; `\"` expected");
                    return text;
                }
            }
        }
    }

    fn string(&mut self) -> Kind {
        let start = self.at;
        if self.rest().starts_with("\"\"\"") && !self.rest().starts_with("\"\"\"\"\"\"") {
            let index = self.error(start, Code::EXPRESSION_NEWER_SYNTAX, "raw string literals are not C# 7.3");
            self.hint(index, "raw string literals came with C# 11; use \"…\" or @\"…\"");
        }
        self.at += 1;
        let mut text = Vec::new();
        loop {
            match self.peek() {
                Some('"') => {
                    self.at += 1;
                    return Kind::Str(text);
                }
                Some('\\') => self.escape(&mut text),
                Some(c) if !is_line_end(c) => {
                    self.at += c.len_utf8();
                    push(&mut text, c);
                }
                found => {
                    let index = self.error(start, Code::EXPRESSION_SYNTAX, "the string does not end; `\"` expected");
                    if found.is_some() {
                        self.hint(index, "a string over several lines is written @\"…\"");
                    }
                    return Kind::Str(text);
                }
            }
        }
    }

    fn character(&mut self) -> Kind {
        let start = self.at;
        self.at += 1;
        let mut text = Vec::new();
        loop {
            match self.peek() {
                Some('\'') => {
                    self.at += 1;
                    break;
                }
                Some('\\') => self.escape(&mut text),
                Some(c) if !is_line_end(c) => {
                    self.at += c.len_utf8();
                    push(&mut text, c);
                }
                _ => {
                    self.error(start, Code::EXPRESSION_SYNTAX, "the character literal does not end; `'` expected");
                    return Kind::Char(text.first().copied().unwrap_or(0));
                }
            }
        }
        if text.is_empty() {
            self.error(start, Code::EXPRESSION_SYNTAX, "empty character literal");
        } else if text.len() > 1 {
            let index = self.error(start, Code::EXPRESSION_SYNTAX, "too many characters in character literal");
            self.hint(index, "a string is written with double quotes");
        }
        Kind::Char(text.first().copied().unwrap_or(0))
    }

    /// One `\…` escape of a regular literal.
    fn escape(&mut self, text: &mut Vec<u16>) {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.bump() else { return };
        let simple = match c {
            '\'' | '"' | '\\' => c,
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'u' => return self.hex_escape(start, text, 4, 4),
            'U' => return self.hex_escape(start, text, 8, 8),
            'x' => return self.hex_escape(start, text, 1, 4),
            _ => {
                let index = self.error(start, Code::EXPRESSION_SYNTAX, "unrecognized escape sequence");
                self.hint(index, "write `\\\\` for a backslash, or a verbatim string @\"…\"");
                return;
            }
        };
        push(text, simple);
    }

    fn hex_escape(&mut self, start: usize, text: &mut Vec<u16>, min: usize, max: usize) {
        let digits = self.rest().bytes().take(max).take_while(u8::is_ascii_hexdigit).count();
        let value = self.rest().get(..digits).and_then(|d| u32::from_str_radix(d, 16).ok());
        self.at += digits;
        match value {
            Some(unit) if digits >= min && unit <= 0xFFFF => text.push(unit as u16),
            Some(value) if digits >= min && char::from_u32(value).is_some() => {
                push(text, char::from_u32(value).unwrap_or_default());
            }
            _ => {
                self.error(start, Code::EXPRESSION_SYNTAX, "unrecognized escape sequence");
            }
        }
    }

    fn interpolated(&mut self, start: usize, verbatim: bool) -> Kind {
        let mut parts = Vec::new();
        let mut text = Vec::new();
        loop {
            match self.peek() {
                Some('"') if verbatim && self.peek_at(1) == Some(b'"') => {
                    self.at += 2;
                    text.push(u16::from(b'"'));
                }
                Some('"') => {
                    self.at += 1;
                    break;
                }
                Some('{') if self.peek_at(1) == Some(b'{') => {
                    self.at += 2;
                    text.push(u16::from(b'{'));
                }
                Some('{') => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text)));
                    }
                    self.at += 1;
                    parts.push(self.hole(verbatim));
                }
                Some('}') => {
                    if self.peek_at(1) == Some(b'}') {
                        self.at += 1;
                    } else {
                        let at = self.at;
                        let index = self.error(at, Code::EXPRESSION_SYNTAX, "`}` must be doubled in a string");
                        self.hint(index, "write `}}`");
                    }
                    self.at += 1;
                    text.push(u16::from(b'}'));
                }
                Some('\\') if !verbatim => self.escape(&mut text),
                Some(c) if verbatim || !is_line_end(c) => {
                    self.at += c.len_utf8();
                    push(&mut text, c);
                }
                _ => {
                    self.error(start, Code::EXPRESSION_SYNTAX, "the interpolated string does not end; `\"` expected");
                    break;
                }
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        Kind::Interpolated(parts)
    }

    /// From after `{` to after the matching `}`.
    fn hole(&mut self, verbatim: bool) -> Part {
        let start = self.at;
        self.nesting += 1;
        if self.nesting > HOLES_NESTING_MAX {
            self.error(start, Code::EXPRESSION_TOO_LARGE, "interpolated strings are nested too deeply");
            self.at = self.text.len();
        }
        let mut lists: Vec<Vec<Token>> = vec![Vec::new()];
        let mut format = None;
        let mut depth = 0usize;
        loop {
            let Some(token) = self.next() else {
                self.error(start, Code::EXPRESSION_SYNTAX, "the interpolation does not end; `}` expected");
                break;
            };
            if let Kind::Punct(punct) = token.kind {
                match punct {
                    "(" | "[" | "{" => depth += 1,
                    "}" if depth == 0 => break,
                    ":" if depth == 0 => {
                        self.at = token.span.start as usize + 1;
                        format = Some(self.hole_format(start, verbatim));
                        break;
                    }
                    "::" if depth == 0 => {
                        self.at = token.span.start as usize + 1;
                        format = Some(self.hole_format(start, verbatim));
                        break;
                    }
                    "," if depth == 0 && lists.len() == 1 => {
                        lists.push(Vec::new());
                        continue;
                    }
                    ")" | "]" | "}" => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            if let Some(list) = lists.last_mut() {
                list.push(token);
            }
        }
        self.nesting -= 1;
        let end = Token { kind: Kind::End, span: Span::new(self.at.saturating_sub(1), self.at) };
        for list in &mut lists {
            list.push(end.clone());
        }
        let mut lists = lists.into_iter();
        Part::Hole { value: lists.next().unwrap_or_default(), alignment: lists.next(), format }
    }

    fn hole_format(&mut self, start: usize, verbatim: bool) -> Vec<u16> {
        let mut text = Vec::new();
        loop {
            match self.peek() {
                Some('}') if self.peek_at(1) == Some(b'}') => {
                    self.at += 2;
                    text.push(u16::from(b'}'));
                }
                Some('{') if self.peek_at(1) == Some(b'{') => {
                    self.at += 2;
                    text.push(u16::from(b'{'));
                }
                Some('}') => {
                    if text.is_empty() {
                        self.error(start, Code::EXPRESSION_SYNTAX, "the format of the interpolation is empty");
                    }
                    self.at += 1;
                    return text;
                }
                Some('\\') if !verbatim => self.escape(&mut text),
                Some('"') if verbatim && self.peek_at(1) == Some(b'"') => {
                    self.at += 2;
                    text.push(u16::from(b'"'));
                }
                Some(c) if c != '"' && (verbatim || !is_line_end(c)) => {
                    self.at += c.len_utf8();
                    push(&mut text, c);
                }
                _ => {
                    self.error(start, Code::EXPRESSION_SYNTAX, "the interpolation does not end; `}` expected");
                    return text;
                }
            }
        }
    }

    fn word(&mut self, verbatim: bool) -> Kind {
        let start = self.at;
        let mut word = String::new();
        let mut escaped = false;
        loop {
            let rest = self.rest();
            let length = rest.find(|c: char| !is_word_part(c)).unwrap_or(rest.len());
            word.push_str(rest.get(..length).unwrap_or(""));
            self.at += length;
            match self.word_escape() {
                Some(c) => {
                    escaped = true;
                    word.push(c);
                }
                None => break,
            }
        }
        if word.is_empty() {
            self.bump();
            self.error(start, Code::EXPRESSION_SYNTAX, "unexpected character `\\`");
            return Kind::Ident(SmolStr::default());
        }
        match KEYWORDS.iter().find(|k| **k == word) {
            Some(keyword) if !verbatim && !escaped => Kind::Keyword(keyword),
            _ => Kind::Ident(word.into()),
        }
    }

    /// `\u0041` inside an identifier.
    fn word_escape(&mut self) -> Option<char> {
        let digits = self.rest().strip_prefix("\\u")?.get(..4)?;
        let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).filter(|c| is_word_part(*c))?;
        self.at += 6;
        Some(c)
    }

    fn punctuation(&mut self, c: char) -> Option<Kind> {
        let rest = self.rest();
        let start = self.at;
        if let Some(punct) = PUNCTUATION.iter().find(|p| rest.starts_with(**p)) {
            self.at += punct.len();
            return Some(Kind::Punct(punct));
        }
        self.at += c.len_utf8();
        let message = format!("unexpected character `{}`", c.escape_debug());
        self.error(start, Code::EXPRESSION_SYNTAX, &message);
        None
    }

    fn number(&mut self) -> Kind {
        let start = self.at;
        let radix = match (self.peek_at(0), self.peek_at(1)) {
            (Some(b'0'), Some(b'x' | b'X')) => 16,
            (Some(b'0'), Some(b'b' | b'B')) => 2,
            _ => 10,
        };
        if radix != 10 {
            self.at += 2;
            let digits = self.digits(|b| b.is_ascii_hexdigit() && (radix == 16 || b <= b'1'));
            let suffix = self.int_suffix();
            return match u64::from_str_radix(&digits, radix) {
                Ok(value) => Kind::Int(value, suffix),
                Err(_) => self.bad_number(start),
            };
        }
        let mut digits = self.digits(|b| b.is_ascii_digit());
        let mut real = false;
        if self.peek_at(0) == Some(b'.') && self.peek_at(1).is_some_and(|b| b.is_ascii_digit()) {
            real = true;
            self.at += 1;
            digits.push('.');
            digits.push_str(&self.digits(|b| b.is_ascii_digit()));
        }
        if let Some(b'e' | b'E') = self.peek_at(0) {
            let sign = matches!(self.peek_at(1), Some(b'+' | b'-'));
            if self.peek_at(1 + usize::from(sign)).is_some_and(|b| b.is_ascii_digit()) {
                real = true;
                digits.push('e');
                if sign {
                    digits.push(if self.peek_at(1) == Some(b'-') { '-' } else { '+' });
                }
                self.at += 1 + usize::from(sign);
                digits.push_str(&self.digits(|b| b.is_ascii_digit()));
            }
        }
        let suffix = match self.peek_at(0) {
            Some(b'f' | b'F') => Suffix::F,
            Some(b'd' | b'D') => Suffix::D,
            Some(b'm' | b'M') => Suffix::M,
            _ => Suffix::None,
        };
        if suffix != Suffix::None {
            self.at += 1;
        }
        if real || suffix != Suffix::None {
            return Kind::Real(digits.into(), suffix);
        }
        let suffix = self.int_suffix();
        match digits.parse() {
            Ok(value) => Kind::Int(value, suffix),
            Err(_) => self.bad_number(start),
        }
    }

    fn bad_number(&mut self, start: usize) -> Kind {
        self.error(start, Code::EXPRESSION_SYNTAX, "integral constant is too large or malformed");
        Kind::Int(0, Suffix::None)
    }

    fn digits(&mut self, accepts: impl Fn(u8) -> bool) -> String {
        let start = self.at;
        let mut digits = String::new();
        while let Some(b) = self.peek_at(0) {
            if accepts(b) {
                digits.push(b as char);
            } else if b != b'_' {
                break;
            }
            self.at += 1;
        }
        // A separator stands between digits only.
        if self.at > start && self.at.checked_sub(1).and_then(|at| self.text.as_bytes().get(at)) == Some(&b'_') {
            self.bad_number(start);
        }
        digits
    }

    fn int_suffix(&mut self) -> Suffix {
        let two = self.rest().get(..2).map(str::to_ascii_lowercase);
        if matches!(two.as_deref(), Some("ul" | "lu")) {
            self.at += 2;
            return Suffix::UL;
        }
        let suffix = match self.peek_at(0) {
            Some(b'u' | b'U') => Suffix::U,
            Some(b'l' | b'L') => Suffix::L,
            _ => return Suffix::None,
        };
        self.at += 1;
        suffix
    }
}

fn push(text: &mut Vec<u16>, c: char) {
    text.extend_from_slice(c.encode_utf16(&mut [0; 2]));
}

fn is_word_part(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
