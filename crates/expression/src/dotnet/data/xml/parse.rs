//! XML text to tree, with `XmlReader`'s checks and messages.
//!
//! A document type is read for its internal entities only; their expansion is limited, and nothing
//! outside the text is ever fetched.

use super::name::{XML, XMLNS, bad_start_text, is_name_char, is_name_start, is_xml_blank, is_xml_char};
use super::node::{Kind, Node};
use super::{XDeclaration, XName, XNode, xml_error};
use crate::dotnet::data::error::{DotnetError, Result};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Elements within each other; .NET has no limit, memory does.
const DEPTH_MAX: usize = 100_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParseOptions {
    /// `LoadOptions.PreserveWhitespace`: keep texts of nothing but blanks.
    pub preserve_whitespace: bool,
    /// `DtdProcessing.Prohibit`, what `XmlReader.Create` does by default.
    pub prohibit_dtd: bool,
}

/// `XDocument.Parse(text, options)`.
///
/// # Errors
/// `XmlException` with line and position.
pub fn parse_document(text: &str, options: ParseOptions) -> Result<XNode> {
    let mut parser = Parser::new(text, options);
    parser.run()?;
    Ok(parser.document)
}

/// `XElement.Parse(text, options)`: the root alone.
///
/// # Errors
/// As [`parse_document`].
pub fn parse_element(text: &str, options: ParseOptions) -> Result<XNode> {
    let document = parse_document(text, options)?;
    let Some(root) = document.root() else { return Err(xml_error("Root element is missing.")) };
    root.remove()?;
    Ok(XNode::root_of(root.node.clone()))
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) options: ParseOptions,
    document: XNode,
    pub(super) open: Vec<Open<'a>>,
    /// Prefixes in scope, innermost last.
    scopes: Vec<(&'a str, SmolStr)>,
    pub(super) entities: HashMap<SmolStr, String>,
    /// Characters entities have given so far.
    pub(super) expanded: usize,
    pub(super) seen_root: bool,
}

pub(super) struct Open<'a> {
    element: XNode,
    qualified: &'a str,
    /// Byte offset of the name in the start tag.
    at: usize,
    scopes: usize,
    keep_blanks: bool,
}

struct RawAttribute<'a> {
    qualified: &'a str,
    value: String,
    at: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, options: ParseOptions) -> Parser<'a> {
        Parser {
            text,
            at: 0,
            options,
            document: XNode::document(),
            open: Vec::new(),
            scopes: Vec::new(),
            entities: HashMap::new(),
            expanded: 0,
            seen_root: false,
        }
    }

    /// 1-based line and position of a byte offset.
    fn line_and_position(&self, at: usize) -> (usize, usize) {
        let before = &self.text[..at.min(self.text.len())];
        let normal = before.replace("\r\n", "\n").replace('\r', "\n");
        let line = normal.rsplit('\n').next().unwrap_or_default();
        (normal.matches('\n').count() + 1, line.encode_utf16().count() + 1)
    }

    pub(super) fn error_at(&self, at: usize, message: impl AsRef<str>) -> DotnetError {
        let (line, position) = self.line_and_position(at);
        xml_error(format!("{} Line {line}, position {position}.", message.as_ref()))
    }

    pub(super) fn error(&self, message: impl AsRef<str>) -> DotnetError {
        self.error_at(self.at, message)
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    pub(super) fn skip_blanks(&mut self) -> bool {
        let rest = self.rest();
        let blanks = rest.len() - rest.trim_start_matches(is_xml_blank).len();
        self.at += blanks;
        blanks > 0
    }

    fn run(&mut self) -> Result<()> {
        self.take("\u{feff}");
        if self.rest().starts_with("<?xml") && self.rest()[5..].starts_with(is_xml_blank) {
            self.declaration()?;
        }
        while self.at < self.text.len() {
            self.content()?;
        }
        if !self.open.is_empty() {
            let names: Vec<&str> = self.open.iter().rev().map(|open| open.qualified).collect();
            return Err(self.error(format!(
                "Unexpected end of file has occurred. The following elements are not closed: {}.",
                names.join(", ")
            )));
        }
        if self.seen_root { Ok(()) } else { Err(xml_error("Root element is missing.")) }
    }

    fn content(&mut self) -> Result<()> {
        if !self.rest().starts_with('<') {
            return self.text_content();
        }
        let start = self.at;
        if self.take("<!--") {
            let comment = self.until("-->", "Comment")?;
            if comment.contains("--") || comment.ends_with('-') {
                return Err(self.error("An XML comment cannot contain '--', and '-' cannot be the last character."));
            }
            self.append(XNode::comment(line_ends(comment)));
        } else if self.take("<![CDATA[") {
            if self.open.is_empty() {
                return Err(self.error_at(start, "Data at the root level is invalid."));
            }
            let data = self.until("]]>", "CDATA")?;
            self.append(XNode::cdata(line_ends(data)));
        } else if self.take("<?") {
            self.processing_instruction(start)?;
        } else if self.take("<!DOCTYPE") {
            self.document_type(start)?;
        } else if self.take("</") {
            self.end_tag()?;
        } else {
            self.at += 1;
            self.start_tag()?;
        }
        Ok(())
    }

    /// Takes everything up to a closing token, and the token.
    pub(super) fn until(&mut self, token: &str, what: &str) -> Result<&'a str> {
        let rest = self.rest();
        let Some(length) = rest.find(token) else {
            self.at = self.text.len();
            return Err(self.error(format!("Unexpected end of file while parsing {what} has occurred.")));
        };
        if let Some((offset, c)) = rest[..length].char_indices().find(|(_, c)| !is_xml_char(*c)) {
            return Err(self.error_at(self.at + offset, bad_char(c)));
        }
        self.at += length + token.len();
        Ok(&rest[..length])
    }

    pub(super) fn append(&mut self, node: XNode) {
        let parent = self.open.last().map_or(&self.document, |open| &open.element);
        let count = parent.node.children.borrow().len();
        parent.attach(count, node.node.clone());
    }

    fn declaration(&mut self) -> Result<()> {
        self.at += 5;
        let mut declaration = XDeclaration::default();
        while self.skip_blanks() && !self.rest().starts_with("?>") {
            let name = self.name()?;
            let value = self.attribute_value()?;
            match name {
                "version" if value == "1.0" => declaration.version = Some(value.into()),
                "version" => return Err(self.error(format!("Version number '{value}' is invalid."))),
                "encoding" => declaration.encoding = Some(value.into()),
                "standalone" if value == "yes" || value == "no" => declaration.standalone = Some(value.into()),
                _ => return Err(self.error("Syntax for an XML declaration is invalid.")),
            }
        }
        if declaration.version.is_none() || !self.take("?>") {
            return Err(self.error("Syntax for an XML declaration is invalid."));
        }
        self.document.set_declaration(Some(Rc::new(RefCell::new(declaration))));
        Ok(())
    }

    fn processing_instruction(&mut self, start: usize) -> Result<()> {
        let target = self.name()?;
        if target.eq_ignore_ascii_case("xml") {
            return Err(self.error_at(
                start + 2,
                "Unexpected XML declaration. The XML declaration must be the first node in the document, and no white \
                 space characters are allowed to appear before it.",
            ));
        }
        self.skip_blanks();
        let data = self.until("?>", "PI")?;
        self.append(XNode::processing_instruction(target, line_ends(data)));
        Ok(())
    }

    pub(super) fn name(&mut self) -> Result<&'a str> {
        let rest = self.rest();
        match rest.chars().next() {
            None => return Err(self.error("Unexpected end of file while parsing Name has occurred.")),
            Some(c) if !is_name_start(c) => return Err(self.error(bad_start_text(c))),
            Some(_) => {}
        }
        let length = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
        self.at += length;
        Ok(&rest[..length])
    }

    pub(super) fn unexpected_token(&self, expected: &str) -> DotnetError {
        match self.peek() {
            None => self.error("Unexpected end of file has occurred."),
            Some(c) => self.error(format!("'{c}' is an unexpected token. The expected token is {expected}.")),
        }
    }

    fn attribute_value(&mut self) -> Result<String> {
        self.skip_blanks();
        if !self.take("=") {
            return Err(self.unexpected_token("'='"));
        }
        self.skip_blanks();
        let quote = match self.peek() {
            Some(c @ ('"' | '\'')) => c,
            _ => return Err(self.unexpected_token("'\"' or '''")),
        };
        self.at += 1;
        let mut value = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c| matches!(c, '&' | '<' | '\t' | '\n' | '\r') || c == quote || !is_xml_char(c));
            let Some(plain) = plain else {
                self.at = self.text.len();
                return Err(self.error("Unexpected end of file has occurred."));
            };
            value.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some('&') => self.reference(&mut value, 0)?,
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(value);
                }
                Some('\t' | '\n' | '\r') => {
                    self.at += if self.rest().starts_with("\r\n") { 2 } else { 1 };
                    value.push(' ');
                }
                Some('<') => return Err(self.error("'<', hexadecimal value 0x3C, is an invalid attribute character.")),
                Some(c) => return Err(self.error(bad_char(c))),
                None => return Err(self.error("Unexpected end of file has occurred.")),
            }
        }
    }

    /// Decodes `&…;` at the current place.
    pub(super) fn reference(&mut self, out: &mut String, depth: usize) -> Result<()> {
        let start = self.at;
        self.at += 1;
        if self.take("#") {
            let rest = self.rest();
            let (digits, radix) = rest.strip_prefix('x').map_or((rest, 10), |digits| (digits, 16));
            let length = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
            self.at += rest.len() - digits.len() + length;
            let code = u32::from_str_radix(&digits[..length], radix).ok();
            if length == 0 || !self.take(";") {
                return Err(self.error("Invalid syntax for a decimal numeric entity reference."));
            }
            match code.and_then(char::from_u32).filter(|c| is_xml_char(*c)) {
                Some(c) => out.push(c),
                None => return Err(self.error_at(start + 2, "Invalid character in the given encoding.")),
            }
            return Ok(());
        }
        if !self.peek().is_some_and(is_name_start) {
            return Err(self.error("An error occurred while parsing EntityName."));
        }
        let name = self.name()?;
        if !self.take(";") {
            return Err(self.unexpected_token("';'"));
        }
        match name {
            "lt" => out.push('<'),
            "gt" => out.push('>'),
            "amp" => out.push('&'),
            "apos" => out.push('\''),
            "quot" => out.push('"'),
            _ => self.entity(name, start, out, depth)?,
        }
        Ok(())
    }

    fn text_content(&mut self) -> Result<()> {
        let mut value = String::new();
        let mut only_blanks = true;
        while self.at < self.text.len() && !self.rest().starts_with('<') {
            let rest = self.rest();
            let length = rest.find(['<', '&']).unwrap_or(rest.len());
            let part = &rest[..length];
            if let Some((offset, c)) = part.char_indices().find(|(_, c)| !is_xml_char(*c)) {
                return Err(self.error_at(self.at + offset, bad_char(c)));
            }
            if let Some(offset) = part.find("]]>") {
                return Err(self.error_at(self.at + offset, "']]>' is not allowed in character data."));
            }
            only_blanks &= part.chars().all(is_xml_blank);
            if self.open.is_empty() && (!only_blanks || rest[length..].starts_with('&')) {
                let bad = part.find(|c| !is_xml_blank(c)).unwrap_or(length);
                return Err(self.error_at(self.at + bad, "Data at the root level is invalid."));
            }
            value.push_str(&line_ends(part));
            self.at += length;
            if self.rest().starts_with('&') {
                self.reference(&mut value, 0)?;
                only_blanks = false;
            }
        }
        let keep = self.options.preserve_whitespace || self.open.last().is_some_and(|open| open.keep_blanks);
        if !only_blanks || keep {
            self.append(XNode::text(value));
        }
        Ok(())
    }

    fn start_tag(&mut self) -> Result<()> {
        let name_at = self.at;
        if self.open.is_empty() && self.seen_root {
            return Err(self.error("There are multiple root elements."));
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(self.error("The document nests elements too deeply."));
        }
        let qualified = self.name()?;
        let mut attributes: Vec<RawAttribute<'a>> = Vec::new();
        let scopes = self.scopes.len();
        let closed = loop {
            let spaced = self.skip_blanks();
            if self.take("/>") {
                break true;
            }
            if self.take(">") {
                break false;
            }
            match self.peek() {
                None => {
                    return Err(self.error(
                        "Unexpected end of file has occurred. The following elements are not closed: ".to_owned()
                            + &self.unclosed(qualified)
                            + ".",
                    ));
                }
                Some('/') => {
                    self.at += 1;
                    return Err(self.unexpected_token("'>'"));
                }
                Some(c) if !spaced => {
                    return Err(self.error(if is_name_start(c) {
                        format!("'{c}' is an unexpected token. Expecting white space.")
                    } else {
                        format!(
                            "The '{c}' character, hexadecimal value 0x{:02X}, cannot be included in a name.",
                            u32::from(c)
                        )
                    }));
                }
                Some(_) => {
                    let at = self.at;
                    let qualified = self.name()?;
                    let value = self.attribute_value()?;
                    attributes.push(RawAttribute { qualified, value, at });
                }
            }
        };
        let element = self.build(qualified, name_at, &attributes)?;
        self.seen_root = true;
        self.append(element.clone());
        if closed {
            self.scopes.truncate(scopes);
            return Ok(());
        }
        let space = element.attribute_named(&XName::new(XML, "space")).map(|attribute| attribute.value());
        let keep_blanks = match space.as_deref() {
            Some(value) => value == "preserve",
            None => self.open.last().is_some_and(|open| open.keep_blanks),
        };
        if let Kind::Element { self_closing, .. } = &element.node.kind {
            self_closing.set(false);
        }
        self.open.push(Open { element, qualified, at: name_at, scopes, keep_blanks });
        Ok(())
    }

    fn unclosed(&self, innermost: &str) -> String {
        let outer = self.open.iter().rev().map(|open| open.qualified);
        std::iter::once(innermost).chain(outer).collect::<Vec<_>>().join(", ")
    }

    /// Makes the element: declares its prefixes, then resolves names.
    fn build(&mut self, qualified: &'a str, at: usize, attributes: &[RawAttribute<'a>]) -> Result<XNode> {
        for attribute in attributes {
            match attribute.qualified.split_once(':') {
                Some(("xmlns", _)) if attribute.value.is_empty() => {
                    return Err(self.error_at(attribute.at, "Invalid namespace declaration."));
                }
                Some(("xmlns", prefix)) => self.scopes.push((prefix, attribute.value.as_str().into())),
                None if attribute.qualified == "xmlns" => self.scopes.push(("", attribute.value.as_str().into())),
                _ => {}
            }
        }
        let element = XNode::element(self.resolve(qualified, at, true)?);
        let Kind::Element { attributes: own, .. } = &element.node.kind else { return Ok(element) };
        let mut seen = HashSet::with_capacity(attributes.len());
        for attribute in attributes {
            let name = match attribute.qualified.split_once(':') {
                Some(("xmlns", prefix)) => XName::new(XMLNS, prefix),
                _ => self.resolve(attribute.qualified, attribute.at, false)?,
            };
            if !seen.insert(name.clone()) {
                return Err(
                    self.error_at(attribute.at, format!("'{}' is a duplicate attribute name.", attribute.qualified))
                );
            }
            let node: Rc<Node> = XNode::attribute(name, attribute.value.as_str()).node.clone();
            node.set_parent(&element.node);
            own.borrow_mut().push(node);
        }
        Ok(element)
    }

    fn resolve(&self, qualified: &str, at: usize, default: bool) -> Result<XName> {
        let Some((prefix, local)) = qualified.split_once(':') else {
            let found = self.scopes.iter().rev().find(|(prefix, _)| default && prefix.is_empty());
            return Ok(XName::new(found.map_or(SmolStr::default(), |(_, namespace)| namespace.clone()), qualified));
        };
        if prefix.is_empty() || local.is_empty() || local.contains(':') || !local.starts_with(is_name_start) {
            return Err(self.error_at(
                at + prefix.len(),
                "The ':' character, hexadecimal value 0x3A, cannot be included in a name.",
            ));
        }
        if prefix == "xml" {
            return Ok(XName::new(XML, local));
        }
        let found = self.scopes.iter().rev().find(|(known, _)| *known == prefix);
        match found {
            Some((_, namespace)) => Ok(XName::new(namespace.clone(), local)),
            None => Err(self.error_at(at, format!("'{prefix}' is an undeclared prefix."))),
        }
    }

    fn end_tag(&mut self) -> Result<()> {
        let name_at = self.at;
        let name = self.name()?;
        self.skip_blanks();
        let Some(open) = self.open.pop() else {
            return Err(self.error_at(name_at, "Unexpected end tag."));
        };
        if open.qualified != name {
            let (line, position) = self.line_and_position(open.at);
            return Err(self.error_at(
                name_at,
                format!(
                    "The '{}' start tag on line {line} position {position} does not match the end tag of '{name}'.",
                    open.qualified
                ),
            ));
        }
        if !self.take(">") {
            return Err(self.unexpected_token("'>'"));
        }
        self.scopes.truncate(open.scopes);
        Ok(())
    }
}

fn bad_char(c: char) -> String {
    let shown = if c == '\0' { '.' } else { c };
    format!("'{shown}', hexadecimal value 0x{:02X}, is an invalid character.", u32::from(c))
}

/// All line ends become `\n`.
fn line_ends(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}
