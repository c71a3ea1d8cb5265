//! `System.Net.IPAddress`: reading and printing addresses as .NET does.

use std::net::{Ipv4Addr, Ipv6Addr};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IpAddress {
    V4(Ipv4Addr),
    /// The scope is 0 for none.
    V6(Ipv6Addr, u32),
}

impl IpAddress {
    /// `IPAddress.TryParse(text)`.
    pub fn parse(text: &str) -> Option<IpAddress> {
        if text.contains(':') { parse_v6(text) } else { parse_v4(text).map(IpAddress::V4) }
    }

    /// `GetAddressBytes()`.
    pub fn bytes(self) -> Vec<u8> {
        match self {
            IpAddress::V4(address) => address.octets().to_vec(),
            IpAddress::V6(address, _) => address.octets().to_vec(),
        }
    }

    pub fn is_loopback(self) -> bool {
        match self {
            IpAddress::V4(address) => address.is_loopback(),
            IpAddress::V6(address, _) => address.is_loopback() || address.to_ipv4_mapped() == Some(Ipv4Addr::LOCALHOST),
        }
    }

    /// `AddressFamily`: `InterNetwork` or `InterNetworkV6`.
    pub fn family(self) -> i64 {
        if matches!(self, IpAddress::V4(_)) { 2 } else { 23 }
    }
}

/// One to four numbers, decimal, octal or hexadecimal; the last fills what is left.
pub fn parse_v4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u64> = text.split('.').map(number).collect::<Option<_>>()?;
    let (last, heads) = parts.split_last()?;
    if heads.len() > 3 || heads.iter().any(|part| *part > 255) {
        return None;
    }
    let room = 8 * (4 - heads.len());
    if last >> room != 0 {
        return None;
    }
    let head = heads.iter().fold(0, |value, part| value << 8 | part);
    u32::try_from(head << room | last).ok().map(Ipv4Addr::from)
}

fn number(part: &str) -> Option<u64> {
    let (digits, radix) = match part.strip_prefix("0x").or(part.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if part.len() > 1 && part.starts_with('0') => (&part[1..], 8),
        None => (part, 10),
    };
    let good = digits.chars().all(|digit| digit.is_digit(radix));
    u64::from_str_radix(digits, radix).ok().filter(|value| good && u32::try_from(*value).is_ok())
}

fn parse_v6(text: &str) -> Option<IpAddress> {
    let address = match text.strip_prefix('[') {
        None => text,
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            let digits = port.strip_prefix(':').unwrap_or(port);
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) || port.len() == 1 {
                return None;
            }
            address
        }
    };
    let (address, scope) = address.split_once('%').unwrap_or((address, ""));
    let address: Ipv6Addr = address.parse().ok()?;
    // A zone by name has no number here: there are no interfaces to ask.
    Some(IpAddress::V6(address, scope.parse().unwrap_or(0)))
}

impl std::fmt::Display for IpAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            IpAddress::V4(address) => write!(f, "{address}"),
            IpAddress::V6(address, scope) => {
                let numbers = address.segments();
                if has_v4_tail(numbers) {
                    let [.., a, b] = numbers;
                    let tail = Ipv4Addr::from(u32::from(a) << 16 | u32::from(b));
                    let head = print_groups(&numbers[..6]);
                    write!(f, "{head}{}{tail}", if head.ends_with(':') { "" } else { ":" })?;
                } else {
                    f.write_str(&print_groups(&numbers))?;
                }
                if *scope != 0 { write!(f, "%{scope}") } else { Ok(()) }
            }
        }
    }
}

/// Mapped, translated, compatible and ISATAP addresses end in an IPv4 address.
fn has_v4_tail(n: [u16; 8]) -> bool {
    let [a, b, c, d, e, g, h, _] = n;
    let zeros = [a, b, c, d] == [0; 4];
    zeros && (e == 0 && (g == 0 && h != 0 || g == 0xFFFF) || e == 0xFFFF && g == 0) || e == 0 && g == 0x5EFE
}

/// The longest run of two or more zeros, the first of equals, becomes `::`.
fn print_groups(numbers: &[u16]) -> String {
    let (mut best, mut run) = ((0, 0), (0, 0));
    for (at, number) in numbers.iter().enumerate() {
        run = match (number, run.1) {
            (0, 0) => (at, 1),
            (0, length) => (run.0, length + 1),
            _ => (0, 0),
        };
        if run.1 > best.1 {
            best = run;
        }
    }
    let show = |part: &[u16]| part.iter().map(|number| format!("{number:x}")).collect::<Vec<_>>().join(":");
    if best.1 < 2 {
        return show(numbers);
    }
    format!("{}::{}", show(&numbers[..best.0]), show(&numbers[best.0 + best.1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("10.0.0.1", "10.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("0x7f.0.0.010", "127.0.0.8"),
            ("2130706433", "127.0.0.1"),
            ("::1", "::1"),
            ("[::1]:80", "::1"),
            ("FE80::1%3", "fe80::1%3"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("::1.2.3.4", "::1.2.3.4"),
            ("::", "::"),
            ("1::", "1::"),
        ] {
            assert_eq!(IpAddress::parse(text).map(|address| address.to_string()).as_deref(), Some(expected), "{text}");
        }
        for bad in ["", "1.2.3.4.5", "256.1.1.1", "1.2.3.", "a", "08", ":1", "1::2::3", "::1/64", "1.2.3.4:80"] {
            assert_eq!(IpAddress::parse(bad), None, "{bad}");
        }
    }
}
