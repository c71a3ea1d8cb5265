//! Text to tree: scan the end of an expression, split it into tokens, parse.

pub mod ast;
mod create;
pub mod end;
mod expr;
mod lexer;
mod parser;
#[cfg(test)]
mod print;
mod query;
mod stmt;
pub mod token;

pub use parser::{NESTING_MAX, SOURCE_BYTES_MAX, parse};

pub use parser::Parser;
use token::Token;

/// Tokens of a text of the library's tables.
pub fn signature_tokens(text: &str) -> Vec<Token> {
    lexer::Lexer::new(text, 0).tokens(text.len())
}

/// A parser over them.
pub fn signature_parser(tokens: &[Token]) -> Parser {
    Parser::new(tokens.to_vec(), Vec::new())
}
