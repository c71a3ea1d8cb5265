//! What an API's definition says of the operation in play: its parameters, representations and
//! responses, and the schemas that they name. In the form of the management API's contracts.

mod sample;
mod schemas;

pub use sample::Mock;
pub use schemas::{ApiSchemas, Missing};

use serde_json::Value;
use std::sync::Arc;

/// One operation, and the schemas of its API.
#[derive(Debug)]
pub struct Definition {
    operation: Value,
    schemas: Arc<ApiSchemas>,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Header,
}

/// A parameter of the request, or a header of a response.
#[derive(Debug, Clone, Copy)]
pub struct Parameter<'d> {
    pub name: &'d str,
    pub required: bool,
    /// The word of `type`; `string` when there is none.
    pub kind: &'d str,
    /// The values it may have; any when empty.
    values: Option<&'d Vec<Value>>,
    schema_id: Option<&'d str>,
    pub type_name: Option<&'d str>,
}

/// One content type of a body.
#[derive(Debug, Clone, Copy)]
pub struct Representation<'d> {
    pub content_type: &'d str,
    pub schema_id: Option<&'d str>,
    pub type_name: Option<&'d str>,
    contract: &'d Value,
}

/// What is declared for one status code.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'d>(&'d Value);

impl Definition {
    /// `operation`: the contract's `request`, `responses` and `templateParameters`.
    pub fn new(operation: Value, schemas: Arc<ApiSchemas>) -> Definition {
        Definition { operation, schemas }
    }

    pub fn schemas(&self) -> &ApiSchemas {
        &self.schemas
    }

    pub fn parameters(&self, place: Place) -> Vec<Parameter<'_>> {
        parameters(match place {
            Place::Path => self.operation.get("templateParameters"),
            Place::Query => self.operation.pointer("/request/queryParameters"),
            Place::Header => self.operation.pointer("/request/headers"),
        })
    }

    /// Of the request's body.
    pub fn representations(&self) -> Vec<Representation<'_>> {
        representations(self.operation.pointer("/request/representations"))
    }

    pub fn answer(&self, status: u16) -> Option<Answer<'_>> {
        let responses = self.operation.get("responses")?.as_array()?;
        let declared =
            |response: &&Value| response.get("statusCode").and_then(Value::as_u64) == Some(u64::from(status));
        responses.iter().find(declared).map(Answer)
    }

    /// The body that `mock-response` sends for a status. `None`: neither an example nor a schema
    /// describes one.
    pub fn mock(&self, status: u16, content_type: Option<&str>, index: usize) -> Option<Mock> {
        let wanted = |known: &&Representation<'_>| {
            content_type.is_none_or(|wanted| media_type(known.content_type) == media_type(wanted))
        };
        let all = self.answer(status)?.representations();
        let fitting: Vec<&Representation<'_>> = all.iter().filter(wanted).collect();
        let example = fitting.iter().find_map(|known| sample::of_example(known, index));
        example.or_else(|| fitting.iter().find_map(|known| sample::of_schema(known, &self.schemas)))
    }
}

impl<'d> Answer<'d> {
    pub fn representations(self) -> Vec<Representation<'d>> {
        representations(self.0.get("representations"))
    }

    pub fn headers(self) -> Vec<Parameter<'d>> {
        parameters(self.0.get("headers"))
    }
}

impl Parameter<'_> {
    /// A JSON schema of its value, with the document in which `$ref`s are looked up.
    pub fn schema<'s>(&self, schemas: &'s ApiSchemas) -> Result<Option<(Value, Option<&'s Value>)>, Missing> {
        if let (Some(schema), Some(name)) = (self.schema_id, self.type_name) {
            let (document, pointer) = schemas.definition(schema, name)?;
            return Ok(Some((serde_json::json!({ "$ref": format!("#{pointer}") }), Some(document))));
        }
        let mut schema = serde_json::Map::new();
        if matches!(self.kind, "integer" | "number" | "boolean" | "array" | "object") {
            schema.insert("type".to_owned(), self.kind.into());
        }
        if let Some(values) = self.values.filter(|values| !values.is_empty()) {
            schema.insert("enum".to_owned(), values.iter().map(|value| typed(value, self.kind)).collect());
        }
        Ok((!schema.is_empty()).then(|| (Value::Object(schema), None)))
    }
}

/// A listed value, which the contract has as text, in the type of the parameter.
fn typed(value: &Value, kind: &str) -> Value {
    let parsed = value.as_str().filter(|_| kind != "string").and_then(|text| serde_json::from_str(text).ok());
    parsed.unwrap_or_else(|| value.clone())
}

/// A content type without its parameters, in lower case.
pub fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn text<'d>(contract: &'d Value, field: &str) -> Option<&'d str> {
    contract.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn parameters(list: Option<&Value>) -> Vec<Parameter<'_>> {
    let contracts = list.and_then(Value::as_array).into_iter().flatten();
    contracts
        .filter_map(|contract| {
            Some(Parameter {
                name: text(contract, "name")?,
                required: contract.get("required").and_then(Value::as_bool).unwrap_or(false),
                kind: text(contract, "type").unwrap_or("string"),
                values: contract.get("values").and_then(Value::as_array),
                schema_id: text(contract, "schemaId"),
                type_name: text(contract, "typeName"),
            })
        })
        .collect()
}

fn representations(list: Option<&Value>) -> Vec<Representation<'_>> {
    let contracts = list.and_then(Value::as_array).into_iter().flatten();
    contracts
        .filter_map(|contract| {
            Some(Representation {
                content_type: text(contract, "contentType")?,
                schema_id: text(contract, "schemaId"),
                type_name: text(contract, "typeName"),
                contract,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definition() -> Definition {
        let schemas = json!({"components": {"schemas": {
            "Pet": {"type": "object", "properties": {
                "id": {"type": "integer"}, "name": {"type": "string", "example": "Rex"},
                "friends": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
            }},
        }}});
        let operation = json!({"responses": [
            {"statusCode": 200, "representations": [
                {"contentType": "application/json", "examples": {"default": {"value": {"a": 1}}, "two": {"value": "{}"}}},
                {"contentType": "text/plain", "sample": "hello"},
            ]},
            {"statusCode": 201, "representations": [
                {"contentType": "application/json", "schemaId": "s", "typeName": "Pet"},
                {"contentType": "application/xml", "schemaId": "s", "typeName": "Pet"},
            ]},
            {"statusCode": 404},
        ]});
        Definition::new(operation, Arc::new(ApiSchemas::new([("s".to_owned(), schemas)])))
    }

    fn check(status: u16, content_type: Option<&str>, index: usize, expected: Option<(&str, &str)>) {
        let found = definition().mock(status, content_type, index);
        let found = found.map(|mock| (mock.content_type.to_string(), String::from_utf8_lossy(&mock.body).into_owned()));
        assert_eq!(found.as_ref().map(|(kind, body)| (kind.as_str(), body.as_str())), expected);
    }

    #[test]
    fn the_example_of_status_type_and_index_is_sent() {
        check(200, None, 0, Some(("application/json", r#"{"a":1}"#)));
        check(200, None, 1, Some(("application/json", "{}")));
        check(200, Some("text/plain; charset=utf-8"), 0, Some(("text/plain", "hello")));
        check(200, Some("text/html"), 0, None);
        check(404, None, 0, None);
        check(500, None, 0, None);
    }

    #[test]
    fn without_an_example_a_sample_is_made_from_the_schema() {
        check(
            201,
            None,
            0,
            Some(("application/json", r#"{"id":0,"name":"Rex","friends":[{"id":0,"name":"Rex","friends":[]}]}"#)),
        );
        let xml = "<Pet><id>0</id><name>Rex</name><friends><id>0</id><name>Rex</name></friends></Pet>";
        check(201, Some("application/xml"), 0, Some(("application/xml", xml)));
    }
}
