//! `System.Uri` on Linux: parsing, canonical forms, components, resolution.

mod components;
mod escape;
mod host;
mod parse;

pub use host::{HostNameType, check_host_name};

use crate::dotnet::data::error::DotnetError;
pub use crate::dotnet::data::error::Result;
use crate::dotnet::text::web::unescape_data_string;
pub use components::UriFormat;
use escape::{is_well_escaped, unescape_safe};
use parse::Parts;

/// `UriKind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UriKind {
    RelativeOrAbsolute,
    Absolute,
    Relative,
}

/// `UriPartial`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UriPartial {
    Scheme,
    Authority,
    Path,
    Query,
}

/// An absolute or relative URI.
#[derive(Debug, Clone)]
pub struct Uri {
    original: String,
    parts: Option<Parts>,
}

fn format_error(message: &str) -> DotnetError {
    DotnetError::new("System.UriFormatException", format!("Invalid URI: {message}"))
}

impl Uri {
    /// `new Uri(text, kind)`; `new Uri(text)` asks for an absolute one.
    ///
    /// # Errors
    /// `UriFormatException`.
    pub fn new(text: &str, kind: UriKind) -> Result<Uri> {
        let parsed = if kind == UriKind::Relative { Err(None) } else { parse::absolute(text) };
        match (parsed, kind) {
            (Ok(parts), _) => Ok(Uri { original: text.to_owned(), parts: Some(parts) }),
            // A text with the shape of a relative reference may be one.
            (Err(None), UriKind::RelativeOrAbsolute) => Ok(Uri { original: text.to_owned(), parts: None }),
            (Err(None), UriKind::Relative) => match parse::absolute(text) {
                Ok(_) if !text.starts_with(['/', '\\']) => Err(format_error(
                    "A relative URI cannot be created because the 'uriString' parameter represents an absolute URI.",
                )),
                _ => Ok(Uri { original: text.to_owned(), parts: None }),
            },
            (Err(None), UriKind::Absolute) if text.is_empty() => Err(format_error("The URI is empty.")),
            (Err(None), UriKind::Absolute) => Err(format_error("The format of the URI could not be determined.")),
            (Err(Some(message)), _) => Err(format_error(message)),
        }
    }

    /// `Uri.TryCreate(text, kind, out uri)`.
    pub fn try_create(text: &str, kind: UriKind) -> Option<Uri> {
        Uri::new(text, kind).ok()
    }

    /// `new Uri(base, relative)`.
    ///
    /// # Errors
    /// `ArgumentOutOfRangeException` for a relative base, `UriFormatException`.
    pub fn resolve(&self, relative: &str) -> Result<Uri> {
        let Some(base) = &self.parts else {
            return Err(DotnetError::out_of_range(
                "Specified argument was out of the range of valid values.",
                "baseUri",
            ));
        };
        let rooted = relative.starts_with(['/', '\\']);
        if !rooted && let Ok(parts) = parse::absolute(relative) {
            return Ok(Uri { original: relative.to_owned(), parts: Some(parts) });
        }
        Uri::new(&base.combine(relative), UriKind::Absolute)
    }

    /// `IsWellFormedUriString(text, kind)`.
    pub fn is_well_formed(text: &str, kind: UriKind) -> bool {
        let Some(uri) = Uri::try_create(text, kind) else { return false };
        if uri.is_absolute() && (!text.contains(':') || text.starts_with('/')) {
            return kind != UriKind::Absolute && is_well_escaped(text);
        }
        let relative_colon = !uri.is_absolute() && text.split('/').next().is_some_and(|first| first.contains(':'));
        is_well_escaped(text) && !text.contains('\\') && !relative_colon
    }

    /// `IsWellFormedOriginalString()`.
    pub fn is_well_formed_original(&self) -> bool {
        Uri::is_well_formed(&self.original, UriKind::RelativeOrAbsolute)
    }

    /// `IsAbsoluteUri`.
    pub fn is_absolute(&self) -> bool {
        self.parts.is_some()
    }

    /// `OriginalString`.
    pub fn original_string(&self) -> &str {
        &self.original
    }

    fn parts(&self) -> Result<&Parts> {
        self.parts
            .as_ref()
            .ok_or_else(|| DotnetError::invalid_operation("This operation is not supported for a relative URI."))
    }

    /// `Scheme`. This and the components below fail on relative URIs.
    ///
    /// # Errors
    /// `InvalidOperationException` on a relative URI.
    pub fn scheme(&self) -> Result<&str> {
        Ok(&self.parts()?.scheme)
    }

    /// `Host`: lower case, IPv6 in brackets; empty without authority.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn host(&self) -> Result<&str> {
        Ok(&self.parts()?.host)
    }

    /// `DnsSafeHost`: without brackets.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn dns_safe_host(&self) -> Result<&str> {
        Ok(self.parts()?.host.trim_start_matches('[').trim_end_matches(']'))
    }

    /// `IdnHost`: in ASCII.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn idn_host(&self) -> Result<String> {
        Ok(host::to_ascii(self.dns_safe_host()?))
    }

    /// `HostNameType`.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn host_name_type(&self) -> Result<HostNameType> {
        Ok(self.parts()?.host_type)
    }

    /// `Port`: the scheme's own when none is given, -1 when it has none.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn port(&self) -> Result<i32> {
        Ok(self.parts()?.port)
    }

    /// `IsDefaultPort`.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn is_default_port(&self) -> Result<bool> {
        let parts = self.parts()?;
        Ok(parts.port == parse::default_port(&parts.scheme))
    }

    /// `Authority`: host, and port where it is not the default.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn authority(&self) -> Result<String> {
        Ok(self.parts()?.authority())
    }

    /// `UserInfo`.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn user_info(&self) -> Result<&str> {
        Ok(&self.parts()?.user_info)
    }

    /// `AbsolutePath`, escaped.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn absolute_path(&self) -> Result<&str> {
        Ok(&self.parts()?.path)
    }

    /// `Query` with its `?`, escaped.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn query(&self) -> Result<&str> {
        Ok(&self.parts()?.query)
    }

    /// `Fragment` with its `#`, escaped.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn fragment(&self) -> Result<&str> {
        Ok(&self.parts()?.fragment)
    }

    /// `PathAndQuery`.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn path_and_query(&self) -> Result<String> {
        let parts = self.parts()?;
        Ok(format!("{}{}", parts.path, parts.query))
    }

    /// `AbsoluteUri`: escaped.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn absolute_uri(&self) -> Result<String> {
        let parts = self.parts()?;
        Ok(format!("{}{}{}{}", parts.left(), parts.path, parts.query, parts.fragment))
    }

    /// `LocalPath`: unescaped; a file of another machine or of a drive with backslashes.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn local_path(&self) -> Result<String> {
        let parts = self.parts()?;
        let path = unescape_data_string(&parts.path);
        if parts.scheme != "file" {
            return Ok(path);
        }
        if !parts.host.is_empty() {
            return Ok(format!("\\\\{}{}", parts.host, path.replace('/', "\\")));
        }
        let is_drive = path.as_bytes().get(2) == Some(&b':');
        Ok(if is_drive { path[1..].replace('/', "\\") } else { path })
    }

    /// `Segments`: each with its slash.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn segments(&self) -> Result<Vec<&str>> {
        Ok(self.parts()?.path.split_inclusive('/').collect())
    }

    /// `IsFile`.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn is_file(&self) -> Result<bool> {
        Ok(self.parts()?.scheme == "file")
    }

    /// `IsUnc`: a file on another machine.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn is_unc(&self) -> Result<bool> {
        let parts = self.parts()?;
        Ok(parts.scheme == "file" && !parts.host.is_empty())
    }

    /// `IsLoopback`.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn is_loopback(&self) -> Result<bool> {
        let parts = self.parts()?;
        let host = parts.host.as_str();
        Ok(matches!(host, "localhost" | "loopback" | "[::1]")
            || (parts.host_type == HostNameType::IPv4 && host.starts_with("127."))
            || (parts.scheme == "file" && host.is_empty()))
    }

    /// `GetLeftPart(part)`.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn left_part(&self, part: UriPartial) -> Result<String> {
        let parts = self.parts()?;
        Ok(match part {
            UriPartial::Scheme => format!("{}{}", parts.scheme, parts.delimiter()),
            UriPartial::Authority if parts.has_authority => parts.left(),
            UriPartial::Authority => String::new(),
            UriPartial::Path => format!("{}{}", parts.left(), parts.path),
            UriPartial::Query => format!("{}{}{}", parts.left(), parts.path, parts.query),
        })
    }

    /// `IsBaseOf(other)`.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn is_base_of(&self, other: &Uri) -> Result<bool> {
        let Some(theirs) = &other.parts else { return Ok(true) };
        let own = self.parts()?;
        let folder = &own.path[..own.path.rfind('/').map_or(0, |at| at + 1)];
        Ok(own.same_server(theirs) && theirs.path.starts_with(folder))
    }

    /// `MakeRelativeUri(other)`.
    ///
    /// # Errors
    /// As [`Uri::scheme`].
    pub fn make_relative(&self, other: &Uri) -> Result<Uri> {
        let (own, theirs) = (self.parts()?, other.parts()?);
        if !own.same_server(theirs) {
            return Ok(other.clone());
        }
        let mut relative = path_difference(&own.path, &theirs.path);
        if relative.split('/').next().is_some_and(|first| first.contains(':')) {
            relative.insert_str(0, "./");
        }
        let text = format!("{relative}{}{}", theirs.query, theirs.fragment);
        Ok(Uri { original: text, parts: None })
    }
}

/// `CheckSchemeName(name)`.
pub fn is_scheme(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// The way from one path to another.
fn path_difference(from: &str, to: &str) -> String {
    let same = from.bytes().zip(to.bytes()).take_while(|(a, b)| a == b).count();
    if same == 0 {
        return to.to_owned();
    }
    if same == from.len() && same == to.len() {
        return String::new();
    }
    let folder = from[..same].rfind('/');
    let up = "../".repeat(from[same..].matches('/').count());
    if up.is_empty() && folder == to.len().checked_sub(1) {
        return "./".to_owned();
    }
    format!("{up}{}", &to[folder.map_or(0, |at| at + 1)..])
}

/// `ToString()`: unescaped as far as that is safe; the original of a relative URI.
impl std::fmt::Display for Uri {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.absolute_uri() {
            Ok(uri) => f.write_str(&unescape_safe(&uri)),
            Err(_) => f.write_str(&self.original),
        }
    }
}

/// `Equals`: neither user nor fragment count.
impl PartialEq for Uri {
    fn eq(&self, other: &Uri) -> bool {
        match (&self.parts, &other.parts) {
            (Some(a), Some(b)) => {
                let rest = |parts: &Parts| unescape_safe(&format!("{}{}", parts.path, parts.query));
                a.same_server(b) && rest(a) == rest(b)
            }
            (None, None) => self.original == other.original,
            _ => false,
        }
    }
}

impl Eq for Uri {}

#[cfg(test)]
mod tests;
