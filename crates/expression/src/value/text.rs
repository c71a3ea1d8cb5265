//! Strings of C#: UTF-16 to the program, UTF-8 in memory.
//!
//! A string is shared and immutable. Its UTF-16 form is made only when an index falls into a text
//! that is not ASCII. A lone surrogate, which UTF-8 cannot hold, lives in the UTF-16 form only.

use smol_str::SmolStr;
use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

/// A string object. Two of them are the same object when they share memory, or when both are
/// literals of equal text: C# interns literals.
#[derive(Clone)]
pub struct Str(Rc<Text>);

struct Text {
    utf8: SmolStr,
    ascii: bool,
    literal: bool,
    /// Set from the start when `utf8` had to replace a lone surrogate.
    wide: OnceCell<Box<[u16]>>,
}

/// The UTF-16 units of a string, without copying an ASCII one.
#[derive(Clone, Copy)]
pub enum Units<'s> {
    Ascii(&'s [u8]),
    Wide(&'s [u16]),
}

impl Units<'_> {
    pub fn len(self) -> usize {
        match self {
            Units::Ascii(bytes) => bytes.len(),
            Units::Wide(units) => units.len(),
        }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    pub fn get(self, index: usize) -> Option<u16> {
        match self {
            Units::Ascii(bytes) => bytes.get(index).map(|b| u16::from(*b)),
            Units::Wide(units) => units.get(index).copied(),
        }
    }

    pub fn to_vec(self) -> Vec<u16> {
        match self {
            Units::Ascii(bytes) => bytes.iter().map(|b| u16::from(*b)).collect(),
            Units::Wide(units) => units.to_vec(),
        }
    }
}

impl Str {
    pub fn new(text: impl Into<SmolStr>) -> Str {
        let utf8 = text.into();
        let ascii = utf8.is_ascii();
        Str(Rc::new(Text { utf8, ascii, literal: false, wide: OnceCell::new() }))
    }

    pub fn literal(text: impl Into<SmolStr>) -> Str {
        let utf8 = text.into();
        let ascii = utf8.is_ascii();
        Str(Rc::new(Text { utf8, ascii, literal: true, wide: OnceCell::new() }))
    }

    pub fn from_units(units: &[u16]) -> Str {
        Str::from_units_as(units, false)
    }

    pub fn literal_from_units(units: &[u16]) -> Str {
        Str::from_units_as(units, true)
    }

    fn from_units_as(units: &[u16], literal: bool) -> Str {
        match String::from_utf16(units) {
            Ok(text) if literal => Str::literal(text),
            Ok(text) => Str::new(text),
            Err(_) => {
                let wide = OnceCell::from(Box::from(units));
                let utf8 = String::from_utf16_lossy(units).into();
                Str(Rc::new(Text { utf8, ascii: false, literal, wide }))
            }
        }
    }

    pub fn from_char(unit: u16) -> Str {
        Str::from_units(&[unit])
    }

    /// The text; a lone surrogate shows as U+FFFD.
    pub fn as_str(&self) -> &str {
        &self.0.utf8
    }

    pub fn smol(&self) -> &SmolStr {
        &self.0.utf8
    }

    /// Whether a lone surrogate is in it: then `as_str` is not the whole truth.
    pub fn is_broken(&self) -> bool {
        !self.0.ascii && self.0.wide.get().is_some_and(|wide| String::from_utf16(wide).is_err())
    }

    pub fn is_ascii(&self) -> bool {
        self.0.ascii
    }

    pub fn is_empty(&self) -> bool {
        self.0.utf8.is_empty()
    }

    pub fn units(&self) -> Units<'_> {
        if self.0.ascii {
            return Units::Ascii(self.0.utf8.as_bytes());
        }
        Units::Wide(self.0.wide.get_or_init(|| self.0.utf8.encode_utf16().collect()))
    }

    /// `Length`: UTF-16 units.
    pub fn len(&self) -> usize {
        self.units().len()
    }

    /// `length` units from `start`; clipped to the text.
    pub fn slice(&self, start: usize, length: usize) -> Str {
        match self.units() {
            Units::Ascii(bytes) => {
                let end = start.saturating_add(length).min(bytes.len());
                if start == 0 && end == bytes.len() {
                    return self.clone();
                }
                Str::new(self.0.utf8.get(start.min(end)..end).unwrap_or(""))
            }
            Units::Wide(units) => {
                let end = start.saturating_add(length).min(units.len());
                Str::from_units(units.get(start.min(end)..end).unwrap_or(&[]))
            }
        }
    }

    /// Reference equality.
    pub fn is_same_object(&self, other: &Str) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || (self.0.literal && other.0.literal || self.is_empty()) && self == other
    }

    /// Whether nothing else holds this object: it was made just now.
    pub fn is_fresh(&self) -> bool {
        Rc::strong_count(&self.0) == 1
    }

    /// Joins texts, keeping lone surrogates (two halves may join).
    pub fn concat(parts: &[&Str]) -> Str {
        let mut joined = Joined::with_capacity(parts.iter().map(|part| part.as_str().len()).sum());
        parts.iter().for_each(|part| joined.push(part));
        joined.finish()
    }
}

/// A string that is put together: UTF-8 until a part with a lone surrogate comes.
#[derive(Default)]
pub struct Joined {
    utf8: String,
    units: Option<Vec<u16>>,
}

impl Joined {
    pub fn with_capacity(bytes: usize) -> Joined {
        Joined { utf8: String::with_capacity(bytes), units: None }
    }

    pub fn push(&mut self, part: &Str) {
        if part.is_broken() {
            let utf8 = &self.utf8;
            let units = self.units.get_or_insert_with(|| utf8.encode_utf16().collect());
            units.extend(part.units().to_vec());
        } else {
            self.push_str(part.as_str());
        }
    }

    pub fn push_str(&mut self, part: &str) {
        match &mut self.units {
            Some(units) => units.extend(part.encode_utf16()),
            None => self.utf8.push_str(part),
        }
    }

    pub fn finish(self) -> Str {
        match self.units {
            Some(units) => Str::from_units(&units),
            None => Str::new(self.utf8),
        }
    }
}

impl PartialEq for Str {
    /// Value equality, as `==` of two strings.
    fn eq(&self, other: &Str) -> bool {
        if self.0.utf8 != other.0.utf8 {
            return false;
        }
        match (self.is_broken(), other.is_broken()) {
            (false, false) => true,
            (true, true) => self.units().to_vec() == other.units().to_vec(),
            _ => false,
        }
    }
}

impl Eq for Str {}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Str {
        Str::new(text)
    }
}

impl From<String> for Str {
    fn from(text: String) -> Str {
        Str::new(text)
    }
}
