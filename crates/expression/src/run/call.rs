//! Calls: members of the library, delegates, functions.

use super::{Native, Outcome, Run, Thrown};
use crate::library::delegate::Delegate;
use crate::program::node::{Call, Function, Node, Target};
use crate::types::Type;
use crate::value::{DateTime, DateTimeOffset, Object, Str, Value, downcast};
use rust_decimal::Decimal;
use smallvec::SmallVec;
use std::cell::RefCell;
use std::rc::Rc;

/// What an implementation of a member is given. The checker has seen to the types: an accessor
/// fails only at null.
pub struct Args<'a, 'c> {
    pub run: &'a mut Run<'c>,
    pub args: &'a [Value],
    /// Type arguments: of the owner, then of the method.
    pub types: &'a [Type],
}

impl Args<'_, '_> {
    pub fn get(&self, index: usize) -> &Value {
        self.args.get(index).unwrap_or(&Value::Null)
    }

    pub fn value(&self, index: usize) -> Value {
        self.get(index).clone()
    }

    pub fn len(&self) -> usize {
        self.args.len()
    }

    pub fn is_null(&self, index: usize) -> bool {
        self.get(index).is_null()
    }

    pub fn ty(&self, index: usize) -> Type {
        self.types.get(index).cloned().unwrap_or_else(Type::object)
    }

    /// A string that must not be null (`this`).
    pub fn str(&self, index: usize) -> Result<&Str, Thrown> {
        match self.get(index) {
            Value::Str(text) => Ok(text),
            _ => Err(Thrown::null_reference()),
        }
    }

    /// A string parameter that must not be null.
    pub fn text(&self, index: usize, parameter: &str) -> Result<&Str, Thrown> {
        match self.get(index) {
            Value::Str(text) => Ok(text),
            _ => Err(Thrown::argument_null(parameter)),
        }
    }

    pub fn opt_str(&self, index: usize) -> Option<&Str> {
        match self.get(index) {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// A string parameter where null counts as empty.
    pub fn str_or_empty(&self, index: usize) -> &str {
        self.get(index).as_str().unwrap_or("")
    }

    pub fn i32(&self, index: usize) -> i32 {
        match self.get(index) {
            Value::Int32(value) => *value,
            Value::Enum(_, value) => *value as i32,
            other => super::ops::to_i128(other) as i32,
        }
    }

    pub fn i64(&self, index: usize) -> i64 {
        match self.get(index) {
            Value::Int64(value) => *value,
            Value::TimeSpan(value) | Value::Enum(_, value) => *value,
            other => super::ops::to_i128(other) as i64,
        }
    }

    pub fn u64(&self, index: usize) -> u64 {
        super::ops::to_i128(self.get(index)) as u64
    }

    pub fn f64(&self, index: usize) -> f64 {
        super::ops::to_f64(self.get(index))
    }

    pub fn f32(&self, index: usize) -> f32 {
        match self.get(index) {
            Value::Single(value) => *value,
            other => super::ops::to_f64(other) as f32,
        }
    }

    pub fn decimal(&self, index: usize) -> Decimal {
        match self.get(index) {
            Value::Decimal(value) => *value,
            other => Decimal::from_i128_with_scale(super::ops::to_i128(other), 0),
        }
    }

    pub fn bool(&self, index: usize) -> bool {
        matches!(self.get(index), Value::Bool(true))
    }

    pub fn char(&self, index: usize) -> u16 {
        match self.get(index) {
            Value::Char(unit) => *unit,
            _ => 0,
        }
    }

    pub fn date(&self, index: usize) -> DateTime {
        match self.get(index) {
            Value::DateTime(value) => *value,
            _ => DateTime::default(),
        }
    }

    pub fn offset(&self, index: usize) -> DateTimeOffset {
        match self.get(index) {
            Value::DateTimeOffset(value) => *value,
            _ => DateTimeOffset::default(),
        }
    }

    pub fn span(&self, index: usize) -> i64 {
        match self.get(index) {
            Value::TimeSpan(ticks) => *ticks,
            _ => 0,
        }
    }

    pub fn guid(&self, index: usize) -> [u8; 16] {
        match self.get(index) {
            Value::Guid(bytes) => *bytes,
            _ => [0; 16],
        }
    }

    /// An object that must not be null (`this`).
    pub fn object<T: Object>(&self, index: usize) -> Result<&T, Thrown> {
        downcast(self.get(index)).ok_or_else(Thrown::null_reference)
    }

    /// An object parameter that must not be null.
    pub fn object_arg<T: Object>(&self, index: usize, parameter: &str) -> Result<&T, Thrown> {
        downcast(self.get(index)).ok_or_else(|| Thrown::argument_null(parameter))
    }

    /// Writes an `out` or `ref` parameter.
    pub fn set_out(&self, index: usize, value: Value) {
        if let Value::Cell(cell) = self.get(index) {
            *cell.borrow_mut() = value;
        }
    }

    /// Calls a delegate.
    pub fn invoke(&mut self, delegate: usize, args: &[Value]) -> Outcome {
        let delegate = self.value(delegate);
        self.run.invoke(&delegate, args)
    }

    /// A new string. Its bytes are counted where the member was called.
    pub fn make(&mut self, text: impl Into<String>) -> Outcome {
        Ok(Value::string(text.into()))
    }
}

/// Values of arguments.
pub(super) type Values = SmallVec<[Value; 4]>;

/// Bytes of a string argument that count as one more step.
pub(super) const TEXT_BYTES_A_STEP: usize = 64;

impl Run<'_> {
    pub(super) fn call(&mut self, call: &Call) -> Outcome {
        if let Some(first) = call.constants {
            let (constants, first) = (Rc::clone(&self.constants), first as usize);
            return self.call_with(call, constants.get(first..first + call.args.len()).unwrap_or(&[]));
        }
        match &*call.args {
            // A property is read where its object stands.
            [this] => self.read(this, |run, this| run.call_with(call, std::slice::from_ref(this))),
            args => {
                let mut values = Values::new();
                self.values(args, &mut values)?;
                self.call_with(call, &values)
            }
        }
    }

    fn call_with(&mut self, call: &Call, args: &[Value]) -> Outcome {
        if call.instance && args.first().is_none_or(Value::is_null) {
            return Err(Thrown::null_reference());
        }
        self.native(call.native, args, &call.types)
    }

    pub(super) fn values(&mut self, nodes: &[Node], values: &mut Values) -> Result<(), Thrown> {
        for node in nodes {
            values.push(self.eval(node)?);
        }
        Ok(())
    }

    /// Calls a member by its implementation.
    pub fn native(&mut self, native: Native, args: &[Value], types: &[Type]) -> Outcome {
        // Members walk their strings: a long one is more than a step.
        let text: usize = args.iter().map(|arg| if let Value::Str(text) = arg { text.as_str().len() } else { 0 }).sum();
        self.steps(1 + text / TEXT_BYTES_A_STEP)?;
        let value = native(&mut Args { run: self, args, types });
        if let Ok(Value::Str(text)) = &value
            && text.is_fresh()
        {
            self.charge(text.as_str().len())?;
        }
        value
    }

    pub(super) fn target(&mut self, target: &Target, args: &[Value]) -> Outcome {
        if target.instance && args.first().is_none_or(Value::is_null) {
            return Err(Thrown::null_reference());
        }
        self.native(target.native, args, &target.types)
    }

    /// Calls a delegate.
    pub fn invoke(&mut self, delegate: &Value, args: &[Value]) -> Outcome {
        let Some(delegate) = downcast::<Delegate>(delegate) else { return Err(Thrown::null_reference()) };
        match delegate {
            Delegate::Closure { function, cells, constants, .. } => {
                if Rc::ptr_eq(constants, &self.constants) {
                    return self.function(function, cells, args);
                }
                let outer = std::mem::replace(&mut self.constants, Rc::clone(constants));
                let result = self.function(function, cells, args);
                self.constants = outer;
                result
            }
            Delegate::Member { target, receiver, .. } => {
                let mut all = Values::new();
                all.extend(receiver.iter().cloned());
                all.extend(args.iter().cloned());
                self.nested(|run| run.target(target, &all))
            }
            Delegate::Many { all, .. } => {
                let mut last = Value::Null;
                for delegate in all {
                    last = self.invoke(delegate, args)?;
                }
                Ok(last)
            }
        }
    }

    /// Runs a function in a frame of its own.
    fn function(&mut self, function: &Function, cells: &[Value], args: &[Value]) -> Outcome {
        let top = self.frames.len();
        self.charge(function.slots as usize * size_of::<Value>() / 8)?;
        self.frames.resize(top + function.slots as usize, Value::Null);
        let outer = std::mem::replace(&mut self.base, top);
        for (slot, value) in args.iter().take(function.params as usize).enumerate() {
            self.put(slot as u32, value.clone());
        }
        for slot in &function.shared_params {
            let value = self.raw(*slot);
            if !matches!(value, Value::Cell(_)) {
                self.put(*slot, Value::Cell(Rc::new(RefCell::new(value))));
            }
        }
        for ((_, inner), cell) in function.captures.iter().zip(cells) {
            self.put(*inner, cell.clone());
        }
        let result = self.nested(|run| run.function_body(function));
        self.base = outer;
        self.frames.truncate(top);
        result
    }

    /// The slot as it is, a shared variable not opened.
    pub(super) fn raw(&self, slot: u32) -> Value {
        self.frames.get(self.base + slot as usize).cloned().unwrap_or_default()
    }

    /// Replaces what the slot holds, shared or not.
    pub(super) fn put(&mut self, slot: u32, value: Value) {
        if let Some(place) = self.frames.get_mut(self.base + slot as usize) {
            *place = value;
        }
    }

    /// Reads a variable where it stands, shared or not.
    pub(super) fn with_local<T>(&self, slot: u32, read: impl FnOnce(&Value) -> T) -> T {
        match self.frames.get(self.base + slot as usize) {
            Some(Value::Cell(cell)) => read(&cell.borrow()),
            Some(value) => read(value),
            None => read(&Value::Null),
        }
    }

    #[inline(always)]
    pub(super) fn store(&mut self, slot: u32, value: Value) {
        match self.frames.get_mut(self.base + slot as usize) {
            Some(Value::Cell(cell)) => {
                let cell = Rc::clone(cell);
                self.store_shared(cell, value);
            }
            Some(place) => *place = value,
            None => {}
        }
    }

    #[inline(never)]
    fn store_shared(&mut self, cell: Rc<RefCell<Value>>, value: Value) {
        if matches!(value, Value::Obj(_)) && !self.rings.last().is_some_and(|last| Rc::ptr_eq(last, &cell)) {
            self.bytes = self.bytes.saturating_add(size_of::<Value>() as u64);
            self.rings.push(Rc::clone(&cell));
        }
        // Dropped outside of the borrow: what goes may look at the variable.
        let old = cell.replace(value);
        drop(old);
    }

    /// The slot's shared variable; makes it one.
    pub(super) fn cell(&mut self, slot: u32) -> Value {
        let value = self.raw(slot);
        if matches!(value, Value::Cell(_)) {
            return value;
        }
        let cell = Value::Cell(Rc::new(RefCell::new(value)));
        self.put(slot, cell.clone());
        cell
    }

    /// New shared variables for a scope that is entered.
    pub(super) fn freshen(&mut self, slots: &[u32]) {
        self.bytes = self.bytes.saturating_add((slots.len() * size_of::<RefCell<Value>>()) as u64);
        for slot in slots {
            self.put(*slot, Value::Cell(Rc::new(RefCell::new(Value::Null))));
        }
    }
}
