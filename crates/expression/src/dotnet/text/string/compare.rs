//! Comparison and search, ordinal and by the invariant culture (ICU's root collation).

use super::case::ordinal_upper;
use crate::dotnet::text::error::{DotnetError, DotnetResult};
use icu_collator::options::{CollatorOptions, Strength};
use icu_collator::{CollatorBorrowed, CollatorPreferences};
use std::cmp::Ordering;
use std::sync::OnceLock;

/// `System.StringComparison`; the current culture is the invariant one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringComparison {
    CurrentCulture = 0,
    CurrentCultureIgnoreCase = 1,
    InvariantCulture = 2,
    InvariantCultureIgnoreCase = 3,
    Ordinal = 4,
    OrdinalIgnoreCase = 5,
}

impl StringComparison {
    pub fn from_i32(value: i32) -> DotnetResult<Self> {
        Ok(match value {
            0 => Self::CurrentCulture,
            1 => Self::CurrentCultureIgnoreCase,
            2 => Self::InvariantCulture,
            3 => Self::InvariantCultureIgnoreCase,
            4 => Self::Ordinal,
            5 => Self::OrdinalIgnoreCase,
            _ => {
                return Err(DotnetError::argument(
                    "The string comparison type passed in is currently not supported.",
                    "comparisonType",
                ));
            }
        })
    }

    fn is_culture(self) -> bool {
        (self as u8) < Self::Ordinal as u8
    }

    fn ignores_case(self) -> bool {
        self as u8 % 2 == 1
    }
}

fn collator(ignore_case: bool) -> Option<&'static CollatorBorrowed<'static>> {
    static SENSITIVE: OnceLock<Option<CollatorBorrowed<'static>>> = OnceLock::new();
    static INSENSITIVE: OnceLock<Option<CollatorBorrowed<'static>>> = OnceLock::new();
    let (cell, strength) =
        if ignore_case { (&INSENSITIVE, Strength::Secondary) } else { (&SENSITIVE, Strength::Tertiary) };
    cell.get_or_init(|| {
        let mut options = CollatorOptions::default();
        options.strength = Some(strength);
        CollatorBorrowed::try_new(CollatorPreferences::default(), options).ok()
    })
    .as_ref()
}

/// `string.Compare(left, right, ignoreCase)` by culture.
pub fn compare(left: &str, right: &str, ignore_case: bool) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    match collator(ignore_case) {
        Some(collator) => collator.compare(left, right),
        // Cannot happen: the root collation is built in.
        None => left.cmp(right),
    }
}

/// `string.CompareOrdinal`: the difference of the first units that differ, or of the lengths.
pub fn compare_ordinal(left: &str, right: &str) -> i32 {
    difference(left.encode_utf16(), right.encode_utf16())
}

fn compare_ordinal_ignore_case(left: &str, right: &str) -> i32 {
    let upper = |text: &str| text.chars().map(ordinal_upper).flat_map(units).collect::<Vec<_>>();
    if left.is_ascii() && right.is_ascii() {
        let upper = |byte: u8| u16::from(byte.to_ascii_uppercase());
        return difference(left.bytes().map(upper), right.bytes().map(upper));
    }
    difference(upper(left).into_iter(), upper(right).into_iter())
}

fn units(ch: char) -> impl Iterator<Item = u16> {
    let mut buffer = [0; 2];
    let count = ch.encode_utf16(&mut buffer).len();
    buffer.into_iter().take(count)
}

fn difference(mut left: impl Iterator<Item = u16>, mut right: impl Iterator<Item = u16>) -> i32 {
    loop {
        match (left.next(), right.next()) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => return i32::from(a) - i32::from(b),
            (Some(_), None) => return 1 + left.count() as i32,
            (None, Some(_)) => return -1 - right.count() as i32,
            (None, None) => return 0,
        }
    }
}

/// `string.Compare(left, right, comparison)`.
pub fn compare_with(left: &str, right: &str, comparison: StringComparison) -> i32 {
    match comparison {
        StringComparison::Ordinal => compare_ordinal(left, right),
        StringComparison::OrdinalIgnoreCase => compare_ordinal_ignore_case(left, right),
        _ => compare(left, right, comparison.ignores_case()) as i32,
    }
}

/// `string.Equals(left, right, comparison)`.
pub fn equals(left: &str, right: &str, comparison: StringComparison) -> bool {
    match comparison {
        StringComparison::Ordinal => left == right,
        StringComparison::OrdinalIgnoreCase if left.is_ascii() || right.is_ascii() => left.eq_ignore_ascii_case(right),
        _ => compare_with(left, right, comparison) == 0,
    }
}

/// The length in bytes of a prefix of `text` that equals `value`.
fn prefix(text: &str, value: &str, comparison: StringComparison) -> Option<usize> {
    if plain(text, comparison) && plain(value, comparison) {
        let head = text.as_bytes().get(..value.len())?;
        let met = if comparison.ignores_case() {
            head.eq_ignore_ascii_case(value.as_bytes())
        } else {
            head == value.as_bytes()
        };
        return met.then_some(value.len());
    }
    if !comparison.is_culture() {
        return match comparison {
            StringComparison::Ordinal => text.starts_with(value).then_some(value.len()),
            _ => {
                let mut rest = text.chars();
                for ch in value.chars() {
                    if rest.next().map(ordinal_upper) != Some(ordinal_upper(ch)) {
                        return None;
                    }
                }
                Some(text.len() - rest.as_str().len())
            }
        };
    }
    // A composed and a decomposed text differ in length by at most this factor.
    const STRETCH: usize = 3;
    let wanted = value.chars().count();
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    let mut ends: Vec<usize> = ends.skip(wanted.div_ceil(STRETCH)).take(wanted * STRETCH + 1).collect();
    // The most likely end first.
    ends.sort_by_key(|end| end.abs_diff(value.len()));
    let ignore_case = comparison.ignores_case();
    ends.into_iter().find(|end| compare(&text[..*end], value, ignore_case) == Ordering::Equal)
}

/// Whether units can be compared one by one: always if ordinal, by culture only printable ASCII.
fn plain(text: &str, comparison: StringComparison) -> bool {
    match comparison {
        StringComparison::Ordinal => true,
        StringComparison::OrdinalIgnoreCase => text.is_ascii(),
        _ => text.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
    }
}

/// `StartsWith(value, comparison)`.
pub fn starts_with(text: &str, value: &str, comparison: StringComparison) -> bool {
    value.is_empty() || prefix(text, value, comparison).is_some()
}

/// `EndsWith(value, comparison)`.
pub fn ends_with(text: &str, value: &str, comparison: StringComparison) -> bool {
    if value.is_empty() {
        return true;
    }
    if comparison == StringComparison::Ordinal {
        return text.ends_with(value);
    }
    text.char_indices().rev().any(|(at, _)| prefix(&text[at..], value, comparison) == Some(text.len() - at))
}

/// `Contains(value, comparison)`.
pub fn contains(text: &str, value: &str, comparison: StringComparison) -> bool {
    find(text, value, comparison).is_some()
}

/// The byte range of the first occurrence.
pub(super) fn find(text: &str, value: &str, comparison: StringComparison) -> Option<(usize, usize)> {
    if value.is_empty() {
        return Some((0, 0));
    }
    if !comparison.ignores_case() && plain(text, comparison) && plain(value, comparison) {
        return text.find(value).map(|at| (at, at + value.len()));
    }
    text.char_indices().find_map(|(at, _)| prefix(&text[at..], value, comparison).map(|length| (at, at + length)))
}

/// `IndexOf(value, comparison)` in UTF-16 units.
pub fn index_of(text: &str, value: &str, comparison: StringComparison) -> Option<usize> {
    find(text, value, comparison).map(|(at, _)| super::index_of_byte(text, at))
}

/// `LastIndexOf(value, comparison)` in UTF-16 units.
pub fn last_index_of(text: &str, value: &str, comparison: StringComparison) -> Option<usize> {
    if value.is_empty() {
        return Some(super::utf16_len(text));
    }
    let at = if comparison == StringComparison::Ordinal {
        text.rfind(value)
    } else {
        text.char_indices().rev().map(|(at, _)| at).find(|at| prefix(&text[*at..], value, comparison).is_some())
    };
    at.map(|at| super::index_of_byte(text, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn culture_order() {
        let words =
            ["", "_", "-", "1", "a", "A", "á", "ab", "b", "B", "co-op", "coop", "strasse", "straße", "z", "ä z"];
        for (left, right) in [
            ("a", "A"),
            ("A", "b"),
            ("_", "-"),
            ("-", "1"),
            ("1", "a"),
            ("co-op", "coop"),
            ("strasse", "straße"),
            ("A", "á"),
        ] {
            assert_eq!(compare(left, right, false), Ordering::Less, "{left} {right}");
            assert_eq!(compare(right, left, false), Ordering::Greater);
            assert!(words.contains(&left));
        }
        assert_eq!(compare("a", "A", true), Ordering::Equal);
        assert_eq!(compare("e\u{301}", "é", false), Ordering::Equal);
        assert_eq!(compare("a\0b", "ab", false), Ordering::Equal);
    }

    #[test]
    fn ordinal_order() {
        assert_eq!(compare_ordinal("a", "B"), 31);
        assert_eq!(compare_ordinal("abc", "a"), 2);
        assert_eq!(compare_with("a", "B", StringComparison::OrdinalIgnoreCase), -1);
        assert!(compare_ordinal("\u{ffff}", "😀") > 0);
        assert!(equals("straÉe", "STRAéE", StringComparison::OrdinalIgnoreCase));
        assert!(!equals("ß", "SS", StringComparison::OrdinalIgnoreCase));
    }

    #[test]
    fn search() {
        use StringComparison::{CurrentCulture, InvariantCultureIgnoreCase, Ordinal, OrdinalIgnoreCase};
        assert_eq!(index_of("banana", "an", CurrentCulture), Some(1));
        assert_eq!(last_index_of("banana", "an", CurrentCulture), Some(3));
        assert_eq!(index_of("é😀x", "x", Ordinal), Some(3));
        assert_eq!(index_of("Banana", "b", OrdinalIgnoreCase), Some(0));
        assert_eq!(index_of("cafe\u{301}s", "é", CurrentCulture), Some(3));
        assert!(ends_with("Banana", "NA", InvariantCultureIgnoreCase) && starts_with("ÉT", "ét", OrdinalIgnoreCase));
        assert!(!contains("Banana", "BAN", Ordinal) && contains("x", "", Ordinal));
        assert_eq!(last_index_of("abc", "", Ordinal), Some(3));
    }
}
