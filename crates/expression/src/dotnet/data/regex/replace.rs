//! `Replace`, `Split`, `Result`, `Escape` and `Unescape`.

use super::{Match, MatchTimeout, Parser, Regex, RegexOptions};
use crate::dotnet::data::error::DotnetError;

/// A replacement pattern, read against the groups of one regex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(Vec<u16>),
    Group(usize),
    Before,
    After,
    Last,
    Whole,
}

impl Replacement {
    pub fn new(regex: &Regex, text: &str) -> Replacement {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut parts = Vec::new();
        let mut literal = Vec::new();
        let mut at = 0;
        while let Some(&unit) = units.get(at) {
            let special = if unit == u16::from(b'$') { dollar(regex, &units[at + 1..]) } else { None };
            match special {
                Some((part, length)) => {
                    at += 1 + length;
                    match part {
                        Part::Text(text) => literal.extend(text),
                        part => {
                            if !literal.is_empty() {
                                parts.push(Part::Text(std::mem::take(&mut literal)));
                            }
                            parts.push(part);
                        }
                    }
                }
                None => {
                    literal.push(unit);
                    at += 1;
                }
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Replacement { parts }
    }

    /// `match.Result(replacement)`, appended to `out`.
    pub fn expand(&self, text: &[u16], matched: &Match, out: &mut Vec<u16>) {
        let span = matched.span();
        let group = |slot: usize| {
            matched.group(slot).map_or(&[][..], |capture| &text[capture.index..capture.index + capture.length])
        };
        for part in &self.parts {
            match part {
                Part::Text(units) => out.extend_from_slice(units),
                Part::Group(slot) => out.extend_from_slice(group(*slot)),
                Part::Before => out.extend_from_slice(&text[..span.index]),
                Part::After => out.extend_from_slice(&text[span.index + span.length..]),
                Part::Last => out.extend_from_slice(group(matched.captures.len() - 1)),
                Part::Whole => out.extend_from_slice(text),
            }
        }
    }
}

/// Reads what follows a `$`: the part and the units it takes; `None`: the `$` is literal.
fn dollar(regex: &Regex, rest: &[u16]) -> Option<(Part, usize)> {
    let c = |at: usize| rest.get(at).and_then(|unit| char::from_u32(u32::from(*unit)));
    let simple = match c(0)? {
        '$' => Part::Text(vec![u16::from(b'$')]),
        '&' => Part::Group(0),
        '`' => Part::Before,
        '\'' => Part::After,
        '+' => Part::Last,
        '_' => Part::Whole,
        '{' => {
            let end = rest.iter().position(|unit| *unit == u16::from(b'}'))?;
            let name = String::from_utf16_lossy(&rest[1..end]);
            let numeric = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
            let slot = if numeric { regex.slot_of_number(name.parse().ok()?) } else { regex.slot_of_name(&name) };
            return slot.map(|slot| (Part::Group(slot), end + 1));
        }
        '0'..='9' => return numbered(regex, rest),
        _ => return None,
    };
    Some((simple, 1))
}

fn numbered(regex: &Regex, rest: &[u16]) -> Option<(Part, usize)> {
    let digits = rest.iter().take_while(|unit| (48..58).contains(*unit)).count();
    let number = |length: usize| String::from_utf16_lossy(&rest[..length]).parse::<i32>().ok();
    let lengths = if regex.options.has(RegexOptions::ECMA_SCRIPT) { 1..=digits } else { digits..=digits };
    lengths.rev().find_map(|length| regex.slot_of_number(number(length)?).map(|slot| (Part::Group(slot), length)))
}

impl Regex {
    /// `Replace(text, replacement, count, start)`.
    ///
    /// # Errors
    /// [`MatchTimeout`].
    pub fn replace(
        &self,
        text: &[u16],
        replacement: &Replacement,
        count: usize,
        steps: &mut u64,
    ) -> Result<Vec<u16>, MatchTimeout> {
        let matches = self.matches_at(text, self.default_start(text), count, steps)?;
        let mut out = Vec::with_capacity(text.len());
        let mut failed = false;
        self.splice(
            text,
            &matches,
            |matched, out| {
                replacement.expand(text, matched, out);
                // `$_` and its kin multiply the text: what they write is paid for.
                match steps.checked_sub(out.len() as u64 / 1024) {
                    Some(left) => *steps = left,
                    None => failed = true,
                }
                if failed { Err(MatchTimeout) } else { Ok(()) }
            },
            &mut out,
        )?;
        Ok(out)
    }

    /// `Replace(text, evaluator, count)`: `evaluate` appends the replacement of each match.
    ///
    /// # Errors
    /// What `evaluate` fails with, or [`MatchTimeout`].
    pub fn replace_with<E: From<MatchTimeout>>(
        &self,
        text: &[u16],
        count: usize,
        steps: &mut u64,
        evaluate: impl FnMut(&Match, &mut Vec<u16>) -> Result<(), E>,
    ) -> Result<Vec<u16>, E> {
        let matches = self.matches_at(text, self.default_start(text), count, steps)?;
        let mut out = Vec::with_capacity(text.len());
        self.splice(text, &matches, evaluate, &mut out)?;
        Ok(out)
    }

    /// Writes the text with each match replaced. Evaluation is in order of the matches, which for
    /// a right-to-left pattern is from the end.
    ///
    /// # Errors
    /// What `evaluate` fails with.
    pub fn splice<E>(
        &self,
        text: &[u16],
        matches: &[Match],
        mut evaluate: impl FnMut(&Match, &mut Vec<u16>) -> Result<(), E>,
        out: &mut Vec<u16>,
    ) -> Result<(), E> {
        if !self.is_right_to_left() {
            let mut from = 0;
            for matched in matches {
                let span = matched.span();
                out.extend_from_slice(&text[from..span.index]);
                evaluate(matched, out)?;
                from = span.index + span.length;
            }
            out.extend_from_slice(&text[from..]);
            return Ok(());
        }
        let mut pieces = Vec::with_capacity(matches.len());
        for matched in matches {
            let mut piece = Vec::new();
            evaluate(matched, &mut piece)?;
            pieces.push((matched.span(), piece));
        }
        let mut from = 0;
        for (span, piece) in pieces.into_iter().rev() {
            out.extend_from_slice(&text[from..span.index]);
            out.extend(piece);
            from = span.index + span.length;
        }
        out.extend_from_slice(&text[from..]);
        Ok(())
    }

    /// `Split(text, count)`; 0 is no limit. Captured groups stand between the pieces.
    ///
    /// # Errors
    /// [`MatchTimeout`].
    pub fn split(&self, text: &[u16], count: usize, steps: &mut u64) -> Result<Vec<Vec<u16>>, MatchTimeout> {
        if count == 1 {
            return Ok(vec![text.to_vec()]);
        }
        let limit = if count == 0 { usize::MAX } else { count - 1 };
        let matches = self.matches_at(text, self.default_start(text), limit, steps)?;
        Ok(self.pieces(text, matches))
    }

    /// What `Split` gives for these matches: the texts between them, and their captured groups.
    pub fn pieces(&self, text: &[u16], mut matches: Vec<Match>) -> Vec<Vec<u16>> {
        if self.is_right_to_left() {
            matches.reverse();
        }
        let mut pieces = Vec::new();
        let mut from = 0;
        for matched in &matches {
            let span = matched.span();
            pieces.push(text[from..span.index].to_vec());
            from = span.index + span.length;
            let groups = (1..matched.captures.len()).filter_map(|slot| matched.group(slot));
            pieces.extend(groups.map(|capture| text[capture.index..capture.index + capture.length].to_vec()));
        }
        pieces.push(text[from..].to_vec());
        pieces
    }

    /// `Regex.Escape(text)`.
    pub fn escape(text: &str) -> String {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '\n' => escaped.push_str("\\n"),
                '\r' => escaped.push_str("\\r"),
                '\t' => escaped.push_str("\\t"),
                '\u{c}' => escaped.push_str("\\f"),
                '\\' | '*' | '+' | '?' | '|' | '{' | '[' | '(' | ')' | '^' | '$' | '.' | '#' | ' ' => {
                    escaped.extend(['\\', c]);
                }
                _ => escaped.push(c),
            }
        }
        escaped
    }

    /// `Regex.Unescape(text)`.
    ///
    /// # Errors
    /// `RegexParseException` for an escape that cannot be read.
    pub fn unescape(text: &str) -> Result<String, DotnetError> {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut out = Vec::with_capacity(units.len());
        let mut parser = Parser::new(&units, RegexOptions::default(), &[]);
        while let Some(unit) = parser.next_unescaped()? {
            out.push(unit);
        }
        Ok(String::from_utf16_lossy(&out))
    }
}
