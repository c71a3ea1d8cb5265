//! `System.Random`: the numbers of .NET for a seed, entropy of the environment without one.

use super::TypeTable;
use super::array::Array;
use crate::dotnet::text::random::{self as text, Random};
use crate::run::{Args, Native, Outcome, Thrown};
use crate::types::Type;
use crate::value::{Object, Value};
use std::any::Any;
use std::cell::RefCell;

/// None: unseeded.
struct RandomObject(Option<RefCell<Random>>);

impl Object for RandomObject {
    fn type_of(&self) -> Type {
        Type::named("System.Random")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn bits(a: &Args<'_, '_>) -> u64 {
    let mut bytes = [0; 8];
    a.run.context.environment.entropy(&mut bytes);
    u64::from_le_bytes(bytes)
}

fn next_range(a: &Args<'_, '_>, min: i32, max: i32) -> Result<i32, Thrown> {
    Ok(match &a.object::<RandomObject>(0)?.0 {
        Some(seeded) => seeded.borrow_mut().next_range(min, max)?,
        None => text::from_entropy(bits(a), min, max)?,
    })
}

fn next_below(a: &Args<'_, '_>, max: i32) -> Result<i32, Thrown> {
    Ok(match &a.object::<RandomObject>(0)?.0 {
        Some(seeded) => seeded.borrow_mut().next_max(max)?,
        None => text::max_from_entropy(bits(a), max)?,
    })
}

fn next_long(a: &Args<'_, '_>, min: i64, max: i64) -> Outcome {
    Ok(Value::Int64(match &a.object::<RandomObject>(0)?.0 {
        Some(seeded) => seeded.borrow_mut().next_i64_range(min, max)?,
        None => text::long_from_entropy(bits(a), min, max)?,
    }))
}

fn next_double(a: &Args<'_, '_>) -> Result<f64, Thrown> {
    Ok(match &a.object::<RandomObject>(0)?.0 {
        Some(seeded) => seeded.borrow_mut().next_double(),
        None => text::double_from_entropy(bits(a)),
    })
}

fn fill(a: &Args<'_, '_>, buffer: &mut [u8]) -> Result<(), Thrown> {
    match &a.object::<RandomObject>(0)?.0 {
        Some(seeded) => seeded.borrow_mut().next_bytes(buffer),
        None => a.run.context.environment.entropy(buffer),
    }
    Ok(())
}

fn next_bytes(a: &mut Args<'_, '_>) -> Outcome {
    let target = a.object_arg::<Array>(1, "buffer")?;
    let mut buffer = vec![0; target.len()];
    fill(a, &mut buffer)?;
    for (at, byte) in buffer.into_iter().enumerate() {
        target.put(at, Value::Byte(byte));
    }
    Ok(Value::Null)
}

fn shuffle(a: &mut Args<'_, '_>) -> Outcome {
    let values = a.value(1);
    let target = a.object_arg::<Array>(1, "values")?;
    let count = target.len();
    for at in 0..count.saturating_sub(1) {
        let other = next_range(a, at as i32, count as i32)? as usize;
        let target = crate::value::downcast::<Array>(&values).ok_or_else(Thrown::null_reference)?;
        let (x, y) = (target.get(at).unwrap_or_default(), target.get(other).unwrap_or_default());
        target.put(at, y);
        target.put(other, x);
    }
    Ok(Value::Null)
}

/// `GetItems`: a choice among a power of two takes the bits of a byte, as .NET does.
fn get_items(a: &mut Args<'_, '_>) -> Outcome {
    let choices = a.object_arg::<Array>(1, "choices")?;
    let (element, choices) = (choices.element().clone(), choices.to_vec());
    let count = usize::try_from(a.i32(2))
        .map_err(|_| Thrown::out_of_range("length ('-1') must be a non-negative value.", "length"))?;
    if choices.is_empty() {
        return Err(Thrown::argument_of("Span may not be empty.", "choices"));
    }
    a.run.charge(count.saturating_mul(size_of::<Value>()))?;
    let mut picks = Vec::with_capacity(count);
    if choices.len().is_power_of_two() && choices.len() <= 256 {
        let mut buffer = vec![0; count];
        fill(a, &mut buffer)?;
        picks.extend(buffer.iter().map(|byte| usize::from(*byte) & (choices.len() - 1)));
    } else {
        for _ in 0..count {
            picks.push(next_below(a, choices.len() as i32)? as usize);
        }
    }
    let items = picks.into_iter().map(|pick| choices.get(pick).cloned().unwrap_or_default()).collect();
    Ok(Value::object(Array::new(element, items)))
}

static RANDOM: &[(&str, Native)] = &[
    ("new()", |_| Ok(Value::object(RandomObject(None)))),
    ("new(int Seed)", |a| Ok(Value::object(RandomObject(Some(RefCell::new(Random::new(a.i32(0)))))))),
    ("static Random Shared", |_| Ok(Value::object(RandomObject(None)))),
    ("int Next()", |a| match &a.object::<RandomObject>(0)?.0 {
        Some(seeded) => Ok(Value::Int32(seeded.borrow_mut().next_int())),
        None => next_below(a, i32::MAX).map(Value::Int32),
    }),
    ("int Next(int maxValue)", |a| next_below(a, a.i32(1)).map(Value::Int32)),
    ("int Next(int minValue, int maxValue)", |a| next_range(a, a.i32(1), a.i32(2)).map(Value::Int32)),
    ("long NextInt64()", |a| match &a.object::<RandomObject>(0)?.0 {
        Some(seeded) => Ok(Value::Int64(seeded.borrow_mut().next_i64())),
        None => next_long(a, 0, i64::MAX),
    }),
    ("long NextInt64(long maxValue)", |a| {
        if a.i64(1) < 0 {
            return Err(crate::dotnet::text::DotnetError::negative("maxValue", a.i64(1)).into());
        }
        next_long(a, 0, a.i64(1))
    }),
    ("long NextInt64(long minValue, long maxValue)", |a| next_long(a, a.i64(1), a.i64(2))),
    ("double NextDouble()", |a| next_double(a).map(Value::Double)),
    ("float NextSingle()", |a| {
        // Rounding to single precision may reach 1, which is then drawn again.
        loop {
            let number = next_double(a)? as f32;
            if number < 1.0 {
                return Ok(Value::Single(number));
            }
            a.run.step()?;
        }
    }),
    ("void NextBytes(byte[] buffer)", next_bytes),
    ("void Shuffle<T>(T[] values)", shuffle),
    ("T[] GetItems<T>(T[] choices, int length)", get_items),
];

pub static TYPES: &[TypeTable] = &[TypeTable { decl: "class System.Random", members: RANDOM }];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn numbers_of_a_seed() {
        // What .NET has given for these seeds since its first version.
        check(&[
            (
                r#"var r = new Random(42); return r.Next() + "," + r.Next() + "," + r.Next();"#,
                "1434747710,302596119,269548474",
            ),
            (r#"new Random(42).Next(100)"#, "66"),
            (r#"new Random(0).Next(1, 7)"#, "5"),
            (r#"new Random(0).NextDouble()"#, "0.7262432699679598"),
            (r#"new Random(0).Next(-1)"#, "!ArgumentOutOfRangeException"),
            (r#"new Random(0).Next(2, 1)"#, "!ArgumentOutOfRangeException"),
            (r#"var b = new byte[3]; new Random(0).NextBytes(b); return BitConverter.ToString(b);"#, "1A-0C-46"),
            (r#"new Random().Next(5, 6)"#, "5"),
            (r#"new Random().Next(3) < 3 && new Random().NextDouble() < 1 && new Random().NextInt64(1) == 0"#, "True"),
            (r#"var a = new[] { 1, 2, 3 }; new Random(1).Shuffle(a); return a.Sum();"#, "6"),
            (r#"new Random(1).GetItems(new[] { 7 }, 3)"#, "[7, 7, 7]"),
        ]);
    }
}
