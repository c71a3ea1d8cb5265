//! The operations of one API as a tree of path segments.

use super::path::{percent_decode, query_decode, query_pairs};
use super::template::{Piece, QueryPart, Segment, Template, fit};
use ahash::AHashMap;
use http::Method;
use smol_str::SmolStr;

/// Steps of one look-up. Templates that share parameters at many levels could make a search try
/// many ways; a request that needs more than this matches nothing.
const STEPS_MAX: u32 = 10_000;

/// Values of path and query parameters, decoded, in template order.
pub type Parameters = Vec<(SmolStr, SmolStr)>;

/// Operations by path and method.
#[derive(Default)]
pub struct Operations {
    root: Node,
}

#[derive(Default)]
struct Node {
    literals: AHashMap<Box<str>, Node>,
    mixed: Vec<(Vec<Piece>, Node)>,
    parameter: Option<Box<Node>>,
    /// Templates that end here.
    here: Vec<Leaf>,
    /// Templates that end here with a wildcard.
    rest: Vec<Leaf>,
}

/// One operation at the end of a path.
struct Leaf {
    operation: usize,
    /// Upper case; `*` is any.
    method: Box<str>,
    /// Names of the path's parameters by position; operations may name them differently.
    names: Vec<SmolStr>,
    query: Vec<QueryPart>,
}

/// A match: the operation's index and its parameters.
#[derive(Debug, PartialEq, Eq)]
pub struct Matched {
    pub operation: usize,
    pub parameters: Parameters,
}

impl Operations {
    pub fn insert(&mut self, operation: usize, method: &str, template: &Template) {
        let mut node = &mut self.root;
        let mut wildcard = false;
        for segment in &template.segments {
            node = match segment {
                Segment::Literal(text) => node.literals.entry(text.clone()).or_default(),
                Segment::Parameter(_) => node.parameter.get_or_insert_default(),
                Segment::Mixed(pieces) => node.mixed_child(pieces),
                Segment::Rest(_) => {
                    wildcard = true;
                    break;
                }
            };
        }
        let leaf = Leaf {
            operation,
            method: method.to_ascii_uppercase().into(),
            names: template.names().cloned().collect(),
            query: template.query.clone(),
        };
        let leaves = if wildcard { &mut node.rest } else { &mut node.here };
        leaves.push(leaf);
        // The most demanding query first; equal ones in the order of their arrival.
        leaves.sort_by_key(|leaf| std::cmp::Reverse(leaf.query.len()));
    }

    /// The operation for the rest of a path behind the API's suffix: empty or starting with `/`.
    pub fn find(&self, method: &Method, rest: &str, query: Option<&str>) -> Option<Matched> {
        let mut search = Search { method: method.as_str(), query, steps: 0, values: Vec::new() };
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let leaf = search.descend(&self.root, (!rest.is_empty()).then_some(rest))?;
        let mut parameters: Parameters = Vec::new();
        if !leaf.names.is_empty() || !leaf.query.is_empty() {
            parameters.reserve(leaf.names.len() + leaf.query.len());
            parameters.extend(leaf.names.iter().cloned().zip(search.values));
            leaf.add_query_parameters(query.unwrap_or_default(), &mut parameters);
        }
        Some(Matched { operation: leaf.operation, parameters })
    }
}

impl Node {
    fn mixed_child(&mut self, pieces: &[Piece]) -> &mut Node {
        let anonymous: Vec<Piece> = pieces.iter().map(without_name).collect();
        let at = match self.mixed.iter().position(|(known, _)| *known == anonymous) {
            Some(at) => at,
            None => {
                self.mixed.push((anonymous, Node::default()));
                // More literal text first: it is the narrower pattern.
                self.mixed.sort_by_key(|(pieces, _)| std::cmp::Reverse(literal_bytes(pieces)));
                let wanted: Vec<Piece> = pieces.iter().map(without_name).collect();
                self.mixed.iter().position(|(known, _)| *known == wanted).unwrap_or(0)
            }
        };
        &mut self.mixed[at].1
    }
}

fn without_name(piece: &Piece) -> Piece {
    match piece {
        Piece::Literal(text) => Piece::Literal(text.clone()),
        Piece::Parameter(_) => Piece::Parameter(SmolStr::default()),
    }
}

fn literal_bytes(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| if let Piece::Literal(text) = piece { text.len() } else { 0 }).sum()
}

struct Search<'q> {
    method: &'q str,
    query: Option<&'q str>,
    steps: u32,
    values: Vec<SmolStr>,
}

impl Search<'_> {
    /// `rest`: segments left, without the leading slash; `None` at the end of the path.
    fn descend<'n>(&mut self, node: &'n Node, rest: Option<&str>) -> Option<&'n Leaf> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return None;
        }
        let Some(text) = rest else {
            return self.leaf(&node.here).or_else(|| {
                self.values.push(SmolStr::default());
                self.leaf(&node.rest).or_else(|| {
                    self.values.pop();
                    None
                })
            });
        };
        let (segment, after) = match memchr::memchr(b'/', text.as_bytes()) {
            Some(at) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        self.literal(node, segment, after)
            .or_else(|| self.mixed(node, segment, after))
            .or_else(|| self.parameter(node, segment, after))
            .or_else(|| self.rest(node, text))
    }

    fn literal<'n>(&mut self, node: &'n Node, segment: &str, after: Option<&str>) -> Option<&'n Leaf> {
        if node.literals.is_empty() {
            return None;
        }
        let plain = segment.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase() && byte != b'%');
        let child = if plain {
            node.literals.get(segment)
        } else {
            node.literals.get(percent_decode(segment).to_lowercase().as_str())
        };
        self.descend(child?, after)
    }

    fn mixed<'n>(&mut self, node: &'n Node, segment: &str, after: Option<&str>) -> Option<&'n Leaf> {
        if node.mixed.is_empty() {
            return None;
        }
        let decoded = percent_decode(segment);
        for (pieces, child) in &node.mixed {
            let mut fitted = Vec::new();
            if !fit(pieces, &decoded, &mut fitted) {
                continue;
            }
            let before = self.values.len();
            self.values.extend(fitted.into_iter().map(|(_, value)| value));
            if let Some(leaf) = self.descend(child, after) {
                return Some(leaf);
            }
            self.values.truncate(before);
        }
        None
    }

    fn parameter<'n>(&mut self, node: &'n Node, segment: &str, after: Option<&str>) -> Option<&'n Leaf> {
        let child = node.parameter.as_deref()?;
        if segment.is_empty() {
            return None;
        }
        self.values.push(decode(segment));
        let found = self.descend(child, after);
        if found.is_none() {
            self.values.pop();
        }
        found
    }

    fn rest<'n>(&mut self, node: &'n Node, text: &str) -> Option<&'n Leaf> {
        if node.rest.is_empty() {
            return None;
        }
        self.values.push(decode(text));
        let found = self.leaf(&node.rest);
        if found.is_none() {
            self.values.pop();
        }
        found
    }

    fn leaf<'n>(&self, leaves: &'n [Leaf]) -> Option<&'n Leaf> {
        leaves.iter().find(|leaf| {
            (*leaf.method == *self.method || &*leaf.method == "*") && leaf.accepts_query(self.query.unwrap_or_default())
        })
    }
}

fn decode(text: &str) -> SmolStr {
    if text.contains('%') { SmolStr::from(percent_decode(text)) } else { SmolStr::new(text) }
}

impl Leaf {
    fn accepts_query(&self, query: &str) -> bool {
        self.query.iter().all(|part| match part {
            QueryPart::Literal(name, value) => {
                query_pairs(query).any(|(n, v)| n.eq_ignore_ascii_case(name) && query_decode(v) == query_decode(value))
            }
            QueryPart::Parameter(..) => true,
        })
    }

    fn add_query_parameters(&self, query: &str, parameters: &mut Parameters) {
        for part in &self.query {
            if let QueryPart::Parameter(name, parameter) = part
                && let Some((_, value)) = query_pairs(query).find(|(n, _)| n.eq_ignore_ascii_case(name))
            {
                parameters.push((parameter.clone(), SmolStr::from(query_decode(value))));
            }
        }
    }
}
