//! `System.Text.RegularExpressions`: `Regex` and its options. What it finds is in `captures`.

mod captures;

use super::TypeTable;
use super::array::Array;
use crate::dotnet::data::error::DotnetError;
use crate::dotnet::data::regex::{Match, MatchTimeout, Regex, RegexOptions, Replacement};
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::{Type, known};
use crate::value::{Object, Str, Value};
pub use captures::TYPES as CAPTURES;
use captures::{Found, MatchCollection, MatchObject, Subject};
use smol_str::SmolStr;
use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Backtracking steps that one step of a run's budget pays for.
const STEPS_PER_STEP: u64 = 8;
/// Backtracking steps of one call: some seconds, after which .NET's own timeout would be welcome.
const CALL_STEPS_MAX: u64 = 50_000_000;
/// Patterns that a thread keeps compiled, in each of two generations.
const CACHED_MAX: usize = 256;
/// UTF-8 bytes of a pattern that is worth keeping.
const CACHED_BYTES_MAX: usize = 4096;
/// Bytes that a match and each of its groups take.
const MATCH_BYTES: usize = 64;
/// `Regex.InfiniteMatchTimeout` in ticks.
const INFINITE: i64 = -10_000;
/// The longest timeout that .NET takes, in ticks.
const TIMEOUT_MAX: i64 = 21_474_836_470_000;

/// `new Regex(…)`.
struct RegexObject {
    regex: Rc<Regex>,
    /// Ticks.
    timeout: i64,
}

impl Object for RegexObject {
    fn type_of(&self) -> Type {
        Type::named("System.Text.RegularExpressions.Regex")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.regex.pattern().to_owned())
    }
}

type Patterns = HashMap<(SmolStr, u32), Rc<Regex>>;

/// Compiled patterns; the older half goes when the younger one is full.
#[derive(Default)]
struct Cache {
    young: Patterns,
    old: Patterns,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

impl Cache {
    fn get(&mut self, key: &(SmolStr, u32)) -> Option<Rc<Regex>> {
        if let Some(found) = self.young.get(key) {
            return Some(Rc::clone(found));
        }
        let found = self.old.remove(key)?;
        self.put(key.clone(), Rc::clone(&found));
        Some(found)
    }

    fn put(&mut self, key: (SmolStr, u32), regex: Rc<Regex>) {
        if self.young.len() >= CACHED_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, regex);
    }
}

/// A pattern, compiled once a thread.
fn compiled(run: &mut Run<'_>, pattern: &Str, options: u32) -> Result<Rc<Regex>, Thrown> {
    let key = (pattern.smol().clone(), options);
    if let Some(found) = CACHE.with_borrow_mut(|cache| cache.get(&key)) {
        return Ok(found);
    }
    run.steps(pattern.as_str().len())?;
    let regex = Rc::new(Regex::new(pattern.as_str(), RegexOptions(options))?);
    if pattern.as_str().len() <= CACHED_BYTES_MAX {
        CACHE.with_borrow_mut(|cache| cache.put(key, Rc::clone(&regex)));
    }
    Ok(regex)
}

/// Runs a search within what is left of the run's budget.
fn search<T>(run: &mut Run<'_>, work: impl FnOnce(&mut u64) -> Result<T, MatchTimeout>) -> Result<T, Thrown> {
    let given = run.steps_left().saturating_mul(STEPS_PER_STEP).min(CALL_STEPS_MAX);
    let mut left = given;
    let result = work(&mut left);
    run.steps(((given - left) / STEPS_PER_STEP) as usize)?;
    result.map_err(|timeout| DotnetError::from(timeout).into())
}

/// One call: the pattern, its input, and the place of the first argument after them.
struct Call {
    regex: Rc<Regex>,
    input: Str,
    rest: usize,
}

impl Call {
    /// `regex.M(input, …)`.
    fn instance(a: &Args<'_, '_>) -> Result<Call, Thrown> {
        let regex = Rc::clone(&a.object::<RegexObject>(0)?.regex);
        Ok(Call { regex, input: a.text(1, "input")?.clone(), rest: 2 })
    }

    /// `Regex.M(input, pattern, …)`: options and timeout stand last, wherever that is.
    fn of_type(a: &mut Args<'_, '_>) -> Result<Call, Thrown> {
        let input = a.text(0, "input")?.clone();
        let pattern = a.text(1, "pattern")?.clone();
        let (options, _) = settings(a)?;
        Ok(Call { regex: compiled(a.run, &pattern, options)?, input, rest: 2 })
    }

    /// `startat` at an argument; the pattern's own start when there is none.
    fn start(&self, a: &Args<'_, '_>, at: usize) -> Result<usize, Thrown> {
        let length = self.input.len();
        let Some(Value::Int32(start)) = a.args.get(at) else {
            return Ok(if self.regex.is_right_to_left() { length } else { 0 });
        };
        usize::try_from(*start).ok().filter(|start| *start <= length).ok_or_else(|| {
            Thrown::out_of_range("Start index cannot be less than 0 or greater than input length.", "startat")
        })
    }

    fn subject(&self, run: &mut Run<'_>) -> Result<Rc<Subject>, Thrown> {
        run.charge(self.input.as_str().len() * 2)?;
        Ok(Subject::new(self.input.clone()))
    }

    /// Up to `count` matches, each paid for.
    fn matches(&self, run: &mut Run<'_>, text: &[u16], start: usize, count: usize) -> Result<Vec<Match>, Thrown> {
        let bytes = MATCH_BYTES * (1 + self.regex.groups().len());
        let mut found = Vec::new();
        let mut current = if count == 0 { None } else { search(run, |steps| self.regex.find_at(text, start, steps))? };
        while let Some(matched) = current {
            run.charge(bytes)?;
            current = if found.len() + 1 < count {
                search(run, |steps| self.regex.next(text, &matched, steps))?
            } else {
                None
            };
            found.push(matched);
        }
        Ok(found)
    }
}

/// `RegexOptions` and the timeout among the arguments.
fn settings(a: &Args<'_, '_>) -> Result<(u32, i64), Thrown> {
    let (mut options, mut timeout) = (0, INFINITE);
    for arg in a.args {
        match arg {
            Value::Enum(_, number) => options = *number as u32,
            Value::TimeSpan(ticks) => timeout = *ticks,
            _ => {}
        }
    }
    if timeout != INFINITE && !(1..TIMEOUT_MAX).contains(&timeout) {
        return Err(Thrown::out_of_range("Specified argument was out of the range of valid values.", "matchTimeout"));
    }
    Ok((options, timeout))
}

/// `count` of `Replace`: -1 is no limit.
fn count_of(a: &Args<'_, '_>, at: usize) -> Result<usize, Thrown> {
    match a.args.get(at) {
        Some(Value::Int32(count)) if *count < -1 => Err(Thrown::out_of_range("Count cannot be less than -1.", "count")),
        Some(Value::Int32(count)) => Ok(usize::try_from(*count).unwrap_or(usize::MAX)),
        _ => Ok(usize::MAX),
    }
}

fn create(a: &mut Args<'_, '_>) -> Outcome {
    let pattern = a.text(0, "pattern")?.clone();
    let (options, timeout) = settings(a)?;
    let regex = compiled(a.run, &pattern, options)?;
    Ok(Value::object(RegexObject { regex, timeout }))
}

fn is_match(a: &mut Args<'_, '_>, call: &Call) -> Outcome {
    let start = call.start(a, call.rest)?;
    let units = call.input.units().to_vec();
    let found = search(a.run, |steps| call.regex.find_at(&units, start, steps))?;
    Ok(Value::Bool(found.is_some()))
}

fn find(a: &mut Args<'_, '_>, call: &Call) -> Outcome {
    let subject = call.subject(a.run)?;
    let matched = if let (Some(Value::Int32(beginning)), Some(Value::Int32(length))) =
        (a.args.get(call.rest), a.args.get(call.rest + 1))
    {
        find_in_part(a.run, call, &subject, *beginning, *length)?
    } else {
        let start = call.start(a, call.rest)?;
        search(a.run, |steps| call.regex.find_at(&subject.units, start, steps))?
    };
    Ok(MatchObject::value(Rc::clone(&call.regex), subject, matched))
}

/// `Match(input, beginning, length)`: the part is all that the pattern sees.
fn find_in_part(
    run: &mut Run<'_>,
    call: &Call,
    subject: &Subject,
    beginning: i32,
    length: i32,
) -> Result<Option<Match>, Thrown> {
    let out = |name: &str| Thrown::out_of_range("Specified argument was out of the range of valid values.", name);
    let beginning = usize::try_from(beginning).ok().filter(|at| *at <= subject.units.len());
    let beginning = beginning.ok_or_else(|| out("beginning"))?;
    let length = usize::try_from(length).map_err(|_| out("length"))?;
    let part = subject.units.get(beginning..beginning.saturating_add(length)).ok_or_else(|| out("length"))?;
    let mut found = search(run, |steps| call.regex.find(part, steps))?;
    for capture in found.iter_mut().flat_map(|matched| matched.captures.iter_mut().flatten()) {
        capture.index += beginning;
    }
    Ok(found)
}

fn matches(a: &mut Args<'_, '_>, call: &Call) -> Outcome {
    let start = call.start(a, call.rest)?;
    let subject = call.subject(a.run)?;
    let found = call.matches(a.run, &subject.units, start, usize::MAX)?;
    let found = found.into_iter().map(|matched| Found::new(&call.regex, &subject, matched));
    Ok(Value::object(MatchCollection(found.collect())))
}

fn count(a: &mut Args<'_, '_>, call: &Call) -> Outcome {
    let start = call.start(a, call.rest)?;
    let units = call.input.units().to_vec();
    let mut current = search(a.run, |steps| call.regex.find_at(&units, start, steps))?;
    let mut count = 0;
    while let Some(matched) = current {
        a.run.step()?;
        count += 1;
        current = search(a.run, |steps| call.regex.next(&units, &matched, steps))?;
    }
    Ok(Value::Int32(count))
}

/// `Replace` with a text or an evaluator at `with`; count and start follow it.
fn replace(a: &mut Args<'_, '_>, call: &Call, with: usize) -> Outcome {
    let replacement = match a.get(with) {
        Value::Str(text) => Some(Replacement::new(&call.regex, text.as_str())),
        Value::Null => return Err(Thrown::argument_null("replacement")),
        _ => None,
    };
    let count = count_of(a, with + 1)?;
    let start = call.start(a, with + 2)?;
    let subject = call.subject(a.run)?;
    let found = call.matches(a.run, &subject.units, start, count)?;
    if found.is_empty() {
        return Ok(Value::Str(call.input.clone()));
    }
    let evaluator = a.value(with);
    let run = &mut *a.run;
    let mut out = Vec::new();
    call.regex.splice(
        &subject.units,
        &found,
        |matched, out| {
            let before = out.len();
            match &replacement {
                Some(replacement) => replacement.expand(&subject.units, matched, out),
                None => {
                    let found = MatchObject(Some(Found::new(&call.regex, &subject, matched.clone())));
                    if let Value::Str(text) = run.invoke(&evaluator, &[Value::object(found)])? {
                        out.extend(text.units().to_vec());
                    }
                }
            }
            run.charge((out.len() - before) * 2)
        },
        &mut out,
    )?;
    Ok(Value::Str(Str::from_units(&out)))
}

fn split(a: &mut Args<'_, '_>, call: &Call) -> Outcome {
    let limit = match a.args.get(call.rest) {
        Some(Value::Int32(count)) if *count < 0 => {
            return Err(Thrown::out_of_range("Count cannot be less than -1.", "count"));
        }
        Some(Value::Int32(0)) | None | Some(Value::Enum(..) | Value::TimeSpan(_)) => usize::MAX,
        Some(other) => crate::run::ops::to_i128(other) as usize - 1,
    };
    let start = call.start(a, call.rest + 1)?;
    let subject = call.subject(a.run)?;
    let found = call.matches(a.run, &subject.units, start, limit)?;
    if found.is_empty() {
        return Ok(Array::strings([Value::Str(call.input.clone())]));
    }
    let pieces = call.regex.pieces(&subject.units, found);
    a.run.charge(pieces.iter().map(|piece| size_of::<Value>() + piece.len()).sum())?;
    Ok(Array::strings(pieces.iter().map(|piece| Value::Str(Str::from_units(piece)))))
}

macro_rules! instance {
    ($work:path $(, $more:expr)*) => {
        |a| {
            let call = Call::instance(a)?;
            $work(a, &call $(, $more)*)
        }
    };
}

macro_rules! of_type {
    ($work:path $(, $more:expr)*) => {
        |a| {
            let call = Call::of_type(a)?;
            $work(a, &call $(, $more)*)
        }
    };
}

static REGEX: &[(&str, Native)] = &[
    ("new(string pattern)", create),
    ("new(string pattern, RegexOptions options)", create),
    ("new(string pattern, RegexOptions options, TimeSpan matchTimeout)", create),
    ("static TimeSpan InfiniteMatchTimeout", |_| Ok(Value::TimeSpan(INFINITE))),
    ("RegexOptions Options", |a| {
        let options = a.object::<RegexObject>(0)?.regex.options().0;
        let id = Type::named("System.Text.RegularExpressions.RegexOptions").def().unwrap_or(known::INT32);
        Ok(Value::Enum(id, options.into()))
    }),
    ("bool RightToLeft", |a| Ok(Value::Bool(a.object::<RegexObject>(0)?.regex.is_right_to_left()))),
    ("TimeSpan MatchTimeout", |a| Ok(Value::TimeSpan(a.object::<RegexObject>(0)?.timeout))),
    ("string[] GetGroupNames()", |a| {
        let regex = &a.object::<RegexObject>(0)?.regex;
        Ok(Array::strings(regex.groups().iter().map(|group| Value::string(group.name.as_str()))))
    }),
    ("int[] GetGroupNumbers()", |a| {
        let regex = &a.object::<RegexObject>(0)?.regex;
        let numbers = regex.groups().iter().map(|group| Value::Int32(group.number)).collect();
        Ok(Value::object(Array::new(Type::int(), numbers)))
    }),
    ("string GroupNameFromNumber(int i)", |a| {
        let regex = &a.object::<RegexObject>(0)?.regex;
        let group = regex.slot_of_number(a.i32(1)).and_then(|slot| regex.groups().get(slot));
        Ok(Value::string(group.map_or("", |group| group.name.as_str())))
    }),
    ("int GroupNumberFromName(string name)", |a| {
        let regex = &a.object::<RegexObject>(0)?.regex;
        let group = regex.slot_of_name(a.text(1, "name")?.as_str()).and_then(|slot| regex.groups().get(slot));
        Ok(Value::Int32(group.map_or(-1, |group| group.number)))
    }),
    ("bool IsMatch(string input)", instance!(is_match)),
    ("bool IsMatch(string input, int startat)", instance!(is_match)),
    ("static bool IsMatch(string input, string pattern)", of_type!(is_match)),
    ("static bool IsMatch(string input, string pattern, RegexOptions options)", of_type!(is_match)),
    (
        "static bool IsMatch(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)",
        of_type!(is_match),
    ),
    ("Match Match(string input)", instance!(find)),
    ("Match Match(string input, int startat)", instance!(find)),
    ("Match Match(string input, int beginning, int length)", instance!(find)),
    ("static Match Match(string input, string pattern)", of_type!(find)),
    ("static Match Match(string input, string pattern, RegexOptions options)", of_type!(find)),
    ("static Match Match(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)", of_type!(find)),
    ("MatchCollection Matches(string input)", instance!(matches)),
    ("MatchCollection Matches(string input, int startat)", instance!(matches)),
    ("static MatchCollection Matches(string input, string pattern)", of_type!(matches)),
    ("static MatchCollection Matches(string input, string pattern, RegexOptions options)", of_type!(matches)),
    (
        "static MatchCollection Matches(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)",
        of_type!(matches),
    ),
    ("int Count(string input)", instance!(count)),
    ("static int Count(string input, string pattern)", of_type!(count)),
    ("static int Count(string input, string pattern, RegexOptions options)", of_type!(count)),
    ("static int Count(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)", of_type!(count)),
    ("string Replace(string input, string replacement)", instance!(replace, 2)),
    ("string Replace(string input, string replacement, int count)", instance!(replace, 2)),
    ("string Replace(string input, string replacement, int count, int startat)", instance!(replace, 2)),
    ("string Replace(string input, MatchEvaluator evaluator)", instance!(replace, 2)),
    ("string Replace(string input, MatchEvaluator evaluator, int count)", instance!(replace, 2)),
    ("string Replace(string input, MatchEvaluator evaluator, int count, int startat)", instance!(replace, 2)),
    ("static string Replace(string input, string pattern, string replacement)", of_type!(replace, 2)),
    (
        "static string Replace(string input, string pattern, string replacement, RegexOptions options)",
        of_type!(replace, 2),
    ),
    (
        "static string Replace(string input, string pattern, string replacement, RegexOptions options, TimeSpan matchTimeout)",
        of_type!(replace, 2),
    ),
    ("static string Replace(string input, string pattern, MatchEvaluator evaluator)", of_type!(replace, 2)),
    (
        "static string Replace(string input, string pattern, MatchEvaluator evaluator, RegexOptions options)",
        of_type!(replace, 2),
    ),
    (
        "static string Replace(string input, string pattern, MatchEvaluator evaluator, RegexOptions options, TimeSpan matchTimeout)",
        of_type!(replace, 2),
    ),
    ("string[] Split(string input)", instance!(split)),
    ("string[] Split(string input, int count)", instance!(split)),
    ("string[] Split(string input, int count, int startat)", instance!(split)),
    ("static string[] Split(string input, string pattern)", of_type!(split)),
    ("static string[] Split(string input, string pattern, RegexOptions options)", of_type!(split)),
    (
        "static string[] Split(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)",
        of_type!(split),
    ),
    ("static string Escape(string str)", |a| {
        let made = Regex::escape(a.text(0, "str")?.as_str());
        a.make(made)
    }),
    ("static string Unescape(string str)", |a| {
        let made = Regex::unescape(a.text(0, "str")?.as_str())?;
        a.make(made)
    }),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "flags enum System.Text.RegularExpressions.RegexOptions { None = 0, IgnoreCase = 1, Multiline = 2, ExplicitCapture = 4, Compiled = 8, Singleline = 16, IgnorePatternWhitespace = 32, RightToLeft = 64, ECMAScript = 256, CultureInvariant = 512, NonBacktracking = 1024 }",
        members: &[],
    },
    TypeTable {
        decl: "delegate string System.Text.RegularExpressions.MatchEvaluator(Match match)",
        members: &[("string Invoke(Match match)", super::delegate::invoke)],
    },
    TypeTable { decl: "class System.Text.RegularExpressions.Regex", members: REGEX },
];

#[cfg(test)]
mod tests;
