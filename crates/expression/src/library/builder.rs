//! `StringBuilder`.

use super::TypeTable;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{Type, known, registry};
use crate::value::{Object, Str, Value};
use std::any::Any;
use std::cell::RefCell;

struct Builder(RefCell<Str>);

impl Object for Builder {
    fn type_of(&self) -> Type {
        Type::of(registry().full("System.Text.StringBuilder", 0).unwrap_or(known::OBJECT))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.0.borrow().as_str().to_owned())
    }
}

fn add(a: &mut Args<'_, '_>, text: &Str) -> Outcome {
    a.run.charge(text.as_str().len())?;
    let builder = a.object::<Builder>(0)?;
    let joined = Str::concat(&[&builder.0.borrow(), text]);
    *builder.0.borrow_mut() = joined;
    Ok(a.value(0))
}

fn append(a: &mut Args<'_, '_>) -> Outcome {
    let value = a.value(1);
    let text = if value.is_null() { Str::new("") } else { a.run.print_str(&value)? };
    add(a, &text)
}

fn append_line(a: &mut Args<'_, '_>) -> Outcome {
    let text = Str::new(format!("{}\n", a.str_or_empty(1)));
    add(a, &text)
}

fn change(a: &mut Args<'_, '_>, made: String) -> Outcome {
    a.run.charge(made.len())?;
    *a.object::<Builder>(0)?.0.borrow_mut() = Str::new(made);
    Ok(a.value(0))
}

fn text(a: &Args<'_, '_>) -> Result<String, Thrown> {
    Ok(a.object::<Builder>(0)?.0.borrow().as_str().to_owned())
}

pub static TYPES: &[TypeTable] = &[TypeTable {
    decl: "class System.Text.StringBuilder",
    members: &[
        ("new()", |_| Ok(Value::object(Builder(RefCell::new(Str::new("")))))),
        ("new(int capacity)", |_| Ok(Value::object(Builder(RefCell::new(Str::new("")))))),
        ("new(string value)", |a| Ok(Value::object(Builder(RefCell::new(Str::new(a.str_or_empty(0))))))),
        ("int Length", |a| Ok(Value::Int32(a.object::<Builder>(0)?.0.borrow().len() as i32))),
        ("set int Length", |a| {
            let length = a.i32(1).max(0) as usize;
            let builder = a.object::<Builder>(0)?;
            let cut = builder.0.borrow().slice(0, length);
            *builder.0.borrow_mut() = cut;
            Ok(Value::Null)
        }),
        ("char this[int index]", |a| {
            let index = a.i32(1).max(0) as usize;
            let unit = a.object::<Builder>(0)?.0.borrow().units().get(index);
            unit.map(Value::Char).ok_or_else(Thrown::index_out_of_range)
        }),
        ("StringBuilder Append(string value)", append),
        ("StringBuilder Append(char value)", append),
        ("StringBuilder Append(object value)", append),
        ("StringBuilder Append(char value, int repeatCount)", |a| {
            let count = a.i32(2).max(0) as usize;
            a.run.charge(count * 2)?;
            let text = Str::from_units(&vec![a.char(1); count]);
            add(a, &text)
        }),
        ("StringBuilder AppendLine()", append_line),
        ("StringBuilder AppendLine(string value)", append_line),
        ("StringBuilder AppendFormat(string format, params object[] args)", |a| {
            let text = Str::new(super::string::compose(a, 1)?);
            add(a, &text)
        }),
        ("StringBuilder Clear()", |a| change(a, String::new())),
        ("StringBuilder Insert(int index, object value)", |a| {
            let value = a.value(2);
            let piece = if value.is_null() { Str::new("") } else { a.run.print_str(&value)? };
            let made = crate::dotnet::text::string::insert(&text(a)?, a.i32(1), piece.as_str())?;
            change(a, made)
        }),
        ("StringBuilder Remove(int startIndex, int length)", |a| {
            let made = crate::dotnet::text::string::remove(&text(a)?, a.i32(1), Some(a.i32(2)))?;
            change(a, made)
        }),
        ("StringBuilder Replace(string oldValue, string newValue)", |a| {
            let made =
                crate::dotnet::text::string::replace(&text(a)?, a.text(1, "oldValue")?.as_str(), a.str_or_empty(2))?;
            change(a, made)
        }),
        ("string ToString()", |a| Ok(Value::Str(a.object::<Builder>(0)?.0.borrow().clone()))),
    ],
}];
