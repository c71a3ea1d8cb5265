//! Equality and order of values and trees: `JValue.Compare`, `JToken.DeepEquals`.

use super::convert::Target;
use super::token::{Kind, Node};
use super::{JScalar, JToken, TokenType};
use crate::dotnet::data::error::{DotnetError, Result};
use std::cmp::Ordering;
use std::rc::Rc;

impl JScalar {
    /// `JValue.Equals`: the same token type and an equal value.
    pub fn equals(&self, other: &JScalar) -> bool {
        let kind = self.token_type();
        kind == other.token_type() && matches!(compare(kind, self, other), Ok(Ordering::Equal))
    }

    /// `JValue.CompareTo`.
    ///
    /// # Errors
    /// What converting the other value to this one's type throws.
    pub fn compare_to(&self, other: &JScalar) -> Result<Ordering> {
        let kind = if self.token_type() == TokenType::String { other.token_type() } else { self.token_type() };
        compare(kind, self, other)
    }
}

/// `JValue.Compare(kind, a, b)`: both are taken as `kind`.
pub(super) fn compare(kind: TokenType, a: &JScalar, b: &JScalar) -> Result<Ordering> {
    match (a.is_null(), b.is_null()) {
        (true, true) => return Ok(Ordering::Equal),
        (true, false) => return Ok(Ordering::Less),
        (false, true) => return Ok(Ordering::Greater),
        (false, false) => {}
    }
    match kind {
        TokenType::Integer | TokenType::Float => compare_numbers(kind, a, b),
        TokenType::String | TokenType::Comment | TokenType::Raw => {
            Ok(a.conversion_text().encode_utf16().cmp(b.conversion_text().encode_utf16()))
        }
        TokenType::Boolean => Ok(boolean(a)?.cmp(&boolean(b)?)),
        TokenType::Date => Ok(clock(a, b)?.cmp(&clock(b, a)?)),
        TokenType::Bytes => match (a, b) {
            (JScalar::Bytes(a), JScalar::Bytes(b)) => Ok(a.len().cmp(&b.len()).then_with(|| a.cmp(b))),
            _ => Err(DotnetError::argument("Object must be of type byte[].")),
        },
        TokenType::Guid => match (a, b) {
            (JScalar::Guid(a), JScalar::Guid(b)) => Ok(a.cmp(b)),
            _ => Err(DotnetError::argument("Object must be of type Guid.")),
        },
        TokenType::Uri => match (a, b) {
            (JScalar::Uri(a), JScalar::Uri(b)) => Ok(a.encode_utf16().cmp(b.encode_utf16())),
            _ => Err(DotnetError::argument("Object must be of type Uri.")),
        },
        TokenType::TimeSpan => match (a, b) {
            (JScalar::TimeSpan(a), JScalar::TimeSpan(b)) => Ok(a.cmp(b)),
            _ => Err(DotnetError::argument("Object must be of type TimeSpan.")),
        },
        _ => Ok(Ordering::Equal),
    }
}

fn compare_numbers(kind: TokenType, a: &JScalar, b: &JScalar) -> Result<Ordering> {
    let any = |test: fn(&JScalar) -> bool| test(a) || test(b);
    if let (JScalar::BigInteger(a), JScalar::BigInteger(b)) = (a, b) {
        return Ok(compare_digits(a, b));
    }
    if any(|v| matches!(v, JScalar::BigInteger(_))) {
        return compare_doubles(a, b);
    }
    if any(|v| matches!(v, JScalar::UInt64(_) | JScalar::Decimal(_))) {
        let (JScalar::Decimal(a), JScalar::Decimal(b)) =
            (a.change_type(Target::Decimal)?, b.change_type(Target::Decimal)?)
        else {
            return Ok(Ordering::Equal);
        };
        return Ok(a.cmp(&b));
    }
    if kind == TokenType::Float || any(|v| matches!(v, JScalar::Float(_) | JScalar::Single(_))) {
        return compare_doubles(a, b);
    }
    match (a.change_type(Target::Int64)?, b.change_type(Target::Int64)?) {
        (JScalar::Integer(a), JScalar::Integer(b)) => Ok(a.cmp(&b)),
        _ => Ok(Ordering::Equal),
    }
}

fn compare_digits(a: &str, b: &str) -> Ordering {
    let magnitude = |a: &str, b: &str| a.len().cmp(&b.len()).then_with(|| a.cmp(b));
    match (a.strip_prefix('-'), b.strip_prefix('-')) {
        (Some(a), Some(b)) => magnitude(b, a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => magnitude(a, b),
    }
}

fn compare_doubles(a: &JScalar, b: &JScalar) -> Result<Ordering> {
    let (a, b) = (a.as_double()?, b.as_double()?);
    // MathUtils.ApproxEquals
    let tolerance = (a.abs() + b.abs() + 10.0) * 2.220_446_049_250_313e-16;
    let difference = a - b;
    if a == b || (-tolerance < difference && tolerance > difference) {
        return Ok(Ordering::Equal);
    }
    // double.CompareTo puts NaN first.
    Ok(a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan())))
}

fn boolean(value: &JScalar) -> Result<bool> {
    Ok(matches!(value.change_type(Target::Boolean)?, JScalar::Boolean(true)))
}

/// Ticks to compare dates by: UTC when both carry an offset, the clock otherwise.
fn clock(value: &JScalar, other: &JScalar) -> Result<i64> {
    match (value, other) {
        (JScalar::DateOffset(date), JScalar::DateOffset(_)) => Ok(date.utc_ticks()),
        (JScalar::DateOffset(date), _) => Ok(date.ticks),
        (JScalar::Date(date), _) => Ok(date.ticks),
        _ => match value.change_type(Target::DateTime)? {
            JScalar::Date(date) => Ok(date.ticks),
            _ => Ok(0),
        },
    }
}

/// `JToken.DeepEquals`; `None` is C#'s null. Property order does not matter.
pub fn deep_equals(a: Option<&JToken>, b: Option<&JToken>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => nodes_equal(&a.node, &b.node),
        _ => false,
    }
}

fn nodes_equal(a: &Rc<Node>, b: &Rc<Node>) -> bool {
    let mut pending = vec![(a.clone(), b.clone())];
    while let Some((a, b)) = pending.pop() {
        if Rc::ptr_eq(&a, &b) {
            continue;
        }
        match (&a.kind, &b.kind) {
            (Kind::Value(a), Kind::Value(b)) => {
                if !a.borrow().equals(&b.borrow()) {
                    return false;
                }
            }
            (Kind::Object(a), Kind::Object(b)) => {
                let (a, b) = (a.borrow(), b.borrow());
                if a.len() != b.len() {
                    return false;
                }
                for (name, node) in a.iter() {
                    let Some(other) = b.get(name) else { return false };
                    pending.push((node.clone(), other.clone()));
                }
            }
            (Kind::Constructor(a_name, _), Kind::Constructor(b_name, _)) if a_name != b_name => return false,
            (Kind::Property(a_name, _), Kind::Property(b_name, _)) if a_name != b_name => return false,
            (Kind::Array(_), Kind::Array(_))
            | (Kind::Constructor(..), Kind::Constructor(..))
            | (Kind::Property(..), Kind::Property(..)) => {
                if a.child_count() != b.child_count() {
                    return false;
                }
                let children = (0..a.child_count()).filter_map(|index| a.child(index).zip(b.child(index)));
                pending.extend(children);
            }
            _ => return false,
        }
    }
    true
}
