//! Findings of the JSON Schema validator in the words of Json.NET Schema, which users of Azure know.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

pub fn describe(error: &ValidationError<'_>) -> String {
    use ValidationErrorKind as Kind;
    let value = error.instance().as_ref();
    let text = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match error.kind() {
        Kind::Type { kind } => format!("Invalid type. Expected {} but got {}.", expected(kind), type_of(value)),
        Kind::Enum { .. } => format!("Value {value} is not defined in enum."),
        Kind::Constant { .. } => format!("Value {value} does not match const."),
        Kind::MaxLength { limit } => format!("String '{}' exceeds maximum length of {limit}.", text()),
        Kind::MinLength { limit } => format!("String '{}' is less than minimum length of {limit}.", text()),
        Kind::Pattern { pattern } => format!("String '{}' does not match regex pattern '{pattern}'.", text()),
        Kind::Format { format } => format!("String '{}' does not validate against format '{format}'.", text()),
        Kind::Maximum { limit } => format!("{} {value} exceeds maximum value of {limit}.", type_of(value)),
        Kind::Minimum { limit } => format!("{} {value} is less than minimum value of {limit}.", type_of(value)),
        Kind::ExclusiveMaximum { limit } => exclusive(value, limit, "exceeds", "maximum"),
        Kind::ExclusiveMinimum { limit } => exclusive(value, limit, "is less than", "minimum"),
        Kind::MultipleOf { multiple_of } => format!("{} {value} is not a multiple of {multiple_of}.", type_of(value)),
        Kind::MaxItems { limit } => format!("Array item count {} exceeds maximum count of {limit}.", count(value)),
        Kind::MinItems { limit } => format!("Array item count {} is less than minimum count of {limit}.", count(value)),
        Kind::MaxProperties { limit } => {
            format!("Object property count {} exceeds maximum count of {limit}.", count(value))
        }
        Kind::MinProperties { limit } => {
            format!("Object property count {} is less than minimum count of {limit}.", count(value))
        }
        Kind::UniqueItems => format!("Non-unique array item at index {}.", repeated(value)),
        Kind::AdditionalItems { limit } => {
            format!("Index {} has not been defined and the schema does not allow additional items.", limit + 1)
        }
        Kind::AnyOf { .. } => "JSON does not match any schemas from 'anyOf'.".to_owned(),
        Kind::OneOfNotValid { .. } => "JSON is valid against no schemas from 'oneOf'.".to_owned(),
        Kind::OneOfMultipleValid { .. } => "JSON is valid against more than one schema from 'oneOf'.".to_owned(),
        Kind::Not { .. } => "JSON is valid against schema from 'not'.".to_owned(),
        Kind::Contains => "No items match contains.".to_owned(),
        Kind::PropertyNames { error } => {
            format!("Property name {} does not match the schema of property names.", error.instance())
        }
        Kind::FalseSchema => "Schema always fails validation.".to_owned(),
        _ => {
            let message = error.to_string();
            if message.ends_with('.') { message } else { format!("{message}.") }
        }
    }
}

/// `exclusiveMaximum` and `exclusiveMinimum`: at the limit, or beyond it.
fn exclusive(value: &Value, limit: &Value, beyond: &str, word: &str) -> String {
    if value.as_f64() == limit.as_f64() {
        format!("{} {value} equals {word} value of {limit} and exclusive {word} is true.", type_of(value))
    } else {
        format!("{} {value} {beyond} {word} value of {limit}.", type_of(value))
    }
}

fn expected(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => name(*kind).to_owned(),
        TypeKind::Multiple(kinds) => kinds.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}

fn name(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Null => "Null",
        JsonType::Boolean => "Boolean",
        JsonType::Integer => "Integer",
        JsonType::Number => "Number",
        JsonType::String => "String",
        JsonType::Array => "Array",
        JsonType::Object => "Object",
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "Number",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "Array",
        Value::Object(_) => "Object",
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    }
}

/// Index of the first item that stood before.
fn repeated(value: &Value) -> usize {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    (1..items.len()).find(|index| items[..*index].contains(&items[*index])).unwrap_or(0)
}
