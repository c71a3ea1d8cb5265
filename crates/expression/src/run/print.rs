//! `ToString`, with and without a format.

use super::{Run, Thrown};
use crate::library::format;
use crate::value::{Str, Value};
use smol_str::SmolStr;
use std::rc::Rc;

impl Run<'_> {
    /// `ToString()`; null prints as nothing.
    pub fn print_str(&mut self, value: &Value) -> Result<Str, Thrown> {
        match value {
            Value::Str(text) => Ok(text.clone()),
            Value::Char(unit) => Ok(Str::from_char(*unit)),
            Value::Obj(object) => {
                let object = Rc::clone(object);
                let text = self.nested(|run| object.print(run))?;
                self.charge(text.len())?;
                Ok(Str::new(text))
            }
            Value::Part(part) => Ok(Str::new(crate::library::context::print(self, *part))),
            other => Ok(Str::new(format::plain(other))),
        }
    }

    /// `ToString(format)`; types without formats ignore it.
    pub fn format(&mut self, value: &Value, format: &str) -> Result<String, Thrown> {
        match format::formatted(value, format)? {
            Some(text) => Ok(text),
            None => Ok(self.print_str(value)?.as_str().to_owned()),
        }
    }
}

/// The text of a value outside of any run.
pub fn print_outside(value: &Value) -> SmolStr {
    match value {
        Value::Null => SmolStr::default(),
        Value::Str(text) => text.smol().clone(),
        Value::Obj(_) | Value::Part(_) | Value::Cell(_) => {
            let printed =
                crate::library::context::with_empty_context(|run| run.print_str(value).map(|text| text.smol().clone()));
            printed.unwrap_or_default()
        }
        other => format::plain(other),
    }
}
