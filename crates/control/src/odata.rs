//! The part of OData that lists take: `$filter`, `$top`, `$skip`, `$orderby`.
//! Source: reference/management-api.md, chapter 5.
//!
//! - [`parse`]: text → [`Expr`], every error with its position.
//! - [`eval`]: does a resource match?
//! - [`lists`]: which list filters on which fields.
//!
//! Pure: it knows nothing of HTTP or the store. Values arrive percent-decoded.

mod eval;
mod lists;
mod parse;

pub use eval::time;
pub use lists::{Field, FieldKind, fields_of};
pub use parse::{Expr, Function, Literal, Operator, parse};

use serde_json::Value;
use std::cmp::Ordering;
use std::fmt;

/// Items on a page when `$top` does not say.
pub const PAGE_TOP_DEFAULT: usize = 100;
/// Most items on one page: larger `$top` values are served in pages of this size, so that one call cannot make
/// the control plane hold a whole service in memory.
pub const PAGE_TOP_MAX: usize = 1000;
/// Longest `$filter`, in bytes: a URL's worth.
pub const FILTER_BYTES_MAX: usize = 8 * 1024;
/// Deepest nesting of parentheses and `not`: more than people write, less than a stack holds.
pub const FILTER_DEPTH_MAX: usize = 64;

/// What is wrong with a query option, and where. Becomes a 400 `ValidationError` with `target` = the option.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{option}: {message} at position {position}")]
pub struct QueryError {
    /// `$filter`, `$top`, `$skip` or `$orderby`.
    pub option: &'static str,
    /// Characters from 1.
    pub position: usize,
    pub message: String,
}

impl QueryError {
    fn new(option: &'static str, position: usize, message: impl Into<String>) -> QueryError {
        QueryError { option, position, message: message.into() }
    }
}

/// A checked `$filter` of one list.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    expr: Expr,
    fields: &'static [Field],
}

impl Filter {
    /// `fields`: what the list may be filtered on; see [`fields_of`].
    pub fn parse(text: &str, fields: &'static [Field]) -> Result<Filter, QueryError> {
        Ok(Filter { expr: parse(text, fields)?, fields })
    }

    /// `resource` is the resource as the list shows it: `{"id", "name", "properties": {…}}`.
    pub fn matches(&self, resource: &Value) -> bool {
        eval::matches(&self.expr, self.fields, resource)
    }

    pub fn expr(&self) -> &Expr {
        &self.expr
    }
}

/// `$top` and `$skip`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// 1..=[`PAGE_TOP_MAX`].
    pub top: usize,
    pub skip: usize,
}

impl Page {
    pub fn parse(top: Option<&str>, skip: Option<&str>) -> Result<Page, QueryError> {
        let number = |option, text: &str| {
            text.trim()
                .parse::<usize>()
                .map_err(|_| QueryError::new(option, 1, "must be a whole number that is not negative"))
        };
        let top = match top {
            None => PAGE_TOP_DEFAULT,
            Some(text) => match number("$top", text)? {
                0 => return Err(QueryError::new("$top", 1, "must be at least 1")),
                top => top.min(PAGE_TOP_MAX),
            },
        };
        let skip = skip.map_or(Ok(0), |text| number("$skip", text))?;
        Ok(Page { top, skip })
    }

    /// The items of this page, and where the next one starts if there is one.
    pub fn of<T>(self, items: Vec<T>) -> (Vec<T>, Option<usize>) {
        let end = self.skip.saturating_add(self.top);
        let next = (end < items.len()).then_some(end);
        (items.into_iter().skip(self.skip).take(self.top).collect(), next)
    }
}

/// `$orderby`: fields, most significant first.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderBy {
    terms: Vec<(&'static Field, bool)>,
}

impl OrderBy {
    pub fn parse(text: &str, fields: &'static [Field]) -> Result<OrderBy, QueryError> {
        let mut terms = Vec::new();
        let mut position = 1;
        for term in text.split(',') {
            let mut words = term.split_whitespace();
            let name = words.next().ok_or_else(|| QueryError::new("$orderby", position, "a field is missing"))?;
            let field = lists::find(fields, name)
                .ok_or_else(|| QueryError::new("$orderby", position, format!("unknown field '{name}'")))?;
            let descending = match words.next() {
                None => false,
                Some(word) if word.eq_ignore_ascii_case("asc") => false,
                Some(word) if word.eq_ignore_ascii_case("desc") => true,
                Some(word) => {
                    return Err(QueryError::new("$orderby", position, format!("expected asc or desc, found '{word}'")));
                }
            };
            if let Some(word) = words.next() {
                return Err(QueryError::new("$orderby", position, format!("unexpected '{word}'")));
            }
            terms.push((field, descending));
            position += term.chars().count() + 1;
        }
        Ok(OrderBy { terms })
    }

    pub fn compare(&self, left: &Value, right: &Value) -> Ordering {
        self.terms.iter().fold(Ordering::Equal, |so_far, (field, descending)| {
            so_far.then_with(|| {
                let order = eval::compare_field(field, left, right);
                if *descending { order.reverse() } else { order }
            })
        })
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operator::Eq => "eq",
            Operator::Ne => "ne",
            Operator::Gt => "gt",
            Operator::Ge => "ge",
            Operator::Lt => "lt",
            Operator::Le => "le",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn echo() -> Value {
        json!({"id": "/x/apis/echo", "name": "echo", "properties": {
            "displayName": "Echo API", "description": "it's quick", "path": "echo/v1", "isCurrent": true,
            "serviceUrl": null}})
    }

    fn check(list: &str, resource: &Value, filter: &str, expected: Result<bool, &str>) {
        let fields = fields_of(list).expect("list is in the table");
        let got = Filter::parse(filter, fields).map(|parsed| parsed.matches(resource)).map_err(|e| e.to_string());
        assert_eq!(got, expected.map_err(str::to_owned), "{filter}");
    }

    #[test]
    fn apis() {
        for (filter, expected) in [
            ("displayName eq 'echo api'", Ok(true)),
            ("displayName ne 'echo api'", Ok(false)),
            ("properties/displayName eq 'Echo API'", Ok(true)),
            ("name eq 'ECHO'", Ok(true)),
            ("description eq 'it''s quick'", Ok(true)),
            ("contains(description,'QUICK')", Ok(true)),
            ("contains(properties/description, 'quick')", Ok(true)),
            ("substringof('quick',description)", Ok(true)),
            ("startswith(path,'echo/')", Ok(true)),
            ("endswith(path,'v2')", Ok(false)),
            ("startswith(path,'echo') eq true", Ok(true)),
            ("startswith(path,'echo') eq false", Ok(false)),
            ("isCurrent eq true", Ok(true)),
            ("isCurrent ne true", Ok(false)),
            ("isCurrent", Ok(true)),
            ("not isCurrent", Ok(false)),
            ("not (name eq 'a' or name eq 'b')", Ok(true)),
            ("name eq 'a' and name eq 'echo' or isCurrent eq true", Ok(true)),
            ("name eq 'a' and (name eq 'echo' or isCurrent eq true)", Ok(false)),
            ("serviceUrl eq null", Ok(true)),
            ("serviceUrl ne null", Ok(false)),
            ("serviceUrl eq 'x'", Ok(false)),
            ("name ge 'e' and name lt 'f'", Ok(true)),
            ("'echo' eq name", Ok(true)),
            ("'e' lt name", Ok(true)),
            ("NAME EQ 'echo' AND ISCURRENT EQ TRUE", Ok(true)),
            ("", Err("$filter: the filter is empty at position 1")),
            (
                "displayName like 'x'",
                Err("$filter: expected a comparison (eq, ne, gt, ge, lt, le), found 'like' at position 13"),
            ),
            ("colour eq 'red'", Err("$filter: unknown field 'colour' at position 1")),
            ("name eq", Err("$filter: expected a value, found the end at position 8")),
            ("name eq 'x", Err("$filter: the text has no closing quote at position 9")),
            ("(name eq 'x'", Err("$filter: expected ')', found the end at position 13")),
            ("name eq 'x')", Err("$filter: unexpected ')' at position 12")),
            ("name eq 'x' name eq 'y'", Err("$filter: unexpected 'name' at position 13")),
            ("concat(name,'x') eq 'y'", Err("$filter: unknown function 'concat' at position 1")),
            ("contains('a','b')", Err("$filter: expected a field at position 10")),
            ("contains(isCurrent,'b')", Err("$filter: 'isCurrent' is not a text field at position 10")),
            ("isCurrent eq 'yes'", Err("$filter: 'isCurrent' cannot be compared with this value at position 14")),
            ("name eq name", Err("$filter: expected a value, found 'name' at position 9")),
            ("name", Err("$filter: expected a comparison (eq, ne, gt, ge, lt, le), found the end at position 5")),
            ("name eq 12", Err("$filter: 'name' cannot be compared with this value at position 9")),
            ("name eq # 'x'", Err("$filter: unexpected character '#' at position 9")),
        ] {
            check("apis", &echo(), filter, expected);
        }
    }

    #[test]
    fn dates_flags_tags_and_ids() {
        let user =
            json!({"name": "u1", "properties": {"registrationDate": "2026-01-31T10:00:00.5Z", "state": "active"}});
        check("users", &user, "registrationDate ge datetime'2026-01-31T10:00:00'", Ok(true));
        check("users", &user, "registrationDate ge datetime'2026-01-31T10:00:01Z'", Ok(false));
        check("users", &user, "registrationDate lt 2026-02-01", Ok(true));
        check("users", &user, "registrationDate lt '2026-02-01T00:00:00Z'", Ok(true));
        check(
            "users",
            &user,
            "registrationDate lt datetime'soon'",
            Err("$filter: this is not a date and time at position 21"),
        );
        check("users", &user, "state eq 'Active'", Ok(true));

        let value = json!({"name": "nv", "properties": {"displayName": "nv", "tags": ["Secret", "prod"]}});
        check("namedValues", &value, "tags/any(t: t eq 'secret')", Ok(true));
        check("namedValues", &value, "tags/all(t: t eq 'secret')", Ok(false));
        check("namedValues", &value, "tags/all(t: t eq 'secret' or startswith(t,'p'))", Ok(true));
        check("namedValues", &value, "not tags/any(t: t eq 'x') and displayName eq 'nv'", Ok(true));
        check("namedValues", &value, "contains(tags,'pro')", Ok(true));
        check(
            "namedValues",
            &value,
            "tags/any(t: displayName eq 'x')",
            Err("$filter: unknown field 'displayName' at position 13"),
        );
        check("namedValues", &value, "tags/some(t: t eq 'x')", Err("$filter: unknown field 'tags/some' at position 1"));

        let full = "/subscriptions/0/resourceGroups/g/providers/Microsoft.ApiManagement/service/s";
        let subscription = json!({"name": "s1", "properties": {"scope": format!("{full}/products/Starter"),
            "ownerId": format!("{full}/users/7"), "state": "active"}});
        for (filter, expected) in [
            ("scope eq '/products/starter'", true),
            ("productId eq 'starter'", true),
            ("productId eq '/products/starter'", true),
            ("productId eq 'other'", false),
            ("userId eq '7'", true),
            ("ownerId eq '/users/7'", true),
            ("contains(scope,'products')", true),
        ] {
            check("subscriptions", &subscription, filter, Ok(expected));
        }
        check("subscriptions", &subscription, &format!("ownerId eq '{full}/users/7'"), Ok(true));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = format!("{}name eq 'x'{}", "(".repeat(2000), ")".repeat(2000));
        check("apis", &echo(), &deep, Err("$filter: the filter is nested too deeply at position 65"));
        let nots = format!("{} isCurrent", "not ".repeat(1000));
        let fields = fields_of("apis").expect("in the table");
        assert!(Filter::parse(&nots, fields).is_err());
        assert!(Filter::parse(&"x".repeat(FILTER_BYTES_MAX + 1), fields).is_err());
    }

    #[test]
    fn pages() {
        let check = |top, skip, expected: Result<(usize, usize), &str>| {
            let got = Page::parse(top, skip).map(|page| (page.top, page.skip)).map_err(|e| e.option);
            assert_eq!(got, expected, "{top:?} {skip:?}");
        };
        check(None, None, Ok((100, 0)));
        check(Some("2"), Some("4"), Ok((2, 4)));
        check(Some("99999"), None, Ok((1000, 0)));
        check(Some("0"), None, Err("$top"));
        check(Some("-1"), None, Err("$top"));
        check(Some("x"), None, Err("$top"));
        check(None, Some("-1"), Err("$skip"));
        assert_eq!(Page { top: 2, skip: 2 }.of(vec![1, 2, 3, 4, 5]), (vec![3, 4], Some(4)));
        assert_eq!(Page { top: 2, skip: 4 }.of(vec![1, 2, 3, 4, 5]), (vec![5], None));
        assert_eq!(Page { top: 2, skip: usize::MAX }.of(vec![1]), (vec![], None));
    }

    #[test]
    fn ordering() {
        let fields = fields_of("apis").expect("in the table");
        let sorted = |orderby: &str| {
            let order = OrderBy::parse(orderby, fields)?;
            let mut items = [
                json!({"name": "b", "properties": {"path": "1"}}),
                json!({"name": "A", "properties": {"path": "2"}}),
                json!({"name": "c", "properties": {"path": "1"}}),
            ];
            items.sort_by(|l, r| order.compare(l, r));
            Ok::<_, QueryError>(
                items.iter().map(|i| i["name"].as_str().unwrap_or_default().to_owned()).collect::<String>(),
            )
        };
        assert_eq!(sorted("name"), Ok("Abc".to_owned()));
        assert_eq!(sorted("name desc"), Ok("cbA".to_owned()));
        assert_eq!(sorted("path asc, name desc"), Ok("cbA".to_owned()));
        assert!(sorted("nope").is_err());
        assert!(sorted("name down").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_parses_or_is_refused(text in "[a-zA-Z'() ,/:0-9]{0,60}") {
            let _ = Filter::parse(&text, fields_of("namedValues").expect("in the table")).map(|f| f.matches(&echo()));
        }
    }
}
