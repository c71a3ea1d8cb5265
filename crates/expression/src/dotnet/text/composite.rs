//! Composite format strings (`{0,-10:X4}`) of `string.Format`, split so that the caller formats the
//! arguments itself.

use super::error::{DotnetError, DotnetResult};

/// The exclusive limit of argument indexes and of alignments.
const LIMIT: i32 = 1_000_000;

/// Text, or a place for an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    Literal(String),
    Argument {
        index: usize,
        /// The width in UTF-16 units, negative for left-aligned; 0 for none.
        alignment: i32,
        /// The format string, if one that is not empty was given.
        format: Option<String>,
    },
}

fn failure(at: usize, what: &str) -> DotnetError {
    DotnetError::format(format!("Input string was not in a correct format. Failure to parse near offset {at}. {what}"))
}

/// Splits a composite format string. Offsets in messages count UTF-16 units, as .NET's do.
pub fn parse(format: &str) -> DotnetResult<Vec<Segment>> {
    if !format.contains(['{', '}']) {
        return Ok(if format.is_empty() { Vec::new() } else { vec![Segment::Literal(format.to_owned())] });
    }
    let mut parser = Parser { text: format, at: 0, offset: 0 };
    let mut segments = Vec::new();
    let mut literal = String::new();
    while let Some(ch) = parser.next() {
        if ch != '{' && ch != '}' {
            literal.push(ch);
            continue;
        }
        // .NET looks at the next character even at the end of the text.
        let next = parser.peek();
        if ch == '}' {
            match next {
                Some('}') => {}
                None => return Err(failure(parser.offset, "Format item ends prematurely.")),
                Some(_) => {
                    return Err(failure(
                        parser.offset,
                        "Unexpected closing brace without a corresponding opening brace.",
                    ));
                }
            }
        }
        match next {
            Some(same) if same == ch => {
                parser.next();
                literal.push(ch);
            }
            _ => {
                if !literal.is_empty() {
                    segments.push(Segment::Literal(std::mem::take(&mut literal)));
                }
                segments.push(parser.item()?);
            }
        }
    }
    if !literal.is_empty() {
        segments.push(Segment::Literal(literal));
    }
    Ok(segments)
}

/// The number of arguments that the segments need.
pub fn arguments_needed(segments: &[Segment]) -> usize {
    segments
        .iter()
        .map(|segment| match segment {
            Segment::Argument { index, .. } => index + 1,
            Segment::Literal(_) => 0,
        })
        .max()
        .unwrap_or(0)
}

/// An index that no argument has.
pub fn index_out_of_range() -> DotnetError {
    DotnetError::format(
        "Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
    )
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    /// UTF-16 units before `at`.
    offset: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let ch = self.peek()?;
        self.at += ch.len_utf8();
        self.offset += ch.len_utf16();
        Some(ch)
    }

    /// Moves on and returns what stands there; the end is an error.
    fn advance(&mut self) -> DotnetResult<char> {
        self.next();
        self.current()
    }

    fn current(&self) -> DotnetResult<char> {
        self.peek().ok_or_else(|| failure(self.offset, "Format item ends prematurely."))
    }

    fn skip_blanks(&mut self) -> DotnetResult<char> {
        let mut ch = self.current()?;
        while ch == ' ' {
            ch = self.advance()?;
        }
        Ok(ch)
    }

    /// The digits that start here; stops at the limit.
    fn number(&mut self) -> DotnetResult<i32> {
        let mut value = 0;
        while let Some(digit) = self.current()?.to_digit(10) {
            value = value * 10 + digit as i32;
            self.next();
            if value >= LIMIT {
                break;
            }
        }
        Ok(value)
    }

    /// What follows an opening brace.
    fn item(&mut self) -> DotnetResult<Segment> {
        if !self.current()?.is_ascii_digit() {
            return Err(failure(self.offset, "Expected an ASCII digit."));
        }
        let index = self.number()? as usize;
        let mut alignment = 0;
        let mut ch = self.skip_blanks()?;
        if ch == ',' {
            self.next();
            ch = self.skip_blanks()?;
            let left = ch == '-';
            if left {
                ch = self.advance()?;
            }
            if !ch.is_ascii_digit() {
                return Err(failure(self.offset, "Expected an ASCII digit."));
            }
            let width = self.number()?;
            alignment = if left { -width } else { width };
            ch = self.skip_blanks()?;
        }
        let mut format = String::new();
        if ch == ':' {
            self.next();
            loop {
                match self.current()? {
                    '}' => break,
                    '{' => {
                        return Err(failure(self.offset, "Unexpected opening brace inside a format item."));
                    }
                    ch => format.push(ch),
                }
                self.next();
            }
        } else if ch != '}' {
            return Err(failure(self.offset, "Unexpected closing brace without a corresponding opening brace."));
        }
        self.next();
        if index >= LIMIT as usize {
            return Err(index_out_of_range());
        }
        Ok(Segment::Argument { index, alignment, format: (!format.is_empty()).then_some(format) })
    }
}

/// Appends `text`, padded with blanks to `alignment` UTF-16 units (negative: blanks behind).
pub fn push_aligned(out: &mut String, text: &str, alignment: i32) {
    let width = alignment.unsigned_abs() as usize;
    // No text is shorter in UTF-16 than a third of its UTF-8 length.
    let length = if width == 0 { 0 } else { super::string::utf16_len(text) };
    let blanks = std::iter::repeat_n(' ', width.saturating_sub(length));
    if alignment < 0 {
        out.push_str(text);
        out.extend(blanks);
    } else {
        out.extend(blanks);
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn segments() {
        let argument = |index, alignment, format: &str| Segment::Argument {
            index,
            alignment,
            format: (!format.is_empty()).then(|| format.to_owned()),
        };
        let literal = |text: &str| Segment::Literal(text.to_owned());
        assert_eq!(parse("a{0}b"), Ok(vec![literal("a"), argument(0, 0, ""), literal("b")]));
        assert_eq!(parse("{{{0}}}"), Ok(vec![literal("{"), argument(0, 0, ""), literal("}")]));
        assert_eq!(parse("{0 , -10 :X4}"), Ok(vec![argument(0, -10, "X4")]));
        assert_eq!(parse("{1:}"), Ok(vec![argument(1, 0, "")]));
        assert_eq!(parse("{0:HH:mm}"), Ok(vec![argument(0, 0, "HH:mm")]));
        assert_eq!(parse(""), Ok(Vec::new()));
        let message = |format: &str| parse(format).map_err(|error| error.message);
        for (format, expected) in [
            (
                "{x}",
                "Input string was not in a correct format. Failure to parse near offset 1. Expected an ASCII digit.",
            ),
            (
                "{0",
                "Input string was not in a correct format. Failure to parse near offset 2. Format item ends prematurely.",
            ),
        ] {
            assert_eq!(message(format), Err(expected.into()));
        }
        for format in ["}", "a}b", "{", "{}", "{0,}", "{0:{}", "{0x}", "{-1}"] {
            assert!(message(format).is_err(), "{format}");
        }
    }

    #[test]
    fn alignment() {
        let aligned = |text: &str, alignment| {
            let mut out = String::new();
            push_aligned(&mut out, text, alignment);
            out
        };
        assert_eq!(aligned("ab", 4), "  ab");
        assert_eq!(aligned("ab", -4), "ab  ");
        assert_eq!(aligned("😀", 3), " 😀");
        assert_eq!(aligned("abc", 2), "abc");
    }

    proptest! {
        #[test]
        fn any_text(text: String, braces in "[{}0-9,: -]{0,12}") {
            let _ = (parse(&text), parse(&braces));
        }
    }
}
