//! .NET's structured data: dates and numbers as text, JSON, regular expressions, XML and URIs.
//!
//! Each module gives one .NET library's behaviour (values, texts, exceptions) to whoever binds it;
//! none of them knows the evaluator, opens a socket or reads a clock.

pub mod error;
pub mod ip;
pub mod json;
pub mod number;
pub mod regex;
pub mod time;
pub mod uri;
pub mod xml;
