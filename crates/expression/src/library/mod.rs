//! The .NET library: one table entry a member, beside its implementation.
//!
//! A type's table starts with its head (`class System.Text.StringBuilder`), then lists members as C#
//! declares them (`StringBuilder Append(string value)`), each with the function that does it. `set`
//! marks setters and indexers' setters, `readonly` what is the same for every exchange; `implicit`, `explicit` and `operator` are conversions and
//! operators. Overloads, inference and conversions follow from these texts; nothing else lists a
//! member.

pub mod array;
pub mod bits;
pub mod builder;
pub mod char;
pub mod comparer;
pub mod context;
pub mod convert;
pub mod crypto;
pub mod culture;
pub mod delegate;
pub mod describe;
pub mod dictionary;
pub mod dynamic;
pub mod encoding;
pub mod enums;
pub mod exception;
#[cfg(test)]
pub mod expect;
pub mod facts;
pub mod floats;
pub mod format;
pub mod guid;
pub mod io;
pub mod json;
pub mod jwt;
pub mod linq;
pub mod list;
pub mod net;
pub mod number;
pub mod object;
pub mod random;
pub mod reflection;
pub mod regex;
pub mod set;
pub mod string;
pub mod time;
pub mod tuple;
pub mod uri;
pub mod xml;
pub mod zone;

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
    number::INTEGERS,
    time::TYPES,
    array::TYPES,
    bits::TYPES,
    char::TYPES,
    comparer::TYPES,
    context::TYPES,
    convert::TYPES,
    culture::TYPES,
    delegate::TYPES,
    dictionary::TYPES,
    encoding::TYPES,
    enums::TYPES,
    exception::TYPES,
    exception::PLAIN,
    floats::TYPES,
    guid::TYPES,
    io::TYPES,
    linq::TYPES,
    linq::FAMILIES,
    list::TYPES,
    net::TYPES,
    random::TYPES,
    reflection::TYPES,
    regex::TYPES,
    regex::CAPTURES,
    set::TYPES,
    string::TYPES,
    tuple::TYPES,
    builder::TYPES,
    crypto::hash::TYPES,
    crypto::hash::FAMILIES,
    crypto::hash::MANAGED,
    crypto::symmetric::TYPES,
    crypto::symmetric::ALGORITHMS,
    crypto::rsa::TYPES,
    crypto::certificate::TYPES,
    json::token::TYPES,
    json::container::TYPES,
    json::convert::CONVERSIONS,
    json::sequence::TYPES,
    json::settings::TYPES,
    json::exception::TYPES,
    jwt::TYPES,
    uri::TYPES,
    xml::name::TYPES,
    xml::node::TYPES,
    xml::attribute::TYPES,
    xml::container::TYPES,
    xml::document::TYPES,
    xml::convert::TYPES,
    xml::sequence::TYPES,
    xml::xpath::TYPES,
    xml::reader::TYPES,
    xml::dom::TYPES,
    xml::json::TYPES,
    xml::exception::TYPES,
    zone::TYPES,
];
