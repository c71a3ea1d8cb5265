//! Where a Redis server is, as people write it: `host:port,password=…,ssl=True` (StackExchange.Redis)
//! or `redis://user:password@host:port/0`, `rediss://…`.

use percent_encoding::percent_decode_str;
use smol_str::SmolStr;
use std::fmt;

#[derive(Clone, PartialEq, Eq)]
pub struct RedisAddress {
    pub host: SmolStr,
    pub port: u16,
    pub secure: bool,
    pub username: Option<String>,
    pub password: Option<String>,
    pub database: i64,
}

/// Never shows the password.
impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "rediss" } else { "redis" };
        write!(f, "{scheme}://{}:{}/{}", self.host, self.port, self.database)
    }
}

const PORT: u16 = 6379;
const SECURE_PORT: u16 = 6380;

impl RedisAddress {
    /// # Errors
    /// What is wrong, without the text, which has a password in it.
    pub fn parse(text: &str) -> Result<RedisAddress, String> {
        let text = text.trim();
        match text.split_once("://") {
            Some(("redis", rest)) => of_url(rest, false),
            Some(("rediss", rest)) => of_url(rest, true),
            Some((scheme, _)) => Err(format!("`{scheme}` is no scheme of Redis")),
            None => of_options(text),
        }
    }
}

fn of_options(text: &str) -> Result<RedisAddress, String> {
    let mut address =
        RedisAddress { host: SmolStr::default(), port: 0, secure: false, username: None, password: None, database: 0 };
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let Some((name, value)) = part.split_once('=') else {
            // Of several endpoints, all of one cluster, the first is called.
            if address.host.is_empty() {
                (address.host, address.port) = host_and_port(part)?;
            }
            continue;
        };
        match name.trim().to_ascii_lowercase().as_str() {
            "password" => address.password = Some(value.to_owned()),
            "user" => address.username = Some(value.to_owned()),
            "ssl" => address.secure = value.trim().eq_ignore_ascii_case("true"),
            "defaultdatabase" => address.database = database(value)?,
            // Of how that client behaves: `abortConnect`, `connectTimeout`, `syncTimeout`…
            _ => {}
        }
    }
    finish(address)
}

fn of_url(rest: &str, secure: bool) -> Result<RedisAddress, String> {
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (credentials, place) = match authority.rsplit_once('@') {
        Some((credentials, place)) => (Some(credentials), place),
        None => (None, authority),
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (username, password) = match credentials.map(|pair| pair.split_once(':').unwrap_or(("", pair))) {
        Some((user, password)) => ((!user.is_empty()).then(|| decoded(user)), Some(decoded(password))),
        None => (None, None),
    };
    let (host, port) = host_and_port(place)?;
    let database = if path.is_empty() { 0 } else { database(path)? };
    finish(RedisAddress { host, port, secure, username, password, database })
}

fn finish(mut address: RedisAddress) -> Result<RedisAddress, String> {
    if address.host.is_empty() {
        return Err("it names no host".to_owned());
    }
    if address.port == 0 {
        address.port = if address.secure { SECURE_PORT } else { PORT };
    }
    Ok(address)
}

/// Port 0: none is named.
fn host_and_port(text: &str) -> Result<(SmolStr, u16), String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            Ok((SmolStr::new(host), port.parse().map_err(|_| format!("`{port}` is no port"))?))
        }
        _ => Ok((SmolStr::new(text), 0)),
    }
}

fn database(text: &str) -> Result<i64, String> {
    text.trim().parse().ok().filter(|number| (0..=65_535).contains(number)).ok_or_else(|| "no such database".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_are_read() {
        let check = |text: &str, expected: &str, password: Option<&str>| {
            let address = RedisAddress::parse(text);
            let shown = address.as_ref().map_or_else(String::clone, |address| format!("{address:?}"));
            assert_eq!(shown, expected, "{text}");
            assert_eq!(address.ok().and_then(|address| address.password).as_deref(), password, "{text}");
        };
        check(
            "cache.example:6380,password=a=b=,ssl=True,abortConnect=False",
            "rediss://cache.example:6380/0",
            Some("a=b="),
        );
        check("127.0.0.1", "redis://127.0.0.1:6379/0", None);
        check("cache.example,ssl=true,defaultDatabase=3", "rediss://cache.example:6380/3", None);
        check("redis://:p%40ss@[::1]:7000/2", "redis://[::1]:7000/2", Some("p@ss"));
        check("rediss://user:x@cache.example", "rediss://cache.example:6380/0", Some("x"));
        check("", "it names no host", None);
        check("cache.example:many", "`many` is no port", None);
        check("https://cache.example", "`https` is no scheme of Redis", None);
    }
}
