//! Quoted texts of JSON: escapes, surrogates, line ends.

use super::reader::Reader;
use crate::dotnet::data::error::Result;
use smol_str::SmolStr;

impl Reader<'_> {
    /// Reads up to the closing quote; the opening one is behind.
    pub(super) fn read_quoted(&mut self, quote: char) -> Result<SmolStr> {
        let text = self.text;
        let start = self.at;
        let bytes = text.as_bytes();
        // The common case: nothing to decode.
        let plain = bytes[start..].iter().take_while(|&&b| !matches!(b, b'"' | b'\'' | b'\\' | b'\r' | b'\n')).count();
        self.at += plain;
        if bytes.get(self.at) == Some(&(quote as u8)) {
            self.at += 1;
            return Ok(SmolStr::new(&text[start..self.at - 1]));
        }
        let mut decoded = String::from(&text[start..self.at]);
        while let Some(c) = self.peek() {
            match c {
                '\\' => {
                    self.at += 1;
                    self.read_escape(quote, &mut decoded)?;
                }
                _ if c == quote => {
                    self.at += 1;
                    return Ok(decoded.into());
                }
                _ => {
                    let from = self.at;
                    self.skip(c);
                    decoded.push_str(&text[from..self.at]);
                }
            }
        }
        Err(self.error(format_args!("Unterminated string. Expected delimiter: {quote}.")))
    }

    fn read_escape(&mut self, quote: char, decoded: &mut String) -> Result<()> {
        let Some(c) = self.peek() else {
            return Err(self.error(format_args!("Unterminated string. Expected delimiter: {quote}.")));
        };
        self.at += c.len_utf8();
        decoded.push(match c {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            '\\' | '"' | '\'' | '/' => c,
            'u' => return self.read_unicode(decoded),
            _ => return Err(self.error(format_args!("Bad JSON escape sequence: \\{c}."))),
        });
        Ok(())
    }

    /// Decodes the units of one or more `\u` escapes; halves without a partner become U+FFFD.
    fn read_unicode(&mut self, decoded: &mut String) -> Result<()> {
        let mut unit = self.read_hex4()?;
        while (0xD800..0xDC00).contains(&unit) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let next = self.read_hex4()?;
            if (0xDC00..0xE000).contains(&next) {
                let scalar = 0x10000 + ((u32::from(unit) - 0xD800) << 10) + (u32::from(next) - 0xDC00);
                decoded.push(char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER));
                return Ok(());
            }
            decoded.push(char::REPLACEMENT_CHARACTER);
            unit = next;
        }
        decoded.push(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER));
        Ok(())
    }

    fn read_hex4(&mut self) -> Result<u16> {
        let rest = &self.text[self.at..];
        let Some((end, _)) = rest.char_indices().nth(4).or((rest.chars().count() == 4).then_some((rest.len(), ' ')))
        else {
            self.at = self.text.len();
            return Err(self.error("Unexpected end while parsing Unicode escape sequence."));
        };
        let digits = &rest[..end];
        match u16::from_str_radix(digits, 16) {
            Ok(unit) if digits.len() == 4 && !digits.starts_with('+') => {
                self.at += 4;
                Ok(unit)
            }
            _ => Err(self.error(format_args!("Invalid Unicode escape sequence: \\u{digits}."))),
        }
    }
}
