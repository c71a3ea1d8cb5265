//! Percent escapes as `System.Uri` writes and reads them.

/// RFC 3986: characters that never need an escape.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// RFC 3986: characters that separate.
fn is_reserved(byte: u8) -> bool {
    b":/?#[]@!$&'()*+,;=".contains(&byte)
}

fn push_escape(out: &mut String, byte: u8) {
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        out.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
    }
}

/// The byte of an escape at the start of `bytes`.
fn escaped_byte(bytes: &[u8]) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    (bytes.first() == Some(&b'%')).then_some(())?;
    Some((digit(1)? * 16 + digit(2)?) as u8)
}

/// Escapes what may not stand in a URI; good escapes stay as they are.
pub(super) fn escape_kept(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, byte) in text.bytes().enumerate() {
        let kept = is_unreserved(byte) || is_reserved(byte);
        if kept || (byte == b'%' && escaped_byte(&text.as_bytes()[index..]).is_some()) {
            out.push(char::from(byte));
        } else {
            push_escape(&mut out, byte);
        }
    }
    out
}

/// What `Uri.ToString()` shows: separators, `%` and control characters stay escaped.
pub(super) fn unescape_safe(text: &str) -> String {
    unescape(text, |c| {
        let unsafe_ascii = c.is_ascii() && (is_reserved(c as u8) || matches!(c, '%' | '\\'));
        !unsafe_ascii && !c.is_control()
    })
}

fn unescape(text: &str, decodes: impl Fn(char) -> bool) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(offset) = text[at..].find('%') {
        out.push_str(&text[at..at + offset]);
        at += offset;
        let mut run = Vec::new();
        while let Some(byte) = escaped_byte(&bytes[at + run.len() * 3..]) {
            run.push(byte);
        }
        if run.is_empty() {
            out.push('%');
            at += 1;
            continue;
        }
        let mut from = 0;
        for chunk in run.utf8_chunks() {
            for c in chunk.valid().chars() {
                let length = c.len_utf8();
                let source = &text[at + from * 3..at + (from + length) * 3];
                if decodes(c) {
                    out.push(c)
                } else {
                    out.push_str(source)
                }
                from += length;
            }
            let invalid = chunk.invalid().len();
            out.push_str(&text[at + from * 3..at + (from + invalid) * 3]);
            from += invalid;
        }
        at += run.len() * 3;
    }
    out.push_str(&text[at..]);
    out
}

/// Whether a text needs no further escaping: what `IsWellFormedUriString` asks of each part.
pub(super) fn is_well_escaped(text: &str) -> bool {
    text.bytes().enumerate().all(|(index, byte)| {
        is_unreserved(byte)
            || is_reserved(byte)
            || !byte.is_ascii()
            || (byte == b'%' && escaped_byte(&text.as_bytes()[index..]).is_some())
    })
}
