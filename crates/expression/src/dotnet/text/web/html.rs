//! `HtmlEncode` and `HtmlDecode`.

use super::entities::ENTITIES;
use std::fmt::Write;

/// `WebUtility.HtmlEncode`.
pub fn html_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for ch in text.chars() {
        match ch {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '\u{a0}'..='\u{ff}' | '\u{10000}'.. => {
                // Writing into a string cannot fail.
                let _ = write!(out, "&#{};", ch as u32);
            }
            _ => out.push(ch),
        }
    }
    out
}

/// `WebUtility.HtmlDecode`; what is no character reference stays as it is.
pub fn html_decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        // A reference ends at the next `;`, unless another begins before.
        let end = rest[1..].find([';', '&']).map(|end| end + 1);
        match end {
            Some(end) if rest.as_bytes()[end] == b';' => {
                match reference(&rest[1..end]) {
                    Some(ch) => out.push(ch),
                    None => out.push_str(&rest[..=end]),
                }
                rest = &rest[end + 1..];
            }
            Some(end) => {
                out.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            None => break,
        }
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        let valid = digits.bytes().all(|byte| char::from(byte).is_digit(radix));
        return valid.then(|| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32)).flatten();
    }
    let at = ENTITIES.binary_search_by(|(entity, _)| entity.cmp(&name)).ok()?;
    Some(ENTITIES[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn html() {
        assert_eq!(
            html_encode("<a href=\"x\">'é&</a>Ā😀"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&#233;&amp;&lt;/a&gt;Ā&#128512;"
        );
        for (text, expected) in [
            ("&lt;&amp;&#39;&eacute;&nbsp;&copy;&unknown;", "<&'é\u{a0}©&unknown;"),
            ("&#x1F600;&#X41;&#xD800;&#;", "😀A&#xD800;&#;"),
            ("a & b &lt c", "a & b &lt c"),
            ("&amp&lt;", "&amp<"),
            ("&Eacute;&EACUTE;&apos;", "É&EACUTE;'"),
        ] {
            assert_eq!(html_decode(text), expected);
        }
    }

    proptest! {
        #[test]
        fn encoded_text_reads_back(text: String, odd in "[&#x;a-f0-9]{0,12}") {
            prop_assert_eq!(html_decode(&html_encode(&text)), text);
            let _ = html_decode(&odd);
        }
    }
}
