//! What an OData request may look like: paths, system query options, and the expressions in them.
//! Source: OData 4.01, Part 2 (URL conventions) and its ABNF.

use std::collections::BTreeSet;
use tollgate_expression::dotnet::data::xml::{ParseOptions, XName, XNode, parse_document};

/// Expressions within each other.
const DEPTH_MAX: usize = 100;
/// Names that derived or nested types add to what may be named.
const NAMES_MAX: usize = 100_000;

/// What a metadata document (CSDL) offers.
#[derive(Debug, Default)]
pub struct Metadata {
    /// Entity sets, singletons, imported functions and actions.
    resources: BTreeSet<String>,
    /// Properties, navigation properties, bound operations, enumeration members and types anywhere.
    names: BTreeSet<String>,
    /// Every property of every type is declared: none is open.
    closed: bool,
}

impl Metadata {
    /// `None`: it is no CSDL in XML.
    pub fn read(text: &str) -> Option<Metadata> {
        let options = ParseOptions { prohibit_dtd: true, ..ParseOptions::default() };
        let document = parse_document(text, options).ok()?;
        let mut metadata = Metadata { closed: true, ..Metadata::default() };
        let attribute = |node: &XNode, name: &str| {
            node.attribute_named(&XName::new("", name)).map(|found| found.value().to_string())
        };
        for element in document.descendants(None) {
            let kind = element.name()?.local;
            let Some(name) = attribute(&element, "Name") else { continue };
            match kind.as_str() {
                "EntitySet" | "Singleton" | "FunctionImport" | "ActionImport" => {
                    metadata.resources.insert(name);
                }
                "Property" | "NavigationProperty" | "Function" | "Action" | "Member" | "EntityType" | "ComplexType"
                | "EnumType" | "TypeDefinition"
                    if metadata.names.len() < NAMES_MAX =>
                {
                    metadata.names.insert(name);
                    if attribute(&element, "OpenType").is_some_and(|open| open == "true") {
                        metadata.closed = false;
                    }
                }
                _ => {}
            }
        }
        (!metadata.resources.is_empty()).then_some(metadata)
    }

    fn has_resource(&self, name: &str) -> bool {
        self.resources.contains(name)
    }

    /// Names may be qualified by the namespace of their schema.
    fn has_name(&self, name: &str) -> bool {
        let last = name.rsplit('.').next().unwrap_or(name);
        !self.closed || self.names.contains(last) || self.resources.contains(last)
    }
}

/// What is wrong with a path below the service root, decoded.
pub fn check_path(path: &str, metadata: Option<&Metadata>) -> Result<(), String> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let Some(first) = segments.next() else { return Ok(()) };
    let name = first.split('(').next().unwrap_or(first);
    if name.starts_with('$') {
        if !matches!(name, "$metadata" | "$batch" | "$entity" | "$all" | "$crossjoin") {
            return Err(format!("the resource '{name}' is not known to OData"));
        }
        return Ok(());
    }
    segment(first)?;
    if let Some(metadata) = metadata
        && !metadata.has_resource(name)
    {
        return Err(format!("Resource not found for the segment '{name}'."));
    }
    for next in segments {
        let name = next.split('(').next().unwrap_or(next);
        if name.starts_with('$') {
            let known = ["$count", "$ref", "$value", "$links", "$query", "$each", "$filter"];
            if !known.contains(&name) {
                return Err(format!("the path segment '{name}' is not known to OData"));
            }
            continue;
        }
        segment(next)?;
        // A segment may be a key (`/Products/1`).
        let is_key = !is_identifier(name);
        if let Some(metadata) = metadata
            && !is_key
            && !metadata.has_name(name)
        {
            return Err(format!("Resource not found for the segment '{name}'."));
        }
    }
    Ok(())
}

/// A name with keys or arguments in brackets.
fn segment(text: &str) -> Result<(), String> {
    let Some((_, rest)) = text.split_once('(') else { return Ok(()) };
    let Some(inner) = rest.strip_suffix(')') else {
        return Err(format!("the brackets in the path segment '{text}' do not match"));
    };
    for part in split(inner, ',')? {
        let value =
            part.split_once('=').filter(|(name, _)| is_identifier(name.trim())).map_or(part, |(_, value)| value);
        if !value.trim().is_empty() {
            Parser::new(value, None)?.whole()?;
        }
    }
    Ok(())
}

/// What is wrong with the query options, decoded.
pub fn check_options(options: &[(String, String)], metadata: Option<&Metadata>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for (name, value) in options {
        let Some(option) = system_option(name) else {
            if name.starts_with('$') {
                return Err(format!("The query parameter '{name}' is not supported."));
            }
            continue;
        };
        if !seen.insert(option) {
            return Err(format!(
                "Query option '{name}' was specified more than once, but it must be specified at most once."
            ));
        }
        check_option(option, value, metadata, 0)?;
    }
    Ok(())
}

/// The name without `$`: 4.01 takes options without it; only what was well known before is taken so.
fn system_option(name: &str) -> Option<&'static str> {
    const OPTIONS: [&str; 15] = [
        "filter",
        "select",
        "expand",
        "orderby",
        "top",
        "skip",
        "count",
        "search",
        "format",
        "skiptoken",
        "deltatoken",
        "apply",
        "compute",
        "index",
        "schemaversion",
    ];
    let bare = name.strip_prefix('$')?;
    OPTIONS.into_iter().find(|known| known.eq_ignore_ascii_case(bare)).or((bare == "id").then_some("id"))
}

fn check_option(option: &str, value: &str, metadata: Option<&Metadata>, depth: usize) -> Result<(), String> {
    if depth > DEPTH_MAX {
        return Err("the query options are nested too deep".to_owned());
    }
    let wrong = |why: &str| Err(format!("Invalid value '{value}' for ${option} query option found. {why}"));
    match option {
        "top" | "skip" if value.trim().parse::<u64>().is_err() => {
            wrong(&format!("The ${option} query option requires a non-negative integer value."))
        }
        "index" if value.trim().parse::<i64>().is_err() => wrong("It is not an integer."),
        "count" if !matches!(value.trim(), "true" | "false") => wrong("Valid values are 'true' and 'false'."),
        "search" | "format" | "skiptoken" | "deltatoken" | "apply" | "schemaversion" | "id"
            if value.trim().is_empty() =>
        {
            wrong("It is empty.")
        }
        "filter" => Parser::new(value, metadata)?.whole().or_else(|why| wrong(&why)),
        "compute" => {
            for part in split(value, ',')? {
                let Some((expression, name)) = part.rsplit_once(" as ") else { return wrong("`as` is missing.") };
                if !is_identifier(name.trim()) {
                    return wrong("The name after `as` is none.");
                }
                Parser::new(expression, metadata)?.whole().or_else(|why| wrong(&why))?;
            }
            Ok(())
        }
        "orderby" => {
            for part in split(value, ',')? {
                let part = part.trim();
                let expression = part.strip_suffix(" asc").or_else(|| part.strip_suffix(" desc")).unwrap_or(part);
                Parser::new(expression, metadata)?.whole().or_else(|why| wrong(&why))?;
            }
            Ok(())
        }
        "select" | "expand" => {
            for part in split(value, ',')? {
                item(option, part.trim(), metadata, depth).or_else(|why| wrong(&why))?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// One item of `$select` or `$expand`: a path, and options in brackets.
fn item(option: &str, text: &str, metadata: Option<&Metadata>, depth: usize) -> Result<(), String> {
    let (path, options) = match text.split_once('(') {
        Some((path, rest)) => {
            (path, Some(rest.strip_suffix(')').ok_or_else(|| format!("the brackets in '{text}' do not match"))?))
        }
        None => (text, None),
    };
    for name in path.split('/') {
        if matches!(name, "*" | "$ref" | "$count" | "$value") || name.ends_with(".*") {
            continue;
        }
        if !is_path_name(name) {
            return Err(format!("'{name}' is not a name."));
        }
        if let Some(metadata) = metadata
            && !metadata.has_name(name)
        {
            return Err(format!("Could not find a property named '{name}'."));
        }
    }
    for part in options.map(|options| split(options, ';')).transpose()?.into_iter().flatten() {
        let (name, value) = part.split_once('=').ok_or_else(|| format!("'{part}' is not an option."))?;
        let name = name.trim();
        match system_option(name) {
            Some(inner) if !matches!(inner, "format" | "skiptoken" | "deltatoken" | "schemaversion" | "id") => {
                check_option(inner, value, metadata, depth + 1)?;
            }
            _ if name.eq_ignore_ascii_case("$levels") && option == "expand" => {
                if value != "max" && value.parse::<u32>().is_err() {
                    return Err(format!("'{value}' is not a number of levels."));
                }
            }
            _ => return Err(format!("The query option '{name}' may not stand in ${option}.")),
        }
    }
    Ok(())
}

/// Parts outside of quotes and brackets.
fn split(text: &str, separator: char) -> Result<Vec<&str>, String> {
    let mut parts = Vec::new();
    let (mut depth, mut quoted, mut start) = (0_usize, false, 0);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1).ok_or_else(|| format!("the brackets in '{text}' do not match"))?;
            }
            c if c == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    if quoted || depth > 0 {
        return Err(format!("the quotes or brackets in '{text}' do not match"));
    }
    parts.push(&text[start..]);
    Ok(parts)
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_') && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// A name that may be qualified, or be an annotation.
fn is_path_name(text: &str) -> bool {
    let bare = text.strip_prefix('@').unwrap_or(text);
    !bare.is_empty() && bare.split(['.', '@', '#']).all(is_identifier)
}

#[derive(Debug, Clone, PartialEq)]
enum Token<'t> {
    Literal,
    /// A path of names.
    Name(&'t str),
    Symbol(char),
}

/// `commonExpr` of the ABNF.
struct Parser<'t> {
    tokens: Vec<Token<'t>>,
    at: usize,
    depth: usize,
    metadata: Option<&'t Metadata>,
    /// Range variables of `any` and `all`.
    variables: Vec<&'t str>,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, metadata: Option<&'t Metadata>) -> Result<Parser<'t>, String> {
        Ok(Parser { tokens: lex(text)?, at: 0, depth: 0, metadata, variables: Vec::new() })
    }

    fn whole(mut self) -> Result<(), String> {
        self.or()?;
        match self.tokens.get(self.at) {
            None => Ok(()),
            Some(token) => Err(format!("Syntax error at {token:?}.")),
        }
    }

    fn take(&mut self, symbol: char) -> bool {
        let found = self.tokens.get(self.at) == Some(&Token::Symbol(symbol));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: char) -> Result<(), String> {
        if self.take(symbol) { Ok(()) } else { Err(format!("'{symbol}' is missing.")) }
    }

    fn word(&mut self, words: &[&str]) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Name(name)) if words.contains(name));
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("The expression is nested too deep.".to_owned());
        }
        self.binary(0)?;
        self.depth -= 1;
        Ok(())
    }

    /// Levels of precedence, loosest first.
    fn binary(&mut self, level: usize) -> Result<(), String> {
        const LEVELS: [&[&str]; 6] = [
            &["or"],
            &["and"],
            &["eq", "ne"],
            &["gt", "ge", "lt", "le", "has", "in"],
            &["add", "sub"],
            &["mul", "div", "divby", "mod"],
        ];
        let Some(words) = LEVELS.get(level) else { return self.unary() };
        self.binary(level + 1)?;
        while self.word(words) {
            self.binary(level + 1)?;
        }
        Ok(())
    }

    fn unary(&mut self) -> Result<(), String> {
        while self.word(&["not"]) || self.take('-') {}
        self.primary()
    }

    fn primary(&mut self) -> Result<(), String> {
        match self.tokens.get(self.at).cloned() {
            Some(Token::Literal) => {
                self.at += 1;
                Ok(())
            }
            Some(Token::Symbol('(')) => {
                self.at += 1;
                self.or()?;
                // A list, for `in`.
                while self.take(',') {
                    self.or()?;
                }
                self.expect(')')
            }
            Some(Token::Name(name)) => {
                self.at += 1;
                self.path(name)
            }
            Some(token) => Err(format!("Syntax error at {token:?}.")),
            None => Err("Expression expected.".to_owned()),
        }
    }

    /// A path; a call when brackets follow.
    fn path(&mut self, name: &'t str) -> Result<(), String> {
        let last = name.rsplit('/').next().unwrap_or(name);
        let called = self.tokens.get(self.at) == Some(&Token::Symbol('('));
        if called && matches!(last, "any" | "all") {
            self.members(name, 1)?;
            return self.lambda();
        }
        if called {
            self.members(name, 1)?;
            if !name.contains('/') && !FUNCTIONS.contains(&last) && !last.contains('.') {
                let known = self.metadata.is_none_or(|metadata| metadata.has_name(last));
                if !known {
                    return Err(format!("An unknown function with name '{last}' was found."));
                }
            }
            self.at += 1;
            if !self.take(')') {
                loop {
                    // Arguments by name.
                    if matches!(self.tokens.get(self.at + 1), Some(Token::Symbol('='))) {
                        self.at += 2;
                    }
                    self.or()?;
                    if !self.take(',') {
                        break;
                    }
                }
                self.expect(')')?;
            }
        } else {
            self.members(name, 0)?;
        }
        if self.take('/') {
            return match self.tokens.get(self.at).cloned() {
                Some(Token::Name(next)) => {
                    self.at += 1;
                    self.path(next)
                }
                _ => Err("A name is missing after '/'.".to_owned()),
            };
        }
        Ok(())
    }

    /// Checks the names of a path, without the last `skip`.
    fn members(&self, path: &str, skip: usize) -> Result<(), String> {
        let names: Vec<&str> = path.split('/').collect();
        for name in names.iter().take(names.len().saturating_sub(skip)) {
            let is_variable = self.variables.contains(name) || matches!(*name, "$it" | "$count" | "$root" | "$this");
            if is_variable || name.starts_with('@') {
                continue;
            }
            if !is_path_name(name) {
                return Err(format!("'{name}' is not a name."));
            }
            if let Some(metadata) = self.metadata
                && !metadata.has_name(name)
            {
                return Err(format!("Could not find a property named '{name}'."));
            }
        }
        Ok(())
    }

    /// What stands in the brackets of `any` and `all`.
    fn lambda(&mut self) -> Result<(), String> {
        self.expect('(')?;
        if self.take(')') {
            return Ok(());
        }
        let Some(Token::Name(variable)) = self.tokens.get(self.at).cloned() else {
            return Err("A range variable is missing.".to_owned());
        };
        self.at += 1;
        self.expect(':')?;
        self.variables.push(variable);
        self.or()?;
        self.variables.pop();
        self.expect(')')
    }
}

/// The canonical functions.
const FUNCTIONS: [&str; 45] = [
    "concat",
    "contains",
    "endswith",
    "indexof",
    "length",
    "startswith",
    "substring",
    "substringof",
    "matchesPattern",
    "tolower",
    "toupper",
    "trim",
    "date",
    "day",
    "fractionalseconds",
    "hour",
    "maxdatetime",
    "mindatetime",
    "minute",
    "month",
    "now",
    "second",
    "time",
    "totaloffsetminutes",
    "totalseconds",
    "year",
    "ceiling",
    "floor",
    "round",
    "cast",
    "isof",
    "geo.distance",
    "geo.intersects",
    "geo.length",
    "case",
    "hassubset",
    "hassubsequence",
    "years",
    "replace",
    "exists",
    "any",
    "all",
    "isdefined",
    "if",
    "null",
];

fn lex(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\'' => quoted(rest)?,
            '0'..='9' => rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '+')))
                .unwrap_or(rest.len()),
            c if c.is_alphabetic() || matches!(c, '_' | '@' | '$') => {
                let length = rest
                    .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '@' | '#' | '$' | '-')))
                    .unwrap_or(rest.len());
                // `-` belongs to a GUID and to no name.
                let word = &rest[..length];
                let is_guid = word.len() == 36 && word.split('-').count() == 5;
                if is_guid { length } else { word.find('-').unwrap_or(length).max(1) }
            }
            '(' | ')' | ',' | ':' | '/' | '-' | '=' | '[' | ']' | '{' | '}' | '"' => c.len_utf8(),
            _ => return Err(format!("The character '{c}' is not valid.")),
        };
        let word = &rest[..length];
        let mut taken = length;
        tokens.push(match c {
            '\'' | '0'..='9' => Token::Literal,
            c if c.is_alphabetic() || matches!(c, '_' | '@' | '$') => {
                if rest[length..].starts_with('\'') && is_path_name(word) {
                    // `duration'…'`, `Sales.Color'Red'`.
                    taken += quoted(&rest[length..])?;
                    Token::Literal
                } else if matches!(word, "null" | "true" | "false" | "INF" | "NaN") || word.contains('-') {
                    Token::Literal
                } else {
                    Token::Name(word.trim_end_matches('/'))
                }
            }
            c => Token::Symbol(c),
        });
        if word.len() > 1 && word.ends_with('/') {
            taken -= 1;
        }
        rest = rest[taken..].trim_start();
    }
    Ok(tokens)
}

/// Length of a string; a doubled quote stands for one.
fn quoted(text: &str) -> Result<usize, String> {
    let mut at = 1;
    while let Some(found) = text[at..].find('\'') {
        at += found + 1;
        if !text[at..].starts_with('\'') {
            return Ok(at);
        }
        at += 1;
    }
    Err("There is an unterminated string literal.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSDL: &str = r#"<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
        <Schema Namespace="Shop" xmlns="http://docs.oasis-open.org/odata/ns/edm"><EntityType Name="Product"><Property Name="ID" Type="Edm.Int32"/><Property Name="Name" Type="Edm.String"/><NavigationProperty Name="Parts" Type="Collection(Shop.Part)"/></EntityType>
        <EntityContainer Name="C"><EntitySet Name="Products" EntityType="Shop.Product"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"#;

    #[test]
    fn filters_are_read() {
        for good in [
            "Name eq 'a''b' and (ID gt 5 or not contains(Name,'x'))",
            "Parts/any(p:p/ID in (1,2,3))",
            "Parts/$count gt 2",
            "Price add 2.5 mul -1 le 10e2",
            "Start lt 2026-01-02T03:04:05Z and Id eq 01234567-89ab-cdef-0123-456789abcdef",
            "Color has Sales.Color'Red' or Wait eq duration'PT1S'",
            "cast(Item,Sales.Person)/Name eq null",
            "@odata.type eq 'x' and length(trim(Name)) eq 1",
        ] {
            assert_eq!(check_options(&[("$filter".to_owned(), good.to_owned())], None), Ok(()), "{good}");
        }
        for bad in ["", "Name eq", "Name eq 'a", "(ID eq 1", "ID eq 1)", "Name Name", "nope(1) eq", "a ! b"] {
            assert!(check_options(&[("$filter".to_owned(), bad.to_owned())], None).is_err(), "{bad}");
        }
    }

    #[test]
    fn options_are_known_and_right() {
        let check = |name: &str, value: &str, good: bool| {
            let found = check_options(&[(name.to_owned(), value.to_owned())], None);
            assert_eq!(found.is_ok(), good, "{name}={value} {found:?}");
        };
        check("$top", "5", true);
        check("$top", "-1", false);
        check("$count", "maybe", false);
        check("$orderby", "Name desc,ID", true);
        check("$orderby", "Name sideways", false);
        check("$select", "ID,Name,Parts/ID,Shop.*", true);
        check("$select", "I D", false);
        check("$expand", "Parts($select=ID;$filter=ID eq 1;$levels=2),Owner/$ref", true);
        check("$expand", "Parts($format=json)", false);
        check("$expand", "Parts($select=ID", false);
        check("$inlinecount", "allpages", false);
        check("key", "anything", true);
        let twice = [("$top".to_owned(), "1".to_owned()), ("$top".to_owned(), "2".to_owned())];
        assert!(check_options(&twice, None).is_err());
    }

    #[test]
    fn paths_and_names_are_those_of_the_metadata() {
        let metadata = Metadata::read(CSDL).expect("CSDL");
        for (path, good) in [
            ("/", true),
            ("/$metadata", true),
            ("/Products", true),
            ("/Products(1)/Parts", true),
            ("/Products(ID=1)/Name/$value", true),
            ("/Products('a", false),
            ("/Orders", false),
            ("/Products/Nope", false),
            ("/Products/$nope", false),
        ] {
            assert_eq!(check_path(path, Some(&metadata)).is_ok(), good, "{path}");
        }
        let filter = |text: &str| check_options(&[("$filter".to_owned(), text.to_owned())], Some(&metadata)).is_ok();
        assert!(filter("Parts/any(p:p/ID eq 1)"));
        assert!(!filter("Colour eq 1"));
    }
}
