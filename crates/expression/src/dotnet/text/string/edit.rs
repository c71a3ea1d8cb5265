//! Parts and changes of texts: `Substring`, `Insert`, `Remove`, `Replace`, `PadLeft`, `Normalize`.

use super::compare::{StringComparison, find};
use super::{byte_of_index, utf16_len};
use crate::dotnet::text::error::{DotnetError, DotnetResult};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// The widest padding; .NET would run out of memory somewhere above.
const WIDTH_MAX: i32 = 64 << 20;

/// The units `start..end`, which must lie in the text; halves of pairs become U+FFFD.
fn slice(text: &str, start: usize, end: usize) -> String {
    let (Some((from, splits)), Some((to, cuts))) = (byte_of_index(text, start), byte_of_index(text, end)) else {
        return String::new();
    };
    if start == end {
        return String::new();
    }
    let mut out = String::new();
    if splits {
        out.push(char::REPLACEMENT_CHARACTER);
    }
    // A cut is reported at the end of the pair that it goes through.
    let to_whole = if cuts { text[..to].char_indices().next_back().map_or(0, |(at, _)| at) } else { to };
    out.push_str(text.get(from..to_whole).unwrap_or_default());
    if cuts {
        out.push(char::REPLACEMENT_CHARACTER);
    }
    out
}

/// `Substring(start)` and `Substring(start, length)`.
pub fn substring(text: &str, start: i32, length: Option<i32>) -> DotnetResult<String> {
    let total = utf16_len(text);
    let Ok(from) = usize::try_from(start) else { return Err(DotnetError::negative("startIndex", i64::from(start))) };
    if from > total {
        return Err(DotnetError::out_of_range("startIndex cannot be larger than length of string.", "startIndex"));
    }
    let Some(length) = length else { return Ok(slice(text, from, total)) };
    let Ok(count) = usize::try_from(length) else { return Err(DotnetError::negative("length", i64::from(length))) };
    if count > total - from {
        return Err(DotnetError::out_of_range(
            "Index and length must refer to a location within the string.",
            "length",
        ));
    }
    Ok(slice(text, from, from + count))
}

/// `Insert(index, value)`.
pub fn insert(text: &str, index: i32, value: &str) -> DotnetResult<String> {
    let total = utf16_len(text);
    match usize::try_from(index) {
        Ok(at) if at <= total => Ok(slice(text, 0, at) + value + &slice(text, at, total)),
        _ => Err(DotnetError::out_of_range_value(
            &format!("startIndex ('{index}') must be less than or equal to '{total}'."),
            "startIndex",
            index,
        )),
    }
}

/// `Remove(start)` and `Remove(start, count)`.
pub fn remove(text: &str, start: i32, count: Option<i32>) -> DotnetResult<String> {
    let total = utf16_len(text);
    let Ok(from) = usize::try_from(start) else { return Err(DotnetError::negative("startIndex", i64::from(start))) };
    let Some(count) = count else {
        if from > total {
            return Err(DotnetError::out_of_range("startIndex must be less than length of string.", "startIndex"));
        }
        return Ok(slice(text, 0, from));
    };
    let Ok(count) = usize::try_from(count) else { return Err(DotnetError::negative("count", i64::from(count))) };
    if from.saturating_add(count) > total {
        return Err(DotnetError::out_of_range("Index and count must refer to a location within the string.", "count"));
    }
    Ok(slice(text, 0, from) + &slice(text, from + count, total))
}

/// `Replace(old, new)`, ordinal.
pub fn replace(text: &str, old: &str, new: &str) -> DotnetResult<String> {
    if old.is_empty() {
        return Err(DotnetError::argument("The value cannot be an empty string.", "oldValue"));
    }
    Ok(text.replace(old, new))
}

/// `Replace(old, new, comparison)`.
pub fn replace_with(text: &str, old: &str, new: &str, comparison: StringComparison) -> DotnetResult<String> {
    if old.is_empty() || comparison == StringComparison::Ordinal {
        return replace(text, old, new);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((start, end)) = find(rest, old, comparison).filter(|(start, end)| end > start) {
        out.push_str(&rest[..start]);
        out.push_str(new);
        rest = &rest[end..];
    }
    out.push_str(rest);
    Ok(out)
}

fn padding(text: &str, width: i32) -> DotnetResult<usize> {
    if width < 0 {
        return Err(DotnetError::out_of_range("Non-negative number required.", "totalWidth"));
    }
    if width > WIDTH_MAX {
        return Err(DotnetError::out_of_memory());
    }
    Ok((width as usize).saturating_sub(utf16_len(text)))
}

/// `PadLeft(width, ch)`.
pub fn pad_left(text: &str, width: i32, ch: char) -> DotnetResult<String> {
    let count = padding(text, width)?;
    Ok(std::iter::repeat_n(ch, count).chain(text.chars()).collect())
}

/// `PadRight(width, ch)`.
pub fn pad_right(text: &str, width: i32, ch: char) -> DotnetResult<String> {
    let count = padding(text, width)?;
    Ok(text.chars().chain(std::iter::repeat_n(ch, count)).collect())
}

/// `System.Text.NormalizationForm`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormalizationForm {
    FormC = 1,
    FormD = 2,
    FormKC = 5,
    FormKD = 6,
}

impl NormalizationForm {
    pub fn from_i32(value: i32) -> DotnetResult<Self> {
        Ok(match value {
            1 => Self::FormC,
            2 => Self::FormD,
            5 => Self::FormKC,
            6 => Self::FormKD,
            _ => return Err(DotnetError::argument("Invalid or unsupported normalization form.", "normalizationForm")),
        })
    }
}

/// `Normalize(form)`.
pub fn normalize(text: &str, form: NormalizationForm) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    match form {
        NormalizationForm::FormC => ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned(),
        NormalizationForm::FormKC => ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned(),
        NormalizationForm::FormD => DecomposingNormalizerBorrowed::new_nfd().normalize(text).into_owned(),
        NormalizationForm::FormKD => DecomposingNormalizerBorrowed::new_nfkd().normalize(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts() {
        let message = |result: DotnetResult<String>| result.map_err(|error| error.message);
        assert_eq!(substring("abcdef", 2, Some(3)), Ok("cde".into()));
        assert_eq!(substring("abc", 3, None), Ok(String::new()));
        assert_eq!(substring("a😀b", 3, None), Ok("b".into()));
        assert_eq!(substring("a😀b", 1, Some(1)), Ok("\u{fffd}".into()));
        assert_eq!(
            message(substring("abc", 4, None)),
            Err("startIndex cannot be larger than length of string. (Parameter 'startIndex')".into())
        );
        assert_eq!(
            message(substring("abc", -1, None)),
            Err("startIndex ('-1') must be a non-negative value. (Parameter 'startIndex')\nActual value was -1.".into())
        );
        assert_eq!(
            message(substring("abc", 1, Some(5))),
            Err("Index and length must refer to a location within the string. (Parameter 'length')".into())
        );
        assert_eq!(insert("abc", 1, "XY"), Ok("aXYbc".into()));
        assert_eq!((remove("abcdef", 3, None), remove("abcdef", 1, Some(2))), (Ok("abc".into()), Ok("adef".into())));
        assert!(insert("abc", 4, "").is_err() && remove("abc", 2, Some(2)).is_err());
    }

    #[test]
    fn changes() {
        assert_eq!(replace("aaa", "aa", "b"), Ok("ba".into()));
        assert!(replace("abc", "", "x").is_err());
        assert_eq!(replace_with("aXbx", "x", "-", StringComparison::OrdinalIgnoreCase), Ok("a-b-".into()));
        assert_eq!((pad_left("7", 3, '0'), pad_right("ab", 3, ' ')), (Ok("007".into()), Ok("ab ".into())));
        assert!(pad_left("", -1, ' ').is_err());
        assert_eq!(normalize("e\u{301}", NormalizationForm::FormC), "é");
        assert_eq!(normalize("ﬁ", NormalizationForm::FormKD), "fi");
    }

    proptest! {
        #[test]
        fn any_index(text: String, start in -2..20i32, length in -2..20i32) {
            let _ = (substring(&text, start, Some(length)), insert(&text, start, "x"), remove(&text, start, Some(length)));
        }
    }
}
