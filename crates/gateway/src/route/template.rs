//! URL templates of operations: `/items/{id}?q={q}`, `/files/*`, `/v{major}.{minor}/x`.

use super::path::{percent_decode, query_pairs};
use smol_str::SmolStr;

/// A template in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Without the leading slash; the root has none.
    pub segments: Vec<Segment>,
    pub query: Vec<QueryPart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Decoded, lower case.
    Literal(Box<str>),
    /// `{id}`
    Parameter(SmolStr),
    /// Literals and parameters in one segment, such as `{name}.json`.
    Mixed(Vec<Piece>),
    /// `*` or `{*rest}`: this segment and everything after it. Only last.
    Rest(Option<SmolStr>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Decoded, lower case.
    Literal(Box<str>),
    Parameter(SmolStr),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryPart {
    /// The request must carry exactly this pair.
    Literal(Box<str>, Box<str>),
    /// `q={q}`: the request's value, when there is one, becomes a matched parameter.
    Parameter(Box<str>, SmolStr),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError(pub String);

impl Template {
    /// # Errors
    /// An unclosed brace, a name used twice, a wildcard that is not last.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let path = path.strip_prefix('/').unwrap_or(path);
        let parts: Vec<&str> = if path.is_empty() { Vec::new() } else { path.split('/').collect() };
        let last = parts.len().saturating_sub(1);
        let mut segments = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let segment = parse_segment(part)?;
            if matches!(segment, Segment::Rest(_)) && index != last {
                return Err(TemplateError(format!("a wildcard may only stand at the end: {text}")));
            }
            segments.push(segment);
        }
        let query = query_pairs(query).map(parse_query).collect();
        let template = Template { segments, query };
        let mut names: Vec<&SmolStr> = template.names().collect();
        names.sort();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(TemplateError(format!("parameter {} stands twice: {text}", pair[0])));
        }
        Ok(template)
    }

    /// Names of the path's parameters.
    pub fn names(&self) -> impl Iterator<Item = &SmolStr> {
        self.segments.iter().flat_map(|segment| {
            let names: Vec<&SmolStr> = match segment {
                Segment::Literal(_) | Segment::Rest(None) => Vec::new(),
                Segment::Parameter(name) | Segment::Rest(Some(name)) => vec![name],
                Segment::Mixed(pieces) => pieces.iter().filter_map(Piece::name).collect(),
            };
            names
        })
    }
}

impl Piece {
    fn name(&self) -> Option<&SmolStr> {
        match self {
            Piece::Literal(_) => None,
            Piece::Parameter(name) => Some(name),
        }
    }
}

fn parse_segment(part: &str) -> Result<Segment, TemplateError> {
    if part == "*" {
        return Ok(Segment::Rest(None));
    }
    let mut pieces = Vec::new();
    let mut rest = part;
    while !rest.is_empty() {
        let Some(open) = rest.find('{') else {
            pieces.push(literal(rest));
            break;
        };
        if open > 0 {
            pieces.push(literal(&rest[..open]));
        }
        let close = rest[open..].find('}').ok_or_else(|| TemplateError(format!("a brace is not closed: {part}")))?;
        let name = &rest[open + 1..open + close];
        if name.is_empty() || name.contains('{') {
            return Err(TemplateError(format!("a parameter has no name: {part}")));
        }
        pieces.push(Piece::Parameter(SmolStr::new(name)));
        rest = &rest[open + close + 1..];
    }
    Ok(match pieces.as_slice() {
        [] => Segment::Literal("".into()),
        [Piece::Literal(text)] => Segment::Literal(text.clone()),
        [Piece::Parameter(name)] => match name.strip_prefix('*') {
            Some(name) => Segment::Rest((!name.is_empty()).then(|| SmolStr::new(name))),
            None => Segment::Parameter(name.clone()),
        },
        _ => Segment::Mixed(pieces),
    })
}

fn literal(text: &str) -> Piece {
    Piece::Literal(percent_decode(text).to_lowercase().into())
}

fn parse_query((name, value): (&str, &str)) -> QueryPart {
    match value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(parameter) => QueryPart::Parameter(name.into(), SmolStr::new(parameter)),
        None => QueryPart::Literal(name.into(), value.into()),
    }
}

/// Fits the pieces onto a decoded segment; every parameter takes at least one character, literals
/// compare without case, and an earlier parameter takes as little as it can.
pub(super) fn fit(pieces: &[Piece], text: &str, out: &mut Vec<(SmolStr, SmolStr)>) -> bool {
    match pieces {
        [] => text.is_empty(),
        [Piece::Literal(literal), rest @ ..] => match text.split_at_checked(literal.len()) {
            Some((head, tail)) => head.to_lowercase() == **literal && fit(rest, tail, out),
            None => false,
        },
        [Piece::Parameter(name), rest @ ..] => {
            for (end, _) in text.char_indices().skip(1).chain([(text.len(), ' ')]) {
                if end == 0 {
                    continue;
                }
                out.push((name.clone(), SmolStr::new(&text[..end])));
                if fit(rest, &text[end..], out) {
                    return true;
                }
                out.pop();
            }
            false
        }
    }
}
