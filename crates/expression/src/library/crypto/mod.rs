//! `System.Security.Cryptography`: hashes, ciphers, RSA, certificates.

pub mod certificate;
pub mod hash;
pub mod rsa;
pub mod symmetric;

pub use certificate::certificate;

use super::array::Array;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{Type, known, registry};
use crate::value::Value;

/// Work of one step, in bytes that are hashed or enciphered.
const BYTES_A_STEP: usize = 64;

fn named(name: &str) -> Type {
    Type::of(registry().full(name, 0).unwrap_or(known::OBJECT))
}

fn enum_value(name: &str, number: i64) -> Value {
    Value::Enum(registry().full(name, 0).unwrap_or(known::INT32), number)
}

/// A `byte[]` parameter that must not be null.
fn bytes(a: &Args<'_, '_>, at: usize, parameter: &str) -> Result<Vec<u8>, Thrown> {
    a.get(at).to_bytes().ok_or_else(|| Thrown::argument_null(parameter))
}

/// The part of a `byte[]` parameter that the offset and count after it name.
fn part(a: &Args<'_, '_>, at: usize, parameter: &str) -> Result<Vec<u8>, Thrown> {
    let content = bytes(a, at, parameter)?;
    let start = usize::try_from(a.i32(at + 1))
        .map_err(|_| Thrown::out_of_range("Non-negative number required.", "offset"))?;
    let count = usize::try_from(a.i32(at + 2)).ok().filter(|count| *count <= content.len());
    let count = count.ok_or_else(|| Thrown::argument("Value was invalid."))?;
    let end = start.checked_add(count).filter(|end| *end <= content.len());
    let found = end.and_then(|end| content.get(start..end)).ok_or_else(|| {
        Thrown::argument(
            "Offset and length were out of bounds for the array or count is greater than the number of elements from \
             index to the end of the source collection.",
        )
    })?;
    Ok(found.to_vec())
}

/// A new `byte[]`, counted.
fn give(a: &mut Args<'_, '_>, content: Vec<u8>) -> Outcome {
    a.run.charge(content.len())?;
    Ok(Value::bytes(content))
}

/// Counts the work on a message.
fn work(run: &mut Run<'_>, content: usize) -> Result<(), Thrown> {
    run.steps(content / BYTES_A_STEP)
}

/// Writes into a `byte[]` of the program; what does not fit is an exception.
fn write(target: &Value, at: usize, content: &[u8]) -> Result<(), Thrown> {
    let Some(array) = crate::value::downcast::<Array>(target) else { return Err(Thrown::null_reference()) };
    if at.checked_add(content.len()).is_none_or(|end| end > array.len()) {
        return Err(Thrown::argument_of("Destination is too short.", "destination"));
    }
    for (offset, byte) in content.iter().enumerate() {
        array.put(at + offset, Value::Byte(*byte));
    }
    Ok(())
}

fn nothing(_a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Null)
}

/// `Create()` of a family: .NET no longer chooses an algorithm.
fn no_default(_a: &mut Args<'_, '_>) -> Outcome {
    Err(Thrown::new(
        "System.PlatformNotSupportedException",
        "This platform does not allow the automatic selection of an algorithm.",
    ))
}

fn disposed(ty: &Type) -> Thrown {
    let message = format!("Cannot access a disposed object.\nObject name: '{}'.", ty.clr_name());
    Thrown::new("System.ObjectDisposedException", message)
}

/// The host's random bytes.
fn random(run: &Run<'_>) -> impl FnMut(&mut [u8]) + use<> {
    let environment = std::rc::Rc::clone(&run.context.environment);
    move |buffer| environment.entropy(buffer)
}
