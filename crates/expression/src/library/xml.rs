//! System.Xml.Linq.

use super::TypeTable;
use crate::run::Thrown;
use crate::types::Type;
use crate::value::Value;

pub static TYPES: &[TypeTable] = &[];

pub fn body(_text: &str, _ty: &Type) -> Result<Option<Value>, Thrown> {
    Ok(None)
}

pub fn describe(_value: &Value) -> Option<serde_json::Value> {
    None
}
