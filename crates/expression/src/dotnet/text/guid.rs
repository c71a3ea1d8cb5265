//! `System.Guid`: text forms, byte order, comparison.

use super::error::{DotnetError, DotnetResult};
use super::string::trim;
use std::fmt::Write;

/// 128 bits in the order of the text (`00112233-4455-…`): what .NET compares by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Guid(u128);

impl Guid {
    pub const EMPTY: Self = Self(0);

    /// From the bits in text order.
    pub fn from_u128(bits: u128) -> Self {
        Self(bits)
    }

    pub fn as_u128(self) -> u128 {
        self.0
    }

    /// `Guid.NewGuid()` from 16 random bytes: version 4, variant 1.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        let bits = u128::from_be_bytes(bytes);
        Self(bits & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62)
    }

    /// `new Guid(byte[])`: the first three groups are little-endian.
    pub fn from_bytes(bytes: &[u8]) -> DotnetResult<Self> {
        let Ok(bytes) = <[u8; 16]>::try_from(bytes) else {
            return Err(DotnetError::argument("Byte array for Guid must be exactly 16 bytes long.", "b"));
        };
        Ok(Self(u128::from_be_bytes(swapped(bytes))))
    }

    /// `ToByteArray()`.
    pub fn to_bytes(self) -> [u8; 16] {
        swapped(self.0.to_be_bytes())
    }

    /// `GetHashCode()`, which is the same in every process.
    pub fn hash_code(self) -> i32 {
        let bytes = self.to_bytes();
        bytes.chunks_exact(4).fold(0, |hash, word| hash ^ i32::from_le_bytes([word[0], word[1], word[2], word[3]]))
    }

    /// `ToString(format)`: `N`, `D` (and none), `B`, `P`, `X`.
    pub fn format(self, format: &str) -> DotnetResult<String> {
        let dashed = || {
            let text = format!("{:032x}", self.0);
            [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
        };
        Ok(match format {
            "" | "D" | "d" => dashed(),
            "N" | "n" => format!("{:032x}", self.0),
            "B" | "b" => format!("{{{}}}", dashed()),
            "P" | "p" => format!("({})", dashed()),
            "X" | "x" => {
                let bits = self.0;
                let mut out =
                    format!("{{0x{:08x},0x{:04x},0x{:04x},{{", bits >> 96, bits >> 80 & 0xffff, bits >> 64 & 0xffff);
                for (at, byte) in bits.to_be_bytes()[8..].iter().enumerate() {
                    // Writing into a string cannot fail.
                    let _ = write!(out, "{}0x{byte:02x}", if at == 0 { "" } else { "," });
                }
                out.push_str("}}");
                out
            }
            _ => {
                return Err(DotnetError::format(
                    "Format string can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".",
                ));
            }
        })
    }

    /// `Guid.Parse(text)`: any of the forms.
    pub fn parse(text: &str) -> DotnetResult<Self> {
        let text = trim(text);
        let bits = match text.as_bytes() {
            [] => return Err(DotnetError::format("Unrecognized Guid format.")),
            [b'{', ..] if text.contains('-') => wrapped(text, '{', '}'),
            [b'{', ..] => hexadecimal(text),
            [b'(', ..] => wrapped(text, '(', ')'),
            _ if text.contains('-') => dashed(text),
            _ => plain(text),
        };
        bits.map(Self).ok_or_else(|| DotnetError::format("Unrecognized Guid format."))
    }

    /// `Guid.TryParse(text, …)`.
    pub fn try_parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    /// `Guid.ParseExact(text, format)`.
    pub fn parse_exact(text: &str, format: &str) -> DotnetResult<Self> {
        let text = trim(text);
        let bits = match format {
            "N" | "n" => plain(text),
            "D" | "d" => dashed(text),
            "B" | "b" => wrapped(text, '{', '}'),
            "P" | "p" => wrapped(text, '(', ')'),
            "X" | "x" => hexadecimal(text),
            _ => return Self::EMPTY.format(format).map(|_| Self::EMPTY),
        };
        bits.map(Self).ok_or_else(|| DotnetError::format("Unrecognized Guid format."))
    }
}

impl std::fmt::Display for Guid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.format("D").unwrap_or_default())
    }
}

fn swapped(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

fn digits(text: &str) -> Option<u128> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten()
}

fn plain(text: &str) -> Option<u128> {
    if text.len() == 32 { digits(text) } else { None }
}

fn dashed(text: &str) -> Option<u128> {
    let mut bits = 0;
    let mut groups = text.split('-');
    for length in [8, 4, 4, 4, 12] {
        let group = groups.next().filter(|group| group.len() == length)?;
        bits = bits << (4 * length) | digits(group)?;
    }
    groups.next().is_none().then_some(bits)
}

fn wrapped(text: &str, open: char, close: char) -> Option<u128> {
    dashed(text.strip_prefix(open)?.strip_suffix(close)?)
}

/// `{0x00112233,0x4455,0x6677,{0x88,…}}`, with white space anywhere.
fn hexadecimal(text: &str) -> Option<u128> {
    let text: String = text.chars().filter(|ch| !super::string::is_white_space(*ch)).collect();
    let (head, tail) = text.strip_prefix('{')?.strip_suffix("}}")?.split_once(",{")?;
    let number = |text: &str, digits_max: usize| {
        let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
        let significant = hex.trim_start_matches('0');
        if significant.is_empty() && !hex.is_empty() {
            return Some(0);
        }
        if significant.len() <= digits_max { digits(significant) } else { None }
    };
    let mut bits = 0;
    let mut head = head.split(',');
    for width in [8, 4, 4] {
        bits = bits << (4 * width) | number(head.next()?, width)?;
    }
    let mut tail = tail.split(',');
    for _ in 0..8 {
        bits = bits << 8 | number(tail.next()?, 2)?;
    }
    (head.next().is_none() && tail.next().is_none()).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms() {
        let guid = Guid::from_u128(0x6f1b4c1e_0d5b_4b36_9c5e_2a1d3f4e5a6b);
        for (format, expected) in [
            ("", "6f1b4c1e-0d5b-4b36-9c5e-2a1d3f4e5a6b"),
            ("N", "6f1b4c1e0d5b4b369c5e2a1d3f4e5a6b"),
            ("B", "{6f1b4c1e-0d5b-4b36-9c5e-2a1d3f4e5a6b}"),
            ("p", "(6f1b4c1e-0d5b-4b36-9c5e-2a1d3f4e5a6b)"),
            ("X", "{0x6f1b4c1e,0x0d5b,0x4b36,{0x9c,0x5e,0x2a,0x1d,0x3f,0x4e,0x5a,0x6b}}"),
        ] {
            assert_eq!(guid.format(format), Ok(expected.into()));
            assert_eq!(Guid::parse(&expected.to_uppercase().replace("0X", "0x")), Ok(guid));
        }
        assert!(guid.format("Q").is_err());
        assert_eq!(guid.to_bytes()[..8], [0x1e, 0x4c, 0x1b, 0x6f, 0x5b, 0x0d, 0x36, 0x4b]);
        assert_eq!(Guid::from_bytes(&guid.to_bytes()), Ok(guid));
        for text in ["", "zz", "not-a-guid", "6f1b4c1e-0d5b-4b36-9c5e-2a1d3f4e5a6", "{6f1b}"] {
            assert_eq!(Guid::parse(text).map_err(|error| error.message), Err("Unrecognized Guid format.".into()));
        }
        let random = Guid::from_random([0xff; 16]).to_string();
        assert_eq!((&random[14..15], &random[19..20]), ("4", "b"));
    }

    proptest! {
        #[test]
        fn every_guid_reads_back(bits: u128, text: String) {
            let guid = Guid::from_u128(bits);
            for format in ["N", "D", "B", "P", "X"] {
                prop_assert_eq!(Guid::parse_exact(&guid.format(format).unwrap(), format), Ok(guid));
            }
            let _ = Guid::parse(&text);
        }
    }
}
