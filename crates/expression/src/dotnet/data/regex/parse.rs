//! Pattern to tree, with .NET's reading of every construct and its messages for what cannot be read.

use super::class::{self, CharClass};
use super::groups::Group;
use super::tree::{Anchor, Node};
use super::{RegexOptions, RegexParseError};

/// Groups within each other; bounds the native stack of all that walks the tree.
const NESTING_MAX: usize = 250;

type Parsed<T> = Result<T, RegexParseError>;

pub(super) struct Parser<'a> {
    pattern: &'a [u16],
    at: usize,
    options: RegexOptions,
    groups: &'a [Group],
    /// Number of the next unnamed group.
    next: i32,
    depth: usize,
}

/// Blanks that the extended syntax skips.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

impl<'a> Parser<'a> {
    pub(super) fn new(pattern: &'a [u16], options: RegexOptions, groups: &'a [Group]) -> Parser<'a> {
        Parser { pattern, at: 0, options, groups, next: 1, depth: 0 }
    }

    pub(super) fn parse(mut self) -> Parsed<Node> {
        let node = self.alternation()?;
        if self.at < self.pattern.len() {
            self.at += 1;
            return Err(self.error("Too many )'s."));
        }
        Ok(node)
    }

    fn error(&self, message: impl AsRef<str>) -> RegexParseError {
        let pattern = String::from_utf16_lossy(self.pattern);
        let at = self.at.min(self.pattern.len());
        RegexParseError { message: format!("Invalid pattern '{pattern}' at offset {at}. {}", message.as_ref()) }
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.pattern.get(self.at + ahead).map(|unit| char::from_u32(u32::from(*unit)).unwrap_or('\u{fffd}'))
    }

    fn peek(&self) -> Option<char> {
        self.peek_at(0)
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        self.at += usize::from(found);
        found
    }

    fn has(&self, option: u32) -> bool {
        self.options.has(option)
    }

    /// Skips comments, and blanks where the pattern is extended.
    fn skip_comments(&mut self) -> Parsed<()> {
        let extended = self.has(RegexOptions::IGNORE_PATTERN_WHITESPACE);
        loop {
            match self.peek() {
                Some(c) if extended && is_blank(c) => self.at += 1,
                Some('#') if extended => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                Some('(') if self.peek_at(1) == Some('?') && self.peek_at(2) == Some('#') => {
                    while self.peek().is_some_and(|c| c != ')') {
                        self.at += 1;
                    }
                    if !self.take(')') {
                        return Err(self.error("Unterminated (?#...) comment."));
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    /// Reads alternatives up to a closing bracket or the end. Options set inside end with it.
    fn alternation(&mut self) -> Parsed<Node> {
        let outer = self.options;
        let mut branches = Vec::new();
        let mut items = Vec::new();
        loop {
            self.skip_comments()?;
            match self.peek() {
                None | Some(')') => break,
                Some('|') => {
                    self.at += 1;
                    branches.push(concat(std::mem::take(&mut items)));
                }
                Some(c) => {
                    if let Some(node) = self.atom(c)? {
                        let node = self.quantified(node)?;
                        items.push(node);
                    }
                }
            }
        }
        self.options = outer;
        branches.push(concat(items));
        Ok(if branches.len() == 1 { branches.swap_remove(0) } else { Node::Alternate(branches) })
    }

    /// One thing a quantifier may follow; `None` for a change of options.
    fn atom(&mut self, c: char) -> Parsed<Option<Node>> {
        let start = self.at;
        self.at += 1;
        Ok(Some(match c {
            '[' => Node::Class(Box::new(self.class()?)),
            '(' => return self.group(),
            '^' if self.has(RegexOptions::MULTILINE) => Node::Anchor(Anchor::LineStart),
            '^' => Node::Anchor(Anchor::Start),
            '$' if self.has(RegexOptions::MULTILINE) => Node::Anchor(Anchor::LineEnd),
            '$' => Node::Anchor(Anchor::EndOrNewline),
            '.' if self.has(RegexOptions::SINGLELINE) => Node::Class(Box::new(CharClass::all())),
            '.' => Node::Class(Box::new(CharClass::not_newline())),
            '\\' => self.escape()?,
            '*' | '+' | '?' => return Err(self.error(format!("Quantifier '{c}' following nothing."))),
            '{' => {
                self.at -= 1;
                if self.is_quantifier() {
                    self.at += 1;
                    return Err(self.error("Quantifier '{' following nothing."));
                }
                self.at += 1;
                self.unit(u16::from(b'{'))
            }
            _ => self.unit(self.pattern[start]),
        }))
    }

    fn unit(&self, unit: u16) -> Node {
        if self.has(RegexOptions::IGNORE_CASE) {
            Node::Class(Box::new(CharClass::unit(unit, true)))
        } else {
            Node::Unit(unit)
        }
    }

    /// Whether `*`, `+`, `?`, `{n}`, `{n,}` or `{n,m}` stands here.
    fn is_quantifier(&self) -> bool {
        match self.peek() {
            Some('*' | '+' | '?') => true,
            Some('{') => {
                let digits = |from: usize| {
                    (from..).take_while(|at| self.peek_at(*at).is_some_and(|c| c.is_ascii_digit())).count()
                };
                let first = digits(1);
                if first == 0 {
                    return false;
                }
                match self.peek_at(1 + first) {
                    Some('}') => true,
                    Some(',') => self.peek_at(2 + first + digits(2 + first)) == Some('}'),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    fn quantified(&mut self, node: Node) -> Parsed<Node> {
        self.skip_comments()?;
        if !self.is_quantifier() {
            return Ok(node);
        }
        let (min, max) = match self.peek() {
            Some('*') => (0, u32::MAX),
            Some('+') => (1, u32::MAX),
            Some('?') => (0, 1),
            _ => {
                self.at += 1;
                let min = self.decimal()?;
                let max = match self.take(',') {
                    false => min,
                    true if self.peek() == Some('}') => u32::MAX,
                    true => self.decimal()?,
                };
                (min, max)
            }
        };
        self.at += 1;
        self.skip_comments()?;
        let lazy = self.take('?');
        if min > max {
            return Err(self.error("Illegal {x,y} with x > y."));
        }
        self.skip_comments()?;
        if self.is_quantifier() {
            let c = self.peek().unwrap_or('*');
            self.at += 1;
            return Err(self.error(format!("Nested quantifier '{c}'.")));
        }
        Ok(Node::Loop { node: Box::new(node), min, max, lazy })
    }

    fn decimal(&mut self) -> Parsed<u32> {
        let mut value: u32 = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.at += 1;
            value = match value.checked_mul(10).and_then(|value| value.checked_add(digit)) {
                Some(value) if value <= i32::MAX as u32 => value,
                _ => {
                    return Err(self
                        .error("Quantifier and capture group numbers must be less than or equal to Int32.MaxValue."));
                }
            };
        }
        Ok(value)
    }

    fn slot_of_number(&self, number: u32) -> Option<usize> {
        self.groups.iter().position(|group| i64::from(group.number) == i64::from(number))
    }

    fn slot_of_name(&self, name: &str) -> Option<usize> {
        self.groups.iter().position(|group| group.name == name)
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.pattern.get(self.at).is_some_and(|unit| class::is_word(*unit)) {
            self.at += 1;
        }
        String::from_utf16_lossy(&self.pattern[start..self.at])
    }

    fn close(&mut self, node: Node) -> Parsed<Node> {
        if self.take(')') { Ok(node) } else { Err(self.error("Not enough )'s.")) }
    }

    fn body(&mut self) -> Parsed<Node> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(self.error("The pattern nests groups too deeply."));
        }
        let node = self.alternation()?;
        self.depth -= 1;
        self.close(node)
    }

    /// What follows an opening bracket.
    fn group(&mut self) -> Parsed<Option<Node>> {
        let outer = self.options;
        let node = if self.peek() != Some('?') || self.peek_at(1) == Some(')') {
            self.take('?').then(|| self.error("Unrecognized grouping construct.")).map_or(Ok(()), Err)?;
            self.plain_group()?
        } else {
            self.at += 1;
            let Some(c) = self.peek() else { return Err(self.error("Unrecognized grouping construct.")) };
            self.at += 1;
            match c {
                ':' => self.body()?,
                '>' => Node::Atomic(Box::new(self.body()?)),
                '=' | '!' => self.look(false, c == '!')?,
                '<' if matches!(self.peek(), Some('=' | '!')) => {
                    let negate = self.peek() == Some('!');
                    self.at += 1;
                    self.look(true, negate)?
                }
                '<' => self.named_group('>')?,
                '\'' => self.named_group('\'')?,
                '(' => self.conditional()?,
                _ => {
                    self.at -= 1;
                    self.inline_options();
                    if self.take(')') {
                        // Holds until the enclosing group ends.
                        return Ok(None);
                    }
                    if !self.take(':') {
                        self.at += usize::from(self.at < self.pattern.len());
                        return Err(self.error("Unrecognized grouping construct."));
                    }
                    self.body()?
                }
            }
        };
        self.options = outer;
        Ok(Some(node))
    }

    fn inline_options(&mut self) {
        let mut on = true;
        while let Some(c) = self.peek() {
            match c {
                '+' => on = true,
                '-' => on = false,
                _ => match RegexOptions::of_letter(c) {
                    Some(option) => self.options = self.options.with(option, on),
                    None => return,
                },
            }
            self.at += 1;
        }
    }

    fn plain_group(&mut self) -> Parsed<Node> {
        if self.has(RegexOptions::EXPLICIT_CAPTURE) {
            return self.body();
        }
        let slot = self.slot_of_number(self.next as u32);
        self.next += 1;
        Ok(Node::Capture { slot, balance: None, node: Box::new(self.body()?) })
    }

    fn look(&mut self, behind: bool, negate: bool) -> Parsed<Node> {
        Ok(Node::Look { behind, negate, node: Box::new(self.body()?) })
    }

    fn named_group(&mut self, closing: char) -> Parsed<Node> {
        let name = self.word();
        let slot = match name.chars().next() {
            Some('0'..='9') => {
                let number = name.parse::<u32>().map_err(|_| self.invalid_name())?;
                if number == 0 {
                    return Err(self.error("Capture number cannot be zero."));
                }
                Some(self.slot_of_number(number).ok_or_else(|| self.invalid_name())?)
            }
            Some(_) => self.slot_of_name(&name),
            None if self.peek() == Some('-') => None,
            None => return Err(self.invalid_name()),
        };
        let balance = if self.take('-') {
            let other = self.word();
            let slot = match other.chars().next() {
                Some('0'..='9') => other.parse().ok().and_then(|number| self.slot_of_number(number)),
                Some(_) => self.slot_of_name(&other),
                None => return Err(self.invalid_name()),
            };
            let kind = if other.starts_with(|c: char| c.is_ascii_digit()) { "number" } else { "name" };
            Some(slot.ok_or_else(|| self.error(format!("Reference to undefined group {kind} {other}.")))?)
        } else {
            None
        };
        if !self.take(closing) {
            return Err(self.invalid_name());
        }
        Ok(Node::Capture { slot, balance, node: Box::new(self.body()?) })
    }

    fn invalid_name(&self) -> RegexParseError {
        self.error("Invalid group name: Group names must begin with a word character.")
    }

    /// `(?(` is behind: a group's name or number, or an expression to test.
    fn conditional(&mut self) -> Parsed<Node> {
        let start = self.at;
        let name = self.word();
        if self.peek() == Some(')') && !name.is_empty() {
            let number = name.starts_with(|c: char| c.is_ascii_digit());
            let slot = if number {
                let slot = name.parse().ok().and_then(|number| self.slot_of_number(number));
                Some(slot.ok_or_else(|| {
                    self.error(format!("Conditional alternation refers to an undefined group number {name}."))
                })?)
            } else {
                self.slot_of_name(&name)
            };
            if let Some(slot) = slot {
                self.at += 1;
                let (yes, no) = self.branches()?;
                return Ok(Node::IfCaptured { slot, yes, no });
            }
        }
        self.at = start;
        if self.peek() == Some('?') {
            match self.peek_at(1) {
                Some('#') => return Err(self.error("Alternation conditions cannot be comments.")),
                Some('\'') => return Err(self.error("Alternation conditions do not capture and cannot be named.")),
                Some('<') if !matches!(self.peek_at(2), Some('=' | '!')) => {
                    return Err(self.error("Alternation conditions do not capture and cannot be named."));
                }
                _ => {}
            }
            // A lookaround as the condition: read it from its bracket.
            let test = self.group()?.unwrap_or(Node::Empty);
            let (yes, no) = self.branches()?;
            return Ok(Node::IfMatches { test: Box::new(test), yes, no });
        }
        let test = Box::new(self.body()?);
        let (yes, no) = self.branches()?;
        Ok(Node::IfMatches { test, yes, no })
    }

    fn branches(&mut self) -> Parsed<(Box<Node>, Box<Node>)> {
        match self.body()? {
            Node::Alternate(mut branches) => {
                if branches.len() > 2 {
                    return Err(self.error("Too many | in (?()|)."));
                }
                let no = branches.pop().unwrap_or(Node::Empty);
                let yes = branches.pop().unwrap_or(Node::Empty);
                Ok((Box::new(yes), Box::new(no)))
            }
            yes => Ok((Box::new(yes), Box::new(Node::Empty))),
        }
    }

    /// What follows a backslash outside a class.
    fn escape(&mut self) -> Parsed<Node> {
        let Some(c) = self.peek() else { return Err(self.error("Illegal \\ at end of pattern.")) };
        let ecma = self.has(RegexOptions::ECMA_SCRIPT);
        let anchor = match c {
            'b' if ecma => Some(Anchor::EcmaBoundary),
            'b' => Some(Anchor::Boundary),
            'B' if ecma => Some(Anchor::NotEcmaBoundary),
            'B' => Some(Anchor::NotBoundary),
            'A' => Some(Anchor::Start),
            'G' => Some(Anchor::Search),
            'Z' => Some(Anchor::EndOrNewline),
            'z' => Some(Anchor::End),
            _ => None,
        };
        if let Some(anchor) = anchor {
            self.at += 1;
            return Ok(Node::Anchor(anchor));
        }
        match c {
            'w' | 'W' | 's' | 'S' | 'd' | 'D' => {
                self.at += 1;
                let mut class = CharClass::default();
                class.shorthand(c as u8, ecma);
                Ok(Node::Class(Box::new(class.sealed())))
            }
            'p' | 'P' => {
                self.at += 1;
                let mut class = CharClass::default();
                self.property(&mut class, c == 'P')?;
                Ok(Node::Class(Box::new(class.sealed())))
            }
            'k' | '<' | '\'' => self.named_reference(c),
            '1'..='9' => self.numbered_reference(),
            _ => {
                let unit = self.escaped_unit()?;
                Ok(self.unit(unit))
            }
        }
    }

    fn reference(&self, slot: usize) -> Node {
        Node::Backreference {
            slot,
            ignore_case: self.has(RegexOptions::IGNORE_CASE),
            ecma: self.has(RegexOptions::ECMA_SCRIPT),
        }
    }

    /// `\k<name>`, `\k'name'`, and the old forms without the `k`.
    fn named_reference(&mut self, c: char) -> Parsed<Node> {
        let start = self.at;
        self.at += usize::from(c == 'k');
        let open = self.peek();
        let closing = if open == Some('\'') { '\'' } else { '>' };
        if matches!(open, Some('<' | '\'')) {
            self.at += 1;
            let name = self.word();
            if !name.is_empty() && self.take(closing) {
                let number = name.starts_with(|c: char| c.is_ascii_digit());
                let slot = if number {
                    name.parse().ok().and_then(|number| self.slot_of_number(number))
                } else {
                    self.slot_of_name(&name)
                };
                if let Some(slot) = slot {
                    return Ok(self.reference(slot));
                }
                let kind = if number { "number" } else { "name" };
                return Err(self.error(format!("Reference to undefined group {kind} {name}.")));
            }
        }
        if c == 'k' {
            return Err(self.error("Malformed \\k<...> named back reference."));
        }
        self.at = start + 1;
        Ok(self.unit(c as u16))
    }

    fn numbered_reference(&mut self) -> Parsed<Node> {
        let start = self.at;
        if self.has(RegexOptions::ECMA_SCRIPT) {
            // The longest number that is a group.
            let mut best = None;
            let mut number = 0_u32;
            while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)).filter(|_| number < 1_000_000) {
                self.at += 1;
                number = number * 10 + digit;
                if let Some(slot) = self.slot_of_number(number) {
                    best = Some((slot, self.at));
                }
            }
            if let Some((slot, end)) = best {
                self.at = end;
                return Ok(self.reference(slot));
            }
        } else {
            let number = self.decimal()?;
            if let Some(slot) = self.slot_of_number(number) {
                return Ok(self.reference(slot));
            }
            if number <= 9 {
                return Err(self.error(format!("Reference to undefined group number {number}.")));
            }
        }
        self.at = start;
        let unit = self.escaped_unit()?;
        Ok(self.unit(unit))
    }

    fn property(&mut self, class: &mut CharClass, negate: bool) -> Parsed<()> {
        if self.pattern.len() < self.at + 3 {
            return Err(self.error("Incomplete \\p{X} character escape."));
        }
        if !self.take('{') {
            return Err(self.error("Malformed \\p{X} character escape."));
        }
        let start = self.at;
        while self.peek().is_some_and(|c| c == '-' || class::is_word(c as u16)) {
            self.at += 1;
        }
        let name = String::from_utf16_lossy(&self.pattern[start..self.at]);
        if !self.take('}') {
            return Err(self.error("Incomplete \\p{X} character escape."));
        }
        if class.property(&name, negate) { Ok(()) } else { Err(self.error(format!("Unknown property '{name}'."))) }
    }

    /// A character escape; the backslash is behind.
    fn escaped_unit(&mut self) -> Parsed<u16> {
        let Some(c) = self.peek() else { return Err(self.error("Illegal \\ at end of pattern.")) };
        if c.is_ascii_digit() {
            return Ok(self.octal());
        }
        let unit = self.pattern[self.at];
        self.at += 1;
        Ok(match c {
            'x' => return self.hex(2),
            'u' => return self.hex(4),
            'a' => 7,
            'b' => 8,
            'e' => 27,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            'v' => 11,
            'c' => {
                let Some(control) = self.peek() else { return Err(self.error("Missing control character.")) };
                self.at += 1;
                match control.to_ascii_uppercase() {
                    upper @ '@'..='_' => upper as u16 - 64,
                    _ => return Err(self.error("Unrecognized control character.")),
                }
            }
            _ if !self.has(RegexOptions::ECMA_SCRIPT) && class::is_word(unit) => {
                return Err(self.error(format!("Unrecognized escape sequence \\{c}.")));
            }
            _ => unit,
        })
    }

    /// The next unit of a text with character escapes.
    pub(super) fn next_unescaped(&mut self) -> Parsed<Option<u16>> {
        if self.take('\\') {
            return self.escaped_unit().map(Some);
        }
        let unit = self.pattern.get(self.at).copied();
        self.at += 1;
        Ok(unit)
    }

    fn octal(&mut self) -> u16 {
        let mut value = 0;
        for _ in 0..3 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
            self.at += 1;
            value = value * 8 + digit as u16;
            if self.has(RegexOptions::ECMA_SCRIPT) && value >= 0o40 {
                break;
            }
        }
        value & 0xFF
    }

    fn hex(&mut self, digits: usize) -> Parsed<u16> {
        let mut value = 0;
        for _ in 0..digits {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else {
                return Err(self.error("Insufficient or invalid hexadecimal digits."));
            };
            self.at += 1;
            value = value * 16 + digit as u16;
        }
        Ok(value)
    }

    /// A class; its opening bracket is behind.
    fn class(&mut self) -> Parsed<CharClass> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(self.error("The pattern nests classes too deeply."));
        }
        let mut class = CharClass::default();
        class.ignore_case = self.has(RegexOptions::IGNORE_CASE);
        class.negate = self.take('^');
        let ecma = self.has(RegexOptions::ECMA_SCRIPT);
        let mut first = !(ecma && self.peek() == Some(']'));
        loop {
            let Some(c) = self.peek() else { return Err(self.error("Unterminated [] set.")) };
            if c == ']' && !first {
                self.at += 1;
                break;
            }
            if c == '-' && !first && self.peek_at(1) == Some('[') {
                self.at += 2;
                class.subtract = Some(Box::new(self.class()?));
                if self.peek().is_some_and(|c| c != ']') {
                    return Err(self.error("A subtraction must be the last element in a character class."));
                }
                continue;
            }
            first = false;
            self.class_member(&mut class, ecma)?;
        }
        self.depth -= 1;
        Ok(class.sealed())
    }

    fn class_member(&mut self, class: &mut CharClass, ecma: bool) -> Parsed<()> {
        let Some(low) = self.class_unit(class, ecma, false)? else { return Ok(()) };
        let is_range = self.peek() == Some('-') && !matches!(self.peek_at(1), Some(']' | '[') | None);
        if !is_range {
            class.range(low, low);
            return Ok(());
        }
        self.at += 1;
        match self.class_unit(class, ecma, true)? {
            Some(high) if low > high => Err(self.error("[x-y] range in reverse order.")),
            Some(high) => {
                class.range(low, high);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// One unit of a class; `None` where an escape stood for a whole class.
    fn class_unit(&mut self, class: &mut CharClass, ecma: bool, in_range: bool) -> Parsed<Option<u16>> {
        let Some(c) = self.peek() else { return Err(self.error("Unterminated [] set.")) };
        if c != '\\' {
            self.at += 1;
            return Ok(Some(self.pattern[self.at - 1]));
        }
        self.at += 1;
        match self.peek() {
            Some(c @ ('d' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P')) => {
                self.at += 1;
                if in_range {
                    return Err(self.error(format!("Cannot include class \\{c} in character range.")));
                }
                if matches!(c, 'p' | 'P') {
                    self.property(class, c == 'P')?;
                } else {
                    class.shorthand(c as u8, ecma);
                }
                Ok(None)
            }
            Some('-') => {
                self.at += 1;
                Ok(Some(u16::from(b'-')))
            }
            _ => self.escaped_unit().map(Some),
        }
    }
}

fn concat(mut items: Vec<Node>) -> Node {
    match items.len() {
        0 => Node::Empty,
        1 => items.swap_remove(0),
        _ => Node::Concat(items),
    }
}
