//! `System.BitConverter`. Everything is little-endian, as .NET is where it runs.

use super::TypeTable;
use super::array::{bytes, part};
use crate::dotnet::text::encoding::{bytes_to_string, read_bytes};
use crate::run::{Args, Native, Outcome, Thrown};
use crate::value::Value;

fn get<const N: usize>(content: [u8; N]) -> Outcome {
    Ok(Value::bytes(content.to_vec()))
}

fn read<const N: usize>(a: &Args<'_, '_>) -> Result<[u8; N], Thrown> {
    Ok(read_bytes(&bytes(a, 0, "value")?, a.i32(1))?)
}

fn print(a: &mut Args<'_, '_>) -> Outcome {
    let content = bytes(a, 0, "value")?;
    let shown = match a.len() {
        1 => content.as_slice(),
        2 => {
            let start = usize::try_from(a.i32(1)).ok().filter(|at| *at < content.len() || *at == 0);
            let start =
                start.ok_or_else(|| Thrown::out_of_range("StartIndex cannot be less than zero.", "startIndex"))?;
            content.get(start..).unwrap_or_default()
        }
        _ => part(a, &content, 1, ("startIndex", "length"))?,
    };
    let text = bytes_to_string(shown);
    a.make(text)
}

static BITS: &[(&str, Native)] = &[
    ("static bool IsLittleEndian", |_| Ok(Value::Bool(true))),
    ("static byte[] GetBytes(bool value)", |a| get([u8::from(a.bool(0))])),
    ("static byte[] GetBytes(char value)", |a| get(a.char(0).to_le_bytes())),
    ("static byte[] GetBytes(short value)", |a| get((a.i64(0) as i16).to_le_bytes())),
    ("static byte[] GetBytes(int value)", |a| get(a.i32(0).to_le_bytes())),
    ("static byte[] GetBytes(long value)", |a| get(a.i64(0).to_le_bytes())),
    ("static byte[] GetBytes(ushort value)", |a| get((a.u64(0) as u16).to_le_bytes())),
    ("static byte[] GetBytes(uint value)", |a| get((a.u64(0) as u32).to_le_bytes())),
    ("static byte[] GetBytes(ulong value)", |a| get(a.u64(0).to_le_bytes())),
    ("static byte[] GetBytes(float value)", |a| get(a.f32(0).to_le_bytes())),
    ("static byte[] GetBytes(double value)", |a| get(a.f64(0).to_le_bytes())),
    ("static bool ToBoolean(byte[] value, int startIndex)", |a| Ok(Value::Bool(read::<1>(a)? != [0]))),
    ("static char ToChar(byte[] value, int startIndex)", |a| Ok(Value::Char(u16::from_le_bytes(read(a)?)))),
    ("static short ToInt16(byte[] value, int startIndex)", |a| Ok(Value::Int16(i16::from_le_bytes(read(a)?)))),
    ("static int ToInt32(byte[] value, int startIndex)", |a| Ok(Value::Int32(i32::from_le_bytes(read(a)?)))),
    ("static long ToInt64(byte[] value, int startIndex)", |a| Ok(Value::Int64(i64::from_le_bytes(read(a)?)))),
    ("static ushort ToUInt16(byte[] value, int startIndex)", |a| Ok(Value::UInt16(u16::from_le_bytes(read(a)?)))),
    ("static uint ToUInt32(byte[] value, int startIndex)", |a| Ok(Value::UInt32(u32::from_le_bytes(read(a)?)))),
    ("static ulong ToUInt64(byte[] value, int startIndex)", |a| Ok(Value::UInt64(u64::from_le_bytes(read(a)?)))),
    ("static float ToSingle(byte[] value, int startIndex)", |a| Ok(Value::Single(f32::from_le_bytes(read(a)?)))),
    ("static double ToDouble(byte[] value, int startIndex)", |a| Ok(Value::Double(f64::from_le_bytes(read(a)?)))),
    ("static string ToString(byte[] value)", print),
    ("static string ToString(byte[] value, int startIndex)", print),
    ("static string ToString(byte[] value, int startIndex, int length)", print),
    ("static long DoubleToInt64Bits(double value)", |a| Ok(Value::Int64(a.f64(0).to_bits() as i64))),
    ("static ulong DoubleToUInt64Bits(double value)", |a| Ok(Value::UInt64(a.f64(0).to_bits()))),
    ("static double Int64BitsToDouble(long value)", |a| Ok(Value::Double(f64::from_bits(a.i64(0) as u64)))),
    ("static double UInt64BitsToDouble(ulong value)", |a| Ok(Value::Double(f64::from_bits(a.u64(0))))),
    ("static int SingleToInt32Bits(float value)", |a| Ok(Value::Int32(a.f32(0).to_bits() as i32))),
    ("static uint SingleToUInt32Bits(float value)", |a| Ok(Value::UInt32(a.f32(0).to_bits()))),
    ("static float Int32BitsToSingle(int value)", |a| Ok(Value::Single(f32::from_bits(a.i32(0) as u32)))),
    ("static float UInt32BitsToSingle(uint value)", |a| Ok(Value::Single(f32::from_bits(a.u64(0) as u32)))),
];

pub static TYPES: &[TypeTable] = &[TypeTable { decl: "static class System.BitConverter", members: BITS }];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn bits() {
        check(&[
            ("BitConverter.ToString(BitConverter.GetBytes(258))", "02-01-00-00"),
            ("BitConverter.ToString(BitConverter.GetBytes((short)258))", "02-01"),
            ("BitConverter.ToString(BitConverter.GetBytes('A'))", "41-00"),
            ("BitConverter.ToString(BitConverter.GetBytes(true))", "01"),
            ("BitConverter.ToString(BitConverter.GetBytes(1.5f))", "00-00-C0-3F"),
            ("BitConverter.ToInt32(new byte[] { 9, 1, 0, 0, 0 }, 1)", "1"),
            ("BitConverter.ToInt32(new byte[] { 1, 0 }, 0)", "!ArgumentException"),
            ("BitConverter.ToInt32(new byte[] { 1, 0 }, 2)", "!ArgumentOutOfRangeException"),
            ("BitConverter.ToUInt64(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255 }, 0)", "18446744073709551615"),
            ("BitConverter.ToDouble(BitConverter.GetBytes(2.25), 0)", "2.25"),
            ("BitConverter.ToString(new byte[] { 1, 2, 3 }, 1)", "02-03"),
            ("BitConverter.ToString(new byte[] { 1, 2, 3 }, 1, 1)", "02"),
            ("BitConverter.ToString(new byte[0])", ""),
            ("BitConverter.DoubleToInt64Bits(1.0)", "4607182418800017408"),
            ("BitConverter.Int64BitsToDouble(4607182418800017408)", "1"),
            ("BitConverter.IsLittleEndian", "True"),
        ]);
    }
}
