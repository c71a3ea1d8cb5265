//! `System.Net.WebUtility`, the escaping of `System.Uri`, and URL-encoded forms.

mod entities;
mod html;
mod uri;

pub use html::{html_decode, html_encode};
pub use uri::{
    escape_data_string, escape_uri_string, hex_escape, hex_unescape, is_hex_encoding, unescape_data_string, url_decode,
    url_decode_bytes, url_encode, url_encode_bytes,
};

/// The pairs of a URL-encoded form in their order.
pub fn parse_form(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (url_decode(name), url_decode(value))
        })
        .collect()
}

/// A URL-encoded form, as `FormUrlEncodedContent` writes it.
pub fn write_form<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let encode = |text: &str| escape_data_string(text).replace("%20", "+");
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let pairs = parse_form("a=1&b=x+y%26&c&&a=2");
        let expected = [("a", "1"), ("b", "x y&"), ("c", ""), ("a", "2")];
        assert!(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected));
        assert_eq!(write_form(expected), "a=1&b=x+y%26&c=&a=2");
    }
}
