//! Reads the compact texts of the library's tables: type heads and member signatures.

use super::registry::{DefKind, Registry, Variance};
use super::{DefId, Type};
use crate::program::Const;
use crate::run::Native;
use crate::syntax::ast::{ExprKind, Literal, Passing, TypeKind, UnaryOp};
use crate::syntax::signature_parser;
use crate::syntax::token::{Kind, Token};
use smol_str::{SmolStr, format_smolstr};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    Method,
    Get,
    Set,
    Constructor,
    Operator,
    Implicit,
    Explicit,
}

#[derive(Debug, Clone)]
pub struct Param {
    pub name: SmolStr,
    pub ty: Type,
    pub passing: Passing,
    pub is_params: bool,
    pub default: Option<Const>,
}

pub struct Member {
    pub owner: DefId,
    pub name: SmolStr,
    pub kind: MemberKind,
    pub is_static: bool,
    pub is_extension: bool,
    /// It is the same for every exchange: the checker puts the value in its place.
    pub is_readonly: bool,
    /// Type parameters of the owner; those of the method follow them in [`Type::Param`].
    pub owner_arity: usize,
    pub type_params: Vec<SmolStr>,
    pub params: Vec<Param>,
    pub result: Type,
    pub native: Native,
    /// The value of a `const`.
    pub constant: Option<Const>,
    /// As the table has it.
    pub text: &'static str,
}

impl Member {
    /// Under which name the owner finds it.
    pub fn key(&self) -> SmolStr {
        match self.kind {
            MemberKind::Set => format_smolstr!("set:{}", self.name),
            MemberKind::Constructor => "new".into(),
            MemberKind::Operator => format_smolstr!("op:{}", self.name),
            MemberKind::Implicit | MemberKind::Explicit => "op:convert".into(),
            MemberKind::Method | MemberKind::Get => self.name.clone(),
        }
    }
}

/// The first line of a type table.
pub struct Head {
    pub kind: DefKind,
    pub is_static: bool,
    pub full_name: String,
    pub params: Vec<(SmolStr, Variance)>,
    pub supers: Vec<Vec<Token>>,
    pub values: Vec<(SmolStr, i64)>,
    /// Result, and one token list a parameter.
    pub delegate: Option<(Vec<Token>, Vec<Vec<Token>>)>,
}

impl Head {
    /// `class A.B<T> : C<T>, D`, `enum A.E { X, Y = 4 }`, `delegate R A.F<in T, out R>(T x)`.
    pub fn read(text: &str) -> Option<Head> {
        let (first, rest) = text.split_once(' ')?;

        if first == "static" || first == "flags" {
            let mut head = Head::read(rest)?;
            head.is_static = first == "static";
            if first == "flags" {
                head.kind = DefKind::Enum(true);
            }
            return Some(head);
        }
        let kind = match first {
            "class" => DefKind::Class,
            "struct" => DefKind::Struct,
            "interface" => DefKind::Interface,
            "enum" => DefKind::Enum(false),
            "delegate" => DefKind::Delegate,
            _ => return None,
        };
        if kind == DefKind::Delegate {
            return Head::read_delegate(rest);
        }
        let (name, tail) = split_name(rest);
        let (full_name, params) = read_name(name)?;
        let mut head =
            Head { kind, is_static: false, full_name, params, supers: Vec::new(), values: Vec::new(), delegate: None };
        if let Some(values) = tail.strip_prefix('{') {
            let mut next = 0;
            for value in values.trim_end_matches('}').split(',') {
                let (name, number) = match value.split_once('=') {
                    Some((name, number)) => (name, number.trim().parse().ok()?),
                    None => (value, next),
                };
                next = number + 1;
                head.values.push((name.trim().into(), number));
            }
        } else if let Some(supers) = tail.strip_prefix(':') {
            head.supers = split_top(supers).into_iter().map(tokens).collect();
        }
        Some(head)
    }

    fn read_delegate(rest: &str) -> Option<Head> {
        let (result, rest) = rest.split_once(' ')?;
        let open = rest.find('(')?;
        let (full_name, params) = read_name(rest.get(..open)?)?;
        let inside = rest.get(open + 1..)?.trim_end_matches(')');
        let types = split_top(inside).into_iter().filter(|param| !param.trim().is_empty());
        let types = types.map(|param| tokens(param.trim().rsplit_once(' ').map_or(param, |(ty, _)| ty))).collect();
        Some(Head {
            kind: DefKind::Delegate,
            is_static: false,
            full_name,
            params,
            supers: Vec::new(),
            values: Vec::new(),
            delegate: Some((tokens(result), types)),
        })
    }
}

fn tokens(text: &str) -> Vec<Token> {
    crate::syntax::signature_tokens(text)
}

/// The name with its type parameters, and what follows ` : ` or ` {`.
fn split_name(text: &str) -> (&str, &str) {
    let at = text.find(" : ").or_else(|| text.find(" {")).unwrap_or(text.len());
    (text.get(..at).unwrap_or(text), text.get(at..).unwrap_or("").trim())
}

fn read_name(text: &str) -> Option<(String, Vec<(SmolStr, Variance)>)> {
    let Some((name, params)) = text.trim().split_once('<') else { return Some((text.trim().to_owned(), Vec::new())) };
    let params = params.trim_end_matches('>').split(',').map(|param| {
        let param = param.trim();
        match param.split_once(' ') {
            Some(("in", name)) => (name.into(), Variance::In),
            Some(("out", name)) => (name.into(), Variance::Out),
            _ => (param.into(), Variance::None),
        }
    });
    Some((name.to_owned(), params.collect()))
}

/// Splits at commas outside angle brackets.
fn split_top(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

/// Reads one member. `class` are the type parameters of the owner.
pub fn read_member(
    registry: &Registry,
    owner: DefId,
    class: &[SmolStr],
    text: &'static str,
    native: Native,
) -> Option<Member> {
    let list = tokens(text);
    let mut parser = signature_parser(&list);
    let mut member = Member {
        owner,
        name: SmolStr::default(),
        kind: MemberKind::Get,
        is_static: false,
        is_extension: false,
        is_readonly: false,
        owner_arity: class.len(),
        type_params: Vec::new(),
        params: Vec::new(),
        result: Type::Void,
        native,
        constant: None,
        text,
    };
    let mut names = class.to_vec();
    let mut is_const = false;
    loop {
        if parser.eat_keyword("static") {
            member.is_static = true;
        } else if parser.eat_keyword("const") {
            member.is_static = true;
            is_const = true;
        } else if parser.eat_keyword("readonly") {
            member.is_readonly = true;
        } else if parser.eat_word("set") {
            member.kind = MemberKind::Set;
        } else if parser.eat_keyword("implicit") {
            member.kind = MemberKind::Implicit;
        } else if parser.eat_keyword("explicit") {
            member.kind = MemberKind::Explicit;
        } else {
            break;
        }
    }
    let constructor = parser.is_keyword("new");
    let conversion = matches!(member.kind, MemberKind::Implicit | MemberKind::Explicit);
    // The result may mention type parameters of the method, which stand after its name: read it last.
    let result = if constructor { None } else { Some(parser.type_ref().ok()?) };
    if constructor {
        parser.advance();
        member.kind = MemberKind::Constructor;
        member.name = "new".into();
        member.is_static = true;
    } else if conversion {
        member.is_static = true;
        member.name = "convert".into();
    } else if parser.eat_keyword("operator") {
        member.kind = MemberKind::Operator;
        member.is_static = true;
        let mut symbol = String::new();
        while let Kind::Punct(punct) = parser.kind() {
            if *punct == "(" {
                break;
            }
            symbol.push_str(punct);
            parser.advance();
        }
        member.name = symbol.into();
    } else if parser.eat_keyword("this") {
        member.name = "this".into();
    } else {
        member.name = parser.name().ok()?.text;
        if parser.is("<") {
            for argument in parser.type_arguments().ok()? {
                let TypeKind::Named(path) = argument.kind else { return None };
                member.type_params.push(path.first()?.0.text.clone());
            }
            names.extend(member.type_params.iter().cloned());
            if member.kind == MemberKind::Get {
                member.kind = MemberKind::Method;
            }
        }
    }
    let close = if parser.is("[") { "]" } else { ")" };
    if parser.eat("(") || parser.eat("[") {
        if close == ")" && member.kind == MemberKind::Get {
            member.kind = MemberKind::Method;
        }
        while !parser.is(close) {
            member.is_extension |= parser.eat_keyword("this");
            member.params.push(read_param(registry, &mut parser, &names)?);
            if !parser.eat(",") {
                break;
            }
        }
        parser.expect(if close == ")" { ")" } else { "]" }).ok()?;
    }
    if member.is_extension {
        member.is_static = true;
    }
    member.result = match result {
        Some(result) => registry.resolve_signature_type(&result, &names)?,
        None => Type::generic(owner, (0..class.len()).map(|at| Type::Param(at as u8)).collect()),
    };
    if is_const {
        parser.expect("=").ok()?;
        member.constant = Some(read_const(registry, &mut parser, &member.result)?);
    }
    parser.at_end().then_some(member)
}

fn read_param(registry: &Registry, parser: &mut crate::syntax::Parser, names: &[SmolStr]) -> Option<Param> {
    let is_params = parser.eat_keyword("params");
    let passing = if parser.eat_keyword("out") {
        Passing::Out
    } else if parser.eat_keyword("ref") {
        Passing::Ref
    } else {
        Passing::Value
    };
    let ty = registry.resolve_signature_type(&parser.type_ref().ok()?, names)?;
    let name = match parser.kind() {
        Kind::Ident(_) => parser.name().ok()?.text,
        Kind::Keyword(word) => {
            let word = SmolStr::new_static(word);
            parser.advance();
            word
        }
        _ => return None,
    };
    let default = if parser.eat("=") { Some(read_const(registry, parser, &ty)?) } else { None };
    Some(Param { name, ty, passing, is_params, default })
}

/// A literal, a negated literal, or `0.0 / 0.0` and the like for what has no literal.
fn read_const(registry: &Registry, parser: &mut crate::syntax::Parser, ty: &Type) -> Option<Const> {
    let value = parser.expression().ok()?;
    let number = read_number(&value.kind)?;
    let is_enum = ty.without_nullable().def().is_some_and(|id| registry.def(id).is_enum());
    Const::literal_as(number, ty, is_enum)
}

/// A literal and whether it is negated.
fn read_number(kind: &ExprKind) -> Option<(Literal, bool)> {
    match kind {
        ExprKind::Literal(literal) => Some((literal.clone(), false)),
        ExprKind::Default(None) => Some((Literal::Null, false)),
        ExprKind::Unary(UnaryOp::Minus, inner) => {
            let (literal, negative) = read_number(&inner.kind)?;
            Some((literal, !negative))
        }
        _ => None,
    }
}
