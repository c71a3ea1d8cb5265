//! `System.Text.RegularExpressions`: .NET's pattern syntax and matching over UTF-16 units.
//!
//! A [`Regex`] is plain data and may be shared between threads. Every call takes a budget of steps
//! and ends with [`MatchTimeout`] when it is used up.

mod blocks;
mod class;
mod compile;
mod groups;
mod matcher;
mod parse;
mod replace;
mod tree;

pub use groups::Group;
pub use replace::Replacement;

use crate::dotnet::data::error::DotnetError;
use matcher::Matcher;
use parse::Parser;

/// `RegexOptions`, with .NET's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegexOptions(pub u32);

impl RegexOptions {
    pub const IGNORE_CASE: u32 = 1;
    pub const MULTILINE: u32 = 2;
    pub const EXPLICIT_CAPTURE: u32 = 4;
    pub const SINGLELINE: u32 = 16;
    pub const IGNORE_PATTERN_WHITESPACE: u32 = 32;
    pub const RIGHT_TO_LEFT: u32 = 64;
    pub const ECMA_SCRIPT: u32 = 256;
    pub const NON_BACKTRACKING: u32 = 1024;
    /// Bits that may be set; `Compiled` (8) and `CultureInvariant` (512) change nothing here, and
    /// `NonBacktracking` only which patterns are taken: the budget bounds every match.
    const KNOWN: u32 = 0x77F;
    /// What `ECMAScript` may be combined with: case, lines, `Compiled`, and `CultureInvariant`.
    const WITH_ECMA_SCRIPT: u32 = 1 | 2 | 8 | 256 | 512;

    fn has(self, option: u32) -> bool {
        self.0 & option != 0
    }

    fn with(self, option: u32, on: bool) -> RegexOptions {
        RegexOptions(if on { self.0 | option } else { self.0 & !option })
    }

    fn of_letter(letter: char) -> Option<u32> {
        Some(match letter.to_ascii_lowercase() {
            'i' => RegexOptions::IGNORE_CASE,
            'm' => RegexOptions::MULTILINE,
            'n' => RegexOptions::EXPLICIT_CAPTURE,
            's' => RegexOptions::SINGLELINE,
            'x' => RegexOptions::IGNORE_PATTERN_WHITESPACE,
            _ => return None,
        })
    }
}

/// A pattern that cannot be read; the message is .NET's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegexParseError {
    pub message: String,
}

impl From<RegexParseError> for DotnetError {
    fn from(error: RegexParseError) -> DotnetError {
        DotnetError::new("System.Text.RegularExpressions.RegexParseException", error.message)
    }
}

/// The budget of a call is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchTimeout;

impl From<MatchTimeout> for DotnetError {
    fn from(_: MatchTimeout) -> DotnetError {
        DotnetError::new(
            "System.Text.RegularExpressions.RegexMatchTimeoutException",
            "The Regex engine has timed out while trying to match a pattern to an input string. This can occur for \
             many reasons, including very large inputs or excessive backtracking caused by nested quantifiers, \
             back-references and other factors.",
        )
    }
}

/// `Capture`: index and length in UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capture {
    pub index: usize,
    pub length: usize,
}

/// A successful match. Groups stand in the order of [`Regex::groups`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// All captures of each group; the first group is the match itself.
    pub captures: Vec<Vec<Capture>>,
}

impl Match {
    /// Where the match stands.
    pub fn span(&self) -> Capture {
        self.group(0).unwrap_or_default()
    }

    /// The last capture of the group at a position of [`Regex::groups`]; `None`: it did not take part.
    pub fn group(&self, slot: usize) -> Option<Capture> {
        self.captures.get(slot)?.last().copied()
    }
}

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Regex {
    pattern: String,
    options: RegexOptions,
    groups: Vec<Group>,
    program: compile::Program,
}

impl Regex {
    /// `new Regex(pattern, options)`.
    ///
    /// # Errors
    /// `RegexParseException`, or `ArgumentOutOfRangeException` for options that do not go together.
    pub fn new(pattern: &str, options: RegexOptions) -> Result<Regex, DotnetError> {
        let ecma = options.has(RegexOptions::ECMA_SCRIPT);
        let linear = options.has(RegexOptions::NON_BACKTRACKING);
        if options.0 & !RegexOptions::KNOWN != 0
            || (ecma && options.0 & !RegexOptions::WITH_ECMA_SCRIPT != 0)
            || (linear && options.has(RegexOptions::RIGHT_TO_LEFT))
        {
            return Err(DotnetError::out_of_range(
                "Specified argument was out of the range of valid values.",
                "options",
            ));
        }
        let units: Vec<u16> = pattern.encode_utf16().collect();
        let groups = groups::scan(&units, options);
        let tree = Parser::new(&units, options, &groups).parse()?;
        if let Some(part) = tree.needs_backtracking().filter(|_| linear) {
            let message = format!(
                "RegexOptions.NonBacktracking is not supported in conjunction with expressions containing: '{part}'."
            );
            return Err(DotnetError::new("System.NotSupportedException", message));
        }
        let program = compile::compile(&tree, options.has(RegexOptions::RIGHT_TO_LEFT));
        Ok(Regex { pattern: pattern.to_owned(), options, groups, program })
    }

    /// `ToString()`: the pattern.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    pub fn options(&self) -> RegexOptions {
        self.options
    }

    /// All groups by number; group 0 is the whole match.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Position in [`Regex::groups`] of a number.
    pub fn slot_of_number(&self, number: i32) -> Option<usize> {
        self.groups.binary_search_by_key(&number, |group| group.number).ok()
    }

    /// Position in [`Regex::groups`] of a name (or of a number written as text).
    pub fn slot_of_name(&self, name: &str) -> Option<usize> {
        self.groups.iter().position(|group| group.name == name)
    }

    pub fn is_right_to_left(&self) -> bool {
        self.options.has(RegexOptions::RIGHT_TO_LEFT)
    }

    /// Where a search starts when the caller does not say.
    fn default_start(&self, text: &[u16]) -> usize {
        if self.is_right_to_left() { text.len() } else { 0 }
    }

    /// `IsMatch(text)`.
    ///
    /// # Errors
    /// [`MatchTimeout`] when `steps` are used up.
    pub fn is_match(&self, text: &[u16], steps: &mut u64) -> Result<bool, MatchTimeout> {
        self.find(text, steps).map(|found| found.is_some())
    }

    /// `Match(text)`.
    ///
    /// # Errors
    /// [`MatchTimeout`].
    pub fn find(&self, text: &[u16], steps: &mut u64) -> Result<Option<Match>, MatchTimeout> {
        self.find_at(text, self.default_start(text), steps)
    }

    /// `Match(text, start)`; `start` is at most the text's length.
    ///
    /// # Errors
    /// [`MatchTimeout`].
    pub fn find_at(&self, text: &[u16], start: usize, steps: &mut u64) -> Result<Option<Match>, MatchTimeout> {
        self.scan(text, start, start, steps)
    }

    /// Looks from `first` on; `\G` is at `search`.
    fn scan(&self, text: &[u16], search: usize, first: usize, steps: &mut u64) -> Result<Option<Match>, MatchTimeout> {
        let search = search.min(text.len());
        let mut matcher = Matcher::new(&self.program, text, search, self.groups.len(), steps);
        let mut place = Some(first.min(text.len()));
        while let Some(at) = place {
            let Some(at) = self.next_candidate(text, search, at) else { return Ok(None) };
            matcher.spend(1 + at.abs_diff(place.unwrap_or(at)) as u64 / 16)?;
            if let Some(end) = matcher.attempt(at)? {
                let mut captures = matcher.into_captures();
                captures[0] = vec![Capture { index: at.min(end), length: at.abs_diff(end) }];
                return Ok(Some(Match { captures }));
            }
            place =
                if self.is_right_to_left() { at.checked_sub(1) } else { Some(at + 1).filter(|at| *at <= text.len()) };
        }
        Ok(None)
    }

    /// The next place at which a match can start.
    fn next_candidate(&self, text: &[u16], search: usize, at: usize) -> Option<usize> {
        match self.program.anchored {
            Some(tree::Anchor::Start) => return (at == 0).then_some(0),
            Some(tree::Anchor::Search) => return (at == search).then_some(at),
            _ => {}
        }
        if let [first, ..] = self.program.prefix[..] {
            let prefix = &self.program.prefix;
            let mut from = at;
            loop {
                from += text.get(from..)?.iter().position(|unit| *unit == first)?;
                if text[from..].starts_with(prefix) {
                    return Some(from);
                }
                from += 1;
            }
        }
        match self.program.first {
            Some(class) => {
                let class = &self.program.classes[class];
                text.get(at..)?.iter().position(|unit| class.contains(*unit)).map(|offset| at + offset)
            }
            None => Some(at),
        }
    }

    /// `match.NextMatch()`.
    ///
    /// # Errors
    /// [`MatchTimeout`].
    pub fn next(&self, text: &[u16], previous: &Match, steps: &mut u64) -> Result<Option<Match>, MatchTimeout> {
        let span = previous.span();
        let back = self.is_right_to_left();
        let edge = if back { span.index } else { span.index + span.length };
        let start = match (span.length, back) {
            (0, true) => edge.checked_sub(1),
            (0, false) => Some(edge + 1).filter(|start| *start <= text.len()),
            _ => Some(edge),
        };
        match start {
            // `\G` stays at the end of an empty match, though the search goes on behind it.
            Some(start) => self.scan(text, edge, start, steps),
            None => Ok(None),
        }
    }

    /// `Matches(text)`.
    ///
    /// # Errors
    /// [`MatchTimeout`].
    pub fn matches(&self, text: &[u16], steps: &mut u64) -> Result<Vec<Match>, MatchTimeout> {
        self.matches_at(text, self.default_start(text), usize::MAX, steps)
    }

    /// Up to `count` matches from `start`.
    ///
    /// # Errors
    /// [`MatchTimeout`].
    pub fn matches_at(
        &self,
        text: &[u16],
        start: usize,
        count: usize,
        steps: &mut u64,
    ) -> Result<Vec<Match>, MatchTimeout> {
        let mut found = Vec::new();
        let mut current = if count == 0 { None } else { self.find_at(text, start, steps)? };
        while let Some(matched) = current {
            current = if found.len() + 1 < count { self.next(text, &matched, steps)? } else { None };
            found.push(matched);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
