//! `System.String` and `System.Char`: what their methods compute over UTF-8 texts.
//!
//! Indexes and lengths are UTF-16 units, as in .NET; a result that would split a surrogate pair has
//! U+FFFD in its place.

mod case;
mod chars;
mod compare;
mod edit;
mod split;

pub use case::{to_lower_char, to_lower_invariant, to_upper_char, to_upper_invariant};
pub use chars::{UnicodeCategory, category, category_of_unit, numeric_value};
pub use compare::{
    StringComparison, compare, compare_ordinal, compare_with, contains, ends_with, equals, index_of, last_index_of,
    starts_with,
};
pub use edit::{NormalizationForm, insert, normalize, pad_left, pad_right, remove, replace, replace_with, substring};
pub use split::{StringSplitOptions, split, split_chars, split_white_space};

/// `char.IsWhiteSpace`.
pub fn is_white_space(ch: char) -> bool {
    // The Unicode property is the same set as .NET's categories and Latin-1 exceptions.
    ch.is_whitespace()
}

/// `Trim()`.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_white_space)
}

/// `TrimStart()`.
pub fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_white_space)
}

/// `TrimEnd()`.
pub fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_white_space)
}

/// `string.IsNullOrWhiteSpace` of a text that is not null.
pub fn is_white(text: &str) -> bool {
    text.chars().all(is_white_space)
}

/// `Length`.
pub fn utf16_len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// The byte position of a UTF-16 index, and whether the index splits a pair; `None` behind the end.
pub fn byte_of_index(text: &str, index: usize) -> Option<(usize, bool)> {
    if text.is_ascii() {
        return (index <= text.len()).then_some((index, false));
    }
    let mut units = 0;
    for (at, ch) in text.char_indices() {
        if units >= index {
            return Some((at, units > index));
        }
        units += ch.len_utf16();
    }
    match units.cmp(&index) {
        std::cmp::Ordering::Less => None,
        std::cmp::Ordering::Equal => Some((text.len(), false)),
        std::cmp::Ordering::Greater => Some((text.len(), true)),
    }
}

/// The UTF-16 index of a byte position.
pub fn index_of_byte(text: &str, byte: usize) -> usize {
    utf16_len(text.get(..byte).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_indexes() {
        assert_eq!(trim("\u{a0} a b\t\u{2003}\n"), "a b");
        assert!(is_white("\u{3000}\u{85}") && !is_white("\u{200b}"));
        assert_eq!(utf16_len("é😀"), 3);
        assert_eq!(byte_of_index("é😀x", 1), Some((2, false)));
        assert_eq!(byte_of_index("é😀x", 2), Some((6, true)));
        assert_eq!(byte_of_index("é😀x", 4), Some((7, false)));
        assert_eq!(byte_of_index("é", 2), None);
        assert_eq!(index_of_byte("é😀x", 6), 3);
    }
}
