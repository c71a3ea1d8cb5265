//! Invariant case mapping: one character for one, as ICU's simple mappings have it.

use icu_casemap::CaseMapper;

/// `char.ToUpperInvariant`; `ı` has no upper case in the invariant culture.
pub fn to_upper_char(ch: char) -> char {
    match ch {
        _ if ch.is_ascii() => ch.to_ascii_uppercase(),
        'ı' => ch,
        _ => CaseMapper::new().simple_uppercase(ch),
    }
}

/// `char.ToLowerInvariant`; `İ` has no lower case in the invariant culture.
pub fn to_lower_char(ch: char) -> char {
    match ch {
        _ if ch.is_ascii() => ch.to_ascii_lowercase(),
        'İ' => ch,
        _ => CaseMapper::new().simple_lowercase(ch),
    }
}

/// The upper case that ordinal comparison without case goes by: `ſ` stays as it is too.
pub(super) fn ordinal_upper(ch: char) -> char {
    if ch == 'ſ' { ch } else { to_upper_char(ch) }
}

/// `ToUpperInvariant()`, which is also `ToUpper()` under the invariant culture.
pub fn to_upper_invariant(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_uppercase() } else { text.chars().map(to_upper_char).collect() }
}

/// `ToLowerInvariant()`, which is also `ToLower()` under the invariant culture.
pub fn to_lower_invariant(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(to_lower_char).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_mappings() {
        for (text, upper) in [("Straße ÀÉ", "STRAßE ÀÉ"), ("ǆ ŉ ﬁ", "Ǆ ŉ ﬁ"), ("ıi", "ıI"), ("ᾳ", "ᾼ"), ("𐐨", "𐐀")]
        {
            assert_eq!(to_upper_invariant(text), upper);
        }
        for (text, lower) in [("ISTANBUL ıİ", "istanbul ıİ"), ("ΑΣ", "ας".replace('ς', "σ").as_str()), ("Å", "å")]
        {
            assert_eq!(to_lower_invariant(text), lower);
        }
    }
}
