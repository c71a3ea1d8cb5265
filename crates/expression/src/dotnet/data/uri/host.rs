//! Hosts: names, IPv4, IPv6, and Punycode for names beyond ASCII.

use crate::dotnet::data::ip::{IpAddress, parse_v4};
use std::net::Ipv6Addr;

/// `UriHostNameType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostNameType {
    Unknown,
    Basic,
    Dns,
    IPv4,
    IPv6,
}

/// Characters of a host name, as DNS limits them.
const HOST_CHARS_MAX: usize = 255;
const LABEL_CHARS_MAX: usize = 63;

/// A host in its canonical form, or `None` when it is none. IPv6 keeps its brackets.
pub(super) fn canonical(host: &str) -> Option<(String, HostNameType)> {
    if let Some(inner) = host.strip_prefix('[') {
        let address = inner.strip_suffix(']')?;
        let (address, zone) = address.split_once('%').map_or((address, ""), |(address, zone)| (address, zone));
        let address: Ipv6Addr = address.parse().ok()?;
        let zone = if zone.is_empty() { String::new() } else { format!("%{zone}") };
        return Some((format!("[{}{zone}]", IpAddress::V6(address, 0)), HostNameType::IPv6));
    }
    // Short and hexadecimal forms, too: `127.1` is `127.0.0.1`.
    if let Some(address) = parse_v4(host) {
        return Some((address.to_string(), HostNameType::IPv4));
    }
    is_dns(host).then(|| (host.to_lowercase(), HostNameType::Dns))
}

fn is_dns(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    !name.is_empty()
        && name.chars().count() <= HOST_CHARS_MAX
        && name.split('.').all(|label| {
            !label.is_empty()
                && label.chars().count() <= LABEL_CHARS_MAX
                && !label.starts_with('-')
                && label.chars().all(|c| {
                    if c.is_ascii() { c.is_ascii_alphanumeric() || c == '-' || c == '_' } else { c.is_alphanumeric() }
                })
        })
}

/// `Uri.CheckHostName(name)`.
pub fn check_host_name(name: &str) -> HostNameType {
    if name.parse::<Ipv6Addr>().is_ok() {
        return HostNameType::IPv6;
    }
    canonical(name).map_or(HostNameType::Unknown, |(_, kind)| kind)
}

/// The name in ASCII: labels beyond it as `xn--…`.
pub(super) fn to_ascii(host: &str) -> String {
    let labels = host
        .split('.')
        .map(|label| if label.is_ascii() { label.to_owned() } else { format!("xn--{}", punycode(label)) });
    labels.collect::<Vec<_>>().join(".")
}

/// RFC 3492, encoding.
fn punycode(label: &str) -> String {
    let input: Vec<u32> = label.chars().map(u32::from).collect();
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = out.len();
    let mut handled = basic;
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias) = (128_u32, 0_u32, 72_u32);
    while handled < input.len() {
        let next = input.iter().copied().filter(|c| *c >= n).min().unwrap_or(n);
        delta = delta.saturating_add((next - n).saturating_mul(handled as u32 + 1));
        n = next;
        for c in &input {
            if *c < n {
                delta = delta.saturating_add(1);
            }
            if *c != n {
                continue;
            }
            let mut rest = delta;
            let mut k = 36;
            loop {
                let t = if k <= bias { 1 } else { (k - bias).min(26) };
                if rest < t {
                    break;
                }
                out.push(digit(t + (rest - t) % (36 - t)));
                rest = (rest - t) / (36 - t);
                k += 36;
            }
            out.push(digit(rest));
            bias = adapt(delta, handled as u32 + 1, handled == basic);
            delta = 0;
            handled += 1;
        }
        delta = delta.saturating_add(1);
        n += 1;
    }
    out
}

fn digit(value: u32) -> char {
    char::from(if value < 26 { b'a' + value as u8 } else { b'0' + (value as u8).wrapping_sub(26) })
}

fn adapt(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}
