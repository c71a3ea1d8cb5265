//! Newtonsoft.Json 13: the token tree, its reader and writer, JSONPath, merging and conversions.
//!
//! A [`JToken`] is a shared handle, as a .NET reference is. Nothing here serializes other types:
//! whoever knows them drives [`JsonWriter`] or builds tokens.

mod compare;
mod container;
mod convert;
mod filter;
mod literal;
mod load;
mod merge;
mod path;
mod reader;
mod text;
mod token;
mod value;
mod writer;

pub use compare::deep_equals;
pub use convert::Target;
pub use literal::{date_scalar, number_of_literal};
pub use load::{Duplicates, LoadOptions, parse_array, parse_content, parse_object, parse_token};
pub use merge::{MergeArray, MergeSettings};
pub use path::JsonPath;
pub use reader::{DateParsing, Position, ReadOptions, Reader, Token};
pub use token::{JToken, TokenType};
pub use value::JScalar;
pub use writer::{Escape, FloatFormat, Formatting, JsonWriter, escape_into, quoted};

#[cfg(test)]
mod tests;
