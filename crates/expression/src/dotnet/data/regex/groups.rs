//! The first look at a pattern: which groups it has, and their numbers.
//!
//! Unnamed groups are counted from 1, explicit numbers are kept, names get the numbers left over,
//! in order of appearance. Whether `\12` is a group or an octal code depends on the outcome.

use super::{RegexOptions, class};

/// One capturing group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub number: i32,
    /// The number's digits for unnamed groups.
    pub name: String,
}

/// All groups by number, group 0 first.
pub(super) fn scan(pattern: &[u16], options: RegexOptions) -> Vec<Group> {
    let mut scan = Scan { pattern, at: 0, options, outer: Vec::new(), numbers: vec![0], names: Vec::new(), next: 1 };
    scan.run();
    let mut next = scan.next;
    let mut groups: Vec<Group> = Vec::new();
    for name in scan.names {
        while scan.numbers.contains(&next) {
            next += 1;
        }
        groups.push(Group { number: next, name });
        next += 1;
    }
    scan.numbers.sort_unstable();
    scan.numbers.dedup();
    groups.extend(scan.numbers.into_iter().map(|number| Group { number, name: number.to_string() }));
    groups.sort_by_key(|group| group.number);
    groups
}

struct Scan<'a> {
    pattern: &'a [u16],
    at: usize,
    options: RegexOptions,
    outer: Vec<RegexOptions>,
    numbers: Vec<i32>,
    names: Vec<String>,
    next: i32,
}

impl Scan<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.pattern.get(self.at + ahead).map(|unit| char::from_u32(u32::from(*unit)).unwrap_or('\u{fffd}'))
    }

    fn run(&mut self) {
        // The group after `(?` of a condition does not capture.
        let mut is_condition = false;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\\' => self.at += 1,
                '#' if self.options.has(RegexOptions::IGNORE_PATTERN_WHITESPACE) => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                '[' => self.skip_class(),
                ')' => self.options = self.outer.pop().unwrap_or(self.options),
                '(' => is_condition = self.open(is_condition),
                _ => {}
            }
        }
    }

    fn open(&mut self, is_condition: bool) -> bool {
        if self.peek(0) == Some('?') && self.peek(1) == Some('#') {
            while self.peek(0).is_some_and(|c| c != ')') {
                self.at += 1;
            }
            self.at += 1;
            return is_condition;
        }
        self.outer.push(self.options);
        if self.peek(0) != Some('?') {
            if !self.options.has(RegexOptions::EXPLICIT_CAPTURE) && !is_condition {
                self.numbers.push(self.next);
                self.next += 1;
            }
            return false;
        }
        self.at += 1;
        match self.peek(0) {
            Some('<' | '\'') if !matches!(self.peek(1), Some('=' | '!' | '0')) => self.name(),
            Some('(') => return true,
            Some('<' | '=' | '!' | '>' | ':' | '\'') | None => {}
            Some(_) => {
                let off = self.inline_options();
                if off {
                    // `(?x)`: the options hold until the enclosing group ends.
                    self.outer.pop();
                }
            }
        }
        false
    }

    fn name(&mut self) {
        self.at += 1;
        let start = self.at;
        while self.pattern.get(self.at).is_some_and(|unit| class::is_word(*unit)) {
            self.at += 1;
        }
        let name = String::from_utf16_lossy(&self.pattern[start..self.at]);
        match name.chars().next() {
            Some('0'..='9') => self.numbers.extend(name.parse::<i32>()),
            Some(_) if !self.names.contains(&name) => self.names.push(name),
            _ => {}
        }
    }

    /// Reads `imnsx-imnsx`; true when a bracket closes the construct.
    fn inline_options(&mut self) -> bool {
        let mut on = true;
        while let Some(c) = self.peek(0) {
            match c {
                '+' => on = true,
                '-' => on = false,
                _ => match RegexOptions::of_letter(c) {
                    Some(option) => self.options = self.options.with(option, on),
                    None => break,
                },
            }
            self.at += 1;
        }
        let closed = self.peek(0) == Some(')');
        self.at += usize::from(closed);
        closed
    }

    fn skip_class(&mut self) {
        let mut depth = 1;
        self.at += usize::from(self.peek(0) == Some('^'));
        let mut first = true;
        while depth > 0 {
            let Some(c) = self.peek(0) else { return };
            self.at += 1;
            match c {
                '\\' => self.at += 1,
                ']' if !first => depth -= 1,
                '-' if !first && self.peek(0) == Some('[') => {
                    self.at += 1;
                    self.at += usize::from(self.peek(0) == Some('^'));
                    depth += 1;
                    first = true;
                    continue;
                }
                '[' if self.peek(0) == Some(':') => {}
                _ => {}
            }
            first = false;
        }
    }
}
