//! Values in the form of the conformance vectors.

use super::array::Array;
use super::dictionary::{Dictionary, Pair, View};
use super::linq::{Group, Lazy};
use super::list::List;
use super::tuple::TupleObject;
use crate::context::Context;
use crate::program::{Budget, Exception};
use crate::run::{self, Run, Thrown};
use crate::types::Type;
use crate::value::{DateKind, Value, downcast};
use serde_json::{Value as Json, json};
use std::rc::Rc;

/// Items of one sequence that are shown.
const ITEMS_MAX: usize = 100_000;

/// # Errors
/// The exception that walking a lazy sequence ends in.
pub fn describe(context: &Context, value: &Value, budget: Budget) -> Result<Json, Exception> {
    let mut run = Run::new(Rc::default(), context, budget);
    show(&mut run, value).map_err(|thrown| run::exception(&mut run, &thrown))
}

fn show(run: &mut Run<'_>, value: &Value) -> Result<Json, Thrown> {
    let Some(ty) = value.runtime_type() else { return Ok(json!({ "type": "null", "value": null })) };
    if matches!(value, Value::Part(_)) {
        return sequence_or_text(run, value, &ty);
    }
    if let Value::Obj(_) = value {
        return run.nested(|run| show_object(run, value, &ty));
    }
    let printed = run.print_str(value)?.as_str().to_owned();
    let round_trip = match value {
        Value::Bool(flag) => return Ok(json!({ "type": "System.Boolean", "value": flag, "text": printed })),
        Value::DateTime(_) | Value::DateTimeOffset(_) => run.format(value, "o")?,
        Value::Str(_) | Value::Char(_) => return Ok(json!({ "type": ty.clr_name(), "value": printed })),
        Value::TimeSpan(_) => run.format(value, "c")?,
        _ => printed.clone(),
    };
    let _ = DateKind::Utc;
    let mut shown = json!({ "type": ty.clr_name(), "value": round_trip });
    if printed != round_trip
        && let Json::Object(map) = &mut shown
    {
        map.insert("text".to_owned(), json!(printed));
    }
    Ok(shown)
}

/// A value inside another one goes without its `text`.
fn show_item(run: &mut Run<'_>, value: &Value) -> Result<Json, Thrown> {
    let mut shown = show(run, value)?;
    if let Json::Object(map) = &mut shown {
        map.remove("text");
    }
    Ok(shown)
}

fn items(run: &mut Run<'_>, value: &Value) -> Result<Vec<Json>, Thrown> {
    let mut cursor = run.cursor(value)?;
    let mut shown = Vec::new();
    while let Some(item) = cursor.next(run)? {
        run.step()?;
        shown.push(show_item(run, &item)?);
        if shown.len() >= ITEMS_MAX {
            break;
        }
    }
    Ok(shown)
}

fn sequence_or_text(run: &mut Run<'_>, value: &Value, ty: &Type) -> Result<Json, Thrown> {
    if let Ok(mut cursor) = run.cursor(value) {
        let mut pairs = Vec::new();
        while let Some(item) = cursor.next(run)? {
            if let Some(pair) = downcast::<Pair>(&item) {
                pairs.push(json!([show_item(run, &pair.key)?, show_item(run, &pair.value)?]));
            }
        }
        return Ok(json!({ "type": "dictionary", "value": pairs }));
    }
    let text = run.print_str(value)?.as_str().to_owned();
    Ok(json!({ "type": ty.clr_name(), "value": text }))
}

fn show_object(run: &mut Run<'_>, value: &Value, ty: &Type) -> Result<Json, Thrown> {
    if let Some(shown) = super::json::describe(value).or_else(|| super::xml::describe(value)) {
        return Ok(shown);
    }
    if let Some(bytes) = value.to_bytes() {
        return Ok(
            json!({ "type": "System.Byte[]", "value": crate::dotnet::text::encoding::to_base64(&bytes, false) }),
        );
    }
    if let Some(group) = downcast::<Group>(value) {
        let (key, items) = (show_item(run, &group.key)?, items(run, value)?);
        return Ok(json!({ "type": "grouping", "key": key, "items": items }));
    }
    if let Some(dictionary) = downcast::<Dictionary>(value) {
        let entries: Vec<(Value, Value)> = dictionary.entries.borrow().iter().cloned().collect();
        let mut pairs = Vec::new();
        for (key, value) in entries {
            pairs.push(json!([show_item(run, &key)?, show_item(run, &value)?]));
        }
        return Ok(json!({ "type": ty.clr_name(), "value": pairs }));
    }
    if let Some(owner) = downcast::<View>(value).and_then(View::owner) {
        return Ok(json!({ "type": owner.clr_name(), "value": items(run, value)? }));
    }
    if let Some(pair) = downcast::<Pair>(value) {
        return Ok(
            json!({ "type": ty.clr_name(), "value": [show_item(run, &pair.key)?, show_item(run, &pair.value)?] }),
        );
    }
    if downcast::<Array>(value).is_some() || downcast::<List>(value).is_some() {
        return Ok(json!({ "type": ty.clr_name(), "value": items(run, value)? }));
    }
    if downcast::<TupleObject>(value).is_none()
        && (downcast::<Lazy>(value).is_some()
            || crate::types::convert::find_super(ty, crate::types::known::ENUMERABLE).is_some())
    {
        return Ok(json!({ "type": "enumerable", "value": items(run, value)? }));
    }
    let text = run.print_str(value)?.as_str().to_owned();
    Ok(json!({ "type": ty.clr_name(), "value": text }))
}
