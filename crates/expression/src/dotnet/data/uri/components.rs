//! `GetComponents`: any set of parts, escaped or not.

use super::escape::unescape_safe;
use super::{Result, Uri, parse};
use crate::dotnet::text::web::unescape_data_string;

/// `UriFormat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UriFormat {
    UriEscaped,
    Unescaped,
    SafeUnescaped,
}

impl UriFormat {
    pub fn from_i32(value: i32) -> Option<UriFormat> {
        Some(match value {
            1 => UriFormat::UriEscaped,
            2 => UriFormat::Unescaped,
            3 => UriFormat::SafeUnescaped,
            _ => return None,
        })
    }
}

/// Bits of `UriComponents`.
const SCHEME: i32 = 1;
const USER_INFO: i32 = 2;
const HOST: i32 = 4;
const PORT: i32 = 8;
const PATH: i32 = 0x10;
const QUERY: i32 = 0x20;
const FRAGMENT: i32 = 0x40;
const STRONG_PORT: i32 = 0x80;
const NORMALIZED_HOST: i32 = 0x100;
const KEEP_DELIMITER: i32 = 0x4000_0000;

impl Uri {
    /// `GetComponents(wanted, format)`; `wanted` are bits of `UriComponents`.
    ///
    /// # Errors
    /// `InvalidOperationException` on a relative URI.
    pub fn components(&self, wanted: i32, format: UriFormat) -> Result<String> {
        if wanted == i32::MIN {
            return if self.is_absolute() { self.absolute_uri() } else { Ok(self.original.clone()) };
        }
        let parts = self.parts()?;
        let has = |bit: i32| wanted & bit != 0;
        let alone = |bit: i32| wanted & !KEEP_DELIMITER == bit && !has(KEEP_DELIMITER);
        let show = |text: &str| match format {
            UriFormat::UriEscaped => text.to_owned(),
            UriFormat::Unescaped => unescape_data_string(text),
            UriFormat::SafeUnescaped => unescape_safe(text),
        };
        let mut out = String::new();
        if has(SCHEME) {
            out.push_str(&parts.scheme);
            if !alone(SCHEME) {
                out.push_str(parts.delimiter());
            }
        }
        if has(USER_INFO) && !parts.user_info.is_empty() {
            out.push_str(&show(&parts.user_info));
            if !alone(USER_INFO) {
                out.push('@');
            }
        }
        if has(HOST | NORMALIZED_HOST) {
            out.push_str(&if has(NORMALIZED_HOST) { self.idn_host()? } else { parts.host.clone() });
        }
        let own_port = parts.port != parse::default_port(&parts.scheme);
        if parts.port >= 0 && (has(STRONG_PORT) || has(PORT) && own_port) {
            if !(alone(PORT) || alone(STRONG_PORT)) {
                out.push(':');
            }
            out.push_str(&parts.port.to_string());
        }
        if has(PATH) {
            let path = show(&parts.path);
            // A path on its own goes without its slash.
            out.push_str(if alone(PATH) { path.strip_prefix('/').unwrap_or(&path) } else { &path });
        }
        for (bit, text) in [(QUERY, &parts.query), (FRAGMENT, &parts.fragment)] {
            if has(bit) {
                let text = show(text);
                out.push_str(if alone(bit) { text.get(1..).unwrap_or("") } else { &text });
            }
        }
        Ok(out)
    }
}
