//! Decoded text that still knows where each part stood in the source.

use tollgate_error::Span;

/// Character data with its entities replaced. `pieces` map it back to the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub value: String,
    /// Where the whole text stands in the source.
    pub span: Span,
    /// The whole, blanks apart, is one expression of the source.
    pub is_expression: bool,
    /// Holds a placeholder for a named value whose value is not known.
    pub is_unknown: bool,
    pieces: Vec<Piece>,
}

/// A run of `value` from `at` to the next piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    at: u32,
    origin: Span,
    /// The bytes are those of the origin; otherwise the run as a whole stands for the origin.
    same: bool,
}

impl Text {
    pub fn empty(span: Span) -> Text {
        Text { value: String::new(), span, is_expression: false, is_unknown: false, pieces: Vec::new() }
    }

    /// Source text as it stands.
    pub fn verbatim(source: &str, span: Span) -> Text {
        let mut text = Text::empty(span);
        text.push_same(&source[span.start as usize..span.end as usize], span.start);
        text
    }

    pub fn is_blank(&self) -> bool {
        self.value.bytes().all(|byte| byte.is_ascii_whitespace())
    }

    /// Appends bytes that stand in the source at `start`.
    pub fn push_same(&mut self, run: &str, start: u32) {
        if run.is_empty() {
            return;
        }
        let at = self.value.len() as u32;
        let origin = Span { start, end: start + run.len() as u32 };
        match self.pieces.last_mut() {
            Some(last) if last.same && last.origin.end == start => last.origin.end = origin.end,
            _ => self.pieces.push(Piece { at, origin, same: true }),
        }
        self.value.push_str(run);
    }

    /// Appends text that stands for `origin`: a decoded entity, a named value.
    pub fn push_standin(&mut self, run: &str, origin: Span) {
        self.pieces.push(Piece { at: self.value.len() as u32, origin, same: false });
        self.value.push_str(run);
    }

    pub fn append(&mut self, other: &Text) {
        self.is_unknown |= other.is_unknown;
        self.is_expression = match (self.is_blank(), other.is_blank()) {
            (true, _) => other.is_expression,
            (false, true) => self.is_expression,
            (false, false) => false,
        };
        for (index, piece) in other.pieces.iter().enumerate() {
            let end = other.pieces.get(index + 1).map_or(other.value.len(), |next| next.at as usize);
            let run = &other.value[piece.at as usize..end];
            if piece.same {
                self.push_same(run, piece.origin.start);
            } else {
                self.push_standin(run, piece.origin);
            }
        }
    }

    /// The part from `from` to `to` (byte offsets into `value`).
    pub fn slice(&self, from: usize, to: usize) -> Text {
        let mut part = Text::empty(self.source_span(Span::new(from, to)));
        for (index, piece) in self.pieces.iter().enumerate() {
            let start = piece.at as usize;
            let end = self.pieces.get(index + 1).map_or(self.value.len(), |next| next.at as usize);
            let (a, b) = (start.max(from), end.min(to));
            if a >= b {
                continue;
            }
            if piece.same {
                part.push_same(&self.value[a..b], piece.origin.start + (a - start) as u32);
            } else {
                part.push_standin(&self.value[a..b], piece.origin);
            }
        }
        part
    }

    /// Without outer blanks.
    pub fn trimmed(&self) -> Text {
        let body = self.value.trim_ascii();
        let from = body.as_ptr() as usize - self.value.as_ptr() as usize;
        let mut trimmed = self.slice(from, from + body.len());
        trimmed.is_expression = self.is_expression;
        trimmed.is_unknown = self.is_unknown;
        trimmed
    }

    /// Where a part of `value` stands in the source.
    pub fn source_span(&self, span: Span) -> Span {
        if self.pieces.is_empty() {
            return self.span;
        }
        let start = self.origin_of(span.start);
        if span.end <= span.start {
            return Span { start: start.start, end: start.start };
        }
        let last = self.origin_of(span.end - 1);
        Span { start: start.start, end: last.end.max(start.start) }
    }

    /// The source span of the byte at `offset`.
    fn origin_of(&self, offset: u32) -> Span {
        let index = self.pieces.partition_point(|piece| piece.at <= offset).saturating_sub(1);
        let piece = self.pieces[index];
        if !piece.same {
            return piece.origin;
        }
        let start = (piece.origin.start + (offset - piece.at)).min(piece.origin.end);
        Span { start, end: (start + 1).min(piece.origin.end) }
    }
}

/// One entity reference found in a text.
pub(super) struct Entity {
    pub character: char,
    /// Bytes of the reference, `&` and `;` included.
    pub bytes: usize,
}

/// The entity at the start of `text` (which starts with `&`), when it is one of the five of XML or a
/// character reference.
pub(super) fn entity(text: &str) -> Option<Entity> {
    /// `&#x10FFFF;` and some leading zeros.
    const ENTITY_BYTES_MAX: usize = 14;
    let end = text.bytes().take(ENTITY_BYTES_MAX).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let character = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some(Entity { character, bytes: end + 1 })
}
