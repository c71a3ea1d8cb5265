//! JSON Schema.

use super::message::describe;
use super::prepare::prepare;
use super::{FINDINGS_MAX, Finding};
use jsonschema::Draft;
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use serde_json::Value;
use std::collections::BTreeMap;
use tollgate_expression::dotnet::data::json::{DateParsing, LoadOptions, ReadOptions, Reader, Token, parse_token};

/// Size of a compiled pattern, in bytes: a pattern may not fill the memory of a node.
const PATTERN_BYTES_MAX: usize = 10 << 20;

/// What a policy changes of a schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct JsonOptions {
    /// Instead of `additionalProperties`.
    pub additional_properties: Option<bool>,
    pub case_insensitive_names: bool,
}

#[derive(Debug)]
pub struct JsonSchema {
    validator: jsonschema::Validator,
    options: JsonOptions,
}

impl JsonSchema {
    /// `root` is the schema; its `$ref`s are looked up in `document`, or in itself.
    ///
    /// # Errors
    /// Why it is not a schema that can be checked.
    pub fn new(root: &Value, document: Option<&Value>, options: JsonOptions) -> Result<JsonSchema, String> {
        let mut whole = match document {
            None => root.clone(),
            Some(document) => {
                let mut whole = document.clone();
                match (whole.as_object_mut(), root) {
                    (Some(whole), Value::Object(root)) => {
                        // What the document says of itself as a schema is not part of the definition.
                        whole.retain(|name, _| {
                            matches!(name.as_str(), "components" | "definitions" | "$defs" | "$schema")
                        });
                        whole.extend(root.clone());
                    }
                    _ => return Err("the schema is not an object".to_owned()),
                }
                whole
            }
        };
        prepare(&mut whole, options);
        let draft = Draft::default().detect(&whole);
        let draft = if whole.get("$schema").is_some() { draft } else { Draft::Draft201909 };
        let validator = jsonschema::options()
            .with_draft(draft)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .with_pattern_options(jsonschema::PatternOptions::regex().size_limit(PATTERN_BYTES_MAX))
            .offline()
            .build(&whole)
            .map_err(|error| error.to_string())?;
        Ok(JsonSchema { validator, options })
    }

    /// What is wrong with a JSON text. Empty: nothing.
    pub fn check(&self, text: &str) -> Vec<Finding> {
        match serde_json::from_str(text) {
            Ok(value) => self.check_value(value, Some(text)),
            Err(error) => vec![unreadable(text, &error)],
        }
    }

    /// The same for a value without a text.
    pub fn check_value(&self, mut value: Value, text: Option<&str>) -> Vec<Finding> {
        if self.options.case_insensitive_names {
            lower_names(&mut value);
        }
        let mut findings = Vec::new();
        // All names that one object lacks are one finding.
        let mut lacking: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let errors: Vec<_> = self.validator.iter_errors(&value).take(FINDINGS_MAX).collect();
        for error in &errors {
            if let ValidationErrorKind::Required { property } = error.kind() {
                let name = property.as_str().unwrap_or_default().to_owned();
                lacking.entry(error.instance_path().to_string()).or_default().push(name);
            }
        }
        for error in &errors {
            let path: Vec<LocationSegment<'_>> = error.instance_path().iter().collect();
            let (message, property) = match error.kind() {
                ValidationErrorKind::Required { .. } => {
                    let Some(names) = lacking.remove(&error.instance_path().to_string()) else { continue };
                    (format!("Required properties are missing from object: {}.", names.join(", ")), None)
                }
                ValidationErrorKind::AdditionalProperties { unexpected }
                | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                    for name in unexpected {
                        let message = format!(
                            "Property '{name}' has not been defined and the schema does not allow additional properties."
                        );
                        findings.push(self.finding(message, text, &path, Some(name)));
                    }
                    continue;
                }
                _ => (describe(error), None),
            };
            findings.push(self.finding(message, text, &path, property));
        }
        findings.truncate(FINDINGS_MAX);
        findings
    }

    fn finding(
        &self,
        message: String,
        text: Option<&str>,
        path: &[LocationSegment<'_>],
        property: Option<&str>,
    ) -> Finding {
        let place = text.and_then(|text| locate(text, path, property, self.options.case_insensitive_names));
        let (line, position) = place.unwrap_or((0, 0));
        Finding { message, line, position }
    }
}

/// What is wrong with a text as JSON, without a schema.
pub fn syntax(text: &str) -> Vec<Finding> {
    let read: Result<serde::de::IgnoredAny, serde_json::Error> = serde_json::from_str(text);
    read.err().map(|error| unreadable(text, &error)).into_iter().collect()
}

/// Why a text is no JSON: in Json.NET's words where it says so, too.
fn unreadable(text: &str, error: &serde_json::Error) -> Finding {
    let message = match parse_token(text, LoadOptions::default()) {
        Err(dotnet) => dotnet.message,
        Ok(_) => error.to_string(),
    };
    Finding { message, line: error.line(), position: error.column() }
}

fn lower_names(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(lower_names),
        Value::Object(members) => {
            let old = std::mem::take(members);
            for (name, mut member) in old {
                lower_names(&mut member);
                members.insert(name.to_lowercase(), member);
            }
        }
        _ => {}
    }
}

/// Line and position of a value (or of a property in it) as Json.NET's reader tells them.
fn locate(text: &str, path: &[LocationSegment<'_>], property: Option<&str>, lower: bool) -> Option<(usize, usize)> {
    let mut reader = Reader::new(text).with(ReadOptions { dates: DateParsing::None, ..ReadOptions::default() });
    reader.read().ok()?;
    for segment in path {
        match segment {
            LocationSegment::Property(name) => {
                find_property(&mut reader, name, lower)?;
                reader.read().ok()?;
            }
            LocationSegment::Index(index) => {
                for _ in 0..*index {
                    reader.read().ok()?;
                    skip(&mut reader)?;
                }
                reader.read().ok()?;
            }
        }
    }
    if let Some(name) = property {
        find_property(&mut reader, name, lower)?;
    }
    let place = reader.position();
    Some((place.line, place.column))
}

fn find_property(reader: &mut Reader<'_>, wanted: &str, lower: bool) -> Option<()> {
    loop {
        reader.read().ok()?;
        if reader.token() != Token::PropertyName {
            return None;
        }
        let name = reader.take_value().text();
        if name == wanted || (lower && name.to_lowercase() == wanted) {
            return Some(());
        }
        reader.read().ok()?;
        skip(reader)?;
    }
}

/// To the end of the value that starts at the current token.
fn skip(reader: &mut Reader<'_>) -> Option<()> {
    let mut depth = 0_usize;
    loop {
        match reader.token() {
            Token::StartObject | Token::StartArray => depth += 1,
            Token::EndObject | Token::EndArray => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(());
        }
        reader.read().ok()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(schema: Value, options: JsonOptions, text: &str, expected: &[&str]) {
        let schema = JsonSchema::new(&schema, None, options).expect("a schema");
        let found = schema.check(text);
        let found: Vec<String> =
            found.iter().map(|found| format!("{} {}:{}", found.message, found.line, found.position)).collect();
        assert_eq!(found, expected, "{text}");
    }

    fn pet() -> Value {
        json!({
            "type": "object", "required": ["id", "name"], "additionalProperties": false,
            "properties": {
                "id": {"type": "integer", "minimum": 1, "exclusiveMinimum": true},
                "name": {"type": "string", "nullable": true, "maxLength": 5},
                "tags": {"type": "array", "items": {"enum": ["a", 1]}},
                "owner": {"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": true},
                "key": {"type": "string", "format": "uuid"},
            },
        })
    }

    #[test]
    fn findings_read_as_json_net_tells_them() {
        let check = |text: &str, expected: &[&str]| check(pet(), JsonOptions::default(), text, expected);
        check(r#"{"id": 2, "name": null, "owner": null}"#, &[]);
        check("{}", &["Required properties are missing from object: id, name. 1:1"]);
        check(
            "{\n \"id\": \"x\",\n \"name\": \"longer\"}",
            &[
                "Invalid type. Expected Integer but got String. 2:10",
                "String 'longer' exceeds maximum length of 5. 3:17",
            ],
        );
        check(
            r#"{"id": 1, "name": "a", "more": 2}"#,
            &[
                "Integer 1 equals minimum value of 1 and exclusive minimum is true. 1:8",
                "Property 'more' has not been defined and the schema does not allow additional properties. 1:30",
            ],
        );
        check(r#"{"id": 2, "name": "a", "tags": ["a", 2]}"#, &["Value 2 is not defined in enum. 1:38"]);
        check(r#"{"id": 2, "name": "a", "key": "no"}"#, &["String 'no' does not validate against format 'uuid'. 1:34"]);
        check("[1]", &["Invalid type. Expected Object but got Array. 1:1"]);
        check("", &["Error reading JToken from JsonReader. Path '', line 0, position 0. 1:0"]);
    }

    #[test]
    fn a_policy_changes_what_the_schema_says() {
        let allowing = JsonOptions { additional_properties: Some(true), ..JsonOptions::default() };
        check(pet(), allowing, r#"{"id": 2, "name": "a", "more": 2}"#, &[]);
        let strict = JsonOptions { additional_properties: Some(false), ..JsonOptions::default() };
        let open = json!({"type": "object", "properties": {"a": {}}});
        check(
            open,
            strict,
            r#"{"a": 1, "b": 2}"#,
            &["Property 'b' has not been defined and the schema does not allow additional properties. 1:13"],
        );
        let folding = JsonOptions { case_insensitive_names: true, ..JsonOptions::default() };
        check(pet(), folding, r#"{"ID": 2, "Name": "a"}"#, &[]);
    }
}
