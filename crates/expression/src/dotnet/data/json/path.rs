//! JSONPath as Newtonsoft reads it: text to filters.

use super::JScalar;
use super::container::json_error;
use super::filter::{Filter, Operand, Operator, Query};
use crate::dotnet::data::error::{DotnetError, Result};
use crate::dotnet::data::number::parse_double;
use smol_str::SmolStr;

/// Queries within each other (`[?(@[?(…)])]`).
const QUERY_DEPTH_MAX: usize = 32;

/// A parsed JSONPath; may be kept and used on any tree.
#[derive(Debug, Clone)]
pub struct JsonPath {
    pub(super) filters: Vec<Filter>,
}

impl JsonPath {
    /// # Errors
    /// `JsonException` for a path that cannot be read.
    pub fn parse(expression: &str) -> Result<JsonPath> {
        let mut parser = Parser { text: expression.chars().collect(), at: 0, depth: 0 };
        let mut filters = Vec::new();
        parser.main(&mut filters)?;
        Ok(JsonPath { filters })
    }
}

struct Parser {
    text: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn slice(&self, from: usize, to: usize) -> String {
        self.text[from..to].iter().collect()
    }

    fn skip_blanks(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }

    /// The next character, or the exception of a path that ends here.
    fn required(&self, message: &str) -> Result<char> {
        self.peek().ok_or_else(|| json_error(message))
    }

    fn main(&mut self, filters: &mut Vec<Filter>) -> Result<()> {
        self.skip_blanks();
        let mut start = self.at;
        match (self.peek(), self.text.get(self.at + 1)) {
            (None, _) => return Ok(()),
            (Some('$'), None) if self.text.len() == 1 => return Ok(()),
            // Otherwise it is a property whose name starts with `$`.
            (Some('$'), Some('.' | '[')) => {
                self.at += 1;
                start = self.at;
            }
            _ => {}
        }
        if !self.path(filters, start, false)? {
            let last = self.at;
            self.skip_blanks();
            if self.at < self.text.len() {
                return Err(json_error(format!("Unexpected character while parsing path: {}", self.text[last])));
            }
        }
        Ok(())
    }

    fn push_member(&self, filters: &mut Vec<Filter>, start: usize, scan: &mut bool) -> bool {
        if self.at <= start {
            return false;
        }
        let member = self.slice(start, self.at);
        filters.push(member_filter(member.trim_end(), *scan));
        *scan = false;
        true
    }

    /// Reads steps until the path or, within a query, its side ends. True at the end of the text.
    fn path(&mut self, filters: &mut Vec<Filter>, mut start: usize, query: bool) -> Result<bool> {
        let mut scan = false;
        let mut after_indexer = false;
        let mut after_dot = false;
        while let Some(c) = self.peek() {
            match c {
                '[' | '(' => {
                    self.push_member(filters, start, &mut scan);
                    filters.push(self.indexer(c, scan)?);
                    scan = false;
                    self.at += 1;
                    start = self.at;
                    after_indexer = true;
                    after_dot = false;
                }
                ']' | ')' | ' ' => break,
                '.' => {
                    self.push_member(filters, start, &mut scan);
                    if self.text.get(self.at + 1) == Some(&'.') {
                        scan = true;
                        self.at += 1;
                    }
                    self.at += 1;
                    start = self.at;
                    after_indexer = false;
                    after_dot = true;
                }
                '=' | '<' | '!' | '>' | '|' | '&' if query => break,
                _ if after_indexer => return Err(json_error(format!("Unexpected character following indexer: {c}"))),
                _ => self.at += 1,
            }
        }
        let at_end = self.at == self.text.len();
        if !self.push_member(filters, start, &mut scan) && after_dot && (at_end || query) {
            return Err(json_error("Unexpected end while parsing path."));
        }
        Ok(at_end)
    }

    fn indexer(&mut self, open: char, scan: bool) -> Result<Filter> {
        self.at += 1;
        let close = if open == '[' { ']' } else { ')' };
        self.required(OPEN_INDEXER)?;
        self.skip_blanks();
        match self.required(OPEN_INDEXER)? {
            '\'' => self.quoted_fields(close, scan),
            '?' => self.query_filter(close, scan),
            _ => self.array_indexer(close),
        }
    }

    fn array_indexer(&mut self, close: char) -> Result<Filter> {
        let mut start = self.at;
        let mut end: Option<usize> = None;
        let mut indexes: Vec<i32> = Vec::new();
        let mut slice: Vec<Option<i32>> = Vec::new();
        while let Some(c) = self.peek() {
            let text = self.slice(start, end.unwrap_or(self.at));
            match c {
                ' ' => {
                    end = Some(self.at);
                    self.skip_blanks();
                }
                _ if c == close => {
                    if !slice.is_empty() {
                        slice.push(optional_index(&text)?);
                        slice.resize(3, None);
                        return Ok(Filter::Slice { start: slice[0], end: slice[1], step: slice[2] });
                    }
                    let index = required_index(&text)?;
                    if indexes.is_empty() {
                        return Ok(Filter::Index(Some(index)));
                    }
                    indexes.push(index);
                    return Ok(Filter::Indexes(indexes));
                }
                ',' | ':' => {
                    if c == ',' {
                        indexes.push(required_index(&text)?);
                    } else {
                        slice.push(optional_index(&text)?);
                    }
                    self.at += 1;
                    self.skip_blanks();
                    start = self.at;
                    end = None;
                }
                '*' => {
                    self.at += 1;
                    self.required(OPEN_INDEXER)?;
                    self.skip_blanks();
                    if self.required(OPEN_INDEXER)? != close {
                        return Err(bad_indexer(c));
                    }
                    return Ok(Filter::Index(None));
                }
                _ if end.is_none() && (c.is_numeric() || c == '-') => self.at += 1,
                _ => return Err(bad_indexer(c)),
            }
        }
        Err(json_error(OPEN_INDEXER))
    }

    fn quoted_fields(&mut self, close: char, scan: bool) -> Result<Filter> {
        let mut fields: Vec<SmolStr> = Vec::new();
        while self.at < self.text.len() {
            fields.push(self.quoted()?.into());
            self.skip_blanks();
            match self.required(OPEN_INDEXER)? {
                c if c == close => {
                    return Ok(match (fields.len(), scan) {
                        (1, false) => Filter::Field(fields.pop()),
                        (1, true) => Filter::Scan(fields.pop()),
                        (_, false) => Filter::Fields(fields),
                        (_, true) => Filter::ScanFields(fields),
                    });
                }
                ',' => {
                    self.at += 1;
                    self.skip_blanks();
                }
                c => return Err(bad_indexer(c)),
            }
        }
        Err(json_error(OPEN_INDEXER))
    }

    fn query_filter(&mut self, close: char, scan: bool) -> Result<Filter> {
        self.at += 1;
        let c = self.required(OPEN_INDEXER)?;
        if c != '(' {
            return Err(bad_indexer(c));
        }
        self.at += 1;
        self.depth += 1;
        if self.depth > QUERY_DEPTH_MAX {
            return Err(json_error("Path has too many queries within each other."));
        }
        let query = self.query()?;
        self.depth -= 1;
        self.at += 1;
        self.required(OPEN_INDEXER)?;
        self.skip_blanks();
        let c = self.required(OPEN_INDEXER)?;
        if c != close {
            return Err(bad_indexer(c));
        }
        Ok(if scan { Filter::QueryScan(query) } else { Filter::Query(query) })
    }

    /// Reads comparisons joined by `&&` and `||`. As in the original, a change of joint opens a
    /// group that takes all that follows.
    fn query(&mut self) -> Result<Query> {
        let mut groups: Vec<(bool, Vec<Query>)> = Vec::new();
        while self.at < self.text.len() {
            let comparison = self.comparison()?;
            match self.required(OPEN_QUERY)? {
                ')' => {
                    let Some(last) = groups.last_mut() else { return Ok(comparison) };
                    last.1.push(comparison);
                    let mut inner: Option<Query> = None;
                    while let Some((all, mut members)) = groups.pop() {
                        members.extend(inner.take());
                        inner = Some(if all { Query::All(members) } else { Query::Any(members) });
                    }
                    return inner.ok_or_else(|| json_error(OPEN_QUERY));
                }
                c @ ('&' | '|') => {
                    if !self.take(&[c, c]) {
                        return Err(self.unexpected());
                    }
                    if groups.last().is_none_or(|(all, _)| *all != (c == '&')) {
                        groups.push((c == '&', Vec::new()));
                    }
                    if let Some(last) = groups.last_mut() {
                        last.1.push(comparison);
                    }
                }
                _ => {}
            }
        }
        Err(json_error(OPEN_QUERY))
    }

    fn comparison(&mut self) -> Result<Query> {
        let left = self.side()?;
        if matches!(self.peek(), Some(')' | '|' | '&')) {
            return Ok(Query::Exists(left));
        }
        let operator = self.operator()?;
        let right = self.side()?;
        Ok(Query::Compare(left, operator, right))
    }

    fn side(&mut self) -> Result<Operand> {
        self.skip_blanks();
        let operand = match self.peek() {
            Some(c @ ('$' | '@')) => {
                let mut filters = if c == '$' { vec![Filter::Root] } else { Vec::new() };
                self.at += 1;
                if self.path(&mut filters, self.at, true)? {
                    return Err(json_error(OPEN_QUERY));
                }
                Operand::Path(filters)
            }
            _ => Operand::Value(self.literal()?),
        };
        self.skip_blanks();
        self.required(OPEN_QUERY)?;
        Ok(operand)
    }

    fn literal(&mut self) -> Result<JScalar> {
        match self.peek() {
            Some('\'') => self.quoted().map(JScalar::string),
            Some('/') => self.regex().map(JScalar::string),
            Some('t') if self.take(&['t', 'r', 'u', 'e']) => Ok(JScalar::Boolean(true)),
            Some('f') if self.take(&['f', 'a', 'l', 's', 'e']) => Ok(JScalar::Boolean(false)),
            Some('n') if self.take(&['n', 'u', 'l', 'l']) => Ok(JScalar::Null),
            Some(c) if c.is_numeric() || c == '-' => {
                let start = self.at;
                while self.peek().is_some_and(|c| c != ' ' && c != ')') {
                    self.at += 1;
                }
                let text = self.slice(start, self.at);
                let number = if text.contains(['.', 'e', 'E']) {
                    parse_double(&text).map(JScalar::Float)
                } else {
                    text.parse().ok().map(JScalar::Integer)
                };
                number.ok_or_else(|| self.unexpected())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn quoted(&mut self) -> Result<String> {
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '\'' => return Ok(text),
                '\\' if self.at < self.text.len() => {
                    let escaped = self.text[self.at];
                    self.at += 1;
                    text.push(match escaped {
                        'b' => '\u{8}',
                        't' => '\t',
                        'n' => '\n',
                        'f' => '\u{c}',
                        'r' => '\r',
                        '\\' | '"' | '\'' | '/' => escaped,
                        _ => return Err(json_error(format!("Unknown escape character: \\{escaped}"))),
                    });
                }
                _ => text.push(c),
            }
        }
        Err(json_error("Path ended with an open string."))
    }

    /// A regular expression with its slashes and options: `/pattern/i`.
    fn regex(&mut self) -> Result<String> {
        let start = self.at;
        self.at += 1;
        while let Some(c) = self.peek() {
            match c {
                '\\' if self.at + 1 < self.text.len() => self.at += 2,
                '/' => {
                    self.at += 1;
                    while self.peek().is_some_and(char::is_alphabetic) {
                        self.at += 1;
                    }
                    return Ok(self.slice(start, self.at));
                }
                _ => self.at += 1,
            }
        }
        Err(json_error("Path ended with an open regex."))
    }

    fn operator(&mut self) -> Result<Operator> {
        if self.at + 1 >= self.text.len() {
            return Err(json_error(OPEN_QUERY));
        }
        let operators: [(&[char], Operator); 10] = [
            (&['=', '=', '='], Operator::StrictEquals),
            (&['=', '='], Operator::Equals),
            (&['=', '~'], Operator::Matches),
            (&['!', '=', '='], Operator::StrictNotEquals),
            (&['!', '='], Operator::NotEquals),
            (&['<', '>'], Operator::NotEquals),
            (&['<', '='], Operator::LessOrEqual),
            (&['<'], Operator::Less),
            (&['>', '='], Operator::GreaterOrEqual),
            (&['>'], Operator::Greater),
        ];
        let found = operators.into_iter().find(|(text, _)| self.take(text));
        found.map(|(_, operator)| operator).ok_or_else(|| json_error("Could not read query operator."))
    }

    fn take(&mut self, text: &[char]) -> bool {
        let found = self.text[self.at..].starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn unexpected(&self) -> DotnetError {
        match self.peek() {
            Some(c) => json_error(format!("Unexpected character while parsing path query: {c}")),
            None => json_error(OPEN_QUERY),
        }
    }
}

const OPEN_INDEXER: &str = "Path ended with open indexer.";
const OPEN_QUERY: &str = "Path ended with open query.";

fn member_filter(member: &str, scan: bool) -> Filter {
    let member = (member != "*").then(|| SmolStr::new(member));
    if scan { Filter::Scan(member) } else { Filter::Field(member) }
}

fn bad_indexer(c: char) -> DotnetError {
    json_error(format!("Unexpected character while parsing path indexer: {c}"))
}

fn required_index(text: &str) -> Result<i32> {
    if text.is_empty() {
        return Err(json_error("Array index expected."));
    }
    text.parse().map_err(|_| DotnetError::format(format!("The input string '{text}' was not in a correct format.")))
}

fn optional_index(text: &str) -> Result<Option<i32>> {
    if text.is_empty() { Ok(None) } else { required_index(text).map(Some) }
}
