//! `System.Guid`.

use super::{TypeTable, format};
use crate::context::Instant100ns;
use crate::dotnet::text::guid::Guid;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::value::{DateTimeOffset, Value};

/// Ticks from year 1 to 1970.
const UNIX_EPOCH_TICKS: i64 = 621_355_968_000_000_000;
const TICKS_PER_MILLISECOND: i64 = 10_000;

fn this(a: &Args<'_, '_>) -> Guid {
    format::guid(a.guid(0))
}

fn random(a: &Args<'_, '_>) -> [u8; 16] {
    let mut random = [0; 16];
    a.run.context.environment.entropy(&mut random);
    random
}

/// `new Guid(a, b, c, …)`: the last eight bytes as bytes or as an array.
fn from_fields(a: &mut Args<'_, '_>) -> Outcome {
    let tail: Vec<u8> = match a.len() {
        4 => super::array::bytes(a, 3, "d")?,
        _ => (3..11).map(|at| a.i32(at) as u8).collect(),
    };
    let tail = <[u8; 8]>::try_from(tail)
        .map_err(|_| Thrown::argument_of("Byte array for Guid must be exactly 8 bytes long.", "d"))?;
    let head = u64::from(a.i64(0) as u32) << 32 | u64::from(a.i32(1) as u16) << 16 | u64::from(a.i32(2) as u16);
    Ok(format::from_guid(Guid::from_u128(u128::from(head) << 64 | u128::from(u64::from_be_bytes(tail)))))
}

/// `CreateVersion7()`: milliseconds since 1970, then random bits.
fn version_7(a: &mut Args<'_, '_>) -> Outcome {
    let ticks = match a.get(0) {
        Value::DateTimeOffset(at) => DateTimeOffset::utc_ticks(*at),
        _ => {
            let Instant100ns(ticks) = a.run.context.environment.now();
            ticks
        }
    };
    let milliseconds = (ticks - UNIX_EPOCH_TICKS).div_euclid(TICKS_PER_MILLISECOND);
    let milliseconds = u64::try_from(milliseconds)
        .map_err(|_| Thrown::out_of_range("timestamp must be a non-negative value.", "timestamp"))?;
    let rest = u128::from_be_bytes(random(a)) & !(u128::MAX << 80);
    let bits = u128::from(milliseconds) << 80 | rest;
    Ok(format::from_guid(Guid::from_u128(bits & !(0xf << 76) & !(0b11 << 62) | 7 << 76 | 0b10 << 62)))
}

fn attempt(a: &mut Args<'_, '_>, parsed: Option<Guid>) -> Outcome {
    a.set_out(a.len() - 1, format::from_guid(parsed.unwrap_or(Guid::EMPTY)));
    Ok(Value::Bool(parsed.is_some()))
}

fn parse(a: &mut Args<'_, '_>) -> Outcome {
    Ok(format::from_guid(Guid::parse(a.text(0, "input")?.as_str())?))
}

fn try_parse(a: &mut Args<'_, '_>) -> Outcome {
    let parsed = a.opt_str(0).and_then(|text| Guid::try_parse(text.as_str()));
    attempt(a, parsed)
}

fn bytes(a: &mut Args<'_, '_>) -> Outcome {
    let guid = this(a);
    Ok(Value::bytes(if a.bool(1) { guid.as_u128().to_be_bytes().to_vec() } else { guid.to_bytes().to_vec() }))
}

fn compared(a: &mut Args<'_, '_>, test: fn(std::cmp::Ordering) -> bool) -> Outcome {
    Ok(Value::Bool(test(a.guid(0).cmp(&a.guid(1)))))
}

static GUID: &[(&str, Native)] = &[
    ("new()", |_| Ok(Value::Guid([0; 16]))),
    ("new(string g)", |a| Ok(format::from_guid(Guid::parse(a.text(0, "g")?.as_str())?))),
    ("new(byte[] b)", |a| Ok(format::from_guid(Guid::from_bytes(&super::array::bytes(a, 0, "b")?)?))),
    ("new(int a, short b, short c, byte[] d)", from_fields),
    ("new(int a, short b, short c, byte d, byte e, byte f, byte g, byte h, byte i, byte j, byte k)", from_fields),
    ("new(uint a, ushort b, ushort c, byte d, byte e, byte f, byte g, byte h, byte i, byte j, byte k)", from_fields),
    ("static Guid Empty", |_| Ok(Value::Guid([0; 16]))),
    ("static Guid AllBitsSet", |_| Ok(Value::Guid([255; 16]))),
    ("static Guid NewGuid()", |a| Ok(format::from_guid(Guid::from_random(random(a))))),
    ("static Guid CreateVersion7()", version_7),
    ("static Guid CreateVersion7(DateTimeOffset timestamp)", version_7),
    ("static Guid Parse(string input)", parse),
    ("static Guid Parse(string s, IFormatProvider provider)", parse),
    ("static Guid ParseExact(string input, string format)", |a| {
        Ok(format::from_guid(Guid::parse_exact(a.text(0, "input")?.as_str(), a.text(1, "format")?.as_str())?))
    }),
    ("static bool TryParse(string input, out Guid result)", try_parse),
    ("static bool TryParse(string s, IFormatProvider provider, out Guid result)", try_parse),
    ("static bool TryParseExact(string input, string format, out Guid result)", |a| {
        let known = a.opt_str(1).is_some_and(|format| format.len() == 1 && "nNdDbBpPxX".contains(format.as_str()));
        let parsed =
            a.opt_str(0).filter(|_| known).and_then(|text| Guid::parse_exact(text.as_str(), a.str_or_empty(1)).ok());
        attempt(a, parsed)
    }),
    ("int Version", |a| Ok(Value::Int32((this(a).as_u128() >> 76 & 0xf) as i32))),
    ("int Variant", |a| Ok(Value::Int32((this(a).as_u128() >> 60 & 0xf) as i32))),
    ("byte[] ToByteArray()", bytes),
    ("byte[] ToByteArray(bool bigEndian)", bytes),
    ("int GetHashCode()", |a| Ok(Value::Int32(this(a).hash_code()))),
    ("string ToString()", super::number::to_text),
    ("string ToString(string format)", super::number::to_text),
    ("string ToString(string format, IFormatProvider provider)", super::number::to_text),
    ("bool Equals(Guid g)", |a| compared(a, std::cmp::Ordering::is_eq)),
    ("int CompareTo(Guid value)", super::object::compare_to),
    ("int CompareTo(object value)", |a| match a.get(1) {
        Value::Guid(_) | Value::Null => super::object::compare_to(a),
        _ => Err(Thrown::argument_of("Object must be of type GUID.", "value")),
    }),
    ("static bool operator ==(Guid a, Guid b)", |a| compared(a, std::cmp::Ordering::is_eq)),
    ("static bool operator !=(Guid a, Guid b)", |a| compared(a, std::cmp::Ordering::is_ne)),
    ("static bool operator <(Guid left, Guid right)", |a| compared(a, std::cmp::Ordering::is_lt)),
    ("static bool operator <=(Guid left, Guid right)", |a| compared(a, std::cmp::Ordering::is_le)),
    ("static bool operator >(Guid left, Guid right)", |a| compared(a, std::cmp::Ordering::is_gt)),
    ("static bool operator >=(Guid left, Guid right)", |a| compared(a, std::cmp::Ordering::is_ge)),
];

pub static TYPES: &[TypeTable] = &[TypeTable {
    decl: "struct System.Guid : IComparable, IComparable<Guid>, IFormattable, IEquatable<Guid>",
    members: GUID,
}];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn guids() {
        check(&[
            (r#"new Guid(1, 2, 3, new byte[] { 4, 5, 6, 7, 8, 9, 10, 11 })"#, "00000001-0002-0003-0405-060708090a0b"),
            (r#"new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11).ToString("N")"#, "00000001000200030405060708090a0b"),
            (r#"new Guid(-1, -1, -1, new byte[8]).ToString("B")"#, "{ffffffff-ffff-ffff-0000-000000000000}"),
            (r#"new Guid("00000001-0002-0003-0405-060708090a0b").ToByteArray()[0]"#, "1"),
            (r#"new Guid("00000001-0002-0003-0405-060708090a0b").ToByteArray(true)[3]"#, "1"),
            (r#"new Guid(new byte[3])"#, "!ArgumentException"),
            (r#"new Guid("x")"#, "!FormatException"),
            (
                r#"Guid.Parse("{00000001-0002-0003-0405-060708090a0b}").ToString("P")"#,
                "(00000001-0002-0003-0405-060708090a0b)",
            ),
            (r#"Guid.TryParse(null, out var g)"#, "False"),
            (
                r#"Guid.TryParseExact("00000001000200030405060708090a0b", "N", out var g) + "," + g"#,
                "True,00000001-0002-0003-0405-060708090a0b",
            ),
            (
                r#"Guid.Empty == new Guid() && Guid.Empty < Guid.AllBitsSet && Guid.Empty.CompareTo(Guid.AllBitsSet) == -1"#,
                "True",
            ),
            (r#"Guid.NewGuid().Version + "," + Guid.CreateVersion7().Version"#, "4,7"),
            (
                r#"Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(0x0123456789AB)).ToString().Substring(0, 13)"#,
                "01234567-89ab",
            ),
            (r#"Guid.Empty.ToString("Q")"#, "!FormatException"),
            (r#"Guid.Empty.CompareTo((object)"x")"#, "!ArgumentException"),
        ]);
    }
}
