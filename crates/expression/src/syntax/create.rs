//! Expressions that make things: `new`, arrays, anonymous objects, initialisers.

use super::ast::*;
use super::expr::expr;
use super::parser::{Failed, Parsed, Parser};
use super::token::Kind;
use tollgate_error::Span;

impl Parser {
    pub(super) fn new_expression(&mut self) -> Parsed<Expr> {
        let start = self.span();
        self.advance();
        if self.is("{") {
            return self.anonymous_object(start);
        }
        if self.is("[") {
            self.advance();
            let mut rank = 1;
            while self.eat(",") {
                rank += 1;
            }
            self.expect("]")?;
            let items = self.array_items()?;
            return Ok(expr(ExprKind::NewImplicitArray(rank, items), start.to(self.previous())));
        }
        if self.is("(") && !self.starts_tuple_type() {
            self.newer(start, "`new` without a type is not C# 7.3", "target-typed `new` came with C# 9; name the type");
            return Err(Failed);
        }
        let mut ty = self.type_without_suffix()?;
        if self.is("?") && self.is_at(1, "[") || self.is("?") && self.is_at(1, "(") {
            self.advance();
            ty = TypeRef { span: ty.span.to(self.previous()), kind: TypeKind::Nullable(Box::new(ty)) };
        }
        if self.is("[") {
            return self.new_array(start, ty);
        }
        let has_args = self.is("(");
        let args = if has_args { self.arguments("(", ")")? } else { Vec::new() };
        let initializer = if self.is("{") { self.initializer()? } else { Initializer::None };
        if !has_args && initializer == Initializer::None {
            return self.fail("`(`, `[` or `{`");
        }
        Ok(expr(ExprKind::New(ty, args, initializer), start.to(self.previous())))
    }

    fn starts_tuple_type(&mut self) -> bool {
        let at = self.at;
        let found = self.attempt(|p| {
            p.type_ref().ok()?;
            p.is("[").then_some(())
        });
        self.at = at;
        found.is_some()
    }

    fn new_array(&mut self, start: Span, element: TypeRef) -> Parsed<Expr> {
        if matches!(self.kind_at(1), Kind::Punct("]" | ",")) {
            let ty = self.array_suffix(element)?;
            let TypeKind::Array(element, rank) = ty.kind else { return self.fail("array type") };
            let items = self.array_items()?;
            let span = start.to(self.previous());
            return Ok(expr(ExprKind::NewArray(*element, Vec::new(), rank, Some(items)), span));
        }
        self.advance();
        let mut sizes = vec![self.expression()?];
        while self.eat(",") {
            sizes.push(self.expression()?);
        }
        self.expect("]")?;
        let element = self.array_suffix(element)?;
        let items = if self.is("{") { Some(self.array_items()?) } else { None };
        let rank = sizes.len();
        Ok(expr(ExprKind::NewArray(element, sizes, rank, items), start.to(self.previous())))
    }

    /// `{ a, { b } }` of an array.
    pub fn array_items(&mut self) -> Parsed<Vec<ArrayInit>> {
        self.deeper(|p| {
            p.expect("{")?;
            let mut items = Vec::new();
            while !p.is("}") {
                if p.is("{") {
                    let start = p.span();
                    let inner = p.array_items()?;
                    items.push(ArrayInit::Nested(inner, start.to(p.previous())));
                } else {
                    items.push(ArrayInit::Expr(p.expression()?));
                }
                if !p.eat(",") {
                    break;
                }
            }
            p.expect("}")?;
            Ok(items)
        })
    }

    fn anonymous_object(&mut self, start: Span) -> Parsed<Expr> {
        self.advance();
        let mut members = Vec::new();
        while !self.is("}") {
            if matches!(self.kind(), Kind::Ident(_)) && self.is_at(1, "=") {
                let name = self.name()?;
                self.advance();
                members.push((name, self.expression()?));
            } else {
                let value = self.expression()?;
                let name = match &value.kind {
                    ExprKind::Name(name, _) | ExprKind::Member(_, name, _) => Some(name.clone()),
                    ExprKind::Conditional(_, rest) => match &rest.kind {
                        ExprKind::Member(_, name, _) => Some(name.clone()),
                        _ => None,
                    },
                    _ => None,
                };
                let Some(name) = name else {
                    self.error(value.span, "the member needs a name");
                    return Err(Failed);
                };
                members.push((name, value));
            }
            if !self.eat(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(expr(ExprKind::Anonymous(members), start.to(self.previous())))
    }

    /// `{ … }` after `new T(…)`.
    fn initializer(&mut self) -> Parsed<Initializer> {
        self.deeper(|p| {
            p.expect("{")?;
            if p.eat("}") {
                return Ok(Initializer::Object(Vec::new()));
            }
            let object = matches!(p.kind(), Kind::Ident(_)) && p.is_at(1, "=") || p.is("[");
            let initializer = if object { p.object_members()? } else { p.collection_items()? };
            p.expect("}")?;
            Ok(initializer)
        })
    }

    fn object_members(&mut self) -> Parsed<Initializer> {
        let mut members = Vec::new();
        while !self.is("}") {
            let start = self.span();
            let target = if self.is("[") {
                MemberTarget::Index(self.arguments("[", "]")?)
            } else {
                MemberTarget::Name(self.name()?)
            };
            self.expect("=")?;
            let value =
                if self.is("{") { InitValue::Nested(self.initializer()?) } else { InitValue::Expr(self.expression()?) };
            members.push((target, value, start.to(self.previous())));
            if !self.eat(",") {
                break;
            }
        }
        Ok(Initializer::Object(members))
    }

    fn collection_items(&mut self) -> Parsed<Initializer> {
        let mut items = Vec::new();
        while !self.is("}") {
            let start = self.span();
            let mut values = Vec::new();
            if self.eat("{") {
                loop {
                    values.push(self.expression()?);
                    if !self.eat(",") {
                        break;
                    }
                }
                self.expect("}")?;
            } else {
                values.push(self.expression()?);
            }
            items.push((values, start.to(self.previous())));
            if !self.eat(",") {
                break;
            }
        }
        Ok(Initializer::Collection(items))
    }
}
