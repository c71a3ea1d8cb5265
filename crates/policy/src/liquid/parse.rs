//! Template text to tree.

use super::{Condition, Expression, Loop, NESTING_MAX, Node, Operand, Template};
use serde_json::Value;

/// A template, or what is wrong and where (byte offset).
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(text: &str) -> Result<Template, (usize, String)> {
    let mut parser = Parser { text, at: 0, depth: 0, trim_next: false };
    let (nodes, end) = parser.nodes(&[])?;
    match end {
        None => Ok(Template(nodes)),
        Some((tag, _)) => Err((parser.at, format!("`{tag}` closes no block"))),
    }
}

type Failure = (usize, String);
/// The tag that ended a block: its name and the rest of its text.
type End = Option<(String, String)>;

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// A `-%}` or `-}}` went before: blanks after it go.
    trim_next: bool,
}

impl Parser<'_> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T, Failure> {
        Err((self.at, message.into()))
    }

    /// Nodes up to one of `ends` or the end of the text.
    fn nodes(&mut self, ends: &[&str]) -> Result<(Vec<Node>, End), Failure> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return self.fail(format!("blocks are nested deeper than {NESTING_MAX}"));
        }
        let mut nodes = Vec::new();
        loop {
            let rest = &self.text[self.at..];
            let next = [rest.find("{{"), rest.find("{%")].into_iter().flatten().min();
            self.push_text(&rest[..next.unwrap_or(rest.len())], &mut nodes);
            let Some(next) = next else {
                self.at = self.text.len();
                self.depth -= 1;
                return if ends.is_empty() {
                    Ok((nodes, None))
                } else {
                    self.fail(format!("`{}` is missing", ends[ends.len() - 1]))
                };
            };
            self.at += next;
            let is_output = rest[next..].starts_with("{{");
            let inner = self.markup(if is_output { "}}" } else { "%}" }, &mut nodes)?;
            if is_output {
                nodes.push(Node::Output(self.expression(&inner)?));
                continue;
            }
            let (tag, rest) = inner.split_once(char::is_whitespace).unwrap_or((&inner, ""));
            if ends.contains(&tag) {
                self.depth -= 1;
                return Ok((nodes, Some((tag.to_owned(), rest.trim().to_owned()))));
            }
            if let Some(node) = self.tag(tag, rest.trim())? {
                nodes.push(node);
            }
        }
    }

    fn push_text(&mut self, text: &str, nodes: &mut Vec<Node>) {
        let text = if std::mem::take(&mut self.trim_next) { text.trim_start() } else { text };
        if !text.is_empty() {
            nodes.push(Node::Text(text.to_owned()));
        }
    }

    /// What stands between the marks at the current place; honours `{%-` and `-%}`.
    fn markup(&mut self, close: &str, nodes: &mut [Node]) -> Result<String, Failure> {
        let Some(length) = self.text[self.at + 2..].find(close) else {
            return self.fail(format!("`{close}` is missing"));
        };
        let mut inner = &self.text[self.at + 2..self.at + 2 + length];
        if let Some(rest) = inner.strip_prefix('-') {
            inner = rest;
            if let Some(Node::Text(before)) = nodes.last_mut() {
                before.truncate(before.trim_end().len());
            }
        }
        if let Some(rest) = inner.strip_suffix('-') {
            inner = rest;
            self.trim_next = true;
        }
        let inner = inner.trim().to_owned();
        self.at += length + 4;
        Ok(inner)
    }

    fn tag(&mut self, tag: &str, rest: &str) -> Result<Option<Node>, Failure> {
        let node = match tag {
            "assign" => {
                let Some((name, value)) = rest.split_once('=') else {
                    return self.fail("`assign` needs `name = value`");
                };
                Node::Assign(name.trim().to_owned(), self.expression(value.trim())?)
            }
            "capture" => {
                let (body, _) = self.nodes(&["endcapture"])?;
                Node::Capture(rest.trim_matches(['\'', '"']).to_owned(), body)
            }
            "comment" => {
                self.skip("endcomment")?;
                return Ok(None);
            }
            "raw" => Node::Text(self.skip("endraw")?),
            "if" => self.branches(rest, "endif", false)?,
            "unless" => self.branches(rest, "endunless", true)?,
            "case" => self.case(rest)?,
            "for" => self.for_loop(rest, "endfor", false)?,
            "JSONArrayFor" | "jsonarrayfor" => self.for_loop(rest, "endJSONArrayFor", true)?,
            "break" => Node::Break,
            "continue" => Node::Continue,
            _ => return self.fail(format!("tag `{tag}` is not known")),
        };
        Ok(Some(node))
    }

    /// The text up to a closing tag.
    fn skip(&mut self, end: &str) -> Result<String, Failure> {
        let mut from = self.at;
        while let Some(found) = self.text[from..].find("{%") {
            let start = from + found;
            let Some(length) = self.text[start..].find("%}") else { break };
            if self.text[start + 2..start + length].trim_matches(['-', ' ', '\t', '\r', '\n']) == end {
                let inner = self.text[self.at..start].to_owned();
                self.at = start + length + 2;
                return Ok(inner);
            }
            from = start + 2;
        }
        self.fail(format!("`{end}` is missing"))
    }

    fn branches(&mut self, condition: &str, end: &str, negated: bool) -> Result<Node, Failure> {
        let first = self.condition(condition)?;
        let mut condition = Some(if negated { Condition::Not(Box::new(first)) } else { first });
        let mut branches = Vec::new();
        loop {
            let (body, ended) = self.nodes(&["elsif", "else", end])?;
            branches.push((condition.take(), body));
            match ended {
                Some((tag, rest)) if tag == "elsif" => condition = Some(self.condition(&rest)?),
                Some((tag, _)) if tag == "else" => condition = None,
                _ => return Ok(Node::If(branches)),
            }
        }
    }

    fn case(&mut self, subject: &str) -> Result<Node, Failure> {
        let subject = self.operand(subject)?;
        // What stands before the first `when` is dropped.
        let (_, mut ended) = self.nodes(&["when", "else", "endcase"])?;
        let mut branches = Vec::new();
        while let Some((tag, rest)) = ended {
            let values = match tag.as_str() {
                "when" => {
                    let parts = tokens(&rest).map_err(|message| (self.at, message))?;
                    let values = parts.iter().filter(|part| !matches!(part.as_str(), "," | "or"));
                    Some(values.map(|part| self.operand(part)).collect::<Result<Vec<_>, _>>()?)
                }
                "else" => None,
                _ => break,
            };
            let (body, next) = self.nodes(&["when", "else", "endcase"])?;
            branches.push((values, body));
            ended = next;
        }
        Ok(Node::Case(subject, branches))
    }

    fn for_loop(&mut self, rest: &str, end: &str, commas: bool) -> Result<Node, Failure> {
        let parts = tokens(rest).map_err(|message| (self.at, message))?;
        let [name, word, items, options @ ..] = parts.as_slice() else {
            return self.fail("`for` needs `name in items`");
        };
        if word != "in" {
            return self.fail("`for` needs `name in items`");
        }
        let mut node = Loop {
            name: name.clone(),
            items: self.operand(items)?,
            reversed: false,
            limit: None,
            offset: None,
            commas,
            body: Vec::new(),
        };
        let mut options = options.iter().filter(|part| !matches!(part.as_str(), ":" | ","));
        while let Some(option) = options.next() {
            match option.trim_end_matches(':') {
                "reversed" => node.reversed = true,
                "limit" => node.limit = options.next().map(|value| self.operand(value)).transpose()?,
                "offset" => node.offset = options.next().map(|value| self.operand(value)).transpose()?,
                other => return self.fail(format!("`{other}` is not an option of `for`")),
            }
        }
        (node.body, _) = self.nodes(&[end])?;
        Ok(Node::For(node))
    }

    fn expression(&self, text: &str) -> Result<Expression, Failure> {
        let mut parts = split(text, '|').into_iter();
        let start = self.operand(parts.next().unwrap_or_default().trim())?;
        let mut filters = Vec::new();
        for part in parts {
            let (name, arguments) = part.split_once(':').unwrap_or((&part, ""));
            let name = name.trim().to_owned();
            if !super::filter::is_known(&name) {
                return self.fail(format!("filter `{name}` is not known"));
            }
            let arguments = split(arguments, ',').into_iter().filter(|argument| !argument.trim().is_empty());
            filters.push((name, arguments.map(|argument| self.operand(argument.trim())).collect::<Result<_, _>>()?));
        }
        Ok(Expression { start, filters })
    }

    /// `and` and `or` group from the right, as in Liquid.
    fn condition(&self, text: &str) -> Result<Condition, Failure> {
        let parts = tokens(text).map_err(|message| (self.at, message))?;
        self.condition_of(&parts)
    }

    fn condition_of(&self, parts: &[String]) -> Result<Condition, Failure> {
        if let Some(at) = parts.iter().position(|part| part == "and" || part == "or") {
            let left = Box::new(self.condition_of(&parts[..at])?);
            let right = Box::new(self.condition_of(&parts[at + 1..])?);
            return Ok(if parts[at] == "and" { Condition::And(left, right) } else { Condition::Or(left, right) });
        }
        match parts {
            [operand] => Ok(Condition::Truth(self.operand(operand)?)),
            [left, operator, right] if is_operator(operator) => {
                Ok(Condition::Compare(self.operand(left)?, operator.clone(), self.operand(right)?))
            }
            _ => self.fail(format!("`{}` is not a condition", parts.join(" "))),
        }
    }

    fn operand(&self, text: &str) -> Result<Operand, Failure> {
        let text = text.trim();
        match text {
            "" | "null" | "nil" => return Ok(Operand::Literal(Value::Null)),
            "true" => return Ok(Operand::Literal(Value::Bool(true))),
            "false" => return Ok(Operand::Literal(Value::Bool(false))),
            "blank" | "empty" => return Ok(Operand::Empty),
            _ => {}
        }
        if let Some(quote @ ('"' | '\'')) = text.chars().next() {
            return match text[1..].strip_suffix(quote) {
                Some(inner) => Ok(Operand::Literal(Value::from(inner))),
                None => self.fail(format!("the text {text} does not end")),
            };
        }
        if let Ok(number) = text.parse::<i64>() {
            return Ok(Operand::Literal(Value::from(number)));
        }
        if let Ok(number) = text.parse::<f64>()
            && text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        {
            return Ok(Operand::Literal(Value::from(number)));
        }
        if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
            let Some((from, to)) = inner.split_once("..") else { return self.fail(format!("`{text}` is not a range")) };
            return Ok(Operand::Range(Box::new(self.operand(from)?), Box::new(self.operand(to)?)));
        }
        self.path(text)
    }

    fn path(&self, text: &str) -> Result<Operand, Failure> {
        let end = text.find(['.', '[']).unwrap_or(text.len());
        let name = &text[..end];
        if name.is_empty() || name.contains(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '?'))) {
            return self.fail(format!("`{text}` is not a value"));
        }
        let mut keys = Vec::new();
        let mut rest = &text[end..];
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('[') {
                let Some(close) = closing(inner) else { return self.fail(format!("`]` is missing in `{text}`")) };
                keys.push(self.operand(&inner[..close])?);
                rest = &inner[close + 1..];
            } else {
                let inner = rest.trim_start_matches('.');
                let end = inner.find(['.', '[']).unwrap_or(inner.len());
                if end == 0 {
                    return self.fail(format!("`{text}` is not a value"));
                }
                keys.push(Operand::Literal(Value::from(&inner[..end])));
                rest = &inner[end..];
            }
        }
        Ok(Operand::Path(name.to_owned(), keys))
    }
}

fn is_operator(text: &str) -> bool {
    matches!(
        text,
        "==" | "!="
            | "<>"
            | "<"
            | ">"
            | "<="
            | ">="
            | "contains"
            | "startsWith"
            | "endsWith"
            | "StartsWith"
            | "EndsWith"
    )
}

/// The `]` that closes a key, quotes and inner brackets passed over.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Splits outside of quotes.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == separator => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

/// Words, quoted texts, operators, commas and colons.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => {
                rest[1..].find(first).map(|length| length + 2).ok_or_else(|| format!("the text {rest} does not end"))?
            }
            '=' | '!' | '<' | '>' => rest.find(|c| !matches!(c, '=' | '!' | '<' | '>')).unwrap_or(rest.len()),
            ',' => 1,
            '(' => rest.find(')').map_or(rest.len(), |at| at + 1),
            _ => word(rest),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn word(text: &str) -> usize {
    let mut at = 0;
    while at < text.len() {
        let c = text[at..].chars().next().unwrap_or(' ');
        if c == '[' {
            at += closing(&text[at + 1..]).map_or(text.len() - at, |close| close + 2);
            continue;
        }
        if c.is_whitespace() || matches!(c, '=' | '!' | '<' | '>' | ',') {
            break;
        }
        at += c.len_utf8();
    }
    at.max(1)
}
