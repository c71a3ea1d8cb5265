//! Does a resource match a checked filter?

use super::lists::{self, Field, FieldKind};
use super::parse::{ELEMENT, Expr, Function, Literal, Operator};
use jiff::{Timestamp, civil, tz::TimeZone};
use serde_json::Value;
use std::cmp::Ordering;

pub(super) fn matches(expr: &Expr, fields: &'static [Field], resource: &Value) -> bool {
    match expr {
        Expr::And(left, right) => matches(left, fields, resource) && matches(right, fields, resource),
        Expr::Or(left, right) => matches(left, fields, resource) || matches(right, fields, resource),
        Expr::Not(inner) => !matches(inner, fields, resource),
        Expr::Compare(name, operator, literal) => {
            with_field(fields, name, resource, |kind, value| compare(kind, value, *operator, literal))
        }
        Expr::Call(function, name, text) => {
            let wanted = text.to_lowercase();
            with_field(fields, name, resource, |_, value| {
                let holds =
                    |value: &Value| value.as_str().is_some_and(|text| call(*function, &text.to_lowercase(), &wanted));
                value.as_array().map_or_else(|| holds(value), |items| items.iter().any(holds))
            })
        }
        Expr::Elements { field, all, inner } => with_field(fields, field, resource, |_, value| {
            let mut items = value.as_array().map(Vec::as_slice).unwrap_or_default().iter();
            if *all {
                items.all(|item| matches(inner, fields, item))
            } else {
                items.any(|item| matches(inner, fields, item))
            }
        }),
    }
}

/// Orders two resources by one field; an absent value comes first.
pub(super) fn compare_field(field: &Field, left: &Value, right: &Value) -> Ordering {
    let key = |resource| field.value(resource).map_or_else(|| Value::Null, |value| value.clone());
    match (key(left), key(right)) {
        (Value::Number(l), Value::Number(r)) => {
            l.as_f64().unwrap_or_default().total_cmp(&r.as_f64().unwrap_or_default())
        }
        (Value::Bool(l), Value::Bool(r)) => l.cmp(&r),
        (l, r) => {
            let text = |value: &Value| value.as_str().map(str::to_lowercase);
            if field.kind == FieldKind::Time {
                let at = |value: &Value| value.as_str().and_then(time);
                return at(&l).cmp(&at(&r));
            }
            text(&l).cmp(&text(&r))
        }
    }
}

/// A moment as clients write it: RFC 3339, without offset (UTC), or a date alone.
pub fn time(text: &str) -> Option<Timestamp> {
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp()))
}

fn with_field(
    fields: &'static [Field],
    name: &str,
    resource: &Value,
    holds: impl Fn(FieldKind, &Value) -> bool,
) -> bool {
    if name == ELEMENT {
        return holds(FieldKind::Text, resource);
    }
    let Some(field) = lists::find(fields, name) else { return false };
    holds(field.kind, field.value(resource).unwrap_or(&Value::Null))
}

fn call(function: Function, text: &str, wanted: &str) -> bool {
    match function {
        Function::Contains => text.contains(wanted),
        Function::StartsWith => text.starts_with(wanted),
        Function::EndsWith => text.ends_with(wanted),
    }
}

fn compare(kind: FieldKind, value: &Value, operator: Operator, literal: &Literal) -> bool {
    if *literal == Literal::Null {
        return match operator {
            Operator::Eq => value.is_null(),
            Operator::Ne => !value.is_null(),
            _ => false,
        };
    }
    if let Some(items) = value.as_array() {
        return match operator {
            Operator::Ne => items.iter().all(|item| compare(kind, item, operator, literal)),
            _ => items.iter().any(|item| compare(kind, item, operator, literal)),
        };
    }
    // An absent value equals nothing and is in no order.
    order(kind, value, literal).map_or(operator == Operator::Ne, |order| match operator {
        Operator::Eq => order == Ordering::Equal,
        Operator::Ne => order != Ordering::Equal,
        Operator::Gt => order == Ordering::Greater,
        Operator::Ge => order != Ordering::Less,
        Operator::Lt => order == Ordering::Less,
        Operator::Le => order != Ordering::Greater,
    })
}

fn order(kind: FieldKind, value: &Value, literal: &Literal) -> Option<Ordering> {
    match literal {
        Literal::Null => None,
        Literal::Flag(flag) => Some(value.as_bool().unwrap_or(false).cmp(flag)),
        Literal::Number(number) => value.as_f64()?.partial_cmp(number),
        Literal::Time(moment) => Some(time(value.as_str()?)?.cmp(moment)),
        Literal::Text(text) => {
            let value = value.as_str()?;
            Some(match kind {
                FieldKind::Id(collection) => short_id(value, collection).cmp(&short_id(text, collection)),
                _ => value.to_lowercase().cmp(&text.to_lowercase()),
            })
        }
    }
}

/// The comparable form of a reference: without what stands before the service's own path, and with the collection in
/// front of a bare name. `…/service/s/users/1`, `/users/1` and `1` are the same user.
fn short_id(text: &str, collection: &str) -> String {
    let text = text.to_lowercase();
    let own = text.find("/service/").and_then(|at| {
        let rest = &text[at + "/service/".len()..];
        rest.find('/').map(|slash| rest[slash..].to_owned())
    });
    let own = own.unwrap_or(text);
    if own.contains('/') || collection.is_empty() { own } else { format!("/{}/{own}", collection.to_lowercase()) }
}
