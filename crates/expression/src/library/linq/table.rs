//! The members of `Enumerable` and of the interfaces of its results.

use super::super::list::List;
use super::super::{TypeTable, set};
use super::fold::{self, Pick};
use super::groups::{self, Group, Lookup, Places as Grouping};
use super::order::{order, order_by, then_by};
use super::sets::{Places, SetOp, set_op};
use super::{of_items, shape, source};
use crate::program::node::Operands;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::value::Value;
use std::cmp::Ordering;

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "interface System.Linq.IOrderedEnumerable<out T> : IEnumerable<T>", members: &[] },
    TypeTable {
        decl: "interface System.Linq.IGrouping<out K, out T> : IEnumerable<T>",
        members: &[("K Key", |a| Ok(a.object::<Group>(0)?.key.clone()))],
    },
    TypeTable {
        decl: "interface System.Linq.ILookup<K, T> : IEnumerable<IGrouping<K, T>>",
        members: &[
            ("int Count", |a| {
                let count = crate::value::Object::count(a.object::<Lookup>(0)?);
                Ok(Value::Int32(count.unwrap_or(0) as i32))
            }),
            ("bool Contains(K key)", |a| groups::lookup_items(a).map(|found| Value::Bool(found.is_some()))),
            ("IEnumerable<T> this[K key]", |a| {
                let found = groups::lookup_items(a)?;
                Ok(of_items(a.ty(1), found.unwrap_or_default()))
            }),
        ],
    },
    TypeTable { decl: "static class System.Linq.Enumerable", members: SHAPES },
    TypeTable { decl: "static class System.Linq.Enumerable", members: GROUPS },
    TypeTable { decl: "static class System.Linq.Enumerable", members: FOLDS },
];

fn to_set(a: &mut Args<'_, '_>) -> Outcome {
    let source = source(a, 0, "source")?;
    let (items, item, comparer) = (a.run.collect(&source)?, a.ty(0), a.value(1));
    set::new_set(a.run, item, comparer, items)
}

fn element_at(a: &mut Args<'_, '_>) -> Result<Option<Value>, Thrown> {
    let source = source(a, 0, "source")?;
    let index = i64::from(a.i32(1));
    shape::element_at(a.run, &source, index)
}

static SHAPES: &[(&str, Native)] = &[
    ("static IEnumerable<T> Empty<T>()", |a| Ok(of_items(a.ty(0), Vec::new()))),
    ("static IEnumerable<int> Range(int start, int count)", shape::range),
    ("static IEnumerable<T> Repeat<T>(T element, int count)", shape::repeat),
    ("static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| {
        shape::where_(a, false)
    }),
    ("static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)", |a| {
        shape::where_(a, true)
    }),
    ("static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, R> selector)", |a| {
        shape::select(a, false)
    }),
    ("static IEnumerable<R> Select<T, R>(this IEnumerable<T> source, Func<T, int, R> selector)", |a| {
        shape::select(a, true)
    }),
    ("static IEnumerable<R> SelectMany<T, R>(this IEnumerable<T> source, Func<T, IEnumerable<R>> selector)", |a| {
        shape::select_many(a, false, false)
    }),
    (
        "static IEnumerable<R> SelectMany<T, R>(this IEnumerable<T> source, Func<T, int, IEnumerable<R>> selector)",
        |a| shape::select_many(a, false, true),
    ),
    (
        "static IEnumerable<R> SelectMany<T, C, R>(this IEnumerable<T> source, Func<T, IEnumerable<C>> collectionSelector, Func<T, C, R> resultSelector)",
        |a| shape::select_many(a, true, false),
    ),
    (
        "static IEnumerable<R> SelectMany<T, C, R>(this IEnumerable<T> source, Func<T, int, IEnumerable<C>> collectionSelector, Func<T, C, R> resultSelector)",
        |a| shape::select_many(a, true, true),
    ),
    ("static IEnumerable<T> Take<T>(this IEnumerable<T> source, int count)", shape::take),
    ("static IEnumerable<T> Skip<T>(this IEnumerable<T> source, int count)", shape::skip),
    ("static IEnumerable<T> TakeLast<T>(this IEnumerable<T> source, int count)", shape::take_last),
    ("static IEnumerable<T> SkipLast<T>(this IEnumerable<T> source, int count)", shape::skip_last),
    ("static IEnumerable<T> TakeWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| {
        shape::take_while(a, false)
    }),
    ("static IEnumerable<T> TakeWhile<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)", |a| {
        shape::take_while(a, true)
    }),
    ("static IEnumerable<T> SkipWhile<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| {
        shape::skip_while(a, false)
    }),
    ("static IEnumerable<T> SkipWhile<T>(this IEnumerable<T> source, Func<T, int, bool> predicate)", |a| {
        shape::skip_while(a, true)
    }),
    (
        "static IEnumerable<R> Zip<A, B, R>(this IEnumerable<A> first, IEnumerable<B> second, Func<A, B, R> resultSelector)",
        |a| shape::zip(a, 2, true),
    ),
    ("static IEnumerable<(A First, B Second)> Zip<A, B>(this IEnumerable<A> first, IEnumerable<B> second)", |a| {
        shape::zip(a, 2, false)
    }),
    (
        "static IEnumerable<(A First, B Second, C Third)> Zip<A, B, C>(this IEnumerable<A> first, IEnumerable<B> second, IEnumerable<C> third)",
        |a| shape::zip(a, 3, false),
    ),
    ("static IEnumerable<T> Concat<T>(this IEnumerable<T> first, IEnumerable<T> second)", shape::concat),
    ("static IEnumerable<T> Append<T>(this IEnumerable<T> source, T element)", shape::append),
    ("static IEnumerable<T> Prepend<T>(this IEnumerable<T> source, T element)", shape::prepend),
    ("static IEnumerable<T> Reverse<T>(this IEnumerable<T> source)", shape::reverse),
    ("static IEnumerable<R> Cast<R>(this System.Collections.IEnumerable source)", |a| shape::cast(a, false)),
    ("static IEnumerable<R> OfType<R>(this System.Collections.IEnumerable source)", |a| shape::cast(a, true)),
    ("static IEnumerable<T> AsEnumerable<T>(this IEnumerable<T> source)", |a| Ok(a.value(0))),
    ("static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source)", shape::default_if_empty),
    ("static IEnumerable<T> DefaultIfEmpty<T>(this IEnumerable<T> source, T defaultValue)", shape::default_if_empty),
    ("static IEnumerable<T[]> Chunk<T>(this IEnumerable<T> source, int size)", shape::chunk),
    ("static IEnumerable<(int Index, T Item)> Index<T>(this IEnumerable<T> source)", shape::index),
];

const COMPARED: Places = Places { second: None, key: None, comparer: Some(1) };
const KEYED: Places = Places { second: None, key: Some(1), comparer: None };
const KEYED_COMPARED: Places = Places { second: None, key: Some(1), comparer: Some(2) };
const PAIR: Places = Places { second: Some(1), key: None, comparer: None };
const PAIR_COMPARED: Places = Places { second: Some(1), key: None, comparer: Some(2) };
const PAIR_KEYED: Places = Places { second: Some(1), key: Some(2), comparer: None };
const PAIR_KEYED_COMPARED: Places = Places { second: Some(1), key: Some(2), comparer: Some(3) };

/// Four entries of a set operation on two sequences.
macro_rules! pair_op {
    ($name:literal, $by:literal, $other:literal, $op:expr) => {
        [
            (concat!("static IEnumerable<T> ", $name, "<T>(this IEnumerable<T> first, IEnumerable<T> second)"), |a| {
                set_op(a, $op, PAIR)
            }),
            (
                concat!(
                    "static IEnumerable<T> ",
                    $name,
                    "<T>(this IEnumerable<T> first, IEnumerable<T> second, IEqualityComparer<T> comparer)"
                ),
                |a| set_op(a, $op, PAIR_COMPARED),
            ),
            (
                concat!(
                    "static IEnumerable<T> ",
                    $by,
                    "<T, K>(this IEnumerable<T> first, IEnumerable<",
                    $other,
                    "> second, Func<T, K> keySelector)"
                ),
                |a| set_op(a, $op, PAIR_KEYED),
            ),
            (
                concat!(
                    "static IEnumerable<T> ",
                    $by,
                    "<T, K>(this IEnumerable<T> first, IEnumerable<",
                    $other,
                    "> second, Func<T, K> keySelector, IEqualityComparer<K> comparer)"
                ),
                |a| set_op(a, $op, PAIR_KEYED_COMPARED),
            ),
        ]
    };
}

static UNION: [(&str, Native); 4] = pair_op!("Union", "UnionBy", "T", SetOp::Union);
static INTERSECT: [(&str, Native); 4] = pair_op!("Intersect", "IntersectBy", "K", SetOp::Intersect);
static EXCEPT: [(&str, Native); 4] = pair_op!("Except", "ExceptBy", "K", SetOp::Except);

/// Two entries of a sort by keys: with and without a comparer.
macro_rules! sort_by {
    ($name:literal, $source:literal, $work:ident, $descending:literal) => {
        [
            (
                concat!(
                    "static IOrderedEnumerable<T> ",
                    $name,
                    "<T, K>(this ",
                    $source,
                    "<T> source, Func<T, K> keySelector)"
                ),
                |a| $work(a, $descending),
            ),
            (
                concat!(
                    "static IOrderedEnumerable<T> ",
                    $name,
                    "<T, K>(this ",
                    $source,
                    "<T> source, Func<T, K> keySelector, IComparer<K> comparer)"
                ),
                |a| $work(a, $descending),
            ),
        ]
    };
}

static ORDER_BY: [(&str, Native); 2] = sort_by!("OrderBy", "IEnumerable", order_by, false);
static ORDER_BY_DESCENDING: [(&str, Native); 2] = sort_by!("OrderByDescending", "IEnumerable", order_by, true);
static THEN_BY: [(&str, Native); 2] = sort_by!("ThenBy", "IOrderedEnumerable", then_by, false);
static THEN_BY_DESCENDING: [(&str, Native); 2] = sort_by!("ThenByDescending", "IOrderedEnumerable", then_by, true);

pub static FAMILIES: &[TypeTable] = &[
    TypeTable { decl: "static class System.Linq.Enumerable", members: &UNION },
    TypeTable { decl: "static class System.Linq.Enumerable", members: &INTERSECT },
    TypeTable { decl: "static class System.Linq.Enumerable", members: &EXCEPT },
    TypeTable { decl: "static class System.Linq.Enumerable", members: &ORDER_BY },
    TypeTable { decl: "static class System.Linq.Enumerable", members: &ORDER_BY_DESCENDING },
    TypeTable { decl: "static class System.Linq.Enumerable", members: &THEN_BY },
    TypeTable { decl: "static class System.Linq.Enumerable", members: &THEN_BY_DESCENDING },
    TypeTable { decl: "static class System.Linq.Enumerable", members: AGGREGATES },
];

static GROUPS: &[(&str, Native)] = &[
    ("static IOrderedEnumerable<T> Order<T>(this IEnumerable<T> source)", |a| order(a, false)),
    ("static IOrderedEnumerable<T> Order<T>(this IEnumerable<T> source, IComparer<T> comparer)", |a| order(a, false)),
    ("static IOrderedEnumerable<T> OrderDescending<T>(this IEnumerable<T> source)", |a| order(a, true)),
    ("static IOrderedEnumerable<T> OrderDescending<T>(this IEnumerable<T> source, IComparer<T> comparer)", |a| {
        order(a, true)
    }),
    ("static IEnumerable<T> Distinct<T>(this IEnumerable<T> source)", |a| {
        set_op(a, SetOp::Distinct, Places::default())
    }),
    ("static IEnumerable<T> Distinct<T>(this IEnumerable<T> source, IEqualityComparer<T> comparer)", |a| {
        set_op(a, SetOp::Distinct, COMPARED)
    }),
    ("static IEnumerable<T> DistinctBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        set_op(a, SetOp::Distinct, KEYED)
    }),
    (
        "static IEnumerable<T> DistinctBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IEqualityComparer<K> comparer)",
        |a| set_op(a, SetOp::Distinct, KEYED_COMPARED),
    ),
    ("static IEnumerable<IGrouping<K, T>> GroupBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        groups::group_by(a, Grouping::default())
    }),
    (
        "static IEnumerable<IGrouping<K, T>> GroupBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IEqualityComparer<K> comparer)",
        |a| groups::group_by(a, Grouping { comparer: Some(2), ..Grouping::default() }),
    ),
    (
        "static IEnumerable<IGrouping<K, E>> GroupBy<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector)",
        |a| groups::group_by(a, Grouping { element: Some(2), ..Grouping::default() }),
    ),
    (
        "static IEnumerable<IGrouping<K, E>> GroupBy<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector, IEqualityComparer<K> comparer)",
        |a| groups::group_by(a, Grouping { element: Some(2), result: None, comparer: Some(3) }),
    ),
    (
        "static IEnumerable<R> GroupBy<T, K, R>(this IEnumerable<T> source, Func<T, K> keySelector, Func<K, IEnumerable<T>, R> resultSelector)",
        |a| groups::group_by(a, Grouping { result: Some(2), ..Grouping::default() }),
    ),
    (
        "static IEnumerable<R> GroupBy<T, K, R>(this IEnumerable<T> source, Func<T, K> keySelector, Func<K, IEnumerable<T>, R> resultSelector, IEqualityComparer<K> comparer)",
        |a| groups::group_by(a, Grouping { element: None, result: Some(2), comparer: Some(3) }),
    ),
    (
        "static IEnumerable<R> GroupBy<T, K, E, R>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector, Func<K, IEnumerable<E>, R> resultSelector)",
        |a| groups::group_by(a, Grouping { element: Some(2), result: Some(3), comparer: None }),
    ),
    (
        "static IEnumerable<R> GroupBy<T, K, E, R>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector, Func<K, IEnumerable<E>, R> resultSelector, IEqualityComparer<K> comparer)",
        |a| groups::group_by(a, Grouping { element: Some(2), result: Some(3), comparer: Some(4) }),
    ),
    (
        "static IEnumerable<R> Join<T, I, K, R>(this IEnumerable<T> outer, IEnumerable<I> inner, Func<T, K> outerKeySelector, Func<I, K> innerKeySelector, Func<T, I, R> resultSelector)",
        |a| groups::join(a, false),
    ),
    (
        "static IEnumerable<R> Join<T, I, K, R>(this IEnumerable<T> outer, IEnumerable<I> inner, Func<T, K> outerKeySelector, Func<I, K> innerKeySelector, Func<T, I, R> resultSelector, IEqualityComparer<K> comparer)",
        |a| groups::join(a, false),
    ),
    (
        "static IEnumerable<R> GroupJoin<T, I, K, R>(this IEnumerable<T> outer, IEnumerable<I> inner, Func<T, K> outerKeySelector, Func<I, K> innerKeySelector, Func<T, IEnumerable<I>, R> resultSelector)",
        |a| groups::join(a, true),
    ),
    (
        "static IEnumerable<R> GroupJoin<T, I, K, R>(this IEnumerable<T> outer, IEnumerable<I> inner, Func<T, K> outerKeySelector, Func<I, K> innerKeySelector, Func<T, IEnumerable<I>, R> resultSelector, IEqualityComparer<K> comparer)",
        |a| groups::join(a, true),
    ),
    (
        "static IEnumerable<KeyValuePair<K, int>> CountBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IEqualityComparer<K> keyComparer = null)",
        |a| groups::fold_by(a, None, 2, false),
    ),
    (
        "static IEnumerable<KeyValuePair<K, A>> AggregateBy<T, K, A>(this IEnumerable<T> source, Func<T, K> keySelector, A seed, Func<A, T, A> func, IEqualityComparer<K> keyComparer = null)",
        |a| groups::fold_by(a, Some((2, 3)), 4, false),
    ),
    (
        "static IEnumerable<KeyValuePair<K, A>> AggregateBy<T, K, A>(this IEnumerable<T> source, Func<T, K> keySelector, Func<K, A> seedSelector, Func<A, T, A> func, IEqualityComparer<K> keyComparer = null)",
        |a| groups::fold_by(a, Some((2, 3)), 4, true),
    ),
    (
        "static Dictionary<K, V> ToDictionary<K, V>(this IEnumerable<KeyValuePair<K, V>> source)",
        groups::pairs_to_dictionary,
    ),
    (
        "static Dictionary<K, V> ToDictionary<K, V>(this IEnumerable<KeyValuePair<K, V>> source, IEqualityComparer<K> comparer)",
        groups::pairs_to_dictionary,
    ),
    (
        "static Dictionary<K, V> ToDictionary<K, V>(this IEnumerable<(K Key, V Value)> source)",
        groups::pairs_to_dictionary,
    ),
    (
        "static Dictionary<K, V> ToDictionary<K, V>(this IEnumerable<(K Key, V Value)> source, IEqualityComparer<K> comparer)",
        groups::pairs_to_dictionary,
    ),
    ("static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        groups::to_dictionary(a, None, None)
    }),
    (
        "static Dictionary<K, T> ToDictionary<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IEqualityComparer<K> comparer)",
        |a| groups::to_dictionary(a, None, Some(2)),
    ),
    (
        "static Dictionary<K, E> ToDictionary<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector)",
        |a| groups::to_dictionary(a, Some(2), None),
    ),
    (
        "static Dictionary<K, E> ToDictionary<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector, IEqualityComparer<K> comparer)",
        |a| groups::to_dictionary(a, Some(2), Some(3)),
    ),
    ("static ILookup<K, T> ToLookup<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        groups::to_lookup(a, None, None)
    }),
    (
        "static ILookup<K, T> ToLookup<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IEqualityComparer<K> comparer)",
        |a| groups::to_lookup(a, None, Some(2)),
    ),
    (
        "static ILookup<K, E> ToLookup<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector)",
        |a| groups::to_lookup(a, Some(2), None),
    ),
    (
        "static ILookup<K, E> ToLookup<T, K, E>(this IEnumerable<T> source, Func<T, K> keySelector, Func<T, E> elementSelector, IEqualityComparer<K> comparer)",
        |a| groups::to_lookup(a, Some(2), Some(3)),
    ),
];

static FOLDS: &[(&str, Native)] = &[
    ("static T First<T>(this IEnumerable<T> source)", |a| fold::picked(a, Pick::First)),
    ("static T First<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| fold::picked(a, Pick::First)),
    ("static T FirstOrDefault<T>(this IEnumerable<T> source)", |a| fold::picked_or(a, Pick::First, false, None)),
    ("static T FirstOrDefault<T>(this IEnumerable<T> source, T defaultValue)", |a| {
        fold::picked_or(a, Pick::First, false, Some(1))
    }),
    ("static T FirstOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| {
        fold::picked_or(a, Pick::First, true, None)
    }),
    ("static T FirstOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate, T defaultValue)", |a| {
        fold::picked_or(a, Pick::First, true, Some(2))
    }),
    ("static T Last<T>(this IEnumerable<T> source)", |a| fold::picked(a, Pick::Last)),
    ("static T Last<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| fold::picked(a, Pick::Last)),
    ("static T LastOrDefault<T>(this IEnumerable<T> source)", |a| fold::picked_or(a, Pick::Last, false, None)),
    ("static T LastOrDefault<T>(this IEnumerable<T> source, T defaultValue)", |a| {
        fold::picked_or(a, Pick::Last, false, Some(1))
    }),
    ("static T LastOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| {
        fold::picked_or(a, Pick::Last, true, None)
    }),
    ("static T LastOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate, T defaultValue)", |a| {
        fold::picked_or(a, Pick::Last, true, Some(2))
    }),
    ("static T Single<T>(this IEnumerable<T> source)", |a| fold::picked(a, Pick::Single)),
    ("static T Single<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| fold::picked(a, Pick::Single)),
    ("static T SingleOrDefault<T>(this IEnumerable<T> source)", |a| fold::picked_or(a, Pick::Single, false, None)),
    ("static T SingleOrDefault<T>(this IEnumerable<T> source, T defaultValue)", |a| {
        fold::picked_or(a, Pick::Single, false, Some(1))
    }),
    ("static T SingleOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| {
        fold::picked_or(a, Pick::Single, true, None)
    }),
    ("static T SingleOrDefault<T>(this IEnumerable<T> source, Func<T, bool> predicate, T defaultValue)", |a| {
        fold::picked_or(a, Pick::Single, true, Some(2))
    }),
    ("static T ElementAt<T>(this IEnumerable<T> source, int index)", |a| element_at(a)?.ok_or_else(Thrown::bad_index)),
    ("static T ElementAtOrDefault<T>(this IEnumerable<T> source, int index)", |a| {
        Ok(element_at(a)?.unwrap_or_else(|| crate::run::default_value(&a.ty(0))))
    }),
    ("static bool Any<T>(this IEnumerable<T> source)", fold::any),
    ("static bool Any<T>(this IEnumerable<T> source, Func<T, bool> predicate)", fold::any),
    ("static bool All<T>(this IEnumerable<T> source, Func<T, bool> predicate)", fold::all),
    ("static int Count<T>(this IEnumerable<T> source)", |a| Ok(Value::Int32(fold::count(a)? as i32))),
    ("static int Count<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| {
        Ok(Value::Int32(fold::count(a)? as i32))
    }),
    ("static long LongCount<T>(this IEnumerable<T> source)", |a| Ok(Value::Int64(fold::count(a)?))),
    ("static long LongCount<T>(this IEnumerable<T> source, Func<T, bool> predicate)", |a| {
        Ok(Value::Int64(fold::count(a)?))
    }),
    ("static bool TryGetNonEnumeratedCount<T>(this IEnumerable<T> source, out int count)", fold::try_count),
    ("static bool Contains<T>(this IEnumerable<T> source, T value)", fold::contains),
    ("static bool Contains<T>(this IEnumerable<T> source, T value, IEqualityComparer<T> comparer)", fold::contains),
    ("static bool SequenceEqual<T>(this IEnumerable<T> first, IEnumerable<T> second)", fold::sequence_equal),
    (
        "static bool SequenceEqual<T>(this IEnumerable<T> first, IEnumerable<T> second, IEqualityComparer<T> comparer)",
        fold::sequence_equal,
    ),
    ("static T Aggregate<T>(this IEnumerable<T> source, Func<T, T, T> func)", fold::aggregate),
    ("static A Aggregate<T, A>(this IEnumerable<T> source, A seed, Func<A, T, A> func)", fold::aggregate),
    (
        "static R Aggregate<T, A, R>(this IEnumerable<T> source, A seed, Func<A, T, A> func, Func<A, R> resultSelector)",
        fold::aggregate,
    ),
    ("static T[] ToArray<T>(this IEnumerable<T> source)", fold::to_array),
    ("static List<T> ToList<T>(this IEnumerable<T> source)", |a| {
        let source = source(a, 0, "source")?;
        let items = a.run.collect(&source)?;
        Ok(Value::object(List::new(a.ty(0), items)))
    }),
    ("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source)", to_set),
    ("static HashSet<T> ToHashSet<T>(this IEnumerable<T> source, IEqualityComparer<T> comparer)", to_set),
    ("static T Max<T>(this IEnumerable<T> source)", |a| fold::extreme(a, Ordering::Greater, 0, None)),
    ("static T Max<T>(this IEnumerable<T> source, IComparer<T> comparer)", |a| {
        fold::extreme(a, Ordering::Greater, 0, Some(1))
    }),
    ("static R Max<T, R>(this IEnumerable<T> source, Func<T, R> selector)", |a| {
        fold::extreme(a, Ordering::Greater, 1, None)
    }),
    ("static T Min<T>(this IEnumerable<T> source)", |a| fold::extreme(a, Ordering::Less, 0, None)),
    ("static T Min<T>(this IEnumerable<T> source, IComparer<T> comparer)", |a| {
        fold::extreme(a, Ordering::Less, 0, Some(1))
    }),
    ("static R Min<T, R>(this IEnumerable<T> source, Func<T, R> selector)", |a| {
        fold::extreme(a, Ordering::Less, 1, None)
    }),
    ("static T MaxBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        fold::extreme_by(a, Ordering::Greater)
    }),
    ("static T MaxBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IComparer<K> comparer)", |a| {
        fold::extreme_by(a, Ordering::Greater)
    }),
    ("static T MinBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector)", |a| {
        fold::extreme_by(a, Ordering::Less)
    }),
    ("static T MinBy<T, K>(this IEnumerable<T> source, Func<T, K> keySelector, IComparer<K> comparer)", |a| {
        fold::extreme_by(a, Ordering::Less)
    }),
];

macro_rules! aggregates {
    ($(($ty:literal, $average:literal, $operands:expr, $zero:expr)),* $(,)?) => {
        &[$(
            (concat!("static ", $ty, " Sum(this IEnumerable<", $ty, "> source)"), |a| fold::sum_of(a, $operands, $zero)),
            (concat!("static ", $ty, "? Sum(this IEnumerable<", $ty, "?> source)"), |a| fold::sum_of(a, $operands, $zero)),
            (concat!("static ", $ty, " Sum<T>(this IEnumerable<T> source, Func<T, ", $ty, "> selector)"), |a| fold::sum_of(a, $operands, $zero)),
            (concat!("static ", $ty, "? Sum<T>(this IEnumerable<T> source, Func<T, ", $ty, "?> selector)"), |a| fold::sum_of(a, $operands, $zero)),
            (concat!("static ", $average, " Average(this IEnumerable<", $ty, "> source)"), |a| fold::average_of(a, average($operands), false)),
            (concat!("static ", $average, "? Average(this IEnumerable<", $ty, "?> source)"), |a| fold::average_of(a, average($operands), true)),
            (concat!("static ", $average, " Average<T>(this IEnumerable<T> source, Func<T, ", $ty, "> selector)"), |a| fold::average_of(a, average($operands), false)),
            (concat!("static ", $average, "? Average<T>(this IEnumerable<T> source, Func<T, ", $ty, "?> selector)"), |a| fold::average_of(a, average($operands), true)),
        )*]
    };
}

/// Integers are averaged through their exact sum.
fn average(operands: Operands) -> Operands {
    match operands {
        Operands::Int32 | Operands::Int64 => Operands::Int64,
        other => other,
    }
}

static AGGREGATES: &[(&str, Native)] = aggregates![
    ("int", "double", Operands::Int32, Value::Int32(0)),
    ("long", "double", Operands::Int64, Value::Int64(0)),
    ("float", "float", Operands::Single, Value::Single(0.0)),
    ("double", "double", Operands::Double, Value::Double(0.0)),
    ("decimal", "decimal", Operands::Decimal, Value::Decimal(rust_decimal::Decimal::ZERO)),
];
