//! `XName` and the characters XML allows.

use super::xml_error;
use crate::dotnet::data::error::{DotnetError, Result};
use smol_str::SmolStr;
use std::fmt;

/// The namespace of `xmlns` attributes.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";
/// The namespace of the prefix `xml`.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A name in a namespace; the namespace is empty for none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct XName {
    pub namespace: SmolStr,
    pub local: SmolStr,
}

impl XName {
    pub fn new(namespace: impl Into<SmolStr>, local: impl Into<SmolStr>) -> XName {
        XName { namespace: namespace.into(), local: local.into() }
    }

    /// `XName.Get(expanded)`: `local` or `{namespace}local`.
    ///
    /// # Errors
    /// `ArgumentException` or `XmlException` for what is no name.
    pub fn parse(expanded: &str) -> Result<XName> {
        let invalid = || DotnetError::argument(format!("'{expanded}' is an invalid expanded name."));
        if expanded.is_empty() {
            return Err(invalid());
        }
        match expanded.strip_prefix('{') {
            None => XName::get(expanded, ""),
            Some(rest) => match rest.rsplit_once('}') {
                Some((namespace, local)) if !namespace.is_empty() && !local.is_empty() => XName::get(local, namespace),
                _ => Err(invalid()),
            },
        }
    }

    /// `XName.Get(local, namespace)`, `XNamespace + local`.
    ///
    /// # Errors
    /// `XmlException` for a local name that is none.
    pub fn get(local: &str, namespace: &str) -> Result<XName> {
        verify_nc_name(local)?;
        Ok(XName::new(namespace, local))
    }

    /// Whether an attribute of this name declares a namespace.
    pub(super) fn is_declaration(&self) -> bool {
        self.namespace == XMLNS || (self.namespace.is_empty() && self.local == "xmlns")
    }
}

impl fmt::Display for XName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            f.write_str(&self.local)
        } else {
            write!(f, "{{{}}}{}", self.namespace, self.local)
        }
    }
}

/// `XmlConvert.VerifyNCName`: a name without a colon.
///
/// # Errors
/// `XmlException` for what is none.
pub fn verify_nc_name(name: &str) -> Result<()> {
    let mut rest = name.chars();
    match rest.next() {
        None => return Err(xml_error("The empty string '' is not a valid local name.")),
        Some(c) if !is_name_start(c) || c == ':' => return Err(bad_start(c)),
        Some(_) => {}
    }
    match rest.find(|c| !is_name_char(*c) || *c == ':') {
        Some(c) => Err(bad_char(c)),
        None => Ok(()),
    }
}

pub(super) fn bad_start_text(c: char) -> String {
    format!("Name cannot begin with the '{c}' character, hexadecimal value 0x{:02X}.", u32::from(c))
}

pub(super) fn bad_start(c: char) -> DotnetError {
    xml_error(bad_start_text(c))
}

fn bad_char(c: char) -> DotnetError {
    xml_error(format!("The '{c}' character, hexadecimal value 0x{:02X}, cannot be included in a name.", u32::from(c)))
}

pub(super) fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == ':'
}

pub(super) fn is_name_char(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '_' | ':' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}' | '\u{2040}')
}

/// Characters a document may contain.
pub(super) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}

pub fn is_xml_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}
