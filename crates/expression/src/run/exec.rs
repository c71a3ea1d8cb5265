//! Executes statements.

use super::{Outcome, Run, Thrown, values};
use crate::program::node::{Case, Function, Handler, Node, Stmt};
use crate::value::Value;

/// Where control goes after a statement.
enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
    Goto(u32),
    GotoCase(usize),
}

type Executed = Result<Flow, Thrown>;

impl Run<'_> {
    pub(super) fn function_body(&mut self, function: &Function) -> Outcome {
        if let Stmt::Return(Some(node), _) = &function.body {
            return self.eval(node);
        }
        match self.exec(&function.body)? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Value::Null),
        }
    }

    fn exec(&mut self, stmt: &Stmt) -> Executed {
        match stmt {
            Stmt::Expr(node) => {
                self.effect(node)?;
                Ok(Flow::Next)
            }
            Stmt::Block { fresh, body, .. } => {
                if !fresh.is_empty() {
                    self.freshen(fresh);
                }
                self.exec_all(body)
            }
            Stmt::If(condition, then, other) => {
                if self.condition(condition)? {
                    self.exec(then)
                } else {
                    self.exec(other)
                }
            }
            Stmt::Return(value, _) => Ok(Flow::Return(match value {
                Some(node) => self.eval(node)?,
                None => Value::Null,
            })),
            Stmt::Empty => Ok(Flow::Next),
            Stmt::Break(_) => Ok(Flow::Break),
            Stmt::Continue(_) => Ok(Flow::Continue),
            Stmt::While(condition, body) => self.exec_while(Some(condition), &[], body),
            Stmt::For { condition, step, body } => self.exec_while(condition.as_ref(), step, body),
            _ => self.exec_rare(stmt),
        }
    }

    #[inline(never)]
    fn exec_rare(&mut self, stmt: &Stmt) -> Executed {
        match stmt {
            Stmt::Lock(node) => match self.eval(node)? {
                Value::Null => Err(Thrown::argument_null("obj")),
                _ => Ok(Flow::Next),
            },
            Stmt::Declare(slot) => {
                // A shared variable was made when its scope was entered.
                if !matches!(self.raw(*slot), Value::Cell(_)) {
                    self.put(*slot, Value::Null);
                }
                Ok(Flow::Next)
            }
            Stmt::Goto(label, _) => Ok(Flow::Goto(*label)),
            Stmt::GotoCase(section) => Ok(Flow::GotoCase(*section)),
            Stmt::Label(_, inner) => self.exec(inner),
            Stmt::Do(body, condition) => self.exec_do(body, condition),
            Stmt::Foreach { source, slot, fresh, prepare, body } => {
                self.exec_foreach(source, *slot, fresh, prepare, body)
            }
            Stmt::Throw(Some(node)) => {
                let value = self.eval(node)?;
                Err(if value.is_null() { Thrown::null_reference() } else { Thrown::value(value) })
            }
            Stmt::Throw(None) => Err(self.caught.last().cloned().unwrap_or_else(Thrown::null_reference)),
            Stmt::Try { body, handlers, finally } => self.exec_try(body, handlers, finally.as_deref()),
            Stmt::Switch { value, slot, cases, .. } => {
                let value = self.eval(value)?;
                self.store(*slot, value.clone());
                self.exec_switch(&value, cases)
            }
            _ => Ok(Flow::Next),
        }
    }

    fn exec_all(&mut self, body: &[Stmt]) -> Executed {
        let mut at = 0;
        while let Some(stmt) = body.get(at) {
            at += 1;
            match self.exec(stmt)? {
                Flow::Next => {}
                Flow::Goto(label) => match body.iter().position(|stmt| has_label(stmt, label)) {
                    Some(found) => {
                        self.step()?;
                        at = found;
                    }
                    None => return Ok(Flow::Goto(label)),
                },
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn exec_while(&mut self, condition: Option<&Node>, step: &[Node], body: &Stmt) -> Executed {
        loop {
            if let Some(condition) = condition
                && !self.condition(condition)?
            {
                return Ok(Flow::Next);
            }
            self.step()?;
            match self.exec(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                flow => return Ok(flow),
            }
            for node in step {
                self.effect(node)?;
            }
        }
    }

    fn exec_do(&mut self, body: &Stmt, condition: &Node) -> Executed {
        loop {
            self.step()?;
            match self.exec(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                flow => return Ok(flow),
            }
            if !self.condition(condition)? {
                return Ok(Flow::Next);
            }
        }
    }

    fn exec_foreach(&mut self, source: &Node, slot: u32, fresh: &[u32], prepare: &[Node], body: &Stmt) -> Executed {
        let source = self.eval(source)?;
        let mut cursor = self.cursor(&source)?;
        while let Some(item) = cursor.next(self)? {
            self.step()?;
            self.freshen(fresh);
            self.store(slot, item);
            for node in prepare {
                self.effect(node)?;
            }
            match self.exec(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn exec_try(&mut self, body: &Stmt, handlers: &[Handler], finally: Option<&Stmt>) -> Executed {
        let mut result = self.exec(body);
        if let Err(thrown) = &result
            && let Some(exception) = thrown.exception().cloned()
        {
            let thrown = thrown.clone();
            result = match self.find_handler(handlers, &exception) {
                Ok(Some(handler)) => {
                    self.caught.push(thrown);
                    let handled = self.exec(&handler.body);
                    self.caught.pop();
                    handled
                }
                Ok(None) => result,
                Err(abort) => Err(abort),
            };
        }
        // A budget that is used up runs nothing further.
        if let Some(finally) = finally
            && !matches!(&result, Err(thrown) if thrown.exception().is_none())
        {
            self.exec(finally)?;
        }
        result
    }

    fn find_handler<'h>(&mut self, handlers: &'h [Handler], exception: &Value) -> Result<Option<&'h Handler>, Thrown> {
        for handler in handlers {
            if handler.ty.as_ref().is_some_and(|ty| !values::is_instance(exception, ty)) {
                continue;
            }
            self.freshen(&handler.fresh);
            if let Some(slot) = handler.slot {
                self.store(slot, exception.clone());
            }
            let Some(filter) = &handler.filter else { return Ok(Some(handler)) };
            match self.condition(filter) {
                Ok(true) => return Ok(Some(handler)),
                // An exception in a filter counts as false.
                Err(thrown) if thrown.exception().is_none() => return Err(thrown),
                _ => {}
            }
        }
        Ok(None)
    }

    fn exec_switch(&mut self, value: &Value, cases: &[Case]) -> Executed {
        let mut chosen = self.choose(value, cases)?;
        while let Some(case) = chosen.and_then(|index| cases.get(index)) {
            match self.exec_all(&case.body)? {
                Flow::Next | Flow::Break => return Ok(Flow::Next),
                Flow::GotoCase(section) => {
                    self.step()?;
                    chosen = Some(section);
                }
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    fn choose(&mut self, value: &Value, cases: &[Case]) -> Result<Option<usize>, Thrown> {
        let mut default = None;
        for (index, case) in cases.iter().enumerate() {
            self.freshen(&case.fresh);
            for (test, guard) in &case.labels {
                let Some(test) = test else {
                    default = Some(index);
                    continue;
                };
                if !self.test(value, test)? {
                    continue;
                }
                match guard {
                    Some(guard) if !self.condition(guard)? => {}
                    _ => return Ok(Some(index)),
                }
            }
        }
        Ok(default)
    }
}

fn has_label(stmt: &Stmt, wanted: u32) -> bool {
    match stmt {
        Stmt::Label(label, inner) => *label == wanted || has_label(inner, wanted),
        _ => false,
    }
}
