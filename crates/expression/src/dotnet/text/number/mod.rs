//! Numbers to text and back, as .NET's numeric types do it under the invariant culture.

mod convert;
mod custom;
pub(crate) mod digits;
mod format;
mod parse;
mod radix;

pub use convert::{IntType, Primitive};
pub(crate) use format::format_decimal_digits;
pub use format::{format_f32, format_f64, format_integer, print_f32, print_f64};
pub use parse::{
    NumberStyles, parse_boolean, parse_char, parse_f32, parse_f64, parse_integer, parse_integer_default,
    try_parse_boolean, try_parse_f32, try_parse_f64, try_parse_integer,
};
pub(crate) use parse::{parse_digits, validate_float_style};
pub use radix::{integer_from_base, integer_to_base};
