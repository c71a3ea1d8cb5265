//! `System.Linq.Enumerable`: deferred sequences and what consumes them.

mod fold;
mod groups;
mod order;
mod sets;
mod shape;
mod table;

pub use groups::Group;
pub use shape::element_at;
pub use table::{FAMILIES, TYPES};

use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{Type, known};
use crate::value::{Cursor, Object, Value};
use order::Order;
use std::any::Any;
use std::rc::Rc;

type Start = dyn Fn(&mut Run<'_>) -> Result<Cursor, Thrown>;

/// A sequence that is computed each time it is walked.
pub struct Lazy {
    item: Type,
    start: Rc<Start>,
    /// The sort keys, where more may be added (`ThenBy`): source, selectors, comparers, directions.
    order: Option<Rc<Order>>,
}

impl Object for Lazy {
    fn type_of(&self) -> Type {
        let id = if self.order.is_some() { known::ORDERED } else { known::ENUMERABLE };
        Type::generic(id, vec![self.item.clone()])
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, _this: &Value, run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        (self.start)(run).map(Some)
    }
}

pub fn lazy(item: Type, start: impl Fn(&mut Run<'_>) -> Result<Cursor, Thrown> + 'static) -> Value {
    Value::object(Lazy { item, start: Rc::new(start), order: None })
}

/// A sequence of items that are there already.
pub fn of_items(item: Type, items: Vec<Value>) -> Value {
    let items: Rc<[Value]> = items.into();
    lazy(item, move |_| {
        let items = Rc::clone(&items);
        let mut at = 0;
        Ok(Box::new(move |_: &mut Run<'_>| {
            at += 1;
            Ok(items.get(at - 1).cloned())
        }))
    })
}

/// A sequence made whole when its first item is asked for.
fn whole(item: Type, make: impl Fn(&mut Run<'_>) -> Result<Vec<Value>, Thrown> + 'static) -> Value {
    let make = Rc::new(make);
    lazy(item, move |_| {
        let make = Rc::clone(&make);
        let mut items: Option<std::vec::IntoIter<Value>> = None;
        Ok(Box::new(move |run: &mut Run<'_>| {
            let items = match &mut items {
                Some(items) => items,
                None => items.insert(make(run)?.into_iter()),
            };
            Ok(items.next())
        }))
    })
}

fn source(a: &Args<'_, '_>, index: usize, name: &str) -> Outcome {
    match a.value(index) {
        Value::Null => Err(Thrown::argument_null(name)),
        value => Ok(value),
    }
}

fn truth(value: &Value) -> bool {
    matches!(value, Value::Bool(true))
}

/// Calls a selector that may take the index too.
fn call(run: &mut Run<'_>, delegate: &Value, item: Value, index: Option<i32>) -> Outcome {
    match index {
        Some(index) => run.invoke(delegate, &[item, Value::Int32(index)]),
        None => run.invoke(delegate, &[item]),
    }
}

/// Maps each item to nothing, or to one.
fn filter_map(
    item: Type,
    source: Value,
    step: impl Fn(&mut Run<'_>, Value, i32) -> Result<Option<Value>, Thrown> + 'static,
) -> Value {
    let step = Rc::new(step);
    lazy(item, move |run| {
        let mut cursor = run.cursor(&source)?;
        let step = Rc::clone(&step);
        let mut index = -1;
        Ok(Box::new(move |run: &mut Run<'_>| {
            while let Some(item) = cursor.next(run)? {
                run.step()?;
                index += 1;
                if let Some(made) = step(run, item, index)? {
                    return Ok(Some(made));
                }
            }
            Ok(None)
        }))
    })
}

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn shapes() {
        check(&[
            ("new[] { 1, 2, 3, 1 }.TakeWhile((x, i) => i < 2)", "[1, 2]"),
            ("new[] { 1, 2, 3, 1 }.SkipWhile((x, i) => x < 3 && i < 1)", "[2, 3, 1]"),
            ("new[] { 1, 2, 3 }.SkipLast(1)", "[1, 2]"),
            ("new[] { 1, 2, 3 }.TakeLast(2)", "[2, 3]"),
            ("new[] { 1, 2, 3 }.TakeLast(-1).Count()", "0"),
            (
                "new[] { 1, 2 }.Zip(new[] { \"a\", \"b\" }, new[] { true, false }).Select(t => t.First + t.Second + t.Third)",
                "[1aTrue, 2bFalse]",
            ),
            ("new[] { 1, 2, 3, 4, 5 }.Chunk(2).Select(c => string.Join(\"\", c))", "[12, 34, 5]"),
            ("new[] { 1 }.Chunk(0)", "!ArgumentOutOfRangeException"),
            ("new[] { \"a\", \"b\" }.Index().Select(p => p.Index + p.Item)", "[0a, 1b]"),
            ("new int[0].DefaultIfEmpty(7)", "[7]"),
            ("new[] { 1 }.DefaultIfEmpty(7)", "[1]"),
            ("new[] { 1, 2 }.Append(3).Prepend(0)", "[0, 1, 2, 3]"),
            ("new[] { 1, 2 }.SelectMany((x, i) => new[] { i, x }, (x, y) => x * 10 + y)", "[10, 11, 21, 22]"),
            ("new object[] { 1, \"a\", 2 }.OfType<int>()", "[1, 2]"),
            ("new object[] { 1, \"a\" }.Cast<int>().Sum()", "!InvalidCastException"),
            ("Enumerable.Range(2147483647, 2)", "!ArgumentOutOfRangeException"),
            ("Enumerable.Repeat(\"x\", 3)", "[x, x, x]"),
            ("((int[])null).Select(x => x)", "!ArgumentNullException"),
            ("new[] { 1 }.Where((Func<int, bool>)null)", "!ArgumentNullException"),
        ]);
    }

    /// What a walk has not reached has not happened.
    #[test]
    fn laziness() {
        check(&[
            (
                "var n = 0; var q = new[] { 1, 2, 3, 4 }.Select(x => { n++; return x; }).Distinct(); q.First(); return n;",
                "1",
            ),
            (
                "var n = 0; var q = new[] { 3, 1, 2 }.Select(x => { n++; return x; }).OrderBy(x => x); var before = n; q.First(); return before + \",\" + n;",
                "0,3",
            ),
            ("var n = 0; new[] { 1, 2, 3 }.Select(x => { n++; return x; }).Append(4).Take(1).ToList(); return n;", "1"),
            ("var n = 0; new[] { 1, 2, 3 }.Select(x => { n++; return x; }).Any(x => x == 2); return n;", "2"),
            (
                "var n = 0; new[] { 1, 2, 3 }.Union(new[] { 4 }.Select(x => { n++; return x; })).Take(3).ToList(); return n;",
                "0",
            ),
            (
                "var l = new List<int> { 1 }; var q = l.Select(x => x * 2); l.Add(2); return string.Join(\",\", q);",
                "2,4",
            ),
            ("var n = 0; new[] { 1, 2, 3, 4 }.Select(x => { n++; return x; }).Chunk(2).First(); return n;", "2"),
            (
                "var n = 0; new[] { 1, 2, 3 }.Select(x => { n++; return x; }).SequenceEqual(new[] { 9, 9 }.Where(x => true)); return n;",
                "1",
            ),
        ]);
    }

    #[test]
    fn groups_and_sets() {
        check(&[
            ("new[] { 1, 2, 3 }.GroupBy(x => x % 2, x => x * 10, (k, v) => k + \":\" + v.Sum())", "[1:40, 0:20]"),
            (
                "new[] { \"a\", \"A\", \"b\" }.GroupBy(x => x, StringComparer.OrdinalIgnoreCase).Select(g => g.Key + g.Count())",
                "[a2, b1]",
            ),
            (
                "new[] { \"a\", \"A\" }.GroupBy(x => x, x => x.Length, (k, v) => k + v.Sum(), StringComparer.OrdinalIgnoreCase)",
                "[a2]",
            ),
            ("new[] { \"a\", \"b\", \"a\" }.CountBy(x => x)", "[[a, 2], [b, 1]]"),
            (
                "new[] { 1, 2, 3 }.AggregateBy(x => x % 2, 0, (t, x) => t + x).Select(p => p.Key + \"=\" + p.Value)",
                "[1=4, 0=2]",
            ),
            ("new[] { 1, 2, 3, 4 }.DistinctBy(x => x % 3)", "[1, 2, 3]"),
            ("new[] { 1, 2, 3, 4 }.ExceptBy(new[] { 0 }, x => x % 2)", "[1]"),
            ("new[] { 1, 2, 3, 4 }.IntersectBy(new[] { 0, 1 }, x => x % 2)", "[1, 2]"),
            ("new[] { 1, 2 }.UnionBy(new[] { 3, 4, 5 }, x => x % 3)", "[1, 2, 3]"),
            ("new[] { 1, 1, 2, 3 }.Except(new[] { 3 })", "[1, 2]"),
            ("new[] { \"a\", \"b\" }.Intersect(new[] { \"B\" }, StringComparer.OrdinalIgnoreCase)", "[b]"),
            (
                "new[] { 1, 2 }.GroupJoin(new[] { 1, 1 }, x => x, y => y, (x, ys) => x + \"x\" + ys.Count())",
                "[1x2, 2x0]",
            ),
            ("new[] { 1, 2, 3 }.ToLookup(x => x % 2)[1].Sum() + new[] { 1 }.ToLookup(x => x)[5].Count()", "4"),
            ("new[] { new KeyValuePair<string, int>(\"a\", 1) }.ToDictionary()[\"a\"]", "1"),
            ("new[] { (\"a\", 1), (\"b\", 2) }.ToDictionary()[\"b\"]", "2"),
            ("new[] { 1, 1 }.ToDictionary(x => x)", "!ArgumentException"),
            ("new string[] { null }.ToDictionary(x => x)", "!ArgumentNullException"),
        ]);
    }

    #[test]
    fn folds() {
        check(&[
            ("new int[0].First()", "!InvalidOperationException"),
            ("new[] { 1, 2 }.Single()", "!InvalidOperationException"),
            ("new[] { 1, 2 }.FirstOrDefault(x => x > 5, 9)", "9"),
            ("new int[0].SingleOrDefault(4)", "4"),
            ("new[] { 1, 2, 3 }.LastOrDefault(x => x < 3)", "2"),
            ("new[] { 1, 2 }.ElementAt(2)", "!ArgumentOutOfRangeException"),
            ("new[] { 1, 2 }.ElementAtOrDefault(-1)", "0"),
            ("new[] { 1, 2 }.Average()", "1.5"),
            ("new int?[] { 1, null }.Average()", "1"),
            ("new int?[] { null }.Max()", "null"),
            ("new int[0].Max()", "!InvalidOperationException"),
            ("new string[0].Max()", "null"),
            ("new[] { int.MaxValue, 1 }.Sum()", "!OverflowException"),
            ("new[] { 1.5m, 2.5m }.Sum()", "4.0"),
            ("new[] { double.NaN, 1.0 }.Min()", "NaN"),
            ("new[] { double.NaN, 1.0 }.Max()", "1"),
            ("new[] { \"bb\", \"a\", \"cc\" }.MaxBy(x => x.Length)", "bb"),
            ("new[] { \"bb\", \"a\" }.MinBy(x => x.Length, Comparer<int>.Default)", "a"),
            ("new[] { \"a\", \"B\" }.Max(StringComparer.Ordinal)", "a"),
            ("new[] { 3, 1, 2 }.Order().ThenByDescending(x => x)", "[1, 2, 3]"),
            ("new[] { \"b\", \"A\" }.OrderDescending(StringComparer.Ordinal)", "[b, A]"),
            ("new[] { 1, 2, 3 }.Aggregate(10, (t, x) => t + x, t => \"=\" + t)", "=16"),
            ("int c; return new List<int> { 1, 2 }.TryGetNonEnumeratedCount(out c) ? c : -1;", "2"),
            ("int c; return new[] { 1 }.Where(x => true).TryGetNonEnumeratedCount(out c) ? c : -1;", "-1"),
        ]);
    }
}
