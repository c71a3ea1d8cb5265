//! Statements.

use super::scope::Returns;
use super::{Bound, Check, Checker, Overflow, Reported, Typed};
use crate::program::Const;
use crate::program::node::{Handler, Node, Stmt};
use crate::syntax::ast::{self, DeclaratorInit, Expr, ExprKind, StmtKind, TypeKind, TypeRef};
use crate::types::{Type, convert, known, registry};
use tollgate_error::{Code, Span};

const LEAVES_FINALLY: &str = "control cannot leave the body of a finally clause";

impl<'t> Checker<'t> {
    /// A block; `before` runs at its start, inside its scope.
    pub(super) fn block(&mut self, block: &'t ast::Block, before: Vec<Stmt>) -> Stmt {
        self.enter_scope();
        let mut body = before;
        body.extend(self.statements(&block.statements));
        Stmt::Block { fresh: self.leave_scope(), body, span: block.span }
    }

    fn statements(&mut self, statements: &'t [ast::Stmt]) -> Vec<Stmt> {
        self.declare_labels(statements);
        let functions = self.declare_functions(statements);
        let declared: Vec<usize> = functions.iter().map(|(_, local)| *local).collect();
        let mut body = Vec::new();
        // Functions are made first: their variables exist from the start of the block.
        let mut pending = functions.into_iter();
        let mut made = Vec::new();
        for statement in statements {
            if let StmtKind::LocalFunction(_) = statement.kind {
                if let Some((function, local)) = pending.next()
                    && let Ok(stmt) = self.local_function(function, local)
                {
                    made.push(stmt);
                }
                continue;
            }
            if let Ok(stmt) = self.statement(statement) {
                body.push(stmt);
            }
        }
        made.extend(self.bind_instances(&declared));
        made.extend(body);
        made
    }

    pub(super) fn declare_labels(&mut self, statements: &'t [ast::Stmt]) {
        for statement in statements {
            let mut at = statement;
            while let StmtKind::Labeled(name, inner) = &at.kind {
                let next = self.labels.len() as u32;
                let key = self.label_key(&name.text);
                if self.labels.insert(key, next).is_some() {
                    let message = format!("the label `{}` is a duplicate", name.text);
                    let _ = self.report::<()>(Code::EXPRESSION_CHECK, name.span, message);
                }
                at = inner;
            }
        }
    }

    fn label_key(&self, name: &str) -> smol_str::SmolStr {
        let instance = self.functions.last().map_or(0, |function| function.instance);
        smol_str::format_smolstr!("{instance}:{name}")
    }

    /// A statement in a scope of its own: the body of `if` and loops.
    fn embedded(&mut self, statement: &'t ast::Stmt) -> Stmt {
        if let StmtKind::Block(block) = &statement.kind {
            return self.block(block, Vec::new());
        }
        self.enter_scope();
        let body = self.statement(statement).into_iter().collect();
        Stmt::Block { fresh: self.leave_scope(), body, span: statement.span }
    }

    pub(super) fn statement(&mut self, statement: &'t ast::Stmt) -> Check<Stmt> {
        let span = statement.span;
        self.guard(span)?;
        match &statement.kind {
            StmtKind::Empty => Ok(Stmt::Empty),
            StmtKind::Block(block) => Ok(self.block(block, Vec::new())),
            StmtKind::Expr(expr) => Ok(Stmt::Expr(self.statement_expression(expr)?)),
            StmtKind::Local(ty, declarators, is_const) => self.locals(ty, declarators, *is_const),
            StmtKind::LocalFunction(_) => Ok(Stmt::Empty),
            StmtKind::If(condition, then, other) => {
                let condition = self.condition(condition);
                let then = self.embedded(then);
                let other = other.as_ref().map_or(Stmt::Empty, |other| self.embedded(other));
                Ok(Stmt::If(condition?, Box::new(then), Box::new(other)))
            }
            StmtKind::While(condition, body) => {
                let condition = self.condition(condition);
                let body = self.loop_body(body);
                Ok(Stmt::While(condition?, Box::new(body)))
            }
            StmtKind::Do(body, condition) => {
                let body = self.loop_body(body);
                Ok(Stmt::Do(Box::new(body), self.condition(condition)?))
            }
            StmtKind::For(start, condition, step, body) => {
                self.for_statement(start, condition.as_ref(), step, body, span)
            }
            StmtKind::Foreach(target, source, body) => self.foreach(target, source, body, span),
            StmtKind::Return(value) => self.return_statement(value.as_ref(), span),
            StmtKind::Break => {
                let function = self.function()?;
                if function.loops == 0 && function.switches == 0 {
                    let message = match function.finallys {
                        0 => "no enclosing loop or switch out of which to break",
                        _ => LEAVES_FINALLY,
                    };
                    return self.report(Code::EXPRESSION_FLOW, span, message);
                }
                Ok(Stmt::Break(span))
            }
            StmtKind::Continue => {
                let function = self.function()?;
                if function.loops == 0 {
                    let message = if function.finallys == 0 { "no enclosing loop to continue" } else { LEAVES_FINALLY };
                    return self.report(Code::EXPRESSION_FLOW, span, message);
                }
                Ok(Stmt::Continue(span))
            }
            StmtKind::Throw(Some(value)) => Ok(Stmt::Throw(Some(self.exception(value)?))),
            StmtKind::Throw(None) => {
                if self.function()?.handlers == 0 {
                    return self.report(
                        Code::EXPRESSION_CHECK,
                        span,
                        "a throw without a value is allowed in a catch clause only",
                    );
                }
                Ok(Stmt::Throw(None))
            }
            _ => self.rare_statement(statement),
        }
    }

    fn rare_statement(&mut self, statement: &'t ast::Stmt) -> Check<Stmt> {
        let span = statement.span;
        match &statement.kind {
            StmtKind::Try(body, catches, finally) => self.try_statement(body, catches, finally.as_ref()),
            StmtKind::Switch(value, sections) => self.switch(value, sections, span),
            StmtKind::Using(resource, body) => self.using(resource, body, span),
            StmtKind::Lock(target, body) => {
                let value = self.value(target)?;
                if value.ty.is_value_type() {
                    return self.report(Code::EXPRESSION_TYPE_MISMATCH, target.span, "`lock` needs a reference type");
                }
                let body = self.embedded(body);
                Ok(Stmt::Block { fresh: Vec::new(), body: vec![Stmt::Lock(value.node), body], span })
            }
            StmtKind::Checked(checked, block) => {
                let overflow = if *checked { Overflow::Checked } else { Overflow::Unchecked };
                let outer = std::mem::replace(&mut self.overflow, overflow);
                let body = self.block(block, Vec::new());
                self.overflow = outer;
                Ok(body)
            }
            StmtKind::Goto(name) => match self.labels.get(&self.label_key(&name.text)) {
                Some(label) => Ok(Stmt::Goto(*label, span)),
                None => self.report(
                    Code::EXPRESSION_UNKNOWN_NAME,
                    name.span,
                    format!("there is no label `{}` here", name.text),
                ),
            },
            StmtKind::Labeled(name, inner) => {
                let label = self.labels.get(&self.label_key(&name.text)).copied().unwrap_or(0);
                Ok(Stmt::Label(label, Box::new(self.statement(inner)?)))
            }
            StmtKind::GotoCase(target) => self.goto_case(Some(target), span),
            StmtKind::GotoDefault => self.goto_case(None, span),
            _ => Ok(Stmt::Empty),
        }
    }

    fn loop_body(&mut self, body: &'t ast::Stmt) -> Stmt {
        if let Some(function) = self.functions.last_mut() {
            function.loops += 1;
        }
        let body = self.embedded(body);
        if let Some(function) = self.functions.last_mut() {
            function.loops -= 1;
        }
        body
    }

    fn is_var(&self, ty: &TypeRef) -> bool {
        matches!(&ty.kind, TypeKind::Named(path) if path.len() == 1 && path.first().is_some_and(|(name, args)| name.text == "var" && args.is_empty()))
    }

    fn locals(&mut self, ty: &'t TypeRef, declarators: &'t [ast::Declarator], is_const: bool) -> Check<Stmt> {
        let is_var = self.is_var(ty);
        let resolved = if is_var { Ok(Type::Error) } else { self.resolve(ty) };
        if matches!(resolved, Ok(Type::Void)) {
            return self.report(Code::EXPRESSION_CHECK, ty.span, "a variable cannot be of type `void`");
        }
        if is_var && (declarators.len() > 1 || is_const) {
            let _ = self.report::<()>(Code::EXPRESSION_CHECK, ty.span, "`var` declares one variable, and no constant");
        }
        let mut body = Vec::new();
        for declarator in declarators {
            // The name is declared even when its value has findings, so that uses stay quiet.
            match self.declarator(declarator, resolved.clone(), is_var, is_const) {
                Ok(stmt) => body.push(stmt),
                Err(Reported) => {
                    if self.find_name(&declarator.name.text).is_none() {
                        let _ = self.declare(&declarator.name, Type::Error);
                    }
                }
            }
        }
        Ok(match (body.pop(), body.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => {
                body.push(last);
                Stmt::Block { fresh: Vec::new(), body, span: ty.span }
            }
            (None, _) => Stmt::Empty,
        })
    }

    fn declarator(
        &mut self,
        declarator: &'t ast::Declarator,
        ty: Check<Type>,
        is_var: bool,
        is_const: bool,
    ) -> Check<Stmt> {
        let name = &declarator.name;
        let Some(init) = &declarator.init else {
            if is_var || is_const {
                return self.report(Code::EXPRESSION_CHECK, name.span, format!("`{}` must be initialized", name.text));
            }
            let local = self.declare(name, ty.unwrap_or(Type::Error));
            return Ok(Stmt::Declare(self.slot_of(local)));
        };
        if is_var {
            let value = self.var_value(init, name)?;
            let local = self.declare(name, value.ty.clone());
            let slot = self.slot_of(local);
            return Ok(Stmt::Expr(Node::SetLocal(slot, Box::new(value.node))));
        }
        // C# has the name in scope in its own value, so that a lambda may call itself.
        let Ok(ty) = ty else {
            if let DeclaratorInit::Expr(expr) = init {
                let _ = self.bind(expr);
            }
            return Err(Reported);
        };
        if is_const {
            return self.const_local(name, ty, init);
        }
        let local = self.declare(name, ty.clone());
        let value = match init {
            DeclaratorInit::Expr(expr) => self.value_as(expr, &ty)?,
            DeclaratorInit::Array(items, span) => match &ty {
                Type::Array(element, rank) => {
                    let element = (**element).clone();
                    self.array_of(&element, usize::from(*rank), items, *span)?
                }
                _ => return self.report(Code::EXPRESSION_CHECK, *span, "an array initializer needs an array type"),
            },
        };
        let slot = self.slot_of(local);
        Ok(Stmt::Expr(Node::SetLocal(slot, Box::new(value.node))))
    }

    fn var_value(&mut self, init: &'t DeclaratorInit, name: &ast::Name) -> Check<Typed> {
        let DeclaratorInit::Expr(expr) = init else {
            return self.report(
                Code::EXPRESSION_CHECK,
                name.span,
                "cannot initialize a `var` with an array initializer; use `new[] {…}`",
            );
        };
        let bound = self.bind(expr)?;
        let shown = match &bound {
            Bound::Value(value) if matches!(value.ty, Type::Null) => "<null>",
            Bound::Value(value) if matches!(value.ty, Type::Void) => "void",
            Bound::Lambda(..) => "lambda expression",
            Bound::Group(_) => "method group",
            Bound::Default(_) => "default",
            _ => return self.value_of(bound, expr.span),
        };
        let hint = "name the type of the variable";
        let message = format!("cannot assign {shown} to an implicitly-typed variable");
        self.report_hint(Code::EXPRESSION_TYPE_MISMATCH, expr.span, message, Some(hint.to_owned()))
    }

    fn const_local(&mut self, name: &'t ast::Name, ty: Type, init: &'t DeclaratorInit) -> Check<Stmt> {
        let DeclaratorInit::Expr(expr) = init else { return Err(Reported) };
        let value = self.value_as(expr, &ty)?;
        let null = matches!(expr.kind, ExprKind::Literal(ast::Literal::Null));
        let Some(constant) = value.constant.or(null.then_some(Const::Null)) else {
            return self.report(
                Code::EXPRESSION_CHECK,
                expr.span,
                format!("the value of `{}` must be constant", name.text),
            );
        };
        let local = self.declare(name, ty);
        if let Some(local) = self.locals.get_mut(local) {
            local.constant = Some(constant);
        }
        Ok(Stmt::Empty)
    }

    fn for_statement(
        &mut self,
        start: &'t [ast::Stmt],
        condition: Option<&'t Expr>,
        step: &'t [Expr],
        body: &'t ast::Stmt,
        span: Span,
    ) -> Check<Stmt> {
        self.enter_scope();
        let mut parts: Vec<Stmt> = Vec::new();
        for statement in start {
            if let Ok(stmt) = self.statement(statement) {
                parts.push(stmt);
            }
        }
        let condition = condition.map(|condition| self.condition(condition)).transpose();
        let mut steps = Vec::new();
        for expr in step {
            if let Ok(node) = self.statement_expression(expr) {
                steps.push(node);
            }
        }
        let body = Box::new(self.loop_body(body));
        let fresh = self.leave_scope();
        parts.push(Stmt::For { condition: condition?, step: steps, body });
        Ok(Stmt::Block { fresh, body: parts, span })
    }

    /// The type of the items of what `foreach` walks.
    pub(super) fn item_type(&mut self, source: &Typed) -> Check<Type> {
        let ty = &source.ty;
        match ty {
            Type::Array(element, _) => return Ok((**element).clone()),
            Type::Dynamic => return Ok(Type::Dynamic),
            Type::Error => return Err(Reported),
            _ => {}
        }
        if ty.is(known::STRING) {
            return Ok(Type::of(known::CHAR));
        }
        // A class with its own GetEnumerator says what it walks.
        if let Some((member, owner)) = super::member::levels(ty).into_iter().flatten().find_map(|owner| {
            let member = registry().own(owner.def()?, "GetEnumerator").first().copied()?;
            Some((member, owner))
        }) {
            let result = registry().member(member).result.substitute(owner.args());
            if let Some(item) = convert::find_super(&result, known::ENUMERATOR).and_then(|e| e.args().first().cloned())
            {
                return Ok(item);
            }
            // The collections of the time before generics give objects.
            if !owner.is_interface() && convert::find_super(&result, known::PLAIN_ENUMERATOR).is_some() {
                return Ok(Type::object());
            }
        }
        if let Some(found) = convert::find_super(ty, known::ENUMERABLE) {
            return Ok(found.args().first().cloned().unwrap_or_else(Type::object));
        }
        if convert::find_super(ty, known::ENUMERABLE_OBJECT).is_some() {
            return Ok(Type::object());
        }
        let message = format!("foreach cannot walk a value of type `{ty}`: it has no `GetEnumerator`");
        let hint = ty.is(known::OBJECT).then(|| "cast it to what it is, such as `(JArray)x`".to_owned());
        self.report_hint(Code::EXPRESSION_TYPE_MISMATCH, source.span, message, hint)
    }

    fn foreach(&mut self, target: &'t Expr, source: &'t Expr, body: &'t ast::Stmt, span: Span) -> Check<Stmt> {
        let source = self.value(source).and_then(|source| Ok((self.item_type(&source)?, source)));
        self.enter_scope();
        let item = source.as_ref().map_or(Type::Error, |(item, _)| item.clone());
        let slot = self.temporary();
        let prepare = self.foreach_target(target, slot, &item, span);
        let body = Box::new(self.loop_body(body));
        let fresh = self.leave_scope();
        let (_, source) = source?;
        // A JObject is a sequence of tokens, but its own enumerator walks pairs.
        let node = if convert::find_super(&source.ty, known::JOBJECT).is_some() {
            Node::Call(Box::new(crate::program::node::Call {
                native: crate::library::json::container::pairs,
                text: "IEnumerable<KeyValuePair<string, JToken>> GetEnumerator()",
                types: Box::default(),
                args: vec![source.node].into(),
                instance: true,
                constants: None,
            }))
        } else {
            source.node
        };
        Ok(Stmt::Foreach { source: node, slot, fresh, prepare: prepare?, body })
    }

    fn foreach_target(&mut self, target: &'t Expr, slot: u32, item: &Type, span: Span) -> Check<Vec<Node>> {
        let ExprKind::Declaration(ty, name) = &target.kind else {
            if item.is_error() {
                return Err(Reported);
            }
            return self.foreach_deconstruct(target, slot, item);
        };
        let omitted = matches!(ty.kind, TypeKind::Omitted) || self.is_var(ty);
        let declared = if omitted { item.clone() } else { self.resolve(ty).unwrap_or(Type::Error) };
        let local = self.declare(name, declared.clone());
        if let Some(local) = self.locals.get_mut(local) {
            local.read_only = Some("foreach iteration variable");
        }
        if declared.is_error() || item.is_error() {
            return Err(Reported);
        }
        let value = Typed { node: Node::Local(slot, span), ty: item.clone(), constant: None, span: target.span };
        let value = self.cast(Bound::Value(value), &declared, target.span)?;
        Ok(vec![Node::SetLocal(self.slot_of(local), Box::new(value.node))])
    }

    fn return_statement(&mut self, value: Option<&'t Expr>, span: Span) -> Check<Stmt> {
        let function = self.function()?;
        if function.finallys > 0 {
            return self.report(Code::EXPRESSION_FLOW, span, LEAVES_FINALLY);
        }
        let returns = function.returns.clone();
        match value {
            Some(value) => Ok(Stmt::Return(Some(self.return_value(value)?), span)),
            None => match returns {
                Returns::Void | Returns::Infer(..) => Ok(Stmt::Return(None, span)),
                _ => self.report(Code::EXPRESSION_FLOW, span, "`return` must give a value here"),
            },
        }
    }

    fn try_statement(
        &mut self,
        body: &'t ast::Block,
        catches: &'t [ast::Catch],
        finally: Option<&'t ast::Block>,
    ) -> Check<Stmt> {
        let body = Box::new(self.block(body, Vec::new()));
        let mut handlers = Vec::new();
        let mut earlier: Vec<Type> = Vec::new();
        for catch in catches {
            if let Ok(handler) = self.handler(catch, &mut earlier) {
                handlers.push(handler)
            }
        }
        let finally = match finally {
            Some(block) => Some(Box::new(self.finally(block)?)),
            None => None,
        };
        Ok(Stmt::Try { body, handlers, finally })
    }

    /// Nothing may jump out of a finally block: loops and switches around it are out of reach.
    fn finally(&mut self, block: &'t ast::Block) -> Check<Stmt> {
        let function = self.function()?;
        let outside = (std::mem::take(&mut function.loops), std::mem::take(&mut function.switches));
        let cases = std::mem::take(&mut function.cases);
        function.finallys += 1;
        let body = self.block(block, Vec::new());
        let function = self.function()?;
        function.finallys -= 1;
        (function.loops, function.switches) = outside;
        function.cases = cases;
        Ok(body)
    }

    fn handler(&mut self, catch: &'t ast::Catch, earlier: &mut Vec<Type>) -> Check<Handler> {
        let ty = match &catch.ty {
            Some(ty) => {
                let resolved = self.resolve(ty)?;
                if convert::find_super(&resolved, known::EXCEPTION).is_none() {
                    let message = format!("the type caught must be derived from System.Exception, not `{resolved}`");
                    return self.report(Code::EXPRESSION_TYPE_MISMATCH, ty.span, message);
                }
                if earlier.iter().any(|before| convert::is_subtype(&resolved, before)) {
                    let message = format!("an earlier catch clause already catches `{resolved}`");
                    return self.report(Code::EXPRESSION_FLOW, ty.span, message);
                }
                if catch.filter.is_none() {
                    earlier.push(resolved.clone());
                }
                Some(resolved)
            }
            None => None,
        };
        self.enter_scope();
        if let Some(function) = self.functions.last_mut() {
            function.handlers += 1;
        }
        let slot = catch.name.as_ref().map(|name| {
            let local = self.declare(name, ty.clone().unwrap_or_else(|| Type::of(known::EXCEPTION)));
            self.slot_of(local)
        });
        let filter = catch.filter.as_ref().map(|filter| self.condition(filter)).transpose();
        let body = self.block(&catch.body, Vec::new());
        if let Some(function) = self.functions.last_mut() {
            function.handlers -= 1;
        }
        let fresh = self.leave_scope();
        Ok(Handler { ty, slot, fresh, filter: filter?, body })
    }

    fn using(&mut self, resource: &'t ast::Stmt, body: &'t ast::Stmt, span: Span) -> Check<Stmt> {
        self.enter_scope();
        let resources = self.resources(resource);
        let body = self.embedded(body);
        let fresh = self.leave_scope();
        // Each resource is disposed of before those that were made earlier.
        let mut body = body;
        for (slot, value) in resources?.into_iter().rev() {
            let body_disposing = Stmt::Try {
                body: Box::new(body),
                handlers: Vec::new(),
                finally: Some(Box::new(self.dispose(slot, span))),
            };
            let keep = Stmt::Expr(Node::SetLocal(slot, Box::new(value)));
            body = Stmt::Block { fresh: Vec::new(), body: vec![keep, body_disposing], span };
        }
        Ok(Stmt::Block { fresh, body: vec![body], span })
    }

    /// What `using` does at its end: `Dispose` of what is not null.
    fn dispose(&mut self, slot: u32, span: Span) -> Stmt {
        let Some(member) = registry().own(known::DISPOSABLE, "Dispose").first() else { return Stmt::Empty };
        let held = self.temporary();
        let call = self.instance_call(*member, &Type::of(known::DISPOSABLE), vec![Node::Local(held, span)]);
        Stmt::Expr(Node::IfSome(Box::new(Node::Local(slot, span)), held, Box::new(call)))
    }

    fn resources(&mut self, resource: &'t ast::Stmt) -> Check<Vec<(u32, Node)>> {
        let (ty, declarators) = match &resource.kind {
            StmtKind::Expr(expr) => {
                let value = self.value(expr)?;
                self.refuse_undisposable(&value.ty, resource.span)?;
                return Ok(vec![(self.temporary(), value.node)]);
            }
            StmtKind::Local(ty, declarators, _) => (ty, declarators),
            _ => return Err(Reported),
        };
        let mut resources = Vec::new();
        for declarator in declarators {
            let Some(DeclaratorInit::Expr(expr)) = &declarator.init else {
                return self.report(Code::EXPRESSION_CHECK, resource.span, "a using variable must be initialized");
            };
            let value = if self.is_var(ty) {
                self.value(expr)?
            } else {
                let ty = self.resolve(ty)?;
                self.value_as(expr, &ty)?
            };
            self.refuse_undisposable(&value.ty, resource.span)?;
            let local = self.declare(&declarator.name, value.ty);
            if let Some(local) = self.locals.get_mut(local) {
                local.read_only = Some("using variable");
            }
            resources.push((self.slot_of(local), value.node));
        }
        Ok(resources)
    }

    fn refuse_undisposable(&mut self, ty: &Type, span: Span) -> Check<()> {
        if matches!(ty, Type::Null | Type::Dynamic) || convert::find_super(ty, known::DISPOSABLE).is_some() {
            return Ok(());
        }
        let message = format!("`{ty}`: the type used in a using statement must be convertible to `IDisposable`");
        self.report(Code::EXPRESSION_TYPE_MISMATCH, span, message)
    }
}
