//! Text to the canonical parts of an absolute URI, and merging of references.

use super::HostNameType;
use super::escape::escape_kept;
use super::host::canonical;

/// UTF-16 units of the longest text .NET takes.
const LENGTH_MAX: usize = 65_519;

/// An absolute URI, canonical and escaped.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) scheme: String,
    pub(super) has_authority: bool,
    pub(super) user_info: String,
    pub(super) host: String,
    pub(super) host_type: HostNameType,
    /// -1 for none.
    pub(super) port: i32,
    pub(super) path: String,
    /// With its `?`, or empty.
    pub(super) query: String,
    /// With its `#`, or empty.
    pub(super) fragment: String,
}

/// -1 for schemes without one.
pub(super) fn default_port(scheme: &str) -> i32 {
    match scheme {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        "ftp" => 21,
        "telnet" => 23,
        "mailto" => 25,
        "gopher" => 70,
        "nntp" => 119,
        "ldap" => 389,
        "net.tcp" => 808,
        _ => -1,
    }
}

/// Schemes that need a host and treat backslashes as slashes.
fn is_web(scheme: &str) -> bool {
    matches!(scheme, "http" | "https" | "ws" | "wss" | "ftp" | "gopher" | "net.tcp" | "net.pipe")
}

impl Parts {
    pub(super) fn authority(&self) -> String {
        if self.port == default_port(&self.scheme) { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    pub(super) fn delimiter(&self) -> &'static str {
        if self.has_authority { "://" } else { ":" }
    }

    /// Scheme and authority, user included.
    pub(super) fn left(&self) -> String {
        let at = if self.user_info.is_empty() { "" } else { "@" };
        let authority = if self.has_authority { self.authority() } else { String::new() };
        format!("{}{}{}{at}{authority}", self.scheme, self.delimiter(), self.user_info)
    }

    pub(super) fn same_server(&self, other: &Parts) -> bool {
        self.scheme == other.scheme && self.host == other.host && self.port == other.port
    }

    /// The text of a reference merged with this base (RFC 3986, 5.2); dots are still in it.
    pub(super) fn combine(&self, relative: &str) -> String {
        let converted;
        let relative = if is_web(&self.scheme) {
            let end = relative.find(['?', '#']).unwrap_or(relative.len());
            converted = relative[..end].replace('\\', "/") + &relative[end..];
            converted.trim_matches(is_blank)
        } else {
            relative
        };
        if relative.starts_with("//") {
            return format!("{}:{relative}", self.scheme);
        }
        let left = self.left();
        match relative.chars().next() {
            None => format!("{left}{}{}", self.path, self.query),
            Some('#') => format!("{left}{}{}{relative}", self.path, self.query),
            Some('?') => format!("{left}{}{relative}", self.path),
            Some('/') => format!("{left}{relative}"),
            Some(_) => {
                let folder = &self.path[..self.path.rfind('/').map_or(0, |at| at + 1)];
                format!("{left}{folder}{relative}")
            }
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Parses an absolute URI. `Err(None)`: the text has no scheme, so it may be a relative reference.
pub(super) fn absolute(text: &str) -> Result<Parts, Option<&'static str>> {
    if text.encode_utf16().count() > LENGTH_MAX {
        return Err(Some("The Uri string is too long."));
    }
    let text = text.trim_matches(is_blank);
    if let Some(unc) = text.strip_prefix("\\\\") {
        return file(&format!("//{}", unc.replace('\\', "/")));
    }
    // A rooted path is a file on Unix; two slashes are a machine there, too.
    if text.starts_with('/') {
        return file(text);
    }
    let bytes = text.as_bytes();
    let is_drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && matches!(bytes[1], b':' | b'|');
    if is_drive && matches!(bytes[2], b'\\' | b'/') {
        return file(&format!("/{}:{}", &text[..1], text[2..].replace('\\', "/")));
    }
    let colon = text.find(':').ok_or(None)?;
    let scheme = &text[..colon];
    if !super::is_scheme(scheme) {
        return Err(None);
    }
    let scheme = scheme.to_ascii_lowercase();
    let rest = &text[colon + 1..];
    if scheme == "file" {
        return file(&rest.replace('\\', "/"));
    }
    if scheme == "mailto" {
        return Ok(mail(rest));
    }
    let slashes = if is_web(&scheme) {
        rest.strip_prefix(['/', '\\']).and_then(|rest| rest.strip_prefix(['/', '\\']))
    } else {
        rest.strip_prefix("//")
    };
    match slashes {
        Some(rest) => hierarchical(scheme, rest),
        None if is_web(&scheme) => Err(Some("The Authority/Host could not be parsed.")),
        None => Ok(opaque(scheme, rest)),
    }
}

fn split_tail(text: &str) -> (&str, &str, &str) {
    let (text, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
    let (path, query) = text.split_at(text.find('?').unwrap_or(text.len()));
    (path, query, fragment)
}

fn opaque(scheme: String, rest: &str) -> Parts {
    let (path, query, fragment) = split_tail(rest);
    Parts {
        port: default_port(&scheme),
        scheme,
        has_authority: false,
        user_info: String::new(),
        host: String::new(),
        host_type: HostNameType::Unknown,
        path: escape_kept(path),
        query: escape_kept(query),
        fragment: escape_kept(fragment),
    }
}

/// `mailto:user@host`: the address is the authority.
fn mail(rest: &str) -> Parts {
    let (address, ..) = split_tail(rest);
    let mut parts = opaque("mailto".to_owned(), rest);
    if let Some((user, host)) = address.rsplit_once('@')
        && let Some((host, host_type)) = canonical(host)
    {
        parts.user_info = escape_kept(user);
        parts.path = String::new();
        parts.host = host;
        parts.host_type = host_type;
    }
    parts
}

fn hierarchical(scheme: String, rest: &str) -> Result<Parts, Option<&'static str>> {
    let web = is_web(&scheme);
    let end = rest.find(|c| matches!(c, '/' | '?' | '#') || (web && c == '\\')).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (user_info, server) = authority.rsplit_once('@').unwrap_or(("", authority));
    let port_at = match server.rfind(']') {
        Some(bracket) => server[bracket..].find(':').map(|at| bracket + at),
        None => server.find(':'),
    };
    let (host, port) = server.split_at(port_at.unwrap_or(server.len()));
    let port = match port.strip_prefix(':').unwrap_or_default() {
        "" => default_port(&scheme),
        digits => {
            let good = digits.bytes().all(|b| b.is_ascii_digit());
            let number = digits.parse::<u16>().ok().filter(|_| good);
            i32::from(number.ok_or(Some("Invalid port specified."))?)
        }
    };
    let (host, host_type) = match canonical(host) {
        Some(found) => found,
        None if host.is_empty() && !web => (String::new(), HostNameType::Basic),
        // Other schemes may name their hosts as they like.
        None if !web && host.bytes().all(|b| b.is_ascii_graphic()) => (host.to_ascii_lowercase(), HostNameType::Basic),
        None => return Err(Some("The hostname could not be parsed.")),
    };
    let (path, query, fragment) = split_tail(tail);
    let path = if web { path.replace('\\', "/") } else { path.to_owned() };
    let path = if path.is_empty() && (web || query.is_empty()) { "/".to_owned() } else { without_dots(&path) };
    Ok(Parts {
        scheme,
        has_authority: true,
        user_info: escape_kept(user_info),
        host,
        host_type,
        port,
        path: escape_kept(&path),
        query: escape_kept(query),
        fragment: escape_kept(fragment),
    })
}

/// `rest` is what follows `file:`, with slashes only.
fn file(rest: &str) -> Result<Parts, Option<&'static str>> {
    let (host, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (host, host_type) = match host {
        "" => (String::new(), HostNameType::Basic),
        _ => canonical(host).ok_or(Some("The hostname could not be parsed."))?,
    };
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Ok(Parts {
        scheme: "file".to_owned(),
        has_authority: true,
        user_info: String::new(),
        host,
        host_type,
        port: -1,
        path: escape_kept(&without_dots(&path)).replace('?', "%3F").replace('#', "%23"),
        query: String::new(),
        fragment: String::new(),
    })
}

/// Takes out `.` and `..` segments.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut open = false;
    for segment in path.strip_prefix('/').unwrap_or(path).split('/') {
        open = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            _ => kept.push(segment),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    let end = if open && !kept.is_empty() { "/" } else { "" };
    format!("{root}{}{end}", kept.join("/"))
}
