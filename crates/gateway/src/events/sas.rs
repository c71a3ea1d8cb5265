//! Shared access signatures, with which Event Hubs and Service Bus let callers in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a signature is good for.
const LIFE: Duration = Duration::from_secs(3600);

#[derive(Clone, PartialEq, Eq)]
pub struct AccessKey {
    pub name: String,
    pub key: String,
}

/// Never shows the key.
impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}

impl AccessKey {
    /// The value of `Authorization` for `resource`, a URL without query.
    pub fn authorization(&self, resource: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.signature(resource, (now + LIFE).as_secs())
    }

    fn signature(&self, resource: &str, expiry: u64) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let resource = encode(&resource.to_lowercase());
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.as_bytes()) else { return String::new() };
        mac.update(format!("{resource}\n{expiry}").as_bytes());
        let signature = encode(&STANDARD.encode(mac.finalize().into_bytes()));
        format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn={}", encode(&self.name))
    }
}

/// `Endpoint=sb://…/;SharedAccessKeyName=…;SharedAccessKey=…;EntityPath=…`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionString {
    /// `https://host[:port]`; `http` for the emulators.
    pub base: String,
    pub key: AccessKey,
    pub entity: Option<String>,
}

impl ConnectionString {
    /// Whether `url` is of this namespace.
    pub fn is_of(&self, url: &str) -> bool {
        url.strip_prefix(&self.base).is_some_and(|rest| rest.starts_with('/'))
    }

    /// # Errors
    /// What it lacks, without the text, which has a key in it.
    pub fn parse(text: &str) -> Result<ConnectionString, String> {
        let part = |wanted: &str| {
            let mut parts = text.split(';').filter_map(|part| part.split_once('='));
            parts.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
        };
        let need =
            |name: &str| part(name).filter(|value| !value.is_empty()).ok_or_else(|| format!("it lacks `{name}`"));
        let base = base(need("Endpoint")?);
        let is_emulator = part("UseDevelopmentEmulator").is_some_and(|flag| flag.eq_ignore_ascii_case("true"));
        Ok(ConnectionString {
            base: if is_emulator { base.replacen("https", "http", 1) } else { base },
            key: AccessKey { name: need("SharedAccessKeyName")?.to_owned(), key: need("SharedAccessKey")?.to_owned() },
            entity: part("EntityPath").map(str::to_owned),
        })
    }
}

/// `https://host[:port]` of an address as Azure writes it: `sb://host/`, `https://host:443` or the
/// host alone. One that says `http` is taken at its word.
pub fn base(address: &str) -> String {
    let (scheme, host) = address.split_once("://").unwrap_or(("https", address));
    let scheme = if scheme.eq_ignore_ascii_case("http") { "http" } else { "https" };
    format!("{scheme}://{}", host.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_client_libraries() {
        // Computed with Python's hmac over "https%3A%2F%2Fns%2Eservicebus%2Ewindows%2Enet%2Fhub\n1700000000".
        let key = AccessKey { name: "send".into(), key: "secret".into() };
        let text = key.signature("https://ns.servicebus.windows.net/hub", 1_700_000_000);
        assert!(
            text.starts_with("SharedAccessSignature sr=https%3A%2F%2Fns%2Eservicebus%2Ewindows%2Enet%2Fhub&sig="),
            "{text}"
        );
        assert!(text.ends_with("&se=1700000000&skn=send"), "{text}");
        assert!(text.contains("Qs9ehM8iqG54UNQuVeCdUHRNJCfAy7jFKxsOAGBjuc8%3D"), "{text}");
    }

    #[test]
    fn connection_strings_are_read() {
        let text =
            "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=a=b=;EntityPath=hub";
        let read = ConnectionString::parse(text).expect("it is one");
        assert_eq!((read.base.as_str(), read.entity.as_deref()), ("https://ns.servicebus.windows.net", Some("hub")));
        assert_eq!(read.key.key, "a=b=");
        assert!(read.is_of("https://ns.servicebus.windows.net/hub"));
        assert!(!read.is_of("https://ns.servicebus.windows.net.example/hub"));
        assert_eq!(
            ConnectionString::parse("Endpoint=sb://a/").err().as_deref(),
            Some("it lacks `SharedAccessKeyName`")
        );
    }
}
