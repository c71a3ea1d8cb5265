//! What a trace never shows: secret values wherever they stand, and headers that carry credentials.

use http::HeaderName;

pub const MASK: &str = "***";

/// Shorter secrets are masked only where they are a whole value: cut out of text, they would leave
/// nothing of it.
const INNER_BYTES_MIN: usize = 4;

/// Headers whose values are credentials by themselves, in lower case.
const HEADERS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "ocp-apim-subscription-key",
    "apim-debug-authorization",
    "api-key",
    "x-api-key",
    "x-functions-key",
    "x-ms-authorization-auxiliary",
];

/// The secrets of one exchange.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    /// Longest first, so that a secret inside another is not cut out of it.
    secrets: Vec<String>,
    headers: Vec<HeaderName>,
}

impl Masks {
    /// Hides a value, and the forms in which it stands in URLs.
    pub fn hide(&mut self, secret: &str) {
        let escaped = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
        for form in [secret.to_owned(), escaped] {
            if !form.is_empty() && !self.secrets.contains(&form) {
                self.secrets.push(form);
            }
        }
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// Hides the values of a header.
    pub fn hide_header(&mut self, name: HeaderName) {
        self.headers.push(name);
    }

    pub fn text(&self, text: &str) -> String {
        if self.secrets.iter().any(|secret| secret == text) {
            return MASK.to_owned();
        }
        let mut out = text.to_owned();
        for secret in self.secrets.iter().filter(|secret| secret.len() >= INNER_BYTES_MIN) {
            if out.contains(secret.as_str()) {
                out = out.replace(secret.as_str(), MASK);
            }
        }
        out
    }

    pub fn header(&self, name: &HeaderName, value: &str) -> String {
        if HEADERS.contains(&name.as_str()) || self.headers.contains(name) {
            return MASK.to_owned();
        }
        self.text(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_in_every_form() {
        let mut masks = Masks::default();
        masks.hide("p@ss word");
        masks.hide("7");
        masks.hide_header(HeaderName::from_static("x-tenant-key"));
        let check = |text: &str, expected: &str| assert_eq!(masks.text(text), expected, "{text}");
        check("p@ss word", "***");
        check("https://x/?k=p%40ss%20word&n=17", "https://x/?k=***&n=17");
        check("7", "***");
        check("nothing", "nothing");
        assert_eq!(masks.header(&http::header::AUTHORIZATION, "Basic eDp5"), "***");
        assert_eq!(masks.header(&HeaderName::from_static("x-tenant-key"), "k"), "***");
        assert_eq!(masks.header(&HeaderName::from_static("x-other"), "a p@ss word b"), "a *** b");
    }
}
