//! `JsonTextWriter`: JSON text piece by piece, plain or indented.

use super::token::{Kind, Node};
use super::value::guid_text;
use super::{JScalar, JToken};
use crate::dotnet::data::number::{double_text, single_text};
use crate::dotnet::data::time::time_span_text;
use base64::Engine as _;
use std::rc::Rc;

/// `Newtonsoft.Json.Formatting`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Formatting {
    #[default]
    None,
    Indented,
}

/// Writes JSON in order; it trusts its caller to open and close in pairs. Indentation is two
/// blanks, lines end in `\n`.
pub struct JsonWriter {
    out: String,
    formatting: Formatting,
    /// Open containers: whether each holds something, and its closing bracket.
    open: Vec<(bool, char)>,
    after_name: bool,
    escape: Escape,
    floats: FloatFormat,
}

/// `StringEscapeHandling`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Escape {
    #[default]
    Default,
    NonAscii,
    Html,
}

/// `FloatFormatHandling`: what becomes of `NaN` and the infinities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FloatFormat {
    #[default]
    String,
    Symbol,
    DefaultValue,
}

impl JsonWriter {
    pub fn new(formatting: Formatting) -> JsonWriter {
        let out = String::with_capacity(128);
        let (escape, floats) = (Escape::Default, FloatFormat::String);
        JsonWriter { out, formatting, open: Vec::new(), after_name: false, escape, floats }
    }

    pub fn with(mut self, escape: Escape, floats: FloatFormat) -> JsonWriter {
        self.escape = escape;
        self.floats = floats;
        self
    }

    pub fn finish(self) -> String {
        self.out
    }

    /// Bytes written so far, for whoever limits them.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    pub fn begin_object(&mut self) {
        self.begin('{', '}');
    }

    pub fn begin_array(&mut self) {
        self.begin('[', ']');
    }

    pub fn begin_constructor(&mut self, name: &str) {
        self.separate();
        self.out.push_str("new ");
        self.out.push_str(name);
        self.out.push('(');
        self.open.push((false, ')'));
    }

    fn begin(&mut self, bracket: char, closing: char) {
        self.separate();
        self.out.push(bracket);
        self.open.push((false, closing));
    }

    /// Closes the innermost container.
    pub fn end(&mut self) {
        let Some((filled, closing)) = self.open.pop() else { return };
        self.after_name = false;
        if filled || closing == ')' {
            self.break_line();
        }
        self.out.push(closing);
    }

    /// Writes a property's name and the colon.
    pub fn name(&mut self, name: &str) {
        self.separate();
        self.out.push('"');
        self.escaped(name);
        self.out.push_str(if self.formatting == Formatting::Indented { "\": " } else { "\":" });
        self.after_name = true;
    }

    pub fn string(&mut self, text: &str) {
        self.separate();
        self.out.push('"');
        self.escaped(text);
        self.out.push('"');
    }

    fn escaped(&mut self, text: &str) {
        if self.escape == Escape::Default {
            return escape_into(&mut self.out, text, '"');
        }
        let is_special = |c: char| match self.escape {
            Escape::Default => false,
            Escape::NonAscii => !c.is_ascii(),
            Escape::Html => matches!(c, '<' | '>' | '&' | '\'' | '"'),
        };
        let mut rest = text;
        while let Some(at) = rest.find(is_special) {
            let (before, special) = rest.split_at(at);
            escape_into(&mut self.out, before, '"');
            let Some(c) = special.chars().next() else { break };
            for unit in c.encode_utf16(&mut [0; 2]) {
                push_unit(&mut self.out, *unit);
            }
            rest = special.get(c.len_utf8()..).unwrap_or_default();
        }
        escape_into(&mut self.out, rest, '"');
    }

    /// Writes a value as it is: a number, `true`, `null`, JSON text.
    pub fn raw(&mut self, text: &str) {
        self.separate();
        self.out.push_str(text);
    }

    pub fn scalar(&mut self, value: &JScalar) {
        match value {
            JScalar::Null => self.raw("null"),
            JScalar::Undefined => self.raw("undefined"),
            JScalar::Comment(text) => self.comment(text),
            JScalar::Raw(text) | JScalar::BigInteger(text) => self.raw(text),
            JScalar::String(text) => self.string(text),
            JScalar::Uri(text) => self.string(text),
            JScalar::Boolean(value) => self.raw(if *value { "true" } else { "false" }),
            JScalar::Integer(number) => self.raw(itoa::Buffer::new().format(*number)),
            JScalar::Int32(number) => self.raw(itoa::Buffer::new().format(*number)),
            JScalar::UInt64(number) => self.raw(itoa::Buffer::new().format(*number)),
            JScalar::Float(number) => self.float(number.is_finite(), double_text(*number)),
            JScalar::Single(number) => self.float(number.is_finite(), single_text(*number)),
            JScalar::Decimal(number) => self.float(true, number.to_string()),
            JScalar::Date(date) => self.string(&date.iso_text()),
            JScalar::DateOffset(date) => self.string(&date.iso_text()),
            JScalar::TimeSpan(ticks) => self.string(&time_span_text(*ticks)),
            JScalar::Guid(guid) => self.string(&guid_text(guid)),
            JScalar::Bytes(bytes) => self.string(&base64::engine::general_purpose::STANDARD.encode(bytes)),
        }
    }

    fn float(&mut self, finite: bool, text: String) {
        match self.floats {
            _ if finite => self.raw(&with_fraction(text)),
            FloatFormat::String => self.string(&text),
            FloatFormat::Symbol => self.raw(&text),
            FloatFormat::DefaultValue => self.raw("0.0"),
        }
    }

    pub fn comment(&mut self, text: &str) {
        if self.formatting == Formatting::Indented && !self.open.is_empty() {
            self.break_line();
        }
        self.out.push_str("/*");
        self.out.push_str(text);
        self.out.push_str("*/");
    }

    /// Writes a whole tree.
    pub fn token(&mut self, token: &JToken) {
        // What is open: a node and the next of its children.
        let mut pending: Vec<(Rc<Node>, usize)> = Vec::new();
        self.open_node(&token.node, &mut pending);
        while let Some((node, index)) = pending.last_mut() {
            match node.child(*index) {
                Some(child) => {
                    *index += 1;
                    self.open_node(&child, &mut pending);
                }
                None => {
                    self.end();
                    pending.pop();
                }
            }
        }
    }

    fn open_node(&mut self, node: &Rc<Node>, pending: &mut Vec<(Rc<Node>, usize)>) {
        match &node.kind {
            Kind::Value(scalar) => return self.scalar(&scalar.borrow()),
            Kind::Object(_) => self.begin_object(),
            Kind::Array(_) => self.begin_array(),
            Kind::Constructor(name, _) => self.begin_constructor(name),
            Kind::Property(name, value) => {
                self.name(name);
                if let Some(value) = &*value.borrow() {
                    self.open_node(value, pending);
                }
                return;
            }
        }
        pending.push((node.clone(), 0));
    }

    /// What stands before a value: nothing after a name, else comma and line break.
    fn separate(&mut self) {
        if std::mem::take(&mut self.after_name) {
            return;
        }
        let Some((filled, _)) = self.open.last_mut() else { return };
        if std::mem::replace(filled, true) {
            self.out.push(',');
        }
        self.break_line();
    }

    fn break_line(&mut self) {
        if self.formatting == Formatting::Indented {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.open.len()));
        }
    }
}

/// A number that always shows that it is fractional: `1` becomes `1.0`.
fn with_fraction(mut text: String) -> String {
    if !text.contains(['.', 'E', 'e']) {
        text.push_str(".0");
    }
    text
}

/// `JsonConvert.ToString(text)`: the text in double quotes, escaped.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    escape_into(&mut out, text, '"');
    out.push('"');
    out
}

/// Escapes as `StringEscapeHandling.Default` does: the quote, backslash, control characters, and the
/// line ends JavaScript knows.
pub fn escape_into(out: &mut String, text: &str, quote: char) {
    // Most texts hold nothing of the kind; bytes tell that quickly.
    if text.bytes().all(|byte| (b' '..0x80).contains(&byte) && byte != b'\\' && char::from(byte) != quote) {
        return out.push_str(text);
    }
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '\\' || c == quote || is_line_end(c)) {
        out.push_str(&rest[..at]);
        let mut tail = rest[at..].chars();
        let c = tail.next().unwrap_or_default();
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{c}' => out.push_str("\\f"),
            '\u{8}' => out.push_str("\\b"),
            '\\' => out.push_str("\\\\"),
            _ if c == quote => out.extend(['\\', c]),
            _ => push_unit(out, u32::from(c) as u16),
        }
        rest = tail.as_str();
    }
    out.push_str(rest);
}

/// `\uXXXX`.
fn push_unit(out: &mut String, unit: u16) {
    out.push_str("\\u");
    out.extend((0..4).rev().filter_map(|nibble| char::from_digit(u32::from(unit) >> (nibble * 4) & 15, 16)));
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}')
}
