//! Paths and queries as they stand in a request target: escaped.

use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// Removes `.` and `..` segments (escaped ones too), so that what is matched and what the backend
/// sees cannot differ. Other escapes, `%2F` among them, and empty segments stay.
/// `None`: the path leaves the root.
pub fn normalize(path: &str) -> Option<Cow<'_, str>> {
    if !may_have_dots(path.as_bytes()) {
        return Some(Cow::Borrowed(path));
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match dots(segment) {
            None => kept.push(segment),
            Some(1) => {}
            Some(_) => {
                kept.pop()?;
            }
        }
        if last && dots(segment).is_some() {
            kept.push("");
        }
    }
    let mut normalized = String::with_capacity(path.len());
    for segment in &kept {
        normalized.push('/');
        normalized.push_str(segment);
    }
    if normalized.is_empty() {
        normalized.push('/');
    }
    Some(Cow::Owned(normalized))
}

/// A quick no for nearly every path: a segment can only be dots if `/.` or `%2e` occurs. A backslash
/// is no separator here; it is refused before, with the other characters a target may not have.
fn may_have_dots(path: &[u8]) -> bool {
    path.windows(2).any(|pair| pair == b"/.") || path.windows(3).any(|escape| escape.eq_ignore_ascii_case(b"%2e"))
}

/// 1 or 2 for `.` and `..` in any spelling.
fn dots(segment: &str) -> Option<usize> {
    if segment.is_empty() || segment.len() > 6 {
        return None;
    }
    let mut rest = segment.as_bytes();
    let mut count = 0;
    while !rest.is_empty() {
        rest = match rest {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return None,
        };
        count += 1;
    }
    (count <= 2).then_some(count)
}

/// Percent-decoded text; bytes that are not UTF-8 become U+FFFD, as .NET does.
pub fn percent_decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// `(name, value)` of a query, still escaped.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Decodes a query value: `+` is a blank.
pub fn query_decode(text: &str) -> String {
    if text.contains('+') { percent_decode(&text.replace('+', " ")) } else { percent_decode(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dot_segments_go_and_nothing_else_changes() {
        for (path, expected) in [
            ("/a/b", Some("/a/b")),
            ("/a//b/", Some("/a//b/")),
            ("/a/./b", Some("/a/b")),
            ("/a/../b", Some("/b")),
            ("/a/%2e%2E/b", Some("/b")),
            ("/a/.%2e/b", Some("/b")),
            ("/a/b/..", Some("/a/")),
            ("/a/.", Some("/a/")),
            ("/..", None),
            ("/a/../../b", None),
            ("/a/...", Some("/a/...")),
            ("/a/.b", Some("/a/.b")),
            ("/a%2f..%2fb", Some("/a%2f..%2fb")),
            ("/", Some("/")),
        ] {
            assert_eq!(normalize(path).as_deref(), expected, "{path}");
        }
    }
}
