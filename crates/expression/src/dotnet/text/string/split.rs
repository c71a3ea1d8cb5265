//! `string.Split`.

use super::{is_white_space, trim};
use crate::dotnet::text::error::{DotnetError, DotnetResult};

/// `System.StringSplitOptions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StringSplitOptions {
    pub remove_empty_entries: bool,
    pub trim_entries: bool,
}

impl StringSplitOptions {
    pub fn from_i32(value: i32) -> DotnetResult<Self> {
        if value & !3 != 0 {
            return Err(DotnetError::argument("Value of flags is invalid.", "options"));
        }
        Ok(Self { remove_empty_entries: value & 1 != 0, trim_entries: value & 2 != 0 })
    }
}

/// `Split(char[], count, options)`; no separators mean white space. `count` is negative for no limit.
pub fn split_chars<'a>(text: &'a str, separators: &[char], count: i32, options: StringSplitOptions) -> Vec<&'a str> {
    if separators.is_empty() {
        return split_white_space(text, count, options);
    }
    pieces(text, count, options, |rest| {
        rest.find(|ch| separators.contains(&ch)).map(|at| {
            let length = rest[at..].chars().next().map_or(0, char::len_utf8);
            (at, length)
        })
    })
}

/// `Split()`: at each white-space character.
pub fn split_white_space(text: &str, count: i32, options: StringSplitOptions) -> Vec<&str> {
    pieces(text, count, options, |rest| {
        rest.char_indices().find(|(_, ch)| is_white_space(*ch)).map(|(at, ch)| (at, ch.len_utf8()))
    })
}

/// `Split(string[], count, options)`: at each place the first separator that fits; empty ones never do.
pub fn split<'a>(text: &'a str, separators: &[&str], count: i32, options: StringSplitOptions) -> Vec<&'a str> {
    if separators.is_empty() {
        return split_white_space(text, count, options);
    }
    pieces(text, count, options, |rest| match separators {
        [""] => None,
        [only] => rest.find(only).map(|at| (at, only.len())),
        _ => rest.char_indices().find_map(|(at, _)| {
            let found =
                separators.iter().find(|separator| !separator.is_empty() && rest[at..].starts_with(**separator));
            found.map(|separator| (at, separator.len()))
        }),
    })
}

/// `next` finds the next separator: where it is and how long.
fn pieces<'a>(
    text: &'a str,
    count: i32,
    options: StringSplitOptions,
    next: impl Fn(&str) -> Option<(usize, usize)>,
) -> Vec<&'a str> {
    let limit = usize::try_from(count).unwrap_or(usize::MAX);
    let shape = |piece: &'a str| if options.trim_entries { trim(piece) } else { piece };
    let kept = |piece: &str| !(options.remove_empty_entries && piece.is_empty());
    let mut out = Vec::new();
    if limit == 0 {
        return out;
    }
    let mut rest = text;
    while out.len() + 1 < limit
        && let Some((at, length)) = next(rest)
    {
        let piece = shape(&rest[..at]);
        if kept(piece) {
            out.push(piece);
        }
        rest = &rest[at + length..];
    }
    // With a limit, .NET also drops empty pieces before the last one.
    if options.remove_empty_entries && out.len() + 1 == limit {
        while let Some((at, length)) = next(rest)
            && shape(&rest[..at]).is_empty()
        {
            rest = &rest[at + length..];
        }
    }
    let last = shape(rest);
    if kept(last) {
        out.push(last);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits() {
        let none = StringSplitOptions::default();
        let remove = StringSplitOptions { remove_empty_entries: true, trim_entries: false };
        let both = StringSplitOptions { remove_empty_entries: true, trim_entries: true };
        assert_eq!(split_chars("a,b,,c", &[','], -1, none), ["a", "b", "", "c"]);
        assert_eq!(split_chars("a,b,,c", &[','], -1, remove), ["a", "b", "c"]);
        assert_eq!(split_chars(",a,,b,c", &[','], 2, remove), ["a", "b,c"]);
        assert_eq!(split_chars(" a , ,b", &[','], -1, both), ["a", "b"]);
        assert_eq!(split_chars("key=value=more", &['='], 2, none), ["key", "value=more"]);
        assert_eq!(split("a--b--c", &["--"], 2, none), ["a", "b--c"]);
        assert_eq!(split("a-b+c", &["-", "+"], -1, none), ["a", "b", "c"]);
        assert_eq!(split("abc", &[""], -1, none), ["abc"]);
        assert_eq!(split_white_space("one two  three", -1, none), ["one", "two", "", "three"]);
        assert_eq!(split_chars("", &[','], -1, none), [""]);
        assert_eq!(split_chars("", &[','], -1, remove), [""; 0]);
        assert_eq!(split_chars("a,b", &[','], 0, none), [""; 0]);
        assert_eq!(split_chars("a,b", &[','], 1, none), ["a,b"]);
    }
}
