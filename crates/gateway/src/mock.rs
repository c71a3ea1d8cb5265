//! The example that `mock-response` sends, from an operation's `responses` as the management API
//! stores them. Source: reference/policies.md §9 `mock-response`.

use bytes::Bytes;
use serde_json::Value;
use smol_str::SmolStr;
use tollgate_policy::host::{Mock, MockWanted};

/// `None`: nothing is described for the status, or no representation has an example.
pub fn example(definition: &Value, wanted: &MockWanted<'_>) -> Option<Mock> {
    let responses = definition.get("responses")?.as_array()?;
    let status = |response: &Value| response.get("statusCode").and_then(Value::as_u64);
    let response = responses.iter().find(|response| status(response) == Some(u64::from(wanted.status_code)))?;
    let representations = response.get("representations")?.as_array()?;
    let content_type = |representation: &Value| {
        representation.get("contentType").and_then(Value::as_str).map(str::to_owned).unwrap_or_default()
    };
    let fits = |representation: &&Value| match wanted.content_type {
        Some(wanted) => content_type(representation).eq_ignore_ascii_case(wanted),
        None => true,
    };
    let representation = representations.iter().find(fits)?;
    let body = sample(representation, wanted.index)?;
    Some(Mock { content_type: SmolStr::from(content_type(representation)), body: Bytes::from(body) })
}

/// Examples by name in order; a lone `sample` is what older documents have.
fn sample(representation: &Value, index: usize) -> Option<String> {
    let examples = representation.get("examples").and_then(Value::as_object);
    let chosen = examples.and_then(|examples| examples.values().nth(index).or_else(|| examples.values().next()));
    let value = chosen
        .map(|example| example.get("value").unwrap_or(example))
        .or_else(|| representation.get("sample"))
        .filter(|value| !value.is_null())?;
    Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(wanted: MockWanted<'_>, expected: Option<(&str, &str)>) {
        let definition = json!({"responses": [
            {"statusCode": 200, "representations": [
                {"contentType": "application/json", "examples": {"default": {"value": {"a": 1}}, "two": {"value": "{}"}}},
                {"contentType": "text/plain", "sample": "hello"},
            ]},
            {"statusCode": 404},
        ]});
        let found = example(&definition, &wanted);
        let found = found.map(|mock| (mock.content_type.to_string(), String::from_utf8_lossy(&mock.body).into_owned()));
        assert_eq!(found.as_ref().map(|(kind, body)| (kind.as_str(), body.as_str())), expected);
    }

    #[test]
    fn the_example_of_status_type_and_index_is_sent() {
        let wanted = MockWanted { status_code: 200, content_type: None, index: 0 };
        check(wanted, Some(("application/json", r#"{"a":1}"#)));
        check(MockWanted { index: 1, ..wanted }, Some(("application/json", "{}")));
        check(MockWanted { content_type: Some("text/plain"), ..wanted }, Some(("text/plain", "hello")));
        check(MockWanted { content_type: Some("text/html"), ..wanted }, None);
        check(MockWanted { status_code: 404, ..wanted }, None);
    }
}
