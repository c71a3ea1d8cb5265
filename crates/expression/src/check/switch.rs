//! The switch statement.

use super::{Check, Checker, Reported, Typed};
use crate::program::Const;
use crate::program::node::{Case, Node, Stmt, Test};
use crate::syntax::ast::{self, CaseLabel, Expr, StmtKind};
use crate::types::{Type, convert};
use tollgate_error::{Code, Span};

/// What the labels met so far take: a later one that they leave nothing is an error.
#[derive(Default)]
struct Seen {
    constants: Vec<Const>,
    types: Vec<Type>,
    all: bool,
    has_default: bool,
}

impl<'t> Checker<'t> {
    pub(super) fn switch(&mut self, value: &'t Expr, sections: &'t [ast::Section], span: Span) -> Check<Stmt> {
        let value = self.value(value)?;
        if value.ty.is_error() {
            return Err(Reported);
        }
        let slot = self.temporary();
        let function = self.function()?;
        function.switches += 1;
        function.cases.push((value.ty.clone(), sections));
        // The sections share one scope; patterns have theirs for each section.
        self.enter_scope();
        let mut functions = Vec::new();
        for section in sections {
            self.declare_labels(&section.body);
            functions.push(self.declare_functions(&section.body));
        }
        let declared: Vec<usize> = functions.iter().flatten().map(|(_, local)| *local).collect();
        let mut seen = Seen::default();
        let mut made = Vec::new();
        let mut cases = Vec::new();
        for (section, functions) in sections.iter().zip(functions) {
            for (function, local) in functions {
                made.extend(self.local_function(function, local));
            }
            cases.push(self.section(&value, section, &mut seen));
        }
        made.extend(self.bind_instances(&declared));
        let fresh = self.leave_scope();
        let function = self.function()?;
        function.switches -= 1;
        function.cases.pop();
        let cases: Check<Vec<Case>> = cases.into_iter().collect();
        let switch = Stmt::Switch { value: value.node, slot, cases: cases?, span };
        if made.is_empty() && fresh.is_empty() {
            return Ok(switch);
        }
        made.push(switch);
        Ok(Stmt::Block { fresh, body: made, span })
    }

    fn section(&mut self, value: &Typed, section: &'t ast::Section, seen: &mut Seen) -> Check<Case> {
        self.enter_scope();
        let mut labels = Vec::new();
        for (label, span) in &section.labels {
            labels.push(self.label(value, label, *span, seen));
        }
        // What statements declare belongs to the whole switch: the patterns' scope goes below its.
        let patterns = self.scopes.pop().unwrap_or_default();
        let below = self.scopes.len().saturating_sub(1);
        self.scopes.insert(below, patterns);
        let mut body = Vec::new();
        for statement in &section.body {
            if !matches!(statement.kind, StmtKind::LocalFunction(_)) {
                body.extend(self.statement(statement));
            }
        }
        let patterns = self.scopes.remove(below);
        self.scopes.push(patterns);
        let fresh = self.leave_scope();
        let labels: Check<Vec<_>> = labels.into_iter().collect();
        Ok(Case { labels: labels?, body, fresh })
    }

    fn label(
        &mut self,
        value: &Typed,
        label: &'t CaseLabel,
        span: Span,
        seen: &mut Seen,
    ) -> Check<(Option<Test>, Option<Node>)> {
        let CaseLabel::Case(pattern, guard) = label else {
            if std::mem::replace(&mut seen.has_default, true) {
                return self.report(Code::EXPRESSION_CHECK, span, "the switch statement has several `default` labels");
            }
            return Ok((None, None));
        };
        let test = self.pattern(value, pattern);
        let guard = guard.as_ref().map(|guard| self.condition(guard)).transpose();
        let (test, guard) = (test?, guard?);
        self.refuse_handled(value, &test, guard.is_none(), span, seen)?;
        Ok((Some(test), guard))
    }

    fn refuse_handled(
        &mut self,
        value: &Typed,
        test: &Test,
        is_certain: bool,
        span: Span,
        seen: &mut Seen,
    ) -> Check<()> {
        let constant = match test {
            Test::Constant(Node::Const(index)) => self.constants.get(*index as usize).cloned(),
            _ => None,
        };
        let taken = |ty: &Type| seen.types.iter().any(|earlier| convert::is_subtype(ty, earlier));
        let handled = seen.all
            || match (test, &constant) {
                (Test::Type(ty, _), _) => taken(ty),
                (_, Some(Const::Null)) | (_, None) => false,
                (_, Some(constant)) => {
                    if seen.constants.contains(constant) && is_certain {
                        let shown = constant.to_value().to_text();
                        let message =
                            format!("the switch statement contains multiple cases with the label value `{shown}`");
                        return self.report(Code::EXPRESSION_CHECK, span, message);
                    }
                    constant.to_value().runtime_type().is_some_and(|ty| taken(&ty))
                }
            };
        if handled {
            let message = "this case is already handled by an earlier case";
            return self.report(Code::EXPRESSION_CHECK, span, message);
        }
        if is_certain {
            match test {
                Test::Always(_) => seen.all = true,
                Test::Type(ty, _) if value.ty == *ty && ty.is_value_type() => seen.all = true,
                Test::Type(ty, _) => seen.types.push(ty.clone()),
                Test::Constant(_) => seen.constants.extend(constant),
            }
        }
        Ok(())
    }

    /// `goto case` and `goto default`, of the innermost switch.
    pub(super) fn goto_case(&mut self, target: Option<&'t Expr>, span: Span) -> Check<Stmt> {
        let Some((ty, sections)) = self.function()?.cases.last().cloned() else {
            return self.report(Code::EXPRESSION_FLOW, span, "`goto case` is allowed inside a switch statement only");
        };
        let ty = ty.without_nullable().clone();
        let wanted = match target {
            Some(expr) => self.value_as(expr, &ty)?.constant,
            None => None,
        };
        for (index, section) in sections.iter().enumerate() {
            for (label, _) in &section.labels {
                let hit = match (label, target) {
                    (CaseLabel::Default, None) => true,
                    (CaseLabel::Case(pattern, None), Some(_)) => self.is_case(pattern, &ty, wanted.as_ref()),
                    _ => false,
                };
                if hit {
                    return Ok(Stmt::GotoCase(index));
                }
            }
        }
        self.report(Code::EXPRESSION_FLOW, span, "there is no such case in the switch statement")
    }

    fn is_case(&mut self, pattern: &'t ast::Pattern, ty: &Type, wanted: Option<&Const>) -> bool {
        let value = Typed { node: Node::Const(self.null), ty: ty.clone(), constant: None, span: Span::default() };
        if matches!(pattern, ast::Pattern::Var(_) | ast::Pattern::Type(_, Some(_))) {
            return false;
        }
        match self.speculate(|c| c.pattern(&value, pattern)).0 {
            Ok(Test::Constant(Node::Const(index))) => self.constants.get(index as usize) == wanted,
            _ => false,
        }
    }
}
