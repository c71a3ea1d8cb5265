//! Set operations: by the items themselves or by keys, under a comparer.

use super::super::set;
use super::{lazy, source};
use crate::run::{Args, Outcome, Run};
use crate::types::Type;
use crate::value::{Cursor, Value};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SetOp {
    Distinct,
    Union,
    Intersect,
    Except,
}

/// Where the second sequence, the key selector and the comparer stand.
#[derive(Clone, Copy, Default)]
pub struct Places {
    pub second: Option<usize>,
    pub key: Option<usize>,
    pub comparer: Option<usize>,
}

pub fn set_op(a: &mut Args<'_, '_>, op: SetOp, places: Places) -> Outcome {
    let first = source(a, 0, if op == SetOp::Distinct { "source" } else { "first" })?;
    let second = places.second.map(|at| source(a, at, "second")).transpose()?;
    let key = places.key.map(|at| source(a, at, "keySelector")).transpose()?;
    let comparer = places.comparer.map(|at| a.value(at)).unwrap_or_default();
    Ok(lazy(a.ty(0), move |run| {
        let mut walk = Walk {
            op,
            first: run.cursor(&first)?,
            second: second.clone(),
            key: key.clone(),
            seen: set::new_set(run, Type::object(), comparer.clone(), Vec::new())?,
            started: false,
        };
        Ok(Box::new(move |run: &mut Run<'_>| walk.next(run)))
    }))
}

struct Walk {
    op: SetOp,
    first: Cursor,
    second: Option<Value>,
    key: Option<Value>,
    seen: Value,
    started: bool,
}

impl Walk {
    fn next(&mut self, run: &mut Run<'_>) -> Result<Option<Value>, crate::run::Thrown> {
        let removes = matches!(self.op, SetOp::Intersect | SetOp::Except);
        if removes && !std::mem::replace(&mut self.started, true) {
            // `IntersectBy` and `ExceptBy` take keys as the second sequence.
            let mut others = run.cursor(&self.second.take().unwrap_or_default())?;
            while let Some(other) = others.next(run)? {
                run.step()?;
                set::add(run, &self.seen, other)?;
            }
        }
        loop {
            while let Some(item) = self.first.next(run)? {
                run.step()?;
                let key = match &self.key {
                    Some(key) => run.invoke(key, std::slice::from_ref(&item))?,
                    None => item.clone(),
                };
                let keep = match self.op {
                    SetOp::Intersect => set::remove(run, &self.seen, &key)?,
                    _ => set::add(run, &self.seen, key)?,
                };
                if keep {
                    return Ok(Some(item));
                }
            }
            match self.second.take() {
                Some(second) => self.first = run.cursor(&second)?,
                None => return Ok(None),
            }
        }
    }
}
