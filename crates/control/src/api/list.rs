//! `$filter`, `$top`, `$skip` and the next link. Source: management-api, chapter 5.

use super::call::{Answer, Call};
use super::error::Failure;
use crate::odata::{Field, Filter, Page, QueryError};
use serde_json::{Value, json};

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Failure {
        Failure::invalid(error.option, error.to_string())
    }
}

/// One page of `items` (rendered), after filtering. `fields`: what may be filtered on; `None`: the
/// list takes no filter.
///
/// # Errors
/// A filter or a number that does not parse.
pub fn page(call: &Call, fields: Option<&'static [Field]>, mut items: Vec<Value>) -> Result<Answer, Failure> {
    if let Some(text) = call.query.get("$filter").filter(|text| !text.trim().is_empty()) {
        let filter = Filter::parse(text, fields.unwrap_or(&[]))?;
        items.retain(|item| filter.matches(item));
    }
    cut(call, items)
}

/// One page of items that are filtered already.
///
/// # Errors
/// A number that does not parse.
pub fn cut(call: &Call, items: Vec<Value>) -> Result<Answer, Failure> {
    let page = Page::parse(call.query.get("$top"), call.query.get("$skip"))?;
    let count = items.len();
    let (value, next) = page.of(items);
    let mut body = json!({ "value": value, "count": count });
    if let Some(skip) = next {
        body["nextLink"] = next_link(call, page.top, skip).into();
    }
    Ok(Answer::json(body))
}

/// A list that always comes whole.
pub fn whole(items: Vec<Value>) -> Answer {
    let count = items.len();
    Answer::json(json!({ "value": items, "count": count }))
}

/// Absolute, with everything that the call said besides `$skip`.
fn next_link(call: &Call, top: usize, skip: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in call.query.iter() {
        if !name.eq_ignore_ascii_case("$skip") && !name.eq_ignore_ascii_case("$top") {
            query.append_pair(name, value);
        }
    }
    query.append_pair("$top", &top.to_string());
    query.append_pair("$skip", &skip.to_string());
    // Clients expect the dollar signs as they are.
    format!("{}{}?{}", call.origin, call.raw_path, query.finish().replace("%24", "$"))
}
