//! URLs of configuration and of requests, in the parts that policies see.

use http::uri::{Authority, PathAndQuery};
use smol_str::SmolStr;
use tollgate_expression::context::{Scheme, Url};

/// Reads an absolute `http`, `https`, `ws` or `wss` URL. A base path keeps no trailing slash.
pub fn parse(text: &str) -> Option<Url> {
    let uri: http::Uri = text.trim().parse().ok()?;
    let scheme = match uri.scheme_str()?.to_ascii_lowercase().as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        "ws" => Scheme::Ws,
        "wss" => Scheme::Wss,
        _ => return None,
    };
    let authority = uri.authority()?;
    let (host, port) = host_and_port(authority, scheme)?;
    Some(Url { scheme, host, port, path_and_query: uri.path_and_query().cloned().unwrap_or_else(root) })
}

pub fn root() -> PathAndQuery {
    PathAndQuery::from_static("/")
}

/// `None`: no host, or a port that is none.
pub fn host_and_port(authority: &Authority, scheme: Scheme) -> Option<(SmolStr, u16)> {
    let host = authority.host();
    if host.is_empty() {
        return None;
    }
    let port = match authority.port() {
        Some(port) => port.as_u16(),
        // A colon without a number, or with one that is no port.
        None if behind_host(authority, host).starts_with(':') => return None,
        None => scheme.default_port(),
    };
    Some((SmolStr::new(host), port))
}

/// What follows the host: nothing, or a colon and a port.
fn behind_host<'a>(authority: &'a Authority, host: &str) -> &'a str {
    let text = authority.as_str();
    let without_user = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    without_user.get(host.len()..).unwrap_or_default()
}

/// `base` with `rest` (empty, or starting with `/`) behind its path, and the queries of both.
pub fn join(base: &Url, rest: &str, query: Option<&str>) -> Option<Url> {
    let prefix = base.path().trim_end_matches('/');
    if prefix.is_empty() && base.query().is_none() && rest.starts_with('/') {
        return with_path_and_query(base, rest, query);
    }
    let mut path = String::with_capacity(prefix.len() + rest.len() + 1);
    path.push_str(prefix);
    path.push_str(rest);
    if path.is_empty() {
        path.push('/');
    }
    match (base.query(), query) {
        (Some(own), Some(query)) => with_path_and_query(base, &path, Some(&format!("{own}&{query}"))),
        (own, query) => with_path_and_query(base, &path, own.or(query)),
    }
}

fn with_path_and_query(base: &Url, path: &str, query: Option<&str>) -> Option<Url> {
    let text = match query {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let path_and_query = PathAndQuery::from_maybe_shared(bytes::Bytes::from(text)).ok()?;
    Some(Url { path_and_query, ..base.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_goes_behind_the_base() {
        for (base, rest, query, expected) in [
            ("http://a", "/x", Some("q=1"), "http://a/x?q=1"),
            ("http://a/", "", None, "http://a/"),
            ("http://a/b/", "/x", None, "http://a/b/x"),
            ("http://a/b", "", None, "http://a/b"),
            ("https://a:8443/b?k=1", "/x", Some("q=2"), "https://a:8443/b/x?k=1&q=2"),
            ("http://[::1]:80/", "/x", None, "http://[::1]/x"),
        ] {
            let base = parse(base).expect("base");
            assert_eq!(join(&base, rest, query).expect("joined").to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_absolute_url_is_refused() {
        for text in ["", "a", "/a", "ftp://a", "http://", "http://a:99999"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
