//! The .NET library: one table entry a member, beside its implementation.
//!
//! A type's table starts with its head (`class System.Text.StringBuilder`), then lists members as C#
//! declares them (`StringBuilder Append(string value)`), each with the function that does it. `set`
//! marks setters and indexers' setters; `implicit`, `explicit` and `operator` are conversions and
//! operators. Overloads, inference and conversions follow from these texts; nothing else lists a
//! member.

pub mod array;
pub mod builder;
pub mod comparer;
pub mod context;
pub mod crypto;
pub mod delegate;
pub mod describe;
pub mod dictionary;
pub mod dynamic;
pub mod enums;
pub mod exception;
pub mod format;
pub mod json;
pub mod jwt;
pub mod linq;
pub mod list;
pub mod number;
pub mod object;
pub mod reflection;
pub mod set;
pub mod string;
pub mod time;
pub mod tuple;
pub mod uri;
pub mod xml;

use crate::run::Native;

/// A type of the library.
pub struct TypeTable {
    pub decl: &'static str,
    pub members: &'static [(&'static str, Native)],
}

/// Every type that an expression may name.
pub static TABLES: &[&[TypeTable]] = &[
    object::TYPES,
    number::TYPES,
    time::TYPES,
    array::TYPES,
    comparer::TYPES,
    context::TYPES,
    delegate::TYPES,
    dictionary::TYPES,
    enums::TYPES,
    exception::TYPES,
    exception::PLAIN,
    linq::TYPES,
    list::TYPES,
    reflection::TYPES,
    set::TYPES,
    string::TYPES,
    tuple::TYPES,
    builder::TYPES,
    crypto::TYPES,
    crypto::HASHES,
    json::TYPES,
    json::CONVERSIONS,
    jwt::TYPES,
    uri::TYPES,
    xml::TYPES,
];
