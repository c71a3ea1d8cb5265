//! Values of the expression language.

use smol_str::SmolStr;

/// A value as C# sees it.
#[derive(Clone)]
pub enum Value {
    Null,
    Bool(bool),
    Int32(i32),
    String(SmolStr),
}

impl Value {
    pub fn string(text: impl Into<SmolStr>) -> Value {
        Value::String(text.into())
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// What `ToString()` gives under the invariant culture; empty for null.
    pub fn to_text(&self) -> SmolStr {
        match self {
            Value::Null => SmolStr::default(),
            Value::Bool(true) => "True".into(),
            Value::Bool(false) => "False".into(),
            Value::Int32(number) => SmolStr::from(number.to_string()),
            Value::String(text) => text.clone(),
        }
    }
}
