//! Tokens of C#.

use smol_str::SmolStr;
use tollgate_error::Span;

/// The type suffix of a numeric literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    None,
    U,
    L,
    UL,
    F,
    D,
    M,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Ident(SmolStr),
    Keyword(&'static str),
    Int(u64, Suffix),
    /// Digits, point and exponent without separators and suffix.
    Real(SmolStr, Suffix),
    Char(u16),
    /// UTF-16 units: an escape can make a lone surrogate.
    Str(Vec<u16>),
    Interpolated(Vec<Part>),
    Punct(&'static str),
    End,
}

/// A piece of an interpolated string.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    Text(Vec<u16>),
    /// The tokens of `{expression[,alignment][:format]}`, each list closed by [`Kind::End`].
    Hole {
        value: Vec<Token>,
        alignment: Option<Vec<Token>>,
        format: Option<Vec<u16>>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    pub kind: Kind,
    pub span: Span,
}

/// Reserved words of C# 7.3. Contextual words (`var`, `when`, `from`, …) are identifiers.
pub const KEYWORDS: &[&str] = &[
    "abstract",
    "as",
    "base",
    "bool",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "checked",
    "class",
    "const",
    "continue",
    "decimal",
    "default",
    "delegate",
    "do",
    "double",
    "else",
    "enum",
    "event",
    "explicit",
    "extern",
    "false",
    "finally",
    "fixed",
    "float",
    "for",
    "foreach",
    "goto",
    "if",
    "implicit",
    "in",
    "int",
    "interface",
    "internal",
    "is",
    "lock",
    "long",
    "namespace",
    "new",
    "null",
    "object",
    "operator",
    "out",
    "override",
    "params",
    "private",
    "protected",
    "public",
    "readonly",
    "ref",
    "return",
    "sbyte",
    "sealed",
    "short",
    "sizeof",
    "stackalloc",
    "static",
    "string",
    "struct",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "uint",
    "ulong",
    "unchecked",
    "unsafe",
    "ushort",
    "using",
    "virtual",
    "void",
    "volatile",
    "while",
];

/// Longest first, so that the first that fits is the token. `>>` is two tokens: the parser joins
/// them where generics cannot close.
pub const PUNCTUATION: &[&str] = &[
    "<<=", "??=", "...", "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "++", "--", "+=", "-=", "*=", "/=", "%=",
    "&=", "|=", "^=", "->", "::", "<<", "..", "(", ")", "{", "}", "[", "]", ";", ",", ".", ":", "?", "+", "-", "*",
    "/", "%", "&", "|", "^", "!", "~", "=", "<", ">",
];
