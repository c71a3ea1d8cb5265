//! Late binding: `dynamic`, and conversions that wait for the value.

use super::delegate::Delegate;
use crate::program::node::{Convert, DynamicUse};
use crate::run::{Outcome, Run, Thrown};
use crate::types::{MemberKind, Type, convert, registry};
use crate::value::{Value, downcast};

/// What the C# run-time binder does with a member of a value. `text`: the value's own text, for a
/// place that takes strings; `op:` an operator.
pub fn bind(run: &mut Run<'_>, receiver: &Value, name: &str, args: &[Value], used: DynamicUse) -> Outcome {
    if name == "text" && used == DynamicUse::Get && args.is_empty() {
        return if receiver.is_null() { Ok(Value::Null) } else { run.print_str(receiver).map(Value::Str) };
    }
    if let Some(op) = name.strip_prefix("op:") {
        return operator(run, op, receiver, args.first().unwrap_or(&Value::Null));
    }
    if receiver.is_null() {
        return Err(binder("Cannot perform runtime binding on a null reference"));
    }
    if let Some(value) = super::json::dynamic(run, receiver, name, args, used)? {
        return Ok(value);
    }
    let Some(ty) = receiver.runtime_type() else { return Err(Thrown::null_reference()) };
    let key = match used {
        DynamicUse::Index => "this".to_owned(),
        DynamicUse::Set if name.is_empty() => "set:this".to_owned(),
        DynamicUse::Set => format!("set:{name}"),
        _ => name.to_owned(),
    };
    if used == DynamicUse::Call && downcast::<Delegate>(receiver).is_some() && name.is_empty() {
        return run.invoke(receiver, args);
    }
    for owner in convert::all_supers(&ty) {
        let Some(id) = owner.def() else { continue };
        for member in registry().own(id, &key) {
            let entry = registry().member(*member);
            let fits = entry.params.len()
                == args.len() + usize::from(used == DynamicUse::Set) - usize::from(used == DynamicUse::Set)
                || used == DynamicUse::Get && entry.kind == MemberKind::Get
                || used == DynamicUse::Set;
            if !fits || entry.is_static || !entry.type_params.is_empty() {
                continue;
            }
            if !entry.params.iter().zip(args).all(|(param, arg)| {
                let ty = param.ty.substitute(owner.args());
                arg.is_null() || crate::run::is_instance(arg, &ty)
            }) {
                continue;
            }
            let all: Vec<Value> = std::iter::once(receiver.clone()).chain(args.iter().cloned()).collect();
            return run.native(entry.native, &all, owner.args());
        }
    }
    Err(binder(&format!("'{ty}' does not contain a definition for '{name}'")))
}

/// A value that was `dynamic`, as `to`. `cast`: explicit conversions count as well.
pub fn convert(run: &mut Run<'_>, value: Value, to: &Type, cast: bool) -> Outcome {
    let Some(from) = value.runtime_type().filter(|_| !crate::run::is_instance(&value, to)) else {
        return crate::run::cast(value, to);
    };
    // Json.NET converts what is in a JValue, whether a cast asks for it or not.
    let cast = cast || super::json::is_scalar(&value);
    let found = convert::implicit(&from, to).or_else(|| cast.then(|| convert::explicit(&from, to)).flatten());
    let Some(found) = found else {
        let (from, to) = (from.to_string_name(), to.to_string_name());
        return Err(binder(&format!("Cannot convert type '{from}' to '{to}'")));
    };
    let mut steps = Vec::new();
    Convert::steps(&found, to, false, &mut steps);
    steps.iter().try_fold(value, |value, step| run.convert(step, value))
}

fn binder(message: &str) -> Thrown {
    Thrown::new("Microsoft.CSharp.RuntimeBinder.RuntimeBinderException", message)
}

fn operator(run: &mut Run<'_>, op: &str, left: &Value, right: &Value) -> Outcome {
    let (left, right) = (super::json::plain(left), super::json::plain(right));
    match op {
        "==" => return run.equals(&left, &right).map(Value::Bool),
        "!=" => return run.equals(&left, &right).map(|equal| Value::Bool(!equal)),
        "+" if matches!(left, Value::Str(_)) || matches!(right, Value::Str(_)) => {
            let (a, b) = (run.print_str(&left)?, run.print_str(&right)?);
            return Ok(Value::Str(crate::value::Str::concat(&[&a, &b])));
        }
        _ => {}
    }
    use crate::program::node::Operands;
    use crate::syntax::ast::BinaryOp;
    let op = match op {
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Sub,
        "*" => BinaryOp::Mul,
        "/" => BinaryOp::Div,
        "%" => BinaryOp::Rem,
        "<" => BinaryOp::Lt,
        ">" => BinaryOp::Gt,
        "<=" => BinaryOp::Le,
        ">=" => BinaryOp::Ge,
        "&&" => return Ok(Value::Bool(matches!(left, Value::Bool(true)) && matches!(right, Value::Bool(true)))),
        "||" => return Ok(Value::Bool(matches!(left, Value::Bool(true)) || matches!(right, Value::Bool(true)))),
        _ => return Err(binder("Operator cannot be applied to these operands")),
    };
    let float = |value: &Value| matches!(value, Value::Double(_) | Value::Single(_));
    let operands = if float(&left) || float(&right) {
        Operands::Double
    } else if matches!(left, Value::Decimal(_)) || matches!(right, Value::Decimal(_)) {
        Operands::Decimal
    } else if matches!((&left, &right), (Value::Int32(_), Value::Int32(_))) {
        Operands::Int32
    } else {
        Operands::Int64
    };
    crate::run::ops::binary(op, operands, false, false, &left, &right)
}
