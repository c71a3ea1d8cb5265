//! Query syntax, translated to method calls as the C# specification (12.20.3) has it.

use super::ast::*;
use super::parser::{Parsed, Parser};
use super::token::Kind;
use smol_str::format_smolstr;
use tollgate_error::Span;

/// The range variables in play: one, or several carried in a hidden one.
#[derive(Clone)]
struct Range {
    param: LambdaParam,
}

impl Range {
    fn single(name: Name) -> Range {
        Range { param: LambdaParam { name, ty: None, carries: Vec::new() } }
    }

    /// `new { a, b }` of everything carried and one more.
    fn members(&self, extra: (Name, Expr)) -> Vec<(Name, Expr)> {
        let own =
            if self.param.carries.is_empty() { vec![self.param.name.clone()] } else { self.param.carries.clone() };
        let mut members: Vec<_> = own.into_iter().map(|name| (name.clone(), name_expr(name))).collect();
        members.push(extra);
        members
    }
}

fn name_expr(name: Name) -> Expr {
    let span = name.span;
    Expr { kind: ExprKind::Name(name, Vec::new()), span }
}

fn lambda(params: Vec<LambdaParam>, body: Expr) -> Expr {
    let span = body.span;
    Expr {
        kind: ExprKind::Lambda(Box::new(Lambda { params, any_params: false, body: Body::Expr(Box::new(body)) })),
        span,
    }
}

fn call(source: Expr, method: &'static str, args: Vec<Expr>) -> Expr {
    let span = args.iter().fold(source.span, |span, arg| span.to(arg.span));
    let name = Name { text: method.into(), span: source.span };
    let target = Expr { kind: ExprKind::Member(Box::new(source), name, Vec::new()), span };
    let args = args.into_iter().map(|value| Arg { name: None, passing: Passing::Value, value }).collect();
    Expr { kind: ExprKind::Call(Box::new(target), args), span }
}

impl Parser {
    /// `from x in …`, `from T x in …`.
    pub fn at_query(&self) -> bool {
        if !self.is_word("from") {
            return false;
        }
        match self.kind_at(1) {
            Kind::Ident(_) => {
                matches!(self.kind_at(2), Kind::Keyword("in") | Kind::Ident(_) | Kind::Punct("<" | "." | "["))
            }
            Kind::Keyword(word) => super::parser::is_type_keyword(word),
            _ => false,
        }
    }

    fn hidden_name(&mut self, span: Span) -> Name {
        self.hidden += 1;
        Name { text: format_smolstr!("<>q{}", self.hidden), span }
    }

    pub fn query(&mut self) -> Parsed<Expr> {
        let (name, source) = self.parse_from()?;
        self.query_body(Range::single(name), source)
    }

    fn parse_from(&mut self) -> Parsed<(Name, Expr)> {
        self.advance();
        let ty = if matches!(self.kind(), Kind::Ident(_)) && matches!(self.kind_at(1), Kind::Keyword("in")) {
            None
        } else {
            Some(self.type_ref()?)
        };
        let name = self.name()?;
        if !self.eat_keyword("in") {
            return self.fail("`in`");
        }
        let source = self.expression()?;
        Ok((name, cast_source(source, ty)))
    }

    fn query_body(&mut self, mut range: Range, mut source: Expr) -> Parsed<Expr> {
        loop {
            if self.is_word("from") {
                let (name, inner) = self.parse_from()?;
                let select = lambda(vec![range.param.clone()], inner);
                let second = Range::single(name.clone()).param;
                if self.is_word("select") {
                    self.advance();
                    let value = self.expression()?;
                    let result = lambda(vec![range.param, second], value);
                    source = call(source, "SelectMany", vec![select, result]);
                    return self.continuation(source);
                }
                let carried = self.carry(&range, (name.clone(), name_expr(name)));
                let result = lambda(vec![range.param, second], carried.1);
                source = call(source, "SelectMany", vec![select, result]);
                range = carried.0;
            } else if self.eat_word("let") {
                let name = self.name()?;
                self.expect("=")?;
                let value = self.expression()?;
                let carried = self.carry(&range, (name, value));
                source = call(source, "Select", vec![lambda(vec![range.param], carried.1)]);
                range = carried.0;
            } else if self.eat_word("where") {
                let condition = self.expression()?;
                source = call(source, "Where", vec![lambda(vec![range.param.clone()], condition)]);
            } else if self.is_word("join") {
                (range, source) = self.join_clause(range, source)?;
            } else if self.eat_word("orderby") {
                source = self.orderby_clause(&range, source)?;
            } else if self.eat_word("select") {
                let value = self.expression()?;
                let identity = matches!(&value.kind, ExprKind::Name(name, _) if name.text == range.param.name.text);
                let trivial = identity && matches!(&source.kind, ExprKind::Call(..)) && range.param.carries.is_empty();
                if !trivial {
                    source = call(source, "Select", vec![lambda(vec![range.param], value)]);
                }
                return self.continuation(source);
            } else if self.eat_word("group") {
                let value = self.expression()?;
                if !self.eat_word("by") {
                    return self.fail("`by`");
                }
                let key = self.expression()?;
                let key = lambda(vec![range.param.clone()], key);
                let element = lambda(vec![range.param], value);
                source = call(source, "GroupBy", vec![key, element]);
                return self.continuation(source);
            } else {
                return self.fail("`select` or `group`");
            }
        }
    }

    /// The range that carries one more variable, and the object that fills it.
    fn carry(&mut self, range: &Range, extra: (Name, Expr)) -> (Range, Expr) {
        let span = extra.1.span;
        let members = range.members(extra);
        let carries = members.iter().map(|(name, _)| name.clone()).collect();
        let name = self.hidden_name(span);
        let object = Expr { kind: ExprKind::Anonymous(members), span };
        (Range { param: LambdaParam { name, ty: None, carries } }, object)
    }

    fn join_clause(&mut self, range: Range, source: Expr) -> Parsed<(Range, Expr)> {
        let (name, inner) = self.parse_from()?;
        if !self.eat_word("on") {
            return self.fail("`on`");
        }
        let outer_key = self.expression()?;
        if !self.eat_word("equals") {
            return self.fail("`equals`");
        }
        let inner_key = self.expression()?;
        let inner_param = Range::single(name.clone()).param;
        let keys = (lambda(vec![range.param.clone()], outer_key), lambda(vec![inner_param.clone()], inner_key));
        let (method, name) = if self.eat_word("into") { ("GroupJoin", self.name()?) } else { ("Join", name) };
        let second = Range::single(name.clone()).param;
        let carried = self.carry(&range, (name.clone(), name_expr(name)));
        let result = lambda(vec![range.param, second], carried.1);
        Ok((carried.0, call(source, method, vec![inner, keys.0, keys.1, result])))
    }

    fn orderby_clause(&mut self, range: &Range, mut source: Expr) -> Parsed<Expr> {
        let mut first = true;
        loop {
            let key = self.expression()?;
            let descending = self.eat_word("descending");
            if !descending {
                self.eat_word("ascending");
            }
            let method = match (first, descending) {
                (true, false) => "OrderBy",
                (true, true) => "OrderByDescending",
                (false, false) => "ThenBy",
                (false, true) => "ThenByDescending",
            };
            source = call(source, method, vec![lambda(vec![range.param.clone()], key)]);
            first = false;
            if !self.eat(",") {
                return Ok(source);
            }
        }
    }

    fn continuation(&mut self, source: Expr) -> Parsed<Expr> {
        if !self.eat_word("into") {
            return Ok(source);
        }
        let name = self.name()?;
        self.deeper(|p| p.query_body(Range::single(name), source))
    }
}

fn cast_source(source: Expr, ty: Option<TypeRef>) -> Expr {
    let Some(ty) = ty else { return source };
    let span = source.span;
    let name = Name { text: "Cast".into(), span: ty.span };
    let target = Expr { kind: ExprKind::Member(Box::new(source), name, vec![ty]), span };
    Expr { kind: ExprKind::Call(Box::new(target), Vec::new()), span }
}
