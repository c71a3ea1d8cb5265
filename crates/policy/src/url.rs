//! Absolute URLs in parts, as contexts hold them.

use http::uri::{PathAndQuery, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use smol_str::SmolStr;
use std::borrow::Cow;
use tollgate_expression::context::{Scheme, Url};

/// Bytes that may not stand raw in a path or query. `%` stays: what is encoded already is kept.
pub const PATH_AND_QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'#')
    .add(b'\\')
    .add(b'^')
    .add(b'|');

/// A path segment put together from a decoded value: `?` and `/` are data there.
pub const SEGMENT: &AsciiSet = &PATH_AND_QUERY.add(b'?').add(b'[').add(b']');

/// One value of a query parameter, as `Uri.EscapeDataString` writes it.
pub const QUERY_VALUE: &AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Names and values of a query, decoded: `+` is a blank, what is not UTF-8 becomes U+FFFD.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(query.as_bytes())
}

/// The first value of a parameter. Names compare without case, as in ASP.NET.
pub fn query_value(query: &str, name: &str) -> Option<String> {
    query_pairs(query).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
}

/// `None`: not an absolute `http`, `https`, `ws` or `wss` URL.
pub fn parse(text: &str) -> Option<Url> {
    let escaped = utf8_percent_encode(text.trim(), PATH_AND_QUERY).to_string();
    let uri: Uri = escaped.parse().ok()?;
    let scheme = match uri.scheme_str()? {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        "ws" => Scheme::Ws,
        "wss" => Scheme::Wss,
        _ => return None,
    };
    let host = uri.host().filter(|host| !host.is_empty())?;
    let port = uri.port_u16().unwrap_or_else(|| scheme.default_port());
    let path_and_query = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    Some(Url { scheme, host: SmolStr::from(host.to_ascii_lowercase()), port, path_and_query })
}

/// Path and query from text that may hold characters to escape. A missing leading `/` is added.
pub fn path_and_query(text: &str) -> Option<PathAndQuery> {
    let escaped = utf8_percent_encode(text, PATH_AND_QUERY).to_string();
    let rooted = if escaped.starts_with('/') { escaped } else { format!("/{escaped}") };
    PathAndQuery::try_from(rooted).ok()
}

/// `base` with `path_and_query` (which starts with `/`) appended to its path.
pub fn join(base: &Url, path_and_query: &str) -> Option<PathAndQuery> {
    let prefix = base.path().trim_end_matches('/');
    if prefix.is_empty() {
        return PathAndQuery::try_from(path_and_query).ok();
    }
    PathAndQuery::try_from(format!("{prefix}{path_and_query}")).ok()
}

/// The part of `path_and_query` after the base path.
pub fn relative<'u>(base: Option<&Url>, path_and_query: &'u str) -> &'u str {
    let prefix = base.map_or("", |base| base.path().trim_end_matches('/'));
    match path_and_query.strip_prefix(prefix) {
        Some("") => "/",
        Some(rest) if rest.starts_with(['/', '?']) => rest,
        _ => path_and_query,
    }
}
