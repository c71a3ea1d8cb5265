//! Text to tree. One scanner for raw and escaped documents: an attribute value or element text that
//! starts, after blanks, with `@(` or `@{` is read to its matching bracket by the rules of C#;
//! everything else by the rules of XML.

use super::source::{Text, entity};
use super::{Attribute, DOCUMENT_BYTES_MAX, Element, NESTING_MAX, Node};
use tollgate_error::{Code, Diagnostic, Span};
use tollgate_expression::end_of_expression;

/// A tree and everything that is wrong with its text. The tree is absent when nothing useful could
/// be read; it may be partial when there are errors.
pub struct Parsed {
    pub root: Option<Element>,
    pub diagnostics: Vec<Diagnostic>,
    /// Expressions in the source, in order, for conversions between the two forms.
    pub(super) expressions: Vec<ExpressionPlace>,
}

pub(super) struct ExpressionPlace {
    pub raw: Span,
    /// The quote around it; `None` in element text.
    pub quote: Option<u8>,
    /// Decoded C#.
    pub code: String,
}

/// Reads a document. Never panics; every finding has a place in `text`.
pub fn parse(text: &str) -> Parsed {
    if text.len() > DOCUMENT_BYTES_MAX {
        let message = format!("the document has {} bytes, the limit is {DOCUMENT_BYTES_MAX}", text.len());
        let found = Diagnostic::error(Code::POLICY_DOCUMENT_TOO_LARGE, Span::new(0, 0), message);
        return Parsed { root: None, diagnostics: vec![found], expressions: Vec::new() };
    }
    let mut parser = Parser {
        text,
        at: if text.starts_with('\u{feff}') { 3 } else { 0 },
        open: Vec::new(),
        root: None,
        diagnostics: Vec::new(),
        expressions: Vec::new(),
    };
    parser.document();
    Parsed { root: parser.root, diagnostics: parser.diagnostics, expressions: parser.expressions }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    open: Vec<Element>,
    root: Option<Element>,
    diagnostics: Vec<Diagnostic>,
    expressions: Vec<ExpressionPlace>,
}

/// The text cannot be read any further.
struct Stop;

impl<'t> Parser<'t> {
    fn document(&mut self) {
        while self.at < self.text.len() {
            if self.node().is_err() {
                break;
            }
        }
        self.close_at_end();
        if self.root.is_none() && self.diagnostics.is_empty() {
            self.error(Code::POLICY_NOT_WELL_FORMED, Span::new(0, self.text.len().min(1)), "the document is empty");
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, span, message));
    }

    fn malformed(&mut self, span: Span, message: impl Into<String>) {
        self.error(Code::POLICY_NOT_WELL_FORMED, span, message);
    }

    fn node(&mut self) -> Result<(), Stop> {
        let rest = self.rest();
        if !rest.starts_with('<') {
            self.character_data()
        } else if rest.starts_with("<!--") {
            self.aside("<!--", "-->", "the comment does not end")
        } else if rest.starts_with("<?") {
            self.aside("<?", "?>", "the processing instruction does not end")
        } else if rest.starts_with("<![CDATA[") {
            self.cdata()
        } else if rest.starts_with("<!") {
            self.malformed(Span::new(self.at, self.at + 2), "document type declarations are not allowed");
            Err(Stop)
        } else if rest.starts_with("</") {
            self.end_tag()
        } else {
            self.start_tag()
        }
    }

    fn aside(&mut self, from: &str, to: &str, message: &str) -> Result<(), Stop> {
        let start = self.at;
        let Some(length) = self.text[start + from.len()..].find(to) else {
            self.malformed(Span::new(start, start + from.len()), message);
            return Err(Stop);
        };
        self.at = start + from.len() + length + to.len();
        let span = Span::new(start, self.at);
        if let Some(parent) = self.open.last_mut() {
            parent.children.push(Node::Aside(span));
        }
        Ok(())
    }

    fn cdata(&mut self) -> Result<(), Stop> {
        const OPEN: &str = "<![CDATA[";
        let start = self.at;
        let content = start + OPEN.len();
        let Some(length) = self.text[content..].find("]]>") else {
            self.malformed(Span::new(start, content), "the CDATA section does not end");
            return Err(Stop);
        };
        self.at = content + length + 3;
        let text = Text::verbatim(self.text, Span::new(content, content + length));
        self.add_text(text);
        Ok(())
    }

    fn add_text(&mut self, text: Text) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Text(text)),
            None if text.is_blank() => {}
            None => {
                let span = text.trimmed().span;
                self.malformed(span, "text stands outside the root element");
            }
        }
    }

    fn character_data(&mut self) -> Result<(), Stop> {
        let start = self.at;
        let mut text = Text::empty(Span::new(start, start));
        let blanks = self.rest().len() - self.rest().trim_ascii_start().len();
        let first = self.open.last().is_some_and(|parent| parent.children.iter().all(is_nothing));
        if first && starts_expression(&self.text[start + blanks..]) {
            text.push_same(&self.text[start..start + blanks], start as u32);
            self.at = start + blanks;
            self.expression(None, &mut text)?;
            text.is_expression = true;
        }
        let end = self.rest().find('<').map_or(self.text.len(), |length| self.at + length);
        text.is_expression &= self.text[self.at..end].trim_ascii().is_empty();
        self.literal(self.at, end, &mut text);
        text.span = Span::new(start, end);
        self.at = end;
        self.add_text(text);
        Ok(())
    }

    /// Decodes source text that is no expression.
    fn literal(&mut self, start: usize, end: usize, into: &mut Text) {
        let mut from = start;
        let source = self.text;
        for found in memchr::memchr2_iter(b'&', b'\r', &source.as_bytes()[start..end]) {
            let at = start + found;
            if at < from {
                continue;
            }
            into.push_same(&source[from..at], from as u32);
            from = at;
            if source.as_bytes()[at] == b'\r' {
                // XML reads CR LF as LF.
                if source.as_bytes().get(at + 1) == Some(&b'\n') {
                    from = at + 1;
                }
                continue;
            }
            match entity(&source[at..end]) {
                Some(entity) => {
                    from = at + entity.bytes;
                    into.push_standin(entity.character.encode_utf8(&mut [0; 4]), Span::new(at, from));
                }
                None => {
                    let found = Diagnostic::error(
                        Code::POLICY_NOT_WELL_FORMED,
                        Span::new(at, at + 1),
                        "`&` does not begin a known entity",
                    );
                    self.diagnostics.push(found.with_hint("write `&amp;` outside of expressions"));
                }
            }
        }
        into.push_same(&source[from..end], from as u32);
    }

    /// Reads the expression that starts here into `into`.
    fn expression(&mut self, quote: Option<u8>, into: &mut Text) -> Result<(), Stop> {
        let start = self.at;
        let Some(length) = end_of_expression(self.rest()) else {
            let marker = &self.text[start..start + 2];
            self.error(
                Code::POLICY_EXPRESSION_UNTERMINATED,
                Span::new(start, start + 2),
                format!("the expression that starts with `{marker}` does not end"),
            );
            return Err(Stop);
        };
        let end = start + length;
        let code_from = into.value.len();
        let mut run_from = start;
        for found in memchr::memchr_iter(b'&', &self.text.as_bytes()[start..end]) {
            let at = start + found;
            let Some(entity) = entity(&self.text[at..end]) else { continue };
            into.push_same(&self.text[run_from..at], run_from as u32);
            run_from = at + entity.bytes;
            into.push_standin(entity.character.encode_utf8(&mut [0; 4]), Span::new(at, run_from));
        }
        into.push_same(&self.text[run_from..end], run_from as u32);
        let code = into.value[code_from..].to_owned();
        self.expressions.push(ExpressionPlace { raw: Span::new(start, end), quote, code });
        self.at = end;
        Ok(())
    }

    fn name(&mut self) -> Option<(&'t str, Span)> {
        let length = self.rest().find(|c: char| !is_name_char(c)).unwrap_or(self.rest().len());
        let first = self.rest().chars().next()?;
        if length == 0 || first.is_ascii_digit() || matches!(first, '-' | '.') {
            return None;
        }
        let span = Span::new(self.at, self.at + length);
        let name = &self.text[self.at..self.at + length];
        self.at += length;
        Some((name, span))
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_ascii_start().len();
    }

    fn start_tag(&mut self) -> Result<(), Stop> {
        let start = self.at;
        self.at += 1;
        let Some((name, name_span)) = self.name() else {
            self.malformed(Span::new(start, start + 1), "`<` does not begin an element");
            return Err(Stop);
        };
        let mut element = Element {
            name: name.to_owned(),
            name_span,
            span: Span::new(start, self.at),
            inner: Span::new(self.at, self.at),
            attributes: Vec::new(),
            children: Vec::new(),
        };
        loop {
            let before = self.at;
            self.skip_blanks();
            let rest = self.rest();
            if rest.starts_with("/>") {
                self.at += 2;
                element.span.end = self.at as u32;
                element.inner = Span::new(self.at, self.at);
                self.attach(element);
                return Ok(());
            }
            if rest.starts_with('>') {
                self.at += 1;
                element.span.end = self.at as u32;
                element.inner = Span::new(self.at, self.at);
                return self.open(element);
            }
            if rest.is_empty() || rest.starts_with('<') {
                self.malformed(name_span, format!("the tag `<{name}` is not closed"));
                return Err(Stop);
            }
            if before == self.at {
                self.malformed(Span::new(self.at, self.at + 1), "blanks must stand between attributes");
            }
            let attribute = self.attribute()?;
            if element.attribute(&attribute.name).is_some() {
                self.malformed(attribute.name_span, format!("attribute `{}` stands twice", attribute.name));
            } else {
                element.attributes.push(attribute);
            }
        }
    }

    fn open(&mut self, element: Element) -> Result<(), Stop> {
        if self.open.len() >= NESTING_MAX {
            self.error(
                Code::POLICY_DOCUMENT_TOO_LARGE,
                element.name_span,
                format!("elements are nested deeper than {NESTING_MAX}"),
            );
            return Err(Stop);
        }
        if self.open.is_empty() && self.root.is_some() {
            self.malformed(element.name_span, "a document has one root element");
        }
        self.open.push(element);
        Ok(())
    }

    fn attribute(&mut self) -> Result<Attribute, Stop> {
        let at = self.at;
        let Some((name, name_span)) = self.name() else {
            let wrong = self.rest().chars().next().map_or(0, char::len_utf8);
            self.malformed(Span::new(at, at + wrong), "an attribute name is expected");
            return Err(Stop);
        };
        self.skip_blanks();
        if !self.rest().starts_with('=') {
            self.malformed(name_span, format!("attribute `{name}` has no value"));
            return Err(Stop);
        }
        self.at += 1;
        self.skip_blanks();
        let quote = match self.rest().as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => *quote,
            _ => {
                self.malformed(name_span, format!("the value of attribute `{name}` is not quoted"));
                return Err(Stop);
            }
        };
        self.at += 1;
        let value = self.attribute_value(name, name_span, quote)?;
        Ok(Attribute { name: name.to_owned(), name_span, value })
    }

    fn attribute_value(&mut self, name: &str, name_span: Span, quote: u8) -> Result<Text, Stop> {
        let start = self.at;
        let mut text = Text::empty(Span::new(start, start));
        let blanks = self.rest().len() - self.rest().trim_ascii_start().len();
        if starts_expression(&self.text[start + blanks..]) {
            self.at = start + blanks;
            self.expression(Some(quote), &mut text)?;
            text.is_expression = true;
        }
        let Some(length) = memchr::memchr(quote, self.rest().as_bytes()) else {
            self.malformed(name_span, format!("the value of attribute `{name}` does not end"));
            return Err(Stop);
        };
        let end = self.at + length;
        if let Some(found) = self.text[self.at..end].find('<') {
            let at = self.at + found;
            let found = Diagnostic::error(
                Code::POLICY_NOT_WELL_FORMED,
                Span::new(at, at + 1),
                format!("`<` stands in the value of attribute `{name}`"),
            );
            self.diagnostics.push(found.with_hint("write `&lt;`, or end the value before it"));
            // A forgotten quote swallows what follows: nothing after it can be trusted.
            return Err(Stop);
        }
        text.is_expression &= self.text[self.at..end].trim_ascii().is_empty();
        self.literal(self.at, end, &mut text);
        text.span = Span::new(start, end);
        self.at = end + 1;
        Ok(text)
    }

    fn end_tag(&mut self) -> Result<(), Stop> {
        let start = self.at;
        self.at += 2;
        let Some((name, _)) = self.name() else {
            self.malformed(Span::new(start, start + 2), "an element name is expected after `</`");
            return Err(Stop);
        };
        self.skip_blanks();
        if !self.rest().starts_with('>') {
            self.malformed(Span::new(start, self.at), format!("the end tag `</{name}` is not closed"));
            return Err(Stop);
        }
        self.at += 1;
        let span = Span::new(start, self.at);
        let Some(depth) = self.open.iter().rposition(|element| element.name == name) else {
            self.malformed(span, format!("`</{name}>` closes no open element"));
            return Ok(());
        };
        while self.open.len() > depth + 1 {
            if let Some(unclosed) = self.open.pop() {
                self.malformed(unclosed.name_span, format!("element `{}` is not closed", unclosed.name));
                self.finish(unclosed, start, start);
            }
        }
        if let Some(element) = self.open.pop() {
            self.finish(element, start, self.at);
        }
        Ok(())
    }

    fn finish(&mut self, mut element: Element, inner_end: usize, end: usize) {
        element.inner.end = inner_end as u32;
        element.span.end = end as u32;
        self.attach(element);
    }

    fn attach(&mut self, element: Element) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None if self.root.is_none() => self.root = Some(element),
            None => self.malformed(element.name_span, "a document has one root element"),
        }
    }

    fn close_at_end(&mut self) {
        let complete = self.diagnostics.is_empty();
        let end = self.text.len();
        while let Some(element) = self.open.pop() {
            if complete {
                self.malformed(element.name_span, format!("element `{}` is not closed", element.name));
            }
            self.finish(element, end, end);
        }
    }
}

pub(crate) fn starts_expression(text: &str) -> bool {
    text.starts_with("@(") || text.starts_with("@{")
}

fn is_nothing(node: &Node) -> bool {
    match node {
        Node::Aside(_) => true,
        Node::Text(text) => text.is_blank(),
        Node::Element(_) => false,
    }
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')
}
