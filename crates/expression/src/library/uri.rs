//! `System.Uri`.

use super::TypeTable;
use super::array::Array;
use crate::dotnet::data::uri::{self, Uri, UriFormat, UriKind, UriPartial};
use crate::dotnet::text::web;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::{Type, known};
use crate::value::{Object, Value, downcast};
use std::any::Any;

struct UriObject(Uri);

impl Object for UriObject {
    fn type_of(&self) -> Type {
        Type::named("System.Uri")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.0.to_string())
    }

    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        if let Value::Str(text) = other {
            // A text is compared as the URI that it is.
            return Ok(Uri::try_create(text.as_str(), UriKind::RelativeOrAbsolute).is_some_and(|uri| uri == self.0));
        }
        Ok(downcast::<UriObject>(other).is_some_and(|other| other.0 == self.0))
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        // Coarser than equality, which does not look at how a path is escaped.
        let text = self.0.authority().unwrap_or_else(|_| self.0.original_string().to_owned());
        run.hash(&Value::string(text)).map(Some)
    }
}

/// An absolute or relative URI, as JSON has it.
///
/// # Errors
/// `UriFormatException`.
pub fn from_text(text: &str) -> Outcome {
    make(Uri::new(text, UriKind::RelativeOrAbsolute)?)
}

/// `OriginalString`, when the value is a URI.
pub fn text_of(value: &Value) -> Option<String> {
    downcast::<UriObject>(value).map(|uri| uri.0.original_string().to_owned())
}

fn make(uri: Uri) -> Outcome {
    Ok(Value::object(UriObject(uri)))
}

fn this<'a>(a: &'a Args<'_, '_>) -> Result<&'a Uri, Thrown> {
    Ok(&a.object::<UriObject>(0)?.0)
}

fn other<'a>(a: &'a Args<'_, '_>, at: usize, parameter: &str) -> Result<&'a Uri, Thrown> {
    Ok(&a.object_arg::<UriObject>(at, parameter)?.0)
}

fn kind(a: &Args<'_, '_>, at: usize) -> Result<UriKind, Thrown> {
    Ok(match a.args.get(at).map(|_| a.i32(at)) {
        Some(0) => UriKind::RelativeOrAbsolute,
        None | Some(1) => UriKind::Absolute,
        Some(2) => UriKind::Relative,
        Some(other) => {
            let message = format!("The value '{other}' passed for the UriKind parameter is invalid.");
            return Err(Thrown::argument_of(&message, "uriKind"));
        }
    })
}

/// `new Uri(text)`, `new Uri(text, kind)`.
fn create(a: &mut Args<'_, '_>) -> Outcome {
    make(Uri::new(a.text(0, "uriString")?.as_str(), kind(a, 1)?)?)
}

/// `new Uri(base, relative)`, a text or a URI.
fn resolve(a: &Args<'_, '_>) -> Result<Uri, Thrown> {
    let base = other(a, 0, "baseUri")?;
    let relative = match a.get(1) {
        Value::Null if a.len() == 2 => "",
        Value::Str(text) => text.as_str(),
        _ => {
            let relative = other(a, 1, "relativeUri")?;
            if relative.is_absolute() {
                return Ok(relative.clone());
            }
            relative.original_string()
        }
    };
    Ok(base.resolve(relative)?)
}

fn attempt(a: &mut Args<'_, '_>, made: Option<Uri>) -> Outcome {
    let present = made.is_some();
    a.set_out(2, made.map_or(Value::Null, |uri| Value::object(UriObject(uri))));
    Ok(Value::Bool(present))
}

fn text(a: &mut Args<'_, '_>, of: fn(&Uri) -> uri::Result<String>) -> Outcome {
    let made = of(this(a)?)?;
    a.make(made)
}

fn flag(a: &mut Args<'_, '_>, of: fn(&Uri) -> uri::Result<bool>) -> Outcome {
    Ok(Value::Bool(of(this(a)?)?))
}

fn escaped(a: &mut Args<'_, '_>, parameter: &str, map: fn(&str) -> String) -> Outcome {
    let made = map(a.text(0, parameter)?.as_str());
    a.make(made)
}

fn same(a: &Args<'_, '_>) -> bool {
    match (downcast::<UriObject>(a.get(0)), downcast::<UriObject>(a.get(1))) {
        (Some(x), Some(y)) => x.0 == y.0,
        (None, None) => true,
        _ => false,
    }
}

fn host_name_type(kind: uri::HostNameType) -> Value {
    let id = Type::named("System.UriHostNameType").def().unwrap_or(known::INT32);
    Value::Enum(id, kind as i64)
}

fn uri_format(a: &Args<'_, '_>, at: usize) -> Result<UriFormat, Thrown> {
    UriFormat::from_i32(a.i32(at))
        .ok_or_else(|| Thrown::out_of_range("Specified argument was out of the range of valid values.", "format"))
}

fn components(a: &mut Args<'_, '_>) -> Outcome {
    let made = this(a)?.components(a.i32(1), uri_format(a, 2)?)?;
    a.make(made)
}

/// `Uri.Compare(uri1, uri2, partsToCompare, compareFormat, comparisonType)`.
fn compare(a: &mut Args<'_, '_>) -> Outcome {
    use crate::dotnet::text::string::{StringComparison, compare_with};
    let comparison = StringComparison::from_i32(a.i32(4))?;
    let (x, y) = (downcast::<UriObject>(a.get(0)), downcast::<UriObject>(a.get(1)));
    let (Some(x), Some(y)) = (x, y) else {
        return Ok(Value::Int32((x.is_some()).cmp(&y.is_some()) as i32));
    };
    let order = match (x.0.is_absolute(), y.0.is_absolute()) {
        (true, true) => {
            let format = uri_format(a, 3)?;
            compare_with(&x.0.components(a.i32(2), format)?, &y.0.components(a.i32(2), format)?, comparison)
        }
        (false, false) => compare_with(x.0.original_string(), y.0.original_string(), comparison),
        (x, y) => x.cmp(&y) as i32,
    };
    Ok(Value::Int32(order))
}

fn hex_unescape(a: &mut Args<'_, '_>) -> Outcome {
    let pattern = a.text(0, "pattern")?.units().to_vec();
    let index = match a.get(1) {
        Value::Cell(cell) => cell.borrow().as_i32().unwrap_or(0),
        _ => 0,
    };
    let (unit, next) = web::hex_unescape(&pattern, usize::try_from(index).unwrap_or(usize::MAX))?;
    a.set_out(1, Value::Int32(next as i32));
    Ok(Value::Char(unit))
}

static PARTS: &[(&str, Native)] = &[
    ("string AbsolutePath", |a| text(a, |uri| uri.absolute_path().map(str::to_owned))),
    ("string AbsoluteUri", |a| text(a, Uri::absolute_uri)),
    ("string Authority", |a| text(a, Uri::authority)),
    ("string DnsSafeHost", |a| text(a, |uri| uri.dns_safe_host().map(str::to_owned))),
    ("string Fragment", |a| text(a, |uri| uri.fragment().map(str::to_owned))),
    ("string Host", |a| text(a, |uri| uri.host().map(str::to_owned))),
    ("UriHostNameType HostNameType", |a| Ok(host_name_type(this(a)?.host_name_type()?))),
    ("string IdnHost", |a| text(a, Uri::idn_host)),
    ("bool IsAbsoluteUri", |a| Ok(Value::Bool(this(a)?.is_absolute()))),
    ("bool IsDefaultPort", |a| flag(a, Uri::is_default_port)),
    ("bool IsFile", |a| flag(a, Uri::is_file)),
    ("bool IsLoopback", |a| flag(a, Uri::is_loopback)),
    ("bool IsUnc", |a| flag(a, Uri::is_unc)),
    ("string LocalPath", |a| text(a, Uri::local_path)),
    ("string OriginalString", |a| text(a, |uri| Ok(uri.original_string().to_owned()))),
    ("string PathAndQuery", |a| text(a, Uri::path_and_query)),
    ("int Port", |a| Ok(Value::Int32(this(a)?.port()?))),
    ("string Query", |a| text(a, |uri| uri.query().map(str::to_owned))),
    ("string Scheme", |a| text(a, |uri| uri.scheme().map(str::to_owned))),
    ("string[] Segments", |a| {
        let segments = this(a)?.segments()?;
        Ok(Array::strings(segments.into_iter().map(Value::string)))
    }),
    ("bool UserEscaped", |_| Ok(Value::Bool(false))),
    ("string UserInfo", |a| text(a, |uri| uri.user_info().map(str::to_owned))),
    ("string GetLeftPart(UriPartial part)", |a| {
        let part = match a.i32(1) {
            0 => UriPartial::Scheme,
            1 => UriPartial::Authority,
            2 => UriPartial::Path,
            3 => UriPartial::Query,
            other => return Err(Thrown::argument_of(&format!("Illegal enum value: {other}."), "part")),
        };
        let made = this(a)?.left_part(part)?;
        a.make(made)
    }),
    ("string GetComponents(UriComponents components, UriFormat format)", components),
    ("bool IsBaseOf(Uri uri)", |a| Ok(Value::Bool(this(a)?.is_base_of(other(a, 1, "uri")?)?))),
    ("bool IsWellFormedOriginalString()", |a| flag(a, |uri| Ok(uri.is_well_formed_original()))),
    ("Uri MakeRelativeUri(Uri uri)", |a| make(this(a)?.make_relative(other(a, 1, "uri")?)?)),
    ("static bool operator ==(Uri uri1, Uri uri2)", |a| Ok(Value::Bool(same(a)))),
    ("static bool operator !=(Uri uri1, Uri uri2)", |a| Ok(Value::Bool(!same(a)))),
];

static URI: &[(&str, Native)] = &[
    ("new(string uriString)", create),
    ("new(string uriString, UriKind uriKind)", create),
    ("new(Uri baseUri, string relativeUri)", |a| make(resolve(a)?)),
    ("new(Uri baseUri, Uri relativeUri)", |a| make(resolve(a)?)),
    ("static bool TryCreate(string uriString, UriKind uriKind, out Uri result)", |a| {
        let kind = kind(a, 1)?;
        let made = a.opt_str(0).and_then(|text| Uri::try_create(text.as_str(), kind));
        attempt(a, made)
    }),
    ("static bool TryCreate(Uri baseUri, string relativeUri, out Uri result)", |a| {
        let made = if a.is_null(0) || a.is_null(1) { None } else { resolve(a).ok() };
        attempt(a, made)
    }),
    ("static bool TryCreate(Uri baseUri, Uri relativeUri, out Uri result)", |a| {
        let made = if a.is_null(0) || a.is_null(1) { None } else { resolve(a).ok() };
        attempt(a, made)
    }),
    ("static bool IsWellFormedUriString(string uriString, UriKind uriKind)", |a| {
        let kind = kind(a, 1)?;
        Ok(Value::Bool(a.opt_str(0).is_some_and(|text| Uri::is_well_formed(text.as_str(), kind))))
    }),
    ("static UriHostNameType CheckHostName(string name)", |a| {
        Ok(host_name_type(uri::check_host_name(a.str_or_empty(0))))
    }),
    ("static bool CheckSchemeName(string schemeName)", |a| Ok(Value::Bool(uri::is_scheme(a.str_or_empty(0))))),
    (
        "static int Compare(Uri uri1, Uri uri2, UriComponents partsToCompare, UriFormat compareFormat, StringComparison comparisonType)",
        compare,
    ),
    ("static string EscapeDataString(string stringToEscape)", |a| {
        escaped(a, "stringToEscape", web::escape_data_string)
    }),
    ("static string EscapeUriString(string stringToEscape)", |a| escaped(a, "stringToEscape", web::escape_uri_string)),
    ("static string UnescapeDataString(string stringToUnescape)", |a| {
        escaped(a, "stringToUnescape", web::unescape_data_string)
    }),
    ("static string HexEscape(char character)", |a| {
        let made = web::hex_escape(a.char(0))?;
        a.make(made)
    }),
    ("static char HexUnescape(string pattern, ref int index)", hex_unescape),
    ("static bool IsHexEncoding(string pattern, int index)", |a| {
        let pattern = a.text(0, "pattern")?.units().to_vec();
        Ok(Value::Bool(usize::try_from(a.i32(1)).is_ok_and(|index| web::is_hex_encoding(&pattern, index))))
    }),
    ("static bool IsHexDigit(char character)", |a| {
        Ok(Value::Bool(u8::try_from(a.char(0)).is_ok_and(|byte| byte.is_ascii_hexdigit())))
    }),
    ("static int FromHex(char digit)", |a| {
        let digit = char::from_u32(a.char(0).into()).and_then(|digit| digit.to_digit(16));
        let digit = digit
            .ok_or_else(|| Thrown::argument_of("Specified argument was out of the range of valid values.", "digit"))?;
        Ok(Value::Int32(digit as i32))
    }),
    ("static string SchemeDelimiter", |_| Ok(Value::literal("://"))),
];

macro_rules! schemes {
    ($($name:literal $scheme:literal),* $(,)?) => {
        &[$((concat!("static string UriScheme", $name), |_| Ok(Value::literal($scheme)))),*]
    };
}

static SCHEMES: &[(&str, Native)] = schemes![
    "File" "file",
    "Ftp" "ftp",
    "Ftps" "ftps",
    "Gopher" "gopher",
    "Http" "http",
    "Https" "https",
    "Mailto" "mailto",
    "NetPipe" "net.pipe",
    "NetTcp" "net.tcp",
    "News" "news",
    "Nntp" "nntp",
    "Sftp" "sftp",
    "Ssh" "ssh",
    "Telnet" "telnet",
    "Ws" "ws",
    "Wss" "wss",
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "enum System.UriKind { RelativeOrAbsolute, Absolute, Relative }", members: &[] },
    TypeTable { decl: "enum System.UriPartial { Scheme, Authority, Path, Query }", members: &[] },
    TypeTable { decl: "enum System.UriHostNameType { Unknown, Basic, Dns, IPv4, IPv6 }", members: &[] },
    TypeTable { decl: "enum System.UriFormat { UriEscaped = 1, Unescaped = 2, SafeUnescaped = 3 }", members: &[] },
    TypeTable {
        decl: "flags enum System.UriComponents { Scheme = 1, UserInfo = 2, Host = 4, Port = 8, SchemeAndServer = 13, Path = 16, Query = 32, PathAndQuery = 48, HttpRequestUrl = 61, Fragment = 64, AbsoluteUri = 127, StrongPort = 128, HostAndPort = 132, StrongAuthority = 134, NormalizedHost = 256, KeepDelimiter = 1073741824, SerializationInfoString = -2147483648 }",
        members: &[],
    },
    TypeTable { decl: "class System.Uri", members: URI },
    TypeTable { decl: "class System.Uri", members: PARTS },
    TypeTable { decl: "class System.Uri", members: SCHEMES },
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn parts() {
        check(&[
            (
                r#"new Uri("https://u:p@Host.com:8443/a/b%20c/../d?x=1#f").AbsoluteUri"#,
                "https://u:p@host.com:8443/a/d?x=1#f",
            ),
            (r#"new Uri("https://u:p@h/").UserInfo"#, "u:p"),
            (r#"new Uri("https://h").AbsolutePath"#, "/"),
            (r#"new Uri("http://h:80/").IsDefaultPort"#, "True"),
            (r#"new Uri("http://127.0.0.1/").IsLoopback"#, "True"),
            (
                r#"new Uri("http://127.1/").Host + new Uri("http://[::FFFF:1.2.3.4]/").Host"#,
                "127.0.0.1[::ffff:1.2.3.4]",
            ),
            (r#"new Uri("http://[::1]:80/").Host + new Uri("http://[::1]/").HostNameType"#, "[::1]IPv6"),
            (r#"new Uri("http://bücher.de/").IdnHost"#, "xn--bcher-kva.de"),
            (r#"new Uri("/a", UriKind.Relative).IsAbsoluteUri"#, "False"),
            (r#"new Uri("a", UriKind.Relative).Host"#, "!InvalidOperationException"),
            (r#"new Uri("http://h/a b?c d").OriginalString"#, "http://h/a b?c d"),
            (r#"new Uri("http://h/%41%20").ToString()"#, "http://h/A "),
            (r#"new Uri("mailto:a@b.c").Scheme"#, "mailto"),
            (r#"new Uri("file:///a/b").LocalPath"#, "/a/b"),
            (r#"new Uri(null)"#, "!ArgumentNullException"),
            (r#"new Uri("http://")"#, "!UriFormatException"),
            (r#"new Uri("http://h:99999/")"#, "!UriFormatException"),
            (r#"new Uri("https://h/a?b#c").GetLeftPart(UriPartial.Authority)"#, "https://h"),
            (r#"new Uri("https://h/a?b#c").GetLeftPart(UriPartial.Query)"#, "https://h/a?b"),
            (
                r#"new Uri("https://h:1/a?b#c").GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)"#,
                "https://h:1",
            ),
            (
                r#"new Uri("https://h/a%20b?b#c").GetComponents(UriComponents.PathAndQuery, UriFormat.Unescaped)"#,
                "/a b?b",
            ),
            (r#"new Uri("https://h/a?b#c").GetComponents(UriComponents.Path, UriFormat.UriEscaped)"#, "a"),
            (r#"new Uri("https://h/a?b#c").GetComponents(UriComponents.HostAndPort, UriFormat.UriEscaped)"#, "h:443"),
            (r#"Uri.UriSchemeHttps + Uri.SchemeDelimiter"#, "https://"),
        ]);
    }

    #[test]
    fn relations() {
        check(&[
            (r#"new Uri(new Uri("http://h/a/b"), "c?d").ToString()"#, "http://h/a/c?d"),
            (r#"new Uri(new Uri("http://h/a/b"), "/c").ToString()"#, "http://h/c"),
            (r#"new Uri(new Uri("http://h/a/b"), "//x/c").ToString()"#, "http://x/c"),
            (r#"new Uri(new Uri("http://h/a/"), new Uri("b", UriKind.Relative)).ToString()"#, "http://h/a/b"),
            (r#"new Uri(new Uri("a", UriKind.Relative), "b")"#, "!ArgumentOutOfRangeException"),
            (r#"new Uri("http://h/a/b/c").MakeRelativeUri(new Uri("http://h/a/d?e")).ToString()"#, "../d?e"),
            (r#"new Uri("http://h/a/").IsBaseOf(new Uri("http://h/a/b"))"#, "True"),
            (r#"new Uri("http://h/a/").IsBaseOf(new Uri("http://h/b"))"#, "False"),
            (r#"new Uri("http://h/a#x").Equals(new Uri("HTTP://H/a#y"))"#, "True"),
            (r#"new Uri("http://h/a") != new Uri("http://h/A")"#, "True"),
            (r#"(Uri)null == null"#, "True"),
            (r#"Uri.TryCreate("x y", UriKind.Absolute, out var u)"#, "False"),
            (r#"Uri.TryCreate(null, UriKind.Absolute, out Uri u)"#, "False"),
            (r#"Uri.TryCreate((string)null, UriKind.Absolute, out Uri u) || u != null"#, "False"),
            (r#"Uri.TryCreate(new Uri("http://h/"), "a", out var u) ? u.AbsoluteUri : """#, "http://h/a"),
            (
                r#"Uri.Compare(new Uri("http://h/a"), new Uri("http://h/b"), UriComponents.Host, UriFormat.UriEscaped, StringComparison.Ordinal)"#,
                "0",
            ),
        ]);
    }

    #[test]
    fn texts() {
        check(&[
            (r#"Uri.EscapeDataString("a b&é")"#, "a%20b%26%C3%A9"),
            (r#"Uri.UnescapeDataString("a%20b+c")"#, "a b+c"),
            (r#"Uri.HexEscape('a')"#, "%61"),
            (r#"var i = 1; var c = Uri.HexUnescape("x%41y", ref i); return c + i.ToString();"#, "A4"),
            (r#"Uri.IsHexEncoding("%4g", 0)"#, "False"),
            (r#"Uri.FromHex('f')"#, "15"),
            (r#"Uri.FromHex('g')"#, "!ArgumentException"),
            (
                r#"Uri.CheckHostName("10.0.0.1") + "," + Uri.CheckHostName("::1") + "," + Uri.CheckHostName("a b")"#,
                "IPv4,IPv6,Unknown",
            ),
            (r#"Uri.CheckSchemeName("ht+tp") && !Uri.CheckSchemeName("1a")"#, "True"),
            (r#"Uri.IsWellFormedUriString("http://h/a%20b", UriKind.Absolute)"#, "True"),
            (r#"Uri.IsWellFormedUriString("a/b", UriKind.Relative)"#, "True"),
            (r#"Uri.IsWellFormedUriString(null, UriKind.Absolute)"#, "False"),
            (r#"new Uri("http://h/a b").IsWellFormedOriginalString()"#, "False"),
        ]);
    }
}
