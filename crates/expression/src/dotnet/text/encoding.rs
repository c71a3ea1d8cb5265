//! `System.Text.Encoding`, Base64, hexadecimal and `BitConverter`.

use super::error::{DotnetError, DotnetResult};
use super::string::{NormalizationForm, normalize};
use std::fmt::Write;

/// The encodings that .NET has without code page providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    Utf16Le,
    Utf16Be,
    Utf32Le,
    Utf32Be,
}

/// Code page, name, description and further names.
const ENCODINGS: [(Encoding, i32, &str, &str, &[&str]); 7] = [
    (
        Encoding::Utf8,
        65001,
        "utf-8",
        "Unicode (UTF-8)",
        &["unicode-1-1-utf-8", "unicode-2-0-utf-8", "x-unicode-1-1-utf-8", "x-unicode-2-0-utf-8"],
    ),
    (
        Encoding::Ascii,
        20127,
        "us-ascii",
        "US-ASCII",
        &[
            "ascii",
            "ansi_x3.4-1968",
            "ansi_x3.4-1986",
            "cp367",
            "csascii",
            "ibm367",
            "iso-ir-6",
            "iso646-us",
            "iso_646.irv:1991",
            "us",
        ],
    ),
    (
        Encoding::Latin1,
        28591,
        "iso-8859-1",
        "Western European (ISO)",
        &["cp819", "csisolatin1", "ibm819", "iso-ir-100", "iso8859-1", "iso_8859-1", "iso_8859-1:1987", "l1", "latin1"],
    ),
    (Encoding::Utf16Le, 1200, "utf-16", "Unicode", &["iso-10646-ucs-2", "ucs-2", "unicode", "utf-16le"]),
    (Encoding::Utf16Be, 1201, "utf-16BE", "Unicode (Big-Endian)", &["unicodefffe"]),
    (Encoding::Utf32Le, 12000, "utf-32", "Unicode (UTF-32)", &["utf-32le"]),
    (Encoding::Utf32Be, 12001, "utf-32BE", "Unicode (UTF-32 Big-Endian)", &[]),
];

const UTF_7_NAMES: [&str; 6] = [
    "utf-7",
    "csunicode11utf7",
    "unicode-1-1-utf-7",
    "unicode-2-0-utf-7",
    "x-unicode-1-1-utf-7",
    "x-unicode-2-0-utf-7",
];

const PROVIDER_HINT: &str =
    "For information on defining a custom encoding, see the documentation for the Encoding.RegisterProvider method.";

impl Encoding {
    /// `Encoding.GetEncoding(name)`.
    pub fn by_name(name: &str) -> DotnetResult<Self> {
        if UTF_7_NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            return Err(utf7_disabled());
        }
        let met = |candidate: &str| candidate.eq_ignore_ascii_case(name);
        ENCODINGS
            .iter()
            .find(|(_, _, first, _, others)| met(first) || others.iter().any(|other| met(other)))
            .map(|(encoding, ..)| *encoding)
            .ok_or_else(|| {
                DotnetError::argument(&format!("'{name}' is not a supported encoding name. {PROVIDER_HINT}"), "name")
            })
    }

    /// `Encoding.GetEncoding(codePage)`.
    pub fn by_code_page(code_page: i32) -> DotnetResult<Self> {
        match code_page {
            0 => Ok(Self::Utf8),
            65000 => Err(utf7_disabled()),
            _ if !(0..=65535).contains(&code_page) => {
                Err(DotnetError::out_of_range("Valid values are between 0 and 65535, inclusive.", "codepage"))
            }
            _ => ENCODINGS.iter().find(|(_, page, ..)| *page == code_page).map(|(encoding, ..)| *encoding).ok_or_else(
                || {
                    DotnetError::not_supported(format!(
                        "No data is available for encoding {code_page}. {PROVIDER_HINT}"
                    ))
                },
            ),
        }
    }

    fn entry(self) -> &'static (Self, i32, &'static str, &'static str, &'static [&'static str]) {
        // The table has every encoding.
        ENCODINGS.iter().find(|(encoding, ..)| *encoding == self).unwrap_or(&ENCODINGS[0])
    }

    /// `WebName`, also `HeaderName` and `BodyName`.
    pub fn web_name(self) -> &'static str {
        self.entry().2
    }

    pub fn encoding_name(self) -> &'static str {
        self.entry().3
    }

    pub fn code_page(self) -> i32 {
        self.entry().1
    }

    pub fn is_single_byte(self) -> bool {
        matches!(self, Self::Ascii | Self::Latin1)
    }

    /// `GetPreamble()`: the byte-order mark.
    pub fn preamble(self) -> &'static [u8] {
        match self {
            Self::Utf8 => &[0xef, 0xbb, 0xbf],
            Self::Ascii | Self::Latin1 => &[],
            Self::Utf16Le => &[0xff, 0xfe],
            Self::Utf16Be => &[0xfe, 0xff],
            Self::Utf32Le => &[0xff, 0xfe, 0, 0],
            Self::Utf32Be => &[0, 0, 0xfe, 0xff],
        }
    }

    /// `GetBytes(text)`.
    pub fn get_bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Ascii => single_bytes(text, |ch| ch.is_ascii().then_some(ch as u8)),
            Self::Latin1 => single_bytes(text, latin1),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Utf32Le => text.chars().flat_map(|ch| (ch as u32).to_le_bytes()).collect(),
            Self::Utf32Be => text.chars().flat_map(|ch| (ch as u32).to_be_bytes()).collect(),
        }
    }

    /// `GetByteCount(text)`.
    pub fn byte_count(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Ascii | Self::Latin1 => super::string::utf16_len(text),
            Self::Utf16Le | Self::Utf16Be => 2 * super::string::utf16_len(text),
            Self::Utf32Le | Self::Utf32Be => 4 * text.chars().count(),
        }
    }

    /// `GetString(bytes)`; what is invalid becomes U+FFFD (`?` in ASCII). A byte-order mark stays.
    pub fn get_string(self, bytes: &[u8]) -> String {
        let utf16 = |unit: fn([u8; 2]) -> u16| {
            let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
            let odd = (bytes.len() % 2 == 1).then_some(char::REPLACEMENT_CHARACTER);
            char::decode_utf16(units).map(|ch| ch.unwrap_or(char::REPLACEMENT_CHARACTER)).chain(odd).collect()
        };
        let utf32 = |code: fn([u8; 4]) -> u32| {
            let codes = bytes.chunks(4).map(|word| <[u8; 4]>::try_from(word).map_or(u32::MAX, code));
            codes.map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        };
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Ascii => bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect(),
            Self::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Self::Utf16Le => utf16(u16::from_le_bytes),
            Self::Utf16Be => utf16(u16::from_be_bytes),
            Self::Utf32Le => utf32(u32::from_le_bytes),
            Self::Utf32Be => utf32(u32::from_be_bytes),
        }
    }
}

impl Encoding {
    /// Whether every character of a text has its own bytes.
    pub fn has_all(self, text: &str) -> bool {
        match self {
            Self::Ascii => text.is_ascii(),
            Self::Latin1 => text.chars().all(|ch| u8::try_from(u32::from(ch)).is_ok()),
            _ => true,
        }
    }

    /// Whether the bytes can be decoded without a replacement.
    pub fn is_valid(self, bytes: &[u8]) -> bool {
        let whole = |width: usize| bytes.len().is_multiple_of(width);
        let utf16 = |unit: fn([u8; 2]) -> u16| {
            let units = bytes.chunks_exact(2).map(|pair| <[u8; 2]>::try_from(pair).map_or(0, unit));
            whole(2) && char::decode_utf16(units).all(|ch| ch.is_ok())
        };
        let utf32 = |code: fn([u8; 4]) -> u32| {
            let mut codes = bytes.chunks_exact(4).map(|word| <[u8; 4]>::try_from(word).map_or(u32::MAX, code));
            whole(4) && codes.all(|code| char::from_u32(code).is_some())
        };
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).is_ok(),
            Self::Ascii => bytes.is_ascii(),
            Self::Latin1 => true,
            Self::Utf16Le => utf16(u16::from_le_bytes),
            Self::Utf16Be => utf16(u16::from_be_bytes),
            Self::Utf32Le => utf32(u32::from_le_bytes),
            Self::Utf32Be => utf32(u32::from_be_bytes),
        }
    }

    /// `GetMaxByteCount(chars)`: one character may be left over from an earlier call.
    pub fn max_byte_count(self, chars: i64) -> i64 {
        (chars + 1)
            * match self {
                Self::Ascii | Self::Latin1 => 1,
                Self::Utf16Le | Self::Utf16Be => 2,
                Self::Utf8 => 3,
                Self::Utf32Le | Self::Utf32Be => 4,
            }
    }

    /// `GetMaxCharCount(bytes)`.
    pub fn max_char_count(self, bytes: i64) -> i64 {
        match self {
            Self::Utf8 => bytes + 1,
            Self::Ascii | Self::Latin1 => bytes,
            Self::Utf16Le | Self::Utf16Be => bytes / 2 + bytes % 2 + 1,
            Self::Utf32Le | Self::Utf32Be => bytes / 2 + 2,
        }
    }
}

fn utf7_disabled() -> DotnetError {
    DotnetError::not_supported(
        "Support for UTF-7 is disabled. See https://aka.ms/dotnet-warnings/SYSLIB0001 for more information.",
    )
}

/// One byte a UTF-16 unit; `?` for what has none.
fn single_bytes(text: &str, byte: impl Fn(char) -> Option<u8>) -> Vec<u8> {
    text.chars()
        .flat_map(|ch| {
            let (byte, count) = byte(ch).map_or((b'?', ch.len_utf16()), |byte| (byte, 1));
            std::iter::repeat_n(byte, count)
        })
        .collect()
}

/// Latin-1 with .NET's best fit for what is near a Latin-1 character.
fn latin1(ch: char) -> Option<u8> {
    if let Ok(byte) = u8::try_from(ch as u32) {
        return Some(byte);
    }
    Some(match ch {
        '\u{ff01}'..='\u{ff5e}' => (ch as u32 - 0xff01 + 0x21) as u8,
        '\u{2000}'..='\u{2006}' | '\u{3000}' => b' ',
        '\u{2010}'..='\u{2014}' => b'-',
        '‘' | '’' | '′' => b'\'',
        '‚' => b',',
        '“' | '”' | '„' => b'"',
        '•' | '…' => b'.',
        '‹' => b'<',
        '›' => b'>',
        '™' => b'T',
        'Đ' => 0xd0,
        'đ' => b'd',
        'Œ' => b'O',
        'œ' => b'o',
        'ƒ' => b'f',
        'Ł' => b'L',
        'ł' => b'l',
        'ı' => b'i',
        '\u{100}'..='\u{233}' => {
            let base = normalize(ch.encode_utf8(&mut [0; 4]), NormalizationForm::FormD);
            return base.bytes().next().filter(u8::is_ascii);
        }
        _ => return None,
    })
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Characters a line when line breaks are wanted.
const BASE64_LINE: usize = 76;

/// `Convert.ToBase64String(bytes, options)`.
pub fn to_base64(bytes: &[u8], insert_line_breaks: bool) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    let mut column = 0;
    for group in bytes.chunks(3) {
        if insert_line_breaks && column == BASE64_LINE {
            out.push_str("\r\n");
            column = 0;
        }
        column += 4;
        let word = group.iter().enumerate().fold(0u32, |word, (at, byte)| word | u32::from(*byte) << (16 - 8 * at));
        for at in 0..4 {
            let digit = BASE64[(word >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= group.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

/// `Convert.FromBase64String(text)`: blanks, tabs and line ends are skipped.
pub fn from_base64(text: &str) -> DotnetResult<Vec<u8>> {
    let invalid = || {
        DotnetError::format(
            "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding \
             characters, or an illegal character among the padding characters.",
        )
    };
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut count, mut padding) = (0u32, 0, 0);
    for byte in text.bytes().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' if count >= 2 => {
                padding += 1;
                0
            }
            _ => return Err(invalid()),
        };
        if padding > 2 || (padding > 0 && byte != b'=') {
            return Err(invalid());
        }
        word = word << 6 | u32::from(digit);
        count += 1;
        if count == 4 {
            out.extend_from_slice(&word.to_be_bytes()[1..4 - padding]);
            if padding > 0 {
                // Nothing may follow the padding.
                count = 5;
                continue;
            }
            (word, count) = (0, 0);
        } else if count > 4 {
            return Err(invalid());
        }
    }
    if matches!(count, 0 | 5) { Ok(out) } else { Err(invalid()) }
}

/// `Convert.ToHexString(bytes)`.
pub fn to_hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a string cannot fail.
        let _ = write!(out, "{byte:02X}");
    }
    out
}

/// `Convert.FromHexString(text)`.
pub fn from_hex(text: &str) -> DotnetResult<Vec<u8>> {
    if super::string::utf16_len(text) % 2 == 1 {
        return Err(DotnetError::format("The input is not a valid hex string as its length is not a multiple of 2."));
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some((digit(*high)? << 4 | digit(*low)?) as u8),
            _ => None,
        })
        .collect::<Option<_>>()
        .ok_or_else(|| DotnetError::format("The input is not a valid hex string as it contains a non-hex character."))
}

/// `BitConverter.ToString(bytes)`: `AA-BB`.
pub fn bytes_to_string(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 3);
    for (at, byte) in bytes.iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = write!(out, "{}{byte:02X}", if at == 0 { "" } else { "-" });
    }
    out
}

/// The bytes at `start` that `BitConverter.ToInt32` and its kin read, little-endian.
pub fn read_bytes<const N: usize>(bytes: &[u8], start: i32) -> DotnetResult<[u8; N]> {
    let out_of_range = || {
        DotnetError::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "startIndex",
        )
    };
    let start = usize::try_from(start).map_err(|_| out_of_range())?;
    if start >= bytes.len() {
        return Err(out_of_range());
    }
    bytes.get(start..start + N).and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        DotnetError::argument(
            "Destination array is not long enough to copy all the items in the collection. Check array index and length.",
            "value",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn encodings() {
        for (encoding, text, bytes) in [
            (Encoding::Utf8, "é€", &[0xc3, 0xa9, 0xe2, 0x82, 0xac][..]),
            (Encoding::Ascii, "aé😀", b"a???"),
            (Encoding::Latin1, "é€Ā’", &[0xe9, b'?', b'A', b'\'']),
            (Encoding::Utf16Le, "A", &[0x41, 0]),
            (Encoding::Utf16Be, "A", &[0, 0x41]),
            (Encoding::Utf32Le, "A", &[0x41, 0, 0, 0]),
        ] {
            assert_eq!(encoding.get_bytes(text), bytes);
            assert_eq!(encoding.byte_count(text), bytes.len());
        }
        assert_eq!(Encoding::Utf8.get_string(&[255, 65]), "\u{fffd}A");
        assert_eq!(Encoding::Ascii.get_string(&[65, 200]), "A?");
        assert_eq!(Encoding::Utf16Le.get_string(&[0x41, 0, 0, 0xd8, 1]), "A\u{fffd}\u{fffd}");
        assert_eq!(Encoding::by_name("ISO-8859-1"), Ok(Encoding::Latin1));
        assert_eq!(Encoding::by_name("utf-8").map(Encoding::web_name), Ok("utf-8"));
        assert_eq!(Encoding::by_code_page(1200), Ok(Encoding::Utf16Le));
        assert_eq!(Encoding::by_name("no-such").map_err(|error| error.type_name), Err("System.ArgumentException"));
        assert_eq!(Encoding::by_code_page(1252).map_err(|error| error.type_name), Err("System.NotSupportedException"));
    }

    #[test]
    fn base64_and_hex() {
        assert_eq!(to_base64(&[0, 255, 16], false), "AP8Q");
        assert_eq!(to_base64(&[b'x'; 60], true).len(), 82);
        assert_eq!(to_base64(&[b'x'; 57], true).len(), 76);
        assert_eq!(from_base64(" A P8\r\nQ"), Ok(vec![0, 255, 16]));
        assert_eq!(
            (from_base64("QQ=="), from_base64("QUI="), from_base64("")),
            (Ok(b"A".to_vec()), Ok(b"AB".to_vec()), Ok(vec![]))
        );
        assert_eq!(from_base64("QR=="), Ok(b"A".to_vec()));
        for text in ["AP8", "****", "A===", "=AAA", "QQ==QQ==", "QQ=A", "QQ=", "é", "QQ==="] {
            assert!(from_base64(text).is_err(), "{text}");
        }
        assert_eq!((to_hex(&[10, 255]), bytes_to_string(&[10, 255])), ("0AFF".into(), "0A-FF".into()));
        assert_eq!(from_hex("0aFf"), Ok(vec![10, 255]));
        assert!(from_hex("0").is_err() && from_hex("0g").is_err() && from_hex("é0").is_err());
        assert_eq!(read_bytes::<4>(&[1, 2, 3, 4, 5], 1).map(i32::from_le_bytes), Ok(0x0504_0302));
        assert!(read_bytes::<4>(&[1], 0).is_err() && read_bytes::<1>(&[1], -1).is_err());
    }

    proptest! {
        #[test]
        fn round_trips(bytes: Vec<u8>, breaks: bool, text: String) {
            prop_assert_eq!(from_base64(&to_base64(&bytes, breaks)), Ok(bytes.clone()));
            prop_assert_eq!(from_hex(&to_hex(&bytes)), Ok(bytes.clone()));
            let _ = (from_base64(&text), from_hex(&text));
            for (encoding, ..) in ENCODINGS {
                let _ = encoding.get_string(&bytes);
                prop_assert_eq!(encoding.get_bytes(&text).len(), encoding.byte_count(&text));
                if !encoding.is_single_byte() {
                    prop_assert_eq!(encoding.get_string(&encoding.get_bytes(&text)), text.clone());
                }
            }
        }
    }
}
