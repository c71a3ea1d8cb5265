//! JSONPath filters at work on a tree: `SelectToken` and `SelectTokens`.

use super::compare::compare;
use super::container::json_error;
use super::{JScalar, JToken, JsonPath, TokenType};
use crate::dotnet::data::error::{DotnetError, Result};
use crate::dotnet::data::regex::{Regex, RegexOptions};
use smol_str::SmolStr;
use std::cmp::Ordering;

/// Tokens one selection may look at. `$..*..*` grows with a power of the tree's size.
const STEPS_MAX: usize = 4_000_000;

/// Steps of one regular expression in a filter.
const REGEX_STEPS_MAX: u64 = 1_000_000;

#[derive(Debug, Clone)]
pub(super) enum Filter {
    Root,
    /// `None` is `*`.
    Field(Option<SmolStr>),
    Fields(Vec<SmolStr>),
    Scan(Option<SmolStr>),
    ScanFields(Vec<SmolStr>),
    Index(Option<i32>),
    Indexes(Vec<i32>),
    Slice {
        start: Option<i32>,
        end: Option<i32>,
        step: Option<i32>,
    },
    Query(Query),
    QueryScan(Query),
}

#[derive(Debug, Clone)]
pub(super) enum Query {
    All(Vec<Query>),
    Any(Vec<Query>),
    Exists(Operand),
    Compare(Operand, Operator, Operand),
}

#[derive(Debug, Clone)]
pub(super) enum Operand {
    Path(Vec<Filter>),
    Value(JScalar),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equals,
    StrictEquals,
    NotEquals,
    StrictNotEquals,
    Matches,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl JToken {
    /// `SelectToken(path, errorWhenNoMatch)`.
    ///
    /// # Errors
    /// `JsonException` for a bad path, several matches, or none where that is an error.
    pub fn select_token(&self, path: &str, error_when_no_match: bool) -> Result<Option<JToken>> {
        let mut found = self.select_tokens(path, error_when_no_match)?;
        if found.len() > 1 {
            return Err(json_error("Path returned multiple tokens."));
        }
        Ok(found.pop())
    }

    /// `SelectTokens(path, errorWhenNoMatch)`.
    ///
    /// # Errors
    /// As [`JToken::select_token`].
    pub fn select_tokens(&self, path: &str, error_when_no_match: bool) -> Result<Vec<JToken>> {
        JsonPath::parse(path)?.select(self, error_when_no_match)
    }
}

impl JsonPath {
    /// All tokens the path finds from `token`.
    ///
    /// # Errors
    /// `JsonException` where nothing matches and that is an error, or the tree is too large for it.
    pub fn select(&self, token: &JToken, error_when_no_match: bool) -> Result<Vec<JToken>> {
        Selection { root: token, strict: error_when_no_match, steps: 0 }.run(&self.filters, token)
    }
}

struct Selection<'a> {
    root: &'a JToken,
    strict: bool,
    steps: usize,
}

impl Selection<'_> {
    fn run(&mut self, filters: &[Filter], token: &JToken) -> Result<Vec<JToken>> {
        let mut current = vec![token.clone()];
        for filter in filters {
            let mut found = Vec::new();
            for token in &current {
                self.apply(filter, token, &mut found)?;
                self.count(1 + found.len() / 1024)?;
            }
            self.count(found.len())?;
            current = found;
        }
        Ok(current)
    }

    fn count(&mut self, steps: usize) -> Result<()> {
        self.steps += steps;
        if self.steps > STEPS_MAX {
            return Err(json_error("The path visits more tokens than one selection may."));
        }
        Ok(())
    }

    /// Ends the selection where a miss is an error.
    fn miss(&self, message: impl FnOnce() -> String) -> Result<()> {
        if self.strict { Err(json_error(message())) } else { Ok(()) }
    }

    fn apply(&mut self, filter: &Filter, token: &JToken, found: &mut Vec<JToken>) -> Result<()> {
        match filter {
            Filter::Root => found.push(self.root.clone()),
            Filter::Field(name) => self.field(name.as_deref(), token, found)?,
            Filter::Fields(names) if token.is_object() => {
                for name in names {
                    self.field(Some(name), token, found)?;
                }
            }
            Filter::Fields(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
                self.miss(|| format!("Properties {} not valid on {}.", names.join(", "), short_class(token)))?;
            }
            Filter::Scan(name) => self.scan(token, name.as_ref().map(std::slice::from_ref), found)?,
            Filter::ScanFields(names) => self.scan(token, Some(names), found)?,
            Filter::Index(Some(index)) => self.index(*index, token, found)?,
            Filter::Index(None) if token.is_array() || token.is_constructor() => found.extend(token.children()),
            Filter::Index(None) => self.miss(|| format!("Index * not valid on {}.", short_class(token)))?,
            Filter::Indexes(indexes) => {
                for index in indexes {
                    self.index(*index, token, found)?;
                }
            }
            Filter::Slice { start, end, step } => self.slice((*start, *end, *step), token, found)?,
            Filter::Query(query) => {
                for child in token.children() {
                    if self.matches(query, &child)? {
                        found.push(child);
                    }
                }
            }
            Filter::QueryScan(query) => {
                for descendant in token.descendants_and_self() {
                    if self.matches(query, &descendant)? {
                        found.push(descendant);
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&self, name: Option<&str>, token: &JToken, found: &mut Vec<JToken>) -> Result<()> {
        match name {
            _ if !token.is_object() => {
                self.miss(|| format!("Property '{}' not valid on {}.", name.unwrap_or("*"), short_class(token)))
            }
            Some(name) => match token.get(name) {
                Some(value) => {
                    found.push(value);
                    Ok(())
                }
                None => self.miss(|| format!("Property '{name}' does not exist on JObject.")),
            },
            None => {
                found.extend(token.children().iter().filter_map(JToken::property_value));
                Ok(())
            }
        }
    }

    /// All descendants, or the values of the properties that have one of the names.
    fn scan(&mut self, token: &JToken, names: Option<&[SmolStr]>, found: &mut Vec<JToken>) -> Result<()> {
        if names.is_none() {
            found.push(token.clone());
        }
        let descendants = token.descendants();
        self.count(descendants.len())?;
        for descendant in descendants {
            match (descendant.is_property(), names) {
                (true, Some(names)) => {
                    let named = descendant.name().is_some_and(|name| names.contains(&name));
                    found.extend(descendant.property_value().filter(|_| named));
                }
                (false, None) => found.push(descendant),
                _ => {}
            }
        }
        Ok(())
    }

    fn index(&self, index: i32, token: &JToken, found: &mut Vec<JToken>) -> Result<()> {
        if !token.is_array() && !token.is_constructor() {
            return self.miss(|| format!("Index {index} not valid on {}.", short_class(token)));
        }
        let Ok(at) = usize::try_from(index) else { return Err(DotnetError::index_out_of_range()) };
        match token.child(at) {
            Some(item) => found.push(item),
            None => self.miss(|| format!("Index {index} outside the bounds of {}.", short_class(token)))?,
        }
        Ok(())
    }

    fn slice(
        &self,
        bounds: (Option<i32>, Option<i32>, Option<i32>),
        token: &JToken,
        found: &mut Vec<JToken>,
    ) -> Result<()> {
        let (start, end, step) = (bounds.0.map(i64::from), bounds.1.map(i64::from), bounds.2.map(i64::from));
        if step == Some(0) {
            return Err(json_error("Step cannot be zero."));
        }
        if !token.is_array() {
            return self.miss(|| format!("Array slice is not valid on {}.", short_class(token)));
        }
        let count = token.child_count() as i64;
        let step = step.unwrap_or(1);
        let forward = step > 0;
        let from_end = |bound: i64| if bound < 0 { count + bound } else { bound };
        let first = start.map_or(if forward { 0 } else { count - 1 }, from_end);
        let first = if forward { first.clamp(0, count) } else { first.min(count - 1) };
        let stop = end.map_or(if forward { count } else { -1 }, from_end).max(-1).min(count);
        let inside = |at: i64| if forward { at < stop } else { at > stop };
        if !inside(first) {
            let shown = |bound: Option<i64>| bound.map_or("*".to_owned(), |bound| bound.to_string());
            return self.miss(|| format!("Array slice of {} to {} returned no results.", shown(start), shown(end)));
        }
        let mut at = first;
        while inside(at) {
            let index = usize::try_from(at).map_err(|_| DotnetError::index_out_of_range())?;
            found.extend(token.child(index));
            at += step;
        }
        Ok(())
    }

    fn matches(&mut self, query: &Query, token: &JToken) -> Result<bool> {
        self.count(1)?;
        match query {
            Query::All(members) => {
                for member in members {
                    if !self.matches(member, token)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Query::Any(members) => {
                for member in members {
                    if self.matches(member, token)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Query::Exists(operand) => Ok(!self.operand(operand, token)?.is_empty()),
            Query::Compare(left, operator, right) => {
                let lefts = self.operand(left, token)?;
                if lefts.is_empty() {
                    return Ok(false);
                }
                let rights = self.operand(right, token)?;
                for left in &lefts {
                    self.count(rights.len())?;
                    for right in &rights {
                        if tokens_match(left, *operator, right)? {
                            return Ok(true);
                        }
                    }
                }
                Ok(false)
            }
        }
    }

    fn operand(&mut self, operand: &Operand, token: &JToken) -> Result<Vec<JToken>> {
        match operand {
            Operand::Value(value) => Ok(vec![JToken::value(value.clone())]),
            Operand::Path(filters) => {
                let strict = std::mem::replace(&mut self.strict, false);
                let found = self.run(filters, token);
                self.strict = strict;
                found
            }
        }
    }
}

fn short_class(token: &JToken) -> &'static str {
    token.class_name().rsplit('.').next().unwrap_or_default()
}

fn tokens_match(left: &JToken, operator: Operator, right: &JToken) -> Result<bool> {
    let (Some(left), Some(right)) = (left.scalar(), right.scalar()) else {
        return Ok(operator == Operator::NotEquals);
    };
    Ok(match operator {
        Operator::Matches => return matches_regex(&left, &right),
        Operator::Equals => equals_leniently(&left, &right)?,
        Operator::NotEquals => !equals_leniently(&left, &right)?,
        Operator::StrictEquals => equals_strictly(&left, &right)?,
        Operator::StrictNotEquals => !equals_strictly(&left, &right)?,
        Operator::Less => left.compare_to(&right)? == Ordering::Less,
        Operator::LessOrEqual => left.compare_to(&right)? != Ordering::Greater,
        Operator::Greater => left.compare_to(&right)? == Ordering::Greater,
        Operator::GreaterOrEqual => left.compare_to(&right)? != Ordering::Less,
    })
}

fn numbers_of_two_kinds(left: &JScalar, right: &JScalar) -> bool {
    matches!(
        (left.token_type(), right.token_type()),
        (TokenType::Integer, TokenType::Float) | (TokenType::Float, TokenType::Integer)
    )
}

fn equals_leniently(left: &JScalar, right: &JScalar) -> Result<bool> {
    if left.equals(right) {
        return Ok(true);
    }
    if numbers_of_two_kinds(left, right) {
        return Ok(compare(left.token_type(), left, right)? == Ordering::Equal);
    }
    let JScalar::String(wanted) = right else { return Ok(false) };
    Ok(match left {
        JScalar::Date(date) => date.iso_text() == wanted.as_str(),
        JScalar::DateOffset(date) => date.iso_text() == wanted.as_str(),
        JScalar::Bytes(_) | JScalar::Guid(_) | JScalar::TimeSpan(_) | JScalar::Uri(_) => {
            left.conversion_text() == *wanted
        }
        _ => false,
    })
}

fn equals_strictly(left: &JScalar, right: &JScalar) -> Result<bool> {
    if numbers_of_two_kinds(left, right) {
        return Ok(compare(left.token_type(), left, right)? == Ordering::Equal);
    }
    Ok(left.token_type() == right.token_type() && left.equals(right))
}

/// `input =~ /pattern/options`.
fn matches_regex(input: &JScalar, pattern: &JScalar) -> Result<bool> {
    let (JScalar::String(input), JScalar::String(pattern)) = (input, pattern) else { return Ok(false) };
    let Some((pattern, letters)) = pattern.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) else {
        return Err(DotnetError::out_of_range("Length cannot be less than zero.", "length"));
    };
    let options = letters.chars().fold(0, |options, letter| {
        options
            | match letter {
                'i' => RegexOptions::IGNORE_CASE,
                'm' => RegexOptions::MULTILINE,
                's' => RegexOptions::SINGLELINE,
                'x' => RegexOptions::EXPLICIT_CAPTURE,
                _ => 0,
            }
    });
    let text: Vec<u16> = input.encode_utf16().collect();
    Ok(Regex::new(pattern, RegexOptions(options))?.is_match(&text, &mut REGEX_STEPS_MAX.clone())?)
}
