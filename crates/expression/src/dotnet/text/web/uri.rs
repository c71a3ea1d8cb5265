//! Percent-encoding as `WebUtility` and `Uri` do it.

use crate::dotnet::text::error::{DotnetError, DotnetResult};

const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn push_escaped(out: &mut String, byte: u8) {
    out.push('%');
    out.push(char::from(HEX[usize::from(byte >> 4)]));
    out.push(char::from(HEX[usize::from(byte & 15)]));
}

fn encode(text: &str, plain: impl Fn(u8) -> bool, blank_as_plus: bool) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        match byte {
            b' ' if blank_as_plus => out.push('+'),
            _ if byte.is_ascii_alphanumeric() || plain(byte) => out.push(char::from(byte)),
            _ => push_escaped(&mut out, byte),
        }
    }
    out
}

/// `WebUtility.UrlEncode`.
pub fn url_encode(text: &str) -> String {
    encode(text, |byte| b"-_.!*()".contains(&byte), true)
}

/// `WebUtility.UrlEncodeToBytes`.
pub fn url_encode_bytes(content: &[u8]) -> Vec<u8> {
    let mut out = String::with_capacity(content.len() + content.len() / 4);
    for byte in content {
        match byte {
            b' ' => out.push('+'),
            byte if byte.is_ascii_alphanumeric() || b"-_.!*()".contains(byte) => out.push(char::from(*byte)),
            byte => push_escaped(&mut out, *byte),
        }
    }
    out.into_bytes()
}

/// `Uri.EscapeDataString`.
pub fn escape_data_string(text: &str) -> String {
    encode(text, |byte| b"-_.~".contains(&byte), false)
}

/// `Uri.EscapeUriString`: reserved characters stay.
pub fn escape_uri_string(text: &str) -> String {
    encode(text, |byte| b"-_.~;/?:@&=+$,#[]!'()*".contains(&byte), false)
}

fn escaped_byte(text: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    match text {
        [b'%', high, low, ..] => Some((digit(high)? << 4 | digit(low)?) as u8),
        _ => None,
    }
}

/// The bytes that a URL-encoded text stands for: `+` is a blank; a `%` without digits stays.
pub fn url_decode_bytes(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        if let Some(value) = escaped_byte(&text[at..]) {
            out.push(value);
            at += 3;
        } else {
            out.push(if byte == b'+' { b' ' } else { byte });
            at += 1;
        }
    }
    out
}

/// `WebUtility.UrlDecode`; invalid UTF-8 becomes U+FFFD.
pub fn url_decode(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    String::from_utf8_lossy(&url_decode_bytes(text.as_bytes())).into_owned()
}

/// `Uri.UnescapeDataString`: escapes that are no valid UTF-8 stay as they are.
pub fn unescape_data_string(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'%', &bytes[at..]) {
        out.push_str(&text[at..at + next]);
        at += next;
        let start = at;
        let mut run = Vec::new();
        while let Some(byte) = escaped_byte(&bytes[at..]) {
            run.push(byte);
            at += 3;
        }
        if run.is_empty() {
            out.push('%');
            at += 1;
            continue;
        }
        let mut offset = start;
        for chunk in run.utf8_chunks() {
            out.push_str(chunk.valid());
            offset += chunk.valid().len() * 3;
            let invalid = chunk.invalid().len() * 3;
            out.push_str(&text[offset..offset + invalid]);
            offset += invalid;
        }
    }
    out.push_str(&text[at..]);
    out
}

/// `Uri.HexEscape(ch)`.
pub fn hex_escape(ch: u16) -> DotnetResult<String> {
    let byte = u8::try_from(ch).map_err(|_| {
        DotnetError::out_of_range("Specified argument was out of the range of valid values.", "character")
    })?;
    let mut out = String::with_capacity(3);
    push_escaped(&mut out, byte);
    Ok(out)
}

/// `Uri.IsHexEncoding(pattern, index)` over UTF-16 units.
pub fn is_hex_encoding(pattern: &[u16], index: usize) -> bool {
    hex_value(pattern, index).is_some()
}

fn hex_value(pattern: &[u16], index: usize) -> Option<u16> {
    let units = pattern.get(index..index.checked_add(3)?)?;
    let bytes = [u8::try_from(units[0]).ok()?, u8::try_from(units[1]).ok()?, u8::try_from(units[2]).ok()?];
    escaped_byte(&bytes).map(u16::from)
}

/// `Uri.HexUnescape(pattern, ref index)`: the character and the index behind it.
pub fn hex_unescape(pattern: &[u16], index: usize) -> DotnetResult<(u16, usize)> {
    match (hex_value(pattern, index), pattern.get(index)) {
        (Some(value), _) => Ok((value, index + 3)),
        (None, Some(unit)) => Ok((*unit, index + 1)),
        (None, None) => {
            Err(DotnetError::out_of_range("Specified argument was out of the range of valid values.", "index"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escaping() {
        assert_eq!(url_encode("a b&c=d/é?*()!~'"), "a+b%26c%3Dd%2F%C3%A9%3F*()!%7E%27");
        assert_eq!(url_decode("a+b%26c%C3%A9%zz%"), "a b&cé%zz%");
        assert_eq!(
            escape_data_string("a b&c=d/é?#[]@!$'()*+,;:~-_."),
            "a%20b%26c%3Dd%2F%C3%A9%3F%23%5B%5D%40%21%24%27%28%29%2A%2B%2C%3B%3A~-_."
        );
        assert_eq!(escape_uri_string("https://x/a b?c=é&d=%20"), "https://x/a%20b?c=%C3%A9&d=%2520");
        assert_eq!(unescape_data_string("a%20b%26c%C3%A9+d%ff%41%C3%%4"), "a b&cé+d%ffA%C3%%4");
        assert_eq!(hex_escape(0x20), Ok("%20".into()));
        let units: Vec<u16> = "%41x".encode_utf16().collect();
        assert_eq!((hex_unescape(&units, 0), hex_unescape(&units, 3)), (Ok((0x41, 3)), Ok((u16::from(b'x'), 4))));
        assert!(hex_unescape(&units, 4).is_err() && hex_escape(256).is_err());
    }

    proptest! {
        #[test]
        fn escaped_text_reads_back(text: String, odd in "[%a-f0-9é+]{0,12}") {
            prop_assert_eq!(unescape_data_string(&escape_data_string(&text)), text.clone());
            prop_assert_eq!(url_decode(&url_encode(&text)), text);
            let _ = (url_decode(&odd), unescape_data_string(&odd));
        }
    }
}
