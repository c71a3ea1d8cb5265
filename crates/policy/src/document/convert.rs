//! The two wire forms of a document: `xml` (well-formed, expressions escaped) and `rawxml`
//! (expressions as written). Only expressions change; layout, comments and line ends stay.

use super::parse::{ExpressionPlace, parse};
use super::source::entity;

/// The document in the management API's `xml` form: well-formed XML, expressions escaped. Layout
/// and comments are kept; text that already is well-formed comes back as it is.
pub fn to_xml(text: &str) -> String {
    rewrite(text, |raw, place| if is_well_formed(raw, place.quote) { None } else { Some(escape(place)) })
}

/// The document in the `rawxml` form: expressions as their author wrote them.
pub fn to_rawxml(text: &str) -> String {
    rewrite(text, |raw, place| {
        let code = keep_ambiguous(&place.code);
        (code != raw).then_some(code)
    })
}

fn rewrite(text: &str, change: impl Fn(&str, &ExpressionPlace) -> Option<String>) -> String {
    let parsed = parse(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut from = 0;
    for place in &parsed.expressions {
        let (start, end) = (place.raw.start as usize, place.raw.end as usize);
        if let Some(changed) = change(&text[start..end], place) {
            out.push_str(&text[from..start]);
            out.push_str(&changed);
            from = end;
        }
    }
    out.push_str(&text[from..]);
    out
}

fn is_well_formed(raw: &str, quote: Option<u8>) -> bool {
    raw.bytes().enumerate().all(|(at, byte)| match byte {
        b'<' => false,
        b'&' => entity(&raw[at..]).is_some(),
        b'>' => quote.is_some() || !raw[..at].ends_with("]]"),
        other => Some(other) != quote,
    })
}

fn escape(place: &ExpressionPlace) -> String {
    let mut out = String::with_capacity(place.code.len() + 16);
    for character in place.code.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if place.quote.is_some() => out.push_str("&quot;"),
            '\'' if place.quote == Some(b'\'') => out.push_str("&apos;"),
            other => out.push(other),
        }
    }
    out
}

/// C# text in which `&` stays escaped where, raw, it would read as an entity.
fn keep_ambiguous(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    for (at, character) in code.char_indices() {
        if character == '&' && entity(&code[at..]).is_some() {
            out.push_str("&amp;");
        } else {
            out.push(character);
        }
    }
    out
}
