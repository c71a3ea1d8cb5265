//! The check of one parameter or header against its declaration.

use super::{Action, Problem, missing};
use crate::definition::{ApiSchemas, Parameter};
use serde_json::Value;

/// What a check is about, in the words of its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    PathParameter,
    QueryParameter,
    RequestHeader,
    ResponseHeader,
}

impl Subject {
    fn kind(self) -> &'static str {
        match self {
            Subject::PathParameter => "PathParameter",
            Subject::QueryParameter => "QueryParameter",
            Subject::RequestHeader => "RequestHeader",
            Subject::ResponseHeader => "ResponseHeader",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Subject::PathParameter => "path parameter",
            Subject::QueryParameter => "query parameter",
            Subject::RequestHeader | Subject::ResponseHeader => "header",
        }
    }

    /// Whether the client may know what is wrong.
    fn is_request(self) -> bool {
        self != Subject::ResponseHeader
    }
}

/// It stands in the message and not in the definition.
pub fn unspecified(subject: Subject, name: &str, action: Action) -> Problem {
    let details = format!("Unspecified {} {name} is not allowed.", subject.words());
    problem(subject, name, "Unspecified", details.clone(), Some(details), action)
}

/// Checks the values that a message has of a declared parameter.
pub fn check(
    subject: Subject,
    parameter: &Parameter<'_>,
    values: &[String],
    schemas: &ApiSchemas,
    action: Action,
) -> Vec<Problem> {
    let name = parameter.name;
    let words = subject.words();
    let sender = if subject.is_request() { "Request" } else { "Response" };
    let wrong = |details: String, public: String| {
        vec![problem(subject, name, "IncorrectMessage", details, Some(public), action)]
    };
    if values.is_empty() {
        if !parameter.required {
            return Vec::new();
        }
        let text = format!("{sender} does not contain the required {words} {name}.");
        return wrong(text.clone(), text);
    }
    let schema = match schemas.parameter(parameter) {
        Ok(Some(schema)) => schema,
        Ok(None) => return Vec::new(),
        Err(why) => {
            let of = format!("{words} {name}");
            return vec![missing(why, name, subject.kind(), parameter.type_name.unwrap_or_default(), &of, action)];
        }
    };
    let kind = match parameter.schema(schemas) {
        Ok(Some((schema, document))) => kind_of(&schema, document, 0),
        _ => Shape { kind: "string".to_owned(), items: None },
    };
    if values.len() > 1 && kind.kind != "array" {
        let text = format!("{sender} cannot contain multiple values for the {words} {name}.");
        return wrong(text.clone(), text);
    }
    let value = match parse(values, &kind) {
        Ok(value) => value,
        Err(message) => {
            return wrong(
                format!("Value of the {words} {name} cannot be parsed according to the definition. {message}"),
                format!("The value of the {words} {name} couldn't be parsed according to the definition. {message}"),
            );
        }
    };
    let findings = schema.check_value(value, None).into_iter();
    findings
        .map(|finding| {
            let message = finding.message;
            let details = format!("Value of the {words} {name} does not conform to the definition. {message}");
            let public = format!("The value of the {words} {name} does not conform to the definition. {message}");
            problem(subject, name, "IncorrectMessage", details, Some(public), action)
        })
        .collect()
}

fn problem(
    subject: Subject,
    name: &str,
    rule: &'static str,
    details: String,
    public: Option<String>,
    action: Action,
) -> Problem {
    let public = public.filter(|_| subject.is_request());
    Problem { name: name.to_owned(), kind: subject.kind(), rule, details, public, action }
}

/// The type that a schema asks for.
struct Shape {
    kind: String,
    /// Of an array.
    items: Option<String>,
}

/// References that one may follow.
const REFERENCES_MAX: usize = 20;

fn kind_of(schema: &Value, document: Option<&Value>, followed: usize) -> Shape {
    if let (Some(document), Some(reference)) = (document, schema.get("$ref").and_then(Value::as_str))
        && followed < REFERENCES_MAX
        && let Some(target) = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer))
    {
        return kind_of(target, Some(document), followed + 1);
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.and_then(Value::as_str),
    };
    let items = schema.get("items").map(|items| kind_of(items, document, followed + 1).kind);
    Shape { kind: kind.unwrap_or("string").to_owned(), items }
}

/// Text as a value of the type that is asked for.
fn parse(values: &[String], shape: &Shape) -> Result<Value, String> {
    let first = values.first().map(String::as_str).unwrap_or_default();
    match shape.kind.as_str() {
        "array" => {
            // One value may hold several, as headers and `explode: false` have them.
            let parts: Vec<&str> = match values {
                [one] => one.split(',').map(str::trim).collect(),
                many => many.iter().map(String::as_str).collect(),
            };
            let items = shape.items.as_deref().unwrap_or("string");
            parts.into_iter().map(|part| scalar(part, items)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        "object" => serde_json::from_str(first).map_err(|_| format!("'{first}' is not an object.")),
        kind => scalar(first, kind),
    }
}

fn scalar(text: &str, kind: &str) -> Result<Value, String> {
    let wrong = |kind: &str| format!("Could not convert string to {kind}: {text}.");
    match kind {
        "integer" => text.parse::<i64>().map(Value::from).map_err(|_| wrong("integer")),
        "number" => {
            let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
            let number = number.and_then(serde_json::Number::from_f64);
            match (text.parse::<i64>(), number) {
                (Ok(whole), _) => Ok(whole.into()),
                (_, Some(number)) => Ok(Value::Number(number)),
                _ => Err(wrong("number")),
            }
        }
        "boolean" => match text {
            "true" | "True" | "TRUE" => Ok(true.into()),
            "false" | "False" | "FALSE" => Ok(false.into()),
            _ => Err(wrong("boolean")),
        },
        _ => Ok(text.into()),
    }
}
