//! Evaluates expressions.

use super::call::Values;
use super::{Outcome, Run, Thrown, ops, values};
use crate::library::array::Array;
use crate::library::delegate::Delegate;
use crate::library::tuple::{TupleObject, item, with_item};
use crate::program::node::{Convert, Node, Piece, Test, UnaryKind};
use crate::types::Type;
use crate::value::{Joined, Str, Value};
use smallvec::SmallVec;
use std::rc::Rc;

impl Run<'_> {
    pub(super) fn eval(&mut self, node: &Node) -> Outcome {
        match node {
            Node::Const(index) => Ok(self.constant(*index).clone()),
            Node::Local(slot, _) => Ok(self.with_local(*slot, Value::clone)),
            Node::Call(call) => self.call(call),
            Node::Binary(binary) => self.binary(binary, |_, value| value),
            Node::AndAlso(..) | Node::OrElse(..) | Node::Is(..) => self.condition(node).map(Value::Bool),
            Node::Ternary(parts) => {
                let chosen = if self.condition(&parts.0)? { &parts.1 } else { &parts.2 };
                self.eval(chosen)
            }
            Node::Coalesce(left, right) => {
                let left = self.eval(left);
                if matches!(left, Ok(Value::Null)) { self.eval(right) } else { left }
            }
            Node::IfSome(value, slot, rest) => {
                let value = self.eval(value)?;
                if value.is_null() {
                    return Ok(Value::Null);
                }
                self.store(*slot, value);
                self.eval(rest)
            }
            Node::Convert(convert, value) => {
                let value = self.eval(value)?;
                self.convert(convert, value)
            }
            Node::SetLocal(slot, value) => {
                self.set_local(*slot, value)?;
                Ok(self.with_local(*slot, Value::clone))
            }
            Node::Concat(parts) => self.concat(parts),
            _ => self.eval_rare(node),
        }
    }

    /// Evaluates a node whose value nobody reads.
    pub(super) fn effect(&mut self, node: &Node) -> Result<(), Thrown> {
        match node {
            Node::SetLocal(slot, value) => self.set_local(*slot, value),
            Node::Sequence(first, last) => {
                first.iter().try_for_each(|node| self.effect(node))?;
                self.effect(last)
            }
            Node::Local(..) => Ok(()),
            _ => self.read(node, |_, _| Ok(())),
        }
    }

    fn set_local(&mut self, slot: u32, value: &Node) -> Result<(), Thrown> {
        match value {
            Node::Binary(binary) => self.binary(binary, |run, value| run.store(slot, value)),
            _ => {
                let value = self.eval(value)?;
                self.store(slot, value);
                Ok(())
            }
        }
    }

    pub(super) fn constant(&self, index: u32) -> &Value {
        self.constants.get(index as usize).unwrap_or(&Value::Null)
    }

    #[inline(never)]
    fn eval_rare(&mut self, node: &Node) -> Outcome {
        match node {
            Node::Unary(kind, operands, checked, value) => {
                let value = self.eval(value)?;
                match kind {
                    UnaryKind::Not => Ok(match value {
                        Value::Bool(value) => Value::Bool(!value),
                        _ => Value::Null,
                    }),
                    UnaryKind::Negate => ops::negate(*operands, value, *checked),
                    UnaryKind::Complement => Ok(ops::complement(*operands, &value)),
                }
            }
            Node::Ref(slot, _, _) => Ok(self.cell(*slot)),
            Node::Discard => Ok(Value::Cell(Default::default())),
            Node::Invoke(target, args) => self.invoke_node(target, args),
            Node::Interpolate(pieces) => self.interpolate(pieces),
            Node::Sequence(first, last) => {
                first.iter().try_for_each(|node| self.effect(node))?;
                self.eval(last)
            }
            Node::As(value, ty) => {
                let value = self.eval(value)?;
                Ok(values::as_instance(&value, ty).unwrap_or_default())
            }
            Node::TypeOf(ty) => Ok(crate::library::reflection::type_value(ty.clone())),
            Node::Default(ty) => Ok(values::default_value(ty)),
            Node::Lambda(function, ty) => {
                let cells = function.captures.iter().map(|(outer, _)| self.cell(*outer)).collect();
                let (function, constants, ty) = (function.clone(), Rc::clone(&self.constants), ty.clone());
                Ok(Value::object(Delegate::Closure { function, cells, constants, ty }))
            }
            Node::Delegate(target, receiver, ty) => {
                let receiver = receiver.as_ref().map(|node| self.eval(node)).transpose()?;
                if receiver.as_ref().is_some_and(Value::is_null) && target.instance {
                    return Err(Thrown::null_reference());
                }
                Ok(Value::object(Delegate::Member { target: target.clone(), receiver, ty: ty.clone() }))
            }
            Node::Throw(value) => {
                let value = self.eval(value)?;
                Err(if value.is_null() { Thrown::null_reference() } else { Thrown::value(value) })
            }
            Node::Dynamic(receiver, name, args, used) => {
                let receiver = self.eval(receiver)?;
                let args = self.eval_all(args)?;
                crate::library::dynamic::bind(self, &receiver, name, &args, *used)
            }
            _ => self.eval_aggregate(node),
        }
    }

    #[inline(never)]
    fn eval_aggregate(&mut self, node: &Node) -> Outcome {
        match node {
            Node::NewArray(element, sizes) => {
                let sizes = self.sizes(sizes)?;
                self.new_array(element, &sizes)
            }
            Node::ArrayOf(element, items, sizes) => {
                self.charge(items.len() * size_of::<Value>())?;
                let items = self.eval_all(items)?;
                Ok(Value::object(Array::shaped(element.clone(), items, sizes.clone())))
            }
            Node::Element(array, index) => {
                let array = self.eval(array)?;
                let index = self.indices(index)?;
                let array = crate::value::downcast::<Array>(&array).ok_or_else(Thrown::null_reference)?;
                array.at(&index).ok_or_else(Thrown::index_out_of_range)
            }
            Node::SetElement(array, index, value) => {
                let array = self.eval(array)?;
                let index = self.indices(index)?;
                let value = self.eval(value)?;
                let array = crate::value::downcast::<Array>(&array).ok_or_else(Thrown::null_reference)?;
                array.set(&index, value.clone())?;
                Ok(value)
            }
            Node::Tuple(ty, items) => {
                let items = self.eval_all(items)?;
                Ok(Value::object(TupleObject::new(ty.clone(), items)))
            }
            Node::Item(tuple, index) => {
                let tuple = self.eval(tuple)?;
                item(&tuple, *index).ok_or_else(Thrown::null_reference)
            }
            Node::WithItem(tuple, index, value) => {
                let tuple = self.eval(tuple)?;
                let value = self.eval(value)?;
                with_item(&tuple, *index, value).ok_or_else(Thrown::null_reference)
            }
            _ => Ok(Value::Null),
        }
    }

    fn invoke_node(&mut self, target: &Node, args: &[Node]) -> Outcome {
        self.read(target, |run, target| {
            let mut values = Values::new();
            run.values(args, &mut values)?;
            run.invoke(target, &values)
        })
    }

    fn eval_all(&mut self, nodes: &[Node]) -> Result<Vec<Value>, Thrown> {
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            values.push(self.eval(node)?);
        }
        Ok(values)
    }

    fn sizes(&mut self, nodes: &[Node]) -> Result<Vec<usize>, Thrown> {
        let mut sizes = Vec::with_capacity(nodes.len());
        for node in nodes {
            let size = ops::to_i128(&self.eval(node)?);
            sizes.push(usize::try_from(size).map_err(|_| Thrown::arithmetic_overflow())?);
        }
        Ok(sizes)
    }

    fn indices(&mut self, nodes: &[Node]) -> Result<SmallVec<[i64; 2]>, Thrown> {
        let mut indices = SmallVec::new();
        for node in nodes {
            indices.push(ops::to_i128(&self.eval(node)?) as i64);
        }
        Ok(indices)
    }

    pub fn new_array(&mut self, element: &Type, sizes: &[usize]) -> Outcome {
        let length = sizes.iter().fold(1usize, |all, size| all.saturating_mul(*size));
        let bytes = element.is(crate::types::known::BYTE) && sizes.len() == 1;
        self.charge(length.saturating_mul(if bytes { 1 } else { size_of::<Value>() }))?;
        if bytes {
            return Ok(Value::object(Array::bytes(vec![0; length])));
        }
        let items = vec![values::default_value(element); length];
        Ok(Value::object(Array::shaped(element.clone(), items, sizes.to_vec())))
    }

    #[inline(never)]
    fn concat(&mut self, parts: &[Node]) -> Outcome {
        let mut texts: SmallVec<[Str; 8]> = SmallVec::new();
        for part in parts {
            let value = self.eval(part)?;
            match value {
                Value::Str(text) => texts.push(text),
                Value::Null => {}
                other => texts.push(self.print_str(&other)?),
            }
        }
        let refs: SmallVec<[&Str; 8]> = texts.iter().collect();
        self.charge(refs.iter().map(|text| text.as_str().len()).sum())?;
        // One text and nothing else is still a new string only when C# makes one: it returns it.
        Ok(Value::Str(match refs.as_slice() {
            [only] => (*only).clone(),
            _ => Str::concat(&refs),
        }))
    }

    fn interpolate(&mut self, pieces: &[Piece]) -> Outcome {
        let mut joined = Joined::default();
        for piece in pieces {
            match piece {
                Piece::Text(index) => {
                    if let Value::Str(text) = self.constant(*index).clone() {
                        self.charge(text.as_str().len())?;
                        joined.push(&text);
                    }
                }
                Piece::Hole(node, alignment, format) => {
                    self.read(node, |run, value| run.fill_hole(&mut joined, value, *alignment, format.as_deref()))?;
                }
            }
        }
        Ok(Value::Str(joined.finish()))
    }

    fn fill_hole(
        &mut self,
        joined: &mut Joined,
        value: &Value,
        alignment: i32,
        format: Option<&str>,
    ) -> Result<(), Thrown> {
        let text = match (value, format) {
            (Value::Null, _) => Str::new(""),
            (_, None) => self.print_str(value)?,
            (_, Some(format)) => Str::new(self.format(value, format)?),
        };
        let fill = match alignment.unsigned_abs() as usize {
            0 => 0,
            width => width.saturating_sub(text.len()),
        };
        self.charge(text.as_str().len() + fill)?;
        if alignment >= 0 {
            (0..fill).for_each(|_| joined.push_str(" "));
        }
        joined.push(&text);
        if alignment < 0 {
            (0..fill).for_each(|_| joined.push_str(" "));
        }
        Ok(())
    }

    pub(super) fn test(&mut self, value: &Value, test: &Test) -> Result<bool, Thrown> {
        match test {
            Test::Type(ty, slot) => {
                let seen = values::as_instance(value, ty);
                let is = seen.is_some();
                if let (Some(seen), Some(slot)) = (seen, slot) {
                    self.store(*slot, seen);
                }
                Ok(is)
            }
            Test::Constant(constant) => {
                let constant = self.eval(constant)?;
                self.equals(value, &constant)
            }
            Test::Always(slot) => {
                if let Some(slot) = slot {
                    self.store(*slot, value.clone());
                }
                Ok(true)
            }
        }
    }

    pub(crate) fn convert(&mut self, convert: &Convert, value: Value) -> Outcome {
        match convert {
            Convert::Numeric(to, checked) if !value.is_null() => ops::to_numeric(*to, &value, *checked),
            Convert::Enum(to) if !value.is_null() => Ok(Value::Enum(*to, ops::to_i128(&value) as i64)),
            Convert::Numeric(..) | Convert::Enum(_) => Ok(value),
            Convert::Unwrap if value.is_null() => Err(Thrown::invalid_operation("Nullable object must have a value.")),
            Convert::Unwrap => Ok(value),
            Convert::Cast(ty) => values::cast(value, ty),
            Convert::Dynamic(ty, cast) => crate::library::dynamic::convert(self, value, ty, *cast),
            Convert::User(_, true) if value.is_null() => Ok(Value::Null),
            Convert::User(target, _) => self.native(target.native, &[value], &target.types),
            Convert::Tuple(ty, items) => {
                let mut converted = Vec::with_capacity(items.len());
                for (at, converts) in items.iter().enumerate() {
                    let mut part = item(&value, at).unwrap_or_default();
                    for convert in converts {
                        part = self.convert(convert, part)?;
                    }
                    converted.push(part);
                }
                Ok(Value::object(TupleObject::new(ty.clone(), converted)))
            }
        }
    }
}
