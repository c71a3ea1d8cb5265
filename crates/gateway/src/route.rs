//! From a request to an API and an operation: path suffix → revision → version → method and URL
//! template. Compiled once per configuration; the cost of a look-up does not grow with the number of
//! APIs or operations. Reads nothing but the request's head.
//!
//! Rules that the reference leaves open: the longest suffix wins and there is no falling back to a
//! shorter one; literal parts compare without case after percent-decoding; `HEAD` and `OPTIONS` need
//! operations of their own; a trailing slash counts, except that the root template matches both.

mod path;
mod template;
mod tree;

#[cfg(test)]
mod tests;

pub use path::{normalize, percent_decode};
pub use template::Template;
pub use tree::Operations;

use crate::runtime::ServedApi;
use ahash::AHashMap;
use http::HeaderMap;
use smol_str::SmolStr;
use std::sync::Arc;
use tollgate_contract::snapshot::{ApiVersion, VersioningScheme};

/// The table of one configuration.
#[derive(Default)]
pub struct Routes {
    root: Node,
    apis: usize,
    operations: usize,
}

#[derive(Default)]
struct Node {
    /// By segment, in lower case.
    children: AHashMap<Box<str>, Node>,
    members: Vec<Member>,
}

/// One revision of one version of an API under a suffix.
struct Member {
    api: Arc<ServedApi>,
    revision: SmolStr,
    is_current: bool,
    version: Option<VersionMatch>,
}

/// How a version is told by header or query. A version told by segment is part of the suffix.
struct VersionMatch {
    scheme: VersioningScheme,
    parameter: Box<str>,
    name: Box<str>,
}

/// A found API: the operation is looked up apart, because a request may match an API and none of
/// its operations.
pub struct Found<'r> {
    pub api: &'r Arc<ServedApi>,
    /// Bytes of the request path that the suffix takes, a leading slash included.
    pub suffix_len: usize,
}

/// What decides about the version besides the path.
pub struct VersionHints<'q> {
    pub headers: &'q HeaderMap,
    pub query: Option<&'q str>,
}

impl Routes {
    pub fn build<'a>(apis: impl IntoIterator<Item = &'a Arc<ServedApi>>) -> Routes {
        let mut routes = Routes::default();
        for api in apis {
            routes.apis += 1;
            routes.operations += api.operations.len();
            routes.insert(api);
        }
        routes
    }

    pub fn api_count(&self) -> usize {
        self.apis
    }

    pub fn operation_count(&self) -> usize {
        self.operations
    }

    fn insert(&mut self, api: &Arc<ServedApi>) {
        let mut node = &mut self.root;
        for segment in api.context.path.split('/').filter(|segment| !segment.is_empty()) {
            node = node.children.entry(segment.to_lowercase().into()).or_default();
        }
        let version = match &api.version {
            Some(ApiVersion { scheme: VersioningScheme::Segment, name, .. }) => {
                if !name.is_empty() {
                    node = node.children.entry(name.to_lowercase().into()).or_default();
                }
                None
            }
            Some(version) => Some(VersionMatch {
                scheme: version.scheme,
                parameter: version.parameter.as_str().into(),
                name: version.name.as_str().into(),
            }),
            None => None,
        };
        node.members.push(Member {
            api: api.clone(),
            revision: api.context.revision.clone(),
            is_current: api.context.is_current_revision,
            version,
        });
    }

    /// The API that answers at `path` (normalized, escaped, starts with `/`).
    pub fn find(&self, path: &str, hints: &VersionHints<'_>) -> Option<Found<'_>> {
        let mut node = &self.root;
        let mut best = (!node.members.is_empty()).then_some((node, 0));
        let mut revision = None;
        let mut best_revision = None;
        let mut at = 0;
        while at < path.len() && !node.children.is_empty() {
            let start = at + 1;
            let end = memchr::memchr(b'/', &path.as_bytes()[start..]).map_or(path.len(), |offset| start + offset);
            let (segment, named) = split_revision(&path[start..end]);
            let Some(child) = child(&node.children, segment) else { break };
            revision = named.or(revision);
            node = child;
            at = end;
            if !node.members.is_empty() {
                best = Some((node, end));
                best_revision = revision;
            }
        }
        let (node, suffix_len) = best?;
        let api = choose(&node.members, best_revision, hints)?;
        Some(Found { api, suffix_len })
    }
}

/// `path;rev=2` names a revision.
fn split_revision(segment: &str) -> (&str, Option<&str>) {
    let marked = memchr::memchr(b';', segment.as_bytes()).map(|at| segment.split_at(at));
    match marked {
        Some((name, rest)) => match rest.split_at_checked(5) {
            Some((mark, revision)) if mark.eq_ignore_ascii_case(";rev=") => (name, Some(revision)),
            _ => (segment, None),
        },
        None => (segment, None),
    }
}

/// Looks a segment up without case; the usual one (lower case, no escapes) without copying.
fn child<'n>(children: &'n AHashMap<Box<str>, Node>, segment: &str) -> Option<&'n Node> {
    let plain = segment.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase() && byte != b'%');
    if plain { children.get(segment) } else { children.get(percent_decode(segment).to_lowercase().as_str()) }
}

fn choose<'n>(members: &'n [Member], revision: Option<&str>, hints: &VersionHints<'_>) -> Option<&'n Arc<ServedApi>> {
    let in_revision = |member: &Member| match revision {
        Some(revision) => member.revision == revision,
        None => member.is_current,
    };
    if let [member] = members
        && member.version.is_none()
    {
        return in_revision(member).then_some(&member.api);
    }
    let mut unversioned = None;
    let mut asked = false;
    for member in members.iter().filter(|member| in_revision(member)) {
        match &member.version {
            Some(version) => match version.value(hints) {
                Some(value) if version.name.is_empty() => asked |= !value.is_empty(),
                Some(value) if value.eq_ignore_ascii_case(&version.name) => return Some(&member.api),
                Some(_) => asked = true,
                None => {}
            },
            None => unversioned = Some(&member.api),
        }
        if member.version.as_ref().is_some_and(|version| version.name.is_empty()) {
            unversioned = Some(&member.api);
        }
    }
    // A version was asked for that is not there: not found, rather than another version.
    if asked { None } else { unversioned }
}

impl VersionMatch {
    fn value<'q>(&self, hints: &VersionHints<'q>) -> Option<&'q str> {
        match self.scheme {
            VersioningScheme::Header => hints.headers.get(&*self.parameter)?.to_str().ok().map(str::trim),
            VersioningScheme::Query => path::query_pairs(hints.query.unwrap_or_default())
                .find(|(name, _)| name.eq_ignore_ascii_case(&self.parameter))
                .map(|(_, value)| value),
            VersioningScheme::Segment => None,
        }
    }
}
