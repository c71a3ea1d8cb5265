//! `System.Net`: `WebUtility`, and of `IPAddress` what policies may use.

use super::TypeTable;
use super::array::{Array, bytes, part};
use crate::dotnet::data::ip::IpAddress;
use crate::dotnet::text::web;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::{Type, known};
use crate::value::{Object, Value, downcast};
use std::any::Any;

struct Address(IpAddress);

impl Object for Address {
    fn type_of(&self) -> Type {
        Type::named("System.Net.IPAddress")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.0.to_string())
    }

    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        Ok(downcast::<Address>(other).is_some_and(|other| other.0 == self.0))
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        run.hash(&Value::string(self.0.to_string())).map(Some)
    }
}

fn text_map(a: &mut Args<'_, '_>, map: fn(&str) -> String) -> Outcome {
    match a.opt_str(0) {
        Some(text) => {
            let made = map(text.as_str());
            a.make(made)
        }
        None => Ok(Value::Null),
    }
}

/// `HtmlEncode` and `HtmlDecode` into a `TextWriter`.
fn write_map(a: &mut Args<'_, '_>, map: fn(&str) -> String) -> Outcome {
    let made = Value::string(map(a.str_or_empty(0)));
    if a.is_null(1) {
        return Err(Thrown::argument_null("output"));
    }
    let writer = a.value(1);
    super::io::write(a.run, &writer, &made)?;
    Ok(Value::Null)
}

/// `UrlEncodeToBytes` and `UrlDecodeToBytes`.
fn bytes_map(a: &mut Args<'_, '_>, map: fn(&[u8]) -> Vec<u8>) -> Outcome {
    if a.is_null(0) && a.i32(2) == 0 {
        return Ok(Value::Null);
    }
    let content = bytes(a, 0, "bytes")?;
    let made = map(part(a, &content, 1, ("offset", "count"))?);
    a.run.charge(made.len())?;
    Ok(Value::bytes(made))
}

static WEB: &[(&str, Native)] = &[
    ("static string UrlEncode(string value)", |a| text_map(a, web::url_encode)),
    ("static string UrlDecode(string encodedValue)", |a| text_map(a, web::url_decode)),
    ("static string HtmlEncode(string value)", |a| text_map(a, web::html_encode)),
    ("static string HtmlDecode(string value)", |a| text_map(a, web::html_decode)),
    ("static void HtmlEncode(string value, System.IO.TextWriter output)", |a| write_map(a, web::html_encode)),
    ("static void HtmlDecode(string value, System.IO.TextWriter output)", |a| write_map(a, web::html_decode)),
    ("static byte[] UrlEncodeToBytes(byte[] value, int offset, int count)", |a| bytes_map(a, web::url_encode_bytes)),
    ("static byte[] UrlDecodeToBytes(byte[] encodedValue, int offset, int count)", |a| {
        bytes_map(a, web::url_decode_bytes)
    }),
];

static ADDRESS: &[(&str, Native)] = &[
    ("static IPAddress Parse(string ipString)", |a| {
        let address = IpAddress::parse(a.text(0, "ipString")?.as_str());
        let address = address.ok_or_else(|| Thrown::format("An invalid IP address was specified."))?;
        Ok(Value::object(Address(address)))
    }),
    ("static bool TryParse(string ipString, out IPAddress address)", |a| {
        let address = a.opt_str(0).and_then(|text| IpAddress::parse(text.as_str()));
        a.set_out(1, address.map_or(Value::Null, |address| Value::object(Address(address))));
        Ok(Value::Bool(address.is_some()))
    }),
    ("static bool IsLoopback(IPAddress address)", |a| {
        Ok(Value::Bool(a.object_arg::<Address>(0, "address")?.0.is_loopback()))
    }),
    ("System.Net.Sockets.AddressFamily AddressFamily", |a| {
        let id = Type::named("System.Net.Sockets.AddressFamily").def().unwrap_or(known::INT32);
        Ok(Value::Enum(id, a.object::<Address>(0)?.0.family()))
    }),
    ("byte[] GetAddressBytes()", |a| Ok(Value::object(Array::bytes(a.object::<Address>(0)?.0.bytes())))),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "static class System.Net.WebUtility", members: WEB },
    TypeTable { decl: "class System.Net.IPAddress", members: ADDRESS },
    TypeTable {
        decl: "enum System.Net.Sockets.AddressFamily { Unknown = -1, Unspecified = 0, Unix = 1, InterNetwork = 2, InterNetworkV6 = 23 }",
        members: &[],
    },
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn web() {
        check(&[
            (r#"System.Net.WebUtility.UrlEncode("a b&é~'")"#, "a+b%26%C3%A9%7E%27"),
            (r#"WebUtility.UrlDecode("a+b%26%C3%A9%zz")"#, "a b&é%zz"),
            (r#"WebUtility.UrlEncode(null) == null"#, "True"),
            (r#"WebUtility.HtmlEncode("<a href=\"x\">é'</a>")"#, "&lt;a href=&quot;x&quot;&gt;&#233;&#39;&lt;/a&gt;"),
            (r#"WebUtility.HtmlDecode("&lt;&eacute;&#65;&nope;")"#, "<éA&nope;"),
            (r#"var w = new StringWriter(); WebUtility.HtmlEncode("<", w); return w.ToString();"#, "&lt;"),
            (r#"Encoding.ASCII.GetString(WebUtility.UrlEncodeToBytes(Encoding.ASCII.GetBytes("xa b"), 1, 3))"#, "a+b"),
            (r#"Encoding.ASCII.GetString(WebUtility.UrlDecodeToBytes(Encoding.ASCII.GetBytes("a%20b"), 0, 5))"#, "a b"),
        ]);
    }

    #[test]
    fn addresses() {
        check(&[
            (r#"System.Net.IPAddress.Parse("10.0.0.1").ToString()"#, "10.0.0.1"),
            (r#"IPAddress.Parse("x")"#, "!FormatException"),
            (r#"IPAddress.Parse(null)"#, "!ArgumentNullException"),
            (r#"IPAddress.TryParse("::1", out var ip) ? ip.AddressFamily.ToString() : "-""#, "InterNetworkV6"),
            (r#"IPAddress.IsLoopback(IPAddress.Parse("127.0.0.5"))"#, "True"),
            (r#"IPAddress.Parse("1.2.3.4").GetAddressBytes().Length"#, "4"),
            (r#"IPAddress.Parse("::1").Equals(IPAddress.Parse("0:0::1"))"#, "True"),
        ]);
    }
}
